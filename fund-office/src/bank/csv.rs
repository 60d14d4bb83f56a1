//! Tables (CSV) as banks export them: with rows before the headings, `;` or `,` or tabs between cells, one signed amount or debit and
//! credit. Columns are known by their headings, or by a [`Mapping`].

use super::headings::{Columns, Role};
use super::reference::{normalised, references_in};
use super::text::{MAX_REFERENCES, MAX_TEXT_CHARS, account, identifier, name, words};
use super::{Format, Kind, Line, MAX_LINES, Mapping, Statement, Status, Unreadable};
use crate::iban;
use documents::table::{Cells, MAX_COLUMNS, Row, TooWide, date, decimal_of, folded, number, order_of, shown};
use ledger::coverage::Date;
use std::collections::{HashMap, HashSet};

/// What banks put between cells.
const DELIMITERS: [u8; 4] = [b';', b',', b'\t', b'|'];
/// The headings are among so many first rows: names, addresses and balances stand before them.
const HEADING_ROWS: usize = 50;
/// So many rows help a person to name the columns.
const SHOWN_ROWS: usize = 5;
/// The most cells: fifty for each line, where banks have some ten. Each costs memory, also an empty one.
const MAX_CELLS: usize = 50 * MAX_LINES;
/// How rows begin that are no movements.
const NO_MOVEMENTS: [&str; 3] = ["solde", "total", "balance"];
/// The words for a booked line, as [`folded`] has them; any other word means that it is not.
const BOOKED: [&str; 13] = [
    "",
    "booked",
    "book",
    "completed",
    "posted",
    "settled",
    "executed",
    "comptabilise",
    "comptabilisee",
    "execute",
    "executee",
    "valide",
    "effectue",
];

/// Whether a row gives a balance or a total instead of a movement.
fn is_no_movement(row: &Row) -> bool {
    let first = row.cells.iter().map(|cell| folded(cell)).find(|cell| cell.starts_with(|c: char| c.is_ascii_lowercase()));
    first.is_some_and(|first| NO_MOVEMENTS.iter().any(|word| first.split(' ').next() == Some(word)))
}

/// A line, and the balance after it.
type Balanced = (Line, Option<i64>);

/// A table whose headings were found.
struct Table<'a> {
    before: Vec<Row>,
    headings: Row,
    rows: Vec<Row>,
    columns: Columns,
    mapping: Option<&'a Mapping>,
}

/// Reads a table: one statement for each account in it.
pub fn read(file_name: &str, text: &str, mappings: &[Mapping]) -> Result<Vec<Statement>, Unreadable> {
    let mut best: Option<(usize, u8, usize, Option<&Mapping>)> = None;
    for delimiter in DELIMITERS {
        for (place, row) in rows(text, delimiter, HEADING_ROWS)?.iter().enumerate() {
            let mapped = mappings.iter().find_map(|mapping| Some((Columns::mapped(&row.cells, mapping)?, Some(mapping))));
            let Some((columns, mapping)) = mapped.or_else(|| Some((Columns::known(&row.cells)?, None))) else { continue };
            let weight = columns.count() + if mapping.is_some() { MAX_COLUMNS } else { 0 };
            if best.is_none_or(|(most, ..)| weight > most) {
                best = Some((weight, delimiter, place, mapping));
            }
        }
    }
    let Some((_, delimiter, place, mapping)) = best else { return Err(unknown(text)?) };
    let mut before = rows(text, delimiter, MAX_LINES + HEADING_ROWS)?;
    let mut table = before.split_off(place);
    let headings = table.remove(0);
    let columns = mapping.map_or_else(|| Columns::known(&headings.cells), |mapping| Columns::mapped(&headings.cells, mapping));
    let Some(columns) = columns else { return Err(unknown(text)?) };
    unclosed(&table, headings.cells.len(), delimiter)?;
    Table { before, headings, rows: table, columns, mapping }.statements(file_name)
}

