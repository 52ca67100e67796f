//! A network on other graphs: parameters as they were learned, messages along the edges that are there.

use std::sync::Arc;

use rayon::prelude::*;
use theriac_graph::{Csr, EditedGraph, NamedTensor};
use theriac_link::{Pair, Rescorer, TrainView, stream};
use theriac_nn::{EndPairs, MessageGraph, NeighborSampler, Parameters, Propagation};

use super::batches::starts;
use super::network::Network;
use super::structure::Structure;
use super::{Gnn, GnnConfig};
use crate::error::ModelError;

/// Pairs that are scored at a time.
const PAIRS: usize = 512;

/// A trained network that can be asked about other graphs. A pair is scored from the edges around it, as many steps away as
/// the network has layers, all of them: that is all that its score depends on.
pub(super) struct NetworkAnew {
    network: Network,
    layers: usize,
    graph: MessageGraph,
    /// The parameters of each member.
    named: Vec<Vec<NamedTensor>>,
    members: Vec<Parameters>,
}

impl NetworkAnew {
    pub(super) fn new(
        config: &GnnConfig,
        view: &TrainView,
        named: &[Vec<NamedTensor>],
    ) -> Result<Self, ModelError> {
        let graph = config.message_graph(view);
        let network = Network::new(config, &graph, view, Structure::of(config, view)?)?;
        let members = named.iter().map(|named| Gnn::parameters(&network, named));
        let members = members.collect::<Result<_, ModelError>>()?;
        Ok(Self { network, layers: config.encoder.layers, graph, named: named.to_vec(), members })
    }

    /// The messages of an edited graph.
    fn messages(&self, graph: &EditedGraph<'_>) -> MessageGraph {
        self.graph.map_relations(|message| {
            // Relations that are made of features have the edges that they had.
            let Some(place) = message.relation else { return message.clone() };
            // What each receiver receives stands in the row that is read from the relation's targets, or, against its
            // direction, from its sources.
            if graph.changed(place, !message.reversed).is_empty() {
                return message.clone();
            }
            let (mut offsets, mut indices) = (vec![0], Vec::new());
            let mut weights = message.incoming.weights().map(|_| Vec::new());
            for node in 0..message.incoming.rows() {
                let row = graph.row(place, !message.reversed, node);
                indices.extend(row.neighbors);
                if let (Some(weights), Some(own)) = (&mut weights, row.weights) {
                    weights.extend(own);
                }
                offsets.push(indices.len() as u32);
            }
            let incoming = Csr::from_sorted(message.incoming.columns(), offsets, indices, weights);
            message.with_incoming(Arc::new(incoming))
        })
    }
}

impl NetworkAnew {
    /// The scores of the members: `[members][pairs]`.
    fn scores(&self, graph: &EditedGraph<'_>, messages: &Arc<MessageGraph>, pairs: &[Pair]) -> Vec<Vec<f32>> {
        let ends = self.network.ends;
        let every = vec![usize::MAX; self.layers];
        let mut sampler = NeighborSampler::new(Arc::clone(messages), every);
        let seeds = pairs.iter().flat_map(|pair| [(ends.0, pair.source), (ends.1, pair.target)]);
        // Where all neighbours are taken nothing is drawn.
        let (rows, subgraph) = sampler.sample(seeds, &mut stream(0, "all neighbours", &[]));
        let propagation = Propagation::new(messages, Arc::clone(&self.network.slots), &subgraph);
        let plain = self.network.is_plain();
        let of_pairs = rows.as_chunks().0.iter().map(|&[source, target]| (source, target));
        let rows = EndPairs::new(of_pairs, starts(&propagation, ends, plain));
        let of_end = |end: usize| {
            let count = propagation.target_rows()[end + 1] - propagation.target_rows()[end];
            &subgraph.nodes[end][..count]
        };
        let nodes = (!plain).then(|| (of_end(ends.0), of_end(ends.1)));
        let score = |parameters: &Parameters| {
            self.network.logits_on(&parameters.tensors, &propagation, &rows, (graph, pairs), nodes)
        };
        self.members.iter().map(score).collect()
    }
}

impl Rescorer for NetworkAnew {
    fn rescore(&self, graph: &EditedGraph<'_>, pair: Pair) -> f32 {
        self.rescore_pairs(graph, &[pair])[0]
    }

