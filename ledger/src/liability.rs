//! Proof of liabilities: every member can check alone that the published circulation counts the whole of their balance.
//!
//! A coverage statement names the total of what the association owes its members, and the root of a Merkle-sum tree over it. Each
//! balance is cut into parts; a leaf is a part with the account behind a salted hash; each node adds up what is below it, and its
//! hash binds both sums. A member is given the paths of their own parts, and sees that they add up to their balance and lead to the
//! root. Sums are never negative and never overflow, so what somebody's balance is counted for cannot be taken off anywhere else.
//!
//! ```text
//! leaf   sum = amount         hash = SHA-256(0x00 ‖ "liard/liability" ‖ ledger ‖ statement:u64 ‖ salt:16 ‖ account:16 ‖ amount:u64)
//! inner  sum = left + right   hash = SHA-256(0x01 ‖ left sum:u64 ‖ left hash ‖ right sum:u64 ‖ right hash)
//! answer = [COSE_Sign1 {1: statement, 2: hash of its body, 3: account, 4: balance, 5: SHA-256 of parts}, parts: bstr of [path…]]
//! path   = {1: index, 2: salt, 3: amount, 4: [[sum, hash]…] from the leaf's sibling up}
//! ```
//!
//! What a proof shows: a leaf that is left out, or counted for less, is found by the member whom it belongs to, and by nobody else but
//! who has the journal. So the proof is as good as the number of members who look, and nobody knows beforehand who does.
//!
//! # What the siblings on a path tell, and what they do not
//!
//! A member sees of the others only the siblings on their own paths: per part one leaf's amount, then sums of 2, 4, 8 … leaves, each
//! under a hash that says nothing. Against reading a person out of them:
//!
//! - **Parts, not balances.** A balance is cut at 2 to 31 places that are drawn uniformly, more where the balance is large, so that the
//!   parts of a shop are nearly as small as those of a resident. No part is larger than a sixteenth of the total, which is public anyway;
//!   balances above that are first cut once in each of equal strata.
//! - **Shuffled**, over all leaves, by an unbiased Fisher–Yates: nobody's parts lie together, and neighbours are new in each statement.
//! - **Salted anew**: no hash of one statement occurs in another, so a path that changes says nothing about who paid.
//! - **Dummies** fill the leaves up: amount zero, 32 drawn bytes for a hash, which nobody without the seed tells from a member's leaf.
//! - **The number of leaves** is a power of two, at least 1,024, drawn with slack, and then kept from statement to statement while
//!   the parts fit in and fill a sixteenth of it: by itself it tells the members no closer than a power of two, on no day and not over
//!   many. The leaves that are dummies tell more, see (3).
//!
//! What still leaks. (1) A sibling leaf above zero is a part of somebody's balance: somebody holds at least that, at most the cap is
//! seen. A sibling leaf of zero is a dummy. (2) Each sum bounds the parts below it, and a member sees as many as they have parts.
//! (3) There are at most as many members with units as there are leaves; when the number of leaves grows, the parts have just
//! outgrown it. And the number of members can be estimated: the share of a member's sibling leaves that are above zero is the share of
//! leaves that are parts, so who looks every day for a quarter of a year knows the number of parts to a tenth; a member has ten to
//! thirty parts in a small town, and whoever supposes how the balances are spread has the number of members. It is no secret here: it
//! is published, rounded. (4) Members who put their paths together see more siblings, and sums less their own parts; all members but one
//! together know that one's balance, as they would from the published total alone. (5) A member who asks for paths tells the node
//! that they look; the node knows the balance anyway. (6) Whoever has the seed and the ids of accounts can test guessed balances: a
//! seed is as secret as the journal.
//!
//! Everything random follows from a seed of 32 bytes that is drawn for one statement, so that an auditor with journal and seeds makes
//! the same tree again. `FORMATS.md` has the order of the draws.

use crate::account::codes;
use crate::encoding::{DecodeError, Envelope, MAX_MESSAGE_BYTES, Map, Purpose, Reader, Writer, sign};
use crate::key::{AccountId, Hash32, LedgerId, PublicKey};
use crate::merkle::Hash;
use crate::note::{MAX_NOTE_BYTES, Note};
use ed25519_dalek::SigningKey;
use sha2::{Digest, Sha256};

/// The fewest leaves: a small association looks like one of some hundred members.
pub const LEAST_LEAVES: u64 = 1_024;
/// The deepest tree: the parts of 67 million accounts.
pub const MAX_DEPTH: usize = 32;
/// The most parts of one account: an answer stays below 100 kB.
pub const MAX_PARTS: usize = 64;
/// The longest answer, in bytes: 64 paths of the deepest tree, with their heads.
pub const MAX_ANSWER_BYTES: usize = 128 << 10;
/// The most receipts in a complaint: enough to show which payments a balance lacks.
pub const MAX_RECEIPTS: usize = 8;
/// The longest complaint, in bytes: an answer, eight receipts of the largest entries, a statement.
pub const MAX_COMPLAINT_BYTES: usize = 512 << 10;

/// No part is larger than this share of the total: whoever holds everything needs 32 cuts for it.
const PARTS_OF_TOTAL: u64 = 16;
/// A balance has one more cut for every quarter of the mean balance, so that large balances have parts like small ones …
const GRAINS_PER_HOLDER: u64 = 4;
/// … or for every such share of the total, when there are few members.
const LEAST_GRAINS: u64 = 4_096;
/// So many cuts has every balance at least.
const FEWEST_CUTS: u64 = 2;
/// So many more are drawn, less one.
const MORE_CUTS: u64 = 6;
/// So many more there are at most for the size: with the cuts for the cap and the drawn ones, [`MAX_PARTS`] parts.
const MOST_CUTS_FOR_SIZE: u64 = 24;
/// The number of leaves is kept while the parts fill this share of it.
const KEPT_SHARE: u64 = 16;

/// Names what is hashed into a leaf.
const LEAF_LABEL: &[u8] = b"liard/liability";
/// Names what is hashed into the drawn bytes.
const DRAW_LABEL: &[u8] = b"liard/liability/draw";

/// What everything random of one tree follows from. As secret as the journal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub [u8; 32]);

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(…)")
    }
}

/// A node of the tree: what is below it, in cents, and the hash that binds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Node {
    /// The sum of the amounts below.
    pub sum: u64,
    /// The hash.
    pub hash: Hash,
}

