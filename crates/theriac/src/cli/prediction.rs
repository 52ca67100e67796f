//! What can be asked of a trained model.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use theriac_predict::predictions::PredictionFormat;
use theriac_predict::ranked::End;

use crate::embeddings::EmbeddingFormat;
use crate::shard::Shard;

/// Arguments of `rank`.
#[derive(Debug, Args)]
#[command(after_help = "Example: theriac rank model --disease asthma --novel\n\
                  Example: theriac rank model --drug DB00203 --top 50 -o sildenafil.tsv\n\
                  Example: theriac rank model --new-disease mine.tsv\n\n\
                  A new disease or drug is told by a tab-separated file with the columns relation, neighbor and perhaps \
                  weight, and ranked by the links of those that it is like; where there is no evidence, nothing is ranked, \
                  and the exit code is 3.\n\n\
                  Case, spaces and one slip in a name are forgiven, and said; a name that fits several nodes is refused \
                  with the candidates.")]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag that can be typed by itself")]
pub struct RankArguments {
    /// Model folder
    pub model: PathBuf,
    /// Whom to rank candidates for.
    #[command(flatten)]
    pub query: QueryArguments,
    /// Number of candidates to show, or 0 for all
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub top: usize,
    /// Leave out known links, and count ranks and percentiles without them
    #[arg(long)]
    pub novel: bool,
    /// Rank without what popularity adds to the scores
    ///
    /// How many known links the two nodes have then counts no more than the model's parts, or its embeddings, know of it.
    #[arg(long)]
    pub without_popularity: bool,
    /// Show what popularity and each part of a blend add to the scores, as --json always does
    #[arg(long, conflicts_with_all = ["json", "tsv", "output"])]
    pub contributions: bool,
    /// Graph folder, where the model's own has moved
    #[arg(long, value_name = "G")]
    pub graph: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long, conflicts_with = "tsv")]
    pub json: bool,
    /// Print tab-separated values with a header
    #[arg(long)]
    pub tsv: bool,
    /// Write the candidates to this file instead, replacing an earlier one
    #[arg(long, short, value_name = "FILE", conflicts_with_all = ["json", "tsv"])]
    pub output: Option<PathBuf>,
    /// Form of the file [default: told by its ending, .tsv, .jsonl or .parquet]
    #[arg(long, value_enum, value_name = "FORM", requires = "output")]
    pub to: Option<PredictionForm>,
}

/// Arguments of `screen`.
#[derive(Debug, Args)]
#[command(after_help = "Example: theriac screen model -o scores.parquet --novel\n\
                  Example: theriac screen model -o scores-2.parquet --shard 2/5\n\n\
                  Rows stand in the order of the targets, and by rank within each. The files of all shards, one after \
                  another, are the file of the whole. Ctrl-C stops, and leaves no file.")]
pub struct ScreenArguments {
    /// Model folder
    pub model: PathBuf,
    /// File to write; an earlier one is replaced
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    /// Form of the file [default: told by its ending, .tsv, .jsonl or .parquet]
    #[arg(long, value_enum, value_name = "FORM")]
    pub to: Option<PredictionForm>,
    /// Number of candidates to keep for each target (or source), or 0 for all
    #[arg(long, value_name = "K", default_value_t = 100)]
    pub top: usize,
    /// Leave out known links, and count ranks and percentiles without them
    #[arg(long)]
    pub novel: bool,
    /// Rank without what popularity adds to the scores
    ///
    /// How many known links the two nodes have then counts no more than the model's parts, or its embeddings, know of it.
    #[arg(long)]
    pub without_popularity: bool,
    /// Whose candidates are ranked: those of each target, or those of each source
    #[arg(long, value_enum, default_value_t = PerEnd::Target)]
    pub per: PerEnd,
    /// The i-th of n equal parts of the targets, to divide the work
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
    /// Graph folder, where the model's own has moved
    #[arg(long, value_name = "G")]
    pub graph: Option<PathBuf>,
}

/// Arguments of `embed`.
#[derive(Debug, Args)]
#[command(after_help = "Example: theriac embed model -o embeddings.parquet\n\
                  Example: theriac embed model --type drug -o drugs.npy\n\n\
                  The score of a pair is the dot product of its two embeddings. Beside .npy and .safetensors stands \
                  FILE.ids.tsv, which says which node each row is.")]
pub struct EmbedArguments {
    /// Model folder
    pub model: PathBuf,
    /// File to write; an earlier one is replaced
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    /// Form of the file [default: told by its ending, .parquet, .safetensors or .npy]
    #[arg(long, value_enum, value_name = "FORM")]
    pub to: Option<EmbeddingFormat>,
    /// Only nodes of this type; .npy wants one
    #[arg(long = "type", value_name = "T")]
    pub node_type: Option<String>,
    /// Graph folder, where the model's own has moved
    #[arg(long, value_name = "G")]
    pub graph: Option<PathBuf>,
}

/// Whom to rank candidates for: exactly one of these.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct QueryArguments {
    /// Rank all drugs for this disease, by name or id, whatever the graph calls drugs and diseases
    #[arg(long, value_name = "NAME")]
    pub disease: Option<String>,
    /// Rank all diseases for this drug, by name or id, whatever the graph calls drugs and diseases
    #[arg(long, value_name = "NAME")]
    pub drug: Option<String>,
    /// Rank all targets of the model's relation for this source, whatever its type
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// Rank all sources of the model's relation for this target, whatever its type
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// Rank all drugs for a disease that is not in the graph, told by a file of its edges or features
    #[arg(long, value_name = "FILE")]
    pub new_disease: Option<PathBuf>,
    /// Rank all diseases for a drug that is not in the graph, told by a file of its edges or features
    #[arg(long, value_name = "FILE")]
    pub new_drug: Option<PathBuf>,
}

/// [`PredictionFormat`] as it is typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum PredictionForm {
    /// Tab-separated values with a header
    Tsv,
    /// One JSON object a line
    Jsonl,
    /// Parquet, in row groups
    Parquet,
    /// Edges of the Biolink model as a KGX table, marked as predictions
    Kgx,
}

impl From<PredictionForm> for PredictionFormat {
    fn from(form: PredictionForm) -> Self {
        match form {
            PredictionForm::Tsv => Self::Tsv,
            PredictionForm::Jsonl => Self::JsonLines,
            PredictionForm::Parquet => Self::Parquet,
            PredictionForm::Kgx => Self::Kgx,
        }
    }
}

/// [`End`] as it is typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum PerEnd {
    /// Where its edges begin
    Source,
    /// Where its edges lead
    Target,
}

impl From<PerEnd> for End {
    fn from(end: PerEnd) -> Self {
        match end {
            PerEnd::Source => Self::Source,
            PerEnd::Target => Self::Target,
        }
    }
}
