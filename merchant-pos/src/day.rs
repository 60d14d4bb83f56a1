//! The shop's day: totals, and the list as a file for an accountant. Pure.
//!
//! Each movement of money is one line at its own instant: a payment, a payment that answers no charge, a refund. So a day that is
//! over never changes, a refund of yesterday's sale stands in today, and the amounts of the file add up to what the account gained:
//! `paid + unexpected − refunded − unexpected refunded`.
//!
//! The file is what French spreadsheets open with a double click: `;` between cells, decimal comma, UTF-8 with its mark, CRLF, local
//! time of Paris. A cell that a spreadsheet would take for a formula is given a leading apostrophe.

use crate::charge::{Charge, Progress, Refund, Unexpected};
use crate::store::{DayRows, Of};
use documents::table;
use ledger::amount::Cents;
use ledger::calendar;
use ledger::key::{AccountId, Prefix};

/// One answer covers at most so long a time: a year, and the days around it.
pub const MAX_RANGE_MS: u64 = 400 * DAY_MS;

const DAY_MS: u64 = 86_400_000;
const MARK: &str = "\u{feff}";
const HEADING: &str = "date;heure (Paris);nature;montant;référence;écriture;écriture d'origine;demande;motif;compte;caisse";

/// The sums of a time, in cents.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    /// How many charges were paid.
    pub paid_count: u64,
    /// What they brought.
    pub paid: u64,
    /// What went back of payments of charges.
    pub refunded: u64,
    /// `paid − refunded`; below zero when more of earlier days went back.
    pub net: i64,
    /// What came and answers no charge.
    pub unexpected: u64,
    /// What went back of other payments than those of charges.
    pub unexpected_refunded: u64,
}

/// The sums. At most [`crate::store::MAX_DAY_LINES`] amounts of at most 10^12 cents are far below 64 bits.
pub fn totals(rows: &DayRows) -> Totals {
    let paid = rows.charges.iter().filter(|charge| matches!(charge.progress, Progress::Paid { .. }));
    let back = |of_charge: bool| {
        let chosen = rows.refunds.iter().filter(move |(_, of)| matches!(of, Of::Charge(_)) == of_charge);
        chosen.map(|(refund, _)| refund.amount.cents()).sum::<u64>()
    };
    let mut totals = Totals { refunded: back(true), unexpected_refunded: back(false), ..Totals::default() };
    for charge in paid {
        totals.paid_count += 1;
        totals.paid += charge.amount.cents();
    }
    totals.unexpected = rows.unexpected.iter().map(|unexpected| unexpected.payment.amount.cents()).sum();
    totals.net = totals.paid.cast_signed() - totals.refunded.cast_signed();
    totals
}

/// One line of the file, before it is written.
struct Cells<'a> {
    at: u64,
    sequence: u64,
    nature: &'static str,
    amount: Cents,
    reference: &'a str,
    original: Option<u64>,
    charge: Option<[u8; 16]>,
    why: &'static str,
    account: Option<AccountId>,
    till: Option<String>,
}

/// The file: every movement of money, the oldest first.
pub fn csv(rows: &DayRows, prefix: &Prefix) -> String {
    let mut lines: Vec<Cells> = rows.charges.iter().filter_map(paid_cells).collect();
    lines.extend(rows.unexpected.iter().map(unexpected_cells));
    lines.extend(rows.refunds.iter().map(|(refund, of)| refund_cells(refund, of)));
    lines.sort_by_key(|line| line.sequence);
    let mut out = format!("{MARK}{HEADING}\r\n");
    for line in &lines {
        out.push_str(&line.write(prefix));
    }
    out
}

fn paid_cells(charge: &Charge) -> Option<Cells<'_>> {
    let Progress::Paid { sequence, at, payer, .. } = charge.progress else { return None };
    Some(Cells {
        at,
        sequence,
        nature: "paiement",
        amount: charge.amount.signed(),
        reference: charge.reference.as_deref().unwrap_or_default(),
        original: None,
        charge: Some(charge.asked.id),
        why: "",
        account: Some(payer),
        till: Some(charge.till.to_string()),
    })
}

fn unexpected_cells(unexpected: &Unexpected) -> Cells<'_> {
    let payment = &unexpected.payment;
    Cells {
        at: payment.time,
        sequence: payment.sequence,
        nature: "paiement inattendu",
        amount: payment.amount.signed(),
        reference: "",
        original: None,
        charge: payment.charge.map(|charge| charge.id),
        why: unexpected.why.word(),
        account: Some(payment.payer),
        till: None,
    }
}

