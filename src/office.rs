//! `liard office`: every act of the association from the command line, with a key file. The server is believed only as far as its
//! receipts prove.

mod acts;
mod read;
mod typed;

use crate::clock;
use crate::failure::{Failure, Outcome};
use crate::keys::{self, KeyFile};
use crate::tls;
use clap::{Args, Subcommand};
use ledger::SigningKey;
use ledger::entry::Entry;
use ledger::key::{Hash32, TransactionId};
use ledger::transaction::{Body, Transaction};
use std::path::PathBuf;
use std::time::Duration;
use wallet_api::client::{Client, ClientError, Trust};

/// An order signed here may arrive for so long.
const VALIDITY_MS: u64 = 3_600_000;
/// An order whose answer did not come is sent again so often: the same bytes give the same receipt.
const ATTEMPTS: u32 = 3;

/// What can be said on the command line.
#[derive(Args)]
pub struct Options {
    /// The node's address.
    #[arg(long, env = "LIARD_API", default_value = "http://127.0.0.1:8080")]
    api: String,
    /// The key file of a person of the association.
    #[arg(long, env = "LIARD_KEY")]
    key: PathBuf,
    #[command(subcommand)]
    order: Order,
}

#[derive(Subcommand)]
enum Order {
    /// Speak for a proposal that waits.
    Approve {
        /// Its id, as `proposals` lists it.
        #[arg(value_parser = typed::hash)]
        id: TransactionId,
    },
    /// End a proposal that waits.
    Refuse {
        /// Its id, as `proposals` lists it.
        #[arg(value_parser = typed::hash)]
        id: TransactionId,
    },
    /// List the proposals that wait.
    Proposals,
    /// List what the association's persons signed, newest first.
    Acts {
        /// So many.
        #[arg(long, default_value_t = 20)]
        limit: u16,
    },
    #[command(flatten)]
    Act(Box<acts::Typed>),
}

/// Runs the command.
pub fn run(options: &Options) -> Outcome {
    tls::install_provider();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(format!("the program cannot start: {error}")))?;
    runtime.block_on(carry_out(options))
}

async fn carry_out(options: &Options) -> Outcome {
    let KeyFile { key, ledger } = KeyFile::read(&options.key)?;
    let client = Client::new(&options.api).map_err(told)?;
    let trust = client.trust().await.map_err(told)?;
    if ledger.is_some_and(|ledger| ledger != trust.ledger) {
        return Err(Failure::new(format!("{} is a key for another ledger than {}", options.key.display(), options.api)));
    }
    let body = match &options.order {
        Order::Proposals => return read::proposals(&client, &trust, &key).await,
        Order::Acts { limit } => return read::acts(&client, &trust, &key, *limit).await,
        Order::Approve { id } => Body::Approve { proposal: *id },
        Order::Refuse { id } => Body::Refuse { proposal: *id },
        Order::Act(typed) => Body::Propose(typed.act(&trust.prefix)?),
    };
    let entry = submit(&client, &trust, &key, body).await?;
    tell(&entry, &trust);
    Ok(())
}

/// What went wrong, for whoever typed the command.
fn told(error: ClientError) -> Failure {
    match error {
        ClientError::Unanswered(why) => {
            Failure::new(format!("the node did not answer ({why}): check --api and whether it runs, then give the command again"))
        }
        other => Failure::new(other.to_string()),
    }
}

/// Signs an order, sends it, and gives the entry that its receipt proves.
async fn submit(client: &Client, trust: &Trust, key: &SigningKey, body: Body) -> Outcome<Entry> {
    let valid_until = clock::now_ms() + VALIDITY_MS;
    let bytes = Transaction { nonce: keys::random()?, valid_until, body }.sign(&trust.ledger, key);
    let mut wait = Duration::from_millis(300);
    for _ in 1..ATTEMPTS {
        match client.submit(&bytes, trust).await {
            Ok((_, entry)) => return Ok(entry),
            Err(ClientError::Unanswered(_)) => tokio::time::sleep(wait).await,
            Err(error) => return Err(told(error)),
        }
        wait *= 2;
    }
    client.submit(&bytes, trust).await.map(|(_, entry)| entry).map_err(told)
}

fn tell(entry: &Entry, trust: &Trust) {
    say!("Entry {}: the receipt is verified.", entry.sequence);
    let outcome = &entry.outcome;
    if let Some(account) = &outcome.opened {
        say!("Account {}", account.to_text(&trust.prefix));
    }
    match (entry.order.body(), outcome.approvals) {
        (Body::Refuse { .. }, _) => say!("The proposal is refused."),
        (body, Some(spoken)) => {
            let id = proposal_of(body, entry.order.id());
            say!("It waits for another person ({spoken} spoke for it so far): liard office approve {id}");
        }
        _ => say!("Executed."),
    }
    let sums = [
        ("Units given for euros", outcome.converted),
        ("Bonus", Some(outcome.bonus()).filter(|cents| *cents > 0)),
        ("Euros left unmatched", outcome.left_unmatched),
        ("Units taken back", outcome.taken_back),
        ("Owed by the member", outcome.receivable),
    ];
    for (label, cents) in sums {
        if let Some(cents) = cents {
            say!("{label}: {}.{:02}", cents / 100, cents % 100);
        }
    }
}

fn proposal_of(body: &Body, own: Hash32) -> Hash32 {
    match body {
        Body::Approve { proposal } => *proposal,
        _ => own,
    }
}
