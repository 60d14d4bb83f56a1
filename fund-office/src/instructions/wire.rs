//! Members' standing instructions over HTTP, as JSON. Amounts are whole cents, times milliseconds since 1970.

use serde::Serialize;

/// `GET /office/v1/instructions`
#[derive(Serialize)]
pub struct Instructions {
    /// Professionals who have what exceeds their threshold redeemed, the largest excess first.
    pub standing: Vec<StandingLine>,
    /// Mandates of direct debits that were not revoked.
    pub mandates: Vec<MandateLine>,
}

/// A standing redemption.
#[derive(Serialize)]
pub struct StandingLine {
    pub account: String,
    pub name: Option<String>,
    /// What stays on the account.
    pub keep: u64,
    pub balance: i64,
    /// What may be redeemed now; 0 when nothing exceeds.
    pub above: u64,
}

/// A mandate.
#[derive(Serialize)]
pub struct MandateLine {
    pub account: String,
    pub name: Option<String>,
    pub reference: String,
    /// Each month.
    pub cents: u64,
    /// The day of the month.
    pub day: u8,
    pub signed: u64,
    /// True once a first collection was ordered.
    pub used: bool,
}
