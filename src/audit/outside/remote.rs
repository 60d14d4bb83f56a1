//! A node from outside: what anyone may ask it, each answer bounded.

use crate::audit::Ended;
use reqwest::Response;
use serde_json::Value;
use std::time::Duration;

/// A call that takes longer has failed.
const CALL_TIMEOUT: Duration = Duration::from_secs(20);
/// So often something is asked again when no answer came, or the node had too much to do.
const ATTEMPTS: u32 = 8;
/// After the first failure it is asked again after so long, then after twice as long, and so on.
const PAUSE: Duration = Duration::from_millis(250);
/// The longest wait that a node may ask for: it is a limit on requests, and a limit counts seconds.
const MAX_WAIT_S: u64 = 30;
/// No answer is longer: a page of coverage statements has some 200 kB, a tile 8.
const MAX_ANSWER_BYTES: usize = 4 << 20;

/// The status of an answer that says that there is nothing.
const NOTHING_THERE: u16 = 404;

/// A node. Cheap to copy.
#[derive(Clone)]
pub struct Remote {
    http: reqwest::Client,
    base: String,
    attempts: u32,
}

impl Remote {
    /// The node at an address.
    /// The node at an address.
    pub fn new(base: &str) -> Result<Remote, Ended> {
        Remote::patient(base, ATTEMPTS)
    }

    /// The same, asked so often before it counts as silent.
    pub fn patient(base: &str, attempts: u32) -> Result<Remote, Ended> {
        let http = reqwest::Client::builder().connect_timeout(CALL_TIMEOUT).timeout(CALL_TIMEOUT).build();
        let http = http.map_err(|error| Ended::NotMade(format!("no connection can be made: {error}")))?;
        Ok(Remote { http, base: base.trim_end_matches('/').to_owned(), attempts })
    }

    /// The body of an answer; nothing where there is nothing.
    pub async fn find(&self, path: &str) -> Result<Option<Vec<u8>>, Ended> {
        let mut why = String::new();
        for attempt in 0..self.attempts {
            match self.http.get(format!("{}{path}", self.base)).send().await {
                Ok(answer) if answer.status() == NOTHING_THERE => return Ok(None),
                Ok(answer) if answer.status().is_success() => return bounded(answer).await.map(Some),
                Ok(answer) => {
                    why = format!("{path} was answered with {}", answer.status());
                    tokio::time::sleep(asked_wait(&answer).unwrap_or(PAUSE * 2u32.pow(attempt))).await;
                }
                Err(error) => {
                    why = format!("{path} was not answered: {}", error.without_url());
                    tokio::time::sleep(PAUSE * 2u32.pow(attempt)).await;
                }
            }
        }
        Err(Ended::NotMade(format!("{}: {why}. Check the address, or try again later", self.base)))
    }

    /// The body of an answer that has to be there.
    pub async fn bytes(&self, path: &str) -> Result<Vec<u8>, Ended> {
        let found = self.find(path).await?;
        found.ok_or_else(|| Ended::NotMade(format!("{} has no {path}: is it the address of a Liard node?", self.base)))
    }

    /// The same as text.
    pub async fn text(&self, path: &str) -> Result<String, Ended> {
        let text = String::from_utf8(self.bytes(path).await?);
        text.map_err(|_| Ended::Found(format!("{path} is no text")))
    }

    /// The same as JSON.
    pub async fn json(&self, path: &str) -> Result<Value, Ended> {
        let bytes = self.bytes(path).await?;
        serde_json::from_slice(&bytes).map_err(|error| Ended::Found(format!("{path} is not what it has to be: {error}")))
    }
}

fn asked_wait(answer: &Response) -> Option<Duration> {
    let seconds = answer.headers().get("retry-after")?.to_str().ok()?.parse::<u64>().ok()?;
    Some(Duration::from_secs(seconds.min(MAX_WAIT_S)))
}

async fn bounded(mut answer: Response) -> Result<Vec<u8>, Ended> {
    let mut bytes = Vec::new();
    let broken = |error: reqwest::Error| Ended::NotMade(format!("an answer broke off: {}", error.without_url()));
    while let Some(chunk) = answer.chunk().await.map_err(broken)? {
        if bytes.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(Ended::Found(format!("an answer is longer than {MAX_ANSWER_BYTES} bytes")));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
