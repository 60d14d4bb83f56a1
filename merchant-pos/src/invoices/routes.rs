//! Routes of invoices: for the shop and its programs, for members who have bills, and for whoever has an invoice's link.

use super::address::target;
use super::invoice::{self, CHARGE_LASTS_MS, Invoice, InvoiceToken, MAX_DUE_DAYS, State as InvoiceState, Told};
use super::rows::{Delivery, HookRow, KeyRow};
use super::secret::{self, Name, ProgramKey, draw};
use super::series::Series;
use super::store::{Found, MAX_PAGE};
use super::treasury;
use super::wire::{self, HookEvent, is_late};
use crate::charge::{Charge, MAX_CHARGE_CENTS, Progress};
use crate::day::MAX_RANGE_MS;
use crate::error::{Reason, Refusal};
use crate::routes::{Answer, Pos, body_of, charge_id};
use crate::session::{Actor, Chief, Reader, Token};
use crate::store::Store;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::header::{AUTHORIZATION, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use ledger::amount::Amount;
use ledger::calendar::{civil, paris_day};
use ledger::key::AccountId;
use ledger::message::{Certificate, ChargeRequest};
use ledger::transaction::ChargeReference;

/// The routes.
pub fn routes() -> Router<Pos> {
    Router::new()
        .route("/invoices", get(list).post(write))
        .route("/invoices/{token}", get(one))
        .route("/invoices/{token}/cancel", post(cancel))
        .route("/invoices/{token}/remind", post(remind))
        .route("/invoicing/desk", get(desk))
        .route("/invoicing/series", get(series).post(keep_series))
        .route("/invoicing/treasury.csv", get(treasury_file))
        .route("/invoicing/keys", get(keys).post(new_key))
        .route("/invoicing/keys/{name}", delete(drop_key))
        .route("/invoicing/hooks", get(hooks).post(new_hook))
        .route("/invoicing/hooks/{name}", delete(drop_hook))
        .route("/invoicing/hooks/{name}/test", post(test_hook))
        .route("/bills", get(bills))
        .route("/public/invoices/{token}", get(public_one))
        .route("/public/invoices/{token}/charge", post(charge))
}

/// Who reads a shop's invoices: its people, its accountants, its programs.
struct Looking(AccountId);

/// Who writes them: its people, and programs that may.
struct Writing(AccountId);

/// Who cancels them: whoever may change what the shop set up, and programs that may write. To ask is every cashier's work; to let the
/// shop do without its money is not.
struct Cancelling(AccountId);

/// The program's key of a request; `None` when it comes with another token.
async fn program(parts: &Parts, pos: &Pos) -> Answer<Option<(AccountId, KeyRow)>> {
    let header = parts.headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok());
    let Some(key) = header.and_then(Token::from_header).and_then(|token| ProgramKey::from_text(token.as_str())) else {
        return Ok(None);
    };
    let (account, name) = (key.account, key.name);
    let known = pos.watch.upstream.on_store(move |store| store.program_key(&account, &name)).await?;
    let row = known.filter(|row| row.hash == key.hash()).ok_or(Reason::NotSignedIn)?;
    pos.desk.count_call(account, pos.now())?;
    Ok(Some((account, row)))
}

/// The account of a program that may write; `None` when the request comes with another token.
async fn writing_program(parts: &Parts, pos: &Pos) -> Answer<Option<AccountId>> {
    match program(parts, pos).await? {
        Some((_, row)) if !row.create => Err(Reason::KeyReadsOnly.into()),
        found => Ok(found.map(|(account, _)| account)),
    }
}

impl FromRequestParts<Pos> for Looking {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, pos: &Pos) -> Result<Looking, Refusal> {
        if let Some((account, _)) = program(parts, pos).await? {
            return Ok(Looking(account));
        }
        let Reader(actor) = Reader::from_request_parts(parts, pos).await?;
        Ok(Looking(actor.account))
    }
}

impl FromRequestParts<Pos> for Writing {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, pos: &Pos) -> Result<Writing, Refusal> {
        if let Some(account) = writing_program(parts, pos).await? {
            return Ok(Writing(account));
        }
        let actor = Actor::from_request_parts(parts, pos).await?;
        pos.desk.count_call(actor.account, pos.now())?;
        Ok(Writing(actor.account))
    }
}

