//! What an audit found, whatever it audited: checks, each with a verdict and a sentence, and the series of coverage statements.

use crate::language::Language;
use ledger::amount::Cents;
use ledger::coverage::{MediumLine, Statement};
use serde_json::{Value, json};

/// What a check says, best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Verdict {
    /// It holds.
    Good,
    /// It could not be looked at: nothing is said about it.
    Open,
    /// It holds, and somebody should look at it.
    Warning,
    /// It does not hold.
    Wrong,
}

impl Verdict {
    /// The word in the machine-readable report.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Good => "good",
            Verdict::Open => "not_checked",
            Verdict::Warning => "warning",
            Verdict::Wrong => "wrong",
        }
    }

    /// What stands before the sentence.
    pub fn mark(self) -> &'static str {
        match self {
            Verdict::Good => "✓",
            Verdict::Open => "·",
            Verdict::Warning => "!",
            Verdict::Wrong => "✗",
        }
    }
}

/// The questions that an audit answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Question {
    /// Is a payment in the ledger for good?
    Recorded,
    /// Is every unit covered?
    Covered,
    /// Was history rewritten?
    Rewritten,
}

impl Question {
    /// Every question, in the order of a report.
    pub const ALL: [Question; 3] = [Question::Recorded, Question::Covered, Question::Rewritten];

    /// The word in the machine-readable report.
    pub fn word(self) -> &'static str {
        match self {
            Question::Recorded => "recorded",
            Question::Covered => "covered",
            Question::Rewritten => "rewritten",
        }
    }

    /// The question, for people.
    pub fn asked(self, language: Language) -> &'static str {
        match self {
            Question::Recorded => {
                language.pick("Les paiements sont-ils inscrits pour de bon ?", "Are payments recorded for good?")
            }
            Question::Covered => language.pick("Chaque unité a-t-elle son euro ?", "Does every unit have its euro?"),
            Question::Rewritten => language.pick("Le passé a-t-il été réécrit ?", "Was the past rewritten?"),
        }
    }

    /// The answer that a verdict gives.
    pub fn answered(self, verdict: Verdict, language: Language) -> &'static str {
        match (self, verdict) {
            (_, Verdict::Open) => language.pick("Non vérifié", "Not checked"),
            (Question::Recorded, Verdict::Good) => language.pick("Oui", "Yes"),
            (Question::Recorded, Verdict::Warning) => language.pick("Oui, avec une réserve", "Yes, with a reservation"),
            (Question::Recorded, Verdict::Wrong) => language.pick("NON", "NO"),
            (Question::Covered, Verdict::Good) => language.pick("Oui", "Yes"),
            (Question::Covered, Verdict::Warning) => language.pick("Oui, à vérifier", "Yes, to be looked into"),
            (Question::Covered, Verdict::Wrong) => language.pick("NON", "NO"),
            (Question::Rewritten, Verdict::Good) => language.pick("Non", "No"),
            (Question::Rewritten, Verdict::Warning) => language.pick("Non, avec une réserve", "No, with a reservation"),
            (Question::Rewritten, Verdict::Wrong) => language.pick("OUI, OU LE REGISTRE EST FAUX", "YES, OR THE LEDGER IS WRONG"),
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug)]
pub struct Check {
    /// Which question it helps to answer.
    pub question: Question,
    /// Its stable name in the machine-readable report.
    pub code: &'static str,
    /// What it says.
    pub verdict: Verdict,
    /// The same in a sentence.
    pub words: String,
}

/// One medium in a coverage statement.
#[derive(Clone, Copy, Debug)]
pub struct Cover {
    /// Units in circulation.
    pub circulation: Cents,
    /// Euros that cover them.
    pub cover: Cents,
}

impl Cover {
    /// What is missing, if anything.
    pub fn short(&self) -> Option<Cents> {
        self.circulation.minus(self.cover).filter(|short| *short > Cents::ZERO)
    }
}

/// A coverage statement that was checked.
#[derive(Clone, Copy, Debug)]
pub struct Day {
    /// Its number.
    pub number: u64,
    /// When it was made.
    pub time: u64,
    /// Digital units.
    pub digital: Cover,
    /// Notes.
    pub paper: Cover,
}

impl Day {
    /// What a statement says of the day.
    pub fn of(statement: &Statement) -> Day {
        let [digital, paper] = &statement.media;
        let cover = |line: &MediumLine| Cover { circulation: line.circulation, cover: line.cover };
        Day { number: statement.number, time: statement.time, digital: cover(digital), paper: cover(paper) }
    }
}

