//! CPU kernels over plain slices, and the only `unsafe` code of the project.
//!
//! Each kernel is written once in portable Rust and compiled for several instruction sets; which one runs is
//! decided by what the processor has ([`Level::detect`]), so the default build is fast without `target-cpu=native`.
//! Our own kernels contract no `a * b + c` into one rounding and reorder no sum by instruction set, so that all levels give
//! the same bits; dense products are the `gemm` crate's, which does both, so that a whole run is the same to the bit on
//! processors of one kind. Work is split over threads by output rows, which makes results independent of the thread count.

// A kernel's inner functions have to take on the instruction set of the function that they are compiled into.
#![allow(clippy::inline_always)]

mod adam;
mod additive;
mod aggregate;
mod attention;
mod matmul;
mod max_pool;
mod pairs;
mod simd;

pub use adam::{AdamStep, adam};
pub use additive::{Additive, edge_additive, edge_additive_backward};
pub use aggregate::{Messages, aggregate};
pub use attention::{Heads, edge_dot, edge_dot_backward, softmax_sum, softmax_sum_backward};
pub use matmul::{Matrix, matmul};
pub use max_pool::{max_pool, max_pool_backward};
pub use pairs::{PairRows, pair_dot, pair_dot_backward};
pub use simd::Level;
