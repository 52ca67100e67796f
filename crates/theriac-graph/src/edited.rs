//! A graph with a few edges more or fewer, without a copy of it.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;

use crate::csr::Csr;
use crate::graph::{Graph, Relation};

/// An edge of a graph: a relation by its place, and the edge's two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Edge {
    /// Place of the relation in [`Graph::relations`].
    pub relation: usize,
    /// Its source node.
    pub source: u32,
    /// Its target node.
    pub target: u32,
}

/// The neighbours of one node along one relation, by index.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row<'a> {
    /// Sorted.
    pub neighbors: &'a [u32],
    /// Weight of each edge, where the relation has weights.
    pub weights: Option<&'a [f32]>,
}

impl<'a> Row<'a> {
    /// Number of neighbours.
    pub fn degree(self) -> u32 {
        self.neighbors.len() as u32
    }

    /// Whether this node is among them.
    pub fn contains(self, node: u32) -> bool {
        self.neighbors.binary_search(&node).is_ok()
    }

    /// The neighbours with the weights of their edges, 1 where the relation has none.
    pub fn weighted(self) -> impl Iterator<Item = (u32, f32)> + use<'a> {
        let weight = move |place: usize| self.weights.map_or(1.0, |weights| weights[place]);
        self.neighbors.iter().enumerate().map(move |(place, &node)| (node, weight(place)))
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
struct OwnRow {
    neighbors: Vec<u32>,
    weights: Option<Vec<f32>>,
}

/// Where a row stands: the relation, whether it is read from its targets, and the node.
type Place = (usize, bool, u32);

/// A graph with a few edges more or fewer. Rows that are as they were are read from the graph itself, so that it costs what
/// the changed rows are long.
///
/// ```
/// use theriac_graph::{Edge, EdgeList, EditedGraph, DuplicatePolicy, GraphBuilder, NodeTable, Provenance, RelationKey};
///
/// let names = |names: [&str; 2]| names.map(str::to_owned).to_vec();
/// let mut builder = GraphBuilder::new(Provenance::default());
/// builder.add_nodes(NodeTable::new("drug", names(["a", "b"]), names(["A", "B"])))?;
/// builder.add_nodes(NodeTable::new("disease", names(["x", "y"]), names(["X", "Y"])))?;
/// let edges = EdgeList { sources: vec![0, 1], targets: vec![0, 0], ..EdgeList::default() };
/// builder.add_relation(RelationKey::new("drug", "treats", "disease"), edges, DuplicatePolicy::Reject)?;
/// let graph = builder.build()?;
///
/// let edited = EditedGraph::new(&graph).without(Edge { relation: 0, source: 1, target: 0 });
/// assert_eq!(edited.row(0, true, 0).neighbors, [0]);
/// assert_eq!(edited.row(0, false, 1).degree(), 0);
/// # Ok::<(), theriac_graph::GraphError>(())
/// ```
#[derive(Clone, Debug)]
pub struct EditedGraph<'a> {
    graph: &'a Graph,
    /// Whether every edge of a relation has its mirror image, to each relation.
    mirrored: Arc<[bool]>,
    /// Shared between graphs until one of them changes a row further.
    rows: HashMap<Place, Arc<OwnRow>, FixedState>,
    edits: Vec<Edge>,
}

impl<'a> EditedGraph<'a> {
    /// The graph as it is.
    pub fn new(graph: &'a Graph) -> Self {
        let mirrored =
            graph.relations().iter().map(|relation| relation.undirected || relation.is_symmetric());
        Self { graph, mirrored: mirrored.collect(), rows: HashMap::default(), edits: Vec::new() }
    }

