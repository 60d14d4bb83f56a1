//! The words of the ledger: who an account belongs to, what a key may do, which medium and which rules a currency has.
//!
//! Each code list stands once, with the number that is signed and the word that people read.

use crate::amount::{Amount, Rate};
use crate::key::{AccountId, Hash32, PublicKey};

/// A list of codes: the number on the wire and the name in JSON.
macro_rules! codes {
    ($(#[$doc:meta])* $name:ident: $type:ty { $($(#[$item_doc:meta])* $item:ident = $code:literal, $word:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name { $($(#[$item_doc])* $item = $code),+ }

        impl $name {
            /// Every value, in the order of the codes.
            pub const ALL: &[$name] = &[$($name::$item),+];

            /// The value with this code.
            pub fn from_code(code: u64) -> Option<$name> {
                match code { $($code => Some($name::$item),)+ _ => None }
            }

            /// The code on the wire.
            pub fn code(self) -> u64 {
                self as $type as u64
            }

            /// The name in JSON and on the command line.
            pub fn word(self) -> &'static str {
                match self { $($name::$item => $word),+ }
            }

            /// The value with this name.
            pub fn from_word(word: &str) -> Option<$name> {
                match word { $($word => Some($name::$item),)+ _ => None }
            }
        }
    };
}
pub(crate) use codes;

codes! {
    /// Whose account it is.
    AccountKind: u8 {
        /// A person who lives in the territory.
        Resident = 1, "resident";
        /// A shop or a firm; the only kind that redeems units to euros (Code monétaire et financier, L311-5 and L311-6).
        Professional = 2, "professional";
        /// A member association.
        Association = 3, "association";
        /// A town, a school, a canteen.
        PublicBody = 4, "public_body";
    }
}

codes! {
    /// In which form units circulate. Each has a guarantee fund of its own.
    Medium: u8 {
        /// Balances of this ledger.
        Digital = 1, "digital";
        /// Printed notes, counted here only as a total.
        Paper = 2, "paper";
    }
}

codes! {
    /// How fast the euros of a bank account can be had.
    LiquidityClass: u8 {
        /// At once.
        Sight = 1, "sight";
        /// Within days.
        Savings = 2, "savings";
        /// At a maturity.
        Term = 3, "term";
    }
}

codes! {
    /// What an association's person may do. A set of roles is the sum of their codes.
    Role: u8 {
        /// Runs the day.
        Operator = 1, "operator";
        /// Answers for the euros.
        Treasurer = 2, "treasurer";
        /// Was elected by the members.
        Board = 4, "board";
        /// Reads everything.
        Auditor = 8, "auditor";
        /// Reads its own campaign.
        Sponsor = 16, "sponsor";
    }
}

/// A set of [`Role`]s.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Roles(u8);

impl Roles {
    /// The roles that may act; the others only read.
    pub const ACTING: Roles = Roles(1 | 2 | 4);

    /// The set with this code, 1 to 31.
    pub fn from_code(code: u64) -> Option<Roles> {
        u8::try_from(code).ok().filter(|c| (1..=31).contains(c)).map(Roles)
    }

    /// The set of these roles.
    pub fn of(roles: &[Role]) -> Roles {
        Roles(roles.iter().fold(0, |set, role| set | role.code() as u8))
    }

    /// The code on the wire.
    pub fn code(self) -> u64 {
        u64::from(self.0)
    }

    /// True when the two sets share a role.
    pub fn meet(self, other: Roles) -> bool {
        self.0 & other.0 != 0
    }

    /// The roles in it.
    pub fn list(self) -> impl Iterator<Item = Role> {
        Role::ALL.iter().copied().filter(move |role| u64::from(self.0) & role.code() != 0)
    }
}

/// What a key may do with an account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Everything a member may do.
    Full,
    /// Pays, up to these sums per payment and per UTC day.
    Limited(SpendingCap),
    /// Asks for payments and refunds to the original payer, up to this sum per UTC day. Never spends.
    Till {
        /// Refunds in one UTC day.
        per_day: Amount,
    },
    /// Pays for a card holder whose PIN was checked.
    CardService(SpendingCap),
    /// Collects for one payee under a mandate.
    Collect(SpendingCap, AccountId),
    /// Reads.
    Read,
}

/// How much a key may spend.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SpendingCap {
    /// In one payment.
    pub per_payment: Amount,
    /// In one UTC day.
    pub per_day: Amount,
}

impl Scope {
    /// True when such a key may read what its account did: those that pay on behalf of others read nothing.
    pub fn reads(self) -> bool {
        !matches!(self, Scope::CardService(_) | Scope::Collect(..))
    }

    /// The name in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Scope::Full => "full",
            Scope::Limited(_) => "limited",
            Scope::Till { .. } => "till",
            Scope::CardService(_) => "card_service",
            Scope::Collect(..) => "collect",
            Scope::Read => "read",
        }
    }
}

/// An identity level: 0 is a member whose identity nobody checked.
pub type Level = u8;

/// A group of members, such as people in hardship or a trade.
pub type Group = u16;

/// A number that the association gave to a bank account of its funds.
pub type BankNumber = u16;

/// A number that the association gave to one of its own persons.
pub type OperatorNumber = u16;

/// So many campaigns one ledger may have: each conversion looks at all of them.
pub const MAX_CAMPAIGNS: usize = 1_000;

/// A number that the association gave to a campaign.
pub type CampaignNumber = u32;

/// The most steps of one campaign: a table that people can read.
pub const MAX_STEPS: usize = 8;

/// So many gift rules one ledger may have: more than one would be rare.
pub const MAX_GIFTS: usize = 100;

