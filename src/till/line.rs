//! The line from a shop's machine to the wallet API: what the till's page asks of it is passed on, and nothing else.
//!
//! Tokens, orders and answers pass as they are; what they prove is verified by those who rely on them. While the line is cut the page
//! is told so in a problem, and goes on without it; the facts of the ledger are answered as they were last known, and only facts that
//! the ledger's own chain of keys proves are handed to the page at all.

use crate::error;
use crate::failure::{Failure, Outcome};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, get, on};
use ledger::encoding::MAX_MESSAGE_BYTES;
use ledger::key::{LedgerId, PublicKey};
use reqwest::Url;
use serde_json::Value;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::timeout;
use tokio_stream::{Stream, StreamExt};

const GET: MethodFilter = MethodFilter::GET;
const POST: MethodFilter = MethodFilter::POST;

/// Every route of the wallet API and the public log that the till's page calls, beside [`FACTS`].
const PASSED: &[(MethodFilter, &str)] = &[
    (GET, "/log/keys"),
    (POST, "/v1/sign-in/challenge"),
    (POST, "/v1/sign-in"),
    (GET, "/v1/session"),
    (GET, "/v1/accounts/{account}"),
    (GET, "/v1/accounts/{account}/certificate"),
    (GET, "/v1/accounts/{account}/notices"),
    (GET, "/v1/accounts/{account}/refund-requests"),
    (GET, "/v1/entries/{sequence}/receipt"),
    (POST, "/v1/entries/{sequence}/refund-request/decline"),
    (POST, "/v1/transactions"),
    (POST, "/v1/cards/payments"),
];

/// What the ledger is and allows: passed on, and remembered.
const FACTS: &str = "/v1/ledger";
/// A till joins a shop with a code that the shop's wallet got from the currency's node: these routes of the till's are asked there.
const CODES: &[&str] = &["/pos/v1/enrolments", "/pos/v1/enrolments/{code}", "/pos/v1/enrolments/{code}/claim"];
/// Where the facts are kept, in the folder of the data.
const FACTS_FILE: &str = "facts.json";
/// In the facts: where the phones of customers find the wallet. The page's own address is this machine's.
const WALLET_URL: &str = "wallet_url";

/// The longest facts: a currency with some hundreds of campaigns.
const MAX_FACTS_BYTES: usize = 1 << 20;
/// The longest answer that is passed on: a key chain of some hundreds of changes. Live events have no end.
const MAX_ANSWER_BYTES: usize = 8 << 20;
/// A machine that takes no connection for so long is away: people wait at the counter.
const CONNECT_WITHIN: Duration = Duration::from_secs(4);
/// An answer that did not begin within this is none; the page waits for fifteen seconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(14);
/// Facts that are known are answered after so long, when the ledger does not answer.
const FACTS_WITHIN: Duration = Duration::from_secs(3);
/// An answer of which nothing came for so long has broken off: live events have keep-alives more often.
const SILENCE: Duration = Duration::from_secs(45);
/// Whoever meets a cut line may ask again after so many seconds.
const RETRY_SECONDS: u64 = 2;

/// What is handed on of a request, beside its address and its body …
const ASKED: [HeaderName; 4] = [header::AUTHORIZATION, header::CONTENT_TYPE, header::ACCEPT, header::ACCEPT_LANGUAGE];
/// … and of an answer.
const ANSWERED: [HeaderName; 4] = [header::CONTENT_TYPE, header::CONTENT_DISPOSITION, header::CACHE_CONTROL, header::RETRY_AFTER];

/// The line to one wallet API.
#[derive(Clone)]
pub struct Line(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    api: String,
    file: PathBuf,
    facts: Mutex<Option<Bytes>>,
    up: AtomicBool,
    pos: merchant_pos::Service,
}

