//! A shop's own sales beside what it received: which row is which receipt, and what differs. Pure, and the same for any order of the
//! rows.
//!
//! 1. **By reference.** Among rows and receipts with the same reference and direction: the same amount first, each with the nearest in
//!    time; then what is left, if there is one of each. A reference that comes more than once, such as a table's, holds within a day only.
//! 2. **By amount and time.** Among what is left: the same amount, and times that are no farther apart than [`WINDOW_MS`]. Where rows
//!    and receipts that could be each other's are as many, they go together in the order of their times; where they are not, nobody can
//!    say which is which, and all of them are shown as ambiguous.
//! 3. **What remains** is missing on the other side, comes twice in the file, or is a refund that the file does not know.
//!
//! Each row and each receipt stands in exactly one pair or difference. What was given back also names the sale that it was given back of.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

/// So far apart the shop's till and the ledger may say that a sale was: somebody types the sale, and then the customer looks for a phone.
pub const WINDOW_MS: u64 = 15 * 60_000;
/// Two rows of one reference that differ in amount, or are far apart in time, are the same sale only if they are no farther apart than
/// this, when the reference comes more than once.
const SAME_DAY_MS: u64 = 24 * 3_600_000;

/// What stands in more rows than this names no sale: it is the shop's own number, or a word.
const MAX_OF_A_REFERENCE: usize = 300;

/// A row of the shop's file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sale {
    /// Its line in the file.
    pub line: usize,
    /// The instants that it can have been at: one, or a whole day where the file says no time of day.
    pub from: u64,
    /// The last of them.
    pub to: u64,
    /// Cents; below zero for what went back.
    pub cents: i64,
    /// Its reference.
    pub reference: Option<String>,
}

/// A receipt, as far as it is compared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Received {
    /// Its name, by which ties are broken.
    pub name: String,
    /// When.
    pub time: u64,
    /// Cents; below zero for what went back.
    pub cents: i64,
    /// Its reference.
    pub reference: Option<String>,
    /// The entry.
    pub sequence: Option<u64>,
    /// Of a refund: the entry of its payment.
    pub original: Option<u64>,
    /// Whether it is to be in the file. Those of the days around it can answer a row, and are not missed.
    pub expected: bool,
}

/// What is to be said of a row, a receipt, or both.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Finding {
    /// They are the same sale, and nothing differs.
    Matched,
    /// The file has a sale that was not paid.
    MissingInLedger,
    /// The ledger has a payment that the file does not.
    MissingInFile,
    /// The same sale with two amounts.
    AmountDiffers,
    /// The same sale with two references.
    ReferenceDiffers,
    /// The same sale at two times.
    TimeDiffers,
    /// The file has the sale twice.
    DoubleInFile,
    /// Units went back, and the file does not say so.
    Refunded,
    /// Rows and receipts of one amount close together, in different numbers.
    Ambiguous,
}

impl Finding {
    /// Every difference.
    pub const DIFFERENCES: [Finding; 8] = [
        Finding::MissingInLedger,
        Finding::MissingInFile,
        Finding::AmountDiffers,
        Finding::ReferenceDiffers,
        Finding::TimeDiffers,
        Finding::DoubleInFile,
        Finding::Refunded,
        Finding::Ambiguous,
    ];

    /// The name in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Finding::Matched => "matched",
            Finding::MissingInLedger => "missing_in_ledger",
            Finding::MissingInFile => "missing_in_file",
            Finding::AmountDiffers => "amount_differs",
            Finding::ReferenceDiffers => "reference_differs",
            Finding::TimeDiffers => "time_differs",
            Finding::DoubleInFile => "double_in_file",
            Finding::Refunded => "refunded",
            Finding::Ambiguous => "ambiguous",
        }
    }

    /// The finding of a name.
    pub fn of(word: &str) -> Option<Finding> {
        [Finding::Matched].into_iter().chain(Finding::DIFFERENCES).find(|finding| finding.word() == word)
    }
}

/// A row and a receipt, by their places in what was given; one side may be missing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Compared {
    /// What is to be said.
    pub finding: Finding,
    /// The row of the file.
    pub sale: Option<usize>,
    /// The receipt.
    pub received: Option<usize>,
    /// True for a row of the file that is shown beside a refund and stands in a pair of its own.
    pub beside: bool,
}

