//! The connections of the ports: only so many at a time and of one network, and none for a client that says nothing, reads nothing or
//! stays for ever.
//!
//! Whoever holds connections open holds descriptors. When they run out the ledger cannot open its files either, so that the port
//! stops taking connections long before.

use crate::callers::network;
use axum_server::accept::Accept;
use std::collections::HashMap;
use std::future::Future;
use std::io::{Error, ErrorKind, IoSlice, Result};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, sleep};

/// At most so many connections at a time, however many descriptors there are: ten thousand open wallets and as many again that come
/// and go. Each costs some 20 kB of memory while it is quiet.
const MAX_CONNECTIONS: usize = 16_384;
/// At most so many connections of the tills' service to the wallet API: it keeps one for each shop that is open, and the largest
/// currency has some 1,500 shops.
const MAX_INNER: usize = 4_096;
/// So many descriptors are left to the ledger: its folders keep up to 64 files open each, its indexes and the log have some more.
const DESCRIPTORS_OF_LEDGER: usize = 384;
/// Both ends of an inner connection are this process's.
const DESCRIPTORS_PER_INNER: usize = 2;
/// Believed where the operating system does not let it be raised: the least that is usual (macOS).
const DESCRIPTORS_UNTOLD: usize = 256;
/// Until a client has sent so many bytes it is not known which HTTP it speaks, and the server's own timeouts do not run: the
/// length of the preface of HTTP/2. No request over HTTP/1.1 is shorter.
const FIRST_BYTES: usize = 24;
/// A client that takes less than this within the patience for readers is let go: half a kilobyte a second is less than the poorest
/// line of a phone.
const READ_LEAST: usize = 16 << 10;

/// How the process's descriptors are shared out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Places {
    /// For connections from outside.
    pub outer: usize,
    /// For those of the tills' service to the wallet API.
    pub inner: usize,
}

impl Places {
    /// As many as the machine allows, once the process may open as many files as the machine lets it.
    pub fn of_this_machine() -> Places {
        let descriptors = rlimit::increase_nofile_limit(u64::MAX).map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
        Places::of(descriptors.unwrap_or(DESCRIPTORS_UNTOLD))
    }

    /// A quarter of what the ledger does not need is for the tills' service.
    fn of(descriptors: usize) -> Places {
        let room = descriptors - DESCRIPTORS_OF_LEDGER.min(descriptors / 2);
        let inner = (room / 4 / DESCRIPTORS_PER_INNER).clamp(1, MAX_INNER);
        Places { outer: (room / 4 * 3).clamp(1, MAX_CONNECTIONS), inner }
    }
}

/// What a connection may.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// So many at a time.
    pub places: usize,
    /// So many of one network; `None` is no limit.
    pub per_network: Option<usize>,
    /// Who has not sent the first bytes within this is let go.
    pub first_bytes: Duration,
    /// Who does not read what was sent within this, or next to nothing of it, is let go.
    pub read: Duration,
    /// A connection ends after this, as if the client had gone: none holds its place for ever, whatever it does. `None`: it may stay.
    pub age: Option<Duration>,
}

/// Lets connections in as long as there is a place, then hands them to `inner`. One too many is closed at once.
#[derive(Clone)]
pub struct Door<A> {
    inner: A,
    rules: Rules,
    places: Arc<Semaphore>,
    networks: Arc<Networks>,
}

impl<A> Door<A> {
    /// A door with these rules.
    pub fn new(inner: A, rules: Rules) -> Door<A> {
        Door { inner, rules, places: Arc::new(Semaphore::new(rules.places)), networks: Arc::default() }
    }

    fn place(&self, stream: &TcpStream) -> Result<Place> {
        let one = self.places.clone().try_acquire_owned().map_err(|_| Error::other("every place is taken"))?;
        let network = match self.rules.per_network {
            Some(most) => Some(self.networks.enter(network(stream.peer_addr()?.ip()), most)?),
            None => None,
        };
        Ok(Place { _one: one, _network: network })
    }
}

/// One of all places, and one of its network's. Both are free again when it is dropped.
struct Place {
    _one: OwnedSemaphorePermit,
    _network: Option<OfNetwork>,
}

/// How many connections each network has. Only those that have one stand here, so that there are never more than places.
#[derive(Default)]
struct Networks(Mutex<HashMap<IpAddr, usize>>);

impl Networks {
    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(self: &Arc<Networks>, network: IpAddr, most: usize) -> Result<OfNetwork> {
        let mut counts = self.lock();
        let count = counts.entry(network).or_default();
        if *count >= most {
            return Err(Error::other("every place of the network is taken"));
        }
        *count += 1;
        Ok(OfNetwork { networks: self.clone(), network })
    }
}

struct OfNetwork {
    networks: Arc<Networks>,
    network: IpAddr,
}

