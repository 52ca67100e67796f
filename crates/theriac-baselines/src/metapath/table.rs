//! The path counts of all pairs at once, as a model takes them in.

use rayon::prelude::*;
use theriac_graph::{EditedGraph, Relation, RelationKey};
use theriac_link::{LinkError, Pair, TrainView};

use super::{Metapath, PathCounts, PathsBetween, enumerate};
use crate::propagation::BLOCK;
use crate::similarity::resemblances;

/// Steps of the longest metapaths.
const STEPS: usize = 3;
/// Neighbours to a node in the relations made of features.
const NEAREST: usize = 10;
/// The most counts that are kept: 4 GiB of them.
const MOST: usize = 1 << 30;

/// All metapaths of 1 to 3 steps from the source type to the target type of a view's task that may speak for a pair, and
/// the relations that they take: those of the graph, and given features of the two types as relations between each node
/// and the ten most like it. A single step along the target or a sibling is the answer, not evidence for it.
pub(crate) struct Evidence<'a> {
    view: &'a TrainView,
    resemblances: Vec<Relation>,
}

impl<'a> Evidence<'a> {
    pub(crate) fn new(view: &'a TrainView) -> Self {
        Self { view, resemblances: resemblances(view, NEAREST) }
    }

    pub(crate) fn relations(&self) -> Vec<&Relation> {
        self.view.graph().relations().iter().chain(&self.resemblances).collect()
    }

    pub(crate) fn metapaths(&self) -> Vec<Metapath> {
        let task = self.view.task();
        let (source, target) = (&task.target().source, &task.target().target);
        let mut metapaths = enumerate(&self.relations(), source, target, STEPS, |_| false);
        metapaths.retain(|path| path.steps().len() > 1 || !self.is_own(&path.steps()[0].relation));
        metapaths
    }

    /// Whether the pair's own edge in this relation is left out of its counts.
    fn is_own(&self, key: &RelationKey) -> bool {
        self.view.task().covers(key)
    }

    /// Whether there are fewer targets to follow paths from than sources.
    pub(crate) fn starts_at_targets(&self) -> bool {
        self.view.targets() < self.view.sources()
    }

    /// The counts of these metapaths; `None` where there is none.
    pub(crate) fn counts<'b>(
        &'b self,
        relations: &[&'b Relation],
        metapaths: &[Metapath],
        damping: f32,
    ) -> Option<PathCounts<'b>> {
        let own = |key: &_| self.is_own(key);
        (!metapaths.is_empty())
            .then(|| PathCounts::new(relations, metapaths, damping, self.starts_at_targets(), own))
    }

    /// The same counts of single pairs, on any graph; `None` where there is no metapath.
    pub(crate) fn between(&self, metapaths: &[Metapath], damping: f32) -> Option<PathsBetween> {
        let (own, graph) = (|key: &_| self.is_own(key), EditedGraph::new(self.view.graph()));
        (!metapaths.is_empty())
            .then(|| PathsBetween::new(&graph, &self.resemblances, metapaths, damping, own))
    }
}

/// Walks through all pairs, a block of starts after the other: `visit` gets the first start of the block, its width, the
/// place of a metapath and the counts, `[ends, width]`.
pub(crate) fn blocks(counts: &PathCounts<'_>, mut visit: impl FnMut(usize, usize, usize, &[f32])) {
    let starts = counts.starts() as usize;
    for first in (0..starts).step_by(BLOCK) {
        let width = BLOCK.min(starts - first);
        counts.block(first as u32..(first + width) as u32, |place, block| visit(first, width, place, block));
    }
}

/// The inverse hyperbolic sine of a number from 0 up.
pub(crate) fn asinh(x: f32) -> f32 {
    (x + x * x / (1.0 + (x * x + 1.0).sqrt())).ln_1p()
}

/// The degree-weighted path counts of every pair of a view along every metapath of up to three steps, each as `asinh(count /
/// mean count)` (Himmelstein et al. 2017) less its mean, over its standard deviation.
///
/// The pair's own edge is left out of its counts, in the target and in its siblings, so that a train edge looks as if it
/// were held out. Given features of the two types take part as relations between each node and the ten most like it.
#[derive(Clone, Debug)]
pub struct PathTable {
    metapaths: Vec<Metapath>,
    sources: usize,
    /// `[n_targets, n_sources, metapaths]`.
    values: Vec<f32>,
    between: PathsBetween,
    /// `[metapaths]`.
    scalings: Vec<Scaling>,
}

/// How a count becomes a value: its `asinh`, in multiples of the mean count, less the mean, over the standard deviation.
#[derive(Clone, Copy, Debug)]
struct Scaling {
    over_mean: f32,
    mean: f32,
    over_deviation: f32,
}

