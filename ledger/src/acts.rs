//! The association's acts: proposed by one person, approved by others, executed in the entry that brings the quorum.
//!
//! Orders that would create or enlarge a shortfall of cover are refused, and nothing is issued while one lasts. Facts (what the bank
//! did) are always recorded, and show the shortfall that they leave.

use crate::account::{
    Bank, BankNumber, Campaign, CampaignNumber, Level, MAX_CAMPAIGNS, Medium, Operator, OperatorNumber, Quorum, Roles, Scope,
};
use crate::amount::{Amount, Cents};
use crate::books::{Book, move_cents};
use crate::key::{AccountId, Hash32, PublicKey, TransactionId};
use crate::outcome::{Bonus, Outcome};
use crate::rejection::Rejection;
use crate::rules::{BonusRoom, CARD_AT_ONCE, MAX_PROPOSALS, MAX_TOTAL, PROPOSAL_LIFE_MS, bonus, largest_fitting};
use crate::state::{
    Account, AccountIndex, Approval, BonusUse, CampaignState, Conversion, Credit, Done, Effects, Proposal, State, Status,
    TakenBack,
};
use crate::transaction::{Act, Purse, SignedTransaction, arrival_mark};

impl State {
    pub(crate) fn propose(
        &mut self,
        order: &SignedTransaction,
        act: &Act,
        time: u64,
        effects: &mut Effects,
    ) -> Result<(), Rejection> {
        let quorum = self.quorum_of(act);
        let proposer = self.acting_operator(&order.signer(), act, &quorum)?;
        if quorum.persons <= 1 {
            return self.execute(order.id(), act, time, effects);
        }
        if self.proposals.values().filter(|proposal| proposal.lapses >= time).count() >= MAX_PROPOSALS {
            return Err(Rejection::TooManyProposals);
        }
        // After this point the proposal must succeed.
        self.proposals.retain(|_, proposal| proposal.lapses >= time);
        let lapses = time.saturating_add(PROPOSAL_LIFE_MS);
        let proposal = Proposal { act: act.clone(), sequence: self.size, time, lapses, approvals: vec![proposer] };
        self.proposals.insert(order.id(), proposal);
        effects.outcome.approvals = Some(1);
        Ok(())
    }

    pub(crate) fn approve(
        &mut self,
        order: &SignedTransaction,
        id: &TransactionId,
        time: u64,
        effects: &mut Effects,
    ) -> Result<(), Rejection> {
        let (proposal, quorum, person) = self.waiting(&order.signer(), id, time)?;
        if proposal.approvals.contains(&person) {
            return Err(Rejection::ApprovedTwice);
        }
        let (act, proposed) = (proposal.act.clone(), proposal.sequence);
        let still_eligible =
            |word: &&Approval| self.operators.get(&word.operator).is_some_and(|o| o.key == word.key && eligible(o, &quorum));
        let persons = 1 + proposal.approvals.iter().filter(still_eligible).count();
        if persons >= usize::from(quorum.persons) {
            self.execute(*id, &act, time, effects)?;
            effects.outcome.executed = Some(proposed);
            self.proposals.remove(id);
            return Ok(());
        }
        // After this point the approval must succeed.
        if let Some(proposal) = self.proposals.get_mut(id) {
            proposal.approvals.push(person);
        }
        effects.outcome.approvals = Some(u8::try_from(persons).expect("fewer than the quorum's persons"));
        Ok(())
    }

    pub(crate) fn refuse(&mut self, order: &SignedTransaction, id: &TransactionId, time: u64) -> Result<(), Rejection> {
        self.waiting(&order.signer(), id, time)?;
        // After this point the refusal must succeed: one person's no ends a proposal.
        self.proposals.remove(id);
        Ok(())
    }

    /// Whether this key's person may approve a waiting proposal now, for pages that offer it.
    pub fn may_approve(&self, key: &PublicKey, id: &TransactionId, time: u64) -> Result<(), Rejection> {
        let (proposal, _, person) = self.waiting(key, id, time)?;
        if proposal.approvals.contains(&person) { Err(Rejection::ApprovedTwice) } else { Ok(()) }
    }

    fn waiting(&self, signer: &PublicKey, id: &TransactionId, time: u64) -> Result<(&Proposal, Quorum, Approval), Rejection> {
        self.operator_of_key(signer).ok_or(Rejection::OperatorUnknown)?;
        let proposal = self.proposals.get(id).ok_or(Rejection::ProposalUnknown)?;
        let quorum = self.quorum_of(&proposal.act);
        let person = self.acting_operator(signer, &proposal.act, &quorum)?;
        if proposal.lapses < time {
            return Err(Rejection::ProposalLapsed);
        }
        Ok((proposal, quorum, person))
    }

    fn acting_operator(&self, signer: &PublicKey, act: &Act, quorum: &Quorum) -> Result<Approval, Rejection> {
        let operator = self.operator_of_key(signer).ok_or(Rejection::OperatorUnknown)?;
        if !eligible(operator, quorum) {
            return Err(Rejection::RoleInsufficient);
        }
        let own_key = match act {
            Act::AddKey { key, .. } => *key == operator.key,
            Act::OpenAccount(open) => open.key == operator.key,
            _ => false,
        };
        if own_key || self.accounts_of_key(&operator.key).any(|own| self.favours(act, own)) {
            return Err(Rejection::OwnBenefit);
        }
        Ok(Approval { operator: operator.number, key: operator.key })
    }

