//! Chance that can be repeated: everything random in a test comes from one seed.

#![allow(dead_code)]

/// SplitMix64: small, and the same everywhere.
#[derive(Clone)]
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.roll() % bound
    }

    pub fn chance(&mut self, per_cent: u64) -> bool {
        self.below(100) < per_cent
    }

    pub fn pick<T: Clone>(&mut self, items: &[T]) -> Option<T> {
        if items.is_empty() { None } else { Some(items[self.below(items.len() as u64) as usize].clone()) }
    }

    pub fn amount(&mut self) -> u64 {
        match self.below(100) {
            0..=44 => 1 + self.below(500),
            45..=74 => 1 + self.below(5_000),
            75..=97 => 1 + self.below(40_000),
            98 => 1 + self.below(1_000_000),
            _ => 1_000_000_000_000 - self.below(2),
        }
    }
}
