//! The link-prediction task: what is predicted, what a scorer may see, and how its scores are judged.
//!
//! A [`Task`] names the target relation. A [`Split`] divides its edges, and a [`TrainView`] is what the split leaves of
//! the graph: a scorer is fitted on it and on nothing else. [`Scorer`] and [`FittedScorer`] are the traits of everything
//! that scores pairs. A [`Plan`] is a protocol with its [`Round`]s; a [`Judge`] gives a fitted scorer's figures
//! in one, and [`run`] does all of them. [`metrics`] are what figures are counted with.
//!
//! ```
//! use theriac_link::{
//!     Budget, EvaluationOptions, FitRecord, FittedScorer, Judge, LinkError, Pair, Part, Plan, Scorer, Silent, TrainView,
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
//! let round = Plan::random(0.1, 0.2, 7).round(&graph, &example_task(&graph)?, 0)?;
//! let view = TrainView::new(&graph, &round.split)?;
//! let fitted = DrugDegree.fit(&view, &Budget::new(7, &Silent))?;
//! let judge = Judge::new(&graph, &round, Part::Test, &EvaluationOptions::default())?;
//! let judgement = judge.judge(fitted.as_ref())?;
//! assert_eq!(judgement.figures.at("ranking.pairs"), Some(round.split.test.len() as f64));
//! # Ok::<(), LinkError>(())
//! ```

mod budget;
pub mod calibration;
mod candidates;
pub mod conformance;
mod error;
mod evaluation;
mod guard;
pub mod metrics;
pub mod negatives;
mod pair;
mod permutation;
pub mod popularity;
mod protocols;
mod rescore;
mod scorer;
mod signed;
pub mod significance;
mod split;
pub mod stability;
mod stream;
mod task;
mod view;

pub use budget::{Budget, Event, Observer, Silent, Trial, Validation};
pub use candidates::{CandidateRule, Candidates};
pub use error::LinkError;
pub use evaluation::{
    Curves, DegreeBin, EvaluationOptions, EvaluationReport, Experiment, FIGURES, Figure, Figures, Judge,
    Judgement, PermutationControl, PermutedFigures, Replicates, Results, RoundResult, RoundSummary,
    ScorerReport, TargetJudgement, Versus, figure_of, run,
};
pub use negatives::LabelledPairs;
pub use pair::Pair;
pub use permutation::permuted;
pub use protocols::{Area, Plan, Protocol, Round, similar_areas};
pub use rescore::{About, Rescorer};
pub use scorer::{EpochRecord, FitRecord, Fits, FittedScorer, FittedTwice, Scorer};
pub use signed::{SignedFigures, SignedSample, SignedSplit};
pub use split::{Part, RemovedEdges, Split};
pub use stream::{Stream, pair_hash, stream};
pub use task::Task;
pub use view::TrainView;
