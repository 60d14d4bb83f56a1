//! What somebody with the journal can say of what was published: whether each coverage statement tells the truth, and what is right
//! when a member complains.
//!
//! It is told of every entry in order, and holds each statement to the state after exactly as many entries as the statement says: key
//! in force, number, chain, time, root, every figure, and the tree of liabilities, grown again from balances and seed. Its findings are
//! data: a wrong statement does not make the journal wrong, and the next ones are looked at all the same.

use crate::account::{BankNumber, Medium};
use crate::amount::Cents;
use crate::coverage::{BankLine, NO_STATEMENT, SignedStatement, Statement};
use crate::encoding::DecodeError;
use crate::entry::RawEntry;
use crate::key::{Hash32, LedgerId, PublicKey};
use crate::liability::{Answer, AnswerError, Complaint};
use crate::merkle::{Frontier, Hash, leaf_hash};
use crate::publication::{Confirmation, Kept, KeptStatement, Moment, confirmed_at};
use crate::receipt::Receipt;
use crate::state::State;
use std::collections::BTreeMap;

/// A published statement that does not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WrongStatement {
    /// Its number.
    pub number: u64,
    /// What is wrong with it, with the figure.
    pub what: String,
}

impl std::fmt::Display for WrongStatement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "coverage statement {} is wrong: {}", self.number, self.what)
    }
}

/// What the published statements come to.
#[derive(Clone, Default, Debug)]
pub struct Statements {
    /// How many were looked at.
    pub checked: u64,
    /// How many of them an earlier audit held to the journal, and this one only to what was remembered of them.
    pub before: u64,
    /// Those that do not hold, by number.
    pub wrong: Vec<WrongStatement>,
    /// Those that do, by number.
    pub sound: Vec<Statement>,
}

/// Whose data the journal is read from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// The node's own: whatever the association signed is there, or it was lost.
    Node,
    /// A backup whose signed head has so many entries. What was signed later is not there, and nobody is to blame for that.
    Backup(u64),
}

impl Source {
    /// Whether so many entries may be more than there ever were here.
    fn ends_before(self, entries: u64) -> bool {
        matches!(self, Source::Backup(head) if entries > head)
    }
}

/// Who is right about a complaint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The association has signed something that is wrong.
    Founded,
    /// Balance and paths are as the journal has them, or the complaint is not by the member, or about a text that the association did
    /// not sign.
    Unfounded,
    /// Nothing that the association signed is wrong as far as the data reach; whether it kept an answer back cannot be seen from here.
    NotProven,
}

/// What the journal says of a complaint.
#[derive(Clone, Debug)]
pub struct Judgment {
    /// The complaint.
    pub complaint: Complaint,
    /// Whether the key that signed it had a right on the account at the time of the statement.
    pub by_member: bool,
    /// The journal's balance of the account after as many entries as the statement says, in cents; `None` when the journal (of a backup:
    /// its signed head) ends before, or the text that the member holds is no statement.
    pub balance: Option<u64>,
    /// Whether the association signed the statement that the member holds.
    pub signed: bool,
    /// Whether it is the one that was kept under its number: a signed one that is not is a second statement of that number.
    pub kept: bool,
    /// Whether the data are a backup that ends before the statement: what was right then, only newer data can tell.
    pub later: bool,
    /// What the enclosed answer shows, if there is one that the association signed.
    pub answer: Option<Result<u64, AnswerError>>,
    /// The entries whose enclosed receipts are sound, and which are not in the journal.
    pub lost: Vec<u64>,
}

impl Judgment {
    /// Who is right.
    ///
    /// The association is convicted by its own signatures alone, so it does not matter who sends them: by a statement that is not the
    /// one that was kept under its number or speaks of entries that are gone, by a wrong answer about a statement that it signed, by a
    /// receipt for an entry that the journal has not. Whatever a complaint merely says (number, account, balance, reason) convicts
    /// nobody. Only when nothing that was signed is wrong does it matter whether the complaint is by the member.
    pub fn verdict(&self) -> Verdict {
        let wrong_statement = !self.later && (!self.kept || self.balance.is_none());
        let wrong_answer = self.answer.is_some_and(|answer| self.refutes(answer));
        if self.signed && (wrong_statement || wrong_answer) || !self.lost.is_empty() {
            return Verdict::Founded;
        }
        let member_is_right = self.by_member && self.signed && self.balance == Some(self.complaint.balance);
        match self.later || member_is_right && !self.is_answered() {
            true => Verdict::NotProven,
            false => Verdict::Unfounded,
        }
    }

    /// Whether the member has an answer: one about another statement or account is none.
    fn is_answered(&self) -> bool {
        !matches!(self.answer, None | Some(Err(AnswerError::OtherStatement | AnswerError::OtherAccount)))
    }

