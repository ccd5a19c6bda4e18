//! Chance that a seed repeats: SplitMix64 (<https://prng.di.unimi.it/splitmix64.c>).

use std::ops::RangeInclusive;
use std::time::Duration;

#[derive(Debug, Clone)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn of(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn within(&mut self, range: RangeInclusive<u64>) -> u64 {
        let (least, most) = range.into_inner();
        least + self.next() % (most - least + 1)
    }

    /// A place in something of this length.
    pub(super) fn below(&mut self, length: usize) -> usize {
        usize::try_from(self.next() % length.max(1) as u64).unwrap_or_default()
    }

    pub(super) fn percent(&mut self, percent: u64) -> bool {
        self.within(0..=99) < percent
    }

    pub(super) fn milliseconds(&mut self, range: RangeInclusive<u64>) -> Duration {
        Duration::from_millis(self.within(range))
    }

    /// Another source of chance, which does not depend on how often this one is asked later.
    pub(super) fn fork(&mut self) -> Self {
        Self(self.next())
    }
}
