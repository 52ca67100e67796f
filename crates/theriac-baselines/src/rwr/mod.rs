//! Random walk with restart over the whole heterogeneous graph.

mod about;
mod anew;

use std::sync::Arc;

use rayon::prelude::*;
use theriac_graph::{Csr, Relation};
use theriac_link::{Budget, FitRecord, FittedScorer, LinkError, Scorer, TrainView};

use self::anew::WalkAnew;
pub(crate) use self::anew::restore;
use crate::propagation::{BLOCK, add_neighbors, indicators, scale_rows};
use crate::score_matrix::{ScoreMatrix, transposed};
use crate::selection::Selection;
use crate::similarity::resemblances;

const NAME: &str = "random walk with restart";

/// Restart probabilities that are tried; the first is the default.
const RESTARTS: [f32; 3] = [0.5, 0.3, 0.75];
/// Probability of walks that are still under way where the series is cut off.
const TOLERANCE: f32 = 5e-3;
/// Exponents of the degrees that are tried, of the walk's start and of what it reaches; the first is the default.
const CORRECTIONS: [(f32, f32); 6] = [(0.0, 0.0), (0.5, 0.0), (1.0, 0.0), (0.0, 0.5), (0.5, 0.5), (1.0, 0.5)];
/// Neighbours to a node in the networks made of features.
const NEAREST: usize = 10;

/// Scores a pair by how often a random walker who sets out from one end, and restarts there with a fixed probability at
/// every step, is at the other (Tong, Faloutsos and Pan 2006, ICDM; Köhler et al. 2008, Am. J. Hum. Genet. 82:949-958).
///
/// The walker goes over all node types and all relations of the view, both ways; given features take part as relations
/// between each node and the ten most like it. From a node it first chooses among the relations and directions in which
/// the node has an edge, each as likely, then among the edges of that one, each as likely. It sets out from the sources or
/// from the targets, whichever are fewer. The stationary distribution is the power series of the transition matrix, cut
/// off where less than 0.005 of the probability is left.
///
/// Chosen on validation: the restart probability (0.5, 0.3, 0.75), and a correction for degree: the probability times
/// `(1 + degree)^a` of the node that the walks set out from, in the target relation, over `m^b`, where `m` is the mean
/// probability of being at the other end. It is the train part alone that these degrees are of.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomWalk;

/// A way of turning probabilities into scores.
#[derive(Clone, Copy)]
struct Settings {
    /// Place in [`RESTARTS`].
    restart: usize,
    start_exponent: f32,
    end_exponent: f32,
}

impl Scorer for RandomWalk {
    fn name(&self) -> &str {
        NAME
    }

    fn fit(&self, view: &TrainView, budget: &Budget<'_>) -> Result<Box<dyn FittedScorer>, LinkError> {
        ScoreMatrix::check(NAME, view)?;
        let walks = Walks::new(view, &|| budget.observer.stop_requested());
        let configurations = RESTARTS.iter().enumerate().flat_map(|(place, restart)| {
            CORRECTIONS.map(|(start_exponent, end_exponent)| {
                let words = format!("restart {restart}, start degree^{start_exponent}, mean^-{end_exponent}");
                (words, Settings { restart: place, start_exponent, end_exponent })
            })
        });
        let (chosen, trials) = Selection::new(view, budget)?.choose(
            configurations,
            |settings| Ok(walks.factors(settings)),
            |factors, pairs| {
                let ends = pairs.iter().map(|pair| {
                    if walks.from_targets { (pair.target, pair.source) } else { (pair.source, pair.target) }
                });
                ends.map(|(start, end)| walks.score(factors, start as usize, end as usize)).collect()
            },
        )?;
        let record = FitRecord::new(NAME, view).with_trials(trials);
        let learned = anew::Settings {
            restart: RESTARTS[chosen.restart],
            start_exponent: chosen.start_exponent,
            ends: chosen.ends.clone(),
        };
        let rescorer = Arc::new(WalkAnew::new(view, learned));
        Ok(Box::new(ScoreMatrix::new(walks.into_scores(&chosen), record).with_rescorer(rescorer)))
    }
}

/// The stationary probabilities of walks from all nodes of one side.
struct Walks {
    from_targets: bool,
    starts: usize,
    /// For each of [`RESTARTS`], of being at each node of the other side: `[ends, starts]`.
    probabilities: Vec<Vec<f32>>,
    /// Degree of each start in the target relation.
    degrees: Vec<u32>,
}

/// What the probabilities of one restart are multiplied with.
struct Factors {
    restart: usize,
    start_exponent: f32,
    starts: Vec<f32>,
    ends: Vec<f32>,
}

