//! The audit from outside: what anyone can check with nothing but an address.
//!
//! ```text
//! /log/keys ─▶ checkpoint keys ─▶ /log/checkpoint ─▶ signed root ◀─ every leaf of the log, from its tiles
//!                                        │                              │
//!                    witnesses' own views: the same tree        every coverage statement: its root, its sums, its chain
//! ```
//! What was verified is remembered in a folder of the auditor's own, so that the next audit reads only what is new, and notices when
//! something old has changed. An audit that was interrupted goes on where it was.

mod leaves;
mod memory;
mod remote;
mod series;
mod witnesses;

use crate::audit::Ended;
use crate::audit::report::{Question, Report, Verdict};
use crate::audit::trust::Trust;
use crate::failure::Failure;
use crate::language::Language;
use crate::{clock, node};
use clap::Args;
use ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use ledger::fork::Fork;
use ledger::key::{LedgerId, PublicKey};
use ledger::merkle::{Frontier, Hash, Tree};
use ledger::note::VerifierKey;
use ledger::receipt::{KeyChain, origin};
use ledger::tile::{TilePath, Tiles, tile};
use memory::Memory;
use remote::Remote;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

/// What only an audit from outside is told.
#[derive(Args)]
pub struct Outside {
    /// From outside: a witness whose word counts, as "KEY URL"; may be repeated. Else those that the node itself names.
    #[arg(long, value_name = "KEY URL")]
    witness: Vec<String>,
    /// From outside: so many witnesses have to agree. Else as many as the node asks for.
    #[arg(long, value_name = "COUNT")]
    needed: Option<usize>,
    /// From outside: so many seconds to wait until the node publishes the entries that its statements and its witnesses speak of. A node
    /// publishes once a minute unless it is told otherwise.
    #[arg(long, value_name = "SECONDS", default_value_t = 150)]
    wait: u64,
}

/// Where an audit from outside remembers what it verified, unless it is told.
const MEMORY: &str = "liard-audit";
/// So many leaves are read before it is kept how far the reading has come.
const KEEP_EVERY: u64 = 65_536;
/// A node that has to publish first is asked again after so long.
const SECOND: Duration = Duration::from_secs(1);

/// Audits a node.
pub fn report(
    url: &str,
    meant: Option<&LedgerId>,
    options: &Outside,
    memory: Option<&Path>,
    language: Language,
) -> Result<Report, Ended> {
    node::alone()?.block_on(audit(url, meant, options, memory.unwrap_or(Path::new(MEMORY)), language))
}

async fn audit(url: &str, meant: Option<&LedgerId>, options: &Outside, folder: &Path, l: Language) -> Result<Report, Ended> {
    let remote = Remote::new(url)?;
    let mut trust = trusted(&remote, meant).await?;
    let mut memory = Memory::open(folder, &trust.ledger)?;
    let mut report = begun(url, &trust, l);
    // Statements and witnesses first: the log that is published after them has to hold what they speak of.
    let floor = published(&remote, &mut trust, 0, options.wait).await?.1.size;
    let series = series::read(&remote, &trust, &memory, &mut report).await?;
    let witnesses = witnesses::ask(&remote, &trust, options).await?;
    let spoken_of = series.iter().map(|statement| statement.size).chain(witnesses.sizes()).max().unwrap_or(0);
    let (note, checkpoint) = published(&remote, &mut trust, spoken_of, options.wait).await?;
    (report.entries, report.more) = (checkpoint.size, json!({ "root": hex::encode(checkpoint.root), "checkpoint": note }));
    let wanted: BTreeSet<u64> = series.iter().map(|statement| statement.size).chain(witnesses.sizes()).collect();
    let (edge, mut roots) = leaves(&remote, &mut memory, checkpoint.size, &wanted).await?;
    roots.insert(checkpoint.size, checkpoint.root);
    let log = Log { remote: &remote, note: &note, checkpoint: &checkpoint, roots: &roots, memory: &memory, trust: &trust };
    let sound = log.check(&edge, &mut report).await?;
    let bound = series::check(&series, &log, &mut report);
    let one_history = witnesses.check(&log, &mut report).await?;
    report.facts.push((l.pick("Écritures publiées", "Published entries").into(), checkpoint.size.to_string()));
    report.facts.push((l.pick("Empreinte", "Fingerprint").into(), hex::encode(checkpoint.root)));
    // What is remembered says nothing about cover: a shortfall does not make the next audit blind for a rewritten past.
    if !sound || !one_history {
        memory.forget_read()?;
        return Ok(report);
    }
    memory.statements.extend(bound);
    memory.keep_verified(&edge, &note, floor)?;
    Ok(report)
}

