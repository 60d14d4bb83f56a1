//! The witnesses: whether enough of them signed the checkpoint, and whether each one's own view is the same log.

use super::memory::Memory;
use super::remote::Remote;
use super::{Outside, kept_evidence, opened, signer_of};
use crate::audit::Ended;
use crate::audit::report::{Question, Report, Verdict};
use crate::audit::trust::Trust;
use ledger::checkpoint::{Checkpoint, WitnessPolicy};
use ledger::fork::Fork;
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

/// Checks the cosignatures of the checkpoint, and asks every witness what it saw last.
pub async fn check(
    remote: &Remote,
    (note, checkpoint): (&str, &Checkpoint),
    trust: &Trust,
    options: &Outside,
    memory: &Memory,
    report: &mut Report,
) -> Result<(), Ended> {
    let (witnesses, needed, own) = named(remote, options).await?;
    let l = report.language;
    if witnesses.is_empty() {
        let words = l.pick(
            "Aucun témoin : le nœud pourrait montrer à d’autres une autre histoire.",
            "No witness: the node could show others another history.",
        );
        report.check(Question::Recorded, "witnesses", Verdict::Warning, words);
        return Ok(());
    }
    let policy = WitnessPolicy { needed, witnesses: witnesses.iter().map(|witness| witness.key.clone()).collect() };
    let signed = policy.cosigned(note).len();
    let words = l.pick(
        "{k} témoins sur {n} ont signé la même empreinte ({m} demandés).",
        "{k} of {n} witnesses signed the same fingerprint ({m} asked for).",
    );
    let words = words
        .replace("{k}", &signed.to_string())
        .replace("{n}", &witnesses.len().to_string())
        .replace("{m}", &needed.to_string());
    let words = if own {
        words
    } else {
        format!("{words} {}", l.pick("Ces témoins sont nommés par le nœud.", "The node names these witnesses."))
    };
    let enough = signed >= needed && needed > 0;
    report.check(Question::Recorded, "witnesses", if enough { Verdict::Good } else { Verdict::Warning }, words);
    if let Some(more) = report.more.as_object_mut() {
        more.insert("witnesses".into(), json!({ "signed": signed, "needed": needed, "named": witnesses.len() }));
    }
    for witness in &witnesses {
        view(remote, (note, checkpoint), trust, witness, memory, report).await?;
    }
    Ok(())
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

/// Asks a witness for the newest checkpoint that it signed: it has to be of the same log.
async fn view(
    remote: &Remote,
    (note, checkpoint): (&str, &Checkpoint),
    trust: &Trust,
    witness: &Witness,
    memory: &Memory,
    report: &mut Report,
) -> Result<(), Ended> {
    let l = report.language;
    let name = witness.key.name.clone();
    let Some(seen) = seen(witness, trust).await else {
        let words = l.pick(
            "Le témoin {w} ne répond pas : sa propre vue n’a pas été comparée.",
            "Witness {w} does not answer: its own view was not compared.",
        );
        report.check(Question::Rewritten, "witness_view", Verdict::Open, words.replace("{w}", &name));
        return Ok(());
    };
    let theirs = opened(&seen, &trust.ledger, &trust.keys)?;
    let (old, new, first) =
        if theirs.size <= checkpoint.size { (&theirs, checkpoint, true) } else { (checkpoint, &theirs, false) };
    let (from, to) = (old.size, new.size);
    let proof = remote.ask(|client| async move { client.consistency(from, to).await }).await.ok();
    let (verdict, words) = match proof {
        _ if old.size == new.size && old.root == new.root => (Verdict::Good, same(l)),
        // The witness is ahead of what the node publishes: the next audit will compare.
        None if !first => {
            (Verdict::Open, l.pick("Le témoin {w} est en avance sur le nœud.", "Witness {w} is ahead of the node.").to_owned())
        }
        Some(proof) if verify_consistency(old.size, &old.root, new.size, &new.root, &proof) => (Verdict::Good, same(l)),
        proof => {
            let (a, b) = if first { (seen.as_str(), note) } else { (note, seen.as_str()) };
            let key = signer_of(a, trust);
            let fork = key.and_then(|key| Fork::from_proof(&key, a, b, &proof.unwrap_or_default()));
            let words = l.pick(
                "Le témoin {w} a vu une AUTRE histoire du registre.",
                "Witness {w} has seen ANOTHER history of the ledger.",
            );
            match fork {
                Some(fork) => (Verdict::Wrong, format!("{words} {}", kept_evidence(&fork, memory, (old.size, new.size), l)?)),
                None => (Verdict::Wrong, words.to_owned()),
            }
        }
    };
    report.check(Question::Rewritten, "witness_view", verdict, words.replace("{w}", &name));
    Ok(())
}

fn same(l: crate::language::Language) -> String {
    l.pick("Le témoin {w} a vu la même histoire.", "Witness {w} has seen the same history.").to_owned()
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
