//! The shop's own sales file: a table as cash registers, spreadsheets and web shops export it, read by columns that the shop named once.
//!
//! Pure. Separators are `;`, `,` or tabs; texts are UTF-8, UTF-16 with its mark, or Windows-1252. Rows before the headings and sums
//! below them are left out. What stands in a cell is read exactly or refused with its line.

use super::matching::Sale;
use super::wire::Mapping;
use documents::table::{self, Cells, DateOrder, Decimal, Row, folded};
use ledger::amount::MAX_AMOUNT;
use ledger::calendar::{days_of, paris, start_of_paris_day};
use ledger::coverage::Date;
use ledger::key::Hash32;
use ledger::rules::DAY_MS;

/// The longest file: a hundred thousand sales with all that registers write beside them.
pub const MAX_FILE_BYTES: usize = 10 << 20;
/// The most rows.
pub const MAX_ROWS: usize = 100_000;
/// A file covers at most so many days, as the lists do.
const MAX_DAYS: i64 = 400;
/// The headings are among so many first rows.
const HEADING_ROWS: usize = 30;
/// So many rows help a person to name the columns.
pub const SAMPLE_ROWS: usize = 5;
const SEPARATORS: [u8; 3] = [b';', b',', b'\t'];
const HOUR_MS: u64 = 3_600_000;

/// The headings that are known, as [`folded`] has them; of several the first here is taken.
const DATES: &[&str] = &[
    "date",
    "date heure",
    "date et heure",
    "date vente",
    "date de vente",
    "date de la vente",
    "date ticket",
    "date du ticket",
    "date operation",
    "date commande",
    "date de commande",
    "horodatage",
    "jour",
    "datetime",
    "timestamp",
    "day",
    "created at",
    "order date",
    "sale date",
];
const TIMES: &[&str] =
    &["heure", "heure vente", "heure de vente", "heure ticket", "heure du ticket", "time", "hour", "heure paris"];
const AMOUNTS: &[&str] = &[
    "montant ttc",
    "total ttc",
    "ttc",
    "prix ttc",
    "montant encaisse",
    "encaisse",
    "montant regle",
    "regle",
    "montant paye",
    "montant total",
    "montant",
    "total",
    "net a payer",
    "somme",
    "amount",
    "total amount",
    "gross",
    "total price",
];
const REFERENCES: &[&str] = &[
    "reference",
    "ref",
    "n ticket",
    "no ticket",
    "numero ticket",
    "numero de ticket",
    "ticket",
    "n de ticket",
    "n commande",
    "numero commande",
    "numero de commande",
    "commande",
    "n facture",
    "numero de facture",
    "facture",
    "n",
    "numero",
    "order",
    "order id",
    "order number",
    "receipt",
    "receipt number",
    "invoice",
    "id",
    "table",
];
const MEANS: &[&str] = &[
    "moyen de paiement",
    "mode de paiement",
    "moyen paiement",
    "mode paiement",
    "mode de reglement",
    "moyen de reglement",
    "reglement",
    "mode reglement",
    "paiement",
    "type de paiement",
    "payment method",
    "payment",
    "tender",
    "means",
    "moyen",
];
/// Of a means of payment, what says that it was paid in units.
const UNITS: &[&str] = &["local", "mlc", "mnl", "unite", "units", "citoyenne"];

/// A table with its headings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SalesTable {
    /// The headings; numbers where the file has none.
    pub columns: Vec<String>,
    /// The rows below them.
    pub rows: Vec<Row>,
}

/// Why bytes are no table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoTable {
    /// They are no text, or a damaged one, or a spreadsheet's own format.
    NoText,
    /// They have no two columns and rows.
    NoColumns,
    /// More rows or columns than are read.
    TooMuch,
}

/// Why a table cannot be read by a mapping: a line, zero for the whole, and the code of [`super::wire::Trouble`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wrong {
    /// The line.
    pub line: usize,
    /// The code.
    pub code: &'static str,
}

/// The rows of a file that are compared.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sales {
    /// The rows in units.
    pub sales: Vec<Sale>,
    /// How many rows are of other means, or of nothing.
    pub other: u64,
    /// The first and the last day of all rows, as numbers.
    pub days: (i64, i64),
}

