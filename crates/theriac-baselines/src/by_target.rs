//! Scoring scattered pairs where the scores of a whole target come cheap.

use rayon::prelude::*;
use theriac_link::Pair;

/// The score of each pair, where `fill` writes the scores of all sources for one target: `[n_sources]`. Each target is
/// filled once.
pub(crate) fn score_by_target(
    pairs: &[Pair],
    sources: u32,
    fill: impl Fn(u32, &mut [f32]) + Sync,
) -> Vec<f32> {
    let mut places: Vec<(u32, usize)> = pairs.iter().map(|pair| pair.target).zip(0..).collect();
    places.sort_unstable();
    let groups: Vec<&[(u32, usize)]> = places.chunk_by(|one, other| one.0 == other.0).collect();
    let scored: Vec<Vec<f32>> = groups
        .par_iter()
        .map_init(
            || vec![0.0; sources as usize],
            |row, group| {
                fill(group[0].0, row);
                group.iter().map(|&(_, place)| row[pairs[place].source as usize]).collect()
            },
        )
        .collect();
    let mut scores = vec![0.0; pairs.len()];
    for (&(_, place), score) in places.iter().zip(scored.into_iter().flatten()) {
        scores[place] = score;
    }
    scores
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pair_gets_its_own_score() {
        let pairs = [Pair::new(2, 1), Pair::new(0, 0), Pair::new(1, 1), Pair::new(2, 1)];
        let scores = score_by_target(&pairs, 3, |target, row| {
            for (source, score) in (0u32..).zip(row) {
                *score = (10 * target + source) as f32;
            }
        });
        assert_eq!(scores, [12.0, 0.0, 11.0, 12.0]);
    }
}
