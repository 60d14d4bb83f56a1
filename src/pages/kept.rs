//! What a page is made of, for the worker in the browser that keeps it for a visit without a network.
//!
//! Nobody writes this list: it follows from the files. A file belongs to a page when the page, or a file that belongs to it, names it
//! between quotation marks, as `import` and `href` do; words belong to it that are called after it, or after no page when it names them.

use axum::body::Bytes;
use ledger::key::Hash32;
use std::collections::{BTreeMap, BTreeSet};

/// The pages that keep themselves; the office and the public page always ask.
pub const PAGES: [&str; 3] = ["wallet", "till", "verify"];
/// The worker, which the browser itself keeps.
const WORKER: &str = "worker.js";
/// Catalogues that are called after a page which is not kept.
const WORDS_OF_OTHERS: [&str; 2] = ["office", "public"];
/// Catalogues of words that every page loads.
const WORDS_OF_ALL: [&str; 2] = ["common", "errors"];
const WORDS: &str = "/kit/i18n/";
/// So many digits of the hash over all files name a version: two versions of one page never meet in them.
const VERSION_DIGITS: usize = 16;

/// Every file of the pages, by its path.
pub type Files = BTreeMap<String, Bytes>;

/// `files.json` of a page: `{"version", "files": [{"path", "hash"}]}`, each hash the SHA-256 of the file.
pub fn list(page: &str, files: &Files) -> Vec<u8> {
    let index = format!("/{page}/index.html");
    let hashes: Vec<(String, Hash32)> = belonging(page, files)
        .into_iter()
        .filter_map(|path| files.get(path).map(|bytes| (path, Hash32::of(bytes))))
        .map(|(path, hash)| (if *path == index { format!("/{page}/") } else { path.clone() }, hash))
        .collect();
    let all: String = hashes.iter().map(|(path, hash)| format!("{path} {hash}\n")).collect();
    let mut version = Hash32::of(all.as_bytes()).to_string();
    version.truncate(VERSION_DIGITS);
    let rows: Vec<_> = hashes.iter().map(|(path, hash)| serde_json::json!({ "path": path, "hash": hash.to_string() })).collect();
    serde_json::json!({ "version": version, "files": rows }).to_string().into_bytes()
}

fn belonging<'f>(page: &str, files: &'f Files) -> BTreeSet<&'f String> {
    let index = format!("/{page}/index.html");
    let is_first = |path: &str| {
        path == index || words_in(path).is_some_and(|name| is_called_after(name, page) || WORDS_OF_ALL.contains(&name))
    };
    let mut found: BTreeSet<&String> = files.keys().filter(|path| is_first(path)).collect();
    let mut unread: Vec<&String> = found.iter().copied().collect();
    let shared: Vec<(&str, &String)> =
        files.keys().filter_map(|path| Some((words_in(path)?, path))).filter(|(name, _)| is_shared(name)).collect();
    while let Some((path, bytes)) = unread.pop().and_then(|path| files.get_key_value(path)) {
        let names = paths_in(path, bytes).filter_map(|(_, name)| files.get_key_value(&name)).map(|(path, _)| path);
        let words =
            quoted(bytes).flat_map(|(_, word)| shared.iter().filter(move |(name, _)| *name == word).map(|(_, path)| *path));
        let named: Vec<&String> = names.chain(words).filter(|path| !path.ends_with(WORKER)).collect();
        unread.extend(named.into_iter().filter(|path| found.insert(path)));
    }
    found
}

/// The catalogue in which a file holds the words of one language.
fn words_in(path: &str) -> Option<&str> {
    path.strip_prefix(WORDS).and_then(|rest| rest.split_once('/')).and_then(|(_, file)| file.strip_suffix(".js"))
}

