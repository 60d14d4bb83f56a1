//! The association's own bank accounts, as payment files name them.
//!
//! The journal knows only hashes of their IBANs. The one that members convert to stands in the settings; any other is known once a
//! statement of it was imported.

use crate::BankSettings;
use crate::error::Problem;
use crate::intake;
use crate::pain::Party;
use ledger::account::{Bank, BankNumber, Medium};
use ledger::key::Hash32;
use ledger::ledger::Ledger;

const NOT_DIGITAL: Problem =
    Problem::Conflict("bank_not_digital", "This bank account is the paper fund's: digital units are paid from the digital fund.");
const IBAN_UNKNOWN: Problem =
    Problem::Conflict("bank_iban_unknown", "The IBAN of this bank account is not known yet: import a statement of it first.");

/// A bank account of the digital fund, by its number.
pub fn digital(ledger: &Ledger, number: BankNumber) -> Result<Bank, Problem> {
    let durable = ledger.durable();
    let bank = durable.state.books().bank(number).ok_or(Problem::BankUnknown)?;
    if bank.medium == Medium::Digital { Ok(*bank) } else { Err(NOT_DIGITAL) }
}

/// Holder, IBAN and, where it is known, BIC of a bank account.
pub fn party(ledger: &Ledger, settings: &BankSettings, bank: &Bank) -> Result<Party, Problem> {
    if is_of(bank, &settings.iban) {
        return Ok(Party { name: settings.holder.clone(), iban: settings.iban.clone(), bic: settings.bic.clone() });
    }
    let iban = intake::iban_of(ledger, bank.number)?.ok_or(IBAN_UNKNOWN)?;
    Ok(Party { name: settings.holder.clone(), iban, bic: None })
}

fn is_of(bank: &Bank, iban: &str) -> bool {
    crate::iban::normalised(iban).is_some_and(|iban| Hash32::of(iban.as_bytes()) == bank.iban)
}
