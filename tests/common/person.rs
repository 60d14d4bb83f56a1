//! A person with a key who talks to a town: signs in, asks the office, signs orders.

#![allow(dead_code, clippy::unwrap_used)]

use super::{Town, key_of, order};
use ledger::SigningKey;
use ledger::key::Hash32;
use ledger::transaction::{Act, Body};
use reqwest::Method;
use serde_json::Value;
use wallet_api::client::{Client, Trust};

/// A person with a key who talks to a town.
pub struct Person<'t> {
    town: &'t Town,
    client: Client,
    pub trust: Trust,
    pub key: SigningKey,
    token: String,
}

impl<'t> Person<'t> {
    pub async fn with(town: &'t Town, key: SigningKey) -> Person<'t> {
        let client = Client::new(&town.url("")).unwrap();
        let trust = client.trust().await.unwrap();
        let token = client.sign_in(&trust.ledger, &key).await.unwrap().token;
        Person { town, client, trust, key, token }
    }

    /// The person of the association with this number.
    pub async fn numbered(town: &'t Town, number: usize) -> Person<'t> {
        let seed = town.links["operator_seeds"][number - 1].as_str().unwrap();
        Person::with(town, key_of(seed)).await
    }

    /// What stands for the key in requests.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The answer as it came.
    pub async fn answer(&self, method: Method, path: &str, body: Option<Value>) -> reqwest::Response {
        let request = reqwest::Client::new().request(method, self.town.url(path)).bearer_auth(&self.token);
        let request = request.header("content-type", "application/json");
        let request = match body {
            Some(body) => request.body(body.to_string()),
            None => request,
        };
        request.send().await.unwrap()
    }

    pub async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let answer = self.answer(method, path, body).await;
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or(Value::Null))
    }

    /// Hands the office a bank's file.
    pub async fn import(&self, name: &str, file: String) -> Value {
        let request = reqwest::Client::new().post(self.town.url(&format!("/office/v1/bank/files?name={name}")));
        let answer = request.bearer_auth(&self.token).body(file).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    pub async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.ask(Method::GET, path, None).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// The code with which a request is refused.
    pub async fn refused(&self, method: Method, path: &str, body: Option<Value>) -> (u16, String) {
        let (status, answer) = self.ask(method, path, body).await;
        (status, answer["code"].as_str().unwrap_or_default().to_owned())
    }

    pub async fn sign(&self, body: Body) -> Result<u64, String> {
        let bytes = order(body).sign(&self.trust.ledger, &self.key);
        self.client.submit(&bytes, &self.trust).await.map(|(_, entry)| entry.sequence).map_err(|error| error.to_string())
    }

    /// Proposes an act that needs more persons than this one; gives the proposal.
    pub async fn propose(&self, act: Act) -> Hash32 {
        let sequence = self.sign(Body::Propose(act)).await.unwrap();
        let waiting = self.get("/office/v1/proposals").await;
        let found = waiting["proposals"].as_array().unwrap().iter().find(|line| line["sequence"] == sequence);
        Hash32::from_hex(found.expect("the act needs more persons")["proposal"].as_str().unwrap()).unwrap()
    }
}
