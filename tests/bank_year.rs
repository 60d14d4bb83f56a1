//! A year at the bank, simulated: members pay with good, wrong and missing references, twice, in parts, too late, too much; payments come back;
//! the bank's files overlap, come twice, and come as notification and as statement; the process dies in the middle of imports, and power is
//! cut. Two people, and a clerk who only proposes, work off what comes. At the end of each month every euro is explained.

#![allow(clippy::unwrap_used)]

#[path = "common/camt.rs"]
mod camt;
#[path = "../ledger/tests/common/dice.rs"]
mod dice;
#[path = "../ledger/tests/common/disk.rs"]
mod disk;

use camt::{Frame, Movement};
use dice::Dice;
use disk::{Failure, SimDisk};
use fund_office::BankSettings;
use fund_office::intake::calendar::{Day, midnight};
use fund_office::intake::{Asked, Choice, Intake, Reader, Source};
use ledger::SigningKey;
use ledger::account::{AccountKind, Bank, Limits, LiquidityClass, Medium, Operator, Quorum, Role, Roles};
use ledger::amount::{Amount, Cents};
use ledger::books::Book;
use ledger::coverage::Date;
use ledger::directory::Profile;
use ledger::key::{AccountId, Hash32, Prefix, PublicKey};
use ledger::ledger::{Ledger, Settings};
use ledger::orders::{order_reference, reference};
use ledger::rejection::Rejection;
use ledger::rules::DAY_MS;
use ledger::transaction::{Act, Body, Genesis, NO_LEDGER, OpenAccount, Transaction, Transfer};
use ledger::writer::Pace;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const IBAN: &str = "FR7630006000011234567890189";
const MEMBERS: usize = 60;
const BANK: u16 = 1;

fn key(name: &str) -> SigningKey {
    SigningKey::from_bytes(&Hash32::of(format!("bank year {name}").as_bytes()).0)
}

fn public(name: &str) -> PublicKey {
    key(name).verifying_key().into()
}

fn cents(cents: u64) -> Amount {
    Amount::from_cents(cents).unwrap()
}

fn genesis(time: u64) -> Genesis {
    let operator =
        |number: u16, roles: &[Role]| Operator { number, key: public(&format!("operator {number}")), roles: Roles::of(roles) };
    let quorum = |act: u64, persons: u8| Quorum { act, persons, roles: Roles::ACTING };
    let alone = ["record_credit", "bank_return", "bank_fee", "fund_deposit", "open_account", "redemption_returned"];
    let code = |word: &str| {
        (0..200).find(|code| ledger::transaction::Kind::from_code(*code).is_some_and(|kind| kind.word() == word)).unwrap()
    };
    let mut quorums: Vec<Quorum> = alone.iter().map(|word| quorum(code(word), 1)).chain([quorum(0, 2)]).collect();
    quorums.sort_by_key(|quorum| quorum.act);
    Genesis {
        name: "Year".into(),
        symbol: "Y".into(),
        prefix: "liard".into(),
        checkpoint_key: public("checkpoint"),
        time,
        operators: vec![
            operator(1, &[Role::Operator, Role::Treasurer]),
            operator(2, &[Role::Treasurer, Role::Board]),
            operator(3, &[Role::Operator]),
        ],
        quorums,
        limits: vec![Limits { level: 0, per_payment: None, held: None, paid_30_days: None }],
        banks: vec![
            Bank { number: BANK, medium: Medium::Digital, class: LiquidityClass::Sight, iban: Hash32::of(IBAN.as_bytes()) },
            Bank {
                number: 2,
                medium: Medium::Paper,
                class: LiquidityClass::Sight,
                iban: Hash32::of(b"FR1420041010050500013M02606"),
            },
        ],
        self_opening: true,
        rule_set: 1,
        recovery_delay_ms: 0,
    }
}

/// What a movement is in truth.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Truth {
    Member(usize),
    /// Paid once more by mistake: it goes back.
    Mistake(usize),
    TopUp,
    Own,
    Fee,
    Foreign,
    /// The bank took this movement back.
    Returned(usize),
    /// The association sent this movement back.
    SentBack(usize),
    Redemption,
}

/// The association's side: a ledger on a disk that fails, and the people.
struct Town {
    disk: SimDisk,
    folder: tempfile::TempDir,
    clock: Arc<AtomicU64>,
    running: Option<(Arc<Ledger>, Intake)>,
    members: Vec<AccountId>,
    shops: Vec<AccountId>,
    nonce: u64,
    crashes: usize,
}