/// The rows of a text, so many at most; one more is an error where all are wanted.
fn rows(text: &str, delimiter: u8, most: usize) -> Result<Vec<Row>, Unreadable> {
    let mut reader = Cells::new(text, delimiter);
    let (mut rows, mut cells) = (Vec::new(), 0);
    while let Some(row) = reader.following().map_err(too_wide)? {
        if rows.len() >= most {
            if most <= HEADING_ROWS {
                break;
            }
            return Err(Unreadable::at(
                row.line,
                format!("the table has more than {MAX_LINES} rows; ask the bank for shorter periods"),
            ));
        }
        if !row.is_empty() {
            cells += row.cells.len();
            rows.push(row);
        }
        if cells > MAX_CELLS {
            return Err(Unreadable::file(format!("the table has more than {MAX_CELLS} cells; ask the bank for shorter periods")));
        }
    }
    Ok(rows)
}

fn too_wide(TooWide { line }: TooWide) -> Unreadable {
    Unreadable::at(line, format!("this row has more than {MAX_COLUMNS} cells, which no bank's table has"))
}

/// A cell with whole rows in it: a quotation mark was opened and not closed, and the rows after it would be lost.
fn unclosed(rows: &[Row], columns: usize, delimiter: u8) -> Result<(), Unreadable> {
    let swallowed =
        |cell: &String| cell.split('\n').skip(1).any(|line| line.matches(char::from(delimiter)).count() + 1 >= columns);
    match rows.iter().find(|row| columns > 1 && row.cells.iter().any(swallowed)) {
        Some(row) => Err(Unreadable::at(row.line, "a quotation mark is opened here and not closed: export the table again")),
        None => Ok(()),
    }
}

/// A table with unknown headings, or no table at all.
fn unknown(text: &str) -> Result<Unreadable, Unreadable> {
    let mut widest: Vec<Row> = Vec::new();
    for delimiter in DELIMITERS {
        let rows = rows(text, delimiter, HEADING_ROWS)?;
        let width = |rows: &[Row]| rows.iter().map(|row| row.cells.len()).min().unwrap_or(0);
        let widest_row = |rows: &[Row]| rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
        if rows.len() > 1 && (width(&rows), widest_row(&rows)) > (width(&widest), widest_row(&widest)) {
            widest = rows;
        }
    }
    let most = widest.iter().map(|row| row.cells.len()).max().unwrap_or(0);
    let full = widest.iter().filter(|row| row.cells.len() == most).count();
    if most < 2 || full < 2 || full * 3 < widest.len() {
        let read = "camt.053, camt.054, CFONB 120, OFX, CSV and pain.002 are read";
        return Ok(Unreadable::file(format!("this is no bank file that is known here: {read}")));
    }
    let mut rows = widest.into_iter().skip_while(|row| row.cells.len() < most).map(|row| row.cells);
    Ok(Unreadable::NeedsMapping { columns: rows.next().unwrap_or_default(), rows: rows.take(SHOWN_ROWS).collect() })
}

/// How the table writes numbers and dates.
struct Writing {
    decimal: super::Decimal,
    dates: super::DateOrder,
    debits_signed: bool,
}

