//! The graph as message passing sees it: every relation in the direction of its messages.

use std::sync::{Arc, OnceLock};

use theriac_graph::{Csr, FeatureMatrix, Graph, Relation};

use crate::edges::{EdgeIndex, Normaliser, Weighing};

/// Node types and the relations along which messages travel, both ways of each relation.
#[derive(Clone, Debug)]
pub struct MessageGraph {
    /// The node types, in the graph's order.
    pub types: Vec<MessageType>,
    /// The relations, each with its direction: `drug:treats:disease`, then `disease:rev_treats:drug`.
    pub relations: Vec<MessageRelation>,
    weighing: Weighing,
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
    pub incoming: Arc<Csr>,
    /// All edges as operators take them; made where they are asked for, and shared by all graphs that have the same.
    edges: Arc<OnceLock<Arc<EdgeIndex>>>,
}

impl MessageRelation {
    /// Messages from nodes of one type to those of another, `ends`, by their places. `relation` says where the relation stands in
    /// [`Graph::relations`], and whether messages go against it.
    pub fn new(
        name: String,
        relation: Option<(usize, bool)>,
        ends: (usize, usize),
        incoming: Arc<Csr>,
    ) -> Self {
        Self {
            name,
            relation: relation.map(|(place, _)| place),
            reversed: relation.is_some_and(|(_, reversed)| reversed),
            source: ends.0,
            target: ends.1,
            incoming,
            edges: Arc::default(),
        }
    }

    /// The same with these edges; where they are the same ones, they are shared.
    #[must_use]
    pub fn with_incoming(&self, incoming: Arc<Csr>) -> Self {
        if Arc::ptr_eq(&self.incoming, &incoming) {
            return self.clone();
        }
        Self { incoming, edges: Arc::default(), name: self.name.clone(), ..*self }
    }
}

impl MessageGraph {
    /// A graph of these types and relations, whose messages weigh as `weighing` says.
    pub fn from_parts(types: Vec<MessageType>, relations: Vec<MessageRelation>, weighing: Weighing) -> Self {
        Self { types, relations, weighing }
    }

    /// Takes the relations of `graph` for which `keep` holds in both directions; a symmetric relation, which has each edge
    /// both ways already, in one.
    pub fn new(graph: &Graph, weighing: Weighing, mut keep: impl FnMut(&Relation) -> bool) -> Self {
        let types = graph.node_tables().iter().map(|table| MessageType {
            name: table.node_type.clone(),
            nodes: table.len(),
            features: table.features.clone().map(Arc::new),
        });
        let mut relations = Vec::new();
        for (place, relation) in graph.relations().iter().enumerate().filter(|(_, relation)| keep(relation)) {
            let key = &relation.key;
            let (source, target) = (relation.source_type, relation.target_type);
            let backward = Arc::clone(&relation.backward);
            let along = Some((place, false));
            relations.push(MessageRelation::new(key.to_string(), along, (source, target), backward));
            if !relation.is_symmetric() {
                let name = format!("{}:rev_{}:{}", key.target, key.name, key.source);
                let forward = Arc::clone(&relation.forward);
                relations.push(MessageRelation::new(name, Some((place, true)), (target, source), forward));
            }
        }
        Self::from_parts(types.collect(), relations, weighing)
    }

    /// Takes relations between nodes of one type that are made of the features of this type in place of these features. They
    /// are symmetric.
    #[must_use]
    pub fn with_similarities(mut self, similarities: &[Relation]) -> Self {
        for relation in similarities {
            self.types[relation.source_type].features = None;
            self.relations.push(MessageRelation::new(
                relation.key.to_string(),
                None,
                (relation.source_type, relation.target_type),
                Arc::clone(&relation.backward),
            ));
        }
        self
    }

    /// The same types and relations with the edges of `graph`, which has the nodes and relations of the graph that this
    /// one was made of; relations that are made of features stay as they are. A relation keeps its directions even where
    /// fewer edges make it symmetric, so that parameters made for one graph fit the other.
    #[must_use]
    pub fn with_edges(&self, graph: &Graph) -> Self {
        self.map_relations(|message| {
            let Some(place) = message.relation else { return message.clone() };
            let relation = &graph.relations()[place];
            let incoming = if message.reversed { &relation.forward } else { &relation.backward };
            message.with_incoming(Arc::clone(incoming))
        })
    }

    /// The same types with other relations between them, one for one.
    #[must_use]
    pub fn map_relations(&self, change: impl FnMut(&MessageRelation) -> MessageRelation) -> Self {
        let relations = self.relations.iter().map(change).collect();
        Self { types: self.types.clone(), relations, weighing: self.weighing }
    }

    /// All edges of the relation at a place, weighed.
    pub fn edges(&self, relation: usize) -> Arc<EdgeIndex> {
        let MessageRelation { incoming, edges, source, .. } = &self.relations[relation];
        let make = || {
            let (offsets, indices) = (incoming.offsets().to_vec(), incoming.indices().to_vec());
            let normaliser = self.normaliser(relation);
            let rows =
                normaliser.weigh(offsets, indices, incoming.weights(), |row| row as u32, |column| column);
            Arc::new(EdgeIndex::new(rows, self.types[*source].nodes))
        };
        Arc::clone(edges.get_or_init(make))
    }

    /// What weighs the messages of the relation at a place.
    pub(crate) fn normaliser(&self, relation: usize) -> Normaliser {
        let relation = &self.relations[relation];
        let same = self.relations.iter().filter(|other| other.target == relation.target).count();
        self.weighing.normaliser(&relation.incoming, same)
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
