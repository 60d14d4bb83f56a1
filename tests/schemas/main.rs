//! Writes samples of every payment file to `target/schemas/`, where `tests/schemas/check.py` holds them to the ISO 20022 schemas and
//! reads them with a reader that knows nothing of this program. Beside each sample stands what has to be in it.

#![allow(clippy::unwrap_used)]

use fund_office::pain::{
    Collection, CreditTransfer, CreditTransferVersion, DirectDebit, DirectDebitVersion, Party, Payment, payee,
};
use ledger::coverage::Date;
use std::fs;
use std::path::{Path, PathBuf};

const HOLDER: &str = "FR7630006000011234567890189";
const IBANS: [&str; 4] =
    ["FR1420041010050500013M02606", "DE89370400440532013000", "BE68539007547034", "MC5811222000010123456789030"];
/// Names as members type them. Of some nothing can be written, and they have to be left out.
const NAMES: [&str; 14] = [
    "Épicerie du Coin — Chez Zoé",
    "Le Cœur & l’Œuvre",
    "Straße ẞ Müller",
    "مخبز الحي",
    "😀",
    "Café 😀 <Soleil> & \"Lune\"",
    "<![CDATA[x]]>&amp;&#0;",
    "]]></Nm><Nm>Mallory",
    "E\u{301}cole nai\u{308}ve",
    "//",
    "Καφενείο Αθήνα",
    "Пекарня Ящерица",
    "a",
    "  tab\tnew\nline\u{0}nul\u{85}\u{2028}  ",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("../schemas")
}

fn names() -> Vec<String> {
    let long =
        ["é".repeat(200), "œ".repeat(200), format!("{} {}", "x".repeat(69), "y".repeat(130)), format!("z{}", "&".repeat(199))];
    NAMES.iter().map(|name| (*name).to_owned()).chain(long).collect()
}

fn party(bic: Option<&str>) -> Party {
    Party { name: "Association « Monnaie d’Été »".into(), iban: HOLDER.into(), bic: bic.map(str::to_owned) }
}

/// Amounts from a cent to the largest that the scheme allows.
fn cents(place: usize) -> u64 {
    [1, 99, 100, 12_30, 999, 1_000_000, 99_999_999_999][place % 7]
}

/// What the files have to hold, as `check.py` reads it: how many payments, and their sum in cents.
fn write(name: &str, xml: &str, payments: usize, sum: u64) {
    let folder = folder();
    fs::write(folder.join(format!("{name}.xml")), xml).unwrap();
    fs::write(folder.join(format!("{name}.expected")), format!("{payments} {sum}\n")).unwrap();
}

#[test]
fn samples_of_every_payment_file_are_written_for_the_schemas() {
    let folder = folder();
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).unwrap();
    let written: Vec<String> = names().into_iter().filter(|name| payee(name, HOLDER).is_ok()).collect();
    assert_eq!(names().len() - written.len(), 3, "of three names nothing is left");
    for bic in [None, Some("AGRIFRPP")] {
        for count in [1, written.len(), 200] {
            credit_transfers(&written, count, bic);
            direct_debits(&written, count, bic);
        }
    }
}

fn credit_transfers(names: &[String], count: usize, bic: Option<&str>) {
    let payment = |place: usize| Payment {
        end_to_end: format!("RED-{}-7", 1_000 + place),
        cents: cents(place),
        name: names[place % names.len()].clone(),
        iban: IBANS[place % IBANS.len()].into(),
        bic: bic.map(str::to_owned),
        text: names[(place + 1) % names.len()].repeat(3),
    };
    let file = CreditTransfer {
        message_id: "RED-7-1795357628000".into(),
        created: 1_795_357_628_000,
        debtor: party(bic),
        execution: Date::parse("2026-11-23").unwrap(),
        payments: (0..count).map(payment).collect(),
    };
    let sum = file.payments.iter().map(|payment| payment.cents).sum();
    for (version, name) in [(CreditTransferVersion::V09, "pain.001.001.09"), (CreditTransferVersion::V03, "pain.001.001.03")] {
        let name = format!("{name}-{count}-{}", bic.map_or("iban-only", |_| "bic"));
        write(&name, &file.xml(version).unwrap(), count, sum);
    }
}

fn direct_debits(names: &[String], count: usize, bic: Option<&str>) {
    let collection = |place: usize| Collection {
        end_to_end: format!("DD-7-{place}"),
        cents: cents(place),
        name: names[place % names.len()].clone(),
        iban: IBANS[place % IBANS.len()].into(),
        mandate: format!("LIARD-{place:028}"),
        signed: Date::parse("2026-02-28").unwrap(),
        first: place % 3 == 1,
        text: names[(place + 2) % names.len()].clone(),
    };
    let file = DirectDebit {
        message_id: "DD-7-1795357628000".into(),
        created: 1_795_357_628_000,
        creditor: party(bic),
        creditor_id: "FR72ZZZ123456".into(),
        collection: Date::parse("2026-12-07").unwrap(),
        collections: (0..count).map(collection).collect(),
    };
    let sum = file.collections.iter().map(|collection| collection.cents).sum();
    for (version, name) in [(DirectDebitVersion::V08, "pain.008.001.08"), (DirectDebitVersion::V02, "pain.008.001.02")] {
        let name = format!("{name}-{count}-{}", bic.map_or("iban-only", |_| "bic"));
        write(&name, &file.xml(version).unwrap(), count, sum);
    }
}
