//! What happened in the town: euros become units, people shop, shops pay their suppliers and change units back, the association
//! keeps the fund in order. Sums and hours are those of a small town; the same seed tells the same story.

use super::bank::{self, Movement};
use super::cast::{Cast, Person, gather, made_up_iban};
use super::chance::Chance;
use super::till::Till;
use super::town::Town;
use crate::dates::{HOUR_MS, MINUTE_MS, months_from, weekday};
use crate::failure::{Failure, Outcome};
use crate::keys;
use ledger::account::{Bank, Campaign, FeeRule, GiftRule, Medium};
use ledger::amount::{Amount, Rate};
use ledger::books::Book;
use ledger::calendar::paris_ahead_ms;
use ledger::coverage::Date;
use ledger::key::{AccountId, Hash32};
use ledger::liability::Seed;
use ledger::message::ChargeRequest;
use ledger::orders;
use ledger::publication::Confirmation;
use ledger::rules::DAY_MS;
use ledger::transaction::{Act, Body, ChargeReference, Purse, Transfer};
use std::path::Path;

/// The bank account of the digital fund.
pub const DIGITAL: u16 = 1;
/// The bank account of the paper fund.
pub const PAPER: u16 = 2;
/// What the first resident keeps, in cents.
const KEPT: u64 = 6_000;
/// Nothing happens in the last minutes before the town is shown.
const QUIET_MS: u64 = 3 * MINUTE_MS;
/// The treasurer, who types what the banks confirm.
const CONFIRMER: u16 = 1;
/// The town hall's person, who may read what becomes of its euros.
const SPONSOR: u16 = 5;
/// The made-up bank accounts of residents begin with this number, after everybody's who is in the directory.
const PAYERS: usize = 100_000;
/// Before the first shop opens.
const MORNING: u64 = 6;
/// After most shops have closed.
const EVENING: u64 = 20;
/// A customer takes so long to pay.
const AT_THE_TILL_MS: u64 = 30_000;
/// What is bought within so long at the first till is asked for together, so that a busy day takes no longer to tell than it has to.
const TOGETHER_MS: u64 = 10 * MINUTE_MS;
/// A charge of the past was open for so long after it was paid.
const CHARGE_MS: u64 = 10 * MINUTE_MS;

/// How large a town, and until when.
pub struct Size {
    /// Residents.
    pub residents: usize,
    /// Shops.
    pub shops: usize,
    /// Days before today.
    pub days: u64,
    /// Payments at the first shop's till beside the usual.
    pub sales: u64,
    /// The present.
    pub now: u64,
    /// Which story.
    pub seed: u64,
}

impl Size {
    /// Midnight in Paris of a day of the story; day 0 is the first.
    fn midnight(&self, day: u64) -> u64 {
        let ahead = paris_ahead_ms(self.now);
        let today = (self.now + ahead) / DAY_MS * DAY_MS - ahead;
        today.saturating_sub((self.days - day.min(self.days)) * DAY_MS)
    }

    /// When the town's ledger begins.
    pub fn start(&self) -> u64 {
        self.midnight(0) + MORNING * HOUR_MS - DAY_MS
    }

    /// The day on which so many sevenths of the story are told.
    fn seventh(&self, sevenths: u64) -> u64 {
        self.days * sevenths / 7
    }
}

/// Someone who buys something.
struct Purchase {
    time: u64,
    resident: usize,
    shop: usize,
    cents: u64,
    charge: Option<ChargeReference>,
}

/// The teller of the story.
pub struct Story {
    town: Town,
    size: Size,
    chance: Chance,
    cast: Cast,
    till: Till,
    conversions: u64,
    /// Redemptions that wait for their euros.
    payable: Vec<u64>,
    paid: Vec<u64>,
    last: u64,
}

impl Story {
    /// Opens the accounts and the rules.
    pub fn begin(mut town: Town, size: Size, data: &Path) -> Outcome<Story> {
        let mut chance = Chance::new(size.seed);
        let start = size.start();
        let cast = gather(&mut town, start, size.residents, size.shops, &mut chance)?;
        let till = install(&town, data, &cast, start)?;
        let (payable, paid) = (Vec::new(), Vec::new());
        let mut story = Story { town, size, chance, cast, till, conversions: 0, payable, paid, last: start };
        story.found(start + HOUR_MS)?;
        Ok(story)
    }

