//! What this node has published, and what it needs for the next time: the cosigned checkpoint, what the banks confirmed, the coverage
//! statements with the seeds of their trees.
//!
//! ```text
//! table 4   empty key                                    the published checkpoint with its witnesses' lines
//! table 5   bank:u16 ‖ date:u32 ‖ time:u64 ‖ file:32     {1: bank, 2: amount, 3: date, 4: file, 5: operator, 6: time}
//! table 6   number:u64                                   {1: note (text), 2: seed (32 bytes)}
//! ```
//! A statement exists when its write to the records is durable: note and seed in one change, and nobody is told before. What failed in
//! between leaves its number to the next one, or the whole statement. A seed is as secret as the journal, and lies here alone.

use crate::account::{BankNumber, OperatorNumber};
use crate::amount::Cents;
use crate::books::Books;
use crate::checkpoint::Checkpoint;
use crate::coverage::{Confirmed, Date, Liabilities, MediumLine, NO_STATEMENT, SignedStatement, Statement, bank_lines, name};
use crate::encoding::{DecodeError, Reader, Writer};
use crate::entry::{unzigzag, zigzag};
use crate::fault::Fault;
use crate::key::{AccountId, Hash32, LedgerId, PublicKey};
use crate::liability::{Answer, LiabilityTree, Seed, Stated, encode_paths};
use crate::log::Log;
use crate::merkle::Hash;
use crate::note::{MAX_NOTE_BYTES, Note};
use crate::receipt::origin;
use crate::records::{self, Change, KeyRange, Order, Records, Table, log_settings};
use crate::state::State;
use crate::storage::{ReadOnly, Storage};
use ed25519_dalek::SigningKey;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

const CHECKPOINT: Table = Table(4);
const CONFIRMATIONS: Table = Table(5);
const STATEMENTS: Table = Table(6);

/// The most statements in one answer: a quarter of a year of days.
pub const MAX_STATEMENTS: usize = 100;
/// The length of a confirmation's date, as text.
const DATE_BYTES: usize = 10;

/// What a bank says that one of the association's accounts holds, as somebody entered it from the bank's own file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Confirmation {
    /// The bank account.
    pub bank: BankNumber,
    /// What it holds, in cents.
    pub amount: Cents,
    /// At the end of this day.
    pub date: Date,
    /// SHA-256 of the bank's statement file.
    pub file: Hash32,
    /// Who entered it.
    pub by: OperatorNumber,
    /// When.
    pub time: u64,
}

impl Confirmation {
    /// Keys sort by bank, then the newest day last, then the newest entry last.
    fn key(&self) -> Vec<u8> {
        let day: u32 =
            self.date.to_string().bytes().filter(u8::is_ascii_digit).fold(0, |day, digit| day * 10 + u32::from(digit - b'0'));
        [&self.bank.to_be_bytes()[..], &day.to_be_bytes(), &self.time.to_be_bytes(), &self.file.0].concat()
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.map(6).uint(1).uint(self.bank.into()).uint(2).uint(zigzag(self.amount.get())).uint(3).text(&self.date.to_string());
        out.uint(4).bytes(&self.file.0).uint(5).uint(self.by.into()).uint(6).uint(self.time);
        out.into_bytes()
    }

    fn decode(bytes: &[u8]) -> Result<Confirmation, DecodeError> {
        const WRONG: DecodeError = DecodeError::OutOfBounds("a confirmation is out of bounds");
        let mut reader = Reader::new(bytes);
        let r = &mut reader;
        let mut map = r.map()?;
        map.required(r, 1)?;
        let bank = r.uint()?.try_into().map_err(|_| WRONG)?;
        map.required(r, 2)?;
        let amount = Cents::new(unzigzag(r.uint()?));
        map.required(r, 3)?;
        let date = Date::parse(r.text(DATE_BYTES)?).ok_or(WRONG)?;
        map.required(r, 4)?;
        let file = r.hash()?;
        map.required(r, 5)?;
        let by = r.uint()?.try_into().map_err(|_| WRONG)?;
        map.required(r, 6)?;
        let time = r.uint()?;
        map.end()?;
        reader.end()?;
        Ok(Confirmation { bank, amount, date, file, by, time })
    }

