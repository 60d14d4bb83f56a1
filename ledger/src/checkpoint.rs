//! The signed head of the journal: a C2SP checkpoint (<https://c2sp.org/tlog-checkpoint>) in a C2SP signed note
//! (<https://c2sp.org/signed-note>).
//!
//! A checkpoint is one sentence that its signer cannot take back: "my log of this name had this many entries with this
//! root". Two of them that contradict each other prove a lie to anyone, with public tools. This is one, whole, with
//! its last newline:
//!
//! ```text
//! liard.example/journal
//! 8
//! XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=
//!
//! — liard.example/journal UMEYT/6m4IbL2ulneBJJr7CvlRV32iMbAgAFYHVj+QVb0utZFdbNeG6srsdPRdhl6hvBmxeqESkoecwTObdNFmUYmg4=
//! ```
//!
//! The first three lines are signed, newlines included; then an empty line; then one line per signature: an em
//! dash, the name of the key (here always the origin), and the base64 of a 4-byte key id and a 64-byte Ed25519
//! signature. Witnesses add lines of their own; a reader ignores the lines of keys that it does not know, and
//! requires one good line of a key that it does know. Extension lines, which the format allows after the root, are
//! accepted when they are signed, and never written.

use crate::merkle::Hash;
use crate::note::{self, Note, NoteError, VerifierKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{SigningKey, VerifyingKey};
use std::fmt;

pub use crate::note::{MAX_NOTE_BYTES, MAX_SIGNATURES};

/// Why a text is not a checkpoint of the log that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointError {
    /// Longer than [`MAX_NOTE_BYTES`], or more than [`MAX_SIGNATURES`] signatures.
    TooLong,
    /// The text breaks a rule of the format; the words say which.
    Malformed(&'static str),
    /// A well-formed checkpoint of another log.
    OtherOrigin,
    /// No signature by a key that was given.
    Unsigned,
    /// A line claims to be by a key that was given, and its signature is wrong.
    BadSignature,
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CheckpointError::TooLong => write!(f, "the checkpoint is too long"),
            CheckpointError::Malformed(rule) => write!(f, "not a checkpoint: {rule}"),
            CheckpointError::OtherOrigin => write!(f, "the checkpoint is of another log"),
            CheckpointError::Unsigned => write!(f, "the checkpoint is not signed by a known key"),
            CheckpointError::BadSignature => write!(f, "a signature of the checkpoint is wrong"),
        }
    }
}

impl std::error::Error for CheckpointError {}

impl From<NoteError> for CheckpointError {
    fn from(error: NoteError) -> CheckpointError {
        match error {
            NoteError::TooLong => TooLong,
            NoteError::Malformed(rule) => Malformed(rule),
            NoteError::BadSignature => BadSignature,
        }
    }
}

use CheckpointError::{BadSignature, Malformed, OtherOrigin, TooLong, Unsigned};

/// What is signed: the log, its size, and the root of its tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The unique name of the log, a URL without its scheme: not empty, without space, plus or control characters.
    pub origin: String,
    /// The number of entries.
    pub size: u64,
    /// The RFC 6962 root over them.
    pub root: Hash,
}

impl Checkpoint {
    /// The three lines that are signed, each with its newline. The origin must keep to the rule of its field.
    pub fn encode_body(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root))
    }

    /// Reads a body: what [`Checkpoint::encode_body`] writes, and extension lines, which are dropped.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::Malformed`], saying which rule is broken; [`CheckpointError::TooLong`].
    pub fn parse(body: &str) -> Result<Checkpoint, CheckpointError> {
        note::check_text(body)?;
        let lines = body.strip_suffix('\n').ok_or(Malformed("the last line has no newline"))?;
        let mut lines = lines.split('\n');
        let (origin, size, root) = (lines.next(), lines.next(), lines.next());
        if lines.any(str::is_empty) {
            return Err(Malformed("an extension line is empty"));
        }
        let origin = origin.filter(|name| note::is_key_name(name)).ok_or(Malformed("the origin is not a key name"))?;
        Ok(Checkpoint {
            origin: origin.to_owned(),
            size: size.and_then(parse_size).ok_or(Malformed("the size is not a decimal number without leading zeros"))?,
            root: root.and_then(parse_root).ok_or(Malformed("the root is not the base64 of 32 bytes"))?,
        })
    }
}

