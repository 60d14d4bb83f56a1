//! Tables as spreadsheets, banks and tills write them: text between separators, read cell by cell; and cells that are safe to write.
//!
//! Numbers and dates are exact: what is no whole number of cents, or no day of the calendar, is none, and nothing is guessed.

mod amount;
mod cells;

pub use amount::{MAX_CENTS, cents, scaled, shown};
pub use cells::{Day, date, decimal_of, number, order_of};

use encoding_rs::{Encoding, ISO_8859_15, UTF_8, WINDOWS_1252};
use std::borrow::Cow;

/// The most columns of a table: the widest that people make have some dozens.
pub const MAX_COLUMNS: usize = 200;
/// So many bytes of a row are read at once.
const BYTES_AT_ONCE: usize = 1_024;
/// What makes a spreadsheet compute a cell when it comes first (OWASP, "CSV injection").
const FORMULA_STARTS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// What stands before the cents.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decimal {
    /// `1.234,56`
    Comma,
    /// `1,234.56`
    Point,
}

/// What comes first in a date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DateOrder {
    /// `22/11/2026`
    Day,
    /// `11/22/2026`
    Month,
    /// `2026-11-22`
    Year,
}

/// A row of cells, and the line that it stands on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// The cells.
    pub cells: Vec<String>,
    /// The line, from 1.
    pub line: usize,
}

impl Row {
    /// A cell without the spaces around it; empty when there is none at that place.
    pub fn cell(&self, place: Option<usize>) -> &str {
        place.and_then(|place| self.cells.get(place)).map_or("", |cell| cell.trim())
    }

    /// Whether nothing stands in it.
    pub fn is_empty(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }
}

/// A row has more cells than [`MAX_COLUMNS`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooWide {
    /// The line on which it begins, from 1.
    pub line: usize,
}

/// The rows of a text, one after the other: of one that is too wide no more is read than the limit.
pub struct Cells<'t> {
    reader: csv_core::Reader,
    text: &'t str,
    place: usize,
    /// The line of the byte up to which lines were counted.
    line: usize,
    counted: usize,
}