impl Line {
    /// A line to an API, which is not asked anything yet. What was known of its ledger lies in `data`.
    pub fn new(api: &str, data: &Path, pos: merchant_pos::Service) -> Outcome<Line> {
        let nowhere_else = reqwest::redirect::Policy::none();
        let http = reqwest::Client::builder().connect_timeout(CONNECT_WITHIN).redirect(nowhere_else).build();
        let http = http.map_err(|error| Failure::new(format!("no connection can be made: {error}")))?;
        let file = data.join(FACTS_FILE);
        let facts = match std::fs::read(&file) {
            Ok(bytes) => Some(Bytes::from(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(Failure::file("read the facts of the ledger", &file, &error)),
        };
        let up = AtomicBool::new(true);
        Ok(Line(Arc::new(Inner { http, api: api.to_owned(), file, facts: Mutex::new(facts), up, pos })))
    }

    /// Whether the last that was passed on had an answer.
    pub fn is_up(&self) -> bool {
        self.0.up.load(Ordering::Relaxed)
    }

    /// The till's own routes, and those that are passed on.
    pub fn routes(&self) -> Router {
        let passed = PASSED.iter().fold(Router::new(), |routes, (method, path)| routes.route(path, on(*method, pass_on)));
        let passed = passed.route(FACTS, get(facts)).method_not_allowed_fallback(async || error::not_found());
        let codes = axum::middleware::from_fn_with_state(self.clone(), codes_elsewhere);
        passed.with_state(self.clone()).merge(self.0.pos.router().layer(codes))
    }

    async fn ask(&self, request: reqwest::RequestBuilder) -> Option<reqwest::Response> {
        let answer = match timeout(ANSWER_WITHIN, request.send()).await {
            Ok(Ok(answer)) if is_from_api(&answer) => Ok(answer),
            Ok(Ok(answer)) => Err(format!("somebody on the way answered {}", answer.status())),
            Ok(Err(error)) => Err(error.without_url().to_string()),
            Err(_) => Err("no answer came in time".to_owned()),
        };
        if self.0.up.swap(answer.is_ok(), Ordering::Relaxed) != answer.is_ok() {
            match &answer {
                Ok(_) => tracing::info!("the wallet API answers again"),
                Err(why) => tracing::warn!(why, "the wallet API does not answer"),
            }
        }
        answer.ok()
    }

    /// The facts as the API tells them now, with the wallet's address in them; `None` when none came, or none that are proved.
    async fn told(&self) -> Option<Bytes> {
        let mut answer = self.ask(self.0.http.get(format!("{}{FACTS}", self.0.api))).await?;
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.ok()? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > MAX_FACTS_BYTES {
                return None;
            }
        }
        let mut facts: Value = serde_json::from_slice(&bytes).ok()?;
        let ledger = LedgerId::from_hex(facts["ledger"].as_str()?)?;
        let key = PublicKey::from_hex(facts["checkpoint_key"].as_str()?)?;
        if !self.0.pos.proves(&ledger, &key).await {
            tracing::error!(%ledger, %key, "the wallet API's facts are not believed: its checkpoint key is not proved to be this ledger's");
            return None;
        }
        facts.as_object_mut()?.insert(WALLET_URL.to_owned(), Value::from(self.0.api.clone()));
        Some(facts.to_string().into())
    }

    fn known(&self) -> Option<Bytes> {
        self.0.facts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Remembers the facts for a start without network. That they cannot be written is no reason not to sell.
    async fn keep(&self, facts: Bytes) {
        let before = self.0.facts.lock().unwrap_or_else(PoisonError::into_inner).replace(facts.clone());
        if before.as_ref() == Some(&facts) {
            return;
        }
        let file = self.0.file.clone();
        let written = tokio::task::spawn_blocking(move || {
            let unfinished = file.with_extension("new");
            std::fs::write(&unfinished, &facts).and_then(|()| std::fs::rename(&unfinished, &file))
        });
        if !matches!(written.await, Ok(Ok(()))) {
            tracing::warn!("the facts of the ledger could not be kept: a start without network will not know them");
        }
    }
}

/// A good answer or a problem of the API: what a hotel's sign-in page or a proxy says is none.
fn is_from_api(answer: &reqwest::Response) -> bool {
    let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    answer.status().is_success() && !kind.starts_with("text/html") || kind.starts_with("application/problem+json")
}

async fn facts(State(line): State<Line>) -> Response {
    let known = line.known();
    let within = if known.is_some() { FACTS_WITHIN } else { ANSWER_WITHIN };
    if let Ok(Some(facts)) = timeout(within, line.told()).await {
        line.keep(facts.clone()).await;
        return json(facts);
    }
    known.map_or_else(|| error::ledger_unanswered(RETRY_SECONDS), json)
}

fn json(facts: Bytes) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], facts).into_response()
}

async fn codes_elsewhere(State(line): State<Line>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let code = route.is_some_and(|route| CODES.contains(&route.as_str()));
    if code { pass_on(State(line), request).await } else { next.run(request).await }
}

async fn pass_on(State(line): State<Line>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_MESSAGE_BYTES).await else { return error::too_large() };
    let Some(url) = passed_url(&line.0.api, &parts.uri) else { return error::not_found() };
    let mut asked = line.0.http.request(parts.method, url).headers(some_of(&parts.headers, &ASKED));
    if !body.is_empty() {
        asked = asked.body(body);
    }
    match line.ask(asked).await {
        Some(answer) => handed_on(answer),
        None => error::ledger_unanswered(RETRY_SECONDS),
    }
}

/// Where a request goes on to: its own path, and no other one that `..` in any spelling would lead to.
fn passed_url(api: &str, asked: &Uri) -> Option<Url> {
    let path = asked.path_and_query().map_or("/", PathAndQuery::as_str);
    let url = Url::parse(&format!("{api}{path}")).ok()?;
    url.path().ends_with(asked.path()).then_some(url)
}

