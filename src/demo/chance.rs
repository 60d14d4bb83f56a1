//! Chance that repeats itself: SplitMix64 from a seed, for a town whose story is the same each time. Never for keys.

/// A source of numbers.
pub struct Chance(u64);

impl Chance {
    /// The numbers that follow from a seed.
    pub fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 when there is none.
    pub fn below(&mut self, bound: u64) -> u64 {
        u64::try_from((u128::from(self.next()) * u128::from(bound)) >> 64).unwrap_or(0)
    }

    /// True so many times in a hundred.
    pub fn percent(&mut self, chances: u64) -> bool {
        self.below(100) < chances
    }

    /// One of several, or `None` of none.
    pub fn pick<'a, T>(&mut self, among: &'a [T]) -> Option<&'a T> {
        let place = self.below(among.len() as u64);
        among.get(usize::try_from(place).ok()?)
    }

    /// Sixteen bytes, for the name of a charge.
    pub fn bytes16(&mut self) -> [u8; 16] {
        let (high, low) = (u128::from(self.next()), u128::from(self.next()));
        (high << 64 | low).to_be_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_tells_the_same_story() {
        let numbers = |seed| (0..5).map(|_| Chance::new(seed).next()).collect::<Vec<_>>();
        assert_eq!(numbers(1), numbers(1));
        assert_ne!(numbers(1), numbers(2));
        // The reference sequence of SplitMix64 for the seed 1234567.
        let mut reference = Chance::new(1_234_567);
        assert_eq!((reference.next(), reference.next()), (6_457_827_717_110_365_317, 3_203_168_211_198_807_973));
    }

    #[test]
    fn numbers_stay_below_their_bound() {
        let mut chance = Chance::new(7);
        assert!((0..1_000).all(|_| chance.below(6) < 6));
        assert_eq!(chance.below(0), 0);
    }
}
