//! The link-prediction task: which relation is predicted, and which relations would give its edges away.

use serde::{Deserialize, Serialize};
use theriac_graph::{Graph, Relation, RelationKey};

use crate::error::LinkError;

/// What is predicted: the edges of the target relation.
///
/// A *sibling* is a relation between the same two node types, in either direction, that would give held-out edges
/// away: `drug:palliates:disease` beside `drug:treats:disease`, or `disease:treated_by:drug`, which is the target read
/// backwards. A pair that is held out is taken from the siblings too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    target: RelationKey,
    siblings: Vec<RelationKey>,
    /// Relations and features that stay as they are by somebody's decision.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    kept: Vec<String>,
}

impl Task {
    /// The task of predicting `target`, with these siblings.
    ///
    /// # Errors
    ///
    /// When the graph lacks one of the relations, the target has no edge, or a sibling is the target itself, is named
    /// twice, or joins other node types.
    pub fn new(
        graph: &Graph,
        target: RelationKey,
        mut siblings: Vec<RelationKey>,
    ) -> Result<Self, LinkError> {
        let relation = graph.relation(&target)?;
        if relation.is_empty() {
            return Err(LinkError::EmptyPart { part: "train", target });
        }
        siblings.sort_unstable();
        for (place, sibling) in siblings.iter().enumerate() {
            let problem = if *sibling == target {
                "it is the target itself"
            } else if siblings[..place].contains(sibling) {
                "it is named twice"
            } else if !joins_same_types(graph.relation(sibling)?, relation) {
                "it joins other node types"
            } else {
                continue;
            };
            return Err(LinkError::Sibling { sibling: sibling.to_string(), target, problem });
        }
        Ok(Self { target, siblings, kept: Vec::new() })
    }

    /// The task of predicting `target`, with every other relation between the same two node types as a sibling: the
    /// choice that cannot leak.
    ///
    /// # Errors
    ///
    /// When the graph lacks the relation, or it has no edge.
    pub fn with_every_sibling(graph: &Graph, target: RelationKey) -> Result<Self, LinkError> {
        let relation = graph.relation(&target)?;
        let siblings = graph
            .relations()
            .iter()
            .filter(|other| other.key != target && joins_same_types(other, relation))
            .map(|other| other.key.clone())
            .collect();
        Self::new(graph, target, siblings)
    }

    /// The same task with relations or features, named as `drug:palliates:disease` or `drug.similarity`, that stay as they
    /// are although they tell of held-out edges: a decision that is recorded with the split.
    ///
    /// # Errors
    ///
    /// When a name is neither a relation of the graph that joins the target's types nor a feature of one of them.
    pub fn keeping(mut self, graph: &Graph, names: &[String]) -> Result<Self, LinkError> {
        let target = graph.relation(&self.target)?;
        for name in names {
            let is_feature = [target.source_type, target.target_type].iter().any(|&node_type| {
                let table = &graph.node_tables()[node_type];
                table
                    .features
                    .as_ref()
                    .is_some_and(|features| *name == feature_name(&table.node_type, &features.name))
            });
            if is_feature {
                self.kept.push(name.clone());
                continue;
            }
            let relation = graph.resolve_relation(name)?;
            if relation.key == self.target || !joins_same_types(relation, target) {
                let problem =
                    "only relations between the target's types can be kept, and not the target itself";
                return Err(LinkError::Sibling { sibling: name.clone(), target: self.target, problem });
            }
            self.siblings.retain(|sibling| *sibling != relation.key);
            self.kept.push(relation.key.to_string());
        }
        self.kept.sort_unstable();
        self.kept.dedup();
        Ok(self)
    }

    /// What stays as it is by decision, sorted.
    pub fn kept(&self) -> &[String] {
        &self.kept
    }

    /// The relation that is predicted.
    pub fn target(&self) -> &RelationKey {
        &self.target
    }

    /// The relations that held-out pairs are taken from besides the target, sorted.
    pub fn siblings(&self) -> &[RelationKey] {
        &self.siblings
    }

    /// Whether sources and targets are nodes of one type: a pair and its mirror image then state the same link.
    pub fn joins_one_type(&self) -> bool {
        self.target.source == self.target.target
    }

    /// Whether held-out pairs are taken from this relation.
    pub fn covers(&self, key: &RelationKey) -> bool {
        *key == self.target || self.siblings.contains(key)
    }
}

/// A node type's feature by its full name: `drug.similarity`.
pub(crate) fn feature_name(node_type: &str, feature: &str) -> String {
    format!("{node_type}.{feature}")
}

/// Whether `other` joins the node types of `target`, in either direction.
pub(crate) fn joins_same_types(other: &Relation, target: &Relation) -> bool {
    let types = (target.source_type, target.target_type);
    (other.source_type, other.target_type) == types || (other.target_type, other.source_type) == types
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::example_graph;

    fn key(text: &str) -> RelationKey {
        text.parse().unwrap()
    }

    #[test]
    fn siblings_join_the_same_types_in_either_direction() {
        let graph = example_graph();
        let siblings = vec![key("drug:palliates:disease"), key("disease:treated_by:drug")];
        let task = Task::new(&graph, key("drug:treats:disease"), siblings.clone()).unwrap();
        assert_eq!(task.siblings(), [siblings[1].clone(), siblings[0].clone()]);
        assert_eq!(Task::with_every_sibling(&graph, key("drug:treats:disease")).unwrap(), task);
    }

    #[test]
    fn what_cannot_be_a_sibling_is_refused() {
        let graph = example_graph();
        let sibling = |text: &str, times: usize| {
            Task::new(&graph, key("drug:treats:disease"), vec![key(text); times]).unwrap_err().to_string()
        };
        assert_eq!(
            sibling("drug:targets:protein", 1),
            "drug:targets:protein cannot be a sibling of drug:treats:disease: it joins other node types"
        );
        assert!(sibling("drug:treats:disease", 1).ends_with("it is the target itself"));
        assert!(sibling("drug:palliates:disease", 2).ends_with("it is named twice"));
        assert!(
            sibling("drug:cures:disease", 1).starts_with("the graph has no relation 'drug:cures:disease'")
        );
    }
}
