//! The heterogeneous encoder: from a graph to an embedding per node.

use std::sync::Arc;

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};
use rand::{Rng, RngExt};

use crate::block::{Block, SlotLayout, Subgraph};
use crate::message_graph::MessageGraph;
use crate::ops::{InputRows, SageGeometry, input_layer, sage_layer};

/// An embedding per node plus, for types with features, a linear layer over them; then heterogeneous GraphSAGE layers
/// with a rectifier between.
///
/// Shapes: `N` nodes of all types stacked, `H` hidden, `F` feature columns of all featured types stacked, `S` slots (see
/// [`SlotLayout`]), `T` types.
#[derive(Module, Debug)]
pub struct HeteroEncoder {
    /// `[N, H]`.
    embedding: Param<Tensor<2>>,
    /// `[F, H]`.
    feature_weight: Param<Tensor<2>>,
    /// `[featured types, H]`.
    feature_bias: Param<Tensor<2>>,
    layers: Vec<SageLayer>,
}

/// The parameters of one heterogeneous GraphSAGE layer.
#[derive(Module, Debug)]
pub struct SageLayer {
    /// `[S * H, H]`.
    weight: Param<Tensor<2>>,
    /// `[T, H]`.
    bias: Param<Tensor<2>>,
}

/// The nodes and edges of one forward pass, ready for the operators.
#[derive(Clone, Debug)]
pub struct Propagation {
    input: Arc<InputRows>,
    blocks: Vec<Arc<Block>>,
    slots: Arc<SlotLayout>,
}

impl Propagation {
    /// Prepares a minibatch.
    pub fn new(graph: &MessageGraph, slots: Arc<SlotLayout>, subgraph: &Subgraph) -> Self {
        Self { input: Arc::new(InputRows::new(graph, subgraph)), blocks: subgraph.blocks.clone(), slots }
    }

    /// Prepares a pass over the whole graph.
    pub fn full(graph: &MessageGraph, slots: Arc<SlotLayout>, layers: usize) -> Self {
        Self::new(graph, slots, &Subgraph::full(graph, layers))
    }

    /// First output row of each type, and the total: `[types + 1]`.
    pub fn target_rows(&self) -> &[usize] {
        &self.blocks[self.blocks.len() - 1].target_rows
    }

    /// Number of messages over all layers.
    pub fn messages(&self) -> usize {
        self.blocks.iter().map(|block| block.messages()).sum()
    }
}

/// A parameter, or a part of one that means something by itself, as plain numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedTensor {
    /// `embedding.drug`, `layers.0.drug:treats:disease.weight`, `layers.0.disease.bias`.
    pub name: String,
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub columns: usize,
    /// Row by row: `[rows * columns]`.
    pub values: Vec<f32>,
}

/// The stacked parameters of an encoder, in the order of its fields: what each is called, and its shape.
#[derive(Clone, Debug)]
struct Layout {
    /// Each stacked parameter as its named parts, top to bottom.
    parameters: Vec<Vec<(String, usize)>>,
    hidden: usize,
}

impl Layout {
    fn new(graph: &MessageGraph, hidden: usize, layers: usize) -> Self {
        let featured = || graph.types.iter().filter_map(|t| t.features.as_ref().map(|f| (&t.name, f.dim)));
        let mut parameters = vec![
            graph.types.iter().map(|t| (format!("embedding.{}", t.name), t.nodes)).collect(),
            featured().map(|(name, dim)| (format!("features.{name}.weight"), dim)).collect(),
            featured().map(|(name, _)| (format!("features.{name}.bias"), 1)).collect(),
        ];
        for layer in 0..layers {
            let mut weights = Vec::new();
            for (place, node_type) in graph.types.iter().enumerate() {
                let received = graph.relations.iter().filter(|relation| relation.target == place);
                weights.extend(received.map(|r| (format!("layers.{layer}.{}.weight", r.name), hidden)));
                weights.push((format!("layers.{layer}.{}.self.weight", node_type.name), hidden));
            }
            parameters.push(weights);
            parameters
                .push(graph.types.iter().map(|t| (format!("layers.{layer}.{}.bias", t.name), 1)).collect());
        }
        Self { parameters, hidden }
    }
}

