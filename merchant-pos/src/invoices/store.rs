//! Invoices in the records.
//!
//! ```text
//! INVOICES    token                              the invoice
//! INDEX       1 account created token            a shop's invoices, by time
//!             2 account reference                the token: a reference stands once
//!             3 token charge id                  the charges of an invoice
//!             4 account charge id                the invoice of a charge
//!             5 payer due token                  what a member has to pay
//!             6 token                            what the round looks at
//!             7 account payer token              what a shop has open, under zeros where nobody in particular pays
//!             8 account id                       the token: the id was drawn by whoever wrote the invoice
//! SERIES      account name                       the series of references
//! KEYS        account name                       a program's key, as a hash
//! HOOKS       account name                       where events are sent
//! DELIVERIES  account hook due event             what is on its way
//! ```
//! What an invoice's listeners know is written together with the events that tell it: after a crash an event is sent again, and none is
//! forgotten.

use super::hook::next_attempt;
use super::invoice::{Invoice, InvoiceId, InvoiceToken, MAX_CHARGES, Standing};
use super::rows::{
    Delivery, HookRow, KeyRow, decode_delivery, decode_hook, decode_invoice, decode_key, decode_series, delivery_key,
    encode_delivery, encode_hook, encode_invoice, encode_key, encode_series,
};
use super::secret::{Name, draw};
use super::series::{MAX_SERIES, Series};
use crate::charge::{Charge, Progress};
use crate::error::Reason;
use crate::store::{ChargeId, Store, damaged, delete, put, put_charge};
use ledger::encoding::DecodeError;
use ledger::fault::Fault;
use ledger::key::AccountId;
use ledger::records::{Change, KeyRange, Order, Table};
use ledger::rules::DAY_MS;
use std::cmp::Reverse;
use std::collections::BTreeSet;

const INVOICES: Table = Table(25);
const INDEX: Table = Table(26);
const SERIES: Table = Table(27);
const KEYS: Table = Table(28);
const HOOKS: Table = Table(29);
const DELIVERIES: Table = Table(30);

const BY_TIME: u8 = 1;
const BY_REFERENCE: u8 = 2;
const CHARGES_OF: u8 = 3;
const OF_CHARGE: u8 = 4;
const BILLS: u8 = 5;
const OPEN: u8 = 6;
const OPEN_OF: u8 = 7;
const BY_ID: u8 = 8;

/// One answer holds at most so many invoices.
pub const MAX_PAGE: usize = 100;
/// One answer looks at so many invoices for those that are asked for; then it says where to go on.
const MAX_LOOKED_AT: usize = 2_000;
/// A member sees at most so many bills, those first that are due first: more than anyone pays, and more than a few shops that write
/// bills for nothing can fill.
const MAX_BILLS: usize = 500;
/// So many invoices of a shop are open at once: a small town's canteen for a year. It also bounds what the round looks at.
const MAX_OPEN: usize = 5_000;
/// So many of them are one payer's: a bill each working day for two months.
const MAX_OPEN_OF_PAYER: usize = 50;
/// A settled invoice is looked at for so long after it was last paid or cancelled, for what went back of it while nobody listened;
/// what goes back later is told to hooks when it is heard of, and not looked for.
const ROUND_LASTS_MS: u64 = 90 * DAY_MS;
/// A shop has at most so many keys of programs.
pub const MAX_KEYS: usize = 20;
/// A shop has at most so many hooks.
pub const MAX_HOOKS: usize = 5;
/// So many events wait for a hook; beyond, the one that was sent in vain most often is given up, and the shop reads its invoices.
const MAX_WAITING: usize = 1_000;
/// No test is sent while so many wait: it would come after them.
const MAX_BEFORE_TEST: usize = 20;
/// What a hook's owner reads when an event was given up for a newer one.
const TOO_MANY_WAIT: &str = "too many events wait: one was given up";

/// A hook: whose, and its name.
pub type HookOf = (AccountId, Name);

/// An invoice with the charges that it stands by.
pub struct Found {
    /// The invoice.
    pub invoice: Invoice,
    /// Its charges.
    pub charges: Vec<Charge>,
}

impl Found {
    /// How it stands.
    pub fn standing(&self) -> Standing {
        self.invoice.standing(&self.charges)
    }
}

/// A page of invoices, and after which place to go on.
pub struct Page {
    /// The invoices, the newest first.
    pub found: Vec<Found>,
    /// The place of the last one that was looked at; `None` at the end.
    pub next: Option<Vec<u8>>,
}

fn index(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    [&[kind], parts.concat().as_slice()].concat()
}

/// Whether it is certain that nobody paid a charge, nor will: it was over before the account was last known.
fn is_vain(charge: &Charge, as_of: u64) -> bool {
    charge.paid_by().is_none() && charge.asked.expires < as_of
}

/// The place in the index under which an invoice is open: the payer, or zeros.
fn open_of(invoice: &Invoice) -> Vec<u8> {
    let payer = invoice.payer.map_or([0; 16], |payer| payer.0);
    index(OPEN_OF, &[&invoice.account.0, &payer, &invoice.token])
}

