//! The training loop.

use std::ops::ControlFlow;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use burn::module::Module;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Tensor, TensorData};
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use theriac_link::metrics::BinaryMetrics;
use theriac_link::{
    Budget, EpochRecord, Event, LabelledPairs, Pair, TrainView, Validation, negatives, stream,
};
use theriac_nn::kernels::PairRows;
use theriac_nn::{
    FusedAdam, HeteroEncoder, MessageGraph, Propagation, SlotLayout, binary_cross_entropy_with_logits,
    floats, ops,
};

use crate::error::ModelError;
use crate::graphsage::batches::{BatchSource, Minibatch, pair_rows};
use crate::graphsage::config::{Division, GraphSageConfig, Sampler};

/// What one epoch came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochLog {
    /// From 1.
    pub epoch: usize,
    /// Mean binary cross-entropy over the epoch's steps.
    pub loss: f64,
    /// Wall-clock time of the epoch's training steps.
    pub seconds: f64,
    /// Figures on the validation part against sampled unknown pairs, seen as the sampler sees the graph.
    pub validation: Option<Validation>,
}

impl EpochLog {
    /// The epoch without the time that it took, as a fit's record has it.
    pub(crate) fn record(&self) -> EpochRecord {
        EpochRecord { epoch: self.epoch, loss: self.loss, validation: self.validation }
    }
}

/// What training leaves: the encoder and what it was trained on.
pub(super) struct Trained {
    pub encoder: HeteroEncoder,
    /// The graph that its parameters belong to: all training edges carry messages.
    pub graph: Arc<MessageGraph>,
    pub epochs: Vec<EpochLog>,
    /// Whether training ended before its last epoch because it was asked to.
    pub interrupted: bool,
}

/// Everything that the loop needs and does not change.
struct Loop<'a> {
    config: &'a GraphSageConfig,
    view: &'a TrainView,
    budget: &'a Budget<'a>,
    device: Device,
    /// All training edges carry messages.
    graph: Arc<MessageGraph>,
    /// A pass over all training edges, made where the sampler asks for it.
    whole: OnceLock<Propagation>,
    slots: Arc<SlotLayout>,
    ends: (usize, usize),
    validation: Option<LabelledPairs>,
    /// The sampling threads: one is enough for a few cores, more pay on many.
    samplers: usize,
}

/// Trains an encoder on the view.
///
/// # Errors
///
/// When the configuration is out of range or there are too few edges.
pub(super) fn train(
    config: &GraphSageConfig,
    view: &TrainView,
    budget: &Budget<'_>,
) -> Result<Trained, ModelError> {
    config.check()?;
    let graph = Arc::new(config.message_graph(view));
    let slots = Arc::new(SlotLayout::new(&graph));
    let device = Device::flex().autodiff();
    let mut initial = stream(budget.seed, "initial parameters", &[]);
    let encoder = HeteroEncoder::new(&graph, config.hidden, config.layers, &mut initial, &device);
    let validation = if view.valid_pairs().is_empty() {
        None
    } else {
        Some(view.validation_sample(config.negative_ratio, budget.seed)?)
    };
    let the_loop = Loop {
        config,
        view,
        budget,
        device,
        graph,
        whole: OnceLock::new(),
        slots,
        ends: (view.target().source_type, view.target().target_type),
        validation,
        samplers: rayon::current_num_threads().div_ceil(8),
    };
    the_loop.run(encoder)
}

