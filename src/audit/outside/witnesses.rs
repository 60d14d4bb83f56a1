//! The witnesses: whether enough of them signed the checkpoint, and whether each one's own view is the same log.

use super::remote::Remote;
use super::{Log, Outside, opened};
use crate::audit::Ended;
use crate::audit::report::{Question, Report, Verdict};
use crate::audit::trust::Trust;
use ledger::checkpoint::{Checkpoint, WitnessPolicy};
use ledger::key::Hash32;
use ledger::merkle::verify_consistency;
use ledger::note::{MAX_NOTE_BYTES, VerifierKey};
use ledger::receipt::origin;
use serde_json::json;

/// A witness, and where its own view is, when that is known.
struct Witness {
    key: VerifierKey,
    url: Option<String>,
}

/// What a witness shows.
enum View {
    /// Nothing: it does not answer.
    Silent,
    /// A note that it signed, and that is not the log's.
    Foreign,
    /// The newest checkpoint of the log that it signed, and the note.
    Seen(Checkpoint, String),
}

/// The witnesses, each with what it shows, asked before the log is read.
pub struct Witnesses {
    witnesses: Vec<(Witness, View)>,
    needed: usize,
    /// The auditor named them, not the node.
    own: bool,
}

/// Asks every witness what it saw last.
pub async fn ask(remote: &Remote, trust: &Trust, options: &Outside) -> Result<Witnesses, Ended> {
    let (named, needed, own) = named(remote, options).await?;
    let mut witnesses = Vec::new();
    for witness in named {
        let view = match seen(&witness, trust).await {
            Some(note) => match opened(&note, &trust.ledger, &trust.keys) {
                Ok(checkpoint) => View::Seen(checkpoint, note),
                Err(_) => View::Foreign,
            },
            None => View::Silent,
        };
        witnesses.push((witness, view));
    }
    Ok(Witnesses { witnesses, needed, own })
}

impl Witnesses {
    /// The sizes that they saw last.
    pub fn sizes(&self) -> impl Iterator<Item = u64> {
        self.witnesses.iter().filter_map(|(_, view)| match view {
            View::Seen(checkpoint, _) => Some(checkpoint.size),
            _ => None,
        })
    }

    /// Checks the cosignatures of the log's checkpoint, and every witness's own view. False when there are two histories.
    pub async fn check(&self, log: &Log<'_>, report: &mut Report) -> Result<bool, Ended> {
        self.cosignatures(log, report);
        let mut one = true;
        for (witness, view) in &self.witnesses {
            let (verdict, words) = compared(log, view, report).await?;
            one &= verdict != Verdict::Wrong;
            report.check(Question::Rewritten, "witness_view", verdict, words.replace("{w}", &witness.key.name));
        }
        Ok(one)
    }

    fn cosignatures(&self, log: &Log, report: &mut Report) {
        let (l, named) = (report.language, self.witnesses.len());
        if named == 0 {
            let words = l.pick(
                "Aucun témoin : le nœud pourrait montrer à d’autres une autre histoire.",
                "No witness: the node could show others another history.",
            );
            return report.check(Question::Recorded, "witnesses", Verdict::Warning, words);
        }
        let keys = self.witnesses.iter().map(|(witness, _)| witness.key.clone()).collect();
        let signed = WitnessPolicy { needed: self.needed, witnesses: keys }.cosigned(log.note).len();
        let words = l.pick(
            "{k} témoins sur {n} ont signé la même empreinte ({m} demandés).",
            "{k} of {n} witnesses signed the same fingerprint ({m} asked for).",
        );
        let words = words.replace("{k}", &signed.to_string()).replace("{n}", &named.to_string());
        let words = words.replace("{m}", &self.needed.to_string());
        let by_node = l.pick("Ces témoins sont nommés par le nœud.", "The node names these witnesses.");
        let words = if self.own { words } else { format!("{words} {by_node}") };
        let enough = signed >= self.needed && self.needed > 0;
        report.check(Question::Recorded, "witnesses", if enough { Verdict::Good } else { Verdict::Warning }, words);
        if let Some(more) = report.more.as_object_mut() {
            more.insert("witnesses".into(), json!({ "signed": signed, "needed": self.needed, "named": named }));
        }
    }
}

