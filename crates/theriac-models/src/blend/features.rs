//! What the blend knows of a pair: the scores of its parts, each as it is and beside the scores of the pair's own drug and
//! disease, and how many links the two have.

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;
use theriac_graph::Csr;
use theriac_link::{Budget, FitRecord, FittedScorer, LinkError, Pair, Rescorer, Scorer, TrainView, Trial};

/// Pairs of a block: few enough that their features stay in cache.
const BLOCK: usize = 8192;
/// What stands between the name of a part and a configuration that it tried.
const OF: &str = ": ";

/// The parts of a blend, fitted on one view, and what turns their scores into features.
pub(super) struct PairFeatures {
    parts: Vec<Part>,
    /// Logarithm of one more than the number of known targets of each source: `[n_sources]`.
    source_degrees: Vec<f32>,
    /// The same of each target: `[n_targets]`.
    target_degrees: Vec<f32>,
}

/// A fitted part, and where the scores of each node lie.
struct Part {
    fitted: Box<dyn FittedScorer>,
    /// `[n_sources]`.
    sources: Vec<Moments>,
    /// `[n_targets]`.
    targets: Vec<Moments>,
}

/// Mean and spread of a node's scores.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moments {
    mean: f32,
    /// One over the standard deviation, or 0 where all scores are alike.
    scale: f32,
}

impl Moments {
    fn new([count, sum, squares]: [f64; 3]) -> Self {
        let mean = sum / count.max(1.0);
        let variance = squares / count.max(1.0) - mean * mean;
        // What is left of a sum of equal squares is rounding, not spread.
        let scale = if variance > 1e-10 * mean * mean { variance.sqrt().recip() } else { 0.0 };
        // The smallest spreads have no reciprocal in single precision.
        Self { mean: mean as f32, scale: scale.min(f64::from(f32::MAX)) as f32 }
    }

    pub(super) fn standardised(self, score: f32) -> f32 {
        (score - self.mean) * self.scale
    }

    /// As two numbers.
    pub(super) fn learned(self) -> [f32; 2] {
        [self.mean, self.scale]
    }

    /// Those of which these are the two numbers.
    pub(super) fn restore([mean, scale]: [f32; 2]) -> Self {
        Self { mean, scale }
    }
}

impl PairFeatures {
    /// Fits the parts on a view, one after the other; `begin` hears the name of each before. What an earlier fit tried goes to
    /// the part that tried it.
    pub(super) fn fit(
        parts: &[Box<dyn Scorer>],
        view: &TrainView,
        budget: &Budget<'_>,
        mut begin: impl FnMut(&str),
    ) -> Result<Self, LinkError> {
        let parts = parts.iter().map(|part| {
            begin(part.name());
            let trials: Vec<Trial> =
                budget.trials.iter().filter_map(|trial| own(part.name(), trial)).collect();
            Ok(Part::new(part.fit(view, &budget.with_trials(&trials))?))
        });
        let degrees =
            |edges: &Csr| (0..edges.rows()).map(|node| (edges.degree(node) as f32).ln_1p()).collect();
        Ok(Self {
            parts: parts.collect::<Result<_, LinkError>>()?,
            source_degrees: degrees(&view.target().forward),
            target_degrees: degrees(&view.target().backward),
        })
    }

    /// Every configuration that a part tried, with the part's name.
    pub(super) fn trials(&self) -> Vec<Trial> {
        let of_part = |part: &Part| {
            let FitRecord { scorer, trials, .. } = part.fitted.record();
            let named = |trial: &Trial| Trial {
                configuration: format!("{scorer}{OF}{}", trial.configuration),
                ..trial.clone()
            };
            trials.iter().map(named).collect::<Vec<_>>()
        };
        self.parts.iter().flat_map(of_part).collect()
    }

    /// Each part as one that can be asked about other graphs, where it can be, with the moments of sources and of targets.
    pub(super) fn rescorers(&self) -> impl Iterator<Item = (Option<Arc<dyn Rescorer>>, [&[Moments]; 2])> {
        self.parts.iter().map(|part| (part.fitted.rescorer(), [part.sources.as_slice(), &part.targets]))
    }

    /// Number of features.
    pub(super) fn len(&self) -> usize {
        2 + 3 * self.parts.len()
    }

    /// Which part each feature comes from, by its place; the degrees come from none, and have the place after the last.
    pub(super) fn owners(&self) -> Vec<usize> {
        let parts = self.parts.len();
        [parts; 2].into_iter().chain((0..parts).flat_map(|part| [part; 3])).collect()
    }

    fn sources(&self) -> usize {
        self.source_degrees.len()
    }

