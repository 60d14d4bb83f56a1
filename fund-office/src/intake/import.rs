//! A bank's file becomes lines, each of them once, whatever files repeat it.
//!
//! A line is the same as one that is known when the bank gave both the same reference of its own; or, within one statement, the same number; or,
//! between files of one kind, when all that they say of it is the same and it is the same occurrence on its day. What another file may have
//! brought before under another name is a question for a person, and so is what the bank's references leave open.
//!
//! Lines are written some hundreds at a time, and the file's own record last: after a crash the file counts as not imported, and importing it
//! again finishes it.

use crate::bank::{self, Format, Kind, Line, Mapping, Statement, Status, Unreadable};
use crate::collections;
use crate::credit::{credit_hash, unreferenced};
use crate::iban;
use crate::intake::Intake;
use crate::intake::calendar::Day;
use crate::intake::index::{Index, MAX_KEPT_LINES, Row, Standing, dated, short};
use crate::intake::lines::{Doubt, Kept};
use crate::intake::matching::{self, Fit, Match, Reason, Received, Register, Target, likeness};
use crate::intake::store::{self, KeptFile, KeptStatement};
use crate::payouts::{self, redemption_of};
use ledger::account::{BankNumber, CampaignNumber, Medium, OperatorNumber};
use ledger::amount::Cents;
use ledger::coverage::Date;
use ledger::fault::Fault;
use ledger::key::{AccountId, Hash32};
use ledger::ledger::Ledger;
use ledger::orders::{ConversionOrder, campaign_reference};
use ledger::publication::Confirmation;
use ledger::records::Change;
use ledger::rules::{DAY_MS, day_of};
use ledger::state::RedemptionState;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::PoisonError;

/// So many lines are written at once: well below what one write of the records holds.
const LINES_AT_ONCE: usize = 200;
/// So many bytes are written at once, and then the next write begins.
const BYTES_AT_ONCE: usize = 256 << 10;
/// The same payment may be booked so many days apart by a notification and by a statement.
const SAME_WITHIN_DAYS: u32 = 5;
/// So many of an account's newest orders are looked at.
const ORDERS_LOOKED_AT: usize = 60;
/// So many questions are looked at again after each import, the newest first: what was not known may be known now.
const LOOKED_AT_AGAIN: usize = 1_000;
/// So many statements of an account are compared with a new one: two years of days.
const STATEMENTS_COMPARED: usize = 800;
/// A line is compared with so many others of its amount or of its reference. No town has more within some days; if a file does, a person is asked.
const MOST_COMPARED: usize = 5_000;
/// Of the lines that a line may be, so many are shown to a person: more equal payments within some days are hardly one member's.
const MOST_RIVALS: usize = 4;
/// So many sentences are kept of what was not taken of a file; of more, how many they are.
const MOST_REFUSED: usize = 50;
/// What banks write where they have no reference.
const NO_REFERENCES: [&str; 5] = ["NOTPROVIDED", "NONREF", "NOREF", "NONE", "0"];
/// A payment that the bank refused, in pain.002.
const REJECTED: &str = "RJCT";
/// A file's name is kept up to so many characters.
const MAX_FILE_NAME: usize = 120;

/// What came of a file.
#[derive(Debug)]
pub struct Imported {
    /// Its SHA-256.
    pub file: Hash32,
    /// Its format, in words.
    pub format: String,
    /// True when this very file was imported before.
    pub again: bool,
    /// Its statements.
    pub statements: Vec<Seen>,
    /// How many lines were new.
    pub new: usize,
    /// How many were known.
    pub known: usize,
    /// Of the file's lines, how many stand so now: ready, question, pending.
    pub standings: [usize; 3],
    /// What of it was not taken, in words.
    pub refused: Vec<String>,
}

/// A statement of a file.
#[derive(Debug)]
pub struct Seen {
    /// The account, as the bank writes it.
    pub account: String,
    /// Which of the funds' accounts that is.
    pub bank: Option<BankNumber>,
    /// The bank's id.
    pub id: String,
    /// The first day.
    pub from: Option<Date>,
    /// The last day.
    pub to: Option<Date>,
    /// Cents before the first line.
    pub opening: Option<i64>,
    /// Cents after the last line.
    pub closing: Option<i64>,
    /// Whether its sum is right.
    pub balanced: Option<bool>,
    /// The days between the statement before and this one of which there is none, although the balance moved.
    pub gap: Option<(Date, Date)>,
    /// True when another statement has some of the same days.
    pub overlap: bool,
    /// How many lines it has.
    pub lines: usize,
    /// How many of them were new.
    pub new: usize,
}

/// Why a file was not imported: nothing of it was.
#[derive(Debug)]
pub enum ImportError {
    /// It cannot be read.
    Unreadable(Unreadable),
    /// So many lines cannot be kept.
    Full,
    /// The machine failed. Importing it again goes on where it stopped.
    Fault(Fault),
}

impl From<Fault> for ImportError {
    fn from(fault: Fault) -> ImportError {
        ImportError::Fault(fault)
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImportError::Unreadable(why) => why.fmt(f),
            ImportError::Full => {
                write!(f, "{MAX_KEPT_LINES} lines are kept already, which is the most: ask for a larger edition of the program")
            }
            ImportError::Fault(fault) => fault.fmt(f),
        }
    }
}

/// Who imports, and what they know of the file.
pub struct Source<'s> {
    /// The file's name.
    pub name: &'s str,
    /// The bank account that a table is of which does not say so.
    pub bank: Option<BankNumber>,
    /// The person's number; 0 is the inbox.
    pub by: OperatorNumber,
}