/// The place of a bill, that which is due first before the others.
fn bill(invoice: &Invoice) -> Option<Vec<u8>> {
    let due = invoice.due.unsigned_abs().to_be_bytes();
    invoice.payer.map(|payer| index(BILLS, &[&payer.0, &due, &invoice.token]))
}

/// When an invoice was last paid or cancelled.
fn last_change(found: &Found) -> u64 {
    let paid = found.charges.iter().filter(|charge| charge.paid_by().is_some()).map(Charge::listed_at);
    paid.chain(found.invoice.cancelled).max().unwrap_or(found.invoice.created)
}

/// The place after everything that waits for a hook.
fn beyond((account, name): &HookOf) -> Vec<u8> {
    [&account.0[..], name, &[0xff; 25]].concat()
}

fn put_invoice(invoice: &Invoice) -> Change {
    put(INVOICES, &invoice.token, encode_invoice(invoice))
}

fn token_at_end(key: &[u8]) -> Result<InvoiceToken, Fault> {
    key.last_chunk::<16>().copied().ok_or_else(|| damaged(DecodeError::Malformed("the key of an invoice")))
}

fn name_at_end(key: &[u8]) -> Result<Name, Fault> {
    key.last_chunk::<8>().copied().ok_or_else(|| damaged(DecodeError::Malformed("the name of a key or hook")))
}

impl Store {
    /// An invoice with its charges.
    pub fn invoice(&self, token: &InvoiceToken) -> Result<Option<Found>, Fault> {
        let invoice = self.row(INVOICES, token, |value| decode_invoice(token, value))?;
        invoice.map(|invoice| self.with_charges(invoice)).transpose()
    }

    fn with_charges(&self, invoice: Invoice) -> Result<Found, Fault> {
        let prefix = index(CHARGES_OF, &[&invoice.token]);
        let mut charges = Vec::new();
        for (key, _) in self.records.scan(INDEX, &KeyRange::prefix(&prefix), MAX_CHARGES, Order::Ascending)? {
            let id = token_at_end(&key)?;
            charges.extend(self.charge(&invoice.account, &id)?);
        }
        Ok(Found { invoice, charges })
    }

    /// The invoice that has a reference.
    pub fn invoice_of_reference(&self, account: &AccountId, reference: &str) -> Result<Option<Found>, Fault> {
        let token = self.records.get(INDEX, &index(BY_REFERENCE, &[&account.0, reference.as_bytes()]))?;
        match token.and_then(|token| token.try_into().ok()) {
            Some(token) => self.invoice(&token),
            None => Ok(None),
        }
    }

    /// The invoice that a charge pays.
    pub fn invoice_of_charge(&self, account: &AccountId, charge: &ChargeId) -> Result<Option<InvoiceToken>, Fault> {
        let token = self.records.get(INDEX, &index(OF_CHARGE, &[&account.0, charge]))?;
        Ok(token.and_then(|token| token.try_into().ok()))
    }

    /// Keeps a new invoice; its series, if it has one, gives the reference. The same words with the same id or the same reference again
    /// are the same invoice, because the answer may have been lost.
    pub fn add_invoice(&self, mut invoice: Invoice, id: Option<InvoiceId>, year: i32) -> Result<Result<Found, Reason>, Fault> {
        let _writing = self.lock();
        let mut changes = Vec::new();
        let account = invoice.account;
        let same_words = |old: &Invoice, new: &Invoice| {
            let words = |one: &Invoice| (one.amount, one.due, one.text.clone(), one.payer, one.partial, one.series.clone());
            words(old) == words(new)
        };
        if let Some(id) = id {
            let key = index(BY_ID, &[&account.0, &id]);
            let token = self.records.get(INDEX, &key)?.and_then(|token| token.try_into().ok());
            if let Some(known) = token.map(|token| self.invoice(&token)).transpose()?.flatten() {
                let of_series = invoice.reference.is_empty() || invoice.reference == known.invoice.reference;
                let same = of_series && same_words(&known.invoice, &invoice);
                return Ok(if same { Ok(known) } else { Err(Reason::InvoiceId) });
            }
            changes.push(put(INDEX, &key, invoice.token.to_vec()));
        }
        if let Some(name) = &invoice.series {
            let key = [&account.0[..], name.as_bytes()].concat();
            let Some(mut series) = self.row(SERIES, &key, |value| decode_series(name.as_bytes(), value))? else {
                return Ok(Err(Reason::InvoiceSeries));
            };
            if invoice.reference.is_empty() {
                // A reference that somebody wrote by hand is passed over.
                loop {
                    let (reference, next) = match series.next(year) {
                        Ok(next) => next,
                        Err(reason) => return Ok(Err(reason)),
                    };
                    series = next;
                    if self.records.get(INDEX, &index(BY_REFERENCE, &[&account.0, reference.as_bytes()]))?.is_none() {
                        invoice.reference = reference;
                        break;
                    }
                }
                changes.push(put(SERIES, &key, encode_series(&series)));
            }
        }
        if let Some(known) = self.invoice_of_reference(&account, &invoice.reference)? {
            return Ok(if same_words(&known.invoice, &invoice) { Ok(known) } else { Err(Reason::InvoiceTaken) });
        }
        let open = |parts: &[&[u8]], most| -> Result<bool, Fault> {
            let range = KeyRange::prefix(&index(OPEN_OF, parts));
            Ok(self.records.scan(INDEX, &range, most, Order::Ascending)?.len() >= most)
        };
        let of_payer = invoice.payer.map(|payer| open(&[&account.0, &payer.0], MAX_OPEN_OF_PAYER)).transpose()?;
        if of_payer == Some(true) || open(&[&account.0], MAX_OPEN)? {
            return Ok(Err(Reason::InvoiceTooMany));
        }
        let Invoice { token, created, .. } = &invoice;
        changes.push(put_invoice(&invoice));
        changes.push(put(INDEX, &index(BY_TIME, &[&account.0, &created.to_be_bytes(), token]), vec![]));
        changes.push(put(INDEX, &index(BY_REFERENCE, &[&account.0, invoice.reference.as_bytes()]), token.to_vec()));
        changes.push(put(INDEX, &index(OPEN, &[token]), vec![]));
        changes.push(put(INDEX, &open_of(&invoice), vec![]));
        changes.extend(bill(&invoice).map(|key| put(INDEX, &key, vec![])));
        self.write(&changes)?;
        Ok(Ok(Found { invoice, charges: Vec::new() }))
    }

