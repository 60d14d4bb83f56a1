//! A restart, as a new process sees it: this program runs itself, opens the ledger of the measurement, and tells how long that took
//! and how much memory it has then.

use crate::bench::town::secrets_of;
use crate::failure::{Failure, Outcome};
use crate::{clock, serve};
use ledger::writer::Pace;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// What a new process found.
pub struct Reopened {
    /// How long opening took.
    pub seconds: f64,
    /// How many entries it has.
    pub entries: f64,
    /// How many bytes of memory the process has; nothing where the system does not tell.
    pub memory: Option<f64>,
}

/// Opens the ledger in a folder in a new process. Nobody else may have it open.
pub fn in_a_new_process(folder: &Path) -> Outcome<Reopened> {
    let program = std::env::current_exe().map_err(|error| Failure::new(format!("the program does not find itself: {error}")))?;
    let ran = Command::new(program).args(["bench", "--reopen"]).arg(folder).output();
    let ran = ran.map_err(|error| Failure::new(format!("the program cannot run itself: {error}")))?;
    let told: Value = serde_json::from_slice(&ran.stdout).unwrap_or_default();
    let sound = told["seconds"].as_f64().zip(told["entries"].as_f64());
    let (seconds, entries) = sound.ok_or_else(|| Failure::new(String::from_utf8_lossy(&ran.stderr).trim()))?;
    Ok(Reopened { seconds, entries, memory: told["memory"].as_f64() })
}

/// What the new process does.
pub fn reopen(folder: &Path) -> Outcome {
    let began = Instant::now();
    let ledger = serve::open(folder, &secrets_of(folder), clock::clock(), Pace::default())?;
    let seconds = began.elapsed().as_secs_f64();
    say!("{}", json!({ "seconds": seconds, "entries": ledger.durable().state.size(), "memory": memory() }));
    Ok(())
}

/// The resident memory of this process in bytes. Linux tells.
fn memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? << 10)
}
