//! A shop's days, as stories over real HTTP on loopback: a real ledger behind a real wallet API, the shop's machine, its tills, its
//! customers. Nothing is faked but the clock, which can be put forward, and once the API's honesty.

mod town;

use ledger::SigningKey;
use ledger::key::Hash32;
use ledger::message::{Certificate, ChargeRequest};
use ledger::transaction::{Act, Body, ChargeReference, Transfer};
use merchant_pos::wire::{ChargeEvent, ChargeInfo, Claimed, Enrolment, Standing, Tills};
use std::sync::atomic::Ordering;
use std::time::Duration;
use wallet_api::client::Client;

use town::*;

#[tokio::test]
async fn a_charge_is_paid_and_every_till_hears_it_with_its_receipt() {
    let town = Town::found().await;
    let (machine, customer) = (town.pos().await, town.resident_with(10_000));
    let (shop, keys) = town.shop("Le Panier", 2);
    let (till, other) = (town.till(&machine, &shop, &keys[0]).await, town.till(&machine, &shop, &keys[1]).await);
    let mut ear = other.listen().await;
    ear.hears("hello").await.expect("a hello");
    assert_eq!(ear.hears("link").await.as_deref(), Some("{\"online\":true}"));

    let (charge, info) = till.ask(1_250, &town).await;
    assert_eq!(ear.hears_charge("open").await.charge.id, info.id);
    let link = info.link.strip_prefix("https://monnaie.example/wallet/#pay=").expect("a pay link");
    let pair = decoded(link);
    let mut reader = ledger::encoding::Reader::new(&pair);
    reader.array_of(2).expect("a pair");
    let (request, till_key) = ChargeRequest::decode(reader.bytes().expect("a request"), &town.id()).expect("a signed request");
    assert_eq!((request.charge, till_key), (charge, keys[0].verifying_key().into()));
    let certificate =
        Certificate::decode(reader.bytes().expect("a certificate"), &town.id(), &town.trust.keys).expect("it holds");
    assert_eq!((certificate.name.as_str(), certificate.key), ("Le Panier", till_key));
    let svg = till.get(&format!("/charges/{}/qr.svg", info.id)).await.expect("a picture");
    assert_eq!(svg.headers()["content-type"], "image/svg+xml");
    assert!(svg.text().await.expect("text").contains("<svg"));

    let sequence = town.pay(&customer, &shop, 1_250, Some(charge));
    let heard = ear.hears_charge("paid").await;
    assert_eq!((heard.charge.id.as_str(), heard.charge.sequence), (info.id.as_str(), Some(sequence)));
    assert_eq!(heard.charge.payer.as_deref(), Some(customer.text.as_str()));
    assert_eq!(proved(&decoded(&heard.receipt.expect("a receipt")), &town), sequence);
    let seen = till.sees(&info.id, "paid").await;
    assert_eq!((seen.sequence, seen.refunded, seen.reference.as_deref()), (Some(sequence), 0, Some("table 4")));
    let totals = till.day(&town).await.totals;
    assert_eq!((totals.paid_count, totals.paid, totals.net, totals.unexpected), (1, 1_250, 1_250, 0));
}

#[tokio::test]
async fn the_same_request_is_one_charge_and_others_are_refused() {
    let town = Town::found().await;
    let machine = town.pos().await;
    let (shop, keys) = town.shop("Le Panier", 2);
    let till = town.till(&machine, &shop, &keys[0]).await;
    let now = town.now();
    let (charge, request) = till.request(500, now + MINUTE_MS);
    let first: ChargeInfo = json(till.post("/charges", request.clone()).await.expect("a charge")).await;
    let again: ChargeInfo = json(till.post("/charges", request.clone()).await.expect("the same charge")).await;
    assert_eq!((first.id.as_str(), again.created), (hex::encode(charge.id).as_str(), first.created));
    let twin = ChargeRequest { payee: shop.account, amount: cents(501), charge, reference: None }.sign(&town.id(), &keys[0]);
    let refused = async |body: Vec<u8>| till.post("/charges", body).await.map(|_| ()).expect_err("a refusal");
    assert_eq!(refused(twin).await, (409, "charge_exists".into()));
    assert_eq!(refused(till.request(500, now).1).await, (422, "charge_over".into()));
    assert_eq!(refused(till.request(500, now + 7 * DAY_MS + MINUTE_MS).1).await, (422, "charge_too_long".into()));
    assert_eq!(refused(till.request(10_000_001, now + MINUTE_MS).1).await, (422, "charge_amount".into()));
    assert_eq!(refused(b"no charge".to_vec()).await.0, 400);
    assert_eq!(refused(vec![0; 20_000]).await, (413, "too_large".into()));
    let of_other = town.till(&machine, &shop, &keys[1]).await.request(500, now + MINUTE_MS).1;
    assert_eq!(refused(of_other).await, (403, "charge_other_key".into()));
    let (elsewhere, _) = town.shop("La Halle", 0);
    let for_other = ChargeRequest {
        payee: elsewhere.account,
        amount: cents(1),
        charge: ChargeReference { id: [1; 16], expires: now + MINUTE_MS },
        reference: None,
    };
    assert_eq!(refused(for_other.sign(&town.id(), &keys[0])).await, (403, "charge_other_payee".into()));
    // After its end the same bytes still give the same charge, because the first answer may have been lost.
    town.later(2 * MINUTE_MS);
    let late: ChargeInfo = json(till.post("/charges", request).await.expect("the same charge")).await;
    assert_eq!((late.id, late.state.as_str()), (first.id, "expired"));
}

