//! Rules in the office of the running program: who reads which, what a draft would have done, and what stands beside them: members, staff,
//! figures by day, what is odd, and on whose approval.

#![allow(clippy::unwrap_used)]

mod common;

use common::Town;
use common::person::Person;
use ledger::account::Campaign;
use ledger::amount::{Amount, Rate};
use ledger::transaction::{Act, Body};
use reqwest::Method;
use serde_json::{Value, json};

const SIMULATE: &str = "/office/v1/rules/simulate";
const DAY_MS: u64 = 86_400_000;

fn list<'a>(answer: &'a Value, name: &str) -> &'a Vec<Value> {
    answer[name].as_array().unwrap_or_else(|| panic!("no {name} in {answer}"))
}

/// The words of a campaign as they were published, without what it did.
fn draft(campaign: &Value) -> Value {
    let mut words = campaign.clone();
    let told = ["money", "spent", "members", "conversions", "months"];
    words.as_object_mut().unwrap().retain(|name, _| !told.contains(&name.as_str()));
    words
}

async fn simulated(person: &Person<'_>, draft: &Value, from: u64, until: u64) -> Value {
    let body = json!({ "draft": draft, "from": from, "until": until });
    let (status, answer) = person.ask(Method::POST, SIMULATE, Some(body)).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

fn other_campaign() -> Campaign {
    let cents = |cents| Amount::from_cents(cents).unwrap();
    Campaign {
        number: 2,
        version: 1,
        bank: 1,
        rate: Rate::new(1, 20).unwrap(),
        start: common::now() - DAY_MS,
        end: common::now() + 30 * DAY_MS,
        budget: cents(1_000),
        cap: cents(1_000),
        periods: vec![],
        groups: vec![],
        order: 1,
        least: cents(1),
        most: cents(1_000),
        steps: vec![],
        sponsor: None,
    }
}

#[tokio::test]
async fn a_sponsor_reads_its_own_campaigns_only_and_no_other_rule() {
    let town = Town::new();
    let (first, second) = (Person::numbered(&town, 1).await, Person::numbered(&town, 2).await);
    let (auditor, sponsor) = (Person::numbered(&town, 4).await, Person::numbered(&town, 5).await);
    let proposal = first.propose(Act::PublishCampaign(Box::new(other_campaign()))).await;
    second.sign(Body::Approve { proposal }).await.unwrap();
    let numbers =
        |answer: &Value| list(answer, "campaigns").iter().map(|row| row["campaign"].as_u64().unwrap()).collect::<Vec<_>>();
    let (own, all) = (sponsor.get("/office/v1/rules").await, auditor.get("/office/v1/rules").await);
    assert_eq!((numbers(&own), numbers(&all)), (vec![1], vec![1, 2]));
    assert_eq!(numbers(&sponsor.get("/office/v1/campaigns").await), [1]);
    assert!(list(&own, "fees").is_empty() && list(&own, "gifts").is_empty());
    assert_eq!(list(&all, "fees").last().unwrap()["in_force"], true);
    // Live figures, the same as everybody's, but for cells about few members.
    let (told, whole) = (&own["campaigns"][0], &all["campaigns"][0]);
    assert_eq!((&told["spent"], &told["money"]), (&whole["spent"], &whole["money"]));
    assert_eq!(told["money"].as_u64().unwrap() + told["spent"].as_u64().unwrap(), 500_000);
    let members = whole["members"].as_u64().unwrap();
    assert_eq!(told["members"].as_u64(), (members >= 5).then_some(members));
    for (month, known) in list(told, "months").iter().zip(list(whole, "months")) {
        let few = known["members"].as_u64().unwrap() < 5;
        assert!(!few || (month["members"].is_null() && month["bonus"].is_null()), "{month}");
    }
    let body = json!({ "draft": draft(whole), "from": 0, "until": common::now() });
    assert_eq!(sponsor.refused(Method::POST, SIMULATE, Some(body)).await, (403, "role_insufficient".into()));
    for path in ["staff", "series", "overview", "members/x"] {
        let refused = sponsor.refused(Method::GET, &format!("/office/v1/{path}"), None).await;
        assert_eq!(refused, (403, "role_insufficient".into()), "{path}");
    }
}

#[tokio::test]
async fn the_campaign_in_force_costs_in_the_simulation_what_the_ledger_spent() {
    let town = Town::new();
    let auditor = Person::numbered(&town, 4).await;
    let rules = auditor.get("/office/v1/rules").await;
    let campaign = &rules["campaigns"][0];
    let (start, spent) = (campaign["start"].as_u64().unwrap(), campaign["spent"].as_i64().unwrap());
    let told = simulated(&auditor, &draft(campaign), start, common::now()).await;
    assert!(spent > 0);
    assert_eq!((&told["cost"], &told["moved"], &told["money"]), (&json!(spent), &json!(false), &json!("journal")));
    assert_eq!(told["budget_left"].as_i64(), Some(campaign["budget"].as_i64().unwrap() - spent));
    assert_eq!(list(&told, "months").iter().map(|month| month["cost"].as_i64().unwrap()).sum::<i64>(), spent);
    let gaining: u64 = list(&told, "gains").iter().map(|column| column["members"].as_u64().unwrap()).sum();
    assert!(gaining > 0 && list(&told, "top")[0]["name"].is_string());
    // 20 % in, 5 % out.
    // 20 % in; 5 % out, of which 3 % go on to associations; and 3 % of what is converted are given to them: 1.2 × 0.98 + 0.03.
    assert_eq!((&told["arbitrage"]["factor"], &told["arbitrage"]["gain"]), (&json!("1.206"), &json!(true)));
    assert_eq!(told["arbitrage"]["cap_missing"], false);
    // Half as much, and the same rule far ahead: it is moved to the window, and its budget is taken as paid in.
    let mut half = draft(campaign);
    half["denominator"] = json!(10);
    assert!(simulated(&auditor, &half, start, common::now()).await["cost"].as_i64().unwrap() < spent);
    let ahead = 400 * DAY_MS;
    let mut later = draft(campaign);
    for field in ["start", "end"] {
        later[field] = json!(later[field].as_u64().unwrap() + ahead);
    }
    later["periods"] = list(&later, "periods").iter().map(|time| json!(time.as_u64().unwrap() + ahead)).collect();
    let moved = simulated(&auditor, &later, start, common::now()).await;
    assert_eq!((&moved["cost"], &moved["moved"], &moved["money"]), (&json!(spent), &json!(true), &json!("assumed")));
    // A fee of nothing costs the shops nothing; the one in force costs what the redemptions say.
    let mut fee = rules["fees"][0].clone();
    fee.as_object_mut().unwrap().remove("in_force");
    let fees = simulated(&auditor, &fee, start, common::now()).await;
    let redemptions = auditor.get("/office/v1/redemptions").await;
    let paid: i64 = list(&redemptions, "redemptions").iter().map(|redemption| redemption["fee"].as_i64().unwrap()).sum();
    assert_eq!((fees["cost"].as_i64(), &fees["kind"]), (Some(paid), &json!("publish_fee")));
}

#[tokio::test]
async fn what_is_no_rule_or_no_past_is_refused_in_words() {
    let town = Town::new();
    let auditor = Person::numbered(&town, 4).await;
    let campaign = draft(&auditor.get("/office/v1/rules").await["campaigns"][0]);
    let ask = async |draft: &Value, from: u64, until: u64| {
        let body = json!({ "draft": draft, "from": from, "until": until });
        let (status, answer) = auditor.ask(Method::POST, SIMULATE, Some(body)).await;
        (status, answer["code"].as_str().unwrap_or_default().to_owned(), answer["detail"].as_str().unwrap_or_default().to_owned())
    };
    let now = common::now();
    let (status, code, why) = ask(&json!({ "kind": "publish_campaign", "campaign": 3 }), 0, now).await;
    assert_eq!((status, code.as_str()), (422, "draft_unreadable"));
    assert!(why.contains("'version'") || why.contains("field"), "{why}");
    assert_eq!(ask(&json!({ "kind": "dismiss_operator", "operator": 1 }), now - DAY_MS, now).await.0, 422);
    assert_eq!(ask(&campaign, now, now).await.0, 400);
    assert_eq!(ask(&campaign, now + DAY_MS, now + 2 * DAY_MS).await.0, 400);
    assert_eq!(ask(&campaign, 0, now).await.0, 400, "more than ten years");
}

#[tokio::test]
async fn a_member_is_shown_whole_and_to_an_auditor_without_contact_and_iban() {
    let town = Town::new();
    let (first, second) = (Person::numbered(&town, 1).await, Person::numbered(&town, 2).await);
    let auditor = Person::numbered(&town, 4).await;
    let path = format!("/office/v1/members/{}", town.link("shop_account"));
    let change = json!({ "contact": "Mme Martin", "iban": "FR1420041010050500013M02606" });
    assert_eq!(first.ask(Method::PUT, &path, Some(change)).await.0, 204);
    let (seen, audited) = (second.get(&path).await, auditor.get(&path).await);
    assert_eq!((&seen["contact"], &seen["iban"]), (&json!("Mme Martin"), &json!("FR1420041010050500013M02606")));
    assert!(audited["contact"].is_null() && audited["iban"].is_null() && audited["name"] == seen["name"]);
    assert!(!audited.to_string().contains("FR1420041010050500013M02606"));
    assert_eq!((&seen["changes"][0]["by"], &seen["changes"][0]["fields"]), (&json!(1), &json!(["contact", "iban"])));
    assert!(list(&seen, "keys").iter().any(|key| key["scope"] == "full" && key["key"].is_string()));
    assert!(list(&seen, "keys").iter().any(|key| key["scope"] == "till" && key["per_day"].is_u64()));
    let entries = list(&seen, "entries");
    assert!(!entries.is_empty() && entries.iter().all(|entry| entry["kind"].is_string() && entry["amount"].is_i64()));
    assert!(entries.iter().any(|entry| entry["counterparty"].is_string()));
    assert_eq!(auditor.refused(Method::GET, &format!("{path}x"), None).await, (400, "malformed".into()));
    // A changed IBAN is odd where somebody waits for euros there.
    let redemptions = auditor.get("/office/v1/redemptions").await;
    let waits = list(&redemptions, "redemptions").iter().any(|row| row["account"] == seen["account"] && row["state"] != "paid");
    let overview = auditor.get("/office/v1/overview").await;
    let told = list(&overview, "odd").iter().any(|odd| odd["code"] == "iban_changed" && odd["account"] == seen["account"]);
    assert_eq!(told, waits);
    assert!(overview["in"]["week"].as_u64().unwrap() >= overview["in"]["today"].as_u64().unwrap());
    assert!(list(&overview, "odd").iter().all(|odd| odd["code"] != "shortfall"));
}

#[tokio::test]
async fn acts_are_found_by_kind_and_person_and_say_on_whose_approval() {
    let town = Town::new();
    let (first, second) = (Person::numbered(&town, 1).await, Person::numbered(&town, 2).await);
    let proposal = first.propose(Act::PublishCampaign(Box::new(other_campaign()))).await;
    let asked = "/office/v1/acts?kind=publish_campaign&limit=1";
    assert_eq!(first.get(asked).await["acts"][0]["approvals"], json!([1]));
    second.sign(Body::Approve { proposal }).await.unwrap();
    let newest = first.get(asked).await;
    let line = &newest["acts"][0];
    assert_eq!((&line["kind"], &line["operator"], &line["approvals"]), (&json!("approve"), &json!(2), &json!([1, 2])));
    assert_eq!((&line["fields"]["campaign"], &line["outcome"]["executed"]), (&json!(2), &json!(true)));
    // Page by page, a filter gives what the whole log has of it.
    let mut all = Vec::new();
    let mut path = "/office/v1/acts?limit=200".to_owned();
    loop {
        let page = first.get(&path).await;
        all.extend(list(&page, "acts").iter().cloned());
        let Some(next) = page["next"].as_u64() else { break };
        path = format!("/office/v1/acts?limit=200&before={next}");
    }
    for (filter, fits) in [
        ("kind=convert", Box::new(|line: &Value| line["fields"]["kind"] == "convert") as Box<dyn Fn(&Value) -> bool>),
        ("operator=2", Box::new(|line: &Value| line["approvals"].as_array().unwrap().contains(&json!(2)))),
        ("kind=genesis", Box::new(|line: &Value| line["kind"] == "genesis")),
    ] {
        let mut found: Vec<u64> = Vec::new();
        let mut path = format!("/office/v1/acts?limit=3&{filter}");
        loop {
            let page = first.get(&path).await;
            found.extend(list(&page, "acts").iter().map(|line| line["sequence"].as_u64().unwrap()));
            let Some(next) = page["next"].as_u64() else { break };
            path = format!("/office/v1/acts?limit=3&{filter}&before={next}");
        }
        let expected: Vec<u64> = all.iter().filter(|line| fits(line)).map(|line| line["sequence"].as_u64().unwrap()).collect();
        assert!(!expected.is_empty(), "{filter}");
        assert_eq!(found, expected, "{filter}");
    }
    let staff = first.get("/office/v1/staff").await;
    assert_eq!(list(&staff, "operators").iter().filter(|operator| operator["mine"] == true).count(), 1);
    let quorum = list(&staff, "quorums").iter().find(|quorum| quorum["act_kind"] == "publish_campaign").unwrap();
    assert!(quorum["persons"] == 2 && quorum["able"].as_u64() >= Some(2), "{quorum}");
}

#[tokio::test]
async fn the_series_has_a_line_for_each_day_and_adds_up_to_what_the_ledger_has() {
    let town = Town::new();
    let auditor = Person::numbered(&town, 4).await;
    let series = auditor.get("/office/v1/series?days=30").await;
    let days = list(&series, "days");
    assert_eq!(days.len(), 30);
    assert!(days.is_sorted_by(|a, b| a["date"].as_str() < b["date"].as_str()));
    let sum = |name: &str| days.iter().map(|day| day[name].as_u64().unwrap()).sum::<u64>();
    let redemptions = auditor.get("/office/v1/redemptions").await;
    assert_eq!(sum("redeemed"), list(&redemptions, "redemptions").iter().map(|row| row["gross"].as_u64().unwrap()).sum::<u64>());
    assert_eq!(sum("bonus"), auditor.get("/office/v1/rules").await["campaigns"][0]["spent"].as_u64().unwrap());
    assert!(sum("converted") > 0 && days.iter().any(|day| day["circulation"].is_i64() && day["cover"].is_i64()));
    assert_eq!(auditor.refused(Method::GET, "/office/v1/series?days=x", None).await, (400, "malformed".into()));
}
