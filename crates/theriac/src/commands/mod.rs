//! The commands, one file each.

mod demo;
mod evaluate;
mod fetch;
mod import;
mod inspect;
mod rank;
mod train;

pub use demo::demo;
pub use evaluate::evaluate;
pub use fetch::{LIST, fetch};
pub use import::import;
pub use inspect::inspect;
pub use rank::rank;
pub use train::train;
