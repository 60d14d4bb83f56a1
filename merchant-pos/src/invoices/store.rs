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
use crate::charge::{Charge, Progress};
use crate::error::Reason;
use crate::store::{ChargeId, Store, damaged, delete, put, put_charge};
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

/// Whether it is certain that nobody paid a charge, nor will: it was over before the account was last known.
fn is_vain(charge: &Charge, as_of: u64) -> bool {
    charge.paid_by().is_none() && charge.asked.expires < as_of
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
        store.add_invoice(invoice, 2026).unwrap().unwrap().invoice.token
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
}
