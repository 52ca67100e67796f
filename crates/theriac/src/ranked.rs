//! The candidates for a node, in the order of a scorer.

use serde::Serialize;
use theriac_graph::{Graph, Relation};
use theriac_link::{FittedScorer, Pair};
use theriac_models::Calibration;

use crate::table::PlainTable;

/// An end of a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Where its edges begin.
    Source,
    /// Where its edges lead.
    Target,
}

impl End {
    /// The other end.
    pub fn other(self) -> Self {
        match self {
            Self::Source => Self::Target,
            Self::Target => Self::Source,
        }
    }

    /// Place of the end's type among the node tables.
    pub fn node_type(self, relation: &Relation) -> usize {
        match self {
            Self::Source => relation.source_type,
            Self::Target => relation.target_type,
        }
    }
}

/// A node that candidates are asked for, as an end of a relation.
#[derive(Clone, Copy, Debug)]
pub struct Query {
    /// Which end it is.
    pub end: End,
    /// The node.
    pub node: u32,
}

/// A candidate with its place among all.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Candidate {
    /// Index of the node.
    #[serde(skip)]
    pub node: u32,
    /// From 1; equal scores stand in the order of the graph.
    pub rank: usize,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its score.
    pub score: f32,
    /// Its probability, as the calibration has it.
    pub probability: f64,
    /// Share of the candidates that are scored lower, in per cent.
    pub percentile: f64,
    /// Whether the link is in the graph, in whatever part of a split.
    pub known: bool,
}

/// All candidates for the query, the best first; where only novel ones are asked for, known links are left out before
/// ranks and percentiles are counted. A node is no candidate for itself.
pub fn candidates(
    scorer: &dyn FittedScorer,
    graph: &Graph,
    relation: &Relation,
    query: Query,
    calibration: &Calibration,
    only_novel: bool,
) -> Vec<Candidate> {
    let table = &graph.node_tables()[query.end.other().node_type(relation)];
    let pair = |node: u32| match query.end {
        End::Source => Pair::new(query.node, node),
        End::Target => Pair::new(node, query.node),
    };
    let one_type = relation.source_type == relation.target_type;
    let known = |node: u32| {
        let Pair { source, target } = pair(node);
        relation.forward.contains(source, target) || one_type && relation.forward.contains(target, source)
    };
    let nodes: Vec<u32> = (0..table.len() as u32)
        .filter(|&node| !(one_type && node == query.node || only_novel && known(node)))
        .collect();
    let pairs: Vec<Pair> = nodes.iter().map(|&node| pair(node)).collect();
    let mut scored: Vec<(u32, f32)> = nodes.into_iter().zip(scorer.score(&pairs)).collect();
    scored.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let candidate = |(place, &(node, score)): (usize, &(u32, f32))| {
        let lower = scored.len() - scored.partition_point(|&(_, other)| other >= score);
        let label = table.label(node);
        Candidate {
            node,
            rank: place + 1,
            id: label.id,
            name: label.name,
            score,
            probability: calibration.probability(score),
            percentile: 100.0 * lower as f64 / scored.len() as f64,
            known: known(node),
        }
    };
    scored.iter().enumerate().map(candidate).collect()
}

/// The candidates as a table, with what `mark` says of each in its last column.
pub fn table(candidates: &[Candidate], mark: impl Fn(&Candidate) -> &'static str) -> PlainTable {
    let mut table = PlainTable::new(["rank", "<id", "<name", "score", "probability", "percentile", "<known"]);
    for candidate in candidates {
        table.push([
            candidate.rank.to_string(),
            candidate.id.clone(),
            candidate.name.clone(),
            format!("{:.3}", candidate.score),
            format!("{:.3}", candidate.probability),
            format!("{:.2}", candidate.percentile),
            mark(candidate).to_owned(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use theriac_graph::{DuplicatePolicy, EdgeList, GraphBuilder, NodeTable, Provenance, RelationKey};

    use super::*;

    /// Scores a pair by its source.
    struct BySource([f32; 4]);

    impl FittedScorer for BySource {
        fn name(&self) -> &'static str {
            "by source"
        }

        fn split_hash(&self) -> &'static str {
            ""
        }

        fn sources(&self) -> u32 {
            4
        }

        fn targets(&self) -> u32 {
            2
        }

        fn score(&self, pairs: &[Pair]) -> Vec<f32> {
            pairs.iter().map(|pair| self.0[pair.source as usize]).collect()
        }
    }

    fn graph() -> Graph {
        let names = |prefix: &str, count: usize| -> Vec<String> {
            (0..count).map(|i| format!("{prefix}{i}")).collect()
        };
        let mut builder = GraphBuilder::new(Provenance::default());
        builder.add_nodes(NodeTable::new("drug", names("d", 4), names("drug ", 4))).unwrap();
        builder.add_nodes(NodeTable::new("disease", names("x", 2), names("disease ", 2))).unwrap();
        let edges = EdgeList { sources: vec![1, 2], targets: vec![0, 1], ..EdgeList::default() };
        builder
            .add_relation(RelationKey::new("drug", "treats", "disease"), edges, DuplicatePolicy::Reject)
            .unwrap();
        builder.build().unwrap()
    }

    fn ranked(query: Query, only_novel: bool) -> Vec<(usize, String, f64, bool)> {
        let graph = graph();
        let relation = &graph.relations()[0];
        let scorer = BySource([0.5, 2.0, 0.5, -1.0]);
        candidates(&scorer, &graph, relation, query, &Calibration::of_training(2.0), only_novel)
            .into_iter()
            .map(|candidate| (candidate.rank, candidate.id, candidate.percentile, candidate.known))
            .collect()
    }

    #[test]
    fn sources_of_a_target_and_targets_of_a_source() {
        let of_target = ranked(Query { end: End::Target, node: 0 }, false);
        assert_eq!(
            of_target,
            [
                (1, "d1".into(), 75.0, true),
                (2, "d0".into(), 25.0, false),
                (3, "d2".into(), 25.0, false),
                (4, "d3".into(), 0.0, false)
            ]
        );
        let of_source = ranked(Query { end: End::Source, node: 2 }, false);
        assert_eq!(of_source, [(1, "x0".into(), 0.0, false), (2, "x1".into(), 0.0, true)]);
    }

    #[test]
    fn known_links_do_not_count_among_novel_ones() {
        let novel = ranked(Query { end: End::Target, node: 0 }, true);
        let ids: Vec<_> = novel.iter().map(|(rank, id, ..)| (*rank, id.as_str())).collect();
        assert_eq!(ids, [(1, "d0"), (2, "d2"), (3, "d3")]);
        assert!((novel[0].2 - 100.0 / 3.0).abs() < 1e-9);
    }
}
