//! What the rules made of a transaction: the computed amounts, the caps that were hit and the versions that applied.
//!
//! It stands in the journal beside the transaction and under its leaf hash, so that a receipt proves "2 euros of bonus under
//! version 3", and so that a replay has to compute the same.

use crate::account::{CampaignNumber, MAX_CAMPAIGNS, MAX_GIVEN};
use crate::encoding::{DecodeError, Reader, Writer};
use crate::key::AccountId;

/// Why a bonus is what it is: what bound it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BonusReason {
    /// The rate alone.
    Whole,
    /// What the member may still get in this period.
    MemberCap,
    /// What is left of the budget.
    Budget,
    /// What is left of the sponsor's euros.
    Sponsor,
}

impl BonusReason {
    const ALL: [BonusReason; 4] = [BonusReason::Whole, BonusReason::MemberCap, BonusReason::Budget, BonusReason::Sponsor];

    /// The name in JSON.
    pub fn word(self) -> &'static str {
        match self {
            BonusReason::Whole => "whole",
            BonusReason::MemberCap => "member_cap",
            BonusReason::Budget => "budget",
            BonusReason::Sponsor => "sponsor",
        }
    }
}

/// One campaign's share of a conversion.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bonus {
    /// Which campaign.
    pub campaign: CampaignNumber,
    /// Which version of its rule.
    pub version: u32,
    /// How many cents; zero when nothing was left.
    pub cents: u64,
    /// What bound it.
    pub reason: BonusReason,
}

/// Units that an association got: as a gift, or as its share of a fee.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Given {
    /// Which account.
    pub account: AccountId,
    /// How many cents; at least one.
    pub cents: u64,
    /// For how many members' sake; 0 for a share of a fee that nobody's choice sent there.
    pub members: u32,
}

/// The outcome of an accepted transaction. All fields are absent when the transaction says it all.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Outcome {
    /// The account that was opened.
    pub opened: Option<AccountId>,
    /// Units given for the member's own euros, in cents.
    pub converted: Option<u64>,
    /// What each campaign added, in the order of the campaigns.
    pub bonuses: Vec<Bonus>,
    /// Euros of the credit that the limits left unmatched.
    pub left_unmatched: Option<u64>,
    /// The fee on a redemption.
    pub fee: Option<u64>,
    /// The euros that a redemption is to be paid.
    pub net: Option<u64>,
    /// The version of the fee rule; 0 when none was published.
    pub fee_version: Option<u32>,
    /// How many persons have spoken for a proposal that still waits.
    pub approvals: Option<u8>,
    /// Units taken back from the member.
    pub taken_back: Option<u64>,
    /// What the member now owes because its units were spent.
    pub receivable: Option<u64>,
    /// The part of a bank fee that own money bore.
    pub from_own: Option<u64>,
    /// The sponsor's euros that went back to campaigns.
    pub sponsor_returned: Option<u64>,
    /// Of an approval that brought the quorum: the entry of the proposal whose act was executed.
    pub executed: Option<u64>,
    /// What associations got, ascending by account.
    pub given: Vec<Given>,
}

impl Outcome {
    /// The sum of the bonuses, in cents.
    pub fn bonus(&self) -> u64 {
        self.bonuses.iter().map(|bonus| bonus.cents).sum()
    }

    /// Writes the outcome.
    pub fn write(&self, out: &mut Writer) {
        let numbers = self.numbers();
        let present = numbers.iter().filter(|(_, n)| n.is_some()).count();
        let lists = [self.opened.is_some(), !self.bonuses.is_empty(), !self.given.is_empty()];
        out.map(present + lists.into_iter().filter(|there| *there).count());
        if let Some(account) = &self.opened {
            out.uint(1).bytes(&account.0);
        }
        for (key, number) in numbers {
            if key == 3 && !self.bonuses.is_empty() {
                self.write_bonuses(out);
            }
            if let Some(number) = number {
                out.uint(key).uint(number);
            }
        }
        if !self.given.is_empty() {
            out.uint(14).array(self.given.len());
            for given in &self.given {
                out.array(3).bytes(&given.account.0).uint(given.cents).uint(u64::from(given.members));
            }
        }
    }

