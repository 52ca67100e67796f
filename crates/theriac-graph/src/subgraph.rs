//! Parts of a graph: the neighbourhood of a node, and what stands between some of the nodes.

use std::iter::once;
use std::sync::Arc;

use crate::attributes::EdgeAttribute;
use crate::csr::Csr;
use crate::error::GraphError;
use crate::graph::{Graph, Relation};

/// A node outside the part.
const OUTSIDE: u32 = u32::MAX;

impl Graph {
    /// The nodes within `hops` edges of a node, whichever way the edges point; the node itself included. One list a node
    /// type, in the order of [`Graph::node_tables`], each in the order of its table.
    ///
    /// Of each node at most `max_neighbors` neighbours are followed along a relation in one direction: those with the
    /// largest weights, then the first of their table.
    pub fn neighborhood(
        &self,
        node_type: usize,
        node: u32,
        hops: usize,
        max_neighbors: Option<usize>,
    ) -> Vec<Vec<u32>> {
        let mut seen: Vec<Vec<bool>> =
            self.node_tables.iter().map(|table| vec![false; table.len()]).collect();
        seen[node_type][node as usize] = true;
        let mut frontier = vec![(node_type, node)];
        for _ in 0..hops {
            let mut next = Vec::new();
            for (place, node) in frontier {
                for (other, edges) in self.relations.iter().flat_map(|relation| sides(relation, place)) {
                    for neighbor in followed(edges, node, max_neighbors) {
                        let seen = &mut seen[other][neighbor as usize];
                        if !*seen {
                            *seen = true;
                            next.push((other, neighbor));
                        }
                    }
                }
            }
            frontier = next;
        }
        seen.iter()
            .map(|seen| (0..).zip(seen).filter(|(_, seen)| **seen).map(|(node, _)| node).collect())
            .collect()
    }

    /// The graph of some nodes and all edges between them, with weights, attributes and features. Node types and relations
    /// of which nothing is left are dropped.
    ///
    /// `nodes` has one list a node type, in the order of [`Graph::node_tables`]; nodes keep the order of their table,
    /// whatever that of the list.
    ///
    /// # Errors
    ///
    /// [`GraphError::Empty`] when no node or no edge is left.
    ///
    /// # Panics
    ///
    /// When there is not one list a node type, or a node is not in its table.
    pub fn subgraph(&self, nodes: &[Vec<u32>]) -> Result<Self, GraphError> {
        assert_eq!(nodes.len(), self.node_tables.len(), "one list of nodes a node type");
        let parts: Vec<Part> =
            nodes.iter().zip(&self.node_tables).map(|(nodes, table)| Part::of(nodes, table.len())).collect();
        if parts.iter().all(|part| part.nodes.is_empty()) {
            return Err(GraphError::Empty { what: "nodes" });
        }
        let mut places = vec![None; parts.len()];
        let mut node_tables = Vec::new();
        for ((part, table), place) in parts.iter().zip(&self.node_tables).zip(&mut places) {
            if !part.nodes.is_empty() {
                *place = Some(node_tables.len());
                node_tables.push(table.select(&part.nodes));
            }
        }
        let mut relations = Vec::new();
        for relation in &self.relations {
            let (source, target) = (&parts[relation.source_type], &parts[relation.target_type]);
            let (Some(source_type), Some(target_type)) =
                (places[relation.source_type], places[relation.target_type])
            else {
                continue;
            };
            let (forward, attributes) = between(relation, source, target);
            if !forward.is_empty() {
                relations.push(Relation {
                    key: relation.key.clone(),
                    source_type,
                    target_type,
                    backward: Arc::new(forward.transpose()),
                    forward: Arc::new(forward),
                    undirected: relation.undirected,
                    attributes,
                    merged_duplicates: 0,
                });
            }
        }
        if relations.is_empty() {
            return Err(GraphError::Empty { what: "edges" });
        }
        let count = |graph: &Self| -> (usize, usize) {
            let nodes = graph.node_tables.iter().map(crate::NodeTable::len).sum();
            (nodes, graph.relations.iter().map(Relation::edge_count).sum())
        };
        let mut part = Self { node_tables, relations, provenance: self.provenance.clone() };
        let ((nodes, edges), (all_nodes, all_edges)) = (count(&part), count(self));
        if (nodes, edges) != (all_nodes, all_edges) {
            let decision =
                format!("a part with {nodes} of {all_nodes} nodes and {edges} of {all_edges} edges");
            part.provenance.decisions.push(decision);
        }
        Ok(part)
    }
}

