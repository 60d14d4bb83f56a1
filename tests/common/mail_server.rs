//! A mail server of our own (RFC 5321, as much of it as a client needs): keeps the mails, and asks for a name and a password.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The name and the password that it wants.
pub const NAME: &str = "notices";
pub const PASSWORD: &str = "w0rd-that-stands-in-no-log";

/// A mail as it was handed in.
#[derive(Clone, Debug)]
pub struct Letter {
    pub from: String,
    pub to: String,
    /// Headers and text, decoded.
    pub text: String,
}

impl Letter {
    /// The first six digits in a row below the headers.
    pub fn code(&self) -> String {
        let body = self.text.split_once("\n\n").unwrap().1;
        let digits: Vec<&str> = body.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() == 6).collect();
        (*digits.first().unwrap_or_else(|| panic!("no code in {}", self.text))).to_owned()
    }
}

/// A mail server on a port of this machine.
pub struct MailServer {
    /// What `smtp` is set to.
    pub url: String,
    received: UnboundedReceiver<Letter>,
}

impl MailServer {
    pub async fn start() -> MailServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{NAME}:{PASSWORD}@{}", listener.local_addr().unwrap());
        let (sender, received) = unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, sender.clone()));
            }
        });
        MailServer { url, received }
    }

    /// The next mail, however long it takes.
    pub async fn next(&mut self) -> Letter {
        super::in_time(self.received.recv()).await.expect("the mail server runs")
    }

    pub fn is_quiet(&self) -> bool {
        self.received.is_empty()
    }
}

async fn talk(stream: TcpStream, sender: UnboundedSender<Letter>) -> std::io::Result<()> {
    let (reading, mut out) = stream.into_split();
    let mut lines = BufReader::new(reading).lines();
    out.write_all(b"220 mail.example\r\n").await?;
    let (mut from, mut to, mut known) = (String::new(), String::new(), false);
    while let Some(line) = lines.next_line().await? {
        let word = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        let answer = match word.as_str() {
            "EHLO" => "250-mail.example\r\n250-8BITMIME\r\n250 AUTH PLAIN",
            "AUTH" => {
                let said = STANDARD.decode(line.rsplit(' ').next().unwrap_or_default()).unwrap_or_default();
                known = said == format!("\0{NAME}\0{PASSWORD}").into_bytes();
                if known { "235 welcome" } else { "535 no" }
            }
            "MAIL" if !known => "530 who are you?",
            "MAIL" => {
                from = between(&line);
                "250 ok"
            }
            "RCPT" if line.contains("nobody@") => "550 no such mailbox",
            "RCPT" => {
                to = between(&line);
                "250 ok"
            }
            "DATA" => {
                out.write_all(b"354 go on\r\n").await?;
                let mut raw = Vec::new();
                while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                    raw.push(line);
                }
                drop(sender.send(Letter { from: from.clone(), to: to.clone(), text: readable(&raw) }));
                "250 taken"
            }
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        out.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}

fn between(line: &str) -> String {
    line.split(['<', '>']).nth(1).unwrap_or_default().to_owned()
}

/// The headers, and the text without its transfer encoding.
fn readable(lines: &[String]) -> String {
    let middle = lines.iter().position(String::is_empty).unwrap_or(lines.len());
    let (head, body) = (lines[..middle].join("\n"), &lines[middle..]);
    let encoding = head.lines().find_map(|line| line.strip_prefix("Content-Transfer-Encoding: ")).unwrap_or("7bit").trim();
    let body = match encoding {
        "base64" => String::from_utf8(STANDARD.decode(body.concat()).unwrap()).unwrap(),
        "quoted-printable" => quoted_printable(&body.join("\n")),
        _ => body.join("\n"),
    };
    format!("{head}\n\n{body}")
}

fn quoted_printable(text: &str) -> String {
    let text = text.replace("=\n", "");
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'=' {
            let digits = [rest.next().unwrap(), rest.next().unwrap()];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}