impl Drop for OfNetwork {
    fn drop(&mut self) {
        let mut counts = self.networks.lock();
        if let Some(count) = counts.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.network);
            }
        }
    }
}

impl<A: Accept<TcpStream, S>, S> Accept<TcpStream, S> for Door<A>
where
    A::Future: Send + 'static,
{
    type Stream = Held<A::Stream>;
    type Service = A::Service;
    type Future = Pin<Box<dyn Future<Output = Result<(Self::Stream, Self::Service)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        // An answer in two parts would wait for the first one's receipt, which a client delays by 40 ms.
        drop(stream.set_nodelay(true));
        let place = self.place(&stream);
        let place = place.inspect_err(|error| tracing::debug!(%error, "a connection was closed"));
        // Without a place the connection is closed here, before anything is done for it.
        let admitted = place.map(|place| (place, self.inner.accept(stream, service)));
        let rules = self.rules;
        Box::pin(async move {
            let (place, accepted) = admitted?;
            let (stream, service) = accepted.await?;
            Ok((Held::new(stream, place, rules), service))
        })
    }
}

type Deadline = Pin<Box<Sleep>>;

fn is_over(deadline: &mut Deadline, context: &mut Context<'_>) -> bool {
    deadline.is_elapsed() || deadline.as_mut().poll(context).is_ready()
}

/// A connection with its place, which is free again when the connection is gone.
pub struct Held<I> {
    stream: I,
    /// The bytes that have to come first, and until when.
    awaited: Option<(usize, Deadline)>,
    /// While the client does not take what it is sent: how much it took since, and until when it has to take more.
    unread: Option<(usize, Deadline)>,
    patience: Duration,
    end: Option<Deadline>,
    _place: Place,
}

impl<I> Held<I> {
    fn new(stream: I, place: Place, rules: Rules) -> Held<I> {
        let awaited = Some((FIRST_BYTES, Box::pin(sleep(rules.first_bytes))));
        let end = rules.age.map(|age| Box::pin(sleep(age)));
        Held { stream, awaited, unread: None, patience: rules.read, end, _place: place }
    }

    /// Watches over what became of a write.
    fn written(&mut self, context: &mut Context<'_>, polled: Poll<Result<usize>>) -> Poll<Result<usize>> {
        match &polled {
            Poll::Ready(Ok(bytes)) => {
                if let Some((taken, _)) = &mut self.unread {
                    *taken += bytes;
                    if *taken >= READ_LEAST {
                        self.unread = None;
                    }
                }
            }
            Poll::Ready(Err(_)) => {}
            Poll::Pending => {
                let patience = self.patience;
                let (_, deadline) = self.unread.get_or_insert_with(|| (0, Box::pin(sleep(patience))));
                if is_over(deadline, context) {
                    return Poll::Ready(Err(ErrorKind::TimedOut.into()));
                }
            }
        }
        polled
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Held<I> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let held = self.get_mut();
        let before = buffer.filled().len();
        let polled = Pin::new(&mut held.stream).poll_read(context, buffer);
        if let Some((missing, deadline)) = &mut held.awaited {
            *missing = missing.saturating_sub(buffer.filled().len() - before);
            if *missing == 0 {
                held.awaited = None;
            } else if polled.is_pending() && is_over(deadline, context) {
                return Poll::Ready(Err(ErrorKind::TimedOut.into()));
            }
        }
        let over = polled.is_pending() && held.end.as_mut().is_some_and(|end| is_over(end, context));
        if over { Poll::Ready(Ok(())) } else { polled }
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Held<I> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let held = self.get_mut();
        let polled = Pin::new(&mut held.stream).poll_write(context, bytes);
        held.written(context, polled)
    }

