//! Liard: a complementary local currency in one program. Each command has a file of its own.

#![cfg_attr(test, allow(clippy::unwrap_used))]

/// Prints a line. Nobody reads on after `| head`, and that is no failure.
macro_rules! say {
    ($($words:tt)*) => {
        drop(std::io::Write::write_fmt(&mut std::io::stdout(), format_args!("{}\n", format_args!($($words)*))))
    };
}

mod audit;
mod backup;
mod bank;
mod bench;
mod bodies;
mod callers;
mod clock;
mod connections;
mod cores;
mod currency;
mod dates;
mod demo;
mod disk;
mod error;
mod failure;
mod health;
mod inbox;
mod init;
mod key;
mod keys;
mod language;
mod live;
mod logs;
mod money;
mod node;
mod office;
mod pages;
mod repair;
mod restore;
mod serve;
mod settings;
mod till;
mod tls;
mod verify;
mod witness;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// A complementary local currency: ledger, wallet, till and office in one program.
#[derive(Parser)]
#[command(name = "liard", version)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a currency from a file that describes it.
    Init(init::Options),
    /// Run a node: ledger, API and pages on one port.
    Serve(serve::Options),
    /// Make a believable town and serve it.
    Demo(demo::Options),
    /// Act for the association with a key file.
    Office(Box<office::Options>),
    /// Check a currency: every signature and every rule of a ledger on disk, or from outside whatever anyone can check of a node.
    /// On disk it takes the folder's locks; copy the folder first if it is on read-only storage or in use.
    Audit(audit::Options),
    /// Read a bank's file and show what it says.
    Bank(bank::Options),
    /// Measure how fast payments are on this machine and this disk.
    Bench(bench::Options),
    /// Copy a ledger to another folder, while its node runs or not, and prove the copy by replaying it.
    Backup(backup::Options),
    /// Make a folder that a node starts on from a backup.
    Restore(restore::Options),
    /// Copy what verifies out of damaged folders to a new one. Changes none of them.
    Repair(repair::Options),
    /// Say what a receipt, a coverage statement, a complaint or evidence proves, and what not.
    Verify(verify::Options),
    /// Cosign the public logs of other towns, so that none of them can show two histories.
    Witness(witness::Options),
    /// Run the till's own part on a machine in the shop, against a currency's node elsewhere; it goes on while the line is cut.
    Till(till::Options),
    /// Make a key file, or show the public key of one.
    Key(key::Options),
}

fn main() -> ExitCode {
    let done = match Program::parse().command {
        Command::Init(options) => init::run(&options),
        Command::Serve(options) => serve::run(&options),
        Command::Demo(options) => demo::run(&options),
        Command::Office(options) => office::run(&options),
        Command::Bank(options) => bank::run(&options),
        Command::Bench(options) => bench::run(&options),
        Command::Audit(options) => return audit::run(&options),
        Command::Verify(options) => return verify::run(&options),
        Command::Backup(options) => backup::run(&options),
        Command::Restore(options) => restore::run(&options),
        Command::Repair(options) => repair::run(&options),
        Command::Witness(options) => witness::run(&options),
        Command::Till(options) => till::run(&options),
        Command::Key(options) => key::run(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("liard: {failure}");
            ExitCode::FAILURE
        }
    }
}
