//! Pretraining: the encoder learns to tell edges of every relation from chance before it learns the target, as TxGNN's does
//! (Huang et al. 2024).

use std::ops::ControlFlow;

use burn::tensor::Tensor;
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use theriac_link::{Event, Pair, stream};
use theriac_nn::Propagation;

use crate::gnn::auxiliary::{EdgeLoss, divide, of_step};
use crate::gnn::training::{Loop, State};

/// One epoch over supervision edges of all relations, in as many steps as an epoch over those of the target takes. A relation
/// gives at most a batch of its edges to a step. Breaks off where a stop is asked for.
pub(super) fn epoch(
    the_loop: &Loop<'_>,
    epoch: usize,
    batch: usize,
    mut state: State,
) -> ControlFlow<State, State> {
    let Loop { config, view, network, budget, .. } = the_loop;
    let key = [epoch as u64];
    let mut draws = stream(budget.seed, "pretraining", &key);
    let all: Vec<usize> = (0..view.graph().relations().len()).collect();
    let (mut supervision, messages) = divide(view.graph(), &all, config.supervision, draws.random());
    for edges in &mut supervision {
        edges.shuffle(&mut draws);
    }
    let propagation = network.every_node(&the_loop.graph.with_edges(&messages));
    let of_target = config.supervision * view.train_pairs().len() as f64;
    let steps = (of_target / batch as f64).ceil().max(1.0) as usize;
    budget.observer.report(&Event::Stage {
        name: "pretraining on every relation".into(),
        stage: epoch + 1,
        stages: config.pretraining,
    });
    for step in 0..steps {
        if budget.observer.stop_requested() {
            return ControlFlow::Break(state);
        }
        let positives = of_step(&supervision, step, steps, batch);
        let loss = loss_of(the_loop, &propagation, &positives, &state, &mut draws);
        let Some(loss) = loss else { continue };
        let gradients = loss.backward();
        state.optimizer.step(config.learning_rate, &mut state.parameters.tensors, &gradients);
    }
    ControlFlow::Continue(state)
}

/// Mean over relations of the loss of some of their edges. `None` where no relation has any.
fn loss_of(
    the_loop: &Loop<'_>,
    propagation: &Propagation,
    positives: &[Vec<Pair>],
    state: &State,
    mut draws: &mut (impl Rng + 'static),
) -> Option<Tensor<1>> {
    let Loop { config, view, network, .. } = the_loop;
    let parameters = &state.parameters.tensors;
    let table = network.embed(parameters, propagation, Some(&mut draws as &mut dyn Rng));
    let (graph, ratio) = (view.graph(), config.negative_ratio);
    let of = EdgeLoss { network, parameters, graph, propagation, table: &table, ratio };
    let each = positives.iter().enumerate();
    let losses: Vec<Tensor<1>> = each.filter_map(|(place, edges)| of.of(place, edges, draws)).collect();
    let count = losses.len() as f32;
    Some(losses.into_iter().reduce(|a, b| a + b)? / count)
}