    /// True when the act favours this account.
    fn favours(&self, act: &Act, own: &Account) -> bool {
        let redeemed =
            |sequence| self.redemptions.get(sequence).is_some_and(|it| self.accounts[it.account as usize].id == own.id);
        match act {
            Act::Convert { account, .. }
            | Act::AddKey { account, .. }
            | Act::ClassifyAccount { account, .. }
            | Act::ResumeAccount { account }
            | Act::RedeemStanding { account }
            | Act::PassOn { heir: account, .. }
            | Act::FundDeposit { settles: Some(account), .. } => *account == own.id,
            Act::RedemptionPaid { redemption, .. } => redeemed(redemption),
            Act::OrderRedemptions { redemptions, .. } => redemptions.iter().any(redeemed),
            Act::PublishFee(rule) => rule.beneficiary == Some(own.id),
            Act::GiveGifts { gift, period, .. } => {
                let due = self.gift_due(*gift, *period);
                due.is_some_and(|due| due.lines.iter().any(|line| line.account == own.id && line.cents > 0))
            }
            _ => false,
        }
    }

    /// True when this very act, with this evidence, was executed and not corrected since; of euros that arrive or leave, when this amount was
    /// booked at that bank under this evidence, as whatever it was booked.
    pub fn evidenced(&self, act: &Act) -> bool {
        self.evidence_mark(act).is_some_and(|mark| self.evidenced.contains(&mark))
    }

    fn evidence_mark(&self, act: &Act) -> Option<Hash32> {
        act.evidence_mark(|campaign| self.campaigns.get(&campaign).map(|known| known.rule.bank))
    }

    /// One line of a bank is booked once: as a credit, or as the fund's or a sponsor's euros.
    fn is_booked_otherwise(&self, act: &Act) -> bool {
        match act {
            Act::FundDeposit { evidence, .. } | Act::SponsorDeposit { evidence, .. } => self.credits.contains_key(evidence),
            Act::RecordCredit { bank, credit, amount } | Act::Convert { bank, credit, amount, .. } => {
                !self.credits.contains_key(credit) && self.evidenced.contains(&arrival_mark(*bank, *amount, credit))
            }
            _ => false,
        }
    }

    /// True when there is nothing left to do: the act's evidence is known; a credit is recorded; of a credit that is to be converted,
    /// a part at least was, for that account. Of other acts that carry no evidence nothing is known here.
    pub fn is_done(&self, act: &Act) -> bool {
        match act {
            Act::RecordCredit { credit, .. } => self.credits.contains_key(credit),
            Act::Convert { credit, account, .. } => {
                let index = self.index(account);
                let conversions = self.credits.get(credit).map(|credit| &credit.conversions);
                conversions.into_iter().flatten().any(|conversion| Some(conversion.account) == index)
            }
            _ => self.evidenced(act),
        }
    }

    /// The proposal of this very act that waits for approvals; by the time of the last entry.
    pub fn is_proposed(&self, act: &Act) -> Option<TransactionId> {
        let same = |(_, proposal): &(&TransactionId, &Proposal)| proposal.act == *act && proposal.lapses >= self.time;
        self.proposals.iter().find(same).map(|(id, _)| *id)
    }

    /// When a key that the association adds now is good, so that a member's other devices can stop a key that nobody asked for. A key
    /// that only reads is good at once, and so is a card service's with caps of daily shopping.
    fn waits_until(&self, scope: Scope, time: u64) -> u64 {
        let delay = self.genesis().map_or(0, |genesis| genesis.recovery_delay_ms);
        match scope {
            Scope::Read => 0,
            Scope::CardService(cap) if cap.per_day.cents() <= CARD_AT_ONCE => 0,
            _ if delay > 0 => time.saturating_add(delay),
            _ => 0,
        }
    }

