//! `liard verify FILE`: what a receipt, a coverage statement, a complaint, evidence of a fork or the archive of a till proves, and what
//! it does not, in words.
//!
//! Exit status: 0 it proves what it says, 1 it is wrong, 2 it could not be checked (no file, no keys).

mod told;

use crate::audit::{self, Ended, Trust};
use crate::failure::Failure;
use crate::language::Language;
use crate::office::typed::hash;
use clap::Args;
use ledger::checkpoint::WitnessPolicy;
use ledger::key::LedgerId;
use ledger::note::VerifierKey;
use ledger::receipt::KeyChain;
use merchant_pos::tickets::archive::MAX_ARCHIVE_BYTES;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use told::{Asked, Told};

/// What can be said on the command line.
#[derive(Args)]
pub struct Options {
    /// The file: a receipt (.liard), a receipt's or short receipt's bytes, a coverage statement, a complaint, evidence of a fork, or the
    /// archive of a till (.liard-till).
    file: PathBuf,
    /// The id of the ledger that it has to be of, as it was printed and published.
    #[arg(long, value_name = "ID", value_parser = hash)]
    ledger: Option<LedgerId>,
    /// The chain of the ledger's checkpoint keys, as /log/keys gave it; a receipt (.liard) has it inside.
    #[arg(long, value_name = "FILE", conflicts_with = "url")]
    keys: Option<PathBuf>,
    /// The node to ask for the chain of keys.
    #[arg(long)]
    url: Option<String>,
    /// A witness whose word counts; may be repeated.
    #[arg(long, value_name = "KEY")]
    witness: Vec<String>,
    /// So many witnesses have to have signed; else all that are named.
    #[arg(long, value_name = "COUNT")]
    needed: Option<usize>,
    /// Answer as JSON.
    #[arg(long)]
    json: bool,
    /// The language; else that of LANG.
    #[arg(long)]
    lang: Option<Language>,
}

/// The longest file: the archive of a till, and what stands around its records.
const MAX_BYTES: u64 = MAX_ARCHIVE_BYTES as u64 + (1 << 20);
/// It could not be checked.
const NOT_MADE: u8 = 2;

/// Runs the command.
pub fn run(options: &Options) -> ExitCode {
    let language = options.lang.unwrap_or_else(Language::here);
    let result = made(options, language);
    match (&result, options.json) {
        (Ok(told), true) => say!("{}", told.json()),
        (Ok(told), false) => say!("{}", told.text(language).trim_end()),
        (Err(ended), true) => say!("{}", json!({ "ok": false, "checked": matches!(ended, Ended::Found(_)), "why": ended.why() })),
        (Err(Ended::Found(why)), false) => {
            eprintln!("{}\n{why}", language.pick("FAUX : ne le croyez pas.", "WRONG: do not believe it."))
        }
        (Err(Ended::NotMade(why)), false) => eprintln!("{}\n{why}", language.pick("Non vérifié.", "Not checked.")),
    }
    match result {
        Ok(_) => ExitCode::SUCCESS,
        Err(Ended::Found(_)) => ExitCode::FAILURE,
        Err(Ended::NotMade(_)) => ExitCode::from(NOT_MADE),
    }
}

fn made(options: &Options, language: Language) -> Result<Told, Ended> {
    let bytes = read(&options.file)?;
    let witnesses = options
        .witness
        .iter()
        .map(|text| VerifierKey::parse(text).map_err(|error| Ended::NotMade(format!("--witness {text}: {error}"))));
    let witnesses = witnesses.collect::<Result<Vec<_>, Ended>>()?;
    let witnesses = WitnessPolicy { needed: options.needed.unwrap_or(witnesses.len()), witnesses };
    let held_to_keys = options.keys.is_some() || options.url.is_some();
    let asked = Asked { witnesses: &witnesses, ledger: options.ledger.as_ref(), held_to_keys };
    told::told(&bytes, &asked, language, |chain| {
        let chain = match chain {
            Some(chain) => chain,
            None => chain_of(options)?,
        };
        Trust::of(&chain, options.ledger.as_ref())
    })
}

fn read(file: &Path) -> Result<Vec<u8>, Ended> {
    let read = || match std::fs::metadata(file)?.len() {
        length if length > MAX_BYTES => Err(std::io::Error::other("it is longer than any receipt or archive")),
        _ => std::fs::read(file),
    };
    Ok(read().map_err(|error| Failure::file("read", file, &error))?)
}

/// The chain of keys from a file or from a node.
fn chain_of(options: &Options) -> Result<KeyChain, Ended> {
    let bytes = match (&options.keys, &options.url) {
        (Some(file), _) => read(file)?,
        (None, Some(url)) => audit::fetched_keys(url)?,
        (None, None) => {
            let why = "this file does not hold the ledger's keys: give them with --keys FILE (the bytes of /log/keys), or --url of the node";
            return Err(Ended::NotMade(why.into()));
        }
    };
    KeyChain::decode(&bytes).map_err(|error| Ended::Found(format!("the chain of keys does not hold: {error}")))
}
