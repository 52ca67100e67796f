//! The leak guard: what a scorer may see.

use rand::seq::SliceRandom;
use rayon::prelude::*;
use theriac_graph::{Graph, Relation};

use crate::candidates::{CandidateRule, Candidates};
use crate::error::LinkError;
use crate::guard;
use crate::negatives::{self, LabelledPairs};
use crate::pair::Pair;
use crate::split::{RemovedEdges, Split, csr, edges_of, representative};
use crate::stream::{Stream, stream};
use crate::task::Task;

/// What a scorer is fitted on: a graph from which every held-out edge is gone.
///
/// A leak cannot be written: the view owns its graph, and a scorer gets nothing but the view. Validation and test pairs
/// are taken out of the target relation and of every sibling that the task declares, in whichever direction it runs, and
/// in both CSR directions of each; [`TrainView::with_validation`] alone leaves the validation pairs in. The view keeps the validation pairs, for early stopping and thresholds; the test
/// pairs are not in it, and nothing leads from it back to the graph that it was made of.
///
/// What follows from target edges (similarities, embeddings, degrees) has to be computed from [`TrainView::graph`].
/// Node features that the graph brings along are passed on as they are.
#[derive(Clone, Debug)]
pub struct TrainView {
    graph: Graph,
    task: Task,
    target: Relation,
    train: Vec<Pair>,
    valid: Vec<Pair>,
    /// The pairs that negatives of the validation part are among.
    rule: CandidateRule,
    /// Whether the validation part is among the train edges.
    learns_validation: bool,
    split_hash: String,
}

impl TrainView {
    /// The view of `graph` that `split` leaves to a scorer. Beside taking held-out pairs out of the target and its siblings,
    /// it checks that neither a relation that was not declared a sibling nor a node feature gives them away.
    ///
    /// # Errors
    ///
    /// When the split does not hold each edge of the graph's target relation exactly once; [`LinkError::Leak`] when
    /// something else in the graph holds held-out pairs, naming it.
    pub fn new(graph: &Graph, split: &Split) -> Result<Self, LinkError> {
        Self::with_candidates(graph, split, CandidateRule::Unknown)
    }

    /// The view of a split whose validation part is judged among these candidates alone; see [`TrainView::new`].
    ///
    /// # Errors
    ///
    /// Those of [`TrainView::new`].
    pub fn with_candidates(graph: &Graph, split: &Split, rule: CandidateRule) -> Result<Self, LinkError> {
        Self::check(graph, split)?;
        Self::unchecked(graph, split, rule)
    }

    fn check(graph: &Graph, split: &Split) -> Result<(), LinkError> {
        split.check(graph)?;
        guard::check(graph, graph.relation(split.task.target())?, split)
    }

    /// The view of a split from which a scorer may learn the validation part as well: its edges are training edges here, and
    /// there is none to choose anything by. It is of the same split; negatives are among the candidates of `rule`, as in
    /// [`TrainView::with_candidates`].
    ///
    /// # Errors
    ///
    /// Those of [`TrainView::new`].
    pub fn with_validation(graph: &Graph, split: &Split, rule: CandidateRule) -> Result<Self, LinkError> {
        Self::check(graph, split)?;
        let train = [split.train.as_slice(), &split.valid].concat();
        let whole = Split { train, valid: Vec::new(), ..split.clone() };
        let view = Self::unchecked(graph, &whole, rule)?;
        Ok(Self { learns_validation: true, split_hash: split.hash(), ..view })
    }

    /// What the guard's tests attack: a view from which nothing is taken out.
    #[cfg(test)]
    pub(crate) fn without_guard(graph: &Graph, split: &Split) -> Self {
        let mut view =
            Self::unchecked(graph, split, CandidateRule::Unknown).expect("the split belongs to the graph");
        view.graph = graph.clone();
        view.target = graph.relation(split.task.target()).expect("the graph has its target").clone();
        view
    }

    fn unchecked(graph: &Graph, split: &Split, rule: CandidateRule) -> Result<Self, LinkError> {
        let task = &split.task;
        let target = graph.relation(task.target())?;
        let held_out = [split.valid.as_slice(), &split.test, &split.external].concat();
        let mut guarded = without(graph, task, target, &held_out);
        if !split.removed.is_empty() {
            guarded = without_removed(&guarded, &split.removed);
        }
        Ok(Self {
            target: guarded.relation(task.target())?.clone(),
            graph: guarded,
            task: task.clone(),
            train: split.train.clone(),
            valid: split.valid.clone(),
            rule,
            learns_validation: false,
            split_hash: split.hash(),
        })
    }