    fn execute(&mut self, proposal: TransactionId, act: &Act, time: u64, effects: &mut Effects) -> Result<(), Rejection> {
        let mark = self.evidence_mark(act);
        if mark.is_some_and(|mark| self.evidenced.contains(&mark)) || self.is_booked_otherwise(act) {
            return Err(Rejection::EvidenceUsed);
        }
        match act {
            Act::OpenAccount(open) => self.open_account(proposal, open, effects)?,
            Act::AddKey { account, key, scope } => {
                let index = self.living_index(account)?;
                self.add_key(index, *key, *scope, self.waits_until(*scope, time), effects)?;
            }
            Act::RevokeKey { account, key } => {
                let index = self.living_index(account)?;
                self.revoke_key(index, key, None, effects)?;
            }
            Act::CloseAccount { account } => {
                let index = self.living_index(account)?;
                self.close_account(index, effects)?;
            }
            Act::ClassifyAccount { account, level, groups } => self.classify(account, *level, groups, effects)?,
            Act::SuspendAccount { account, .. } => self.suspend(account, effects)?,
            Act::ResumeAccount { account } => self.resume(account, effects)?,
            Act::RecordCredit { bank, credit, amount } => self.record_credit(*bank, credit, *amount, time, effects)?,
            Act::Convert { bank, credit, amount, account } => {
                self.convert((*bank, *credit, *amount), account, time, effects)?;
            }
            Act::ReturnCredit { credit, amount, .. } => self.return_credit(credit, amount.cents(), effects)?,
            Act::FundDeposit { bank, amount, purse, settles, .. } => {
                self.fund_deposit(*bank, *amount, *purse, settles.as_ref(), effects)?;
            }
            Act::FundWithdrawal { bank, amount, purse, .. } => self.fund_withdrawal(*bank, *amount, *purse, effects)?,
            Act::BankReturn { credit, amount, .. } => self.bank_return(credit, amount.cents(), effects)?,
            Act::BankFee { bank, amount, .. } => self.bank_fee(*bank, amount.cents(), effects)?,
            Act::SponsorDeposit { bank, campaign, amount, .. } => {
                self.sponsor_deposit(*bank, *campaign, *amount, effects)?;
            }
            Act::SponsorReturn { campaign, amount, .. } => self.sponsor_return(*campaign, amount.cents(), effects)?,
            Act::PublishCampaign(campaign) => self.publish_campaign(campaign)?,
            Act::PublishFee(rule) => {
                if rule.beneficiary.is_some_and(|account| !self.indices.contains_key(&account)) {
                    return Err(Rejection::PayeeUnknown);
                }
                if rule.version != 1 + self.fee_rules.last().map_or(0, |last| last.version) {
                    return Err(Rejection::FeeVersion);
                }
                self.fee_rules.push(rule.clone());
            }
            Act::PublishGift(rule) => self.publish_gift(rule)?,
            Act::GiveGifts { gift, period, .. } => self.give_gifts(*gift, *period, time, effects)?,
            Act::RedeemStanding { account } => self.redeem_standing(account, time, effects)?,
            Act::OrderRedemptions { bank, redemptions, .. } => self.order_redemptions(*bank, redemptions, effects)?,
            Act::PassOn { account, heir, .. } => self.pass_on(account, heir, effects)?,
            Act::RedemptionPaid { redemption, bank, .. } => self.redemption_paid(*redemption, *bank, effects)?,
            Act::RedemptionReturned { redemption, .. } => self.redemption_returned(*redemption, effects)?,
            Act::IssueNotes { amount, .. } => self.issue_notes(amount.cents(), effects)?,
            Act::RetireNotes { amount, .. } => self.retire_notes(amount.cents(), effects)?,
            Act::FundMove { bank_out, bank_in, amount, .. } => {
                self.fund_move(*bank_out, *bank_in, amount.cents(), effects)?;
            }
            Act::Correct { sequence, .. } => self.correct(*sequence, effects)?,
            Act::RotateCheckpointKey { key } => {
                if self.checkpoint_keys.contains(key) {
                    return Err(Rejection::CheckpointKeyUsed);
                }
                self.checkpoint_keys.push(*key);
            }
            // This program knows one rule set, the one that is in force.
            Act::Upgrade { .. } => return Err(Rejection::RuleSetUnknown),
            Act::AppointOperator(operator) => self.appoint(operator)?,
            Act::DismissOperator { operator } => self.dismiss(*operator)?,
            Act::SetQuorum(quorum) => {
                if self.quorum_unreachable(quorum) {
                    return Err(Rejection::QuorumImpossible);
                }
                self.quorums.insert(quorum.act, *quorum);
            }
            Act::SetLimits(limits) => {
                self.limits.insert(limits.level, *limits);
            }
            Act::AddBank(bank) => self.add_bank(bank)?,
            Act::Pledge { medium, amount, .. } => self.pledge(*medium, amount.cents(), effects)?,
            Act::ReleasePledge { medium, amount, .. } => self.release_pledge(*medium, amount.cents(), effects)?,
        }
        if correctable(act) {
            self.done.insert(self.size, Done { act: act.clone(), outcome: effects.outcome.clone() });
        }
        self.evidenced.extend(mark);
        effects.executed = Some(act.clone());
        Ok(())
    }

    fn classify(&mut self, account: &AccountId, level: Level, groups: &[u16], effects: &mut Effects) -> Result<(), Rejection> {
        let index = self.living_index(account)?;
        if !self.limits.contains_key(&level) {
            return Err(Rejection::LevelUnknown);
        }
        // After this point the classification must succeed.
        let account = &mut self.accounts[index as usize];
        account.level = level;
        account.groups = groups.to_vec();
        effects.touch(index);
        Ok(())
    }

    /// What a member leaves behind. The balance goes on whole, so that the account can close.
    fn pass_on(&mut self, account: &AccountId, heir: &AccountId, effects: &mut Effects) -> Result<(), Rejection> {
        let index = self.living_index(account)?;
        let left = &self.accounts[index as usize];
        if left.receivable != 0 || left.open_redemptions != 0 {
            return Err(Rejection::AccountNotEmpty);
        }
        let cents = left.balance.above_zero();
        let heir = self.payee_of(index, heir)?;
        self.check_held(heir, cents)?;
        // After this point the balance must pass on.
        effects.pay(index, heir, cents);
        effects.touch(heir);
        self.end_account(index, effects);
        Ok(())
    }