#[tokio::test]
async fn a_payment_for_a_cancelled_charge_is_not_lost_and_is_given_back() {
    let town = Town::found().await;
    let (machine, customer) = (town.pos().await, town.resident_with(10_000));
    let (shop, keys) = town.shop("Le Panier", 1);
    let till = town.till(&machine, &shop, &keys[0]).await;
    let mut ear = till.listen().await;
    let (charge, info) = till.ask(1_250, &town).await;
    assert_eq!(till.cancel(&info.id).await.expect("cancelled").state, "cancelled");
    assert_eq!(till.cancel(&info.id).await.expect("still cancelled").state, "cancelled");
    // In the very millisecond of the cancel, or before it, the payment would count.
    town.later(10);
    let sequence = town.pay(&customer, &shop, 1_250, Some(charge));
    assert!(ear.hears("unexpected").await.expect("the news").contains("\"reason\":\"cancelled\""));
    let day = till.day_when(&town, |day| day.unexpected.len() == 1).await;
    let unexpected = &day.unexpected[0];
    assert_eq!((unexpected.sequence, unexpected.reason.as_str(), unexpected.refunded), (sequence, "cancelled", 0));
    assert_eq!(unexpected.charge.as_deref(), Some(info.id.as_str()));
    assert_eq!(till.charge(&info.id).await.expect("a charge").state, "cancelled");

    till.give_back(sequence, 1_250, &town).await.expect("a refund");
    let day = till.day_when(&town, |day| day.unexpected[0].refunded == 1_250).await;
    assert_eq!((day.totals.unexpected, day.totals.unexpected_refunded, day.totals.net), (1_250, 1_250, 0));
    assert_eq!((town.balance(&customer), town.balance(&shop)), (10_000, 0));
}

#[tokio::test]
async fn a_payment_after_the_end_is_unexpected_and_the_tills_hear_of_the_end() {
    let town = Town::found().await;
    let (machine, customer) = (town.pos().await, town.resident_with(10_000));
    let (shop, keys) = town.shop("Le Panier", 1);
    let till = town.till(&machine, &shop, &keys[0]).await;
    let mut ear = till.listen().await;
    let (_, request) = till.request(70, town.now() + 1_500);
    till.post("/charges", request).await.expect("a short charge");
    ear.hears_charge("expired").await;
    let (charge, info) = till.ask(1_250, &town).await;
    town.later(6 * MINUTE_MS);
    assert_eq!(till.charge(&info.id).await.expect("a charge").state, "expired");
    assert_eq!(till.cancel(&info.id).await.expect_err("too late"), (409, "charge_ended".into()));
    town.pay(&customer, &shop, 1_250, Some(charge));
    let day = till.day_when(&town, |day| day.unexpected.len() == 1).await;
    assert_eq!((day.unexpected[0].reason.as_str(), day.totals.paid), ("expired", 0));
}

#[tokio::test]
async fn what_was_paid_while_the_machine_was_down_is_found_after_its_restart() {
    let town = Town::found().await;
    let (machine, customer) = (town.pos().await, town.resident_with(10_000));
    let (shop, keys) = town.shop("Le Panier", 1);
    let till = town.till(&machine, &shop, &keys[0]).await;
    let (charge, info) = till.ask(1_250, &town).await;
    let (other, unpaid) = till.ask(300, &town).await;
    machine.stop().await;

    let sequence = town.pay(&customer, &shop, 1_250, Some(charge));
    town.pay(&customer, &shop, 299, Some(other));
    for _ in 0..60 {
        town.pay(&customer, &shop, 1, None);
    }
    town.later(DAY_MS / 2);

    let machine = town.pos().await;
    let till = town.till(&machine, &shop, &keys[0]).await;
    let day = till.day_when(&town, |day| day.unexpected.len() == 61).await;
    assert_eq!((day.totals.paid_count, day.totals.paid, day.totals.unexpected), (1, 1_250, 299 + 60));
    assert_eq!(day.unexpected.iter().filter(|unexpected| unexpected.reason == "amount").count(), 1);
    // Paid in time by the ledger's clock, although the machine heard of it long after the end.
    let seen = till.sees(&info.id, "paid").await;
    assert_eq!(seen.sequence, Some(sequence));
    assert_eq!(till.charge(&unpaid.id).await.expect("a charge").state, "expired");
}

