//! What a reader sees of an evaluation: one HTML page, and its main table as Markdown and TSV.
//!
//! [`EvaluationPage`] is a plain view model: names, sentences and numbers, with nothing left to compute. Its
//! [`to_html`](EvaluationPage::to_html) writes one file that needs no network, no font and no script, and that reads on a
//! phone, on a wide screen, in the dark and in grey print. [`tables`] writes the table of scorers for papers and
//! scripts. The same page gives the same bytes.
//!
//! The crate knows no other crate of the engine: it shows figures and does not make them.

mod html;
mod number;
mod page;
mod palette;
mod plots;
pub mod tables;

pub use page::{
    Audit, Breakdown, BreakdownGroup, BreakdownSeries, BreakdownValue, Calibration, Configurations, Curve,
    Curves, Difference, Epoch, Estimate, EvaluationPage, Extremes, Figure, Finding, FrequentSource, Interval,
    PermutationControl, PermutationRow, Popularity, PopularityOfScorer, Provenance, Reliability,
    ReliabilityBin, Scorer, Severity, SplitPart, SplitSummary, Stability, StabilityRow, TargetResult, Term,
    Training,
};
pub use palette::MOST_HIGHLIGHTED;
