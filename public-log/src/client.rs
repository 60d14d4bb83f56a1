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
/// The longest problem that is read for its code: a sentence and a few names.
const MAX_PROBLEM_BYTES: usize = 4 << 10;

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
        if status.is_success() {
            return Ok(body(answer, most).await?);
        }
        // An error page that is too long, or breaks off, is a refusal all the same: a proxy may have written it.
        let problem = body(answer, MAX_PROBLEM_BYTES).await.unwrap_or_default();
        Err(ClientError::Refused(status.as_u16(), Code::of(&problem).0))
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    /// Asks a server that answers anything with this status and this body.
    fn asked(status: &str, body: &str, most: usize) -> Result<Vec<u8>, ClientError> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = LogClient::new(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let serving = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            assert!(stream.read(&mut [0; 4_096]).unwrap() > 0);
            // Who has read enough may hang up.
            drop(stream.write_all(answer.as_bytes()));
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let found = runtime.block_on(client.bytes("/log/checkpoint", most));
        serving.join().unwrap();
        found
    }

    #[test]
    fn an_error_page_of_whatever_length_is_a_refusal_and_no_senseless_answer() {
        let refused = |status: u16, code: &str| Err(ClientError::Refused(status, code.into()));
        let page = "x".repeat(20_000);
        assert_eq!(asked("502 Bad Gateway", &page, 4_000), refused(502, ""));
        assert_eq!(asked("503 Service Unavailable", "<html>try again later</html>", 8), refused(503, ""));
        assert_eq!(asked("404 Not Found", r#"{"code":"beyond_published"}"#, 8), refused(404, "beyond_published"));
        assert_eq!(asked("200 OK", "12345678", 8), Ok(b"12345678".to_vec()));
        assert!(matches!(asked("200 OK", "123456789", 8), Err(ClientError::Unsound(_))));
    }
}
