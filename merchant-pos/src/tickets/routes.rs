//! `/pos/v1/tills/{key}/…`, `/tickets`, `/closings`, `/public/tickets`: records in, and everything that is read of them.

use super::archive::{MAX_ARCHIVE_BYTES, Part};
use super::closing::{Period, Span};
use super::record::SignedRecord;
use super::store::{Chosen, Kept, PLACE_BYTES};
use super::{attestation, seal, wire};
use crate::counter::wire::Legal;
use crate::error::{Reason, Refusal};
use crate::routes::{Answer, Pos, body_of, charge_id};
use crate::session::{Actor, Reader};
use crate::store::Store;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use ledger::calendar::paris_day;
use ledger::encoding::{MAX_MESSAGE_BYTES, Reader as Cbor, Writer};
use ledger::fault::Fault;
use ledger::key::{AccountId, Hash32, LedgerId, PublicKey};

/// So many records come at once: a write of them stays within what the log of records takes in one piece.
const MAX_AT_ONCE: usize = 50;
/// The longest body: so many of the longest records, and the heads before them.
const MAX_BODY_BYTES: usize = MAX_AT_ONCE * (MAX_MESSAGE_BYTES + 3) + 16;
/// So many records are read at once.
const MAX_READ: usize = 200;
/// A page of a list has so many tickets.
const PAGE: usize = 200;

/// The routes.
pub fn routes() -> Router<Pos> {
    Router::new()
        .route("/tills/{key}/records", post(take).get(records).layer(DefaultBodyLimit::max(MAX_BODY_BYTES)))
        .route("/tills/{key}/chain", get(chain))
        .route("/tills/{key}/archive", get(archive))
        .route("/tickets", get(tickets))
        .route("/tickets/{till}/{ticket}", get(ticket))
        .route("/charges/{id}/ticket", get(ticket_of_charge))
        .route("/closings", get(closings))
        .route("/attestation.pdf", get(attestation))
        .route("/public/tickets/{hash}", get(public_ticket))
        .route("/public/tickets/{hash}/shop", get(public_shop))
}

fn key_of(text: &str) -> Answer<PublicKey> {
    PublicKey::from_hex(text).ok_or(Reason::NotFound.into())
}

fn queried<T>(query: Result<Query<T>, QueryRejection>, what: &'static str) -> Answer<T> {
    query.map(|Query(query)| query).map_err(|_| Refusal::Malformed(what))
}

impl Pos {
    async fn ledger_id(&self) -> Answer<LedgerId> {
        Ok(self.watch.upstream.trust().await?.ledger)
    }

    fn checkpoint(&self, ledger: &LedgerId, kept: &Kept) -> String {
        seal::sign(&seal::origin(ledger, &kept.chain.till), &kept.edge, None, &self.signer)
    }
}

/// Takes the records of a till apart, and verifies that it signed each of them for this shop.
fn decode(body: &[u8], ledger: &LedgerId, account: &AccountId, till: &PublicKey) -> Answer<Vec<SignedRecord>> {
    each(body)?
        .into_iter()
        .map(|bytes| {
            let signed = SignedRecord::decode(bytes, ledger)?;
            let own = (signed.record.account, signed.till) == (*account, *till);
            if own { Ok(signed) } else { Err(Reason::TicketOtherTill.into()) }
        })
        .collect()
}

fn each(body: &[u8]) -> Answer<Vec<&[u8]>> {
    let mut reader = Cbor::new(body);
    let records = reader.array(MAX_AT_ONCE)?;
    let records = (0..records).map(|_| reader.bytes()).collect::<Result<Vec<_>, _>>()?;
    reader.end()?;
    Ok(records)
}

