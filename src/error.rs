//! Refusals of the program's own routes (pages and health). The only file here that names a status.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

fn problem(status: StatusCode, code: &'static str, detail: &'static str) -> Response {
    let title = status.canonical_reason().unwrap_or("Problem");
    let body = serde_json::json!({
        "type": format!("/errors/{code}"), "title": title, "status": status.as_u16(), "detail": detail, "code": code,
    });
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"))];
    (status, kind, body.to_string()).into_response()
}

/// Nothing is at this path.
pub fn not_found() -> Response {
    problem(StatusCode::NOT_FOUND, "not_found", "There is nothing at this address.")
}

/// Pages are only read.
pub fn only_read() -> Response {
    let mut response = problem(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Pages are read with GET or HEAD.");
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

/// The body did not come in time.
pub fn too_slow() -> Response {
    problem(StatusCode::REQUEST_TIMEOUT, "too_slow", "The request did not arrive whole in time: send it again.")
}

/// The network asks for more than it may.
pub fn rate_limited(seconds: u64) -> Response {
    let words = "This network asks for too much at once: send the same again after the time in `Retry-After`.";
    later(problem(StatusCode::TOO_MANY_REQUESTS, "rate_limited", words), seconds)
}

/// Nothing more can be written for now.
pub fn disk_full(seconds: u64) -> Response {
    let words = "The disk is nearly full, so that nothing new is taken. Nothing is lost: send the same again later.";
    later(problem(StatusCode::SERVICE_UNAVAILABLE, "disk_full", words), seconds)
}

/// The wallet API cannot be reached from here.
pub fn ledger_unanswered(seconds: u64) -> Response {
    let words = "The ledger does not answer. What was sent may or may not have arrived: send the same again.";
    later(problem(StatusCode::SERVICE_UNAVAILABLE, "ledger_unanswered", words), seconds)
}

/// The body is longer than anything that is taken here.
pub fn too_large() -> Response {
    problem(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The body is too large.")
}

fn later(mut response: Response, seconds: u64) -> Response {
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// The browser has this very page already.
pub fn not_modified(headers: HeaderMap) -> Response {
    (StatusCode::NOT_MODIFIED, headers).into_response()
}

/// The page is at another address.
pub fn moved(to: &str) -> Response {
    let place = HeaderValue::from_str(to).unwrap_or_else(|_| HeaderValue::from_static("/"));
    (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, place)]).into_response()
}

/// How the node is, as JSON: 200 when it takes orders, 503 when it only reads.
pub fn health(well: bool, body: serde_json::Value) -> Response {
    let status = if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CACHE_CONTROL, "no-store")], axum::Json(body)).into_response()
}
