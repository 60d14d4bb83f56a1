//! What holds of any bytes that somebody calls a bank's file.

use fund_office::bank::{self, Mapping};

/// They are refused in words, or read to lines whose amounts can be added and whose texts have an end; and twice the same.
pub fn bank_file(bytes: &[u8]) {
    let mappings = [Mapping { booking_date: "quand".into(), amount: Some("combien".into()), ..Mapping::default() }];
    let read = bank::read("file", bytes, &mappings);
    assert_eq!(read, bank::read("file", bytes, &mappings));
    match read {
        Err(why) => assert!(!why.to_string().is_empty()),
        Ok(file) => {
            for line in file.statements.iter().flat_map(|statement| &statement.lines) {
                assert!(line.amount.unsigned_abs() <= bank::MAX_CENTS.unsigned_abs());
                assert!(line.references.len() <= bank::MAX_REFERENCES && line.text.chars().count() <= bank::MAX_TEXT_CHARS);
                assert!(line.batch.is_none_or(|batch| batch.sum_matches == line.detail.is_some()));
            }
        }
    }
}
