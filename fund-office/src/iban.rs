//! IBANs, as the whole program reads them.

pub use ledger::orders::iban as normalised;
