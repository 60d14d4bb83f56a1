//! The two limits that no ledger of signed payments gets over: verifying the signatures, and putting the bytes on the disk.

use crate::bench::figures::Latencies;
use crate::failure::{Failure, Outcome};
use crate::{cores, keys};
use ed25519_dalek::{Signature, Signer, VerifyingKey};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// So many different keys sign.
const KEYS: usize = 1_000;

/// Signatures to be verified, with their keys decoded.
pub struct Signatures {
    signed: Vec<(VerifyingKey, Vec<u8>, Signature)>,
    cores: usize,
}

impl Signatures {
    /// So many signatures over messages of so many bytes.
    pub fn make(count: usize, bytes: usize) -> Outcome<Signatures> {
        let cores = cores::count();
        let keys = (0..KEYS.min(count)).map(|_| keys::draw()).collect::<Outcome<Vec<_>>>()?;
        let places: Vec<usize> = (0..count).collect();
        let sign = |place: &usize| {
            let (key, message) = (&keys[place % keys.len()], vec![*place as u8; bytes]);
            (key.verifying_key(), message.clone(), key.sign(&message))
        };
        let signed = std::thread::scope(|scope| {
            let shares = places.chunks(count.div_ceil(cores).max(1));
            let running: Vec<_> = shares.map(|share| scope.spawn(|| share.iter().map(&sign).collect::<Vec<_>>())).collect();
            running.into_iter().flat_map(|thread| thread.join().expect("signing does not panic")).collect()
        });
        Ok(Signatures { signed, cores })
    }

    /// Verifies all of them on all cores; so many a second.
    pub fn per_second(&self) -> Outcome<f64> {
        let began = Instant::now();
        let share = self.signed.len().div_ceil(self.cores).max(1);
        let good: usize = std::thread::scope(|scope| {
            let sound =
                |(key, message, signature): &&(VerifyingKey, Vec<u8>, Signature)| key.verify_strict(message, signature).is_ok();
            let running: Vec<_> =
                self.signed.chunks(share).map(|share| scope.spawn(move || share.iter().filter(sound).count())).collect();
            running.into_iter().map(|thread| thread.join().expect("verification does not panic")).sum()
        });
        if good < self.signed.len() {
            return Err(Failure::new("a signature that was just made is not good"));
        }
        Ok(good as f64 / began.elapsed().as_secs_f64())
    }

    /// How long one takes on one core, in microseconds.
    pub fn micros_each(&self) -> f64 {
        let began = Instant::now();
        let some = &self.signed[..KEYS.min(self.signed.len())];
        let good = some.iter().filter(|(key, message, signature)| key.verify_strict(message, signature).is_ok()).count();
        began.elapsed().as_secs_f64() * 1e6 / good.max(1) as f64
    }
}

/// A file that is only appended to.
pub struct Appended {
    file: File,
    path: PathBuf,
}

impl Appended {
    /// A new file beside the ledger's.
    pub fn open(folder: &Path) -> Outcome<Appended> {
        let path = folder.join("appended");
        let file = File::create_new(&path).map_err(|error| Failure::file("create", &path, &error))?;
        Ok(Appended { file, path })
    }

    fn append(&mut self, bytes: &[u8]) -> Outcome {
        let appended = self.file.write_all(bytes).and_then(|()| self.file.sync_data());
        appended.map_err(|error| Failure::file("append to", &self.path, &error))
    }

    /// Appends so many batches of so many bytes and syncs each; how long each took.
    pub fn batches(&mut self, bytes: usize, batches: usize) -> Outcome<Latencies> {
        on_a_thread(|| self.one_after_the_other(bytes, batches))
    }

    fn one_after_the_other(&mut self, bytes: usize, batches: usize) -> Outcome<Latencies> {
        let bytes = vec![0xa5; bytes];
        let mut taken = Vec::with_capacity(batches);
        for _ in 0..batches {
            let began = Instant::now();
            self.append(&bytes)?;
            taken.push(nanoseconds(began));
        }
        Ok(Latencies::of(taken))
    }

    /// So many entries a second come, each at its moment; one thread takes all that have come, appends and syncs them together.
    pub fn under_load(&mut self, entry_bytes: usize, entries: usize, per_second: f64) -> Outcome<Latencies> {
        let (come, coming) = channel::<Instant>();
        let interval = Duration::from_secs_f64(1.0 / per_second);
        let pacer = std::thread::spawn(move || {
            let start = Instant::now();
            for place in 0..entries {
                let due = start + interval.mul_f64(place as f64);
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                if come.send(due).is_err() {
                    return;
                }
            }
        });
        let appended = on_a_thread(move || {
            let mut taken = Vec::with_capacity(entries);
            while let Ok(first) = coming.recv() {
                let group: Vec<Instant> = std::iter::once(first).chain(coming.try_iter()).collect();
                self.append(&vec![0xa5; entry_bytes * group.len()])?;
                taken.extend(group.into_iter().map(nanoseconds));
            }
            Ok(Latencies::of(taken))
        });
        pacer.join().map_err(|_| Failure::new("the appends lost their pace"))?;
        appended
    }
}

/// Like the node's writer, a thread that has done nothing but append: on a busy machine, one that has computed waits for its turn.
fn on_a_thread<T: Send>(work: impl FnOnce() -> Outcome<T> + Send) -> Outcome<T> {
    std::thread::scope(|scope| scope.spawn(work).join()).map_err(|_| Failure::new("the thread that appends stopped"))?
}

impl Drop for Appended {
    fn drop(&mut self) {
        // The folder is removed at the end in any case.
        drop(std::fs::remove_file(&self.path));
    }
}

fn nanoseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX)
}
