//! What is odd: shortfalls first, then what a person should look at before it grows. Each is a code with its figures; the pages have the
//! words.

use crate::Settings;
use crate::error::Problem;
use crate::intake::calendar::midnight;
use crate::intake::store::{KeptStatement, statements};
use crate::payouts;
use crate::trail;
use crate::wire::Odd;
use ledger::account::{BankNumber, Medium};
use ledger::amount::Cents;
use ledger::books::Book;
use ledger::fault::Fault;
use ledger::key::{AccountId, Prefix};
use ledger::ledger::Ledger;
use ledger::rules::DAY_MS;
use ledger::state::{RedemptionState, State};
use std::collections::BTreeSet;

/// A bank's word on its balance is old after so long: weekly statements, and three days.
pub const CONFIRMATION_OLD_MS: u64 = 10 * DAY_MS;
/// A coverage statement is made each day; after two something is wrong.
const STATEMENT_OLD_MS: u64 = 2 * DAY_MS;
/// A proposal is told of when it lapses within so long.
const LAPSES_SOON_MS: u64 = 5 * DAY_MS;
/// A campaign is told of when less than a tenth of its budget, or of what was spent and is left, can still be given.
const LAST_PART: u64 = 10;
/// So many statements of banks are looked at: a year of weeks for five accounts.
const MOST_STATEMENTS: usize = 260;

/// A bank's line is told of when it was a question for so long: who paid waits for units.
const QUESTION_OLD_MS: u64 = 3 * DAY_MS;

/// Everything that is odd now, the most urgent first.
///
/// # Errors
///
/// As reading records and the journal.
pub fn odd(office: &Settings, now: u64, prefix: &Prefix) -> Result<Vec<Odd>, Problem> {
    let ledger = &*office.ledger;
    let (mut odd, waiting, banks) = {
        let state = &ledger.durable().state;
        let banks: Vec<BankNumber> = state.books().banks().map(|bank| bank.number).collect();
        (of_state(state, now, prefix), payable(state), banks)
    };
    let disk = (office.disk)();
    if disk.alarm {
        odd.push(Odd { code: "disk", amount: i64::try_from(disk.free_mb).ok(), ..Odd::default() });
    }
    for bank in banks {
        let unexplained = office.intake.reconcile(bank)?.unexplained;
        if unexplained != 0 {
            odd.push(Odd { code: "bank_differs", bank: Some(bank), amount: Some(unexplained), ..Odd::default() });
        }
    }
    odd.extend(confirmations(ledger, now)?);
    odd.extend(of_statements(&statements(ledger, None, MOST_STATEMENTS)?));
    let (questions, since) = office.intake.questions_before(now.saturating_sub(QUESTION_OLD_MS))?;
    if questions > 0 {
        odd.push(Odd { code: "question_old", n: Some(questions), since, ..Odd::default() });
    }
    let void = payouts::void(office)?;
    if !void.is_empty() {
        odd.push(Odd { code: "payout_void", n: Some(void.len()), ..Odd::default() });
    }
    let latest = ledger.publication().latest().map(|latest| latest.statement().time);
    if latest.is_some_and(|time| now.saturating_sub(time) > STATEMENT_OLD_MS) {
        odd.push(Odd { code: "coverage_old", since: latest, ..Odd::default() });
    }
    for account in waiting {
        if let Some(change) = trail::iban_changed(ledger, &account, now)? {
            let account = Some(account.to_text(prefix));
            odd.push(Odd { code: "iban_changed", account, since: Some(change.time), ..Odd::default() });
        }
    }
    Ok(odd)
}

/// Whose redemptions are to be paid.
fn payable(state: &State) -> BTreeSet<AccountId> {
    let open = state.redemptions().filter(|(_, redemption)| !matches!(redemption.state, RedemptionState::Paid(_)));
    open.map(|(_, redemption)| state.accounts()[redemption.account as usize].id).collect()
}