async fn take(
    State(pos): State<Pos>,
    actor: Actor,
    Path(key): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Answer<Json<wire::Taken>> {
    let (till, body, ledger, account) = (key_of(&key)?, body_of(body)?, pos.ledger_id().await?, actor.account);
    pos.need_own_till(&actor, &till).await?;
    let now = pos.now();
    let taking = pos.watch.upstream.on_store(move |store| {
        let signed = match decode(&body, &ledger, &account, &till) {
            Ok(signed) => signed,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let records: Vec<_> = signed.into_iter().zip(each(&body).unwrap_or_default()).collect();
        let (kept, taken) = store.take_records(&account, &till, &records, now)?;
        Ok(taken.map(|()| kept).map_err(Refusal::from))
    });
    let kept = taking.await??;
    if kept.certificate.is_empty() && actor.key == till {
        // What names the shop to whoever has a ticket's link; without it the ticket is as good.
        let certificate = pos.watch.upstream.certificate(&actor).await;
        pos.watch.upstream.on_store(move |store| store.keep_certificate(&account, &till, certificate)).await?;
    }
    let checkpoint = pos.checkpoint(&ledger, &kept);
    let (number, hash, ticket) = (kept.chain.number, kept.chain.hash.to_string(), kept.chain.ticket.unwrap_or(0));
    Ok(Json(wire::Taken { number, hash, ticket, root: hex::encode(kept.edge.root()), checkpoint }))
}

async fn chain(State(pos): State<Pos>, Reader(actor): Reader, Path(key): Path<String>) -> Answer<Json<wire::ChainInfo>> {
    let (till, ledger) = (key_of(&key)?, pos.ledger_id().await?);
    let kept = pos.watch.upstream.on_store(move |store| store.chain(&actor.account, &till)).await?;
    Ok(Json(wire::ChainInfo::of(&kept.chain, pos.checkpoint(&ledger, &kept))))
}

async fn records(
    State(pos): State<Pos>,
    Reader(actor): Reader,
    Path(key): Path<String>,
    query: Result<Query<wire::RecordsQuery>, QueryRejection>,
) -> Answer<Response> {
    let wire::RecordsQuery { from, limit } = queried(query, "`from` and `limit` are whole numbers.")?;
    let (till, most) = (key_of(&key)?, limit.unwrap_or(MAX_READ).min(MAX_READ));
    let read = move |store: &Store| store.till_records(&actor.account, &till, from.unwrap_or(1), most);
    let records = pos.watch.upstream.on_store(read).await?;
    let mut out = Writer::new();
    out.array(records.len());
    records.iter().for_each(|record| {
        out.bytes(record);
    });
    Ok(([(CONTENT_TYPE, "application/cbor")], out.into_bytes()).into_response())
}

async fn tickets(
    State(pos): State<Pos>,
    Reader(actor): Reader,
    query: Result<Query<wire::TicketsQuery>, QueryRejection>,
) -> Answer<Json<wire::Tickets>> {
    let wire::TicketsQuery { from, to, till, cashier, after } =
        queried(query, "The query needs `from` and `to` in milliseconds.")?;
    let key = |key: Option<String>| key.map(|key| key_of(&key)).transpose();
    let chosen = Chosen { till: key(till)?, cashier: key(cashier)? };
    let place = |text: String| hex::decode(text).ok().filter(|place| place.len() == PLACE_BYTES);
    let after = after.map(|text| place(text).ok_or(Refusal::Malformed("`after` is what `next` said."))).transpose()?;
    let read = move |store: &Store| store.ticket_page(&actor.account, (from, to), after.as_deref(), PAGE, &chosen);
    let (rows, next) = pos.watch.upstream.on_store(read).await?;
    let rows = rows.iter().map(|(row, hash)| wire::TicketInfo::of(row, hash)).collect();
    Ok(Json(wire::Tickets { rows, next: next.map(hex::encode) }))
}

fn cose(bytes: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, "application/cose")], bytes).into_response()
}

async fn ticket(
    State(pos): State<Pos>,
    Reader(actor): Reader,
    Path((till, ticket)): Path<(String, String)>,
    query: Result<Query<wire::TicketQuery>, QueryRejection>,
) -> Answer<Response> {
    let wire::TicketQuery { training } = queried(query, "`training` is true or false.")?;
    let (till, ticket) = (key_of(&till)?, ticket.parse::<u64>().map_err(|_| Reason::NotFound)?);
    let read = move |store: &Store| store.record_of_ticket(&actor.account, &till, ticket, training);
    Ok(cose(pos.watch.upstream.on_store(read).await?.ok_or(Reason::NotFound)?))
}

/// The sale that a charge paid, whichever till of the shop made it: what another till's refund gives back.
async fn ticket_of_charge(
    State(pos): State<Pos>,
    Reader(actor): Reader,
    Path(charge): Path<String>,
) -> Answer<Json<wire::TicketInfo>> {
    let charge = charge_id(&charge)?;
    let read = move |store: &Store| store.listed_of_charge(&actor.account, &charge);
    let (row, hash) = pos.watch.upstream.on_store(read).await?.ok_or(Reason::NotFound)?;
    Ok(Json(wire::TicketInfo::of(&row, &hash)))
}

