//! The name of a bank's credit in the journal: the same for the same euros, whatever file repeats them and whoever types them, and it tells
//! nothing of the bank's papers.
//!
//! ```text
//! credit = HMAC-SHA-256(secret, bank:u16 ‖ reference)              the secret is the file secrets/credit.key
//! ```
//! The reference is the bank's own for the booking (`AcctSvcrRef` of camt, `FITID` of OFX), without spaces at its ends. A single payment within a
//! booking of several is `reference#n`, counted from 1. Bookings to which the bank gives no reference have names that cannot be typed
//! ([`unreferenced`]).

use ledger::account::BankNumber;
use ledger::key::Hash32;

/// No text has this byte, so that no typed reference is such a name.
const UNTYPED: u8 = 0xff;

/// HMAC-SHA-256 (RFC 2104), for names that only the holder of a secret can compute again.
pub fn keyed_hash(secret: &[u8], message: &[u8]) -> Hash32 {
    let mut block = [0; 64];
    match block.get_mut(..secret.len()) {
        Some(start) => start.copy_from_slice(secret),
        None => block[..32].copy_from_slice(&Hash32::of(secret).0),
    }
    let pad = |byte: u8| block.map(|b| b ^ byte);
    let inner = Hash32::of(&[&pad(0x36)[..], message].concat());
    Hash32::of(&[&pad(0x5c)[..], &inner.0].concat())
}

/// The name of the credit that the bank calls by this reference.
pub fn credit_hash(secret: &[u8], bank: BankNumber, reference: &str) -> Hash32 {
    keyed_hash(secret, &[&bank.to_be_bytes()[..], reference.trim().as_bytes()].concat())
}

/// The name of a booking to which the bank gives no reference of its own, from what tells it apart.
pub fn unreferenced(secret: &[u8], bank: BankNumber, told_apart_by: &[&str]) -> Hash32 {
    let mut message = [&bank.to_be_bytes()[..], &[UNTYPED]].concat();
    for part in told_apart_by {
        message.extend_from_slice(part.as_bytes());
        message.push(UNTYPED);
    }
    keyed_hash(secret, &message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keyed_hash_is_hmac_sha_256() {
        // RFC 4231, test cases 2 and 6.
        let hash = keyed_hash(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(hash.to_string(), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let hash = keyed_hash(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(hash.to_string(), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    }

    #[test]
    fn a_credit_has_one_name_per_bank_and_reference() {
        let name = credit_hash(b"secret", 1, "VIR 123");
        assert_eq!(name, credit_hash(b"secret", 1, "  VIR 123 "));
        assert_ne!(name, credit_hash(b"secret", 2, "VIR 123"));
        assert_ne!(name, credit_hash(b"other", 1, "VIR 123"));
        assert_ne!(name, unreferenced(b"secret", 1, &["VIR 123"]));
        assert_ne!(unreferenced(b"secret", 1, &["a", "b"]), unreferenced(b"secret", 1, &["ab", ""]));
    }
}