impl Town {
    fn new(seed: u64, start: u64) -> Town {
        let memory = std::path::Path::new("/dev/shm");
        let folder = tempfile::Builder::new().tempdir_in(memory).or_else(|_| tempfile::tempdir()).unwrap();
        let clock = Arc::new(AtomicU64::new(start));
        let mut town = Town {
            disk: SimDisk::new(seed),
            folder,
            clock,
            running: None,
            members: Vec::new(),
            shops: Vec::new(),
            nonce: 0,
            crashes: 0,
        };
        let order = Transaction { nonce: [0; 8], valid_until: start + 1_000, body: Body::Genesis(Box::new(genesis(start))) };
        drop(Ledger::create(town.settings(), &order.sign(&NO_LEDGER, &key("issuer"))).unwrap());
        town.start();
        town
    }

    /// Another process that finds this disk.
    fn on(&self, disk: SimDisk) -> Town {
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(self.folder.path().join("key"), folder.path().join("key")).unwrap();
        let clock = Arc::new(AtomicU64::new(self.now()));
        let (members, shops, nonce) = (self.members.clone(), self.shops.clone(), self.nonce);
        let mut town = Town { disk, folder, clock, running: None, members, shops, nonce, crashes: 0 };
        town.start();
        town
    }

    fn settings(&self) -> Settings {
        let clock = self.clock.clone();
        Settings {
            disk: Arc::new(self.disk.clone()),
            views: self.folder.path().join("views"),
            key_file: self.folder.path().join("key"),
            signers: vec![key("checkpoint")],
            clock: Arc::new(move || clock.load(Ordering::SeqCst)),
            pace: Pace::default(),
            threads: 1,
            segment_bytes: 1 << 20,
        }
    }

    fn start(&mut self) {
        let ledger = Arc::new(Ledger::open(self.settings()).unwrap());
        let bank = BankSettings {
            holder: "Year".into(),
            iban: IBAN.into(),
            bic: None,
            creditor_id: None,
            credit_secret: vec![7; 32],
            older_pain: Vec::new(),
        };
        let clock = self.clock.clone();
        let intake = Intake::open(ledger.clone(), Arc::new(bank), Arc::new(move || clock.load(Ordering::SeqCst))).unwrap();
        self.running = Some((ledger, intake));
    }

    fn ledger(&self) -> Arc<Ledger> {
        self.running.as_ref().unwrap().0.clone()
    }

    fn intake(&self) -> &Intake {
        &self.running.as_ref().unwrap().1
    }

    fn now(&self) -> u64 {
        self.clock.load(Ordering::SeqCst)
    }

    fn restart(&mut self, disk: SimDisk) {
        self.running = None;
        self.disk = disk;
        self.start();
        self.crashes += 1;
    }

    fn submit(&mut self, who: &SigningKey, body: Body) -> u64 {
        self.try_submit(who, body).unwrap_or_else(|rejection| panic!("refused: {rejection:?}"))
    }

    fn try_submit(&mut self, who: &SigningKey, body: Body) -> Result<u64, Rejection> {
        self.nonce += 1;
        let order = Transaction { nonce: self.nonce.to_be_bytes(), valid_until: self.now() + DAY_MS, body };
        let ledger = self.ledger();
        let order = ledger.decode(&order.sign(&ledger.id(), who)).unwrap();
        ledger.submit_and_wait(order).unwrap()
    }

    /// An act: proposed by the first person, and approved by the second where that is needed.
    fn act(&mut self, act: Act) {
        let before = self.cover();
        self.submit(&key("operator 1"), Body::Propose(act));
        self.approve();
        self.check_cover(before);
    }

    fn approve(&mut self) {
        let waiting: Vec<Hash32> = self.ledger().durable().state.proposals().map(|(id, _)| *id).collect();
        for proposal in waiting {
            let before = self.cover();
            match self.try_submit(&key("operator 2"), Body::Approve { proposal }) {
                // Euros are missing: nothing is issued until they are there. The proposal waits.
                Ok(_) | Err(Rejection::FundShort) => {}
                // While the conversion waited the bank took the euros back, or another payment of the member's, which now owes.
                Err(Rejection::CreditUsed | Rejection::AccountSuspended) => {
                    self.submit(&key("operator 2"), Body::Refuse { proposal });
                }
                Err(rejection) => panic!("refused: {rejection:?}"),
            }
            self.check_cover(before);
        }
    }

    /// Circulation and surplus of the digital fund.
    fn cover(&self) -> (i64, i64) {
        let ledger = self.ledger();
        let durable = ledger.durable();
        let books = durable.state.books();
        (books.circulation(Medium::Digital).get(), books.surplus(Medium::Digital).get())
    }

    /// Nothing is issued without its euros, and nothing at all while euros are missing.
    fn check_cover(&self, (circulation, surplus): (i64, i64)) {
        let (after, surplus_after) = self.cover();
        if after > circulation {
            assert!(surplus >= 0 && surplus_after >= 0, "units were issued without cover: {surplus} then {surplus_after}");
        }
    }