    /// Whether a signed answer proves that something is wrong. One about another statement or account proves nothing.
    fn refutes(&self, answer: Result<u64, AnswerError>) -> bool {
        match answer {
            Ok(balance) => self.balance.is_some_and(|right| right != balance),
            Err(AnswerError::OtherStatement | AnswerError::OtherAccount) => false,
            Err(AnswerError::Parts(_) | AnswerError::Repeated | AnswerError::NotTheSum | AnswerError::NotCounted(_)) => true,
        }
    }
}

/// A complaint until the walk has come past its statement.
struct Case {
    complaint: Complaint,
    signer: PublicKey,
    /// The statement in its note, whoever signed it.
    statement: Option<SignedStatement>,
    by_member: bool,
    signed: bool,
    balance: Option<u64>,
    /// The key in force at the statement's size, by its place among all keys: only this one and later ones answer about it.
    issuer: Option<usize>,
    /// The entries of the enclosed receipts, and whether the journal has another one in their place.
    receipts: Vec<(Receipt, u64, Hash, bool)>,
}

impl Case {
    fn new((complaint, signer): (Complaint, PublicKey)) -> Case {
        let statement = SignedStatement::recorded(&complaint.note).ok();
        let receipts = complaint.receipts.iter().filter_map(|bytes| {
            let receipt = Receipt::decode(bytes).ok()?;
            let sequence = RawEntry::decode(receipt.entry()).ok()?.sequence;
            let hash = leaf_hash(receipt.entry());
            Some((receipt, sequence, hash, true))
        });
        let receipts = receipts.collect();
        Case { complaint, signer, statement, by_member: false, signed: false, balance: None, issuer: None, receipts }
    }

    fn see(&mut self, state: &State, sequence: u64, hash: Hash) {
        for (_, at, expected, lost) in &mut self.receipts {
            *lost &= *at != sequence || *expected != hash;
        }
        if self.statement.as_ref().is_none_or(|statement| statement.statement().size != state.size()) {
            return;
        }
        let account = state.account(&self.complaint.account);
        self.balance = Some(account.map_or(0, |account| account.balance.above_zero()));
        self.by_member = account.is_some_and(|account| account.keys.iter().any(|grant| grant.key == self.signer));
        self.issuer = state.checkpoint_keys().len().checked_sub(1);
        self.signed = self.is_signed(state);
    }

    /// Whether the key in force in this state has signed the statement.
    fn is_signed(&self, state: &State) -> bool {
        let key = state.checkpoint_keys().last().copied();
        SignedStatement::open(&self.complaint.note, &state.ledger(), key.as_slice()).is_ok()
    }

    fn judged(self, state: &State, kept: &Kept, source: Source) -> Judgment {
        let statement = self.statement.as_ref().map(SignedStatement::statement);
        let reached = statement.is_none_or(|statement| !source.ends_before(statement.size));
        // Under a statement beyond the end of the node's own journal stands the newest key that is known.
        let beyond = self.balance.is_none() && self.is_signed(state);
        Judgment {
            by_member: self.by_member,
            balance: self.balance.filter(|_| reached),
            signed: reached && (self.signed || beyond),
            kept: statement.is_some_and(|statement| is_kept(statement, kept)),
            later: statement.is_some_and(|statement| !reached || is_unknown(statement, kept, source)),
            answer: self.answer(state),
            lost: self.lost(state, source),
            complaint: self.complaint,
        }
    }

    /// The entries of sound receipts that the journal would have to have.
    fn lost(&self, state: &State, source: Source) -> Vec<u64> {
        let sound = |receipt: &Receipt| receipt.verify(&state.ledger(), state.checkpoint_keys()).is_ok();
        let lost = |(receipt, at, _, lost): &&(Receipt, u64, Hash, bool)| {
            *lost && !source.ends_before(at.saturating_add(1)) && sound(receipt)
        };
        self.receipts.iter().filter(lost).map(|(_, sequence, _, _)| *sequence).collect()
    }

    fn answer(&self, state: &State) -> Option<Result<u64, AnswerError>> {
        let (ledger, keys) = (state.ledger(), state.checkpoint_keys());
        let issuers = &keys[self.issuer.unwrap_or(keys.len().saturating_sub(1))..];
        let answer = Answer::decode(self.complaint.answer.as_ref()?, &ledger, issuers).ok()?;
        let stated = self.statement.as_ref()?.statement().stated();
        Some(answer.verify(&ledger, &stated, &self.complaint.account))
    }
}

/// Whether a statement is the one that was kept under its number.
fn is_kept(statement: &Statement, kept: &Kept) -> bool {
    let kept = kept.statements.iter().find(|kept| kept.number == statement.number);
    let kept = kept.and_then(|kept| SignedStatement::recorded(&kept.note).ok());
    kept.is_some_and(|kept| kept.statement() == statement)
}

