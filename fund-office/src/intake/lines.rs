//! A bank's line as it is kept, and what people decided about it. Both are sealed before they are written ([`super::store`]).

use crate::bank::{Batch, Line, Status};
use crate::intake::calendar::Day;
use crate::intake::matching::{Fit, Match, Reason, Target};
use ledger::account::{BankNumber, CampaignNumber, OperatorNumber};
use ledger::coverage::Date;
use ledger::key::{AccountId, Hash32};
use serde_json::{Value, json};

/// A note of a person has at most so many bytes: a sentence.
pub const MAX_NOTE_BYTES: usize = 300;

/// Why a line is a question although something was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Doubt {
    /// It may be the same payment as this line, which another file brought.
    MayBe(Hash32),
    /// The bank used one reference for it and for this line, which is another.
    SharesReference(Hash32),
    /// The single payments of its booking do not add up to it.
    BatchDiffers,
    /// Of its booking, the whole or single payments are known already: this line is one of those.
    PartOf(Hash32),
}

impl Doubt {
    /// The other line.
    pub fn other(&self) -> Option<Hash32> {
        match self {
            Doubt::MayBe(other) | Doubt::SharesReference(other) | Doubt::PartOf(other) => Some(*other),
            Doubt::BatchDiffers => None,
        }
    }

    /// Its word on the wire.
    pub fn word(&self) -> &'static str {
        match self {
            Doubt::MayBe(_) => "may_be_the_same",
            Doubt::SharesReference(_) => "shares_reference",
            Doubt::BatchDiffers => "batch_differs",
            Doubt::PartOf(_) => "part_of",
        }
    }

    fn read(value: &Value) -> Option<Doubt> {
        let other = || hash(&value[1]);
        Some(match value[0].as_str()? {
            "may_be_the_same" => Doubt::MayBe(other()?),
            "shares_reference" => Doubt::SharesReference(other()?),
            "batch_differs" => Doubt::BatchDiffers,
            "part_of" => Doubt::PartOf(other()?),
            _ => return None,
        })
    }
}

/// A line as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    /// Its id; of a credit, the credit's name in the journal.
    pub id: Hash32,
    /// At which bank account.
    pub bank: BankNumber,
    /// The day of booking, or of value where the bank gives no other.
    pub day: Day,
    /// What the bank says.
    pub line: Line,
    /// Which kinds of files have brought it, one bit each.
    pub seen: u8,
    /// The name that it has by its content, when the bank gave it no reference of its own.
    pub content: Option<Hash32>,
    /// The statement that brought it first.
    pub statement: Hash32,
    /// The first statement of another kind of file that has it too: its days and balances tell lines apart.
    pub within: Option<Hash32>,
    /// SHA-256 of the file that brought it first.
    pub file: Hash32,
    /// When that was.
    pub time: u64,
    /// What was found.
    pub found: Option<Match>,
    /// Why a person is asked all the same.
    pub doubt: Option<Doubt>,
    /// Further lines that it may be, the likeliest first. Of several equal payments the first that is looked at is not always the one.
    pub rivals: Vec<Hash32>,
}

impl Kept {
    /// True for a movement of euros that the bank has booked.
    pub fn is_booked_euros(&self) -> bool {
        self.line.status == Status::Booked && self.line.currency == "EUR"
    }

    /// The bytes to be sealed.
    pub fn encode(&self) -> Vec<u8> {
        let line = &self.line;
        let date = |date: Option<Date>| date.map(Date::number);
        let status = line.status.code();
        let kept = json!({
            "bank": self.bank, "day": self.day, "seen": self.seen, "content": self.content.map(|hash| hash.to_string()),
            "statement": self.statement.to_string(), "within": self.within.map(|hash| hash.to_string()), "file": self.file.to_string(), "time": self.time,
            "found": self.found.map(|found| match_value(&found)),
            "doubt": self.doubt.map(|doubt| json!([doubt.word(), doubt.other().map(|other| other.to_string())])),
            "rivals": self.rivals.iter().map(Hash32::to_string).collect::<Vec<_>>(),
            "amount": line.amount, "currency": line.currency, "booked": date(line.booking_date), "value": date(line.value_date),
            "counterparty": line.counterparty, "iban": line.iban, "references": line.references, "end_to_end": line.end_to_end,
            "mandate": line.mandate, "text": line.text, "status": status, "reversal": line.reversal, "returned": line.returned,
            "return_code": line.return_code, "bank_code": line.bank_code, "servicer": line.servicer_reference,
            "entry": line.entry_reference, "other": line.other_reference, "detail": line.detail,
            "batch": line.batch.map(|batch| batch.sum_matches),
        });
        without_null(kept).to_string().into_bytes()
    }