/// The neighbours of nodes of a type along a relation: each way round that it can be followed, with the type at the other
/// end.
fn sides(relation: &Relation, place: usize) -> impl Iterator<Item = (usize, &Csr)> {
    let forward = (relation.source_type == place).then_some((relation.target_type, &*relation.forward));
    let backward = relation.target_type == place && !relation.undirected;
    forward.into_iter().chain(backward.then_some((relation.source_type, &*relation.backward)))
}

fn followed(edges: &Csr, node: u32, at_most: Option<usize>) -> Vec<u32> {
    let Some(at_most) = at_most.filter(|&most| most < edges.degree(node) as usize) else {
        return edges.neighbors(node).to_vec();
    };
    let mut order: Vec<usize> = edges.range(node).collect();
    if let Some(weights) = edges.weights() {
        order.sort_by(|&a, &b| weights[b].total_cmp(&weights[a]));
    }
    order.iter().take(at_most).map(|&edge| edges.indices()[edge]).collect()
}

/// The nodes of one type that belong to a part of the graph.
struct Part {
    /// Ascending.
    nodes: Vec<u32>,
    /// Their indices in the part, by their index in the whole; [`OUTSIDE`] for the others.
    index: Vec<u32>,
}

impl Part {
    fn of(nodes: &[u32], all: usize) -> Self {
        let mut index = vec![OUTSIDE; all];
        for &node in nodes {
            index[node as usize] = 0;
        }
        let nodes: Vec<u32> = (0..).zip(&index).filter(|(_, at)| **at == 0).map(|(node, _)| node).collect();
        for (at, &node) in (0..).zip(&nodes) {
            index[node as usize] = at;
        }
        Self { nodes, index }
    }
}

