//! Logs: text on a terminal, JSON lines elsewhere. No query, token, body, name or account stands in them: requests are logged by
//! the pattern of their route.

use crate::failure::{Failure, Outcome};
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use std::io::IsTerminal;
use std::time::Instant;
use tracing_subscriber::EnvFilter;

/// Starts logging to standard error.
pub fn start(filter: &str) -> Outcome {
    let filter = EnvFilter::try_new(filter).map_err(|error| Failure::new(format!("the setting `log` is wrong: {error}")))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A line that cannot be written is lost. To complain about it on the same stream would end the request that it speaks of.
    let builder = builder.log_internal_errors(false);
    let started = match std::io::stderr().is_terminal() {
        true => builder.with_target(false).try_init(),
        false => builder.json().flatten_event(true).try_init(),
    };
    // A second start, in one process, keeps the first logger.
    drop(started);
    Ok(())
}

/// Logs one request: method, route, status, duration.
pub async fn request(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or_else(|| "page".to_owned(), |path| path.as_str().to_owned());
    let began = Instant::now();
    let response = next.run(request).await;
    let (status, duration_ms) = (response.status().as_u16(), u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX));
    match status {
        500.. => tracing::warn!(%method, route, status, duration_ms, "request"),
        // What goes well comes ten thousand times a second, and whoever is told to wait comes in crowds.
        200..300 | 429 => tracing::debug!(%method, route, status, duration_ms, "request"),
        _ if route == "page" => tracing::debug!(%method, route, status, duration_ms, "request"),
        _ => tracing::info!(%method, route, status, duration_ms, "request"),
    }
    response
}