    /// The graph without the held-out edges.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// What is predicted.
    pub fn task(&self) -> &Task {
        &self.task
    }

    /// The target relation with the train edges alone.
    pub fn target(&self) -> &Relation {
        &self.target
    }

    /// Place of the target relation among those of the graph.
    pub fn target_place(&self) -> usize {
        let keys = self.graph.relations().iter().map(|relation| &relation.key);
        keys.take_while(|key| *key != self.task.target()).count()
    }

    /// The train edges, in the order of the split.
    pub fn train_pairs(&self) -> &[Pair] {
        &self.train
    }

    /// The validation edges, in the order of the split: for early stopping and thresholds, never to learn from.
    pub fn valid_pairs(&self) -> &[Pair] {
        &self.valid
    }

    /// Whether the validation part is learned as well, see [`TrainView::with_validation`].
    pub fn learns_validation(&self) -> bool {
        self.learns_validation
    }

    /// The validation edges with `negative_ratio` times as many negatives, to follow a fit with.
    ///
    /// The negatives are pairs that the view does not know as edges, among the candidates of the validation part. Test edges
    /// are among these, as rare as they are among all unknown pairs: figures on this sample are a little lower than a
    /// [`crate::Judge`] gives, which knows the test edges and leaves them out.
    ///
    /// # Errors
    ///
    /// When the ratio is not a finite number above 0, or there are too few unknown pairs.
    pub fn validation_sample(&self, negative_ratio: f64, seed: u64) -> Result<LabelledPairs, LinkError> {
        let count = negatives::count(negative_ratio, self.valid.len())?;
        let mut draws = stream(seed, "validation sample of a view", &[]);
        let negatives = self.validation_candidates().sample(count, &mut draws)?;
        Ok(LabelledPairs::new(&self.valid, &negatives))
    }

    /// The mean reciprocal filtered rank of the validation links, each among all sources that are candidates of its target.
    /// `score` fills the scores of all sources for one target: `[n_sources]`. `None` where there is no such link.
    pub fn validation_mrr(&self, score: impl Fn(u32, &mut [f32]) + Sync) -> Option<f64> {
        let mut links = self.valid.clone();
        links.sort_unstable_by_key(|pair| (pair.target, pair.source));
        let candidates = self.validation_candidates();
        let by_target: Vec<&[Pair]> = links.chunk_by(|a, b| a.target == b.target).collect();
        let sums: Vec<f64> = by_target
            .into_par_iter()
            .map(|links| {
                let target = links[0].target;
                let mut scores = vec![0.0; self.sources() as usize];
                score(target, &mut scores);
                let mut others = Vec::new();
                candidates.sources_of(target, &mut others);
                let reciprocal = |link: &Pair| {
                    let own = scores[link.source as usize];
                    let count = |compare: fn(&f32, &f32) -> bool| {
                        others.iter().filter(|&&other| compare(&scores[other as usize], &own)).count() as f64
                    };
                    1.0 / (1.0 + count(|a, b| a > b) + 0.5 * count(|a, b| a == b))
                };
                links.iter().map(reciprocal).sum()
            })
            .collect();
        (!links.is_empty()).then(|| sums.iter().sum::<f64>() / links.len() as f64)
    }

    /// The pairs that negatives of the validation part are among.
    pub(crate) fn validation_rule(&self) -> &CandidateRule {
        &self.rule
    }

    /// The view that a split of this view's own edges leaves. Nothing is checked anew: what this view holds was.
    pub(crate) fn within(&self, split: &Split, rule: CandidateRule) -> Result<Self, LinkError> {
        Self::unchecked(&self.graph, split, rule)
    }

    /// How many pairs may be negatives of the validation part.
    pub fn validation_candidate_count(&self) -> usize {
        self.validation_candidates().count()
    }

