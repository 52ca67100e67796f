//! Splits: which edges of the target relation are trained on, and which are held out.

use std::collections::HashSet;
use std::fmt::Write as _;

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use theriac_graph::{Csr, Graph, Relation, RelationKey};

use crate::error::LinkError;
use crate::pair::Pair;
use crate::stream::stream;
use crate::task::Task;

/// A split of the target relation's edges into three parts. Each edge is in exactly one of them.
///
/// Where sources and targets are nodes of one type, an edge and its mirror image state the same link and are always in
/// the same part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// What is predicted.
    pub task: Task,
    /// Edges to train on.
    pub train: Vec<Pair>,
    /// Held-out edges for early stopping, thresholds and calibration.
    pub valid: Vec<Pair>,
    /// Held-out edges for the final figures.
    pub test: Vec<Pair>,
    /// Pairs for the final figures that are no edges of the target: links from another source. They are taken out of the
    /// siblings as if they were edges.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external: Vec<Pair>,
    /// Edges of other relations that the training view lacks as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<RemovedEdges>,
    /// Seed of the draw.
    pub seed: u64,
    /// How the edges were divided, in words.
    pub description: String,
}

/// Edges of a relation beside the target that a protocol takes away from training.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovedEdges {
    /// The relation.
    pub relation: RelationKey,
    /// Its edges that are gone, as (source, target) of this relation.
    pub edges: Vec<Pair>,
}

/// A held-out part of a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The part for early stopping, thresholds and calibration.
    Valid,
    /// The part for the final figures.
    Test,
}

impl Part {
    /// `validation` or `test`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Valid => "validation",
            Self::Test => "test",
        }
    }
}

impl Split {
    /// A random split in the manner of PyTorch Geometric's `RandomLinkSplit`: the edges are shuffled, and of `n` of
    /// them the last `floor(test_fraction * n)` become the test part, the `floor(valid_fraction * n)` before these the
    /// validation part, and the rest the train part.
    ///
    /// # Errors
    ///
    /// When the graph lacks the target, the fractions are not fractions, or nothing is left to train on.
    pub fn random(
        graph: &Graph,
        task: &Task,
        valid_fraction: f64,
        test_fraction: f64,
        seed: u64,
    ) -> Result<Self, LinkError> {
        check_fractions(valid_fraction, test_fraction)?;
        let relation = graph.relation(task.target())?;
        let mut links = links(relation, task);
        links.shuffle(&mut stream(seed, "random split", &[]));
        let (valid, test) = (count(valid_fraction, links.len()), count(test_fraction, links.len()));
        let test = take_last(&mut links, test);
        let valid = take_last(&mut links, valid);
        let description = format!(
            "random split of {}: {valid_fraction} validation, {test_fraction} test, the rest train, seed {seed}",
            task.target()
        );
        Self::of_links(relation, task, [links, valid, test], seed, description)
    }

    /// The split whose test part is given; of the other edges, `floor(valid_fraction * n)` of `n` become the
    /// validation part at random, and the rest the train part.
    ///
    /// # Errors
    ///
    /// When the graph lacks the target, a test pair is not an edge of it or occurs twice, the fraction is not one, or
    /// nothing is left to train on.
    pub fn holding_out(
        graph: &Graph,
        task: &Task,
        test_pairs: &[Pair],
        valid_fraction: f64,
        seed: u64,
    ) -> Result<Self, LinkError> {
        check_fractions(valid_fraction, 0.0)?;
        let relation = graph.relation(task.target())?;
        check_edges(relation, test_pairs)?;
        let mut held_out: Vec<Pair> =
            test_pairs.iter().map(|&pair| representative(relation, task, pair)).collect();
        held_out.sort_unstable();
        held_out.dedup();
        let mut links = links(relation, task);
        links.retain(|link| held_out.binary_search(link).is_err());
        links.shuffle(&mut stream(seed, "holding out", &[]));
        let valid = count(valid_fraction, links.len());
        let valid = take_last(&mut links, valid);
        let description = format!(
            "{} chosen pairs of {} for test, {valid_fraction} of the others for validation, the rest train, seed {seed}",
            test_pairs.len(),
            task.target(),
        );
        Self::of_links(relation, task, [links, valid, held_out], seed, description)
    }

    /// The pairs of a held-out part.
    pub fn part(&self, part: Part) -> &[Pair] {
        match part {
            Part::Valid => &self.valid,
            Part::Test => &self.test,
        }
    }

