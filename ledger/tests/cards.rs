//! Payment cards: printed blank, given with a PIN, blocked after three wrong ones, whatever comes at once and across restarts.

#![allow(clippy::unwrap_used)]

mod common;

use common::node::Node;
use common::*;
use ledger::account::{AccountKind, Scope};
use ledger::cards::{Blocked, Cards, MAX_FREE, MAX_FREE_SUM, Refused, State};
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

/// A node with one account, and one card that was given to it.
fn given(free_limit: u64) -> (Node, Arc<Ledger>, Cards, ledger::key::AccountId, String) {
    let node = Node::new();
    let ledger = node.create();
    let anna = node.account(&ledger, "anna", AccountKind::Resident);
    let (ledger, cards) = open(ledger);
    let printed = cards.print(10, PRINTED).unwrap();
    cards.give(3, &anna, (PIN, free_limit), PRINTED + 1).unwrap().unwrap();
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
    assert_eq!(cards.give(3, &anna, (PIN, 0), 0).unwrap(), Err(Refused::Given));
    assert_eq!(cards.give(77, &anna, (PIN, 0), 0).unwrap(), Err(Refused::Unknown));
    assert_eq!(cards.give(4, &anna, ("1111", 0), 0).unwrap(), Err(Refused::PinWeak));
    assert_eq!(cards.give(4, &anna, (PIN, MAX_FREE + 1), 0).unwrap(), Err(Refused::FreeTooHigh));
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
    cards.block(3, Blocked::No).unwrap().unwrap();
    assert_eq!(cards.allow(3, 100, Some(PIN), 9).unwrap(), Ok(anna));
    assert_eq!(cards.new_pin(3, "1379").unwrap(), Ok(()));
    assert_eq!(cards.allow(3, 100, Some(PIN), 9).unwrap(), Err(Refused::PinWrong(2)));
    assert_eq!(cards.allow(3, 100, Some("1379"), 9).unwrap(), Ok(anna));
}

#[test]
fn many_at_once_get_three_attempts_together() {
    let (_node, _ledger, cards, _, _) = given(0);
    let guess = |n: u32| cards.allow(3, 1, Some(&format!("{:04}", 7000 + n)), 0).unwrap();
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
        cards.block(3, who).unwrap().unwrap();
        assert_eq!(cards.card(3).unwrap().unwrap().state(), state);
        for pin in [None, Some(PIN)] {
            assert_eq!(cards.allow(3, 1, pin, 0).unwrap(), Err(Refused::Blocked));
        }
    }
    cards.block(3, Blocked::No).unwrap().unwrap();
    assert_eq!(cards.allow(3, 1, None, 0).unwrap(), Ok(anna));
    assert_eq!(cards.block(4, Blocked::Office).unwrap(), Err(Refused::Unknown));
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
    assert_eq!(cards.block(3, Blocked::No).unwrap(), Err(Refused::Blocked));
}
