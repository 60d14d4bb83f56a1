//! A new till, cashier or accountant joins a shop: the shop shows a one-time code, the browser there sends it with its public key, and
//! the shop's wallet then signs `add key` itself, with the scope of that kind. Pure but for the random codes; nothing here gives a key
//! any right.
//!
//! ```text
//! waiting ── claim ──▶ claimed        both end after ten minutes
//! ```
//! A code is worth guessing only to have one's key shown to a shop that waits for a till, whose owner then compares the key's
//! fingerprint. Still, guesses are counted: per source, and over all sources. With 32^8 codes, [`MAX_CODES`] of them alive and
//! [`MAX_MISSES`] guesses a minute, an attack that never pauses hits one in more than a million minutes.
//!
//! Codes live in memory: after a restart the shop asks for another.

use crate::error::Reason;
use ledger::fault::Fault;
use ledger::key::{AccountId, PublicKey};
use std::collections::HashMap;
use std::net::IpAddr;

/// A code is good for so long: walk from the wallet to the till and type it.
pub const CODE_LIFE_MS: u64 = 10 * 60_000;
/// A shop has at most so many codes at once.
const CODES_PER_ACCOUNT: usize = 5;
/// So many codes live at once.
const MAX_CODES: usize = 1_000;
/// A code that another till claimed already is burnt after so many further attempts.
const ATTEMPTS_PER_CODE: u32 = 5;
/// One source misses at most so often a minute: typing errors, not guessing.
const MISSES_PER_SOURCE: u32 = 10;
/// All sources together miss at most so often a minute.
const MAX_MISSES: u32 = 600;
/// So many sources are counted apart; beyond, misses count for all together only.
const MAX_SOURCES: usize = 10_000;
const MINUTE_MS: u64 = 60_000;
/// A till's label has at most so many characters: it stands on one line of a phone.
const MAX_LABEL_CHARS: usize = 40;
/// Digits and capitals without `0 1 I O`, which are taken for each other.
pub(crate) const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const CODE_CHARS: usize = 8;

/// Whom a code is for. What it may do is the ledger's: a till's and a cashier's key has the scope `till`, an accountant's `read`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A device of the shop.
    Till,
    /// A person, whose key lies on a till under a PIN.
    Cashier,
    /// Somebody who keeps the shop's books: reads, and does nothing else.
    Accountant,
}

impl Kind {
    /// Every kind, in the order of their codes.
    pub const ALL: [Kind; 3] = [Kind::Till, Kind::Cashier, Kind::Accountant];

    /// The name in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Till => "till",
            Kind::Cashier => "cashier",
            Kind::Accountant => "accountant",
        }
    }

    /// Reads the name.
    pub fn from_word(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The number in the records.
    pub fn code(self) -> u64 {
        match self {
            Kind::Till => 0,
            Kind::Cashier => 1,
            Kind::Accountant => 2,
        }
    }

    /// Reads the number.
    pub fn from_code(code: u64) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The scope that its key has on the account, by the wallet API's word.
    pub fn scope(self) -> &'static str {
        match self {
            Kind::Till | Kind::Cashier => "till",
            Kind::Accountant => "read",
        }
    }

    /// Whether a browser that says so, or does not say what it is, may take up a code of this kind: a cashier's key lies on a till
    /// that is one already, so that a code for a cashier opens no device.
    fn fits(self, claimed: Option<Kind>) -> bool {
        claimed.map_or(self != Kind::Cashier, |claimed| claimed == self)
    }
}

/// A code without its dash.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Code([u8; CODE_CHARS]);

impl Code {
    fn draw() -> Result<Code, Fault> {
        let mut bytes = [0; CODE_CHARS];
        let failed = |error: getrandom::Error| Fault::Io { what: "draw a code".into(), message: error.to_string() };
        getrandom::fill(&mut bytes).map_err(failed)?;
        Ok(Code(bytes.map(|byte| ALPHABET[usize::from(byte % 32)])))
    }