    /// Imports a file, through as many crashes as come.
    fn import(&mut self, name: &str, bytes: &[u8], dice: &mut Dice) -> (usize, usize) {
        let (mut new, mut tries) = (0, 0);
        loop {
            if tries < 3 && dice.chance(35) {
                self.disk.fail_at(self.disk.steps() + dice.below(9) as usize, Failure::Death);
            }
            tries += 1;
            let done = self.intake().import(&Source { name, bank: None, by: 1 }, bytes);
            let failed = self.ledger().failure().is_some() || done.is_err();
            if let Ok(done) = &done {
                assert!(done.refused.is_empty(), "{:?}", done.refused);
            }
            if failed || dice.chance(5) {
                let seed = dice.roll();
                let disk = if dice.chance(50) { self.disk.killed(seed) } else { self.disk.cut(seed) };
                self.restart(disk);
                continue;
            }
            // A failure that was planned for later must not strike the people's work.
            self.disk.fail_at(usize::MAX, Failure::Death);
            new += done.as_ref().map_or(0, |done| done.new);
            return (new, done.unwrap().known);
        }
    }

    fn lines(&self, state: &str) -> Vec<Value> {
        let (mut found, mut before) = (Vec::new(), None);
        loop {
            let asked = Asked { state: Some(state.to_owned()), bank: None, query: None, before, limit: 50 };
            let page = self.intake().page(&asked, &reader()).unwrap();
            found.extend(page["lines"].as_array().unwrap().clone());
            match page["next"].as_str() {
                Some(next) => before = Hash32::from_hex(next),
                None => return found,
            }
        }
    }
}

/// The bank's side.
struct TheBank {
    balance: i64,
    movements: Vec<(Day, Movement, Truth)>,
}

impl TheBank {
    fn book(&mut self, day: Day, mut movement: Movement, truth: Truth) -> usize {
        let number = self.movements.len();
        movement.date = Date::of_number(day).unwrap().to_string();
        movement.text = format!("{} /T{number}/", movement.text).trim().to_owned();
        if movement.servicer.is_none() && !number.is_multiple_of(17) {
            movement.servicer = Some(format!("BK{number:06}"));
        }
        if movement.is_euros() {
            self.balance += movement.cents;
        }
        self.movements.push((day, movement, truth));
        number
    }

    fn between(&self, from: Day, to: Day) -> Vec<Movement> {
        let mut found: Vec<&(Day, Movement, Truth)> =
            self.movements.iter().filter(|(day, ..)| (from..=to).contains(day)).collect();
        found.sort_by_key(|(day, ..)| *day);
        found.into_iter().map(|(_, movement, _)| movement.clone()).collect()
    }

    fn balance_before(&self, day: Day) -> i64 {
        let moved = self.movements.iter().filter(|(at, movement, _)| *at < day && movement.is_euros());
        moved.map(|(_, movement, _)| movement.cents).sum()
    }

    fn statement(&self, id: &str, from: Day, to: Day) -> Vec<u8> {
        let text = |day| Date::of_number(day).unwrap().to_string();
        let (opening, closing) = (self.balance_before(from), self.balance_before(to + 1));
        camt::statement(&Frame { id, iban: IBAN, from: &text(from), to: &text(to), opening, closing }, &self.between(from, to))
    }
}

fn reader() -> Reader {
    Reader { prefix: Prefix::new("liard").unwrap(), sees_names: true }
}

fn number_in(line: &Value) -> usize {
    let text = line["text"].as_str().unwrap();
    text.split("/T").nth(1).unwrap_or_else(|| panic!("{line}")).split('/').next().unwrap().parse().unwrap()
}

fn id_of(line: &Value) -> Hash32 {
    Hash32::from_hex(line["line"].as_str().unwrap()).unwrap()
}

struct Year {
    town: Town,
    bank: TheBank,
    dice: Dice,
    /// Payments that go out of the bank later: the day, and what.
    due: Vec<(Day, Movement, Truth)>,
    /// By movement, its line.
    lines: HashMap<usize, Hash32>,
}

impl Year {
    fn new(seed: u64) -> Year {
        let start = midnight(Date::parse("2026-01-01").unwrap().number());
        let mut town = Town::new(seed, start);
        for number in 0..MEMBERS + 3 {
            let kind = if number < MEMBERS { AccountKind::Resident } else { AccountKind::Professional };
            let name = format!("member {number}");
            town.submit(
                &key("operator 1"),
                Body::Propose(Act::OpenAccount(OpenAccount { kind, key: public(&name), level: 0, groups: Vec::new() })),
            );
            let account = town.ledger().durable().state.accounts().last().unwrap().id;
            let iban = (!number.is_multiple_of(5)).then(|| iban_of(number));
            let profile = Profile { name: Some(format!("Membre {number}")), iban, ..Profile::default() };
            town.ledger().directory().set_profile(&account, profile).unwrap();
            if number < MEMBERS { town.members.push(account) } else { town.shops.push(account) }
        }
        let bank = TheBank { balance: 0, movements: Vec::new() };
        Year { town, bank, dice: Dice(seed), due: Vec::new(), lines: HashMap::new() }
    }

