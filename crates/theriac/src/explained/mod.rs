//! An explanation as it is shown, with names: [`document`] as JSON, [`text`] as text, [`page`] as a page.

mod document;
mod page;
mod standing;
mod text;

use std::path::Path;

use serde::Serialize;
use theriac_explain::{Direction, Explanation, Node};
use theriac_graph::{Edge, Graph, NodeLabel, Relation};
use theriac_link::Pair;
use theriac_models::TrainedModel;

use crate::contributions::Contributed;

pub use standing::{Place, Standing, others};

/// An explanation, of what, and with what.
pub struct Answer<'a> {
    /// The model's folder.
    pub path: &'a Path,
    /// The model.
    pub model: &'a TrainedModel,
    /// Its whole graph, held-out edges included.
    pub graph: &'a Graph,
    /// The relation that it predicts.
    pub relation: &'a Relation,
    /// Why the pair scores as it does.
    pub explanation: &'a Explanation,
    /// Where the pair stands by the model's own scores.
    pub standing: Standing,
    /// What becomes of it on the graph that was asked about, where that is another.
    pub what_if: Option<WhatIf>,
    /// The first ranks that sets of edges are told for.
    pub top: usize,
}

/// What becomes of a pair on another graph.
#[derive(Clone, Debug, PartialEq)]
pub struct WhatIf {
    /// Score, probability and rank on the graph as it is, and on the other.
    pub before: Moment,
    pub after: Moment,
    edits: Vec<Edge>,
}

/// Score, probability and rank.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Moment {
    score: f32,
    probability: f64,
    rank: f64,
}

impl WhatIf {
    /// What becomes of the score of a pair, and of its probability, among others, which stay as they are.
    pub fn new(scores: [f32; 2], others: &[f32], edits: &[Edge], probability: impl Fn(f32) -> f64) -> Self {
        let [before, after] = scores.map(|score| Moment {
            score,
            probability: probability(score),
            rank: Standing::place(score, others).rank,
        });
        Self { before, after, edits: edits.to_vec() }
    }
}

impl Answer<'_> {
    fn ends(&self) -> [Node; 2] {
        self.link_ends(self.explanation.pair)
    }

    fn link_ends(&self, link: Pair) -> [Node; 2] {
        [
            Node { node_type: self.relation.source_type, index: link.source },
            Node { node_type: self.relation.target_type, index: link.target },
        ]
    }

    fn contributed(&self) -> Option<Contributed<'_>> {
        self.model.fitted.contributions(self.explanation.pair).map(Contributed::from)
    }

    fn label(&self, node: Node) -> NodeLabel {
        self.graph.node_tables()[node.node_type].label(node.index)
    }

    fn edge_ends(&self, edge: Edge) -> [Node; 2] {
        let relation = &self.graph.relations()[edge.relation];
        [
            Node { node_type: relation.source_type, index: edge.source },
            Node { node_type: relation.target_type, index: edge.target },
        ]
    }

    /// What the sources say of an edge: the names of its attributes, and their values.
    fn said_of(&self, edge: Edge) -> impl Iterator<Item = (&str, String)> {
        let relation = &self.graph.relations()[edge.relation];
        let row = relation.forward.neighbors(edge.source);
        let at = row.binary_search(&edge.target).ok();
        let place = at.map(|at| relation.forward.range(edge.source).start + at);
        relation
            .attributes
            .iter()
            .filter_map(move |attribute| Some((attribute.name.as_str(), attribute.values.text(place?)?)))
    }

    /// `drug-targets-protein-associates-disease`, a relation that is taken against its direction with `^` before it.
    fn metapath_name(&self, steps: &[Direction]) -> String {
        let tables = self.graph.node_tables();
        let mut name = String::new();
        for (place, step) in steps.iter().enumerate() {
            let relation = &self.graph.relations()[step.relation];
            let (from, to) = if step.reversed {
                (relation.target_type, relation.source_type)
            } else {
                (relation.source_type, relation.target_type)
            };
            if place == 0 {
                name.push_str(&tables[from].node_type);
            }
            let against = if step.reversed { "^" } else { "" };
            name.extend(["-", against, &relation.key.name, "-", &tables[to].node_type]);
        }
        name
    }
}