impl Intake {
    /// Imports a file: all of it, or nothing and a reason. What was known before stays as it is.
    ///
    /// # Errors
    ///
    /// As [`ImportError`].
    pub fn import(&self, source: &Source, bytes: &[u8]) -> Result<Imported, ImportError> {
        let _alone = self.importing.lock().unwrap_or_else(PoisonError::into_inner);
        let read = bank::read(source.name, bytes, &self.mappings()?).map_err(ImportError::Unreadable)?;
        let lines: usize = read.statements.iter().map(|statement| statement.lines.len()).sum();
        if self.index().len() + lines > MAX_KEPT_LINES {
            return Err(ImportError::Full);
        }
        let file = Hash32::of(bytes);
        let before = store::read_file(&self.ledger, &file)?;
        let mut imported = Imported {
            file,
            format: read.format.to_string(),
            again: before.is_some(),
            statements: Vec::new(),
            new: 0,
            known: 0,
            standings: [0; 3],
            refused: Vec::new(),
        };
        let mut run = Run {
            intake: self,
            file,
            time: (self.clock)(),
            holders: self.holders(),
            ids: Vec::new(),
            statements: HashMap::new(),
        };
        self.index().follow(&self.ledger, run.time)?;
        for statement in &read.statements {
            run.statement(source, statement, &mut imported)?;
        }
        run.statuses(&read.statuses, &mut imported)?;
        run.look_again()?;
        if imported.refused.len() > MOST_REFUSED {
            let more = imported.refused.len() - MOST_REFUSED;
            imported.refused.truncate(MOST_REFUSED);
            imported.refused.push(format!("There are {more} more sentences like these."));
        }
        let places: Vec<usize> = {
            let mut index = self.index();
            index.follow(&self.ledger, run.time)?;
            run.ids.iter().filter_map(|id| index.place(id)).collect()
        };
        let index = self.index();
        let standing = |wanted: Standing| places.iter().filter(|place| index.row(**place).standing == wanted).count();
        imported.standings = [Standing::Ready, Standing::Question, Standing::Pending].map(standing);
        drop(index);
        if before.is_none() {
            let kept = KeptFile {
                hash: file,
                name: source.name.chars().filter(|character| !character.is_control()).take(MAX_FILE_NAME).collect(),
                format: imported.format.clone(),
                time: run.time,
                by: source.by,
                lines,
                new: imported.new,
                refused: imported.refused.clone(),
            };
            self.ledger.records().keep(&store::file(&kept))?;
        }
        Ok(imported)
    }

    fn mappings(&self) -> Result<Vec<Mapping>, Fault> {
        let kept = store::mappings(&self.ledger)?;
        Ok(kept.into_iter().filter_map(|(name, value)| super::wire::mapping(&name, &value).ok()).collect())
    }

    /// The members by the IBANs that they gave.
    fn holders(&self) -> HashMap<String, Vec<AccountId>> {
        let mut holders: HashMap<String, Vec<AccountId>> = HashMap::new();
        for (account, profile) in self.ledger.directory().profiles() {
            if let Some(iban) = profile.iban.as_deref().and_then(iban::normalised) {
                holders.entry(iban).or_default().push(account);
            }
        }
        holders
    }
}

/// The funds' bank account that a bank calls so: by its IBAN, or the French account number that the IBAN is made of. Of several under one
/// IBAN the first digital one.
pub fn bank_of(ledger: &Ledger, account: &str) -> Option<BankNumber> {
    let iban = iban::normalised(account).or_else(|| iban::of_rib(account))?;
    let hash = Hash32::of(iban.as_bytes());
    let durable = ledger.durable();
    let found = durable.state.books().banks().filter(|bank| bank.iban == hash);
    found.min_by_key(|bank| (bank.medium != Medium::Digital, bank.number)).map(|bank| bank.number)
}

/// Each kind of file has a bit: references and contents are compared within one kind.
fn class(format: Format, kind: Kind) -> u8 {
    match (format, kind) {
        (Format::Camt { .. }, Kind::Notification) => 2,
        (Format::Camt { .. }, _) => 1,
        (Format::Cfonb120, _) => 4,
        (Format::Ofx { .. }, _) => 8,
        (Format::Csv, _) => 16,
        (Format::Pain002 { .. }, _) => 32,
    }
}

/// The names that a line may be known by.
struct Names {
    /// Its id.
    id: Hash32,
    /// By its content, where the bank gave no reference.
    content: Option<Hash32>,
    /// True for the second line of a statement with one reference of the bank, and later ones.
    repeated: bool,
}

/// One import.
struct Run<'i> {
    intake: &'i Intake,
    file: Hash32,
    time: u64,
    holders: HashMap<String, Vec<AccountId>>,
    /// Every line of the file.
    ids: Vec<Hash32>,
    /// The statements of an account that are known.
    statements: HashMap<BankNumber, Vec<KeptStatement>>,
}

/// Of lines under one reference, the first of the same day and the sum of those, and the first of another day.
type Parts = (Option<(usize, i64)>, Option<usize>);

/// A statement that is imported, beside what is known.
struct Telling<'t> {
    kept: &'t KeptStatement,
    file: Hash32,
    class: u8,
    others: HashMap<Hash32, &'t KeptStatement>,
    /// The lines that were known and are in it: no other line of it is one of them.
    has: HashSet<usize>,
    /// By reference of the bank, whether single payments or their whole are asked for, and day: the first of those and their sum, and one of
    /// other days.
    batches: HashMap<(String, bool, Option<Day>), Parts>,
}