    /// A member's payment, in one of the ways that members pay.
    fn payment(&mut self, day: Day) {
        let member = self.dice.below(MEMBERS as u64) as usize;
        let account = self.town.members[member];
        let amount = 500 * (1 + self.dice.below(20));
        let mut movement = Movement {
            cents: amount as i64,
            name: format!("M. Membre {member}"),
            iban: Some(iban_of(member)).filter(|_| !self.dice.chance(10)),
            ..Movement::default()
        };
        let way = self.dice.below(100);
        if way < 15 {
            // A standing order.
            movement.reference = Some(reference(&account));
            self.bank.book(day, movement, Truth::Member(member));
            return;
        }
        if way < 20 {
            movement.text = "un virement sans référence".into();
            self.bank.book(day, movement, Truth::Member(member));
            return;
        }
        let made = self.town.ledger().orders().make(&account, amount, self.town.now()).unwrap();
        let Ok(order) = made else { return };
        let reference = order_reference(&account, order.number);
        let spaced = format!("Conversion {} {} {} merci", &reference[..4].to_lowercase(), &reference[4..10], &reference[10..]);
        match way {
            20..=49 => movement.reference = Some(reference),
            50..=59 => movement.end_to_end = Some(reference),
            60..=74 => movement.text = spaced,
            // Nothing but the IBAN and the amount.
            75..=79 => movement.iban = Some(iban_of(member)),
            80..=84 => {
                movement.reference = Some(reference);
                movement.cents += 300;
            }
            85..=88 => {
                // In two halves.
                movement.reference = Some(reference);
                movement.cents /= 2;
                let rest = Movement { cents: amount as i64 - movement.cents, ..movement.clone() };
                self.due.push((day + 4, rest, Truth::Member(member)));
            }
            89..=91 => {
                movement.reference = Some(reference);
                self.due.push((day + 35, movement, Truth::Member(member)));
                return;
            }
            92..=94 => {
                movement.reference = Some(reference);
                self.due.push((day + 3, movement.clone(), Truth::Mistake(member)));
            }
            _ => {
                movement.reference = Some(reference);
                movement.end_to_end = Some(format!("E2E-{}", self.bank.movements.len()));
                let number = self.bank.book(day, movement.clone(), Truth::Member(member));
                let back = Movement {
                    cents: -movement.cents,
                    return_code: Some("MD06".into()),
                    reference: None,
                    reversal: self.dice.chance(30),
                    ..movement
                };
                let later = day + 5 + self.dice.below(20) as u32;
                self.due.push((later, back, Truth::Returned(number)));
                return;
            }
        }
        self.bank.book(day, movement, Truth::Member(member));
    }

    fn others(&mut self, day: Day) {
        match self.dice.below(60) {
            0 => drop(self.bank.book(
                day,
                Movement {
                    cents: -1_250,
                    text: "FRAIS DE TENUE DE COMPTE".into(),
                    bank_code: Some("CHRG"),
                    ..Movement::default()
                },
                Truth::Fee,
            )),
            1 => drop(self.bank.book(
                day,
                Movement {
                    cents: 5_000,
                    currency: Some("USD".into()),
                    name: "Smith".into(),
                    text: "gift".into(),
                    ..Movement::default()
                },
                Truth::Foreign,
            )),
            2 => drop(self.bank.book(
                day,
                Movement { cents: 20_000, name: "Mairie".into(), text: "subvention".into(), ..Movement::default() },
                Truth::Own,
            )),
            3 | 4 => {
                // Several members' payments in one booking.
                let batch = self.bank.movements.len() as u32;
                for member in 0..3 {
                    let account = self.town.members[member];
                    let movement = Movement {
                        cents: 700 + member as i64 * 100,
                        name: format!("Membre {member}"),
                        reference: Some(reference(&account)),
                        servicer: Some(format!("LOT{batch}")),
                        batch: Some(batch),
                        ..Movement::default()
                    };
                    self.bank.book(day, movement, Truth::Member(member));
                }
            }
            _ => {}
        }
        self.arrivals(day);
    }

