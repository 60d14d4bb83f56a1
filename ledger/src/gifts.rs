//! What associations get: the members' choices, gifts for what members converted, and a share of the fee on redemptions.
//!
//! What is due is counted from the conversions themselves when it is asked for, and nothing is kept per member and period: what banks
//! took back and what was corrected until then is not counted, and once the gifts of a period are given, a later return takes nothing
//! back from them.

use crate::account::{FeeRule, GiftNumber, GiftRule, MAX_GIFTS, MAX_GIVEN, Medium};
use crate::amount::Cents;
use crate::books::{Book, move_cents};
use crate::key::AccountId;
use crate::outcome::Given;
use crate::rejection::Rejection;
use crate::rules::{MAX_COUNTED, given_of_fee};
use crate::state::{Account, AccountIndex, Effects, GiftDue, GiftLine, GiftState, State, Status};
use std::collections::BTreeMap;

impl State {
    /// A member's own choice. What was converted before counts for it too: the choice at the time of the giving decides.
    pub(crate) fn choose(
        &mut self,
        index: AccountIndex,
        associations: &[AccountId],
        effects: &mut Effects,
    ) -> Result<(), Rejection> {
        for association in associations {
            self.payee_of(index, association)?;
        }
        let is_association = |id: &AccountId| self.account(id).is_some_and(Account::is_association);
        if !associations.iter().all(is_association) {
            return Err(Rejection::NotAssociation);
        }
        // After this point the choice must succeed.
        self.accounts[index as usize].choices = associations.to_vec();
        effects.touch(index);
        Ok(())
    }

    pub(crate) fn publish_gift(&mut self, rule: &GiftRule) -> Result<(), Rejection> {
        self.digital_bank(rule.bank)?;
        let known = self.gifts.get(&rule.number);
        if rule.version != 1 + known.map_or(0, |known| known.rule.version) {
            return Err(Rejection::GiftVersion);
        }
        if known.is_none() && self.gifts.len() >= MAX_GIFTS {
            return Err(Rejection::TooManyGifts);
        }
        // After this point the publication must succeed.
        let given = known.map_or_else(Vec::new, |known| known.given.clone());
        self.gifts.insert(rule.number, GiftState { rule: rule.clone(), given });
        Ok(())
    }

    /// Gives what is due for a period that has ended: the association's own euros move into the cover, and the units into circulation.
    pub(crate) fn give_gifts(&mut self, gift: GiftNumber, start: u64, time: u64, effects: &mut Effects) -> Result<(), Rejection> {
        let known = self.gifts.get(&gift).ok_or(Rejection::GiftUnknown)?;
        let end = known.rule.end_of(start).filter(|end| *end <= time).ok_or(Rejection::GiftPeriod)?;
        if known.given.iter().any(|(from, until)| *from < end && start < *until) {
            return Err(Rejection::GiftGiven);
        }
        let due = self.due_under(&known.rule, start).ok_or(Rejection::TotalTooLarge)?;
        let lines: Vec<&GiftLine> = due.lines.iter().filter(|line| line.cents > 0).collect();
        if lines.len() > MAX_GIVEN {
            return Err(Rejection::TooManyGiven);
        }
        if self.books.surplus(Medium::Digital) < Cents::ZERO {
            return Err(Rejection::FundShort);
        }
        for line in &lines {
            self.check_held(self.indices[&line.account], line.cents)?;
        }
        let own = Book::Own(known.rule.bank);
        if self.books.claim(own).above_zero() < due.total {
            return Err(Rejection::OwnInsufficient);
        }
        // After this point the giving must succeed.
        move_cents(&mut effects.postings, Book::Cover(Medium::Digital), own, due.total);
        for line in lines {
            let member = Book::Member(self.indices[&line.account]);
            move_cents(&mut effects.postings, Book::Issued(Medium::Digital), member, line.cents);
            effects.outcome.given.push(Given { account: line.account, cents: line.cents, members: line.members });
        }
        if let Some(known) = self.gifts.get_mut(&gift) {
            known.given.push((start, end));
        }
        Ok(())
    }