impl Node {
    /// The node above two; `None` when their sum overflows, which no honest tree does.
    pub fn above(left: &Node, right: &Node) -> Option<Node> {
        let sum = left.sum.checked_add(right.sum)?;
        let mut bytes = [1; 81];
        bytes[1..9].copy_from_slice(&left.sum.to_be_bytes());
        bytes[9..41].copy_from_slice(&left.hash);
        bytes[41..49].copy_from_slice(&right.sum.to_be_bytes());
        bytes[49..].copy_from_slice(&right.hash);
        Some(Node { sum, hash: Sha256::digest(bytes).into() })
    }

    fn leaf(ledger: &LedgerId, statement: u64, salt: &[u8; 16], account: &AccountId, amount: u64) -> Node {
        let named = Sha256::new().chain_update([0]).chain_update(LEAF_LABEL).chain_update(ledger.0);
        let salted = named.chain_update(statement.to_be_bytes()).chain_update(salt).chain_update(account.0);
        Node { sum: amount, hash: salted.chain_update(amount.to_be_bytes()).finalize().into() }
    }
}

/// Bytes that follow from a seed: SHA-256 of label, ledger, statement, seed and the number of the block.
struct Draw {
    start: Sha256,
    next: u64,
    block: [u8; 32],
    used: usize,
}

impl Draw {
    fn new(ledger: &LedgerId, statement: u64, seed: &Seed) -> Draw {
        let start = Sha256::new().chain_update(DRAW_LABEL).chain_update(ledger.0);
        Draw { start: start.chain_update(statement.to_be_bytes()).chain_update(seed.0), next: 0, block: [0; 32], used: 32 }
    }

    fn byte(&mut self) -> u8 {
        if self.used == self.block.len() {
            self.block = self.start.clone().chain_update(self.next.to_be_bytes()).finalize().into();
            (self.next, self.used) = (self.next + 1, 0);
        }
        self.used += 1;
        self.block[self.used - 1]
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.byte())
    }

    /// A number below a bound above zero, each as likely as the others: what would favour some is drawn again.
    fn below(&mut self, bound: u64) -> u64 {
        let favoured = (u64::MAX % bound + 1) % bound;
        loop {
            let drawn = u64::from_be_bytes(self.bytes());
            if drawn <= u64::MAX - favoured {
                return drawn % bound;
            }
        }
    }
}

/// The largest part there may be where so much is owed in total.
pub fn cap(total: u64) -> u64 {
    total.div_ceil(PARTS_OF_TOTAL).max(1)
}

/// By what balances are cut.
struct Scale {
    /// The largest part.
    cap: u64,
    /// One more cut for so many cents.
    grain: u64,
}

impl Scale {
    fn of(total: u64, holders: u64) -> Scale {
        let grains = LEAST_GRAINS.max(holders * GRAINS_PER_HOLDER);
        Scale { cap: cap(total), grain: total.div_ceil(grains).max(1) }
    }

    /// Cuts a balance above zero into parts above zero, none above the cap.
    fn cut(&self, balance: u64, draw: &mut Draw) -> Vec<u64> {
        let mut cuts = fences(balance, self.cap, draw);
        let for_size = (balance / self.grain).min(MOST_CUTS_FOR_SIZE);
        let free = FEWEST_CUTS + draw.below(MORE_CUTS) + for_size;
        cuts.extend((0..free).map(|_| draw.below(balance)));
        cuts.extend([0, balance]);
        cuts.sort_unstable();
        cuts.dedup();
        cuts.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }
}

/// One cut in each of equal strata, so narrow that the widest distance between two is within the cap.
fn fences(balance: u64, cap: u64, draw: &mut Draw) -> Vec<u64> {
    if balance <= cap {
        return Vec::new();
    }
    let strata = (2 * balance).div_ceil(cap);
    let border = |number: u64| {
        let at = u128::from(balance) * u128::from(number) / u128::from(strata);
        u64::try_from(at).expect("a border lies within the balance")
    };
    let wide = (0..strata).map(|number| (border(number), border(number + 1))).filter(|(start, end)| start < end);
    wide.map(|(start, end)| start + draw.below(end - start)).collect()
}

/// How many leaves a tree of so many parts has: as many as the one before, or else drawn.
fn room(parts: u64, before: Option<u64>, draw: &mut Draw) -> u64 {
    let drawn = (parts + draw.below(parts + 1)).next_power_of_two().max(LEAST_LEAVES);
    let fits = |leaves: &u64| parts <= *leaves && *leaves <= LEAST_LEAVES.max(parts * KEPT_SHARE);
    before.filter(|leaves| leaves.is_power_of_two() && fits(leaves)).unwrap_or(drawn)
}

/// A part of an account's balance, and its leaf.
struct Part {
    account: AccountId,
    index: u64,
    salt: [u8; 16],
    amount: u64,
}

/// The tree of one statement, with what is behind its leaves.
pub struct LiabilityTree {
    /// Leaves first.
    levels: Vec<Vec<Node>>,
    /// By account, then by index.
    parts: Vec<Part>,
}

impl LiabilityTree {
    /// Makes the tree of a statement from what each account holds, in cents. Accounts with nothing have no part. `before` is the number
    /// of leaves of the statement before, if there is one. The same input gives the same tree, in whatever order the balances come.
    ///
    /// # Panics
    ///
    /// When the balances add up to more than 2^64: the rules keep them far below.
    pub fn grow(
        ledger: &LedgerId,
        statement: u64,
        balances: &[(AccountId, u64)],
        seed: &Seed,
        before: Option<u64>,
    ) -> LiabilityTree {
        let mut draw = Draw::new(ledger, statement, seed);
        let mut parts = cut_all(balances, &mut draw);
        let leaves = room(parts.len() as u64, before, &mut draw);
        parts.iter_mut().for_each(|part| part.salt = draw.bytes());
        let dummies: Vec<Node> = (parts.len() as u64..leaves).map(|_| Node { sum: 0, hash: draw.bytes() }).collect();
        let places = shuffled(leaves, &mut draw);
        let mut bottom = vec![Node { sum: 0, hash: [0; 32] }; places.len()];
        for (part, place) in parts.iter_mut().zip(&places) {
            part.index = *place as u64;
            bottom[*place] = Node::leaf(ledger, statement, &part.salt, &part.account, part.amount);
        }
        places[parts.len()..].iter().zip(dummies).for_each(|(place, dummy)| bottom[*place] = dummy);
        parts.sort_unstable_by_key(|part| (part.account, part.index));
        LiabilityTree { levels: levels(bottom), parts }
    }

    /// The root: the sum of all balances.
    pub fn root(&self) -> Node {
        self.levels[self.levels.len() - 1][0]
    }

