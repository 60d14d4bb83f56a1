//! The past of the first shop's till: each charge is asked for over HTTP, from the very services that will serve the demo, with
//! their clock set to the moment. So the shop's records hold what they would hold, and its day list agrees with the ledger.

use super::town::character;
use crate::failure::{Failure, Outcome};
use crate::{cores, node, tls};
use axum::Router;
use ledger::SigningKey;
use ledger::cards::Cards;
use ledger::key::LedgerId;
use ledger::ledger::Ledger;
use ledger::message::ChargeRequest;
use ledger::writer::Clock;
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use wallet_api::client::Client;

/// A token is renewed after so long, well before it ends.
const TOKEN_MS: u64 = 3_600_000;
/// What is still under way at the end is given so long.
const END_WAIT: Duration = Duration::from_secs(5);
/// Links in the records are made anew when they are shown; this stands in until then.
const NOWHERE: &str = "http://localhost";

/// A till under way.
pub struct Till {
    runtime: Runtime,
    time: Arc<AtomicU64>,
    url: String,
    ledger: LedgerId,
    key: SigningKey,
    token: Option<(u64, String)>,
    http: reqwest::Client,
}

impl Till {
    /// Starts the services of the till.
    pub fn open(ledger: Arc<Ledger>, data: &Path, key: SigningKey, now: u64) -> Outcome<Till> {
        tls::install_provider();
        let runtime = Runtime::new().map_err(|error| Failure::new(format!("the program cannot start its threads: {error}")))?;
        let time = Arc::new(AtomicU64::new(now));
        let shared = time.clone();
        let clock: Clock = Arc::new(move || shared.load(Ordering::SeqCst));
        let id = ledger.id();
        let url = runtime.block_on(serve(ledger, data, clock))?;
        Ok(Till { runtime, time, url, ledger: id, key, token: None, http: reqwest::Client::new() })
    }

    /// Enrols the till under a name, as the shop's owner would on the spot.
    pub fn enrol(&mut self, owner: &SigningKey, label: &str) -> Outcome {
        let token = self.sign_in(owner)?;
        let code = self.post("/pos/v1/enrolments", Some(&token), Vec::new())?;
        let code = code["code"].as_str().unwrap_or_default();
        let claim = json!({ "key": hex::encode(self.key.verifying_key().as_bytes()), "label": label });
        self.post(&format!("/pos/v1/enrolments/{code}/claim"), None, claim.to_string().into_bytes()).map(drop)
    }

    /// Asks for payments at a time, several at once.
    pub fn ask<'r>(&mut self, time: u64, requests: impl Iterator<Item = &'r ChargeRequest>) -> Outcome {
        self.time.fetch_max(time, Ordering::SeqCst);
        let token = self.token()?;
        let signed = requests.map(|request| request.sign(&self.ledger, &self.key));
        let calls: Vec<_> = signed.map(|signed| self.call("/pos/v1/charges", Some(&token), signed).send()).collect();
        self.runtime.block_on(async {
            let mut asked = JoinSet::new();
            calls.into_iter().for_each(|call| drop(asked.spawn(call)));
            while let Some(answer) = asked.join_next().await {
                let answer = answer.map_err(|_| Failure::new("the demo's till broke off"))?;
                answer.and_then(|answer| answer.error_for_status()).map_err(refused)?;
            }
            Ok(())
        })
    }

    /// Takes in what was paid up to a time, and ends.
    pub fn close(mut self, from: u64, now: u64) -> Outcome {
        self.time.fetch_max(now, Ordering::SeqCst);
        let token = self.token()?;
        let client = Client::new(&self.url).map_err(told)?;
        let path = format!("/pos/v1/day?from={from}&to={now}");
        let day = self.runtime.block_on(client.get_json::<Value>(&path, &token)).map_err(told)?;
        self.runtime.shutdown_timeout(END_WAIT);
        let unexpected = day["unexpected"].as_array().map_or(0, Vec::len);
        if unexpected > 0 {
            tracing::warn!(unexpected, "the demo's till was paid what it did not ask for");
        }
        Ok(())
    }

    fn token(&mut self) -> Outcome<String> {
        let now = self.time.load(Ordering::SeqCst);
        if let Some((since, token)) = &self.token
            && now < since + TOKEN_MS
        {
            return Ok(token.clone());
        }
        let token = self.sign_in(&self.key)?;
        self.token = Some((now, token.clone()));
        Ok(token)
    }

    fn sign_in(&self, key: &SigningKey) -> Outcome<String> {
        let client = Client::new(&self.url).map_err(told)?;
        let session = self.runtime.block_on(client.sign_in(&self.ledger, key)).map_err(told)?;
        Ok(session.token)
    }

    fn call(&self, path: &str, token: Option<&str>, body: Vec<u8>) -> reqwest::RequestBuilder {
        let request = self.http.post(format!("{}{path}", self.url)).body(body);
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    fn post(&self, path: &str, token: Option<&str>, body: Vec<u8>) -> Outcome<Value> {
        let request = self.call(path, token, body);
        let answer = self.runtime.block_on(async { request.send().await?.error_for_status()?.bytes().await });
        let answer = answer.map_err(refused)?;
        serde_json::from_slice(&answer).map_err(|error| Failure::new(format!("the demo's till got no sense: {error}")))
    }
}

