//! What is read of a block of a table, and in the end of all tables.

use std::collections::BTreeSet;

use super::features::FeatureRow;
use crate::assembler::Assembler;
use crate::error::FormatError;

/// What is read of a block of a table, or of all blocks so far.
pub(super) struct Part {
    pub(super) assembler: Assembler,
    /// Features of the nodes of the present table.
    pub(super) features: Vec<FeatureRow>,
    /// The rows of the present table.
    pub(super) tally: Tally,
    /// Keys of JSON objects that are met in the present table.
    pub(super) keys: BTreeSet<String>,
    /// Memory for ids that get a prefix.
    pub(super) ids: [String; 2],
}

/// How many rows a table has, and what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) rows: usize,
    /// Left out since `where` does not take them.
    pub(super) unwanted: usize,
    /// Left out without an id, type or relation.
    pub(super) incomplete: usize,
    /// Without a weight: left out, or given the one that the mapping names.
    pub(super) weightless: usize,
}

impl Part {
    pub(super) fn new(assembler: Assembler) -> Self {
        Self {
            assembler,
            features: Vec::new(),
            tally: Tally::default(),
            keys: BTreeSet::new(),
            ids: Default::default(),
        }
    }

    /// A part for a block of the present table.
    pub(super) fn block(&self) -> Self {
        Self::new(self.assembler.block())
    }

    /// Takes in a [`Part::block`] that comes next in the table.
    pub(super) fn append(&mut self, block: Self) -> Result<(), FormatError> {
        self.assembler.append(block.assembler)?;
        self.features.extend(block.features);
        self.keys.extend(block.keys);
        let later = block.tally;
        self.tally.rows += later.rows;
        self.tally.unwanted += later.unwanted;
        self.tally.incomplete += later.incomplete;
        self.tally.weightless += later.weightless;
        Ok(())
    }
}
