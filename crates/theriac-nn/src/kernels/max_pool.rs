//! The maximum over neighbours.

use rayon::prelude::*;

use crate::edges::EdgeIndex;
use crate::kernels::attention::CHUNK;

/// The greatest of the senders' rows, column by column, and the edge that it came over (`u32::MAX` where a receiver has
/// none, and 0 there): `[receivers, columns]` each.
pub fn max_pool(edges: &EdgeIndex, columns: usize, values: &[f32]) -> (Vec<f32>, Vec<u32>) {
    let rows = edges.receivers();
    let (mut greatest, mut from) = (vec![0.0; rows * columns], vec![u32::MAX; rows * columns]);
    greatest
        .par_chunks_mut(columns)
        .zip(from.par_chunks_mut(columns))
        .with_min_len(CHUNK)
        .enumerate()
        .for_each(|(row, (greatest, from))| {
            for entry in edges.incoming.range(row) {
                let sender = edges.incoming.indices[entry] as usize;
                let best = greatest.iter_mut().zip(from.iter_mut());
                for (value, (greatest, from)) in values[sender * columns..][..columns].iter().zip(best) {
                    if *from == u32::MAX || value > greatest {
                        (*greatest, *from) = (*value, entry as u32);
                    }
                }
            }
        });
    (greatest, from)
}

/// The gradient of [`max_pool`] with respect to the senders' rows.
pub fn max_pool_backward(edges: &EdgeIndex, columns: usize, from: &[u32], gradient: &[f32]) -> Vec<f32> {
    let places = edges.outgoing_places();
    let mut out = vec![0.0; edges.senders() * columns];
    out.par_chunks_mut(columns).with_min_len(CHUNK).enumerate().for_each(|(row, out)| {
        for entry in edges.outgoing.range(row) {
            let start = edges.outgoing.indices[entry] as usize * columns;
            let received = from[start..][..columns].iter().zip(&gradient[start..]);
            for (out, (from, gradient)) in out.iter_mut().zip(received) {
                if *from == places[entry] {
                    *out += gradient;
                }
            }
        }
    });
    out
}
