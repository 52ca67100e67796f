//! The training loop.

use std::ops::ControlFlow;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use burn::tensor::{Device, Tensor};
use rand::RngExt;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use theriac_graph::NamedTensor;
use theriac_link::metrics::BinaryMetrics;
use theriac_link::{Budget, EpochRecord, Event, LabelledPairs, Pair, TrainView, Validation, stream};
use theriac_nn::{AdamW, EndPairs, Loss, MessageGraph, Parameters, Propagation, floats};

use crate::error::ModelError;
use crate::gnn::auxiliary;
use crate::gnn::batches::{BatchSource, Minibatch, PairBatch, starts};
use crate::gnn::config::{Division, GnnConfig, Sampler, TrainingConfig};
use crate::gnn::fitted::FittedEnds;
use crate::gnn::negatives::{Drawn, NegativeSampler, Negatives};
use crate::gnn::network::Network;
use crate::gnn::pretraining;
use crate::gnn::state::{Best, MemberState};
use crate::gnn::steps::Steps;
use crate::gnn::structure::Structure;

/// What one epoch came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochLog {
    /// From 1.
    pub epoch: usize,
    /// Mean loss over the epoch's steps.
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

/// What training leaves.
pub(super) struct Trained {
    pub parameters: Vec<NamedTensor>,
    pub epochs: Vec<EpochLog>,
    /// Whether training ended before its last epoch because it was asked to.
    pub interrupted: bool,
}

/// Everything that the loop needs and does not change.
pub(super) struct Loop<'a> {
    pub(super) config: &'a TrainingConfig,
    /// Shares of edges and of relations that a step does without.
    pub(super) edge_dropout: (f64, f64),
    pub(super) network: Network,
    pub(super) view: &'a TrainView,
    pub(super) budget: &'a Budget<'a>,
    pub(super) device: Device,
    /// All training edges carry messages.
    pub(super) graph: Arc<MessageGraph>,
    /// A pass over all training edges, made where it is asked for.
    pub(super) whole: OnceLock<Propagation>,
    pub(super) negatives: NegativeSampler<'a>,
    pub(super) validation: Option<LabelledPairs>,
    /// The sampling threads: one is enough for a few cores, more pay on many.
    pub(super) samplers: usize,
}

/// What is given the state after each epoch.
pub(super) type Keep<'a> = dyn FnMut(MemberState) -> Result<(), ModelError> + 'a;

/// Trains a network of sound settings on the view and its structure, from a state that an earlier training left, or a fresh one.
///
/// # Errors
///
/// When there are too few edges, or the state does not fit the network or cannot be kept.
pub(super) fn train(
    config: &GnnConfig,
    view: &TrainView,
    structure: Option<Arc<Structure>>,
    budget: &Budget<'_>,
    from: MemberState,
    keep: Option<&mut Keep<'_>>,
) -> Result<Trained, ModelError> {
    let graph = Arc::new(config.message_graph(view));
    let network = Network::new(config, &graph, view, structure)?;
    let device = Device::flex().autodiff();
    let clip = (config.training.clip > 0.0).then_some(config.training.clip);
    let mut optimizer = AdamW { weight_decay: config.training.weight_decay, clip, ..AdamW::default() };
    let mut parameters = if from.parameters.is_empty() {
        let mut initial = stream(budget.seed, "initial parameters", &[]);
        Parameters::new(network.stacks(), &mut initial, &device)
    } else {
        from.restore(network.stacks(), &device, &mut optimizer)
            .map_err(|problem| ModelError::Parameters { problem })?
    };
    for tensor in &mut parameters.tensors {
        *tensor = tensor.clone().require_grad();
    }
    let validation = if view.valid_pairs().is_empty() {
        None
    } else {
        Some(view.validation_sample(config.training.negative_ratio, budget.seed)?)
    };
    let the_loop = Loop {
        config: &config.training,
        edge_dropout: (config.encoder.edge_dropout, config.encoder.relation_dropout),
        network,
        view,
        budget,
        device,
        graph,
        whole: OnceLock::new(),
        negatives: NegativeSampler::new(config.training.negatives, view),
        validation,
        samplers: rayon::current_num_threads().div_ceil(8),
    };
    let progress = Progress { pretrained: from.pretrained, epochs: from.epochs, best: from.best };
    the_loop.run(State { parameters, optimizer }, progress, keep)
}

