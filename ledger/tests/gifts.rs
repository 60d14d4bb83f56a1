//! Gifts, shares of fees, standing and ordered redemptions, and what a member leaves behind, as short stories.

#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use ledger::account::{Medium, Quorum, Roles, Step};
use ledger::amount::Rate;
use ledger::books::Book;
use ledger::outcome::Given;
use ledger::rejection::Rejection;
use ledger::state::{RedemptionState, Status};
use ledger::transaction::{Act, Body, Purse};

/// A town with a gift of 3 % for January, own money, and an association that some members chose.
fn town_with_a_gift(members: &[(&str, u64)]) -> (Town, Member, Vec<Member>) {
    let mut town = Town::new();
    town.act(Act::PublishGift(gift_rule(1))).unwrap();
    town.act(deposit(DIGITAL_BANK, 10_000, Purse::Own)).unwrap();
    let club = town.association("club");
    let mut people = Vec::new();
    for (name, cents) in members {
        let member = town.resident_with(name, *cents);
        town.does(choose(&member, &[&club]), &member.key).unwrap();
        people.push(member);
    }
    (town, club, people)
}

fn january_is_over(town: &mut Town) {
    town.now = START + 30 * DAY;
}

fn given(account: &Member, cents: u64, members: u32) -> Given {
    Given { account: account.id, cents, members }
}

#[test]
fn three_per_cent_of_what_its_members_converted_go_to_an_association_out_of_own_money() {
    let (mut town, club, _) = town_with_a_gift(&[("anna", 10_000), ("bert", 1_033)]);
    let stranger = town.resident_with("stranger", 5_000);
    january_is_over(&mut town);
    let due = town.state.gift_due(1, START).unwrap();
    assert_eq!((due.lines.len(), due.lines[0].euros, due.lines[0].members, due.total), (1, 11_033, 2, 330));
    let effects = town.act(give_gifts(1, START)).unwrap();
    assert_eq!(effects.outcome.given, [given(&club, 330, 2)], "3 % of 110.33 is 3.3099: rounded down once");
    assert_eq!((town.balance(&club), town.balance(&stranger)), (330, 5_000));
    assert_eq!((town.claim(Book::Own(DIGITAL_BANK)), town.surplus(Medium::Digital)), (9_670, 0));
    assert_eq!(town.act(give_gifts(1, START)).err(), Some(Rejection::GiftGiven));
}

#[test]
fn a_period_counts_from_its_first_moment_to_before_its_end() {
    let (mut town, club, people) = town_with_a_gift(&[("anna", 1_000)]);
    town.now = START + 30 * DAY - 1;
    town.convert("the last moment", &people[0], 2_000);
    january_is_over(&mut town);
    town.convert("the first moment of the next period", &people[0], 50_000);
    assert_eq!(town.act(give_gifts(1, START)).unwrap().outcome.given, [given(&club, 90, 1)]);
    town.now = START + 60 * DAY;
    assert_eq!(town.act(give_gifts(1, START + 30 * DAY)).unwrap().outcome.given, [given(&club, 1_500, 1)]);
}

#[test]
fn with_too_few_supporters_the_second_choice_counts_and_without_one_nobody() {
    let mut town = Town::new();
    let mut rule = gift_rule(1);
    rule.least_members = 2;
    town.act(Act::PublishGift(rule)).unwrap();
    town.act(deposit(DIGITAL_BANK, 10_000, Purse::Own)).unwrap();
    let (small, large) = (town.association("small"), town.association("large"));
    let people = ["anna", "bert", "cleo", "dora"].map(|name| town.resident_with(name, 10_000));
    for (member, choices) in
        people.iter().zip([&[&large][..], &[&large, &small], &[&small, &large], &[]]).take(3).collect::<Vec<_>>()
    {
        town.does(choose(member, choices), &member.key).unwrap();
    }
    january_is_over(&mut town);
    assert_eq!(town.state.gift_due(1, START).unwrap().total, 900, "the third member's euros count for the second choice");
    town.does(choose(&people[1], &[]), &people[1].key).unwrap();
    assert_eq!(town.state.gift_due(1, START).unwrap().lines, [], "one supporter each: too few, for the second choice as well");
    town.does(choose(&people[3], &[&small]), &people[3].key).unwrap();
    let effects = town.act(give_gifts(1, START)).unwrap();
    assert_eq!(effects.outcome.given, [given(&small, 600, 2)], "the choice at the giving counts, also for what was before it");
}

