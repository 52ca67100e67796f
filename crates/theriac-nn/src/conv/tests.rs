//! What every convolution has to do.

use std::sync::Arc;

use burn::tensor::{Device, Tensor};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::conv::{Aggregation, ConvolutionKind, LayerPass, RelationAggregation as Relations};
use crate::encoder::{EncoderConfig, HeteroEncoder, JumpingKnowledge};
use crate::testing::{check_gradients, graph, random, subgraphs};
use crate::{MessageGraph, NeighborSampler, Parameters, Propagation, SlotLayout, Subgraph, Weighing, floats};

const HIDDEN: usize = 4;

fn all() -> Vec<(ConvolutionKind, Relations)> {
    let sage = |aggregation| ConvolutionKind::Sage { aggregation };
    let (mean, sum, max) = (sage(Aggregation::Mean), sage(Aggregation::Sum), sage(Aggregation::Max));
    let gat = ConvolutionKind::Gat { heads: 2 };
    let mut all = Vec::new();
    for relations in [Relations::Sum, Relations::Mean] {
        let kinds = [
            ConvolutionKind::LightGcn,
            ConvolutionKind::Rgcn { bases: 2 },
            ConvolutionKind::Hgt { heads: 2 },
        ];
        all.extend(kinds.map(|kind| (kind, relations)));
    }
    for relations in [Relations::Sum, Relations::Mean, Relations::Attention] {
        all.extend([mean, sum, max, ConvolutionKind::Gcn, gat].map(|kind| (kind, relations)));
    }
    all
}

#[test]
fn every_convolutions_gradients_are_right() {
    for (kind, relations) in all() {
        let graph = Arc::new(graph(kind.weighing(relations)));
        let slots = Arc::new(SlotLayout::new(&graph));
        let convolution = kind.build(relations);
        for subgraph in subgraphs(&graph) {
            let block = &subgraph.blocks[0];
            let mut rng = StdRng::seed_from_u64(4);
            let mut inputs = vec![random(&mut rng, block.sources(), HIDDEN)];
            for stack in convolution.stacks(&graph, "layers.0", HIDDEN) {
                let rows = stack.parts.iter().map(|(_, rows, _)| rows).sum();
                inputs.push(random(&mut rng, rows, stack.columns));
            }
            let pass = LayerPass { block, slots: &slots, rectify: false };
            check_gradients(&inputs, |inputs| convolution.forward(&inputs[1..], inputs[0].clone(), &pass));
        }
    }
}

fn embed(
    graph: &Arc<MessageGraph>,
    config: &EncoderConfig,
    subgraph: Option<&Subgraph>,
    noise: Option<&mut dyn Rng>,
) -> Tensor<2> {
    let encoder = HeteroEncoder::new(graph, config);
    let device = Device::flex();
    let parameters = Parameters::new(encoder.stacks().to_vec(), &mut StdRng::seed_from_u64(9), &device);
    let slots = Arc::new(SlotLayout::new(graph));
    let propagation = match subgraph {
        Some(subgraph) => Propagation::new(graph, slots, subgraph),
        None => Propagation::full(graph, slots, config.layers, &[0, 1, 2]),
    };
    encoder.forward(&parameters.tensors, &propagation, noise)
}

#[test]
fn a_sample_with_every_neighbour_embeds_its_seeds_as_the_whole_graph_does() {
    let offsets = graph(Weighing::MEAN).type_offsets();
    let seeds = [(0usize, 3u32), (2, 0), (2, 3), (1, 1)];
    let jumps =
        [JumpingKnowledge::Last, JumpingKnowledge::Mean, JumpingKnowledge::Max, JumpingKnowledge::Concat];
    for (place, (convolution, relations)) in all().into_iter().enumerate() {
        let config = EncoderConfig {
            hidden: HIDDEN,
            layers: 2,
            convolution,
            relations,
            residual: place % 2 == 0,
            layer_norm: place % 3 == 0,
            jumping_knowledge: jumps[place % 4],
            ..EncoderConfig::default()
        };
        assert_eq!(config.problem(), None);
        let graph = Arc::new(graph(config.weighing()));
        let whole = floats(embed(&graph, &config, None, None));
        // Attention among relations looks at all nodes of a type, so that a sample sees other shares.
        if relations == Relations::Attention {
            continue;
        }
        let mut sampler = NeighborSampler::new(Arc::clone(&graph), vec![50, 50]);
        let (rows, subgraph) = sampler.sample(seeds, &mut StdRng::seed_from_u64(1));
        let sample = embed(&graph, &config, Some(&subgraph), None);
        let width = config.width();
        assert_eq!(sample.dims()[1], width);
        let sample = floats(sample);
        let starts = &subgraph.blocks[1].target_rows;
        for ((node_type, node), row) in seeds.into_iter().zip(rows) {
            let found = &sample[(starts[node_type] + row as usize) * width..][..width];
            let expected = &whole[(offsets[node_type] + node as usize) * width..][..width];
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() < 1e-4, "{config:?}: {found} for {expected}");
            }
        }
    }
}

