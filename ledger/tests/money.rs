//! What money does, in the words of the people it belongs to: bonuses, returns and limits as short stories.

#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use ledger::account::{Medium, Operator, Roles};
use ledger::amount::MAX_AMOUNT;
use ledger::books::Book;
use ledger::outcome::{Bonus, BonusReason};
use ledger::rejection::Rejection;
use ledger::state::Status;
use ledger::transaction::{Act, Body, Purse};

/// Ten euros of a resident, with so much of the sponsor's euros and of the budget left.
fn ten_euros(sponsor: u64, budget: u64) -> (i64, u64, BonusReason) {
    let mut town = Town::new();
    let mut rule = campaign(1);
    rule.budget = cents(budget);
    town.sponsor(rule, sponsor);
    let anna = town.resident("anna");
    let effects = town.convert("ten euros", &anna, 1_000);
    let cover = town.state.books().cover(Medium::Digital).get();
    assert_eq!(cover, town.balance(&anna), "as many euros in the fund as units with the member");
    assert_eq!(town.claim(Book::Campaign(1)), sponsor as i64 - (cover - 1_000), "the sponsor pays for the bonus");
    let [Bonus { campaign: 1, version: 1, cents, reason }] = effects.outcome.bonuses[..] else { panic!("one bonus") };
    assert_eq!(effects.outcome.converted, Some(1_000));
    (town.balance(&anna), cents, reason)
}

#[test]
fn ten_euros_with_a_bonus_of_20_per_cent_are_12_units_and_12_euros_in_the_fund() {
    assert_eq!(ten_euros(1_000, 1_000), (1_200, 200, BonusReason::Whole));
}

#[test]
fn with_1_50_left_of_the_sponsors_euros_or_of_the_budget_ten_euros_are_11_50_and_the_outcome_says_why() {
    assert_eq!(ten_euros(150, 1_000), (1_150, 150, BonusReason::Sponsor));
    assert_eq!(ten_euros(1_000, 150), (1_150, 150, BonusReason::Budget));
}

#[test]
fn with_nothing_left_ten_euros_are_ten_units() {
    assert_eq!(ten_euros(0, 1_000), (1_000, 0, BonusReason::Sponsor));
    let mut town = Town::new();
    let mut rule = campaign(1);
    rule.budget = cents(200);
    town.sponsor(rule, 10_000);
    let (anna, bert) = (town.resident("anna"), town.resident("bert"));
    town.convert("first", &anna, 1_000);
    let effects = town.convert("second", &bert, 1_000);
    assert_eq!((town.balance(&bert), effects.outcome.bonuses[0].reason), (1_000, BonusReason::Budget));
}

#[test]
fn a_rate_that_gives_less_than_a_cent_gives_nothing() {
    let mut town = Town::new();
    town.sponsor(campaign(1), 1_000);
    let anna = town.resident("anna");
    town.convert("four cents", &anna, 4);
    assert_eq!(town.balance(&anna), 4);
}

/// The bug: postings above the largest amount that one order may name were left out, so the euros moved and the units did not.
#[test]
fn a_conversion_whose_units_are_more_than_one_order_may_name_gives_them_all() {
    let mut town = Town::new();
    town.sponsor(campaign(1), 1_000_000);
    let anna = town.open("anna", ledger::account::AccountKind::Resident, UNLIMITED, &[]);
    town.convert("a fortune", &anna, MAX_AMOUNT);
    let units = MAX_AMOUNT as i64 + 100_000;
    assert_eq!((town.balance(&anna), town.surplus(Medium::Digital)), (units, 0));
    let conversion = town.state.size() - 1;
    town.act(correct(conversion)).unwrap();
    assert_eq!((town.balance(&anna), town.claim(Book::Campaign(1))), (0, 1_000_000));
    town.convert("a fortune", &anna, MAX_AMOUNT);
    town.act(bank_return("a fortune", MAX_AMOUNT)).unwrap();
    assert_eq!((town.balance(&anna), town.account(&anna).receivable), (0, 0));
    assert_eq!((town.surplus(Medium::Digital), town.claim(Book::Campaign(1))), (0, 1_000_000));
}

