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

    #[test]
    fn a_signed_note_of_the_go_implementation_verifies() {
        // The example of golang.org/x/mod/sumdb/note.
        let text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        let key = VerifierKey::parse(text).unwrap();
        assert_eq!((key.name.as_str(), key.kind, key.id()), ("PeterNeumann", ED25519, [0xc7, 0x4f, 0x20, 0xa3]));
        assert_eq!(key.to_string(), text);
        let body = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
        let line =
            "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
        let note = format!("{body}\n{line}");
        assert_eq!(Note::open(&note).unwrap().signed_by(&key), Ok(Some(Signed { time_s: None })));
    }
}
