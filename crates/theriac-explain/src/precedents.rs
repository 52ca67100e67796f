//! Known links that carry a prediction.

use theriac_graph::{Edge, EditedGraph};
use theriac_link::{Pair, TrainView};

use crate::effect::EdgeEffect;
use crate::schema::{Direction, Node};

/// Shared neighbours that are told of each precedent.
const SHARED: usize = 5;

/// A known link of one of the pair's nodes that carries the prediction: "Z treats it", or "X treats a disease like it".
#[derive(Clone, Debug, PartialEq)]
pub struct Precedent {
    /// The known link.
    pub link: Pair,
    /// Whether it is a link of the pair's target: what is alike are then the two sources.
    pub of_target: bool,
    /// By how much the score falls without it.
    pub effect: f32,
    /// What the two nodes that are alike have in common in other relations, those that few share first, and how.
    pub shared: Vec<(Direction, Node)>,
}

/// The known links among edges with an effect above 0, those with the greatest first.
pub(crate) fn precedents(
    view: &TrainView,
    graph: &EditedGraph<'_>,
    pair: Pair,
    effects: &[EdgeEffect],
    count: usize,
) -> Vec<Precedent> {
    let target = view.target_place();
    let helpful = effects.iter().filter(|effect| effect.effect > 0.0 && effect.edge.relation == target);
    let precedent = |effect: &EdgeEffect| {
        let Edge { source, target: other, .. } = effect.edge;
        let of_target = other == pair.target && source != pair.source;
        let of_source = source == pair.source && other != pair.target;
        (of_target || of_source).then(|| Precedent {
            link: Pair::new(source, other),
            of_target,
            effect: effect.effect,
            shared: if of_target {
                shared(view, graph, view.target().source_type, [pair.source, source])
            } else {
                shared(view, graph, view.target().target_type, [pair.target, other])
            },
        })
    };
    helpful.filter_map(precedent).take(count).collect()
}

/// The neighbours that two nodes of a type share, but along the target and what the task covers.
fn shared(
    view: &TrainView,
    graph: &EditedGraph<'_>,
    node_type: usize,
    nodes: [u32; 2],
) -> Vec<(Direction, Node)> {
    let mut found = Vec::new();
    for (relation, of) in view.graph().relations().iter().enumerate() {
        if view.task().covers(&of.key) {
            continue;
        }
        let both: &[bool] = if of.is_symmetric() { &[false] } else { &[false, true] };
        for &reversed in both {
            let (from, to) =
                if reversed { (of.target_type, of.source_type) } else { (of.source_type, of.target_type) };
            if from != node_type {
                continue;
            }
            let [one, other] = nodes.map(|node| graph.row(relation, reversed, node));
            for &index in one.neighbors.iter().filter(|&&index| other.contains(index)) {
                let degree = graph.row(relation, !reversed, index).degree();
                found.push((degree, Direction { relation, reversed }, Node { node_type: to, index }));
            }
        }
    }
    found.sort_unstable();
    found.into_iter().take(SHARED).map(|(_, direction, node)| (direction, node)).collect()
}
