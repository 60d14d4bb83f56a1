//! Keys that the association adds wait, so that the member's other devices can stop one that nobody asked for.

#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use ledger::account::Scope;
use ledger::encoding::DecodeError;
use ledger::rejection::Rejection::*;
use ledger::transaction::{Act, Body, Genesis, MAX_RECOVERY_DELAY_MS, NO_LEDGER, SignedTransaction, Transaction};

const WAIT: u64 = 3 * DAY;

/// A town where the association's keys wait for three days, with a member who has units, and a shop.
fn town() -> (Town, Member, Member) {
    let mut town = Town::with_genesis(Genesis { recovery_delay_ms: WAIT, ..genesis() });
    let (anna, shop) = (town.resident_with("anna", 10_000), town.shop("shop"));
    (town, anna, shop)
}

/// The same person with another key.
fn with(member: &Member, name: &str) -> Member {
    Member { id: member.id, key: key(name) }
}

fn associations_key(town: &mut Town, member: &Member, name: &str, scope: Scope) {
    town.act(Act::AddKey { account: member.id, key: public(name), scope }).unwrap();
}

fn revoke(member: &Member, name: &str) -> Body {
    Body::RevokeKey { account: member.id, key: public(name) }
}

#[test]
fn a_key_from_the_association_is_good_at_the_very_end_of_its_wait() {
    let (mut town, anna, shop) = town();
    let phone = with(&anna, "new phone");
    associations_key(&mut town, &anna, "new phone", Scope::Full);
    let from = town.now + WAIT;
    assert_eq!(town.account(&anna).grant(&public("new phone")).unwrap().from, from);
    town.now = from - 1;
    for body in [transfer(&phone, &shop, 1), revoke(&phone, "anna"), revoke(&phone, "new phone")] {
        assert_eq!(town.does(body, &phone.key).err(), Some(KeyNotYet));
    }
    town.now = from;
    town.does(transfer(&phone, &shop, 1), &phone.key).unwrap();
    town.does(revoke(&phone, "anna"), &phone.key).unwrap();
}

#[test]
fn scopes_that_can_pay_wait_and_the_others_do_not() {
    let (mut town, anna, shop) = town();
    let rows = [
        ("full", Scope::Full, true),
        ("limited", Scope::Limited(cap(1, 1)), true),
        ("collect", Scope::Collect(cap(1, 1), shop.id), true),
        ("till", Scope::Till { per_day: cents(1) }, true),
        ("card", Scope::CardService(cap(20_000, 20_000)), false),
        ("card of more than shopping", Scope::CardService(cap(1, 20_001)), true),
        ("read", Scope::Read, false),
    ];
    for (name, scope, waits) in rows {
        associations_key(&mut town, &anna, name, scope);
        let from = town.account(&anna).grant(&public(name)).unwrap().from;
        assert_eq!(from, if waits { town.now + WAIT } else { 0 }, "{name}");
        town.add_key(&shop, name, scope);
        assert_eq!(town.account(&shop).grant(&public(name)).unwrap().from, 0, "{name} of a member's own");
    }
}

#[test]
fn without_a_delay_in_the_genesis_every_key_is_good_at_once() {
    let mut town = Town::new();
    let anna = town.resident("anna");
    associations_key(&mut town, &anna, "new phone", Scope::Full);
    assert_eq!(town.account(&anna).grant(&public("new phone")).unwrap().from, 0);
}

#[test]
fn an_old_device_stops_a_key_that_waits_and_is_the_last_full_one_until_then() {
    let (mut town, anna, _) = town();
    associations_key(&mut town, &anna, "not hers", Scope::Full);
    assert_eq!(town.does(revoke(&anna, "anna"), &anna.key).err(), Some(LastFullKey));
    town.does(revoke(&anna, "not hers"), &anna.key).unwrap();
    town.now += WAIT;
    assert_eq!(town.does(revoke(&anna, "anna"), &key("not hers")).err(), Some(KeyNotOfAccount));
}

#[test]
fn who_lost_every_device_waits_and_has_the_same_account() {
    let (mut town, anna, shop) = town();
    town.act(Act::RevokeKey { account: anna.id, key: public("anna") }).unwrap();
    associations_key(&mut town, &anna, "new phone", Scope::Full);
    let phone = with(&anna, "new phone");
    assert_eq!(town.does(transfer(&phone, &shop, 1), &phone.key).err(), Some(KeyNotYet));
    town.now += WAIT;
    town.pay(&phone, &shop, 10_000);
    assert_eq!(town.balance(&anna), 0);
}

#[test]
fn a_delay_in_the_genesis_has_its_bounds() {
    let read = |recovery_delay_ms| {
        let body = Body::Genesis(Box::new(Genesis { recovery_delay_ms, ..genesis() }));
        let transaction = Transaction { nonce: [0; 8], valid_until: START, body };
        SignedTransaction::decode(&transaction.sign(&NO_LEDGER, &key("issuer")), &NO_LEDGER).map(|order| order.id())
    };
    assert!(read(MAX_RECOVERY_DELAY_MS).is_ok());
    assert!(matches!(read(MAX_RECOVERY_DELAY_MS + 1), Err(DecodeError::OutOfBounds(_))));
    assert_ne!(read(0), read(1));
}
