//! Typed, checked, immutable biomedical graphs.
//!
//! A [`Graph`] holds node tables ([`NodeTable`]: ids, names, features) and relations ([`Relation`]: edges in
//! compressed sparse rows, [`Csr`], seen from both ends). It is made by [`GraphBuilder`], which checks everything
//! once.

mod builder;
mod csr;
mod edges;
mod error;
mod graph;
mod nodes;
mod schema;

pub use builder::GraphBuilder;
pub use csr::Csr;
pub use edges::{DuplicatePolicy, EdgeList, Lines, Origin};
pub use error::GraphError;
pub use graph::{Graph, Provenance, Relation};
pub use nodes::{FeatureMatrix, NodeTable};
pub use schema::RelationKey;
