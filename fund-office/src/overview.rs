//! The fund at a glance: per medium, per bank account, per campaign.

use crate::Settings;
use crate::desk::Reading;
use crate::wire::{BankLine, CampaignLine, MediumLine, Overview};
use axum::Json;
use axum::extract::State;
use ledger::account::{AccountKind, Bank, Medium};
use ledger::amount::Cents;
use ledger::books::{Book, Books};
use ledger::state::{CampaignState, Status};

pub async fn overview(State(office): State<Settings>, _: Reading) -> Json<Overview> {
    let now = (office.clock)();
    let durable = office.ledger.durable();
    let (state, books) = (&durable.state, durable.state.books());
    let open = state.accounts().iter().filter(|account| account.status != Status::Closed);
    let (professionals, members): (Vec<_>, Vec<_>) = open.partition(|account| account.kind == AccountKind::Professional);
    Json(Overview {
        currency: state.genesis().map(|genesis| genesis.name.clone()).unwrap_or_default(),
        media: Medium::ALL.iter().map(|medium| medium_line(books, *medium)).collect(),
        banks: books.banks().map(|bank| bank_line(books, bank)).collect(),
        campaigns: state.campaigns().map(|campaign| campaign_line(books, campaign)).collect(),
        waiting: state.proposals().filter(|(_, proposal)| proposal.lapses >= now).count(),
        members: members.len(),
        professionals: professionals.len(),
        disk: (office.disk)(),
    })
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
