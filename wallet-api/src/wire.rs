//! What goes over HTTP: the JSON of requests and answers. The only file of this crate that knows serde.
//!
//! Amounts are whole cents, times milliseconds since 1970, accounts their bech32m text, keys and hashes lower-case hexadecimal, other
//! bytes base64url without padding.

use crate::notices::wire::HeldNotices;
use serde::{Deserialize, Serialize};

/// `GET /v1/ledger`: what a client needs to sign, to verify and to show amounts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LedgerInfo {
    /// The ledger id.
    pub ledger: String,
    /// The currency's name.
    pub name: String,
    /// What stands beside an amount.
    pub symbol: String,
    /// What account texts begin with.
    pub prefix: String,
    /// The version of the formats.
    pub version: u64,
    /// Who signed the genesis.
    pub issuer_key: String,
    /// Who signs checkpoints now.
    pub checkpoint_key: String,
    /// Every key that signed checkpoints, the present one last.
    pub checkpoint_keys: Vec<String>,
    /// The name under which checkpoints are signed.
    pub origin: String,
    /// The server's clock.
    pub time: u64,
    /// True when nothing here is worth anything.
    pub demo: bool,
    /// Who holds the fund's bank account.
    pub holder: String,
    /// Where conversions are paid to.
    pub iban: String,
    /// Its bank.
    pub bic: Option<String>,
    /// Who collects by direct debit, where that is done.
    pub direct_debit: Option<DirectDebitInfo>,
    /// Whether residents may open an account themselves.
    pub self_opening: bool,
    /// The limits by identity level.
    pub limits: Vec<LimitsInfo>,
    /// The campaigns under way.
    pub campaigns: Vec<CampaignInfo>,
    /// The fee on redemptions.
    pub fee: Option<FeeInfo>,
    /// What associations are given for their members' conversions.
    pub gifts: Vec<GiftInfo>,
    /// The verifier keys of those who cosign the public log.
    pub witnesses: Vec<String>,
    /// From so many cosignatures on, a payment is final for everyone; before that it is recorded.
    pub witnesses_needed: usize,
    /// The public log is published this often.
    pub publish_every_ms: u64,
    /// A key that the association adds to a member's account is good after so many milliseconds; 0: at once.
    pub recovery_delay_ms: u64,
    /// What shops may take while there is no network; nothing where a wallet may not pay then.
    pub offline: Option<OfflineInfo>,
    /// After so many days at the latest the euros of a redemption are with the bank of whoever asked, as the association promises; 0: it
    /// promises nothing.
    pub redemption_days: u32,
}

/// What shops may take while there is no network.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct OfflineInfo {
    /// So many cents of one wallet at most, until its orders have arrived.
    pub per_wallet: u64,
    /// So many cents by one till in one day.
    pub per_till_day: u64,
    /// A spending certificate is good for so many days.
    pub days: u64,
}

/// How members are collected from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DirectDebitInfo {
    /// The SEPA creditor identifier, which a mandate names.
    pub creditor: String,
    /// At most so many cents a month.
    pub most: u64,
}

/// What members of a level may hold and pay.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LimitsInfo {
    /// The level.
    pub level: u8,
    /// At most in one payment.
    pub per_payment: Option<u64>,
    /// At most on the account.
    pub held: Option<u64>,
    /// At most paid in 30 days.
    pub paid_30_days: Option<u64>,
}

/// Another rate above a threshold.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct StepInfo {
    /// Above so many cents of one conversion.
    pub from: u64,
    /// The bonus per euro is this …
    pub numerator: u64,
    /// … divided by this.
    pub denominator: u64,
}

/// A campaign under way.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CampaignInfo {
    /// Its number.
    pub campaign: u32,
    /// Its version.
    pub version: u32,
    /// The bonus per euro is this …
    pub numerator: u64,
    /// … divided by this.
    pub denominator: u64,
    /// From this time on.
    pub start: u64,
    /// Before this time.
    pub end: u64,
    /// What the sponsor can still give, in whole hundreds of units, so that no single conversion can be read off it.
    pub left: u64,
    /// The most one member gets in one period.
    pub cap: u64,
    /// Other rates above thresholds, ascending.
    pub steps: Vec<StepInfo>,
    /// True when only members of some groups are eligible.
    pub groups_only: bool,
}

