//! Induction on other graphs.

use std::sync::Arc;

use theriac_graph::{EditedGraph, NamedTensor, NamedTensors};
use theriac_link::{Pair, Rescorer, TrainView};

use super::evidence::Asked;
use super::learned::Learned;

/// [`super::Inductive`] as it was learned, to be asked about other graphs.
pub(super) struct InductiveAnew {
    /// Of sources, and of targets.
    ends: [Learned; 2],
    source_share: f32,
}

impl InductiveAnew {
    pub(super) fn new(ends: [Learned; 2], source_share: f32) -> Self {
        Self { ends, source_share }
    }
}

impl Rescorer for InductiveAnew {
    fn rescore(&self, graph: &EditedGraph<'_>, pair: Pair) -> f32 {
        let mut buffer = Vec::new();
        let nodes = [pair.source, pair.target];
        let [of_source, of_target] =
            [0, 1].map(|end| self.ends[end].asked(graph, Asked::Known(nodes[end]), &mut buffer));
        let score = |end: usize, opinion, of_candidate: &[(u32, f32)]| {
            let (learned, candidate) = (&self.ends[end], nodes[1 - end]);
            let said = learned.said(graph, opinion);
            // In the order of a row of likeness.
            let mut alike = of_candidate.to_vec();
            alike.sort_unstable_by_key(|&(other, _)| other);
            let passed: f32 = alike.iter().map(|&(other, weight)| weight * said[other as usize]).sum();
            learned.popularity(graph, candidate) + learned.spread * passed + said[candidate as usize]
        };
        let by_source = score(0, &of_source, &of_target.voters);
        let by_target = score(1, &of_target, &of_source.voters);
        self.source_share * by_source + (1.0 - self.source_share) * by_target
    }

    fn learned(&self) -> Vec<NamedTensor> {
        let [of_sources, of_targets] = &self.ends;
        let of_sources = of_sources.tensors().into_iter().map(|tensor| tensor.prefixed("sources/"));
        let of_targets = of_targets.tensors().into_iter().map(|tensor| tensor.prefixed("targets/"));
        let share = NamedTensor::row("source_share", vec![self.source_share]);
        of_sources.chain(of_targets).chain([share]).collect()
    }
}

/// What was learned on this view.
///
/// # Errors
///
/// One sentence when a matrix is missing or has another shape.
pub(crate) fn restore(view: &TrainView, tensors: &mut NamedTensors) -> Result<Arc<dyn Rescorer>, String> {
    let ends = [
        Learned::restore(view, false, &mut tensors.under("sources/"))?,
        Learned::restore(view, true, &mut tensors.under("targets/"))?,
    ];
    let [source_share] = tensors.take_row("source_share")?;
    Ok(Arc::new(InductiveAnew { ends, source_share }))
}
