//! Cold nodes: drugs or diseases without any target edge in training.

use std::sync::Arc;

use rand::seq::SliceRandom;
use theriac_graph::Relation;

use super::folds::{check_folds, fold_range};
use crate::candidates::CandidateRule;
use crate::error::LinkError;
use crate::pair::Pair;
use crate::split::{Split, check_fractions, count, links};
use crate::stream::stream;
use crate::task::Task;

/// The nodes of one end that are cold, and the others that have edges.
pub(super) struct Cold {
    /// Whether they are sources.
    sources: bool,
    nodes: Vec<u32>,
    others: Vec<u32>,
    /// Number of nodes of the end.
    all: u32,
    description: String,
}

impl Cold {
    /// The nodes of one fold of those that have an edge, shuffled.
    pub(super) fn of_fold(
        relation: &Relation,
        task: &Task,
        sources: bool,
        fold: u32,
        folds: u32,
        seed: u64,
    ) -> Result<Self, LinkError> {
        let mut nodes = with_edges(relation, task, sources);
        let protocol = if sources { "cold-source" } else { "cold-target" };
        check_folds(protocol, folds, nodes.len(), "nodes with edges")?;
        nodes.shuffle(&mut stream(seed, "folds of nodes", &[u64::from(sources)]));
        let cold: Vec<u32> = nodes.drain(fold_range(nodes.len(), fold, folds)).collect();
        let end = if sources { &task.target().source } else { &task.target().target };
        let description =
            format!("{} cold {end} nodes, fold {} of {folds}, seed {seed}", cold.len(), fold + 1);
        Ok(Self { sources, nodes: cold, others: nodes, all: count_of(relation, sources), description })
    }

    /// These targets, and all others that have edges.
    pub(super) fn of_targets(relation: &Relation, task: &Task, targets: &[u32]) -> Result<Self, LinkError> {
        let all = count_of(relation, false);
        if let Some(target) = targets.iter().find(|&&target| target >= all) {
            let problem = format!("node {target} of an area is out of range; expected nodes below {all}");
            return Err(LinkError::Protocol { protocol: "disease-area", problem });
        }
        let mut others = with_edges(relation, task, false);
        others.retain(|node| !targets.contains(node));
        let description = format!("{} cold {} nodes of an area", targets.len(), task.target().target);
        Ok(Self { sources: false, nodes: targets.to_vec(), others, all, description })
    }

    /// The split that holds out every edge of the cold nodes for test, and every edge of the share `valid_fraction` of the
    /// other nodes for validation; with the candidates of both parts.
    pub(super) fn split(
        mut self,
        relation: &Relation,
        task: &Task,
        valid_fraction: f64,
        seed: u64,
    ) -> Result<(Split, CandidateRule, CandidateRule), LinkError> {
        check_fractions(valid_fraction, 0.0)?;
        let first = self.nodes.first().copied().map_or(0, u64::from);
        self.others.sort_unstable();
        self.others.shuffle(&mut stream(seed, "cold nodes for validation", &[first]));
        self.others.truncate(count(valid_fraction, self.others.len()));
        let (test, valid) = (self.marks(&self.nodes), self.marks(&self.others));
        let one_type = task.joins_one_type();
        let touches = |marks: &[bool], pair: Pair| {
            let own = marks[if self.sources { pair.source } else { pair.target } as usize];
            own || one_type && (marks[pair.source as usize] || marks[pair.target as usize])
        };
        let mut parts = [Vec::new(), Vec::new(), Vec::new()];
        for pair in links(relation, task) {
            let part = if touches(&test, pair) { 2 } else { usize::from(touches(&valid, pair)) };
            parts[part].push(pair);
        }
        if parts[2].is_empty() {
            let problem = format!("its {} nodes have no edge of {}", self.nodes.len(), task.target());
            return Err(LinkError::Protocol { protocol: "cold", problem });
        }
        let split = Split::of_links(relation, task, parts, seed, self.description.clone())?;
        let rule = |marks: Arc<[bool]>| match (one_type, self.sources) {
            (true, _) => CandidateRule::Nodes { sources: Some(marks.clone()), targets: Some(marks) },
            (false, true) => CandidateRule::Nodes { sources: Some(marks), targets: None },
            (false, false) => CandidateRule::Nodes { sources: None, targets: Some(marks) },
        };
        Ok((split, rule(test), rule(valid)))
    }

    fn marks(&self, nodes: &[u32]) -> Arc<[bool]> {
        let mut marks = vec![false; self.all as usize];
        for &node in nodes {
            marks[node as usize] = true;
        }
        marks.into()
    }
}

/// The nodes of one end that have an edge; in a relation within one type, of either end.
pub(super) fn with_edges(relation: &Relation, task: &Task, sources: bool) -> Vec<u32> {
    let (own, other) = if sources {
        (&relation.forward, &relation.backward)
    } else {
        (&relation.backward, &relation.forward)
    };
    let has_edge = |&node: &u32| own.degree(node) > 0 || task.joins_one_type() && other.degree(node) > 0;
    (0..own.rows()).filter(has_edge).collect()
}

fn count_of(relation: &Relation, sources: bool) -> u32 {
    if sources { relation.forward.rows() } else { relation.forward.columns() }
}
