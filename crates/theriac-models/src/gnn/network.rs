//! Encoder and decoder as one function of their parameters.

use std::sync::Arc;

use burn::tensor::Tensor;
use rand::Rng;
use theriac_graph::{EditedGraph, Relation};
use theriac_link::{Pair, TrainView};
use theriac_nn::{
    DecodedEnds, Decoder, EndPairs, HeteroEncoder, Initial, MessageGraph, Propagation, SlotLayout, Stack,
    floats, ops,
};

use crate::error::ModelError;
use crate::gnn::auxiliary;
use crate::gnn::config::GnnConfig;
use crate::gnn::fitted::FittedEnds;
use crate::gnn::structure::Structure;

/// An encoder and a decoder for the target relation of a view. Parameters are given to it.
#[derive(Debug)]
pub(super) struct Network {
    encoder: HeteroEncoder,
    decoder: Decoder,
    structure: Option<Arc<Structure>>,
    /// Places of the target relation's source and target types.
    pub ends: (usize, usize),
    pub slots: Arc<SlotLayout>,
    layers: usize,
    /// Places of the types whose embeddings the losses look at.
    joined: Vec<usize>,
    /// Relations that are learned together with the target: places in the graph, and what their losses weigh.
    pub auxiliary: Vec<(usize, f32)>,
    /// The places of all relations that are learned beside the target, and their diagonals.
    diagonals: Vec<(usize, Stack)>,
}

impl Network {
    /// The network of these settings. Without the structure of the view that its decoder may ask for it has the embeddings of
    /// nodes, but not the scores.
    ///
    /// # Errors
    ///
    /// When a relation that is to be learned beside the target is not one of the graph's.
    pub(super) fn new(
        config: &GnnConfig,
        graph: &MessageGraph,
        view: &TrainView,
        structure: Option<Arc<Structure>>,
    ) -> Result<Self, ModelError> {
        let auxiliary = auxiliary::relations(&config.training, view)?;
        let counts = structure.as_ref().map_or(0, |structure| structure.width());
        let nodes = (view.sources() as usize, view.targets() as usize);
        let learned = |place: usize| {
            config.training.pretraining > 0 || auxiliary.iter().any(|&(other, _)| other == place)
        };
        let relations = view.graph().relations().iter().enumerate().filter(|&(place, _)| learned(place));
        let width = config.encoder.width();
        let diagonal = |(place, relation): (usize, &Relation)| {
            let name = format!("relations.{}", relation.key);
            (place, Stack::single(name, 1, width, Initial::Constant(1.0)))
        };
        let diagonals = relations.map(diagonal).collect();
        let ends = (view.target().source_type, view.target().target_type);
        let mut joined = vec![ends.0, ends.1];
        for &(place, _) in &auxiliary {
            let relation = &view.graph().relations()[place];
            joined.extend([relation.source_type, relation.target_type]);
        }
        Ok(Self {
            encoder: HeteroEncoder::new(graph, &config.encoder),
            decoder: Decoder::new(&config.decoder, width, nodes, counts),
            structure,
            ends,
            slots: Arc::new(SlotLayout::new(graph)),
            layers: config.encoder.layers,
            joined,
            auxiliary,
            diagonals,
        })
    }

    /// The encoder's parameters, then the decoder's, then those of relations beside the target.
    pub(super) fn stacks(&self) -> Vec<Stack> {
        let encoder = self.encoder.stacks().iter().cloned();
        encoder
            .chain(self.decoder.stacks())
            .chain(self.diagonals.iter().map(|(_, stack)| stack.clone()))
            .collect()
    }

    /// What weighs the columns of the sources of a relation that is learned beside the target: `[1, width]`.
    pub(super) fn relation_diagonal(&self, parameters: &[Tensor<2>], relation: usize) -> Tensor<2> {
        let place = self.diagonals.partition_point(|&(other, _)| other < relation);
        parameters[parameters.len() - self.diagonals.len() + place].clone()
    }

    /// What scores pairs by structure, where the decoder has it.
    fn of_structure(&self, parameters: &[Tensor<2>], counts: Tensor<2>) -> Option<Tensor<1>> {
        self.decoder.of_structure(&parameters[self.encoder.stacks().len()..], counts)
    }

    /// Whether the decoder takes the embeddings as they are.
    pub(super) fn is_plain(&self) -> bool {
        self.decoder.is_plain()
    }

    /// A pass over all of a graph that embeds the nodes of the types that the target, and relations that are learned together
    /// with it, join.
    pub(super) fn whole(&self, graph: &MessageGraph) -> Propagation {
        Propagation::full(graph, Arc::clone(&self.slots), self.layers, &self.joined)
    }

    /// A pass over all of a graph that embeds every node.
    pub(super) fn every_node(&self, graph: &MessageGraph) -> Propagation {
        let types: Vec<usize> = (0..graph.types.len()).collect();
        Propagation::full(graph, Arc::clone(&self.slots), self.layers, &types)
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
    /// [`Network::decode`] gives otherwise. `of` are the nodes of each pair.
    pub(super) fn logits(
        &self,
        parameters: &[Tensor<2>],
        table: Tensor<2>,
        propagation: &Propagation,
        pairs: &EndPairs,
        of: &[Pair],
        nodes: Option<(&[u32], &[u32])>,
    ) -> Tensor<1> {
        let counts = self.structure.as_ref().map(|structure| structure.rows(of, &table.device()));
        self.logits_with(parameters, table, propagation, pairs, counts, nodes)
    }

    /// The logits of pairs on another graph than that of the view: `[pairs]`.
    pub(super) fn logits_on(
        &self,
        parameters: &[Tensor<2>],
        propagation: &Propagation,
        rows: &EndPairs,
        (graph, pairs): (&EditedGraph<'_>, &[Pair]),
        nodes: Option<(&[u32], &[u32])>,
    ) -> Vec<f32> {
        let table = self.embed(parameters, propagation, None);
        let counts = self.structure.as_ref().map(|structure| structure.on(graph, pairs, &table.device()));
        floats(self.logits_with(parameters, table, propagation, rows, counts, nodes))
    }

    /// The logits of pairs with these counts of paths around each.
    fn logits_with(
        &self,
        parameters: &[Tensor<2>],
        table: Tensor<2>,
        propagation: &Propagation,
        pairs: &EndPairs,
        counts: Option<Tensor<2>>,
        nodes: Option<(&[u32], &[u32])>,
    ) -> Tensor<1> {
        let logits = if self.is_plain() {
            ops::pair_dot(table, pairs.stacked())
        } else {
            self.decoder.logits(&self.decode(parameters, &table, propagation, nodes), pairs)
        };
        match counts.and_then(|counts| self.of_structure(parameters, counts)) {
            Some(of_structure) => logits + of_structure,
            None => logits,
        }
    }

    /// What scores all pairs, with the whole of a graph propagated.
    pub(super) fn fitted_ends(&self, parameters: &[Tensor<2>], propagation: &Propagation) -> FittedEnds {
        let table = self.embed(parameters, propagation, None);
        let device = table.device();
        let layer = |counts: Tensor<2>| {
            self.of_structure(parameters, counts).unwrap_or_else(|| unreachable!("the decoder has structure"))
        };
        let DecodedEnds { sources, targets, output } = self.decode(parameters, &table, propagation, None);
        FittedEnds {
            columns: sources.dims()[1],
            popularity: self.decoder.popularity_columns(),
            sources: floats(sources),
            targets: floats(targets),
            perceptron: output.map(floats),
            structure: self.structure.as_ref().map(|structure| structure.scores(layer, &device)),
        }
    }
}
