//! The pages, embedded in the program: exact paths to files that were there when it was built.
//!
//! Nothing is read from disk and no path is put together, so that no request can climb out of the folder. A browser asks each time
//! and gets "not modified" for what it has: after an update no old module meets a new one. Files travel packed, a page tells which modules
//! it needs, and pages that keep themselves are told what they are made of; none of that is written by hand.

mod kept;
mod lean;
mod modules;
mod packed;

use crate::error;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use include_dir::{Dir, include_dir};
use ledger::key::Hash32;
use std::collections::HashMap;
use std::sync::OnceLock;

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

/// Pages that are kept for a visit without a network read QR codes, with WebAssembly, and name one script by its address: the worker
/// that keeps them.
const KEPT_CSP: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; \
font-src 'self'; connect-src 'self'; media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; base-uri 'none'; \
form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types lit-html liard-worker";

/// The office reads the code of a member's new device; it is not kept.
const OFFICE_CSP: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; \
font-src 'self'; connect-src 'self'; media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; base-uri 'none'; \
form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types lit-html";

/// A worker has no document: it runs our scripts and asks our server.
const WORKER_CSP: &str = "default-src 'none'; script-src 'self'; connect-src 'self'";

const HEADERS: [(HeaderName, &str); 3] =
    [(header::CACHE_CONTROL, "no-cache"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff"), (header::VARY, "accept-encoding")];

/// What a page may do, and whom it tells where it was: headers of documents, which the files that they load need not repeat.
const OF_DOCUMENTS: [(HeaderName, &str); 3] = [
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("permissions-policy"), "camera=(self), microphone=(), geolocation=(), payment=()"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// The lists of files, which are made here.
const LIST_KIND: &str = "application/json";

/// How the paths end of what a browser opens as a document, or runs as a worker under a policy of its own.
const DOCUMENTS: [&str; 3] = ["html", "svg", "worker.js"];

/// So many digits of a file's hash are its tag: two versions of one file never meet in them.
const TAG_DIGITS: usize = 16;

/// A file as it travels.
struct Form {
    bytes: Bytes,
    headers: HeaderMap,
    etag: String,
}

struct Page {
    plain: Form,
    /// Made when somebody asks for it first: at the start it would be work for pages that nobody opens.
    gzip: OnceLock<Option<Form>>,
}

impl Page {
    fn form(&self, gzip: bool) -> &Form {
        let packed = || {
            let bytes = packed::gzip(&self.plain.bytes)?;
            let etag = format!("{}-gzip\"", self.plain.etag.trim_end_matches('"'));
            let mut form = Form { bytes, headers: self.plain.headers.clone(), etag };
            form.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            form.measure();
            Some(form)
        };
        let packed = if gzip { self.gzip.get_or_init(packed).as_ref() } else { None };
        packed.unwrap_or(&self.plain)
    }
}

impl Form {
    fn measure(&mut self) {
        self.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(self.bytes.len()));
        if let Ok(tag) = HeaderValue::from_str(&self.etag) {
            self.headers.insert(header::ETAG, tag);
        }
    }
}

/// Every page, by its path.
pub struct Pages(HashMap<String, Page>);

impl Pages {
    /// The pages that the program was built with.
    pub fn embedded() -> Pages {
        let mut files = kept::Files::new();
        collect(&WEB, &mut files);
        let told: Vec<_> = files
            .iter()
            .filter(|(path, _)| path.ends_with(".html"))
            .filter_map(|(path, html)| Some((path.clone(), modules::with_modules(std::str::from_utf8(html).ok()?, &files)?)))
            .collect();
        files.extend(told.into_iter().map(|(path, html)| (path, html.into())));
        let lists = kept::PAGES.map(|name| (format!("/{name}/files.json"), kept::list(name, &files).into()));
        files.extend(lists);
        Pages(files.into_iter().map(|(path, bytes)| (path.clone(), page(&path, bytes))).collect())
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
        let form = page.form(packed::reads_gzip(request.headers()));
        let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
        if known.is_some_and(|tags| tags.split(',').any(|tag| names(tag.trim(), &form.etag))) {
            return error::not_modified(form.headers.clone());
        }
        let body = if request.method() == Method::HEAD { Body::empty() } else { Body::from(form.bytes.clone()) };
        (form.headers.clone(), body).into_response()
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

/// What a file is served as; none when it is not served.
fn kind_of(path: &str) -> Option<&'static str> {
    let extension = path.rsplit_once('.').map(|(_, extension)| extension);
    KINDS.iter().find(|(known, _)| Some(*known) == extension).map(|(_, kind)| *kind)
}

fn collect(folder: &'static Dir, files: &mut kept::Files) {
    let served =
        folder.files().filter_map(|file| file.path().to_str().map(|path| (format!("/{}", path.replace('\\', "/")), file)));
    let served = served.filter(|(path, _)| kind_of(path).is_some());
    files.extend(served.map(|(path, file)| {
        let lean = file.contents_utf8().filter(|_| lean::is_ours(&path)).map(|module| lean::without_comments(module).into());
        (path, lean.unwrap_or(Bytes::from_static(file.contents())))
    }));
    for inner in folder.dirs() {
        collect(inner, files);
    }
}

fn page(path: &str, bytes: Bytes) -> Page {
    let keeps_itself = path.split('/').nth(1).is_some_and(|folder| kept::PAGES.contains(&folder));
    let policy = match path {
        path if path.ends_with("worker.js") => WORKER_CSP,
        _ if keeps_itself => KEPT_CSP,
        path if path.starts_with("/office/") => OFFICE_CSP,
        _ => CSP,
    };
    let mut headers: HeaderMap = HEADERS.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
    if DOCUMENTS.iter().any(|end| path.ends_with(end)) {
        headers.extend(OF_DOCUMENTS.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))));
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind_of(path).unwrap_or(LIST_KIND)));
    let mut hash = Hash32::of(&bytes).to_string();
    hash.truncate(TAG_DIGITS);
    let mut plain = Form { bytes, headers, etag: format!("\"{hash}\"") };
    plain.measure();
    Page { plain, gzip: OnceLock::new() }
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

    async fn body_of(response: Response) -> Bytes {
        axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap()
    }

    fn header_of<'r>(response: &'r Response, name: &str) -> &'r str {
        response.headers()[name].to_str().unwrap()
    }

    #[test]
    fn each_folder_has_its_page_and_each_module_its_type() {
        for path in ["/wallet/", "/till/", "/verify/", "/ticket/"] {
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
    fn only_pages_that_read_codes_may_run_web_assembly_and_only_kept_ones_a_worker() {
        for name in kept::PAGES {
            assert_eq!(header_of(&get(&format!("/{name}/")), "content-security-policy"), KEPT_CSP);
        }
        assert_eq!(header_of(&get("/office/"), "content-security-policy"), OFFICE_CSP);
        for path in ["/", "/kit/coin.svg"] {
            assert_eq!(header_of(&get(path), "content-security-policy"), CSP, "{path}");
        }
        assert_eq!(KEPT_CSP.replace(" liard-worker", ""), OFFICE_CSP);
        assert_eq!(OFFICE_CSP.replace(" 'wasm-unsafe-eval'", ""), CSP);
        for (name, _) in HEADERS.into_iter().chain(OF_DOCUMENTS) {
            assert!(get("/till/").headers().contains_key(&name));
        }
        assert_eq!(header_of(&get("/wallet/worker.js"), "content-security-policy"), WORKER_CSP);
        assert!(!get("/wallet/wallet.js").headers().contains_key(header::CONTENT_SECURITY_POLICY));
    }

    #[tokio::test]
    async fn a_page_travels_packed_to_those_who_read_it_under_a_tag_of_its_own() {
        let packed = |tag: Option<&str>| {
            let request = Request::builder().uri("/wallet/wallet.css").header(header::ACCEPT_ENCODING, "br, gzip");
            let request = tag.into_iter().fold(request, |request, tag| request.header(header::IF_NONE_MATCH, tag));
            Pages::embedded().answer(&request.body(Body::empty()).unwrap())
        };
        let plain = get("/wallet/wallet.css");
        assert!(!plain.headers().contains_key(header::CONTENT_ENCODING));
        let [plain_tag, tag] = [&plain, &packed(None)].map(|response| header_of(response, "etag").to_owned());
        assert_ne!(plain_tag, tag);
        assert_eq!(header_of(&packed(None), "content-encoding"), "gzip");
        assert_eq!(header_of(&packed(None), "vary"), "accept-encoding");
        assert_eq!(packed(Some(&tag)).status().as_u16(), 304);
        assert!(packed(Some(&plain_tag)).status().is_success());
        let bytes = body_of(packed(None)).await;
        assert_eq!(header_of(&packed(None), "content-length"), bytes.len().to_string());
        let mut read = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut read).unwrap();
        assert_eq!(read, body_of(plain).await);
    }

    #[tokio::test]
    async fn a_page_tells_the_modules_that_it_needs_at_once() {
        let html = String::from_utf8(body_of(get("/wallet/")).await.to_vec()).unwrap();
        assert!(html.contains("<link rel=\"modulepreload\" href=\"/vendor/lit-html/lit-html.js\">"), "{html}");
        assert!(!html.contains("/kit/scanner.js"), "{html}");
    }

    #[tokio::test]
    async fn the_list_of_a_kept_page_names_each_file_as_it_is_served() {
        for name in kept::PAGES {
            let list = body_of(get(&format!("/{name}/files.json"))).await;
            let list: serde_json::Value = serde_json::from_slice(&list).unwrap();
            let files = list["files"].as_array().unwrap();
            for needed in
                [format!("/{name}/"), format!("/{name}/{name}.js"), format!("/kit/i18n/fr/{name}.js"), "/kit/kit.css".into()]
            {
                assert!(files.iter().any(|file| file["path"] == needed), "{name} needs {needed}");
            }
            for file in files {
                let bytes = body_of(get(file["path"].as_str().unwrap())).await;
                assert_eq!(file["hash"], Hash32::of(&bytes).to_string(), "{file}");
            }
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
