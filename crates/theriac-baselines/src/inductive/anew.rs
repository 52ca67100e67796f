//! Induction on other graphs.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use rayon::prelude::*;
use theriac_graph::{EditedGraph, NamedTensor, NamedTensors, NewEdge, NewNode};
use theriac_link::{Pair, Rescorer, TrainView};

use super::evidence::Asked;
use super::learned::{Learned, Told};

/// [`super::Inductive`] as it was learned, to be asked about other graphs.
pub(super) struct InductiveAnew {
    /// Of sources, and of targets.
    ends: [Arc<Learned>; 2],
    source_share: f32,
}

impl InductiveAnew {
    pub(super) fn new(ends: [Arc<Learned>; 2], source_share: f32) -> Self {
        Self { ends, source_share }
    }
}

impl InductiveAnew {
    fn told(&self, graph: &EditedGraph<'_>, end: usize, node: u32, buffer: &mut Vec<f32>) -> Told {
        self.ends[end].told(graph, Asked::Known(node), buffer)
    }

    /// The score of a pair, by what is said of its source and of its target.
    fn score(&self, graph: &EditedGraph<'_>, pair: Pair, [of_source, of_target]: [&Told; 2]) -> f32 {
        let by_source = self.ends[0].score(graph, of_source, pair.target, &of_target.voters);
        let by_target = self.ends[1].score(graph, of_target, pair.source, &of_source.voters);
        self.source_share * by_source + (1.0 - self.source_share) * by_target
    }
}

impl Rescorer for InductiveAnew {
    fn rescore(&self, graph: &EditedGraph<'_>, pair: Pair) -> f32 {
        let mut buffer = Vec::new();
        let of_source = self.told(graph, 0, pair.source, &mut buffer);
        let of_target = self.told(graph, 1, pair.target, &mut buffer);
        self.score(graph, pair, [&of_source, &of_target])
    }

    fn rescore_pairs(&self, graph: &EditedGraph<'_>, pairs: &[Pair]) -> Vec<f32> {
        let ends = |pair: &Pair| [pair.source, pair.target];
        let [sources, targets] =
            [0, 1].map(|end| pairs.iter().map(|pair| ends(pair)[end]).collect::<BTreeSet<u32>>());
        // What is said of the nodes of the end with fewer is kept for all pairs, of the others pair by pair.
        let (end, nodes) = if targets.len() < sources.len() { (1, targets) } else { (0, sources) };
        let kept: HashMap<u32, Told> = nodes
            .into_par_iter()
            .map_init(Vec::new, |buffer, node| (node, self.told(graph, end, node, buffer)))
            .collect();
        let score = |buffer: &mut Vec<f32>, pair: &Pair| {
            let kept = &kept[&ends(pair)[end]];
            let other = self.told(graph, 1 - end, ends(pair)[1 - end], buffer);
            self.score(graph, *pair, if end == 0 { [kept, &other] } else { [&other, kept] })
        };
        pairs.par_iter().map_init(Vec::new, score).collect()
    }

    fn learned(&self) -> Vec<NamedTensor> {
        let [of_sources, of_targets] = &self.ends;
        let of_sources = of_sources.tensors().into_iter().map(|tensor| tensor.prefixed("sources/"));
        let of_targets = of_targets.tensors().into_iter().map(|tensor| tensor.prefixed("targets/"));
        let share = NamedTensor::row("source_share", vec![self.source_share]);
        of_sources.chain(of_targets).chain([share]).collect()
    }
}

/// What is said of a node that the view does not have, to be asked about graphs that it has joined, [`NewNode::joined_to`].
///
/// Its edges are read from the graph. Where none is left that tells of a known node, popularity alone is its score.
pub(super) struct NewcomerAnew {
    /// Of sources, and of targets.
    pub(super) ends: [Arc<Learned>; 2],
    /// Which end it is, as a place in `ends`.
    pub(super) end: usize,
    pub(super) node_type: usize,
    pub(super) features: Option<Vec<f32>>,
}

impl NewcomerAnew {
    /// The node as a graph tells of it.
    fn read(&self, graph: &EditedGraph<'_>, node: u32) -> NewNode {
        let mut edges = Vec::new();
        for (relation, of) in graph.original().relations().iter().enumerate() {
            let both = [(false, of.source_type), (true, of.target_type)];
            for (reversed, _) in both.into_iter().filter(|&(_, end)| end == self.node_type) {
                let row = graph.row(relation, reversed, node).weighted();
                edges.extend(row.map(|(neighbor, weight)| NewEdge { relation, reversed, neighbor, weight }));
            }
        }
        NewNode { node_type: self.node_type, edges, features: self.features.clone() }
    }
}

impl Rescorer for NewcomerAnew {
    fn rescore(&self, graph: &EditedGraph<'_>, pair: Pair) -> f32 {
        let nodes = [pair.source, pair.target];
        let (own, candidate) = (nodes[self.end], nodes[1 - self.end]);
        let mut buffer = Vec::new();
        let node = self.read(graph, own);
        let told = self.ends[self.end].told(graph, Asked::New(&node), &mut buffer);
        let of_candidate = self.ends[1 - self.end].told(graph, Asked::Known(candidate), &mut buffer);
        self.ends[self.end].score(graph, &told, candidate, &of_candidate.voters)
    }

    fn learned(&self) -> Vec<NamedTensor> {
        Vec::new()
    }
}

/// What was learned on this view.
///
/// # Errors
///
/// One sentence when a matrix is missing or has another shape.
pub(crate) fn restore(view: &TrainView, tensors: &mut NamedTensors) -> Result<Arc<dyn Rescorer>, String> {
    let ends = [
        Arc::new(Learned::restore(view, false, &mut tensors.under("sources/"))?),
        Arc::new(Learned::restore(view, true, &mut tensors.under("targets/"))?),
    ];
    let [source_share] = tensors.take_row("source_share")?;
    Ok(Arc::new(InductiveAnew { ends, source_share }))
}
