//! Every line in short, in memory: what it stands for is computed here from what was found, what people decided, and what the journal says.
//! Whether a line is done is stored nowhere.

use crate::bank::{Line, Status};
use crate::intake::bookings::{Bookings, marks};
use crate::intake::calendar::Day;
use crate::intake::lines::{Choice, Decision, Doubt, Kept};
use crate::intake::matching::{Match, Target, is_taking_back, likeness};
use crate::intake::store::{self, ClerkOrder};
use crate::payouts;
use ledger::account::{BankNumber, Medium};
use ledger::amount::Amount;
use ledger::coverage::Date;
use ledger::fault::Fault;
use ledger::key::{AccountId, Hash32, TransactionId};
use ledger::ledger::Ledger;
use ledger::orders;
use ledger::state::{RedemptionState, State, Status as AccountStatus};
use ledger::transaction::{Act, Purse};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// So many lines are kept at most: a line is some 300 bytes in memory, and a town has a few thousand in a year.
pub const MAX_KEPT_LINES: usize = 2_000_000;
/// The reason that a correction names when a credit turns out to be no member's.
const REASON_NO_CONVERSION: u16 = 1;
/// What stands in the index is looked at again after so long even when nobody acted: proposals lapse.
const STALE_MS: u64 = 60_000;
/// The ledger is let go after so many lines are judged, so that its writer waits for nobody.
const JUDGED_AT_ONCE: usize = 2_000;

/// Where a line stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It is in the journal, by this entry.
    Booked(u64),
    /// Its act waits for another person.
    Waiting(TransactionId),
    /// Its act is clear, and waits to be signed.
    Ready,
    /// A person has to say what it is.
    Question,
    /// Nothing is to be booked for it.
    SetAside,
    /// The bank has not booked it.
    Pending,
}

impl Standing {
    /// Its word on the wire.
    pub fn word(&self) -> &'static str {
        match self {
            Standing::Booked(_) => "booked",
            Standing::Waiting(_) => "waiting",
            Standing::Ready => "ready",
            Standing::Question => "question",
            Standing::SetAside => "set_aside",
            Standing::Pending => "pending",
        }
    }

    /// True while something can still happen to it without a new file.
    fn is_open(&self) -> bool {
        matches!(self, Standing::Waiting(_) | Standing::Ready | Standing::Question)
    }
}

/// A line in short.
pub struct Row {
    /// Its id.
    pub id: Hash32,
    /// Its bank account.
    pub bank: BankNumber,
    /// Its day.
    pub day: Day,
    /// Signed cents.
    pub amount: i64,
    /// Whether they are euros.
    pub euros: bool,
    /// What the bank says of it.
    pub status: Status,
    /// Which kinds of files have brought it.
    pub seen: u8,
    /// The statement that brought it first.
    pub statement: Hash32,
    /// Another kind of statement that has it, the first one.
    pub within: Option<Hash32>,
    /// The file that brought it first.
    pub file: Hash32,
    /// The day that the bank gives it, if it does.
    pub dated: Option<Day>,
    /// Its place in a booking of several.
    pub detail: Option<u32>,
    /// What it has in common with another line of the same payment, in short.
    pub likeness: Vec<u64>,
    /// What was found.
    pub found: Option<Match>,
    /// Why a person is asked all the same.
    pub doubt: Option<Doubt>,
    /// What a person decided.
    pub decision: Option<Decision>,
    /// What the clerk made of it.
    pub clerk: Option<ClerkOrder>,
    /// Where it stands, when that was last looked at.
    pub standing: Standing,
    /// The redemption and the batch that it names.
    pub named: Option<(u64, u64)>,
    /// True when it takes another line back.
    taking_back: bool,
    /// False once it was replaced by the line that the bank booked.
    living: bool,
}

impl Row {
    /// True when a person said that nothing is to be booked for it.
    fn is_left_alone(&self) -> bool {
        matches!(self.decision.as_ref().map(|decision| decision.choice), Some(Choice::SetAside | Choice::SameAs(_)))
    }

