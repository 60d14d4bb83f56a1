//! One movement at the bank is booked once and as what it is: whatever acts name it, whichever batch it speaks of, and whoever decides meanwhile.

#![allow(clippy::unwrap_used)]

#[path = "../../ledger/tests/common/dice.rs"]
mod dice;
mod town;

use fund_office::intake::{Choice, Reader};
use ledger::account::*;
use ledger::amount::Amount;
use ledger::books::Book;
use ledger::encoding::Writer;
use ledger::key::{AccountId, Hash32};
use ledger::orders::reference;
use ledger::records::{Change, Table};
use ledger::rejection::Rejection;
use ledger::rules::DAY_MS;
use ledger::state::RedemptionState;
use ledger::transaction::*;
use town::camt::{Frame, Movement};
use town::*;

fn cents(cents: u64) -> Amount {
    Amount::from_cents(cents).unwrap()
}

/// What these stories ask of a town besides.
trait Batches {
    fn redeemed(&mut self) -> (AccountId, u64);
    /// A batch of one redemption as the office keeps it, and its order.
    fn order(&mut self, number: u64, redemption: u64) -> u64;
    fn redemption(&self, redemption: u64) -> RedemptionState;
    /// Many payments by one member; the id of the last and largest, of 400.00.
    fn many(&self, member: AccountId) -> Hash32;
    fn wait_for_the_clerk(&self);
}

impl Batches for Town {
    fn redeemed(&mut self) -> (AccountId, u64) {
        let shop = self.open("shop", AccountKind::Professional);
        self.act(Act::Convert { bank: 1, credit: Hash32([1; 32]), amount: cents(10_000), account: shop }).unwrap();
        let redemption = self.submit(&key("shop"), Body::Redeem { account: shop, amount: cents(4_000) }).unwrap();
        (shop, redemption)
    }

    fn order(&mut self, number: u64, redemption: u64) -> u64 {
        let file = Hash32([u8::try_from(number).unwrap() + 1; 32]);
        let mut out = Writer::new();
        out.map(7).uint(1).uint(1).uint(2).uint(9).uint(3).uint(NOW).uint(4).text("2026-11-23");
        out.uint(5).array(1).uint(redemption).uint(6).bytes(&file.0).uint(7).uint(1);
        let put = Change::Put { table: Table(22), key: number.to_be_bytes().to_vec(), value: out.into_bytes() };
        self.ledger.records().write(&[put]).unwrap();
        self.act(Act::OrderRedemptions { bank: 1, redemptions: vec![redemption], evidence: file }).unwrap()
    }

    fn redemption(&self, redemption: u64) -> RedemptionState {
        self.ledger.durable().state.redemption(redemption).unwrap().state
    }

    fn many(&self, member: AccountId) -> Hash32 {
        let mut text = "Date;Libellé;Montant\n".to_owned();
        for n in 1..=400 {
            text.push_str(&format!("18/11/2026;X{n} {};{n},00\n", reference(&member)));
        }
        self.import("a.csv", text.as_bytes());
        let last = self.lines(Some("ready")).into_iter().find(|line| line["amount"] == 40_000).unwrap();
        Hash32::from_hex(last["line"].as_str().unwrap()).unwrap()
    }

    fn wait_for_the_clerk(&self) {
        while self.ledger.durable().state.credits().count() == 0 {
            std::thread::yield_now();
        }
    }
}

#[test]
fn a_late_refusal_of_an_old_batch_leaves_the_new_batch_alone_and_names_both() {
    let mut town = town();
    let (_, r) = town.redeemed();
    let first = town.order(1, r);
    // The intake knows this batch already when the next one comes.
    town.lines(None);
    town.act(Act::Correct { sequence: first, reason: 1 }).unwrap();
    town.order(2, r);
    town.import("p.xml", &pain("RED-1-1", &format!("RED-{r}-1")));
    town.clerk();
    assert_eq!(town.redemption(r), RedemptionState::Ordered(1), "batch 2 is at the bank");
    let line = &town.lines(None)[0];
    let doubt = &line["doubt"];
    assert_eq!((&line["state"], &doubt["why"]), (&"question".into(), &"other_batch".into()), "{line}");
    assert_eq!((&doubt["redemption"], &doubt["batch"], &doubt["batch_now"]), (&r.into(), &1.into(), &2.into()));
    // The bank's word on the batch in force is clear.
    town.import("q.xml", &pain("RED-2-1", &format!("RED-{r}-2")));
    town.clerk();
    assert_eq!(town.redemption(r), RedemptionState::Payable);
}

