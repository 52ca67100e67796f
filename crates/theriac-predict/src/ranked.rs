//! The candidates for a node, in the order of a scorer.

use std::cmp::Ordering;

use serde::Serialize;
use theriac_graph::{NodeLabel, NodeTable, Relation};
use theriac_link::{FittedScorer, Pair};
use theriac_models::{FittedModel, Probabilities};
use utoipa::ToSchema;

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
    #[must_use]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query {
    /// Which end it is.
    pub end: End,
    /// The node.
    pub node: u32,
}

impl Query {
    /// The query and a node of the other end, as a pair of the relation.
    pub fn pair(self, node: u32) -> Pair {
        match self.end {
            End::Source => Pair::new(self.node, node),
            End::Target => Pair::new(node, self.node),
        }
    }
}

/// A candidate's place among all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Index of the candidate's node.
    pub node: u32,
    /// From 1; equal scores stand in the order of the graph.
    pub rank: u32,
    /// Its score, with all that adds to it.
    pub score: f32,
    /// Standard deviation of the score over the members of an ensemble, where the scorer is one.
    pub spread: Option<f32>,
    /// Share of the candidates that are scored lower, in per cent.
    pub percentile: f64,
    /// Whether the link is in the graph, in whatever part of a split.
    pub known: bool,
    /// What speaks against it, where the model is a signed one.
    pub against: Option<PlaceAgainst>,
}

/// What speaks against a candidate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlaceAgainst {
    /// Score of the relation against the target.
    pub score: f32,
    /// Whether that relation holds in the graph, in whatever part of a split.
    pub known: bool,
}

/// The best candidates for a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    /// Whom they are candidates for.
    pub query: Query,
    /// Candidates in all.
    pub counted: usize,
    /// The first of them, the best first.
    pub best: Vec<Place>,
}

/// How candidates are chosen from a relation's nodes.
#[derive(Clone, Copy)]
pub struct Candidacy<'a> {
    /// Who scores them.
    pub scorer: &'a dyn FittedScorer,
    /// The relation that is predicted.
    pub relation: &'a Relation,
    /// Whether known links are left out before ranks and percentiles are counted.
    pub only_novel: bool,
    /// At most this many are kept, the best.
    pub top: usize,
    /// The relation against the target and who scores it, where the model is a signed one.
    pub against: Option<(&'a dyn FittedScorer, &'a Relation)>,
    /// The model itself, where what popularity adds to its scores is to have no part in the order.
    pub without_popularity: Option<&'a FittedModel>,
}

impl Candidacy<'_> {
    /// The best candidates for the query. A node is no candidate for itself.
    pub fn rank(&self, query: Query) -> Ranked {
        let Self { relation, only_novel, top, against, .. } = *self;
        let one_type = relation.source_type == relation.target_type;
        let holds = |relation: &Relation, node: u32| {
            let Pair { source, target } = query.pair(node);
            relation.forward.contains(source, target) || one_type && relation.forward.contains(target, source)
        };
        let known = |node: u32| holds(relation, node);
        let scores = self.scores(query);
        let scored: Vec<(u32, f32)> = (0..)
            .zip(&scores)
            .map(|(node, &score)| (node, self.key(query, node, score)))
            .filter(|&(node, _)| !(one_type && node == query.node || only_novel && known(node)))
            .collect();
        let counted = scored.len();
        let best = best_of(scored, top);
        let pairs: Vec<Pair> = best.iter().map(|&(node, ..)| query.pair(node)).collect();
        let spread = self.scorer.spread(&pairs);
        let opposed = against.map(|(scorer, relation)| (scorer.score(&pairs), relation));
        let place = |(place, &(node, _, percentile)): (usize, &(u32, f32, f64))| {
            let spread = spread.as_ref().map(|spread| spread[place]);
            let against = opposed.as_ref().map(|(scores, relation)| PlaceAgainst {
                score: scores[place],
                known: holds(relation, node),
            });
            let score = scores[node as usize];
            Place { node, rank: place as u32 + 1, score, spread, percentile, known: known(node), against }
        };
        Ranked { query, counted, best: best.iter().enumerate().map(place).collect() }
    }

    /// What a node of the other end with this score is ordered by.
    fn key(&self, query: Query, node: u32, score: f32) -> f32 {
        let contributions = self.without_popularity.and_then(|model| model.contributions(query.pair(node)));
        contributions.map_or(score, |of| score - of.popularity)
    }

    /// The score of every node of the other end. Each query is scored by itself, so that its scores do not depend on what
    /// else is asked for: not by a bit.
    fn scores(&self, query: Query) -> Vec<f32> {
        let Self { scorer, relation, .. } = self;
        match query.end {
            End::Target => {
                let mut scores = vec![0.0; relation.forward.rows() as usize];
                scorer.score_targets(query.node..query.node + 1, &mut scores);
                scores
            }
            End::Source => {
                let pairs: Vec<Pair> = (0..relation.forward.columns()).map(|node| query.pair(node)).collect();
                scorer.score(&pairs)
            }
        }
    }
}

/// The first `top` of scored nodes, the best first, each with its score and the share of all that are scored lower, in per cent.
pub fn best_of(mut scored: Vec<(u32, f32)>, top: usize) -> Vec<(u32, f32, f64)> {
    let (counted, kept) = (scored.len(), scored.len().min(top));
    if kept < counted {
        scored.select_nth_unstable_by(kept, before);
    }
    let (best, others) = scored.split_at_mut(kept);
    best.sort_unstable_by(before);
    let tied_with_last =
        best.last().map_or(0, |last| others.iter().filter(|other| other.1 >= last.1).count());
    let place = |&(node, score): &(u32, f32)| {
        let mut as_good = best.partition_point(|&(_, other)| other >= score);
        if as_good == kept {
            as_good += tied_with_last;
        }
        (node, score, 100.0 * (counted - as_good) as f64 / counted as f64)
    };
    best.iter().map(place).collect()
}