    /// The positives of the final figures, or those of validation: the part's edges, and for the test part the external
    /// pairs behind them.
    pub fn positives(&self, part: Part) -> Vec<Pair> {
        match part {
            Part::Valid => self.valid.clone(),
            Part::Test => [self.test.as_slice(), &self.external].concat(),
        }
    }

    /// SHA-256 of the task, the three parts, the external pairs and the removed edges, each as sorted pairs, in lower-case
    /// hexadecimal: two splits with equal hashes hold out the same edges.
    pub fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        hasher.update(format!("target {}\n", self.task.target()));
        for sibling in self.task.siblings() {
            hasher.update(format!("sibling {sibling}\n"));
        }
        for kept in self.task.kept() {
            hasher.update(format!("kept {kept}\n"));
        }
        for (name, pairs) in [("train", &self.train), ("valid", &self.valid), ("test", &self.test)] {
            hash_pairs(&mut hasher, name, pairs);
        }
        if !self.external.is_empty() {
            hash_pairs(&mut hasher, "external", &self.external);
        }
        for RemovedEdges { relation, edges } in &self.removed {
            hash_pairs(&mut hasher, &format!("removed {relation}"), edges);
        }
        hasher.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    /// Checks that the three parts hold each edge of the target relation exactly once, and an edge and its mirror image
    /// within one type in the same part, which a split that was read from a file, or belongs to another graph, may not
    /// do; and that external pairs are within the graph and no edges.
    ///
    /// # Errors
    ///
    /// Names the first pair that is not an edge or occurs twice, or says how many edges are missing.
    pub fn check(&self, graph: &Graph) -> Result<(), LinkError> {
        let relation = graph.relation(self.task.target())?;
        let pairs = [self.train.as_slice(), &self.valid, &self.test].concat();
        check_edges(relation, &pairs)?;
        let target = || self.task.target().clone();
        if pairs.len() != relation.len() {
            return Err(LinkError::Coverage {
                target: target(),
                found: pairs.len(),
                expected: relation.len(),
            });
        }
        if self.train.is_empty() {
            return Err(LinkError::EmptyPart { part: "train", target: target() });
        }
        if self.task.joins_one_type() {
            for part in [&self.train, &self.valid, &self.test] {
                let pairs: HashSet<Pair> = part.iter().copied().collect();
                let apart = |pair: &&Pair| {
                    let image = pair.reversed();
                    relation.forward.contains(image.source, image.target) && !pairs.contains(&image)
                };
                if let Some(&pair) = part.iter().find(apart) {
                    return Err(LinkError::MirrorApart { pair, target: target() });
                }
            }
        }
        let known = |pair: &&Pair| {
            let (sources, targets) = (relation.forward.rows(), relation.forward.columns());
            let inside = pair.source < sources && pair.target < targets;
            !inside || relation.forward.contains(pair.source, pair.target)
        };
        match self.external.iter().find(known) {
            Some(&pair) => Err(LinkError::NotExternal { pair, target: target() }),
            None => Ok(()),
        }
    }

    /// Makes a split of links, each of which stands for one edge or an edge and its mirror image.
    pub(crate) fn of_links(
        relation: &Relation,
        task: &Task,
        parts: [Vec<Pair>; 3],
        seed: u64,
        description: String,
    ) -> Result<Self, LinkError> {
        if parts[0].is_empty() {
            return Err(LinkError::EmptyPart { part: "train", target: task.target().clone() });
        }
        let [train, valid, test] = parts.map(|links| edges_of(relation, task, links));
        let (external, removed) = (Vec::new(), Vec::new());
        Ok(Self { task: task.clone(), train, valid, test, external, removed, seed, description })
    }
}

/// Pairs as compressed sparse rows between the nodes of a relation, sources by targets.
pub(crate) fn csr(relation: &Relation, pairs: &[Pair]) -> Csr {
    let (sources, targets): (Vec<u32>, Vec<u32>) =
        pairs.iter().map(|pair| (pair.source, pair.target)).unzip();
    Csr::from_pairs(relation.forward.rows(), relation.forward.columns(), &sources, &targets, None)
}

/// The edge that stands for the link of `pair`: its mirror image where that is an edge too, of the same type, and the
/// lesser of the two.
pub(crate) fn representative(relation: &Relation, task: &Task, pair: Pair) -> Pair {
    let mirrored = pair.reversed();
    if task.joins_one_type() && mirrored < pair && relation.forward.contains(mirrored.source, mirrored.target)
    {
        mirrored
    } else {
        pair
    }
}

