//! What payers ask to be given back.
//!
//! ```text
//! table 30   payee:16 ‖ sequence:u64 ‖ item:u16    {1: time, 2: refunded before, 3: declined, 4: reason, sealed under the payer}
//! ```
//! A request is no money and binds nobody: whoever was paid decides, by a refund or by saying no. So it stands here and not in the
//! journal. There is one for each payment at most, and it is never removed: it is read together with what became of the payment.

use crate::account::codes;
use crate::directory::Directory;
use crate::encoding::{DecodeError, Reader, Writer};
use crate::fault::Fault;
use crate::key::AccountId;
use crate::records::{Change, KeyRange, Order, Records, Table};
use std::sync::{Arc, Mutex, PoisonError};

const REQUESTS: Table = Table(30);

/// A reason has at most so many characters: what somebody reads while a customer waits.
pub const MAX_REASON_CHARACTERS: usize = 140;
/// So many bytes those can be, encrypted and with what proves them whole.
const MAX_SEALED_BYTES: usize = 4 * MAX_REASON_CHARACTERS + 64;

codes! {
    /// What became of a request.
    RequestState: u8 {
        /// It waits for an answer.
        Open = 1, "open";
        /// Something was given back since.
        Refunded = 2, "refunded";
        /// Whoever was paid said no.
        Declined = 3, "declined";
    }
}

/// A payment about which a request is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PaymentPlace {
    /// Who was paid.
    pub payee: AccountId,
    /// Its entry.
    pub sequence: u64,
    /// Its place in a list of transfers.
    pub item: u16,
}

impl PaymentPlace {
    fn key(&self) -> Vec<u8> {
        [&self.payee.0[..], &self.sequence.to_be_bytes(), &self.item.to_be_bytes()].concat()
    }

    fn of_key(key: &[u8]) -> Option<PaymentPlace> {
        let (payee, rest) = key.split_first_chunk::<16>()?;
        let (sequence, item) = rest.split_first_chunk::<8>()?;
        let item = u16::from_be_bytes(item.try_into().ok()?);
        Some(PaymentPlace { payee: AccountId(*payee), sequence: u64::from_be_bytes(*sequence), item })
    }
}

/// A payer's request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RefundRequest {
    /// The payment.
    pub payment: PaymentPlace,
    /// When it was asked for.
    pub time: u64,
    /// So many cents had been given back before.
    before: u64,
    /// True when whoever was paid said no.
    declined: bool,
    sealed: Vec<u8>,
}

impl RefundRequest {
    /// What became of it, when so many cents of the payment have been given back until now.
    pub fn state(&self, refunded: u64) -> RequestState {
        match self.declined {
            _ if refunded > self.before => RequestState::Refunded,
            true => RequestState::Declined,
            false => RequestState::Open,
        }
    }

    fn change(&self) -> Change {
        let mut out = Writer::new();
        out.map(4).uint(1).uint(self.time).uint(2).uint(self.before).uint(3).bool(self.declined).uint(4).bytes(&self.sealed);
        Change::Put { table: REQUESTS, key: self.payment.key(), value: out.into_bytes() }
    }

    fn decode(key: &[u8], value: &[u8]) -> Result<RefundRequest, DecodeError> {
        let payment = PaymentPlace::of_key(key).ok_or(DecodeError::Malformed("a refund request names no payment"))?;
        let mut reader = Reader::new(value);
        let r = &mut reader;
        let mut map = r.map()?;
        map.required(r, 1)?;
        let time = r.uint()?;
        map.required(r, 2)?;
        let before = r.uint()?;
        map.required(r, 3)?;
        let declined = r.bool()?;
        map.required(r, 4)?;
        let sealed = r.bytes()?;
        if sealed.len() > MAX_SEALED_BYTES {
            return Err(DecodeError::OutOfBounds("the reason of a refund request is too long"));
        }
        let sealed = sealed.to_vec();
        map.end()?;
        reader.end()?;
        Ok(RefundRequest { payment, time, before, declined, sealed })
    }
}

