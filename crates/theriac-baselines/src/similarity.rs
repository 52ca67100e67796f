//! Similarity networks: each node joined with the nodes most like it.

use std::sync::Arc;

use faer::Mat;
use rayon::prelude::*;
use theriac_graph::{Csr, FeatureMatrix, Relation, RelationKey};
use theriac_link::TrainView;

/// The weighted network that joins each node with the `k` nodes most similar to it, of those with a similarity above 0;
/// of equals the first. Where either of two nodes is among the other's nearest, both are joined.
///
/// `fill` writes the similarities of a node to all nodes: `[nodes]`. They are symmetric, and not NaN.
pub(crate) fn nearest_neighbors(nodes: u32, k: usize, fill: impl Fn(u32, &mut [f32]) + Sync) -> Csr {
    let nearest: Vec<Vec<(u32, f32)>> = (0..nodes)
        .into_par_iter()
        .map_init(
            || vec![0.0f32; nodes as usize],
            |similarities, node| {
                fill(node, similarities);
                similarities[node as usize] = 0.0;
                let mut others: Vec<(u32, f32)> = (0u32..)
                    .zip(similarities.iter().copied())
                    .filter(|&(_, similarity)| similarity > 0.0)
                    .collect();
                if others.len() > k {
                    others.select_nth_unstable_by(k, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
                    others.truncate(k);
                }
                others
            },
        )
        .collect();
    let mut edges: Vec<(u32, u32, f32)> = Vec::new();
    for (node, others) in (0u32..).zip(nearest) {
        for (other, similarity) in others {
            edges.push((node, other, similarity));
            edges.push((other, node, similarity));
        }
    }
    edges.sort_unstable_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2)));
    edges.dedup_by_key(|edge| (edge.0, edge.1));
    let rows: Vec<u32> = edges.iter().map(|edge| edge.0).collect();
    let columns: Vec<u32> = edges.iter().map(|edge| edge.1).collect();
    let weights: Vec<f32> = edges.iter().map(|edge| edge.2).collect();
    Csr::from_pairs(nodes, nodes, &rows, &columns, Some(&weights))
}

/// The network of the nodes whose neighbour sets are most alike by Jaccard's index: shared neighbours over all.
pub(crate) fn jaccard_network(edges: &Csr, reversed: &Csr, k: usize) -> Csr {
    let nodes = edges.rows();
    let words = (edges.columns() as usize).div_ceil(64);
    let walks: f64 = (0..reversed.rows()).map(|row| f64::from(reversed.degree(row)).powi(2)).sum();
    let index = |shared: u32, node: u32, other: u32| {
        let union = edges.degree(node) + edges.degree(other) - shared;
        if shared == 0 { 0.0 } else { shared as f32 / union as f32 }
    };
    // Dense sets are compared as bits, sparse ones by counting the walks to each other node: whichever is less work.
    if (words as f64) * f64::from(nodes).powi(2) < walks {
        let mut bits = vec![0u64; nodes as usize * words];
        for (node, neighbor) in edges.pairs() {
            bits[node as usize * words + neighbor as usize / 64] |= 1 << (neighbor % 64);
        }
        nearest_neighbors(nodes, k, |node, out| {
            let own = &bits[node as usize * words..][..words];
            for ((other, out), set) in (0u32..).zip(out).zip(bits.chunks_exact(words)) {
                let shared = own.iter().zip(set).map(|(a, b)| (a & b).count_ones()).sum();
                *out = index(shared, node, other);
            }
        })
    } else {
        nearest_neighbors(nodes, k, |node, out| {
            out.fill(0.0);
            for &neighbor in edges.neighbors(node) {
                for &other in reversed.neighbors(neighbor) {
                    out[other as usize] += 1.0;
                }
            }
            for (other, out) in (0u32..).zip(out) {
                *out = index(*out as u32, node, other);
            }
        })
    }
}

/// How alike nodes are by their features. Features that are as many as the nodes are similarities to each of them; others are
/// compared by their cosine. What is not a number counts 0.
#[derive(Clone, Debug)]
pub(crate) struct Similarities {
    /// Length of each row of features; none where they are similarities.
    lengths: Vec<f32>,
}

impl Similarities {
    pub(crate) fn new(features: &FeatureMatrix, nodes: u32) -> Self {
        let length = |node| features.row(node).iter().map(|x| x * x).sum::<f32>().sqrt();
        let given = features.dim == nodes as usize;
        Self { lengths: if given { Vec::new() } else { (0..nodes).map(length).collect() } }
    }

