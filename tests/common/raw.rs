//! HTTP/1.1 as bytes, for clients that behave as no library lets them.

use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// Whoever waits longer for a byte gives up: no test is decided by it on a machine that works.
pub const GIVE_UP: Duration = Duration::from_secs(120);

/// An answer as it came.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// In seconds, when the server asks for time.
    pub retry_after: Option<u64>,
    pub body: Vec<u8>,
}

impl Answer {
    /// The stable code of a problem.
    pub fn code(&self) -> String {
        let problem: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
        problem["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// One connection.
pub struct Raw {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Raw {
    pub async fn to(server: SocketAddr) -> Raw {
        Raw { stream: TcpStream::connect(server).await.unwrap(), read: Vec::new() }
    }

    /// From another address of this machine: all of 127.0.0.0/8 is.
    pub async fn from(address: &str, server: SocketAddr) -> Raw {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(format!("{address}:0").parse().unwrap()).unwrap();
        Raw { stream: socket.connect(server).await.unwrap(), read: Vec::new() }
    }

    pub async fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Waits for the next answer; `None` when the connection ends before it is whole.
    pub async fn answer(&mut self) -> Option<Answer> {
        let head = loop {
            if let Some(end) = self.read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break self.read.drain(..end + 4).collect::<Vec<u8>>();
            }
            self.more().await?;
        };
        let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
        let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<u64>().ok());
        let length = usize::try_from(field("content-length:").unwrap_or(0)).unwrap();
        while self.read.len() < length {
            self.more().await?;
        }
        let body = self.read.drain(..length).collect();
        Some(Answer { status: head[9..12].parse().unwrap(), retry_after: field("retry-after:"), body })
    }

    /// Reads until a text has come; false when the connection ends before.
    pub async fn saw(&mut self, text: &str) -> bool {
        while !self.read.windows(text.len()).any(|bytes| bytes == text.as_bytes()) {
            if self.more().await.is_none() {
                return false;
            }
        }
        true
    }

    /// Whether the server ends the connection, whatever it says before.
    pub async fn ends(&mut self) -> bool {
        while self.more().await.is_some() {
            self.read.clear();
        }
        true
    }

    async fn more(&mut self) -> Option<()> {
        let mut buffer = [0; 16 << 10];
        let count = tokio::time::timeout(GIVE_UP, self.stream.read(&mut buffer)).await.expect("nothing came for long").ok()?;
        self.read.extend_from_slice(&buffer[..count]);
        (count > 0).then_some(())
    }

    pub async fn ask(&mut self, request: &[u8]) -> Option<Answer> {
        self.write(request).await.ok()?;
        self.answer().await
    }
}

/// The bytes of a request without a body.
pub fn get(path: &str, fields: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: town\r\n{fields}\r\n").into_bytes()
}

/// The bytes of a request that submits a body.
pub fn post(path: &str, fields: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("POST {path} HTTP/1.1\r\nhost: town\r\n{fields}content-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}
