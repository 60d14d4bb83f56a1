//! Load over HTTP: requests rendered beforehand, over connections that stay open, with answers that are looked at only as far as it
//! takes to know that each is a receipt. One thread of this program makes it, so that what it costs is inside the measured time.
//!
//! In an open loop each request has its moment, whatever became of those before, and its time counts from that moment: a server that
//! stalls is charged for all who would have come meanwhile.

use crate::bench::figures::Latencies;
use crate::failure::{Failure, Outcome};
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Barrier, Semaphore};

/// An answer that has not come after so long never will.
const PATIENCE: Duration = Duration::from_secs(60);
/// So many bytes are read at once.
const READ_BYTES: usize = 64 << 10;

/// What a refusal by a server with too much to do says, and after how long the same is sent again.
const BUSY: &[u8] = b"busy";
const AGAIN_AFTER: Duration = Duration::from_millis(2);

/// What the body of an answer has to be.
#[derive(Clone, Copy)]
pub enum Expected {
    /// One receipt.
    Receipt,
    /// A sequence of so many receipts.
    Receipts(usize),
    /// The 32 bytes of a transaction's id.
    Id,
}

/// Requests to be sent.
#[derive(Clone)]
pub struct Requests {
    rendered: Arc<Vec<Vec<u8>>>,
    expected: Expected,
}

impl Requests {
    /// One payment each.
    pub fn single(orders: &[Vec<u8>], expected: Expected) -> Requests {
        let rendered = orders.iter().map(|order| render("/v1/transactions", "application/cose", order)).collect();
        Requests { rendered: Arc::new(rendered), expected }
    }

    /// So many payments in each, but for the last.
    pub fn batches(orders: &[Vec<u8>], size: usize) -> Requests {
        let batches = orders.chunks_exact(size);
        let rendered = batches.map(|batch| render("/v1/transactions/batch", "application/cbor-seq", &batch.concat()));
        Requests { rendered: Arc::new(rendered.collect()), expected: Expected::Receipts(size) }
    }
}

/// The bytes of a request.
pub fn render(path: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// What became of the requests.
pub struct Answered {
    /// From the first request to the last answer.
    pub seconds: f64,
    /// How long each took.
    pub latencies: Latencies,
}

/// Sends all requests over so many connections: each as soon as a connection is free, or so many a second. An answer that is not the
/// expected one ends the measurement.
pub fn drive(address: SocketAddr, requests: &Requests, connections: usize, per_second: Option<f64>) -> Outcome<Answered> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(format!("the load cannot be made: {error}")))?;
    runtime.block_on(all(address, requests, connections, per_second))
}

async fn all(address: SocketAddr, requests: &Requests, connections: usize, per_second: Option<f64>) -> Outcome<Answered> {
    let (count, connections) = (requests.rendered.len(), connections.min(requests.rendered.len()));
    let ready = Barrier::new(connections + 1);
    let turns = Arc::new(Turns { next: AtomicUsize::new(0), open: Semaphore::new(0), ready, start: OnceLock::new() });
    let pace = per_second.map(|rate| Duration::from_secs_f64(1.0 / rate));
    let mut running = Vec::new();
    for _ in 0..connections {
        running.push(tokio::spawn(one_connection(address, requests.clone(), turns.clone(), pace)));
    }
    turns.ready.wait().await;
    let start = *turns.start.get_or_init(Instant::now);
    match pace {
        Some(interval) => {
            let turns = turns.clone();
            std::thread::spawn(move || turns.give_in_time(start, interval, count, connections));
        }
        None => turns.open.add_permits(count + connections),
    }
    let (mut last, mut taken) = (start, Vec::with_capacity(count));
    for connection in running {
        let (end, latencies) = connection.await.map_err(|error| Failure::new(format!("the load stopped: {error}")))??;
        last = last.max(end);
        taken.extend(latencies);
    }
    if taken.len() != count {
        return Err(Failure::new(format!("{} of {count} requests were answered", taken.len())));
    }
    Ok(Answered { seconds: (last - start).as_secs_f64(), latencies: Latencies::of(taken) })
}

/// Whose turn it is.
struct Turns {
    next: AtomicUsize,
    open: Semaphore,
    ready: Barrier,
    start: OnceLock<Instant>,
}

impl Turns {
    /// Opens each turn at its moment, and as many more as let every connection end.
    fn give_in_time(&self, start: Instant, interval: Duration, count: usize, connections: usize) {
        for place in 0..count {
            let due = start + interval.mul_f64(place as f64);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            self.open.add_permits(1);
        }
        self.open.add_permits(connections);
    }
}