impl Telling<'_> {
    /// True when the other statement ends where this one begins, or begins where it ends: no movement is on both.
    fn follows(&self, other: &Hash32) -> bool {
        let Some(other) = self.others.get(other) else { return false };
        let follow = |one: &KeptStatement, next: &KeptStatement| {
            let (Some((_, last)), Some((first, _))) = (days(one), days(next)) else { return false };
            let moved = one.opening != one.closing && next.opening != next.closing;
            one.closing.is_some() && one.closing == next.opening && (last < first || last == first && moved)
        };
        follow(other, self.kept) || follow(self.kept, other)
    }

    /// True when the other statement has none of this one's days, or not the line's day where this one has none.
    fn has_other_days(&self, other: &Hash32, line: &Line) -> bool {
        let own = || days(self.kept).or_else(|| dated(line).map(|day| (day, day)));
        let both = self.others.get(other).and_then(|other| Some((days(other)?, own()?)));
        both.is_some_and(|((first, last), (from, to))| last < from || to < first)
    }

    fn follows_that_of(&self, row: &Row) -> bool {
        [Some(row.statement), row.within].iter().flatten().any(|other| self.follows(other))
    }

    /// True when the line cannot be in this statement: this kind of file has it, on another statement.
    fn is_apart(&self, row: &Row, line: &Line) -> bool {
        let statements = [Some(row.statement), row.within];
        let elsewhere = || statements.iter().flatten().any(|other| self.has_other_days(other, line));
        row.seen & self.class != 0 && (self.follows_that_of(row) || elsewhere())
    }

    /// True when a line of the same name is the same line, and not one for which the bank used the name again.
    fn is_same(&self, row: &Row, line: &Line) -> bool {
        if row.bank == 0 {
            return is_near(row, line);
        }
        let same = row.amount == line.amount && row.euros == (line.currency == "EUR");
        let announced = row.status != Status::Booked || line.status != Status::Booked;
        // Each notification is of its own payments; without the bank's reference, equal ones are not known to be the same.
        let told_twice = !self.kept.is_statement() && row.statement != self.kept.hash && referenced(line).is_none();
        same && !told_twice && (announced || is_near(row, line) && !self.follows_that_of(row))
    }
}

/// True unless the bank gives the two lines days that are further apart than those of one payment.
fn is_near(row: &Row, line: &Line) -> bool {
    let apart = row.dated.zip(dated(line)).map(|(one, other)| one.abs_diff(other));
    apart.is_none_or(|apart| apart <= SAME_WITHIN_DAYS)
}

/// The first and the last day of a statement.
fn days(kept: &KeptStatement) -> Option<(Day, Day)> {
    Some((kept.from.or(kept.to)?.number(), kept.to?.number()))
}