fn of_state(state: &State, now: u64, prefix: &Prefix) -> Vec<Odd> {
    let mut odd = Vec::new();
    for medium in Medium::ALL {
        let surplus = state.books().surplus(*medium);
        if surplus < Cents::ZERO {
            odd.push(Odd { code: "shortfall", medium: Some(medium.word()), amount: Some(-surplus.get()), ..Odd::default() });
        }
    }
    for account in state.accounts().iter().filter(|account| account.receivable > 0) {
        let amount = i64::try_from(account.receivable).ok();
        odd.push(Odd { code: "receivable", account: Some(account.id.to_text(prefix)), amount, ..Odd::default() });
    }
    for bank in state.books().banks() {
        let twin = state.books().banks().any(|other| other.iban == bank.iban && other.number < bank.number);
        if twin {
            odd.push(Odd { code: "same_iban", bank: Some(bank.number), ..Odd::default() });
        }
    }
    odd.extend(budgets(state, now));
    odd.extend(gifts(state, now));
    let soon: Vec<u64> = state
        .proposals()
        .map(|(_, proposal)| proposal.lapses)
        .filter(|lapses| (now..now + LAPSES_SOON_MS).contains(lapses))
        .collect();
    if let Some(first) = soon.iter().min() {
        odd.push(Odd { code: "proposal_lapses", n: Some(soon.len()), since: Some(*first), ..Odd::default() });
    }
    odd
}

/// Campaigns in force that have little left to give.
fn budgets(state: &State, now: u64) -> Vec<Odd> {
    let running = state.campaigns().filter(|known| known.rule.start <= now && now < known.rule.end);
    let little = running.filter_map(|known| {
        let money = state.books().claim(Book::Campaign(known.rule.number)).above_zero();
        let budget = known.rule.budget.cents();
        let left = money.min(budget.saturating_sub(known.spent));
        let (code, whole) = if left == money { ("sponsor_ends", known.spent + money) } else { ("budget_ends", budget) };
        (left < whole.min(budget) / LAST_PART).then_some((code, known.rule.number, left))
    });
    let told =
        |(code, campaign, left)| Odd { code, campaign: Some(campaign), amount: i64::try_from(left).ok(), ..Odd::default() };
    little.map(told).collect()
}

/// Periods that have ended and whose gifts nobody has given.
fn gifts(state: &State, now: u64) -> Vec<Odd> {
    let mut odd = Vec::new();
    for gift in state.gift_rules() {
        let given = |start: u64, end: u64| gift.given.iter().any(|(from, until)| *from < end && start < *until);
        let open = gift.rule.periods.windows(2).rfind(|pair| pair[1] <= now && !given(pair[0], pair[1]));
        let due = open.and_then(|pair| Some((pair[1], state.gift_due(gift.rule.number, pair[0])?.total)));
        if let Some((end, total)) = due.filter(|(_, total)| *total > 0) {
            let amount = i64::try_from(total).ok();
            odd.push(Odd { code: "gift_due", gift: Some(gift.rule.number), amount, since: Some(end), ..Odd::default() });
        }
    }
    odd
}

/// Bank accounts that hold something, and of which the bank has not said so lately.
fn confirmations(ledger: &Ledger, now: u64) -> Result<Vec<Odd>, Fault> {
    let newest = ledger.publication().confirmations()?;
    let durable = ledger.durable();
    let books = durable.state.books();
    let used = books.banks().filter(|bank| books.balance(Book::Bank(bank.number)) != Cents::ZERO);
    let old = used.filter_map(|bank| {
        let known = newest.iter().filter(|known| known.bank == bank.number).map(|known| midnight(known.date.number() + 1)).max();
        let old = known.is_none_or(|time| now.saturating_sub(time) > CONFIRMATION_OLD_MS);
        old.then(|| Odd { code: "confirmation_old", bank: Some(bank.number), since: known, ..Odd::default() })
    });
    Ok(old.collect())
}

/// Statements whose sum is wrong, and days between two statements of an account that none has. The newest of each account come first.
fn of_statements(kept: &[KeptStatement]) -> Vec<Odd> {
    let mut odd = Vec::new();
    for statement in kept.iter().filter(|statement| statement.balanced == Some(false)) {
        odd.push(Odd {
            code: "statement_unbalanced",
            bank: Some(statement.bank),
            since: statement.to.or(statement.from).map(|date| midnight(date.number())),
            ..Odd::default()
        });
    }
    let whole: Vec<&KeptStatement> = kept.iter().filter(|statement| statement.is_statement()).collect();
    for pair in whole.windows(2).filter(|pair| pair[0].bank == pair[1].bank) {
        let (Some(later), Some(earlier)) = (pair[0].from, pair[1].to) else { continue };
        // Days without a movement need no statement: there is a gap only where the balances do not meet.
        let meet = pair[0].opening.is_some() && pair[0].opening == pair[1].closing;
        if later.number() > earlier.number() + 1 && !meet {
            let since = Some(midnight(earlier.number() + 1));
            odd.push(Odd { code: "statement_gap", bank: Some(pair[0].bank), since, ..Odd::default() });
        }
    }
    odd
}
