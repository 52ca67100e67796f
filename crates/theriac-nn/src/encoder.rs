//! The heterogeneous encoder: from a graph to an embedding per node.

use std::sync::Arc;

use burn::tensor::{Tensor, TensorData, activation};
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use crate::conv::{
    Aggregation, Convolution, ConvolutionKind, LayerPass, RelationAggregation, own_rows, rows_of,
};
use crate::edges::Weighing;
use crate::message_graph::MessageGraph;
use crate::ops::input_layer;
use crate::parameters::{Initial, Stack};
use crate::propagation::Propagation;

/// What an encoder is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EncoderConfig {
    /// Width of every embedding.
    pub hidden: usize,
    /// Number of layers, and so of hops.
    pub layers: usize,
    /// Where it is above 0, similarities that the graph gives among the nodes of a type are not their input, but a relation
    /// between each node and so many that are most like it.
    pub nearest: usize,
    /// How what a node receives over its relations becomes one row.
    pub relations: RelationAggregation,
    /// Whether a layer adds its input to its output (He et al. 2016).
    pub residual: bool,
    /// Whether a layer's rows are normalised (Ba et al. 2016), with a scale and a shift for each type.
    pub layer_norm: bool,
    /// What the rows of the layers come to in the end.
    pub jumping_knowledge: JumpingKnowledge,
    /// How large embeddings begin: the standard deviation of their normal draws.
    pub embedding_scale: f32,
    /// Share of the elements of hidden rows that are dropped in a training step.
    pub dropout: f64,
    /// Share of the nodes whose input rows are dropped.
    pub node_dropout: f64,
    /// Share of the edges that are dropped.
    pub edge_dropout: f64,
    /// Share of the relations that are dropped, each direction by itself.
    pub relation_dropout: f64,
    /// The convolution of every layer.
    pub convolution: ConvolutionKind,
}

/// What the rows of the layers come to in the end (Xu et al. 2018).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JumpingKnowledge {
    /// The last layer's.
    Last,
    /// The mean of the input's and all layers'.
    Mean,
    /// Their maximum, element by element.
    Max,
    /// All of them side by side.
    Concat,
}

impl Default for EncoderConfig {
    fn default() -> Self {
        Self {
            hidden: 64,
            layers: 2,
            nearest: 0,
            relations: RelationAggregation::Sum,
            residual: false,
            layer_norm: false,
            jumping_knowledge: JumpingKnowledge::Last,
            embedding_scale: 1.0,
            dropout: 0.0,
            node_dropout: 0.0,
            edge_dropout: 0.0,
            relation_dropout: 0.0,
            convolution: ConvolutionKind::Sage { aggregation: Aggregation::Mean },
        }
    }
}

impl EncoderConfig {
    /// How messages are to be weighed.
    pub fn weighing(&self) -> Weighing {
        self.convolution.weighing(self.relations)
    }

    /// Columns of the embeddings that come out.
    pub fn width(&self) -> usize {
        match self.jumping_knowledge {
            JumpingKnowledge::Concat => self.hidden * (self.layers + 1),
            _ => self.hidden,
        }
    }

    /// The first setting that is out of range: its name, what was found and what was expected.
    pub fn problem(&self) -> Option<(&'static str, String, &'static str)> {
        let shares = [
            ("dropout", self.dropout),
            ("node_dropout", self.node_dropout),
            ("edge_dropout", self.edge_dropout),
            ("relation_dropout", self.relation_dropout),
        ];
        if self.hidden == 0 || self.layers == 0 {
            let found = format!("{}, {}", self.hidden, self.layers);
            return Some(("hidden, layers", found, "numbers above 0"));
        }
        if !(self.embedding_scale > 0.0 && self.embedding_scale.is_finite()) {
            return Some(("embedding_scale", self.embedding_scale.to_string(), "a number above 0"));
        }
        if let Some((name, share)) = shares.into_iter().find(|(_, share)| !(0.0..1.0).contains(share)) {
            return Some((name, share.to_string(), "a share from 0 to below 1"));
        }
        if let Some(heads) = self.convolution.heads(self.hidden)
            && heads.columns() != self.hidden
        {
            let found = format!("{} for {} hidden columns", heads.heads, self.hidden);
            return Some(("heads", found, "a number that divides them"));
        }
        if let ConvolutionKind::Rgcn { bases: 0 } = self.convolution {
            return Some(("bases", "0".into(), "a number above 0"));
        }
        let fixed = matches!(
            self.convolution,
            ConvolutionKind::Hgt { .. } | ConvolutionKind::LightGcn | ConvolutionKind::Rgcn { .. }
        );
        if fixed && self.relations == RelationAggregation::Attention {
            let found = format!("attention with {}", self.convolution.name());
            return Some(("relations", found, "sum or mean, which it can do"));
        }
        None
    }
}

