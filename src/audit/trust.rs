//! From a ledger's id to the keys that sign for it.

use super::Ended;
use ledger::entry::RawEntry;
use ledger::key::{LedgerId, Prefix, PublicKey};
use ledger::receipt::{KeyChain, Reign};
use ledger::transaction::{Body, NO_LEDGER, SignedTransaction};

/// What makes the signatures of a ledger believable.
pub struct Trust {
    /// The ledger id.
    pub ledger: LedgerId,
    /// Every checkpoint key that its entries prove, the present one last.
    pub keys: Vec<PublicKey>,
    /// The same with the entries from and to which each was in force.
    pub reigns: Vec<Reign>,
    /// Where the chain of keys breaks, in words, if it does: the keys after that are not proved.
    pub gap: Option<String>,
    /// The currency's name.
    pub name: String,
    /// Its symbol.
    pub symbol: String,
    /// What its accounts begin with.
    pub prefix: Prefix,
}

impl Trust {
    /// Follows the chain from the first entry, whose hash is the ledger id, to the keys in force: each one is proved by an entry that
    /// the one before signed for. With an id, it has to be that ledger.
    pub fn of(chain: &KeyChain, meant: Option<&LedgerId>) -> Result<Trust, Ended> {
        let wrong = |why: String| Ended::Found(format!("the chain of checkpoint keys does not hold: {why}"));
        let first = RawEntry::decode(&chain.genesis).map_err(|error| wrong(error.to_string()))?;
        let order = SignedTransaction::decode(first.transaction, &NO_LEDGER).map_err(|error| wrong(error.to_string()))?;
        let ledger = order.id();
        if let Some(meant) = meant.filter(|meant| **meant != ledger) {
            return Err(Ended::Found(format!("this is of the ledger {ledger}, not of {meant}")));
        }
        let Body::Genesis(genesis) = order.body() else { return Err(wrong("its first entry is no genesis".into())) };
        let reigns = chain.reigns(&ledger).map_err(|error| wrong(error.to_string()))?;
        let keys = reigns.iter().map(|reign| reign.key).collect();
        let prefix = Prefix::new(&genesis.prefix).ok_or_else(|| wrong("accounts have no prefix".into()))?;
        let gap = chain.gap().map(|gap| gap.to_string());
        Ok(Trust { ledger, keys, reigns, gap, name: genesis.name.clone(), symbol: genesis.symbol.clone(), prefix })
    }
}
