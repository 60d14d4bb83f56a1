//! The coverage statement: what circulates, what covers it, and where the euros are, signed so that nobody can say later that it was
//! said otherwise. It is the only place where totals are published.
//!
//! ```text
//! liard/0123456789abcdef/coverage
//! statement 12
//! previous <base64 of SHA-256 of the body of the statement before; zeros for the first>
//! time 1795372200000
//! checkpoint 1234 <base64 root>
//! digital circulation 1200 cover 1200 in-transit 0 pledged 0 payable 0 fees-due 0 surplus 0
//! paper circulation 500 cover 400 in-transit 0 pledged 0 payable 0 fees-due 0 shortfall 100
//! bank 1 digital sight booked 5000 fund 1200 confirmed 4990 2026-11-21 <64 hex digits: SHA-256 of the bank's statement file>
//! bank 2 paper savings booked 400 fund 400 unconfirmed
//! liabilities 1024 1200 <base64 root>
//! ```
//! Amounts are whole cents. Cover is what is left for circulation after pledges, redemptions payable and fees due; so the fund at all
//! banks of a medium is their sum. A text whose lines contradict each other is no statement, whoever signed it: a shortfall cannot
//! stand there under another word, nor a surplus that the figures do not give. Whether the figures are those of the journal shows
//! when somebody replays it; whether they count a member, when the member looks (see [`crate::liability`]).
//!
//! The signed note is under the name `<origin>/coverage`, so that no line of a checkpoint fits under a statement, nor the reverse.

use crate::account::{BankNumber, LiquidityClass, Medium};
use crate::amount::Cents;
use crate::books::{Book, Books};
use crate::calendar::{civil, days_of, paris_day};
use crate::key::{Hash32, LedgerId, PublicKey};
use crate::liability::{LEAST_LEAVES, MAX_DEPTH, Node, Stated};
use crate::merkle::Hash;
use crate::note::{Note, NoteError, VerifierKey, sign};
use crate::receipt::{Reign, origin};
use crate::rules::day_of;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;
use std::fmt;

/// The most bank accounts in one statement: a note of them stays within its length.
pub const MAX_BANKS: usize = 32;
/// The hash that stands for the statement before the first.
pub const NO_STATEMENT: Hash32 = Hash32([0; 32]);

/// The name under which a ledger signs its statements, and their first line.
pub fn name(ledger: &LedgerId) -> String {
    format!("{}/coverage", origin(ledger))
}

/// Why a text is no coverage statement of the ledger that was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CoverageError {
    /// It is no signed note.
    Note(NoteError),
    /// It is the statement of another ledger.
    OtherLedger,
    /// No key that was given signed it.
    Unsigned,
    /// A line is not as the format has it; the words say which.
    Malformed(&'static str),
    /// Two figures contradict each other; the words say which.
    Contradiction(&'static str),
}

impl fmt::Display for CoverageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CoverageError::Note(error) => error.fmt(f),
            CoverageError::OtherLedger => f.write_str("the coverage statement is of another ledger"),
            CoverageError::Unsigned => f.write_str("the coverage statement is not signed by a known key"),
            CoverageError::Malformed(what) => write!(f, "not a coverage statement: {what}"),
            CoverageError::Contradiction(what) => write!(f, "the coverage statement contradicts itself: {what}"),
        }
    }
}

impl std::error::Error for CoverageError {}

use CoverageError::{Contradiction, Malformed};

impl From<NoteError> for CoverageError {
    fn from(error: NoteError) -> CoverageError {
        CoverageError::Note(error)
    }
}

