//! Compressed sparse rows: the neighbours of every node of one type along one relation.

use std::ops::Range;

use rayon::prelude::*;

/// Compressed sparse rows: for each of `rows()` nodes, the sorted list of its neighbours among `columns()` nodes.
///
/// Offsets and column indices are `u32`: half the memory traffic of 64-bit ones, and enough for 4.29 billion edges.
///
/// ```
/// use theriac_graph::Csr;
///
/// let csr = Csr::from_pairs(2, 3, &[0, 0, 1], &[2, 0, 1], None);
/// assert_eq!(csr.neighbors(0), [0, 2]);
/// assert_eq!(csr.transpose().neighbors(1), [1]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Csr {
    columns: u32,
    offsets: Vec<u32>,
    indices: Vec<u32>,
    weights: Option<Vec<f32>>,
}

impl Csr {
    /// Sorts parallel lists of row and column indices (and weights) into rows.
    ///
    /// # Panics
    ///
    /// When the lists differ in length, an index is out of range, or there are more than `u32::MAX` edges.
    pub fn from_pairs(rows: u32, columns: u32, row: &[u32], column: &[u32], weights: Option<&[f32]>) -> Self {
        assert_eq!(row.len(), column.len(), "row and column lists differ in length");
        assert!(weights.is_none_or(|w| w.len() == row.len()), "weights differ in length from edges");
        assert!(u32::try_from(row.len()).is_ok(), "more than u32::MAX edges");
        assert!(column.iter().all(|&c| c < columns), "a column index is out of range");
        let (sorted, order) = Self::sort(rows, columns, row, column);
        let weights = weights.map(|weights| match order {
            None => weights.to_vec(),
            Some(order) => order.iter().map(|&edge| weights[edge as usize]).collect(),
        });
        Self { weights, ..sorted }
    }

    /// The rows without weights, and for each place in [`Csr::indices`] the edge of the lists that stands there; `None`
    /// where the lists are in order already. Edges that repeat stay in the order of the lists.
    pub(crate) fn sort(rows: u32, columns: u32, row: &[u32], column: &[u32]) -> (Self, Option<Vec<u32>>) {
        let offsets = bucket_offsets(rows, row);
        if row.iter().zip(column).is_sorted() {
            return (Self { columns, offsets, indices: column.to_vec(), weights: None }, None);
        }
        // Column and edge in one number, so that sorting a row keeps them together and repeats in order.
        let mut entries = vec![0u64; row.len()];
        let mut next = offsets.clone();
        for (edge, (&row, &column)) in row.iter().zip(column).enumerate() {
            let slot = &mut next[row as usize];
            entries[*slot as usize] = u64::from(column) << 32 | edge as u64;
            *slot += 1;
        }
        let mut unsorted = entries.as_mut_slice();
        let mut by_row = Vec::with_capacity(rows as usize);
        for ends in offsets.windows(2) {
            let (this, rest) = unsorted.split_at_mut((ends[1] - ends[0]) as usize);
            by_row.push(this);
            unsorted = rest;
        }
        by_row.into_par_iter().for_each(<[u64]>::sort_unstable);
        let indices = entries.iter().map(|&entry| (entry >> 32) as u32).collect();
        let order = entries.iter().map(|&entry| entry as u32).collect();
        (Self { columns, offsets, indices, weights: None }, Some(order))
    }

    /// The same edges with these weights.
    pub(crate) fn with_weights(self, weights: Option<Vec<f32>>) -> Self {
        assert!(
            weights.as_ref().is_none_or(|w| w.len() == self.indices.len()),
            "weights differ in length from edges"
        );
        Self { weights, ..self }
    }

