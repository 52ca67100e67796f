//! What can be asked of `explain` and `report`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// What is asked about one pair.
const ONE_PAIR: [&str; 13] = [
    "drug",
    "disease",
    "source",
    "target",
    "top",
    "through",
    "avoid",
    "relations",
    "only",
    "without",
    "with",
    "new_disease",
    "new_drug",
];

/// Arguments of `explain`.
#[derive(Debug, Args)]
#[command(after_help = "Example: theriac explain model --drug haloperidol --disease schizophrenia\n\
                  Example: theriac explain model --drug haloperidol --disease schizophrenia --without 'haloperidol -- DRD2'\n\
                  Example: theriac explain model --drug haloperidol --new-disease mine.tsv\n\
                  Example: theriac explain model --evaluate --pairs 50 --mechanisms mechanisms.json\n\n\
                  An edge is two names or ids with -- between, or with a relation, -[targets]-. Effects are exact: the \
                  model scores the pair anew without the edge, with all that it has learned as it is.")]
pub struct ExplainArguments {
    /// Model folder
    pub model: PathBuf,
    /// The drug, by name or id, whatever the graph calls drugs
    #[arg(long, value_name = "NAME", required_unless_present_any = ["source", "new_drug", "new_disease", "evaluate"], conflicts_with = "source")]
    pub drug: Option<String>,
    /// The disease, by name or id, whatever the graph calls diseases
    #[arg(long, value_name = "NAME", required_unless_present_any = ["target", "new_disease", "new_drug", "evaluate"], conflicts_with = "target")]
    pub disease: Option<String>,
    /// The source of the model's relation, whatever its type
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// The target of the model's relation, whatever its type
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// A disease that is not in the graph: a file of its edges, as for rank
    #[arg(long, value_name = "FILE", conflicts_with_all = ["disease", "without", "with", "against"])]
    pub new_disease: Option<PathBuf>,
    /// A drug that is not in the graph: a file of its edges, as for rank
    #[arg(long, value_name = "FILE", conflicts_with_all = ["drug", "without", "with", "against", "new_disease"])]
    pub new_drug: Option<PathBuf>,
    /// Explain what a signed model says of the relation against its target, as contraindications
    #[arg(long, conflicts_with = "evaluate")]
    pub against: bool,
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
    /// Measure how good the model's explanations are, in place of explaining a pair: on known test pairs, against random orders
    #[arg(long, conflicts_with_all = ONE_PAIR)]
    pub evaluate: bool,
    /// Number of test pairs to measure on, drawn at random
    #[arg(long, value_name = "N", default_value = "20", requires = "evaluate", conflicts_with_all = ONE_PAIR)]
    pub pairs: NonZeroUsize,
    /// Seed of the pairs, of the random orders and of the intervals
    #[arg(long, value_name = "N", default_value_t = 0, requires = "evaluate", conflicts_with_all = ONE_PAIR)]
    pub seed: u64,
    /// Mechanisms that are known, to look for in the explanations of their pairs: YAML or JSON, see docs/explanations.md
    #[arg(long, value_name = "FILE", requires = "evaluate", conflicts_with_all = ONE_PAIR)]
    pub mechanisms: Option<PathBuf>,
    /// Graph folder, where the model's own has moved
    #[arg(long, value_name = "G")]
    pub graph: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `report`.
#[derive(Debug, Args)]
#[command(after_help = "Example: theriac report model --disease \"multiple sclerosis\" -o ms.html\n\
                  Example: theriac report model --diseases rare.txt -o rare\n\n\
                  A page is one file that loads nothing: it can be mailed, and read offline. The first candidates are explained, each \
                  with the edges and paths that carry it, precedents, warnings, and how far to trust them.")]
pub struct ReportArguments {
    /// Model folder
    pub model: PathBuf,
    /// Whose candidates.
    #[command(flatten)]
    pub query: ReportQuery,
    /// Page to write, .html or .md; with --diseases or --drugs the folder for the pages. An earlier one is replaced
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    /// Number of candidates to show
    #[arg(long, value_name = "N", default_value = "20")]
    pub top: NonZeroUsize,
    /// Number of candidates to explain, the first
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub explained: usize,
    /// Leave out known links
    #[arg(long)]
    pub novel: bool,
    /// Form of the pages in the folder of --diseases or --drugs
    #[arg(long, value_enum, value_name = "FORM", default_value_t = PageForm::Html)]
    pub to: PageForm,
    /// Graph folder, where the model's own has moved
    #[arg(long, value_name = "G")]
    pub graph: Option<PathBuf>,
}

/// Whose candidates a report is of: exactly one of these.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct ReportQuery {
    /// The drugs for this disease, by name or id, whatever the graph calls drugs and diseases
    #[arg(long, value_name = "NAME")]
    pub disease: Option<String>,
    /// The diseases for this drug, by name or id, whatever the graph calls drugs and diseases
    #[arg(long, value_name = "NAME")]
    pub drug: Option<String>,
    /// The sources of the model's relation for this target, whatever its type
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// The targets of the model's relation for this source, whatever its type
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// A page for each disease of this file, a name or id in each line
    #[arg(long, value_name = "FILE")]
    pub diseases: Option<PathBuf>,
    /// A page for each drug of this file, a name or id in each line
    #[arg(long, value_name = "FILE")]
    pub drugs: Option<PathBuf>,
}

/// The form of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PageForm {
    /// HTML, in one file
    Html,
    /// Markdown
    Md,
}