    fn confirmed(&self) -> Confirmed {
        Confirmed { amount: self.amount, date: self.date, file: self.file }
    }
}

/// What a bank had confirmed at a time: of what was entered until then, the newest day's, and of one day the last entered.
pub fn confirmed_at(confirmations: &[Confirmation], bank: BankNumber, time: u64) -> Option<Confirmed> {
    let known = confirmations.iter().filter(|known| known.bank == bank && known.time <= time);
    known.max_by_key(|known| known.key()).map(Confirmation::confirmed)
}

/// A statement as it was kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptStatement {
    /// The number under which it was kept.
    pub number: u64,
    /// The signed note.
    pub note: String,
    /// What its tree grew from.
    pub seed: Seed,
}

impl KeptStatement {
    fn encode(note: &str, seed: &Seed) -> Vec<u8> {
        let mut out = Writer::with_room_for(note.len() + 64);
        out.map(2).uint(1).text(note).uint(2).bytes(&seed.0);
        out.into_bytes()
    }

    fn decode(key: &[u8], value: &[u8]) -> Result<KeptStatement, DecodeError> {
        let number = key.try_into().map(u64::from_be_bytes).map_err(|_| DecodeError::Malformed("a statement has no number"))?;
        let mut reader = Reader::new(value);
        let r = &mut reader;
        let mut map = r.map()?;
        map.required(r, 1)?;
        let note = r.text_with_lines(MAX_NOTE_BYTES)?.to_owned();
        map.required(r, 2)?;
        let seed = Seed(r.fixed()?);
        map.end()?;
        reader.end()?;
        Ok(KeptStatement { number, note, seed })
    }

    /// What an auditor remembers of it: a hash over its note and its seed.
    pub fn digest(&self) -> Hash32 {
        Hash32::of(&KeptStatement::encode(&self.note, &self.seed))
    }

    /// The statement, unverified: as this node wrote it.
    fn statement(&self) -> Result<SignedStatement, Fault> {
        let damage = |why: String| Fault::Damage(format!("coverage statement {} in the records is wrong: {why}", self.number));
        let signed = SignedStatement::recorded(&self.note).map_err(|error| damage(error.to_string()))?;
        let found = signed.statement().number;
        if found == self.number { Ok(signed) } else { Err(damage(format!("it calls itself {found}"))) }
    }
}

fn senseless(error: DecodeError) -> Fault {
    Fault::Damage(format!("what the records hold of publications makes no sense: {error}"))
}

/// Everything that was kept, read from a folder's records and nothing written: for an auditor.
#[derive(Default, Debug)]
pub struct Kept {
    /// Every confirmation of a bank.
    pub confirmations: Vec<Confirmation>,
    /// The statements, by the number under which they were kept.
    pub statements: Vec<KeptStatement>,
}

impl Kept {
    /// Reads the log of records. An append that was cut off at its end was answered to nobody, and is left out.
    ///
    /// # Errors
    ///
    /// As [`Log::open`]; [`Fault::Damage`] when a confirmation or a statement makes no sense.
    pub fn read(storage: Arc<dyn Storage>, ledger: &LedgerId) -> Result<Kept, Fault> {
        let mut found: BTreeMap<(Table, Vec<u8>), Vec<u8>> = BTreeMap::new();
        Log::open::<Fault>(ReadOnly::tolerant(storage), log_settings(ledger.0), None, |_, leaf, _| {
            for change in records::decode(leaf)? {
                match change {
                    Change::Put { table, key, value } if [CONFIRMATIONS, STATEMENTS].contains(&table) => {
                        found.insert((table, key), value);
                    }
                    Change::Delete { table, key } => drop(found.remove(&(table, key))),
                    Change::Put { .. } => {}
                }
            }
            Ok(())
        })?;
        let mut kept = Kept::default();
        for ((table, key), value) in &found {
            match *table {
                CONFIRMATIONS => kept.confirmations.push(Confirmation::decode(value).map_err(senseless)?),
                _ => kept.statements.push(KeptStatement::decode(key, value).map_err(senseless)?),
            }
        }
        Ok(kept)
    }
}

