//! What the office says and reads over HTTP, as JSON. The only file of this crate that derives serde.
//!
//! Amounts are whole cents, times milliseconds since 1970, accounts bech32m texts, keys and hashes lower hex.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An RFC 9457 problem.
#[derive(Serialize)]
pub struct ProblemBody<'p> {
    /// `/errors/<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: &'static str,
    pub status: u16,
    pub detail: &'p str,
    pub code: &'static str,
    #[serde(flatten)]
    pub table: Option<TableShown<'p>>,
}

/// The beginning of a table whose columns are not known.
#[derive(Serialize)]
pub struct TableShown<'p> {
    pub columns: &'p [String],
    pub rows: &'p [Vec<String>],
}

/// The room on the node's disk.
#[derive(Clone, Copy, Serialize)]
pub struct Disk {
    /// Free megabytes.
    pub free_mb: u64,
    /// Somebody has to make room.
    pub alarm: bool,
    /// There is so little that no new orders are taken.
    pub full: bool,
}

/// `GET /office/v1/overview`
#[derive(Serialize)]
pub struct Overview {
    pub currency: String,
    pub media: Vec<MediumLine>,
    pub banks: Vec<BankLine>,
    pub campaigns: Vec<CampaignLine>,
    /// Proposals that wait.
    pub waiting: usize,
    /// Open accounts that are no professional's.
    pub members: usize,
    /// Open accounts of professionals.
    pub professionals: usize,
    /// Euros of members that arrived.
    #[serde(rename = "in")]
    pub arrived: Arrived,
    /// What somebody should look at, the most urgent first.
    pub odd: Vec<Odd>,
    pub disk: Disk,
}

/// Euros of members that banks credited, in cents, as far as they are booked.
#[derive(Serialize)]
pub struct Arrived {
    /// Since midnight, in UTC.
    pub today: u64,
    /// On this day and the six before.
    pub week: u64,
}

/// Something that somebody should look at. What does not apply is left out.
#[derive(Serialize, Default, Debug, PartialEq, Eq)]
pub struct Odd {
    pub code: &'static str,
    /// How many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub medium: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bank: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gift: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Since when; or when it will be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
}

/// One guarantee fund.
#[derive(Serialize)]
pub struct MediumLine {
    pub medium: &'static str,
    pub circulation: i64,
    pub cover: i64,
    pub payable: i64,
    pub fees_due: i64,
    pub pledged: i64,
    /// Euros on the way between the two funds. This version moves them in one act, so that none are.
    pub in_transit: i64,
    /// Cover less circulation; negative is a shortfall.
    pub surplus: i64,
    pub covered: bool,
}

/// One bank account of a fund.
#[derive(Serialize)]
pub struct BankLine {
    pub bank: u16,
    pub medium: &'static str,
    pub class: &'static str,
    pub balance: i64,
    pub unmatched: i64,
    pub campaigns: i64,
    pub own: i64,
    pub cover: i64,
    /// The other bank accounts under the same IBAN: what a bank says of it must be confirmed for one of them only.
    pub same_iban: Vec<u16>,
}

/// One campaign.
#[derive(Serialize)]
pub struct CampaignLine {
    pub campaign: u32,
    pub version: u32,
    pub bank: u16,
    /// The sponsor's euros that are left.
    pub money: i64,
    pub spent: u64,
    pub budget: u64,
    /// At most this much per member and period.
    pub cap: u64,
    pub start: u64,
    pub end: u64,
    pub numerator: u64,
    pub denominator: u64,
}

/// `GET /office/v1/proposals`
#[derive(Serialize)]
pub struct Proposals {
    pub proposals: Vec<ProposalLine>,
}

/// A proposal that waits.
#[derive(Serialize)]
pub struct ProposalLine {
    pub proposal: String,
    pub sequence: u64,
    pub time: u64,
    pub lapses: u64,
    /// The code of the act's kind.
    pub act: u64,
    pub words: Value,
    pub proposer: Proposer,
    /// The numbers of those who have spoken for it, the proposer first.
    pub approvals: Vec<u16>,
    /// How many persons it needs.
    pub persons: u8,
    /// The roles that count.
    pub roles: Vec<&'static str>,
    pub mine: bool,
    pub can_approve: bool,
    /// Why not, as a rejection's code.
    pub why_not: Option<&'static str>,
}

/// Who proposed.
#[derive(Serialize)]
pub struct Proposer {
    pub number: u16,
}

/// `GET /office/v1/acts`
#[derive(Serialize)]
pub struct Acts {
    pub acts: Vec<ActLine>,
    /// The entry that the next page starts with.
    pub next: Option<u64>,
}

