//! GraphSAGE, GCN and R-GCN: weighed sums through a linear layer of their relation, all in one operator.

use std::sync::Arc;

use burn::tensor::Tensor;

use crate::conv::{Convolution, LayerPass, of_types, slice};
use crate::message_graph::MessageGraph;
use crate::ops::{SageGeometry, sage_layer};
use crate::parameters::{Initial, Stack};

/// A weighed sum over each relation, and the node itself, each through a linear layer; how messages weigh is with the edges.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slotted {
    /// From how many bases the relations' weights are combined; each has its own weights otherwise.
    pub bases: Option<usize>,
}

impl Convolution for Slotted {
    /// Without bases: weights `[slots * hidden, hidden]` in the order of [`crate::SlotLayout`]. With them: the weight of
    /// each basis in each relation `[relations, bases]`, the bases `[bases, hidden * hidden]`, and the nodes' own weights
    /// `[types * hidden, hidden]`. Then a bias `[types, hidden]`.
    fn stacks(&self, graph: &MessageGraph, layer: &str, hidden: usize) -> Vec<Stack> {
        let linear = Initial::linear(hidden);
        let own: Vec<String> = of_types(graph, layer, "self.weight").collect();
        let bias = Stack {
            columns: hidden,
            parts: of_types(graph, layer, "bias").map(|name| (name, 1, linear)).collect(),
        };
        let Some(bases) = self.bases else {
            let mut weights = Vec::new();
            for (place, own) in own.into_iter().enumerate() {
                let received = graph.relations.iter().filter(|relation| relation.target == place);
                weights.extend(received.map(|r| (format!("{layer}.{}.weight", r.name), hidden, linear)));
                weights.push((own, hidden, linear));
            }
            return vec![Stack { columns: hidden, parts: weights }, bias];
        };
        // A relation's weights begin with the variance that they would have by themselves.
        let share = Initial::Uniform((3.0 / bases as f32).sqrt());
        let shares = graph.relations.iter().map(|r| (format!("{layer}.{}.bases", r.name), 1, share));
        vec![
            Stack { columns: bases, parts: shares.collect() },
            Stack::single(format!("{layer}.bases"), bases, hidden * hidden, linear),
            Stack { columns: hidden, parts: own.into_iter().map(|name| (name, hidden, linear)).collect() },
            bias,
        ]
    }

    fn forward(&self, weights: &[Tensor<2>], input: Tensor<2>, pass: &LayerPass<'_>) -> Tensor<2> {
        let bias = weights[weights.len() - 1].clone();
        let weight = match self.bases {
            None => weights[0].clone(),
            Some(_) => combined(weights, pass),
        };
        let geometry =
            SageGeometry { block: Arc::clone(pass.block), slots: Arc::clone(pass.slots), relu: pass.rectify };
        sage_layer(input, weight, bias, geometry)
    }
}

/// The weights of all slots, `[slots * hidden, hidden]`, combined from the bases.
fn combined(weights: &[Tensor<2>], pass: &LayerPass<'_>) -> Tensor<2> {
    let [shares, bases, own, _] = weights else { unreachable!("a layer with bases has four parameters") };
    let hidden = own.dims()[1];
    let relations = &pass.block.relations;
    let by_relation = (!relations.is_empty()).then(|| {
        let combined = shares.clone().matmul(bases.clone());
        combined.reshape([relations.len() * hidden, hidden])
    });
    let mut slots = Vec::with_capacity(pass.slots.slots());
    for node_type in 0..pass.block.target_rows.len() - 1 {
        let received = relations.iter().enumerate().filter(|(_, relation)| relation.target == node_type);
        for (place, _) in received {
            slots.extend(by_relation.as_ref().map(|all| slice(all, place * hidden..(place + 1) * hidden)));
        }
        slots.push(slice(own, node_type * hidden..(node_type + 1) * hidden));
    }
    Tensor::cat(slots, 0)
}