#[test]
fn what_a_bank_took_back_before_the_giving_does_not_count_and_after_it_takes_no_gift_back() {
    let (mut town, club, people) = town_with_a_gift(&[("anna", 10_000), ("bert", 10_000)]);
    town.act(bank_return("credit of anna", 4_000)).unwrap();
    january_is_over(&mut town);
    assert_eq!(town.act(give_gifts(1, START)).unwrap().outcome.given, [given(&club, 480, 2)]);
    town.act(bank_return("credit of bert", 10_000)).unwrap();
    assert_eq!((town.balance(&club), town.balance(&people[1])), (480, 0));
    assert_eq!(town.state.gift_due(1, START).unwrap().total, 180, "what would be due now tells of the return");
    assert_eq!(town.act(give_gifts(1, START)).err(), Some(Rejection::GiftGiven));
}

#[test]
fn a_corrected_conversion_counts_for_nobody() {
    let (mut town, club, people) = town_with_a_gift(&[("anna", 10_000)]);
    town.convert("wrong", &people[0], 7_000);
    let wrong = town.state.size() - 1;
    town.act(correct(wrong)).unwrap();
    january_is_over(&mut town);
    assert_eq!(town.act(give_gifts(1, START)).unwrap().outcome.given, [given(&club, 300, 1)]);

    let (mut town, _, _) = town_with_a_gift(&[("anna", 10_000)]);
    let conversion = town.state.size() - 2;
    town.act(correct(conversion)).unwrap();
    january_is_over(&mut town);
    assert_eq!(town.act(give_gifts(1, START)).unwrap().outcome.given, [], "nothing is due, and the period is done");
    assert_eq!(town.act(give_gifts(1, START)).err(), Some(Rejection::GiftGiven));
}

#[test]
fn an_account_that_is_not_open_neither_supports_nor_counts_nor_gets() {
    let (mut town, _, people) = town_with_a_gift(&[("anna", 10_000), ("bert", 10_000), ("cleo", 10_000)]);
    town.act(Act::PassOn { account: people[0].id, heir: people[1].id, evidence: document() }).unwrap();
    town.act(Act::SuspendAccount { account: people[1].id, reason: 1 }).unwrap();
    january_is_over(&mut town);
    let due = town.state.gift_due(1, START).unwrap();
    assert_eq!((due.total, due.lines[0].members), (300, 1));
    let mut rule = gift_rule(1);
    (rule.version, rule.least_members) = (2, 2);
    town.act(Act::PublishGift(rule)).unwrap();
    assert_eq!(town.state.gift_due(1, START).unwrap().lines, [], "of three supporters one is left");

    let (mut town, club, _) = town_with_a_gift(&[("anna", 10_000)]);
    town.act(Act::SuspendAccount { account: club.id, reason: 1 }).unwrap();
    january_is_over(&mut town);
    assert_eq!(town.state.gift_due(1, START).unwrap().lines, []);
}

#[test]
fn gifts_above_the_budget_are_cut_in_proportion_and_never_exceed_it() {
    for budget in (1..200).chain([899, 900, 901]) {
        let mut town = Town::new();
        let mut rule = gift_rule(1);
        rule.budget = cents(budget);
        town.act(Act::PublishGift(rule)).unwrap();
        town.act(deposit(DIGITAL_BANK, budget, Purse::Own)).unwrap();
        for (name, cents) in [("anna", 10_000), ("bert", 15_000), ("cleo", 5_000)] {
            let (member, association) = (town.resident_with(name, cents), town.association(&format!("club of {name}")));
            town.does(choose(&member, &[&association]), &member.key).unwrap();
        }
        january_is_over(&mut town);
        let effects = town.act(give_gifts(1, START)).unwrap();
        let total: u64 = effects.outcome.given.iter().map(|given| given.cents).sum();
        let most = budget.min(900);
        assert!(total <= most && total + 3 > most, "{total} of {budget}: all but a cent each");
        assert!(effects.outcome.given.iter().all(|given| given.cents > 0), "nothing is told of a gift of nothing");
        assert_eq!(town.claim(Book::Own(DIGITAL_BANK)), (budget - total) as i64);
    }
}

