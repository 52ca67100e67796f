//! The published recipe's own view of DTINet.

use theriac_graph::{DuplicatePolicy, EdgeList, Graph, GraphBuilder, Provenance, RelationKey};

use crate::error::ModelError;

/// The graph as the published recipe sees it: the target relation alone, without the pairs whose source index equals
/// their target index, and only the nodes that still have an edge.
///
/// Dropping the equal indices is a slip of the recipe: it was meant against self-loops, but a drug's index and a disease's
/// index number different things, so true links are lost (135 of DTINet's 199,214). It is kept here, and nowhere else,
/// because figures of the recipe can be reproduced only with it.
///
/// # Errors
///
/// When the graph lacks the relation, or nothing is left of it.
pub fn recipe_view(graph: &Graph, target: &RelationKey) -> Result<Graph, ModelError> {
    let relation = graph.relation(target)?;
    let kept: Vec<(u32, u32)> =
        relation.forward.pairs().filter(|(source, target)| source != target).collect();
    let (sources, targets): (Vec<u32>, Vec<u32>) = kept.iter().copied().unzip();
    let mut builder = GraphBuilder::new(Provenance {
        decisions: [
            graph.provenance().decisions.clone(),
            vec![format!(
                "the published recipe's view: {target} alone, {} pairs with equal indices dropped, nodes without an edge left out",
                relation.len() - kept.len()
            )],
        ]
        .concat(),
        ..graph.provenance().clone()
    });
    // A node type that occurs keeps its place in the order; its nodes keep theirs.
    let mut compact: Vec<Vec<Option<u32>>> =
        graph.node_tables().iter().map(|table| vec![None; table.len()]).collect();
    let ends = [(relation.source_type, &sources), (relation.target_type, &targets)];
    for (place, column) in ends {
        for &node in column {
            compact[place][node as usize] = Some(0);
        }
    }
    for (table, compact) in graph.node_tables().iter().zip(&mut compact) {
        let occurring: Vec<u32> =
            (0..table.len() as u32).filter(|&node| compact[node as usize].is_some()).collect();
        for (new, &old) in occurring.iter().enumerate() {
            compact[old as usize] = Some(new as u32);
        }
        if !occurring.is_empty() {
            builder.add_nodes(table.select(&occurring))?;
        }
    }
    let [sources, targets] =
        ends.map(|(place, column)| column.iter().filter_map(|&node| compact[place][node as usize]).collect());
    let edges = EdgeList { sources, targets, ..EdgeList::default() };
    builder.add_relation(target.clone(), edges, DuplicatePolicy::Reject)?;
    Ok(builder.build()?)
}

#[cfg(test)]
mod tests {
    use theriac_graph::NodeTable;

    use super::*;

    #[test]
    fn equal_indices_go_and_with_them_the_nodes_that_had_no_other_edge() {
        let names = |prefix: &str, count: usize| -> Vec<String> {
            (0..count).map(|i| format!("{prefix}{i}")).collect()
        };
        let key = RelationKey::new("drug", "treats", "disease");
        let mut builder = GraphBuilder::new(Provenance::default());
        builder.add_nodes(NodeTable::new("drug", names("d", 3), names("d", 3))).unwrap();
        builder.add_nodes(NodeTable::new("gene", names("g", 1), names("g", 1))).unwrap();
        builder.add_nodes(NodeTable::new("disease", names("x", 4), names("x", 4))).unwrap();
        let edges = EdgeList { sources: vec![0, 0, 1, 2], targets: vec![0, 3, 1, 0], ..EdgeList::default() };
        builder.add_relation(key.clone(), edges, DuplicatePolicy::Reject).unwrap();
        let view = recipe_view(&builder.build().unwrap(), &key).unwrap();
        let tables: Vec<_> =
            view.node_tables().iter().map(|t| (t.node_type.as_str(), t.ids.clone())).collect();
        assert_eq!(
            tables,
            [("drug", vec!["d0".into(), "d2".into()]), ("disease", vec!["x0".into(), "x3".to_string()])]
        );
        let edges: Vec<_> = view.relations()[0].forward.pairs().collect();
        assert_eq!(edges, [(0, 1), (1, 0)]);
        assert!(view.provenance().decisions[0].contains("2 pairs with equal indices dropped"));
    }
}
