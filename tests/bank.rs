//! Banks' files, through the program: every format as a bank may write it, and what is no bank file refused in words.
//!
//! Beside each file in `fixtures/bank` stands what `liard bank inspect --json` prints of it.

#![allow(clippy::unwrap_used)]

#[path = "fuzz/src/bank_file.rs"]
mod bank_file;

use bank_file::bank_file;
use fund_office::bank::{self, MAX_DEPTH, MAX_FILE_BYTES, Unreadable};
use proptest::prelude::*;
use proptest::sample::Index;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/bank");

/// The banks' files among the fixtures.
fn files() -> Vec<PathBuf> {
    let ours =
        |path: &PathBuf| path.extension().is_some_and(|ending| ["xml", "txt", "ofx", "csv"].iter().any(|known| ending == *known));
    let mut files: Vec<_> = fs::read_dir(FIXTURES).unwrap().map(|entry| entry.unwrap().path()).filter(ours).collect();
    files.sort();
    assert!(files.len() > 15);
    files
}

fn inspect(file: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_liard"));
    command.args(["bank", "inspect"]).arg(file).args(more).stdin(Stdio::null());
    let mapping = file.with_extension("toml");
    if mapping.exists() {
        command.arg("--mapping").arg(mapping);
    }
    command.output().unwrap()
}

/// What the program says of a file that it refuses.
fn refusal(name: &str, bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    fs::write(&file, bytes).unwrap();
    let told = inspect(&file, &["--json"]);
    let words = String::from_utf8(told.stderr).unwrap();
    assert_eq!(told.status.code(), Some(1), "{name} is read");
    assert!(told.stdout.is_empty(), "{name}: something of it is printed");
    let (_, sentence) = words.split_once(&format!("{name}: ")).unwrap_or_else(|| panic!("{words}"));
    sentence.trim_end().to_owned()
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(FIXTURES).join(name)).unwrap()
}

fn text_of(name: &str) -> String {
    String::from_utf8(fixture(name)).unwrap()
}

#[test]
fn every_format_is_read_to_the_last_field() {
    for file in files() {
        let told = inspect(&file, &["--json"]);
        let words = String::from_utf8_lossy(&told.stderr).into_owned();
        assert!(told.status.success() && words.is_empty(), "{}: {words}", file.display());
        let golden = fs::read_to_string(format!("{}.jsonl", file.display())).unwrap();
        assert_eq!(String::from_utf8(told.stdout).unwrap(), golden, "{}", file.display());
    }
}

#[test]
fn line_breaks_do_not_change_a_cfonb_file() {
    assert_eq!(text_of("cfonb120.txt.jsonl"), text_of("cfonb120.in-one-piece.txt.jsonl"));
}

#[test]
fn a_person_reads_a_table_that_says_what_does_not_add_up() {
    let told = inspect(&Path::new(FIXTURES).join("camt053.04.xml"), &[]);
    let table = String::from_utf8(told.stdout).unwrap();
    for words in [
        "camt.053.001.04",
        "opening 100.00",
        "the lines make the difference",
        "batch whose details do not add up",
        "RF18539007547034",
    ] {
        assert!(table.contains(words), "{words} is not in:\n{table}");
    }
    let told = inspect(&Path::new(FIXTURES).join("camt053.03.xml"), &[]);
    assert!(String::from_utf8(told.stdout).unwrap().contains("THE LINES DO NOT MAKE THE DIFFERENCE"));
}

