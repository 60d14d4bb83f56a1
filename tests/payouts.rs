//! Redemptions on their way to the bank: from a batch that one person prepares, over the file that the second approval releases, to what
//! the bank's answers make of it.

#![allow(clippy::unwrap_used)]

mod common;

use common::person::Person;
use common::statement::statement;
use common::{Cast, Town};
use ledger::SigningKey;
use ledger::account::{AccountKind, Bank, LiquidityClass, Medium, Scope};
use ledger::amount::Amount;
use ledger::coverage::Date;
use ledger::key::{AccountId, Hash32};
use ledger::transaction::{Act, Body, OpenAccount, Transfer};
use reqwest::Method;
use serde_json::{Value, json};

const DIGITAL: u16 = 1;
const NEW_IBAN: &str = "FR1420041010050500013M02606";

/// A town with its people.
struct Story<'t> {
    town: &'t Town,
    cast: Cast,
    treasurer: Person<'t>,
    second: Person<'t>,
    auditor: Person<'t>,
    shop: Person<'t>,
}

impl<'t> Story<'t> {
    async fn of(town: &'t Town) -> Story<'t> {
        let numbered = async |number| Person::numbered(town, number).await;
        Story {
            town,
            cast: Cast::of(town).await,
            treasurer: numbered(1).await,
            second: numbered(2).await,
            auditor: numbered(4).await,
            shop: Person::with(town, town.key("shop_seed")).await,
        }
    }

    async fn redeem(&self, person: &Person<'_>, account: AccountId, cents: u64) -> u64 {
        person.sign(Body::Redeem { account, amount: Amount::from_cents(cents).unwrap() }).await.unwrap()
    }

    async fn prepare(&self, person: &Person<'_>, redemptions: &[u64]) -> (u16, Value) {
        let body = json!({ "bank": DIGITAL, "redemptions": redemptions });
        person.ask(Method::POST, "/office/v1/payouts", Some(body)).await
    }

    /// The file's bytes, or the code with which it is refused.
    async fn file(&self, person: &Person<'_>, number: u64) -> Result<String, (u16, String)> {
        let path = format!("/office/v1/payouts/{number}/file");
        let answer = person.answer(Method::GET, &path, None).await;
        if answer.status().is_success() {
            assert_eq!(answer.headers()["content-type"], "application/xml");
            assert_eq!(answer.headers()["cache-control"], "no-store");
            let expected = format!("attachment; filename=\"redemptions-{number}.xml\"");
            assert_eq!(answer.headers()["content-disposition"], expected.as_str());
            return Ok(answer.text().await.unwrap());
        }
        Err(person.refused(Method::GET, &path, None).await)
    }

    async fn listed(&self, person: &Person<'_>, number: u64) -> Value {
        let listed = person.get("/office/v1/payouts").await;
        let found = listed["payouts"].as_array().unwrap().iter().find(|payout| payout["number"] == number);
        found.unwrap().clone()
    }

    async fn state(&self, number: u64) -> String {
        self.listed(&self.treasurer, number).await["state"].as_str().unwrap().to_owned()
    }

    /// Proposed by the treasurer and approved by the second person; gives the entry that executed it.
    async fn act(&self, act: Act) -> u64 {
        let proposal = self.treasurer.propose(act).await;
        self.second.sign(Body::Approve { proposal }).await.unwrap()
    }

    async fn put_profile(&self, account: &AccountId, profile: Value) {
        let path = format!("/office/v1/members/{}", account.to_text(&self.cast.prefix));
        assert_eq!(self.treasurer.ask(Method::PUT, &path, Some(profile)).await.0, 204);
    }

    /// A workshop without an IBAN, with units of the resident's.
    async fn workshop(&self) -> (Person<'t>, AccountId) {
        let key = SigningKey::from_bytes(&[7; 32]);
        let open = OpenAccount { kind: AccountKind::Professional, key: key.verifying_key().into(), level: 2, groups: Vec::new() };
        self.treasurer.sign(Body::Propose(Act::OpenAccount(open))).await.unwrap();
        let acts = self.treasurer.get("/office/v1/acts?limit=1").await;
        let account = AccountId::from_text(acts["acts"][0]["outcome"]["opened"].as_str().unwrap(), &self.cast.prefix).unwrap();
        self.put_profile(&account, json!({ "name": "Atelier <Cœur & Été>" })).await;
        let resident = Person::with(self.town, self.town.key("resident_seed")).await;
        let amount = Amount::from_cents(2_000).unwrap();
        let transfer = Transfer { payer: self.cast.resident, payee: account, amount, charge: None, memo: None };
        resident.sign(Body::Transfer(transfer)).await.unwrap();
        (Person::with(self.town, key).await, account)
    }
}

fn order(redemptions: &[u64], evidence: &Value) -> Act {
    let evidence = Hash32::from_hex(evidence.as_str().unwrap()).unwrap();
    Act::OrderRedemptions { bank: DIGITAL, redemptions: redemptions.to_vec(), evidence }
}

fn refusal(status: u16, code: &str) -> Result<String, (u16, String)> {
    Err((status, code.to_owned()))
}

#[tokio::test]
async fn the_file_is_released_by_the_second_approval_and_is_what_was_approved_or_nothing() {
    let town = Town::new();
    let story = Story::of(&town).await;
    let (atelier, workshop) = story.workshop().await;
    let first = story.redeem(&story.shop, story.cast.shop, 1_000).await;
    let second = story.redeem(&story.shop, story.cast.shop, 1_100).await;
    let nameless = story.redeem(&atelier, workshop, 1_500).await;

    // One person prepares; an auditor does not.
    assert_eq!(story.prepare(&story.auditor, &[first]).await.0, 403);
    let (status, prepared) = story.prepare(&story.treasurer, &[second, nameless, first, 1]).await;
    assert_eq!(status, 200, "{prepared}");
    let left_out = json!([{ "redemption": 1, "code": "redemption_unknown" }, { "redemption": nameless, "code": "no_iban" }]);
    assert_eq!((&prepared["left_out"], &prepared["warnings"]), (&left_out, &json!([])));
    // 5 % of 10.00 and of 11.00 are the fee.
    assert_eq!((&prepared["count"], &prepared["total"]), (&json!(2), &json!(950 + 1_045)));
    let number = prepared["number"].as_u64().unwrap();
    let words = &prepared["act"];
    assert_eq!((&words["kind"], &words["evidence"]), (&json!("order_redemptions"), &prepared["hash"]));
    assert_eq!(words["redemptions"], json!([first, second]));
    assert_eq!(
        (story.state(number).await.as_str(), story.file(&story.treasurer, number).await),
        ("prepared", refusal(409, "not_approved"))
    );

    // The first signature releases nothing, the second one does.
    let proposal = story.treasurer.propose(order(&[first, second], &prepared["hash"])).await;
    assert_eq!(
        (story.state(number).await.as_str(), story.file(&story.treasurer, number).await),
        ("waiting", refusal(409, "not_approved"))
    );
    let (status, again) = story.prepare(&story.treasurer, &[first]).await;
    assert_eq!((status, &again["code"]), (409, &json!("nothing_left")));
    assert!(again["detail"].as_str().unwrap().contains(&format!("{first} (proposed_already)")), "{again}");
    let entry = story.second.sign(Body::Approve { proposal }).await.unwrap();
    let xml = story.file(&story.treasurer, number).await.unwrap();
    assert_eq!(Hash32::of(xml.as_bytes()).to_string(), prepared["hash"].as_str().unwrap());
    assert_eq!(xml, story.file(&story.second, number).await.unwrap());
    let ids = [first, second].map(|redemption| format!("<EndToEndId>RED-{redemption}-{number}</EndToEndId>"));
    for part in ["<NbOfTxs>2</NbOfTxs>", "<CtrlSum>19.95</CtrlSum>", "pain.001.001.09", ids[0].as_str(), ids[1].as_str()] {
        assert!(xml.contains(part), "{part} is not in {xml}");
    }

    // The auditor sees the batch, and neither an IBAN nor the file.
    let (shown, audited) = (story.listed(&story.treasurer, number).await, story.listed(&story.auditor, number).await);
    assert_eq!(
        (&shown["state"], &shown["sequence"], &shown["directory_changed"]),
        (&json!("approved"), &json!(entry), &json!(false))
    );
    for (payment, blind) in shown["payments"].as_array().unwrap().iter().zip(audited["payments"].as_array().unwrap()) {
        assert!(xml.contains(payment["iban"].as_str().unwrap()) && blind["iban"].is_null());
        assert_eq!((&payment["state"], &payment["end_to_end"]), (&json!("ordered"), &blind["end_to_end"]));
    }
    assert_eq!(story.file(&story.auditor, number).await, refusal(403, "role_insufficient"));
    assert_eq!(story.file(&story.treasurer, number + 1).await, refusal(404, "batch_unknown"));

    // An IBAN that is changed after the approval makes it void: taken back, and prepared again.
    let given = &story.listed(&story.auditor, number).await["given_out"];
    assert_eq!(given["by"], 1, "who took the file first is known: {given}");
    story.put_profile(&story.cast.shop, json!({ "iban": NEW_IBAN })).await;
    assert_eq!(story.file(&story.treasurer, number).await, refusal(409, "directory_changed"));
    assert_eq!(story.listed(&story.treasurer, number).await["directory_changed"], true);
    story.act(Act::Correct { sequence: entry, reason: 1 }).await;
    assert_eq!(
        (story.state(number).await.as_str(), story.file(&story.treasurer, number).await),
        ("void", refusal(409, "not_approved"))
    );

    let (_, prepared) = story.prepare(&story.treasurer, &[first, second]).await;
    let noted = |redemption| ["iban_changed", "file_given_out"].map(|code| json!({ "redemption": redemption, "code": code }));
    assert_eq!(prepared["warnings"], json!([first, second].map(noted).concat()));
    let later = prepared["number"].as_u64().unwrap();
    story.act(order(&[first, second], &prepared["hash"])).await;
    assert!(story.file(&story.treasurer, later).await.unwrap().contains(NEW_IBAN));
    assert_eq!(story.state(later).await, "approved");

    // The bank paid one and sent the other back, which can be paid once more.
    let evidence = |n: u8| Hash32([n; 32]);
    story.act(Act::RedemptionPaid { redemption: first, bank: DIGITAL, evidence: evidence(1) }).await;
    story.treasurer.sign(Body::Propose(Act::RedemptionReturned { redemption: second, evidence: evidence(2) })).await.unwrap();
    let states = |payout: Value| -> Vec<String> {
        payout["payments"].as_array().unwrap().iter().map(|payment| payment["state"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(states(story.listed(&story.treasurer, later).await), ["paid", "returned"]);
    assert_eq!(story.state(later).await, "partly");
    let (_, prepared) = story.prepare(&story.treasurer, &[first, second]).await;
    assert_eq!(prepared["left_out"], json!([{ "redemption": first, "code": "paid_already" }]));
    let last = prepared["number"].as_u64().unwrap();
    story.act(order(&[second], &prepared["hash"])).await;
    story.act(Act::RedemptionPaid { redemption: second, bank: DIGITAL, evidence: evidence(3) }).await;
    assert_eq!(story.state(last).await, "paid");
    // In the batch before it stays what it was there.
    assert_eq!(states(story.listed(&story.treasurer, later).await), ["paid", "returned"]);
}

#[tokio::test]
async fn the_file_of_a_batch_that_the_bank_has_answered_is_not_given_out_again() {
    let town = Town::new();
    let story = Story::of(&town).await;
    let redemption = story.redeem(&story.shop, story.cast.shop, 1_000).await;
    let mut batches = Vec::new();
    for answer in [
        Act::RedemptionReturned { redemption, evidence: Hash32([1; 32]) },
        Act::RedemptionPaid { redemption, bank: DIGITAL, evidence: Hash32([2; 32]) },
    ] {
        let (_, prepared) = story.prepare(&story.treasurer, &[redemption]).await;
        // What the bank sent back is not there any more: nothing to warn of.
        assert_eq!(prepared["warnings"], json!([]));
        let number = prepared["number"].as_u64().unwrap();
        assert_eq!(story.listed(&story.treasurer, number).await["given_out"], Value::Null);
        story.act(order(&[redemption], &prepared["hash"])).await;
        story.file(&story.treasurer, number).await.unwrap();
        match answer {
            returned @ Act::RedemptionReturned { .. } => drop(story.treasurer.sign(Body::Propose(returned)).await.unwrap()),
            paid => drop(story.act(paid).await),
        }
        batches.push(number);
    }
    for (number, state) in batches.into_iter().zip(["returned", "paid"]) {
        assert_eq!(story.state(number).await, state);
        assert_eq!(story.file(&story.treasurer, number).await, refusal(409, "batch_answered"));
    }
}

#[tokio::test]
async fn a_batch_whose_file_was_given_out_is_not_ordered_again_without_a_word() {
    let town = Town::new();
    let story = Story::of(&town).await;
    let redemption = story.redeem(&story.shop, story.cast.shop, 1_000).await;
    for (taken, warnings) in
        [(false, json!([])), (true, json!([])), (true, json!([{ "redemption": redemption, "code": "file_given_out" }]))]
    {
        let (_, prepared) = story.prepare(&story.treasurer, &[redemption]).await;
        assert_eq!(prepared["warnings"], warnings);
        let number = prepared["number"].as_u64().unwrap();
        let entry = story.act(order(&[redemption], &prepared["hash"])).await;
        if taken {
            story.file(&story.treasurer, number).await.unwrap();
            // Its file may be at the bank: a name that somebody corrects does not make it void.
            story.put_profile(&story.cast.shop, json!({ "name": format!("Name {number}") })).await;
            let listed = story.listed(&story.treasurer, number).await;
            assert_eq!((&listed["state"], &listed["directory_changed"]), (&json!("approved"), &json!(true)));
        }
        story.act(Act::Correct { sequence: entry, reason: 1 }).await;
        let listed = story.listed(&story.treasurer, number).await;
        let state = if taken { "void" } else { "prepared" };
        assert_eq!((&listed["state"], listed["given_out"]["by"].as_u64()), (&json!(state), taken.then_some(1)), "{listed}");
    }
}

#[tokio::test]
async fn an_old_or_a_small_confirmation_pays_nobody() {
    let town = Town::new();
    let story = Story::of(&town).await;
    let redemption = story.redeem(&story.shop, story.cast.shop, 1_000).await;
    // A second number for the fund's account, of which no bank has confirmed anything yet.
    let iban = Hash32::of(b"FR7630006000011234567890189");
    let bank = Bank { number: 7, medium: Medium::Digital, class: LiquidityClass::Sight, iban };
    story.act(Act::AddBank(bank)).await;
    let prepare = async || {
        let body = json!({ "bank": 7, "redemptions": [redemption] });
        story.treasurer.refused(Method::POST, "/office/v1/payouts", Some(body)).await
    };
    let today = Date::at(common::now()).unwrap();
    let day = |ago: i64| today.plus_days(-ago).unwrap().to_string();
    let confirm = async |amount: u64, date: String| {
        let body = json!({ "bank": 7, "amount": amount, "date": date, "file": "07".repeat(32) });
        assert_eq!(story.treasurer.ask(Method::POST, "/office/v1/confirmations", Some(body)).await.0, 204);
    };
    assert_eq!(prepare().await, (409, "confirmation_old".into()));
    confirm(1_000_000, day(11)).await;
    assert_eq!(prepare().await, (409, "confirmation_old".into()));
    confirm(949, day(9)).await;
    assert_eq!(prepare().await, (409, "confirmed_too_little".into()));
    confirm(950, day(8)).await;
    assert_eq!(prepare().await, (200, String::new()));
    // The journal has a hash of the IBAN only: an account that is not the settings' is known once its statement was read.
    let other = "BE68539007547034";
    let bank = Bank { number: 8, medium: Medium::Digital, class: LiquidityClass::Sight, iban: Hash32::of(other.as_bytes()) };
    story.act(Act::AddBank(bank)).await;
    let body = json!({ "bank": 8, "redemptions": [redemption] });
    let refused = story.treasurer.refused(Method::POST, "/office/v1/payouts", Some(body.clone())).await;
    assert_eq!(refused, (409, "bank_iban_unknown".into()));
    story.treasurer.import("releve.xml", statement(other, &day(0), 10, None)).await;
    // Its closing balance is what the bank confirms.
    assert_eq!(story.treasurer.ask(Method::POST, "/office/v1/payouts", Some(body)).await.0, 200);
    for (bank, expected) in [(2, (409, "bank_not_digital")), (9, (404, "bank_unknown"))] {
        let body = json!({ "bank": bank, "redemptions": [redemption] });
        let refused = story.treasurer.refused(Method::POST, "/office/v1/payouts", Some(body)).await;
        assert_eq!(refused, (expected.0, expected.1.to_owned()));
    }
}

#[tokio::test]
async fn nobody_orders_what_pays_them() {
    let town = Town::new();
    let story = Story::of(&town).await;
    let redemption = story.redeem(&story.shop, story.cast.shop, 1_000).await;
    let board = Person::numbered(&town, 3).await;
    let key = story.second.key.verifying_key().into();
    let proposal = story.treasurer.propose(Act::AddKey { account: story.cast.shop, key, scope: Scope::Full }).await;
    board.sign(Body::Approve { proposal }).await.unwrap();
    let (_, prepared) = story.prepare(&story.second, &[redemption]).await;
    assert_eq!(prepared["warnings"], json!([{ "redemption": redemption, "code": "own_benefit" }]));
    let own = story.second.sign(Body::Propose(order(&[redemption], &prepared["hash"]))).await;
    assert!(own.unwrap_err().contains("own_benefit"));
    let proposal = story.treasurer.propose(order(&[redemption], &prepared["hash"])).await;
    assert!(story.second.sign(Body::Approve { proposal }).await.unwrap_err().contains("own_benefit"));
    assert_eq!(story.state(prepared["number"].as_u64().unwrap()).await, "waiting");
}