impl HeteroEncoder {
    /// An encoder with fresh parameters: embeddings standard normal, weights and biases uniform within
    /// `1 / sqrt(inputs)`, as PyTorch's `Embedding` and `Linear` and PyTorch Geometric's `SAGEConv` begin.
    pub fn new(
        graph: &MessageGraph,
        hidden: usize,
        layers: usize,
        rng: &mut impl Rng,
        device: &Device,
    ) -> Self {
        let mut fresh: Vec<Vec<f32>> = Vec::new();
        for (place, parts) in Layout::new(graph, hidden, layers).parameters.into_iter().enumerate() {
            let mut values = Vec::new();
            for (part, (_, rows)) in parts.iter().enumerate() {
                let count = rows * hidden;
                if place == 0 {
                    values.extend((0..count).map(|_| standard_normal(rng)));
                } else {
                    let featured = graph.types.iter().filter_map(|node_type| node_type.features.as_ref());
                    let inputs = match place {
                        1 | 2 => featured.map(|features| features.dim).nth(part).unwrap_or(1),
                        _ => hidden,
                    };
                    let bound = 1.0 / (inputs as f32).sqrt();
                    values.extend((0..count).map(|_| rng.random_range(-bound..bound)));
                }
            }
            fresh.push(values);
        }
        Self::assemble(fresh, hidden, device)
    }

    /// An encoder from the tensors that [`HeteroEncoder::tensors`] gave.
    ///
    /// # Errors
    ///
    /// One sentence that names the first tensor that is missing or has another shape than the graph asks for.
    pub fn from_tensors(
        graph: &MessageGraph,
        hidden: usize,
        layers: usize,
        tensors: &[NamedTensor],
        device: &Device,
    ) -> Result<Self, String> {
        let layout = Layout::new(graph, hidden, layers);
        let mut stacked = Vec::new();
        for parts in &layout.parameters {
            let mut values = Vec::new();
            for (name, rows) in parts {
                let tensor = tensors
                    .iter()
                    .find(|tensor| tensor.name == *name)
                    .ok_or_else(|| format!("tensor '{name}' is missing"))?;
                if (tensor.rows, tensor.columns) != (*rows, hidden) {
                    return Err(format!(
                        "tensor '{name}' is [{}, {}]; expected [{rows}, {hidden}]",
                        tensor.rows, tensor.columns
                    ));
                }
                values.extend_from_slice(&tensor.values);
            }
            stacked.push(values);
        }
        Ok(Self::assemble(stacked, hidden, device))
    }

    fn assemble(stacked: Vec<Vec<f32>>, hidden: usize, device: &Device) -> Self {
        let mut stacked = stacked.into_iter().map(|values| {
            let shape = [values.len() / hidden, hidden];
            Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), device))
        });
        let mut next = || stacked.next();
        let (Some(embedding), Some(feature_weight), Some(feature_bias)) = (next(), next(), next()) else {
            unreachable!("a layout begins with three parameters")
        };
        let mut layers = Vec::new();
        while let (Some(weight), Some(bias)) = (next(), next()) {
            layers.push(SageLayer { weight, bias });
        }
        Self { embedding, feature_weight, feature_bias, layers }
    }

    /// The parameters as plain numbers, cut into parts that mean something by themselves.
    pub fn tensors(&self, graph: &MessageGraph) -> Vec<NamedTensor> {
        let hidden = self.embedding.dims()[1];
        let layout = Layout::new(graph, hidden, self.layers.len());
        let mut stacked = vec![&self.embedding, &self.feature_weight, &self.feature_bias];
        stacked.extend(self.layers.iter().flat_map(|layer| [&layer.weight, &layer.bias]));
        let mut named = Vec::new();
        for (parameter, parts) in stacked.into_iter().zip(layout.parameters) {
            let values = floats(parameter.val());
            let mut start = 0;
            for (name, rows) in parts {
                let end = start + rows * layout.hidden;
                named.push(NamedTensor {
                    name,
                    rows,
                    columns: layout.hidden,
                    values: values[start..end].to_vec(),
                });
                start = end;
            }
        }
        named
    }

    /// The embeddings of the propagation's target nodes: `[target rows, H]`.
    pub fn forward(&self, propagation: &Propagation) -> Tensor<2> {
        let mut hidden = input_layer(
            self.embedding.val(),
            self.feature_weight.val(),
            self.feature_bias.val(),
            Arc::clone(&propagation.input),
        );
        for (place, (layer, block)) in self.layers.iter().zip(&propagation.blocks).enumerate() {
            let geometry = SageGeometry {
                block: Arc::clone(block),
                slots: Arc::clone(&propagation.slots),
                relu: place + 1 < self.layers.len(),
            };
            hidden = sage_layer(hidden, layer.weight.val(), layer.bias.val(), geometry);
        }
        hidden
    }
}

/// The numbers of a tensor, row by row.
pub fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("every tensor here is f32")
}

/// A draw from the standard normal distribution (Box and Muller, 1958).
fn standard_normal(rng: &mut impl Rng) -> f32 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    (radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()) as f32
}