impl FromRequestParts<Pos> for Cancelling {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, pos: &Pos) -> Result<Cancelling, Refusal> {
        if let Some(account) = writing_program(parts, pos).await? {
            return Ok(Cancelling(account));
        }
        let Chief(actor) = Chief::from_request_parts(parts, pos).await?;
        pos.desk.count_call(actor.account, pos.now())?;
        Ok(Cancelling(actor.account))
    }
}

/// The shop's own key.
struct Owner(AccountId);

impl FromRequestParts<Pos> for Owner {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, pos: &Pos) -> Result<Owner, Refusal> {
        let actor = Actor::from_request_parts(parts, pos).await?;
        actor.need_full()?;
        Ok(Owner(actor.account))
    }
}

fn token(text: &str) -> Answer<InvoiceToken> {
    charge_id(text)
}

fn name(text: &str) -> Answer<Name> {
    let mut name = Name::default();
    hex::decode_to_slice(text, &mut name).map_err(|_| Reason::NotFound)?;
    Ok(name)
}

impl Pos {
    fn today(&self) -> i64 {
        paris_day(self.now())
    }

    /// The public name of a shop, by the association's word to the desk.
    async fn public_name(&self, actor: &Actor) -> Answer<String> {
        let certificate = self.watch.upstream.certificate(actor).await;
        let trust = self.watch.upstream.trust().await?;
        let certificate = Certificate::decode(&certificate, &trust.ledger, &trust.keys).map_err(|_| Reason::InvoiceNoName)?;
        Ok(certificate.name)
    }

    /// An invoice of an account, after what is new was taken in if it has a charge that may have been paid.
    async fn invoice_of(&self, account: &AccountId, token: InvoiceToken) -> Answer<Found> {
        let found = self.found(token).await?;
        if found.invoice.account == *account { Ok(found) } else { Err(Reason::NotFound.into()) }
    }

    async fn found(&self, token: InvoiceToken) -> Answer<Found> {
        let read = || self.watch.upstream.on_store(move |store| store.invoice(&token));
        let found = read().await?.ok_or(Reason::NotFound)?;
        let may_change = found.charges.iter().any(|charge| charge.progress == Progress::Asked);
        if !may_change || found.standing().state.is_settled() {
            return Ok(found);
        }
        // A shop that took the desk's key away has its invoices still, as far as they are known.
        let Ok(actor) = self.desk_actor(&found.invoice.account).await else { return Ok(found) };
        let shop = self.watch.attend(&actor)?;
        self.watch.catch_up_for(&shop, &actor.token).await?;
        Ok(read().await?.ok_or(Reason::NotFound)?)
    }
}

async fn list(
    State(pos): State<Pos>,
    Looking(account): Looking,
    query: Result<Query<wire::ListQuery>, QueryRejection>,
) -> Answer<Json<wire::Invoices>> {
    let malformed = |_| Refusal::Malformed("The query knows `list`, `series`, `reference`, `after` and `limit`.");
    let Query(wire::ListQuery { list, series, reference, after, limit }) = query.map_err(malformed)?;
    let after =
        after.map(|after| hex::decode(after).ok().filter(|place| place.len() == 24).ok_or(Reason::NotFound)).transpose()?;
    let (today, limit) = (pos.today(), limit.unwrap_or(MAX_PAGE).clamp(1, MAX_PAGE));
    let view = pos.view().await?;
    let page = pos.watch.upstream.on_store(move |store| {
        if let Some(reference) = reference {
            let found = store.invoice_of_reference(&account, &reference)?;
            return Ok(super::store::Page { found: found.into_iter().collect(), next: None });
        }
        store.invoices(&account, after.as_deref(), limit, |found| {
            let state = found.standing().state;
            let of_series = series.is_none() || found.invoice.series == series;
            of_series
                && match list.as_deref() {
                    Some("open") => !state.is_settled(),
                    Some("late") => is_late(found, state, today),
                    Some("paid") => matches!(state, InvoiceState::Paid | InvoiceState::Refunded),
                    Some("cancelled") => state == InvoiceState::Cancelled,
                    _ => true,
                }
        })
    });
    Ok(Json(view.invoices(&page.await?, today)))
}

const INVOICE_WORDS: &str = "The body is no JSON object with `amount`, `due` and `reference` or `series`.";