    /// Writes how alike a node with the given features is to each of the nodes that these were made of; `out` may be longer.
    pub(crate) fn fill_of(&self, features: &FeatureMatrix, given: &[f32], out: &mut [f32]) {
        if self.lengths.is_empty() {
            out[..given.len()].copy_from_slice(given);
            return;
        }
        let length = given.iter().map(|x| x * x).sum::<f32>().sqrt();
        for ((other, out), theirs) in (0u32..).zip(out).zip(&self.lengths) {
            let product: f32 = features.row(other).iter().zip(given).map(|(a, b)| a * b).sum();
            let similarity = product / (theirs * length);
            *out = if similarity.is_finite() { similarity } else { 0.0 };
        }
    }

    /// Writes the similarities of a node to all nodes, by the features that these were made of.
    pub(crate) fn fill(&self, features: &FeatureMatrix, node: u32, out: &mut [f32]) {
        let finite = |value: f32| if value.is_finite() { value } else { 0.0 };
        let row = features.row(node);
        for (other, out) in (0u32..).zip(out) {
            let theirs = features.row(other);
            *out = if self.lengths.is_empty() {
                // The mean of both readings, since a published matrix may be rounded on one side alone.
                finite(f32::midpoint(row[other as usize], theirs[node as usize]))
            } else {
                let product: f32 = row.iter().zip(theirs).map(|(a, b)| a * b).sum();
                finite(product / (self.lengths[node as usize] * self.lengths[other as usize]))
            };
        }
    }
}

/// How alike nodes are by their features, `[nodes, nodes]`, and each as like itself as it is like any.
pub(crate) fn similarity_matrix(features: &FeatureMatrix, nodes: u32) -> Mat<f64> {
    let (n, similarities) = (nodes as usize, Similarities::new(features, nodes));
    let mut values = vec![0.0f32; n * n];
    values.par_chunks_exact_mut(n.max(1)).enumerate().for_each(|(node, row)| {
        similarities.fill(features, node as u32, row);
        row[node] = row.iter().copied().fold(0.0, f32::max);
    });
    Mat::from_fn(n, n, |row, column| f64::from(values[row * n + column]))
}

/// The network of the nodes whose features are most alike.
pub(crate) fn feature_network(features: &FeatureMatrix, nodes: u32, k: usize) -> Csr {
    let similarities = Similarities::new(features, nodes);
    nearest_neighbors(nodes, k, |node, out| similarities.fill(features, node, out))
}

/// The features of the view's source and target types as relations, `drug:resembles:drug`: each node with the `k` nodes
/// most like it, without weights, as Hetionet keeps the structural similarity of its compounds.
pub(crate) fn resemblances(view: &TrainView, k: usize) -> Vec<Relation> {
    let target = view.target();
    let mut types = vec![target.source_type, target.target_type];
    types.dedup();
    types
        .into_iter()
        .filter_map(|place| {
            let table = &view.graph().node_tables()[place];
            let features = table.features.as_ref()?;
            let network = feature_network(features, table.len() as u32, k);
            let name = unused_name(view, &table.node_type);
            Some(network_relation(&network, place, &table.node_type, &name))
        })
        .collect()
}

/// A similarity network of the node type at this place as a relation, `drug:name:drug`, without weights.
pub(crate) fn network_relation(network: &Csr, place: usize, node_type: &str, name: &str) -> Relation {
    let (offsets, indices) = (network.offsets().to_vec(), network.indices().to_vec());
    let edges = Arc::new(Csr::from_sorted(network.columns(), offsets, indices, None));
    Relation {
        key: RelationKey::new(node_type, name, node_type),
        source_type: place,
        target_type: place,
        backward: Arc::clone(&edges),
        forward: edges,
        undirected: true,
        attributes: Vec::new(),
        merged_duplicates: 0,
    }
}