impl Run<'_> {
    fn ledger(&self) -> &Ledger {
        &self.intake.ledger
    }

    fn statement(&mut self, source: &Source, statement: &Statement, imported: &mut Imported) -> Result<(), Fault> {
        let named = statement.account.trim();
        let bank = if named.is_empty() { self.bank_without_a_name(source) } else { bank_of(self.ledger(), named) };
        let mut seen = Seen {
            account: statement.account.clone(),
            bank,
            id: statement.id.clone(),
            from: statement.from,
            to: statement.to,
            opening: statement.opening,
            closing: statement.closing,
            balanced: statement.balanced,
            gap: None,
            overlap: false,
            lines: statement.lines.len(),
            new: 0,
        };
        match bank {
            None if named.is_empty() => imported
                .refused
                .push("This table does not say of which account it is: send it again and name the bank account.".to_owned()),
            None => imported.refused.push(format!("The account {named} is none of the funds': its lines were not taken.")),
            Some(_) if statement.kind == Kind::Report => imported
                .refused
                .push("A report during the day (camt.052) is for information: the statement brings its lines.".to_owned()),
            Some(bank) => self.statement_of(bank, source, statement, &mut seen)?,
        }
        imported.new += seen.new;
        imported.known += if bank.is_some() && statement.kind != Kind::Report { seen.lines - seen.new } else { 0 };
        imported.statements.push(seen);
        Ok(())
    }

    /// A table without an account is of the one that was named beside it, or of the only one that there is.
    fn bank_without_a_name(&self, source: &Source) -> Option<BankNumber> {
        let durable = self.ledger().durable();
        let mut banks = durable.state.books().banks().map(|bank| bank.number);
        match source.bank {
            Some(named) => banks.find(|bank| *bank == named),
            None => banks.next().filter(|_| banks.next().is_none()),
        }
    }

    fn statement_of(&mut self, bank: BankNumber, source: &Source, statement: &Statement, seen: &mut Seen) -> Result<(), Fault> {
        let kept = self.kept(bank, statement);
        let mut all = match self.statements.remove(&bank) {
            Some(known) => known,
            None => store::statements(self.ledger(), Some(bank), STATEMENTS_COMPARED)?,
        };
        all.retain(|other| other.hash != kept.hash);
        if kept.is_statement() {
            (seen.gap, seen.overlap) = beside(&kept, all.iter());
        }
        seen.new = self.lines(bank, statement, &kept, &all)?;
        self.ledger().records().keep(&[store::statement(&kept)])?;
        let euros = statement.currency == "EUR" && statement.closing_currency.is_none();
        if euros {
            self.confirm(bank, source, &kept)?;
        }
        all.push(kept);
        self.statements.insert(bank, all);
        Ok(())
    }

    fn kept(&self, bank: BankNumber, statement: &Statement) -> KeptStatement {
        let account = iban::normalised(&statement.account).or_else(|| iban::of_rib(&statement.account));
        let account = account.unwrap_or_else(|| statement.account.clone());
        let told_apart = serde_json::json!([
            bank,
            statement.format.to_string(),
            statement.kind.word(),
            statement.id,
            statement.sequence,
            statement.opening,
            statement.closing,
            statement.from.map(Date::number),
            statement.to.map(Date::number),
        ]);
        KeptStatement {
            hash: Hash32::of(told_apart.to_string().as_bytes()),
            bank,
            account,
            id: statement.id.clone(),
            kind: statement.kind.word().to_owned(),
            format: statement.format.to_string(),
            from: statement.from,
            to: statement.to,
            opening: statement.opening,
            closing: statement.closing,
            balanced: statement.balanced,
            lines: statement.lines.len(),
            file: self.file,
            time: self.time,
        }
    }

    /// A statement in euros whose sum is right is the bank's word on the balance of its last day.
    fn confirm(&self, bank: BankNumber, source: &Source, kept: &KeptStatement) -> Result<(), Fault> {
        let (Some(true), Some(closing), Some(date)) = (kept.balanced, kept.closing, kept.to) else { return Ok(()) };
        let (file, by, time) = (kept.file, source.by, self.time);
        // Tomorrow has begun somewhere; a later day would be the newest until it has come.
        if !kept.is_statement() || date.number() > day_of(self.time.saturating_add(DAY_MS)) {
            return Ok(());
        }
        self.ledger().publication().confirm(Confirmation { bank, amount: Cents::new(closing), date, file, by, time }).map(drop)
    }

    /// Keeps a statement's lines; gives how many were new.
    fn lines(
        &mut self,
        bank: BankNumber,
        statement: &Statement,
        kept: &KeptStatement,
        others: &[KeptStatement],
    ) -> Result<usize, Fault> {
        let names = self.names(bank, statement);
        let mut telling = Telling {
            kept,
            file: self.file,
            class: class(statement.format, statement.kind),
            others: others.iter().map(|other| (other.hash, other)).collect(),
            has: HashSet::new(),
            batches: HashMap::new(),
        };
        let (mut fresh, mut again) = (Vec::new(), Vec::new());
        for (place, names) in names.into_iter().enumerate() {
            let line = &statement.lines[place];
            match self.known(bank, line, &names, &mut telling) {
                Known::Same(at) => {
                    self.ids.push(self.intake.index().row(at).id);
                    telling.has.insert(at);
                    again.push((at, line));
                }
                Known::New(doubt) => fresh.push((place, names, doubt)),
                Known::Another(id, doubt) => fresh.push((place, Names { id, content: None, repeated: false }, Some(doubt))),
            }
        }
        let mut changes = Vec::new();
        for (at, line) in again {
            self.seen_again(at, line, &telling, &mut changes)?;
        }
        let new = fresh.len();
        self.write(&mut changes)?;
        for some in fresh.chunks(LINES_AT_ONCE) {
            self.keep(bank, statement, &telling, some)?;
        }
        Ok(new)
    }

    /// Writes lines, and takes them into the index in the same moment: what is not on disk is seen by nobody.
    fn keep(
        &mut self,
        bank: BankNumber,
        statement: &Statement,
        telling: &Telling,
        fresh: &[(usize, Names, Option<Doubt>)],
    ) -> Result<(), Fault> {
        let mut index = self.intake.index();
        let (mut changes, mut answers) = (Vec::new(), Vec::new());
        let begun = index.len();
        for (place, names, doubt) in fresh {
            let line = statement.lines[*place].clone();
            let day = day(&line, statement, self.time);
            let mut kept = Kept {
                id: names.id,
                bank,
                day,
                line,
                seen: telling.class,
                content: names.content,
                statement: telling.kept.hash,
                within: None,
                file: self.file,
                time: self.time,
                found: None,
                doubt: *doubt,
                rivals: Vec::new(),
            };
            if let Some(replaced) = replaced(&index, &kept, telling) {
                let (day, id) = (index.row(replaced).day, index.row(replaced).id);
                let content = store::read_line(self.ledger(), day, &id)?.and_then(|before| before.content);
                changes.push(store::dropped(day, &id));
                index.drop_line(replaced, content);
            }
            kept.found = self.found(&index, &kept)?;
            kept = compared(&index, kept, telling);
            if kept.doubt.is_none() && kept.line.batch.as_ref().is_some_and(|batch| !batch.sum_matches) {
                kept.doubt = Some(Doubt::BatchDiffers);
            }
            answers.extend(answer(&kept));
            changes.push(store::line(self.ledger(), &kept)?);
            index.insert(&kept);
            self.ids.push(kept.id);
            if size(&changes) > BYTES_AT_ONCE {
                self.written(&mut index, &mut changes)?;
            }
        }
        self.written(&mut index, &mut changes)?;
        debug_assert!(index.len() >= begun, "lines are only added");
        drop(index);
        for (account, order, credit) in answers {
            self.ledger().orders().answered(&account, order, credit)?;
        }
        Ok(())
    }

    fn write(&self, changes: &mut Vec<Change>) -> Result<(), Fault> {
        let mut index = self.intake.index();
        for some in std::mem::take(changes).chunks(LINES_AT_ONCE) {
            self.written(&mut index, &mut some.to_vec())?;
        }
        Ok(())
    }

    /// Writes changes that the index has already. If they cannot be written, the index is read anew.
    fn written(&self, index: &mut Index, changes: &mut Vec<Change>) -> Result<(), Fault> {
        if changes.is_empty() {
            return Ok(());
        }
        let written = self.ledger().records().keep(changes);
        changes.clear();
        written.inspect_err(|_| {
            if let Ok(anew) = Index::read(self.ledger()) {
                *index = anew;
            }
        })
    }

    /// A line that is known: another kind of file saw it too, or the bank has booked it by now.
    fn seen_again(&self, at: usize, line: &Line, telling: &Telling, changes: &mut Vec<Change>) -> Result<(), Fault> {
        let class = telling.class;
        let mut index = self.intake.index();
        let row = index.row(at);
        let booked = row.status != Status::Booked && line.status == Status::Booked;
        if row.seen & class != 0 && !booked {
            return Ok(());
        }
        let Some(mut kept) = store::read_line(self.ledger(), row.day, &row.id)? else { return Ok(()) };
        if kept.seen & class == 0 && telling.kept.is_statement() {
            kept.within = kept.within.or(Some(telling.kept.hash));
        }
        kept.seen |= class;
        if booked {
            // The same line, as it stands on the statement; its id and its day stay, by which it is kept.
            kept.line = line.clone();
            kept.found = self.found(&index, &kept)?;
            kept = compared(&index, kept, telling);
        }
        changes.push(store::line(self.ledger(), &kept)?);
        index.update(at, &kept);
        drop(index);
        if let Some((account, order, credit)) = answer(&kept).filter(|_| booked) {
            self.ledger().orders().answered(&account, order, credit)?;
        }
        Ok(())
    }

    /// What the lines of a statement may be known by.
    fn names(&self, bank: BankNumber, statement: &Statement) -> Vec<Names> {
        let secret = &self.intake.bank.credit_secret;
        let class = class(statement.format, statement.kind).to_string();
        let mut of_batches: HashMap<&str, usize> = HashMap::new();
        for line in statement.lines.iter().filter(|line| line.detail.is_some()) {
            *of_batches.entry(referenced(line).unwrap_or_default()).or_default() += 1;
        }
        let (mut references, mut contents): (HashMap<String, usize>, HashMap<String, usize>) = Default::default();
        let mut name = |line: &Line| {
            if let Some(reference) = referenced(line) {
                let several = of_batches.get(reference).is_some_and(|lines| *lines > 1);
                let detail = line.detail.filter(|_| several).map(|place| format!("#{place}")).unwrap_or_default();
                let reference = format!("{reference}{detail}");
                let place = nth(&mut references, &reference);
                if place == 1 {
                    return Names { id: credit_hash(secret, bank, &reference), content: None, repeated: false };
                }
                let id = unreferenced(secret, bank, &["repeated", &reference, &place.to_string()]);
                return Names { id, content: None, repeated: true };
            }
            let says = content(line, statement, self.time);
            let place = nth(&mut contents, &says).to_string();
            let content = unreferenced(secret, bank, &["content", &class, &says, &place]);
            let id = match &line.entry_reference {
                Some(number) => {
                    let detail = line.detail.unwrap_or(0).to_string();
                    let numbered = format!("{number} {detail}");
                    let again = nth(&mut references, &format!("number {numbered}")).to_string();
                    unreferenced(secret, bank, &["number", &class, &statement.id, &numbered, &again])
                }
                None => content,
            };
            Names { id, content: Some(content), repeated: false }
        };
        statement.lines.iter().map(&mut name).collect()
    }

    /// Whether a line is known already.
    fn known(&self, bank: BankNumber, line: &Line, names: &Names, telling: &mut Telling) -> Known {
        let index = self.intake.index();
        if let Some(at) = index.knows(&names.id) {
            let is_it = telling.is_same(index.row(at), line) && !telling.has.contains(&at);
            return if is_it { Known::Same(at) } else { self.named_alike(&index, bank, line, names, at, telling) };
        }
        if names.repeated {
            if let Some(at) = under_reference(&index, bank, line, telling) {
                return Known::Same(at);
            }
            // The first one may be of this very file, and not kept yet.
            let first = referenced(line).and_then(|reference| index.with_servicer(bank, reference).first());
            return Known::New(Some(Doubt::SharesReference(first.map_or(names.id, |at| index.row(*at).id))));
        }
        if let Some(reference) = referenced(line) {
            return part_of(&index, bank, line, reference, telling);
        }
        let same = |at: &usize| index.row(*at).amount == line.amount && index.row(*at).euros == (line.currency == "EUR");
        let Some(at) = names.content.and_then(|content| index.with_content(&content)).filter(same) else {
            return Known::New(None);
        };
        let row = index.row(at);
        // A number that differs within one statement says that they are two.
        if row.statement == telling.kept.hash && line.entry_reference.is_some() || row.seen & telling.class == 0 {
            return Known::New(None);
        }
        if telling.is_same(row, line) { Known::Same(at) } else { Known::New(Some(Doubt::MayBe(row.id))) }
    }

    /// A line whose name another one has: one that came before with the same name, or one more.
    fn named_alike(&self, index: &Index, bank: BankNumber, line: &Line, names: &Names, first: usize, telling: &Telling) -> Known {
        let (name, statement) = (names.id.to_string(), telling.kept.hash.to_string());
        let parts = [&name, "differs", &line.amount.to_string(), &line.currency, &statement];
        let id = unreferenced(&self.intake.bank.credit_secret, bank, &parts);
        if let Some(at) = index.knows(&id).or_else(|| under_reference(index, bank, line, telling)) {
            return Known::Same(at);
        }
        let first = index.row(first).id;
        let doubt = if referenced(line).is_some() { Doubt::SharesReference(first) } else { Doubt::MayBe(first) };
        Known::Another(id, doubt)
    }

    fn found(&self, index: &Index, kept: &Kept) -> Result<Option<Match>, Fault> {
        if !kept.is_booked_euros() || kept.line.batch.as_ref().is_some_and(|batch| !batch.sum_matches) {
            return Ok(None);
        }
        matching::find(&kept.line, kept.day, &Knowledge { run: self, index, kept })
    }

    /// Looks at the newest questions again that nothing was found for: an IBAN, an order or a payment may be known by now.
    fn look_again(&mut self) -> Result<(), Fault> {
        let places: Vec<usize> = {
            let index = self.intake.index();
            let open = |at: &usize| {
                let row = index.row(*at);
                row.standing == Standing::Question && row.found.is_none() && row.decision.is_none() && row.doubt.is_none()
            };
            index.newest_first(None).filter(open).take(LOOKED_AT_AGAIN).collect()
        };
        for at in places {
            let mut index = self.intake.index();
            let (day, id) = (index.row(at).day, index.row(at).id);
            let Some(mut kept) = store::read_line(self.ledger(), day, &id)? else { continue };
            kept.found = self.found(&index, &kept)?;
            if kept.found.is_none() {
                continue;
            }
            let change = store::line(self.ledger(), &kept)?;
            index.update(at, &kept);
            self.written(&mut index, &mut vec![change])?;
            drop(index);
            if let Some((account, order, credit)) = answer(&kept) {
                self.ledger().orders().answered(&account, order, credit)?;
            }
        }
        Ok(())
    }

    /// What the bank refused of our payments: lines without an amount.
    fn statuses(&mut self, statuses: &[bank::PaymentStatus], imported: &mut Imported) -> Result<(), Fault> {
        for status in statuses.iter().filter(|status| status.status == REJECTED) {
            if let Some(said) = collections::refuse(self.ledger(), status)? {
                imported.refused.push(said);
                continue;
            }
            let redemptions: Vec<(u64, u64)> = match &status.end_to_end {
                Some(text) => redemption_of(text).into_iter().collect(),
                None => {
                    let message = payouts::of_message(self.ledger(), &status.message)?;
                    message.into_iter().flat_map(|(batch, all)| all.into_iter().map(move |one| (one, batch))).collect()
                }
            };
            if redemptions.is_empty() {
                let why = status.reason.as_deref().unwrap_or("no reason given");
                let said = format!(
                    "The bank refused payments of the message {}, which is none of this office's: {why}.",
                    status.message
                );
                imported.refused.push(said);
            }
            for redemption in redemptions {
                self.rejected(redemption, status, imported)?;
            }
        }
        Ok(())
    }

    /// The payment of a redemption that the bank refused to make.
    fn rejected(
        &mut self,
        (redemption, batch): (u64, u64),
        status: &bank::PaymentStatus,
        imported: &mut Imported,
    ) -> Result<(), Fault> {
        let state = self.ledger().durable().state.redemption(redemption).map(|known| known.state);
        let (bank, ordered) = match state {
            Some(RedemptionState::Ordered(bank)) => (Some(bank), true),
            Some(RedemptionState::Paid(bank)) => (Some(bank), false),
            Some(RedemptionState::Payable) => (payouts::bank_of(self.ledger(), batch)?, false),
            None => (None, false),
        };
        let why = status.reason.as_deref().unwrap_or("no reason given");
        let said = |state: &str| {
            format!(
                "The bank refused the payment of redemption {redemption} in batch {batch} ({why}), but {state}: ask the bank."
            )
        };
        let Some(bank) = bank else {
            imported.refused.push(said("it is not at the bank by that batch"));
            return Ok(());
        };
        let parts = ["pain.002", &status.message, &redemption.to_string()];
        let id = unreferenced(&self.intake.bank.credit_secret, bank, &parts);
        self.ids.push(id);
        if self.intake.index().knows(&id).is_some() {
            imported.known += 1;
            return Ok(());
        }
        if !ordered {
            let paid = matches!(state, Some(RedemptionState::Paid(_)));
            imported.refused.push(said(if paid { "the journal has it as paid" } else { "it is to be paid anyway, in no batch" }));
            return Ok(());
        }
        let line = Line {
            end_to_end: Some(payouts::end_to_end(redemption, batch)),
            return_code: status.reason.clone(),
            returned: true,
            ..Line::new(0, "EUR".to_owned())
        };
        let found = Match { reason: Reason::OwnPayment, fit: Fit::Exact, target: Target::Redemption(redemption) };
        let kept = Kept {
            id,
            bank,
            day: day_of(self.time),
            line,
            seen: class(Format::Pain002 { version: None }, Kind::Notification),
            content: None,
            statement: id,
            within: None,
            file: self.file,
            time: self.time,
            found: Some(found),
            doubt: None,
            rivals: Vec::new(),
        };
        let change = store::line(self.ledger(), &kept)?;
        let mut index = self.intake.index();
        index.insert(&kept);
        self.written(&mut index, &mut vec![change])?;
        imported.new += 1;
        Ok(())
    }
}