async fn write(
    State(pos): State<Pos>,
    Writing(account): Writing,
    body: Result<Bytes, BytesRejection>,
) -> Answer<Json<wire::InvoiceInfo>> {
    let asked: wire::NewInvoice = wire::body(&body_of(body)?, INVOICE_WORDS)?;
    let id =
        asked.id.map(|id| charge_id(&id).map_err(|_| Refusal::Malformed("An `id` is 32 hexadecimal digits."))).transpose()?;
    let (view, today) = (pos.view().await?, pos.today());
    let amount = Amount::from_cents(asked.amount).filter(|amount| (1..=MAX_CHARGE_CENTS).contains(&amount.cents()));
    let amount = amount.ok_or(Reason::ChargeAmount)?;
    let due = wire::day(&asked.due)?;
    if due < today || due > today + MAX_DUE_DAYS {
        return Err(Reason::InvoiceDue.into());
    }
    let payer = asked.payer.filter(|payer| !payer.trim().is_empty());
    let payer =
        payer.map(|payer| AccountId::from_text(payer.trim(), &view.prefix).map_err(|_| Reason::InvoicePayer)).transpose()?;
    if payer == Some(account) {
        return Err(Reason::InvoicePayer.into());
    }
    let reference = match asked.reference.as_deref().map(str::trim).filter(|reference| !reference.is_empty()) {
        Some(reference) => invoice::reference(reference)?,
        None if asked.series.is_some() => String::new(),
        None => return Err(Reason::InvoiceReference.into()),
    };
    let email = asked.email.filter(|email| !email.trim().is_empty()).map(|email| invoice::email(&email)).transpose()?;
    let actor = pos.desk_actor(&account).await?;
    let invoice = Invoice {
        token: draw()?,
        account,
        shop_name: pos.public_name(&actor).await?,
        reference,
        series: asked.series,
        text: invoice::text(&asked.text)?,
        amount,
        due,
        payer,
        email,
        partial: asked.partial,
        created: pos.now(),
        cancelled: None,
        reminded: Vec::new(),
        told: Told::default(),
    };
    let (year, drawn) = (civil(today).0, invoice.token);
    let found = pos.watch.upstream.on_store(move |store| store.add_invoice(invoice, id, year)).await??;
    if found.invoice.token == drawn {
        pos.write_letter(&found, false).await;
    }
    Ok(Json(view.invoice(&found, today)))
}

async fn one(State(pos): State<Pos>, Looking(account): Looking, Path(text): Path<String>) -> Answer<Json<wire::InvoiceInfo>> {
    let found = pos.invoice_of(&account, token(&text)?).await?;
    Ok(Json(pos.view().await?.invoice(&found, pos.today())))
}

async fn cancel(
    State(pos): State<Pos>,
    Cancelling(account): Cancelling,
    Path(text): Path<String>,
) -> Answer<Json<wire::InvoiceInfo>> {
    let (token, now) = (token(&text)?, pos.now());
    // What was paid already is taken in first.
    pos.invoice_of(&account, token).await?;
    let cancelled = pos.watch.upstream.on_store(move |store| store.cancel_invoice(&account, &token, now)).await??;
    pos.settle(token).await?;
    Ok(Json(pos.view().await?.invoice(&cancelled, pos.today())))
}

async fn remind(State(pos): State<Pos>, Writing(account): Writing, Path(text): Path<String>) -> Answer<Json<wire::InvoiceInfo>> {
    let (token, now) = (token(&text)?, pos.now());
    // What was paid already is taken in first.
    pos.invoice_of(&account, token).await?;
    let found = pos.remind(token, move |found| found.invoice.may_remind(&found.standing(), now)).await?;
    Ok(Json(pos.view().await?.invoice(&found, pos.today())))
}

async fn desk(State(pos): State<Pos>, Reader(actor): Reader) -> Answer<Json<wire::DeskInfo>> {
    let key: ledger::key::PublicKey = pos.desk.key(&actor.account).verifying_key().into();
    let admitted = match pos.desk_actor(&actor.account).await {
        Ok(_) => true,
        Err(Refusal::Because(Reason::InvoiceDesk)) => false,
        Err(other) => return Err(other),
    };
    Ok(Json(wire::DeskInfo { key: key.to_string(), admitted }))
}

async fn series(State(pos): State<Pos>, Looking(account): Looking) -> Answer<Json<wire::SeriesList>> {
    let series = pos.watch.upstream.on_store(move |store| store.series(&account)).await?;
    Ok(Json(wire::SeriesList { series: series.iter().map(wire::series).collect() }))
}

