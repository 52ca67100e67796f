//! What can be asked of `explain`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

/// Arguments of `explain`.
#[derive(Debug, Args)]
#[command(after_help = "Example: theriac explain model --drug haloperidol --disease schizophrenia\n\
                  Example: theriac explain model --drug haloperidol --disease schizophrenia --without 'haloperidol -- DRD2'\n\n\
                  An edge is two names or ids with -- between, or with a relation, -[targets]-. Effects are exact: the \
                  model scores the pair anew without the edge, with all that it has learned as it is.")]
pub struct ExplainArguments {
    /// Model folder
    pub model: PathBuf,
    /// The drug, by name or id, whatever the graph calls drugs
    #[arg(long, value_name = "NAME", required_unless_present = "source", conflicts_with = "source")]
    pub drug: Option<String>,
    /// The disease, by name or id, whatever the graph calls diseases
    #[arg(long, value_name = "NAME", required_unless_present = "target", conflicts_with = "target")]
    pub disease: Option<String>,
    /// The source of the model's relation, whatever its type
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// The target of the model's relation, whatever its type
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// Number of first ranks that necessary and sufficient edges are told for
    #[arg(long, value_name = "N", default_value = "10")]
    pub top: NonZeroUsize,
    /// Number of edges to take out one by one, those that carry the most paths
    #[arg(long, value_name = "N", default_value = "48")]
    pub edges: NonZeroUsize,
    /// Number of steps of a path, at most
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=4))]
    pub steps: u8,
    /// Only paths through this node; may be given again
    #[arg(long, value_name = "NAME")]
    pub through: Vec<String>,
    /// No path through this node; may be given again
    #[arg(long, value_name = "NAME")]
    pub avoid: Vec<String>,
    /// Only paths along these relations, separated by commas, by name or as source:name:target
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub relations: Option<Vec<String>>,
    /// Only paths whose edges have this text in this attribute, as status=approved, where their relation has it
    #[arg(long, value_name = "NAME=TEXT")]
    pub only: Option<String>,
    /// What if this edge were not there; may be given again
    #[arg(long, value_name = "EDGE")]
    pub without: Vec<String>,
    /// What if this edge were there; may be given again
    #[arg(long, value_name = "EDGE")]
    pub with: Vec<String>,
    /// Graph folder, where the model's own has moved
    #[arg(long, value_name = "G")]
    pub graph: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}
