//! Payment cards: printed blank, given with a PIN, blocked after three wrong ones, whatever comes at once and across restarts.

#![allow(clippy::unwrap_used)]

mod common;

use common::node::Node;
use common::*;
use ledger::account::{AccountKind, Quorum, Roles, Scope};
use ledger::cards::{Blocked, Cards, MAX_FREE, MAX_FREE_SUM, Refused, State};
use ledger::fault::Fault;
use ledger::key::AccountId;
use ledger::ledger::Ledger;
use ledger::message::ChargeRequest;
use ledger::records::{KeyRange, Order, Table};
use ledger::transaction::{Act, Body, ChargeReference};
use std::sync::Arc;

const PIN: &str = "2580";
const PRINTED: u64 = START;

fn open(ledger: Ledger) -> (Arc<Ledger>, Cards) {
    let ledger = Arc::new(ledger);
    (ledger.clone(), Cards::open(ledger, key("card service")).unwrap())
}

/// Leaves no trace.
fn quiet(_: &AccountId) -> Result<(), Fault> {
    Ok(())
}

/// A node with one account, and one card that was given to it.
fn given(free_limit: u64) -> (Node, Arc<Ledger>, Cards, AccountId, String) {
    let node = Node::new();
    let ledger = node.create();
    let anna = node.account(&ledger, "anna", AccountKind::Resident);
    let (ledger, cards) = open(ledger);
    let printed = cards.print(10, PRINTED).unwrap();
    cards.give(3, &anna, (PIN, free_limit), (1, PRINTED + 1), quiet).unwrap().unwrap();
    (node, ledger, cards, anna, printed[2].token.clone())
}

#[test]
fn cards_are_printed_blank_and_found_by_their_secret_alone() {
    let (node, ledger, cards, anna, token) = given(0);
    assert_eq!((token.len(), cards.find(&token)), (22, Some(3)));
    let spaced: String = token.chars().enumerate().flat_map(|(i, c)| [Some(c), (i % 4 == 3).then_some(' ')]).flatten().collect();
    assert_eq!(cards.find(&spaced), Some(3), "typed in groups");
    let (first, rest) = token.split_at(1);
    let other = format!("{}{rest}", if first == "A" { "B" } else { "A" });
    for wrong in ["", "C-000003", "3", &token[1..], &other] {
        assert_eq!(cards.find(wrong), None, "{wrong}");
    }
    let (held, blank) = cards.given(10).unwrap();
    assert_eq!((held.len(), blank, held[0].account), (1, 9, Some(anna)));
    assert_eq!(cards.allow(4, 1, Some(PIN), 0).unwrap(), Err(Refused::Unknown), "a blank card pays nothing");
    assert_eq!(cards.give(3, &anna, (PIN, 0), (1, 0), quiet).unwrap(), Err(Refused::Given));
    assert_eq!(cards.give(77, &anna, (PIN, 0), (1, 0), quiet).unwrap(), Err(Refused::Unknown));
    assert_eq!(cards.give(4, &anna, ("1111", 0), (1, 0), quiet).unwrap(), Err(Refused::PinWeak));
    assert_eq!(cards.give(4, &anna, (PIN, MAX_FREE + 1), (1, 0), quiet).unwrap(), Err(Refused::FreeTooHigh));
    drop((ledger, cards));
    let (_, cards) = open(node.reopened());
    assert_eq!(cards.find(&token), Some(3));
    assert_eq!(cards.print(1, PRINTED).unwrap()[0].number, 11, "numbers go on");
}

