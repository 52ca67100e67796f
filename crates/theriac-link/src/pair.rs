//! A source and a target node: what is scored.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A source node and a target node of the target relation: for `drug:treats:disease`, a drug and a disease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Pair {
    /// Index of the source node within its type.
    pub source: u32,
    /// Index of the target node within its type.
    pub target: u32,
}

impl Pair {
    /// The pair of these nodes.
    pub fn new(source: u32, target: u32) -> Self {
        Self { source, target }
    }

    /// The pair seen from its target.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self { source: self.target, target: self.source }
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}, {})", self.source, self.target)
    }
}
