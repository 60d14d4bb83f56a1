//! The one encoding: deterministic CBOR (RFC 8949 §4.2.1) and COSE_Sign1 (RFC 9052) in one fixed shape.
//!
//! The bytes that are signed are the bytes that are hashed, stored and sent. That holds only when a value has one encoding, so
//! the [`Reader`] refuses whatever the [`Writer`] would not write: longer integers or lengths than needed, keys out of order or
//! twice, indefinite lengths, tags, floats, trailing bytes. It reads in one pass, copies nothing and never nests by itself, so
//! hostile depth costs nothing.

use crate::key::{DecodedKey, Hash32, LedgerId, PublicKey, TransactionId};
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};

/// The largest signed message: room for a list of 200 transfers, and small enough to be read whole.
pub const MAX_MESSAGE_BYTES: usize = 16_384;

/// Why bytes are not what they should be. The text is for the person who writes the client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DecodeError {
    /// The bytes end too early, or hold something else than what belongs there.
    Malformed(&'static str),
    /// A value that has a shorter or an ordered form is not in it.
    NotCanonical(&'static str),
    /// The message is longer than [`MAX_MESSAGE_BYTES`].
    TooLarge,
    /// A number, text or list is outside of its bounds.
    OutOfBounds(&'static str),
    /// A public key is no point of the curve or one under which anybody could sign.
    WeakKey,
    /// The signature is not that key's over these bytes, in this ledger and for this kind of message.
    BadSignature,
}

impl DecodeError {
    /// The stable code of the problem, as clients see it.
    pub fn code(self) -> &'static str {
        match self {
            DecodeError::Malformed(_) => "malformed",
            DecodeError::NotCanonical(_) => "not_canonical",
            DecodeError::TooLarge => "too_large",
            DecodeError::OutOfBounds(_) => "out_of_bounds",
            DecodeError::WeakKey => "weak_key",
            DecodeError::BadSignature => "bad_signature",
        }
    }
}

impl std::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            DecodeError::Malformed(what) => write!(f, "these bytes are not in the format: {what}"),
            DecodeError::NotCanonical(what) => write!(f, "these bytes are not in their one canonical form: {what}"),
            DecodeError::TooLarge => write!(f, "the message is longer than {MAX_MESSAGE_BYTES} bytes"),
            DecodeError::OutOfBounds(what) => write!(f, "{what}"),
            DecodeError::WeakKey => f.write_str("the key is not a sound Ed25519 public key"),
            DecodeError::BadSignature => {
                f.write_str("the signature does not fit the key, the bytes, this currency and this kind of message")
            }
        }
    }
}

impl std::error::Error for DecodeError {}

const MAJOR_UINT: u8 = 0;
const MAJOR_NEGATIVE: u8 = 1;
const MAJOR_BYTES: u8 = 2;
const MAJOR_TEXT: u8 = 3;
const MAJOR_ARRAY: u8 = 4;
const MAJOR_MAP: u8 = 5;
const FALSE: u8 = 0xf4;
const TRUE: u8 = 0xf5;
const NULL: u8 = 0xf6;

