//! An order whose answer has not come yet: its signed bytes lie in a file until one does, because only the same bytes can be sent again
//! without a second booking.
//!
//! The file lies beside the key file, or in the current directory when nothing can be written there (a key on a read-only stick).

use crate::failure::{Failure, Outcome};
use crate::keys;
use ledger::key::LedgerId;
use ledger::transaction::SignedTransaction;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// So many digits of the ledger id are enough to keep two currencies apart.
const LEDGER_DIGITS: usize = 8;

/// The places in which an order of a key to a ledger may lie.
pub struct Pending {
    places: Vec<PathBuf>,
    ledger: LedgerId,
}

impl Pending {
    /// The places for a key file and a ledger.
    pub fn of(key_file: &Path, ledger: &LedgerId) -> Pending {
        let mut name = key_file.file_name().unwrap_or_default().to_owned();
        let id = ledger.to_string();
        name.push(format!(".{}.pending", id.get(..LEDGER_DIGITS).unwrap_or(&id)));
        Pending { places: vec![key_file.with_file_name(&name), PathBuf::from(name)], ledger: *ledger }
    }

    /// The order that waits for its answer, and where it lies.
    pub fn find(&self) -> Outcome<Option<(PathBuf, SignedTransaction)>> {
        for place in &self.places {
            match fs::read_to_string(place) {
                Ok(text) => return self.read(place, &text).map(|order| Some((place.clone(), order))),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(Failure::file("read the order that waits in", place, &error)),
            }
        }
        Ok(None)
    }

    fn read(&self, place: &Path, text: &str) -> Outcome<SignedTransaction> {
        let order = hex::decode(text.trim()).ok().and_then(|bytes| SignedTransaction::decode(&bytes, &self.ledger).ok());
        order.ok_or_else(|| {
            let advice = "whether it was booked is unknown: look for it in `acts` of another key, then delete the file";
            Failure::new(format!("{} holds no whole order for this ledger; {advice}", place.display()))
        })
    }

    /// Keeps an order before it is sent, and tells where. Fails when another one waits.
    pub fn keep(&self, order: &[u8]) -> Outcome<PathBuf> {
        let taken = self.places.iter().find(|place| place.exists());
        if let Some(place) = taken {
            let why = "holds an order of another command with this key: wait for it, then give the command again";
            return Err(Failure::new(format!("nothing was signed: {} {why}", place.display())));
        }
        let text = format!("{}\n", hex::encode(order));
        let mut failed = Failure::new("there is no place for the order");
        for place in &self.places {
            match keys::write_private(place, text.as_bytes()) {
                Ok(()) => return Ok(place.clone()),
                Err(failure) => failed = failure,
            }
        }
        Err(Failure::new(format!("nothing was sent: the order has to be kept until its answer comes, but {failed}")))
    }
}

/// Forgets an order that was answered.
pub fn forget(place: &Path) -> Outcome {
    match fs::remove_file(place) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(Failure::file("remove the order, which was answered, from", place, &error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::key::Hash32;
    use ledger::transaction::{Body, Transaction};

    #[test]
    fn an_order_is_kept_once_for_each_key_and_ledger_until_it_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let (key_file, ledger) = (folder.path().join("operator-1.key"), Hash32::of(b"ledger"));
        let pending = Pending::of(&key_file, &ledger);
        assert!(pending.find().unwrap().is_none());
        let body = Body::Refuse { proposal: Hash32::of(b"proposal") };
        let bytes = Transaction { nonce: [1; 8], valid_until: 1, body }.sign(&ledger, &keys::draw().unwrap());
        let place = pending.keep(&bytes).unwrap();
        assert_eq!(place.parent(), Some(folder.path()));
        assert_eq!(pending.find().unwrap().unwrap().1.bytes(), bytes);
        assert!(pending.keep(&bytes).unwrap_err().to_string().contains("nothing was signed"));
        assert!(Pending::of(&key_file, &Hash32::of(b"other")).find().unwrap().is_none());
        fs::write(&place, &hex::encode(&bytes)[..40]).unwrap();
        assert!(pending.find().is_err());
        forget(&place).unwrap();
        forget(&place).unwrap();
        assert!(pending.find().unwrap().is_none());
    }
}
