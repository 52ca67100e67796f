//! The battery of tests that every scorer passes, and a small graph to run it on.
//!
//! ```no_run
//! # fn scorer() -> Box<dyn theriac_link::Scorer> { unimplemented!() }
//! #[test]
//! fn the_scorer_conforms() {
//!     theriac_link::conformance::check_scorer(scorer().as_ref());
//! }
//! ```

use rand::RngExt;
use rand::seq::SliceRandom;
use theriac_graph::{
    DuplicatePolicy, Edge, EdgeList, EditedGraph, FeatureMatrix, Graph, GraphBuilder, NodeTable, Provenance,
    RelationKey,
};

use crate::budget::{Budget, Event, Observer, Silent};
use crate::candidates::CandidateRule;
use crate::error::LinkError;
use crate::evaluation::{EvaluationOptions, Judge};
use crate::pair::Pair;
use crate::protocols::Round;
use crate::scorer::{FittedScorer, Scorer};
use crate::split::{Part, Split};
use crate::stream::stream;
use crate::task::Task;
use crate::view::TrainView;

/// A small graph of made-up nodes: 24 drugs with 6 features each, 18 diseases and 12 proteins. `drug:treats:disease` has
/// a sibling in either direction: `drug:palliates:disease`, which shares edges with it, and `disease:treated_by:drug`,
/// its mirror image.
pub fn example_graph() -> Graph {
    let (drugs, diseases, proteins) = (24, 18, 12);
    let mut draw = stream(0, "example graph", &[]);
    let mut drug_table = table("drug", drugs);
    let values = (0..drugs * 6).map(|_| draw.random_range(0.0..1.0)).collect();
    drug_table.features = Some(FeatureMatrix { name: "similarity".into(), dim: 6, values });
    // Low indices have many edges, as in real graphs, and every drug has at least one.
    let mut edges = |sources: u32, targets: u32, density: f64| -> EdgeList {
        let mut list = EdgeList::default();
        for source in 0..sources {
            for target in 0..targets {
                let popularity = 24.0 / f64::from(4 + source + target);
                if target == source % targets || draw.random_bool((density * popularity).min(0.9)) {
                    list.sources.push(source);
                    list.targets.push(target);
                }
            }
        }
        list
    };
    let treats = edges(drugs, diseases, 0.15);
    let treated_by =
        EdgeList { sources: treats.targets.clone(), targets: treats.sources.clone(), ..EdgeList::default() };
    let relations = [
        (RelationKey::new("drug", "palliates", "disease"), edges(drugs, diseases, 0.05)),
        (RelationKey::new("drug", "targets", "protein"), edges(drugs, proteins, 0.05)),
        (RelationKey::new("protein", "associates", "disease"), edges(proteins, diseases, 0.05)),
        (RelationKey::new("drug", "treats", "disease"), treats),
        (RelationKey::new("disease", "treated_by", "drug"), treated_by),
    ];
    let mut builder = GraphBuilder::new(Provenance { name: "example".into(), ..Provenance::default() });
    for table in [drug_table, table("disease", diseases), table("protein", proteins)] {
        builder.add_nodes(table).expect("the example's nodes are sound");
    }
    for (key, list) in relations {
        builder.add_relation(key, list, DuplicatePolicy::Reject).expect("the example's edges are sound");
    }
    builder.build().expect("the example is not empty")
}

fn table(node_type: &str, nodes: u32) -> NodeTable {
    let ids: Vec<String> = (0..nodes).map(|i| format!("{node_type}:{i}")).collect();
    let names = (0..nodes).map(|i| format!("{node_type} {i}")).collect();
    NodeTable::new(node_type, ids, names)
}

/// The task of predicting `drug:treats:disease` in [`example_graph`], with both siblings.
///
/// # Errors
///
/// When `graph` has no such relation.
pub fn example_task(graph: &Graph) -> Result<Task, LinkError> {
    Task::with_every_sibling(graph, RelationKey::new("drug", "treats", "disease"))
}

