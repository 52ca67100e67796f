//! The edges of one relation, ready for the operators.

use std::sync::OnceLock;

use theriac_graph::Csr;

/// Edges from senders to receivers, by both ends.
#[derive(Clone, Debug, Default)]
pub struct EdgeIndex {
    /// For each receiver its senders, with the weight of each message.
    pub incoming: WeightedRows,
    /// The transpose: for each sender its receivers. With it the backward pass is a gather too, and needs no atomics.
    pub outgoing: WeightedRows,
    /// For each outgoing entry its place among the incoming; made where an operator keeps something per edge.
    outgoing_places: OnceLock<Vec<u32>>,
}

impl EdgeIndex {
    /// The edges of `incoming`, which come from `senders` rows.
    pub fn new(incoming: WeightedRows, senders: usize) -> Self {
        Self { outgoing: incoming.transpose(senders), incoming, outgoing_places: OnceLock::new() }
    }

    /// No edges between so many rows.
    pub(crate) fn none(receivers: usize, senders: usize) -> Self {
        let rows = |count| WeightedRows { offsets: vec![0; count + 1], ..WeightedRows::default() };
        Self { incoming: rows(receivers), outgoing: rows(senders), outgoing_places: OnceLock::new() }
    }

    /// Number of edges.
    pub fn len(&self) -> usize {
        self.incoming.indices.len()
    }

    /// Whether there is no edge.
    pub fn is_empty(&self) -> bool {
        self.incoming.indices.is_empty()
    }

    /// Number of rows that send.
    pub fn senders(&self) -> usize {
        self.outgoing.rows()
    }

    /// Number of rows that receive.
    pub fn receivers(&self) -> usize {
        self.incoming.rows()
    }

    /// For each outgoing entry its place among the incoming: `[edges]`.
    pub fn outgoing_places(&self) -> &[u32] {
        self.outgoing_places.get_or_init(|| {
            let mut next = self.outgoing.offsets.clone();
            let mut places = vec![0; self.len()];
            for (place, &sender) in self.incoming.indices.iter().enumerate() {
                let slot = &mut next[sender as usize];
                places[*slot as usize] = place as u32;
                *slot += 1;
            }
            places
        })
    }
}

/// Compressed sparse rows with a weight for every entry; columns need not be sorted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WeightedRows {
    /// Where each row starts: `[rows + 1]`.
    pub offsets: Vec<u32>,
    /// Column of each entry.
    pub indices: Vec<u32>,
    /// Weight of each entry.
    pub weights: Vec<f32>,
}

impl WeightedRows {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The entries of a row.
    pub fn range(&self, row: usize) -> std::ops::Range<usize> {
        self.offsets[row] as usize..self.offsets[row + 1] as usize
    }

    /// The first `rows` rows.
    #[must_use]
    pub fn head(&self, rows: usize) -> Self {
        let entries = self.offsets[rows] as usize;
        Self {
            offsets: self.offsets[..=rows].to_vec(),
            indices: self.indices[..entries].to_vec(),
            weights: self.weights[..entries].to_vec(),
        }
    }

    /// The entries for which `keep` says yes, given row and column. What is left of a row keeps its total absolute weight.
    #[must_use]
    pub fn thinned(&self, keep: impl Fn(u32, u32) -> bool) -> Self {
        let mut thinned = Self { offsets: vec![0], ..Self::default() };
        for row in 0..self.rows() {
            let first = thinned.indices.len();
            let (mut before, mut left) = (0.0, 0.0);
            for entry in self.range(row) {
                let (column, weight) = (self.indices[entry], self.weights[entry]);
                before += weight.abs();
                if keep(row as u32, column) {
                    left += weight.abs();
                    thinned.indices.push(column);
                    thinned.weights.push(weight);
                }
            }
            if left > 0.0 {
                thinned.weights[first..].iter_mut().for_each(|weight| *weight *= before / left);
            }
            thinned.offsets.push(thinned.indices.len() as u32);
        }
        thinned
    }

