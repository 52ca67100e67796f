//! Why a command ends early, and the exit code that says so.

use std::io;
use std::path::PathBuf;

use theriac_fetch::FetchError;
use theriac_formats::FormatError;
use theriac_graph::{GraphError, NodeLabel};
use theriac_link::LinkError;
use theriac_models::ModelError;

/// The work failed.
const FAILED: u8 = 1;
/// The call or the input was wrong.
const REFUSED: u8 = 2;
/// All went well, and there is no answer.
const ABSTAINED: u8 = 3;

/// Why a command ends early. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// A data set cannot be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// An outside file is at fault.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The graph is at fault.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The task, the split or a scorer is at fault.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// A model or its settings are at fault.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A graph or a model could not be saved.
    #[error(transparent)]
    Save(ModelError),
    /// A graph could not be written for another tool.
    #[error(transparent)]
    Export(FormatError),
    /// A graph was asked for where a file stands.
    #[error("{} is a file; expected a graph folder, as theriac import makes of it", path.display())]
    NotImported {
        /// The file.
        path: PathBuf,
    },
    /// No target was asked for, and the graph does not suggest one.
    #[error("no --target was given, and {0}")]
    DefaultTarget(GraphError),
    /// The graph that a model was trained on is not where it was.
    #[error("the model's graph cannot be read ({source}); if it has moved, say where it is with --graph")]
    GraphMoved {
        /// What went wrong.
        source: GraphError,
    },
    /// A query by a type that the model's relation does not join.
    #[error("the model predicts {relation}, which has no {wanted}; ask with --source or --target")]
    NoSuchEnd {
        /// The relation.
        relation: String,
        /// The type that was asked for.
        wanted: &'static str,
    },
    /// A name fits several nodes.
    #[error("'{query}' fits {fitting} {node_type} nodes: {}; give the id of one", listed(candidates, *fitting))]
    Ambiguous {
        /// What was asked for.
        query: String,
        /// Type of the nodes.
        node_type: String,
        /// The first of them.
        candidates: Vec<NodeLabel>,
        /// How many there are.
        fitting: usize,
    },
    /// A name fits no node.
    #[error("no {node_type} is called '{query}'{}", did_you_mean(suggestions))]
    NotFound {
        /// What was asked for.
        query: String,
        /// Type of the nodes.
        node_type: String,
        /// Nodes with names like it.
        suggestions: Vec<NodeLabel>,
    },
    /// A name fits nodes of several types.
    #[error("'{query}' fits nodes of {} types: {}; say which with --type", fitting.len(), fitting.join("; "))]
    AmbiguousType {
        /// What was asked for.
        query: String,
        /// For each type its name with the node, or the number of nodes.
        fitting: Vec<String>,
    },
    /// A node type that the graph does not have.
    #[error("the graph has no node type '{wanted}'; expected one of {known}")]
    UnknownType {
        /// What was asked for.
        wanted: String,
        /// The types that there are.
        known: String,
    },
    /// Embeddings of all types are to go where one matrix has its place.
    #[error("an .npy file holds the matrix of one node type; say which with --type: {known}")]
    OneMatrix {
        /// The types that there are.
        known: String,
    },
    /// Neither the ending of a path nor an option tells the format of a file.
    #[error("{}: the ending tells no format; expected one of {known}, or a format with --to", path.display())]
    UnknownEnding {
        /// The file.
        path: PathBuf,
        /// The endings that tell one.
        known: String,
    },
    /// A file of results could not be written.
    #[error("{}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said, or what the form cannot hold.
        source: io::Error,
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
    /// There is nothing to rank a new node by.
    #[error("nothing was ranked for {name}: {reason}")]
    Abstained {
        /// What the node is called.
        name: String,
        /// Why there is no evidence.
        reason: String,
    },
    /// Standard output takes no more.
    #[error("standard output cannot be written: {0}")]
    Output(io::Error),
}

impl CliError {
    /// An error on the way of a graph to disk.
    pub fn saving_graph(error: GraphError) -> Self {
        Self::Save(ModelError::Graph(error))
    }

