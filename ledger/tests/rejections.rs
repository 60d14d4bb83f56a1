//! Every refusal: one table, one row per [`Rejection`], in the order of the enum, the checks and the reference page.
//!
//! A row is a short story that sets up a town and gives the order that is refused. Nothing may change by a refusal. The ladders
//! below the table give an order every fault at once, and mend one after the other: the earliest in the enum is named first.

#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use ledger::SigningKey;
use ledger::account::{
    AccountKind, Bank, LiquidityClass, MAX_CAMPAIGNS, MAX_GIFTS, MAX_GIVEN, Medium, Operator, Quorum, Role, Roles, Scope,
};
use ledger::amount::MAX_AMOUNT;
use ledger::key::AccountId;
use ledger::ledger::{Ledger, Settings};
use ledger::rejection::Rejection::{self, *};
use ledger::rules::{CHARGE_GRACE_MS, MAX_CHARGE_AHEAD_MS, MAX_PROPOSALS, MAX_VALIDITY_MS, PROPOSAL_LIFE_MS};
use ledger::transaction::{Act, Body, ChargeReference, Genesis, OpenAccount, Purse, SignedTransaction, Transaction, Transfer};
use std::sync::Arc;

type Story = fn(&mut Town) -> SignedTransaction;

/// Two refusals have their test elsewhere, and no story here.
const ELSEWHERE: Option<Story> = None;

const TABLE: &[(Rejection, Option<Story>)] = &[
    (AlreadyRecorded, Some(the_same_bytes_again)),
    (CheckpointKeyAbsent, ELSEWHERE), // by the writer: below
    (TimeReversed, Some(an_order_before_the_last_entry)),
    (Expired, Some(an_order_after_its_end)),
    (ValidTooLong, Some(an_order_for_more_than_a_week)),
    (GenesisMisplaced, Some(a_second_genesis)),
    (GenesisInvalid, Some(a_genesis_with_one_person_twice)),
    (OperatorUnknown, Some(a_stranger_proposes)),
    (ProposalUnknown, Some(approving_what_nobody_proposed)),
    (RoleInsufficient, Some(a_treasurers_act_by_an_operator)),
    (OwnBenefit, Some(converting_for_oneself)),
    (TooManyProposals, Some(one_proposal_too_many)),
    (ProposalLapsed, Some(approving_after_a_month)),
    (ApprovedTwice, Some(approving_ones_own_proposal)),
    (EvidenceUsed, Some(booking_the_same_document_twice)),
    (AccountUnknown, Some(paying_from_no_account)),
    (AccountClosed, Some(paying_from_a_closed_account)),
    (AccountSuspended, Some(paying_from_a_suspended_account)),
    (KeyNotOfAccount, Some(paying_with_a_strangers_key)),
    (KeyNotYet, Some(paying_before_the_wait_is_over)),
    (ScopeInsufficient, Some(a_till_spends)),
    (ScopePaymentLimit, Some(a_limited_key_pays_too_much_at_once)),
    (ScopeDayLimit, Some(a_limited_key_pays_too_much_in_a_day)),
    (SelfOpeningRefused, Some(a_shop_opens_its_own_account)),
    (AccountExists, ELSEWHERE), // two transactions with the same first 16 bytes of SHA-256: in src/state.rs
    (KeyPresent, Some(adding_a_key_twice)),
    (TooManyKeys, Some(adding_a_33rd_key)),
    (LastFullKey, Some(revoking_the_last_full_key)),
    (AccountNotEmpty, Some(closing_an_account_with_units)),
    (LevelUnknown, Some(classifying_at_a_level_without_limits)),
    (NotSuspended, Some(resuming_an_open_account)),
    (OriginalUnknown, Some(refunding_another_shops_payment)),
    (SamePayerAndPayee, Some(paying_oneself)),
    (PayeeUnknown, Some(paying_nobody)),
    (PayeeClosed, Some(paying_a_closed_account)),
    (PayeeSuspended, Some(paying_a_suspended_account)),
    (CollectOtherPayee, Some(collecting_for_another_payee)),
    (ChargeTooFar, Some(answering_a_charge_of_the_far_future)),
    (ChargeExpired, Some(answering_a_charge_of_last_week)),
    (ChargeAnswered, Some(answering_a_charge_twice_with_a_new_nonce)),
    (TransfersEmpty, Some(paying_an_empty_list)),
    (LimitPerPayment, Some(paying_above_the_limit_for_one_payment)),
    (LimitPaid, Some(paying_above_the_limit_for_30_days)),
    (StandingAbsent, Some(redeeming_without_an_instruction)),
    (BalanceInsufficient, Some(paying_one_cent_too_much)),
    (RefundExceeds, Some(refunding_one_cent_too_much)),
    (NotProfessional, Some(a_resident_redeems)),
    (NotAssociation, Some(choosing_a_shop)),
    (FeeExceedsAmount, Some(redeeming_less_than_the_fee)),
    (TotalTooLarge, Some(one_cent_above_the_total)),
    (BankUnknown, Some(a_credit_at_no_bank)),
    (BankExists, Some(adding_a_bank_twice)),
    (WrongMedium, Some(a_digital_credit_at_the_paper_bank)),
    (CreditUnknown, Some(returning_no_credit)),
    (CreditKnown, Some(recording_a_credit_twice)),
    (CreditDiffers, Some(converting_another_amount_than_was_recorded)),
    (CreditUsed, Some(converting_a_credit_twice)),
    (RedemptionUnknown, Some(paying_no_redemption)),
    (RedemptionState, Some(paying_a_redemption_twice)),
    (GiftUnknown, Some(giving_by_no_rule)),
    (GiftPeriod, Some(giving_before_the_period_has_ended)),
    (GiftGiven, Some(giving_for_a_period_twice)),
    (TooManyGiven, Some(giving_to_one_association_too_many)),
    (FundShort, Some(converting_while_the_fund_is_short)),
    (LimitHeld, Some(paying_someone_who_may_not_hold_more)),
    (CoverInsufficient, Some(withdrawing_what_covers_circulation)),
    (BankFundsInsufficient, Some(moving_more_than_is_at_the_bank)),
    (OwnInsufficient, Some(withdrawing_more_own_money_than_there_is)),
    (ReceivableExceeds, Some(settling_more_than_is_owed)),
    (CampaignUnknown, Some(sponsoring_no_campaign)),
    (CampaignVersion, Some(publishing_a_version_again)),
    (CampaignBankFixed, Some(moving_a_campaign_to_another_bank)),
    (CampaignMoneyInsufficient, Some(returning_more_than_the_sponsor_gave)),
    (TooManyCampaigns, Some(one_campaign_too_many)),
    (FeeVersion, Some(skipping_a_version_of_the_fee)),
    (GiftVersion, Some(skipping_a_version_of_a_gift_rule)),
    (TooManyGifts, Some(one_gift_rule_too_many)),
    (NotesInsufficient, Some(retiring_more_notes_than_circulate)),
    (PledgeInsufficient, Some(releasing_more_than_is_pledged)),
    (NotCorrectable, Some(correcting_a_members_payment)),
    (CheckpointKeyUsed, Some(rotating_to_the_present_key)),
    (RuleSetUnknown, Some(upgrading_to_a_rule_set_of_the_future)),
    (OperatorKeyUsed, Some(appointing_a_person_with_anothers_key)),
    (QuorumImpossible, Some(asking_for_more_persons_than_there_are)),
];

#[test]
fn every_rejection_has_a_row_in_the_order_of_the_enum() {
    let rows: Vec<Rejection> = TABLE.iter().map(|(rejection, _)| *rejection).collect();
    assert_eq!(rows, Rejection::ALL);
}

#[test]
fn each_story_is_refused_for_its_reason_and_changes_nothing() {
    for (rejection, story) in TABLE {
        let Some(story) = story else { continue };
        let mut town = Town::new();
        let order = story(&mut town);
        assert_eq!(refusal(&mut town, &order), Some(*rejection), "{rejection:?}");
    }
}

#[test]
fn codes_and_sentences_are_unique_and_codes_are_lower_case_words() {
    let codes: std::collections::BTreeSet<_> = Rejection::ALL.iter().map(|rejection| rejection.code()).collect();
    let sentences: std::collections::BTreeSet<_> = Rejection::ALL.iter().map(|rejection| rejection.sentence()).collect();
    assert_eq!((codes.len(), sentences.len()), (Rejection::ALL.len(), Rejection::ALL.len()));
    let plain = |code: &str| code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    assert!(codes.into_iter().all(plain));
    assert!(Rejection::ALL.iter().all(|rejection| rejection.sentence().ends_with('.')));
}