    /// Takes rows that are sorted already.
    ///
    /// # Panics
    ///
    /// When the offsets do not start at 0, rise and end at the number of indices, or an index is out of range.
    pub fn from_sorted(
        columns: u32,
        offsets: Vec<u32>,
        indices: Vec<u32>,
        weights: Option<Vec<f32>>,
    ) -> Self {
        assert_eq!(offsets.first(), Some(&0), "offsets start at 0");
        assert!(offsets.is_sorted(), "offsets rise");
        assert_eq!(offsets.last().map(|&o| o as usize), Some(indices.len()), "offsets end at the edge count");
        assert!(indices.iter().all(|&c| c < columns), "a column index is out of range");
        assert!(
            weights.as_ref().is_none_or(|w| w.len() == indices.len()),
            "weights differ in length from edges"
        );
        Self { columns, offsets, indices, weights }
    }

    /// Number of rows.
    pub fn rows(&self) -> u32 {
        self.offsets.len() as u32 - 1
    }

    /// Number of columns: one past the largest index that a neighbour may have.
    pub fn columns(&self) -> u32 {
        self.columns
    }

    /// Number of edges.
    pub fn len(&self) -> usize {
        self.indices.len()
    }

    /// Whether there is no edge.
    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }

    /// Where each row starts in [`Csr::indices`]: `[rows + 1]`.
    pub fn offsets(&self) -> &[u32] {
        &self.offsets
    }

    /// The column indices of all rows, one after the other: `[edges]`.
    pub fn indices(&self) -> &[u32] {
        &self.indices
    }

    /// The weights of all edges, in the order of [`Csr::indices`]; `None` where every edge weighs 1.
    pub fn weights(&self) -> Option<&[f32]> {
        self.weights.as_deref()
    }

    /// The places of a row in [`Csr::indices`].
    pub fn range(&self, row: u32) -> Range<usize> {
        self.offsets[row as usize] as usize..self.offsets[row as usize + 1] as usize
    }

    /// The sorted neighbours of a row.
    pub fn neighbors(&self, row: u32) -> &[u32] {
        &self.indices[self.range(row)]
    }

    /// Number of neighbours of a row.
    pub fn degree(&self, row: u32) -> u32 {
        self.offsets[row as usize + 1] - self.offsets[row as usize]
    }

    /// Whether the edge is there (binary search in the row).
    pub fn contains(&self, row: u32, column: u32) -> bool {
        self.neighbors(row).binary_search(&column).is_ok()
    }

    /// All edges as (row, column), row by row.
    pub fn pairs(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        (0..self.rows()).flat_map(|row| self.neighbors(row).iter().map(move |&column| (row, column)))
    }

    /// The row of every edge, in the order of [`Csr::indices`]: `[edges]`.
    pub fn row_indices(&self) -> Vec<u32> {
        let mut rows = Vec::with_capacity(self.len());
        for row in 0..self.rows() {
            rows.extend(std::iter::repeat_n(row, self.degree(row) as usize));
        }
        rows
    }

    /// The first edge that occurs twice, as (row, column).
    pub fn first_repeat(&self) -> Option<(u32, u32)> {
        (0..self.rows()).find_map(|row| {
            let repeat = self.neighbors(row).windows(2).find(|pair| pair[0] == pair[1])?;
            Some((row, repeat[0]))
        })
    }

    /// The same edges seen from the columns.
    #[must_use]
    pub fn transpose(&self) -> Self {
        let offsets = bucket_offsets(self.columns, &self.indices);
        let mut next = offsets.clone();
        let mut indices = vec![0; self.len()];
        let mut weights = self.weights.as_ref().map(|_| vec![0.0; self.len()]);
        // Rows are taken in order, so the rows of each column come out sorted.
        for row in 0..self.rows() {
            for edge in self.range(row) {
                let slot = &mut next[self.indices[edge] as usize];
                indices[*slot as usize] = row;
                if let (Some(turned), Some(all)) = (&mut weights, &self.weights) {
                    turned[*slot as usize] = all[edge];
                }
                *slot += 1;
            }
        }
        Self { columns: self.rows(), offsets, indices, weights }
    }

    /// Whether every edge has its mirror image (only where rows and columns are the same nodes).
    pub fn is_symmetric(&self) -> bool {
        self.rows() == self.columns() && self.pairs().all(|(row, column)| self.contains(column, row))
    }

    /// The edges for which `keep(row, column)` holds.
    #[must_use]
    pub fn filter(&self, mut keep: impl FnMut(u32, u32) -> bool) -> Self {
        let mut offsets = Vec::with_capacity(self.offsets.len());
        let (mut indices, mut weights) = (Vec::new(), self.weights.as_ref().map(|_| Vec::new()));
        offsets.push(0);
        for row in 0..self.rows() {
            for edge in self.range(row) {
                if keep(row, self.indices[edge]) {
                    indices.push(self.indices[edge]);
                    if let (Some(kept), Some(all)) = (&mut weights, &self.weights) {
                        kept.push(all[edge]);
                    }
                }
            }
            offsets.push(indices.len() as u32);
        }
        Self { columns: self.columns, offsets, indices, weights }
    }
}