    /// The same entries by column; `columns` is the number of rows of the result.
    #[must_use]
    pub fn transpose(&self, columns: usize) -> Self {
        let mut offsets = vec![0u32; columns + 1];
        for &column in &self.indices {
            offsets[column as usize + 1] += 1;
        }
        for i in 0..columns {
            offsets[i + 1] += offsets[i];
        }
        let mut next = offsets.clone();
        let mut indices = vec![0; self.indices.len()];
        let mut weights = vec![0.0; self.indices.len()];
        for row in 0..self.rows() {
            for entry in self.range(row) {
                let slot = &mut next[self.indices[entry] as usize];
                indices[*slot as usize] = row as u32;
                weights[*slot as usize] = self.weights[entry];
                *slot += 1;
            }
        }
        Self { offsets, indices, weights }
    }
}

/// What a message weighs in the sum that its receiver takes over a relation. An edge without a weight counts as 1; the
/// strength of a node is the sum of the absolute weights of its edges in the relation, its degree where they have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Normalisation {
    /// Its edge's share of the receiver's strength.
    Mean,
    /// Its edge's weight.
    Sum,
    /// Its edge's weight over the root of the product of both ends' strengths (Kipf and Welling 2017).
    Symmetric,
}

/// How messages are weighed within a relation and among relations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weighing {
    /// Within a relation.
    pub within: Normalisation,
    /// Whether a receiver's relations average; they sum otherwise.
    pub relation_mean: bool,
}

impl Weighing {
    /// Messages average within a relation, and the relations sum: GraphSAGE.
    pub const MEAN: Self = Self { within: Normalisation::Mean, relation_mean: false };

    /// What weighs the messages of a relation with these edges, where so many relations bring messages to its receivers.
    pub(crate) fn normaliser(self, incoming: &Csr, relations: usize) -> Normaliser {
        let share = if self.relation_mean { 1.0 / relations as f32 } else { 1.0 };
        let receivers = match self.within {
            Normalisation::Mean => Vec::new(),
            _ => (0..incoming.rows())
                .map(|row| incoming.range(row).map(|edge| strength(incoming, edge)).sum())
                .collect(),
        };
        let mut senders = Vec::new();
        if self.within == Normalisation::Symmetric {
            senders.resize(incoming.columns() as usize, 0.0f32);
            for (edge, &sender) in incoming.indices().iter().enumerate() {
                senders[sender as usize] += strength(incoming, edge);
            }
        }
        Normaliser { within: self.within, share, receivers, senders }
    }
}

fn strength(csr: &Csr, edge: usize) -> f32 {
    csr.weights().map_or(1.0, |weights| weights[edge].abs())
}

/// Weighs the messages of one relation by the strengths that its nodes have in the whole graph.
#[derive(Clone, Debug)]
pub(crate) struct Normaliser {
    within: Normalisation,
    share: f32,
    /// Strength of each receiver, where it is asked for.
    receivers: Vec<f32>,
    /// Strength of each sender, where it is asked for.
    senders: Vec<f32>,
}