fn refund_cells<'a>(refund: &Refund, of: &Of) -> Cells<'a> {
    Cells {
        at: refund.time,
        sequence: refund.sequence,
        nature: "remboursement",
        amount: refund.amount.signed().negated(),
        reference: "",
        original: Some(refund.original),
        charge: if let Of::Charge(id) = of { Some(*id) } else { None },
        why: "",
        account: None,
        till: None,
    }
}

impl Cells<'_> {
    fn write(&self, prefix: &Prefix) -> String {
        let (date, hour) = paris(self.at);
        let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
        let account = self.account.map(|account| account.to_text(prefix)).unwrap_or_default();
        let cells = [
            date,
            hour,
            self.nature.into(),
            self.amount.to_string().replace('.', ","),
            table::cell(self.reference),
            self.sequence.to_string(),
            number(self.original),
            self.charge.map(hex::encode).unwrap_or_default(),
            self.why.into(),
            account,
            self.till.clone().unwrap_or_default(),
        ];
        cells.join(";") + "\r\n"
    }
}

/// Date and time of day in Paris.
pub(crate) fn paris(ms: u64) -> (String, String) {
    let (day, since_midnight) = calendar::paris(ms);
    let seconds = since_midnight / 1_000;
    let hour = format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    (calendar::day_text(day), hour)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charge::tests::{cents, charge, payment};
    use crate::charge::{Payment, Why};

    /// 2026-11-22T05:07:22Z, a winter's day.
    const NOVEMBER: u64 = 1_795_324_042_000;

    fn rows() -> DayRows {
        let paid = Charge { reference: Some("=2+3;\"x\"".into()), ..charge() };
        let paid = paid.pay(&payment()).map(|paid| match paid.progress {
            Progress::Paid { payer, .. } => {
                Charge { progress: Progress::Paid { sequence: 40, at: NOVEMBER, payer, refunded: 250 }, ..paid }
            }
            _ => paid,
        });
        let late = Payment { sequence: 41, time: NOVEMBER + 1_000, amount: cents(5), ..payment() };
        let refund =
            |sequence, original, amount| Refund { sequence, time: NOVEMBER + 2_000, original, item: 0, amount: cents(amount) };
        DayRows {
            charges: vec![paid.unwrap(), charge()],
            unexpected: vec![Unexpected { payment: late, why: Why::Expired, refunded: 5 }],
            refunds: vec![
                (refund(42, 40, 250), Of::Charge(charge().asked.id)),
                (refund(43, 41, 5), Of::Unexpected),
                (refund(44, 2, 1_500), Of::Charge([4; 16])),
            ],
        }
    }

    #[test]
    fn totals_count_money_at_the_instant_it_moved() {
        let expected = Totals { paid_count: 1, paid: 1_250, refunded: 1_750, net: -500, unexpected: 5, unexpected_refunded: 5 };
        assert_eq!(totals(&rows()), expected);
        assert_eq!(totals(&DayRows::default()), Totals::default());
    }

    #[test]
    fn the_file_is_these_bytes() {
        let payer = "liard1qgpqyqszqgpqyqszqgpqyqszqg";
        let till = charge().till.to_string();
        let id = "03030303030303030303030303030303";
        let csv = csv(&rows(), &Prefix::new("liard").unwrap());
        let account = AccountId([2; 16]).to_text(&Prefix::new("liard").unwrap());
        assert!(account.starts_with(payer), "{account}");
        let golden = format!(
            "\u{feff}date;heure (Paris);nature;montant;référence;écriture;écriture d'origine;demande;motif;compte;caisse\r\n\
             2026-11-22;06:07:22;paiement;12.50;\"'=2+3;\"\"x\"\"\";40;;{id};;{account};{till}\r\n\
             2026-11-22;06:07:23;paiement inattendu;0.05;;41;;{id};expired;{account};\r\n\
             2026-11-22;06:07:24;remboursement;-2.50;;42;40;{id};;;\r\n\
             2026-11-22;06:07:24;remboursement;-0.05;;43;41;;;;\r\n\
             2026-11-22;06:07:24;remboursement;-15.00;;44;2;04040404040404040404040404040404;;;\r\n"
        );
        let golden = ["12.50", "0.05", "-2.50", "-15.00"].iter().fold(golden, |g, n| g.replace(n, &n.replace('.', ",")));
        assert_eq!(csv, golden);
    }
}