impl SalesTable {
    /// Reads a file.
    pub fn read(bytes: &[u8]) -> Result<SalesTable, NoTable> {
        let text = table::text(bytes).ok_or(NoTable::NoText)?;
        let text = text.trim_matches(['\u{feff}', '\u{1a}', '\0']);
        if text.contains(|c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r')) || text.starts_with("PK\u{3}") {
            return Err(NoTable::NoText);
        }
        let mut best: Option<(usize, usize, u8)> = None;
        for separator in SEPARATORS {
            let first = rows(text, separator, HEADING_ROWS)?;
            let weight = |row: &Row| (known(&row.cells), filled(row));
            if let Some(most) = first.iter().map(weight).max().filter(|(_, filled)| *filled > 1)
                && best.is_none_or(|(known, filled, _)| (known, filled) < most)
            {
                best = Some((most.0, most.1, separator));
            }
        }
        let (known_columns, most, separator) = best.ok_or(NoTable::NoColumns)?;
        let mut rows = rows(text, separator, MAX_ROWS + HEADING_ROWS)?;
        if rows.len() > MAX_ROWS {
            return Err(NoTable::TooMuch);
        }
        let is_heading = |row: &Row| if known_columns > 1 { known(&row.cells) == known_columns } else { filled(row) >= most };
        let place = rows.iter().position(is_heading).ok_or(NoTable::NoColumns)?;
        let mut below = rows.split_off(place);
        let dated = below[0].cells.iter().any(|cell| table::date(cell, DateOrder::Day, Date::new).is_some());
        let columns = if dated {
            (1..=below[0].cells.len()).map(|number| number.to_string()).collect()
        } else {
            below.remove(0).cells.iter().map(|cell| cell.trim().to_owned()).collect()
        };
        if below.is_empty() { Err(NoTable::NoColumns) } else { Ok(SalesTable { columns, rows: below }) }
    }

    /// What is remembered of the headings, so that the next file of the same register is known.
    pub fn fingerprint(&self) -> Hash32 {
        let headings: Vec<String> = self.columns.iter().map(|heading| folded(heading)).collect();
        Hash32::of(headings.join("\u{1f}").as_bytes())
    }

    /// The mapping that the headings suggest; the shop looks at it. `unit` is what people call the currency.
    pub fn guess(&self, unit: &str) -> Option<Mapping> {
        let folded_columns: Vec<String> = self.columns.iter().map(|heading| folded(heading)).collect();
        let find = |known: &[&str]| known.iter().find_map(|heading| folded_columns.iter().position(|found| found == heading));
        let means = find(MEANS);
        let units = means.and_then(|means| {
            let is_unit = |cell: &str| {
                let cell = folded(cell);
                UNITS.iter().any(|word| cell.contains(word)) || !unit.is_empty() && cell.contains(&folded(unit))
            };
            self.rows.iter().map(|row| row.cell(Some(means))).find(|cell| is_unit(cell)).map(str::to_owned)
        });
        Some(Mapping {
            date: find(DATES)?,
            time: find(TIMES),
            amount: find(AMOUNTS)?,
            reference: find(REFERENCES),
            means: units.is_some().then_some(means).flatten(),
            units,
            decimal: None,
            dates: None,
        })
    }

    /// Whether a mapping names columns that there are.
    pub fn has(&self, mapping: &Mapping) -> bool {
        let optional = [mapping.time, mapping.reference, mapping.means];
        [mapping.date, mapping.amount].into_iter().chain(optional.into_iter().flatten()).all(|place| place < self.columns.len())
    }

