//! The office of the running program: who gets in, what each person sees, and what an approval does.

#![allow(clippy::unwrap_used)]

mod common;

use common::Town;
use common::person::Person;
use ledger::key::Hash32;
use ledger::transaction::Body;
use reqwest::Method;
use serde_json::{Value, json};

fn list<'a>(answer: &'a Value, name: &str) -> &'a Vec<Value> {
    answer[name].as_array().unwrap()
}

const READ: [&str; 6] = ["overview", "proposals", "acts", "members", "redemptions", "credits"];

#[tokio::test]
async fn each_role_opens_its_own_doors() {
    let town = Town::new();
    let (auditor, sponsor) = (Person::numbered(&town, 4).await, Person::numbered(&town, 5).await);
    let resident = Person::with(&town, town.key("resident_seed")).await;
    for name in READ {
        let path = format!("/office/v1/{name}");
        auditor.get(&path).await;
        assert_eq!(sponsor.refused(Method::GET, &path, None).await, (403, "role_insufficient".into()));
        assert_eq!(resident.refused(Method::GET, &path, None).await, (403, "operator_unknown".into()));
        let stranger = reqwest::get(town.url(&path)).await.unwrap();
        assert_eq!(stranger.status().as_u16(), 401);
        assert_eq!(stranger.headers()["content-type"], "application/problem+json");
    }
    assert_eq!(list(&sponsor.get("/office/v1/campaigns").await, "campaigns").len(), 1);
    assert_eq!(resident.refused(Method::GET, "/office/v1/campaigns", None).await.0, 403);
    let member = format!("/office/v1/members/{}", town.link("shop_account"));
    let change = Some(json!({ "contact": "x" }));
    assert_eq!(auditor.refused(Method::PUT, &member, change.clone()).await, (403, "role_insufficient".into()));
    assert_eq!(sponsor.refused(Method::PUT, &member, change).await, (403, "role_insufficient".into()));
}

#[tokio::test]
async fn the_overview_adds_up() {
    let town = Town::new();
    let overview = Person::numbered(&town, 1).await.get("/office/v1/overview").await;
    let cents = |row: &Value, name: &str| row[name].as_i64().unwrap();
    for bank in list(&overview, "banks") {
        let parts = ["unmatched", "campaigns", "own", "cover"].map(|name| cents(bank, name));
        assert_eq!(cents(bank, "balance"), parts.iter().sum::<i64>(), "{bank}");
    }
    for medium in list(&overview, "media") {
        assert_eq!(cents(medium, "surplus"), cents(medium, "cover") - cents(medium, "circulation"), "{medium}");
        assert_eq!(medium["covered"], true);
    }
    let campaign = &overview["campaigns"][0];
    assert_eq!(cents(campaign, "money") + cents(campaign, "spent"), 500_000);
    assert_eq!((cents(&overview, "professionals"), cents(&overview, "members")), (3, 17));
}

#[tokio::test]
async fn a_proposal_is_executed_by_the_second_person_and_by_nobody_else() {
    let town = Town::new();
    let (first, second) = (Person::numbered(&town, 1).await, Person::numbered(&town, 2).await);
    let auditor = Person::numbered(&town, 4).await;
    let waiting = first.get("/office/v1/proposals").await;
    let proposal = &list(&waiting, "proposals")[0];
    assert_eq!((proposal["persons"].as_u64(), proposal["can_approve"].as_bool()), (Some(2), Some(true)));
    assert_eq!((&proposal["approvals"], &proposal["proposer"]["number"]), (&json!([2]), &json!(2)));
    let seen = |answer: &Value, name: &str| answer["proposals"][0][name].clone();
    let own = second.get("/office/v1/proposals").await;
    assert_eq!((seen(&own, "mine"), seen(&own, "why_not")), (json!(true), json!("approved_twice")));
    let audited = auditor.get("/office/v1/proposals").await;
    assert_eq!((seen(&audited, "can_approve"), seen(&audited, "why_not")), (json!(false), json!("role_insufficient")));
    let id = Hash32::from_hex(proposal["proposal"].as_str().unwrap()).unwrap();
    assert!(auditor.sign(Body::Approve { proposal: id }).await.unwrap_err().contains("role_insufficient"));
    let entry = first.sign(Body::Approve { proposal: id }).await.unwrap();
    let acts = first.get("/office/v1/acts?limit=1").await;
    let act = &list(&acts, "acts")[0];
    assert_eq!((act["sequence"].as_u64(), act["kind"].as_str()), (Some(entry), Some("approve")));
    // The approval is told in the words of what it approved, although the proposal is on another page.
    assert_eq!((&act["fields"], &act["outcome"]["executed"]), (&proposal["words"], &json!(true)));
    assert!(list(&first.get("/office/v1/proposals").await, "proposals").is_empty());
}

#[tokio::test]
async fn the_activity_log_is_paged_from_the_newest_to_the_genesis() {
    let town = Town::new();
    let auditor = Person::numbered(&town, 4).await;
    let (mut path, mut seen) = ("/office/v1/acts?limit=7".to_owned(), Vec::new());
    loop {
        let page = auditor.get(&path).await;
        let acts = list(&page, "acts");
        assert!(acts.len() <= 7);
        for act in acts.iter().filter(|act| act["kind"] != "genesis") {
            assert!(act["fields"]["kind"].is_string() && act["act"].is_u64(), "{act}");
        }
        seen.extend(acts.iter().map(|act| act["sequence"].as_u64().unwrap()));
        match page["next"].as_u64() {
            Some(next) => path = format!("/office/v1/acts?limit=7&before={next}"),
            None => break,
        }
    }
    assert!(seen.is_sorted_by(|newer, older| newer > older) && seen.last() == Some(&0), "{seen:?}");
    let malformed = auditor.refused(Method::GET, "/office/v1/acts?limit=x", None).await;
    assert_eq!(malformed, (400, "malformed".into()));
}

