//! An explanation as it is shown, with names: as a JSON document, and as a page shows it.

mod document;
mod page;
mod standing;
mod words;

use std::path::Path;

use serde::Serialize;
use theriac_explain::{Explanation, Node};
use theriac_graph::{Edge, Graph, NodeLabel, Relation};
use theriac_link::Pair;
use theriac_models::{PairContributions, Probabilities, TrainedModel};
use utoipa::ToSchema;

use crate::contributions::Contributed;

pub use document::Document;
pub use standing::{Place, Standing, others, rivals};

/// Why a pair scores as it does, by whom, and where that puts it.
pub struct Answer<'a> {
    /// The model's folder.
    pub folder: &'a Path,
    /// The model.
    pub model: &'a TrainedModel,
    /// The graph that names are read from: the model's whole graph, or that with a new node.
    pub graph: &'a Graph,
    /// The relation that the model predicts, in that graph.
    pub relation: &'a Relation,
    /// What the score is made of, where the model has it.
    pub made_of: Option<PairContributions<'a>>,
    /// Why the pair scores as it does.
    pub explanation: Explanation,
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
    /// Score, probability and rank on the graph as it is.
    pub before: Moment,
    /// Those on the other.
    pub after: Moment,
    /// The edges that are there in one of them alone.
    pub edits: Vec<Edge>,
}

/// Score, probability and rank.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Moment {
    /// The score.
    pub score: f32,
    /// Its probability, as the calibration has it.
    pub probability: f64,
    /// From 1; ties at the mean of the best and the worst.
    pub rank: f64,
}

impl WhatIf {
    /// What becomes of the score of a pair, and of its probability, among others, whose scores become others, too.
    pub fn new(
        scores: [f32; 2],
        others: [&[f32]; 2],
        edits: &[Edge],
        probability: impl Fn(f32) -> f64,
    ) -> Self {
        let moment = |at: usize| Moment {
            score: scores[at],
            probability: probability(scores[at]),
            rank: Standing::place(scores[at], others[at]).rank,
        };
        Self { before: moment(0), after: moment(1), edits: edits.to_vec() }
    }
}

impl Answer<'_> {
    /// The two nodes of the pair.
    pub fn ends(&self) -> [Node; 2] {
        self.link_ends(self.explanation.pair)
    }

    /// The share of true pairs among all that probabilities assume.
    pub fn base_rate(&self) -> f64 {
        Probabilities::of(&self.model.card).base_rate()
    }

    /// The two nodes of a link of the model's relation.
    pub fn link_ends(&self, link: Pair) -> [Node; 2] {
        [
            Node { node_type: self.relation.source_type, index: link.source },
            Node { node_type: self.relation.target_type, index: link.target },
        ]
    }

    /// What the score is made of, where the model has it.
    pub fn contributed(&self) -> Option<Contributed<'_>> {
        self.made_of.clone().map(Contributed::from)
    }

    /// A node as it is shown.
    pub fn label(&self, node: Node) -> NodeLabel {
        self.graph.node_tables()[node.node_type].label(node.index)
    }

    /// The two nodes of an edge.
    pub fn edge_ends(&self, edge: Edge) -> [Node; 2] {
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
}
