//! The fund at a glance: per medium, per bank account, per campaign.

use crate::Settings;
use crate::desk::{Reading, off_thread, prefix};
use crate::error::Problem;
use crate::odd;
use crate::wire::{Arrived, BankLine, CampaignLine, MediumLine, Overview};
use axum::Json;
use axum::extract::State;
use ledger::account::{AccountKind, Bank, Medium};
use ledger::amount::Cents;
use ledger::books::{Book, Books};
use ledger::key::Prefix;
use ledger::rules::DAY_MS;
use ledger::state::{CampaignState, State as Fold, Status};

pub async fn overview(State(office): State<Settings>, _: Reading) -> Result<Json<Overview>, Problem> {
    let now = (office.clock)();
    let prefix = prefix(&office.ledger)?;
    off_thread(office, move |office| look(office, now, &prefix)).await.map(Json)
}

fn look(office: &Settings, now: u64, prefix: &Prefix) -> Result<Overview, Problem> {
    let odd = odd::odd(office, now, prefix)?;
    let durable = office.ledger.durable();
    let (state, books) = (&durable.state, durable.state.books());
    let open = state.accounts().iter().filter(|account| account.status != Status::Closed);
    let (professionals, members): (Vec<_>, Vec<_>) = open.partition(|account| account.kind == AccountKind::Professional);
    Ok(Overview {
        currency: state.genesis().map(|genesis| genesis.name.clone()).unwrap_or_default(),
        media: Medium::ALL.iter().map(|medium| medium_line(books, *medium)).collect(),
        banks: books.banks().map(|bank| bank_line(books, bank)).collect(),
        campaigns: state.campaigns().map(|campaign| campaign_line(books, campaign)).collect(),
        waiting: state.proposals().filter(|(_, proposal)| proposal.lapses >= now).count(),
        members: members.len(),
        professionals: professionals.len(),
        arrived: arrived(state, now),
        odd,
        disk: (office.disk)(),
    })
}

/// What banks credited, as far as it is booked.
fn arrived(state: &Fold, now: u64) -> Arrived {
    let midnight = now / DAY_MS * DAY_MS;
    let since =
        |time: u64| state.credits().filter(|(_, credit)| credit.time >= time).map(|(_, credit)| credit.amount.cents()).sum();
    Arrived { today: since(midnight), week: since(midnight.saturating_sub(6 * DAY_MS)) }
}

fn medium_line(books: &Books, medium: Medium) -> MediumLine {
    let surplus = books.surplus(medium);
    MediumLine {
        medium: medium.word(),
        circulation: books.circulation(medium).get(),
        cover: books.cover(medium).get(),
        payable: books.claim(Book::Payable(medium)).get(),
        fees_due: books.claim(Book::FeesDue(medium)).get(),
        pledged: books.claim(Book::Pledged(medium)).get(),
        in_transit: 0,
        surplus: surplus.get(),
        covered: surplus >= Cents::ZERO,
    }
}

fn bank_line(books: &Books, bank: &Bank) -> BankLine {
    BankLine {
        bank: bank.number,
        medium: bank.medium.word(),
        class: bank.class.word(),
        balance: books.balance(Book::Bank(bank.number)).get(),
        unmatched: books.claim(Book::Unmatched(bank.number)).get(),
        campaigns: books.campaigns_at(bank.number).get(),
        own: books.claim(Book::Own(bank.number)).get(),
        cover: books.fund_assets(bank.number).get(),
        same_iban: books
            .banks()
            .filter(|other| other.iban == bank.iban && other.number != bank.number)
            .map(|other| other.number)
            .collect(),
    }
}

fn campaign_line(books: &Books, campaign: &CampaignState) -> CampaignLine {
    let rule = &campaign.rule;
    CampaignLine {
        campaign: rule.number,
        version: rule.version,
        bank: rule.bank,
        money: books.claim(Book::Campaign(rule.number)).get(),
        spent: campaign.spent,
        budget: rule.budget.cents(),
        cap: rule.cap.cents(),
        start: rule.start,
        end: rule.end,
        numerator: rule.rate.numerator(),
        denominator: rule.rate.denominator(),
    }
}