/// A checkpoint with at least one signature, as the text that is stored, published and sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    text: String,
}

impl SignedCheckpoint {
    /// Signs `checkpoint` under its origin as the name of the key.
    pub fn sign(checkpoint: &Checkpoint, key: &SigningKey) -> SignedCheckpoint {
        SignedCheckpoint::sign_with(checkpoint, &[key])
    }

    /// The same with several keys, at least one: one line each, in their order. After a rotation those who know only an earlier
    /// key read the checkpoint too.
    pub fn sign_with(checkpoint: &Checkpoint, keys: &[&SigningKey]) -> SignedCheckpoint {
        let body = checkpoint.encode_body();
        let lines: String = keys.iter().map(|key| note::sign(&body, &checkpoint.origin, key)).collect();
        SignedCheckpoint { text: format!("{body}\n{lines}") }
    }

    /// The same checkpoint with more signature lines, as witnesses send them, or none; lines that stand there already are not
    /// repeated. Whose they are is not looked at: [`WitnessPolicy`] does that.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::Malformed`] when `lines` are not signature lines, each with its newline; [`CheckpointError::TooLong`].
    pub fn with_lines(&self, lines: &str) -> Result<SignedCheckpoint, CheckpointError> {
        note::check_lines(lines)?;
        let mut text = self.text.clone();
        for line in lines.split_inclusive('\n') {
            if !text.split_inclusive('\n').any(|present| present == line) {
                text.push_str(line);
            }
        }
        Note::open(&text)?;
        Ok(SignedCheckpoint { text })
    }

    /// Reads a note and verifies it: the body is returned if it is of the log `origin`, at least one of `keys` signed
    /// it under that name, and no line that names one of them is wrong. Lines of other keys are ignored.
    ///
    /// # Errors
    ///
    /// Every [`CheckpointError`].
    pub fn open(text: &str, origin: &str, keys: &[VerifyingKey]) -> Result<Checkpoint, CheckpointError> {
        let note = Note::open(text)?;
        let checkpoint = Checkpoint::parse(note.body())?;
        if checkpoint.origin != origin {
            return Err(OtherOrigin);
        }
        let signed = keys.iter().map(|key| note.signed_by(&VerifierKey::signer(origin, (*key).into())));
        match signed.collect::<Result<Vec<_>, _>>()?.iter().flatten().next() {
            None => Err(Unsigned),
            Some(_) => Ok(checkpoint),
        }
    }

    /// The note.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// How many of which witnesses have to have seen a checkpoint before it is called final for everyone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WitnessPolicy {
    /// So many different ones; with 0 every checkpoint is enough.
    pub needed: usize,
    /// The witnesses that are known. A key of another kind than [`note::COSIGNATURE`] gives no time, and never counts.
    pub witnesses: Vec<VerifierKey>,
}

impl WitnessPolicy {
    /// The witnesses whose good cosignature the note has, each once, with the time at which they saw it, in seconds. One who is
    /// listed under two names is one. A wrong line counts for nothing and takes nothing from the others. That the log itself signed
    /// the note, [`SignedCheckpoint::open`] says.
    pub fn cosigned(&self, note: &str) -> Vec<(&VerifierKey, u64)> {
        let Ok(note) = Note::open(note) else { return Vec::new() };
        let mut found: Vec<(&VerifierKey, u64)> = Vec::new();
        for witness in &self.witnesses {
            let signed = note.signed_by(witness).ok().flatten().and_then(|signed| signed.time_s);
            if let Some(time_s) = signed
                && !found.iter().any(|(other, _)| other.key == witness.key)
            {
                found.push((witness, time_s));
            }
        }
        found
    }

    /// Whether enough of them have.
    pub fn is_met(&self, note: &str) -> bool {
        self.cosigned(note).len() >= self.needed
    }
}

/// A decimal number as `u64` prints it, and in no other way.
fn parse_size(line: &str) -> Option<u64> {
    line.parse::<u64>().ok().filter(|size| size.to_string() == line)
}