    fn suspend(&mut self, account: &AccountId, effects: &mut Effects) -> Result<(), Rejection> {
        let index = self.open_index(account)?;
        self.accounts[index as usize].status = Status::Suspended;
        effects.touch(index);
        Ok(())
    }

    fn resume(&mut self, account: &AccountId, effects: &mut Effects) -> Result<(), Rejection> {
        let index = self.living_index(account)?;
        if self.accounts[index as usize].status != Status::Suspended {
            return Err(Rejection::NotSuspended);
        }
        self.accounts[index as usize].status = Status::Open;
        effects.touch(index);
        Ok(())
    }

    /// Euros that arrive: the bank account must be known, and the funds must not outgrow the total limit.
    fn check_arrival(&self, bank: BankNumber, amount: Amount) -> Result<Medium, Rejection> {
        if self.books.total_euros().get() + amount.signed().get() > MAX_TOTAL {
            return Err(Rejection::TotalTooLarge);
        }
        Ok(self.bank_account(bank)?.medium)
    }

    fn bank_account(&self, bank: BankNumber) -> Result<Bank, Rejection> {
        self.books.bank(bank).copied().ok_or(Rejection::BankUnknown)
    }

    fn digital_arrival(&self, bank: BankNumber, amount: Amount) -> Result<(), Rejection> {
        self.check_arrival(bank, amount)?;
        self.digital_bank(bank)
    }

    /// A bank account of the digital fund: members' euros are there.
    pub(crate) fn digital_bank(&self, bank: BankNumber) -> Result<(), Rejection> {
        match self.bank_account(bank)?.medium {
            Medium::Digital => Ok(()),
            Medium::Paper => Err(Rejection::WrongMedium),
        }
    }

    fn record_credit(
        &mut self,
        bank: BankNumber,
        credit: &Hash32,
        amount: Amount,
        time: u64,
        effects: &mut Effects,
    ) -> Result<(), Rejection> {
        self.digital_arrival(bank, amount)?;
        if self.credits.contains_key(credit) {
            return Err(Rejection::CreditKnown);
        }
        // After this point the credit must be recorded.
        self.book_credit(bank, credit, amount, time, effects);
        Ok(())
    }

    fn book_credit(&mut self, bank: BankNumber, credit: &Hash32, amount: Amount, time: u64, effects: &mut Effects) {
        move_cents(&mut effects.postings, Book::Unmatched(bank), Book::Bank(bank), amount.cents());
        let conversions = Vec::new();
        self.credits.insert(*credit, Credit { bank, amount, left: amount.cents(), conversions, time });
    }

    fn convert(
        &mut self,
        (bank, credit, amount): (BankNumber, Hash32, Amount),
        account: &AccountId,
        time: u64,
        effects: &mut Effects,
    ) -> Result<(), Rejection> {
        let index = self.open_index(account)?;
        let known = self.credits.get(&credit);
        let left = match known {
            Some(known) if known.bank != bank || known.amount != amount => return Err(Rejection::CreditDiffers),
            Some(known) if known.left == 0 => return Err(Rejection::CreditUsed),
            Some(known) => known.left,
            None => {
                self.digital_arrival(bank, amount)?;
                amount.cents()
            }
        };
        if self.books.surplus(Medium::Digital) < Cents::ZERO {
            return Err(Rejection::FundShort);
        }
        let on = |euros: u64| self.bonuses(index, euros, time).iter().map(|bonus| bonus.cents).sum();
        let euros = largest_fitting(left, self.room_to_hold(index), on);
        if euros == 0 && known.is_some() {
            return Err(Rejection::LimitHeld);
        }
        // After this point the conversion must succeed. A new credit is booked even when the limits let nothing be converted:
        // the euros are at the bank.
        let bonuses = self.bonuses(index, euros, time);
        if known.is_none() {
            self.book_credit(bank, &credit, amount, time, effects);
        }
        self.give_units(index, bank, euros, &bonuses, effects);
        let uses = self.count_bonuses(index, &bonuses, time);
        let sequence = self.size;
        let credit = self.credits.get_mut(&credit).expect("the credit is booked");
        credit.left -= euros;
        credit.conversions.push(Conversion { sequence, account: index, euros, bonuses: uses, time });
        effects.touch(index);
        let left_unmatched = (credit.left > 0).then_some(credit.left);
        effects.outcome = Outcome { converted: Some(euros), bonuses, left_unmatched, ..Outcome::default() };
        Ok(())
    }

    /// The euros move into the cover, the sponsors' too, and the units into circulation: one entry, or nothing.
    fn give_units(&self, index: AccountIndex, bank: BankNumber, euros: u64, bonuses: &[Bonus], effects: &mut Effects) {
        let (cover, issued) = (Book::Cover(Medium::Digital), Book::Issued(Medium::Digital));
        move_cents(&mut effects.postings, cover, Book::Unmatched(bank), euros);
        for bonus in bonuses {
            move_cents(&mut effects.postings, cover, Book::Campaign(bonus.campaign), bonus.cents);
        }
        let units = euros + bonuses.iter().map(|bonus| bonus.cents).sum::<u64>();
        move_cents(&mut effects.postings, issued, Book::Member(index), units);
    }

