//! Payment cards for people without a phone: a printed secret, a PIN, and the node's own key, which pays for them.
//!
//! ```text
//! table 26   number:u32   {1: SHA-256 of the token, 2: printed, 3?: account, 4?: sealed under the account's holder}
//! sealed = {1: PIN as a PHC string, 2: wrong PINs, 3: blocked, 4: free limit, 5: used of it, 6: given, 7?: last used,
//!           8?: number of the person who changed it and waits for a second one}
//! ```
//! A card is a token of 16 random bytes, which only the paper has, and a number, which everybody may read. Cards are printed blank and given to
//! a member later, who types a PIN. Whoever has the token and knows the PIN pays with the node's key, within that key's caps on the
//! member's account: the money's rules judge a card payment like any other. Attempts with a PIN are counted before it is looked at, on
//! disk, so that neither a crash nor many at once give a further one.
//!
//! Whoever gives a card to an account that already pays by card, changes its PIN, or opens it again, could spend what is on the account. So
//! such a card waits for a second person of the association, wherever letting a key pay asks for two.

use crate::account::{OperatorNumber, Scope, SpendingCap};
use crate::encoding::{DecodeError, Reader, Writer};
use crate::fault::Fault;
use crate::key::{AccountId, Hash32, PublicKey};
use crate::ledger::Ledger;
use crate::message::ChargeRequest;
use crate::records::{Change, KeyRange, Table};
use crate::state::{Account, Status};
use crate::transaction::{Act, Body, Transaction, Transfer};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

const CARDS: Table = Table(26);

/// The bytes of a token: nobody guesses one of 2^128.
pub const TOKEN_BYTES: usize = 16;
/// A PIN has four to six digits: what people remember from their bank.
pub const PIN_DIGITS: std::ops::RangeInclusive<usize> = 4..=6;
/// So many wrong PINs in a row block a card, as with a bank's.
pub const MAX_WRONG: u8 = 3;
/// The most that a card pays without its PIN at a time, in cents: what somebody may lose who loses the card.
pub const MAX_FREE: u64 = 2_000;
/// The most that a card pays without its PIN since the last time that it was typed, in cents.
pub const MAX_FREE_SUM: u64 = 5_000;
/// So many cards are printed at a time: ten sheets.
pub const MAX_PRINTED: usize = 100;
/// An account has so many cards at most that are not blocked: one for each of a family.
pub const MAX_CARDS: usize = 10;
/// So many PINs are checked at once: each takes 19 MiB for some 20 ms, which is what makes guessing dear.
const MAX_CHECKS: usize = 2;
/// So many wait for that; whoever comes then is told to come again.
const MAX_WAITING: usize = 30;
const SALT_BYTES: usize = 16;
const MAX_PHC_BYTES: usize = 160;

/// Why a card does not pay, or is not changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// No such card, or one that nobody was given.
    Unknown,
    /// It was given to somebody already.
    Given,
    /// It is blocked; or its holder was erased.
    Blocked,
    /// This payment needs the PIN.
    PinNeeded,
    /// Not the PIN; so many attempts are left.
    PinWrong(u8),
    /// Not 4 to 6 digits, or one that everybody tries first.
    PinWeak,
    /// More without PIN than [`MAX_FREE`].
    FreeTooHigh,
    /// The account has [`MAX_CARDS`] cards.
    TooMany,
    /// Too many PINs are being checked, or one of this card and another one waits.
    Busy,
    /// A second person has to confirm what was done with it.
    Waits,
    /// Whoever changed it cannot confirm it.
    SamePerson,
    /// It waits for nobody.
    Settled,
    /// The account is closed or suspended.
    NotOpen,
}

/// Who blocked a card.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Blocked {
    /// The office.
    Office,
    /// Its holder, from another device.
    Holder,
}

/// How it stands with a card.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Printed, and nobody's.
    Blank,
    /// It pays.
    Good,
    /// Too many wrong PINs.
    WrongPins,
    /// The office blocked it.
    ByOffice,
    /// Its holder blocked it.
    ByHolder,
    /// Its holder was erased: it can never be used again.
    Erased,
}

