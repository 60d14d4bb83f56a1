//! E-mail: short texts without amounts and without anybody's name, by SMTP.

use super::Kind;
use super::words::{Language, Words, words};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::response::Category;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

/// The longest address of a mailbox (RFC 5321, 4.5.3.1.3, without the brackets).
pub const MAX_ADDRESS_BYTES: usize = 254;
/// A mail server has so long for each of its answers.
const SMTP_TIMEOUT: Duration = Duration::from_secs(20);

/// Where mails are handed in, and in whose name. Shows nothing of the address, which may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub struct MailSettings {
    smtp: String,
    from: Mailbox,
}

impl fmt::Debug for MailSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailSettings {{ from: {} }}", self.from)
    }
}

impl MailSettings {
    /// `smtps://name:password@host`, `smtp://…?tls=required` for STARTTLS, or `smtp://` to this machine; and who the mails are from. Else
    /// what is wrong, without the address.
    pub fn new(smtp: &str, from: &str) -> Result<MailSettings, String> {
        let from = from.parse().map_err(|_| "`mail_from` has to be an address, such as Liard <no-reply@monnaie.example>")?;
        let url = reqwest::Url::parse(smtp).map_err(|_| "`smtp` has to look like smtps://name:password@host")?;
        let secured = url.scheme() == "smtps" || url.query_pairs().any(|(name, value)| name == "tls" && value == "required");
        let here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if !secured && !here {
            return Err("`smtp` would send in the clear: use smtps://, or smtp:// with ?tls=required".into());
        }
        AsyncSmtpTransport::<Tokio1Executor>::from_url(smtp)
            .map_err(|_| "`smtp` has to look like smtps://name:password@host, or smtp://host?tls=required")?;
        Ok(MailSettings { smtp: smtp.to_owned(), from })
    }

    /// The way to the mail server, which is not asked anything yet. `None` when the settings hold no address; they were read before.
    pub fn door(&self) -> Option<Door> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(&self.smtp).ok()?;
        Some(Door { transport: builder.timeout(Some(SMTP_TIMEOUT)).build(), from: self.from.clone() })
    }
}

