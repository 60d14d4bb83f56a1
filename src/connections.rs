//! The connections of the port: only so many at a time, and none for a client that says nothing.
//!
//! Whoever holds connections open holds descriptors. When they run out the ledger cannot open its files either, so that the port
//! stops taking connections long before.

use axum_server::accept::Accept;
use std::future::Future;
use std::io::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, sleep};

/// At most so many connections at a time, however many descriptors there are: each costs memory too.
const MAX_CONNECTIONS: usize = 8_192;
/// A connection takes one descriptor, and two more while a till's request goes on to the wallet API; the fourth is for the ledger.
const DESCRIPTORS_EACH: usize = 4;
/// Believed where the operating system does not let it be raised: the least that is usual (macOS).
const DESCRIPTORS_UNTOLD: usize = 256;
/// Until a client has sent so many bytes it is not known which HTTP it speaks, and the server's own timeouts do not run: the
/// length of the preface of HTTP/2. No request over HTTP/1.1 is shorter.
const FIRST_BYTES: usize = 24;

/// So many connections are let in at a time, once the process may open as many files as the machine lets it.
pub fn most() -> usize {
    let descriptors = rlimit::increase_nofile_limit(u64::MAX).map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
    places(descriptors.unwrap_or(DESCRIPTORS_UNTOLD))
}

fn places(descriptors: usize) -> usize {
    (descriptors / DESCRIPTORS_EACH).clamp(1, MAX_CONNECTIONS)
}

/// Lets connections in as long as there is a place, then hands them to `inner`. One too many is closed at once.
#[derive(Clone)]
pub struct Door<A> {
    inner: A,
    places: Arc<Semaphore>,
    patience: Duration,
}

impl<A> Door<A> {
    /// A door with so many places; who has not sent the first bytes within `patience` is let go.
    pub fn new(inner: A, places: usize, patience: Duration) -> Door<A> {
        Door { inner, places: Arc::new(Semaphore::new(places)), patience }
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
        let place = self.places.clone().try_acquire_owned();
        let place = place.inspect_err(|_| tracing::debug!("a connection was closed: every place is taken"));
        // Without a place the connection is closed here, before anything is done for it.
        let admitted = place.ok().map(|place| (place, self.inner.accept(stream, service)));
        let patience = self.patience;
        Box::pin(async move {
            let (place, accepted) = admitted.ok_or_else(|| Error::other("every place is taken"))?;
            let (stream, service) = accepted.await?;
            Ok((Held { stream, awaited: Some((FIRST_BYTES, Box::pin(sleep(patience)))), _place: place }, service))
        })
    }
}

/// A connection with its place, which is free again when the connection is gone.
pub struct Held<I> {
    stream: I,
    /// The bytes that have to come first, and until when.
    awaited: Option<(usize, Pin<Box<Sleep>>)>,
    _place: OwnedSemaphorePermit,
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
            } else if polled.is_pending() && deadline.as_mut().poll(context).is_ready() {
                return Poll::Ready(Err(ErrorKind::TimedOut.into()));
            }
        }
        polled
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Held<I> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum_server::accept::DefaultAcceptor;
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    /// Both ends of a connection.
    async fn pair(listener: &TcpListener) -> (TcpStream, TcpStream) {
        let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (near, listener.accept().await.unwrap().0)
    }

    #[tokio::test]
    async fn one_connection_too_many_is_closed_until_another_has_gone() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let door = Door::new(DefaultAcceptor::new(), 2, Duration::from_secs(60));
        let (_a, first) = pair(&listener).await;
        let (_b, second) = pair(&listener).await;
        let (mut near, third) = pair(&listener).await;
        let (first, _second) = (door.accept(first, ()).await.unwrap(), door.accept(second, ()).await.unwrap());
        assert!(door.accept(third, ()).await.is_err());
        assert_eq!(near.read(&mut [0; 1]).await.unwrap(), 0, "the client is told by the end of its connection");
        drop(first);
        let (_c, fourth) = pair(&listener).await;
        assert!(door.accept(fourth, ()).await.is_ok());
    }

    #[tokio::test]
    async fn a_client_that_says_nothing_is_let_go_and_one_that_spoke_is_not() {
        use tokio::io::AsyncWriteExt;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let door = Door::new(DefaultAcceptor::new(), 2, Duration::from_millis(50));
        let (_silent, far) = pair(&listener).await;
        let (mut held, ()) = door.accept(far, ()).await.unwrap();
        let waited = tokio::time::timeout(Duration::from_secs(10), async { held.read(&mut [0; 64]).await });
        assert_eq!(waited.await.unwrap().unwrap_err().kind(), ErrorKind::TimedOut);
        let (mut near, far) = pair(&listener).await;
        let (mut held, ()) = door.accept(far, ()).await.unwrap();
        near.write_all(&[b'x'; FIRST_BYTES]).await.unwrap();
        held.read_exact(&mut [0; FIRST_BYTES]).await.unwrap();
        let waited = tokio::time::timeout(Duration::from_millis(300), held.read(&mut [0; 1])).await;
        assert!(waited.is_err(), "it may be quiet later, as live events are");
    }

    #[test]
    fn connections_leave_descriptors_for_the_ledger() {
        assert_eq!((places(1_024), places(usize::MAX), places(0)), (256, MAX_CONNECTIONS, 1));
    }
}
