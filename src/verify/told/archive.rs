//! What the archive of a till proves.

use super::{Told, wrong};
use crate::audit::Ended;
use crate::language::Language;
use ledger::amount::Cents;
use ledger::key::LedgerId;
use merchant_pos::tickets::archive::{Proved, verify};
use serde_json::json;

/// Verifies an archive. All that it takes is inside; whether the ledger is the one that is meant, the caller says.
pub(super) fn of_archive(bytes: &[u8], meant: Option<&LedgerId>, l: Language) -> Result<Told, Ended> {
    let archive = verify(bytes).map_err(|tampered| {
        let place = tampered.record.map(|record| format!("{} {record}{} ", l.pick("enregistrement n°", "record"), l.colon()));
        wrong(&format!("{}{}", place.unwrap_or_default(), tampered.why))
    })?;
    if let Some(meant) = meant.filter(|meant| **meant != archive.ledger) {
        return Err(wrong(&format!("it is of the ledger {}, not of {meant}", archive.ledger)));
    }
    let Proved { ledger, account, words, first, times, counts: [tickets, training, closings, events], chain, service } = &archive;
    let facts = json!({
        "ledger": ledger.to_string(), "account": format!("{account:?}"), "till": chain.till.to_string(), "words": words, "first": first,
        "last": chain.number, "from": times[0], "to": times[1], "tickets": tickets, "training": training, "closings": closings,
        "events": events, "perpetual": { "net": chain.net, "absolute": chain.absolute }, "service": service.to_string(),
    });
    Ok(Told { kind: "till_archive", proved: proved(&archive, l), open: open(&archive, meant.is_none(), l), more: facts })
}

fn proved(archive: &Proved, l: Language) -> Vec<String> {
    let Proved { first, times: [from, to], counts: [tickets, training, closings, events], chain, service, .. } = archive;
    let follow = l.pick(
        "La caisse {t} a signé les enregistrements n° {a} à {b}, du {d} au {e} : aucun ne manque, aucun n’a changé.",
        "The till {t} signed records {a} to {b}, from {d} to {e}: none is missing, none was changed.",
    );
    let follow = follow.replace("{t}", &chain.till.to_string()).replace("{a}", &first.to_string());
    let follow = follow.replace("{b}", &chain.number.to_string()).replace("{d}", &l.moment(*from)).replace("{e}", &l.moment(*to));
    let sums = l.pick(
        "{a} tickets, {f} tickets de formation, {c} clôtures, {e} événements : chaque montant, chaque TVA, chaque total est juste.",
        "{a} tickets, {f} training tickets, {c} closings, {e} events: every amount, every VAT, every total is right.",
    );
    let sums = sums.replace("{a}", &tickets.to_string()).replace("{f}", &training.to_string());
    let sums = sums.replace("{c}", &closings.to_string()).replace("{e}", &events.to_string());
    let perpetual = l.pick(
        "Totaux perpétuels à la fin : {n} (ventes moins remboursements), {a} (ventes et remboursements).",
        "Perpetual totals at the end: {n} (sales less refunds), {a} (sales and refunds).",
    );
    let money = |cents| l.euros(Cents::new(cents));
    let perpetual = perpetual.replace("{n}", &money(chain.net)).replace("{a}", &money(chain.absolute));
    let sealed = l.pick(
        "Le service dont la clé est {k} a signé exactement ces enregistrements.",
        "The service whose key is {k} signed exactly these records.",
    );
    vec![follow, sums, perpetual, sealed.replace("{k}", &service.key.to_string())]
}

fn open(archive: &Proved, any_ledger: bool, l: Language) -> Vec<String> {
    let mut open = Vec::new();
    let whose = l.pick(
        "À qui sont ces clés : comparez-les avec celles de l’attestation de la boutique. L’archive dit : {w}",
        "Whose keys these are: compare them with those on the shop's attestation. The archive says: {w}",
    );
    open.push(whose.replace("{w}", &archive.words.replace('\n', ", ")));
    if archive.first > 1 {
        let before = l.pick(
            "Ce qui a été enregistré avant le n° {a}, et les totaux du mois ou de l’année déjà commencés : demandez l’archive d’avant.",
            "What was recorded before {a}, and the totals of a month or year that had begun: ask for the archive before it.",
        );
        open.push(before.replace("{a}", &archive.first.to_string()));
    }
    open.push(
        l.pick("Que la boutique a enregistré toutes ses ventes.", "That the shop recorded everything that it sold.").into(),
    );
    if any_ledger {
        let ledger = l.pick(
            "Que ce soit bien votre monnaie : comparez l’empreinte {x}, ou donnez --ledger.",
            "That it is your currency: compare the fingerprint {x}, or give --ledger.",
        );
        open.push(ledger.replace("{x}", &archive.ledger.to_string()));
    }
    open
}
