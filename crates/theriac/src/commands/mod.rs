//! The commands, one file each.

mod demo;
mod embed;
mod evaluate;
mod export;
mod fetch;
mod import;
mod inspect;
mod rank;
mod screen;
mod train;

pub use demo::demo;
pub use embed::embed;
pub use evaluate::evaluate;
pub use export::export;
pub use fetch::{LIST, fetch};
pub use import::import;
pub use inspect::inspect;
pub use rank::rank;
pub use screen::screen;
pub use train::train;
