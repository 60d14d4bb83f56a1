//! Secrets on disk: key files that only their owner reads, and random bytes.
//!
//! A key file is TOML with a `seed` of 64 hexadecimal digits and, where it is bound to one currency, the `ledger` it signs for. A file
//! with the 64 digits alone is read too.

use crate::failure::{Failure, Outcome};
use ledger::SigningKey;
use ledger::key::{Hash32, LedgerId, PublicKey};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A key and the currency it is for.
pub struct KeyFile {
    /// The key.
    pub key: SigningKey,
    /// The ledger that the file names.
    pub ledger: Option<LedgerId>,
}

impl KeyFile {
    /// Reads a key file.
    pub fn read(path: &Path) -> Outcome<KeyFile> {
        let text = fs::read_to_string(path).map_err(|error| Failure::file("read the key file", path, &error))?;
        parse(&text).ok_or_else(|| {
            Failure::new(format!("{} is no key file: it needs `seed = \"…\"` with 64 hexadecimal digits", path.display()))
        })
    }
}

fn parse(text: &str) -> Option<KeyFile> {
    if let Some(seed) = Hash32::from_hex(text.trim()) {
        return Some(KeyFile { key: SigningKey::from_bytes(&seed.0), ledger: None });
    }
    let table: toml::Table = text.parse().ok()?;
    let seed = Hash32::from_hex(table.get("seed")?.as_str()?)?;
    let ledger = match table.get("ledger") {
        Some(value) => Some(LedgerId::from_hex(value.as_str()?)?),
        None => None,
    };
    Some(KeyFile { key: SigningKey::from_bytes(&seed.0), ledger })
}

/// The public half of a key.
pub fn public(key: &SigningKey) -> PublicKey {
    key.verifying_key().into()
}

/// Random bytes of the operating system.
pub fn random<const N: usize>() -> Outcome<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Failure::new(format!("the machine gives no random bytes: {error}")))?;
    Ok(bytes)
}

/// A new key.
pub fn draw() -> Outcome<SigningKey> {
    Ok(SigningKey::from_bytes(&random()?))
}

/// Makes a folder that only its owner enters.
pub fn private_folder(path: &Path) -> Outcome {
    fs::create_dir_all(path).map_err(|error| Failure::file("create the folder", path, &error))?;
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        fs::set_permissions(path, mode).map_err(|error| Failure::file("restrict the folder", path, &error))?;
    }
    Ok(())
}

/// Writes a new file that only its owner reads. Refuses to overwrite.
pub fn write_private(path: &Path, content: &[u8]) -> Outcome {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let write = options.open(path).and_then(|mut file| file.write_all(content).and_then(|()| file.sync_all()));
    write.map_err(|error| Failure::file("write the new file", path, &error))
}

/// Writes a key file. Refuses to overwrite.
pub fn write_key(path: &Path, what: &str, key: &SigningKey, ledger: Option<&LedgerId>) -> Outcome {
    let bound = ledger.map(|id| format!("ledger = \"{id}\"\n")).unwrap_or_default();
    let (public, seed) = (public(key), hex::encode(key.to_bytes()));
    let text = format!(
        "# {what}. Keep it secret: whoever has the seed signs in its name.\npublic = \"{public}\"\n{bound}seed = \"{seed}\"\n"
    );
    write_private(path, text.as_bytes())
}

/// The random bytes of a file that only their owner reads, made when it is missing.
pub fn secret(path: &Path) -> Outcome<[u8; 32]> {
    match fs::read(path) {
        Ok(bytes) => bytes
            .try_into()
            .map_err(|_| Failure::new(format!("{} has to hold 32 bytes: put the right file back", path.display()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let fresh = random()?;
            write_private(path, &fresh)?;
            Ok(fresh)
        }
        Err(error) => Err(Failure::file("read the secret", path, &error)),
    }
}

/// Every checkpoint key in a folder of secrets: the files `checkpoint*.key`, in order of their names.
pub fn checkpoint_keys(secrets: &Path) -> Outcome<Vec<SigningKey>> {
    let listing = fs::read_dir(secrets).map_err(|error| Failure::file("read the folder of secrets", secrets, &error))?;
    let mut files: Vec<PathBuf> = listing.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    files.retain(|path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("checkpoint") && name.ends_with(".key")
    });
    files.sort();
    files.iter().map(|path| KeyFile::read(path).map(|file| file.key)).collect()
}

/// The node's key that pays for cards, in a folder of secrets, and true when it was drawn now because there was none: older folders have
/// none.
pub fn card_key(secrets: &Path, ledger: &LedgerId) -> Outcome<(SigningKey, bool)> {
    kept(&secrets.join("card.key"), "The node's key that pays for cards", Some(ledger))
}

/// The key of the tills' service, in a folder of secrets: drawn when there is none.
pub fn pos_key(secrets: &Path) -> Outcome<SigningKey> {
    kept(&secrets.join("pos.key"), "The key with which the tills' service signs what it says of a shop's records", None)
        .map(|(key, _)| key)
}

/// The key of a file, and true when it was drawn now because there was none.
fn kept(path: &Path, what: &str, ledger: Option<&LedgerId>) -> Outcome<(SigningKey, bool)> {
    let missing = !path.exists();
    if missing {
        write_key(path, what, &draw()?, ledger)?;
    }
    KeyFile::read(path).map(|file| (file.key, missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_comes_back_and_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        let (key, ledger) = (draw().unwrap(), Hash32::of(b"ledger"));
        write_key(&path, "A key", &key, Some(&ledger)).unwrap();
        let read = KeyFile::read(&path).unwrap();
        assert_eq!((read.key.to_bytes(), read.ledger), (key.to_bytes(), Some(ledger)));
        assert!(write_key(&path, "Another", &key, None).is_err());
    }

    #[test]
    fn a_bare_seed_is_a_key_file_and_anything_else_is_not() {
        assert!(parse(&format!("{}\n", "ab".repeat(32))).is_some());
        for text in ["", "seed = 5", "seed = \"ab\"", "public = \"ab\""] {
            assert!(parse(text).is_none(), "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn secrets_are_for_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (secrets, file) = (folder.path().join("s"), folder.path().join("s/x.key"));
        private_folder(&secrets).unwrap();
        write_private(&file, b"x").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&secrets), mode(&file)), (0o700, 0o600));
    }
}