    /// Asks for a part of an invoice with a charge, unless one that waits already asks for the same: what the invoice and its charges
    /// are in this moment decides, and the charge is kept together with its tie. Charges that were over, unpaid, before the account was
    /// last known are untied: they say nothing more of the invoice.
    pub fn ask_part(&self, token: &InvoiceToken, charge: &Charge, now: u64, as_of: u64) -> Result<Result<Charge, Reason>, Fault> {
        let _writing = self.lock();
        let Some(found) = self.invoice(token)?.filter(|found| found.invoice.account == charge.account) else {
            return Ok(Err(Reason::NotFound));
        };
        match found.invoice.ask_for(charge.amount.cents(), &found.charges, now) {
            Err(reason) => return Ok(Err(reason)),
            Ok(Some(id)) => return Ok(self.charge(&charge.account, &id)?.ok_or(Reason::NotFound)),
            Ok(None) => {}
        }
        let tie = |id: &ChargeId| [index(CHARGES_OF, &[token, id]), index(OF_CHARGE, &[&charge.account.0, id])];
        let stays = |id: &ChargeId| found.charges.iter().any(|one| one.asked.id == *id && !is_vain(one, as_of));
        let prefix = index(CHARGES_OF, &[token]);
        let (mut changes, mut tied) = (Vec::new(), 0);
        for (key, _) in self.records.scan(INDEX, &KeyRange::prefix(&prefix), MAX_CHARGES, Order::Ascending)? {
            let id = token_at_end(&key)?;
            if stays(&id) {
                tied += 1;
            } else {
                changes.extend(tie(&id).map(|key| delete(INDEX, &key)));
            }
        }
        if tied >= MAX_CHARGES {
            return Ok(Err(Reason::InvoiceBusy));
        }
        let [of_invoice, of_charge] = tie(&charge.asked.id);
        changes.extend([put(INDEX, &of_invoice, vec![]), put(INDEX, &of_charge, token.to_vec())]);
        self.add_with(charge, changes)
    }

    /// Cancels an invoice of an account, and calls off the charges of it that nobody paid yet.
    pub fn cancel_invoice(&self, account: &AccountId, token: &InvoiceToken, now: u64) -> Result<Result<Found, Reason>, Fault> {
        let _writing = self.lock();
        let Some(found) = self.invoice(token)?.filter(|found| found.invoice.account == *account) else {
            return Ok(Err(Reason::NotFound));
        };
        match found.invoice.cancel(&found.charges, now) {
            Ok(invoice) => {
                let mut changes = vec![put_invoice(&invoice)];
                let mut charges = found.charges;
                for charge in &mut charges {
                    // One that is over, or that was paid meanwhile, stays as it is.
                    if charge.progress == Progress::Asked
                        && let Ok(called_off) = charge.cancel(now)
                    {
                        changes.push(put_charge(&called_off));
                        *charge = called_off;
                    }
                }
                self.write(&changes)?;
                Ok(Ok(Found { invoice, charges }))
            }
            Err(reason) => Ok(Err(reason)),
        }
    }

    /// Notes that a payer was reminded, if the invoice as it stands in this moment may be.
    pub fn note_reminder(
        &self,
        token: &InvoiceToken,
        now: u64,
        may: impl Fn(&Found) -> Result<(), Reason>,
    ) -> Result<Result<Found, Reason>, Fault> {
        let _writing = self.lock();
        let Some(mut found) = self.invoice(token)? else { return Ok(Err(Reason::NotFound)) };
        if let Err(reason) = may(&found) {
            return Ok(Err(reason));
        }
        found.invoice.reminded.push(now);
        self.write(&[put_invoice(&found.invoice)])?;
        Ok(Ok(found))
    }

