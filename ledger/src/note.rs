//! The C2SP signed note (<https://c2sp.org/signed-note>): a text, and one line per signature under it. Checkpoints and coverage
//! statements are such notes, so that public tools read them.
//!
//! ```text
//! what is signed, in lines
//!
//! — liard.example/journal UMEYT/6m4IbL2ulneBJJr7CvlRV32iMbAgAFYHVj+QVb0utZFdbNeG6srsdPRdhl6hvBmxeqESkoecwTObdNFmUYmg4=
//! ```
//!
//! A signature line is an em dash, the name of the key, and the base64 of a 4-byte key id and the signature. There are two kinds
//! of keys here: [`ED25519`] signs the text; [`COSIGNATURE`] signs the text with the time at which a witness saw it
//! (<https://c2sp.org/tlog-cosignature>). A reader ignores the lines of keys that it does not know; a wrong line of a key that it
//! knows makes the note worthless.

use crate::key::PublicKey;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};
use std::fmt;

/// The longest note that is read, in bytes: room for a body, and for the signatures of dozens of witnesses.
pub const MAX_NOTE_BYTES: usize = 16 * 1024;
/// The most signature lines that are read, as the bound on verifications per note.
pub const MAX_SIGNATURES: usize = 64;
/// The longest name of a key that is read from a verifier key, in bytes: a URL without its scheme.
pub const MAX_NAME_BYTES: usize = 200;

/// The signature type of plain Ed25519 (C2SP signed-note, "Signature types").
pub const ED25519: u8 = 0x01;
/// The signature type of a witness: Ed25519 over the text and a time (C2SP tlog-cosignature, "Format").
pub const COSIGNATURE: u8 = 0x04;

/// The latest time of a cosignature, in seconds (C2SP tlog-cosignature: "MUST NOT exceed 2^63 - 1").
const MAX_TIME_S: u64 = i64::MAX.cast_unsigned();

/// Why a text is no note, or not the note of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteError {
    /// Longer than [`MAX_NOTE_BYTES`], or more than [`MAX_SIGNATURES`] signatures.
    TooLong,
    /// The text breaks a rule of the format; the words say which.
    Malformed(&'static str),
    /// A line names the key that was asked for, and its signature is wrong.
    BadSignature,
}

impl fmt::Display for NoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoteError::TooLong => write!(f, "the note is too long"),
            NoteError::Malformed(rule) => write!(f, "not a signed note: {rule}"),
            NoteError::BadSignature => write!(f, "a signature of the note is wrong"),
        }
    }
}

impl std::error::Error for NoteError {}

use NoteError::{BadSignature, Malformed, TooLong};

/// Why a text is no verifier key; the words say which rule it breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifierKeyError(pub &'static str);

impl fmt::Display for VerifierKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a verifier key (name+id+key): {}", self.0)
    }
}

impl std::error::Error for VerifierKeyError {}

/// A key with its name and its kind, as people exchange it: `<name>+<8 hex digits of the id>+<base64 of kind and key>`
/// (C2SP signed-note, "Verifier keys").
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VerifierKey {
    /// Under this name the key signs: not empty, without space, plus or control characters.
    pub name: String,
    /// [`ED25519`] or [`COSIGNATURE`].
    pub kind: u8,
    /// The key.
    pub key: PublicKey,
}

impl VerifierKey {
    /// The key that signs texts under this name.
    pub fn signer(name: &str, key: PublicKey) -> VerifierKey {
        VerifierKey { name: name.to_owned(), kind: ED25519, key }
    }

    /// The key of a witness of this name.
    pub fn witness(name: &str, key: PublicKey) -> VerifierKey {
        VerifierKey { name: name.to_owned(), kind: COSIGNATURE, key }
    }