impl State {
    /// The word for programs.
    pub fn word(self) -> &'static str {
        match self {
            State::Blank => "blank",
            State::Good => "good",
            State::WrongPins => "wrong_pins",
            State::ByOffice => "by_office",
            State::ByHolder => "by_holder",
            State::Erased => "erased",
        }
    }
}

/// A card that was printed now: the only time that its token is known.
pub struct Printed {
    /// Its number.
    pub number: u32,
    /// Its secret, as it stands in the link: 22 characters.
    pub token: String,
}

/// A card's number as people read it.
pub fn number_text(number: u32) -> String {
    format!("C-{number:06}")
}

/// The number that somebody typed: `C-000123`, `c 123` or `123`.
pub fn read_number(text: &str) -> Option<u32> {
    let digits = text.trim().trim_start_matches(['C', 'c', '-', ' ']);
    digits.parse().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// What is known of a card.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Card {
    /// Its number.
    pub number: u32,
    /// When it was printed, in milliseconds.
    pub printed: u64,
    /// Whose it is; none while it is blank.
    pub account: Option<AccountId>,
    token: Hash32,
    holding: Option<Holding>,
}

/// What its holder does with it.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Holding {
    pin: String,
    wrong: u8,
    blocked: Option<Blocked>,
    free_limit: u64,
    free_used: u64,
    given: u64,
    last_used: Option<u64>,
    changed_by: Option<OperatorNumber>,
}

impl Card {
    /// How it stands with it.
    pub fn state(&self) -> State {
        match (&self.account, &self.holding) {
            (None, _) => State::Blank,
            (_, None) => State::Erased,
            (_, Some(Holding { blocked: Some(Blocked::Office), .. })) => State::ByOffice,
            (_, Some(Holding { blocked: Some(Blocked::Holder), .. })) => State::ByHolder,
            (_, Some(holding)) if holding.wrong >= MAX_WRONG => State::WrongPins,
            _ => State::Good,
        }
    }

    /// What it pays without its PIN at a time, in cents.
    pub fn free_limit(&self) -> u64 {
        self.holding.as_ref().map_or(0, |holding| holding.free_limit)
    }

    /// When it was given to its holder.
    pub fn given(&self) -> Option<u64> {
        self.holding.as_ref().map(|holding| holding.given)
    }

    /// When it last paid, or tried with the right PIN.
    pub fn last_used(&self) -> Option<u64> {
        self.holding.as_ref().and_then(|holding| holding.last_used)
    }
}

impl Holding {
    fn encode(&self) -> Vec<u8> {
        let blocked = match self.blocked {
            None => 0,
            Some(Blocked::Office) => 1,
            Some(Blocked::Holder) => 2,
        };
        let mut out = Writer::new();
        let more = usize::from(self.last_used.is_some()) + usize::from(self.changed_by.is_some());
        out.map(6 + more).uint(1).text(&self.pin).uint(2).uint(self.wrong.into());
        out.uint(3).uint(blocked).uint(4).uint(self.free_limit).uint(5).uint(self.free_used).uint(6).uint(self.given);
        if let Some(last_used) = self.last_used {
            out.uint(7).uint(last_used);
        }
        if let Some(changed_by) = self.changed_by {
            out.uint(8).uint(changed_by.into());
        }
        out.into_bytes()
    }

    fn decode(bytes: &[u8]) -> Result<Holding, DecodeError> {
        let mut reader = Reader::new(bytes);
        let r = &mut reader;
        let mut map = r.map()?;
        map.required(r, 1)?;
        let pin = r.text(MAX_PHC_BYTES)?.to_owned();
        let mut number = |key| -> Result<u64, DecodeError> {
            map.required(r, key)?;
            r.uint()
        };
        let (wrong, blocked) = (number(2)?.min(MAX_WRONG.into()) as u8, number(3)?);
        let (free_limit, free_used, given) = (number(4)?, number(5)?, number(6)?);
        let last_used = if map.optional(r, 7)? { Some(r.uint()?) } else { None };
        let changed_by = if map.optional(r, 8)? { Some(r.uint()?.try_into().unwrap_or(OperatorNumber::MAX)) } else { None };
        map.end()?;
        reader.end()?;
        let blocked = match blocked {
            0 => None,
            2 => Some(Blocked::Holder),
            _ => Some(Blocked::Office),
        };
        Ok(Holding { pin, wrong, blocked, free_limit, free_used, given, last_used, changed_by })
    }
}

