//! EASE: a linear autoencoder that must not use an item to predict itself.

use std::ops::Range;

use theriac_link::{Budget, FitRecord, FittedScorer, LinkError, Pair, Scorer, TrainView};

use crate::by_target::score_by_target;
use crate::item_weights::{Equations, ItemWeights};
use crate::selection::Selection;
use crate::stacked_rows::StackedRows;

const SOURCE_NAME: &str = "EASE over sources";
const TARGET_NAME: &str = "EASE over targets";

/// Lambdas to choose from, in multiples of the mean number of entries of an item, the default first.
const LAMBDAS: [f64; 4] = [3.0, 0.3, 1.0, 10.0];

/// Weights of the rows of other relations that are held against leaving them out.
const SIDE_WEIGHTS: [f64; 3] = [0.1, 0.3, 1.0];

/// The most unknowns that equations with rows of other relations may have; beyond, these rows are left out.
const MAX_STACKED: usize = 4096;

/// Scores a pair by a weighted sum over the sources that are known for its target: EASE (Steck 2019) with sources for
/// items and targets for users.
///
/// The weights from one item to another solve a ridge regression of every item on all others, over the rows of all
/// users, in closed form. No item has a weight to itself, so that a train edge does not vouch for itself. Rows of other
/// relations that the items have part in are stacked below those of users, with a weight, as Jeunen, Van Balen and
/// Goethals 2020 stack side information; never those of relations that the task covers. Lambda is
/// chosen on the validation part, and after it the weight, which may be 0.
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
        SOURCE_NAME
    }

    fn fit(&self, view: &TrainView, budget: &Budget<'_>) -> Result<Box<dyn FittedScorer>, LinkError> {
        fit(SOURCE_NAME, view, budget, true)
    }
}

impl Scorer for EaseTarget {
    fn name(&self) -> &str {
        TARGET_NAME
    }

    fn fit(&self, view: &TrainView, budget: &Budget<'_>) -> Result<Box<dyn FittedScorer>, LinkError> {
        fit(TARGET_NAME, view, budget, false)
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
    let selection = Selection::new(view, budget)?;
    let choose = |equations: &Equations, weights: &[f64], multiples: &[f64]| {
        let mut settings = Vec::new();
        for &weight in weights {
            for &multiple in multiples {
                let lambda = multiple * equations.mean_diagonal(weight);
                let words = format!("lambda {lambda:.1}, other relations weigh {weight}");
                settings.push((words, (weight, lambda)));
            }
        }
        let solve = |(weight, lambda)| {
            let solved = equations.solve(weight, lambda);
            solved.ok_or_else(|| refuse(format!("its equations are not definite at lambda {lambda}")))
        };
        selection.choose(settings, solve, score)
    };
    let plain = Equations::new(&stacked.without_side(), items_are_sources).map_err(refuse)?;
    let (mut weights, mut trials) = choose(&plain, &[0.0], &LAMBDAS)?;
    // Without a trial there is nothing to tell whether other relations help.
    let chosen = trials.iter().position(|trial| trial.chosen);
    if let (Some(chosen), true) = (chosen, stackable && !budget.observer.stop_requested()) {
        let equations = Equations::new(&stacked, items_are_sources).map_err(refuse)?;
        let (stacked, mut more) = choose(&equations, &SIDE_WEIGHTS, &LAMBDAS[chosen..=chosen])?;
        let best = more.iter_mut().find(|trial| trial.chosen);
        if let Some(best) = best {
            let helps = best.validation_ap > trials[chosen].validation_ap;
            (trials[chosen].chosen, best.chosen) = (!helps, helps);
            weights = if helps { stacked } else { weights };
        }
        trials.append(&mut more);
    }
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