    /// What was sealed, for the line with this id.
    pub fn decode(id: Hash32, bytes: &[u8]) -> Option<Kept> {
        let value: Value = serde_json::from_slice(bytes).ok()?;
        let text = |name: &str| value[name].as_str().map(str::to_owned);
        let date = |name: &str| Date::of_number(value[name].as_u64()?.try_into().ok()?);
        let line = Line {
            amount: value["amount"].as_i64()?,
            currency: text("currency")?,
            booking_date: date("booked"),
            value_date: date("value"),
            counterparty: text("counterparty"),
            iban: text("iban"),
            references: texts(&value["references"]),
            end_to_end: text("end_to_end"),
            mandate: text("mandate"),
            text: text("text").unwrap_or_default(),
            status: status(value["status"].as_str()?)?,
            reversal: value["reversal"].as_bool()?,
            returned: value["returned"].as_bool()?,
            return_code: text("return_code"),
            bank_code: text("bank_code"),
            servicer_reference: text("servicer"),
            entry_reference: text("entry"),
            other_reference: text("other"),
            detail: value["detail"].as_u64().and_then(|place| place.try_into().ok()),
            batch: value["batch"].as_bool().map(|sum_matches| Batch { sum_matches }),
        };
        Some(Kept {
            id,
            bank: value["bank"].as_u64()?.try_into().ok()?,
            day: value["day"].as_u64()?.try_into().ok()?,
            line,
            seen: value["seen"].as_u64()?.try_into().ok()?,
            content: hash(&value["content"]),
            statement: hash(&value["statement"])?,
            within: hash(&value["within"]),
            file: hash(&value["file"])?,
            time: value["time"].as_u64()?,
            found: read_match(&value["found"]),
            doubt: Doubt::read(&value["doubt"]),
            rivals: value["rivals"].as_array().into_iter().flatten().filter_map(hash).collect(),
        })
    }
}

fn without_null(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(fields.into_iter().filter(|(_, field)| !field.is_null()).collect()),
        other => other,
    }
}

/// The texts of a list.
pub fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

/// A hash that was written as text.
pub fn hash(value: &Value) -> Option<Hash32> {
    Hash32::from_hex(value.as_str()?)
}

fn status(code: &str) -> Option<Status> {
    [Status::Booked, Status::Pending, Status::Info].into_iter().find(|status| status.code() == code)
}

fn match_value(found: &Match) -> Value {
    let target = match found.target {
        Target::Member { account, order } => json!({ "account": hex::encode(account.0), "order": order }),
        Target::Campaign(campaign) => json!({ "campaign": campaign }),
        Target::Redemption(redemption) => json!({ "redemption": redemption }),
        Target::Credit(credit) => json!({ "credit": credit.to_string() }),
    };
    json!([found.reason.word(), found.fit.word(), target])
}

fn read_match(value: &Value) -> Option<Match> {
    let (reason, fit) = (Reason::from_word(value[0].as_str()?)?, Fit::from_word(value[1].as_str()?)?);
    let target = &value[2];
    let target = if let Some(account) = account(&target["account"]) {
        Target::Member { account, order: target["order"].as_u64() }
    } else if let Some(campaign) = target["campaign"].as_u64() {
        Target::Campaign(campaign.try_into().ok()?)
    } else if let Some(redemption) = target["redemption"].as_u64() {
        Target::Redemption(redemption)
    } else {
        Target::Credit(hash(&target["credit"])?)
    };
    Some(Match { reason, fit, target })
}

fn account(value: &Value) -> Option<AccountId> {
    let bytes = hex::decode(value.as_str()?).ok()?;
    bytes.try_into().ok().map(AccountId)
}

/// What a person decided about a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice {
    /// A member's conversion.
    Member(AccountId),
    /// A sponsor's euros.
    Campaign(CampaignNumber),
    /// The association's own money, in or out.
    Own,
    /// Cover, in or out.
    Cover,
    /// A fee of the bank.
    Fee,
    /// It takes this earlier credit back.
    Return(Hash32),
    /// It is this line once more; or the other side of it, at another bank account of the funds.
    SameAs(Hash32),
    /// It is not ours to book.
    SetAside,
}

impl Choice {
    /// Its word on the wire.
    pub fn word(&self) -> &'static str {
        match self {
            Choice::Member(_) => "member",
            Choice::Campaign(_) => "campaign",
            Choice::Own => "own",
            Choice::Cover => "cover",
            Choice::Fee => "fee",
            Choice::Return(_) => "return",
            Choice::SameAs(_) => "same_as",
            Choice::SetAside => "set_aside",
        }
    }
}

/// A decision, and whose it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    /// What was decided.
    pub choice: Choice,
    /// By whom.
    pub by: OperatorNumber,
    /// When.
    pub time: u64,
    /// Why, in the person's own words.
    pub note: Option<String>,
}

impl Decision {
    /// The bytes to be sealed.
    pub fn encode(&self) -> Vec<u8> {
        let about = match self.choice {
            Choice::Member(account) => json!(hex::encode(account.0)),
            Choice::Campaign(campaign) => json!(campaign),
            Choice::Return(line) | Choice::SameAs(line) => json!(line.to_string()),
            Choice::Own | Choice::Cover | Choice::Fee | Choice::SetAside => Value::Null,
        };
        let value = json!({ "choice": [self.choice.word(), about], "by": self.by, "time": self.time, "note": self.note });
        value.to_string().into_bytes()
    }

    /// What was sealed.
    pub fn decode(bytes: &[u8]) -> Option<Decision> {
        let value: Value = serde_json::from_slice(bytes).ok()?;
        let about = &value["choice"][1];
        let choice = match value["choice"][0].as_str()? {
            "member" => Choice::Member(account(about)?),
            "campaign" => Choice::Campaign(about.as_u64()?.try_into().ok()?),
            "own" => Choice::Own,
            "cover" => Choice::Cover,
            "fee" => Choice::Fee,
            "return" => Choice::Return(hash(about)?),
            "same_as" => Choice::SameAs(hash(about)?),
            "set_aside" => Choice::SetAside,
            _ => return None,
        };
        let note = value["note"].as_str().map(str::to_owned);
        Some(Decision { choice, by: value["by"].as_u64()?.try_into().ok()?, time: value["time"].as_u64()?, note })
    }
}