/// Where each bucket starts once `keys` are sorted: `[buckets + 1]`.
fn bucket_offsets(buckets: u32, keys: &[u32]) -> Vec<u32> {
    let mut offsets = vec![0u32; buckets as usize + 1];
    for &key in keys {
        offsets[key as usize + 1] += 1;
    }
    for i in 0..buckets as usize {
        offsets[i + 1] += offsets[i];
    }
    offsets
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn edges() -> impl Strategy<Value = (u32, u32, Vec<(u32, u32)>)> {
        (1u32..12, 1u32..12).prop_flat_map(|(rows, columns)| {
            (Just(rows), Just(columns), prop::collection::vec((0..rows, 0..columns), 0..60))
        })
    }

    proptest! {
        #[test]
        fn rows_are_sorted_and_nothing_is_lost((rows, columns, pairs) in edges()) {
            let (row, column): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
            let weights: Vec<f32> = pairs.iter().map(|&(r, c)| (r * 100 + c) as f32).collect();
            let csr = Csr::from_pairs(rows, columns, &row, &column, Some(&weights));
            let mut expected = pairs.clone();
            expected.sort_unstable();
            prop_assert_eq!(csr.pairs().collect::<Vec<_>>(), expected);
            for (edge, (r, c)) in csr.pairs().enumerate() {
                prop_assert_eq!(csr.weights().unwrap()[edge], (r * 100 + c) as f32);
            }
            let mut mirrored: Vec<_> = csr.pairs().map(|(r, c)| (c, r)).collect();
            mirrored.sort_unstable();
            prop_assert_eq!(csr.transpose().pairs().collect::<Vec<_>>(), mirrored);
            prop_assert_eq!(&csr.transpose().transpose(), &csr);
            let sorted = Csr::from_pairs(rows, columns, &csr.row_indices(), csr.indices(), csr.weights());
            prop_assert_eq!(sorted, csr);
        }
    }

    #[test]
    fn symmetry_needs_every_mirror_image() {
        assert!(Csr::from_pairs(2, 2, &[0, 1, 0], &[1, 0, 0], None).is_symmetric());
        assert!(!Csr::from_pairs(2, 2, &[0], &[1], None).is_symmetric());
        assert!(!Csr::from_pairs(1, 2, &[0], &[1], None).is_symmetric());
    }

    #[test]
    fn a_repeat_is_found_in_its_row() {
        assert_eq!(Csr::from_pairs(2, 2, &[1, 0, 1], &[1, 1, 1], None).first_repeat(), Some((1, 1)));
        assert_eq!(Csr::from_pairs(2, 2, &[0, 1], &[1, 1], None).first_repeat(), None);
    }

    #[test]
    fn filter_keeps_weights_beside_their_edges() {
        let csr = Csr::from_pairs(2, 3, &[0, 0, 1], &[0, 2, 1], Some(&[1.0, 2.0, 3.0]));
        let kept = csr.filter(|_, column| column > 0);
        assert_eq!(kept.pairs().collect::<Vec<_>>(), [(0, 2), (1, 1)]);
        assert_eq!(kept.weights().unwrap(), [2.0, 3.0]);
    }
}
