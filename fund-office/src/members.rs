//! The members: found by name or account, and their entries in the directory.

use crate::Settings;
use crate::desk::{Acting, Reading, account, on_disk, prefix};
use crate::error::{Problem, done};
use crate::iban::normalised;
use crate::trail;
use crate::wire::{Changed, MemberLine, Members, MembersQuery, ProfileChange};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use ledger::directory::Profile;
use ledger::fault::Fault;
use ledger::key::{AccountId, Prefix};
use ledger::ledger::Ledger;
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
    let members = on_disk(&office.ledger, move |ledger| {
        let mut found = found(ledger, &sought, &prefix);
        found.truncate(limit);
        let line = |(account, mut line): (AccountId, MemberLine)| -> Result<MemberLine, Fault> {
            let change = trail::newest(ledger, &account)?;
            line.changed = change.map(|change| Changed { by: change.operator, time: change.time, fields: change.fields() });
            Ok(line)
        };
        found.into_iter().map(line).collect()
    });
    Ok(Json(Members { members: members.await? }))
}

/// The members that are sought, those with a name first and in its order.
fn found(ledger: &Ledger, sought: &str, prefix: &Prefix) -> Vec<(AccountId, MemberLine)> {
    let durable = ledger.durable();
    let lines = durable.state.accounts().iter().map(|account| {
        let name = ledger.directory().profile(&account.id).name;
        (account.id, member_line(account, name, prefix))
    });
    let mut found: Vec<_> = lines.filter(|(_, line)| matches(line, sought)).collect();
    found.sort_by_cached_key(|(_, line)| (line.name.is_none(), line.name.as_deref().unwrap_or_default().to_lowercase()));
    found
}

fn matches(line: &MemberLine, sought: &str) -> bool {
    let named = line.name.as_ref().is_some_and(|name| name.to_lowercase().contains(sought));
    sought.is_empty() || named || line.account.starts_with(sought)
}

fn member_line(account: &Account, name: Option<String>, prefix: &Prefix) -> MemberLine {
    MemberLine {
        account: account.id.to_text(prefix),
        kind: account.kind.word(),
        status: status_word(account),
        level: account.level,
        groups: account.groups.clone(),
        balance: account.balance.get(),
        receivable: account.receivable,
        name,
        changed: None,
    }
}

/// Whether an account takes part, as a word.
pub fn status_word(account: &Account) -> &'static str {
    match account.status {
        Status::Open => "open",
        Status::Suspended => "suspended",
        Status::Closed => "closed",
    }
}

pub async fn put_profile(
    State(office): State<Settings>,
    Acting(operator): Acting,
    Path(text): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let body = body.map_err(|_| Problem::TooLarge)?;
    let prefix = prefix(&office.ledger)?;
    let account = account(&text, &prefix)?;
    office.ledger.durable().state.account(&account).ok_or(Problem::AccountUnknown)?;
    let malformed = Problem::Malformed("The profile is JSON with texts `name`, `trade`, `contact`, `iban`.");
    let change: ProfileChange = serde_json::from_slice(&body).map_err(|_| malformed)?;
    let trace = (operator.number, (office.clock)());
    on_disk(&office.ledger, move |ledger| trail::change(ledger, &account, trace, |profile| changed(profile, change))).await?;
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