    /// The graph that was edited.
    pub fn original(&self) -> &'a Graph {
        self.graph
    }

    /// The edges that were taken out or put in, in order.
    pub fn edits(&self) -> &[Edge] {
        &self.edits
    }

    /// The neighbours of a node: the targets of a source, or, `reversed`, the sources of a target.
    pub fn row(&self, relation: usize, reversed: bool, node: u32) -> Row<'_> {
        match self.rows.get(&(relation, reversed, node)) {
            Some(row) => Row { neighbors: &row.neighbors, weights: row.weights.as_deref() },
            None => row_of(csr(&self.graph.relations()[relation], reversed), node),
        }
    }

    /// Whether the edge is there.
    pub fn contains(&self, edge: Edge) -> bool {
        self.row(edge.relation, false, edge.source).contains(edge.target)
    }

    /// The nodes whose rows along a relation are not those of the original graph, sorted.
    pub fn changed(&self, relation: usize, reversed: bool) -> Vec<u32> {
        let of_relation = self.rows.keys().filter(|place| (place.0, place.1) == (relation, reversed));
        let mut nodes: Vec<u32> = of_relation.map(|place| place.2).collect();
        nodes.sort_unstable();
        nodes
    }

    /// The graph without this edge, from either end, and without its mirror image where all edges of the relation
    /// have one. An edge that is not there changes nothing.
    #[must_use]
    pub fn without(mut self, edge: Edge) -> Self {
        self.change(edge, None);
        self
    }

    /// The graph with this edge, and with its mirror image where all edges of the relation have one. Where the relation is
    /// weighted it has this weight; an edge that is there already stays as it is.
    #[must_use]
    pub fn with(mut self, edge: Edge, weight: f32) -> Self {
        self.change(edge, Some(weight));
        self
    }

    /// The graph with this edge as another one has it; an edge that this is not in changes nothing.
    #[must_use]
    pub fn with_edge_of(self, other: &EditedGraph<'_>, edge: Edge) -> Self {
        let row = other.row(edge.relation, false, edge.source);
        match row.neighbors.binary_search(&edge.target) {
            Ok(place) => self.with(edge, row.weights.map_or(1.0, |weights| weights[place])),
            Err(_) => self,
        }
    }

    fn change(&mut self, edge: Edge, weight: Option<f32>) {
        let Edge { relation, source, target } = edge;
        if self.contains(edge) == weight.is_some() {
            return;
        }
        self.edits.push(edge);
        let mut ends = vec![(source, target)];
        if source != target && self.mirrored[relation] {
            ends.push((target, source));
        }
        for (source, target) in ends {
            self.change_row((relation, false, source), target, weight);
            self.change_row((relation, true, target), source, weight);
        }
    }

    fn change_row(&mut self, place: Place, neighbor: u32, weight: Option<f32>) {
        let (relation, reversed, node) = place;
        let original = csr(&self.graph.relations()[relation], reversed);
        let row = self.rows.entry(place).or_insert_with(|| {
            let Row { neighbors, weights } = row_of(original, node);
            Arc::new(OwnRow { neighbors: neighbors.to_vec(), weights: weights.map(<[f32]>::to_vec) })
        });
        let row = Arc::make_mut(row);
        match (row.neighbors.binary_search(&neighbor), weight) {
            (Ok(at), None) => {
                row.neighbors.remove(at);
                row.weights.as_mut().map(|weights| weights.remove(at));
            }
            (Err(at), Some(weight)) => {
                row.neighbors.insert(at, neighbor);
                if let Some(weights) = &mut row.weights {
                    weights.insert(at, weight);
                }
            }
            _ => {}
        }
    }

    /// A graph of its own with these edges: what the edited one stands for.
    pub fn to_graph(&self) -> Graph {
        let mut place = 0;
        self.graph.map_relations(|relation| {
            place += 1;
            Some(self.relation(place - 1, relation))
        })
    }

    fn relation(&self, place: usize, relation: &Relation) -> Relation {
        if self.edits.iter().all(|edit| edit.relation != place) {
            return relation.clone();
        }
        let (mut offsets, mut indices) = (vec![0], Vec::new());
        let mut weights = relation.forward.weights().map(|_| Vec::new());
        for node in 0..relation.forward.rows() {
            let row = self.row(place, false, node);
            indices.extend(row.neighbors);
            if let (Some(weights), Some(own)) = (&mut weights, row.weights) {
                weights.extend(own);
            }
            offsets.push(indices.len() as u32);
        }
        relation.with_edges(Csr::from_sorted(relation.forward.columns(), offsets, indices, weights))
    }
}

fn csr(relation: &Relation, reversed: bool) -> &Csr {
    if reversed { &relation.backward } else { &relation.forward }
}

