//! The picture of the evidence: the paths from one node to another, in columns.
//!
//! [`evidence`] chooses what is drawn, [`layers`] says where it stands, [`letters`] how wide its names are, and [`drawing`]
//! writes the SVG.

mod drawing;
mod evidence;
mod layers;
mod letters;

pub use drawing::{Picture, line_swatch, relation_ink, width_scale};
