//! A statement on pages of paper, for who keeps one, has no phone, or has to show it.

use super::words::Words;
use super::{Statement, on_the_clock};
use crate::Service;
use crate::wire::Line;
use ledger::key::AccountId;

/// A day as it is printed.
fn day(service: &Service, words: &Words, time: u64) -> String {
    let (day, _) = on_the_clock(service, time);
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
    let day = |time| day(service, words, time);
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

fn row(line: &Line, words: &Words, day: String) -> documents::Row {
    let party = line.counterparty_name.as_ref().or(line.counterparty.as_ref());
    let what = party.map_or_else(|| words.kind(line).into(), |party| format!("{} – {party}", words.kind(line)));
    let memo = line.memo.as_ref().map_or_else(String::new, |memo| format!(" · {memo}"));
    documents::Row { day, what, detail: format!("{}{memo}", line.transaction), cents: line.amount }
}
