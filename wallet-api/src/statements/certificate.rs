//! What an account had at the end of a year, on paper: for the books of a shop or an association.

use super::words::Words;
use super::{Period, Statement, file, reader};
use crate::Service;
use crate::error::Refusal;
use crate::extract::{Bearer, Path, Query};
use crate::lines::Viewer;
use crate::routes::{Answer, blocking};
use crate::wire::YearQuery;
use axum::extract::State;
use axum::response::Response;
use documents::{Letter, Piece};
use ledger::calendar::{days_of, start_of_paris_day};
use ledger::key::AccountId;

/// Before this year there was no ledger.
const FIRST_YEAR: i32 = 2020;

/// The instants in Paris at which a year begins and ends.
fn year_in_paris(year: i32) -> Period {
    let start = |year| start_of_paris_day(days_of(year, 1, 1));
    Period { from: start(year), to: start(year.saturating_add(1)) }
}

pub async fn pdf(
    State(service): State<Service>,
    bearer: Bearer,
    Path(text): Path<String>,
    Query(query): Query<YearQuery>,
) -> Answer<Response> {
    let account = reader(&service, &bearer, &text)?;
    let Some(period) = (query.year >= FIRST_YEAR).then(|| year_in_paris(query.year)).filter(|year| year.to <= service.now())
    else {
        return Err(Refusal::Malformed("`year` has to be a year that is over, 2020 or later"));
    };
    let seat = service.desk().seat()?;
    let made = blocking(move || {
        let _seat = seat;
        let viewer = Viewer { ledger: service.ledger(), prefix: service.prefix(), account };
        let statement = Statement::read(&viewer, period)?;
        Ok::<_, Refusal>(documents::letter(&letter(
            &service,
            &account,
            super::words::of(query.language.as_deref()),
            query.year,
            &statement,
        )))
    });
    Ok(file("application/pdf", made.await??))
}

fn letter(service: &Service, account: &AccountId, words: &Words, year: i32, statement: &Statement) -> Letter {
    let certificate = &words.certificate;
    let (unit, entries) = {
        let durable = service.ledger().durable();
        (durable.state.genesis().map(|genesis| genesis.symbol.clone()).unwrap_or_default(), durable.tree.size())
    };
    let amount = |cents: i64| format!("{} {unit}", documents::amount(words.language, cents.into()));
    let fact = |name: &str, value: String| Piece::Fact(name.into(), value);
    let name = service.ledger().directory().profile(account).name.unwrap_or_default();
    let mut pieces = vec![
        fact(certificate.holder, name),
        fact(certificate.account, account.to_text(&service.prefix())),
        fact(&certificate.balance.replace("{year}", &year.to_string()), amount(statement.closing)),
        Piece::Paragraph(certificate.covered.replace("{holder}", &service.settings().holder)),
        Piece::Heading(certificate.movements.replace("{year}", &year.to_string())),
        fact(words.opening, amount(statement.opening)),
    ];
    pieces.extend(sums(words, statement).into_iter().map(|(kind, cents)| fact(kind, amount(cents))));
    pieces.extend([
        fact(words.closing, amount(statement.closing)),
        Piece::Heading(certificate.source.into()),
        fact(certificate.entries, entries.to_string()),
        Piece::Paragraph(certificate.check.into()),
        Piece::Blank(certificate.signature.into()),
    ]);
    Letter {
        language: words.language,
        title: certificate.title.replace("{year}", &year.to_string()),
        pieces,
        foot: service.settings().holder.clone(),
    }
}

/// What each kind of movement came to, in the order in which the kinds first came.
fn sums(words: &Words, statement: &Statement) -> Vec<(&'static str, i64)> {
    let mut sums: Vec<(&'static str, i64)> = Vec::new();
    for line in statement.lines.iter().filter(|line| line.amount != 0) {
        let kind = words.kind(line);
        match sums.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, sum)) => *sum += line.amount,
            None => sums.push((kind, line.amount)),
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_is_that_of_the_clocks_in_paris() {
        // 2025-12-31T23:00:00Z, and a year later.
        assert_eq!(year_in_paris(2026), Period { from: 1_767_222_000_000, to: 1_798_758_000_000 });
        assert_eq!(year_in_paris(2028).to - year_in_paris(2028).from, 366 * 86_400_000);
    }
}
