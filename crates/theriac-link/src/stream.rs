//! Random numbers: each draw has a stream of its own.

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use sha2::{Digest, Sha256};

use crate::pair::Pair;

/// A stream of random numbers.
pub type Stream = Xoshiro256PlusPlus;

/// The stream for one purpose: `stream(seed, "training negatives", &[epoch, batch])`.
///
/// Streams of different seeds, purposes or indices have nothing in common, so that no draw depends on which others
/// were made before it, or on which thread.
///
/// ```
/// use rand::RngExt;
/// use theriac_link::stream;
///
/// let draw = |epoch| stream(7, "dropout", &[epoch]).random_range(0..1_000_000_000u32);
/// assert_eq!(draw(0), draw(0));
/// assert_ne!(draw(0), draw(1));
/// ```
pub fn stream(seed: u64, purpose: &str, index: &[u64]) -> Stream {
    let mut hasher = Sha256::new();
    hasher.update(seed.to_le_bytes());
    hasher.update((purpose.len() as u64).to_le_bytes());
    hasher.update(purpose);
    for i in index {
        hasher.update(i.to_le_bytes());
    }
    Stream::from_seed(hasher.finalize().into())
}

/// A number that a pair and a seed determine, and that looks random: what a draw for each of very many pairs would give,
/// without a stream for each.
pub fn pair_hash(seed: u64, pair: Pair) -> u64 {
    mix(mix(seed) ^ (u64::from(pair.source) << 32 | u64::from(pair.target)))
}

/// One step of `SplitMix64` (Steele, Lea and Flood 2014): a bijection whose output bits all depend on all input bits.
fn mix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    /// The first outputs of the reference implementation from state 0.
    #[test]
    fn the_mixing_is_that_of_split_mix() {
        assert_eq!(mix(0), 0xe220_a839_7b1d_cdaf);
        assert_eq!(mix(0x9e37_79b9_7f4a_7c15), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn every_part_of_the_name_changes_the_stream() {
        let names: [(u64, &str, &[u64]); 6] =
            [(0, "a", &[]), (1, "a", &[]), (0, "b", &[]), (0, "a", &[0]), (0, "a", &[1]), (0, "a", &[0, 0])];
        let mut first: Vec<u64> =
            names.iter().map(|(seed, purpose, index)| stream(*seed, purpose, index).next_u64()).collect();
        assert_eq!(first[0], stream(0, "a", &[]).next_u64());
        first.sort_unstable();
        first.dedup();
        assert_eq!(first.len(), names.len());
    }
}
