//! Orders: what a key can sign, and the only way by which bytes become a [`SignedTransaction`].
//!
//! A `SignedTransaction` in memory has a good signature, because decoding is its only constructor. Members sign orders about their
//! own accounts; the association's people sign proposals of [`Act`]s. `FORMATS.md` describes the bytes.

use crate::account::{
    AccountKind, Bank, BankNumber, Campaign, CampaignNumber, FeeRule, GiftNumber, GiftRule, Group, Level, Limits, LiquidityClass,
    MAX_STEPS, Medium, Operator, OperatorNumber, Quorum, Roles, Scope, SpendingCap, Step, codes,
};
use crate::amount::{Amount, MAX_AMOUNT, Rate};
use crate::encoding::{DecodeError, Envelope, Map, Purpose, Reader, Writer, sign};
use crate::key::{AccountId, DecodedKey, Hash32, LedgerId, Prefix, PublicKey, TransactionId};
use ed25519_dalek::SigningKey;

/// The most payments in one `transfers`: a payroll, and still one message.
pub const MAX_TRANSFERS: usize = 200;
/// The most groups of one account or rule.
pub const MAX_GROUPS: usize = 32;
/// The most periods of one campaign: ten years of months.
pub const MAX_PERIODS: usize = 120;
/// The most associations that a member chooses: one, and one in case too few choose the first.
pub const MAX_CHOICES: usize = 2;
/// The most redemptions in one order to the bank: a batch that two people can read, and one message.
pub const MAX_ORDERED: usize = 200;
/// The most operators, quorums, levels or banks in a genesis.
pub const MAX_GENESIS_ROWS: usize = 64;
/// A key that the association adds waits at most so long, 30 days: a member who lost every key must not wait for ever.
pub const MAX_RECOVERY_DELAY_MS: u64 = 30 * 86_400_000;
/// The longest name of a currency.
pub const MAX_NAME_BYTES: usize = 70;

/// A charge that a transfer answers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ChargeReference {
    /// Drawn at random by the till.
    pub id: [u8; 16],
    /// When the request ends.
    pub expires: u64,
}

/// What the first entry says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Genesis {
    /// The currency's name.
    pub name: String,
    /// What stands beside an amount.
    pub symbol: String,
    /// What account texts begin with.
    pub prefix: String,
    /// Who signs checkpoints, short receipts and certificates.
    pub checkpoint_key: PublicKey,
    /// When the ledger begins.
    pub time: u64,
    /// The first persons of the association.
    pub operators: Vec<Operator>,
    /// How many of them each act needs.
    pub quorums: Vec<Quorum>,
    /// What members of each level may hold and pay.
    pub limits: Vec<Limits>,
    /// The funds' bank accounts.
    pub banks: Vec<Bank>,
    /// Whether residents may open an account themselves, at level 0.
    pub self_opening: bool,
    /// The rule set that the ledger begins with.
    pub rule_set: u64,
    /// A key that the association adds to a member's account can pay after so many milliseconds, at most 30 days; 0: at once.
    pub recovery_delay_ms: u64,
}

/// An account to be opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenAccount {
    /// Whose it is.
    pub kind: AccountKind,
    /// Its first key, with scope `full`.
    pub key: PublicKey,
    /// Its identity level.
    pub level: Level,
    /// Its groups, ascending.
    pub groups: Vec<Group>,
}

/// Where euros of the association go or come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purse {
    /// The cover of circulation (what exceeds it, when euros leave).
    Cover,
    /// The association's own money.
    Own,
    /// Fees that members paid and that the fund still holds.
    FeesDue,
}

impl Purse {
    /// The code on the wire.
    pub fn code(self) -> u64 {
        match self {
            Purse::Cover => 0,
            Purse::Own => 1,
            Purse::FeesDue => 2,
        }
    }

    /// The purse with this code.
    pub fn from_code(code: u64) -> Result<Purse, DecodeError> {
        match code {
            0 => Ok(Purse::Cover),
            1 => Ok(Purse::Own),
            2 => Ok(Purse::FeesDue),
            _ => Err(DecodeError::OutOfBounds("the purpose of the euros is unknown")),
        }
    }
}

/// What an order says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Body {
    /// Makes the currency. Sequence 0 and only there.
    Genesis(Box<Genesis>),
    /// An operator proposes an act.
    Propose(Act),
    /// Another operator approves it.
    Approve {
        /// The transaction that proposed it.
        proposal: TransactionId,
    },
    /// An operator refuses it.
    Refuse {
        /// The transaction that proposed it.
        proposal: TransactionId,
    },
    /// A resident opens an account.
    OpenAccount(OpenAccount),
    /// A member adds a key.
    AddKey {
        /// To this account.
        account: AccountId,
        /// The key.
        key: PublicKey,
        /// What it may do.
        scope: Scope,
    },
    /// A member revokes a key.
    RevokeKey {
        /// Of this account.
        account: AccountId,
        /// The key.
        key: PublicKey,
    },
    /// A member closes an empty account.
    CloseAccount {
        /// This account.
        account: AccountId,
    },
    /// A payment.
    Transfer(Transfer),
    /// Payments that all happen or none.
    Transfers {
        /// Who pays.
        payer: AccountId,
        /// To whom, how much.
        payments: Vec<(AccountId, Amount)>,
    },
    /// The payee gives back a payment or a part of it.
    Refund {
        /// The payee of the original, who pays now.
        account: AccountId,
        /// The entry of the original.
        original: u64,
        /// Its place in a list of transfers, 0 for a transfer.
        item: u16,
        /// How much.
        amount: Amount,
    },
    /// A professional asks for euros.
    Redeem {
        /// Whose units leave circulation.
        account: AccountId,
        /// How many, fee included.
        amount: Amount,
    },
    /// A member says which association it supports.
    Choose {
        /// The member's account.
        account: AccountId,
        /// The first choice and the second; none: no association.
        associations: Vec<AccountId>,
    },
    /// A professional says what may be redeemed without asking each time.
    RedeemAbove {
        /// The professional's account.
        account: AccountId,
        /// What exceeds so many cents; absent: nothing any more.
        keep: Option<u64>,
    },
}

/// A payment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Transfer {
    /// Who pays.
    pub payer: AccountId,
    /// Who is paid.
    pub payee: AccountId,
    /// How much.
    pub amount: Amount,
    /// The charge that it answers.
    pub charge: Option<ChargeReference>,
    /// SHA-256 of a salt and the memo's text.
    pub memo: Option<Hash32>,
}

