//! `liard demo`: makes a believable French town with a past, and serves it. Nothing in it is worth anything.
//!
//! The town is made beside its folder and moved there when it is whole, so that a demo that was interrupted leaves nothing half.

mod bank;
mod cast;
mod chance;
mod links;
mod names;
mod story;
mod till;
mod town;
mod witnesses;

use crate::currency::Currency;
use crate::failure::{Failure, Outcome};
use crate::node::{self, Plan};
use crate::settings::{self, Said, Settings};
use crate::{clock, init, keys, logs, serve, tls};
use axum::Router;
use axum::http::header;
use axum::routing::get;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use ledger::SigningKey;
use ledger::key::PublicKey;
use ledger::ledger::Ledger;
use ledger::transaction::Genesis;
use ledger::writer::Pace;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use story::{Size, Story};
use town::{Schedule, Town};

const CURRENCY: &str = include_str!("demo/belrive.toml");
/// What a demo puts into its folder, and `--fresh` takes away.
const CONTENT: &[&str] =
    &["lock", "ledger-id", "journal", "head", "snapshots", "records", "views", "pos", "secrets", "witnesses", settings::FILE];

/// What can be said on the command line.
#[derive(Args)]
pub struct Options {
    /// So many residents.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    residents: u32,
    /// So many shops.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(2..=140))]
    shops: u32,
    /// So many days of past.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u64).range(1..=90))]
    days: u64,
    /// Beside the usual, so many payments at the first shop's till, spread over the days before today: a busy shop's books.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=20_000))]
    sales: u64,
    /// A key that the association adds for a member is good after so many seconds. A town that is there keeps its own.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(0..=2_592_000))]
    recovery_delay: u64,
    /// Which story; the same number tells the same one.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The folder of the demo; one that is there is served again.
    #[arg(long, default_value = "liard-demo")]
    data: PathBuf,
    /// The address and port to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Make the demo anew.
    #[arg(long)]
    fresh: bool,
    /// Let phones in the local network in, over TLS with a certificate of our own.
    #[arg(long)]
    lan: bool,
    /// Write links and keys into this file once the demo is served.
    #[arg(long, value_name = "FILE")]
    json_links: Option<PathBuf>,
    /// Make the town and end, without serving it.
    #[arg(long)]
    only_make: bool,
    /// A folder that is watched for bank files.
    #[arg(long, value_name = "DIR")]
    bank_inbox: Option<PathBuf>,
    /// The key file of a person of the association with which the node proposes what bank files clearly say.
    #[arg(long, value_name = "FILE")]
    bank_key: Option<PathBuf>,
    /// What is logged.
    #[arg(long, default_value = "warn")]
    log: String,
}

/// Runs the command.
pub fn run(options: &Options) -> Outcome {
    logs::start(&options.log)?;
    prepare(options)?;
    let secrets = options.data.join("secrets");
    let remembered = links::read(&secrets)?;
    if options.only_make {
        return Ok(());
    }
    let mut settings = Settings::read(&options.data, &Said::default())?;
    settings.listen = options.listen;
    settings.bank_inbox = options.bank_inbox.clone().or(settings.bank_inbox);
    settings.bank_key = options.bank_key.clone().or(settings.bank_key);
    let extra = if options.lan { open_to_lan(&mut settings, &secrets)? } else { Router::new() };
    let ledger = serve::open(&options.data, &secrets, clock::clock(), Pace { per_second: settings.writer_per_second })?;
    let beside = witnesses::run(&options.data, &ledger, &mut settings)?;
    let plan = Plan { data: options.data.clone(), settings, ledger, extra, beside };
    node::run(plan, |running| {
        say!("Listening on {}", running.address);
        let links = links::links(&remembered, &running.url);
        links::show(&links);
        if options.lan {
            tell_of_trust(&running.url);
        }
        match &options.json_links {
            Some(file) => write_whole(file, &format!("{links:#}\n")),
            None => Ok(()),
        }
    })
}

/// Another program that waits for the file finds it whole or not at all.
fn write_whole(file: &Path, text: &str) -> Outcome {
    let fresh = file.with_extension("new");
    let write = std::fs::write(&fresh, text).and_then(|()| std::fs::rename(&fresh, file));
    write.map_err(|error| Failure::file("write the links to", file, &error))
}

/// Makes the town, unless it is there.
fn prepare(options: &Options) -> Outcome {
    let data = &options.data;
    let is_demo = data.join("secrets").join(links::FILE).exists();
    let empty = std::fs::read_dir(data).map_or(true, |mut entries| entries.next().is_none());
    if !is_demo && !empty {
        return Err(Failure::new(format!("{} is not empty and no demo: choose another folder with --data", data.display())));
    }
    if is_demo && !options.fresh {
        say!("Serving the demo in {} again; --fresh makes it anew.", data.display());
        return Ok(());
    }
    let (making, old) = (beside(data, ".making"), beside(data, ".old"));
    remove_demo(&making)?;
    remove_demo(&old)?;
    make(options, &making)?;
    // Whoever is interrupted here leaves a whole demo or none: the next start serves it or makes it.
    if data.exists() {
        std::fs::rename(data, &old).map_err(|error| Failure::file("move away", data, &error))?;
    }
    std::fs::rename(&making, data).map_err(|error| Failure::file("move the new demo to", data, &error))?;
    remove_demo(&old)
}