/// The one base64 form of 32 bytes: padded, with no stray bits (RFC 4648 §4).
fn parse_root(line: &str) -> Option<Hash> {
    STANDARD.decode(line).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ORIGIN: &str = "liard.example/journal";

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32])
    }

    fn checkpoint() -> Checkpoint {
        Checkpoint { origin: ORIGIN.into(), size: 8, root: [0x5d; 32] }
    }

    fn open(text: &str) -> Result<Checkpoint, CheckpointError> {
        SignedCheckpoint::open(text, ORIGIN, &[key(1).verifying_key()])
    }

    /// The text of `body` with a good signature, even where the body is no checkpoint.
    fn signed(body: &str) -> String {
        format!("{body}\n{}", note::sign(body, ORIGIN, &key(1)))
    }

    #[test]
    fn the_sample_of_the_first_screen_is_what_the_reference_tree_and_key_give() {
        let sample: String = include_str!("checkpoint.rs")
            .lines()
            .skip_while(|line| *line != "//! ```text")
            .skip(1)
            .take_while(|line| *line != "//! ```")
            .map(|line| format!("{}\n", line.trim_start_matches("//!").trim_start()))
            .collect();
        let checkpoint = open(&sample).unwrap();
        assert_eq!((checkpoint.size, &checkpoint.root[..4]), (8, [0x5d, 0xc9, 0xda, 0x79].as_slice()));
        assert_eq!(SignedCheckpoint::sign(&checkpoint, &key(1)).as_str(), sample);
    }

    #[test]
    fn what_was_signed_opens_and_parse_is_the_inverse_of_encode() {
        let signed = SignedCheckpoint::sign(&checkpoint(), &key(1));
        assert_eq!(open(signed.as_str()), Ok(checkpoint()));
        assert_eq!(Checkpoint::parse(&checkpoint().encode_body()), Ok(checkpoint()));
    }

    #[test]
    fn another_key_name_or_log_is_not_believed() {
        let other_key = SignedCheckpoint::sign(&checkpoint(), &key(2));
        assert_eq!(open(other_key.as_str()), Err(Unsigned));
        let other_log = Checkpoint { origin: "other.example".into(), ..checkpoint() };
        assert_eq!(open(SignedCheckpoint::sign(&other_log, &key(1)).as_str()), Err(OtherOrigin));
    }

    #[test]
    fn cosignatures_of_unknown_keys_and_signed_extension_lines_are_ignored() {
        let mut text = SignedCheckpoint::sign(&checkpoint(), &key(1)).as_str().to_owned();
        text.push_str("— witness.example AAAAAAAAAAAAAAAA\n");
        text.push_str(&format!("— {ORIGIN} AAAAAAAAAAAAAAAA\n"));
        assert_eq!(open(&text), Ok(checkpoint()));
        assert_eq!(open(&signed(&format!("{}extension 1\n", checkpoint().encode_body()))), Ok(checkpoint()));
    }

    #[test]
    fn a_wrong_signature_by_a_known_key_is_refused_even_beside_a_good_one() {
        let good = SignedCheckpoint::sign(&checkpoint(), &key(1));
        let other = SignedCheckpoint::sign(&Checkpoint { size: 9, ..checkpoint() }, &key(1));
        let line = other.as_str().lines().last().unwrap();
        assert_eq!(open(&format!("{}{line}\n", good.as_str())), Err(BadSignature));
    }

    #[test]
    fn a_body_that_breaks_a_rule_is_refused_although_it_is_signed() {
        let root = "XV1dXV1dXV1dXV1dXV1dXV1dXV1dXV1dXV1dXV1dXV0=";
        let bodies = [
            format!("{ORIGIN}\n08\n{root}\n"),
            format!("{ORIGIN}\n+8\n{root}\n"),
            format!("{ORIGIN}\n-8\n{root}\n"),
            format!("{ORIGIN}\n\n{root}\n"),
            format!("{ORIGIN}\n 8\n{root}\n"),
            format!("{ORIGIN}\n18446744073709551616\n{root}\n"),
            format!("{ORIGIN}\n8\r\n{root}\n"),
            format!("{ORIGIN}\n8\n{}\n", root.replace("V0=", "V1=")),
            format!("{ORIGIN}\n8\n{}\n", root.trim_end_matches('=')),
            format!("{ORIGIN}\n8\nXV1d\n"),
            format!("{ORIGIN}\n8\n"),
            format!("{ORIGIN}\n8\n{root}\n\nextension after an empty line\n"),
            format!("\n8\n{root}\n"),
            format!("two words\n8\n{root}\n"),
        ];
        for body in bodies {
            assert!(matches!(open(&signed(&body)), Err(Malformed(_))), "{body:?}");
        }
        assert!(Checkpoint::parse(&format!("{ORIGIN}\n8\n{root}")).is_err());
    }

    #[test]
    fn a_malformed_note_is_refused() {
        let text = SignedCheckpoint::sign(&checkpoint(), &key(1)).as_str().to_owned();
        let broken = [
            text.trim_end().to_owned(),
            format!("{text}\n"),
            format!("\n{text}"),
            text.replace('—', "-"),
            text.replace("\n\n", "\n"),
            text.replace("— ", "—  "),
            format!("{text}— witness.example AAAA\n"),
            format!("{text}— witness.example *\n"),
            format!("{text}— witness\n"),
            checkpoint().encode_body(),
            String::new(),
        ];
        for text in broken {
            assert!(matches!(open(&text), Err(Malformed(_))), "{text:?}");
        }
    }

    #[test]
    fn length_and_number_of_signatures_are_bounded() {
        let text = SignedCheckpoint::sign(&checkpoint(), &key(1)).as_str().to_owned();
        let cosigned = |count| format!("{text}{}", "— w AAAAAAAA\n".repeat(count));
        assert_eq!(open(&cosigned(MAX_SIGNATURES - 1)), Ok(checkpoint()));
        assert_eq!(open(&cosigned(MAX_SIGNATURES)), Err(TooLong));
        assert_eq!(open(&"x".repeat(MAX_NOTE_BYTES + 1)), Err(TooLong));
    }

    #[test]
    fn no_changed_character_leaves_a_note_valid() {
        let text = SignedCheckpoint::sign(&checkpoint(), &key(1)).as_str().to_owned();
        for (at, _) in text.char_indices() {
            let mut changed: Vec<u8> = text.clone().into_bytes();
            changed[at] ^= 1;
            let opened = String::from_utf8(changed).ok().map(|changed| open(&changed));
            assert!(!matches!(opened, Some(Ok(_))), "character {at}");
        }
    }

    fn witness(name: &str, seed: u8) -> VerifierKey {
        VerifierKey::witness(name, key(seed).verifying_key().into())
    }

    /// The checkpoint, cosigned by witness 2 at 20 s and witness 3 at 30 s.
    fn cosigned() -> SignedCheckpoint {
        let body = checkpoint().encode_body();
        let lines = note::cosign(&body, "two.example", &key(2), 20) + &note::cosign(&body, "three.example", &key(3), 30);
        SignedCheckpoint::sign(&checkpoint(), &key(1)).with_lines(&lines).unwrap()
    }

    fn policy(needed: usize) -> WitnessPolicy {
        let witnesses = vec![witness("two.example", 2), witness("three.example", 3), witness("four.example", 4)];
        WitnessPolicy { needed, witnesses }
    }

    #[test]
    fn a_policy_is_met_by_so_many_of_the_witnesses_that_it_names() {
        let (note, times) = (cosigned(), |policy: &WitnessPolicy, note: &str| {
            policy.cosigned(note).into_iter().map(|(witness, time_s)| (witness.name.clone(), time_s)).collect::<Vec<_>>()
        });
        assert_eq!(times(&policy(2), note.as_str()), [("two.example".to_owned(), 20), ("three.example".to_owned(), 30)]);
        assert!(policy(2).is_met(note.as_str()) && policy(0).is_met(note.as_str()) && !policy(3).is_met(note.as_str()));
        assert!(!policy(1).is_met(SignedCheckpoint::sign(&checkpoint(), &key(1)).as_str()));
        assert!(!policy(1).is_met("no note"));
    }

    #[test]
    fn one_witness_is_counted_once_whatever_its_names_and_lines() {
        let body = checkpoint().encode_body();
        let lines = note::cosign(&body, "two.example", &key(2), 20)
            + &note::cosign(&body, "two.example", &key(2), 21)
            + &note::cosign(&body, "also.two.example", &key(2), 22);
        let note = SignedCheckpoint::sign(&checkpoint(), &key(1)).with_lines(&lines).unwrap();
        let witnesses = vec![witness("two.example", 2), witness("two.example", 2), witness("also.two.example", 2)];
        assert_eq!(WitnessPolicy { needed: 2, witnesses }.cosigned(note.as_str()), [(&witness("two.example", 2), 21)]);
    }

    #[test]
    fn neither_a_wrong_line_nor_the_line_of_another_kind_of_key_counts() {
        let body = checkpoint().encode_body();
        let other = Checkpoint { size: 9, ..checkpoint() }.encode_body();
        let lines = note::cosign(&other, "two.example", &key(2), 20)
            + &note::cosign(&body, "three.example", &key(3), 30)
            + &note::sign(&body, "four.example", &key(4));
        let note = SignedCheckpoint::sign(&checkpoint(), &key(1)).with_lines(&lines).unwrap();
        assert_eq!(policy(1).cosigned(note.as_str()), [(&witness("three.example", 3), 30)]);
        let signer = VerifierKey::signer("four.example", key(4).verifying_key().into());
        assert_eq!(WitnessPolicy { needed: 1, witnesses: vec![signer] }.cosigned(note.as_str()), []);
    }

    #[test]
    fn no_changed_bit_makes_another_checkpoint_or_another_witness_of_a_cosigned_note() {
        let note = cosigned();
        let (policy, expected) = (policy(2), policy(2));
        let expected = expected.cosigned(note.as_str());
        for at in 0..note.as_str().len() {
            for bit in 0..8 {
                let mut changed = note.as_str().as_bytes().to_vec();
                changed[at] ^= 1 << bit;
                let Ok(changed) = String::from_utf8(changed) else { continue };
                assert!(open(&changed).is_ok_and(|read| read == checkpoint()) || open(&changed).is_err());
                let found = policy.cosigned(&changed);
                assert!(found.iter().all(|found| expected.contains(found)), "bit {bit} of byte {at}");
                assert!(open(&changed).is_err() || found.len() < 2, "bit {bit} of byte {at} is in some signature");
            }
        }
    }

    #[test]
    fn every_held_key_may_sign_and_whoever_knows_one_of_them_reads_it() {
        let signed = SignedCheckpoint::sign_with(&checkpoint(), &[&key(2), &key(1)]);
        for known in [vec![1], vec![2], vec![1, 2]] {
            let keys: Vec<_> = known.iter().map(|seed| key(*seed).verifying_key()).collect();
            assert_eq!(SignedCheckpoint::open(signed.as_str(), ORIGIN, &keys), Ok(checkpoint()));
        }
        assert_eq!(SignedCheckpoint::open(signed.as_str(), ORIGIN, &[key(3).verifying_key()]), Err(Unsigned));
    }

    #[test]
    fn lines_are_added_once_and_only_lines_are() {
        let signed = SignedCheckpoint::sign(&checkpoint(), &key(1));
        let line = note::cosign(&checkpoint().encode_body(), "two.example", &key(2), 20);
        let once = signed.with_lines(&line).unwrap();
        assert_eq!(once.as_str(), format!("{}{line}", signed.as_str()));
        assert_eq!(once.with_lines(&line).unwrap(), once);
        assert_eq!(once.with_lines("").unwrap(), once);
        for wrong in
            ["\n", "text\n", line.trim_end(), "— w \n", &format!("\n{line}"), &format!("{line}\n{line}"), "— w AAAAAA=\n"]
        {
            assert!(matches!(signed.with_lines(wrong), Err(Malformed(_))), "{wrong:?}");
        }
        let many: String = (0..MAX_SIGNATURES).map(|number| format!("— w{number} AAAAAAAA\n")).collect();
        assert_eq!(signed.with_lines(&many), Err(TooLong));
    }

    proptest! {
        #[test]
        fn every_checkpoint_round_trips(size: u64, root: Hash, seed: u8) {
            let checkpoint = Checkpoint { origin: ORIGIN.into(), size, root };
            let signed = SignedCheckpoint::sign(&checkpoint, &key(seed));
            prop_assert_eq!(SignedCheckpoint::open(signed.as_str(), ORIGIN, &[key(seed).verifying_key()]), Ok(checkpoint));
        }

        #[test]
        fn any_text_is_answered_without_a_panic(text in "(?s).{0,300}") {
            let _ = open(&text);
        }
    }
}