/// What the association can do. Every act runs through propose, approve, executed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Act {
    /// Opens an account of any kind.
    OpenAccount(OpenAccount),
    /// Adds a key, after the member was recognised.
    AddKey {
        /// To this account.
        account: AccountId,
        /// The key.
        key: PublicKey,
        /// What it may do.
        scope: Scope,
    },
    /// Revokes a key that was lost.
    RevokeKey {
        /// Of this account.
        account: AccountId,
        /// The key.
        key: PublicKey,
    },
    /// Closes an empty account.
    CloseAccount {
        /// This account.
        account: AccountId,
    },
    /// Sets identity level and groups.
    ClassifyAccount {
        /// Of this account.
        account: AccountId,
        /// The level that its identity check gives.
        level: Level,
        /// Its groups, ascending.
        groups: Vec<Group>,
    },
    /// Stops payments from and to an account.
    SuspendAccount {
        /// This account.
        account: AccountId,
        /// Why, by the association's own list.
        reason: u16,
    },
    /// Ends a suspension.
    ResumeAccount {
        /// This account.
        account: AccountId,
    },
    /// A fact: euros arrived whose member is not known yet.
    RecordCredit {
        /// At this bank.
        bank: BankNumber,
        /// A keyed hash of the bank's own reference: the same for the same euros, whatever files repeat it.
        credit: Hash32,
        /// How many.
        amount: Amount,
    },
    /// Euros of one bank credit become units of one member.
    Convert {
        /// At this bank.
        bank: BankNumber,
        /// The credit.
        credit: Hash32,
        /// The whole credit.
        amount: Amount,
        /// The member.
        account: AccountId,
    },
    /// Euros that could not be converted go back to where they came from.
    ReturnCredit {
        /// The credit.
        credit: Hash32,
        /// How much of it.
        amount: Amount,
        /// SHA-256 of the bank's document.
        evidence: Hash32,
    },
    /// A fact: euros came in that are no member's.
    FundDeposit {
        /// At this bank.
        bank: BankNumber,
        /// How many.
        amount: Amount,
        /// Cover or own money.
        purse: Purse,
        /// SHA-256 of the bank's document.
        evidence: Hash32,
        /// The account whose receivable they settle.
        settles: Option<AccountId>,
    },
    /// Euros leave the fund for the association.
    FundWithdrawal {
        /// At this bank.
        bank: BankNumber,
        /// How many.
        amount: Amount,
        /// Surplus cover, own money or fees due.
        purse: Purse,
        /// SHA-256 of the bank's document.
        evidence: Hash32,
    },
    /// A fact: the bank took a credit back.
    BankReturn {
        /// The credit.
        credit: Hash32,
        /// How much of it.
        amount: Amount,
        /// SHA-256 of the bank's document.
        evidence: Hash32,
    },
    /// A fact: the bank took a fee.
    BankFee {
        /// At this bank.
        bank: BankNumber,
        /// How much.
        amount: Amount,
        /// SHA-256 of the bank's document.
        evidence: Hash32,
    },
    /// A fact: a sponsor's euros came in.
    SponsorDeposit {
        /// At this bank.
        bank: BankNumber,
        /// For this campaign.
        campaign: CampaignNumber,
        /// How many.
        amount: Amount,
        /// SHA-256 of the bank's document.
        evidence: Hash32,
    },
    /// A sponsor's euros that were not given go back.
    SponsorReturn {
        /// Of this campaign.
        campaign: CampaignNumber,
        /// How many.
        amount: Amount,
        /// SHA-256 of the bank's document.
        evidence: Hash32,
    },
    /// Publishes a version of a campaign.
    PublishCampaign(Box<Campaign>),
    /// Publishes a version of the fee on redemptions.
    PublishFee(FeeRule),
    /// Publishes a version of a gift rule.
    PublishGift(GiftRule),
    /// Gives associations what is due to them for a period that has ended.
    GiveGifts {
        /// By this rule.
        gift: GiftNumber,
        /// The period that started then.
        period: u64,
        /// SHA-256 of the decision.
        evidence: Hash32,
    },
    /// Redeems what a professional's account holds above the sum that it wants to keep.
    RedeemStanding {
        /// The professional's account.
        account: AccountId,
    },
    /// Payments of redemptions are ordered at the bank, in one file.
    OrderRedemptions {
        /// At this bank.
        bank: BankNumber,
        /// The entries of the redemptions, ascending, at least one.
        redemptions: Vec<u64>,
        /// SHA-256 of the file.
        evidence: Hash32,
    },
    /// A member's whole balance goes to the heir, and the account ends.
    PassOn {
        /// The member's account.
        account: AccountId,
        /// The heir's account, or an association's.
        heir: AccountId,
        /// SHA-256 of the document.
        evidence: Hash32,
    },
    /// A redemption's euros left the bank.
    RedemptionPaid {
        /// The entry of the redemption.
        redemption: u64,
        /// From this bank.
        bank: BankNumber,
        /// SHA-256 of the bank's document.
        evidence: Hash32,
    },
    /// A fact: they came back, and are to be paid again.
    RedemptionReturned {
        /// The entry of the redemption.
        redemption: u64,
        /// SHA-256 of the bank's document.
        evidence: Hash32,
    },
    /// Printed notes go into circulation.
    IssueNotes {
        /// Their value.
        amount: Amount,
        /// SHA-256 of the count.
        evidence: Hash32,
    },
    /// Printed notes leave circulation.
    RetireNotes {
        /// Their value.
        amount: Amount,
        /// SHA-256 of the count.
        evidence: Hash32,
    },
    /// Cover moves from one bank account to another.
    FundMove {
        /// It leaves here.
        bank_out: BankNumber,
        /// It arrives here.
        bank_in: BankNumber,
        /// How much.
        amount: Amount,
        /// SHA-256 of the bank's document.
        evidence: Hash32,
    },
    /// Undoes an act of the association by its opposite.
    Correct {
        /// The entry of that act.
        sequence: u64,
        /// Why, by the association's own list.
        reason: u16,
    },
    /// Later checkpoints are signed by another key.
    RotateCheckpointKey {
        /// The new key.
        key: PublicKey,
    },
    /// Later entries are judged by another rule set.
    Upgrade {
        /// Its number.
        rule_set: u64,
    },
    /// A person joins the association's staff, or gets another key or other roles.
    AppointOperator(Operator),
    /// A person leaves.
    DismissOperator {
        /// Their number.
        operator: OperatorNumber,
    },
    /// Sets how many persons an act needs.
    SetQuorum(Quorum),
    /// Sets the limits of an identity level.
    SetLimits(Limits),
    /// A fund opens a bank account.
    AddBank(Bank),
    /// Cover is pledged, and covers no circulation any more.
    Pledge {
        /// Of this fund.
        medium: Medium,
        /// How much.
        amount: Amount,
        /// SHA-256 of the contract.
        evidence: Hash32,
    },
    /// A pledge ends.
    ReleasePledge {
        /// Of this fund.
        medium: Medium,
        /// How much.
        amount: Amount,
        /// SHA-256 of the release.
        evidence: Hash32,
    },
}

codes! {
    /// The kind of an order or an act.
    Kind: u8 {
        /// See [`Body::Genesis`].
        Genesis = 1, "genesis";
        /// See [`Body::Propose`].
        Propose = 2, "propose";
        /// See [`Body::Approve`].
        Approve = 3, "approve";
        /// See [`Body::Refuse`].
        Refuse = 4, "refuse";
        /// See [`Body::OpenAccount`], [`Act::OpenAccount`].
        OpenAccount = 10, "open_account";
        /// See [`Body::AddKey`], [`Act::AddKey`].
        AddKey = 11, "add_key";
        /// See [`Body::RevokeKey`], [`Act::RevokeKey`].
        RevokeKey = 12, "revoke_key";
        /// See [`Body::CloseAccount`], [`Act::CloseAccount`].
        CloseAccount = 13, "close_account";
        /// See [`Body::Transfer`].
        Transfer = 20, "transfer";
        /// See [`Body::Transfers`].
        Transfers = 21, "transfers";
        /// See [`Body::Refund`].
        Refund = 22, "refund";
        /// See [`Body::Redeem`].
        Redeem = 23, "redeem";
        /// See [`Body::Choose`].
        Choose = 24, "choose";
        /// See [`Body::RedeemAbove`].
        RedeemAbove = 25, "redeem_above";
        /// See [`Act::ClassifyAccount`].
        ClassifyAccount = 40, "classify_account";
        /// See [`Act::SuspendAccount`].
        SuspendAccount = 41, "suspend_account";
        /// See [`Act::ResumeAccount`].
        ResumeAccount = 42, "resume_account";
        /// See [`Act::RecordCredit`].
        RecordCredit = 43, "record_credit";
        /// See [`Act::Convert`].
        Convert = 44, "convert";
        /// See [`Act::ReturnCredit`].
        ReturnCredit = 45, "return_credit";
        /// See [`Act::FundDeposit`].
        FundDeposit = 46, "fund_deposit";
        /// See [`Act::FundWithdrawal`].
        FundWithdrawal = 47, "fund_withdrawal";
        /// See [`Act::BankReturn`].
        BankReturn = 48, "bank_return";
        /// See [`Act::BankFee`].
        BankFee = 49, "bank_fee";
        /// See [`Act::SponsorDeposit`].
        SponsorDeposit = 50, "sponsor_deposit";
        /// See [`Act::PublishCampaign`].
        PublishCampaign = 51, "publish_campaign";
        /// See [`Act::PublishFee`].
        PublishFee = 52, "publish_fee";
        /// See [`Act::RedemptionPaid`].
        RedemptionPaid = 53, "redemption_paid";
        /// See [`Act::RedemptionReturned`].
        RedemptionReturned = 54, "redemption_returned";
        /// See [`Act::IssueNotes`].
        IssueNotes = 55, "issue_notes";
        /// See [`Act::RetireNotes`].
        RetireNotes = 56, "retire_notes";
        /// See [`Act::FundMove`].
        FundMove = 57, "fund_move";
        /// See [`Act::Correct`].
        Correct = 58, "correct";
        /// See [`Act::RotateCheckpointKey`].
        RotateCheckpointKey = 59, "rotate_checkpoint_key";
        /// See [`Act::Upgrade`].
        Upgrade = 60, "upgrade";
        /// See [`Act::AppointOperator`].
        AppointOperator = 61, "appoint_operator";
        /// See [`Act::DismissOperator`].
        DismissOperator = 62, "dismiss_operator";
        /// See [`Act::SetQuorum`].
        SetQuorum = 63, "set_quorum";
        /// See [`Act::SetLimits`].
        SetLimits = 64, "set_limits";
        /// See [`Act::AddBank`].
        AddBank = 65, "add_bank";
        /// See [`Act::Pledge`].
        Pledge = 66, "pledge";
        /// See [`Act::ReleasePledge`].
        ReleasePledge = 67, "release_pledge";
        /// See [`Act::SponsorReturn`].
        SponsorReturn = 68, "sponsor_return";
        /// See [`Act::PublishGift`].
        PublishGift = 69, "publish_gift";
        /// See [`Act::GiveGifts`].
        GiveGifts = 70, "give_gifts";
        /// See [`Act::RedeemStanding`].
        RedeemStanding = 71, "redeem_standing";
        /// See [`Act::OrderRedemptions`].
        OrderRedemptions = 72, "order_redemptions";
        /// See [`Act::PassOn`].
        PassOn = 73, "pass_on";
    }
}

