//! The architecture, held by tests: what ARCHITECTURE.md promises about who names what, read off the sources.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const CRATES: [&str; 6] = ["ledger", "documents", "wallet-api", "merchant-pos", "fund-office", "public-log"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every file below a folder with one of these endings, without what others made.
fn files(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !["node_modules", "vendor", "target", ".git"].contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(path.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// The sources of the crates and of the program, without their unit tests and comments.
fn sources() -> Vec<(PathBuf, String)> {
    let folders = CRATES.iter().map(|name| format!("{name}/src")).chain(["src".to_owned()]);
    let paths = folders.flat_map(|folder| files(&folder, &[".rs"]));
    paths.map(|path| (path.clone(), without_tests_and_comments(&read(path)))).collect()
}

fn without_tests_and_comments(text: &str) -> String {
    let code = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or(text);
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Fails when a word stands in a file that is not allowed to name it.
fn only_named_by(word: &str, allowed: impl Fn(&Path) -> bool) {
    let names = sources().into_iter().filter(|(path, text)| text.contains(word) && !allowed(path));
    let names: Vec<_> = names.map(|(path, _)| path).collect();
    assert!(names.is_empty(), "`{word}` is named by {names:?}");
}

fn is_program(path: &Path) -> bool {
    path.starts_with("src")
}

fn is_named(path: &Path, name: &str) -> bool {
    path.file_name().is_some_and(|found| found == name)
}

#[test]
fn the_crates_depend_on_each_other_in_one_direction() {
    let allowed: [(&str, &[&str]); 6] = [
        ("ledger", &[]),
        ("documents", &[]),
        ("wallet-api", &["ledger", "documents"]),
        ("merchant-pos", &["ledger", "documents", "wallet-api"]),
        ("fund-office", &["ledger", "documents"]),
        ("public-log", &["ledger"]),
    ];
    for (name, may) in allowed {
        let manifest = read(format!("{name}/Cargo.toml"));
        let dependencies = manifest.split("[dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
        for other in CRATES {
            let depends =
                dependencies.lines().any(|line| line.starts_with(&format!("{other}.")) || line.starts_with(&format!("{other} ")));
            assert_eq!(depends, may.contains(&other), "{name} → {other}");
        }
    }
}

#[test]
fn the_till_reaches_the_wallet_api_through_its_client_only() {
    for path in files("merchant-pos/src", &[".rs"]) {
        let text = without_tests_and_comments(&read(&path));
        for part in text.split("wallet_api::").skip(1) {
            let through = part.starts_with("client") || part.starts_with("wire") || part.starts_with('{');
            assert!(through, "{} uses wallet_api::{}", path.display(), part.lines().next().unwrap());
        }
    }
}

#[test]
fn each_file_of_the_ledger_uses_only_files_above_it() {
    let library = read("ledger/src/lib.rs");
    let order: Vec<&str> = library
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';')))
        .collect();
    for (place, name) in order.iter().enumerate() {
        let text = without_tests_and_comments(&read(format!("ledger/src/{name}.rs")));
        for below in &order[place + 1..] {
            let uses = text.contains(&format!("crate::{below}::")) || text.contains(&format!("crate::{below};"));
            assert!(!uses, "{name}.rs uses {below}.rs, which is below it");
        }
    }
    let present: BTreeSet<_> =
        files("ledger/src", &[".rs"]).iter().map(|p| p.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    let declared: BTreeSet<_> = order.iter().map(|name| (*name).to_owned()).chain(["lib".to_owned()]).collect();
    assert_eq!(present, declared);
}

#[test]
fn only_views_names_sled() {
    only_named_by("sled::", |path| is_named(path, "views.rs"));
}

#[test]
fn only_error_files_name_a_status_code() {
    only_named_by("StatusCode", |path| is_named(path, "error.rs"));
}

#[test]
fn only_wire_files_derive_serde() {
    let derives = |text: &str| text.lines().any(|line| line.contains("derive(") && line.contains("erialize"));
    let others = sources().into_iter().filter(|(path, text)| derives(text) && !is_named(path, "wire.rs") && !is_program(path));
    assert_eq!(others.map(|(path, _)| path).collect::<Vec<_>>(), Vec::<PathBuf>::new());
}

#[test]
fn only_the_program_reads_the_clock_and_the_environment() {
    for word in ["SystemTime", "Instant::now", "std::env", "env::var", "available_parallelism"] {
        only_named_by(word, is_program);
    }
}

#[test]
fn the_ledger_knows_no_network_and_no_async() {
    for word in ["async fn", "tokio", "axum", "reqwest", "std::net"] {
        only_named_by(word, |path| !path.starts_with("ledger"));
    }
}

#[test]
fn the_rules_do_no_input_output_and_draw_no_randomness() {
    for name in ["amount", "account", "rejection", "outcome", "transaction", "rules", "books", "state", "acts", "entry"] {
        let text = without_tests_and_comments(&read(format!("ledger/src/{name}.rs")));
        for word in ["std::fs", "std::io", "getrandom", "std::time", "println!", "thread"] {
            assert!(!text.contains(word), "{name}.rs names {word}");
        }
    }
}

#[test]
fn no_float_stands_near_money() {
    // What `liard bench` measures are times and rates; on paper, places are in points.
    let allowed = ["src/bench.rs", "documents/src/pdf.rs"].map(Path::new);
    for word in ["f32", "f64"] {
        only_named_by(word, |path| path.starts_with("src/bench") || allowed.contains(&path));
    }
}

#[test]
fn nothing_is_left_to_do_in_the_sources() {
    let marks = [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["to", "do!("].concat(), ["unimplemen", "ted!("].concat()];
    for folder in CRATES.into_iter().chain(["src", "web", "tests"]) {
        for path in files(folder, &[".rs", ".js", ".mjs", ".html", ".css", ".toml", ".md"]) {
            let text = read(&path);
            for mark in &marks {
                assert!(!text.contains(mark.as_str()), "{} holds {mark}", path.display());
            }
        }
    }
}

#[test]
fn the_architecture_page_names_the_files_that_there_are() {
    let page = read("ARCHITECTURE.md");
    for path in files("ledger/src", &[".rs"]) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(name == "lib.rs" || page.contains(&format!("`{name}`")), "ARCHITECTURE.md does not name ledger/src/{name}");
    }
    let known: BTreeSet<_> = sources()
        .into_iter()
        .map(|(path, _)| path)
        .chain(files("tests", &[".rs"]))
        .chain(files("ledger/tests", &[".rs"]))
        .collect();
    let known: BTreeSet<_> = known.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    for word in page.split('`').skip(1).step_by(2).filter(|word| word.ends_with(".rs") && !word.contains('/')) {
        assert!(known.contains(word), "ARCHITECTURE.md names {word}, which is not there");
    }
}

/// The addresses that a source routes.
fn routed(source: &str) -> impl Iterator<Item = String> {
    source.split(".route(").skip(1).map(|part| part.split('"').nth(1).unwrap().to_owned())
}

fn described(file: &str) -> Vec<String> {
    let description: serde_json::Value = serde_json::from_str(&read(file)).unwrap();
    description["paths"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn every_route_is_in_the_openapi_description_and_the_other_way_round() {
    let described: BTreeSet<_> = described("wallet-api/openapi.json").into_iter().collect();
    assert_eq!(routed(&read("wallet-api/src/routes.rs")).collect::<BTreeSet<_>>(), described);
}

#[test]
fn every_route_of_the_tills_service_is_in_a_fragment_of_its_description_and_the_other_way_round() {
    let sources = files("merchant-pos/src", &[".rs"]);
    let routed: BTreeSet<_> = sources
        .iter()
        .flat_map(|path| routed(&read(path)).collect::<Vec<_>>())
        // The parts of what a shop set up are one address.
        .map(|route| format!("/pos/v1{}", route.replace("{}", "{part}")))
        .collect();
    let fragments = files("merchant-pos/openapi", &[".json"]);
    let described: BTreeSet<_> = fragments.iter().flat_map(|path| described(path.to_str().unwrap())).collect();
    assert_eq!(routed, described);
}