impl Table<'_> {
    fn statements(self, file_name: &str) -> Result<Vec<Statement>, Unreadable> {
        let movements = self.movements()?;
        let writing = self.writing(&movements)?;
        let elsewhere =
            || self.before.iter().flat_map(|row| &row.cells).find_map(|cell| iban_in(cell)).or_else(|| iban_in(file_name));
        let default = self.mapping.and_then(|mapping| mapping.account.as_deref()).and_then(account).or_else(elsewhere);
        let mut accounts: Vec<(String, Vec<Balanced>)> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for row in movements {
            let own = account(row.cell(self.columns.of(Role::Account)));
            let own = own.map(|own| iban::of_rib(&own).unwrap_or(own)).or_else(|| default.clone()).unwrap_or_default();
            let line = self.line(row, &writing)?;
            let place = *places.entry(own).or_insert_with_key(|own| {
                accounts.push((own.clone(), Vec::new()));
                accounts.len() - 1
            });
            accounts[place].1.push(line);
        }
        if accounts.is_empty() {
            accounts.push((default.unwrap_or_default(), Vec::new()));
        }
        Ok(accounts.into_iter().map(|(account, lines)| statement(account, lines)).collect())
    }

    /// The rows that are movements; the others say so, or the table is refused.
    fn movements(&self) -> Result<Vec<&Row>, Unreadable> {
        let mut movements = Vec::new();
        for row in &self.rows {
            let dated = !row.cell(self.columns.of(Role::Booking)).is_empty();
            let amounts = [Role::Amount, Role::Debit, Role::Credit];
            let valued = amounts.iter().any(|role| !row.cell(self.columns.of(*role)).is_empty());
            if is_no_movement(row) && !(dated && valued && self.is_dated(row)) {
                continue;
            }
            match (dated, valued) {
                (true, true) => movements.push(row),
                (false, false) => {}
                (true, false) => {
                    return Err(Unreadable::at(row.line, "this row has a date and no amount: export the table again"));
                }
                (false, true) => {
                    return Err(Unreadable::at(row.line, "this row has an amount and no date: export the table again"));
                }
            }
        }
        Ok(movements)
    }

    fn is_dated(&self, row: &Row) -> bool {
        let cell = row.cell(self.columns.of(Role::Booking));
        [super::DateOrder::Day, super::DateOrder::Month].iter().any(|order| date(cell, *order, Date::new).is_some())
    }

    fn writing(&self, rows: &[&Row]) -> Result<Writing, Unreadable> {
        let cells = |roles: &'static [Role]| {
            rows.iter()
                .flat_map(move |row| roles.iter().map(|role| row.cell(self.columns.of(*role))))
                .filter(|cell| !cell.is_empty())
        };
        let decimal = match self.mapping.and_then(|mapping| mapping.decimal) {
            Some(decimal) => decimal,
            None => decimal_of(cells(&[Role::Amount, Role::Debit, Role::Credit, Role::Balance])).map_err(Unreadable::file)?,
        };
        let found = || order_of(cells(&[Role::Booking, Role::Value]).collect::<Vec<_>>().into_iter(), Date::new);
        let dates = self.mapping.and_then(|mapping| mapping.dates).unwrap_or_else(found);
        let debits: Vec<i64> = cells(&[Role::Debit]).filter_map(|cell| number(cell, decimal).ok()).collect();
        let debits_signed = debits.iter().any(|cents| *cents < 0);
        if debits_signed && debits.iter().any(|cents| *cents > 0) {
            let why = "the column of debits has amounts with a minus and without, so that it is not clear what left the account";
            return Err(Unreadable::file(format!("{why}: export the table again, or take another format")));
        }
        Ok(Writing { decimal, dates, debits_signed })
    }

    /// A line, and the balance after it.
    fn line(&self, row: &Row, writing: &Writing) -> Result<Balanced, Unreadable> {
        let cell = |role: Role| row.cell(self.columns.of(role));
        let cents = |role: Role| match cell(role) {
            "" => Ok(None),
            text => number(text, writing.decimal).map(Some).map_err(|_| self.unclear(row, role, "the amount")),
        };
        let day = |role: Role| match cell(role) {
            "" => Ok(None),
            text => date(text, writing.dates, Date::new).map(Some).ok_or_else(|| self.unclear(row, role, "the day")),
        };
        let id = |role: Role| identifier(cell(role), row.line).map_err(|_| self.unclear(row, role, "the identifier"));
        let in_one = cents(Role::Amount)?;
        let amount = match (cents(Role::Debit)?, cents(Role::Credit)?) {
            (Some(debit), None | Some(0)) => {
                if writing.debits_signed {
                    debit
                } else {
                    -debit
                }
            }
            (None | Some(0), Some(credit)) => credit,
            (Some(_), Some(_)) => {
                return Err(Unreadable::at(row.line, "this row has a debit and a credit: export the table again"));
            }
            (None, None) => self.directed(row, in_one.unwrap_or(0))?,
        };
        let currency = match cell(Role::Currency) {
            "" | "€" => "EUR".to_owned(),
            text if text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_alphabetic()) => text.to_ascii_uppercase(),
            _ => return Err(self.unclear(row, Role::Currency, "the currency")),
        };
        let mut line = Line::new(amount, currency);
        line.booking_date = day(Role::Booking)?;
        line.value_date = day(Role::Value)?;
        let sides = if amount >= 0 { [Role::Payer, Role::Payee] } else { [Role::Payee, Role::Payer] };
        line.counterparty = [Role::Counterparty].into_iter().chain(sides).find_map(|role| name(cell(role)));
        line.iban = iban::normalised(cell(Role::Iban));
        line.end_to_end = id(Role::EndToEnd)?;
        // A number may count rows only: a person has to say that it is the bank's own and comes once.
        let own = id(Role::Servicer)?;
        (line.servicer_reference, line.other_reference) = if self.mapping.is_some() { (own, None) } else { (None, own) };
        let booked = BOOKED.contains(&folded(cell(Role::Status)).as_str());
        line.status = if booked { Status::Booked } else { Status::Pending };
        let texts: Vec<&str> = self.columns.all(Role::Text).map(|place| row.cell(Some(place))).collect();
        let text = texts.join(" ");
        let reference = id(Role::Reference)?;
        let structured = reference.as_deref().and_then(normalised);
        for found in structured
            .into_iter()
            .chain(references_in(&text))
            .chain(reference.filter(|reference| normalised(reference).is_none()))
        {
            if line.references.len() < MAX_REFERENCES && !line.references.contains(&found) {
                line.references.push(found);
            }
        }
        line.text = words(&text, MAX_TEXT_CHARS).unwrap_or_default();
        Ok((line, cents(Role::Balance)?))
    }

    /// A cell that cannot be read, by its column: in a row that was shifted another one's text may stand there, and is not repeated.
    fn unclear(&self, row: &Row, role: Role, what: &str) -> Unreadable {
        let column = shown(self.headings.cell(self.columns.of(role)));
        let why = "look whether the row's cells stand under their headings, and export the table again";
        Unreadable::at(row.line, format!("{what} in the column '{column}' cannot be read: {why}"))
    }

    /// An amount with the sign that a column of its own gives it.
    fn directed(&self, row: &Row, amount: i64) -> Result<i64, Unreadable> {
        let Some(place) = self.columns.of(Role::Direction) else { return Ok(amount) };
        let text = row.cell(Some(place));
        match (folded(text).as_str(), text, amount >= 0) {
            ("d" | "debit" | "db" | "dbit" | "dr", ..) | (_, "-", _) => Ok(-amount.abs()),
            ("c" | "credit" | "cr" | "crdt", _, true) | (_, "+", true) => Ok(amount),
            _ => Err(self.unclear(row, Role::Direction, "the word for debit or credit")),
        }
    }
}