impl Kind {
    /// True for what only the association does; such a kind stands inside a proposal.
    pub fn is_act(self) -> bool {
        self.code() >= 40 || matches!(self, Kind::OpenAccount | Kind::AddKey | Kind::RevokeKey | Kind::CloseAccount)
    }
}

/// An order before it is signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transaction {
    /// Makes two equal orders different.
    pub nonce: [u8; 8],
    /// The order lapses after this time.
    pub valid_until: u64,
    /// What it says.
    pub body: Body,
}

impl Transaction {
    /// The payload's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.map(4).uint(1).uint(self.body.kind().code()).uint(2).bytes(&self.nonce);
        out.uint(3).uint(self.valid_until).uint(4);
        self.body.write(&mut out);
        out.into_bytes()
    }

    /// Reads a payload.
    pub fn decode(payload: &[u8]) -> Result<Transaction, DecodeError> {
        let mut reader = Reader::new(payload);
        let r = &mut reader;
        let mut map = r.map()?;
        map.required(r, 1)?;
        let kind = kind(r)?;
        map.required(r, 2)?;
        let nonce = r.fixed()?;
        map.required(r, 3)?;
        let valid_until = r.uint()?;
        map.required(r, 4)?;
        let body = Body::read(kind, r)?;
        map.end()?;
        reader.end()?;
        Ok(Transaction { nonce, valid_until, body })
    }

    /// Signs the order for one ledger and gives the bytes to submit.
    pub fn sign(&self, ledger: &LedgerId, key: &SigningKey) -> Vec<u8> {
        sign(Purpose::Transaction, ledger, &self.encode(), key)
    }
}

/// The ledger id that stands in the AAD of a genesis, whose hash is the ledger id.
pub const NO_LEDGER: LedgerId = Hash32([0; 32]);

/// An order with a good signature, and the bytes that it came in.
#[derive(Clone, Debug)]
pub struct SignedTransaction {
    bytes: Box<[u8]>,
    id: TransactionId,
    signer: PublicKey,
    transaction: Transaction,
}

impl SignedTransaction {
    /// Reads an order and verifies its signature. There is no other way to have one, but [`SignedTransaction::decode_recorded`].
    pub fn decode(bytes: &[u8], ledger: &LedgerId) -> Result<SignedTransaction, DecodeError> {
        let envelope = Envelope::decode(bytes)?;
        let transaction = Transaction::decode(envelope.payload())?;
        let (signer, id) = envelope.verify(Purpose::Transaction, ledger)?;
        Ok(SignedTransaction { bytes: bytes.into(), id, signer, transaction })
    }

    /// The same with somebody who decodes keys, and may remember those that were decoded before.
    pub fn decode_with(
        bytes: &[u8],
        ledger: &LedgerId,
        known: impl FnOnce(&[u8; 32]) -> Option<DecodedKey>,
    ) -> Result<SignedTransaction, DecodeError> {
        let envelope = Envelope::decode(bytes)?;
        let transaction = Transaction::decode(envelope.payload())?;
        let key = known(envelope.key_bytes()).ok_or(DecodeError::WeakKey)?;
        let (signer, id) = envelope.verify_with(&key, Purpose::Transaction, ledger)?;
        Ok(SignedTransaction { bytes: bytes.into(), id, signer, transaction })
    }

    /// Reads an order of the journal without a look at its signature. Only for recovery, below a signed head whose root the
    /// journal was found to have: that head vouches for every byte.
    pub(crate) fn decode_recorded(bytes: &[u8], ledger: &LedgerId) -> Result<SignedTransaction, DecodeError> {
        let envelope = Envelope::decode(bytes)?;
        let transaction = Transaction::decode(envelope.payload())?;
        let (signer, id) = envelope.trusted(Purpose::Transaction, ledger);
        Ok(SignedTransaction { bytes: bytes.into(), id, signer, transaction })
    }

    /// The COSE bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The id.
    pub fn id(&self) -> TransactionId {
        self.id
    }

    /// Who signed.
    pub fn signer(&self) -> PublicKey {
        self.signer
    }

    /// What was signed.
    pub fn transaction(&self) -> &Transaction {
        &self.transaction
    }

    /// What it says.
    pub fn body(&self) -> &Body {
        &self.transaction.body
    }
}

/// Splits a CBOR sequence (RFC 8742) of signed messages into the bytes of each; at most `most`.
pub fn split_sequence(bytes: &[u8], most: usize) -> Result<Vec<&[u8]>, DecodeError> {
    let mut reader = Reader::new(bytes);
    let mut messages = Vec::new();
    while !reader.rest().is_empty() {
        if messages.len() == most {
            return Err(DecodeError::OutOfBounds("the batch has too many transactions: send it in parts"));
        }
        let start = reader.rest();
        Envelope::read(&mut reader)?;
        messages.push(&start[..start.len() - reader.rest().len()]);
    }
    Ok(messages)
}

impl Body {
    /// The account that an order with this id acts for; `None` for what the association's people sign.
    pub fn actor(&self, id: &TransactionId) -> Option<AccountId> {
        match self {
            Body::Genesis(_) | Body::Propose(_) | Body::Approve { .. } | Body::Refuse { .. } => None,
            Body::OpenAccount(_) => Some(AccountId::opened_by(id)),
            Body::AddKey { account, .. }
            | Body::RevokeKey { account, .. }
            | Body::CloseAccount { account }
            | Body::Refund { account, .. }
            | Body::Redeem { account, .. }
            | Body::Choose { account, .. }
            | Body::RedeemAbove { account, .. } => Some(*account),
            Body::Transfer(transfer) => Some(transfer.payer),
            Body::Transfers { payer, .. } => Some(*payer),
        }
    }

    /// The kind of order.
    pub fn kind(&self) -> Kind {
        match self {
            Body::Genesis(_) => Kind::Genesis,
            Body::Propose(_) => Kind::Propose,
            Body::Approve { .. } => Kind::Approve,
            Body::Refuse { .. } => Kind::Refuse,
            Body::OpenAccount(_) => Kind::OpenAccount,
            Body::AddKey { .. } => Kind::AddKey,
            Body::RevokeKey { .. } => Kind::RevokeKey,
            Body::CloseAccount { .. } => Kind::CloseAccount,
            Body::Transfer(_) => Kind::Transfer,
            Body::Transfers { .. } => Kind::Transfers,
            Body::Refund { .. } => Kind::Refund,
            Body::Redeem { .. } => Kind::Redeem,
            Body::Choose { .. } => Kind::Choose,
            Body::RedeemAbove { .. } => Kind::RedeemAbove,
        }
    }

