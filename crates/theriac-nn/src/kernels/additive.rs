//! The logits of additive attention (GATv2, Brody et al. 2022). Tables as in [`super::attention`].

use std::ops::Range;

use rayon::prelude::*;

use crate::edges::{EdgeIndex, WeightedRows};
use crate::kernels::Heads;
use crate::kernels::attention::{CHUNK, LANES, by_entries, by_rows, total};
use crate::kernels::simd::{Level, multiversion};

/// Slope of the leaky rectifier below 0, as in the paper.
const SLOPE: f32 = 0.2;

/// The tables of additive attention.
#[derive(Clone, Copy, Debug)]
pub struct Additive<'a> {
    /// Senders' rows: `[senders, heads * width]`.
    pub left: &'a [f32],
    /// Receivers' rows: `[receivers, heads * width]`.
    pub right: &'a [f32],
    /// What weighs the rectified sum, then what a unit of edge weight adds to it: `[2, heads * width]`.
    pub attention: &'a [f32],
}

/// A sender, a receiver, and the weight of the edge between them.
#[derive(Clone, Copy)]
struct Edge {
    sender: usize,
    receiver: usize,
    weight: f32,
}

/// What enters the logit of one edge and head: `[width]` each, and the weight of the edge.
struct Columns<'a> {
    left: &'a [f32],
    right: &'a [f32],
    attention: &'a [f32],
    by_weight: &'a [f32],
    weight: f32,
}

impl<'a> Additive<'a> {
    #[inline(always)]
    fn columns(self, heads: Heads, edge: Edge, head: usize) -> Columns<'a> {
        Columns {
            left: heads.part(self.left, edge.sender, head),
            right: heads.part(self.right, edge.receiver, head),
            attention: heads.part(self.attention, 0, head),
            by_weight: heads.part(self.attention, 1, head),
            weight: edge.weight,
        }
    }
}

impl Columns<'_> {
    /// Adds what the columns give to the logit, for the given groups of `W` columns each, lane by lane.
    #[inline(always)]
    fn add_logit<const W: usize>(&self, groups: Range<usize>, out: &mut [f32; W]) {
        let [left, right, attention, by_weight] = self.groups::<W>();
        for group in groups {
            for lane in 0..W {
                let sum = left[group][lane] + right[group][lane] + self.weight * by_weight[group][lane];
                out[lane] += attention[group][lane] * sloped(sum, sum);
            }
        }
    }

    /// Adds the gradient of a sender's or receiver's row, given that of the logit.
    #[inline(always)]
    fn add_gradient<const W: usize>(&self, groups: Range<usize>, gradient: f32, out: &mut [f32]) {
        let [left, right, attention, by_weight] = self.groups::<W>();
        let out = out.as_chunks_mut::<W>().0;
        for group in groups {
            for lane in 0..W {
                let sum = left[group][lane] + right[group][lane] + self.weight * by_weight[group][lane];
                let weighing = gradient * attention[group][lane];
                out[group][lane] += sloped(sum, weighing);
            }
        }
    }

    /// Adds the gradients of what weighs the sums, and of what a unit of edge weight adds to them.
    #[inline(always)]
    fn add_weighing_gradients<const W: usize>(
        &self,
        groups: Range<usize>,
        gradient: f32,
        of_attention: &mut [f32],
        of_weight: &mut [f32],
    ) {
        let [left, right, attention, by_weight] = self.groups::<W>();
        let (of_attention, of_weight) =
            (of_attention.as_chunks_mut::<W>().0, of_weight.as_chunks_mut::<W>().0);
        for group in groups {
            // Tables that may overlap, for all that the compiler knows, are not written while they are read.
            let (mut attentions, mut weights) = (of_attention[group], of_weight[group]);
            for lane in 0..W {
                let sum = left[group][lane] + right[group][lane] + self.weight * by_weight[group][lane];
                let weighing = gradient * self.weight * attention[group][lane];
                attentions[lane] += gradient * sloped(sum, sum);
                weights[lane] += sloped(sum, weighing);
            }
            (of_attention[group], of_weight[group]) = (attentions, weights);
        }
    }

    #[inline(always)]
    fn groups<const W: usize>(&self) -> [&[[f32; W]]; 4] {
        let Self { left, right, attention, by_weight, .. } = self;
        [left.as_chunks().0, right.as_chunks().0, attention.as_chunks().0, by_weight.as_chunks().0]
    }
}

