//! `liard init`: makes a currency from `currency.toml`. Refuses to touch what is there.

use crate::currency::{Currency, OperatorRow, SAMPLE};
use crate::failure::{Failure, Outcome};
use crate::keys;
use crate::settings;
use crate::{clock, cores};
use clap::Args;
use ledger::SigningKey;
use ledger::key::{LedgerId, PublicKey};
use ledger::ledger::{Ledger, Settings};
use ledger::rules::DAY_MS;
use ledger::transaction::{Body, Genesis, NO_LEDGER, SignedTransaction, Transaction};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What can be said on the command line.
#[derive(Args)]
pub struct Options {
    /// The file that describes the currency.
    #[arg(default_value = "currency.toml")]
    currency: PathBuf,
    /// The folder that will hold the ledger; must not exist or be empty.
    #[arg(long, default_value = "liard-data")]
    data: PathBuf,
    /// Print a commented currency.toml instead.
    #[arg(long)]
    sample: bool,
}

/// Runs the command.
pub fn run(options: &Options) -> Outcome {
    if options.sample {
        say!("{}", SAMPLE.trim_end());
        return Ok(());
    }
    let read = std::fs::read_to_string(&options.currency);
    let advice = "write one first: `liard init --sample > currency.toml`";
    let named = |why: String| Failure::new(format!("{}: {why}", options.currency.display()));
    let text = read.map_err(|error| named(format!("{error}; {advice}")))?;
    let currency = Currency::read(&text).map_err(named)?;
    refuse_used(&options.data)?;
    let founded = found(&currency, &options.data).map_err(|failure| named(failure.to_string()))?;
    tell(&options.data, &founded);
    Ok(())
}

fn refuse_used(data: &Path) -> Outcome {
    let used = std::fs::read_dir(data).is_ok_and(|mut entries| entries.next().is_some());
    match used {
        true => {
            let advice = "choose another folder with --data, or empty this one if it was left by an init that was interrupted";
            Err(Failure::new(format!("{} is not empty: {advice}", data.display())))
        }
        false => Ok(()),
    }
}

/// A currency that was made.
struct Founded {
    ledger: LedgerId,
    issuer: PublicKey,
    made: Vec<u16>,
}

/// Makes keys, secrets, genesis and settings.
fn found(currency: &Currency, data: &Path) -> Outcome<Founded> {
    let (issuer, checkpoint) = (keys::draw()?, keys::draw()?);
    let mut drawn = BTreeMap::new();
    for row in currency.operators.iter().filter(|row| row.key.is_none()) {
        drawn.insert(row.number, keys::draw()?);
    }
    let key_of = |row: &OperatorRow| match (&row.key, drawn.get(&row.number)) {
        (Some(text), _) => PublicKey::from_hex(text).ok_or_else(|| format!("the key of person {} is no public key", row.number)),
        (None, Some(key)) => Ok(keys::public(key)),
        (None, None) => Err(format!("person {} has no key", row.number)),
    };
    let now = clock::now_ms();
    let iban = currency.iban()?;
    let genesis = currency.genesis(keys::public(&checkpoint), now, key_of)?;
    let secrets = data.join("secrets");
    keys::private_folder(data)?;
    keys::private_folder(&secrets)?;
    let signed = sign_genesis(genesis, &issuer)?;
    let ledger = SignedTransaction::decode(&signed, &NO_LEDGER).map_err(|error| Failure::new(error.to_string()))?.id();
    // The ledger comes last: whoever is interrupted before has none, and never one without its keys.
    write_secrets(&secrets, &ledger, &issuer, &checkpoint)?;
    let folder = secrets.join("operators");
    keys::private_folder(&folder)?;
    for (number, key) in &drawn {
        keys::write_key(&folder.join(format!("operator-{number}.key")), &format!("Person {number}"), key, Some(&ledger))?;
    }
    let lines = settings_file(&currency.holder, &iban, &currency.bic, false);
    std::fs::write(data.join(settings::FILE), lines).map_err(|error| Failure::file("write the settings in", data, &error))?;
    Ledger::create(ledger_settings(data, &secrets, vec![checkpoint], clock::clock()), &signed)?;
    Ok(Founded { ledger, issuer: keys::public(&issuer), made: drawn.into_keys().collect() })
}

/// The bytes of a genesis.
pub fn sign_genesis(genesis: Genesis, issuer: &SigningKey) -> Outcome<Vec<u8>> {
    let valid_until = genesis.time + DAY_MS;
    let transaction = Transaction { nonce: keys::random()?, valid_until, body: Body::Genesis(Box::new(genesis)) };
    Ok(transaction.sign(&NO_LEDGER, issuer))
}

/// What a ledger in `data` is opened with.
pub fn ledger_settings(data: &Path, secrets: &Path, signers: Vec<SigningKey>, clock: ledger::writer::Clock) -> Settings {
    Settings { threads: cores::count(), ..Settings::at(data, secrets.join("directory.key"), signers, clock) }
}

/// Writes the secrets of a new ledger.
pub fn write_secrets(secrets: &Path, ledger: &LedgerId, issuer: &SigningKey, checkpoint: &SigningKey) -> Outcome {
    keys::write_key(&secrets.join("issuer.key"), "The issuer, who signed the genesis", issuer, None)?;
    keys::write_key(&secrets.join("checkpoint.key"), "The node's key for checkpoints", checkpoint, Some(ledger))?;
    keys::write_private(&secrets.join("credit.key"), &keys::random::<32>()?)
}

/// The text of `liard.toml`.
pub fn settings_file(holder: &str, iban: &str, bic: &str, demo: bool) -> String {
    let text = |value: &str| toml::Value::String(value.to_owned()).to_string();
    // In a demo the public figures follow at once: there is nobody to protect, and visitors look. Its creditor identifier is made up.
    let figures = if demo { "public_every_ms = 60000\npublish_every_ms = 5000\ncreditor_id = \"FR72ZZZ123456\"\n" } else { "" };
    format!(
        "# Settings of this node; `liard serve --settings` explains them all.\n\
         holder = {}\niban = {}\nbic = {}\ndemo = {demo}\n{figures}\
         # Who cosigns the public log, so that nobody can be shown another history: ask a partner town to run `liard witness`.\n\
         # witnesses = \"<its verifier key> https://witness.example\"\n# witnesses_needed = 1\n",
        text(holder),
        text(iban),
        text(bic)
    )
}

fn tell(data: &Path, founded: &Founded) {
    let Founded { ledger, issuer, made } = founded;
    let secrets = data.join("secrets");
    say!("The currency is made. Its ledger id, to be printed and published: {ledger}");
    say!("Signed by the issuer {issuer}");
    say!("");
    say!("1. Move {}/issuer.key off this machine: nothing needs it any more.", secrets.display());
    for number in made {
        say!("2. Hand {}/operators/operator-{number}.key to person {number}, then delete it here.", secrets.display());
    }
    say!("3. Copy {}/checkpoint.key, directory.key and credit.key to a safe place of their own.", secrets.display());
    say!("   Without the first no new entry is signed; without the second no name can be read again.");
    say!("4. Back up {} without its secrets folder.", data.display());
    say!("5. Start: liard serve --data {}", data.display());
    say!("6. Ask two or three partner towns to run `liard witness`, and name them in {}.", data.join(settings::FILE).display());
}