    fn write(&self, out: &mut Writer) {
        match self {
            Body::Genesis(genesis) => genesis.write(out),
            Body::Propose(act) => {
                out.map(2).uint(1).uint(act.kind().code()).uint(2);
                act.write(out);
            }
            Body::Approve { proposal } | Body::Refuse { proposal } => {
                out.map(1).uint(1).bytes(&proposal.0);
            }
            Body::OpenAccount(open) => open.write(out),
            Body::AddKey { account, key, scope } => write_add_key(out, account, key, scope),
            Body::RevokeKey { account, key } => write_revoke_key(out, account, key),
            Body::CloseAccount { account } => write_account(out, account),
            Body::Transfer(transfer) => transfer.write(out),
            Body::Transfers { payer, payments } => {
                out.map(2).uint(1).bytes(&payer.0).uint(2).array(payments.len());
                for (payee, amount) in payments {
                    out.array(2).bytes(&payee.0).uint(amount.cents());
                }
            }
            Body::Refund { account, original, item, amount } => {
                out.map(4).uint(1).bytes(&account.0).uint(2).uint(*original);
                out.uint(3).uint(u64::from(*item)).uint(4).uint(amount.cents());
            }
            Body::Redeem { account, amount } => {
                out.map(2).uint(1).bytes(&account.0).uint(2).uint(amount.cents());
            }
            Body::Choose { account, associations } => {
                out.map(2).uint(1).bytes(&account.0).uint(2).array(associations.len());
                for association in associations {
                    out.bytes(&association.0);
                }
            }
            Body::RedeemAbove { account, keep } => {
                out.map(1 + usize::from(keep.is_some())).uint(1).bytes(&account.0);
                if let Some(keep) = keep {
                    out.uint(2).uint(*keep);
                }
            }
        }
    }

    fn read(kind: Kind, r: &mut Reader) -> Result<Body, DecodeError> {
        match kind {
            Kind::Genesis => return Genesis::read(r).map(|genesis| Body::Genesis(Box::new(genesis))),
            Kind::OpenAccount => return OpenAccount::read(r).map(Body::OpenAccount),
            Kind::Transfer => return Transfer::read(r).map(Body::Transfer),
            _ => {}
        }
        let map = &mut r.map()?;
        map.required(r, 1)?;
        let body = match kind {
            Kind::Propose => {
                let act = self::kind(r)?;
                map.required(r, 2)?;
                Body::Propose(Act::read(act, r)?)
            }
            Kind::Approve => Body::Approve { proposal: r.hash()? },
            Kind::Refuse => Body::Refuse { proposal: r.hash()? },
            Kind::AddKey => {
                let (account, key, scope) = read_add_key(map, r)?;
                Body::AddKey { account, key, scope }
            }
            Kind::RevokeKey => Body::RevokeKey { account: account(r)?, key: next(map, r, 2, Reader::key)? },
            Kind::CloseAccount => Body::CloseAccount { account: account(r)? },
            Kind::Transfers => Body::Transfers { payer: account(r)?, payments: next(map, r, 2, payments)? },
            Kind::Refund => Body::Refund {
                account: account(r)?,
                original: next(map, r, 2, Reader::uint)?,
                item: next(map, r, 3, small)?,
                amount: next(map, r, 4, amount)?,
            },
            Kind::Redeem => Body::Redeem { account: account(r)?, amount: next(map, r, 2, amount)? },
            Kind::Choose => Body::Choose { account: account(r)?, associations: next(map, r, 2, choices)? },
            Kind::RedeemAbove => {
                let account = account(r)?;
                let keep = if map.optional(r, 2)? { Some(sum(r)?) } else { None };
                Body::RedeemAbove { account, keep }
            }
            _ => return Err(DecodeError::OutOfBounds("an act of the association stands inside a proposal")),
        };
        map.end()?;
        Ok(body)
    }
}

/// The first word of the mark of euros that arrive. No kind of act has this code.
const ARRIVING: u64 = 0;
/// The first word of the mark of euros that leave. No kind of act has this code.
const LEAVING: u64 = 1;

/// The mark of euros that arrived: as one credit, as the fund's or as a sponsor's.
pub(crate) fn arrival_mark(bank: BankNumber, amount: Amount, evidence: &Hash32) -> Hash32 {
    moved_mark(ARRIVING, bank, amount, evidence)
}

fn moved_mark(direction: u64, bank: BankNumber, amount: Amount, evidence: &Hash32) -> Hash32 {
    let mut out = Writer::new();
    out.uint(direction).uint(bank.into()).uint(amount.cents()).bytes(&evidence.0);
    Hash32::of(&out.into_bytes())
}

impl Act {
    /// True for an act that rests on the word of a document.
    pub fn carries_evidence(&self) -> bool {
        matches!(
            self,
            Act::ReturnCredit { .. }
                | Act::FundDeposit { .. }
                | Act::FundWithdrawal { .. }
                | Act::BankReturn { .. }
                | Act::BankFee { .. }
                | Act::SponsorDeposit { .. }
                | Act::SponsorReturn { .. }
                | Act::IssueNotes { .. }
                | Act::RetireNotes { .. }
                | Act::FundMove { .. }
                | Act::Pledge { .. }
                | Act::ReleasePledge { .. }
                | Act::RedemptionPaid { .. }
                | Act::RedemptionReturned { .. }
                | Act::GiveGifts { .. }
                | Act::OrderRedemptions { .. }
                | Act::PassOn { .. }
        )
    }

    /// SHA-256 of an act that carries evidence: two acts with the same mark say the same of the same document. Euros that arrive or leave under
    /// one document are told by direction, bank account, amount and document alone, whatever becomes of them; `sponsor` finds the bank account
    /// of a campaign.
    pub fn evidence_mark(&self, sponsor: impl Fn(CampaignNumber) -> Option<BankNumber>) -> Option<Hash32> {
        match self {
            Act::FundDeposit { bank, amount, evidence, .. } | Act::SponsorDeposit { bank, amount, evidence, .. } => {
                Some(arrival_mark(*bank, *amount, evidence))
            }
            Act::FundWithdrawal { bank, amount, evidence, .. }
            | Act::BankFee { bank, amount, evidence }
            | Act::FundMove { bank_out: bank, amount, evidence, .. } => Some(moved_mark(LEAVING, *bank, *amount, evidence)),
            Act::SponsorReturn { campaign, amount, evidence } => {
                sponsor(*campaign).map(|bank| moved_mark(LEAVING, bank, *amount, evidence))
            }
            _ => self.carries_evidence().then(|| {
                let mut out = Writer::new();
                self.write(out.uint(self.kind().code()));
                Hash32::of(&out.into_bytes())
            }),
        }
    }

    /// The kind of act.
    pub fn kind(&self) -> Kind {
        match self {
            Act::OpenAccount(_) => Kind::OpenAccount,
            Act::AddKey { .. } => Kind::AddKey,
            Act::RevokeKey { .. } => Kind::RevokeKey,
            Act::CloseAccount { .. } => Kind::CloseAccount,
            Act::ClassifyAccount { .. } => Kind::ClassifyAccount,
            Act::SuspendAccount { .. } => Kind::SuspendAccount,
            Act::ResumeAccount { .. } => Kind::ResumeAccount,
            Act::RecordCredit { .. } => Kind::RecordCredit,
            Act::Convert { .. } => Kind::Convert,
            Act::ReturnCredit { .. } => Kind::ReturnCredit,
            Act::FundDeposit { .. } => Kind::FundDeposit,
            Act::FundWithdrawal { .. } => Kind::FundWithdrawal,
            Act::BankReturn { .. } => Kind::BankReturn,
            Act::BankFee { .. } => Kind::BankFee,
            Act::SponsorDeposit { .. } => Kind::SponsorDeposit,
            Act::SponsorReturn { .. } => Kind::SponsorReturn,
            Act::PublishCampaign(_) => Kind::PublishCampaign,
            Act::PublishFee(_) => Kind::PublishFee,
            Act::PublishGift(_) => Kind::PublishGift,
            Act::GiveGifts { .. } => Kind::GiveGifts,
            Act::RedeemStanding { .. } => Kind::RedeemStanding,
            Act::OrderRedemptions { .. } => Kind::OrderRedemptions,
            Act::PassOn { .. } => Kind::PassOn,
            Act::RedemptionPaid { .. } => Kind::RedemptionPaid,
            Act::RedemptionReturned { .. } => Kind::RedemptionReturned,
            Act::IssueNotes { .. } => Kind::IssueNotes,
            Act::RetireNotes { .. } => Kind::RetireNotes,
            Act::FundMove { .. } => Kind::FundMove,
            Act::Correct { .. } => Kind::Correct,
            Act::RotateCheckpointKey { .. } => Kind::RotateCheckpointKey,
            Act::Upgrade { .. } => Kind::Upgrade,
            Act::AppointOperator(_) => Kind::AppointOperator,
            Act::DismissOperator { .. } => Kind::DismissOperator,
            Act::SetQuorum(_) => Kind::SetQuorum,
            Act::SetLimits(_) => Kind::SetLimits,
            Act::AddBank(_) => Kind::AddBank,
            Act::Pledge { .. } => Kind::Pledge,
            Act::ReleasePledge { .. } => Kind::ReleasePledge,
        }
    }

