//! A book-keeper's month end: ten thousand payments, the shop's own sales file with differences of every kind, and each of them found,
//! over real HTTP; then the files that others' programs read, and the signed statement of a day.

mod town;

use ledger::account::{AccountKind, Scope};
use ledger::calendar::{civil, paris, paris_day, start_of_paris_day};
use ledger::key::Hash32;
use ledger::message::ChargeRequest;
use ledger::note::{Note, VerifierKey};
use ledger::transaction::{Act, Body, ChargeReference};
use merchant_pos::evening::wire::{ComparedRows, Evening, Rows, SalesFile, StatementInfo, Statements};
use merchant_pos::post::{Letter, Post};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, Mutex};
use tokio::task::JoinSet;
use town::*;

/// So many payments; another number makes another month's size.
const PAYMENTS: usize = 10_000;
const DAYS: usize = 30;
/// So many differences of each kind.
const EACH: usize = 10;
/// So many charges are asked for together, before their customers pay one after the other.
const TOGETHER: usize = 25;
/// Which month; printed, and another one can be put here.
const SEED: u64 = 20_261_122;
const HOUR_MS: u64 = 60 * MINUTE_MS;

/// splitmix64: the same number gives the same month.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}

/// What a customer pays, as the shop meant it.
#[derive(Clone)]
struct Planned {
    reference: Option<String>,
    cents: u64,
}

/// A payment that happened.
struct Paid {
    plan: Planned,
    sequence: u64,
    time: u64,
}

fn plan(chance: &mut Chance) -> Vec<Planned> {
    let one = |place: usize, chance: &mut Chance| {
        let reference = match chance.below(10) {
            0 => Some(format!("table {}", chance.below(20))),
            1 | 2 => None,
            _ => Some(format!("F-{place:05}")),
        };
        Planned { reference, cents: 100 + 5 * chance.below(1_200) }
    };
    let mut plan: Vec<Planned> = (0..PAYMENTS).map(|place| one(place, chance)).collect();
    // Twice the same sum without a reference, one after the other: of one row in the file nobody can say whose it is.
    for number in 0..EACH {
        for place in [twins(number), twins(number) + 1] {
            plan[place] = Planned { reference: None, cents: 7_001 + 10 * number as u64 };
        }
    }
    plan
}

/// Where the twins of a number stand: not where a day ends.
fn twins(number: usize) -> usize {
    number * PAYMENTS / EACH + 10
}

/// Sells the plan over the month, from eight in the morning on.
async fn sell(
    town: &Town,
    machine: &Machine,
    shop: &Member,
    key: &ledger::SigningKey,
    plan: Vec<Planned>,
    chance: &mut Chance,
) -> Vec<Paid> {
    let customer = town.member(AccountKind::Resident);
    town.act(Act::Convert { bank: 1, credit: Hash32(random()), amount: cents(100_000_000), account: customer.account });
    let mut paid = Vec::with_capacity(plan.len());
    for (day, plans) in plan.chunks(PAYMENTS.div_ceil(DAYS)).enumerate() {
        let morning = start_of_paris_day(paris_day(town.now()) + 1) + 8 * HOUR_MS;
        town.later(morning - town.now());
        let till = town.till(machine, shop, key).await;
        assert!(day < DAYS);
        for chunk in plans.chunks(TOGETHER) {
            let mut asking = JoinSet::new();
            let mut charges = Vec::new();
            for plan in chunk {
                let charge = ChargeReference { id: random(), expires: town.now() + 2 * HOUR_MS };
                let (amount, reference) = (cents(plan.cents), plan.reference.clone());
                let request = ChargeRequest { payee: shop.account, amount, charge, reference }.sign(&town.id(), key);
                let request = till.http.post(format!("{}/charges", till.url)).bearer_auth(&till.token).body(request);
                asking.spawn(async move { checked(request.send().await.expect("an answer")).await.expect("a charge").status() });
                charges.push(charge);
            }
            while let Some(asked) = asking.join_next().await {
                assert!(asked.expect("no panic").is_success());
            }
            for (plan, charge) in chunk.iter().zip(charges) {
                town.later(60_000 + chance.below(110_000));
                let sequence = town.pay(&customer, shop, plan.cents, Some(charge));
                paid.push(Paid { plan: plan.clone(), sequence, time: town.now() });
            }
        }
    }
    paid
}

