//! `liard bank inspect FILE`: what a bank's file says, before anything is imported. Reads, prints, changes nothing.

mod mapping;

use crate::failure::{Failure, Outcome};
use crate::money::euros;
use clap::{Args, Subcommand};
use fund_office::bank::{self, File, Line, MAX_FILE_BYTES, Mapping, PaymentStatus, Statement, Unreadable};
use ledger::coverage::Date;
use serde_json::{Value, json};
use std::io::Read;
use std::path::PathBuf;

/// What can be said on the command line.
#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show what stands in a bank's file: camt.052/053/054, CFONB 120, OFX, CSV, pain.002.
    Inspect(Inspect),
}

#[derive(Args)]
struct Inspect {
    /// The bank's file.
    file: PathBuf,
    /// One JSON object a line: each statement, then its lines; amounts in cents.
    #[arg(long)]
    json: bool,
    /// For a CSV: which column is what, in TOML (`booking_date = "Date"`, `amount = "Montant"`, `text = ["Libellé"]`, …).
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
}

/// Runs the command.
pub fn run(options: &Options) -> Outcome {
    let Command::Inspect(inspect) = &options.command;
    let mappings: Vec<Mapping> = inspect.mapping.iter().map(|file| mapping::read(file)).collect::<Outcome<_>>()?;
    let name = inspect.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let refused = |why: &Unreadable| Failure::new(format!("{}: {}", inspect.file.display(), said(why)));
    let read = std::fs::File::open(&inspect.file).and_then(bytes);
    let read = read.map_err(|error| Failure::file("read", &inspect.file, &error))?;
    let bytes = read.ok_or_else(|| refused(&bank::too_large()))?;
    let file = bank::read(&name, &bytes, &mappings).map_err(|why| refused(&why))?;
    for line in if inspect.json { json_lines(&file) } else { table(&file) } {
        say!("{line}");
    }
    Ok(())
}

/// The sentence, and for a table that nobody has described what to write.
fn said(why: &Unreadable) -> String {
    match why {
        Unreadable::NeedsMapping { .. } => format!("{why}\n\n{}", mapping::EXAMPLE),
        Unreadable::Wrong { .. } => why.to_string(),
    }
}

/// A file's bytes, or `None` when there are more than a bank file has: then no more than the limit is read.
pub fn bytes(file: std::fs::File) -> std::io::Result<Option<Vec<u8>>> {
    if file.metadata()?.len() > MAX_FILE_BYTES {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes).filter(|bytes| u64::try_from(bytes.len()).is_ok_and(|length| length <= MAX_FILE_BYTES)))
}

fn json_lines(file: &File) -> Vec<String> {
    let statements = file
        .statements
        .iter()
        .flat_map(|statement| std::iter::once(statement_json(statement)).chain(statement.lines.iter().map(line_json)));
    statements.chain(file.statuses.iter().map(status_json)).map(|value| value.to_string()).collect()
}

fn day(date: Option<Date>) -> Value {
    date.map_or(Value::Null, |date| Value::from(date.to_string()))
}

fn statement_json(statement: &Statement) -> Value {
    json!({
        "statement": statement.id,
        "account": Some(&statement.account).filter(|account| !account.is_empty()),
        "format": statement.format.to_string(),
        "kind": statement.kind.word(),
        "sequence": statement.sequence,
        "currency": statement.currency,
        "opening": statement.opening,
        "closing": statement.closing,
        "closing_currency": statement.closing_currency,
        "balanced": statement.balanced,
        "from": day(statement.from),
        "to": day(statement.to),
        "lines": statement.lines.len(),
    })
}

fn line_json(line: &Line) -> Value {
    json!({
        "amount": line.amount,
        "currency": line.currency,
        "booking_date": day(line.booking_date),
        "value_date": day(line.value_date),
        "counterparty": line.counterparty,
        "iban": line.iban,
        "references": line.references,
        "end_to_end": line.end_to_end,
        "mandate": line.mandate,
        "text": line.text,
        "status": line.status.code(),
        "reversal": line.reversal,
        "returned": line.returned,
        "return_code": line.return_code,
        "bank_code": line.bank_code,
        "servicer_reference": line.servicer_reference,
        "entry_reference": line.entry_reference,
        "other_reference": line.other_reference,
        "detail": line.detail,
        "batch_sum_matches": line.batch.map(|batch| batch.sum_matches),
    })
}

fn status_json(status: &PaymentStatus) -> Value {
    json!({
        "message": status.message,
        "end_to_end": status.end_to_end,
        "status": status.status,
        "reason": status.reason,
    })
}

fn table(file: &File) -> Vec<String> {
    let mut lines = vec![file.format.to_string()];
    for statement in &file.statements {
        lines.extend(statement_rows(statement));
    }
    for status in &file.statuses {
        let payment = status.end_to_end.as_deref().unwrap_or("(the whole message)");
        let reason = status.reason.as_deref().unwrap_or("");
        lines.push(format!("  {:<35}  {:<4}  {reason:<4}  {}", payment, status.status, status.message).trim_end().to_owned());
    }
    lines
}

fn statement_rows(statement: &Statement) -> Vec<String> {
    let account = if statement.account.is_empty() { "an account that the file does not name" } else { &statement.account };
    let shown = |date: Option<Date>| date.map_or_else(|| "?".to_owned(), |date| date.to_string());
    let balance = |cents: Option<i64>| cents.map_or_else(|| "not said".to_owned(), euros);
    let sum = match statement.balanced {
        Some(true) => "the lines make the difference",
        Some(false) => "THE LINES DO NOT MAKE THE DIFFERENCE: look at this statement before you import it",
        None => "a balance is missing, so the sum cannot be checked",
    };
    let mut rows = vec![
        String::new(),
        format!("{} {} of {account}, {}", statement.kind.word(), statement.id, statement.currency),
        format!(
            "  {} to {}, opening {}, closing {}",
            shown(statement.from),
            shown(statement.to),
            balance(statement.opening),
            balance(statement.closing)
        ),
        format!("  {sum}"),
    ];
    rows.extend(statement.lines.iter().map(line_row));
    rows
}

fn line_row(line: &Line) -> String {
    let mut notes: Vec<String> = line.references.clone();
    notes.extend(line.end_to_end.clone());
    notes.extend((line.status != bank::Status::Booked).then(|| format!("not booked ({})", line.status.code())));
    notes.extend(line.reversal.then(|| "reversal".to_owned()));
    notes.extend(line.returned.then(|| format!("returned {}", line.return_code.as_deref().unwrap_or("(no reason given)"))));
    notes.extend(line.batch.filter(|batch| !batch.sum_matches).map(|_| "batch whose details do not add up".to_owned()));
    let day = line.booking_date.map_or_else(|| "?".to_owned(), |date| date.to_string());
    let who = line.counterparty.as_deref().or(line.iban.as_deref()).unwrap_or("");
    let amount = format!("{} {}", euros(line.amount), line.currency);
    format!("  {day:<10}  {amount:>16}  {who:<30}  {}  {}", notes.join(", "), line.text).trim_end().to_owned()
}