    /// The rows as a mapping reads them.
    pub fn sales(&self, mapping: &Mapping) -> Result<Sales, Wrong> {
        let is_empty = |row: &Row| row.cell(Some(mapping.date)).is_empty() && row.cell(Some(mapping.amount)).is_empty();
        let kept = |row: &&Row| !is_sum(row) && !is_empty(row);
        let rows: Vec<&Row> = self.rows.iter().filter(kept).collect();
        let cells = |place: usize| rows.iter().map(move |row| row.cell(Some(place))).filter(|cell| !cell.is_empty());
        let decimal = match mapping.decimal.as_deref() {
            Some("comma") => Decimal::Comma,
            Some("point") => Decimal::Point,
            _ => table::decimal_of(cells(mapping.amount)).map_err(|_| Wrong { line: 0, code: "decimal" })?,
        };
        let order = match mapping.dates.as_deref() {
            Some("day") => DateOrder::Day,
            Some("month") => DateOrder::Month,
            Some("year") => DateOrder::Year,
            _ => table::order_of(cells(mapping.date).collect::<Vec<_>>().into_iter(), Date::new),
        };
        let mut sales = Sales { sales: Vec::with_capacity(rows.len()), other: 0, days: (i64::MAX, i64::MIN) };
        for row in rows {
            let wrong = |code| Wrong { line: row.line, code };
            let date = row.cell(Some(mapping.date));
            let day = table::date(date, order, |year, month, day| Some((Date::new(year, month, day)?, year, month, day)));
            let day = day.map(|(_, year, month, day)| days_of(year.into(), month, day)).filter(|day| *day > 0);
            let day = day.ok_or_else(|| wrong("date"))?;
            sales.days = (sales.days.0.min(day), sales.days.1.max(day));
            if sales.days.1 - sales.days.0 >= MAX_DAYS {
                return Err(wrong("range"));
            }
            let cents = table::number(row.cell(Some(mapping.amount)), decimal).map_err(|_| wrong("amount"))?;
            // No sale is larger than the ledger moves at once, so that the sums of a file stay far below 64 bits.
            if cents.unsigned_abs() > MAX_AMOUNT {
                return Err(wrong("amount"));
            }
            if cents == 0 || !in_units(row, mapping) {
                sales.other += 1;
                continue;
            }
            let clock = if mapping.time.is_some() {
                row.cell(mapping.time)
            } else {
                date.split_once([' ', 'T']).map_or("", |(_, rest)| rest)
            };
            let (from, to) = instants(day, clock).ok_or_else(|| wrong("date"))?;
            let reference = row.cell(mapping.reference.or(Some(usize::MAX)));
            let reference = (!reference.is_empty()).then(|| reference.to_owned());
            sales.sales.push(Sale { line: row.line, from, to, cents, reference });
        }
        if sales.sales.is_empty() { Err(Wrong { line: 0, code: "empty" }) } else { Ok(sales) }
    }
}

/// Whether a row was paid in units, as far as the mapping says what that is.
fn in_units(row: &Row, mapping: &Mapping) -> bool {
    match (&mapping.units, mapping.means) {
        (Some(units), Some(means)) => folded(row.cell(Some(means))) == folded(units),
        _ => true,
    }
}

/// Whether a row gives a sum.
fn is_sum(row: &Row) -> bool {
    let first = row.cells.iter().map(|cell| folded(cell)).find(|cell| !cell.is_empty());
    first.is_some_and(|first| ["total", "totaux", "somme", "sum", "sous"].contains(&first.split(' ').next().unwrap_or_default()))
}

/// How many headings of a row are known.
fn known(cells: &[String]) -> usize {
    let folded: Vec<String> = cells.iter().map(|heading| folded(heading)).collect();
    [DATES, TIMES, AMOUNTS, REFERENCES, MEANS]
        .iter()
        .filter(|known| folded.iter().any(|heading| known.contains(&heading.as_str())))
        .count()
}

fn filled(row: &Row) -> usize {
    row.cells.iter().filter(|cell| !cell.trim().is_empty()).count()
}

/// The rows of a text that are not empty, so many at most.
fn rows(text: &str, separator: u8, most: usize) -> Result<Vec<Row>, NoTable> {
    let (mut reader, mut rows) = (Cells::new(text, separator), Vec::new());
    while rows.len() < most {
        match reader.following().map_err(|_| NoTable::TooMuch)? {
            Some(row) if row.is_empty() => {}
            Some(row) => rows.push(row),
            None => break,
        }
    }
    Ok(rows)
}

