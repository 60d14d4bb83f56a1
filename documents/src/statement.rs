//! A statement of an account on paper: every entry of a period with the balance after it, what is carried from page to page, and totals.

use crate::pdf;
use crate::sheet::{Align, HEIGHT, MM, Sheet, Style, WIDTH, points};
use crate::words::{Language, amount};

const MARGIN: i32 = 18 * MM;
const RIGHT: i32 = WIDTH - MARGIN;
const BOTTOM: i32 = HEIGHT - 22 * MM;

/// Where the columns stand, from where the language begins to read.
const WHAT: i32 = MARGIN + 24 * MM;
const AMOUNT_ENDS: i32 = RIGHT - 32 * MM;
const WHAT_WIDE: i32 = AMOUNT_ENDS - 30 * MM - WHAT;

const SMALL: Style = Style::plain(65);
const BODY: Style = Style::plain(90);
const STRONG: Style = Style::bold(90);

/// The height of an entry, without and with its second line, and of one of the lines at the end.
const ROW_HIGH: i32 = 6 * MM;
const ROW_HIGH_TWO: i32 = 9 * MM;
const TOTAL_HIGH: i32 = 6_500;

/// Where the entries begin below the table's heading on the first page and on the others.
const FIRST_TOP: i32 = 84 * MM;
const OTHER_TOP: i32 = 30 * MM;

/// One entry of the account.
#[derive(Clone)]
pub struct Row {
    /// The day, as it is to be printed.
    pub day: String,
    /// What happened, in words: with whom, or which kind.
    pub what: String,
    /// A second line in small letters: a memo, the entry's id. May be empty.
    pub detail: String,
    /// The change of the balance, in cents; below zero for what went.
    pub cents: i64,
}

/// What stands on a statement.
pub struct Statement {
    /// The language of what is printed around the rows.
    pub language: Language,
    /// The association's name.
    pub issuer: String,
    /// The unit's short name or sign, printed beside the heading of amounts.
    pub unit: String,
    /// Whose account; may be empty.
    pub holder: String,
    /// The account's id.
    pub account: String,
    /// The first and the last day, as they are to be printed.
    pub period: [String; 2],
    /// The day on which the statement was made.
    pub made: String,
    /// The balance before the first row, in cents.
    pub opening: i64,
    /// The entries, oldest first.
    pub rows: Vec<Row>,
    /// A text at the end, such as what covers the units; may be empty.
    pub note: String,
}

impl Statement {
    /// The balance after the last row, in cents.
    pub fn closing(&self) -> i128 {
        self.rows.iter().fold(i128::from(self.opening), |balance, row| balance + i128::from(row.cents))
    }
}

/// The statement as a PDF file: A4, as many pages as it takes.
pub fn statement(statement: &Statement) -> Vec<u8> {
    let words = statement.language.words();
    pdf::write(&sheets(statement), statement.language, format!("{} – {}", words.statement, statement.account))
}

fn sheets(statement: &Statement) -> Vec<Sheet> {
    let pages = pages(statement);
    let count = pages.len();
    let mut balance = i128::from(statement.opening);
    let mut rows = statement.rows.iter();
    let mut sheets = Vec::new();
    for (place, page) in pages.into_iter().enumerate() {
        let mut sheet = Sheet::new(statement.language.is_mirrored());
        let mut y = if place == 0 { heading(&mut sheet, statement) } else { OTHER_TOP };
        let words = statement.language.words();
        table_heading(&mut sheet, y - ROW_HIGH, statement);
        y += ROW_HIGH;
        let carried = if place == 0 { words.opening } else { words.carried };
        line(&mut sheet, y, STRONG, statement.language, carried, balance);
        y += ROW_HIGH;
        for row in rows.by_ref().take(page.rows) {
            balance += i128::from(row.cents);
            entry(&mut sheet, y, statement.language, row, balance);
            y += high(row);
        }
        if page.ends {
            ending(&mut sheet, y, statement);
        } else {
            line(&mut sheet, y, STRONG, statement.language, words.carried, balance);
        }
        footer(&mut sheet, statement, place + 1, count);
        sheets.push(sheet);
    }
    sheets
}

/// What stands on one page.
struct Page {
    rows: usize,
    ends: bool,
}

