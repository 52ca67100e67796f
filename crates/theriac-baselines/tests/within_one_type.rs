//! Every baseline on a target within one node type, where an edge and its mirror image are one link.

use theriac_baselines::BASELINES;
use theriac_baselines::audit::audit;
use theriac_graph::{
    DuplicatePolicy, EdgeList, Graph, GraphBuilder, NodeTable, Provenance, Relation, RelationKey,
};
use theriac_link::conformance::check_scorer_on;
use theriac_link::{Split, Task};

/// Drugs that interact where they share a target protein, and, for some, by chance.
fn interactions() -> Graph {
    let (drugs, proteins) = (30u32, 9u32);
    let ids = |prefix: &str, count: u32| (0..count).map(|i| format!("{prefix}{i}")).collect::<Vec<_>>();
    let mut builder = GraphBuilder::new(Provenance::default());
    for (node_type, count) in [("drug", drugs), ("protein", proteins)] {
        builder
            .add_nodes(NodeTable::new(node_type, ids(node_type, count), ids(node_type, count)))
            .expect("the graph is sound");
    }
    let (mut interacts, mut targets) =
        (EdgeList { undirected: true, ..EdgeList::default() }, EdgeList::default());
    for a in 0..drugs {
        targets.sources.push(a);
        targets.targets.push(a % proteins);
        for b in a + 1..drugs {
            if a % proteins == b % proteins || (a * b) % 11 == 1 {
                interacts.sources.push(a);
                interacts.targets.push(b);
            }
        }
    }
    for (key, list) in [("drug:interacts:drug", interacts), ("drug:targets:protein", targets)] {
        builder
            .add_relation(key.parse().expect("the graph is sound"), list, DuplicatePolicy::Reject)
            .expect("the graph is sound");
    }
    builder.build().expect("the graph is sound")
}

fn target() -> RelationKey {
    RelationKey::new("drug", "interacts", "drug")
}

#[test]
fn every_baseline_conforms() {
    let graph = interactions();
    assert!(graph.relation(&target()).is_ok_and(Relation::is_symmetric));
    let task = Task::new(&graph, target(), Vec::new()).unwrap();
    let split = Split::random(&graph, &task, 0.1, 0.2, 5).unwrap();
    for baseline in BASELINES {
        check_scorer_on((baseline.scorer)().as_ref(), &graph, &split);
    }
}

#[test]
fn an_audit_finds_what_interactions_follow_from() {
    let found = audit(&interactions(), &target(), 0).unwrap();
    assert_eq!(found.overlaps, []);
    let chain = "drug-targets-protein-^targets-drug";
    let shared = found.predictors.iter().find(|predictor| predictor.metapath == chain).unwrap();
    assert!(shared.matched_auroc.unwrap() > 0.75 && shared.coverage > 0.5, "{shared:?}");
    assert!(found.findings.iter().any(|finding| finding.sentence.contains(chain)), "{:?}", found.findings);
}