/// Whether a statement was made after these data were copied, for all that one can tell from them.
fn is_unknown(statement: &Statement, kept: &Kept, source: Source) -> bool {
    let newest = kept.statements.iter().map(|kept| kept.number).max().unwrap_or(0);
    source != Source::Node && statement.number > newest
}

/// A statement that is still to be looked at, with the one before it.
struct Open {
    kept: KeptStatement,
    statement: Statement,
    before: Option<Statement>,
}

/// Holds statements and complaints to a journal that is being read.
pub struct Inspection {
    kept: Kept,
    tree: Frontier,
    open: BTreeMap<u64, Vec<Open>>,
    cases: Vec<Case>,
    found: Statements,
}

impl Inspection {
    /// Prepares to look at what was kept, and at complaints in their signed form.
    ///
    /// # Errors
    ///
    /// What is wrong with a complaint: then it is none.
    pub fn new(kept: Kept, complaints: &[Vec<u8>], ledger: &LedgerId) -> Result<Inspection, DecodeError> {
        let cases = complaints.iter().map(|bytes| Complaint::decode(bytes, ledger).map(Case::new)).collect::<Result<_, _>>()?;
        let (open, found) = (BTreeMap::new(), Statements { checked: kept.statements.len() as u64, ..Statements::default() });
        let mut inspection = Inspection { kept, tree: Frontier::new(), open, cases, found };
        inspection.take_apart();
        Ok(inspection)
    }

    /// Reads the statements in the order of their numbers.
    fn take_apart(&mut self) {
        let (mut before, mut next) = (None::<Statement>, 1);
        for kept in self.kept.statements.clone() {
            for missing in next..kept.number {
                self.wrong(missing, "it is missing".into());
            }
            let whole = kept.number == next;
            next = kept.number + 1;
            match SignedStatement::recorded(&kept.note) {
                Ok(signed) => {
                    let statement = signed.statement().clone();
                    let earlier = before.replace(statement.clone()).filter(|_| whole);
                    let size = statement.size;
                    self.open.entry(size).or_default().push(Open { kept, statement, before: earlier });
                }
                Err(error) => {
                    self.wrong(kept.number, error.to_string());
                    before = None;
                }
            }
        }
    }

    fn wrong(&mut self, number: u64, what: String) {
        self.found.wrong.push(WrongStatement { number, what });
    }

    /// Holds the statements to what an earlier audit remembers of those that were sound, from the first on. One that is another one
    /// now is wrong, whatever it says: a number is given once.
    pub fn remember(&mut self, sound: &[Hash32]) {
        for (remembered, number) in sound.iter().zip(1..) {
            match self.kept.statements.iter().find(|kept| kept.number == number) {
                Some(kept) if kept.digest() == *remembered => {}
                Some(_) => self.wrong(number, "it is not the one that an earlier audit verified".into()),
                None => self.wrong(number, "it is missing".into()),
            }
        }
    }

    /// Begins after the entries that an earlier audit verified, and not with the first one: `state` and `tree` are those of that moment,
    /// and so many statements were sound then. `false` when this cannot be, because there is something to be looked at before: a
    /// complaint, or a statement that was not there. Then nothing is changed.
    pub fn resume(&mut self, state: &State, tree: Frontier, sound: usize) -> bool {
        let unknown = |open: &Open| open.kept.number > sound as u64;
        if !self.cases.is_empty() || self.open.range(..state.size()).any(|(_, open)| open.iter().any(unknown)) {
            return false;
        }
        let later = self.open.split_off(&state.size());
        for open in std::mem::replace(&mut self.open, later).into_values().flatten() {
            self.found.before += 1;
            match unconfirmed(&open.statement, &self.kept.confirmations) {
                Some(what) => self.wrong(open.kept.number, what),
                None => self.found.sound.push(open.statement),
            }
        }
        self.tree = tree;
        self.look(state);
        true
    }

    /// What is remembered of the statements so far: each of them was sound. `None` when one was not.
    pub fn remembered(&self) -> Option<Vec<Hash32>> {
        // A sound statement is not older than the one before it: those so far are the first ones.
        let sound = self.kept.statements.iter().take(self.found.sound.len());
        self.found.wrong.is_empty().then(|| sound.map(KeptStatement::digest).collect())
    }

    /// Is told of every entry after it was judged: its number, its hash, and the state that it made.
    pub fn see(&mut self, state: &State, sequence: u64, hash: Hash) {
        self.tree.push(hash);
        self.cases.iter_mut().for_each(|case| case.see(state, sequence, hash));
        self.look(state);
    }

