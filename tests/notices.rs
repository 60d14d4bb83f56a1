//! Notices of the running program: words to browsers, taken by a push service of our own, and mails, taken by a mail server of our own.

#![allow(clippy::unwrap_used)]

mod common;

use common::mail_server::{MailServer, PASSWORD};
use common::person::Person;
use common::push_service::{PushService, Pushed};
use common::{Cast, Town, now};
use ledger::SigningKey;
use ledger::account::Scope;
use ledger::amount::Amount;
use ledger::transaction::{Body, Transfer};
use reqwest::Method;
use serde_json::{Value, json};

/// A town whose node calls this push service.
fn town_with(service: &PushService) -> Town {
    Town::with(&format!("push_hosts = \"{}\"\npush_contact = \"mailto:ops@tolar.example\"", service.url))
}

fn notices(town: &Town, whose: &str) -> String {
    format!("/v1/accounts/{}/notices", town.link(whose))
}

async fn subscribe(person: &Person<'_>, path: &str, endpoint: &str) {
    let (status, answer) = person.ask(Method::PUT, &format!("{path}/push"), Some(json!({"endpoint": endpoint}))).await;
    assert_eq!(status, 204, "{answer}");
}

async fn is_woken(person: &Person<'_>, path: &str) -> bool {
    person.get(path).await["push"].as_bool().unwrap()
}

