//! The demo's keys, kept so that links stay the same, and how they are shown: as links, as QR codes, as a file for other programs.

use super::cast::{Cast, Person};
use crate::failure::{Failure, Outcome};
use crate::keys;
use ledger::SigningKey;
use ledger::key::Prefix;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use serde_json::{Value, json};
use std::io::IsTerminal;
use std::path::Path;

/// The file among the secrets; a folder without it is no demo.
pub const FILE: &str = "demo.json";

/// The person whose office link is shown: a board member, whose approval the waiting proposal needs.
const BOARD_MEMBER: usize = 2;

fn seed(key: &SigningKey) -> String {
    hex::encode(key.to_bytes())
}

/// What has to be remembered of a town.
pub fn remembered(cast: &Cast, operators: &[SigningKey], prefix: &Prefix) -> Value {
    let person =
        |person: &Person| json!({ "name": person.name, "account": person.account.to_text(prefix), "seed": seed(&person.key) });
    let all = |persons: &[Person]| persons.iter().map(person).collect::<Vec<_>>();
    json!({
        "residents": all(&cast.residents), "shops": all(&cast.shops), "town_hall": person(&cast.town_hall),
        "association": person(&cast.association), "till_seed": seed(&cast.till),
        "operator_seeds": operators.iter().map(seed).collect::<Vec<_>>(),
    })
}

/// Reads what was remembered.
pub fn read(secrets: &Path) -> Outcome<Value> {
    let path = secrets.join(FILE);
    let text = std::fs::read_to_string(&path).map_err(|error| Failure::file("read the demo's keys", &path, &error))?;
    serde_json::from_str(&text).map_err(|error| Failure::new(format!("{} is damaged ({error}): use --fresh", path.display())))
}

/// Writes what has to be remembered.
pub fn write(secrets: &Path, remembered: &Value) -> Outcome {
    keys::write_private(&secrets.join(FILE), format!("{remembered:#}\n").as_bytes())
}

/// The links into a demo that is served at `url`.
pub fn links(remembered: &Value, url: &str) -> Value {
    let (resident, shop) = (&remembered["residents"][0], &remembered["shops"][0]);
    let link = |page: &str, seed: &Value| format!("{url}/{page}/#demo={}", seed.as_str().unwrap_or_default());
    json!({
        "url": url,
        "wallet_link": link("wallet", &resident["seed"]),
        "till_link": link("till", &remembered["till_seed"]),
        "office_link": link("office", &remembered["operator_seeds"][BOARD_MEMBER]),
        "public_link": format!("{url}/"),
        "resident_seed": resident["seed"], "resident_account": resident["account"], "resident_name": resident["name"],
        "shop_seed": shop["seed"], "shop_account": shop["account"], "shop_name": shop["name"],
        "till_seed": remembered["till_seed"], "operator_seeds": remembered["operator_seeds"],
    })
}

/// Prints the links; on a terminal with a QR code each.
pub fn show(links: &Value) {
    let rows = [
        ("Wallet of a resident", "wallet_link"),
        ("Till of a shop", "till_link"),
        ("Office of the association", "office_link"),
        ("Public page", "public_link"),
    ];
    for (label, name) in rows {
        let link = links[name].as_str().unwrap_or_default();
        say!("{label}\n  {link}");
        if std::io::stdout().is_terminal() {
            say!("{}", qr(link));
        }
    }
    say!("The keys in these links are no secrets: nothing here is worth anything. Stop with Ctrl-C.");
}

/// A QR code for a terminal with light letters on dark.
fn qr(link: &str) -> String {
    let code = QrCode::new(link.as_bytes());
    code.map(|code| {
        let mut image = code.render::<Dense1x2>();
        image.dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).quiet_zone(true).build()
    })
    .unwrap_or_default()
}
