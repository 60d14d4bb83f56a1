//! Live connections at a stop: they have no end of their own, so the node ends them and pages reconnect when it is back.

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::Response;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::watch;
use tokio_stream::Stream;

/// Tells everything that is live that the node stops.
#[derive(Clone)]
pub struct Stop(watch::Sender<bool>);

impl Stop {
    /// Not yet.
    pub fn new() -> Stop {
        Stop(watch::Sender::new(false))
    }

    /// Now.
    pub fn now(&self) {
        self.0.send_replace(true);
    }

    fn told(&self) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let mut stopped = self.0.subscribe();
        Box::pin(async move { drop(stopped.wait_for(|stopped| *stopped).await) })
    }
}

/// Ends server-sent events at a stop; other answers run to their end.
pub async fn until_stop(State(stop): State<Stop>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("text/event-stream")) {
        return response;
    }
    response.map(|body| Body::from_stream(UntilStop { body: body.into_data_stream(), stopped: stop.told() }))
}

struct UntilStop {
    body: BodyDataStream,
    stopped: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Stream for UntilStop {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.stopped.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => Pin::new(&mut self.body).poll_next(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio_stream::StreamExt;

    #[tokio::test]
    async fn a_live_answer_ends_at_the_stop_and_not_before() {
        let stop = Stop::new();
        let endless = Body::from_stream(tokio_stream::iter([Ok::<_, axum::Error>("one")]).chain(tokio_stream::pending()));
        let mut live = UntilStop { body: endless.into_data_stream(), stopped: stop.told() };
        assert_eq!(live.next().await.unwrap().unwrap(), "one");
        stop.now();
        assert!(live.next().await.is_none());
    }
}
