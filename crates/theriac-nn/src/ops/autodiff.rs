//! The backward passes of the operators on the CPU backend.

use std::fmt;
use std::sync::Arc;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, NodeGuard, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Flex};

use crate::edges::EdgeIndex;
use crate::kernels::{self, AdamStep, Additive, Heads, PairRows};
use crate::ops::flex::{Values, columns, propagate_backward, tensor};
use crate::ops::{GraphOps, InputRows, SageGeometry, input, sage};

/// From the gradient of an operator's output to those of its inputs, row by row.
type Pulled<const N: usize> = dyn Fn(&[f32]) -> [Vec<f32>; N] + Send + Sync;

#[derive(Clone)]
struct Pullback<const N: usize> {
    pull: Arc<Pulled<N>>,
    /// Columns of each input.
    columns: [usize; N],
}

impl<const N: usize> fmt::Debug for Pullback<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pullback").field("columns", &self.columns).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Pull;

impl<const N: usize> Backward<Flex, N> for Pull {
    type State = Pullback<N>;

    fn backward(self, ops: Ops<Self::State, N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = Values::new(&grads.consume::<Flex>(&ops.node));
        let Pullback { pull, columns } = ops.state;
        for ((parent, values), columns) in ops.parents.iter().zip(pull(&gradient)).zip(columns) {
            if let Some(parent) = parent {
                let shape = [values.len() / columns, columns];
                grads.register::<Flex>(parent.id, tensor(values, shape));
            }
        }
    }
}

/// The output of an operator, with the way back to its inputs.
fn tracked<C: CheckpointStrategy, const N: usize>(
    nodes: [NodeGuard; N],
    columns: [usize; N],
    output: FlexTensor,
    pull: impl Fn(&[f32]) -> [Vec<f32>; N] + Send + Sync + 'static,
) -> FloatTensor<Autodiff<Flex, C>> {
    match Pull.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(prep) => prep.finish(Pullback { pull: Arc::new(pull), columns }, output),
        OpsKind::UnTracked(prep) => prep.finish(output),
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
        let (embedding, weight, bias) = (Values::new(&embedding), Values::new(&weight), Values::new(&bias));
        let (values, gathered) = input::forward(&rows, &embedding, &weight, &bias, hidden);
        let output = tensor(values, [rows.len(), hidden]);
        tracked::<C, 3>(nodes, [hidden; 3], output, move |gradient| {
            let (embedding, weight, bias) = input::backward(&rows, &gathered, gradient, hidden);
            [embedding, weight, bias]
        })
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
        let (input, weight, bias) = (Values::new(&input), Values::new(&weight), Values::new(&bias));
        let (values, collected) = sage::forward(&geometry, &input, dim, &weight, &bias, hidden);
        let output = tensor(values, [geometry.block.targets(), hidden]);
        let nodes = [input_node, weight_node, bias_node];
        let result = output.clone();
        tracked::<C, 3>(nodes, [dim, hidden, hidden], output, move |gradient| {
            let result = Values::new(&result);
            let result = geometry.relu.then_some(&*result);
            let (input, weight) = ((&*input, dim), (&*weight, hidden));
            let back = sage::backward(&geometry, input, &collected, result, gradient, weight);
            [back.input, back.weight, back.bias]
        })
    }

    fn pair_dot(table: FloatTensor<Self>, pairs: Arc<PairRows>) -> FloatTensor<Self> {
        let (table, node) = table.into_parts();
        let width = columns(&table);
        let output = Flex::pair_dot(table.clone(), Arc::clone(&pairs));
        tracked::<C, 1>([node], [width], output, move |gradient| {
            [kernels::pair_dot_backward(&pairs, &Values::new(&table), width, gradient)]
        })
    }

    fn propagate(input: FloatTensor<Self>, edges: Arc<EdgeIndex>) -> FloatTensor<Self> {
        let (input, node) = input.into_parts();
        let dim = columns(&input);
        let output = Flex::propagate(input, Arc::clone(&edges));
        tracked::<C, 1>([node], [dim], output, move |gradient| [propagate_backward(&edges, gradient, dim)])
    }

    fn max_pool(input: FloatTensor<Self>, edges: Arc<EdgeIndex>) -> FloatTensor<Self> {
        let (input, node) = input.into_parts();
        let dim = columns(&input);
        let (greatest, from) = kernels::max_pool(&edges, dim, &Values::new(&input));
        let output = tensor(greatest, [edges.receivers(), dim]);
        tracked::<C, 1>([node], [dim], output, move |gradient| {
            [kernels::max_pool_backward(&edges, dim, &from, gradient)]
        })
    }

    fn edge_dot(
        queries: FloatTensor<Self>,
        keys: FloatTensor<Self>,
        edges: Arc<EdgeIndex>,
        heads: Heads,
    ) -> FloatTensor<Self> {
        let (queries, query_node) = queries.into_parts();
        let (keys, key_node) = keys.into_parts();
        let (queries, keys) = (Values::new(&queries), Values::new(&keys));
        let logits = kernels::edge_dot(&edges, heads, &queries, &keys);
        let output = tensor(logits, [edges.len(), heads.heads]);
        tracked::<C, 2>([query_node, key_node], [heads.columns(); 2], output, move |gradient| {
            kernels::edge_dot_backward(&edges, heads, &queries, &keys, gradient)
        })
    }

    fn edge_additive(
        left: FloatTensor<Self>,
        right: FloatTensor<Self>,
        attention: FloatTensor<Self>,
        edges: Arc<EdgeIndex>,
        heads: Heads,
    ) -> FloatTensor<Self> {
        let (left, left_node) = left.into_parts();
        let (right, right_node) = right.into_parts();
        let (attention, attention_node) = attention.into_parts();
        let (left, right, attention) = (Values::new(&left), Values::new(&right), Values::new(&attention));
        let tables = Additive { left: &left, right: &right, attention: &attention };
        let output = tensor(kernels::edge_additive(&edges, heads, tables), [edges.len(), heads.heads]);
        let nodes = [left_node, right_node, attention_node];
        tracked::<C, 3>(nodes, [heads.columns(); 3], output, move |gradient| {
            let tables = Additive { left: &left, right: &right, attention: &attention };
            kernels::edge_additive_backward(&edges, heads, tables, gradient)
        })
    }

    fn softmax_sum(
        logits: FloatTensor<Self>,
        values: FloatTensor<Self>,
        edges: Arc<EdgeIndex>,
        heads: Heads,
    ) -> FloatTensor<Self> {
        let (logits, logit_node) = logits.into_parts();
        let (values, value_node) = values.into_parts();
        let (logits, values) = (Values::new(&logits), Values::new(&values));
        let (shares, sums) = kernels::softmax_sum(&edges, heads, &logits, &values);
        let output = tensor(sums, [edges.receivers(), heads.columns()]);
        let nodes = [logit_node, value_node];
        tracked::<C, 2>(nodes, [heads.heads, heads.columns()], output, move |gradient| {
            kernels::softmax_sum_backward(&edges, heads, &shares, &values, gradient)
        })
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
