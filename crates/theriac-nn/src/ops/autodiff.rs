//! The backward passes of the operators on the CPU backend.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Flex};

use crate::kernels::{self, AdamStep, PairRows};
use crate::ops::flex::{Values, columns, tensor};
use crate::ops::input::{self, GatheredFeatures};
use crate::ops::sage::{self, Collected};
use crate::ops::{GraphOps, InputRows, SageGeometry};

#[derive(Debug)]
struct InputBackward;

impl Backward<Flex, 3> for InputBackward {
    type State = (Arc<InputRows>, GatheredFeatures);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<Flex>(&ops.node);
        let hidden = columns(&gradient);
        let (rows, gathered) = ops.state;
        let (embedding, weight, bias) = input::backward(&rows, &gathered, &Values::new(&gradient), hidden);
        for (parent, values) in ops.parents.iter().zip([embedding, weight, bias]) {
            if let Some(parent) = parent {
                let shape = [values.len() / hidden, hidden];
                grads.register::<Flex>(parent.id, tensor(values, shape));
            }
        }
    }
}

#[derive(Debug)]
struct SageBackward;

#[derive(Clone, Debug)]
struct SageState {
    geometry: SageGeometry,
    collected: Collected,
    weight: FlexTensor,
    output: FlexTensor,
    dim: usize,
}

impl Backward<Flex, 3> for SageBackward {
    type State = SageState;

    fn backward(self, ops: Ops<SageState, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let SageState { geometry, collected, weight, output, dim } = ops.state;
        let gradient = grads.consume::<Flex>(&ops.node);
        let hidden = columns(&gradient);
        let (gradient, output) = (Values::new(&gradient), Values::new(&output));
        let output = geometry.relu.then_some(&*output);
        let (input, weight, bias) =
            sage::backward(&geometry, &collected, output, &gradient, dim, &Values::new(&weight), hidden);
        for (parent, (values, columns)) in
            ops.parents.iter().zip([(input, dim), (weight, hidden), (bias, hidden)])
        {
            if let Some(parent) = parent {
                let shape = [values.len() / columns, columns];
                grads.register::<Flex>(parent.id, tensor(values, shape));
            }
        }
    }
}

#[derive(Debug)]
struct PairDotBackward;

impl Backward<Flex, 1> for PairDotBackward {
    type State = (Arc<PairRows>, FlexTensor);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let (pairs, table) = ops.state;
        let gradient = Values::new(&grads.consume::<Flex>(&ops.node));
        let width = columns(&table);
        if let [Some(parent)] = &ops.parents {
            let values = kernels::pair_dot_backward(&pairs, &Values::new(&table), width, &gradient);
            let shape = [values.len() / width, width];
            grads.register::<Flex>(parent.id, tensor(values, shape));
        }
    }
}

impl<C: CheckpointStrategy> GraphOps for Autodiff<Flex, C> {
    fn input_layer(
        embedding: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        rows: Arc<InputRows>,
    ) -> FloatTensor<Self> {
        let (embedding, embedding_node) = embedding.into_parts();
        let (weight, weight_node) = weight.into_parts();
        let (bias, bias_node) = bias.into_parts();
        let hidden = columns(&embedding);
        let nodes = [embedding_node, weight_node, bias_node];
        let (values, gathered) = input::forward(
            &rows,
            &Values::new(&embedding),
            &Values::new(&weight),
            &Values::new(&bias),
            hidden,
        );
        let output = tensor(values, [rows.len(), hidden]);
        match InputBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish((rows, gathered), output),
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }

    fn sage_layer(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        geometry: SageGeometry,
    ) -> FloatTensor<Self> {
        let (input, input_node) = input.into_parts();
        let (weight, weight_node) = weight.into_parts();
        let (bias, bias_node) = bias.into_parts();
        let (dim, hidden) = (columns(&input), columns(&weight));
        let (values, collected) = sage::forward(
            &geometry,
            &Values::new(&input),
            dim,
            &Values::new(&weight),
            &Values::new(&bias),
            hidden,
        );
        let output = tensor(values, [geometry.block.targets(), hidden]);
        match SageBackward.prepare::<C>([input_node, weight_node, bias_node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let state = SageState { geometry, collected, weight, output: output.clone(), dim };
                prep.finish(state, output)
            }
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }

    fn pair_dot(table: FloatTensor<Self>, pairs: Arc<PairRows>) -> FloatTensor<Self> {
        let (table, node) = table.into_parts();
        let output = Flex::pair_dot(table.clone(), Arc::clone(&pairs));
        match PairDotBackward.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish((pairs, table), output),
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }

    fn adam(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let [parameter, gradient, first, second] =
            [parameter, gradient, first, second].map(<Self as AutodiffBackend>::inner);
        let (parameter, first, second) = Flex::adam(parameter, gradient, first, second, step);
        let constant = <Self as AutodiffBackend>::from_inner;
        (constant(parameter), constant(first), constant(second))
    }
}
