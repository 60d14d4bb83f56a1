//! Direct debits: from a mandate that a member signs in the wallet to the file for the bank.

#![allow(clippy::unwrap_used)]

mod common;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::person::Person;
use common::statement::{Credit, statement};
use common::{Cast, Town, now};
use ledger::amount::Amount;
use ledger::coverage::Date;
use ledger::key::Hash32;
use ledger::message::MandateStatement;
use ledger::rules::DAY_MS;
use ledger::transaction::Body;
use reqwest::Method;
use serde_json::{Value, json};

const ICS: &str = "FR72ZZZ123456";
const IBAN: &str = "FR1420041010050500013M02606";
const FUND: &str = "FR7630006000011234567890189";
const PATH: &str = "/office/v1/collections";

/// The day so many days from today.
fn ahead(days: u64) -> Date {
    Date::at(now() + days * DAY_MS).unwrap()
}

/// Today in Paris, as banks write it.
fn banks_today() -> Date {
    Date::in_paris(now()).unwrap()
}

/// The first day, so many days ahead or later, that every month has.
fn day_from(days: u64) -> (Date, u8) {
    let of_month = |date: &Date| date.to_string()[8..].parse::<u8>().unwrap();
    let date = (days..days + 4).map(ahead).find(|date| of_month(date) <= 28).unwrap();
    (date, of_month(&date))
}

/// The resident signs a mandate for this day of the month.
async fn sign(resident: &Person<'_>, cast: &Cast, town: &Town, cents: u64, day: u8) -> (u16, Value) {
    let statement = MandateStatement {
        account: cast.resident,
        holder: "Zoé Martin".into(),
        iban: Hash32::of(IBAN.as_bytes()),
        creditor: ICS.into(),
        amount: Amount::from_cents(cents).unwrap(),
        day,
        time: now(),
    };
    let signature = URL_SAFE_NO_PAD.encode(statement.sign(&cast.ledger, &resident.key));
    let body = json!({ "holder": "Zoé Martin", "iban": IBAN, "amount": cents, "day": day, "signature": signature });
    let path = format!("/v1/accounts/{}/mandate", town.link("resident_account"));
    resident.ask(Method::PUT, &path, Some(body)).await
}