/// Writes deterministic CBOR. Callers write map keys in ascending order; the reader would refuse anything else.
#[derive(Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// An empty output.
    pub fn new() -> Writer {
        Writer::with_room_for(256)
    }

    /// An empty output that will be about so long.
    pub fn with_room_for(bytes: usize) -> Writer {
        Writer(Vec::with_capacity(bytes))
    }

    /// The bytes written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn head(&mut self, major: u8, value: u64) -> &mut Writer {
        let major = major << 5;
        match value {
            0..=23 => self.0.push(major | value as u8),
            24..=0xff => self.0.extend_from_slice(&[major | 24, value as u8]),
            0x100..=0xffff => {
                self.0.push(major | 25);
                self.0.extend_from_slice(&(value as u16).to_be_bytes());
            }
            0x1_0000..=0xffff_ffff => {
                self.0.push(major | 26);
                self.0.extend_from_slice(&(value as u32).to_be_bytes());
            }
            _ => {
                self.0.push(major | 27);
                self.0.extend_from_slice(&value.to_be_bytes());
            }
        }
        self
    }

    /// An unsigned integer.
    pub fn uint(&mut self, value: u64) -> &mut Writer {
        self.head(MAJOR_UINT, value)
    }

    /// An integer that may be negative.
    pub fn int(&mut self, value: i64) -> &mut Writer {
        let major = if value < 0 { MAJOR_NEGATIVE } else { MAJOR_UINT };
        // A negative number stands as −1 minus itself (RFC 8949 §3.1), which are its bits turned over.
        self.head(major, if value < 0 { !value } else { value }.cast_unsigned())
    }

    /// A byte string.
    pub fn bytes(&mut self, value: &[u8]) -> &mut Writer {
        self.head(MAJOR_BYTES, value.len() as u64);
        self.0.extend_from_slice(value);
        self
    }

    /// A text string.
    pub fn text(&mut self, value: &str) -> &mut Writer {
        self.head(MAJOR_TEXT, value.len() as u64);
        self.0.extend_from_slice(value.as_bytes());
        self
    }

    /// The head of an array of so many items.
    pub fn array(&mut self, items: usize) -> &mut Writer {
        self.head(MAJOR_ARRAY, items as u64)
    }

    /// The head of a map of so many pairs.
    pub fn map(&mut self, pairs: usize) -> &mut Writer {
        self.head(MAJOR_MAP, pairs as u64)
    }

    /// A truth value.
    pub fn bool(&mut self, value: bool) -> &mut Writer {
        self.0.push(if value { TRUE } else { FALSE });
        self
    }

    /// Nothing, in a place of an array where something else could stand.
    pub fn null(&mut self) -> &mut Writer {
        self.0.push(NULL);
        self
    }

    /// Bytes that are already one encoded item.
    pub fn encoded(&mut self, item: &[u8]) -> &mut Writer {
        self.0.extend_from_slice(item);
        self
    }
}

