//! What somebody with the journal can say of what was published: whether each coverage statement tells the truth, and what is right
//! when a member complains.
//!
//! It is told of every entry in order, and holds each statement to the state after exactly as many entries as the statement says: key
//! in force, number, chain, time, root, every figure, and the tree of liabilities, grown again from balances and seed. Its findings are
//! data: a wrong statement does not make the journal wrong, and the next ones are looked at all the same.

use crate::account::Medium;
use crate::amount::Cents;
use crate::coverage::{BankLine, NO_STATEMENT, SignedStatement, Statement};
use crate::encoding::DecodeError;
use crate::entry::RawEntry;
use crate::key::{LedgerId, PublicKey};
use crate::liability::{Answer, AnswerError, Complaint};
use crate::merkle::{Frontier, Hash, leaf_hash};
use crate::publication::{Kept, KeptStatement, Moment};
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
    /// Those that do not hold, by number.
    pub wrong: Vec<WrongStatement>,
    /// The newest of those that do.
    pub newest: Option<Statement>,
}

/// Who is right about a complaint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The association has signed something that is wrong.
    Founded,
    /// Balance and paths are as the journal has them, or the complaint is not by the member.
    Unfounded,
    /// Nothing that the association signed is wrong; whether it kept an answer back cannot be seen from here.
    NotProven,
}

/// What the journal says of a complaint.
#[derive(Clone, Debug)]
pub struct Judgment {
    /// The complaint.
    pub complaint: Complaint,
    /// Whether the key that signed it had a right on the account at the time of the statement.
    pub by_member: bool,
    /// The journal's balance of the account after as many entries as the statement says, in cents; `None` when the journal ends before,
    /// or the text that the member holds is no statement.
    pub balance: Option<u64>,
    /// Whether the association signed the statement that the member holds.
    pub signed: bool,
    /// Whether it is the one that was kept under its number: a signed one that is not is a second statement of that number.
    pub kept: bool,
    /// What the enclosed answer shows, if there is one that the association signed.
    pub answer: Option<Result<u64, AnswerError>>,
    /// The entries whose enclosed receipts are sound, and which are not in the journal.
    pub lost: Vec<u64>,
}

impl Judgment {
    /// Who is right.
    pub fn verdict(&self) -> Verdict {
        let second_statement = self.signed && !self.kept;
        let cut_journal = self.signed && self.balance.is_none();
        let wrong_answer = self.signed && self.answer.is_some_and(|answer| self.refutes(answer));
        if second_statement || cut_journal || wrong_answer || !self.lost.is_empty() {
            return Verdict::Founded;
        }
        match !self.by_member || !self.signed || self.balance != Some(self.complaint.balance) || self.answer.is_some() {
            true => Verdict::Unfounded,
            false => Verdict::NotProven,
        }
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
        Case { complaint, signer, statement, by_member: false, signed: false, balance: None, receipts }
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
        let key = state.checkpoint_keys().last().copied();
        self.signed = SignedStatement::open(&self.complaint.note, &state.ledger(), key.as_slice()).is_ok();
    }

    fn judged(self, state: &State, kept: &Kept) -> Judgment {
        let keys = state.checkpoint_keys();
        let number = self.complaint.statement;
        let in_records = kept.statements.iter().find(|statement| statement.number == number);
        let same = |statement: &SignedStatement| {
            let found = in_records.and_then(|kept| SignedStatement::recorded(&kept.note).ok());
            statement.statement().number == number && found.is_some_and(|found| found.statement() == statement.statement())
        };
        let lost = self.receipts.iter().filter(|(receipt, _, _, lost)| *lost && receipt.verify(&state.ledger(), keys).is_ok());
        // A statement beyond the journal's end is one of any of the keys: nobody knows which was in force.
        let beyond = self.balance.is_none() && SignedStatement::open(&self.complaint.note, &state.ledger(), keys).is_ok();
        Judgment {
            by_member: self.by_member,
            balance: self.balance,
            signed: self.signed || beyond,
            kept: self.statement.as_ref().is_some_and(same),
            answer: self.answer(&state.ledger(), keys),
            lost: lost.map(|(_, sequence, _, _)| *sequence).collect(),
            complaint: self.complaint,
        }
    }

    fn answer(&self, ledger: &LedgerId, keys: &[PublicKey]) -> Option<Result<u64, AnswerError>> {
        let answer = Answer::decode(self.complaint.answer.as_ref()?, ledger, keys).ok()?;
        let stated = self.statement.as_ref()?.statement().stated();
        Some(answer.verify(ledger, &stated, &self.complaint.account))
    }
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

    /// Is told of every entry after it was judged: its number, its hash, and the state that it made.
    pub fn see(&mut self, state: &State, sequence: u64, hash: Hash) {
        self.tree.push(hash);
        self.cases.iter_mut().for_each(|case| case.see(state, sequence, hash));
        for open in self.open.remove(&state.size()).unwrap_or_default() {
            match self.lie(&open, state) {
                Some(what) => self.wrong(open.kept.number, what),
                None => self.found.newest = Some(open.statement),
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
    pub fn end(mut self, state: &State) -> (Statements, Vec<Judgment>) {
        for open in std::mem::take(&mut self.open).into_values().flatten() {
            let size = open.statement.size;
            self.wrong(open.kept.number, format!("it speaks of {size} entries, and the journal has {}", state.size()));
        }
        self.found.wrong.sort_by_key(|wrong| wrong.number);
        let Inspection { kept, cases, found, .. } = self;
        (found, cases.into_iter().map(|case| case.judged(state, &kept)).collect())
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
    format!("what bank {bank} has confirmed is not what was entered by then")
}