fn is_called_after(name: &str, page: &str) -> bool {
    name.strip_prefix(page).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// Whether a catalogue is called after no page: several may name it.
fn is_shared(name: &str) -> bool {
    !PAGES.iter().chain(&WORDS_OF_OTHERS).any(|page| is_called_after(name, page))
}

/// The paths that a file names between quotation marks, each with the text before the mark. Between which marks a word stands does not
/// matter: an apostrophe in a comment shifts nothing.
pub fn paths_in<'f>(path: &'f str, bytes: &'f [u8]) -> impl Iterator<Item = (&'f str, String)> {
    quoted(bytes).filter_map(move |(before, word)| Some((before, resolved(path, word)?)))
}

fn quoted(bytes: &[u8]) -> impl Iterator<Item = (&str, &str)> {
    let words = || std::str::from_utf8(bytes).unwrap_or_default().split(['"', '\'', '`']);
    words().zip(words().skip(1))
}

/// What a word in the file at `path` means, if it is a path: absolute, or relative with a dot before it.
fn resolved(path: &str, word: &str) -> Option<String> {
    if word.starts_with('/') {
        return Some(word.to_owned());
    }
    if !word.starts_with("./") && !word.starts_with("../") {
        return None;
    }
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in word.split('/').filter(|part| *part != ".") {
        match part {
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn belonging_to_a(files: &[(&str, &'static str)]) -> Vec<String> {
        let files: Files = files.iter().map(|(path, text)| ((*path).to_owned(), Bytes::from_static(text.as_bytes()))).collect();
        belonging("a", &files).into_iter().cloned().collect()
    }

    #[test]
    fn what_a_page_names_belongs_to_it_and_what_that_names_too() {
        let files = [
            ("/a/index.html", "<script src=\"/a/a.js\">"),
            ("/a/a.js", "// the page's own\nimport './b.js'; const wait = () => import('../kit/c.js');"),
            ("/a/b.js", "register('/a/worker.js')"),
            ("/a/worker.js", ""),
            ("/a/nobody.js", ""),
            ("/kit/c.js", "new URL('../vendor/d.wasm')"),
            ("/vendor/d.wasm", ""),
            ("/other/index.html", ""),
        ];
        assert_eq!(belonging_to_a(&files), ["/a/a.js", "/a/b.js", "/a/index.html", "/kit/c.js", "/vendor/d.wasm"]);
    }

    #[test]
    fn the_words_of_a_page_are_those_called_after_it_and_shared_ones_that_it_names_in_every_language() {
        let files = [
            ("/a/index.html", "'/a/a.js'"),
            ("/a/a.js", "more('places', 'office')"),
            ("/kit/i18n/ar/places.js", ""),
            ("/kit/i18n/fr/places.js", ""),
            ("/kit/i18n/fr/office.js", ""),
            ("/kit/i18n/fr/tables.js", ""),
            ("/kit/i18n/ar/a.js", ""),
            ("/kit/i18n/ar/ab.js", ""),
            ("/kit/i18n/fr/a-cards.js", ""),
            ("/kit/i18n/fr/common.js", ""),
        ];
        let mut expected = vec!["/a/a.js", "/a/index.html", "/kit/i18n/ar/a.js", "/kit/i18n/ar/places.js"];
        expected.extend(["/kit/i18n/fr/a-cards.js", "/kit/i18n/fr/common.js", "/kit/i18n/fr/places.js"]);
        assert_eq!(belonging_to_a(&files), expected);
    }

    #[test]
    fn a_version_is_called_after_every_file() {
        let version = |text: &'static str| {
            let files = Files::from([("/a/index.html".to_owned(), "'/a/b.js'".into()), ("/a/b.js".to_owned(), text.into())]);
            let words: serde_json::Value = serde_json::from_slice(&list("a", &files)).unwrap();
            assert_eq!(words["files"][1]["path"], "/a/");
            assert_eq!(words["files"][0]["hash"], Hash32::of(text.as_bytes()).to_string());
            words["version"].to_string()
        };
        assert_eq!(version("1"), version("1"));
        assert_ne!(version("1"), version("2"));
    }
}