    /// Own money, notes, the town's campaign and the fee.
    fn found(&mut self, time: u64) -> Outcome {
        let evidence = document;
        let deposits = [(DIGITAL, 60_000, Purse::Own), (PAPER, 300_000, Purse::Cover)];
        for (bank, cents, purse) in deposits {
            let amount = amount(cents)?;
            self.town.act(
                time,
                Act::FundDeposit { bank, amount, purse, evidence: evidence("deposit", u64::from(bank)), settles: None },
            )?;
        }
        self.town.act(time, Act::IssueNotes { amount: amount(250_000)?, evidence: evidence("notes", 1) })?;
        self.town.act(time, Act::PublishCampaign(Box::new(self.campaign()?)))?;
        let sponsored = amount(500_000)?;
        self.town
            .act(time, Act::SponsorDeposit { bank: DIGITAL, campaign: 1, amount: sponsored, evidence: evidence("sponsor", 1) })?;
        // 5 %, of which 3 go to an association.
        let (given, beneficiary) = (Some(rate(3, 100)?), Some(self.cast.association.account));
        let rule = FeeRule { version: 1, rate: rate(1, 20)?, least: 0, from: time, exempt: Vec::new(), given, beneficiary };
        self.town.act(time, Act::PublishFee(rule))?;
        self.town.act(time, Act::PublishGift(self.gift()?))?;
        self.town.settle().map(drop)
    }

    /// 3 % of what its members convert, for an association that ten of them at least chose first; each month.
    fn gift(&self) -> Outcome<GiftRule> {
        let (number, version, bank, periods) = (1, 1, DIGITAL, months_from(self.size.start(), 13));
        Ok(GiftRule { number, version, bank, rate: rate(3, 100)?, periods, least_members: 10, budget: amount(50_000)? })
    }

    /// The town gives 20 %, at most 20 units per member and month.
    fn campaign(&self) -> Outcome<Campaign> {
        let periods = months_from(self.size.start(), 13);
        let (start, end) = (periods.first().copied(), periods.last().copied());
        let (Some(start), Some(end)) = (start, end) else { return Err(Failure::new("the demo's campaign has no dates")) };
        Ok(Campaign {
            number: 1,
            version: 1,
            bank: DIGITAL,
            rate: rate(1, 5)?,
            start,
            end,
            budget: amount(500_000)?,
            cap: amount(2_000)?,
            periods: periods.into_iter().take(12).collect(),
            groups: Vec::new(),
            order: 0,
            least: amount(500)?,
            most: amount(30_000)?,
            steps: Vec::new(),
            sponsor: Some(SPONSOR),
        })
    }

    /// Tells one day.
    pub fn day(&mut self, day: u64) -> Outcome {
        self.office_hours(day)?;
        self.conversions(day)?;
        self.shopping(day)?;
        self.closing(day)?;
        self.evening(day)
    }

    /// At eight the banks have confirmed what they hold, and the coverage statement of the day is made.
    fn closing(&mut self, day: u64) -> Outcome {
        let time = self.at(day, EVENING, 0).max(self.last);
        if !self.happened(time) {
            return Ok(());
        }
        let publication = self.town.ledger.publication();
        for confirmation in self.confirmations(day, time)? {
            publication.confirm(confirmation)?;
        }
        self.town.ledger.state_coverage(time, Seed(keys::random()?))?;
        Ok(())
    }

    /// What the banks say, each every second day: what the books say, for nobody is wrong in Belrive.
    fn confirmations(&self, day: u64, time: u64) -> Outcome<Vec<Confirmation>> {
        let durable = self.town.ledger.durable();
        let books = durable.state.books();
        let said = books.banks().filter(|bank| day == 0 || (day + u64::from(bank.number)).is_multiple_of(2));
        let date = Date::in_paris(time).ok_or_else(|| Failure::new("the demo plays on a day that there is not"))?;
        let confirmation = |bank: &Bank| Confirmation {
            bank: bank.number,
            amount: books.balance(Book::Bank(bank.number)),
            date,
            file: document("bank statement", day * 100 + u64::from(bank.number)),
            by: CONFIRMER,
            time,
        };
        Ok(said.map(confirmation).collect())
    }

