//! EASE: a linear autoencoder that must not use an item to predict itself.

use std::ops::Range;
use std::sync::Arc;

use faer::Mat;
use rayon::prelude::*;
use theriac_graph::{EditedGraph, NamedTensor, NamedTensors};
use theriac_link::{Budget, FitRecord, FittedScorer, LinkError, Pair, Rescorer, Scorer, TrainView};

use crate::by_target::score_by_target;
use crate::item_weights::{Equations, ItemWeights, Settings};
use crate::selection::StagedSearch;
use crate::similarity::similarity_matrix;
use crate::stacked_rows::StackedRows;

const SOURCE_NAME: &str = "EASE over sources";
const TARGET_NAME: &str = "EASE over targets";

/// Lambdas to choose from, in multiples of the mean number of entries of an item, the default first.
const LAMBDAS: [f64; 4] = [3.0, 0.3, 1.0, 10.0];

/// Weights of the rows of other relations that are held against leaving them out.
const SIDE_WEIGHTS: [f64; 3] = [0.1, 0.3, 1.0];

/// Weights of given similarities that are held against leaving them out, in multiples of the mean number of train entries of an
/// item.
const SIMILARITY_WEIGHTS: [f64; 3] = [0.1, 0.3, 1.0];

/// The most unknowns that equations with rows of other relations may have; beyond, these rows are left out.
const MAX_STACKED: usize = 4096;

/// Scores a pair by a weighted sum over the sources that are known for its target: EASE (Steck 2019) with sources for
/// items and targets for users.
///
/// The weights from one item to another solve a ridge regression of every item on all others, over the rows of all
/// users, in closed form. No item has a weight to itself, so that a train edge does not vouch for itself. Rows of other
/// relations that the items have part in are stacked below those of users, with a weight, as Jeunen, Van Balen and
/// Goethals 2020 stack side information; never those of relations that the task covers. Where the items come with
/// similarities, or features to compare by their cosine, these are added to the products of rows with a weight of their own, so that
/// an item without a train edge is told by the items like it. Lambda is chosen on the validation part, and after it the
/// weights, one after the other; each may be 0.
#[derive(Clone, Copy, Debug, Default)]
pub struct EaseSource;

/// Scores a pair by a weighted sum over the targets that are known for its source: EASE (Steck 2019) with targets for
/// items and sources for users; see [`EaseSource`].
#[derive(Clone, Copy, Debug, Default)]
pub struct EaseTarget;

struct Fitted {
    learned: Arc<Learned>,
    record: FitRecord,
}

/// Weights, and where the edges stand that they are for.
struct Learned {
    /// Place of the target relation.
    target: usize,
    items_are_sources: bool,
    weights: ItemWeights,
}

impl Learned {
    /// The user and the item of a pair.
    fn user_and_item(&self, pair: Pair) -> (u32, u32) {
        if self.items_are_sources { (pair.target, pair.source) } else { (pair.source, pair.target) }
    }

    fn known<'a>(&self, graph: &'a EditedGraph<'_>, user: u32) -> &'a [u32] {
        graph.row(self.target, self.items_are_sources, user).neighbors
    }
}

impl Rescorer for Learned {
    fn rescore(&self, graph: &EditedGraph<'_>, pair: Pair) -> f32 {
        self.rescore_each(std::slice::from_ref(graph), pair)[0]
    }

