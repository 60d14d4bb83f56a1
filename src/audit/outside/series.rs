//! The coverage statements: an unbroken chain, each bound to the log, each consistent in itself; and what they say.

use super::Log;
use super::memory::Memory;
use super::remote::Remote;
use crate::audit::Ended;
use crate::audit::folder::covered;
use crate::audit::report::{Day, Question, Report, Verdict};
use crate::audit::trust::Trust;
use crate::dates;
use ledger::account::Medium;
use ledger::coverage::{NO_STATEMENT, SignedStatement, Statement};
use ledger::rules::DAY_MS;
use public_log::wire::Coverage;

/// So many statements are asked for at a time.
const PAGE: usize = 100;
/// A statement is made once a day. The newest one is late after a day and a half: a night without the node is no alarm.
const LATE_MS: u64 = DAY_MS * 3 / 2;
/// A clock that is wrong by less is no finding.
const AHEAD_MS: u64 = DAY_MS / 24;
/// What a bank confirmed is old after so many days: banks send statements once a month at least.
const OLD_CONFIRMATION_DAYS: u64 = 35;

/// Every statement, oldest first, each with a good signature. What breaks the chain is noted.
pub async fn read(remote: &Remote, trust: &Trust, memory: &Memory, report: &mut Report) -> Result<Vec<Statement>, Ended> {
    let (mut series, mut from) = (Vec::new(), None);
    loop {
        let page = remote.ask(|client| async move { client.coverage(from, PAGE).await }).await?;
        let before = series.len();
        for row in &page.statements {
            // Newest first: a node that repeats itself would be read for ever.
            if series.last().is_some_and(|last: &Statement| last.number <= row.number) {
                return Err(Ended::Found(format!("statement {} comes out of order", row.number)));
            }
            let opened = SignedStatement::open_in(&row.note, &trust.ledger, &trust.reigns);
            let opened = opened.map_err(|error| Ended::Found(format!("a coverage statement does not hold: {error}")))?;
            if Coverage::of(&opened) != *row {
                let number = opened.statement().number;
                return Err(Ended::Found(format!("statement {number} as JSON says something else than its signed note")));
            }
            series.push(opened.statement().clone());
        }
        match page.next {
            Some(next) if series.len() > before => from = Some(next),
            _ => break,
        }
    }
    series.reverse();
    chain(&series, memory, report);
    Ok(series)
}

/// Numbers without a gap, each naming the one before; and the same ones as last time.
fn chain(series: &[Statement], memory: &Memory, report: &mut Report) {
    let l = report.language;
    let mut previous = NO_STATEMENT;
    for (statement, number) in series.iter().zip(1..) {
        if statement.number != number || statement.previous != previous {
            let words = l.pick(
                "L’attestation n° {n} ne suit pas la précédente : une attestation manque ou a été changée.",
                "Statement {n} does not follow the one before: one is missing or was changed.",
            );
            report.check(Question::Covered, "statements_chain", Verdict::Wrong, words.replace("{n}", &number.to_string()));
            return;
        }
        previous = statement.hash();
    }
    if let Some(number) = backwards(series, memory) {
        let words = l.pick(
            "L’attestation n° {n} parle d’un registre plus ancien que la précédente ou que la dernière vérification.",
            "Statement {n} speaks of an older log than the one before it or than the last audit.",
        );
        return report.check(Question::Covered, "statements_order", Verdict::Wrong, words.replace("{n}", &number.to_string()));
    }
    let changed = memory.statements.iter().find(|(number, hash)| {
        let now = usize::try_from(**number).ok().and_then(|number| series.get(number.checked_sub(1)?));
        now.is_none_or(|now| now.hash().to_string() != **hash)
    });
    if let Some((number, _)) = changed {
        let words = l.pick(
            "L’attestation n° {n} n’est plus celle de la dernière vérification.",
            "Statement {n} is no longer the one of the last audit.",
        );
        report.check(Question::Covered, "statements_changed", Verdict::Wrong, words.replace("{n}", &number.to_string()));
    } else if !series.is_empty() {
        let words = l.pick(
            "Les {n} attestations de couverture se suivent sans trou.",
            "The {n} coverage statements follow each other without a gap.",
        );
        report.check(Question::Covered, "statements_chain", Verdict::Good, words.replace("{n}", &series.len().to_string()));
    }
}

/// The first statement that goes back in time or in the log.
fn backwards(series: &[Statement], memory: &Memory) -> Option<u64> {
    let falls = |pair: &&[Statement]| pair[1].size < pair[0].size || pair[1].time < pair[0].time;
    let stale = |statement: &&Statement| !memory.statements.contains_key(&statement.number) && statement.size < memory.floor;
    let fallen = series.windows(2).find(falls).map(|pair| pair[1].number);
    fallen.or_else(|| series.iter().find(stale).map(|statement| statement.number))
}