#[tokio::test]
async fn a_part_and_then_the_rest_are_given_back_and_never_more() {
    let town = Town::found().await;
    let (machine, customer) = (town.pos().await, town.resident_with(10_000));
    let (shop, keys) = town.shop("Le Panier", 1);
    let till = town.till(&machine, &shop, &keys[0]).await;
    let mut ear = till.listen().await;
    let (charge, info) = till.ask(1_250, &town).await;
    let sequence = town.pay(&customer, &shop, 1_250, Some(charge));
    // The cashier cancels at the very moment: what the ledger accepted before comes first.
    assert_eq!(till.cancel(&info.id).await.expect_err("paid already"), (409, "charge_paid".into()));
    town.pay(&customer, &shop, 500, None);

    let part = till.refund(sequence, 250, &town);
    let first = till.post("/refunds", part.clone()).await.expect("a refund").bytes().await.expect("a receipt");
    let again = till.post("/refunds", part).await.expect("the same refund").bytes().await.expect("a receipt");
    assert_eq!(proved(&first, &town), proved(&again, &town));
    let day = till.day_when(&town, |day| day.totals.refunded == 250).await;
    assert_eq!((day.charges[0].state.as_str(), day.charges[0].refunded, day.totals.net), ("paid", 250, 1_000));
    assert_eq!(till.give_back(sequence, 1_001, &town).await.expect_err("too much"), (409, "refund_exceeds".into()));

    let last = till.give_back(sequence, 1_000, &town).await.expect("the rest");
    let heard = ear.hears_charge("refunded").await;
    assert_eq!(proved(&decoded(&heard.receipt.expect("the payment's receipt")), &town), sequence);
    let day = till.day_when(&town, |day| day.totals.refunded == 1_250).await;
    assert_eq!((day.totals.paid, day.totals.net, day.refunds.len()), (1_250, 0, 2));
    assert_eq!((day.refunds[1].sequence, day.refunds[1].charge.as_deref()), (last, Some(info.id.as_str())));
    assert_eq!((town.balance(&customer), town.balance(&shop)), (9_500, 500));

    let csv = till.get(&format!("/day.csv?from=0&to={}", 400 * DAY_MS)).await.expect("an empty file");
    assert_eq!(csv.headers()["content-type"], "text/csv; charset=utf-8");
    let range = format!("from={}&to={}", town.now() - DAY_MS, town.now() + DAY_MS);
    let csv = till.get(&format!("/day.csv?{range}")).await.expect("a file").text().await.expect("text");
    assert_eq!(csv.lines().count(), 5);
    assert!(csv.contains(";12,50;table 4;") && csv.contains(";-2,50;") && csv.contains(";-10,00;"), "{csv}");
}

#[tokio::test]
async fn a_request_that_is_announced_after_its_payment_is_paid_and_every_till_hears_it() {
    let town = Town::found().await;
    let (machine, customer) = (town.pos().await, town.resident_with(10_000));
    let (shop, keys) = town.shop("Le Panier", 1);
    let till = town.till(&machine, &shop, &keys[0]).await;
    // From the first request on, every payment is taken in.
    till.ask(400, &town).await;
    let (charge, request) = till.request(1_250, town.now() + 6 * 24 * 60 * MINUTE_MS);
    let sequence = town.pay(&customer, &shop, 1_250, Some(charge));
    let before = till.day_when(&town, |day| day.unexpected.len() == 1).await;
    assert_eq!((before.unexpected[0].reason.as_str(), before.totals.paid), ("unknown", 0));
    let mut ear = till.listen().await;
    ear.hears("hello").await.expect("a hello");
    let told: ChargeInfo = json(till.post("/charges", request.clone()).await.expect("announced")).await;
    assert_eq!((told.state.as_str(), told.sequence), ("paid", Some(sequence)));
    let heard = ear.hears_charge("paid").await;
    assert_eq!(proved(&decoded(&heard.receipt.expect("a receipt")), &town), sequence);
    let again: ChargeInfo = json(till.post("/charges", request).await.expect("announced again")).await;
    assert_eq!(again.state, "paid");
    let totals = till.day(&town).await.totals;
    assert_eq!((totals.paid_count, totals.paid, totals.unexpected), (1, 1_250, 0));
}

