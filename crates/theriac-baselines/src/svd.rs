//! The truncated singular value decomposition of the train matrix.

use std::sync::Arc;

use faer::Mat;
use rayon::prelude::*;
use theriac_graph::{Csr, EditedGraph, NamedTensor, NamedTensors};
use theriac_link::{Budget, FitRecord, FittedScorer, LinkError, Pair, Rescorer, Scorer, TrainView};

use crate::dense::{MAX_DIMENSION, eigen, shared_columns};
use crate::factors::{Factorised, Factors};
use crate::selection::Selection;

const NAME: &str = "PureSVD";

/// Names of the tensor of singular vectors, by the side that they are over.
const SOURCES: &str = "sources";
const TARGETS: &str = "targets";

/// Ranks to choose from, the default first.
const RANKS: [usize; 6] = [32, 8, 16, 64, 96, 128];

/// Scores a pair by the best approximation of the train matrix of a given rank, with missing edges taken for zeros:
/// `PureSVD` (Cremonesi, Koren and Turrin 2010). The rank is chosen on the validation part.
///
/// The decomposition is exact: it comes from the eigenvectors of the Gram matrix of whichever side has fewer nodes with
/// train edges.
#[derive(Clone, Copy, Debug, Default)]
pub struct PureSvd;

impl Scorer for PureSvd {
    fn name(&self) -> &str {
        NAME
    }

    fn fit(&self, view: &TrainView, budget: &Budget<'_>) -> Result<Box<dyn FittedScorer>, LinkError> {
        let decomposition = Decomposition::new(view.target().forward.clone(), view.target().backward.clone())
            .map_err(|problem| LinkError::Fit { scorer: NAME.into(), problem })?;
        let configurations = RANKS.map(|rank| (format!("rank {rank}"), rank));
        let (factors, trials) = Selection::new(view, budget)?.choose(
            configurations,
            |rank| Ok(decomposition.factors(rank)),
            Factors::score,
        )?;
        let record = FitRecord::new(NAME, view).with_trials(trials);
        let by_sources = decomposition.by_sources;
        let basis = if by_sources { &factors.sources } else { &factors.targets };
        let anew = Anew { target: view.target_place(), by_sources, rank: factors.rank, basis: basis.clone() };
        Ok(Box::new(Factorised { factors, rescorer: Arc::new(anew), record }))
    }
}

/// The leading singular vectors, on which other graphs are projected.
struct Anew {
    /// Place of the target relation.
    target: usize,
    /// Whether the vectors are over the sources.
    by_sources: bool,
    rank: usize,
    /// `[nodes, rank]`.
    basis: Vec<f32>,
}

impl Rescorer for Anew {
    fn rescore(&self, graph: &EditedGraph<'_>, pair: Pair) -> f32 {
        let (narrow, wide) =
            if self.by_sources { (pair.source, pair.target) } else { (pair.target, pair.source) };
        let vector = |node: u32| &self.basis[node as usize * self.rank..][..self.rank];
        let own = vector(narrow);
        let known = graph.row(self.target, self.by_sources, wide).neighbors.iter();
        let product = |&other: &u32| -> f64 {
            own.iter().zip(vector(other)).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
        };
        known.map(product).sum::<f64>() as f32
    }

    fn learned(&self) -> Vec<NamedTensor> {
        let name = if self.by_sources { SOURCES } else { TARGETS };
        vec![NamedTensor::new(name, self.rank, self.basis.clone())]
    }
}

/// The singular vectors that were found on this view.
///
/// # Errors
///
/// One sentence when they are missing or not as many as there are nodes.
pub(crate) fn restore(view: &TrainView, tensors: &mut NamedTensors) -> Result<Arc<dyn Rescorer>, String> {
    let (by_sources, vectors) = match tensors.take(SOURCES) {
        Ok(vectors) => (true, vectors),
        Err(_) => (false, tensors.take(TARGETS)?),
    };
    let nodes = if by_sources { view.sources() } else { view.targets() };
    if vectors.rows != nodes as usize {
        return Err(format!("tensor '{}' has {} rows; expected {nodes}", vectors.name, vectors.rows));
    }
    let (rank, basis) = (vectors.columns, vectors.values);
    Ok(Arc::new(Anew { target: view.target_place(), by_sources, rank, basis }))
}

/// All singular vectors of the narrow side of a matrix, from which factors of any rank follow.
pub(crate) struct Decomposition {
    forward: Arc<Csr>,
    backward: Arc<Csr>,
    /// Whether the narrow side is that of the sources.
    by_sources: bool,
    /// Nodes of the narrow side that have edges.
    nodes: Vec<u32>,
    /// Singular vectors over these nodes, by falling singular value: `[nodes, nodes]`.
    vectors: Mat<f64>,
}