/// An embedding per node plus, for types with features, a linear layer over them; then layers of one convolution.
///
/// Shapes: `N` nodes of all types stacked, `H` hidden, `F` feature columns of all featured types stacked, `T` types. The
/// encoder holds no parameters: it declares them ([`HeteroEncoder::stacks`]) and is given them.
#[derive(Debug)]
pub struct HeteroEncoder {
    config: EncoderConfig,
    /// The convolution of all layers.
    convolution: Box<dyn Convolution>,
    stacks: Vec<Stack>,
    /// How many parameters each layer has.
    by_layer: Vec<usize>,
}

/// Parameters of the input layer.
const INPUT: usize = 3;

impl HeteroEncoder {
    /// An encoder for a graph.
    pub fn new(graph: &MessageGraph, config: &EncoderConfig) -> Self {
        let hidden = config.hidden;
        let convolution = config.convolution.build(config.relations);
        let featured = || graph.types.iter().filter_map(|t| t.features.as_ref().map(|f| (&t.name, f.dim)));
        let stack = |parts| Stack { columns: hidden, parts };
        let of_types = |what: &str, initial| {
            let parts = graph.types.iter().map(|t| (format!("{what}.{}", t.name), 1, initial));
            stack(parts.collect())
        };
        let embedding = Initial::Normal(config.embedding_scale);
        let mut stacks = vec![
            stack(
                graph.types.iter().map(|t| (format!("embedding.{}", t.name), t.nodes, embedding)).collect(),
            ),
            stack(
                featured()
                    .map(|(name, dim)| (format!("features.{name}.weight"), dim, Initial::linear(dim)))
                    .collect(),
            ),
            stack(
                featured()
                    .map(|(name, dim)| (format!("features.{name}.bias"), 1, Initial::linear(dim)))
                    .collect(),
            ),
        ];
        let mut by_layer = Vec::with_capacity(config.layers);
        for layer in 0..config.layers {
            let name = format!("layers.{layer}");
            let before = stacks.len();
            stacks.extend(convolution.stacks(graph, &name, hidden));
            if config.layer_norm {
                stacks.push(of_types(&format!("{name}.norm.scale"), Initial::Constant(1.0)));
                stacks.push(of_types(&format!("{name}.norm.shift"), Initial::Constant(0.0)));
            }
            by_layer.push(stacks.len() - before);
        }
        Self { config: config.clone(), convolution, stacks, by_layer }
    }

    /// The parameters, in the order in which they are to be given.
    pub fn stacks(&self) -> &[Stack] {
        &self.stacks
    }