/// Where cards are found: all of a town's fit in memory.
#[derive(Default)]
struct Index {
    by_token: HashMap<Hash32, u32>,
    by_account: HashMap<AccountId, Vec<u32>>,
    last: u32,
}

/// The cards whose PIN is being checked, and those that wait for it: each once.
#[derive(Default)]
struct Checking {
    under: Vec<u32>,
    waiting: Vec<u32>,
}

impl Checking {
    /// True when one more of this card may wait: one card never takes the places of others.
    fn has_place(&self, number: u32) -> bool {
        self.waiting.len() < MAX_WAITING && !self.waiting.contains(&number)
    }
}

/// Every card, and the key that pays for them.
pub struct Cards {
    ledger: Arc<Ledger>,
    key: SigningKey,
    /// Held by one change at a time, from its look at a card until its write.
    index: Mutex<Index>,
    checking: Mutex<Checking>,
    checked: Condvar,
}

impl Cards {
    /// The cards of a ledger; `key` pays for them where an account lets it.
    ///
    /// # Errors
    ///
    /// As reading records; [`Fault::Damage`] when what is kept makes no sense.
    pub fn open(ledger: Arc<Ledger>, key: SigningKey) -> Result<Cards, Fault> {
        let mut index = Index::default();
        ledger.records().each(CARDS, KeyRange::all(), |place, value| -> Result<(), Fault> {
            index.note(&Kept::decode(place, value).map_err(senseless)?);
            Ok(())
        })?;
        let (checking, checked) = (Mutex::default(), Condvar::new());
        Ok(Cards { ledger, key, index: Mutex::new(index), checking, checked })
    }

    /// The node's key: an account that has it with the scope `card_service` pays by card.
    pub fn key(&self) -> PublicKey {
        self.key.verifying_key().into()
    }

    /// True when the account lets the node's key pay now: a generous grant waits first.
    pub fn may_pay(&self, account: &AccountId, now: u64) -> bool {
        self.granted(account).is_some_and(|(_, from)| from <= now)
    }

    /// Within which caps the account lets the node's key pay, now or once it has waited; `None` when it does not.
    pub fn caps(&self, account: &AccountId) -> Option<SpendingCap> {
        self.granted(account).map(|(cap, _)| cap)
    }

    fn granted(&self, account: &AccountId) -> Option<(SpendingCap, u64)> {
        let durable = self.ledger.durable();
        let grant = durable.state.account(account).and_then(|account| account.grant(&self.key()))?;
        if let Scope::CardService(cap) = grant.scope { Some((cap, grant.from)) } else { None }
    }

    /// True when the account pays by card, and letting it do so asks for more than one person.
    fn asks_for_two(&self, account: &AccountId) -> bool {
        let Some(cap) = self.caps(account) else { return false };
        let act = Act::AddKey { account: *account, key: self.key(), scope: Scope::CardService(cap) };
        self.ledger.durable().state.quorum_of(&act).persons > 1
    }

    /// The person who changed a card that waits for a second one; `None` when it does not wait.
    pub fn waits_after(&self, card: &Card) -> Option<OperatorNumber> {
        let changed_by = card.holding.as_ref().and_then(|holding| holding.changed_by);
        changed_by.filter(|_| card.account.is_some_and(|account| self.asks_for_two(&account)))
    }

