//! A currency to be measured: members with units, and payments that are signed before anything is timed.

use crate::failure::{Failure, Outcome};
use crate::{clock, cores, init, keys};
use ledger::SigningKey;
use ledger::account::{AccountKind, Bank, Limits, LiquidityClass, Medium, Operator, Quorum, Role, Roles};
use ledger::amount::Amount;
use ledger::fault::Fault;
use ledger::key::{AccountId, Hash32, LedgerId};
use ledger::ledger::Ledger;
use ledger::rules::{DAY_MS, RULE_SET};
use ledger::transaction::{
    Act, Body, ChargeReference, Genesis, MAX_TRANSFERS, OpenAccount, SignedTransaction, Transaction, Transfer,
};
use ledger::writer::{Answer, Pace};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The bank account of the fund.
pub const BANK: u16 = 1;
/// The only identity level, without limits: they would end a measurement, not change it.
const LEVEL: u8 = 0;
/// Each member starts with so many cents, and every payment is of one.
const CENTS_EACH: u64 = 100_000;
/// What the giver starts with, in cents: enough for a million members.
const GIVEN: u64 = 1_000_000_000_000;
/// So many orders are under way at most: as many as become durable together, so that the writer never waits for more.
const MOST_WAITING: usize = ledger::writer::MAX_BATCH;
/// Whoever waits for the writer looks again after so long: short beside a measurement.
const LOOK_AGAIN: Duration = Duration::from_micros(100);

/// An order, signed and encoded.
pub type Order = Vec<u8>;

/// Who is paid.
#[derive(Clone, Copy)]
pub enum Payees {
    /// Every member pays any other.
    Spread,
    /// Everybody pays the one shop.
    Shop,
}

/// A ledger with members.
pub struct Town {
    /// The folder of its data.
    pub folder: PathBuf,
    /// Its id.
    pub id: LedgerId,
    /// A shop: who everybody pays, and whose till asks.
    pub shop: Member,
    ledger: Option<Arc<Ledger>>,
    operator: SigningKey,
    giver: Member,
    /// The accounts of the members, whose keys follow from their places.
    members: Vec<AccountId>,
    cores: usize,
    nonce: AtomicU64,
}

/// An account and its key.
pub struct Member {
    /// The account.
    pub account: AccountId,
    /// The key.
    pub key: SigningKey,
}

impl Town {
    /// A new currency without members.
    pub fn found(folder: &Path) -> Outcome<Town> {
        let secrets = secrets_of(folder);
        keys::private_folder(folder)?;
        keys::private_folder(&secrets)?;
        let (issuer, checkpoint, operator) = (keys::draw()?, keys::draw()?, keys::draw()?);
        let genesis = genesis(&checkpoint, &operator);
        let settings = init::ledger_settings(folder, &secrets, vec![checkpoint.clone()], clock::clock());
        let ledger = Ledger::create(settings, &init::sign_genesis(genesis, &issuer)?)?;
        init::write_secrets(&secrets, &ledger.id(), &issuer, &checkpoint)?;
        let nobody = || Ok::<_, Failure>(Member { account: AccountId([0; 16]), key: keys::draw()? });
        let (id, shop, giver) = (ledger.id(), nobody()?, nobody()?);
        let cores = cores::count();
        let (ledger, members, nonce) = (Some(Arc::new(ledger)), Vec::new(), AtomicU64::new(0));
        let mut town = Town { folder: folder.to_owned(), id, shop, ledger, operator, giver, members, cores, nonce };
        town.shop.account = town.open(AccountKind::Professional, &town.shop.key)?;
        town.giver.account = town.open(AccountKind::Association, &town.giver.key)?;
        let (amount, account) = (cents(GIVEN)?, town.giver.account);
        town.submit(&[town.act(Act::Convert { bank: BANK, credit: Hash32::of(b"the first credit"), amount, account })])?;
        Ok(town)
    }

    /// The ledger, while it is open.
    pub fn ledger(&self) -> Outcome<&Arc<Ledger>> {
        self.ledger.as_ref().ok_or_else(|| Failure::new("the ledger of the measurement is closed"))
    }

    /// How many entries it has.
    pub fn entries(&self) -> Outcome<u64> {
        Ok(self.ledger()?.durable().state.size())
    }

    /// Closes the ledger, as at a stop.
    pub fn close(&mut self) -> Outcome {
        let open = self.ledger.take().map(Arc::into_inner);
        match open {
            Some(None) => Err(Failure::new("the ledger of the measurement is still in use")),
            Some(Some(_)) | None => Ok(()),
        }
    }

    /// Opens it again.
    pub fn open_again(&mut self) -> Outcome {
        self.ledger = Some(crate::serve::open(&self.folder, &secrets_of(&self.folder), clock::clock(), Pace::default())?);
        Ok(())
    }

    /// How many members it has.
    pub fn members(&self) -> usize {
        self.members.len()
    }

