//! Matrix factorisation for implicit feedback: an edge is a sign of preference, its absence a weak sign against.

use std::sync::Arc;

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt::{factor, solve};
use faer::{Conj, MatMut, Par};
use rayon::prelude::*;
use theriac_graph::{Csr, EditedGraph, NamedTensor, NamedTensors};
use theriac_link::{Budget, FitRecord, FittedScorer, LinkError, Observer, Pair, Rescorer, Scorer, TrainView};

use crate::factors::{Factorised, Factors};
use crate::selection::Selection;
use crate::svd::Decomposition;

const NAME: &str = "implicit ALS";

/// Sweeps over both sides: from where they start, more change little.
const SWEEPS: usize = 6;

/// Scores a pair by factors that are fitted to all pairs by least squares, ones for train edges and zeros for all others,
/// where an edge weighs `1 + α` and any other pair 1 (Hu, Koren and Volinsky 2008). Rank, `α` and regularisation are chosen
/// on the validation part.
///
/// Alternating least squares start from the truncated singular value decomposition, which is the solution for `α` = 0
/// without regularisation, so that no random draw is needed and few sweeps suffice.
#[derive(Clone, Copy, Debug, Default)]
pub struct ImplicitAls;

#[derive(Clone, Copy)]
struct Settings {
    rank: usize,
    alpha: f64,
    regularisation: f64,
}

/// What is tried, the default first.
const CONFIGURATIONS: [Settings; 4] = [
    Settings { rank: 32, alpha: 4.0, regularisation: 10.0 },
    Settings { rank: 32, alpha: 1.0, regularisation: 10.0 },
    Settings { rank: 32, alpha: 4.0, regularisation: 1.0 },
    Settings { rank: 16, alpha: 4.0, regularisation: 10.0 },
];

impl Scorer for ImplicitAls {
    fn name(&self) -> &str {
        NAME
    }

    fn fit(&self, view: &TrainView, budget: &Budget<'_>) -> Result<Box<dyn FittedScorer>, LinkError> {
        let refuse = |problem: String| LinkError::Fit { scorer: NAME.into(), problem };
        let (forward, backward) = (&view.target().forward, &view.target().backward);
        let start = Decomposition::new(forward.clone(), backward.clone()).map_err(refuse)?;
        let configurations = CONFIGURATIONS.map(|settings| {
            let Settings { rank, alpha, regularisation } = settings;
            (format!("rank {rank}, alpha {alpha}, regularisation {regularisation}"), settings)
        });
        let ((factors, settings), trials) = Selection::new(view, budget)?.choose(
            configurations,
            |settings| {
                factorise(forward, backward, &start.factors(settings.rank), settings, budget.observer)
                    .map(|factors| (factors, settings))
                    .ok_or_else(|| refuse("its least squares are not definite".into()))
            },
            |(factors, _), pairs| factors.score(pairs),
        )?;
        let record = FitRecord::new(NAME, view).with_trials(trials);
        let settings = Settings { rank: factors.rank, ..settings };
        let anew = Anew::new(view.target_place(), settings, factors.sources.clone());
        Ok(Box::new(Factorised { factors, rescorer: Arc::new(anew), record }))
    }
}

/// The factors of sources, for which other graphs have other targets.
struct Anew {
    /// Place of the target relation.
    target: usize,
    settings: Settings,
    /// `[n_sources, rank]`.
    sources: Vec<f32>,
    /// The same in double precision.
    fixed: Vec<f64>,
}

impl Anew {
    fn new(target: usize, settings: Settings, sources: Vec<f32>) -> Self {
        let fixed = sources.iter().map(|&value| f64::from(value)).collect();
        Self { target, settings, sources, fixed }
    }
}

impl Rescorer for Anew {
    /// The factors of the target solve its least squares anew, as in the last half of the last sweep.
    fn rescore(&self, graph: &EditedGraph<'_>, pair: Pair) -> f32 {
        let rank = self.settings.rank;
        let known = graph.row(self.target, true, pair.target).neighbors.to_vec();
        let columns = (self.sources.len() / rank.max(1)) as u32;
        let row = Csr::from_sorted(columns, vec![0, known.len() as u32], known, None);
        // What was definite stays so: an edge adds to the diagonal.
        let of_target = solve_side(&row, &self.fixed, rank, self.settings).unwrap_or_else(|| vec![0.0; rank]);
        let of_source = &self.fixed[pair.source as usize * rank..][..rank];
        of_source.iter().zip(of_target).map(|(a, b)| a * b).sum::<f64>() as f32
    }

    fn learned(&self) -> Vec<NamedTensor> {
        let Settings { rank, alpha, regularisation } = self.settings;
        let settings = NamedTensor::row("settings", vec![alpha as f32, regularisation as f32]);
        vec![NamedTensor::new("sources", rank, self.sources.clone()), settings]
    }
}

/// The factors that were learned on this view.
///
/// # Errors
///
/// One sentence when a matrix is missing or has another shape.
pub(crate) fn restore(view: &TrainView, tensors: &mut NamedTensors) -> Result<Arc<dyn Rescorer>, String> {
    let [alpha, regularisation] = tensors.take_row("settings")?.map(f64::from);
    let sources = tensors.take("sources")?;
    if sources.rows != view.sources() as usize {
        return Err(format!("tensor 'sources' has {} rows; expected {}", sources.rows, view.sources()));
    }
    if sources.columns == 0 {
        return Err("tensor 'sources' has no column; expected one or more".into());
    }
    let settings = Settings { rank: sources.columns, alpha, regularisation };
    Ok(Arc::new(Anew::new(view.target_place(), settings, sources.values)))
}