/// How the rows are spread: each page has room for what is carried, the last one for the totals.
fn pages(statement: &Statement) -> Vec<Page> {
    let room = |top: i32| BOTTOM - top - 3 * ROW_HIGH;
    let mut pages = Vec::new();
    let mut left = room(FIRST_TOP);
    let mut rows = 0;
    for row in &statement.rows {
        if high(row) > left {
            pages.push(Page { rows, ends: false });
            (rows, left) = (0, room(OTHER_TOP));
        }
        rows += 1;
        left -= high(row);
    }
    if left < ending_high(statement) {
        pages.push(Page { rows, ends: false });
        rows = 0;
    }
    pages.push(Page { rows, ends: true });
    pages
}

fn high(row: &Row) -> i32 {
    if row.detail.is_empty() { ROW_HIGH } else { ROW_HIGH_TWO }
}

fn ending_high(statement: &Statement) -> i32 {
    let note = if statement.note.is_empty() { 0 } else { 18 * MM };
    4 * TOTAL_HIGH + note
}

fn heading(sheet: &mut Sheet, statement: &Statement) -> i32 {
    let words = statement.language.words();
    let wide = RIGHT - MARGIN;
    sheet.write_within(MARGIN, 24 * MM, wide, 1, Style::bold(120), &statement.issuer);
    sheet.write(MARGIN, 36 * MM, Align::Start, Style::bold(180), words.statement);
    let period = statement.period.join(" – ");
    let facts = [
        ("", statement.holder.as_str()),
        (words.account, &statement.account),
        (words.period, &period),
        (words.made, &statement.made),
    ];
    for (place, (name, value)) in (0..).zip(facts.into_iter().filter(|(_, value)| !value.is_empty())) {
        let y = 47 * MM + place * ROW_HIGH;
        sheet.write(MARGIN, y, Align::Start, SMALL, name);
        let (x, style) = if name.is_empty() { (MARGIN, Style::bold(110)) } else { (WHAT, BODY) };
        sheet.write_within(x, y, RIGHT - x, 1, style, value);
    }
    FIRST_TOP
}

fn table_heading(sheet: &mut Sheet, y: i32, statement: &Statement) {
    let words = statement.language.words();
    sheet.write(MARGIN, y, Align::Start, STRONG, words.day);
    sheet.write(WHAT, y, Align::Start, STRONG, words.what);
    sheet.write(AMOUNT_ENDS, y, Align::End, STRONG, words.amount);
    sheet.write(RIGHT, y, Align::End, STRONG, words.balance);
    sheet.write(RIGHT, y - points(95), Align::End, SMALL, &statement.unit);
    sheet.fill(MARGIN, y + 2 * MM, RIGHT - MARGIN, 300);
}

fn entry(sheet: &mut Sheet, y: i32, language: Language, row: &Row, balance: i128) {
    sheet.write(MARGIN, y, Align::Start, BODY, &row.day);
    sheet.write_within(WHAT, y, WHAT_WIDE, 1, BODY, &row.what);
    let sign = if row.cents > 0 { "+" } else { "" };
    sheet.write(AMOUNT_ENDS, y, Align::End, BODY, &format!("{sign}{}", amount(language, row.cents.into())));
    sheet.write(RIGHT, y, Align::End, BODY, &amount(language, balance));
    if !row.detail.is_empty() {
        sheet.write_within(WHAT, y + 3_500, RIGHT - WHAT, 1, SMALL, &row.detail);
    }
}

fn line(sheet: &mut Sheet, y: i32, style: Style, language: Language, name: &str, cents: i128) {
    sheet.write(WHAT, y, Align::Start, style, name);
    sheet.write(RIGHT, y, Align::End, style, &amount(language, cents));
}

fn ending(sheet: &mut Sheet, y: i32, statement: &Statement) {
    let (words, language) = (statement.language.words(), statement.language);
    if statement.rows.is_empty() {
        sheet.write(WHAT, y, Align::Start, BODY, words.nothing);
    }
    let sum = |keep: fn(i64) -> bool| -> i128 {
        statement.rows.iter().map(|row| row.cents).filter(|cents| keep(*cents)).map(i128::from).sum()
    };
    let y = y + if statement.rows.is_empty() { TOTAL_HIGH } else { 0 };
    sheet.fill(MARGIN, y - 4 * MM, RIGHT - MARGIN, 300);
    line(sheet, y + MM, BODY, language, words.came, sum(|cents| cents > 0));
    line(sheet, y + MM + TOTAL_HIGH, BODY, language, words.went, sum(|cents| cents < 0));
    line(sheet, y + MM + 2 * TOTAL_HIGH, Style::bold(105), language, words.closing, statement.closing());
    if !statement.note.is_empty() {
        sheet.write_within(MARGIN, y + 4 * TOTAL_HIGH, RIGHT - MARGIN, 4, SMALL, &statement.note);
    }
}

