//! The Merkle tree of RFC 6962 (restated in RFC 9162 §2.1): the hash of the journal.
//!
//! It exists so that anyone who holds one 32-byte root can check, without trusting the association, that an
//! entry is in the journal (inclusion) and that the journal only ever grew (consistency).
//!
//! Two shapes of the same tree, because they serve different needs:
//!
//! - [`Tree`] keeps every complete subtree and makes proofs: about 64 bytes per leaf.
//! - [`Frontier`] keeps the right edge only: at most 64 hashes, enough to go on and to know the root. Each segment
//!   of the log starts with one, so a segment can be checked without those before it.
//!
//! Level `l`, index `i` of a tree is the hash over the leaves `i * 2^l .. (i + 1) * 2^l`; it exists once all of
//! these leaves do. Everything else here follows from that one sentence.
//!
//! The verifiers take proofs from strangers: their work is bounded by 64 steps, and they answer `false`, never a
//! panic, to anything malformed.

use sha2::{Digest, Sha256};
use std::ops::Range;

/// The output of SHA-256.
pub type Hash = [u8; 32];

/// No path from a leaf to the root is longer: sizes are `u64`.
const MAX_LEVELS: usize = 64;

/// The largest edge that is read: no log comes near it, and counting on from it does not overflow.
const MAX_SIZE: u64 = 1 << 63;

/// SHA-256 of `0x00 || leaf` (RFC 9162 §2.1.1). The prefix keeps a leaf from posing as a node.
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::new().chain_update([0x00]).chain_update(leaf).finalize().into()
}

/// SHA-256 of `0x01 || left || right` (RFC 9162 §2.1.1).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([0x01]).chain_update(left).chain_update(right).finalize().into()
}

/// SHA-256 of nothing: the root of the tree without leaves (RFC 9162 §2.1.1).
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The whole tree in memory, for making proofs at any past size.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// `levels[l][i]`, see the module's comment. `levels[0]` holds the leaf hashes.
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// The tree without leaves.
    pub fn new() -> Tree {
        Tree::default()
    }

    /// Adds a leaf, given its [`leaf_hash`], at the right.
    pub fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        for level in 0.. {
            if level == self.levels.len() {
                self.levels.push(Vec::new());
            }
            let row = &mut self.levels[level];
            row.push(node);
            let [.., left, right] = row.as_slice() else {
                return;
            };
            if row.len() % 2 == 1 {
                return;
            }
            node = node_hash(left, right);
        }
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// The root over all leaves.
    pub fn root(&self) -> Hash {
        self.range(0, self.size())
    }

    /// The root when the tree had `size` leaves; `None` if it never had as many.
    pub fn root_at(&self, size: u64) -> Option<Hash> {
        (size <= self.size()).then(|| self.range(0, size))
    }

    /// PATH(index, D\[size\]) of RFC 9162 §2.1.3.1, leaf to root; `None` unless `index < size <= self.size()`.
    pub fn inclusion_proof(&self, index: u64, size: u64) -> Option<Vec<Hash>> {
        (index < size && size <= self.size()).then(|| self.prover(size).inclusion_proof(index))
    }

    /// The nodes of each level, leaves first.
    pub fn levels(&self) -> impl Iterator<Item = &[Hash]> {
        self.levels.iter().map(Vec::as_slice)
    }

    /// The tree of so many leaves with these nodes, as [`Tree::levels`] gave them; `None` when they are too few or too many.
    pub fn from_nodes(size: u64, mut nodes: &[Hash]) -> Option<Tree> {
        let mut levels = Vec::new();
        for level in (0..u64::BITS).take_while(|level| size >> level > 0) {
            let (row, rest) = nodes.split_at_checked(usize::try_from(size >> level).ok()?)?;
            levels.push(row.to_vec());
            nodes = rest;
        }
        nodes.is_empty().then_some(Tree { levels })
    }

    /// The right edge when the tree had so many leaves, as many as it has at most.
    pub fn frontier_at(&self, size: u64) -> Frontier {
        Frontier { size, peaks: self.peaks(0, size) }
    }

    /// The hash of a leaf.
    pub fn leaf(&self, index: u64) -> Option<&Hash> {
        self.levels.first()?.get(usize::try_from(index).ok()?)
    }

    /// Makes proofs against the tree as it was with so many leaves, as many as it has at most.
    pub fn prover(&self, size: u64) -> Prover<'_> {
        let levels = if size == 0 { 0..0 } else { 0..size.ilog2() + 1 };
        let edge = levels.map(|level| self.range((size - 1) >> level << level, size)).collect();
        Prover { tree: self, size, edge }
    }

    /// PROOF(old, D\[new\]) of RFC 9162 §2.1.4.1; `None` unless `1 <= old <= new <= self.size()`.
    ///
    /// For `old == new` the proof is empty. There is no proof from the empty tree: nothing is claimed about it.
    pub fn consistency_proof(&self, old: u64, new: u64) -> Option<Vec<Hash>> {
        if new > self.size() {
            return None;
        }
        Some(consistency_ranges(old, new)?.into_iter().map(|part| self.range(part.start, part.end)).collect())
    }

    /// MTH of the leaves `start..end`, where `start` is a multiple of the power of two that covers the range, as
    /// every split of RFC 9162 leaves it. At most 64 hashes are computed.
    fn range(&self, start: u64, end: u64) -> Hash {
        Frontier { size: end - start, peaks: self.peaks(start, end) }.root()
    }

    /// The roots of the complete subtrees that the leaves `start..end` fall into, largest first.
    fn peaks(&self, start: u64, end: u64) -> Vec<Hash> {
        peak_places(start..end).map(|(level, index)| self.levels[level as usize][index as usize]).collect()
    }
}

