//! The wallet API of the running program: it answers as its description says, and bad input changes nothing.

#![allow(clippy::unwrap_used)]

mod common;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::{Cast, Town, entries, get, now, order, post};
use ledger::SigningKey;
use ledger::amount::Amount;
use ledger::encoding::{Purpose, Reader, sign};
use ledger::entry::RawEntry;
use ledger::key::{Hash32, LedgerId};
use ledger::message::{ChargeRequest, MandateStatement};
use ledger::receipt::Receipt;
use ledger::transaction::{Body, ChargeReference, SignedTransaction};
use serde_json::{Value, json};
use std::time::Duration;

/// Method, path as described, path as asked, whether signed in, body with its type, and the status that is expected.
type Row<'a> = (&'a str, &'a str, String, bool, Option<(&'a str, Vec<u8>)>, u16);

struct Contract {
    description: Value,
}

impl Contract {
    /// Checks that an answer has a documented status, and a body of the documented shape.
    fn check(&self, path: &str, method: &str, status: u16, kind: &str, body: &[u8]) {
        let place = format!("{method} {path} → {status}");
        let documented = &self.description["paths"][path][method]["responses"][status.to_string()];
        assert!(documented.is_object(), "{place} is not documented: {}", String::from_utf8_lossy(body));
        let Some(content) = documented["content"].as_object() else { return assert!(body.is_empty(), "{place} has a body") };
        let (media, description) = content.iter().next().unwrap();
        assert_eq!(media, kind, "{place}");
        if kind.ends_with("json") {
            let mut schema = description["schema"].clone();
            schema["components"] = self.description["components"].clone();
            let value: Value = serde_json::from_slice(body).unwrap();
            let validator = jsonschema::validator_for(&schema).unwrap();
            let errors: Vec<_> = validator.iter_errors(&value).map(|e| e.to_string()).collect();
            assert!(errors.is_empty(), "{place}: {errors:?} in {value}");
        }
    }
}

/// One request to the running program, checked against the contract; gives the status.
async fn ask(
    contract: &Contract,
    town: &Town,
    (method, path): (&str, &str),
    real: &str,
    token: Option<&str>,
    body: Option<(&str, Vec<u8>)>,
) -> u16 {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
    let mut request = client.request(method.to_uppercase().parse().unwrap(), town.url(real));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if let Some((kind, bytes)) = body {
        request = request.header("content-type", kind).body(bytes);
    }
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let kind = answer.headers().get("content-type").map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
    // A live connection has no end: its head is the answer.
    let body = if kind == "text/event-stream" { Vec::new() } else { answer.bytes().await.unwrap().to_vec() };
    contract.check(path, method, status, &kind, &body);
    status
}

const CONVERSIONS: &str = "/v1/accounts/{account}/conversions";
const ONE_CONVERSION: &str = "/v1/accounts/{account}/conversions/{number}";
const ASK_BACK: &str = "/v1/entries/{sequence}/refund-request";
const DECLINE: &str = "/v1/entries/{sequence}/refund-request/decline";
const SPENDING: &str = "/v1/accounts/{account}/spending-certificate";
const STATEMENT_CSV: &str = "/v1/accounts/{account}/statement.csv";
const CERTIFICATE: &str = "/v1/accounts/{account}/certificate.pdf";
const STATEMENT_PDF: &str = "/v1/accounts/{account}/statement.pdf";
const EXPORT: &str = "/v1/accounts/{account}/export";
const ERASURE: &str = "/v1/accounts/{account}/erasure";
const BLOCK_CARD: &str = "/v1/accounts/{account}/cards/{number}/block";
const CARD_PAYMENTS: &str = "/v1/cards/payments";
const MANDATE: &str = "/v1/accounts/{account}/mandate";
const NOTICES: &str = "/v1/accounts/{account}/notices";
const PUSH: &str = "/v1/accounts/{account}/notices/push";
const EMAIL: &str = "/v1/accounts/{account}/notices/email";
const EMAIL_CODE: &str = "/v1/accounts/{account}/notices/email/code";
const BACKUP: &str = "/v1/backups/{place}";
const LABEL: &str = "/v1/accounts/{account}/keys/{key}/label";

