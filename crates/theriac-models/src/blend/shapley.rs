//! What each player of a blend adds to a pair's log-odds: Shapley values (Shapley 1953; Lundberg and Lee 2017), exact.
//!
//! A player is a set of features: all that come from one part, or the two degrees. The worth of a coalition is what the trees
//! say on average where its features are the pair's and all others are those of another pair of the background: the
//! interventional expectation. An oblivious tree asks for the features of at most five players and knows no more of a pair than
//! its leaf, so that the values of every leaf come from the shares of the background in the leaves, once and for all.

use rayon::prelude::*;

use super::trees::{BoostedTrees, LEAVES, Tree};

/// Pairs whose sums stay in the fastest cache.
const PAIRS: usize = 256;
/// Players that are added at a time.
const LANES: usize = 8;
/// Trees whose tables stay in the fastest cache, so that a sum over them is taken to memory once.
const TREES: usize = 8;

/// The Shapley values of the mean of several sums of trees.
pub(super) struct Attribution<'a> {
    /// What the trees say on average over the background.
    pub(super) base: f32,
    /// Players, rounded up to whole lanes.
    width: usize,
    /// Each tree with the values of its leaves, over the number of sums: `[LEAVES, width]`.
    trees: Vec<(&'a Tree, Vec<f32>)>,
}

impl<'a> Attribution<'a> {
    /// `player_of` says which of `players` each feature belongs to. The bins of the background are `[features][pairs]`.
    pub(super) fn new(
        sums: &'a [BoostedTrees],
        player_of: &[usize],
        players: usize,
        background: &[Vec<u8>],
    ) -> Self {
        let width = players.next_multiple_of(LANES);
        let scale = 1.0 / sums.len() as f64;
        let pairs = background.first().map_or(0, Vec::len);
        let of_tree = |tree: &'a Tree| {
            let weights = leaf_weights(tree, background, pairs);
            let (mean, values) = values_of_leaves(tree, &weights, player_of);
            let mut table = vec![0.0; LEAVES * width];
            for (row, values) in table.chunks_exact_mut(width).zip(values) {
                for (player, value) in values {
                    row[player] = (scale * value) as f32;
                }
            }
            (scale * mean, (tree, table))
        };
        let trees: Vec<&Tree> = sums.iter().flat_map(|sum| &sum.trees).collect();
        let (means, trees): (Vec<f64>, Vec<_>) = trees.into_par_iter().map(of_tree).unzip();
        let priors: f64 = sums.iter().map(|sum| scale * f64::from(sum.prior)).sum();
        Self { base: (priors + means.iter().sum::<f64>()) as f32, width, trees }
    }

    /// The values of each pair for all players: `[pairs, width]`, see [`Attribution::width`]. `bins` are `[features][pairs]`.
    pub(super) fn values(&self, bins: &[Vec<u8>], pairs: usize) -> Vec<f32> {
        let mut out = vec![0.0; pairs * self.width];
        let mut leaves = [[0u8; PAIRS]; TREES];
        for (chunk, out) in out.chunks_mut(PAIRS * self.width).enumerate() {
            let pairs = out.len() / self.width;
            for trees in self.trees.chunks(TREES) {
                for ((tree, _), leaves) in trees.iter().zip(&mut leaves) {
                    tree.fill_leaves(bins, chunk * PAIRS, &mut leaves[..pairs]);
                }
                for (pair, out) in out.chunks_exact_mut(self.width).enumerate() {
                    for (lanes, out) in out.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
                        let mut sums = *out;
                        for ((_, table), leaves) in trees.iter().zip(&leaves) {
                            let row = leaves[pair] as usize % LEAVES * self.width + lanes * LANES;
                            for (sum, value) in sums.iter_mut().zip(&table[row..][..LANES]) {
                                *sum += value;
                            }
                        }
                        *out = sums;
                    }
                }
            }
        }
        out
    }

    /// Length of a pair's row of values: the players come first, what follows is 0.
    pub(super) fn width(&self) -> usize {
        self.width
    }
}

/// The share of the background in each leaf.
fn leaf_weights(tree: &Tree, background: &[Vec<u8>], pairs: usize) -> [f64; LEAVES] {
    let mut counts = [0u32; LEAVES];
    let mut leaves = [0u8; PAIRS];
    for first in (0..pairs).step_by(PAIRS) {
        let leaves = &mut leaves[..PAIRS.min(pairs - first)];
        tree.fill_leaves(background, first, leaves);
        for &leaf in leaves.iter() {
            counts[leaf as usize % LEAVES] += 1;
        }
    }
    counts.map(|count| f64::from(count) / pairs.max(1) as f64)
}

