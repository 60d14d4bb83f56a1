//! The routes. Each reads what it was sent, asks the ledger, and writes what it was told; none decides.

use crate::error::Refusal;
use crate::extract::{Bearer, Body as Bytes, From, Json, Path, Query};
use crate::lines::{Viewer, bonus_line};
use crate::live::MAX_LISTENERS;
use crate::notices::routes as notices;
use crate::wire::{
    AccountInfo, CampaignInfo, Challenge, DirectDebitInfo, EntryQuery, FeeInfo, Funding, FundingQuery, GiftInfo, Hello, KeyInfo,
    LedgerInfo, LimitsInfo, Line, Memo, ProfileInfo, PublicFigures, RateInfo, Session, SessionAccount, SessionOperator,
    ShortReceiptQuery, SignedIn, Statement, StatementQuery, StepInfo,
};
use crate::{
    Service, backups, cards, conversions, erasure, export, funding, keys, offline, places, redemptions, refund_requests,
    statements,
};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, NoContent, Response};
use axum::routing::{delete, get, post, put};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ledger::account::{AccountKind, GiftRule, Role, Roles, Scope, Step};
use ledger::amount::Rate;
use ledger::books::Book;
use ledger::directory::{MAX_FIELD_BYTES, MAX_MANDATE, Profile};
use ledger::encoding::{MAX_MESSAGE_BYTES, Writer as Cbor};
use ledger::key::{AccountId, AccountTextError, Hash32, PublicKey};
use ledger::message::{Certificate, decode_sign_in};
use ledger::orders;
use ledger::rules::{DAY_MS, day_of};
use ledger::state::{Account, KeyGrant, State as LedgerState, Status};
use ledger::transaction::{Body, split_sequence};
use std::convert::Infallible;
use std::time::Duration;
use tokio_stream::{Stream, StreamExt};

/// A batch has at most so many transactions …
pub const MAX_BATCH_TRANSACTIONS: usize = 1_000;
/// … and so many bytes.
const MAX_BATCH_BYTES: usize = 4 << 20;
/// Any other body has at most so many bytes.
const MAX_JSON_BYTES: usize = 8 << 10;
/// A statement gives at most so many lines at a time.
const MAX_LINES: usize = 200;
/// … and so many unless told.
const LINES: usize = 50;
/// A name certificate is good for so long: a till that is offline longer than an order can be has other troubles.
const CERTIFICATE_LIFE_MS: u64 = 7 * DAY_MS;
/// Amounts that say how much a sponsor has left are rounded down to whole hundreds of units.
const LEFT_STEP: u64 = 10_000;
/// A live connection that has nothing to say says so this often, so that a dead line is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The routes of the wallet API.
pub fn router(service: Service) -> axum::Router {
    axum::Router::new()
        .route("/v1/ledger", get(ledger_info))
        .route("/v1/checkpoint", get(checkpoint))
        .route("/v1/public", get(public_figures))
        .route("/v1/shops", get(places::shops))
        .route("/v1/associations", get(places::associations))
        .route("/v1/transactions", post(submit).layer(DefaultBodyLimit::max(MAX_MESSAGE_BYTES)))
        .route("/v1/transactions/{id}", get(offline::transaction))
        .route("/v1/transactions/batch", post(submit_batch).layer(DefaultBodyLimit::max(MAX_BATCH_BYTES)))
        .route("/v1/sign-in/challenge", post(challenge))
        .route("/v1/sign-in", post(sign_in))
        .route("/v1/session", get(session))
        .route("/v1/accounts/{account}", get(account))
        .route("/v1/accounts/{account}/statement", get(statement))
        .route("/v1/accounts/{account}/statement.csv", get(statements::csv))
        .route("/v1/accounts/{account}/statement.pdf", get(statements::pdf))
        .route("/v1/accounts/{account}/certificate.pdf", get(statements::certificate::pdf))
        .route("/v1/accounts/{account}/export", get(export::export))
        .route("/v1/accounts/{account}/erasure", post(erasure::erase))
        .route("/v1/accounts/{account}/events", get(events))
        .route("/v1/accounts/{account}/funding", get(account_funding))
        .route("/v1/accounts/{account}/conversions", get(conversions::orders).post(conversions::make_order))
        .route("/v1/accounts/{account}/conversions/{number}", delete(conversions::cancel_order))
        .route(
            "/v1/accounts/{account}/mandate",
            get(conversions::mandate).put(conversions::put_mandate).delete(conversions::revoke_mandate),
        )
        .route("/v1/accounts/{account}/backups", get(backups::backups))
        .route("/v1/accounts/{account}/keys/{key}/label", put(keys::put_label))
        .route("/v1/backups/{place}", get(backups::backup).put(backups::put_backup).delete(backups::remove_backup))
        .route("/v1/accounts/{account}/refund-requests", get(refund_requests::requests))
        .route("/v1/accounts/{account}/redemptions", get(redemptions::redemptions))
        .route("/v1/accounts/{account}/notices", get(notices::info))
        .route("/v1/accounts/{account}/notices/push", put(notices::put_push).delete(notices::delete_push))
        .route("/v1/accounts/{account}/notices/email", put(notices::put_email).delete(notices::delete_email))
        .route("/v1/accounts/{account}/notices/email/code", post(notices::confirm_email))
        .route("/v1/accounts/{account}/certificate", get(certificate))
        .route("/v1/accounts/{account}/spending-certificate", get(offline::spending_certificate))
        .route("/v1/accounts/{account}/liability", get(liability))
        .route("/v1/accounts/{account}/profile", get(profile).put(set_profile))
        .route("/v1/accounts/{account}/place", get(places::place).put(places::put_place))
        .route("/v1/accounts/{account}/cards", get(cards::card_list))
        .route("/v1/accounts/{account}/cards/{number}/block", post(cards::block))
        .route("/v1/cards/payments", post(cards::pay))
        .route("/v1/entries/{sequence}", get(entry))
        .route("/v1/entries/{sequence}/receipt", get(receipt))
        .route("/v1/entries/{sequence}/short-receipt", get(short_receipt))
        .route("/v1/entries/{sequence}/refund-request", post(refund_requests::ask))
        .route("/v1/entries/{sequence}/refund-request/decline", post(refund_requests::decline))
        .route("/v1/entries/{sequence}/memo", put(set_memo))
        .route("/openapi.json", get(openapi))
        .route("/errors/{code}", get(error_page))
        .layer(DefaultBodyLimit::max(MAX_JSON_BYTES))
        .with_state(service)
}

