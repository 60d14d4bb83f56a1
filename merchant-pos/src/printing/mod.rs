//! Printing: a till's signed record in, paper out.
//!
//! ```text
//! record ─▶ paper (rows) ─▶ escpos (bytes) ─▶ network: a printer in the shop, within the networks that this machine allows
//!                                          └▶ the browser: a printer on its USB port
//! ```
//! Only records that a till of the shop signed are printed as tickets. What may have come out of a printer once is marked as a duplicate
//! from then on, whatever the page says.

mod escpos;
mod network;
mod paper;
mod store;
pub mod wire;

pub use network::{Network, Printers};

use crate::counter::wire::Legal;
use crate::error::{Reason, Refusal};
use crate::routes::{Answer, Pos, body_of};
use crate::session::{Actor, Token};
use crate::settings::{Part, Who};
use crate::tickets::record::{Content, Means, SignedRecord};
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{FromRequestParts, Query, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use escpos::Page;
use network::Unsent;
use paper::{Around, Format, Paper};
use wire::{PrintQuery, Printed, Printer, Printing};

/// A shop has at most so many printers: counter, kitchen, a second counter, and some more.
const MAX_PRINTERS: usize = 8;
/// What a shop calls a printer.
const MAX_NAME_BYTES: usize = 40;
const NETWORK: &str = "network";
const USB: &str = "usb";
const WIDTHS: [u16; 2] = [58, 80];

/// How this machine prints.
#[derive(Clone, Default)]
pub struct Settings {
    /// The networks in which it reaches printers; none: it reaches no printer.
    pub networks: Vec<Network>,
    /// What the addresses of tickets begin with, where customers' phones reach this machine.
    pub receipts: Option<String>,
}

impl Part for Printing {
    const NAME: &'static str = "printers";
    const WHO: Who = Who::Till;

    fn check(&self) -> Result<(), Refusal> {
        let known = |place: usize| self.printers[..place].iter().any(|before| before.id == self.printers[place].id);
        let twice = (0..self.printers.len()).any(known);
        if self.printers.len() > MAX_PRINTERS || twice {
            return Err(Refusal::Malformed("There are at most 8 printers, each with an `id` of its own."));
        }
        self.printers.iter().try_for_each(Printer::check)
    }
}

impl Printer {
    fn check(&self) -> Result<(), Refusal> {
        let name = !self.name.is_empty() && self.name.len() <= MAX_NAME_BYTES && !self.name.chars().any(char::is_control);
        let placed = match self.kind.as_str() {
            NETWORK => network::address(&self.address).is_some(),
            USB => self.address.is_empty(),
            _ => false,
        };
        if self.id == 0 || !name {
            return Err(Refusal::Malformed("A printer has an `id` above 0, and a `name` of 1 to 40 bytes."));
        }
        if !placed {
            return Err(Refusal::Malformed("A printer is of `kind` network, with an IP address, or usb, without one."));
        }
        if !WIDTHS.contains(&self.width) || self.page().is_none() {
            return Err(Refusal::Malformed("A printer's `width` is 58 or 80, its `page` pc858, windows1252 or ascii."));
        }
        Ok(())
    }

    fn page(&self) -> Option<Page> {
        Page::ALL.into_iter().find(|page| page.word() == self.page)
    }

    fn format(&self) -> Format {
        Format { width_mm: self.width, page: self.page().unwrap_or(Page::Ascii), cut: self.cut }
    }
}

/// The routes of printing.
pub fn routes() -> Router<Pos> {
    Router::new()
        .route("/printing/tickets", post(ticket))
        .route("/printing/trials", post(trial))
        .route("/printing/drawer", post(drawer))
}

/// A till, or the shop's own key, as the wallet API said lately: paper goes on coming while the line to it is cut.
struct Lately(Actor);

impl FromRequestParts<Pos> for Lately {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, pos: &Pos) -> Result<Lately, Refusal> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok());
        let known = header.and_then(Token::from_header).and_then(|token| pos.watch.sessions.lately(&token, pos.now()));
        let known = known.filter(|actor| !actor.reads_only);
        if let Some(actor) = known.as_ref().filter(|actor| pos.watch.is_cut(&actor.account)) {
            return Ok(Lately(actor.clone()));
        }
        match (Actor::from_request_parts(parts, pos).await, known) {
            (Err(Refusal::Because(Reason::LedgerUnanswered)), Some(known)) => Ok(Lately(known)),
            (actor, _) => actor.map(Lately),
        }
    }
}

type Asked = Result<Query<PrintQuery>, QueryRejection>;

fn asked(query: Asked) -> Answer<PrintQuery> {
    query.map(|Query(query)| query).map_err(|_| Refusal::Malformed("The `printer` is missing, or no number."))
}

impl Pos {
    async fn printer(&self, actor: &Actor, id: u32) -> Answer<Printer> {
        let account = actor.account;
        let known = self.watch.upstream.on_store(move |store| store.part::<Printing>(&account)).await?;
        known.printers.into_iter().find(|printer| printer.id == id).ok_or_else(|| Reason::PrinterUnknown.into())
    }

