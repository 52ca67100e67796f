//! Why a command ends early, and the exit code that says so.

use std::io;
use std::path::PathBuf;

use theriac_fetch::FetchError;
use theriac_formats::FormatError;
use theriac_graph::GraphError;
use theriac_link::LinkError;
use theriac_models::ModelError;
use theriac_predict::PredictError;
use theriac_serve::ServeError;

/// The work failed.
const FAILED: u8 = 1;
/// The call or the input was wrong.
const REFUSED: u8 = 2;
/// All went well, and there is no answer.
const ABSTAINED: u8 = 3;

/// Why a command ends early. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The model, its graph or what was asked of them is at fault.
    #[error(transparent)]
    Predict(Box<PredictError>),
    /// The workbench could not be opened.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// A data set cannot be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// A graph could not be written for another tool.
    #[error(transparent)]
    Export(FormatError),
    /// Embeddings of all types are to go where one matrix has its place.
    #[error("an .npy file holds the matrix of one node type; say which with --type: {known}")]
    OneMatrix {
        /// The types that there are.
        known: String,
    },
    /// Scoring was stopped.
    #[error("scoring was stopped; no file was written")]
    ScreenStopped,
    /// A model was trained on another relation than the one that is evaluated.
    #[error("{}: the model predicts {found}, but {expected} is evaluated; expected the same", path.display())]
    OtherTarget {
        /// The model folder.
        path: PathBuf,
        /// What the model predicts.
        found: String,
        /// What is evaluated.
        expected: String,
    },
    /// A file of names, pairs or results is not what it should be.
    #[error("{}:{line}: {problem}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What was found and what was expected.
        problem: String,
    },
    /// A file could not be read.
    #[error("{}: {problem}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said, or what was found and what was expected.
        problem: String,
    },
    /// Options that do not go together.
    #[error("{0}")]
    Options(String),
    /// An evaluation was stopped before a round was done.
    #[error("the evaluation was stopped before its first round was done; nothing was reported")]
    EvaluationStopped,
    /// Training was stopped before its first step.
    #[error("training was stopped before its first step; nothing was saved")]
    Stopped,
    /// Tuning was stopped before its end.
    #[error("tuning was stopped; what is done is kept in {}, and the same command goes on from there", folder.display())]
    TuningStopped {
        /// The folder of the tuning.
        folder: PathBuf,
    },
    /// No trial of a tuning came to its end.
    #[error(
        "none of {trials} trials came to scores that are numbers; expected a space with lower learning rates"
    )]
    NothingTuned {
        /// Trials that were tried.
        trials: usize,
    },
    /// The thread pool could not be made.
    #[error("the threads could not be started: {problem}")]
    Threads {
        /// What the system said.
        problem: String,
    },
    /// Standard output takes no more.
    #[error("standard output cannot be written: {0}")]
    Output(io::Error),
}

impl CliError {
    /// An error on the way of a graph to disk.
    pub fn saving_graph(error: GraphError) -> Self {
        PredictError::saving(error).into()
    }

    /// The exit code: 1 where the work failed, 2 where the call or the input was wrong, 3 where there is no evidence to rank by, 0 where the reader of the results
    /// went away.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Output(_) if self.is_broken_pipe() => 0,
            Self::Predict(error) if matches!(**error, PredictError::Abstained { .. }) => ABSTAINED,
            Self::Predict(error) if error.is_failure() => FAILED,
            Self::Serve(error) if error.is_failure() => FAILED,
            Self::Output(_)
            | Self::Threads { .. }
            | Self::Stopped
            | Self::EvaluationStopped
            | Self::ScreenStopped
            | Self::TuningStopped { .. }
            | Self::NothingTuned { .. }
            | Self::Export(FormatError::Io { .. }) => FAILED,
            Self::Export(FormatError::Graph(error)) if matches!(**error, GraphError::Io { .. }) => FAILED,
            Self::Fetch(error) if !error.is_misuse() => FAILED,
            _ => REFUSED,
        }
    }

    /// Whether the reader of the results went away, as `head` does when it has enough.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

macro_rules! told_as_predict_error {
    ($($error:ty),*) => {
        $(impl From<$error> for CliError {
            fn from(error: $error) -> Self {
                Self::Predict(Box::new(error.into()))
            }
        })*
    };
}

told_as_predict_error!(PredictError, FormatError, GraphError, LinkError, ModelError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_tell_bad_input_from_failed_work() {
        let io = |kind| io::Error::from(kind);
        let unwritable = GraphError::Io { path: "g".into(), source: io(io::ErrorKind::StorageFull) };
        let unreadable = GraphError::Io { path: "g".into(), source: io(io::ErrorKind::NotFound) };
        let occupied = GraphError::Occupied { what: "graph", path: "g".into(), found: "is a file".into() };
        let nan = LinkError::Scorer { scorer: "s".into(), problem: "NaN".into() };
        for (error, code) in [
            (CliError::saving_graph(unwritable), 1),
            (PredictError::Write { path: "p".into(), source: io(io::ErrorKind::StorageFull) }.into(), 1),
            (CliError::ScreenStopped, 1),
            (CliError::saving_graph(occupied), 2),
            (unreadable.into(), 2),
            (ModelError::Link(nan).into(), 1),
            (CliError::Output(io(io::ErrorKind::BrokenPipe)), 0),
            (CliError::Output(io(io::ErrorKind::StorageFull)), 1),
        ] {
            assert_eq!(error.exit_code(), code, "{error}");
        }
    }
}
