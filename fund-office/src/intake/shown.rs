//! Lines, files and statements as pages show them, with suggestions for what is a question.

use crate::bank::Line;
use crate::iban;
use crate::intake::import::{Imported, bank_of};
use crate::intake::index::{Index, Row, Standing};
use crate::intake::lines::{Doubt, Kept};
use crate::intake::matching::{Match, Target, is_taking_back};
use crate::intake::reconciliation::Reconciliation;
use crate::intake::store::{self, KeptFile, KeptStatement};
use crate::intake::{Counts, Intake};
use crate::words::words;
use ledger::account::BankNumber;
use ledger::amount::Amount;
use ledger::coverage::Date;
use ledger::fault::Fault;
use ledger::key::{AccountId, Hash32, Prefix};
use ledger::state::State;
use ledger::transaction::Act;
use serde_json::{Value, json};

/// So many lines are opened for one search at most; the next page goes on from there.
const SEARCHED_AT_ONCE: usize = 3_000;
/// So many suggestions are made for a line.
const MOST_SUGGESTIONS: usize = 6;
/// A payment goes back within so many days.
const RETURNS_WITHIN_DAYS: u32 = 400;
/// Words by which banks name their own fees.
const FEE_WORDS: [&str; 5] = ["FRAIS", "COMMISSION", "COTISATION", "AGIOS", "ABONNEMENT"];
/// Parts of bank transaction codes for fees (ISO 20022, external code list).
const FEE_CODES: [&str; 4] = ["CHRG", "COMM", "FEES", "SRVCHG"];

/// Which lines are asked for.
pub struct Asked {
    /// Only those that stand so.
    pub state: Option<String>,
    /// Only those of this bank account.
    pub bank: Option<BankNumber>,
    /// Only those with this in a text, or of this amount.
    pub query: Option<String>,
    /// Those after this one.
    pub before: Option<Hash32>,
    /// At most so many.
    pub limit: usize,
}

/// Who is shown something, and how accounts are written.
#[derive(Clone)]
pub struct Reader {
    /// The currency's prefix.
    pub prefix: Prefix,
    /// Auditors see nothing that payers wrote: no names, IBANs, texts, references and end-to-end ids.
    pub sees_names: bool,
}

