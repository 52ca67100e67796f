//! What a graph says of a pair beside the target relation: contraindicated, withdrawn, failed.

use theriac_graph::{AttributeValues, Graph, LIST_SEPARATOR, Relation};
use theriac_link::Pair;
use theriac_report::Flag;

/// Texts of edge attributes that tell a flag, as repoDB and trial registries have them.
const STATUSES: [(&str, Flag); 3] = [
    ("withdrawn", Flag::Withdrawn),
    ("terminated", Flag::FailedInTrials),
    ("suspended", Flag::FailedInTrials),
];

/// The flags of a pair: from the target relation, and from every other that joins its two types.
pub fn flags(graph: &Graph, target: &Relation, pair: Pair) -> Vec<Flag> {
    let mut flags = Vec::new();
    for relation in graph.relations() {
        let ends = (relation.source_type, relation.target_type);
        let is_along = ends == (target.source_type, target.target_type);
        if !is_along && ends != (target.target_type, target.source_type) {
            continue;
        }
        let (source, other) = if is_along { (pair.source, pair.target) } else { (pair.target, pair.source) };
        let Ok(at) = relation.forward.neighbors(source).binary_search(&other) else { continue };
        let edge = relation.forward.range(source).start + at;
        if relation.key == target.key {
            flags.push(Flag::Known);
        } else if relation.key.name.to_lowercase().contains("contraindicat") {
            flags.push(Flag::Contraindicated);
        } else {
            flags.push(Flag::Other(relation.key.name.clone()));
        }
        for attribute in &relation.attributes {
            let AttributeValues::Texts(texts) = &attribute.values else { continue };
            let said = texts.get(edge).unwrap_or_default().to_lowercase();
            for text in said.split(LIST_SEPARATOR) {
                flags.extend(
                    STATUSES.iter().filter(|(known, _)| text == *known).map(|(_, flag)| flag.clone()),
                );
            }
        }
    }
    flags
}

#[cfg(test)]
mod tests {
    use theriac_graph::{
        DuplicatePolicy, EdgeAttribute, EdgeList, GraphBuilder, NodeTable, Provenance, RelationKey,
        TextColumn,
    };

    use super::*;

    #[test]
    fn relations_and_statuses_tell_flags() {
        let ids = |prefix: &str| -> Vec<String> { (0..2).map(|i| format!("{prefix}{i}")).collect() };
        let mut builder = GraphBuilder::new(Provenance::default());
        builder.add_nodes(NodeTable::new("drug", ids("d"), ids("d"))).unwrap();
        builder.add_nodes(NodeTable::new("disease", ids("x"), ids("x"))).unwrap();
        let mut status = TextColumn::default();
        status.push("Terminated|Approved");
        status.push("");
        let values = AttributeValues::Texts(status);
        let attributes = vec![EdgeAttribute { name: "status".into(), values }];
        let treats = EdgeList { sources: vec![0, 1], targets: vec![0, 1], attributes, ..EdgeList::default() };
        let key = RelationKey::new("drug", "treats", "disease");
        builder.add_relation(key.clone(), treats, DuplicatePolicy::Reject).unwrap();
        let against = EdgeList { sources: vec![1], targets: vec![1], ..EdgeList::default() };
        let back = RelationKey::new("disease", "contraindicated_with", "drug");
        builder.add_relation(back, against, DuplicatePolicy::Reject).unwrap();
        let graph = builder.build().unwrap();
        let target = graph.relation(&key).unwrap();
        assert_eq!(flags(&graph, target, Pair::new(0, 0)), [Flag::Known, Flag::FailedInTrials]);
        assert_eq!(flags(&graph, target, Pair::new(1, 1)), [Flag::Known, Flag::Contraindicated]);
        assert_eq!(flags(&graph, target, Pair::new(0, 1)), []);
    }
}