/// A row of the shop's own file.
#[derive(Clone)]
struct Sold {
    time: u64,
    cents: i64,
    reference: String,
    means: &'static str,
}

/// What was changed on purpose: the kind, and what it is known by: a reference, or an amount where there is none.
type Seeded = BTreeMap<&'static str, BTreeSet<String>>;

/// The sales of the month with differences of every kind, and those differences. Refunds are ordered of the ledger as they are seeded.
fn seeded(town: &Town, shop: &Member, paid: &[Paid], chance: &mut Chance) -> (Vec<Sold>, Seeded, usize, u64) {
    let row = |one: &Paid| Sold {
        time: one.time,
        cents: one.plan.cents.cast_signed(),
        reference: one.plan.reference.clone().unwrap_or_default(),
        means: "Monnaie locale",
    };
    let mut sold: Vec<Option<Sold>> = paid.iter().map(|one| Some(row(one))).collect();
    let mut more = Vec::new();
    let mut seeds = Seeded::new();
    let mut taken = HashSet::new();
    // A payment with a reference of its own, and none of its amount anywhere near.
    let mut lonely = |chance: &mut Chance| loop {
        let place = chance.below(paid.len() as u64) as usize;
        let own = paid[place].plan.reference.as_deref().is_some_and(|reference| reference.starts_with("F-"));
        let near =
            |other: &&Paid| other.plan.cents == paid[place].plan.cents && other.time.abs_diff(paid[place].time) < 2 * HOUR_MS;
        if own && paid.iter().filter(near).count() == 1 && taken.insert(place) {
            return place;
        }
    };
    let mut seed = |kind: &'static str, known: String| assert!(seeds.entry(kind).or_default().insert(known), "seeded twice");
    for number in 0..EACH {
        let place = lonely(chance);
        seed("missing_in_file", paid[place].plan.reference.clone().expect("one"));
        sold[place] = None;

        let place = lonely(chance);
        let reference = paid[place].plan.reference.clone().expect("one");
        seed("amount_differs", reference);
        sold[place].as_mut().expect("a row").cents += 7;

        let place = lonely(chance);
        seed("reference_differs", format!("ZZ-{number}"));
        sold[place].as_mut().expect("a row").reference = format!("ZZ-{number}");

        let place = lonely(chance);
        seed("time_differs", paid[place].plan.reference.clone().expect("one"));
        sold[place].as_mut().expect("a row").time += 50 * MINUTE_MS;

        let place = lonely(chance);
        seed("double_in_file", paid[place].plan.reference.clone().expect("one"));
        more.push(row(&paid[place]));

        let time = paid[lonely(chance)].time + 1_000;
        seed("missing_in_ledger", format!("NON-{number}"));
        more.push(Sold { time, cents: 9_003 + 10 * number as i64, reference: format!("NON-{number}"), means: "Monnaie locale" });

        sold[twins(number) + 1] = None;
        seed("ambiguous", (7_001 + 10 * number).to_string());
    }
    let mut given_back = 0;
    // Somebody brought something back this evening; of the second half the file says so.
    for number in 0..2 * EACH {
        let place = lonely(chance);
        let back = paid[place].plan.cents / 2;
        given_back += back;
        town.later(MINUTE_MS);
        let body = Body::Refund { account: shop.account, original: paid[place].sequence, item: 0, amount: cents(back) };
        town.submit(&shop.key, body);
        let reference = paid[place].plan.reference.clone().expect("one");
        if number < EACH {
            seed("refunded", reference);
        } else {
            more.push(Sold { time: town.now(), cents: -back.cast_signed(), reference, means: "Monnaie locale" });
        }
    }
    let by_card = (0..50).map(|number| Sold {
        time: paid[number * 7].time,
        cents: 1_000,
        reference: format!("CB-{number}"),
        means: "Carte bancaire",
    });
    let mut rows: Vec<Sold> = sold.into_iter().flatten().chain(more).collect();
    let units = rows.len();
    rows.extend(by_card);
    // Registers sort as they like.
    for place in (1..rows.len()).rev() {
        rows.swap(place, chance.below(place as u64 + 1) as usize);
    }
    (rows, seeds, units, given_back)
}