pub type Answer<T> = Result<T, Refusal>;

/// Runs what reads the disk or computes for long off the async workers.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Answer<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "a request stopped");
        Refusal::Unavailable
    })
}

/// An answer of bytes that no cache keeps.
pub fn bytes_answer(kind: &'static str, bytes: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-store")], bytes).into_response()
}

async fn ledger_info(State(service): State<Service>) -> Answer<axum::Json<LedgerInfo>> {
    let now = service.now();
    let settings = service.settings();
    let durable = service.ledger().durable();
    let state = &durable.state;
    let genesis = state.genesis().ok_or(Refusal::Unavailable)?;
    let issuer = state.issuer().ok_or(Refusal::Unavailable)?;
    let keys: Vec<String> = state.checkpoint_keys().iter().map(ToString::to_string).collect();
    Ok(axum::Json(LedgerInfo {
        ledger: state.ledger().to_string(),
        name: genesis.name.clone(),
        symbol: genesis.symbol.clone(),
        prefix: genesis.prefix.clone(),
        version: ledger::encoding::PROTOCOL_VERSION,
        issuer_key: issuer.to_string(),
        checkpoint_key: keys.last().cloned().unwrap_or_default(),
        checkpoint_keys: keys,
        origin: ledger::receipt::origin(&state.ledger()),
        // An order is judged at the ledger's time, which never goes back.
        time: now.max(state.time()),
        demo: settings.demo,
        holder: settings.holder.clone(),
        iban: settings.iban.clone(),
        bic: settings.bic.clone(),
        direct_debit: settings.creditor_id.clone().map(|creditor| DirectDebitInfo { creditor, most: MAX_MANDATE }),
        self_opening: genesis.self_opening,
        limits: state.limits().map(limits_info).collect(),
        campaigns: campaigns_under_way(state, now),
        fee: state.fee_rule(now).map(|rule| FeeInfo {
            version: rule.version,
            numerator: rule.rate.numerator(),
            denominator: rule.rate.denominator(),
            least: rule.least,
            exempt: rule.exempt.clone(),
            given: rule.given.map(rate_info),
            beneficiary: rule.beneficiary.map(|account| account.to_text(&service.prefix())),
        }),
        gifts: state.gift_rules().filter_map(|gift| gift_info(&gift.rule, now)).collect(),
        witnesses: settings.witnesses.clone(),
        witnesses_needed: settings.witnesses_needed,
        publish_every_ms: settings.publish_every_ms,
        recovery_delay_ms: genesis.recovery_delay_ms,
        offline: offline::offline_info(&settings.offline),
        redemption_days: settings.redemption_days,
    }))
}