/// One edge for each link of the relation, in the order of the relation.
pub(crate) fn links(relation: &Relation, task: &Task) -> Vec<Pair> {
    let edges = relation.forward.pairs().map(|(source, target)| Pair { source, target });
    edges.filter(|&pair| representative(relation, task, pair) == pair).collect()
}

/// The edges that links stand for.
pub(crate) fn edges_of(relation: &Relation, task: &Task, links: Vec<Pair>) -> Vec<Pair> {
    if !task.joins_one_type() {
        return links;
    }
    let mirrored = |link: Pair| {
        let mirrored = link.reversed();
        let there = mirrored != link && relation.forward.contains(mirrored.source, mirrored.target);
        there.then_some(mirrored)
    };
    links.into_iter().flat_map(|link| std::iter::once(link).chain(mirrored(link))).collect()
}

/// Checks that pairs are edges of the relation and that none occurs twice.
fn check_edges(relation: &Relation, pairs: &[Pair]) -> Result<(), LinkError> {
    let nodes = (relation.forward.rows(), relation.forward.columns());
    let is_edge = |pair: &Pair| {
        pair.source < nodes.0 && pair.target < nodes.1 && relation.forward.contains(pair.source, pair.target)
    };
    if let Some(&pair) = pairs.iter().find(|pair| !is_edge(pair)) {
        return Err(LinkError::NotAnEdge { pair, target: relation.key.clone() });
    }
    let once = csr(relation, pairs);
    let mut previous = None;
    if let Some((source, target)) = once.pairs().find(|&pair| previous.replace(pair) == Some(pair)) {
        return Err(LinkError::RepeatedPair { pair: Pair { source, target }, target: relation.key.clone() });
    }
    Ok(())
}

fn hash_pairs(hasher: &mut Sha256, name: &str, pairs: &[Pair]) {
    hasher.update(format!("{name} {}\n", pairs.len()));
    let mut sorted = pairs.to_vec();
    sorted.sort_unstable();
    for pair in sorted {
        hasher.update(pair.source.to_le_bytes());
        hasher.update(pair.target.to_le_bytes());
    }
}

pub(crate) fn check_fractions(valid: f64, test: f64) -> Result<(), LinkError> {
    // Written so that NaN fails, too.
    if valid >= 0.0 && test >= 0.0 && valid + test < 1.0 {
        Ok(())
    } else {
        Err(LinkError::Fractions { valid, test })
    }
}

pub(crate) fn count(fraction: f64, links: usize) -> usize {
    (fraction * links as f64) as usize
}

pub(crate) fn take_last(links: &mut Vec<Pair>, count: usize) -> Vec<Pair> {
    links.split_off(links.len() - count)
}

#[cfg(test)]
mod tests {
    use theriac_graph::{DuplicatePolicy, EdgeList, GraphBuilder, NodeTable, Provenance, RelationKey};

    use super::*;
    use crate::conformance::{example_graph, example_task};

    fn example() -> (Graph, Task) {
        let graph = example_graph();
        let task = example_task(&graph).unwrap();
        (graph, task)
    }

    /// Proteins 0 to 9: each interacts with the next, stated in both directions, and 0 with itself; 9 with 0 in one.
    fn interactions() -> (Graph, Task) {
        let ids: Vec<String> = (0..10).map(|i| i.to_string()).collect();
        let sources = (0..9).chain(1..10).chain([0, 9]).collect();
        let targets = (1..10).chain(0..9).chain([0, 0]).collect();
        let key = RelationKey::new("protein", "interacts", "protein");
        let mut builder = GraphBuilder::new(Provenance::default());
        builder.add_nodes(NodeTable::new("protein", ids.clone(), ids)).unwrap();
        let edges = EdgeList { sources, targets, ..EdgeList::default() };
        builder.add_relation(key.clone(), edges, DuplicatePolicy::Reject).unwrap();
        let graph = builder.build().unwrap();
        let task = Task::new(&graph, key, Vec::new()).unwrap();
        (graph, task)
    }

    #[test]
    fn a_random_split_has_the_counts_of_random_link_split() {
        let (graph, task) = example();
        let edges = graph.relation(task.target()).unwrap().len();
        let split = Split::random(&graph, &task, 0.1, 0.25, 3).unwrap();
        assert_eq!(split.valid.len(), (0.1 * edges as f64) as usize);
        assert_eq!(split.test.len(), (0.25 * edges as f64) as usize);
        assert_eq!(split.train.len(), edges - split.valid.len() - split.test.len());
        split.check(&graph).unwrap();
        assert_eq!(split, Split::random(&graph, &task, 0.1, 0.25, 3).unwrap());
        assert_ne!(split.test, Split::random(&graph, &task, 0.1, 0.25, 4).unwrap().test);
    }

