//! What the rules say and read over HTTP, as JSON. Amounts are whole cents, times milliseconds since 1970.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `GET /office/v1/rules`
#[derive(Serialize)]
pub struct Rules {
    pub campaigns: Vec<CampaignRule>,
    /// Every version, the oldest first.
    pub fees: Vec<FeeVersion>,
    pub gifts: Vec<GiftRow>,
}

/// `GET /office/v1/campaigns`
#[derive(Serialize)]
pub struct Campaigns {
    pub campaigns: Vec<CampaignRule>,
}

/// A campaign: the words of its publication, and what it did.
#[derive(Serialize)]
pub struct CampaignRule {
    #[serde(flatten)]
    pub words: Value,
    /// The sponsor's euros that are left.
    pub money: i64,
    /// Bonuses given less those that went back.
    pub spent: u64,
    #[serde(flatten)]
    pub figures: CampaignFigures,
}

/// What a campaign did. Nothing stands where a sponsor reads and fewer than five members are counted.
#[derive(Serialize)]
pub struct CampaignFigures {
    pub members: Option<usize>,
    pub conversions: Option<u64>,
    pub months: Vec<CampaignMonth>,
}

/// One month of a campaign, less what went back.
#[derive(Serialize)]
pub struct CampaignMonth {
    /// `YYYY-MM`, in UTC.
    pub month: String,
    pub conversions: Option<u64>,
    pub euros: Option<u64>,
    pub bonus: Option<i64>,
    pub members: Option<usize>,
}

/// A version of the fee: the words of its publication, and whether it is the one in force.
#[derive(Serialize)]
pub struct FeeVersion {
    #[serde(flatten)]
    pub words: Value,
    pub in_force: bool,
}

/// A gift rule: the words of its publication, and its periods so far, the oldest first.
#[derive(Serialize)]
pub struct GiftRow {
    #[serde(flatten)]
    pub words: Value,
    pub periods_so_far: Vec<GiftPeriod>,
}

/// One period of a gift rule.
#[derive(Serialize)]
pub struct GiftPeriod {
    pub start: u64,
    pub end: u64,
    /// `running`, `ended`, `given`.
    pub state: &'static str,
    /// What each association is due; null for periods that are long over.
    pub due: Option<Vec<GiftDueLine>>,
    pub total: Option<u64>,
}

/// What one association is due.
#[derive(Serialize)]
pub struct GiftDueLine {
    pub account: String,
    pub name: Option<String>,
    pub members: u32,
    pub euros: u64,
    pub cents: u64,
}

/// `POST /office/v1/rules/simulate`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Simulate {
    /// The words of `publish_campaign`, `publish_fee` or `publish_gift`.
    pub draft: Value,
    pub from: u64,
    pub until: u64,
}

/// What a draft would have done.
#[derive(Serialize)]
pub struct Simulated {
    /// `publish_campaign`, `publish_fee`, `publish_gift`.
    pub kind: &'static str,
    pub from: u64,
    pub until: u64,
    /// True when the draft's dates lay elsewhere and were moved to the window.
    pub moved: bool,
    /// Where the sponsor's euros come from: `journal`, or `assumed` (the whole budget is paid in); null for fees and gifts.
    pub money: Option<&'static str>,
    pub months: Vec<SimulatedMonth>,
    /// Bonuses less those that went back; fees; gifts.
    pub cost: i64,
    /// Bonuses that went back.
    pub returned: u64,
    /// Of fees: what goes on to associations.
    pub given: u64,
    /// Of fees: redemptions that would be refused, because the fee is no less than the sum.
    pub refused: u64,
    pub budget: Option<u64>,
    /// What is left of the budget at the end of the window; gifts have a budget for each period.
    pub budget_left: Option<u64>,
    /// When the budget was used up for the first time.
    pub budget_ends: Option<u64>,
    /// When the sponsor's euros did not reach for the first time.
    pub money_ends: Option<u64>,
    pub capped: Capped,
    pub gains: Vec<Gain>,
    pub top: Vec<TopLine>,
    /// Of gifts: what each period comes to.
    pub periods: Vec<GiftPeriod>,
    /// Whether one can gain by going round.
    pub arbitrage: ArbitrageWarning,
    /// So many entries of the journal were read.
    pub entries: u64,
    pub took_ms: u64,
}

/// One month of a simulation.
#[derive(Serialize)]
pub struct SimulatedMonth {
    /// `YYYY-MM`, in UTC.
    pub month: String,
    /// Conversions; redemptions for a fee; associations for a gift.
    pub conversions: u64,
    pub euros: u64,
    pub cost: i64,
    pub members: usize,
}

/// Who met the cap.
#[derive(Serialize)]
pub struct Capped {
    pub members: usize,
    /// What the cap took from them.
    pub cents: u64,
}

/// A column of the histogram, both ends included.
#[derive(Serialize)]
pub struct Gain {
    pub cents_from: u64,
    pub cents_to: Option<u64>,
    pub members: usize,
}

/// One who gains (or pays) most.
#[derive(Serialize)]
pub struct TopLine {
    pub account: String,
    pub name: Option<String>,
    pub cents: i64,
}

/// Whether a member and a shop gain together.
#[derive(Serialize)]
pub struct ArbitrageWarning {
    /// `(1 + b)(1 − c)` as a decimal.
    pub factor: String,
    /// True when it is above one.
    pub gain: bool,
    /// True when the cap per member reaches as far as the budget.
    pub cap_missing: bool,
    /// Other campaigns whose bonus adds up.
    pub with: Vec<u32>,
    /// True when some professionals pay no fee: for them the factor is larger.
    pub exempt: bool,
    /// The largest; only where there is a gain.
    pub trips: Vec<TripLine>,
    pub trips_total: usize,
}

/// A round trip from euros to euros.
#[derive(Serialize)]
pub struct TripLine {
    pub account: String,
    pub name: Option<String>,
    pub shop: String,
    pub shop_name: Option<String>,
    pub converted: u64,
    pub bonus: u64,
    pub redeemed: u64,
    pub days: u64,
}