/// Whether a reason can be kept: short, and without control characters. None is a reason too.
pub fn is_reason(text: &str) -> bool {
    text.chars().count() <= MAX_REASON_CHARACTERS && !text.chars().any(char::is_control)
}

/// Every request.
pub struct RefundRequests {
    records: Arc<Records>,
    /// Held by one change at a time, from its look at a request until its write.
    writing: Mutex<()>,
}

impl RefundRequests {
    /// The requests in these records.
    pub fn new(records: Arc<Records>) -> RefundRequests {
        RefundRequests { records, writing: Mutex::default() }
    }

    /// Asks for a payment back, of which so much was given back before; says whether it did: each payment is asked for once. The caller
    /// has checked that it is the payer's, and the reason ([`is_reason`]), which is kept encrypted under the payer.
    ///
    /// # Errors
    ///
    /// As [`Directory::seal`] and writing records.
    pub fn ask(
        &self,
        directory: &Directory,
        (payment, payer, refunded): (PaymentPlace, AccountId, u64),
        reason: &str,
        time: u64,
    ) -> Result<bool, Fault> {
        let _alone = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.of(&payment)?.is_some() {
            return Ok(false);
        }
        let sealed = directory.seal(&payer, REQUESTS, &payment.key(), reason.as_bytes())?;
        let asked = RefundRequest { payment, time, before: refunded, declined: false, sealed };
        self.records.keep(&[asked.change()])?;
        Ok(true)
    }

    /// Notes that whoever was paid says no to an open request; says whether there was one. `refunded` is what was given back until now.
    ///
    /// # Errors
    ///
    /// As reading and writing records.
    pub fn decline(&self, payment: &PaymentPlace, refunded: u64) -> Result<bool, Fault> {
        let _alone = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(request) = self.of(payment)?.filter(|request| request.state(refunded) == RequestState::Open) else {
            return Ok(false);
        };
        self.records.keep(&[RefundRequest { declined: true, ..request }.change()])?;
        Ok(true)
    }

    /// The request about a payment.
    ///
    /// # Errors
    ///
    /// As reading records; [`Fault::Damage`] when what is kept makes no sense.
    pub fn of(&self, payment: &PaymentPlace) -> Result<Option<RefundRequest>, Fault> {
        let key = payment.key();
        let found = self.records.get(REQUESTS, &key)?;
        found.map(|value| RefundRequest::decode(&key, &value).map_err(senseless)).transpose()
    }

    /// What an account is asked for, the newest payments first, at most `limit`.
    ///
    /// # Errors
    ///
    /// As [`RefundRequests::of`].
    pub fn to(&self, payee: &AccountId, limit: usize) -> Result<Vec<RefundRequest>, Fault> {
        let found = self.records.scan(REQUESTS, &KeyRange::prefix(&payee.0), limit, Order::Descending)?;
        found.iter().map(|(key, value)| RefundRequest::decode(key, value).map_err(senseless)).collect()
    }

    /// What the payer wrote; `None` once the payer was erased.
    ///
    /// # Errors
    ///
    /// As reading records.
    pub fn reason(&self, directory: &Directory, request: &RefundRequest, payer: &AccountId) -> Result<Option<String>, Fault> {
        let plain = directory.unseal(payer, REQUESTS, &request.payment.key(), &request.sealed)?;
        Ok(plain.and_then(|bytes| String::from_utf8(bytes).ok()))
    }
}

