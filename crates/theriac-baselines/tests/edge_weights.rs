//! Scorers that count edges, and walk along them, leave their weights out.

use theriac_baselines::baseline;
use theriac_graph::{DuplicatePolicy, EdgeList, Graph, GraphBuilder, Provenance};
use theriac_link::conformance::{example_graph, example_task};
use theriac_link::{Budget, Pair, Silent, Split, TrainView};

/// The example with weights on all edges of relations without the target and its siblings.
fn weighted_example() -> Graph {
    let graph = example_graph();
    let mut builder = GraphBuilder::new(Provenance::default());
    for table in graph.node_tables() {
        builder.add_nodes(table.clone()).expect("the nodes are those of the example");
    }
    for relation in graph.relations() {
        let (sources, targets): (Vec<u32>, Vec<u32>) = relation.forward.pairs().unzip();
        let is_weighted = relation.key.source == "protein" || relation.key.target == "protein";
        let weights = is_weighted.then(|| (1u8..=200).cycle().map(f32::from).take(sources.len()).collect());
        let list = EdgeList { sources, targets, weights, ..EdgeList::default() };
        let added = builder.add_relation(relation.key.clone(), list, DuplicatePolicy::Reject);
        added.expect("the edges are those of the example");
    }
    builder.build().expect("the example is not empty")
}

#[test]
fn weights_change_neither_path_counts_nor_walks() {
    let scores = |graph: &Graph, name: &str| -> Vec<f32> {
        let split = Split::random(graph, &example_task(graph).unwrap(), 0.1, 0.2, 7).unwrap();
        let view = TrainView::new(graph, &split).unwrap();
        let fitted = baseline(name).unwrap().fit(&view, &Budget::new(3, &Silent)).unwrap();
        let pairs: Vec<Pair> = (0..24 * 18).map(|place| Pair::new(place % 24, place / 24)).collect();
        fitted.score(&pairs)
    };
    for name in ["rwr", "rephetio"] {
        assert_eq!(scores(&weighted_example(), name), scores(&example_graph(), name), "{name}");
    }
}