#[test]
fn a_credit_that_the_limit_lets_in_by_half_is_converted_in_two_parts_and_never_twice() {
    let mut town = Town::new();
    let (anna, shop) = (town.newcomer("anna"), town.shop("shop"));
    let effects = town.convert("200 euros", &anna, 20_000);
    assert_eq!((effects.outcome.converted, effects.outcome.left_unmatched), (Some(15_000), Some(5_000)));
    assert_eq!(town.act(convert("200 euros", &anna, 20_000)).err(), Some(Rejection::LimitHeld));
    town.pay(&anna, &shop, 15_000);
    let effects = town.convert("200 euros", &anna, 20_000);
    assert_eq!((effects.outcome.converted, effects.outcome.left_unmatched), (Some(5_000), None));
    assert_eq!(town.act(convert("200 euros", &anna, 20_000)).err(), Some(Rejection::CreditUsed));
    assert_eq!(town.surplus(Medium::Digital), 0);
}

#[test]
fn euros_that_the_bank_takes_back_after_the_units_were_spent_are_owed_and_stop_the_account() {
    let mut town = Town::new();
    town.sponsor(campaign(1), 10_000);
    let (anna, shop) = (town.resident("anna"), town.shop("shop"));
    town.convert("ten euros", &anna, 1_000);
    town.pay(&anna, &shop, 900);
    let effects = town.act(bank_return("ten euros", 1_000)).unwrap();
    assert_eq!((effects.outcome.taken_back, effects.outcome.receivable), (Some(300), Some(900)));
    assert_eq!(town.account(&anna).status, Status::Suspended);
    assert_eq!(town.surplus(Medium::Digital), -700, "900 units are out, 200 of the sponsor's euros are in");
    assert_eq!(town.act(convert("more", &shop, 1_000)).err(), Some(Rejection::FundShort));
    assert_eq!(town.act(settle(&anna, 901)).err(), Some(Rejection::ReceivableExceeds));
    town.act(settle(&anna, 900)).unwrap();
    assert_eq!((town.account(&anna).receivable, town.surplus(Medium::Digital)), (0, 200));
}

#[test]
fn a_return_that_undoes_two_conversions_takes_from_a_balance_only_once() {
    let mut town = Town::new();
    let (anna, shop) = (town.newcomer("anna"), town.shop("shop"));
    town.convert("200 euros", &anna, 20_000);
    town.pay(&anna, &shop, 15_000);
    town.convert("200 euros", &anna, 20_000);
    assert_eq!(town.balance(&anna), 5_000);
    let effects = town.act(bank_return("200 euros", 20_000)).unwrap();
    assert_eq!((effects.outcome.taken_back, effects.outcome.receivable), (Some(5_000), Some(15_000)));
    assert_eq!((town.balance(&anna), town.surplus(Medium::Digital)), (0, -15_000));
}

#[test]
fn what_was_paid_30_utc_days_ago_no_longer_counts() {
    let mut town = Town::new();
    let (anna, shop) = (town.newcomer("anna"), town.shop("shop"));
    town.convert("first", &anna, 15_000);
    town.pay(&anna, &shop, 15_000);
    town.convert("second", &anna, 15_000);
    town.now = START + 30 * DAY - 1;
    assert_eq!(town.does(transfer(&anna, &shop, 1), &anna.key).err(), Some(Rejection::LimitPaid));
    town.now = START + 30 * DAY;
    town.pay(&anna, &shop, 15_000);
}

#[test]
fn what_was_paid_29_utc_days_ago_still_counts_after_a_payment_of_today() {
    let mut town = Town::new();
    let (anna, shop) = (town.newcomer("anna"), town.shop("shop"));
    town.convert("first", &anna, 15_000);
    town.pay(&anna, &shop, 10_000);
    town.convert("second", &anna, 10_000);
    town.now = START + 30 * DAY - 1;
    town.pay(&anna, &shop, 4_000);
    assert_eq!(town.does(transfer(&anna, &shop, 1_001), &anna.key).err(), Some(Rejection::LimitPaid));
    town.pay(&anna, &shop, 1_000);
}