    /// Makes blank cards, [`MAX_PRINTED`] at most. Their tokens are in the answer and nowhere else.
    ///
    /// # Errors
    ///
    /// As writing records; when the machine gives no random bytes.
    pub fn print(&self, count: usize, now: u64) -> Result<Vec<Printed>, Fault> {
        let mut index = self.lock();
        let mut printed = Vec::new();
        let mut kept = Vec::new();
        for number in (index.last + 1..).take(count.min(MAX_PRINTED)) {
            let token = random::<TOKEN_BYTES>()?;
            kept.push(Kept { number, token: Hash32::of(&token), printed: now, account: None, sealed: None });
            printed.push(Printed { number, token: URL_SAFE_NO_PAD.encode(token) });
        }
        let changes: Vec<Change> = kept.iter().map(Kept::change).collect();
        self.ledger.records().keep(&changes)?;
        kept.iter().for_each(|card| index.note(card));
        Ok(printed)
    }

    /// The number of the card with this token, as it stands in a link or was typed with spaces.
    pub fn find(&self, token: &str) -> Option<u32> {
        let text: String = token.chars().filter(|c| !c.is_whitespace()).collect();
        let token = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == TOKEN_BYTES)?;
        self.lock().by_token.get(&Hash32::of(&token)).copied()
    }

    /// The card with a number.
    ///
    /// # Errors
    ///
    /// As reading records; [`Fault::Damage`] when what is kept makes no sense.
    pub fn card(&self, number: u32) -> Result<Option<Card>, Fault> {
        let place = number.to_be_bytes();
        let Some(value) = self.ledger.records().get(CARDS, &place)? else { return Ok(None) };
        let Kept { token, printed, account, sealed, .. } = Kept::decode(&place, &value).map_err(senseless)?;
        let open = |account: &AccountId, sealed: &Vec<u8>| self.ledger.directory().unseal(account, CARDS, &place, sealed);
        let plain = account.as_ref().zip(sealed.as_ref()).map(|(account, sealed)| open(account, sealed)).transpose()?;
        let holding = plain.flatten().map(|plain| Holding::decode(&plain)).transpose().map_err(senseless)?;
        Ok(Some(Card { number, printed, account, token, holding }))
    }

    /// The cards of an account, the newest first.
    ///
    /// # Errors
    ///
    /// As [`Cards::card`].
    pub fn of(&self, account: &AccountId) -> Result<Vec<Card>, Fault> {
        let numbers = self.lock().by_account.get(account).cloned().unwrap_or_default();
        numbers.iter().rev().filter_map(|number| self.card(*number).transpose()).collect()
    }

    /// The cards that somebody has, the newest first, at most `limit`; and how many blank ones there are.
    ///
    /// # Errors
    ///
    /// As [`Cards::card`].
    pub fn given(&self, limit: usize) -> Result<(Vec<Card>, usize), Fault> {
        let (mut numbers, blank) = {
            let index = self.lock();
            let numbers: Vec<u32> = index.by_account.values().flatten().copied().collect();
            let blank = index.by_token.len() - numbers.len();
            (numbers, blank)
        };
        numbers.sort_unstable();
        let cards = numbers.iter().rev().take(limit).filter_map(|number| self.card(*number).transpose());
        Ok((cards.collect::<Result<_, _>>()?, blank))
    }

    /// Gives a blank card to an account, with the PIN that its holder typed. It waits for a second person where [`Cards::confirm`] says so.
    /// `note` is called when nothing refuses, before anything changes; so it is with every change by the office.
    ///
    /// # Errors
    ///
    /// As writing records, and as `note`. What is refused changes nothing.
    pub fn give(
        &self,
        number: u32,
        account: &AccountId,
        (pin, free_limit): (&str, u64),
        (operator, now): (OperatorNumber, u64),
        note: impl FnOnce(&AccountId) -> Result<(), Fault>,
    ) -> Result<Result<(), Refused>, Fault> {
        if free_limit > MAX_FREE {
            return Ok(Err(Refused::FreeTooHigh));
        }
        let pin = match self.hashed(number, pin)? {
            Ok(pin) => pin,
            Err(refused) => return Ok(Err(refused)),
        };
        let good = self.of(account)?.iter().filter(|card| card.state() == State::Good).count();
        let mut index = self.lock();
        let Some(card) = self.card(number)? else { return Ok(Err(Refused::Unknown)) };
        if card.account.is_some() {
            return Ok(Err(Refused::Given));
        }
        if good >= MAX_CARDS {
            return Ok(Err(Refused::TooMany));
        }
        let open = |account: &Account| account.status == Status::Open;
        if !self.ledger.durable().state.account(account).is_some_and(open) {
            return Ok(Err(Refused::NotOpen));
        }
        let changed_by = self.asks_for_two(account).then_some(operator);
        let (blocked, last_used) = (None, None);
        let holding = Holding { pin, wrong: 0, blocked, free_limit, free_used: 0, given: now, last_used, changed_by };
        note(account)?;
        self.keep(&Card { account: Some(*account), holding: Some(holding), ..card })?;
        index.by_account.entry(*account).or_default().push(number);
        Ok(Ok(()))
    }

    /// A new PIN for a card, which is good again if wrong ones had blocked it. It waits for a second person as one that is given.
    ///
    /// # Errors
    ///
    /// As [`Cards::give`].
    pub fn new_pin(
        &self,
        number: u32,
        pin: &str,
        operator: OperatorNumber,
        note: impl FnOnce(&AccountId) -> Result<(), Fault>,
    ) -> Result<Result<(), Refused>, Fault> {
        let pin = match self.hashed(number, pin)? {
            Ok(pin) => pin,
            Err(refused) => return Ok(Err(refused)),
        };
        self.change(number, note, |account, holding| {
            let changed_by = self.asks_for_two(account).then_some(operator).or(holding.changed_by);
            Ok(Holding { pin, wrong: 0, free_used: 0, changed_by, ..holding })
        })
    }

    /// Blocks a card, from now on and at once. It needs nobody else.
    ///
    /// # Errors
    ///
    /// As [`Cards::give`].
    pub fn block(
        &self,
        number: u32,
        by: Blocked,
        note: impl FnOnce(&AccountId) -> Result<(), Fault>,
    ) -> Result<Result<(), Refused>, Fault> {
        self.change(number, note, |_, holding| Ok(Holding { blocked: Some(by), ..holding }))
    }

    /// Opens a blocked card again, and forgets its wrong PINs. It waits for a second person as one that is given; one that waits already
    /// waits on: whoever opens it may confirm what another person did before.
    ///
    /// # Errors
    ///
    /// As [`Cards::give`].
    pub fn unblock(
        &self,
        number: u32,
        operator: OperatorNumber,
        note: impl FnOnce(&AccountId) -> Result<(), Fault>,
    ) -> Result<Result<(), Refused>, Fault> {
        self.change(number, note, |account, holding| {
            let changed_by = holding.changed_by.or(self.asks_for_two(account).then_some(operator));
            Ok(Holding { blocked: None, wrong: 0, changed_by, ..holding })
        })
    }

    /// Lets a card pay that waits for a second person: one of another number than whoever changed it. A card waits that was given, got a new PIN,
    /// or was opened again, while its account let the node's key pay, unless one person alone may let it. Refused when no card waits.
    ///
    /// # Errors
    ///
    /// As [`Cards::give`].
    pub fn confirm(
        &self,
        number: u32,
        operator: OperatorNumber,
        note: impl FnOnce(&AccountId) -> Result<(), Fault>,
    ) -> Result<Result<(), Refused>, Fault> {
        self.change(number, note, |_, holding| match holding.changed_by {
            None => Err(Refused::Settled),
            Some(first) if first == operator => Err(Refused::SamePerson),
            Some(_) => Ok(Holding { changed_by: None, ..holding }),
        })
    }

    /// Whether a card may pay so many cents now, with this PIN or without one; gives whose it is. What it uses up, it uses up: a payment that the
    /// ledger refuses afterwards asks for the PIN a little sooner.
    ///
    /// # Errors
    ///
    /// As writing records.
    pub fn allow(&self, number: u32, cents: u64, pin: Option<&str>, now: u64) -> Result<Result<AccountId, Refused>, Fault> {
        match pin {
            Some(pin) => self.allow_with_pin(number, pin, now),
            None => self.allow_free(number, cents, now),
        }
    }

    fn allow_free(&self, number: u32, cents: u64, now: u64) -> Result<Result<AccountId, Refused>, Fault> {
        let _alone = self.lock();
        let card = match self.good(number)? {
            Ok(card) => card,
            Err(refused) => return Ok(Err(refused)),
        };
        let (account, holding) = card.held();
        let used = holding.free_used.saturating_add(cents);
        if cents > holding.free_limit || used > MAX_FREE_SUM {
            return Ok(Err(Refused::PinNeeded));
        }
        self.keep(&Card { holding: Some(Holding { free_used: used, last_used: Some(now), ..holding }), ..card })?;
        Ok(Ok(account))
    }

    fn allow_with_pin(&self, number: u32, pin: &str, now: u64) -> Result<Result<AccountId, Refused>, Fault> {
        let Some(_turn) = self.turn(number) else { return Ok(Err(Refused::Busy)) };
        // Counted before it is looked at: a crash in between costs an attempt, and never gives one.
        let before = {
            let _alone = self.lock();
            let card = match self.good(number)? {
                Ok(card) => card,
                Err(refused) => return Ok(Err(refused)),
            };
            let (_, holding) = card.held();
            let counted = Holding { wrong: holding.wrong + 1, ..holding };
            self.keep(&Card { holding: Some(counted.clone()), ..card })?;
            counted
        };
        if !is_right(pin, &before.pin) {
            let left = MAX_WRONG.saturating_sub(before.wrong);
            return Ok(Err(if left == 0 { Refused::Blocked } else { Refused::PinWrong(left) }));
        }
        let _alone = self.lock();
        let Some(card) = self.card(number)? else { return Ok(Err(Refused::Unknown)) };
        // It may have been blocked, or got another PIN, meanwhile.
        let (Some(account), Some(holding)) = (card.account, card.holding.clone()) else { return Ok(Err(Refused::Blocked)) };
        if holding.blocked.is_some() || holding.pin != before.pin {
            return Ok(Err(Refused::Blocked));
        }
        if self.waits_after(&card).is_some() {
            return Ok(Err(Refused::Waits));
        }
        self.keep(&Card { holding: Some(Holding { wrong: 0, free_used: 0, last_used: Some(now), ..holding }), ..card })?;
        Ok(Ok(account))
    }

    /// The order by which a card pays a request, signed with the node's key. The same card and the same request give the same bytes, so that a
    /// repeated request is the same payment. `None` for a card that nobody has.
    ///
    /// # Errors
    ///
    /// As reading records.
    pub fn order(&self, number: u32, request: &ChargeRequest) -> Result<Option<Vec<u8>>, Fault> {
        let Some(card) = self.card(number)? else { return Ok(None) };
        let Some(payer) = card.account else { return Ok(None) };
        let ChargeRequest { payee, amount, charge, .. } = request;
        let hash = Hash32::of(&[&card.token.0[..], &payee.0, &charge.id, &amount.cents().to_be_bytes()].concat());
        let nonce = hash.0.first_chunk().copied().unwrap_or_default();
        let transfer = Transfer { payer, payee: *payee, amount: *amount, charge: Some(*charge), memo: None };
        let order = Transaction { nonce, valid_until: charge.expires, body: Body::Transfer(transfer) };
        Ok(Some(order.sign(&self.ledger.id(), &self.key)))
    }

    /// The card, while it is good and waits for nobody.
    fn good(&self, number: u32) -> Result<Result<Card, Refused>, Fault> {
        let Some(card) = self.card(number)? else { return Ok(Err(Refused::Unknown)) };
        Ok(match card.state() {
            State::Good if self.waits_after(&card).is_some() => Err(Refused::Waits),
            State::Good => Ok(card),
            State::Blank => Err(Refused::Unknown),
            _ => Err(Refused::Blocked),
        })
    }

    fn change(
        &self,
        number: u32,
        note: impl FnOnce(&AccountId) -> Result<(), Fault>,
        change: impl FnOnce(&AccountId, Holding) -> Result<Holding, Refused>,
    ) -> Result<Result<(), Refused>, Fault> {
        let _alone = self.lock();
        let Some(card) = self.card(number)? else { return Ok(Err(Refused::Unknown)) };
        let Some(account) = card.account else { return Ok(Err(Refused::Unknown)) };
        let Some(holding) = card.holding.clone() else { return Ok(Err(Refused::Blocked)) };
        let changed = match change(&account, holding) {
            Ok(changed) => changed,
            Err(refused) => return Ok(Err(refused)),
        };
        note(&account)?;
        self.keep(&Card { holding: Some(changed), ..card })?;
        Ok(Ok(()))
    }

    fn keep(&self, card: &Card) -> Result<(), Fault> {
        let Card { number, printed, account, token, holding } = card;
        let place = number.to_be_bytes();
        let seal =
            |(account, holding): (&AccountId, &Holding)| self.ledger.directory().seal(account, CARDS, &place, &holding.encode());
        let sealed = account.as_ref().zip(holding.as_ref()).map(seal).transpose()?;
        let kept = Kept { number: *number, token: *token, printed: *printed, account: *account, sealed };
        self.ledger.records().keep(&[kept.change()])
    }

    /// The PIN as it is kept; refused when everybody would try it first.
    fn hashed(&self, number: u32, pin: &str) -> Result<Result<String, Refused>, Fault> {
        if !is_sound(pin) {
            return Ok(Err(Refused::PinWeak));
        }
        let Some(_turn) = self.turn(number) else { return Ok(Err(Refused::Busy)) };
        let hash = Argon2::default().hash_password_with_salt(pin.as_bytes(), &random::<SALT_BYTES>()?);
        let failed = |error: argon2::password_hash::Error| Fault::Setup(format!("the PIN cannot be kept: {error}"));
        Ok(Ok(hash.map_err(failed)?.to_string()))
    }

    /// Waits until no PIN of this card is being checked, and few of others; `None` when too many wait, or one of this card.
    fn turn(&self, number: u32) -> Option<Turn<'_>> {
        let mut checking = self.checking.lock().unwrap_or_else(PoisonError::into_inner);
        if !checking.has_place(number) {
            return None;
        }
        checking.waiting.push(number);
        while checking.under.len() >= MAX_CHECKS || checking.under.contains(&number) {
            checking = self.checked.wait(checking).unwrap_or_else(PoisonError::into_inner);
        }
        checking.waiting.retain(|waiting| *waiting != number);
        checking.under.push(number);
        Some(Turn { cards: self, number })
    }

    fn lock(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Card {
    /// Whose it is and what they do with it, of a card that is good.
    fn held(&self) -> (AccountId, Holding) {
        let (account, holding) = self.account.zip(self.holding.clone()).expect("a card that is good has a holder");
        (account, holding)
    }
}

/// The right to check a PIN, until it is dropped.
struct Turn<'a> {
    cards: &'a Cards,
    number: u32,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut checking = self.cards.checking.lock().unwrap_or_else(PoisonError::into_inner);
        checking.under.retain(|number| *number != self.number);
        self.cards.checked.notify_all();
    }
}

