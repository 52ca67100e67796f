//! The input layer over plain slices.

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;
use theriac_graph::FeatureMatrix;

use crate::block::Subgraph;
use crate::kernels::{Matrix, matmul};
use crate::message_graph::MessageGraph;

/// Rows that one task takes.
const CHUNK: usize = 384;

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

    /// Whether the rows are those of the embedding table, all of them in order, and no features are added.
    pub(super) fn are_the_table(&self) -> bool {
        let mut rows = self.embedding_rows.iter().enumerate();
        self.featured.is_empty()
            && self.len() == self.table_rows
            && rows.all(|(place, &row)| place == row as usize)
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
            .with_min_len(CHUNK)
            .for_each(|(row, &node)| row.copy_from_slice(self.features.row(node)));
        Some(gathered)
    }

    /// What goes through the layer: `[rows or all nodes, dim]`.
    fn inputs<'a>(&'a self, gathered: Option<&'a [f32]>) -> &'a [f32] {
        gathered.unwrap_or(&self.features.values)
    }

    /// `features x weight + bias` of what goes through the layer.
    fn project(&self, gathered: Option<&[f32]>, weight: &[f32], bias: &[f32]) -> Vec<f32> {
        let (dim, hidden) = (self.features.dim, bias.len());
        let weight = Matrix::new(&weight[self.weight_rows.start * hidden..][..dim * hidden], dim, hidden);
        let inputs = self.inputs(gathered);
        let mut projected = bias.repeat(inputs.len() / dim);
        projected.par_chunks_mut(CHUNK * hidden).zip(inputs.par_chunks(CHUNK * dim)).for_each(
            |(out, inputs)| {
                matmul(out, Matrix::new(inputs, inputs.len() / dim, dim), weight, true);
            },
        );
        projected
    }

    /// Adds the projected features to the rows of the type.
    fn add_projected(&self, gathered: bool, projected: &[f32], out: &mut [f32], hidden: usize) {
        let out = &mut out[self.rows.start * hidden..self.rows.end * hidden];
        if gathered {
            add(out, projected);
            return;
        }
        for (row, &node) in out.chunks_exact_mut(hidden).zip(&self.nodes) {
            add(row, &projected[node as usize * hidden..][..hidden]);
        }
    }

    /// The gradients of weight and bias, given that of all input rows.
    fn backward(&self, gathered: Option<&[f32]>, gradient: &[f32], hidden: usize) -> (Vec<f32>, Vec<f32>) {
        let dim = self.features.dim;
        let gradient = &gradient[self.rows.start * hidden..self.rows.end * hidden];
        let mut bias = vec![0.0; hidden];
        gradient.chunks_exact(hidden).for_each(|row| add(&mut bias, row));
        let scattered =
            gathered.is_none().then(|| scatter_rows(gradient, &self.nodes, self.all_nodes(), hidden));
        let gradient = scattered.as_deref().unwrap_or(gradient);
        let rows = gradient.len() / hidden;
        let (inputs, gradient) =
            (Matrix::new(self.inputs(gathered), rows, dim), Matrix::new(gradient, rows, hidden));
        let mut weight = vec![0.0; dim * hidden];
        weight.par_chunks_mut(CHUNK * hidden).enumerate().for_each(|(chunk, out)| {
            let first = chunk * CHUNK;
            let inputs = inputs.columns(first..first + out.len() / hidden);
            matmul(out, inputs.transposed(), gradient, false);
        });
        (weight, bias)
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
    let (features, ()) = rayon::join(
        || {
            let layers = rows.featured.iter().zip(bias.chunks_exact(hidden));
            let projections = layers.map(|(featured, bias)| {
                let gathered = featured.gather();
                let projected = featured.project(gathered.as_deref(), weight, bias);
                (gathered, projected)
            });
            projections.collect::<Vec<_>>()
        },
        || {
            let chunks = out.par_chunks_mut(CHUNK * hidden).zip(rows.embedding_rows.par_chunks(CHUNK));
            chunks.for_each(|(out, rows)| {
                for (out, &row) in out.chunks_exact_mut(hidden).zip(rows) {
                    out.copy_from_slice(&embedding[row as usize * hidden..][..hidden]);
                }
            });
        },
    );
    let mut all_gathered = Vec::with_capacity(features.len());
    for (featured, (gathered, projected)) in rows.featured.iter().zip(features) {
        featured.add_projected(gathered.is_some(), &projected, &mut out, hidden);
        all_gathered.push(gathered);
    }
    (out, Arc::new(all_gathered))
}

/// The gradients of the embedding table, the weight and the bias.
pub(super) fn backward(
    rows: &InputRows,
    gathered: &GatheredFeatures,
    gradient: &[f32],
    hidden: usize,
) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
    let ((weight, bias), embedding) = rayon::join(
        || {
            let (mut weight, mut bias) = (Vec::new(), Vec::new());
            for (featured, gathered) in rows.featured.iter().zip(gathered.iter()) {
                let (own_weight, own_bias) = featured.backward(gathered.as_deref(), gradient, hidden);
                weight.extend(own_weight);
                bias.extend(own_bias);
            }
            (weight, bias)
        },
        || scatter_rows(gradient, &rows.embedding_rows, rows.table_rows, hidden),
    );
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
