//! Lines of a *fichier des écritures comptables* (arrêté du 29 juillet 2013, LPF art. A47 A-1): 18 columns between tabs, ISO-8859-15,
//! decimal comma, an entry per day and kind whose debits and credits are equal, numbered without a gap from 1.
//!
//! | entry | debit | credit |
//! |---|---|---|
//! | sales of a day's tickets | means of payment | sales and VAT per rate, tips |
//! | refunds of a day's tickets | sales and VAT per rate | means of payment |
//! | units without a ticket of the file | units | suspense |
//! | units given back without one | suspense | units |
//! | units that tickets say and that did not move in the file's time | suspense | units |
//!
//! Units that were taken without network may arrive after the file's end: they stand against suspense in the file of their ticket and
//! the other way round in the file of their arrival, whenever each of them is made, so that two files that follow each other add up.
//!
//! What is corrected is booked the other way round; nothing is negative. A shop whose cash register is another one books its sales from
//! there: here its units stand against the suspense account.

use super::{Book, compact_day, decimal};
use crate::evening::receipt::Receipt;
use crate::evening::wire::Books;
use crate::tickets::TicketRow;
use crate::tickets::record::{Kind, Means};
use documents::table::latin9;
use ledger::calendar::paris_day;
use ledger::key::PublicKey;
use std::collections::{BTreeMap, HashMap, HashSet};

const COLUMNS: [&str; 18] = [
    "JournalCode",
    "JournalLib",
    "EcritureNum",
    "EcritureDate",
    "CompteNum",
    "CompteLib",
    "CompAuxNum",
    "CompAuxLib",
    "PieceRef",
    "PieceDate",
    "EcritureLib",
    "Debit",
    "Credit",
    "EcritureLet",
    "DateLet",
    "ValidDate",
    "Montantdevise",
    "Idevise",
];

/// A line of an entry: account, its name, cents; a debit above zero.
struct Line {
    account: String,
    name: String,
    cents: i64,
}

/// The double entries of an evening.
pub fn fec(book: &Book, accounts: &Books) -> Vec<u8> {
    let mut out = COLUMNS.join("\t") + "\r\n";
    let mut number = 0;
    let mut days: BTreeMap<i64, (Vec<&TicketRow>, Vec<&Receipt>)> = BTreeMap::new();
    for ticket in book.tickets {
        days.entry(paris_day(ticket.time)).or_default().0.push(ticket);
    }
    let here: HashSet<(PublicKey, u64)> = book.tickets.iter().map(|ticket| (ticket.till, ticket.ticket)).collect();
    let mut tied: HashMap<(PublicKey, u64), i64> = HashMap::new();
    for row in book.movements() {
        if let Some(ticket) = row.ticket {
            *tied.entry(ticket).or_default() += row.cents;
        }
        days.entry(paris_day(row.time)).or_default().1.push(row);
    }
    for (tickets, rows) in days.values() {
        let time = tickets.first().map(|ticket| ticket.time).or_else(|| rows.first().map(|row| row.time)).unwrap_or(book.from);
        let untied = |row: &&&Receipt| row.ticket.is_none_or(|ticket| !here.contains(&ticket));
        let sum =
            |keep: fn(i64) -> bool| rows.iter().filter(untied).map(|row| row.cents).filter(|cents| keep(*cents)).sum::<i64>();
        let (came, went) = (sum(|cents| cents > 0), sum(|cents| cents < 0));
        // Ties are exact to the cent, so that what is left of a ticket's units are whole parts of it.
        let left = |ticket: &&TicketRow| units(ticket) - tied.get(&(ticket.till, ticket.ticket)).copied().unwrap_or(0);
        let lost = tickets.iter().map(left).sum::<i64>();
        let against = |cents: i64| {
            vec![accounts.line(&accounts.units, "Monnaie locale", cents), accounts.line(&accounts.suspense, "À ventiler", -cents)]
        };
        let entries = [
            ("Ventes", of_tickets(tickets, Kind::Sale, accounts)),
            ("Remboursements", of_tickets(tickets, Kind::Refund, accounts)),
            ("Encaissements sans ticket", against(came)),
            ("Remboursements sans ticket", against(went)),
            ("Unités non reçues", against(-lost)),
        ];
        for (what, lines) in entries {
            let lines: Vec<Line> = lines.into_iter().filter(|line| line.cents != 0).collect();
            if lines.is_empty() {
                continue;
            }
            number += 1;
            let day = compact_day(time);
            for line in lines {
                let [debit, credit] = [line.cents.max(0), (-line.cents).max(0)].map(|cents| decimal(cents).replace('.', ","));
                let cells = [
                    &accounts.journal,
                    "Ventes en caisse",
                    &number.to_string(),
                    &day,
                    &line.account,
                    &line.name,
                    "",
                    "",
                    &format!("{day}-{number}"),
                    &day,
                    &format!("{what} du {}/{}/{}", &day[6..], &day[4..6], &day[..4]),
                    &debit,
                    &credit,
                    "",
                    "",
                    &day,
                    "",
                    "",
                ];
                out.push_str(&cells.join("\t"));
                out.push_str("\r\n");
            }
        }
    }
    latin9(&out)
}