fn between(relation: &Relation, source: &Part, target: &Part) -> (Csr, Vec<EdgeAttribute>) {
    let forward = &relation.forward;
    let (mut indices, mut edges) = (Vec::new(), Vec::new());
    let ends = source.nodes.iter().map(|&node| {
        for edge in forward.range(node) {
            let index = target.index[forward.indices()[edge] as usize];
            if index != OUTSIDE {
                indices.push(index);
                edges.push(edge as u32);
            }
        }
        indices.len() as u32
    });
    let offsets: Vec<u32> = once(0).chain(ends).collect();
    let weights = forward.weights().map(|weights| edges.iter().map(|&edge| weights[edge as usize]).collect());
    let attributes = relation.attributes.iter().map(|attribute| EdgeAttribute {
        name: attribute.name.clone(),
        values: attribute.values.select(&edges),
    });
    let attributes = attributes.collect();
    (Csr::from_sorted(target.nodes.len() as u32, offsets, indices, weights), attributes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        AttributeValues, DuplicatePolicy, EdgeList, FeatureMatrix, GraphBuilder, NodeTable, Provenance,
        RelationKey,
    };

    /// Drugs d0 to d3, diseases x0 to x2, a lone tissue; treats with weights and years, interacts undirected.
    fn graph() -> Graph {
        let table = |node_type: &str, letter: char, nodes: usize| {
            let ids: Vec<String> = (0..nodes).map(|i| format!("{letter}{i}")).collect();
            NodeTable::new(node_type, ids.clone(), ids)
        };
        let mut drugs = table("drug", 'd', 4);
        drugs.features =
            Some(FeatureMatrix { name: "mass".into(), dim: 1, values: vec![0.0, 1.0, 2.0, 3.0] });
        drugs.synonyms[2] = vec!["second".into()];
        let mut builder = GraphBuilder::new(Provenance { name: "small".into(), ..Provenance::default() });
        for table in [drugs, table("disease", 'x', 3), table("tissue", 't', 1)] {
            builder.add_nodes(table).unwrap();
        }
        let years = AttributeValues::Numbers(vec![1990.0, 1991.0, 1992.0, 1993.0, 1994.0]);
        let treats = EdgeList {
            sources: vec![0, 0, 0, 1, 2],
            targets: vec![0, 1, 2, 1, 2],
            weights: Some(vec![0.1, 0.3, 0.2, 0.4, 0.5]),
            attributes: vec![EdgeAttribute { name: "year".into(), values: years }],
            ..EdgeList::default()
        };
        let interacts =
            EdgeList { sources: vec![3, 1], targets: vec![2, 1], undirected: true, ..EdgeList::default() };
        let affects = EdgeList { sources: vec![0], targets: vec![0], ..EdgeList::default() };
        let relations = vec![
            (RelationKey::new("drug", "treats", "disease"), treats),
            (RelationKey::new("drug", "interacts", "drug"), interacts),
            (RelationKey::new("disease", "affects", "tissue"), affects),
        ];
        builder.add_relations(relations, DuplicatePolicy::Reject).unwrap();
        builder.build().unwrap()
    }

    #[test]
    fn edges_between_the_nodes_stay_with_all_that_is_said_of_them() {
        let part = graph().subgraph(&[vec![3, 2, 0, 2], vec![2, 1], vec![]]).unwrap();
        assert_eq!(part.node_tables.len(), 2);
        let drugs = &part.node_tables[0];
        assert_eq!(drugs.ids, ["d0", "d2", "d3"]);
        assert_eq!(
            (drugs.features.as_ref().unwrap().values.as_slice(), &drugs.synonyms[1][0][..]),
            (&[0.0, 2.0, 3.0][..], "second")
        );
        let [treats, interacts] = &part.relations[..] else { panic!("affects has lost its tissue") };
        assert_eq!(treats.forward.pairs().collect::<Vec<_>>(), [(0, 0), (0, 1), (1, 1)]);
        assert_eq!(treats.forward.weights().unwrap(), [0.3, 0.2, 0.5]);
        assert_eq!(
            treats.attribute("year").unwrap(),
            &AttributeValues::Numbers(vec![1991.0, 1992.0, 1994.0])
        );
        assert_eq!(*treats.backward, treats.forward.transpose());
        assert_eq!((interacts.len(), interacts.edge_count(), interacts.undirected), (2, 1, true));
        assert_eq!(part.provenance.decisions, ["a part with 5 of 8 nodes and 4 of 8 edges"]);
    }

    #[test]
    fn all_nodes_are_the_whole_graph() {
        let graph = graph();
        let all: Vec<Vec<u32>> =
            graph.node_tables.iter().map(|table| (0..table.len() as u32).collect()).collect();
        assert_eq!(graph.subgraph(&all).unwrap(), graph);
    }

    #[test]
    fn a_part_without_nodes_or_edges_is_refused() {
        let of = |nodes: [Vec<u32>; 3]| graph().subgraph(&nodes).unwrap_err();
        assert!(matches!(of([vec![], vec![], vec![]]), GraphError::Empty { what: "nodes" }));
        assert!(matches!(of([vec![3], vec![0], vec![]]), GraphError::Empty { what: "edges" }));
    }

    #[test]
    fn a_neighbourhood_grows_by_hops_in_both_directions() {
        let around_x1 = |hops, most| graph().neighborhood(1, 1, hops, most);
        assert_eq!(around_x1(0, None), [vec![], vec![1], vec![]]);
        assert_eq!(around_x1(1, None), [vec![0, 1], vec![1], vec![]]);
        assert_eq!(around_x1(2, None), [vec![0, 1], vec![0, 1, 2], vec![]]);
        assert_eq!(around_x1(3, None), [vec![0, 1, 2], vec![0, 1, 2], vec![0]]);
        assert_eq!(around_x1(9, None), [vec![0, 1, 2, 3], vec![0, 1, 2], vec![0]]);
    }

    #[test]
    fn the_heaviest_edges_are_followed_first() {
        assert_eq!(graph().neighborhood(0, 0, 1, Some(1)), [vec![0], vec![1], vec![]]);
        assert_eq!(graph().neighborhood(0, 0, 1, Some(2)), [vec![0], vec![1, 2], vec![]]);
        assert_eq!(graph().neighborhood(1, 1, 1, Some(1)), [vec![1], vec![1], vec![]]);
    }
}
