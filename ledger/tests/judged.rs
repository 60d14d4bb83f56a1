//! Whatever can be decoded is judged: orders with numbers, accounts and hashes of any size and in any place are accepted or refused, and
//! no rule panics, loses a cent or leaves a shortfall that no bank made.
//!
//! `SEED=7 cargo test -p ledger --test judged` plays one town again.

#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/dice.rs"]
mod dice;

use ciborium::Value;
use common::*;
use dice::Dice;
use ledger::account::Medium;
use ledger::key::AccountId;
use ledger::transaction::{Act, Body, Kind, Purse, SignedTransaction, Transaction};
use std::collections::BTreeMap;

/// Towns, and orders in each.
const TOWNS: u64 = 600;
const ORDERS: u64 = 60;

/// The payloads of the golden vectors but the genesis.
fn payloads() -> Vec<Value> {
    let lines = include_str!("golden.txt").lines().filter_map(|line| line.split_once(".payload = "));
    let bytes = lines.filter(|(name, _)| *name != "genesis").map(|(_, digits)| hex::decode(digits).unwrap());
    bytes.filter(|bytes| Transaction::decode(bytes).is_ok()).map(|bytes| ciborium::from_reader(&bytes[..]).unwrap()).collect()
}

/// Numbers at the edges of what the format, the rules and the machine can hold.
fn edge(dice: &mut Dice) -> u64 {
    const WHOLE: u64 = 1_000_000_000_000;
    let edges = [0, 1, 2, 3, 9, 100, 1_000, 65_535, 65_536, WHOLE, WHOLE + 1, 1_000 * WHOLE, u64::MAX - 1, u64::MAX];
    match dice.below(4) {
        0 => START + dice.below(4) * 30 * DAY,
        1 => dice.below(30),
        _ => dice.pick(&edges).unwrap(),
    }
}

/// Other numbers, accounts and hashes in the places of some.
fn twisted(value: &Value, known: &Known, dice: &mut Dice) -> Value {
    match value {
        Value::Integer(_) if dice.chance(20) => Value::from(edge(dice)),
        // The redemptions of the vectors are those of the town.
        Value::Integer(number) => {
            let place = [9, 12, 300].iter().position(|named| *number == ciborium::value::Integer::from(*named));
            place.map_or_else(|| value.clone(), |place| Value::from(known.redemptions[place]))
        }
        Value::Bytes(bytes) if bytes.len() == 16 => Value::Bytes(dice.pick(&known.accounts).unwrap().0.to_vec()),
        Value::Bytes(bytes) if bytes.len() == 32 && dice.chance(40) => {
            Value::Bytes(hash(&format!("credit {}", dice.below(4))).0.to_vec())
        }
        Value::Array(items) if items.len() > 1 && dice.chance(40) => twisted(&Value::Array(items[1..].to_vec()), known, dice),
        Value::Array(items) => Value::Array(items.iter().map(|item| twisted(item, known, dice)).collect()),
        Value::Map(pairs) => Value::Map(pairs.iter().map(|(key, value)| (key.clone(), twisted(value, known, dice))).collect()),
        same => same.clone(),
    }
}

/// What orders can name.
struct Known {
    accounts: Vec<AccountId>,
    redemptions: Vec<u64>,
}

/// A town with something of everything.
fn lively() -> (Town, Known) {
    let mut town = Town::new();
    town.sponsor(campaign(1), 5_000);
    town.act(Act::PublishFee(fee_rule(1))).unwrap();
    town.act(Act::PublishGift(gift_rule(1))).unwrap();
    town.act(deposit(DIGITAL_BANK, 5_000, Purse::Own)).unwrap();
    town.act(deposit(PAPER_BANK, 5_000, Purse::Cover)).unwrap();
    let (anna, shop, club) = (town.resident("anna"), town.shop("shop"), town.association("club"));
    (0..3).for_each(|n| drop(town.convert(&format!("credit {n}"), &anna, 20_000)));
    town.act(record_credit("credit 3", 5_000)).unwrap();
    town.pay(&anna, &shop, 9_000);
    town.does(choose(&anna, &[&club]), &anna.key).unwrap();
    town.does(Body::RedeemAbove { account: shop.id, keep: Some(500) }, &shop.key).unwrap();
    let redemptions = (0..3).map(|_| town.redeem(&shop, 500)).collect();
    town.now += 61 * DAY;
    (town, Known { accounts: vec![anna.id, shop.id, club.id], redemptions })
}

fn play(seed: u64, payloads: &[Value], accepted: &mut BTreeMap<Kind, u64>) {
    let mut dice = Dice(seed);
    let (mut town, known) = lively();
    for nonce in 0..ORDERS {
        let mut value = twisted(&dice.pick(payloads).unwrap(), &known, &mut dice);
        // The kinds stay what they are; nonce and end are the order's own.
        let pairs = value.as_map_mut().unwrap();
        (pairs[1].1, pairs[2].1) = (Value::Bytes(nonce.to_be_bytes().to_vec()), Value::from(town.now + HOUR));
        let mut payload = Vec::new();
        ciborium::into_writer(&value, &mut payload).unwrap();
        let Ok(transaction) = Transaction::decode(&payload) else { continue };
        let signer = dice.pick(&["operator 1", "operator 2", "anna", "shop"]).unwrap();
        let ledger = town.state.ledger();
        let order = SignedTransaction::decode(&transaction.sign(&ledger, &key(signer)), &ledger).unwrap();
        let before = Medium::ALL.iter().map(|medium| town.surplus(*medium)).collect::<Vec<_>>();
        let Ok(effects) = town.submit(&order) else { continue };
        let kind = effects.executed.as_ref().map_or(order.body().kind(), Act::kind);
        *accepted.entry(kind).or_default() += 1;
        let fact = matches!(kind, Kind::BankReturn | Kind::BankFee);
        for (medium, before) in Medium::ALL.iter().zip(before) {
            assert!(fact || town.surplus(*medium) >= before.min(0), "SEED={seed} {:?}", order.body());
        }
        let circulation: i64 = town.state.accounts().iter().map(|account| account.balance.get()).sum();
        assert_eq!(circulation, town.state.books().circulation(Medium::Digital).get(), "SEED={seed}");
        for bank in town.state.books().banks() {
            assert!(town.claim(ledger::books::Book::Own(bank.number)) >= 0, "SEED={seed}: own money below zero");
        }
        // A wrong quorum or a dismissal would end the play.
        if matches!(kind, Kind::SetQuorum | Kind::AppointOperator | Kind::DismissOperator) {
            town = lively().0;
        }
    }
}

#[test]
fn any_order_that_can_be_decoded_is_accepted_or_refused_and_no_rule_panics() {
    let payloads = payloads();
    let mut accepted = BTreeMap::new();
    let seeds = match std::env::var("SEED") {
        Ok(seed) => vec![seed.parse().expect("SEED is a number")],
        Err(_) => (0..TOWNS).collect(),
    };
    let all = seeds.len() > 1;
    for seed in seeds {
        let judged = std::panic::AssertUnwindSafe(|| play(seed, &payloads, &mut accepted));
        if let Err(panic) = std::panic::catch_unwind(judged) {
            println!("SEED={seed}");
            std::panic::resume_unwind(panic);
        }
    }
    println!("accepted: {accepted:?}");
    let new = [
        Kind::Choose,
        Kind::RedeemAbove,
        Kind::PassOn,
        Kind::PublishGift,
        Kind::GiveGifts,
        Kind::RedeemStanding,
        Kind::OrderRedemptions,
    ];
    assert!(!all || new.iter().all(|kind| accepted.contains_key(kind)), "{accepted:?}");
}
