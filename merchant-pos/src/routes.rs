//! `/pos/v1`: each route reads its request, asks the records or the ledger, and answers in the words of [`crate::wire`].
//!
//! Nothing is decided here: who asks is [`crate::session`]'s, what a charge may do is [`crate::charge`]'s, what happened is what
//! [`crate::watch`] took in.

use crate::charge::{Asker, Charge, Progress, SignedRequest, State as ChargeState};
use crate::day::{self, MAX_RANGE_MS};
use crate::description::description;
use crate::enrolment::{self, Claim, Enrolments, Kind, Source};
use crate::error::{Reason, Refusal};
use crate::evening;
use crate::invoices;
use crate::invoices::desk::Desk;
use crate::post::Post;
use crate::session::{Actor, Chief, Reader, Token, actor_of};
use crate::store::{ChargeId, DayRows, KEY_LABEL_DIGITS, News, Store, TillRow};
use crate::tickets;
use crate::upstream::Told;
use crate::watch::{AwaitedEnd, EVENTS_AHEAD, Listening, SETTLES_MS, Shop, Signal, Watch};
use crate::wire::{self, View};
use crate::{printing, settings, stalls};
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{ConnectInfo, DefaultBodyLimit, FromRequestParts, Path, Query, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use ledger::SigningKey;
use ledger::encoding::MAX_MESSAGE_BYTES;
use ledger::fault::Fault;
use ledger::key::PublicKey;
use ledger::transaction::{Body, SignedTransaction};
use qrcode::{EcLevel, QrCode};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_stream::wrappers::ReceiverStream;

/// An answer takes at most so long: twice what one call to the wallet API may take, and some for the disk.
const ANSWER_WITHIN: Duration = Duration::from_secs(45);
/// A connection hears something at least so often, so that both sides notice when the other has gone.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Whether a till that listens is still one is asked so often, even if no news of its rights came.
const RECHECK_EVERY: Duration = Duration::from_secs(60);
/// A till that takes no event for so long has gone.
const TAKE_WITHIN: Duration = Duration::from_secs(30);
/// After a charge's last millisecond comes the one in which it is over, and that is known a little later.
const AFTER_END_MS: u64 = SETTLES_MS + 1;
/// Whether a charge was paid before its end is asked again after so long, when the ledger did not answer.
const ASK_AGAIN: Duration = Duration::from_secs(5);
/// A till that claimed a code and was never given rights is forgotten after so long.
const UNCONFIRMED_MS: u64 = 86_400_000;
/// A QR code is drawn at least so many pixels wide; it is SVG, and grows without loss.
const QR_PIXELS: u32 = 240;

pub(crate) type Answer<T> = Result<T, Refusal>;

/// What the routes share.
#[derive(Clone)]
pub struct Pos {
    /// The shops that are followed, and the money behind them.
    pub watch: Arc<Watch>,
    /// The codes that wait.
    pub enrolments: Arc<Mutex<Enrolments>>,
    /// Where browsers find the wallet, without a slash at the end.
    pub public_url: Arc<str>,
    /// The service's own key.
    pub signer: Arc<SigningKey>,
    /// Hands mails in.
    pub post: Option<Post>,
    /// The way to the printers.
    pub printers: printing::Printers,
    /// What the addresses of tickets begin with, where phones reach this machine.
    pub receipts: Option<Arc<str>>,
    /// Asks in a shop's name while nobody is at the till.
    pub desk: Arc<Desk>,
    /// Whether wallets are served by the machine of the API, and not by this one.
    pub wallets_elsewhere: bool,
}

/// The routes.
pub fn router(pos: Pos) -> Router {
    let routes = Router::new()
        .route("/enrolments", post(begin_enrolment))
        .route("/enrolments/{code}", get(enrolment_standing))
        .route("/enrolments/{code}/claim", post(claim_enrolment))
        .route("/tills", get(tills))
        .route("/charges", post(ask))
        .route("/charges/{id}", get(charge))
        .route("/charges/{id}/cancel", post(cancel))
        .route("/charges/{id}/qr.svg", get(qr))
        .route("/refunds", post(refund))
        .route("/day", get(day_list))
        .route("/day.csv", get(day_file))
        .route("/events", get(events))
        .route("/openapi.json", get(openapi))
        .merge(settings::routes())
        .merge(evening::routes())
        .merge(invoices::routes())
        .merge(stalls::routes())
        .merge(printing::routes())
        .merge(tickets::routes::routes())
        .method_not_allowed_fallback(async || Refusal::from(Reason::MethodUnknown))
        .fallback(async || Refusal::from(Reason::NotFound))
        .layer(DefaultBodyLimit::max(MAX_MESSAGE_BYTES))
        .layer(from_fn(in_time))
        .with_state(pos);
    Router::new().nest("/pos/v1", routes)
}

async fn in_time(request: Request, next: Next) -> Response {
    match timeout(ANSWER_WITHIN, next.run(request)).await {
        Ok(mut answer) => {
            let fresh = axum::http::HeaderValue::from_static("no-store");
            answer.headers_mut().entry(CACHE_CONTROL).or_insert(fresh);
            answer
        }
        Err(_) => Refusal::from(Reason::TooSlow).into_response(),
    }
}

impl FromRequestParts<Pos> for Actor {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, pos: &Pos) -> Result<Actor, Refusal> {
        let Reader(actor) = Reader::from_request_parts(parts, pos).await?;
        if actor.reads_only { Err(Reason::NoShop.into()) } else { Ok(actor) }
    }
}

