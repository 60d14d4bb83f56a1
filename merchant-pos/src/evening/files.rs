//! `/pos/v1/sales-files`: the shop's own files, how they are read, and what differs from what was received.
//!
//! A comparison is made from the records each time it is asked for: of a month with ten thousand payments that takes a moment, and it is
//! never older than what the page shows beside it.

use super::matching::{self, Compared, Finding, Received, Sale};
use super::receipt::Receipt;
use super::sales_file::{MAX_FILE_BYTES, NoTable, SAMPLE_ROWS, Sales, SalesTable, Wrong};
use super::store::{FileId, FileRow};
use super::wire::{
    CompareQuery, ComparedRow, ComparedRows, Comparison, KindCount, Mapping, NameQuery, SaleRow, SalesFile, SalesFileName,
    SalesFiles, Trouble,
};
use super::{MAX_NAME_BYTES, MAX_PAGE, PAGE};
use crate::counter::wire::Tickets;
use crate::error::{Reason, Refusal};
use crate::routes::{Answer, Pos, body_of};
use crate::session::{Actor, Reader};
use crate::store::Store;
use crate::tickets::record::Means;
use crate::wire::View;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use ledger::calendar::{day_text, paris_day, start_of_paris_day};
use ledger::fault::Fault;
use ledger::key::{AccountId, Prefix};

/// A file without a name is called so.
const NAMELESS: &str = "ventes.csv";
/// A mapping is some hundred bytes of JSON.
const MAX_MAPPING_BYTES: usize = 4 << 10;

pub(super) fn routes() -> Router<Pos> {
    let upload = Router::new().route("/sales-files", post(upload).get(list)).layer(DefaultBodyLimit::max(MAX_FILE_BYTES));
    let others = Router::new()
        .route("/sales-files/{id}", get(show).delete(forget))
        .route("/sales-files/{id}/mapping", put(map))
        .route("/sales-files/{id}/rows", get(rows))
        .layer(DefaultBodyLimit::max(MAX_MAPPING_BYTES));
    upload.merge(others)
}

fn file_id(text: &str) -> Answer<FileId> {
    let mut id = FileId::default();
    hex::decode_to_slice(text, &mut id).map_err(|_| Reason::NotFound)?;
    Ok(id)
}

/// A name as it is shown: without control characters, and not too long.
fn shown(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars().filter(|c| !c.is_control()) {
        if out.len() + c.len_utf8() > MAX_NAME_BYTES {
            break;
        }
        out.push(c);
    }
    if out.trim().is_empty() { NAMELESS.to_owned() } else { out }
}

impl From<NoTable> for Reason {
    fn from(why: NoTable) -> Reason {
        match why {
            NoTable::NoText | NoTable::NoColumns => Reason::SalesFileUnreadable,
            NoTable::TooMuch => Reason::SalesFileTooLarge,
        }
    }
}

/// A file that was read and, if its columns are known, compared.
struct Read {
    file: FileRow,
    table: SalesTable,
    mapping: Option<Mapping>,
    mapping_is: &'static str,
    compared: Option<Result<Side, Wrong>>,
}

/// Both sides of a comparison, and what was found.
struct Side {
    sales: Sales,
    receipts: Vec<Receipt>,
    received: Vec<Received>,
    found: Vec<Compared>,
}

/// Reads a kept file and compares it.
fn read(store: &Store, account: &AccountId, file: FileRow, prefix: &Prefix, as_of: u64) -> Result<Result<Read, Reason>, Fault> {
    let bytes = store.sales_file_bytes(account, &file.id)?;
    let table = match SalesTable::read(&bytes) {
        Ok(table) => table,
        Err(why) => return Ok(Err(why.into())),
    };
    let remembered = store.mapping(account, &table.fingerprint())?;
    let choices = [(file.mapping.clone(), "set"), (remembered, "remembered"), (table.guess(&prefix.to_string()), "guessed")];
    let chosen = choices.into_iter().find_map(|(mapping, is)| Some((mapping.filter(|mapping| table.has(mapping))?, is)));
    let (mapping, mapping_is) = chosen.map_or((None, "none"), |(mapping, is)| (Some(mapping), is));
    let compared = match &mapping {
        None => None,
        Some(mapping) => match table.sales(mapping) {
            Err(wrong) => Some(Err(wrong)),
            Ok(sales) => match compare(store, account, sales, as_of)? {
                Ok(side) => Some(Ok(side)),
                Err(reason) => return Ok(Err(reason)),
            },
        },
    };
    let mut read = Read { file, table, mapping, mapping_is, compared };
    let found = read.compared.as_ref().and_then(|compared| compared.as_ref().ok()).map(|side| {
        let (first, last) = side.sales.days;
        (start_of_paris_day(first), start_of_paris_day(last + 1), side.differences())
    });
    if found != read.file.found {
        read.file.found = found;
        store.keep_found(account, &read.file)?;
    }
    Ok(Ok(read))
}