    /// True when this may be the payment of another line: they share an end-to-end id, a reference, the other side's IBAN or their text, or
    /// one of them says too little to tell.
    pub fn is_like(&self, likeness: &[u64]) -> bool {
        self.likeness.is_empty() || likeness.is_empty() || self.likeness.iter().any(|mark| likeness.contains(mark))
    }

    /// True when a person said that it is another line once more.
    pub fn is_another(&self) -> bool {
        matches!(self.decision.as_ref().map(|decision| decision.choice), Some(Choice::SameAs(_)))
    }
}

/// Lines of one day and one amount that one statement of one file brought.
struct Told {
    source: (Hash32, Hash32),
    places: Vec<usize>,
}

/// Every line.
#[derive(Default)]
pub struct Index {
    rows: Vec<Row>,
    by_id: HashMap<Hash32, usize>,
    by_content: HashMap<Hash32, usize>,
    by_day: BTreeSet<(Day, usize)>,
    /// By bank, amount and day, and then by the statement and the file that brought them.
    by_amount: BTreeMap<(BankNumber, i64, Day), Vec<Told>>,
    /// Those that the bank had not booked when they came.
    announced: HashMap<(BankNumber, i64), Vec<usize>>,
    by_order: HashMap<(AccountId, u64), Vec<usize>>,
    by_end_to_end: HashMap<u64, Vec<usize>>,
    by_servicer: HashMap<(BankNumber, u64), Vec<usize>>,
    by_redemption: HashMap<u64, Vec<usize>>,
    /// The files of our batches of redemptions, by number.
    batches: BTreeMap<u64, Hash32>,
    /// By credit, the lines that take it back.
    takers: HashMap<Hash32, Vec<usize>>,
    accounts: HashMap<String, AccountId>,
    accounts_read: usize,
    /// What the journal says.
    pub bookings: Bookings,
    followed: Option<(Option<u64>, u64)>,
    stale: bool,
    /// Lines whose year was destroyed: known, and no more than that.
    pub forgotten: usize,
}

/// The day that the bank gives a line.
pub fn dated(line: &Line) -> Option<Day> {
    line.booking_date.or(line.value_date).map(Date::number)
}

/// A text as a number: two texts with one number are hardly ever two.
pub fn short(text: &str) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = Hash32::of(text.trim().as_bytes()).0;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

impl Index {
    /// Reads everything that is kept.
    ///
    /// # Errors
    ///
    /// As reading records.
    pub fn read(ledger: &Ledger) -> Result<Index, Fault> {
        let mut index = Index::default();
        store::lines(ledger, 0, |day, id, kept| -> Result<(), Fault> {
            match kept {
                Some(kept) => drop(index.insert(&kept)),
                None => index.insert_forgotten(day, id),
            }
            Ok(())
        })?;
        let (mut decided, mut ordered) = (Vec::new(), Vec::new());
        let day_of = |id: &Hash32| index.by_id.get(id).map(|place| index.rows[*place].day);
        store::decisions(ledger, day_of, |id, decision| decided.push((id, decision)), |id, order| ordered.push((id, order)))?;
        for (id, decision) in decided {
            index.decide(&id, Some(decision));
        }
        for (id, order) in ordered {
            index.order(&id, order);
        }
        Ok(index)
    }

