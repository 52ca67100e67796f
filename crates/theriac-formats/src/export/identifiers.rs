//! One id for each node of a graph, where a form has but one space of ids for all types.

use std::collections::{HashMap, HashSet};

use theriac_graph::Graph;

/// Ids that are unique over all node types: a node's own id, and `type:id` where another type has the same.
pub struct UniqueIds<'a> {
    graph: &'a Graph,
    /// By place of the type and index of the node; only of nodes whose own id is not unique.
    qualified: HashMap<(usize, u32), String>,
}

impl<'a> UniqueIds<'a> {
    /// The ids of a graph's nodes.
    pub fn of(graph: &'a Graph) -> Self {
        let mut taken: HashSet<&str> = HashSet::new();
        let mut shared: HashSet<&str> = HashSet::new();
        for id in graph.node_tables().iter().flat_map(|table| &table.ids) {
            if !taken.insert(id) {
                shared.insert(id);
            }
        }
        let mut qualified = HashMap::new();
        let mut given: HashSet<String> = HashSet::new();
        if !shared.is_empty() {
            for (place, table) in graph.node_tables().iter().enumerate() {
                let nodes = (0..).zip(&table.ids).filter(|(_, id)| shared.contains(id.as_str()));
                for (node, id) in nodes {
                    // What comes out may be the id of another node in its turn, but no longer each time.
                    let mut text = format!("{}:{id}", table.node_type);
                    while taken.contains(text.as_str()) || given.contains(&text) {
                        text = format!("{}:{text}", table.node_type);
                    }
                    given.insert(text.clone());
                    qualified.insert((place, node), text);
                }
            }
        }
        Self { graph, qualified }
    }

    /// The unique id of a node, and its own id where that is another.
    pub(super) fn of_node(&self, place: usize, node: u32) -> (&str, Option<&'a str>) {
        let own = self.graph.node_tables()[place].ids[node as usize].as_str();
        self.qualified.get(&(place, node)).map_or((own, None), |qualified| (qualified, Some(own)))
    }

    /// The unique id of a node.
    pub fn get(&self, place: usize, node: u32) -> &str {
        self.of_node(place, node).0
    }

    /// Whether some node's own id is not unique.
    pub(super) fn any_qualified(&self) -> bool {
        !self.qualified.is_empty()
    }

    /// A text with which no id begins: `start`, with as many `_` before it as needed.
    pub(super) fn unused_start(&self, start: &str) -> String {
        let mut start = start.to_owned();
        let ids =
            || self.graph.node_tables().iter().flat_map(|table| &table.ids).chain(self.qualified.values());
        while ids().any(|id| id.starts_with(&start)) {
            start.insert(0, '_');
        }
        start
    }
}

#[cfg(test)]
mod tests {
    use theriac_graph::{DuplicatePolicy, EdgeList, GraphBuilder, NodeTable, Provenance, RelationKey};

    use super::*;

    #[test]
    fn only_shared_ids_are_qualified_and_all_come_out_different() {
        let mut builder = GraphBuilder::new(Provenance::default());
        for (node_type, ids) in [("a", ["1", "b:1"]), ("b", ["1", "x"]), ("c", ["a:1", "edge-7"])] {
            let ids = ids.map(str::to_owned).to_vec();
            builder.add_nodes(NodeTable::new(node_type, ids.clone(), ids)).unwrap();
        }
        let edges = EdgeList { sources: vec![0], targets: vec![0], ..EdgeList::default() };
        builder.add_relation(RelationKey::new("a", "is", "b"), edges, DuplicatePolicy::Reject).unwrap();
        let graph = builder.build().unwrap();
        let ids = UniqueIds::of(&graph);
        let all: Vec<_> = (0..3).flat_map(|place| [ids.of_node(place, 0), ids.of_node(place, 1)]).collect();
        assert_eq!(
            all,
            [
                ("a:a:1", Some("1")),
                ("b:1", None),
                ("b:b:1", Some("1")),
                ("x", None),
                ("a:1", None),
                ("edge-7", None),
            ]
        );
        assert!(ids.any_qualified());
        assert_eq!(ids.unused_start("edge-"), "_edge-");
    }
}
