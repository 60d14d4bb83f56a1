//! A till's chain: the bytes of `tickets.txt`, which the browser's tests read too, and what may and may not follow.
//!
//! After a deliberate change of the format: `GOLDEN=write cargo test -p merchant-pos --test tickets`, and read the difference.

#![allow(clippy::unwrap_used)]

use ledger::SigningKey;
use ledger::key::{AccountId, Hash32, LedgerId, PublicKey};
use merchant_pos::Reason;
use merchant_pos::tickets::chain::Chain;
use merchant_pos::tickets::closing::{Closing, Period, Span};
use merchant_pos::tickets::record::{Content, Event, Line, MAX_TIME, Means, Original, Record, SignedRecord, Tender, Ticket};
use merchant_pos::tickets::tax;
use std::fmt::Write;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tickets.txt");
const LEDGER: LedgerId = Hash32([9; 32]);
const ACCOUNT: AccountId = AccountId([1; 16]);
const CHARGE: [u8; 16] = [3; 16];

/// 2026-03-28T08:00:00Z, nine in the morning in Paris.
const SATURDAY: u64 = 1_774_684_800_000;
const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// 2026-03-29T00:00:00Z, 2026-10-25T00:00:00Z, 2027-01-01T00:00:00Z, 2028-02-29T00:00:00Z.
const SPRING: u64 = 1_774_742_400_000;
const AUTUMN: u64 = 1_792_886_400_000;
const YEAR_2027: u64 = 1_798_761_600_000;
const LEAP_DAY: u64 = 1_835_395_200_000;

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn public(seed: u8) -> PublicKey {
    key(seed).verifying_key().into()
}

fn line(label: &str, price: i64, quantity: u64, unit: &str, rate: u16) -> Line {
    let total = tax::line_total(price, quantity);
    Line { label: label.into(), price, quantity, unit: unit.into(), rate, total }
}

fn tender(means: Means, amount: u64) -> Tender {
    Tender { means, amount, charge: None, certain: true }
}

fn units(amount: u64, certain: bool) -> Tender {
    Tender { charge: Some(CHARGE), certain, ..tender(Means::Units, amount) }
}

/// A sale whose number, VAT and total follow from its lines.
fn sale(lines: Vec<Line>, tenders: Vec<Tender>) -> Ticket {
    let rates = tax::rates(&lines);
    let total = u64::try_from(rates.iter().map(|rate| rate.gross).sum::<i64>()).unwrap();
    let tip = tenders.iter().map(|tender| tender.amount).sum::<u64>() - total;
    Ticket { refund: false, training: false, number: 0, lines, rates, total, tenders, tip, of: None, reference: None }
}

fn bread() -> Ticket {
    sale(vec![line("Pain au levain", 420, 1_000, "", 550)], vec![tender(Means::Cash, 420)])
}

/// A till at work: its chain, and the file of vectors as it grows.
struct Till {
    chain: Chain,
    text: String,
    records: Vec<Vec<u8>>,
}

impl Till {
    fn new() -> Till {
        Till { chain: Chain::new(ACCOUNT, public(6)), text: String::new(), records: Vec::new() }
    }

    fn record(&self, time: u64, content: Content) -> Record {
        let Chain { number, hash, .. } = self.chain;
        Record { account: ACCOUNT, number: number + 1, previous: hash, time, cashier: None, content }
    }

    /// A ticket with the number that comes next.
    fn numbered(&self, ticket: Ticket) -> Content {
        let last = if ticket.training { self.chain.training } else { self.chain.ticket };
        Content::Ticket(Ticket { number: last.unwrap() + 1, ..ticket })
    }

    fn comment(&mut self, text: &str) {
        write!(self.text, "\n# {text}\n").unwrap();
    }

    fn push(&mut self, name: &str, record: &Record) -> SignedRecord {
        let bytes = record.sign(&LEDGER, &key(6));
        let signed = SignedRecord::decode(&bytes, &LEDGER).unwrap();
        assert_eq!(&signed.record, record, "{name} comes back");
        self.chain.take(&signed).unwrap_or_else(|reason| panic!("{name}: {}", reason.sentence()));
        writeln!(self.text, "record.{name} = {}", hex(&bytes)).unwrap();
        self.records.push(bytes);
        signed
    }

    fn sell(&mut self, name: &str, time: u64, ticket: Ticket) -> SignedRecord {
        let record = self.record(time, self.numbered(ticket));
        self.push(name, &record)
    }

    fn close(&mut self, name: &str, span: Span, time: u64) -> Closing {
        let due = self.chain.due(span, time).unwrap();
        let record = self.record(time, Content::Closing(due.clone()));
        self.push(name, &record);
        due
    }