    /// Blocks of targets that together have about as many pairs as fit the cache.
    pub(super) fn blocks(&self) -> Vec<Range<u32>> {
        blocks(self.sources(), self.target_degrees.len())
    }

    /// The features of these pairs: `[features][pairs]`.
    pub(super) fn of_pairs(&self, pairs: &[Pair]) -> Vec<Vec<f32>> {
        self.columns(pairs, |part| part.fitted.score(pairs))
    }

    /// The features of all sources with each of these targets: `[features][targets * n_sources]`, target by target.
    pub(super) fn of_targets(&self, targets: Range<u32>) -> Vec<Vec<f32>> {
        let sources = self.sources() as u32;
        let pairs: Vec<Pair> = targets
            .clone()
            .flat_map(|target| (0..sources).map(move |source| Pair { source, target }))
            .collect();
        self.columns(&pairs, |part| {
            let mut scores = vec![0.0; pairs.len()];
            part.fitted.score_targets(targets.clone(), &mut scores);
            scores
        })
    }

    fn columns(&self, pairs: &[Pair], scores: impl Fn(&Part) -> Vec<f32>) -> Vec<Vec<f32>> {
        let mut columns = Vec::with_capacity(self.len());
        columns.push(pairs.iter().map(|pair| self.source_degrees[pair.source as usize]).collect());
        columns.push(pairs.iter().map(|pair| self.target_degrees[pair.target as usize]).collect());
        for part in &self.parts {
            let scores = scores(part);
            let beside = |moments: &[Moments], node: fn(&Pair) -> u32| {
                let standardised = |(pair, &score)| moments[node(pair) as usize].standardised(score);
                pairs.iter().zip(&scores).map(standardised).collect()
            };
            columns.push(beside(&part.sources, |pair| pair.source));
            columns.push(beside(&part.targets, |pair| pair.target));
            columns.push(scores);
        }
        columns
    }
}

impl Part {
    fn new(fitted: Box<dyn FittedScorer>) -> Self {
        let (n_sources, n_targets) = (fitted.sources() as usize, fitted.targets() as usize);
        let of_block = |targets: Range<u32>| {
            let mut scores = vec![0.0; targets.len() * n_sources];
            fitted.score_targets(targets, &mut scores);
            let mut of_sources = vec![[0.0; 3]; n_sources];
            let of_targets = scores.chunks_exact(n_sources.max(1)).map(|row| {
                let mut of_target = [0.0; 3];
                for (sum, &score) in of_sources.iter_mut().zip(row) {
                    let score = f64::from(score);
                    let counted = [1.0, score, score * score];
                    for ((of_source, of_target), value) in sum.iter_mut().zip(&mut of_target).zip(counted) {
                        *of_source += value;
                        *of_target += value;
                    }
                }
                Moments::new(of_target)
            });
            let of_targets: Vec<Moments> = of_targets.collect();
            (of_sources, of_targets)
        };
        let counted: Vec<_> = blocks(n_sources, n_targets).into_par_iter().map(of_block).collect();
        let mut sums = vec![[0.0; 3]; n_sources];
        let mut targets = Vec::with_capacity(n_targets);
        for (of_sources, of_targets) in counted {
            for (sum, counted) in sums.iter_mut().zip(of_sources) {
                for (sum, counted) in sum.iter_mut().zip(counted) {
                    *sum += counted;
                }
            }
            targets.extend(of_targets);
        }
        Self { fitted, sources: sums.into_iter().map(Moments::new).collect(), targets }
    }
}

/// A trial of this part as it told it, from those of [`PairFeatures::trials`].
fn own(part: &str, trial: &Trial) -> Option<Trial> {
    let configuration = trial.configuration.strip_prefix(part)?.strip_prefix(OF)?.to_owned();
    Some(Trial { configuration, ..trial.clone() })
}

fn blocks(sources: usize, targets: usize) -> Vec<Range<u32>> {
    let targets = targets as u32;
    let step = (BLOCK / sources.max(1)).max(1);
    (0..targets).step_by(step).map(|first| first..targets.min(first + step as u32)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_spread_still_gives_numbers() {
        let scores = [0.0, 1e-42, 3e-42];
        let sums = scores.iter().fold([0.0; 3], |[n, sum, squares], s| [n + 1.0, sum + s, squares + s * s]);
        let moments = Moments::new(sums);
        let standardised = scores.map(|score| moments.standardised(score as f32));
        assert!(standardised.iter().all(|value| value.is_finite()), "{standardised:?}");
        assert!(standardised.is_sorted());
    }
}