fn row_of(csr: &Csr, node: u32) -> Row<'_> {
    Row { neighbors: csr.neighbors(node), weights: csr.weights().map(|weights| &weights[csr.range(node)]) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{DuplicatePolicy, EdgeList, GraphBuilder, NodeTable, Provenance, RelationKey};

    /// Five drugs and four proteins with weighted `targets` edges, and undirected `resembles` edges among drugs.
    fn graph(targets: &[(u32, u32)], resembles: &[(u32, u32)]) -> Graph {
        let ids = |prefix: &str, n: u32| -> Vec<String> { (0..n).map(|i| format!("{prefix}{i}")).collect() };
        let mut builder = GraphBuilder::new(Provenance::default());
        builder.add_nodes(NodeTable::new("drug", ids("d", 5), ids("d", 5))).unwrap();
        builder.add_nodes(NodeTable::new("protein", ids("p", 4), ids("p", 4))).unwrap();
        let list = |edges: &[(u32, u32)], weighted: bool| {
            let (sources, targets): (Vec<u32>, Vec<u32>) = edges.iter().copied().unzip();
            let weights = weighted.then(|| (1u8..).take(edges.len()).map(f32::from).collect());
            EdgeList { sources, targets, weights, ..EdgeList::default() }
        };
        let key = RelationKey::new("drug", "targets", "protein");
        builder.add_relation(key, list(targets, true), DuplicatePolicy::Merge).unwrap();
        let key = RelationKey::new("drug", "resembles", "drug");
        let mut list = list(resembles, false);
        list.undirected = true;
        builder.add_relation(key, list, DuplicatePolicy::Merge).unwrap();
        builder.build().unwrap()
    }

    fn edge(relation: usize, source: u32, target: u32) -> Edge {
        Edge { relation, source, target }
    }

    #[test]
    fn an_undirected_edge_goes_from_all_four_rows() {
        let graph = graph(&[(0, 1)], &[(0, 2), (2, 4)]);
        let edited = EditedGraph::new(&graph).without(edge(1, 2, 0));
        for reversed in [false, true] {
            assert_eq!(edited.row(1, reversed, 0).degree(), 0);
            assert_eq!(edited.row(1, reversed, 2).neighbors, [4]);
        }
        assert_eq!(edited.edits(), [edge(1, 2, 0)]);
        assert_eq!(edited.changed(1, false), [0, 2]);
    }

    #[test]
    fn an_edge_put_in_has_its_weight_and_one_that_is_there_keeps_its_own() {
        let graph = graph(&[(0, 1), (0, 3)], &[]);
        let edited = EditedGraph::new(&graph).with(edge(0, 0, 2), 9.0).with(edge(0, 0, 3), 9.0);
        let row = edited.row(0, false, 0);
        assert_eq!((row.neighbors, row.weights), (&[1, 2, 3][..], Some(&[1.0, 9.0, 2.0][..])));
        assert_eq!(edited.row(0, true, 2).weighted().collect::<Vec<_>>(), [(0, 9.0)]);
        assert_eq!(edited.edits().len(), 1);
        // Taken out, it is put back in with the weight that it had, not with another.
        let back = edited.clone().without(edge(0, 0, 3)).without(edge(0, 0, 2));
        let original = EditedGraph::new(&graph);
        let back = back.with_edge_of(&original, edge(0, 0, 3)).with_edge_of(&original, edge(0, 0, 2));
        let row = back.row(0, false, 0);
        assert_eq!((row.neighbors, row.weights), (&[1, 3][..], Some(&[1.0, 2.0][..])));
        assert_eq!(edited.row(0, false, 0).degree(), 3);
    }

    proptest! {
        #[test]
        fn rows_are_those_of_the_graph_that_it_stands_for(
            targets in prop::collection::btree_set((0u32..5, 0u32..4), 1..12),
            resembles in prop::collection::btree_set((0u32..5, 0u32..5), 1..8),
            edits in prop::collection::vec((any::<bool>(), 0usize..2, 0u32..5, 0u32..4), 0..8),
        ) {
            let targets: Vec<_> = targets.into_iter().collect();
            let resembles: Vec<_> = resembles.into_iter().collect();
            let graph = graph(&targets, &resembles);
            let mut edited = EditedGraph::new(&graph);
            for (put_in, relation, source, target) in edits {
                let edge = edge(relation, source, target);
                edited = if put_in { edited.with(edge, 5.0) } else { edited.without(edge) };
                prop_assert_eq!(edited.contains(edge), put_in);
            }
            let whole = edited.to_graph();
            for (place, relation) in whole.relations().iter().enumerate() {
                for reversed in [false, true] {
                    let csr = csr(relation, reversed);
                    for node in 0..csr.rows() {
                        prop_assert_eq!(edited.row(place, reversed, node), row_of(csr, node));
                    }
                }
            }
        }
    }
}