impl Index {
    fn note(&mut self, card: &Kept) {
        self.by_token.insert(card.token, card.number);
        self.last = self.last.max(card.number);
        if let Some(account) = card.account {
            self.by_account.entry(account).or_default().push(card.number);
        }
    }
}

/// A card as it lies in the records.
struct Kept {
    number: u32,
    token: Hash32,
    printed: u64,
    account: Option<AccountId>,
    sealed: Option<Vec<u8>>,
}

impl Kept {
    fn change(&self) -> Change {
        let mut out = Writer::new();
        let more = usize::from(self.account.is_some()) + usize::from(self.sealed.is_some());
        out.map(2 + more).uint(1).bytes(&self.token.0).uint(2).uint(self.printed);
        if let Some(account) = &self.account {
            out.uint(3).bytes(&account.0);
        }
        if let Some(sealed) = &self.sealed {
            out.uint(4).bytes(sealed);
        }
        Change::Put { table: CARDS, key: self.number.to_be_bytes().to_vec(), value: out.into_bytes() }
    }

    fn decode(place: &[u8], value: &[u8]) -> Result<Kept, DecodeError> {
        let place = place.try_into().map_err(|_| DecodeError::Malformed("a card has no number"))?;
        let mut reader = Reader::new(value);
        let r = &mut reader;
        let mut map = r.map()?;
        map.required(r, 1)?;
        let token = r.hash()?;
        map.required(r, 2)?;
        let printed = r.uint()?;
        let account = if map.optional(r, 3)? { Some(AccountId(r.fixed()?)) } else { None };
        let sealed = if map.optional(r, 4)? { Some(r.bytes()?.to_vec()) } else { None };
        map.end()?;
        reader.end()?;
        Ok(Kept { number: u32::from_be_bytes(place), token, printed, account, sealed })
    }
}