impl Loop<'_> {
    fn run(&self, mut encoder: HeteroEncoder) -> Result<Trained, ModelError> {
        let mut optimizer = ModuleOptimizer::from(FusedAdam::default());
        let mut division = self.divide(0)?;
        let mut epochs = Vec::new();
        let mut interrupted = false;
        for epoch in 0..self.config.epochs {
            if epoch > 0 && self.config.division == Division::Epoch {
                division = self.divide(epoch)?;
            }
            let started = Instant::now();
            let trained = match &self.config.sampler {
                Sampler::Neighbor { fanouts, batch, .. } => {
                    self.neighbor_epoch(epoch, &division, fanouts, *batch, encoder, &mut optimizer)
                }
                Sampler::Full { batch } => self.full_epoch(epoch, &division, *batch, encoder, &mut optimizer),
            };
            encoder = trained.encoder;
            interrupted = trained.interrupted;
            let Some(loss) = trained.loss else { break };
            let seconds = started.elapsed().as_secs_f64();
            let validation = self.validate(&encoder)?;
            let (epoch, of) = (epoch + 1, self.config.epochs);
            self.budget.observer.report(&Event::Epoch { epoch, epochs: of, loss, seconds, validation });
            epochs.push(EpochLog { epoch, loss, seconds, validation });
            if interrupted {
                break;
            }
        }
        Ok(Trained { encoder, graph: Arc::clone(&self.graph), epochs, interrupted })
    }

    /// Divides the training edges into those that supervise and a graph of those that carry messages.
    fn divide(&self, epoch: usize) -> Result<DividedEdges, ModelError> {
        let mut draws = stream(self.budget.seed, "supervision", &[epoch as u64]);
        let (supervision, messages) = self.view.divide(self.config.supervision, &mut draws);
        let found = self.view.train_pairs().len();
        if supervision.is_empty() || supervision.len() == found {
            let target = self.view.task().target().to_string();
            return Err(ModelError::TooFewEdges { target, found, supervision: supervision.len() });
        }
        let messages = Arc::new(self.graph.with_edges(&messages));
        Ok(DividedEdges { supervision, messages, whole: OnceLock::new() })
    }

    /// A pass over all of a graph.
    fn whole(&self, graph: &MessageGraph) -> Propagation {
        Propagation::full(graph, Arc::clone(&self.slots), self.config.layers)
    }

    /// The supervision pairs of an epoch, in its order.
    fn shuffled(&self, epoch: usize, division: &DividedEdges) -> Vec<Pair> {
        let mut positives = division.supervision.clone();
        positives.shuffle(&mut stream(self.budget.seed, "epoch order", &[epoch as u64]));
        positives
    }

    /// The positives of a batch with their negatives, uniform over all pairs as PyTorch Geometric's loader draws them.
    fn with_negatives(&self, epoch: usize, batch: usize, positives: &[Pair]) -> LabelledPairs {
        let mut draws = stream(self.budget.seed, "training negatives", &[epoch as u64, batch as u64]);
        let count = (self.config.negative_ratio * positives.len() as f64).round() as usize;
        let negatives = negatives::uniform(&mut draws, self.view.sources(), self.view.targets(), count);
        LabelledPairs::new(positives, &negatives)
    }

    fn neighbor_epoch(
        &self,
        epoch: usize,
        division: &DividedEdges,
        fanouts: &[usize],
        batch_size: usize,
        encoder: HeteroEncoder,
        optimizer: &mut ModuleOptimizer,
    ) -> EpochResult {
        let positives = self.shuffled(epoch, division);
        let batches = positives.len().div_ceil(batch_size);
        let source = BatchSource {
            graph: &division.messages,
            slots: &self.slots,
            fanouts,
            ends: self.ends,
            batches,
            draw: &|batch| {
                let end = positives.len().min((batch + 1) * batch_size);
                let pairs = self.with_negatives(epoch, batch, &positives[batch * batch_size..end]);
                (pairs, stream(self.budget.seed, "training neighbors", &[epoch as u64, batch as u64]))
            },
        };
        let steps = Steps::new(self, epoch, batches, encoder);
        let finished = source.try_fold(self.samplers, steps, |steps, minibatch| {
            let Minibatch { propagation, pairs, labels } = minibatch;
            steps.take(&propagation, pairs, &labels, optimizer)
        });
        Steps::finish(finished)
    }

    fn full_epoch(
        &self,
        epoch: usize,
        division: &DividedEdges,
        batch_size: usize,
        encoder: HeteroEncoder,
        optimizer: &mut ModuleOptimizer,
    ) -> EpochResult {
        let propagation = division.whole.get_or_init(|| self.whole(&division.messages));
        let positives = self.shuffled(epoch, division);
        // Equal batches: a small last one would weigh as much as the others in Adam's moments.
        let batches = positives.len().div_ceil(batch_size);
        let batch_size = positives.len().div_ceil(batches);
        let mut steps = Steps::new(self, epoch, batches, encoder);
        for (batch, positives) in positives.chunks(batch_size).enumerate() {
            let LabelledPairs { pairs, labels } = self.with_negatives(epoch, batch, positives);
            let rows = pairs.iter().map(|pair| (pair.source, pair.target));
            let rows = Arc::new(pair_rows(rows, propagation, self.ends));
            match steps.take(propagation, rows, &labels, optimizer) {
                ControlFlow::Continue(next) => steps = next,
                stopped @ ControlFlow::Break(_) => return Steps::finish(stopped),
            }
        }
        Steps::finish(ControlFlow::Continue(steps))
    }

    /// Scores the validation sample with all training edges as messages, through the sampler's own eyes.
    fn validate(&self, encoder: &HeteroEncoder) -> Result<Option<Validation>, ModelError> {
        let Some(sample) = &self.validation else { return Ok(None) };
        let encoder = encoder.valid();
        let scores = match &self.config.sampler {
            Sampler::Full { .. } => {
                let propagation = self.whole.get_or_init(|| self.whole(&self.graph));
                let rows = sample.pairs.iter().map(|pair| (pair.source, pair.target));
                let rows = Arc::new(pair_rows(rows, propagation, self.ends));
                floats(ops::pair_dot(encoder.forward(propagation), rows))
            }
            Sampler::Neighbor { fanouts, validation_batch, .. } => {
                let source = BatchSource {
                    graph: &self.graph,
                    slots: &self.slots,
                    fanouts,
                    ends: self.ends,
                    batches: sample.len().div_ceil(*validation_batch),
                    draw: &|batch| {
                        let range =
                            batch * validation_batch..sample.len().min((batch + 1) * validation_batch);
                        let pairs = LabelledPairs {
                            pairs: sample.pairs[range.clone()].to_vec(),
                            labels: sample.labels[range].to_vec(),
                        };
                        (pairs, stream(self.budget.seed, "validation neighbors", &[batch as u64]))
                    },
                };
                let (ControlFlow::Continue(all) | ControlFlow::Break(all)) = source.try_fold(
                    self.samplers,
                    Vec::with_capacity(sample.len()),
                    |mut scores, minibatch| {
                        let table = encoder.forward(&minibatch.propagation);
                        scores.extend(floats(ops::pair_dot(table, minibatch.pairs)));
                        ControlFlow::Continue(scores)
                    },
                );
                all
            }
        };
        let metrics = BinaryMetrics::new(&scores, &sample.labels)?;
        Ok(metrics.auroc.zip(metrics.average_precision).map(|(auroc, ap)| Validation { auroc, ap }))
    }
}