    /// Opens accounts until there are so many members, and gives each its units.
    pub fn grow(&mut self, members: usize) -> Outcome {
        let first = self.members.len();
        let places: Vec<usize> = (first..members).collect();
        let openings = self.signed(&places, |place, _| {
            let key = member_key(*place);
            (
                Body::OpenAccount(OpenAccount {
                    kind: AccountKind::Resident,
                    key: keys::public(&key),
                    level: LEVEL,
                    groups: vec![],
                }),
                key,
            )
        });
        let orders = self.decoded(&openings)?;
        self.members.extend(orders.iter().map(|order| AccountId::opened_by(&order.id())));
        self.submit(&orders)?;
        let lists: Vec<&[AccountId]> = self.members[first..].chunks(MAX_TRANSFERS).collect();
        let each = cents(CENTS_EACH)?;
        let given = self.signed(&lists, |list, _| {
            let payments = list.iter().map(|account| (*account, each)).collect();
            (Body::Transfers { payer: self.giver.account, payments }, self.giver.key.clone())
        });
        self.submit(&self.decoded(&given)?)
    }

    /// So many payments of one cent, each by a member drawn from all.
    pub fn payments(&self, count: usize, payees: Payees) -> Vec<Order> {
        let cent = Amount::from_cents(1).expect("a cent is an amount");
        let (numbers, members): (Vec<usize>, _) = ((0..count).collect(), self.members.len());
        self.signed(&numbers, |_, nonce| {
            let payer = scattered(nonce) % members;
            let other = (payer + 1 + scattered(nonce ^ u64::MAX) % (members - 1)) % members;
            let payee = match payees {
                Payees::Spread => self.members[other],
                Payees::Shop => self.shop.account,
            };
            let transfer = Transfer { payer: self.members[payer], payee, amount: cent, charge: None, memo: None };
            (Body::Transfer(transfer), member_key(payer))
        })
    }

    /// The first member's payment of one cent to the shop for a charge.
    pub fn answer(&self, charge: ChargeReference) -> Order {
        let cent = Amount::from_cents(1).expect("a cent is an amount");
        let transfer =
            Transfer { payer: self.members[0], payee: self.shop.account, amount: cent, charge: Some(charge), memo: None };
        self.sign(self.next_nonce(1), Body::Transfer(transfer), &member_key(0))
    }

    /// So many conversions, each of one euro of a credit of its own for a member drawn from all.
    pub fn conversions(&self, count: usize) -> Vec<Order> {
        let euro = Amount::from_cents(100).expect("a euro is an amount");
        let numbers: Vec<usize> = (0..count).collect();
        self.signed(&numbers, |_, nonce| {
            let account = self.members[scattered(nonce) % self.members.len()];
            let credit = Hash32::of(format!("credit {nonce}").as_bytes());
            (Body::Propose(Act::Convert { bank: BANK, credit, amount: euro, account }), self.operator.clone())
        })
    }

    /// An act of the one person who is enough.
    pub fn act(&self, act: Act) -> SignedTransaction {
        let order = self.sign(self.next_nonce(1), Body::Propose(act), &self.operator);
        SignedTransaction::decode(&order, &self.id).expect("an act that was just signed is sound")
    }

    /// Reads orders and verifies their signatures, on all cores.
    pub fn decoded(&self, orders: &[Order]) -> Outcome<Vec<SignedTransaction>> {
        let ledger = self.ledger()?;
        let shares = self.shared(orders, |share| share.iter().map(|order| ledger.decode(order)).collect::<Result<Vec<_>, _>>());
        let shares = shares.into_iter().collect::<Result<Vec<_>, _>>();
        let unsound = |error| Failure::new(format!("the measurement signed something wrong: {error}"));
        Ok(shares.map_err(unsound)?.into_iter().flatten().collect())
    }

    /// Reads, verifies and submits orders on all cores, as a program without HTTP would; ends when all are durable.
    pub fn decode_and_submit(&self, orders: &[Order]) -> Outcome {
        let ledger = self.ledger()?;
        let decode = |order: &Order| ledger.decode(order).map_err(|error| Failure::new(error.to_string()));
        let each = MOST_WAITING / self.cores;
        let shares = self.shared(orders, |share| submit_all(ledger, share, each, decode));
        shares.into_iter().collect()
    }

    /// Submits orders that were verified before; ends when all are durable.
    pub fn submit(&self, orders: &[SignedTransaction]) -> Outcome {
        submit_all(self.ledger()?, orders, MOST_WAITING, |order| Ok(order.clone()))
    }

    fn open(&self, kind: AccountKind, key: &SigningKey) -> Outcome<AccountId> {
        let order = self.act(Act::OpenAccount(OpenAccount { kind, key: keys::public(key), level: LEVEL, groups: vec![] }));
        let account = AccountId::opened_by(&order.id());
        self.submit(&[order])?;
        Ok(account)
    }