    /// Tells the hooks of an invoice's shop what is new, takes a settled one off the lists, and later out of the round. `write` gives what
    /// is sent, for an event's id and kind. True when something was to be told.
    pub fn tell_hooks(
        &self,
        token: &InvoiceToken,
        now: u64,
        write: impl Fn(&Found, &[u8; 16], &str) -> Vec<u8>,
    ) -> Result<bool, Fault> {
        let _writing = self.lock();
        let Some(mut found) = self.invoice(token)? else { return Ok(false) };
        let standing = found.standing();
        let settled = standing.state.is_settled();
        let Some((what, told)) = found.invoice.news(&standing) else {
            if settled && now >= last_change(&found).saturating_add(ROUND_LASTS_MS) {
                self.write(&[delete(INDEX, &index(OPEN, &[token]))])?;
            }
            return Ok(false);
        };
        found.invoice.told = told;
        let mut changes = Vec::new();
        if settled {
            found.invoice.email = None;
            changes.push(delete(INDEX, &open_of(&found.invoice)));
            changes.extend(bill(&found.invoice).map(|key| delete(INDEX, &key)));
        }
        changes.push(put_invoice(&found.invoice));
        let account = found.invoice.account;
        for hook in self.hooks(&account)? {
            let event = draw()?;
            self.make_room(&account, &hook, now, &mut changes)?;
            let delivery = Delivery { due: now, account, hook: hook.name, event, attempts: 0, body: write(&found, &event, what) };
            changes.push(put(DELIVERIES, &delivery_key(&delivery), encode_delivery(&delivery)));
        }
        self.write(&changes)?;
        Ok(true)
    }

    /// Gives up an event that waits for a hook when there is no room for one more, and says so beside the hook.
    fn make_room(&self, account: &AccountId, hook: &HookRow, now: u64, changes: &mut Vec<Change>) -> Result<(), Fault> {
        let mut waiting = self.waiting(account, &hook.name)?;
        if waiting.len() < MAX_WAITING {
            return Ok(());
        }
        waiting.sort_by_key(|one| (Reverse(one.attempts), one.due));
        changes.extend(waiting.first().map(|one| delete(DELIVERIES, &delivery_key(one))));
        let failed = HookRow { failed: Some((now, TOO_MANY_WAIT.to_owned())), ..hook.clone() };
        changes.push(put(HOOKS, &[&account.0[..], &hook.name].concat(), encode_hook(&failed)));
        Ok(())
    }

    /// A test for one hook, unless many events wait for it.
    pub fn test_hook(&self, test: &Delivery) -> Result<Result<(), Reason>, Fault> {
        let _writing = self.lock();
        if self.waiting_for(&test.account, &test.hook)? >= MAX_BEFORE_TEST {
            return Ok(Err(Reason::RateLimited));
        }
        self.write(&[put(DELIVERIES, &delivery_key(test), encode_delivery(test))])?;
        Ok(Ok(()))
    }

    /// A shop's invoices, the newest first, from a place on.
    pub fn invoices(
        &self,
        account: &AccountId,
        after: Option<&[u8]>,
        limit: usize,
        wished: impl Fn(&Found) -> bool,
    ) -> Result<Page, Fault> {
        let start = index(BY_TIME, &[&account.0]);
        let end = match after {
            Some(place) => index(BY_TIME, &[&account.0, place]),
            None => index(BY_TIME, &[&account.0, &[0xff; 25]]),
        };
        let keys = self.records.scan(INDEX, &KeyRange::between(&start, &end), MAX_LOOKED_AT, Order::Descending)?;
        let whole = keys.len() < MAX_LOOKED_AT;
        let mut page = Page { found: Vec::new(), next: None };
        for (key, _) in &keys {
            page.next = key.get(17..).map(<[u8]>::to_vec);
            let Some(found) = self.invoice(&token_at_end(key)?)? else { continue };
            if wished(&found) {
                page.found.push(found);
            }
            if page.found.len() >= limit.min(MAX_PAGE) {
                return Ok(page);
            }
        }
        if whole {
            page.next = None;
        }
        Ok(page)
    }

    /// What an account has to pay, that which is due first before the others.
    pub fn bills(&self, payer: &AccountId) -> Result<Vec<Found>, Fault> {
        let keys = self.records.scan(INDEX, &KeyRange::prefix(&index(BILLS, &[&payer.0])), MAX_BILLS, Order::Ascending)?;
        let found = keys.iter().map(|(key, _)| self.invoice(&token_at_end(key)?)).filter_map(Result::transpose);
        found.filter(|found| found.as_ref().map_or(true, |found| !found.standing().state.is_settled())).collect()
    }

    /// What the round looks at, a page at a time, after a token: what is not settled, or was settled not long ago.
    pub fn open_invoices(&self, after: Option<&InvoiceToken>, limit: usize) -> Result<Vec<InvoiceToken>, Fault> {
        let start = after.map_or_else(|| index(OPEN, &[]), |after| index(OPEN, &[after, &[0]]));
        let keys = self.records.scan(INDEX, &KeyRange::between(&start, &[OPEN + 1]), limit, Order::Ascending)?;
        keys.iter().map(|(key, _)| token_at_end(key)).collect()
    }