#[tokio::test]
async fn another_amount_another_end_or_no_charge_pays_no_charge() {
    let town = Town::found().await;
    let (machine, customer) = (town.pos().await, town.resident_with(10_000));
    let (shop, keys) = town.shop("Le Panier", 1);
    let till = town.till(&machine, &shop, &keys[0]).await;
    let (charge, info) = till.ask(1_250, &town).await;
    let (other, second) = till.ask(400, &town).await;
    town.pay(&customer, &shop, 1_249, Some(charge));
    town.pay(&customer, &shop, 400, Some(ChargeReference { expires: other.expires + 1, ..other }));
    town.pay(&customer, &shop, 7, Some(ChargeReference { id: [7; 16], ..other }));
    town.pay(&customer, &shop, 8, None);
    let day = till.day_when(&town, |day| day.unexpected.len() == 4).await;
    let reasons: Vec<&str> = day.unexpected.iter().map(|unexpected| unexpected.reason.as_str()).collect();
    assert_eq!(reasons, ["amount", "unknown", "unknown", "no_charge"]);
    assert_eq!((day.totals.paid, day.totals.unexpected), (0, 1_249 + 400 + 7 + 8));
    for id in [&info.id, &second.id] {
        assert_eq!(till.charge(id).await.expect("a charge").state, "open");
    }
}

#[tokio::test]
async fn however_often_a_payment_is_sent_and_seen_it_counts_once() {
    let town = Town::found().await;
    let (machine, customer) = (town.pos().await, town.resident_with(10_000));
    let (shop, keys) = town.shop("Le Panier", 1);
    let till = town.till(&machine, &shop, &keys[0]).await;
    let (charge, info) = till.ask(1_250, &town).await;
    let transfer =
        Transfer { payer: customer.account, payee: shop.account, amount: cents(1_250), charge: Some(charge), memo: None };
    let bytes = town.signed(&customer.key, Body::Transfer(transfer));
    let api = Client::new(&town.api).expect("a client");
    let sent =
        (api.submit(&bytes, &town.trust).await.expect("paid").1, api.submit(&bytes, &town.trust).await.expect("the same").1);
    assert_eq!(sent.0.sequence, sent.1.sequence);
    // Several connections, questions and a new day of events about the same entry.
    let mut ears = Vec::new();
    for _ in 0..3 {
        ears.push(till.listen().await);
        till.sees(&info.id, "paid").await;
        town.later(3_000);
    }
    let day = till.day(&town).await;
    assert_eq!((day.totals.paid_count, day.totals.paid, day.unexpected.len()), (1, 1_250, 0));
}

#[tokio::test]
async fn a_till_of_another_shop_sees_nothing_and_changes_nothing() {
    let town = Town::found().await;
    let (machine, customer) = (town.pos().await, town.resident_with(10_000));
    let ((shop, keys), (rival, rivals)) = (town.shop("Le Panier", 1), town.shop("La Halle", 1));
    let till = town.till(&machine, &shop, &keys[0]).await;
    let stranger = town.till(&machine, &rival, &rivals[0]).await;
    let (charge, info) = till.ask(1_250, &town).await;
    let not_found = (404, "not_found".to_owned());
    assert_eq!(stranger.charge(&info.id).await.expect_err("hidden"), not_found);
    assert_eq!(stranger.cancel(&info.id).await.expect_err("hidden"), not_found);
    assert_eq!(stranger.get(&format!("/charges/{}/qr.svg", info.id)).await.expect_err("hidden"), not_found);
    let sequence = town.pay(&customer, &shop, 1_250, Some(charge));
    till.sees(&info.id, "paid").await;
    let day = stranger.day(&town).await;
    assert!(day.charges.is_empty() && day.unexpected.is_empty());
    assert_eq!(stranger.give_back(sequence, 1, &town).await.expect_err("not theirs").0, 404);
    let body = Body::Refund { account: shop.account, original: sequence, item: 0, amount: cents(1) };
    let refused = stranger.post("/refunds", town.signed(&rivals[0], body)).await.expect_err("not theirs");
    assert_eq!(refused, (403, "refund_other_account".into()));
    let payment = Transfer { payer: rival.account, payee: shop.account, amount: cents(1), charge: None, memo: None };
    let refused = stranger.post("/refunds", town.signed(&rivals[0], Body::Transfer(payment))).await.expect_err("no refund");
    assert_eq!(refused, (422, "not_a_refund".into()));

    let resident = town.till(&machine, &customer, &customer.key).await;
    assert_eq!(resident.get("/day?from=1&to=2").await.expect_err("no shop"), (403, "not_allowed".into()));
    let nobody = Till { token: "made-up".into(), ..stranger };
    assert_eq!(nobody.charge(&info.id).await.expect_err("no session"), (401, "not_signed_in".into()));
    assert_eq!(nobody.get("/nowhere").await.expect_err("no route"), (404, "not_found".into()));
    assert_eq!(till.post("/tills", vec![]).await.expect_err("no method"), (405, "method_not_allowed".into()));
    assert_eq!(till.get("/day?from=5&to=5").await.expect_err("no time"), (422, "day_range".into()));
    assert_eq!(till.get("/day?from=yesterday").await.expect_err("no number"), (400, "malformed_request".into()));
}

