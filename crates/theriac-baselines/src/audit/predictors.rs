//! How well one kind of evidence alone tells the target's edges.

use std::fmt;

use rand::seq::SliceRandom;
use serde::Serialize;
use theriac_graph::{Graph, Relation, RelationKey};
use theriac_link::metrics::auroc;
use theriac_link::negatives::degree_matched;
use theriac_link::{CandidateRule, Candidates, LinkError, Pair, Split, Task, TrainView, stream};

use crate::metapath::{Metapath, PathCounts, Step, enumerate};
use crate::similarity::{jaccard_network, network_relation, resemblances};

/// Edges of the target that are judged, at most.
const POSITIVES: usize = 5_000;
/// Steps of the longest chains.
const STEPS: usize = 3;
/// Damping exponent of degrees in path counts.
const DAMPING: f32 = 0.4;
/// Share of the target's edges that neighbours vote on; the others are what they know.
const HELD_OUT: f64 = 0.2;
/// Nodes that are taken to be like a node.
const NEAREST: usize = 30;

/// What kind of evidence a predictor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Evidence {
    /// Degree-weighted paths along a chain of relations, without any edge of the target.
    Paths,
    /// Held-out edges of the target, by the other edges of the nodes with the most similar neighbours along one relation
    /// (Jaccard's index), or, within a type, of those that it joins.
    Neighbors,
    /// Held-out edges of the target, by the other edges of the nodes with the most similar given features.
    Features,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Paths => "paths",
            Self::Neighbors => "neighbours",
            Self::Features => "features",
        })
    }
}

/// How well one kind of evidence alone tells edges of the target from unknown pairs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Predictor {
    /// What kind it is.
    pub evidence: Evidence,
    /// The kind of path that is counted, as [`Metapath`] shows it. Votes are paths of two steps: the target, and from a node
    /// to one like it (`shares_` and the relation that they are alike by, with a number; `resembles` for features).
    pub metapath: String,
    /// The relations that the evidence is made of, sorted: none for features.
    pub relations: Vec<RelationKey>,
    /// Edges of the target that were judged.
    pub positives: usize,
    /// Of these, those for which an unknown pair of like degree was found.
    pub matched: usize,
    /// AUROC on the matched edges and their unknown pairs of like degree: 0.5 where the evidence says nothing beyond degree.
    /// `None` without a matched edge.
    pub matched_auroc: Option<f64>,
    /// AUROC on the edges and as many random unknown pairs; `None` without either.
    pub uniform_auroc: Option<f64>,
    /// Share of the judged edges with a score above 0.
    pub coverage: f64,
}

impl Predictor {
    /// What the evidence is, to begin a sentence with: `Paths drug-targets-protein-associates-disease`.
    pub fn in_words(&self) -> String {
        let Self { evidence, metapath, .. } = self;
        match evidence {
            Evidence::Paths => format!("Paths {metapath}"),
            Evidence::Neighbors => {
                format!("Votes of the nodes most alike by {} ({metapath})", self.subject())
            }
            Evidence::Features => format!("Votes of the nodes most alike by {}", self.subject()),
        }
    }

    /// What it is made of: relations, or the given features of a type.
    pub(super) fn subject(&self) -> String {
        if self.evidence == Evidence::Features {
            let side = self.metapath.split("-resembles").next().and_then(|path| path.rsplit('-').next());
            return format!("the given features of {}", side.unwrap_or("the nodes"));
        }
        self.relations.iter().map(RelationKey::to_string).collect::<Vec<_>>().join(", ")
    }
}

/// Edges of the target and what they are told from.
struct Sample {
    positives: Vec<Pair>,
    /// The positives that are matched, then their negatives.
    matched: Vec<Pair>,
    uniform: Vec<Pair>,
}

