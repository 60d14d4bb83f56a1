//! The treasury's file: each sum that a public service was paid, and gave back, under its reference.
//!
//! As the day's file: semicolons, decimal commas, a mark at the beginning, times of Paris, and no cell that a spreadsheet computes.

use super::series::Series;
use super::store::Found;
use crate::charge::{Charge, Progress};
use crate::day::paris;
use crate::store::{DayRows, Of, Store};
use documents::table::cell;
use ledger::amount::Cents;
use ledger::fault::Fault;
use ledger::key::{AccountId, Prefix};
use std::collections::HashMap;

const MARK: &str = "\u{feff}";
const HEADING: &str =
    "date;heure (Paris);nature;service;code;référence;objet;montant;écriture;écriture d'origine;compte du payeur";

/// Writes the file of what happened in a time, the oldest first.
pub fn csv(store: &Store, account: &AccountId, rows: &DayRows, only: Option<&str>, prefix: &Prefix) -> Result<String, Fault> {
    let series: HashMap<String, Series> =
        store.series(account)?.into_iter().map(|series| (series.name.clone(), series)).collect();
    let found = |id| -> Result<Option<Found>, Fault> {
        let token = store.invoice_of_charge(account, id)?;
        let found = token.map(|token| store.invoice(&token)).transpose()?.flatten();
        Ok(found.filter(|found| {
            found.invoice.series.is_some() && only.is_none_or(|only| found.invoice.series.as_deref() == Some(only))
        }))
    };
    let mut lines = Vec::new();
    for charge in &rows.charges {
        if let (Progress::Paid { sequence, at, .. }, Some(found)) = (charge.progress, found(&charge.asked.id)?) {
            lines.push((sequence, line(&found, &series, charge, prefix, (at, sequence, None, charge.amount.signed()))));
        }
    }
    for (refund, of) in &rows.refunds {
        let Of::Charge(id) = of else { continue };
        if let (Some(charge), Some(found)) = (store.charge(account, id)?, found(id)?) {
            let back = (refund.time, refund.sequence, Some(refund.original), refund.amount.signed().negated());
            lines.push((refund.sequence, line(&found, &series, &charge, prefix, back)));
        }
    }
    lines.sort_by_key(|(sequence, _)| *sequence);
    let lines: String = lines.into_iter().map(|(_, line)| line).collect();
    Ok(format!("{MARK}{HEADING}\r\n{lines}"))
}

/// When, which entry, the entry of the payment that it gives back of, how much.
type What = (u64, u64, Option<u64>, Cents);

fn line(found: &Found, series: &HashMap<String, Series>, charge: &Charge, prefix: &Prefix, what: What) -> String {
    let (at, sequence, original, amount) = what;
    let (day, hour) = paris(at);
    let name = found.invoice.series.as_deref().unwrap_or_default();
    let code = series.get(name).map(|series| series.code.as_str()).unwrap_or_default();
    let payer = if let Progress::Paid { payer, .. } = charge.progress { payer.to_text(prefix) } else { String::new() };
    let cells = [
        day,
        hour,
        if original.is_some() { "remboursement" } else { "encaissement" }.into(),
        cell(name),
        cell(code),
        cell(&found.invoice.reference),
        cell(&found.invoice.text.replace('\n', " ")),
        amount.to_string().replace('.', ","),
        sequence.to_string(),
        original.map(|original| original.to_string()).unwrap_or_default(),
        payer,
    ];
    cells.join(";") + "\r\n"
}