    /// The series of an account.
    pub fn series(&self, account: &AccountId) -> Result<Vec<Series>, Fault> {
        let rows = self.records.scan(SERIES, &KeyRange::prefix(&account.0), MAX_SERIES, Order::Ascending)?;
        rows.iter().map(|(key, value)| decode_series(&key[16..], value).map_err(damaged)).collect()
    }

    /// Keeps a series: a known one goes on counting, with its new words.
    pub fn keep_series(&self, account: &AccountId, series: &Series) -> Result<Result<(), Reason>, Fault> {
        let _writing = self.lock();
        let known = self.series(account)?;
        let series = match known.iter().find(|one| one.name == series.name) {
            Some(old) => Series { year: old.year, last: old.last, ..series.clone() },
            None if known.len() >= MAX_SERIES => return Ok(Err(Reason::InvoiceTooMany)),
            None => series.clone(),
        };
        self.write(&[put(SERIES, &[&account.0[..], series.name.as_bytes()].concat(), encode_series(&series))])?;
        Ok(Ok(()))
    }

    /// The keys of an account's programs.
    pub fn program_keys(&self, account: &AccountId) -> Result<Vec<KeyRow>, Fault> {
        let rows = self.records.scan(KEYS, &KeyRange::prefix(&account.0), MAX_KEYS, Order::Ascending)?;
        rows.iter().map(|(key, value)| decode_key(name_at_end(key)?, value).map_err(damaged)).collect()
    }

    /// A program's key by its name.
    pub fn program_key(&self, account: &AccountId, name: &Name) -> Result<Option<KeyRow>, Fault> {
        self.row(KEYS, &[&account.0[..], name].concat(), |value| decode_key(*name, value))
    }

    /// Keeps a program's key.
    pub fn add_program_key(&self, account: &AccountId, key: &KeyRow) -> Result<Result<(), Reason>, Fault> {
        let _writing = self.lock();
        if self.program_keys(account)?.len() >= MAX_KEYS {
            return Ok(Err(Reason::InvoiceTooMany));
        }
        self.write(&[put(KEYS, &[&account.0[..], &key.name].concat(), encode_key(key))])?;
        Ok(Ok(()))
    }

    /// Forgets a program's key: it is good no more.
    pub fn forget_program_key(&self, account: &AccountId, name: &Name) -> Result<(), Fault> {
        self.write(&[delete(KEYS, &[&account.0[..], name].concat())])
    }

    /// An account's hooks.
    pub fn hooks(&self, account: &AccountId) -> Result<Vec<HookRow>, Fault> {
        let rows = self.records.scan(HOOKS, &KeyRange::prefix(&account.0), MAX_HOOKS, Order::Ascending)?;
        rows.iter().map(|(key, value)| decode_hook(name_at_end(key)?, value).map_err(damaged)).collect()
    }

    /// A hook by its name.
    pub fn hook(&self, account: &AccountId, name: &Name) -> Result<Option<HookRow>, Fault> {
        self.row(HOOKS, &[&account.0[..], name].concat(), |value| decode_hook(*name, value))
    }

    /// Keeps a hook.
    pub fn add_hook(&self, account: &AccountId, hook: &HookRow) -> Result<Result<(), Reason>, Fault> {
        let _writing = self.lock();
        if self.hooks(account)?.len() >= MAX_HOOKS {
            return Ok(Err(Reason::InvoiceTooMany));
        }
        self.write(&[put(HOOKS, &[&account.0[..], &hook.name].concat(), encode_hook(hook))])?;
        Ok(Ok(()))
    }

    /// Forgets a hook with what waits for it.
    pub fn forget_hook(&self, account: &AccountId, name: &Name) -> Result<(), Fault> {
        let _writing = self.lock();
        let mut changes = vec![delete(HOOKS, &[&account.0[..], name].concat())];
        changes.extend(self.waiting(account, name)?.iter().map(|one| delete(DELIVERIES, &delivery_key(one))));
        self.write(&changes)
    }

    /// What is to be sent now: the longest due of each hook that is not `busy`, in turn from the one after `last`.
    pub fn due_deliveries(&self, now: u64, last: &HookOf, busy: &BTreeSet<HookOf>, limit: usize) -> Result<Vec<Delivery>, Fault> {
        let mut due = Vec::new();
        for (start, end) in [(beyond(last), vec![0xff; 49]), (Vec::new(), beyond(last))] {
            let mut place = start;
            while due.len() < limit {
                let range = KeyRange::between(&place, &end);
                let Some((key, value)) = self.records.scan(DELIVERIES, &range, 1, Order::Ascending)?.pop() else { break };
                let delivery = match decode_delivery(&key, &value) {
                    Ok(delivery) => delivery,
                    Err(error) => {
                        // One that cannot be read keeps no other waiting.
                        tracing::warn!(?error, key = hex::encode(&key), "an event for a hook was not read");
                        place = [&key[..], &[0]].concat();
                        continue;
                    }
                };
                let hook = (delivery.account, delivery.hook);
                place = beyond(&hook);
                if delivery.due <= now && !busy.contains(&hook) {
                    due.push(delivery);
                }
            }
        }
        Ok(due)
    }