    /// How many leaves there are.
    pub fn leaves(&self) -> u64 {
        self.levels[0].len() as u64
    }

    /// The leaf at an index.
    pub fn leaf(&self, index: u64) -> Option<&Node> {
        self.levels[0].get(usize::try_from(index).ok()?)
    }

    /// The paths of an account's parts, by index; none for an account without units.
    pub fn paths(&self, account: &AccountId) -> Vec<LiabilityPath> {
        let first = self.parts.partition_point(|part| part.account < *account);
        let own = self.parts[first..].iter().take_while(|part| part.account == *account);
        own.map(|part| self.path(part)).collect()
    }

    fn path(&self, part: &Part) -> LiabilityPath {
        let below_root = &self.levels[..self.levels.len() - 1];
        let sibling = |(height, level): (usize, &Vec<Node>)| level[(part.index as usize >> height) ^ 1];
        let siblings = below_root.iter().enumerate().map(sibling).collect();
        LiabilityPath { index: part.index, salt: part.salt, amount: part.amount, siblings }
    }
}

/// The parts of all accounts, by account; index and salt are drawn later.
fn cut_all(balances: &[(AccountId, u64)], draw: &mut Draw) -> Vec<Part> {
    let mut holders: Vec<_> = balances.iter().filter(|(_, balance)| *balance > 0).collect();
    holders.sort_unstable();
    let total = holders.iter().try_fold(0u64, |sum, (_, balance)| sum.checked_add(*balance));
    let scale = Scale::of(total.expect("balances are within the total limit"), holders.len() as u64);
    let part = |account, amount| Part { account, index: 0, salt: [0; 16], amount };
    let cut = holders.into_iter().flat_map(|(account, balance)| {
        scale.cut(*balance, draw).into_iter().map(move |amount| part(*account, amount)).collect::<Vec<_>>()
    });
    cut.collect()
}

/// Where each leaf goes: a permutation, each as likely as the others (Fisher–Yates, from the last place down).
fn shuffled(leaves: u64, draw: &mut Draw) -> Vec<usize> {
    let mut places: Vec<usize> = (0..usize::try_from(leaves).expect("the leaves fit in memory")).collect();
    for last in (1..places.len()).rev() {
        places.swap(last, draw.below(last as u64 + 1) as usize);
    }
    places
}

/// All levels over the leaves.
fn levels(bottom: Vec<Node>) -> Vec<Vec<Node>> {
    let mut levels = vec![bottom];
    while let Some(level) = levels.last()
        && level.len() > 1
    {
        let above = |pair: &[Node]| Node::above(&pair[0], &pair[1]).expect("balances are within the total limit");
        levels.push(level.chunks_exact(2).map(above).collect());
    }
    levels
}

/// What a coverage statement says of the liabilities.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stated {
    /// The number of the statement.
    pub statement: u64,
    /// SHA-256 of its body.
    pub hash: Hash32,
    /// How many leaves the tree has.
    pub leaves: u64,
    /// Its root, with the total.
    pub root: Node,
}

/// A part of somebody's balance, with the way from its leaf to the root.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LiabilityPath {
    /// Which leaf.
    pub index: u64,
    /// The leaf's salt.
    pub salt: [u8; 16],
    /// The part, in cents.
    pub amount: u64,
    /// The siblings, from the leaf's up.
    pub siblings: Vec<Node>,
}

impl LiabilityPath {
    /// True when this part of this account is counted in the statement's total.
    pub fn verify(&self, ledger: &LedgerId, stated: &Stated, account: &AccountId) -> bool {
        let deep = 1u64.checked_shl(self.siblings.len() as u32) == Some(stated.leaves);
        deep && self.index < stated.leaves && self.climb(ledger, stated.statement, account) == Some(stated.root)
    }

    /// The root to which the path leads.
    fn climb(&self, ledger: &LedgerId, statement: u64, account: &AccountId) -> Option<Node> {
        let leaf = Node::leaf(ledger, statement, &self.salt, account, self.amount);
        let mut index = self.index;
        self.siblings.iter().try_fold(leaf, |node, sibling| {
            let right = index & 1 == 1;
            index >>= 1;
            if right { Node::above(sibling, &node) } else { Node::above(&node, sibling) }
        })
    }

    fn write(&self, out: &mut Writer) {
        out.map(4).uint(1).uint(self.index).uint(2).bytes(&self.salt).uint(3).uint(self.amount);
        out.uint(4).array(self.siblings.len());
        for node in &self.siblings {
            out.array(2).uint(node.sum).bytes(&node.hash);
        }
    }

    fn read(r: &mut Reader) -> Result<LiabilityPath, DecodeError> {
        let mut map = r.map()?;
        map.required(r, 1)?;
        let index = r.uint()?;
        map.required(r, 2)?;
        let salt = r.fixed()?;
        map.required(r, 3)?;
        let amount = r.uint()?;
        map.required(r, 4)?;
        let siblings = (0..r.array(MAX_DEPTH)?).map(|_| read_node(r)).collect::<Result<_, _>>()?;
        map.end()?;
        Ok(LiabilityPath { index, salt, amount, siblings })
    }
}

fn read_node(r: &mut Reader) -> Result<Node, DecodeError> {
    r.array_of(2)?;
    Ok(Node { sum: r.uint()?, hash: r.fixed()? })
}

/// The bytes of an account's paths, as they stand in an answer.
pub fn encode_paths(paths: &[LiabilityPath]) -> Vec<u8> {
    let mut out = Writer::new();
    out.array(paths.len());
    paths.iter().for_each(|path| path.write(&mut out));
    out.into_bytes()
}

/// What an answer and a complaint are about, in their fields 1 to 4: the number of the statement, SHA-256 of its body, the account, and
/// its balance in cents.
type Claim = (u64, Hash32, AccountId, u64);

fn write_claim(out: &mut Writer, (statement, hash, account, balance): Claim) {
    out.uint(1).uint(statement).uint(2).bytes(&hash.0).uint(3).bytes(&account.0).uint(4).uint(balance);
}

fn read_claim(r: &mut Reader, map: &mut Map) -> Result<Claim, DecodeError> {
    map.required(r, 1)?;
    let statement = r.uint()?;
    map.required(r, 2)?;
    let hash = r.hash()?;
    map.required(r, 3)?;
    let account = AccountId(r.fixed()?);
    map.required(r, 4)?;
    Ok((statement, hash, account, r.uint()?))
}