impl Intake {
    /// A page of lines, the newest first, and how many stand how.
    ///
    /// # Errors
    ///
    /// As reading records.
    pub fn page(&self, asked: &Asked, reader: &Reader) -> Result<Value, Fault> {
        let counts = counts(&self.counts()?);
        let index = self.now()?;
        let before = asked.before.and_then(|id| index.place(&id));
        let sought = asked.query.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_lowercase);
        let (mut lines, mut opened, mut next) = (Vec::new(), 0, None);
        for place in index.newest_first(before) {
            let row = index.row(place);
            let wanted = asked.state.as_ref().is_none_or(|state| row.standing.word() == state);
            if !wanted || asked.bank.is_some_and(|bank| row.bank != bank) {
                continue;
            }
            let Some(kept) = store::read_line(&self.ledger, row.day, &row.id)? else { continue };
            opened += 1;
            if sought.as_ref().is_none_or(|sought| has(&kept.line, sought, reader)) {
                lines.push(self.shown(&index, row, &kept, reader)?);
            }
            if lines.len() >= asked.limit || opened >= SEARCHED_AT_ONCE {
                next = index.newest_first(Some(place)).next().map(|_| row.id.to_string());
                break;
            }
        }
        Ok(json!({ "lines": lines, "next": next, "counts": counts }))
    }

    /// One line.
    ///
    /// # Errors
    ///
    /// As reading records.
    pub fn line(&self, id: &Hash32, reader: &Reader) -> Result<Option<Value>, Fault> {
        let index = self.now()?;
        let Some(place) = index.place(id) else { return Ok(None) };
        let row = index.row(place);
        let kept = store::read_line(&self.ledger, row.day, id)?;
        kept.map(|kept| self.shown(&index, row, &kept, reader)).transpose()
    }

    fn shown(&self, index: &Index, row: &Row, kept: &Kept, reader: &Reader) -> Result<Value, Fault> {
        let line = &kept.line;
        let wanted = index.act(row, &self.ledger.durable().state).map(|(act, _)| act);
        let open = matches!(row.standing, Standing::Ready | Standing::Question);
        let suggestions =
            if row.standing == Standing::Question { self.suggestions(index, row, kept, reader)? } else { Vec::new() };
        let named = |text: &Option<String>| text.clone().filter(|_| reader.sees_names);
        let (sequence, proposal) = match row.standing {
            Standing::Booked(sequence) => (Some(sequence), None),
            Standing::Waiting(proposal) => (None, Some(proposal.to_string())),
            _ => (None, None),
        };
        let decision = row.decision.as_ref().map(|decision| {
            json!({ "decision": decision.choice.word(), "by": decision.by, "time": decision.time,
                    "note": decision.note.clone().filter(|_| reader.sees_names) })
        });
        Ok(json!({
            "line": row.id.to_string(), "bank": row.bank, "amount": line.amount, "currency": line.currency,
            "booking_date": text_of(line.booking_date), "value_date": text_of(line.value_date),
            "counterparty": named(&line.counterparty), "iban": named(&line.iban),
            "references": if reader.sees_names { line.references.clone() } else { Vec::new() },
            "text": Some(&line.text).filter(|_| reader.sees_names), "end_to_end": named(&line.end_to_end), "status": line.status.code(),
            "match": found(row, reader), "doubt": doubt(index, row),
            "decision": decision, "state": row.standing.word(), "sequence": sequence, "proposal": proposal,
            "act": wanted.filter(|_| open).map(|act| words(&act, &reader.prefix)), "suggestions": suggestions,
            "refused": row.clerk.as_ref().and_then(|order| order.refused.clone()).filter(|_| open),
            "file": kept.file.to_string(), "return_code": line.return_code, "reversal": line.reversal,
        }))
    }

    /// What a line may be, for a person who looks at it. The first is the likeliest.
    fn suggestions(&self, index: &Index, row: &Row, kept: &Kept, reader: &Reader) -> Result<Vec<Value>, Fault> {
        let mut made = Vec::new();
        let doubtful = row.doubt.and_then(|doubt| doubt.other().map(|other| (doubt.word(), other)));
        let rivals = kept.rivals.iter().map(|rival| Doubt::MayBe(*rival)).map(|doubt| (doubt.word(), doubt.other()));
        let others = doubtful.into_iter().map(|(why, other)| (why, Some(other))).chain(rivals);
        made.extend(others.map(|(why, other)| json!({ "why": why, "line": other.map(|id| id.to_string()), "act": null })));
        if !row.euros {
            return Ok(made);
        }
        let durable = self.ledger.durable();
        let state = &durable.state;
        let amount = Amount::from_cents(row.amount.unsigned_abs());
        let line = &kept.line;
        if let (Some(amount), Some(other)) = (amount, line.iban.as_deref().and_then(|iban| bank_of(&self.ledger, iban))) {
            let (bank_out, bank_in) = if row.amount > 0 { (other, row.bank) } else { (row.bank, other) };
            let act = Act::FundMove { bank_out, bank_in, amount, evidence: row.id };
            made.extend((other != row.bank).then(|| json!({ "why": "fund_move", "act": words(&act, &reader.prefix) })));
        }
        if row.amount > 0 {
            for (why, account) in self.candidates(row, line, reader) {
                made.push(self.member(why, row, account, state, reader));
            }
        } else if let Some(amount) = amount {
            let fee = is_fee(line).then_some(Act::BankFee { bank: row.bank, amount, evidence: row.id });
            made.extend(fee.map(|act| json!({ "why": "fee", "act": words(&act, &reader.prefix) })));
            drop(durable);
            made.extend(self.credits_back(index, row, line)?);
        }
        made.truncate(MOST_SUGGESTIONS);
        Ok(made)
    }

    /// Members who may have paid: those that references name, who gave this IBAN, or are called like the payer. Only a person may go by a name.
    fn candidates(&self, row: &Row, line: &Line, reader: &Reader) -> Vec<(&'static str, AccountId)> {
        let of_ours = matches!(row.found.map(|found| found.target), Some(Target::Redemption(_)));
        if of_ours || is_taking_back(line) {
            // Euros of ours that came back are nobody's conversion.
            return Vec::new();
        }
        let mut found: Vec<(&'static str, AccountId)> = Vec::new();
        let mut add = |why, account| {
            if !found.iter().any(|(_, before)| *before == account) {
                found.push((why, account));
            }
        };
        if let Some(Target::Member { account, .. }) = row.found.map(|found| found.target) {
            add(row.found.map_or("", |found| found.fit.word()), account);
        }
        let iban = line.iban.as_deref().and_then(iban::normalised);
        let called = line.counterparty.as_deref().map(plain).filter(|name| !name.is_empty() && reader.sees_names);
        for (account, profile) in self.ledger.directory().profiles() {
            let own = profile.iban.as_deref().and_then(iban::normalised);
            if own.is_some() && own == iban {
                add("iban", account);
            } else if called.is_some() && profile.name.as_deref().map(plain) == called {
                add("name", account);
            }
        }
        // The IBAN says more than the name.
        found.sort_by_key(|(why, _)| *why == "name");
        found
    }

    fn member(&self, why: &str, row: &Row, account: AccountId, state: &State, reader: &Reader) -> Value {
        let open = state.account(&account).is_some_and(|account| account.status == ledger::state::Status::Open);
        let amount = Amount::from_cents(row.amount.unsigned_abs()).filter(|_| open);
        let act = amount.map(|amount| Act::Convert { bank: row.bank, credit: row.id, amount, account });
        let name = self.ledger.directory().profile(&account).name.filter(|_| reader.sees_names);
        json!({ "why": why, "account": account.to_text(&reader.prefix), "name": name, "act": act.map(|act| words(&act, &reader.prefix)) })
    }

    /// Earlier credits that a debit may take back: of the same amount, from the same IBAN.
    fn credits_back(&self, index: &Index, row: &Row, line: &Line) -> Result<Vec<Value>, Fault> {
        let mut made = Vec::new();
        for place in index.near(row.bank, -row.amount, row.day, RETURNS_WITHIN_DAYS).take(SEARCHED_AT_ONCE) {
            let other = index.row(place);
            if other.day > row.day || index.taken_back(&other.id) > 0 || made.len() >= MOST_SUGGESTIONS {
                continue;
            }
            let Some(kept) = store::read_line(&self.ledger, other.day, &other.id)? else { continue };
            let same = |one: &Option<String>, another: &Option<String>| one.is_some() && one == another;
            if same(&kept.line.iban, &line.iban) || same(&kept.line.end_to_end, &line.end_to_end) {
                made.push(json!({ "why": "return", "line": other.id.to_string(), "act": null }));
            }
        }
        Ok(made)
    }
}