    /// What waits for a hook.
    fn waiting(&self, account: &AccountId, name: &Name) -> Result<Vec<Delivery>, Fault> {
        let range = KeyRange::prefix(&[&account.0[..], name].concat());
        let rows = self.records.scan(DELIVERIES, &range, MAX_WAITING, Order::Ascending)?;
        rows.iter().map(|(key, value)| decode_delivery(key, value).map_err(damaged)).collect()
    }

    /// How many events wait for a hook.
    pub fn waiting_for(&self, account: &AccountId, name: &Name) -> Result<usize, Fault> {
        Ok(self.waiting(account, name)?.len())
    }

    /// Notes what became of an attempt: it arrived, or why it did not, and then when it is sent again.
    pub fn note_attempt(&self, delivery: &Delivery, now: u64, outcome: Result<(), String>) -> Result<(), Fault> {
        let _writing = self.lock();
        // One that was given up meanwhile does not come back.
        let waits = self.records.get(DELIVERIES, &delivery_key(delivery))?.is_some();
        let mut changes = vec![delete(DELIVERIES, &delivery_key(delivery))];
        if let Some(mut hook) = self.hook(&delivery.account, &delivery.hook)? {
            let attempts = delivery.attempts + 1;
            match outcome {
                Ok(()) => hook.arrived = Some(now),
                Err(why) => {
                    hook.failed = Some((now, why));
                    if waits && let Some(due) = next_attempt(attempts, now, &delivery.event) {
                        let again = Delivery { due, attempts, ..delivery.clone() };
                        changes.push(put(DELIVERIES, &delivery_key(&again), encode_delivery(&again)));
                    }
                }
            }
            changes.push(put(HOOKS, &[&delivery.account.0[..], &hook.name].concat(), encode_hook(&hook)));
        }
        self.write(&changes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::invoice::tests::invoice;
    use super::super::invoice::{MAX_OPEN_CHARGES, MAX_REMINDERS, REMIND_EVERY_MS};
    use super::*;
    use crate::charge::tests::{cents, charge};
    use ledger::transaction::ChargeReference;

    /// A charge of so many cents, begun at an instant.
    fn asked(number: u64, amount: u64, at: u64) -> Charge {
        let mut id = [7; 16];
        id[..8].copy_from_slice(&number.to_be_bytes());
        let request = number.to_be_bytes().to_vec();
        Charge { asked: ChargeReference { id, expires: at + 900_000 }, amount: cents(amount), created: at, request, ..charge() }
    }

    fn opened(store: &Store, invoice: Invoice) -> InvoiceToken {
        store.add_invoice(invoice, None, 2026).unwrap().unwrap().invoice.token
    }

    fn plain() -> Invoice {
        Invoice { series: None, ..invoice() }
    }

    #[test]
    fn eleven_reminders_at_once_are_one_and_no_row_holds_more_than_can_be_read() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        let token = opened(&store, plain());
        let remind =
            |now| store.note_reminder(&token, now, |found| found.invoice.may_remind(&found.standing(), now)).unwrap().is_ok();
        let taken = std::thread::scope(|scope| {
            let all: Vec<_> = (0..=MAX_REMINDERS).map(|_| scope.spawn(|| remind(1_000))).collect();
            all.into_iter().map(|one| one.join().unwrap()).filter(|taken| *taken).count()
        });
        assert_eq!(taken, 1);
        let later: Vec<bool> = (1..=MAX_REMINDERS as u64).map(|time| remind(1_000 + time * REMIND_EVERY_MS)).collect();
        assert_eq!(later.iter().filter(|taken| **taken).count(), MAX_REMINDERS - 1);
        assert_eq!(store.invoice(&token).unwrap().unwrap().invoice.reminded.len(), MAX_REMINDERS);
    }

    #[test]
    fn an_invoice_of_a_series_that_is_sent_again_because_its_answer_was_lost_is_one_invoice() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        let account = invoice().account;
        store.keep_series(&account, &Series::new("Cantine", "CANT-{year}-{nnnnn}", "7067").unwrap()).unwrap().unwrap();
        let send = |token: u8, id: Option<u8>, due: i64| {
            let invoice =
                Invoice { token: [token; 16], series: Some("Cantine".into()), reference: String::new(), due, ..invoice() };
            let found = store.add_invoice(invoice, id.map(|id| [id; 16]), 2026).unwrap();
            found.map(|found| (found.invoice.token[0], found.invoice.reference))
        };
        let due = invoice().due;
        let first = send(1, Some(7), due).unwrap();
        assert_eq!(first, (1, "CANT-2026-00001".to_owned()));
        assert_eq!(send(2, Some(7), due), Ok(first));
        assert_eq!(send(3, Some(7), due + 1), Err(Reason::InvoiceId));
        assert_eq!(send(4, Some(8), due), Ok((4, "CANT-2026-00002".to_owned())));
        assert_eq!(send(5, None, due), Ok((5, "CANT-2026-00003".to_owned())));
    }

