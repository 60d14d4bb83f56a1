//! One node: everything that is served over one open ledger, on one port, until it is told to stop.
//!
//! ```text
//! port ─▶ wallet-api  /v1           ─▶ ledger
//!         fund-office /office/v1    ─▶ ledger
//!         merchant-pos /pos/v1      ─▶ HTTP on a loopback port ─▶ wallet-api       as from a shop's own machine
//!         public-log  /log          ─▶ ledger, witnesses elsewhere
//!         pages, /health
//! ```

use crate::callers::{self, Callers};
use crate::clock;
use crate::connections::{Door, Places, Rules};
use crate::disk::{self, Disk, Standing};
use crate::failure::{Failure, Outcome};
use crate::live::{self, Stop};
use crate::logs;
use crate::pages::Pages;
use crate::settings::Settings;
use crate::{bodies, cores, dates, health, inbox, keys, tls};
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum::routing::{any, get};
use axum_server::Handle;
use axum_server::accept::DefaultAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use hyper_util::rt::TokioTimer;
use ledger::cards::Cards;
use ledger::ledger::Ledger;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// A client that has not sent its headers after so long is let go: it holds a connection for nothing.
const HEADER_TIMEOUT: Duration = Duration::from_secs(20);
/// A body that is not whole after so long is refused: every body here is short, and a phone with a poor line sends it in a few
/// seconds. Answers may take longer, and live events have no end.
const BODY_TIMEOUT: Duration = Duration::from_secs(20);
/// A client that does not read its answer for so long, or next to nothing of it, is let go.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// A connection ends after so long, whatever it does: live pages and everybody else connect again by themselves. What was under way
/// then is unknown to its client, which sends the same again; the ledger does it once.
const CONNECTION_AGE: Duration = Duration::from_secs(3_600);
/// So many connections that nobody has taken yet may wait at a port: what an opened square and a flood bring within the moment in
/// which the node does something else. The operating system caps it (`net.core.somaxconn`), and drops handshakes beyond it.
const LISTEN_QUEUE: i32 = 4_096;
/// The head of a request has at most so many bytes: addresses here are short, and a token has 43.
const MAX_HEAD_BYTES: u32 = 16 << 10;
/// What a connection holds of requests and answers on their way, over HTTP/1.1: two of the largest orders.
const MAX_BUFFER_BYTES: usize = 32 << 10;
/// One connection over HTTP/2 asks for so much at once: a page's thirty files twice. A later one waits for its turn.
const MAX_STREAMS: u32 = 64;
/// What each of those holds of its answer until the client takes it.
const MAX_STREAM_BUFFER_BYTES: usize = 32 << 10;
/// A peer over HTTP/2 that does not answer for so long is gone, and its connection is closed.
const PING_EVERY: Duration = Duration::from_secs(20);
/// What still runs after the requests is given so long to end.
const RUNTIME_WAIT: Duration = Duration::from_secs(5);

/// Evidence is kept for months: to the day is enough.
const FORGET_EVERY: Duration = Duration::from_secs(24 * 3_600);

/// What a node is made of.
pub struct Plan {
    /// The folder of the data.
    pub data: PathBuf,
    /// The settings.
    pub settings: Settings,
    /// The open ledger.
    pub ledger: Arc<Ledger>,
    /// Routes beside the usual ones.
    pub extra: Router,
    /// What is served on ports of its own, for as long as the node runs.
    pub beside: Vec<(TcpListener, Router)>,
}

/// Where a node answers.
pub struct Running {
    /// What links begin with.
    pub url: String,
    /// The address listened on.
    pub address: SocketAddr,
    /// What a witness of the public log is given.
    pub log_key: String,
}

/// Runs a node until the system tells it to stop; then finishes what is under way and closes the ledger. `ready` is called once it
/// answers.
pub fn run(plan: Plan, ready: impl FnOnce(&Running) -> Outcome) -> Outcome {
    let ledger = plan.ledger.clone();
    let done = run_until(serve(plan, ready, signalled()));
    // The last owner lets the writer's queue become durable.
    match Arc::into_inner(ledger) {
        Some(ledger) => drop(ledger),
        None => tracing::warn!("something still held the ledger at the stop; what was answered is on disk"),
    }
    tracing::info!("stopped");
    done
}