/// The fee on redemptions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FeeInfo {
    /// Its version.
    pub version: u32,
    /// The fee per unit is this …
    pub numerator: u64,
    /// … divided by this.
    pub denominator: u64,
    /// At least so many cents.
    pub least: u64,
    /// Groups that pay no fee.
    pub exempt: Vec<u16>,
    /// Of the fee, this share of what is redeemed goes to the association that the redeemer chose.
    pub given: Option<RateInfo>,
    /// Who gets that share when nobody was chosen.
    pub beneficiary: Option<String>,
}

/// A rate: so much per unit.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct RateInfo {
    /// This …
    pub numerator: u64,
    /// … divided by this.
    pub denominator: u64,
}

/// What associations are given in the period under way.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GiftInfo {
    /// The number of the rule.
    pub gift: u16,
    /// Its version.
    pub version: u32,
    /// Of each euro that members convert, this …
    pub numerator: u64,
    /// … divided by this.
    pub denominator: u64,
    /// The period's first instant.
    pub start: u64,
    /// Before this instant it ends.
    pub end: u64,
    /// An association needs at least so many members who chose it first.
    pub least_members: u16,
}

/// `GET /v1/public`: what anyone may see. Totals are not among it: they stand in the coverage statements, and nowhere else.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PublicFigures {
    /// When these figures were taken.
    pub as_of: u64,
    /// Members, rounded down to tens.
    pub members_about: u64,
    /// Shops, rounded down to fives.
    pub shops_about: u64,
    /// Entries in the published log.
    pub entries: u64,
    /// Its checkpoint, with the lines of its witnesses.
    pub checkpoint: String,
}

/// `GET /v1/shops`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Shops {
    /// Professionals and public bodies that have a public name, by name.
    pub shops: Vec<Shop>,
}

/// A shop, or an association.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Shop {
    /// Its account.
    pub account: String,
    /// `professional`, `public_body` or `association`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// What it does.
    pub trade: Option<String>,
    /// Where it is, when it told.
    pub place: Option<PlaceInfo>,
}

/// `GET` and `PUT /v1/accounts/{account}/place`: what a shop tells everybody of itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PlaceInfo {
    /// Street, number and town.
    pub address: Option<String>,
    /// The part of the town.
    pub quarter: Option<String>,
    /// About the shop.
    pub about: Option<String>,
    /// What it offers to other shops.
    pub offers: Option<String>,
    /// Its telephone number.
    pub phone: Option<String>,
    /// When it is open, each week.
    pub openings: Vec<OpeningInfo>,
}

/// A time at which a shop is open.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OpeningInfo {
    /// 0 is Monday.
    pub weekday: u8,
    /// Minutes of the local day.
    pub opens: u16,
    /// Minutes of the local day; 1,440 is midnight.
    pub closes: u16,
}

/// `GET /v1/associations`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Associations {
    /// Associations that have a public name and that members can support, by name.
    pub associations: Vec<Shop>,
}

/// `GET /v1/accounts/{account}/redemptions`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Redemptions {
    /// Newest first.
    pub redemptions: Vec<RedemptionInfo>,
}

/// What was redeemed, and what became of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RedemptionInfo {
    /// Its entry.
    pub redemption: u64,
    /// When it was asked for.
    pub time: u64,
    /// The units, in cents.
    pub gross: u64,
    /// The fee.
    pub fee: u64,
    /// What of the fee an association got.
    pub given: u64,
    /// The euros.
    pub net: u64,
    /// `asked`, `ordered` at the bank, `paid`, or `returned` by the bank: to be paid again.
    pub state: String,
}

/// `PUT /v1/backups/{place}`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BackupQuery {
    /// The account that the key in the box holds fully.
    pub account: String,
}

