//! Reading requests: like axum's own extractors, but what does not fit becomes a problem of ours.

use crate::error::Refusal;
use crate::{Caller, Service};
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use ledger::key::PublicKey;
use serde::de::DeserializeOwned;

/// A JSON body.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Service> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, service: &Service) -> Result<Json<T>, Refusal> {
        let read = axum::Json::<T>::from_request(request, service).await;
        read.map(|axum::Json(value)| Json(value)).map_err(|error| match error {
            JsonRejection::BytesRejection(error) => too_large(error),
            _ => Refusal::Malformed("the body is not the JSON that this route takes"),
        })
    }
}

/// A body of bytes.
pub struct Body(pub Bytes);

impl FromRequest<Service> for Body {
    type Rejection = Refusal;

    async fn from_request(request: Request, service: &Service) -> Result<Body, Refusal> {
        let read = Bytes::from_request(request, service).await;
        read.map(Body).map_err(too_large)
    }
}

/// A body ends early or is longer than its route takes.
fn too_large(error: BytesRejection) -> Refusal {
    match error {
        BytesRejection::FailedToBufferBody(axum::extract::rejection::FailedToBufferBody::LengthLimitError(_)) => {
            Refusal::TooLarge
        }
        _ => Refusal::Malformed("the body ended too early"),
    }
}

/// The parts of the path.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Service> for Path<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Path<T>, Refusal> {
        let read: Result<_, PathRejection> = axum::extract::Path::<T>::from_request_parts(parts, service).await;
        read.map(|axum::extract::Path(value)| Path(value)).map_err(|_| Refusal::NotFound)
    }
}

/// The query.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Service> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Query<T>, Refusal> {
        let read: Result<_, QueryRejection> = axum::extract::Query::<T>::from_request_parts(parts, service).await;
        let malformed = |_| Refusal::Malformed("a part of the query is missing, or not what this route takes");
        read.map(|axum::extract::Query(value)| Query(value)).map_err(malformed)
    }
}

/// The key that is signed in, and until when.
#[derive(Clone, Copy)]
pub struct Bearer(pub PublicKey, pub u64);

impl FromRequestParts<Service> for Bearer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Bearer, Refusal> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(|value| value.strip_prefix("Bearer ")).ok_or(Refusal::NotSignedIn)?;
        let session = service.sessions().signed_in(token).ok_or(Refusal::NotSignedIn)?;
        // A key that was revoked everywhere is nobody's.
        if !service.knows(&session.key) {
            return Err(Refusal::NotSignedIn);
        }
        Ok(Bearer(session.key, session.expires))
    }
}

/// The network that a request came from; none for the tills' service of the same machine.
#[derive(Clone, Copy)]
pub struct From(pub Option<Caller>);

impl FromRequestParts<Service> for From {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &Service) -> Result<From, Refusal> {
        Ok(From(parts.extensions.get().copied()))
    }
}
