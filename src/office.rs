//! `liard office`: every act of the association from the command line, with a key file. The server is believed only as far as its
//! receipts prove.

mod acts;
mod pending;
mod publication;
mod read;
pub mod typed;

use crate::clock;
use crate::failure::{Failure, Outcome};
use crate::keys::{self, KeyFile};
use crate::node;
use clap::{Args, Subcommand};
use ledger::entry::Entry;
use ledger::key::{Hash32, TransactionId};
use ledger::transaction::{Body, Transaction};
use pending::Pending;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Duration;
use wallet_api::client::{Client, ClientError, Trust};
use wallet_api::wire::Problem;

/// An order signed here may arrive for so long.
const VALIDITY_MS: u64 = 3_600_000;
/// An order whose answer did not come is sent again so often: the same bytes give the same receipt.
const ATTEMPTS: u32 = 3;
/// From this status on a refusal tells only that the node failed, not that the order was not booked.
const SERVER_FAILED: u16 = 500;

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
    /// Speak for a proposal that waits, after a look at its act.
    Approve {
        /// Its id, as `proposals` lists it.
        #[arg(value_parser = typed::hash)]
        id: TransactionId,
        /// Do not ask; needed where nobody can be asked.
        #[arg(long)]
        yes: bool,
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
    /// Note what a bank says that it holds, for the next coverage statement.
    ConfirmBalance(publication::BalanceTyped),
    /// Publish a coverage statement now.
    PublishStatement,
    #[command(flatten)]
    Act(Box<acts::Typed>),
}

/// Runs the command.
pub fn run(options: &Options) -> Outcome {
    node::alone()?.block_on(carry_out(options))
}

async fn carry_out(options: &Options) -> Outcome {
    let KeyFile { key, ledger } = KeyFile::read(&options.key)?;
    let client = Client::new(&options.api).map_err(told)?;
    let trust = client.trust().await.map_err(told)?;
    if ledger.is_some_and(|ledger| ledger != trust.ledger) {
        return Err(Failure::new(format!("{} is a key for another ledger than {}", options.key.display(), options.api)));
    }
    let pending = Pending::of(&options.key, &trust.ledger);
    let settled = settle(&client, &trust, &pending).await?;
    let body = match &options.order {
        Order::Proposals => return read::proposals(&client, &trust, &key).await,
        Order::Acts { limit } => return read::acts(&client, &trust, &key, *limit).await,
        Order::ConfirmBalance(typed) => return publication::confirm(&client, &trust, &key, typed).await,
        Order::PublishStatement => return publication::state(&client, &trust, &key).await,
        Order::Approve { id, .. } => Body::Approve { proposal: *id },
        Order::Refuse { id } => Body::Refuse { proposal: *id },
        Order::Act(typed) => Body::Propose(typed.act(&trust.prefix)?),
    };
    if settled.as_ref() == Some(&body) {
        say!("That was this very order: nothing else is signed. Give the command once more if it is meant a second time.");
        return Ok(());
    }
    if let Order::Approve { id, yes } = &options.order {
        read::proposal(&client, &trust, &key, id).await?;
        consent(*yes, std::io::stdin().is_terminal(), answer_typed)?;
    }
    let valid_until = clock::now_ms() + VALIDITY_MS;
    let bytes = Transaction { nonce: keys::random()?, valid_until, body }.sign(&trust.ledger, &key);
    let place = pending.keep(&bytes)?;
    let entry = deliver(&client, &trust, &bytes, &place).await?;
    tell(&entry.map_err(|problem| told(ClientError::Refused(problem)))?, &trust);
    Ok(())
}

/// What whoever sits at the terminal answers.
fn answer_typed() -> Outcome<String> {
    say!("Approve this? yes or no:");
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    read.map_err(|error| Failure::new(format!("nothing was signed: no answer can be read ({error})")))?;
    Ok(answer)
}

/// Goes on only when a person wants it: by `--yes`, or by an answer at a terminal.
fn consent(yes: bool, terminal: bool, ask: impl FnOnce() -> Outcome<String>) -> Outcome {
    let refused = |why: &str| Err(Failure::new(format!("nothing was signed: {why}")));
    match (yes, terminal) {
        (true, _) => Ok(()),
        (false, false) => refused("nobody can be asked here; look at the act above and say --yes to approve it"),
        (false, true) => match ask()?.trim().to_lowercase().as_str() {
            "yes" | "y" | "oui" | "o" => Ok(()),
            _ => refused("you did not say yes"),
        },
    }
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

/// Sends an order of an earlier call whose answer did not come, and gives its body if it is booked now. Fails as long as there is no
/// answer: until then nobody knows what a further order would do.
async fn settle(client: &Client, trust: &Trust, pending: &Pending) -> Outcome<Option<Body>> {
    let Some((place, order)) = pending.find()? else { return Ok(None) };
    say!("An earlier order had no answer. The same bytes are sent again: {}", read::order(order.body(), &trust.prefix));
    match deliver(client, trust, order.bytes(), &place).await? {
        Ok(entry) => {
            tell(&entry, trust);
            Ok(Some(order.body().clone()))
        }
        Err(problem) => {
            say!("The earlier order was not booked: {} ({})", problem.detail, problem.code);
            Ok(None)
        }
    }
}

/// Sends an order that is kept at `place`, and gives the entry that its receipt proves, or the node's no. It stays there until one of
/// them has come.
async fn deliver(client: &Client, trust: &Trust, order: &[u8], place: &Path) -> Outcome<Result<Entry, Problem>> {
    let mut wait = Duration::from_millis(300);
    let (mut why, mut trust) = (String::new(), trust.clone());
    for attempt in 1..=ATTEMPTS {
        match client.submit(order, &trust).await {
            Ok((_, entry)) => return pending::forget(place).map(|()| Ok(entry)),
            Err(ClientError::Refused(problem)) if problem.status < SERVER_FAILED => {
                return pending::forget(place).map(|()| Err(problem));
            }
            Err(error) => {
                why = error.to_string();
                trust = newer(client, trust, &error).await;
            }
        }
        if attempt < ATTEMPTS {
            tokio::time::sleep(wait).await;
            wait *= 2;
        }
    }
    let kept = format!("the order is kept in {}", place.display());
    let then = "any later command with this key first sends these same bytes again, which cannot be booked twice";
    Err(Failure::new(format!(
        "whether the order was booked is unknown ({why}); {kept}: check --api and whether the node runs; {then}"
    )))
}

/// The keys of the ledger as they are after an order that put another one into force: its own receipt is signed with that.
async fn newer(client: &Client, trust: Trust, error: &ClientError) -> Trust {
    if !matches!(error, ClientError::Unproved(_)) {
        return trust;
    }
    let told = client.trust().await.ok();
    told.filter(|told| told.ledger == trust.ledger && told.keys.starts_with(&trust.keys)).unwrap_or(trust)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_approves() {
        let answers = |text: &'static str| move || Ok(text.to_owned());
        assert!(consent(true, false, answers("")).is_ok() && consent(true, true, answers("no")).is_ok());
        assert!(consent(false, true, answers(" Yes\n")).is_ok() && consent(false, true, answers("oui")).is_ok());
        for text in ["", "\n", "no", "yess"] {
            assert!(consent(false, true, answers(text)).unwrap_err().to_string().contains("nothing was signed"), "{text}");
        }
        assert!(consent(false, false, answers("yes")).unwrap_err().to_string().contains("--yes"));
    }
}
