//! The optimiser steps of one epoch.

use std::ops::ControlFlow;
use std::time::Instant;

use burn::tensor::{Tensor, TensorData};
use rand::Rng;
use theriac_link::{Event, stream};
use theriac_nn::{Loss, Propagation, binary_cross_entropy_with_logits, floats, whole_matrix};

use crate::gnn::auxiliary::EdgeLoss;
use crate::gnn::batches::Minibatch;
use crate::gnn::training::{EpochPass, EpochResult, Loop, State};

/// The optimiser steps of one epoch.
pub(super) struct Steps<'a> {
    pass: &'a EpochPass<'a>,
    planned: usize,
    done: usize,
    state: State,
    loss: f64,
    messages: usize,
    started: Instant,
}

impl<'a> Steps<'a> {
    pub(super) fn new(pass: &'a EpochPass<'a>, planned: usize, state: State) -> Self {
        Self { pass, planned, done: 0, state, loss: 0.0, messages: 0, started: Instant::now() }
    }

    /// One step: forward, backward, update. Breaks off when a stop is asked for.
    pub(super) fn take(mut self, minibatch: &Minibatch) -> ControlFlow<Self, Self> {
        let Loop { budget, config, .. } = self.pass.the_loop;
        if budget.observer.stop_requested() {
            return ControlFlow::Break(self);
        }
        let loss = self.loss_of(minibatch);
        self.loss += f64::from(floats(loss.clone())[0]);
        let gradients = loss.backward();
        let steps = config.epochs * self.planned;
        let step = self.pass.epoch * self.planned + self.done;
        let rate = config.learning_rate * config.schedule.factor(step, steps, config.warmup);
        self.state.optimizer.step(rate, &mut self.state.parameters.tensors, &gradients);
        self.done += 1;
        self.messages += minibatch.propagation.messages();
        budget.observer.report(&Event::Step {
            epoch: self.pass.epoch + 1,
            epochs: config.epochs,
            step: self.done,
            steps: self.planned,
            loss: self.loss / self.done as f64,
            messages_per_second: self.messages as f64 / self.started.elapsed().as_secs_f64(),
        });
        ControlFlow::Continue(self)
    }

    /// The loss of the target's pairs, and of the edges of relations that are learned together with it.
    fn loss_of(&self, minibatch: &Minibatch) -> Tensor<1> {
        let Loop { budget, config, network, edge_dropout, view, .. } = self.pass.the_loop;
        let propagation = &minibatch.propagation;
        let mut noise = stream(budget.seed, "dropout", &[self.pass.epoch as u64, self.done as u64]);
        let thinned;
        let propagation = if *edge_dropout == (0.0, 0.0) {
            propagation
        } else {
            thinned = propagation.thinned(edge_dropout.0, edge_dropout.1, &mut noise);
            &thinned
        };
        let parameters = &self.state.parameters.tensors;
        let table = network.embed(parameters, propagation, Some(&mut noise as &mut dyn Rng));
        let key = [self.pass.epoch as u64, self.done as u64];
        let mut draws = stream(budget.seed, "negatives of auxiliary relations", &key);
        let (graph, ratio) = (view.graph(), config.negative_ratio);
        let of = EdgeLoss { network, parameters, graph, propagation, table: &table, ratio };
        let mut loss = self.loss_of_target(minibatch, table.clone(), propagation);
        for (&(place, weight), edges) in network.auxiliary.iter().zip(&minibatch.auxiliary) {
            if let Some(of_relation) = of.of(place, edges, &mut draws) {
                loss = loss + of_relation * weight;
            }
        }
        loss
    }

    fn loss_of_target(
        &self,
        minibatch: &Minibatch,
        table: Tensor<2>,
        propagation: &Propagation,
    ) -> Tensor<1> {
        let Loop { config, network, device, .. } = self.pass.the_loop;
        let Minibatch { pairs, nodes, batch, .. } = minibatch;
        let parameters = &self.state.parameters.tensors;
        let nodes = nodes.as_ref().map(|(sources, targets)| (sources.as_slice(), targets.as_slice()));
        if let Loss::WholeMatrix { unknown_weight } = config.loss {
            let ends = network.decode(parameters, &table, propagation, nodes);
            let known = network.logits(parameters, table, propagation, pairs, &batch.pairs, nodes);
            return whole_matrix(ends.sources, ends.targets, known, unknown_weight);
        }
        let logits = network.logits(parameters, table, propagation, pairs, &batch.pairs, nodes);
        let positives = batch.positives;
        let negatives = pairs.len() - positives;
        if config.loss == Loss::CrossEntropy {
            let labels = (0..pairs.len()).map(|place| f32::from(u8::from(place < positives))).collect();
            let labels: Vec<f32> = labels;
            let labels = Tensor::from_data(TensorData::new(labels, [pairs.len()]), device);
            return binary_cross_entropy_with_logits(logits, labels);
        }
        let shape = [positives, negatives / positives];
        let log_odds = Tensor::from_data(TensorData::new(batch.log_odds.clone(), shape), device);
        let of_negatives = logits.clone().narrow(0, positives, negatives).reshape(shape);
        config.loss.of_negatives(logits.narrow(0, 0, positives), of_negatives, Some(log_odds))
    }

    pub(super) fn finish(steps: ControlFlow<Self, Self>) -> EpochResult {
        let interrupted = steps.is_break();
        let (ControlFlow::Continue(steps) | ControlFlow::Break(steps)) = steps;
        let loss = (steps.done > 0).then(|| steps.loss / steps.done as f64);
        EpochResult { state: steps.state, loss, interrupted }
    }
}
