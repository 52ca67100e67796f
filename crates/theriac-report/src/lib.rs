//! What a reader sees of an evaluation, and of the candidates for a disease or a drug: HTML pages, Markdown, TSV.
//!
//! [`EvaluationPage`] and [`CandidatePage`] are plain view models: names, sentences and numbers, with nothing left to compute.
//! Their `to_html` writes one file that needs no network, no font and no script, and that reads on a phone, on a wide screen,
//! in the dark and in grey print. [`CandidatePage::to_markdown`] says the same in Markdown; [`tables`] writes the table of
//! scorers for papers and scripts. The same page gives the same bytes.
//!
//! The crate knows no other crate of the engine: it shows figures and does not make them.

mod candidates;
mod html;
mod markdown;
mod number;
mod page;
mod palette;
mod picture;
mod plots;
pub mod tables;

pub use candidates::{
    Accuracy, AccuracyRow, Arrow, Candidate, CandidatePage, Contribution, Counterfactual, EvidencePath,
    Explanation, Fidelity, Flag, Hop, Metapath, Node, Place, Query,
};
pub use html::{Section, flag_labels, style_sheet};
pub use page::{
    Audit, Breakdown, BreakdownGroup, BreakdownSeries, BreakdownValue, Calibration, Configurations, Curve,
    Curves, Difference, Epoch, Estimate, EvaluationPage, Extremes, Figure, Finding, FrequentSource, Interval,
    PermutationControl, PermutationRow, Popularity, PopularityOfScorer, Provenance, Reliability,
    ReliabilityBin, Scorer, Severity, SplitPart, SplitSummary, Stability, StabilityRow, TargetResult, Term,
    Training,
};
pub use palette::MOST_HIGHLIGHTED;