/// The most associations that one giving reaches: the outcome names each, and an entry stays small.
pub const MAX_GIVEN: usize = 200;

/// A number that the association gave to a gift rule.
pub type GiftNumber = u16;

/// What members of one identity level may hold and pay. An absent limit does not bind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// The level they bind.
    pub level: Level,
    /// At most in one payment.
    pub per_payment: Option<Amount>,
    /// At most on the account.
    pub held: Option<Amount>,
    /// At most paid in a UTC day and the 29 before.
    pub paid_30_days: Option<Amount>,
}

/// A bank account of a fund.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bank {
    /// Its number.
    pub number: BankNumber,
    /// Which fund it belongs to.
    pub medium: Medium,
    /// How fast its euros can be had.
    pub class: LiquidityClass,
    /// SHA-256 of the IBAN, without spaces: names the bank account without disclosing it.
    pub iban: Hash32,
}

/// A person of the association.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Operator {
    /// Their number: one person has one, whatever keys they use in their life.
    pub number: OperatorNumber,
    /// The key they sign with.
    pub key: PublicKey,
    /// What they may do.
    pub roles: Roles,
}

/// How many different persons, each with one of these roles, an act needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quorum {
    /// The kind of act; 0 for every kind without a quorum of its own.
    pub act: u64,
    /// At least so many persons, the proposer among them.
    pub persons: u8,
    /// One of these roles.
    pub roles: Roles,
}

/// A sponsor's bonus on conversions: a rule as data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Campaign {
    /// Its number.
    pub number: CampaignNumber,
    /// Its version: the first is 1, and each publication adds one.
    pub version: u32,
    /// The bank account that holds the sponsor's euros. It belongs to the digital fund.
    pub bank: BankNumber,
    /// The bonus per euro converted, rounded down to a cent.
    pub rate: Rate,
    /// From this time on.
    pub start: u64,
    /// Before this time.
    pub end: u64,
    /// The sum of all bonuses, over all versions.
    pub budget: Amount,
    /// The most one member gets in one period.
    pub cap: Amount,
    /// When each period starts, ascending; none: one period from start to end.
    pub periods: Vec<u64>,
    /// Who is eligible; none: every resident.
    pub groups: Vec<Group>,
    /// Campaigns add up, in this order.
    pub order: u8,
    /// No bonus below so many euros in one conversion.
    pub least: Amount,
    /// No bonus on what exceeds so many euros in one conversion.
    pub most: Amount,
    /// Other rates above thresholds, ascending, each for what exceeds its threshold (and not the next one); none: one rate for all.
    pub steps: Vec<Step>,
    /// The person who answers for the sponsor and may read what became of its euros.
    pub sponsor: Option<OperatorNumber>,
}

/// One row of a campaign's table of rates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// Above so many euros of one conversion.
    pub from: Amount,
    /// This bonus per euro, rounded down to a cent for each row.
    pub rate: Rate,
}

impl Campaign {
    /// The start of the period that this time falls in. It names the period for the member's cap.
    pub fn period_of(&self, time: u64) -> u64 {
        self.periods.iter().copied().take_while(|start| *start <= time).last().unwrap_or(self.start)
    }

    /// True when a member of this kind and these groups gets its bonus at this time.
    pub fn is_open_to(&self, kind: AccountKind, groups: &[Group], time: u64) -> bool {
        let named = self.groups.iter().any(|group| groups.contains(group));
        let eligible = if self.groups.is_empty() { kind == AccountKind::Resident } else { named };
        self.start <= time && time < self.end && eligible
    }
}

/// The fee that professionals pay when they redeem: a rule as data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FeeRule {
    /// Its version: the first is 1, and each publication adds one.
    pub version: u32,
    /// The share of what is redeemed, rounded down to a cent: in favour of the member.
    pub rate: Rate,
    /// At least so many cents.
    pub least: u64,
    /// From this time on.
    pub from: u64,
    /// Groups that pay no fee.
    pub exempt: Vec<Group>,
    /// Of the fee: this share of what is redeemed, rounded down to a cent and at most the fee, goes on in units. First to the association
    /// that the member chose first, else to `beneficiary`, and when neither is open and can take it in, it stays with the fund.
    pub given: Option<Rate>,
    /// Who gets it when the member chose nobody.
    pub beneficiary: Option<AccountId>,
}

/// What the association gives to associations, in units and from its own money, for what their members converted: a rule as data.
///
/// A member counts for the association chosen first, when at least so many open accounts chose it first; else for the one chosen second,
/// when that one has as many; else for nobody, and the money stays where it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GiftRule {
    /// Its number.
    pub number: GiftNumber,
    /// Its version: the first is 1, and each publication adds one. The version in force when a period's gifts are given counts for the
    /// whole period.
    pub version: u32,
    /// The bank account with the own money that pays. It belongs to the digital fund.
    pub bank: BankNumber,
    /// The share of the euros converted, rounded down to a cent for each association.
    pub rate: Rate,
    /// Where periods begin, ascending and at least two: period i lasts from the i-th to before the next one.
    pub periods: Vec<u64>,
    /// An association needs at least so many members who chose it first.
    pub least_members: u16,
    /// The sum of the gifts of one period: when they come to more, each is cut in proportion, rounded down to a cent.
    pub budget: Amount,
}

impl GiftRule {
    /// The end of the period that starts then; `None` when no period does.
    pub fn end_of(&self, start: u64) -> Option<u64> {
        self.periods.windows(2).find(|pair| pair[0] == start).map(|pair| pair[1])
    }
}
