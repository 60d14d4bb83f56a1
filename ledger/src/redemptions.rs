//! Units back to euros: asked for, ordered at the bank, paid, returned.

use crate::account::{AccountKind, BankNumber, Medium};
use crate::amount::MAX_AMOUNT;
use crate::books::{Book, move_cents};
use crate::key::AccountId;
use crate::outcome::Outcome;
use crate::rejection::Rejection;
use crate::rules::fee;
use crate::state::{AccountIndex, Effects, Redemption, RedemptionState, State};
use crate::transaction::Act;

impl State {
    pub(crate) fn redeem(&mut self, index: AccountIndex, cents: u64, time: u64, effects: &mut Effects) -> Result<(), Rejection> {
        let account = &self.accounts[index as usize];
        if account.balance.above_zero() < cents {
            return Err(Rejection::BalanceInsufficient);
        }
        if account.kind != AccountKind::Professional {
            return Err(Rejection::NotProfessional);
        }
        let rule = self.fee_rule(time);
        let fee = rule.map_or(0, |rule| fee(rule, &account.groups, cents));
        let net = cents.checked_sub(fee).filter(|net| *net > 0).ok_or(Rejection::FeeExceedsAmount)?;
        // After this point the redemption must succeed. Circulation and cover fall by the same sum: what of the fee goes on in units
        // stays in both.
        let version = rule.map_or(0, |rule| rule.version);
        let given = rule.and_then(|rule| self.given_to(rule, index, cents, fee));
        let passed = given.map_or(0, |(_, given)| given.cents);
        if let Some((association, _)) = given {
            effects.pay(index, association, passed);
        }
        let digital = Medium::Digital;
        move_cents(&mut effects.postings, Book::Member(index), Book::Issued(digital), cents - passed);
        move_cents(&mut effects.postings, Book::Payable(digital), Book::Cover(digital), net);
        move_cents(&mut effects.postings, Book::FeesDue(digital), Book::Cover(digital), fee - passed);
        let given = given.into_iter().map(|(_, given)| given).collect();
        effects.outcome = Outcome { fee: Some(fee), net: Some(net), fee_version: Some(version), given, ..Outcome::default() };
        let (gross, given, state) = (cents, passed, RedemptionState::Payable);
        self.redemptions.insert(self.size, Redemption { account: index, gross, fee, given, net, time, state });
        self.accounts[index as usize].open_redemptions += 1;
        Ok(())
    }

    /// A professional's standing instruction.
    pub(crate) fn redeem_above(
        &mut self,
        index: AccountIndex,
        keep: Option<u64>,
        effects: &mut Effects,
    ) -> Result<(), Rejection> {
        if self.accounts[index as usize].kind != AccountKind::Professional {
            return Err(Rejection::NotProfessional);
        }
        // After this point the instruction must succeed.
        self.accounts[index as usize].redeem_above = keep;
        effects.touch(index);
        Ok(())
    }

    /// What the association redeems on a standing instruction: all that exceeds it, under the same rules.
    pub(crate) fn redeem_standing(&mut self, account: &AccountId, time: u64, effects: &mut Effects) -> Result<(), Rejection> {
        let index = self.open_index(account)?;
        let account = &self.accounts[index as usize];
        let keep = account.redeem_above.ok_or(Rejection::StandingAbsent)?;
        let above = account.balance.above_zero().saturating_sub(keep);
        if above == 0 {
            return Err(Rejection::BalanceInsufficient);
        }
        self.redeem(index, above.min(MAX_AMOUNT), time, effects)
    }

    /// The euros stay where they are until the bank pays; they are promised to this file, and to no other.
    pub(crate) fn order_redemptions(
        &mut self,
        bank: BankNumber,
        redemptions: &[u64],
        effects: &mut Effects,
    ) -> Result<(), Rejection> {
        self.digital_bank(bank)?;
        if !redemptions.iter().all(|sequence| self.redemptions.contains_key(sequence)) {
            return Err(Rejection::RedemptionUnknown);
        }
        if !self.all_are(redemptions, RedemptionState::Payable) {
            return Err(Rejection::RedemptionState);
        }
        let ordered = self.redemptions.values().filter(|other| other.state == RedemptionState::Ordered(bank));
        let ordered: u64 = ordered.map(|other| other.net).sum();
        let nets: u64 = redemptions.iter().map(|sequence| self.redemptions[sequence].net).sum();
        self.check_bank_funds(bank, ordered + nets)?;
        // After this point the order must succeed.
        self.place(redemptions, RedemptionState::Ordered(bank), effects);
        Ok(())
    }

    /// Takes a file back that no bank has answered: nothing of it was paid or returned, or ordered again since.
    pub(crate) fn unorder_redemptions(
        &mut self,
        sequence: u64,
        bank: BankNumber,
        redemptions: &[u64],
        effects: &mut Effects,
    ) -> Result<(), Rejection> {
        let again = self.done.range(sequence + 1..).any(|(_, later)| match &later.act {
            Act::OrderRedemptions { redemptions: others, .. } => others.iter().any(|other| redemptions.contains(other)),
            _ => false,
        });
        if again || !self.all_are(redemptions, RedemptionState::Ordered(bank)) {
            return Err(Rejection::RedemptionState);
        }
        // After this point the correction must succeed.
        self.place(redemptions, RedemptionState::Payable, effects);
        Ok(())
    }

    fn all_are(&self, redemptions: &[u64], state: RedemptionState) -> bool {
        redemptions.iter().all(|sequence| self.redemptions.get(sequence).is_some_and(|known| known.state == state))
    }

    fn place(&mut self, redemptions: &[u64], state: RedemptionState, effects: &mut Effects) {
        for sequence in redemptions {
            if let Some(known) = self.redemptions.get_mut(sequence) {
                known.state = state;
                effects.touch(known.account);
            }
        }
    }

    pub(crate) fn redemption_paid(&mut self, sequence: u64, bank: BankNumber, effects: &mut Effects) -> Result<(), Rejection> {
        self.digital_bank(bank)?;
        let known = self.redemptions.get(&sequence).ok_or(Rejection::RedemptionUnknown)?;
        if known.state != RedemptionState::Payable && known.state != RedemptionState::Ordered(bank) {
            return Err(Rejection::RedemptionState);
        }
        self.check_bank_funds(bank, known.net)?;
        // After this point the payment must succeed.
        move_cents(&mut effects.postings, Book::Bank(bank), Book::Payable(Medium::Digital), known.net);
        self.accounts[known.account as usize].open_redemptions -= 1;
        self.place(&[sequence], RedemptionState::Paid(bank), effects);
        Ok(())
    }

    /// A fact. What was paid came back, or what was ordered was not carried out: it is to be paid again.
    pub(crate) fn redemption_returned(&mut self, sequence: u64, effects: &mut Effects) -> Result<(), Rejection> {
        let known = self.redemptions.get(&sequence).ok_or(Rejection::RedemptionUnknown)?;
        match known.state {
            RedemptionState::Payable => return Err(Rejection::RedemptionState),
            RedemptionState::Ordered(_) => {}
            RedemptionState::Paid(bank) => {
                // After this point the return must be recorded.
                move_cents(&mut effects.postings, Book::Payable(Medium::Digital), Book::Bank(bank), known.net);
                self.accounts[known.account as usize].open_redemptions += 1;
            }
        }
        self.place(&[sequence], RedemptionState::Payable, effects);
        Ok(())
    }
}