#[test]
fn three_wrong_pins_block_a_card_also_across_a_restart_and_the_right_one_comes_too_late() {
    let (node, ledger, cards, anna, _) = given(0);
    assert_eq!(cards.allow(3, 100, None, 0).unwrap(), Err(Refused::PinNeeded));
    assert_eq!(cards.allow(3, 100, Some("0000"), 0).unwrap(), Err(Refused::PinWrong(2)));
    assert_eq!(cards.allow(3, 100, Some(PIN), 5).unwrap(), Ok(anna), "the right one forgets the wrong ones");
    assert_eq!(cards.allow(3, 100, Some("no pin at all"), 0).unwrap(), Err(Refused::PinWrong(2)));
    assert_eq!(cards.allow(3, 100, Some(""), 0).unwrap(), Err(Refused::PinWrong(1)));
    drop((ledger, cards));
    let (_ledger, cards) = open(node.reopened());
    assert_eq!(cards.allow(3, 100, Some("2581"), 0).unwrap(), Err(Refused::Blocked));
    assert_eq!(cards.allow(3, 100, Some(PIN), 0).unwrap(), Err(Refused::Blocked));
    assert_eq!(cards.card(3).unwrap().unwrap().state(), State::WrongPins);
    cards.unblock(3, 1, quiet).unwrap().unwrap();
    assert_eq!(cards.allow(3, 100, Some(PIN), 9).unwrap(), Ok(anna));
    assert_eq!(cards.new_pin(3, "1379", 1, quiet).unwrap(), Ok(()));
    assert_eq!(cards.allow(3, 100, Some(PIN), 9).unwrap(), Err(Refused::PinWrong(2)));
    assert_eq!(cards.allow(3, 100, Some("1379"), 9).unwrap(), Ok(anna));
}

#[test]
fn many_at_once_get_three_attempts_together() {
    let (_node, _ledger, cards, _, _) = given(0);
    // While one of the card waits already, the next has to come again.
    let guess = |n: u32| loop {
        match cards.allow(3, 1, Some(&format!("{:04}", 7000 + n)), 0).unwrap() {
            Err(Refused::Busy) => std::thread::yield_now(),
            answer => return answer,
        }
    };
    let answers: Vec<_> = std::thread::scope(|scope| {
        let guesses: Vec<_> = (0..12).map(|n| scope.spawn(move || guess(n))).collect();
        guesses.into_iter().map(|guess| guess.join().unwrap()).collect()
    });
    let wrong = |left| answers.iter().filter(|answer| **answer == Err(Refused::PinWrong(left))).count();
    assert_eq!((wrong(2), wrong(1)), (1, 1));
    assert_eq!(answers.iter().filter(|answer| **answer == Err(Refused::Blocked)).count(), 10);
    assert_eq!(cards.allow(3, 1, Some(PIN), 0).unwrap(), Err(Refused::Blocked));
}

#[test]
fn without_its_pin_a_card_pays_little_and_not_often() {
    let (_node, _ledger, cards, anna, _) = given(MAX_FREE);
    assert_eq!(cards.allow(3, MAX_FREE + 1, None, 0).unwrap(), Err(Refused::PinNeeded));
    for _ in 0..MAX_FREE_SUM / MAX_FREE {
        assert_eq!(cards.allow(3, MAX_FREE, None, 0).unwrap(), Ok(anna));
    }
    assert_eq!(cards.allow(3, MAX_FREE, None, 0).unwrap(), Err(Refused::PinNeeded));
    assert_eq!(cards.allow(3, MAX_FREE_SUM % MAX_FREE, None, 0).unwrap(), Ok(anna), "up to the sum, and no cent more");
    assert_eq!(cards.allow(3, 1, None, 0).unwrap(), Err(Refused::PinNeeded));
    assert_eq!(cards.allow(3, 100, Some(PIN), 0).unwrap(), Ok(anna));
    assert_eq!(cards.allow(3, MAX_FREE, None, 0).unwrap(), Ok(anna));
}

#[test]
fn a_blocked_card_pays_nothing_until_the_office_says_otherwise() {
    let (_node, _ledger, cards, anna, _) = given(MAX_FREE);
    for (who, state) in [(Blocked::Holder, State::ByHolder), (Blocked::Office, State::ByOffice)] {
        cards.block(3, who, quiet).unwrap().unwrap();
        assert_eq!(cards.card(3).unwrap().unwrap().state(), state);
        for pin in [None, Some(PIN)] {
            assert_eq!(cards.allow(3, 1, pin, 0).unwrap(), Err(Refused::Blocked));
        }
    }
    cards.unblock(3, 1, quiet).unwrap().unwrap();
    assert_eq!(cards.allow(3, 1, None, 0).unwrap(), Ok(anna));
    assert_eq!(cards.block(4, Blocked::Office, quiet).unwrap(), Err(Refused::Unknown));
}

