//! Why there is no answer.

use std::io;
use std::path::PathBuf;

use theriac_formats::FormatError;
use theriac_graph::{GraphError, NodeLabel};
use theriac_link::LinkError;
use theriac_models::ModelError;

/// Why there is no answer. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum PredictError {
    /// An outside file is at fault.
    #[error(transparent)]
    Format(Box<FormatError>),
    /// The graph is at fault.
    #[error(transparent)]
    Graph(Box<GraphError>),
    /// The task, the split or a scorer is at fault.
    #[error(transparent)]
    Link(Box<LinkError>),
    /// A model or its settings are at fault.
    #[error(transparent)]
    Model(Box<ModelError>),
    /// A graph or a model could not be saved.
    #[error(transparent)]
    Save(Box<ModelError>),
    /// A graph was asked for where a file stands.
    #[error("{} is a file; expected a graph folder, as theriac import makes of it", path.display())]
    NotImported {
        /// The file.
        path: PathBuf,
    },
    /// No target was asked for, and the graph does not suggest one.
    #[error("no --target was given, and {0}")]
    DefaultTarget(Box<GraphError>),
    /// The graph that a model was trained on is not where it was.
    #[error("the model's graph cannot be read ({source}); if it has moved, say where it is with --graph")]
    GraphMoved {
        /// What went wrong.
        source: Box<GraphError>,
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
    /// What was asked does not go together, or there is no such thing.
    #[error("{0}")]
    Asked(String),
    /// There is nothing to rank a new node by.
    #[error("nothing was ranked for {name}: {reason}")]
    Abstained {
        /// What the node is called.
        name: String,
        /// Why there is no evidence.
        reason: String,
    },
}

impl PredictError {
    /// An error on the way of a file to disk.
    pub fn saving(error: GraphError) -> Self {
        Self::Save(ModelError::Graph(error).into())
    }

    /// Whether the work failed; otherwise what was asked, or what was given, was wrong.
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Save(error) => !matches!(**error, ModelError::Graph(GraphError::Occupied { .. })),
            Self::Write { .. } => true,
            Self::Link(error) => is_failed_scorer(error),
            Self::Model(error) => matches!(&**error, ModelError::Link(error) if is_failed_scorer(error)),
            _ => false,
        }
    }
}

macro_rules! boxed {
    ($($variant:ident($error:ty)),*) => {
        $(impl From<$error> for PredictError {
            fn from(error: $error) -> Self {
                Self::$variant(error.into())
            }
        })*
    };
}

boxed!(Format(FormatError), Graph(GraphError), Link(LinkError), Model(ModelError));

/// A scorer that gives what cannot be ranked has failed; everything else about a task is a matter of the input.
fn is_failed_scorer(error: &LinkError) -> bool {
    matches!(error, LinkError::Scorer { .. } | LinkError::NanScore { .. } | LinkError::Labels { .. })
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
        PredictError::NotFound { query: "goot".into(), node_type: "disease".into(), suggestions }.to_string()
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
        let error = PredictError::Ambiguous {
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
}