impl Decomposition {
    /// Decomposes the matrix of these edges, or says why it cannot be.
    pub(crate) fn new(forward: Arc<Csr>, backward: Arc<Csr>) -> Result<Self, String> {
        let with_edges =
            |edges: &Csr| (0..edges.rows()).filter(|&node| edges.degree(node) > 0).collect::<Vec<_>>();
        let (sources, targets) = (with_edges(&forward), with_edges(&backward));
        let by_sources = sources.len() <= targets.len();
        let (nodes, edges) = if by_sources { (sources, &forward) } else { (targets, &backward) };
        if nodes.len() > MAX_DIMENSION {
            let found = nodes.len();
            return Err(format!(
                "{found} nodes of the narrower side have edges; at most {MAX_DIMENSION} fit"
            ));
        }
        let (mut offsets, mut indices) = (vec![0], Vec::with_capacity(edges.len()));
        for &node in &nodes {
            indices.extend(edges.neighbors(node));
            offsets.push(indices.len() as u32);
        }
        let compact = Csr::from_sorted(edges.columns(), offsets, indices, None);
        let (_, rising) = eigen(shared_columns(&compact, &compact.transpose()).as_ref())
            .ok_or("the eigenvectors of its Gram matrix did not converge")?;
        let n = nodes.len();
        let vectors = Mat::from_fn(n, n, |node, place| rising[(node, n - 1 - place)]);
        Ok(Self { forward, backward, by_sources, nodes, vectors })
    }

    /// The best approximation of this rank, or of full rank where that is lower: the projection of the matrix on the
    /// leading singular vectors.
    pub(crate) fn factors(&self, rank: usize) -> Factors {
        let rank = rank.min(self.nodes.len());
        let (narrow, wide) =
            if self.by_sources { (&self.forward, &self.backward) } else { (&self.backward, &self.forward) };
        let mut basis = vec![0.0; narrow.rows() as usize * rank];
        for (row, &node) in self.nodes.iter().enumerate() {
            for (place, value) in basis[node as usize * rank..][..rank].iter_mut().enumerate() {
                *value = self.vectors[(row, place)];
            }
        }
        let project = |node: u32| {
            let mut sum = vec![0.0; rank];
            for &other in wide.neighbors(node) {
                for (sum, value) in sum.iter_mut().zip(&basis[other as usize * rank..][..rank]) {
                    *sum += value;
                }
            }
            sum.into_iter().map(|sum: f64| sum as f32).collect::<Vec<_>>()
        };
        let projected: Vec<Vec<f32>> = (0..wide.rows()).into_par_iter().map(project).collect();
        let (narrow, wide) = (basis.iter().map(|&value| value as f32).collect(), projected.concat());
        let (sources, targets) = if self.by_sources { (narrow, wide) } else { (wide, narrow) };
        Factors { rank, sources, targets }
    }
}

#[cfg(test)]
mod tests {
    use theriac_link::Pair;
    use theriac_link::conformance::{check_scorer, example_graph, example_task};
    use theriac_link::{Silent, Split};

    use super::*;
    use crate::testing::check_thread_counts;

    #[test]
    fn conforms() {
        check_scorer(&PureSvd);
    }

    #[test]
    fn the_same_bits_on_any_number_of_threads() {
        check_thread_counts(&PureSvd);
    }

    #[test]
    fn full_rank_gives_the_matrix_back_and_less_gives_the_best_approximation() {
        let graph = example_graph();
        let target = graph.relation(example_task(&graph).unwrap().target()).unwrap();
        let dense = Mat::from_fn(24, 18, |source, target_node| {
            f64::from(u8::from(target.forward.contains(source as u32, target_node as u32)))
        });
        let svd = dense.svd().unwrap();
        // Either side narrow: the graph as it is, and turned round.
        for turned in [false, true] {
            let (forward, backward) = (target.forward.clone(), target.backward.clone());
            let (forward, backward) = if turned { (backward, forward) } else { (forward, backward) };
            let decomposition = Decomposition::new(forward, backward).unwrap();
            for rank in [3, 18] {
                let factors = decomposition.factors(rank);
                let best = |source: usize, target: usize| -> f64 {
                    (0..rank).map(|k| svd.U()[(source, k)] * svd.S()[k] * svd.V()[(target, k)]).sum()
                };
                for source in 0..24 {
                    for target in 0..18 {
                        let pair = Pair::new(source as u32, target as u32);
                        let found = factors.score(&[if turned { pair.reversed() } else { pair }])[0];
                        assert!((f64::from(found) - best(source, target)).abs() < 1e-5);
                    }
                }
            }
        }
    }

    #[test]
    fn every_rank_is_in_the_record() {
        let graph = example_graph();
        let split = Split::random(&graph, &example_task(&graph).unwrap(), 0.2, 0.2, 1).unwrap();
        let view = TrainView::new(&graph, &split).unwrap();
        let fitted = PureSvd.fit(&view, &Budget::new(0, &Silent)).unwrap();
        assert_eq!(fitted.record().trials.len(), RANKS.len());
    }
}