#[tokio::test]
async fn a_till_is_enrolled_works_and_is_refused_once_revoked() {
    let town = Town::found().await;
    let machine = town.pos().await;
    let (shop, _) = town.shop("Le Panier", 0);
    let owner = town.till(&machine, &shop, &shop.key).await;
    let enrolment: Enrolment = json(owner.post("/enrolments", vec![]).await.expect("a code")).await;
    let path = format!("/enrolments/{}", enrolment.code);
    let standing: Standing = json(owner.get(&path).await.expect("a standing")).await;
    assert_eq!((standing.state.as_str(), standing.key), ("waiting", None));

    let key = SigningKey::from_bytes(&random());
    let claim = serde_json::json!({ "key": hex::encode(key.verifying_key().as_bytes()), "label": "Caisse 1" });
    let claim_at = async |path: &str| {
        let request = owner.http.post(format!("{}{path}/claim", owner.url)).body(claim.to_string());
        checked(request.send().await.expect("an answer")).await
    };
    assert_eq!(claim_at("/enrolments/2222-2222").await.expect_err("a guess"), (404, "enrolment_unknown".into()));
    let claimed: Claimed = json(claim_at(&path).await.expect("claimed")).await;
    assert_eq!((claimed.account.as_str(), claimed.shop_name.as_deref()), (shop.text.as_str(), Some("Le Panier")));
    let standing: Standing = json(owner.get(&path).await.expect("a standing")).await;
    assert_eq!((standing.state.as_str(), standing.label.as_deref()), ("claimed", Some("Caisse 1")));

    town.admit(&shop, &key);
    let till = town.till(&machine, &shop, &key).await;
    let mut ear = till.listen().await;
    ear.hears("link").await.expect("a link");
    till.ask(100, &town).await;
    assert_eq!(till.post("/enrolments", vec![]).await.expect_err("a till"), (403, "scope_insufficient".into()));
    let listed = async || json::<Tills>(owner.get("/tills").await.expect("tills")).await.tills;
    let tills: Vec<_> = listed().await.into_iter().map(|till| (till.label, till.active)).collect();
    assert_eq!(tills, [("Caisse 1".to_owned(), true)]);

    town.revoke(&shop, &key);
    // The connection ends by itself, without waiting for the minute in which a session is believed.
    while ear.hears("charge").await.is_some() {}
    let refused = till.get("/day?from=1&to=2").await.expect_err("revoked");
    assert!([401, 403].contains(&refused.0), "{refused:?}");
    let (_, request) = till.request(100, town.now() + MINUTE_MS);
    assert!([401, 403].contains(&till.post("/charges", request).await.expect_err("revoked").0));
    let tills: Vec<_> = listed().await.into_iter().map(|till| (till.label, till.active)).collect();
    assert_eq!(tills, [("Caisse 1".to_owned(), false)]);
}

#[tokio::test]
async fn what_a_cashier_asked_for_is_announced_by_the_till_and_a_strangers_request_is_not() {
    let town = Town::found().await;
    let machine = town.pos().await;
    let (shop, keys) = town.shop("Café du Pont", 1);
    let owner = town.till(&machine, &shop, &shop.key).await;
    let till = town.till(&machine, &shop, &keys[0]).await;
    let cashier = enrolled(&owner, "cashier", "Maite").await;
    town.admit(&shop, &cashier);
    let listed: Tills = json(till.get("/tills").await.expect("who works here")).await;
    let of = |label: &str| listed.tills.iter().find(|till| till.label == label).map(|till| (till.kind.clone(), till.active));
    assert_eq!(of("Maite"), Some(("cashier".into(), true)));

    let maite = town.till(&machine, &shop, &cashier).await;
    let (charge, request) = maite.request(350, town.now() + 5 * MINUTE_MS);
    let info: ChargeInfo = json(till.post("/charges", request.clone()).await.expect("announced")).await;
    assert_eq!(info.till, hex::encode(cashier.verifying_key().as_bytes()));
    let again: ChargeInfo = json(maite.post("/charges", request).await.expect("the same")).await;
    assert_eq!(again.id, info.id);
    let payer = town.resident_with(1_000);
    town.pay(&payer, &shop, 350, Some(charge));
    till.sees(&info.id, "paid").await;

    let stranger = Till { key: SigningKey::from_bytes(&random()), ..town.till(&machine, &shop, &keys[0]).await };
    let (_, request) = stranger.request(100, town.now() + 5 * MINUTE_MS);
    assert_eq!(till.post("/charges", request).await.expect_err("a stranger"), (403, "charge_other_key".into()));
}

