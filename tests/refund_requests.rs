//! A payer asks for money back: the one who was paid decides, and nothing moves without their refund.

#![allow(clippy::unwrap_used)]

mod common;

use common::person::Person;
use common::{Cast, Town, key_of};
use ledger::account::{Scope, SpendingCap};
use ledger::amount::Amount;
use ledger::key::{AccountId, Hash32};
use ledger::transaction::Body;
use reqwest::Method;
use serde_json::{Value, json};

fn cents(cents: u64) -> Amount {
    Amount::from_cents(cents).unwrap()
}

struct Story<'t> {
    cast: Cast,
    member: Person<'t>,
    shop: Person<'t>,
}

impl<'t> Story<'t> {
    async fn of(town: &'t Town) -> Story<'t> {
        let cast = Cast::of(town).await;
        let member = Person::with(town, cast.resident_key.clone()).await;
        let shop = Person::with(town, cast.shop_key.clone()).await;
        Story { cast, member, shop }
    }

    async fn pays(&self, amount: u64) -> u64 {
        self.member.sign(self.cast.transfer(amount)).await.unwrap()
    }

    fn path(&self, account: &AccountId) -> String {
        format!("/v1/accounts/{}", account.to_text(&self.cast.prefix))
    }

    async fn asks(&self, sequence: u64, reason: &str) -> (u16, String) {
        let body = json!({ "reason": reason });
        self.member.refused(Method::POST, &format!("/v1/entries/{sequence}/refund-request"), Some(body)).await
    }

    async fn declines(&self, sequence: u64) -> (u16, String) {
        self.shop.refused(Method::POST, &format!("/v1/entries/{sequence}/refund-request/decline"), None).await
    }

    async fn gives_back(&self, original: u64, amount: u64) {
        self.shop.sign(Body::Refund { account: self.cast.shop, original, item: 0, amount: cents(amount) }).await.unwrap();
    }

    /// The state on both sides, which is the same.
    async fn state(&self, sequence: u64) -> Value {
        let path = format!("/v1/entries/{sequence}");
        let (payers, payees) = (self.member.get(&path).await, self.shop.get(&path).await);
        assert_eq!(payers["refund_request"], payees["refund_request"]);
        payers["refund_request"]["state"].clone()
    }

    async fn asked_of_the_shop(&self) -> Vec<Value> {
        let path = format!("{}/refund-requests", self.path(&self.cast.shop));
        self.shop.get(&path).await["requests"].as_array().unwrap().clone()
    }

    async fn open_at_the_shop(&self) -> Value {
        self.shop.get(&self.path(&self.cast.shop)).await["refund_requests"].clone()
    }
}

#[tokio::test]
async fn a_request_reaches_the_shop_once_and_a_refund_answers_it() {
    let town = Town::new();
    let story = Story::of(&town).await;
    let payment = story.pays(500).await;
    assert_eq!(story.state(payment).await, Value::Null);
    assert_eq!(story.asks(payment, " The bag was torn ").await, (204, String::new()));
    assert_eq!(story.asks(payment, "Really").await, (409, "refund_requested".into()));
    assert_eq!((story.state(payment).await, story.open_at_the_shop().await), (json!("open"), json!(1)));
    let asked = story.asked_of_the_shop().await;
    let [request] = &asked[..] else { panic!("{asked:?}") };
    let expected = json!({
        "sequence": payment, "item": 0, "payer": town.link("resident_account"), "amount": 500, "refunded": 0,
        "time": request["time"], "state": "open", "reason": "The bag was torn",
    });
    assert_eq!(request, &expected);
    story.gives_back(payment, 200).await;
    assert_eq!((story.state(payment).await, story.open_at_the_shop().await), (json!("refunded"), json!(0)));
    assert_eq!(story.declines(payment).await, (409, "refund_not_requested".into()), "it is answered");
}

#[tokio::test]
async fn who_was_paid_may_say_no_and_think_again() {
    let town = Town::new();
    let story = Story::of(&town).await;
    let (payment, gone) = (story.pays(500).await, story.pays(300).await);
    assert_eq!(story.declines(payment).await, (409, "refund_not_requested".into()), "nobody asked");
    story.asks(payment, "").await;
    assert_eq!(story.declines(payment).await, (204, String::new()));
    assert_eq!((story.state(payment).await, story.open_at_the_shop().await), (json!("declined"), json!(0)));
    assert_eq!(story.asks(payment, "Please").await, (409, "refund_requested".into()), "a no is not asked again");
    story.gives_back(payment, 500).await;
    assert_eq!(story.state(payment).await, json!("refunded"));
    story.gives_back(gone, 300).await;
    assert_eq!(story.asks(gone, "").await, (409, "refund_exceeds".into()), "nothing is left of it");
}

#[tokio::test]
async fn only_keys_of_the_payer_that_pay_ask_and_only_keys_of_the_payee_that_refund_answer() {
    let town = Town::new();
    let story = Story::of(&town).await;
    let payment = story.pays(500).await;
    let path = format!("/v1/entries/{payment}/refund-request");
    let (decline, list) = (format!("{path}/decline"), format!("{}/refund-requests", story.path(&story.cast.shop)));
    let cap = SpendingCap { per_payment: cents(500), per_day: cents(500) };
    let key = async |owner: &Person<'_>, account, name: &str, scope| {
        let key = key_of(&Hash32::of(name.as_bytes()).to_string());
        owner.sign(Body::AddKey { account, key: key.verifying_key().into(), scope }).await.unwrap();
        Person::with(&town, key).await
    };
    let (resident, shop) = (story.cast.resident, story.cast.shop);
    let reader = key(&story.member, resident, "reader", Scope::Read).await;
    let card = key(&story.member, resident, "card", Scope::CardService(cap)).await;
    let child = key(&story.member, resident, "child", Scope::Limited(cap)).await;
    let till = key(&story.shop, shop, "till", Scope::Till { per_day: cents(500) }).await;
    let clerk = key(&story.shop, shop, "clerk", Scope::Limited(cap)).await;
    let body = || Some(json!({ "reason": "" }));
    let (not_allowed, absent) = ((403, "not_allowed".to_owned()), (404, "not_found".to_owned()));
    for (person, expected) in [(&reader, &not_allowed), (&card, &absent), (&till, &absent), (&story.shop, &absent)] {
        assert_eq!(&person.refused(Method::POST, &path, body()).await, expected);
    }
    assert_eq!(child.refused(Method::POST, &path, body()).await.0, 204);
    for (person, expected) in [(&clerk, &not_allowed), (&story.member, &absent), (&reader, &absent)] {
        assert_eq!(&person.refused(Method::POST, &decline, None).await, expected);
    }
    assert_eq!((clerk.ask(Method::GET, &list, None).await.0, reader.ask(Method::GET, &list, None).await.0), (403, 403));
    assert_eq!(till.get(&list).await["requests"][0]["state"], json!("open"));
    assert_eq!(till.refused(Method::POST, &decline, None).await.0, 204);
}