/// What is known of a line before it is kept.
enum Known {
    /// It is this one.
    Same(usize),
    /// It is new, or a person has to say whether it is.
    New(Option<Doubt>),
    /// Its name is another line's: it is new under this id.
    Another(Hash32, Doubt),
}

/// The line that is known under the bank's reference of this one, and that this statement has not told yet.
fn under_reference(index: &Index, bank: BankNumber, line: &Line, telling: &Telling) -> Option<usize> {
    let places = index.with_servicer(bank, referenced(line)?).iter().take(MOST_COMPARED).copied();
    let mut living = places.filter(|at| index.place(&index.row(*at).id).is_some() && !telling.has.contains(at));
    living.find(|at| {
        let row = index.row(*at);
        let another = row.detail.zip(line.detail).is_some_and(|(one, other)| one != other);
        !another && telling.is_same(row, line)
    })
}

/// A booking may be known as a whole and come in its single payments, or the other way round.
fn part_of(index: &Index, bank: BankNumber, line: &Line, reference: &str, telling: &mut Telling) -> Known {
    let asked = (reference.to_owned(), line.detail.is_some(), dated(line));
    let (near, far) = *telling.batches.entry(asked).or_insert_with(|| {
        let (mut near, mut far): (Option<(usize, i64)>, _) = (None, None);
        for at in index.with_servicer(bank, reference) {
            let row = index.row(*at);
            if index.place(&row.id).is_none() || row.detail.is_some() == line.detail.is_some() {
                continue;
            }
            if is_near(row, line) {
                let (first, sum) = near.unwrap_or((*at, 0));
                near = Some((first, sum.saturating_add(row.amount)));
            } else {
                far = far.or(Some(*at));
            }
        }
        (near, far)
    });
    match (near, far) {
        (Some((first, sum)), _) if line.detail.is_none() && sum == line.amount => Known::Same(first),
        (Some((first, _)), _) => Known::New(Some(Doubt::PartOf(index.row(first).id))),
        (None, Some(far)) => Known::New(Some(Doubt::SharesReference(index.row(far).id))),
        (None, None) => Known::New(None),
    }
}