    /// What a gift rule gives for the period that starts then, by all that is known now: also while the period runs, and after its
    /// gifts were given. `None` when there is no such rule or period.
    pub fn gift_due(&self, gift: GiftNumber, period: u64) -> Option<GiftDue> {
        self.due_under(&self.gifts.get(&gift)?.rule, period)
    }

    /// What a rule, in force or not, would give for the period that starts then. It reads every conversion. `None` when the rule has no
    /// such period, or the euros are more than can be counted.
    pub fn due_under(&self, rule: &GiftRule, period: u64) -> Option<GiftDue> {
        let end = rule.end_of(period)?;
        let mut supporters: BTreeMap<AccountId, u64> = BTreeMap::new();
        for first in self.accounts.iter().filter(|account| account.status == Status::Open).filter_map(|a| a.choices.first()) {
            *supporters.entry(*first).or_default() += 1;
        }
        supporters.retain(|association, members| {
            let open = self.account(association).is_some_and(|account| account.status == Status::Open);
            open && *members >= u64::from(rule.least_members)
        });
        let mut converted: BTreeMap<AccountIndex, u64> = BTreeMap::new();
        for conversion in self.credits.values().flat_map(|credit| &credit.conversions) {
            if conversion.euros > 0 && (period..end).contains(&conversion.time) {
                let sum = converted.entry(conversion.account).or_default();
                *sum = countable(*sum, conversion.euros)?;
            }
        }
        let mut lines: BTreeMap<AccountId, GiftLine> = BTreeMap::new();
        for (index, euros) in converted {
            let member = &self.accounts[index as usize];
            let chosen = member.choices.iter().find(|association| supporters.contains_key(association));
            let Some(account) = chosen.copied().filter(|_| member.status == Status::Open) else { continue };
            let line = lines.entry(account).or_insert(GiftLine { account, euros: 0, members: 0, cents: 0 });
            line.euros = countable(line.euros, euros)?;
            line.members += 1;
        }
        let mut lines: Vec<GiftLine> = lines.into_values().collect();
        lines.iter_mut().for_each(|line| line.cents = rule.rate.of_rounded_down(line.euros));
        let (whole, budget) = (lines.iter().map(|line| u128::from(line.cents)).sum::<u128>(), rule.budget.cents());
        if whole > u128::from(budget) {
            let cut = |cents: u64| u128::from(cents) * u128::from(budget) / whole;
            lines.iter_mut().for_each(|line| line.cents = u64::try_from(cut(line.cents)).expect("at most the budget"));
        }
        let total = lines.iter().map(|line| line.cents).sum();
        Some(GiftDue { lines, total })
    }

    /// Who gets a share of the fee on a redemption, and how much: the association that the member chose first, else the rule's
    /// beneficiary, whichever is open and may hold it; else nobody.
    pub fn given_to(&self, rule: &FeeRule, redeemer: AccountIndex, cents: u64, fee: u64) -> Option<(AccountIndex, Given)> {
        let cents = given_of_fee(rule, cents, fee);
        let chosen = self.accounts[redeemer as usize].choices.first().map(|account| (*account, 1));
        let able = |(account, members): (AccountId, u32)| {
            let index = self.open_index(&account).ok().filter(|index| *index != redeemer && cents > 0)?;
            self.check_held(index, cents).ok()?;
            Some((index, Given { account, cents, members }))
        };
        chosen.into_iter().chain(rule.beneficiary.map(|account| (account, 0))).find_map(able)
    }
}

/// The sum, when it can be counted.
fn countable(sum: u64, more: u64) -> Option<u64> {
    sum.checked_add(more).filter(|sum| *sum <= MAX_COUNTED)
}
