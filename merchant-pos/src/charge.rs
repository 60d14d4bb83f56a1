//! A charge from its request to its end, and what an entry of the ledger means for a shop. Pure: no clock, no store, no network.
//!
//! ```text
//!        ┌── cancel ──▶ cancelled
//! open ──┼── time ────▶ expired
//!        └── pay ─────▶ paid ── refund, the rest ──▶ refunded
//!                        └──── refund, a part ───▶ paid
//! cancelled ── pay, before the cancel ──▶ paid
//! ```
//! No other arrow exists. Each arrow is one function that refuses or gives the next charge. Time is judged by the instant of what
//! happened, not of when the shop heard of it: a payment that the ledger accepted in time is paid, however late the news comes, and
//! also when the till called the charge off before it heard of it. So "expired" is only said of a time that the shop has read to its end.
//! A payment that no arrow takes is never lost: it is [`Unexpected`], with the reason, and can be given back.

use crate::error::Reason;
use ledger::amount::Amount;
use ledger::encoding::DecodeError;
use ledger::entry::Entry;
use ledger::key::{AccountId, LedgerId, PublicKey};
use ledger::message::ChargeRequest;
use ledger::transaction::{Body, ChargeReference};

/// A charge asks for at most so many cents: a hundred thousand units, above any sale, and a slipped finger is noticed.
pub const MAX_CHARGE_CENTS: u64 = 10_000_000;
/// A charge lasts at most so long: what a till asked for and took without a network still arrives a week later, and the ledger forgets
/// an answer no earlier than that.
pub const MAX_CHARGE_MS: u64 = 7 * 24 * 3_600_000;

/// A till's request to be paid, and how it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Charge {
    /// Who is to be paid.
    pub account: AccountId,
    /// The key that signed the request.
    pub till: PublicKey,
    /// How much.
    pub amount: Amount,
    /// Its id and its end.
    pub asked: ChargeReference,
    /// The shop's own reference: a ticket, a table.
    pub reference: Option<String>,
    /// When the request came in.
    pub created: u64,
    /// The signed request.
    pub request: Vec<u8>,
    /// The association's word on the shop's name; empty when there was none.
    pub certificate: Vec<u8>,
    /// What happened to it.
    pub progress: Progress,
}

/// What happened to a charge. That its time is over is no event: it is read off the clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// Nothing.
    Asked,
    /// A till called it off.
    Cancelled {
        /// When.
        at: u64,
    },
    /// It was paid.
    Paid {
        /// By this entry.
        sequence: u64,
        /// When the ledger accepted it.
        at: u64,
        /// By whom.
        payer: AccountId,
        /// How much went back so far.
        refunded: u64,
    },
}

/// The state of a charge at some instant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// It can be paid.
    Open,
    /// It is paid, and at most a part went back.
    Paid,
    /// Its time was over before it was paid.
    Expired,
    /// A till called it off.
    Cancelled,
    /// It was paid, and all of it went back.
    Refunded,
}

impl State {
    /// The name in JSON.
    pub fn word(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Paid => "paid",
            State::Expired => "expired",
            State::Cancelled => "cancelled",
            State::Refunded => "refunded",
        }
    }
}

/// Who asks: the key that is signed in, and the account it acts for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Asker {
    /// The shop's account.
    pub account: AccountId,
    /// The till's key.
    pub key: PublicKey,
}

/// Money that came to the shop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Payment {
    /// The entry.
    pub sequence: u64,
    /// The place in a list of transfers, 0 for a transfer.
    pub item: u16,
    /// When the ledger accepted it.
    pub time: u64,
    /// Who paid.
    pub payer: AccountId,
    /// How much.
    pub amount: Amount,
    /// The charge that it names.
    pub charge: Option<ChargeReference>,
}

/// Money that the shop gave back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refund {
    /// The entry.
    pub sequence: u64,
    /// When the ledger accepted it.
    pub time: u64,
    /// The entry of the payment.
    pub original: u64,
    /// Its place in a list of transfers.
    pub item: u16,
    /// How much.
    pub amount: Amount,
}

/// What an entry means for a shop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Movement {
    /// The shop was paid.
    In(Payment),
    /// The shop gave back.
    Back(Refund),
}

