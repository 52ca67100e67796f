//! Minibatches, sampled on their own threads ahead of the training step.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use theriac_link::{Pair, Stream};
use theriac_nn::{EndPairs, MessageGraph, NeighborSampler, Propagation, SlotLayout};

/// Batches that each sampling thread may be ahead.
const AHEAD: usize = 4;

/// The pairs of a step: positives, then what they are set against.
#[derive(Clone, Debug, Default)]
pub(super) struct PairBatch {
    pub pairs: Vec<Pair>,
    pub positives: usize,
    /// Logarithms of how often each negative was expected to be drawn.
    pub log_odds: Vec<f32>,
}

/// A step, ready for encoder and decoder.
pub(super) struct Minibatch {
    pub propagation: Propagation,
    pub pairs: EndPairs,
    /// Edges of each relation that is learned together with the target.
    pub auxiliary: Vec<Vec<Pair>>,
    /// Nodes of the rows at both ends, where they are not all in order.
    pub nodes: Option<(Vec<u32>, Vec<u32>)>,
    pub batch: PairBatch,
}

/// Where the pairs of a batch come from and around what they are sampled.
pub(super) struct BatchSource<'a> {
    pub graph: &'a Arc<MessageGraph>,
    pub slots: &'a Arc<SlotLayout>,
    pub fanouts: &'a [usize],
    /// Places of the target relation's source and target types.
    pub ends: (usize, usize),
    /// Whether the decoder takes the table of the encoder as it is.
    pub plain: bool,
    /// Number of batches.
    pub batches: usize,
    /// The pairs of a batch and the stream that its neighbours are drawn from. Batches are drawn on any thread in any
    /// order, so a batch must depend on its number alone.
    pub draw: &'a (dyn Fn(usize) -> (PairBatch, Stream) + Sync),
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
                        let fanouts = self.fanouts.to_vec();
                        let mut sampler = NeighborSampler::new(Arc::clone(self.graph), fanouts);
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
        let (batch, mut stream) = (self.draw)(batch);
        let (source_type, target_type) = self.ends;
        let seeds =
            batch.pairs.iter().flat_map(|pair| [(source_type, pair.source), (target_type, pair.target)]);
        let (rows, mut subgraph) = sampler.sample(seeds, &mut stream);
        let propagation = Propagation::new(self.graph, Arc::clone(self.slots), &subgraph);
        let rows = rows.chunks_exact(2).map(|pair| (pair[0], pair[1]));
        let pairs = EndPairs::new(rows, starts(&propagation, self.ends, self.plain));
        let mut of_end = |end: usize| {
            let mut nodes = std::mem::take(&mut subgraph.nodes[end]);
            nodes.truncate(propagation.target_rows()[end + 1] - propagation.target_rows()[end]);
            nodes
        };
        let nodes = (!self.plain).then(|| {
            let sources = of_end(source_type);
            let targets = if source_type == target_type { sources.clone() } else { of_end(target_type) };
            (sources, targets)
        });
        Minibatch { propagation, pairs, auxiliary: Vec::new(), nodes, batch }
    }
}

/// First rows of both ends in the table that a decoder takes: the encoder's, or that of the two ends alone.
pub(super) fn starts(propagation: &Propagation, ends: (usize, usize), plain: bool) -> (usize, usize) {
    let rows = propagation.target_rows();
    if plain { (rows[ends.0], rows[ends.1]) } else { (0, rows[ends.0 + 1] - rows[ends.0]) }
}
