//! The Rust client: what a shop's machine or a command line needs of the wallet API, over HTTP.
//!
//! It believes nothing but what it verifies: [`Client::submit`] and [`Client::receipt`] give an [`Entry`] only after the receipt's
//! checkpoint, proof and signatures were verified under the ledger's own keys.

use crate::wire;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ledger::SigningKey;
use ledger::entry::Entry;
use ledger::key::{LedgerId, Prefix, PublicKey};
use ledger::message;
use ledger::receipt::{KeyChain, Receipt, ReceiptError};
use reqwest::{Method, RequestBuilder, Response};
use std::time::Duration;

/// A call that takes longer has failed: the answer is unknown, and the same bytes can be sent again.
const CALL_TIMEOUT: Duration = Duration::from_secs(20);
/// The longest key chain: some hundreds of changes, each with two receipts.
const MAX_KEYS_BYTES: usize = 8 << 20;

/// Why a call gave nothing.
#[derive(Debug)]
pub enum ClientError {
    /// The server said no, and why.
    Refused(wire::Problem),
    /// No answer came. Whether something happened is unknown: ask again with the same bytes.
    Unanswered(String),
    /// The answer is not what the contract says.
    Unsound(String),
    /// The receipt does not hold.
    Unproved(ReceiptError),
}

impl std::fmt::Display for ClientError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ClientError::Refused(problem) => write!(f, "{} ({})", problem.detail, problem.code),
            ClientError::Unanswered(why) => write!(f, "no answer came: {why}"),
            ClientError::Unsound(why) => write!(f, "the answer makes no sense: {why}"),
            ClientError::Unproved(error) => write!(f, "the receipt proves nothing: {error}"),
        }
    }
}

impl std::error::Error for ClientError {}

impl From<reqwest::Error> for ClientError {
    fn from(error: reqwest::Error) -> ClientError {
        ClientError::Unanswered(error.without_url().to_string())
    }
}

/// What makes receipts believable: the ledger and the keys of its checkpoints.
#[derive(Clone, Debug)]
pub struct Trust {
    /// The ledger id.
    pub ledger: LedgerId,
    /// The checkpoint keys.
    pub keys: Vec<PublicKey>,
    /// The prefix of account texts.
    pub prefix: Prefix,
}

/// A connection to a wallet API.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
}

impl Client {
    /// A client of the API at a base URL such as `https://monnaie.example`.
    pub fn new(base: &str) -> Result<Client, ClientError> {
        // The first provider of a process stays; a program that has chosen one before keeps it.
        drop(rustls::crypto::ring::default_provider().install_default());
        // The API sends nobody elsewhere, and a token is not carried there.
        let nowhere_else = reqwest::redirect::Policy::none();
        let http = reqwest::Client::builder().connect_timeout(CALL_TIMEOUT).redirect(nowhere_else).build()?;
        Ok(Client { http, base: base.trim_end_matches('/').to_owned() })
    }

