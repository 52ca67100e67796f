//! The graph as message passing sees it: every relation in the direction of its messages.

use std::sync::Arc;

use theriac_graph::{Csr, FeatureMatrix, Graph};

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
    /// Place of the type that sends.
    pub source: usize,
    /// Place of the type that receives.
    pub target: usize,
    /// The senders of each receiver: rows are target nodes, columns source nodes.
    pub incoming: Csr,
}

impl MessageGraph {
    /// Takes the relations of `graph` in both directions; a symmetric relation, which has each edge both ways already, in
    /// one.
    pub fn new(graph: &Graph) -> Self {
        let types = graph.node_tables().iter().map(|table| MessageType {
            name: table.node_type.clone(),
            nodes: table.len(),
            features: table.features.clone().map(Arc::new),
        });
        let mut relations = Vec::new();
        for relation in graph.relations() {
            let key = &relation.key;
            relations.push(MessageRelation {
                name: key.to_string(),
                source: relation.source_type,
                target: relation.target_type,
                incoming: relation.backward.clone(),
            });
            if !relation.is_symmetric() {
                relations.push(MessageRelation {
                    name: format!("{}:rev_{}:{}", key.target, key.name, key.source),
                    source: relation.target_type,
                    target: relation.source_type,
                    incoming: relation.forward.clone(),
                });
            }
        }
        Self { types: types.collect(), relations }
    }

    /// Number of nodes of all types.
    pub fn nodes(&self) -> usize {
        self.types.iter().map(|node_type| node_type.nodes).sum()
    }

    /// Number of messages in one full propagation: the edges of all relations, each direction counted.
    pub fn messages(&self) -> usize {
        self.relations.iter().map(|relation| relation.incoming.len()).sum()
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