#[test]
fn rows_of_some_types_are_the_same_where_no_others_are_wanted() {
    for (convolution, relations) in all() {
        let config = EncoderConfig {
            hidden: HIDDEN,
            layers: 3,
            convolution,
            relations,
            jumping_knowledge: JumpingKnowledge::Concat,
            ..EncoderConfig::default()
        };
        let graph = Arc::new(graph(config.weighing()));
        let (offsets, width) = (graph.type_offsets(), config.width());
        let whole = floats(embed(&graph, &config, None, None));
        for wanted in [vec![0], vec![1], vec![0, 2]] {
            let subgraph = Subgraph::full(&graph, config.layers, &wanted);
            let some = floats(embed(&graph, &config, Some(&subgraph), None));
            let rows = wanted.iter().map(|&of| &whole[offsets[of] * width..offsets[of + 1] * width]);
            assert_eq!(some, rows.collect::<Vec<_>>().concat(), "{config:?}");
        }
    }
}

#[test]
fn a_layer_has_only_the_rows_that_the_next_one_needs() {
    let graph = graph(Weighing::MEAN);
    let rows = |wanted: &[usize]| {
        let blocks = Subgraph::full(&graph, 3, wanted).blocks;
        blocks.iter().map(|block| block.target_rows.clone()).collect::<Vec<_>>()
    };
    // Drugs receive from diseases, these from drugs and genes, genes from genes.
    assert_eq!(rows(&[0]), [[0, 4, 7, 12], [0, 4, 4, 9], [0, 4, 4, 4]]);
    assert_eq!(rows(&[1]), [[0, 0, 3, 3]; 3]);
}

#[test]
fn noise_drops_only_where_it_is_asked_for() {
    let graph = Arc::new(graph(Weighing::MEAN));
    let plain = EncoderConfig { hidden: HIDDEN, ..EncoderConfig::default() };
    let silent = floats(embed(&graph, &plain, None, None));
    assert_eq!(silent, floats(embed(&graph, &plain, None, Some(&mut StdRng::seed_from_u64(3)))));
    for config in
        [EncoderConfig { dropout: 0.5, ..plain.clone() }, EncoderConfig { node_dropout: 0.5, ..plain }]
    {
        assert_eq!(silent, floats(embed(&graph, &config, None, None)));
        let noisy = || floats(embed(&graph, &config, None, Some(&mut StdRng::seed_from_u64(3))));
        assert_ne!(silent, noisy());
        assert_eq!(noisy(), noisy());
    }
}

#[test]
fn a_thinned_pass_has_about_its_share_of_edges_and_no_other() {
    let graph = Arc::new(graph(Weighing::MEAN));
    let slots = Arc::new(SlotLayout::new(&graph));
    let whole = Propagation::full(&graph, slots, 1, &[0, 1, 2]);
    let mut rng = StdRng::seed_from_u64(8);
    let rounds = 400;
    let mut left = 0;
    for _ in 0..rounds {
        let thinned = whole.thinned(0.25, 0.0, &mut rng);
        left += thinned.messages();
        for (thin, all) in thinned.blocks[0].relations.iter().zip(&whole.blocks[0].relations) {
            let (thin, all) = (&thin.edges.incoming, &all.edges.incoming);
            for row in 0..all.rows() {
                let entries = |rows: &crate::WeightedRows| {
                    let range = rows.offsets[row] as usize..rows.offsets[row + 1] as usize;
                    let total: f32 = rows.weights[range.clone()].iter().map(|weight| weight.abs()).sum();
                    (rows.indices[range].to_vec(), total)
                };
                let ((kept, total), (senders, before)) = (entries(thin), entries(all));
                assert!(kept.iter().all(|sender| senders.contains(sender)));
                assert!(kept.is_empty() || (total - before).abs() < 1e-5);
            }
        }
    }
    let share = left as f64 / (rounds * whole.messages()) as f64;
    assert!((share - 0.75).abs() < 0.03, "{share} of the edges are left");
    assert_eq!(whole.thinned(0.0, 0.999_999, &mut rng).messages(), 0);
}

#[test]
fn what_a_convolution_cannot_do_is_said() {
    let gat = EncoderConfig { convolution: ConvolutionKind::Gat { heads: 3 }, ..EncoderConfig::default() };
    assert_eq!(gat.problem().unwrap().1, "3 for 64 hidden columns");
    let hgt = ConvolutionKind::Hgt { heads: 4 };
    let hgt = EncoderConfig { convolution: hgt, relations: Relations::Attention, ..EncoderConfig::default() };
    assert_eq!(hgt.problem().unwrap().1, "attention with hgt");
    let noisy = EncoderConfig { edge_dropout: 1.0, ..EncoderConfig::default() };
    assert_eq!(noisy.problem().unwrap().0, "edge_dropout");
}
