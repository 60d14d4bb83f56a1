//! Sheets of payment cards: ten to a page of A4, of the size that fits a purse, with marks where to cut.

use crate::pdf;
use crate::sheet::{Align, HEIGHT, MM, Sheet, Style, WIDTH};
use crate::words::Language;

/// A card has the size of a bank card (ISO/IEC 7810 ID-1, 85.6 × 54 mm).
const CARD_WIDE: i32 = 85_600;
const CARD_HIGH: i32 = 54 * MM;
const COLUMNS: i32 = 2;
const ROWS: i32 = 5;

/// Cards on one page.
const PER_PAGE: usize = (COLUMNS * ROWS) as usize;

/// White between a card's edge and what is printed: scissors are not exact.
const MARGIN: i32 = 4 * MM;

/// The square of the QR code: read by an old phone from a hand's breadth.
const QR: i32 = 34 * MM;

/// Where the cards of a page begin.
const LEFT: i32 = (WIDTH - COLUMNS * CARD_WIDE) / 2;
const TOP: i32 = (HEIGHT - ROWS * CARD_HIGH) / 2;

/// A cutting mark: so long, so thick.
const CUT: i32 = 5 * MM;
const CUT_THICK: i32 = 150;

/// One card.
pub struct Card {
    /// Its number, which is no secret: `C-000123`.
    pub number: String,
    /// What its QR code holds. Whoever has it has the card.
    pub link: String,
    /// The secret part of the link, for a till without a camera.
    pub code: String,
}

/// Cards to be printed.
pub struct CardSheet {
    /// The language of what is printed.
    pub language: Language,
    /// The currency's name.
    pub currency: String,
    /// Whom a card belongs to that was found: the association's name, perhaps its address.
    pub place: String,
    /// The cards, ten to a page.
    pub cards: Vec<Card>,
}

/// The sheets as a PDF file: A4, to be printed at 100 %.
pub fn cards(sheet: &CardSheet) -> Vec<u8> {
    let pages: Vec<Sheet> = sheet.cards.chunks(PER_PAGE).map(|cards| page(sheet, cards)).collect();
    pdf::write(&pages, sheet.language, format!("{} – {}", sheet.currency, sheet.language.words().card))
}

fn page(sheet: &CardSheet, cards: &[Card]) -> Sheet {
    let mut page = Sheet::new(sheet.language.is_mirrored());
    cut_marks(&mut page);
    for (place, card) in (0..).zip(cards) {
        let x = LEFT + place % COLUMNS * CARD_WIDE;
        let y = TOP + place / COLUMNS * CARD_HIGH;
        draw(&mut page, x, y, sheet, card);
    }
    page
}

fn cut_marks(page: &mut Sheet) {
    for column in 0..=COLUMNS {
        let x = LEFT + column * CARD_WIDE - CUT_THICK / 2;
        page.fill(x, TOP - CUT - MM, CUT_THICK, CUT);
        page.fill(x, TOP + ROWS * CARD_HIGH + MM, CUT_THICK, CUT);
    }
    for row in 0..=ROWS {
        let y = TOP + row * CARD_HIGH - CUT_THICK / 2;
        page.fill(LEFT - CUT - MM, y, CUT, CUT_THICK);
        page.fill(LEFT + COLUMNS * CARD_WIDE + MM, y, CUT, CUT_THICK);
    }
}

fn draw(page: &mut Sheet, x: i32, y: i32, sheet: &CardSheet, card: &Card) {
    let words = sheet.language.words();
    let text_wide = CARD_WIDE - QR - 2 * MARGIN;
    let start = x + MARGIN;
    let below = page.write_within(start, y + 9 * MM, text_wide, 2, Style::bold(140), &sheet.currency);
    page.write_within(start, below + 5 * MM, text_wide, 1, Style::plain(85), words.card);
    page.write(start, y + 31 * MM, Align::Start, Style::bold(200), &card.number);
    page.write_within(start, y + 37 * MM, text_wide, 2, Style::plain(60), words.pin);
    let found = format!("{} {}", words.found, sheet.place);
    page.write_within(start, y + 46_500, CARD_WIDE - 2 * MARGIN, 2, Style::plain(65), &found);
    let right = x + CARD_WIDE - QR - MARGIN / 2;
    page.qr(right, y + MARGIN / 2, QR, &card.link);
    page.write(right + QR - 2 * MM, y + 38_500, Align::End, Style::plain(60), &in_groups(&card.code));
}

/// A code as a person types it: in groups of four characters, from the left in every language.
fn in_groups(code: &str) -> String {
    let characters: Vec<char> = code.chars().collect();
    let groups: Vec<String> = characters.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(language: Language, count: u32) -> CardSheet {
        let card = |number: u32| Card {
            number: format!("C-{number:06}"),
            link: format!("https://monnaie.example/wallet/#card={number:022}"),
            code: format!("{number:022}"),
        };
        let place = "Association de la monnaie de Belrive, 12 rue du Marché, 64000 Belrive".to_owned();
        CardSheet { language, currency: "Belle".to_owned(), place, cards: (1..=count).map(card).collect() }
    }

    #[test]
    fn ten_cards_fill_a_page_and_the_eleventh_begins_another() {
        let pages = |count| sheet(Language::Fr, count).cards.chunks(PER_PAGE).len();
        assert_eq!((pages(10), pages(11)), (1, 2));
        let full = sheet(Language::Fr, 10);
        let page = page(&full, &full.cards);
        let texts = page.texts();
        for card in &full.cards {
            assert_eq!(texts.iter().filter(|text| **text == card.number).count(), 1);
        }
    }

    #[test]
    fn cards_and_marks_stay_on_the_paper_in_every_language() {
        for language in [Language::Fr, Language::En, Language::Eu, Language::Ar] {
            let full = sheet(language, 10);
            for mark in page(&full, &full.cards).marks {
                match mark {
                    crate::sheet::Mark::Text { x, y, style, text } => {
                        let wide = crate::font::width(style.weight, style.size, &text);
                        assert!(x >= LEFT && x + wide <= WIDTH - LEFT && y > TOP && y < HEIGHT - TOP, "{text}");
                    }
                    crate::sheet::Mark::Black(black) => {
                        assert!(black.iter().all(|[x, y, w, h]| *x > 0 && *y > 0 && x + w < WIDTH && y + h < HEIGHT));
                    }
                }
            }
        }
    }

    #[test]
    fn the_same_cards_give_the_same_bytes() {
        let (one, two) = (cards(&sheet(Language::Ar, 12)), cards(&sheet(Language::Ar, 12)));
        assert!(one.starts_with(b"%PDF-"));
        assert!(one == two);
        assert!(one != cards(&sheet(Language::Ar, 11)));
    }

    #[test]
    fn a_code_is_printed_in_groups_of_four() {
        assert_eq!(in_groups("AAAABBBBCC"), "AAAA BBBB CC");
    }
}