/// Why a person is asked although something was found.
fn doubt(index: &Index, row: &Row) -> Option<Value> {
    let kept = row.doubt.map(|doubt| json!({ "why": doubt.word(), "line": doubt.other().map(|id| id.to_string()) }));
    let open = row.standing == Standing::Question;
    kept.or_else(|| {
        let (redemption, batch, now) = index.in_another_batch(row).filter(|_| open)?;
        let why = if now.is_some() { "other_batch" } else { "taken_back_batch" };
        Some(json!({ "why": why, "redemption": redemption, "batch": batch, "batch_now": now }))
    })
}

/// What was found, or what a person said.
fn found(row: &Row, reader: &Reader) -> Option<Value> {
    use crate::intake::lines::Choice;
    let by_person = |target: Value| Some(with(target, "person", "exact"));
    match row.decision.as_ref().map(|decision| decision.choice) {
        Some(Choice::Member(account)) => by_person(json!({ "account": account.to_text(&reader.prefix) })),
        Some(Choice::Campaign(campaign)) => by_person(json!({ "campaign": campaign })),
        Some(Choice::Return(credit) | Choice::SameAs(credit)) => by_person(json!({ "line": credit.to_string() })),
        Some(_) => by_person(json!({})),
        None => row.found.map(|found| match_shown(&found, reader)),
    }
}

fn match_shown(found: &Match, reader: &Reader) -> Value {
    let target = match found.target {
        Target::Member { account, order } => json!({ "account": account.to_text(&reader.prefix), "order": order }),
        Target::Campaign(campaign) => json!({ "campaign": campaign }),
        Target::Redemption(redemption) => json!({ "redemption": redemption }),
        Target::Credit(credit) => json!({ "line": credit.to_string() }),
    };
    with(target, found.reason.word(), found.fit.word())
}

fn with(mut target: Value, reason: &str, outcome: &str) -> Value {
    (target["reason"], target["outcome"]) = (json!(reason), json!(outcome));
    target
}

