//! Relations that state the target's pairs.

use serde::Serialize;
use theriac_graph::{Csr, Relation, RelationKey};

/// How far a relation between the same two node types states the same pairs as the target.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TargetOverlap {
    /// The relation.
    pub relation: RelationKey,
    /// Whether it is read backwards, from its target to its source.
    pub reversed: bool,
    /// Edges of the target that it states.
    pub shared: usize,
    /// Of the target's edges, those that it states: 0 to 1.
    pub share_of_target: f64,
    /// Of its own edges, those that the target states: 0 to 1.
    pub share_of_relation: f64,
}

/// The overlaps of the target with every other relation between its types, in the order of the relations. Within one type
/// a relation is read both ways, unless either of the two has all mirror images.
pub(super) fn overlaps(relations: &[Relation], target: &Relation) -> Vec<TargetOverlap> {
    let types = (target.source_type, target.target_type);
    let mut found = Vec::new();
    for relation in relations.iter().filter(|other| other.key != target.key && !other.is_empty()) {
        let same_way = (relation.source_type, relation.target_type) == types;
        let both_alike = target.is_symmetric() || relation.is_symmetric();
        if same_way {
            found.push(overlap(target, relation, &relation.forward, false));
        }
        if (relation.target_type, relation.source_type) == types && !(same_way && both_alike) {
            found.push(overlap(target, relation, &relation.backward, true));
        }
    }
    found
}

fn overlap(target: &Relation, relation: &Relation, edges: &Csr, reversed: bool) -> TargetOverlap {
    let shared = target.forward.pairs().filter(|&(source, target)| edges.contains(source, target)).count();
    TargetOverlap {
        relation: relation.key.clone(),
        reversed,
        shared,
        share_of_target: shared as f64 / target.len() as f64,
        share_of_relation: shared as f64 / relation.len() as f64,
    }
}

#[cfg(test)]
mod tests {
    use theriac_link::conformance::example_graph;

    use super::*;

    #[test]
    fn siblings_are_found_in_their_direction() {
        let graph = example_graph();
        let relation = |key: &str| graph.relation(&key.parse().unwrap()).unwrap();
        let target = relation("drug:treats:disease");
        let found = overlaps(graph.relations(), target);
        let told: Vec<(String, bool)> =
            found.iter().map(|overlap| (overlap.relation.to_string(), overlap.reversed)).collect();
        assert_eq!(
            told,
            [("drug:palliates:disease".to_string(), false), ("disease:treated_by:drug".into(), true)]
        );
        let palliates = relation("drug:palliates:disease");
        let shared = palliates.forward.pairs().filter(|&(s, t)| target.forward.contains(s, t)).count();
        assert_eq!(found[0].shared, shared);
        assert_eq!(found[0].share_of_relation, shared as f64 / palliates.len() as f64);
        assert_eq!((found[1].share_of_target, found[1].share_of_relation), (1.0, 1.0));
    }
}
