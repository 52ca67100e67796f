//! Deletion and insertion curves: whether the edges with the greatest effects are those that a score rests on.

use rand::seq::SliceRandom;
use theriac_graph::{Edge, EditedGraph};
use theriac_link::{Pair, Rescorer, stream};

use crate::effect::Subject;
use crate::explainer::Explanation;
use crate::sets::only;

/// How a score falls as edges are taken out, or rises as they are put back into a graph without them, one after the other:
/// each step's score, less what is left without all of them, over the whole difference.
#[derive(Clone, Debug, PartialEq)]
pub struct Curves {
    /// The area under the deletion curve of edges in the order of their effects: low where the first matter.
    pub deletion: f64,
    /// The same in random order.
    pub random_deletion: f64,
    /// The area under the insertion curve of edges in the order of their effects: high where the first matter.
    pub insertion: f64,
    /// The same in random order.
    pub random_insertion: f64,
}

impl Curves {
    /// The curves of the edges of an explanation on its graph; `None` where they make no difference to the score.
    pub fn new(
        rescorer: &dyn Rescorer,
        graph: &EditedGraph<'_>,
        explanation: &Explanation,
        seed: u64,
    ) -> Option<Self> {
        let pair = explanation.pair;
        let subject = Subject::new(rescorer, pair, Vec::new());
        let mut ordered: Vec<(Edge, f32)> =
            explanation.edges.iter().map(|effect| (effect.edge, effect.effect)).collect();
        ordered.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let ordered: Vec<Edge> = ordered.into_iter().map(|(edge, _)| edge).collect();
        let mut shuffled = ordered.clone();
        shuffled.shuffle(&mut draws(pair, seed));
        let deletion = |order: &[Edge]| -> Vec<EditedGraph<'_>> {
            (0..=order.len()).map(|count| only(graph, &order[..count], &[])).collect()
        };
        let insertion = |order: &[Edge]| -> Vec<EditedGraph<'_>> {
            (0..=order.len()).map(|count| only(graph, order, &order[..count])).collect()
        };
        let area = |graphs: &[EditedGraph<'_>], rises: bool| {
            let scores = subject.scores(graphs);
            let (first, last) = (scores[0], scores[scores.len() - 1]);
            let (whole, none) = if rises { (last, first) } else { (first, last) };
            let all = f64::from(whole - none);
            let sum: f64 = scores.iter().map(|&score| f64::from(score - none) / all).sum();
            (all.abs() > 1e-6).then(|| sum / scores.len() as f64)
        };
        Some(Self {
            deletion: area(&deletion(&ordered), false)?,
            random_deletion: area(&deletion(&shuffled), false)?,
            insertion: area(&insertion(&ordered), true)?,
            random_insertion: area(&insertion(&shuffled), true)?,
        })
    }
}

fn draws(pair: Pair, seed: u64) -> theriac_link::Stream {
    stream(seed, "random order of edges", &[u64::from(pair.source), u64::from(pair.target)])
}