/// Reads deterministic CBOR and nothing else.
#[derive(Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads from the first byte on.
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes }
    }

    /// Refuses bytes that are left over.
    pub fn end(&self) -> Result<(), DecodeError> {
        if self.rest.is_empty() { Ok(()) } else { Err(DecodeError::Malformed("bytes are left over at the end")) }
    }

    /// What has not been read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(DecodeError::Malformed("the bytes end too early"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn head(&mut self, major: u8, expected: &'static str) -> Result<u64, DecodeError> {
        let first = self.take(1)?[0];
        if first >> 5 != major {
            return Err(DecodeError::Malformed(expected));
        }
        let (value, least) = match first & 0x1f {
            small @ 0..=23 => return Ok(u64::from(small)),
            24 => (self.big_endian(1)?, 24),
            25 => (self.big_endian(2)?, 0x100),
            26 => (self.big_endian(4)?, 0x1_0000),
            27 => (self.big_endian(8)?, 0x1_0000_0000),
            _ => return Err(DecodeError::NotCanonical("an indefinite or reserved length")),
        };
        if value < least { Err(DecodeError::NotCanonical("a number or length is longer than needed")) } else { Ok(value) }
    }

    fn big_endian(&mut self, width: usize) -> Result<u64, DecodeError> {
        Ok(self.take(width)?.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    /// An unsigned integer.
    pub fn uint(&mut self) -> Result<u64, DecodeError> {
        self.head(MAJOR_UINT, "an unsigned number belongs here")
    }

    /// An integer that may be negative, within 64 bits.
    pub fn int(&mut self) -> Result<i64, DecodeError> {
        let negative = self.rest.first().is_some_and(|first| first >> 5 == MAJOR_NEGATIVE);
        let value = self.head(if negative { MAJOR_NEGATIVE } else { MAJOR_UINT }, "a number belongs here")?;
        let value = i64::try_from(value).map_err(|_| DecodeError::OutOfBounds("a number is too large"))?;
        Ok(if negative { !value } else { value })
    }

    /// A byte string.
    pub fn bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = self.head(MAJOR_BYTES, "a byte string belongs here")?;
        self.take(usize::try_from(length).unwrap_or(usize::MAX))
    }

    /// A byte string of one length.
    pub fn fixed<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        self.bytes()?.try_into().map_err(|_| DecodeError::Malformed("a byte string has another length"))
    }

    /// A text string of at most `most` bytes, without control characters.
    pub fn text(&mut self, most: usize) -> Result<&'a str, DecodeError> {
        let text = self.text_with_lines(most)?;
        let plain = !text.chars().any(char::is_control);
        plain.then_some(text).ok_or(DecodeError::OutOfBounds("a text has control characters"))
    }

    /// A text string of at most `most` bytes that may have line breaks.
    pub fn text_with_lines(&mut self, most: usize) -> Result<&'a str, DecodeError> {
        let length = self.head(MAJOR_TEXT, "a text belongs here")?;
        let length = bounded(length, most, "a text is too long")?;
        std::str::from_utf8(self.take(length)?).map_err(|_| DecodeError::Malformed("a text is not UTF-8"))
    }

    /// The head of an array of at most `most` items.
    pub fn array(&mut self, most: usize) -> Result<usize, DecodeError> {
        let items = self.head(MAJOR_ARRAY, "a list belongs here")?;
        bounded(items, most, "a list is too long")
    }

    /// The head of an array of so many items.
    pub fn array_of(&mut self, items: usize) -> Result<(), DecodeError> {
        let found = self.head(MAJOR_ARRAY, "a list belongs here")?;
        if found == items as u64 { Ok(()) } else { Err(DecodeError::Malformed("a list has another length")) }
    }

    /// A map with ascending integer keys.
    pub fn map(&mut self) -> Result<Map, DecodeError> {
        let pairs = self.head(MAJOR_MAP, "a map belongs here")?;
        let pairs = bounded(pairs, Map::MOST_PAIRS, "a map has too many keys")?;
        Ok(Map { pairs, last: None })
    }

    /// A truth value.
    pub fn bool(&mut self) -> Result<bool, DecodeError> {
        match self.take(1)?[0] {
            FALSE => Ok(false),
            TRUE => Ok(true),
            _ => Err(DecodeError::Malformed("true or false belongs here")),
        }
    }

    /// True when nothing stands here, and it is then read; else what stands here is to be read.
    pub fn null(&mut self) -> bool {
        let rest = self.rest.strip_prefix(&[NULL]);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// A hash.
    pub fn hash(&mut self) -> Result<Hash32, DecodeError> {
        self.fixed().map(Hash32)
    }

    /// A public key, refused when it is weak.
    pub fn key(&mut self) -> Result<PublicKey, DecodeError> {
        PublicKey::from_bytes(&self.fixed()?).ok_or(DecodeError::WeakKey)
    }
}

fn bounded(found: u64, most: usize, what: &'static str) -> Result<usize, DecodeError> {
    usize::try_from(found).ok().filter(|n| *n <= most).ok_or(DecodeError::OutOfBounds(what))
}

/// The keys of a map while it is read: each is asked for in ascending order, and none may be left.
pub struct Map {
    pairs: usize,
    last: Option<u64>,
}

impl Map {
    /// No message has more keys in one map.
    pub const MOST_PAIRS: usize = 16;

    /// True when `key` comes next; its value is then to be read.
    pub fn optional(&mut self, reader: &mut Reader, key: u64) -> Result<bool, DecodeError> {
        if self.pairs == 0 {
            return Ok(false);
        }
        let mut ahead = reader.clone();
        let found = ahead.uint()?;
        if self.last.is_some_and(|last| found <= last) {
            return Err(DecodeError::NotCanonical("the keys of a map are out of order or repeated"));
        }
        if found != key {
            return Ok(false);
        }
        *reader = ahead;
        self.pairs -= 1;
        self.last = Some(key);
        Ok(true)
    }