#[tokio::test]
async fn a_receipt_that_does_not_hold_pays_nothing_and_the_true_one_does() {
    let town = Town::found().await;
    let (machine, customer) = (town.pos().await, town.resident_with(10_000));
    let (shop, keys) = town.shop("Le Panier", 1);
    let till = town.till(&machine, &shop, &keys[0]).await;
    let mut ear = till.listen().await;
    assert_eq!(ear.hears("link").await.as_deref(), Some("{\"online\":true}"));
    let (charge, info) = till.ask(1_250, &town).await;
    town.trouble.lying.store(true, Ordering::Relaxed);
    town.pay(&customer, &shop, 1_250, Some(charge));
    assert_eq!(ear.hears("link").await.as_deref(), Some("{\"online\":false}"));
    assert_eq!(till.charge(&info.id).await.expect("a charge").state, "open");
    town.trouble.lying.store(false, Ordering::Relaxed);
    ear.hears_charge("paid").await;
    till.sees(&info.id, "paid").await;
}

#[tokio::test]
async fn without_the_ledger_the_records_still_answer_and_what_needs_it_says_so() {
    let town = Town::found().await;
    let (machine, customer) = (town.pos().await, town.resident_with(10_000));
    let (shop, keys) = town.shop("Le Panier", 1);
    let till = town.till(&machine, &shop, &keys[0]).await;
    let (charge, info) = till.ask(1_250, &town).await;
    let sequence = town.pay(&customer, &shop, 1_250, Some(charge));
    till.sees(&info.id, "paid").await;

    town.trouble.away.store(true, Ordering::Relaxed);
    let (_, second) = till.ask(300, &town).await;
    assert_eq!(till.charge(&second.id).await.expect("a charge").state, "open");
    let unanswered = (503, "ledger_unanswered".to_owned());
    assert_eq!(till.cancel(&second.id).await.expect_err("it may be paid already"), unanswered);
    assert_eq!(till.charge(&second.id).await.expect("a charge").state, "open");
    assert_eq!(till.day(&town).await.totals.paid, 1_250);
    let refund = till.refund(sequence, 250, &town);
    assert_eq!(till.post("/refunds", refund.clone()).await.expect_err("nobody knows"), unanswered);
    // A token is believed for a minute, and then somebody has to be asked.
    town.later(MINUTE_MS);
    assert_eq!(till.charge(&info.id).await.expect_err("nobody knows"), unanswered);

    town.trouble.away.store(false, Ordering::Relaxed);
    let receipt = till.post("/refunds", refund).await.expect("the same bytes").bytes().await.expect("a receipt");
    proved(&receipt, &town);
    till.day_when(&town, |day| day.totals.refunded == 250).await;
}

#[tokio::test]
async fn a_charge_is_never_told_expired_while_a_payment_may_be_unread() {
    let town = Town::found().await;
    let (machine, customer) = (town.pos().await, town.resident_with(10_000));
    let (shop, keys) = town.shop("Le Panier", 1);
    let till = town.till(&machine, &shop, &keys[0]).await;
    let mut ear = till.listen().await;
    assert_eq!(ear.hears("link").await.as_deref(), Some("{\"online\":true}"));
    town.trouble.lying.store(true, Ordering::Relaxed);
    // The customer's wallet has its receipt; this machine cannot read any.
    let (charge, request) = till.request(70, town.now() + 2_000);
    let short: ChargeInfo = json(till.post("/charges", request).await.expect("a short charge")).await;
    town.pay(&customer, &shop, 70, Some(charge));
    let (_, unpaid) = till.ask(300, &town).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    town.later(6 * MINUTE_MS);
    for id in [&short.id, &unpaid.id] {
        let seen = till.charge(id).await.expect("a charge");
        assert_eq!((seen.state.as_str(), seen.as_of <= seen.expires), ("open", true));
    }
    assert!(till.day(&town).await.charges.iter().all(|charge| charge.state == "open"));

    town.trouble.lying.store(false, Ordering::Relaxed);
    let paid = till.sees(&short.id, "paid").await;
    assert!(paid.as_of > paid.expires);
    let expired = till.sees(&unpaid.id, "expired").await;
    assert!(expired.as_of > expired.expires);
    // Asked for, asked for, and then the payment: nothing in between said that it was over.
    let mut states = Vec::new();
    while states.last().is_none_or(|state| state != "paid") {
        let event: ChargeEvent = serde_json::from_str(&ear.hears("charge").await.expect("the connection")).expect("a charge");
        if event.charge.id == short.id {
            states.push(event.charge.state);
        }
    }
    assert_eq!(states, ["open", "paid"]);
}