    /// The fields that are one number, with their keys; 3 stands for the place of the bonuses.
    fn numbers(&self) -> [(u64, Option<u64>); 12] {
        [
            (2, self.converted),
            (3, None),
            (4, self.left_unmatched),
            (5, self.fee),
            (6, self.net),
            (7, self.fee_version.map(u64::from)),
            (8, self.approvals.map(u64::from)),
            (9, self.taken_back),
            (10, self.receivable),
            (11, self.from_own),
            (12, self.sponsor_returned),
            (13, self.executed),
        ]
    }

    fn write_bonuses(&self, out: &mut Writer) {
        out.uint(3).array(self.bonuses.len());
        for bonus in &self.bonuses {
            out.array(4).uint(u64::from(bonus.campaign)).uint(u64::from(bonus.version));
            out.uint(bonus.cents).uint(bonus.reason as u64);
        }
    }

    /// Reads an outcome.
    pub fn read(r: &mut Reader) -> Result<Outcome, DecodeError> {
        let mut map = r.map()?;
        let opened = if map.optional(r, 1)? { Some(AccountId(r.fixed()?)) } else { None };
        let mut number = |r: &mut Reader, key| if map.optional(r, key)? { r.uint().map(Some) } else { Ok(None) };
        let converted = number(r, 2)?;
        let bonuses = if map.optional(r, 3)? { read_bonuses(r)? } else { Vec::new() };
        let mut number = |r: &mut Reader, key| if map.optional(r, key)? { r.uint().map(Some) } else { Ok(None) };
        let outcome = Outcome {
            opened,
            converted,
            bonuses,
            left_unmatched: number(r, 4)?,
            fee: number(r, 5)?,
            net: number(r, 6)?,
            fee_version: number(r, 7)?.map(narrow).transpose()?,
            approvals: number(r, 8)?.map(narrow).transpose()?,
            taken_back: number(r, 9)?,
            receivable: number(r, 10)?,
            from_own: number(r, 11)?,
            sponsor_returned: number(r, 12)?,
            executed: number(r, 13)?,
            given: if map.optional(r, 14)? { read_given(r)? } else { Vec::new() },
        };
        map.end()?;
        Ok(outcome)
    }
}

fn read_bonuses(r: &mut Reader) -> Result<Vec<Bonus>, DecodeError> {
    let items = r.array(MAX_CAMPAIGNS)?;
    if items == 0 {
        return Err(DecodeError::NotCanonical("an empty list of bonuses is left out"));
    }
    (0..items)
        .map(|_| {
            r.array_of(4)?;
            let (campaign, version, cents) = (narrow(r.uint()?)?, narrow(r.uint()?)?, r.uint()?);
            let reason = BonusReason::ALL.get(usize::try_from(r.uint()?).unwrap_or(usize::MAX)).copied();
            let reason = reason.ok_or(DecodeError::OutOfBounds("the reason of a bonus is unknown"))?;
            Ok(Bonus { campaign, version, cents, reason })
        })
        .collect()
}

fn read_given(r: &mut Reader) -> Result<Vec<Given>, DecodeError> {
    let items = r.array(MAX_GIVEN)?;
    let one = |r: &mut Reader| {
        r.array_of(3)?;
        Ok(Given { account: AccountId(r.fixed()?), cents: r.uint()?, members: narrow(r.uint()?)? })
    };
    let given: Vec<Given> = (0..items).map(|_| one(r)).collect::<Result<_, DecodeError>>()?;
    let ascending = !given.is_empty() && given.is_sorted_by(|a, b| a.account < b.account);
    ascending.then_some(given).ok_or(DecodeError::NotCanonical("gifts are out of order or repeated, or an empty list of them"))
}

fn narrow<T: TryFrom<u64>>(number: u64) -> Result<T, DecodeError> {
    T::try_from(number).map_err(|_| DecodeError::OutOfBounds("a number is too large for what it counts"))
}