#[test]
fn the_same_card_pays_the_same_request_once_and_only_where_its_key_may() {
    let (node, ledger, cards, anna, _) = given(0);
    let shop = node.account(&ledger, "shop", AccountKind::Professional);
    let charge = ChargeReference { id: [9; 16], expires: START + HOUR };
    let request = ChargeRequest { payee: shop, amount: cents(500), charge, reference: None };
    let order = cards.order(3, &request).unwrap().unwrap();
    assert_eq!(cards.order(3, &request).unwrap().as_ref(), Some(&order), "the same bytes");
    let other = ChargeRequest { amount: cents(501), ..request };
    assert_ne!(cards.order(3, &other).unwrap().as_ref(), Some(&order));
    assert_eq!(cards.order(4, &other).unwrap(), None, "a blank card has nobody who pays");
    assert!(!cards.may_pay(&anna, START));
    let scope = Scope::CardService(cap(5_000, 10_000));
    node.act(&ledger, Act::AddKey { account: anna, key: cards.key(), scope });
    assert!(cards.may_pay(&anna, START));
    let signed = ledger.decode(&order).unwrap();
    assert_eq!(signed.signer(), cards.key());
    assert!(matches!(signed.body(), Body::Transfer(transfer) if transfer.payer == anna && transfer.charge == Some(charge)));
}

#[test]
fn the_records_hold_neither_token_nor_pin_and_nothing_readable_after_an_erasure() {
    let (_node, ledger, cards, anna, token) = given(0);
    cards.allow(3, 1, Some(PIN), 77).unwrap().unwrap();
    let kept = ledger.records().scan(Table(26), &KeyRange::all(), 100, Order::Ascending).unwrap();
    let secret = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, &token).unwrap();
    for (_, value) in &kept {
        let holds = |part: &[u8]| value.windows(part.len()).any(|window| window == part);
        assert!(!holds(&secret) && !holds(token.as_bytes()) && !holds(b"$argon2id$"));
    }
    ledger.directory().erase(&anna).unwrap();
    let card = cards.card(3).unwrap().unwrap();
    assert_eq!((card.state(), card.last_used(), card.given()), (State::Erased, None, None));
    assert_eq!(cards.allow(3, 1, Some(PIN), 0).unwrap(), Err(Refused::Blocked));
    assert_eq!(cards.unblock(3, 1, quiet).unwrap(), Err(Refused::Blocked));
}

/// An account that pays by card, where letting it asks for so many persons: card 3 is from before, person 1 gave card 4 since.
fn paying(persons: u8) -> (Node, Arc<Ledger>, Cards, AccountId) {
    let (node, ledger, cards, anna, _) = given(MAX_FREE);
    node.act(&ledger, Act::AddKey { account: anna, key: cards.key(), scope: Scope::CardService(cap(5_000, 10_000)) });
    node.act(&ledger, Act::SetQuorum(Quorum { act: 0, persons, roles: Roles::ACTING }));
    cards.give(4, &anna, (PIN, 0), (1, 0), quiet).unwrap().unwrap();
    (node, ledger, cards, anna)
}

