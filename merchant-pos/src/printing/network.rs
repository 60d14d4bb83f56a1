//! Printers in a network: bytes over TCP, to addresses that whoever runs the machine allows, and to no others.

use crate::error::Reason;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The port on which printers take bytes as they are.
pub const RAW_PORT: u16 = 9100;
/// A printer that takes no connection for so long is off: the cashier waits.
const CONNECT_WITHIN: Duration = Duration::from_secs(3);
/// One that does not take its bytes for so long is out of paper, or its lid is open.
const SEND_WITHIN: Duration = Duration::from_secs(8);
/// Another till's paper is waited for so long.
const TURN_WITHIN: Duration = Duration::from_secs(10);
/// So many printers have their turns remembered.
const MAX_PRINTERS: usize = 1_000;

/// A network in which printers may be, and the port they listen on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Network {
    address: IpAddr,
    bits: u8,
    port: u16,
}

impl Network {
    /// `192.168.1.0/24`, `192.168.1.9`, `fd00::/8`, or with a port of its own: `192.168.1.9:9101`, `[fd00::9]:9101`.
    pub fn parse(text: &str) -> Option<Network> {
        if let Ok(one) = text.parse::<SocketAddr>() {
            return Some(Network { address: one.ip(), bits: width(&one.ip()), port: one.port() });
        }
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().ok()?;
        let bits = bits.map_or(Some(width(&address)), |bits| bits.parse().ok())?;
        (bits <= width(&address)).then_some(Network { address, bits, port: RAW_PORT })
    }

    /// The networks that are nobody else's: a shop's own (RFC 1918, 3927, 4193, 4291).
    pub fn private() -> Vec<Network> {
        let known = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10"];
        known.into_iter().filter_map(Network::parse).collect()
    }

    fn holds(&self, printer: &SocketAddr) -> bool {
        let same = |own: u128, other: u128, width: u32| {
            let apart = width - u32::from(self.bits);
            apart >= width || own >> apart == other >> apart
        };
        let inside = match (self.address, printer.ip()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => same(u32::from(own).into(), u32::from(other).into(), 32),
            (IpAddr::V6(own), IpAddr::V6(other)) => same(own.into(), other.into(), 128),
            _ => false,
        };
        inside && printer.port() == self.port
    }
}

fn width(address: &IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// Where a printer listens: an address, with a port unless it is the usual one. No names: a name may lead elsewhere tomorrow.
pub fn address(text: &str) -> Option<SocketAddr> {
    text.parse().ok().or_else(|| Some(SocketAddr::new(text.parse().ok()?, RAW_PORT)))
}

/// A paper that a printer did not take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unsent {
    /// Why.
    pub why: Reason,
    /// Whether no byte of it was sent: then nothing of it is on paper.
    pub whole: bool,
}

/// The way to the printers.
#[derive(Clone, Default)]
pub struct Printers {
    networks: Arc<[Network]>,
    /// A printer takes one paper at a time.
    turns: Arc<Mutex<HashMap<SocketAddr, Arc<tokio::sync::Mutex<()>>>>>,
}

impl Printers {
    /// Printers in these networks only.
    pub fn new(networks: Vec<Network>) -> Printers {
        Printers { networks: networks.into(), turns: Arc::default() }
    }

    /// Sends bytes to a printer. When that fails after the connection was made, a part may be on paper.
    pub async fn send(&self, printer: SocketAddr, bytes: &[u8]) -> Result<(), Unsent> {
        let unsent = |why| Unsent { why, whole: true };
        if !self.networks.iter().any(|network| network.holds(&printer)) {
            return Err(unsent(Reason::PrinterElsewhere));
        }
        let turn = self.turn(printer);
        let _turn = timeout(TURN_WITHIN, turn.lock()).await.map_err(|_| unsent(Reason::PrinterUnanswered))?;
        let connected = timeout(CONNECT_WITHIN, TcpStream::connect(printer)).await;
        let mut stream = connected.ok().and_then(Result::ok).ok_or(unsent(Reason::PrinterUnanswered))?;
        let sent = timeout(SEND_WITHIN, async {
            stream.write_all(bytes).await?;
            stream.shutdown().await
        });
        sent.await.ok().and_then(Result::ok).ok_or(Unsent { why: Reason::PrinterUnanswered, whole: false })
    }

    fn turn(&self, printer: SocketAddr) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        if turns.len() >= MAX_PRINTERS {
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        }
        turns.entry(printer).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printer_is_reached_in_the_networks_that_are_named_and_nowhere_else() {
        let holds = |network: &str, printer: &str| Network::parse(network).unwrap().holds(&address(printer).unwrap());
        for (network, printer, inside) in [
            ("192.168.1.0/24", "192.168.1.77", true),
            ("192.168.1.0/24", "192.168.2.77", false),
            ("192.168.1.0/24", "192.168.1.77:22", false),
            ("192.168.1.9", "192.168.1.9:9100", true),
            ("127.0.0.1:4000", "127.0.0.1:4000", true),
            ("127.0.0.1:4000", "127.0.0.1:9100", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "[2001:db8::1]:9100", false),
            ("fd00::/8", "fd12::5", true),
            ("fd00::/8", "fe12::5", false),
        ] {
            assert_eq!(holds(network, printer), inside, "{printer} in {network}");
        }
        for wrong in ["", "printer.example", "192.168.1.0/33", "192.168.1.0/", "192.168.1", "fd00::/129"] {
            assert_eq!(Network::parse(wrong), None, "{wrong}");
        }
        let private = Network::private();
        let reached = |printer: &str| private.iter().any(|network| network.holds(&address(printer).unwrap()));
        assert!(reached("10.1.2.3") && reached("192.168.0.9") && reached("172.31.0.1"));
        assert!(!reached("127.0.0.1") && !reached("8.8.8.8") && !reached("172.32.0.1") && !reached("::1"));
        assert_eq!(private.len(), 6);
    }

    #[tokio::test]
    async fn a_printer_that_is_not_there_or_not_allowed_is_told_as_such() {
        let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let allowed = Printers::new(vec![Network::parse(&gone.to_string()).unwrap()]);
        let unsent = |why| Err(Unsent { why, whole: true });
        assert_eq!(allowed.send(gone, b"x").await, unsent(Reason::PrinterUnanswered));
        assert_eq!(Printers::default().send(gone, b"x").await, unsent(Reason::PrinterElsewhere));
    }
}