/// A day of the calendar, as a bank writes it on its statement.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The day, or `None` when there is no such day or its year has not four digits.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Date> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            4 | 6 | 9 | 11 => 30,
            2 => 28 + u8::from(leap),
            1..=12 => 31,
            _ => 0,
        };
        ((1_000..=9_999).contains(&year) && (1..=days).contains(&day)).then_some(Date { year, month, day })
    }

    /// Reads `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Option<Date> {
        let mut parts = text.split('-');
        let date = Date::new(parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?)?;
        (date.to_string() == text).then_some(date)
    }

    /// Days since 1 January 1970, by which days are counted and sorted; those before are 0.
    pub fn number(self) -> u32 {
        u32::try_from(self.days()).unwrap_or(0)
    }

    /// The day with this [`Date::number`]; `None` beyond the year 9999.
    pub fn of_number(number: u32) -> Option<Date> {
        Date::of_days(number.into())
    }

    /// The day that an instant falls in, in UTC; `None` beyond the year 9999.
    pub fn at(ms: u64) -> Option<Date> {
        Date::of_number(day_of(ms))
    }

    /// The day in Paris at an instant; `None` beyond the year 9999.
    pub fn in_paris(ms: u64) -> Option<Date> {
        Date::of_days(paris_day(ms))
    }

    /// The day so many days later, or earlier; `None` when its year has not four digits.
    pub fn plus_days(self, days: i64) -> Option<Date> {
        Date::of_days(self.days().checked_add(days)?)
    }

    fn days(self) -> i64 {
        days_of(self.year.into(), self.month, self.day)
    }

    fn of_days(days: i64) -> Option<Date> {
        let (year, month, day) = civil(days);
        Date::new(year.try_into().ok()?, month, day)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// What a statement says of one medium.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MediumLine {
    /// Units in circulation; never negative.
    pub circulation: Cents,
    /// Euros left for them after everything that comes before; negative when not even that is covered.
    pub cover: Cents,
    /// Dues between the two funds. There are none in this version, and no other figure than 0 is read.
    pub in_transit: Cents,
    /// Euros that are pledged; never negative.
    pub pledged: Cents,
    /// Redemptions to be paid; never negative.
    pub payable: Cents,
    /// Fees that the fund holds for the association; never negative.
    pub fees_due: Cents,
}

impl MediumLine {
    /// What the books say of a medium.
    pub fn of(books: &Books, medium: Medium) -> MediumLine {
        MediumLine {
            circulation: books.circulation(medium),
            cover: books.cover(medium),
            in_transit: Cents::ZERO,
            pledged: books.claim(Book::Pledged(medium)),
            payable: books.claim(Book::Payable(medium)),
            fees_due: books.claim(Book::FeesDue(medium)),
        }
    }

    /// Cover less circulation: negative is a shortfall. `None` when it overflows, which no statement that was read does.
    pub fn surplus(&self) -> Option<Cents> {
        self.cover.minus(self.circulation)
    }

    /// What the fund holds at its banks.
    fn fund(&self) -> Option<Cents> {
        [self.pledged, self.payable, self.fees_due].into_iter().try_fold(self.cover, Cents::plus)
    }

    /// Each figure with its word, in their order.
    pub fn figures(&self) -> [(&'static str, Cents); 6] {
        let MediumLine { circulation, cover, in_transit, pledged, payable, fees_due } = *self;
        let after = [("pledged", pledged), ("payable", payable), ("fees-due", fees_due)];
        [("circulation", circulation), ("cover", cover), ("in-transit", in_transit), after[0], after[1], after[2]]
    }

    fn write(&self, medium: Medium, out: &mut String) {
        *out += medium.word();
        for (word, cents) in self.figures() {
            *out += &format!(" {word} {}", cents.get());
        }
        let surplus = self.cover.get().saturating_sub(self.circulation.get());
        let word = if surplus < 0 { "shortfall" } else { "surplus" };
        *out += &format!(" {word} {}\n", surplus.unsigned_abs());
    }

    fn read(words: &mut Words, medium: Medium) -> Result<MediumLine, CoverageError> {
        words.expect(medium.word())?;
        let line = MediumLine {
            circulation: words.figure("circulation")?,
            cover: words.figure("cover")?,
            in_transit: words.figure("in-transit")?,
            pledged: words.figure("pledged")?,
            payable: words.figure("payable")?,
            fees_due: words.figure("fees-due")?,
        };
        let positive = match words.next()? {
            "surplus" => true,
            "shortfall" => false,
            _ => return Err(Malformed("neither a surplus nor a shortfall is named")),
        };
        let said = words.cents()?.get();
        line.check(if positive { Some(said) } else { said.checked_neg() })?;
        Ok(line)
    }

    /// `said` is the surplus that the line names.
    fn check(&self, said: Option<i64>) -> Result<(), CoverageError> {
        if [self.circulation, self.pledged, self.payable, self.fees_due].iter().any(|cents| *cents < Cents::ZERO) {
            return Err(Contradiction("an amount is negative that cannot be"));
        }
        if self.in_transit != Cents::ZERO {
            return Err(Contradiction("something is in transit, and nothing can be"));
        }
        let surplus = self.surplus().ok_or(Contradiction("the surplus is out of bounds"))?;
        match said == Some(surplus.get()) {
            true => Ok(()),
            false => Err(Contradiction("surplus or shortfall are not the cover less the circulation")),
        }
    }
}

/// What a bank says that it holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Confirmed {
    /// The balance of the account, in cents.
    pub amount: Cents,
    /// At the end of this day.
    pub date: Date,
    /// SHA-256 of the bank's statement file.
    pub file: Hash32,
}

