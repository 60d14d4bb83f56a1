//! The members: found by name or account, and their entries in the directory.

use crate::Settings;
use crate::desk::{Acting, Reading, account, on_disk, prefix};
use crate::error::{Problem, done};
use crate::iban::normalised;
use crate::wire::{MemberLine, Members, MembersQuery, ProfileChange};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use ledger::directory::Profile;
use ledger::key::Prefix;
use ledger::state::{Account, Status};

/// A list without a limit has so many members.
const PAGE: usize = 50;
/// A list has at most so many.
const MOST: usize = 500;

pub async fn members(
    State(office): State<Settings>,
    _: Reading,
    query: Result<Query<MembersQuery>, QueryRejection>,
) -> Result<Json<Members>, Problem> {
    let Query(query) = query.map_err(|_| Problem::Malformed("`limit` is a whole number."))?;
    let prefix = prefix(&office.ledger)?;
    let sought = query.query.unwrap_or_default().trim().to_lowercase();
    let limit = query.limit.unwrap_or(PAGE).clamp(1, MOST);
    let durable = office.ledger.durable();
    let lines = durable.state.accounts().iter().map(|account| {
        let name = office.ledger.directory().profile(&account.id).name;
        member_line(account, name, &prefix)
    });
    let mut members: Vec<_> = lines.filter(|line| matches(line, &sought)).collect();
    members.sort_by_cached_key(|line| (line.name.is_none(), line.name.as_deref().unwrap_or_default().to_lowercase()));
    members.truncate(limit);
    Ok(Json(Members { members }))
}

fn matches(line: &MemberLine, sought: &str) -> bool {
    let named = line.name.as_ref().is_some_and(|name| name.to_lowercase().contains(sought));
    sought.is_empty() || named || line.account.starts_with(sought)
}

fn member_line(account: &Account, name: Option<String>, prefix: &Prefix) -> MemberLine {
    MemberLine {
        account: account.id.to_text(prefix),
        kind: account.kind.word(),
        status: match account.status {
            Status::Open => "open",
            Status::Suspended => "suspended",
            Status::Closed => "closed",
        },
        level: account.level,
        groups: account.groups.clone(),
        balance: account.balance.get(),
        receivable: account.receivable,
        name,
    }
}

pub async fn put_profile(
    State(office): State<Settings>,
    _: Acting,
    Path(text): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let body = body.map_err(|_| Problem::TooLarge)?;
    let prefix = prefix(&office.ledger)?;
    let account = account(&text, &prefix)?;
    office.ledger.durable().state.account(&account).ok_or(Problem::AccountUnknown)?;
    let malformed = Problem::Malformed("The profile is JSON with texts `name`, `trade`, `contact`, `iban`.");
    let change: ProfileChange = serde_json::from_slice(&body).map_err(|_| malformed)?;
    let profile = changed(office.ledger.directory().profile(&account), change)?;
    on_disk(&office.ledger, move |ledger| ledger.directory().set_profile(&account, profile)).await?;
    Ok(done())
}

/// The profile after a change: what is absent stays as it is, an empty text is removed.
fn changed(mut profile: Profile, change: ProfileChange) -> Result<Profile, Problem> {
    let iban = match change.iban.as_deref().map(str::trim) {
        None | Some("") => change.iban,
        Some(text) => Some(normalised(text).ok_or(Problem::Malformed("The IBAN is mistyped: its check digits do not fit."))?),
    };
    let fields = [
        (&mut profile.name, change.name),
        (&mut profile.trade, change.trade),
        (&mut profile.contact, change.contact),
        (&mut profile.iban, iban),
    ];
    for (field, value) in fields {
        if let Some(value) = value {
            *field = Some(value.trim().to_owned()).filter(|text| !text.is_empty());
        }
    }
    let sound = profile.is_sound();
    if sound { Ok(profile) } else { Err(Problem::Malformed("A field is too long or has control characters.")) }
}
