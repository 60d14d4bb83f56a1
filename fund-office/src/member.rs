//! One member: keys, limits, choices, what they have, what is on its way, and what happened last.
//!
//! An auditor reads it without contact and IBANs.

use crate::Settings;
use crate::desk::{Reading, account, may_act, on_disk, prefix};
use crate::error::Problem;
use crate::intake::Intake;
use crate::trail;
use crate::wire::{ChangeLine, ChoiceLine, EntryLine, KeyLine, MandateLine, Member, MemberLimits, MemberOrder, MemberRedemption};
use crate::words::{outcome, words};
use axum::Json;
use axum::extract::{Path, State};
use ledger::account::Operator;
use ledger::directory::Mandate;
use ledger::entry::{Links, Recorded};
use ledger::fault::Fault;
use ledger::key::{AccountId, Prefix};
use ledger::labels::label;
use ledger::ledger::Ledger;
use ledger::orders::ConversionOrder;
use ledger::rules::day_of;
use ledger::state::{Account, AccountIndex, KeyGrant, State as Fold};
use ledger::transaction::{Act, Body};
use serde_json::{Value, json};

/// So many of the newest entries, redemptions, orders and changes are shown.
const SHOWN: usize = 20;
/// Of an IBAN the first and the last four characters are shown.
const SHOWN_OF_IBAN: usize = 4;

pub async fn member(
    State(office): State<Settings>,
    Reading(reader): Reading,
    Path(text): Path<String>,
) -> Result<Json<Member>, Problem> {
    let prefix = prefix(&office.ledger)?;
    let id = account(&text, &prefix)?;
    let now = (office.clock)();
    let looked = Look { reader, prefix, id, now };
    on_disk(&office.ledger, move |ledger| looked.member(ledger)).await.map(Json)
}

/// What the office holds about a member besides the ledger and its directory, for the member to take along: what banks wrote of their
/// payments, and who changed their entry in the directory.
///
/// # Errors
///
/// As reading the journal and the records.
pub fn held(ledger: &Ledger, intake: &Intake, account: &AccountId) -> Result<Value, Fault> {
    let changes = trail::newest_of(ledger, account, usize::MAX)?;
    let changes: Vec<_> =
        changes.iter().map(|one| json!({ "by": one.operator, "time": one.time, "fields": one.fields() })).collect();
    Ok(json!({ "bank_lines": intake.of_member(account)?, "changes": changes }))
}

struct Look {
    reader: Operator,
    prefix: Prefix,
    id: AccountId,
    now: u64,
}

impl Look {
    fn member(&self, ledger: &Ledger) -> Result<Member, Problem> {
        let mut member = self.of_state(ledger)?;
        let profile = ledger.directory().profile(&self.id);
        let acts = may_act(&self.reader);
        (member.name, member.trade) = (profile.name, profile.trade);
        member.contact = profile.contact.filter(|_| acts);
        member.iban = profile.iban.filter(|_| acts);
        if acts {
            self.name_keys(ledger, &mut member)?;
        }
        member.orders = ledger.orders().of(&self.id, SHOWN)?.iter().map(|order| self.order(order)).collect();
        member.mandate = ledger.directory().mandate_on_record(&self.id)?.map(|mandate| mandate_line(&mandate, acts));
        member.entries = self.entries(ledger)?;
        let change = |change: &trail::Change| ChangeLine { by: change.operator, time: change.time, fields: change.fields() };
        member.changes = trail::newest_of(ledger, &self.id, SHOWN)?.iter().map(change).collect();
        Ok(member)
    }

    /// What the ledger says, in one moment.
    fn of_state(&self, ledger: &Ledger) -> Result<Member, Problem> {
        let durable = ledger.durable();
        let state = &durable.state;
        let index = state.index(&self.id).ok_or(Problem::AccountUnknown)?;
        let account = &state.accounts()[index as usize];
        let named = |id: &AccountId| ChoiceLine { account: id.to_text(&self.prefix), name: ledger.directory().profile(id).name };
        let limits = state.limits_of(account.level);
        let cents = |cap: Option<ledger::amount::Amount>| cap.map(ledger::amount::Amount::cents);
        Ok(Member {
            account: self.id.to_text(&self.prefix),
            kind: account.kind.word(),
            status: crate::members::status_word(account),
            level: account.level,
            groups: account.groups.clone(),
            balance: account.balance.get(),
            receivable: account.receivable,
            name: None,
            trade: None,
            contact: None,
            iban: None,
            keys: account.keys.iter().map(|grant| self.key(grant)).collect(),
            limits: MemberLimits {
                per_payment: cents(limits.per_payment),
                held: cents(limits.held),
                paid_30_days: cents(limits.paid_30_days),
                paid: account.paid.sum(day_of(self.now)),
            },
            choices: account.choices.iter().map(named).collect(),
            chosen_first: chosen_first(state, account),
            redeem_above: account.redeem_above,
            redemptions: self.redemptions(state, index),
            orders: Vec::new(),
            mandate: None,
            entries: Vec::new(),
            changes: Vec::new(),
        })
    }