impl FromRequestParts<Pos> for Reader {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, pos: &Pos) -> Result<Reader, Refusal> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok());
        let token = header.and_then(Token::from_header).ok_or(Reason::NotSignedIn)?;
        pos.actor(&token).await.map(Reader)
    }
}

impl FromRequestParts<Pos> for Chief {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, pos: &Pos) -> Result<Chief, Refusal> {
        let actor = Actor::from_request_parts(parts, pos).await?;
        if pos.may_set_up(&actor).await? { Ok(Chief(actor)) } else { Err(Reason::CashierMayNot.into()) }
    }
}

impl Pos {
    /// Whether a key may change what its shop set up.
    pub(crate) async fn may_set_up(&self, actor: &Actor) -> Answer<bool> {
        let (account, key) = (actor.account, actor.key);
        if actor.full || actor.reads_only {
            return Ok(actor.full);
        }
        self.watch.upstream.on_store(move |store| store.may_set_up(&account, &key)).await
    }

    pub(crate) fn now(&self) -> u64 {
        self.watch.upstream.now()
    }

    pub(crate) async fn view(&self) -> Answer<View> {
        let prefix = self.watch.upstream.trust().await?.prefix;
        Ok(View { prefix, public_url: self.public_url.to_string(), now: self.now() })
    }

    /// Who a token belongs to.
    pub(crate) async fn actor(&self, token: &Token) -> Answer<Actor> {
        let (sessions, now) = (&self.watch.sessions, self.now());
        if let Some(actor) = sessions.known(token, now) {
            return Ok(actor);
        }
        let prefix = self.watch.upstream.trust().await?.prefix;
        let session = self.watch.upstream.client().session(token.as_str()).await?;
        let actor = actor_of(&session, token, &prefix, now)?;
        if !actor.full && !actor.reads_only {
            let (account, key) = (actor.account, actor.key);
            self.watch.upstream.on_store(move |store| store.remember_till(&account, &key, now)).await?;
            self.renew_copies(&actor).await?;
        }
        sessions.keep(&actor, session.expires, now);
        Ok(actor)
    }

    /// Refuses a record that no till of the actor's shop signed. A till's records may come with a cashier's session, or after the till
    /// lost its rights; one that this machine never saw is asked about.
    pub(crate) async fn need_own_till(&self, actor: &Actor, till: &PublicKey) -> Answer<()> {
        let (account, till) = (actor.account, *till);
        if actor.key == till || self.watch.upstream.on_store(move |store| store.signs_for(&account, &till)).await? {
            return Ok(());
        }
        let text = self.account_text(actor).await?;
        let info = self.watch.upstream.client().account(actor.token.as_str(), &text).await?;
        let now = self.now();
        let own = info.keys.iter().find(|key| key.from <= now && PublicKey::from_hex(&key.key) == Some(till));
        match own.map(|key| key.scope.as_str()) {
            Some("full") => Ok(()),
            Some(scope) if scope == Kind::Till.scope() => {
                self.watch.upstream.on_store(move |store| store.remember_till(&account, &till, now)).await
            }
            _ => Err(Reason::TicketOtherTill.into()),
        }
    }