    /// What each campaign that is open to the member would add to so many euros at this time.
    pub fn bonuses(&self, index: AccountIndex, euros: u64, time: u64) -> Vec<Bonus> {
        let account = &self.accounts[index as usize];
        let open = |campaign: &&CampaignState| euros > 0 && campaign.rule.is_open_to(account.kind, &account.groups, time);
        let mut campaigns: Vec<&CampaignState> = self.campaigns.values().filter(open).collect();
        campaigns.sort_by_key(|campaign| (campaign.rule.order, campaign.rule.number));
        let line = |campaign: &CampaignState| {
            let (cents, reason) = bonus(&campaign.rule, self.bonus_room(account, campaign, time), euros);
            Bonus { campaign: campaign.rule.number, version: campaign.rule.version, cents, reason }
        };
        campaigns.into_iter().map(line).collect()
    }

    fn bonus_room(&self, account: &Account, campaign: &CampaignState, time: u64) -> BonusRoom {
        let period = campaign.rule.period_of(time);
        let mine = |usage: &&BonusUse| usage.campaign == campaign.rule.number && usage.period == period;
        let used = account.bonus_use.iter().find(mine).map_or(0, |usage| usage.cents);
        let money = self.books.claim(Book::Campaign(campaign.rule.number)).above_zero();
        BonusRoom::left(&campaign.rule, used, campaign.spent, money)
    }

    fn count_bonuses(&mut self, index: AccountIndex, bonuses: &[Bonus], time: u64) -> Vec<BonusUse> {
        let mut uses = Vec::new();
        for bonus in bonuses.iter().filter(|bonus| bonus.cents > 0) {
            let campaign = self.campaigns.get_mut(&bonus.campaign).expect("the bonus is of a known campaign");
            campaign.spent += bonus.cents;
            let usage = BonusUse { campaign: bonus.campaign, period: campaign.rule.period_of(time), cents: bonus.cents };
            let all = &mut self.accounts[index as usize].bonus_use;
            match all.iter_mut().find(|one| (one.campaign, one.period) == (usage.campaign, usage.period)) {
                Some(one) => one.cents += usage.cents,
                None => all.push(usage),
            }
            uses.push(usage);
        }
        uses
    }

    /// Gives bonuses back: to the sponsor's budget and to the member's cap.
    fn uncount_bonus(&mut self, index: AccountIndex, back: BonusUse) {
        if let Some(campaign) = self.campaigns.get_mut(&back.campaign) {
            campaign.spent -= back.cents;
        }
        let all = &mut self.accounts[index as usize].bonus_use;
        if let Some(one) = all.iter_mut().find(|one| (one.campaign, one.period) == (back.campaign, back.period)) {
            one.cents -= back.cents;
        }
    }

    fn return_credit(&mut self, credit: &Hash32, cents: u64, effects: &mut Effects) -> Result<(), Rejection> {
        let known = self.credits.get_mut(credit).ok_or(Rejection::CreditUnknown)?;
        if known.left < cents {
            return Err(Rejection::CreditUsed);
        }
        // After this point the return must succeed.
        known.left -= cents;
        move_cents(&mut effects.postings, Book::Bank(known.bank), Book::Unmatched(known.bank), cents);
        Ok(())
    }

    fn fund_deposit(
        &mut self,
        bank: BankNumber,
        amount: Amount,
        purse: Purse,
        settles: Option<&AccountId>,
        effects: &mut Effects,
    ) -> Result<(), Rejection> {
        let settled = settles.map(|account| self.living_index(account)).transpose()?;
        let medium = self.check_arrival(bank, amount)?;
        if settled.is_some_and(|index| self.accounts[index as usize].receivable < amount.cents()) {
            return Err(Rejection::ReceivableExceeds);
        }
        // After this point the deposit must succeed.
        move_cents(&mut effects.postings, claim_of(purse, bank, medium), Book::Bank(bank), amount.cents());
        if let Some(index) = settled {
            self.accounts[index as usize].receivable -= amount.cents();
            effects.touch(index);
        }
        Ok(())
    }

    fn fund_withdrawal(
        &mut self,
        bank: BankNumber,
        amount: Amount,
        purse: Purse,
        effects: &mut Effects,
    ) -> Result<(), Rejection> {
        let medium = self.bank_account(bank)?.medium;
        let claim = claim_of(purse, bank, medium);
        if purse == Purse::Cover {
            self.check_surplus(medium, amount.cents())?;
        }
        if purse != Purse::Own {
            self.check_bank_funds(bank, amount.cents())?;
        }
        if purse != Purse::Cover && self.books.claim(claim) < amount.signed() {
            return Err(Rejection::OwnInsufficient);
        }
        // After this point the withdrawal must succeed.
        move_cents(&mut effects.postings, Book::Bank(bank), claim, amount.cents());
        Ok(())
    }

    /// An order that takes from the cover leaves circulation covered.
    fn check_surplus(&self, medium: Medium, cents: u64) -> Result<(), Rejection> {
        if self.books.surplus(medium).above_zero() < cents { Err(Rejection::CoverInsufficient) } else { Ok(()) }
    }