/// Runs what serves on threads of its own, and gives what is left after it some time to end.
pub fn run_until(served: impl Future<Output = Outcome>) -> Outcome {
    tls::install_provider();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(format!("the program cannot start its threads: {error}")))?;
    let done = runtime.block_on(served);
    runtime.shutdown_timeout(RUNTIME_WAIT);
    done
}

/// What a command runs on that serves nobody and only asks others: this thread.
pub fn alone() -> Outcome<tokio::runtime::Runtime> {
    tls::install_provider();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::new(format!("the program cannot start: {error}")))
}

/// Serves a node until it is told to stop.
pub async fn serve(
    plan: Plan,
    ready: impl FnOnce(&Running) -> Outcome,
    told: impl Future<Output = ()> + Send + 'static,
) -> Outcome {
    let Plan { data, settings, ledger, extra, beside } = plan;
    let config = tls_config(&settings).await?;
    let (listener, address) = bind(settings.listen)?;
    let url = settings.public_url.clone().unwrap_or_else(|| url_of(address, config.is_some()));
    let front = Front::of(&settings, &data, config);
    let beside: Vec<_> =
        beside.into_iter().map(|(port, routes)| tokio::spawn(serve_inner(port, routes, front.places.inner))).collect();
    let Assembled { routes, inner, tills, telling, log, inbox } =
        assemble(&data, &settings, ledger, &url, (extra, &front)).await?;
    tracing::info!(%address, %url, "listening");
    let log_key = log.log_key().map(|key| key.to_string()).unwrap_or_default();
    let publishing = log.run();
    drop(log);
    ready(&Running { url, address, log_key })?;
    let served = answer(listener, routes, front, told).await;
    // Ends what works in the background, before what it talks to goes away.
    drop((tills, telling, publishing));
    beside.iter().chain([&inner]).chain(&inbox).for_each(tokio::task::JoinHandle::abort);
    served
}

/// Forgets each day what was kept of erased members as evidence and is past its time, for as long as the ledger is open.
async fn forget_daily(ledger: Weak<Ledger>) {
    loop {
        tokio::time::sleep(FORGET_EVERY).await;
        let Some(ledger) = ledger.upgrade() else { return };
        let forgotten = tokio::task::spawn_blocking(move || ledger.directory().forget_evidence((clock::clock())())).await;
        if !matches!(forgotten, Ok(Ok(_))) {
            tracing::error!("what was kept of erased members as evidence could not be forgotten; it is tried again tomorrow");
        }
    }
}

/// The certificate that the settings name.
pub async fn tls_config(settings: &Settings) -> Outcome<Option<RustlsConfig>> {
    match &settings.tls {
        Some((cert, key)) => tls::read(cert, key).await.map(Some),
        None => Ok(None),
    }
}

/// What stands before any routes: who may how much, and for how long.
pub struct Front {
    tls: Option<RustlsConfig>,
    wait: Duration,
    callers: Callers,
    disk: Disk,
    places: Places,
    per_network: Option<usize>,
}

impl Front {
    /// What the settings say of it. The disk is the one on which `data` lies.
    pub fn of(settings: &Settings, data: &Path, tls: Option<RustlsConfig>) -> Front {
        // Behind a proxy every connection is the proxy's.
        let per_network = usize::try_from(settings.connections_per_address).unwrap_or(usize::MAX);
        Front {
            tls,
            wait: Duration::from_millis(settings.stop_wait_ms),
            callers: Callers::new(settings.per_address_per_second, settings.behind_proxy, clock::clock()),
            disk: Disk::new(disk::free_at(data), settings.disk_alarm_mb),
            places: Places::of_this_machine(),
            per_network: Some(per_network).filter(|most| *most > 0 && !settings.behind_proxy),
        }
    }
}