    pub(crate) async fn account_text(&self, actor: &Actor) -> Answer<String> {
        Ok(actor.account.to_text(&self.watch.upstream.trust().await?.prefix))
    }

    fn enrolments(&self) -> std::sync::MutexGuard<'_, Enrolments> {
        self.enrolments.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn body_of(body: Result<Bytes, BytesRejection>) -> Answer<Bytes> {
    // The only other failure of reading bytes is a connection that broke, and then nobody reads the answer.
    body.map_err(|_| Reason::TooLarge.into())
}

pub(crate) fn charge_id(text: &str) -> Answer<ChargeId> {
    let mut id = ChargeId::default();
    hex::decode_to_slice(text, &mut id).map_err(|_| Reason::NotFound)?;
    Ok(id)
}

async fn openapi() -> Response {
    ([(CONTENT_TYPE, "application/json")], description()).into_response()
}

fn kind_of(word: &str) -> Answer<Kind> {
    Kind::from_word(word).ok_or(Refusal::Malformed("`kind` is `till`, `cashier` or `accountant`."))
}

async fn begin_enrolment(
    State(pos): State<Pos>,
    actor: Actor,
    query: Result<Query<wire::EnrolmentQuery>, QueryRejection>,
) -> Answer<Json<wire::Enrolment>> {
    actor.need_full()?;
    let Query(wire::EnrolmentQuery { kind }) = query.map_err(|_| Refusal::Malformed("The query names `kind` once."))?;
    let kind = kind_of(kind.as_deref().unwrap_or(Kind::Till.word()))?;
    let account = pos.account_text(&actor).await?;
    let name = pos.watch.upstream.client().account(actor.token.as_str(), &account).await?.name;
    let (code, expires) = pos.enrolments().begin(actor.account, kind, name, pos.now())??;
    Ok(Json(wire::Enrolment { code: code.to_string(), kind: kind.word().into(), expires }))
}

async fn enrolment_standing(State(pos): State<Pos>, actor: Actor, Path(code): Path<String>) -> Answer<Json<wire::Standing>> {
    actor.need_full()?;
    let enrolments = pos.enrolments();
    let enrolment = enrolments.standing(&actor.account, &code, pos.now())?;
    let (kind, claim) = (enrolment.kind, enrolment.claim.as_ref());
    let state = if claim.is_some() { "claimed" } else { "waiting" };
    let (key, label) = (claim.map(|claim| claim.key.to_string()), claim.map(|claim| claim.label.clone()));
    Ok(Json(wire::Standing { state: state.into(), kind: kind.word().into(), key, label }))
}

async fn claim_enrolment(
    State(pos): State<Pos>,
    Path(code): Path<String>,
    address: Option<Extension<ConnectInfo<SocketAddr>>>,
    body: Result<Bytes, BytesRejection>,
) -> Answer<Json<wire::Claimed>> {
    let claim = wire::claim(&body_of(body)?)?;
    let key = PublicKey::from_hex(&claim.key).ok_or(Refusal::Malformed("The key is no sound Ed25519 public key."))?;
    let kind = claim.kind.as_deref().map(kind_of).transpose()?;
    let claim = Claim { key, label: enrolment::label(&claim.label)?, kind };
    let source = Source::of(address.map(|Extension(ConnectInfo(address))| address.ip()));
    let (view, key) = (pos.view().await?, claim.key);
    let enrolment = pos.enrolments().claim(&code, claim, source, view.now)?;
    // The label of the first claim: the shop has seen that one.
    let label = enrolment.claim.map(|claim| claim.label).unwrap_or_default();
    let (account, kind) = (enrolment.account, enrolment.kind);
    let till = TillRow { key, label, since: view.now, confirmed: false, kind };
    pos.watch.upstream.on_store(move |store| store.keep_tills(&account, &[till])).await?;
    Ok(Json(wire::Claimed { account: account.to_text(&view.prefix), shop_name: enrolment.shop_name, kind: kind.word().into() }))
}

/// The account's tills, cashiers and accountants with their labels, and those that it had before.
async fn tills(State(pos): State<Pos>, Reader(actor): Reader) -> Answer<Json<wire::Tills>> {
    let (account, now) = (pos.account_text(&actor).await?, pos.now());
    let info = pos.watch.upstream.client().account(actor.token.as_str(), &account).await?;
    let keys = info.keys.iter().filter_map(|key| Some((PublicKey::from_hex(&key.key)?, key.scope.clone())));
    let keys: Vec<(PublicKey, String)> = keys.collect();
    let active: Vec<PublicKey> = keys.iter().map(|(key, _)| *key).collect();
    let rows = pos.watch.upstream.on_store(move |store| {
        let joined = join_tills(store.tills(&actor.account)?, &keys, now);
        store.keep_tills(&actor.account, &joined.changed)?;
        store.forget_tills(&actor.account, &joined.stale)?;
        Ok(joined.tills)
    });
    let mut rows = rows.await?;
    rows.sort_by_key(|row| std::cmp::Reverse(row.since));
    Ok(Json(wire::Tills { tills: rows.iter().map(|row| wire::till(row, active.contains(&row.key))).collect() }))
}

struct JoinedTills {
    tills: Vec<TillRow>,
    changed: Vec<TillRow>,
    stale: Vec<PublicKey>,
}

/// Joins what the records know of tills, cashiers and accountants with the account's keys and their scopes. Whoever waits for their
/// rights is none yet. A key that reads and came without a code is a member's own device.
fn join_tills(known: Vec<TillRow>, keys: &[(PublicKey, String)], now: u64) -> JoinedTills {
    let mut joined = JoinedTills { tills: Vec::new(), changed: Vec::new(), stale: Vec::new() };
    let unknown = keys.iter().filter(|(key, scope)| scope == Kind::Till.scope() && known.iter().all(|row| row.key != *key));
    for (key, _) in unknown {
        let label = key.to_string()[..KEY_LABEL_DIGITS].to_owned();
        joined.changed.push(TillRow { key: *key, label, since: now, confirmed: true, kind: Kind::Till });
    }
    joined.tills.clone_from(&joined.changed);
    for row in known {
        if row.confirmed {
            joined.tills.push(row);
        } else if keys.iter().any(|(key, scope)| *key == row.key && scope == row.kind.scope()) {
            let row = TillRow { confirmed: true, ..row };
            joined.changed.push(row.clone());
            joined.tills.push(row);
        } else if now >= row.since.saturating_add(UNCONFIRMED_MS) {
            joined.stale.push(row.key);
        }
    }
    joined
}

async fn ask(State(pos): State<Pos>, actor: Actor, body: Result<Bytes, BytesRejection>) -> Answer<Json<wire::ChargeInfo>> {
    let (charge, as_of) = pos.take_charge(&actor, &body_of(body)?).await?;
    Ok(Json(pos.view().await?.charge(&charge, as_of)))
}

impl Pos {
    /// Takes in a signed request of a till; the charge as it stands, and up to when the account is known.
    pub(crate) async fn take_charge(&self, actor: &Actor, bytes: &[u8]) -> Answer<(Charge, u64)> {
        self.take_charge_by(actor, bytes, |store, charge, _| store.add(charge)).await
    }