    fn poll_write_vectored(self: Pin<&mut Self>, context: &mut Context<'_>, parts: &[IoSlice<'_>]) -> Poll<Result<usize>> {
        let held = self.get_mut();
        let polled = Pin::new(&mut held.stream).poll_write_vectored(context, parts);
        held.written(context, polled)
    }

    /// A page that nobody reads is then kept once for all who do not read it, not once for each.
    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let held = self.get_mut();
        let polled = Pin::new(&mut held.stream).poll_flush(context);
        match &polled {
            // Everything that was to be sent is on its way.
            Poll::Ready(Ok(())) => held.unread = None,
            Poll::Ready(Err(_)) => {}
            Poll::Pending => {
                if let Poll::Ready(Err(error)) = held.written(context, Poll::Pending) {
                    return Poll::Ready(Err(error));
                }
            }
        }
        polled
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum_server::accept::DefaultAcceptor;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(100);
    const RULES: Rules = Rules { places: 2, per_network: None, first_bytes: LONG, read: LONG, age: None };

    /// Both ends of a connection.
    async fn pair(listener: &TcpListener) -> (TcpStream, TcpStream) {
        let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (near, listener.accept().await.unwrap().0)
    }

    async fn listener() -> TcpListener {
        TcpListener::bind("127.0.0.1:0").await.unwrap()
    }

    /// The near end of a connection under such rules, and what became of the far one.
    async fn under(rules: Rules) -> (TcpStream, Held<TcpStream>) {
        let (near, far) = pair(&listener().await).await;
        (near, Door::new(DefaultAcceptor::new(), rules).accept(far, ()).await.unwrap().0)
    }

    #[tokio::test]
    async fn one_connection_too_many_is_closed_until_another_has_gone() {
        let listener = listener().await;
        for rules in [RULES, Rules { places: 10, per_network: Some(2), ..RULES }] {
            let door = Door::new(DefaultAcceptor::new(), rules);
            let (_a, first) = pair(&listener).await;
            let (_b, second) = pair(&listener).await;
            let (mut near, third) = pair(&listener).await;
            let (first, _second) = (door.accept(first, ()).await.unwrap(), door.accept(second, ()).await.unwrap());
            assert!(door.accept(third, ()).await.is_err());
            assert_eq!(near.read(&mut [0; 1]).await.unwrap(), 0, "the client is told by the end of its connection");
            drop(first);
            let (_c, fourth) = pair(&listener).await;
            let fourth = door.accept(fourth, ()).await.unwrap();
            drop((fourth, _second));
            assert!(door.networks.lock().is_empty(), "who has gone is forgotten");
        }
    }

    #[tokio::test]
    async fn a_client_that_says_nothing_is_let_go_and_one_that_spoke_is_not() {
        let (_silent, mut held) = under(Rules { first_bytes: SHORT, ..RULES }).await;
        let waited = tokio::time::timeout(LONG, async { held.read(&mut [0; 64]).await });
        assert_eq!(waited.await.unwrap().unwrap_err().kind(), ErrorKind::TimedOut);
        let (mut near, mut held) = under(Rules { first_bytes: SHORT, ..RULES }).await;
        near.write_all(&[b'x'; FIRST_BYTES]).await.unwrap();
        held.read_exact(&mut [0; FIRST_BYTES]).await.unwrap();
        let waited = tokio::time::timeout(SHORT * 5, held.read(&mut [0; 1])).await;
        assert!(waited.is_err(), "it may be quiet later, as live events are");
    }

    #[tokio::test]
    async fn a_client_that_reads_nothing_is_let_go_and_one_that_reads_slowly_is_not() {
        let large = vec![0; 64 << 20];
        let (_near, mut held) = under(Rules { read: SHORT, ..RULES }).await;
        let written = tokio::time::timeout(LONG, held.write_all(&large)).await;
        assert_eq!(written.unwrap().unwrap_err().kind(), ErrorKind::TimedOut);
        let (mut near, mut held) = under(Rules { read: Duration::from_secs(5), ..RULES }).await;
        let reading = tokio::spawn(async move {
            let mut buffer = vec![0; 8 << 20];
            let mut read = 0;
            while read < 64 << 20 {
                tokio::time::sleep(SHORT).await;
                read += near.read(&mut buffer).await.unwrap();
            }
        });
        tokio::time::timeout(LONG, held.write_all(&large)).await.unwrap().unwrap();
        held.flush().await.unwrap();
        reading.await.unwrap();
    }

    #[tokio::test]
    async fn a_connection_ends_with_its_age_as_if_the_client_had_gone() {
        let (mut near, mut held) = under(Rules { age: Some(SHORT), ..RULES }).await;
        near.write_all(&[b'x'; FIRST_BYTES]).await.unwrap();
        held.read_exact(&mut [0; FIRST_BYTES]).await.unwrap();
        for _ in 0..2 {
            assert_eq!(tokio::time::timeout(LONG, held.read(&mut [0; 1])).await.unwrap().unwrap(), 0);
        }
    }

    #[test]
    fn connections_leave_descriptors_for_the_ledger() {
        assert_eq!(Places::of(1_024), Places { outer: 480, inner: 80 });
        assert_eq!(Places::of(20_000), Places { outer: 14_712, inner: 2_452 });
        assert_eq!(Places::of(usize::MAX), Places { outer: MAX_CONNECTIONS, inner: MAX_INNER });
        assert_eq!(Places::of(0), Places { outer: 1, inner: 1 });
        for descriptors in 4..40_000 {
            let Places { outer, inner } = Places::of(descriptors);
            let ledger = descriptors.saturating_sub(outer + inner * DESCRIPTORS_PER_INNER);
            assert!(ledger >= DESCRIPTORS_OF_LEDGER.min(descriptors / 2).min(descriptors / 4), "{descriptors}");
        }
    }
}
