//! What a file is, by what stands in it and not by its name; and its text, whatever bytes it is written in.

use super::xml::{Step, Xml};
use super::{File, Format, MAX_STATEMENTS, Mapping, Unreadable, camt, cfonb, csv, ofx, status};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::borrow::Cow;

/// The longest file: a year of a large account is some 5 MB of XML.
pub const MAX_FILE_BYTES: u64 = 20 * 1024 * 1024;
/// The text in which an XML declaration is looked for.
const DECLARATION_BYTES: usize = 200;

/// Reads a file, all of it or nothing. Its name is a hint only where the bank left the account out.
pub fn read(name: &str, bytes: &[u8], mappings: &[Mapping]) -> Result<File, Unreadable> {
    let file = recognised(name, bytes, mappings)?;
    if file.statements.len() > MAX_STATEMENTS {
        let why = format!("the file has more than {MAX_STATEMENTS} statements or accounts; ask the bank for shorter periods");
        return Err(Unreadable::file(why));
    }
    Ok(file)
}

fn recognised(name: &str, bytes: &[u8], mappings: &[Mapping]) -> Result<File, Unreadable> {
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_FILE_BYTES) {
        return Err(too_large());
    }
    known_from_elsewhere(bytes)?;
    let text = text(bytes)?;
    let text = text.trim_matches(['\u{feff}', '\u{1a}']);
    if text.trim().is_empty() {
        return Err(Unreadable::file("the file is empty: fetch it from the bank again"));
    }
    controls(text)?;
    if ofx::is_it(text) {
        let (format, statements) = ofx::read(text)?;
        return Ok(File { format, statements, statuses: Vec::new() });
    }
    if text.trim_start().starts_with('<') {
        return xml(text);
    }
    if cfonb::is_it(text) {
        return Ok(File { format: Format::Cfonb120, statements: cfonb::read(text)?, statuses: Vec::new() });
    }
    Ok(File { format: Format::Csv, statements: csv::read(name, text, mappings)?, statuses: Vec::new() })
}

/// What is said of a file that is too large.
pub fn too_large() -> Unreadable {
    let most = MAX_FILE_BYTES / 1024 / 1024;
    Unreadable::file(format!("the file is larger than {most} MB: ask the bank for shorter periods, and import them one by one"))
}

fn xml(text: &str) -> Result<File, Unreadable> {
    let mut xml = Xml::new(text);
    let (mut named, mut format) = (None, None);
    let (mut statements, mut statuses) = (Vec::new(), Vec::new());
    loop {
        match xml.step()? {
            Step::Open(tag) => {
                named = tag.message.clone().or(named);
                let version = named.as_deref().and_then(|name| name.rsplit('.').next()?.parse().ok());
                if let Some((found, kind)) = camt::message(&tag, version) {
                    format = format.or(Some(found));
                    camt::read(&mut xml, found, kind, &mut statements)?;
                } else if tag.name == status::MESSAGE {
                    format = format.or(Some(Format::Pain002 { version }));
                    status::read(&mut xml, &mut statuses)?;
                }
            }
            Step::Close => {}
            Step::End => break,
        }
    }
    let wanted = "camt.053, camt.054, camt.052 and pain.002 are read";
    let is = named.map_or_else(String::new, |name| format!(" (it says it is {})", documents::table::shown(&name)));
    let format = format.ok_or_else(|| Unreadable::file(format!("this is XML, but no bank statement{is}: {wanted}")))?;
    Ok(File { format, statements, statuses })
}

/// Words for files that people take for bank files.
fn known_from_elsewhere(bytes: &[u8]) -> Result<(), Unreadable> {
    let kinds: [(&[u8], &str); 5] = [
        (
            b"PK\x03\x04",
            "this is a ZIP archive or a spreadsheet: unpack it, or save the spreadsheet as CSV, and take the file inside",
        ),
        (b"%PDF", "this is a PDF, made for reading: download the statement as camt.053 or CFONB 120 instead"),
        (b"\x1f\x8b", "this is a compressed file: unpack it and take the file inside"),
        (b"\xd0\xcf\x11\xe0", "this is an old spreadsheet: save it as CSV and take that file"),
        (b"\xf0\xf1", "this is in EBCDIC, the code of mainframes: ask the bank for the same file in ASCII or ISO-8859-1"),
    ];
    match kinds.iter().find(|(start, _)| bytes.starts_with(start)) {
        Some((_, words)) => Err(Unreadable::file(*words)),
        None => Ok(()),
    }
}

