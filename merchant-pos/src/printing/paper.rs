//! What stands on the paper: a ticket as rows of our own, and rows as bytes for a printer of 58 or 80 mm.
//!
//! The rows know nothing of printers, and the printer's commands nothing of tickets. Everything is taken from the signed record: what is
//! printed is what stands in the till's chain.

use super::escpos::{Align, Job, MAX_CODE_BYTES, Page};
use crate::counter::wire::Legal;
use crate::tickets::record::{Means, SignedRecord, Ticket};
use ledger::calendar::{civil, paris};

/// So many characters of the usual font stand on a line of 58 mm (384 dots) …
const COLUMNS_58: usize = 32;
/// … and of 80 mm (576 dots).
const COLUMNS_80: usize = 48;
/// A code on paper of 58 mm is at most so wide, in bytes of its text: 57 modules of 5 dots.
const CODE_MARGIN: u8 = 1;
/// So many lines pass the knife.
const LINES_TO_KNIFE: u8 = 3;
/// So many digits of a key, or of a record's hash, stand for it.
const KEY_DIGITS: usize = 8;
const HASH_DIGITS: usize = 16;

/// How a printer prints.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Format {
    /// The paper's width in millimetres: 58, else 80.
    pub width_mm: u16,
    /// Its page of characters.
    pub page: Page,
    /// Whether it has a knife.
    pub cut: bool,
}

impl Format {
    fn columns(self) -> usize {
        if self.width_mm == 58 { COLUMNS_58 } else { COLUMNS_80 }
    }
}

/// One row of paper.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Row {
    /// A text in the middle; large ones are twice as wide.
    Title(String, bool),
    /// A text at the left, on as many lines as it takes.
    Text(String),
    /// A text at the left, and one at the right end of its last line; bold or not.
    Pair(String, String, bool),
    /// A line across.
    Rule,
    /// A QR code.
    Code(String),
}

/// What is printed at once.
pub struct Paper {
    rows: Vec<Row>,
    drawer: bool,
}

/// What a ticket's record does not say, and stands on the paper all the same.
pub struct Around<'a> {
    /// What the law wants.
    pub legal: &'a Legal,
    /// The shop's name, where the legal facts have none.
    pub shop: &'a str,
    /// Whether it was printed before.
    pub duplicate: bool,
    /// Where the customer finds the ticket.
    pub link: Option<String>,
    /// Whether the drawer opens: for cash.
    pub drawer: bool,
}

impl Paper {
    /// A ticket.
    pub fn ticket(signed: &SignedRecord, ticket: &Ticket, around: &Around) -> Paper {
        let mut rows = head(around);
        if around.duplicate {
            rows.push(Row::Title("DUPLICATA".into(), true));
        }
        if ticket.training {
            rows.push(Row::Title("ENTRAÎNEMENT".into(), true));
            rows.push(Row::Title("Rien n’a été vendu".into(), false));
        }
        if ticket.refund {
            rows.push(Row::Title("REMBOURSEMENT".into(), true));
        }
        rows.push(Row::Pair(format!("Ticket n° {}", ticket.number), moment(signed.record.time), false));
        let till = &signed.till.to_string()[..KEY_DIGITS];
        let cashier = signed.record.cashier.map(|key| format!("Opérateur {}", &key.to_string()[..KEY_DIGITS]));
        rows.push(Row::Pair(format!("Caisse {till}"), cashier.unwrap_or_default(), false));
        if let Some(of) = ticket.of {
            rows.push(Row::Text(format!("Rembourse le ticket n° {}", of.ticket)));
        }
        if let Some(reference) = &ticket.reference {
            rows.push(Row::Text(format!("Réf. {reference}")));
        }
        rows.push(Row::Rule);
        rows.extend(lines(ticket));
        rows.push(Row::Rule);
        let total = if ticket.refund { "TOTAL RENDU" } else { "TOTAL" };
        rows.push(Row::Pair(total.into(), money(ticket.total.cast_signed()), true));
        rows.extend(taxes(ticket));
        rows.push(Row::Rule);
        rows.extend(tenders(ticket));
        rows.extend(foot(signed, around));
        Paper { rows, drawer: around.drawer }
    }