    /// Reads a code as people type it: in either case, with or without the dash.
    pub fn from_text(text: &str) -> Option<Code> {
        let plain: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'-' | b' ')).map(|b| b.to_ascii_uppercase()).collect();
        let code: [u8; CODE_CHARS] = plain.try_into().ok()?;
        code.iter().all(|byte| ALPHABET.contains(byte)).then_some(Code(code))
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (left, right) = self.0.split_at(CODE_CHARS / 2);
        write!(f, "{}-{}", left.escape_ascii(), right.escape_ascii())
    }
}

/// A till that asks to join.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    /// Its key.
    pub key: PublicKey,
    /// What the shop is to call it.
    pub label: String,
    /// What it is, where it says so.
    pub kind: Option<Kind>,
}

/// A code and what became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Enrolment {
    /// The shop that waits.
    pub account: AccountId,
    /// For whom.
    pub kind: Kind,
    /// Its name.
    pub shop_name: Option<String>,
    /// Until when.
    pub expires: u64,
    /// The till that came.
    pub claim: Option<Claim>,
    attempts: u32,
}

/// Where attempts come from: one network of one household or provider counts once.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Source([u8; 8]);

impl Source {
    /// The network of an address: all of IPv4, the first half of IPv6.
    pub fn of(address: Option<IpAddr>) -> Source {
        let octets = match address {
            Some(IpAddr::V4(address)) => address.to_ipv6_compatible().octets(),
            Some(IpAddr::V6(address)) => match address.to_ipv4_mapped() {
                Some(address) => address.to_ipv6_compatible().octets(),
                None => {
                    let [network @ .., _, _, _, _, _, _, _, _] = address.octets();
                    return Source(network);
                }
            },
            None => return Source([0; 8]),
        };
        let [.., a, b, c, d] = octets;
        Source([0xff, 0xff, 0xff, 0xff, a, b, c, d])
    }
}

/// A label without what cannot be seen, or why it is none.
pub fn label(text: &str) -> Result<String, Reason> {
    let label = text.trim();
    let sound = !label.is_empty() && label.chars().count() <= MAX_LABEL_CHARS && !label.chars().any(char::is_control);
    if sound { Ok(label.to_owned()) } else { Err(Reason::EnrolmentLabel) }
}

/// Every code that lives, and the misses of this minute.
#[derive(Default)]
pub struct Enrolments {
    codes: HashMap<Code, Enrolment>,
    minute: u64,
    misses: HashMap<Source, u32>,
    all_misses: u32,
}

impl Enrolments {
    /// A new code for a shop.
    pub fn begin(
        &mut self,
        account: AccountId,
        kind: Kind,
        shop_name: Option<String>,
        now: u64,
    ) -> Result<Result<(Code, u64), Reason>, Fault> {
        self.codes.retain(|_, enrolment| now < enrolment.expires);
        let of_shop = self.codes.values().filter(|enrolment| enrolment.account == account).count();
        if of_shop >= CODES_PER_ACCOUNT || self.codes.len() >= MAX_CODES {
            return Ok(Err(Reason::TooManyEnrolments));
        }
        let (code, expires) = (Code::draw()?, now + CODE_LIFE_MS);
        self.codes.insert(code, Enrolment { account, kind, shop_name, expires, claim: None, attempts: 0 });
        Ok(Ok((code, expires)))
    }

    /// How a code of a shop stands.
    pub fn standing(&self, account: &AccountId, code: &str, now: u64) -> Result<&Enrolment, Reason> {
        let found = Code::from_text(code).and_then(|code| self.codes.get(&code));
        found.filter(|enrolment| enrolment.account == *account && now < enrolment.expires).ok_or(Reason::EnrolmentUnknown)
    }