/// A mandate as the wallet sends it.
fn mandate(cast: &Cast, cents: u64, time: u64) -> Value {
    let iban = "FR7630006000011234567890189";
    let statement = MandateStatement {
        account: cast.resident,
        holder: "Amel Martin".into(),
        iban: Hash32::of(iban.as_bytes()),
        creditor: "FR72ZZZ123456".into(),
        amount: Amount::from_cents(cents).unwrap(),
        day: 5,
        time,
    };
    let signature = URL_SAFE_NO_PAD.encode(statement.sign(&cast.ledger, &cast.resident_key));
    json!({"holder": "Amel Martin", "iban": "FR76 3000 6000 0112 3456 7890 189", "amount": cents, "day": 5, "signature": signature})
}

async fn sign_in(town: &Town, cast: &Cast) -> String {
    let client = wallet_api::client::Client::new(&town.url("")).unwrap();
    client.sign_in(&cast.ledger, &cast.resident_key).await.unwrap().token
}

/// Waits until the node can say what the newest coverage statement counts.
async fn until_counted(town: &Town, account: &str, token: &str) {
    let url = town.url(&format!("/v1/accounts/{account}/liability"));
    for _ in 0..3_000 {
        if reqwest::Client::new().get(&url).bearer_auth(token).send().await.unwrap().status().is_success() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the node did not count the balances again");
}

#[tokio::test]
async fn every_route_answers_as_the_openapi_description_says() {
    let town = Town::with("creditor_id = \"FR72ZZZ123456\"");
    let cast = Cast::of(&town).await;
    let contract = Contract { description: get(&town.url("/openapi.json")).await };
    let token = sign_in(&town, &cast).await;
    let account = town.link("resident_account").to_owned();
    let shop = town.link("shop_account").to_owned();
    let last: Value = {
        let client = reqwest::Client::new().get(town.url(&format!("/v1/accounts/{account}"))).bearer_auth(&token);
        serde_json::from_slice(&client.send().await.unwrap().bytes().await.unwrap()).unwrap()
    };
    let sequence = last["last_entry"].as_u64().unwrap();
    // After a start the tree behind the newest coverage statement is made again, meanwhile the answer is 404.
    until_counted(&town, &account, &token).await;
    let json = |value: Value| Some(("application/json", value.to_string().into_bytes()));
    let cose = |bytes: Vec<u8>| Some(("application/cose", bytes));
    let octets = |bytes: Vec<u8>| Some(("application/octet-stream", bytes));
    let (place, own) = ("5a".repeat(32), hex::encode(cast.resident_key.verifying_key().as_bytes()));
    let a = |rest: &str| format!("/v1/accounts/{account}{rest}");
    let paid = cast.payment(120);
    let recorded = SignedTransaction::decode(&paid, &cast.ledger).unwrap().id();
    let earlier = post(&town.url("/v1/transactions"), cast.payment(77)).await.1;
    let payment = RawEntry::decode(Receipt::decode(&earlier).unwrap().entry()).unwrap().sequence;
    let charge = ChargeReference { id: [5; 16], expires: now() + 60_000 };
    let request = ChargeRequest { payee: cast.resident, amount: Amount::from_cents(100).unwrap(), charge, reference: None };
    let own_request = URL_SAFE_NO_PAD.encode(request.sign(&cast.ledger, &cast.resident_key));
    let mut asked = std::collections::BTreeSet::new();
    let rows: Vec<Row> = vec![
        ("get", "/v1/ledger", "/v1/ledger".into(), false, None, 200),
        ("get", "/v1/checkpoint", "/v1/checkpoint".into(), false, None, 200),
        ("get", "/v1/public", "/v1/public".into(), false, None, 200),
        ("get", "/v1/shops", "/v1/shops".into(), false, None, 200),
        ("post", "/v1/transactions", "/v1/transactions".into(), false, cose(paid.clone()), 200),
        ("post", "/v1/transactions", "/v1/transactions".into(), false, cose(vec![0x84]), 400),
        ("post", "/v1/transactions", "/v1/transactions".into(), false, cose(cast.payment(99_999_999)), 422),
        ("post", "/v1/transactions", "/v1/transactions".into(), false, cose(vec![0; 20_000]), 413),
        (
            "post",
            "/v1/transactions/batch",
            "/v1/transactions/batch".into(),
            false,
            cose([cast.payment(1), cast.payment(2)].concat()),
            200,
        ),
        ("post", "/v1/transactions/batch", "/v1/transactions/batch".into(), false, cose(vec![1]), 400),
        ("post", "/v1/sign-in/challenge", "/v1/sign-in/challenge".into(), false, None, 200),
        ("post", "/v1/sign-in", "/v1/sign-in".into(), false, cose(vec![1, 2, 3]), 400),
        (
            "post",
            "/v1/sign-in",
            "/v1/sign-in".into(),
            false,
            cose(ledger::message::sign_in(&[7; 32], &cast.ledger, &cast.resident_key)),
            401,
        ),
        (
            "post",
            "/v1/sign-in",
            "/v1/sign-in".into(),
            false,
            cose(ledger::message::sign_in(&[7; 32], &cast.ledger, &SigningKey::from_bytes(&[9; 32]))),
            403,
        ),
        ("get", "/v1/session", "/v1/session".into(), true, None, 200),
        ("get", "/v1/session", "/v1/session".into(), false, None, 401),
        ("get", "/v1/accounts/{account}", a(""), true, None, 200),
        ("get", "/v1/accounts/{account}", a(""), false, None, 401),
        ("get", "/v1/accounts/{account}", format!("/v1/accounts/{shop}"), true, None, 403),
        ("get", "/v1/accounts/{account}", format!("/v1/accounts/{account}q"), true, None, 400),
        ("get", "/v1/accounts/{account}/statement", a("/statement?limit=5"), true, None, 200),
        ("get", "/v1/accounts/{account}/statement", a("/statement?limit=many"), true, None, 400),
        ("get", STATEMENT_CSV, a("/statement.csv?from=0&language=en"), true, None, 200),
        ("get", STATEMENT_CSV, a("/statement.csv?from=9&to=9"), true, None, 400),
        ("get", STATEMENT_CSV, a("/statement.csv"), false, None, 401),
        ("get", STATEMENT_CSV, format!("/v1/accounts/{shop}/statement.csv"), true, None, 403),
        ("get", STATEMENT_PDF, a("/statement.pdf?language=ar"), true, None, 200),
        ("get", CERTIFICATE, a("/certificate.pdf?year=2025&language=eu"), true, None, 200),
        ("get", CERTIFICATE, a("/certificate.pdf?year=9999"), true, None, 400),
        ("get", CERTIFICATE, format!("/v1/accounts/{shop}/certificate.pdf?year=2025"), true, None, 403),
        ("get", EXPORT, a("/export"), true, None, 200),
        ("get", EXPORT, format!("/v1/accounts/{shop}/export"), true, None, 403),
        ("post", ERASURE, a("/erasure"), false, cose(vec![1, 2, 3]), 400),
        ("post", ERASURE, a("/erasure"), false, cose(ledger::message::sign_in(&[7; 32], &cast.ledger, &cast.resident_key)), 409),
        (
            "post",
            ERASURE,
            a("/erasure"),
            false,
            cose(ledger::message::sign_in(&[7; 32], &cast.ledger, &SigningKey::from_bytes(&[9; 32]))),
            403,
        ),
        ("get", "/v1/accounts/{account}/events", a("/events"), true, None, 200),
        ("get", "/v1/accounts/{account}/events", a("/events"), false, None, 401),
        ("get", "/v1/accounts/{account}/funding", a("/funding?amount=1000"), true, None, 200),
        ("get", "/v1/accounts/{account}/funding", a("/funding?amount=0"), true, None, 400),
        ("get", "/v1/accounts/{account}/funding", a("/funding"), true, None, 400),
        ("get", "/v1/associations", "/v1/associations".into(), false, None, 200),
        ("post", CONVERSIONS, a("/conversions"), true, json(json!({"amount": 5_000})), 200),
        ("post", CONVERSIONS, a("/conversions"), true, json(json!({"amount": 0})), 400),
        ("post", CONVERSIONS, format!("/v1/accounts/{shop}/conversions"), true, json(json!({"amount": 1})), 403),
        ("get", CONVERSIONS, a("/conversions"), true, None, 200),
        ("get", CONVERSIONS, a("/conversions"), false, None, 401),
        ("delete", ONE_CONVERSION, a("/conversions/1"), true, None, 204),
        ("delete", ONE_CONVERSION, a("/conversions/1"), true, None, 409),
        ("put", MANDATE, a("/mandate"), true, json(mandate(&cast, 5_000, now())), 200),
        ("put", MANDATE, a("/mandate"), true, json(mandate(&cast, 5_000, 1)), 400),
        ("put", MANDATE, a("/mandate"), true, json(mandate(&cast, 99_999, now())), 422),
        ("get", MANDATE, a("/mandate"), true, None, 200),
        ("delete", MANDATE, a("/mandate"), true, None, 204),
        ("put", BACKUP, format!("/v1/backups/{place}?account={account}"), true, octets(vec![1; 61]), 204),
        ("put", BACKUP, format!("/v1/backups/{place}?account={account}"), true, octets(vec![1; 4_001]), 413),
        ("put", BACKUP, format!("/v1/backups/{place}?account={shop}"), true, octets(vec![1]), 403),
        ("put", BACKUP, format!("/v1/backups/{place}?account={account}"), false, octets(vec![1]), 401),
        ("get", "/v1/accounts/{account}/backups", a("/backups"), true, None, 200),
        ("get", BACKUP, format!("/v1/backups/{place}"), false, None, 200),
        ("get", BACKUP, "/v1/backups/short".into(), false, None, 400),
        ("delete", BACKUP, format!("/v1/backups/{place}"), false, None, 401),
        ("delete", BACKUP, format!("/v1/backups/{place}"), true, None, 204),
        ("get", BACKUP, format!("/v1/backups/{place}"), false, None, 404),
        ("put", LABEL, a(&format!("/keys/{own}/label")), true, json(json!({"label": "Telefon"})), 204),
        ("put", LABEL, a(&format!("/keys/{own}/label")), true, json(json!({"label": "x".repeat(61)})), 400),
        ("put", LABEL, a(&format!("/keys/{}/label", "ab".repeat(32))), true, json(json!({"label": "x"})), 404),
        ("get", "/v1/accounts/{account}/redemptions", a("/redemptions"), true, None, 200),
        ("get", NOTICES, a("/notices"), true, None, 200),
        ("get", NOTICES, a("/notices"), false, None, 401),
        ("put", PUSH, a("/notices/push"), true, json(json!({"endpoint": "https://fcm.googleapis.com/fcm/send/x"})), 204),
        ("put", PUSH, a("/notices/push"), true, json(json!({"endpoint": "https://elsewhere.example/x"})), 422),
        ("delete", PUSH, a("/notices/push"), true, None, 204),
        ("put", EMAIL, a("/notices/email"), true, json(json!({"address": "amel@example.org", "language": "fr"})), 409),
        ("post", EMAIL_CODE, a("/notices/email/code"), true, json(json!({"code": "123456"})), 409),
        ("delete", EMAIL, a("/notices/email"), true, None, 204),
        ("get", "/v1/accounts/{account}/certificate", a("/certificate"), true, None, 404),
        ("get", SPENDING, a("/spending-certificate"), true, None, 200),
        ("get", SPENDING, format!("/v1/accounts/{shop}/spending-certificate"), true, None, 403),
        ("get", "/v1/transactions/{id}", format!("/v1/transactions/{recorded}"), false, None, 200),
        ("get", "/v1/transactions/{id}", format!("/v1/transactions/{}", "00".repeat(32)), false, None, 404),
        ("get", "/v1/transactions/{id}", "/v1/transactions/00".into(), false, None, 400),
        ("get", "/v1/accounts/{account}/liability", a("/liability"), true, None, 200),
        ("get", "/v1/accounts/{account}/liability", a("/liability"), false, None, 401),
        ("get", "/v1/accounts/{account}/profile", a("/profile"), true, None, 200),
        ("put", "/v1/accounts/{account}/profile", a("/profile"), true, json(json!({"name": "Amel"})), 204),
        ("put", "/v1/accounts/{account}/profile", a("/profile"), true, json(json!({"name": "x".repeat(500)})), 400),
        ("put", "/v1/accounts/{account}/profile", a("/profile"), true, json(json!([1])), 400),
        ("get", "/v1/accounts/{account}/place", a("/place"), true, None, 200),
        ("put", "/v1/accounts/{account}/place", a("/place"), true, json(json!({"openings": []})), 403),
        ("get", "/v1/entries/{sequence}", format!("/v1/entries/{sequence}"), true, None, 200),
        ("get", "/v1/entries/{sequence}", "/v1/entries/99999999".into(), true, None, 404),
        ("get", "/v1/entries/{sequence}/receipt", format!("/v1/entries/{sequence}/receipt"), true, None, 200),
        ("get", "/v1/entries/{sequence}/receipt", "/v1/entries/0/receipt".into(), true, None, 404),
        ("get", "/v1/entries/{sequence}/short-receipt", format!("/v1/entries/{sequence}/short-receipt"), true, None, 200),
        ("get", "/v1/entries/{sequence}/short-receipt", format!("/v1/entries/{sequence}/short-receipt?item=9"), true, None, 404),
        ("get", "/v1/entries/{sequence}/short-receipt", "/v1/entries/0/short-receipt".into(), true, None, 404),
        (
            "put",
            "/v1/entries/{sequence}/memo",
            format!("/v1/entries/{sequence}/memo"),
            true,
            json(json!({"text": "hello", "salt": "00".repeat(16)})),
            404,
        ),
        (
            "put",
            "/v1/entries/{sequence}/memo",
            format!("/v1/entries/{sequence}/memo"),
            true,
            json(json!({"text": "hello", "salt": "zz"})),
            400,
        ),
        ("post", ASK_BACK, format!("/v1/entries/{payment}/refund-request"), true, json(json!({"reason": "torn"})), 204),
        ("post", ASK_BACK, format!("/v1/entries/{payment}/refund-request"), true, json(json!({"reason": "torn"})), 409),
        ("post", ASK_BACK, format!("/v1/entries/{payment}/refund-request"), true, json(json!({"reason": "x".repeat(141)})), 400),
        ("post", ASK_BACK, "/v1/entries/0/refund-request".into(), true, json(json!({"reason": ""})), 404),
        ("post", DECLINE, format!("/v1/entries/{payment}/refund-request/decline"), true, None, 404),
        ("get", "/v1/accounts/{account}/refund-requests", a("/refund-requests"), true, None, 200),
        ("get", "/v1/accounts/{account}/refund-requests", a("/refund-requests"), false, None, 401),
        ("get", "/v1/entries/{sequence}", format!("/v1/entries/{payment}"), true, None, 200),
        ("get", "/v1/accounts/{account}/cards", a("/cards"), true, None, 200),
        ("get", "/v1/accounts/{account}/cards", format!("/v1/accounts/{shop}/cards"), true, None, 403),
        ("post", BLOCK_CARD, a("/cards/C-000001/block"), true, None, 404),
        ("post", BLOCK_CARD, format!("/v1/accounts/{shop}/cards/C-000001/block"), true, None, 403),
        ("post", CARD_PAYMENTS, CARD_PAYMENTS.into(), true, json(json!({"request": "AAAA", "card": "x"})), 400),
        ("post", CARD_PAYMENTS, CARD_PAYMENTS.into(), true, json(json!({"request": own_request, "card": "A".repeat(22)})), 404),
        ("post", CARD_PAYMENTS, CARD_PAYMENTS.into(), false, json(json!({"request": own_request, "card": "A".repeat(22)})), 401),
        ("get", "/openapi.json", "/openapi.json".into(), false, None, 200),
        ("get", "/errors/{code}", "/errors/balance_insufficient".into(), false, None, 200),
        ("get", "/errors/{code}", "/errors/unheard_of".into(), false, None, 404),
    ];
    for (method, path, real, signed_in, body, expected) in rows {
        let status = ask(&contract, &town, (method, path), &real, signed_in.then_some(&token), body).await;
        assert_eq!(status, expected, "{method} {real}");
        asked.insert(format!("{method} {path}"));
    }
    for (path, methods) in contract.description["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            assert!(asked.contains(&format!("{method} {path}")), "nobody asked {method} {path}");
        }
    }
}