    pub(crate) fn write(&self, out: &mut Writer) {
        match self {
            Act::OpenAccount(open) => open.write(out),
            Act::AddKey { account, key, scope } => write_add_key(out, account, key, scope),
            Act::RevokeKey { account, key } => write_revoke_key(out, account, key),
            Act::CloseAccount { account } | Act::ResumeAccount { account } | Act::RedeemStanding { account } => {
                write_account(out, account);
            }
            Act::ClassifyAccount { account, level, groups } => {
                out.map(3).uint(1).bytes(&account.0).uint(2).uint(u64::from(*level)).uint(3);
                write_groups(out, groups);
            }
            Act::SuspendAccount { account, reason } => {
                out.map(2).uint(1).bytes(&account.0).uint(2).uint(u64::from(*reason));
            }
            Act::RecordCredit { bank, credit, amount } => {
                out.map(3).uint(1).uint(u64::from(*bank)).uint(2).bytes(&credit.0).uint(3).uint(amount.cents());
            }
            Act::Convert { bank, credit, amount, account } => {
                out.map(4).uint(1).uint(u64::from(*bank)).uint(2).bytes(&credit.0);
                out.uint(3).uint(amount.cents()).uint(4).bytes(&account.0);
            }
            Act::ReturnCredit { credit, amount, evidence } | Act::BankReturn { credit, amount, evidence } => {
                out.map(3).uint(1).bytes(&credit.0).uint(2).uint(amount.cents()).uint(3).bytes(&evidence.0);
            }
            Act::FundDeposit { bank, amount, purse, evidence, settles } => {
                out.map(4 + usize::from(settles.is_some()));
                write_fund(out, *bank, *amount, *purse, evidence);
                if let Some(account) = settles {
                    out.uint(5).bytes(&account.0);
                }
            }
            Act::FundWithdrawal { bank, amount, purse, evidence } => {
                write_fund(out.map(4), *bank, *amount, *purse, evidence);
            }
            Act::BankFee { bank, amount, evidence } => {
                out.map(3).uint(1).uint(u64::from(*bank)).uint(2).uint(amount.cents()).uint(3).bytes(&evidence.0);
            }
            Act::SponsorDeposit { bank, campaign, amount, evidence } => {
                out.map(4).uint(1).uint(u64::from(*bank)).uint(2).uint(u64::from(*campaign));
                out.uint(3).uint(amount.cents()).uint(4).bytes(&evidence.0);
            }
            Act::SponsorReturn { campaign, amount, evidence } => {
                out.map(3).uint(1).uint(u64::from(*campaign)).uint(2).uint(amount.cents()).uint(3).bytes(&evidence.0);
            }
            Act::PublishCampaign(campaign) => campaign.write(out),
            Act::PublishFee(rule) => rule.write(out),
            Act::PublishGift(rule) => rule.write(out),
            Act::GiveGifts { gift, period, evidence } => {
                out.map(3).uint(1).uint(u64::from(*gift)).uint(2).uint(*period).uint(3).bytes(&evidence.0);
            }
            Act::OrderRedemptions { bank, redemptions, evidence } => {
                out.map(3).uint(1).uint(u64::from(*bank)).uint(2);
                write_numbers(out, redemptions);
                out.uint(3).bytes(&evidence.0);
            }
            Act::PassOn { account, heir, evidence } => {
                out.map(3).uint(1).bytes(&account.0).uint(2).bytes(&heir.0).uint(3).bytes(&evidence.0);
            }
            Act::RedemptionPaid { redemption, bank, evidence } => {
                out.map(3).uint(1).uint(*redemption).uint(2).uint(u64::from(*bank)).uint(3).bytes(&evidence.0);
            }
            Act::RedemptionReturned { redemption, evidence } => {
                out.map(2).uint(1).uint(*redemption).uint(2).bytes(&evidence.0);
            }
            Act::IssueNotes { amount, evidence } | Act::RetireNotes { amount, evidence } => {
                out.map(2).uint(1).uint(amount.cents()).uint(2).bytes(&evidence.0);
            }
            Act::FundMove { bank_out, bank_in, amount, evidence } => {
                out.map(4).uint(1).uint(u64::from(*bank_out)).uint(2).uint(u64::from(*bank_in));
                out.uint(3).uint(amount.cents()).uint(4).bytes(&evidence.0);
            }
            Act::Correct { sequence, reason } => {
                out.map(2).uint(1).uint(*sequence).uint(2).uint(u64::from(*reason));
            }
            Act::RotateCheckpointKey { key } => {
                out.map(1).uint(1).bytes(key.as_bytes());
            }
            Act::Upgrade { rule_set } => {
                out.map(1).uint(1).uint(*rule_set);
            }
            Act::AppointOperator(operator) => {
                out.map(3).uint(1).uint(u64::from(operator.number)).uint(2).bytes(operator.key.as_bytes());
                out.uint(3).uint(operator.roles.code());
            }
            Act::DismissOperator { operator } => {
                out.map(1).uint(1).uint(u64::from(*operator));
            }
            Act::SetQuorum(quorum) => {
                out.map(3).uint(1).uint(quorum.act).uint(2).uint(u64::from(quorum.persons));
                out.uint(3).uint(quorum.roles.code());
            }
            Act::SetLimits(limits) => limits.write(out),
            Act::AddBank(bank) => {
                out.map(4).uint(1).uint(u64::from(bank.number)).uint(2).uint(bank.medium.code());
                out.uint(3).uint(bank.class.code()).uint(4).bytes(&bank.iban.0);
            }
            Act::Pledge { medium, amount, evidence } | Act::ReleasePledge { medium, amount, evidence } => {
                out.map(3).uint(1).uint(medium.code()).uint(2).uint(amount.cents()).uint(3).bytes(&evidence.0);
            }
        }
    }

