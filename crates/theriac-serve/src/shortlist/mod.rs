//! The shortlist: pairs of a drug and a disease that a biologist pins, with a verdict and a note, in one file that
//! outlives the model they came from.
//!
//! - [`Shortlist`] is the file: pin, judge, note, remove, look up. What was acknowledged is on the disk, and a verdict
//!   or note that is overwritten stays in the [`Shortlist::history`] of its pair.
//! - An edit may name the [`Entry::revision`] that it is based on, and is refused where somebody was faster.
//! - [`write_tsv`], [`write_json`], [`read_tsv`] and [`read_json`] exchange [`Record`]s; [`Shortlist::import`] merges
//!   them in. [`write_evaluation_set`] writes those with chosen verdicts as `theriac evaluate --protocol external`
//!   reads them.
//! - [`ShortlistError`] is everything that can be wrong, one sentence each.
//!
//! The time of a change is an argument: [`Timestamp::at`] takes it from a clock.
//!
//! ```
//! use std::time::SystemTime;
//! use theriac_serve::shortlist::{Filter, PairKey, Record, Shortlist, ShortlistError, Timestamp, Verdict};
//!
//! let folder = tempfile::tempdir()?;
//! let shortlist = Shortlist::open(&folder.path().join("shortlist.db"))?;
//! let pair = PairKey {
//!     relation: "compound:treats:disease".parse()?,
//!     source_id: "Compound::DB00945".into(),
//!     target_id: "Disease::DOID:9352".into(),
//! };
//! let now = Timestamp::at(SystemTime::now());
//! let record = Record { source_name: "aspirin".into(), rank: Some(3), ..Record::new(pair.clone(), now) };
//! let pinned = shortlist.pin(&record)?;
//!
//! let seen = Some(pinned.entry.revision);
//! shortlist.set_verdict(&pair, Some(Verdict::Promising), seen, now)?;
//! let late = shortlist.set_note(&pair, "written in a tab that had not seen the verdict", seen, now);
//! assert!(matches!(late, Err(ShortlistError::Conflict { .. })));
//!
//! let promising = Filter { verdicts: vec![Some(Verdict::Promising)], ..Filter::default() };
//! assert_eq!(shortlist.list(&promising)?[0].record.source_name, "aspirin");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod database;
mod error;
mod evaluation_set;
mod import;
mod json;
mod record;
mod rows;
mod store;
mod tsv;

#[cfg(test)]
mod faults;
#[cfg(test)]
mod tests;

pub use error::ShortlistError;
pub use evaluation_set::{EvaluationSet, write_evaluation_set};
pub use json::{read_json, write_json};
pub use record::{Entry, PairKey, Record, RecordError, Verdict, VerdictError, Version};
pub use rows::Filter;
pub use store::{Imported, Pinned, Shortlist};
pub use theriac_predict::timestamp::{Timestamp, TimestampError};
pub use tsv::{read_tsv, write_tsv};
