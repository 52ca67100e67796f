//! The graph as message passing sees it: every relation in the direction of its messages.

use std::sync::Arc;

use theriac_graph::{Csr, FeatureMatrix, Graph, Relation};

/// Node types and the relations along which messages travel, both ways of each relation.
#[derive(Clone, Debug)]
pub struct MessageGraph {
    /// The node types, in the graph's order.
    pub types: Vec<MessageType>,
    /// The relations, each with its direction: `drug:treats:disease`, then `disease:rev_treats:drug`.
    pub relations: Vec<MessageRelation>,
}

/// A node type as message passing sees it.
#[derive(Clone, Debug)]
pub struct MessageType {
    /// Name of the type.
    pub name: String,
    /// Number of nodes.
    pub nodes: usize,
    /// Input features `[nodes, dim]`, where the type has any.
    pub features: Option<Arc<FeatureMatrix>>,
}

/// One direction of a relation: messages go from `source` nodes to `target` nodes.
#[derive(Clone, Debug)]
pub struct MessageRelation {
    /// `source:name:target`; the reverse of a relation carries `rev_` before its name, as in PyTorch Geometric.
    pub name: String,
    /// Place of the relation in [`Graph::relations`]; `None` of one that is made of features.
    pub relation: Option<usize>,
    /// Whether messages go against the relation's direction.
    pub reversed: bool,
    /// Place of the type that sends.
    pub source: usize,
    /// Place of the type that receives.
    pub target: usize,
    /// The senders of each receiver: rows are target nodes, columns source nodes.
    pub incoming: Csr,
}

impl MessageGraph {
    /// Takes the relations of `graph` for which `keep` holds in both directions; a symmetric relation, which has each edge
    /// both ways already, in one.
    pub fn new(graph: &Graph, mut keep: impl FnMut(&Relation) -> bool) -> Self {
        let types = graph.node_tables().iter().map(|table| MessageType {
            name: table.node_type.clone(),
            nodes: table.len(),
            features: table.features.clone().map(Arc::new),
        });
        let mut relations = Vec::new();
        for (place, relation) in graph.relations().iter().enumerate().filter(|(_, relation)| keep(relation)) {
            let key = &relation.key;
            relations.push(MessageRelation {
                name: key.to_string(),
                relation: Some(place),
                reversed: false,
                source: relation.source_type,
                target: relation.target_type,
                incoming: relation.backward.clone(),
            });
            if !relation.is_symmetric() {
                relations.push(MessageRelation {
                    name: format!("{}:rev_{}:{}", key.target, key.name, key.source),
                    relation: Some(place),
                    reversed: true,
                    source: relation.target_type,
                    target: relation.source_type,
                    incoming: relation.forward.clone(),
                });
            }
        }
        Self { types: types.collect(), relations }
    }

    /// Takes relations between nodes of one type that are made of the features of this type in place of these features. They
    /// are symmetric.
    #[must_use]
    pub fn with_similarities(mut self, similarities: &[Relation]) -> Self {
        for relation in similarities {
            self.types[relation.source_type].features = None;
            self.relations.push(MessageRelation {
                name: relation.key.to_string(),
                relation: None,
                reversed: false,
                source: relation.source_type,
                target: relation.target_type,
                incoming: relation.backward.clone(),
            });
        }
        self
    }

    /// The same types and relations with the edges of `graph`, which has the nodes and relations of the graph that this
    /// one was made of; relations that are made of features stay as they are. A relation keeps its directions even where fewer edges make it symmetric, so that parameters made
    /// for one graph fit the other.
    #[must_use]
    pub fn with_edges(&self, graph: &Graph) -> Self {
        let relations = self.relations.iter().map(|message| {
            let Some(place) = message.relation else { return message.clone() };
            let relation = &graph.relations()[place];
            let incoming = if message.reversed { &relation.forward } else { &relation.backward };
            MessageRelation { incoming: incoming.clone(), ..message.clone() }
        });
        Self { types: self.types.clone(), relations: relations.collect() }
    }

    /// First row of each type when the nodes of all types are stacked, and the total: `[types + 1]`.
    pub fn type_offsets(&self) -> Vec<usize> {
        running_sum(self.types.iter().map(|node_type| node_type.nodes))
    }
}

/// Sums before each item, and the total at the end.
pub(crate) fn running_sum(sizes: impl IntoIterator<Item = usize>) -> Vec<usize> {
    let mut sums = vec![0];
    for size in sizes {
        sums.push(sums[sums.len() - 1] + size);
    }
    sums
}
