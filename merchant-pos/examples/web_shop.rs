//! A web shop that is paid in the local currency, in one file: it writes an invoice for each order, sends its customer there, and is told
//! by a signed hook when it is paid.
//!
//! ```text
//! customer ──order──▶ web shop ──POST /pos/v1/invoices──▶ Liard
//! customer ◀──303 to the invoice's link──┘                  │ the customer pays in their wallet
//!            web shop ◀── POST /liard, signed ──────────────┘
//! ```
//! Run it with `cargo run -p merchant-pos --example web_shop -- http://127.0.0.1:8080 liard_… whsec_… 127.0.0.1:9000`. What every shop has
//! to do with a hook stands in [`Shop::hear`], and is four steps in any language. The tests of this crate run this very file.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// What was signed longer ago than this is refused, and ids are remembered for at least so long.
const WINDOW_MS: u64 = 5 * 60_000;

/// The shop: where Liard is, its key there, the secret of its hook, and its orders.
pub struct Shop {
    /// Such as `https://monnaie.example`.
    pub liard: String,
    /// A program's key that may write invoices.
    pub key: String,
    /// The hook's secret.
    pub secret: String,
    /// Tells the time, in milliseconds since 1970.
    pub now: Box<dyn Fn() -> u64 + Send + Sync>,
    /// How each order stands, by its reference.
    pub orders: Mutex<BTreeMap<String, String>>,
    /// The events that were taken, and when they were signed.
    pub taken: Mutex<BTreeMap<String, u64>>,
}

/// Why a hook is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// No header, or none that can be read.
    Unsigned,
    /// Another secret, or another body.
    Forged,
    /// Signed too long ago, or in the future.
    Old,
    /// Taken before.
    Again,
}

impl Shop {
    /// Writes an invoice for an order, and gives the link that its customer pays at. The order's number is the reference: sent twice, it
    /// is one invoice.
    pub async fn ask(&self, order: &str, cents: u64, due: &str) -> Result<String, String> {
        let body = json!({ "reference": order, "text": "Commande sur notre site", "amount": cents, "due": due });
        let request = reqwest::Client::new().post(format!("{}/pos/v1/invoices", self.liard)).bearer_auth(&self.key);
        let answer = request.body(body.to_string()).send().await.map_err(|error| error.to_string())?;
        let said: Value = answer.json().await.map_err(|error| error.to_string())?;
        let link = said["link"].as_str().ok_or_else(|| said["detail"].to_string())?;
        self.orders.lock().unwrap_or_else(PoisonError::into_inner).insert(order.to_owned(), "open".to_owned());
        Ok(link.to_owned())
    }

    /// Takes a hook: the signature first, over the bytes as they came; then the time; then the id; and only then what it says.
    pub fn hear(&self, header: Option<&str>, body: &[u8]) -> Result<(), Refused> {
        let (time, code) = header.and_then(|header| header.strip_prefix("t=")?.split_once(",v1=")).ok_or(Refused::Unsigned)?;
        let code = hex::decode(code).map_err(|_| Refused::Unsigned)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).map_err(|_| Refused::Unsigned)?;
        mac.update(time.as_bytes());
        mac.update(b".");
        mac.update(body);
        mac.verify_slice(&code).map_err(|_| Refused::Forged)?;
        let (time, now) = (time.parse::<u64>().map_err(|_| Refused::Unsigned)?, (self.now)());
        if now.abs_diff(time) > WINDOW_MS {
            return Err(Refused::Old);
        }
        let event: Value = serde_json::from_slice(body).map_err(|_| Refused::Unsigned)?;
        let id = event["id"].as_str().ok_or(Refused::Unsigned)?;
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.retain(|_, signed| now.abs_diff(*signed) <= 2 * WINDOW_MS);
        if taken.insert(id.to_owned(), time).is_some() {
            return Err(Refused::Again);
        }
        if let (Some(order), Some(state)) = (event["invoice"]["reference"].as_str(), event["invoice"]["state"].as_str()) {
            self.orders.lock().unwrap_or_else(PoisonError::into_inner).insert(order.to_owned(), state.to_owned());
        }
        Ok(())
    }
}

/// The shop's pages.
pub fn router(shop: Arc<Shop>) -> Router {
    Router::new().route("/orders/{order}", get(standing).post(order)).route("/liard", post(hook)).with_state(shop)
}

/// How an order stands.
async fn standing(State(shop): State<Arc<Shop>>, Path(order): Path<String>) -> Json<Value> {
    let orders = shop.orders.lock().unwrap_or_else(PoisonError::into_inner);
    Json(json!({ "order": order, "state": orders.get(&order) }))
}

/// A basket of 24.50: its customer is sent to the invoice.
async fn order(State(shop): State<Arc<Shop>>, Path(order): Path<String>) -> Response {
    match shop.ask(&order, 2_450, "2030-12-31").await {
        Ok(link) => Redirect::to(&link).into_response(),
        Err(why) => (StatusCode::BAD_GATEWAY, why).into_response(),
    }
}

/// What came before is taken as well: Liard would only send it again. Everything else that is wrong is refused.
async fn hook(State(shop): State<Arc<Shop>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = headers.get("liard-signature").and_then(|header| header.to_str().ok());
    match shop.hear(header, &body) {
        Ok(()) | Err(Refused::Again) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::FORBIDDEN,
    }
}

/// Now, in milliseconds since 1970.
pub fn clock() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The first provider of a process stays.
    drop(rustls::crypto::ring::default_provider().install_default());
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [liard, key, secret, listen] = <[String; 4]>::try_from(words).map_err(|_| "give: LIARD_URL KEY HOOK_SECRET ADDRESS")?;
    let shop = Shop { liard, key, secret, now: Box::new(clock), orders: Mutex::default(), taken: Mutex::default() };
    axum::serve(tokio::net::TcpListener::bind(listen).await?, router(Arc::new(shop))).await?;
    Ok(())
}