/// The node's signed word on one account: so much of this balance is counted, and here. A wrong one is evidence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The number of the statement.
    pub statement: u64,
    /// SHA-256 of its body.
    pub hash: Hash32,
    /// The account.
    pub account: AccountId,
    /// Its balance in cents, after as many entries as the statement says.
    pub balance: u64,
    /// Its paths, encoded ([`encode_paths`]). Not read before the signature was verified, nor believed after.
    pub parts: Vec<u8>,
}

/// Why an answer does not show that a balance is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AnswerError {
    /// It speaks of another statement.
    OtherStatement,
    /// It speaks of another account.
    OtherAccount,
    /// The parts are not in the format.
    Parts(DecodeError),
    /// One leaf is given twice, or the parts are out of order.
    Repeated,
    /// The parts do not add up to the balance.
    NotTheSum,
    /// The part of this leaf is not counted in the total of the statement.
    NotCounted(u64),
}

impl AnswerError {
    /// The reason that a complaint with this answer gives.
    pub fn reason(self) -> Reason {
        match self {
            AnswerError::NotTheSum | AnswerError::Repeated => Reason::NotTheSum,
            AnswerError::NotCounted(_) | AnswerError::Parts(_) => Reason::NotCounted,
            AnswerError::OtherStatement | AnswerError::OtherAccount => Reason::NoAnswer,
        }
    }
}

impl std::fmt::Display for AnswerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            AnswerError::OtherStatement => f.write_str("the answer speaks of another coverage statement"),
            AnswerError::OtherAccount => f.write_str("the answer speaks of another account"),
            AnswerError::Parts(error) => write!(f, "the parts of the balance cannot be read: {error}"),
            AnswerError::Repeated => f.write_str("a part of the balance is given twice or out of order"),
            AnswerError::NotTheSum => f.write_str("the parts do not add up to the balance"),
            AnswerError::NotCounted(index) => write!(f, "the part at leaf {index} is not counted in the statement's total"),
        }
    }
}

impl std::error::Error for AnswerError {}

impl Answer {
    /// Signs the answer with the checkpoint key.
    pub fn sign(&self, ledger: &LedgerId, key: &SigningKey) -> Vec<u8> {
        let mut payload = Writer::new();
        write_claim(payload.map(5), (self.statement, self.hash, self.account, self.balance));
        payload.uint(5).bytes(&Hash32::of(&self.parts).0);
        let mut out = Writer::with_room_for(self.parts.len() + MAX_MESSAGE_BYTES / 32);
        out.array(2).encoded(&sign(Purpose::Liability, ledger, &payload.into_bytes(), key)).bytes(&self.parts);
        out.into_bytes()
    }

    /// Reads an answer and verifies that one of these keys signed it, parts and all.
    pub fn decode(bytes: &[u8], ledger: &LedgerId, issuers: &[PublicKey]) -> Result<Answer, DecodeError> {
        if bytes.len() > MAX_ANSWER_BYTES {
            return Err(DecodeError::TooLarge);
        }
        let mut reader = Reader::new(bytes);
        reader.array_of(2)?;
        let envelope = Envelope::read(&mut reader)?;
        let parts = reader.bytes()?;
        reader.end()?;
        let (signer, _) = envelope.verify(Purpose::Liability, ledger)?;
        if !issuers.contains(&signer) {
            return Err(DecodeError::BadSignature);
        }
        Answer::read(envelope.payload(), parts)
    }

    fn read(payload: &[u8], parts: &[u8]) -> Result<Answer, DecodeError> {
        let mut reader = Reader::new(payload);
        let r = &mut reader;
        let mut map = r.map()?;
        let (statement, hash, account, balance) = read_claim(r, &mut map)?;
        map.required(r, 5)?;
        let digest = r.hash()?;
        map.end()?;
        reader.end()?;
        if digest != Hash32::of(parts) {
            return Err(DecodeError::Malformed("the parts are not those that were signed"));
        }
        Ok(Answer { statement, hash, account, balance, parts: parts.to_vec() })
    }

    /// The paths of the parts.
    pub fn paths(&self) -> Result<Vec<LiabilityPath>, DecodeError> {
        let mut reader = Reader::new(&self.parts);
        let count = reader.array(MAX_PARTS)?;
        let paths = (0..count).map(|_| LiabilityPath::read(&mut reader)).collect::<Result<_, _>>()?;
        reader.end()?;
        Ok(paths)
    }

    /// The balance of the account, once every part of it was found in the total of the statement.
    pub fn verify(&self, ledger: &LedgerId, stated: &Stated, account: &AccountId) -> Result<u64, AnswerError> {
        if (self.statement, self.hash) != (stated.statement, stated.hash) {
            return Err(AnswerError::OtherStatement);
        }
        if self.account != *account {
            return Err(AnswerError::OtherAccount);
        }
        let paths = self.paths().map_err(AnswerError::Parts)?;
        if paths.windows(2).any(|pair| pair[0].index >= pair[1].index) {
            return Err(AnswerError::Repeated);
        }
        if paths.iter().try_fold(0u64, |sum, path| sum.checked_add(path.amount)) != Some(self.balance) {
            return Err(AnswerError::NotTheSum);
        }
        let missing = paths.iter().find(|path| !path.verify(ledger, stated, account));
        missing.map_or(Ok(self.balance), |path| Err(AnswerError::NotCounted(path.index)))
    }
}

codes! {
    /// Why a member complains.
    Reason: u8 {
        /// The node gave no answer, or one about something else.
        NoAnswer = 1, "no_answer";
        /// The balance is another one than the member's own receipts give.
        OtherBalance = 2, "other_balance";
        /// The parts do not add up to the balance.
        NotTheSum = 3, "not_the_sum";
        /// A part is not counted in the statement's total.
        NotCounted = 4, "not_counted";
    }
}

/// A member's signed word that their balance is not counted as it should be, with everything that somebody else needs to judge it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Complaint {
    /// The number of the statement; no complaint is read whose note has another one.
    pub statement: u64,
    /// The account.
    pub account: AccountId,
    /// The balance in cents that the member holds to be right.
    pub balance: u64,
    /// Why.
    pub reason: Reason,
    /// When it was signed.
    pub time: u64,
    /// The statement, as a signed note. Whether it is signed by whom it should be is for the reader to verify.
    pub note: String,
    /// The node's answer, if there was one.
    pub answer: Option<Vec<u8>>,
    /// Receipts that show what the balance lacks, at most [`MAX_RECEIPTS`].
    pub receipts: Vec<Vec<u8>>,
}

