//! The JSON of what a shop set up for its counter.

use serde::{Deserialize, Serialize};

/// What a shop sells by, and its tips: every till of it shows the same.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counter {
    /// VAT rates in hundredths of a percent, each once; an amount without an article is taken at the first, if nobody says otherwise.
    pub rates: Vec<u16>,
    /// The articles, in the order of their keys.
    pub items: Vec<Item>,
    /// Tips.
    pub tips: Tips,
}

/// France's rates, no article, no tips.
impl Default for Counter {
    fn default() -> Counter {
        Counter { rates: vec![2000, 1000, 550, 210], items: Vec::new(), tips: Tips { on: false, percents: vec![5, 10, 15] } }
    }
}

/// An article.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// What stands on its key and on tickets.
    pub label: String,
    /// In cents, with VAT, for one piece, kilogram or litre.
    pub price: u64,
    /// Its VAT rate in hundredths of a percent: one of the shop's.
    pub rate: u16,
    /// How it is measured: empty for pieces, else `kg` or `l`.
    pub unit: String,
    /// Whether it has a quick key.
    pub quick: bool,
}

/// What a till proposes as a tip.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tips {
    /// It proposes tips.
    pub on: bool,
    /// In percent, ascending.
    pub percents: Vec<u16>,
}

/// What the law wants to stand on tickets. Each may be empty, where it does not apply.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Legal {
    /// The name of the company.
    pub name: String,
    /// Its address, in one or several lines.
    pub address: String,
    /// The 14 digits of SIRET.
    pub siret: String,
    /// The VAT number, such as `FR40303265045`.
    pub vat_number: String,
    /// A line or two at the end: thanks, opening hours.
    pub footer: String,
}

/// Whether the till writes tickets. Most shops have a cash register of their own, and the till is a means of payment beside it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tickets {
    /// It does.
    pub on: bool,
}