/// How far a training is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Progress {
    /// Epochs of pretraining.
    pub(super) pretrained: usize,
    pub(super) epochs: Vec<EpochLog>,
    pub(super) best: Option<Best>,
}

impl Loop<'_> {
    fn run(
        &self,
        mut state: State,
        progress: Progress,
        mut keep: Option<&mut Keep<'_>>,
    ) -> Result<Trained, ModelError> {
        let Progress { mut pretrained, mut epochs, mut best } = progress;
        while let Sampler::Full { batch } = self.config.sampler
            && pretrained < self.config.pretraining
        {
            state = match pretraining::epoch(self, pretrained, batch, state) {
                ControlFlow::Continue(state) => state,
                ControlFlow::Break(state) => {
                    return Ok(Trained { parameters: state.parameters.named(), epochs, interrupted: true });
                }
            };
            pretrained += 1;
            if pretrained == self.config.pretraining {
                // The target has a schedule of its own, and gradients of another size.
                state.optimizer = AdamW { steps: 0, moments: Vec::new(), ..state.optimizer };
            }
            if let Some(keep) = &mut keep {
                keep(MemberState::new(&state, Progress { pretrained, ..Progress::default() }))?;
            }
        }
        let begun = epochs.len();
        let once = self.config.division == Division::Once;
        let mut division = self.divide(if once { 0 } else { begun })?;
        let mut interrupted = false;
        for epoch in begun..self.config.epochs {
            if best.as_ref().is_some_and(|best| best.age >= self.config.patience) {
                break;
            }
            if epoch > begun && !once {
                division = self.divide(epoch)?;
            }
            let started = Instant::now();
            let hard = matches!(self.config.negatives, Negatives::Hard { .. })
                .then(|| self.fitted_ends(&state.parameters, division.whole(&self.network)));
            let pass = EpochPass { the_loop: self, epoch, division: &division, hard };
            let trained = match &self.config.sampler {
                Sampler::Neighbor { fanouts, batch, .. } => pass.neighbor(fanouts, *batch, state),
                Sampler::Full { batch } => pass.full(*batch, state),
            };
            state = trained.state;
            interrupted = trained.interrupted;
            let Some(loss) = trained.loss else { break };
            let seconds = started.elapsed().as_secs_f64();
            let validation = self.validate(&state.parameters)?;
            let (epoch, of) = (epoch + 1, self.config.epochs);
            self.budget.observer.report(&Event::Epoch { epoch, epochs: of, loss, seconds, validation });
            epochs.push(EpochLog { epoch, loss, seconds, validation });
            if interrupted {
                break;
            }
            if let Some(mrr) = validation.and_then(|validation| validation.mrr) {
                match &mut best {
                    Some(best) if mrr <= best.mrr => best.age += 1,
                    _ => best = Some(Best { mrr, parameters: state.parameters.named(), age: 0 }),
                }
            }
            if let Some(keep) = &mut keep {
                let progress = Progress { pretrained, epochs: epochs.clone(), best: best.clone() };
                keep(MemberState::new(&state, progress))?;
            }
        }
        let parameters = best.map_or_else(|| state.parameters.named(), |best| best.parameters);
        Ok(Trained { parameters, epochs, interrupted })
    }

    /// Divides the training edges, and those of relations that are learned together with the target, into those that supervise
    /// and a graph of those that carry messages.
    fn divide(&self, epoch: usize) -> Result<DividedEdges, ModelError> {
        let mut draws = stream(self.budget.seed, "supervision", &[epoch as u64]);
        let (supervision, messages) = self.view.divide(self.config.supervision, &mut draws);
        let found = self.view.train_pairs().len();
        if supervision.is_empty() || supervision.len() == found {
            let target = self.view.task().target().to_string();
            return Err(ModelError::TooFewEdges { target, found, supervision: supervision.len() });
        }
        let places: Vec<usize> = self.network.auxiliary.iter().map(|&(place, _)| place).collect();
        let (mut auxiliary, messages) =
            auxiliary::divide(&messages, &places, self.config.supervision, draws.random());
        for edges in &mut auxiliary {
            edges.shuffle(&mut draws);
        }
        let messages = Arc::new(self.graph.with_edges(&messages));
        Ok(DividedEdges { supervision, auxiliary, messages, whole: OnceLock::new() })
    }

    fn whole(&self) -> &Propagation {
        self.whole.get_or_init(|| self.network.whole(&self.graph))
    }

    /// What scores all pairs with these parameters, which learn nothing from it.
    fn fitted_ends(&self, parameters: &Parameters, propagation: &Propagation) -> FittedEnds {
        let tensors: Vec<Tensor<2>> =
            parameters.tensors.iter().map(|tensor| tensor.clone().inner()).collect();
        self.network.fitted_ends(&tensors, propagation)
    }

    /// Scores the validation sample with all training edges as messages, through the sampler's own eyes; where training
    /// may end early, ranks the validation links, too.
    fn validate(&self, parameters: &Parameters) -> Result<Option<Validation>, ModelError> {
        let Some(sample) = &self.validation else { return Ok(None) };
        let mut ends = None;
        if self.config.patience > 0 || matches!(self.config.sampler, Sampler::Full { .. }) {
            ends = Some(self.fitted_ends(parameters, self.whole()));
        }
        let scores = match (&self.config.sampler, &ends) {
            (Sampler::Neighbor { fanouts, validation_batch, .. }, _) => {
                self.sampled_scores(parameters, sample, fanouts, *validation_batch)
            }
            (Sampler::Full { .. }, Some(ends)) => sample.pairs.iter().map(|pair| ends.score(*pair)).collect(),
            (Sampler::Full { .. }, None) => unreachable!("the whole graph was propagated"),
        };
        let mrr = match &ends {
            Some(ends) if self.config.patience > 0 => {
                self.view.validation_mrr(|target, out| ends.score_targets(target..target + 1, out))
            }
            _ => None,
        };
        let metrics = BinaryMetrics::new(&scores, &sample.labels)?;
        Ok(metrics.auroc.zip(metrics.average_precision).map(|(auroc, ap)| Validation { auroc, ap, mrr }))
    }

    fn sampled_scores(
        &self,
        parameters: &Parameters,
        sample: &LabelledPairs,
        fanouts: &[usize],
        validation_batch: usize,
    ) -> Vec<f32> {
        let tensors: Vec<Tensor<2>> =
            parameters.tensors.iter().map(|tensor| tensor.clone().inner()).collect();
        let draw = |batch: usize| {
            let range = batch * validation_batch..sample.len().min((batch + 1) * validation_batch);
            let pairs = sample.pairs[range].to_vec();
            let neighbors = stream(self.budget.seed, "validation neighbors", &[batch as u64]);
            (PairBatch { pairs, ..PairBatch::default() }, neighbors)
        };
        let source = BatchSource {
            graph: &self.graph,
            slots: &self.network.slots,
            fanouts,
            ends: self.network.ends,
            plain: self.network.is_plain(),
            batches: sample.len().div_ceil(validation_batch),
            draw: &draw,
        };
        let (ControlFlow::Continue(all) | ControlFlow::Break(all)) =
            source.try_fold(self.samplers, Vec::with_capacity(sample.len()), |mut scores, minibatch| {
                let Minibatch { propagation, pairs, nodes, batch, .. } = minibatch;
                let nodes = nodes.as_ref().map(|(sources, targets)| (sources.as_slice(), targets.as_slice()));
                let table = self.network.embed(&tensors, &propagation, None);
                let logits = self.network.logits(&tensors, table, &propagation, &pairs, &batch.pairs, nodes);
                scores.extend(floats(logits));
                ControlFlow::Continue(scores)
            });
        all
    }
}