    /// The embeddings of the propagation's target nodes: `[target rows, width]`. Something is dropped only where `noise` says
    /// what.
    pub fn forward(
        &self,
        parameters: &[Tensor<2>],
        propagation: &Propagation,
        mut noise: Option<&mut dyn Rng>,
    ) -> Tensor<2> {
        let config = &self.config;
        let [embedding, weight, bias] = [0, 1, 2].map(|place| parameters[place].clone());
        let mut hidden = input_layer(embedding, weight, bias, Arc::clone(&propagation.input));
        if let Some(noise) = noise.as_deref_mut()
            && config.node_dropout > 0.0
        {
            hidden = dropped(&hidden, config.node_dropout, Dropped::Rows, noise);
        }
        let keeps_all = config.jumping_knowledge != JumpingKnowledge::Last;
        let mut all = Vec::new();
        let mut taken = INPUT;
        for (layer, block) in propagation.blocks.iter().enumerate() {
            if keeps_all {
                let rows = own_rows(&hidden, &block.source_rows, propagation.target_rows());
                all.push(rows);
            }
            let weights = &parameters[taken..taken + self.by_layer[layer]];
            taken += self.by_layer[layer];
            let last = layer + 1 == propagation.blocks.len();
            let rectify = !last && self.convolution.rectifies();
            let plain = !config.residual && !config.layer_norm;
            let pass = LayerPass { block, slots: &propagation.slots, rectify: rectify && plain };
            let norms = if config.layer_norm { 2 } else { 0 };
            let own = &weights[..weights.len() - norms];
            let mut out = self.convolution.forward(own, hidden.clone(), &pass);
            if config.residual {
                out = out + own_rows(&hidden, &block.source_rows, &block.target_rows);
            }
            if config.layer_norm {
                out = normalised(out, weights, &block.target_rows);
            }
            if rectify && !plain {
                out = activation::relu(out);
            }
            if let Some(noise) = noise.as_deref_mut()
                && config.dropout > 0.0
                && !last
            {
                out = dropped(&out, config.dropout, Dropped::Elements, noise);
            }
            hidden = out;
        }
        if !keeps_all {
            return hidden;
        }
        all.push(hidden);
        let layers = all.len() as f32;
        let combine = |combine: fn(Tensor<2>, Tensor<2>) -> Tensor<2>, all: Vec<Tensor<2>>| {
            all.into_iter().reduce(combine).unwrap_or_else(|| unreachable!("there is the input"))
        };
        match config.jumping_knowledge {
            JumpingKnowledge::Concat => Tensor::cat(all, 1),
            JumpingKnowledge::Max => combine(Tensor::max_pair, all),
            JumpingKnowledge::Mean | JumpingKnowledge::Last => combine(|a, b| a + b, all) / layers,
        }
    }
}

/// Rows of mean 0 and variance 1, then scaled and shifted as their type is; the last two of `weights` say how.
fn normalised(rows: Tensor<2>, weights: &[Tensor<2>], offsets: &[usize]) -> Tensor<2> {
    let [.., scale, shift] = weights else { unreachable!("normalisation has two parameters") };
    let centred = rows.clone() - rows.mean_dim(1);
    let variance = (centred.clone() * centred.clone()).mean_dim(1);
    let standard = centred / (variance + 1e-5).sqrt();
    let types = (0..offsets.len() - 1).filter(|&place| !rows_of(offsets, place).is_empty());
    let parts = types.map(|place| {
        let rows = rows_of(offsets, place);
        let of_type = |weights: &Tensor<2>| weights.clone().narrow(0, place, 1);
        standard.clone().narrow(0, rows.start, rows.len()) * of_type(scale) + of_type(shift)
    });
    Tensor::cat(parts.collect(), 0)
}

#[derive(Clone, Copy, PartialEq)]
enum Dropped {
    Rows,
    Elements,
}

/// Sets a random share to 0 and scales the others up (Srivastava et al. 2014).
fn dropped(rows: &Tensor<2>, share: f64, what: Dropped, rng: &mut dyn Rng) -> Tensor<2> {
    let [count, columns] = rows.dims();
    let shape = if what == Dropped::Rows { [count, 1] } else { [count, columns] };
    let bound = (share * 2f64.powi(32)) as u32;
    let kept = (1.0 / (1.0 - share)) as f32;
    let mask: Vec<f32> =
        (0..shape[0] * shape[1]).map(|_| if rng.random::<u32>() < bound { 0.0 } else { kept }).collect();
    rows.clone() * Tensor::from_data(TensorData::new(mask, shape), &rows.device())
}