/// Compares rows and receipts; the order is that of the times of what was found.
pub fn compare(sales: &[Sale], received: &[Received]) -> Vec<Compared> {
    let mut work = Work {
        sales,
        received,
        free_sales: vec![true; sales.len()],
        free_received: vec![true; received.len()],
        found: Vec::with_capacity(sales.len().max(received.len())),
        shared: false,
    };
    work.by_reference();
    work.shared = !work.found.is_empty();
    work.by_amount_and_time();
    work.rest();
    let mut found = work.found;
    let place = |one: &Compared| {
        let sale = one.sale.map(|at| (sales[at].from, sales[at].line));
        let receipt = one.received.map(|at| (received[at].time, received[at].name.as_str()));
        let time = match (receipt, sale) {
            (Some((time, _)), _) | (None, Some((time, _))) => time,
            (None, None) => 0,
        };
        (time, one.finding, receipt, sale)
    };
    found.sort_by(|a, b| place(a).cmp(&place(b)));
    found
}

struct Work<'a> {
    sales: &'a [Sale],
    received: &'a [Received],
    free_sales: Vec<bool>,
    free_received: Vec<bool>,
    found: Vec<Compared>,
    /// Whether any reference of the file is one of the ledger: if not, the two number their sales each for itself.
    shared: bool,
}

/// A reference as two programs write it: without case, spaces, signs, and zeros in front.
pub fn folded(reference: &str) -> String {
    let plain: String = reference.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect();
    let short = plain.trim_start_matches('0');
    if short.is_empty() { plain } else { short.to_owned() }
}

/// Rows and receipts of one kind, in the order of their times.
#[derive(Default)]
struct Group {
    sales: Vec<usize>,
    received: Vec<usize>,
}