    /// Looks at the statements that speak of this state.
    fn look(&mut self, state: &State) {
        for open in self.open.remove(&state.size()).unwrap_or_default() {
            match self.lie(&open, state) {
                Some(what) => self.wrong(open.kept.number, what),
                None => self.found.sound.push(open.statement),
            }
        }
    }

    /// What is wrong with a statement that speaks of this state.
    fn lie(&self, open: &Open, state: &State) -> Option<String> {
        let Open { kept, statement, before } = open;
        let key = state.checkpoint_keys().last().copied();
        if let Err(error) = SignedStatement::open(&kept.note, &state.ledger(), key.as_slice()) {
            return Some(error.to_string());
        }
        if statement.number != kept.number {
            return Some(format!("it calls itself {}", statement.number));
        }
        if statement.number > 1 && before.is_none() {
            return Some("the one before it, to which it holds on, cannot be read".into());
        }
        if statement.previous != before.as_ref().map_or(NO_STATEMENT, Statement::hash) {
            return Some("it does not hold on to the one before it".into());
        }
        let (earlier, entries) = before.as_ref().map_or((0, 0), |before| (before.time, before.size));
        if statement.time < earlier.max(state.time()) || statement.size < entries {
            return Some("it is older than the one before it, or than its own entries".into());
        }
        let moment = Moment::of(state, self.tree.root());
        let confirmations = &self.kept.confirmations;
        let (right, _) = moment.statement(&state.ledger(), before.as_ref(), statement.time, confirmations, &kept.seed);
        difference(statement, &right)
    }

    /// The findings, after the last entry: what was published, and each complaint in the order in which they were given.
    pub fn end(mut self, state: &State, source: Source) -> (Statements, Vec<Judgment>) {
        for open in std::mem::take(&mut self.open).into_values().flatten() {
            let size = open.statement.size;
            self.wrong(open.kept.number, format!("it speaks of {size} entries, and the journal has {}", state.size()));
        }
        let Inspection { kept, cases, mut found, .. } = self;
        found.wrong.sort_by_key(|wrong| wrong.number);
        found.wrong.dedup_by_key(|wrong| wrong.number);
        found.sound.sort_by_key(|statement| statement.number);
        found.sound.retain(|statement| found.wrong.iter().all(|wrong| wrong.number != statement.number));
        (found, cases.into_iter().map(|case| case.judged(state, &kept, source)).collect())
    }
}

/// The first figure in which a statement is not what the rules give, in words.
fn difference(said: &Statement, right: &Statement) -> Option<String> {
    if said.root != right.root {
        return Some(format!("its root is not that of the journal's first {} entries", said.size));
    }
    let figures = figures(said).into_iter().zip(figures(right));
    let other = figures.into_iter().find(|((_, said), (_, right))| said != right);
    if let Some(((name, said_cents), (_, right_cents))) = other {
        let size = said.size;
        return Some(format!("its {name} is {said_cents}, and the journal gives {right_cents} after {size} entries"));
    }
    if said.banks != right.banks {
        return Some(bank_difference(said, right));
    }
    match said.liabilities == right.liabilities {
        true => None,
        false => Some("the tree of its liabilities is not the one that the balances and its seed give".into()),
    }
}

fn figures(statement: &Statement) -> Vec<(String, Cents)> {
    let of = |medium: &Medium| {
        let named = |(word, cents): (&'static str, Cents)| (format!("{} {word}", medium.word()), cents);
        statement.medium(*medium).figures().map(named)
    };
    Medium::ALL.iter().flat_map(of).collect()
}

/// The first bank account of which something else is said.
fn bank_difference(said: &Statement, right: &Statement) -> String {
    let place = |line: &BankLine| (line.bank, line.medium, line.class);
    if !said.banks.iter().map(place).eq(right.banks.iter().map(place)) {
        return "the banks are not those of the funds".into();
    }
    let other = said.banks.iter().zip(&right.banks).find(|(said, right)| said != right);
    let Some((said, right)) = other else { return "the banks are not those of the funds".into() };
    let (bank, booked, fund) = (said.bank, said.booked, said.fund);
    if booked != right.booked {
        return format!("bank {bank} is booked with {booked}, and the journal gives {}", right.booked);
    }
    if fund != right.fund {
        return format!("bank {bank} is said to hold {fund} of the fund, and the journal gives {}", right.fund);
    }
    other_confirmation(bank)
}

fn other_confirmation(bank: BankNumber) -> String {
    format!("what bank {bank} has confirmed is not what was entered by then")
}

/// The first bank of which a statement says another confirmation than was entered by then.
fn unconfirmed(said: &Statement, confirmations: &[Confirmation]) -> Option<String> {
    let right = |line: &&BankLine| line.confirmed == confirmed_at(confirmations, line.bank, said.time);
    said.banks.iter().find(|line| !right(line)).map(|line| other_confirmation(line.bank))
}
