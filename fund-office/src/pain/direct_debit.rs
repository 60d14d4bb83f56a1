//! pain.008: what the association collects from members who signed a mandate (SEPA Core).

use super::{Party, WriteError, all_differ, cents, day, instant, payee, text};
use ledger::coverage::Date;
use sepa::{
    CharsetPolicy, DirectDebitEntry, DirectDebitGroup, DirectDebitSchema, Pain008Builder, SequenceType, validate_creditor_id,
};

/// Which version of the format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Version {
    /// pain.008.001.08, in force since November 2023.
    V08,
    /// pain.008.001.02, which some banks still want.
    V02,
}

/// A file of direct debits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DirectDebit {
    /// By this the bank knows a file that it has had before; at most 35 characters.
    pub message_id: String,
    /// When the file was first made, in milliseconds since 1970.
    pub created: u64,
    /// Who collects.
    pub creditor: Party,
    /// Its SEPA creditor identifier (ICS).
    pub creditor_id: String,
    /// On which day.
    pub collection: Date,
    /// What is collected; at least one.
    pub collections: Vec<Collection>,
}

/// One direct debit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Collection {
    /// Comes back in every answer of the banks; at most 35 characters, and no other collection's.
    pub end_to_end: String,
    /// Euro cents, above zero.
    pub cents: u64,
    /// Whose account it comes from.
    pub name: String,
    /// The account.
    pub iban: String,
    /// The mandate's reference (RUM).
    pub mandate: String,
    /// The day on which the mandate was signed.
    pub signed: Date,
    /// The first one under its mandate.
    pub first: bool,
    /// What the member reads.
    pub text: String,
}

impl DirectDebit {
    /// The file: the first collections of mandates in one group, the recurrent ones in another.
    ///
    /// # Errors
    ///
    /// What of it no bank would take.
    pub fn xml(&self, version: Version) -> Result<String, WriteError> {
        all_differ(self.collections.iter().map(|collection| &collection.end_to_end))?;
        let (name, iban, bank) = self.creditor.checked()?;
        let wrong = |_| WriteError::CreditorId(self.creditor_id.clone());
        let creditor_id = validate_creditor_id(&self.creditor_id).map_err(wrong)?;
        let schema = match version {
            Version::V08 => DirectDebitSchema::IsoV8,
            Version::V02 => DirectDebitSchema::IsoV2,
        };
        let file = Pain008Builder::new(&name, &self.message_id).created_at(instant(self.created)?).schema(schema);
        let mut file = file.charset(CharsetPolicy::Strict);
        for (first, sequence) in [(true, SequenceType::Frst), (false, SequenceType::Rcur)] {
            let mut group = DirectDebitGroup::new(&name, &iban, &creditor_id, day(self.collection)?).sequence_type(sequence);
            if let Some(bank) = &bank {
                group = group.creditor_bic(bank.clone());
            }
            for collection in self.collections.iter().filter(|collection| collection.first == first) {
                group = group.add_entry(collection.entry()?);
            }
            if group.entry_count() > 0 {
                file = file.add_group(group);
            }
        }
        Ok(file.build()?)
    }
}

impl Collection {
    fn entry(&self) -> Result<DirectDebitEntry, WriteError> {
        let (name, iban) = payee(&self.name, &self.iban)?;
        let signed = day(self.signed)?;
        let entry = DirectDebitEntry::new(&self.mandate, signed, name, iban, cents(self.cents)?, &self.end_to_end);
        let text = text::remittance(&self.text);
        Ok(if text.is_empty() { entry } else { entry.with_description(text) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> DirectDebit {
        let collection = |end_to_end: &str, first| Collection {
            end_to_end: end_to_end.into(),
            cents: 2_050,
            name: "Zoé".into(),
            iban: "FR1420041010050500013M02606".into(),
            mandate: "LIARD-1".into(),
            signed: Date::parse("2026-11-01").unwrap(),
            first,
            text: "Conversion".into(),
        };
        DirectDebit {
            message_id: "DD-1-1795357628".into(),
            created: 1_795_357_628_000,
            creditor: Party { name: "Association".into(), iban: "FR7630006000011234567890189".into(), bic: None },
            creditor_id: "FR72ZZZ123456".into(),
            collection: Date::parse("2026-12-07").unwrap(),
            collections: vec![collection("DD-1-1", false), collection("DD-1-2", true), collection("DD-1-3", false)],
        }
    }

    #[test]
    fn first_and_recurrent_collections_stand_in_groups_of_their_own() {
        for (version, name) in [(Version::V08, "xsd:pain.008.001.08"), (Version::V02, "xsd:pain.008.001.02")] {
            let xml = file().xml(version).unwrap();
            assert_eq!(xml, file().xml(version).unwrap());
            assert!(xml.contains(name), "{xml}");
            let first = xml.find("<SeqTp>FRST</SeqTp>").unwrap();
            let recurrent = xml.find("<SeqTp>RCUR</SeqTp>").unwrap();
            let place = |end_to_end: &str| xml.find(&format!("<EndToEndId>{end_to_end}<")).unwrap();
            assert!(first < place("DD-1-2") && place("DD-1-2") < recurrent);
            assert!(recurrent < place("DD-1-1") && place("DD-1-1") < place("DD-1-3"));
            for part in ["<NbOfTxs>3</NbOfTxs>", "<CtrlSum>61.50</CtrlSum>", "<MndtId>LIARD-1</MndtId>", "FR72ZZZ123456", "CORE"]
            {
                assert!(xml.contains(part), "{part} is not in {xml}");
            }
        }
    }

    #[test]
    fn a_mandate_that_is_younger_than_its_collection_and_a_wrong_creditor_are_refused() {
        let mut young = file();
        young.collections[0].signed = Date::parse("2026-12-08").unwrap();
        assert_eq!(young.xml(Version::V08).unwrap_err().code(), "format_refused");
        let foreign = DirectDebit { creditor_id: "FR73ZZZ123456".into(), ..file() };
        assert_eq!(foreign.xml(Version::V08).unwrap_err(), WriteError::CreditorId("FR73ZZZ123456".into()));
    }
}
