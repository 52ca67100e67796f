//! Whether paths say anything about a pair, or are there for any pair of nodes as well connected.

use rand::RngExt;
use rayon::prelude::*;
use theriac_graph::{Csr, EditedGraph};
use theriac_link::{Pair, TrainView, stream};

use crate::schema::Schema;

/// Nodes on either side of a node, by degree, that it is matched with.
const WINDOW: usize = 25;

/// The weight of a metapath's paths between the two nodes of a pair, held against pairs of other nodes with about as many links in
/// the target relation: where these have as much, the paths come with the degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Control {
    /// Weight of the pair's own paths.
    pub weight: f64,
    /// Mean weight over the matched pairs.
    pub mean: f64,
    /// Share of the matched pairs with at least as much weight.
    pub at_least: f64,
    /// Number of matched pairs.
    pub pairs: usize,
}

/// Pairs of nodes that have about as many links as those of `pair`, but are not linked.
pub(crate) fn matched(view: &TrainView, pair: Pair, count: usize, seed: u64) -> Vec<Pair> {
    let target = view.target();
    let alike = |edges: &Csr, node: u32| -> Vec<u32> {
        let mut nodes: Vec<u32> = (0..edges.rows()).collect();
        nodes.sort_by_key(|&node| (edges.degree(node), node));
        let at = nodes.iter().position(|&other| other == node).unwrap_or_default();
        let window = at.saturating_sub(WINDOW)..(at + WINDOW + 1).min(nodes.len());
        nodes[window].iter().copied().filter(|&other| other != node).collect()
    };
    let (sources, targets) = (alike(&target.forward, pair.source), alike(&target.backward, pair.target));
    if sources.is_empty() || targets.is_empty() {
        return Vec::new();
    }
    let mut draws = stream(seed, "matched pairs", &[u64::from(pair.source), u64::from(pair.target)]);
    let mut pairs = Vec::with_capacity(count);
    // Among hubs nearly all pairs may be linked, so that draws are not without end.
    for _ in 0..20 * count {
        let source = sources[draws.random_range(0..sources.len())];
        let drawn = Pair::new(source, targets[draws.random_range(0..targets.len())]);
        if !target.forward.contains(drawn.source, drawn.target) && pairs.len() < count {
            pairs.push(drawn);
        }
    }
    pairs
}

impl Control {
    pub(crate) fn new(
        schema: &Schema,
        graph: &EditedGraph<'_>,
        steps: &[usize],
        pair: Pair,
        matched: &[Pair],
    ) -> Self {
        let weigh = |sums: &mut Vec<f64>, &pair: &Pair| between(schema, graph, steps, pair, sums);
        let weight = weigh(&mut Vec::new(), &pair);
        let others: Vec<f64> = matched.par_iter().map_init(Vec::new, weigh).collect();
        let count = others.len().max(1) as f64;
        Self {
            weight,
            mean: others.iter().sum::<f64>() / count,
            at_least: others.iter().filter(|&&other| other >= weight).count() as f64 / count,
            pairs: others.len(),
        }
    }
}

/// What the walks along these steps weigh that lead from the source of a pair to its target, and meet neither in between.
/// `sums` is room to work in: zeros, before and after.
fn between(
    schema: &Schema,
    graph: &EditedGraph<'_>,
    steps: &[usize],
    pair: Pair,
    sums: &mut Vec<f64>,
) -> f64 {
    sums.resize(schema.nodes.iter().copied().max().unwrap_or(0) as usize, 0.0);
    let half = steps.len().div_ceil(2);
    let back: Vec<usize> = steps[half..].iter().rev().map(|&step| schema.steps[step].back).collect();
    let first = schema.steps[steps[0]].from;
    let last = schema.steps[steps[steps.len() - 1]].to;
    let is_end = |node_type: usize, node: u32| {
        node_type == first && node == pair.source || node_type == last && node == pair.target
    };
    let mut reached = |from: u32, steps: &[usize], free: bool| -> (Vec<u32>, Vec<f64>) {
        let (mut nodes, mut weights) = (vec![from], Vec::new());
        weights.push(1.0);
        for &step in steps {
            let to = schema.steps[step].to;
            let mut met = Vec::new();
            for (&node, weight) in nodes.iter().zip(&weights) {
                for &next in schema.row(graph, step, node).neighbors {
                    if !free && is_end(to, next) {
                        continue;
                    }
                    if sums[next as usize] == 0.0 {
                        met.push(next);
                    }
                    sums[next as usize] += weight * f64::from(schema.weight(step, node, next));
                }
            }
            weights = met.iter().map(|&node| std::mem::take(&mut sums[node as usize])).collect();
            nodes = met;
        }
        (nodes, weights)
    };
    let (ours, of_ours) = reached(pair.source, &steps[..half], steps.len() == 1);
    if back.is_empty() {
        return ours
            .iter()
            .zip(of_ours)
            .filter(|(node, _)| **node == pair.target)
            .map(|(_, weight)| weight)
            .sum();
    }
    let (theirs, of_theirs) = reached(pair.target, &back, false);
    for (&node, weight) in theirs.iter().zip(of_theirs) {
        sums[node as usize] = weight;
    }
    let met = ours.iter().zip(of_ours).map(|(&node, weight)| weight * sums[node as usize]).sum();
    for node in theirs {
        sums[node as usize] = 0.0;
    }
    met
}