/// The mean of a tree over the background, and for each leaf the values of the players that the tree asks for.
fn values_of_leaves(
    tree: &Tree,
    weights: &[f64; LEAVES],
    player_of: &[usize],
) -> (f64, Vec<Vec<(usize, f64)>>) {
    let asked: Vec<usize> = tree.questions.iter().map(|question| player_of[question.feature]).collect();
    let mut players = asked.clone();
    players.sort_unstable();
    players.dedup();
    // The levels that a coalition answers for, as a mask over the bits of a leaf.
    let answered = |coalition: usize| -> usize {
        let is_in = |player: usize| {
            players.iter().position(|&known| known == player).is_some_and(|place| coalition >> place & 1 == 1)
        };
        asked.iter().enumerate().map(|(level, &player)| usize::from(is_in(player)) << level).sum()
    };
    let coalitions = 1 << players.len();
    let masks: Vec<usize> = (0..coalitions).map(answered).collect();
    let worth = |leaf: usize, mask: usize| -> f64 {
        let background = weights.iter().enumerate();
        background.map(|(other, weight)| weight * f64::from(tree.leaves[leaf & mask | other & !mask])).sum()
    };
    let values = |leaf: usize| {
        let worths: Vec<f64> = masks.iter().map(|&mask| worth(leaf, mask)).collect();
        let value = |(place, &player): (usize, &usize)| {
            let without = (0..coalitions).filter(|coalition| coalition >> place & 1 == 0);
            let gain = |coalition: usize| {
                let size = coalition.count_ones() as usize;
                order_share(size, players.len()) * (worths[coalition | 1 << place] - worths[coalition])
            };
            (player, without.map(gain).sum())
        };
        players.iter().enumerate().map(value).collect()
    };
    (worth(0, 0), (0..LEAVES).map(values).collect())
}

/// The share of the orders of `players` in which a given one comes right after a given coalition of this size:
/// `size! (players - size - 1)! / players!`.
fn order_share(size: usize, players: usize) -> f64 {
    let factorial = |n: usize| (1..=n).product::<usize>() as f64;
    factorial(size) * factorial(players - size - 1) / factorial(players)
}

#[cfg(test)]
mod tests {
    use rand::RngExt;
    use theriac_link::stream;

    use super::super::trees::{Borders, TrainingPairs};
    use super::*;

    /// Two sums of trees on five features of three players, and the bins that they were grown on.
    fn grown() -> (Vec<BoostedTrees>, Vec<Vec<u8>>) {
        let mut draws = stream(5, "pairs", &[]);
        let columns: Vec<Vec<f32>> =
            (0..5).map(|_| (0..600).map(|_| draws.random_range(0.0..1.0)).collect()).collect();
        let label = |pair: usize| {
            let at = |feature: usize| columns[feature][pair];
            (at(0) + at(2) * at(4) > 0.9) != (at(1) > 0.8) && at(3) < 0.9
        };
        let labels: Vec<bool> = (0..600).map(label).collect();
        let bins = Borders::new(&columns, &labels).bins(&columns);
        let sum = |member: usize| {
            let held_out: Vec<bool> = (0..600).map(|pair| pair % 2 == member).collect();
            let pairs = TrainingPairs { bins: &bins, labels: &labels, held_out: &held_out };
            BoostedTrees::fit(&pairs, &mut stream(member as u64, "trees", &[]), &|| false)
        };
        (vec![sum(0), sum(1)], bins)
    }

    const PLAYER_OF: [usize; 5] = [2, 0, 0, 1, 1];

    /// The mean of the sums where the players in `coalition` are as in `pair` and the others as in `other`.
    fn mixed(sums: &[BoostedTrees], bins: &[Vec<u8>], coalition: usize, pair: usize, other: usize) -> f64 {
        let of = |(feature, column): (usize, &Vec<u8>)| {
            vec![column[if coalition >> PLAYER_OF[feature] & 1 == 1 { pair } else { other }]]
        };
        let bins: Vec<Vec<u8>> = bins.iter().enumerate().map(of).collect();
        sums.iter().map(|sum| f64::from(sum.log_odds(&bins, 1)[0])).sum::<f64>() / sums.len() as f64
    }

    #[test]
    fn values_are_the_mean_gain_over_all_orders_of_the_players() {
        let (sums, bins) = grown();
        // Few enough for every pair of the background to stand in for the others, one by one.
        let background: Vec<Vec<u8>> = bins.iter().map(|column| column[..40].to_vec()).collect();
        let attribution = Attribution::new(&sums, &PLAYER_OF, 3, &background);
        let values = attribution.values(&bins, 600);
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        for pair in [3, 299, 300, 555] {
            let worth = |coalition| {
                (0..40).map(|other| mixed(&sums, &bins, coalition, pair, other)).sum::<f64>() / 40.0
            };
            let worths: Vec<f64> = (0..8).map(worth).collect();
            assert!((f64::from(attribution.base) - worths[0]).abs() < 1e-4);
            let mut expected = [0.0; 3];
            for order in orders {
                let mut coalition = 0;
                for player in order {
                    expected[player] += (worths[coalition | 1 << player] - worths[coalition]) / 6.0;
                    coalition |= 1 << player;
                }
            }
            let found = &values[pair * attribution.width()..];
            for player in 0..3 {
                let found = f64::from(found[player]);
                assert!((found - expected[player]).abs() < 1e-4, "{found}, expected {}", expected[player]);
            }
        }
        assert!(sums.iter().all(|sum| sum.trees.len() > 10));
    }

    #[test]
    fn base_and_values_add_up_to_the_log_odds() {
        let (sums, bins) = grown();
        let attribution = Attribution::new(&sums, &PLAYER_OF, 3, &bins);
        let values = attribution.values(&bins, 600);
        let odds: Vec<Vec<f32>> = sums.iter().map(|sum| sum.log_odds(&bins, 600)).collect();
        for (pair, values) in values.chunks_exact(attribution.width()).enumerate() {
            let sum = attribution.base + values.iter().sum::<f32>();
            assert!((sum - f32::midpoint(odds[0][pair], odds[1][pair])).abs() < 1e-4);
            assert!(values[3..].iter().all(|&value| value == 0.0));
        }
    }
}