fn senseless(error: DecodeError) -> Fault {
    Fault::Damage(format!("what the records hold of refund requests makes no sense: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::memory::MemoryStorage;

    const ANNA: AccountId = AccountId([1; 16]);
    const SHOP: AccountId = AccountId([2; 16]);

    struct Kept {
        requests: RefundRequests,
        directory: Directory,
        storage: Arc<MemoryStorage>,
        _folder: tempfile::TempDir,
    }

    fn kept() -> Kept {
        let folder = tempfile::tempdir().unwrap();
        let storage = Arc::new(MemoryStorage::default());
        let records = Arc::new(Records::open(storage.clone(), [1; 32], &folder.path().join("views")).unwrap());
        let directory = Directory::open(records.clone(), &folder.path().join("key")).unwrap();
        Kept { requests: RefundRequests::new(records), directory, storage, _folder: folder }
    }

    fn payment(sequence: u64) -> PaymentPlace {
        PaymentPlace { payee: SHOP, sequence, item: 0 }
    }

    impl Kept {
        fn ask(&self, sequence: u64, refunded: u64) -> bool {
            self.requests.ask(&self.directory, (payment(sequence), ANNA, refunded), "a torn sleeve", 5).unwrap()
        }

        fn state(&self, sequence: u64, refunded: u64) -> Option<RequestState> {
            self.requests.of(&payment(sequence)).unwrap().map(|request| request.state(refunded))
        }

        fn reason(&self, sequence: u64) -> Option<String> {
            let request = self.requests.of(&payment(sequence)).unwrap().unwrap();
            self.requests.reason(&self.directory, &request, &ANNA).unwrap()
        }
    }

    #[test]
    fn each_payment_is_asked_for_once_and_its_reason_reads_back() {
        let kept = kept();
        assert!(kept.ask(7, 0));
        assert!(!kept.ask(7, 0));
        assert!(kept.ask(8, 0));
        assert_eq!(kept.reason(7).as_deref(), Some("a torn sleeve"));
        let newest: Vec<u64> = kept.requests.to(&SHOP, 9).unwrap().iter().map(|request| request.payment.sequence).collect();
        assert_eq!(newest, [8, 7]);
        assert_eq!((kept.requests.to(&SHOP, 1).unwrap().len(), kept.requests.to(&ANNA, 9).unwrap().len()), (1, 0));
    }

    #[test]
    fn a_request_is_answered_by_what_goes_back_after_it_or_by_a_no() {
        let kept = kept();
        assert_eq!(kept.state(7, 0), None);
        kept.ask(7, 100);
        assert_eq!(kept.state(7, 100), Some(RequestState::Open));
        assert_eq!(kept.state(7, 101), Some(RequestState::Refunded));
        assert!(!kept.requests.decline(&payment(7), 101).unwrap(), "it is answered");
        assert!(kept.requests.decline(&payment(7), 100).unwrap());
        assert!(!kept.requests.decline(&payment(7), 100).unwrap(), "once");
        assert_eq!(kept.state(7, 100), Some(RequestState::Declined));
        assert_eq!(kept.state(7, 101), Some(RequestState::Refunded), "who said no may think again");
        assert!(!kept.requests.decline(&payment(8), 0).unwrap(), "nobody asked");
        assert!(!kept.ask(7, 100), "a no is not asked again");
    }

    #[test]
    fn a_reason_lies_encrypted_and_is_gone_with_its_writer() {
        let kept = kept();
        kept.ask(7, 0);
        let bytes: Vec<u8> = kept.storage.files().values().flatten().copied().collect();
        assert!(!bytes.windows(4).any(|window| window == b"torn"));
        kept.directory.erase(&ANNA).unwrap();
        assert_eq!((kept.reason(7), kept.state(7, 0)), (None, Some(RequestState::Open)));
    }

    #[test]
    fn a_reason_has_its_bounds() {
        assert!(is_reason("") && is_reason(&"é".repeat(MAX_REASON_CHARACTERS)));
        assert!(!is_reason(&"é".repeat(MAX_REASON_CHARACTERS + 1)) && !is_reason("two\nlines"));
        let kept = kept();
        let longest = "\u{10ffff}".repeat(MAX_REASON_CHARACTERS);
        assert!(kept.requests.ask(&kept.directory, (payment(1), ANNA, 0), &longest, 0).unwrap());
        assert_eq!(kept.reason(1), Some(longest));
    }
}