fn rate_info(rate: Rate) -> RateInfo {
    RateInfo { numerator: rate.numerator(), denominator: rate.denominator() }
}

/// A gift rule, while a period of it is under way.
fn gift_info(rule: &GiftRule, now: u64) -> Option<GiftInfo> {
    let start = rule.periods.iter().copied().rfind(|start| *start <= now)?;
    let end = rule.end_of(start)?;
    let RateInfo { numerator, denominator } = rate_info(rule.rate);
    let (gift, version, least_members) = (rule.number, rule.version, rule.least_members);
    Some(GiftInfo { gift, version, numerator, denominator, start, end, least_members })
}

fn limits_info(limits: &ledger::account::Limits) -> LimitsInfo {
    let cents = |amount: ledger::amount::Amount| amount.cents();
    LimitsInfo {
        level: limits.level,
        per_payment: limits.per_payment.map(cents),
        held: limits.held.map(cents),
        paid_30_days: limits.paid_30_days.map(cents),
    }
}

fn step_info(step: &Step) -> StepInfo {
    let RateInfo { numerator, denominator } = rate_info(step.rate);
    StepInfo { from: step.from.cents(), numerator, denominator }
}

fn campaigns_under_way(state: &LedgerState, now: u64) -> Vec<CampaignInfo> {
    let under_way = state.campaigns().filter(|campaign| campaign.rule.start <= now && now < campaign.rule.end);
    let info = |campaign: &ledger::state::CampaignState| {
        let rule = &campaign.rule;
        let money = state.books().claim(Book::Campaign(rule.number)).above_zero();
        let left = money.min(rule.budget.cents().saturating_sub(campaign.spent));
        CampaignInfo {
            campaign: rule.number,
            version: rule.version,
            numerator: rule.rate.numerator(),
            denominator: rule.rate.denominator(),
            start: rule.start,
            end: rule.end,
            left: left / LEFT_STEP * LEFT_STEP,
            cap: rule.cap.cents(),
            steps: rule.steps.iter().map(step_info).collect(),
            groups_only: !rule.groups.is_empty(),
        }
    };
    under_way.map(info).collect()
}

async fn checkpoint(State(service): State<Service>) -> Answer<Response> {
    let note = service.ledger().checkpoint().ok_or(Refusal::Unavailable)?;
    Ok(([(CACHE_CONTROL, "no-cache")], note.as_str().to_owned()).into_response())
}

async fn public_figures(State(service): State<Service>) -> axum::Json<PublicFigures> {
    axum::Json(service.figures())
}

async fn submit(State(service): State<Service>, from: From, Bytes(body): Bytes) -> Answer<Response> {
    let answer = service.submit(from.0, body).await?;
    Ok(bytes_answer("application/cbor", answer))
}

async fn submit_batch(State(service): State<Service>, from: From, Bytes(body): Bytes) -> Answer<Response> {
    let parts = split_sequence(&body, MAX_BATCH_TRANSACTIONS)?.into_iter().map(|part| body.slice_ref(part)).collect();
    let answers = service.submit_all(from.0, parts).await?;
    let mut out = Cbor::new();
    for answer in answers {
        match answer {
            Ok(receipt) => out.map(1).uint(1).bytes(&receipt),
            Err(refusal) => out.map(2).uint(2).text(refusal.code()).uint(3).text(&refusal.detail()),
        };
    }
    Ok(bytes_answer("application/cbor-seq", out.into_bytes()))
}

async fn challenge(State(service): State<Service>) -> Answer<axum::Json<Challenge>> {
    let (challenge, expires) = service.sessions().challenge()?;
    Ok(axum::Json(Challenge { challenge: URL_SAFE_NO_PAD.encode(challenge), expires }))
}

