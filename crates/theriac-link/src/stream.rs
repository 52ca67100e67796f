//! Random numbers: each draw has a stream of its own.

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use sha2::{Digest, Sha256};

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

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

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