    /// The same, where something else decides whether the charge is added: it is handed the charge, and up to when the account is known.
    pub(crate) async fn take_charge_by(
        &self,
        actor: &Actor,
        bytes: &[u8],
        add: impl FnOnce(&Store, &Charge, u64) -> Result<Result<Charge, Reason>, Fault> + Send + 'static,
    ) -> Answer<(Charge, u64)> {
        let shop = self.watch.attend(actor)?;
        let (upstream, account) = (&self.watch.upstream, actor.account);
        let request = SignedRequest::decode(bytes, &upstream.trust().await?.ledger)?;
        let id = request.id();
        self.watch.catch_up_for(&shop, &actor.token).await?;
        let as_of = shop.caught_up();
        let known = upstream.on_store(move |store| store.charge(&account, &id)).await?;
        // The same request again, because the answer was lost: it is answered even after its end.
        if let Some(known) = known.filter(|known| known.request == bytes) {
            return Ok((known, as_of));
        }
        // What a cashier asked for without network is announced by the till, whoever stands there then.
        let till = request.till();
        let other = till != actor.key;
        let joined =
            other && upstream.on_store(move |store| Ok(store.tills(&account)?.iter().any(|row| row.key == till))).await?;
        let asker = if joined { Asker { key: till, ..actor.asker() } } else { actor.asker() };
        let mut charge = request.ask(&asker, self.now())?;
        shop.count_charge(self.now())?;
        if upstream.on_store(move |store| store.cursor(&account)).await?.is_none() {
            // From here on every entry of the account is taken in: no payment of this charge can be before that.
            self.watch.catch_up(&shop, &actor.token).await?;
        }
        if !other {
            charge.certificate = upstream.certificate(actor).await;
        }
        let added = upstream.on_store(move |store| {
            let added = add(store, &charge, as_of)?;
            // Paid already, when a till without network announces it late.
            let paid_by = added.as_ref().ok().and_then(Charge::paid_by);
            let receipt = paid_by.map(|sequence| store.receipt(&account, sequence)).transpose()?.flatten();
            Ok(added.map(|charge| (charge, receipt)))
        });
        let (charge, receipt) = added.await??;
        shop.tell_changed(Told { news: News::Charge(charge.clone().into()), receipt });
        if charge.progress == Progress::Asked
            && let Some(awaited) = shop.await_end()
        {
            self.watch.tasks.spawn(tell_end(self.watch.clone(), awaited, charge.asked.id, charge.asked.expires));
        }
        Ok((charge, as_of))
    }
}

/// Tells the tills when a charge is over, and it is certain that nobody paid it.
async fn tell_end(watch: Arc<Watch>, awaited: AwaitedEnd, id: ChargeId, expires: u64) {
    let left = (expires + AFTER_END_MS).saturating_sub(watch.upstream.now());
    sleep(Duration::from_millis(left)).await;
    while awaited.shop.caught_up() <= expires {
        let Some(token) = awaited.shop.token(watch.upstream.now()) else { return };
        // What went wrong was logged where it happened.
        drop(watch.catch_up(&awaited.shop, &token).await);
        if awaited.shop.caught_up() <= expires {
            sleep(ASK_AGAIN).await;
        }
    }
    let account = awaited.shop.account();
    let found = watch.upstream.on_store(move |store| store.charge(&account, &id)).await;
    if let Ok(Some(charge)) = found
        && charge.state(awaited.shop.caught_up()) == ChargeState::Expired
    {
        awaited.shop.tell_changed(Told { news: News::Charge(charge.into()), receipt: None });
    }
}

impl Pos {
    /// A charge of the actor's shop, after what is new was taken in if that can still change it; and up to when the account is known.
    async fn find(&self, actor: &Actor, id: &str) -> Answer<(Charge, u64)> {
        let (id, account, shop) = (charge_id(id)?, actor.account, self.watch.attend(actor)?);
        let read = || self.watch.upstream.on_store(move |store| store.charge(&account, &id));
        let charge = read().await?.ok_or(Reason::NotFound)?;
        if !matches!(charge.state(self.now()), ChargeState::Open | ChargeState::Expired) {
            return Ok((charge, shop.caught_up()));
        }
        self.watch.catch_up_for(&shop, &actor.token).await?;
        // Taken before the records are read: all that is known up to then stands in them.
        let as_of = shop.caught_up();
        Ok((read().await?.ok_or(Reason::NotFound)?, as_of))
    }
}

async fn charge(State(pos): State<Pos>, actor: Actor, Path(id): Path<String>) -> Answer<Json<wire::ChargeInfo>> {
    let (charge, as_of) = pos.find(&actor, &id).await?;
    Ok(Json(pos.view().await?.charge(&charge, as_of)))
}

async fn cancel(State(pos): State<Pos>, actor: Actor, Path(id): Path<String>) -> Answer<Json<wire::ChargeInfo>> {
    let (id, account, shop) = (charge_id(&id)?, actor.account, pos.watch.attend(&actor)?);
    let upstream = &pos.watch.upstream;
    let known = upstream.on_store(move |store| store.charge(&account, &id)).await?.ok_or(Reason::NotFound)?;
    if known.progress == Progress::Asked {
        // A payment that was made already is taken in first: then there is nothing left to cancel. Who cannot know does not cancel.
        pos.watch.catch_up_soon(&shop, &actor.token).await?;
    }
    let now = pos.now();
    let charge = upstream.on_store(move |store| store.cancel(&account, &id, now)).await??;
    shop.tell_changed(Told { news: News::Charge(charge.clone().into()), receipt: None });
    Ok(Json(pos.view().await?.charge(&charge, shop.caught_up())))
}

async fn qr(State(pos): State<Pos>, actor: Actor, Path(id): Path<String>) -> Answer<Response> {
    let (id, account) = (charge_id(&id)?, actor.account);
    let charge = pos.watch.upstream.on_store(move |store| store.charge(&account, &id)).await?.ok_or(Reason::NotFound)?;
    let link = pos.view().await?.link(&charge);
    let code = QrCode::with_error_correction_level(link, EcLevel::M).map_err(|_| Reason::Unavailable)?;
    let svg = code.render::<qrcode::render::svg::Color>().min_dimensions(QR_PIXELS, QR_PIXELS).build();
    Ok(([(CONTENT_TYPE, "image/svg+xml")], svg).into_response())
}

async fn refund(State(pos): State<Pos>, actor: Actor, body: Result<Bytes, BytesRejection>) -> Answer<Response> {
    let (bytes, shop) = (body_of(body)?, pos.watch.attend(&actor)?);
    let upstream = &pos.watch.upstream;
    let order = SignedTransaction::decode(&bytes, &upstream.trust().await?.ledger)?;
    match order.body() {
        Body::Refund { account, .. } if *account != actor.account => return Err(Reason::RefundOtherAccount.into()),
        Body::Refund { .. } if order.signer() != actor.key => return Err(Reason::RefundOtherKey.into()),
        Body::Refund { .. } => {}
        _ => return Err(Reason::NotARefund.into()),
    }
    let (account, key) = (actor.account, actor.key);
    if !actor.full && !upstream.on_store(move |store| store.may_refund(&account, &key)).await? {
        return Err(Reason::CashierMayNot.into());
    }
    // In a ledger that went back, the entry that the order names may be another one.
    pos.watch.catch_up_for(&shop, &actor.token).await?;
    let receipt = upstream.submit(&bytes).await?;
    // The refund is proved. The records learn of it in its place in the account's history, now or in the next round.
    drop(pos.watch.catch_up_soon(&shop, &actor.token).await);
    Ok(([(CONTENT_TYPE, "application/cbor")], receipt).into_response())
}

impl Pos {
    /// All that happened to the actor's shop in a time, and up to when the ledger was read, or that it went back.
    async fn day(
        &self,
        actor: &Actor,
        query: Result<Query<wire::DayQuery>, QueryRejection>,
    ) -> Answer<(DayRows, Result<u64, Reason>)> {
        let malformed = |_| Refusal::Malformed("The query needs `from` and `to` in milliseconds.");
        let Query(wire::DayQuery { from, to }) = query.map_err(malformed)?;
        if to <= from || to - from > MAX_RANGE_MS {
            return Err(Reason::DayRange.into());
        }
        let shop = self.watch.attend(actor)?;
        let as_of = self.watch.catch_up_for(&shop, &actor.token).await.map(|()| shop.caught_up());
        let account = actor.account;
        let rows = self.watch.upstream.on_store(move |store| store.day(&account, from, to)).await??;
        Ok((rows, as_of))
    }
}

async fn day_list(
    State(pos): State<Pos>,
    Reader(actor): Reader,
    query: Result<Query<wire::DayQuery>, QueryRejection>,
) -> Answer<Json<wire::Day>> {
    let (rows, as_of) = pos.day(&actor, query).await?;
    Ok(Json(pos.view().await?.day(&rows, day::totals(&rows), as_of?)))
}

async fn day_file(
    State(pos): State<Pos>,
    Reader(actor): Reader,
    query: Result<Query<wire::DayQuery>, QueryRejection>,
) -> Answer<Response> {
    // The file holds what this machine has receipts of, and says nothing of open charges: a ledger that went back changes nothing
    // in it, and the association will want to see it.
    let (rows, _) = pos.day(&actor, query).await?;
    let csv = day::csv(&rows, &pos.view().await?.prefix);
    let headers = [(CONTENT_TYPE, "text/csv; charset=utf-8"), (CONTENT_DISPOSITION, "attachment; filename=\"liard.csv\"")];
    Ok((headers, csv).into_response())
}

async fn events(State(pos): State<Pos>, actor: Actor) -> Answer<Response> {
    let shop = pos.watch.attend(&actor)?;
    let listening = shop.listen()?;
    let (out, stream) = mpsc::channel(EVENTS_AHEAD);
    let connection = Connection { pos: pos.clone(), actor, shop, out };
    if !pos.watch.tasks.spawn(connection.run(listening)) {
        return Err(Reason::RateLimited.into());
    }
    Ok(Sse::new(ReceiverStream::new(stream)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response())
}

/// A till that listens.
struct Connection {
    pos: Pos,
    actor: Actor,
    shop: Arc<Shop>,
    out: mpsc::Sender<Result<Event, Infallible>>,
}

/// The connection ends: the till has gone, or is no till any more.
struct Over;

impl Connection {
    async fn run(self, listening: Listening) {
        // That it is over is all there is to know; the till connects again, and asks for its day.
        drop(self.serve(listening).await);
    }

    async fn serve(&self, mut listening: Listening) -> Result<(), Over> {
        let view = self.pos.view().await.map_err(|_| Over)?;
        let hello = wire::Hello { account: self.actor.account.to_text(&view.prefix), time: view.now };
        self.send("hello", &hello).await?;
        if let Some(online) = self.shop.online() {
            self.send("link", &wire::Link { online }).await?;
        }
        let mut recheck = interval(RECHECK_EVERY);
        recheck.reset();
        recheck.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                signal = listening.signals.recv() => match signal {
                    Ok(signal) => self.pass(signal).await?,
                    Err(RecvError::Lagged(_)) => return self.send("reload", &wire::Reload {}).await,
                    Err(RecvError::Closed) => return Ok(()),
                },
                _ = recheck.tick() => self.recheck().await?,
                () = self.out.closed() => return Ok(()),
            }
        }
    }

