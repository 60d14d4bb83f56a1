//! An account understood, and left: statements that add up, everything to take along, and the erasure after the end.

#![allow(clippy::unwrap_used)]

mod common;

use common::person::Person;
use common::{Cast, Town, get, key_of, now, order, post};
use ledger::SigningKey;
use ledger::account::{AccountKind, Scope};
use ledger::amount::Amount;
use ledger::key::{AccountId, Hash32, PublicKey};
use ledger::message::sign_in;
use ledger::transaction::{Body, OpenAccount, SignedTransaction, Transfer};
use reqwest::Method;
use serde_json::{Value, json};

const CREDITOR: &str = "creditor_id = \"FR72ZZZ123456\"";
const MEMO: &str = "merci; =1+1 \"voisine\"";

fn transfer(payer: AccountId, payee: AccountId, cents: u64, memo: Option<Hash32>) -> Body {
    Body::Transfer(Transfer { payer, payee, amount: Amount::from_cents(cents).unwrap(), charge: None, memo })
}

/// Somebody new, who opened an account.
async fn newcomer(town: &Town, cast: &Cast) -> (AccountId, SigningKey) {
    let key = SigningKey::from_bytes(&[91; 32]);
    let open = OpenAccount { kind: AccountKind::Resident, key: key.verifying_key().into(), level: 0, groups: Vec::new() };
    let signed = order(Body::OpenAccount(open)).sign(&cast.ledger, &key);
    let id = SignedTransaction::decode(&signed, &cast.ledger).unwrap().id();
    assert_eq!(post(&town.url("/v1/transactions"), signed).await.0, 200);
    (AccountId::opened_by(&id), key)
}

async fn submit(town: &Town, cast: &Cast, key: &SigningKey, body: Body) -> (u16, Value) {
    let (status, answer) = post(&town.url("/v1/transactions"), order(body).sign(&cast.ledger, key)).await;
    let words = if status == 200 { json!({}) } else { serde_json::from_slice(&answer).unwrap() };
    (status, words)
}

/// Asks for an erasure; gives the status and the code of a refusal.
async fn erase(town: &Town, cast: &Cast, account: &str, key: &SigningKey) -> (u16, String) {
    let answer = reqwest::Client::new().post(town.url("/v1/sign-in/challenge")).send().await.unwrap();
    let answer: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    let challenge =
        base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, answer["challenge"].as_str().unwrap());
    let proof = sign_in(&challenge.unwrap().try_into().unwrap(), &cast.ledger, key);
    let (status, body) = post(&town.url(&format!("/v1/accounts/{account}/erasure")), proof).await;
    let words: Value = serde_json::from_slice(&body).unwrap_or_default();
    (status, words["code"].as_str().unwrap_or_default().to_owned())
}

fn cents(cell: &str) -> i64 {
    cell.replace(',', "").parse().unwrap()
}

/// The cells of a statement's rows below its heading.
async fn table(person: &Person<'_>, path: &str) -> Vec<Vec<String>> {
    let answer = person.answer(Method::GET, path, None).await;
    assert_eq!(answer.status().as_u16(), 200);
    let text = String::from_utf8(answer.bytes().await.unwrap().to_vec()).unwrap();
    let rows = text.strip_prefix('\u{feff}').expect("a spreadsheet wants the mark").trim_end().split("\r\n").skip(1);
    rows.map(|row| row.split(';').map(str::to_owned).collect()).collect()
}

