//! Explanations of a model on a graph whose mechanisms are known.

use std::collections::BTreeSet;

use theriac_baselines::baseline;
use theriac_explain::{Curves, Explainer, Planted, PlantedConfig, Question, Recovery};
use theriac_graph::EditedGraph;
use theriac_link::{Budget, Pair, Silent, Split, Task, TrainView};

/// Held-out pairs that are explained.
const PAIRS: usize = 60;

#[derive(Debug)]
struct Figures {
    /// Share of pairs whose mechanism is among the first ten paths, and what ten random paths between the two come to.
    hits_at_10: f64,
    random_hits_at_10: f64,
    reciprocal_rank: f64,
    deletion: f64,
    random_deletion: f64,
    insertion: f64,
    random_insertion: f64,
}

fn figures(scorer: &str) -> Figures {
    let planted = Planted::new(PlantedConfig::default(), 1).expect("the numbers leave something to draw");
    let graph = &planted.graph;
    let task =
        Task::with_every_sibling(graph, graph.relations()[0].key.clone()).expect("the target is there");
    let split = Split::random(graph, &task, 0.1, 0.1, 1).expect("there are enough links");
    let view = TrainView::new(graph, &split).expect("the split is of the graph");
    let fitted =
        baseline(scorer).expect("it is a baseline").fit(&view, &Budget::new(1, &Silent)).expect("it fits");
    let rescorer = fitted.rescorer().expect("it can be asked");
    let explainer = Explainer::new(&view, rescorer.as_ref(), EditedGraph::new(view.graph()));
    let (mut hits, mut random, mut reciprocal, mut curves) = (0.0, 0.0, 0.0, Vec::new());
    let asked: Vec<_> =
        planted.mechanisms.iter().filter(|(pair, _)| split.test.contains(pair)).take(PAIRS).collect();
    assert!(asked.len() >= PAIRS / 2, "{} held-out pairs have mechanisms", asked.len());
    for (pair, mechanisms) in &asked {
        let others: Vec<Pair> = (0..view.sources())
            .filter(|&drug| drug != pair.source)
            .map(|drug| Pair::new(drug, pair.target))
            .collect();
        let explanation = explainer.explain(&Question::new(*pair, fitted.score(&others)));
        let paths = explanation.paths_by_effect();
        let place = paths.iter().position(|path| mechanisms.contains(&path.nodes));
        hits += f64::from(u8::from(place.is_some_and(|place| place < 10)));
        reciprocal += place.map_or(0.0, |place| 1.0 / (place + 1) as f64);
        let inner: Vec<_> = mechanisms.iter().map(|path| BTreeSet::from([path[1]])).collect();
        let recovery = Recovery::new(&explainer, &explanation, &inner, 4);
        assert_eq!(recovery.rank, place.map(|place| place + 1));
        // Each protein is a path by itself; no edge joins two.
        assert_eq!(recovery.fitting_between, mechanisms.len() as u64);
        random += recovery.any_hits(10);
        curves.extend(Curves::new(rescorer.as_ref(), &EditedGraph::new(view.graph()), &explanation, 1));
    }
    let count = asked.len() as f64;
    let mean = |of: fn(&Curves) -> f64| curves.iter().map(of).sum::<f64>() / curves.len() as f64;
    Figures {
        hits_at_10: hits / count,
        random_hits_at_10: random / count,
        reciprocal_rank: reciprocal / count,
        deletion: mean(|curves| curves.explained.deletion),
        random_deletion: mean(|curves| curves.random.deletion),
        insertion: mean(|curves| curves.explained.insertion),
        random_insertion: mean(|curves| curves.random.insertion),
    }
}

/// Rephetio learns that drugs treat by the proteins that they target, which is what was planted.
#[test]
fn planted_mechanisms_are_found() {
    let found = figures("rephetio");
    assert!(found.hits_at_10 >= 0.8, "{found:?}");
    assert!(found.hits_at_10 >= 5.0 * found.random_hits_at_10, "{found:?}");
    assert!(found.reciprocal_rank > 0.3, "{found:?}");
    assert!(found.deletion < found.random_deletion, "{found:?}");
    assert!(found.insertion > found.random_insertion, "{found:?}");
}