/// The refusal of an order, after a look that it changed nothing; `None` when it was accepted.
fn refusal(town: &mut Town, order: &SignedTransaction) -> Option<Rejection> {
    let before = format!("{:?}", town.state);
    let rejection = town.submit(order).err()?;
    assert!(before == format!("{:?}", town.state), "{rejection:?} changed the state");
    Some(rejection)
}

fn the_same_bytes_again(town: &mut Town) -> SignedTransaction {
    let (anna, shop) = (town.resident_with("anna", 1_000), town.shop("shop"));
    let order = town.order(transfer(&anna, &shop, 100), &anna.key);
    town.submit(&order).unwrap();
    order
}

fn an_order_before_the_last_entry(town: &mut Town) -> SignedTransaction {
    let (anna, shop) = (town.resident_with("anna", 1_000), town.shop("shop"));
    town.now -= 1;
    town.order(transfer(&anna, &shop, 100), &anna.key)
}

fn an_order_after_its_end(town: &mut Town) -> SignedTransaction {
    let (anna, shop) = (town.resident_with("anna", 1_000), town.shop("shop"));
    let order = town.order(transfer(&anna, &shop, 100), &anna.key);
    town.now += HOUR + 1;
    order
}

fn an_order_for_more_than_a_week(town: &mut Town) -> SignedTransaction {
    let (anna, shop) = (town.resident_with("anna", 1_000), town.shop("shop"));
    town.order_until(transfer(&anna, &shop, 100), &anna.key, town.now + MAX_VALIDITY_MS + 1)
}

fn a_second_genesis(town: &mut Town) -> SignedTransaction {
    town.genesis_order(genesis())
}

fn a_genesis_with_one_person_twice(town: &mut Town) -> SignedTransaction {
    *town = Town::empty();
    let mut genesis = genesis();
    genesis.operators[2].number = 1;
    town.genesis_order(genesis)
}

fn a_stranger_proposes(town: &mut Town) -> SignedTransaction {
    town.order(Body::Propose(issue_notes(1)), &key("stranger"))
}

fn approving_what_nobody_proposed(town: &mut Town) -> SignedTransaction {
    town.order(Body::Approve { proposal: hash("nothing") }, &key("operator 1"))
}

fn a_treasurers_act_by_an_operator(town: &mut Town) -> SignedTransaction {
    town.act(Act::SetQuorum(Quorum { act: 57, persons: 1, roles: Roles::of(&[Role::Treasurer]) })).unwrap();
    town.proposal(fund_move(SAVINGS_BANK, DIGITAL_BANK, 1), 3)
}

fn converting_for_oneself(town: &mut Town) -> SignedTransaction {
    let mine = town.newcomer("operator 1");
    town.act_order(convert("mine", &mine, 1_000))
}

fn one_proposal_too_many(town: &mut Town) -> SignedTransaction {
    town.needs(55, 2);
    for _ in 0..MAX_PROPOSALS {
        town.waiting(issue_notes(1));
    }
    town.act_order(issue_notes(1))
}

fn approving_after_a_month(town: &mut Town) -> SignedTransaction {
    town.needs(55, 2);
    let proposal = town.waiting(issue_notes(1));
    town.now += PROPOSAL_LIFE_MS + 1;
    town.order(Body::Approve { proposal }, &key("operator 2"))
}

fn approving_ones_own_proposal(town: &mut Town) -> SignedTransaction {
    town.needs(55, 2);
    let proposal = town.waiting(issue_notes(1));
    town.order(Body::Approve { proposal }, &key("operator 1"))
}

fn booking_the_same_document_twice(town: &mut Town) -> SignedTransaction {
    let deposit = deposit(DIGITAL_BANK, 500, Purse::Own);
    town.act(deposit.clone()).unwrap();
    town.act_order(deposit)
}

fn paying_from_no_account(town: &mut Town) -> SignedTransaction {
    let shop = town.shop("shop");
    let nobody = Member { id: AccountId([7; 16]), key: key("nobody") };
    town.order(transfer(&nobody, &shop, 100), &nobody.key)
}

fn closed(town: &mut Town, name: &str) -> Member {
    let member = town.resident(name);
    town.does(Body::CloseAccount { account: member.id }, &member.key).unwrap();
    member
}

fn suspend(town: &mut Town, member: &Member) {
    town.act(Act::SuspendAccount { account: member.id, reason: 1 }).unwrap();
}

fn paying_from_a_closed_account(town: &mut Town) -> SignedTransaction {
    let (anna, shop) = (closed(town, "anna"), town.shop("shop"));
    town.order(transfer(&anna, &shop, 100), &anna.key)
}

fn paying_from_a_suspended_account(town: &mut Town) -> SignedTransaction {
    let (anna, shop) = (town.resident_with("anna", 1_000), town.shop("shop"));
    suspend(town, &anna);
    town.order(transfer(&anna, &shop, 100), &anna.key)
}

fn paying_with_a_strangers_key(town: &mut Town) -> SignedTransaction {
    let (anna, shop) = (town.resident_with("anna", 1_000), town.shop("shop"));
    town.order(transfer(&anna, &shop, 100), &key("stranger"))
}

fn paying_before_the_wait_is_over(town: &mut Town) -> SignedTransaction {
    *town = Town::with_genesis(Genesis { recovery_delay_ms: DAY, ..genesis() });
    let (anna, shop) = (town.resident_with("anna", 1_000), town.shop("shop"));
    town.act(Act::AddKey { account: anna.id, key: public("new phone"), scope: Scope::Full }).unwrap();
    town.now += DAY - 1;
    town.order(transfer(&anna, &shop, 100), &key("new phone"))
}

fn a_till_spends(town: &mut Town) -> SignedTransaction {
    let (anna, shop) = (town.resident("anna"), town.shop_with("shop", 1_000));
    let till = town.add_key(&shop, "till", Scope::Till { per_day: cents(1_000) });
    town.order(transfer(&shop, &anna, 1), &till)
}

fn a_limited_key_pays_too_much_at_once(town: &mut Town) -> SignedTransaction {
    let (anna, shop) = (town.resident_with("anna", 1_000), town.shop("shop"));
    let phone = town.add_key(&anna, "phone", Scope::Limited(cap(100, 500)));
    town.order(transfer(&anna, &shop, 101), &phone)
}

fn a_limited_key_pays_too_much_in_a_day(town: &mut Town) -> SignedTransaction {
    let (anna, shop) = (town.resident_with("anna", 1_000), town.shop("shop"));
    let phone = town.add_key(&anna, "phone", Scope::CardService(cap(100, 150)));
    town.does(transfer(&anna, &shop, 100), &phone).unwrap();
    town.now += DAY - 1;
    town.order(transfer(&anna, &shop, 51), &phone)
}

fn a_shop_opens_its_own_account(town: &mut Town) -> SignedTransaction {
    let open = OpenAccount { kind: AccountKind::Professional, key: public("shop"), level: 0, groups: vec![] };
    town.order(Body::OpenAccount(open), &key("shop"))
}

fn adding_a_key_twice(town: &mut Town) -> SignedTransaction {
    let anna = town.resident("anna");
    town.order(Body::AddKey { account: anna.id, key: public("anna"), scope: Scope::Read }, &anna.key)
}

fn adding_a_33rd_key(town: &mut Town) -> SignedTransaction {
    let anna = town.resident("anna");
    (1..32).for_each(|n| drop(town.add_key(&anna, &format!("phone {n}"), Scope::Read)));
    town.order(Body::AddKey { account: anna.id, key: public("phone 32"), scope: Scope::Read }, &anna.key)
}

fn revoking_the_last_full_key(town: &mut Town) -> SignedTransaction {
    let anna = town.resident("anna");
    town.add_key(&anna, "phone", Scope::Limited(cap(100, 500)));
    town.order(Body::RevokeKey { account: anna.id, key: public("anna") }, &anna.key)
}

fn closing_an_account_with_units(town: &mut Town) -> SignedTransaction {
    let anna = town.resident_with("anna", 1);
    town.order(Body::CloseAccount { account: anna.id }, &anna.key)
}