    fn at(&self, day: u64, hour: u64, minute: u64) -> u64 {
        self.size.midnight(day) + hour * HOUR_MS + minute * MINUTE_MS
    }

    /// Whether something at this time has happened yet; and if so, makes it the latest.
    fn happened(&mut self, time: u64) -> bool {
        let past = time + QUIET_MS < self.size.now;
        if past {
            self.last = self.last.max(time);
        }
        past
    }

    /// What the association does in the morning: redemptions are paid, one comes back, a bank fee, a credit without a name.
    fn office_hours(&mut self, day: u64) -> Outcome {
        let time = self.at(day, 6, 30);
        if !self.happened(time) {
            return Ok(());
        }
        if day == self.size.seventh(5)
            && let Some(redemption) = self.paid.pop()
        {
            self.town.act(time, Act::RedemptionReturned { redemption, evidence: document("returned", redemption) })?;
            self.town.settle()?;
        }
        if day == self.size.seventh(4) {
            for redemption in std::mem::take(&mut self.payable) {
                self.town.act(time, Act::RedemptionPaid { redemption, bank: DIGITAL, evidence: document("paid", redemption) })?;
                self.paid.push(redemption);
            }
            self.town.act(time, Act::BankFee { bank: DIGITAL, amount: amount(350)?, evidence: document("fee", day) })?;
        }
        if day == self.size.seventh(2) {
            self.town
                .act(time, Act::RecordCredit { bank: DIGITAL, credit: document("unknown payer", day), amount: amount(4_000)? })?;
        }
        self.town.settle().map(drop)
    }

    /// Euros become units: most people on the first day, some later, the town hall once.
    fn conversions(&mut self, day: u64) -> Outcome {
        let time = self.at(day, 6, 45);
        if self.by_statement(day) || !self.happened(time) {
            return Ok(());
        }
        for resident in 0..self.cast.residents.len() {
            let (account, level) = (self.cast.residents[resident].account, self.cast.residents[resident].level);
            let first = resident == 0;
            let converts =
                if day == 0 { first || self.chance.percent(80) } else { !first && level > 0 && self.chance.percent(14) };
            let sums: &[u64] = if level == 0 { &[2_000, 3_000, 5_000] } else { &[3_000, 5_000, 5_000, 10_000, 10_000, 15_000] };
            let cents = if first { 10_000 } else { self.chance.pick(sums).copied().unwrap_or(2_000) };
            if converts {
                self.convert(time, account, cents)?;
            }
        }
        if day == 0 {
            self.regulars(time)?;
        }
        if day == self.size.seventh(1) {
            self.convert(time, self.cast.town_hall.account, 60_000)?;
        }
        self.town.settle()?;
        self.refresh();
        Ok(())
    }

    /// Those who are to buy so much at the first shop convert what it takes.
    fn regulars(&mut self, time: u64) -> Outcome {
        let Some(trade) = self.cast.shops.first().and_then(|shop| shop.trade) else { return Ok(()) };
        let each = self.size.sales * trade.most / (self.cast.residents.len() as u64).max(1);
        for resident in 1..self.cast.residents.len() {
            let Person { account, level, .. } = self.cast.residents[resident];
            if each > 0 && level > 0 {
                self.convert(time, account, each)?;
            }
        }
        Ok(())
    }

    /// True for the days whose conversions are lines of the bank's statements.
    fn by_statement(&self, day: u64) -> bool {
        day > 0 && day + 1 >= self.size.days
    }

    fn convert(&mut self, time: u64, account: AccountId, cents: u64) -> Outcome {
        self.conversions += 1;
        let credit = document("credit", self.conversions);
        self.town.act(time, Act::Convert { bank: DIGITAL, credit, amount: amount(cents)?, account }).map(drop)
    }

    /// Takes the balances from the ledger.
    fn refresh(&mut self) {
        let durable = self.town.ledger.durable();
        let cast = &mut self.cast;
        let others = [&mut cast.association, &mut cast.town_hall];
        for person in others.into_iter().chain(&mut cast.shops).chain(&mut cast.residents) {
            person.balance = durable.state.account(&person.account).map_or(0, |account| account.balance.above_zero());
        }
    }