    /// Reads what `Display` writes, and nothing else.
    ///
    /// # Errors
    ///
    /// [`VerifierKeyError`], saying which rule is broken. A weak key is refused, and a kind that is neither of the two.
    pub fn parse(text: &str) -> Result<VerifierKey, VerifierKeyError> {
        let (name, rest) = text.split_once('+').ok_or(VerifierKeyError("there is no plus after the name"))?;
        let (_, encoded) = rest.split_once('+').ok_or(VerifierKeyError("there is no plus after the id"))?;
        if !is_key_name(name) || name.len() > MAX_NAME_BYTES {
            return Err(VerifierKeyError("the name is empty, too long, or has spaces or control characters"));
        }
        let bytes = STANDARD.decode(encoded).map_err(|_| VerifierKeyError("the key is not base64"))?;
        let (kind, key) = bytes.split_first().ok_or(VerifierKeyError("there is no key"))?;
        if ![ED25519, COSIGNATURE].contains(kind) {
            return Err(VerifierKeyError("the kind of key is neither Ed25519 (1) nor cosignature (4)"));
        }
        let key = key.try_into().ok().and_then(PublicKey::from_bytes).ok_or(VerifierKeyError("the key is not a sound one"))?;
        let read = VerifierKey { name: name.to_owned(), kind: *kind, key };
        if read.to_string() == text { Ok(read) } else { Err(VerifierKeyError("the id is not that of the key")) }
    }

    /// The first 4 bytes of SHA-256(name, 0x0A, kind, key): how a signature line names its key. It is a hint against mistakes, not
    /// a fingerprint: security comes from the verification alone.
    pub fn id(&self) -> [u8; 4] {
        let named = Sha256::new().chain_update(&self.name).chain_update([b'\n', self.kind]);
        let digest = named.chain_update(self.key.as_bytes()).finalize();
        [digest[0], digest[1], digest[2], digest[3]]
    }

    /// Whether the signature of a line is this key's over `body`, and when it was made, if it says so.
    fn verify(&self, body: &str, signature: &[u8]) -> Option<Signed> {
        if self.kind == ED25519 {
            return self.key.verify(body.as_bytes(), signature.try_into().ok()?).then_some(Signed { time_s: None });
        }
        let (time, signature) = signature.split_first_chunk::<8>()?;
        let time_s = u64::from_be_bytes(*time);
        let sound = time_s <= MAX_TIME_S && self.key.verify(cosigned(body, time_s).as_bytes(), signature.try_into().ok()?);
        sound.then_some(Signed { time_s: Some(time_s) })
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let typed = [&[self.kind], self.key.as_bytes().as_slice()].concat();
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id()), STANDARD.encode(typed))
    }
}

/// What a good signature says beside the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed {
    /// When a witness signed, in seconds since 1970-01-01T00:00:00Z; `None` for a key that signs the text alone.
    pub time_s: Option<u64>,
}

/// One signature line.
struct Line<'a> {
    name: &'a str,
    id: [u8; 4],
    signature: Vec<u8>,
}

/// A text in the form of a signed note. What it says is to be ignored until a known key has been found under it.
pub struct Note<'a> {
    body: &'a str,
    lines: Vec<Line<'a>>,
}

impl<'a> Note<'a> {
    /// Takes a note apart. No signature is verified.
    ///
    /// # Errors
    ///
    /// [`NoteError::TooLong`]; [`NoteError::Malformed`], saying which rule is broken.
    pub fn open(text: &'a str) -> Result<Note<'a>, NoteError> {
        check_text(text)?;
        let end_of_body = text.rfind("\n\n").ok_or(Malformed("there is no empty line before the signatures"))? + 1;
        let (body, lines) = (&text[..end_of_body], &text[end_of_body + 1..]);
        Ok(Note { body, lines: parse_lines(lines)? })
    }

    /// What is signed, with its last newline.
    pub fn body(&self) -> &'a str {
        self.body
    }