/// Compares a file's sales with what was received on its days, and looks a day further on either side.
fn compare(store: &Store, account: &AccountId, sales: Sales, as_of: u64) -> Result<Result<Side, Reason>, Fault> {
    let (first, last) = sales.days;
    let (from, to) = (start_of_paris_day(first - 1), start_of_paris_day(last + 2));
    let made_here = store.part::<Tickets>(account)?.on;
    let material = match store.evening(account, from, to, made_here, as_of)? {
        Ok(material) => material,
        Err(reason) => return Ok(Err(reason)),
    };
    let mut receipts = material.receipts();
    receipts.retain(|row| row.means == Means::Units && row.counts());
    let of = |row: &Receipt| Received {
        name: row.id.clone(),
        time: row.time,
        cents: row.cents,
        reference: row.reference.clone().or_else(|| row.ticket.map(|(_, ticket)| ticket.to_string())),
        sequence: row.entry.map(|(sequence, _)| sequence),
        original: row.original,
        expected: (first..=last).contains(&paris_day(row.time)),
    };
    let received: Vec<Received> = receipts.iter().map(of).collect();
    let found = matching::compare(&sales.sales, &received);
    Ok(Ok(Side { sales, receipts, received, found }))
}

impl Side {
    fn differences(&self) -> u64 {
        u64::try_from(self.found.iter().filter(|one| one.finding != Finding::Matched).count()).unwrap_or(u64::MAX)
    }

    fn comparison(&self) -> Comparison {
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let (sales, received) = (&self.sales.sales, &self.received);
        let matched: Vec<&Compared> = self.found.iter().filter(|one| one.finding == Finding::Matched).collect();
        let kinds = matching::kinds(&self.found, sales, received);
        let kinds = kinds.into_iter().filter(|(finding, ..)| *finding != Finding::Matched);
        Comparison {
            first: day_text(self.sales.days.0),
            last: day_text(self.sales.days.1),
            rows: number(sales.len()) + self.sales.other,
            other_means: self.sales.other,
            matched: number(matched.len()),
            differences: kinds.map(|(finding, count, cents)| KindCount { kind: finding.word().into(), count, cents }).collect(),
            file_sum: sales.iter().map(|sale| sale.cents).sum(),
            ledger_sum: received.iter().filter(|one| one.expected).map(|one| one.cents).sum(),
            matched_sum: matched.iter().filter_map(|one| Some(sales[one.sale?].cents)).sum(),
            window_minutes: matching::WINDOW_MS / 60_000,
        }
    }
}

impl Read {
    fn shown(self) -> SalesFile {
        let trouble = self.compared.as_ref().and_then(|compared| compared.as_ref().err());
        let trouble = trouble.map(|wrong| Trouble { line: u64::try_from(wrong.line).unwrap_or(0), code: wrong.code.into() });
        let comparison = self.compared.as_ref().and_then(|compared| compared.as_ref().ok()).map(Side::comparison);
        SalesFile {
            id: hex::encode(self.file.id),
            name: self.file.name,
            uploaded: self.file.uploaded,
            sample: self.table.rows.iter().take(SAMPLE_ROWS).map(|row| row.cells.clone()).collect(),
            columns: self.table.columns,
            mapping: self.mapping,
            mapping_is: self.mapping_is.into(),
            comparison,
            trouble,
        }
    }
}

impl Pos {
    /// A file of the actor's shop, read and compared; `change` may change its row before.
    async fn sales_file(&self, actor: &Actor, id: FileId, mapping: Option<Mapping>) -> Answer<Read> {
        let as_of = self.read_up_to(actor).await?;
        let (account, prefix) = (actor.account, self.view().await?.prefix);
        let read = self.watch.upstream.on_store(move |store| {
            let Some(mut file) = store.sales_file(&account, &id)? else { return Ok(Err(Reason::NotFound)) };
            if let Some(mapping) = mapping {
                let table = match SalesTable::read(&store.sales_file_bytes(&account, &id)?) {
                    Ok(table) => table,
                    Err(why) => return Ok(Err(why.into())),
                };
                if !table.has(&mapping) {
                    return Ok(Err(Reason::MappingUnknown));
                }
                file = match store.keep_mapping(&account, &id, mapping, &table.fingerprint())? {
                    Some(file) => file,
                    None => return Ok(Err(Reason::NotFound)),
                };
            }
            read(store, &account, file, &prefix, as_of)
        });
        Ok(read.await??)
    }
}

