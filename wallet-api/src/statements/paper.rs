//! A statement on pages of paper, for who keeps one, has no phone, or has to show it.

use super::words::Words;
use super::{Statement, on_the_clock};
use crate::Service;
use crate::wire::Line;
use ledger::key::AccountId;

/// Of an account without a public name so many characters are printed, with the prefix …
const SHOWN_AT_START: usize = 12;
/// … and at its end.
const SHOWN_AT_END: usize = 6;

/// A day as it is printed.
fn day(words: &Words, time: u64) -> String {
    let (day, _) = on_the_clock(time);
    let mut parts: Vec<&str> = day.split('-').collect();
    if !words.year_first {
        parts.reverse();
    }
    parts.join("/")
}

/// The statement as PDF.
pub fn pdf(service: &Service, account: &AccountId, words: &Words, statement: &Statement) -> Vec<u8> {
    let (period, lines) = (statement.period, &statement.lines);
    let unit = service.ledger().durable().state.genesis().map(|genesis| genesis.symbol.clone()).unwrap_or_default();
    let day = |time| day(words, time);
    // Who asks for everything begins with the first movement.
    let from = if period.from > 0 { period.from } else { lines.first().map_or(period.to, |line| line.time) };
    documents::statement(&documents::Statement {
        language: words.language,
        issuer: service.settings().holder.clone(),
        unit,
        holder: service.ledger().directory().profile(account).name.unwrap_or_default(),
        account: account.to_text(&service.prefix()),
        period: [day(from), day(period.to.saturating_sub(1).max(from))],
        made: day(service.now()),
        opening: statement.opening,
        rows: lines.iter().map(|line| row(line, words, day(line.time))).collect(),
        note: words.note.into(),
    })
}

/// Both ends of an account: enough to know it again where the whole does not fit. The table for a spreadsheet has it whole.
fn short(account: &str) -> String {
    let tail = account.len().saturating_sub(SHOWN_AT_END);
    match (account.get(..SHOWN_AT_START), account.get(tail..)) {
        (Some(start), Some(end)) if SHOWN_AT_START < tail => format!("{start}…{end}"),
        _ => account.to_owned(),
    }
}

fn row(line: &Line, words: &Words, day: String) -> documents::Row {
    let party = line.counterparty_name.clone().or_else(|| line.counterparty.as_deref().map(short));
    let what = party.map_or_else(|| words.kind(line).into(), |party| format!("{} – {party}", words.kind(line)));
    let memo = line.memo.as_ref().map_or_else(String::new, |memo| format!(" · {memo}"));
    documents::Row { day, what, detail: format!("{}{memo}", line.transaction), cents: line.amount }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_account_both_ends_are_printed() {
        assert_eq!(short("liard1ze684xx9gghe9k0qflswh040a2q8fw"), "liard1ze684x…a2q8fw");
        assert_eq!(short("short"), "short");
    }
}