/// Checks a scorer on [`example_graph`]; see [`check_scorer_on`].
///
/// # Panics
///
/// When the scorer breaks a rule, saying which.
pub fn check_scorer(scorer: &dyn Scorer) {
    let graph = example_graph();
    let task = example_task(&graph).expect("the example has its target");
    let split = Split::random(&graph, &task, 0.1, 0.2, 7).expect("the example can be split");
    check_scorer_on(scorer, &graph, &split);
}

/// Checks what everything that scores promises: that it carries its name, the split's hash and the numbers of nodes; that
/// scores are finite and the same one by one, in blocks and in any order; that the same seed gives the same bits; that a
/// fit that is asked to stop tries no second configuration and ends soundly; that it can be evaluated; and that, fitted again with
/// the validation part, it keeps the settings that were chosen on it.
///
/// # Panics
///
/// When the scorer breaks a rule, saying which.
pub fn check_scorer_on(scorer: &dyn Scorer, graph: &Graph, split: &Split) {
    let view = TrainView::new(graph, split).expect("the split belongs to the graph");
    let name = scorer.name();
    assert!(!name.is_empty(), "a scorer has a name");
    let fit = |observer: &dyn Observer| {
        scorer.fit(&view, &Budget::new(7, observer)).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    let fitted = fit(&Silent);
    assert_eq!(fitted.name(), name, "the fitted scorer keeps the name");
    assert_eq!(fitted.split_hash(), view.split_hash(), "{name} carries the hash of the split");
    assert_eq!(
        (fitted.sources(), fitted.targets()),
        (view.sources(), view.targets()),
        "{name} knows its nodes"
    );

    let scores = all_scores(fitted.as_ref());
    assert!(scores.iter().all(|score| score.is_finite()), "{name} gives finite scores");
    check_pairs(fitted.as_ref(), &scores);
    check_blocks(fitted.as_ref(), &scores);
    check_rescorer(fitted.as_ref(), &view, &scores);

    assert!(
        same_bits(&scores, &all_scores(fit(&Silent).as_ref())),
        "{name} gives the same bits for the same seed"
    );
    let stopped = fit(&Stop);
    let scores = all_scores(stopped.as_ref());
    assert!(scores.iter().all(|score| score.is_finite()), "{name} gives finite scores after it was stopped");
    let compared = stopped.record().trials.iter().filter(|trial| !trial.chosen).count();
    assert!(compared == 0, "{name} compares configurations although it is asked to stop at once");
    let round = Round::of_split(split.clone());
    let judge = Judge::new(graph, &round, Part::Test, &EvaluationOptions::default());
    if let Err(error) = judge.and_then(|judge| judge.judge(fitted.as_ref())) {
        panic!("{name} can be evaluated: {error}");
    }
    check_fit_twice(scorer, fitted.as_ref(), graph, split, &view);
}

/// Fitted twice, a scorer keeps the first fit for thresholds, and takes its settings over into the last.
fn check_fit_twice(
    scorer: &dyn Scorer,
    fitted: &dyn FittedScorer,
    graph: &Graph,
    split: &Split,
    view: &TrainView,
) {
    let name = scorer.name();
    let whole = TrainView::with_validation(graph, split, CandidateRule::Unknown)
        .expect("the split belongs to the graph");
    let twice = scorer
        .fit_twice(view, &whole, &Budget::new(7, &Silent))
        .unwrap_or_else(|error| panic!("{name}, fitted twice: {error}"));
    let first = twice.chosen.as_ref().unwrap_or(&twice.last).as_ref();
    assert!(
        same_bits(&all_scores(fitted), &all_scores(first)),
        "{name} is fitted on the training part first, as ever"
    );
    assert_eq!(twice.last.split_hash(), split.hash(), "{name}, fitted twice, is of the same split");
    let learned = [&twice.last].into_iter().chain(&twice.chosen).map(|of| of.record().learned_validation);
    let expected = if scorer.learns_validation() { &[true, false][..] } else { &[false] };
    assert_eq!(learned.collect::<Vec<_>>(), expected, "{name}, fitted twice, says what it has learned");
    let scores = all_scores(twice.last.as_ref());
    assert!(scores.iter().all(|score| score.is_finite()), "{name} gives finite scores, fitted twice");
    let choices = |fitted: &dyn FittedScorer| -> Vec<(f64, bool)> {
        fitted.record().trials.iter().map(|trial| (trial.validation_ap, trial.chosen)).collect()
    };
    assert_eq!(choices(twice.last.as_ref()), choices(first), "{name}, fitted twice, keeps its settings");
}

/// Scores in any order agree with those in blocks.
fn check_pairs(fitted: &dyn FittedScorer, scores: &[f32]) {
    let (name, sources) = (fitted.name(), fitted.sources());
    let mut pairs: Vec<Pair> = (0..fitted.targets())
        .flat_map(|target| (0..sources).map(move |source| Pair { source, target }))
        .collect();
    pairs.shuffle(&mut stream(0, "conformance", &[]));
    let found = fitted.score(&pairs);
    assert_eq!(found.len(), pairs.len(), "{name} gives a score for each pair");
    for (pair, found) in pairs.iter().zip(found) {
        let expected = scores[(pair.target * sources + pair.source) as usize];
        assert!(agree(found, expected), "{name} scores pair {pair} {found} alone and {expected} in a block");
    }
    assert!(fitted.score(&[]).is_empty(), "{name} gives no score for no pair");
}

/// A target's scores do not depend on its block.
fn check_blocks(fitted: &dyn FittedScorer, scores: &[f32]) {
    let (name, sources, targets) = (fitted.name(), fitted.sources() as usize, fitted.targets());
    fitted.score_targets(0..0, &mut []);
    for target in 0..targets {
        let mut row = vec![f32::NAN; sources];
        fitted.score_targets(target..target + 1, &mut row);
        let expected = &scores[target as usize * sources..][..sources];
        let same = row.iter().zip(expected).all(|(&found, &expected)| agree(found, expected));
        assert!(same, "{name} scores target {target} alone as within a larger block");
    }
}

/// Asked about the graph that it was fitted on, a scorer says what it says otherwise; with a train edge taken out and put back
/// in, too.
fn check_rescorer(fitted: &dyn FittedScorer, view: &TrainView, scores: &[f32]) {
    let Some(rescorer) = fitted.rescorer() else { return };
    let (name, relation) = (fitted.name(), view.target_place());
    let whole = EditedGraph::new(view.graph());
    for target in 0..fitted.targets() {
        for source in 0..fitted.sources() {
            let (pair, expected) =
                (Pair { source, target }, scores[(target * fitted.sources() + source) as usize]);
            let mut graphs = vec![whole.clone()];
            let edge = Edge { relation, source, target };
            if whole.contains(edge) {
                graphs.push(whole.clone().without(edge).with(edge, 1.0));
            }
            let members = rescorer.members_each(&graphs, pair);
            for (graph, members) in graphs.iter().zip(members) {
                let found = rescorer.rescore(graph, pair);
                assert!(agree(found, expected), "{name} scores {pair} {found} anew and {expected} before");
                let mean = members.iter().sum::<f32>() / members.len() as f32;
                assert!(
                    agree(mean, found),
                    "{name}'s members score {pair} {mean} on average, together {found}"
                );
            }
        }
    }
}

fn all_scores(fitted: &dyn FittedScorer) -> Vec<f32> {
    let mut scores = vec![f32::NAN; fitted.sources() as usize * fitted.targets() as usize];
    fitted.score_targets(0..fitted.targets(), &mut scores);
    scores
}

/// Equal up to the order of a sum.
fn agree(one: f32, other: f32) -> bool {
    (one - other).abs() <= 1e-4 * one.abs().max(other.abs()).max(1.0)
}

fn same_bits(one: &[f32], other: &[f32]) -> bool {
    one.iter().map(|score| score.to_bits()).eq(other.iter().map(|score| score.to_bits()))
}

/// The observer that asks to stop at once.
struct Stop;

impl Observer for Stop {
    fn report(&self, _: &Event) {}

    fn stop_requested(&self) -> bool {
        true
    }
}