impl Normaliser {
    /// Weighs rows of messages. Of a row that holds a sample of its node's edges each entry stands for as many as it was
    /// drawn from. `receiver` and `sender` give the node of a row and of a column.
    pub(crate) fn weigh(
        &self,
        offsets: Vec<u32>,
        indices: Vec<u32>,
        edge_weights: Option<&[f32]>,
        receiver: impl Fn(usize) -> u32,
        sender: impl Fn(u32) -> u32,
    ) -> WeightedRows {
        let mut weights = Vec::with_capacity(indices.len());
        for (row, range) in offsets.windows(2).enumerate() {
            let range = range[0] as usize..range[1] as usize;
            let present = match edge_weights {
                None => range.len() as f32,
                Some(edges) => edges[range.clone()].iter().map(|weight| weight.abs()).sum(),
            };
            let scale = if present > 0.0 { self.share / present } else { 0.0 };
            let scale = match self.within {
                Normalisation::Mean => scale,
                Normalisation::Sum => scale * self.receivers[receiver(row) as usize],
                Normalisation::Symmetric => scale * self.receivers[receiver(row) as usize].sqrt(),
            };
            weights.extend(range.map(|entry| {
                let scale = match self.within {
                    Normalisation::Symmetric => {
                        // A sender of strength 0 has edges of weight 0 alone.
                        scale / self.senders[sender(indices[entry]) as usize].max(f32::MIN_POSITIVE).sqrt()
                    }
                    _ => scale,
                };
                edge_weights.map_or(scale, |edges| edges[entry] * scale)
            }));
        }
        WeightedRows { offsets, indices, weights }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two senders, three receivers; the second receiver has no edge.
    fn incoming(weights: Option<&[f32]>) -> Csr {
        Csr::from_pairs(3, 2, &[0, 0, 2], &[0, 1, 1], weights)
    }

    fn weighed(within: Normalisation, weights: Option<&[f32]>) -> Vec<f32> {
        let csr = incoming(weights);
        let normaliser = Weighing { within, relation_mean: false }.normaliser(&csr, 1);
        let (offsets, indices) = (csr.offsets().to_vec(), csr.indices().to_vec());
        normaliser.weigh(offsets, indices, csr.weights(), |row| row as u32, |column| column).weights
    }

    fn check(found: &[f32], expected: &[f32]) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{found} for {expected}");
        }
    }

    #[test]
    fn messages_weigh_as_their_normalisation_says() {
        let weights = Some([3.0f32, -1.0, 2.0]);
        let weights = weights.as_ref().map(<[f32; 3]>::as_slice);
        check(&weighed(Normalisation::Mean, None), &[0.5, 0.5, 1.0]);
        check(&weighed(Normalisation::Mean, weights), &[0.75, -0.25, 1.0]);
        check(&weighed(Normalisation::Sum, None), &[1.0, 1.0, 1.0]);
        check(&weighed(Normalisation::Sum, weights), &[3.0, -1.0, 2.0]);
        let half = 0.5f32.sqrt();
        check(&weighed(Normalisation::Symmetric, None), &[half, 0.5, half]);
        let symmetric = [3.0 / 12.0f32.sqrt(), -1.0 / 12.0f32.sqrt(), 2.0 / 6.0f32.sqrt()];
        check(&weighed(Normalisation::Symmetric, weights), &symmetric);
        check(&weighed(Normalisation::Mean, Some(&[3.0, 1.0, 0.0])), &[0.75, 0.25, 0.0]);
    }

    #[test]
    fn a_sampled_edge_stands_for_those_left_out() {
        let sampled = |within| {
            let normaliser = Weighing { within, relation_mean: false }.normaliser(&incoming(None), 1);
            // Receiver 0, of whose two edges one was drawn: the one from sender 1.
            normaliser.weigh(vec![0, 1], vec![0], None, |_| 0, |_| 1).weights[0]
        };
        check(&[sampled(Normalisation::Mean)], &[1.0]);
        check(&[sampled(Normalisation::Sum)], &[2.0]);
        check(&[sampled(Normalisation::Symmetric)], &[1.0]);
    }

    #[test]
    fn transposing_twice_sorts_and_keeps_everything() {
        let rows =
            WeightedRows { offsets: vec![0, 2, 3], indices: vec![2, 0, 2], weights: vec![1.0, 2.0, 3.0] };
        let columns = rows.transpose(3);
        assert_eq!(columns.offsets, [0, 1, 1, 3]);
        assert_eq!(columns.indices, [0, 0, 1]);
        assert_eq!(columns.weights, [2.0, 1.0, 3.0]);
        let edges = EdgeIndex::new(rows, 3);
        assert_eq!(edges.outgoing, columns);
        assert_eq!(edges.outgoing_places(), [1, 0, 2]);
        let back = columns.transpose(2);
        assert_eq!((back.indices, back.weights), (vec![0, 2, 2], vec![2.0, 1.0, 3.0]));
    }

    #[test]
    fn the_head_keeps_whole_rows() {
        let rows =
            WeightedRows { offsets: vec![0, 2, 3], indices: vec![2, 0, 2], weights: vec![1.0, 2.0, 3.0] };
        assert_eq!(rows.head(1).indices, [2, 0]);
        assert_eq!(rows.head(0).rows(), 0);
    }
}