    fn validation_candidates(&self) -> Candidates<'_> {
        let known = [self.train.as_slice(), &self.valid].concat();
        Candidates::new(&self.target.with_edges(csr(&self.target, &known)), &[], &self.rule)
    }

    /// Divides the training links for a step or an epoch: a random `share` of them supervises, and the graph that carries
    /// messages has them no more, in the target relation and in every sibling. An edge and its mirror image in a relation
    /// within one type are one link.
    pub fn divide(&self, share: f64, draws: &mut Stream) -> (Vec<Pair>, Graph) {
        let mut links = self.train.clone();
        links.retain(|&pair| representative(&self.target, &self.task, pair) == pair);
        links.shuffle(draws);
        links.truncate((share * links.len() as f64) as usize);
        let supervision = edges_of(&self.target, &self.task, links);
        let messages = without(&self.graph, &self.task, &self.target, &supervision);
        (supervision, messages)
    }

    /// Number of source nodes.
    pub fn sources(&self) -> u32 {
        self.target.forward.rows()
    }

    /// Number of target nodes.
    pub fn targets(&self) -> u32 {
        self.target.forward.columns()
    }

    /// Hash of the split, which a fitted scorer carries with it.
    pub fn split_hash(&self) -> &str {
        &self.split_hash
    }
}

/// The graph without these target edges: not in the target relation nor in a sibling, in whichever direction it runs, and,
/// in a relation within one type, without their mirror images.
fn without(graph: &Graph, task: &Task, target: &Relation, edges: &[Pair]) -> Graph {
    let mut edges = edges.to_vec();
    if task.joins_one_type() {
        let mirrored: Vec<Pair> = edges.iter().map(|pair| pair.reversed()).collect();
        edges.extend(mirrored);
    }
    let gone = csr(target, &edges);
    graph.map_relations(|relation| {
        if !task.covers(&relation.key) {
            return Some(relation.clone());
        }
        let reversed = relation.source_type != target.source_type;
        Some(relation.with_edges(relation.forward.filter(|source, target| {
            !if reversed { gone.contains(target, source) } else { gone.contains(source, target) }
        })))
    })
}

