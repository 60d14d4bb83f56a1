//! The accounts behind the members' accounts: banks, purses and circulation, and the cover that the law asks for.
//!
//! Every entry is a list of [`Posting`]s whose sum is zero per asset and per medium. A debit is positive. The association's debts
//! are negative: what the euros at the bank belong to, and the units that it issued.
//!
//! ```text
//! euros of one medium    Bank(+) = Cover + Payable + FeesDue + Pledged + Campaign + Unmatched + Own   (claims, negative)
//! units of one medium    Member(+), Notes(+) = Issued (negative)
//! cover of one medium    Cover − circulation ≥ 0
//! ```
//! Redemptions payable, fees due and pledges are claims of their own, so that what stands under `Cover` is what is left for
//! circulation after them.

use crate::account::{Bank, BankNumber, CampaignNumber, Medium};
use crate::amount::Cents;
use std::collections::BTreeMap;

/// One account of the books.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Book {
    /// Euros at a bank.
    Bank(BankNumber),
    /// Euros that arrived at a bank and that no member was given units for.
    Unmatched(BankNumber),
    /// A sponsor's euros.
    Campaign(CampaignNumber),
    /// The association's own euros at a bank.
    Own(BankNumber),
    /// Euros that cover circulation.
    Cover(Medium),
    /// Euros that redemptions are to be paid.
    Payable(Medium),
    /// Fees that the fund holds for the association.
    FeesDue(Medium),
    /// Euros that are pledged.
    Pledged(Medium),
    /// Units of a member, by the number of the account in order of opening.
    Member(u32),
    /// Notes in circulation.
    Notes,
    /// Units issued.
    Issued(Medium),
}

/// The effect of an entry on one account: positive is a debit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Posting {
    /// Which account.
    pub book: Book,
    /// How much.
    pub cents: Cents,
}

/// What a posting is counted in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asset {
    /// Euros.
    Euro,
    /// Units of the local currency.
    Unit,
}

/// Adds the two postings that move so many cents, if any: out of `credit`, into `debit`. They may be more than one order can name:
/// a conversion's units are its euros and its bonus.
pub fn move_cents(postings: &mut Vec<Posting>, credit: Book, debit: Book, cents: u64) {
    if cents > 0 {
        let cents = Cents::new(i64::try_from(cents).expect("a posting is within the total limit"));
        postings.push(Posting { book: credit, cents: cents.negated() });
        postings.push(Posting { book: debit, cents });
    }
}

/// The balances of everything but the members.
#[derive(Clone, Default, Debug)]
pub struct Books {
    pub(crate) balances: BTreeMap<Book, Cents>,
    pub(crate) banks: BTreeMap<BankNumber, Bank>,
    pub(crate) campaign_banks: BTreeMap<CampaignNumber, BankNumber>,
}

impl Books {
    /// Adds a bank account. The caller has checked that the number is free.
    pub fn add_bank(&mut self, bank: Bank) {
        self.banks.insert(bank.number, bank);
    }

    /// Says which bank account holds a campaign's euros.
    pub fn place_campaign(&mut self, campaign: CampaignNumber, bank: BankNumber) {
        self.campaign_banks.insert(campaign, bank);
    }

    /// A bank account.
    pub fn bank(&self, number: BankNumber) -> Option<&Bank> {
        self.banks.get(&number)
    }

    /// All bank accounts, by number.
    pub fn banks(&self) -> impl Iterator<Item = &Bank> {
        self.banks.values()
    }

    /// The balance of an account, as it stands: claims and units issued are negative.
    pub fn balance(&self, book: Book) -> Cents {
        self.balances.get(&book).copied().unwrap_or(Cents::ZERO)
    }

    /// What a claim amounts to, as a positive number.
    pub fn claim(&self, book: Book) -> Cents {
        self.balance(book).negated()
    }

    /// Units in circulation.
    pub fn circulation(&self, medium: Medium) -> Cents {
        self.claim(Book::Issued(medium))
    }

    /// Euros that cover circulation, after everything that comes before.
    pub fn cover(&self, medium: Medium) -> Cents {
        self.claim(Book::Cover(medium))
    }

    /// Cover less circulation: negative is a shortfall.
    pub fn surplus(&self, medium: Medium) -> Cents {
        self.cover(medium).minus(self.circulation(medium)).expect("both are within the total limit")
    }

    /// The euros of a bank account that are the fund's: what is neither sponsors', nor unmatched, nor the association's own.
    pub fn fund_assets(&self, bank: BankNumber) -> Cents {
        let others = [self.claim(Book::Unmatched(bank)), self.claim(Book::Own(bank)), self.campaigns_at(bank)];
        let rest = others.into_iter().try_fold(self.balance(Book::Bank(bank)), Cents::minus);
        rest.expect("balances are within the total limit")
    }

    /// Sponsors' euros at a bank account.
    pub fn campaigns_at(&self, bank: BankNumber) -> Cents {
        let here = self.campaign_banks.iter().filter(|(_, place)| **place == bank);
        let sum = here.map(|(campaign, _)| self.claim(Book::Campaign(*campaign))).try_fold(Cents::ZERO, Cents::plus);
        sum.expect("balances are within the total limit")
    }

    /// All euros at all banks.
    pub fn total_euros(&self) -> Cents {
        let banks = self.banks.keys().map(|bank| self.balance(Book::Bank(*bank)));
        banks.fold(Cents::ZERO, |sum, cents| sum.plus(cents).expect("balances are within the total limit"))
    }

    /// Which asset, and of which medium.
    pub fn asset(&self, book: Book) -> (Asset, Medium) {
        match book {
            Book::Bank(bank) | Book::Unmatched(bank) | Book::Own(bank) => (Asset::Euro, self.medium_of(bank)),
            Book::Campaign(campaign) => (Asset::Euro, self.medium_of(self.campaign_banks[&campaign])),
            Book::Cover(medium) | Book::Payable(medium) | Book::FeesDue(medium) | Book::Pledged(medium) => (Asset::Euro, medium),
            Book::Member(_) => (Asset::Unit, Medium::Digital),
            Book::Notes => (Asset::Unit, Medium::Paper),
            Book::Issued(medium) => (Asset::Unit, medium),
        }
    }

    fn medium_of(&self, bank: BankNumber) -> Medium {
        self.banks[&bank].medium
    }

    /// Applies the postings of one entry that are not a member's. A sum that is not zero is a bug, and stops the program before
    /// anything is written.
    pub fn apply(&mut self, postings: &[Posting]) {
        let mut sums = [Cents::ZERO; 4];
        for posting in postings {
            let (asset, medium) = self.asset(posting.book);
            let sum = &mut sums[(asset as usize) * 2 + (medium as usize - 1)];
            *sum = sum.plus(posting.cents).expect("an entry's postings are within the total limit");
        }
        assert_eq!(sums, [Cents::ZERO; 4], "the postings of an entry add up to zero");
        for posting in postings {
            if !matches!(posting.book, Book::Member(_)) {
                let balance = self.balances.entry(posting.book).or_default();
                *balance = balance.plus(posting.cents).expect("a balance is within the total limit");
            }
        }
    }
}