    /// Signs a body for each item, on all cores. Each has a nonce of its own.
    fn signed<T: Sync>(&self, items: &[T], body: impl Fn(&T, u64) -> (Body, SigningKey) + Sync) -> Vec<Order> {
        let first = self.next_nonce(items.len() as u64);
        let numbered: Vec<(u64, &T)> = (first..).zip(items).collect();
        let sign = |(nonce, item): &(u64, &T)| {
            let (body, key) = body(item, *nonce);
            self.sign(*nonce, body, &key)
        };
        self.shared(&numbered, |share| share.iter().map(sign).collect::<Vec<_>>()).into_iter().flatten().collect()
    }

    fn sign(&self, nonce: u64, body: Body, key: &SigningKey) -> Order {
        let valid_until = clock::now_ms() + DAY_MS;
        Transaction { nonce: nonce.to_be_bytes(), valid_until, body }.sign(&self.id, key)
    }

    fn next_nonce(&self, count: u64) -> u64 {
        self.nonce.fetch_add(count, Ordering::Relaxed)
    }

    /// Works on a share of the items on each core; the results in the order of the items.
    fn shared<T: Sync, R: Send>(&self, items: &[T], work: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
        let work = &work;
        std::thread::scope(|scope| {
            let shares = items.chunks(items.len().div_ceil(self.cores).max(1));
            let running: Vec<_> = shares.map(|share| scope.spawn(move || work(share))).collect();
            running.into_iter().map(|thread| thread.join().expect("a share of the work does not panic")).collect()
        })
    }
}

/// Submits an order for each item, with at most so many under way, and waits for all answers. Who is told that the writer is busy
/// submits the same again; a refusal is a mistake of the measurement.
fn submit_all<T>(ledger: &Ledger, items: &[T], most: usize, order: impl Fn(&T) -> Outcome<SignedTransaction>) -> Outcome {
    let mut places: Vec<usize> = (0..items.len()).collect();
    while !places.is_empty() {
        let answers = Arc::new(Answers::default());
        for (sent, place) in places.iter().enumerate() {
            answers.wait_for((sent + 1).saturating_sub(most));
            let (place, answers, order) = (*place, answers.clone(), order(&items[*place])?);
            ledger.submit(order, Box::new(move |answer| answers.take(place, answer)));
        }
        answers.wait_for(places.len());
        if let Some(why) = answers.refused.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(Failure::new(format!("the measurement was refused: {why}")));
        }
        places = std::mem::take(&mut answers.busy.lock().unwrap_or_else(PoisonError::into_inner));
    }
    Ok(())
}

/// What the writer said of the orders of one round.
#[derive(Default)]
struct Answers {
    count: AtomicUsize,
    busy: Mutex<Vec<usize>>,
    refused: Mutex<Option<String>>,
}

impl Answers {
    fn take(&self, place: usize, answer: Answer) {
        let refuse = |why: String| *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
        match answer {
            Ok(Ok(_)) => {}
            Err(Fault::Busy) => self.busy.lock().unwrap_or_else(PoisonError::into_inner).push(place),
            Ok(Err(refused)) => refuse(refused.rejection.to_string()),
            Err(fault) => refuse(fault.to_string()),
        }
        self.count.fetch_add(1, Ordering::Release);
    }

    fn wait_for(&self, answered: usize) {
        while self.count.load(Ordering::Acquire) < answered {
            std::thread::sleep(LOOK_AGAIN);
        }
    }
}

/// The secrets of the ledger in a folder.
pub fn secrets_of(folder: &Path) -> PathBuf {
    folder.join("secrets")
}

fn cents(cents: u64) -> Outcome<Amount> {
    Amount::from_cents(cents).ok_or_else(|| Failure::new("an amount of the measurement is out of bounds"))
}

/// The key of the member at a place.
fn member_key(place: usize) -> SigningKey {
    SigningKey::from_bytes(&Hash32::of(format!("member {place}").as_bytes()).0)
}

/// A number that looks drawn at random, the same for the same place (SplitMix64).
fn scattered(place: u64) -> usize {
    let mut z = place.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 1) as usize
}

/// One person is enough for everything, and nobody is limited.
fn genesis(checkpoint: &SigningKey, operator: &SigningKey) -> Genesis {
    let roles = Roles::of(&[Role::Operator, Role::Treasurer, Role::Board]);
    let bank = |number, medium: Medium| Bank {
        number,
        medium,
        class: LiquidityClass::Sight,
        iban: Hash32::of(medium.word().as_bytes()),
    };
    Genesis {
        name: "Measured".into(),
        symbol: "L".into(),
        prefix: "liard".into(),
        checkpoint_key: keys::public(checkpoint),
        time: clock::now_ms(),
        operators: vec![Operator { number: 1, key: keys::public(operator), roles }],
        quorums: vec![Quorum { act: 0, persons: 1, roles: Roles::ACTING }],
        limits: vec![Limits { level: LEVEL, per_payment: None, held: None, paid_30_days: None }],
        banks: vec![bank(BANK, Medium::Digital), bank(BANK + 1, Medium::Paper)],
        self_opening: true,
        rule_set: RULE_SET,
        recovery_delay_ms: 0,
    }
}