/// Four to six digits that are neither all the same nor a run like 1234 or 9876.
fn is_sound(pin: &str) -> bool {
    let digits = pin.as_bytes();
    let steps = |step: i16| digits.windows(2).all(|pair| i16::from(pair[1]) - i16::from(pair[0]) == step);
    PIN_DIGITS.contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit) && ![0, 1, -1].into_iter().any(steps)
}

fn is_right(pin: &str, kept: &str) -> bool {
    let sound = PIN_DIGITS.contains(&pin.len()) && pin.bytes().all(|byte| byte.is_ascii_digit());
    sound && PasswordHash::new(kept).is_ok_and(|hash| Argon2::default().verify_password(pin.as_bytes(), &hash).is_ok())
}

fn random<const N: usize>() -> Result<[u8; N], Fault> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Fault::Io { what: "draw random bytes".into(), message: error.to_string() })?;
    Ok(bytes)
}

fn senseless(error: DecodeError) -> Fault {
    Fault::Damage(format!("what the records hold of cards makes no sense: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_that_everybody_tries_first_is_refused() {
        for weak in ["0000", "1234", "4321", "123456", "987654", "55555", "123", "1234567", "12a4", "١٢٣٥", ""] {
            assert!(!is_sound(weak), "{weak}");
        }
        for sound in ["1235", "0070", "9081", "135790"] {
            assert!(is_sound(sound), "{sound}");
        }
    }

    #[test]
    fn a_number_is_read_as_people_write_it() {
        assert_eq!(number_text(123), "C-000123");
        for text in ["C-000123", "c 123", "123", " C123 "] {
            assert_eq!(read_number(text), Some(123), "{text}");
        }
        for text in ["", "C-", "C-12x", "+5", "C-99999999999"] {
            assert_eq!(read_number(text), None, "{text}");
        }
    }

    #[test]
    fn one_card_waits_once_and_never_takes_the_places_of_others() {
        let mut checking = Checking { under: vec![3], waiting: vec![] };
        assert!(checking.has_place(3));
        checking.waiting.push(3);
        assert!(!checking.has_place(3) && checking.has_place(4));
        checking.waiting.extend(100..100 + MAX_WAITING as u32 - 1);
        assert!(!checking.has_place(4));
    }

    #[test]
    fn what_a_holder_does_comes_back_from_its_bytes() {
        let cases = [
            (None, None, None),
            (Some(Blocked::Office), Some(7), None),
            (Some(Blocked::Holder), None, Some(2)),
            (None, Some(9), Some(1)),
        ];
        for (blocked, last_used, changed_by) in cases {
            let pin = "$argon2id$".into();
            let holding = Holding { pin, wrong: 2, blocked, free_limit: 500, free_used: 300, given: 5, last_used, changed_by };
            assert_eq!(Holding::decode(&holding.encode()), Ok(holding));
        }
        assert!(Holding::decode(&[0xa0]).is_err());
    }
}