/// The folder in which a demo is made, or to which it is moved before it is removed.
fn beside(data: &Path, ending: &str) -> PathBuf {
    let mut name = data.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    data.with_file_name(name)
}

/// Removes what a demo consists of, and its folder when nothing else is in it.
fn remove_demo(folder: &Path) -> Outcome {
    if !folder.exists() {
        return Ok(());
    }
    for name in CONTENT {
        let path = folder.join(name);
        let removed = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        match removed {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Failure::file("remove", &path, &error));
            }
            _ => {}
        }
    }
    std::fs::remove_dir(folder).map_err(|error| Failure::file("remove what else is in", folder, &error))
}

/// Makes the town in a folder of its own.
fn make(options: &Options, data: &Path) -> Outcome {
    let now = clock::now_ms();
    let (residents, shops) = (options.residents as usize, options.shops as usize);
    let size = Size { residents, shops, days: options.days, sales: options.sales, now, seed: options.seed };
    let bar = ProgressBar::new(options.days + 3).with_style(style());
    bar.set_message(format!("{residents} residents, {shops} shops, {} days", options.days));
    let secrets = data.join("secrets");
    keys::private_folder(data)?;
    keys::private_folder(&secrets)?;
    let (town, operators) = found(data, &secrets, size.start(), options.recovery_delay * 1_000)?;
    let (last_day, mut story) = (size.days, Story::begin(town, size, data)?);
    bar.inc(1);
    for day in 0..=last_day {
        story.day(day)?;
        bar.inc(1);
    }
    let (town, cast) = story.end(&secrets, Currency::read(CURRENCY)?.iban()?)?;
    let prefix = town.ledger.durable().state.prefix().ok_or_else(|| Failure::new("the demo has no currency"))?;
    links::write(&secrets, &links::remembered(&cast, &operators, &prefix))?;
    let entries = town.ledger.durable().state.size();
    // The ledger is opened again when it is served, and only one may have it open.
    let closed = Arc::into_inner(town.ledger).map(drop);
    closed.ok_or_else(|| Failure::new("the demo is still in use by its own maker: start it again"))?;
    bar.finish_and_clear();
    say!("Belrive is made: {residents} residents, {shops} shops, {entries} entries in {} days.", last_day);
    Ok(())
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{msg} {bar:30} {percent} %").unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// The genesis of the town's currency, and all of the association's keys.
fn found(data: &Path, secrets: &Path, time: u64, recovery_delay_ms: u64) -> Outcome<(Town, Vec<SigningKey>)> {
    let currency = Currency::read(CURRENCY)?;
    let (issuer, checkpoint) = (keys::draw()?, keys::draw()?);
    let operators = currency.operators.iter().map(|_| keys::draw()).collect::<Outcome<Vec<_>>>()?;
    let key_of = |row: &crate::currency::OperatorRow| {
        let place = usize::from(row.number).checked_sub(1).and_then(|place| operators.get(place));
        place.map(|key| PublicKey::from(key.verifying_key())).ok_or_else(|| "the demo's persons are not numbered".to_owned())
    };
    let genesis = Genesis { recovery_delay_ms, ..currency.genesis(keys::public(&checkpoint), time, key_of)? };
    let schedule = Schedule::from(time);
    let settings = init::ledger_settings(data, secrets, vec![checkpoint.clone()], schedule.clock());
    let ledger = Ledger::create(settings, &init::sign_genesis(genesis, &issuer)?)?;
    init::write_secrets(secrets, &ledger.id(), &issuer, &checkpoint)?;
    let lines = init::settings_file(&currency.holder, &currency.iban()?, &currency.bic, true);
    let file = data.join(settings::FILE);
    std::fs::write(&file, lines).map_err(|error| Failure::file("write", &file, &error))?;
    let staff = operators.iter().take(2).cloned().collect();
    Ok((Town::new(Arc::new(ledger), schedule, staff), operators))
}

/// Listens on every address, over TLS, and offers the certificate's authority to phones.
fn open_to_lan(settings: &mut Settings, secrets: &Path) -> Outcome<Router> {
    let advice = "connect this machine to the phones' network first";
    let address = tls::lan_address().ok_or_else(|| Failure::new(format!("this machine has no local address: {advice}")))?;
    let local = tls::local_in(secrets, &[address, IpAddr::from(Ipv4Addr::LOCALHOST)])?;
    settings.listen.set_ip(IpAddr::from(Ipv4Addr::UNSPECIFIED));
    settings.tls = Some((secrets.join("lan.pem"), secrets.join("lan.key.pem")));
    let authority = move || std::future::ready(([(header::CONTENT_TYPE, "application/x-x509-ca-cert")], local.authority.clone()));
    Ok(Router::new().route("/lan.crt", get(authority)))
}

fn tell_of_trust(url: &str) {
    say!("");
    say!("Phones do not know this machine's certificate. Either open a link and go on past the warning (enough for a look), or");
    say!("open {url}/lan.crt on the phone once and trust it:");
    say!("  Android: Settings > Security > Encryption > Install a certificate > CA certificate.");
    say!("  iPhone:  Settings > Profile downloaded > Install, then General > About > Certificate Trust Settings.");
    say!("Remove it again afterwards.");
}