/// Waits until a key's browser is woken no more.
async fn until_forgotten(person: &Person<'_>, path: &str) {
    common::in_time(async {
        while is_woken(person, path).await {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    })
    .await;
}

/// The shop pays the resident.
fn back(cast: &Cast, cents: u64) -> Body {
    let amount = Amount::from_cents(cents).unwrap();
    Body::Transfer(Transfer { payer: cast.shop, payee: cast.resident, amount, charge: None, memo: None })
}

#[tokio::test]
async fn a_payment_wakes_the_payees_browser_in_the_nodes_name_and_says_nothing() {
    let mut service = PushService::start().await;
    let town = town_with(&service);
    let cast = Cast::of(&town).await;
    let resident = Person::with(&town, cast.resident_key.clone()).await;
    let shop = Person::with(&town, cast.shop_key.clone()).await;
    let path = notices(&town, "shop_account");
    let before = shop.get(&path).await;
    assert!(!before["push"].as_bool().unwrap());
    subscribe(&shop, &path, &service.endpoint("shop")).await;
    assert!(is_woken(&shop, &path).await);

    // What the shop signs itself is no news to it: the first word is about what the resident pays afterwards.
    shop.sign(back(&cast, 150)).await.unwrap();
    resident.sign(cast.transfer(120)).await.unwrap();
    let word: Pushed = service.next().await;
    assert_eq!((word.whose.as_str(), word.body.len()), ("shop", 0));
    assert_eq!((word.header("urgency"), word.header("topic"), word.header("content-length")), ("normal", "moved", "0"));
    assert!(word.header("ttl").parse::<u64>().unwrap() > 0);
    assert!(word.headers.get("content-encoding").is_none());
    let (claims, key) = word.vapid();
    assert_eq!(key, before["vapid"].as_str().unwrap());
    assert_eq!((claims["aud"].as_str(), claims["sub"].as_str()), (Some(service.url.as_str()), Some("mailto:ops@tolar.example")));
    let left_s = claims["exp"].as_u64().unwrap().checked_sub(now() / 1_000).unwrap();
    assert!((3_600..=86_400).contains(&left_s), "a token is good for a day at most: {left_s} s");

    // Turned off: the next one to be woken is another's browser.
    assert_eq!(shop.ask(Method::DELETE, &format!("{path}/push"), None).await.0, 204);
    subscribe(&resident, &notices(&town, "resident_account"), &service.endpoint("resident")).await;
    resident.sign(cast.transfer(130)).await.unwrap();
    shop.sign(back(&cast, 110)).await.unwrap();
    assert_eq!(service.next().await.whose, "resident");
    assert!(service.is_quiet());
}

#[tokio::test]
async fn a_browser_that_is_gone_is_forgotten_and_one_that_is_busy_is_tried_again() {
    let mut service = PushService::start().await;
    let town = town_with(&service);
    let cast = Cast::of(&town).await;
    let resident = Person::with(&town, cast.resident_key.clone()).await;
    let shop = Person::with(&town, cast.shop_key.clone()).await;
    let path = notices(&town, "shop_account");
    subscribe(&shop, &path, &service.endpoint("first")).await;
    service.will_answer(&[503, 410]);
    resident.sign(cast.transfer(120)).await.unwrap();
    assert_eq!((service.next().await.whose, service.next().await.whose), ("first".into(), "first".into()));
    until_forgotten(&shop, &path).await;
    subscribe(&shop, &path, &service.endpoint("second")).await;
    resident.sign(cast.transfer(130)).await.unwrap();
    assert_eq!(service.next().await.whose, "second");
}

#[tokio::test]
async fn a_word_that_did_not_go_out_goes_out_after_a_crash() {
    let mut service = PushService::start().await;
    let mut town = town_with(&service);
    let cast = Cast::of(&town).await;
    {
        let resident = Person::with(&town, cast.resident_key.clone()).await;
        let shop = Person::with(&town, cast.shop_key.clone()).await;
        subscribe(&shop, &notices(&town, "shop_account"), &service.endpoint("shop")).await;
        service.will_answer(&[503]);
        resident.sign(cast.transfer(120)).await.unwrap();
        service.next().await;
    }
    town.kill();
    let _again = Town::serve(&town.data);
    assert_eq!(service.next().await.whose, "shop");
}

#[tokio::test]
async fn nobody_makes_the_node_call_other_machines() {
    let service = PushService::start().await;
    let town = town_with(&service);
    let cast = Cast::of(&town).await;
    let shop = Person::with(&town, cast.shop_key.clone()).await;
    let resident = Person::with(&town, cast.resident_key.clone()).await;
    let path = format!("{}/push", notices(&town, "shop_account"));
    for endpoint in
        ["http://127.0.0.1:1/push/x", "https://169.254.169.254/latest", "https://push.example/x", "file:///etc/passwd", ""]
    {
        let refused = shop.refused(Method::PUT, &path, Some(json!({"endpoint": endpoint}))).await;
        assert_eq!(refused, (422, "push_service_unknown".into()), "{endpoint}");
    }
    let mine = Some(json!({"endpoint": service.endpoint("x")}));
    assert_eq!(resident.refused(Method::PUT, &path, mine).await, (403, "not_allowed".into()));
    let mail = format!("{}/email", notices(&town, "shop_account"));
    let asked = Some(json!({"address": "shop@tolar.example", "language": "fr"}));
    assert_eq!(shop.refused(Method::PUT, &mail, asked).await, (409, "mail_off".into()));
}

#[tokio::test]
async fn every_old_device_is_told_of_a_new_key_and_a_revoked_one_for_the_last_time() {
    let mut service = PushService::start().await;
    let town = town_with(&service);
    let cast = Cast::of(&town).await;
    let old = Person::with(&town, cast.resident_key.clone()).await;
    let path = notices(&town, "resident_account");
    let key = |seed: u8| SigningKey::from_bytes(&[seed; 32]);
    let public = |seed: u8| key(seed).verifying_key().into();
    let add = |seed: u8| Body::AddKey { account: cast.resident, key: public(seed), scope: Scope::Full };
    old.sign(add(41)).await.unwrap();
    let second = Person::with(&town, key(41)).await;
    subscribe(&old, &path, &service.endpoint("old")).await;
    subscribe(&second, &path, &service.endpoint("second")).await;

    // The second device adds a third: the old one is told, urgently.
    second.sign(add(42)).await.unwrap();
    let word = service.next().await;
    assert_eq!((word.whose.as_str(), word.header("urgency"), word.header("topic")), ("old", "high", "keys"));

    // The old one revokes the second: it is told for the last time.
    old.sign(Body::RevokeKey { account: cast.resident, key: public(41) }).await.unwrap();
    assert_eq!(service.next().await.whose, "second");
    let third = Person::with(&town, key(42)).await;
    third.sign(cast.transfer(120)).await.unwrap();
    assert_eq!(service.next().await.whose, "old");
    assert!(service.is_quiet());
}

/// A member's mailbox, confirmed.
async fn confirm(person: &Person<'_>, path: &str, address: &str, language: &str, server: &mut MailServer) {
    let asked = Some(json!({"address": address, "language": language}));
    assert_eq!(person.ask(Method::PUT, &format!("{path}/email"), asked).await, (204, Value::Null));
    let letter = server.next().await;
    assert_eq!(letter.to, address);
    let code = Some(json!({"code": letter.code()}));
    assert_eq!(person.ask(Method::POST, &format!("{path}/email/code"), code).await, (204, Value::Null));
}

#[tokio::test]
async fn mails_are_sent_once_the_mailbox_is_proved_without_amounts_or_names_and_once_an_hour() {
    let mut server = MailServer::start().await;
    let town = Town::with(&format!("smtp = \"{}\"\nmail_from = \"Tolar <no-reply@tolar.example>\"", server.url));
    let cast = Cast::of(&town).await;
    let resident = Person::with(&town, cast.resident_key.clone()).await;
    let shop = Person::with(&town, cast.shop_key.clone()).await;
    let path = notices(&town, "shop_account");
    let put = |address: &str| Some(json!({"address": address, "language": "en"}));
    let email = format!("{path}/email");

    assert_eq!(shop.refused(Method::PUT, &email, put("not an address")).await, (422, "mail_address_wrong".into()));
    assert_eq!(shop.refused(Method::PUT, &email, put("nobody@tolar.example")).await, (422, "mail_address_wrong".into()));
    let wrong = Some(json!({"code": "000000"}));
    assert_eq!(shop.refused(Method::POST, &format!("{email}/code"), wrong).await, (409, "code_over".into()));
    confirm(&shop, &path, "shop@tolar.example", "en", &mut server).await;
    let info = shop.get(&path).await;
    assert_eq!(
        (info["mail"].as_bool(), info["email"].as_str(), info["email_asked"].as_str()),
        (Some(true), Some("s…@tolar.example"), None)
    );

    resident.sign(cast.transfer(123)).await.unwrap();
    let letter = server.next().await;
    assert_eq!((letter.from.as_str(), letter.to.as_str()), ("no-reply@tolar.example", "shop@tolar.example"));
    assert!(letter.text.contains("Open your wallet") && letter.text.contains("/wallet/"), "{}", letter.text);
    assert!(letter.text.contains("Auto-Submitted: auto-generated"), "{}", letter.text);
    let (seller, buyer) = (town.link("shop_name"), town.link("resident_name"));
    for secret in ["1.23", "1,23", "123", seller, buyer, town.link("shop_account"), town.link("resident_account")] {
        let body = letter.text.split_once("\n\n").unwrap().1.replace(&town.url("/wallet/"), "");
        assert!(!body.contains(secret), "{secret} stands in a mail:\n{body}");
    }

    // The next payment is not told within the hour; that a key was added is, at once, also when the same key signed it.
    resident.sign(cast.transfer(124)).await.unwrap();
    let key = SigningKey::from_bytes(&[43; 32]).verifying_key().into();
    shop.sign(Body::AddKey { account: cast.shop, key, scope: Scope::Full }).await.unwrap();
    let letter = server.next().await;
    assert!(letter.text.contains("A device was added to your account"), "{}", letter.text);
    assert!(server.is_quiet());

    let export = shop.get(&format!("/v1/accounts/{}/export", town.link("shop_account"))).await;
    assert_eq!(export["notices"], json!({"email": "shop@tolar.example", "browsers": []}));

    // Turned off: the mailbox is told.
    assert_eq!(shop.ask(Method::DELETE, &email, None).await, (204, Value::Null));
    assert!(server.next().await.text.contains("no longer writes to this address"));
    assert_eq!(shop.get(&path).await["email"], Value::Null);
    for file in std::fs::read_dir(&town.data).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        assert_nowhere(&file, &["shop@tolar.example".as_bytes(), PASSWORD.as_bytes()]);
    }
}

