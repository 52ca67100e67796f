//! Degree-weighted path counts of a single pair, on any graph.

use std::sync::Arc;

use theriac_graph::{Csr, EditedGraph, Relation, RelationKey, Row};

use super::{Metapath, Step};

/// Degree-weighted path counts of metapaths of one to three steps between single pairs: what [`super::PathCounts`] gives,
/// but told by the neighbours of the two nodes alone, so that it can be asked about edited graphs.
#[derive(Clone, Debug)]
pub struct PathsBetween {
    /// Relations that are not in the graph, of edges that are the same both ways.
    alike: Vec<Arc<Csr>>,
    metapaths: Vec<Vec<LocalStep>>,
    damping: f32,
    one_type: bool,
    /// `degree^-damping` of the first degrees.
    weights: Vec<f32>,
    /// Number of nodes of the largest type.
    nodes: usize,
}

#[derive(Clone, Copy, Debug)]
struct LocalStep {
    edges: Edges,
    from: usize,
    to: usize,
    /// Whether the edge of the scored pair is left out.
    own: bool,
}

#[derive(Clone, Copy, Debug)]
enum Edges {
    /// Those of the relation at this place, read from its targets or from its sources.
    OfGraph { place: usize, reversed: bool },
    /// Those of the relation at this place among those that are not in the graph.
    Alike(usize),
}

/// Degrees whose weights are kept.
const KEPT: usize = 4096;

impl PathsBetween {
    /// Readies the counts of `metapaths` over the relations of `graph` and `alike`, in which each edge has its mirror image;
    /// `own` tells the relations whose edge between the scored pair is left out.
    ///
    /// # Panics
    ///
    /// When there is no metapath, one has more than three steps, or takes a relation that is not there.
    pub fn new(
        graph: &EditedGraph<'_>,
        alike: &[Relation],
        metapaths: &[Metapath],
        damping: f32,
        own: impl Fn(&RelationKey) -> bool,
    ) -> Self {
        let relations = graph.original().relations();
        let step = |step: &Step| {
            let of_graph = relations.iter().position(|of| of.key == step.relation);
            let (relation, edges) = if let Some(place) = of_graph {
                (&relations[place], Edges::OfGraph { place, reversed: step.reversed })
            } else {
                let place = alike.iter().position(|of| of.key == step.relation);
                let place = place.expect("the relations of the metapaths are there");
                (&alike[place], Edges::Alike(place))
            };
            let ends = (relation.source_type, relation.target_type);
            let (from, to) = if step.reversed { (ends.1, ends.0) } else { ends };
            LocalStep { edges, from, to, own: own(&step.relation) }
        };
        let metapaths: Vec<Vec<LocalStep>> =
            metapaths.iter().map(|path| path.steps().iter().map(step).collect()).collect();
        assert!(metapaths.iter().all(|path| path.len() <= 3), "paths of more than 3 steps are not counted");
        let first = metapaths.first().expect("there is a metapath");
        let weights = (0..KEPT).map(|degree| weight(degree as u32, damping)).collect();
        let nodes = graph.original().node_tables().iter().map(theriac_graph::NodeTable::len).max();
        Self {
            alike: alike.iter().map(|relation| relation.forward.clone()).collect(),
            one_type: first[0].from == first[first.len() - 1].to,
            metapaths,
            damping,
            weights,
            nodes: nodes.unwrap_or(0),
        }
    }

    /// Memory for [`PathsBetween::count`], to be used again.
    pub fn scratch(&self) -> Vec<f64> {
        vec![0.0; self.nodes]
    }

