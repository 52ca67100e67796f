//! The nodes most like each node, by what the graph says of them or by their train edges.

use std::cmp::Reverse;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;
use theriac_graph::{Csr, FeatureMatrix};

/// Rows whose similarities are held at a time by each thread.
const BLOCK: usize = 64;

/// For each node the nodes most like it, with similarities above 0, the most similar first; of equals the lower index.
pub(crate) type Neighbours = Vec<Vec<(u32, f32)>>;

/// The `k` nearest neighbours of each node by its features: a square matrix holds the similarities themselves, rows of
/// another width are compared by their cosine.
pub(crate) fn by_features(features: &FeatureMatrix, nodes: u32, k: usize) -> Neighbours {
    if features.dim == nodes as usize {
        return (0..nodes).into_par_iter().map(|node| nearest(Some(node), features.row(node), k)).collect();
    }
    let unit = |node: u32| {
        let row = features.row(node);
        let length = row.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt();
        row.iter().map(move |&value| if length > 0.0 { (f64::from(value) / length) as f32 } else { 0.0 })
    };
    let (dim, n) = (features.dim, nodes as usize);
    let units: Vec<f32> = (0..nodes).flat_map(unit).collect();
    let all = MatRef::from_row_major_slice(&units, n, dim);
    let blocks: Vec<Neighbours> = units
        .par_chunks(BLOCK * dim.max(1))
        .enumerate()
        .map(|(block, rows)| {
            let count = rows.len() / dim;
            let mut cosines = vec![0.0; count * n];
            matmul(
                MatMut::from_row_major_slice_mut(&mut cosines, count, n),
                Accum::Replace,
                MatRef::from_row_major_slice(rows, count, dim),
                all.transpose(),
                1.0,
                Par::Seq,
            );
            let first = (block * BLOCK) as u32;
            (first..).zip(cosines.chunks_exact(n)).map(|(node, row)| nearest(Some(node), row, k)).collect()
        })
        .collect();
    blocks.concat()
}

/// The `k` nearest neighbours of each row by the cosine of rows of edges: the number of columns that two rows share, over
/// the geometric mean of their degrees.
pub(crate) fn by_edges(edges: &Csr, backward: &Csr, k: usize) -> Neighbours {
    let n = edges.rows();
    (0..n)
        .into_par_iter()
        .map_init(
            || vec![0.0f32; n as usize],
            |shared, node| {
                fill_cosines(edges, backward, node, shared);
                nearest(Some(node), shared, k)
            },
        )
        .collect()
}

/// Writes the cosine of a row of edges with every row: `[rows]`.
pub(crate) fn fill_cosines(edges: &Csr, backward: &Csr, node: u32, cosines: &mut [f32]) {
    cosines.fill(0.0);
    for &column in edges.neighbors(node) {
        for &other in backward.neighbors(column) {
            cosines[other as usize] += 1.0;
        }
    }
    for (other, cosine) in (0..).zip(cosines) {
        if *cosine > 0.0 {
            *cosine /= (edges.degree(node) as f32 * edges.degree(other) as f32).sqrt();
        }
    }
}

/// The `k` nearest of all nodes by their similarities to one, `[nodes]`; but itself, where it is the node of that index.
pub(crate) fn nearest(node: Option<u32>, similarities: &[f32], k: usize) -> Vec<(u32, f32)> {
    let all = (0..).zip(similarities.iter().copied());
    let mut found: Vec<(u32, f32)> =
        all.filter(|&(other, s)| Some(other) != node && s > 0.0 && s.is_finite()).collect();
    // Above 0, the bits of floats are in the order of the floats.
    let order = |&(other, similarity): &(u32, f32)| (Reverse(similarity.to_bits()), other);
    if found.len() > k {
        found.select_nth_unstable_by_key(k, order);
        found.truncate(k);
    }
    found.sort_unstable_by_key(order);
    found
}

/// The neighbours of a row with their weights; none of a relation without weights.
pub(crate) fn weighted(edges: &Csr, row: u32) -> impl Iterator<Item = (u32, f32)> {
    let weights = edges.weights().unwrap_or_default();
    edges.neighbors(row).iter().copied().zip(weights[edges.range(row)].iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_matrix_holds_similarities() {
        let values = vec![1.0, 0.5, 0.5, 0.2, 1.0, 0.0, 0.1, -0.3, 1.0];
        let features = FeatureMatrix { name: "similarity".into(), dim: 3, values };
        let found = by_features(&features, 3, 2);
        assert_eq!(found, [vec![(1, 0.5), (2, 0.5)], vec![(0, 0.2)], vec![(0, 0.1)]]);
        assert_eq!(by_features(&features, 3, 1)[0], [(1, 0.5)]);
    }

    #[test]
    fn rows_of_another_width_are_compared_by_their_cosine() {
        let values = vec![2.0, 0.0, 3.0, 3.0, 0.0, 0.0];
        let features = FeatureMatrix { name: "fingerprint".into(), dim: 2, values };
        let found = by_features(&features, 3, 2);
        assert_eq!((found[0].len(), found[1].len(), found[2].len()), (1, 1, 0));
        assert_eq!(found[0][0].0, 1);
        assert!((found[0][0].1 - 0.5f32.sqrt()).abs() < 1e-6);
        // More rows than a block holds: each is nearest to its like.
        let values = (0..200).flat_map(|i| [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]][i % 2]).collect();
        let features = FeatureMatrix { name: "fingerprint".into(), dim: 3, values };
        for (node, found) in by_features(&features, 200, 150).iter().enumerate() {
            assert_eq!(found.len(), 99);
            assert!(found.iter().all(|&(other, _)| other as usize % 2 == node % 2));
        }
    }

    #[test]
    fn rows_of_edges_are_compared_by_their_cosine() {
        let edges = Csr::from_pairs(3, 3, &[0, 0, 1, 1, 1, 2], &[0, 1, 0, 1, 2, 2], None);
        let found = by_edges(&edges, &edges.transpose(), 5);
        assert_eq!(found[0], [(1, 2.0 / 6f32.sqrt())]);
        assert_eq!(found[1], [(0, 2.0 / 6f32.sqrt()), (2, 1.0 / 3f32.sqrt())]);
    }
}