#[tokio::test]
async fn a_mail_server_that_does_not_know_the_node_is_no_fault_of_the_address() {
    let server = MailServer::start().await;
    let town =
        Town::with(&format!("smtp = \"{}\"\nmail_from = \"no-reply@tolar.example\"", server.url.replace(PASSWORD, "another")));
    let shop = Person::with(&town, town.key("shop_seed")).await;
    let asked = Some(json!({"address": "shop@tolar.example", "language": "fr"}));
    let refused = shop.refused(Method::PUT, &format!("{}/email", notices(&town, "shop_account")), asked).await;
    assert_eq!(refused, (503, "mail_unsent".into()));
}

/// None of these bytes stands in a file below a folder.
fn assert_nowhere(folder: &std::path::Path, words: &[&[u8]]) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert_nowhere(&path, words);
            continue;
        }
        let bytes = std::fs::read(&path).unwrap_or_default();
        for word in words {
            assert!(!bytes.windows(word.len()).any(|window| window == *word), "it stands in {}", path.display());
        }
    }
}

#[tokio::test]
async fn each_mail_is_in_the_members_language_and_a_new_mailbox_is_told_to_the_one_before() {
    let mut server = MailServer::start().await;
    let town = Town::with(&format!("smtp = \"{}\"\nmail_from = \"Tolar <no-reply@tolar.example>\"", server.url));
    let cast = Cast::of(&town).await;
    let resident = Person::with(&town, cast.resident_key.clone()).await;
    let path = notices(&town, "resident_account");
    confirm(&resident, &path, "first@tolar.example", "eu", &mut server).await;
    confirm(&resident, &path, "second@tolar.example", "ar", &mut server).await;
    let letter = server.next().await;
    assert_eq!(letter.to, "first@tolar.example");
    assert!(letter.text.contains("ez du gehiago helbide honetara idazten"), "{}", letter.text);
    let shop = Person::with(&town, cast.shop_key.clone()).await;
    shop.sign(back(&cast, 140)).await.unwrap();
    let letter = server.next().await;
    assert_eq!(letter.to, "second@tolar.example");
    assert!(letter.text.contains("افتح محفظتك"), "{}", letter.text);
}