    /// A page to see whether a printer prints as it should.
    pub fn trial(shop: &str) -> Paper {
        let rows = vec![
            Row::Title("ESSAI".into(), true),
            Row::Title(shop.into(), false),
            Row::Rule,
            Row::Text("Ici, les accents : é è ê à ç ù ô î û É À Ô œ €".into()),
            Row::Pair("À gauche".into(), "à droite".into(), false),
            Row::Pair("TOTAL".into(), money(123_456), true),
            Row::Rule,
            Row::Title("Ce papier n’est pas un ticket".into(), false),
        ];
        Paper { rows, drawer: false }
    }

    /// The drawer alone.
    pub fn drawer() -> Paper {
        Paper { rows: Vec::new(), drawer: true }
    }

    /// The bytes for a printer.
    pub fn bytes(&self, format: Format) -> Vec<u8> {
        let (mut job, columns) = (Job::new(format.page), format.columns());
        if self.drawer {
            job.drawer();
        }
        for row in &self.rows {
            print(row, &mut job, format.page, columns);
        }
        if !self.rows.is_empty() {
            job.feed(LINES_TO_KNIFE);
            if format.cut {
                job.cut();
            }
        }
        job.done()
    }
}

fn head(around: &Around) -> Vec<Row> {
    let legal = around.legal;
    let name = if legal.name.is_empty() { around.shop } else { &legal.name };
    let mut rows = vec![Row::Title(name.to_owned(), true)];
    let more = legal.address.lines().filter(|line| !line.is_empty()).map(str::to_owned);
    let siret = (!legal.siret.is_empty()).then(|| format!("SIRET {}", legal.siret));
    let vat = (!legal.vat_number.is_empty()).then(|| format!("TVA {}", legal.vat_number));
    rows.extend(more.chain(siret).chain(vat).map(|line| Row::Title(line, false)));
    rows.push(Row::Rule);
    rows
}

/// The letter of a rate: the first one is A.
fn letter(ticket: &Ticket, rate: u16) -> char {
    let place = ticket.rates.iter().position(|known| known.rate == rate).unwrap_or(0);
    u8::try_from(place).ok().and_then(|place| b'A'.checked_add(place)).map_or('?', char::from)
}

fn lines(ticket: &Ticket) -> impl Iterator<Item = Row> {
    ticket.lines.iter().flat_map(|line| {
        let right = format!("{} {}", money(line.total), letter(ticket, line.rate));
        if line.quantity == 1_000 && line.unit.is_empty() {
            return vec![Row::Pair(line.label.clone(), right, false)];
        }
        let unit = if line.unit.is_empty() { String::new() } else { format!(" {}", line.unit) };
        let counted = format!("  {}{unit} × {}", thousandths(line.quantity), money(line.price));
        vec![Row::Text(line.label.clone()), Row::Pair(counted, right, false)]
    })
}

fn taxes(ticket: &Ticket) -> impl Iterator<Item = Row> {
    ticket.rates.iter().map(|total| {
        let left = format!("{} {} % HT {}", letter(ticket, total.rate), percent(total.rate), money(total.gross - total.vat));
        Row::Pair(left, format!("TVA {}", money(total.vat)), false)
    })
}

fn tenders(ticket: &Ticket) -> impl Iterator<Item = Row> {
    let tip = (ticket.tip > 0).then(|| Row::Pair("Pourboire".into(), money(ticket.tip.cast_signed()), false));
    let paid = ticket.tenders.iter().map(|tender| {
        let word = match tender.means {
            Means::Units => "Monnaie locale",
            Means::Cash => "Espèces (euros)",
            Means::Card => "Carte bancaire (euros)",
            Means::Cheque => "Chèque (euros)",
            Means::Other => "Autre",
        };
        let doubt = if tender.certain { "" } else { " - sans réseau" };
        Row::Pair(format!("{word}{doubt}"), money(tender.amount.cast_signed()), false)
    });
    tip.into_iter().chain(paid)
}