#[tokio::test]
async fn a_mandate_is_collected_two_weeks_ahead_and_once_a_month_until_it_is_revoked() {
    let town = Town::with(&format!("creditor_id = \"{ICS}\""));
    let (cast, treasurer) = (Cast::of(&town).await, Person::numbered(&town, 1).await);
    let auditor = Person::numbered(&town, 4).await;
    let resident = Person::with(&town, town.key("resident_seed")).await;
    let (date, day) = day_from(14);
    let prepare =
        async |date: Date| treasurer.ask(Method::POST, PATH, Some(json!({ "bank": 1, "date": date.to_string() }))).await;
    let (status, refused) = prepare(date).await;
    assert_eq!((status, &refused["code"]), (409, &json!("nothing_left")));

    let (status, answer) = sign(&resident, &cast, &town, 15_000, day).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["mandate"]["next"], json!({ "date": date.to_string(), "amount": 15_000 }));
    let soon = Some(json!({ "bank": 1, "date": ahead(13).to_string() }));
    assert_eq!(treasurer.refused(Method::POST, PATH, soon).await, (409, "notice_short".into()));
    let (_, other_day) = day_from(18);
    assert_ne!(other_day, day);
    assert_eq!(prepare(day_from(18).0).await.1["code"], "nothing_left");
    let wanted = Some(json!({ "bank": 1, "date": date.to_string() }));
    assert_eq!(auditor.refused(Method::POST, PATH, wanted).await.0, 403);

    let (status, prepared) = prepare(date).await;
    assert_eq!((status, &prepared), (200, &json!({ "number": 1, "count": 1, "total": 15_000, "left_out": [] })));
    let answer = treasurer.answer(Method::GET, &format!("{PATH}/1/file"), None).await;
    assert_eq!(answer.headers()["content-disposition"], "attachment; filename=\"direct-debits-1.xml\"");
    let xml = answer.text().await.unwrap();
    let collected_on = format!("<ReqdColltnDt>{date}</ReqdColltnDt>");
    for part in [
        "pain.008.001.08",
        "<SeqTp>FRST</SeqTp>",
        "<CtrlSum>150.00</CtrlSum>",
        "<EndToEndId>DD-1-1</EndToEndId>",
        "<Nm>Zoe Martin</Nm>",
        IBAN,
        ICS,
        collected_on.as_str(),
    ] {
        assert!(xml.contains(part), "{part} is not in {xml}");
    }
    let again = prepare(date).await.1;
    assert!(again["detail"].as_str().unwrap().contains("collected_already"), "{again}");

    let (shown, audited) = (treasurer.get(PATH).await, auditor.get(PATH).await);
    let debit = &shown["collections"][0]["debits"][0];
    assert_eq!((&debit["iban"], &debit["first"], &debit["ended"]), (&json!(IBAN), &json!(true), &json!(false)));
    assert!(audited["collections"][0]["debits"][0]["iban"].is_null() && !audited.to_string().contains(IBAN));
    assert_eq!(auditor.refused(Method::GET, &format!("{PATH}/1/file"), None).await, (403, "role_insufficient".into()));

    // The bank credits it, a person signs the conversion, and for eight weeks it can come back.
    assert_eq!(treasurer.get("/office/v1/exposure").await, json!({ "total": 0, "members": [] }));
    let credit = Credit { end_to_end: "DD-1-1", euros: 150 };
    let imported = treasurer.import("releve.xml", statement(FUND, &banks_today().to_string(), 0, Some(&credit))).await;
    assert_eq!((&imported["new"], &imported["ready"]), (&json!(1), &json!(1)), "{imported}");
    let lines = treasurer.get("/office/v1/bank/lines?state=ready").await;
    assert_eq!(lines["lines"][0]["match"]["reason"], "collection");
    let convert = fund_office::words::act(&lines["lines"][0]["act"], &cast.prefix).unwrap();
    let proposal = treasurer.propose(convert).await;
    Person::numbered(&town, 2).await.sign(Body::Approve { proposal }).await.unwrap();
    let exposure = auditor.get("/office/v1/exposure").await;
    assert_eq!((&exposure["total"], &exposure["members"][0]["name"]), (&json!(15_000), &json!("Zoé Martin")));
    let days = (exposure["members"][0]["until"].as_u64().unwrap() - now()) / DAY_MS;
    assert!((55..=56).contains(&days), "{days}");

    // A month later the mandate is used before, and half of what the bank may take back is on its way.
    let later = (40..=50).map(ahead).find(|later| later.to_string()[8..] == date.to_string()[8..]).unwrap();
    assert_eq!(prepare(later).await.1["count"], 1);
    let xml = treasurer.answer(Method::GET, &format!("{PATH}/2/file"), None).await.text().await.unwrap();
    assert!(xml.contains("<SeqTp>RCUR</SeqTp>") && !xml.contains("FRST"), "{xml}");

    // Whoever revokes is in no file any more.
    let path = format!("/v1/accounts/{}/mandate", town.link("resident_account"));
    assert_eq!(resident.ask(Method::DELETE, &path, None).await.0, 204);
    assert_eq!(treasurer.refused(Method::GET, &format!("{PATH}/2/file"), None).await, (409, "nothing_left".into()));
    assert_eq!(treasurer.get(PATH).await["collections"][0]["count"], 0);
}

#[tokio::test]
async fn without_a_creditor_identifier_nothing_is_collected() {
    let town = Town::with("creditor_id = \"\"");
    let treasurer = Person::numbered(&town, 1).await;
    let body = Some(json!({ "bank": 1, "date": day_from(14).0.to_string() }));
    assert_eq!(treasurer.refused(Method::POST, PATH, body).await, (409, "creditor_id_missing".into()));
    assert_eq!(treasurer.refused(Method::GET, &format!("{PATH}/1/file"), None).await, (404, "batch_unknown".into()));
}
