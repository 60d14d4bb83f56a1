//! Who calls, and how often one network may: one bucket for everything that a network asks of this port.
//!
//! A network is an IPv4 address, or the first half of an IPv6 one: whoever has one address of a /64 has them all.

use crate::error;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use ledger::writer::Clock;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use wallet_api::allowance::{Allowances, Rate};
use wallet_api::{Caller, MAX_NETWORKS};

/// A network may ask at once for what it may in so many seconds: a page is some thirty files, and a hall full of people opens it
/// together.
const BURST_SECONDS: u64 = 10;
const SECOND_MS: u64 = 1_000;
/// What was refused is told in the log at most so often: a line for each would be the flood itself.
const TELL_EVERY_MS: u64 = 60_000;
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Everybody who calls.
#[derive(Clone)]
pub struct Callers {
    allowances: Arc<Allowances<IpAddr>>,
    behind_proxy: bool,
    clock: Clock,
    refused: Arc<Refused>,
}

/// How many requests were refused since the log last told it, and when that was.
#[derive(Default)]
struct Refused {
    count: AtomicU64,
    told: AtomicU64,
    proxy_told: AtomicBool,
}

impl Callers {
    /// Networks of which each may ask for so much a second; 0 is no limit. Behind a proxy the network is the one that the proxy names.
    pub fn new(per_second: u64, behind_proxy: bool, clock: Clock) -> Callers {
        let rate = Rate::new(per_second, SECOND_MS, per_second.saturating_mul(BURST_SECONDS));
        Callers { allowances: Arc::new(Allowances::new(rate, MAX_NETWORKS)), behind_proxy, clock, refused: Arc::default() }
    }

    fn network(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let told = if self.behind_proxy { forwarded_for(headers) } else { None };
        if !self.behind_proxy && headers.contains_key(FORWARDED_FOR) && !self.refused.proxy_told.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "a request names the address of somebody else: if a proxy of yours stands before this node, set `behind_proxy`"
            );
        }
        network(told.unwrap_or(peer))
    }

    fn note_refused(&self, now: u64) {
        let Refused { count, told, .. } = &*self.refused;
        count.fetch_add(1, Ordering::Relaxed);
        let last = told.load(Ordering::Relaxed);
        let due = now >= last.saturating_add(TELL_EVERY_MS);
        if due && told.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            let requests = count.swap(0, Ordering::Relaxed);
            tracing::warn!(requests, "requests were refused since this was last told: a network asks for too much");
        }
    }
}

/// Refuses a request whose network asks too often; tells the others' routes which network they serve.
pub async fn within_limits(State(callers): State<Callers>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get().map(|ConnectInfo(peer): &ConnectInfo<SocketAddr>| *peer);
    let peer = peer.unwrap_or_else(|| SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), 0));
    let network = callers.network(peer.ip(), request.headers());
    let now = (callers.clock)();
    if let Err(wait) = callers.allowances.take(network, now) {
        callers.note_refused(now);
        return error::rate_limited(wait.seconds());
    }
    request.extensions_mut().insert(Caller(network));
    request.extensions_mut().insert(ConnectInfo(SocketAddr::new(network, peer.port())));
    next.run(request).await
}

/// The network of an address.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address => address,
    }
}

/// The last address of the header, which our own proxy wrote; what stands before it, anybody may have written.
fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all(FORWARDED_FOR).iter().next_back()?.to_str().ok()?;
    let last = last.rsplit(',').next()?.trim();
    last.parse().or_else(|_| last.parse().map(|address: SocketAddr| address.ip())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (FORWARDED_FOR.parse().unwrap(), line.parse().unwrap())).collect()
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_ipv6_network_is_one_caller_and_an_ipv4_address_another() {
        assert_eq!(network(address("2001:db8:1:2:3:4:5:6")), network(address("2001:db8:1:2:ffff::1")));
        assert_ne!(network(address("2001:db8:1:2::1")), network(address("2001:db8:1:3::1")));
        assert_eq!(network(address("::ffff:192.0.2.7")), address("192.0.2.7"));
        assert_ne!(network(address("192.0.2.7")), network(address("192.0.2.8")));
    }

    #[test]
    fn a_proxys_word_counts_only_behind_a_proxy_and_only_its_last_one() {
        let peer = address("10.0.0.1");
        let said = headers(&["198.51.100.9", "203.0.113.5, 198.51.100.7"]);
        let of = |behind_proxy, headers: &HeaderMap| Callers::new(1, behind_proxy, Arc::new(|| 0)).network(peer, headers);
        assert_eq!(of(false, &said), peer);
        assert_eq!(of(true, &said), address("198.51.100.7"));
        assert_eq!(of(true, &headers(&["[2001:db8::7]:4711"])), address("2001:db8::"));
        for nothing in [headers(&[]), headers(&["unknown"]), headers(&["198.51.100.7, "])] {
            assert_eq!(of(true, &nothing), peer);
        }
    }
}
