//! What the auditor has verified before, in a file of the auditor's own: the next audit goes on there, and notices what changed since.

use crate::audit::Ended;
use crate::failure::Failure;
use ledger::key::LedgerId;
use ledger::merkle::Frontier;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The file's content.
#[derive(Clone, Default)]
pub struct Memory {
    file: PathBuf,
    /// The newest checkpoint whose root the leaves came to, as it was signed.
    pub note: Option<String>,
    /// The right edge of that tree, in hexadecimal.
    verified: Option<String>,
    /// The right edge of what an interrupted audit had read beyond it: believed only once it leads to a signed root.
    read: Option<String>,
    /// So many entries were published before the statements were read: a statement that is newer cannot speak of fewer.
    pub floor: u64,
    /// The hash of each coverage statement that was in order, by its number.
    pub statements: BTreeMap<u64, String>,
}

impl Memory {
    /// What is remembered of a ledger in a folder; nothing at first.
    pub fn open(folder: &Path, ledger: &LedgerId) -> Result<Memory, Ended> {
        let file = folder.join(format!("{ledger}.json"));
        let unreadable =
            |why: &str| Ended::NotMade(format!("{} cannot be read ({why}): move it away to begin anew", file.display()));
        let kept = match std::fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| unreadable(&error.to_string()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Value::Null,
            Err(error) => return Err(unreadable(&error.to_string())),
        };
        std::fs::create_dir_all(folder).map_err(|error| Failure::file("make the folder", folder, &error))?;
        let text = |name: &str| kept[name].as_str().map(str::to_owned);
        let statements = kept["statements"].as_object().into_iter().flatten();
        let statements = statements.filter_map(|(number, hash)| Some((number.parse().ok()?, hash.as_str()?.to_owned())));
        let statements = statements.collect();
        let floor = kept["floor"].as_u64().unwrap_or_default();
        let memory =
            Memory { file: file.clone(), floor, note: text("note"), verified: text("verified"), read: text("read"), statements };
        if memory.edges_are_sound() { Ok(memory) } else { Err(unreadable("it was changed")) }
    }

    fn edges_are_sound(&self) -> bool {
        [&self.verified, &self.read].into_iter().flatten().all(|edge| decoded(edge).is_some())
    }

    /// The tree that an earlier audit verified.
    pub fn verified(&self) -> Frontier {
        self.verified.as_deref().and_then(decoded).unwrap_or_default()
    }

    /// Where the reading goes on: after what an interrupted audit read, if that is not beyond `size`.
    pub fn begin(&self, size: u64) -> Frontier {
        let read = self.read.as_deref().and_then(decoded).filter(|edge| edge.size() <= size);
        let verified = self.verified();
        read.filter(|edge| edge.size() >= verified.size()).unwrap_or(verified)
    }

    /// Keeps how far the reading has come.
    pub fn keep_read(&mut self, edge: &Frontier) -> Result<(), Ended> {
        self.read = Some(hex::encode(edge.encode()));
        self.write()
    }

    /// Keeps that the leaves lead to the root of this checkpoint.
    pub fn keep_verified(&mut self, edge: &Frontier, note: &str, floor: u64) -> Result<(), Ended> {
        self.floor = floor;
        (self.verified, self.read, self.note) = (Some(hex::encode(edge.encode())), None, Some(note.to_owned()));
        self.write()
    }

    /// Forgets what an interrupted audit read: it led to no signed root.
    pub fn forget_read(&mut self) -> Result<(), Ended> {
        self.read = None;
        self.write()
    }

    /// Where evidence lies that two notes over so many entries contradict each other.
    pub fn evidence(&self, old: u64, new: u64) -> PathBuf {
        let ledger = self.file.file_stem().unwrap_or_default().to_string_lossy();
        self.file.with_file_name(format!("{ledger}-{old}-{new}.fork"))
    }

    /// Writes the file, whole or not at all.
    fn write(&self) -> Result<(), Ended> {
        let Memory { note, verified, read, statements, floor, .. } = self;
        let statements: Value =
            statements.iter().map(|(number, hash)| (number.to_string(), json!(hash))).collect::<serde_json::Map<_, _>>().into();
        let text = format!(
            "{:#}\n",
            json!({ "note": note, "verified": verified, "read": read, "floor": floor, "statements": statements })
        );
        let fresh = self.file.with_extension("new");
        let written = std::fs::write(&fresh, text).and_then(|()| std::fs::rename(&fresh, &self.file));
        Ok(written.map_err(|error| Failure::file("write", &self.file, &error))?)
    }
}

fn decoded(edge: &str) -> Option<Frontier> {
    let bytes = hex::decode(edge).ok()?;
    let (frontier, rest) = Frontier::decode(&bytes)?;
    rest.is_empty().then_some(frontier)
}
