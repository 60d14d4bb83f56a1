//! A push service of our own (RFC 8030): keeps what it was sent, and answers as it is told.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// What a push service was sent.
pub struct Pushed {
    /// The last part of the address: whose it is.
    pub whose: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Pushed {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}")).to_str().unwrap()
    }

    /// The claims of its VAPID token (RFC 8292), once the signature is found good; and the key.
    pub fn vapid(&self) -> (Value, String) {
        let words = self.header("authorization").strip_prefix("vapid ").unwrap();
        let part = |name: &str| words.split(", ").find_map(|part| part.strip_prefix(name)).unwrap();
        let (token, key) = (part("t="), part("k="));
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let decoded = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        let point = VerifyingKey::from_sec1_bytes(&decoded(key)).unwrap();
        point.verify(signed.as_bytes(), &Signature::from_slice(&decoded(signature)).unwrap()).expect("a good signature");
        let (header, claims) = signed.split_once('.').unwrap();
        let header: Value = serde_json::from_slice(&decoded(header)).unwrap();
        assert_eq!((header["typ"].as_str(), header["alg"].as_str()), (Some("JWT"), Some("ES256")));
        (serde_json::from_slice(&decoded(claims)).unwrap(), key.to_owned())
    }
}

type Told = (UnboundedSender<Pushed>, Arc<Mutex<VecDeque<u16>>>);

/// A push service on a port of this machine.
pub struct PushService {
    pub url: String,
    received: UnboundedReceiver<Pushed>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

impl PushService {
    pub async fn start() -> PushService {
        let (sender, received) = unbounded_channel();
        let answers: Arc<Mutex<VecDeque<u16>>> = Arc::default();
        let routes = Router::new().route("/push/{whose}", post(take)).with_state((sender, answers.clone()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        PushService { url, received, answers }
    }

    /// The address of a browser.
    pub fn endpoint(&self, whose: &str) -> String {
        format!("{}/push/{whose}", self.url)
    }

    /// The next words are answered like this; those after are taken.
    pub fn will_answer(&self, statuses: &[u16]) {
        self.answers.lock().unwrap().extend(statuses);
    }

    /// The next word, however long it takes.
    pub async fn next(&mut self) -> Pushed {
        super::in_time(self.received.recv()).await.expect("the push service runs")
    }

    /// True when nothing was sent that nobody asked about.
    pub fn is_quiet(&self) -> bool {
        self.received.is_empty()
    }
}

async fn take(
    State((sender, answers)): State<Told>,
    Path(whose): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, HeaderMap) {
    let status = answers.lock().unwrap().pop_front().unwrap_or(201);
    drop(sender.send(Pushed { whose, headers, body }));
    (StatusCode::from_u16(status).unwrap(), HeaderMap::new())
}