fn classifying_at_a_level_without_limits(town: &mut Town) -> SignedTransaction {
    let anna = town.resident("anna");
    town.act_order(Act::ClassifyAccount { account: anna.id, level: 9, groups: vec![] })
}

fn resuming_an_open_account(town: &mut Town) -> SignedTransaction {
    let anna = town.resident("anna");
    town.act_order(Act::ResumeAccount { account: anna.id })
}

fn refunding_another_shops_payment(town: &mut Town) -> SignedTransaction {
    let (anna, shop, other) = (town.resident_with("anna", 1_000), town.shop("shop"), town.shop_with("other", 1_000));
    let payment = town.pay(&anna, &shop, 100);
    town.order(refund(&other, payment, 100), &other.key)
}

fn paying_oneself(town: &mut Town) -> SignedTransaction {
    let anna = town.resident_with("anna", 1_000);
    town.order(transfer(&anna, &anna, 100), &anna.key)
}

fn paying_nobody(town: &mut Town) -> SignedTransaction {
    let anna = town.resident_with("anna", 1_000);
    let nobody = Member { id: AccountId([7; 16]), key: key("nobody") };
    town.order(transfer(&anna, &nobody, 100), &anna.key)
}

fn paying_a_closed_account(town: &mut Town) -> SignedTransaction {
    let (anna, gone) = (town.resident_with("anna", 1_000), closed(town, "gone"));
    town.order(transfer(&anna, &gone, 100), &anna.key)
}

fn paying_a_suspended_account(town: &mut Town) -> SignedTransaction {
    let (anna, shop) = (town.resident_with("anna", 1_000), town.shop("shop"));
    suspend(town, &shop);
    town.order(transfer(&anna, &shop, 100), &anna.key)
}

fn collecting_for_another_payee(town: &mut Town) -> SignedTransaction {
    let (anna, shop, other) = (town.resident_with("anna", 1_000), town.shop("shop"), town.shop("other"));
    let collector = town.add_key(&anna, "collector", Scope::Collect(cap(500, 500), shop.id));
    town.order(transfer(&anna, &other, 100), &collector)
}

fn answering_a_charge_of_the_far_future(town: &mut Town) -> SignedTransaction {
    let (anna, shop) = (town.resident_with("anna", 1_000), town.shop("shop"));
    town.order(answer(&anna, &shop, 100, 1, town.now + MAX_CHARGE_AHEAD_MS + 1), &anna.key)
}

fn answering_a_charge_of_last_week(town: &mut Town) -> SignedTransaction {
    let (anna, shop) = (town.resident_with("anna", 1_000), town.shop("shop"));
    town.order(answer(&anna, &shop, 100, 1, town.now - CHARGE_GRACE_MS - 1), &anna.key)
}

fn answering_a_charge_twice_with_a_new_nonce(town: &mut Town) -> SignedTransaction {
    let (anna, bert) = (town.resident_with("anna", 1_000), town.resident_with("bert", 1_000));
    let (shop, expires) = (town.shop("shop"), town.now + HOUR);
    town.does(answer(&anna, &shop, 100, 1, expires), &anna.key).unwrap();
    town.now = expires + CHARGE_GRACE_MS;
    town.pay(&anna, &shop, 1);
    town.order(answer(&bert, &shop, 100, 1, expires), &bert.key)
}

fn paying_an_empty_list(town: &mut Town) -> SignedTransaction {
    let anna = town.resident_with("anna", 1_000);
    town.order(Body::Transfers { payer: anna.id, payments: vec![] }, &anna.key)
}

fn paying_above_the_limit_for_one_payment(town: &mut Town) -> SignedTransaction {
    let (anna, shop) = (town.resident_with("anna", 400_000), town.shop("shop"));
    town.order(transfer(&anna, &shop, 300_001), &anna.key)
}

fn paying_above_the_limit_for_30_days(town: &mut Town) -> SignedTransaction {
    let (anna, shop) = (town.newcomer("anna"), town.shop("shop"));
    town.convert("first", &anna, 15_000);
    town.pay(&anna, &shop, 15_000);
    town.now += 30 * DAY - 1;
    town.convert("second", &anna, 1);
    town.order(transfer(&anna, &shop, 1), &anna.key)
}

fn paying_one_cent_too_much(town: &mut Town) -> SignedTransaction {
    let (anna, shop) = (town.resident_with("anna", 1_000), town.shop("shop"));
    town.order(transfer(&anna, &shop, 1_001), &anna.key)
}

fn refunding_one_cent_too_much(town: &mut Town) -> SignedTransaction {
    let (anna, shop) = (town.resident_with("anna", 1_000), town.shop_with("shop", 1_000));
    let payment = town.pay(&anna, &shop, 100);
    town.does(refund(&shop, payment, 60), &shop.key).unwrap();
    town.order(refund(&shop, payment, 41), &shop.key)
}

fn a_resident_redeems(town: &mut Town) -> SignedTransaction {
    let anna = town.resident_with("anna", 1_000);
    town.order(Body::Redeem { account: anna.id, amount: cents(100) }, &anna.key)
}

fn redeeming_less_than_the_fee(town: &mut Town) -> SignedTransaction {
    let shop = town.shop_with("shop", 1_000);
    town.act(Act::PublishFee(fee_rule(1))).unwrap();
    town.order(Body::Redeem { account: shop.id, amount: cents(10) }, &shop.key)
}

fn one_cent_above_the_total(town: &mut Town) -> SignedTransaction {
    (0..1_000).for_each(|n| drop(town.act(record_credit(&n.to_string(), MAX_AMOUNT)).unwrap()));
    town.act_order(record_credit("one more", 1))
}

fn a_credit_at_no_bank(town: &mut Town) -> SignedTransaction {
    town.act_order(Act::RecordCredit { bank: 99, credit: hash("credit"), amount: cents(1) })
}

fn bank_row(number: u16) -> Act {
    Act::AddBank(Bank { number, medium: Medium::Digital, class: LiquidityClass::Term, iban: hash("iban") })
}

fn adding_a_bank_twice(town: &mut Town) -> SignedTransaction {
    town.act(bank_row(4)).unwrap();
    town.act_order(bank_row(4))
}

fn a_digital_credit_at_the_paper_bank(town: &mut Town) -> SignedTransaction {
    town.act_order(Act::RecordCredit { bank: PAPER_BANK, credit: hash("credit"), amount: cents(1) })
}

fn returning_no_credit(town: &mut Town) -> SignedTransaction {
    town.act_order(return_credit("nothing", 1))
}

fn recording_a_credit_twice(town: &mut Town) -> SignedTransaction {
    town.act(record_credit("credit", 100)).unwrap();
    town.act_order(record_credit("credit", 100))
}

fn converting_another_amount_than_was_recorded(town: &mut Town) -> SignedTransaction {
    let anna = town.resident("anna");
    town.act(record_credit("credit", 100)).unwrap();
    town.act_order(convert("credit", &anna, 101))
}

fn converting_a_credit_twice(town: &mut Town) -> SignedTransaction {
    let (anna, bert) = (town.resident("anna"), town.resident("bert"));
    town.convert("credit", &anna, 100);
    town.act_order(convert("credit", &bert, 100))
}

fn paying_no_redemption(town: &mut Town) -> SignedTransaction {
    town.act_order(redemption_paid(0, DIGITAL_BANK))
}

fn paying_a_redemption_twice(town: &mut Town) -> SignedTransaction {
    let shop = town.shop_with("shop", 1_000);
    let redemption = town.redeem(&shop, 100);
    town.act(redemption_paid(redemption, DIGITAL_BANK)).unwrap();
    town.act_order(redemption_paid(redemption, DIGITAL_BANK))
}

fn converting_while_the_fund_is_short(town: &mut Town) -> SignedTransaction {
    let anna = town.resident_with("anna", 1_000);
    town.lose(DIGITAL_BANK, 1);
    town.act_order(convert("more", &anna, 1_000))
}

fn paying_someone_who_may_not_hold_more(town: &mut Town) -> SignedTransaction {
    let (anna, bert) = (town.resident_with("anna", 20_000), town.newcomer("bert"));
    town.order(transfer(&anna, &bert, 15_001), &anna.key)
}

fn withdrawing_what_covers_circulation(town: &mut Town) -> SignedTransaction {
    town.resident_with("anna", 1_000);
    town.act_order(withdrawal(DIGITAL_BANK, 1, Purse::Cover))
}

