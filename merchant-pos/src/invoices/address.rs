//! Where hooks may be sent: to machines of the open internet, and to none beside this one.
//!
//! Whoever sets up a hook makes this machine call an address. So that it calls nothing behind its own walls, every address that a name
//! resolves to has to be public, at the moment of the call: a name that points elsewhere later, or to two places, is refused.

use crate::error::Reason;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

/// An address for hooks has at most so many bytes.
pub const MAX_URL_BYTES: usize = 300;
/// The port of https.
const HTTPS_PORT: u16 = 443;

/// Hosts that are called wherever they are, also without TLS, each on one port: those that the operator named, as for a shop on the
/// same machine.
#[derive(Clone, Default)]
pub struct Allowed(Arc<BTreeSet<(String, u16)>>);

impl Allowed {
    /// The hosts that the operator named, as `host:port`; without a port it is 443.
    pub fn new(hosts: Vec<String>) -> Allowed {
        let read = |host: String| {
            let host = host.to_ascii_lowercase();
            match host.rsplit_once(':').and_then(|(name, port)| Some((name.to_owned(), port.parse().ok()?))) {
                Some((name, port)) if !name.contains(':') || name.ends_with(']') => (name, port),
                _ => (host, HTTPS_PORT),
            }
        };
        Allowed(Arc::new(hosts.into_iter().map(read).collect()))
    }

    /// Whether the operator named a host, with any port.
    fn names(&self, host: &str) -> bool {
        self.0.iter().any(|(name, _)| name == host)
    }

    fn opens(&self, url: &Url, host: &str) -> bool {
        url.port_or_known_default().is_some_and(|port| self.0.contains(&(host.to_owned(), port)))
    }
}

/// Reads the address of a hook, or says why nothing is sent there.
pub fn target(text: &str, allowed: &Allowed) -> Result<Url, Reason> {
    let url = Url::parse(text.trim()).map_err(|_| Reason::HookAddress)?;
    let host = url.host_str().ok_or(Reason::HookAddress)?;
    let plain =
        url.username().is_empty() && url.password().is_none() && url.fragment().is_none() && url.as_str().len() <= MAX_URL_BYTES;
    if !plain {
        return Err(Reason::HookAddress);
    }
    if allowed.names(host) {
        // Its other ports are closed: the name is resolved wherever it leads.
        let open = allowed.opens(&url, host) && matches!(url.scheme(), "http" | "https");
        return if open { Ok(url) } else { Err(Reason::HookAddress) };
    }
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let inside = match literal {
        Ok(address) => !is_public(address),
        Err(_) => !host.contains('.') || host.ends_with(".local") || host.ends_with(".internal") || host.ends_with(".localhost"),
    };
    if url.scheme() != "https" || inside { Err(Reason::HookAddress) } else { Ok(url) }
}

/// Resolves names, and gives nothing when one of the addresses is not public.
pub struct PublicOnly(pub Allowed);

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = self.0.names(name.as_str());
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.is_empty() || !allowed && found.iter().any(|address| !is_public(address.ip())) {
                return Err("the name does not lead to a public address".into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Whether an address belongs to the open internet (IANA's registries of special-purpose addresses).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation();
    let [a, b, c, _] = address.octets();
    // This network; shared by providers; protocol assignments; 6to4 relays; benchmarks; reserved.
    let reserved = a == 0
        || a == 100 && (64..128).contains(&b)
        || a == 192 && b == 0 && c == 0
        || a == 192 && b == 88 && c == 99
        || a == 198 && (18..20).contains(&b)
        || a >= 240;
    !special && !reserved
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    let segments = address.segments();
    // Only 2000::/3 is given out; within it Teredo and other protocol assignments, documentation, and 6to4 lead elsewhere.
    let given_out = segments[0] & 0xe000 == 0x2000;
    let elsewhere = match segments[0] {
        0x2001 => segments[1] < 0x200 || segments[1] == 0x0db8,
        0x3fff => segments[1] < 0x1000,
        other => other == 0x2002,
    };
    given_out && !elsewhere
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_open_internet_are_public() {
        let inside = [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "64:ff9b::a00:1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:a00:1::",
            "3fff::1",
            "100::1",
        ];
        for address in inside {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in ["8.8.8.8", "100.128.0.1", "172.32.0.1", "2a01:e0a::1", "2606:4700::1", "::ffff:8.8.8.8"] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn a_target_is_https_and_outside_unless_the_operator_named_it() {
        let allowed =
            Allowed::new(vec!["127.0.0.1:81".into(), "Boutique.local:80".into(), "[::1]:82".into(), "[fd00::1]".into()]);
        for good in [
            "https://boutique.example/hook?shop=1",
            "https://8.8.8.8/",
            "https://boutique.example:8443/",
            "http://127.0.0.1:81/",
            "http://boutique.local/a",
            "http://[::1]:82/",
            "https://[fd00::1]/",
        ] {
            assert!(target(good, &allowed).is_ok(), "{good}");
        }
        let bad = [
            "",
            "boutique",
            "http://boutique.example/",
            "ftp://boutique.example/",
            "https://a:b@boutique.example/",
            "https://localhost/",
            "https://intranet/",
            "https://printer.local/",
            "https://10.0.0.1/",
            "https://[::1]/",
            "https://[fd00::1]/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://127.0.0.2/",
            "file:///etc/passwd",
            "gopher://127.0.0.1/",
        ];
        for bad in bad {
            assert_eq!(target(bad, &Allowed::default()), Err(Reason::HookAddress), "{bad}");
        }
        for closed in
            ["http://127.0.0.1:82/", "https://127.0.0.1/", "https://boutique.local/", "http://[::1]/", "https://[fd00::1]:82/"]
        {
            assert_eq!(target(closed, &allowed), Err(Reason::HookAddress), "another port of a host that was named: {closed}");
        }
        assert_eq!(
            target(&format!("https://boutique.example/{}", "x".repeat(MAX_URL_BYTES)), &allowed),
            Err(Reason::HookAddress)
        );
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_resolved() {
        let resolve = |allowed: Allowed| PublicOnly(allowed).resolve("localhost".parse().unwrap());
        assert!(resolve(Allowed::default()).await.is_err());
        assert!(resolve(Allowed::new(vec!["localhost:8080".into()])).await.is_ok());
    }
}
