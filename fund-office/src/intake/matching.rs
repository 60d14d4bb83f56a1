//! Whose money a line of a bank is, and how that is known. Pure: what there is to be found is asked of a [`Register`].
//!
//! In this order, and the first that says something decides: what our own files named (payments, collections) and returns; a creditor
//! reference that stands where references belong; one in the end-to-end id; one in free text; the payer's IBAN with exactly the amount of one
//! open order. Everything else is a question for a person. Nobody is ever found by name.

use crate::bank::Line;
use crate::iban;
use crate::intake::calendar::{Day, midnight};
use crate::payouts::redemption_of;
use ledger::account::CampaignNumber;
use ledger::fault::Fault;
use ledger::key::{AccountId, Hash32};
use ledger::orders::{ConversionOrder, is_reference, normalised};

/// A second payment of the same amount under the same reference counts as sent twice by mistake when it comes within so many days.
pub const TWICE_WITHIN_DAYS: u32 = 30;
/// The references that this project makes have so many characters: `RF`, two check digits, twelve more.
const OWN_REFERENCE: usize = 16;

/// How a line was recognised.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// By a creditor reference in its place.
    Reference,
    /// By a creditor reference as end-to-end id.
    EndToEnd,
    /// By a creditor reference in free text.
    FreeText,
    /// By the payer's IBAN and the exact amount of an open order.
    IbanAmount,
    /// By the end-to-end id that we gave a redemption's payment.
    OwnPayment,
    /// By the end-to-end id that we gave a direct debit.
    Collection,
    /// It names an earlier line, which it takes back.
    Return,
    /// A person said so.
    Person,
}

impl Reason {
    const ALL: [(Reason, &'static str); 8] = [
        (Reason::Reference, "reference"),
        (Reason::EndToEnd, "end_to_end"),
        (Reason::FreeText, "free_text"),
        (Reason::IbanAmount, "iban_amount"),
        (Reason::OwnPayment, "own_payment"),
        (Reason::Collection, "collection"),
        (Reason::Return, "return"),
        (Reason::Person, "person"),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        Reason::ALL.iter().find(|(reason, _)| *reason == self).map_or("", |(_, word)| word)
    }

    /// The reason with this word.
    pub fn from_word(word: &str) -> Option<Reason> {
        Reason::ALL.iter().find(|(_, known)| *known == word).map(|(reason, _)| *reason)
    }
}

/// How the money fits what was expected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fit {
    /// Just what was expected, or the rest of it.
    Exact,
    /// More. Converted as it arrived: the euros are the member's.
    Over,
    /// Less, such as the first part of two. Converted as it arrived.
    Under,
    /// After the order had expired or was taken back. Converted as it arrived.
    Late,
    /// As if it had been paid twice: a person decides.
    Duplicate,
    /// Under the account's constant reference: no sum was expected.
    Standing,
}

impl Fit {
    const ALL: [(Fit, &'static str); 6] = [
        (Fit::Exact, "exact"),
        (Fit::Over, "over"),
        (Fit::Under, "under"),
        (Fit::Late, "late"),
        (Fit::Duplicate, "duplicate"),
        (Fit::Standing, "standing"),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        Fit::ALL.iter().find(|(fit, _)| *fit == self).map_or("", |(_, word)| word)
    }

    /// The fit with this word.
    pub fn from_word(word: &str) -> Option<Fit> {
        Fit::ALL.iter().find(|(_, known)| *known == word).map(|(fit, _)| *fit)
    }
}

/// What a line is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// A member's conversion, and the order that it answers.
    Member {
        /// Whose.
        account: AccountId,
        /// The number of the order.
        order: Option<u64>,
    },
    /// A sponsor's euros.
    Campaign(CampaignNumber),
    /// The payment of a redemption, or that payment coming back.
    Redemption(u64),
    /// An earlier credit, which is taken back.
    Credit(Hash32),
}

impl Target {
    /// True when two lines of one amount with these targets may be one payment: not when they answer different orders.
    pub fn may_be_of_one_payment(&self, other: &Target) -> bool {
        match (self, other) {
            (Target::Member { order: Some(order), .. }, Target::Member { order: Some(another), .. }) if order != another => false,
            _ => self.is_for_the_same_as(other),
        }
    }

    fn is_for_the_same_as(&self, other: &Target) -> bool {
        match (self, other) {
            (Target::Member { account, .. }, Target::Member { account: another, .. }) => account == another,
            _ => self == other,
        }
    }
}

/// What was found, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Match {
    /// How it is known.
    pub reason: Reason,
    /// How the money fits.
    pub fit: Fit,
    /// What it is about.
    pub target: Target,
}

