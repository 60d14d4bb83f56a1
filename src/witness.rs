//! `liard witness`: cosigns the public logs of other towns. Any partner runs it beside nothing else: it needs a folder, a port and the
//! verifier keys of the logs, which their nodes print at the start.

use crate::failure::{Failure, Outcome};
use crate::keys::{self, KeyFile};
use crate::node::{self, Front};
use crate::settings::{Said, Settings};
use crate::{clock, logs};
use clap::Args;
use ledger::SigningKey;
use ledger::note::{ED25519, VerifierKey};
use ledger::storage::DiskFolder;
use public_log::store::Store;
use public_log::{LOG_NAMES, MAX_WITNESS_NAME_BYTES};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The file with the witness's key, in its folder.
const KEY: &str = "witness.key";

/// What can be said on the command line.
#[derive(Args)]
pub struct Options {
    /// The folder in which the witness remembers what it has seen. Keep it: a witness that has forgotten is none.
    #[arg(long, default_value = "liard-witness")]
    data: PathBuf,
    /// The address and port to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// The name that stands in every cosignature, such as witness.example; it cannot be changed later.
    #[arg(long, value_parser = name)]
    name: String,
    /// The verifier key of a log to cosign; several times for several logs, or for a key that followed another.
    #[arg(long = "log", value_name = "VKEY", required = true, value_parser = log)]
    logs: Vec<VerifierKey>,
    /// What is logged: error, warn, info, debug.
    #[arg(long, default_value = "info")]
    verbosity: String,
}

fn name(text: &str) -> Result<String, String> {
    let sound = !text.is_empty()
        && text.len() <= MAX_WITNESS_NAME_BYTES
        && !text.starts_with(LOG_NAMES)
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+');
    let rule = || {
        format!(
            "a witness's name has 1 to {MAX_WITNESS_NAME_BYTES} bytes, no space and no plus, and does not begin with {LOG_NAMES}"
        )
    };
    sound.then(|| text.to_owned()).ok_or_else(rule)
}

fn log(text: &str) -> Result<VerifierKey, String> {
    let key = VerifierKey::parse(text).map_err(|error| error.to_string())?;
    if key.kind == ED25519 { Ok(key) } else { Err("this is the key of a witness, not of a log".to_owned()) }
}

/// Runs the command. The settings of its folder's `liard.toml`, if there is one, hold for the port as they do for a node's.
pub fn run(options: &Options) -> Outcome {
    logs::start(&options.verbosity)?;
    let store = open(&options.data, &options.name, options.logs.clone())?;
    let settings = Settings::read(&options.data, &Said::default())?;
    let (listener, address) = node::bind(options.listen)?;
    say!("Listening on {address}");
    say!("Witness: {}", store.key());
    say!("A node that is to be cosigned names both in its setting `witnesses`.");
    let routes = public_log::witness::router(store, clock::clock());
    let data = options.data.clone();
    node::run_until(async move {
        let config = node::tls_config(&settings).await?;
        node::answer(listener, routes, Front::of(&settings, &data, config), node::signalled()).await
    })
}

/// Opens a witness's memory in a folder; makes both at the first time.
pub fn open(data: &Path, name: &str, logs: Vec<VerifierKey>) -> Outcome<Arc<Store>> {
    keys::private_folder(data)?;
    let key = key_in(data, name)?;
    Ok(Arc::new(Store::open(&DiskFolder::new(data), name, key, logs)?))
}

/// The witness's key. A folder with a memory and without its key is not begun again: the memory belongs to the key.
fn key_in(data: &Path, name: &str) -> Outcome<SigningKey> {
    let file = data.join(KEY);
    if file.exists() {
        return KeyFile::read(&file).map(|read| read.key);
    }
    if data.join("logs").exists() {
        let advice = "put the key back, or begin a new witness in another folder";
        return Err(Failure::new(format!("{} has a witness's memory and no {KEY}: {advice}", data.display())));
    }
    let key = keys::draw()?;
    keys::write_key(&file, &format!("The witness {name}"), &key, None)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_witness_keeps_its_key_and_does_not_begin_again_without_it() {
        let folder = tempfile::tempdir().unwrap();
        let key = open(folder.path(), "one.example", Vec::new()).unwrap().key().clone();
        assert_eq!(open(folder.path(), "one.example", Vec::new()).unwrap().key(), &key);
        std::fs::remove_file(folder.path().join(KEY)).unwrap();
        let why = open(folder.path(), "one.example", Vec::new()).err().unwrap().to_string();
        assert!(why.contains("memory"), "{why}");
    }

    #[test]
    fn names_and_keys_of_the_wrong_kind_are_refused_with_a_sentence() {
        assert!(name("witness.example/one").is_ok());
        for wrong in ["", "two words", "a+b", "liard/0123456789abcdef", "liard/", &"x".repeat(65)] {
            assert!(name(wrong).is_err(), "{wrong}");
        }
        let key = keys::public(&keys::draw().unwrap());
        assert!(log(&VerifierKey::signer("liard/0123456789abcdef", key).to_string()).is_ok());
        assert!(log(&VerifierKey::witness("one.example", key).to_string()).unwrap_err().contains("witness"));
    }
}