    #[test]
    fn two_who_ask_for_the_rest_at_once_are_given_one_charge() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        let token = opened(&store, plain());
        let now = charge().created;
        let given: Vec<Charge> = std::thread::scope(|scope| {
            let ask = |number| store.ask_part(&token, &asked(number, 3_000, now), now, now).unwrap().unwrap();
            let both: Vec<_> = (1..=8).map(|number| scope.spawn(move || ask(number))).collect();
            both.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(given.iter().all(|charge| charge == &given[0]));
        assert_eq!(store.invoice(&token).unwrap().unwrap().charges, given[..1]);
    }

    #[test]
    fn a_cancelled_invoice_has_no_charge_that_can_be_paid() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        let (token, now) = (opened(&store, plain()), charge().created);
        store.ask_part(&token, &asked(1, 3_000, now), now, now).unwrap().unwrap();
        let cancelled = store.cancel_invoice(&plain().account, &token, now + 1).unwrap().unwrap();
        assert_eq!(cancelled.charges[0].progress, Progress::Cancelled { at: now + 1 });
        assert_eq!(store.invoice(&token).unwrap().unwrap().charges, cancelled.charges);
        let late = store.ask_part(&token, &asked(2, 3_000, now), now, now).unwrap();
        assert_eq!(late, Err(Reason::InvoiceCancelled));
        assert_eq!(store.charge(&plain().account, &asked(2, 1, now).asked.id).unwrap(), None);
    }