    pub(crate) fn read(kind: Kind, r: &mut Reader) -> Result<Act, DecodeError> {
        match kind {
            Kind::OpenAccount => return OpenAccount::read(r).map(Act::OpenAccount),
            Kind::PublishCampaign => return Campaign::read(r).map(|campaign| Act::PublishCampaign(Box::new(campaign))),
            Kind::PublishFee => return FeeRule::read(r).map(Act::PublishFee),
            Kind::PublishGift => return GiftRule::read(r).map(Act::PublishGift),
            Kind::SetLimits => return Limits::read(r).map(Act::SetLimits),
            _ => {}
        }
        let map = &mut r.map()?;
        map.required(r, 1)?;
        let act = match kind {
            Kind::AddKey => {
                let (account, key, scope) = read_add_key(map, r)?;
                Act::AddKey { account, key, scope }
            }
            Kind::RevokeKey => Act::RevokeKey { account: account(r)?, key: next(map, r, 2, Reader::key)? },
            Kind::CloseAccount => Act::CloseAccount { account: account(r)? },
            Kind::ClassifyAccount => {
                Act::ClassifyAccount { account: account(r)?, level: next(map, r, 2, level)?, groups: next(map, r, 3, groups)? }
            }
            Kind::SuspendAccount => Act::SuspendAccount { account: account(r)?, reason: next(map, r, 2, small)? },
            Kind::ResumeAccount => Act::ResumeAccount { account: account(r)? },
            Kind::RedeemStanding => Act::RedeemStanding { account: account(r)? },
            Kind::PassOn => {
                Act::PassOn { account: account(r)?, heir: next(map, r, 2, account)?, evidence: next(map, r, 3, Reader::hash)? }
            }
            Kind::GiveGifts => Act::GiveGifts {
                gift: small(r)?,
                period: next(map, r, 2, Reader::uint)?,
                evidence: next(map, r, 3, Reader::hash)?,
            },
            Kind::OrderRedemptions => Act::OrderRedemptions {
                bank: small(r)?,
                redemptions: next(map, r, 2, |r| ascending(r, 1, MAX_ORDERED))?,
                evidence: next(map, r, 3, Reader::hash)?,
            },
            Kind::RecordCredit => {
                Act::RecordCredit { bank: small(r)?, credit: next(map, r, 2, Reader::hash)?, amount: next(map, r, 3, amount)? }
            }
            Kind::Convert => Act::Convert {
                bank: small(r)?,
                credit: next(map, r, 2, Reader::hash)?,
                amount: next(map, r, 3, amount)?,
                account: next(map, r, 4, account)?,
            },
            Kind::ReturnCredit | Kind::BankReturn => {
                let credit = r.hash()?;
                let amount = next(map, r, 2, amount)?;
                let evidence = next(map, r, 3, Reader::hash)?;
                match kind {
                    Kind::ReturnCredit => Act::ReturnCredit { credit, amount, evidence },
                    _ => Act::BankReturn { credit, amount, evidence },
                }
            }
            Kind::FundDeposit => {
                let (bank, amount, purse, evidence) = read_fund(map, r)?;
                let settles = if map.optional(r, 5)? { Some(account(r)?) } else { None };
                if purse == Purse::FeesDue || (settles.is_some() && purse != Purse::Cover) {
                    return Err(DecodeError::OutOfBounds("a deposit is for the cover or own money; only cover settles"));
                }
                Act::FundDeposit { bank, amount, purse, evidence, settles }
            }
            Kind::FundWithdrawal => {
                let (bank, amount, purse, evidence) = read_fund(map, r)?;
                Act::FundWithdrawal { bank, amount, purse, evidence }
            }
            Kind::BankFee => {
                Act::BankFee { bank: small(r)?, amount: next(map, r, 2, amount)?, evidence: next(map, r, 3, Reader::hash)? }
            }
            Kind::SponsorDeposit => Act::SponsorDeposit {
                bank: small(r)?,
                campaign: next(map, r, 2, small)?,
                amount: next(map, r, 3, amount)?,
                evidence: next(map, r, 4, Reader::hash)?,
            },
            Kind::SponsorReturn => Act::SponsorReturn {
                campaign: small(r)?,
                amount: next(map, r, 2, amount)?,
                evidence: next(map, r, 3, Reader::hash)?,
            },
            Kind::RedemptionPaid => Act::RedemptionPaid {
                redemption: r.uint()?,
                bank: next(map, r, 2, small)?,
                evidence: next(map, r, 3, Reader::hash)?,
            },
            Kind::RedemptionReturned => {
                Act::RedemptionReturned { redemption: r.uint()?, evidence: next(map, r, 2, Reader::hash)? }
            }
            Kind::IssueNotes => Act::IssueNotes { amount: amount(r)?, evidence: next(map, r, 2, Reader::hash)? },
            Kind::RetireNotes => Act::RetireNotes { amount: amount(r)?, evidence: next(map, r, 2, Reader::hash)? },
            Kind::FundMove => Act::FundMove {
                bank_out: small(r)?,
                bank_in: next(map, r, 2, small)?,
                amount: next(map, r, 3, amount)?,
                evidence: next(map, r, 4, Reader::hash)?,
            },
            Kind::Correct => Act::Correct { sequence: r.uint()?, reason: next(map, r, 2, small)? },
            Kind::RotateCheckpointKey => Act::RotateCheckpointKey { key: r.key()? },
            Kind::Upgrade => Act::Upgrade { rule_set: r.uint()? },
            Kind::AppointOperator => Act::AppointOperator(Operator {
                number: small(r)?,
                key: next(map, r, 2, Reader::key)?,
                roles: next(map, r, 3, roles)?,
            }),
            Kind::DismissOperator => Act::DismissOperator { operator: small(r)? },
            Kind::SetQuorum => {
                Act::SetQuorum(Quorum { act: act_kind(r)?, persons: next(map, r, 2, small)?, roles: next(map, r, 3, roles)? })
            }
            Kind::AddBank => Act::AddBank(Bank {
                number: small(r)?,
                medium: next(map, r, 2, medium)?,
                class: next(map, r, 3, class)?,
                iban: next(map, r, 4, Reader::hash)?,
            }),
            Kind::Pledge | Kind::ReleasePledge => {
                let medium = medium(r)?;
                let amount = next(map, r, 2, amount)?;
                let evidence = next(map, r, 3, Reader::hash)?;
                match kind {
                    Kind::Pledge => Act::Pledge { medium, amount, evidence },
                    _ => Act::ReleasePledge { medium, amount, evidence },
                }
            }
            _ => return Err(DecodeError::OutOfBounds("this kind is no act of the association")),
        };
        map.end()?;
        Ok(act)
    }
}

impl Transfer {
    fn write(&self, out: &mut Writer) {
        out.map(3 + usize::from(self.charge.is_some()) + usize::from(self.memo.is_some()));
        out.uint(1).bytes(&self.payer.0).uint(2).bytes(&self.payee.0).uint(3).uint(self.amount.cents());
        if let Some(charge) = &self.charge {
            out.uint(4).array(2).bytes(&charge.id).uint(charge.expires);
        }
        if let Some(memo) = &self.memo {
            out.uint(5).bytes(&memo.0);
        }
    }

    fn read(r: &mut Reader) -> Result<Transfer, DecodeError> {
        let mut map = r.map()?;
        let payer = next(&mut map, r, 1, account)?;
        let payee = next(&mut map, r, 2, account)?;
        let amount = next(&mut map, r, 3, amount)?;
        let charge = if map.optional(r, 4)? { Some(charge(r)?) } else { None };
        let memo = if map.optional(r, 5)? { Some(r.hash()?) } else { None };
        map.end()?;
        Ok(Transfer { payer, payee, amount, charge, memo })
    }
}

impl OpenAccount {
    fn write(&self, out: &mut Writer) {
        out.map(4).uint(1).uint(self.kind.code()).uint(2).bytes(self.key.as_bytes());
        out.uint(3).uint(u64::from(self.level)).uint(4);
        write_groups(out, &self.groups);
    }

    fn read(r: &mut Reader) -> Result<OpenAccount, DecodeError> {
        let mut map = r.map()?;
        let kind = next(&mut map, r, 1, Reader::uint)?;
        let kind = AccountKind::from_code(kind).ok_or(DecodeError::OutOfBounds("the kind of account is unknown"))?;
        let key = next(&mut map, r, 2, Reader::key)?;
        let level = next(&mut map, r, 3, level)?;
        let groups = next(&mut map, r, 4, groups)?;
        map.end()?;
        Ok(OpenAccount { kind, key, level, groups })
    }
}

impl Genesis {
    pub(crate) fn write(&self, out: &mut Writer) {
        out.map(11 + usize::from(self.recovery_delay_ms > 0))
            .uint(1)
            .text(&self.name)
            .uint(2)
            .text(&self.symbol)
            .uint(3)
            .text(&self.prefix);
        out.uint(4).bytes(self.checkpoint_key.as_bytes()).uint(5).uint(self.time);
        out.uint(6).array(self.operators.len());
        for operator in &self.operators {
            out.array(3).uint(u64::from(operator.number)).bytes(operator.key.as_bytes()).uint(operator.roles.code());
        }
        out.uint(7).array(self.quorums.len());
        for quorum in &self.quorums {
            out.array(3).uint(quorum.act).uint(u64::from(quorum.persons)).uint(quorum.roles.code());
        }
        out.uint(8).array(self.limits.len());
        for limits in &self.limits {
            limits.write(out);
        }
        out.uint(9).array(self.banks.len());
        for bank in &self.banks {
            out.array(4).uint(u64::from(bank.number)).uint(bank.medium.code());
            out.uint(bank.class.code()).bytes(&bank.iban.0);
        }
        out.uint(10).bool(self.self_opening).uint(11).uint(self.rule_set);
        if self.recovery_delay_ms > 0 {
            out.uint(12).uint(self.recovery_delay_ms);
        }
    }

    pub(crate) fn read(r: &mut Reader) -> Result<Genesis, DecodeError> {
        let mut map = r.map()?;
        let name = next(&mut map, r, 1, |r| r.text(MAX_NAME_BYTES))?.to_owned();
        let symbol = next(&mut map, r, 2, |r| r.text(8))?.to_owned();
        let prefix = next(&mut map, r, 3, |r| r.text(12))?.to_owned();
        if name.is_empty() || symbol.is_empty() || Prefix::new(&prefix).is_none() {
            return Err(DecodeError::OutOfBounds("a currency has a name, a symbol and a prefix of 2 to 12 small letters"));
        }
        let checkpoint_key = next(&mut map, r, 4, Reader::key)?;
        let time = next(&mut map, r, 5, Reader::uint)?;
        let operators = next(&mut map, r, 6, |r| rows(r, 3, read_operator))?;
        let quorums = next(&mut map, r, 7, |r| rows(r, 3, read_quorum))?;
        let limits = next(&mut map, r, 8, |r| list(r, MAX_GENESIS_ROWS, Limits::read))?;
        let banks = next(&mut map, r, 9, |r| rows(r, 4, read_bank))?;
        let self_opening = next(&mut map, r, 10, Reader::bool)?;
        let rule_set = next(&mut map, r, 11, Reader::uint)?;
        let recovery_delay_ms = if map.optional(r, 12)? { recovery_delay(r)? } else { 0 };
        map.end()?;
        Ok(Genesis {
            name,
            symbol,
            prefix,
            checkpoint_key,
            time,
            operators,
            quorums,
            limits,
            banks,
            self_opening,
            rule_set,
            recovery_delay_ms,
        })
    }
}

