//! The link-prediction task: what is predicted, what a scorer may see, and how its scores are judged.
//!
//! A [`Task`] names the target relation. A [`Split`] divides its edges, and a [`TrainView`] is what the split leaves of
//! the graph: a scorer is fitted on it and on nothing else. [`Scorer`] and [`FittedScorer`] are the traits of everything
//! that scores pairs. [`evaluate`] gives a fitted scorer's figures under the protocols; [`metrics`] and [`Ranking`] are
//! what it counts with.
//!
//! ```
//! use theriac_link::{
//!     Budget, EvaluationOptions, FitRecord, FittedScorer, LinkError, Pair, Scorer, Silent, Split, TrainView,
//! };
//! use theriac_link::conformance::{example_graph, example_task};
//!
//! /// Scores a pair by how many diseases the drug is known to treat.
//! struct DrugDegree;
//!
//! struct Fitted {
//!     degrees: Vec<u32>,
//!     record: FitRecord,
//! }
//!
//! impl Scorer for DrugDegree {
//!     fn name(&self) -> &str {
//!         "drug degree"
//!     }
//!
//!     fn fit(&self, view: &TrainView, _: &Budget<'_>) -> Result<Box<dyn FittedScorer>, LinkError> {
//!         let edges = &view.target().forward;
//!         Ok(Box::new(Fitted {
//!             degrees: (0..edges.rows()).map(|drug| edges.degree(drug)).collect(),
//!             record: FitRecord::new(self.name(), view),
//!         }))
//!     }
//! }
//!
//! impl FittedScorer for Fitted {
//!     fn record(&self) -> &FitRecord {
//!         &self.record
//!     }
//!
//!     fn score(&self, pairs: &[Pair]) -> Vec<f32> {
//!         pairs.iter().map(|pair| self.degrees[pair.source as usize] as f32).collect()
//!     }
//! }
//!
//! let graph = example_graph();
//! let split = Split::random(&graph, &example_task(&graph)?, 0.1, 0.2, 7)?;
//! let view = TrainView::new(&graph, &split)?;
//! let fitted = DrugDegree.fit(&view, &Budget::new(7, &Silent))?;
//! let evaluation = theriac_link::evaluate(fitted.as_ref(), &graph, &split, &EvaluationOptions::default())?;
//! assert_eq!(evaluation.ranking.pairs, split.test.len());
//! # Ok::<(), LinkError>(())
//! ```

mod budget;
pub mod calibration;
pub mod conformance;
mod error;
pub mod metrics;
pub mod negatives;
mod pair;
pub mod popularity;
mod protocol;
mod ranking;
mod scorer;
pub mod significance;
mod split;
pub mod stability;
mod stream;
mod task;
mod view;

pub use budget::{Budget, Event, Observer, Silent, Validation};
pub use error::LinkError;
pub use negatives::LabelledPairs;
pub use pair::Pair;
pub use protocol::{
    BinaryFigures, Evaluation, EvaluationOptions, EvaluationReport, ThresholdFigures, check_evaluation,
    evaluate, evaluate_all,
};
pub use ranking::{RankedPair, Ranking, filtered_ranks};
pub use scorer::{FitRecord, FittedScorer, Scorer, Trial};
pub use split::{Part, Split};
pub use stream::{Stream, stream};
pub use task::Task;
pub use view::TrainView;