fn refused(error: reqwest::Error) -> Failure {
    Failure::new(format!("the demo's till was refused: {error}"))
}

fn told(error: wallet_api::client::ClientError) -> Failure {
    Failure::new(format!("the demo's till cannot go on: {error}"))
}

/// Serves wallet API and till on a loopback port; gives its URL.
async fn serve(ledger: Arc<Ledger>, data: &Path, clock: Clock) -> Outcome<String> {
    let (listener, address) = node::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let listener = tokio::net::TcpListener::from_std(listener);
    let listener = listener.map_err(|error| Failure::new(format!("no port is free: {error}")))?;
    let url = format!("http://{address}");
    let (holder, iban) = (String::new(), String::new());
    let limits = wallet_api::Limits { per_key_per_second: 0, self_openings_per_hour: 0 };
    let (threads, clock_here) = (cores::count(), clock.clone());
    // Nobody pays by card in the made-up past.
    let cards = Arc::new(Cards::open(ledger.clone(), character()?)?);
    let settings = wallet_api::Settings {
        cards,
        holder,
        iban,
        bic: None,
        creditor_id: None,
        demo: true,
        public_every_ms: 0,
        witnesses: Vec::new(),
        witnesses_needed: 0,
        publish_every_ms: 0,
        offline: wallet_api::Offline { per_wallet: 0, per_till_day: 0 },
        redemption_days: 0,
        limits,
        clock: clock_here,
        association_holds: Arc::new(|_| Ok(serde_json::Value::Null)),
        threads,
        notices: wallet_api::notices::NoticeSettings::default(),
    };
    // What proves the ledger's keys to the till.
    let log = public_log::Settings {
        ledger: ledger.clone(),
        witnesses: Vec::new(),
        needed: 0,
        every: Duration::from_secs(3_600),
        due: None,
        clock: clock.clone(),
    };
    let log = public_log::Service::new(log)?;
    let wallet = wallet_api::Service::new(ledger, settings);
    let directory = data.join("pos");
    let settings = merchant_pos::Settings {
        api: url.clone(),
        public_url: NOWHERE.into(),
        directory,
        clock,
        known: merchant_pos::Known { ledger: None, vouched: Arc::new(Vec::new) },
        signer: character()?,
        post: None,
        printing: merchant_pos::printing::Settings::default(),
        hook_hosts: Vec::new(),
        wallets_elsewhere: false,
    };
    let till = merchant_pos::Service::open(settings)?;
    let routes: Router = wallet.router().merge(log.router()).merge(till.router());
    tokio::spawn(async move {
        // The service lives as long as its routes are served: its tasks end with it.
        let _till = till;
        drop(axum::serve(listener, routes.into_make_service_with_connect_info::<SocketAddr>()).await);
    });
    Ok(url)
}