/// A line with what another file brought that may be the same payment. All such lines are named: whoever says that it is not the first has to
/// see the others, or its euros become units twice.
fn compared(index: &Index, mut kept: Kept, telling: &Telling) -> Kept {
    let mut rivals = rivals(index, &kept, telling);
    if kept.doubt.is_none() && !rivals.is_empty() {
        kept.doubt = Some(Doubt::MayBe(rivals.remove(0)));
    }
    rivals.retain(|rival| kept.doubt.and_then(|doubt| doubt.other()) != Some(*rival));
    Kept { rivals, ..kept }
}

/// The lines that another file brought, and that may be the same payment: first those that have most in common with it, and of these the
/// nearest in days.
fn rivals(index: &Index, kept: &Kept, telling: &Telling) -> Vec<Hash32> {
    if kept.line.status != Status::Booked {
        return Vec::new();
    }
    let marks: Vec<u64> = likeness(&kept.line).iter().map(|mark| short(mark)).collect();
    let source = Some((telling.kept.hash, telling.file));
    let others = index.near_beside(kept.bank, kept.line.amount, kept.day, SAME_WITHIN_DAYS, source);
    let mut found = Vec::new();
    for (looked_at, at) in others.enumerate() {
        let row = index.row(at);
        if looked_at >= MOST_COMPARED {
            found.push((usize::MAX, u32::MAX, row.id));
            break;
        }
        let apart = row.id == kept.id || row.status != Status::Booked || row.is_another() || telling.has.contains(&at);
        if apart || row.euros != (kept.line.currency == "EUR") || telling.is_apart(row, &kept.line) {
            continue;
        }
        let targets = kept.found.zip(row.found);
        if row.is_like(&marks) || targets.is_some_and(|(one, other)| one.target.may_be_of_one_payment(&other.target)) {
            let different = marks.iter().filter(|mark| !row.likeness.contains(mark)).count();
            found.push((different, row.day.abs_diff(kept.day), row.id));
        }
    }
    found.sort_unstable();
    found.into_iter().map(|(_, _, id)| id).take(MOST_RIVALS).collect()
}

