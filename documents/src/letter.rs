//! A text on paper: a heading, facts beside their names, paragraphs, and a place to sign.

use crate::pdf;
use crate::sheet::{HEIGHT, MM, Sheet, Style, WIDTH};
use crate::words::Language;

const MARGIN: i32 = 22 * MM;
const WIDE: i32 = WIDTH - 2 * MARGIN;
const TOP: i32 = 28 * MM;
const BOTTOM: i32 = HEIGHT - 24 * MM;
/// Where the values of facts begin.
const VALUES: i32 = MARGIN + 52 * MM;
const LINE: i32 = 5 * MM;
/// A paragraph is broken into at most so many lines; a longer one is two.
const MAX_LINES: usize = 12;

const TITLE: Style = Style::bold(160);
const BODY: Style = Style::plain(95);
const NAME: Style = Style::plain(80);

/// One piece of a letter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece {
    /// A heading between paragraphs.
    Heading(String),
    /// A name, and what it stands for.
    Fact(String, String),
    /// Some sentences.
    Paragraph(String),
    /// A line to write on, with what belongs there.
    Blank(String),
}

/// What stands on the paper.
pub struct Letter {
    /// The language of the text: some are read from the right.
    pub language: Language,
    /// The heading.
    pub title: String,
    /// What follows, from top to bottom.
    pub pieces: Vec<Piece>,
    /// A line at the foot of each page.
    pub foot: String,
}

/// The letter as a PDF file: A4, as many pages as it takes.
pub fn letter(letter: &Letter) -> Vec<u8> {
    pdf::write(&sheets(letter), letter.language, letter.title.clone())
}

fn sheets(letter: &Letter) -> Vec<Sheet> {
    let begin = || {
        let mut sheet = Sheet::new(letter.language.is_mirrored());
        sheet.write_within(MARGIN, HEIGHT - 12 * MM, WIDE, 1, Style::plain(65), &letter.foot);
        sheet
    };
    let (mut sheets, mut sheet) = (Vec::new(), begin());
    let mut y = sheet.write_within(MARGIN, TOP, WIDE, 2, TITLE, &letter.title) + 2 * LINE;
    for piece in &letter.pieces {
        if y + piece.high() > BOTTOM {
            sheets.push(std::mem::replace(&mut sheet, begin()));
            y = TOP;
        }
        y = piece.write(&mut sheet, y);
    }
    sheets.push(sheet);
    sheets
}

impl Piece {
    /// The height that it may need; a paragraph's is that of its most lines only if it is so long.
    fn high(&self) -> i32 {
        match self {
            Piece::Heading(_) => 4 * LINE,
            Piece::Fact(..) | Piece::Blank(_) => 3 * LINE,
            Piece::Paragraph(text) => {
                // A line holds 60 characters at least.
                let lines = (text.chars().count() / 60 + 1).min(MAX_LINES);
                LINE * (i32::try_from(lines).unwrap_or(0) + 1)
            }
        }
    }

    /// Writes the piece from a base line on, and gives that of the next one.
    fn write(&self, sheet: &mut Sheet, y: i32) -> i32 {
        match self {
            Piece::Heading(text) => sheet.write_within(MARGIN, y + LINE, WIDE, 1, Style::bold(110), text) + LINE + 2 * MM,
            Piece::Fact(name, value) => {
                sheet.write_within(MARGIN, y, VALUES - MARGIN - 2 * MM, 1, NAME, name);
                sheet.write_within(VALUES, y, MARGIN + WIDE - VALUES, 2, BODY, value) + LINE + MM
            }
            Piece::Paragraph(text) => sheet.write_within(MARGIN, y, WIDE, MAX_LINES, BODY, text) + LINE + 2 * MM,
            Piece::Blank(name) => {
                sheet.write_within(MARGIN, y + LINE, VALUES - MARGIN - 2 * MM, 1, NAME, name);
                sheet.fill(VALUES, y + LINE, MARGIN + WIDE - VALUES, 200);
                y + 3 * LINE
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::Mark;

    fn sample(language: Language, paragraphs: usize) -> Letter {
        let pieces = [
            Piece::Heading("Ce que l’entreprise atteste".to_owned()),
            Piece::Fact("Compte".to_owned(), "belle1qqqsyqcyq5rqwzqfpg9scrgwpu0l5gx6".repeat(3)),
            Piece::Blank("Date et signature".to_owned()),
        ];
        let text = |place| Piece::Paragraph(format!("{place}. {}", "Chaque ticket est signé par la caisse محمد. ".repeat(12)));
        let pieces = pieces.into_iter().chain((0..paragraphs).map(text)).collect();
        Letter { language, title: "Attestation".to_owned(), pieces, foot: "Liard".to_owned() }
    }

    #[test]
    fn nothing_is_printed_below_the_page_or_beside_it_and_nothing_is_lost() {
        for language in [Language::Fr, Language::Ar] {
            for count in 0..40 {
                let letter = sample(language, count);
                let sheets = sheets(&letter);
                let texts: Vec<&str> = sheets.iter().flat_map(Sheet::texts).collect();
                assert!((0..count).all(|place| texts.iter().any(|text| text.starts_with(&format!("{place}. ")))), "{count}");
                for mark in sheets.iter().flat_map(|sheet| &sheet.marks) {
                    if let Mark::Text { x, y, style, text } = mark {
                        let wide = crate::font::width(style.weight, style.size, text);
                        assert!(*x >= MARGIN - MM && x + wide <= MARGIN + WIDE + MM, "{text}");
                        assert!(*y <= HEIGHT - 12 * MM, "{text}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_same_letter_gives_the_same_bytes() {
        let (one, two) = (letter(&sample(Language::Fr, 9)), letter(&sample(Language::Fr, 9)));
        assert!(one.starts_with(b"%PDF-") && one == two);
    }
}
