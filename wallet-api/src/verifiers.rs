//! The threads that verify signatures: one per core, off the async workers, with a bounded queue before them.

use crossbeam_channel::{Sender, bounded};

/// Work for a verifying thread: a few signatures.
type Job = Box<dyn FnOnce() + Send>;

/// So many jobs may wait; one more is refused with "try again". On two cores the last of them waits a tenth of a second.
const MAX_WAITING: usize = 8_192;

/// How far verification stands back behind the writer and the network, in steps of `nice`: what is verified should not wait for
/// what is not.
const STEPS_BACK: i32 = 5;

/// Lets the other threads go first, where the system has priorities for threads.
fn step_back() {
    #[cfg(target_os = "linux")]
    // Without it everything works, a little less evenly.
    rustix::process::setpriority_process(Some(rustix::thread::gettid()), STEPS_BACK).unwrap_or_default();
}

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
            let run = move || {
                step_back();
                queue.iter().for_each(|job| job());
            };
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
