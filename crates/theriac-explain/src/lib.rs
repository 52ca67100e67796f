//! Why a model scores a pair as it does, in the graph's own terms, with figures that say how far to trust it.
//!
//! An [`Explainer`] asks a [`theriac_link::Rescorer`] what it would say without an edge, exactly: nothing is approximated by a
//! mask or a gradient. Of all edges on paths of up to four steps between the two nodes it asks about those that carry the
//! most; [`Explanation`] says how many that are. Paths are grouped by metapath and held against pairs with as many links
//! ([`Control`]); small sets of edges that a rank rests on are found by trying them ([`EdgeSet`]).

mod control;
mod curves;
mod effect;
mod evidence;
mod explainer;
mod fidelity;
mod filter;
mod halves;
mod mean;
mod planted;
mod precedents;
mod recovery;
mod schema;
mod sets;

pub use control::Control;
pub use curves::{Areas, Curves};
pub use effect::EdgeEffect;
pub use evidence::MOST_STEPS;
pub use explainer::{EvidencePath, Explainer, Explanation, MetapathEvidence, Question};
pub use fidelity::Fidelity;
pub use filter::PathFilter;
pub use mean::{Mean, draw_pairs};
pub use planted::{Planted, PlantedConfig};
pub use precedents::Precedent;
pub use recovery::Recovery;
pub use schema::{Direction, Node};
pub use sets::EdgeSet;