#[test]
fn of_two_payments_of_one_redemption_the_one_that_came_back_leaves_the_other() {
    let mut town = town();
    let (_, r) = town.redeemed();
    let first = town.order(1, r);
    town.act(Act::Correct { sequence: first, reason: 1 }).unwrap();
    town.order(2, r);
    let debit = |batch: u8, day: &str| Movement {
        end_to_end: Some(format!("RED-{r}-{batch}")),
        servicer: Some(format!("B{batch}")),
        ..movement("Shop", day, -4_000)
    };
    town.import("a.xml", &camt::statement(&frame("S1", "2026-11-18", 10_000, 6_000), &[debit(1, "2026-11-18")]));
    town.clerk();
    assert_eq!(town.redemption(r), RedemptionState::Ordered(1), "the debit of batch 1 says nothing of batch 2");
    town.import("b.xml", &camt::statement(&frame("S2", "2026-11-19", 6_000, 2_000), &[debit(2, "2026-11-19")]));
    town.clerk();
    assert_eq!(town.redemption(r), RedemptionState::Paid(1));
    // The second comes back.
    let back = Movement { cents: 4_000, return_code: Some("AC04".into()), servicer: Some("B9".into()), ..debit(2, "2026-11-20") };
    town.import("c.xml", &camt::statement(&frame("S3", "2026-11-20", 2_000, 6_000), &[back]));
    town.clerk();
    assert_eq!(town.redemption(r), RedemptionState::Paid(1), "the first reached the shop: it is not to be paid a third time");
}

#[test]
fn a_refusal_after_the_debit_was_booked_is_told() {
    let mut town = town();
    let (_, r) = town.redeemed();
    town.order(1, r);
    town.act(Act::RedemptionPaid { redemption: r, bank: 1, evidence: Hash32([4; 32]) }).unwrap();
    let done = town.import("p.xml", &pain("RED-1-1", &format!("RED-{r}-1")));
    assert_eq!((done.new, done.refused.len()), (0, 1), "{:?}", done.refused);
    assert!(done.refused[0].contains("batch 1") && done.refused[0].contains("paid"), "{:?}", done.refused);
}

#[test]
fn a_refusal_of_what_is_to_be_paid_again_is_told_and_one_that_is_booked_is_known() {
    let mut town = town();
    let (_, r) = town.redeemed();
    let order = town.order(1, r);
    town.act(Act::Correct { sequence: order, reason: 1 }).unwrap();
    let done = town.import("p.xml", &pain("RED-1-1", &format!("RED-{r}-1")));
    assert_eq!((done.new, done.known, done.refused.len()), (0, 0, 1), "{:?}", done.refused);
    town.order(2, r);
    let said = pain("RED-2-1", &format!("RED-{r}-2"));
    assert_eq!(town.import("q.xml", &said).new, 1);
    town.clerk();
    assert_eq!(town.redemption(r), RedemptionState::Payable);
    let again = town.import("r.xml", &[said, b"\n".to_vec()].concat());
    assert_eq!((again.known, again.refused.len()), (1, 0), "{:?}", again.refused);
}

#[test]
fn one_line_is_booked_once_whatever_acts_name_it() {
    let mut town = town();
    let anna = town.open("anna", AccountKind::Resident);
    let line = Hash32([9; 32]);
    let converted = Act::Convert { bank: 1, credit: line, amount: cents(5_000), account: anna };
    let deposit = |purse| Act::FundDeposit { bank: 1, amount: cents(5_000), purse, evidence: line, settles: None };
    town.act(converted.clone()).unwrap();
    for purse in [Purse::Cover, Purse::Own] {
        assert_eq!(town.act(deposit(purse)), Err(Rejection::EvidenceUsed));
    }
    assert_eq!(town.ledger.durable().state.books().balance(Book::Bank(1)).get(), 5_000);
}