fn moving_more_than_is_at_the_bank(town: &mut Town) -> SignedTransaction {
    town.resident_with("anna", 1_000);
    town.act_order(fund_move(SAVINGS_BANK, DIGITAL_BANK, 1))
}

fn withdrawing_more_own_money_than_there_is(town: &mut Town) -> SignedTransaction {
    town.act(deposit(DIGITAL_BANK, 100, Purse::Own)).unwrap();
    town.act_order(withdrawal(DIGITAL_BANK, 101, Purse::Own))
}

/// A member whose units were spent when the bank took the euros back: 400 are owed.
fn debtor(town: &mut Town) -> Member {
    let (anna, shop) = (town.resident_with("anna", 1_000), town.shop("shop"));
    town.pay(&anna, &shop, 400);
    town.act(bank_return("credit of anna", 1_000)).unwrap();
    anna
}

fn settling_more_than_is_owed(town: &mut Town) -> SignedTransaction {
    let anna = debtor(town);
    town.act_order(settle(&anna, 401))
}

fn sponsoring_no_campaign(town: &mut Town) -> SignedTransaction {
    town.act_order(sponsor_deposit(DIGITAL_BANK, 1, 100))
}

fn publishing_a_version_again(town: &mut Town) -> SignedTransaction {
    town.sponsor(campaign(1), 0);
    town.act_order(Act::PublishCampaign(Box::new(campaign(1))))
}

fn moving_a_campaign_to_another_bank(town: &mut Town) -> SignedTransaction {
    town.sponsor(campaign(1), 0);
    let mut next = campaign(1);
    (next.version, next.bank) = (2, SAVINGS_BANK);
    town.act_order(Act::PublishCampaign(Box::new(next)))
}

fn returning_more_than_the_sponsor_gave(town: &mut Town) -> SignedTransaction {
    town.sponsor(campaign(1), 100);
    town.act_order(sponsor_return(1, 101))
}

fn one_campaign_too_many(town: &mut Town) -> SignedTransaction {
    (1..=MAX_CAMPAIGNS).for_each(|n| town.sponsor(campaign(n as u32), 0));
    town.act_order(Act::PublishCampaign(Box::new(campaign(5_000))))
}

fn skipping_a_version_of_the_fee(town: &mut Town) -> SignedTransaction {
    town.act_order(Act::PublishFee(fee_rule(2)))
}

fn redeeming_without_an_instruction(town: &mut Town) -> SignedTransaction {
    let shop = town.shop_with("shop", 1_000);
    town.act_order(Act::RedeemStanding { account: shop.id })
}

fn choosing_a_shop(town: &mut Town) -> SignedTransaction {
    let (anna, shop) = (town.resident("anna"), town.shop("shop"));
    town.order(choose(&anna, &[&shop]), &anna.key)
}

fn giving_by_no_rule(town: &mut Town) -> SignedTransaction {
    town.act_order(give_gifts(1, START))
}

fn giving_before_the_period_has_ended(town: &mut Town) -> SignedTransaction {
    town.act(Act::PublishGift(gift_rule(1))).unwrap();
    town.now = START + 30 * DAY - 1;
    town.act_order(give_gifts(1, START))
}

fn giving_for_a_period_twice(town: &mut Town) -> SignedTransaction {
    town.act(Act::PublishGift(gift_rule(1))).unwrap();
    town.now = START + 60 * DAY;
    town.act(give_gifts(1, START)).unwrap();
    let mut next = gift_rule(1);
    (next.version, next.periods) = (2, vec![START + 30 * DAY - 1, START + 31 * DAY]);
    town.act(Act::PublishGift(next)).unwrap();
    town.act_order(give_gifts(1, START + 30 * DAY - 1))
}

fn giving_to_one_association_too_many(town: &mut Town) -> SignedTransaction {
    town.act(Act::PublishGift(gift_rule(1))).unwrap();
    for n in 0..=MAX_GIVEN {
        let member = town.resident_with(&format!("member {n}"), 100);
        let association = town.association(&format!("association {n}"));
        town.does(choose(&member, &[&association]), &member.key).unwrap();
    }
    town.now = START + 30 * DAY;
    town.act_order(give_gifts(1, START))
}

fn skipping_a_version_of_a_gift_rule(town: &mut Town) -> SignedTransaction {
    let mut rule = gift_rule(1);
    rule.version = 2;
    town.act_order(Act::PublishGift(rule))
}

fn one_gift_rule_too_many(town: &mut Town) -> SignedTransaction {
    (1..=MAX_GIFTS).for_each(|n| drop(town.act(Act::PublishGift(gift_rule(n as u16))).unwrap()));
    town.act_order(Act::PublishGift(gift_rule(5_000)))
}

fn retiring_more_notes_than_circulate(town: &mut Town) -> SignedTransaction {
    town.act(deposit(PAPER_BANK, 100, Purse::Cover)).unwrap();
    town.act(issue_notes(100)).unwrap();
    town.act_order(Act::RetireNotes { amount: cents(101), evidence: hash("count") })
}

fn releasing_more_than_is_pledged(town: &mut Town) -> SignedTransaction {
    town.act(deposit(PAPER_BANK, 100, Purse::Cover)).unwrap();
    town.act(Act::Pledge { medium: Medium::Paper, amount: cents(60), evidence: hash("contract") }).unwrap();
    town.act_order(Act::ReleasePledge { medium: Medium::Paper, amount: cents(61), evidence: hash("release") })
}

fn correcting_a_members_payment(town: &mut Town) -> SignedTransaction {
    let (anna, shop) = (town.resident_with("anna", 1_000), town.shop("shop"));
    let payment = town.pay(&anna, &shop, 100);
    town.act_order(correct(payment))
}

fn rotating_to_the_present_key(town: &mut Town) -> SignedTransaction {
    town.act_order(Act::RotateCheckpointKey { key: public("checkpoint") })
}

fn upgrading_to_a_rule_set_of_the_future(town: &mut Town) -> SignedTransaction {
    town.act_order(Act::Upgrade { rule_set: 2 })
}

fn person(number: u16, name: &str, roles: &[Role]) -> Act {
    Act::AppointOperator(Operator { number, key: public(name), roles: Roles::of(roles) })
}

fn appointing_a_person_with_anothers_key(town: &mut Town) -> SignedTransaction {
    town.act_order(person(4, "operator 2", &[Role::Operator]))
}

fn asking_for_more_persons_than_there_are(town: &mut Town) -> SignedTransaction {
    town.act_order(Act::SetQuorum(Quorum { act: 44, persons: 4, roles: Roles::ACTING }))
}

/// A ledger on disk whose node holds these checkpoint keys.
fn on_disk(signers: &[&str]) -> (tempfile::TempDir, Settings) {
    let folder = tempfile::tempdir().unwrap();
    let signers = signers.iter().map(|name| key(name)).collect();
    let settings = Settings::at(&folder.path().join("data"), folder.path().join("key"), signers, Arc::new(|| START));
    (folder, settings)
}

#[test]
fn a_checkpoint_key_that_the_node_does_not_hold_is_absent_and_is_not_taken_into_force() {
    let genesis = Town::empty().genesis_order(genesis());
    let (_folder, settings) = on_disk(&["checkpoint", "next"]);
    let ledger = Ledger::create(settings, genesis.bytes()).unwrap();
    let rotate = |name: &str| {
        let body = Body::Propose(Act::RotateCheckpointKey { key: public(name) });
        let order = Transaction { nonce: [9; 8], valid_until: START + HOUR, body };
        ledger.submit_and_wait(ledger.decode(&order.sign(&ledger.id(), &key("operator 1"))).unwrap()).unwrap()
    };
    assert_eq!(rotate("lost"), Err(CheckpointKeyAbsent));
    assert_eq!(ledger.durable().state.size(), 1);
    assert_eq!(rotate("next"), Ok(1));
    assert_eq!(rotate("checkpoint"), Err(CheckpointKeyUsed));
    ledger.receipt(1).unwrap().unwrap().verify(&ledger.id(), &[public("next")]).unwrap();
}

#[test]
fn a_genesis_with_a_checkpoint_key_that_the_node_does_not_hold_makes_no_ledger() {
    let genesis = Town::empty().genesis_order(genesis());
    let (folder, settings) = on_disk(&["another"]);
    let refused = Ledger::create(settings, genesis.bytes()).err().unwrap();
    assert!(refused.to_string().contains(CheckpointKeyAbsent.sentence()), "{refused}");
    assert!(!folder.path().join("data").exists(), "the folder stays free");
}