    /// Brings a paper to a printer, or gives the bytes to the browser that has it.
    async fn print(&self, printer: &Printer, what: &'static str, paper: &Paper) -> Result<Printed, Unsent> {
        let bytes = paper.bytes(printer.format());
        let sent = match network::address(&printer.address) {
            Some(address) => {
                let sent = self.printers.send(address, &bytes).await;
                tracing::info!(%address, what, bytes = bytes.len(), failed = sent.err().map(|unsent| unsent.why.code()), "printed");
                sent?;
                true
            }
            None => false,
        };
        let bytes = if sent { String::new() } else { URL_SAFE_NO_PAD.encode(bytes) };
        Ok(Printed { sent, duplicate: false, bytes })
    }
}

async fn ticket(
    State(pos): State<Pos>,
    Lately(actor): Lately,
    query: Asked,
    body: Result<Bytes, BytesRejection>,
) -> Answer<Json<Printed>> {
    let (query, bytes, account) = (asked(query)?, body_of(body)?, actor.account);
    let upstream = &pos.watch.upstream;
    let signed = SignedRecord::decode(&bytes, &upstream.trust().await?.ledger)?;
    if signed.record.account != account {
        return Err(Reason::TicketOtherTill.into());
    }
    pos.need_own_till(&actor, &signed.till).await?;
    let Content::Ticket(said) = &signed.record.content else { return Err(Reason::NotPrintable.into()) };
    let (printer, hash, now) = (pos.printer(&actor, query.printer).await?, signed.hash, pos.now());
    let shop = upstream.shop_name(&actor).await;
    // Counted before anything is sent: of two that ask at once one has the original, and so has one whose answer is lost. A browser
    // asks when it holds its printer open.
    let (legal, before) =
        upstream.on_store(move |store| Ok((store.part::<Legal>(&account)?, store.note_print(&account, &hash, now)?))).await?;
    let duplicate = query.duplicate || before.count > 0;
    let link = pos.receipts.as_ref().filter(|_| printer.code && !said.training);
    let around = Around {
        legal: &legal,
        shop: &shop,
        duplicate,
        link: link.map(|url| format!("{url}/ticket/#{}", URL_SAFE_NO_PAD.encode(hash.0))),
        drawer: printer.drawer && !duplicate && !said.training && said.tenders.iter().any(|tender| tender.means == Means::Cash),
    };
    let what = if duplicate { "duplicate" } else { "ticket" };
    match pos.print(&printer, what, &Paper::ticket(&signed, said, &around)).await {
        Ok(printed) => Ok(Json(Printed { duplicate, ..printed })),
        Err(unsent) => {
            if unsent.whole {
                upstream.on_store(move |store| store.take_back_print(&account, &hash)).await?;
            }
            Err(unsent.why.into())
        }
    }
}

async fn trial(State(pos): State<Pos>, Lately(actor): Lately, query: Asked) -> Answer<Json<Printed>> {
    let printer = pos.printer(&actor, asked(query)?.printer).await?;
    let paper = Paper::trial(&pos.watch.upstream.shop_name(&actor).await);
    Ok(Json(pos.print(&printer, "trial", &paper).await.map_err(|unsent| unsent.why)?))
}

async fn drawer(State(pos): State<Pos>, Lately(actor): Lately, query: Asked) -> Answer<Json<Printed>> {
    let printer = pos.printer(&actor, asked(query)?.printer).await?;
    Ok(Json(pos.print(&printer, "drawer", &Paper::drawer()).await.map_err(|unsent| unsent.why)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printer_has_a_place_and_a_paper() {
        let printer = |change: &dyn Fn(&mut Printer)| {
            let mut printer = Printer {
                id: 1,
                name: "Comptoir".into(),
                kind: NETWORK.into(),
                address: "192.168.1.50".into(),
                width: 80,
                page: "pc858".into(),
                cut: true,
                drawer: true,
                code: true,
            };
            change(&mut printer);
            Printing { printers: vec![printer] }.check().is_ok()
        };
        assert!(printer(&|_| ()));
        assert!(printer(&|printer| printer.address = "192.168.1.50:9101".into()));
        assert!(printer(&|printer| (printer.kind, printer.address) = (USB.into(), String::new())));
        let wrong: [&dyn Fn(&mut Printer); 8] = [
            &|printer| printer.id = 0,
            &|printer| printer.name = String::new(),
            &|printer| printer.name = "a\nb".into(),
            &|printer| printer.kind = "serial".into(),
            &|printer| printer.address = "printer.example".into(),
            &|printer| printer.kind = USB.into(),
            &|printer| printer.width = 79,
            &|printer| printer.page = "utf8".into(),
        ];
        for (place, wrong) in wrong.into_iter().enumerate() {
            assert!(!printer(wrong), "{place}");
        }
    }
}