    /// What `key` says of the note: `None` when no line is its, the latest when there are several.
    ///
    /// # Errors
    ///
    /// [`NoteError::BadSignature`] when a line has the name and id of the key and is not its signature.
    pub fn signed_by(&self, key: &VerifierKey) -> Result<Option<Signed>, NoteError> {
        let id = key.id();
        let own = self.lines.iter().filter(|line| line.id == id && line.name == key.name);
        let signed = own.map(|line| key.verify(self.body, &line.signature).ok_or(BadSignature));
        let signed = signed.collect::<Result<Vec<_>, _>>()?;
        Ok(signed.into_iter().max_by_key(|signed| signed.time_s))
    }
}

/// The signature lines under a note.
fn parse_lines(lines: &str) -> Result<Vec<Line<'_>>, NoteError> {
    let lines = lines.strip_suffix('\n').ok_or(Malformed("the last line has no newline"))?;
    if lines.split('\n').count() > MAX_SIGNATURES {
        return Err(TooLong);
    }
    lines.split('\n').map(|line| parse_line(line).ok_or(Malformed("a signature line is malformed"))).collect()
}

/// Refuses what is neither nothing nor signature lines, each with its newline.
pub(crate) fn check_lines(lines: &str) -> Result<(), NoteError> {
    check_text(lines)?;
    if lines.is_empty() { Ok(()) } else { parse_lines(lines).map(drop) }
}

/// One line; a signature of a kind that is not known here may have any length above zero.
fn parse_line(line: &str) -> Option<Line<'_>> {
    let (name, encoded) = line.strip_prefix("— ")?.split_once(' ')?;
    let bytes = STANDARD.decode(encoded).ok()?;
    let (id, signature) = bytes.split_first_chunk::<4>()?;
    (is_key_name(name) && !signature.is_empty()).then(|| Line { name, id: *id, signature: signature.to_vec() })
}

/// A text is of bounded length and has no control character but the newline (C2SP signed-note, "Format").
pub(crate) fn check_text(text: &str) -> Result<(), NoteError> {
    if text.len() > MAX_NOTE_BYTES {
        return Err(TooLong);
    }
    match text.chars().any(|c| c.is_ascii_control() && c != '\n') {
        true => Err(Malformed("there is a control character")),
        false => Ok(()),
    }
}

/// A key name is not empty and has neither spaces nor a plus (C2SP signed-note, "Format").
pub(crate) fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+')
}

/// The line, with its newline, of a key that signs `body`. The name must keep to the rule of key names.
pub fn sign(body: &str, name: &str, key: &SigningKey) -> String {
    let signature = key.sign(body.as_bytes()).to_bytes();
    line(&VerifierKey::signer(name, key.verifying_key().into()), &signature)
}

/// The line, with its newline, of a witness that saw `body` at this time, in seconds; below 2^63.
pub fn cosign(body: &str, name: &str, key: &SigningKey, time_s: u64) -> String {
    let signature = key.sign(cosigned(body, time_s).as_bytes()).to_bytes();
    let timed = [time_s.to_be_bytes().as_slice(), &signature].concat();
    line(&VerifierKey::witness(name, key.verifying_key().into()), &timed)
}

fn line(key: &VerifierKey, signature: &[u8]) -> String {
    format!("— {} {}\n", key.name, STANDARD.encode([key.id().as_slice(), signature].concat()))
}