async fn keep_series(
    State(pos): State<Pos>,
    Chief(actor): Chief,
    body: Result<Bytes, BytesRejection>,
) -> Answer<Json<wire::SeriesInfo>> {
    let asked: wire::SeriesInfo = wire::body(&body_of(body)?, "The body is no JSON object with `name`, `pattern` and `code`.")?;
    let series = Series::new(&asked.name, &asked.pattern, &asked.code)?;
    let kept = series.clone();
    pos.watch.upstream.on_store(move |store| store.keep_series(&actor.account, &kept)).await??;
    Ok(Json(wire::series(&series)))
}

async fn treasury_file(
    State(pos): State<Pos>,
    Reader(actor): Reader,
    query: Result<Query<wire::TreasuryQuery>, QueryRejection>,
) -> Answer<Response> {
    let malformed = |_| Refusal::Malformed("The query needs `from` and `to` in milliseconds, and may have `series`.");
    let Query(wire::TreasuryQuery { from, to, series }) = query.map_err(malformed)?;
    if to <= from || to - from > MAX_RANGE_MS {
        return Err(Reason::DayRange.into());
    }
    let shop = pos.watch.attend(&actor)?;
    // A file of what this machine has receipts of: a ledger that does not answer changes nothing in it.
    pos.watch.catch_up_for(&shop, &actor.token).await.ok();
    let (account, prefix) = (actor.account, pos.view().await?.prefix);
    let file = pos.watch.upstream.on_store(move |store| match store.day(&account, from, to)? {
        Ok(rows) => treasury::csv(store, &account, &rows, series.as_deref(), &prefix).map(Ok),
        Err(reason) => Ok(Err(reason)),
    });
    let headers = [(CONTENT_TYPE, "text/csv; charset=utf-8"), (CONTENT_DISPOSITION, "attachment; filename=\"regie.csv\"")];
    Ok((headers, file.await??).into_response())
}

async fn keys(State(pos): State<Pos>, Owner(account): Owner) -> Answer<Json<wire::Keys>> {
    let rows = pos.watch.upstream.on_store(move |store| store.program_keys(&account)).await?;
    Ok(Json(wire::Keys { keys: rows.iter().map(|row| wire::key(row, None)).collect() }))
}

async fn new_key(
    State(pos): State<Pos>,
    Owner(account): Owner,
    body: Result<Bytes, BytesRejection>,
) -> Answer<Json<wire::KeyInfo>> {
    let asked: wire::NewKey = wire::body(&body_of(body)?, "The body is no JSON object with `label` and `create`.")?;
    let key = ProgramKey::draw(account)?;
    let label = secret::label(&asked.label)?;
    let row = KeyRow { name: key.name, hash: key.hash(), label, create: asked.create, created: pos.now() };
    let kept = row.clone();
    pos.watch.upstream.on_store(move |store| store.add_program_key(&account, &kept)).await??;
    Ok(Json(wire::key(&row, Some(key.to_text()))))
}

async fn drop_key(State(pos): State<Pos>, Owner(account): Owner, Path(text): Path<String>) -> Answer<Json<wire::Keys>> {
    let name = name(&text)?;
    pos.watch.upstream.on_store(move |store| store.forget_program_key(&account, &name)).await?;
    keys(State(pos), Owner(account)).await
}

async fn hooks(State(pos): State<Pos>, Owner(account): Owner) -> Answer<Json<wire::Hooks>> {
    let rows = pos.watch.upstream.on_store(move |store| {
        let waiting = |row: HookRow| store.waiting_for(&account, &row.name).map(|waiting| (row, waiting));
        store.hooks(&account)?.into_iter().map(waiting).collect::<Result<Vec<_>, _>>()
    });
    let info = |(row, waiting): &(HookRow, usize)| wire::hook(row, pos.desk.hook_secret(&account, &row.name), *waiting);
    Ok(Json(wire::Hooks { hooks: rows.await?.iter().map(info).collect() }))
}

async fn new_hook(
    State(pos): State<Pos>,
    Owner(account): Owner,
    body: Result<Bytes, BytesRejection>,
) -> Answer<Json<wire::HookInfo>> {
    let asked: wire::NewHook = wire::body(&body_of(body)?, "The body is no JSON object with `url`.")?;
    let url = target(&asked.url, &pos.desk.allowed)?.to_string();
    let row = HookRow { name: draw()?, url, created: pos.now(), arrived: None, failed: None };
    let kept = row.clone();
    pos.watch.upstream.on_store(move |store| store.add_hook(&account, &kept)).await??;
    Ok(Json(wire::hook(&row, pos.desk.hook_secret(&account, &row.name), 0)))
}

