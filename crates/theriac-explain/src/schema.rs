//! The steps that paths may take, and what each weighs.

use theriac_graph::{EditedGraph, Row};

/// A relation in one of its directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Direction {
    /// Place of the relation in the graph.
    pub relation: usize,
    /// Whether it is taken from its targets to its sources.
    pub reversed: bool,
}

/// A node of any type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node {
    /// Place of its type.
    pub node_type: usize,
    /// Its index within the type.
    pub index: u32,
}

/// All directions in which the edges of a graph can be taken: both of a relation, one of a relation in which every edge has
/// its mirror image.
///
/// An edge weighs `1 / √(k_a k_b)`, where the degrees of its ends are those along its relation: an edge between hubs says
/// little about either. That is the degree-weighted path count of Himmelstein and Baranzini 2015 with its damping at ½.
pub(crate) struct Schema {
    pub(crate) steps: Vec<Step>,
    /// Number of nodes of each type.
    pub(crate) nodes: Vec<u32>,
}

/// A direction with the weights of its nodes.
pub(crate) struct Step {
    pub(crate) direction: Direction,
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// Place of the step that takes the same edges the other way.
    pub(crate) back: usize,
    /// `degree^-½` of each node that the step starts from.
    weights: Vec<f32>,
}

impl Schema {
    pub(crate) fn new(graph: &EditedGraph<'_>) -> Self {
        let mut steps: Vec<Step> = Vec::new();
        for (relation, of) in graph.original().relations().iter().enumerate() {
            let ends = (of.source_type, of.target_type);
            let both: &[bool] = if of.is_symmetric() { &[false] } else { &[false, true] };
            for &reversed in both {
                let (from, to) = if reversed { (ends.1, ends.0) } else { ends };
                let place = steps.len();
                let back = match (both.len(), reversed) {
                    (1, _) => place,
                    (_, false) => place + 1,
                    (_, true) => place - 1,
                };
                let direction = Direction { relation, reversed };
                let rows = if reversed { &of.backward } else { &of.forward };
                let weight =
                    |node| (graph.row(relation, reversed, node).degree().max(1) as f32).sqrt().recip();
                let weights = (0..rows.rows()).map(weight).collect();
                steps.push(Step { direction, from, to, back, weights });
            }
        }
        let nodes = graph.original().node_tables().iter().map(|table| table.len() as u32).collect();
        Self { steps, nodes }
    }

    /// The neighbours that a step leads to from a node.
    pub(crate) fn row<'a>(&self, graph: &'a EditedGraph<'_>, step: usize, node: u32) -> Row<'a> {
        let Direction { relation, reversed } = self.steps[step].direction;
        graph.row(relation, reversed, node)
    }

    /// What the edge of a step between two nodes weighs.
    pub(crate) fn weight(&self, step: usize, from: u32, to: u32) -> f32 {
        let step = &self.steps[step];
        step.weights[from as usize] * self.steps[step.back].weights[to as usize]
    }

    /// The edge of a step between two nodes, as it stands in the graph.
    pub(crate) fn edge(&self, step: usize, from: u32, to: u32) -> theriac_graph::Edge {
        let Direction { relation, reversed } = self.steps[step].direction;
        let (source, target) = if reversed { (to, from) } else { (from, to) };
        theriac_graph::Edge { relation, source, target }
    }
}