/// The ledger at one moment, as far as a statement speaks of it.
pub struct Moment {
    /// The time of the last entry.
    pub time: u64,
    /// How many entries.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// The checkpoint key in force.
    pub key: Option<PublicKey>,
    /// The books.
    pub books: Books,
    /// What each account holds, in cents.
    pub balances: Vec<(AccountId, u64)>,
}

impl Moment {
    /// The moment of a state, over whose entries the tree has this root.
    pub fn of(state: &State, root: Hash) -> Moment {
        let balances = state.accounts().iter().map(|account| (account.id, account.balance.above_zero())).collect();
        let key = state.checkpoint_keys().last().copied();
        Moment { time: state.time(), size: state.size(), root, key, books: state.books().clone(), balances }
    }

    /// The statement that the rules give, and its tree. `before` is the statement before.
    pub fn statement(
        &self,
        ledger: &LedgerId,
        before: Option<&Statement>,
        time: u64,
        confirmations: &[Confirmation],
        seed: &Seed,
    ) -> (Statement, LiabilityTree) {
        let number = before.map_or(1, |before| before.number + 1);
        let leaves_before = before.map(|before| before.liabilities.leaves);
        let tree = LiabilityTree::grow(ledger, number, &self.balances, seed, leaves_before);
        let statement = Statement {
            name: name(ledger),
            number,
            previous: before.map_or(NO_STATEMENT, Statement::hash),
            time,
            size: self.size,
            root: self.root,
            media: [crate::account::Medium::Digital, crate::account::Medium::Paper].map(|m| MediumLine::of(&self.books, m)),
            banks: bank_lines(&self.books, |bank| confirmed_at(confirmations, bank, time)),
            liabilities: Liabilities { leaves: tree.leaves(), root: tree.root() },
        };
        (statement, tree)
    }
}

/// The published checkpoint.
struct Published {
    says: Checkpoint,
    note: Arc<str>,
}

/// The tree of the newest statement, or why there is none.
type Counted = Result<(Stated, Arc<LiabilityTree>), Fault>;

/// What this node has published.
pub struct Publication {
    ledger: LedgerId,
    records: Arc<Records>,
    /// Held while a checkpoint is published.
    publishing: Mutex<()>,
    published: RwLock<Option<Published>>,
    /// Held while a statement is made or a bank's figure is entered: they follow each other.
    stating: Mutex<()>,
    latest: RwLock<Option<Arc<SignedStatement>>>,
    counted: RwLock<Option<Counted>>,
}

fn read_lock<T: Clone>(lock: &RwLock<T>) -> T {
    lock.read().unwrap_or_else(PoisonError::into_inner).clone()
}

impl Publication {
    /// What the records say of earlier publications.
    ///
    /// # Errors
    ///
    /// As reading records; [`Fault::Damage`] when what is kept makes no sense.
    pub fn open(ledger: LedgerId, records: Arc<Records>) -> Result<Publication, Fault> {
        let publication = Publication {
            ledger,
            records,
            publishing: Mutex::default(),
            published: RwLock::default(),
            stating: Mutex::default(),
            latest: RwLock::default(),
            counted: RwLock::default(),
        };
        if let Some(note) = publication.records.get(CHECKPOINT, b"")? {
            let note = String::from_utf8(note).map_err(|_| Fault::Damage("the published checkpoint is no text".into()))?;
            publication.set_published(publication.read_checkpoint(&note)?, &note);
        }
        let latest = publication.statements(None, 1)?.pop();
        *publication.latest.write().unwrap_or_else(PoisonError::into_inner) = latest;
        Ok(publication)
    }

    /// The published checkpoint, with the witnesses' lines; `None` before the first.
    pub fn checkpoint(&self) -> Option<Arc<str>> {
        self.published.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(|published| published.note.clone())
    }