/// A value times the slope of the rectifier at a sum.
#[inline(always)]
fn sloped(sum: f32, value: f32) -> f32 {
    if sum > 0.0 { value } else { SLOPE * value }
}

/// Of a head's columns those that make whole groups, by groups of [`LANES`], and the others, one by one.
#[inline(always)]
fn division(heads: Heads) -> (Range<usize>, Range<usize>) {
    (0..heads.width / LANES, heads.width - heads.width % LANES..heads.width)
}

multiversion! {
    /// The logits of the entries of `rows` from row `first` on, as many as `out` holds.
    fn logits(rows: &WeightedRows, first: usize, heads: Heads, tables: Additive<'_>, out: &mut [f32]) {
        let (whole, rest) = division(heads);
        let mut receiver = first;
        for (entry, out) in (rows.offsets[first] as usize..).zip(out.chunks_exact_mut(heads.heads)) {
            while entry >= rows.offsets[receiver + 1] as usize {
                receiver += 1;
            }
            heads.fetch(rows, entry, tables.left);
            let edge = Edge { sender: rows.indices[entry] as usize, receiver, weight: rows.weights[entry] };
            for (head, out) in out.iter_mut().enumerate() {
                let columns = tables.columns(heads, edge, head);
                let (mut partial, mut tail) = ([0.0; LANES], [0.0]);
                columns.add_logit(whole.clone(), &mut partial);
                columns.add_logit(rest.clone(), &mut tail);
                *out = total(partial) + tail[0];
            }
        }
    }
}

multiversion! {
    /// Adds the gradients of rows `first..` of the receivers to `out`, and those of what weighs the sums to `attention`.
    fn receivers(
        rows: &WeightedRows,
        first: usize,
        heads: Heads,
        tables: Additive<'_>,
        gradient: &[f32],
        out: &mut [f32],
        attention: &mut [f32],
    ) {
        let (whole, rest) = division(heads);
        let (attention, by_weight) = attention.split_at_mut(heads.columns());
        for (i, out) in out.chunks_exact_mut(heads.columns()).enumerate() {
            for entry in rows.range(first + i) {
                heads.fetch(rows, entry, tables.left);
                let (sender, weight) = (rows.indices[entry] as usize, rows.weights[entry]);
                let edge = Edge { sender, receiver: first + i, weight };
                let gradient = &gradient[entry * heads.heads..][..heads.heads];
                for (head, &gradient) in gradient.iter().enumerate() {
                    let columns = tables.columns(heads, edge, head);
                    let own = head * heads.width..(head + 1) * heads.width;
                    let out = &mut out[own.clone()];
                    columns.add_gradient::<LANES>(whole.clone(), gradient, out);
                    columns.add_gradient::<1>(rest.clone(), gradient, out);
                    let (attention, by_weight) = (&mut attention[own.clone()], &mut by_weight[own]);
                    columns.add_weighing_gradients::<LANES>(whole.clone(), gradient, attention, by_weight);
                    columns.add_weighing_gradients::<1>(rest.clone(), gradient, attention, by_weight);
                }
            }
        }
    }
}

multiversion! {
    /// Adds the gradients of rows `first..` of the senders to `out`; those of the logits of an entry of `rows` stand at `places`.
    fn senders(
        rows: &WeightedRows,
        places: &[u32],
        first: usize,
        heads: Heads,
        tables: Additive<'_>,
        gradient: &[f32],
        out: &mut [f32],
    ) {
        let (whole, rest) = division(heads);
        for (i, out) in out.chunks_exact_mut(heads.columns()).enumerate() {
            for entry in rows.range(first + i) {
                heads.fetch(rows, entry, tables.right);
                let (receiver, weight) = (rows.indices[entry] as usize, rows.weights[entry]);
                let edge = Edge { sender: first + i, receiver, weight };
                let gradient = &gradient[places[entry] as usize * heads.heads..][..heads.heads];
                for (head, &gradient) in gradient.iter().enumerate() {
                    let columns = tables.columns(heads, edge, head);
                    let out = &mut out[head * heads.width..][..heads.width];
                    columns.add_gradient::<LANES>(whole.clone(), gradient, out);
                    columns.add_gradient::<1>(rest.clone(), gradient, out);
                }
            }
        }
    }
}