/// `GET /v1/accounts/{account}/backups`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Backups {
    /// One for each box.
    pub backups: Vec<BackupInfo>,
}

/// A key that a passkey brings back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BackupInfo {
    /// The key.
    pub key: String,
    /// When the box came.
    pub time: u64,
}

/// `PUT /v1/accounts/{account}/keys/{key}/label`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LabelRequest {
    /// What the key is called.
    pub label: String,
}

/// `POST /v1/sign-in/challenge`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Challenge {
    /// 32 bytes to sign, base64url.
    pub challenge: String,
    /// Until when.
    pub expires: u64,
}

/// `POST /v1/sign-in`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SignedIn {
    /// The bearer token.
    pub token: String,
    /// Who is signed in.
    #[serde(flatten)]
    pub session: Session,
}

/// `GET /v1/session`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Session {
    /// Until when.
    pub expires: u64,
    /// The key that signed in.
    pub key: String,
    /// What it may do, and where.
    pub accounts: Vec<SessionAccount>,
    /// The person of the association with this key.
    pub operator: Option<SessionOperator>,
}

/// An account of the key that is signed in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SessionAccount {
    /// The account.
    pub account: String,
    /// Whose it is.
    pub kind: String,
    /// What the key may do.
    pub scope: String,
    /// From this time on; 0: at once. Until then the key neither pays nor reads.
    #[serde(default)]
    pub from: u64,
}

/// A person of the association.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SessionOperator {
    /// Their number.
    pub number: u16,
    /// Their roles.
    pub roles: Vec<String>,
}

/// `GET /v1/accounts/{account}`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccountInfo {
    /// The account.
    pub account: String,
    /// `resident`, `professional`, `association` or `public_body`.
    pub kind: String,
    /// `open`, `suspended` or `closed`.
    pub status: String,
    /// The identity level.
    pub level: u8,
    /// The groups.
    pub groups: Vec<u16>,
    /// The units.
    pub balance: i64,
    /// What it owes.
    pub receivable: u64,
    /// At most on the account.
    pub held_limit: Option<u64>,
    /// At most in one payment.
    pub per_payment_limit: Option<u64>,
    /// Paid in the last 30 days.
    pub paid_30_days: u64,
    /// At most in 30 days.
    pub paid_30_days_limit: Option<u64>,
    /// The name.
    pub name: Option<String>,
    /// What to write on a bank transfer (ISO 11649).
    pub reference: String,
    /// The entry that last touched it.
    pub last_entry: Option<u64>,
    /// The associations that it supports: the first choice, and the second.
    pub choices: Vec<String>,
    /// A professional's standing instruction: what exceeds so many cents may be redeemed.
    pub redeem_above: Option<u64>,
    /// Its keys.
    pub keys: Vec<KeyInfo>,
    /// So many payments to it are asked back, and wait for its answer.
    pub refund_requests: usize,
}

/// A key of an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeyInfo {
    /// The key.
    pub key: String,
    /// What it may do.
    pub scope: String,
    /// At most in one payment.
    pub per_payment: Option<u64>,
    /// At most in one UTC day.
    pub per_day: Option<u64>,
    /// Spent in this UTC day, in cents.
    #[serde(default)]
    pub spent_today: u64,
    /// It is good from this time on; 0: since it is there.
    #[serde(default)]
    pub from: u64,
    /// What its owner calls it.
    pub label: Option<String>,
    /// When it first was called something.
    pub since: Option<u64>,
}

/// `GET /v1/accounts/{account}/statement`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Statement {
    /// Newest first.
    pub lines: Vec<Line>,
    /// Give this as `from` to go on.
    pub next: Option<u64>,
}

