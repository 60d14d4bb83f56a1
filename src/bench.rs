//! `liard bench`: how fast this machine and this disk make payments durable, beside what the machine and the disk could do at most.
//!
//! Everything is measured in one run, through the very parts that `liard serve` runs: the node's own port with all that stands before
//! its routes, and a ledger on disk in a folder of the current directory (`/tmp` may be another disk, or memory). Payments are
//! plain transfers of one cent, without a charge, among members drawn at random. They are signed before anything is timed; whoever sends
//! them over HTTP runs on the same cores, and its work is inside the measured time. Requests are not logged (a node logs each at `info`).
//!
//! Both sides of a ratio are measured in turns, in short rounds, and the medians count. Every answer has to be a receipt, and after each
//! measurement the ledger has to have grown by exactly the payments: refusals are not counted as payments.

#![allow(clippy::float_arithmetic, reason = "times and rates, no money")]

mod alone;
mod audited;
mod figures;
mod hot;
mod limits;
mod load;
mod pace;
mod postgres;
mod reopen;
mod run;
mod server;
mod sizes;
mod throughput;
mod till;
mod town;

use crate::failure::{Failure, Outcome};
use crate::{logs, tls};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use run::{Run, Size};
use std::path::{Path, PathBuf};

/// What can be said on the command line.
#[derive(Args)]
pub struct Options {
    /// Less of everything, in under a minute.
    #[arg(long)]
    quick: bool,
    /// Answer as JSON.
    #[arg(long)]
    json: bool,
    /// Measure PostgreSQL too, in a cluster of its own on the same disk.
    #[arg(long)]
    with_postgres: bool,
    /// A folder is made in this one, and removed at the end.
    #[arg(long, default_value = ".")]
    folder: PathBuf,
    /// So many payments in a round; else as many as the machine is likely to make in half a second, or in two.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    entries: Option<u32>,
    /// What is logged while measuring; more costs time.
    #[arg(long, default_value = "warn")]
    log: String,
    /// Open the ledger in this folder, and tell how long it took: what the measurement asks of a new process.
    #[arg(long, hide = true)]
    reopen: Option<PathBuf>,
}

/// Runs the command.
pub fn run(options: &Options) -> Outcome {
    logs::start(&options.log)?;
    if let Some(folder) = &options.reopen {
        return reopen::reopen(folder);
    }
    tls::install_provider();
    let folder = Folder::make(&options.folder)?;
    let size = Size::of(options.quick, options.entries.map(|entries| entries as usize));
    let bar = ProgressBar::new(run::STEPS).with_style(style());
    let figures = Run::begin(&folder.0, size, bar.clone())?.all(options.with_postgres)?;
    bar.finish_and_clear();
    match options.json {
        true => say!("{:#}", figures.json()),
        false => say!("{}", figures.table().trim_end()),
    }
    Ok(())
}

fn style() -> ProgressStyle {
    let style = ProgressStyle::with_template("{bar:20} {elapsed} {msg}");
    style.unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn make(parent: &Path) -> Outcome<Folder> {
        let make = || {
            std::fs::create_dir_all(parent)?;
            let folder = parent.canonicalize()?.join(format!("liard-bench-{}", std::process::id()));
            std::fs::create_dir(&folder)?;
            Ok(folder)
        };
        let folder = make().map_err(|error: std::io::Error| {
            Failure::new(format!("nothing can be measured in {}: {error}; choose a folder with --folder", parent.display()))
        })?;
        Ok(Folder(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("liard: remove {} by hand: {error}", self.0.display());
        }
    }
}
