//! Baselines asked about other graphs: restored from what they learned, and formulas against a fit on the other graph.

use proptest::prelude::*;
use theriac_baselines::{BASELINES, Baseline};
use theriac_graph::{Edge, EditedGraph, NamedTensors};
use theriac_link::conformance::{example_graph, example_task};
use theriac_link::{Budget, FittedScorer, Pair, Silent, Split, TrainView};

/// Those whose scores are a formula of the graph: nothing is learned.
const FORMULAS: [&str; 4] = ["degree", "l3", "jaccard", "adamic-adar"];

fn view() -> TrainView {
    let graph = example_graph();
    let task = example_task(&graph).expect("the example has its target");
    let split = Split::random(&graph, &task, 0.1, 0.2, 7).expect("the example can be split");
    TrainView::new(&graph, &split).expect("the split is of the example")
}

fn fit(baseline: &Baseline, view: &TrainView) -> Box<dyn FittedScorer> {
    (baseline.scorer)().fit(view, &Budget::new(7, &Silent)).expect("every baseline fits the example")
}

/// The view without some edges: a few of each relation that a draw falls on.
fn edits(view: &TrainView, draws: &[(usize, usize)]) -> Vec<Edge> {
    let relations = view.graph().relations();
    let edge = |&(relation, place): &(usize, usize)| {
        let relation = relation % relations.len();
        let pairs: Vec<(u32, u32)> = relations[relation].forward.pairs().collect();
        let (source, target) = *pairs.get(place % pairs.len().max(1))?;
        Some(Edge { relation, source, target })
    };
    draws.iter().filter_map(edge).collect()
}

#[test]
fn what_is_restored_says_the_same_of_any_graph() {
    let view = view();
    let whole = EditedGraph::new(view.graph());
    let edges = edits(&view, &[(0, 3), (1, 5), (2, 4), (3, 11), (3, 20), (1, 8)]);
    let edited = edges.iter().fold(whole.clone(), |graph, &edge| graph.without(edge));
    let mut asked = 0;
    for baseline in BASELINES {
        let Some(restore) = baseline.restore else { continue };
        let rescorer = fit(baseline, &view).rescorer().expect("what can be restored can be asked");
        let mut tensors = NamedTensors::new(rescorer.learned());
        let restored =
            restore(&view, &mut tensors).unwrap_or_else(|problem| panic!("{}: {problem}", baseline.name));
        for graph in [&whole, &edited] {
            for place in 0..view.sources() * view.targets() {
                let pair = Pair::new(place % view.sources(), place / view.sources());
                let (expected, found) = (rescorer.rescore(graph, pair), restored.rescore(graph, pair));
                let close = (expected - found).abs() <= 1e-5 * expected.abs().max(1.0);
                assert!(close, "{} {pair}: {found}, expected {expected}", baseline.name);
            }
        }
        asked += 1;
    }
    assert_eq!(asked, BASELINES.len() - 1, "all but the random scores can be asked");
}

#[test]
fn many_pairs_are_scored_as_each_alone() {
    let view = view();
    let edges = edits(&view, &[(0, 3), (1, 5), (3, 11), (3, 20)]);
    let edited = edges.iter().fold(EditedGraph::new(view.graph()), |graph, &edge| graph.without(edge));
    let of_target: Vec<Pair> = (0..view.sources()).map(|source| Pair::new(source, 4)).collect();
    let of_source: Vec<Pair> = (0..view.targets()).map(|target| Pair::new(3, target)).collect();
    let mixed = [of_target.clone(), of_source.clone(), of_target.clone()].concat();
    for baseline in BASELINES.iter().filter(|baseline| baseline.restore.is_some()) {
        let rescorer = fit(baseline, &view).rescorer().unwrap();
        for pairs in [&of_target[..], &of_source, &mixed, &of_target[2..3], &[]] {
            let found = rescorer.rescore_pairs(&edited, pairs);
            assert_eq!(found.len(), pairs.len(), "{}", baseline.name);
            for (found, &pair) in found.into_iter().zip(pairs) {
                let expected = rescorer.rescore(&edited, pair);
                let close = (found - expected).abs() <= 1e-5 * expected.abs().max(0.1);
                assert!(close, "{} {pair}: {found}, expected {expected}", baseline.name);
            }
        }
    }
}

#[test]
fn what_is_missing_is_named() {
    let view = view();
    for baseline in BASELINES {
        let (Some(restore), Some(rescorer)) = (baseline.restore, fit(baseline, &view).rescorer()) else {
            continue;
        };
        if rescorer.learned().is_empty() {
            continue;
        }
        let problem = restore(&view, &mut NamedTensors::default()).err().expect("nothing is there");
        assert!(problem.starts_with("tensor '") && problem.ends_with("is missing"), "{problem}");
    }
}