/// From the ledger's id to its keys, by the node's chain.
async fn trusted(remote: &Remote, meant: Option<&LedgerId>) -> Result<Trust, Ended> {
    let chain = KeyChain::decode(&remote.ask(|client| async move { client.keys().await }).await?);
    let chain = chain.map_err(|error| Ended::Found(format!("the chain of checkpoint keys does not hold: {error}")))?;
    Trust::of(&chain, meant)
}

/// The published checkpoint under the key in force, once it has so many entries, or when the patience is over. Whoever holds a key that
/// was replaced cannot speak for the log any more; while a key is being replaced, chain and checkpoint are asked for again.
async fn published(remote: &Remote, trust: &mut Trust, least: u64, wait_s: u64) -> Result<(String, Checkpoint), Ended> {
    let (ledger, mut waited_s) = (trust.ledger, 0);
    loop {
        let note = remote.ask(|client| async move { client.checkpoint().await }).await?;
        let newest = trust.keys.last().copied();
        let checkpoint = opened(&note, &ledger, newest.as_slice());
        let enough = checkpoint.as_ref().is_ok_and(|checkpoint| checkpoint.size >= least);
        if enough || waited_s >= wait_s {
            let checkpoint = checkpoint.map_err(|ended| trust.gap.clone().map_or(ended, Ended::NotMade))?;
            return Ok((note, checkpoint));
        }
        tokio::time::sleep(SECOND).await;
        waited_s += 1;
        *trust = trusted(remote, Some(&ledger)).await?;
    }
}

/// The chain of checkpoint keys, as a node tells it.
pub fn fetched_keys(url: &str) -> Result<Vec<u8>, Ended> {
    node::alone()?.block_on(Remote::new(url)?.ask(|client| async move { client.keys().await }))
}

fn begun(url: &str, trust: &Trust, l: Language) -> Report {
    let now = clock::now_ms();
    let facts = [(l.pick("Registre", "Ledger"), trust.ledger.to_string()), (l.pick("Vérifié le", "Audited on"), l.moment(now))];
    Report {
        language: l,
        subject: url.to_owned(),
        made: now,
        name: trust.name.clone(),
        symbol: trust.symbol.clone(),
        ledger: trust.ledger.to_string(),
        entries: 0,
        facts: facts.map(|(label, value)| (label.to_owned(), value)).into(),
        checks: Vec::new(),
        days: Vec::new(),
        more: json!({}),
    }
}

/// A checkpoint of this ledger, signed by one of these keys.
pub fn opened(note: &str, ledger: &LedgerId, keys: &[PublicKey]) -> Result<Checkpoint, Ended> {
    let keys: Vec<_> = keys.iter().map(PublicKey::verifying_key).collect();
    let opened = SignedCheckpoint::open(note, &origin(ledger), &keys);
    opened.map_err(|error| Ended::Found(format!("a checkpoint does not hold: {error}")))
}

/// Reads the leaves that were not verified before.
async fn leaves(
    remote: &Remote,
    memory: &mut Memory,
    size: u64,
    wanted: &BTreeSet<u64>,
) -> Result<(Frontier, BTreeMap<u64, Hash>), Ended> {
    // Roots at sizes that lie before the place where the reading goes on are known only when it begins before them.
    let verified = memory.verified();
    let begin = memory.begin(size);
    let passed = wanted.iter().any(|wanted| verified.size() < *wanted && *wanted < begin.size());
    let mut edge = if passed || verified.size() > size { verified } else { begin };
    let (mut roots, mut kept) = (BTreeMap::new(), edge.size());
    let bar = super::bar(size);
    leaves::each(remote, edge.size(), size, &bar, |leaf| {
        edge.push(leaf);
        if wanted.contains(&edge.size()) {
            roots.insert(edge.size(), edge.root());
        }
        if edge.size() >= kept + KEEP_EVERY {
            kept = edge.size();
            memory.keep_read(&edge)?;
        }
        Ok(())
    })
    .await?;
    bar.finish_and_clear();
    Ok((edge, roots))
}

/// The log as it was read in this audit.
pub struct Log<'a> {
    remote: &'a Remote,
    note: &'a str,
    checkpoint: &'a Checkpoint,
    /// The roots at the sizes that statements and witnesses speak of, as the leaves give them.
    roots: &'a BTreeMap<u64, Hash>,
    memory: &'a Memory,
    trust: &'a Trust,
}