async fn closings(
    State(pos): State<Pos>,
    Reader(actor): Reader,
    query: Result<Query<wire::ClosingsQuery>, QueryRejection>,
) -> Answer<Json<wire::Closings>> {
    let needs = "The query needs `period` (day, month or year), and `from` and `to` in milliseconds.";
    let wire::ClosingsQuery { period, from, to } = queried(query, needs)?;
    let span = Span::ALL.into_iter().find(|span| span.word() == period).ok_or(Refusal::Malformed(needs))?;
    let days = (paris_day(from), paris_day(to.saturating_sub(1)));
    let closings = pos.watch.upstream.on_store(move |store| {
        let mut closings = Vec::new();
        for till in store.chains(&actor.account)? {
            closings.extend(store.closings(&actor.account, &till, span, days)?);
        }
        Ok(closings)
    });
    let closings = closings.await?;
    Ok(Json(wire::Closings {
        closings: closings.iter().map(|(signed, closing)| wire::ClosingInfo::of(signed, closing)).collect(),
    }))
}

async fn archive(
    State(pos): State<Pos>,
    Reader(actor): Reader,
    Path(key): Path<String>,
    query: Result<Query<wire::ArchiveQuery>, QueryRejection>,
) -> Answer<Response> {
    let needs = "The query needs `from` and `to`, days such as 2026-11-22.";
    let wire::ArchiveQuery { from, to } = queried(query, needs)?;
    let day = |text: &str| match Period::parse(text) {
        Some(Period::Day(day)) => Ok(day),
        _ => Err(Refusal::Malformed(needs)),
    };
    let (till, days, ledger, account) = (key_of(&key)?, (day(&from)?, day(&to)?), pos.ledger_id().await?, actor.account);
    let gather = move |store: &Store| {
        let words = words_of(&store.part::<Legal>(&account)?);
        store.archive_part(ledger, account, till, words, days, MAX_ARCHIVE_BYTES)
    };
    let part: Part = pos.watch.upstream.on_store(gather).await??;
    let name = format!("attachment; filename=\"{}-{from}-{to}.liard-till\"", &till.to_string()[..8]);
    let headers = [(CONTENT_TYPE, "application/octet-stream".to_owned()), (CONTENT_DISPOSITION, name)];
    Ok((headers, part.sign(&pos.signer)).into_response())
}

/// Who the shop is, and with what the archive was made.
fn words_of(legal: &Legal) -> String {
    let number = |name: &str, value: &str| if value.is_empty() { String::new() } else { format!("{name} {value}") };
    let program = format!("Liard {}", env!("CARGO_PKG_VERSION"));
    let parts = [&legal.name, &legal.address, &number("SIRET", &legal.siret), &number("TVA", &legal.vat_number), &program];
    parts.into_iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join("\n")
}

async fn attestation(State(pos): State<Pos>, Reader(actor): Reader) -> Answer<Response> {
    let (account, ledger) = (actor.account, pos.ledger_id().await?);
    let read = move |store: &Store| -> Result<_, Fault> {
        let chains = store.chains(&account)?.iter().map(|till| store.chain(&account, till)).collect::<Result<Vec<_>, _>>()?;
        let chains = chains.into_iter().map(|kept| kept.chain).collect::<Vec<_>>();
        Ok((store.part::<Legal>(&account)?, chains, store.tills(&account)?))
    };
    let (legal, chains, tills) = pos.watch.upstream.on_store(read).await?;
    let account = pos.account_text(&actor).await?;
    let service = PublicKey::from(pos.signer.verifying_key());
    let pdf = attestation::pdf(&attestation::Facts { legal, account, ledger, service, chains, tills, now: pos.now() });
    Ok(([(CONTENT_TYPE, "application/pdf")], pdf).into_response())
}

async fn public_ticket(State(pos): State<Pos>, Path(hash): Path<String>) -> Answer<Response> {
    let hash = Hash32::from_hex(&hash).ok_or(Reason::NotFound)?;
    let found = pos.watch.upstream.on_store(move |store| store.record_of_hash(&hash)).await?;
    Ok(cose(found.ok_or(Reason::NotFound)?.1))
}

async fn public_shop(State(pos): State<Pos>, Path(hash): Path<String>) -> Answer<Json<wire::ShopOfTicket>> {
    let hash = Hash32::from_hex(&hash).ok_or(Reason::NotFound)?;
    let read = move |store: &Store| {
        let Some((account, bytes)) = store.record_of_hash(&hash)? else { return Ok(None) };
        let till = SignedRecord::kept(&bytes).map_err(crate::store::damaged)?.till;
        Ok(Some(wire::ShopOfTicket::of(store.part(&account)?, &store.chain(&account, &till)?.certificate)))
    };
    Ok(Json(pos.watch.upstream.on_store(read).await?.ok_or(Reason::NotFound)?))
}
