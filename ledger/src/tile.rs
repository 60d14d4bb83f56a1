//! Tiles of the public log (<https://c2sp.org/tlog-tiles>): the tree in pieces of 256 hashes, which anybody may fetch and keep.
//!
//! ```text
//! tile/0/x001/234        the leaf hashes number 1234 · 256 and the 255 after it
//! tile/1/000.p/17        the hashes over the leaves 0..256, 256..512 … as far as there are 17 of them
//! ```
//! A tile at level `l` holds hashes of the tree's own level `8 · l`; the levels between are hashed again by who reads them. A full
//! tile never changes. Only leaf hashes are in them: no amount and no account can be read off.
//!
//! [`Tiles`] reads somebody else's log. It believes no tile: whatever it gives has been proved against the root of a checkpoint.

use crate::merkle::{self, Hash, Tree};
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

/// The hashes in a full tile (C2SP tlog-tiles, "Merkle Tree").
pub const TILE_WIDTH: u16 = 256;
/// The levels of the tree between two levels of tiles: a full tile is a subtree of this height.
const TILE_HEIGHT: u32 = 8;
/// The highest level that a path may name (C2SP tlog-tiles); of a tree with a `u64` size those above 7 are empty.
const MAX_LEVEL: u8 = 63;
/// The groups of three digits before the last one: as many as a `u64` has.
const MAX_GROUPS: u32 = 6;
/// The bytes of a hash in a tile.
const HASH_BYTES: usize = 32;
/// So many tiles are kept while somebody's log is read, 2 MB: more than one proof needs of the largest tree.
const MAX_KEPT: usize = 256;

/// Where a tile is: the part of its URL after `tile/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TilePath {
    /// 0 for leaf hashes; each further level is 8 levels of the tree higher. At most 63.
    pub level: u8,
    /// The number of the tile within its level.
    pub index: u64,
    /// How many hashes it holds, 1 to 256.
    pub width: u16,
}

impl TilePath {
    /// The tile number `index` of a level as it is in a tree of `size` leaves, full or partial; `None` when it has no hash there.
    pub fn at(level: u8, index: u64, size: u64) -> Option<TilePath> {
        let hashes = hashes_at(level, size);
        let present = hashes.checked_sub(index.checked_mul(u64::from(TILE_WIDTH))?)?;
        let width = present.min(u64::from(TILE_WIDTH)) as u16;
        (width > 0).then_some(TilePath { level, index, width })
    }

    /// Every tile of a tree of `size` leaves, level by level.
    pub fn all(size: u64) -> impl Iterator<Item = TilePath> {
        let levels = (0..=MAX_LEVEL).take_while(move |level| hashes_at(*level, size) > 0);
        levels.flat_map(move |level| (0..).map_while(move |index| TilePath::at(level, index, size)))
    }

    /// Reads what `Display` writes, and nothing else: `None` for a path with another form of the same numbers.
    pub fn parse(text: &str) -> Option<TilePath> {
        let (path, width) = text.split_once(".p/").map_or((text, Some(TILE_WIDTH)), |(path, width)| (path, width.parse().ok()));
        let (level, index) = path.split_once('/')?;
        let mut elements = index.split('/').map(|element| element.strip_prefix('x').unwrap_or(element).parse::<u16>().ok());
        let index = elements.try_fold(0_u64, |index, element| index.checked_mul(1_000)?.checked_add(u64::from(element?)))?;
        let read = TilePath { level: level.parse().ok()?, index, width: width? };
        let possible = read.level <= MAX_LEVEL && (1..=TILE_WIDTH).contains(&read.width);
        (possible && read.to_string() == text).then_some(read)
    }

    /// Whether it holds all the hashes that a tile can.
    pub fn is_full(&self) -> bool {
        self.width == TILE_WIDTH
    }

    /// How many bytes it has.
    pub fn bytes(&self) -> usize {
        usize::from(self.width) * HASH_BYTES
    }
}

impl fmt::Display for TilePath {
    /// Level, index in groups of three digits, and the width of a partial tile: `1/x001/234.p/17`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/", self.level)?;
        for group in (1..=MAX_GROUPS).rev().map(|power| self.index / 1_000_u64.pow(power)).filter(|group| *group > 0) {
            write!(f, "x{:03}/", group % 1_000)?;
        }
        write!(f, "{:03}", self.index % 1_000)?;
        if self.is_full() { Ok(()) } else { write!(f, ".p/{}", self.width) }
    }
}

