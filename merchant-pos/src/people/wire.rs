//! The JSON of who works at a shop's tills, and of its own limits.

use serde::{Deserialize, Serialize};

/// The cashiers of a shop.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct People {
    /// In no order.
    pub cashiers: Vec<Cashier>,
}

/// A cashier, and what the shop lets them do beyond asking for payments.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cashier {
    /// Their key.
    pub key: String,
    /// Their name, as tills and lists show it: 1 to 40 characters.
    pub name: String,
    /// Gives money back, up to what the ledger lets the key give back in a day.
    pub refund: bool,
    /// Gives a discount.
    pub discount: bool,
    /// Closes a day.
    pub close: bool,
    /// Changes what the shop set up.
    pub settings: bool,
}

/// What a till of this shop takes without network, at the shop's risk. The association's limits hold beside them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// In one ticket, in cents; absent: as the association says; 0: nothing.
    pub per_ticket: Option<u64>,
    /// On one day, in cents, at each till; absent: as the association says; 0: nothing.
    pub per_day: Option<u64>,
}