/// A connection to the mail server, and the name that mails are from.
pub struct Door {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// A file of a mail: its name, its media type, what is in it.
pub type File = (String, &'static str, Vec<u8>);

/// Who hands notices in.
pub struct Mail {
    door: Door,
    /// The currency, which the subject names.
    currency: String,
    /// Where the wallet is.
    wallet: String,
}

/// A mail was not handed in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unsent {
    /// The server does not take it: for this address, it says, never.
    Refused,
    /// Not now.
    Later,
}

/// An address to which a mail can be sent; `None` for others.
pub fn address(text: &str) -> Option<Address> {
    let text = text.trim();
    // Mails go to other machines: a mailbox without a domain, or at a bare number, is none.
    let domain = |address: &Address| address.domain().contains('.') && !address.domain().starts_with('[');
    (text.len() <= MAX_ADDRESS_BYTES && text.is_ascii()).then(|| text.parse().ok())?.filter(domain)
}

/// `a…@example.org`: enough to know one's own.
pub fn masked(address: &str) -> String {
    let (name, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    format!("{}…@{domain}", name.chars().next().unwrap_or('…'))
}

impl Mail {
    /// `None` when the settings hold no address; they were read before. `url` is where the node's pages are.
    pub fn new(settings: &MailSettings, currency: &str, url: &str) -> Option<Mail> {
        Some(Mail { door: settings.door()?, currency: currency.to_owned(), wallet: format!("{url}/wallet/") })
    }

    /// Tells that something happened. `now` in milliseconds.
    pub async fn tell(&self, to: Address, language: Language, kind: Kind, now: u64) -> Result<(), Unsent> {
        let words = words(language);
        let (subject, text) = match kind {
            Kind::Moved => (words.moved, words.moved_text),
            Kind::Keys => (words.keys, words.keys_text),
        };
        self.send(to, words, subject, text, now).await
    }

    /// Sends the code with which an address is confirmed.
    pub async fn send_code(&self, to: Address, language: Language, code: &str, now: u64) -> Result<(), Unsent> {
        let words = words(language);
        self.send(to, words, words.code, &words.code_text.replace("{code}", code), now).await
    }

    /// Tells the address that was replaced or turned off that nothing comes any more.
    pub async fn say_goodbye(&self, to: Address, language: Language, now: u64) -> Result<(), Unsent> {
        let words = words(language);
        self.send(to, words, words.ended, words.ended_text, now).await
    }

    async fn send(&self, to: Address, words: &Words, subject: &str, text: &str, now: u64) -> Result<(), Unsent> {
        let text = format!("{text}\r\n\r\n{}\r\n\r\n{}\r\n", self.wallet, words.foot);
        self.door.send(to, &format!("{} · {subject}", self.currency), text, None, now).await
    }
}

impl Door {
    /// Hands in a mail with at most one file: its name, its media type and what is in it. `now` in milliseconds. An address that is
    /// none is refused.
    pub async fn hand_in(&self, to: &str, subject: &str, text: &str, file: Option<File>, now: u64) -> Result<(), Unsent> {
        self.send(address(to).ok_or(Unsent::Refused)?, subject, text.to_owned(), file, now).await
    }

    async fn send(&self, to: Address, subject: &str, text: String, file: Option<File>, now: u64) -> Result<(), Unsent> {
        let unsent = |error: lettre::error::Error| {
            tracing::error!(%error, "a mail could not be written");
            Unsent::Refused
        };
        let id = format!("<{}@{}>", hex::encode(random().ok_or(Unsent::Later)?), self.from.email.domain());
        let mail = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(subject)
            .date(UNIX_EPOCH + Duration::from_millis(now))
            .message_id(Some(id));
        let mut mail = match file {
            None => mail.header(ContentType::TEXT_PLAIN).body(text),
            Some((name, kind, bytes)) => {
                let kind = ContentType::parse(kind).map_err(|_| Unsent::Refused)?;
                let file = lettre::message::Attachment::new(name).body(bytes, kind);
                mail.multipart(MultiPart::mixed().singlepart(SinglePart::plain(text)).singlepart(file))
            }
        }
        .map_err(unsent)?;
        // No machine answers to a machine (RFC 3834).
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        mail.headers_mut().insert_raw(HeaderValue::new(automatic, "auto-generated".to_owned()));
        match self.transport.send(mail).await {
            Ok(_) => Ok(()),
            Err(error) if is_about_the_address(&error) => Err(Unsent::Refused),
            Err(error) => {
                // What the server said may repeat the address: only that it did not go is logged.
                tracing::warn!(
                    timeout = error.is_timeout(),
                    "the mail server did not take a mail: is `smtp` right, and does it run?"
                );
                Err(Unsent::Later)
            }
        }
    }
}

/// Whether the server never takes a mail for this address; that it does not know this node (53x) says nothing about the address.
fn is_about_the_address(error: &lettre::transport::smtp::Error) -> bool {
    error.is_permanent() && error.status().is_some_and(|code| code.category != Category::Unspecified3)
}

fn random() -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok().map(|()| bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mails_are_handed_in_under_tls_or_on_this_machine() {
        let from = "Tolar <no-reply@tolar.example>";
        for good in ["smtps://me:secret@mail.example", "smtp://me:secret@mail.example?tls=required", "smtp://127.0.0.1:2525"] {
            assert!(MailSettings::new(good, from).is_ok(), "{good}");
        }
        for bad in
            ["smtp://me:secret@mail.example", "smtp://mail.example?tls=opportunistic", "mail.example", "https://mail.example"]
        {
            let why = MailSettings::new(bad, from).unwrap_err();
            assert!(!why.contains("secret"), "{why}");
        }
        assert!(MailSettings::new("smtps://mail.example", "nobody").is_err());
        let shown = format!("{:?}", MailSettings::new("smtps://me:secret@mail.example", from).unwrap());
        assert!(!shown.contains("secret"), "{shown}");
    }

    #[test]
    fn an_address_is_a_mailbox_somewhere_else() {
        assert!(address(" amel@example.org ").is_some());
        let long = format!("{}@example.org", "a".repeat(260));
        for bad in
            ["", "amel", "amel@localhost", "a@[127.0.0.1]", "a b@example.org", "a@example.org\r\nBcc: b@example.org", &long]
        {
            assert!(address(bad).is_none(), "{bad}");
        }
        assert_eq!(masked("amel@example.org"), "a…@example.org");
    }
}