    pub(crate) fn check_bank_funds(&self, bank: BankNumber, cents: u64) -> Result<(), Rejection> {
        if self.books.fund_assets(bank).above_zero() < cents { Err(Rejection::BankFundsInsufficient) } else { Ok(()) }
    }

    /// A fact. First what is unmatched goes, then the newest conversions are undone: their units are taken back as far as the balance
    /// reaches, the member's euros before the bonus; what is missing is owed, and the account is suspended.
    fn bank_return(&mut self, credit: &Hash32, cents: u64, effects: &mut Effects) -> Result<(), Rejection> {
        let known = self.credits.get(credit).ok_or(Rejection::CreditUnknown)?;
        let converted: u64 = known.conversions.iter().map(|conversion| conversion.euros).sum();
        if known.left + converted < cents {
            return Err(Rejection::CreditUsed);
        }
        // After this point the return must be recorded, whatever it leaves of the cover.
        let mut credit_now = self.credits.remove(credit).expect("the credit was found");
        let (bank, before) = (credit_now.bank, credit_now.left);
        let backs = credit_now.take_back(cents, |index| self.accounts[index as usize].balance.above_zero());
        move_cents(&mut effects.postings, Book::Bank(bank), Book::Unmatched(bank), before - credit_now.left);
        self.credits.insert(*credit, credit_now);
        backs.iter().for_each(|back| self.carry_back(back, bank, effects));
        let sum = |of: fn(&TakenBack) -> u64| Some(backs.iter().map(of).sum()).filter(|cents| *cents > 0);
        effects.outcome = Outcome {
            taken_back: sum(|back| back.taken),
            receivable: sum(|back| back.owed),
            sponsor_returned: sum(TakenBack::sponsor),
            ..Outcome::default()
        };
        Ok(())
    }

    /// The postings and the counts of a conversion that was taken back.
    fn carry_back(&mut self, back: &TakenBack, bank: BankNumber, effects: &mut Effects) {
        let (index, cover) = (back.account, Book::Cover(Medium::Digital));
        move_cents(&mut effects.postings, Book::Member(index), Book::Issued(Medium::Digital), back.taken);
        move_cents(&mut effects.postings, Book::Bank(bank), cover, back.euros);
        for usage in &back.bonuses {
            move_cents(&mut effects.postings, Book::Campaign(usage.campaign), cover, usage.cents);
            self.uncount_bonus(index, *usage);
        }
        if back.owed > 0 {
            let account = &mut self.accounts[index as usize];
            account.receivable += back.owed;
            if account.status == Status::Open {
                account.status = Status::Suspended;
            }
        }
        effects.touch(index);
    }

    /// A fact. The association's own money at that bank bears it, and the cover what that does not reach.
    fn bank_fee(&mut self, bank: BankNumber, cents: u64, effects: &mut Effects) -> Result<(), Rejection> {
        let medium = self.bank_account(bank)?.medium;
        // After this point the fee must be recorded, whatever it leaves of the cover.
        let own = self.books.claim(Book::Own(bank)).above_zero().min(cents);
        move_cents(&mut effects.postings, Book::Bank(bank), Book::Own(bank), own);
        move_cents(&mut effects.postings, Book::Bank(bank), Book::Cover(medium), cents - own);
        effects.outcome.from_own = Some(own);
        Ok(())
    }

    fn sponsor_deposit(
        &mut self,
        bank: BankNumber,
        campaign: CampaignNumber,
        amount: Amount,
        effects: &mut Effects,
    ) -> Result<(), Rejection> {
        self.digital_arrival(bank, amount)?;
        let known = self.campaigns.get(&campaign).ok_or(Rejection::CampaignUnknown)?;
        if known.rule.bank != bank {
            return Err(Rejection::CampaignBankFixed);
        }
        // After this point the deposit must succeed.
        move_cents(&mut effects.postings, Book::Campaign(campaign), Book::Bank(bank), amount.cents());
        Ok(())
    }

    fn sponsor_return(&mut self, campaign: CampaignNumber, cents: u64, effects: &mut Effects) -> Result<(), Rejection> {
        let bank = self.campaigns.get(&campaign).ok_or(Rejection::CampaignUnknown)?.rule.bank;
        if self.books.claim(Book::Campaign(campaign)).above_zero() < cents {
            return Err(Rejection::CampaignMoneyInsufficient);
        }
        // After this point the return must succeed.
        move_cents(&mut effects.postings, Book::Bank(bank), Book::Campaign(campaign), cents);
        Ok(())
    }

    fn publish_campaign(&mut self, rule: &Campaign) -> Result<(), Rejection> {
        self.digital_bank(rule.bank)?;
        let known = self.campaigns.get(&rule.number);
        if rule.version != 1 + known.map_or(0, |known| known.rule.version) {
            return Err(Rejection::CampaignVersion);
        }
        if known.is_some_and(|known| known.rule.bank != rule.bank) {
            return Err(Rejection::CampaignBankFixed);
        }
        if known.is_none() && self.campaigns.len() >= MAX_CAMPAIGNS {
            return Err(Rejection::TooManyCampaigns);
        }
        // After this point the publication must succeed.
        let spent = known.map_or(0, |known| known.spent);
        self.books.place_campaign(rule.number, rule.bank);
        self.campaigns.insert(rule.number, CampaignState { rule: rule.clone(), spent });
        Ok(())
    }