    /// The count of the metapath at this place between two nodes; `scratch` is zero before and after.
    pub fn count(
        &self,
        graph: &EditedGraph<'_>,
        place: usize,
        start: u32,
        end: u32,
        scratch: &mut [f64],
    ) -> f32 {
        if self.one_type && start == end {
            return 0.0;
        }
        let path = &self.metapaths[place];
        let (first, last) = (path[0], path[path.len() - 1]);
        let out = self.row(graph, first, false, start);
        let into = self.row(graph, last, true, end);
        if path.len() == 1 {
            let there = out.contains(end) && !first.own;
            return if there {
                self.weight(degree(out, start, first)) * self.weight(degree(into, end, last))
            } else {
                0.0
            };
        }
        // The edge of the pair itself counts in no degree.
        let without = |step: LocalStep, row: Row<'_>, other: u32, ends: [usize; 2]| {
            u32::from(step.own && [step.from, step.to] == ends && row.contains(other))
        };
        let ends = [first.from, last.to];
        let of_start = degree(out, start, first) - without(first, out, end, ends);
        let of_end = degree(into, end, last) - without(last, into, start, ends);
        let of_ends = f64::from(self.weight(of_start)) * f64::from(self.weight(of_end));
        if of_ends == 0.0 {
            return 0.0;
        }
        // Nodes that stand at both ends of a step, by what these steps weigh there.
        let after_first = |node: u32| {
            let row = self.row(graph, first, true, node);
            f64::from(self.weight(degree(row, node, first)))
        };
        let before_last = |node: u32| {
            let row = self.row(graph, last, false, node);
            f64::from(self.weight(degree(row, node, last)))
        };
        let sum = if path.len() == 2 {
            let is_end = |node| first.to == first.from && node == start || first.to == last.to && node == end;
            let (fewer, more) = if out.degree() <= into.degree() { (out, into) } else { (into, out) };
            let middle = fewer.neighbors.iter().filter(|&&node| more.contains(node) && !is_end(node));
            middle.map(|&node| after_first(node) * before_last(node)).sum()
        } else {
            self.over_three([start, end], path, graph, [out, into], scratch)
        };
        (of_ends * sum) as f32
    }

    fn over_three(
        &self,
        [start, end]: [u32; 2],
        path: &[LocalStep],
        graph: &EditedGraph<'_>,
        [out, into]: [Row<'_>; 2],
        scratch: &mut [f64],
    ) -> f64 {
        let (first, second, last) = (path[0], path[1], path[2]);
        let allowed_first = |node: u32| {
            !(second.from == first.from && node == start || second.from == last.to && node == end)
        };
        let allowed_last =
            |node: u32| !(second.to == first.from && node == start || second.to == last.to && node == end);
        // From the end with fewer neighbours, to marks on those of the other.
        let forward = out.degree() <= into.degree();
        let weigh = |node: u32, at_start: bool| {
            let (step, back) = if at_start { (first, true) } else { (last, false) };
            let own = self.row(graph, step, back, node);
            let middle = self.row(graph, second, !at_start, node);
            f64::from(self.weight(degree(own, node, step)))
                * f64::from(self.weight(degree(middle, node, second)))
        };
        let (walked, marked) = if forward { (out, into) } else { (into, out) };
        let allowed =
            |node: u32, at_start: bool| if at_start { allowed_first(node) } else { allowed_last(node) };
        for &node in marked.neighbors.iter().filter(|&&node| allowed(node, !forward)) {
            scratch[node as usize] = weigh(node, !forward);
        }
        let mut sum = 0.0;
        for &node in walked.neighbors.iter().filter(|&&node| allowed(node, forward)) {
            let others = self.row(graph, second, !forward, node).neighbors;
            let met: f64 = others
                .iter()
                .filter(|&&other| !(second.from == second.to && other == node))
                .map(|&other| scratch[other as usize])
                .sum();
            if met > 0.0 {
                sum += met * weigh(node, forward);
            }
        }
        for &node in marked.neighbors {
            scratch[node as usize] = 0.0;
        }
        sum
    }

    /// The neighbours of a node along a step, or, `back`, against it.
    fn row<'a>(&'a self, graph: &'a EditedGraph<'_>, step: LocalStep, back: bool, node: u32) -> Row<'a> {
        match step.edges {
            Edges::OfGraph { place, reversed } => graph.row(place, reversed != back, node),
            Edges::Alike(place) => Row { neighbors: self.alike[place].neighbors(node), weights: None },
        }
    }

    fn weight(&self, degree: u32) -> f32 {
        self.weights.get(degree as usize).copied().unwrap_or_else(|| weight(degree, self.damping))
    }
}

/// Number of neighbours but the node itself.
fn degree(row: Row<'_>, node: u32, step: LocalStep) -> u32 {
    row.degree() - u32::from(step.from == step.to && row.contains(node))
}

fn weight(degree: u32, damping: f32) -> f32 {
    if degree == 0 { 0.0 } else { (degree as f32).powf(-damping) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use theriac_graph::Edge;
    use theriac_link::conformance::{example_graph, example_task};
    use theriac_link::{Pair, Split, TrainView};

    use super::*;
    use crate::metapath::{PathCounts, enumerate};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn counts_are_those_of_all_pairs_on_the_other_graph(
            draws in prop::collection::vec((0usize..5, 0usize..400), 0..6)
        ) {
            let graph = example_graph();
            let task = example_task(&graph).unwrap();
            let split = Split::random(&graph, &task, 0.1, 0.2, 7).unwrap();
            let view = TrainView::new(&graph, &split).unwrap();
            let own = |key: &RelationKey| task.covers(key);
            let relations: Vec<&Relation> = view.graph().relations().iter().collect();
            let metapaths = enumerate(&relations, "drug", "disease", 3, |_| false);
            let edited = draws.into_iter().fold(EditedGraph::new(view.graph()), |graph, (relation, place)| {
                let pairs: Vec<(u32, u32)> = relations[relation].forward.pairs().collect();
                let (source, target) = pairs[place % pairs.len()];
                graph.without(Edge { relation, source, target })
            });
            let between = PathsBetween::new(&edited, &[], &metapaths, 0.4, own);
            let other = edited.to_graph();
            let relations: Vec<&Relation> = other.relations().iter().collect();
            let counts = PathCounts::new(&relations, &metapaths, 0.4, false, own);
            let pairs: Vec<Pair> = (0..24 * 18).map(|place| Pair::new(place / 18, place % 18)).collect();
            let mut scratch = between.scratch();
            for (pair, expected) in pairs.iter().zip(counts.of(&pairs).chunks(metapaths.len())) {
                for (place, &expected) in expected.iter().enumerate() {
                    let found = between.count(&edited, place, pair.source, pair.target, &mut scratch);
                    prop_assert!(
                        (found - expected).abs() <= 1e-5 * expected.max(1.0),
                        "{} of {}: {}, expected {}", metapaths[place], pair, found, expected
                    );
                }
            }
        }
    }
}