#[test]
fn a_professional_pays_5_per_cent_of_which_3_go_to_the_association_of_its_choice() {
    let mut town = Town::new();
    let (club, other, shop) = (town.association("club"), town.association("other"), town.shop_with("shop", 100_000));
    let mut rule = fee_rule(1);
    (rule.given, rule.beneficiary) = (Rate::new(3, 100), Some(other.id));
    town.act(Act::PublishFee(rule)).unwrap();
    let redeem = |town: &mut Town, amount| {
        let effects = town.does(Body::Redeem { account: shop.id, amount: cents(amount) }, &shop.key).unwrap();
        assert_eq!(town.surplus(Medium::Digital), 0);
        let fees = town.claim(Book::FeesDue(Medium::Digital));
        (effects.outcome.fee, effects.outcome.net, effects.outcome.given, fees)
    };
    assert_eq!(redeem(&mut town, 10_000), (Some(500), Some(9_500), vec![given(&other, 300, 0)], 200));
    town.does(choose(&shop, &[&club]), &shop.key).unwrap();
    assert_eq!(redeem(&mut town, 10_000), (Some(500), Some(9_500), vec![given(&club, 300, 1)], 400));
    assert_eq!((town.balance(&club), town.balance(&other)), (300, 300));
    assert_eq!(town.state.redemption(town.state.size() - 1).unwrap().given, 300);
    // A fee of ten cents at least: the share is of what is redeemed, and never more than the fee.
    assert_eq!(redeem(&mut town, 100).2, vec![given(&club, 3, 1)]);
    town.act(Act::SuspendAccount { account: club.id, reason: 1 }).unwrap();
    assert_eq!(redeem(&mut town, 1_000).2, vec![given(&other, 30, 0)], "an association that is suspended gets nothing");
    town.act(Act::SuspendAccount { account: other.id, reason: 1 }).unwrap();
    let before = town.claim(Book::FeesDue(Medium::Digital));
    assert_eq!(redeem(&mut town, 1_000), (Some(50), Some(950), vec![], before + 50), "with nobody to get it, it stays");
}

#[test]
fn a_share_above_the_fee_is_the_whole_fee_and_who_pays_no_fee_gives_none() {
    let mut town = Town::new();
    let (club, shop) = (town.association("club"), town.shop_with("shop", 10_000));
    let exempt = town.open("exempt", ledger::account::AccountKind::Professional, UNLIMITED, &[9]);
    town.pay(&shop, &exempt, 1_000);
    let mut rule = fee_rule(1);
    (rule.given, rule.beneficiary) = (Rate::new(1, 2), Some(club.id));
    town.act(Act::PublishFee(rule)).unwrap();
    town.redeem(&shop, 1_000);
    assert_eq!((town.balance(&club), town.claim(Book::FeesDue(Medium::Digital))), (50, 0));
    town.redeem(&exempt, 1_000);
    assert_eq!((town.balance(&club), town.surplus(Medium::Digital)), (50, 0));
}

#[test]
fn what_exceeds_the_sum_that_a_professional_keeps_is_redeemed_without_asking_again() {
    let mut town = Town::new();
    let shop = town.shop_with("shop", 30_000);
    town.does(Body::RedeemAbove { account: shop.id, keep: Some(20_000) }, &shop.key).unwrap();
    let standing = Act::RedeemStanding { account: shop.id };
    let effects = town.act(standing.clone()).unwrap();
    assert_eq!((effects.outcome.net, town.balance(&shop)), (Some(10_000), 20_000));
    assert_eq!(town.act(standing.clone()).err(), Some(Rejection::BalanceInsufficient));
    town.does(Body::RedeemAbove { account: shop.id, keep: None }, &shop.key).unwrap();
    assert_eq!(town.act(standing).err(), Some(Rejection::StandingAbsent));
}