/// Level and index of the complete subtrees that a range of leaves falls into, largest first. Its start is a multiple of the power
/// of two that covers it.
pub(crate) fn peak_places(range: Range<u64>) -> impl Iterator<Item = (u32, u64)> {
    let mut at = range.start;
    std::iter::from_fn(move || {
        let level = (range.end - at).checked_ilog2()?;
        let place = (level, at >> level);
        at += 1 << level;
        Some(place)
    })
}

/// The root over a range of leaves from the hashes of its [`peak_places`].
pub(crate) fn root_of_peaks(peaks: &[Hash]) -> Hash {
    let joined = peaks.iter().rev().copied().reduce(|right, left| node_hash(&left, &right));
    joined.unwrap_or_else(empty_root)
}

/// The root over the hashes of complete subtrees of one size, a power of two of them.
pub(crate) fn complete_root(nodes: &[Hash]) -> Hash {
    let mut row = nodes.to_vec();
    while let ([_, _, ..], (pairs, _)) = (row.as_slice(), row.as_chunks::<2>()) {
        row = pairs.iter().map(|[left, right]| node_hash(left, right)).collect();
    }
    row.first().copied().unwrap_or_else(empty_root)
}

/// The ranges of leaves whose hashes are PATH(index, D\[size\]) of RFC 9162 §2.1.3.1, leaf to root. `index` is below `size`.
pub(crate) fn inclusion_ranges(index: u64, size: u64) -> impl Iterator<Item = Range<u64>> {
    path_places(index, size).map(move |(level, sibling)| {
        let start = sibling << level;
        start..start + (1 << level).min(size - start)
    })
}

/// Level and index of the siblings on the way from a leaf to the root; the last node of a level may be no complete subtree.
fn path_places(index: u64, size: u64) -> impl Iterator<Item = (u32, u64)> {
    let last = size - 1;
    let levels = (0..u64::BITS).take_while(move |level| last >> level > 0);
    levels.map(move |level| (level, (index >> level) ^ 1)).filter(move |(level, sibling)| *sibling <= last >> level)
}

/// The ranges of leaves whose hashes are PROOF(old, D\[new\]) of RFC 9162 §2.1.4.1; `None` unless `1 <= old <= new`.
pub(crate) fn consistency_ranges(old: u64, new: u64) -> Option<Vec<Range<u64>>> {
    if old == 0 || old > new {
        return None;
    }
    let mut ranges = Vec::new();
    let (mut start, mut end) = (0, new);
    while end != old {
        let middle = start + split(end - start);
        if old <= middle {
            ranges.push(middle..end);
            end = middle;
        } else {
            ranges.push(start..middle);
            start = middle;
        }
    }
    if start != 0 {
        ranges.push(start..end);
    }
    ranges.reverse();
    Some(ranges)
}

/// Makes inclusion proofs against one size of a tree: what is not a complete subtree of it is hashed once for all of them.
pub struct Prover<'t> {
    tree: &'t Tree,
    size: u64,
    /// Per level, the hash over the leaves from the last multiple of its width to the end.
    edge: Vec<Hash>,
}