    fn members_each(&self, graphs: &[EditedGraph<'_>], pair: Pair) -> Vec<Vec<f32>> {
        let scores = |graph| self.scores(graph, &Arc::new(self.messages(graph)), &[pair]).concat();
        graphs.iter().map(scores).collect()
    }

    fn rescore_pairs(&self, graph: &EditedGraph<'_>, pairs: &[Pair]) -> Vec<f32> {
        let messages = Arc::new(self.messages(graph));
        let scores = |pairs: &[Pair]| -> Vec<f32> {
            let members = self.scores(graph, &messages, pairs);
            let mean =
                |pair: usize| members.iter().map(|scores| scores[pair]).sum::<f32>() / members.len() as f32;
            (0..pairs.len()).map(mean).collect()
        };
        pairs.par_chunks(PAIRS).map(scores).collect::<Vec<_>>().concat()
    }

    fn learned(&self) -> Vec<NamedTensor> {
        let of_member = |(member, named): (usize, &Vec<NamedTensor>)| {
            let prefix = format!("members/{member}/");
            named.iter().map(|tensor| tensor.clone().prefixed(&prefix)).collect::<Vec<_>>()
        };
        self.named.iter().enumerate().flat_map(of_member).collect()
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use proptest::prelude::*;
    use theriac_graph::Edge;
    use theriac_link::conformance::{example_graph, example_task};
    use theriac_link::{Budget, FittedScorer, Silent, Split};
    use theriac_nn::{DecoderKind, DecoderStructure, JumpingKnowledge};

    use super::*;
    use crate::gnn::convolutions;

    fn view() -> TrainView {
        let graph = example_graph();
        let split = Split::random(&graph, &example_task(&graph).unwrap(), 0.1, 0.2, 7).unwrap();
        TrainView::new(&graph, &split).unwrap()
    }

    /// A network of each convolution, with decoders and readings of the layers in turn.
    fn configs() -> Vec<GnnConfig> {
        let decoders = [
            DecoderKind::Dot,
            DecoderKind::Bilinear,
            DecoderKind::DistMult,
            DecoderKind::ComplEx,
            DecoderKind::Mlp,
            DecoderKind::Dot,
        ];
        let readings = [JumpingKnowledge::Last, JumpingKnowledge::Mean, JumpingKnowledge::Concat];
        let configs = convolutions().into_iter().zip(decoders).enumerate();
        configs
            .map(|(place, (convolution, decoder))| {
                let mut config = GnnConfig::of(convolution);
                config.encoder.hidden = 8;
                config.encoder.jumping_knowledge = readings[place % 3];
                config.decoder.kind = decoder;
                config.decoder.popularity = place % 2 == 1;
                if place % 3 == 1 {
                    config.decoder.structure = DecoderStructure::Linear;
                }
                config.training.epochs = 2;
                config.training.members = 2;
                config
            })
            .collect()
    }

    #[test]
    fn on_the_graph_of_its_view_it_says_what_the_network_says() {
        let view = view();
        for config in configs() {
            let gnn = Gnn { config };
            let fitted = gnn.train(&view, &Budget::new(3, &Silent)).unwrap();
            let anew = gnn.rescorer(&view, &fitted.parameters).unwrap();
            let whole = EditedGraph::new(view.graph());
            for pair in [Pair::new(0, 0), Pair::new(5, 17), Pair::new(23, 2), Pair::new(11, 9)] {
                let (found, expected) = (anew.rescore(&whole, pair), fitted.score(&[pair])[0]);
                assert!(
                    (found - expected).abs() < 1e-5,
                    "{} {pair}: {found}, expected {expected}",
                    gnn.config.name()
                );
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]

        /// What is read around a pair is what a propagation over the whole of the other graph gives.
        #[test]
        fn on_any_graph_it_says_what_a_pass_over_all_of_it_says(
            draws in prop::collection::vec((0usize..5, 0usize..400), 1..5),
            pair in (0u32..24, 0u32..18),
        ) {
            let view = view();
            let relations = view.graph().relations();
            let edited = draws.into_iter().fold(EditedGraph::new(view.graph()), |graph, (relation, place)| {
                let pairs: Vec<(u32, u32)> = relations[relation].forward.pairs().collect();
                let (source, target) = pairs[place % pairs.len()];
                graph.without(Edge { relation, source, target })
            });
            for mut config in configs() {
                // The counts of paths on other graphs are tested where they are made.
                config.decoder.structure = DecoderStructure::None;
                let graph = config.message_graph(&view);
                let network = Network::new(&config, &graph, &view, Structure::of(&config, &view).unwrap()).unwrap();
                let mut draws = stream(5, "parameters", &[]);
                let parameters = Parameters::new(network.stacks(), &mut draws, &Device::flex());
                let anew = NetworkAnew::new(&config, &view, &[parameters.named()]).unwrap();
                let whole = network.whole(&graph.with_edges(&edited.to_graph()));
                let ends = network.fitted_ends(&parameters.tensors, &whole);
                let pair = Pair::new(pair.0, pair.1);
                let (found, expected) = (anew.rescore(&edited, pair), ends.score(pair));
                prop_assert!(
                    (found - expected).abs() <= 1e-5 * expected.abs().max(1.0),
                    "{} {}: {}, expected {}", config.name(), pair, found, expected
                );
            }
        }
    }
}