#[test]
fn what_is_ordered_at_a_bank_is_promised_once_and_paid_there_only() {
    let mut town = Town::new();
    let shop = town.shop_with("shop", 1_000);
    let (first, second) = (town.redeem(&shop, 600), town.redeem(&shop, 400));
    town.act(fund_move(DIGITAL_BANK, SAVINGS_BANK, 100)).unwrap();
    let file = order_redemptions(DIGITAL_BANK, &[first]);
    town.act(file.clone()).unwrap();
    assert!(town.state.is_done(&file) && town.state.evidenced(&file));
    assert_eq!(town.state.redemption(first).unwrap().state, RedemptionState::Ordered(DIGITAL_BANK));
    assert_eq!(town.account(&shop).open_redemptions, 2);
    assert_eq!(town.act(order_redemptions(DIGITAL_BANK, &[second])).err(), Some(Rejection::BankFundsInsufficient));
    assert_eq!(town.act(order_redemptions(SAVINGS_BANK, &[first])).err(), Some(Rejection::RedemptionState));
    assert_eq!(town.act(redemption_paid(first, SAVINGS_BANK)).err(), Some(Rejection::RedemptionState));
    town.act(redemption_paid(first, DIGITAL_BANK)).unwrap();
    town.act(fund_move(SAVINGS_BANK, DIGITAL_BANK, 100)).unwrap();
    town.act(order_redemptions(DIGITAL_BANK, &[second])).unwrap();
    town.act(redemption_paid(second, DIGITAL_BANK)).unwrap();
    assert_eq!((town.account(&shop).open_redemptions, town.claim(Book::Payable(Medium::Digital))), (0, 0));
}

#[test]
fn what_the_bank_refused_to_pay_is_payable_again_and_moved_no_euro() {
    let mut town = Town::new();
    let shop = town.shop_with("shop", 1_000);
    let redemption = town.redeem(&shop, 1_000);
    let returned = || Act::RedemptionReturned { redemption, evidence: document() };
    assert_eq!(town.act(returned()).err(), Some(Rejection::RedemptionState));
    town.act(order_redemptions(DIGITAL_BANK, &[redemption])).unwrap();
    assert_eq!(town.act(returned()).unwrap().postings, []);
    assert_eq!((town.account(&shop).open_redemptions, town.claim(Book::Payable(Medium::Digital))), (1, 1_000));
    town.act(order_redemptions(DIGITAL_BANK, &[redemption])).unwrap();
    let paid = redemption_paid(redemption, DIGITAL_BANK);
    town.act(paid.clone()).unwrap();
    town.act(returned()).unwrap();
    assert!(town.state.is_done(&paid), "a line of the bank that was booked stays booked");
    assert_eq!(town.act(paid).err(), Some(Rejection::EvidenceUsed), "and is not booked a second time");
    town.act(redemption_paid(redemption, DIGITAL_BANK)).unwrap();
    assert_eq!(town.claim(Book::Payable(Medium::Digital)), 0);
}

#[test]
fn a_file_is_taken_back_while_all_of_it_is_ordered_by_it() {
    let mut town = Town::new();
    let shop = town.shop_with("shop", 3_000);
    let all: Vec<u64> = (0..3).map(|_| town.redeem(&shop, 1_000)).collect();
    let file = order_redemptions(DIGITAL_BANK, &all);
    let at = |town: &mut Town| {
        town.act(file.clone()).unwrap();
        town.state.size() - 1
    };
    let entry = at(&mut town);
    town.act(correct(entry)).unwrap();
    assert!(all.iter().all(|one| town.state.redemption(*one).unwrap().state == RedemptionState::Payable));
    assert_eq!(town.act(correct(entry)).err(), Some(Rejection::NotCorrectable));
    let entry = at(&mut town);
    town.act(Act::RedemptionReturned { redemption: all[1], evidence: document() }).unwrap();
    assert_eq!(town.act(correct(entry)).err(), Some(Rejection::RedemptionState), "one of it was returned");
    town.act(order_redemptions(DIGITAL_BANK, &all[1..2])).unwrap();
    assert_eq!(town.act(correct(entry)).err(), Some(Rejection::RedemptionState), "one of it is in another file");
    let second = town.state.size() - 1;
    town.act(correct(second)).unwrap();
    town.act(redemption_paid(all[0], DIGITAL_BANK)).unwrap();
    assert_eq!(town.act(correct(entry)).err(), Some(Rejection::RedemptionState), "one of it is paid");
}