/// The file as a French register writes it: Windows-1252, semicolons, decimal comma.
fn register_file(rows: &[Sold]) -> Vec<u8> {
    let mut text = String::from("Journal des ventes;;;;\r\nDate;Heure;N° ticket;Mode de règlement;Total TTC\r\n");
    for row in rows {
        let ((year, month, day), seconds) = (civil(paris(row.time).0), paris(row.time).1 / 1_000);
        let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        let (sign, size) = (if row.cents < 0 { "-" } else { "" }, row.cents.unsigned_abs());
        text.push_str(&format!(
            "{day:02}/{month:02}/{year:04};{hour:02}:{minute:02}:{second:02};{};{};",
            row.reference, row.means
        ));
        text.push_str(&format!("{sign}{},{:02}\r\n", size / 100, size % 100));
    }
    text.push_str("Total;;;;0,00\r\n");
    text.chars().map(|c| u8::try_from(u32::from(c)).expect("a French letter")).collect()
}

async fn every_row(till: &Till, file: &str, kind: &str) -> ComparedRows {
    let mut all = ComparedRows { rows: Vec::new(), next: Some(0) };
    while let Some(after) = all.next {
        let path = format!("/sales-files/{file}/rows?list={kind}&after={after}&limit=200");
        let page: ComparedRows = json(till.get(&path).await.expect("rows")).await;
        all.rows.extend(page.rows);
        all.next = page.next;
    }
    all
}