    fn shopping(&mut self, day: u64) -> Outcome {
        let mut purchases = self.plan(day);
        purchases.sort_by_key(|purchase| purchase.time);
        let mut done: Vec<Purchase> = Vec::new();
        let mut asked = 0;
        for purchase in purchases {
            let kept = if purchase.resident == 0 { KEPT } else { 0 };
            let affordable = self.cast.residents[purchase.resident].balance >= purchase.cents + kept;
            if affordable && self.happened(purchase.time) {
                if done.get(asked).is_some_and(|first| first.time + TOGETHER_MS < purchase.time) {
                    self.serve(&done[asked..])?;
                    asked = done.len();
                }
                self.cast.residents[purchase.resident].balance -= purchase.cents;
                self.cast.shops[purchase.shop].balance += purchase.cents;
                done.push(purchase);
            }
        }
        self.serve(&done[asked..])?;
        let entries = self.town.settle()?;
        self.refunds(day, done.iter().zip(entries))
    }

    /// The first shop's till keeps records: it asks before it is paid.
    fn serve(&mut self, purchases: &[Purchase]) -> Outcome {
        let mut requests = Vec::new();
        for purchase in purchases {
            let (0, Some(charge), Some(shop)) = (purchase.shop, purchase.charge, self.cast.shops.first()) else { continue };
            let reference = Some(format!("Ticket {}", purchase.time / MINUTE_MS % 10_000));
            requests
                .push((purchase.time, ChargeRequest { payee: shop.account, amount: amount(purchase.cents)?, charge, reference }));
        }
        if let Some((first, _)) = requests.first() {
            self.till.ask(first - AT_THE_TILL_MS, requests.iter().map(|(_, request)| request))?;
        }
        purchases.iter().try_for_each(|purchase| self.pay(purchase))
    }

    fn pay(&mut self, purchase: &Purchase) -> Outcome {
        let (payer, payee) = (&self.cast.residents[purchase.resident], &self.cast.shops[purchase.shop]);
        let body = transfer(payer, payee.account, purchase.cents, purchase.charge)?;
        self.town.submit(purchase.time, &payer.key, body).map(drop)
    }

    /// Who buys what on a day: none to three things each, in shops that are open.
    fn plan(&mut self, day: u64) -> Vec<Purchase> {
        let sunday = weekday(self.at(day, 12, 0)) == 0;
        let mut purchases = Vec::new();
        for resident in 0..self.cast.residents.len() {
            for _ in 0..[0, 0, 1, 1, 1, 2, 3][usize::try_from(self.chance.below(7)).unwrap_or(0)] {
                purchases.extend(self.purchase(day, resident, sunday));
            }
        }
        if day < self.size.days {
            let whole = self.size.sales / self.size.days;
            let rest = if day == 0 { self.size.sales % self.size.days } else { 0 };
            purchases.extend((0..whole + rest).filter_map(|_| self.regular(day)));
        }
        if day + 1 == self.size.days || self.size.days == 0 {
            purchases.extend(self.last_groceries(day));
        }
        purchases
    }

    /// Something that a regular buys at the first shop.
    fn regular(&mut self, day: u64) -> Option<Purchase> {
        let known: Vec<usize> = (1..self.cast.residents.len()).filter(|place| self.cast.residents[*place].level > 0).collect();
        let resident = self.chance.pick(&known).copied()?;
        self.purchase_at(day, resident, 0)
    }

    fn purchase(&mut self, day: u64, resident: usize, sunday: bool) -> Option<Purchase> {
        let shop = self.open_shop(sunday)?;
        self.purchase_at(day, resident, shop)
    }

    fn purchase_at(&mut self, day: u64, resident: usize, shop: usize) -> Option<Purchase> {
        let trade = self.cast.shops[shop].trade?;
        let time = self.at(day, trade.opens, 0) + self.chance.below((trade.closes - trade.opens) * HOUR_MS);
        // The smaller of two draws: most purchases are small.
        let range = trade.most - trade.least;
        let cents = trade.least + self.chance.below(range).min(self.chance.below(range));
        let charge = Some(ChargeReference { id: self.chance.bytes16(), expires: time + CHARGE_MS });
        Some(Purchase { time, resident, shop, cents: cents - cents % 5, charge })
    }