    /// Adds a line; gives its place.
    pub fn insert(&mut self, kept: &Kept) -> usize {
        let place = self.rows.len();
        let line = &kept.line;
        self.by_id.insert(kept.id, place);
        self.by_content.extend(kept.content.map(|content| (content, place)));
        self.by_day.insert((kept.day, place));
        let told = self.by_amount.entry((kept.bank, line.amount, kept.day)).or_default();
        let source = (kept.statement, kept.file);
        match told.iter_mut().find(|told| told.source == source) {
            Some(told) => told.places.push(place),
            None => told.push(Told { source, places: vec![place] }),
        }
        if line.status != Status::Booked {
            self.announced.entry((kept.bank, line.amount)).or_default().push(place);
        }
        if let Some(end_to_end) = &line.end_to_end {
            self.by_end_to_end.entry(short(end_to_end)).or_default().push(place);
        }
        if let Some(servicer) = &line.servicer_reference {
            self.by_servicer.entry((kept.bank, short(servicer))).or_default().push(place);
        }
        self.rows.push(Row {
            id: kept.id,
            bank: kept.bank,
            day: kept.day,
            amount: line.amount,
            euros: line.currency == "EUR",
            status: line.status,
            seen: kept.seen,
            statement: kept.statement,
            within: kept.within,
            file: kept.file,
            dated: dated(line),
            detail: line.detail,
            likeness: likeness(line).iter().map(|mark| short(mark)).collect(),
            found: None,
            doubt: kept.doubt,
            decision: None,
            clerk: None,
            standing: Standing::Question,
            named: payouts::named(line),
            taking_back: is_taking_back(line),
            living: true,
        });
        if let Some((redemption, _)) = self.rows[place].named {
            self.by_redemption.entry(redemption).or_default().push(place);
        }
        self.find(place, kept.found);
        place
    }

    fn insert_forgotten(&mut self, day: Day, id: Hash32) {
        let place = self.rows.len();
        self.by_id.insert(id, place);
        self.forgotten += 1;
        self.rows.push(Row {
            id,
            bank: 0,
            day,
            amount: 0,
            euros: false,
            status: Status::Info,
            seen: u8::MAX,
            statement: id,
            within: None,
            file: id,
            dated: Some(day),
            detail: None,
            likeness: Vec::new(),
            found: None,
            doubt: None,
            decision: None,
            clerk: None,
            standing: Standing::SetAside,
            named: None,
            taking_back: false,
            living: false,
        });
    }

    /// Sets what was found for a line.
    pub fn find(&mut self, place: usize, found: Option<Match>) {
        self.rows[place].found = found;
        match found.map(|found| found.target) {
            Some(Target::Member { account, order: Some(order) }) => {
                self.by_order.entry((account, order)).or_default().push(place);
            }
            Some(Target::Credit(credit)) => self.takers.entry(credit).or_default().push(place),
            _ => {}
        }
        self.reopen(place);
    }

    /// A line is looked at again.
    fn reopen(&mut self, place: usize) {
        self.rows[place].standing = Standing::Question;
        self.stale = true;
    }

    /// Takes over what a file says anew of a line that is known.
    pub fn update(&mut self, place: usize, kept: &Kept) {
        let row = &mut self.rows[place];
        (row.seen, row.status, row.doubt, row.within) = (kept.seen, kept.line.status, kept.doubt, kept.within);
        (row.dated, row.likeness) = (dated(&kept.line), likeness(&kept.line).iter().map(|mark| short(mark)).collect());
        let found = row.found;
        self.reopen(place);
        if found != kept.found {
            self.find(place, kept.found);
        }
    }

    /// Forgets a pending line that another one replaces, and the name that it had by its content.
    pub fn drop_line(&mut self, place: usize, content: Option<Hash32>) {
        let row = &mut self.rows[place];
        row.living = false;
        self.by_day.remove(&(row.day, place));
        self.by_id.remove(&row.id);
        if let Some(content) = content.filter(|content| self.by_content.get(content) == Some(&place)) {
            self.by_content.remove(&content);
        }
    }

    /// Sets what a person decided.
    pub fn decide(&mut self, id: &Hash32, decision: Option<Decision>) {
        let Some(place) = self.by_id.get(id).copied() else { return };
        if let Some(Choice::Return(credit)) = self.rows[place].decision.as_ref().map(|decision| decision.choice) {
            self.takers.entry(credit).or_default().retain(|taker| *taker != place);
        }
        if let Some(Choice::Return(credit)) = decision.as_ref().map(|decision| decision.choice) {
            self.takers.entry(credit).or_default().push(place);
        }
        self.rows[place].decision = decision;
        self.reopen(place);
    }