#[test]
fn a_list_of_payments_happens_whole_or_not_at_all() {
    let mut town = Town::new();
    let (anna, bert, shop) = (town.resident_with("anna", 1_000), town.resident("bert"), town.shop("shop"));
    let list = |last: u64| Body::Transfers { payer: anna.id, payments: vec![(bert.id, cents(600)), (shop.id, cents(last))] };
    assert_eq!(town.does(list(401), &anna.key).err(), Some(Rejection::BalanceInsufficient));
    assert_eq!((town.balance(&anna), town.balance(&bert)), (1_000, 0));
    town.does(list(400), &anna.key).unwrap();
    assert_eq!((town.balance(&anna), town.balance(&bert), town.balance(&shop)), (0, 600, 400));
    let payment = town.state.size() - 1;
    let back = Body::Refund { account: shop.id, original: payment, item: 1, amount: cents(400) };
    town.does(back, &shop.key).unwrap();
    assert_eq!(town.balance(&anna), 400);
}

#[test]
fn a_correction_is_made_once_and_never_itself_corrected() {
    let mut town = Town::new();
    town.act(deposit(DIGITAL_BANK, 500, Purse::Own)).unwrap();
    let deposited = town.state.size() - 1;
    town.act(correct(deposited)).unwrap();
    let corrected = town.state.size() - 1;
    assert_eq!(town.claim(Book::Own(DIGITAL_BANK)), 0);
    for entry in [deposited, corrected, 0, 9_999] {
        assert_eq!(town.act(correct(entry)).err(), Some(Rejection::NotCorrectable), "entry {entry}");
    }
}

#[test]
fn a_fee_of_the_bank_takes_own_money_first_and_its_correction_gives_back_the_same_parts() {
    let mut town = Town::new();
    town.resident_with("anna", 1_000);
    town.act(deposit(DIGITAL_BANK, 30, Purse::Own)).unwrap();
    town.lose(DIGITAL_BANK, 50);
    let fee = town.state.size() - 1;
    assert_eq!((town.claim(Book::Own(DIGITAL_BANK)), town.surplus(Medium::Digital)), (0, -20));
    assert_eq!(town.act(issue_notes(1)).err(), Some(Rejection::CoverInsufficient), "the paper fund is another one");
    town.act(correct(fee)).unwrap();
    assert_eq!((town.claim(Book::Own(DIGITAL_BANK)), town.surplus(Medium::Digital)), (30, 0));
}

#[test]
fn two_persons_decide_once_and_a_dismissed_person_no_longer_counts() {
    let mut town = Town::new();
    town.needs(46, 2);
    town.act(Act::AppointOperator(ledger::account::Operator {
        number: 4,
        key: public("operator 4"),
        roles: ledger::account::Roles::ACTING,
    }))
    .unwrap();
    let proposal = town.order(Body::Propose(deposit(DIGITAL_BANK, 100, Purse::Own)), &key("operator 4"));
    town.submit(&proposal).unwrap();
    town.act(Act::DismissOperator { operator: 4 }).unwrap();
    let approve = Body::Approve { proposal: proposal.id() };
    let effects = town.does(approve.clone(), &key("operator 2")).unwrap();
    assert_eq!((effects.outcome.approvals, town.claim(Book::Own(DIGITAL_BANK))), (Some(1), 0));
    town.does(approve.clone(), &key("operator 3")).unwrap();
    assert_eq!(town.claim(Book::Own(DIGITAL_BANK)), 100);
    assert_eq!(town.does(approve, &key("operator 1")).err(), Some(Rejection::ProposalUnknown));
}