/// A payment that answers no open charge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unexpected {
    /// The payment.
    pub payment: Payment,
    /// Why it answers none.
    pub why: Why,
    /// How much of it went back so far.
    pub refunded: u64,
}

/// Why a payment answers no open charge, in the order of the checks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// It names none.
    NoCharge,
    /// It names one that this shop never asked for.
    Unknown,
    /// Another payment answered it before.
    Twice,
    /// It was cancelled.
    Cancelled,
    /// It was over when the ledger accepted the payment.
    Expired,
    /// It asked for another amount.
    Amount,
}

impl Why {
    /// Every reason, in the order of the checks.
    pub const ALL: [Why; 6] = [Why::NoCharge, Why::Unknown, Why::Twice, Why::Cancelled, Why::Expired, Why::Amount];

    /// The name in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Why::NoCharge => "no_charge",
            Why::Unknown => "unknown",
            Why::Twice => "twice",
            Why::Cancelled => "cancelled",
            Why::Expired => "expired",
            Why::Amount => "amount",
        }
    }
}

/// A request as a till signed it: decoding is the only way to have one.
pub struct SignedRequest<'a> {
    bytes: &'a [u8],
    asked: ChargeRequest,
    till: PublicKey,
}

impl<'a> SignedRequest<'a> {
    /// Reads a request and verifies its signature.
    pub fn decode(bytes: &'a [u8], ledger: &LedgerId) -> Result<SignedRequest<'a>, DecodeError> {
        let (asked, till) = ChargeRequest::decode(bytes, ledger)?;
        Ok(SignedRequest { bytes, asked, till })
    }

    /// The charge's id, as the till drew it.
    pub fn id(&self) -> [u8; 16] {
        self.asked.charge.id
    }

    /// The key that signed it.
    pub fn till(&self) -> PublicKey {
        self.till
    }

    /// Makes it an open charge, or says why not.
    pub fn ask(self, asker: &Asker, now: u64) -> Result<Charge, Reason> {
        admit(&self.asked, self.till, asker, now)?;
        Ok(Charge {
            account: self.asked.payee,
            till: self.till,
            amount: self.asked.amount,
            asked: self.asked.charge,
            reference: self.asked.reference,
            created: now,
            request: self.bytes.to_vec(),
            certificate: Vec::new(),
            progress: Progress::Asked,
        })
    }
}

fn admit(asked: &ChargeRequest, till: PublicKey, asker: &Asker, now: u64) -> Result<(), Reason> {
    if till != asker.key {
        return Err(Reason::ChargeOtherKey);
    }
    if asked.payee != asker.account {
        return Err(Reason::ChargeOtherPayee);
    }
    if asked.amount.cents() > MAX_CHARGE_CENTS {
        return Err(Reason::ChargeAmount);
    }
    if asked.charge.expires <= now {
        return Err(Reason::ChargeOver);
    }
    if asked.charge.expires - now > MAX_CHARGE_MS {
        return Err(Reason::ChargeTooLong);
    }
    Ok(())
}

impl Charge {
    /// How it stands at an instant. What is told to people takes the time up to which the account is known: before that is beyond
    /// the end, nobody can say that it was not paid.
    pub fn state(&self, now: u64) -> State {
        match self.progress {
            Progress::Asked if now > self.asked.expires => State::Expired,
            Progress::Asked => State::Open,
            Progress::Cancelled { .. } => State::Cancelled,
            Progress::Paid { refunded, .. } if refunded == self.amount.cents() => State::Refunded,
            Progress::Paid { .. } => State::Paid,
        }
    }

    /// How much of it went back.
    pub fn refunded(&self) -> u64 {
        match self.progress {
            Progress::Paid { refunded, .. } => refunded,
            Progress::Asked | Progress::Cancelled { .. } => 0,
        }
    }

    /// The entry that paid it.
    pub fn paid_by(&self) -> Option<u64> {
        match self.progress {
            Progress::Paid { sequence, .. } => Some(sequence),
            Progress::Asked | Progress::Cancelled { .. } => None,
        }
    }

    /// The instant under which it stands in the day's list: when it was paid, else when it was asked for.
    pub fn listed_at(&self) -> u64 {
        match self.progress {
            Progress::Paid { at, .. } => at,
            Progress::Asked | Progress::Cancelled { .. } => self.created,
        }
    }

