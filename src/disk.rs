//! The room on the disk: an alarm while there is time to make some, and no new orders before a write can fail.
//!
//! A node whose disk is full can only be read until it is started again; one that stops in time goes on by itself.

use crate::error;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use std::io::Result;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

const MB: u64 = 1 << 20;
/// Below so much room no new orders are taken. The fastest node writes some 10 MB a second, so that between two looks not a tenth of
/// it is used; the rest is for what is written without an order: heads, indexes, the log, and whoever makes room.
pub const RESERVE_MB: u64 = 256;
/// How often the room is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// What is refused for want of room may be tried again after so long: somebody has to make room first.
const RETRY_AFTER_SECONDS: u64 = 30;
/// Signing in writes nothing, and whoever is to make room may want to look.
const SIGN_IN: &str = "/v1/sign-in";

/// Tells how many bytes are free.
pub type Free = Arc<dyn Fn() -> Result<u64> + Send + Sync>;

/// How many bytes are free for this process where a folder lies.
pub fn free_at(folder: &Path) -> Free {
    let folder = folder.to_owned();
    Arc::new(move || {
        let room = rustix::fs::statvfs(&folder)?;
        Ok(room.f_bavail.saturating_mul(room.f_frsize))
    })
}

/// How it stands with the room.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Standing {
    /// There is enough.
    Enough,
    /// Somebody has to make room.
    Alarm,
    /// No new orders are taken.
    Full,
}

/// What was seen of the disk.
#[derive(Clone)]
pub struct Disk {
    free: Free,
    alarm_mb: u64,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    free_mb: AtomicU64,
    standing: AtomicU8,
}

impl Disk {
    /// A disk that is looked at once now. The alarm begins below `alarm_mb` megabytes, and in any case below the reserve.
    pub fn new(free: Free, alarm_mb: u64) -> Disk {
        let disk = Disk { free, alarm_mb, seen: Arc::default() };
        disk.look();
        disk
    }

    /// Free megabytes, when last seen.
    pub fn free_mb(&self) -> u64 {
        self.seen.free_mb.load(Ordering::Relaxed)
    }

    /// How it stands, when last seen.
    pub fn standing(&self) -> Standing {
        match self.seen.standing.load(Ordering::Relaxed) {
            0 => Standing::Enough,
            1 => Standing::Alarm,
            _ => Standing::Full,
        }
    }

    /// Looks, and logs what has changed.
    fn look(&self) {
        let free_mb = match (self.free)() {
            Ok(bytes) => bytes / MB,
            Err(error) => return tracing::error!(%error, "the room on the disk cannot be told; what was seen last holds"),
        };
        let (before, now) = (self.standing(), self.standing_at(free_mb));
        self.seen.free_mb.store(free_mb, Ordering::Relaxed);
        self.seen.standing.store(now as u8, Ordering::Relaxed);
        match now {
            _ if now == before => {}
            Standing::Full => tracing::error!(free_mb, "the disk is nearly full: new orders are refused until there is room"),
            Standing::Alarm => tracing::warn!(free_mb, alarm_mb = self.alarm_mb, "the disk gets full: make room"),
            Standing::Enough => tracing::warn!(free_mb, "the disk has room again"),
        }
    }

    fn standing_at(&self, free_mb: u64) -> Standing {
        match free_mb {
            ..RESERVE_MB => Standing::Full,
            _ if free_mb < self.alarm_mb => Standing::Alarm,
            _ => Standing::Enough,
        }
    }

    /// Looks again and again.
    pub async fn watch(self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let disk = self.clone();
            // A disk over a network may be slow to answer, and must not hold a thread that serves.
            drop(tokio::task::spawn_blocking(move || disk.look()).await);
        }
    }
}

/// Refuses what would write while the disk is nearly full.
pub async fn with_room(State(disk): State<Disk>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let writes = !reads && !request.uri().path().starts_with(SIGN_IN);
    if writes && disk.standing() == Standing::Full { error::disk_full(RETRY_AFTER_SECONDS) } else { next.run(request).await }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::routing::{get, post};
    use std::io::Error;

    /// A disk with so many bytes free, which can be changed.
    fn disk(bytes: u64, alarm_mb: u64) -> (Disk, Arc<AtomicU64>) {
        let free = Arc::new(AtomicU64::new(bytes));
        let told = free.clone();
        let tell = move || match told.load(Ordering::Relaxed) {
            u64::MAX => Err(Error::other("away")),
            free => Ok(free),
        };
        (Disk::new(Arc::new(tell), alarm_mb), free)
    }

    #[test]
    fn the_alarm_comes_before_the_end_and_both_go_by_themselves() {
        let (disk, free) = disk(u64::MAX - 1, 1_024);
        let rows = [
            (2_000 * MB, Standing::Enough),
            (1_024 * MB, Standing::Enough),
            (1_024 * MB - 1, Standing::Alarm),
            (RESERVE_MB * MB, Standing::Alarm),
            (RESERVE_MB * MB - 1, Standing::Full),
            (0, Standing::Full),
            (u64::MAX, Standing::Full),
            (300 * MB, Standing::Alarm),
            (u64::MAX, Standing::Alarm),
            (5_000 * MB, Standing::Enough),
        ];
        assert_eq!(disk.standing(), Standing::Enough);
        for (bytes, standing) in rows {
            free.store(bytes, Ordering::Relaxed);
            disk.look();
            assert_eq!(disk.standing(), standing, "{bytes} bytes");
        }
        assert_eq!(disk.free_mb(), 5_000);
    }

    #[test]
    fn a_small_alarm_does_not_take_the_reserve() {
        let (disk, free) = disk(RESERVE_MB * MB, 0);
        assert_eq!(disk.standing(), Standing::Enough);
        free.store(RESERVE_MB * MB - 1, Ordering::Relaxed);
        disk.look();
        assert_eq!(disk.standing(), Standing::Full);
    }

    #[test]
    fn the_room_of_a_real_folder_is_told() {
        let folder = tempfile::tempdir().unwrap();
        assert!(free_at(folder.path())().is_ok());
        assert!(free_at(&folder.path().join("nothing"))().is_err());
    }

    #[tokio::test]
    async fn without_room_orders_are_refused_and_reads_go_on_until_there_is_some() {
        crate::tls::install_provider();
        let (disk, free) = disk(0, 1_024);
        let routes = Router::new().route("/v1/transactions", post(async || "taken")).route("/v1/sign-in", post(async || "in"));
        let routes = routes.route("/v1/ledger", get(async || "read"));
        let routes = routes.layer(axum::middleware::from_fn_with_state(disk.clone(), with_room));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let post = async |path: &str| client.post(format!("{url}{path}")).body("x").send().await.unwrap();
        let refused = post("/v1/transactions").await;
        assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"] == "30"), (503, true));
        assert!(refused.text().await.unwrap().contains("\"code\":\"disk_full\""));
        assert_eq!(post("/v1/sign-in").await.status(), 200);
        assert_eq!(client.get(format!("{url}/v1/ledger")).send().await.unwrap().status(), 200);
        free.store(RESERVE_MB * MB, Ordering::Relaxed);
        disk.look();
        assert_eq!(post("/v1/transactions").await.status(), 200);
    }
}
