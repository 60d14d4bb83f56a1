//! Who works at a shop's tills and what the shop lets them do, and how much a till takes without network.
//!
//! The ledger knows a cashier as a key of scope `till` with a sum that may go back each day; what is beyond that, the till's page asks
//! here. Only the shop's own key gives rights.

pub mod wire;

use crate::enrolment;
use crate::error::Refusal;
use crate::settings::{Part, Who};
use ledger::amount::MAX_AMOUNT;
use ledger::key::PublicKey;
use wire::{Limits, People};

/// A shop has at most so many cashiers at once: a large supermarket's.
const MAX_CASHIERS: usize = 200;

impl Part for People {
    const NAME: &'static str = "people";
    const WHO: Who = Who::Full;
    const IN_WALLETS: bool = true;

    fn check(&self) -> Result<(), Refusal> {
        if self.cashiers.len() > MAX_CASHIERS {
            return Err(Refusal::Malformed("A shop has at most 200 cashiers."));
        }
        for (place, cashier) in self.cashiers.iter().enumerate() {
            if PublicKey::from_hex(&cashier.key).is_none() {
                return Err(Refusal::Malformed("A cashier's key is no sound Ed25519 public key."));
            }
            if self.cashiers[..place].iter().any(|before| before.key == cashier.key) {
                return Err(Refusal::Malformed("A cashier's key stands twice in the list."));
            }
            enrolment::label(&cashier.name)?;
        }
        Ok(())
    }
}

impl Part for Limits {
    const NAME: &'static str = "limits";
    const WHO: Who = Who::Till;

    fn check(&self) -> Result<(), Refusal> {
        let sound = |limit: Option<u64>| limit.is_none_or(|cents| cents <= MAX_AMOUNT);
        let message = "A limit is a whole number of cents up to 10^12, or null.";
        if sound(self.per_ticket) && sound(self.per_day) { Ok(()) } else { Err(Refusal::Malformed(message)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::Cashier;

    fn cashier(seed: u8, name: &str) -> Cashier {
        let key: PublicKey = ledger::SigningKey::from_bytes(&[seed; 32]).verifying_key().into();
        Cashier { key: key.to_string(), name: name.into(), refund: true, discount: false, close: false, settings: false }
    }

    #[test]
    fn a_cashier_has_a_sound_key_once_and_a_name() {
        let good = |cashiers: Vec<Cashier>| People { cashiers }.check().is_ok();
        assert!(good(vec![]) && good(vec![cashier(1, "Maite"), cashier(2, "Amina")]));
        assert!(!good(vec![cashier(1, "Maite"), cashier(1, "Amina")]));
        assert!(!good(vec![cashier(1, "")]));
        assert!(!good(vec![Cashier { key: "00".repeat(32), ..cashier(1, "Maite") }]));
        assert!(!good((0..=200).map(|seed| cashier(seed, "x")).collect()));
    }

    #[test]
    fn a_limit_is_an_amount_or_none() {
        assert!(Limits::default().check().is_ok());
        assert!(Limits { per_ticket: Some(2_000), per_day: Some(0) }.check().is_ok());
        assert!(Limits { per_ticket: None, per_day: Some(MAX_AMOUNT + 1) }.check().is_err());
    }
}