    async fn pass(&self, signal: Signal) -> Result<(), Over> {
        let view = self.pos.view().await.map_err(|_| Over)?;
        match signal {
            Signal::Rights => self.recheck().await,
            Signal::Link(online) => self.send("link", &wire::Link { online }).await,
            Signal::Changed(told, as_of) => match &told.news {
                News::Charge(charge) => self.send("charge", &view.charge_event(charge, told.receipt.as_deref(), as_of)).await,
                News::Unexpected(unexpected) => self.send("unexpected", &view.unexpected(unexpected)).await,
            },
        }
    }

    /// Ends the connection when its key has lost its rights. That the API does not answer ends nothing.
    async fn recheck(&self) -> Result<(), Over> {
        match self.pos.actor(&self.actor.token).await {
            Ok(actor) if actor == self.actor => Ok(()),
            Ok(_) | Err(Refusal::Because(Reason::NotSignedIn | Reason::NoShop)) => Err(Over),
            Err(_) => Ok(()),
        }
    }

    async fn send(&self, name: &str, data: &impl serde::Serialize) -> Result<(), Over> {
        let event = Event::default().event(name).json_data(data).map_err(|_| Over)?;
        match timeout(TAKE_WITHIN, self.out.send(Ok(event))).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Over),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use crate::upstream::Upstream;
    use ledger::key::{AccountId, Hash32, Prefix};
    use wallet_api::client::Trust;