#[test]
fn what_the_bank_took_back_is_not_converted_first() {
    let mut town = town();
    let anna = town.open("anna", AccountKind::Resident);
    let paid = Movement {
        iban: Some(PAYER_IBAN.into()),
        reference: Some(reference(&anna)),
        end_to_end: Some("E1".into()),
        servicer: Some("B1".into()),
        ..movement("Anna", "2026-11-18", 2_000)
    };
    let back = Movement {
        date: "2026-11-19".into(),
        cents: -2_000,
        reference: None,
        servicer: Some("B2".into()),
        return_code: Some("MD06".into()),
        ..paid.clone()
    };
    let days = Frame { id: "S1", iban: IBAN, from: "2026-11-18", to: "2026-11-19", opening: 0, closing: 0 };
    town.import("a.xml", &camt::statement(&days, &[paid, back]));
    for _ in 0..4 {
        town.clerk();
    }
    let acts = town.ledger.acts(None, 20).unwrap().entries;
    let converted = |body: &Body| matches!(body, Body::Propose(Act::Convert { .. }));
    assert!(!acts.iter().any(|(entry, _)| converted(&entry.transaction.body)));
    assert!(town.lines(None).iter().all(|line| line["state"] == "booked"), "{:?}", town.lines(None));
}

#[test]
fn a_person_and_the_clerk_do_not_book_one_line_twice() {
    let mut town = town();
    let anna = town.open("anna", AccountKind::Resident);
    let id = town.many(anna);
    let town = &town;
    std::thread::scope(|scope| {
        let clerk = scope.spawn(move || town.clerk());
        town.wait_for_the_clerk();
        // Refused where the clerk was faster.
        let _ = town.intake.decide(&id, Some(Choice::Own), 1, None);
        let deposit = Act::FundDeposit { bank: 1, amount: cents(40_000), purse: Purse::Own, evidence: id, settles: None };
        let order = Transaction { nonce: [9; 8], valid_until: NOW + DAY_MS, body: Body::Propose(deposit) };
        let order = town.ledger.decode(&order.sign(&town.ledger.id(), &key("op 1"))).unwrap();
        let _ = town.ledger.submit_and_wait(order).unwrap();
        clerk.join().unwrap();
    });
    let euros = town.ledger.durable().state.books().balance(Book::Bank(1)).get();
    assert_eq!(euros, (1..=400_i64).sum::<i64>() * 100);
}

#[test]
fn a_line_that_is_converted_is_never_shown_as_set_aside() {
    let mut town = town();
    let anna = town.open("anna", AccountKind::Resident);
    let id = town.many(anna);
    let town = &town;
    std::thread::scope(|scope| {
        let clerk = scope.spawn(move || town.clerk());
        town.wait_for_the_clerk();
        let _ = town.intake.decide(&id, Some(Choice::SetAside), 1, None);
        clerk.join().unwrap();
    });
    let shown = |id| {
        let reader = Reader { prefix: town.ledger.durable().state.prefix().unwrap(), sees_names: true };
        town.intake.line(id, &reader).unwrap().unwrap()["state"].clone()
    };
    let converted = town.ledger.durable().state.credit(&id).is_some();
    assert_eq!(shown(&id), if converted { "booked" } else { "set_aside" });
    // And what is set aside first is booked by whoever signs it all the same.
    if !converted {
        let act = Act::Convert { bank: 1, credit: id, amount: cents(40_000), account: anna };
        let order = Transaction { nonce: [9; 8], valid_until: NOW + DAY_MS, body: Body::Propose(act) };
        let order = town.ledger.decode(&order.sign(&town.ledger.id(), &key("op 1"))).unwrap();
        town.ledger.submit_and_wait(order).unwrap().unwrap();
        assert_eq!(shown(&id), "booked");
    }
}

#[test]
fn the_rest_of_a_credit_that_did_not_fit_is_asked_about_and_converted_once_it_fits() {
    let mut town = town();
    let anna = town.open("anna", AccountKind::Resident);
    let limit = |held| Act::SetLimits(Limits { level: 0, per_payment: None, held, paid_30_days: None });
    town.act(limit(Some(cents(3_000)))).unwrap();
    town.import("a.csv", format!("Date;Libellé;Montant\n18/11/2026;X {};50,00\n", reference(&anna)).as_bytes());
    let left = |town: &Town| town.ledger.durable().state.credits().next().unwrap().1.left;
    for _ in 0..2 {
        town.clerk();
        assert_eq!((left(&town), &town.lines(None)[0]["state"]), (2_000, &"question".into()));
    }
    town.act(limit(None)).unwrap();
    town.clerk();
    assert_eq!((left(&town), &town.lines(None)[0]["state"]), (0, &"booked".into()));
}
