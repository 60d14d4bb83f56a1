//! Codes of six digits that prove that a mailbox is the member's. In memory only: after a restart a new one is asked for.

use super::words::Language;
use crate::allowance::{Allowances, Rate};
use crate::error::Refusal;
use ledger::key::AccountId;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A code is good for so long: mails take minutes at times.
const CODE_LIFE_MS: u64 = 15 * 60_000;
/// So many wrong codes end it: one guess in 200,000 succeeds.
const MAX_WRONG: u8 = 5;
/// So many codes an hour for one account: nobody's mailbox is flooded from here.
const CODES_PER_HOUR: u64 = 3;
/// … and for all accounts together: a launch in a hall, and far below what makes a mail server suspicious.
const ALL_CODES_PER_HOUR: u64 = 300;
const HOUR_MS: u64 = 3_600_000;
/// So many accounts are counted, and as many codes wait: more than all accounts together may ask for.
const MAX_WAITING: usize = 1_000;

/// What is confirmed by a code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// The address that the code was sent to.
    pub address: String,
    /// The language of the mails.
    pub language: Language,
}

struct Waiting {
    asked: Asked,
    code: String,
    until: u64,
    wrong: u8,
}

/// The codes that wait to be typed.
pub struct Codes {
    waiting: Mutex<HashMap<AccountId, Waiting>>,
    of_account: Allowances<AccountId>,
    of_all: Allowances<()>,
}

impl Default for Codes {
    fn default() -> Codes {
        let rate = |number| Rate::new(number, HOUR_MS, number);
        Codes {
            waiting: Mutex::default(),
            of_account: Allowances::new(rate(CODES_PER_HOUR), MAX_WAITING),
            of_all: Allowances::new(rate(ALL_CODES_PER_HOUR), 2),
        }
    }
}

impl Codes {
    fn lock(&self) -> MutexGuard<'_, HashMap<AccountId, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new code, if the account may have one; it waits only from [`Codes::wait`] on, once it was sent.
    pub fn draw(&self, account: &AccountId, now: u64) -> Result<String, Refusal> {
        self.of_account.take(*account, now)?;
        self.of_all.take((), now)?;
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).map_err(|_| Refusal::Unavailable)?;
        Ok(format!("{:06}", u64::from_le_bytes(bytes) % 1_000_000))
    }

    /// The code waits to be typed; the one before is good no longer.
    pub fn wait(&self, account: AccountId, asked: Asked, code: String, now: u64) -> Result<(), Refusal> {
        let mut waiting = self.lock();
        waiting.retain(|_, waiting| waiting.until >= now);
        if waiting.len() >= MAX_WAITING {
            return Err(Refusal::Busy);
        }
        waiting.insert(account, Waiting { asked, code, until: now + CODE_LIFE_MS, wrong: 0 });
        Ok(())
    }

    /// The address that waits for its code.
    pub fn asked(&self, account: &AccountId, now: u64) -> Option<String> {
        let waiting = self.lock();
        waiting.get(account).filter(|waiting| waiting.until >= now).map(|waiting| waiting.asked.address.clone())
    }

    /// What the code confirms, once. A wrong one counts before anybody learns that it is wrong.
    pub fn confirm(&self, account: &AccountId, code: &str, now: u64) -> Result<Asked, Refusal> {
        let mut all = self.lock();
        let waiting = all.get_mut(account).filter(|waiting| waiting.until >= now).ok_or(Refusal::CodeOver)?;
        waiting.wrong += 1;
        let (right, last) = (waiting.code == code.trim(), waiting.wrong >= MAX_WRONG);
        let removed = if right || last { all.remove(account) } else { None };
        match removed {
            Some(waiting) if right => Ok(waiting.asked),
            Some(_) => Err(Refusal::CodeOver),
            None => Err(Refusal::CodeWrong),
        }
    }

    /// Nobody waits for a code of this account any more.
    pub fn forget(&self, account: &AccountId) {
        self.lock().remove(account);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000_000;
    const ME: AccountId = AccountId([1; 16]);

    fn waiting(codes: &Codes) -> String {
        let code = codes.draw(&ME, NOW).unwrap();
        let asked = Asked { address: "amel@example.org".into(), language: Language::Fr };
        codes.wait(ME, asked, code.clone(), NOW).unwrap();
        code
    }

    fn other(code: &str) -> String {
        format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
    }

    #[test]
    fn a_code_confirms_once_and_in_time() {
        let codes = Codes::default();
        let code = waiting(&codes);
        assert_eq!((code.len(), codes.asked(&ME, NOW).as_deref()), (6, Some("amel@example.org")));
        assert!(codes.confirm(&ME, &format!(" {code} "), NOW + CODE_LIFE_MS).is_ok());
        assert!(matches!(codes.confirm(&ME, &code, NOW), Err(Refusal::CodeOver)));
        let late = waiting(&codes);
        assert!(matches!(codes.confirm(&ME, &late, NOW + CODE_LIFE_MS + 1), Err(Refusal::CodeOver)));
    }

    #[test]
    fn five_wrong_codes_end_it_and_the_right_one_comes_too_late() {
        let codes = Codes::default();
        let code = waiting(&codes);
        for _ in 1..MAX_WRONG {
            assert!(matches!(codes.confirm(&ME, &other(&code), NOW), Err(Refusal::CodeWrong)));
        }
        assert!(matches!(codes.confirm(&ME, &other(&code), NOW), Err(Refusal::CodeOver)));
        assert!(matches!(codes.confirm(&ME, &code, NOW), Err(Refusal::CodeOver)));
    }

    #[test]
    fn nobody_can_make_the_node_write_to_strangers_without_end() {
        let codes = Codes::default();
        let drawn = (0..10).filter(|_| codes.draw(&ME, NOW).is_ok()).count();
        assert_eq!(drawn as u64, CODES_PER_HOUR);
        let all =
            (0..u64::from(u16::MAX)).filter(|n| codes.draw(&AccountId(u128::from(*n + 7).to_be_bytes()), NOW).is_ok()).count();
        assert_eq!(all as u64 + CODES_PER_HOUR, ALL_CODES_PER_HOUR);
    }
}