async fn sign_in(State(service): State<Service>, from: From, Bytes(body): Bytes) -> Answer<axum::Json<SignedIn>> {
    let id = service.ledger().id();
    let (gate, now) = (service.gate(), service.now());
    gate.before(from.0, &body, now)?;
    let decoded = blocking(move || decode_sign_in(&body, &id)).await?;
    let (challenge, key) = decoded.inspect_err(|error| gate.failed(from.0, *error, now))?;
    if !service.knows(&key) {
        return Err(Refusal::NotAllowed);
    }
    gate.signed_in(from.0, &key, now)?;
    let (token, session) = service.sessions().sign_in(&challenge, key)?;
    Ok(axum::Json(SignedIn { token, session: session_of(&service, &Bearer(key, session.expires)) }))
}

async fn session(State(service): State<Service>, bearer: Bearer) -> axum::Json<Session> {
    axum::Json(session_of(&service, &bearer))
}

fn session_of(service: &Service, Bearer(key, expires): &Bearer) -> Session {
    let prefix = service.prefix();
    let durable = service.ledger().durable();
    let account = |account: &Account| {
        let grant = account.grant(key);
        SessionAccount {
            account: account.id.to_text(&prefix),
            kind: account.kind.word().into(),
            scope: grant.map_or("", |grant| grant.scope.word()).into(),
            from: grant.map_or(0, |grant| grant.from),
        }
    };
    let operator = durable.state.operator_of_key(key);
    Session {
        expires: *expires,
        key: key.to_string(),
        accounts: durable.state.accounts_of_key(key).map(account).collect(),
        operator: operator.map(|operator| SessionOperator {
            number: operator.number,
            roles: operator.roles.list().map(|role| role.word().into()).collect(),
        }),
    }
}

/// The account of a path, whoever asks.
pub fn account_id(service: &Service, text: &str) -> Answer<AccountId> {
    AccountId::from_text(text, &service.prefix()).map_err(|error| match error {
        AccountTextError::Mistyped => Refusal::Malformed("the account is mistyped: a character is wrong, missing or added"),
        AccountTextError::OtherCurrency => Refusal::Malformed("wrong_currency: the account belongs to another currency"),
    })
}

/// The account of a path, when the signed-in key may read it; and what else it may do.
pub fn member(service: &Service, bearer: &Bearer, text: &str) -> Answer<(AccountId, Scope)> {
    let id = account_id(service, text)?;
    let durable = service.ledger().durable();
    let account = durable.state.account(&id).ok_or(Refusal::NotAllowed)?;
    let grant = account.grant(&bearer.0).filter(|grant| grant.scope.reads()).ok_or(Refusal::NotAllowed)?;
    grant.check_good(service.now())?;
    Ok((id, grant.scope))
}

/// The accounts that a key may read.
fn readable<'s>(state: &'s LedgerState, key: &'s PublicKey, now: u64) -> impl Iterator<Item = &'s Account> {
    let reads = move |grant: &KeyGrant| grant.scope.reads() && grant.is_good(now);
    state.accounts_of_key(key).filter(move |account| account.grant(key).is_some_and(reads))
}

async fn account(State(service): State<Service>, bearer: Bearer, Path(text): Path<String>) -> Answer<axum::Json<AccountInfo>> {
    let (id, scope) = member(&service, &bearer, &text)?;
    blocking(move || {
        let keys = keys::key_list(&service, &id, &bearer.0, scope)?;
        account_info(&service, &id, text, keys).map(axum::Json)
    })
    .await?
}

/// All that the ledger says about an account now.
pub fn account_info(service: &Service, id: &AccountId, text: String, keys: Vec<KeyInfo>) -> Answer<AccountInfo> {
    let name = service.ledger().directory().profile(id).name;
    let refund_requests = refund_requests::open(service.ledger(), id)?;
    let today = day_of(service.now());
    let durable = service.ledger().durable();
    let account = durable.state.account(id).ok_or(Refusal::NotFound)?;
    let limits = limits_info(&durable.state.limits_of(account.level));
    Ok(AccountInfo {
        account: text,
        kind: account.kind.word().into(),
        status: status_word(account.status).into(),
        level: account.level,
        groups: account.groups.clone(),
        balance: account.balance.get(),
        receivable: account.receivable,
        held_limit: limits.held,
        per_payment_limit: limits.per_payment,
        paid_30_days: account.paid.sum(today),
        paid_30_days_limit: limits.paid_30_days,
        name,
        reference: orders::reference(id),
        last_entry: Some(account.last_entry),
        choices: account.choices.iter().map(|choice| choice.to_text(&service.prefix())).collect(),
        redeem_above: account.redeem_above,
        keys,
        refund_requests,
    })
}