impl Walks {
    fn new(view: &TrainView, stop: &dyn Fn() -> bool) -> Self {
        let target = view.target();
        let from_targets = view.targets() < view.sources();
        let (start_type, end_type, edges) = if from_targets {
            (target.target_type, target.source_type, &target.backward)
        } else {
            (target.source_type, target.target_type, &target.forward)
        };
        let resemblances = resemblances(view, NEAREST);
        let transitions = Transitions::new(view, &resemblances);
        let (starts, ends) = (edges.rows() as usize, edges.columns() as usize);
        let mut probabilities = vec![vec![0.0; ends * starts]; RESTARTS.len()];
        let steps = most_steps();
        for first in (0..starts).step_by(BLOCK) {
            let width = BLOCK.min(starts - first);
            let mut at: Vec<Vec<f32>> =
                transitions.sizes.iter().map(|&nodes| vec![0.0; nodes * width]).collect();
            at[start_type] = indicators(starts, first, width);
            // Once a stop is asked for, what is left are walks of no and of one step.
            for step in 0..=if stop() { 1 } else { steps } {
                if step > 0 {
                    at = transitions.follow(&at, width);
                }
                for (probabilities, &restart) in probabilities.iter_mut().zip(&RESTARTS) {
                    let share = restart * (1.0 - restart).powi(step as i32);
                    let rows = probabilities.par_chunks_mut(starts).with_min_len(64);
                    rows.zip(at[end_type].par_chunks(width)).for_each(|(row, at)| {
                        row[first..first + width].iter_mut().zip(at).for_each(|(sum, at)| *sum += share * at);
                    });
                }
            }
        }
        let degrees = (0..edges.rows()).map(|node| edges.degree(node)).collect();
        Self { from_targets, starts, probabilities, degrees }
    }

    fn factors(&self, settings: Settings) -> Factors {
        let starts =
            self.degrees.iter().map(|&degree| (1.0 + degree as f32).powf(settings.start_exponent)).collect();
        let mean = |row: &[f32]| row.iter().sum::<f32>() / row.len() as f32;
        let end = |row: &[f32]| match mean(row) {
            // No walk comes here, so that every score is 0 whatever the factor.
            0.0 => 0.0,
            mean => mean.powf(-settings.end_exponent),
        };
        let ends = self.probabilities[settings.restart].chunks_exact(self.starts).map(end).collect();
        Factors { restart: settings.restart, start_exponent: settings.start_exponent, starts, ends }
    }

    fn score(&self, factors: &Factors, start: usize, end: usize) -> f32 {
        self.probabilities[factors.restart][end * self.starts + start]
            * factors.starts[start]
            * factors.ends[end]
    }

    /// All scores, `[n_targets, n_sources]`.
    fn into_scores(mut self, factors: &Factors) -> Vec<f32> {
        let mut scores = std::mem::take(&mut self.probabilities[factors.restart]);
        for (row, end) in scores.chunks_exact_mut(self.starts).zip(&factors.ends) {
            row.iter_mut().zip(&factors.starts).for_each(|(score, start)| *score *= start * end);
        }
        if self.from_targets { transposed(&scores, self.starts) } else { scores }
    }
}

/// How many steps are taken, whatever the restart.
fn most_steps() -> usize {
    RESTARTS.iter().map(|&restart| steps(restart)).max().unwrap_or(0)
}

/// How many steps leave less than [`TOLERANCE`] of the probability.
fn steps(restart: f32) -> usize {
    (TOLERANCE.ln() / (1.0 - restart).ln()).ceil() as usize
}

/// The walker's transition probabilities, one matrix to a relation and direction.
struct Transitions<'a> {
    /// Number of nodes of each type.
    sizes: Vec<usize>,
    moves: Vec<Move<'a>>,
}

struct Move<'a> {
    from: usize,
    to: usize,
    /// The nodes that each node is reached from.
    into: &'a Csr,
    /// Probability of each edge out of a node: `[from nodes]`.
    probabilities: Vec<f32>,
}

