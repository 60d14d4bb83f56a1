//! The JSON of what a shop set up for its counter.

use serde::{Deserialize, Serialize};

/// Whether the till writes tickets. Most shops have a cash register of their own, and the till is a means of payment beside it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tickets {
    /// It does.
    pub on: bool,
}
