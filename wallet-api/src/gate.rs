//! Who may send orders, how often: limits on what costs the node work before the rules can refuse it.
//!
//! Nobody can use up somebody else's allowance: a key is counted only after its signature was found good, only for orders that are new
//! (whoever was paid holds the payer's bytes and could send them again and again), and only when the ledger knows it (anybody can draw
//! keys). Whoever the ledger does not know is counted by network.

use crate::allowance::{Allowances, Rate};
use crate::error::Refusal;
use crate::routes::MAX_BATCH_TRANSACTIONS;
use ledger::encoding::{DecodeError, Envelope};
use ledger::key::PublicKey;
use ledger::state::State;
use ledger::transaction::{Body, SignedTransaction};
use std::net::IpAddr;

/// So many keys are counted: the members of the largest currency that are at work at once, several times; 3 MB at most.
const MAX_KEYS: usize = 65_536;
/// So many networks are counted, here and for every other limit per address: about 3 MB for each.
pub const MAX_NETWORKS: usize = 65_536;
/// One network sends so many bad signatures a minute: a good client never sends one, a wallet that holds the keys of another ledger a
/// few. Beyond, nothing of that network is verified for a moment. A hundredth of a core: many, because a market hall or a
/// telephone company is one network, and one bad phone must not keep the others from paying.
const MAX_BAD_SIGNATURES_PER_MINUTE: u64 = 600;
const SECOND_MS: u64 = 1_000;
const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 3_600_000;

/// The network that a request came from: an IPv4 address, or the first half of an IPv6 one. The program puts it on each request that
/// comes from outside; who comes without, as the tills' service of the same machine, is not counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Caller(pub IpAddr);

/// How much is allowed; 0 is no limit.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// So many new orders a second of one key, after one whole batch at once.
    pub per_key_per_second: u64,
    /// So many accounts are opened in an hour from one network by their own holders.
    pub self_openings_per_hour: u64,
}

/// What was used of the allowances.
pub struct Gate {
    keys: Allowances<[u8; 32]>,
    openings: Allowances<Caller>,
    bad_signatures: Allowances<Caller>,
}

impl Gate {
    /// Nothing was used.
    pub fn new(limits: Limits) -> Gate {
        let Limits { per_key_per_second, self_openings_per_hour } = limits;
        let keys = Rate::new(per_key_per_second, SECOND_MS, MAX_BATCH_TRANSACTIONS as u64);
        let openings = Rate::new(self_openings_per_hour, HOUR_MS, self_openings_per_hour);
        let bad = Rate::new(MAX_BAD_SIGNATURES_PER_MINUTE, MINUTE_MS, MAX_BAD_SIGNATURES_PER_MINUTE);
        Gate {
            keys: Allowances::new(keys, MAX_KEYS),
            openings: Allowances::new(openings, MAX_NETWORKS),
            bad_signatures: Allowances::new(bad, MAX_NETWORKS),
        }
    }

    /// Whether a message of a caller is verified at all: it costs a look at two tables.
    pub fn before(&self, caller: Option<Caller>, message: &[u8], now: u64) -> Result<(), Refusal> {
        let Some(caller) = caller else { return Ok(()) };
        self.bad_signatures.ask(&caller, now)?;
        // Bytes of another shape are refused without any work.
        Envelope::decode(message).map_or(Ok(()), |envelope| Ok(self.keys.ask(envelope.key_bytes(), now)?))
    }

    /// Counts a sign-in of a key that the ledger knows, or what it asks for once it is signed in, where that is dear.
    pub fn signed_in(&self, caller: Option<Caller>, key: &PublicKey, now: u64) -> Result<(), Refusal> {
        caller.map_or(Ok(()), |_| Ok(self.keys.take(*key.as_bytes(), now)?))
    }

    /// Counts a message that does not hold.
    pub fn failed(&self, caller: Option<Caller>, error: DecodeError, now: u64) {
        if let (Some(caller), DecodeError::BadSignature | DecodeError::WeakKey) = (caller, error) {
            self.bad_signatures.charge(caller, now);
        }
    }

    /// Counts a verified order, unless it is none that the ledger has to look at anew.
    pub fn after(&self, caller: Option<Caller>, order: &SignedTransaction, state: &State, now: u64) -> Result<(), Refusal> {
        let Some(caller) = caller else { return Ok(()) };
        if order.transaction().valid_until < now || state.recorded(&order.id()).is_some() {
            return Ok(());
        }
        if state.knows(&order.signer()) {
            self.keys.take(*order.signer().as_bytes(), now)?;
        }
        // One that the rules refuse anyway uses up nothing.
        let welcome = state.genesis().is_some_and(|genesis| genesis.self_opening);
        if welcome && matches!(order.body(), Body::OpenAccount(open) if open.key == order.signer() && open.level == 0) {
            self.openings.take(caller, now)?;
        }
        Ok(())
    }
}