#[test]
fn what_is_wrong_with_a_file_is_said_in_words() {
    let camt = text_of("camt053.02.xml");
    let with = |from: &str, to: &str| {
        let changed = camt.replacen(from, to, 1);
        assert_ne!(changed, camt, "{from} is not in the file");
        changed.into_bytes()
    };
    let doctype =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE Document [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;\">]>";
    let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    let deep = format!("{}{}", "<a>".repeat(MAX_DEPTH + 1), "</a>".repeat(MAX_DEPTH + 1));
    let cfonb = text_of("cfonb120.in-one-piece.txt");
    let cfonb_with = |from: &str, to: &str| cfonb.replacen(from, to, 1).into_bytes();
    let ofx = text_of("ofx2.xml.ofx");
    let utf_16: Vec<u8> = camt.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let rows: Vec<(&str, Vec<u8>, &str)> = vec![
        ("empty.xml", vec![], "the file is empty"),
        ("blank.txt", b" \r\n\t\n".to_vec(), "the file is empty"),
        ("doctype.xml", with(declaration, doctype), "line 2: the file has a DOCTYPE"),
        ("entity.xml", with("Boulangerie", "&lol;"), "the entity '&lol;' is not taken"),
        ("null.xml", with("Boulangerie", "&#0;"), "is not taken"),
        ("bell.xml", with("Boulangerie", "&#7;"), "the entity '&#7;' is not taken"),
        ("deep.xml", deep.into_bytes(), "elements go deeper than 32"),
        ("escape.xml", with("Boulangerie", "\u{1b}[2J"), "there is a control character (U+001B)"),
        ("crossed.xml", with("</Ntry>", "</Bal>"), "this is no well-formed XML"),
        ("two.xml", [camt.as_bytes(), b"<Document/>"].concat(), "there are two documents in one file"),
        ("after.xml", [camt.as_bytes(), b"and so on"].concat(), "there is text outside of the document"),
        ("other.xml", b"<Document><FIToFICstmrCdtTrf/></Document>".to_vec(), "this is XML, but no bank statement"),
        (
            "none.xml",
            b"<Document><BkToCstmrStmt><GrpHdr/></BkToCstmrStmt></Document>".to_vec(),
            "there is no statement in this message",
        ),
        ("account.xml", with("<IBAN>FR7630006000011234567890189</IBAN>", ""), "this statement does not name its account"),
        ("exponent.xml", with(">50.000<", ">1e5<"), "line 24: '1e5' is no amount"),
        ("negative.xml", with(">50.000<", ">-50.00<"), "line 24: '-50.00' is no amount"),
        ("part.xml", with(">50.000<", ">50.001<"), "line 24: the amount 50.001 has a part of a cent"),
        (
            "large.xml",
            with(">50.000<", ">99999999999999.99<"),
            "line 24: the amount 99999999999999.99 is larger than any account",
        ),
        ("comma.xml", with(">50.000<", ">50,00<"), "line 24: '50,00' is no amount"),
        ("sign.xml", with("<CdtDbtInd>CRDT</CdtDbtInd><Sts>", "<Sts>"), "does not say whether it is credit or debit"),
        (
            "day.xml",
            with("<BookgDt><Dt>2026-11-20", "<BookgDt><Dt>2026-02-30"),
            "line 25: '2026-02-30' is no day of the calendar",
        ),
        ("currency.xml", with("<Amt Ccy=\"EUR\">50", "<Amt Ccy=\"euro\">50"), "'euro' is no currency"),
        (
            "latin.xml",
            with("Boulangerie", "Boulangerie \u{80}").into_iter().filter(|byte| *byte != 0xc2).collect(),
            "says that it is in UTF-8 and is not",
        ),
        ("wide.xml", with("UTF-8", "UTF-16"), "line 1: the file says that it is in UTF-16 and is not"),
        ("narrow.xml", utf_16.clone(), "line 1: the file says that it is in UTF-8 and is in UTF-16LE"),
        ("marked.xml", [&[0xff, 0xfe][..], &utf_16].concat(), "line 1: the file says that it is in UTF-8 and is in UTF-16LE"),
        ("mainframe.xml", with("UTF-8", "EBCDIC-FR"), "line 1: the file says that it is in 'EBCDIC-FR'"),
        ("archive.zip", b"PK\x03\x04rest".to_vec(), "this is a ZIP archive or a spreadsheet"),
        ("paper.pdf", b"%PDF-1.7".to_vec(), "this is a PDF"),
        ("mainframe.txt", [&[0xf0, 0xf1][..], &[0xf3; 118]].concat(), "this is in EBCDIC"),
        ("cut.txt", cfonb.as_bytes()[..cfonb.len() / 2].to_vec(), "cut off"),
        ("headless.txt", cfonb.as_bytes()[120..].to_vec(), "line 1: this record is outside of a statement (no 01 before it)"),
        (
            "amount.txt",
            cfonb_with("0000000000500{", "0000000000500x"),
            "line 2: '0000000000500x' is no amount (columns 91 to 104)",
        ),
        ("day.txt", cfonb_with("05201126", "05310226"), "line 2: '310226' is no day of the calendar (DDMMYY)"),
        (
            "stranger.txt",
            cfonb_with("0430006000100001EUR2 12345678901", "0430006000100001EUR2 12345678902"),
            "line 2: this record is of another account",
        ),
        ("kind.txt", cfonb_with("0430006", "0930006"), "line 2: '09' is no kind of record"),
        ("cut.ofx", ofx.as_bytes()[..ofx.len() - 10].to_vec(), "it was cut off"),
        (
            "doctype.ofx",
            ofx.replacen("<OFX>", "<!DOCTYPE OFX [<!ENTITY a \"b\">]>\n<OFX>", 1).into_bytes(),
            "line 3: the file has a DOCTYPE",
        ),
        ("amount.ofx", ofx.replacen(">50.00<", ">1e5<", 1).into_bytes(), "line 16: '1e5' is no amount"),
        ("open.ofx", ofx.replacen("</STMTTRN>", "", 1).into_bytes(), "line 13: <STMTTRN> has no end"),
        ("unknown.csv", b"a;b;c\n1;2;3\n4;5;6\n".to_vec(), "this table's columns are not known here ('a', 'b', 'c')"),
        (
            "open.csv",
            b"Date;Libelle;Montant\n20/11/2026;\"a;1,00\n21/11/2026;b;2,00\n".to_vec(),
            "line 2: a quotation mark is opened here and not closed",
        ),
        ("two-ways.csv", b"Date;Montant\n20/11/2026;1,50\n21/11/2026;1.50\n".to_vec(), "the numbers are written in two ways"),
        ("thousands.csv", b"Date;Montant\n20/11/2026;1,234\n".to_vec(), "'1,234' may be thousands or parts of a cent"),
        (
            "day.csv",
            b"Date;Montant\n20/11/2026;1,50\n31/02/2026;1,50\n".to_vec(),
            "line 3: the day in the column 'Date' cannot be read",
        ),
        ("cut.csv", b"Date;Montant;Libelle\n20/11/2026;1,50;a\n21/11/2026".to_vec(), "line 3: this row has a date and no amount"),
        ("both.csv", b"Date;Debit;Credit\n20/11/2026;1,50;2,50\n".to_vec(), "line 2: this row has a debit and a credit"),
        ("letter.txt", b"Dear bank,\nplease send the file.\n".to_vec(), "this is no bank file that is known here"),
    ];
    for (name, bytes, words) in rows {
        let said = refusal(name, &bytes);
        assert!(said.contains(words), "{name}: {said}");
    }
}

#[test]
fn a_table_that_nobody_has_described_says_how_to_describe_it() {
    let said = refusal("unknown.csv", b"a;b;c\n1;2;3\n4;5;6\n");
    assert!(said.contains("--mapping FILE") && said.contains("booking_date"), "{said}");
    let read = bank::read("unknown.csv", b"a;b;c\n1;2;3\n4;5;6\n", &[]);
    let Err(Unreadable::NeedsMapping { columns, rows }) = read else { panic!("{read:?}") };
    assert_eq!(
        (columns.len(), rows),
        (3, vec![vec!["1".to_owned(), "2".into(), "3".into()], vec!["4".into(), "5".into(), "6".into()]])
    );
}

#[test]
fn a_file_of_100_megabytes_is_refused_and_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("long.xml");
    fs::File::create(&file).unwrap().set_len(100_000_000).unwrap();
    let told = inspect(&file, &["--json"]);
    assert_eq!(told.status.code(), Some(1));
    assert!(told.stdout.is_empty() && String::from_utf8(told.stderr).unwrap().contains("larger than 20 MB"));
    let bytes = vec![b' '; usize::try_from(MAX_FILE_BYTES).unwrap() + 1];
    assert!(bank::read("long.xml", &bytes, &[]).unwrap_err().to_string().contains("larger than 20 MB"));
}

