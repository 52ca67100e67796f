//! Convolutions that look at each relation by itself, and then at what all relations brought.

use std::sync::Arc;

use burn::tensor::{Tensor, activation};

use crate::block::BlockRelation;
use crate::conv::{Convolution, LayerPass, RelationAggregation, of_types, rows_of, slice};
use crate::kernels::Heads;
use crate::message_graph::MessageGraph;
use crate::ops::{edge_additive, max_pool, propagate, softmax_sum};
use crate::parameters::{Initial, Stack};

/// Width of the attention among relations.
const RELATION_ATTENTION: usize = 32;

/// How the neighbours over one relation become one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Messages {
    /// A weighed sum through a linear layer.
    Linear,
    /// The maximum through a linear layer.
    Max,
    /// A sum weighed by attention.
    Attention { heads: usize },
}

/// One row from each relation; then their sum, mean or weighed sum, with the node itself through a linear layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RelationWise {
    pub messages: Messages,
    pub relations: RelationAggregation,
}

impl Convolution for RelationWise {
    /// For senders `[relations * hidden, hidden]`; for the nodes themselves `[types * hidden, hidden]`, bias `[types, hidden]`.
    /// With attention over neighbours: for receivers `[relations * hidden, hidden]`, and what weighs the sums, `[relations *
    /// 2, hidden]`. With attention among relations: its layer `[hidden, width]`, bias `[1, width]` and query `[1, width]`.
    fn stacks(&self, graph: &MessageGraph, layer: &str, hidden: usize) -> Vec<Stack> {
        let linear = Initial::linear(hidden);
        let of_relations = |what: &str, rows, columns, initial| Stack {
            columns,
            parts: graph
                .relations
                .iter()
                .map(|r| (format!("{layer}.{}.{what}", r.name), rows, initial))
                .collect(),
        };
        let of_types = |what, rows| Stack {
            columns: hidden,
            parts: of_types(graph, layer, what).map(|name| (name, rows, linear)).collect(),
        };
        let mut stacks = vec![
            of_relations("weight", hidden, hidden, linear),
            of_types("self.weight", hidden),
            of_types("bias", 1),
        ];
        if let Messages::Attention { heads } = self.messages {
            let attention = Initial::Uniform((6.0 / (1.0 + (hidden / heads.max(1)) as f32)).sqrt());
            stacks.push(of_relations("receiver.weight", hidden, hidden, linear));
            stacks.push(of_relations("attention", 2, hidden, attention));
        }
        if self.relations == RelationAggregation::Attention {
            let part = |what, rows, initial| {
                Stack::single(format!("{layer}.relations.{what}"), rows, RELATION_ATTENTION, initial)
            };
            stacks.push(part("weight", hidden, linear));
            stacks.push(part("bias", 1, Initial::Constant(0.0)));
            stacks.push(part("query", 1, Initial::linear(RELATION_ATTENTION)));
        }
        stacks
    }

    fn forward(&self, weights: &[Tensor<2>], input: Tensor<2>, pass: &LayerPass<'_>) -> Tensor<2> {
        let block = pass.block;
        let hidden = weights[1].dims()[1];
        let mut out = Vec::new();
        for node_type in 0..block.target_rows.len() - 1 {
            let rows = rows_of(&block.target_rows, node_type).len();
            if rows == 0 {
                continue;
            }
            let first = block.source_rows[node_type];
            let own = slice(&input, first..first + rows);
            let own_weight = slice(&weights[1], node_type * hidden..(node_type + 1) * hidden);
            let mut sum = own.clone().matmul(own_weight) + slice(&weights[2], node_type..node_type + 1);
            let received = block.relations.iter().enumerate().filter(|(_, r)| r.target == node_type);
            let received: Vec<Tensor<2>> = received
                .filter(|(_, relation)| !relation.edges.is_empty())
                .map(|(place, relation)| {
                    let senders = slice(&input, rows_of(&block.source_rows, relation.source));
                    self.messages.gather(weights, place, relation, senders, &own)
                })
                .collect();
            if !received.is_empty() {
                sum = sum + self.combine(weights, received);
            }
            out.push(if pass.rectify { activation::relu(sum) } else { sum });
        }
        Tensor::cat(out, 0)
    }
}

impl Messages {
    /// What the target rows receive over a relation: `[target rows of its type, hidden]`.
    fn gather(
        self,
        weights: &[Tensor<2>],
        place: usize,
        relation: &BlockRelation,
        senders: Tensor<2>,
        own: &Tensor<2>,
    ) -> Tensor<2> {
        let hidden = weights[0].dims()[1];
        let rows = place * hidden..(place + 1) * hidden;
        let weight = slice(&weights[0], rows.clone());
        let edges = Arc::clone(&relation.edges);
        match self {
            Self::Linear => propagate(senders, edges).matmul(weight),
            Self::Max => max_pool(senders, edges).matmul(weight),
            Self::Attention { heads } => {
                let heads = Heads { heads, width: hidden / heads };
                let left = senders.matmul(weight);
                let right = own.clone().matmul(slice(&weights[3], rows));
                let attention = slice(&weights[4], 2 * place..2 * place + 2);
                let logits = edge_additive(left.clone(), right, attention, Arc::clone(&edges), heads);
                softmax_sum(logits, left, edges, heads)
            }
        }
    }
}

impl RelationWise {
    /// One row from those of all relations of a type.
    fn combine(&self, weights: &[Tensor<2>], received: Vec<Tensor<2>>) -> Tensor<2> {
        let count = received.len();
        let sum = |rows: Vec<Tensor<2>>| {
            rows.into_iter().reduce(|sum, rows| sum + rows).unwrap_or_else(|| unreachable!("not empty"))
        };
        match self.relations {
            RelationAggregation::Sum => sum(received),
            // Linear messages are weighed so that they average.
            RelationAggregation::Mean if self.messages == Messages::Linear => sum(received),
            RelationAggregation::Mean => sum(received) / count as f32,
            RelationAggregation::Attention => {
                let [.., weight, bias, query] = weights else {
                    unreachable!("attention among relations has three parameters")
                };
                let logits = received.iter().map(|rows| {
                    let hidden = (rows.clone().matmul(weight.clone()) + bias.clone()).tanh();
                    (hidden * query.clone()).sum_dim(1).mean_dim(0)
                });
                let shares = activation::softmax(Tensor::cat(logits.collect(), 1), 1);
                let weighed = received.into_iter().enumerate();
                sum(weighed.map(|(place, rows)| rows * shares.clone().narrow(1, place, 1)).collect())
            }
        }
    }
}