impl Log<'_> {
    /// Whether the leaves come to the signed root, and the tree that was verified before is the start of it.
    async fn check(&self, edge: &Frontier, report: &mut Report) -> Result<bool, Ended> {
        let (l, before, size) = (report.language, self.memory.verified().size(), self.checkpoint.size);
        if size < before {
            let words = l.pick(
                "Le registre publié a raccourci : {a} écritures lors de la dernière vérification, {b} à présent.",
                "The published log has become shorter: {a} entries at the last audit, {b} now.",
            );
            let words = words.replace("{a}", &before.to_string()).replace("{b}", &size.to_string());
            report.check(Question::Rewritten, "log_shorter", Verdict::Wrong, words);
            return Ok(false);
        }
        if edge.size() == size && edge.root() == self.checkpoint.root {
            let words = l.pick(
                "Les {n} empreintes publiées mènent à l’empreinte signée : rien ne manque, rien n’est changé.",
                "The {n} published leaves lead to the signed fingerprint: nothing is missing, nothing changed.",
            );
            report.check(Question::Recorded, "log", Verdict::Good, words.replace("{n}", &size.to_string()));
            report_history(before, report);
            return Ok(true);
        }
        let words = l.pick(
            "Les empreintes publiées ne mènent pas à l’empreinte signée.",
            "The published leaves do not lead to the signed fingerprint.",
        );
        report.check(Question::Recorded, "log", Verdict::Wrong, words);
        self.rewritten(report).await.map(|()| false)
    }

    /// Looks for proof that the log which is served now is another one than was signed before.
    async fn rewritten(&self, report: &mut Report) -> Result<(), Ended> {
        let verified = self.memory.verified();
        let Some(old) = self.memory.note.as_deref().filter(|_| verified.size() > 0) else { return Ok(()) };
        let tree = self.tree().await?;
        if tree.root() != self.checkpoint.root || tree.root_at(verified.size()) == Some(verified.root()) {
            return Ok(());
        }
        // What is served leads to the root that is signed now, and at its start to another one than was signed then.
        let l = report.language;
        let words =
            l.pick("Le passé a été réécrit depuis la dernière vérification.", "The past was rewritten since the last audit.");
        let words = self.with_evidence(words, old, verified.size(), &tree, l)?;
        report.check(Question::Rewritten, "history", Verdict::Wrong, words);
        Ok(())
    }

    /// The whole tree, from its leaves.
    async fn tree(&self) -> Result<Tree, Ended> {
        let mut tree = Tree::new();
        let bar = super::bar(self.checkpoint.size);
        leaves::each(self.remote, 0, self.checkpoint.size, &bar, |leaf| {
            tree.push(leaf);
            Ok(())
        })
        .await?;
        bar.finish_and_clear();
        Ok(tree)
    }

    /// A sentence, and where the evidence is that this log contradicts an earlier note over so many entries, if one key signed both.
    fn with_evidence(&self, words: &str, old: &str, size: u64, tree: &Tree, l: Language) -> Result<String, Ended> {
        let fork = signer_of(old, self.trust).and_then(|log| fork(&log, old, (self.note, self.checkpoint), tree));
        let Some(fork) = fork else { return Ok(words.to_owned()) };
        let file = self.memory.evidence(size, self.checkpoint.size);
        std::fs::write(&file, fork.encode()).map_err(|error| Failure::file("write the evidence to", &file, &error))?;
        Ok(format!("{words} {} {}", l.pick("La preuve signée est dans", "The signed evidence is in"), file.display()))
    }
}

fn report_history(before: u64, report: &mut Report) {
    let l = report.language;
    if before == 0 {
        return report.begin_history();
    }
    let words = l.pick(
        "Les {n} écritures vérifiées la dernière fois sont toujours les mêmes.",
        "The {n} entries that were verified last time are still the same.",
    );
    report.check(Question::Rewritten, "history", Verdict::Good, words.replace("{n}", &before.to_string()));
}

/// Evidence that the log of this tree contradicts an older note of the same key.
fn fork(log: &VerifierKey, old: &str, (note, checkpoint): (&str, &Checkpoint), tree: &Tree) -> Option<Fork> {
    let mut tiles = Tiles::new(checkpoint.size, checkpoint.root, |path: &TilePath| tile(tree, path, checkpoint.size).ok_or(()));
    Fork::from_tiles(log, old, note, &mut tiles).ok()?
}

/// The key of this ledger that signed a checkpoint, as a verifier key.
fn signer_of(note: &str, trust: &Trust) -> Option<VerifierKey> {
    let name = origin(&trust.ledger);
    let signed = |key: &&PublicKey| SignedCheckpoint::open(note, &name, &[key.verifying_key()]).is_ok();
    let key = trust.keys.iter().find(signed)?;
    Some(VerifierKey::signer(&name, *key))
}
