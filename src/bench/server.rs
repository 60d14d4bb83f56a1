//! The servers that are measured: the node as `liard serve` runs it, and one that stops after the signature.

use crate::bench::town::Town;
use crate::cores;
use crate::failure::{Failure, Outcome};
use crate::node::{self, Front, Plan};
use crate::settings::{Said, Settings};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::post;
use ledger::encoding::MAX_MESSAGE_BYTES;
use ledger::ledger::Ledger;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;
use wallet_api::verifiers::Verifiers;

/// What is under way at the end of a measurement is given so long.
const STOP_WAIT: Duration = Duration::from_secs(2);

/// A server on a free port, until it is dropped.
pub struct Server {
    /// Where it answers.
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// A node over the town's ledger.
    pub fn node(town: &Town) -> Outcome<Server> {
        let plan = Plan {
            data: town.folder.clone(),
            settings: settings(town)?,
            ledger: town.ledger()?.clone(),
            extra: Router::new(),
            beside: Vec::new(),
        };
        Server::start(move |told, stop| {
            let ready = move |running: &node::Running| tell(&told, Ok(running.address));
            node::run_until(node::serve(plan, ready, stop))
        })
    }

    /// The same server, which reads a payment and verifies its signature as the node does, and answers the payment's id.
    pub fn verify_only(town: &Town) -> Outcome<Server> {
        let verifiers = Verifiers::start(cores::count()).map_err(|error| Failure::new(format!("no thread verifies: {error}")))?;
        let (limit, verifiers) = (DefaultBodyLimit::max(MAX_MESSAGE_BYTES), Arc::new(verifiers));
        let routes =
            Router::new().route("/v1/transactions", post(verify).layer(limit)).with_state((town.ledger()?.clone(), verifiers));
        let front = Front::of(&settings(town)?, &town.folder, None);
        Server::start(move |told, stop| {
            let (listener, address) = node::bind(anywhere())?;
            tell(&told, Ok(address))?;
            node::run_until(node::answer(listener, routes, front, stop))
        })
    }

    fn start(serve: impl FnOnce(Sender<Outcome<SocketAddr>>, Told) -> Outcome + Send + 'static) -> Outcome<Server> {
        let (told, address) = channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let failed = told.clone();
            let until = Box::pin(async move { drop(stopped.await) });
            if let Err(failure) = serve(told, until) {
                // Nobody waits any more when the server fails later: the load that it does not answer fails.
                drop(failed.send(Err(failure)));
            }
        });
        let address = address.recv().map_err(|_| Failure::new("the measured server ended before it served"))??;
        Ok(Server { address, stop: Some(stop), thread: Some(thread) })
    }
}

type Told = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // What went wrong in it was told when it happened.
            drop(thread.join());
        }
    }
}

/// The settings of the town's node, without the limits: what is measured is not who may how much.
fn settings(town: &Town) -> Outcome<Settings> {
    Ok(Settings {
        listen: anywhere(),
        stop_wait_ms: STOP_WAIT.as_millis() as u64,
        per_address_per_second: 0,
        connections_per_address: 0,
        per_key_per_second: 0,
        self_openings_per_hour: 0,
        ..Settings::read(&town.folder, &Said::default())?
    })
}

fn anywhere() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

fn tell(told: &Sender<Outcome<SocketAddr>>, address: Outcome<SocketAddr>) -> Outcome {
    told.send(address).map_err(|_| Failure::new("nobody measures any more"))
}

async fn verify(State((ledger, verifiers)): State<(Arc<Ledger>, Arc<Verifiers>)>, body: Bytes) -> impl IntoResponse {
    let (told, verified) = oneshot::channel();
    let run = verifiers.run(move || drop(told.send(ledger.decode(&body).map(|order| order.id().0.to_vec()))));
    // Whoever gets no id was refused.
    let id = if run.is_ok() { verified.await.ok().and_then(Result::ok) } else { None };
    ([(CONTENT_TYPE, "application/octet-stream")], id.unwrap_or_default())
}
