//! pain.001: what the association asks its bank to pay.

use super::{Party, WriteError, all_differ, bic, cents, day, instant, payee, text};
use ledger::coverage::Date;
use sepa::{CharsetPolicy, CreditTransferEntry, CreditTransferGroup, CreditTransferSchema, Pain001Builder};

/// Which version of the format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Version {
    /// pain.001.001.09, in force since November 2023.
    V09,
    /// pain.001.001.03, which some banks still want.
    V03,
}

/// A file of credit transfers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CreditTransfer {
    /// By this the bank knows a file that it has had before; at most 35 characters.
    pub message_id: String,
    /// When the file was first made, in milliseconds since 1970.
    pub created: u64,
    /// Who pays.
    pub debtor: Party,
    /// On which day.
    pub execution: Date,
    /// What is paid; at least one.
    pub payments: Vec<Payment>,
}

/// One credit transfer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Payment {
    /// Comes back in every answer of the banks; at most 35 characters, and no other payment's.
    pub end_to_end: String,
    /// Euro cents, above zero.
    pub cents: u64,
    /// Whose account it goes to.
    pub name: String,
    /// The account.
    pub iban: String,
    /// Its bank, where it is known.
    pub bic: Option<String>,
    /// What the payee reads.
    pub text: String,
}

impl CreditTransfer {
    /// The file.
    ///
    /// # Errors
    ///
    /// What of it no bank would take.
    pub fn xml(&self, version: Version) -> Result<String, WriteError> {
        all_differ(self.payments.iter().map(|payment| &payment.end_to_end))?;
        let (name, iban, bank) = self.debtor.checked()?;
        let mut group = CreditTransferGroup::new(&name, &iban, day(self.execution)?);
        if let Some(bank) = bank {
            group = group.debtor_bic(bank);
        }
        for payment in &self.payments {
            group = group.add_entry(payment.entry()?);
        }
        let schema = match version {
            Version::V09 => CreditTransferSchema::IsoV9,
            Version::V03 => CreditTransferSchema::IsoV3,
        };
        let file = Pain001Builder::new(&name, &self.message_id).created_at(instant(self.created)?).schema(schema);
        // Names are written here; what a bank could still not read is refused instead of being changed once more.
        Ok(file.charset(CharsetPolicy::Strict).add_group(group).build()?)
    }
}

impl Payment {
    fn entry(&self) -> Result<CreditTransferEntry, WriteError> {
        let (name, iban) = payee(&self.name, &self.iban)?;
        let mut entry = CreditTransferEntry::new(name, iban, cents(self.cents)?, &self.end_to_end);
        if let Some(bank) = bic(self.bic.as_deref())? {
            entry = entry.with_bic(bank);
        }
        let text = text::remittance(&self.text);
        Ok(if text.is_empty() { entry } else { entry.with_description(text) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> CreditTransfer {
        let payment = |end_to_end: &str, cents, name: &str| Payment {
            end_to_end: end_to_end.into(),
            cents,
            name: name.into(),
            iban: "FR14 2004 1010 0505 0001 3M02 606".into(),
            bic: None,
            text: "Rachat & intérêt".into(),
        };
        CreditTransfer {
            message_id: "RED-1-1795357628".into(),
            created: 1_795_357_628_000,
            debtor: Party { name: "Association Été".into(), iban: "FR7630006000011234567890189".into(), bic: None },
            execution: Date::parse("2026-11-23").unwrap(),
            payments: vec![payment("RED-17-1", 1_230, "Le Cœur"), payment("RED-18-1", 99_999_999_999, "Straße")],
        }
    }

    #[test]
    fn the_same_values_give_the_same_bytes() {
        for version in [Version::V09, Version::V03] {
            let first = file().xml(version).unwrap();
            assert_eq!(first, file().xml(version).unwrap());
            for part in [
                "<NbOfTxs>2</NbOfTxs>",
                "<CtrlSum>1000000012.29</CtrlSum>",
                "<CreDtTm>2026-11-22T14:27:08Z</CreDtTm>",
                "<InstdAmt Ccy=\"EUR\">12.30</InstdAmt>",
                "<Nm>Association Ete</Nm>",
                "<Nm>Le Coeur</Nm>",
                "<IBAN>FR1420041010050500013M02606</IBAN>",
                "<Ustrd>Rachat + interet</Ustrd>",
                "<EndToEndId>RED-18-1</EndToEndId>",
            ] {
                assert!(first.contains(part), "{part} is not in {first}");
            }
            assert!(!first.contains("PstlAdr"));
        }
    }

    #[test]
    fn each_version_names_itself_the_day_and_the_bank_in_its_own_way() {
        let mut file = file();
        file.debtor.bic = Some("AGRIFRPP".into());
        let (new, old) = (file.xml(Version::V09).unwrap(), file.xml(Version::V03).unwrap());
        assert!(new.contains("xsd:pain.001.001.09") && new.contains("<Dt>2026-11-23</Dt>") && new.contains("<BICFI>AGRIFRPP"));
        assert!(old.contains("xsd:pain.001.001.03") && old.contains("<ReqdExctnDt>2026-11-23<") && old.contains("<BIC>AGRIFRPP"));
    }

    #[test]
    fn what_no_bank_would_take_is_not_written() {
        let wrong = |change: fn(&mut CreditTransfer)| {
            let mut file = file();
            change(&mut file);
            file.xml(Version::V09).unwrap_err().code()
        };
        assert_eq!(wrong(|file| file.payments.clear()), "format_refused");
        assert_eq!(wrong(|file| file.payments[0].cents = 0), "format_refused");
        assert_eq!(wrong(|file| file.payments[0].cents = u64::MAX), "format_refused");
        assert_eq!(wrong(|file| file.payments[0].end_to_end = "x".repeat(36)), "format_refused");
        assert_eq!(wrong(|file| file.payments[0].end_to_end = "RED-18-1".into()), "end_to_end_repeated");
        assert_eq!(wrong(|file| file.payments[1].iban = "FR7630006000011234567890188".into()), "iban_wrong");
        assert_eq!(wrong(|file| file.payments[1].name = "مخبز".into()), "name_unwritable");
        assert_eq!(wrong(|file| file.debtor.bic = Some("?".into())), "bic_wrong");
        assert_eq!(wrong(|file| file.message_id = "é".into()), "format_refused");
    }
}