impl<'a> Transitions<'a> {
    fn new(view: &'a TrainView, resemblances: &'a [Relation]) -> Self {
        let sizes: Vec<usize> =
            view.graph().node_tables().iter().map(theriac_graph::NodeTable::len).collect();
        let mut moves = Vec::new();
        let mut choices: Vec<Vec<u32>> = sizes.iter().map(|&nodes| vec![0; nodes]).collect();
        for relation in view.graph().relations().iter().chain(resemblances) {
            let forward = (relation.source_type, relation.target_type, &relation.forward, &relation.backward);
            let backward =
                (relation.target_type, relation.source_type, &relation.backward, &relation.forward);
            let directions = if relation.is_symmetric() { vec![forward] } else { vec![forward, backward] };
            for (from, to, out, into) in directions {
                let degrees = (0..out.rows()).map(|node| out.degree(node) as f32);
                let probabilities: Vec<f32> =
                    degrees.map(|degree| if degree > 0.0 { 1.0 / degree } else { 0.0 }).collect();
                for (choices, probability) in choices[from].iter_mut().zip(&probabilities) {
                    *choices += u32::from(*probability > 0.0);
                }
                moves.push(Move { from, to, into, probabilities });
            }
        }
        for step in &mut moves {
            for (probability, &choices) in step.probabilities.iter_mut().zip(&choices[step.from]) {
                *probability /= choices.max(1) as f32;
            }
        }
        Self { sizes, moves }
    }

    /// Where walkers are one step later: `[nodes, width]` to each type.
    fn follow(&self, at: &[Vec<f32>], width: usize) -> Vec<Vec<f32>> {
        let mut next: Vec<Vec<f32>> = self.sizes.iter().map(|&nodes| vec![0.0; nodes * width]).collect();
        for step in &self.moves {
            let mut table = at[step.from].clone();
            scale_rows(&mut table, width, &step.probabilities);
            add_neighbors(step.into, None, &table, width, &mut next[step.to]);
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use theriac_link::conformance::{check_scorer, example_graph, example_task};
    use theriac_link::{Silent, Split};

    use super::*;

    fn view() -> TrainView {
        let graph = example_graph();
        let split = Split::random(&graph, &example_task(&graph).unwrap(), 0.1, 0.2, 7).unwrap();
        TrainView::new(&graph, &split).unwrap()
    }

    #[test]
    fn conforms() {
        check_scorer(&RandomWalk);
    }

    /// Solves `p = (1 - r) Wᵀ p + r e` with a dense transition matrix, by fixed-point iteration in f64.
    #[test]
    fn probabilities_are_the_stationary_ones() {
        let view = view();
        let resembling = resemblances(&view, NEAREST);
        let (drugs, diseases, nodes) = (24, 18, 54);
        let first = |place: usize| [0, drugs, drugs + diseases][place];
        let mut choices: Vec<Vec<Vec<usize>>> = vec![Vec::new(); nodes];
        for relation in view.graph().relations().iter().chain(&resembling) {
            let mut out = vec![Vec::new(); nodes];
            let mut back = vec![Vec::new(); nodes];
            for (a, b) in relation.forward.pairs() {
                let (a, b) =
                    (first(relation.source_type) + a as usize, first(relation.target_type) + b as usize);
                out[a].push(b);
                back[b].push(a);
            }
            for node in 0..nodes {
                let directions = if relation.is_symmetric() { vec![&out] } else { vec![&out, &back] };
                choices[node]
                    .extend(directions.into_iter().map(|d| d[node].clone()).filter(|n| !n.is_empty()));
            }
        }
        let walks = Walks::new(&view, &|| false);
        assert!(walks.from_targets);
        for (place, &restart) in RESTARTS.iter().enumerate() {
            for start in [0usize, 11] {
                let mut at = vec![0.0f64; nodes];
                for _ in 0..200 {
                    let mut next = vec![0.0; nodes];
                    next[drugs + start] = f64::from(restart);
                    for node in 0..nodes {
                        for others in &choices[node] {
                            let share = at[node] / (choices[node].len() * others.len()) as f64;
                            for &other in others {
                                next[other] += (1.0 - f64::from(restart)) * share;
                            }
                        }
                    }
                    at = next;
                }
                let found: Vec<f64> = (0..drugs)
                    .map(|drug| f64::from(walks.probabilities[place][drug * diseases + start]))
                    .collect();
                for (found, expected) in found.iter().zip(&at) {
                    assert!(*found <= expected + 1e-6, "{found}, expected {expected}");
                }
                let lost = at[..drugs].iter().sum::<f64>() - found.iter().sum::<f64>();
                assert!(lost < f64::from(TOLERANCE) + 1e-5, "{lost}");
            }
        }
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let view = view();
        let scores = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let fitted = pool.install(|| RandomWalk.fit(&view, &Budget::new(3, &Silent)).unwrap());
            assert_eq!(fitted.record().trials.len(), RESTARTS.len() * CORRECTIONS.len());
            let mut scores = vec![0.0; 24 * 18];
            fitted.score_targets(0..18, &mut scores);
            scores.iter().map(|score| score.to_bits()).collect::<Vec<u32>>()
        };
        assert_eq!(scores(1), scores(3));
    }
}
