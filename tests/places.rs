//! What a shop tells everybody of itself, against the running program.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Cast, Town, get, key_of};
use serde_json::{Value, json};

async fn put(town: &Town, token: &str, account: &str, place: &Value) -> u16 {
    let url = town.url(&format!("/v1/accounts/{account}/place"));
    let request = reqwest::Client::new().put(url).bearer_auth(token).header("content-type", "application/json");
    request.body(place.to_string()).send().await.unwrap().status().as_u16()
}

async fn listed(town: &Town, account: &str) -> Value {
    let shops = get(&town.url("/v1/shops")).await;
    shops["shops"].as_array().unwrap().iter().find(|shop| shop["account"] == account).unwrap().clone()
}

#[tokio::test]
async fn what_a_shop_tells_of_itself_everybody_reads_and_nothing_senseless_is_kept() {
    let town = Town::new();
    let cast = Cast::of(&town).await;
    let client = wallet_api::client::Client::new(&town.url("")).unwrap();
    let token = client.sign_in(&cast.ledger, &key_of(town.link("shop_seed"))).await.unwrap().token;
    let shop = town.link("shop_account").to_owned();
    let told = json!({
        "address": "  3 place du Marché ", "quarter": "Halles", "about": "", "offers": "Pain pour cantines", "phone": "01 23 45 67 89",
        "openings": [{"weekday": 5, "opens": 480, "closes": 750}, {"weekday": 0, "opens": 900, "closes": 1440}, {"weekday": 0, "opens": 480, "closes": 750}],
    });
    assert_eq!(put(&town, &token, &shop, &told).await, 204);
    let place = listed(&town, &shop).await["place"].clone();
    assert_eq!((&place["address"], &place["about"]), (&json!("3 place du Marché"), &Value::Null));
    assert_eq!(place["openings"][0], json!({"weekday": 0, "opens": 480, "closes": 750}));
    assert_eq!(place["openings"][2]["weekday"], 5);

    let opening = |weekday: u16, opens: u16, closes: u16| json!({"weekday": weekday, "opens": opens, "closes": closes});
    let senseless = [
        json!({"openings": [opening(0, 480, 750), opening(0, 700, 900)]}),
        json!({"openings": [opening(7, 480, 750)]}),
        json!({"openings": [opening(0, 750, 480)]}),
        json!({"openings": [opening(0, 750, 1441)]}),
        json!({"openings": vec![opening(1, 1, 2); 22]}),
        json!({"openings": [], "address": "x".repeat(141)}),
        json!({"openings": [], "about": "two\u{0}"}),
    ];
    for place in senseless {
        assert_eq!(put(&town, &token, &shop, &place).await, 400, "{place}");
    }
    assert_eq!(listed(&town, &shop).await["place"], place, "what was refused changed nothing");

    // Nobody speaks for another shop, and a resident is no shop.
    assert_eq!(put(&town, &token, town.link("resident_account"), &told).await, 403);
}