#[tokio::test]
async fn a_charge_that_may_be_paid_is_not_cancelled() {
    let town = Town::found().await;
    let (machine, customer) = (town.pos().await, town.resident_with(10_000));
    let (shop, keys) = town.shop("Le Panier", 1);
    let till = town.till(&machine, &shop, &keys[0]).await;
    let (charge, info) = till.ask(1_250, &town).await;
    let (_, other) = till.ask(300, &town).await;
    assert_eq!(till.cancel(&other.id).await.expect("cancelled").state, "cancelled");
    town.trouble.lying.store(true, Ordering::Relaxed);
    town.pay(&customer, &shop, 1_250, Some(charge));
    assert_eq!(till.cancel(&info.id).await.expect_err("nobody knows"), (503, "ledger_unproved".into()));
    // What is cancelled stays so, whatever the ledger says: the answer may have been lost.
    assert_eq!(till.cancel(&other.id).await.expect("cancelled").state, "cancelled");
    town.trouble.lying.store(false, Ordering::Relaxed);
    assert_eq!(till.cancel(&info.id).await.expect_err("it is paid"), (409, "charge_paid".into()));
}

/// Everything that would need the ledger is refused, whatever the shop asks; the file of what was proved is there.
async fn refuses_a_ledger_that_went_back(till: &Till, open: &ChargeInfo, paid: u64, town: &Town) {
    let went_back = (503, "ledger_went_back".to_owned());
    assert_eq!(till.charge(&open.id).await.map(|charge| charge.state).expect_err("not open"), went_back);
    assert_eq!(till.cancel(&open.id).await.map(|charge| charge.state).expect_err("no cancel"), went_back);
    let (_, request) = till.request(5, town.now() + MINUTE_MS);
    assert_eq!(till.post("/charges", request).await.map(|_| ()).expect_err("no charge"), went_back);
    assert_eq!(till.give_back(paid, 1, town).await.expect_err("no refund"), went_back);
    let range = format!("from={}&to={}", town.now() - DAY_MS, town.now() + DAY_MS);
    assert_eq!(till.get(&format!("/day?{range}")).await.map(|_| ()).expect_err("no day"), went_back);
    let csv = till.get(&format!("/day.csv?{range}")).await.expect("a file").text().await.expect("text");
    assert_eq!((csv.lines().count(), csv.contains(";12,50;table 4;")), (2, true), "{csv}");
}

#[tokio::test]
async fn a_ledger_that_was_restored_from_an_old_copy_is_a_loud_fault() {
    for grown in [false, true] {
        let mut town = Town::found().await;
        let (machine, customer) = (town.pos().await, town.resident_with(10_000));
        let (shop, keys) = town.shop("Le Panier", 1);
        let till = town.till(&machine, &shop, &keys[0]).await;
        let (charge, info) = till.ask(1_250, &town).await;
        let (_, open) = till.ask(300, &town).await;
        let (backup, before) = (town.back_up(), town.api.clone());
        let paid = town.pay(&customer, &shop, 1_250, Some(charge));
        till.sees(&info.id, "paid").await;
        machine.stop().await;

        town.restore(backup).await;
        if grown {
            // Other entries stand where the payment stood, and the ledger is longer than it was.
            town.act(Act::Convert { bank: 1, credit: Hash32(random()), amount: cents(5), account: customer.account });
            (0..3).for_each(|_| assert!(town.pay(&customer, &shop, 1, None) > 0));
        }
        let machine = town.pos().await;
        let till = town.till(&machine, &shop, &keys[0]).await;
        refuses_a_ledger_that_went_back(&till, &open, paid, &town).await;
        let mut ear = till.listen().await;
        assert_eq!(ear.hears("link").await.as_deref(), Some("{\"online\":false}"));
        machine.stop().await;

        // The association finds its newer copy.
        town.api = before;
        let machine = town.pos().await;
        let till = town.till(&machine, &shop, &keys[0]).await;
        assert_eq!(till.charge(&open.id).await.expect("a charge").state, "open");
        assert_eq!(till.day(&town).await.totals.paid, 1_250);
    }
}