/// The graph without these edges of other relations.
fn without_removed(graph: &Graph, removed: &[RemovedEdges]) -> Graph {
    graph.map_relations(|relation| {
        let Some(RemovedEdges { edges, .. }) = removed.iter().find(|of| of.relation == relation.key) else {
            return Some(relation.clone());
        };
        let gone = csr(relation, edges);
        Some(relation.with_edges(relation.forward.filter(|source, target| {
            let mirrored = relation.undirected && gone.contains(target, source);
            !gone.contains(source, target) && !mirrored
        })))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use theriac_graph::{DuplicatePolicy, EdgeList, GraphBuilder, NodeTable, Provenance, RelationKey};

    use super::*;
    use crate::conformance::{example_graph, example_task};

    /// The edges of a relation between the target's node types, as pairs of the target, seen from both CSR directions.
    fn as_pairs(relation: &Relation, target: &Relation) -> Vec<Pair> {
        let forward = relation.forward.pairs().map(|(source, target)| Pair { source, target });
        let backward = relation.backward.pairs().map(|(target, source)| Pair { source, target });
        let reversed = relation.source_type != target.source_type;
        forward.chain(backward).map(|pair| if reversed { pair.reversed() } else { pair }).collect()
    }

    #[test]
    fn held_out_pairs_are_gone_and_all_else_is_kept() {
        let graph = example_graph();
        let split = Split::random(&graph, &example_task(&graph).unwrap(), 0.1, 0.2, 7).unwrap();
        let view = TrainView::new(&graph, &split).unwrap();
        assert_eq!(view.train_pairs(), split.train);
        assert_eq!(view.valid_pairs(), split.valid);
        assert_eq!(view.split_hash(), split.hash());
        let mut train = split.train.clone();
        train.sort_unstable();
        let edges: Vec<Pair> = view.target().forward.pairs().map(|(s, t)| Pair::new(s, t)).collect();
        assert_eq!(edges, train);
        let held_out = [split.valid.as_slice(), &split.test].concat();
        for relation in graph.relations() {
            let left = view.graph().relation(&relation.key).unwrap();
            if !split.task.covers(&relation.key) {
                assert_eq!((&left.forward, &left.backward), (&relation.forward, &relation.backward));
                continue;
            }
            let kept = as_pairs(relation, view.target()).into_iter().filter(|pair| !held_out.contains(pair));
            let (mut kept, mut found) = (kept.collect::<Vec<_>>(), as_pairs(left, view.target()));
            kept.sort_unstable();
            found.sort_unstable();
            assert_eq!(found, kept);
        }
    }

    #[test]
    fn with_the_validation_part_the_test_part_alone_is_gone() {
        let graph = example_graph();
        let split = Split::random(&graph, &example_task(&graph).unwrap(), 0.1, 0.2, 7).unwrap();
        let view = TrainView::with_validation(&graph, &split, CandidateRule::Unknown).unwrap();
        assert_eq!(view.train_pairs(), [split.train.as_slice(), &split.valid].concat());
        assert!(view.valid_pairs().is_empty());
        assert_eq!(view.split_hash(), split.hash());
        for relation in view.graph().relations().iter().filter(|relation| split.task.covers(&relation.key)) {
            let found = as_pairs(relation, view.target());
            assert!(split.test.iter().all(|pair| !found.contains(pair)));
        }
        assert!(split.valid.iter().all(|pair| view.target().forward.contains(pair.source, pair.target)));
    }

    #[test]
    fn the_validation_sample_holds_no_train_pair() {
        let graph = example_graph();
        let split = Split::random(&graph, &example_task(&graph).unwrap(), 0.1, 0.2, 7).unwrap();
        let view = TrainView::new(&graph, &split).unwrap();
        let sample = view.validation_sample(2.0, 5).unwrap();
        assert_eq!(sample.len(), 3 * split.valid.len());
        assert!(sample.pairs.iter().all(|pair| !split.train.contains(pair)));
        assert!(sample.pairs.iter().zip(&sample.labels).all(|(p, &label)| split.valid.contains(p) == label));
    }

    #[test]
    fn a_split_of_another_graph_is_refused() {
        let graph = example_graph();
        let mut split = Split::random(&graph, &example_task(&graph).unwrap(), 0.1, 0.2, 7).unwrap();
        split.test.pop();
        assert!(matches!(TrainView::new(&graph, &split), Err(LinkError::Coverage { .. })));
    }

    /// A graph of two or one node types with a target and three relations beside it.
    fn arbitrary_graph() -> impl Strategy<Value = Graph> {
        let edges = || prop::collection::btree_set((0u32..6, 0u32..6), 4..25);
        (any::<bool>(), [edges(), edges(), edges(), edges()]).prop_map(|(one_type, relations)| {
            let target = if one_type { "drug" } else { "disease" };
            let keys = [
                ("drug", "treats", target),
                ("drug", "palliates", target),
                (target, "mirrors", "drug"),
                (target, "marks", "drug"),
            ];
            let ids: Vec<String> = (0..6).map(|i| i.to_string()).collect();
            let mut builder = GraphBuilder::new(Provenance::default());
            builder.add_nodes(NodeTable::new("drug", ids.clone(), ids.clone())).unwrap();
            builder.add_nodes(NodeTable::new("disease", ids.clone(), ids)).unwrap();
            for ((source, name, target), edges) in keys.into_iter().zip(relations) {
                let (sources, targets) = edges.into_iter().unzip();
                let list = EdgeList { sources, targets, ..EdgeList::default() };
                builder
                    .add_relation(RelationKey::new(source, name, target), list, DuplicatePolicy::Reject)
                    .unwrap();
            }
            builder.build().unwrap()
        })
    }

    proptest! {
        #[test]
        fn no_held_out_pair_is_reachable(graph in arbitrary_graph(), seed in any::<u64>()) {
            let target = graph.relations()[0].key.clone();
            let task = Task::with_every_sibling(&graph, target).unwrap();
            let split = Split::random(&graph, &task, 0.2, 0.3, seed).unwrap();
            let view = TrainView::new(&graph, &split).unwrap();
            for relation in view.graph().relations() {
                for pair in as_pairs(relation, view.target()) {
                    prop_assert!(!split.valid.contains(&pair) && !split.test.contains(&pair));
                    if task.joins_one_type() {
                        let mirrored = pair.reversed();
                        prop_assert!(!split.valid.contains(&mirrored) && !split.test.contains(&mirrored));
                    }
                }
            }
            let mut train = split.train.clone();
            train.sort_unstable();
            let left: Vec<Pair> = view.target().forward.pairs().map(|(s, t)| Pair::new(s, t)).collect();
            prop_assert_eq!(left, train);
        }
    }
}