fn some_of(headers: &HeaderMap, names: &[HeaderName]) -> HeaderMap {
    names.iter().filter_map(|name| Some((name.clone(), headers.get(name)?.clone()))).collect()
}

fn handed_on(answer: reqwest::Response) -> Response {
    let (status, headers) = (answer.status(), some_of(answer.headers(), &ANSWERED));
    let live = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    let most = if live { usize::MAX } else { MAX_ANSWER_BYTES };
    let mut response = Response::new(Body::from_stream(bounded(answer.bytes_stream(), most)));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// The chunks of an answer, of `most` bytes in all; one that falls silent, or is longer, breaks off.
fn bounded(chunks: impl Stream<Item = reqwest::Result<Bytes>>, most: usize) -> impl Stream<Item = io::Result<Bytes>> {
    let mut left = most;
    chunks.timeout(SILENCE).map(move |chunk| {
        let chunk = chunk.map_err(io::Error::other)?.map_err(io::Error::other)?;
        left = left.checked_sub(chunk.len()).ok_or_else(|| io::Error::other("the answer is too long"))?;
        Ok(chunk)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::Pages;

    async fn page_file(path: &str) -> String {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let bytes = to_bytes(Pages::embedded().answer(&request).into_body(), usize::MAX).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    /// The addresses under a folder that a module names in quotes, with `*` for what it fills in, and without a query.
    fn addresses(module: &str, folder: &str) -> Vec<String> {
        let mut found = Vec::new();
        for quote in ['\'', '`', '"'] {
            for part in module.split(&format!("{quote}{folder}")).skip(1) {
                let mut address = folder.to_owned();
                let mut rest = part;
                while let Some(next) = rest.chars().next().filter(|next| *next != quote && *next != '?') {
                    if let Some(filled) = rest.strip_prefix("${") {
                        let end = filled.find('}').unwrap();
                        address.push('*');
                        rest = &filled[end + 1..];
                    } else {
                        address.push(next);
                        rest = &rest[next.len_utf8()..];
                    }
                }
                found.push(address);
            }
        }
        found
    }

    fn fits(pattern: &str, address: &str) -> bool {
        let (known, asked): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), address.split('/').collect());
        asked.len() == known.len() && asked.iter().zip(known).all(|(asked, known)| known.starts_with('{') || known == *asked)
    }

    #[tokio::test]
    async fn what_the_page_of_the_till_calls_is_passed_on_and_nothing_else() {
        let list: Value = serde_json::from_str(&page_file("/till/files.json").await).unwrap();
        let mut called = Vec::new();
        for file in list["files"].as_array().unwrap() {
            let path = file["path"].as_str().unwrap();
            if path.ends_with(".js") && !path.starts_with("/vendor/") {
                let module = page_file(path).await;
                called.extend(["/v1/", "/log/"].iter().flat_map(|folder| addresses(&module, folder)));
            }
        }
        let passed = |address: &&String| *address == FACTS || PASSED.iter().any(|(_, pattern)| fits(pattern, address));
        let missing: Vec<_> = called.iter().filter(|address| !passed(address)).collect();
        assert!(missing.is_empty(), "the till's page calls {missing:?}, which a shop's own machine does not pass on");
        let patterns = PASSED.iter().map(|(_, pattern)| *pattern);
        let idle: Vec<_> = patterns.filter(|pattern| !called.iter().any(|address| fits(pattern, address))).collect();
        assert!(idle.is_empty(), "nobody calls {idle:?}");
    }

    #[test]
    fn what_is_passed_on_goes_to_the_path_that_was_asked_for_and_to_no_other() {
        let goes = |path: &str| passed_url("https://node.example", &path.parse().unwrap()).map(|url| url.to_string());
        for path in [
            "/v1/session",
            "/v1/accounts/li1abc/certificate",
            "/pos/v1/enrolments/AB2C-DE3F/claim",
            "/v1/entries/7/receipt?item=1",
        ] {
            assert_eq!(goes(path), Some(format!("https://node.example{path}")));
        }
        for path in [
            "/pos/v1/enrolments/../../../office/v1/desks",
            "/pos/v1/enrolments/%2e%2e/%2E%2E/day",
            "/pos/v1/enrolments/.%2e/claim",
            "/v1/accounts/%2e%2e/certificate",
            "/v1/accounts/./certificate",
            "/v1/accounts/%2e",
        ] {
            assert_eq!(goes(path), None, "{path}");
        }
        assert_eq!(passed_url("https://node.example/base", &"/v1/session".parse().unwrap()).unwrap().path(), "/base/v1/session");
    }

    #[test]
    fn a_module_names_addresses_in_any_quotes() {
        let module = "a('/v1/session'); b(`/v1/entries/${x.y}/receipt?item=${i}`); c(\"/v1/ledger\"); '/pos/v1/day'";
        assert_eq!(addresses(module, "/v1/"), ["/v1/session", "/v1/entries/*/receipt", "/v1/ledger"]);
    }
}
