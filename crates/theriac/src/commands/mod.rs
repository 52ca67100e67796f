//! The commands, one file each.

mod audit;
mod demo;
mod embed;
mod evaluate;
mod explain;
mod explain_evaluate;
mod explain_new_node;
mod export;
mod fetch;
mod import;
mod inspect;
mod merge;
mod planted;
mod rank;
mod rank_new_node;
mod report;
mod screen;
mod serve;
mod train;
mod tune;

pub use audit::audit;
pub use demo::demo;
pub use embed::embed;
pub use evaluate::evaluate;
pub use explain::explain;
pub use export::export;
pub use fetch::{LIST, fetch};
pub use import::import;
pub use inspect::inspect;
pub use merge::merge;
pub use rank::rank;
pub use report::report;
pub use screen::screen;
pub use serve::serve;
pub use train::train;
pub use tune::tune;
