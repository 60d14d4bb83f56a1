//! The witnesses of a demo: three partner towns that do not exist, each with a memory and a port of its own, inside the same program.
//! They say nothing about anybody's honesty; they show how it works.

use crate::failure::Outcome;
use crate::settings::Settings;
use crate::{clock, node, witness};
use axum::Router;
use ledger::ledger::Ledger;
use ledger::note::VerifierKey;
use ledger::receipt::origin;
use public_log::Witness;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;

/// Towns that do not exist, under a name that no machine will ever have (RFC 2606).
const TOWNS: [&str; 3] = ["temoin.valmont.example", "temoin.clairval.example", "temoin.rocheville.example"];
/// Two of three: one may be down.
const NEEDED: usize = 2;

/// Opens the witnesses below the demo's folder and puts them into its settings; gives what they serve.
pub fn run(data: &Path, ledger: &Ledger, settings: &mut Settings) -> Outcome<Vec<(TcpListener, Router)>> {
    let logs = log_keys(ledger);
    let mut served = Vec::new();
    for town in TOWNS {
        let folder = data.join("witnesses").join(town.split('.').nth(1).unwrap_or(town));
        let store = witness::open(&folder, town, logs.clone())?;
        let (port, address) = node::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        settings.witnesses.push(Witness { key: store.key().clone(), url: format!("http://{address}") });
        served.push((port, public_log::witness::router(store, clock::clock())));
    }
    settings.witnesses_needed = NEEDED;
    Ok(served)
}

/// Every key under which the demo's log signs or signed.
fn log_keys(ledger: &Ledger) -> Vec<VerifierKey> {
    let durable = ledger.durable();
    durable.state.checkpoint_keys().iter().map(|key| VerifierKey::signer(&origin(&ledger.id()), *key)).collect()
}