#[tokio::test]
async fn a_members_entry_in_the_directory_is_found_and_changed() {
    let town = Town::new();
    let operator = Person::numbered(&town, 1).await;
    let found = operator.get("/office/v1/members?query=boulangerie").await;
    let shop = &list(&found, "members")[0];
    assert_eq!((shop["account"].as_str(), shop["kind"].as_str()), (Some(town.link("shop_account")), Some("professional")));
    let path = format!("/office/v1/members/{}", town.link("shop_account"));
    let put = async |body: Value| operator.refused(Method::PUT, &path, Some(body)).await;
    assert_eq!(put(json!({ "name": "Boulangerie Neuve", "iban": "FR76 3000 6000 0112 3456 7890 189" })).await.0, 204);
    assert_eq!(put(json!({ "iban": "FR7630006000011234567890188" })).await, (400, "malformed".into()));
    assert_eq!(put(json!({ "colour": "blue" })).await, (400, "malformed".into()));
    assert_eq!(put(json!({ "contact": "x".repeat(301) })).await, (400, "malformed".into()));
    assert_eq!(put(json!({ "contact": "x".repeat(20_000) })).await, (413, "too_large".into()));
    let renamed = operator.get("/office/v1/members?query=boulangerie%20neuve").await;
    assert_eq!(list(&renamed, "members").len(), 1);
    let mistyped = format!("{path}x");
    assert_eq!(operator.refused(Method::PUT, &mistyped, Some(json!({}))).await, (400, "malformed".into()));
}

#[tokio::test]
async fn who_changed_a_members_entry_is_told_in_the_list_and_beside_what_is_paid() {
    let town = Town::new();
    let (first, second) = (Person::numbered(&town, 1).await, Person::numbered(&town, 2).await);
    let auditor = Person::numbered(&town, 4).await;
    let redemptions = auditor.get("/office/v1/redemptions").await;
    let account = list(&redemptions, "redemptions")[0]["account"].as_str().unwrap().to_owned();
    assert!(list(&redemptions, "redemptions").iter().all(|redemption| redemption["iban_changed"].is_null()));
    let path = format!("/office/v1/members/{account}");
    let shown = async || auditor.get(&format!("/office/v1/members?query={account}")).await["members"][0].clone();
    let before = shown().await;
    assert!(before["changed"].is_null(), "{before}");
    let put = async |person: &Person<'_>, body: Value| assert_eq!(person.ask(Method::PUT, &path, Some(body)).await.0, 204);
    let began = common::now();
    put(&second, json!({ "iban": "FR14 2004 1010 0505 0001 3M02 606", "name": before["name"] })).await;
    let changed = shown().await["changed"].clone();
    assert_eq!((&changed["by"], &changed["fields"]), (&json!(2), &json!(["iban"])), "what stays the same has not changed");
    assert!(changed["time"].as_u64().unwrap() >= began);
    // A later change of something else by somebody else does not hide that of the IBAN.
    put(&first, json!({ "contact": "Mme Martin, 0123", "name": "Neuve" })).await;
    put(&first, json!({ "contact": "Mme Martin, 0123" })).await;
    assert_eq!((&shown().await["changed"]["by"], &shown().await["changed"]["fields"]), (&json!(1), &json!(["name", "contact"])));
    let redemptions = auditor.get("/office/v1/redemptions").await;
    for redemption in list(&redemptions, "redemptions") {
        let own = redemption["account"] == account.as_str();
        let expected = if own { json!({ "by": 2, "time": changed["time"] }) } else { Value::Null };
        assert_eq!(redemption["iban_changed"], expected);
    }
    assert!(!redemptions.to_string().contains("FR1420041010050500013M02606"), "the auditor reads no IBAN");
}

#[tokio::test]
async fn redemptions_show_where_to_pay_only_to_those_who_pay() {
    let town = Town::new();
    let (operator, auditor) = (Person::numbered(&town, 1).await, Person::numbered(&town, 4).await);
    let shown = operator.get("/office/v1/redemptions").await;
    let redemptions = list(&shown, "redemptions");
    assert!(!redemptions.is_empty());
    for redemption in redemptions {
        assert_eq!(redemption["gross"].as_u64(), Some(redemption["fee"].as_u64().unwrap() + redemption["net"].as_u64().unwrap()));
        assert!(redemption["iban"].is_string() && redemption["name"].is_string());
    }
    let audited = auditor.get("/office/v1/redemptions").await;
    assert!(list(&audited, "redemptions").iter().all(|redemption| redemption["iban"].is_null()));
    let credits = operator.get("/office/v1/credits").await;
    assert!(list(&credits, "credits").iter().all(|credit| credit["left"].as_u64() > Some(0)));
}

#[tokio::test]
async fn the_demos_till_has_a_past_that_agrees_with_the_ledger() {
    let town = Town::new();
    let till = Person::with(&town, town.key("till_seed")).await;
    let day = till.get(&format!("/pos/v1/day?from={}&to={}", common::now() - 4 * 86_400_000, common::now())).await;
    let charges = list(&day, "charges");
    assert!(!charges.is_empty() && list(&day, "unexpected").is_empty(), "{day}");
    assert!(charges.iter().all(|charge| charge["state"] == "paid" || charge["state"] == "refunded"), "{day}");
    let owner = Person::with(&town, town.key("shop_seed")).await;
    assert_eq!(owner.get("/pos/v1/tills").await["tills"][0]["label"], "Caisse 1");
}
