//! Graph neural networks as scorers, their training, checkpoints and model cards.
//!
//! Everything here implements [`theriac_link::Scorer`], so all of it stands in every table. [`gnn::Gnn`] is the
//! published recipe, its whole-graph form and more; [`theriac_baselines`] are what it has to beat. A [`TrainedModel`] is a model with
//! its [`Card`], as it stands in a folder; [`TrainedModel::node_embeddings`] gives what it knows of each node. [`tuning`]
//! chooses settings.

pub mod blend;
pub mod gnn;
pub mod tuning;

mod card;
mod checkpoint;
mod config;
mod contributions;
mod embeddings;
mod error;
mod fitted;
mod preset;
mod recipe_view;
mod registry;
mod score_table;
mod tensor_file;

pub use card::{Calibration, Card, GraphReference, Hardware, Probabilities, SignedCard, SplitReference};
pub use checkpoint::{Side, TrainedModel};
pub use config::{Continuation, ModelConfig};
pub use contributions::{Contributions, PairContributions};
pub use embeddings::NodeEmbeddings;
pub use error::ModelError;
pub use fitted::FittedModel;
pub use preset::Preset;
pub use recipe_view::recipe_view;
pub use registry::{ScorerConfigs, scorer, scorer_names};
pub use score_table::ScoreTable;