/// Each statement is bound to the very log that was read; and what the newest one says. Gives the hashes of those that are bound.
pub fn check(series: &[Statement], log: &Log, report: &mut Report) -> Vec<(u64, String)> {
    let bound = bound(series, log, report);
    report.days = series.iter().map(Day::of).collect();
    let l = report.language;
    let Some(newest) = series.last() else {
        let words =
            l.pick("Aucune attestation de couverture n’a encore été publiée.", "No coverage statement was published yet.");
        report.check(Question::Covered, "statements", Verdict::Open, words);
        return bound;
    };
    for (medium, line) in Medium::ALL.iter().zip(&newest.media) {
        let (verdict, words) = covered(*medium, line.circulation, line.cover, l);
        report.check(Question::Covered, "cover", verdict, words);
    }
    past_shortfalls(series, report);
    banks(newest, report);
    age(newest, report);
    bound
}

/// Whether the newest statement is of these days.
fn age(newest: &Statement, report: &mut Report) {
    let l = report.language;
    let words = if report.made.saturating_sub(newest.time) > LATE_MS {
        l.pick("La dernière attestation date du {d} : elle est en retard.", "The newest statement is of {d}: it is late.")
    } else if newest.time.saturating_sub(report.made) > AHEAD_MS {
        l.pick("La dernière attestation est datée du {d}, dans le futur.", "The newest statement is dated {d}, in the future.")
    } else {
        return;
    };
    report.check(Question::Covered, "late", Verdict::Warning, words.replace("{d}", &l.moment(newest.time)));
}

fn bound(series: &[Statement], log: &Log, report: &mut Report) -> Vec<(u64, String)> {
    let (l, mut bound) = (report.language, Vec::new());
    for statement in series {
        let before = log.memory.statements.contains_key(&statement.number);
        let words = match log.roots.get(&statement.size) {
            Some(root) if *root == statement.root => "",
            // It was bound when the entries up to there were read.
            None if before && statement.size <= log.checkpoint.size => "",
            None if statement.size > log.checkpoint.size => l.pick(
                "L’attestation n° {n} parle d’écritures que le nœud ne publie pas.",
                "Statement {n} speaks of entries that the node does not publish.",
            ),
            _ => l.pick(
                "L’attestation n° {n} parle d’un autre registre que celui qui est publié.",
                "Statement {n} speaks of another log than the published one.",
            ),
        };
        match words {
            "" => bound.push((statement.number, statement.hash().to_string())),
            words => {
                let words = words.replace("{n}", &statement.number.to_string());
                report.check(Question::Covered, "statements_bound", Verdict::Wrong, words);
            }
        }
    }
    if !bound.is_empty() && bound.len() == series.len() {
        let words = l.pick(
            "{n} attestations sont liées au registre publié, et cohérentes en elles-mêmes.",
            "{n} statements are bound to the published log, and consistent in themselves.",
        );
        report.check(Question::Covered, "statements_bound", Verdict::Good, words.replace("{n}", &bound.len().to_string()));
    }
    bound
}

fn past_shortfalls(series: &[Statement], report: &mut Report) {
    let l = report.language;
    let short = |statement: &&Statement| statement.media.iter().any(|line| line.cover < line.circulation);
    let days: Vec<String> = series.iter().rev().skip(1).filter(short).map(|statement| l.moment(statement.time)).collect();
    if let Some(last) = days.first() {
        let words = l.pick(
            "La couverture a manqué dans {n} attestations passées ; la dernière fois le {d}.",
            "Cover was short in {n} past statements; the last time on {d}.",
        );
        let words = words.replace("{n}", &days.len().to_string()).replace("{d}", last);
        report.check(Question::Covered, "past_shortfalls", Verdict::Warning, words);
    }
}

/// What the banks confirmed of the newest statement.
fn banks(newest: &Statement, report: &mut Report) {
    let l = report.language;
    for bank in &newest.banks {
        let Some(confirmed) = &bank.confirmed else {
            let words = l.pick(
                "Compte bancaire {b} : aucun relevé de la banque n’a encore confirmé le solde.",
                "Bank account {b}: no statement of the bank has confirmed its balance yet.",
            );
            report.check(Question::Covered, "bank", Verdict::Warning, words.replace("{b}", &bank.bank.to_string()));
            continue;
        };
        let date = confirmed.date.to_string();
        let old = dates::instant(&date).map_or(true, |day| newest.time.saturating_sub(day) > OLD_CONFIRMATION_DAYS * DAY_MS);
        let differs = confirmed.amount != bank.booked;
        let words = match differs {
            true => l.pick(
                "Compte bancaire {b} : la banque confirme {c} euros au {d}, les livres disent {k} (l’écart peut être en chemin).",
                "Bank account {b}: the bank confirms {c} euros on {d}, the books say {k} (the difference may be on its way).",
            ),
            false => l.pick(
                "Compte bancaire {b} : la banque confirme {c} euros au {d}, comme les livres.",
                "Bank account {b}: the bank confirms {c} euros on {d}, as the books do.",
            ),
        };
        let words = words.replace("{b}", &bank.bank.to_string()).replace("{c}", &l.euros(confirmed.amount));
        let words = words.replace("{d}", &date).replace("{k}", &l.euros(bank.booked));
        report.check(Question::Covered, "bank", if old || differs { Verdict::Warning } else { Verdict::Good }, words);
    }
}