#[tokio::test]
async fn a_payment_in_a_list_is_asked_back_by_its_place() {
    let town = Town::new();
    let story = Story::of(&town).await;
    let payments = vec![(story.cast.shop, cents(100)), (story.cast.shop, cents(200))];
    let sequence = story.member.sign(Body::Transfers { payer: story.cast.resident, payments }).await.unwrap();
    let path = format!("/v1/entries/{sequence}/refund-request");
    for (item, expected) in [(1, 204), (2, 404)] {
        let body = json!({ "reason": "", "item": item });
        assert_eq!(story.member.ask(Method::POST, &path, Some(body)).await.0, expected);
    }
    let asked = story.asked_of_the_shop().await;
    assert_eq!((asked.len(), &asked[0]["item"], &asked[0]["amount"]), (1, &json!(1), &json!(200)));
    assert_eq!(story.shop.ask(Method::POST, &format!("{path}/decline?item=1"), None).await.0, 204);
}

#[tokio::test]
async fn what_was_written_is_in_no_file_of_the_data_in_plain() {
    let town = Town::new();
    let story = Story::of(&town).await;
    let payment = story.pays(500).await;
    let secret = "Remboursement-secret-4711";
    assert_eq!(story.asks(payment, secret).await.0, 204);
    let mut folders = vec![town.data.clone()];
    let mut read = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if let Ok(bytes) = std::fs::read(&entry) {
                read += 1;
                let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "{}", entry.display());
            }
        }
    }
    assert!(read > 5);
}