#[test]
fn a_file_of_the_largest_size_full_of_the_smallest_elements_is_refused() {
    let mut text = "<Document><BkToCstmrStmt><Stmt><Ntry>".to_owned();
    text.push_str(&"<a/>".repeat(usize::try_from(MAX_FILE_BYTES).unwrap() / 4 - 100));
    assert!(bank::read("full.xml", text.as_bytes(), &[]).unwrap_err().to_string().contains("elements"));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let told = inspect(Path::new("/nowhere/statement.xml"), &["--json"]);
    assert_eq!(told.status.code(), Some(1));
    assert!(told.stdout.is_empty() && String::from_utf8(told.stderr).unwrap().contains("could not read /nowhere/statement.xml"));
}

#[test]
fn a_file_that_was_cut_off_is_never_read_as_a_shorter_one() {
    for file in files().iter().filter(|file| file.extension().unwrap() != "csv") {
        let bytes = fs::read(file).unwrap();
        let whole = bank::read("", &bytes, &[]).unwrap();
        for length in (0..bytes.len()).step_by(7) {
            // A CFONB file has no end of its own: whole statements of its first accounts are a file.
            let Ok(cut) = bank::read("", &bytes[..length], &[]) else { continue };
            let whole = (&whole.statements, &whole.statuses);
            let first = whole.0.starts_with(&cut.statements) && *whole.1 == cut.statuses && !cut.statements.is_empty();
            assert!(first || (&cut.statements, &cut.statuses) == whole, "{} cut to {length} bytes", file.display());
        }
    }
}

/// A change of a fixture: somewhere, something else in place of so many bytes.
fn change() -> impl Strategy<Value = (Index, usize, Vec<u8>)> {
    let words = [
        "<Ntry>",
        "</Ntry>",
        "<",
        ">",
        "\"",
        ";",
        "\n",
        "99999999999",
        "-",
        "\u{0}",
        "é",
        "&#x10FFFF;",
        "]]>",
        "<!--",
        "01",
        "05",
    ];
    let words = prop::sample::select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec());
    (any::<Index>(), 0_usize..40, prop_oneof![words, prop::collection::vec(any::<u8>(), 0..8)])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_becomes_of_a_file_it_is_read_or_refused(place in any::<Index>(), changes in prop::collection::vec(change(), 1..6)) {
        let files = files();
        let mut bytes = fs::read(place.get(&files)).unwrap();
        for (at, length, new) in changes {
            let at = at.index(bytes.len() + 1);
            let end = (at + length).min(bytes.len());
            bytes.splice(at..end, new);
        }
        bank_file(&bytes);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        bank_file(&bytes);
    }
}
