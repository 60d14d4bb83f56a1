//! What French spreadsheets open with a double click: `;` between cells, decimal comma, UTF-8 with its mark, CRLF, local time of Paris.

use super::{Book, decimal};
use crate::charge::Progress;
use crate::day::paris;
use crate::evening::receipt::{Receipt, Standing};
use crate::store::DayRows;
use documents::table::cell;
use ledger::key::Prefix;

const MARK: &str = "\u{feff}";
const HEADING: &str = "date;heure (Paris);nature;montant;moyen;référence;ticket;caisse;caissier;écriture;écriture d'origine;demande;compte;état;\
                       motif;rendu;hors réseau";
const MOVEMENTS: &str = "écriture;rang;écriture d'origine;date;heure (Paris);montant;compte";

/// What a row is, in the word of the file.
fn nature(row: &Receipt) -> &'static str {
    match row.standing {
        Standing::Paid | Standing::Refunded => "paiement",
        Standing::Refund => "remboursement",
        Standing::Unexpected(_) => "paiement inattendu",
        Standing::Missing => "ticket sans paiement",
        Standing::Waiting => "en attente du réseau",
        Standing::Noted if row.cents < 0 => "remboursement noté",
        Standing::Noted => "encaissement noté",
    }
}

fn comma(cents: i64) -> String {
    decimal(cents).replace('.', ",")
}

/// Every row.
pub fn csv(book: &Book) -> Vec<u8> {
    let mut out = format!("{MARK}{HEADING}\r\n");
    for row in book.rows {
        let (date, hour) = paris(row.time);
        let why = if let Standing::Unexpected(why) = row.standing { why.word() } else { "" };
        let cells = [
            date,
            hour,
            nature(row).into(),
            comma(row.cents),
            row.means.word().into(),
            cell(row.reference.as_deref().unwrap_or_default()),
            row.ticket.map(|(_, ticket)| ticket.to_string()).unwrap_or_default(),
            cell(&row.till.map(|till| book.label(&till)).unwrap_or_default()),
            cell(&row.cashier.map(|cashier| book.label(&cashier)).unwrap_or_default()),
            row.entry.map(|(sequence, _)| sequence.to_string()).unwrap_or_default(),
            row.original.map(|original| original.to_string()).unwrap_or_default(),
            row.charge.map(hex::encode).unwrap_or_default(),
            row.payer.map(|payer| payer.to_text(book.prefix)).unwrap_or_default(),
            row.standing.word().into(),
            why.into(),
            if row.refunded > 0 { comma(row.refunded.cast_signed()) } else { String::new() },
            row.offline.map(|offline| offline.word()).unwrap_or_default().into(),
        ];
        out.push_str(&cells.join(";"));
        out.push_str("\r\n");
    }
    out.into_bytes()
}

/// The file under a day statement: what the ledger moved, and nothing that is said of it later. Made of the same day again it is the
/// same bytes, whatever was announced or uploaded meanwhile.
pub fn movements(rows: &DayRows, prefix: &Prefix) -> Vec<u8> {
    let mut lines: Vec<(u64, u16, String)> = Vec::new();
    let mut line = |sequence: u64, item: u16, original: String, time: u64, cents: i64, account: String| {
        let (date, hour) = paris(time);
        lines.push((sequence, item, format!("{sequence};{item};{original};{date};{hour};{};{account}\r\n", comma(cents))));
    };
    for charge in &rows.charges {
        if let Progress::Paid { sequence, at, payer, .. } = charge.progress {
            line(sequence, 0, String::new(), at, charge.amount.signed().get(), payer.to_text(prefix));
        }
    }
    for unexpected in &rows.unexpected {
        let payment = &unexpected.payment;
        line(
            payment.sequence,
            payment.item,
            String::new(),
            payment.time,
            payment.amount.signed().get(),
            payment.payer.to_text(prefix),
        );
    }
    for (refund, _) in &rows.refunds {
        line(refund.sequence, 0, refund.original.to_string(), refund.time, refund.amount.signed().negated().get(), String::new());
    }
    lines.sort_by_key(|(sequence, item, _)| (*sequence, *item));
    let mut out = format!("{MARK}{MOVEMENTS}\r\n");
    for (_, _, text) in &lines {
        out.push_str(text);
    }
    out.into_bytes()
}