/// The hash by which answer and receipts are signed with a complaint.
fn enclosed(answer: Option<&[u8]>, receipts: &[Vec<u8>]) -> Hash32 {
    let mut out = Writer::new();
    out.array(2);
    write_enclosed(&mut out, answer, receipts);
    Hash32::of(&out.into_bytes())
}

fn write_enclosed(out: &mut Writer, answer: Option<&[u8]>, receipts: &[Vec<u8>]) {
    match answer {
        Some(answer) => out.bytes(answer),
        None => out.null(),
    };
    out.array(receipts.len());
    for receipt in receipts {
        out.bytes(receipt);
    }
}

impl Complaint {
    /// SHA-256 of what the statement's note signs.
    pub fn hash(&self) -> Option<Hash32> {
        Note::open(&self.note).ok().map(|note| Hash32::of(note.body().as_bytes()))
    }

    /// Signs the complaint with a key of the account; `None` when the statement is no note.
    pub fn sign(&self, ledger: &LedgerId, key: &SigningKey) -> Option<Vec<u8>> {
        let mut payload = Writer::new();
        write_claim(payload.map(7), (self.statement, self.hash()?, self.account, self.balance));
        payload.uint(5).uint(self.reason.code()).uint(6).uint(self.time);
        payload.uint(7).bytes(&enclosed(self.answer.as_deref(), &self.receipts).0);
        let mut out = Writer::new();
        out.array(4).encoded(&sign(Purpose::Complaint, ledger, &payload.into_bytes(), key)).text(&self.note);
        write_enclosed(&mut out, self.answer.as_deref(), &self.receipts);
        Some(out.into_bytes())
    }

    /// Reads a complaint and verifies its signature; gives the key too, which has to be one of the account's.
    pub fn decode(bytes: &[u8], ledger: &LedgerId) -> Result<(Complaint, PublicKey), DecodeError> {
        if bytes.len() > MAX_COMPLAINT_BYTES {
            return Err(DecodeError::TooLarge);
        }
        let mut reader = Reader::new(bytes);
        let r = &mut reader;
        r.array_of(4)?;
        let envelope = Envelope::read(r)?;
        let note = r.text_with_lines(MAX_NOTE_BYTES)?.to_owned();
        let answer = if r.null() { None } else { Some(r.bytes()?.to_vec()) };
        let receipts = (0..r.array(MAX_RECEIPTS)?).map(|_| r.bytes().map(<[u8]>::to_vec)).collect::<Result<_, _>>()?;
        r.end()?;
        let (signer, _) = envelope.verify(Purpose::Complaint, ledger)?;
        Ok((Complaint::read(envelope.payload(), note, answer, receipts)?, signer))
    }

    /// The number in the second line of the statement's note.
    fn number_in_note(&self) -> Option<u64> {
        Note::open(&self.note).ok()?.body().lines().nth(1)?.strip_prefix("statement ")?.parse().ok()
    }

