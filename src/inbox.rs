//! The folder of bank files: what is put there is imported, then moved to its `done` or, with the reason beside it, to its `refused`. And the
//! clerk, who proposes what the files clearly say.

use crate::failure::{Failure, Outcome};
use crate::keys::{self, KeyFile};
use crate::settings::Settings;
use fund_office::bank::MAX_FILE_BYTES;
use fund_office::intake::{ImportError, Intake, Source};
use ledger::SigningKey;
use ledger::ledger::Ledger;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// The folder is looked at this often. A file is whole when it is the same twice.
const EVERY: Duration = Duration::from_secs(2);
/// So many files of one name are told apart.
const MOST_ALIKE: u32 = 10_000;

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
        let size = self.seen.get(path).map_or(0, |(size, _)| *size);
        let imported = if size > MAX_FILE_BYTES {
            Err(ImportError::Unreadable(fund_office::bank::too_large()))
        } else {
            let bytes = fs::read(path).map_err(|error| Failure::file("read the bank file", path, &error))?;
            self.intake.import(&Source { name: &name, bank: None, by: 0 }, &bytes)
        };
        match imported {
            Ok(done) => {
                tracing::info!(name, new = done.new, known = done.known, "a bank file was imported");
                let to = free(&folder.join("done"), &name)?;
                moved(path, &to)?;
                if !done.refused.is_empty() {
                    told(&to, &done.refused.join("\n"))?;
                }
                Ok(())
            }
            // It is whole and ours; the machine is not: it is tried again at the next look.
            Err(ImportError::Fault(fault)) => Err(fault.into()),
            Err(why) => {
                tracing::warn!(name, %why, "a bank file was refused");
                let to = free(&folder.join("refused"), &name)?;
                told(&to, &why.to_string())?;
                moved(path, &to)
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

/// A name in a folder that nothing has: the file's own, or with a number.
fn free(folder: &Path, name: &str) -> Outcome<PathBuf> {
    let numbered = (2..MOST_ALIKE).map(|number| folder.join(format!("{number}-{name}")));
    let mut names = std::iter::once(folder.join(name)).chain(numbered);
    names
        .find(|path| !path.exists())
        .ok_or_else(|| Failure::new(format!("{} has too many files called {name}", folder.display())))
}

fn moved(from: &Path, to: &Path) -> Outcome {
    fs::rename(from, to).map_err(|error| Failure::file("move the bank file to", to, &error))
}

/// Writes words beside a file.
fn told(file: &Path, words: &str) -> Outcome {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".txt");
    let beside = PathBuf::from(beside);
    fs::write(&beside, format!("{words}\n")).map_err(|error| Failure::file("write", &beside, &error))
}