/// An order that is mended step by step.
struct Draft {
    body: Body,
    key: SigningKey,
    valid_until: u64,
}

/// Submits an order with every fault, mends the fault that was named, and goes on: the refusals must come in the order of the enum.
struct Ladder {
    town: Town,
    draft: Draft,
    last: Option<Rejection>,
}

impl Ladder {
    fn new(town: Town, body: Body, key: SigningKey) -> Ladder {
        let valid_until = town.now + HOUR;
        Ladder { town, draft: Draft { body, key, valid_until }, last: None }
    }

    fn order(&mut self) -> SignedTransaction {
        let Draft { body, key, valid_until } = &self.draft;
        match body {
            Body::Genesis(genesis) => self.town.genesis_order((**genesis).clone()),
            body => self.town.order_until(body.clone(), key, *valid_until),
        }
    }

    fn refused(mut self, rejection: Rejection, mend: impl FnOnce(&mut Town, &mut Draft)) -> Ladder {
        let order = self.order();
        assert_eq!(refusal(&mut self.town, &order), Some(rejection));
        assert!(self.last < Some(rejection), "{:?} comes before {rejection:?} in the ladder", self.last);
        self.last = Some(rejection);
        mend(&mut self.town, &mut self.draft);
        self
    }

    fn accepted(mut self) -> Town {
        let order = self.order();
        assert_eq!(refusal(&mut self.town, &order), None);
        self.town
    }

    /// For ladders that end at a fault that nothing mends.
    fn stays(self, rejection: Rejection) {
        self.refused(rejection, |_, _| ());
    }
}

fn paid(draft: &mut Draft) -> &mut Transfer {
    match &mut draft.body {
        Body::Transfer(transfer) => transfer,
        _ => panic!("a transfer"),
    }
}

fn proposed(draft: &mut Draft, act: Act) {
    draft.body = Body::Propose(act);
}

#[test]
fn a_payment_with_every_fault_is_refused_for_the_earliest_first() {
    let mut town = Town::with_genesis(Genesis { recovery_delay_ms: DAY, ..genesis() });
    let (anna, shop, full) = (town.newcomer("anna"), town.shop("shop"), town.newcomer("full"));
    let other = town.shop("other");
    town.convert("all of it", &full, 15_000);
    let bert = town.resident_with("bert", 1_000);
    let (expires, now) = (town.now + HOUR, town.now);
    town.does(answer(&bert, &shop, 1, 1, expires), &bert.key).unwrap();
    town.does(answer(&bert, &other, 1, 2, expires), &bert.key).unwrap();
    let gone = closed(&mut town, "gone");
    let till = town.add_key(&anna, "till", Scope::Till { per_day: cents(1) });
    let small = town.add_key(&anna, "small", Scope::Limited(cap(100, MAX_AMOUNT)));
    town.act(Act::AddKey { account: anna.id, key: public("waits"), scope: Scope::Limited(cap(1, 1)) }).unwrap();
    let daily = town.add_key(&anna, "daily", Scope::CardService(cap(MAX_AMOUNT, 100)));
    let collector = town.add_key(&anna, "collector", Scope::Collect(cap(MAX_AMOUNT, MAX_AMOUNT), other.id));
    suspend(&mut town, &anna);
    suspend(&mut town, &shop);
    town.now -= 1;
    let body = answer(&Member { id: AccountId([7; 16]), key: key("nobody") }, &anna, 400_000, 1, now + 401 * DAY);
    let mut ladder = Ladder::new(town, body, key("stranger"));
    ladder.draft.valid_until = now - 2;
    let resume = |town: &mut Town, member: &Member| drop(town.act(Act::ResumeAccount { account: member.id }).unwrap());
    ladder
        .refused(TimeReversed, |town, _| town.now += 1)
        .refused(Expired, |town, draft| draft.valid_until = town.now + 8 * DAY)
        .refused(ValidTooLong, |town, draft| draft.valid_until = town.now + HOUR)
        .refused(AccountUnknown, |_, draft| paid(draft).payer = gone.id)
        .refused(AccountClosed, |_, draft| paid(draft).payer = anna.id)
        .refused(AccountSuspended, |town, _| resume(town, &anna))
        .refused(KeyNotOfAccount, |_, draft| draft.key = key("waits"))
        .refused(KeyNotYet, |_, draft| draft.key = till)
        .refused(ScopeInsufficient, |_, draft| draft.key = small)
        .refused(ScopePaymentLimit, |_, draft| draft.key = daily)
        .refused(ScopeDayLimit, |_, draft| draft.key = collector)
        .refused(SamePayerAndPayee, |_, draft| paid(draft).payee = AccountId([7; 16]))
        .refused(PayeeUnknown, |_, draft| paid(draft).payee = gone.id)
        .refused(PayeeClosed, |_, draft| paid(draft).payee = shop.id)
        .refused(PayeeSuspended, |town, _| resume(town, &shop))
        .refused(CollectOtherPayee, |_, draft| draft.key = key("anna"))
        .refused(ChargeTooFar, |_, draft| paid(draft).charge = Some(ChargeReference { id: [1; 16], expires: now - 8 * DAY }))
        .refused(ChargeExpired, |_, draft| {
            paid(draft).charge = Some(ChargeReference { id: [1; 16], expires });
            paid(draft).amount = cents(1);
        })
        .refused(ChargeAnswered, |_, draft| {
            paid(draft).amount = cents(400_000);
            paid(draft).charge = Some(ChargeReference { id: [3; 16], expires });
            paid(draft).payee = full.id;
        })
        .refused(LimitPerPayment, |_, draft| paid(draft).amount = cents(15_001))
        .refused(LimitPaid, |_, draft| paid(draft).amount = cents(15_000))
        .refused(BalanceInsufficient, |town, _| drop(town.convert("anna's", &anna, 15_000)))
        .refused(LimitHeld, |_, draft| paid(draft).payee = shop.id)
        .accepted();
}

#[test]
fn a_conversion_with_every_fault_is_refused_for_the_earliest_first() {
    let mut town = Town::new();
    let (mine, full, bert) = (town.resident("operator 2"), town.newcomer("full"), town.resident("bert"));
    town.convert("used", &bert, 1_000);
    town.convert("all of it", &full, 15_000);
    town.act(record_credit("known", 700)).unwrap();
    town.lose(DIGITAL_BANK, 1);
    suspend(&mut town, &full);
    town.act(Act::SetQuorum(Quorum { act: 44, persons: 1, roles: Roles::of(&[Role::Treasurer]) })).unwrap();
    let convert_at = |bank: u16, credit: &str, member: &Member, amount: u64| Act::Convert {
        bank,
        credit: hash(credit),
        amount: cents(amount),
        account: member.id,
    };
    let nobody = Member { id: AccountId([7; 16]), key: key("nobody") };
    let gone = closed(&mut town, "gone");
    Ladder::new(town, Body::Propose(convert_at(99, "used", &mine, 1)), key("stranger"))
        .refused(OperatorUnknown, |_, draft| draft.key = key("operator 3"))
        .refused(RoleInsufficient, |_, draft| draft.key = key("operator 2"))
        .refused(OwnBenefit, |_, draft| proposed(draft, convert_at(99, "used", &nobody, 1)))
        .refused(AccountUnknown, |_, draft| proposed(draft, convert_at(99, "used", &gone, 1)))
        .refused(AccountClosed, |_, draft| proposed(draft, convert_at(99, "used", &full, 1)))
        .refused(AccountSuspended, |town, draft| {
            town.act(Act::ResumeAccount { account: full.id }).unwrap();
            proposed(draft, convert_at(99, "new", &full, 1));
        })
        .refused(BankUnknown, |_, draft| proposed(draft, convert_at(PAPER_BANK, "new", &full, 1)))
        .refused(WrongMedium, |_, draft| proposed(draft, convert_at(DIGITAL_BANK, "used", &full, 1)))
        .refused(CreditDiffers, |_, draft| proposed(draft, convert_at(DIGITAL_BANK, "used", &full, 1_000)))
        .refused(CreditUsed, |_, draft| proposed(draft, convert_at(DIGITAL_BANK, "known", &full, 700)))
        .refused(FundShort, |town, _| drop(town.act(deposit(DIGITAL_BANK, 1, Purse::Cover)).unwrap()))
        .refused(LimitHeld, |_, draft| proposed(draft, convert_at(DIGITAL_BANK, "known", &bert, 700)))
        .accepted();
}