impl Match {
    /// True when nobody has to be asked.
    pub fn is_clear(&self) -> bool {
        self.fit != Fit::Duplicate
    }
}

/// Euros that arrived for an order before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Received {
    /// How much, in cents.
    pub cents: u64,
    /// On which day.
    pub day: Day,
}

/// What there is to be found.
pub trait Register {
    /// The account with this constant reference, normalised.
    fn account_of(&self, reference: &str) -> Option<AccountId>;
    /// The order with this reference.
    fn order_of(&self, reference: &str) -> Result<Option<ConversionOrder>, Fault>;
    /// The campaign with this reference.
    fn campaign_of(&self, reference: &str) -> Option<CampaignNumber>;
    /// The members who gave this IBAN as their own.
    fn holders_of(&self, iban: &str) -> Vec<AccountId>;
    /// The newest orders of an account.
    fn orders_of(&self, account: &AccountId) -> Result<Vec<ConversionOrder>, Fault>;
    /// What arrived for an order before this line.
    fn received(&self, account: &AccountId, order: u64) -> Vec<Received>;
    /// Whether a redemption has this number.
    fn knows_redemption(&self, redemption: u64) -> bool;
    /// Who was asked for a direct debit under this end-to-end id, and for how much.
    fn collected(&self, end_to_end: &str) -> Result<Option<(AccountId, u64)>, Fault>;
    /// The earlier credits that a line which takes back names: those under the bank's reference, or else under an end-to-end id that is ours, or
    /// that came from the same IBAN.
    fn taken_back(&self, line: &Line) -> Result<Vec<Hash32>, Fault>;
}

/// Finds what a booked line of `day` is about.
///
/// # Errors
///
/// Those of the register.
pub fn find(line: &Line, day: Day, known: &impl Register) -> Result<Option<Match>, Fault> {
    if let Some(found) = own(line, known)? {
        return Ok(Some(found));
    }
    if line.amount < 0 {
        return Ok(None);
    }
    if is_taking_back(line) {
        // A debit that came back is no payment by a member, whatever its text says.
        return Ok(None);
    }
    let amount = line.amount.unsigned_abs();
    let whole = |text: &&String| is_reference(text);
    let typed = normalised(&line.text);
    // What the reader found in the free text is judged there, by where it stands.
    let in_place = line.references.iter().filter(whole).map(|text| normalised(text)).filter(|text| !typed.contains(text));
    let places: [(Reason, Vec<String>); 3] = [
        (Reason::Reference, in_place.collect()),
        (Reason::EndToEnd, line.end_to_end.iter().filter(whole).map(|text| normalised(text)).collect()),
        (Reason::FreeText, references_in(&line.text)),
    ];
    for (reason, references) in places {
        let mut targets: Vec<(Target, Fit)> = Vec::new();
        for reference in references {
            let Some(found) = referred(&reference, amount, day, known)? else { continue };
            match targets.iter_mut().find(|(before, _)| before.is_for_the_same_as(&found.0)) {
                // The order says more than the account's constant reference beside it.
                Some(before) if matches!(before.0, Target::Member { order: None, .. }) => *before = found,
                Some(_) => {}
                None => targets.push(found),
            }
        }
        match targets[..] {
            [] => {}
            [(target, fit)] => return Ok(Some(Match { reason, fit, target })),
            // Two references of ours that say different things: only a person knows.
            _ => return Ok(None),
        }
    }
    by_iban(line, amount, day, known)
}

/// True when the bank says that the line takes an earlier one back.
pub fn is_taking_back(line: &Line) -> bool {
    line.reversal || line.returned || line.return_code.is_some()
}

/// What a line has in common with any other line of the same payment, whatever file that comes in: references wherever they stand, the end-to-end
/// id, the other side's IBAN, and the words.
pub fn likeness(line: &Line) -> Vec<String> {
    let named = line.references.iter().chain(&line.end_to_end).map(|text| normalised(text));
    let mut marks: Vec<String> = named.chain(references_in(&line.text)).filter(|text| !text.is_empty()).collect();
    marks.extend(line.iban.as_deref().map(|iban| format!("iban {}", normalised(iban))));
    let words = line.text.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase();
    marks.extend(Some(words).filter(|words| !words.is_empty()).map(|words| format!("text {words}")));
    marks.sort_unstable();
    marks.dedup();
    marks
}