/// `attention . leaky(left[sender] + right[receiver] + weight * by_weight)` for each edge and head: `[edges, heads]`.
pub fn edge_additive(edges: &EdgeIndex, heads: Heads, tables: Additive<'_>) -> Vec<f32> {
    let mut out = vec![0.0; edges.len() * heads.heads];
    by_entries(&edges.incoming, heads.heads, &mut out, |first, out| {
        logits(Level::detect(), &edges.incoming, first, heads, tables, out);
    });
    out
}

/// The gradients of [`edge_additive`] with respect to `left`, `right` and `attention`.
pub fn edge_additive_backward(
    edges: &EdgeIndex,
    heads: Heads,
    tables: Additive<'_>,
    gradient: &[f32],
) -> [Vec<f32>; 3] {
    let level = Level::detect();
    let columns = heads.columns();
    let mut right = vec![0.0; edges.receivers() * columns];
    let chunks = right.par_chunks_mut(CHUNK * columns).enumerate();
    let partial: Vec<Vec<f32>> = chunks
        .map(|(chunk, out)| {
            let mut attention = vec![0.0; 2 * columns];
            let first = chunk * CHUNK;
            receivers(level, &edges.incoming, first, heads, tables, gradient, out, &mut attention);
            attention
        })
        .collect();
    let mut attention = vec![0.0; 2 * columns];
    for partial in &partial {
        attention.iter_mut().zip(partial).for_each(|(sum, part)| *sum += part);
    }
    let places = edges.outgoing_places();
    let left = by_rows(edges.senders(), columns, |first, out| {
        senders(level, &edges.outgoing, places, first, heads, tables, gradient, out);
    });
    [left, right, attention]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::attention::tests::{HEADS, check, edges, ends, random};

    /// Logits, and the gradients of their product with `gradient`, as the definition says.
    fn by_definition(
        edges: &EdgeIndex,
        heads: Heads,
        tables: Additive<'_>,
        gradient: &[f32],
    ) -> [Vec<f32>; 4] {
        let columns = heads.columns();
        let mut logits = vec![0.0; edges.len() * heads.heads];
        let [mut left, mut right] = [tables.left, tables.right].map(|table| vec![0.0; table.len()]);
        let mut attention = vec![0.0; 2 * columns];
        for (entry, (sender, receiver)) in ends(edges).into_iter().enumerate() {
            let weight = edges.incoming.weights[entry];
            for column in 0..columns {
                let place = entry * heads.heads + column / heads.width;
                let weighing = tables.attention[column];
                let sum = tables.left[sender * columns + column]
                    + tables.right[receiver * columns + column]
                    + weight * tables.attention[columns + column];
                let slope = if sum > 0.0 { 1.0 } else { 0.2 };
                logits[place] += weighing * sum * slope;
                left[sender * columns + column] += gradient[place] * weighing * slope;
                right[receiver * columns + column] += gradient[place] * weighing * slope;
                attention[column] += gradient[place] * sum * slope;
                attention[columns + column] += gradient[place] * weighing * slope * weight;
            }
        }
        [logits, left, right, attention]
    }

    #[test]
    fn every_level_agrees_with_the_definition_at_every_width() {
        let edges = edges();
        for heads in HEADS {
            let columns = heads.columns();
            let [left, right, attention] =
                [(3, 6), (4, 3), (5, 2)].map(|(seed, rows)| random(seed, rows * columns));
            let tables = Additive { left: &left, right: &right, attention: &attention };
            let gradient = random(6, edges.len() * heads.heads);
            let expected = by_definition(&edges, heads, tables, &gradient);
            let mut of_levels = Vec::new();
            for level in Level::available() {
                let mut found = expected.each_ref().map(|table| vec![0.0; table.len()]);
                let [found_logits, found_left, found_right, found_attention] = &mut found;
                let (incoming, outgoing) = (&edges.incoming, &edges.outgoing);
                logits(level, incoming, 0, heads, tables, found_logits);
                receivers(level, incoming, 0, heads, tables, &gradient, found_right, found_attention);
                senders(level, outgoing, edges.outgoing_places(), 0, heads, tables, &gradient, found_left);
                for (found, expected) in found.iter().zip(&expected) {
                    check(found, expected, &format!("{level:?}, {heads:?}"));
                }
                let after = incoming.offsets[1] as usize * heads.heads;
                let mut tail = vec![0.0; found[0].len() - after];
                logits(level, incoming, 1, heads, tables, &mut tail);
                assert_eq!(tail, found[0][after..]);
                of_levels.push(found);
            }
            assert!(of_levels.iter().all(|found| *found == of_levels[0]), "{heads:?}");
        }
    }
}