#[test]
fn an_approval_with_every_fault_is_refused_for_the_earliest_first() {
    let mut town = Town::new();
    let mine = town.resident("operator 2");
    town.act(Act::SetQuorum(Quorum { act: 44, persons: 2, roles: Roles::of(&[Role::Treasurer, Role::Board]) })).unwrap();
    let for_two = town.waiting(convert("credit", &mine, 100));
    let bert = town.resident("bert");
    let lapsing = town.waiting(convert("other", &bert, 100));
    town.now += PROPOSAL_LIFE_MS + 1;
    let approve = |proposal| Body::Approve { proposal };
    Ladder::new(town, approve(hash("nothing")), key("stranger"))
        .refused(OperatorUnknown, |_, draft| draft.key = key("operator 3"))
        .refused(ProposalUnknown, |_, draft| draft.body = approve(for_two))
        .refused(RoleInsufficient, |_, draft| draft.key = key("operator 2"))
        .refused(OwnBenefit, |_, draft| (draft.body, draft.key) = (approve(lapsing), key("operator 1")))
        .refused(ProposalLapsed, |town, draft| draft.body = approve(town.waiting(convert("third", &bert, 100))))
        .refused(ApprovedTwice, |_, draft| draft.key = key("operator 2"))
        .accepted();
}

#[test]
fn a_refund_with_every_fault_is_refused_for_the_earliest_first() {
    let mut town = Town::new();
    let (anna, bert) = (town.resident_with("anna", 1_000), town.resident_with("bert", 1_000));
    let (shop, other) = (town.shop("shop"), town.shop("other"));
    let from_anna = town.pay(&anna, &other, 1_000);
    town.does(Body::CloseAccount { account: anna.id }, &anna.key).unwrap();
    let from_bert = town.pay(&bert, &shop, 100);
    let till = town.add_key(&shop, "till", Scope::Till { per_day: cents(1_000) });
    suspend(&mut town, &shop);
    Ladder::new(town, refund(&shop, from_anna, 1_001), key("stranger"))
        .refused(AccountSuspended, |town, _| drop(town.act(Act::ResumeAccount { account: shop.id }).unwrap()))
        .refused(KeyNotOfAccount, |_, draft| draft.key = till)
        .refused(ScopeDayLimit, |_, draft| draft.key = key("shop"))
        .refused(OriginalUnknown, |_, draft| (draft.body, draft.key) = (refund(&other, from_anna, 1_001), key("other")))
        .refused(PayeeClosed, |_, draft| (draft.body, draft.key) = (refund(&shop, from_bert, 101), key("shop")))
        .refused(BalanceInsufficient, |town, _| drop(town.convert("the shop's", &shop, 1)))
        .refused(RefundExceeds, |_, draft| draft.body = refund(&shop, from_bert, 100))
        .accepted();
}

#[test]
fn a_redemption_with_every_fault_is_refused_for_the_earliest_first() {
    let mut town = Town::new();
    let (anna, shop) = (town.resident("anna"), town.shop_with("shop", 100));
    town.act(Act::PublishFee(fee_rule(1))).unwrap();
    let redeem = |member: &Member, amount| Body::Redeem { account: member.id, amount: cents(amount) };
    Ladder::new(town, redeem(&anna, 10), anna.key.clone())
        .refused(BalanceInsufficient, |town, _| drop(town.convert("anna's", &anna, 10)))
        .refused(NotProfessional, |_, draft| (draft.body, draft.key) = (redeem(&shop, 10), shop.key.clone()))
        .refused(FeeExceedsAmount, |_, draft| draft.body = redeem(&shop, 11))
        .accepted();
}

#[test]
fn a_standing_redemption_with_every_fault_is_refused_for_the_earliest_first() {
    let mut town = Town::new();
    let (mine, gone, shop) = (town.shop("operator 2"), closed(&mut town, "gone"), town.shop("shop"));
    town.act(Act::PublishFee(fee_rule(1))).unwrap();
    suspend(&mut town, &shop);
    let standing = |account: AccountId| Act::RedeemStanding { account };
    let keeps = |town: &mut Town, cents| {
        town.does(Body::RedeemAbove { account: shop.id, keep: Some(cents) }, &shop.key).unwrap();
    };
    Ladder::new(town, Body::Propose(standing(mine.id)), key("operator 2"))
        .refused(OwnBenefit, |_, draft| proposed(draft, standing(AccountId([7; 16]))))
        .refused(AccountUnknown, |_, draft| proposed(draft, standing(gone.id)))
        .refused(AccountClosed, |_, draft| proposed(draft, standing(shop.id)))
        .refused(AccountSuspended, |town, _| drop(town.act(Act::ResumeAccount { account: shop.id }).unwrap()))
        .refused(StandingAbsent, |town, _| keeps(town, 0))
        .refused(BalanceInsufficient, |town, _| drop(town.convert("the shop's", &shop, 10)))
        .refused(FeeExceedsAmount, |town, _| drop(town.convert("more", &shop, 1)))
        .accepted();
}

#[test]
fn a_choice_with_every_fault_is_refused_for_the_earliest_first() {
    let mut town = Town::new();
    let (anna, shop, gone) = (town.resident("anna"), town.shop("shop"), closed(&mut town, "gone"));
    let (club, stopped) = (town.association("club"), town.association("stopped"));
    let till = town.add_key(&anna, "phone", Scope::Limited(cap(100, 500)));
    suspend(&mut town, &stopped);
    suspend(&mut town, &anna);
    let nobody = Member { id: AccountId([7; 16]), key: key("nobody") };
    Ladder::new(town, choose(&nobody, &[&anna]), key("stranger"))
        .refused(AccountUnknown, |_, draft| draft.body = choose(&gone, &[&anna]))
        .refused(AccountClosed, |_, draft| draft.body = choose(&anna, &[&anna]))
        .refused(AccountSuspended, |town, _| drop(town.act(Act::ResumeAccount { account: anna.id }).unwrap()))
        .refused(KeyNotOfAccount, |_, draft| draft.key = till)
        .refused(ScopeInsufficient, |_, draft| draft.key = key("anna"))
        .refused(SamePayerAndPayee, |_, draft| draft.body = choose(&anna, &[&club, &nobody]))
        .refused(PayeeUnknown, |_, draft| draft.body = choose(&anna, &[&club, &gone]))
        .refused(PayeeClosed, |_, draft| draft.body = choose(&anna, &[&shop, &stopped]))
        .refused(PayeeSuspended, |_, draft| draft.body = choose(&anna, &[&club, &shop]))
        .refused(NotAssociation, |_, draft| draft.body = choose(&anna, &[&club]))
        .accepted();
}

#[test]
fn an_instruction_to_redeem_is_a_professionals_and_signed_with_full_rights() {
    let mut town = Town::new();
    let (anna, shop) = (town.resident("anna"), town.shop("shop"));
    let till = town.add_key(&shop, "till", Scope::Till { per_day: cents(1_000) });
    let above = |member: &Member| Body::RedeemAbove { account: member.id, keep: Some(0) };
    Ladder::new(town, above(&anna), till)
        .refused(KeyNotOfAccount, |_, draft| draft.body = above(&shop))
        .refused(ScopeInsufficient, |_, draft| (draft.body, draft.key) = (above(&anna), key("anna")))
        .refused(NotProfessional, |_, draft| (draft.body, draft.key) = (above(&shop), key("shop")))
        .accepted();
}