    fn arrivals(&mut self, day: Day) {
        for (_, movement, truth) in self.due.extract_if(.., |(at, ..)| *at <= day).collect::<Vec<_>>() {
            self.bank.book(day, movement, truth);
        }
    }

    /// Members pay a shop, and the shop redeems; the association pays.
    fn spend(&mut self, day: Day) {
        let rich: Vec<(usize, i64)> = {
            let ledger = self.town.ledger();
            let durable = ledger.durable();
            let balance = |account: &AccountId| durable.state.account(account).unwrap();
            let open = |account: &AccountId| balance(account).status == ledger::state::Status::Open;
            let found = self.town.members.iter().enumerate().filter(|(_, account)| open(account));
            found.map(|(number, account)| (number, balance(account).balance.get())).filter(|(_, cents)| *cents > 1_000).collect()
        };
        for (member, balance) in rich.into_iter().take(12) {
            let (payer, payee) = (self.town.members[member], self.town.shops[member % 3]);
            let amount = cents(balance.unsigned_abs() - self.dice.below(900));
            let transfer = Transfer { payer, payee, amount, charge: None, memo: None };
            self.town.submit(&key(&format!("member {member}")), Body::Transfer(transfer));
        }
        let shop = self.dice.below(3) as usize;
        let account = self.town.shops[shop];
        let held = self.town.ledger().durable().state.account(&account).unwrap().balance.get();
        if held > 10_000 && self.town.cover().1 >= 0 {
            let who = key(&format!("member {}", MEMBERS + shop));
            let entry = self.town.submit(&who, Body::Redeem { account, amount: cents(held.unsigned_abs() / 2) });
            let net = self.town.ledger().durable().state.redemption(entry).unwrap().net as i64;
            let movement = Movement {
                cents: -net,
                name: format!("Membre {}", MEMBERS + shop),
                end_to_end: Some(format!("RED-{entry}-1")),
                ..Movement::default()
            };
            self.due.push((day + 3, movement.clone(), Truth::Redemption));
            if self.dice.chance(30) {
                // Its IBAN is closed: the euros come back, and leave again.
                let back = Movement { cents: net, return_code: Some("AC04".into()), ..movement.clone() };
                self.due.push((day + 6, back, Truth::Redemption));
                self.due.push((day + 40, movement, Truth::Redemption));
            }
        }
    }

    /// The files of some days: notifications first, some without the bank's reference; then statements, one of them again.
    fn files(&mut self, from: Day, to: Day, first_of_month: Option<Day>) {
        let mut told = Vec::new();
        for movement in self.bank.between(from, to) {
            let single = movement.batch.is_none();
            if movement.cents < 0 || !movement.is_euros() || single && self.dice.chance(40) {
                continue;
            }
            let nameless = single && self.dice.chance(12);
            told.push(if nameless { Movement { servicer: None, ..movement } } else { movement });
        }
        if !told.is_empty() {
            self.town.import("avis.xml", &camt::notification(&format!("N{from}"), IBAN, &told), &mut self.dice);
            self.work();
        }
        let statement = self.bank.statement(&format!("S{from}"), from, to);
        self.town.import("releve.xml", &statement, &mut self.dice);
        self.work();
        if self.dice.chance(40) {
            let (new, known) = self.town.import("encore.xml", &statement, &mut self.dice);
            assert_eq!((new, known), (0, self.bank.between(from, to).len()), "a file that comes again brings nothing");
        }
        if let Some(first) = first_of_month {
            let whole = self.bank.statement(&format!("M{first}"), first, to);
            let (new, _) = self.town.import("mois.xml", &whole, &mut self.dice);
            assert_eq!(new, 0, "a statement of the month brings nothing that its weeks did not");
            self.work();
        }
    }

    /// The clerk proposes, the second person approves, and people answer questions, until nothing is left.
    fn work(&mut self) {
        for _ in 0..12 {
            let before = self.town.cover();
            self.town.intake().propose(&key("operator 3")).unwrap();
            self.town.check_cover(before);
            self.town.approve();
            let questions = self.town.lines("question");
            for line in &questions {
                self.answer(line);
            }
            self.cover_shortfall();
            let short = self.town.cover().1 < 0;
            // A payment of ours that came back waits for the statement that says that it left.
            let ours = |line: &Value| self.bank.movements[number_in(line)].2 == Truth::Redemption;
            if questions.iter().all(ours) && (short || self.town.lines("ready").is_empty()) {
                return;
            }
        }
        let left: Vec<Value> = self.town.lines("question").into_iter().chain(self.town.lines("ready")).collect();
        panic!("the work has no end: {left:#?}");
    }