/// Sweeps until done or asked to stop; `None` where rounding leaves a system not definite.
fn factorise(
    forward: &Csr,
    backward: &Csr,
    start: &Factors,
    settings: Settings,
    observer: &dyn Observer,
) -> Option<Factors> {
    let rank = start.rank;
    let mut targets: Vec<f64> = start.targets.iter().map(|&value| f64::from(value)).collect();
    let mut sources = Vec::new();
    for sweep in 0..SWEEPS {
        if sweep > 0 && observer.stop_requested() {
            break;
        }
        sources = solve_side(forward, &targets, rank, settings)?;
        targets = solve_side(backward, &sources, rank, settings)?;
    }
    let narrow = |values: Vec<f64>| values.into_iter().map(|value| value as f32).collect();
    Some(Factors { rank, sources: narrow(sources), targets: narrow(targets) })
}

/// The best factors of one side, `[edges.rows(), rank]`, for `fixed` ones of the other, `[edges.columns(), rank]`.
fn solve_side(edges: &Csr, fixed: &[f64], rank: usize, settings: Settings) -> Option<Vec<f64>> {
    let Settings { alpha, regularisation, .. } = settings;
    let mut gram = vec![0.0; rank * rank];
    for vector in fixed.chunks_exact(rank) {
        add_outer_product(&mut gram, vector, 1.0);
    }
    for diagonal in gram.iter_mut().step_by(rank + 1) {
        *diagonal += regularisation;
    }
    let params = faer::Spec::default();
    let scratch = factor::cholesky_in_place_scratch::<f64>(rank, Par::Seq, params)
        .or(solve::solve_in_place_scratch::<f64>(rank, 1, Par::Seq));
    let mut solved = vec![0.0; edges.rows() as usize * rank];
    solved
        .par_chunks_exact_mut(rank)
        .enumerate()
        .map_init(
            || (gram.clone(), MemBuffer::new(scratch)),
            |(system, memory), (row, solution)| {
                let neighbors = edges.neighbors(row as u32);
                if neighbors.is_empty() {
                    return Some(());
                }
                system.copy_from_slice(&gram);
                for &neighbor in neighbors {
                    let vector = &fixed[neighbor as usize * rank..][..rank];
                    add_outer_product(system, vector, alpha);
                    for (sum, value) in solution.iter_mut().zip(vector) {
                        *sum += (1.0 + alpha) * value;
                    }
                }
                let mut system = MatMut::from_column_major_slice_mut(system, rank, rank);
                let (plain, stack) = (factor::LltRegularization::default(), MemStack::new(memory));
                factor::cholesky_in_place(system.as_mut(), plain, Par::Seq, stack, params).ok()?;
                let solution = MatMut::from_column_major_slice_mut(solution, rank, 1);
                solve::solve_in_place_with_conj(system.as_ref(), Conj::No, solution, Par::Seq, stack);
                Some(())
            },
        )
        .collect::<Option<()>>()?;
    Some(solved)
}

/// Adds `weight` times the outer product of a vector with itself to the lower triangle of `matrix`, column-major.
fn add_outer_product(matrix: &mut [f64], vector: &[f64], weight: f64) {
    let rank = vector.len();
    for (column, values) in matrix.chunks_exact_mut(rank).enumerate() {
        let factor = weight * vector[column];
        for (sum, value) in values[column..].iter_mut().zip(&vector[column..]) {
            *sum += factor * value;
        }
    }
}

#[cfg(test)]
mod tests {
    use theriac_link::conformance::{check_scorer, example_graph, example_task};
    use theriac_link::{Pair, Silent};

    use super::*;
    use crate::testing::check_thread_counts;

    #[test]
    fn conforms() {
        check_scorer(&ImplicitAls);
    }

    #[test]
    fn the_same_bits_on_any_number_of_threads() {
        check_thread_counts(&ImplicitAls);
    }

    /// The loss that Hu, Koren and Volinsky state, over all pairs.
    fn loss(edges: &Csr, factors: &Factors, settings: Settings) -> f64 {
        let squares = |values: &[f32]| values.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>();
        let mut loss = settings.regularisation * (squares(&factors.sources) + squares(&factors.targets));
        for source in 0..edges.rows() {
            for target in 0..edges.columns() {
                let score = f64::from(factors.score(&[Pair::new(source, target)])[0]);
                let (preference, confidence) =
                    if edges.contains(source, target) { (1.0, 1.0 + settings.alpha) } else { (0.0, 1.0) };
                loss += confidence * (preference - score).powi(2);
            }
        }
        loss
    }

    #[test]
    fn no_step_away_from_the_last_solution_lowers_the_loss() {
        let graph = example_graph();
        let target = graph.relation(example_task(&graph).unwrap().target()).unwrap();
        let (forward, backward) = (&target.forward, &target.backward);
        let settings = Settings { rank: 3, alpha: 5.0, regularisation: 0.5 };
        let start = Decomposition::new(forward.clone(), backward.clone()).unwrap().factors(3);
        let factors = factorise(forward, backward, &start, settings, &Silent).unwrap();
        let reached = loss(forward, &factors, settings);
        assert!(reached < loss(forward, &start, settings));
        for place in 0..factors.targets.len() {
            for step in [-0.05, 0.05] {
                let mut moved = factors.clone();
                moved.targets[place] += step;
                assert!(loss(forward, &moved, settings) > reached);
            }
        }
    }
}