    /// A shop, by how often people go there.
    fn open_shop(&mut self, sunday: bool) -> Option<usize> {
        let weight = |shop: &Person| shop.trade.filter(|trade| !sunday || trade.sunday).map_or(0, |trade| trade.weight);
        let total = self.cast.shops.iter().map(weight).sum();
        let mut place = self.chance.below(total);
        for (number, shop) in self.cast.shops.iter().enumerate() {
            match place.checked_sub(weight(shop)) {
                Some(rest) if total > 0 => place = rest,
                _ => return (weight(shop) > 0).then_some(number),
            }
        }
        None
    }

    /// The first resident spends down to what a wallet that is shown should hold.
    fn last_groceries(&mut self, day: u64) -> Vec<Purchase> {
        let shop = 1.min(self.cast.shops.len().saturating_sub(1));
        let mut left = self.cast.residents.first().map_or(0, |person| person.balance.saturating_sub(KEPT + 150));
        let mut purchases = Vec::new();
        while left > 500 && !self.cast.shops.is_empty() {
            let cents = left.min(2_690 + self.chance.below(60) * 5);
            left -= cents;
            let time = self.at(day, 8, 10) + self.chance.below(11 * HOUR_MS);
            let charge = Some(ChargeReference { id: self.chance.bytes16(), expires: time + CHARGE_MS });
            purchases.push(Purchase { time, resident: 0, shop, cents, charge });
        }
        purchases
    }

