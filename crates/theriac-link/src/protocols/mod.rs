//! Protocols: what is held out, and against which pairs it is judged.
//!
//! A [`Protocol`] says how the target's edges are divided and which unknown pairs are negatives. A [`Plan`] is a protocol
//! with its repeats and seed; it makes [`Round`]s, each of which is one fit and one judgement. Rounds are made one at a
//! time, so that a long plan holds no more than those at work, and any of them can be made on any machine.

mod area;
mod cold;
mod folds;
mod inner;
mod time;

use std::fmt::Write as _;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use theriac_graph::{Csr, Graph};

use crate::candidates::CandidateRule;
use crate::error::LinkError;
use crate::pair::Pair;
use crate::split::Split;
use crate::task::Task;

pub use area::{Area, similar_areas};

/// How the target's edges are divided, and what is judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum Protocol {
    /// P1: a random share of the edges is held out, and figures on sampled negatives lead.
    Random {
        /// Share of the edges in the test part.
        test_fraction: f64,
    },
    /// P4: the same division; filtered ranks in both directions lead.
    Ranking {
        /// Share of the edges in the test part.
        test_fraction: f64,
    },
    /// P2: edges and unknown pairs are divided alike into folds.
    #[serde(rename = "kfold")]
    KFold {
        /// Number of folds.
        folds: u32,
    },
    /// P3: edges are divided into folds, and every unknown pair is a negative in each.
    #[serde(rename = "kfold-all")]
    KFoldAll {
        /// Number of folds.
        folds: u32,
    },
    /// P6: sources are divided into folds; those of a fold have no edge in training.
    ColdSource {
        /// Number of folds.
        folds: u32,
    },
    /// P6: targets are divided into folds; those of a fold have no edge in training.
    ColdTarget {
        /// Number of folds.
        folds: u32,
    },
    /// P6: the targets of an area have no edge in training, one area after the other.
    Area {
        /// The areas.
        areas: Vec<Area>,
        /// Share of the other edges of an area's targets that is taken away too.
        removed_share: f64,
    },
    /// P7: edges up to a time are trained on, and later ones are the test part.
    Time {
        /// The edge attribute that holds the time.
        attribute: String,
        /// The last time of training.
        until: f64,
    },
    /// Links from another source are the test part, and all edges but the validation part are trained on.
    External {
        /// Where they are from.
        origin: String,
        /// The links; none is an edge.
        pairs: Vec<Pair>,
        /// The pairs among which they are judged; every unknown pair with one of their targets where none are given.
        universe: Option<Vec<Pair>>,
    },
}

impl Protocol {
    /// Its name on the command line.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Random { .. } => "random",
            Self::Ranking { .. } => "ranking",
            Self::KFold { .. } => "kfold",
            Self::KFoldAll { .. } => "kfold-all",
            Self::ColdSource { .. } => "cold-source",
            Self::ColdTarget { .. } => "cold-target",
            Self::Area { .. } => "disease-area",
            Self::Time { .. } => "time",
            Self::External { .. } => "external",
        }
    }

    /// Rounds of one repeat.
    pub fn folds(&self) -> u32 {
        match self {
            Self::KFold { folds }
            | Self::KFoldAll { folds }
            | Self::ColdSource { folds }
            | Self::ColdTarget { folds } => *folds,
            Self::Area { areas, .. } => areas.len() as u32,
            Self::Random { .. } | Self::Ranking { .. } | Self::Time { .. } | Self::External { .. } => 1,
        }
    }

    /// What is done, in sentences: how edges are divided, and what the negatives are.
    pub fn sentences(&self, task: &Task, valid_fraction: f64) -> Vec<String> {
        let target = task.target();
        let (source, end) = (&target.source, &target.target);
        let of_training = format!("{valid_fraction} of the training part is held out of it for validation");
        match self {
            Self::Random { test_fraction } | Self::Ranking { test_fraction } => vec![
                format!(
                    "random split of {target}: {valid_fraction} validation, {test_fraction} test, the rest train"
                ),
                "negatives: every unknown pair".into(),
            ],
            Self::KFold { folds } => vec![
                format!("{folds}-fold cross-validation of {target} (P2); {of_training}"),
                "negatives: unknown pairs, divided by a hash into as many folds, each pair in one".into(),
            ],
            Self::KFoldAll { folds } => vec![
                format!("{folds}-fold cross-validation of {target} (P3); {of_training}"),
                "negatives: every unknown pair, in every fold".into(),
            ],
            Self::ColdSource { folds } | Self::ColdTarget { folds } => {
                let node = if matches!(self, Self::ColdSource { .. }) { source } else { end };
                vec![
                    format!(
                        "{folds} folds of {node} nodes (P6): those of a fold keep no edge of {target}; {valid_fraction} \
                         of the other {node} nodes are held out likewise for validation"
                    ),
                    format!("negatives: every unknown pair of the fold's {node} nodes"),
                ]
            }
            Self::Area { areas, removed_share } => vec![
                format!(
                    "{} areas of {end} nodes, one after the other (P6): those of an area keep no edge of {target}, \
                     and lose {removed_share} of their other edges; {valid_fraction} of the other {end} nodes are \
                     held out likewise for validation",
                    areas.len()
                ),
                format!("negatives: every unknown pair of the area's {end} nodes"),
            ],
            Self::Time { attribute, until } => vec![
                format!(
                    "edges of {target} up to {attribute} {until} are trained on, later ones are the test part (P7); of \
                     the former, the latest {valid_fraction} are for validation; edges without {attribute} are \
                     trained on"
                ),
                "negatives: every unknown pair".into(),
            ],
            Self::External { origin, pairs, universe } => vec![
                format!(
                    "{} links of {origin} that are no edges of {target} are the test part; {valid_fraction} of the \
                     edges are for validation, all others are trained on",
                    pairs.len()
                ),
                match universe {
                    Some(pairs) => format!("negatives: the {} other pairs of {origin}", pairs.len()),
                    None => format!("negatives: every unknown pair of the {end} nodes of {origin}"),
                },
            ],
        }
    }
}