/// `?before=&limit=&kind=&operator=`: `before` is what the page before named as `next`; `kind` is the word of an act, or of an entry.
#[derive(Deserialize)]
pub struct ActsQuery {
    #[serde(alias = "from")]
    pub before: Option<u64>,
    pub limit: Option<usize>,
    pub kind: Option<String>,
    pub operator: Option<u16>,
}

/// An entry that a person of the association signed.
#[derive(Serialize)]
pub struct ActLine {
    pub sequence: u64,
    pub time: u64,
    /// The number of the person whose key signed.
    pub operator: Option<u16>,
    /// The numbers of those who had spoken for the act by then, the proposer first.
    pub approvals: Vec<u16>,
    /// `genesis`, `propose`, `approve`, `refuse`.
    pub kind: &'static str,
    /// The transaction that proposed the act.
    pub proposal: Option<String>,
    /// The code of the act's kind.
    pub act: Option<u64>,
    /// The act, in words.
    pub fields: Option<Value>,
    pub outcome: Value,
}

/// `GET /office/v1/members`
#[derive(Serialize)]
pub struct Members {
    pub members: Vec<MemberLine>,
}

/// `?query=&limit=`
#[derive(Deserialize)]
pub struct MembersQuery {
    pub query: Option<String>,
    pub limit: Option<usize>,
}

/// A member.
#[derive(Serialize)]
pub struct MemberLine {
    pub account: String,
    pub kind: &'static str,
    pub status: &'static str,
    pub level: u8,
    pub groups: Vec<u16>,
    pub balance: i64,
    pub receivable: u64,
    pub name: Option<String>,
    /// The newest change to the directory's entry by a person of the association.
    pub changed: Option<Changed>,
}

/// Who changed a member's entry in the directory, when, and which fields: `name`, `trade`, `contact`, `iban`.
#[derive(Serialize)]
pub struct Changed {
    pub by: u16,
    pub time: u64,
    pub fields: Vec<&'static str>,
}

/// `GET /office/v1/members/{account}`
#[derive(Serialize)]
pub struct Member {
    pub account: String,
    pub kind: &'static str,
    pub status: &'static str,
    pub level: u8,
    pub groups: Vec<u16>,
    pub balance: i64,
    pub receivable: u64,
    pub name: Option<String>,
    pub trade: Option<String>,
    /// Only for those who act, as the IBAN.
    pub contact: Option<String>,
    pub iban: Option<String>,
    pub keys: Vec<KeyLine>,
    pub limits: MemberLimits,
    /// The association that it supports, and the second choice.
    pub choices: Vec<ChoiceLine>,
    /// Of an association: how many open accounts chose it first.
    pub chosen_first: Option<usize>,
    /// What exceeds so many cents may be redeemed without asking each time.
    pub redeem_above: Option<u64>,
    pub redemptions: Vec<MemberRedemption>,
    pub orders: Vec<MemberOrder>,
    pub mandate: Option<MandateLine>,
    /// The newest entries.
    pub entries: Vec<EntryLine>,
    /// The newest changes to the directory's entry.
    pub changes: Vec<ChangeLine>,
}

/// A key: `key`, `scope`, `per_payment`, `per_day`, `payee`, and what it spent today.
#[derive(Serialize)]
pub struct KeyLine {
    #[serde(flatten)]
    pub words: Value,
    pub spent_today: u64,
    /// Good from this time on; 0: since it is there.
    pub from: u64,
    /// What the member calls it; not for who only audits.
    pub label: Option<String>,
}

/// What the member's level allows, and what was paid on this day and the 29 before.
#[derive(Serialize)]
pub struct MemberLimits {
    pub per_payment: Option<u64>,
    pub held: Option<u64>,
    pub paid_30_days: Option<u64>,
    pub paid: u64,
}

/// An association.
#[derive(Serialize)]
pub struct ChoiceLine {
    pub account: String,
    pub name: Option<String>,
}

/// A redemption of the member.
#[derive(Serialize)]
pub struct MemberRedemption {
    pub redemption: u64,
    pub gross: u64,
    pub fee: u64,
    pub given: u64,
    pub net: u64,
    /// `payable`, `ordered`, `paid`.
    pub state: &'static str,
    pub bank: Option<u16>,
    pub time: u64,
}

/// What the member said they will transfer.
#[derive(Serialize)]
pub struct MemberOrder {
    pub number: u64,
    pub amount: u64,
    pub reference: String,
    pub created: u64,
    pub expires: u64,
    /// `open`, `expired`, `cancelled`, `received`.
    pub state: &'static str,
}

/// A mandate for direct debits; holder and IBAN only for those who act, and the IBAN masked.
#[derive(Serialize)]
pub struct MandateLine {
    pub reference: String,
    pub holder: Option<String>,
    pub iban: Option<String>,
    pub amount: u64,
    pub day: u8,
    pub signed: u64,
    pub revoked: Option<u64>,
}

