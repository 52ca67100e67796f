//! Graph operators with their gradients, behind burn's backend extension.
//!
//! An operator is as coarse as pays: the whole input layer, a whole heterogeneous SAGE layer, all dot products of a
//! batch, one Adam step over a table. What lies between (loss, schedules, module bookkeeping) is burn's own.

mod autodiff;
mod flex;
mod input;
mod sage;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;

use crate::block::{Block, SlotLayout};
use crate::edges::EdgeIndex;
use crate::kernels::{AdamStep, Heads, PairRows};

pub use input::InputRows;

/// What [`GraphOps::sage_layer`] needs beside its tensors.
#[derive(Clone, Debug)]
pub struct SageGeometry {
    /// The edges of the layer.
    pub block: Arc<Block>,
    /// Where each relation's weights stand.
    pub slots: Arc<SlotLayout>,
    /// Whether negative outputs become 0.
    pub relu: bool,
}

/// The operators that burn lacks.
#[backend_extension(Flex, Autodiff)]
pub trait GraphOps: Backend {
    /// See [`input_layer`].
    fn input_layer(
        embedding: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        rows: Arc<InputRows>,
    ) -> FloatTensor<Self>;

    /// See [`sage_layer`].
    fn sage_layer(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        geometry: SageGeometry,
    ) -> FloatTensor<Self>;

    /// See [`pair_dot`].
    fn pair_dot(table: FloatTensor<Self>, pairs: Arc<PairRows>) -> FloatTensor<Self>;

    /// See [`propagate`].
    fn propagate(input: FloatTensor<Self>, edges: Arc<EdgeIndex>) -> FloatTensor<Self>;

    /// See [`max_pool`].
    fn max_pool(input: FloatTensor<Self>, edges: Arc<EdgeIndex>) -> FloatTensor<Self>;

    /// See [`edge_dot`].
    fn edge_dot(
        queries: FloatTensor<Self>,
        keys: FloatTensor<Self>,
        edges: Arc<EdgeIndex>,
        heads: Heads,
    ) -> FloatTensor<Self>;

    /// See [`edge_additive`].
    fn edge_additive(
        left: FloatTensor<Self>,
        right: FloatTensor<Self>,
        attention: FloatTensor<Self>,
        edges: Arc<EdgeIndex>,
        heads: Heads,
    ) -> FloatTensor<Self>;

    /// See [`softmax_sum`].
    fn softmax_sum(
        logits: FloatTensor<Self>,
        values: FloatTensor<Self>,
        edges: Arc<EdgeIndex>,
        heads: Heads,
    ) -> FloatTensor<Self>;

    /// See [`adam`].
    fn adam(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

/// The input of message passing: embedding rows of the nodes that take part, plus, for types with features, their
/// features through a linear layer.
///
/// `embedding` is `[all nodes, hidden]`, `weight` `[sum of feature dims, hidden]`, `bias` `[types with features,
/// hidden]`; the result is `[rows, hidden]`.
pub fn input_layer(
    embedding: Tensor<2>,
    weight: Tensor<2>,
    bias: Tensor<2>,
    rows: Arc<InputRows>,
) -> Tensor<2> {
    if rows.are_the_table() {
        return embedding;
    }
    Tensor::from_dispatch(<Dispatch as GraphOps>::input_layer(
        embedding.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        rows,
    ))
}

/// A heterogeneous GraphSAGE layer with mean aggregation (Hamilton et al. 2017; over typed edges, Schlichtkrull et al.
/// 2018): for a node of type `t`, the sum over the relations `r` that `t` receives of `mean(neighbours) x W_r`,
/// plus `self x W_t + b_t`.
///
/// `input` is `[source rows, dim]`, `weight` `[slots * dim, hidden]` (see [`SlotLayout`]), `bias` `[types, hidden]`; the
/// result is `[target rows, hidden]`.
pub fn sage_layer(input: Tensor<2>, weight: Tensor<2>, bias: Tensor<2>, geometry: SageGeometry) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as GraphOps>::sage_layer(
        input.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        geometry,
    ))
}

/// The dot product of each pair's rows in `table` `[rows, hidden]`: `[pairs]`.
pub fn pair_dot(table: Tensor<2>, pairs: Arc<PairRows>) -> Tensor<1> {
    Tensor::from_dispatch(<Dispatch as GraphOps>::pair_dot(table.into_dispatch(), pairs))
}

/// The weighted sum of each receiver's senders: `[senders, dim]` in, `[receivers, dim]` out.
pub fn propagate(input: Tensor<2>, edges: Arc<EdgeIndex>) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as GraphOps>::propagate(input.into_dispatch(), edges))
}

/// The greatest of each receiver's senders, column by column, 0 where it has none: `[senders, dim]` in,
/// `[receivers, dim]` out. Edge weights play no part.
pub fn max_pool(input: Tensor<2>, edges: Arc<EdgeIndex>) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as GraphOps>::max_pool(input.into_dispatch(), edges))
}

/// The dot product of the receiver's query and the sender's key, head by head: `[edges, heads]`, in the order of the incoming
/// edges. `queries` is `[receivers, heads * width]`, `keys` `[senders, heads * width]`.
pub fn edge_dot(queries: Tensor<2>, keys: Tensor<2>, edges: Arc<EdgeIndex>, heads: Heads) -> Tensor<2> {
    let (queries, keys) = (queries.into_dispatch(), keys.into_dispatch());
    Tensor::from_dispatch(<Dispatch as GraphOps>::edge_dot(queries, keys, edges, heads))
}

/// The logits of additive attention (GATv2, Brody et al. 2022), head by head: `[edges, heads]`, in the order of the
/// incoming edges. For an edge of weight `w`: `attention[0] . leaky_relu(left[sender] + right[receiver] + w attention[1])`.
///
/// `left` is `[senders, heads * width]`, `right` `[receivers, heads * width]`, `attention` `[2, heads * width]`.
pub fn edge_additive(
    left: Tensor<2>,
    right: Tensor<2>,
    attention: Tensor<2>,
    edges: Arc<EdgeIndex>,
    heads: Heads,
) -> Tensor<2> {
    let (left, right) = (left.into_dispatch(), right.into_dispatch());
    let attention = attention.into_dispatch();
    Tensor::from_dispatch(<Dispatch as GraphOps>::edge_additive(left, right, attention, edges, heads))
}

/// The sum of each receiver's senders, weighed by the softmax of its edges' logits, head by head: `[receivers, heads *
/// width]`, 0 where a receiver has no edge. `logits` is `[edges, heads]`, `values` `[senders, heads * width]`.
pub fn softmax_sum(logits: Tensor<2>, values: Tensor<2>, edges: Arc<EdgeIndex>, heads: Heads) -> Tensor<2> {
    let (logits, values) = (logits.into_dispatch(), values.into_dispatch());
    Tensor::from_dispatch(<Dispatch as GraphOps>::softmax_sum(logits, values, edges, heads))
}

/// One Adam step: the new parameter and its two moments. In place where the tensors are not shared.
pub fn adam<const D: usize>(
    parameter: Tensor<D>,
    gradient: Tensor<D>,
    first: Tensor<D>,
    second: Tensor<D>,
    step: AdamStep,
) -> (Tensor<D>, Tensor<D>, Tensor<D>) {
    let (parameter, first, second) = <Dispatch as GraphOps>::adam(
        parameter.into_dispatch(),
        gradient.into_dispatch(),
        first.into_dispatch(),
        second.into_dispatch(),
        step,
    );
    (Tensor::from_dispatch(parameter), Tensor::from_dispatch(first), Tensor::from_dispatch(second))
}