    /// open → paid; cancelled → paid when the ledger accepted it no later than the cancel.
    pub fn pay(&self, payment: &Payment) -> Result<Charge, Why> {
        if payment.charge != Some(self.asked) {
            return Err(Why::Unknown);
        }
        match self.progress {
            Progress::Paid { .. } => return Err(Why::Twice),
            Progress::Cancelled { at } if payment.time > at => return Err(Why::Cancelled),
            Progress::Asked | Progress::Cancelled { .. } if payment.time > self.asked.expires => return Err(Why::Expired),
            Progress::Asked | Progress::Cancelled { .. } => {}
        }
        if payment.amount != self.amount {
            return Err(Why::Amount);
        }
        let Payment { sequence, time: at, payer, .. } = *payment;
        Ok(Charge { progress: Progress::Paid { sequence, at, payer, refunded: 0 }, ..self.clone() })
    }

    /// open → cancelled.
    pub fn cancel(&self, now: u64) -> Result<Charge, Reason> {
        match self.state(now) {
            State::Paid | State::Refunded => Err(Reason::ChargePaid),
            State::Expired => Err(Reason::ChargeEnded),
            State::Cancelled => Err(Reason::ChargeCancelled),
            State::Open => Ok(Charge { progress: Progress::Cancelled { at: now }, ..self.clone() }),
        }
    }