#[test]
fn a_giving_with_every_fault_is_refused_for_the_earliest_first() {
    let mut town = Town::new();
    let (anna, bert) = (town.resident("anna"), town.resident("bert"));
    let club = town.open("club", AccountKind::Association, UNCHECKED, &[]);
    let mine = town.association("operator 2");
    for (member, association) in [(&anna, &club), (&bert, &mine)] {
        town.does(choose(member, &[association]), &member.key).unwrap();
    }
    town.convert("anna's", &anna, 1_000_000);
    town.act(Act::PublishGift(gift_rule(1))).unwrap();
    town.act(give_gifts(1, START)).unwrap_err();
    let document = hash("decision");
    let give = |gift, period, evidence| Act::GiveGifts { gift, period, evidence };
    town.now = START + 30 * DAY;
    town.convert("bert's, in the second period", &bert, 1_000);
    town.now = START + 60 * DAY;
    town.act(Act::PublishGift(gift_rule(3))).unwrap();
    town.act(give(3, START + 60 * DAY, document)).unwrap_err();
    town.needs(70, 1);
    let mut empty = gift_rule(2);
    empty.periods = vec![START - 2, START - 1];
    town.act(Act::PublishGift(empty)).unwrap();
    town.act(give(2, START - 2, document)).unwrap();
    town.lose(DIGITAL_BANK, 1);
    town.act(Act::SetQuorum(Quorum { act: 70, persons: 1, roles: Roles::of(&[Role::Treasurer]) })).unwrap();
    let fresh = hash("another decision");
    let second = START + 30 * DAY;
    Ladder::new(town, Body::Propose(give(1, second, document)), key("stranger"))
        .refused(OperatorUnknown, |_, draft| draft.key = key("operator 3"))
        .refused(RoleInsufficient, |_, draft| draft.key = key("operator 2"))
        .refused(OwnBenefit, |_, draft| proposed(draft, give(2, START - 2, document)))
        .refused(EvidenceUsed, |_, draft| proposed(draft, give(9, START - 2, fresh)))
        .refused(GiftUnknown, |_, draft| proposed(draft, give(1, START + 60 * DAY, fresh)))
        .refused(GiftPeriod, |_, draft| proposed(draft, give(2, START - 2, fresh)))
        .refused(GiftGiven, |_, draft| proposed(draft, give(1, START, fresh)))
        .refused(FundShort, |town, _| drop(town.act(deposit(DIGITAL_BANK, 1, Purse::Cover)).unwrap()))
        .refused(LimitHeld, |town, _| {
            drop(town.act(Act::ClassifyAccount { account: club.id, level: UNLIMITED, groups: vec![] }).unwrap())
        })
        .refused(OwnInsufficient, |town, _| drop(town.act(deposit(DIGITAL_BANK, 30_000, Purse::Own)).unwrap()))
        .accepted();
}

#[test]
fn publishing_a_gift_rule_with_every_fault_is_refused_for_the_earliest_first() {
    let mut town = Town::new();
    (1..=MAX_GIFTS).for_each(|n| drop(town.act(Act::PublishGift(gift_rule(n as u16))).unwrap()));
    let rule = |number, bank, version| {
        let mut rule = gift_rule(number);
        (rule.bank, rule.version) = (bank, version);
        Act::PublishGift(rule)
    };
    Ladder::new(town, Body::Propose(rule(500, 99, 2)), key("operator 1"))
        .refused(BankUnknown, |_, draft| proposed(draft, rule(500, PAPER_BANK, 2)))
        .refused(WrongMedium, |_, draft| proposed(draft, rule(500, SAVINGS_BANK, 2)))
        .refused(GiftVersion, |_, draft| proposed(draft, rule(500, SAVINGS_BANK, 1)))
        .refused(TooManyGifts, |_, draft| proposed(draft, rule(5, SAVINGS_BANK, 2)))
        .accepted();
}

#[test]
fn an_order_to_the_bank_with_every_fault_is_refused_for_the_earliest_first() {
    let mut town = Town::new();
    let (shop, mine) = (town.shop_with("shop", 3_000), town.shop("operator 2"));
    town.pay(&shop, &mine, 500);
    town.convert("more", &shop, 500);
    let (first, second, own) = (town.redeem(&shop, 1_000), town.redeem(&shop, 1_500), town.redeem(&mine, 500));
    town.act(redemption_paid(first, DIGITAL_BANK)).unwrap();
    let third = town.redeem(&shop, 500);
    let proof = hash("file");
    let order = |bank, redemptions: &[u64], evidence| Act::OrderRedemptions { bank, redemptions: redemptions.to_vec(), evidence };
    town.act(order(DIGITAL_BANK, &[third], proof)).unwrap();
    town.act(fund_move(DIGITAL_BANK, SAVINGS_BANK, 1_000)).unwrap();
    let fresh = hash("another file");
    Ladder::new(town, Body::Propose(order(DIGITAL_BANK, &[own, third], proof)), key("operator 2"))
        .refused(OwnBenefit, |_, draft| proposed(draft, order(DIGITAL_BANK, &[third], proof)))
        .refused(EvidenceUsed, |_, draft| proposed(draft, order(99, &[0, first], fresh)))
        .refused(BankUnknown, |_, draft| proposed(draft, order(PAPER_BANK, &[0, first], fresh)))
        .refused(WrongMedium, |_, draft| proposed(draft, order(DIGITAL_BANK, &[0, first], fresh)))
        .refused(RedemptionUnknown, |_, draft| proposed(draft, order(DIGITAL_BANK, &[first, second], fresh)))
        .refused(RedemptionState, |_, draft| proposed(draft, order(DIGITAL_BANK, &[second], fresh)))
        .refused(BankFundsInsufficient, |town, _| drop(town.act(fund_move(SAVINGS_BANK, DIGITAL_BANK, 500)).unwrap()))
        .accepted();
}

#[test]
fn passing_on_with_every_fault_is_refused_for_the_earliest_first() {
    let mut town = Town::new();
    let (bert, small) = (town.resident_with("bert", 20_000), town.newcomer("small"));
    let (late, gone, mine) = (debtor(&mut town), closed(&mut town, "gone"), town.resident("operator 2"));
    let stopped = town.resident("stopped");
    suspend(&mut town, &stopped);
    suspend(&mut town, &bert);
    let nobody = Member { id: AccountId([7; 16]), key: key("nobody") };
    let proof = hash("certificate");
    let pass = |from: &Member, heir: &Member, evidence| Act::PassOn { account: from.id, heir: heir.id, evidence };
    let shop = town.shop("heir of nothing");
    let left = town.resident("left");
    town.act(pass(&left, &shop, proof)).unwrap();
    let fresh = hash("another certificate");
    Ladder::new(town, Body::Propose(pass(&left, &mine, proof)), key("operator 2"))
        .refused(OwnBenefit, |_, draft| proposed(draft, pass(&left, &shop, proof)))
        .refused(EvidenceUsed, |_, draft| proposed(draft, pass(&nobody, &nobody, fresh)))
        .refused(AccountUnknown, |_, draft| proposed(draft, pass(&gone, &nobody, fresh)))
        .refused(AccountClosed, |_, draft| proposed(draft, pass(&late, &late, fresh)))
        .refused(AccountNotEmpty, |_, draft| proposed(draft, pass(&bert, &bert, fresh)))
        .refused(SamePayerAndPayee, |_, draft| proposed(draft, pass(&bert, &nobody, fresh)))
        .refused(PayeeUnknown, |_, draft| proposed(draft, pass(&bert, &gone, fresh)))
        .refused(PayeeClosed, |_, draft| proposed(draft, pass(&bert, &stopped, fresh)))
        .refused(PayeeSuspended, |_, draft| proposed(draft, pass(&bert, &small, fresh)))
        .refused(LimitHeld, |_, draft| proposed(draft, pass(&bert, &shop, fresh)))
        .accepted();
}

