//! Keys, hashes and account ids: the fixed-size names of the ledger, and the one predicate that decides on a signature.

use bech32::{Bech32m, Hrp};
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};
use std::fmt;

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

/// An Ed25519 public key that is known to be a point of large order. Cheap to copy and to compare.
///
/// The curve point is decoded once, when the key enters the program, because decoding costs a tenth of a verification.
#[derive(Clone, Copy)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// The key with these 32 bytes (RFC 8032 §5.1.3), or `None` when they are no canonical point or one of small order, under
    /// which anybody could make signatures.
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<PublicKey> {
        let key = VerifyingKey::from_bytes(bytes).ok()?;
        let canonical = key.to_bytes() == *bytes && key.to_edwards().compress().to_bytes() == *bytes;
        (canonical && !key.is_weak()).then_some(PublicKey(key))
    }

    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<PublicKey> {
        PublicKey::from_bytes(&Hash32::from_hex(text)?.0)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// True when `signature` is this key's over `message`. The only predicate on signatures, everywhere and for ever
    /// (`verify_strict`: one answer for each signature, in batches or alone).
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }

    /// The key as the signature library knows it.
    pub fn verifying_key(&self) -> VerifyingKey {
        self.0
    }
}

impl From<VerifyingKey> for PublicKey {
    /// A key of our own making.
    fn from(key: VerifyingKey) -> PublicKey {
        PublicKey(key)
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &PublicKey) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for PublicKey {}

impl std::borrow::Borrow<[u8; 32]> for PublicKey {
    fn borrow(&self) -> &[u8; 32] {
        self.as_bytes()
    }
}

impl PartialOrd for PublicKey {
    fn partial_cmp(&self, other: &PublicKey) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PublicKey {
    fn cmp(&self, other: &PublicKey) -> std::cmp::Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl std::hash::Hash for PublicKey {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
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