/// The first and the last instant that a day and a time of day can mean: the whole day when there is no time, both when clocks went back.
/// `None` when the time is none.
fn instants(day: i64, clock: &str) -> Option<(u64, u64)> {
    let clock = clock.trim();
    if clock.is_empty() {
        return Some((start_of_paris_day(day), start_of_paris_day(day + 1) - 1));
    }
    let (time, offset) = match clock.find(['Z', '+', '-']) {
        Some(place) => (clock[..place].trim(), Some(clock[place..].trim())),
        None => (clock, None),
    };
    let since = time_of_day(time)?;
    let midnight = u64::try_from(day).ok()? * DAY_MS;
    if let Some(offset) = offset {
        let (sign, size) = offset.split_at(1);
        let size = if sign == "Z" && size.is_empty() { 0 } else { time_of_day(size)? };
        let instant = if sign == "-" { midnight + since + size } else { (midnight + since).checked_sub(size)? };
        return Some((instant, instant));
    }
    let meant = |ahead: u64| (midnight + since).checked_sub(ahead).filter(|instant| paris(*instant) == (day, since));
    match (meant(2 * HOUR_MS), meant(HOUR_MS)) {
        (Some(summer), Some(winter)) => Some((summer, winter)),
        (Some(instant), None) | (None, Some(instant)) => Some((instant, instant)),
        // An hour that clocks left out: whoever wrote it had a clock that was not put forward.
        (None, None) => (midnight + since).checked_sub(HOUR_MS).map(|instant| (instant, instant)),
    }
}