    /// paid → paid or refunded.
    pub fn refund(&self, cents: u64) -> Result<Charge, Reason> {
        let Progress::Paid { sequence, at, payer, refunded } = self.progress else { return Err(Reason::ChargeNotPaid) };
        if cents > self.amount.cents() - refunded {
            return Err(Reason::RefundExceeds);
        }
        let refunded = refunded + cents;
        Ok(Charge { progress: Progress::Paid { sequence, at, payer, refunded }, ..self.clone() })
    }
}

impl Unexpected {
    /// The same after a part of it went back.
    pub fn refund(&self, cents: u64) -> Result<Unexpected, Reason> {
        if cents > self.payment.amount.cents() - self.refunded {
            return Err(Reason::RefundExceeds);
        }
        Ok(Unexpected { refunded: self.refunded + cents, ..*self })
    }
}

/// What a payment does to the charge it names: the charge paid, or the reason why it answers none. `charge` is the shop's own
/// charge with the id that the payment names.
pub fn judge(payment: &Payment, charge: Option<&Charge>) -> Result<Charge, Why> {
    if payment.charge.is_none() {
        return Err(Why::NoCharge);
    }
    charge.ok_or(Why::Unknown)?.pay(payment)
}

/// What an entry means for the shop of an account. Orders of other kinds, what the shop itself pays, and what the association
/// converts are no matter of tills.
pub fn movements(entry: &Entry, account: &AccountId) -> Vec<Movement> {
    let (sequence, time) = (entry.sequence, entry.time);
    let paid = |item, payer, amount, charge| Movement::In(Payment { sequence, item, time, payer, amount, charge });
    match entry.order.body() {
        Body::Transfer(transfer) if transfer.payee == *account => {
            vec![paid(0, transfer.payer, transfer.amount, transfer.charge)]
        }
        Body::Transfers { payer, payments } => {
            let items = (0..).zip(payments).filter(|(_, (payee, _))| payee == account);
            items.map(|(item, (_, amount))| paid(item, *payer, *amount, None)).collect()
        }
        Body::Refund { account: shop, original, item, amount } if shop == account => {
            let (original, item, amount) = (*original, *item, *amount);
            vec![Movement::Back(Refund { sequence, time, original, item, amount })]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use ledger::SigningKey;

    const LEDGER: LedgerId = ledger::key::Hash32([9; 32]);
    const SHOP: AccountId = AccountId([1; 16]);
    const PAYER: AccountId = AccountId([2; 16]);
    const CREATED: u64 = 1_000_000;
    const EXPIRES: u64 = CREATED + 300_000;

    fn till() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    pub(crate) fn cents(cents: u64) -> Amount {
        Amount::from_cents(cents).unwrap()
    }

    fn request() -> ChargeRequest {
        let charge = ChargeReference { id: [3; 16], expires: EXPIRES };
        ChargeRequest { payee: SHOP, amount: cents(1_250), charge, reference: Some("table 4".into()) }
    }

    fn asker() -> Asker {
        Asker { account: SHOP, key: till().verifying_key().into() }
    }

    fn asked(request: &ChargeRequest, now: u64) -> Result<Charge, Reason> {
        SignedRequest::decode(&request.sign(&LEDGER, &till()), &LEDGER).unwrap().ask(&asker(), now)
    }

    pub(crate) fn charge() -> Charge {
        asked(&request(), CREATED).unwrap()
    }

    pub(crate) fn payment() -> Payment {
        let charge = Some(charge().asked);
        Payment { sequence: 40, item: 0, time: CREATED + 5_000, payer: PAYER, amount: cents(1_250), charge }
    }

    /// A charge in each state at the instant that comes with it.
    fn in_every_state() -> [(State, Charge, u64); 5] {
        let paid = charge().pay(&payment()).unwrap();
        let now = payment().time;
        [
            (State::Open, charge(), now),
            (State::Paid, paid.clone(), now),
            (State::Expired, charge(), EXPIRES + 1),
            (State::Cancelled, charge().cancel(CREATED + 1).unwrap(), now),
            (State::Refunded, paid.refund(1_250).unwrap(), now),
        ]
    }

    #[test]
    fn every_state_meets_every_event_and_no_arrow_exists_but_the_drawn_ones() {
        // state, then what each event makes of it: pay, cancel, refund a part, refund the whole
        type Row = (State, Result<State, Why>, Result<State, Reason>, Result<State, Reason>, Result<State, Reason>);
        let table: [Row; 5] = [
            (State::Open, Ok(State::Paid), Ok(State::Cancelled), Err(Reason::ChargeNotPaid), Err(Reason::ChargeNotPaid)),
            (State::Paid, Err(Why::Twice), Err(Reason::ChargePaid), Ok(State::Paid), Ok(State::Refunded)),
            (State::Expired, Err(Why::Expired), Err(Reason::ChargeEnded), Err(Reason::ChargeNotPaid), Err(Reason::ChargeNotPaid)),
            (
                State::Cancelled,
                Err(Why::Cancelled),
                Err(Reason::ChargeCancelled),
                Err(Reason::ChargeNotPaid),
                Err(Reason::ChargeNotPaid),
            ),
            (State::Refunded, Err(Why::Twice), Err(Reason::ChargePaid), Err(Reason::RefundExceeds), Err(Reason::RefundExceeds)),
        ];
        for ((state, charge, now), row) in in_every_state().into_iter().zip(table) {
            assert_eq!((charge.state(now), row.0), (state, state));
            let at = |charge: Charge| charge.state(now);
            assert_eq!(charge.pay(&Payment { time: now, ..payment() }).map(at), row.1, "{state:?} pay");
            assert_eq!(charge.cancel(now).map(at), row.2, "{state:?} cancel");
            assert_eq!(charge.refund(1).map(at), row.3, "{state:?} refund a part");
            assert_eq!(charge.refund(1_250).map(at), row.4, "{state:?} refund the whole");
        }
    }

    #[test]
    fn time_ends_what_is_open_and_nothing_else() {
        for (state, charge, _) in in_every_state() {
            let ended = if matches!(state, State::Open | State::Expired) { State::Expired } else { state };
            assert_eq!(charge.state(EXPIRES + 1), ended);
        }
        assert_eq!(charge().state(EXPIRES), State::Open);
    }

    #[test]
    fn a_payment_that_was_accepted_in_time_is_paid_however_late_the_news_comes() {
        let (last, late) = (Payment { time: EXPIRES, ..payment() }, Payment { time: EXPIRES + 1, ..payment() });
        assert_eq!(judge(&last, Some(&charge())).map(|charge| charge.state(EXPIRES * 2)), Ok(State::Paid));
        assert_eq!(judge(&late, Some(&charge())), Err(Why::Expired));
    }

    #[test]
    fn a_payment_from_before_the_cancel_pays_the_charge_and_a_later_one_does_not() {
        let cancelled_at = payment().time;
        let cancelled = charge().cancel(cancelled_at).unwrap();
        for (time, answer) in [(-1, Ok(State::Paid)), (0, Ok(State::Paid)), (1, Err(Why::Cancelled))] {
            let payment = Payment { time: cancelled_at.checked_add_signed(time).unwrap(), ..payment() };
            assert_eq!(judge(&payment, Some(&cancelled)).map(|charge| charge.state(EXPIRES * 2)), answer, "{time} ms");
        }
        let other = Payment { time: cancelled_at - 1, amount: cents(1_249), ..payment() };
        assert_eq!(judge(&other, Some(&cancelled)), Err(Why::Amount));
    }

    #[test]
    fn every_reason_why_a_payment_answers_no_charge_in_the_order_of_the_checks() {
        let paid = charge().pay(&payment()).unwrap();
        let cancelled = charge().cancel(CREATED).unwrap();
        let other_end = ChargeReference { expires: EXPIRES + 1, ..charge().asked };
        let rows = [
            (Payment { charge: None, ..payment() }, Some(charge()), Why::NoCharge),
            (payment(), None, Why::Unknown),
            (Payment { charge: Some(other_end), ..payment() }, Some(charge()), Why::Unknown),
            (Payment { sequence: 41, ..payment() }, Some(paid), Why::Twice),
            (payment(), Some(cancelled), Why::Cancelled),
            (Payment { time: EXPIRES + 1, ..payment() }, Some(charge()), Why::Expired),
            (Payment { amount: cents(1_249), ..payment() }, Some(charge()), Why::Amount),
            (Payment { amount: cents(1_251), ..payment() }, Some(charge()), Why::Amount),
        ];
        let mut found: Vec<Why> = Vec::new();
        for (payment, charge, why) in rows {
            assert_eq!(judge(&payment, charge.as_ref()), Err(why));
            found.push(why);
        }
        found.dedup();
        assert_eq!(found, Why::ALL);
    }

    #[test]
    fn refunds_add_up_to_the_payment_and_no_further() {
        let paid = charge().pay(&payment()).unwrap();
        let part = paid.refund(250).unwrap();
        assert_eq!((part.state(EXPIRES * 2), part.refunded()), (State::Paid, 250));
        assert_eq!(part.refund(1_001), Err(Reason::RefundExceeds));
        let whole = part.refund(1_000).unwrap();
        assert_eq!((whole.state(EXPIRES * 2), whole.refunded()), (State::Refunded, 1_250));
        let unexpected = Unexpected { payment: payment(), why: Why::NoCharge, refunded: 0 };
        assert_eq!(unexpected.refund(1_250).map(|left| left.refunded), Ok(1_250));
        assert_eq!(unexpected.refund(1_251), Err(Reason::RefundExceeds));
    }

    #[test]
    fn every_reason_not_to_take_a_request_in_the_order_of_the_checks() {
        let with = |change: &dyn Fn(&mut ChargeRequest)| {
            let mut asked = request();
            change(&mut asked);
            asked
        };
        assert!(asked(&request(), EXPIRES - 1).is_ok());
        assert_eq!(asked(&with(&|asked| asked.payee = PAYER), CREATED), Err(Reason::ChargeOtherPayee));
        assert!(asked(&with(&|asked| asked.amount = cents(MAX_CHARGE_CENTS)), CREATED).is_ok());
        assert_eq!(asked(&with(&|asked| asked.amount = cents(MAX_CHARGE_CENTS + 1)), CREATED), Err(Reason::ChargeAmount));
        assert_eq!(asked(&request(), EXPIRES), Err(Reason::ChargeOver));
        let lasting = |ms| with(&|asked| asked.charge.expires = CREATED + ms);
        assert!(asked(&lasting(MAX_CHARGE_MS), CREATED).is_ok());
        assert_eq!(asked(&lasting(MAX_CHARGE_MS + 1), CREATED), Err(Reason::ChargeTooLong));
        assert_eq!(asked(&lasting(u64::MAX - CREATED), CREATED), Err(Reason::ChargeTooLong));
        let other = Asker { key: SigningKey::from_bytes(&[8; 32]).verifying_key().into(), ..asker() };
        let bytes = request().sign(&LEDGER, &till());
        assert_eq!(SignedRequest::decode(&bytes, &LEDGER).unwrap().ask(&other, CREATED), Err(Reason::ChargeOtherKey));
        assert!(SignedRequest::decode(&bytes, &ledger::key::Hash32([8; 32])).is_err());
    }
}