/// A pair's own evidence counts: taking away all that the drug and the disease have leaves what is said of any pair.
#[test]
fn an_edge_taken_away_changes_what_is_read_of_it() {
    let view = view();
    let target = view.target_place();
    let whole = EditedGraph::new(view.graph());
    for baseline in BASELINES.iter().filter(|baseline| baseline.restore.is_some()) {
        if ["bpr", "kron-rls", "dtinet"].contains(&baseline.name) {
            continue;
        }
        let rescorer = fit(baseline, &view).rescorer().unwrap();
        let changed = view.target().forward.pairs().any(|(source, other)| {
            let edited = whole.clone().without(Edge { relation: target, source, target: other });
            (0..view.targets()).any(|target| {
                let pair = Pair::new(source, target);
                rescorer.rescore(&edited, pair) != rescorer.rescore(&whole, pair)
            }) || (0..view.sources()).any(|source| {
                let pair = Pair::new(source, other);
                rescorer.rescore(&edited, pair) != rescorer.rescore(&whole, pair)
            })
        });
        assert!(changed, "{}", baseline.name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn formulas_say_what_a_fit_on_the_other_graph_says(
        draws in prop::collection::vec((0usize..8, 0usize..400), 1..6)
    ) {
        let view = view();
        let target = view.target_place();
        let edges = edits(&view, &draws.into_iter().map(|(_, place)| (target, place)).collect::<Vec<_>>());
        let edited = edges.iter().fold(EditedGraph::new(view.graph()), |graph, &edge| graph.without(edge));
        let other = edited.to_graph();
        let task = example_task(&other).unwrap();
        let split = Split::random(&other, &task, 0.0, 0.0, 1).unwrap();
        let refit = TrainView::new(&other, &split).unwrap();
        for name in FORMULAS {
            let baseline = BASELINES.iter().find(|baseline| baseline.name == name).unwrap();
            let (rescorer, fitted) = (fit(baseline, &view).rescorer().unwrap(), fit(baseline, &refit));
            for place in 0..view.sources() * view.targets() {
                let pair = Pair::new(place % view.sources(), place / view.sources());
                let (found, expected) = (rescorer.rescore(&edited, pair), fitted.score(&[pair])[0]);
                prop_assert!(
                    (found - expected).abs() <= 1e-5 * expected.abs().max(1.0),
                    "{} {}: {}, expected {}", name, pair, found, expected
                );
            }
        }
    }

    /// Whoever knows before which edges are asked about says the same of any graph, of which some differ in others.
    #[test]
    fn what_is_asked_again_and_again_is_what_is_asked_once(
        base in prop::collection::vec((0usize..8, 0usize..400), 0..4),
        told in prop::collection::vec((0usize..8, 0usize..400, any::<bool>()), 1..8),
        graphs in prop::collection::vec((any::<u16>(), any::<bool>()), 1..12),
        pair in (0u32..1000, 0u32..1000),
    ) {
        let view = view();
        let pair = Pair::new(pair.0 % view.sources(), pair.1 % view.targets());
        let whole = EditedGraph::new(view.graph());
        let base = edits(&view, &base).iter().fold(whole, |graph, &edge| graph.without(edge));
        let told: Vec<Edge> = told
            .into_iter()
            .flat_map(|(relation, place, is_new)| {
                let mut found = edits(&view, &[(relation, place)]);
                // An edge that may not be there: between the source of one and the target of another.
                let other = edits(&view, &[(relation, place / 2 + 7)]);
                if is_new {
                    found.iter_mut().zip(other).for_each(|(edge, other)| edge.target = other.target);
                }
                found
            })
            .collect();
        let strange = edits(&view, &[(3, 17)]);
        let graphs: Vec<EditedGraph<'_>> = graphs
            .into_iter()
            .map(|(chosen, is_strange)| {
                let of_told = told.iter().enumerate().filter(|(place, _)| chosen >> place & 1 == 1).map(|of| *of.1);
                let edges = of_told.chain(strange.iter().copied().filter(|_| is_strange));
                edges.fold(base.clone(), |graph, edge| {
                    if graph.contains(edge) { graph.without(edge) } else { graph.with(edge, 1.0) }
                })
            })
            .collect();
        let walk = BASELINES.iter().find(|baseline| baseline.name == "rwr").unwrap();
        let rescorer = fit(walk, &view).rescorer().unwrap();
        let found = rescorer.about(&base, &told, pair).unwrap().rescore_each(&graphs);
        for (found, expected) in found.into_iter().zip(rescorer.rescore_each(&graphs, pair)) {
            prop_assert!(
                (found - expected).abs() <= 1e-5 * expected.abs(), "{}: {}, expected {}", pair, found, expected
            );
        }
    }
}