/// Standard deviations of a score over the members of an ensemble that its interval spans to either side: those that hold
/// 95 % of a normal distribution.
pub const SPAN: f32 = 1.96;

/// How many candidates are asked for by a number that is 0 for all.
pub fn all_or(top: usize) -> usize {
    if top == 0 { usize::MAX } else { top }
}

/// The order of candidates.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "as slices sort")]
fn before(one: &(u32, f32), other: &(u32, f32)) -> Ordering {
    other.1.total_cmp(&one.1).then(one.0.cmp(&other.0))
}

/// A candidate as it is shown.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Candidate {
    /// Index of the node.
    #[serde(skip)]
    pub node: u32,
    /// From 1; equal scores stand in the order of the graph.
    pub rank: u32,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its score.
    pub score: f32,
    /// Its probability, as the calibration has it.
    pub probability: f64,
    /// The probability of a score so far below, as members of an ensemble differ (see [`SPAN`]); none where there are no members.
    pub probability_low: Option<f64>,
    /// The probability of a score as far above.
    pub probability_high: Option<f64>,
    /// Share of the candidates that are scored lower, in per cent.
    pub percentile: f64,
    /// Whether the link is in the graph, in whatever part of a split.
    pub known: bool,
    /// Probability of the relation against the target, where the model is a signed one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability_against: Option<f64>,
    /// Whether that relation holds in the graph.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_against: Option<bool>,
}

impl Ranked {
    /// The best candidates as they are shown; `table` has their names.
    pub fn candidates(&self, table: &NodeTable, probabilities: Probabilities<'_>) -> Vec<Candidate> {
        let candidate = |&Place { node, rank, score, spread, percentile, known, against }: &Place| {
            let NodeLabel { id, name, .. } = table.label(node);
            let probability =
                |score: f32| probabilities.probability(score, against.map(|against| against.score));
            let away = |deviations: f32| spread.map(|spread| probability(score + deviations * spread).0);
            let (of_target, of_against) = probability(score);
            Candidate {
                node,
                rank,
                id,
                name,
                score,
                probability: of_target,
                probability_low: away(-SPAN),
                probability_high: away(SPAN),
                percentile,
                known,
                probability_against: of_against,
                known_against: against.map(|against| against.known),
            }
        };
        self.best.iter().map(candidate).collect()
    }
}

#[cfg(test)]
mod tests {
    use theriac_graph::{DuplicatePolicy, EdgeList, Graph, GraphBuilder, NodeTable, Provenance, RelationKey};

    use theriac_link::FitRecord;
    use theriac_models::Calibration;

    use super::*;

    /// Scores a pair by its source.
    struct BySource(FitRecord, [f32; 4]);

    impl FittedScorer for BySource {
        fn record(&self) -> &FitRecord {
            &self.0
        }

        fn score(&self, pairs: &[Pair]) -> Vec<f32> {
            pairs.iter().map(|pair| self.1[pair.source as usize]).collect()
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

    fn ranked(query: Query, only_novel: bool, top: usize) -> Ranked {
        let record = FitRecord {
            scorer: "by source".into(),
            split_hash: String::new(),
            sources: 4,
            targets: 2,
            trials: Vec::new(),
            epochs: Vec::new(),
        };
        let scorer = BySource(record, [0.5, 2.0, 0.5, -1.0]);
        Candidacy {
            scorer: &scorer,
            relation: &graph().relations()[0],
            only_novel,
            top,
            against: None,
            without_popularity: None,
        }
        .rank(query)
    }

    fn shown(query: Query, only_novel: bool) -> Vec<(u32, String, f64, bool)> {
        let graph = graph();
        let relation = &graph.relations()[0];
        let table = &graph.node_tables()[query.end.other().node_type(relation)];
        ranked(query, only_novel, usize::MAX)
            .candidates(table, Probabilities { calibration: &Calibration::of_training(2.0), three_way: None })
            .into_iter()
            .map(|candidate| (candidate.rank, candidate.id, candidate.percentile, candidate.known))
            .collect()
    }

    #[test]
    fn sources_of_a_target_and_targets_of_a_source() {
        let of_target = shown(Query { end: End::Target, node: 0 }, false);
        assert_eq!(
            of_target,
            [
                (1, "d1".into(), 75.0, true),
                (2, "d0".into(), 25.0, false),
                (3, "d2".into(), 25.0, false),
                (4, "d3".into(), 0.0, false)
            ]
        );
        let of_source = shown(Query { end: End::Source, node: 2 }, false);
        assert_eq!(of_source, [(1, "x0".into(), 0.0, false), (2, "x1".into(), 0.0, true)]);
    }

    #[test]
    fn known_links_do_not_count_among_novel_ones() {
        let novel = shown(Query { end: End::Target, node: 0 }, true);
        let ids: Vec<_> = novel.iter().map(|(rank, id, ..)| (*rank, id.as_str())).collect();
        assert_eq!(ids, [(1, "d0"), (2, "d2"), (3, "d3")]);
        assert!((novel[0].2 - 100.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn the_best_few_are_the_first_of_all() {
        let query = Query { end: End::Target, node: 0 };
        let all = ranked(query, false, usize::MAX);
        for top in 0..6 {
            // Two share the second best score, so that one of them is cut off where two are kept.
            let few = ranked(query, false, top);
            assert_eq!((few.counted, &few.best[..]), (4, &all.best[..top.min(4)]));
        }
    }
}