/// Answers on a port, with all that stands before any routes: places, limits, timeouts, headers and logs. Once it is told to stop,
/// requests under way may finish.
pub async fn answer(
    listener: TcpListener,
    routes: Router,
    front: Front,
    told: impl Future<Output = ()> + Send + 'static,
) -> Outcome {
    survive_full_files()?;
    let Front { tls, wait, callers, disk, places, per_network } = front;
    let rules =
        Rules { places: places.outer, per_network, first_bytes: HEADER_TIMEOUT, read: READ_TIMEOUT, age: Some(CONNECTION_AGE) };
    let watching = tokio::spawn(disk.clone().watch());
    let (stop, handle) = (Stop::new(), Handle::new());
    let routes = routes.layer(axum::middleware::from_fn_with_state(BODY_TIMEOUT, bodies::in_time));
    let routes = routes.layer(axum::middleware::from_fn(logs::request));
    // What is refused for its number, or for want of room, is not logged one by one: the log would be the flood.
    let routes = routes.layer(axum::middleware::from_fn_with_state(disk, disk::with_room));
    let routes = routes.layer(axum::middleware::from_fn_with_state(callers, callers::within_limits));
    let routes = routes.layer(axum::middleware::map_response(guard));
    let routes = routes.layer(axum::middleware::from_fn_with_state(stop.clone(), live::until_stop));
    let service = routes.into_make_service_with_connect_info::<SocketAddr>();
    let stopping = tokio::spawn(stop_when(told, handle.clone(), stop, wait));
    let failed = |error: std::io::Error| Failure::new(format!("the server ended: {error}"));
    let mut server = axum_server::from_tcp(listener).map_err(failed)?.handle(handle);
    let mut http1 = server.http_builder().http1();
    http1.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).max_buf_size(MAX_BUFFER_BYTES);
    let mut http2 = server.http_builder().http2();
    http2.timer(TokioTimer::new()).keep_alive_interval(PING_EVERY).keep_alive_timeout(PING_EVERY);
    http2.max_header_list_size(MAX_HEAD_BYTES).max_concurrent_streams(MAX_STREAMS).max_send_buf_size(MAX_STREAM_BUFFER_BYTES);
    let served = match tls {
        Some(config) => server.acceptor(Door::new(RustlsAcceptor::new(config), rules)).serve(service).await,
        None => server.acceptor(Door::new(DefaultAcceptor::new(), rules)).serve(service).await,
    };
    stopping.abort();
    watching.abort();
    served.map_err(failed)
}

/// A listener, and the address that it got.
pub fn bind(listen: SocketAddr) -> Outcome<(TcpListener, SocketAddr)> {
    let open = || {
        let listener = TcpListener::bind(listen)?;
        // The standard library lets 128 wait. Said again, the number is changed.
        rustix::net::listen(&listener, LISTEN_QUEUE)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    open().map_err(|error: std::io::Error| {
        Failure::new(format!("nothing can listen on {listen}: {error}; choose another address with --listen"))
    })
}

/// What links begin with when nothing else is said.
fn url_of(address: SocketAddr, tls: bool) -> String {
    let local = IpAddr::from(Ipv4Addr::LOCALHOST);
    let ip = if address.ip().is_unspecified() { tls::lan_address().unwrap_or(local) } else { address.ip() };
    format!("{}://{}", if tls { "https" } else { "http" }, SocketAddr::new(ip, address.port()))
}

/// Everything that one port serves.
struct Assembled {
    routes: Router,
    /// Serves the wallet API on the loopback port, for the tills' service.
    inner: tokio::task::JoinHandle<()>,
    /// Listens for payments as long as it lives.
    tills: merchant_pos::Service,
    /// Tells members whose wallet is closed, as long as it lives.
    telling: wallet_api::notices::Telling,
    /// Publishes once it is told to run.
    log: public_log::Service,
    /// Watches the folder of bank files, and proposes what they clearly say.
    inbox: Option<tokio::task::JoinHandle<()>>,
}

/// Hands in what the tills' service writes.
pub fn post(mail: &wallet_api::notices::MailSettings) -> Option<merchant_pos::post::Post> {
    use merchant_pos::post::{Attachment, Letter, Unsent};
    let door = Arc::new(mail.door()?);
    Some(Arc::new(move |letter| {
        let door = door.clone();
        Box::pin(async move {
            let Letter { to, subject, text, attachment } = letter;
            let attachment = attachment.map(|Attachment { name, kind, bytes }| (name, kind, bytes));
            let handed_in = door.hand_in(&to, &subject, &text, attachment, (clock::clock())()).await;
            handed_in.map_err(|unsent| match unsent {
                wallet_api::notices::Unsent::Refused => Unsent::Refused,
                wallet_api::notices::Unsent::Later => Unsent::Later,
            })
        })
    }))
}

/// A file that may not grow further is a failed write, told as such; the signal that comes with it would end the program.
fn survive_full_files() -> Outcome {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let kept = signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()));
        // From now on the signal has a handler, as long as the program runs.
        kept.map(drop).map_err(|error| Failure::new(format!("the program cannot listen to signals: {error}")))?;
    }
    Ok(())
}