fn foot(signed: &SignedRecord, around: &Around) -> Vec<Row> {
    let mut rows = vec![Row::Rule];
    rows.extend(around.legal.footer.lines().filter(|line| !line.is_empty()).map(|line| Row::Title(line.to_owned(), false)));
    if let Some(link) = around.link.as_ref().filter(|link| link.len() <= MAX_CODE_BYTES) {
        rows.push(Row::Title("Ticket sur votre téléphone :".into(), false));
        rows.push(Row::Code(link.clone()));
    }
    let hash = &signed.hash.to_string()[..HASH_DIGITS];
    rows.push(Row::Title(format!("{} · {hash}", signed.record.number), false));
    rows.push(Row::Title(concat!("Liard ", env!("CARGO_PKG_VERSION")).into(), false));
    rows
}

fn print(row: &Row, job: &mut Job, page: Page, columns: usize) {
    let (align, bold, large) = match row {
        Row::Title(_, large) => (Align::Middle, *large, *large),
        Row::Code(_) => (Align::Middle, false, false),
        Row::Pair(_, _, bold) => (Align::Left, *bold, false),
        Row::Text(_) | Row::Rule => (Align::Left, false, false),
    };
    job.align(align).bold(bold).large(large);
    let lines = match row {
        Row::Title(text, true) => wrapped(&page.shown(text), columns / 2),
        Row::Title(text, false) | Row::Text(text) => wrapped(&page.shown(text), columns),
        Row::Pair(left, right, _) => pair(&page.shown(left), &page.shown(right), columns),
        Row::Rule => vec!["-".repeat(columns)],
        Row::Code(text) => {
            job.code(text).feed(CODE_MARGIN);
            return;
        }
    };
    for line in lines {
        job.line(&line);
    }
}

/// A text on lines of at most so many characters, one at least, broken at spaces where there are some.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let mut word: Vec<char> = word.chars().collect();
        let last = lines.last().map_or(0, |line| line.chars().count());
        let begun = lines.len() > 1 || last > 0;
        if begun && last + 1 + word.len() <= columns {
            lines.last_mut().expect("there is a line").push(' ');
        } else if begun {
            lines.push(String::new());
        }
        while word.len() > columns {
            let rest = word.split_off(columns);
            lines.last_mut().expect("there is a line").extend(word);
            lines.push(String::new());
            word = rest;
        }
        lines.last_mut().expect("there is a line").extend(word);
    }
    lines
}

fn pair(left: &str, right: &str, columns: usize) -> Vec<String> {
    let text = left.trim_start();
    // A label may begin with any number of spaces: half a line is left for its words.
    let indent = (left.chars().count() - text.chars().count()).min(columns / 2);
    let mut lines: Vec<String> = wrapped(text, columns - indent).into_iter().map(|line| " ".repeat(indent) + &line).collect();
    let (last, width) = (lines.last().map_or(0, |line| line.chars().count()), right.chars().count());
    if last + 1 + width > columns {
        lines.push(String::new());
    }
    let last = lines.last_mut().expect("there is a line");
    let gap = columns.saturating_sub(last.chars().count() + width);
    if width > 0 {
        last.extend(std::iter::repeat_n(' ', gap));
        last.push_str(right);
    }
    lines
}