impl Prover<'_> {
    /// As [`Tree::inclusion_proof`] for this size, which `index` is below.
    pub fn inclusion_proof(&self, index: u64) -> Vec<Hash> {
        let last = self.size - 1;
        let hash = |(level, sibling): (u32, u64)| match sibling == last >> level {
            true => self.edge[level as usize],
            false => self.tree.levels[level as usize][sibling as usize],
        };
        path_places(index, self.size).map(hash).collect()
    }
}

/// The largest power of two below `size`, the `k` of RFC 9162 §2.1.1. `size` is at least 2.
fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// The right edge of a tree: what is needed to go on hashing, and no more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// The roots of the complete subtrees, largest first: one for each bit set in `size`.
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The tree without leaves.
    pub fn new() -> Frontier {
        Frontier::default()
    }

    /// Adds a leaf, given its [`leaf_hash`], at the right.
    pub fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        for _ in 0..self.size.trailing_ones() {
            let left = self.peaks.pop().expect("there is one peak per bit set in size");
            node = node_hash(&left, &node);
        }
        self.peaks.push(node);
        self.size += 1;
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root over all leaves.
    pub fn root(&self) -> Hash {
        root_of_peaks(&self.peaks)
    }

    /// The size as 8 bytes little-endian, then 32 bytes per bit set in it: 8 to 2,056 bytes.
    pub fn encode(&self) -> Vec<u8> {
        [self.size.to_le_bytes().as_slice(), self.peaks.as_flattened()].concat()
    }

    /// Reads what [`Frontier::encode`] wrote from the start of `bytes`, and returns the rest of them; `None` if
    /// they are too few, or speak of a tree that cannot be.
    pub fn decode(bytes: &[u8]) -> Option<(Frontier, &[u8])> {
        let (size, rest) = bytes.split_first_chunk::<8>()?;
        let size = u64::from_le_bytes(*size);
        if size > MAX_SIZE {
            return None;
        }
        let (peaks, rest) = rest.split_at_checked(size.count_ones() as usize * 32)?;
        let peaks = peaks.as_chunks::<32>().0.to_vec();
        Some((Frontier { size, peaks }, rest))
    }
}

