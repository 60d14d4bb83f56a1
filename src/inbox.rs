//! The folder of bank files: what is put there is imported, then moved to its `done` or, with the reason beside it, to its `refused`. And the
//! clerk, who proposes what the files clearly say.

use crate::bank;
use crate::failure::{Failure, Outcome};
use crate::keys::{self, KeyFile};
use crate::settings::Settings;
use fund_office::intake::{ImportError, Intake, Source};
use ledger::SigningKey;
use ledger::ledger::Ledger;
use rustix::fs::{Mode, OFlags};
use std::collections::HashMap;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// The folder is looked at this often. A file is whole when it is the same twice.
const EVERY: Duration = Duration::from_secs(2);
/// So many files of one name are told apart.
const MOST_ALIKE: u32 = 10_000;
/// A name has at most so many bytes: of the 255 that a file system takes, a number and `.txt` need nine.
const MAX_NAME_BYTES: usize = 240;
/// The end of a name is kept when it has at most so many bytes.
const MAX_END_BYTES: usize = 10;

/// What is watched, and what is done about it.
pub struct Inbox {
    intake: Arc<Intake>,
    folder: Option<PathBuf>,
    key: Option<SigningKey>,
    /// The files as they were at the last look: size and time of the last change.
    seen: HashMap<PathBuf, (u64, Option<SystemTime>)>,
}

impl Inbox {
    /// What the settings say; `None` when there is nothing to do.
    pub fn open(settings: &Settings, ledger: &Ledger, intake: Arc<Intake>) -> Outcome<Option<Inbox>> {
        if let Some(folder) = &settings.bank_inbox {
            for part in [folder.clone(), folder.join("done"), folder.join("refused")] {
                keys::private_folder(&part)?;
            }
        }
        let key = settings.bank_key.as_ref().map(|file| clerk(file, ledger)).transpose()?;
        let idle = settings.bank_inbox.is_none() && key.is_none();
        let inbox = Inbox { intake, folder: settings.bank_inbox.clone(), key, seen: HashMap::new() };
        Ok(Some(inbox).filter(|_| !idle))
    }

    /// Looks again and again, as long as it is not dropped.
    pub async fn watch(mut self) {
        loop {
            tokio::time::sleep(EVERY).await;
            let looked = tokio::task::spawn_blocking(move || {
                self.look();
                self
            });
            match looked.await {
                Ok(inbox) => self = inbox,
                Err(error) => {
                    tracing::error!(%error, "the folder of bank files is no longer watched: restart the node");
                    return;
                }
            }
        }
    }

    fn look(&mut self) {
        if let Some(folder) = self.folder.clone()
            && let Err(error) = self.empty(&folder)
        {
            tracing::error!(%error, "the folder of bank files cannot be read");
        }
        if let Some(key) = &self.key {
            match self.intake.propose(key) {
                Ok(0) => {}
                Ok(proposed) => tracing::info!(proposed, "the clerk proposed what the bank's files say"),
                Err(fault) => tracing::error!(%fault, "the clerk cannot propose"),
            }
        }
    }

    /// Imports the files that have come to rest.
    fn empty(&mut self, folder: &Path) -> Outcome {
        let listing = fs::read_dir(folder).map_err(|error| Failure::file("read the folder", folder, &error))?;
        let mut now = HashMap::new();
        for path in listing.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
            let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
            // No link is followed: whoever may write here names no other file of the machine.
            let Some(found) = fs::symlink_metadata(&path).ok().filter(|found| found.is_file() && !hidden) else { continue };
            now.insert(path, (found.len(), found.modified().ok()));
        }
        let mut at_rest: Vec<_> =
            now.iter().filter(|(path, is)| self.seen.get(*path) == Some(is)).map(|(path, _)| path.clone()).collect();
        at_rest.sort();
        self.seen = now;
        for path in at_rest {
            if let Err(error) = self.take(folder, &path) {
                tracing::error!(%error, "a bank file stays where it is");
            }
        }
        Ok(())
    }

    fn take(&self, folder: &Path, path: &Path) -> Outcome {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let imported =
            match opened(path).and_then(bank::bytes).map_err(|error| Failure::file("read the bank file", path, &error))? {
                Some(bytes) => self.intake.import(&Source { name: &name, bank: None, by: 0 }, &bytes),
                None => Err(ImportError::Unreadable(fund_office::bank::too_large())),
            };
        match imported {
            Ok(done) if !done.statements.is_empty() && done.statements.iter().all(|seen| seen.bank.is_none()) => {
                tracing::warn!(name, "a bank file was refused: the words beside it say why");
                put_away(path, &folder.join("refused"), &name, Some(&done.refused.join("\n")))
            }
            Ok(done) => {
                tracing::info!(name, new = done.new, known = done.known, "a bank file was imported");
                let words = Some(done.refused.join("\n")).filter(|words| !words.is_empty());
                put_away(path, &folder.join("done"), &name, words.as_deref())
            }
            // It is whole and ours; the machine is not: it is tried again at the next look.
            Err(ImportError::Fault(fault)) => Err(fault.into()),
            Err(why) => {
                // A log is no place for what stands in a bank's file: file and line only.
                let (line, words) = match &why {
                    ImportError::Unreadable(why) => (why.line(), why.without_cells()),
                    why => (None, why.to_string()),
                };
                tracing::warn!(name, line, "a bank file was refused: the words beside it say why");
                put_away(path, &folder.join("refused"), &name, Some(&words))
            }
        }
    }
}