async fn one_connection(
    address: SocketAddr,
    requests: Requests,
    turns: Arc<Turns>,
    pace: Option<Duration>,
) -> Outcome<(Instant, Vec<u64>)> {
    let mut connection = Connection::open(address).await?;
    turns.ready.wait().await;
    let (mut end, mut taken) = (Instant::now(), Vec::new());
    loop {
        turns.open.acquire().await.map_err(|error| Failure::new(error.to_string()))?.forget();
        let place = turns.next.fetch_add(1, Ordering::Relaxed);
        let Some(request) = requests.rendered.get(place) else { return Ok((end, taken)) };
        let start = *turns.start.get_or_init(Instant::now);
        let due = pace.map_or_else(Instant::now, |interval| start + interval.mul_f64(place as f64));
        while !is_done(requests.expected, connection.exchange(request).await?)? {
            tokio::time::sleep(AGAIN_AFTER).await;
        }
        end = Instant::now();
        taken.push(u64::try_from((end - due).as_nanos()).unwrap_or(u64::MAX));
    }
}

/// One client.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Outcome<Connection> {
        let open = async {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Ok(stream)
        };
        let stream = open.await.map_err(|error: io::Error| Failure::new(format!("the load cannot connect: {error}")))?;
        Ok(Connection { stream, buffer: Vec::with_capacity(READ_BYTES) })
    }

    /// Sends a request and gives the body of its answer.
    pub async fn exchange(&mut self, request: &[u8]) -> Outcome<&[u8]> {
        let exchanged = tokio::time::timeout(PATIENCE, self.send_and_read(request)).await;
        let told = exchanged.map_err(|_| Failure::new("an answer did not come within a minute"))?;
        let body = told.map_err(|error| Failure::new(format!("a connection of the load broke: {error}")))?;
        Ok(&self.buffer[body..])
    }

    /// Leaves the whole answer in the buffer; gives where its body begins.
    async fn send_and_read(&mut self, request: &[u8]) -> io::Result<usize> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let mut whole = None;
        while whole.is_none_or(|(_, length)| self.buffer.len() < length) {
            self.buffer.reserve(READ_BYTES);
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            whole = whole.or_else(|| extent(&self.buffer));
        }
        Ok(whole.map_or(0, |(body, _)| body))
    }
}

/// Where the body of an answer begins and ends, once its headers are there.
fn extent(answer: &[u8]) -> Option<(usize, usize)> {
    let body = answer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&answer[..body]).ok()?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
    Some((body, body + length.parse::<usize>().ok()?))
}

/// Whether an answer is what was expected; false when the server has too much to do, and wants the same again.
pub fn is_done(expected: Expected, body: &[u8]) -> Outcome<bool> {
    let sound = match expected {
        Expected::Receipt => is_receipt(body),
        Expected::Receipts(count) => receipts(body) == Some(count),
        Expected::Id => body.len() == 32,
    };
    if sound || body.windows(BUSY.len()).any(|word| word == BUSY) {
        return Ok(sound);
    }
    Err(Failure::new(format!("an answer is no receipt: {}", String::from_utf8_lossy(&body[..body.len().min(1_000)]))))
}

/// A map of three pairs, the first an entry: what a receipt begins with.
fn is_receipt(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xa3, 0x01])
}

/// How many receipts a sequence holds, `{1: receipt}` each; `None` when one is something else.
fn receipts(mut sequence: &[u8]) -> Option<usize> {
    let mut count = 0;
    while !sequence.is_empty() {
        let rest = sequence.strip_prefix(&[0xa1, 0x01])?;
        let (length, rest) = match rest {
            [0x58, length, rest @ ..] => (usize::from(*length), rest),
            [0x59, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
            _ => return None,
        };
        let (receipt, rest) = rest.split_at_checked(length)?;
        if !is_receipt(receipt) {
            return None;
        }
        (sequence, count) = (rest, count + 1);
    }
    Some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_at_its_length_and_not_before_its_headers_end() {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabcde";
        assert_eq!(extent(answer), Some((answer.len() - 5, answer.len())));
        assert_eq!(extent(&answer[..30]), None);
    }

    #[test]
    fn a_refusal_among_receipts_is_noticed() {
        let receipt = [&[0xa1, 0x01, 0x58, 3], &[0xa3, 0x01, 0x40][..]].concat();
        let refusal = [0xa2, 0x02, 0x61, b'x', 0x03, 0x60];
        assert_eq!(receipts(&receipt.repeat(3)), Some(3));
        assert_eq!(receipts(&[&receipt[..], &refusal].concat()), None);
        assert!(is_done(Expected::Receipts(2), &receipt).is_err() && is_done(Expected::Id, &receipt).is_err());
        assert!(!is_done(Expected::Receipt, br#"{"code":"busy"}"#).unwrap());
    }
}
