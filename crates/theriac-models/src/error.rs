//! Everything that can go wrong with models.

use std::path::PathBuf;

use theriac_graph::GraphError;
use theriac_link::LinkError;

/// Everything that can go wrong with models. Each message is one sentence that says where, what was found and what was
/// expected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The graph is at fault.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The task or the split is at fault.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The view has the validation part as the model has not, or the other way round.
    #[error(
        "the {scorer} {} learned the validation part; expected a view likewise",
        if *learned { "has" } else { "has not" }
    )]
    View {
        /// The model.
        scorer: String,
        /// Whether it has learned that part.
        learned: bool,
    },
    /// There is no preset of this name.
    #[error("there is no preset '{wanted}'; expected one of {known}")]
    UnknownPreset {
        /// What was asked for.
        wanted: String,
        /// The presets that there are.
        known: String,
    },
    /// There is no scorer of this name.
    #[error("there is no scorer '{wanted}'; expected one of {known}")]
    UnknownScorer {
        /// What was asked for.
        wanted: String,
        /// The scorers that there are.
        known: String,
    },
    /// A setting is out of range.
    #[error("{setting} is {found}; expected {expected}")]
    Config {
        /// Name of the setting.
        setting: &'static str,
        /// Its value.
        found: String,
        /// What it may be.
        expected: &'static str,
    },
    /// Too few edges to train on.
    #[error(
        "{target} has {found} training edges, of which {supervision} would supervise; expected at least 1 on either side"
    )]
    TooFewEdges {
        /// The target relation.
        target: String,
        /// Training edges.
        found: usize,
        /// Those that would supervise.
        supervision: usize,
    },
    /// A file of settings does not hold what it should.
    #[error("{}: {problem}", path.display())]
    ConfigFile {
        /// The file.
        path: PathBuf,
        /// What was found, and where.
        problem: String,
    },
    /// Settings were to be chosen on the validation part, and it is empty.
    #[error("{target} has too few edges for a validation link; expected one or more to choose settings by")]
    NoValidation {
        /// The target relation.
        target: String,
    },
    /// Training was asked to stop before there was anything to keep.
    #[error("training was stopped before there was a model to keep")]
    Stopped,
    /// A model that is not trained in epochs was to go on.
    #[error(
        "a {scorer} is fitted in one go, and leaves nothing to resume; expected the settings of a network"
    )]
    NothingToResume {
        /// What it is.
        scorer: String,
    },
    /// A model has no embeddings.
    #[error("a {scorer} has no embeddings: its scores come from many scorers; train a network to have some")]
    NoEmbeddings {
        /// What it is.
        scorer: String,
    },
    /// Too few links, or nodes with one, to hold some out and learn from the others.
    #[error(
        "{target} has {found} training edges, which cannot be divided into what is held out and what is learned from; \
         expected at least 2, of 2 nodes where nodes are held out"
    )]
    TooFewFolds {
        /// The target relation.
        target: String,
        /// Training edges.
        found: usize,
    },
    /// Parameters do not fit the graph that they are to embed.
    #[error("the parameters do not fit the graph: {problem}")]
    Parameters {
        /// What was found and what was expected.
        problem: String,
    },
    /// A model was made from another graph.
    #[error("{}: the model was trained on a graph with fingerprint {expected}; this graph has {found}", path.display())]
    OtherGraph {
        /// The model folder.
        path: PathBuf,
        /// Fingerprint in the model card.
        expected: String,
        /// Fingerprint of the graph.
        found: String,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of a model folder does not hold what it should.
    #[error("{}: {problem}", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What was found and what was expected.
        problem: String,
    },
}

impl ModelError {
    /// The error as a fit of this scorer gives it.
    pub(crate) fn of_fit(self, scorer: &str) -> LinkError {
        match self {
            Self::Link(error) => error,
            error => LinkError::Fit { scorer: scorer.into(), problem: error.to_string() },
        }
    }
}
