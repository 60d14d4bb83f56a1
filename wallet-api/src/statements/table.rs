//! A statement as a table for a spreadsheet: UTF-8 with its mark, semicolons, decimal comma, CRLF (RFC 4180), as French offices read it.

use super::words::Words;
use super::{Statement, on_the_clock};
use crate::Service;
use crate::wire::Line;
use documents::table::cell;
use ledger::key::AccountId;

const MARK: &str = "\u{feff}";

fn cents(cents: i64) -> String {
    let magnitude = cents.unsigned_abs();
    format!("{}{},{:02}", if cents < 0 { "-" } else { "" }, magnitude / 100, magnitude % 100)
}

fn instant(time: u64) -> String {
    let (day, minutes) = on_the_clock(time);
    format!("{day} {:02}:{:02}", minutes / 60, minutes % 60)
}

/// The table: a heading, what there was, each movement with the balance after it, and what there is at the end.
pub fn csv(service: &Service, account: &AccountId, words: &Words, statement: &Statement) -> Vec<u8> {
    let mut text = MARK.to_owned();
    let mut row = |cells: [String; 9]| text.extend([cells.join(";"), "\r\n".into()]);
    row(words.columns.map(cell));
    let own = account.to_text(&service.prefix());
    let edge = |time, what: &str, balance| {
        let mut cells: [String; 9] = Default::default();
        (cells[0], cells[2], cells[4], cells[7]) = (instant(time), cell(what), own.clone(), cents(balance));
        cells
    };
    row(edge(statement.period.from, words.opening, statement.opening));
    let mut balance = statement.opening;
    for line in &statement.lines {
        balance += line.amount;
        row(movement(words, line, balance));
    }
    row(edge(statement.period.to, words.closing, statement.closing));
    text.into_bytes()
}

fn movement(words: &Words, line: &Line, balance: i64) -> [String; 9] {
    [
        instant(line.time),
        line.sequence.to_string(),
        cell(words.kind(line)),
        cell(line.counterparty_name.as_deref().unwrap_or_default()),
        line.counterparty.clone().unwrap_or_default(),
        cell(line.memo.as_deref().unwrap_or_default()),
        cents(line.amount),
        cents(balance),
        line.transaction.clone(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_a_decimal_comma_and_two_places() {
        assert_eq!([0, 5, -5, 123_456, -100].map(cents), ["0,00", "0,05", "-0,05", "1234,56", "-1,00"]);
    }
}