/// `1 234,50`, `-0,05`.
fn money(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{},{:02}", grouped(cents.unsigned_abs() / 100), cents.unsigned_abs() % 100)
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// `2`, `0,342`.
fn thousandths(quantity: u64) -> String {
    trimmed(quantity / 1_000, quantity % 1_000, 3)
}

/// `20`, `5,5`, `2,1`.
fn percent(rate: u16) -> String {
    trimmed(u64::from(rate / 100), u64::from(rate % 100), 2)
}

fn trimmed(whole: u64, part: u64, digits: usize) -> String {
    let text = format!("{},{part:0digits$}", grouped(whole));
    text.trim_end_matches('0').trim_end_matches(',').to_owned()
}

/// `22/11/2026 14:03`, as clocks in Paris show it.
fn moment(ms: u64) -> String {
    let (day, of_day) = paris(ms);
    let ((year, month, day), minutes) = (civil(day), of_day / 60_000);
    format!("{day:02}/{month:02}/{year} {:02}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tickets::record::{Content, Line, Original, Record, Tender};
    use crate::tickets::tax;
    use ledger::SigningKey;
    use ledger::key::{AccountId, Hash32};

    const LEDGER: Hash32 = Hash32([9; 32]);

    fn line(label: &str, price: i64, quantity: u64, unit: &str, rate: u16) -> Line {
        Line { label: label.into(), price, quantity, unit: unit.into(), rate, total: tax::line_total(price, quantity) }
    }

    /// A grocery's ticket at three rates, with a weight and a discount, paid in two means.
    fn grocery() -> Ticket {
        let lines = vec![
            line("Pain de campagne", 320, 1_000, "", 550),
            line("Œufs plein air, boîte de six, ferme Etxeberria à Ossès", 295, 2_000, "", 550),
            line("Tomates", 295, 342, "kg", 550),
            line("Cidre brut", 640, 1_000, "", 2_000),
            line("Remise fidélité", -100, 1_000, "", 550),
            line("Journal", 130, 1_000, "", 210),
        ];
        let rates = tax::rates(&lines);
        let total = u64::try_from(rates.iter().map(|rate| rate.gross).sum::<i64>()).unwrap();
        let part = |means, amount, certain| Tender { means, amount, charge: None, certain };
        let tenders = vec![part(Means::Units, total - 500, true), part(Means::Cash, 600, true)];
        Ticket {
            refund: false,
            training: false,
            number: 12,
            lines,
            rates,
            total,
            tenders,
            tip: 100,
            of: None,
            reference: Some("Table 4".into()),
        }
    }

    fn signed(ticket: Ticket) -> (Vec<u8>, SignedRecord) {
        let content = Content::Ticket(ticket);
        let record = Record {
            account: AccountId([1; 16]),
            number: 45,
            previous: Hash32([2; 32]),
            time: 1_795_352_580_000,
            cashier: None,
            content,
        };
        let bytes = record.sign(&LEDGER, &SigningKey::from_bytes(&[6; 32]));
        let signed = SignedRecord::decode(&bytes, &LEDGER).unwrap();
        (bytes, signed)
    }

    fn legal() -> Legal {
        Legal {
            name: "Épicerie du Château".into(),
            address: "3 rue de l’Hôpital\n64220 Saint-Jean-Pied-de-Port".into(),
            siret: "12345678900012".into(),
            vat_number: "FR40303265045".into(),
            footer: "Merci de votre visite !\nOuvert de 8 h à 19 h".into(),
        }
    }

    fn paper(change: impl Fn(&mut Ticket), duplicate: bool, width_mm: u16, page: Page) -> Vec<u8> {
        let mut ticket = grocery();
        change(&mut ticket);
        let (_, signed) = signed(ticket.clone());
        let link = Some("https://monnaie.example/ticket/#AAAA".into());
        let around = Around { legal: &legal(), shop: "Épicerie", duplicate, link, drawer: !duplicate };
        Paper::ticket(&signed, &ticket, &around).bytes(Format { width_mm, page, cut: true })
    }

    /// Bytes as people read them: what prints as it is, everything else in hexadecimal, one line of paper per line.
    fn readable(bytes: &[u8]) -> String {
        let shown = bytes.iter().map(|byte| match byte {
            b'\n' => "\\n\n".to_owned(),
            b'\\' => "\\\\".to_owned(),
            0x20..=0x7e => char::from(*byte).to_string(),
            other => format!("\\x{other:02x}"),
        });
        shown.collect()
    }

    /// What each paper is to be, byte for byte; `PRINTS=write` writes them anew, to be read before they are kept.
    #[test]
    fn each_paper_is_byte_for_byte_what_it_was() {
        let training = |ticket: &mut Ticket| ticket.training = true;
        let back = |ticket: &mut Ticket| {
            ticket.refund = true;
            ticket.of = Some(Original { ticket: 9, hash: Hash32([3; 32]) });
            ticket.tip = 0;
            ticket.tenders = vec![Tender { means: Means::Units, amount: ticket.total, charge: None, certain: true }];
        };
        let narrow = Format { width_mm: 58, page: Page::Pc858, cut: false };
        let papers = [
            ("58 mm, PC858", paper(|_| (), false, 58, Page::Pc858)),
            ("80 mm, PC858", paper(|_| (), false, 80, Page::Pc858)),
            ("80 mm, Windows-1252, duplicate", paper(|_| (), true, 80, Page::Windows1252)),
            ("58 mm, no accents, training", paper(training, false, 58, Page::Ascii)),
            ("80 mm, PC858, refund", paper(back, false, 80, Page::Pc858)),
            ("58 mm, a trial, no knife", Paper::trial("Épicerie").bytes(narrow)),
            ("the drawer", Paper::drawer().bytes(narrow)),
        ];
        let told: String = papers.iter().map(|(name, bytes)| format!("== {name}\n{}\n\n", readable(bytes))).collect();
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/prints.txt");
        if std::env::var("PRINTS").is_ok_and(|word| word == "write") {
            std::fs::write(path, &told).unwrap();
        }
        assert_eq!(told, std::fs::read_to_string(path).unwrap(), "PRINTS=write writes tests/prints.txt anew");
    }

    #[test]
    fn no_line_is_wider_than_the_paper_whatever_the_labels() {
        for columns in [COLUMNS_58, COLUMNS_80] {
            for left in ["", "a", &"mot ".repeat(30), &"x".repeat(130), "  2 × 1,00", &"x".repeat(columns)] {
                for right in ["", "1,00 A", "12 345 678,90 A"] {
                    let lines = pair(left, right, columns);
                    assert!(lines.iter().all(|line| line.chars().count() <= columns), "{left:?} {right:?}: {lines:?}");
                    assert!(lines.last().unwrap().ends_with(right));
                    let words = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
                    assert_eq!(words(&lines.concat()), words(&format!("{left}{right}")));
                }
            }
        }
    }

    #[test]
    fn a_label_of_spaces_or_of_anything_else_ends_and_fits_the_paper() {
        let signs = [' ', ' ', ' ', '\u{a0}', 'a', 'é', 'Œ', '×'];
        // Bytes that look drawn, and are the same in every run.
        let drawn = |seed: u64| ledger::key::Hash32::of(&seed.to_be_bytes()).0;
        let spaces = (0..=60).map(|count| " ".repeat(count) + if count % 2 == 0 { "" } else { "x" });
        let mixed = (0..400).map(|seed| {
            let length = usize::from(drawn(seed)[0]) % 61;
            (0..length).map(|place| signs[usize::from(drawn(seed + 1_000)[place % 32]) % signs.len()]).collect::<String>()
        });
        for label in spaces.chain(mixed) {
            for columns in [COLUMNS_58, COLUMNS_80] {
                let lines = [wrapped(&label, columns), wrapped(&label, columns / 2), pair(&label, "12 345 678,90 A", columns)];
                assert!(lines.iter().flatten().all(|line| line.chars().count() <= columns), "{label:?}: {lines:?}");
            }
            assert!(wrapped(&label, 0).iter().all(|line| line.chars().count() <= 1), "{label:?} on no paper at all");
        }
    }

    #[test]
    fn amounts_are_written_as_in_france() {
        assert_eq!([money(0), money(-5), money(123_456_789)].join(" "), "0,00 -0,05 1 234 567,89");
        assert_eq!([thousandths(1_000), thousandths(342), thousandths(1_500)].join(" "), "1 0,342 1,5");
        assert_eq!([percent(2_000), percent(550), percent(210), percent(0)].join(" "), "20 5,5 2,1 0");
    }
}
