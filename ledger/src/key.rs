//! Keys, hashes and account ids: the fixed-size names of the ledger, and the one predicate that decides on a signature.

use bech32::{Bech32m, Hrp};
use ed25519_dalek::{Signature, VerifyingKey};
use foldhash::fast::RandomState;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt;
use std::sync::{PoisonError, RwLock};

/// 32 bytes of SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash32(pub [u8; 32]);

impl Hash32 {
    /// SHA-256 of some bytes.
    pub fn of(bytes: &[u8]) -> Hash32 {
        Hash32(Sha256::digest(bytes).into())
    }

    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Hash32> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Hash32(bytes))
    }
}

impl fmt::Display for Hash32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Hash32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// SHA-256 of a transaction's `Sig_structure`: names the order, whatever its signature.
pub type TransactionId = Hash32;

/// The transaction id of the genesis: names the currency.
pub type LedgerId = Hash32;

/// An Ed25519 public key that is known to be a point of large order: its 32 bytes, cheap to keep and to compare.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// The key with these 32 bytes (RFC 8032 §5.1.3), or `None` when they are no canonical point or one of small order, under
    /// which anybody could make signatures.
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<PublicKey> {
        DecodedKey::from_bytes(bytes).map(|key| key.public())
    }

    /// A key that was found sound when it was first read: from what a signed head or a signed snapshot vouches for.
    pub(crate) fn recorded(bytes: [u8; 32]) -> PublicKey {
        PublicKey(bytes)
    }

    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<PublicKey> {
        PublicKey::from_bytes(&Hash32::from_hex(text)?.0)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// True when `signature` is this key's over `message`. Decodes the key: who verifies often keeps a [`DecodedKey`].
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        DecodedKey::from_bytes(&self.0).is_some_and(|key| key.verify(message, signature))
    }

    /// The key as the signature library knows it.
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey::from_bytes(&self.0).expect("a public key is a point")
    }
}

impl From<VerifyingKey> for PublicKey {
    /// A key of our own making.
    fn from(key: VerifyingKey) -> PublicKey {
        PublicKey(key.to_bytes())
    }
}

/// A public key with its point of the curve: six times as large, and decoding one costs a good tenth of a verification.
#[derive(Clone)]
pub struct DecodedKey(VerifyingKey);

impl DecodedKey {
    /// As [`PublicKey::from_bytes`].
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<DecodedKey> {
        let key = VerifyingKey::from_bytes(bytes).ok()?;
        let canonical = key.to_bytes() == *bytes && key.to_edwards().compress().to_bytes() == *bytes;
        (canonical && !key.is_weak()).then_some(DecodedKey(key))
    }

    /// The key itself.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.to_bytes())
    }

    /// True when `signature` is this key's over `message`. The only predicate on signatures, everywhere and for ever
    /// (`verify_strict`: one answer for each signature, in batches or alone).
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }
}

/// So many decoded keys are kept, in two halves: those of a large town's payers, in some 60 MB.
const MAX_DECODED: usize = 262_144;

/// Keys that were decoded lately. When the younger half is full it becomes the older one, and the older one is forgotten.
#[derive(Default)]
pub struct DecodedKeys(RwLock<[HashMap<[u8; 32], DecodedKey, RandomState>; 2]>);

impl DecodedKeys {
    /// The key, if it was decoded lately.
    pub fn find(&self, bytes: &[u8; 32]) -> Option<DecodedKey> {
        let found = {
            let halves = self.0.read().unwrap_or_else(PoisonError::into_inner);
            match halves[0].get(bytes) {
                Some(key) => return Some(key.clone()),
                None => halves[1].get(bytes).cloned()?,
            }
        };
        self.keep(&found);
        Some(found)
    }

    /// The key, decoded now if it was not lately, and kept.
    pub fn decode(&self, bytes: &[u8; 32]) -> Option<DecodedKey> {
        self.find(bytes).or_else(|| DecodedKey::from_bytes(bytes).inspect(|key| self.keep(key)))
    }

    /// Keeps a key. Of what strangers send, only keys that have a right somewhere, or strangers could push those out.
    pub fn keep(&self, key: &DecodedKey) {
        let mut halves = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if halves[0].len() >= MAX_DECODED / 2 {
            halves.swap(0, 1);
            halves[0].clear();
        }
        halves[0].insert(key.0.to_bytes(), key.clone());
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An account: the first 16 bytes of the id of the transaction that opened it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub [u8; 16]);

impl AccountId {
    /// The account that this transaction opens.
    pub fn opened_by(transaction: &TransactionId) -> AccountId {
        let mut id = [0; 16];
        id.copy_from_slice(&transaction.0[..16]);
        AccountId(id)
    }

