//! `liard till`: the till's own part on a machine in the shop, against the wallet API of a currency's node elsewhere.
//!
//! ```text
//! tills in the shop ─▶ this port ─▶ pages, merchant-pos ─▶ its own records
//!                                   └─▶ line: what the page asks of the wallet API ─▶ https ─▶ the node
//! ```
//! The owner's wallet is served by the node: who works at the tills, whether they write tickets, and the signs that wallets ask about
//! are the node's word here too. What only tills change stays in the shop.
//!
//! While the line is cut the till goes on: what it takes then is bounded, kept, and brought to the ledger once the line is back.

mod line;

use crate::failure::Outcome;
use crate::keys;
use crate::node::{self, Front};
use crate::office::typed::hash;
use crate::pages::Pages;
use crate::settings::{Said, Settings};
use crate::{clock, error, logs};
use axum::extract::Request;
use axum::response::Response;
use axum::routing::{any, get};
use clap::Args;
use ledger::key::{LedgerId, PublicKey};
use line::Line;
use reqwest::Url;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

/// The page that is served.
const TILL: &str = "/till/";
/// What a till needs of the pages: its own, the page of a ticket, and the modules of both.
const FOLDERS: [&str; 4] = [TILL, "/ticket/", "/kit/", "/vendor/"];

/// What can be said on the command line.
#[derive(Args)]
pub struct Options {
    /// The address of the currency's node, such as https://monnaie.example.
    #[arg(long, value_name = "URL", value_parser = api)]
    api: String,
    /// The folder in which the till keeps what the shop asked for. Keep it: it is the shop's own book.
    #[arg(long, default_value = "liard-till")]
    data: PathBuf,
    /// The address and port to listen on; port 0 takes a free one. Browsers let other machines than this one use the till only over
    /// https: set `tls_cert` and `tls_key` in the folder's liard.toml for them.
    #[arg(long, default_value = "127.0.0.1:8070")]
    listen: SocketAddr,
    /// The id of the ledger that it has to be, as it was printed and published; else the one that is met first is kept.
    #[arg(long, value_name = "ID", value_parser = hash)]
    ledger: Option<LedgerId>,
    /// A checkpoint key to believe where the ledger's chain of keys has a gap, compared with the association's own word; may be repeated.
    #[arg(long = "checkpoint-key", value_name = "KEY", value_parser = checkpoint_key)]
    checkpoint_keys: Vec<PublicKey>,
    /// What is logged: error, warn, info, debug.
    #[arg(long, default_value = "info")]
    log: String,
}

/// An address that keeps what is said to it secret: https, or this machine itself.
fn api(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|_| "it has to be an address such as https://monnaie.example".to_owned())?;
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    match url.scheme() {
        _ if !plain => Err("it has to be an address alone, such as https://monnaie.example".to_owned()),
        "https" => Ok(text.trim_end_matches('/').to_owned()),
        "http" if here => Ok(text.trim_end_matches('/').to_owned()),
        _ => Err("it has to begin with https:// : whoever listens on the way could sign in as the shop".to_owned()),
    }
}

fn checkpoint_key(text: &str) -> Result<PublicKey, String> {
    PublicKey::from_hex(text.trim()).ok_or_else(|| "a checkpoint key has 64 hexadecimal digits".to_owned())
}

/// Runs the command. The settings of its folder's `liard.toml`, if there is one, hold for the port as they do for a node's.
pub fn run(options: &Options) -> Outcome {
    logs::start(&options.log)?;
    keys::private_folder(&options.data)?;
    let settings = Settings::read(&options.data, &Said::default())?;
    keys::private_folder(&settings.secrets)?;
    let (listener, address) = node::bind(options.listen)?;
    let (data, api) = (options.data.clone(), options.api.clone());
    let known = known(options);
    node::run_until(async move {
        let config = node::tls_config(&settings).await?;
        let scheme = if config.is_some() { "https" } else { "http" };
        let pos = merchant_pos::Settings {
            api: api.clone(),
            public_url: api.clone(),
            directory: data.join("pos"),
            clock: clock::clock(),
            known,
            signer: keys::pos_key(&settings.secrets)?,
            post: settings.mail.as_ref().and_then(node::post),
            printing: printing(&settings),
            hook_hosts: settings.hook_hosts.clone(),
            wallets_elsewhere: true,
        };
        let line = Line::new(&api, &data, merchant_pos::Service::open(pos)?)?;
        say!("Listening on {address}");
        say!("Till: {scheme}://{address}{TILL}");
        say!("Wallet API: {api}");
        node::answer(listener, routes(&line), Front::of(&settings, &data, config), node::signalled()).await
    })
}

/// A shop's own machine prints in every private network unless its settings name others. Phones find tickets there only where it has a
/// public address of its own.
fn printing(settings: &Settings) -> merchant_pos::printing::Settings {
    let networks = settings.printer_networks.clone();
    let networks = if networks.is_empty() { merchant_pos::printing::Network::private() } else { networks };
    merchant_pos::printing::Settings { networks, receipts: settings.public_url.clone() }
}

fn known(options: &Options) -> merchant_pos::Known {
    let keys = options.checkpoint_keys.clone();
    merchant_pos::Known { ledger: options.ledger, vouched: Arc::new(move || keys.clone()) }
}

fn routes(line: &Line) -> axum::Router {
    let pages = Arc::new(Pages::embedded());
    let page = move |request: Request| std::future::ready(page(&pages, &request));
    let watched = line.clone();
    let health = move || std::future::ready(error::health(true, serde_json::json!({ "status": "ok", "line": watched.is_up() })));
    line.routes().route("/health", get(health)).fallback(any(page))
}

fn page(pages: &Pages, request: &Request) -> Response {
    let path = request.uri().path();
    match path {
        "/" => error::moved(TILL),
        _ if FOLDERS.iter().any(|folder| path.starts_with(folder) || folder.trim_end_matches('/') == path) => {
            pages.answer(request)
        }
        _ => error::not_found(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_travels_over_https_or_not_at_all() {
        for good in [
            "https://monnaie.example",
            "https://monnaie.example:8443/",
            "http://127.0.0.1:8080",
            "http://localhost:80",
            "http://[::1]:8080",
        ] {
            assert_eq!(api(good).as_deref(), Ok(good.trim_end_matches('/')), "{good}");
        }
        for bad in [
            "http://monnaie.example",
            "http://192.168.1.5",
            "http://localhost.example",
            "ftp://monnaie.example",
            "monnaie.example",
            "https://a:b@monnaie.example",
            "https://monnaie.example/town",
            "https://monnaie.example/?a=b",
            "",
        ] {
            assert!(api(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn of_the_pages_only_what_a_till_needs_is_served() {
        let status = |path: &str| {
            let request = Request::builder().uri(path).body(axum::body::Body::empty()).unwrap();
            page(&Pages::embedded(), &request).status().as_u16()
        };
        assert_eq!((status("/"), status("/till"), status("/till/"), status("/kit/api.js")), (308, 308, 200, 200));
        for elsewhere in ["/wallet/", "/office/", "/office/office.js", "/public/", "/verify/", "/nothing"] {
            assert_eq!(status(elsewhere), 404, "{elsewhere}");
        }
    }
}