/// What a ticket says in units: below zero for what went back.
fn units(ticket: &TicketRow) -> i64 {
    let units = ticket.tenders.iter().filter(|tender| tender.means == Means::Units);
    let said: i64 = units.map(|tender| tender.amount.cast_signed()).sum();
    match ticket.kind {
        Kind::Sale => said,
        Kind::Refund => -said,
        _ => 0,
    }
}

/// A day's tickets of a kind: what they were paid by, against what they sold.
fn of_tickets(tickets: &[&TicketRow], kind: Kind, accounts: &Books) -> Vec<Line> {
    let sign = if kind == Kind::Refund { -1 } else { 1 };
    let (mut means, mut rates, mut tips) = (BTreeMap::<Means, i64>::new(), BTreeMap::<u16, (i64, i64)>::new(), 0);
    for ticket in tickets.iter().filter(|ticket| ticket.kind == kind) {
        for tender in &ticket.tenders {
            *means.entry(tender.means).or_default() += sign * tender.amount.cast_signed();
        }
        for rate in &ticket.rates {
            let sum = rates.entry(rate.rate).or_default();
            (sum.0, sum.1) = (sum.0 + sign * (rate.gross - rate.vat), sum.1 + sign * rate.vat);
        }
        tips += sign * ticket.tip.cast_signed();
    }
    let mut lines: Vec<Line> = means.into_iter().map(|(means, cents)| accounts.means(means, cents)).collect();
    for (rate, (net, vat)) in rates {
        let percent = format!("{},{:02} %", rate / 100, rate % 100);
        let [sales, due] = accounts.of_rate(rate);
        lines.push(accounts.line(&sales, &format!("Ventes {percent}"), -net));
        lines.push(accounts.line(&due, &format!("TVA {percent}"), -vat));
    }
    lines.push(accounts.line(&accounts.tips, "Pourboires", -tips));
    lines
}

impl Books {
    fn line(&self, account: &str, name: &str, cents: i64) -> Line {
        Line { account: account.to_owned(), name: name.to_owned(), cents }
    }

    fn means(&self, means: Means, cents: i64) -> Line {
        let (account, name) = match means {
            Means::Units => (&self.units, "Monnaie locale"),
            Means::Cash => (&self.cash, "Espèces"),
            Means::Card => (&self.card, "Cartes bancaires"),
            Means::Cheque => (&self.cheque, "Chèques"),
            Means::Other => (&self.other, "Autres moyens"),
        };
        self.line(account, name, cents)
    }

    /// The accounts of sales and of VAT at a rate.
    fn of_rate(&self, rate: u16) -> [String; 2] {
        let own = self.rates.iter().find(|row| row.rate == rate);
        own.map_or_else(|| [self.sales.clone(), self.vat.clone()], |row| [row.sales.clone(), row.vat.clone()])
    }
}
