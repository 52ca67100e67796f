//! Neighbour sampling around the seeds of a minibatch.

use std::sync::Arc;

use rand::Rng;

use crate::block::{Block, BlockRelation, Subgraph};
use crate::edges::{EdgeIndex, Normaliser, WeightedRows};
use crate::message_graph::{MessageGraph, running_sum};

/// Samples a fixed number of neighbours per node, relation and hop, without replacement, around a set of seeds,
/// each node once per type (Hamilton et al., "Inductive representation learning on large graphs", 2017; the
/// heterogeneous form is PyTorch Geometric's `NeighborLoader`).
///
/// The sampler keeps its scratch space, so one sampler serves one thread.
#[derive(Debug)]
pub struct NeighborSampler {
    graph: Arc<MessageGraph>,
    /// Neighbours per node and relation at each hop from the seeds.
    fanouts: Vec<usize>,
    /// How the messages of each relation are weighed.
    normalisers: Vec<Normaliser>,
    /// For each type: in which sample a node was last seen, and its row in that sample. Stamps make a fresh
    /// sample cost nothing to begin, where a hash map or a cleared array would cost a pass over the nodes.
    seen: Vec<Vec<Seen>>,
    sample: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    sample: u32,
    row: u32,
}

impl NeighborSampler {
    /// A sampler with `fanouts[h]` neighbours per node and relation at hop `h`.
    ///
    /// # Panics
    ///
    /// When there is no hop.
    pub fn new(graph: Arc<MessageGraph>, fanouts: Vec<usize>) -> Self {
        assert!(!fanouts.is_empty(), "at least one hop");
        let seen = graph.types.iter().map(|node_type| vec![Seen::default(); node_type.nodes]).collect();
        let normalisers = (0..graph.relations.len()).map(|place| graph.normaliser(place)).collect();
        Self { graph, fanouts, normalisers, seen, sample: 0 }
    }

    /// Starts a sample: gives the row of each seed, deduplicated per type. Seeds are (type, node).
    ///
    /// The rows count from the first row of their type.
    pub fn sample(
        &mut self,
        seeds: impl IntoIterator<Item = (usize, u32)>,
        rng: &mut impl Rng,
    ) -> (Vec<u32>, Subgraph) {
        self.begin();
        let graph = Arc::clone(&self.graph);
        let types = graph.types.len();
        let mut nodes: Vec<Vec<u32>> = vec![Vec::new(); types];
        let seed_rows =
            seeds.into_iter().map(|(node_type, node)| self.row_of(&mut nodes, node_type, node)).collect();
        // How many nodes of each type there are after each hop.
        let mut reached: Vec<Vec<usize>> = vec![lengths(&nodes)];
        let mut edges: Vec<(Vec<u32>, Vec<u32>, Vec<f32>)> =
            graph.relations.iter().map(|_| (vec![0], Vec::new(), Vec::new())).collect();
        for &fanout in &self.fanouts.clone() {
            let before = if reached.len() > 1 { reached[reached.len() - 2].clone() } else { vec![0; types] };
            let frontier = reached[reached.len() - 1].clone();
            for (relation, (offsets, rows, weights)) in graph.relations.iter().zip(&mut edges) {
                for place in before[relation.target]..frontier[relation.target] {
                    let node = nodes[relation.target][place];
                    let range = relation.incoming.range(node);
                    sample_range(range.len(), fanout, rng, |offset| {
                        let edge = range.start + offset;
                        let neighbor = relation.incoming.indices()[edge];
                        rows.push(self.row_of(&mut nodes, relation.source, neighbor));
                        if let Some(all) = relation.incoming.weights() {
                            weights.push(all[edge]);
                        }
                    });
                    offsets.push(rows.len() as u32);
                }
            }
            reached.push(lengths(&nodes));
        }
        let incoming: Vec<WeightedRows> = graph
            .relations
            .iter()
            .zip(edges)
            .zip(&self.normalisers)
            .map(|((relation, (offsets, rows, weights)), normaliser)| {
                let weights = relation.incoming.weights().map(|_| weights.as_slice());
                let receiver = |row: usize| nodes[relation.target][row];
                let sender = |column: u32| nodes[relation.source][column as usize];
                normaliser.weigh(offsets, rows, weights, receiver, sender)
            })
            .collect();
        let blocks = (0..self.fanouts.len())
            .rev()
            .map(|hop| Arc::new(block(&graph, &incoming, &reached[hop + 1], &reached[hop])));
        let blocks = blocks.collect();
        (seed_rows, Subgraph { nodes, blocks })
    }

    fn begin(&mut self) {
        self.sample = self.sample.wrapping_add(1);
        if self.sample == 0 {
            self.seen.iter_mut().flatten().for_each(|seen| *seen = Seen::default());
            self.sample = 1;
        }
    }

    fn row_of(&mut self, nodes: &mut [Vec<u32>], node_type: usize, node: u32) -> u32 {
        let seen = &mut self.seen[node_type][node as usize];
        if seen.sample != self.sample {
            *seen = Seen { sample: self.sample, row: nodes[node_type].len() as u32 };
            nodes[node_type].push(node);
        }
        seen.row
    }
}

/// The block that leads from the first `sources` to the first `targets` nodes of each type.
fn block(graph: &MessageGraph, incoming: &[WeightedRows], sources: &[usize], targets: &[usize]) -> Block {
    let relations = graph.relations.iter().zip(incoming).map(|(relation, rows)| {
        let edges = EdgeIndex::new(rows.head(targets[relation.target]), sources[relation.source]);
        BlockRelation { source: relation.source, target: relation.target, edges: Arc::new(edges) }
    });
    Block::new(
        running_sum(sources.iter().copied()),
        running_sum(targets.iter().copied()),
        relations.collect(),
    )
}