/// Judges all evidence: chains, then neighbours, then features.
pub(super) fn predictors(graph: &Graph, target: &Relation, seed: u64) -> Result<Vec<Predictor>, LinkError> {
    let relations: Vec<&Relation> = graph.relations().iter().collect();
    let joins_ends = |key: &RelationKey| {
        let (a, b) = (&target.key.source, &target.key.target);
        (&key.source, &key.target) == (a, b) || (&key.source, &key.target) == (b, a)
    };
    let [from, to] = [&target.key.source, &target.key.target];
    let mut chains = enumerate(&relations, from, to, 1, |key| *key == target.key);
    chains.extend(enumerate(&relations, from, to, STEPS, joins_ends));
    let unknown = Candidates::new(target, &[], &CandidateRule::Unknown);
    let edges: Vec<Pair> = target.forward.pairs().map(|(source, target)| Pair { source, target }).collect();
    let sample = Sample::new(edges, target, &unknown, seed, "paths")?;
    let described = chains.into_iter().map(|chain| {
        let mut made_of: Vec<RelationKey> = chain.steps().iter().map(|step| step.relation.clone()).collect();
        made_of.sort_unstable();
        made_of.dedup();
        (Evidence::Paths, chain, made_of)
    });
    let described = described.collect();
    let mut found = judge(&relations, described, target, &sample)?;

    // Given features are what is judged here, even where they were made from held-out edges.
    let tables = [target.source_type, target.target_type].map(|node_type| &graph.node_tables()[node_type]);
    let given = tables.into_iter().filter_map(|table| {
        let features = table.features.as_ref()?;
        Some(format!("{}.{}", table.node_type, features.name))
    });
    let given: Vec<String> = given.collect();
    let task = Task::with_every_sibling(graph, target.key.clone())?.keeping(graph, &given)?;
    let split = Split::random(graph, &task, 0.0, HELD_OUT, seed)?;
    let view = TrainView::new(graph, &split)?;
    let (votes, networks) = votes(&view, joins_ends);
    let relations: Vec<&Relation> = view.graph().relations().iter().chain(&networks).collect();
    let sample = Sample::new(split.test.clone(), view.target(), &unknown, seed, "votes")?;
    found.extend(judge(&relations, votes, target, &sample)?);
    Ok(found)
}

/// Evidence, the metapath that is counted for it, and the relations that it is made of.
type Described = (Evidence, Metapath, Vec<RelationKey>);

/// The ways in which nodes like an end of a pair vote, and the similarity networks that they go along: from the source to
/// nodes like it and along the target, or along the target and to nodes like the one reached.
///
/// Nodes joined by a relation within their type are alike; so are, of the others, those with the most similar neighbours
/// along a relation, and those with the most similar given features.
fn votes(view: &TrainView, joins_ends: impl Fn(&RelationKey) -> bool) -> (Vec<Described>, Vec<Relation>) {
    let (graph, target) = (view.graph(), view.target());
    let along = Step { relation: target.key.clone(), reversed: false };
    let mut found: Vec<Described> = Vec::new();
    let mut add = |evidence, step: &Step, made_of: &[RelationKey]| {
        let described =
            |steps: Vec<Step>| Metapath::new(steps).map(|path| (evidence, path, made_of.to_vec()));
        if step.start() == target.key.source {
            found.extend(described(vec![step.clone(), along.clone()]));
        }
        if step.start() == target.key.target {
            found.extend(described(vec![along.clone(), step.clone()]));
        }
    };
    let mut networks = Vec::new();
    let used = graph.relations().iter().filter(|relation| !relation.is_empty() && !joins_ends(&relation.key));
    for relation in used {
        for reversed in [false, true] {
            let step = Step { relation: relation.key.clone(), reversed };
            let (place, out, into) = if reversed {
                (relation.target_type, &relation.backward, &relation.forward)
            } else {
                (relation.source_type, &relation.forward, &relation.backward)
            };
            let made_of = std::slice::from_ref(&relation.key);
            if step.start() == step.end() {
                if !(reversed && relation.is_symmetric()) {
                    add(Evidence::Neighbors, &step, made_of);
                }
            } else if place == target.source_type || place == target.target_type {
                let network = jaccard_network(out, into, NEAREST);
                // Numbered, since relations to several types may have one name.
                let name = format!("shares_{}_{}", relation.key.name, networks.len() + 1);
                networks.push(network_relation(&network, place, step.start(), &name));
                let alike = Step { relation: networks[networks.len() - 1].key.clone(), reversed: false };
                add(Evidence::Neighbors, &alike, made_of);
            }
        }
    }
    for relation in resemblances(view, NEAREST) {
        add(Evidence::Features, &Step { relation: relation.key.clone(), reversed: false }, &[]);
        networks.push(relation);
    }
    (found, networks)
}

