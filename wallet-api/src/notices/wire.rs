//! What goes over HTTP about notices.

use serde::{Deserialize, Serialize};

/// `GET /v1/accounts/{account}/notices`: what this key and this account are told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NoticesInfo {
    /// True when a browser of this key is woken.
    pub push: bool,
    /// The key under which a browser subscribes; none where nothing is pushed.
    pub vapid: Option<String>,
    /// True when this node sends mails.
    pub mail: bool,
    /// Where mails go; masked.
    pub email: Option<String>,
    /// The address that waits for its code; masked.
    pub email_asked: Option<String>,
}

/// `PUT /v1/accounts/{account}/notices/push`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PushRequest {
    /// Where the browser is reached.
    pub endpoint: String,
}

/// `PUT /v1/accounts/{account}/notices/email`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EmailRequest {
    /// The mailbox.
    pub address: String,
    /// `fr`, `en`, `eu` or `ar`.
    pub language: String,
}

/// `POST /v1/accounts/{account}/notices/email/code`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EmailCode {
    /// The six digits of the mail.
    pub code: String,
}

/// What is kept of a member for notices.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HeldNotices {
    /// Where mails go.
    pub email: Option<String>,
    /// The browsers that are woken.
    pub browsers: Vec<HeldBrowser>,
}

/// A browser that is woken.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HeldBrowser {
    /// The key that asked for it.
    pub key: String,
    /// Its address at its push service.
    pub endpoint: String,
}
