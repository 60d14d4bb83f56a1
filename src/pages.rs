//! The pages, embedded in the program: exact paths to bytes that were there when it was built.
//!
//! Nothing is read from disk and no path is put together, so that no request can climb out of the folder. A browser asks each time
//! and gets "not modified" for what it has: after an update no old module meets a new one.

use crate::error;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use include_dir::{Dir, include_dir};
use ledger::key::Hash32;
use std::collections::HashMap;

static WEB: Dir = include_dir!("$CARGO_MANIFEST_DIR/web");

/// What each kind of file is served as. Other files are not served.
const KINDS: &[(&str, &str)] = &[
    ("html", "text/html; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("ico", "image/x-icon"),
    ("wasm", "application/wasm"),
    ("woff2", "font/woff2"),
    ("webmanifest", "application/manifest+json"),
];

const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; \
connect-src 'self'; media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; \
frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types lit-html";

/// The wallet loads the reader of QR codes, which is WebAssembly.
const WALLET_CSP: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; \
font-src 'self'; connect-src 'self'; media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; base-uri 'none'; \
form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types lit-html";

/// The verifier reads QR codes too, and names one script by its address: the worker that keeps it for a visit without a network.
const VERIFY_CSP: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; \
font-src 'self'; connect-src 'self'; media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; base-uri 'none'; \
form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types lit-html liard-worker";

const HEADERS: [(HeaderName, &str); 5] = [
    (header::CACHE_CONTROL, "no-cache"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("permissions-policy"), "camera=(self), microphone=(), geolocation=(), payment=()"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

struct Page {
    bytes: &'static [u8],
    headers: HeaderMap,
    etag: String,
}

/// Every page, by its path.
pub struct Pages(HashMap<String, Page>);

impl Pages {
    /// The pages that the program was built with.
    pub fn embedded() -> Pages {
        let mut pages = HashMap::new();
        collect(&WEB, &mut pages);
        Pages(pages)
    }

    /// Answers a request for a page.
    pub fn answer(&self, request: &Request) -> Response {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return error::only_read();
        }
        let path = request.uri().path();
        let Some(page) = self.find(path) else {
            let folder = format!("{path}/");
            let known = !path.ends_with('/') && self.find(&folder).is_some();
            return if known { error::moved(&folder) } else { error::not_found() };
        };
        let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
        if known.is_some_and(|tags| tags.split(',').any(|tag| names(tag.trim(), &page.etag))) {
            return error::not_modified(page.headers.clone());
        }
        let body = if request.method() == Method::HEAD { Body::empty() } else { Body::from(page.bytes) };
        (page.headers.clone(), body).into_response()
    }

    fn find(&self, path: &str) -> Option<&Page> {
        match path.strip_suffix('/') {
            Some("") => self.0.get("/public/index.html"),
            Some(folder) => self.0.get(&format!("{folder}/index.html")),
            None => self.0.get(path),
        }
    }
}

/// Whether a tag of `If-None-Match` names this version; weak tags compare like strong ones there.
fn names(tag: &str, etag: &str) -> bool {
    tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag
}

fn collect(folder: &'static Dir, pages: &mut HashMap<String, Page>) {
    for file in folder.files() {
        let extension = file.path().extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let kind = KINDS.iter().find(|(known, _)| *known == extension);
        if let (Some((_, kind)), Some(path)) = (kind, file.path().to_str()) {
            let path = format!("/{}", path.replace('\\', "/"));
            let page = page(&path, file.contents(), kind);
            pages.insert(path, page);
        }
    }
    for inner in folder.dirs() {
        collect(inner, pages);
    }
}

fn page(path: &str, bytes: &'static [u8], kind: &'static str) -> Page {
    let etag = format!("\"{}\"", Hash32::of(bytes));
    let policy = match path.split('/').nth(1) {
        Some("wallet") => WALLET_CSP,
        Some("verify") => VERIFY_CSP,
        _ => CSP,
    };
    let mut headers: HeaderMap = HEADERS.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    headers.extend(HeaderValue::from_str(&etag).ok().map(|value| (header::ETAG, value)));
    Page { bytes, headers, etag }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(method: Method, path: &str, tag: Option<&str>) -> Response {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(tag) = tag {
            request = request.header(header::IF_NONE_MATCH, tag);
        }
        Pages::embedded().answer(&request.body(Body::empty()).unwrap())
    }

    fn get(path: &str) -> Response {
        ask(Method::GET, path, None)
    }

    fn header_of<'r>(response: &'r Response, name: &str) -> &'r str {
        response.headers()[name].to_str().unwrap()
    }

    #[test]
    fn each_folder_has_its_page_and_each_module_its_type() {
        for path in ["/wallet/", "/till/", "/verify/"] {
            assert!(get(path).status().is_success(), "{path}");
            assert_eq!(header_of(&get(path), "content-type"), "text/html; charset=utf-8");
        }
        assert_eq!(header_of(&get("/kit/api.js"), "content-type"), "text/javascript; charset=utf-8");
        assert_eq!(header_of(&get("/kit/kit.css"), "content-type"), "text/css; charset=utf-8");
        assert_eq!(header_of(&get("/wallet"), "location"), "/wallet/");
    }

    #[test]
    fn a_browser_that_has_the_page_is_told_so() {
        let etag = header_of(&get("/wallet/"), "etag").to_owned();
        for tag in [etag.clone(), format!("W/{etag}"), format!("\"x\", {etag}"), "*".into()] {
            let again = ask(Method::GET, "/wallet/", Some(&tag));
            assert_eq!(again.status().as_u16(), 304, "{tag}");
            assert_eq!(header_of(&again, "cache-control"), "no-cache");
        }
        assert!(ask(Method::GET, "/wallet/", Some("\"other\"")).status().is_success());
    }

    #[test]
    fn only_pages_that_read_codes_may_run_web_assembly() {
        for path in ["/wallet/", "/verify/"] {
            assert!(header_of(&get(path), "content-security-policy").contains("'wasm-unsafe-eval'"), "{path}");
        }
        assert!(!header_of(&get("/till/"), "content-security-policy").contains("'wasm-unsafe-eval'"));
        assert_eq!(WALLET_CSP.replace(" 'wasm-unsafe-eval'", ""), CSP);
        assert_eq!(VERIFY_CSP.replace(" liard-worker", ""), WALLET_CSP);
        for (name, _) in HEADERS {
            assert!(get("/till/").headers().contains_key(name));
        }
    }

    #[test]
    fn nothing_outside_of_the_pages_is_served() {
        let outside = ["/../Cargo.toml", "/wallet/../../Cargo.toml", "/wallet/%2e%2e/%2e%2e/Cargo.toml", "//etc/passwd", "/kit/"];
        for path in outside.into_iter().chain(["/tsconfig.json", "/wallet/nothing.js", "/vendor/README.md"]) {
            assert_eq!(get(path).status().as_u16(), 404, "{path}");
        }
    }

    #[test]
    fn pages_are_only_read() {
        assert_eq!(ask(Method::POST, "/wallet/", None).status().as_u16(), 405);
        assert_eq!(header_of(&ask(Method::DELETE, "/", None), "allow"), "GET, HEAD");
        assert!(ask(Method::HEAD, "/wallet/", None).status().is_success());
    }
}