/// What an audit found.
#[derive(Clone, Debug)]
pub struct Report {
    /// In which language it is.
    pub language: Language,
    /// What was audited: a folder, an address.
    pub subject: String,
    /// When.
    pub made: u64,
    /// The currency's name.
    pub name: String,
    /// Its symbol.
    pub symbol: String,
    /// The ledger's id, or where only that is known, the name under which it signs.
    pub ledger: String,
    /// How many entries.
    pub entries: u64,
    /// Facts by their labels, for people.
    pub facts: Vec<(String, String)>,
    /// What was looked at.
    pub checks: Vec<Check>,
    /// The coverage statements, oldest first.
    pub days: Vec<Day>,
    /// What only this kind of audit knows, for machines.
    pub more: Value,
}

impl Report {
    /// Notes a check.
    pub fn check(&mut self, question: Question, code: &'static str, verdict: Verdict, words: impl Into<String>) {
        self.checks.push(Check { question, code, verdict, words: words.into() });
    }

    /// Notes that nothing is remembered yet: whether the past has changed is for the next audit to say.
    pub fn begin_history(&mut self) {
        let words = self.language.pick(
            "Première vérification depuis ce dossier : la prochaine dira si le passé a changé.",
            "The first audit with this folder: the next one will tell whether the past has changed.",
        );
        self.check(Question::Rewritten, "history", Verdict::Open, words);
    }

    /// The worst of all checks.
    pub fn verdict(&self) -> Verdict {
        self.checks.iter().map(|check| check.verdict).max().unwrap_or(Verdict::Open)
    }

    /// What the checks of a question come to: a good one outweighs those that were left open.
    pub fn verdict_on(&self, question: Question) -> Verdict {
        let verdicts = || self.checks.iter().filter(|check| check.question == question).map(|check| check.verdict);
        let worst = verdicts().max().unwrap_or(Verdict::Open);
        if worst == Verdict::Open && verdicts().any(|verdict| verdict == Verdict::Good) { Verdict::Good } else { worst }
    }

    /// The conclusion, in a sentence.
    pub fn conclusion(&self) -> &'static str {
        let l = self.language;
        match self.verdict() {
            Verdict::Wrong => l.pick("ANOMALIE : tout n’est pas en ordre, voir ✗.", "NOT IN ORDER: something is wrong, see ✗."),
            Verdict::Warning => {
                l.pick("En ordre, avec des points à regarder : voir « ! ».", "In order, with points to look into: see “!”.")
            }
            Verdict::Good | Verdict::Open => l.pick("Tout est en ordre.", "All in order."),
        }
    }

    /// The report on a terminal.
    pub fn text(&self) -> String {
        let l = self.language;
        let mut text = format!("{} ({})\n", self.name, self.symbol);
        for (label, value) in &self.facts {
            text += &format!("{label}{} {value}\n", l.colon());
        }
        for question in Question::ALL {
            text += &format!("\n{} {}\n", question.asked(l), question.answered(self.verdict_on(question), l));
            for check in self.checks.iter().filter(|check| check.question == question) {
                text += &format!("  {} {}\n", check.verdict.mark(), check.words);
            }
        }
        text + "\n" + self.conclusion() + "\n"
    }

    /// The report for machines.
    pub fn json(&self) -> Value {
        let cover = |cover: &Cover| json!({ "circulation": cover.circulation.get(), "cover": cover.cover.get(), "covered": cover.short().is_none() });
        let day = |day: &Day| json!({ "number": day.number, "time": day.time, "digital": cover(&day.digital), "paper": cover(&day.paper) });
        let check = |check: &Check| json!({ "question": check.question.word(), "check": check.code, "verdict": check.verdict.word(), "words": check.words });
        let mut report = json!({
            "ok": self.verdict() < Verdict::Wrong, "verdict": self.verdict().word(), "audited": true, "subject": self.subject, "made": self.made,
            "ledger": self.ledger, "name": self.name, "symbol": self.symbol, "entries": self.entries,
            "checks": self.checks.iter().map(check).collect::<Vec<_>>(), "statements": self.days.iter().map(day).collect::<Vec<_>>(),
        });
        if let (Some(all), Some(more)) = (report.as_object_mut(), self.more.as_object()) {
            all.extend(more.clone());
        }
        report
    }
}
