//! Web Push: a word without content to the push service of a browser (RFC 8030), under this node's own name (VAPID, RFC 8292).
//!
//! Nothing is sent but that there is something: no payload, so that there is nothing to encrypt (RFC 8291) and no key of the browser is
//! kept. The push service learns which browser has to be woken, and when.
//!
//! A node calls the addresses that members give it, so that only those of known push services are taken: the setting `push_hosts`.

use super::Kind;
use crate::error::{Pushed, pushed};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use std::time::Duration;

/// The longest address of a subscription: those of the browsers have 200 to 600 characters.
pub const MAX_ENDPOINT_BYTES: usize = 2_000;
/// A token is good for so long; a push service refuses more than a day.
const TOKEN_LIFE_S: u64 = 12 * 60 * 60;
/// What a phone that is off was to be told is kept for it so long, in seconds: a week's holiday without it.
const TTL_S: u64 = 7 * 24 * 60 * 60;
/// A push service answers within a second; one that does not is asked again later.
const SEND_TIMEOUT: Duration = Duration::from_secs(15);

/// How the node is known to push services, and which there are.
pub struct PushSettings {
    /// The secret of its VAPID key: 32 random bytes.
    pub secret: [u8; 32],
    /// Whose addresses are called.
    pub hosts: Hosts,
    /// Where a push service reaches whoever runs the node: `mailto:` or `https:`.
    pub contact: Option<String>,
}

/// The push services that are called, as the setting names them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Hosts(Vec<Host>);

#[derive(Clone, PartialEq, Eq, Debug)]
enum Host {
    /// `push.example`: over HTTPS.
    One(String),
    /// `*.push.example`: every host below, over HTTPS.
    Below(String),
    /// `http://127.0.0.1:9000`: a push service of one's own, as it stands there.
    Origin(String),
}

impl Hosts {
    /// `push.example, *.push.example, http://127.0.0.1:9000`; else what is wrong with it.
    pub fn parse(text: &str) -> Result<Hosts, String> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(Host::parse).collect::<Result<Vec<_>, _>>().map(Hosts)
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The address, when it is one of these push services'.
    pub fn endpoint(&self, text: &str) -> Option<Url> {
        let url = Url::parse(text).ok().filter(|_| text.len() <= MAX_ENDPOINT_BYTES)?;
        let plain = url.username().is_empty() && url.password().is_none();
        (plain && self.0.iter().any(|host| host.has(&url))).then_some(url)
    }
}

impl Host {
    fn parse(text: &str) -> Result<Host, String> {
        if text.contains("://") {
            let url = Url::parse(text).map_err(|error| format!("'{text}' is no address: {error}"))?;
            return Ok(Host::Origin(url.origin().ascii_serialization()));
        }
        let name = text.strip_prefix("*.").unwrap_or(text);
        let sound = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
        match (sound, name.len() == text.len()) {
            (false, _) => Err(format!("'{text}' is no host, such as push.example or *.push.example")),
            (true, true) => Ok(Host::One(name.to_ascii_lowercase())),
            (true, false) => Ok(Host::Below(format!(".{}", name.to_ascii_lowercase()))),
        }
    }

    fn has(&self, url: &Url) -> bool {
        let name = url.host_str().filter(|_| url.scheme() == "https" && url.port().is_none());
        match self {
            Host::One(host) => name == Some(host),
            Host::Below(ending) => name.is_some_and(|name| name.ends_with(ending)),
            Host::Origin(origin) => url.origin().ascii_serialization() == *origin,
        }
    }
}

/// Who calls push services.
pub struct Push {
    key: SigningKey,
    public: String,
    settings: PushSettings,
    http: Client,
}

impl Push {
    /// `None` when the secret is no key: one of 2^128 is none.
    pub fn new(settings: PushSettings) -> Option<Push> {
        // The first provider of a process stays; a program that has chosen one before keeps it.
        drop(rustls::crypto::ring::default_provider().install_default());
        let key = SigningKey::from_slice(&settings.secret).ok()?;
        let public = URL_SAFE_NO_PAD.encode(key.verifying_key().to_sec1_point(false).as_bytes());
        let http = Client::builder().redirect(Policy::none()).timeout(SEND_TIMEOUT).build().ok()?;
        Some(Push { key, public, settings, http })
    }

    /// The key under which browsers subscribe: an uncompressed point, base64url.
    pub fn public(&self) -> &str {
        &self.public
    }

    /// The address, when it may be called.
    pub fn endpoint(&self, text: &str) -> Option<Url> {
        self.settings.hosts.endpoint(text)
    }

    /// Asks a push service to wake a browser; gives what came of it. `now` in milliseconds.
    pub async fn send(&self, endpoint: Url, kind: Kind, now: u64) -> Pushed {
        // A phone that was off is woken once for each kind, however much happened: a word replaces the one before (RFC 8030, 5.4).
        let (urgency, topic) = match kind {
            Kind::Moved => ("normal", "moved"),
            Kind::Keys => ("high", "keys"),
        };
        let authorization = format!("vapid t={}, k={}", self.token(&endpoint, now), self.public);
        let request = self.http.post(endpoint).header(AUTHORIZATION, authorization).header(CONTENT_LENGTH, 0);
        let request = request.header("ttl", TTL_S).header("urgency", urgency).header("topic", topic);
        request.send().await.map_or(Pushed::Later(None), |answer| pushed(answer.status(), answer.headers()))
    }

    /// The signed word that it is this node that calls (RFC 8292, a JWT).
    fn token(&self, endpoint: &Url, now: u64) -> String {
        let header = serde_json::json!({"typ": "JWT", "alg": "ES256"});
        let mut claims = serde_json::json!({"aud": endpoint.origin().ascii_serialization(), "exp": now / 1_000 + TOKEN_LIFE_S});
        if let Some(contact) = &self.settings.contact {
            claims["sub"] = contact.as_str().into();
        }
        let encoded = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encoded(&header), encoded(&claims));
        let signature: Signature = self.key.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_push_services_are_called() {
        let hosts = Hosts::parse("fcm.googleapis.com, *.push.apple.com, http://127.0.0.1:9000").unwrap();
        for good in ["https://fcm.googleapis.com/fcm/send/x", "https://web.push.apple.com/QO", "http://127.0.0.1:9000/p"] {
            assert!(hosts.endpoint(good).is_some(), "{good}");
        }
        for bad in [
            "http://fcm.googleapis.com/fcm/send/x",
            "https://fcm.googleapis.com:8443/x",
            "https://fcm.googleapis.com.evil.example/x",
            "https://push.apple.com/x",
            "https://evilpush.apple.com/x",
            "https://me@fcm.googleapis.com/x",
            "http://127.0.0.1:9001/p",
            "https://127.0.0.1:9000/p",
            "https://169.254.169.254/latest/meta-data",
            "fcm.googleapis.com",
        ] {
            assert!(hosts.endpoint(bad).is_none(), "{bad}");
        }
        let long = format!("https://fcm.googleapis.com/{}", "x".repeat(MAX_ENDPOINT_BYTES));
        assert!(hosts.endpoint(&long).is_none());
        assert!(Hosts::parse("a host").is_err() && Hosts::parse("*.").is_err());
    }
}