fn status_word(status: Status) -> &'static str {
    match status {
        Status::Open => "open",
        Status::Suspended => "suspended",
        Status::Closed => "closed",
    }
}

async fn statement(
    State(service): State<Service>,
    bearer: Bearer,
    Path(text): Path<String>,
    Query(query): Query<StatementQuery>,
) -> Answer<axum::Json<Statement>> {
    let (account, _) = member(&service, &bearer, &text)?;
    let limit = query.limit.unwrap_or(LINES).clamp(1, MAX_LINES);
    blocking(move || {
        let viewer = Viewer { ledger: service.ledger(), prefix: service.prefix(), account };
        let page = viewer.ledger.history(&account, query.from, limit)?;
        let lines = page.entries.iter().map(|(entry, links)| viewer.line(entry, links));
        let lines = lines.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
        Ok(axum::Json(Statement { lines, next: page.next }))
    })
    .await?
}

async fn entry(
    State(service): State<Service>,
    bearer: Bearer,
    Path(sequence): Path<u64>,
    Query(query): Query<EntryQuery>,
) -> Answer<axum::Json<Line>> {
    let accounts = match &query.account {
        Some(text) => vec![member(&service, &bearer, text)?.0],
        None => accounts_of(&service, &bearer),
    };
    blocking(move || {
        let (entry, links) = service.ledger().entry_and_links(sequence)?.ok_or(Refusal::NotFound)?;
        for account in accounts {
            let viewer = Viewer { ledger: service.ledger(), prefix: service.prefix(), account };
            if let Some(line) = viewer.line(&entry, &links)? {
                return Ok(axum::Json(line));
            }
        }
        Err(Refusal::NotFound)
    })
    .await?
}

fn accounts_of(service: &Service, bearer: &Bearer) -> Vec<AccountId> {
    readable(&service.ledger().durable().state, &bearer.0, service.now()).map(|account| account.id).collect()
}

/// The receipt against the published checkpoint, with its witnesses' lines, once that covers the entry; before that against the newest.
async fn receipt(State(service): State<Service>, bearer: Bearer, Path(sequence): Path<u64>) -> Answer<Response> {
    let bytes = blocking(move || -> Answer<Vec<u8>> {
        party(&service, &bearer, sequence)?;
        let published = service.published_receipt(sequence)?;
        let newest = || service.ledger().receipt(sequence);
        let receipt = published.map_or_else(newest, |receipt| Ok(Some(receipt)))?;
        Ok(receipt.ok_or(Refusal::NotFound)?.encode())
    })
    .await??;
    Ok(bytes_answer("application/cbor", bytes))
}

async fn short_receipt(
    State(service): State<Service>,
    bearer: Bearer,
    Path(sequence): Path<u64>,
    Query(query): Query<ShortReceiptQuery>,
) -> Answer<Response> {
    let bytes = blocking(move || -> Answer<Vec<u8>> {
        party(&service, &bearer, sequence)?;
        service.ledger().short_receipt(sequence, query.item.unwrap_or(0))?.ok_or(Refusal::NotFound)
    })
    .await??;
    Ok(bytes_answer("application/cose", bytes))
}

/// Refuses whoever is no party of an entry, as if it were not there. Operators and auditors see every one; a sponsor sees its campaign, in
/// the office.
fn party(service: &Service, bearer: &Bearer, sequence: u64) -> Answer<()> {
    let (_, links) = service.ledger().entry_and_links(sequence)?.ok_or(Refusal::NotFound)?;
    let durable = service.ledger().durable();
    let mine = |account: &Account| durable.state.index(&account.id).is_some_and(|i| links.touch(i).is_some());
    let office = Roles::of(&[Role::Operator, Role::Treasurer, Role::Board, Role::Auditor]);
    let staff = durable.state.operator_of_key(&bearer.0).is_some_and(|operator| operator.roles.meet(office));
    let party = staff || readable(&durable.state, &bearer.0, service.now()).any(mine);
    if party { Ok(()) } else { Err(Refusal::NotFound) }
}