/// The training edges of an epoch in their two roles.
struct DividedEdges {
    supervision: Vec<Pair>,
    messages: Arc<MessageGraph>,
    /// A pass over all message edges, made where the sampler asks for it.
    whole: OnceLock<Propagation>,
}

/// What an epoch made of the encoder.
struct EpochResult {
    encoder: HeteroEncoder,
    /// Mean over the steps taken; `None` where a stop came before the first.
    loss: Option<f64>,
    interrupted: bool,
}

/// The optimiser steps of one epoch.
struct Steps<'a> {
    the_loop: &'a Loop<'a>,
    epoch: usize,
    planned: usize,
    done: usize,
    encoder: HeteroEncoder,
    loss: f64,
    messages: usize,
    started: Instant,
}

impl<'a> Steps<'a> {
    fn new(the_loop: &'a Loop<'a>, epoch: usize, planned: usize, encoder: HeteroEncoder) -> Self {
        Self { the_loop, epoch, planned, done: 0, encoder, loss: 0.0, messages: 0, started: Instant::now() }
    }

    /// One step: forward, backward, update. Breaks off when a stop is asked for.
    fn take(
        mut self,
        propagation: &Propagation,
        pairs: Arc<PairRows>,
        labels: &[bool],
        optimizer: &mut ModuleOptimizer,
    ) -> ControlFlow<Self, Self> {
        let Loop { budget, config, device, .. } = self.the_loop;
        if budget.observer.stop_requested() {
            return ControlFlow::Break(self);
        }
        let labels: Vec<f32> = labels.iter().map(|&label| f32::from(u8::from(label))).collect();
        let count = labels.len();
        let labels = Tensor::from_data(TensorData::new(labels, [count]), device);
        let logits = ops::pair_dot(self.encoder.forward(propagation), pairs);
        let loss = binary_cross_entropy_with_logits(logits, labels);
        self.loss += f64::from(loss.clone().into_scalar::<f32>());
        let gradients = GradientsParams::from_grads(loss.backward(), &self.encoder);
        self.encoder = optimizer.step(config.learning_rate, self.encoder, gradients);
        self.done += 1;
        self.messages += propagation.messages();
        budget.observer.report(&Event::Step {
            epoch: self.epoch + 1,
            epochs: config.epochs,
            step: self.done,
            steps: self.planned,
            loss: self.loss / self.done as f64,
            messages_per_second: self.messages as f64 / self.started.elapsed().as_secs_f64(),
        });
        ControlFlow::Continue(self)
    }

    fn finish(steps: ControlFlow<Self, Self>) -> EpochResult {
        let interrupted = steps.is_break();
        let (ControlFlow::Continue(steps) | ControlFlow::Break(steps)) = steps;
        let loss = (steps.done > 0).then(|| steps.loss / steps.done as f64);
        EpochResult { encoder: steps.encoder, loss, interrupted }
    }
}