fn recovery_delay(r: &mut Reader) -> Result<u64, DecodeError> {
    match r.uint()? {
        0 => Err(DecodeError::NotCanonical("a recovery delay of nothing is left out")),
        delay if delay > MAX_RECOVERY_DELAY_MS => Err(DecodeError::OutOfBounds("a recovery delay is at most 30 days")),
        delay => Ok(delay),
    }
}

fn read_operator(r: &mut Reader) -> Result<Operator, DecodeError> {
    Ok(Operator { number: small(r)?, key: r.key()?, roles: roles(r)? })
}

fn read_quorum(r: &mut Reader) -> Result<Quorum, DecodeError> {
    Ok(Quorum { act: act_kind(r)?, persons: small(r)?, roles: roles(r)? })
}

fn read_bank(r: &mut Reader) -> Result<Bank, DecodeError> {
    Ok(Bank { number: small(r)?, medium: medium(r)?, class: class(r)?, iban: r.hash()? })
}

impl Limits {
    pub(crate) fn write(&self, out: &mut Writer) {
        let caps = [(2, self.per_payment), (3, self.held), (4, self.paid_30_days)];
        out.map(1 + caps.iter().filter(|(_, cap)| cap.is_some()).count()).uint(1).uint(u64::from(self.level));
        for (key, cap) in caps {
            if let Some(cap) = cap {
                out.uint(key).uint(cap.cents());
            }
        }
    }

    pub(crate) fn read(r: &mut Reader) -> Result<Limits, DecodeError> {
        let mut map = r.map()?;
        let level = next(&mut map, r, 1, level)?;
        let mut cap = |key| if map.optional(r, key)? { amount(r).map(Some) } else { Ok(None) };
        let limits = Limits { level, per_payment: cap(2)?, held: cap(3)?, paid_30_days: cap(4)? };
        map.end()?;
        Ok(limits)
    }
}

impl Campaign {
    pub(crate) fn write(&self, out: &mut Writer) {
        let more = usize::from(!self.steps.is_empty()) + usize::from(self.sponsor.is_some());
        out.map(13 + more).uint(1).uint(u64::from(self.number)).uint(2).uint(u64::from(self.version));
        out.uint(3).uint(u64::from(self.bank)).uint(4);
        write_rate(out, self.rate);
        out.uint(5).uint(self.start).uint(6).uint(self.end).uint(7).uint(self.budget.cents()).uint(8).uint(self.cap.cents());
        out.uint(9);
        write_numbers(out, &self.periods);
        out.uint(10);
        write_groups(out, &self.groups);
        out.uint(11).uint(u64::from(self.order)).uint(12).uint(self.least.cents()).uint(13).uint(self.most.cents());
        if !self.steps.is_empty() {
            out.uint(14).array(self.steps.len());
            for step in &self.steps {
                write_rate(out.array(2).uint(step.from.cents()), step.rate);
            }
        }
        if let Some(sponsor) = self.sponsor {
            out.uint(15).uint(u64::from(sponsor));
        }
    }

    pub(crate) fn read(r: &mut Reader) -> Result<Campaign, DecodeError> {
        let mut map = r.map()?;
        let campaign = Campaign {
            number: next(&mut map, r, 1, small)?,
            version: next(&mut map, r, 2, small)?,
            bank: next(&mut map, r, 3, small)?,
            rate: next(&mut map, r, 4, rate)?,
            start: next(&mut map, r, 5, Reader::uint)?,
            end: next(&mut map, r, 6, Reader::uint)?,
            budget: next(&mut map, r, 7, amount)?,
            cap: next(&mut map, r, 8, amount)?,
            periods: next(&mut map, r, 9, |r| list(r, MAX_PERIODS, |r| r.uint()))?,
            groups: next(&mut map, r, 10, groups)?,
            order: next(&mut map, r, 11, small)?,
            least: next(&mut map, r, 12, amount)?,
            most: next(&mut map, r, 13, amount)?,
            steps: if map.optional(r, 14)? { steps(r)? } else { Vec::new() },
            sponsor: if map.optional(r, 15)? { Some(small(r)?) } else { None },
        };
        map.end()?;
        let ascending = campaign.periods.is_sorted_by(|a, b| a < b);
        if !ascending || campaign.start >= campaign.end || campaign.least > campaign.most {
            return Err(DecodeError::OutOfBounds("a campaign's dates, periods or bounds are not in order"));
        }
        Ok(campaign)
    }
}

impl FeeRule {
    pub(crate) fn write(&self, out: &mut Writer) {
        let more = usize::from(self.given.is_some()) + usize::from(self.beneficiary.is_some());
        out.map(5 + more).uint(1).uint(u64::from(self.version)).uint(2);
        write_rate(out, self.rate);
        out.uint(3).uint(self.least).uint(4).uint(self.from).uint(5);
        write_groups(out, &self.exempt);
        if let Some(given) = self.given {
            write_rate(out.uint(6), given);
        }
        if let Some(account) = &self.beneficiary {
            out.uint(7).bytes(&account.0);
        }
    }

    pub(crate) fn read(r: &mut Reader) -> Result<FeeRule, DecodeError> {
        let mut map = r.map()?;
        let rule = FeeRule {
            version: next(&mut map, r, 1, small)?,
            rate: next(&mut map, r, 2, rate)?,
            least: next(&mut map, r, 3, Reader::uint)?,
            from: next(&mut map, r, 4, Reader::uint)?,
            exempt: next(&mut map, r, 5, groups)?,
            given: if map.optional(r, 6)? { Some(rate(r)?) } else { None },
            beneficiary: if map.optional(r, 7)? { Some(account(r)?) } else { None },
        };
        map.end()?;
        if rule.least > MAX_AMOUNT || rule.rate.numerator() > rule.rate.denominator() {
            return Err(DecodeError::OutOfBounds("a fee is at most the whole, and its least sum is an amount"));
        }
        if rule.given.is_none() && rule.beneficiary.is_some() {
            return Err(DecodeError::OutOfBounds("a fee has a beneficiary only when a share of it is given"));
        }
        Ok(rule)
    }
}

impl GiftRule {
    pub(crate) fn write(&self, out: &mut Writer) {
        out.map(7).uint(1).uint(u64::from(self.number)).uint(2).uint(u64::from(self.version));
        write_rate(out.uint(3).uint(u64::from(self.bank)).uint(4), self.rate);
        write_numbers(out.uint(5), &self.periods);
        out.uint(6).uint(u64::from(self.least_members)).uint(7).uint(self.budget.cents());
    }

    pub(crate) fn read(r: &mut Reader) -> Result<GiftRule, DecodeError> {
        let mut map = r.map()?;
        let rule = GiftRule {
            number: next(&mut map, r, 1, small)?,
            version: next(&mut map, r, 2, small)?,
            bank: next(&mut map, r, 3, small)?,
            rate: next(&mut map, r, 4, rate)?,
            periods: next(&mut map, r, 5, |r| ascending(r, 2, MAX_PERIODS))?,
            least_members: next(&mut map, r, 6, small)?,
            budget: next(&mut map, r, 7, amount)?,
        };
        map.end()?;
        Ok(rule)
    }
}

fn write_account(out: &mut Writer, account: &AccountId) {
    out.map(1).uint(1).bytes(&account.0);
}

fn write_revoke_key(out: &mut Writer, account: &AccountId, key: &PublicKey) {
    out.map(2).uint(1).bytes(&account.0).uint(2).bytes(key.as_bytes());
}

fn write_add_key(out: &mut Writer, account: &AccountId, key: &PublicKey, scope: &Scope) {
    out.map(3).uint(1).bytes(&account.0).uint(2).bytes(key.as_bytes()).uint(3);
    write_scope(out, scope);
}