    /// Notes a record that may not follow now, and that it changes nothing.
    fn refused(&mut self, name: &str, record: &Record, why: Reason) {
        let bytes = record.sign(&LEDGER, &key(6));
        let before = self.chain.clone();
        let signed = SignedRecord::decode(&bytes, &LEDGER).unwrap();
        assert_eq!(self.chain.take(&signed), Err(why), "{name}");
        assert_eq!(self.chain, before, "{name} changed the chain");
        writeln!(self.text, "refused.{}.{name} = {}", why.code(), hex(&bytes)).unwrap();
    }

    fn not_yet(&mut self, name: &str, time: u64) {
        let record = self.record(time, self.numbered(bread()));
        self.refused(name, &record, Reason::ClosingMissing);
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a till's first years may look like, with everything that a record can hold.
fn story() -> Till {
    let mut till = Till::new();
    first_day(&mut till);
    spring(&mut till);
    autumn(&mut till);
    years(&mut till);
    till
}

fn first_day(till: &mut Till) {
    till.comment("The first day, 2026-03-28 in Paris. It begins with an event; anyone may sign in.");
    let event = |code, detail: Option<&str>, ticket| Content::Event(Event { code, detail: detail.map(Into::into), ticket });
    till.push("event", &till.record(SATURDAY, event("started", None, None)));
    till.push("signed_in", &Record { cashier: Some(public(4)), ..till.record(SATURDAY, event("signed_in", Some("Zoé"), None)) });
    let coffee = sale(vec![line("Café", 180, 2_000, "", 1_000)], vec![tender(Means::Card, 360)]);
    let coffee = Ticket { reference: Some("table 4".into()), ..coffee };
    let time = SATURDAY + HOUR;
    let sold = till.sell("sale", time, coffee.clone());
    till.push("reprint", &till.record(time, event("reprint", None, Some(1))));
    till.comment("What may not follow here, by the reason.");
    let next = till.record(time, till.numbered(bread()));
    till.refused("number_left_out", &Record { number: next.number + 1, ..next.clone() }, Reason::TicketGap);
    till.refused("other_previous", &Record { previous: Hash32([7; 32]), ..next.clone() }, Reason::TicketPrevious);
    till.refused("earlier", &Record { time: time - 1, ..next.clone() }, Reason::TicketTime);
    till.refused("other_account", &Record { account: AccountId([2; 16]), ..next }, Reason::TicketOtherTill);
    let mut wrong = |name, ticket, why| {
        let record = till.record(time, till.numbered(ticket));
        till.refused(name, &record, why);
    };
    let (good, mut vat, mut product) = (bread(), bread(), bread());
    vat.rates[0].vat += 1;
    product.lines[0].total += 1;
    wrong("other_vat", vat, Reason::TicketSums);
    wrong("other_product", product, Reason::TicketSums);
    wrong("other_total", Ticket { total: 421, ..good.clone() }, Reason::TicketSums);
    wrong("paid_too_little", Ticket { tenders: vec![tender(Means::Cash, 419)], ..good }, Reason::TicketSums);
    let again = till.record(time, Content::Ticket(Ticket { number: 1, ..bread() }));
    till.refused("number_again", &again, Reason::TicketNumber);
    till.comment(
        "Units and euros, a tip, two rates; a weight and a discount; units taken without network; a refund of one coffee.",
    );
    let lunch = vec![line("Plat du jour", 1_450, 1_000, "", 1_000), line("Verre de vin", 550, 2_000, "", 2_000)];
    let mixed = sale(lunch, vec![units(2_000, true), tender(Means::Cash, 600)]);
    assert_eq!((mixed.total, mixed.tip), (2_550, 50));
    till.sell("mixed", time + MINUTE, mixed);
    let market =
        vec![line("Comté", 2_490, 342, "kg", 550), line("Remise", -100, 1_000, "", 550), line("Lait", 135, 2_500, "l", 550)];
    let market = sale(market, vec![units(1_090, false)]);
    assert_eq!((market.lines[0].total, market.total, market.rates[0].vat), (852, 1_090, 57));
    till.sell("weight_and_discount", time + MINUTE, market);
    let back = sale(vec![line("Café", 180, 1_000, "", 1_000)], vec![tender(Means::Card, 180)]);
    let of = Some(Original { ticket: 1, hash: sold.hash });
    till.sell("refund", time + 2 * MINUTE, Ticket { refund: true, of, ..back.clone() });
    till.sell("training", time + 3 * MINUTE, Ticket { training: true, ..coffee });
    till.sell("training_refund", time + 3 * MINUTE, Ticket { training: true, refund: true, ..back });
    till.sell("nothing_to_pay", time + 4 * MINUTE, sale(vec![line("Eau", 0, 1_000, "", 550)], vec![]));
    till.comment("The evening. A closing that holds something else is refused, and one of a day that it is not.");
    let due = till.chain.due(Span::Day, SATURDAY + 10 * HOUR).unwrap();
    let mut other = |name, closing, why| {
        let record = till.record(SATURDAY + 10 * HOUR, Content::Closing(closing));
        till.refused(name, &record, why);
    };
    other("other_perpetual", Closing { net: due.net + 1, ..due.clone() }, Reason::ClosingSums);
    other("other_day", Closing { period: Period::parse("2026-03-27").unwrap(), ..due.clone() }, Reason::ClosingPeriod);
    other("month_before_day", Closing { period: Period::parse("2026-03").unwrap(), ..due }, Reason::ClosingMissing);
    let closed = till.close("day", Span::Day, SATURDAY + 10 * HOUR);
    assert_eq!((closed.first, closed.last, closed.net, closed.absolute), (1, 10, 3_820, 4_180));
}

fn spring(till: &mut Till) {
    till.comment("2026-03-29 has 23 hours in Paris: from 2026-03-28T23:00:00Z to before 2026-03-29T22:00:00Z.");
    let midnight = SPRING - HOUR;
    till.sell("spring_first", midnight, bread());
    till.sell("spring_last", midnight + 23 * HOUR - 1, bread());
    till.not_yet("spring_next_day", midnight + 23 * HOUR);
    let closed = till.close("spring_day", Span::Day, midnight + 23 * HOUR);
    assert_eq!((closed.period.to_string().as_str(), closed.sums.tickets, closed.sums.total), ("2026-03-29", 2, 840));
    till.comment("A day without tickets, closed twice; March, once it is over, and not before.");
    till.close("empty_day", Span::Day, midnight + 30 * HOUR);
    till.close("empty_again", Span::Day, midnight + 30 * HOUR);
    let april = midnight + 3 * DAY - HOUR;
    let early = Closing { period: Period::parse("2026-03").unwrap(), ..till.chain.due(Span::Month, april).unwrap() };
    till.refused("month_not_over", &till.record(april - 1, Content::Closing(early)), Reason::ClosingPeriod);
    till.not_yet("april_before_march", april);
    let march = till.close("month", Span::Month, april);
    assert_eq!((march.sums.tickets, march.sums.total, march.sums.training, march.first), (7, 4_660, 2, 1));
}

fn autumn(till: &mut Till) {
    till.comment(
        "2026-10-25 has 25 hours in Paris: from 2026-10-24T22:00:00Z to before 2026-10-25T23:00:00Z. Half past two is twice.",
    );
    let midnight = AUTUMN - 2 * HOUR;
    for (name, after) in [("autumn_first", 0), ("half_past_two", 150), ("half_past_two_again", 210)] {
        till.sell(name, midnight + after * MINUTE, bread());
    }
    till.sell("autumn_last", midnight + 25 * HOUR - 1, bread());
    till.not_yet("autumn_next_day", midnight + 25 * HOUR);
    let closed = till.close("autumn_day", Span::Day, midnight + 25 * HOUR);
    assert_eq!((closed.period.to_string().as_str(), closed.sums.tickets, closed.sums.total), ("2026-10-25", 4, 1_680));
}

fn years(till: &mut Till) {
    till.comment("The last moment of 2026 in Paris, 2026-12-31T22:59:59.999Z; October is closed before it, and day, month and year after it.");
    let year = YEAR_2027 - HOUR;
    till.not_yet("december_before_october", year - 1);
    till.close("october", Span::Month, year - 1);
    till.sell("year_last", year - 1, bread());
    till.not_yet("new_year", year);
    till.close("year_last_day", Span::Day, year);
    till.not_yet("new_year_before_december", year);
    till.close("december", Span::Month, year);
    till.not_yet("new_year_before_the_year", year);
    let closed = till.close("year", Span::Year, year);
    assert_eq!((closed.period.to_string().as_str(), closed.sums.tickets, closed.sums.total), ("2026", 12, 6_760));
    till.comment("A leap day, its month, and the year of the only ticket of 2027.");
    till.sell("new_year", year, bread());
    till.close("new_year_day", Span::Day, year);
    let leap = LEAP_DAY - HOUR;
    till.close("january", Span::Month, leap);
    till.close("year_2027", Span::Year, leap);
    till.sell("leap_first", leap, bread());
    till.sell("leap_last", leap + DAY - 1, bread());
    till.not_yet("leap_next_day", leap + DAY);
    let closed = till.close("leap_day", Span::Day, leap + DAY);
    assert_eq!((closed.period.to_string().as_str(), closed.sums.tickets), ("2028-02-29", 2));
    let month = till.close("february", Span::Month, leap + DAY);
    assert_eq!((month.period.to_string().as_str(), month.net, month.absolute), ("2028-02", 8_020, 8_380));
    till.sell("march_first", leap + DAY, bread());
}

#[test]
fn a_tills_records_are_these_bytes() {
    let mut text = String::from(
        "# Records of a till: `record.NAME` in the order of its chain; `refused.REASON.NAME` may not follow what stands above it.\n\
         # Secrets are one byte, 32 times. Payloads are described in ../src/tickets/record.rs, the rules in ../src/tickets/chain.rs.\n\n",
    );
    for (name, value) in [
        ("ledger", hex(&LEDGER.0)),
        ("account", hex(&ACCOUNT.0)),
        ("till.secret", hex(&[6; 32])),
        ("till.public", public(6).to_string()),
        ("cashier.public", public(4).to_string()),
    ] {
        writeln!(text, "{name} = {value}").unwrap();
    }
    text.push_str(&story().text);
    if std::env::var("GOLDEN").is_ok_and(|word| word == "write") {
        std::fs::write(GOLDEN, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(GOLDEN).unwrap(), text, "the bytes have changed");
}

#[test]
fn a_chain_that_goes_on_after_a_closing_of_a_day_takes_what_the_whole_chain_takes() {
    let till = story();
    let records: Vec<_> = till.records.iter().map(|bytes| SignedRecord::decode(bytes, &LEDGER).unwrap()).collect();
    let mut starts = 0;
    for (place, record) in records.iter().enumerate() {
        let Some(mut chain) = Chain::after(record) else { continue };
        starts += 1;
        for (rest, record) in records[place + 1..].iter().enumerate() {
            assert_eq!(chain.take(record), Ok(()), "record {} after {place}", place + rest + 2);
        }
        assert_eq!((chain.hash, chain.net, chain.absolute), (till.chain.hash, till.chain.net, till.chain.absolute));
    }
    assert_eq!(starts, 8);
}

#[test]
fn a_flipped_bit_in_any_record_is_noticed_there() {
    let till = story();
    for (place, bytes) in till.records.iter().enumerate().step_by(5) {
        for at in 0..bytes.len() {
            let mut wrong = bytes.clone();
            wrong[at] ^= 1 << (at % 8);
            assert!(SignedRecord::decode(&wrong, &LEDGER).is_err(), "byte {at} of record {}", place + 1);
        }
    }
    assert!(SignedRecord::decode(&till.records[0], &Hash32([8; 32])).is_err(), "another currency");
}

#[test]
fn no_clock_is_so_wrong_that_a_closing_of_its_day_cannot_be_written() {
    let mut till = Till::new();
    let last = MAX_TIME - 1;
    till.sell("last", last, bread());
    let closed = till.close("day", Span::Day, last);
    assert_eq!(closed.period.to_string(), "9999-12-31");
    let record = till.record(MAX_TIME, till.numbered(bread()));
    assert!(SignedRecord::decode(&record.sign(&LEDGER, &key(6)), &LEDGER).is_err());
}

#[test]
fn a_record_that_is_left_out_moved_or_signed_by_another_key_is_noticed() {
    let till = story();
    let fold = |records: &[SignedRecord]| {
        let mut chain = Chain::new(ACCOUNT, public(6));
        records.iter().try_for_each(|record| chain.take(record))
    };
    let records: Vec<_> = till.records.iter().map(|bytes| SignedRecord::decode(bytes, &LEDGER).unwrap()).collect();
    assert_eq!(fold(&records), Ok(()));
    for place in 0..records.len() - 1 {
        let mut without = records.clone();
        without.remove(place);
        assert_eq!(fold(&without), Err(Reason::TicketGap), "without {place}");
        let mut moved = records.clone();
        moved.swap(place, place + 1);
        assert_eq!(fold(&moved), Err(Reason::TicketGap), "moved {place}");
        let mut replaced = records.clone();
        let other = replaced[place].record.sign(&LEDGER, &key(7));
        replaced[place] = SignedRecord::decode(&other, &LEDGER).unwrap();
        assert_eq!(fold(&replaced), Err(Reason::TicketOtherTill), "replaced {place}");
    }
}
