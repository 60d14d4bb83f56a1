//! Turning notices on and off.

use super::codes::Asked;
use super::mail::{Unsent, address, masked};
use super::store::{Mailbox, Store};
use super::wire::{EmailCode, EmailRequest, NoticesInfo, PushRequest};
use super::words::Language;
use crate::Service;
use crate::error::Refusal;
use crate::extract::{Bearer, Json, Path};
use crate::routes::{Answer, blocking, member};
use axum::Json as Answered;
use axum::extract::State;
use axum::response::{IntoResponse, NoContent, Response};
use ledger::account::Scope;
use ledger::key::AccountId;

/// The account of a path, when the signed-in key holds it fully: mails are about everything that happens there.
fn holder(service: &Service, bearer: &Bearer, text: &str) -> Answer<AccountId> {
    let (id, scope) = member(service, bearer, text)?;
    if scope == Scope::Full { Ok(id) } else { Err(Refusal::NotAllowed) }
}

pub async fn info(State(service): State<Service>, bearer: Bearer, Path(text): Path<String>) -> Answer<Answered<NoticesInfo>> {
    let (id, _) = member(&service, &bearer, &text)?;
    blocking(move || {
        let (store, notices) = (Store(service.ledger()), service.notices());
        let asked = notices.codes.asked(&id, service.now());
        Ok(Answered(NoticesInfo {
            push: store.endpoint(&id, bearer.0.as_bytes())?.is_some(),
            vapid: notices.push.as_ref().map(|push| push.public().to_owned()),
            mail: notices.mail.is_some(),
            email: store.mailbox(&id)?.map(|mailbox| masked(&mailbox.address)),
            email_asked: asked.as_deref().map(masked),
        }))
    })
    .await?
}

pub async fn put_push(
    State(service): State<Service>,
    bearer: Bearer,
    Path(text): Path<String>,
    Json(request): Json<PushRequest>,
) -> Answer<Response> {
    let (id, _) = member(&service, &bearer, &text)?;
    let push = service.notices().push.as_ref().ok_or(Refusal::NoPush)?;
    let endpoint = push.endpoint(&request.endpoint).ok_or(Refusal::EndpointUnknown)?;
    blocking(move || {
        service.listen(id)?;
        Store(service.ledger()).subscribe(&id, bearer.0.as_bytes(), endpoint.as_str())?;
        Ok(NoContent.into_response())
    })
    .await?
}

pub async fn delete_push(State(service): State<Service>, bearer: Bearer, Path(text): Path<String>) -> Answer<Response> {
    let (id, _) = member(&service, &bearer, &text)?;
    blocking(move || {
        Store(service.ledger()).unsubscribe(&id, bearer.0.as_bytes())?;
        Ok(NoContent.into_response())
    })
    .await?
}

pub async fn put_email(
    State(service): State<Service>,
    bearer: Bearer,
    Path(text): Path<String>,
    Json(request): Json<EmailRequest>,
) -> Answer<Response> {
    let id = holder(&service, &bearer, &text)?;
    let (notices, now) = (service.notices(), service.now());
    let mail = notices.mail.as_ref().ok_or(Refusal::NoMail)?;
    let to = address(&request.address).ok_or(Refusal::AddressWrong)?;
    let asked = Asked { address: to.to_string(), language: Language::of(&request.language) };
    let code = notices.codes.draw(&id, now)?;
    mail.send_code(to, asked.language, &code, now).await.map_err(|unsent| match unsent {
        Unsent::Refused => Refusal::AddressWrong,
        Unsent::Later => Refusal::MailUnsent,
    })?;
    notices.codes.wait(id, asked, code, now)?;
    Ok(NoContent.into_response())
}

pub async fn confirm_email(
    State(service): State<Service>,
    bearer: Bearer,
    Path(text): Path<String>,
    Json(request): Json<EmailCode>,
) -> Answer<Response> {
    let id = holder(&service, &bearer, &text)?;
    let Asked { address, language } = service.notices().codes.confirm(&id, &request.code, service.now())?;
    let mailbox = Mailbox { address, language, by: *bearer.0.as_bytes() };
    let keeper = service.clone();
    let before = blocking(move || -> Answer<Option<Mailbox>> {
        let store = Store(keeper.ledger());
        let before = store.mailbox(&id)?.filter(|before| before.address != mailbox.address);
        keeper.listen(id)?;
        store.keep_mailbox(&id, &mailbox)?;
        Ok(before)
    })
    .await??;
    say_goodbye(&service, before);
    Ok(NoContent.into_response())
}

pub async fn delete_email(State(service): State<Service>, bearer: Bearer, Path(text): Path<String>) -> Answer<Response> {
    let id = holder(&service, &bearer, &text)?;
    let keeper = service.clone();
    let before = blocking(move || -> Answer<Option<Mailbox>> {
        keeper.notices().codes.forget(&id);
        let store = Store(keeper.ledger());
        let before = store.mailbox(&id)?;
        store.forget_mailbox(&id)?;
        Ok(before)
    })
    .await??;
    say_goodbye(&service, before);
    Ok(NoContent.into_response())
}

/// Who stole a key could turn the mails off first: the mailbox that is left is told, once, beside the answer.
fn say_goodbye(service: &Service, left: Option<Mailbox>) {
    let Some((to, left)) = left.and_then(|left| Some((address(&left.address)?, left))) else { return };
    let service = service.clone();
    tokio::spawn(async move {
        let now = service.now();
        if let Some(mail) = &service.notices().mail {
            // Once: whether it went or not, the wallet shows where mails go.
            let _ = mail.say_goodbye(to, left.language, now).await;
        }
    });
}