    /// The id as people see it: bech32m with the currency's prefix, in which any mistyped character is noticed.
    pub fn to_text(self, prefix: &Prefix) -> String {
        bech32::encode::<Bech32m>(prefix.0, &self.0).expect("16 bytes are within bech32's length")
    }

    /// Reads what [`AccountId::to_text`] wrote.
    pub fn from_text(text: &str, prefix: &Prefix) -> Result<AccountId, AccountTextError> {
        let checked = bech32::primitives::decode::CheckedHrpstring::new::<Bech32m>(text);
        let checked = checked.map_err(|_| AccountTextError::Mistyped)?;
        if checked.hrp() != prefix.0 {
            return Err(AccountTextError::OtherCurrency);
        }
        let bytes: Vec<u8> = checked.byte_iter().collect();
        let id = bytes.try_into().map(AccountId).map_err(|_| AccountTextError::Mistyped)?;
        // The last character carries two bits that say nothing: one account has one text, in small letters or in capitals.
        if text.to_ascii_lowercase() == id.to_text(prefix) { Ok(id) } else { Err(AccountTextError::Mistyped) }
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// Why a text names no account of this currency.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AccountTextError {
    /// A character is missing, added or wrong.
    Mistyped,
    /// It is an account of another currency.
    OtherCurrency,
}

/// The currency's prefix of account texts: 2 to 12 lower-case letters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Prefix(Hrp);

impl Prefix {
    /// The prefix, or `None` when it is not 2 to 12 lower-case letters.
    pub fn new(text: &str) -> Option<Prefix> {
        let plain = (2..=12).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase());
        plain.then(|| Hrp::parse(text).ok()).flatten().map(Prefix)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_mistyped_character_of_an_account_is_noticed() {
        let prefix = Prefix::new("liard").expect("a prefix");
        let text = AccountId([7; 16]).to_text(&prefix);
        assert_eq!(AccountId::from_text(&text, &prefix), Ok(AccountId([7; 16])));
        for position in 0..text.len() {
            let mut wrong = text.clone().into_bytes();
            wrong[position] = if wrong[position] == b'q' { b'p' } else { b'q' };
            let wrong = String::from_utf8(wrong).expect("text");
            assert!(AccountId::from_text(&wrong, &prefix).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_account_of_another_currency_is_told_apart_from_a_typing_error() {
        let (here, there) = (Prefix::new("liard").expect("a prefix"), Prefix::new("eusko").expect("a prefix"));
        let text = AccountId([7; 16]).to_text(&there);
        assert_eq!(AccountId::from_text(&text, &here), Err(AccountTextError::OtherCurrency));
    }

    #[test]
    fn decoded_keys_are_kept_while_they_are_used_and_never_more_than_the_limit() {
        let keys = DecodedKeys::default();
        let key = |number: u32| {
            let mut secret = [1; 32];
            secret[..4].copy_from_slice(&number.to_le_bytes());
            DecodedKey(ed25519_dalek::SigningKey::from_bytes(&secret).verifying_key())
        };
        let first = key(0);
        keys.keep(&first);
        let filler = key(1);
        for number in 0..MAX_DECODED as u32 {
            let mut halves = keys.0.write().unwrap();
            let mut name = [2; 32];
            name[..4].copy_from_slice(&number.to_le_bytes());
            let room = halves[0].len() + 1 < MAX_DECODED / 2;
            if room {
                halves[0].insert(name, filler.clone());
            }
            drop(halves);
            if !room {
                keys.keep(&filler);
                assert!(keys.find(first.public().as_bytes()).is_some(), "what is asked for stays");
            }
            let halves = keys.0.read().unwrap();
            assert!(halves[0].len() + halves[1].len() <= MAX_DECODED);
        }
        assert!(keys.find(key(9).public().as_bytes()).is_none());
    }

    #[test]
    fn a_key_of_small_order_is_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert!(PublicKey::from_bytes(&identity).is_none());
        assert!(PublicKey::from_bytes(&[0; 32]).is_none());
    }

    #[test]
    fn a_key_that_is_not_written_canonically_is_refused() {
        let mut above_the_prime = [0xff; 32];
        above_the_prime[0] = 0xf0;
        above_the_prime[31] = 0x7f;
        assert!(PublicKey::from_bytes(&above_the_prime).is_none());
    }
}