/// An entry as one account sees it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line {
    /// Its number.
    pub sequence: u64,
    /// When it was accepted.
    pub time: u64,
    /// The transaction's id.
    pub transaction: String,
    /// What kind of order or act.
    pub kind: String,
    /// The effect on this account: negative when it paid.
    pub amount: i64,
    /// The other side of a payment.
    pub counterparty: Option<String>,
    /// Its name, where it is public.
    pub counterparty_name: Option<String>,
    /// The charge that was answered.
    pub charge: Option<String>,
    /// When that charge ended.
    pub charge_expires: Option<u64>,
    /// The payment that was refunded.
    pub original: Option<u64>,
    /// The place in a list of transfers.
    pub item: u16,
    /// How much of this payment went back so far.
    pub refunded: u64,
    /// What campaigns added.
    pub bonus: Vec<BonusLine>,
    /// Units given for the member's own euros.
    pub euros: Option<u64>,
    /// Euros that the limits left unmatched.
    pub left_unmatched: Option<u64>,
    /// The fee on a redemption.
    pub fee: Option<u64>,
    /// The version of the fee's rule; 0 when none was in force.
    pub fee_version: Option<u32>,
    /// The euros of a redemption.
    pub net: Option<u64>,
    /// What an association got of a redemption's fee; or, to the association, what it got: of a fee, or as a gift.
    pub given: Vec<GivenLine>,
    /// The rule of a gift, and its period.
    pub gift: Option<GiftLine>,
    /// `payable`, `ordered` or `paid`, of a redemption.
    pub redemption: Option<String>,
    /// The memo.
    pub memo: Option<String>,
    /// The key that signed, where this account did.
    pub signer: Option<String>,
    /// `card`, where a printed card's holder paid with their PIN.
    pub by: Option<String>,
    /// What the payer asked, and what became of it.
    #[serde(default)]
    pub refund_request: Option<RefundRequestLine>,
}

/// A payer asks to be given a payment back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RefundRequestLine {
    /// When it was asked.
    pub time: u64,
    /// `open`, `refunded` once something was given back after it, or `declined`.
    pub state: String,
    /// What the payer wrote; nothing once the payer was erased.
    pub reason: Option<String>,
}

/// `POST /v1/entries/{sequence}/refund-request`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RefundRequestWords {
    /// Why, in at most 140 characters; may be empty.
    pub reason: String,
    /// The place in a list of transfers; 0 unless told.
    pub item: Option<u16>,
}

/// `GET /v1/accounts/{account}/refund-requests`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RefundRequests {
    /// Those of the newest payments first.
    pub requests: Vec<RefundRequestInfo>,
}

/// What an account is asked to give back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RefundRequestInfo {
    /// The payment's entry.
    pub sequence: u64,
    /// The place in a list of transfers.
    pub item: u16,
    /// Who asks.
    pub payer: String,
    /// The payment.
    pub amount: u64,
    /// How much of it went back so far.
    pub refunded: u64,
    /// When it was asked.
    pub time: u64,
    /// `open`, `refunded` or `declined`.
    pub state: String,
    /// What the payer wrote; nothing once the payer was erased.
    pub reason: Option<String>,
}

/// Units that an association got.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GivenLine {
    /// Its account.
    pub account: String,
    /// Its name.
    pub name: Option<String>,
    /// How many cents.
    pub cents: u64,
    /// For how many members' sake; 0 for a share of a fee that nobody's choice sent there.
    pub members: u32,
}

/// By which rule and for which period a gift was given.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct GiftLine {
    /// The number of the rule.
    pub gift: u16,
    /// When the period began.
    pub period: u64,
}

/// What a campaign added to a conversion.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BonusLine {
    /// Which campaign.
    pub campaign: u32,
    /// Which version of its rule.
    pub version: u32,
    /// How many cents.
    pub bonus: u64,
    /// `whole`, `member_cap`, `budget` or `sponsor`: what bound it.
    pub reason: String,
}