/// What a statement says of one bank account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BankLine {
    /// Its number, at least 1.
    pub bank: BankNumber,
    /// Whose fund it belongs to.
    pub medium: Medium,
    /// How fast the euros can be had.
    pub class: LiquidityClass,
    /// All euros there by the journal.
    pub booked: Cents,
    /// Those that are the fund's: never more than all, as nobody else is owed less than nothing there.
    pub fund: Cents,
    /// The bank's own figure, the newest that the association has entered.
    pub confirmed: Option<Confirmed>,
}

impl BankLine {
    fn write(&self, out: &mut String) {
        let BankLine { bank, medium, class, booked, fund, confirmed } = self;
        *out += &format!("bank {bank} {} {} booked {} fund {}", medium.word(), class.word(), booked.get(), fund.get());
        *out += &match confirmed {
            Some(Confirmed { amount, date, file }) => format!(" confirmed {} {date} {file}\n", amount.get()),
            None => " unconfirmed\n".to_owned(),
        };
    }

    /// Reads what follows the word `bank`.
    fn read(words: &mut Words) -> Result<BankLine, CoverageError> {
        let bank =
            words.number()?.try_into().ok().filter(|bank| *bank > 0).ok_or(Malformed("a bank's number is out of bounds"))?;
        let medium = Medium::from_word(words.next()?).ok_or(Malformed("a bank's medium is unknown"))?;
        let class = LiquidityClass::from_word(words.next()?).ok_or(Malformed("a bank's liquidity class is unknown"))?;
        let (booked, fund) = (words.figure("booked")?, words.figure("fund")?);
        let confirmed = match words.next()? {
            "unconfirmed" => None,
            "confirmed" => Some(Confirmed { amount: words.cents()?, date: words.date()?, file: words.hex()? }),
            _ => return Err(Malformed("a bank's figure is neither confirmed nor unconfirmed")),
        };
        Ok(BankLine { bank, medium, class, booked, fund, confirmed })
    }
}

/// The bank accounts as the books have them; `confirmed` tells what a bank has said.
pub fn bank_lines(books: &Books, confirmed: impl Fn(BankNumber) -> Option<Confirmed>) -> Vec<BankLine> {
    let line = |bank: &crate::account::Bank| BankLine {
        bank: bank.number,
        medium: bank.medium,
        class: bank.class,
        booked: books.balance(Book::Bank(bank.number)),
        fund: books.fund_assets(bank.number),
        confirmed: confirmed(bank.number),
    };
    books.banks().map(line).collect()
}

/// What is owed to members, and the tree that counts it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Liabilities {
    /// How many leaves the tree has.
    pub leaves: u64,
    /// Its root, with the total.
    pub root: Node,
}