impl Work<'_> {
    fn pair(&mut self, finding: Finding, sale: usize, received: usize) {
        (self.free_sales[sale], self.free_received[received]) = (false, false);
        self.found.push(Compared { finding, sale: Some(sale), received: Some(received), beside: false });
    }

    /// How far apart a row and a receipt are; nothing when a day holds the instant.
    fn apart(&self, sale: usize, received: usize) -> u64 {
        let (Sale { from, to, .. }, time) = (&self.sales[sale], self.received[received].time);
        from.saturating_sub(time).max(time.saturating_sub(*to))
    }

    /// The places of what is free, in the order of their times.
    fn free(&self) -> Group {
        let mut sales: Vec<usize> = (0..self.sales.len()).filter(|at| self.free_sales[*at]).collect();
        sales.sort_by_key(|at| (self.sales[*at].from, self.sales[*at].to, self.sales[*at].line));
        let mut received: Vec<usize> = (0..self.received.len()).filter(|at| self.free_received[*at]).collect();
        received.sort_by_key(|at| (self.received[*at].time, self.received[*at].name.as_str()));
        Group { sales, received }
    }

    fn by_reference(&mut self) {
        let mut groups: BTreeMap<(String, bool), Group> = BTreeMap::new();
        let free = self.free();
        let name = |reference: &Option<String>, cents: i64| {
            let reference = folded(reference.as_deref()?);
            (!reference.is_empty()).then_some((reference, cents < 0))
        };
        for at in free.sales {
            if let Some(name) = name(&self.sales[at].reference, self.sales[at].cents) {
                groups.entry(name).or_default().sales.push(at);
            }
        }
        for at in free.received {
            if let Some(name) = name(&self.received[at].reference, self.received[at].cents) {
                groups.entry(name).or_default().received.push(at);
            }
        }
        let names = |group: &Group| {
            let (sales, received) = (group.sales.len(), group.received.len());
            (1..=MAX_OF_A_REFERENCE).contains(&sales) && (1..=MAX_OF_A_REFERENCE).contains(&received)
        };
        for group in groups.into_values().filter(names) {
            self.one_reference(&group);
        }
    }

    /// Pairs what bears one reference.
    fn one_reference(&mut self, group: &Group) {
        let once = group.received.len() == 1;
        let reach = if once { u64::MAX } else { SAME_DAY_MS };
        // The nearest pairs of one amount first; between equals, the earlier.
        let mut near: Vec<(u64, usize, usize)> = Vec::new();
        let mut by_cents: HashMap<i64, Vec<usize>> = HashMap::new();
        for at in &group.received {
            by_cents.entry(self.received[*at].cents).or_default().push(*at);
        }
        for sale in &group.sales {
            for received in by_cents.get(&self.sales[*sale].cents).into_iter().flatten() {
                let apart = self.apart(*sale, *received);
                if apart <= reach {
                    near.push((apart, *sale, *received));
                }
            }
        }
        near.sort_by_key(|(apart, sale, received)| {
            (
                *apart,
                self.sales[*sale].from,
                self.sales[*sale].line,
                self.received[*received].time,
                &self.received[*received].name,
            )
        });
        for (apart, sale, received) in near {
            if self.free_sales[sale] && self.free_received[received] {
                self.pair(if apart <= WINDOW_MS { Finding::Matched } else { Finding::TimeDiffers }, sale, received);
            }
        }
        // A row like one that found its receipt, and no receipt left for it.
        for sale in &group.sales {
            let twin = |other: &usize| {
                let (one, other) = (&self.sales[*sale], &self.sales[*other]);
                one.cents == other.cents && one.line != other.line && one.from.abs_diff(other.from) <= SAME_DAY_MS
            };
            let met = |other: &&usize| !self.free_sales[**other];
            let left = group.received.iter().any(|at| self.free_received[*at]);
            if self.free_sales[*sale] && !left && group.sales.iter().filter(met).any(twin) {
                self.free_sales[*sale] = false;
                self.found.push(Compared { finding: Finding::DoubleInFile, sale: Some(*sale), received: None, beside: false });
            }
        }
        let sales: Vec<usize> = group.sales.iter().copied().filter(|at| self.free_sales[*at]).collect();
        let received: Vec<usize> = group.received.iter().copied().filter(|at| self.free_received[*at]).collect();
        if let ([sale], [received]) = (&sales[..], &received[..])
            && self.apart(*sale, *received) <= reach
        {
            self.pair(Finding::AmountDiffers, *sale, *received);
        }
    }

    fn by_amount_and_time(&mut self) {
        let mut groups: BTreeMap<i64, Group> = BTreeMap::new();
        let free = self.free();
        for at in free.sales {
            groups.entry(self.sales[at].cents).or_default().sales.push(at);
        }
        for at in free.received {
            groups.entry(self.received[at].cents).or_default().received.push(at);
        }
        for group in groups.into_values() {
            for part in self.parts(&group) {
                self.one_part(&part);
            }
        }
    }

    /// The parts of a group of one amount within which every row is linked to every receipt by steps of at most the window. Both lists
    /// are in the order of time, and a row reaches a run of receipts whose ends never go back: so parts are runs too.
    fn parts(&self, group: &Group) -> Vec<Group> {
        let (mut parts, mut first, mut reached): (Vec<Group>, usize, usize) = (Vec::new(), 0, 0);
        for sale in &group.sales {
            let Sale { from, to, .. } = self.sales[*sale];
            while group.received.get(first).is_some_and(|at| self.received[*at].time.saturating_add(WINDOW_MS) < from) {
                first += 1;
            }
            let end = group.received.partition_point(|at| self.received[*at].time <= to.saturating_add(WINDOW_MS));
            if end <= first {
                continue;
            }
            match parts.last_mut().filter(|_| first < reached) {
                Some(part) => {
                    part.sales.push(*sale);
                    part.received.extend(group.received.get(reached..end).unwrap_or_default());
                }
                None => parts.push(Group { sales: vec![*sale], received: group.received[first..end].to_vec() }),
            }
            reached = reached.max(end);
        }
        parts
    }

    /// As many rows as receipts that can be each other's, in the order of time.
    fn one_to_one(&self, sales: &[usize], received: &[usize]) -> Option<Vec<(usize, usize)>> {
        let pairs: Vec<(usize, usize)> = sales.iter().copied().zip(received.iter().copied()).collect();
        let fits = pairs.iter().all(|(sale, received)| self.apart(*sale, *received) <= WINDOW_MS);
        (sales.len() == received.len() && fits).then_some(pairs)
    }

    fn one_part(&mut self, part: &Group) {
        let expected: Vec<usize> = part.received.iter().copied().filter(|at| self.received[*at].expected).collect();
        let pairs = self.one_to_one(&part.sales, &expected).or_else(|| self.one_to_one(&part.sales, &part.received));
        if let Some(pairs) = pairs {
            for (sale, received) in pairs {
                let both = self.sales[sale].reference.as_deref().zip(self.received[received].reference.as_deref());
                let differ = self.shared && both.is_some_and(|(one, other)| folded(one) != folded(other));
                self.pair(if differ { Finding::ReferenceDiffers } else { Finding::Matched }, sale, received);
            }
        } else if !expected.is_empty() {
            let most = part.sales.len().max(part.received.len());
            for place in 0..most {
                let (sale, received) = (part.sales.get(place).copied(), part.received.get(place).copied());
                sale.into_iter().for_each(|at| self.free_sales[at] = false);
                received.into_iter().for_each(|at| self.free_received[at] = false);
                self.found.push(Compared { finding: Finding::Ambiguous, sale, received, beside: false });
            }
        }
    }

    fn rest(&mut self) {
        // The rows of the payments of which something went back.
        let paid: HashMap<u64, usize> =
            self.found.iter().filter_map(|one| Some((self.received[one.received?].sequence?, one.sale?))).collect();
        let free = self.free();
        for sale in free.sales {
            self.found.push(Compared { finding: Finding::MissingInLedger, sale: Some(sale), received: None, beside: false });
        }
        for at in free.received {
            let one = &self.received[at];
            if !one.expected {
                continue;
            }
            let beside = one.original.and_then(|original| paid.get(&original).copied());
            let finding = if one.original.is_some() { Finding::Refunded } else { Finding::MissingInFile };
            self.found.push(Compared { finding, sale: beside, received: Some(at), beside: beside.is_some() });
        }
    }
}