/// The line that the bank announced and has booked now under another name.
fn replaced(index: &Index, kept: &Kept, telling: &Telling) -> Option<usize> {
    if kept.line.status != Status::Booked {
        return None;
    }
    let marks: Vec<u64> = likeness(&kept.line).iter().map(|mark| short(mark)).collect();
    index.announced(kept.bank, kept.line.amount).take(MOST_COMPARED).find(|at| {
        let row = index.row(*at);
        let here = (row.statement, row.file) == (telling.kept.hash, telling.file) || telling.has.contains(at);
        !here && row.day.abs_diff(kept.day) <= SAME_WITHIN_DAYS && row.is_like(&marks)
    })
}

/// The order that a line answers.
fn answer(kept: &Kept) -> Option<(AccountId, u64, Hash32)> {
    let found = kept.found.filter(|found| found.is_clear() && kept.doubt.is_none())?;
    match found.target {
        Target::Member { account, order: Some(order) } => Some((account, order, kept.id)),
        _ => None,
    }
}

/// Counts a name once more.
fn nth(counted: &mut HashMap<String, usize>, name: &str) -> usize {
    let count = counted.entry(name.to_owned()).or_default();
    *count += 1;
    *count
}

fn size(changes: &[Change]) -> usize {
    let bytes = |change: &Change| match change {
        Change::Put { key, value, .. } => key.len() + value.len(),
        Change::Delete { key, .. } => key.len(),
    };
    changes.iter().map(bytes).sum()
}

/// The bank's own reference of a line, if it is one.
fn referenced(line: &Line) -> Option<&str> {
    let reference = line.servicer_reference.as_deref()?.trim();
    let none = reference.is_empty() || NO_REFERENCES.iter().any(|none| reference.eq_ignore_ascii_case(none));
    (!none).then_some(reference)
}

/// The day under which a line is kept.
fn day(line: &Line, statement: &Statement, now: u64) -> Day {
    let date = line.booking_date.or(line.value_date).or(statement.to).or(statement.from);
    date.map_or_else(|| day_of(now), Date::number)
}

