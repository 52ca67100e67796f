//! The input layer over plain slices.

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;
use theriac_graph::FeatureMatrix;

use crate::block::Subgraph;
use crate::kernels::{Matrix, matmul};
use crate::message_graph::MessageGraph;

/// Rows that one task copies.
const CHUNK: usize = 512;

/// Which nodes stand in which row of the input of message passing.
#[derive(Clone, Debug)]
pub struct InputRows {
    /// Row of the embedding table for each input row.
    embedding_rows: Vec<u32>,
    /// Number of rows of the embedding table.
    table_rows: usize,
    /// The types that have features, in order.
    featured: Vec<FeaturedRows>,
}

#[derive(Clone, Debug)]
struct FeaturedRows {
    /// The input rows of the type.
    rows: Range<usize>,
    /// The rows of the stacked weight that belong to the type.
    weight_rows: Range<usize>,
    features: Arc<FeatureMatrix>,
    /// The node of each row.
    nodes: Vec<u32>,
}

impl InputRows {
    /// The input rows of a minibatch, or of the whole graph.
    pub fn new(graph: &MessageGraph, subgraph: &Subgraph) -> Self {
        let offsets = graph.type_offsets();
        let mut embedding_rows = Vec::with_capacity(subgraph.nodes.iter().map(Vec::len).sum());
        let mut featured = Vec::new();
        let mut weight_start = 0;
        for ((node_type, nodes), offset) in graph.types.iter().zip(&subgraph.nodes).zip(&offsets) {
            let start = embedding_rows.len();
            embedding_rows.extend(nodes.iter().map(|&node| *offset as u32 + node));
            if let Some(features) = &node_type.features {
                let weight_rows = weight_start..weight_start + features.dim;
                weight_start = weight_rows.end;
                featured.push(FeaturedRows {
                    rows: start..embedding_rows.len(),
                    weight_rows,
                    features: Arc::clone(features),
                    nodes: nodes.clone(),
                });
            }
        }
        Self { embedding_rows, table_rows: offsets[graph.types.len()], featured }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.embedding_rows.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.embedding_rows.is_empty()
    }
}

/// The features of the rows that take part, `[rows, dim]`, per featured type; `None` where the features of all nodes
/// go through the layer.
pub(super) type GatheredFeatures = Arc<Vec<Option<Vec<f32>>>>;

impl FeaturedRows {
    fn all_nodes(&self) -> usize {
        self.features.values.len() / self.features.dim
    }

    /// Copying the features of most nodes costs more than multiplying those of the few others for nothing.
    fn gather(&self) -> Option<Vec<f32>> {
        if 2 * self.nodes.len() > self.all_nodes() {
            return None;
        }
        let dim = self.features.dim;
        let mut gathered = vec![0.0; self.nodes.len() * dim];
        gathered
            .par_chunks_mut(dim)
            .zip(&self.nodes)
            .with_min_len(64)
            .for_each(|(row, &node)| row.copy_from_slice(self.features.row(node)));
        Some(gathered)
    }

    /// Adds `features x weight + bias` to the rows of the type.
    fn forward(&self, gathered: Option<&[f32]>, weight: &[f32], bias: &[f32], out: &mut [f32]) {
        let (dim, hidden) = (self.features.dim, bias.len());
        let weight = Matrix::new(weight, dim, hidden);
        if let Some(gathered) = gathered {
            out.chunks_exact_mut(hidden).for_each(|row| add(row, bias));
            matmul(out, Matrix::new(gathered, self.nodes.len(), dim), weight, true);
            return;
        }
        let mut projected = bias.repeat(self.all_nodes());
        matmul(&mut projected, Matrix::new(&self.features.values, self.all_nodes(), dim), weight, true);
        for (row, &node) in out.chunks_exact_mut(hidden).zip(&self.nodes) {
            add(row, &projected[node as usize * hidden..][..hidden]);
        }
    }

    /// The gradients of weight and bias, given that of the type's rows.
    fn backward(&self, gathered: Option<&[f32]>, gradient: &[f32], weight: &mut [f32], bias: &mut [f32]) {
        let (dim, hidden) = (self.features.dim, bias.len());
        gradient.chunks_exact(hidden).for_each(|row| add(bias, row));
        if let Some(gathered) = gathered {
            let features = Matrix::new(gathered, self.nodes.len(), dim);
            matmul(weight, features.transposed(), Matrix::new(gradient, self.nodes.len(), hidden), false);
            return;
        }
        let projected = scatter_rows(gradient, &self.nodes, self.all_nodes(), hidden);
        let features = Matrix::new(&self.features.values, self.all_nodes(), dim);
        matmul(weight, features.transposed(), Matrix::new(&projected, self.all_nodes(), hidden), false);
    }
}

/// `[rows, hidden]`, and the gathered features that the backward pass needs again.
pub(super) fn forward(
    rows: &InputRows,
    embedding: &[f32],
    weight: &[f32],
    bias: &[f32],
    hidden: usize,
) -> (Vec<f32>, GatheredFeatures) {
    let mut out = vec![0.0; rows.len() * hidden];
    out.par_chunks_mut(CHUNK * hidden).zip(rows.embedding_rows.par_chunks(CHUNK)).for_each(|(out, rows)| {
        for (out, &row) in out.chunks_exact_mut(hidden).zip(rows) {
            out.copy_from_slice(&embedding[row as usize * hidden..][..hidden]);
        }
    });
    let gathered: Vec<Option<Vec<f32>>> = rows.featured.iter().map(FeaturedRows::gather).collect();
    for ((featured, gathered), bias) in rows.featured.iter().zip(&gathered).zip(bias.chunks_exact(hidden)) {
        let weight = &weight[featured.weight_rows.start * hidden..featured.weight_rows.end * hidden];
        let out = &mut out[featured.rows.start * hidden..featured.rows.end * hidden];
        featured.forward(gathered.as_deref(), weight, bias, out);
    }
    (out, Arc::new(gathered))
}

/// The gradients of the embedding table, the weight and the bias.
pub(super) fn backward(
    rows: &InputRows,
    gathered: &GatheredFeatures,
    gradient: &[f32],
    hidden: usize,
) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
    let embedding = scatter_rows(gradient, &rows.embedding_rows, rows.table_rows, hidden);
    let dims: usize = rows.featured.iter().map(|featured| featured.features.dim).sum();
    let mut weight = vec![0.0; dims * hidden];
    let mut bias = vec![0.0; rows.featured.len() * hidden];
    for ((featured, gathered), bias) in
        rows.featured.iter().zip(gathered.iter()).zip(bias.chunks_exact_mut(hidden))
    {
        let gradient = &gradient[featured.rows.start * hidden..featured.rows.end * hidden];
        let weight = &mut weight[featured.weight_rows.start * hidden..featured.weight_rows.end * hidden];
        featured.backward(gathered.as_deref(), gradient, weight, bias);
    }
    (embedding, weight, bias)
}

/// A table of `count` rows, zero but where `rows` says that a row of `matrix` stands; each row stands in one place only,
/// so rows are copied, not added.
fn scatter_rows(matrix: &[f32], rows: &[u32], count: usize, width: usize) -> Vec<f32> {
    let mut table = vec![0.0; count * width];
    for (values, &row) in matrix.chunks_exact(width).zip(rows) {
        table[row as usize * width..][..width].copy_from_slice(values);
    }
    table
}

/// `sum += values`, element by element.
pub(super) fn add(sum: &mut [f32], values: &[f32]) {
    for (sum, value) in sum.iter_mut().zip(values) {
        *sum += value;
    }
}
