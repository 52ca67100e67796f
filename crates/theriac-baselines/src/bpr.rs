//! Matrix factorisation that learns to rank: an edge before a pair that is not known to be one.

use rand::RngExt;
use theriac_graph::Csr;
use theriac_link::{Budget, FitRecord, FittedScorer, LinkError, Scorer, Stream, TrainView, stream};

use crate::factors::{Factorised, Factors};
use crate::selection::Selection;

const NAME: &str = "BPR";

/// Length of the vectors; two more values hold the biases.
const RANK: usize = 32;

/// Steps of a fit: this many to a train edge, and on a small graph more.
const STEPS_PER_EDGE: usize = 30;
const MIN_STEPS: usize = 400_000;

const LEARNING_RATE: f32 = 0.05;

/// Draws of an unknown pair before an edge is passed over, whose node knows all or nearly all of the other side.
const ATTEMPTS: usize = 20;

/// Regularisations to choose from, the default first.
const REGULARISATIONS: [f32; 3] = [0.01, 0.003, 0.03];

/// Scores a pair by factors and biases that are trained by stochastic gradient descent so that train edges score above
/// other pairs: the Bayesian personalised ranking of Rendle et al. 2009. Regularisation is chosen on the validation part.
///
/// There, each user ranks items. Here either side does: each step draws a train edge and a pair that is not one, with
/// another target or, as often, with another source.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bpr;

impl Scorer for Bpr {
    fn name(&self) -> &str {
        NAME
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn fit(&self, view: &TrainView, budget: &Budget<'_>) -> Result<Box<dyn FittedScorer>, LinkError> {
        let configurations = REGULARISATIONS
            .map(|regularisation| (format!("regularisation {regularisation}"), regularisation));
        let (factors, trials) = Selection::new(view, budget)?.choose(
            configurations,
            |regularisation| {
                let mut draws = stream(budget.seed, "Bayesian personalised ranking", &[]);
                let mut model = Model::new(&view.target().forward, regularisation, &mut draws);
                let epochs = STEPS_PER_EDGE.max(MIN_STEPS.div_ceil(view.train_pairs().len()));
                for epoch in 0..epochs {
                    if epoch > 0 && budget.observer.stop_requested() {
                        break;
                    }
                    model.epoch(LEARNING_RATE * (1.0 - epoch as f32 / epochs as f32), &mut draws);
                }
                Ok(model.into_factors())
            },
            Factors::score,
        )?;
        let record = FitRecord::new(NAME, view).with_trials(trials);
        Ok(Box::new(Factorised::learned(factors, record)))
    }
}

/// A node: its vector and how much it is liked by all.
#[derive(Clone, Copy)]
struct Node {
    vector: [f32; RANK],
    bias: f32,
}

struct Model<'a> {
    edges: &'a Csr,
    /// Source of each edge.
    row_indices: Vec<u32>,
    sources: Vec<Node>,
    targets: Vec<Node>,
    regularisation: f32,
}

impl<'a> Model<'a> {
    fn new(edges: &'a Csr, regularisation: f32, draws: &mut Stream) -> Self {
        let mut node = |_| Node { vector: std::array::from_fn(|_| draws.random_range(-0.1..0.1)), bias: 0.0 };
        let sources = (0..edges.rows()).map(&mut node).collect();
        let targets = (0..edges.columns()).map(&mut node).collect();
        Self { edges, row_indices: edges.row_indices(), sources, targets, regularisation }
    }

    /// As many steps as there are edges.
    fn epoch(&mut self, rate: f32, draws: &mut Stream) {
        for _ in 0..self.edges.len() {
            let edge = draws.random_range(0..self.edges.len());
            let (source, target) = (self.row_indices[edge], self.edges.indices()[edge]);
            if draws.random_bool(0.5) {
                let other = unknown(draws, self.edges.columns(), |other| self.edges.contains(source, other));
                if let Some(other) = other {
                    let (user, items) = (&mut self.sources[source as usize], &mut self.targets);
                    step(user, items, [target, other], rate, self.regularisation);
                }
            } else {
                let other = unknown(draws, self.edges.rows(), |other| self.edges.contains(other, target));
                if let Some(other) = other {
                    let (user, items) = (&mut self.targets[target as usize], &mut self.sources);
                    step(user, items, [source, other], rate, self.regularisation);
                }
            }
        }
    }

    /// The biases become two more factors, each against a one.
    fn into_factors(self) -> Factors {
        let flat = |nodes: &[Node], last: fn(f32) -> [f32; 2]| {
            nodes.iter().flat_map(|node| node.vector.into_iter().chain(last(node.bias))).collect()
        };
        Factors {
            rank: RANK + 2,
            sources: flat(&self.sources, |bias| [bias, 1.0]),
            targets: flat(&self.targets, |bias| [1.0, bias]),
        }
    }
}