    /// What a person makes of a question, who knows the truth.
    fn answer(&mut self, line: &Value) {
        let (id, number) = (id_of(line), number_in(line));
        let truth = self.bank.movements[number].2;
        // Of the lines that it may be, which are shown beside it, the one that it is.
        let offered = line["suggestions"].as_array().unwrap().iter().filter(|one| one["why"] != "return");
        for other in offered.filter_map(|one| Hash32::from_hex(one["line"].as_str()?)) {
            let twin = self.town.intake().line(&other, &reader()).unwrap().unwrap();
            if number_in(&twin) == number {
                self.decide(&id, Choice::SameAs(other));
                return;
            }
        }
        match truth {
            Truth::Member(member) => {
                let account = self.town.members[member];
                let open = self.town.ledger().durable().state.account(&account).unwrap().status == ledger::state::Status::Open;
                let in_part = self.town.ledger().durable().state.credit(&id).is_some_and(|credit| !credit.conversions.is_empty());
                if in_part {
                    // What the member may not hold waits; the wallet has no room for it.
                    self.decide(&id, Choice::SetAside);
                } else if line["doubt"].is_null() && line["act"]["kind"] == "convert" && line["match"]["outcome"] != "duplicate" {
                    // The bank took it back: that is booked first, and then nothing is left to ask.
                } else if open {
                    self.decide(&id, Choice::Member(account));
                } else {
                    // The account owes: the euros settle it, or wait in the association's own money.
                    self.decide(&id, Choice::Own);
                }
            }
            Truth::Mistake(_) => {
                if self.town.ledger().durable().state.credit(&id).is_none() {
                    self.town.act(Act::RecordCredit { bank: BANK, credit: id, amount: cents(line["amount"].as_u64().unwrap()) });
                    let movement = &self.bank.movements[number].1;
                    let back = Movement {
                        cents: -movement.cents,
                        servicer: None,
                        reference: None,
                        text: "remboursement".into(),
                        ..movement.clone()
                    };
                    let day = Date::parse(&movement.date).unwrap().number();
                    self.due.push((day + 6, back, Truth::SentBack(number)));
                }
                // Until it is sent back it is set aside; then the return settles it.
                self.lines.insert(number, id);
                self.decide(&id, Choice::SetAside);
            }
            Truth::TopUp => self.decide(&id, Choice::Cover),
            Truth::Own => self.decide(&id, Choice::Own),
            Truth::Fee => self.decide(&id, Choice::Fee),
            Truth::Foreign => self.decide(&id, Choice::SetAside),
            Truth::Returned(credit) | Truth::SentBack(credit) => {
                let known = self.line_of(credit);
                self.decide(&id, Choice::Return(known));
            }
            // It came back with the file that says that it left: first that is booked.
            Truth::Redemption => assert!(line["amount"].as_i64() > Some(0), "a payment of ours is a question: {line:#}"),
        }
    }

    fn line_of(&self, number: usize) -> Hash32 {
        let (mut all, states) = (Vec::new(), ["booked", "set_aside", "ready", "question", "waiting"]);
        states.iter().for_each(|state| all.extend(self.town.lines(state)));
        let is_it = |line: &&Value| number_in(line) == number && line["decision"]["decision"] != "same_as";
        all.iter().find(is_it).map(id_of).unwrap_or_else(|| panic!("movement {number} has no line"))
    }

    fn decide(&self, id: &Hash32, choice: Choice) {
        self.town.intake().decide(id, Some(choice), 2, None).unwrap_or_else(|error| {
            panic!("{choice:?}: {error:?}: {:#}", self.town.intake().line(id, &reader()).unwrap().unwrap())
        });
    }

    /// When euros are missing, the association brings them.
    fn cover_shortfall(&mut self) {
        let (_, surplus) = self.town.cover();
        let promised: i64 =
            self.due.iter().filter(|(.., truth)| *truth == Truth::TopUp).map(|(_, movement, _)| movement.cents).sum();
        if surplus + promised < 0 {
            let day = day_of_now(&self.town);
            let movement =
                Movement { cents: -surplus - promised, name: "Association".into(), text: "apport".into(), ..Movement::default() };
            self.due.push((day + 1, movement, Truth::TopUp));
        }
    }

    /// At the end of a month every euro is explained.
    fn reconciled(&self, month: &str) {
        let done = self.town.intake().reconcile(BANK).unwrap();
        let (confirmed, _) = done.confirmed.unwrap();
        assert_eq!(confirmed, self.bank.balance, "{month}: the bank's word is not the bank's balance");
        assert_eq!(done.unexplained, 0, "{month}: {done:#?}");
        let sum: i64 = done.explained.iter().map(|part| part.amount).sum();
        let ledger = self.town.ledger();
        let held = ledger.durable().state.books().balance(Book::Bank(BANK));
        assert_eq!(held, Cents::new(done.ledger));
        assert_eq!(done.ledger + sum, confirmed, "{month}: what is not booked and what is do not make the balance");
        if self.town.cover().1 < 0 {
            // Conversions wait for the association's euros, which come with the next statement.
            return;
        }
        let counts = self.town.intake().counts().unwrap();
        assert_eq!((counts.ready, counts.question, counts.waiting, counts.pending), (0, 0, 0, 0), "{month}: {counts:?}");
        assert!(done.explained.is_empty(), "{month}: {:#?}", done.explained);
    }
}

