//! The plots, as SVG.
//!
//! Each plot is a [`panel::Panel`]: axes, and marks in the units of the data. One place draws panels; the other files say what is in
//! them. A plot without a point that can be drawn is `None`.

mod bars;
mod dots;
mod groups;
mod lines;
mod panel;
mod reliability;
mod scale;

pub use bars::contributions;
pub use dots::{intervals, permutation};
pub use groups::{MOST_INTERVALS, grouped, in_columns};
pub use lines::{hits, loss, precision_recall, roc, validation};
pub use panel::swatch;
pub use reliability::{most_predicted, reliability};