fn lengths(nodes: &[Vec<u32>]) -> Vec<usize> {
    nodes.iter().map(Vec::len).collect()
}

/// Calls `take` with `count` distinct numbers below `len`, or with all of them where there are no more than that.
///
/// Floyd's algorithm (Bentley and Floyd, "A sample of brilliance", 1987): one draw per number.
fn sample_range(len: usize, count: usize, rng: &mut impl Rng, mut take: impl FnMut(usize)) {
    if len <= count {
        (0..len).for_each(take);
        return;
    }
    let mut taken = [0u32; 64];
    let mut spill = Vec::new();
    for (i, last) in (len - count..len).enumerate() {
        let draw = below(rng, last as u32 + 1);
        let seen = taken[..i.min(64)].contains(&draw) || spill.contains(&draw);
        let pick = if seen { last as u32 } else { draw };
        match taken.get_mut(i) {
            Some(slot) => *slot = pick,
            None => spill.push(pick),
        }
        take(pick as usize);
    }
}

/// A number below `bound`; the bias of the multiply-shift is at most `bound / 2^32`.
fn below(rng: &mut impl Rng, bound: u32) -> u32 {
    ((u64::from(rng.next_u32()) * u64::from(bound)) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use theriac_graph::Csr;

    use super::*;
    use crate::edges::Weighing;
    use crate::message_graph::{MessageRelation, MessageType};

    /// 6 drugs and 40 diseases; drug `i` treats the diseases that `i + 1` divides.
    pub(crate) fn divisors() -> MessageGraph {
        let (drugs, diseases): (Vec<u32>, Vec<u32>) = (0..6u32)
            .flat_map(|drug| (0..40u32).filter(move |x| x % (drug + 1) == 0).map(move |x| (drug, x)))
            .unzip();
        let forward = Csr::from_pairs(6, 40, &drugs, &diseases, None);
        let node_type = |name: &str, nodes| MessageType { name: name.into(), nodes, features: None };
        let relation =
            |name: &str, ends, incoming| MessageRelation::new(name.into(), None, ends, Arc::new(incoming));
        let relations = vec![
            relation("drug:treats:disease", (0, 1), forward.transpose()),
            relation("disease:rev_treats:drug", (1, 0), forward),
        ];
        let types = vec![node_type("drug", 6), node_type("disease", 40)];
        MessageGraph::from_parts(types, relations, Weighing::MEAN)
    }

    #[test]
    fn blocks_hold_edges_of_the_graph_and_no_more_than_the_fanout() {
        let graph = Arc::new(divisors());
        let mut sampler = NeighborSampler::new(Arc::clone(&graph), vec![4, 2]);
        for seed in 0..20 {
            let mut rng = StdRng::seed_from_u64(seed);
            let (rows, sampled) = sampler.sample([(0, 5), (1, 0), (0, 5), (1, 12)], &mut rng);
            assert_eq!(rows, [0, 0, 0, 1], "seeds come first, each once");
            for nodes in &sampled.nodes {
                let mut unique = nodes.clone();
                unique.sort_unstable();
                unique.dedup();
                assert_eq!(unique.len(), nodes.len());
            }
            assert_eq!(sampled.blocks[1].target_rows, [0, 1, 3]);
            assert_eq!(sampled.blocks[0].target_rows, sampled.blocks[1].source_rows);
            for block in &sampled.blocks {
                for (relation, edges) in graph.relations.iter().zip(&block.relations) {
                    for row in 0..edges.edges.incoming.rows() {
                        let range = edges.edges.incoming.offsets[row] as usize
                            ..edges.edges.incoming.offsets[row + 1] as usize;
                        let node = sampled.nodes[relation.target][row];
                        assert!(range.len() <= 4);
                        assert_eq!(range.len(), range.len().min(relation.incoming.degree(node) as usize));
                        for entry in range {
                            let column = edges.edges.incoming.indices[entry] as usize;
                            assert!(relation.incoming.contains(node, sampled.nodes[relation.source][column]));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_generous_fanout_takes_every_neighbor() {
        let graph = Arc::new(divisors());
        let mut sampler = NeighborSampler::new(Arc::clone(&graph), vec![100, 100]);
        let (_, sampled) = sampler.sample([(0, 0)], &mut StdRng::seed_from_u64(1));
        assert_eq!(sampled.nodes[1].len(), 40);
        assert_eq!(sampled.nodes[0].len(), 6);
        assert_eq!(sampled.blocks[0].relations[0].edges.len(), graph.relations[0].incoming.len());
    }

    #[test]
    fn the_same_seed_draws_the_same_sample() {
        let graph = Arc::new(divisors());
        let draw = |sampler: &mut NeighborSampler, seed| {
            sampler.sample([(0, 0), (1, 24)], &mut StdRng::seed_from_u64(seed)).1.nodes
        };
        let mut sampler = NeighborSampler::new(Arc::clone(&graph), vec![3, 3]);
        let first = draw(&mut sampler, 7);
        assert_ne!(draw(&mut sampler, 8), first);
        assert_eq!(draw(&mut sampler, 7), first);
    }

    #[test]
    fn every_number_is_as_likely_as_any_other() {
        let mut counts = [0u32; 10];
        let mut rng = StdRng::seed_from_u64(3);
        for _ in 0..10_000 {
            let mut draws = Vec::new();
            sample_range(10, 3, &mut rng, |i| draws.push(i));
            for &draw in &draws {
                counts[draw] += 1;
            }
            draws.dedup();
            assert_eq!(draws.len(), 3);
        }
        // Each is drawn 3,000 times on average, with a standard deviation of 46.
        assert!(counts.iter().all(|&count| (2_700..3_300).contains(&count)), "{counts:?}");
    }
}