/// The statement of an account's lines, and of the balances after them.
fn statement(account: String, lines: Vec<Balanced>) -> Statement {
    let (opening, closing) = balances(&lines).unzip();
    let mut lines: Vec<Line> = lines.into_iter().map(|(line, _)| line).collect();
    unless_unique(&mut lines);
    let days: Vec<Date> = lines.iter().filter_map(|line| line.booking_date).collect();
    let (from, to) = (days.iter().min().copied(), days.iter().max().copied());
    let currency = lines.first().map_or_else(|| "EUR".to_owned(), |line| line.currency.clone());
    let id: Vec<String> = [Some(account.clone()).filter(|account| !account.is_empty()), to.map(|to| to.to_string())]
        .into_iter()
        .flatten()
        .collect();
    let mut statement = Statement {
        format: Format::Csv,
        kind: Kind::Statement,
        id: id.join("/"),
        sequence: None,
        account,
        currency,
        opening,
        closing,
        closing_currency: None,
        from,
        to,
        lines,
        balanced: None,
    };
    statement.balanced = statement.sum();
    statement
}

/// The balances before the first and after the last line, whichever end of the table is the newer one.
fn balances(lines: &[Balanced]) -> Option<(i64, i64)> {
    let after: Vec<(i64, i64)> = lines.iter().map(|(line, balance)| Some((line.amount, (*balance)?))).collect::<Option<_>>()?;
    let ((first, at_first), (last, at_last)) = (*after.first()?, *after.last()?);
    let follows = |older: (i64, i64), newer: (i64, i64)| older.1 + newer.0 == newer.1;
    let newest_first =
        after.windows(2).all(|pair| follows(pair[1], pair[0])) && !after.windows(2).all(|pair| follows(pair[0], pair[1]));
    let falls = lines.first()?.0.booking_date > lines.last()?.0.booking_date;
    let oldest_first = after.windows(2).all(|pair| follows(pair[0], pair[1]));
    if newest_first || (falls && !oldest_first) { Some((at_last - last, at_first)) } else { Some((at_first - first, at_last)) }
}

