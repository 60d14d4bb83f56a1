//! The clerk: the node itself proposes what is clear, with a key of its own. It proposes each act once, keeps what it signed until it was
//! answered, and never approves anything: how many people a conversion needs is the association's own rule.

use crate::intake::Intake;
use crate::intake::index::{Index, Standing, rest};
use crate::intake::store::{self, ClerkOrder};
use ledger::SigningKey;
use ledger::account::Medium;
use ledger::amount::Cents;
use ledger::fault::Fault;
use ledger::key::Hash32;
use ledger::rejection::Rejection;
use ledger::rules::DAY_MS;
use ledger::state::State;
use ledger::transaction::{Act, Body, Transaction};

/// So many acts are proposed at a time.
const AT_ONCE: usize = 500;
/// An order of the clerk is valid for so long: a node that is down for a weekend sends the same bytes again.
const VALID_MS: u64 = 6 * DAY_MS;

impl Intake {
    /// Proposes what is clear and was not proposed yet; gives how many acts were.
    ///
    /// # Errors
    ///
    /// As writing records and the journal; what was proposed until then stays so.
    pub fn propose(&self, key: &SigningKey) -> Result<usize, Fault> {
        let mut proposed = 0;
        for (id, act, before) in self.clear()? {
            let Some((name, bytes)) = self.still_clear(&id, act, before, key)? else { continue };
            let answered = self.submitted(&bytes)?;
            let order = ClerkOrder { act: name, bytes: None, refused: answered.map(|rejection| rejection.code().to_owned()) };
            store::order(&self.ledger, &id, &order)?;
            proposed += usize::from(order.refused.is_none());
            self.index().order(&id, order);
        }
        Ok(proposed)
    }

    /// Signs the act of a line if that is clear still: acts take their time, and people decide meanwhile.
    fn still_clear(
        &self,
        id: &Hash32,
        act: Act,
        before: Option<ClerkOrder>,
        key: &SigningKey,
    ) -> Result<Option<(Hash32, Vec<u8>)>, Fault> {
        let mut index = self.index();
        if index.clear_act(id, &self.ledger, (self.clock)())?.as_ref() != Some(&act) {
            return Ok(None);
        }
        let name = name(&act, &self.ledger.durable().state);
        let bytes = match before.filter(|before| before.act == name).and_then(|before| before.bytes) {
            Some(bytes) => bytes,
            None => self.signed(&mut index, id, act, name, key)?,
        };
        Ok(Some((name, bytes)))
    }

    /// The acts that are clear, and what the clerk has already made of their lines.
    fn clear(&self) -> Result<Vec<(Hash32, Act, Option<ClerkOrder>)>, Fault> {
        let index = self.now()?;
        let durable = self.ledger.durable();
        let covered = durable.state.books().surplus(Medium::Digital) >= Cents::ZERO;
        let mut found = Vec::new();
        for row in index.oldest_first().filter(|row| row.standing == Standing::Ready) {
            let Some((act, true)) = index.act(row, &durable.state) else { continue };
            let again = |before: &ClerkOrder| {
                let refused = before.refused.as_deref();
                before.act != name(&act, &durable.state)
                    || before.bytes.is_some()
                    || refused == Some(Rejection::Expired.code())
                    || refused == Some(Rejection::LimitHeld.code())
                    || refused == Some(Rejection::FundShort.code()) && covered
            };
            if row.clerk.as_ref().is_none_or(again) {
                found.push((row.id, act, row.clerk.clone()));
            }
            if found.len() >= AT_ONCE {
                break;
            }
        }
        Ok(found)
    }

    /// Signs an act and keeps the bytes before anybody sees them.
    fn signed(&self, index: &mut Index, id: &Hash32, act: Act, name: Hash32, key: &SigningKey) -> Result<Vec<u8>, Fault> {
        let now = (self.clock)();
        let [a, b, c, d, e, f, g, h, ..] = Hash32::of(&[&id.0[..], &name.0, &now.to_be_bytes()].concat()).0;
        let body = Body::Propose(act);
        let order = Transaction { nonce: [a, b, c, d, e, f, g, h], valid_until: now.saturating_add(VALID_MS), body };
        let bytes = order.sign(&self.ledger.id(), key);
        let kept = ClerkOrder { act: name, bytes: Some(bytes.clone()), refused: None };
        store::order(&self.ledger, id, &kept)?;
        index.order(id, kept);
        Ok(bytes)
    }

    /// Submits bytes; gives the refusal, if they are refused.
    fn submitted(&self, bytes: &[u8]) -> Result<Option<Rejection>, Fault> {
        let wrong = |error| Fault::Damage(format!("an order of the clerk cannot be read: {error}"));
        let order = self.ledger.decode(bytes).map_err(wrong)?;
        Ok(self.ledger.submit_and_wait(order)?.err())
    }
}

/// What tells an act from any other; of a credit that is partly converted, what is left of it too.
fn name(act: &Act, state: &State) -> Hash32 {
    let bytes = Transaction { nonce: [0; 8], valid_until: 0, body: Body::Propose(act.clone()) }.encode();
    let left = match act {
        Act::Convert { credit, .. } => rest(credit, state),
        _ => None,
    };
    Hash32::of(&left.into_iter().fold(bytes, |bytes, left| [bytes, left.to_be_bytes().to_vec()].concat()))
}