/// The text of a file. A byte order mark says what it is in, else an XML declaration, else UTF-8 if it is, else Windows-1252, which
/// holds ISO-8859-1.
fn text(bytes: &[u8]) -> Result<Cow<'_, str>, Unreadable> {
    let marked = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    let wide = match bytes {
        [b'<', 0, ..] => Some(UTF_16LE),
        [0, b'<', ..] => Some(UTF_16BE),
        [_, 0, _, 0, ..] => Some(UTF_16LE),
        [0, _, 0, _, ..] => Some(UTF_16BE),
        _ => None,
    };
    let seen = marked.or(wide);
    let start = seen.unwrap_or(WINDOWS_1252).decode(&bytes[..bytes.len().min(2 * DECLARATION_BYTES)]).0;
    let declared = declared(&start)?;
    let encoding = match (seen, declared) {
        (Some(seen), Some(declared)) if !fits(seen, declared) => return Err(lying(declared, &format!("is in {}", seen.name()))),
        (Some(seen), _) => seen,
        (None, Some(declared)) if [UTF_16LE, UTF_16BE].contains(&declared) => return Err(lying(declared, "is not")),
        (None, Some(declared)) if declared == UTF_8 => UTF_8,
        (None, _) if std::str::from_utf8(bytes).is_ok() => UTF_8,
        (None, Some(declared)) => declared,
        (None, None) if bytes.trim_ascii_start().starts_with(b"<") && !ofx::is_it(&start) => UTF_8,
        (None, None) => WINDOWS_1252,
    };
    if encoding == UTF_8
        && let Err(error) = std::str::from_utf8(bytes)
    {
        let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
        let why = "the file says that it is in UTF-8 and is not: ask the bank for a correct one, or save it again as UTF-8";
        return Err(Unreadable::at(line, why));
    }
    let (text, damaged) = encoding.decode_with_bom_removal(bytes);
    if damaged {
        return Err(Unreadable::file(format!("the file is in {}, but damaged: fetch it from the bank again", encoding.name())));
    }
    Ok(text)
}

/// The encoding that an XML declaration names.
fn declared(start: &str) -> Result<Option<&'static Encoding>, Unreadable> {
    let Some(declaration) = start.trim_start_matches('\u{feff}').trim_start().strip_prefix("<?xml") else { return Ok(None) };
    let declaration = declaration.split("?>").next().unwrap_or("");
    let Some((_, value)) = declaration.split_once("encoding") else { return Ok(None) };
    let value = value.trim_start().trim_start_matches('=').trim_start();
    let name = value.trim_start_matches(['"', '\'']).split(['"', '\'', ' ']).next().unwrap_or("");
    let known = Encoding::for_label(name.as_bytes()).or((name.eq_ignore_ascii_case("ISO-10646-UCS-2")).then_some(UTF_16LE));
    let taken = [UTF_8, UTF_16LE, UTF_16BE, WINDOWS_1252, encoding_rs::ISO_8859_15];
    let shown = documents::table::shown(name);
    let why = format!("the file says that it is in '{shown}', which is not read here: ask the bank for UTF-8");
    known.filter(|encoding| taken.contains(encoding)).map(Some).ok_or_else(|| Unreadable::at(1, why))
}

/// Whether what is seen may be what was declared: `UTF-16` does not say which end is first.
fn fits(seen: &'static Encoding, declared: &'static Encoding) -> bool {
    let wide = [UTF_16LE, UTF_16BE];
    seen == declared || (wide.contains(&seen) && wide.contains(&declared))
}

fn lying(declared: &'static Encoding, really: &str) -> Unreadable {
    let name = if [UTF_16LE, UTF_16BE].contains(&declared) { "UTF-16" } else { declared.name() };
    Unreadable::at(
        1,
        format!("the file says that it is in {name} and {really}: ask the bank for a correct one, or save it again as UTF-8"),
    )
}