fn footer(sheet: &mut Sheet, statement: &Statement, page: usize, count: usize) {
    let y = HEIGHT - 12 * MM;
    sheet.write(MARGIN, y, Align::Start, SMALL, &statement.account);
    let page = format!("{} {page} / {count}", statement.language.words().page);
    sheet.write(RIGHT, y, Align::End, SMALL, &page);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(language: Language, count: i64) -> Statement {
        let row = |place: i64| Row {
            day: "22/11/2026".to_owned(),
            what: format!("Épicerie {place} – محمد"),
            detail: if place % 3 == 0 { "b".repeat(64) } else { String::new() },
            cents: if place % 2 == 0 { 1_234 } else { -1_000 },
        };
        Statement {
            language,
            issuer: "Association de la monnaie".to_owned(),
            unit: "Belle".to_owned(),
            holder: "Nadia Etcheverry".to_owned(),
            account: "belle1qqqsyqcyq5rqwzqfpg9scrgwpu0l5gx6".to_owned(),
            period: ["01/11/2026".to_owned(), "30/11/2026".to_owned()],
            made: "22/11/2026".to_owned(),
            opening: 5_000,
            rows: (0..count).map(row).collect(),
            note: "Une unité vaut un euro, gardé à la banque.".to_owned(),
        }
    }

    #[test]
    fn every_entry_stands_once_whatever_the_number_of_pages() {
        for count in [0, 1, 5, 18, 19, 20, 21, 22, 23, 24, 25, 60, 500] {
            let sample = sample(Language::Fr, count);
            let sheets = sheets(&sample);
            let texts: Vec<&str> = sheets.iter().flat_map(Sheet::texts).collect();
            for place in 0..count {
                let what = format!("Épicerie {place} – محمد");
                assert_eq!(texts.iter().filter(|text| **text == what).count(), 1, "{what} of {count}");
            }
            assert_eq!(texts.iter().filter(|text| **text == "Solde à la fin").count(), 1);
            assert!(texts.contains(&format!("Page {0} / {0}", sheets.len()).as_str()));
        }
    }

    #[test]
    fn what_is_carried_over_is_what_the_next_page_begins_with() {
        let sample = sample(Language::En, 200);
        let sheets = sheets(&sample);
        assert!(sheets.len() > 3);
        let after = |texts: &[&str], place: Option<usize>| texts[place.unwrap_or_default() + 1].to_owned();
        for pair in sheets.windows(2) {
            let [before, next] = [pair[0].texts(), pair[1].texts()];
            let out = after(&before, before.iter().rposition(|text| *text == "Carried over"));
            let into = after(&next, next.iter().position(|text| *text == "Carried over"));
            assert_eq!(out, into);
        }
        let last = sheets.last().map(Sheet::texts).unwrap_or_default();
        assert!(last.contains(&amount(Language::En, sample.closing()).as_str()));
    }

    #[test]
    fn nothing_is_printed_below_the_page_or_beside_it() {
        for language in [Language::Fr, Language::Ar] {
            for count in 0..90 {
                for sheet in sheets(&sample(language, count)) {
                    for mark in &sheet.marks {
                        if let crate::sheet::Mark::Text { x, y, style, text } = mark {
                            let wide = crate::font::width(style.weight, style.size, text);
                            assert!(*x >= MARGIN - MM && x + wide <= RIGHT + MM, "{text}");
                            assert!(*y <= HEIGHT - 12 * MM, "{text}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_same_statement_gives_the_same_bytes() {
        let (one, two) = (statement(&sample(Language::Ar, 40)), statement(&sample(Language::Ar, 40)));
        assert!(one.starts_with(b"%PDF-"));
        assert!(one == two);
    }
}