/// The similarities that a graph gives among the nodes of a type (features of as many columns as the type has nodes) as a
/// relation of each such type, `drug:resembles:drug`: each node with the `k` most like it, and where either of two is among
/// the other's both ways. Its weights are the similarities.
pub fn similarity_relations(view: &TrainView, k: usize) -> Vec<Relation> {
    let tables = view.graph().node_tables().iter().enumerate();
    let relations = tables.filter_map(|(place, table)| {
        let features = table.features.as_ref().filter(|features| features.dim == table.len())?;
        let network = Arc::new(feature_network(features, table.len() as u32, k));
        let name = unused_name(view, &table.node_type);
        let without_weights = network_relation(&network, place, &table.node_type, &name);
        Some(Relation { forward: Arc::clone(&network), backward: network, ..without_weights })
    });
    relations.collect()
}

/// `resembles`, or `resembles_2` and so on where the graph has such a relation already.
fn unused_name(view: &TrainView, node_type: &str) -> String {
    let taken = |name: &str| {
        let keys = view.graph().relations().iter().map(|relation| &relation.key);
        keys.into_iter().any(|key| key.source == node_type && key.target == node_type && key.name == name)
    };
    let mut name = "resembles".to_string();
    let mut number = 1;
    while taken(&name) {
        number += 1;
        name = format!("resembles_{number}");
    }
    name
}

#[cfg(test)]
mod tests {
    use theriac_link::conformance::example_graph;

    use super::*;

    /// Jaccard's index by its definition.
    fn index(edges: &Csr, a: u32, b: u32) -> f32 {
        let shared = edges.neighbors(a).iter().filter(|x| edges.neighbors(b).contains(x)).count();
        let union = edges.neighbors(a).len() + edges.neighbors(b).len() - shared;
        if shared == 0 { 0.0 } else { shared as f32 / union as f32 }
    }

    fn check(edges: &Csr, k: usize) {
        let network = jaccard_network(edges, &edges.transpose(), k);
        assert!(network.is_symmetric());
        for node in 0..edges.rows() {
            let mut similar: Vec<f32> = (0..edges.rows())
                .filter(|&other| other != node)
                .map(|other| index(edges, node, other))
                .collect();
            similar.sort_by(|a, b| b.total_cmp(a));
            let least = similar.iter().take(k).copied().filter(|&s| s > 0.0).fold(f32::MAX, f32::min);
            for other in (0..edges.rows()).filter(|&other| other != node) {
                let found = network
                    .neighbors(node)
                    .binary_search(&other)
                    .ok()
                    .map(|place| network.weights().unwrap()[network.range(node).start + place]);
                if let Some(found) = found {
                    assert_eq!(found, index(edges, node, other));
                } else {
                    assert!(index(edges, node, other) <= least || least == f32::MAX);
                }
            }
        }
    }

    #[test]
    fn networks_join_those_with_the_most_alike_neighbours() {
        let graph = example_graph();
        for key in ["drug:treats:disease", "drug:targets:protein", "protein:associates:disease"] {
            let relation = graph.relation(&key.parse().unwrap()).unwrap();
            for k in [1, 4, 100] {
                check(&relation.forward, k);
                check(&relation.backward, k);
            }
        }
        // Sets so full that they are compared as bits.
        let full: Vec<(u32, u32)> =
            (0..30).flat_map(|r| (0..70).filter(move |c| (r * c) % 3 != 1).map(move |c| (r, c))).collect();
        let (row, column): (Vec<u32>, Vec<u32>) = full.into_iter().unzip();
        check(&Csr::from_pairs(30, 70, &row, &column, None), 5);
    }

    #[test]
    fn a_square_matrix_of_features_is_a_similarity() {
        let values = vec![1.0, 0.2, 0.6, 0.2, 1.0, 0.0, 0.6, 0.0, 1.0];
        let features = FeatureMatrix { name: "similarity".into(), dim: 3, values };
        let network = feature_network(&features, 3, 1);
        assert_eq!(network.pairs().collect::<Vec<_>>(), [(0, 1), (0, 2), (1, 0), (2, 0)]);
        assert_eq!(network.weights().unwrap(), [0.2, 0.6, 0.2, 0.6]);
    }

    #[test]
    fn other_features_are_compared_by_their_cosine() {
        let features = FeatureMatrix {
            name: "marks".into(),
            dim: 2,
            values: vec![1.0, 0.0, 3.0, 3.0, 0.0, 0.0, 2.0, 0.0],
        };
        let network = feature_network(&features, 4, 1);
        assert_eq!(network.pairs().collect::<Vec<_>>(), [(0, 1), (0, 3), (1, 0), (3, 0)]);
        assert!((network.weights().unwrap()[0] - 0.5f32.sqrt()).abs() < 1e-6);
    }
}