#[test]
fn a_cent_that_names_a_charge_does_not_block_its_payment_and_the_charge_is_paid_once() {
    let mut town = Town::new();
    let (anna, thief, shop) = (town.resident_with("anna", 5_000), town.resident_with("thief", 100), town.shop("shop"));
    let expires = town.now + 60_000;
    town.does(answer(&thief, &shop, 1, 7, expires), &thief.key).unwrap();
    town.does(answer(&anna, &shop, 1_250, 7, expires), &anna.key).unwrap();
    assert_eq!(town.does(answer(&anna, &shop, 1_250, 7, expires), &anna.key).unwrap_err(), Rejection::ChargeAnswered);
    town.now = expires + 7 * 86_400_000;
    assert_eq!(town.does(answer(&anna, &shop, 1_250, 7, expires), &anna.key).unwrap_err(), Rejection::ChargeAnswered);
    town.now += 1;
    assert_eq!(town.does(answer(&anna, &shop, 1_250, 7, expires), &anna.key).unwrap_err(), Rejection::ChargeExpired);
    assert_eq!(town.balance(&shop), 1_251);
}

#[test]
fn a_number_that_passes_to_another_person_takes_no_approval_along() {
    let mut town = Town::new();
    town.needs(55, 2);
    let proposal = town.waiting(issue_notes(100));
    let heir = Operator { number: 1, key: public("heir"), roles: Roles::ACTING };
    let appointed = town.proposal(Act::AppointOperator(heir), 2);
    town.submit(&appointed).unwrap();
    let first = town.does(Body::Approve { proposal }, &key("operator 2")).unwrap();
    assert_eq!(first.outcome.approvals, Some(1), "the word of the one who left does not count");
    let second = town.does(Body::Approve { proposal }, &key("heir"));
    assert_ne!(second.unwrap_err(), Rejection::ApprovedTwice, "the heir may speak; there is no cover for the notes");
}

#[test]
fn what_was_corrected_can_be_booked_again_with_the_same_evidence() {
    let mut town = Town::new();
    let deposit = deposit(DIGITAL_BANK, 500, Purse::Own);
    town.act(deposit.clone()).unwrap();
    let sequence = town.state.size() - 1;
    assert_eq!(town.act(deposit.clone()).unwrap_err(), Rejection::EvidenceUsed);
    town.act(correct(sequence)).unwrap();
    town.act(deposit).unwrap();
}

#[test]
fn one_line_of_a_bank_is_booked_once_whatever_acts_name_it() {
    let mut town = Town::new();
    let member = town.resident("member").id;
    let bank = DIGITAL_BANK;
    let (line, five) = (hash("line"), cents(500));
    let arrived = |purse| Act::FundDeposit { bank, amount: five, purse, evidence: line, settles: None };
    let record = Act::RecordCredit { bank, credit: line, amount: five };
    let convert = Act::Convert { bank, credit: line, amount: five, account: member };
    town.act(arrived(Purse::Own)).unwrap();
    let deposited = town.state.size() - 1;
    for other in [arrived(Purse::Cover), record.clone(), convert.clone()] {
        assert_eq!(town.act(other).unwrap_err(), Rejection::EvidenceUsed);
    }
    // The document may speak of another amount too.
    town.act(Act::FundDeposit { bank, amount: cents(501), purse: Purse::Own, evidence: line, settles: None }).unwrap();
    town.act(correct(town.state.size() - 1)).unwrap();
    // A correction frees the line for what it really was, and then that alone stands.
    town.act(correct(deposited)).unwrap();
    town.act(convert).unwrap();
    assert_eq!(town.act(arrived(Purse::Cover)).unwrap_err(), Rejection::EvidenceUsed);
    // What leaves is told in the same way.
    town.act(deposit(bank, 2_000, Purse::Own)).unwrap();
    let (evidence, amount) = (hash("debit"), five);
    town.act(Act::BankFee { bank, amount, evidence }).unwrap();
    let left = town.state.size() - 1;
    let withdrawal = Act::FundWithdrawal { bank, amount, purse: Purse::Own, evidence };
    assert_eq!(town.act(withdrawal.clone()).unwrap_err(), Rejection::EvidenceUsed);
    town.act(correct(left)).unwrap();
    town.act(withdrawal).unwrap();
}