#[test]
fn what_a_member_leaves_goes_to_the_heir_whole_and_the_account_is_no_more() {
    let mut town = Town::new();
    let (anna, heir, club) = (town.resident_with("anna", 1_234), town.resident("heir"), town.association("club"));
    town.does(choose(&anna, &[&club]), &anna.key).unwrap();
    town.act(Act::SuspendAccount { account: anna.id, reason: 1 }).unwrap();
    let pass = Act::PassOn { account: anna.id, heir: heir.id, evidence: document() };
    let effects = town.act(pass.clone()).unwrap();
    assert_eq!(effects.touched.len(), 2, "both statements tell of it");
    assert_eq!((town.balance(&anna), town.balance(&heir), town.surplus(Medium::Digital)), (0, 1_234, 0));
    let left = town.account(&anna);
    assert_eq!((left.status, left.keys.len(), left.choices.len()), (Status::Closed, 0, 0));
    assert_eq!(town.state.accounts_of_key(&public("anna")).count(), 0);
    let entry = town.state.size() - 1;
    assert_eq!(town.act(correct(entry)).err(), Some(Rejection::NotCorrectable), "what is the heir's is not taken back");
    let after = bank_return("credit of anna", 1_234);
    assert_eq!(town.act(after).unwrap().outcome.receivable, Some(1_234), "a fact after that is recorded all the same");
}

#[test]
fn the_office_can_ask_what_of_an_act_is_done_and_what_waits() {
    let mut town = Town::new();
    let (anna, bert) = (town.resident("anna"), town.resident("bert"));
    let (record, convert) = (record_credit("credit", 1_000), convert("credit", &anna, 1_000));
    assert!(!town.state.is_done(&record) && !town.state.is_done(&convert));
    town.act(record.clone()).unwrap();
    assert!(town.state.is_done(&record) && !town.state.is_done(&convert));
    town.needs(44, 2);
    assert_eq!(town.state.is_proposed(&convert), None);
    let proposal = town.waiting(convert.clone());
    assert_eq!(town.state.is_proposed(&convert), Some(proposal));
    assert!(!town.state.is_done(&convert));
    town.does(Body::Approve { proposal }, &key("operator 2")).unwrap();
    assert_eq!((town.state.is_proposed(&convert), town.state.is_done(&convert)), (None, true));
    assert!(!town.state.is_done(&common::convert("credit", &bert, 1_000)), "for somebody else it was not");
    let fee = Act::BankFee { bank: DIGITAL_BANK, amount: cents(1), evidence: hash("fee") };
    assert!(!town.state.evidenced(&fee));
    town.act(fee.clone()).unwrap();
    assert!(town.state.evidenced(&fee) && town.state.is_done(&fee));
    let quorum = Quorum { act: 49, persons: 2, roles: Roles::ACTING };
    assert!(!town.state.is_done(&Act::SetQuorum(quorum)));
}

#[test]
fn above_a_step_a_conversion_gets_the_steps_rate() {
    let mut town = Town::new();
    let mut rule = campaign(1);
    let step = |from, part| Step { from: cents(from), rate: Rate::new(part, 100).unwrap() };
    rule.steps = vec![step(10_000, 10), step(20_000, 0)];
    town.sponsor(rule, 100_000);
    let anna = town.resident("anna");
    let effects = town.convert("300 euros", &anna, 30_000);
    assert_eq!((effects.outcome.bonus(), town.balance(&anna)), (3_000, 33_000), "20 % of 100, 10 % of 100, nothing of the rest");
}