#[tokio::test]
async fn bad_input_is_refused_by_name_and_writes_nothing() {
    let town = Town::new();
    let cast = Cast::of(&town).await;
    let before = entries(&town).await;
    let good = cast.payment(150);
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        bytes
    };
    let payload = |bytes: &[u8]| sign(Purpose::Transaction, &cast.ledger, bytes, &cast.resident_key);
    let mut late = order(cast.transfer(150));
    late.valid_until = now() - 60_000;
    let mut early = order(cast.transfer(150));
    early.valid_until = now() + 30 * 86_400_000;
    let zero = order(cast.transfer(1)).encode();
    let amount_at = zero.len() - 1;
    let rows: Vec<(&str, Vec<u8>, u16, &str)> = vec![
        ("nothing at all", vec![], 400, "malformed"),
        ("truncated", good[..good.len() - 1].to_vec(), 400, "malformed"),
        ("oversized", vec![0x84; 17_000], 413, "too_large"),
        ("a byte too many", with(&|b| b.push(0)), 400, "malformed"),
        ("a flipped bit of the signature", with(&|b| *b.last_mut().unwrap() ^= 1), 400, "bad_signature"),
        ("a tag in front", [&[0xd2][..], &good].concat(), 400, "malformed"),
        ("an indefinite array", with(&|b| b[0] = 0x9f), 400, "not_canonical"),
        ("deep nesting", vec![0x81; 10_000], 400, "malformed"),
        ("another ledger's", order(cast.transfer(150)).sign(&LedgerId::of(b"another"), &cast.resident_key), 400, "bad_signature"),
        (
            "signed for another purpose",
            sign(Purpose::Charge, &cast.ledger, &order(cast.transfer(150)).encode(), &cast.resident_key),
            400,
            "bad_signature",
        ),
        ("an unknown kind", payload(&[0xa4, 1, 0x18, 99, 2, 0x48, 0, 0, 0, 0, 0, 0, 0, 0, 3, 1, 4, 0xa0]), 422, "out_of_bounds"),
        ("keys out of order", payload(&[0xa4, 2, 0x48, 0, 0, 0, 0, 0, 0, 0, 0, 1, 20, 3, 1, 4, 0xa0]), 400, "malformed"),
        ("a key twice", payload(&[0xa4, 1, 20, 1, 20, 3, 1, 4, 0xa0]), 400, "not_canonical"),
        (
            "a number longer than needed",
            payload(&[0xa4, 1, 0x18, 20, 2, 0x48, 0, 0, 0, 0, 0, 0, 0, 0, 3, 1, 4, 0xa0]),
            400,
            "not_canonical",
        ),
        ("a negative number", payload(&[0xa4, 1, 0x33]), 400, "malformed"),
        ("a zero amount", payload(&[&zero[..amount_at], &[0]].concat()), 422, "out_of_bounds"),
        (
            "an amount beyond the bound",
            payload(&[&zero[..amount_at], &[0x1b, 255, 255, 255, 255, 255, 255, 255, 255]].concat()),
            422,
            "out_of_bounds",
        ),
        ("expired", cast.signed(&late), 422, "expired"),
        ("valid for too long", cast.signed(&early), 422, "valid_too_long"),
        ("more than there is", cast.payment(14_000), 409, "balance_insufficient"),
        (
            "somebody else's account",
            order(cast.transfer(150)).sign(&cast.ledger, &SigningKey::from_bytes(&[5; 32])),
            403,
            "key_not_of_account",
        ),
        (
            "a redemption by a resident",
            cast.signed(&order(Body::Redeem {
                account: cast.resident,
                amount: ledger::amount::Amount::from_cents(100).unwrap(),
            })),
            403,
            "not_professional",
        ),
    ];
    for (what, bytes, status, code) in rows {
        let (found, body) = post(&town.url("/v1/transactions"), bytes).await;
        let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
        assert_eq!((found, problem["code"].as_str().unwrap_or_default()), (status, code), "{what}: {problem}");
    }
    let (status, _) = post(&town.url("/v1/transactions/batch"), good.repeat(1_001)).await;
    assert_eq!(status, 422, "a batch of 1,001");
    let (status, _) = post(&town.url("/v1/transactions/batch"), vec![0x84; 5 << 20]).await;
    assert_eq!(status, 413, "a batch of 5 MB");
    assert_eq!(entries(&town).await, before);
}