impl<'t> Cells<'t> {
    /// The rows of a text with this between its cells. Cells may stand in quotation marks, as RFC 4180 has them.
    pub fn new(text: &'t str, delimiter: u8) -> Cells<'t> {
        Cells { reader: csv_core::ReaderBuilder::new().delimiter(delimiter).build(), text, place: 0, line: 1, counted: 0 }
    }

    /// The next row; empty lines are none.
    ///
    /// # Errors
    ///
    /// When it has too many cells.
    pub fn following(&mut self) -> Result<Option<Row>, TooWide> {
        let bytes = self.text.as_bytes();
        let start = self.place + bytes[self.place..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.line += bytes[self.counted..start].iter().filter(|byte| **byte == b'\n').count();
        (self.counted, self.place) = (start, start);
        let line = self.line;
        let (mut bytes, mut ends, mut count) = (Vec::new(), [0; MAX_COLUMNS + 1], 0);
        loop {
            let mut part = [0; BYTES_AT_ONCE];
            let rest = &self.text.as_bytes()[self.place..];
            let (result, read, written, found) = self.reader.read_record(rest, &mut part, &mut ends[count..]);
            self.place += read;
            bytes.extend_from_slice(&part[..written]);
            count += found;
            if count > MAX_COLUMNS {
                return Err(TooWide { line });
            }
            match result {
                csv_core::ReadRecordResult::End => return Ok(None),
                csv_core::ReadRecordResult::Record => break,
                _ => {}
            }
        }
        let starts = [0].into_iter().chain(ends);
        let cell = |(from, to): (usize, &usize)| String::from_utf8_lossy(&bytes[from..*to]).into_owned();
        Ok(Some(Row { cells: starts.zip(&ends[..count]).map(cell).collect(), line }))
    }
}

/// A heading without case, accents and punctuation, and without the word for euros at its end.
pub fn folded(heading: &str) -> String {
    let plain: String = heading.chars().flat_map(char::to_lowercase).map(without_accent).collect();
    let spaced = plain.replace("œ", "oe").replace(|c: char| !c.is_alphanumeric(), " ");
    let mut words: Vec<&str> = spaced.split_whitespace().collect();
    while words.len() > 1 && words.last().is_some_and(|last| ["eur", "euro", "euros", "en"].contains(last)) {
        words.pop();
    }
    words.join(" ")
}

fn without_accent(c: char) -> char {
    match c {
        'à' | 'â' | 'ä' | 'á' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'î' | 'ï' | 'í' => 'i',
        'ô' | 'ö' | 'ó' => 'o',
        'û' | 'ü' | 'ù' | 'ú' => 'u',
        'ç' => 'c',
        'ñ' => 'n',
        _ => c,
    }
}

/// The text of a file that does not say how it is written: by its mark, else UTF-8 if it is, else Windows-1252, which holds ISO-8859-1.
/// `None` when it is damaged.
pub fn text(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let marked = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    let plain = if std::str::from_utf8(bytes).is_ok() { UTF_8 } else { WINDOWS_1252 };
    let (text, damaged) = marked.unwrap_or(plain).decode_with_bom_removal(bytes);
    (!damaged).then_some(text)
}

/// A text in ISO-8859-15, as French tax files want it; a character that it does not have is a question mark.
pub fn latin9(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut written = [0; 4];
    for c in text.chars() {
        let (bytes, _, unknown) = ISO_8859_15.encode(c.encode_utf8(&mut written));
        if unknown {
            out.push(b'?');
        } else {
            out.extend_from_slice(&bytes);
        }
    }
    out
}

/// A text that people or machines wrote, as a cell between semicolons that no spreadsheet computes and no separator breaks.
pub fn cell(text: &str) -> String {
    let guard = if text.starts_with(FORMULA_STARTS) { "'" } else { "" };
    if guard.is_empty() && !text.contains([';', '"', '\n', '\r']) {
        return text.to_owned();
    }
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_row_that_is_too_wide_no_more_is_read_than_the_limit() {
        let wide = format!("Date;Montant\n{}", ";".repeat(100_000));
        let mut cells = Cells::new(&wide, b';');
        assert!(cells.following().is_ok_and(|row| row.is_some()));
        assert_eq!(cells.following(), Err(TooWide { line: 2 }));
        assert!(cells.place < 1_000, "{} bytes were read", cells.place);
    }

    #[test]
    fn a_row_is_told_by_the_line_on_which_it_begins_whatever_ends_lines() {
        for end in ["\n", "\r\n"] {
            let text = ["a;b", "", "\"c", "d\";e", "f"].join(end);
            let mut cells = Cells::new(&text, b';');
            let mut lines = Vec::new();
            while let Ok(Some(row)) = cells.following() {
                lines.push((row.line, row.cells.len()));
            }
            assert_eq!(lines, [(1, 2), (3, 2), (5, 1)], "{end:?}");
        }
    }

    #[test]
    fn no_cell_is_a_formula_and_no_text_breaks_a_line() {
        for start in ["=", "+", "-", "@", "\t", "\r"] {
            assert_eq!(cell(&format!("{start}1")), format!("\"'{start}1\""));
        }
        assert_eq!(cell("table 4"), "table 4");
        assert_eq!(cell("a;b"), "\"a;b\"");
        assert_eq!(cell("a\"b"), "\"a\"\"b\"");
    }

    #[test]
    fn texts_are_read_whichever_way_they_were_saved() {
        let wide: Vec<u8> = "\u{feff}Zoé".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in ["Zoé".as_bytes(), "\u{feff}Zoé".as_bytes(), b"Zo\xe9", &wide] {
            assert_eq!(text(bytes).as_deref(), Some("Zoé"));
        }
    }

    #[test]
    fn french_texts_are_written_in_latin_9() {
        assert_eq!(latin9("é€œ\t☃"), b"\xe9\xa4\xbd\t?");
    }
}