    fn read(payload: &[u8], note: String, answer: Option<Vec<u8>>, receipts: Vec<Vec<u8>>) -> Result<Complaint, DecodeError> {
        let mut reader = Reader::new(payload);
        let r = &mut reader;
        let mut map = r.map()?;
        let (statement, hash, account, balance) = read_claim(r, &mut map)?;
        map.required(r, 5)?;
        let reason = Reason::from_code(r.uint()?).ok_or(DecodeError::OutOfBounds("the reason of the complaint is unknown"))?;
        map.required(r, 6)?;
        let time = r.uint()?;
        map.required(r, 7)?;
        let digest = r.hash()?;
        map.end()?;
        reader.end()?;
        if digest != enclosed(answer.as_deref(), &receipts) {
            return Err(DecodeError::Malformed("the answer and the receipts are not those that were signed"));
        }
        let complaint = Complaint { statement, account, balance, reason, time, note, answer, receipts };
        if complaint.hash() != Some(hash) {
            return Err(DecodeError::Malformed("the statement is not the one that was signed"));
        }
        let same = complaint.number_in_note() == Some(statement);
        if same { Ok(complaint) } else { Err(DecodeError::Malformed("the enclosed statement has another number")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LEDGER: LedgerId = Hash32([9; 32]);

    fn id(number: u64) -> AccountId {
        let mut id = [7; 16];
        id[..8].copy_from_slice(&number.to_be_bytes());
        AccountId(id)
    }

    /// A town of residents with some tens of euros, and a shop for every ten of them.
    fn town(members: u64) -> Vec<(AccountId, u64)> {
        (0..members).map(|number| (id(number), if number % 10 == 0 { 300_000 } else { 2_000 + number * 37 % 5_000 })).collect()
    }

    fn grow(balances: &[(AccountId, u64)], statement: u64, seed: u8) -> LiabilityTree {
        LiabilityTree::grow(&LEDGER, statement, balances, &Seed([seed; 32]), None)
    }

    fn stated(tree: &LiabilityTree, statement: u64) -> Stated {
        Stated { statement, hash: Hash32([3; 32]), leaves: tree.leaves(), root: tree.root() }
    }

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[5; 32])
    }

    fn answer(tree: &LiabilityTree, account: AccountId, balance: u64) -> Answer {
        Answer { statement: 1, hash: Hash32([3; 32]), account, balance, parts: encode_paths(&tree.paths(&account)) }
    }

    /// The reference tree of the first screen: sums and hashes by their definition.
    fn naive_root(nodes: &[Node]) -> Node {
        let [node] = nodes else {
            let (left, right) = nodes.split_at(nodes.len() / 2);
            let (left, right) = (naive_root(left), naive_root(right));
            let bytes = [&[1][..], &left.sum.to_be_bytes(), &left.hash, &right.sum.to_be_bytes(), &right.hash].concat();
            return Node { sum: left.sum + right.sum, hash: Hash32::of(&bytes).0 };
        };
        *node
    }

    #[test]
    fn every_balance_is_counted_once_and_the_total_is_their_sum() {
        let (balances, statement) = (town(300), 4);
        let tree = grow(&balances, statement, 1);
        let stated = stated(&tree, statement);
        assert_eq!(tree.root().sum, balances.iter().map(|(_, balance)| balance).sum::<u64>());
        assert_eq!(tree.root(), naive_root(&tree.levels[0]));
        let mut leaves = std::collections::BTreeSet::new();
        for (account, balance) in &balances {
            let paths = tree.paths(account);
            assert_eq!(paths.iter().map(|path| path.amount).sum::<u64>(), *balance);
            assert!(paths.iter().all(|path| path.verify(&LEDGER, &stated, account) && path.amount > 0));
            assert!(paths.iter().all(|path| leaves.insert(path.index)), "a leaf is one account's alone");
        }
        assert!(tree.paths(&id(300)).is_empty());
    }

    #[test]
    fn a_leaf_is_hashed_as_the_first_screen_says() {
        let leaf = Node::leaf(&LEDGER, 2, &[4; 16], &id(1), 55);
        let bytes =
            [&[0][..], b"liard/liability", &LEDGER.0, &2u64.to_be_bytes(), &[4; 16], &id(1).0, &55u64.to_be_bytes()].concat();
        assert_eq!(leaf, Node { sum: 55, hash: Hash32::of(&bytes).0 });
    }

    #[test]
    fn drawn_bytes_are_sha_256_of_label_ledger_statement_seed_and_block() {
        let mut draw = Draw::new(&LEDGER, 2, &Seed([8; 32]));
        for block in 0..3u64 {
            let bytes = [&b"liard/liability/draw"[..], &LEDGER.0, &2u64.to_be_bytes(), &[8; 32], &block.to_be_bytes()].concat();
            assert_eq!(draw.bytes::<32>(), Hash32::of(&bytes).0);
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_tree_and_another_seed_statement_or_ledger_another() {
        let mut balances = town(50);
        let root = grow(&balances, 1, 1).root().hash;
        balances.reverse();
        assert_eq!(grow(&balances, 1, 1).root().hash, root);
        assert_ne!(grow(&balances, 1, 2).root().hash, root);
        assert_ne!(grow(&balances, 2, 1).root().hash, root);
        let elsewhere = LiabilityTree::grow(&Hash32([8; 32]), 1, &balances, &Seed([1; 32]), None);
        assert_ne!(elsewhere.root().hash, root);
    }

    #[test]
    fn nobody_at_all_is_a_tree_of_dummies() {
        let tree = grow(&[(id(1), 0)], 1, 1);
        assert_eq!((tree.leaves(), tree.root().sum), (LEAST_LEAVES, 0));
        let empty = answer(&tree, id(1), 0);
        assert_eq!(empty.verify(&LEDGER, &stated(&tree, 1), &id(1)), Ok(0));
    }

    #[test]
    fn no_part_is_above_the_cap_and_no_account_has_more_than_64() {
        for (number, (balance, total)) in [
            (1, 1),
            (2, 2),
            (15, 15),
            (17, 17),
            (1_000, 1_000),
            (999_983, 1_000_000),
            (1_000_000, 16_000_000),
            (1 << 49, 1 << 49),
        ]
        .into_iter()
        .enumerate()
        {
            for seed in 0..200 {
                let mut draw = Draw::new(&LEDGER, number as u64, &Seed([seed; 32]));
                let parts = Scale::of(total, number as u64 * 700).cut(balance, &mut draw);
                assert!(parts.iter().all(|part| (1..=cap(total)).contains(part)), "{balance} of {total}: {parts:?}");
                assert!(parts.len() <= MAX_PARTS && parts.iter().sum::<u64>() == balance);
            }
        }
    }

    #[test]
    fn every_cut_is_drawn_uniformly() {
        // 40,000 cuts of a balance of 100 at ten places of equal width: each has 4,000, give or take six standard deviations.
        let (mut places, mut draw) = ([0u32; 10], Draw::new(&LEDGER, 1, &Seed([1; 32])));
        (0..40_000).for_each(|_| places[draw.below(100) as usize / 10] += 1);
        assert!(places.iter().all(|count| (3_640..4_360).contains(count)), "{places:?}");
    }

    #[test]
    fn every_order_of_four_leaves_is_as_likely_as_the_others() {
        // 24 orders, 24,000 shuffles: each has 1,000, give or take six standard deviations.
        let (mut orders, mut draw) = (std::collections::BTreeMap::new(), Draw::new(&LEDGER, 1, &Seed([1; 32])));
        (0..24_000).for_each(|_| *orders.entry(shuffled(4, &mut draw)).or_insert(0u32) += 1);
        assert!(orders.len() == 24 && orders.values().all(|count| (810..1_190).contains(count)), "{orders:?}");
    }

    #[test]
    fn ten_per_cent_more_members_give_the_same_number_of_leaves_in_most_seeds() {
        for members in [200, 1_000] {
            let (fewer, more) = (town(members), town(members * 11 / 10));
            let same = (0..60).filter(|seed| grow(&fewer, 1, *seed).leaves() == grow(&more, 1, *seed).leaves()).count();
            println!("{members} members: the same number of leaves in {same} of 60 seeds");
            assert!(same >= 42, "{same} of 60");
        }
    }

    #[test]
    fn the_number_of_leaves_is_kept_while_the_parts_fit_in_and_fill_a_sixteenth() {
        let mut draw = Draw::new(&LEDGER, 1, &Seed([1; 32]));
        for (parts, before, kept) in
            [(5_000, 8_192, true), (8_192, 8_192, true), (8_193, 8_192, false), (512, 8_192, true), (511, 8_192, false)]
        {
            let leaves = room(parts, Some(before), &mut draw);
            assert!(leaves >= parts && leaves.is_power_of_two());
            assert!(!kept || leaves == before, "{parts} parts, {before} leaves before, {leaves} now");
            assert!(kept || leaves != before, "{parts} parts, {before} leaves before, {leaves} now");
        }
        assert_eq!(room(3, Some(LEAST_LEAVES), &mut draw), LEAST_LEAVES);
        assert_ne!(room(3, Some(8_190), &mut draw), 8_190);
    }

    #[test]
    fn a_member_who_looks_for_a_quarter_can_tell_the_number_of_members() {
        // What one resident sees in 90 days: how many of the sibling leaves were somebody's.
        let (balances, me) = (town(200), id(7));
        let (mut seen, mut taken, mut parts, mut leaves) = (0u64, 0u64, 0u64, None);
        for day in 1..=90 {
            let tree = LiabilityTree::grow(&LEDGER, day, &balances, &Seed([day as u8; 32]), leaves);
            leaves = Some(tree.leaves());
            let paths = tree.paths(&me);
            seen += paths.len() as u64;
            taken += paths.iter().filter(|path| path.siblings[0].sum > 0).count() as u64;
            parts += tree.parts.len() as u64;
        }
        let (estimated, parts) = (leaves.unwrap() * taken / seen, parts / 90);
        assert!(estimated.abs_diff(parts) * 10 < parts, "{estimated} parts estimated, {parts} on average");
        // Whoever supposes how balances are spread cuts towns of every size at home, and sees which has so many parts.
        let cut = |members: u64| cut_all(&town(members), &mut Draw::new(&LEDGER, 1, &Seed([0; 32]))).len() as u64;
        let members = (20..=600).step_by(10).min_by_key(|members| cut(*members).abs_diff(estimated)).unwrap();
        println!("{estimated} parts estimated, {parts} on average: {members} members estimated of 200");
        assert!(members.abs_diff(200) <= 60, "{members} members estimated of 200");
    }

    #[test]
    fn paths_of_two_statements_have_no_sibling_in_common() {
        let mut balances = town(200);
        let before = grow(&balances, 1, 1);
        balances[17].1 += 500;
        balances[18].1 -= 500;
        // Even with the same seed, by a mistake of whoever hands it in.
        for after in [grow(&balances, 2, 2), grow(&balances, 2, 1)] {
            let hashes = |tree: &LiabilityTree, account: &AccountId| -> std::collections::BTreeSet<Hash> {
                tree.paths(account).iter().flat_map(|path| path.siblings.iter().map(|node| node.hash)).collect()
            };
            for (account, _) in &balances {
                assert!(hashes(&before, account).is_disjoint(&hashes(&after, account)));
            }
        }
    }

    #[test]
    fn what_a_neighbour_sees_of_a_leaf_is_at_most_the_cap() {
        let mut balances = town(100);
        balances.push((id(1_000), 40_000_000));
        let tree = grow(&balances, 1, 1);
        let cap = cap(tree.root().sum);
        for (account, _) in &balances {
            assert!(tree.paths(account).iter().all(|path| path.siblings[0].sum <= cap));
        }
    }

    #[test]
    fn the_hash_of_a_dummy_looks_like_any_other() {
        let tree = grow(&town(300), 1, 1);
        let hashes = |dummy: bool| tree.levels[0].iter().filter(move |node| (node.sum == 0) == dummy).map(|node| node.hash);
        assert!(hashes(true).count() > 100 && hashes(false).count() > 100);
        // Each of the 256 bits stands in about a half: give or take six standard deviations.
        for (dummy, count) in [(true, hashes(true).count()), (false, hashes(false).count())] {
            for bit in 0..256 {
                let set = hashes(dummy).filter(|hash| hash[bit / 8] >> (bit % 8) & 1 == 1).count();
                assert!(4 * set.abs_diff(count / 2).pow(2) <= 36 * count + 36, "bit {bit}: {set} of {count}, dummy: {dummy}");
            }
        }
        let all: std::collections::BTreeSet<_> = hashes(true).chain(hashes(false)).collect();
        assert_eq!(all.len() as u64, tree.leaves(), "no hash is there twice");
    }

    #[test]
    fn parts_of_shops_and_of_residents_are_of_like_size() {
        let balances = town(3_000);
        let tree = grow(&balances, 1, 1);
        let middle = |shops: bool| {
            let own = balances.iter().filter(|(_, balance)| (*balance == 300_000) == shops);
            let mut parts: Vec<u64> = own.flat_map(|(account, _)| tree.paths(account)).map(|path| path.amount).collect();
            parts.sort_unstable();
            parts[parts.len() / 2]
        };
        // The balances are as 66 to 1.
        assert!(middle(true) < 20 * middle(false), "{} and {}", middle(true), middle(false));
    }

    #[test]
    fn no_changed_byte_leaves_an_answer_valid() {
        let tree = grow(&town(30), 1, 1);
        let (stated, account) = (stated(&tree, 1), id(3));
        let balance = tree.paths(&account).iter().map(|path| path.amount).sum();
        let bytes = answer(&tree, account, balance).sign(&LEDGER, &key());
        let issuers = [PublicKey::from(key().verifying_key())];
        let check = |bytes: &[u8]| Answer::decode(bytes, &LEDGER, &issuers).ok()?.verify(&LEDGER, &stated, &account).ok();
        assert_eq!(check(&bytes), Some(balance));
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            assert_eq!(check(&changed), None, "byte {at}");
        }
        assert_eq!(Answer::decode(&bytes, &Hash32([1; 32]), &issuers), Err(DecodeError::BadSignature));
        assert_eq!(Answer::decode(&bytes, &LEDGER, &[]), Err(DecodeError::BadSignature));
    }

    #[test]
    fn no_changed_field_of_a_path_leads_to_the_root() {
        let tree = grow(&town(30), 1, 1);
        let (stated, account) = (stated(&tree, 1), id(3));
        let path = &tree.paths(&account)[0];
        let good = |path: &LiabilityPath| path.verify(&LEDGER, &stated, &account);
        assert!(good(path));
        let change = |change: &dyn Fn(&mut LiabilityPath)| {
            let mut changed = path.clone();
            change(&mut changed);
            changed
        };
        assert!(!good(&change(&|path| path.amount += 1)) && !good(&change(&|path| path.salt[3] ^= 1)));
        assert!(!good(&change(&|path| path.index ^= 1)) && !good(&change(&|path| path.index += stated.leaves)));
        assert!(!good(&change(&|path| path.siblings.truncate(9))));
        assert!(!good(&change(&|path| path.siblings.push(stated.root))));
        for level in 0..path.siblings.len() {
            assert!(!good(&change(&|path| path.siblings[level].sum ^= 1)), "sum {level}");
            assert!(!good(&change(&|path| path.siblings[level].sum = u64::MAX)), "overflow {level}");
            assert!(!good(&change(&|path| path.siblings[level].hash[31] ^= 1)), "hash {level}");
        }
        assert!(!path.verify(&LEDGER, &stated, &id(4)) && !path.verify(&Hash32([1; 32]), &stated, &account));
        for other in [Stated { statement: 2, ..stated }, Stated { leaves: stated.leaves * 2, ..stated }] {
            assert!(!path.verify(&LEDGER, &other, &account));
        }
        let less = Stated { root: Node { sum: stated.root.sum - 1, ..stated.root }, ..stated };
        assert!(!path.verify(&LEDGER, &less, &account), "the total is bound as well");
    }

    #[test]
    fn an_answer_about_something_else_twice_the_same_leaf_or_another_sum_is_told_apart() {
        let tree = grow(&town(30), 1, 1);
        let (stated, account) = (stated(&tree, 1), id(3));
        let paths = tree.paths(&account);
        let balance = paths.iter().map(|path| path.amount).sum();
        let whole = answer(&tree, account, balance);
        let wrong = |answer: Answer| answer.verify(&LEDGER, &stated, &account).unwrap_err();
        assert_eq!(wrong(Answer { statement: 2, ..whole.clone() }), AnswerError::OtherStatement);
        assert_eq!(wrong(Answer { hash: Hash32([4; 32]), ..whole.clone() }), AnswerError::OtherStatement);
        assert_eq!(wrong(Answer { account: id(4), ..whole.clone() }), AnswerError::OtherAccount);
        assert_eq!(wrong(Answer { balance: balance + 1, ..whole.clone() }), AnswerError::NotTheSum);
        let part = |paths: &[LiabilityPath]| Answer { parts: encode_paths(paths), ..whole.clone() };
        assert_eq!(wrong(part(&paths[1..])), AnswerError::NotTheSum);
        assert_eq!(wrong(part(&[paths[0].clone(), paths[0].clone()])), AnswerError::Repeated);
        let mut others = paths.clone();
        others[1].salt[0] ^= 1;
        assert_eq!(wrong(part(&others)), AnswerError::NotCounted(paths[1].index));
        let overflow = |amount| LiabilityPath { amount, ..paths[0].clone() };
        let next = LiabilityPath { index: paths[0].index + 1, ..overflow(2) };
        assert_eq!(wrong(Answer { balance: 1, ..part(&[overflow(u64::MAX), next]) }), AnswerError::NotTheSum);
        assert!(matches!(wrong(Answer { parts: vec![0x80, 0], ..whole }), AnswerError::Parts(_)));
    }

    #[test]
    fn who_is_counted_for_less_or_for_a_negative_sum_notices() {
        let balances = town(30);
        let honest = grow(&balances, 1, 1);
        let account = id(3);
        let index = honest.paths(&account)[0].index as usize;
        for lie in [0u64, 1, u64::MAX - 5] {
            // The node's own tree counts one leaf otherwise than its hash says, with sums that wrap around where they overflow.
            let mut bottom = honest.levels[0].clone();
            bottom[index].sum = lie;
            while bottom.len() > 1 {
                bottom = bottom.chunks_exact(2).map(|pair| wrapped(&pair[0], &pair[1])).collect();
            }
            let stated = Stated { root: bottom[0], ..stated(&honest, 1) };
            assert!(honest.paths(&account).iter().any(|path| !path.verify(&LEDGER, &stated, &account)), "{lie}");
        }
    }

    fn wrapped(left: &Node, right: &Node) -> Node {
        let bytes = [&[1][..], &left.sum.to_be_bytes(), &left.hash, &right.sum.to_be_bytes(), &right.hash].concat();
        Node { sum: left.sum.wrapping_add(right.sum), hash: Hash32::of(&bytes).0 }
    }

    fn complaint() -> Complaint {
        let body = "words\nstatement 3\n";
        let note = format!("{body}\n{}", crate::note::sign(body, "somebody", &key()));
        let (answer, receipts) = (Some(vec![1, 2, 3]), vec![vec![4, 5], vec![]]);
        Complaint { statement: 3, account: id(1), balance: 77, reason: Reason::OtherBalance, time: 9, note, answer, receipts }
    }

    #[test]
    fn a_complaint_is_read_as_it_was_signed_with_and_without_an_answer() {
        for complaint in [complaint(), Complaint { answer: None, receipts: vec![], reason: Reason::NoAnswer, ..complaint() }] {
            let bytes = complaint.sign(&LEDGER, &key()).unwrap();
            assert_eq!(Complaint::decode(&bytes, &LEDGER), Ok((complaint, key().verifying_key().into())));
        }
        assert_eq!(Complaint { note: "words\n".into(), ..complaint() }.sign(&LEDGER, &key()), None);
    }

    #[test]
    fn a_complaint_about_another_number_than_its_statement_has_is_none() {
        let another = Err(DecodeError::Malformed("the enclosed statement has another number"));
        for statement in [0, 1, 2, 4, 33, u64::MAX] {
            let bytes = Complaint { statement, ..complaint() }.sign(&LEDGER, &key()).unwrap();
            assert_eq!(Complaint::decode(&bytes, &LEDGER), another, "{statement}");
        }
        for body in ["words\n", "words\n3\n", "words\nstatement\n", "words\n\nstatement 3\n", "statement 3\n"] {
            let note = format!("{body}\n{}", crate::note::sign(body, "somebody", &key()));
            let bytes = Complaint { note, ..complaint() }.sign(&LEDGER, &key()).unwrap();
            assert_eq!(Complaint::decode(&bytes, &LEDGER), another, "{body}");
        }
    }

    #[test]
    fn every_changed_byte_of_a_complaint_is_noticed_but_in_the_lines_under_the_statement() {
        let bytes = complaint().sign(&LEDGER, &key()).unwrap();
        let lines = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap() + 2;
        let end = lines + complaint().note.split_once("\n\n").unwrap().1.len();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let decoded = Complaint::decode(&changed, &LEDGER);
            // The statement's own signature is verified by who has the checkpoint keys.
            assert!(decoded.is_err() || (lines..end).contains(&at), "byte {at}");
        }
        assert_eq!(Complaint::decode(&bytes, &Hash32([1; 32])), Err(DecodeError::BadSignature));
    }

    proptest! {
        #[test]
        fn any_town_is_counted_whole_within_cap_and_bounds(
            balances in proptest::collection::vec(0u64..3_000_000_000, 0..40), seed: [u8; 32], statement: u64, before: Option<u64>,
        ) {
            let balances: Vec<_> = (0u64..).map(id).zip(balances).collect();
            let tree = LiabilityTree::grow(&LEDGER, statement, &balances, &Seed(seed), before);
            let (stated, cap) = (stated(&tree, statement), cap(tree.root().sum));
            prop_assert_eq!(tree.root().sum, balances.iter().map(|(_, balance)| balance).sum::<u64>());
            prop_assert!(tree.leaves() >= LEAST_LEAVES && tree.leaves().is_power_of_two());
            for (account, balance) in &balances {
                let paths = tree.paths(account);
                prop_assert!(paths.len() <= MAX_PARTS && paths.iter().all(|path| path.amount <= cap));
                prop_assert!(paths.iter().all(|path| path.verify(&LEDGER, &stated, account)));
                let answer = Answer { statement, parts: encode_paths(&paths), ..answer(&tree, *account, *balance) };
                prop_assert_eq!(answer.verify(&LEDGER, &stated, account), Ok(*balance));
                prop_assert_eq!(answer.paths(), Ok(paths));
            }
        }
    }
}