/// A node of the other side that is not known, unless none was found.
fn unknown(draws: &mut Stream, nodes: u32, known: impl Fn(u32) -> bool) -> Option<u32> {
    (0..ATTEMPTS).map(|_| draws.random_range(0..nodes)).find(|&node| !known(node))
}

/// Moves the nodes so that the user prefers the first item to the second a little more.
fn step(user: &mut Node, items: &mut [Node], [liked, other]: [u32; 2], rate: f32, regularisation: f32) {
    let [liked, other] = items
        .get_disjoint_mut([liked as usize, other as usize])
        .expect("an item that is known is not one that is unknown");
    let mut lead = liked.bias - other.bias;
    for ((user, liked), other) in user.vector.iter().zip(&liked.vector).zip(&other.vector) {
        lead += user * (liked - other);
    }
    // The derivative of ln σ(lead).
    let slope = 1.0 / (1.0 + lead.exp());
    let vectors = user.vector.iter_mut().zip(&mut liked.vector).zip(&mut other.vector);
    for ((user, liked), other) in vectors {
        let (by_user, by_items) = (slope * (*liked - *other), slope * *user);
        *user += rate * (by_user - regularisation * *user);
        *liked += rate * (by_items - regularisation * *liked);
        *other += rate * (-by_items - regularisation * *other);
    }
    liked.bias += rate * (slope - regularisation * liked.bias);
    other.bias += rate * (-slope - regularisation * other.bias);
}

#[cfg(test)]
mod tests {
    use theriac_link::conformance::{check_scorer, example_graph, example_task};

    use super::*;
    use crate::testing::check_thread_counts;

    #[test]
    fn conforms() {
        check_scorer(&Bpr);
    }

    #[test]
    fn the_same_bits_on_any_number_of_threads() {
        check_thread_counts(&Bpr);
    }

    #[test]
    fn a_step_goes_up_the_gradient_of_the_criterion() {
        let mut draws = stream(5, "test", &[]);
        let mut node = || Node {
            vector: std::array::from_fn(|_| draws.random_range(-0.5..0.5)),
            bias: draws.random_range(-0.5..0.5),
        };
        let (user, items) = (node(), [node(), node()]);
        // Value of the criterion: ln σ(lead) less the penalty, by which one step of a small rate is held against a
        // difference quotient.
        let criterion = |user: &Node, items: &[Node; 2]| -> f64 {
            let score = |item: &Node| -> f64 {
                let product = user.vector.iter().zip(&item.vector);
                f64::from(item.bias) + product.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>()
            };
            let squares = |node: &Node| node.vector.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>();
            let biases: f64 = items.iter().map(|item| f64::from(item.bias).powi(2)).sum();
            let penalty = squares(user) + squares(&items[0]) + squares(&items[1]) + biases;
            -(1.0 + (score(&items[1]) - score(&items[0])).exp()).ln() - 0.1 * penalty / 2.0
        };
        let rate = 1e-2;
        let (mut moved_user, mut moved) = (user, items);
        step(&mut moved_user, &mut moved, [0, 1], rate, 0.1);
        let quotient = |change: &dyn Fn(&mut Node, &mut [Node; 2], f32)| {
            let (mut above, mut below) = ((user, items), (user, items));
            change(&mut above.0, &mut above.1, 1e-2);
            change(&mut below.0, &mut below.1, -1e-2);
            (criterion(&above.0, &above.1) - criterion(&below.0, &below.1)) / 2e-2
        };
        let moves = [
            (moved_user.vector[3] - user.vector[3], quotient(&|user, _, by| user.vector[3] += by)),
            (moved[0].vector[5] - items[0].vector[5], quotient(&|_, items, by| items[0].vector[5] += by)),
            (moved[1].vector[7] - items[1].vector[7], quotient(&|_, items, by| items[1].vector[7] += by)),
            (moved[0].bias - items[0].bias, quotient(&|_, items, by| items[0].bias += by)),
            (moved[1].bias - items[1].bias, quotient(&|_, items, by| items[1].bias += by)),
        ];
        for (found, expected) in moves {
            assert!((f64::from(found / rate) - expected).abs() < 1e-3, "{found}, expected {expected}");
        }
    }

    #[test]
    fn train_edges_come_to_lead() {
        let graph = example_graph();
        let edges = &graph.relation(example_task(&graph).unwrap().target()).unwrap().forward;
        let mut draws = stream(1, "test", &[]);
        let mut model = Model::new(edges, 0.001, &mut draws);
        for _ in 0..200 {
            model.epoch(0.05, &mut draws);
        }
        let factors = model.into_factors();
        let score = |source, target| factors.score(&[theriac_link::Pair::new(source, target)])[0];
        for source in 0..edges.rows() {
            let of = |known: bool| {
                let targets: Vec<u32> =
                    (0..edges.columns()).filter(|&t| edges.contains(source, t) == known).collect();
                targets.iter().map(|&target| score(source, target)).sum::<f32>() / targets.len() as f32
            };
            assert!(of(true) > of(false), "source {source}");
        }
    }
}