/// The node's signed word on how much of the account's balance the newest coverage statement counts, and where.
async fn liability(State(service): State<Service>, bearer: Bearer, Path(text): Path<String>) -> Answer<Response> {
    let (id, _) = member(&service, &bearer, &text)?;
    let bytes = blocking(move || service.ledger().liability_answer(&id)).await??;
    Ok(bytes_answer("application/cbor", bytes.ok_or(Refusal::NoStatementYet)?))
}

async fn set_memo(
    State(service): State<Service>,
    bearer: Bearer,
    Path(sequence): Path<u64>,
    Json(memo): Json<Memo>,
) -> Answer<Response> {
    let sound = memo.text.len() <= MAX_FIELD_BYTES && !memo.text.chars().any(char::is_control);
    let salt: [u8; 16] =
        hex::decode(&memo.salt).ok().and_then(|salt| salt.try_into().ok()).filter(|_| sound).ok_or(Refusal::Malformed(
            "a memo is at most 300 bytes without control characters, its salt 32 hexadecimal digits",
        ))?;
    blocking(move || {
        let (entry, _) = service.ledger().entry_and_links(sequence)?.ok_or(Refusal::NotFound)?;
        let Body::Transfer(transfer) = &entry.transaction.body else { return Err(Refusal::NotFound) };
        let promised = transfer.memo.ok_or(Refusal::NotFound)?;
        if Hash32::of(&[&salt[..], memo.text.as_bytes()].concat()) != promised {
            return Err(Refusal::Malformed("the payment promised another memo"));
        }
        let payer = transfer.payer.to_text(&service.prefix());
        member(&service, &bearer, &payer)?;
        service.ledger().directory().set_memo(sequence, &transfer.payer, &memo.text)?;
        Ok(NoContent.into_response())
    })
    .await?
}

async fn account_funding(
    State(service): State<Service>,
    bearer: Bearer,
    Path(text): Path<String>,
    Query(query): Query<FundingQuery>,
) -> Answer<axum::Json<Funding>> {
    let (id, _) = member(&service, &bearer, &text)?;
    let out_of_bounds = Refusal::Malformed("the amount is at least one cent and at most 10^12 cents");
    let amount = ledger::amount::Amount::from_cents(query.amount).ok_or(out_of_bounds)?.cents();
    let bonuses = {
        let durable = service.ledger().durable();
        let index = durable.state.index(&id).ok_or(Refusal::NotFound)?;
        durable.state.bonuses(index, amount, service.now())
    };
    let settings = service.settings();
    let reference = orders::reference(&id);
    let bic = settings.bic.as_deref();
    let epc = funding::epc(&settings.holder, &settings.iban, bic, amount, &reference);
    let bonus: u64 = bonuses.iter().map(|bonus| bonus.cents).sum();
    Ok(axum::Json(Funding {
        holder: settings.holder.clone(),
        iban: settings.iban.clone(),
        bic: settings.bic.clone(),
        payto: funding::payto(&settings.holder, &settings.iban, amount, &reference),
        epc_svg: funding::qr_svg(&epc).unwrap_or_default(),
        epc,
        reference,
        amount,
        units: amount + bonus,
        bonus,
        campaigns: bonuses.iter().map(bonus_line).collect(),
    }))
}

async fn certificate(State(service): State<Service>, bearer: Bearer, Path(text): Path<String>) -> Answer<Response> {
    let (account, scope) = member(&service, &bearer, &text)?;
    if !matches!(scope, Scope::Full | Scope::Till { .. }) {
        return Err(Refusal::NotAllowed);
    }
    let public = {
        let durable = service.ledger().durable();
        durable.state.account(&account).is_some_and(|account| account.kind != AccountKind::Resident)
    };
    if !public {
        return Err(Refusal::NotFound);
    }
    // A shop that the association has not named yet goes by its account.
    let name = service.ledger().directory().profile(&account).name.unwrap_or(text);
    let valid_until = service.now() + CERTIFICATE_LIFE_MS;
    let word = Certificate { account, key: bearer.0, name, valid_until };
    let bytes = service.ledger().certificate(&word).ok_or(Refusal::Unavailable)?;
    Ok(bytes_answer("application/cose", bytes))
}