    /// How many entries the published checkpoint covers: nothing of the tree beyond is public.
    pub fn published_size(&self) -> u64 {
        self.published.read().unwrap_or_else(PoisonError::into_inner).as_ref().map_or(0, |published| published.says.size)
    }

    /// How many entries were published, if they are not what the journal begins with: it was cut, or another history grew in their
    /// place. `root_at` gives the journal's root over so many entries, if it has them.
    pub fn contradicted(&self, root_at: impl Fn(u64) -> Option<Hash>) -> Option<u64> {
        let published = self.published.read().unwrap_or_else(PoisonError::into_inner);
        let says = &published.as_ref()?.says;
        (root_at(says.size) != Some(says.root)).then_some(says.size)
    }

    /// Publishes a checkpoint with its witnesses' lines. The caller has signed it, and has asked the witnesses. `root_at` gives the
    /// journal's root over so many entries, if it has them.
    ///
    /// # Errors
    ///
    /// [`Fault::Setup`] when it is of another ledger, of fewer entries than the one before, or of as many with another root;
    /// [`Fault::Damage`] when the journal does not begin with what was published before; as writing records.
    pub fn publish(&self, note: &str, root_at: impl Fn(u64) -> Option<Hash>) -> Result<(), Fault> {
        let _alone = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let says = self.read_checkpoint(note)?;
        if let Some(before) = self.published.read().unwrap_or_else(PoisonError::into_inner).as_ref() {
            let follows = says.size > before.says.size || (says.size, says.root) == (before.says.size, before.says.root);
            if !follows {
                return Err(Fault::Setup("the checkpoint to be published does not follow the published one".into()));
            }
        }
        if let Some(size) = self.contradicted(root_at) {
            let why =
                format!("the journal does not go on from the {size} entries that were published, so nothing more is published");
            return Err(Fault::Damage(why));
        }
        self.records.keep(&[Change::Put { table: CHECKPOINT, key: Vec::new(), value: note.as_bytes().to_vec() }])?;
        self.set_published(says, note);
        Ok(())
    }

    fn read_checkpoint(&self, note: &str) -> Result<Checkpoint, Fault> {
        let wrong = |why: String| Fault::Setup(format!("the published checkpoint is none: {why}"));
        let body = Note::open(note).map_err(|error| wrong(error.to_string()))?.body();
        let says = Checkpoint::parse(body).map_err(|error| wrong(error.to_string()))?;
        if says.origin == origin(&self.ledger) { Ok(says) } else { Err(wrong("it is of another ledger".into())) }
    }

    fn set_published(&self, says: Checkpoint, note: &str) {
        *self.published.write().unwrap_or_else(PoisonError::into_inner) = Some(Published { says, note: note.into() });
    }

    /// Keeps what a bank says of an account. Its time is later than that of the newest statement, which did not know of it yet; gives
    /// the confirmation as it was kept. The caller has checked who enters it, and that the funds have the account.
    ///
    /// # Errors
    ///
    /// As writing records.
    pub fn confirm(&self, confirmation: Confirmation) -> Result<Confirmation, Fault> {
        let _alone = self.stating();
        let stated = self.latest().map_or(0, |latest| latest.statement().time + 1);
        let kept = Confirmation { time: confirmation.time.max(stated), ..confirmation };
        self.records.keep(&[Change::Put { table: CONFIRMATIONS, key: kept.key(), value: kept.encode() }])?;
        Ok(kept)
    }

    /// The newest confirmation of each bank account, by its number.
    ///
    /// # Errors
    ///
    /// As reading records.
    pub fn confirmations(&self) -> Result<Vec<Confirmation>, Fault> {
        let (mut newest, mut end) = (Vec::new(), None);
        while let Some((_, value)) = self.last_confirmation(end)? {
            let found = Confirmation::decode(&value).map_err(senseless)?;
            end = Some(found.bank);
            newest.insert(0, found);
        }
        Ok(newest)
    }

