//! An explanation as it is shown, with names: [`document`] as JSON, [`text`] as text.

mod document;
mod text;

use std::path::Path;

use serde::Serialize;
use theriac_explain::{Direction, Explanation, Node};
use theriac_graph::{Edge, Graph, NodeLabel, Relation};
use theriac_link::Pair;
use theriac_models::{Probabilities, TrainedModel};

use crate::contributions::Contributed;

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

/// Where a pair stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Standing {
    /// Its score.
    pub score: f32,
    /// Its probability, as the calibration has it.
    pub probability: f64,
    /// Probability of the relation against the target, where the model is a signed one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability_against: Option<f64>,
    /// Whether the link is in the graph, in whatever part of a split.
    pub known: bool,
    /// Among the sources that are not known for its target.
    pub among_sources: Place,
    /// Among the targets that are not known for its source.
    pub among_targets: Place,
}

/// A rank among candidates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Place {
    /// From 1; ties at the mean of the best and the worst.
    pub rank: f64,
    /// Number of candidates.
    pub of: usize,
    /// Share of the others that score lower, in per cent.
    pub percentile: f64,
}

impl Standing {
    /// Where a score stands among others.
    pub fn place(score: f32, others: &[f32]) -> Place {
        let above = others.iter().filter(|&&other| other > score).count() as f64;
        let same = others.iter().filter(|&&other| other == score).count() as f64;
        let below = others.len() as f64 - above - same;
        let percentile = 100.0 * below / others.len().max(1) as f64;
        Place { rank: 1.0 + above + same / 2.0, of: others.len() + 1, percentile }
    }
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
    /// What becomes of the score of a pair among others, which stay as they are.
    pub fn new(scores: [f32; 2], others: &[f32], edits: &[Edge], probabilities: Probabilities<'_>) -> Self {
        let [before, after] = scores.map(|score| Moment {
            score,
            probability: probabilities.probability(score, None).0,
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