    /// Requires that `key` comes next.
    pub fn required(&mut self, reader: &mut Reader, key: u64) -> Result<(), DecodeError> {
        if self.optional(reader, key)? { Ok(()) } else { Err(DecodeError::Malformed("a required key is missing from a map")) }
    }

    /// Refuses keys that the format does not know.
    pub fn end(&self) -> Result<(), DecodeError> {
        if self.pairs == 0 { Ok(()) } else { Err(DecodeError::Malformed("a map has an unknown key")) }
    }
}

/// What a signature is for. It stands in the external AAD, so that no signature serves two purposes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// An order to the ledger.
    Transaction,
    /// A till's request to be paid.
    Charge,
    /// A till's sign that asks the payer for the amount.
    Stall,
    /// The association's word on a name.
    Certificate,
    /// A proof of holding a key.
    SignIn,
    /// The node's word on what is counted of a balance.
    Liability,
    /// A member's word that it is not counted as it should be.
    Complaint,
    /// The node's word on a payment, short enough for a QR code.
    ShortReceipt,
    /// A member's word that the association may collect from a bank account.
    Mandate,
    /// The association's word on what a key may pay while there is no network.
    Spending,
    /// A till's record of what it sold, in its chain.
    Ticket,
}

impl Purpose {
    fn text(self) -> &'static str {
        match self {
            Purpose::Transaction => "transaction",
            Purpose::Charge => "charge",
            Purpose::Stall => "stall",
            Purpose::Certificate => "certificate",
            Purpose::SignIn => "sign-in",
            Purpose::Liability => "liability",
            Purpose::Complaint => "complaint",
            Purpose::ShortReceipt => "short-receipt",
            Purpose::Mandate => "mandate",
            Purpose::Spending => "spending",
            Purpose::Ticket => "ticket",
        }
    }
}

/// The version of the formats, in every signature.
pub const PROTOCOL_VERSION: u64 = 1;

/// `["liard", version, purpose, ledger]`: what binds a signature to one currency and one purpose.
fn external_aad(purpose: Purpose, ledger: &LedgerId) -> Vec<u8> {
    let mut out = Writer::new();
    out.array(4).text("liard").uint(PROTOCOL_VERSION).text(purpose.text()).bytes(&ledger.0);
    out.into_bytes()
}

const PROTECTED_PREFIX: [u8; 6] = [0xa2, 0x01, 0x27, 0x04, 0x58, 0x20];
const PROTECTED_LENGTH: usize = PROTECTED_PREFIX.len() + 32;

/// `{1: -8, 4: key}`: algorithm EdDSA and the signer's key (RFC 9052 §3.1, RFC 9053 §2.2).
fn protected_header(key: &[u8; 32]) -> [u8; PROTECTED_LENGTH] {
    let mut header = [0; PROTECTED_LENGTH];
    header[..PROTECTED_PREFIX.len()].copy_from_slice(&PROTECTED_PREFIX);
    header[PROTECTED_PREFIX.len()..].copy_from_slice(key);
    header
}

/// At most so many bytes stand around the payload in what is signed.
const AROUND_PAYLOAD: usize = 160;

/// The bytes under the signature (RFC 9052 §4.4).
fn sig_structure(purpose: Purpose, ledger: &LedgerId, key: &[u8; 32], payload: &[u8]) -> Vec<u8> {
    let mut out = Writer::with_room_for(payload.len() + AROUND_PAYLOAD);
    out.array(4).text("Signature1").bytes(&protected_header(key)).bytes(&external_aad(purpose, ledger)).bytes(payload);
    out.into_bytes()
}

/// A COSE_Sign1 whose shape was checked, but not yet its signature.
pub struct Envelope<'a> {
    key: [u8; 32],
    payload: &'a [u8],
    signature: [u8; 64],
}