/// A protocol with all that decides its rounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// What is held out.
    pub protocol: Protocol,
    /// Share of the edges, or of the nodes, that is held out for validation: of all edges under
    /// [`Protocol::Random`] and [`Protocol::Ranking`], else of the training part.
    pub valid_fraction: f64,
    /// How often the whole is done again with the next seed.
    pub repeats: u32,
    /// Seed of the first repeat.
    pub seed: u64,
}

/// One fit and one judgement.
#[derive(Clone, Debug)]
pub struct Round {
    /// The repeat, from 0.
    pub repeat: u32,
    /// The fold within it, from 0.
    pub fold: u32,
    /// Its name: `fold 3`, or that of an area.
    pub name: String,
    /// Seed of its draws and fits.
    pub seed: u64,
    /// What is held out.
    pub split: Split,
    /// Negatives of the test part's binary figures.
    pub negatives: CandidateRule,
    /// The pairs that a test pair is ranked among.
    pub ranked_among: CandidateRule,
    /// Negatives of the validation part.
    pub validation: CandidateRule,
}

impl Round {
    /// The only round of a split that was made elsewhere: every unknown pair is a negative.
    pub fn of_split(split: Split) -> Self {
        Self {
            repeat: 0,
            fold: 0,
            name: "test part".into(),
            seed: split.seed,
            split,
            negatives: CandidateRule::Unknown,
            ranked_among: CandidateRule::Unknown,
            validation: CandidateRule::Unknown,
        }
    }
}

impl Plan {
    /// One round with a random split, as [`Split::random`] makes it.
    pub fn random(valid_fraction: f64, test_fraction: f64, seed: u64) -> Self {
        Self { protocol: Protocol::Random { test_fraction }, valid_fraction, repeats: 1, seed }
    }

    /// Number of rounds.
    pub fn rounds(&self) -> u32 {
        self.repeats * self.protocol.folds()
    }