    /// The exit code: 1 where the work failed, 2 where the call or the input was wrong, 3 where there is no evidence to rank by, 0 where the reader of the results
    /// went away.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Output(_) if self.is_broken_pipe() => 0,
            Self::Abstained { .. } => ABSTAINED,
            Self::Save(ModelError::Graph(GraphError::Occupied { .. })) => REFUSED,
            Self::Output(_)
            | Self::Threads { .. }
            | Self::Save(_)
            | Self::Write { .. }
            | Self::Stopped
            | Self::EvaluationStopped
            | Self::ScreenStopped
            | Self::TuningStopped { .. }
            | Self::NothingTuned { .. }
            | Self::Export(FormatError::Io { .. }) => FAILED,
            Self::Export(FormatError::Graph(error)) if matches!(**error, GraphError::Io { .. }) => FAILED,
            Self::Fetch(error) if !error.is_misuse() => FAILED,
            Self::Link(error) | Self::Model(ModelError::Link(error)) => of_link(error),
            _ => REFUSED,
        }
    }

    /// Whether the reader of the results went away, as `head` does when it has enough.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// A scorer that gives what cannot be ranked has failed; everything else about a task is a matter of the input.
fn of_link(error: &LinkError) -> u8 {
    match error {
        LinkError::Scorer { .. } | LinkError::NanScore { .. } | LinkError::Labels { .. } => FAILED,
        _ => REFUSED,
    }
}

fn listed(candidates: &[NodeLabel], fitting: usize) -> String {
    let shown: Vec<String> = candidates.iter().map(NodeLabel::to_string).collect();
    let more = if fitting > shown.len() { "; ..." } else { "" };
    format!("{}{more}", shown.join("; "))
}

fn did_you_mean(suggestions: &[NodeLabel]) -> String {
    let shown: Vec<String> = suggestions.iter().map(NodeLabel::to_string).collect();
    match shown.split_last() {
        None => String::new(),
        Some((only, [])) => format!("; did you mean {only}?"),
        Some((last, others)) => format!("; did you mean {} or {last}?", others.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(name: &str) -> NodeLabel {
        NodeLabel { node: 0, id: format!("id:{name}"), name: name.into() }
    }

    fn not_found(names: &[&str]) -> String {
        let suggestions = names.iter().map(|name| label(name)).collect();
        CliError::NotFound { query: "goot".into(), node_type: "disease".into(), suggestions }.to_string()
    }

    #[test]
    fn suggestions_read_as_a_sentence() {
        assert_eq!(not_found(&[]), "no disease is called 'goot'");
        assert_eq!(not_found(&["gout"]), "no disease is called 'goot'; did you mean gout (id:gout)?");
        assert_eq!(
            not_found(&["gout", "goiter", "root"]),
            "no disease is called 'goot'; did you mean gout (id:gout); goiter (id:goiter) or root (id:root)?"
        );
    }

    #[test]
    fn candidates_that_are_not_shown_are_hinted_at() {
        let error = CliError::Ambiguous {
            query: "diabetes".into(),
            node_type: "disease".into(),
            candidates: vec![label("a"), label("b")],
            fitting: 12,
        };
        assert_eq!(
            error.to_string(),
            "'diabetes' fits 12 disease nodes: a (id:a); b (id:b); ...; give the id of one"
        );
    }

    #[test]
    fn exit_codes_tell_bad_input_from_failed_work() {
        let io = |kind| io::Error::from(kind);
        let unwritable = GraphError::Io { path: "g".into(), source: io(io::ErrorKind::StorageFull) };
        let unreadable = GraphError::Io { path: "g".into(), source: io(io::ErrorKind::NotFound) };
        let occupied = GraphError::Occupied { what: "graph", path: "g".into(), found: "is a file".into() };
        let nan = LinkError::Scorer { scorer: "s".into(), problem: "NaN".into() };
        for (error, code) in [
            (CliError::saving_graph(unwritable), 1),
            (CliError::Write { path: "p".into(), source: io(io::ErrorKind::StorageFull) }, 1),
            (CliError::ScreenStopped, 1),
            (CliError::saving_graph(occupied), 2),
            (CliError::Graph(unreadable), 2),
            (CliError::Model(ModelError::Link(nan)), 1),
            (CliError::Output(io(io::ErrorKind::BrokenPipe)), 0),
            (CliError::Output(io(io::ErrorKind::StorageFull)), 1),
        ] {
            assert_eq!(error.exit_code(), code, "{error}");
        }
    }
}