    #[test]
    fn charges_that_nobody_paid_are_forgotten_once_that_is_certain() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        let (token, mut now) = (opened(&store, plain()), charge().created);
        for round in 0..=(MAX_CHARGES / MAX_OPEN_CHARGES) as u64 {
            for number in 0..MAX_OPEN_CHARGES as u64 {
                let one = asked(round * 100 + number, 100 + number, now);
                assert_eq!(store.ask_part(&token, &one, now, now).unwrap(), Ok(one), "{round} {number}");
            }
            let more = asked(99, 2_000, now);
            assert_eq!(store.ask_part(&token, &more, now, now).unwrap(), Err(Reason::InvoiceBusy));
            now += 900_001;
        }
        assert_eq!(store.invoice(&token).unwrap().unwrap().charges.len(), MAX_OPEN_CHARGES);
        // While the ledger does not answer, nobody knows that they were not paid: they stay tied, up to the bound.
        let as_of = now - 900_001;
        let mut round = 0;
        while let Ok(one) = store.ask_part(&token, &asked(5_000 + round, 100, now), now, as_of).unwrap() {
            assert_eq!(one.asked.id, asked(5_000 + round, 100, now).asked.id);
            (round, now) = (round + 1, now + 900_001);
        }
        assert_eq!(store.invoice(&token).unwrap().unwrap().charges.len(), MAX_CHARGES);
        assert!(store.ask_part(&token, &asked(9_000, 100, now), now, now).unwrap().is_ok());
    }

    fn hook(number: u8) -> HookRow {
        HookRow { name: [number; 8], url: "https://a.example/".into(), created: 1, arrived: None, failed: None }
    }

    fn event(hook: u8, number: u64, due: u64) -> Delivery {
        let mut event = [0; 16];
        event[..8].copy_from_slice(&number.to_be_bytes());
        Delivery { due, account: plain().account, hook: [hook; 8], event, attempts: 0, body: b"{}".to_vec() }
    }

    fn keep(store: &Store, deliveries: &[Delivery]) {
        let rows: Vec<Change> = deliveries.iter().map(|one| put(DELIVERIES, &delivery_key(one), encode_delivery(one))).collect();
        store.write(&rows).unwrap();
    }

    #[test]
    fn hooks_take_turns_however_much_waits_for_one_of_them() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        let many: Vec<Delivery> = (0..500).map(|number| event(1, number, number)).collect();
        keep(&store, &many);
        keep(&store, &[event(2, 1, 900), event(3, 1, 800), event(3, 2, 700), event(4, 1, 1_001)]);
        let account = plain().account;
        let due = |last: u8, busy: &[u8], limit| {
            let busy = busy.iter().map(|hook| (account, [*hook; 8])).collect();
            let due = store.due_deliveries(1_000, &(account, [last; 8]), &busy, limit).unwrap();
            due.iter().map(|one| (one.hook[0], one.due)).collect::<Vec<_>>()
        };
        assert_eq!(due(0, &[], 9), [(1, 0), (2, 900), (3, 700)]);
        assert_eq!(due(1, &[], 2), [(2, 900), (3, 700)]);
        assert_eq!(due(2, &[], 2), [(3, 700), (1, 0)]);
        assert_eq!(due(0, &[1, 3], 9), [(2, 900)]);
        // A row that cannot be read is passed over.
        store.write(&[put(DELIVERIES, &delivery_key(&event(2, 0, 5)), b"?".to_vec())]).unwrap();
        assert_eq!(due(0, &[], 9), [(1, 0), (2, 900), (3, 700)]);
    }

    #[test]
    fn what_waits_for_a_hook_is_bounded_and_what_was_given_up_is_said() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        let account = plain().account;
        store.add_hook(&account, &hook(1)).unwrap().unwrap();
        assert_eq!(store.test_hook(&event(1, 9_999, 0)).unwrap(), Ok(()));
        let worn = Delivery { attempts: 3, ..event(1, 0, 5_000) };
        keep(&store, std::slice::from_ref(&worn));
        keep(&store, &(2..MAX_WAITING as u64).map(|number| event(1, number, 9)).collect::<Vec<_>>());
        assert_eq!(store.test_hook(&event(1, 8_888, 0)).unwrap(), Err(Reason::RateLimited));
        assert_eq!((store.waiting_for(&account, &[1; 8]).unwrap(), store.hooks(&account).unwrap()), (MAX_WAITING, vec![hook(1)]));

        let token = opened(&store, plain());
        store.cancel_invoice(&account, &token, 10).unwrap().unwrap();
        assert!(store.tell_hooks(&token, 77, |_, _, _| b"new".to_vec()).unwrap());
        let waiting = store.waiting(&account, &[1; 8]).unwrap();
        assert!(waiting.len() == MAX_WAITING && waiting.iter().any(|one| one.body == b"new") && !waiting.contains(&worn));
        assert_eq!(store.hooks(&account).unwrap()[0].failed, Some((77, TOO_MANY_WAIT.into())));
        // It was under way: that it failed brings it not back.
        store.note_attempt(&worn, 80, Err("HTTP 500".into())).unwrap();
        assert_eq!(store.waiting(&account, &[1; 8]).unwrap(), waiting);
        store.forget_hook(&account, &[1; 8]).unwrap();
        assert_eq!(store.waiting_for(&account, &[1; 8]).unwrap(), 0);
    }

    #[test]
    fn what_goes_back_of_a_settled_invoice_is_found_by_the_round_for_a_while() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        let account = plain().account;
        store.add_hook(&account, &hook(1)).unwrap().unwrap();
        let (token, now) = (opened(&store, plain()), charge().created);
        let whole = asked(1, 3_000, now);
        store.ask_part(&token, &whole, now, now).unwrap().unwrap();
        let told = |at| {
            let before = store.waiting_for(&account, &[1; 8]).unwrap();
            let round = store.open_invoices(None, 10).unwrap();
            for token in &round {
                store.tell_hooks(token, at, |_, _, what| what.into()).unwrap();
            }
            let waiting = store.waiting(&account, &[1; 8]).unwrap();
            let newest = waiting.last().map(|one| String::from_utf8(one.body.clone()).unwrap());
            newest.filter(|_| waiting.len() > before)
        };
        let paid = |refunded| Progress::Paid { sequence: 4, at: now, payer: AccountId([2; 16]), refunded };
        store.write(&[put_charge(&Charge { progress: paid(0), ..whole.clone() })]).unwrap();
        assert_eq!((told(now), told(now)), (Some("invoice.paid".into()), None));
        // It goes back, and nobody hears of it but the round.
        store.write(&[put_charge(&Charge { progress: paid(500), ..whole })]).unwrap();
        assert_eq!(told(now + ROUND_LASTS_MS - 1).as_deref(), Some("invoice.refunded"));
        assert_eq!((told(now + ROUND_LASTS_MS - 1), store.open_invoices(None, 10).unwrap()), (None, vec![token]));
        assert_eq!((told(now + ROUND_LASTS_MS), store.open_invoices(None, 10).unwrap()), (None, vec![]));
    }

    #[test]
    fn bills_come_by_their_day_and_one_shop_cannot_hide_those_of_another() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        let payer = Some(AccountId([8; 16]));
        let bill = |number: u8, account: AccountId, due: i64| {
            let (token, reference) = ([number; 16], format!("F-{number}"));
            store.add_invoice(Invoice { token, reference, account, payer, due, ..plain() }, None, 2026).unwrap().map(drop)
        };
        let (one, other) = (plain().account, AccountId([9; 16]));
        for number in 0..MAX_OPEN_OF_PAYER as u8 {
            assert_eq!(bill(number, one, 20_780), Ok(()));
        }
        assert_eq!(bill(100, one, 20_780), Err(Reason::InvoiceTooMany));
        assert_eq!((bill(101, other, 20_781), bill(102, other, 20_700)), (Ok(()), Ok(())));
        let bills = store.bills(&AccountId([8; 16])).unwrap();
        let first_and_last = [&bills[0], &bills[bills.len() - 1]].map(|found| found.invoice.due);
        assert_eq!((bills.len(), first_and_last), (MAX_OPEN_OF_PAYER + 2, [20_700, 20_781]));
        // One that is settled makes room for another.
        store.cancel_invoice(&one, &[0; 16], 10).unwrap().unwrap();
        store.tell_hooks(&[0; 16], 11, |_, _, _| vec![]).unwrap();
        assert_eq!(bill(100, one, 20_780), Ok(()));
        assert_eq!(store.bills(&AccountId([8; 16])).unwrap().len(), MAX_OPEN_OF_PAYER + 2);
    }
}