#[test]
fn one_person_alone_cannot_spend_from_an_account_that_pays_by_card() {
    type Step = fn(&Cards) -> Result<Result<(), Refused>, Fault>;
    let (_node, _ledger, cards, anna) = paying(2);
    assert_eq!(cards.allow(3, 100, Some(PIN), 0).unwrap(), Ok(anna), "given before the account paid by card");
    // Given, with a new PIN, and opened again: each by one person, each until another one confirms it.
    let steps: [(u32, Step); 3] = [
        (4, |_| Ok(Ok(()))),
        (3, |cards| cards.new_pin(3, PIN, 1, quiet)),
        (3, |cards| cards.block(3, Blocked::Office, quiet).and_then(|_| cards.unblock(3, 1, quiet))),
    ];
    for (number, step) in steps {
        step(&cards).unwrap().unwrap();
        let waits = || cards.waits_after(&cards.card(number).unwrap().unwrap());
        assert_eq!(waits(), Some(1));
        for pin in [None, Some("7777"), Some("7777"), Some("7777"), Some(PIN)] {
            assert_eq!(cards.allow(number, 100, pin, 0).unwrap(), Err(Refused::Waits), "no PIN is looked at");
        }
        assert_eq!(cards.confirm(number, 1, quiet).unwrap(), Err(Refused::SamePerson));
        assert_eq!(cards.allow(number, 100, Some(PIN), 0).unwrap(), Err(Refused::Waits));
        assert_eq!(cards.confirm(number, 2, quiet).unwrap(), Ok(()));
        assert_eq!((waits(), cards.allow(number, 100, Some(PIN), 0).unwrap()), (None, Ok(anna)));
        assert_eq!(cards.confirm(number, 2, quiet).unwrap(), Err(Refused::Settled));
    }
}

#[test]
fn who_opens_a_waiting_card_again_does_not_take_the_place_of_who_chose_its_pin() {
    let (node, ledger, cards, anna) = paying(2);
    cards.block(4, Blocked::Holder, quiet).unwrap().unwrap();
    cards.unblock(4, 2, quiet).unwrap().unwrap();
    assert_eq!(cards.confirm(4, 1, quiet).unwrap(), Err(Refused::SamePerson));
    drop((ledger, cards));
    let (_ledger, cards) = open(node.reopened());
    assert_eq!(cards.allow(4, 100, Some(PIN), 0).unwrap(), Err(Refused::Waits), "across a restart");
    assert_eq!(cards.confirm(4, 2, quiet).unwrap(), Ok(()));
    assert_eq!(cards.allow(4, 100, Some(PIN), 0).unwrap(), Ok(anna));
}

#[test]
fn nothing_waits_where_one_person_may_let_a_card_pay() {
    let (_node, _ledger, cards, anna) = paying(1);
    cards.new_pin(4, PIN, 1, quiet).unwrap().unwrap();
    assert_eq!(cards.allow(4, 100, Some(PIN), 0).unwrap(), Ok(anna));
    assert_eq!(cards.confirm(4, 2, quiet).unwrap(), Err(Refused::Settled));
}

#[test]
fn the_trace_comes_before_the_change_and_what_is_refused_leaves_none() {
    let (_node, _ledger, cards, anna, _) = given(0);
    let full = |_: &AccountId| Err(Fault::Busy);
    assert_eq!(cards.block(3, Blocked::Office, full), Err(Fault::Busy));
    assert_eq!(cards.card(3).unwrap().unwrap().state(), State::Good, "no trace, no change");
    assert_eq!(cards.give(4, &anna, (PIN, 0), (1, 0), full), Err(Fault::Busy));
    assert_eq!(cards.card(4).unwrap().unwrap().account, None);
    let never = |_: &AccountId| -> Result<(), Fault> { panic!("what is refused leaves no trace") };
    assert_eq!(cards.new_pin(3, "1111", 1, never).unwrap(), Err(Refused::PinWeak));
    assert_eq!(cards.confirm(3, 2, never).unwrap(), Err(Refused::Settled));
}

#[test]
fn only_an_open_account_gets_a_card() {
    let (node, ledger, cards, anna, _) = given(0);
    let nobody = AccountId([7; 16]);
    node.act(&ledger, Act::SuspendAccount { account: anna, reason: 1 });
    for account in [anna, nobody] {
        assert_eq!(cards.give(4, &account, (PIN, 0), (1, 0), quiet).unwrap(), Err(Refused::NotOpen));
    }
    node.act(&ledger, Act::ResumeAccount { account: anna });
    cards.give(4, &anna, (PIN, 0), (1, 0), quiet).unwrap().unwrap();
    let bea = node.account(&ledger, "bea", AccountKind::Resident);
    node.does(&ledger, Body::CloseAccount { account: bea }, "bea");
    assert_eq!(cards.give(5, &bea, (PIN, 0), (1, 0), quiet).unwrap(), Err(Refused::NotOpen));
}
