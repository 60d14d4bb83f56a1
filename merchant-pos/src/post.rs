//! Mails: this crate writes letters, and whoever opened the service hands them in.

use std::pin::Pin;
use std::sync::Arc;

/// A mail with at most one file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Letter {
    /// The address.
    pub to: String,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// A file.
    pub attachment: Option<Attachment>,
}

/// A file of a mail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attachment {
    /// Its name.
    pub name: String,
    /// Its media type, such as `application/pdf`.
    pub kind: &'static str,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// A mail was not handed in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unsent {
    /// The address is none, or the server never takes it.
    Refused,
    /// Not now.
    Later,
}

/// Whether a mail was handed in, once that is known.
pub type Posting = Pin<Box<dyn Future<Output = Result<(), Unsent>> + Send>>;

/// Hands mails in.
pub type Post = Arc<dyn Fn(Letter) -> Posting + Send + Sync>;