#[test]
fn acts_on_the_funds_with_every_fault_are_refused_for_the_earliest_first() {
    let mut town = Town::new();
    let shop = town.shop_with("shop", 1_000);
    town.act(fund_move(DIGITAL_BANK, SAVINGS_BANK, 1_000)).unwrap();
    let redemption = town.redeem(&shop, 1_000);
    let operator = key("operator 1");
    let town = Ladder::new(town, Body::Propose(redemption_paid(0, 99)), operator.clone())
        .refused(BankUnknown, |_, draft| proposed(draft, redemption_paid(0, PAPER_BANK)))
        .refused(WrongMedium, |_, draft| proposed(draft, redemption_paid(0, DIGITAL_BANK)))
        .refused(RedemptionUnknown, |_, draft| proposed(draft, redemption_paid(redemption, DIGITAL_BANK)))
        .refused(BankFundsInsufficient, |_, draft| proposed(draft, redemption_paid(redemption, SAVINGS_BANK)))
        .accepted();
    let mut town = town;
    let again = town.act_order(redemption_paid(redemption, DIGITAL_BANK));
    assert_eq!(refusal(&mut town, &again), Some(RedemptionState), "before what the bank account holds is looked at");
    town.act(deposit(SAVINGS_BANK, 500, Purse::Cover)).unwrap();
    town.act(withdrawal(SAVINGS_BANK, 500, Purse::Cover)).unwrap();
    let town = Ladder::new(town, Body::Propose(withdrawal(99, 500, Purse::Cover)), operator.clone())
        .refused(BankUnknown, |_, draft| proposed(draft, withdrawal(DIGITAL_BANK, 500, Purse::Cover)))
        .refused(CoverInsufficient, |town, _| drop(town.act(deposit(SAVINGS_BANK, 500, Purse::Cover)).unwrap()))
        .refused(BankFundsInsufficient, |_, draft| proposed(draft, withdrawal(SAVINGS_BANK, 500, Purse::FeesDue)))
        .refused(OwnInsufficient, |_, draft| proposed(draft, withdrawal(SAVINGS_BANK, 500, Purse::Cover)))
        .accepted();
    let nobody = Member { id: AccountId([7; 16]), key: key("nobody") };
    let at_no_bank = |member: &Member| Act::FundDeposit {
        bank: 99,
        amount: cents(1),
        purse: Purse::Cover,
        evidence: hash("deposit"),
        settles: Some(member.id),
    };
    Ladder::new(town, Body::Propose(at_no_bank(&nobody)), operator)
        .refused(AccountUnknown, |_, draft| proposed(draft, at_no_bank(&shop)))
        .refused(BankUnknown, |_, draft| proposed(draft, settle(&shop, 1)))
        .stays(ReceivableExceeds);
}

#[test]
fn a_campaign_with_every_fault_is_refused_for_the_earliest_first() {
    let mut town = Town::new();
    town.sponsor(campaign(1), 100);
    let version = |bank: u16, version: u32| {
        let mut rule = campaign(1);
        (rule.bank, rule.version) = (bank, version);
        Act::PublishCampaign(Box::new(rule))
    };
    Ladder::new(town, Body::Propose(version(99, 1)), key("operator 1"))
        .refused(BankUnknown, |_, draft| proposed(draft, version(PAPER_BANK, 1)))
        .refused(WrongMedium, |_, draft| proposed(draft, version(SAVINGS_BANK, 1)))
        .refused(CampaignVersion, |_, draft| proposed(draft, version(SAVINGS_BANK, 2)))
        .refused(CampaignBankFixed, |_, draft| proposed(draft, version(DIGITAL_BANK, 2)))
        .accepted();
}

#[test]
fn staff_keys_and_the_genesis_with_every_fault_are_refused_for_the_earliest_first() {
    let mut town = Town::new();
    town.act(Act::SetQuorum(Quorum { act: 58, persons: 1, roles: Roles::of(&[Role::Board]) })).unwrap();
    Ladder::new(town, Body::Propose(person(2, "operator 1", &[Role::Operator])), key("operator 1"))
        .refused(OperatorKeyUsed, |_, draft| proposed(draft, person(2, "new key", &[Role::Operator])))
        .refused(QuorumImpossible, |_, draft| proposed(draft, person(2, "new key", &[Role::Board])))
        .accepted();

    let mut town = Town::new();
    let anna = town.resident("anna");
    (1..32).for_each(|n| drop(town.add_key(&anna, &format!("phone {n}"), Scope::Read)));
    let collect = Scope::Collect(cap(1, 1), AccountId([7; 16]));
    let add = |name: &str| Body::AddKey { account: anna.id, key: public(name), scope: collect };
    Ladder::new(town, add("phone 1"), anna.key.clone())
        .refused(KeyPresent, |_, draft| draft.body = add("phone 32"))
        .refused(TooManyKeys, |town, _| {
            town.does(Body::RevokeKey { account: anna.id, key: public("phone 1") }, &anna.key).unwrap();
        })
        .stays(PayeeUnknown);

    let mut wrong = genesis();
    wrong.rule_set = 2;
    wrong.quorums[0].persons = 4;
    let mut better = wrong.clone();
    better.quorums[0].persons = 3;
    Ladder::new(Town::empty(), Body::Genesis(Box::new(wrong)), key("issuer"))
        .refused(GenesisInvalid, |_, draft| draft.body = Body::Genesis(Box::new(better)))
        .refused(RuleSetUnknown, |_, draft| draft.body = Body::Genesis(Box::new(genesis())))
        .accepted();
}

#[test]
fn every_way_in_which_a_genesis_can_be_invalid_is_refused() {
    let breaks: [fn(&mut ledger::transaction::Genesis); 9] = [
        |genesis| genesis.operators[1].number = 1,
        |genesis| genesis.operators[1].key = genesis.operators[0].key,
        |genesis| genesis.quorums.push(genesis.quorums[0]),
        |genesis| genesis.quorums[0].act = 44,
        |genesis| genesis.quorums[0].persons = 0,
        |genesis| genesis.quorums[0].roles = Roles::of(&[Role::Auditor]),
        |genesis| genesis.limits.retain(|limits| limits.level != 0),
        |genesis| genesis.banks.retain(|bank| bank.medium == Medium::Digital),
        |genesis| genesis.banks[2].number = 1,
    ];
    for (number, change) in breaks.into_iter().enumerate() {
        let mut wrong = genesis();
        change(&mut wrong);
        let mut town = Town::empty();
        let order = town.genesis_order(wrong);
        assert_eq!(refusal(&mut town, &order), Some(GenesisInvalid), "change {number}");
    }
}

#[test]
fn what_is_exactly_at_a_bound_is_accepted() {
    let mut town = Town::new();
    let (anna, shop) = (town.resident_with("anna", 1_000_000), town.shop("shop"));
    let pay = |town: &mut Town, valid_until: u64, body: Body| {
        let order = town.order_until(body, &anna.key, valid_until);
        assert_eq!(refusal(town, &order), None);
    };
    let now = town.now;
    pay(&mut town, now, transfer(&anna, &shop, 1));
    pay(&mut town, now + MAX_VALIDITY_MS, transfer(&anna, &shop, 1));
    pay(&mut town, now, answer(&anna, &shop, 1, 1, now + MAX_CHARGE_AHEAD_MS));
    pay(&mut town, now, answer(&anna, &shop, 1, 2, now - CHARGE_GRACE_MS));
    pay(&mut town, now, transfer(&anna, &shop, 300_000));
    let phone = town.add_key(&anna, "phone", Scope::Limited(cap(100, 150)));
    for amount in [100, 50] {
        town.does(transfer(&anna, &shop, amount), &phone).unwrap();
    }
    town.now += DAY - 1;
    assert_eq!(town.does(transfer(&anna, &shop, 1), &phone).err(), Some(ScopeDayLimit));
    town.now += 1;
    town.does(transfer(&anna, &shop, 100), &phone).unwrap();
    town.needs(55, 2);
    let proposal = town.waiting(issue_notes(1));
    town.act(deposit(PAPER_BANK, 1, Purse::Cover)).unwrap();
    town.now += PROPOSAL_LIFE_MS;
    town.does(Body::Approve { proposal }, &key("operator 2")).unwrap();
    let full = town.newcomer("full");
    town.does(transfer(&anna, &full, 15_000), &anna.key).unwrap();
    town.does(transfer(&full, &shop, 15_000), &full.key).unwrap();
}

#[test]
fn the_same_bytes_are_recognised_until_their_last_moment_and_expired_after_it() {
    let mut town = Town::new();
    let (anna, shop) = (town.resident_with("anna", 1_000), town.shop("shop"));
    let order = town.order(transfer(&anna, &shop, 1), &anna.key);
    town.submit(&order).unwrap();
    for (passes, rejection) in [(HOUR, AlreadyRecorded), (1, Expired)] {
        town.now += passes;
        town.pay(&anna, &shop, 1);
        assert_eq!(refusal(&mut town, &order), Some(rejection));
    }
}

#[test]
fn the_reference_page_lists_every_rejection_in_order() {
    let page = include_str!("../FORMATS.md");
    let rows: Vec<String> = page
        .lines()
        .skip_while(|line| *line != "## Rejections")
        .filter(|line| line.starts_with("| `"))
        .map(str::to_owned)
        .collect();
    let expected: Vec<String> = Rejection::ALL.iter().map(|r| format!("| `{}` | {} |", r.code(), r.sentence())).collect();
    assert_eq!(rows, expected);
}