/// A coverage statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// Of which ledger: its [`name`].
    pub name: String,
    /// Its number, from 1 on without gap.
    pub number: u64,
    /// SHA-256 of the body of the statement before; [`NO_STATEMENT`] for the first.
    pub previous: Hash32,
    /// When it was made, never before the statement before.
    pub time: u64,
    /// After so many entries.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Hash,
    /// Digital, then paper.
    pub media: [MediumLine; 2],
    /// By ascending number.
    pub banks: Vec<BankLine>,
    /// What the members hold.
    pub liabilities: Liabilities,
}

impl Statement {
    /// What the statement says of a medium.
    pub fn medium(&self, medium: Medium) -> &MediumLine {
        match medium {
            Medium::Digital => &self.media[0],
            Medium::Paper => &self.media[1],
        }
    }

    /// The lines that are signed, each with its newline.
    pub fn encode_body(&self) -> String {
        let mut out = format!("{}\nstatement {}\n", self.name, self.number);
        out += &format!("previous {}\ntime {}\n", STANDARD.encode(self.previous.0), self.time);
        out += &format!("checkpoint {} {}\n", self.size, STANDARD.encode(self.root));
        Medium::ALL.iter().for_each(|medium| self.medium(*medium).write(*medium, &mut out));
        self.banks.iter().for_each(|bank| bank.write(&mut out));
        let Liabilities { leaves, root } = self.liabilities;
        out + &format!("liabilities {leaves} {} {}\n", root.sum, STANDARD.encode(root.hash))
    }

    /// SHA-256 of the body.
    pub fn hash(&self) -> Hash32 {
        Hash32::of(self.encode_body().as_bytes())
    }

    /// What a member's paths are verified against.
    pub fn stated(&self) -> Stated {
        let Liabilities { leaves, root } = self.liabilities;
        Stated { statement: self.number, hash: self.hash(), leaves, root }
    }

    /// Reads what [`Statement::encode_body`] writes, and nothing else.
    ///
    /// # Errors
    ///
    /// [`CoverageError::Malformed`] and [`CoverageError::Contradiction`].
    pub fn parse(body: &str) -> Result<Statement, CoverageError> {
        let statement = Statement::read(body)?;
        statement.check()?;
        // One statement has one text: no other form of a number, no stray bit of base64, no other space.
        if statement.encode_body() == body { Ok(statement) } else { Err(Malformed("a figure is not in its one form")) }
    }

    fn read(body: &str) -> Result<Statement, CoverageError> {
        let text = body.strip_suffix('\n').ok_or(Malformed("the last line has no newline"))?;
        let mut lines = text.split('\n').map(|line| Words(line.split(' ')));
        let mut line = || lines.next().ok_or(Malformed("a line is missing"));
        let name = line()?.only()?.to_owned();
        let number = line()?.after("statement", Words::number)?;
        let previous = Hash32(line()?.after("previous", Words::base64)?);
        let time = line()?.after("time", Words::number)?;
        let (size, root) = line()?.after("checkpoint", |words| Ok((words.number()?, words.base64()?)))?;
        let digital = line()?.all(|words| MediumLine::read(words, Medium::Digital))?;
        let paper = line()?.all(|words| MediumLine::read(words, Medium::Paper))?;
        let mut banks = Vec::new();
        let liabilities = loop {
            let mut words = line()?;
            match words.next()? {
                "bank" if banks.len() < MAX_BANKS => banks.push(words.all(BankLine::read)?),
                "liabilities" => break words.all(Liabilities::read)?,
                _ => return Err(Malformed("neither a bank nor the liabilities are named, or there are too many banks")),
            }
        };
        match lines.next() {
            None => Ok(Statement { name, number, previous, time, size, root, media: [digital, paper], banks, liabilities }),
            Some(_) => Err(Malformed("a line is left over at the end")),
        }
    }