    /// A few things are brought back, whole or in part.
    fn refunds<'p>(&mut self, day: u64, done: impl Iterator<Item = (&'p Purchase, u64)>) -> Outcome {
        let time = self.at(day, EVENING - 1, 40).max(self.last);
        if !self.happened(time) {
            return Ok(());
        }
        for (purchase, original) in done {
            if purchase.resident == 0 || !self.chance.percent(2) {
                continue;
            }
            let cents = if self.chance.percent(50) { purchase.cents } else { (purchase.cents / 2).max(1) };
            let shop = &mut self.cast.shops[purchase.shop];
            shop.balance -= cents;
            let body = Body::Refund { account: shop.account, original, item: 0, amount: amount(cents)? };
            self.town.submit(time, &shop.key, body)?;
        }
        self.town.settle().map(drop)
    }

    /// After work: shops pay suppliers and redeem, friends give, the town hall thanks volunteers.
    fn evening(&mut self, day: u64) -> Outcome {
        let time = self.at(day, EVENING, 15).max(self.last);
        if !self.happened(time) {
            return Ok(());
        }
        self.refresh();
        self.suppliers(time)?;
        self.gifts(time)?;
        if day == self.size.seventh(3) {
            self.thanks(time)?;
        }
        self.town.settle()?;
        let redeeming = [3, 5].map(|sevenths| self.size.seventh(sevenths));
        if redeeming.contains(&day) {
            self.redeem(time + HOUR_MS)?;
        }
        Ok(())
    }

    /// A café buys vegetables, a restaurant books: a quarter of the shops pay another one each evening. The first shop is not among
    /// the sellers: its till would wonder at a payment that it did not ask for.
    fn suppliers(&mut self, time: u64) -> Outcome {
        let shops = self.cast.shops.len();
        for buyer in 0..shops {
            let seller = 1 + usize::try_from(self.chance.below(shops as u64 - 1)).unwrap_or(0);
            let cents = self.cast.shops[buyer].balance / 3;
            let cents = cents - cents % 10;
            if self.chance.percent(25) && seller != buyer && cents >= 1_500 {
                let payee = self.cast.shops[seller].account;
                let payer = &mut self.cast.shops[buyer];
                payer.balance -= cents;
                let body = transfer(payer, payee, cents, None)?;
                self.town.submit(time, &payer.key, body)?;
            }
        }
        Ok(())
    }

    fn gifts(&mut self, time: u64) -> Outcome {
        let residents = self.cast.residents.len();
        for giver in 1..residents {
            let friend = 1 + usize::try_from(self.chance.below(residents as u64 - 1)).unwrap_or(0);
            let cents = 500 * (1 + self.chance.below(3));
            let known = self.cast.residents[friend].level > 0;
            if self.chance.percent(3) && known && friend != giver && self.cast.residents[giver].balance >= cents {
                let payee = self.cast.residents[friend].account;
                let payer = &mut self.cast.residents[giver];
                payer.balance -= cents;
                let body = transfer(payer, payee, cents, None)?;
                self.town.submit(time, &payer.key, body)?;
            }
        }
        Ok(())
    }

    /// The town hall thanks volunteers: one order, all or nothing.
    fn thanks(&mut self, time: u64) -> Outcome {
        let thanked = self.cast.residents.iter().skip(1).filter(|person| person.level > 0).take(10);
        let payments: Vec<_> = thanked.map(|person| Ok((person.account, amount(2_000)?))).collect::<Outcome<_>>()?;
        let town_hall = &self.cast.town_hall;
        if payments.is_empty() || town_hall.balance < 2_000 * payments.len() as u64 {
            return Ok(());
        }
        let body = Body::Transfers { payer: town_hall.account, payments };
        self.town.submit(time, &town_hall.key, body).map(drop)
    }

    /// The fullest tills change a part into euros.
    fn redeem(&mut self, time: u64) -> Outcome {
        if !self.happened(time) {
            return Ok(());
        }
        self.refresh();
        let mut shops: Vec<&Person> = self.cast.shops.iter().skip(1).collect();
        shops.sort_by_key(|shop| std::cmp::Reverse(shop.balance));
        for shop in shops.into_iter().take(3) {
            let cents = shop.balance / 2 / 1_000 * 1_000;
            if let Some(amount) = Amount::from_cents(cents) {
                self.town.submit(time, &shop.key, Body::Redeem { account: shop.account, amount })?;
            }
        }
        self.payable.extend(self.town.settle()?);
        Ok(())
    }

    /// The bank's last two statements: yesterday's is done to its last line, of today's nothing is decided yet. A file of redemptions was
    /// paid with the first.
    fn statements(&mut self, secrets: &Path, iban: String, time: u64) -> Outcome {
        let mut batch: Vec<u64> = self.payable.iter().copied().take((self.payable.len() * 2 / 3).min(2)).collect();
        batch.sort_unstable();
        if !batch.is_empty() {
            let order = Act::OrderRedemptions { bank: DIGITAL, redemptions: batch.clone(), evidence: document("payments", 1) };
            self.town.act(time, order)?;
        }
        self.town.settle()?;
        let bank = bank::Bank::open(self.town.ledger.clone(), secrets, iban, time)?;
        let opening = self.town.ledger.durable().state.books().balance(Book::Bank(DIGITAL)).get();
        let known = |resident: &usize| self.cast.residents[*resident].level > 0;
        let members: Vec<usize> = (1..self.cast.residents.len()).filter(known).collect();
        let (first, rest) = members.split_at(members.len().div_ceil(2).min(8));
        let mut yesterday: Vec<Movement> = first.iter().map(|resident| self.paid_in(*resident)).collect();
        yesterday.extend(batch.iter().filter_map(|redemption| self.paid_out(*redemption)));
        let date = |time: u64| Date::in_paris(time).ok_or_else(|| Failure::new("the demo has no such day"));
        let closing = bank.tell(date(self.at(self.size.days.saturating_sub(1), 12, 0))?, opening, &yesterday)?;
        self.town.reach(time + 2);
        let staff = self.town.staff.clone();
        let [proposer, approver, ..] = &staff[..] else { return Err(Failure::new("the demo has no second person")) };
        bank.propose(proposer)?;
        let waiting: Vec<_> = self.town.ledger.durable().state.proposals().map(|(id, _)| *id).collect();
        for proposal in waiting {
            self.town.submit(time + 3, approver, Body::Approve { proposal })?;
        }
        self.town.settle()?;
        let mut today: Vec<Movement> = rest.iter().take(5).map(|resident| self.paid_in(*resident)).collect();
        today.extend(self.odd_lines(rest.get(5).copied(), &yesterday));
        bank.tell(date(self.at(self.size.days, 12, 0))?, closing, &today).map(drop)
    }

    /// A member's euros, under the account's reference: as a bank's form has it, or typed into the text.
    fn paid_in(&mut self, resident: usize) -> Movement {
        let cents = self.chance.pick(&[2_000, 3_000, 5_000, 10_000]).copied().unwrap_or(2_000);
        let member = &self.cast.residents[resident];
        let reference = orders::reference(&member.account);
        let (text, reference) = match resident % 3 {
            0 => (format!("Virement liards {reference}"), None),
            _ => (String::new(), Some(reference)),
        };
        let end_to_end = Some(format!("VIR-{resident}-{cents}"));
        Movement {
            cents,
            name: member.name.clone(),
            iban: made_up_iban(PAYERS + resident),
            reference,
            end_to_end,
            text,
            returned: None,
        }
    }

    /// The euros of a redemption.
    fn paid_out(&self, redemption: u64) -> Option<Movement> {
        let durable = self.town.ledger.durable();
        let known = durable.state.redemption(redemption)?;
        let account = durable.state.accounts().get(known.account as usize)?.id;
        let name = self.cast.shops.iter().find(|shop| shop.account == account).map(|shop| shop.name.clone())?;
        let (cents, end_to_end) = (-i64::try_from(known.net).ok()?, Some(format!("RED-{redemption}-1")));
        Some(Movement { cents, name, iban: None, reference: None, end_to_end, text: "Rachat de liards".into(), returned: None })
    }

    /// What a person has to look at: two payments without a reference, one that the bank takes back, and the bank's fee.
    fn odd_lines(&self, member: Option<usize>, yesterday: &[Movement]) -> Vec<Movement> {
        let line = |cents, name: &str, text: &str| Movement {
            cents,
            name: name.to_owned(),
            iban: None,
            reference: None,
            end_to_end: None,
            text: text.to_owned(),
            returned: None,
        };
        let mut odd =
            vec![line(2_500, "M. Durand Pierre", "pour mes liards, merci"), line(-350, "Banque", "Frais de tenue de compte")];
        if let Some(member) = member {
            odd.push(line(4_000, &self.cast.residents[member].name, "conversion du mois"));
        }
        if let Some(back) = yesterday.iter().rfind(|movement| movement.cents > 0) {
            let returned = Movement {
                returned: Some("AC04"),
                end_to_end: back.end_to_end.clone(),
                iban: back.iban.clone(),
                ..line(-back.cents, &back.name, "")
            };
            odd.push(returned);
        }
        odd
    }

    /// Leaves one act to the visitor: the fees that members paid are to go to the association; it waits for a second person.
    pub fn end(mut self, secrets: &Path, iban: String) -> Outcome<(Town, Cast)> {
        let time = self.last.max(self.size.now.saturating_sub(QUIET_MS));
        self.statements(secrets, iban, time)?;
        let due = self.town.ledger.durable().state.books().claim(Book::FeesDue(Medium::Digital));
        let act = match due.positive() {
            Some(amount) => {
                Act::FundWithdrawal { bank: DIGITAL, amount, purse: Purse::FeesDue, evidence: document("fees", self.size.days) }
            }
            None => Act::IssueNotes { amount: amount(20_000)?, evidence: document("notes", 2) },
        };
        let proposer = self.town.staff.get(1).cloned().ok_or_else(|| Failure::new("the demo has no second person"))?;
        self.town.submit(time + 4, &proposer, Body::Propose(act))?;
        self.town.settle()?;
        self.till.close(self.size.start(), self.size.now)?;
        Ok((self.town, self.cast))
    }
}

/// The first shop's till, enrolled by its owner.
fn install(town: &Town, data: &Path, cast: &Cast, time: u64) -> Outcome<Till> {
    let owner = cast.shops.first().ok_or_else(|| Failure::new("the demo has no shop"))?;
    let mut till = Till::open(town.ledger.clone(), data, cast.till.clone(), time)?;
    till.enrol(&owner.key, "Caisse 1")?;
    Ok(till)
}

fn transfer(payer: &Person, payee: AccountId, cents: u64, charge: Option<ChargeReference>) -> Outcome<Body> {
    Ok(Body::Transfer(Transfer { payer: payer.account, payee, amount: amount(cents)?, charge, memo: None }))
}

fn amount(cents: u64) -> Outcome<Amount> {
    Amount::from_cents(cents).ok_or_else(|| Failure::new("the demo names an amount of nothing"))
}

fn rate(numerator: u64, denominator: u64) -> Outcome<Rate> {
    Rate::new(numerator, denominator).ok_or_else(|| Failure::new("the demo names a rate that is none"))
}

/// The hash of a document that does not exist.
fn document(what: &str, number: u64) -> Hash32 {
    Hash32::of(format!("demo of Belrive: {what} {number}").as_bytes())
}