async fn drop_hook(State(pos): State<Pos>, Owner(account): Owner, Path(text): Path<String>) -> Answer<Json<wire::Hooks>> {
    let name = name(&text)?;
    pos.watch.upstream.on_store(move |store| store.forget_hook(&account, &name)).await?;
    hooks(State(pos), Owner(account)).await
}

/// Sends an event that says nothing, to see whether it arrives.
async fn test_hook(State(pos): State<Pos>, Owner(account): Owner, Path(text): Path<String>) -> Answer<Json<wire::Hooks>> {
    let (hook, event, now) = (name(&text)?, draw::<16>()?, pos.now());
    pos.watch.upstream.on_store(move |store| store.hook(&account, &hook)).await?.ok_or(Reason::NotFound)?;
    pos.desk.count_call(account, now)?;
    let view = pos.view().await?;
    let body = wire::event(&HookEvent {
        id: hex::encode(event),
        kind: "test".into(),
        created: now,
        account: account.to_text(&view.prefix),
        invoice: None,
    });
    let delivery = Delivery { due: now, account, hook, event, attempts: 0, body };
    pos.watch.upstream.on_store(move |store| store.test_hook(&delivery)).await??;
    pos.desk.waiting.notify_one();
    hooks(State(pos), Owner(account)).await
}

/// What the accounts of a session have to pay.
async fn bills(State(pos): State<Pos>, parts: Parts) -> Answer<Json<wire::Bills>> {
    let header = parts.headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok());
    let token = header.and_then(Token::from_header).ok_or(Reason::NotSignedIn)?;
    let session = pos.watch.upstream.client().session(token.as_str()).await?;
    let (view, today, now) = (pos.view().await?, pos.today(), pos.now());
    let spends = ["full", "limited"];
    let accounts = session.accounts.iter().filter(|account| account.from <= now && spends.contains(&account.scope.as_str()));
    let accounts: Vec<AccountId> =
        accounts.filter_map(|account| AccountId::from_text(&account.account, &view.prefix).ok()).collect();
    let found = pos.watch.upstream.on_store(move |store| {
        let bills = accounts.iter().map(|account| store.bills(account)).collect::<Result<Vec<_>, _>>()?;
        Ok(bills.into_iter().flatten().collect::<Vec<_>>())
    });
    let mut found = found.await?;
    found.sort_by_key(|found| found.invoice.due);
    Ok(Json(wire::Bills { bills: found.iter().map(|found| view.bill(found, today)).collect() }))
}

async fn public_one(State(pos): State<Pos>, Path(text): Path<String>) -> Answer<Json<wire::Bill>> {
    let found = pos.found(token(&text)?).await?;
    Ok(Json(pos.view().await?.bill(&found, pos.today())))
}

/// The desk asks for a part, or for the rest.
async fn charge(
    State(pos): State<Pos>,
    Path(text): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Answer<Json<wire::PartCharge>> {
    let wire::Part { amount } = wire::body(&body_of(body)?, "The body is no JSON object with `amount`.")?;
    let found = pos.found(token(&text)?).await?;
    let (invoice, now) = (found.invoice, pos.now());
    let account = invoice.account;
    if let Some(id) = invoice.ask_for(amount, &found.charges, now)? {
        let waiting = found.charges.iter().find(|charge| charge.asked.id == id).ok_or(Reason::NotFound)?;
        return Ok(Json(pos.view().await?.part(waiting)));
    }
    let actor = pos.desk_actor(&account).await?;
    let asked = ChargeReference { id: draw()?, expires: now + CHARGE_LASTS_MS };
    let cents = Amount::from_cents(amount).ok_or(Reason::InvoicePart)?;
    let reference = Some(invoice.reference.clone());
    let request = ChargeRequest { payee: account, amount: cents, charge: asked, reference };
    let signed = request.sign(&pos.watch.upstream.trust().await?.ledger, &pos.desk.key(&account));
    let token = invoice.token;
    let ask = move |store: &Store, charge: &Charge, as_of: u64| store.ask_part(&token, charge, now, as_of);
    let (charge, _) = pos.take_charge_by(&actor, &signed, ask).await?;
    Ok(Json(pos.view().await?.part(&charge)))
}