/// An entry of the member's history.
#[derive(Serialize)]
pub struct EntryLine {
    pub sequence: u64,
    pub time: u64,
    /// Of the order; of the association's act where there is one.
    pub kind: &'static str,
    /// What it added to the balance.
    pub amount: i64,
    pub counterparty: Option<String>,
    pub counterparty_name: Option<String>,
    /// The act, in words.
    pub act: Option<Value>,
    pub outcome: Value,
}

/// A change to the directory's entry.
#[derive(Serialize)]
pub struct ChangeLine {
    pub by: u16,
    pub time: u64,
    pub fields: Vec<&'static str>,
}

/// `GET /office/v1/staff`
#[derive(Serialize)]
pub struct Staff {
    pub operators: Vec<OperatorLine>,
    /// Act 0 stands for every act without a quorum of its own.
    pub quorums: Vec<QuorumLine>,
}

/// A person of the association.
#[derive(Serialize)]
pub struct OperatorLine {
    pub operator: u16,
    pub key: String,
    pub roles: Vec<&'static str>,
    pub mine: bool,
}

/// How many persons an act needs.
#[derive(Serialize)]
pub struct QuorumLine {
    pub act: u64,
    pub act_kind: Option<&'static str>,
    pub persons: u8,
    pub roles: Vec<&'static str>,
    /// False when the general quorum holds.
    pub own: bool,
    /// How many persons could speak for it.
    pub able: usize,
}

/// `?days=`
#[derive(Deserialize)]
pub struct SeriesQuery {
    pub days: Option<u64>,
}

/// `GET /office/v1/series`
#[derive(Serialize)]
pub struct Series {
    /// The oldest first.
    pub days: Vec<SeriesDay>,
}

/// One day, in UTC. What no coverage statement said is null.
#[derive(Serialize, Default)]
pub struct SeriesDay {
    pub date: String,
    pub circulation: Option<i64>,
    pub cover: Option<i64>,
    pub paper_circulation: Option<i64>,
    pub paper_cover: Option<i64>,
    /// Euros that became units on this day and did not go back.
    pub converted: u64,
    /// What campaigns added.
    pub bonus: u64,
    /// Units that left circulation.
    pub redeemed: u64,
}

/// `PUT /office/v1/members/{account}`: what is absent stays as it is, an empty text is removed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileChange {
    pub name: Option<String>,
    pub trade: Option<String>,
    pub contact: Option<String>,
    pub iban: Option<String>,
}

/// `GET /office/v1/redemptions`
#[derive(Serialize)]
pub struct Redemptions {
    pub redemptions: Vec<RedemptionLine>,
}

/// A redemption.
#[derive(Serialize)]
pub struct RedemptionLine {
    pub redemption: u64,
    pub account: String,
    pub name: Option<String>,
    /// Where the euros go; only for those who act.
    pub iban: Option<String>,
    /// Who last changed the IBAN, if that was in the last 30 days: compare it before you pay.
    pub iban_changed: Option<IbanChanged>,
    pub gross: u64,
    pub fee: u64,
    /// What of the fee went on to an association, in units.
    pub given: u64,
    pub net: u64,
    /// `payable`, `ordered`, `paid`.
    pub state: &'static str,
    /// The bank account at which it was ordered or paid.
    pub bank: Option<u16>,
    pub time: u64,
}

/// Who changed an IBAN, and when.
#[derive(Serialize)]
pub struct IbanChanged {
    pub by: u16,
    pub time: u64,
}

/// `GET /office/v1/credits`
#[derive(Serialize)]
pub struct Credits {
    pub credits: Vec<CreditLine>,
}

/// Euros that arrived and are not, or not wholly, converted.
#[derive(Serialize)]
pub struct CreditLine {
    pub credit: String,
    pub bank: u16,
    pub amount: u64,
    pub left: u64,
    pub time: u64,
}

/// `POST /office/v1/confirmations`: what a bank says that it holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfirmationTyped {
    pub bank: u16,
    /// The balance, in cents; negative when the account is overdrawn.
    pub amount: i64,
    /// At the end of this day, `YYYY-MM-DD`.
    pub date: String,
    /// SHA-256 of the bank's statement file.
    pub file: String,
}

/// `GET /office/v1/confirmations`: the newest of each bank account.
#[derive(Serialize)]
pub struct Confirmations {
    pub confirmations: Vec<ConfirmationLine>,
}

/// A confirmation, and who typed it.
#[derive(Serialize)]
pub struct ConfirmationLine {
    pub bank: u16,
    pub amount: i64,
    pub date: String,
    pub file: String,
    /// The person's number.
    pub by: u16,
    pub time: u64,
}
