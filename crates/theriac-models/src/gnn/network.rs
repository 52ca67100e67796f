//! Encoder and decoder as one function of their parameters.

use std::sync::Arc;

use burn::tensor::Tensor;
use rand::Rng;
use theriac_graph::Relation;
use theriac_link::TrainView;
use theriac_nn::{
    DecodedEnds, Decoder, EndPairs, HeteroEncoder, Initial, MessageGraph, Propagation, SlotLayout, Stack,
    Weighing, floats, ops,
};

use crate::gnn::config::GnnConfig;
use crate::gnn::fitted::FittedEnds;

/// An encoder and a decoder for the target relation of a view. Parameters are given to it.
#[derive(Debug)]
pub(super) struct Network {
    encoder: HeteroEncoder,
    decoder: Decoder,
    /// Places of the target relation's source and target types.
    pub ends: (usize, usize),
    pub slots: Arc<SlotLayout>,
    pub weighing: Weighing,
    layers: usize,
    /// The diagonal of each relation of the graph, where there is a pretraining to learn it.
    diagonals: Vec<Stack>,
}

impl Network {
    pub(super) fn new(config: &GnnConfig, graph: &MessageGraph, view: &TrainView) -> Self {
        let nodes = (view.sources() as usize, view.targets() as usize);
        let relations = view.graph().relations().iter().filter(|_| config.training.pretraining > 0);
        let width = config.encoder.width();
        let diagonal = |relation: &Relation| {
            let name = format!("pretraining.{}", relation.key);
            Stack::single(name, 1, width, Initial::Constant(1.0))
        };
        Self {
            encoder: HeteroEncoder::new(graph, &config.encoder),
            decoder: Decoder::new(&config.decoder, width, nodes),
            ends: (view.target().source_type, view.target().target_type),
            slots: Arc::new(SlotLayout::new(graph)),
            weighing: config.encoder.weighing(),
            layers: config.encoder.layers,
            diagonals: relations.map(diagonal).collect(),
        }
    }

    /// The encoder's parameters, then the decoder's, then those of pretraining.
    pub(super) fn stacks(&self) -> Vec<Stack> {
        let encoder = self.encoder.stacks().iter().cloned();
        encoder.chain(self.decoder.stacks()).chain(self.diagonals.iter().cloned()).collect()
    }

    /// What pretraining weighs the columns of a relation's sources by: `[1, width]`.
    pub(super) fn relation_diagonal(&self, parameters: &[Tensor<2>], relation: usize) -> Tensor<2> {
        parameters[parameters.len() - self.diagonals.len() + relation].clone()
    }

    /// Whether the decoder takes the embeddings as they are.
    pub(super) fn is_plain(&self) -> bool {
        self.decoder.is_plain()
    }

    /// A pass over all of a graph.
    pub(super) fn whole(&self, graph: &MessageGraph) -> Propagation {
        Propagation::full(graph, Arc::clone(&self.slots), self.weighing, self.layers)
    }

    /// The embeddings of the propagation's target nodes.
    pub(super) fn embed(
        &self,
        parameters: &[Tensor<2>],
        propagation: &Propagation,
        noise: Option<&mut dyn Rng>,
    ) -> Tensor<2> {
        self.encoder.forward(parameters, propagation, noise)
    }

    /// What the decoder makes of both ends of the relation.
    pub(super) fn decode(
        &self,
        parameters: &[Tensor<2>],
        table: &Tensor<2>,
        propagation: &Propagation,
        nodes: Option<(&[u32], &[u32])>,
    ) -> DecodedEnds {
        let rows = propagation.target_rows();
        let end = |end: usize| table.clone().narrow(0, rows[end], rows[end + 1] - rows[end]);
        let own = &parameters[self.encoder.stacks().len()..];
        self.decoder.ends(own, end(self.ends.0), end(self.ends.1), nodes)
    }

    /// The logits of pairs, which are rows of the encoder's table where the decoder is plain, and of what
    /// [`Network::decode`] gives otherwise.
    pub(super) fn logits(
        &self,
        parameters: &[Tensor<2>],
        table: Tensor<2>,
        propagation: &Propagation,
        pairs: &EndPairs,
        nodes: Option<(&[u32], &[u32])>,
    ) -> Tensor<1> {
        if self.is_plain() {
            return ops::pair_dot(table, pairs.stacked());
        }
        self.decoder.logits(&self.decode(parameters, &table, propagation, nodes), pairs)
    }

    /// What scores all pairs, with the whole of a graph propagated.
    pub(super) fn fitted_ends(&self, parameters: &[Tensor<2>], propagation: &Propagation) -> FittedEnds {
        let table = self.embed(parameters, propagation, None);
        let DecodedEnds { sources, targets, output } = self.decode(parameters, &table, propagation, None);
        FittedEnds {
            columns: sources.dims()[1],
            popularity: self.decoder.popularity_columns(),
            sources: floats(sources),
            targets: floats(targets),
            perceptron: output.map(floats),
        }
    }
}