    fn check(&self) -> Result<(), CoverageError> {
        if !is_name(&self.name) {
            return Err(Malformed("the first line is not liard/, 16 hexadecimal digits, /coverage"));
        }
        if self.number == 0 || (self.number == 1) != (self.previous == NO_STATEMENT) {
            return Err(Contradiction("only the first statement, number 1, has none before it"));
        }
        if self.size == 0 {
            return Err(Malformed("the checkpoint is of an empty ledger"));
        }
        if !self.banks.windows(2).all(|pair| pair[0].bank < pair[1].bank) {
            return Err(Malformed("the banks are out of order or repeated"));
        }
        // The fund at an account may be below nothing: a fee, or a payment called back, that came after it had been moved elsewhere.
        if self.banks.iter().any(|bank| bank.fund > bank.booked) {
            return Err(Contradiction("a bank account holds more of the fund than is booked there"));
        }
        if !Medium::ALL.iter().all(|medium| self.fund_is_at_banks(*medium)) {
            return Err(Contradiction("the fund at the banks is not cover, pledged, payable and fees due together"));
        }
        self.liabilities.check(self.medium(Medium::Digital).circulation)
    }

    fn fund_is_at_banks(&self, medium: Medium) -> bool {
        let banks = self.banks.iter().filter(|bank| bank.medium == medium);
        let sum = banks.map(|bank| bank.fund).try_fold(Cents::ZERO, Cents::plus);
        sum.is_some() && sum == self.medium(medium).fund()
    }
}

impl Liabilities {
    fn read(words: &mut Words) -> Result<Liabilities, CoverageError> {
        Ok(Liabilities { leaves: words.number()?, root: Node { sum: words.number()?, hash: words.base64()? } })
    }

    fn check(&self, circulation: Cents) -> Result<(), CoverageError> {
        let most = 1 << MAX_DEPTH;
        if !self.leaves.is_power_of_two() || !(LEAST_LEAVES..=most).contains(&self.leaves) {
            return Err(Malformed("the number of leaves is no power of two within its bounds"));
        }
        match u64::try_from(circulation.get()) == Ok(self.root.sum) {
            true => Ok(()),
            false => Err(Contradiction("the liabilities are not the digital circulation")),
        }
    }
}

fn is_name(name: &str) -> bool {
    let digits = name.strip_prefix("liard/").and_then(|rest| rest.strip_suffix("/coverage"));
    digits.is_some_and(|digits| digits.len() == 16 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
}

/// The words of a line.
struct Words<'a>(std::str::Split<'a, char>);

impl<'a> Words<'a> {
    fn next(&mut self) -> Result<&'a str, CoverageError> {
        self.0.next().ok_or(Malformed("a line ends too early"))
    }

    fn expect(&mut self, word: &str) -> Result<(), CoverageError> {
        if self.next()? == word { Ok(()) } else { Err(Malformed("a line does not begin or go on with its word")) }
    }

    /// The rest of the line, all of it.
    fn all<T>(mut self, read: impl FnOnce(&mut Self) -> Result<T, CoverageError>) -> Result<T, CoverageError> {
        let value = read(&mut self)?;
        if self.0.next().is_none() { Ok(value) } else { Err(Malformed("a line goes on after its end")) }
    }

    /// The rest of the line after its first word.
    fn after<T>(mut self, word: &str, read: impl FnOnce(&mut Self) -> Result<T, CoverageError>) -> Result<T, CoverageError> {
        self.expect(word)?;
        self.all(read)
    }

    /// The one word of the line.
    fn only(self) -> Result<&'a str, CoverageError> {
        self.all(Words::next)
    }

    fn number(&mut self) -> Result<u64, CoverageError> {
        self.next()?.parse().map_err(|_| Malformed("a number is not one of 64 bits"))
    }

    fn cents(&mut self) -> Result<Cents, CoverageError> {
        self.next()?.parse().map(Cents::new).map_err(|_| Malformed("an amount is not one of 64 bits"))
    }

    fn figure(&mut self, word: &str) -> Result<Cents, CoverageError> {
        self.expect(word)?;
        self.cents()
    }

    fn base64(&mut self) -> Result<Hash, CoverageError> {
        let bytes = STANDARD.decode(self.next()?).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.ok_or(Malformed("a hash is not the base64 of 32 bytes"))
    }

    fn hex(&mut self) -> Result<Hash32, CoverageError> {
        Hash32::from_hex(self.next()?).ok_or(Malformed("the hash of a file is not 64 hexadecimal digits"))
    }

    fn date(&mut self) -> Result<Date, CoverageError> {
        Date::parse(self.next()?).ok_or(Malformed("a date is not YYYY-MM-DD, or there is no such day"))
    }
}