    fn key(&self, grant: &KeyGrant) -> KeyLine {
        let mut words = words(&Act::AddKey { account: self.id, key: grant.key, scope: grant.scope }, &self.prefix);
        if let Some(fields) = words.as_object_mut() {
            fields.retain(|name, _| name != "kind" && name != "account");
        }
        let spent_today = if grant.day == day_of(self.now) { grant.spent } else { 0 };
        KeyLine { words, spent_today, from: grant.from, label: None }
    }

    /// What the member calls each key, so that the lost one is found.
    fn name_keys(&self, ledger: &Ledger, member: &mut Member) -> Result<(), Fault> {
        let keys: Vec<_> = {
            let durable = ledger.durable();
            durable
                .state
                .account(&self.id)
                .map(|account| account.keys.iter().map(|grant| grant.key).collect())
                .unwrap_or_default()
        };
        for (line, key) in member.keys.iter_mut().zip(keys) {
            line.label = label(ledger, &self.id, &key)?.map(|label| label.text);
        }
        Ok(())
    }

    fn redemptions(&self, state: &Fold, index: AccountIndex) -> Vec<MemberRedemption> {
        let mine: Vec<_> = state.redemptions().filter(|(_, redemption)| redemption.account == index).collect();
        let line = |(sequence, redemption): &(&u64, &ledger::state::Redemption)| {
            let (word, bank) = crate::money::state_word(redemption.state);
            let ledger::state::Redemption { gross, fee, given, net, time, .. } = **redemption;
            MemberRedemption { redemption: **sequence, gross, fee, given, net, state: word, bank, time }
        };
        mine.iter().rev().take(SHOWN).map(line).collect()
    }

    fn order(&self, order: &ConversionOrder) -> MemberOrder {
        let state = match (order.cancelled, order.credit, order.is_open(self.now)) {
            (_, Some(_), _) => "received",
            (true, None, _) => "cancelled",
            (false, None, true) => "open",
            (false, None, false) => "expired",
        };
        MemberOrder {
            number: order.number,
            amount: order.cents,
            reference: order.reference.clone(),
            created: order.created,
            expires: order.expires,
            state,
        }
    }

    fn entries(&self, ledger: &Ledger) -> Result<Vec<EntryLine>, Fault> {
        let Some(index) = ledger.durable().state.index(&self.id) else { return Ok(Vec::new()) };
        let page = ledger.history(&self.id, None, SHOWN)?;
        page.entries.iter().map(|(entry, links)| self.entry(ledger, index, entry, links)).collect()
    }

    /// An entry in words: an act by what it says, a member's order by its kind, and who stands on the other side.
    fn entry(&self, ledger: &Ledger, index: AccountIndex, entry: &Recorded, links: &Links) -> Result<EntryLine, Fault> {
        let act = match (&entry.transaction.body, entry.outcome.executed) {
            (Body::Propose(act), _) => Some(act.clone()),
            (_, Some(proposal)) => ledger.entry_and_links(proposal)?.and_then(|(proposal, _)| proposed(proposal)),
            _ => None,
        };
        let other = links.accounts.iter().find(|touch| touch.account != index).map(|touch| touch.account);
        let other = other.map(|other| ledger.durable().state.accounts()[other as usize].id);
        Ok(EntryLine {
            sequence: entry.sequence,
            time: entry.time,
            kind: act.as_ref().map_or(entry.transaction.body.kind().word(), |act| act.kind().word()),
            amount: links.touch(index).map_or(0, |touch| touch.change.get()),
            counterparty: other.map(|other| other.to_text(&self.prefix)),
            counterparty_name: other.and_then(|other| ledger.directory().profile(&other).name),
            act: act.map(|act| words(&act, &self.prefix)),
            outcome: outcome(entry, &self.prefix),
        })
    }
}

fn proposed(entry: Recorded) -> Option<Act> {
    match entry.transaction.body {
        Body::Propose(act) => Some(act),
        _ => None,
    }
}

/// How many open accounts chose this association first; none for any other account.
fn chosen_first(state: &Fold, account: &Account) -> Option<usize> {
    let chose = |other: &&Account| other.status == ledger::state::Status::Open && other.choices.first() == Some(&account.id);
    (account.kind == ledger::account::AccountKind::Association).then(|| state.accounts().iter().filter(chose).count())
}

/// A mandate with its IBAN masked; without holder and IBAN for who only audits.
fn mandate_line(mandate: &Mandate, acts: bool) -> MandateLine {
    MandateLine {
        reference: mandate.reference.clone(),
        holder: acts.then(|| mandate.holder.clone()),
        iban: acts.then(|| masked(&mandate.iban)),
        amount: mandate.cents,
        day: mandate.day,
        signed: mandate.signed_ms,
        revoked: mandate.revoked_ms,
    }
}

fn masked(iban: &str) -> String {
    let characters: Vec<char> = iban.chars().collect();
    let hidden = SHOWN_OF_IBAN..characters.len().saturating_sub(SHOWN_OF_IBAN);
    let shown = |(place, character): (usize, &char)| if hidden.contains(&place) { '•' } else { *character };
    characters.iter().enumerate().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_iban_only_both_ends_are_shown() {
        assert_eq!(masked("FR7630006000011234567890189"), "FR76•••••••••••••••••••0189");
        assert_eq!(masked("FR76"), "FR76");
    }
}
