//! Minibatches, sampled on their own threads ahead of the training step.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use theriac_link::{LabelledPairs, Stream};
use theriac_nn::kernels::PairRows;
use theriac_nn::{MessageGraph, NeighborSampler, Propagation, SlotLayout};

/// Batches that each sampling thread may be ahead.
const AHEAD: usize = 4;

/// A minibatch, ready for the encoder.
pub(super) struct Minibatch {
    pub propagation: Propagation,
    pub pairs: Arc<PairRows>,
    pub labels: Vec<bool>,
}

/// Where the pairs of a batch come from and around what they are sampled.
pub(super) struct BatchSource<'a> {
    pub graph: &'a Arc<MessageGraph>,
    pub slots: &'a Arc<SlotLayout>,
    pub fanouts: &'a [usize],
    /// Places of the target relation's source and target types.
    pub ends: (usize, usize),
    /// Number of batches.
    pub batches: usize,
    /// The pairs of a batch and the stream that its neighbours are drawn from. Batches are drawn on any thread in any
    /// order, so a batch must depend on its number alone.
    pub draw: &'a (dyn Fn(usize) -> (LabelledPairs, Stream) + Sync),
}

impl BatchSource<'_> {
    /// Folds every batch, in order, into `state`, until `step` breaks off; `samplers` threads sample ahead.
    pub fn try_fold<S>(
        &self,
        samplers: usize,
        mut state: S,
        mut step: impl FnMut(S, Minibatch) -> ControlFlow<S, S>,
    ) -> ControlFlow<S, S> {
        std::thread::scope(|scope| {
            let samplers = samplers.max(1);
            let receivers: Vec<_> = (0..samplers)
                .map(|first| {
                    let (sender, receiver) = sync_channel(AHEAD);
                    scope.spawn(move || {
                        let mut sampler = NeighborSampler::new(Arc::clone(self.graph), self.fanouts.to_vec());
                        for batch in (first..self.batches).step_by(samplers) {
                            // The receiver goes away when the consumer breaks off.
                            if sender.send(self.sample(&mut sampler, batch)).is_err() {
                                break;
                            }
                        }
                    });
                    receiver
                })
                .collect();
            for batch in 0..self.batches {
                let Ok(minibatch) = receivers[batch % samplers].recv() else {
                    unreachable!(
                        "a sampling thread sends every batch or panics, and a panic is passed on by the scope"
                    )
                };
                state = step(state, minibatch)?;
            }
            ControlFlow::Continue(state)
        })
    }

    fn sample(&self, sampler: &mut NeighborSampler, batch: usize) -> Minibatch {
        let (LabelledPairs { pairs, labels }, mut stream) = (self.draw)(batch);
        let (source_type, target_type) = self.ends;
        let seeds = pairs.iter().flat_map(|pair| [(source_type, pair.source), (target_type, pair.target)]);
        let (rows, subgraph) = sampler.sample(seeds, &mut stream);
        let propagation = Propagation::new(self.graph, Arc::clone(self.slots), &subgraph);
        let rows = rows.chunks_exact(2).map(|pair| (pair[0], pair[1]));
        Minibatch { pairs: Arc::new(pair_rows(rows, &propagation, self.ends)), propagation, labels }
    }
}

/// The output rows of pairs whose ends are given as rows within their types.
pub(super) fn pair_rows(
    pairs: impl Iterator<Item = (u32, u32)>,
    propagation: &Propagation,
    ends: (usize, usize),
) -> PairRows {
    let (source_start, target_start) = (propagation.target_rows()[ends.0], propagation.target_rows()[ends.1]);
    let (sources, targets) =
        pairs.map(|(source, target)| (source + source_start as u32, target + target_start as u32)).unzip();
    PairRows::new(sources, source_start, targets, target_start)
}