    /// The last confirmation of a bank account whose number is below `end`.
    fn last_confirmation(&self, end: Option<BankNumber>) -> Result<Option<records::Entry>, Fault> {
        let range = end.map_or(KeyRange::all(), |end| KeyRange::between(b"", &end.to_be_bytes()));
        Ok(self.records.scan(CONFIRMATIONS, &range, 1, Order::Descending)?.pop())
    }

    /// The newest statement.
    pub fn latest(&self) -> Option<Arc<SignedStatement>> {
        read_lock(&self.latest)
    }

    /// A statement.
    ///
    /// # Errors
    ///
    /// As reading records; [`Fault::Damage`] when what is kept makes no sense.
    pub fn statement(&self, number: u64) -> Result<Option<Arc<SignedStatement>>, Fault> {
        self.kept(number)?.map(|kept| kept.statement().map(Arc::new)).transpose()
    }

    /// Statements, newest first, at most `limit` and [`MAX_STATEMENTS`], beginning with `from` or else with the newest.
    ///
    /// # Errors
    ///
    /// As [`Publication::statement`].
    pub fn statements(&self, from: Option<u64>, limit: usize) -> Result<Vec<Arc<SignedStatement>>, Fault> {
        let end = from.and_then(|from| from.checked_add(1)).map(u64::to_be_bytes);
        let range = end.map_or(KeyRange::all(), |end| KeyRange::between(b"", &end));
        let found = self.records.scan(STATEMENTS, &range, limit.min(MAX_STATEMENTS), Order::Descending)?;
        let kept = found.iter().map(|(key, value)| KeptStatement::decode(key, value).map_err(senseless));
        kept.map(|kept| kept?.statement().map(Arc::new)).collect()
    }

    fn kept(&self, number: u64) -> Result<Option<KeptStatement>, Fault> {
        let key = number.to_be_bytes();
        let value = self.records.get(STATEMENTS, &key)?;
        value.map(|value| KeptStatement::decode(&key, &value).map_err(senseless)).transpose()
    }

    /// Makes the next statement of the moment that `look` finds, signs it, and keeps it. Two at once make two, one after the other.
    /// Meanwhile there is no tree, and there is none after a failure: then the caller has that of the newest statement made again.
    pub(crate) fn state(
        &self,
        now_ms: u64,
        seed: &Seed,
        signers: &[SigningKey],
        look: impl FnOnce() -> Moment,
    ) -> Result<Arc<SignedStatement>, Fault> {
        let _alone = self.stating();
        self.forget_tree();
        let moment = look();
        let (before, confirmations) = (self.latest(), self.confirmations()?);
        let before = before.as_ref().map(|before| before.statement());
        let latest =
            [moment.time, before.map_or(0, |before| before.time)].into_iter().chain(confirmations.iter().map(|c| c.time));
        let time = latest.fold(now_ms, u64::max);
        let (statement, tree) = moment.statement(&self.ledger, before, time, &confirmations, seed);
        let signer = signers.iter().find(|signer| moment.key == Some(signer.verifying_key().into()));
        let absent = || Fault::Setup("the node does not hold the key that signs coverage statements".into());
        let signed = SignedStatement::sign(&statement, signer.ok_or_else(absent)?);
        let signed = signed.map_err(|error| Fault::Setup(format!("no coverage statement can be made: {error}")))?;
        let (key, value) = (statement.number.to_be_bytes().to_vec(), KeptStatement::encode(signed.as_str(), seed));
        self.records.keep(&[Change::Put { table: STATEMENTS, key, value }])?;
        // On disk: the statement with its seed. Whoever asks from now on is told of it.
        Ok(self.keep(Arc::new(signed), tree))
    }

