//! From the payment to the till's "paid": a shop asks over its API and listens to its events, a wallet pays over the wallet API.

use crate::bench::figures::Latencies;
use crate::bench::load::{Connection, Expected, is_done, render};
use crate::bench::run::Run;
use crate::bench::town::Town;
use crate::clock;
use crate::failure::{Failure, Outcome};
use crate::keys;
use ledger::amount::Amount;
use ledger::message::ChargeRequest;
use ledger::transaction::ChargeReference;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use wallet_api::client::Client;

/// A charge ends after so long.
const CHARGE_MS: u64 = 600_000;
/// A "paid" that did not come within this never will.
const PATIENCE: Duration = Duration::from_secs(60);

/// Measures.
pub fn measure(run: &mut Run) -> Outcome {
    let charges = run.size.charges;
    let latencies = run.counted(charges, |run| paid(run.node()?.address, &run.town, charges))?;
    run.figures.figure("till_paid_p50", latencies.micros(500), "µs");
    run.figures.figure("till_paid_p99", latencies.micros(990), "µs");
    Ok(())
}

/// How long it took from each payment to its charge being told as paid, one after the other.
fn paid(address: SocketAddr, town: &Town, count: usize) -> Outcome<Latencies> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(format!("the till cannot be started: {error}")))?;
    runtime.block_on(one_after_the_other(address, town, count))
}

async fn one_after_the_other(address: SocketAddr, town: &Town, count: usize) -> Outcome<Latencies> {
    let (url, failed) = (format!("http://{address}"), |error: String| Failure::new(format!("the till was refused: {error}")));
    let client = Client::new(&url).map_err(|error| failed(error.to_string()))?;
    let token = client.sign_in(&town.id, &town.shop.key).await.map_err(|error| failed(error.to_string()))?.token;
    let http = reqwest::Client::new();
    let events = http.get(format!("{url}/pos/v1/events")).bearer_auth(&token).send().await.and_then(|a| a.error_for_status());
    let mut events = Events { answer: events.map_err(|error| failed(error.to_string()))?, seen: String::new() };
    let mut wallet = Connection::open(address).await?;
    let mut taken = Vec::with_capacity(count);
    for _ in 0..count {
        let charge = ChargeReference { id: keys::random()?, expires: clock::now_ms() + CHARGE_MS };
        let amount = Amount::from_cents(1).expect("a cent is an amount");
        let request = ChargeRequest { payee: town.shop.account, amount, charge, reference: None }.sign(&town.id, &town.shop.key);
        let asked = http.post(format!("{url}/pos/v1/charges")).bearer_auth(&token).body(request).send().await;
        asked.and_then(|answer| answer.error_for_status()).map_err(|error| failed(error.to_string()))?;
        let payment = render("/v1/transactions", "application/cose", &town.answer(charge));
        let began = Instant::now();
        is_done(Expected::Receipt, wallet.exchange(&payment).await?)?;
        events.until_paid(&hex::encode(charge.id)).await?;
        taken.push(u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX));
    }
    Ok(Latencies::of(taken))
}

/// The till's live events.
struct Events {
    answer: reqwest::Response,
    seen: String,
}

impl Events {
    async fn until_paid(&mut self, charge: &str) -> Outcome {
        loop {
            while let Some((event, rest)) = self.seen.split_once("\n\n") {
                let paid = event.contains(charge) && event.contains("\"state\":\"paid\"");
                self.seen = rest.to_owned();
                if paid {
                    return Ok(());
                }
            }
            let chunk = tokio::time::timeout(PATIENCE, self.answer.chunk()).await;
            match chunk {
                Ok(Ok(Some(bytes))) => self.seen += &String::from_utf8_lossy(&bytes),
                _ => return Err(Failure::new("the till was not told that a charge is paid")),
            }
        }
    }
}