    fn call(&self, method: Method, path: &str, token: Option<&str>) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        refuse_problem(request.timeout(CALL_TIMEOUT).send().await?).await
    }

    async fn json<T: serde::de::DeserializeOwned>(&self, path: &str, token: Option<&str>) -> Result<T, ClientError> {
        let bytes = self.send(self.call(Method::GET, path, token)).await?.bytes().await?;
        parse(&bytes)
    }

    /// The currency.
    pub async fn ledger(&self) -> Result<wire::LedgerInfo, ClientError> {
        self.json("/v1/ledger", None).await
    }

    /// The ledger's keys, as the server tells them. Who needs more than the server's word compares them with a printed copy.
    pub async fn trust(&self) -> Result<Trust, ClientError> {
        let info = self.ledger().await?;
        let unsound = |what: &str| ClientError::Unsound(format!("the {what} of the ledger"));
        let ledger = LedgerId::from_hex(&info.ledger).ok_or_else(|| unsound("id"))?;
        let keys = info.checkpoint_keys.iter().map(|key| PublicKey::from_hex(key));
        let keys = keys.collect::<Option<_>>().ok_or_else(|| unsound("checkpoint keys"))?;
        let prefix = Prefix::new(&info.prefix).ok_or_else(|| unsound("prefix"))?;
        Ok(Trust { ledger, keys, prefix })
    }

    /// What leads from the ledger's id to the keys of its checkpoints. It proves nothing until it has been verified.
    pub async fn key_chain(&self) -> Result<KeyChain, ClientError> {
        let mut answer = self.send(self.call(Method::GET, "/log/keys", None)).await?;
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if bytes.len() + chunk.len() > MAX_KEYS_BYTES {
                return Err(ClientError::Unsound("the chain of keys is too long".into()));
            }
            bytes.extend_from_slice(&chunk);
        }
        KeyChain::decode(&bytes).map_err(|error| ClientError::Unproved(error.into()))
    }

    /// The newest signed checkpoint.
    pub async fn checkpoint(&self) -> Result<String, ClientError> {
        Ok(self.send(self.call(Method::GET, "/v1/checkpoint", None)).await?.text().await?)
    }

    /// Signs in with a key.
    pub async fn sign_in(&self, ledger: &LedgerId, key: &SigningKey) -> Result<wire::SignedIn, ClientError> {
        let answer = self.send(self.call(Method::POST, "/v1/sign-in/challenge", None)).await?.bytes().await?;
        let challenge: wire::Challenge = parse(&answer)?;
        let bytes = URL_SAFE_NO_PAD.decode(&challenge.challenge).ok().and_then(|bytes| bytes.try_into().ok());
        let bytes = bytes.ok_or_else(|| ClientError::Unsound("the challenge".into()))?;
        let signed = message::sign_in(&bytes, ledger, key);
        let request = self.call(Method::POST, "/v1/sign-in", None).header("content-type", "application/cose").body(signed);
        parse(&self.send(request).await?.bytes().await?)
    }

    /// Who a token belongs to.
    pub async fn session(&self, token: &str) -> Result<wire::Session, ClientError> {
        self.json("/v1/session", Some(token)).await
    }

    /// An account.
    pub async fn account(&self, token: &str, account: &str) -> Result<wire::AccountInfo, ClientError> {
        self.json(&format!("/v1/accounts/{account}"), Some(token)).await
    }

    /// A page of an account's statement, newest first.
    pub async fn statement(
        &self,
        token: &str,
        account: &str,
        query: wire::StatementQuery,
    ) -> Result<wire::Statement, ClientError> {
        let from = query.from.map(|from| format!("&from={from}")).unwrap_or_default();
        let path = format!("/v1/accounts/{account}/statement?limit={}{from}", query.limit.unwrap_or(50));
        self.json(&path, Some(token)).await
    }

    /// An entry as an account sees it.
    pub async fn entry(&self, token: &str, account: &str, sequence: u64) -> Result<wire::Line, ClientError> {
        self.json(&format!("/v1/entries/{sequence}?account={account}"), Some(token)).await
    }

    /// The receipt of an entry, verified; its bytes and what they prove.
    pub async fn receipt(&self, token: &str, sequence: u64, trust: &Trust) -> Result<(Vec<u8>, Entry), ClientError> {
        let path = format!("/v1/entries/{sequence}/receipt");
        let bytes = self.send(self.call(Method::GET, &path, Some(token))).await?.bytes().await?.to_vec();
        let entry = verified(&bytes, trust)?;
        if entry.sequence != sequence {
            return Err(ClientError::Unsound("the receipt is of another entry".into()));
        }
        Ok((bytes, entry))
    }

    /// Submits a signed transaction; gives the receipt's bytes and what they prove. The same bytes can be sent again.
    pub async fn submit(&self, transaction: &[u8], trust: &Trust) -> Result<(Vec<u8>, Entry), ClientError> {
        let request = self.call(Method::POST, "/v1/transactions", None).header("content-type", "application/cose");
        let bytes = self.send(request.body(transaction.to_vec())).await?.bytes().await?.to_vec();
        let entry = verified(&bytes, trust)?;
        if entry.order.bytes() != transaction {
            return Err(ClientError::Unsound("the receipt is of another transaction".into()));
        }
        Ok((bytes, entry))
    }

    /// An account's live events: the body to be read as server-sent events, without an end.
    pub async fn events(&self, token: &str, account: &str) -> Result<Response, ClientError> {
        let path = format!("/v1/accounts/{account}/events");
        let request = self.call(Method::GET, &path, Some(token)).header("accept", "text/event-stream");
        refuse_problem(request.send().await?).await
    }

    /// The association's word that the signed-in key speaks for an account's name.
    pub async fn certificate(&self, token: &str, account: &str) -> Result<Vec<u8>, ClientError> {
        let path = format!("/v1/accounts/{account}/certificate");
        Ok(self.send(self.call(Method::GET, &path, Some(token))).await?.bytes().await?.to_vec())
    }

    /// Posts JSON to any other route of the same server; gives the body of its answer.
    pub async fn post_json(&self, path: &str, token: &str, body: &serde_json::Value) -> Result<Vec<u8>, ClientError> {
        let request = self.call(Method::POST, path, Some(token)).header("content-type", "application/json");
        Ok(self.send(request.body(body.to_string())).await?.bytes().await?.to_vec())
    }

    /// Posts a signed message to any other route of the same server.
    pub async fn post_signed(&self, path: &str, token: &str, message: Vec<u8>) -> Result<(), ClientError> {
        let request = self.call(Method::POST, path, Some(token)).header("content-type", "application/cose");
        self.send(request.body(message)).await.map(drop)
    }

    /// Puts JSON to any other route of the same server that answers JSON.
    pub async fn put_json<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        token: &str,
        body: Vec<u8>,
    ) -> Result<T, ClientError> {
        let request = self.call(Method::PUT, path, Some(token)).header("content-type", "application/json");
        parse(&self.send(request.body(body)).await?.bytes().await?)
    }

    /// Any other route of the same server that answers JSON.
    pub async fn get_json<T: serde::de::DeserializeOwned>(&self, path: &str, token: &str) -> Result<T, ClientError> {
        self.json(path, Some(token)).await
    }
}

fn parse<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, ClientError> {
    serde_json::from_slice(bytes).map_err(|error| ClientError::Unsound(error.to_string()))
}

fn verified(bytes: &[u8], trust: &Trust) -> Result<Entry, ClientError> {
    let receipt = Receipt::decode(bytes).map_err(|error| ClientError::Unproved(error.into()))?;
    receipt.verify(&trust.ledger, &trust.keys).map_err(ClientError::Unproved)
}

async fn refuse_problem(answer: Response) -> Result<Response, ClientError> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let body = answer.bytes().await.unwrap_or_default();
    if let Ok(problem) = serde_json::from_slice::<wire::Problem>(&body) {
        return Err(ClientError::Refused(problem));
    }
    let why = format!("the server answered {status}");
    let unknown = status.is_server_error();
    Err(if unknown { ClientError::Unanswered(why) } else { ClientError::Unsound(why) })
}
