//! Entries as an account sees them: one line of a statement each. A view of the journal; nothing here decides.

use crate::refund_requests;
use crate::wire::{BonusLine, GiftLine, GivenLine, Line, RefundRequestLine};
use ledger::account::{AccountKind, Scope};
use ledger::entry::{Links, Recorded};
use ledger::fault::Fault;
use ledger::key::{AccountId, Prefix};
use ledger::ledger::Ledger;
use ledger::outcome::{Bonus, Given};
use ledger::state::{RedemptionState, State};
use ledger::transaction::{Act, Body};

/// Who sees the line.
pub struct Viewer<'a> {
    /// The ledger.
    pub ledger: &'a Ledger,
    /// The prefix of account texts.
    pub prefix: Prefix,
    /// The account.
    pub account: AccountId,
}

impl Viewer<'_> {
    /// The line of an entry; `None` when the entry did not touch the account.
    pub fn line(&self, entry: &Recorded, links: &Links) -> Result<Option<Line>, Fault> {
        let index = self.ledger.durable().state.index(&self.account);
        let Some(touch) = index.and_then(|index| links.touch(index)) else { return Ok(None) };
        let act = self.executed_act(entry)?;
        let mut line = self.plain(entry, touch.change.get());
        if let Some(act) = &act {
            line.kind = act.kind().word().into();
        }
        self.fill(entry, act.as_ref(), &mut line);
        self.sign(entry, &mut line);
        line.refund_request = self.refund_request(entry, &line)?;
        line.memo = self.ledger.directory().memo(entry.sequence)?;
        Ok(Some(line))
    }

    /// The act that the entry executed, which an approval names by its proposal.
    pub fn executed_act(&self, entry: &Recorded) -> Result<Option<Act>, Fault> {
        let proposal = match (&entry.transaction.body, entry.outcome.executed) {
            (Body::Propose(act), _) => return Ok(Some(act.clone())),
            (Body::Approve { .. }, Some(sequence)) => self.ledger.entry_and_links(sequence)?,
            _ => None,
        };
        Ok(proposal.and_then(|(proposal, _)| match proposal.transaction.body {
            Body::Propose(act) => Some(act),
            _ => None,
        }))
    }

    fn plain(&self, entry: &Recorded, amount: i64) -> Line {
        let outcome = &entry.outcome;
        Line {
            sequence: entry.sequence,
            time: entry.time,
            transaction: entry.id.to_string(),
            kind: entry.transaction.body.kind().word().into(),
            amount,
            counterparty: None,
            counterparty_name: None,
            charge: None,
            charge_expires: None,
            original: None,
            item: 0,
            refunded: 0,
            bonus: outcome.bonuses.iter().map(bonus_line).collect(),
            euros: outcome.converted,
            left_unmatched: outcome.left_unmatched,
            fee: outcome.fee,
            fee_version: outcome.fee_version,
            net: outcome.net,
            given: Vec::new(),
            gift: None,
            redemption: None,
            memo: None,
            signer: None,
            by: None,
            refund_request: None,
        }
    }

    /// Which of the account's own keys signed: a family's account shows who of them paid.
    fn sign(&self, entry: &Recorded, line: &mut Line) {
        if entry.actor() != Some(self.account) {
            return;
        }
        line.signer = Some(entry.signer.to_string());
        let durable = self.ledger.durable();
        let grant = durable.state.account(&self.account).and_then(|account| account.grant(&entry.signer));
        line.by = grant.filter(|grant| matches!(grant.scope, Scope::CardService(_))).map(|_| "card".into());
    }

    /// What the payer of a payment asked. A list of transfers is asked back in parts, and its payer's line is the whole.
    fn refund_request(&self, entry: &Recorded, line: &Line) -> Result<Option<RefundRequestLine>, Fault> {
        match entry.transaction.body {
            Body::Transfer(_) => refund_requests::about(self.ledger, entry.sequence, 0),
            Body::Transfers { payer, .. } if payer != self.account => {
                refund_requests::about(self.ledger, entry.sequence, line.item)
            }
            _ => Ok(None),
        }
    }

    fn fill(&self, entry: &Recorded, act: Option<&Act>, line: &mut Line) {
        let durable = self.ledger.durable();
        let state = &durable.state;
        match &entry.transaction.body {
            Body::Transfer(transfer) => {
                let other = if transfer.payer == self.account { transfer.payee } else { transfer.payer };
                self.name_counterparty(state, &other, line);
                line.charge = transfer.charge.map(|charge| hex::encode(charge.id));
                line.charge_expires = transfer.charge.map(|charge| charge.expires);
                line.refunded = state.payment(entry.sequence, 0).map_or(0, |payment| payment.refunded);
            }
            Body::Transfers { payer, payments } if *payer != self.account => {
                self.name_counterparty(state, payer, line);
                let item = payments.iter().position(|(payee, _)| *payee == self.account).unwrap_or(0);
                line.item = u16::try_from(item).unwrap_or(0);
                line.refunded = state.payment(entry.sequence, line.item).map_or(0, |payment| payment.refunded);
            }
            Body::Refund { account, original, item, .. } => {
                line.original = Some(*original);
                line.item = *item;
                let payer = state.payment(*original, *item).map(|payment| state.accounts()[payment.payer as usize].id);
                let other = if *account == self.account { payer } else { Some(*account) };
                if let Some(other) = other {
                    self.name_counterparty(state, &other, line);
                }
            }
            _ => {}
        }
        let index = state.index(&self.account);
        match state.redemption(entry.sequence) {
            Some(redemption) if Some(redemption.account) == index => {
                line.redemption = redemption_word(state, entry.sequence);
                line.given = entry.outcome.given.iter().map(|given| self.given_line(given)).collect();
            }
            // Somebody's fee passed on to this account: what was redeemed is not its business.
            Some(_) => (line.fee, line.net) = (None, None),
            None => {}
        }
        if index.is_some() && line.amount > 0 {
            let mine = entry.outcome.given.iter().filter(|given| given.account == self.account);
            line.given.extend(mine.map(|given| self.given_line(given)));
        }
        if let Some(Act::GiveGifts { gift, period, .. }) = act {
            line.gift = Some(GiftLine { gift: *gift, period: *period });
        }
        if let Some(Act::RedemptionPaid { redemption, .. } | Act::RedemptionReturned { redemption, .. }) = act {
            line.original = Some(*redemption);
            line.net = state.redemption(*redemption).map(|redemption| redemption.net);
        }
        if let Some(Act::OrderRedemptions { redemptions, .. }) = act {
            let mine = |sequence: &&u64| {
                let account = state.redemption(**sequence).map(|redemption| redemption.account);
                account.is_some() && account == state.index(&self.account)
            };
            line.original = redemptions.iter().find(mine).copied();
        }
        if let Some(Act::Correct { sequence, .. }) = act {
            line.original = Some(*sequence);
        }
    }

    fn given_line(&self, given: &Given) -> GivenLine {
        let name = self.ledger.directory().profile(&given.account).name;
        GivenLine { account: given.account.to_text(&self.prefix), name, cents: given.cents, members: given.members }
    }

    /// Names are shown of whoever is public: shops, associations and public bodies.
    fn name_counterparty(&self, state: &State, other: &AccountId, line: &mut Line) {
        line.counterparty = Some(other.to_text(&self.prefix));
        let public = state.account(other).is_some_and(|account| account.kind != AccountKind::Resident);
        line.counterparty_name = public.then(|| self.ledger.directory().profile(other).name).flatten();
    }
}

fn redemption_word(state: &State, sequence: u64) -> Option<String> {
    let word = match state.redemption(sequence)?.state {
        RedemptionState::Payable => "payable",
        RedemptionState::Ordered(_) => "ordered",
        RedemptionState::Paid(_) => "paid",
    };
    Some(word.into())
}

/// A bonus as it is shown.
pub fn bonus_line(bonus: &Bonus) -> BonusLine {
    let reason = bonus.reason.word().into();
    BonusLine { campaign: bonus.campaign, version: bonus.version, bonus: bonus.cents, reason }
}