/// No control characters: they are damage, or meant for a terminal.
fn controls(text: &str) -> Result<(), Unreadable> {
    let bad = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    let Some(place) = text.find(bad) else { return Ok(()) };
    let line = 1 + text[..place].matches('\n').count();
    let code = text[place..].chars().next().map_or(0, u32::from);
    let why = format!("there is a control character (U+{code:04X}), which no bank writes: the file is damaged, fetch it again");
    Err(Unreadable::at(line, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name_in(bytes: &[u8]) -> Result<String, String> {
        let file = read("", bytes, &[]).map_err(|why| why.to_string())?;
        Ok(file.statements[0].lines[0].counterparty.clone().unwrap_or_default())
    }

    fn statement(declaration: &str) -> String {
        let entry =
            "<Ntry><Amt Ccy=\"EUR\">1</Amt><CdtDbtInd>CRDT</CdtDbtInd><NtryDtls><TxDtls><RltdPties><Dbtr><Nm>Zoé</Nm></Dbtr>";
        let entry = format!("{entry}</RltdPties></TxDtls></NtryDtls></Ntry>");
        let account = "<Acct><Id><IBAN>FR7630006000011234567890189</IBAN></Id></Acct>";
        format!("{declaration}<Document><BkToCstmrStmt><Stmt>{account}{entry}</Stmt></BkToCstmrStmt></Document>")
    }

    #[test]
    fn every_encoding_that_banks_use_is_read() {
        let declared = |encoding: &str| statement(&format!("<?xml version='1.0' encoding='{encoding}'?>"));
        let wide = |text: &str, big: bool| -> Vec<u8> {
            text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
        };
        let latin = |text: &str| text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect::<Vec<u8>>();
        let files = [
            statement("").into_bytes(),
            declared("UTF-8").into_bytes(),
            format!("\u{feff}{}", declared("utf-8")).into_bytes(),
            latin(&declared("ISO-8859-1")),
            latin(&declared("iso-8859-15")),
            latin(&declared("windows-1252")),
            wide(&declared("UTF-16"), false),
            wide(&declared("UTF-16"), true),
            wide(&format!("\u{feff}{}", declared("UTF-16LE")), false),
            wide(&format!("\u{feff}{}", statement("")), true),
            // A file that says ISO-8859-1 and is UTF-8 beyond doubt.
            declared("ISO-8859-1").into_bytes(),
        ];
        for (place, file) in files.iter().enumerate() {
            assert_eq!(name_in(file).as_deref(), Ok("Zoé"), "file {place}");
        }
    }

    #[test]
    fn an_encoding_that_is_not_what_the_file_says_is_refused() {
        let latin: Vec<u8> = statement("<?xml version='1.0'?>").chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        assert!(name_in(&latin).unwrap_err().contains("UTF-8 and is not"));
        let half = statement("").encode_utf16().flat_map(u16::to_le_bytes).chain([0]).collect::<Vec<u8>>();
        assert!(name_in(&half).unwrap_err().contains("damaged"));
        assert!(name_in(&statement("<?xml version='1.0' encoding='UTF-7'?>").into_bytes()).unwrap_err().contains("'UTF-7'"));
    }

    const OFX: &str = "OFXHEADER:100\n<OFX><STMTTRNRS><STMTRS><CURDEF>EUR<BANKACCTFROM><ACCTID>1</BANKACCTFROM><BANKTRANLIST></BANKTRANLIST></STMTRS></STMTTRNRS></OFX>\n";
    const MOVEMENT: &str = "<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20261118<TRNAMT>70.00<FITID>F9<NAME>B</STMTTRN>";

    fn refused(name: &str, text: &str) -> String {
        read(name, text.as_bytes(), &[]).expect_err("it is read").to_string()
    }

    #[test]
    fn an_ofx_movement_outside_of_an_account_is_refused_and_not_dropped() {
        let within = OFX.replace("</BANKTRANLIST>", &format!("{MOVEMENT}</BANKTRANLIST>"));
        assert_eq!(read("a.ofx", within.as_bytes(), &[]).unwrap().statements[0].lines.len(), 1);
        for place in ["</STMTRS>", "</STMTTRNRS>", "<STMTTRNRS>"] {
            let told = refused("a.ofx", &OFX.replace(place, &format!("{place}{MOVEMENT}")));
            assert!(told.starts_with("line 2: this movement is in no account's statement"), "{told}");
        }
        let told = refused("a.ofx", &OFX.replace("</STMTTRNRS></OFX>", &format!("</STMTTRNRS></OFX>{MOVEMENT}")));
        assert!(told.contains("no account's statement"), "{told}");
    }

    #[test]
    fn more_statements_than_a_file_has_are_refused() {
        let statement = "<Stmt><Id>1</Id><Acct><Id><IBAN>FR7630006000011234567890189</IBAN></Id></Acct></Stmt>";
        let camt = |n: usize| format!("<Document><BkToCstmrStmt>{}</BkToCstmrStmt></Document>", statement.repeat(n));
        assert_eq!(read("", camt(MAX_STATEMENTS).as_bytes(), &[]).unwrap().statements.len(), MAX_STATEMENTS);
        assert!(refused("", &camt(MAX_STATEMENTS + 1)).contains("more than 1000 statements"));
        let table = |n: usize| -> String {
            let rows = (0..n).map(|n| format!("20/11/2026;1,00;ACC{n:07}\n"));
            std::iter::once("Date;Montant;Compte\n".to_owned()).chain(rows).collect()
        };
        assert_eq!(read("", table(MAX_STATEMENTS).as_bytes(), &[]).unwrap().statements.len(), MAX_STATEMENTS);
        assert!(refused("", &table(MAX_STATEMENTS + 1)).contains("more than 1000 statements"));
    }
}