/// What our own files named, and returns.
fn own(line: &Line, known: &impl Register) -> Result<Option<Match>, Fault> {
    let named = line.end_to_end.iter().chain(&line.references);
    let redemption =
        named.filter_map(|text| redemption_of(text)).map(|(number, _)| number).find(|number| known.knows_redemption(*number));
    // Anybody can write our id on a transfer to us; only the bank says that a payment came back.
    if let Some(number) = redemption.filter(|_| line.amount < 0 || is_taking_back(line)) {
        return Ok(Some(Match { reason: Reason::OwnPayment, fit: Fit::Exact, target: Target::Redemption(number) }));
    }
    if line.amount < 0 {
        if !is_taking_back(line) {
            return Ok(None);
        }
        let [credit] = known.taken_back(line)?[..] else { return Ok(None) };
        return Ok(Some(Match { reason: Reason::Return, fit: Fit::Exact, target: Target::Credit(credit) }));
    }
    if is_taking_back(line) {
        return Ok(None);
    }
    let collected = line.end_to_end.as_deref().map(|text| known.collected(text)).transpose()?.flatten();
    Ok(collected.map(|(account, cents)| {
        let fit = fit(line.amount.unsigned_abs(), cents);
        Match { reason: Reason::Collection, fit, target: Target::Member { account, order: None } }
    }))
}

fn fit(arrived: u64, expected: u64) -> Fit {
    match arrived.cmp(&expected) {
        std::cmp::Ordering::Less => Fit::Under,
        std::cmp::Ordering::Equal => Fit::Exact,
        std::cmp::Ordering::Greater => Fit::Over,
    }
}

/// What one of our references says of so many cents.
fn referred(reference: &str, cents: u64, day: Day, known: &impl Register) -> Result<Option<(Target, Fit)>, Fault> {
    if let Some(order) = known.order_of(reference)? {
        let target = Target::Member { account: order.account, order: Some(order.number) };
        return Ok(Some((target, answered(&order, cents, day, known))));
    }
    if let Some(account) = known.account_of(reference) {
        let orders = known.orders_of(&account)?;
        let mut exact = orders.iter().filter(|order| order.cents == cents && waits(order, day));
        let (order, fit) = match (exact.next(), exact.next()) {
            (Some(order), None) => (Some(order.number), Fit::Exact),
            _ => (None, Fit::Standing),
        };
        return Ok(Some((Target::Member { account, order }, fit)));
    }
    Ok(known.campaign_of(reference).map(|campaign| (Target::Campaign(campaign), Fit::Exact)))
}

/// True while an order waits, on the day of the bank's booking. The day on which it was made counts whole.
fn waits(order: &ConversionOrder, day: Day) -> bool {
    !order.cancelled && order.credit.is_none() && midnight(day) < order.expires && order.created < midnight(day + 1)
}

/// How so many cents fit an order, after what arrived for it before.
fn answered(order: &ConversionOrder, cents: u64, day: Day, known: &impl Register) -> Fit {
    let before = known.received(&order.account, order.number);
    let sum: u64 = before.iter().map(|received| received.cents).sum();
    let again = |received: &Received| received.cents == cents && received.day.abs_diff(day) <= TWICE_WITHIN_DAYS;
    if sum.saturating_add(cents) > order.cents && before.iter().any(again) {
        return Fit::Duplicate;
    }
    if order.cancelled || midnight(day) >= order.expires {
        return Fit::Late;
    }
    fit(sum.saturating_add(cents), order.cents)
}

fn by_iban(line: &Line, cents: u64, day: Day, known: &impl Register) -> Result<Option<Match>, Fault> {
    let Some(iban) = line.iban.as_deref().and_then(iban::normalised) else { return Ok(None) };
    let mut found = Vec::new();
    for account in known.holders_of(&iban) {
        let orders = known.orders_of(&account)?;
        found.extend(orders.into_iter().filter(|order| order.cents == cents && waits(order, day)));
    }
    let [order] = &found[..] else { return Ok(None) };
    let target = Target::Member { account: order.account, order: Some(order.number) };
    Ok(Some(Match { reason: Reason::IbanAmount, fit: Fit::Exact, target }))
}

/// The creditor references of our length in a text, whatever their case and their spaces, each once. One that is a part of a longer word is
/// none.
pub fn references_in(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().map(|character| character.to_ascii_uppercase()).collect();
    let mut found: Vec<String> = Vec::new();
    for start in 0..characters.len() {
        let begins = start == 0 || !characters[start - 1].is_alphanumeric();
        if begins && characters[start] == 'R' {
            found.extend(reference_at(&characters[start..]).filter(|reference| !found.contains(reference)));
        }
    }
    found
}