    /// A till comes with a code. The same till again gets the same answer, because the first may have been lost.
    pub fn claim(&mut self, code: &str, claim: Claim, source: Source, now: u64) -> Result<Enrolment, Reason> {
        self.turn_minute(now);
        if self.all_misses >= MAX_MISSES || self.misses.get(&source).is_some_and(|misses| *misses >= MISSES_PER_SOURCE) {
            return Err(Reason::RateLimited);
        }
        let Some(code) = Code::from_text(code).filter(|code| self.codes.get(code).is_some_and(|found| now < found.expires))
        else {
            self.miss(source);
            return Err(Reason::EnrolmentUnknown);
        };
        let enrolment = self.codes.get_mut(&code).ok_or(Reason::EnrolmentUnknown)?;
        if !enrolment.kind.fits(claim.kind) {
            return Err(Reason::EnrolmentKind);
        }
        if enrolment.claim.get_or_insert_with(|| claim.clone()).key == claim.key {
            return Ok(enrolment.clone());
        }
        enrolment.attempts += 1;
        if enrolment.attempts >= ATTEMPTS_PER_CODE {
            self.codes.remove(&code);
        }
        self.miss(source);
        Err(Reason::EnrolmentClaimed)
    }

    fn turn_minute(&mut self, now: u64) {
        if self.minute != now / MINUTE_MS {
            *self = Enrolments { codes: std::mem::take(&mut self.codes), minute: now / MINUTE_MS, ..Enrolments::default() };
        }
    }

