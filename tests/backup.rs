//! Backup, restore and repair with the real program: under load, after a kill, and with a damaged journal.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Cast, Town, liard, post};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn run(command: &str, paths: &[&Path], more: &[&str]) -> Output {
    liard().arg(command).args(paths).args(more).output().unwrap()
}

fn said(command: &str, paths: &[&Path], more: &[&str]) -> String {
    let output = run(command, paths, more);
    assert!(output.status.success(), "{command}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// Standard output and error of a command that has to fail.
fn refused(command: &str, paths: &[&Path], more: &[&str]) -> (String, String) {
    let output = run(command, paths, more);
    assert_eq!(output.status.code(), Some(1), "{command}: {}", text(&output.stdout));
    (text(&output.stdout), text(&output.stderr))
}

fn audited(data: &Path) -> (u64, String) {
    let report: serde_json::Value = serde_json::from_str(&said("audit", &[data], &["--json"])).unwrap();
    (report["entries"].as_u64().unwrap(), report["root"].as_str().unwrap().to_owned())
}

fn backed_up(data: &Path, to: &Path) -> String {
    said("backup", &[to], &["--data", data.to_str().unwrap()])
}

/// Pays a cent at a time until it is told to stop; how many were answered.
fn pay_until(town: &Town, stop: &AtomicBool) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (cast, url, mut paid) = (Cast::of(town).await, town.url("/v1/transactions"), 0);
        while !stop.load(Ordering::SeqCst) {
            let (status, _) = post(&url, cast.payment(1)).await;
            paid += u64::from(status == 200 || status == 201);
        }
        paid
    })
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap().is_dir() {
            true => copy_folder(&entry.path(), &to.join(entry.file_name())),
            false => drop(fs::copy(entry.path(), to.join(entry.file_name())).unwrap()),
        }
    }
}

#[test]
fn a_node_under_load_is_backed_up_killed_restored_damaged_and_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (data, copy) = (at("town"), at("copy"));
    let mut town = Town::serve(&data);
    let stop = AtomicBool::new(false);
    let (first, second) = std::thread::scope(|scope| {
        let paying = scope.spawn(|| pay_until(&town, &stop));
        let first = backed_up(&data, &copy);
        let second = backed_up(&data, &copy);
        stop.store(true, Ordering::SeqCst);
        assert!(paying.join().unwrap() > 0, "nothing was paid meanwhile");
        (first, second)
    });
    assert!(
        first.contains(" 0 B were there already") && first.contains("Not in it, on purpose: the folder of secrets"),
        "{first}"
    );
    assert!(!second.contains(" 0 B were there already"), "{second}");
    assert!(!copy.join("secrets").exists() && !copy.join("views").exists() && copy.join("pos/records").exists());
    town.kill();
    drop(town);
    backed_up(&data, &copy);
    let sound = audited(&data);
    // Wrong places.
    let (_, why) = refused("backup", &[&data], &["--data", data.to_str().unwrap()]);
    assert!(why.contains("no backup"), "{why}");
    let (_, why) = refused("restore", &[&copy], &["--to", data.to_str().unwrap()]);
    assert!(why.contains("not empty"), "{why}");
    let (_, why) = refused("restore", &[&data], &["--to", at("x").to_str().unwrap()]);
    assert!(why.contains("no backup here"), "{why}");
    // Elsewhere, and it starts.
    let new = at("new");
    let told = said("restore", &[&copy], &["--to", new.to_str().unwrap()]);
    assert!(told.contains("folder of secrets back") && told.contains(&format!("Entries after no. {}", sound.0 - 1)), "{told}");
    assert_eq!(audited(&new), sound);
    copy_folder(&data.join("secrets"), &new.join("secrets"));
    let mut node = liard();
    node.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&new).stdout(Stdio::piped());
    let mut node = node.spawn().unwrap();
    let line = BufReader::new(node.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    node.kill().unwrap();
    node.wait().unwrap();
    assert!(line.starts_with("Listening on"), "{line}");
    assert_eq!(audited(&new), sound);
    repairs(&data, &copy, folder.path(), &sound);
}

/// A byte in the middle of the journal flips: without a copy, with one, and with the loss accepted.
fn repairs(data: &Path, copy: &Path, folder: &Path, sound: &(u64, String)) {
    let segment = data.join("journal/00000000000000000000.seg");
    let mut bytes = fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&segment, &bytes).unwrap();
    let to = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (told, why) = refused("repair", &[data], &["--to", &to("alone")]);
    assert!(told.contains("MISSING: Entry ") && told.contains("whole in no source"), "{told}");
    assert!(told.contains(&format!("to {}, accepted", sound.0 - 1)), "{told}");
    assert!(why.contains("does not start") && why.contains("must tell its members"), "{why}");
    assert_eq!(run("audit", &[&folder.join("alone")], &[]).status.code(), Some(1));
    let told = said("repair", &[data, copy], &["--to", &to("whole")]);
    assert!(told.contains("is whole") && told.contains("1 from "), "{told}");
    assert_eq!(&audited(&folder.join("whole")), sound);
    let secrets = data.join("secrets");
    let accepting = ["--accept-loss", "--secrets", secrets.to_str().unwrap(), "--to", &to("less")];
    let told = said("repair", &[data], &accepting);
    assert!(told.contains("is undone") && told.contains("must tell its members"), "{told}");
    // What is left of the journal is in order. What nobody can undo is what was published of the entries that are gone.
    let report: serde_json::Value = serde_json::from_slice(&run("audit", &[&folder.join("less")], &["--json"]).stdout).unwrap();
    assert!(report["entries"].as_u64().unwrap() < sound.0);
    let wrong = report["checks"].as_array().unwrap().iter().filter(|check| check["verdict"] == "wrong");
    assert!(wrong.map(|check| &check["check"]).all(|check| check == "statement"), "{report}");
    assert_eq!(fs::read(&segment).unwrap(), bytes, "the damaged folder is as it was");
}
