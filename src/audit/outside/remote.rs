//! A node or a witness from outside, asked with patience: what does not answer is asked again before the audit gives up.

use crate::audit::Ended;
use public_log::client::{ClientError, LogClient};
use std::future::Future;
use std::time::Duration;

/// So often something is asked again when no answer came, or the node had too much to do.
const ATTEMPTS: u32 = 8;
/// After the first failure it is asked again after so long, then after twice as long, and so on: half a minute in all.
const PAUSE: Duration = Duration::from_millis(250);
/// The answer of a node that had too many requests.
const TOO_MANY: u16 = 429;
/// From this status on the node failed, and may answer later.
const SERVER_FAILED: u16 = 500;

/// A node. Cheap to copy.
#[derive(Clone)]
pub struct Remote {
    client: LogClient,
    base: String,
    attempts: u32,
}

impl Remote {
    /// The node at an address.
    pub fn new(base: &str) -> Result<Remote, Ended> {
        Remote::patient(base, ATTEMPTS)
    }

    /// The same, asked so often before it counts as silent.
    pub fn patient(base: &str, attempts: u32) -> Result<Remote, Ended> {
        let client = LogClient::new(base).map_err(|error| Ended::NotMade(error.to_string()))?;
        Ok(Remote { client, base: base.to_owned(), attempts })
    }

    /// Makes a call, again and again as long as that may help.
    pub async fn ask<T, F>(&self, call: impl Fn(LogClient) -> F) -> Result<T, Ended>
    where
        F: Future<Output = Result<T, ClientError>>,
    {
        let mut why = String::new();
        for attempt in 0..self.attempts {
            match call(self.client.clone()).await {
                Ok(answer) => return Ok(answer),
                Err(ClientError::Unsound(what)) => {
                    return Err(Ended::Found(format!("{}: the answer makes no sense: {what}", self.base)));
                }
                Err(error) if is_final(&error) => {
                    return Err(Ended::NotMade(format!("{}: {error}. Is it the address of a Liard node?", self.base)));
                }
                Err(error) => why = error.to_string(),
            }
            tokio::time::sleep(PAUSE * 2u32.pow(attempt)).await;
        }
        Err(Ended::NotMade(format!("{}: {why}. Check the address, or try again later", self.base)))
    }
}

/// Whether the same question would get the same answer.
fn is_final(error: &ClientError) -> bool {
    match error {
        ClientError::Refused(status, _) => *status != TOO_MANY && *status < SERVER_FAILED,
        ClientError::Address(_) => true,
        _ => false,
    }
}