    fn issue_notes(&mut self, cents: u64, effects: &mut Effects) -> Result<(), Rejection> {
        if self.books.surplus(Medium::Paper) < Cents::ZERO {
            return Err(Rejection::FundShort);
        }
        self.check_surplus(Medium::Paper, cents)?;
        // After this point the issue must succeed.
        move_cents(&mut effects.postings, Book::Issued(Medium::Paper), Book::Notes, cents);
        Ok(())
    }

    fn retire_notes(&mut self, cents: u64, effects: &mut Effects) -> Result<(), Rejection> {
        if self.books.balance(Book::Notes).above_zero() < cents {
            return Err(Rejection::NotesInsufficient);
        }
        // After this point the notes must leave circulation.
        move_cents(&mut effects.postings, Book::Notes, Book::Issued(Medium::Paper), cents);
        Ok(())
    }

    fn fund_move(
        &mut self,
        bank_out: BankNumber,
        bank_in: BankNumber,
        cents: u64,
        effects: &mut Effects,
    ) -> Result<(), Rejection> {
        let (out, into) = (self.bank_account(bank_out)?.medium, self.bank_account(bank_in)?.medium);
        if out != into {
            self.check_surplus(out, cents)?;
        }
        self.check_bank_funds(bank_out, cents)?;
        // After this point the move must succeed.
        move_cents(&mut effects.postings, Book::Bank(bank_out), Book::Cover(out), cents);
        move_cents(&mut effects.postings, Book::Cover(into), Book::Bank(bank_in), cents);
        Ok(())
    }

    fn pledge(&mut self, medium: Medium, cents: u64, effects: &mut Effects) -> Result<(), Rejection> {
        self.check_surplus(medium, cents)?;
        // After this point the pledge must succeed.
        move_cents(&mut effects.postings, Book::Pledged(medium), Book::Cover(medium), cents);
        Ok(())
    }

    fn release_pledge(&mut self, medium: Medium, cents: u64, effects: &mut Effects) -> Result<(), Rejection> {
        if self.books.claim(Book::Pledged(medium)).above_zero() < cents {
            return Err(Rejection::PledgeInsufficient);
        }
        // After this point the release must succeed.
        move_cents(&mut effects.postings, Book::Cover(medium), Book::Pledged(medium), cents);
        Ok(())
    }

    fn add_bank(&mut self, bank: &Bank) -> Result<(), Rejection> {
        if self.books.bank(bank.number).is_some() {
            return Err(Rejection::BankExists);
        }
        // After this point the bank account must be added.
        self.books.add_bank(*bank);
        Ok(())
    }

    fn appoint(&mut self, operator: &Operator) -> Result<(), Rejection> {
        if self.operators.values().any(|other| other.key == operator.key && other.number != operator.number) {
            return Err(Rejection::OperatorKeyUsed);
        }
        let before = self.operators.insert(operator.number, *operator);
        self.check_quorums_or_restore(operator.number, before)
    }

    fn dismiss(&mut self, number: OperatorNumber) -> Result<(), Rejection> {
        let before = self.operators.remove(&number).ok_or(Rejection::OperatorUnknown)?;
        self.check_quorums_or_restore(number, Some(before))
    }

    /// A change of staff that leaves a quorum out of reach is taken back.
    fn check_quorums_or_restore(&mut self, number: OperatorNumber, before: Option<Operator>) -> Result<(), Rejection> {
        if !self.quorums.values().any(|quorum| self.quorum_unreachable(quorum)) {
            return Ok(());
        }
        match before {
            Some(operator) => self.operators.insert(number, operator),
            None => self.operators.remove(&number),
        };
        Err(Rejection::QuorumImpossible)
    }

