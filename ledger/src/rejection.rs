//! Why the rules say no. A rejection is data with a stable code, never a fault of the machine.
//!
//! The order of the codes is the order of the checks, of the test rows and of the reference in `FORMATS.md`.

macro_rules! rejections {
    ($($(#[$doc:meta])* $name:ident, $code:literal, $sentence:literal;)+) => {
        /// A refusal by the rules. Nothing was written.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Rejection { $(#[doc = $sentence] $(#[$doc])* $name),+ }

        impl Rejection {
            /// Every rejection, in order.
            pub const ALL: &[Rejection] = &[$(Rejection::$name),+];

            /// The stable code: what programs decide on.
            pub fn code(self) -> &'static str {
                match self { $(Rejection::$name => $code),+ }
            }

            /// What happened and what to do, for people.
            pub fn sentence(self) -> &'static str {
                match self { $(Rejection::$name => $sentence),+ }
            }
        }
    };
}

rejections! {
    AlreadyRecorded, "already_recorded", "This very transaction is recorded already; its receipt is the answer.";
    CheckpointKeyAbsent, "checkpoint_key_absent", "This node does not hold the secret of that key: put it into its key folder first.";
    TimeReversed, "time_reversed", "The time is before that of the entry before.";
    Expired, "expired", "The transaction's time is over: make and sign a new one.";
    ValidTooLong, "valid_too_long", "The transaction would stay valid for more than 7 days: choose a nearer end.";
    GenesisMisplaced, "genesis_misplaced", "A genesis is the first entry, and only the first.";
    GenesisInvalid, "genesis_invalid", "The genesis repeats a number, lacks a quorum or asks for more persons than there are.";
    OperatorUnknown, "operator_unknown", "This key belongs to no person of the association.";
    ProposalUnknown, "proposal_unknown", "No such proposal waits: it was executed, refused or never made.";
    RoleInsufficient, "role_insufficient", "This person's roles do not allow this act.";
    OwnBenefit, "own_benefit", "Nobody proposes or approves what benefits an account of their own.";
    TooManyProposals, "too_many_proposals", "Too many proposals wait: approve or refuse some first.";
    ProposalLapsed, "proposal_lapsed", "The proposal waited for more than 30 days and has lapsed: propose it again.";
    ApprovedTwice, "approved_twice", "This person has already spoken for the proposal: another one has to.";
    EvidenceUsed, "evidence_used", "The same was done with the same evidence before, or this line of the bank is booked otherwise: another act needs evidence of its own.";
    AccountUnknown, "account_unknown", "There is no such account.";
    AccountClosed, "account_closed", "The account is closed.";
    AccountSuspended, "account_suspended", "The account is suspended: ask the association.";
    KeyNotOfAccount, "key_not_of_account", "This key has no rights on the account.";
    KeyNotYet, "key_not_yet", "The association added this key: it is good after a wait, so that the other devices can object.";
    ScopeInsufficient, "scope_insufficient", "This key is not allowed to do that.";
    ScopePaymentLimit, "scope_payment_limit", "This key may not pay so much at once.";
    ScopeDayLimit, "scope_day_limit", "This key may not spend so much in one day: try tomorrow or with another key.";
    SelfOpeningRefused, "self_opening_refused", "Accounts of this kind are opened by the association.";
    AccountExists, "account_exists", "An account with this id is open already.";
    KeyPresent, "key_present", "The account has this key already.";
    TooManyKeys, "too_many_keys", "The account has 32 keys: revoke one first.";
    LastFullKey, "last_full_key", "This is the last key with full rights: add another one first.";
    AccountNotEmpty, "account_not_empty", "The account still has units, a receivable or an open redemption.";
    LevelUnknown, "level_unknown", "No limits are set for this identity level.";
    NotSuspended, "not_suspended", "The account is not suspended.";
    OriginalUnknown, "original_unknown", "That entry is no payment to this account.";
    SamePayerAndPayee, "same_payer_and_payee", "Payer and payee are the same account.";
    PayeeUnknown, "payee_unknown", "There is no such payee.";
    PayeeClosed, "payee_closed", "The payee's account is closed.";
    PayeeSuspended, "payee_suspended", "The payee's account is suspended.";
    CollectOtherPayee, "collect_other_payee", "This key collects for another payee only.";
    ChargeTooFar, "charge_too_far", "The charge would end more than 400 days from now.";
    ChargeExpired, "charge_expired", "The charge ended more than 7 days ago: ask the shop for a new one.";
    ChargeAnswered, "charge_answered", "This charge is paid already.";
    TransfersEmpty, "transfers_empty", "The list of transfers is empty.";
    LimitPerPayment, "limit_per_payment", "The amount is above the limit for one payment.";
    LimitPaid, "limit_paid_30_days", "The amount is above what may be paid in 30 days.";
    StandingAbsent, "standing_absent", "The member left no instruction to redeem what exceeds a sum.";
    BalanceInsufficient, "balance_insufficient", "The balance is too low.";
    RefundExceeds, "refund_exceeds", "That is more than what is left of the original payment.";
    NotProfessional, "not_professional", "Only professionals change units back into euros.";
    NotAssociation, "not_association", "Only an association can be chosen.";
    FeeExceedsAmount, "fee_exceeds_amount", "The fee would take the whole amount: redeem more at once.";
    TotalTooLarge, "total_too_large", "The funds would hold more than 10^15 cents.";
    BankUnknown, "bank_unknown", "The funds have no bank account with this number.";
    BankExists, "bank_exists", "A bank account with this number exists already.";
    WrongMedium, "wrong_medium", "That bank account belongs to the other fund.";
    CreditUnknown, "credit_unknown", "No such credit was recorded.";
    CreditKnown, "credit_known", "This credit was recorded before.";
    CreditDiffers, "credit_differs", "This credit was recorded with another bank account or amount.";
    CreditUsed, "credit_used", "Nothing, or not that much, is left of this credit.";
    RedemptionUnknown, "redemption_unknown", "That entry is no redemption.";
    RedemptionState, "redemption_state", "The redemption is not in the state that this needs.";
    GiftUnknown, "gift_unknown", "There is no such gift rule.";
    GiftPeriod, "gift_period", "The rule has no period that starts then, or it has not ended yet.";
    GiftGiven, "gift_given", "Gifts were given for this period, or a part of it, already.";
    TooManyGiven, "too_many_given", "The gifts would go to more than 200 associations: ask for more members each.";
    FundShort, "fund_short", "Circulation is not covered: nothing is issued until it is.";
    LimitHeld, "limit_held", "The payee may not hold so much.";
    CoverInsufficient, "cover_insufficient", "After this, circulation would not be covered.";
    BankFundsInsufficient, "bank_funds_insufficient", "That bank account does not hold so much of this money.";
    OwnInsufficient, "own_insufficient", "The association's own money, or the fees due, are less than that.";
    ReceivableExceeds, "receivable_exceeds", "The account owes less than that.";
    CampaignUnknown, "campaign_unknown", "There is no such campaign.";
    CampaignVersion, "campaign_version", "A campaign's versions follow each other: the next one is expected.";
    CampaignBankFixed, "campaign_bank_fixed", "A campaign keeps its bank account: its sponsor's euros are there.";
    CampaignMoneyInsufficient, "campaign_money_insufficient", "The campaign does not hold so many of the sponsor's euros.";
    TooManyCampaigns, "too_many_campaigns", "There are 1,000 campaigns already.";
    FeeVersion, "fee_version", "The fee rule's versions follow each other: the next one is expected.";
    GiftVersion, "gift_version", "A gift rule's versions follow each other: the next one is expected.";
    TooManyGifts, "too_many_gifts", "There are 100 gift rules already.";
    NotesInsufficient, "notes_insufficient", "Fewer notes than that are in circulation.";
    PledgeInsufficient, "pledge_insufficient", "Less than that is pledged.";
    NotCorrectable, "not_correctable", "Only the association's own acts that moved money can be corrected, and each once.";
    CheckpointKeyUsed, "checkpoint_key_used", "The key signs, or signed, checkpoints already.";
    RuleSetUnknown, "rule_set_unknown", "This program does not know that rule set, or it is in force already.";
    OperatorKeyUsed, "operator_key_used", "Another person of the association has this key.";
    QuorumImpossible, "quorum_impossible", "There would be fewer persons with these roles than the quorum asks for.";
}

impl std::fmt::Display for Rejection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.sentence())
    }
}