impl Scaling {
    fn of(self, count: f32) -> f32 {
        (asinh(count * self.over_mean) - self.mean) * self.over_deviation
    }
}

impl PathTable {
    /// Counts the paths of all pairs of a view, with this damping exponent of degrees.
    ///
    /// # Errors
    ///
    /// [`LinkError::Fit`] in the name of `scorer` where there is no metapath, or there are more than 2³⁰ counts.
    pub fn new(scorer: &str, view: &TrainView, damping: f32) -> Result<Self, LinkError> {
        let refuse = |problem| Err(LinkError::Fit { scorer: scorer.into(), problem });
        let evidence = Evidence::new(view);
        let (relations, metapaths) = (evidence.relations(), evidence.metapaths());
        let (sources, targets) = (view.sources() as usize, view.targets() as usize);
        let width = metapaths.len();
        if sources * targets > MOST / width.max(1) {
            return refuse(format!(
                "{width} path counts of {} pairs would have to be kept in memory; expected at most {MOST} counts",
                sources * targets
            ));
        }
        let (counts, between) =
            (evidence.counts(&relations, &metapaths, damping), evidence.between(&metapaths, damping));
        let (Some(counts), Some(between)) = (counts, between) else {
            return refuse("no path of up to three steps joins its two types; expected one or more".into());
        };
        let mut values = vec![0.0f32; targets * sources * width];
        let from_targets = evidence.starts_at_targets();
        blocks(&counts, |first, block_width, metapath, block| {
            let rows = values.par_chunks_exact_mut(sources * width).enumerate();
            if from_targets {
                rows.skip(first).take(block_width).for_each(|(target, row)| {
                    let counts = block.iter().skip(target - first).step_by(block_width);
                    let cells = row.iter_mut().skip(metapath).step_by(width);
                    cells.zip(counts).for_each(|(cell, count)| *cell = *count);
                });
            } else {
                rows.for_each(|(target, row)| {
                    let cells = row.iter_mut().skip(first * width + metapath).step_by(width);
                    let counts = &block[target * block_width..][..block_width];
                    cells.zip(counts).for_each(|(cell, count)| *cell = *count);
                });
            }
        });
        let scalings = standardise(&mut values, width, sources * width);
        Ok(Self { metapaths, sources, values, between, scalings })
    }

    /// The metapaths, in the order of the columns.
    pub fn metapaths(&self) -> &[Metapath] {
        &self.metapaths
    }

    /// The counts of all sources for a target: `[n_sources, metapaths]`.
    pub fn of_target(&self, target: u32) -> &[f32] {
        let row = self.sources * self.metapaths.len();
        &self.values[target as usize * row..][..row]
    }

    /// The counts of a pair on a graph whose original is that of the view, scaled as those of the view are: `[metapaths]`.
    pub fn on(&self, graph: &EditedGraph<'_>, pair: Pair) -> Vec<f32> {
        let mut scratch = self.between.scratch();
        let count = |place| self.between.count(graph, place, pair.source, pair.target, &mut scratch);
        (0..self.scalings.len())
            .map(count)
            .zip(&self.scalings)
            .map(|(count, scaling)| scaling.of(count))
            .collect()
    }

    /// The counts of a pair: `[metapaths]`.
    pub fn of(&self, pair: Pair) -> &[f32] {
        let width = self.metapaths.len();
        &self.of_target(pair.target)[pair.source as usize * width..][..width]
    }
}

/// Each column as `asinh(count / mean)`, less its mean, over its standard deviation; 0 where all are the same.
fn standardise(values: &mut [f32], width: usize, row: usize) -> Vec<Scaling> {
    let count = (values.len() / width) as f64;
    // Rows are summed by themselves and then in order, whatever the number of threads.
    let sums = |values: &[f32], of: &(dyn Fn(f64, usize) -> f64 + Sync)| -> Vec<f64> {
        let by_row: Vec<Vec<f64>> = values
            .par_chunks_exact(row)
            .map(|row| {
                let mut sums = vec![0.0; width];
                for cells in row.chunks_exact(width) {
                    let cells = cells.iter().enumerate();
                    sums.iter_mut().zip(cells).for_each(|(sum, (k, &x))| *sum += of(f64::from(x), k));
                }
                sums
            })
            .collect();
        let mut total = vec![0.0; width];
        for row in &by_row {
            total.iter_mut().zip(row).for_each(|(total, sum)| *total += sum);
        }
        total.into_iter().map(|sum| sum / count).collect()
    };
    let means = sums(values, &|x, _| x);
    let scales: Vec<f32> =
        means.iter().map(|&mean| if mean > 0.0 { 1.0 / mean as f32 } else { 0.0 }).collect();
    let each = |values: &mut [f32], of: &(dyn Fn(f32, usize) -> f32 + Sync)| {
        values.par_chunks_exact_mut(row).for_each(|row| {
            for cells in row.chunks_exact_mut(width) {
                cells.iter_mut().enumerate().for_each(|(k, x)| *x = of(*x, k));
            }
        });
    };
    each(values, &|x, k| asinh(x * scales[k]));
    let means = sums(values, &|x, _| x);
    let variances = sums(values, &|x, k| (x - means[k]).powi(2));
    let over: Vec<f32> =
        variances.iter().map(|&v| if v > 0.0 { 1.0 / v.sqrt() as f32 } else { 0.0 }).collect();
    each(values, &|x, k| (x - means[k] as f32) * over[k]);
    let scaling = |k: usize| Scaling { over_mean: scales[k], mean: means[k] as f32, over_deviation: over[k] };
    (0..width).map(scaling).collect()
}

