//! What a hook is sent, how it is signed, and when it is sent again. Pure.
//!
//! ```text
//! liard-signature: t=1795324042000,v1=<HMAC-SHA-256 of "t.body" under the hook's secret, hex>
//! ```
//! The time is under the signature and new with each attempt: who receives refuses what is older than five minutes, and what has an id
//! that came before.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The header that holds the signature.
pub const SIGNATURE_HEADER: &str = "liard-signature";
/// Who receives refuses what was signed longer ago than this.
pub const REPLAY_WINDOW_MS: u64 = 5 * 60_000;
/// The first wait before it is sent again; each further wait is three times as long.
const FIRST_WAIT_MS: u64 = 10_000;
/// The longest wait.
const LONGEST_WAIT_MS: u64 = 12 * 3_600_000;
/// After so many attempts, some four days, nothing more is sent of an event.
pub const MAX_ATTEMPTS: u32 = 15;

/// The value of the header.
pub fn signature(secret: &str, time: u64, body: &[u8]) -> String {
    format!("t={time},v1={}", hex::encode(code(secret, time, body)))
}

fn code(secret: &str, time: u64, body: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(format!("{time}.").as_bytes());
    mac.update(body);
    mac.finalize().into_bytes().into()
}

/// When an event is sent again that was sent so often in vain; `None` when it is given up. The waits of two events differ by up to a
/// tenth, so that a machine that comes back is not called by all at once.
pub fn next_attempt(attempts: u32, now: u64, event: &[u8; 16]) -> Option<u64> {
    if attempts >= MAX_ATTEMPTS {
        return None;
    }
    let wait = FIRST_WAIT_MS.saturating_mul(3u64.saturating_pow(attempts.saturating_sub(1))).min(LONGEST_WAIT_MS);
    Some(now + wait + wait / 10 * u64::from(event[0]) / 255)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_that_of_the_standard() {
        // RFC 4231, test case 2.
        let mut mac = Hmac::<Sha256>::new_from_slice(b"Jefe").unwrap();
        mac.update(b"what do ya want for nothing?");
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hex::encode(mac.finalize().into_bytes()), expected);
    }

    #[test]
    fn time_body_and_secret_are_under_the_signature() {
        let signed = signature("whsec_a", 7, b"{}");
        assert!(signed.starts_with("t=7,v1=") && signed.len() == 7 + 64);
        assert_eq!(signed, signature("whsec_a", 7, b"{}"));
        for other in [signature("whsec_b", 7, b"{}"), signature("whsec_a", 8, b"{}"), signature("whsec_a", 7, b"{ }")] {
            assert_ne!(signed, other);
        }
    }

    #[test]
    fn waits_grow_up_to_half_a_day_and_end_after_some_days() {
        let mut now = 0;
        let mut waits = Vec::new();
        while let Some(next) = next_attempt(u32::try_from(waits.len()).unwrap() + 1, now, &[0; 16]) {
            waits.push((next - now) / 1_000);
            now = next;
        }
        assert_eq!(waits.len() as u32, MAX_ATTEMPTS - 1);
        assert_eq!(waits[..9], [10, 30, 90, 270, 810, 2_430, 7_290, 21_870, 43_200]);
        assert!((3..5).contains(&(now / 86_400_000)));
        assert!(next_attempt(1, 0, &[255; 16]).unwrap() == 11_000 && next_attempt(MAX_ATTEMPTS, 0, &[0; 16]).is_none());
    }
}