    /// A machine whose wallet API never answers, and a till of it.
    fn lonely(directory: &std::path::Path) -> (Pos, Actor) {
        // Another test may have installed it.
        drop(rustls::crypto::ring::default_provider().install_default());
        let key: PublicKey = ledger::SigningKey::from_bytes(&[7; 32]).verifying_key().into();
        let store = Store::open(directory).unwrap();
        store.pin(&Trust { ledger: Hash32([9; 32]), keys: vec![key], prefix: Prefix::new("liard").unwrap() }).unwrap();
        let known = crate::Known { ledger: None, vouched: Arc::new(Vec::new) };
        let upstream = Upstream::new("http://127.0.0.1:9", Arc::new(store), Arc::new(|| 1_000), known).unwrap();
        let pos = Pos {
            watch: Arc::new(Watch::new(upstream)),
            enrolments: Arc::default(),
            public_url: "".into(),
            signer: Arc::new(SigningKey::from_bytes(&[8; 32])),
            post: None,
            printers: printing::Printers::default(),
            receipts: None,
            desk: Arc::new(Desk::new(Arc::new(SigningKey::from_bytes(&[8; 32])), Vec::new()).unwrap()),
            wallets_elsewhere: false,
        };
        let token = Token::from_header("Bearer x").unwrap();
        (pos, Actor { account: AccountId([1; 16]), key, full: false, reads_only: false, token })
    }

