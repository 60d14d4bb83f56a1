//! `liard bench` at a tiny size: it ends, tells everything it promises, and its own counts hold. What it measured decides nothing.

#![allow(clippy::unwrap_used)]

mod common;

use serde_json::Value;

const RATIOS: [&str; 16] = [
    "batch_http_to_verify",
    "single_http_to_verify_only",
    "p99_half_load_to_append",
    "disk_bytes_to_signed_bytes",
    "unsigned_entries_per_s",
    "replay_entries_per_s",
    "single_client_p50_to_floor",
    "to_postgres",
    "to_postgres_hot",
    "hot_to_spread",
    "hot_campaign_to_spread",
    "reopen_with_snapshot_s",
    "unsigned_slope_entries",
    "single_http_slope_entries",
    "unsigned_slope_accounts",
    "single_http_slope_accounts",
];

#[test]
fn a_tiny_measurement_tells_every_figure_and_ratio_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut bench = common::liard();
    let ran = bench.args(["bench", "--quick", "--json", "--entries", "40", "--folder"]).arg(folder.path()).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let told: Value = serde_json::from_slice(&ran.stdout).unwrap();
    let ratios = told["ratios"].as_object().unwrap();
    for name in RATIOS {
        let value = &ratios.get(name).unwrap_or_else(|| panic!("{name} is missing"));
        assert_eq!(value.is_number(), !name.starts_with("to_postgres"), "{name}: {value}");
    }
    let figures = told["figures"].as_object().unwrap();
    for (name, figure) in figures {
        assert!(figure["value"].is_number() && figure["unit"].is_string(), "{name}: {figure}");
    }
    // The run itself fails when a measurement made more or fewer entries than payments, or when the audit finds anything.
    let value = |name: &str| figures[name]["value"].as_f64().unwrap();
    assert_eq!(value("audited_entries"), value("entries_with_80_accounts"));
    assert!(value("entries_with_long_journal") >= value("entries_with_short_journal") + 400.0);
    // An entry holds the signed payment.
    assert!(value("entry_bytes") > value("signed_payment_bytes"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