/// A column of references is the bank's own only where each line has another one.
fn unless_unique(lines: &mut [Line]) {
    let mut seen = HashSet::new();
    let unique = lines.iter().filter_map(|line| line.servicer_reference.clone()).all(|reference| seen.insert(reference));
    if !unique {
        for line in lines {
            line.other_reference = line.servicer_reference.take();
        }
    }
}

/// An IBAN, or a French account number with its key, in a text around it.
fn iban_in(text: &str) -> Option<String> {
    const FRENCH: usize = 27;
    let plain: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect();
    let french = (0..plain.len())
        .filter(|at| plain[*at..].starts_with(&['F', 'R']))
        .find_map(|at| iban::normalised(&plain.get(at..at + FRENCH)?.iter().collect::<String>()));
    let plain: String = plain.into_iter().collect();
    let mut words = plain.split(|c: char| !c.is_ascii_alphanumeric());
    french.or_else(|| words.find_map(|word| iban::normalised(word).or_else(|| iban::of_rib(word))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Statement {
        let mut statements = read("", text, &[]).unwrap();
        assert_eq!(statements.len(), 1);
        statements.remove(0)
    }

    fn amounts(text: &str) -> Vec<i64> {
        one(text).lines.iter().map(|line| line.amount).collect()
    }

    #[test]
    fn balances_are_found_whichever_end_is_newer() {
        let oldest_first = one("Date;Montant;Solde\n20/11/2026;10,00;110,00\n21/11/2026;-5,00;105,00\n");
        let newest_first = one("Date;Montant;Solde\n21/11/2026;-5,00;105,00\n20/11/2026;10,00;110,00\n");
        for statement in [oldest_first, newest_first] {
            assert_eq!((statement.opening, statement.closing, statement.balanced), (Some(10_000), Some(10_500), Some(true)));
        }
        let wrong = one("Date;Montant;Solde\n20/11/2026;10,00;110,00\n21/11/2026;-5,00;105,01\n");
        assert_eq!(wrong.balanced, Some(false));
        assert_eq!(one("Date;Montant\n20/11/2026;10,00\n").balanced, None);
    }

    #[test]
    fn debits_leave_the_account_with_or_without_a_sign() {
        assert_eq!(amounts("Date;Débit;Crédit\n20/11/2026;5,00;\n20/11/2026;0,00;6,00\n20/11/2026;;7,00\n"), [-500, 600, 700]);
        assert_eq!(amounts("Date,Debit,Credit\n2026-11-20,-5.00,\n2026-11-20,,6.00\n"), [-500, 600]);
        let mixed = read("", "Date;Débit;Crédit\n20/11/2026;5,00;\n20/11/2026;-6,00;\n", &[]).unwrap_err();
        assert!(mixed.to_string().contains("with a minus and without"));
    }

    #[test]
    fn balances_and_totals_are_no_lines_but_a_payment_may_begin_with_their_words() {
        let text =
            "Solde au 20/11/2026;100,00\nDate;Libellé;Montant\n20/11/2026;Solde facture 7;5,00\nSolde;;100,00\n;Total;5,00\n";
        assert_eq!(amounts(text), [500]);
    }

    #[test]
    fn the_account_is_found_in_the_table_or_in_the_name_of_the_file() {
        let table = "Date;Montant\n20/11/2026;1,00\n";
        let of = |name: &str, text: &str| read(name, text, &[]).unwrap()[0].account.clone();
        assert_eq!(of("releve-FR7630006000011234567890189-novembre.csv", table), "FR7630006000011234567890189");
        assert_eq!(of("", &format!("RIB : 30006 00001 12345678901 89\n{table}")), "FR7630006000011234567890189");
        assert_eq!(of("export.csv", table), "");
    }

    #[test]
    fn a_bank_reference_that_comes_twice_tells_no_lines_apart() {
        let mapping = Mapping {
            booking_date: "Date".into(),
            amount: Some("Montant".into()),
            servicer_reference: Some("Id".into()),
            ..Mapping::default()
        };
        let own = |second: &str, mappings: &[Mapping]| {
            let text = format!("Date;Montant;Id\n20/11/2026;1,00;7\n20/11/2026;1,00;{second}\n");
            read("", &text, mappings).unwrap()[0].lines.iter().filter(|line| line.servicer_reference.is_some()).count()
        };
        let mappings = [mapping];
        assert_eq!((own("8", &mappings), own("7", &mappings), own("8", &[])), (2, 0, 0));
    }

    fn refused(text: &str) -> String {
        read("", text, &[]).unwrap_err().to_string()
    }

    #[test]
    fn a_row_of_too_many_cells_is_left_where_its_limit_is_met() {
        let wide = format!("Date;Montant\n{}", ";".repeat(100_000));
        assert!(refused(&wide).starts_with("line 2: this row has more than 200 cells"));
    }

    #[test]
    fn more_cells_than_tables_have_are_refused() {
        let row = format!("20/11/2026;1,00{}\n", ";".repeat(MAX_COLUMNS - 2));
        let text = format!("Date;Montant\n{}", row.repeat(1 + MAX_CELLS / MAX_COLUMNS));
        assert!(refused(&text).contains("more than 5000000 cells"));
    }

    #[test]
    fn what_is_said_of_a_wrong_cell_names_its_column_and_not_what_stands_in_any_cell() {
        let rows = [
            ("20/11/2026;Jeanne Martin;EUR;C", "line 2: the amount in the column 'Montant' cannot be read"),
            ("Jeanne Martin;12,00;EUR;C", "line 2: the day in the column 'Date' cannot be read"),
            ("20/11/2026;12,00;Jeanne Martin;C", "line 2: the currency in the column 'Devise' cannot be read"),
            ("20/11/2026;12,00;EUR;Jeanne Martin", "line 2: the word for debit or credit in the column 'Sens' cannot be read"),
            ("20/11/2026;12345678901234567890,00;EUR;C", "line 2: the amount in the column 'Montant' cannot be read"),
        ];
        for (row, expected) in rows {
            let told = refused(&format!("Date;Montant;Devise;Sens\n{row}\n"));
            assert!(told.starts_with(expected) && !told.contains("Jeanne") && !told.contains("1234"), "{told}");
        }
    }
}
