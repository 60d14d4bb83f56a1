//! Invoices in the records.
//!
//! ```text
//! INVOICES    token                              the invoice
//! INDEX       1 account created token            a shop's invoices, by time
//!             2 account reference                the token: a reference stands once
//!             3 token charge id                  the charges of an invoice
//!             4 account charge id                the invoice of a charge
//!             5 payer token                      what a member has to pay
//!             6 token                            what is not settled
//! SERIES      account name                       the series of references
//! KEYS        account name                       a program's key, as a hash
//! HOOKS       account name                       where events are sent
//! DELIVERIES  due account hook event             what is on its way
//! ```
//! What an invoice's listeners know is written together with the events that tell it: after a crash an event is sent again, and none is
//! forgotten.

use super::hook::next_attempt;
use super::invoice::{Invoice, InvoiceToken, MAX_CHARGES, Standing};
use super::rows::{
    Delivery, HookRow, KeyRow, decode_delivery, decode_hook, decode_invoice, decode_key, decode_series, delivery_key,
    encode_delivery, encode_hook, encode_invoice, encode_key, encode_series,
};
use super::secret::{Name, draw};
use super::series::{MAX_SERIES, Series};
use crate::charge::Charge;
use crate::error::Reason;
use crate::store::{ChargeId, Store, damaged, delete, put};
use ledger::encoding::DecodeError;
use ledger::fault::Fault;
use ledger::key::AccountId;
use ledger::records::{Change, KeyRange, Order, Table};

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

