//! What a shop set up for its counter: bounds of each part.

pub mod wire;

use crate::error::Refusal;
use crate::settings::{Part, Who};
use wire::{Counter, Item, Legal, Tickets, Tips};

/// More rates than any country has.
const MAX_RATES: usize = 8;
/// A hundred percent, in hundredths of a percent.
const MAX_RATE: u16 = 10_000;
/// A small catalogue: it is read whole by every till.
const MAX_ITEMS: usize = 1_000;
/// What a line of a ticket takes.
const MAX_LABEL_BYTES: usize = 60;
/// The largest amount that a till's pad takes, in cents.
const MAX_PRICE: u64 = 9_999_999;
/// As many buttons as stand in a row.
const MAX_TIPS: usize = 4;
/// In percent; a larger tip is typed as an amount.
const MAX_TIP: u16 = 50;
/// A name, or one field of a number.
const MAX_NAME_BYTES: usize = 100;
/// An address or a footer: some lines of a narrow printer.
const MAX_TEXT_BYTES: usize = 300;
/// Digits of SIRET.
const SIRET_DIGITS: usize = 14;
/// Characters of the longest VAT number in Europe, with room.
const MAX_VAT_NUMBER: usize = 20;

const UNITS: [&str; 3] = ["", "kg", "l"];

impl Part for Counter {
    const NAME: &'static str = "counter";
    /// The journal of the till notes each change.
    const WHO: Who = Who::Till;

    fn check(&self) -> Result<(), Refusal> {
        let Counter { rates, items, tips } = self;
        let known = (1..=MAX_RATES).contains(&rates.len()) && rates.iter().all(|rate| *rate <= MAX_RATE) && is_set(rates);
        need(known, "`rates` are 1 to 8 different VAT rates, in hundredths of a percent, 10000 at most.")?;
        need(items.len() <= MAX_ITEMS, "`items` are 1000 articles at most.")?;
        items.iter().try_for_each(|item| check_item(item, rates))?;
        check_tips(tips)
    }
}

fn check_item(item: &Item, rates: &[u16]) -> Result<(), Refusal> {
    let Item { label, price, rate, unit, quick: _ } = item;
    let named = (1..=MAX_LABEL_BYTES).contains(&label.len()) && label.trim() == label && is_line(label);
    need(named, "A `label` is one line of 1 to 60 bytes, with no space at its ends.")?;
    need((1..=MAX_PRICE).contains(price), "A `price` is 1 to 9999999 cents.")?;
    need(rates.contains(rate), "The `rate` of an article is one of `rates`.")?;
    need(UNITS.contains(&unit.as_str()), "A `unit` is empty, `kg` or `l`.")
}

fn check_tips(Tips { on: _, percents }: &Tips) -> Result<(), Refusal> {
    let bounded = percents.len() <= MAX_TIPS && percents.iter().all(|percent| (1..=MAX_TIP).contains(percent));
    let ascending = percents.is_sorted_by(|a, b| a < b);
    need(bounded && ascending, "`percents` are at most 4 tips of 1 to 50 percent, ascending.")
}

impl Part for Legal {
    const NAME: &'static str = "legal";
    /// The journal of the till notes each change.
    const WHO: Who = Who::Till;

    fn check(&self) -> Result<(), Refusal> {
        let Legal { name, address, siret, vat_number, footer } = self;
        need(name.len() <= MAX_NAME_BYTES && is_line(name), "`name` is one line of 100 bytes at most.")?;
        need(address.len() <= MAX_TEXT_BYTES && is_text(address), "`address` has 300 bytes at most.")?;
        let digits = siret.len() == SIRET_DIGITS && siret.bytes().all(|byte| byte.is_ascii_digit());
        need(siret.is_empty() || digits, "`siret` is empty or 14 digits.")?;
        let plain = vat_number.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        need(vat_number.len() <= MAX_VAT_NUMBER && plain, "`vat_number` is empty or at most 20 capitals and digits.")?;
        need(footer.len() <= MAX_TEXT_BYTES && is_text(footer), "`footer` has 300 bytes at most.")
    }
}

impl Part for Tickets {
    const NAME: &'static str = "tickets";
    const WHO: Who = Who::Full;
    const IN_WALLETS: bool = true;

    fn check(&self) -> Result<(), Refusal> {
        Ok(())
    }
}

fn need(good: bool, sentence: &'static str) -> Result<(), Refusal> {
    if good { Ok(()) } else { Err(Refusal::Malformed(sentence)) }
}

/// Whether no value stands twice.
fn is_set(values: &[u16]) -> bool {
    values.iter().enumerate().all(|(place, value)| !values[..place].contains(value))
}

fn is_line(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

fn is_text(text: &str) -> bool {
    text.split('\n').all(is_line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item() -> Item {
        Item { label: "Pain".into(), price: 120, rate: 550, unit: String::new(), quick: true }
    }

    fn counter(change: impl Fn(&mut Counter)) -> bool {
        let mut counter = Counter { items: vec![item()], ..Counter::default() };
        change(&mut counter);
        counter.check().is_ok()
    }

    #[test]
    fn an_article_has_a_label_a_price_and_a_rate_of_the_shop() {
        assert!(counter(|_| ()));
        assert!(counter(|counter| counter.items[0].unit = "kg".into()));
        assert!(!counter(|counter| counter.items[0].unit = "lb".into()));
        for label in ["", " Pain", "Pain\n", &"x".repeat(MAX_LABEL_BYTES + 1)] {
            assert!(!counter(|counter| counter.items[0].label = label.into()), "{label:?}");
        }
        for price in [0, MAX_PRICE + 1] {
            assert!(!counter(|counter| counter.items[0].price = price));
        }
        assert!(!counter(|counter| counter.items[0].rate = 600));
        assert!(!counter(|counter| counter.items = vec![item(); MAX_ITEMS + 1]));
    }

    #[test]
    fn rates_stand_once_and_tips_ascend() {
        assert!(counter(|counter| counter.rates = vec![550, 0]));
        for rates in [vec![], vec![550, 550], vec![550, MAX_RATE + 1], (0..9).chain([550]).collect()] {
            assert!(!counter(|counter| counter.rates.clone_from(&rates)), "{rates:?}");
        }
        for percents in [vec![10, 5], vec![5, 5], vec![0], vec![MAX_TIP + 1], vec![1, 2, 3, 4, 5]] {
            assert!(!counter(|counter| counter.tips.percents.clone_from(&percents)), "{percents:?}");
        }
    }

    #[test]
    fn legal_facts_may_be_missing_and_are_what_they_say() {
        let good = |change: &dyn Fn(&mut Legal)| {
            let mut legal = Legal::default();
            change(&mut legal);
            legal.check().is_ok()
        };
        assert!(good(&|_| ()));
        assert!(good(&|legal| legal.address = "1 rue du Four\n64100 Bayonne".into()));
        assert!(good(&|legal| legal.siret = "12345678900012".into()));
        assert!(good(&|legal| legal.vat_number = "FR40303265045".into()));
        assert!(!good(&|legal| legal.siret = "1234567890001".into()));
        assert!(!good(&|legal| legal.vat_number = "fr40".into()));
        assert!(!good(&|legal| legal.name = "A\nB".into()));
        assert!(!good(&|legal| legal.footer = "\u{1b}@".into()));
    }
}