impl<'a> Envelope<'a> {
    /// Reads the one shape that [`sign`] writes.
    pub fn decode(bytes: &'a [u8]) -> Result<Envelope<'a>, DecodeError> {
        if bytes.len() > MAX_MESSAGE_BYTES {
            return Err(DecodeError::TooLarge);
        }
        let mut reader = Reader::new(bytes);
        let envelope = Envelope::read(&mut reader)?;
        reader.end()?;
        Ok(envelope)
    }

    /// Reads one message of a sequence (RFC 8742).
    pub fn read(reader: &mut Reader<'a>) -> Result<Envelope<'a>, DecodeError> {
        reader.array_of(4)?;
        let protected = reader.bytes()?;
        if protected.len() != PROTECTED_LENGTH || !protected.starts_with(&PROTECTED_PREFIX) {
            return Err(DecodeError::Malformed("the protected header is not {1: -8, 4: key}"));
        }
        let mut key = [0; 32];
        key.copy_from_slice(&protected[PROTECTED_PREFIX.len()..]);
        reader.map()?.end()?;
        Ok(Envelope { key, payload: reader.bytes()?, signature: reader.fixed()? })
    }

    /// The payload and its signer, once the signature has been verified.
    pub fn verify(&self, purpose: Purpose, ledger: &LedgerId) -> Result<(PublicKey, TransactionId), DecodeError> {
        let key = DecodedKey::from_bytes(&self.key).ok_or(DecodeError::WeakKey)?;
        self.verify_with(&key, purpose, ledger)
    }

    /// The same with a key that was decoded before.
    pub fn verify_with(
        &self,
        key: &DecodedKey,
        purpose: Purpose,
        ledger: &LedgerId,
    ) -> Result<(PublicKey, TransactionId), DecodeError> {
        let signed = sig_structure(purpose, ledger, &self.key, self.payload);
        let public = key.public();
        let sound = public.as_bytes() == &self.key && key.verify(&signed, &self.signature);
        if sound { Ok((public, Hash32(Sha256::digest(&signed).into()))) } else { Err(DecodeError::BadSignature) }
    }

    /// Signer and id without a look at the signature: for bytes that a signed head has vouched for.
    pub(crate) fn trusted(&self, purpose: Purpose, ledger: &LedgerId) -> (PublicKey, TransactionId) {
        let signed = sig_structure(purpose, ledger, &self.key, self.payload);
        (PublicKey::recorded(self.key), Hash32(Sha256::digest(&signed).into()))
    }

    /// The 32 bytes of the signer's key, sound or not.
    pub fn key_bytes(&self) -> &[u8; 32] {
        &self.key
    }

    /// The payload.
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }
}

/// Signs a payload as COSE_Sign1 and gives the message's bytes.
pub fn sign(purpose: Purpose, ledger: &LedgerId, payload: &[u8], key: &SigningKey) -> Vec<u8> {
    let public = key.verifying_key().to_bytes();
    let signature = key.sign(&sig_structure(purpose, ledger, &public, payload));
    let mut out = Writer::new();
    out.array(4).bytes(&protected_header(&public)).map(0).bytes(payload).bytes(&signature.to_bytes());
    out.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_below_zero_are_those_of_rfc_8949_and_come_back() {
        // RFC 8949, appendix A; and the ends of 64 bits.
        let known = [
            (0, "00"),
            (-1, "20"),
            (-10, "29"),
            (-100, "3863"),
            (-1_000, "3903e7"),
            (i64::MAX, "1b7fffffffffffffff"),
            (i64::MIN, "3b7fffffffffffffff"),
        ];
        for (value, bytes) in known {
            let written = {
                let mut out = Writer::new();
                out.int(value);
                out.into_bytes()
            };
            assert_eq!((hex::encode(&written).as_str(), Reader::new(&written).int()), (bytes, Ok(value)));
        }
        for refused in ["3800", "3b8000000000000000", "1b8000000000000000", "40"] {
            assert!(Reader::new(&hex::decode(refused).unwrap()).int().is_err(), "{refused}");
        }
    }
}