fn day_of_now(town: &Town) -> Day {
    (town.now() / DAY_MS) as Day
}

fn iban_of(number: usize) -> String {
    (2..=98).find_map(|check| fund_office::iban::normalised(&format!("FR{check:02}8888800001{number:011}00"))).unwrap()
}

fn year(seed: u64, months: u32) {
    println!("seed {seed}");
    let mut year = Year::new(seed);
    let mut first = day_of_now(&year.town);
    for month in 0..months {
        let length = 28 + u32::from(month % 2 == 0) * 3;
        let mut begun = first;
        for day in first..first + length {
            year.town.clock.store(midnight(day) + 8 * 3_600_000, Ordering::SeqCst);
            for _ in 0..year.dice.below(4) {
                year.payment(day);
            }
            year.others(day);
            if (day - first) % 10 == 5 {
                year.spend(day);
            }
            let last = day + 1 == first + length;
            if (day - first) % 7 == 6 || last {
                year.town.clock.store(midnight(day) + 20 * 3_600_000, Ordering::SeqCst);
                year.files(begun, day, last.then_some(first));
                begun = day + 1;
            }
        }
        first += length;
        year.reconciled(&format!("month {month}"));
    }
    // What is under way arrives, until nothing is.
    while !year.due.is_empty() || year.town.cover().1 < 0 {
        assert!(first < Date::parse("2028-01-01").unwrap().number(), "it has no end");
        for day in first..first + 7 {
            year.town.clock.store(midnight(day) + 20 * 3_600_000, Ordering::SeqCst);
            year.arrivals(day);
        }
        year.files(first, first + 6, None);
        first += 7;
        year.reconciled("after the year");
    }
    year.circulation_adds_up();
    println!("{} movements, {} crashes", year.bank.movements.len(), year.town.crashes);
    assert!(year.town.crashes > 0, "nothing was tried");
}

impl Year {
    /// What circulates is what conversions and bonuses gave, less what returns took back and redemptions took out.
    fn circulation_adds_up(&self) {
        let ledger = self.town.ledger();
        let size = ledger.durable().state.size();
        let mut sum = 0_i64;
        for sequence in 0..size {
            let (entry, _) = ledger.entry_and_links(sequence).unwrap().unwrap();
            let outcome = &entry.outcome;
            sum += (outcome.converted.unwrap_or(0) + outcome.bonus()) as i64 - outcome.taken_back.unwrap_or(0) as i64;
            if let Body::Redeem { amount, .. } = &entry.transaction.body {
                sum -= amount.cents() as i64;
            }
        }
        assert_eq!(sum, self.town.cover().0, "circulation is not what was given less what went back");
    }
}