#[tokio::test]
async fn a_statement_adds_up_over_any_period_and_never_leaves_a_movement_out() {
    let town = Town::new();
    let cast = Cast::of(&town).await;
    let person = Person::with(&town, cast.resident_key.clone()).await;
    let account = town.link("resident_account").to_owned();
    let a = |rest: &str| format!("/v1/accounts/{account}{rest}");
    assert_eq!(submit(&town, &cast, &cast.resident_key, cast.transfer(123)).await.0, 200);
    let (mut lines, mut from) = (Vec::new(), String::new());
    loop {
        let page = person.get(&a(&format!("/statement?limit=7{from}"))).await;
        lines.extend(page["lines"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next"].as_u64() else { break };
        from = format!("&from={next}");
    }
    lines.retain(|line| line["amount"] != 0);
    lines.reverse();
    let balance = person.get(&a("")).await["balance"].as_i64().unwrap();

    let rows = table(&person, &a("/statement.csv")).await;
    assert_eq!(rows.len(), lines.len() + 2, "the balances at both ends, and every movement");
    let mut sum = 0;
    for (row, line) in rows[1..].iter().zip(&lines) {
        sum += line["amount"].as_i64().unwrap();
        assert_eq!(
            (row[1].clone(), cents(&row[6]), cents(&row[7])),
            (line["sequence"].to_string(), line["amount"].as_i64().unwrap(), sum)
        );
        assert_eq!(row[8], line["transaction"].as_str().unwrap());
    }
    assert_eq!((cents(&rows[0][7]), sum, cents(&rows.last().unwrap()[7])), (0, balance, balance));

    // Any cut of the time in two gives the same movements, and the one ends with what the other begins with.
    for cut in lines.iter().map(|line| line["time"].as_u64().unwrap()).chain([1, now()]) {
        let before = table(&person, &a(&format!("/statement.csv?to={cut}"))).await;
        let after = table(&person, &a(&format!("/statement.csv?from={cut}&to={}", now() + 1))).await;
        assert_eq!(before.last().unwrap()[7], after[0][7], "at {cut}");
        assert_eq!(before.len() + after.len(), rows.len() + 2);
    }
    let backwards = a(&format!("/statement.csv?from={}&to=5", now()));
    assert_eq!(person.refused(Method::GET, &backwards, None).await, (400, "malformed_request".into()));

    let paper = person.answer(Method::GET, &a("/statement.pdf"), None).await.bytes().await.unwrap();
    assert!(paper.starts_with(b"%PDF-"));
    let operator = Person::numbered(&town, 1).await;
    assert_eq!(table(&operator, &a("/statement.csv?language=en")).await.len(), rows.len(), "the office prints it for its member");
    let shop = Person::with(&town, cast.shop_key.clone()).await;
    assert_eq!(shop.refused(Method::GET, &a("/statement.csv"), None).await.0, 403, "another member does not");
}

#[tokio::test]
async fn who_leaves_takes_everything_along_and_is_erased_but_for_what_the_law_keeps() {
    let town = Town::with(CREDITOR);
    let cast = Cast::of(&town).await;
    let (id, key) = newcomer(&town, &cast).await;
    let account = id.to_text(&cast.prefix);
    let a = |rest: &str| format!("/v1/accounts/{account}{rest}");
    let me = Person::with(&town, key.clone()).await;
    assert_eq!(
        me.ask(Method::PUT, &a("/profile"), Some(json!({ "name": "Maite Leaving", "contact": "maite@example.org" }))).await.0,
        204
    );
    assert_eq!(submit(&town, &cast, &cast.resident_key, transfer(cast.resident, id, 700, None)).await.0, 200);
    assert_eq!(me.ask(Method::POST, &a("/conversions"), Some(json!({ "amount": 1_000 }))).await.0, 200);

    // A message that the member writes, which the other side reads too.
    let salt = [7; 16];
    let promised = Hash32::of(&[&salt[..], MEMO.as_bytes()].concat());
    assert_eq!(submit(&town, &cast, &key, transfer(id, cast.resident, 200, Some(promised))).await.0, 200);
    let sequence = me.get(&a("")).await["last_entry"].as_u64().unwrap();
    let memo = Some(json!({ "text": MEMO, "salt": hex::encode(salt) }));
    assert_eq!(me.ask(Method::PUT, &format!("/v1/entries/{sequence}/memo"), memo).await.0, 204);
    let other = Person::with(&town, cast.resident_key.clone()).await;
    assert_eq!(other.get(&format!("/v1/entries/{sequence}")).await["memo"], MEMO);

    let export = me.get(&a("/export")).await;
    assert_eq!(export["profile"]["contact"], "maite@example.org");
    assert_eq!(export["entries"].as_array().unwrap().last().unwrap()["memo"], MEMO);
    assert_eq!(export["orders"][0]["amount"], 1_000);
    assert_eq!(export["account"]["keys"].as_array().unwrap().len(), 1);
    assert!(export["association"]["bank_lines"].is_array());
    let reader = SigningKey::from_bytes(&[92; 32]);
    let add = Body::AddKey { account: id, key: reader.verifying_key().into(), scope: Scope::Read };
    assert_eq!(submit(&town, &cast, &key, add).await.0, 200);
    let reading = Person::with(&town, reader).await;
    assert_eq!(
        reading.refused(Method::GET, &a("/export"), None).await,
        (403, "not_allowed".into()),
        "a key that reads takes nothing along"
    );

    // What other parts of the node keep for the member is among it, and goes with the rest.
    let place = "ab".repeat(32);
    let kept = reqwest::Client::new().put(town.url(&format!("/v1/backups/{place}?account={account}"))).bearer_auth(me.token());
    assert_eq!(kept.body("a closed box").send().await.unwrap().status().as_u16(), 204);
    let own = PublicKey::from(key.verifying_key());
    let label = Some(json!({ "label": "Maite's phone" }));
    assert_eq!(me.ask(Method::PUT, &a(&format!("/keys/{own}/label")), label).await.0, 204);
    let export = me.get(&a("/export")).await;
    assert_eq!(export["backups"].as_array().unwrap().len(), 1);
    assert_eq!(export["account"]["keys"][0]["label"], "Maite's phone");

    assert_eq!(erase(&town, &cast, &account, &key).await, (409, "account_not_closed".into()));
    let (status, words) = submit(&town, &cast, &key, Body::CloseAccount { account: id }).await;
    assert_eq!((status, words["code"].as_str()), (409, Some("account_not_empty")), "money is not lost by a tap");
    assert_eq!(submit(&town, &cast, &key, transfer(id, cast.shop, 500, None)).await.0, 200);
    assert_eq!(submit(&town, &cast, &key, Body::CloseAccount { account: id }).await.0, 200);
    assert_eq!(me.refused(Method::GET, &a(""), None).await, (401, "not_signed_in".into()));

    assert_eq!(erase(&town, &cast, &account, &cast.resident_key).await, (403, "not_allowed".into()), "nobody else erases");
    let operator = Person::with(&town, key_of(town.links["operator_seeds"][0].as_str().unwrap())).await;
    let member = format!("/office/v1/members/{account}");
    assert_eq!(operator.get(&member).await["name"], "Maite Leaving", "closing alone erases nothing");
    assert_eq!(erase(&town, &cast, &account, &key).await, (204, String::new()));
    assert_eq!(erase(&town, &cast, &account, &key).await, (204, String::new()), "asked again, it is done already");
    let left = operator.get(&member).await;
    assert_eq!((&left["name"], &left["contact"]), (&Value::Null, &Value::Null));
    assert_eq!(
        other.get(&format!("/v1/entries/{sequence}")).await["memo"],
        Value::Null,
        "what the member wrote is gone for both"
    );
    assert_eq!(other.get(&format!("/v1/entries/{sequence}")).await["amount"], 200, "the payment stays");
    assert_eq!(reqwest::get(town.url(&format!("/v1/backups/{place}"))).await.unwrap().status().as_u16(), 404);
    assert_eq!(get(&town.url("/health")).await["status"], "ok");
}
