//! The program under test: the real binary, serving a small demo town, spoken to over HTTP.

#![allow(dead_code, clippy::unwrap_used)]

pub mod cable;
pub mod mail_server;
pub mod node;
pub mod person;
pub mod push_service;

pub mod raw;

pub mod statement;

use ledger::SigningKey;
use ledger::amount::Amount;
use ledger::key::{AccountId, LedgerId, Prefix};
use ledger::transaction::{Body, Transaction, Transfer};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A demo town needs this long at the very most, on a slow and busy machine.
const START_LIMIT: Duration = Duration::from_secs(120);

/// The program, serving a demo town until it is dropped.
pub struct Town {
    child: Child,
    /// What `--json-links` wrote.
    pub links: Value,
    /// The folder of the data.
    pub data: PathBuf,
    _folder: Option<tempfile::TempDir>,
}

pub fn liard() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_liard"));
    command.env("RUST_LOG", "warn").stdin(Stdio::null());
    command
}

/// The command that makes and serves the town of the tests.
fn demo(data: &Path) -> Command {
    let mut command = liard();
    command.args(["demo", "--listen", "127.0.0.1:0", "--residents", "12", "--shops", "3", "--days", "2"]);
    command.arg("--data").arg(data);
    command
}

impl Town {
    /// A new town in a folder of its own.
    pub fn new() -> Town {
        let folder = tempfile::tempdir().unwrap();
        let mut town = Town::serve(&folder.path().join("town"));
        town._folder = Some(folder);
        town
    }

    /// A new town in a folder of its own, whose node has these settings, as lines of its file in place of those that are there.
    pub fn with(settings: &str) -> Town {
        Town::made_with(&[], settings)
    }

    /// The same, of a town that is made with these arguments.
    pub fn made_with(arguments: &[&str], settings: &str) -> Town {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("town");
        let made = demo(&data).args(arguments).arg("--only-make").stdout(Stdio::null()).status().unwrap();
        assert!(made.success(), "the town could not be made");
        let file = data.join("liard.toml");
        let set: Vec<&str> = settings.lines().map(|line| line.split(' ').next().unwrap()).collect();
        let kept = std::fs::read_to_string(&file).unwrap();
        let kept: String =
            kept.lines().filter(|line| !set.iter().any(|name| line.starts_with(*name))).map(|line| format!("{line}\n")).collect();
        std::fs::write(&file, format!("{kept}{settings}\n")).unwrap();
        let mut town = Town::serve(&data);
        town._folder = Some(folder);
        town
    }

    /// Serves the town in a folder, which is made when it is not there.
    pub fn serve(data: &Path) -> Town {
        drop(rustls::crypto::ring::default_provider().install_default());
        let links = data.with_extension("links.json");
        let _ = std::fs::remove_file(&links);
        let mut command = demo(data);
        command.arg("--json-links").arg(&links).stdout(Stdio::null());
        let mut child = command.spawn().unwrap();
        let started = Instant::now();
        let links = loop {
            if let Some(found) = std::fs::read(&links).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
                break found;
            }
            assert!(child.try_wait().unwrap().is_none(), "the program ended before it served");
            assert!(started.elapsed() < START_LIMIT, "the program did not serve in time");
            std::thread::sleep(Duration::from_millis(50));
        };
        Town { child, links, data: data.to_owned(), _folder: None }
    }

    /// The number of its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn link(&self, name: &str) -> &str {
        self.links[name].as_str().unwrap_or_else(|| panic!("the links have no {name}"))
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.link("url").trim_end_matches('/'))
    }

    pub fn key(&self, name: &str) -> SigningKey {
        key_of(self.link(name))
    }

    /// Kills the program as a power cut of the process: no handler runs.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The key of 64 hexadecimal digits.
pub fn key_of(seed: &str) -> SigningKey {
    SigningKey::from_bytes(&hex::decode(seed).unwrap().try_into().unwrap())
}

/// A key of the node whose data lie in a folder, such as `checkpoint.key`.
pub fn secret(data: &Path, name: &str) -> SigningKey {
    let text = std::fs::read_to_string(data.join("secrets").join(name)).unwrap();
    key_of(node::word_after(&text, "seed = \"").trim_end_matches('"'))
}

/// Copies a folder that no program has open.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() { copy(&source, &target) } else { assert!(std::fs::copy(&source, &target).is_ok()) }
    }
}

pub fn now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// A different nonce at every call.
pub fn nonce() -> [u8; 8] {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    (NEXT.fetch_add(1, Ordering::Relaxed) ^ now() << 20).to_be_bytes()
}

/// An order that is valid for an hour.
pub fn order(body: Body) -> Transaction {
    Transaction { nonce: nonce(), valid_until: now() + 3_600_000, body }
}

/// A resident and a shop of a town, and what is needed to sign.
pub struct Cast {
    pub ledger: LedgerId,
    pub prefix: Prefix,
    pub resident: AccountId,
    pub resident_key: SigningKey,
    pub shop: AccountId,
    pub shop_key: SigningKey,
}

impl Cast {
    pub async fn of(town: &Town) -> Cast {
        let info: Value = get(&town.url("/v1/ledger")).await;
        let prefix = Prefix::new(info["prefix"].as_str().unwrap()).unwrap();
        let account = |name| AccountId::from_text(town.link(name), &prefix).unwrap();
        Cast {
            ledger: LedgerId::from_hex(info["ledger"].as_str().unwrap()).unwrap(),
            prefix,
            resident: account("resident_account"),
            resident_key: town.key("resident_seed"),
            shop: account("shop_account"),
            shop_key: town.key("shop_seed"),
        }
    }

    /// The resident's payment to the shop, signed.
    pub fn payment(&self, cents: u64) -> Vec<u8> {
        self.signed(&order(self.transfer(cents)))
    }

    pub fn transfer(&self, cents: u64) -> Body {
        let amount = Amount::from_cents(cents).unwrap();
        Body::Transfer(Transfer { payer: self.resident, payee: self.shop, amount, charge: None, memo: None })
    }

    pub fn signed(&self, transaction: &Transaction) -> Vec<u8> {
        transaction.sign(&self.ledger, &self.resident_key)
    }
}

pub async fn get(url: &str) -> Value {
    let answer = reqwest::get(url).await.unwrap();
    assert!(answer.status().is_success(), "{url}: {}", answer.status());
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

pub async fn post(url: &str, body: Vec<u8>) -> (u16, Vec<u8>) {
    let answer = reqwest::Client::new().post(url).header("content-type", "application/cose").body(body).send().await.unwrap();
    (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
}

/// What comes after a while; longer than any slow machine takes means never.
pub async fn in_time<T>(coming: impl Future<Output = T>) -> T {
    tokio::time::timeout(START_LIMIT, coming).await.expect("it did not come in time")
}

/// How many entries the ledger has, read off its checkpoint.
pub async fn entries(town: &Town) -> u64 {
    let note = reqwest::get(town.url("/v1/checkpoint")).await.unwrap().text().await.unwrap();
    note.lines().nth(1).unwrap().parse().unwrap()
}
