//! `liard key FILE`: makes a key file on the person's own machine, or shows the public key of one that is there.

use crate::failure::Outcome;
use crate::keys::{KeyFile, draw, public, write_key};
use clap::Args;
use std::path::PathBuf;

/// What can be said on the command line.
#[derive(Args)]
pub struct Options {
    /// The key file; made when it is missing.
    file: PathBuf,
}

/// Runs the command: prints the public key.
pub fn run(options: &Options) -> Outcome {
    let key = if options.file.exists() {
        KeyFile::read(&options.file)?.key
    } else {
        let key = draw()?;
        write_key(&options.file, "A Liard key", &key, None)?;
        key
    };
    say!("{}", public(&key));
    Ok(())
}