    fn rescore_each(&self, graphs: &[EditedGraph<'_>], pair: Pair) -> Vec<f32> {
        let (user, item) = self.user_and_item(pair);
        let known: Vec<&[u32]> = graphs.iter().map(|graph| self.known(graph, user)).collect();
        self.weights.scores(&known, item)
    }

    fn rescore_pairs(&self, graph: &EditedGraph<'_>, pairs: &[Pair]) -> Vec<f32> {
        let Some(&first) = pairs.first() else { return Vec::new() };
        let (user, item) = self.user_and_item(first);
        let (users, items): (Vec<u32>, Vec<u32>) = pairs.iter().map(|&pair| self.user_and_item(pair)).unzip();
        if users.iter().all(|&other| other == user) {
            return self.weights.scores_of_items(self.known(graph, user), &items);
        }
        if items.iter().all(|&other| other == item) {
            let known: Vec<&[u32]> = users.iter().map(|&user| self.known(graph, user)).collect();
            return self.weights.scores(&known, item);
        }
        pairs.par_iter().map(|&pair| self.rescore(graph, pair)).collect()
    }

    fn learned(&self) -> Vec<NamedTensor> {
        self.weights.tensors()
    }
}

/// The weights between sources that were learned on this view.
///
/// # Errors
///
/// One sentence when a matrix is missing or has another shape.
pub(crate) fn restore_source(
    view: &TrainView,
    tensors: &mut NamedTensors,
) -> Result<Arc<dyn Rescorer>, String> {
    restore(view, true, tensors)
}

/// The weights between targets that were learned on this view.
///
/// # Errors
///
/// One sentence when a matrix is missing or has another shape.
pub(crate) fn restore_target(
    view: &TrainView,
    tensors: &mut NamedTensors,
) -> Result<Arc<dyn Rescorer>, String> {
    restore(view, false, tensors)
}

fn restore(
    view: &TrainView,
    items_are_sources: bool,
    tensors: &mut NamedTensors,
) -> Result<Arc<dyn Rescorer>, String> {
    let rows = StackedRows::new(view, items_are_sources);
    let weights = ItemWeights::restore(rows, items_are_sources, tensors)?;
    Ok(Arc::new(Learned { target: view.target_place(), items_are_sources, weights }))
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
    let plain = stacked.without_side();
    let stackable = !stacked.side.is_empty() && Equations::dimension(&stacked) <= MAX_STACKED;
    let mut search = StagedSearch::new(view, budget)?;

    let equations = Equations::new(&plain, None, items_are_sources).map_err(refuse)?;
    let settings = LAMBDAS.map(|multiple| {
        let lambda = multiple * equations.mean_diagonal(0.0);
        (multiple, Settings { side: 0.0, similarity: 0.0, lambda })
    });
    try_settings(&mut search, 0, &equations, &settings)?;
    if let Some(&Ridge { multiple, .. }) = search.to_improve().filter(|_| stackable) {
        let equations = Equations::new(&stacked, None, items_are_sources).map_err(refuse)?;
        let settings = SIDE_WEIGHTS.map(|side| {
            let lambda = multiple * equations.mean_diagonal(side);
            (multiple, Settings { side, similarity: 0.0, lambda })
        });
        try_settings(&mut search, 1, &equations, &settings)?;
    }
    let chosen = search.to_improve().map(|ridge| (ridge.multiple, ridge.settings.side));
    let given = chosen.and_then(|chosen| Some((given_similarity(view, items_are_sources)?, chosen)));
    if let Some((similarity, (multiple, side))) = given {
        let rows = if side > 0.0 { &stacked } else { &plain };
        let equations = Equations::new(rows, Some(similarity), items_are_sources).map_err(refuse)?;
        let settings = SIMILARITY_WEIGHTS.map(|share| {
            let similarity = share * equations.mean_train_entries();
            let lambda = multiple * (equations.mean_diagonal(side) + similarity);
            (multiple, Settings { side, similarity, lambda })
        });
        try_settings(&mut search, 2, &equations, &settings)?;
    }
    let (best, trials) = search.finish();
    let Ridge { weights, .. } = best.ok_or_else(|| refuse("its equations are not definite".into()))?;
    let record = FitRecord::new(name, view).with_trials(trials);
    let learned = Arc::new(Learned { target: view.target_place(), items_are_sources, weights });
    Ok(Box::new(Fitted { learned, record }))
}

/// How alike the items are said to be, where the graph says so and they are not too many.
fn given_similarity(view: &TrainView, items_are_sources: bool) -> Option<Mat<f64>> {
    let target = view.target();
    let place = if items_are_sources { target.source_type } else { target.target_type };
    let table = &view.graph().node_tables()[place];
    let features =
        table.features.as_ref().filter(|features| features.dim > 0 && table.len() <= MAX_STACKED)?;
    Some(similarity_matrix(features, table.len() as u32))
}

/// Solved equations.
struct Ridge {
    weights: ItemWeights,
    /// Lambda in multiples of the mean diagonal.
    multiple: f64,
    settings: Settings,
}

/// Tries settings, each with its lambda in multiples of the mean diagonal. Those whose equations are not definite are passed
/// over.
fn try_settings(
    search: &mut StagedSearch<'_, Ridge>,
    stage: u32,
    equations: &Equations,
    settings: &[(f64, Settings)],
) -> Result<(), LinkError> {
    let words = |&(multiple, settings): &(f64, Settings)| {
        let Settings { side, similarity, lambda } = settings;
        let alike = if similarity > 0.0 { format!(", similarities {similarity:.2}") } else { String::new() };
        (format!("lambda {lambda:.1}, other relations weigh {side}{alike}"), (multiple, settings))
    };
    let solve =
        |(multiple, settings)| Some(Ridge { weights: equations.solve(settings)?, multiple, settings });
    search.over(stage, settings.iter().map(words), solve, |ridge, pairs| score(&ridge.weights, pairs))
}

fn score(weights: &ItemWeights, pairs: &[Pair]) -> Vec<f32> {
    score_by_target(pairs, weights.sources(), |target, scores| weights.fill(target, scores))
}

impl FittedScorer for Fitted {
    fn record(&self) -> &FitRecord {
        &self.record
    }

    fn score(&self, pairs: &[Pair]) -> Vec<f32> {
        score(&self.learned.weights, pairs)
    }

    fn rescorer(&self) -> Option<Arc<dyn Rescorer>> {
        Some(self.learned.clone())
    }

    fn score_targets(&self, targets: Range<u32>, out: &mut [f32]) {
        for (target, row) in targets.zip(out.chunks_exact_mut(self.sources() as usize)) {
            self.learned.weights.fill(target, row);
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
