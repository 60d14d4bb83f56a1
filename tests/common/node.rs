//! A currency from the sample and a node that serves it: the program as its users type it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A program that does not come up within this is broken.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub fn liard(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_liard"));
    for name in ["LANG", "LC_ALL", "LC_MESSAGES", "LIARD_DATA", "LIARD_LISTEN", "LIARD_API", "LIARD_KEY", "LIARD_SECRETS"] {
        command.env_remove(name);
    }
    command.args(arguments).output().unwrap()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What a command printed, which has to succeed.
pub fn said(arguments: &[&str]) -> String {
    let output = liard(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// What a command complained of, which has to fail.
pub fn refused(arguments: &[&str]) -> String {
    let output = liard(arguments);
    assert!(!output.status.success(), "{arguments:?}: {}", text(&output.stdout));
    text(&output.stderr)
}

/// A node that runs until it is dropped.
pub struct Node {
    child: Child,
    /// Where it listens.
    pub url: String,
}

impl Node {
    /// Starts a node on a free port, and waits until it says where it listens.
    pub fn start(arguments: &[&str], out: &Path) -> Node {
        Node::try_start(arguments, out).expect("the node did not come up")
    }

    /// The same; `None` when the program ends instead.
    pub fn try_start(arguments: &[&str], out: &Path) -> Option<Node> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_liard"));
        command.args(arguments).args(["--listen", "127.0.0.1:0", "--log", "error"]);
        let child = command.stdout(fs::File::create(out).unwrap()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut node = Node { child, url: String::new() };
        let began = Instant::now();
        while node.url.is_empty() {
            assert!(began.elapsed() < PATIENCE, "the node did not come up");
            if node.child.try_wait().unwrap().is_some() {
                return None;
            }
            let printed = fs::read_to_string(out).unwrap();
            // The line is whole once the next one has begun.
            if let Some((line, _)) = printed.split_once("Listening on ").and_then(|(_, rest)| rest.split_once('\n')) {
                node.url = format!("http://{line}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(node)
    }

    pub fn get(&self, path: &str) -> (u16, String) {
        let client = runtime();
        client.block_on(async {
            let answer = reqwest::get(format!("{}{path}", self.url)).await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        })
    }

    /// How many entries the ledger has, read off its newest checkpoint.
    pub fn entries(&self) -> u64 {
        self.get("/v1/checkpoint").1.lines().nth(1).unwrap().parse().unwrap()
    }

    pub fn json(&self, path: &str) -> serde_json::Value {
        serde_json::from_str(&self.get(path).1).unwrap()
    }

    /// Kills the node as a power cut of the process: no handler runs.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks the node to stop as a service manager does, and waits until it has.
    pub fn stop(mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(asked.success());
        let began = Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            assert!(began.elapsed() < PATIENCE, "the node does not stop");
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub fn runtime() -> tokio::runtime::Runtime {
    drop(rustls::crypto::ring::default_provider().install_default());
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// A folder with a currency that was made from the sample.
pub struct Currency {
    pub folder: tempfile::TempDir,
}

impl Currency {
    pub fn found() -> Currency {
        let folder = tempfile::tempdir().unwrap();
        let currency = Currency { folder };
        fs::write(currency.file("currency.toml"), said(&["init", "--sample"])).unwrap();
        let printed = said(&["init", &currency.path("currency.toml"), "--data", &currency.path("data")]);
        assert!(printed.contains("ledger id") && printed.contains("liard serve"));
        currency
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn path(&self, name: &str) -> String {
        self.file(name).to_str().unwrap().to_owned()
    }

    pub fn serve(&self) -> Node {
        Node::start(&["serve", "--data", &self.path("data")], &self.file("out"))
    }

    /// An act by a person of the association.
    pub fn office(&self, node: &Node, person: u16, act: &[&str]) -> Vec<String> {
        let key = self.path(&format!("data/secrets/operators/operator-{person}.key"));
        let start = ["office", "--api", &node.url, "--key", &key].map(str::to_owned);
        start.into_iter().chain(act.iter().map(|word| (*word).to_owned())).collect()
    }

    pub fn act(&self, node: &Node, person: u16, act: &[&str]) -> String {
        said(&self.office(node, person, act).iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Opens an account for a new key: person 1 proposes, person 3 approves.
    pub fn open(&self, node: &Node, name: &str) -> String {
        let key = said(&["key", &self.path(name)]);
        let proposed = self.act(node, 1, &["open-account", "--kind", "resident", "--level", "1", "--key", key.trim()]);
        let opened = self.act(node, 3, &["approve", word_after(&proposed, "liard office approve "), "--yes"]);
        word_after(&opened, "Account ").to_owned()
    }

    pub fn act_refused(&self, node: &Node, person: u16, act: &[&str]) -> String {
        refused(&self.office(node, person, act).iter().map(String::as_str).collect::<Vec<_>>())
    }
}

pub fn word_after<'t>(text: &'t str, before: &str) -> &'t str {
    text.split_once(before).unwrap().1.split_whitespace().next().unwrap()
}