fn reference_at(characters: &[char]) -> Option<String> {
    let mut reference = String::with_capacity(OWN_REFERENCE);
    let mut rest = characters.iter();
    while reference.len() < OWN_REFERENCE {
        match rest.next()? {
            character if character.is_ascii_alphanumeric() => reference.push(*character),
            character if character.is_whitespace() => {}
            _ => return None,
        }
    }
    let ends = rest.next().is_none_or(|next| !next.is_alphanumeric());
    (ends && is_reference(&reference)).then_some(reference)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::orders::{ORDER_LIFE_MS, campaign_reference, order_reference, reference};

    const ANNA: AccountId = AccountId([1; 16]);
    const BORIS: AccountId = AccountId([2; 16]);
    const TODAY: Day = 20_000;
    const IBAN: &str = "FR7630006000011234567890189";

    #[derive(Default)]
    struct Known {
        orders: Vec<ConversionOrder>,
        received: Vec<Received>,
        taken_back: Vec<Hash32>,
    }

    impl Known {
        fn with(orders: &[ConversionOrder]) -> Known {
            Known { orders: orders.to_vec(), ..Known::default() }
        }
    }

    impl Register for Known {
        fn account_of(&self, text: &str) -> Option<AccountId> {
            [ANNA, BORIS].into_iter().find(|account| reference(account) == text)
        }
        fn order_of(&self, text: &str) -> Result<Option<ConversionOrder>, Fault> {
            Ok(self.orders.iter().find(|order| order.reference == text).cloned())
        }
        fn campaign_of(&self, text: &str) -> Option<CampaignNumber> {
            (campaign_reference(7) == text).then_some(7)
        }
        fn holders_of(&self, iban: &str) -> Vec<AccountId> {
            if iban == IBAN { vec![ANNA, BORIS] } else { Vec::new() }
        }
        fn orders_of(&self, account: &AccountId) -> Result<Vec<ConversionOrder>, Fault> {
            Ok(self.orders.iter().filter(|order| order.account == *account).cloned().collect())
        }
        fn received(&self, _: &AccountId, _: u64) -> Vec<Received> {
            self.received.clone()
        }
        fn knows_redemption(&self, redemption: u64) -> bool {
            redemption == 44
        }
        fn collected(&self, end_to_end: &str) -> Result<Option<(AccountId, u64)>, Fault> {
            Ok((end_to_end == "DD-1-1").then_some((BORIS, 2_000)))
        }
        fn taken_back(&self, _: &Line) -> Result<Vec<Hash32>, Fault> {
            Ok(self.taken_back.clone())
        }
    }

    fn order(account: AccountId, number: u64, cents: u64) -> ConversionOrder {
        let created = midnight(TODAY) - 1_000;
        let reference = order_reference(&account, number);
        let expires = created + ORDER_LIFE_MS;
        ConversionOrder { number, account, cents, reference, created, expires, cancelled: false, credit: None }
    }

    fn line(cents: i64) -> Line {
        Line::new(cents, "EUR".into())
    }

    fn said(line: &Line, known: &Known) -> Option<(&'static str, &'static str, Target)> {
        find(line, TODAY, known).unwrap().map(|found| (found.reason.word(), found.fit.word(), found.target))
    }

    fn member(account: AccountId, order: Option<u64>) -> Target {
        Target::Member { account, order }
    }

    #[test]
    fn places_are_asked_in_order_and_the_first_that_says_something_decides() {
        let known = Known::with(&[order(ANNA, 1, 1_000)]);
        let mut paid = line(1_000);
        paid.iban = Some(IBAN.into());
        assert_eq!(said(&paid, &known), Some(("iban_amount", "exact", member(ANNA, Some(1)))));
        paid.text = format!("merci {}", reference(&BORIS));
        assert_eq!(said(&paid, &known), Some(("free_text", "standing", member(BORIS, None))));
        paid.end_to_end = Some(campaign_reference(7));
        assert_eq!(said(&paid, &known), Some(("end_to_end", "exact", Target::Campaign(7))));
        paid.references = vec![order_reference(&ANNA, 1)];
        assert_eq!(said(&paid, &known), Some(("reference", "exact", member(ANNA, Some(1)))));
        paid.end_to_end = Some("DD-1-1".into());
        assert_eq!(said(&paid, &known), Some(("collection", "under", member(BORIS, None))));
    }

    #[test]
    fn nobody_is_found_by_name_by_a_mistyped_reference_or_by_an_amount_alone() {
        let known = Known::with(&[order(ANNA, 1, 1_000)]);
        let mut paid = line(1_000);
        paid.counterparty = Some("Anna".into());
        assert_eq!(said(&paid, &known), None);
        let mut mistyped = order_reference(&ANNA, 1);
        let last = mistyped.pop().unwrap();
        mistyped.push(if last == 'Z' { 'Y' } else { 'Z' });
        paid.references = vec![mistyped.clone()];
        paid.text = mistyped;
        assert_eq!(said(&paid, &known), None);
        // Two orders of that amount under one IBAN: only a person knows.
        let two = Known::with(&[order(ANNA, 1, 1_000), order(BORIS, 1, 1_000)]);
        paid.iban = Some(IBAN.into());
        assert_eq!(said(&paid, &two), None);
    }

    #[test]
    fn over_under_late_and_twice_are_told_apart() {
        let wanted = order(ANNA, 1, 1_000);
        let mut paid = line(1_000);
        paid.references = vec![wanted.reference.clone()];
        let fit =
            |cents: i64, day: Day, known: &Known| find(&Line { amount: cents, ..paid.clone() }, day, known).unwrap().unwrap().fit;
        let fresh = Known::with(std::slice::from_ref(&wanted));
        assert_eq!([1_000, 1_001, 999].map(|cents| fit(cents, TODAY, &fresh)), [Fit::Exact, Fit::Over, Fit::Under]);
        assert_eq!(fit(1_000, TODAY + 30, &fresh), Fit::Late);
        let half = Known { received: vec![Received { cents: 500, day: TODAY }], ..Known::with(std::slice::from_ref(&wanted)) };
        assert_eq!(fit(500, TODAY, &half), Fit::Exact);
        let answered = Known { received: vec![Received { cents: 1_000, day: TODAY }], ..Known::with(&[wanted]) };
        assert_eq!([TODAY, TODAY + 30].map(|day| fit(1_000, day, &answered)), [Fit::Duplicate; 2]);
        assert_eq!(fit(1_000, TODAY + 31, &answered), Fit::Late);
        assert!(!find(&paid, TODAY, &answered).unwrap().unwrap().is_clear());
    }

    #[test]
    fn a_reference_in_free_text_stands_alone() {
        let anna = reference(&ANNA);
        let spaced = format!("Virement {} {} {}, merci", anna[..4].to_lowercase(), &anna[4..9], &anna[9..]);
        assert_eq!(references_in(&spaced), std::slice::from_ref(&anna));
        assert_eq!(references_in(&format!("/{anna}/")), std::slice::from_ref(&anna));
        for inside in [
            format!("X{anna}"),
            format!("{anna}9"),
            format!("9{anna}"),
            format!("é{anna}"),
            format!("{}-{}", &anna[..8], &anna[8..]),
        ] {
            assert!(references_in(&inside).is_empty(), "{inside}");
        }
        // What the reader noticed in a longer word is not taken from its list either.
        let mut paid = line(500);
        paid.text = format!("X{anna}");
        paid.references = vec![anna.clone()];
        assert_eq!(said(&paid, &Known::default()), None);
        paid.text = format!("{anna} {}", reference(&BORIS));
        paid.references.clear();
        assert_eq!(said(&paid, &Known::default()), None, "two members in one text");
        paid.text = format!("{anna} {}", order_reference(&ANNA, 1));
        assert_eq!(said(&paid, &Known::with(&[order(ANNA, 1, 500)])), Some(("free_text", "exact", member(ANNA, Some(1)))));
    }

    #[test]
    fn only_the_bank_says_that_something_came_back() {
        let known = Known { taken_back: vec![Hash32([9; 32])], ..Known::default() };
        let mut moved = line(-700);
        assert_eq!(said(&moved, &known), None);
        moved.return_code = Some("MD06".into());
        assert_eq!(said(&moved, &known), Some(("return", "exact", Target::Credit(Hash32([9; 32])))));
        let two = Known { taken_back: vec![Hash32([8; 32]), Hash32([9; 32])], ..Known::default() };
        assert_eq!(said(&moved, &two), None, "two credits may be meant");
        let mut paid = Line { end_to_end: Some("RED-44-1".into()), ..line(-700) };
        assert_eq!(said(&paid, &known), Some(("own_payment", "exact", Target::Redemption(44))));
        // Anybody can write our id on a transfer to us.
        paid.amount = 700;
        assert_eq!(said(&paid, &known), None);
        paid.returned = true;
        assert_eq!(said(&paid, &known), Some(("own_payment", "exact", Target::Redemption(44))));
        let reversed = Line { reversal: true, references: vec![reference(&ANNA)], ..line(700) };
        assert_eq!(said(&reversed, &known), None, "a debit that came back is no payment by a member");
    }
}