/// What the view of one witness says beside the log that was read.
async fn compared(log: &Log<'_>, view: &View, report: &Report) -> Result<(Verdict, String), Ended> {
    let l = report.language;
    let (verdict, words) = match view {
        View::Silent => (
            Verdict::Open,
            l.pick(
                "Le témoin {w} ne répond pas : sa propre vue n’a pas été comparée.",
                "Witness {w} does not answer: its own view was not compared.",
            ),
        ),
        View::Foreign => (
            Verdict::Warning,
            l.pick(
                "Le témoin {w} montre une empreinte que ce registre n’a jamais signée : sa vue ne compte pas.",
                "Witness {w} shows a fingerprint that this ledger never signed: its view does not count.",
            ),
        ),
        View::Seen(theirs, _) if theirs.size > log.checkpoint.size => (
            Verdict::Wrong,
            l.pick(
                "Le témoin {w} détient un registre signé PLUS LONG que celui que le nœud publie : des écritures manquent.",
                "Witness {w} holds a LONGER signed log than the node publishes: entries are missing.",
            ),
        ),
        View::Seen(theirs, note) => return same_history(log, theirs, note, report).await,
    };
    Ok((verdict, words.to_owned()))
}

/// Whether the log that was read starts with what a witness saw.
async fn same_history(log: &Log<'_>, theirs: &Checkpoint, note: &str, report: &Report) -> Result<(Verdict, String), Ended> {
    let l = report.language;
    let same = match log.roots.get(&theirs.size) {
        Some(root) => *root == theirs.root,
        // Before the place where this audit went on: by the node's proof.
        None => {
            let (old, new) = (theirs.size, log.checkpoint.size);
            let proof = log.remote.ask(|client| async move { client.consistency(old, new).await }).await?;
            verify_consistency(old, &theirs.root, new, &log.checkpoint.root, &proof)
        }
    };
    if same {
        let words = l.pick("Le témoin {w} a vu la même histoire.", "Witness {w} has seen the same history.");
        return Ok((Verdict::Good, words.to_owned()));
    }
    let words =
        l.pick("Le témoin {w} a vu une AUTRE histoire du registre.", "Witness {w} has seen ANOTHER history of the ledger.");
    let words = log.with_evidence(words, note, theirs.size, &log.tree().await?, l)?;
    Ok((Verdict::Wrong, words))
}

/// The auditor's own witnesses, or those that the node names; how many are needed; and which of the two.
async fn named(remote: &Remote, options: &Outside) -> Result<(Vec<Witness>, usize, bool), Ended> {
    if !options.witness.is_empty() {
        let witnesses = options.witness.iter().map(|text| {
            let (key, url) = text.split_once(' ').map_or((text.as_str(), None), |(key, url)| (key, Some(url.trim().to_owned())));
            let key = VerifierKey::parse(key).map_err(|error| Ended::NotMade(format!("--witness {text}: {error}")))?;
            Ok(Witness { key, url })
        });
        let witnesses = witnesses.collect::<Result<Vec<_>, Ended>>()?;
        let needed = options.needed.unwrap_or(witnesses.len());
        return Ok((witnesses, needed, true));
    }
    let told = remote.ask(|client| async move { client.witnesses().await }).await?;
    let witnesses = told.witnesses.into_iter().map(|row| {
        let key = VerifierKey::parse(&row.key);
        let key = key.map_err(|error| Ended::Found(format!("the node names a witness whose key is none: {error}")))?;
        Ok(Witness { key, url: Some(row.url) })
    });
    Ok((witnesses.collect::<Result<Vec<_>, Ended>>()?, options.needed.unwrap_or(told.needed), false))
}

/// The newest checkpoint with this witness's good signature, from the witness itself.
async fn seen(witness: &Witness, trust: &Trust) -> Option<String> {
    let url = witness.url.as_deref()?;
    let path = format!("/logs/{}/checkpoint", Hash32::of(origin(&trust.ledger).as_bytes()));
    let own = Remote::patient(url, 1).ok()?;
    let asked = own.ask(|client| {
        let path = path.clone();
        async move { client.bytes(&path, MAX_NOTE_BYTES).await }
    });
    let note = String::from_utf8(asked.await.ok()?).ok()?;
    let alone = WitnessPolicy { needed: 1, witnesses: vec![witness.key.clone()] };
    alone.is_met(&note).then_some(note)
}