async fn profile(State(service): State<Service>, bearer: Bearer, Path(text): Path<String>) -> Answer<axum::Json<ProfileInfo>> {
    let (id, _) = member(&service, &bearer, &text)?;
    let profile = service.ledger().directory().profile(&id);
    Ok(axum::Json(ProfileInfo { name: profile.name, trade: profile.trade, contact: profile.contact }))
}

async fn set_profile(
    State(service): State<Service>,
    bearer: Bearer,
    Path(text): Path<String>,
    Json(info): Json<ProfileInfo>,
) -> Answer<Response> {
    let (id, scope) = member(&service, &bearer, &text)?;
    if scope != Scope::Full {
        return Err(Refusal::NotAllowed);
    }
    blocking(move || {
        let resident = {
            let durable = service.ledger().durable();
            durable.state.account(&id).is_some_and(|account| account.kind == AccountKind::Resident)
        };
        let before = service.ledger().directory().profile(&id);
        // What is public of a shop is what the association has checked: certificates carry it.
        let kept = before.clone();
        let (name, trade) = if resident { (info.name, info.trade) } else { (kept.name, kept.trade) };
        let profile = Profile { name, trade, contact: info.contact, iban: kept.iban };
        if !profile.is_sound() {
            return Err(Refusal::Malformed("a name has at most 70 bytes, a contact 300, and no control characters"));
        }
        if !service.ledger().directory().replace_profile(&id, &before, profile)? {
            return Err(Refusal::Busy);
        }
        Ok(NoContent.into_response())
    })
    .await?
}

async fn events(
    State(service): State<Service>,
    bearer: Bearer,
    from: From,
    Path(text): Path<String>,
) -> Answer<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let (account, _) = member(&service, &bearer, &text)?;
    let most = from.0.map_or(usize::MAX, |_| MAX_LISTENERS);
    let told = service.hub().listen(account, most).ok_or(Refusal::TooManyListeners)?;
    let told = tokio_stream::wrappers::BroadcastStream::new(told);
    let hello = tokio_stream::once(Some(hello_event(&service, &account)));
    let listener = service.clone();
    let lines = told.then(move |told| {
        let (service, text) = (listener.clone(), text.clone());
        async move {
            let expired = service.now() > bearer.1;
            if expired || member(&service, &bearer, &text).is_err() {
                return None;
            }
            match told {
                Ok(sequence) => blocking(move || line_event(&service, account, sequence)).await.ok().flatten(),
                // The listener was too slow: it is told where the account is now, and reads the statement.
                Err(_) => Some(hello_event(&service, &account)),
            }
        }
    });
    let events = hello.chain(lines).take_while(Option::is_some).filter_map(|event| event.map(Ok));
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

fn hello_event(service: &Service, account: &AccountId) -> Event {
    let last_entry = service.ledger().durable().state.account(account).map(|account| account.last_entry);
    json_event("hello", &Hello { last_entry })
}

fn line_event(service: &Service, account: AccountId, sequence: u64) -> Option<Event> {
    let viewer = Viewer { ledger: service.ledger(), prefix: service.prefix(), account };
    let (entry, links) = service.ledger().entry_and_links(sequence).ok().flatten()?;
    let line = viewer.line(&entry, &links).ok().flatten()?;
    Some(json_event("entry", &line))
}

fn json_event(name: &str, data: &impl serde::Serialize) -> Event {
    Event::default().event(name).data(serde_json::to_string(data).unwrap_or_default())
}

async fn openapi() -> Response {
    ([(CONTENT_TYPE, "application/json")], include_str!("../openapi.json")).into_response()
}

/// The page behind a problem's `type`.
async fn error_page(Path(code): Path<String>) -> Answer<Response> {
    let rejection = ledger::rejection::Rejection::ALL.iter().find(|rejection| rejection.code() == code);
    let sentence = rejection.map(|rejection| rejection.sentence()).ok_or(Refusal::NotFound)?;
    Ok(format!("{code}\n\n{sentence}\n").into_response())
}