    /// Sets what the clerk made of a line.
    pub fn order(&mut self, id: &Hash32, order: ClerkOrder) {
        if let Some(place) = self.by_id.get(id) {
            self.rows[*place].clerk = Some(order);
        }
    }

    /// The place of a line.
    pub fn place(&self, id: &Hash32) -> Option<usize> {
        self.by_id.get(id).copied().filter(|place| self.rows[*place].living)
    }

    /// True when a line with this id came, whether it can still be read or not.
    pub fn knows(&self, id: &Hash32) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// The line with this content.
    pub fn with_content(&self, content: &Hash32) -> Option<usize> {
        self.by_content.get(content).copied()
    }

    /// A line.
    pub fn row(&self, place: usize) -> &Row {
        &self.rows[place]
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The lines of exactly this amount at a bank, within so many days of a day.
    pub fn near(&self, bank: BankNumber, amount: i64, day: Day, days: u32) -> impl Iterator<Item = usize> {
        self.near_beside(bank, amount, day, days, None)
    }

    /// The same, without those that a statement of a file brought first.
    pub fn near_beside(
        &self,
        bank: BankNumber,
        amount: i64,
        day: Day,
        days: u32,
        source: Option<(Hash32, Hash32)>,
    ) -> impl Iterator<Item = usize> {
        let (from, to) = (day.saturating_sub(days), day.saturating_add(days));
        let told = self.by_amount.range((bank, amount, from)..=(bank, amount, to)).flat_map(|(_, told)| told);
        let places = told.filter(move |told| Some(told.source) != source).flat_map(|told| &told.places).copied();
        places.filter(|place| self.rows[*place].living)
    }

    /// The lines of this amount that the bank has announced and not booked.
    pub fn announced(&self, bank: BankNumber, amount: i64) -> impl Iterator<Item = usize> {
        let places = self.announced.get(&(bank, amount)).map(Vec::as_slice).unwrap_or_default();
        places.iter().copied().filter(|place| self.rows[*place].living && self.rows[*place].status != Status::Booked)
    }

    /// The lines with this end-to-end id.
    pub fn with_end_to_end(&self, text: &str) -> &[usize] {
        self.by_end_to_end.get(&short(text)).map(Vec::as_slice).unwrap_or_default()
    }

    /// The lines with this reference of the bank.
    pub fn with_servicer(&self, bank: BankNumber, text: &str) -> &[usize] {
        self.by_servicer.get(&(bank, short(text))).map(Vec::as_slice).unwrap_or_default()
    }

    /// The lines that answered an order.
    pub fn for_order(&self, account: &AccountId, order: u64) -> impl Iterator<Item = &Row> {
        let places = self.by_order.get(&(*account, order)).map(Vec::as_slice).unwrap_or_default();
        places.iter().map(|place| &self.rows[*place]).filter(|row| row.living)
    }

    /// How many cents of a credit other lines take back.
    pub fn taken_back(&self, credit: &Hash32) -> u64 {
        let places = self.takers.get(credit).map(Vec::as_slice).unwrap_or_default();
        places.iter().map(|place| self.rows[*place].amount.unsigned_abs()).sum()
    }

    /// The lines, the newest day first, from the one after `before` on.
    pub fn newest_first(&self, before: Option<usize>) -> impl Iterator<Item = usize> {
        let end = before.map_or((Day::MAX, usize::MAX), |place| (self.rows[place].day, place));
        self.by_day.range(..end).rev().map(|(_, place)| *place)
    }

    /// The lines, the oldest day first.
    pub fn oldest_first(&self) -> impl Iterator<Item = &Row> {
        self.by_day.iter().map(|(_, place)| &self.rows[*place])
    }

    /// The account with this constant reference.
    pub fn account_of(&self, reference: &str) -> Option<AccountId> {
        self.accounts.get(reference).copied()
    }

    /// Brings everything up to what the journal says now.
    ///
    /// # Errors
    ///
    /// As reading the journal.
    pub fn follow(&mut self, ledger: &Ledger, now: u64) -> Result<(), Fault> {
        self.learn_accounts(&ledger.durable().state);
        let last = ledger.durable().state.last_act();
        if !self.stale && self.followed.is_some_and(|(seen, at)| seen == last && now.abs_diff(at) < STALE_MS) {
            return Ok(());
        }
        let touched = self.catch_up(ledger)?;
        let mut places: BTreeSet<usize> = touched.iter().filter_map(|mark| self.by_id.get(mark).copied()).collect();
        places.extend(self.rows.iter().enumerate().filter(|(_, row)| row.standing.is_open()).map(|(place, _)| place));
        let proposed: Vec<_> = ledger.durable().state.proposals().filter_map(|(_, it)| marks(&it.act).first().copied()).collect();
        places.extend(proposed.iter().filter_map(|mark| self.by_id.get(mark).copied()));
        let places: Vec<usize> = places.into_iter().filter(|place| self.rows[*place].living).collect();
        for some in places.chunks(JUDGED_AT_ONCE) {
            let durable = ledger.durable();
            let proposed = Proposed::of(&durable.state, now);
            for place in some {
                self.rows[*place].standing = self.judged(&self.rows[*place], &durable.state, &proposed);
            }
        }
        (self.followed, self.stale) = (Some((last, now)), false);
        Ok(())
    }

    /// Learns what the journal and the batches of redemptions say now; gives the lines and credits that were spoken of.
    fn catch_up(&mut self, ledger: &Ledger) -> Result<Vec<Hash32>, Fault> {
        let touched = self.bookings.follow(ledger)?;
        let known = self.batches.last_key_value().map_or(0, |(number, _)| *number);
        self.batches.extend(payouts::files_after(ledger, known)?);
        Ok(touched)
    }

    /// The act of a line if it is clear at this very moment: whatever was decided or booked since everything was looked at.
    ///
    /// # Errors
    ///
    /// As reading the journal.
    pub fn clear_act(&mut self, id: &Hash32, ledger: &Ledger, now: u64) -> Result<Option<Act>, Fault> {
        let touched = self.catch_up(ledger)?;
        self.stale |= !touched.is_empty();
        let Some(place) = self.place(id) else { return Ok(None) };
        let row = &self.rows[place];
        let durable = ledger.durable();
        let standing = self.judged(row, &durable.state, &Proposed::of(&durable.state, now));
        if standing != Standing::Ready {
            return Ok(None);
        }
        Ok(self.act(row, &durable.state).filter(|(_, clear)| *clear).map(|(act, _)| act))
    }

    fn learn_accounts(&mut self, state: &State) {
        let accounts = state.accounts();
        for account in accounts.get(self.accounts_read..).unwrap_or_default() {
            self.accounts.insert(orders::reference(&account.id), account.id);
        }
        self.accounts_read = accounts.len();
    }

    fn judged(&self, row: &Row, state: &State, proposed: &Proposed) -> Standing {
        if row.status != Status::Booked {
            return Standing::Pending;
        }
        if let Some(sequence) = self.settled(row, state) {
            return Standing::Booked(sequence);
        }
        let wanted = self.act(row, state);
        if let Some(proposal) = proposed.about(&row.id, wanted.as_ref().map(|(act, _)| act)) {
            return Standing::Waiting(proposal);
        }
        if row.is_left_alone() {
            return Standing::SetAside;
        }
        if wanted.is_some_and(|(_, clear)| clear) { Standing::Ready } else { Standing::Question }
    }

    /// The entry that booked a line for good. Euros that are recorded and nobody's yet are not, and neither is the rest of a credit that did not
    /// fit, unless a person left it at that.
    fn settled(&self, row: &Row, state: &State) -> Option<u64> {
        let last = self.bookings.of(&row.id).filter(|booking| is_settling(&booking.act, &row.id)).last();
        if let Some(booking) = last {
            let whole = !matches!(booking.act, Act::Convert { .. }) || row.is_left_alone() || rest(&row.id, state).is_none();
            return whole.then_some(booking.sequence);
        }
        let credit = state.credit(&row.id).filter(|credit| credit.left == 0)?;
        let recorded = self.bookings.of(&row.id).last()?;
        // Recorded, and gone back as a whole.
        credit.conversions.is_empty().then_some(recorded.sequence)
    }

    /// The act that a line calls for, and whether that is clear without asking anybody.
    pub fn act(&self, row: &Row, state: &State) -> Option<(Act, bool)> {
        if !row.euros || row.status != Status::Booked {
            return None;
        }
        let decided = row.decision.is_some();
        let sure = decided || (row.doubt.is_none() && row.found.is_some_and(|found| found.is_clear()));
        let wanted = self.wanted(row, state).map(|act| (act, sure));
        if row.amount <= 0 {
            return wanted;
        }
        let medium = state.books().bank(row.bank).map(|bank| bank.medium);
        if medium != Some(Medium::Digital) {
            return wanted;
        }
        let amount = Amount::from_cents(row.amount.unsigned_abs())?;
        let record = Act::RecordCredit { bank: row.bank, credit: row.id, amount };
        let known = state.credit(&row.id).is_some();
        match wanted {
            // What the bank took back before it was converted is a fact both ways, and nobody's units.
            Some((Act::Convert { .. }, _)) if !known && self.taken_back(&row.id) > 0 => Some((record, true)),
            Some((act @ Act::Convert { .. }, sure)) => {
                let fits = rest(&row.id, state).is_none() || has_room(&act, state);
                Some((act, sure && fits && !self.awaits_return(&row.id, state)))
            }
            // Recorded as a credit, and now something else: the record is corrected first.
            Some((_, true)) if known => {
                let recorded = self.bookings.of(&row.id).find(|booking| matches!(booking.act, Act::RecordCredit { .. }))?;
                Some((Act::Correct { sequence: recorded.sequence, reason: REASON_NO_CONVERSION }, true))
            }
            Some(other) => Some(other),
            // A fact: it can be recorded while it is a question, and asks nobody once the bank has taken all of it back.
            None if known || row.taking_back => None,
            None => {
                let gone = self.taken_back(&row.id) >= row.amount.unsigned_abs();
                Some((record, gone && row.doubt.is_none() && !row.is_left_alone()))
            }
        }
    }

    fn wanted(&self, row: &Row, state: &State) -> Option<Act> {
        let amount = Amount::from_cents(row.amount.unsigned_abs());
        let (bank, evidence) = (row.bank, row.id);
        match row.decision.as_ref().map(|decision| decision.choice) {
            Some(Choice::Member(account)) => convert(row, amount?, account, state),
            Some(Choice::Campaign(campaign)) => sponsored(row, amount?, campaign, state),
            Some(Choice::Own | Choice::Cover) => {
                let own = matches!(row.decision.as_ref().map(|decision| decision.choice), Some(Choice::Own));
                let (amount, purse) = (amount?, if own { Purse::Own } else { Purse::Cover });
                Some(if row.amount > 0 {
                    Act::FundDeposit { bank, amount, purse, evidence, settles: None }
                } else {
                    Act::FundWithdrawal { bank, amount, purse, evidence }
                })
            }
            Some(Choice::Fee) => (row.amount < 0).then_some(Act::BankFee { bank, amount: amount?, evidence }),
            Some(Choice::Return(credit)) => self.taking_back(row, amount?, credit, state),
            Some(Choice::SameAs(_) | Choice::SetAside) => None,
            None => match row.found?.target {
                Target::Member { account, .. } => convert(row, amount?, account, state),
                Target::Campaign(campaign) => sponsored(row, amount?, campaign, state),
                Target::Redemption(redemption) => self.paid(row, redemption, state),
                Target::Credit(credit) => self.taking_back(row, amount?, credit, state),
            },
        }
    }

    /// True while a line that takes this credit back is not booked.
    fn awaits_return(&self, credit: &Hash32, state: &State) -> bool {
        let takers = self.takers.get(credit).into_iter().flatten().map(|place| &self.rows[*place]);
        takers.filter(|taker| taker.living && !taker.is_left_alone()).any(|taker| self.settled(taker, state).is_none())
    }

    /// The batch in which a redemption is at the bank, as far as the orders that stand say.
    pub fn batch_in_force(&self, redemption: u64) -> Option<u64> {
        let file = self.bookings.ordered_in(redemption)?;
        self.batches.iter().find(|(_, known)| **known == file).map(|(number, _)| *number)
    }

    /// The redemption that a line names, by which batch, and which batch has it now; when these are two.
    pub fn in_another_batch(&self, row: &Row) -> Option<(u64, u64, Option<u64>)> {
        let (redemption, batch) =
            row.named.filter(|_| matches!(row.found.map(|found| found.target), Some(Target::Redemption(_))))?;
        let now = self.batch_in_force(redemption);
        (now != Some(batch)).then_some((redemption, batch, now))
    }

    /// True when the bank said that it did not carry out this redemption's payment of this batch.
    pub fn is_refused(&self, redemption: u64, batch: u64) -> bool {
        let rows = self.by_redemption.get(&redemption).into_iter().flatten().map(|place| &self.rows[*place]);
        rows.filter(|row| row.living).any(|row| row.named == Some((redemption, batch)) && row.amount >= 0)
    }

    /// The payment of a redemption that left, that came back, or that the bank refused. Only the batch whose order stands speaks of it; what
    /// another one paid is a fact all the same as long as nobody ordered it anew.
    fn paid(&self, row: &Row, redemption: u64, state: &State) -> Option<Act> {
        let known = state.redemption(redemption)?;
        let evidence = row.id;
        let whole = row.amount.unsigned_abs() == known.net;
        let ordered = self.bookings.ordered_in(redemption);
        let batch = row.named.and_then(|(_, batch)| self.batches.get(&batch).copied());
        // Of a batch that was not prepared here nothing else is known than that it was ordered.
        let its = ordered.is_some() && (batch == ordered || batch.is_none());
        match known.state {
            RedemptionState::Paid(_)
                if (its || ordered.is_none()) && row.amount > 0 && whole && !self.paid_twice(redemption, state) =>
            {
                Some(Act::RedemptionReturned { redemption, evidence })
            }
            RedemptionState::Ordered(_) if its && row.amount == 0 => Some(Act::RedemptionReturned { redemption, evidence }),
            RedemptionState::Payable if (its || ordered.is_none()) && row.amount < 0 && whole => {
                Some(Act::RedemptionPaid { redemption, bank: row.bank, evidence })
            }
            RedemptionState::Ordered(bank) if its && row.amount < 0 && whole && bank == row.bank => {
                Some(Act::RedemptionPaid { redemption, bank, evidence })
            }
            _ => None,
        }
    }

    /// True while a debit for this redemption waits to be explained, though it is paid: one that comes back leaves the other.
    fn paid_twice(&self, redemption: u64, state: &State) -> bool {
        let rows = self.by_redemption.get(&redemption).into_iter().flatten().map(|place| &self.rows[*place]);
        let open = |row: &&Row| row.living && row.amount < 0 && row.status == Status::Booked && row.decision.is_none();
        rows.filter(open).any(|row| self.settled(row, state).is_none())
    }

    /// What takes a credit back: what was booked for it, in the other direction.
    fn taking_back(&self, row: &Row, amount: Amount, credit: Hash32, state: &State) -> Option<Act> {
        let (bank, evidence) = (row.bank, row.id);
        let deposited = self.bookings.of(&credit).find_map(|booking| match &booking.act {
            Act::FundDeposit { bank: at, purse, .. } if *at == bank => {
                Some(Act::FundWithdrawal { bank, amount, purse: *purse, evidence })
            }
            Act::SponsorDeposit { bank: at, campaign, .. } if *at == bank => {
                Some(Act::SponsorReturn { campaign: *campaign, amount, evidence })
            }
            _ => None,
        });
        deposited.filter(|_| row.amount < 0).or_else(|| returned(row, amount, credit, state))
    }
}

/// True for an act that says for good what a line was. A credit that is only recorded waits for its conversion.
fn is_settling(act: &Act, line: &Hash32) -> bool {
    match act {
        Act::RecordCredit { .. } => false,
        Act::ReturnCredit { evidence, .. } | Act::BankReturn { evidence, .. } => evidence == line,
        _ => true,
    }
}

/// Only an open account gets units.
fn convert(row: &Row, amount: Amount, account: AccountId, state: &State) -> Option<Act> {
    let open = state.account(&account).is_some_and(|account| account.status == AccountStatus::Open);
    (open && row.amount > 0).then_some(Act::Convert { bank: row.bank, credit: row.id, amount, account })
}

fn sponsored(row: &Row, amount: Amount, campaign: u32, state: &State) -> Option<Act> {
    let known = state.campaigns().find(|known| known.rule.number == campaign)?;
    let fits = known.rule.bank == row.bank && row.amount > 0;
    fits.then_some(Act::SponsorDeposit { bank: row.bank, campaign, amount, evidence: row.id })
}

/// What is left of a credit of which a part was converted, in cents.
pub fn rest(credit: &Hash32, state: &State) -> Option<u64> {
    state.credit(credit).filter(|known| known.left > 0 && !known.conversions.is_empty()).map(|known| known.left)
}

/// True when the account that an act converts for may hold more than it does.
fn has_room(act: &Act, state: &State) -> bool {
    let Act::Convert { account, .. } = act else { return false };
    let Some(account) = state.account(account) else { return false };
    let held = state.limits_of(account.level).held;
    held.is_none_or(|held| account.balance < held.signed())
}

/// A credit that went back: by our own transfer as long as it is nobody's, else the bank took it.
fn returned(row: &Row, amount: Amount, credit: Hash32, state: &State) -> Option<Act> {
    let known = state.credit(&credit).filter(|known| known.bank == row.bank && row.amount < 0)?;
    let evidence = row.id;
    if !row.taking_back && known.left >= amount.cents() {
        return Some(Act::ReturnCredit { credit, amount, evidence });
    }
    let converted: u64 = known.conversions.iter().map(|conversion| conversion.euros).sum();
    (known.left + converted >= amount.cents()).then_some(Act::BankReturn { credit, amount, evidence })
}

/// The proposals that wait, by the line that they are about.
pub struct Proposed(HashMap<Option<Hash32>, Vec<(Act, TransactionId)>>);

impl Proposed {
    /// Those that have not lapsed.
    pub fn of(state: &State, now: u64) -> Proposed {
        let mut found: HashMap<Option<Hash32>, Vec<(Act, TransactionId)>> = HashMap::new();
        for (id, proposal) in state.proposals().filter(|(_, proposal)| proposal.lapses >= now) {
            let mark = marks(&proposal.act).first().copied();
            found.entry(mark).or_default().push((proposal.act.clone(), *id));
        }
        Proposed(found)
    }

    /// The proposal about a line: of the act that it calls for, or of whatever else somebody has proposed. That a credit is to be recorded
    /// decides nothing, unless nothing else is called for.
    pub fn about(&self, line: &Hash32, wanted: Option<&Act>) -> Option<TransactionId> {
        let unnamed = wanted.filter(|act| marks(act).is_empty());
        let of_wanted = unnamed.and_then(|act| self.0.get(&None)?.iter().find(|(proposed, _)| proposed == act));
        let of_line = self.0.get(&Some(*line)).into_iter().flatten();
        let mut telling =
            of_line.filter(|(act, _)| is_settling(act, line) || wanted == Some(act) && !matches!(act, Act::RecordCredit { .. }));
        of_wanted.or_else(|| telling.next()).map(|(_, id)| *id)
    }
}