/// How much a finding makes of the difference between the sum of the file and that of the ledger, in cents.
pub fn cents(one: &Compared, sales: &[Sale], received: &[Received]) -> i64 {
    let sale = one.sale.filter(|_| !one.beside).map_or(0, |at| sales[at].cents);
    let receipt = one.received.filter(|at| received[*at].expected).map_or(0, |at| received[at].cents);
    sale - receipt
}

/// The kinds that were found, each with how many and what they make of the difference, the largest first.
pub fn kinds(found: &[Compared], sales: &[Sale], received: &[Received]) -> Vec<(Finding, u64, i64)> {
    let mut kinds: BTreeMap<Finding, (u64, i64)> = BTreeMap::new();
    for one in found {
        let kind = kinds.entry(one.finding).or_default();
        (kind.0, kind.1) = (kind.0 + 1, kind.1 + cents(one, sales, received));
    }
    let mut kinds: Vec<(Finding, u64, i64)> =
        kinds.into_iter().map(|(finding, (count, cents))| (finding, count, cents)).collect();
    kinds.sort_by_key(|(finding, count, _)| (Reverse(*count), *finding));
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE: u64 = 60_000;
    const NOON: u64 = 1_795_345_200_000;

    fn sale(line: usize, minute: u64, cents: i64, reference: &str) -> Sale {
        let at = NOON + minute * MINUTE;
        Sale { line, from: at, to: at, cents, reference: (!reference.is_empty()).then(|| reference.to_owned()) }
    }

    fn paid(sequence: u64, minute: u64, cents: i64, reference: &str) -> Received {
        Received {
            name: format!("p{sequence}"),
            time: NOON + minute * MINUTE,
            cents,
            reference: (!reference.is_empty()).then(|| reference.to_owned()),
            sequence: Some(sequence),
            original: None,
            expected: true,
        }
    }

    fn refund(sequence: u64, minute: u64, cents: i64, of: u64, reference: &str) -> Received {
        Received { name: format!("r{sequence}"), original: Some(of), ..paid(sequence, minute, -cents, reference) }
    }

    /// What is found: kind, line and name.
    fn found(sales: &[Sale], received: &[Received]) -> Vec<(&'static str, usize, String)> {
        let found = compare(sales, received);
        let said = |one: &Compared| {
            let name = one.received.map(|at| received[at].name.clone()).unwrap_or_default();
            (one.finding.word(), one.sale.map_or(0, |at| sales[at].line), name)
        };
        found.iter().map(said).collect()
    }

    fn rows(rows: &[(&'static str, usize, &str)]) -> Vec<(&'static str, usize, String)> {
        rows.iter().map(|(kind, line, name)| (*kind, *line, (*name).to_owned())).collect()
    }

    #[test]
    fn a_reference_finds_its_sale_however_it_is_written() {
        let sales = [sale(2, 0, 500, "#0042"), sale(3, 1, 500, "a-7"), sale(4, 90, 700, "T9")];
        let received = [paid(1, 1, 500, "42"), paid(2, 0, 500, "A 7"), paid(3, 0, 700, "t9")];
        assert_eq!(found(&sales, &received), rows(&[("matched", 3, "p2"), ("time_differs", 4, "p3"), ("matched", 2, "p1")]));
    }

    #[test]
    fn one_sale_with_two_amounts_or_two_references_is_found_by_what_agrees() {
        let sales = [sale(2, 0, 500, "A"), sale(3, 30, 600, "B"), sale(4, 60, 900, "C")];
        let received = [paid(1, 0, 450, "A"), paid(2, 31, 600, "X"), paid(3, 60, 900, "C")];
        let expected = rows(&[("amount_differs", 2, "p1"), ("reference_differs", 3, "p2"), ("matched", 4, "p3")]);
        assert_eq!(found(&sales, &received), expected);
    }

    #[test]
    fn two_programs_that_number_for_themselves_have_no_references_that_differ() {
        let sales = [sale(2, 0, 500, "1"), sale(3, 30, 600, "2")];
        let received = [paid(1, 0, 500, "ticket 8"), paid(2, 31, 600, "ticket 9")];
        assert_eq!(found(&sales, &received), rows(&[("matched", 2, "p1"), ("matched", 3, "p2")]));
    }

    #[test]
    fn what_one_side_lacks_is_missing_there_and_what_comes_twice_is_said() {
        let sales = [sale(2, 0, 500, "A"), sale(3, 0, 500, "A"), sale(4, 60, 900, "C")];
        let received = [paid(1, 0, 500, "A"), paid(2, 200, 70, "")];
        let expected =
            rows(&[("matched", 2, "p1"), ("double_in_file", 3, ""), ("missing_in_ledger", 4, ""), ("missing_in_file", 0, "p2")]);
        assert_eq!(found(&sales, &received), expected);
    }

    #[test]
    fn a_refund_that_the_file_does_not_know_names_its_sale_and_one_that_it_knows_is_matched() {
        let sales = [sale(2, 0, 500, "A"), sale(3, 10, 600, "B"), sale(4, 50, -600, "B")];
        let received = [paid(1, 0, 500, "A"), paid(2, 10, 600, "B"), refund(3, 40, 200, 1, "A"), refund(4, 50, 600, 2, "B")];
        let expected = rows(&[("matched", 2, "p1"), ("matched", 3, "p2"), ("refunded", 2, "r3"), ("matched", 4, "r4")]);
        assert_eq!(found(&sales, &received), expected);
    }

    #[test]
    fn a_reference_that_comes_again_and_again_holds_for_a_day() {
        let day = 24 * 60;
        let sales = [sale(2, 0, 500, "table 4"), sale(3, day * 3, 800, "table 4"), sale(4, day * 9, 700, "table 4")];
        let received = [paid(1, 5, 500, "table 4"), paid(2, day * 3, 850, "table 4"), paid(3, day * 20, 700, "table 4")];
        let expected = rows(&[
            ("matched", 2, "p1"),
            ("missing_in_ledger", 3, ""),
            ("missing_in_file", 0, "p2"),
            ("missing_in_ledger", 4, ""),
            ("missing_in_file", 0, "p3"),
        ]);
        let mut seen = found(&sales, &received);
        seen.sort();
        let mut expected = expected;
        expected.sort();
        assert_eq!(seen, expected);
    }

    #[test]
    fn without_references_time_decides_and_where_it_cannot_that_is_said() {
        let twins = [sale(2, 0, 500, ""), sale(3, 2, 500, "")];
        let both = [paid(1, 1, 500, ""), paid(2, 3, 500, "")];
        assert_eq!(found(&twins, &both), rows(&[("matched", 2, "p1"), ("matched", 3, "p2")]));
        assert_eq!(found(&twins, &both[..1]), rows(&[("ambiguous", 2, "p1"), ("ambiguous", 3, "")]));
        let far = [paid(1, 16, 500, "")];
        assert_eq!(found(&twins[..1], &far), rows(&[("missing_in_ledger", 2, ""), ("missing_in_file", 0, "p1")]));
    }

    #[test]
    fn a_file_of_days_is_compared_by_days_and_what_lies_around_it_is_not_missed() {
        let day = Sale { line: 2, from: NOON - 12 * 60 * MINUTE, to: NOON + 12 * 60 * MINUTE - 1, cents: 500, reference: None };
        let (early, late) = (paid(1, 0, 500, ""), Received { expected: false, ..paid(2, 13 * 60, 500, "") });
        assert_eq!(found(std::slice::from_ref(&day), &[early, late.clone()]), rows(&[("matched", 2, "p1")]));
        assert_eq!(found(&[], &[late]), []);
    }

    fn a_reference() -> impl Strategy<Value = String> {
        prop_oneof![Just(String::new()), "[A-C]", Just("table".to_owned())]
    }

    prop_compose! {
        /// Rows and receipts so close that much could be much.
        fn both_sides()(
            sales in prop::collection::vec((0u64..120, prop_oneof![1i64..4, -2i64..0], a_reference()), 0..14),
            received in prop::collection::vec((0u64..120, prop_oneof![1i64..4, -2i64..0], a_reference(), any::<bool>()), 0..14),
        ) -> (Vec<Sale>, Vec<Received>) {
            let sales = sales.into_iter().enumerate();
            let sales = sales.map(|(line, (minute, cents, reference))| sale(line + 2, minute, cents, &reference)).collect();
            let one = |(place, (minute, cents, reference, expected)): (u64, (u64, i64, String, bool))| {
                let original = (cents < 0).then_some(place / 2);
                Received { original, expected: expected || place % 3 == 0, ..paid(place, minute, cents, &reference) }
            };
            (sales, (0..).zip(received).map(one).collect())
        }
    }

    proptest! {
        #[test]
        fn each_row_and_each_receipt_stands_once_and_the_findings_explain_the_sums((sales, received) in both_sides()) {
            let found = compare(&sales, &received);
            let mut lines: Vec<usize> = found.iter().filter(|one| !one.beside).filter_map(|one| one.sale).collect();
            lines.sort_unstable();
            prop_assert_eq!(lines, (0..sales.len()).collect::<Vec<_>>());
            let mut names: Vec<usize> = found.iter().filter_map(|one| one.received).collect();
            names.sort_unstable();
            let once = names.windows(2).all(|pair| pair[0] != pair[1]);
            prop_assert!(once);
            prop_assert!((0..received.len()).all(|at| !received[at].expected || names.contains(&at)));
            let file: i64 = sales.iter().map(|sale| sale.cents).sum();
            let ledger: i64 = received.iter().filter(|one| one.expected).map(|one| one.cents).sum();
            let told: i64 = kinds(&found, &sales, &received).iter().map(|(_, _, cents)| cents).sum();
            prop_assert_eq!(told, file - ledger);
        }

        #[test]
        fn the_order_of_rows_and_receipts_means_nothing((sales, received) in both_sides(), turn in 0usize..14) {
            let (mut other_sales, mut other_received) = (sales.clone(), received.clone());
            other_sales.reverse();
            let by = turn % other_received.len().max(1);
            other_received.rotate_left(by);
            prop_assert_eq!(super::tests::found(&sales, &received), super::tests::found(&other_sales, &other_received));
        }

        #[test]
        fn what_is_called_matched_agrees_in_amount_and_in_time((sales, received) in both_sides()) {
            for one in compare(&sales, &received).iter().filter(|one| one.finding == Finding::Matched) {
                let (sale, receipt) = (&sales[one.sale.unwrap()], &received[one.received.unwrap()]);
                prop_assert_eq!(sale.cents, receipt.cents);
                prop_assert!(sale.from.abs_diff(receipt.time) <= WINDOW_MS);
            }
        }
    }
}