/// The number of hashes at a level of tiles: complete subtrees of 256^level leaves.
fn hashes_at(level: u8, size: u64) -> u64 {
    size.checked_shr(u32::from(level) * TILE_HEIGHT).unwrap_or(0)
}

/// The bytes of a tile as the tree was with `size` leaves; `None` when not all of its hashes were there.
pub fn tile(tree: &Tree, path: &TilePath, size: u64) -> Option<Vec<u8>> {
    let start = path.index.checked_mul(u64::from(TILE_WIDTH))?;
    let end = start.checked_add(u64::from(path.width))?;
    if size > tree.size() || end > hashes_at(path.level, size) {
        return None;
    }
    let row = tree.levels().nth(usize::from(path.level) * TILE_HEIGHT as usize)?;
    let hashes = row.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)?;
    Some(hashes.as_flattened().to_vec())
}

/// Why nothing can be said from tiles. `E` is how fetching fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TileError<E> {
    /// A tile could not be fetched.
    Fetch(TilePath, E),
    /// A tile is not as long as its path says.
    Length(TilePath),
    /// What the tiles say is not what the checkpoint says: the log shows another tree than the one it signed.
    Contradiction,
    /// The tree of the checkpoint has no such entry or no such size.
    Beyond,
}

impl<E: fmt::Display> fmt::Display for TileError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TileError::Fetch(path, error) => write!(f, "the tile {path} could not be fetched: {error}"),
            TileError::Length(path) => write!(f, "the tile {path} does not have {} bytes", path.bytes()),
            TileError::Contradiction => f.write_str("the tiles of the log do not lead to the root that its checkpoint signs"),
            TileError::Beyond => f.write_str("the checkpoint is of a smaller log"),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for TileError<E> {}

/// Somebody's log, read from its tiles under one checkpoint. `F` fetches a tile: `FnMut(&TilePath) -> Result<Vec<u8>, E>`.
pub struct Tiles<F> {
    size: u64,
    root: Hash,
    fetch: F,
    /// As they were fetched: a lie in them is found when what was made of them is proved.
    kept: HashMap<TilePath, Vec<Hash>>,
}

impl<F> Tiles<F> {
    /// Reads under a checkpoint of this size and root, whose signature the caller has verified.
    pub fn new(size: u64, root: Hash, fetch: F) -> Tiles<F> {
        Tiles { size, root, fetch, kept: HashMap::new() }
    }

    /// The number of entries of the checkpoint.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root when the log had `size` entries, proved to be the start of the checkpoint's tree.
    ///
    /// # Errors
    ///
    /// Every [`TileError`].
    pub fn root<E>(&mut self, size: u64) -> Result<Hash, TileError<E>>
    where
        F: FnMut(&TilePath) -> Result<Vec<u8>, E>,
    {
        if size > 0 {
            self.consistency_proof(size, self.size)?;
        }
        self.range(0..size)
    }

    /// The hash of an entry and the path from it to the root when the log had `size` entries, proved.
    ///
    /// # Errors
    ///
    /// Every [`TileError`].
    pub fn inclusion_proof<E>(&mut self, index: u64, size: u64) -> Result<(Hash, Vec<Hash>), TileError<E>>
    where
        F: FnMut(&TilePath) -> Result<Vec<u8>, E>,
    {
        if index >= size {
            return Err(TileError::Beyond);
        }
        let root = self.root(size)?;
        let leaf = self.range(index..index + 1)?;
        let proof = merkle::inclusion_ranges(index, size).map(|part| self.range(part)).collect::<Result<Vec<_>, _>>()?;
        match merkle::verify_inclusion(&leaf, index, size, &proof, &root) {
            true => Ok((leaf, proof)),
            false => Err(TileError::Contradiction),
        }
    }

    /// The proof that the log of `old` entries is the start of the log of `new` entries, and both of the checkpoint's. `old` is at
    /// least 1.
    ///
    /// # Errors
    ///
    /// Every [`TileError`].
    pub fn consistency_proof<E>(&mut self, old: u64, new: u64) -> Result<Vec<Hash>, TileError<E>>
    where
        F: FnMut(&TilePath) -> Result<Vec<u8>, E>,
    {
        if new > self.size {
            return Err(TileError::Beyond);
        }
        let new_root = if new == self.size { self.root } else { self.root(new)? };
        let ranges = merkle::consistency_ranges(old, new).ok_or(TileError::Beyond)?;
        let proof = ranges.into_iter().map(|part| self.range(part)).collect::<Result<Vec<_>, _>>()?;
        match merkle::verify_consistency(old, &self.range(0..old)?, new, &new_root, &proof) {
            true => Ok(proof),
            false => Err(TileError::Contradiction),
        }
    }