/// A name without case, accents of spelling aside, and in any order of its words.
fn plain(name: &str) -> String {
    let mut words: Vec<String> = name.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect();
    words.retain(|word| !word.is_empty() && !["m", "mme", "mr", "mlle", "monsieur", "madame"].contains(&word.as_str()));
    words.sort_unstable();
    words.join(" ")
}

fn is_fee(line: &Line) -> bool {
    let code = line.bank_code.as_deref().unwrap_or_default().to_uppercase();
    let text = line.text.to_uppercase();
    let worded = text.split(|c: char| !c.is_alphanumeric()).any(|word| FEE_WORDS.contains(&word));
    FEE_CODES.iter().any(|fee| code.contains(fee)) || worded && line.iban.is_none()
}

fn has(line: &Line, sought: &str, reader: &Reader) -> bool {
    let digits: String = sought.chars().filter(char::is_ascii_digit).collect();
    let is_amount = !digits.is_empty() && sought.chars().all(|c| c.is_ascii_digit() || "-.,€ ".contains(c));
    let cents = line.amount.unsigned_abs();
    if is_amount && (digits == cents.to_string() || cents.is_multiple_of(100) && digits == (cents / 100).to_string()) {
        return true;
    }
    let written =
        [&line.counterparty, &line.iban, &line.end_to_end].into_iter().flatten().chain(&line.references).chain([&line.text]);
    reader.sees_names && written.into_iter().any(|text| text.to_lowercase().contains(sought))
}

fn text_of(date: Option<Date>) -> Option<String> {
    date.map(|date| date.to_string())
}

fn counts(counts: &Counts) -> Value {
    json!({
        "ready": counts.ready, "question": counts.question, "waiting": counts.waiting, "booked": counts.booked,
        "set_aside": counts.set_aside, "pending": counts.pending,
    })
}

/// What came of a file.
pub fn imported(done: &Imported) -> Value {
    let statements: Vec<Value> = done
        .statements
        .iter()
        .map(|seen| {
            json!({
                "account": seen.account, "bank": seen.bank, "id": seen.id, "from": text_of(seen.from), "to": text_of(seen.to),
                "opening": seen.opening, "closing": seen.closing, "balanced": seen.balanced,
                "gap": seen.gap.map(|(from, to)| json!({ "from": from.to_string(), "to": to.to_string() })),
                "overlap": seen.overlap, "lines": seen.lines, "new": seen.new,
            })
        })
        .collect();
    let [ready, questions, pending] = done.standings;
    json!({
        "file": done.file.to_string(), "format": done.format, "again": done.again, "statements": statements, "new": done.new,
        "known": done.known, "ready": ready, "questions": questions, "pending": pending, "refused": done.refused,
    })
}

/// A file that was imported. What was not taken of it names accounts, which only those who act see.
pub fn file(kept: &KeptFile, sees_names: bool) -> Value {
    json!({
        "file": kept.hash.to_string(), "name": kept.name, "format": kept.format, "time": kept.time, "by": kept.by, "lines": kept.lines,
        "new": kept.new, "refused": if sees_names { &kept.refused[..] } else { &[] },
    })
}

/// A statement that was imported.
pub fn statement(kept: &KeptStatement, gap: Option<(Date, Date)>, overlap: bool) -> Value {
    json!({
        "bank": kept.bank, "account": kept.account, "id": kept.id, "kind": kept.kind, "format": kept.format, "from": text_of(kept.from),
        "to": text_of(kept.to), "opening": kept.opening, "closing": kept.closing, "balanced": kept.balanced, "lines": kept.lines,
        "file": kept.file.to_string(), "time": kept.time, "gap": gap.map(|(from, to)| json!({ "from": from.to_string(), "to": to.to_string() })),
        "overlap": overlap,
    })
}

/// A bank account, reconciled.
pub fn reconciliation(done: &Reconciliation) -> Value {
    let explained: Vec<Value> = done
        .explained
        .iter()
        .map(|part| {
            json!({ "why": part.why.word(), "amount": part.amount, "line": part.line.map(|line| line.to_string()), "sequence": part.sequence,
                    "words": part.words })
        })
        .collect();
    json!({
        "bank": done.bank, "confirmed": done.confirmed.map(|(cents, _)| cents), "date": done.confirmed.map(|(_, date)| date.to_string()),
        "ledger": done.ledger, "difference": done.difference(), "explained": explained, "unexplained": done.unexplained,
    })
}