/// `GET /v1/accounts/{account}/funding`: how to convert euros.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Funding {
    /// Who is paid.
    pub holder: String,
    /// Where to.
    pub iban: String,
    /// At which bank.
    pub bic: Option<String>,
    /// What to write on the transfer (ISO 11649).
    pub reference: String,
    /// How many euros, in cents.
    pub amount: u64,
    /// The text of the transfer's QR code (EPC069-12).
    pub epc: String,
    /// The same as a picture (SVG).
    pub epc_svg: String,
    /// The same as a link (RFC 8905).
    pub payto: String,
    /// The units that these euros would give now.
    pub units: u64,
    /// The bonus among them.
    pub bonus: u64,
    /// Campaign by campaign.
    pub campaigns: Vec<BonusLine>,
}

/// `POST /v1/accounts/{account}/conversions`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct OrderRequest {
    /// How many euros, in cents.
    pub amount: u64,
}

/// Its answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MadeOrder {
    /// The order.
    pub order: Order,
}

/// `GET /v1/accounts/{account}/conversions`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OrdersAnswer {
    /// Newest first.
    pub orders: Vec<Order>,
}

/// What a member said they will transfer, and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    /// Its number, within the account.
    pub number: u64,
    /// How many euros, in cents.
    pub amount: u64,
    /// What to write on the transfer (ISO 11649).
    pub reference: String,
    /// When it was made.
    pub created: u64,
    /// Until when it waits.
    pub expires: u64,
    /// `open`, `expired`, `cancelled`, `received` (the euros are there), `converted`, or `returned` (the bank took them back).
    pub state: String,
    /// The units that it gave, once converted.
    pub units: Option<u64>,
    /// The bonus among them.
    pub bonus: Option<u64>,
    /// The entry that converted it.
    pub sequence: Option<u64>,
    /// The text of the transfer's QR code (EPC069-12).
    pub epc: String,
    /// The same as a link (RFC 8905).
    pub payto: String,
    /// Who is paid.
    pub holder: String,
    /// Where to.
    pub iban: String,
    /// At which bank.
    pub bic: Option<String>,
}

/// `PUT /v1/accounts/{account}/mandate`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MandateRequest {
    /// Whose bank account it is, as the bank knows them.
    pub holder: String,
    /// The bank account.
    pub iban: String,
    /// How much each month, in cents.
    pub amount: u64,
    /// On this day of the month, 1 to 28.
    pub day: u8,
    /// The statement that says so, signed by the member's key (`mandate` in FORMATS.md), base64url.
    pub signature: String,
}

/// `GET` and `PUT /v1/accounts/{account}/mandate`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MandateAnswer {
    /// The newest mandate, revoked or not.
    pub mandate: Option<MandateInfo>,
}

/// What a member lets the association collect.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MandateInfo {
    /// The unique mandate reference.
    pub reference: String,
    /// Whose bank account it is.
    pub holder: String,
    /// The bank account.
    pub iban: String,
    /// How much each month, in cents.
    pub amount: u64,
    /// On this day of the month.
    pub day: u8,
    /// When it was signed.
    pub signed: u64,
    /// When it was revoked, if it was.
    pub revoked: Option<u64>,
    /// The next collection; none once it is revoked.
    pub next: Option<Collection>,
}

/// A collection that is announced.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Collection {
    /// On this day, `YYYY-MM-DD`.
    pub date: String,
    /// How much, in cents.
    pub amount: u64,
}

/// `GET` and `PUT /v1/accounts/{account}/profile`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ProfileInfo {
    /// A name; of shops it is public.
    pub name: Option<String>,
    /// What a shop does; public.
    pub trade: Option<String>,
    /// How to reach them.
    pub contact: Option<String>,
}

/// `PUT /v1/entries/{sequence}/memo`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Memo {
    /// The text.
    pub text: String,
    /// The salt of the commitment, 16 bytes.
    pub salt: String,
}

/// `event: hello` of a live connection.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Hello {
    /// The entry that last touched the account.
    pub last_entry: Option<u64>,
}

/// The query of a statement.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct StatementQuery {
    /// The entry to start at, as an earlier page gave it.
    pub from: Option<u64>,
    /// How many lines; at most 200, 50 unless told.
    pub limit: Option<usize>,
}