    /// SHA-256 of the plan and the graph that it is for, in lower-case hexadecimal: parts of one plan have one hash.
    pub fn hash(&self, graph_fingerprint: &str, task: &Task) -> String {
        let mut hasher = Sha256::new();
        let text = serde_json::to_string(&(self, graph_fingerprint, task)).unwrap_or_default();
        hasher.update(text);
        hasher.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    /// The round at `index`, from 0: repeat by repeat, fold by fold.
    ///
    /// # Errors
    ///
    /// When the protocol does not fit the graph: too few edges or nodes for the folds, no such attribute, fractions that
    /// leave nothing.
    pub fn round(&self, graph: &Graph, task: &Task, index: u32) -> Result<Round, LinkError> {
        let folds = self.protocol.folds();
        let (repeat, fold) = (index / folds, index % folds);
        let seed = self.seed + u64::from(repeat);
        let relation = graph.relation(task.target())?;
        let plain = |split: Split| {
            let round = Round { repeat, fold, seed, ..Round::of_split(split) };
            if folds == 1 { round } else { Round { name: format!("fold {}", fold + 1), ..round } }
        };
        match &self.protocol {
            Protocol::Random { test_fraction } | Protocol::Ranking { test_fraction } => {
                Ok(plain(Split::random(graph, task, self.valid_fraction, *test_fraction, seed)?))
            }
            Protocol::KFold { folds } => {
                let split = folds::split(relation, task, self.valid_fraction, fold, *folds, seed)?;
                let negatives = CandidateRule::Fold { seed, fold, folds: *folds };
                Ok(Round { negatives, ..plain(split) })
            }
            Protocol::KFoldAll { folds } => {
                Ok(plain(folds::split(relation, task, self.valid_fraction, fold, *folds, seed)?))
            }
            Protocol::ColdSource { folds } | Protocol::ColdTarget { folds } => {
                let sources = matches!(self.protocol, Protocol::ColdSource { .. });
                let cold = cold::Cold::of_fold(relation, task, sources, fold, *folds, seed)?;
                let (split, test, validation) = cold.split(relation, task, self.valid_fraction, seed)?;
                Ok(Round { negatives: test.clone(), ranked_among: test, validation, ..plain(split) })
            }
            Protocol::Area { areas, removed_share } => {
                let area = &areas[fold as usize];
                let cold = cold::Cold::of_targets(relation, task, &area.targets)?;
                let (mut split, test, validation) = cold.split(relation, task, self.valid_fraction, seed)?;
                split.removed = area.removed_edges(graph, task, *removed_share, seed)?;
                let round = plain(split);
                Ok(Round {
                    name: area.name.clone(),
                    negatives: test.clone(),
                    ranked_among: test,
                    validation,
                    ..round
                })
            }
            Protocol::Time { attribute, until } => {
                Ok(plain(time::split(relation, task, attribute, *until, self.valid_fraction, seed)?))
            }
            Protocol::External { pairs, universe, .. } => {
                let mut split = Split::random(graph, task, self.valid_fraction, 0.0, seed)?;
                split.external.clone_from(pairs);
                split.check(graph)?;
                let (sources, targets) = (relation.forward.rows(), relation.forward.columns());
                let rule = if let Some(universe) = universe {
                    let judged = universe.iter().chain(pairs).map(|pair| (pair.target, pair.source)).unzip();
                    let (target, source): (Vec<u32>, Vec<u32>) = judged;
                    let judged = Csr::from_pairs(targets, sources, &target, &source, None);
                    CandidateRule::Pairs(Arc::new(judged))
                } else {
                    let mut marks = vec![false; targets as usize];
                    for pair in pairs {
                        marks[pair.target as usize] = true;
                    }
                    CandidateRule::Nodes { sources: None, targets: Some(marks.into()) }
                };
                Ok(Round { negatives: rule.clone(), ranked_among: rule, ..plain(split) })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::candidates::Candidates;
    use crate::conformance::{example_graph, example_task};
    use crate::view::TrainView;

    fn plan(protocol: Protocol) -> Plan {
        Plan { protocol, valid_fraction: 0.1, repeats: 2, seed: 5 }
    }

    fn protocols() -> Vec<Protocol> {
        let area = |name: &str, targets: &[u32]| Area { name: name.into(), targets: targets.to_vec() };
        vec![
            Protocol::Random { test_fraction: 0.2 },
            Protocol::Ranking { test_fraction: 0.2 },
            Protocol::KFold { folds: 4 },
            Protocol::KFoldAll { folds: 4 },
            Protocol::ColdSource { folds: 3 },
            Protocol::ColdTarget { folds: 3 },
            Protocol::Area { areas: vec![area("first", &[0, 3]), area("second", &[5])], removed_share: 0.5 },
        ]
    }

    #[test]
    fn every_protocol_keeps_its_parts_apart_and_its_test_edges_out_of_the_view() {
        let graph = example_graph();
        let task = example_task(&graph).unwrap();
        for protocol in protocols() {
            let plan = plan(protocol.clone());
            for index in 0..plan.rounds() {
                let round = plan.round(&graph, &task, index).unwrap();
                round.split.check(&graph).unwrap();
                assert!(!round.split.test.is_empty() && !round.split.valid.is_empty(), "{protocol:?}");
                let view =
                    TrainView::with_candidates(&graph, &round.split, round.validation.clone()).unwrap();
                for pair in round.split.test.iter().chain(&round.split.valid) {
                    assert!(!view.target().forward.contains(pair.source, pair.target));
                }
                let again = plan.round(&graph, &task, index).unwrap();
                assert_eq!(again.split.hash(), round.split.hash());
            }
            let first = plan.round(&graph, &task, 0).unwrap().split.hash();
            let repeat = plan.round(&graph, &task, plan.protocol.folds()).unwrap();
            assert_eq!(repeat.seed, 6);
            let by_list = matches!(protocol, Protocol::Area { .. });
            assert!(by_list || repeat.split.hash() != first, "{protocol:?}");
        }
    }

    #[test]
    fn folds_hold_every_edge_once_and_every_unknown_pair_once() {
        let graph = example_graph();
        let task = example_task(&graph).unwrap();
        let relation = graph.relation(task.target()).unwrap();
        let plan = plan(Protocol::KFold { folds: 4 });
        let (mut edges, mut unknown) = (BTreeSet::new(), BTreeSet::new());
        let mut sizes = Vec::new();
        for index in 0..4 {
            let round = plan.round(&graph, &task, index).unwrap();
            sizes.push(round.split.test.len());
            assert!(round.split.test.iter().all(|pair| edges.insert(*pair)));
            let candidates = Candidates::new(relation, &[], &round.negatives);
            let count = candidates.count();
            let mut draws = crate::stream(0, "test", &[]);
            let drawn = candidates.sample(count, &mut draws).unwrap();
            assert!(drawn.into_iter().all(|pair| unknown.insert(pair)));
        }
        assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1);
        assert_eq!(edges.len(), relation.len());
        let pairs = relation.forward.rows() as usize * relation.forward.columns() as usize;
        assert_eq!(unknown.len(), pairs - relation.len());
    }

    #[test]
    fn cold_nodes_have_no_edge_in_training_and_are_all_cold_once() {
        let graph = example_graph();
        let task = example_task(&graph).unwrap();
        for sources in [true, false] {
            let protocol =
                if sources { Protocol::ColdSource { folds: 3 } } else { Protocol::ColdTarget { folds: 3 } };
            let node = |pair: &Pair| if sources { pair.source } else { pair.target };
            let mut cold = BTreeSet::new();
            for index in 0..3 {
                let round = plan(protocol.clone()).round(&graph, &task, index).unwrap();
                let held: BTreeSet<u32> = round.split.test.iter().map(node).collect();
                let valid: BTreeSet<u32> = round.split.valid.iter().map(node).collect();
                let train: BTreeSet<u32> = round.split.train.iter().map(node).collect();
                assert!(held.is_disjoint(&valid) && held.is_disjoint(&train) && valid.is_disjoint(&train));
                assert!(held.iter().all(|node| cold.insert(*node)));
            }
            assert_eq!(cold.len(), if sources { 24 } else { 18 });
        }
    }

    #[test]
    fn external_links_are_judged_and_leave_the_siblings() {
        let graph = example_graph();
        let task = example_task(&graph).unwrap();
        let relation = graph.relation(task.target()).unwrap();
        let palliates = graph.resolve_relation("drug:palliates:disease").unwrap();
        let outside: Vec<Pair> = palliates
            .forward
            .pairs()
            .filter(|&(source, target)| !relation.forward.contains(source, target))
            .map(|(source, target)| Pair { source, target })
            .collect();
        assert!(!outside.is_empty());
        let external =
            |pairs: Vec<Pair>, universe| Protocol::External { origin: "trials".into(), pairs, universe };
        let round = plan(external(outside.clone(), None)).round(&graph, &task, 0).unwrap();
        assert!(round.split.test.is_empty());
        let view = TrainView::new(&graph, &round.split).unwrap();
        let left = view.graph().resolve_relation("drug:palliates:disease").unwrap();
        assert!(outside.iter().all(|pair| !left.forward.contains(pair.source, pair.target)));
        let candidates = Candidates::new(relation, &outside, &round.negatives);
        assert!(outside.iter().all(|pair| !candidates.contains(*pair)));
        let given = vec![outside[0]];
        let universe = vec![outside[1]];
        let round = plan(external(given.clone(), Some(universe))).round(&graph, &task, 0).unwrap();
        assert_eq!(Candidates::new(relation, &given, &round.negatives).count(), 1);
        let edge = relation.forward.pairs().next().map(|(s, t)| Pair::new(s, t)).unwrap();
        let refused = plan(external(vec![edge], None)).round(&graph, &task, 0);
        assert!(matches!(refused, Err(LinkError::NotExternal { .. })));
    }

    #[test]
    fn the_hash_of_a_plan_is_of_all_that_decides_it() {
        let graph = example_graph();
        let task = example_task(&graph).unwrap();
        let mut hashes: Vec<String> =
            protocols().into_iter().map(|protocol| plan(protocol).hash("a graph", &task)).collect();
        hashes.push(Plan { seed: 6, ..plan(protocols().remove(0)) }.hash("a graph", &task));
        hashes.push(plan(protocols().remove(0)).hash("another", &task));
        let different: BTreeSet<&String> = hashes.iter().collect();
        assert_eq!(different.len(), hashes.len());
    }

    proptest! {
        #[test]
        fn too_many_folds_are_refused_and_never_panic(folds in 0u32..400, seed in any::<u64>()) {
            let graph = example_graph();
            let task = example_task(&graph).unwrap();
            let seed = seed / 2;
            for protocol in [
                Protocol::KFold { folds },
                Protocol::ColdSource { folds },
                Protocol::ColdTarget { folds },
            ] {
                let plan = Plan { seed, ..plan(protocol) };
                if plan.rounds() > 0 && let Ok(round) = plan.round(&graph, &task, 0) {
                    prop_assert!(!round.split.test.is_empty());
                }
            }
        }
    }
}