#[cfg(test)]
mod tests {
    use theriac_link::conformance::{example_graph, example_task};
    use theriac_link::{Budget, Scorer, Silent, Split};

    use super::*;
    use crate::L3;

    fn view() -> TrainView {
        let graph = example_graph();
        let split = Split::random(&graph, &example_task(&graph).unwrap(), 0.1, 0.2, 7).unwrap();
        TrainView::new(&graph, &split).unwrap()
    }

    #[test]
    fn asinh_is_that_of_the_standard_library() {
        for x in [0.0, 1e-6, 0.01, 0.7, 3.0, 1e4] {
            assert!((f64::from(asinh(x)) - f64::from(x).asinh()).abs() < 1e-6 * (1.0 + f64::from(x).asinh()));
        }
    }

    #[test]
    fn all_pairs_have_the_counts_of_single_ones_standardised() {
        let view = view();
        let table = PathTable::new("test", &view, 0.5).unwrap();
        let pairs: Vec<Pair> = (0..view.targets())
            .flat_map(|target| (0..view.sources()).map(move |source| Pair { source, target }))
            .collect();
        let evidence = Evidence::new(&view);
        let relations = evidence.relations();
        let counts = evidence.counts(&relations, table.metapaths(), 0.5).unwrap().of(&pairs);
        let width = table.metapaths().len();
        for k in 0..width {
            let column: Vec<f64> =
                counts.iter().skip(k).step_by(width).map(|&count| f64::from(count)).collect();
            let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
            let scaled: Vec<f64> = column.iter().map(|x| (x / mean(&column)).asinh()).collect();
            let deviation =
                mean(&scaled.iter().map(|x| (x - mean(&scaled)).powi(2)).collect::<Vec<_>>()).sqrt();
            for (pair, x) in pairs.iter().zip(&scaled) {
                let (found, expected) = (f64::from(table.of(*pair)[k]), (x - mean(&scaled)) / deviation);
                assert!((found - expected).abs() < 1e-4, "{pair}, {k}: {found} for {expected}");
            }
        }
    }

    #[test]
    fn with_a_damping_of_a_half_paths_along_the_target_order_pairs_as_l3_does() {
        let view = view();
        let table = PathTable::new("test", &view, 0.5).unwrap();
        let along = |path: &Metapath| path.steps().iter().all(|step| step.relation == *view.task().target());
        let column = table.metapaths().iter().position(along).unwrap();
        let l3 = L3.fit(&view, &Budget::new(0, &Silent)).unwrap();
        let pairs: Vec<Pair> = (0..view.targets())
            .flat_map(|target| (0..view.sources()).map(move |source| Pair { source, target }))
            .collect();
        let mut both: Vec<(f32, f32)> =
            l3.score(&pairs).into_iter().zip(pairs.iter().map(|pair| table.of(*pair)[column])).collect();
        both.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert!(both.windows(2).all(|two| two[0].1 <= two[1].1 + 1e-4));
        assert!(both[0].1 < both[both.len() - 1].1);
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let view = view();
        let values = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| PathTable::new("test", &view, 0.5).unwrap().values)
        };
        assert_eq!(values(1), values(3));
    }

    #[test]
    fn on_the_graph_of_the_view_counts_are_those_of_the_table() {
        let graph = example_graph();
        let split = Split::random(&graph, &example_task(&graph).unwrap(), 0.1, 0.2, 7).unwrap();
        let view = TrainView::new(&graph, &split).unwrap();
        let table = PathTable::new("a test", &view, 0.5).unwrap();
        let whole = EditedGraph::new(view.graph());
        for place in 0..24 * 18 {
            let pair = Pair::new(place % 24, place / 24);
            for (found, expected) in table.on(&whole, pair).iter().zip(table.of(pair)) {
                assert!((found - expected).abs() < 1e-4, "{pair}: {found}, expected {expected}");
            }
        }
    }
}
