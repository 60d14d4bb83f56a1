//! The threads that verify signatures: one per core, off the async workers, with a bounded queue before them.

use crossbeam_channel::{Sender, bounded};

/// Work for a verifying thread: a few signatures.
type Job = Box<dyn FnOnce() + Send>;

/// So many jobs may wait; one more is refused with "try again". On two cores the last of them waits a tenth of a second.
const MAX_WAITING: usize = 8_192;

/// A handle to the threads, which end when it is dropped.
pub struct Verifiers(Sender<Job>);

/// Too many jobs wait.
#[derive(Debug)]
pub struct Busy;

impl Verifiers {
    /// Starts so many threads.
    ///
    /// # Errors
    ///
    /// When the operating system gives no threads.
    pub fn start(threads: usize) -> std::io::Result<Verifiers> {
        let (jobs, queue) = bounded::<Job>(MAX_WAITING);
        for number in 0..threads.max(1) {
            let queue = queue.clone();
            let run = move || queue.iter().for_each(|job| job());
            std::thread::Builder::new().name(format!("verify-{number}")).spawn(run)?;
        }
        Ok(Verifiers(jobs))
    }

    /// Does some work on one of the threads, in turn.
    ///
    /// # Errors
    ///
    /// [`Busy`] when too many jobs wait.
    pub fn run(&self, job: impl FnOnce() + Send + 'static) -> Result<(), Busy> {
        self.0.try_send(Box::new(job)).map_err(|_| Busy)
    }
}
