//! One node: everything that is served over one open ledger, on one port, until it is told to stop.
//!
//! ```text
//! port ─▶ wallet-api  /v1           ─▶ ledger
//!         fund-office /office/v1    ─▶ ledger
//!         merchant-pos /pos/v1      ─▶ HTTP on a loopback port ─▶ wallet-api       as from a shop's own machine
//!         pages, /health
//! ```

use crate::clock;
use crate::connections::{self, Door};
use crate::failure::{Failure, Outcome};
use crate::live::{self, Stop};
use crate::logs;
use crate::pages::Pages;
use crate::settings::Settings;
use crate::{bodies, cores, health, tls};
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum::routing::{any, get};
use axum_server::Handle;
use axum_server::accept::DefaultAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use hyper_util::rt::TokioTimer;
use ledger::ledger::Ledger;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A client that has not sent its headers after so long is let go: it holds a connection for nothing.
const HEADER_TIMEOUT: Duration = Duration::from_secs(20);
/// A body that is not whole after so long is refused: every body here is short, and a phone with a poor line sends it in a few
/// seconds. Answers may take longer, and live events have no end.
const BODY_TIMEOUT: Duration = Duration::from_secs(20);
/// A peer over HTTP/2 that does not answer for so long is gone, and its connection is closed.
const PING_EVERY: Duration = Duration::from_secs(20);
/// What still runs after the requests is given so long to end.
const RUNTIME_WAIT: Duration = Duration::from_secs(5);

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
}

/// Where a node answers.
pub struct Running {
    /// What links begin with.
    pub url: String,
    /// The address listened on.
    pub address: SocketAddr,
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

/// Serves a node until it is told to stop.
pub async fn serve(
    plan: Plan,
    ready: impl FnOnce(&Running) -> Outcome,
    told: impl Future<Output = ()> + Send + 'static,
) -> Outcome {
    let Plan { data, settings, ledger, extra } = plan;
    let config = match &settings.tls {
        Some((cert, key)) => Some(tls::read(cert, key).await?),
        None => None,
    };
    let (listener, address) = bind(settings.listen)?;
    let url = settings.public_url.clone().unwrap_or_else(|| url_of(address, config.is_some()));
    let Assembled { routes, inner, tills } = assemble(&data, &settings, ledger, &url, extra).await?;
    tracing::info!(%address, %url, "listening");
    ready(&Running { url, address })?;
    let served = answer(listener, routes, config, Duration::from_millis(settings.stop_wait_ms), told).await;
    // Ends what the tills' service does in the background, before the API that it listens to goes away.
    drop(tills);
    inner.abort();
    served
}

/// Answers on a port, with all that stands before any routes: places, timeouts, headers and logs. Once it is told to stop, requests
/// under way may finish within `wait`.
pub async fn answer(
    listener: TcpListener,
    routes: Router,
    tls: Option<RustlsConfig>,
    wait: Duration,
    told: impl Future<Output = ()> + Send + 'static,
) -> Outcome {
    let (stop, handle) = (Stop::new(), Handle::new());
    let routes = routes.layer(axum::middleware::from_fn_with_state(BODY_TIMEOUT, bodies::in_time));
    let routes = routes.layer(axum::middleware::map_response(guard)).layer(axum::middleware::from_fn(logs::request));
    let routes = routes.layer(axum::middleware::from_fn_with_state(stop.clone(), live::until_stop));
    let service = routes.into_make_service_with_connect_info::<SocketAddr>();
    let stopping = tokio::spawn(stop_when(told, handle.clone(), stop, wait));
    let failed = |error: std::io::Error| Failure::new(format!("the server ended: {error}"));
    let mut server = axum_server::from_tcp(listener).map_err(failed)?.handle(handle);
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    server.http_builder().http2().timer(TokioTimer::new()).keep_alive_interval(PING_EVERY).keep_alive_timeout(PING_EVERY);
    let places = connections::most();
    let served = match tls {
        Some(config) => server.acceptor(Door::new(RustlsAcceptor::new(config), places, HEADER_TIMEOUT)).serve(service).await,
        None => server.acceptor(Door::new(DefaultAcceptor::new(), places, HEADER_TIMEOUT)).serve(service).await,
    };
    stopping.abort();
    served.map_err(failed)
}

/// A listener, and the address that it got.
pub fn bind(listen: SocketAddr) -> Outcome<(TcpListener, SocketAddr)> {
    let open = || {
        let listener = TcpListener::bind(listen)?;
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
}

async fn assemble(data: &Path, settings: &Settings, ledger: Arc<Ledger>, url: &str, extra: Router) -> Outcome<Assembled> {
    let wallet = wallet_api::Service::new(
        ledger.clone(),
        wallet_api::Settings {
            holder: settings.holder.clone(),
            iban: settings.iban.clone(),
            bic: settings.bic.clone(),
            demo: settings.demo,
            public_every_ms: settings.public_every_ms,
            clock: clock::clock(),
            threads: cores::count(),
        },
    );
    let (listener, address) = bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let inner = tokio::spawn(serve_inner(listener, wallet.router()));
    let (api, public_url) = (format!("http://{address}"), url.to_owned());
    let settings = merchant_pos::Settings { api, public_url, directory: data.join("pos"), clock: clock::clock() };
    let tills = merchant_pos::Service::open(settings).inspect_err(|_| inner.abort())?;
    let sessions = wallet.sessions();
    let office = fund_office::router(fund_office::Settings {
        ledger: ledger.clone(),
        identify: Arc::new(move |token| sessions.key(token)),
        clock: clock::clock(),
    });
    let pages = Arc::new(Pages::embedded());
    let page = move |request: Request| std::future::ready(pages.answer(&request));
    let health = move || std::future::ready(health::answer(&ledger));
    let routes =
        wallet.router().merge(tills.router()).merge(office).merge(extra).route("/health", get(health)).fallback(any(page));
    Ok(Assembled { routes, inner, tills })
}

async fn serve_inner(listener: TcpListener, routes: Router) {
    let served = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => axum::serve(listener, routes.into_make_service_with_connect_info::<SocketAddr>()).await,
        Err(error) => Err(error),
    };
    if let Err(error) = served {
        tracing::error!(%error, "the tills lost their connection to the wallet API: restart the node");
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
async fn signalled() {
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