/// Waits until everything that was paid was taken in.
async fn taken_in(town: &Town, till: &Till, query: &str, moved: (u64, u64)) -> Evening {
    for _ in 0..600 {
        town.later(3_000);
        let evening: Evening = json(till.get(&format!("/evening?{query}")).await.expect("an evening")).await;
        if (evening.totals.units_in, evening.totals.units_back) == moved {
            return evening;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("not everything is taken in")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_payments_and_a_sales_file_reconcile_and_each_difference_is_found() {
    println!("seed {SEED}");
    let mut chance = Chance(SEED);
    let town = Town::found().await;
    let machine = town.pos().await;
    let (shop, keys) = town.shop("Le Panier", 1);
    // The shop's machine follows the account from its first question on.
    town.till(&machine, &shop, &keys[0]).await.day(&town).await;
    let began = town.now();
    let plans = plan(&mut chance);
    let paid = sell(&town, &machine, &shop, &keys[0], plans, &mut chance).await;
    let (rows, seeds, in_units, given_back) = seeded(&town, &shop, &paid, &mut chance);
    let till = town.till(&machine, &shop, &keys[0]).await;
    let (from, to) = (start_of_paris_day(paris_day(began)), start_of_paris_day(paris_day(town.now()) + 1));
    let query = format!("from={from}&to={to}");
    let units: u64 = paid.iter().map(|one| one.plan.cents).sum();
    let evening = taken_in(&town, &till, &query, (units, given_back)).await;
    assert_eq!((evening.counts.matched, evening.counts.unmatched, evening.counts.unexpected), (PAYMENTS as u64, 0, 0));
    assert_eq!(evening.by_day.len(), DAYS);
    assert_eq!(
        evening.by_day.iter().map(|day| day.net).sum::<i64>(),
        units.cast_signed() - evening.totals.units_back.cast_signed()
    );

    let uploaded: SalesFile =
        json(till.post("/sales-files?name=novembre.csv", register_file(&rows)).await.expect("a file")).await;
    assert_eq!((uploaded.mapping_is.as_str(), uploaded.trouble), ("guessed", None));
    let mapping = serde_json::to_vec(&uploaded.mapping.expect("a guess")).expect("JSON");
    let path = format!("{}/sales-files/{}/mapping", till.url, uploaded.id);
    let mapped = till.http.put(path).bearer_auth(&till.token).body(mapping).send().await.expect("an answer");
    let mapped: SalesFile = json(checked(mapped).await.expect("a mapping")).await;
    let found = mapped.comparison.expect("a comparison");
    assert_eq!((found.rows, found.other_means), (rows.len() as u64, 50));
    assert_eq!(found.matched, (in_units - 5 * EACH - EACH) as u64, "{:?}", found.differences);
    let counted: BTreeMap<_, _> = found.differences.iter().map(|kind| (kind.kind.as_str(), kind.count)).collect();
    let expected: BTreeMap<_, _> =
        seeds.iter().map(|(kind, of)| (*kind, of.len() as u64 * if *kind == "ambiguous" { 2 } else { 1 })).collect();
    assert_eq!(counted, expected);
    assert_eq!(found.differences.iter().map(|kind| kind.cents).sum::<i64>(), found.file_sum - found.ledger_sum);
    for (kind, known) in &seeds {
        let rows = every_row(&till, &mapped.id, kind).await.rows;
        let told: BTreeSet<String> = rows
            .iter()
            .map(|row| {
                let (sale, receipt) = (row.sale.as_ref(), row.receipt.as_ref());
                let reference = sale
                    .and_then(|sale| sale.reference.clone())
                    .or_else(|| receipt.and_then(|receipt| receipt.reference.clone()));
                reference.unwrap_or_else(|| receipt.map(|receipt| receipt.amount.to_string()).unwrap_or_default())
            })
            .collect();
        assert_eq!(&told, known, "{kind}");
    }
    let evening: Evening = json(till.get(&format!("/evening?{query}")).await.expect("an evening")).await;
    assert_eq!(evening.counts.differences, expected.values().sum::<u64>());

    // The next file of the same register is read as this one.
    let again: SalesFile =
        json(till.post("/sales-files?name=decembre.csv", register_file(&rows[..100])).await.expect("a file")).await;
    assert_eq!(again.mapping_is, "remembered");

    let mut listed = Vec::new();
    let mut after = String::new();
    loop {
        let page: Rows = json(till.get(&format!("/evening/rows?{query}&limit=200{after}")).await.expect("rows")).await;
        listed.extend(page.rows.into_iter().map(|row| row.id));
        let Some(next) = page.next else { break };
        after = format!("&after={next}");
    }
    assert_eq!((listed.len(), listed.iter().collect::<HashSet<_>>().len()), (PAYMENTS + 2 * EACH, PAYMENTS + 2 * EACH));
    exports(&till, &query, &listed, found.ledger_sum).await;
    statements(&town, &till, &query).await;
    machine.stop().await;
}

/// The files that others' programs read hold every movement once, and add up.
async fn exports(till: &Till, query: &str, ids: &[String], sum: i64) {
    let mut files = BTreeMap::new();
    for format in ["csv", "ofx", "camt", "fec", "pdf"] {
        let answer = till.get(&format!("/exports/{format}?{query}")).await.expect("a file");
        files.insert(format, answer.bytes().await.expect("a body").to_vec());
    }
    let text = |format: &str| String::from_utf8(files[format].clone()).expect("text");
    let between = |text: &str, before: &str, after: &str| -> Vec<String> {
        text.split(before).skip(1).map(|part| part.split(after).next().unwrap_or_default().to_owned()).collect()
    };
    let cents = |text: &str| text.replace(['.', ','], "").parse::<i64>().expect("an amount");
    let ofx = text("ofx");
    assert_eq!(between(&ofx, "<FITID>", "<").iter().collect::<HashSet<_>>(), ids.iter().collect());
    assert_eq!(between(&ofx, "<TRNAMT>", "<").iter().map(|amount| cents(amount)).sum::<i64>(), sum);
    assert_eq!(text("csv").lines().count(), ids.len() + 1);
    let camt = text("camt");
    assert_eq!(between(&camt, "<NtryRef>", "<").len(), ids.len());
    assert_eq!(cents(between(&camt, "<Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">", "<").first().expect("a balance")), sum);
    assert!(files["pdf"].starts_with(b"%PDF-"));
    // The columns of the tax office; debits are credits in each entry, and entries are numbered without a gap.
    let fec: String = files["fec"].iter().map(|byte| char::from(*byte)).collect();
    let mut entries: BTreeMap<u64, i64> = BTreeMap::new();
    for line in fec.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        assert_eq!(cells.len(), 18);
        *entries.entry(cells[2].parse().expect("a number")).or_default() += cents(cells[11]) - cents(cells[12]);
    }
    assert!(entries.values().all(|sum| *sum == 0));
    assert_eq!(entries.keys().copied().collect::<Vec<_>>(), (1..=entries.len() as u64).collect::<Vec<_>>());
}

/// A day that is over is signed once, its file is its hash's, and the shop may object for a week.
async fn statements(town: &Town, till: &Till, query: &str) {
    let list: Statements = json(till.get(&format!("/statements?{query}")).await.expect("days")).await;
    assert!(list.days.len() >= DAYS - 1 && list.days.iter().all(|day| day.made == 0));
    let day = &list.days[0].day;
    let note = till.get(&format!("/statements/{day}")).await.expect("a note").text().await.expect("text");
    let key = VerifierKey::parse(&list.verifier).expect("a key");
    assert!(Note::open(&note).expect("a note").signed_by(&key).expect("a good signature").is_some());
    let file = till.get(&format!("/statements/{day}/file")).await.expect("the file").bytes().await.expect("a body");
    assert!(note.contains(&format!("\nfile {}\n", Hash32::of(&file))), "{note}");
    let again = till.get(&format!("/statements/{day}")).await.expect("a note").text().await.expect("text");
    assert_eq!(note, again, "a statement is made once");
    let today = civil(paris(town.now()).0);
    let today = format!("{:04}-{:02}-{:02}", today.0, today.1, today.2);
    assert_eq!(till.get(&format!("/statements/{today}")).await.expect_err("too early"), (409, "statement_early".into()));
    let text = |text: &str| serde_json::to_vec(&serde_json::json!({ "text": text })).expect("JSON");
    let path = format!("/statements/{day}/objection");
    let said: StatementInfo = json(till.post(&path, text("Il manque un ticket.")).await.expect("an objection")).await;
    assert_eq!(said.objection.expect("one").text, "Il manque un ticket.");
    assert_eq!(till.post(&path, text("Et un autre.")).await.expect_err("one is enough"), (409, "objection_exists".into()));
    let other = &list.days[1].day;
    till.get(&format!("/statements/{other}")).await.expect("a note");
    town.later(7 * DAY_MS + MINUTE_MS);
    let key = till.key.clone();
    let token = town.token(&key).await;
    let late = till.http.post(format!("{}/statements/{other}/objection", till.url)).bearer_auth(token).body(text("Trop tard."));
    assert_eq!(
        checked(late.send().await.expect("an answer")).await.map(|_| ()).expect_err("too late"),
        (409, "objection_late".into())
    );
}

/// A statement whose text was read, as the list then shows it.
async fn read_statement(till: &Till, query: &str) -> StatementInfo {
    let listed = async || json::<Statements>(till.get(&format!("/statements?{query}")).await.expect("days")).await.days.remove(0);
    till.get(&format!("/statements/{}", listed().await.day)).await.expect("a note");
    listed().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_accountant_who_reads_a_statement_does_not_begin_the_seven_days_of_the_shop() {
    let town = Town::found().await;
    let machine = town.pos().await;
    let (shop, keys) = town.shop("Le Panier", 1);
    let books = ledger::SigningKey::from_bytes(&random());
    town.submit(&shop.key, Body::AddKey { account: shop.account, key: books.verifying_key().into(), scope: Scope::Read });
    let query = format!("from={}&to={}", town.now() - DAY_MS, town.now() + DAY_MS);
    sold(&town, &town.till(&machine, &shop, &keys[0]).await, 1_250).await;
    town.later(DAY_MS);
    let seen = read_statement(&town.till(&machine, &shop, &books).await, &query).await;
    assert!(seen.made > 0 && seen.until == 0, "{seen:?}");
    // A quarter later nobody of the shop has seen it; then a till reads it, and may object.
    town.later(90 * DAY_MS);
    assert_eq!(read_statement(&town.till(&machine, &shop, &books).await, &query).await, seen);
    let till = town.till(&machine, &shop, &keys[0]).await;
    let shown = read_statement(&till, &query).await;
    assert!(shown.made == seen.made && shown.until > town.now() + 6 * DAY_MS, "{shown:?}");
    assert_eq!(read_statement(&till, &query).await, shown, "they begin once");
    let text = serde_json::json!({ "text": "Il manque un ticket." }).to_string();
    till.post(&format!("/statements/{}/objection", shown.day), text.into()).await.expect("an objection in time");
    machine.stop().await;
}

/// Letters as they are handed in, and the way to hand them in.
fn letter_box() -> (Arc<Mutex<Vec<Letter>>>, Post) {
    let letters: Arc<Mutex<Vec<Letter>>> = Arc::default();
    let kept = letters.clone();
    let post: Post = Arc::new(move |letter| {
        kept.lock().expect("no panic").push(letter);
        Box::pin(std::future::ready(Ok(())))
    });
    (letters, post)
}

/// Waits until so many letters were handed in, and gives the last.
async fn letter_number(letters: &Mutex<Vec<Letter>>, number: usize) -> Letter {
    let come = async {
        loop {
            let last = letters.lock().expect("no panic").get(number - 1).cloned();
            match last {
                Some(letter) => return letter,
                None => tokio::time::sleep(std::time::Duration::from_millis(200)).await,
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(120), come).await.expect("a letter")
}

/// A till's payment.
async fn sold(town: &Town, till: &Till, amount: u64) {
    let (charge, info) = till.ask(amount, town).await;
    town.pay(&town.resident_with(amount), &till.shop, amount, Some(charge));
    till.sees(&info.id, "paid").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_day_before_closed_ones_is_mailed_when_the_shop_opens_again_and_each_day_once() {
    let town = Town::found().await;
    let (letters, post) = letter_box();
    let machine = town.pos_with(Some(post), &[]).await;
    let (shop, keys) = town.shop("Le Panier", 1);
    let owner = town.till(&machine, &shop, &shop.key).await;
    let open = async || town.till(&machine, &shop, &keys[0]).await;
    let mail = serde_json::json!({ "version": 0, "value": { "on": true, "address": "compta@panier.example", "hour": 0 } });
    let put = owner.http.put(format!("{}/settings/mail", owner.url)).bearer_auth(&owner.token).body(mail.to_string());
    checked(put.send().await.expect("an answer")).await.expect("settings");
    sold(&town, &open().await, 1_100).await;
    town.later(DAY_MS);
    // Friday's comes on Saturday, with the till that is opened then.
    let saturday = open().await;
    sold(&town, &saturday, 2_200).await;
    assert!(letter_number(&letters, 1).await.text.contains("\r\nreceived 1100\r\n"));
    // On Sunday and on Monday nobody is there, and no session is good any more.
    town.later(3 * DAY_MS);
    let tuesday = open().await;
    sold(&town, &tuesday, 3_300).await;
    assert!(letter_number(&letters, 2).await.text.contains("\r\nreceived 2200\r\n"));
    town.later(DAY_MS);
    sold(&town, &open().await, 4_400).await;
    assert!(letter_number(&letters, 3).await.text.contains("\r\nreceived 3300\r\n"));
    assert_eq!(letters.lock().expect("no panic").len(), 3, "each once");
    machine.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_statement_of_yesterday_is_mailed_once_to_whoever_asked_for_it() {
    let town = Town::found().await;
    let (letters, post) = letter_box();
    let machine = town.pos_with(Some(post), &[]).await;
    let (shop, keys) = town.shop("Le Panier", 1);
    let owner = town.till(&machine, &shop, &shop.key).await;
    let till = town.till(&machine, &shop, &keys[0]).await;
    let part = serde_json::json!({ "version": 0, "value": { "on": true, "address": "compta@panier.example", "hour": 0 } });
    let put =
        |till: &Till, body: String| till.http.put(format!("{}/settings/mail", till.url)).bearer_auth(&till.token).body(body);
    let refused = put(&till, part.to_string()).send().await.expect("an answer");
    assert_eq!(checked(refused).await.map(|_| ()).expect_err("a till"), (403, "scope_insufficient".into()));
    sold(&town, &till, 1_250).await;
    checked(put(&owner, part.to_string()).send().await.expect("an answer")).await.expect("settings");
    town.later(DAY_MS);
    // The till is opened in the morning: with its session the ledger is read beyond the day's end.
    let till = town.till(&machine, &shop, &keys[0]).await;
    till.day(&town).await;
    let letter = letter_number(&letters, 1).await;
    assert_eq!(letter.to, "compta@panier.example");
    assert!(letter.text.contains("12,50 encaissés") && letter.text.contains("\r\nreceived 1250\r\n"), "{}", letter.text);
    assert!(letter.attachment.is_some_and(|file| file.bytes.starts_with(b"%PDF-")));
    machine.stop().await;
}