#[test]
fn a_year_at_the_bank_ends_with_every_euro_explained() {
    let seed = std::env::var("LIARD_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_260_101);
    year(seed, 12);
}

/// A town with three members, and a statement of many payments to them, more than are written at once.
fn payments() -> (Town, Vec<u8>, usize) {
    let start = midnight(Date::parse("2026-01-01").unwrap().number());
    let mut town = Town::new(1, start);
    for number in 0..3 {
        let open =
            OpenAccount { kind: AccountKind::Resident, key: public(&format!("member {number}")), level: 0, groups: Vec::new() };
        town.submit(&key("operator 1"), Body::Propose(Act::OpenAccount(open)));
        let account = town.ledger().durable().state.accounts().last().unwrap().id;
        town.members.push(account);
    }
    let movements: Vec<Movement> = (0..260)
        .map(|number| Movement {
            date: "2026-01-01".into(),
            cents: 100 + number % 7,
            name: "Payer".into(),
            reference: Some(reference(&town.members[number as usize % 3])),
            servicer: (number % 5 != 0).then(|| format!("BK{number}")),
            text: format!("payment {}", number / 10),
            ..Movement::default()
        })
        .collect();
    let closing = movements.iter().map(|movement| movement.cents).sum();
    let frame = Frame { id: "S1", iban: IBAN, from: "2026-01-01", to: "2026-01-01", opening: 0, closing };
    (town, camt::statement(&frame, &movements), movements.len())
}

fn imported(town: &Town, bytes: &[u8]) -> Result<(usize, usize), String> {
    let done = town.intake().import(&Source { name: "releve.xml", bank: None, by: 1 }, bytes);
    done.map(|done| (done.new, done.known)).map_err(|error| error.to_string())
}

/// The ids of all lines, and their sum.
fn kept(town: &Town) -> (Vec<Hash32>, i64) {
    let lines = town.lines("ready");
    let mut ids: Vec<Hash32> = lines.iter().map(id_of).collect();
    ids.sort();
    (ids, lines.iter().map(|line| line["amount"].as_i64().unwrap()).sum())
}

#[test]
fn a_crash_at_any_step_of_an_import_loses_and_doubles_nothing() {
    let (mut town, file, count) = payments();
    town.running = None;
    let whole = town.on(town.disk.copy(2));
    let begun = whole.disk.steps();
    assert_eq!(imported(&whole, &file), Ok((count, 0)));
    let steps = whole.disk.steps() - begun;
    let expected = kept(&whole);
    assert_eq!(expected.0.len(), count);
    let mut interrupted = 0;
    for step in 0..steps {
        let power = step % 2 == 0;
        let mut dying = town.on(town.disk.copy(3));
        dying.disk.fail_at(dying.disk.steps() + step, Failure::Death);
        let first = imported(&dying, &file);
        interrupted += usize::from(first.is_err());
        dying.running = None;
        let next = dying.on(if power { dying.disk.cut(step as u64) } else { dying.disk.killed(0) });
        let (new, known) = imported(&next, &file).unwrap();
        assert_eq!(new + known, count, "step {step}");
        assert_eq!(kept(&next), expected, "step {step}, power cut: {power}");
        assert_eq!(imported(&next, &file), Ok((0, count)), "step {step}: it comes a third time");
        let done = next.intake().reconcile(BANK).unwrap();
        assert_eq!((done.unexplained, done.confirmed.map(|(cents, _)| cents)), (0, Some(expected.1)));
    }
    assert!(interrupted > steps / 2, "the import was hardly disturbed: {interrupted} of {steps}");
    println!("{steps} steps");
}

#[test]
fn two_imports_at_the_same_moment_keep_each_line_once() {
    let (town, file, count) = payments();
    let new: Vec<usize> = std::thread::scope(|scope| {
        let import = || imported(&town, &file).unwrap().0;
        let running: Vec<_> = (0..4).map(|_| scope.spawn(import)).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(new.iter().sum::<usize>(), count, "{new:?}");
    assert_eq!(kept(&town).0.len(), count);
}

#[test]
fn of_two_people_who_decide_at_the_same_moment_one_is_told() {
    let (town, file, _) = payments();
    imported(&town, &file).unwrap();
    for id in kept(&town).0.into_iter().take(20) {
        let told: Vec<bool> = std::thread::scope(|scope| {
            let decide = |by: u16| {
                let account = town.members[usize::from(by)];
                let town = &town;
                scope.spawn(move || town.intake().decide(&id, Some(Choice::Member(account)), by, None).is_ok())
            };
            let running = [decide(1), decide(2)];
            running.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(told.iter().filter(|taken| **taken).count(), 1, "{told:?}");
    }
}

#[test]
fn the_clerk_sends_the_same_bytes_after_a_crash_and_never_proposes_twice() {
    let (mut town, file, count) = payments();
    imported(&town, &file).unwrap();
    let clerk = key("operator 3");
    let mut lives = 0;
    loop {
        town.disk.fail_at(town.disk.steps() + 150, Failure::Death);
        let done = town.intake().propose(&clerk);
        if done.is_ok() && town.ledger().failure().is_none() && town.lines("ready").is_empty() {
            break;
        }
        lives += 1;
        assert!(lives < 500, "the clerk does not come to an end");
        let disk = town.disk.cut(lives);
        town.restart(disk);
    }
    assert!(lives > 3, "the clerk was hardly disturbed");
    let ledger = town.ledger();
    assert_eq!(ledger.durable().state.proposals().count(), count);
    let size = ledger.durable().state.size();
    let proposed = (0..size).filter(|sequence| {
        let (entry, _) = ledger.entry_and_links(*sequence).unwrap().unwrap();
        matches!(entry.transaction.body, Body::Propose(Act::Convert { .. }))
    });
    assert_eq!(proposed.count(), count, "each act is proposed once");
    // A proposal that was refused is not proposed again by the clerk: a person looks at it.
    let refused = *ledger.durable().state.proposals().next().unwrap().0;
    drop(ledger);
    town.disk.fail_at(usize::MAX, Failure::Death);
    town.submit(&key("operator 2"), Body::Refuse { proposal: refused });
    assert_eq!(town.intake().propose(&clerk).unwrap(), 0);
    assert_eq!(town.lines("ready").len(), 1);
}