/// The query of a certificate.
#[derive(Clone, Debug, Deserialize)]
pub struct YearQuery {
    /// A year that is over.
    pub year: i32,
    /// The language's tag; French without one.
    pub language: Option<String>,
}

/// The query of a statement of a period, and of an export.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PeriodQuery {
    /// From this instant on; from the beginning unless told.
    pub from: Option<u64>,
    /// Before this instant; now unless told.
    pub to: Option<u64>,
    /// The language of its words: `fr`, `en`, `eu` or `ar`; French unless told.
    pub language: Option<String>,
}

/// `GET /v1/accounts/{account}/export`: what the node holds about a member.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Export {
    /// The ledger id.
    pub ledger: String,
    /// The currency's name.
    pub currency: String,
    /// When it was made.
    pub time: u64,
    /// The account, with its keys, choices and limits.
    pub account: AccountInfo,
    /// What the directory says, encrypted where it is kept.
    pub profile: ExportedProfile,
    /// Each entry of the period, oldest first, with the messages of both sides.
    pub entries: Vec<Line>,
    /// The transfers that were announced.
    pub orders: Vec<Order>,
    /// Every mandate on record, with the statement that was signed.
    pub mandates: Vec<ExportedMandate>,
    /// The redemptions of a professional.
    pub redemptions: Vec<RedemptionInfo>,
    /// Where the shop is, as it says.
    pub place: PlaceInfo,
    /// The keys that lie in a box here.
    pub backups: Vec<BackupInfo>,
    /// Where the member is told when the wallet is closed.
    pub notices: HeldNotices,
    /// The payment cards.
    pub cards: Vec<CardInfo>,
    /// What the association holds besides, by its kind.
    pub association: serde_json::Value,
}

/// The directory's entry of a member.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ExportedProfile {
    /// A name.
    pub name: Option<String>,
    /// What a shop does.
    pub trade: Option<String>,
    /// How to reach them.
    pub contact: Option<String>,
    /// Where redemptions are paid to.
    pub iban: Option<String>,
}

/// A mandate on record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ExportedMandate {
    /// What it says, and what became of it.
    #[serde(flatten)]
    pub mandate: MandateInfo,
    /// True once a collection was ordered under it.
    pub used: bool,
    /// The statement that the member signed, base64url.
    pub signature: String,
}

/// The query of an entry: as which account to see it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct EntryQuery {
    /// The account; when absent, one of the key's accounts that the entry touched.
    pub account: Option<String>,
}

/// The query of a short receipt.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct ShortReceiptQuery {
    /// The place in a list of transfers; 0 unless told.
    pub item: Option<u16>,
}

/// The query of a funding page.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct FundingQuery {
    /// How many euros, in cents.
    pub amount: u64,
}

/// A problem (RFC 9457).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Problem {
    /// `/errors/` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// The status.
    pub status: u16,
    /// What happened and what to do.
    pub detail: String,
    /// The stable code.
    pub code: String,
    /// After a wrong PIN of a card: so many attempts are left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts_left: Option<u8>,
}

/// A payment with a card, as the till asks for it.
#[derive(Clone, Serialize, Deserialize)]
pub struct CardPaymentRequest {
    /// The signed request to be paid, in base64url.
    pub request: String,
    /// The card's secret, as it stands in its link.
    pub card: String,
    /// What the holder typed; none where the card pays without it.
    pub pin: Option<String>,
}

/// The cards of an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CardsAnswer {
    /// The newest first.
    pub cards: Vec<CardInfo>,
    /// The node's key that pays for cards, in hexadecimal digits.
    pub key: String,
    /// True when the account lets that key pay.
    pub ready: bool,
}

/// A card, as its holder sees it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CardInfo {
    /// Its number: `C-000123`.
    pub number: String,
    /// `good`, `wrong_pins`, `by_office` or `by_holder`.
    pub state: String,
    /// When it was given, in milliseconds.
    pub given: Option<u64>,
    /// When it last paid, or tried with the right PIN.
    pub last_used: Option<u64>,
    /// What it pays without PIN, in cents.
    pub free_limit: u64,
}