    /// The hash over a range of leaves as the tiles say, not proved.
    fn range<E>(&mut self, range: Range<u64>) -> Result<Hash, TileError<E>>
    where
        F: FnMut(&TilePath) -> Result<Vec<u8>, E>,
    {
        let peaks = merkle::peak_places(range).map(|(level, index)| self.node(level, index)).collect::<Result<Vec<_>, _>>()?;
        Ok(merkle::root_of_peaks(&peaks))
    }

    /// The hash of a complete subtree as the tiles say.
    fn node<E>(&mut self, level: u32, index: u64) -> Result<Hash, TileError<E>>
    where
        F: FnMut(&TilePath) -> Result<Vec<u8>, E>,
    {
        let (tile_level, height) = ((level / TILE_HEIGHT) as u8, level % TILE_HEIGHT);
        let first = index << height;
        let path = TilePath::at(tile_level, first / u64::from(TILE_WIDTH), self.size).ok_or(TileError::Beyond)?;
        let hashes = self.tile(path)?;
        let start = (first % u64::from(TILE_WIDTH)) as usize;
        let part = hashes.get(start..start + (1 << height)).ok_or(TileError::Beyond)?;
        Ok(merkle::complete_root(part))
    }

    /// The hashes of a tile, fetched or kept.
    fn tile<E>(&mut self, path: TilePath) -> Result<&[Hash], TileError<E>>
    where
        F: FnMut(&TilePath) -> Result<Vec<u8>, E>,
    {
        if !self.kept.contains_key(&path) {
            let bytes = (self.fetch)(&path).map_err(|error| TileError::Fetch(path, error))?;
            if bytes.len() != path.bytes() {
                return Err(TileError::Length(path));
            }
            if self.kept.len() >= MAX_KEPT {
                self.kept.clear();
            }
            self.kept.insert(path, bytes.as_chunks::<HASH_BYTES>().0.to_vec());
        }
        Ok(&self.kept[&path])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::leaf_hash;
    use proptest::prelude::*;
    use std::convert::Infallible;
    use std::sync::LazyLock;

    /// The largest tree of the tests, made once.
    static TREE: LazyLock<Tree> = LazyLock::new(|| grown(70_000));

    fn grown(size: u64) -> Tree {
        let mut tree = Tree::new();
        (0..size).for_each(|number| tree.push(leaf_hash(&number.to_be_bytes())));
        tree
    }

    /// A reader of the log of the first `size` leaves of a tree.
    fn reader(tree: &Tree, size: u64) -> Tiles<impl FnMut(&TilePath) -> Result<Vec<u8>, Infallible>> {
        let fetch = move |path: &TilePath| Ok(tile(tree, path, size).expect("a reader asks for what the checkpoint promises"));
        Tiles::new(size, tree.root_at(size).unwrap(), fetch)
    }

    #[test]
    fn the_example_of_the_specification_has_its_tiles() {
        // C2SP tlog-tiles, "Partial Tiles": 273 full and one of 112, one full and one of 17, one of 1; and for 256 one full, one of 1.
        let widths = |size, level| TilePath::all(size).filter(move |path| path.level == level).map(|path| path.width);
        assert_eq!(widths(70_000, 0).collect::<Vec<_>>(), [vec![256; 273], vec![112]].concat());
        assert_eq!(widths(70_000, 1).collect::<Vec<_>>(), [256, 17]);
        assert_eq!(widths(70_000, 2).collect::<Vec<_>>(), [1]);
        assert_eq!(TilePath::all(70_000).count(), 277);
        assert_eq!(TilePath::all(256).map(|path| path.to_string()).collect::<Vec<_>>(), ["0/000", "1/000.p/1"]);
        assert_eq!(TilePath::all(0).count(), 0);
    }

    #[test]
    fn proofs_and_roots_out_of_tiles_are_those_of_the_tree() {
        let tree = &*TREE;
        for size in [1, 2, 255, 256, 257, 65_535, 65_536, 65_537, 70_000] {
            let mut tiles = reader(tree, size);
            assert_eq!(tiles.root(0), Ok(merkle::empty_root()));
            for old in [1, 2, 128, 255, 256, 257, 300, 65_536, 69_999, size].into_iter().filter(|old| *old <= size) {
                assert_eq!(tiles.root(old), Ok(tree.root_at(old).unwrap()), "{old} of {size}");
                assert_eq!(tiles.consistency_proof(old, size), Ok(tree.consistency_proof(old, size).unwrap()), "{old} to {size}");
                let proof = (*tree.leaf(old - 1).unwrap(), tree.inclusion_proof(old - 1, size).unwrap());
                assert_eq!(tiles.inclusion_proof(old - 1, size), Ok(proof), "{old} in {size}");
            }
            assert_eq!(tiles.root(size + 1), Err(TileError::Beyond));
            assert_eq!(tiles.inclusion_proof(size, size), Err(TileError::Beyond));
        }
    }

    #[test]
    fn the_last_tile_of_each_level_is_as_wide_as_the_specification_says() {
        // C2SP tlog-tiles: the partial tile at level l for a tree of size s has floor(s / 256^l) mod 256 entries.
        for size in [1, 255, 256, 257, 511, 65_535, 65_536, 65_537, 16_777_216, u64::MAX] {
            for level in 0..8_u8 {
                let hashes = size / 256_u64.pow(level.into());
                let last = hashes.checked_sub(1).and_then(|last| TilePath::at(level, last / 256, size)).map(|path| path.width);
                let partial = (hashes % 256) as u16;
                assert_eq!(last, (hashes > 0).then_some(if partial == 0 { 256 } else { partial }), "{level} of {size}");
                assert_eq!(TilePath::at(level, hashes / 256, size).is_none(), partial == 0);
            }
            assert_eq!(TilePath::at(8, 0, size), None);
        }
    }

    #[test]
    fn a_path_has_one_text() {
        let texts = [
            ("0/000", 0, 0, 256),
            ("0/001", 0, 1, 256),
            ("0/x001/x234/067", 0, 1_234_067, 256),
            ("63/x001/000.p/255", 63, 1_000, 255),
            ("2/999.p/1", 2, 999, 1),
            ("0/x018/x446/x744/x073/x709/x551/615", 0, u64::MAX, 256),
        ];
        for (text, level, index, width) in texts {
            let path = TilePath { level, index, width };
            assert_eq!((TilePath::parse(text), path.to_string()), (Some(path), text.to_owned()));
        }
        let others = [
            "",
            "0",
            "0/",
            "/000",
            "0/0",
            "0/00",
            "0/0000",
            "00/000",
            "+0/000",
            "-1/000",
            "64/000",
            "256/000",
            "0/x000/001",
            "0/001/002",
            "0/x001",
            "0/x001/x002",
            "0/x1/002",
            "0/xx01/002",
            "0/000.p/0",
            "0/000.p/256",
            "0/000.p/257",
            "0/000.p/01",
            "0/000.p/",
            "0/000.p",
            "0/000.p/1.p/1",
            "0/000.p/+1",
            "0/000/",
            " 0/000",
            "0/000 ",
            "entries/000",
            "0/x018/x446/x744/x073/x709/x551/616",
            "0/٠٠٠",
        ];
        for text in others {
            assert_eq!(TilePath::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_tile_holds_what_the_tree_has_and_nothing_beyond_its_size() {
        let tree = grown(600);
        let bytes = |text: &str, size| tile(&tree, &TilePath::parse(text).unwrap(), size);
        let hashes = |text: &str, size| bytes(text, size).map(|bytes| bytes.as_chunks::<32>().0.to_vec());
        assert_eq!(hashes("0/000", 600), Some((0..256).map(|index| *tree.leaf(index).unwrap()).collect()));
        assert_eq!(hashes("1/000.p/2", 600), Some(vec![grown(256).root(), tree.levels().nth(8).unwrap()[1]]));
        assert_eq!(bytes("0/002.p/88", 600).map(|bytes| bytes.len()), Some(88 * 32));
        // A narrower tile of an earlier checkpoint is still there; a wider one, or one beyond the size asked for, is not.
        assert!(bytes("0/002.p/3", 600).is_some() && bytes("0/000", 256).is_some());
        for (text, size) in [("0/002.p/89", 600), ("0/002", 600), ("0/003.p/1", 600), ("1/000.p/3", 600), ("2/000.p/1", 600)] {
            assert_eq!(bytes(text, size), None, "{text}");
        }
        for (text, size) in [("0/000", 255), ("1/000.p/1", 255), ("0/002.p/88", 599), ("0/000", 601), ("63/000", 600)] {
            assert_eq!(bytes(text, size), None, "{text} of {size}");
        }
        assert_eq!(tile(&tree, &TilePath { level: 0, index: u64::MAX, width: 256 }, 600), None);
        assert_eq!(tile(&tree, &TilePath { level: 0, index: u64::MAX / 256, width: 256 }, 600), None);
    }

    #[test]
    fn no_changed_byte_of_a_tile_makes_another_root_or_another_proof() {
        const SIZE: u64 = 300;
        let tree = grown(SIZE);
        let (root, proof) = (tree.root_at(270).unwrap(), tree.consistency_proof(270, SIZE).unwrap());
        let entry = |index| (*tree.leaf(index).unwrap(), tree.inclusion_proof(index, SIZE).unwrap());
        let mut noticed = 0;
        for changed in TilePath::all(SIZE) {
            for at in 0..changed.bytes() {
                let fetch = |path: &TilePath| {
                    let mut bytes = tile(&tree, path, SIZE).unwrap();
                    bytes[at.min(path.bytes() - 1)] ^= u8::from(*path == changed) << (at % 8);
                    Ok::<_, Infallible>(bytes)
                };
                let mut tiles = Tiles::new(SIZE, tree.root(), fetch);
                let answers = [
                    tiles.root(270).map(|found| found == root),
                    tiles.consistency_proof(270, SIZE).map(|found| found == proof),
                    tiles.inclusion_proof(261, SIZE).map(|found| found == entry(261)),
                    tiles.inclusion_proof(5, SIZE).map(|found| found == entry(5)),
                ];
                assert!(
                    answers.iter().all(|answer| matches!(answer, Ok(true) | Err(TileError::Contradiction))),
                    "{changed} at {at}"
                );
                noticed += answers.iter().filter(|answer| answer.is_err()).count();
            }
        }
        // What the first 256 leaves hash to stands in the tile above: their own tile is read for entry 5 alone.
        assert_eq!(noticed, (4 * (44 + 1) + 256) * 32);
    }

    #[test]
    fn a_reader_says_what_is_wrong_with_the_log() {
        let tree = grown(300);
        let said = |fetch: &dyn Fn(&TilePath) -> Result<Vec<u8>, String>| {
            Tiles::new(300, tree.root(), fetch).root(20).unwrap_err().to_string()
        };
        assert_eq!(said(&|_| Err("no answer".into())), "the tile 0/000 could not be fetched: no answer");
        assert_eq!(said(&|_| Ok(vec![0; 33])), "the tile 0/000 does not have 8192 bytes");
        let lie = said(&|path| Ok(vec![7; path.bytes()]));
        assert_eq!(lie, "the tiles of the log do not lead to the root that its checkpoint signs");
        assert_eq!(reader(&tree, 300).root(301).unwrap_err().to_string(), "the checkpoint is of a smaller log");
    }

    #[test]
    fn a_reader_keeps_few_tiles_and_fetches_none_of_those_again() {
        let mut fetched = 0;
        let mut tiles = Tiles::new(70_000, TREE.root(), |path: &TilePath| {
            fetched += 1;
            Ok::<_, Infallible>(tile(&TREE, path, 70_000).unwrap())
        });
        for index in (0..70_000).step_by(250) {
            tiles.inclusion_proof(index, 70_000).unwrap();
            assert!(tiles.kept.len() <= MAX_KEPT);
        }
        assert!((274..2 * 277).contains(&fetched), "{fetched} tiles");
    }

    proptest! {
        #[test]
        fn every_path_is_read_back(level in 0..=MAX_LEVEL, index: u64, width in 1..=TILE_WIDTH) {
            let path = TilePath { level, index, width };
            prop_assert_eq!(TilePath::parse(&path.to_string()), Some(path));
        }

        #[test]
        fn a_text_that_is_a_path_is_the_text_of_that_path(text in "[0-9x/.p+]{1,20}") {
            if let Some(path) = TilePath::parse(&text) {
                prop_assert_eq!(path.to_string(), text);
            }
        }

        #[test]
        fn a_reader_agrees_with_the_tree_at_any_size(size in 1_u64..=70_000, new: u64, old: u64, index: u64) {
            let new = new % size + 1;
            let (old, index) = (old % new + 1, index % new);
            let mut tiles = reader(&TREE, size);
            prop_assert_eq!(tiles.root(old), Ok(TREE.root_at(old).unwrap()));
            prop_assert_eq!(tiles.consistency_proof(old, new), Ok(TREE.consistency_proof(old, new).unwrap()));
            let proof = (*TREE.leaf(index).unwrap(), TREE.inclusion_proof(index, new).unwrap());
            prop_assert_eq!(tiles.inclusion_proof(index, new), Ok(proof));
        }
    }
}