#[tokio::test]
async fn a_ledger_that_lost_entries_of_others_only_is_older_too() {
    let mut town = Town::found().await;
    let (machine, customer) = (town.pos().await, town.resident_with(10_000));
    let (shop, keys) = town.shop("Le Panier", 1);
    let till = town.till(&machine, &shop, &keys[0]).await;
    let (charge, _) = till.ask(1_250, &town).await;
    let (_, open) = till.ask(300, &town).await;
    machine.stop().await;
    let paid = town.pay(&customer, &shop, 1_250, Some(charge));
    let backup = town.back_up();
    town.act(Act::Convert { bank: 1, credit: Hash32(random()), amount: cents(5), account: customer.account });
    let machine = town.pos().await;
    let till = town.till(&machine, &shop, &keys[0]).await;
    // All of it was taken in, and how far the ledger was seen is kept.
    till.day_when(&town, |day| day.totals.paid == 1_250 && day.as_of > 0).await;
    machine.stop().await;

    town.restore(backup).await;
    let machine = town.pos().await;
    let till = town.till(&machine, &shop, &keys[0]).await;
    refuses_a_ledger_that_went_back(&till, &open, paid, &town).await;
}

#[tokio::test]
async fn a_name_signed_with_an_earlier_checkpoint_key_is_asked_for_again() {
    let town = Town::found().await;
    let machine = town.pos().await;
    let (shop, keys) = town.shop("Le Panier", 1);
    let till = town.till(&machine, &shop, &keys[0]).await;
    let signed_by = |info: &ChargeInfo| {
        let pair = decoded(info.link.split_once("#pay=").expect("a pay link").1);
        let mut reader = ledger::encoding::Reader::new(&pair);
        reader.array_of(2).expect("a pair");
        reader.bytes().expect("a request");
        let certificate = reader.bytes().expect("a certificate");
        town.signers.iter().position(|key| Certificate::decode(certificate, &town.id(), &[key.verifying_key().into()]).is_ok())
    };
    for _ in 0..2 {
        assert_eq!(signed_by(&till.ask(100, &town).await.1), Some(0));
    }
    town.act(Act::RotateCheckpointKey { key: town.signers[1].verifying_key().into() });
    town.later(2 * MINUTE_MS);
    assert_eq!(signed_by(&till.ask(100, &town).await.1), Some(1));
}

#[tokio::test]
async fn a_checkpoint_key_that_the_api_names_and_does_not_prove_proves_no_payment() {
    let town = Town::found().await;
    let (machine, customer) = (town.pos().await, town.resident_with(10_000));
    let (shop, keys) = town.shop("Le Panier", 1);
    let till = town.till(&machine, &shop, &keys[0]).await;
    let (charge, info) = till.ask(700, &town).await;
    town.trouble.hiding_keys.store(true, Ordering::Relaxed);
    town.act(Act::RotateCheckpointKey { key: town.signers[1].verifying_key().into() });
    town.later(2 * MINUTE_MS);
    town.pay(&customer, &shop, 700, Some(charge));
    assert_eq!(Client::new(&town.api).expect("a client").trust().await.expect("facts").keys.len(), 2, "the API names both keys");
    assert_eq!(till.charge(&info.id).await.expect("a charge").state, "open");
    let cancelled = till.cancel(&info.id).await.expect_err("it may be paid already");
    assert_eq!(cancelled, (503, "ledger_unproved".into()));

    town.trouble.hiding_keys.store(false, Ordering::Relaxed);
    town.later(2 * MINUTE_MS);
    till.sees(&info.id, "paid").await;
}

#[tokio::test]
async fn when_one_till_is_revoked_the_others_go_on() {
    // The machine reads with the token of the till that came first: once that one is revoked, once the other.
    for revoked in 0..2 {
        let town = Town::found().await;
        let (machine, customer) = (town.pos().await, town.resident_with(10_000));
        let (shop, keys) = town.shop("Le Panier", 2);
        let (mut tills, mut ears) = (Vec::new(), Vec::new());
        for key in &keys {
            let till = town.till(&machine, &shop, key).await;
            let mut ear = till.listen().await;
            assert_eq!(ear.hears("link").await.as_deref(), Some("{\"online\":true}"));
            tills.push(till);
            ears.push(ear);
        }
        town.revoke(&shop, &keys[revoked]);
        assert_eq!(ears.remove(revoked).hears("nothing more").await, None);
        let refused = tills.remove(revoked).get("/day?from=1&to=2").await.expect_err("revoked");
        assert!([401, 403].contains(&refused.0), "{refused:?}");
        let (charge, _) = tills[0].ask(1_000, &town).await;
        town.pay(&customer, &shop, 1_000, Some(charge));
        assert_eq!(ears[0].hears_charge("paid").await.charge.amount, 1_000);
    }
}
