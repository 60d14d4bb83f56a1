//! The JSON of stalls.

use crate::stalls::StallId;
use crate::stalls::store::StallRow;
use crate::wire::View;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ledger::encoding::Writer;
use serde::{Deserialize, Serialize};

/// A sign on a stall.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StallInfo {
    /// The first half of each of its charges' ids, in hexadecimal.
    pub id: String,
    /// What the shop calls it.
    pub label: String,
    /// The key that signed it.
    pub till: String,
    /// Since when.
    pub since: u64,
    /// When it was taken down.
    pub ended: Option<u64>,
    /// What its QR code says.
    pub link: String,
}

/// `GET /pos/v1/stalls`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stalls {
    /// The newest first.
    pub stalls: Vec<StallInfo>,
}

/// `GET /pos/v1/public/stalls/{account}/{id}`: what a wallet asks that scanned an old sign.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PublicStall {
    /// The signed sign, base64url.
    pub sign: String,
    /// The association's newest word on the shop's name, base64url; empty when there is none.
    pub certificate: String,
    /// Whether the shop took it down.
    pub ended: bool,
}

impl PublicStall {
    /// What anyone may know.
    pub fn of(row: &StallRow) -> PublicStall {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        PublicStall { sign: text(&row.sign), certificate: text(&row.certificate), ended: row.ended.is_some() }
    }
}

impl View {
    /// A stall, with the link that its sign shows.
    pub fn stall(&self, id: &StallId, row: &StallRow) -> StallInfo {
        let mut out = Writer::new();
        out.array(2).bytes(&row.sign).bytes(&row.certificate);
        StallInfo {
            id: hex::encode(id),
            label: row.label.clone(),
            till: row.till.to_string(),
            since: row.since,
            ended: row.ended,
            link: format!("{}/wallet/#shop={}", self.public_url, URL_SAFE_NO_PAD.encode(out.into_bytes())),
        }
    }
}
