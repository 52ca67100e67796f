//! Which paths count as evidence.

use theriac_graph::{AttributeValues, Edge, Graph, LIST_SEPARATOR};

use crate::schema::{Node, Schema};

/// Which paths count as evidence; all, by default.
#[derive(Clone, Debug, Default)]
pub struct PathFilter<'a> {
    through: Vec<Node>,
    avoid: Vec<Node>,
    relations: Option<Vec<usize>>,
    /// The graph with the attributes of edges, the name of one, and the text that it has to hold.
    attribute: Option<(&'a Graph, String, String)>,
}

impl<'a> PathFilter<'a> {
    /// Only paths through all of these nodes.
    #[must_use]
    pub fn only_through(self, through: Vec<Node>) -> Self {
        Self { through, ..self }
    }

    /// No path through any of these nodes.
    #[must_use]
    pub fn avoiding(self, avoid: Vec<Node>) -> Self {
        Self { avoid, ..self }
    }

    /// Only paths along these relations, by their places.
    #[must_use]
    pub fn only_along(self, relations: Vec<usize>) -> Self {
        Self { relations: Some(relations), ..self }
    }

    /// Only paths whose edges have this text in this attribute, in relations that have the attribute. `graph` has the nodes
    /// and relations of the one that paths are looked for in, and the attributes of all edges.
    #[must_use]
    pub fn only_with(self, graph: &'a Graph, attribute: String, text: String) -> Self {
        Self { attribute: Some((graph, attribute, text)), ..self }
    }

    pub(crate) fn through(&self) -> &[Node] {
        &self.through
    }

    pub(crate) fn allows_node(&self, node: Node) -> bool {
        !self.avoid.contains(&node)
    }

    pub(crate) fn allows_step(&self, schema: &Schema, step: usize) -> bool {
        let relation = schema.steps[step].direction.relation;
        self.relations.as_ref().is_none_or(|relations| relations.contains(&relation))
    }

    pub(crate) fn allows_edge(&self, edge: Edge) -> bool {
        let Some((graph, name, text)) = &self.attribute else { return true };
        let relation = &graph.relations()[edge.relation];
        let Some(AttributeValues::Texts(texts)) = relation.attribute(name) else { return true };
        let Ok(at) = relation.forward.neighbors(edge.source).binary_search(&edge.target) else {
            return false;
        };
        let place = relation.forward.range(edge.source).start + at;
        texts.get(place).is_some_and(|value| value.split(LIST_SEPARATOR).any(|one| one == text))
    }
}