/// The clerk's key, which has to be a person's of the association.
fn clerk(file: &Path, ledger: &Ledger) -> Outcome<SigningKey> {
    let read = KeyFile::read(file)?;
    if read.ledger.is_some_and(|id| id != ledger.id()) {
        return Err(Failure::new(format!(
            "{} is a key for another currency: the setting `bank_key` needs one of this one",
            file.display()
        )));
    }
    if ledger.durable().state.operator_of_key(&keys::public(&read.key)).is_none() {
        let public = keys::public(&read.key);
        tracing::warn!(%public, "the clerk's key is no person's of the association yet: appoint it, or nothing is proposed");
    }
    Ok(read.key)
}

/// Opens a file that is one: no link is followed, and a pipe is not waited for.
fn opened(path: &Path) -> std::io::Result<fs::File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = fs::File::from(rustix::fs::open(path, flags, Mode::empty())?);
    if file.metadata()?.is_file() { Ok(file) } else { Err(std::io::Error::other("it is no plain file")) }
}

/// Moves a file into a folder, with words beside it where there are some. Nothing that is there already is written over.
fn put_away(path: &Path, folder: &Path, name: &str, words: Option<&str>) -> Outcome {
    let (to, beside) = free(folder, name)?;
    if let Some(words) = words {
        let written = fs::File::create_new(&beside).and_then(|mut file| writeln!(file, "{words}"));
        written.map_err(|error| Failure::file("write", &beside, &error))?;
    }
    fs::rename(path, &to).map_err(|error| {
        // The file stays and is taken again: words about it are written then.
        drop(fs::remove_file(&beside));
        Failure::file("move the bank file to", &to, &error)
    })
}

/// Names in a folder that nothing has, for a file and for the words beside it: the file's own, or with a number; a long one is shortened.
fn free(folder: &Path, name: &str) -> Outcome<(PathBuf, PathBuf)> {
    let name = shortened(name);
    let numbered = (2..MOST_ALIKE).map(|number| format!("{number}-{name}"));
    let pairs =
        std::iter::once(name.clone()).chain(numbered).map(|name| (folder.join(&name), folder.join(format!("{name}.txt"))));
    // Links that lead nowhere are there as well.
    let nothing = |path: &Path| fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound);
    let mut free = pairs.filter(|(file, words)| nothing(file) && nothing(words));
    free.next().ok_or_else(|| Failure::new(format!("{} has too many files called {name}", folder.display())))
}

/// A name with room for a number before it and `.txt` after it; its own end, which says what it is, is kept.
fn shortened(name: &str) -> String {
    if name.len() <= MAX_NAME_BYTES {
        return name.to_owned();
    }
    let end = name.rfind('.').map_or("", |place| &name[place..]);
    let end = if end.len() <= MAX_END_BYTES { end } else { "" };
    format!("{}{end}", &name[..name.floor_char_boundary(MAX_NAME_BYTES - end.len())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn read(path: PathBuf) -> String {
        fs::read_to_string(path).unwrap()
    }

    #[test]
    fn neither_a_file_nor_the_words_of_an_earlier_one_are_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let (refused, at) = (folder.path().join("refused"), folder.path().join("new"));
        fs::create_dir(&refused).unwrap();
        let put = |name: &str, content: &str, words: Option<&str>| {
            fs::write(&at, content).unwrap();
            put_away(&at, &refused, name, words).unwrap();
        };
        put("a.xml", "first", Some("why first"));
        // A file that is called like the words of the first one, and one whose words would be called like a file.
        put("a.xml.txt", "second", None);
        put("b.xml.txt", "third", None);
        put("b.xml", "fourth", Some("why fourth"));
        put("a.xml", "fifth", Some("why fifth"));
        symlink("nowhere", refused.join("c.xml")).unwrap();
        put("c.xml", "sixth", None);
        let there = [
            ("a.xml", "first"),
            ("a.xml.txt", "why first\n"),
            ("b.xml.txt", "third"),
            ("2-b.xml", "fourth"),
            ("2-b.xml.txt", "why fourth\n"),
            ("2-c.xml", "sixth"),
        ];
        for (name, content) in there {
            assert_eq!(read(refused.join(name)), content, "{name}");
        }
        let mut all: Vec<String> =
            fs::read_dir(&refused).unwrap().filter_map(|entry| fs::read_to_string(entry.unwrap().path()).ok()).collect();
        all.sort();
        assert_eq!(all, ["fifth", "first", "fourth", "second", "sixth", "third", "why fifth\n", "why first\n", "why fourth\n"]);
    }

    #[test]
    fn a_file_of_the_longest_name_is_moved_with_words_and_twice() {
        let folder = tempfile::tempdir().unwrap();
        let done = folder.path().join("done");
        fs::create_dir(&done).unwrap();
        for name in [format!("{}.xml", "é".repeat(125)), "a".repeat(255), format!("a.{}", "b".repeat(250))] {
            for number in 0..3 {
                let at = folder.path().join(&name);
                fs::write(&at, "x").unwrap();
                put_away(&at, &done, &name, Some("words")).unwrap();
                assert!(!at.exists(), "{number}");
            }
        }
        assert_eq!(fs::read_dir(&done).unwrap().count(), 18);
        assert!(shortened(&format!("{}.xml", "é".repeat(125))).ends_with("é.xml"));
    }

    #[test]
    fn no_link_folder_or_pipe_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("secret"), "x").unwrap();
        symlink(at("secret"), at("link")).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, at("pipe"), rustix::fs::FileType::Fifo, Mode::RUSR, 0).unwrap();
        assert!(opened(&at("secret")).is_ok());
        for name in ["link", "pipe", "."] {
            assert!(opened(&at(name)).is_err(), "{name}");
        }
    }
}