pub(crate) fn write_scope(out: &mut Writer, scope: &Scope) {
    let capped = |out: &mut Writer, pairs, code, cap: &SpendingCap| {
        out.map(pairs).uint(1).uint(code).uint(2).uint(cap.per_payment.cents()).uint(3).uint(cap.per_day.cents());
    };
    match scope {
        Scope::Full => {
            out.map(1).uint(1).uint(1);
        }
        Scope::Limited(cap) => capped(out, 3, 2, cap),
        Scope::Till { per_day } => {
            out.map(2).uint(1).uint(3).uint(3).uint(per_day.cents());
        }
        Scope::CardService(cap) => capped(out, 3, 4, cap),
        Scope::Collect(cap, payee) => {
            capped(out, 4, 5, cap);
            out.uint(4).bytes(&payee.0);
        }
        Scope::Read => {
            out.map(1).uint(1).uint(6);
        }
    }
}

type AddKeyFields = (AccountId, PublicKey, Scope);

fn read_add_key(map: &mut Map, r: &mut Reader) -> Result<AddKeyFields, DecodeError> {
    let account = account(r)?;
    let key = next(map, r, 2, Reader::key)?;
    let scope = next(map, r, 3, read_scope)?;
    Ok((account, key, scope))
}

pub(crate) fn read_scope(r: &mut Reader) -> Result<Scope, DecodeError> {
    let mut map = r.map()?;
    let cap = |map: &mut Map, r: &mut Reader| -> Result<SpendingCap, DecodeError> {
        Ok(SpendingCap { per_payment: next(map, r, 2, amount)?, per_day: next(map, r, 3, amount)? })
    };
    let scope = match next(&mut map, r, 1, Reader::uint)? {
        1 => Scope::Full,
        2 => Scope::Limited(cap(&mut map, r)?),
        3 => Scope::Till { per_day: next(&mut map, r, 3, amount)? },
        4 => Scope::CardService(cap(&mut map, r)?),
        5 => Scope::Collect(cap(&mut map, r)?, next(&mut map, r, 4, account)?),
        6 => Scope::Read,
        _ => return Err(DecodeError::OutOfBounds("the scope of the key is unknown")),
    };
    map.end()?;
    Ok(scope)
}

fn write_fund(out: &mut Writer, bank: BankNumber, amount: Amount, purse: Purse, evidence: &Hash32) {
    out.uint(1).uint(u64::from(bank)).uint(2).uint(amount.cents()).uint(3).uint(purse.code()).uint(4).bytes(&evidence.0);
}

type FundFields = (BankNumber, Amount, Purse, Hash32);

fn read_fund(map: &mut Map, r: &mut Reader) -> Result<FundFields, DecodeError> {
    let bank = small(r)?;
    let amount = next(map, r, 2, amount)?;
    let purse = Purse::from_code(next(map, r, 3, Reader::uint)?)?;
    let evidence = next(map, r, 4, Reader::hash)?;
    Ok((bank, amount, purse, evidence))
}

fn write_groups(out: &mut Writer, groups: &[Group]) {
    out.array(groups.len());
    for group in groups {
        out.uint(u64::from(*group));
    }
}

fn write_numbers(out: &mut Writer, numbers: &[u64]) {
    out.array(numbers.len());
    for number in numbers {
        out.uint(*number);
    }
}

fn write_rate(out: &mut Writer, rate: Rate) {
    out.array(2).uint(rate.numerator()).uint(rate.denominator());
}

/// Reads the value of a required key.
fn next<'a, T>(
    map: &mut Map,
    r: &mut Reader<'a>,
    key: u64,
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    map.required(r, key)?;
    read(r)
}

fn kind(r: &mut Reader) -> Result<Kind, DecodeError> {
    Kind::from_code(r.uint()?).ok_or(DecodeError::OutOfBounds("the kind of transaction is unknown"))
}

fn act_kind(r: &mut Reader) -> Result<u64, DecodeError> {
    let code = r.uint()?;
    let known = code == 0 || Kind::from_code(code).is_some_and(Kind::is_act);
    if known { Ok(code) } else { Err(DecodeError::OutOfBounds("a quorum names no act of the association")) }
}

fn account(r: &mut Reader) -> Result<AccountId, DecodeError> {
    r.fixed().map(AccountId)
}

fn amount(r: &mut Reader) -> Result<Amount, DecodeError> {
    Amount::from_cents(r.uint()?).ok_or(DecodeError::OutOfBounds("an amount is at least one cent and at most 10^12 cents"))
}

/// A sum that may be nothing.
fn sum(r: &mut Reader) -> Result<u64, DecodeError> {
    let cents = r.uint()?;
    if cents <= MAX_AMOUNT { Ok(cents) } else { Err(DecodeError::OutOfBounds("a sum is at most 10^12 cents")) }
}

fn choices(r: &mut Reader) -> Result<Vec<AccountId>, DecodeError> {
    let chosen = list(r, MAX_CHOICES, account)?;
    let repeated = chosen.len() == 2 && chosen[0] == chosen[1];
    if repeated { Err(DecodeError::OutOfBounds("the first choice and the second are the same")) } else { Ok(chosen) }
}

fn ascending(r: &mut Reader, least: usize, most: usize) -> Result<Vec<u64>, DecodeError> {
    let numbers = list(r, most, |r| r.uint())?;
    if numbers.len() < least {
        return Err(DecodeError::OutOfBounds("a list is too short"));
    }
    let ascending = numbers.is_sorted_by(|a, b| a < b);
    ascending.then_some(numbers).ok_or(DecodeError::OutOfBounds("a list of numbers is not in ascending order"))
}

fn steps(r: &mut Reader) -> Result<Vec<Step>, DecodeError> {
    let steps = list(r, MAX_STEPS, |r| {
        r.array_of(2)?;
        Ok(Step { from: amount(r)?, rate: rate(r)? })
    })?;
    if steps.is_empty() {
        return Err(DecodeError::NotCanonical("an empty list of steps is left out"));
    }
    let ascending = steps.is_sorted_by(|a, b| a.from < b.from);
    ascending.then_some(steps).ok_or(DecodeError::OutOfBounds("the steps of a campaign are not in ascending order"))
}

fn small<T: TryFrom<u64>>(r: &mut Reader) -> Result<T, DecodeError> {
    T::try_from(r.uint()?).map_err(|_| DecodeError::OutOfBounds("a number is too large for what it counts"))
}

fn level(r: &mut Reader) -> Result<Level, DecodeError> {
    small(r)
}

fn roles(r: &mut Reader) -> Result<Roles, DecodeError> {
    Roles::from_code(r.uint()?).ok_or(DecodeError::OutOfBounds("the roles are unknown"))
}

fn medium(r: &mut Reader) -> Result<Medium, DecodeError> {
    Medium::from_code(r.uint()?).ok_or(DecodeError::OutOfBounds("the medium is unknown"))
}

fn class(r: &mut Reader) -> Result<LiquidityClass, DecodeError> {
    LiquidityClass::from_code(r.uint()?).ok_or(DecodeError::OutOfBounds("the liquidity class is unknown"))
}

fn rate(r: &mut Reader) -> Result<Rate, DecodeError> {
    r.array_of(2)?;
    Rate::new(r.uint()?, r.uint()?).ok_or(DecodeError::OutOfBounds("a rate is a fraction of at most 1,000,000 and at most 10"))
}

fn charge(r: &mut Reader) -> Result<ChargeReference, DecodeError> {
    r.array_of(2)?;
    Ok(ChargeReference { id: r.fixed()?, expires: r.uint()? })
}

fn groups(r: &mut Reader) -> Result<Vec<Group>, DecodeError> {
    let groups: Vec<Group> = list(r, MAX_GROUPS, small)?;
    let ascending = groups.is_sorted_by(|a, b| a < b);
    if ascending { Ok(groups) } else { Err(DecodeError::NotCanonical("groups are out of order or repeated")) }
}

fn payments(r: &mut Reader) -> Result<Vec<(AccountId, Amount)>, DecodeError> {
    list(r, MAX_TRANSFERS, |r| {
        r.array_of(2)?;
        Ok((account(r)?, amount(r)?))
    })
}

fn list<T>(
    r: &mut Reader,
    most: usize,
    mut read: impl FnMut(&mut Reader) -> Result<T, DecodeError>,
) -> Result<Vec<T>, DecodeError> {
    let items = r.array(most)?;
    (0..items).map(|_| read(r)).collect()
}

fn rows<T>(
    r: &mut Reader,
    width: usize,
    mut read: impl FnMut(&mut Reader) -> Result<T, DecodeError>,
) -> Result<Vec<T>, DecodeError> {
    list(r, MAX_GENESIS_ROWS, |r| {
        r.array_of(width)?;
        read(r)
    })
}
