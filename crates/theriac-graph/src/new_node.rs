//! A node that is not in the graph, told by its edges to nodes that are.

use crate::csr::Csr;
use crate::graph::{Graph, Relation};

/// A node that is not in a [`crate::Graph`]: what is known of it in the graph's terms.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewNode {
    /// Place of its type in [`crate::Graph::node_tables`].
    pub node_type: usize,
    /// Its edges, each once, sorted.
    pub edges: Vec<NewEdge>,
    /// Its features, where any are given: as many as the type's [`crate::FeatureMatrix`] has columns.
    pub features: Option<Vec<f32>>,
}

/// An edge of a [`NewNode`].
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct NewEdge {
    /// Place of the relation in [`crate::Graph::relations`].
    pub relation: usize,
    /// Whether the new node is the target of the edge.
    pub reversed: bool,
    /// The node at the other end.
    pub neighbor: u32,
    /// Weight of the edge, above 0; 1 in a relation without weights.
    pub weight: f32,
}

impl NewNode {
    /// The neighbours along a relation with the weights of the edges. `reversed`: those whose edges lead to the new node.
    pub fn neighbors(&self, relation: usize, reversed: bool) -> impl Iterator<Item = (u32, f32)> + '_ {
        let along = move |edge: &&NewEdge| edge.relation == relation && edge.reversed == reversed;
        self.edges.iter().filter(along).map(|edge| (edge.neighbor, edge.weight))
    }

    /// The graph with this node in it, the last of its type, by this id and name. Edges along an undirected relation stand there in both
    /// directions, and none has an attribute. Where its type has features and none are given, they are 0.
    ///
    /// # Panics
    ///
    /// When an edge does not start or end at the node's type, or leads to a node that the graph does not have.
    #[must_use]
    pub fn joined_to(&self, graph: &Graph, id: &str) -> Graph {
        let mut place = 0;
        let mut joined = graph.map_relations(|relation| {
            place += 1;
            Some(self.joined_along(place - 1, relation))
        });
        let table = &mut joined.node_tables[self.node_type];
        table.ids.push(id.into());
        table.names.push(id.into());
        table.synonyms.push(Vec::new());
        table.xrefs.push(Vec::new());
        if let Some(features) = &mut table.features {
            let given = self.features.clone().unwrap_or_else(|| vec![0.0; features.dim]);
            assert_eq!(given.len(), features.dim, "as many features as the type has");
            features.values.extend(given);
        }
        joined
    }

    /// A relation with the edges of this node along it, and with room for it.
    fn joined_along(&self, place: usize, relation: &Relation) -> Relation {
        let ends = [relation.source_type, relation.target_type];
        if !ends.contains(&self.node_type) {
            assert!(self.edges.iter().all(|edge| edge.relation != place), "an edge of the node's type");
            return relation.clone();
        }
        let forward = &relation.forward;
        let counts = [(ends[0], forward.rows()), (ends[1], forward.columns())];
        let [rows, columns] = counts.map(|(end, count)| count + u32::from(end == self.node_type));
        let own = if ends[0] == self.node_type { forward.rows() } else { forward.columns() };
        let is_mirrored = relation.undirected || relation.is_symmetric();
        let mut added: Vec<(u32, u32, f32)> = Vec::new();
        for edge in self.edges.iter().filter(|edge| edge.relation == place) {
            assert_eq!(ends[usize::from(edge.reversed)], self.node_type, "an edge of the node's type");
            let ends = if edge.reversed { (edge.neighbor, own) } else { (own, edge.neighbor) };
            added.push((ends.0, ends.1, edge.weight));
            if is_mirrored && ends.0 != ends.1 {
                added.push((ends.1, ends.0, edge.weight));
            }
        }
        // Of an edge without a direction that is given both ways, one is enough.
        added.sort_by_key(|edge| (edge.0, edge.1));
        added.dedup_by_key(|edge| (edge.0, edge.1));
        let (mut sources, mut targets): (Vec<u32>, Vec<u32>) = forward.pairs().unzip();
        sources.extend(added.iter().map(|edge| edge.0));
        targets.extend(added.iter().map(|edge| edge.1));
        let weights = forward.weights().map(|weights| {
            let added = added.iter().map(|edge| edge.2);
            weights.iter().copied().chain(added).collect::<Vec<f32>>()
        });
        let (sorted, order) = Csr::sort(rows, columns, &sources, &targets);
        let order = order.unwrap_or_else(|| (0..sources.len() as u32).collect());
        let weights = weights.map(|weights| order.iter().map(|&edge| weights[edge as usize]).collect());
        let mut joined = Relation {
            attributes: relation.attributes.clone(),
            undirected: relation.undirected,
            ..relation.between(sorted.with_weights(weights))
        };
        for attribute in &mut joined.attributes {
            attribute.values.pad(sources.len());
            attribute.values = attribute.values.select(&order);
        }
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        AttributeValues, DuplicatePolicy, EdgeAttribute, EdgeList, FeatureMatrix, GraphBuilder, NodeTable,
        Provenance, RelationKey, TextColumn,
    };

    #[test]
    fn a_node_joins_with_its_edges_and_all_else_stays() {
        let ids = |prefix: &str| (0..3).map(|i| format!("{prefix}{i}")).collect::<Vec<String>>();
        let mut builder = GraphBuilder::new(Provenance::default());
        let mut genes = NodeTable::new("gene", ids("g"), ids("g"));
        genes.features = Some(FeatureMatrix { name: "f".into(), dim: 2, values: vec![1.0; 6] });
        builder.add_nodes(genes).unwrap();
        builder.add_nodes(NodeTable::new("disease", ids("x"), ids("x"))).unwrap();
        let mut said = TextColumn::default();
        said.push("a");
        said.push("b");
        let attributes = vec![EdgeAttribute { name: "by".into(), values: AttributeValues::Texts(said) }];
        let causes = EdgeList {
            sources: vec![0, 2],
            targets: vec![1, 1],
            weights: Some(vec![0.5, 0.25]),
            attributes,
            ..EdgeList::default()
        };
        builder
            .add_relation(RelationKey::new("disease", "has", "gene"), causes, DuplicatePolicy::Reject)
            .unwrap();
        let alike = EdgeList { sources: vec![0], targets: vec![1], undirected: true, ..EdgeList::default() };
        builder
            .add_relation(RelationKey::new("gene", "like", "gene"), alike, DuplicatePolicy::Reject)
            .unwrap();
        let graph = builder.build().unwrap();
        let edge = |relation, reversed, neighbor, weight| NewEdge { relation, reversed, neighbor, weight };
        let edges = vec![edge(0, true, 1, 2.0), edge(1, false, 2, 1.0)];
        let joined = NewNode { node_type: 0, edges, features: None }.joined_to(&graph, "mine");
        assert_eq!((joined.node_tables()[0].len(), joined.node_tables()[1].len()), (4, 3));
        assert_eq!(joined.node_tables()[0].names[3], "mine");
        assert_eq!(joined.node_tables()[0].features.as_ref().unwrap().row(3), [0.0, 0.0]);
        let has = &joined.relations()[0];
        assert_eq!(has.forward.pairs().collect::<Vec<_>>(), [(0, 1), (1, 3), (2, 1)]);
        assert_eq!(has.forward.weights().unwrap(), [0.5, 2.0, 0.25]);
        assert_eq!(has.backward.neighbors(3), [1]);
        let by = has.attribute("by").unwrap();
        assert_eq!([0, 1, 2].map(|edge| by.text(edge)), [Some("a".into()), None, Some("b".into())]);
        let like = &joined.relations()[1];
        assert!(like.undirected && like.is_symmetric());
        assert_eq!(like.forward.neighbors(3), [2]);
        assert_eq!(like.edge_count(), 2);
    }
}