/// Whether `proof` shows that the leaf with this hash is number `index` of the tree of `size` leaves under `root`
/// (RFC 9162 §2.1.3.2).
pub fn verify_inclusion(leaf_hash: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if index >= size || proof.len() > MAX_LEVELS {
        return false;
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf_hash;
    for step in proof {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(step, &hash);
            skip_missing_siblings(&mut node, &mut last);
        } else {
            hash = node_hash(&hash, step);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    last == 0 && hash == *root
}

/// Whether `proof` shows that the tree of `old_size` leaves under `old_root` is the start of the tree of `new_size`
/// leaves under `new_root` (RFC 9162 §2.1.4.2). An old size of 0 proves nothing and is refused.
pub fn verify_consistency(old_size: u64, old_root: &Hash, new_size: u64, new_root: &Hash, proof: &[Hash]) -> bool {
    if old_size == 0 || old_size > new_size || proof.len() > MAX_LEVELS + 1 {
        return false;
    }
    if old_size == new_size {
        return proof.is_empty() && old_root == new_root;
    }
    // A complete old tree is itself the first node of the proof, so it is left out.
    let (first, steps) = match proof {
        _ if old_size.is_power_of_two() => (old_root, proof),
        [first, steps @ ..] => (first, steps),
        [] => return false,
    };
    consistent_roots(old_size, new_size, first, steps) == Some((*old_root, *new_root))
}

/// The root at the old size to which a consistency proof leads, when it leads to `new_root` and names what it starts from: it does
/// unless the old size is a power of two. What a log has proved, whatever was expected of it.
pub(crate) fn proved_old_root(old_size: u64, new_size: u64, new_root: &Hash, proof: &[Hash]) -> Option<Hash> {
    let possible = old_size < new_size && proof.len() <= MAX_LEVELS + 1;
    let [first, steps @ ..] = proof else { return None };
    if !possible || old_size == 0 || old_size.is_power_of_two() {
        return None;
    }
    let (old, new) = consistent_roots(old_size, new_size, first, steps)?;
    (new == *new_root).then_some(old)
}

/// The old and the new root from the first node of a consistency proof and the steps after it; `None` when they are too few or too
/// many (RFC 9162 §2.1.4.2). The old size is above 0 and below the new one.
fn consistent_roots(old_size: u64, new_size: u64, first: &Hash, steps: &[Hash]) -> Option<(Hash, Hash)> {
    let (mut node, mut last) = (old_size - 1, new_size - 1);
    let complete = node.trailing_ones();
    (node, last) = (node >> complete, last >> complete);
    let (mut old, mut new) = (*first, *first);
    for step in steps {
        if last == 0 {
            return None;
        }
        if node & 1 == 1 || node == last {
            old = node_hash(step, &old);
            new = node_hash(step, &new);
            skip_missing_siblings(&mut node, &mut last);
        } else {
            new = node_hash(&new, step);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    (last == 0).then_some((old, new))
}

/// Climbs past the levels where the last node has no sibling and is carried up as it is.
fn skip_missing_siblings(node: &mut u64, last: &mut u64) {
    while *node & 1 == 0 && *node != 0 {
        (*node, *last) = (*node >> 1, *last >> 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The leaves of the reference tests of Certificate Transparency.
    const LEAVES: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];

    /// Their roots at sizes 0 to 8.
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    fn hex(hash: &Hash) -> String {
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn numbered(count: u64) -> Vec<Hash> {
        (0..count).map(|i| leaf_hash(&i.to_be_bytes())).collect()
    }

    fn grown(leaves: &[Hash]) -> Tree {
        let mut tree = Tree::new();
        leaves.iter().for_each(|leaf| tree.push(*leaf));
        tree
    }

    /// RFC 9162 §2.1.1, word for word.
    fn naive_root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => empty_root(),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                node_hash(&naive_root(left), &naive_root(right))
            }
        }
    }

    /// RFC 9162 §2.1.3.1, word for word.
    fn naive_path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
        if leaves.len() == 1 {
            return Vec::new();
        }
        let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
        let (mut path, sibling) = match index.checked_sub(left.len()) {
            None => (naive_path(index, left), naive_root(right)),
            Some(index) => (naive_path(index, right), naive_root(left)),
        };
        path.push(sibling);
        path
    }

    /// RFC 9162 §2.1.4.1, word for word.
    fn naive_subproof(old: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
        if old == leaves.len() {
            return if whole { Vec::new() } else { vec![naive_root(leaves)] };
        }
        let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
        let (mut proof, other) = if old <= left.len() {
            (naive_subproof(old, left, whole), naive_root(right))
        } else {
            (naive_subproof(old - left.len(), right, false), naive_root(left))
        };
        proof.push(other);
        proof
    }

    #[test]
    fn the_reference_roots_of_certificate_transparency_are_met() {
        let mut tree = Tree::new();
        let mut frontier = Frontier::new();
        for (size, expected) in ROOTS.iter().enumerate() {
            assert_eq!(hex(&tree.root()), *expected, "tree of {size}");
            assert_eq!(hex(&frontier.root()), *expected, "frontier of {size}");
            if let Some(leaf) = LEAVES.get(size) {
                tree.push(leaf_hash(leaf));
                frontier.push(leaf_hash(leaf));
            }
        }
        for (size, expected) in ROOTS.iter().enumerate() {
            assert_eq!(tree.root_at(size as u64).map(|root| hex(&root)).as_deref(), Some(*expected));
        }
        assert_eq!(tree.root_at(9), None);
    }

    #[test]
    fn the_reference_paths_of_certificate_transparency_are_met() {
        let tree = grown(&LEAVES.map(leaf_hash));
        let hexes = |proof: Option<Vec<Hash>>| proof.unwrap().iter().map(hex).collect::<Vec<_>>();
        let expected = [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ];
        assert_eq!(hexes(tree.inclusion_proof(0, 8)), expected);
        let expected = [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ];
        assert_eq!(hexes(tree.consistency_proof(6, 8)), expected);
    }

    #[test]
    fn every_proof_up_to_70_leaves_equals_the_recursive_definition_and_verifies() {
        let leaves = numbered(70);
        let tree = grown(&leaves);
        for size in 1..=leaves.len() {
            let root = naive_root(&leaves[..size]);
            assert_eq!(tree.root_at(size as u64), Some(root));
            for index in 0..size {
                let proof = tree.inclusion_proof(index as u64, size as u64).unwrap();
                assert_eq!(proof, naive_path(index, &leaves[..size]));
                assert!(verify_inclusion(&leaves[index], index as u64, size as u64, &proof, &root));
                let old = index + 1;
                let proof = tree.consistency_proof(old as u64, size as u64).unwrap();
                assert_eq!(proof, naive_subproof(old, &leaves[..size], true));
                assert!(verify_consistency(old as u64, &naive_root(&leaves[..old]), size as u64, &root, &proof));
            }
        }
    }

    #[test]
    fn impossible_questions_have_no_proof() {
        let tree = grown(&numbered(5));
        assert_eq!(tree.inclusion_proof(5, 5), None);
        assert_eq!(tree.inclusion_proof(0, 6), None);
        assert_eq!(tree.inclusion_proof(0, 0), None);
        assert_eq!(tree.consistency_proof(0, 5), None);
        assert_eq!(tree.consistency_proof(5, 4), None);
        assert_eq!(tree.consistency_proof(5, 6), None);
        assert_eq!(tree.consistency_proof(5, 5), Some(Vec::new()));
    }

    #[test]
    fn a_proof_for_another_index_size_or_length_fails() {
        let leaves = numbered(21);
        let tree = grown(&leaves);
        let (root, old_root) = (tree.root(), tree.root_at(13).unwrap());
        let proof = tree.inclusion_proof(9, 21).unwrap();
        for (index, size) in [(8, 21), (10, 21), (21, 21), (u64::MAX, u64::MAX), (9, 9)] {
            assert!(!verify_inclusion(&leaves[9], index, size, &proof, &root), "{index} of {size}");
        }
        assert!(!verify_inclusion(&leaves[9], 9, 21, &proof[1..], &root));
        assert!(!verify_inclusion(&leaves[9], 9, 21, &[proof.as_slice(), &[root]].concat(), &root));
        let proof = tree.consistency_proof(13, 21).unwrap();
        for (old, new) in [(12, 21), (14, 21), (13, 13), (21, 13), (0, 21)] {
            assert!(!verify_consistency(old, &old_root, new, &root, &proof), "{old} to {new}");
        }
        assert!(!verify_consistency(13, &old_root, 21, &root, &[proof.as_slice(), &[root]].concat()));
    }

    #[test]
    fn a_truncated_frontier_is_refused() {
        let mut frontier = Frontier::new();
        numbered(11).into_iter().for_each(|leaf| frontier.push(leaf));
        let bytes = frontier.encode();
        for length in 0..bytes.len() {
            assert_eq!(Frontier::decode(&bytes[..length]), None);
        }
    }

    #[test]
    fn a_frontier_on_which_no_more_can_be_counted_is_refused() {
        for size in [u64::MAX, MAX_SIZE + 1] {
            let peaks = vec![[7; 32]; size.count_ones() as usize];
            assert_eq!(Frontier::decode(&Frontier { size, peaks }.encode()), None);
        }
        let (mut largest, _) = Frontier::decode(&Frontier { size: MAX_SIZE, peaks: vec![[7; 32]] }.encode()).unwrap();
        largest.push([1; 32]);
        assert_eq!(largest.size(), MAX_SIZE + 1);
    }

    proptest! {
        #[test]
        fn tree_and_frontier_agree_with_the_recursive_root(count in 0u64..300) {
            let leaves = numbered(count);
            let mut frontier = Frontier::new();
            leaves.iter().for_each(|leaf| frontier.push(*leaf));
            prop_assert_eq!(grown(&leaves).root(), naive_root(&leaves));
            prop_assert_eq!(frontier.root(), naive_root(&leaves));
            let bytes = [frontier.encode(), b"rest".to_vec()].concat();
            prop_assert_eq!(Frontier::decode(&bytes), Some((frontier, b"rest".as_slice())));
        }

        #[test]
        fn any_flipped_bit_of_a_proof_fails(size in 2u64..200, index: u64, at: usize, bit in 0usize..256) {
            let leaves = numbered(size);
            let tree = grown(&leaves);
            let index = index % size;
            let mut proof = tree.inclusion_proof(index, size).unwrap();
            let step = at % proof.len();
            proof[step][bit / 8] ^= 1 << (bit % 8);
            prop_assert!(!verify_inclusion(&leaves[index as usize], index, size, &proof, &tree.root()));

            let old = 1 + index % (size - 1);
            let mut proof = tree.consistency_proof(old, size).unwrap();
            let step = at % proof.len();
            proof[step][bit / 8] ^= 1 << (bit % 8);
            let old_root = tree.root_at(old).unwrap();
            prop_assert!(!verify_consistency(old, &old_root, size, &tree.root(), &proof));
        }

        #[test]
        fn the_verifiers_answer_anything_without_a_panic(a: u64, b: u64, proof in prop::collection::vec(any::<Hash>(), 0..70)) {
            let root = [7; 32];
            prop_assert!(!verify_inclusion(&root, a, b, &proof, &[8; 32]));
            prop_assert!(!verify_consistency(a, &root, b, &[8; 32], &proof));
        }
    }
}