    #[tokio::test]
    async fn a_reader_that_is_too_slow_is_told_to_reload_and_dropped() {
        let directory = tempfile::tempdir().unwrap();
        let (pos, actor) = lonely(directory.path());
        let shop = pos.watch.attend(&actor).unwrap();
        let listening = shop.listen().unwrap();
        let (out, stream) = mpsc::channel(EVENTS_AHEAD);
        for round in 0..=EVENTS_AHEAD {
            shop.tell(Signal::Link(round % 2 == 0));
        }
        Connection { pos: pos.clone(), actor, shop, out }.run(listening).await;
        let body = Sse::new(ReceiverStream::new(stream)).into_response().into_body();
        let heard = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        let heard = std::str::from_utf8(&heard).unwrap();
        assert!(heard.starts_with("event: hello\n") && heard.ends_with("\n\nevent: reload\ndata: {}\n\n"), "{heard}");
        pos.watch.tasks.end();
    }

    #[test]
    fn tills_are_the_accounts_keys_and_what_was_one_before() {
        let key = |seed: u8| -> PublicKey { ledger::SigningKey::from_bytes(&[seed; 32]).verifying_key().into() };
        let kind = Kind::Till;
        let row = |seed, since, confirmed| TillRow { key: key(seed), label: format!("till {seed}"), since, confirmed, kind };
        let now = 5 * UNCONFIRMED_MS;
        let known = vec![
            row(1, 1, true),
            row(2, 2, true),
            row(3, now, false),
            row(4, now, false),
            row(5, 3, false),
            TillRow { kind: Kind::Accountant, ..row(7, now, false) },
            TillRow { kind: Kind::Accountant, ..row(8, now, false) },
        ];
        let has = |seed, scope: &str| (key(seed), scope.to_owned());
        let keys =
            [has(1, "till"), has(3, "till"), has(6, "till"), has(7, "read"), has(8, "till"), has(9, "read"), has(10, "full")];
        let joined = join_tills(known, &keys, now);
        let label = key(6).to_string()[..8].to_owned();
        let labels: Vec<_> = joined.tills.iter().map(|row| row.label.as_str()).collect();
        assert_eq!(labels, [label.as_str(), "till 1", "till 2", "till 3", "till 7"]);
        let changed: Vec<_> = joined.changed.iter().map(|row| (row.key, row.confirmed)).collect();
        assert_eq!(changed, [(key(6), true), (key(3), true), (key(7), true)]);
        assert_eq!(joined.stale, [key(5)]);
    }
}