async fn assemble(
    data: &Path,
    settings: &Settings,
    ledger: Arc<Ledger>,
    url: &str,
    (extra, front): (Router, &Front),
) -> Outcome<Assembled> {
    let bank = Arc::new(bank_settings(settings)?);
    let intake = Arc::new(fund_office::intake::Intake::open(ledger.clone(), bank.clone(), clock::clock())?);
    let (held, held_in) = (intake.clone(), ledger.clone());
    let (card_key, drawn) = keys::card_key(&settings.secrets, &ledger.id())?;
    let cards = Arc::new(Cards::open(ledger.clone(), card_key)?);
    if drawn && !cards.given(1)?.0.is_empty() {
        tracing::warn!(
            file = %settings.secrets.join("card.key").display(),
            "people have cards, but the key that pays for them was missing: a new one was drawn, which no account lets pay. No card pays until \
             the old file is put back and the node started again, or each account lets the new key pay, as for a first card"
        );
    }
    let wallet = wallet_api::Service::new(
        ledger.clone(),
        wallet_api::Settings {
            holder: settings.holder.clone(),
            iban: settings.iban.clone(),
            bic: settings.bic.clone(),
            creditor_id: settings.creditor_id.clone(),
            demo: settings.demo,
            public_every_ms: settings.public_every_ms,
            witnesses: settings.witnesses.iter().map(|witness| witness.key.to_string()).collect(),
            witnesses_needed: settings.witnesses_needed,
            publish_every_ms: settings.publish_every_ms,
            offline: settings.offline,
            redemption_days: settings.redemption_days,
            cards: cards.clone(),
            limits: wallet_api::Limits {
                per_key_per_second: settings.per_key_per_second,
                self_openings_per_hour: settings.self_openings_per_hour,
            },
            clock: clock::clock(),
            association_holds: Arc::new(move |account| fund_office::held(&held_in, &held, account)),
            threads: cores::count(),
            notices: notices(settings, url)?,
        },
    );
    // What was kept of erased members as evidence goes when its time is over.
    ledger.directory().forget_evidence((clock::clock())())?;
    tokio::spawn(forget_daily(Arc::downgrade(&ledger)));
    let log = public_log(ledger.clone(), settings)?;
    let inbox = inbox::Inbox::open(settings, &ledger, intake.clone())?;
    let (listener, address) = bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let inner = tokio::spawn(serve_inner(listener, wallet.router().merge(log.router()), front.places.inner));
    let (api, public_url) = (format!("http://{address}"), url.to_owned());
    // The node vouches for its own keys, also for one whose proof is not made yet.
    let own = ledger.clone();
    let vouched: merchant_pos::Vouched = Arc::new(move || own.durable().state.checkpoint_keys().to_vec());
    let known = merchant_pos::Known { ledger: Some(ledger.id()), vouched };
    let settings = merchant_pos::Settings {
        api,
        public_url,
        directory: data.join("pos"),
        clock: clock::clock(),
        known,
        signer: keys::pos_key(&settings.secrets)?,
        post: settings.mail.as_ref().and_then(post),
        printing: merchant_pos::printing::Settings {
            networks: settings.printer_networks.clone(),
            receipts: Some(url.to_owned()),
        },
        hook_hosts: settings.hook_hosts.clone(),
        wallets_elsewhere: false,
    };
    let tills = merchant_pos::Service::open(settings).inspect_err(|_| inner.abort())?;
    let sessions = wallet.sessions();
    let seen = front.disk.clone();
    let room = move || fund_office::Disk {
        free_mb: seen.free_mb(),
        alarm: seen.standing() != Standing::Enough,
        full: seen.standing() == Standing::Full,
    };
    let stating = log.clone();
    let state = move || stating.state_now().map(|coverage| serde_json::to_value(coverage).unwrap_or_default());
    let office = fund_office::router(fund_office::Settings {
        ledger: ledger.clone(),
        state: Arc::new(state),
        identify: Arc::new(move |token| sessions.key(token)),
        disk: Arc::new(room),
        clock: clock::clock(),
        bank,
        intake,
        cards,
        public_url: url.trim_end_matches('/').to_owned(),
    });
    let pages = Arc::new(Pages::embedded());
    let page = move |request: Request| std::future::ready(pages.answer(&request));
    let seen = front.disk.clone();
    let watched = log.clone();
    let health = move || std::future::ready(health::answer(&ledger, &seen, &watched));
    let routes = wallet.router().merge(tills.router()).merge(office).merge(log.router()).merge(extra);
    let routes = routes.route("/health", get(health)).fallback(any(page));
    let telling = wallet.tell();
    Ok(Assembled { routes, inner, tills, telling, log, inbox: inbox.map(|inbox| tokio::spawn(inbox.watch())) })
}

