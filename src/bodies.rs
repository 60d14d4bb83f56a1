//! The bodies of requests: each has to be whole within a time, or a client that sends a byte now and then would hold a connection
//! for ever. Answers have no such end: live events go on.

use crate::error;
use axum::body::{Body, BodyDataStream, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Sleep, sleep};
use tokio_stream::Stream;

/// Refuses a request whose body is not whole in time.
pub async fn in_time(State(within): State<Duration>, request: Request, next: Next) -> Response {
    let late = Arc::new(AtomicBool::new(false));
    let response = next.run(request.map(|body| timed(body, within, &late))).await;
    // Whatever a route makes of half a body, the client is told what was wrong with it.
    if late.load(Ordering::Relaxed) { error::too_slow() } else { response }
}

fn timed(body: Body, within: Duration, late: &Arc<AtomicBool>) -> Body {
    if body.is_end_stream() {
        return body;
    }
    Body::from_stream(Timed { body: body.into_data_stream(), deadline: Box::pin(sleep(within)), late: late.clone() })
}

struct Timed {
    body: BodyDataStream,
    deadline: Pin<Box<Sleep>>,
    late: Arc<AtomicBool>,
}

impl Stream for Timed {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = Pin::new(&mut self.body).poll_next(context);
        if polled.is_pending() && self.deadline.as_mut().poll(context).is_ready() {
            self.late.store(true, Ordering::Relaxed);
            return Poll::Ready(Some(Err(axum::Error::new(std::io::Error::from(std::io::ErrorKind::TimedOut)))));
        }
        polled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::routing::{get, post};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio_stream::StreamExt;

    const WITHIN: Duration = Duration::from_millis(200);

    /// A service whose bodies are timed, and a connection to it.
    async fn connected() -> TcpStream {
        let drops = || tokio_stream::iter([Ok::<_, axum::Error>("one")]).chain(tokio_stream::pending());
        let late = || async {
            tokio::time::sleep(WITHIN * 3).await;
            Ok::<_, axum::Error>("two")
        };
        let live = move || async move {
            let second = tokio_stream::once(()).then(move |()| late());
            Body::from_stream(tokio_stream::iter([Ok::<_, axum::Error>("one")]).chain(second).chain(drops()))
        };
        let routes = Router::new().route("/live", get(live)).route("/", post(|body: Bytes| async move { body }));
        let routes = routes.layer(axum::middleware::from_fn_with_state(WITHIN, in_time));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        TcpStream::connect(address).await.unwrap()
    }

    /// What comes until a text is seen or the connection ends.
    async fn read_until(connection: &mut TcpStream, sought: &str) -> String {
        let mut text = String::new();
        let mut buffer = [0; 1_024];
        while !text.contains(sought) {
            let count = tokio::time::timeout(WITHIN * 20, connection.read(&mut buffer)).await.unwrap().unwrap();
            if count == 0 {
                break;
            }
            text += &String::from_utf8_lossy(&buffer[..count]);
        }
        text
    }

    #[tokio::test]
    async fn a_body_that_drips_is_refused_when_its_time_is_over() {
        let mut connection = connected().await;
        connection.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n").await.unwrap();
        let (mut read, mut write) = connection.into_split();
        let drip = tokio::spawn(async move {
            while write.write_all(b"x").await.is_ok() {
                tokio::time::sleep(WITHIN / 10).await;
            }
        });
        let mut answer = [0; 12];
        tokio::time::timeout(WITHIN * 20, read.read_exact(&mut answer)).await.unwrap().unwrap();
        assert_eq!(&answer, b"HTTP/1.1 408");
        drip.abort();
    }

    #[tokio::test]
    async fn a_body_in_time_is_read_and_an_answer_may_take_longer() {
        let mut connection = connected().await;
        connection.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nbody").await.unwrap();
        assert!(read_until(&mut connection, "body").await.starts_with("HTTP/1.1 200"));
        connection.write_all(b"GET /live HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        assert!(read_until(&mut connection, "two").await.contains("one"));
    }
}