/// Milliseconds since midnight of `18:30`, `18:30:05`, `18h30`, `18:30:05.123` or `1830`.
fn time_of_day(text: &str) -> Option<u64> {
    let whole = text.split(['.', ',']).next()?.replace(['h', 'H'], ":");
    let whole = if whole.len() == 4 && whole.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("{}:{}", &whole[..2], &whole[2..])
    } else {
        whole
    };
    let mut parts = whole.trim_end_matches(':').split(':');
    let mut part = |below: u64| match parts.next() {
        Some(part) if (1..=2).contains(&part.len()) => part.parse().ok().filter(|number| *number < below),
        Some(_) => None,
        None => Some(0),
    };
    let (hours, minutes, seconds): (u64, u64, u64) = (part(24)?, part(60)?, part(60)?);
    parts.next().is_none().then_some(((hours * 60 + minutes) * 60 + seconds) * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (SalesTable, Sales) {
        let table = SalesTable::read(text.as_bytes()).unwrap();
        let mapping = table.guess("Belle").unwrap();
        let sales = table.sales(&mapping).unwrap();
        (table, sales)
    }

    fn at(year: i32, month: u8, day: u8, clock: &str) -> u64 {
        instants(days_of(year, month, day), clock).unwrap().0
    }

    #[test]
    fn tables_of_registers_spreadsheets_and_web_shops_are_read() {
        let register = "Journal des ventes;;;;\r\nMagasin : Le Panier;;;;\r\nDate;Heure;N° ticket;Mode de règlement;Total TTC\r\n\
                        22/11/2026;18:30;1042;Monnaie locale;12,50\r\n22/11/2026;18:31;1043;CB;8,00\r\nTotal;;;;20,50\r\n";
        let (table, sales) = read(register);
        assert_eq!(table.columns[2], "N° ticket");
        let expected = Sale {
            line: 4,
            from: at(2026, 11, 22, "18:30"),
            to: at(2026, 11, 22, "18:30"),
            cents: 1_250,
            reference: Some("1042".into()),
        };
        assert_eq!((sales.sales, sales.other), (vec![expected], 1));

        let shop = "order_id,created at,total,payment method\n#A-7,2026-11-22T17:30:00Z,\"1,234.50\",Belle\n#A-8,2026-11-22T18:30:00+01:00,3.00,belle\n";
        let (_, sales) = read(shop);
        let seen: Vec<_> = sales.sales.iter().map(|sale| (sale.from, sale.cents, sale.reference.as_deref())).collect();
        let evening = at(2026, 11, 22, "18:30");
        assert_eq!(seen, [(evening, 123_450, Some("#A-7")), (evening, 300, Some("#A-8"))]);

        let (_, sales) = read("Jour\tMontant\n22/11/2026\t-2,00\n");
        let day = days_of(2026, 11, 22);
        assert_eq!((sales.sales[0].from, sales.sales[0].to), (start_of_paris_day(day), start_of_paris_day(day + 1) - 1));
        assert_eq!((sales.sales[0].cents, sales.days), (-200, (day, day)));
    }

    #[test]
    fn a_file_without_headings_is_shown_by_its_columns_numbers() {
        let table = SalesTable::read("22/11/2026;12,50;a\n23/11/2026;1,00;b\n".as_bytes()).unwrap();
        assert_eq!((table.columns.join(" "), table.rows.len(), table.guess("")), ("1 2 3".into(), 2, None));
        let mapping = Mapping { amount: 1, ..Mapping::default() };
        assert_eq!(table.sales(&mapping).unwrap().sales.len(), 2);
        assert!(!table.has(&Mapping { time: Some(3), ..mapping }));
    }

    #[test]
    fn windows_text_is_read_and_the_same_headings_are_known_again() {
        let latin: Vec<u8> =
            "Date;Référence;Montant\n22/11/2026;é;1,00\n".chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        let (one, other) = (
            SalesTable::read(&latin).unwrap(),
            SalesTable::read("date;REFERENCE;montant\n1/1/2026;x;2,00\n".as_bytes()).unwrap(),
        );
        assert_eq!((one.columns[1].as_str(), one.fingerprint()), ("Référence", other.fingerprint()));
    }

    #[test]
    fn what_cannot_be_read_is_told_by_line_and_kind() {
        let table = |text: &str| SalesTable::read(text.as_bytes()).unwrap();
        let told = |text: &str| {
            let table = table(text);
            table.sales(&table.guess("").unwrap()).unwrap_err()
        };
        assert_eq!(told("Date;Montant\n31/02/2026;1,00\n"), Wrong { line: 2, code: "date" });
        assert_eq!(told("Date;Heure;Montant\n22/11/2026;25:00;1,00\n"), Wrong { line: 2, code: "date" });
        assert_eq!(told("Date;Montant\n22/11/2026;un euro\n"), Wrong { line: 2, code: "amount" });
        assert_eq!(
            told("Date;Montant\n22/11/2026;10000000000,00\n22/11/2026;-10000000000,01\n"),
            Wrong { line: 3, code: "amount" }
        );
        assert_eq!(told("Date;Montant\n22/11/2026;1,234\n"), Wrong { line: 0, code: "decimal" });
        assert_eq!(told("Date;Montant\n22/11/2026;0,00\n"), Wrong { line: 0, code: "empty" });
        assert_eq!(told("Date;Montant\n22/11/2025;1,00\n28/12/2026;1,00\n"), Wrong { line: 3, code: "range" });
        assert_eq!(SalesTable::read(b"PK\x03\x04 a;b"), Err(NoTable::NoText));
        assert_eq!(SalesTable::read(b"nothing here"), Err(NoTable::NoColumns));
        assert_eq!(SalesTable::read(b""), Err(NoTable::NoColumns));
    }

    #[test]
    fn times_of_day_follow_daylight_saving() {
        let hours = |month, day, clock: &str| {
            let (from, to) = instants(days_of(2026, month, day), clock).unwrap();
            ((from / 3_600_000) % 24, (to - from) / 3_600_000)
        };
        // Spring: two o'clock is three. Autumn: half past two comes twice.
        assert_eq!([hours(3, 29, "01:59"), hours(3, 29, "02:30"), hours(3, 29, "03:00")], [(0, 0), (1, 0), (1, 0)]);
        assert_eq!([hours(10, 25, "02:30"), hours(10, 25, "03:00"), hours(10, 25, "01:30")], [(0, 1), (2, 0), (23, 0)]);
        assert_eq!(instants(days_of(2026, 10, 25), "").map(|(from, to)| to - from), Some(25 * HOUR_MS - 1));
        for wrong in ["24:00", "18:60", "18:30:61", "soir", "18:30:00:00", "1:2:3:4"] {
            assert_eq!(time_of_day(wrong), None, "{wrong}");
        }
        assert_eq!([time_of_day("18h30"), time_of_day("1830"), time_of_day("18:30:00.5")], [Some(66_600_000); 3]);
    }
}