    /// Undoes an act by its opposite. The opposite meets the same rules: it takes nothing that is not there, and leaves
    /// circulation covered.
    fn correct(&mut self, sequence: u64, effects: &mut Effects) -> Result<(), Rejection> {
        let done = self.done.get(&sequence).ok_or(Rejection::NotCorrectable)?.clone();
        match &done.act {
            Act::RecordCredit { bank, credit, amount } => self.unrecord_credit(*bank, credit, *amount, effects)?,
            Act::Convert { bank, credit, account, .. } => self.unconvert(sequence, *bank, credit, account, effects)?,
            Act::ReturnCredit { credit, amount, .. } => {
                let known = self.credits.get_mut(credit).ok_or(Rejection::CreditUnknown)?;
                known.left += amount.cents();
                move_cents(&mut effects.postings, Book::Unmatched(known.bank), Book::Bank(known.bank), amount.cents());
            }
            Act::FundDeposit { bank, amount, purse, settles, .. } => {
                self.fund_withdrawal(*bank, *amount, *purse, effects)?;
                if let Some(account) = settles {
                    let index = self.indices[account];
                    self.accounts[index as usize].receivable += amount.cents();
                    effects.touch(index);
                }
            }
            Act::FundWithdrawal { bank, amount, purse, .. } => {
                self.fund_deposit(*bank, *amount, *purse, None, effects)?;
            }
            Act::BankFee { bank, amount, .. } => {
                let medium = self.bank_account(*bank)?.medium;
                let own = done.outcome.from_own.unwrap_or(0);
                move_cents(&mut effects.postings, Book::Own(*bank), Book::Bank(*bank), own);
                move_cents(&mut effects.postings, Book::Cover(medium), Book::Bank(*bank), amount.cents() - own);
            }
            Act::SponsorDeposit { campaign, amount, .. } => self.sponsor_return(*campaign, amount.cents(), effects)?,
            Act::SponsorReturn { campaign, amount, .. } => {
                let bank = self.campaigns.get(campaign).ok_or(Rejection::CampaignUnknown)?.rule.bank;
                self.sponsor_deposit(bank, *campaign, *amount, effects)?;
            }
            Act::OrderRedemptions { bank, redemptions, .. } => {
                self.unorder_redemptions(sequence, *bank, redemptions, effects)?;
            }
            Act::IssueNotes { amount, .. } => self.retire_notes(amount.cents(), effects)?,
            Act::RetireNotes { amount, .. } => self.issue_notes(amount.cents(), effects)?,
            Act::FundMove { bank_out, bank_in, amount, .. } => {
                self.fund_move(*bank_in, *bank_out, amount.cents(), effects)?;
            }
            Act::Pledge { medium, amount, .. } => self.release_pledge(*medium, amount.cents(), effects)?,
            Act::ReleasePledge { medium, amount, .. } => self.pledge(*medium, amount.cents(), effects)?,
            _ => return Err(Rejection::NotCorrectable),
        }
        // What was undone can be done again, with the same evidence.
        if let Some(mark) = self.evidence_mark(&done.act) {
            self.evidenced.remove(&mark);
        }
        self.done.remove(&sequence);
        Ok(())
    }

    /// A credit that no units were given for, and of which nothing went back, is as if it had never been: it can be recorded anew.
    fn unrecord_credit(
        &mut self,
        bank: BankNumber,
        credit: &Hash32,
        amount: Amount,
        effects: &mut Effects,
    ) -> Result<(), Rejection> {
        let known = self.credits.get(credit).ok_or(Rejection::CreditUnknown)?;
        if known.left != amount.cents() {
            return Err(Rejection::CreditUsed);
        }
        // After this point the correction must succeed.
        move_cents(&mut effects.postings, Book::Bank(bank), Book::Unmatched(bank), amount.cents());
        self.credits.remove(credit);
        Ok(())
    }

    /// The units come back and the credit is unmatched again, so that it can be converted for the right member.
    fn unconvert(
        &mut self,
        sequence: u64,
        bank: BankNumber,
        credit: &Hash32,
        account: &AccountId,
        effects: &mut Effects,
    ) -> Result<(), Rejection> {
        let index = self.living_index(account)?;
        let known = self.credits.get(credit).ok_or(Rejection::CreditUnknown)?;
        let place = known.conversions.iter().position(|conversion| conversion.sequence == sequence);
        let place = place.ok_or(Rejection::NotCorrectable)?;
        let conversion = known.conversions[place].clone();
        let bonus: u64 = conversion.bonuses.iter().map(|back| back.cents).sum();
        if self.accounts[index as usize].balance.above_zero() < conversion.euros + bonus {
            return Err(Rejection::BalanceInsufficient);
        }
        // After this point the correction must succeed.
        let (cover, issued) = (Book::Cover(Medium::Digital), Book::Issued(Medium::Digital));
        move_cents(&mut effects.postings, Book::Member(index), issued, conversion.euros + bonus);
        move_cents(&mut effects.postings, Book::Unmatched(bank), cover, conversion.euros);
        for back in &conversion.bonuses {
            move_cents(&mut effects.postings, Book::Campaign(back.campaign), cover, back.cents);
            self.uncount_bonus(index, *back);
        }
        if let Some(known) = self.credits.get_mut(credit) {
            known.left += conversion.euros;
            known.conversions.remove(place);
        }
        effects.touch(index);
        let some = |n: u64| (n > 0).then_some(n);
        effects.outcome =
            Outcome { taken_back: Some(conversion.euros + bonus), sponsor_returned: some(bonus), ..Outcome::default() };
        Ok(())
    }
}

fn eligible(operator: &Operator, quorum: &Quorum) -> bool {
    Roles::ACTING.meet(operator.roles) && quorum.roles.meet(operator.roles)
}

/// Whose the euros of a purse are.
fn claim_of(purse: Purse, bank: BankNumber, medium: Medium) -> Book {
    match purse {
        Purse::Cover => Book::Cover(medium),
        Purse::Own => Book::Own(bank),
        Purse::FeesDue => Book::FeesDue(medium),
    }
}

/// The acts of the association that can be undone by their opposite: what credits became, and all that carry evidence, but facts of a
/// member's money (what banks took back, redemptions paid or returned) and what is somebody else's since (gifts, what was passed on).
fn correctable(act: &Act) -> bool {
    match act {
        Act::RecordCredit { .. } | Act::Convert { .. } => true,
        Act::BankReturn { .. }
        | Act::RedemptionPaid { .. }
        | Act::RedemptionReturned { .. }
        | Act::GiveGifts { .. }
        | Act::PassOn { .. } => false,
        _ => act.carries_evidence(),
    }
}
