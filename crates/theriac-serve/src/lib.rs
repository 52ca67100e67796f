//! The local workbench around trained models: what a biologist sees of them, and keeps.
//!
//! [`shortlist`] keeps the pairs that were pinned, with verdicts and notes, in one file.

pub mod shortlist;