    fn miss(&mut self, source: Source) {
        self.all_misses += 1;
        if self.misses.len() < MAX_SOURCES || self.misses.contains_key(&source) {
            *self.misses.entry(source).or_default() += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOP: AccountId = AccountId([1; 16]);

    fn till(seed: u8) -> Claim {
        Claim { key: ledger::SigningKey::from_bytes(&[seed; 32]).verifying_key().into(), label: "caisse".into(), kind: None }
    }

    fn source(last: u8) -> Source {
        Source::of(Some(IpAddr::from([192, 0, 2, last])))
    }

    fn begun() -> (Enrolments, String) {
        let mut enrolments = Enrolments::default();
        let (code, expires) = enrolments.begin(SHOP, Kind::Till, Some("Le Panier".into()), 0).unwrap().unwrap();
        assert_eq!(expires, CODE_LIFE_MS);
        (enrolments, code.to_string())
    }

    #[test]
    fn a_code_is_typed_in_any_way_and_claimed_by_one_till() {
        let (mut enrolments, code) = begun();
        assert_eq!((code.len(), code.as_bytes()[4]), (9, b'-'));
        assert_eq!(enrolments.standing(&SHOP, &code, 1).map(|found| found.claim.clone()), Ok(None));
        let typed = code.to_lowercase().replace('-', " ");
        assert_eq!(enrolments.claim(&typed, till(1), source(1), 1).map(|found| found.shop_name), Ok(Some("Le Panier".into())));
        assert_eq!(enrolments.claim(&code, till(1), source(1), 2).map(|found| found.account), Ok(SHOP));
        assert_eq!(enrolments.claim(&code, till(2), source(1), 3), Err(Reason::EnrolmentClaimed));
        assert_eq!(enrolments.standing(&SHOP, &code, 3).map(|found| found.claim.clone()), Ok(Some(till(1))));
        assert_eq!(enrolments.standing(&AccountId([2; 16]), &code, 3), Err(Reason::EnrolmentUnknown));
    }

    #[test]
    fn a_code_ends_after_ten_minutes_and_is_burnt_by_attempts() {
        let (mut enrolments, code) = begun();
        assert_eq!(enrolments.claim(&code, till(1), source(1), CODE_LIFE_MS), Err(Reason::EnrolmentUnknown));
        let (mut enrolments, code) = begun();
        enrolments.claim(&code, till(1), source(1), 1).unwrap();
        for attempt in 0..ATTEMPTS_PER_CODE {
            assert_eq!(enrolments.claim(&code, till(9), source(attempt as u8), 1), Err(Reason::EnrolmentClaimed));
        }
        assert_eq!(enrolments.claim(&code, till(9), source(90), 1), Err(Reason::EnrolmentUnknown));
    }

    #[test]
    fn a_code_is_for_one_kind_and_a_code_for_a_cashier_opens_no_device() {
        let mut enrolments = Enrolments::default();
        let mut code = |kind| enrolments.begin(SHOP, kind, None, 0).unwrap().unwrap().0.to_string();
        let (cashier, accountant) = (code(Kind::Cashier), code(Kind::Accountant));
        let who = |kind| Claim { kind, ..till(3) };
        for (code, claimed) in [(&cashier, None), (&cashier, Some(Kind::Till)), (&accountant, Some(Kind::Cashier))] {
            assert_eq!(enrolments.claim(code, who(claimed), source(1), 1), Err(Reason::EnrolmentKind));
        }
        assert_eq!(enrolments.standing(&SHOP, &cashier, 1).map(|found| found.claim.clone()), Ok(None));
        assert!(enrolments.claim(&cashier, who(Some(Kind::Cashier)), source(1), 1).is_ok());
        assert_eq!(enrolments.claim(&accountant, who(None), source(1), 1).map(|found| found.kind), Ok(Kind::Accountant));
        for kind in Kind::ALL {
            assert_eq!((Kind::from_word(kind.word()), Kind::from_code(kind.code())), (Some(kind), Some(kind)));
        }
    }

    #[test]
    fn guesses_are_limited_per_source_and_in_all_for_a_minute() {
        let (mut enrolments, code) = begun();
        for _ in 0..MISSES_PER_SOURCE {
            assert_eq!(enrolments.claim("2222-2222", till(1), source(1), 1), Err(Reason::EnrolmentUnknown));
        }
        assert_eq!(enrolments.claim(&code, till(1), source(1), 1), Err(Reason::RateLimited));
        assert!(enrolments.claim(&code, till(1), source(2), 1).is_ok());
        assert!(enrolments.claim(&code, till(1), source(1), MINUTE_MS).is_ok());
        for network in 0..=255 {
            for _ in 0..MISSES_PER_SOURCE {
                drop(enrolments.claim("no code", till(1), source(network), MINUTE_MS));
            }
        }
        assert_eq!(enrolments.claim(&code, till(1), Source::of(None), MINUTE_MS), Err(Reason::RateLimited));
    }

    #[test]
    fn a_shop_has_a_few_codes_at_once() {
        let (mut enrolments, _) = begun();
        for _ in 1..CODES_PER_ACCOUNT {
            assert!(enrolments.begin(SHOP, Kind::Till, None, 0).unwrap().is_ok());
        }
        assert_eq!(enrolments.begin(SHOP, Kind::Till, None, 0).unwrap(), Err(Reason::TooManyEnrolments));
        assert!(enrolments.begin(AccountId([2; 16]), Kind::Till, None, 0).unwrap().is_ok());
        assert!(enrolments.begin(SHOP, Kind::Till, None, CODE_LIFE_MS).unwrap().is_ok());
    }

    #[test]
    fn a_label_is_one_short_line() {
        assert_eq!(label(" Caisse 1 "), Ok("Caisse 1".into()));
        assert!(label(&"é".repeat(MAX_LABEL_CHARS)).is_ok());
        for bad in ["", "  ", "a\nb", &"x".repeat(MAX_LABEL_CHARS + 1)] {
            assert_eq!(label(bad), Err(Reason::EnrolmentLabel));
        }
    }

    #[test]
    fn a_network_is_one_source() {
        let of = |text: &str| Source::of(text.parse().ok());
        assert_eq!(of("2001:db8:0:1::5"), of("2001:db8:0:1:9::9"));
        assert_ne!(of("2001:db8:0:1::5"), of("2001:db8:0:2::5"));
        assert_eq!(of("192.0.2.7"), of("::ffff:192.0.2.7"));
        assert_ne!(of("192.0.2.7"), of("192.0.2.8"));
    }
}