/// What a witness signs (C2SP tlog-cosignature, "Ed25519 signed message").
fn cosigned(body: &str, time_s: u64) -> String {
    format!("cosignature/v1\ntime {time_s}\n{body}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NAME: &str = "witness.example/w1";

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32])
    }

    fn witness(seed: u8) -> VerifierKey {
        VerifierKey::witness(NAME, key(seed).verifying_key().into())
    }

    fn signed_by(text: &str, key: &str) -> Option<Signed> {
        Note::open(text).unwrap().signed_by(&VerifierKey::parse(key).unwrap()).unwrap()
    }

    #[test]
    fn signed_notes_of_other_implementations_verify() {
        // The example of golang.org/x/mod/sumdb/note.
        let body = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
        let line =
            "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
        let key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        assert_eq!(signed_by(&format!("{body}\n{line}"), key), Some(Signed { time_s: None }));
        // The example of c2sp.org/signed-note.
        let line =
            "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
        let key = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
        assert_eq!(signed_by(&format!("This is an example message.\n\n{line}"), key), Some(Signed { time_s: None }));
    }

    #[test]
    fn a_checkpoint_of_a_public_log_verifies_with_the_line_of_a_public_witness() {
        let note = "arche2025h1.staging.ct.transparency.dev\n1432088532\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n\n\
            — arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwt\
            EroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=\n\
            — arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA2\
            3oHP7Ry1k3ZFWwQ=\n\
            — remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWf\
            Bw==\n";
        let log = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f";
        let witness = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2";
        assert_eq!(signed_by(note, log), Some(Signed { time_s: None }));
        assert_eq!(signed_by(note, witness), Some(Signed { time_s: Some(0x6a12_2120) }));
        let changed = note.replace("1432088532", "1432088533");
        let read = Note::open(&changed).unwrap();
        for key in [log, witness] {
            assert_eq!(read.signed_by(&VerifierKey::parse(key).unwrap()), Err(BadSignature));
        }
    }

    #[test]
    fn the_example_of_the_cosignature_specification_has_its_time() {
        // c2sp.org/tlog-cosignature gives no key for it: what can be checked are form and time.
        let line = "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe\
            +mbIUBkBIfZ+qnA==";
        let line = parse_line(line).unwrap();
        assert_eq!((line.name, line.signature.len()), ("witness.example.com/w1", 8 + 64));
        assert_eq!(line.signature[..8], 1_679_315_147_u64.to_be_bytes());
        assert_eq!(
            cosigned("example.com/behind-the-sofa\n1\n\n", 7),
            "cosignature/v1\ntime 7\nexample.com/behind-the-sofa\n1\n\n"
        );
    }

    #[test]
    fn a_verifier_key_is_read_back_and_no_changed_character_of_it_is() {
        for known in [witness(1), VerifierKey::signer("liard/0123456789abcdef", key(2).verifying_key().into())] {
            let text = known.to_string();
            assert_eq!(VerifierKey::parse(&text), Ok(known.clone()));
            for at in 0..text.len() {
                for bit in 0..8 {
                    let mut changed = text.clone().into_bytes();
                    changed[at] ^= 1_u8 << bit;
                    let read = String::from_utf8(changed).ok().map(|changed| VerifierKey::parse(&changed));
                    assert!(!matches!(read, Some(Ok(_))), "bit {bit} of character {at}");
                }
            }
        }
    }

    #[test]
    fn a_wrong_verifier_key_is_refused_with_the_rule_that_it_breaks() {
        let text = witness(1).to_string();
        let (name, rest) = text.split_once('+').unwrap();
        let weak = STANDARD.encode([vec![COSIGNATURE, 1], vec![0; 31]].concat());
        let other_kind = STANDARD.encode([2; 33]);
        let wrong = [
            (name.to_owned(), "no plus after the name"),
            (format!("{name}+01020304"), "no plus after the id"),
            (format!("+{rest}"), "the name is empty"),
            (format!("two words+{rest}"), "the name is empty, too long, or has spaces"),
            (format!("{}+{rest}", "n".repeat(MAX_NAME_BYTES + 1)), "too long"),
            (format!("{name}+01020304+*"), "not base64"),
            (format!("{name}+01020304+"), "there is no key"),
            (format!("{name}+01020304+{other_kind}"), "neither Ed25519 (1) nor cosignature (4)"),
            (format!("{name}+01020304+{weak}"), "not a sound one"),
            (format!("{name}+01020304+BAAA"), "not a sound one"),
            (text.replace(&hex::encode(witness(1).id()), "00000000"), "the id is not that of the key"),
            (text.replace(&hex::encode(witness(1).id()), &hex::encode_upper(witness(1).id())), "the id is not that of the key"),
        ];
        for (text, rule) in wrong {
            let said = VerifierKey::parse(&text).unwrap_err().to_string();
            assert!(said.starts_with("not a verifier key") && said.contains(rule), "{text}: {said}");
        }
    }

    #[test]
    fn a_key_that_signs_texts_and_a_witness_never_stand_for_each_other() {
        let (body, secret) = ("text\n", key(1));
        let plain = VerifierKey::signer(NAME, secret.verifying_key().into());
        let note = format!("{body}\n{}", sign(body, NAME, &secret));
        assert_eq!(Note::open(&note).unwrap().signed_by(&plain), Ok(Some(Signed { time_s: None })));
        assert_eq!(Note::open(&note).unwrap().signed_by(&witness(1)), Ok(None));
        let note = format!("{body}\n{}", cosign(body, NAME, &secret, 7));
        assert_eq!(Note::open(&note).unwrap().signed_by(&witness(1)), Ok(Some(Signed { time_s: Some(7) })));
        assert_eq!(Note::open(&note).unwrap().signed_by(&plain), Ok(None));
        // The signature of one under the id of the other.
        let forged = secret.sign(body.as_bytes()).to_bytes();
        let note = format!("{body}\n{}", line(&witness(1), &[7_u64.to_be_bytes().as_slice(), &forged].concat()));
        assert_eq!(Note::open(&note).unwrap().signed_by(&witness(1)), Err(BadSignature));
    }

    #[test]
    fn of_several_cosignatures_of_one_witness_the_latest_counts() {
        let body = "text\n";
        let lines: String = [8, 9, 7].into_iter().map(|time_s| cosign(body, NAME, &key(1), time_s)).collect();
        let note = format!("{body}\n{lines}");
        assert_eq!(Note::open(&note).unwrap().signed_by(&witness(1)), Ok(Some(Signed { time_s: Some(9) })));
        let with_a_wrong_one = format!("{note}{}", cosign("another text\n", NAME, &key(1), 9));
        assert_eq!(Note::open(&with_a_wrong_one).unwrap().signed_by(&witness(1)), Err(BadSignature));
    }

    #[test]
    fn a_cosignature_of_another_length_or_beyond_the_last_time_is_wrong() {
        let body = "text\n";
        let good =
            |time_s| Note::open(&format!("{body}\n{}", cosign(body, NAME, &key(1), time_s))).unwrap().signed_by(&witness(1));
        assert_eq!(good(MAX_TIME_S), Ok(Some(Signed { time_s: Some(MAX_TIME_S) })));
        assert_eq!(good(MAX_TIME_S + 1), Err(BadSignature));
        for length in [1, 7, 8, 64, 71, 73] {
            let note = format!("{body}\n{}", line(&witness(1), &vec![0; length]));
            assert_eq!(Note::open(&note).unwrap().signed_by(&witness(1)), Err(BadSignature), "{length}");
        }
    }

    #[test]
    fn an_empty_line_in_the_text_belongs_to_the_text() {
        let body = "first\n\nsecond\n\n";
        let note = format!("{body}\n{}", sign(body, NAME, &key(1)));
        assert_eq!(Note::open(&note).unwrap().body(), body);
    }

    proptest! {
        #[test]
        fn any_text_is_signed_and_any_changed_bit_is_noticed(text in "[^\\x00-\\x1f\\x7f]{0,80}", time_s: u32, at: usize, bit in 0..8) {
            let time_s = u64::from(time_s);
            let body = format!("{text}\n");
            let note = format!("{body}\n{}", cosign(&body, NAME, &key(1), time_s));
            let read = Note::open(&note).unwrap();
            prop_assert_eq!((read.body(), read.signed_by(&witness(1))), (body.as_str(), Ok(Some(Signed { time_s: Some(time_s) }))));
            let mut changed = note.clone().into_bytes();
            let at = at % changed.len();
            changed[at] ^= 1_u8 << bit;
            let changed = String::from_utf8(changed).unwrap_or_default();
            let signed = Note::open(&changed).and_then(|read| read.signed_by(&witness(1)));
            prop_assert!(!matches!(signed, Ok(Some(_))), "{}", changed);
        }
    }
}
