//! A client of somebody's public log. It believes nothing: what it fetches is proved by whoever opens the notes and reads the tiles.
//!
//! ```text
//! checkpoint ─▶ SignedCheckpoint::open, WitnessPolicy::cosigned        tile ─▶ ledger::tile::Tiles      keys ─▶ KeyChain::keys
//! ```

use crate::bounded::{Unread, body};
use crate::wire::{CoveragePage, Witnesses};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ledger::checkpoint::MAX_NOTE_BYTES;
use ledger::merkle::Hash;
use ledger::tile::TilePath;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::time::Duration;

/// A call that takes longer has failed.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest answer in JSON: a page of a hundred statements.
const MAX_JSON_BYTES: usize = 4 << 20;
/// The longest key chain: some hundreds of rotations, each with two receipts.
const MAX_KEYS_BYTES: usize = 8 << 20;
/// The longest consistency proof: 64 lines.
const MAX_PROOF_BYTES: usize = 4 << 10;

/// Why a call gave nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ClientError {
    /// The address is no web address.
    Address(String),
    /// No answer came.
    Unanswered(String),
    /// The server said no: the status, and the stable code if it gave one.
    Refused(u16, String),
    /// The answer is not what the contract says; the words say which.
    Unsound(&'static str),
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClientError::Address(why) => write!(f, "this is no address of a node: {why}"),
            ClientError::Unanswered(why) => write!(f, "no answer came: {why}"),
            ClientError::Refused(status, code) => write!(f, "the server answered {status} {code}"),
            ClientError::Unsound(what) => write!(f, "the answer makes no sense: {what}"),
        }
    }
}

impl std::error::Error for ClientError {}

impl From<reqwest::Error> for ClientError {
    fn from(error: reqwest::Error) -> ClientError {
        let builder = error.is_builder();
        let why = error.without_url().to_string();
        if builder { ClientError::Address(why) } else { ClientError::Unanswered(why) }
    }
}

impl From<Unread> for ClientError {
    fn from(unread: Unread) -> ClientError {
        match unread {
            Unread::Broken(error) => error.into(),
            Unread::TooLong => ClientError::Unsound("it is longer than anything that was asked for"),
        }
    }
}

/// A connection to a node's public log.
#[derive(Clone)]
pub struct LogClient {
    http: reqwest::Client,
    base: String,
}

/// The part of a problem that programs decide on.
#[derive(Default)]
struct Code(String);

impl LogClient {
    /// A client of the node at a base URL such as `https://monnaie.example`.
    ///
    /// # Errors
    ///
    /// [`ClientError::Unanswered`] when no HTTP client can be made.
    pub fn new(base: &str) -> Result<LogClient, ClientError> {
        // The first provider of a process stays; a program that has chosen one before keeps it.
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = reqwest::Client::builder().timeout(CALL_TIMEOUT).build()?;
        Ok(LogClient { http, base: base.trim_end_matches('/').to_owned() })
    }

    /// What is at a path of the node, of `most` bytes at most.
    ///
    /// # Errors
    ///
    /// Every [`ClientError`].
    pub async fn bytes(&self, path: &str, most: usize) -> Result<Vec<u8>, ClientError> {
        let answer = self.http.get(format!("{}{path}", self.base)).send().await?;
        let status = answer.status();
        let bytes = body(answer, most).await?;
        if status.is_success() { Ok(bytes) } else { Err(ClientError::Refused(status.as_u16(), Code::of(&bytes).0)) }
    }

    async fn text(&self, path: &str, most: usize) -> Result<String, ClientError> {
        String::from_utf8(self.bytes(path, most).await?).map_err(|_| ClientError::Unsound("it is no text"))
    }

    async fn json<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        let bytes = self.bytes(path, MAX_JSON_BYTES).await?;
        serde_json::from_slice(&bytes).map_err(|_| ClientError::Unsound("it is not the JSON that this route answers"))
    }

    /// The published checkpoint, with every line under it. Not opened, not verified.
    pub async fn checkpoint(&self) -> Result<String, ClientError> {
        self.text("/log/checkpoint", MAX_NOTE_BYTES).await
    }

    /// The bytes of a tile.
    pub async fn tile(&self, path: &TilePath) -> Result<Vec<u8>, ClientError> {
        self.bytes(&format!("/log/tile/{path}"), path.bytes()).await
    }

    /// The proof that the log of `new` entries continues that of `old` entries.
    pub async fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, ClientError> {
        let text = self.text(&format!("/log/consistency/{old}/{new}"), MAX_PROOF_BYTES).await?;
        let hashes = text.lines().map(|line| STANDARD.decode(line).ok()?.try_into().ok());
        hashes.collect::<Option<_>>().ok_or(ClientError::Unsound("a line is no hash"))
    }

    /// The bytes of the key chain.
    pub async fn keys(&self) -> Result<Vec<u8>, ClientError> {
        self.bytes("/log/keys", MAX_KEYS_BYTES).await
    }

    /// How it stands with the witnesses, by the node's own word.
    pub async fn witnesses(&self) -> Result<Witnesses, ClientError> {
        self.json("/log/witnesses").await
    }

    /// A page of coverage statements, newest first, from the number on that the page before named as next.
    pub async fn coverage(&self, from: Option<u64>, limit: usize) -> Result<CoveragePage, ClientError> {
        let from = from.map(|from| format!("&from={from}")).unwrap_or_default();
        self.json(&format!("/log/coverage?limit={limit}{from}")).await
    }
}

impl Code {
    fn of(bytes: &[u8]) -> Code {
        let problem: serde_json::Value = serde_json::from_slice(bytes).unwrap_or_default();
        Code(String::deserialize(&problem["code"]).unwrap_or_default())
    }
}