#[tokio::test]
async fn the_same_bytes_give_the_same_entry_again() {
    let town = Town::new();
    let cast = Cast::of(&town).await;
    let bytes = cast.payment(100);
    let first = Receipt::decode(&post(&town.url("/v1/transactions"), bytes.clone()).await.1).unwrap();
    let size = entries(&town).await;
    let again = Receipt::decode(&post(&town.url("/v1/transactions"), bytes.clone()).await.1).unwrap();
    assert_eq!(first.entry(), again.entry());
    assert_eq!(entries(&town).await, size);
    let (status, batch) = post(&town.url("/v1/transactions/batch"), bytes.repeat(3)).await;
    assert_eq!(status, 200);
    let mut reader = Reader::new(&batch);
    for _ in 0..3 {
        let mut map = reader.map().unwrap();
        map.required(&mut reader, 1).unwrap();
        assert_eq!(Receipt::decode(reader.bytes().unwrap()).unwrap().entry(), first.entry());
    }
    assert_eq!(entries(&town).await, size);
}

#[tokio::test]
async fn a_killed_program_loses_nothing_that_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("town");
    let mut town = Town::serve(&data);
    let cast = Cast::of(&town).await;
    let (mut acknowledged, mut unanswered) = (Vec::new(), Vec::new());
    for round in 0..3 {
        let url = town.url("/v1/transactions");
        let paying: Vec<_> = (0..8)
            .map(|_| {
                let (url, bytes) = (url.clone(), cast.payment(1));
                let client = reqwest::Client::new();
                tokio::spawn(async move {
                    let answer = client.post(url).header("content-type", "application/cose").body(bytes.clone()).send().await;
                    let body = match answer {
                        Ok(answer) if answer.status().is_success() => answer.bytes().await.ok(),
                        _ => None,
                    };
                    (bytes, body.and_then(|body| Receipt::decode(&body).ok()))
                })
            })
            .collect();
        if round > 0 {
            tokio::time::sleep(Duration::from_millis(round * 3)).await;
        }
        town.kill();
        for one in paying {
            match one.await.unwrap() {
                (bytes, Some(receipt)) => acknowledged.push((bytes, receipt)),
                (bytes, None) => unanswered.push(bytes),
            }
        }
        if round == 1 {
            std::fs::remove_dir_all(data.join("views")).unwrap();
        }
        town = Town::serve(&data);
    }
    for (bytes, receipt) in &acknowledged {
        let (status, again) = post(&town.url("/v1/transactions"), bytes.clone()).await;
        assert_eq!(status, 200);
        assert_eq!(Receipt::decode(&again).unwrap().entry(), receipt.entry());
    }
    for bytes in &unanswered {
        let (first, _) = post(&town.url("/v1/transactions"), bytes.clone()).await;
        let size = entries(&town).await;
        let (again, _) = post(&town.url("/v1/transactions"), bytes.clone()).await;
        assert_eq!((first, again, entries(&town).await), (200, 200, size), "asked again, it is there once");
    }
    println!("{} payments acknowledged, {} unanswered, over 3 kills", acknowledged.len(), unanswered.len());
}