impl Sample {
    fn new(
        mut positives: Vec<Pair>,
        degrees: &Relation,
        unknown: &Candidates<'_>,
        seed: u64,
        purpose: &str,
    ) -> Result<Self, LinkError> {
        let mut draws = stream(seed, &format!("audit's {purpose}"), &[]);
        // No path leads from a node to itself.
        positives.retain(|pair| degrees.source_type != degrees.target_type || pair.source != pair.target);
        positives.shuffle(&mut draws);
        positives.truncate(POSITIVES);
        let (mut matched, negatives) = degree_matched(&positives, degrees, unknown, &mut draws);
        matched.extend(negatives);
        let uniform = unknown.sample(positives.len().min(unknown.count()), &mut draws)?;
        Ok(Self { positives, matched, uniform })
    }
}

/// Counts the paths of all metapaths for the pairs of the sample.
fn judge(
    relations: &[&Relation],
    described: Vec<Described>,
    target: &Relation,
    sample: &Sample,
) -> Result<Vec<Predictor>, LinkError> {
    if described.is_empty() {
        return Ok(Vec::new());
    }
    let metapaths: Vec<Metapath> = described.iter().map(|(_, path, _)| path.clone()).collect();
    let from_targets = target.forward.columns() < target.forward.rows();
    let counts = PathCounts::new(relations, &metapaths, DAMPING, from_targets, |_| false);
    let pairs = [sample.positives.as_slice(), &sample.uniform, &sample.matched].concat();
    let scores = counts.of(&pairs);
    let (positives, matched) = (sample.positives.len(), sample.matched.len() / 2);
    let judged = described.into_iter().enumerate().map(|(place, (evidence, path, relations))| {
        let column: Vec<f32> = scores.chunks_exact(metapaths.len()).map(|row| row[place]).collect();
        let (uniform, like) = column.split_at(positives + sample.uniform.len());
        let first = |count: usize, all: usize| (0..all).map(|i| i < count).collect::<Vec<bool>>();
        let reached = uniform[..positives].iter().filter(|&&score| score > 0.0).count();
        Ok(Predictor {
            evidence,
            metapath: path.to_string(),
            relations,
            positives,
            matched,
            matched_auroc: auroc(like, &first(matched, like.len()))?,
            uniform_auroc: auroc(uniform, &first(positives, uniform.len()))?,
            coverage: reached as f64 / positives.max(1) as f64,
        })
    });
    judged.collect()
}

#[cfg(test)]
mod tests {
    use theriac_link::conformance::example_graph;

    use super::*;

    #[test]
    fn chains_votes_and_features_are_judged() {
        let graph = example_graph();
        let target = graph.relation(&"drug:treats:disease".parse().unwrap()).unwrap();
        let found = predictors(&graph, target, 1).unwrap();
        let told: Vec<(Evidence, &str)> =
            found.iter().map(|predictor| (predictor.evidence, predictor.metapath.as_str())).collect();
        assert_eq!(
            told,
            [
                (Evidence::Paths, "drug-^treated_by-disease"),
                (Evidence::Paths, "drug-palliates-disease"),
                (Evidence::Paths, "drug-targets-protein-associates-disease"),
                (Evidence::Neighbors, "drug-shares_targets_1-drug-treats-disease"),
                (Evidence::Neighbors, "drug-treats-disease-shares_associates_2-disease"),
                (Evidence::Features, "drug-resembles-drug-treats-disease"),
            ]
        );
        // The mirror image knows every edge and no other pair.
        assert_eq!((found[0].matched_auroc, found[0].coverage), (Some(1.0), 1.0));
        assert!(found[0].relations[0].name == "treated_by" && found[5].relations.is_empty());
    }
}