/// All that a file says of a line.
fn content(line: &Line, statement: &Statement, now: u64) -> String {
    let says = serde_json::json!([
        day(line, statement, now),
        line.value_date.map(Date::number),
        line.amount,
        line.currency,
        line.counterparty,
        line.iban,
        line.end_to_end,
        line.text,
        line.references,
        line.status.code(),
        line.other_reference,
    ]);
    says.to_string()
}

/// The days that are missing before a statement, and whether another one has some of its days.
pub fn beside<'k>(kept: &KeptStatement, others: impl Iterator<Item = &'k KeptStatement>) -> (Option<(Date, Date)>, bool) {
    let (Some(from), Some(to)) = (kept.from, kept.to) else { return (None, false) };
    let (from, to) = (from.number(), to.number());
    let statements: Vec<_> =
        others.filter(|other| other.is_statement()).filter_map(|other| days(other).map(|days| (other, days))).collect();
    let follow = |one: Option<i64>, other: Option<i64>| one.is_some() && one == other;
    let overlap = statements.iter().any(|(other, (first, last))| {
        let apart = *last < from || to < *first;
        let meet = *last == from && follow(other.closing, kept.opening) || *first == to && follow(kept.closing, other.opening);
        !apart && !meet
    });
    let before = statements.iter().filter(|(_, (_, last))| *last < from).max_by_key(|(_, (_, last))| *last);
    let gap = before.filter(|(other, (_, last))| {
        let moved = other.closing.is_none() || kept.opening.is_none() || other.closing != kept.opening;
        *last + 1 < from && moved || *last < from && other.closing.is_some() && kept.opening.is_some() && moved
    });
    let gap = gap.and_then(|(_, (_, last))| {
        let (first, end) = (last + 1, from.saturating_sub(1).max(last + 1));
        Some((Date::of_number(first)?, Date::of_number(end)?))
    });
    (gap, overlap)
}

/// What there is to be found, while a line is looked at.
struct Knowledge<'k> {
    run: &'k Run<'k>,
    index: &'k Index,
    kept: &'k Kept,
}

impl Register for Knowledge<'_> {
    fn account_of(&self, reference: &str) -> Option<AccountId> {
        self.index.account_of(reference)
    }

    fn order_of(&self, reference: &str) -> Result<Option<ConversionOrder>, Fault> {
        self.run.ledger().orders().by_reference(reference)
    }

    fn campaign_of(&self, reference: &str) -> Option<CampaignNumber> {
        let durable = self.run.ledger().durable();
        let mut numbers = durable.state.campaigns().map(|campaign| campaign.rule.number);
        numbers.find(|number| campaign_reference(*number) == reference)
    }

    fn holders_of(&self, iban: &str) -> Vec<AccountId> {
        self.run.holders.get(iban).cloned().unwrap_or_default()
    }

    fn orders_of(&self, account: &AccountId) -> Result<Vec<ConversionOrder>, Fault> {
        self.run.ledger().orders().of(account, ORDERS_LOOKED_AT)
    }

    fn received(&self, account: &AccountId, order: u64) -> Vec<Received> {
        let rows = self.index.for_order(account, order).filter(|row| row.id != self.kept.id && row.amount > 0);
        rows.map(|row| Received { cents: row.amount.unsigned_abs(), day: row.day }).collect()
    }

    fn knows_redemption(&self, redemption: u64) -> bool {
        self.run.ledger().durable().state.redemption(redemption).is_some()
    }

    fn collected(&self, end_to_end: &str) -> Result<Option<(AccountId, u64)>, Fault> {
        collections::member_of(self.run.ledger(), end_to_end)
    }

    fn taken_back(&self, line: &Line) -> Result<Vec<Hash32>, Fault> {
        let cents = line.amount.unsigned_abs();
        let named = |places: &[usize]| {
            let mut found: Vec<(bool, Hash32)> = Vec::new();
            let mut seen = HashSet::new();
            for place in places.iter().filter(|place| seen.insert(**place)) {
                let row = self.index.row(*place);
                let left = row.amount.saturating_sub_unsigned(self.index.taken_back(&row.id));
                let fits = row.amount > 0 && row.euros && row.bank == self.kept.bank && row.day <= self.kept.day;
                if fits && row.status == Status::Booked && left >= cents.cast_signed() && !row.is_another() {
                    found.push((row.amount.unsigned_abs() == cents, row.id));
                }
            }
            // The whole of one credit says more than a part of several.
            let whole: Vec<Hash32> = found.iter().filter(|(whole, _)| *whole).map(|(_, id)| *id).collect();
            if whole.is_empty() { found.into_iter().map(|(_, id)| id).collect() } else { whole }
        };
        let by_bank = referenced(line).map(|reference| named(self.index.with_servicer(self.kept.bank, reference)));
        if let Some(found) = by_bank.filter(|found| !found.is_empty()) {
            return Ok(found);
        }
        let Some(text) = &line.end_to_end else { return Ok(Vec::new()) };
        let found = named(self.index.with_end_to_end(text));
        if self.collected(text)?.is_some() {
            return Ok(found);
        }
        // Anybody's payment can have this id: it is theirs whose IBAN it came from.
        let mut of_payer = Vec::new();
        for id in found.into_iter().take(ORDERS_LOOKED_AT) {
            let place = self.index.place(&id).map(|place| self.index.row(place).day);
            let before = place.map(|day| store::read_line(self.run.ledger(), day, &id)).transpose()?.flatten();
            let iban = before.and_then(|before| before.line.iban).and_then(|iban| iban::normalised(&iban));
            if iban.is_some() && iban == line.iban.as_deref().and_then(iban::normalised) {
                of_payer.push(id);
            }
        }
        Ok(of_payer)
    }
}