async fn upload(
    State(pos): State<Pos>,
    actor: Actor,
    asked: Result<Query<NameQuery>, QueryRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Answer<Json<SalesFile>> {
    let bytes = body_of(body)?;
    let name = asked.map_err(|_| Refusal::Malformed("The name of the file is not readable."))?.0.name;
    let (account, uploaded) = (actor.account, pos.now());
    let mut id = FileId::default();
    getrandom::fill(&mut id).map_err(|_| Reason::Unavailable)?;
    let added = pos.watch.upstream.on_store(move |store| {
        if let Err(why) = SalesTable::read(&bytes) {
            return Ok(Err(why.into()));
        }
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let name = shown(name.as_deref().unwrap_or_default());
        let file = FileRow { id, name, uploaded, bytes: size, mapping: None, found: None };
        store.add_sales_file(&account, &file, &bytes)
    });
    added.await??;
    Ok(Json(pos.sales_file(&actor, id, None).await?.shown()))
}

async fn list(State(pos): State<Pos>, Reader(actor): Reader) -> Answer<Json<SalesFiles>> {
    let account = actor.account;
    let files = pos.watch.upstream.on_store(move |store| store.sales_files(&account)).await?;
    let shown =
        |file: FileRow| SalesFileName { id: hex::encode(file.id), name: file.name, uploaded: file.uploaded, bytes: file.bytes };
    Ok(Json(SalesFiles { files: files.into_iter().map(shown).collect() }))
}

async fn show(State(pos): State<Pos>, Reader(actor): Reader, Path(id): Path<String>) -> Answer<Json<SalesFile>> {
    Ok(Json(pos.sales_file(&actor, file_id(&id)?, None).await?.shown()))
}

async fn map(
    State(pos): State<Pos>,
    actor: Actor,
    Path(id): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Answer<Json<SalesFile>> {
    let mapping = serde_json::from_slice(&body_of(body)?).map_err(|_| Refusal::Malformed("The body is no mapping."))?;
    Ok(Json(pos.sales_file(&actor, file_id(&id)?, Some(mapping)).await?.shown()))
}

async fn forget(State(pos): State<Pos>, actor: Actor, Path(id): Path<String>) -> Answer<Json<SalesFiles>> {
    let (account, id) = (actor.account, file_id(&id)?);
    if !pos.watch.upstream.on_store(move |store| store.forget_sales_file(&account, &id)).await? {
        return Err(Reason::NotFound.into());
    }
    list(State(pos), Reader(actor)).await
}

async fn rows(
    State(pos): State<Pos>,
    Reader(actor): Reader,
    Path(id): Path<String>,
    asked: Result<Query<CompareQuery>, QueryRejection>,
) -> Answer<Json<ComparedRows>> {
    let Query(asked) = asked.map_err(|_| Refusal::Malformed("`after` and `limit` are numbers."))?;
    let finding = asked.list.as_deref().map(|word| Finding::of(word).ok_or(Refusal::Malformed("There is no list of that name.")));
    let finding = finding.transpose()?;
    let read = pos.sales_file(&actor, file_id(&id)?, None).await?;
    let side = match read.compared {
        Some(Ok(side)) => side,
        Some(Err(_)) | None => return Err(Reason::MappingNeeded.into()),
    };
    let view = pos.view().await?;
    let listed = |one: &&Compared| finding.map_or(one.finding != Finding::Matched, |finding| one.finding == finding);
    let (after, limit) =
        (usize::try_from(asked.after.unwrap_or(0)).unwrap_or(usize::MAX), asked.limit.unwrap_or(PAGE).clamp(1, MAX_PAGE));
    let mut wanted = side.found.iter().filter(listed).skip(after);
    let rows: Vec<ComparedRow> = wanted.by_ref().take(limit).map(|one| compared_row(one, &side, &view)).collect();
    let next = wanted.next().map(|_| u64::try_from(after + rows.len()).unwrap_or(u64::MAX));
    Ok(Json(ComparedRows { rows, next }))
}

fn compared_row(one: &Compared, side: &Side, view: &View) -> ComparedRow {
    ComparedRow {
        kind: one.finding.word().into(),
        sale: one.sale.map(|at| sale_row(&side.sales.sales[at])),
        receipt: one.received.map(|at| view.evening_row(&side.receipts[at])),
    }
}

fn sale_row(sale: &Sale) -> SaleRow {
    SaleRow {
        line: u64::try_from(sale.line).unwrap_or(u64::MAX),
        day: day_text(paris_day(sale.from)),
        time: (sale.to - sale.from < 3_600_001).then_some(sale.from),
        amount: sale.cents,
        reference: sale.reference.clone(),
    }
}