    #[test]
    fn chosen_pairs_are_the_test_part() {
        let (graph, task) = example();
        let relation = graph.relation(task.target()).unwrap();
        let chosen: Vec<Pair> = relation.forward.pairs().step_by(5).map(|(s, t)| Pair::new(s, t)).collect();
        let split = Split::holding_out(&graph, &task, &chosen, 0.1, 3).unwrap();
        split.check(&graph).unwrap();
        assert_eq!(split.test, chosen);
        assert_eq!(split.valid.len(), (relation.len() - chosen.len()) / 10);
        let twice = Split::holding_out(&graph, &task, &[chosen[0], chosen[0]], 0.1, 3);
        assert!(matches!(twice, Err(LinkError::RepeatedPair { .. })));
        let error = Split::holding_out(&graph, &task, &[Pair::new(99, 0)], 0.1, 3).unwrap_err();
        assert_eq!(
            error.to_string(),
            "pair (99, 0) of the split is not an edge of drug:treats:disease; expected edges of it alone"
        );
    }

    #[test]
    fn a_link_in_two_parts_is_refused() {
        let (graph, task) = interactions();
        let mut split = Split::random(&graph, &task, 0.2, 0.2, 3).unwrap();
        split.check(&graph).unwrap();
        let apart = split
            .test
            .iter()
            .position(|pair| split.test.contains(&pair.reversed()) && pair.source != pair.target);
        let pair = split.test.remove(apart.unwrap());
        split.train.push(pair);
        assert!(matches!(split.check(&graph), Err(LinkError::MirrorApart { .. })));
    }

    #[test]
    fn impossible_fractions_are_refused() {
        let (graph, task) = example();
        for (valid, test) in [(0.5, 0.5), (-0.1, 0.2), (f64::NAN, 0.1), (0.1, f64::INFINITY)] {
            let split = Split::random(&graph, &task, valid, test, 0);
            assert!(matches!(split, Err(LinkError::Fractions { .. })), "{valid} and {test} were taken");
        }
    }

    #[test]
    fn the_hash_is_of_what_is_held_out_and_of_nothing_else() {
        let (graph, task) = example();
        let split = Split::random(&graph, &task, 0.1, 0.2, 3).unwrap();
        let mut reordered = Split { seed: 9, description: String::new(), ..split.clone() };
        reordered.test.reverse();
        assert_eq!(reordered.hash(), split.hash());
        assert_eq!(split.hash().len(), 64);
        let mut moved = split.clone();
        moved.valid.extend(moved.test.pop());
        assert_ne!(moved.hash(), split.hash());
        let without_siblings = Task::new(&graph, task.target().clone(), Vec::new()).unwrap();
        assert_ne!(Split { task: without_siblings, ..split.clone() }.hash(), split.hash());
        let text = serde_json::to_string(&split).unwrap();
        assert_eq!(serde_json::from_str::<Split>(&text).unwrap(), split);
    }

    #[test]
    fn a_split_of_another_graph_is_found_out() {
        let (graph, task) = example();
        let split = Split::random(&graph, &task, 0.1, 0.2, 3).unwrap();
        let mut short = split.clone();
        short.train.pop();
        assert!(matches!(short.check(&graph), Err(LinkError::Coverage { .. })));
        let mut repeated = split.clone();
        repeated.test[0] = repeated.train[0];
        assert!(matches!(repeated.check(&graph), Err(LinkError::RepeatedPair { .. })));
        let other = Split { task: interactions().1, ..split };
        assert!(matches!(other.check(&graph), Err(LinkError::Graph(_))));
    }

    #[test]
    fn an_edge_and_its_mirror_image_stay_together() {
        let (graph, task) = interactions();
        for seed in 0..20 {
            let split = Split::random(&graph, &task, 0.2, 0.3, seed).unwrap();
            split.check(&graph).unwrap();
            for part in [&split.train, &split.valid, &split.test] {
                let loose =
                    |pair: &&Pair| pair.source.abs_diff(pair.target) == 1 && !part.contains(&pair.reversed());
                assert_eq!(part.iter().find(loose), None);
            }
        }
        let split = Split::holding_out(&graph, &task, &[Pair::new(5, 4)], 0.0, 1).unwrap();
        assert_eq!(split.test, [Pair::new(4, 5), Pair::new(5, 4)]);
    }
}
