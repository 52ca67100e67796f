//! What positives are set against in training.

use rand::RngExt;
use serde::{Deserialize, Serialize};
use theriac_link::{Pair, Stream, TrainView, negatives};

use crate::error::ModelError;

/// Draws for a negative before a known pair is taken for one: a node may be linked to all others.
const ATTEMPTS: usize = 50;

/// What positives are set against. All but the first two replace one end of a positive, source and target in turn, by another
/// node of its type, such that no known train link comes out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Negatives {
    /// Any pair of the relation's types, known or not, as PyTorch Geometric's loader draws them.
    Uniform,
    /// Any pair of the relation's types that is no known train link.
    Unknown,
    /// Any node of the type.
    Corrupted,
    /// A node of the type that has a train link: without it, a model learns which nodes have any.
    Linked,
    /// A node as likely as its number of train links to this power: 0.75 in word2vec (Mikolov et al. 2013).
    Degree {
        /// The power.
        power: f64,
    },
    /// The same end of another positive of the batch: as likely as its number of train links.
    InBatch,
    /// Of so many nodes of the type the one with the best score, as the parameters stand at the start of the epoch.
    Hard {
        /// Nodes to choose from.
        pool: usize,
    },
}

impl Negatives {
    pub(super) fn check(self) -> Result<(), ModelError> {
        let refuse = |setting, found: String, expected| Err(ModelError::Config { setting, found, expected });
        match self {
            Self::Degree { power } if !(power.is_finite() && power >= 0.0) => {
                refuse("power", power.to_string(), "a number from 0")
            }
            Self::Hard { pool: 0 } => refuse("pool", "0".into(), "a number above 0"),
            _ => Ok(()),
        }
    }
}

/// Draws negatives of one view.
pub(super) struct NegativeSampler<'a> {
    view: &'a TrainView,
    kind: Negatives,
    /// How likely each source and each target is to replace another, summed up: `[nodes]` each.
    cumulative: [Vec<f64>; 2],
}

/// What scores the candidates of hard negatives.
pub(super) type PairScore<'a> = &'a (dyn Fn(Pair) -> f32 + Sync);

/// Negatives, positive after positive, and how often each was expected to be drawn as one of its positive's: its logarithm.
pub(super) struct Drawn {
    pub pairs: Vec<Pair>,
    pub log_odds: Vec<f32>,
}

impl<'a> NegativeSampler<'a> {
    pub(super) fn new(kind: Negatives, view: &'a TrainView) -> Self {
        let relation = view.target();
        let cumulative = [&relation.forward, &relation.backward].map(|edges| {
            let weights = (0..edges.rows()).map(|node| {
                let degree = f64::from(edges.degree(node));
                match kind {
                    Negatives::Uniform
                    | Negatives::Unknown
                    | Negatives::Corrupted
                    | Negatives::Hard { .. } => 1.0,
                    Negatives::Linked => degree.min(1.0),
                    Negatives::Degree { power } if degree > 0.0 => degree.powf(power),
                    Negatives::Degree { .. } => 0.0,
                    Negatives::InBatch => degree,
                }
            });
            let mut sum = 0.0;
            let sums = weights.map(|weight| {
                sum += weight;
                sum
            });
            sums.collect()
        });
        Self { view, kind, cumulative }
    }

    /// `ratio` negatives to a positive. Hard ones are chosen by `score`.
    pub(super) fn draw(
        &self,
        positives: &[Pair],
        ratio: f64,
        score: PairScore<'_>,
        draws: &mut Stream,
    ) -> Drawn {
        let count = (ratio * positives.len() as f64).round() as usize;
        if matches!(self.kind, Negatives::Uniform | Negatives::Unknown) {
            let mut pairs = negatives::uniform(draws, self.view.sources(), self.view.targets(), count);
            if self.kind == Negatives::Unknown {
                for pair in &mut pairs {
                    self.draw_until_unknown(pair, draws);
                }
            }
            let log_odds = vec![0.0; if ratio.fract() == 0.0 { count } else { 0 }];
            return Drawn { pairs, log_odds };
        }
        let each = ratio.round().max(1.0);
        let mut drawn = Drawn { pairs: Vec::with_capacity(count), log_odds: Vec::with_capacity(count) };
        for place in 0..count {
            // Every positive in turn has its share, whole or not.
            let positive = positives[(place as f64 / ratio) as usize % positives.len()];
            let side = place % 2;
            let pair = match self.kind {
                Negatives::Hard { pool } => {
                    let candidates = (0..pool).map(|_| self.replaced(positive, side, positives, draws));
                    let scored = candidates.map(|pair| (score(pair), pair));
                    let best = scored.reduce(|best, other| if other.0 > best.0 { other } else { best });
                    best.map_or(positive, |(_, pair)| pair)
                }
                _ => self.replaced(positive, side, positives, draws),
            };
            let node = if side == 0 { pair.source } else { pair.target } as usize;
            let sums = &self.cumulative[side];
            let before = node.checked_sub(1).map_or(0.0, |before| sums[before]);
            let likely = (sums[node] - before) / sums[sums.len() - 1];
            drawn.log_odds.push((each * likely.max(f64::MIN_POSITIVE)).ln() as f32);
            drawn.pairs.push(pair);
        }
        drawn
    }

    /// Takes other pairs in place of a known one.
    fn draw_until_unknown(&self, pair: &mut Pair, draws: &mut Stream) {
        for _ in 0..ATTEMPTS {
            if !self.view.target().forward.contains(pair.source, pair.target) {
                break;
            }
            *pair = Pair {
                source: draws.random_range(0..self.view.sources()),
                target: draws.random_range(0..self.view.targets()),
            };
        }
    }