/// What training changes.
pub(super) struct State {
    pub(super) parameters: Parameters,
    pub(super) optimizer: AdamW,
}

/// The training edges of an epoch in their two roles.
pub(super) struct DividedEdges {
    supervision: Vec<Pair>,
    /// The edges that supervise of each relation that is learned together with the target.
    auxiliary: Vec<Vec<Pair>>,
    messages: Arc<MessageGraph>,
    /// A pass over all message edges, made where it is asked for.
    whole: OnceLock<Propagation>,
}

impl DividedEdges {
    fn whole(&self, network: &Network) -> &Propagation {
        self.whole.get_or_init(|| network.whole(&self.messages))
    }
}

/// What an epoch made of the parameters.
pub(super) struct EpochResult {
    pub(super) state: State,
    /// Mean over the steps taken; `None` where a stop came before the first.
    pub(super) loss: Option<f64>,
    pub(super) interrupted: bool,
}

/// One epoch: its edges and its draws.
pub(super) struct EpochPass<'a> {
    pub(super) the_loop: &'a Loop<'a>,
    pub(super) epoch: usize,
    pub(super) division: &'a DividedEdges,
    /// What hard negatives are chosen by.
    pub(super) hard: Option<FittedEnds>,
}

impl EpochPass<'_> {
    /// The supervision pairs in the epoch's order.
    fn shuffled(&self) -> Vec<Pair> {
        let mut positives = self.division.supervision.clone();
        positives.shuffle(&mut stream(self.the_loop.budget.seed, "epoch order", &[self.epoch as u64]));
        positives
    }

    /// The positives of a batch with their negatives.
    fn with_negatives(&self, batch: usize, positives: &[Pair]) -> PairBatch {
        let Loop { config, budget, negatives, .. } = self.the_loop;
        if matches!(config.loss, Loss::WholeMatrix { .. }) {
            return PairBatch { pairs: positives.to_vec(), positives: positives.len(), log_odds: Vec::new() };
        }
        let mut draws = stream(budget.seed, "training negatives", &[self.epoch as u64, batch as u64]);
        let score = |pair: Pair| self.hard.as_ref().map_or(0.0, |ends| ends.score(pair));
        let Drawn { pairs, log_odds } = negatives.draw(positives, config.negative_ratio, &score, &mut draws);
        let all = [positives, &pairs].concat();
        PairBatch { pairs: all, positives: positives.len(), log_odds }
    }

    fn neighbor(&self, fanouts: &[usize], batch_size: usize, state: State) -> EpochResult {
        let positives = self.shuffled();
        let batches = positives.len().div_ceil(batch_size);
        let Loop { network, budget, samplers, .. } = self.the_loop;
        let source = BatchSource {
            graph: &self.division.messages,
            slots: &network.slots,
            fanouts,
            ends: network.ends,
            plain: network.is_plain(),
            batches,
            draw: &|batch| {
                let end = positives.len().min((batch + 1) * batch_size);
                let pairs = self.with_negatives(batch, &positives[batch * batch_size..end]);
                (pairs, stream(budget.seed, "training neighbors", &[self.epoch as u64, batch as u64]))
            },
        };
        let steps = Steps::new(self, batches, state);
        Steps::finish(source.try_fold(*samplers, steps, |steps, minibatch| steps.take(&minibatch)))
    }

    fn full(&self, batch_size: usize, state: State) -> EpochResult {
        let network = &self.the_loop.network;
        let propagation = self.division.whole(network);
        let positives = self.shuffled();
        // Equal batches: a small last one would weigh as much as the others in Adam's moments.
        let batches = positives.len().div_ceil(batch_size);
        let batch_size = positives.len().div_ceil(batches);
        let starts = starts(propagation, network.ends, network.is_plain());
        let mut steps = Steps::new(self, batches, state);
        for (place, positives) in positives.chunks(batch_size).enumerate() {
            let batch = self.with_negatives(place, positives);
            let rows = batch.pairs.iter().map(|pair| (pair.source, pair.target));
            let pairs = EndPairs::new(rows, starts);
            let auxiliary = auxiliary::of_step(&self.division.auxiliary, place, batches, batch_size);
            let propagation = propagation.clone();
            let minibatch = Minibatch { propagation, pairs, auxiliary, nodes: None, batch };
            match steps.take(&minibatch) {
                ControlFlow::Continue(next) => steps = next,
                stopped @ ControlFlow::Break(_) => return Steps::finish(stopped),
            }
        }
        Steps::finish(ControlFlow::Continue(steps))
    }
}