/// How members are told when their wallet is closed; the secret is drawn at the first start.
fn notices(settings: &Settings, url: &str) -> Outcome<wallet_api::notices::NoticeSettings> {
    let hosts = settings.push_hosts.clone();
    let secret = || keys::secret(&settings.secrets.join("push.key"));
    let push = (!hosts.is_empty()).then(secret).transpose()?;
    let push = push.map(|secret| wallet_api::notices::PushSettings { secret, hosts, contact: settings.push_contact.clone() });
    Ok(wallet_api::notices::NoticeSettings { push, mail: settings.mail.clone(), url: url.to_owned() })
}

/// How the association is known to its banks.
fn bank_settings(settings: &Settings) -> Outcome<fund_office::BankSettings> {
    let file = settings.secrets.join("credit.key");
    let credit_secret = std::fs::read(&file).map_err(|error| Failure::file("read the secret for credits", &file, &error))?;
    Ok(fund_office::BankSettings {
        holder: settings.holder.clone(),
        iban: settings.iban.clone(),
        bic: settings.bic.clone(),
        creditor_id: settings.creditor_id.clone(),
        credit_secret,
        older_pain: settings.older_pain.clone(),
    })
}

/// The public log, which publishes what was not published before.
fn public_log(ledger: Arc<Ledger>, settings: &Settings) -> Outcome<public_log::Service> {
    let due =
        settings.statement_at.map(|minutes| -> public_log::Due { Arc::new(move |now| dates::newest_in_paris(now, minutes)) });
    let settings = public_log::Settings {
        ledger,
        witnesses: settings.witnesses.clone(),
        needed: settings.witnesses_needed,
        every: Duration::from_millis(settings.publish_every_ms),
        due,
        clock: clock::clock(),
    };
    Ok(public_log::Service::new(settings)?)
}

/// Serves on a loopback port: the wallet API for the tills' service, and a demo's witnesses. Nothing is counted here but the connections:
/// whoever asks was counted outside, or is this program.
async fn serve_inner(listener: TcpListener, routes: Router, places: usize) {
    let rules = Rules { places, per_network: None, first_bytes: HEADER_TIMEOUT, read: READ_TIMEOUT, age: None };
    let served = match axum_server::from_tcp(listener) {
        Ok(server) => server.acceptor(Door::new(DefaultAcceptor::new(), rules)).serve(routes.into_make_service()).await,
        Err(error) => Err(error),
    };
    if let Err(error) = served {
        tracing::error!(%error, "a part of this node lost its port: the tills their wallet API, or the log a witness; restart the node");
    }
}

/// What every answer carries, whoever made it.
async fn guard(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    headers.entry(header::REFERRER_POLICY).or_insert(HeaderValue::from_static("no-referrer"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Ends when the system tells the program to stop.
pub async fn signalled() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<Option<()>>();
    tokio::select! {
        _ = interrupt => {}
        _ = terminate => {}
    }
}

async fn stop_when(told: impl Future<Output = ()>, handle: Handle<SocketAddr>, stop: Stop, wait: Duration) {
    told.await;
    tracing::info!("stopping: requests under way may finish");
    handle.graceful_shutdown(Some(wait));
    stop.now();
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::net::TcpStream;

    /// More than a listener of the standard library lets wait.
    const AT_ONCE: usize = 512;

    #[test]
    fn hundreds_of_connections_at_once_wait_at_the_port_until_the_node_takes_them() {
        let (_listener, address) = bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let long = Duration::from_secs(60);
        let waiting: Vec<_> = (0..AT_ONCE).map(|_| TcpStream::connect_timeout(&address, long).unwrap()).collect();
        assert_eq!(waiting.len(), AT_ONCE);
    }
}