/// One answer holds at most so many invoices.
pub const MAX_PAGE: usize = 100;
/// One answer looks at so many invoices for those that are asked for; then it says where to go on.
const MAX_LOOKED_AT: usize = 2_000;
/// A member sees at most so many bills: more than anyone pays.
const MAX_BILLS: usize = 100;
/// A shop has at most so many keys of programs.
pub const MAX_KEYS: usize = 20;
/// A shop has at most so many hooks.
pub const MAX_HOOKS: usize = 5;
/// So many events of a shop wait for its hooks; beyond, the oldest fail first and the shop reads its invoices.
const MAX_WAITING: usize = 10_000;
/// A hook is shown with at most so many events that wait.
const MAX_COUNTED: usize = 1_000;

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

    /// Keeps a new invoice; its series, if it has one, gives the reference. The same words with the same reference again are the same
    /// invoice, because the answer may have been lost.
    pub fn add_invoice(&self, mut invoice: Invoice, year: i32) -> Result<Result<Found, Reason>, Fault> {
        let _writing = self.lock();
        let mut changes = Vec::new();
        let account = invoice.account;
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
            let old = &known.invoice;
            let words = |one: &Invoice| (one.amount, one.due, one.text.clone(), one.payer, one.partial, one.series.clone());
            return Ok(if words(old) == words(&invoice) { Ok(known) } else { Err(Reason::InvoiceTaken) });
        }
        let Invoice { token, created, .. } = &invoice;
        changes.push(put_invoice(&invoice));
        changes.push(put(INDEX, &index(BY_TIME, &[&account.0, &created.to_be_bytes(), token]), vec![]));
        changes.push(put(INDEX, &index(BY_REFERENCE, &[&account.0, invoice.reference.as_bytes()]), token.to_vec()));
        changes.push(put(INDEX, &index(OPEN, &[token]), vec![]));
        changes.extend(invoice.payer.iter().map(|payer| put(INDEX, &index(BILLS, &[&payer.0, token]), vec![])));
        self.write(&changes)?;
        Ok(Ok(Found { invoice, charges: Vec::new() }))
    }

    /// Ties a charge to an invoice, before the charge is asked for: one that was never asked for changes nothing.
    pub fn tie_charge(&self, invoice: &Invoice, charge: &ChargeId) -> Result<Result<(), Reason>, Fault> {
        let _writing = self.lock();
        let prefix = index(CHARGES_OF, &[&invoice.token]);
        let tied = self.records.scan(INDEX, &KeyRange::prefix(&prefix), MAX_CHARGES, Order::Ascending)?.len();
        if tied >= MAX_CHARGES {
            return Ok(Err(Reason::InvoiceBusy));
        }
        self.write(&[
            put(INDEX, &index(CHARGES_OF, &[&invoice.token, charge]), vec![]),
            put(INDEX, &index(OF_CHARGE, &[&invoice.account.0, charge]), invoice.token.to_vec()),
        ])?;
        Ok(Ok(()))
    }

    /// Cancels an invoice of an account.
    pub fn cancel_invoice(&self, account: &AccountId, token: &InvoiceToken, now: u64) -> Result<Result<Found, Reason>, Fault> {
        let _writing = self.lock();
        let Some(found) = self.invoice(token)?.filter(|found| found.invoice.account == *account) else {
            return Ok(Err(Reason::NotFound));
        };
        match found.invoice.cancel(&found.charges, now) {
            Ok(invoice) => {
                self.write(&[put_invoice(&invoice)])?;
                Ok(Ok(Found { invoice, ..found }))
            }
            Err(reason) => Ok(Err(reason)),
        }
    }

    /// Notes that a payer was reminded.
    pub fn note_reminder(&self, token: &InvoiceToken, now: u64) -> Result<Option<Found>, Fault> {
        let _writing = self.lock();
        let Some(mut found) = self.invoice(token)? else { return Ok(None) };
        found.invoice.reminded.push(now);
        self.write(&[put_invoice(&found.invoice)])?;
        Ok(Some(found))
    }

    /// Tells the hooks of an invoice's shop what is new, and takes a settled one off the lists. `write` gives what is sent, for an
    /// event's id and kind. True when something was to be told.
    pub fn tell_hooks(
        &self,
        token: &InvoiceToken,
        now: u64,
        write: impl Fn(&Found, &[u8; 16], &str) -> Vec<u8>,
    ) -> Result<bool, Fault> {
        let _writing = self.lock();
        let Some(mut found) = self.invoice(token)? else { return Ok(false) };
        let standing = found.standing();
        let Some((what, told)) = found.invoice.news(&standing) else { return Ok(false) };
        found.invoice.told = told;
        let mut changes = Vec::new();
        if standing.state.is_settled() {
            found.invoice.email = None;
            changes.push(delete(INDEX, &index(OPEN, &[token])));
            changes.extend(found.invoice.payer.iter().map(|payer| delete(INDEX, &index(BILLS, &[&payer.0, token]))));
        }
        changes.push(put_invoice(&found.invoice));
        let account = found.invoice.account;
        for hook in self.hooks(&account)? {
            let event = draw()?;
            let delivery = Delivery { due: now, account, hook: hook.name, event, attempts: 0, body: write(&found, &event, what) };
            changes.push(put(DELIVERIES, &delivery_key(&delivery), encode_delivery(&delivery)));
        }
        self.write(&changes)?;
        Ok(true)
    }

    /// One event for one hook.
    pub fn tell_hook(&self, delivery: &Delivery) -> Result<(), Fault> {
        self.write(&[put(DELIVERIES, &delivery_key(delivery), encode_delivery(delivery))])
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

    /// What an account has to pay.
    pub fn bills(&self, payer: &AccountId) -> Result<Vec<Found>, Fault> {
        let keys = self.records.scan(INDEX, &KeyRange::prefix(&index(BILLS, &[&payer.0])), MAX_BILLS, Order::Ascending)?;
        let found = keys.iter().map(|(key, _)| self.invoice(&token_at_end(key)?)).filter_map(Result::transpose);
        found.filter(|found| found.as_ref().map_or(true, |found| !found.standing().state.is_settled())).collect()
    }

    /// What is not settled, a page at a time, after a token.
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

    /// Forgets a hook; what is on its way to it is dropped when its turn comes.
    pub fn forget_hook(&self, account: &AccountId, name: &Name) -> Result<(), Fault> {
        self.write(&[delete(HOOKS, &[&account.0[..], name].concat())])
    }

    /// What is to be sent now, the longest due first.
    pub fn due_deliveries(&self, now: u64, limit: usize) -> Result<Vec<Delivery>, Fault> {
        let end = (now + 1).to_be_bytes();
        let rows = self.records.scan(DELIVERIES, &KeyRange::between(&[], &end), limit, Order::Ascending)?;
        rows.iter().map(|(key, value)| decode_delivery(key, value).map_err(damaged)).collect()
    }

    /// How many events wait for each hook of an account, counted up to a bound.
    pub fn waiting_for(&self, account: &AccountId, name: &Name) -> Result<usize, Fault> {
        let rows = self.records.scan(DELIVERIES, &KeyRange::all(), MAX_WAITING, Order::Ascending)?;
        Ok(rows.iter().filter(|(key, _)| key[8..24] == account.0 && key[24..32] == *name).take(MAX_COUNTED).count())
    }

    /// Notes what became of an attempt: it arrived, or why it did not, and then when it is sent again.
    pub fn note_attempt(&self, delivery: &Delivery, now: u64, outcome: Result<(), String>) -> Result<(), Fault> {
        let _writing = self.lock();
        let mut changes = vec![delete(DELIVERIES, &delivery_key(delivery))];
        if let Some(mut hook) = self.hook(&delivery.account, &delivery.hook)? {
            let attempts = delivery.attempts + 1;
            match outcome {
                Ok(()) => hook.arrived = Some(now),
                Err(why) => {
                    hook.failed = Some((now, why));
                    if let Some(due) = next_attempt(attempts, now, &delivery.event) {
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
