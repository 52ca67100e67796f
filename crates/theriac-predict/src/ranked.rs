//! The candidates for a node, in the order of a scorer.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Range;

use serde::Serialize;
use theriac_graph::{NodeLabel, NodeTable, Relation};
use theriac_link::{FittedScorer, Pair};
use theriac_models::{FittedModel, Probabilities};
use utoipa::ToSchema;

/// Nodes that are held against the least of the best at a time.
const NODES: usize = 32;

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
        let Query { end, node } = query;
        self.rank_each(end, node..node + 1).swap_remove(0)
    }

    /// The best candidates for each of some nodes at this end. They are the same whatever else is asked for, to the bit.
    pub fn rank_each(&self, end: End, nodes: Range<u32>) -> Vec<Ranked> {
        let others = match end {
            End::Target => self.relation.forward.rows(),
            End::Source => self.relation.forward.columns(),
        };
        let mut scores = vec![0.0; nodes.len() * others as usize];
        match end {
            End::Target => self.scorer.score_targets(nodes.clone(), &mut scores),
            End::Source => {
                for (node, scores) in nodes.clone().zip(scores.chunks_exact_mut(others.max(1) as usize)) {
                    let pairs: Vec<Pair> = (0..others).map(|other| Pair::new(node, other)).collect();
                    scores.copy_from_slice(&self.scorer.score(&pairs));
                }
            }
        }
        let row = |place: usize| &scores[place * others as usize..(place + 1) * others as usize];
        nodes.enumerate().map(|(place, node)| self.ranked(Query { end, node }, row(place))).collect()
    }

    /// The best candidates for the query by the scores of all nodes of the other end.
    fn ranked(&self, query: Query, scores: &[f32]) -> Ranked {
        let Self { relation, against, .. } = *self;
        let one_type = relation.source_type == relation.target_type;
        let holds = |relation: &Relation, node: u32| {
            let Pair { source, target } = query.pair(node);
            relation.forward.contains(source, target) || one_type && relation.forward.contains(target, source)
        };
        let keys = match self.without_popularity {
            None => Cow::Borrowed(scores),
            Some(model) => (0..).zip(scores).map(|(node, &score)| key(model, query, node, score)).collect(),
        };
        let left_out = self.left_out(query);
        let best = best_of(&keys, &left_out, self.top);
        let pairs: Vec<Pair> = best.iter().map(|&(node, ..)| query.pair(node)).collect();
        let spread = self.scorer.spread(&pairs);
        let opposed = against.map(|(scorer, relation)| (scorer.score(&pairs), relation));
        let place = |(place, &(node, _, percentile)): (usize, &(u32, f32, f64))| {
            let spread = spread.as_ref().map(|spread| spread[place]);
            let against = opposed.as_ref().map(|(scores, relation)| PlaceAgainst {
                score: scores[place],
                known: holds(relation, node),
            });
            let (score, known) = (scores[node as usize], holds(relation, node));
            Place { node, rank: place as u32 + 1, score, spread, percentile, known, against }
        };
        let counted = scores.len() - left_out.len();
        Ranked { query, counted, best: best.iter().enumerate().map(place).collect() }
    }

    /// The nodes of the other end that are no candidates, sorted.
    fn left_out(&self, Query { end, node }: Query) -> Vec<u32> {
        let Self { relation, only_novel, .. } = *self;
        let one_type = relation.source_type == relation.target_type;
        let [own, other] = match end {
            End::Source => [&relation.forward, &relation.backward],
            End::Target => [&relation.backward, &relation.forward],
        };
        let mut nodes = if only_novel { own.neighbors(node).to_vec() } else { Vec::new() };
        if one_type {
            nodes.extend(if only_novel { other.neighbors(node) } else { &[] });
            nodes.push(node);
            nodes.sort_unstable();
            nodes.dedup();
        }
        nodes
    }
}

/// What a node of the other end with this score is ordered by, where popularity has no part in the order.
fn key(model: &FittedModel, query: Query, node: u32, score: f32) -> f32 {
    model.contributions(query.pair(node)).map_or(score, |of| score - of.popularity)
}

/// The first `top` of nodes by their keys, the best first, each with its key and the share of all that have a lower one, in per cent;
/// nodes that are `left_out`, a sorted list, do not count.
pub fn best_of(keys: &[f32], left_out: &[u32], top: usize) -> Vec<(u32, f32, f64)> {
    let counted = keys.len() - left_out.len();
    let kept = counted.min(top);
    if kept == 0 {
        return Vec::new();
    }
    let room = (2 * kept).max(2 * NODES);
    let mut best: Vec<(u32, f32)> = Vec::with_capacity(room.min(keys.len()));
    let mut least = None;
    for (first, keys) in (0..).step_by(NODES).zip(keys.chunks(NODES)) {
        // Most nodes are not among the best: a comparison for many at a time tells.
        let is_beaten =
            |least: f32| keys.iter().map(|&key| u32::from(key <= least)).sum::<u32>() as usize == keys.len();
        if least.is_some_and(is_beaten) {
            continue;
        }
        let may_be_best = |key: f32| least.is_none_or(|least| key > least || key.is_nan());
        let nodes = (first..).zip(keys.iter().copied()).filter(|&(_, key)| may_be_best(key));
        best.extend(nodes.filter(|(node, _)| left_out.binary_search(node).is_err()));
        if best.len() >= room {
            best.select_nth_unstable_by(kept - 1, before);
            best.truncate(kept);
            least = Some(best[kept - 1].1).filter(|least| !least.is_nan());
        }
    }
    best.select_nth_unstable_by(kept - 1, before);
    best.truncate(kept);
    best.sort_unstable_by(before);
    let last = best[kept - 1].1;
    let as_good = |key: f32| key >= last;
    let as_good_as_last = keys.iter().filter(|&&key| as_good(key)).count()
        - left_out.iter().filter(|&&node| as_good(keys[node as usize])).count();
    let place = |&(node, key): &(u32, f32)| {
        let mut as_good = best.partition_point(|&(_, other)| other >= key);
        if as_good == kept {
            // A key that is no number is as good as none.
            as_good = as_good_as_last.max(kept);
        }
        (node, key, 100.0 * (counted - as_good) as f64 / counted as f64)
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
    // Zero has no sign here.
    (other.1 + 0.0).total_cmp(&(one.1 + 0.0)).then(one.0.cmp(&other.0))
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
    use proptest::prelude::*;
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
            learned_validation: false,
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

    proptest! {
        #[test]
        fn the_best_are_those_of_a_sort(
            keys in prop::collection::vec((-20i8..20).prop_map(|key| f32::from(key) / 4.0), 1..400),
            left_out in prop::collection::btree_set(0u32..400, 0..30),
            top in 0usize..60,
        ) {
            let left_out: Vec<u32> = left_out.into_iter().filter(|&node| (node as usize) < keys.len()).collect();
            let mut all: Vec<(u32, f32)> = (0..).zip(keys.iter().copied()).collect();
            all.retain(|(node, _)| !left_out.contains(node));
            let lower = |key: f32| all.iter().filter(|other| other.1 < key).count();
            let mut expected: Vec<(u32, f32, f64)> = all
                .iter()
                .map(|&(node, key)| (node, key, 100.0 * lower(key) as f64 / all.len() as f64))
                .collect();
            expected.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
            expected.truncate(top);
            prop_assert_eq!(best_of(&keys, &left_out, top), expected);
        }
    }
}
