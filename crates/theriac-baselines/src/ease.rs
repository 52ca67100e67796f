//! EASE: a linear autoencoder that must not use an item to predict itself.

use std::ops::Range;

use theriac_link::{Budget, FitRecord, FittedScorer, LinkError, Pair, Scorer, TrainView};

use crate::by_target::score_by_target;
use crate::item_weights::{Equations, ItemWeights};
use crate::selection::Selection;
use crate::stacked_rows::StackedRows;

/// Lambdas to choose from, in multiples of the mean number of entries of an item, the default first.
const LAMBDAS: [f64; 4] = [1.0, 0.3, 3.0, 10.0];

/// Weights of the rows of other relations to choose from.
const SIDE_WEIGHTS: [f64; 3] = [0.1, 0.3, 1.0];

/// The most unknowns that equations with rows of other relations may have; beyond, these rows are left out.
const MAX_STACKED: usize = 4096;

/// Scores a pair by a weighted sum over the sources that are known for its target: EASE (Steck 2019) with sources for
/// items and targets for users.
///
/// The weights from one item to another solve a ridge regression of every item on all others, over the rows of all
/// users, in closed form. No item has a weight to itself, so that a train edge does not vouch for itself. Rows of other
/// relations that the items have part in are stacked below those of users, with a weight, as Jeunen, Van Balen and
/// Goethals 2020 stack side information; never those of relations that the task covers. Lambda and the weight, which may be
/// 0, are chosen on the validation part.
#[derive(Clone, Copy, Debug, Default)]
pub struct EaseSource;

/// Scores a pair by a weighted sum over the targets that are known for its source: EASE (Steck 2019) with targets for
/// items and sources for users; see [`EaseSource`].
#[derive(Clone, Copy, Debug, Default)]
pub struct EaseTarget;

struct Fitted {
    weights: ItemWeights,
    record: FitRecord,
}

impl Scorer for EaseSource {
    fn name(&self) -> &str {
        "EASE over sources"
    }

    fn fit(&self, view: &TrainView, budget: &Budget<'_>) -> Result<Box<dyn FittedScorer>, LinkError> {
        fit(self.name(), view, budget, true)
    }
}

impl Scorer for EaseTarget {
    fn name(&self) -> &str {
        "EASE over targets"
    }

    fn fit(&self, view: &TrainView, budget: &Budget<'_>) -> Result<Box<dyn FittedScorer>, LinkError> {
        fit(self.name(), view, budget, false)
    }
}

fn fit(
    name: &str,
    view: &TrainView,
    budget: &Budget<'_>,
    items_are_sources: bool,
) -> Result<Box<dyn FittedScorer>, LinkError> {
    let refuse = |problem: String| LinkError::Fit { scorer: name.into(), problem };
    let stacked = StackedRows::new(view, items_are_sources);
    let stackable = !stacked.side.is_empty() && Equations::dimension(&stacked) <= MAX_STACKED;
    let plain = Equations::new(&stacked.without_side(), items_are_sources).map_err(refuse)?;
    let selection = Selection::new(view, budget.seed)?;
    // Without anything to choose by, the rows of other relations are not needed.
    let with_side = if stackable && !view.valid_pairs().is_empty() {
        Some(Equations::new(&stacked, items_are_sources).map_err(refuse)?)
    } else {
        None
    };
    let mut configurations = Vec::new();
    for (equations, weights) in [(Some(&plain), &[0.0][..]), (with_side.as_ref(), &SIDE_WEIGHTS)] {
        for (equations, weight) in equations.into_iter().flat_map(|e| weights.iter().map(move |&w| (e, w))) {
            for multiple in LAMBDAS {
                let lambda = multiple * equations.mean_diagonal(weight);
                let side = if weight > 0.0 {
                    format!("other relations weigh {weight}")
                } else {
                    "no other relations".to_owned()
                };
                configurations.push((format!("lambda {lambda:.1}, {side}"), (equations, weight, lambda)));
            }
        }
    }
    let (weights, trials) = selection.choose(
        configurations,
        |(equations, weight, lambda)| {
            let solved = equations.solve(weight, lambda);
            solved.ok_or_else(|| refuse(format!("its equations are not definite at lambda {lambda}")))
        },
        score,
    )?;
    let record = FitRecord::new(name, view).with_trials(trials);
    Ok(Box::new(Fitted { weights, record }))
}

fn score(weights: &ItemWeights, pairs: &[Pair]) -> Vec<f32> {
    score_by_target(pairs, weights.sources(), |target, scores| weights.fill(target, scores))
}

impl FittedScorer for Fitted {
    fn record(&self) -> &FitRecord {
        &self.record
    }

    fn score(&self, pairs: &[Pair]) -> Vec<f32> {
        score(&self.weights, pairs)
    }

    fn score_targets(&self, targets: Range<u32>, out: &mut [f32]) {
        for (target, row) in targets.zip(out.chunks_exact_mut(self.sources() as usize)) {
            self.weights.fill(target, row);
        }
    }
}

#[cfg(test)]
mod tests {
    use theriac_link::conformance::check_scorer;

    use super::*;
    use crate::testing::check_thread_counts;

    #[test]
    fn conforms() {
        check_scorer(&EaseSource);
        check_scorer(&EaseTarget);
    }

    #[test]
    fn the_same_bits_on_any_number_of_threads() {
        check_thread_counts(&EaseSource);
        check_thread_counts(&EaseTarget);
    }
}