/// A statement with its signature, as the text that is stored, published and sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedStatement {
    text: String,
    statement: Statement,
}

impl SignedStatement {
    /// Signs a statement under its name.
    ///
    /// # Errors
    ///
    /// As [`Statement::parse`]: what nobody would read is not signed.
    pub fn sign(statement: &Statement, key: &SigningKey) -> Result<SignedStatement, CoverageError> {
        let body = statement.encode_body();
        let statement = Statement::parse(&body)?;
        let text = format!("{body}\n{}", sign(&body, &statement.name, key));
        Ok(SignedStatement { text, statement })
    }

    /// Reads a note and verifies it: it is a statement of this ledger, at least one of `keys` signed it, and no line that names one of
    /// them is wrong.
    ///
    /// # Errors
    ///
    /// [`CoverageError`], for the first of these that does not hold.
    pub fn open(text: &str, ledger: &LedgerId, keys: &[PublicKey]) -> Result<SignedStatement, CoverageError> {
        let note = Note::open(text)?;
        let name = name(ledger);
        let mut signed = false;
        for key in keys {
            signed |= note.signed_by(&VerifierKey::signer(&name, *key))?.is_some();
        }
        let statement = Statement::parse(note.body())?;
        if statement.name != name {
            return Err(CoverageError::OtherLedger);
        }
        if signed { Ok(SignedStatement { text: text.to_owned(), statement }) } else { Err(CoverageError::Unsigned) }
    }

    /// Reads a note and verifies it as [`SignedStatement::open`] does: under the key that was in force over the entries of which it
    /// speaks, and no other. A key that was replaced states nothing more, whoever has it now.
    ///
    /// # Errors
    ///
    /// As [`SignedStatement::open`].
    pub fn open_in(text: &str, ledger: &LedgerId, reigns: &[Reign]) -> Result<SignedStatement, CoverageError> {
        let size = Statement::parse(Note::open(text)?.body())?.size;
        let in_force: Vec<_> = reigns.iter().filter(|reign| reign.covers(size)).map(|reign| reign.key).collect();
        SignedStatement::open(text, ledger, &in_force)
    }

    /// Reads a note that this node has signed and kept, without a look at the signature.
    pub(crate) fn recorded(text: &str) -> Result<SignedStatement, CoverageError> {
        Ok(SignedStatement { text: text.to_owned(), statement: Statement::parse(Note::open(text)?.body())? })
    }

    /// The signed note.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What it says.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn every_day_of_two_centuries_has_its_number() {
        let mut expected = 0;
        for (year, month) in (1970..2170).flat_map(|year| (1..=12).map(move |month| (year, month))) {
            for date in (1..=31).filter_map(|day| Date::new(year, month, day)) {
                assert_eq!((date.number(), Date::of_number(expected)), (expected, Some(date)));
                expected += 1;
            }
        }
        assert_eq!(date("1969-12-31").number(), 0);
        assert_eq!((Date::at(1_795_372_200_000), Date::at(u64::MAX)), (Some(date("2026-11-22")), None));
    }

    #[test]
    fn days_are_counted_over_the_ends_of_months_and_years() {
        assert_eq!(date("2026-12-20").plus_days(14), Some(date("2027-01-03")));
        assert_eq!(date("2028-03-01").plus_days(-1), Some(date("2028-02-29")));
        assert_eq!(date("1970-01-01").plus_days(-1), Some(date("1969-12-31")));
        assert_eq!(date("1900-02-28").plus_days(1), Some(date("1900-03-01")));
        assert_eq!((date("9999-12-31").plus_days(1), date("1000-01-01").plus_days(-1)), (None, None));
        assert_eq!(date("2026-12-20").plus_days(i64::MAX), None);
    }
}