    /// A tree takes hundreds of megabytes in a large town: the old one goes before the new one grows. Who asks in these seconds is told
    /// that there is none yet, as after a start.
    fn forget_tree(&self) {
        *self.counted.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn keep(&self, signed: Arc<SignedStatement>, tree: LiabilityTree) -> Arc<SignedStatement> {
        let stated = signed.statement().stated();
        *self.counted.write().unwrap_or_else(PoisonError::into_inner) = Some(Ok((stated, Arc::new(tree))));
        *self.latest.write().unwrap_or_else(PoisonError::into_inner) = Some(signed.clone());
        signed
    }

    /// The signed answer to a member who asks what is counted of an account; `None` while there is no tree.
    pub(crate) fn answer(&self, account: &AccountId, key: &SigningKey) -> Result<Option<Vec<u8>>, Fault> {
        let Some((stated, tree)) = read_lock(&self.counted).transpose()? else { return Ok(None) };
        let paths = tree.paths(account);
        let balance = paths.iter().map(|path| path.amount).sum();
        let Stated { statement, hash, .. } = stated;
        let answer = Answer { statement, hash, account: *account, balance, parts: encode_paths(&paths) };
        Ok(Some(answer.sign(&self.ledger, key)))
    }

    /// The newest statement, as long as it has no tree in memory.
    pub(crate) fn uncounted(&self) -> Option<Arc<SignedStatement>> {
        let made = self.counted.read().unwrap_or_else(PoisonError::into_inner).is_some();
        if made { None } else { self.latest() }
    }

    /// Makes the tree of a statement again from what the accounts held, and keeps it unless there is a newer one.
    pub(crate) fn count_again(&self, statement: &Statement, balances: &[(AccountId, u64)]) -> Result<(), Fault> {
        let number = statement.number;
        let lost = || Fault::Damage(format!("coverage statement {number} or the one before is not in the records"));
        let seed = self.kept(number)?.ok_or_else(lost)?.seed;
        let before = if number > 1 { Some(self.statement(number - 1)?.ok_or_else(lost)?) } else { None };
        let leaves = before.map(|before| before.statement().liabilities.leaves);
        let tree = LiabilityTree::grow(&self.ledger, number, balances, &seed, leaves);
        if (tree.leaves(), tree.root()) != (statement.liabilities.leaves, statement.liabilities.root) {
            return Err(Fault::Damage(format!("the liabilities of coverage statement {number} are not those of the journal")));
        }
        self.set_counted(number, Ok((statement.stated(), Arc::new(tree))));
        Ok(())
    }

    /// Keeps why a statement has no tree, unless there is a newer one: members are told that they cannot check now.
    pub(crate) fn cannot_count(&self, number: u64, why: Fault) {
        self.set_counted(number, Err(why));
    }

    fn set_counted(&self, number: u64, found: Counted) {
        let mut counted = self.counted.write().unwrap_or_else(PoisonError::into_inner);
        if counted.is_none() && self.latest().is_some_and(|latest| latest.statement().number == number) {
            *counted = Some(found);
        }
    }

    fn stating(&self) -> MutexGuard<'_, ()> {
        self.stating.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::DiskStorage;

    const LEDGER: LedgerId = Hash32([9; 32]);
    const MEMBER: AccountId = AccountId([1; 16]);

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[5; 32])
    }

    fn moment() -> Moment {
        let key = Some(key().verifying_key().into());
        Moment { time: 1, size: 1, root: [3; 32], key, books: Books::default(), balances: Vec::new() }
    }

    #[test]
    fn one_whole_tree_lives_at_a_time_and_a_failure_leaves_the_newest_statement_to_be_counted_again() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Arc::new(DiskStorage::open(&folder.path().join("records")).unwrap());
        let records = Arc::new(Records::open(storage, LEDGER.0, &folder.path().join("views")).unwrap());
        let publication = Publication::open(LEDGER, records).unwrap();
        let has_tree = || publication.answer(&MEMBER, &key()).unwrap().is_some();
        let state = |signers: &[SigningKey]| {
            publication.state(1, &Seed([1; 32]), signers, || {
                assert!(!has_tree(), "the old tree is gone before the new one grows");
                moment()
            })
        };
        let first = state(&[key()]).unwrap();
        assert!(has_tree() && publication.uncounted().is_none());
        assert!(state(&[]).is_err());
        assert_eq!(publication.uncounted(), Some(first.clone()));
        publication.count_again(first.statement(), &[]).unwrap();
        assert!(has_tree());
        assert_eq!(state(&[key()]).unwrap().statement().number, 2);
        assert!(has_tree());
    }
}