    /// The positive with another node at one side.
    fn replaced(&self, positive: Pair, side: usize, batch: &[Pair], draws: &mut Stream) -> Pair {
        let mut pair = positive;
        for _ in 0..ATTEMPTS {
            let node = if self.kind == Negatives::InBatch {
                let other = batch[draws.random_range(0..batch.len())];
                if side == 0 { other.source } else { other.target }
            } else {
                let sums = &self.cumulative[side];
                let at = draws.random::<f64>() * sums[sums.len() - 1];
                sums.partition_point(|&sum| sum <= at).min(sums.len() - 1) as u32
            };
            pair =
                if side == 0 { Pair { source: node, ..positive } } else { Pair { target: node, ..positive } };
            if !self.view.target().forward.contains(pair.source, pair.target) {
                break;
            }
        }
        pair
    }
}

#[cfg(test)]
mod tests {
    use theriac_link::conformance::{example_graph, example_task};
    use theriac_link::{Split, stream};

    use super::*;

    fn view() -> TrainView {
        let graph = example_graph();
        let split = Split::random(&graph, &example_task(&graph).unwrap(), 0.1, 0.2, 7).unwrap();
        TrainView::new(&graph, &split).unwrap()
    }

    fn kinds() -> [Negatives; 6] {
        [
            Negatives::Uniform,
            Negatives::Corrupted,
            Negatives::Linked,
            Negatives::Degree { power: 0.75 },
            Negatives::InBatch,
            Negatives::Hard { pool: 4 },
        ]
    }

    #[test]
    fn negatives_keep_one_end_and_are_not_known() {
        let view = view();
        let positives = view.train_pairs();
        let relation = view.target();
        for kind in &kinds()[1..] {
            let sampler = NegativeSampler::new(*kind, &view);
            let drawn = sampler.draw(positives, 3.0, &|_| 0.0, &mut stream(1, "negatives", &[]));
            assert_eq!(drawn.pairs.len(), 3 * positives.len());
            let mut known = 0;
            for (place, pair) in drawn.pairs.iter().enumerate() {
                let positive = positives[place / 3];
                assert!(if place % 2 == 0 {
                    pair.target == positive.target
                } else {
                    pair.source == positive.source
                });
                known += usize::from(relation.forward.contains(pair.source, pair.target));
                if *kind != Negatives::Corrupted && !matches!(kind, Negatives::Hard { .. }) {
                    assert!(
                        relation.forward.degree(pair.source) > 0 && relation.backward.degree(pair.target) > 0
                    );
                }
            }
            assert!(known * 50 <= drawn.pairs.len(), "{kind:?}: {known} known of {}", drawn.pairs.len());
        }
    }

    #[test]
    fn unknown_pairs_are_drawn_from_all_but_the_train_links() {
        let view = view();
        let sampler = NegativeSampler::new(Negatives::Unknown, &view);
        let drawn = sampler.draw(view.train_pairs(), 20.0, &|_| 0.0, &mut stream(1, "negatives", &[]));
        assert_eq!(drawn.pairs.len(), 20 * view.train_pairs().len());
        assert_eq!(drawn.log_odds.len(), drawn.pairs.len());
        let relation = view.target();
        assert!(drawn.pairs.iter().all(|pair| !relation.forward.contains(pair.source, pair.target)));
        let found: std::collections::BTreeSet<Pair> = drawn.pairs.into_iter().collect();
        let unknown = (view.sources() * view.targets()) as usize - relation.len();
        assert!(found.len() * 10 > unknown * 9, "{} of {unknown}", found.len());
    }

    #[test]
    fn every_positive_has_its_share_whatever_the_ratio() {
        let view = view();
        let positives = &view.train_pairs()[..4];
        let sampler = NegativeSampler::new(Negatives::Corrupted, &view);
        let drawn = sampler.draw(positives, 1.5, &|_| 0.0, &mut stream(1, "negatives", &[]));
        assert_eq!(drawn.pairs.len(), 6);
    }

    #[test]
    fn hard_negatives_score_better_than_others() {
        let view = view();
        let score = |pair: Pair| (pair.source * 7 % 5) as f32 + (pair.target % 3) as f32;
        let mean = |kind| {
            let sampler = NegativeSampler::new(kind, &view);
            let drawn = sampler.draw(view.train_pairs(), 4.0, &score, &mut stream(1, "negatives", &[]));
            drawn.pairs.iter().map(|pair| score(*pair)).sum::<f32>() / drawn.pairs.len() as f32
        };
        assert!(mean(Negatives::Hard { pool: 8 }) > mean(Negatives::Corrupted) + 0.3);
    }

    #[test]
    fn the_expected_draws_of_all_nodes_sum_to_their_number() {
        let view = view();
        for kind in [Negatives::Degree { power: 0.5 }, Negatives::Linked, Negatives::Corrupted] {
            let sampler = NegativeSampler::new(kind, &view);
            let positives = [view.train_pairs()[0]];
            let drawn = sampler.draw(&positives, 4000.0, &|_| 0.0, &mut stream(1, "negatives", &[]));
            let mut expected = std::collections::BTreeMap::new();
            for (place, (pair, log_odds)) in drawn.pairs.iter().zip(&drawn.log_odds).enumerate() {
                if place % 2 == 0 {
                    expected.insert(pair.source, f64::from(*log_odds).exp());
                }
            }
            let relation = view.target();
            let missing = (0..view.sources()).filter(|node| !expected.contains_key(node)).count();
            let known = relation.backward.degree(positives[0].target) as usize;
            assert!(missing >= known, "a known pair is no negative");
            assert!(expected.values().sum::<f64>() <= 4000.0 + 1e-3);
        }
    }
}
