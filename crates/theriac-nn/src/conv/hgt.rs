//! The heterogeneous graph transformer.

use std::sync::Arc;

use burn::tensor::{Tensor, activation};

use crate::conv::{Convolution, LayerPass, of_types, rows_of, slice};
use crate::kernels::Heads;
use crate::message_graph::MessageGraph;
use crate::ops::{edge_dot, softmax_sum};
use crate::parameters::{Initial, Stack};

/// Attention over all neighbours of all relations at once (Hu et al. 2020): keys, queries and values by the type of the node,
/// turned by the relation; a learned weight for each relation and head; the output through a linear layer of the receiver's
/// type, mixed with the node's own row by a learned share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hgt {
    pub heads: usize,
}

impl Convolution for Hgt {
    /// Keys, queries, values and output, each `[types * hidden, hidden]`; their biases, `[types * 4, hidden]`; what turns keys
    /// and values, `[relations * heads * width, width]` each; weights of relations `[relations, heads]`; shares `[types, 1]`.
    fn stacks(&self, graph: &MessageGraph, layer: &str, hidden: usize) -> Vec<Stack> {
        let linear = Initial::linear(hidden);
        let heads = Heads { heads: self.heads, width: hidden / self.heads };
        let of_types = |what, rows, columns, initial| Stack {
            columns,
            parts: of_types(graph, layer, what).map(|name| (name, rows, initial)).collect(),
        };
        let of_relations = |what: &str, rows, columns, initial| Stack {
            columns,
            parts: graph
                .relations
                .iter()
                .map(|r| (format!("{layer}.{}.{what}", r.name), rows, initial))
                .collect(),
        };
        let turned = Initial::linear(heads.width);
        vec![
            of_types("key.weight", hidden, hidden, linear),
            of_types("query.weight", hidden, hidden, linear),
            of_types("value.weight", hidden, hidden, linear),
            of_types("output.weight", hidden, hidden, linear),
            of_types("biases", 4, hidden, linear),
            of_relations("key", heads.columns(), heads.width, turned),
            of_relations("value", heads.columns(), heads.width, turned),
            of_relations("prior", 1, heads.heads, Initial::Constant(1.0)),
            of_types("share", 1, 1, Initial::Constant(0.0)),
        ]
    }

    fn forward(&self, weights: &[Tensor<2>], input: Tensor<2>, pass: &LayerPass<'_>) -> Tensor<2> {
        let [keys, queries, values, outputs, biases, key_turns, value_turns, priors, shares] = weights else {
            unreachable!("a layer has nine parameters")
        };
        let block = pass.block;
        let hidden = keys.dims()[1];
        let heads = Heads { heads: self.heads, width: hidden / self.heads };
        let layer = |weights: &Tensor<2>, node_type: usize, bias: usize| {
            let weight = slice(weights, node_type * hidden..(node_type + 1) * hidden);
            Linear { weight, bias: slice(biases, 4 * node_type + bias..4 * node_type + bias + 1) }
        };
        let mut out = Vec::new();
        for node_type in 0..block.target_rows.len() - 1 {
            let rows = rows_of(&block.target_rows, node_type).len();
            if rows == 0 {
                continue;
            }
            let first = block.source_rows[node_type];
            let own = slice(&input, first..first + rows);
            let (mut sent_keys, mut sent_values) = (Vec::new(), Vec::new());
            for (place, relation) in block.relations.iter().enumerate() {
                if relation.target == node_type && relation.edges.senders() > 0 {
                    let senders = slice(&input, rows_of(&block.source_rows, relation.source));
                    let prior = slice(priors, place..place + 1) / (heads.width as f32).sqrt();
                    let key = layer(keys, relation.source, 0).turned(key_turns, place, heads, Some(prior));
                    sent_keys.push(key.of(senders.clone()));
                    let value = layer(values, relation.source, 2).turned(value_turns, place, heads, None);
                    sent_values.push(value.of(senders));
                }
            }
            let mixed = if sent_keys.is_empty() {
                own
            } else {
                let edges = block.joined_by_relation(node_type);
                let query = layer(queries, node_type, 1).of(own.clone());
                let logits = edge_dot(query, Tensor::cat(sent_keys, 0), Arc::clone(&edges), heads);
                let sum = softmax_sum(logits, Tensor::cat(sent_values, 0), edges, heads);
                let output = layer(outputs, node_type, 3).of(activation::gelu(sum));
                let share = activation::sigmoid(slice(shares, node_type..node_type + 1));
                output * share.clone() + own * (share.neg() + 1.0)
            };
            out.push(if pass.rectify { activation::relu(mixed) } else { mixed });
        }
        Tensor::cat(out, 0)
    }
}

/// A linear layer: `[hidden, hidden]` and `[1, hidden]`.
struct Linear {
    weight: Tensor<2>,
    bias: Tensor<2>,
}

impl Linear {
    fn of(self, rows: Tensor<2>) -> Tensor<2> {
        rows.matmul(self.weight) + self.bias
    }

    /// The layer after which each head is turned by the relation's matrix of that head, and scaled. It is the layer that is
    /// turned: it mostly has far fewer rows than there are senders.
    fn turned(self, turns: &Tensor<2>, place: usize, heads: Heads, scale: Option<Tensor<2>>) -> Self {
        let rows = Tensor::cat(vec![self.weight, self.bias], 0);
        let [count, columns] = rows.dims();
        let Heads { heads: number, width } = heads;
        let turns: Tensor<3> =
            slice(turns, place * columns..(place + 1) * columns).reshape([number, width, width]);
        let turned = rows.reshape([count, number, width]).swap_dims(0, 1).matmul(turns);
        let turned = match scale {
            Some(scale) => turned * scale.reshape([number, 1, 1]),
            None => turned,
        };
        let turned: Tensor<2> = turned.swap_dims(0, 1).reshape([count, columns]);
        Self { weight: slice(&turned, 0..count - 1), bias: slice(&turned, count - 1..count) }
    }
}
