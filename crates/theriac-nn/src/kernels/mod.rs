//! CPU kernels over plain slices, and the only `unsafe` code of the project.
//!
//! Each kernel is written once in portable Rust and compiled for several instruction sets; which one runs is
//! decided by what the processor has ([`Level::detect`]), so the default build is fast without `target-cpu=native`.
//! No kernel contracts `a * b + c` into one rounding or reorders a sum by instruction set, so all levels give the
//! same bits. Work is split over threads by output rows, which makes results independent of the thread count too.

// A kernel's inner functions have to take on the instruction set of the function that they are compiled into.
#![allow(clippy::inline_always)]

mod adam;
mod aggregate;
mod matmul;
mod pairs;
mod simd;

pub use adam::{AdamStep, adam};
pub use aggregate::{Messages, aggregate};
pub use matmul::{Matrix, matmul};
pub use pairs::{PairRows, pair_dot, pair_dot_backward};
pub use simd::Level;
