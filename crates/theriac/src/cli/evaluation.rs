//! What can be typed about evaluations.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use theriac_models::scorer_names;

use super::{ModelArguments, listed};
use crate::shard::Shard;

/// Arguments of `evaluate`.
#[derive(Debug, Args)]
#[command(after_help = "Example: theriac evaluate dtinet --scorers degree,l3\n\
                  Example: theriac evaluate dtinet --model model\n\n\
                  Example: theriac evaluate gottlieb --protocol kfold --repeats 10 --scorers all-baselines --report r.html\n\n\
                  Every scorer is fitted on the same training edges and judged on the same pairs. Settings are chosen \
                  on validation pairs, which are then learned too unless a network is among the scorers; the test part is touched once. Ctrl-C stops, and \
                  reports the rounds that are done.")]
pub struct EvaluateArguments {
    /// Graph folder
    pub graph: PathBuf,
    /// Relation to predict: source:name:target, or source:target where only one fits
    ///
    /// Without it, the model's target, or the graph's only relation from drugs to diseases.
    #[arg(long, value_name = "T")]
    pub target: Option<String>,
    /// Scorers to fit, separated by commas, or all-baselines; random, degree and l3 always stand beside a model
    #[arg(long, value_name = "NAMES", value_delimiter = ',', long_help = scorers_help())]
    pub scorers: Option<Vec<String>>,
    /// How the model is built and trained.
    #[command(flatten)]
    pub model: ModelArguments,
    /// Seed of the split, the negatives and the fits [default: the model's, or 0]
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
    /// What is held out and judged.
    #[command(flatten)]
    pub protocol: ProtocolArguments,
    /// Random negatives to a positive in the sampled figures [default: the preset's]
    #[arg(long, value_name = "X")]
    pub ratio: Option<f64>,
    /// Fits of each scorer that draws random numbers, to see how stable it is
    #[arg(long, value_name = "N", default_value = "1")]
    pub seeds: NonZeroU32,
    /// Fit every scorer on the permuted graph too: same degrees, and nothing else of the real one
    #[arg(long)]
    pub permuted: bool,
    /// Leave the validation part out of what scorers learn, which they do learn once their settings are chosen on it
    #[arg(long)]
    pub no_refit: bool,
    /// Resamples of the targets behind intervals and tests
    #[arg(long, value_name = "N", default_value_t = 500)]
    pub resamples: u32,
    /// Relation or feature (drug.similarity) that stays as it is although held-out pairs may show in it; may be given again
    #[arg(long, value_name = "NAME")]
    pub keep: Vec<String>,
    /// Do the i-th of n equal parts of the rounds and write it to --output, for theriac merge
    #[arg(long, value_name = "I/N", requires = "output", conflicts_with_all = ["json", "tsv", "markdown", "report", "per_target"])]
    pub shard: Option<Shard>,
    /// File for the part that --shard does; an earlier one is replaced
    #[arg(long, short, value_name = "FILE", requires = "shard")]
    pub output: Option<PathBuf>,
    /// Trained model to stand in the table, on the split that it was trained under
    #[arg(long = "model", value_name = "M", conflicts_with_all = ["shard", "permuted", "no_refit"])]
    pub trained: Option<PathBuf>,
    /// In which form the table is given.
    #[command(flatten)]
    pub form: ReportForm,
}

/// In which form a report is given: a table for reading, unless one of these is asked for.
#[derive(Debug, Args)]
pub struct ReportForm {
    /// Print one JSON document
    #[arg(long, conflicts_with_all = ["tsv", "markdown"])]
    pub json: bool,
    /// Print tab-separated values with a header, a line for each scorer and figure
    #[arg(long, conflicts_with = "markdown")]
    pub tsv: bool,
    /// Print the table as Markdown
    #[arg(long)]
    pub markdown: bool,
    /// Write a page with tables and plots to this file as well, replacing an earlier one
    #[arg(long, value_name = "FILE.html")]
    pub report: Option<PathBuf>,
    /// Write the figures of every disease, or whatever the targets are, to this file as well, replacing an earlier one
    #[arg(long, value_name = "FILE.tsv")]
    pub per_target: Option<PathBuf>,
}

/// Arguments of `merge`.
#[derive(Debug, Args)]
#[command(after_help = "Example: theriac merge gottlieb part-1.json part-2.json --report r.html\n\n\
                  The parts have to be all of one evaluation: what comes out is what one run would have given, to the bit.")]
pub struct MergeArguments {
    /// Graph folder that the parts were evaluated on
    pub graph: PathBuf,
    /// Files that theriac evaluate --shard wrote
    #[arg(required = true, value_name = "PART")]
    pub parts: Vec<PathBuf>,
    /// In which form the table is given.
    #[command(flatten)]
    pub form: ReportForm,
}

/// Arguments of `audit`.
#[derive(Debug, Args)]
#[command(after_help = "Example: theriac audit hetionet --target compound:treats:disease\n\n\
                  Shown are relations that share edges with the target, and how well each relation, chain of relations or \
                  given feature tells target edges from unknown pairs that are as popular. An AUROC of 0.5 tells nothing.")]
pub struct AuditArguments {
    /// Graph folder
    pub graph: PathBuf,
    /// Relation to predict: source:name:target, or source:target where only one fits
    #[arg(long, value_name = "T")]
    pub target: Option<String>,
    /// Seed of the samples
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub seed: u64,
    /// Number of predictors to show, or 0 for all
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub top: usize,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// What is held out and judged.
#[derive(Debug, Args)]
pub struct ProtocolArguments {
    /// How the edges are divided, and which pairs are judged
    #[arg(long, value_enum, default_value_t = Protocol::Random)]
    pub protocol: Protocol,
    /// Folds of kfold, kfold-all, cold-drug and cold-disease
    #[arg(long, value_name = "N", default_value = "10")]
    pub folds: NonZeroU32,
    /// How often the whole is done, each time with the next seed
    #[arg(long, value_name = "N", default_value = "1")]
    pub repeats: NonZeroU32,
    /// disease-area: number of areas to make of similar diseases [default: 5, unless --area is given]
    #[arg(long, value_name = "N", conflicts_with = "area")]
    pub areas: Option<u32>,
    /// disease-area: relation that tells which diseases are similar [default: their given features]
    #[arg(long, value_name = "RELATION", conflicts_with = "area")]
    pub similar_by: Option<String>,
    /// disease-area: file with the names or ids of an area's diseases, one a line; may be given again
    #[arg(long, value_name = "FILE")]
    pub area: Vec<PathBuf>,
    /// disease-area: share of the other edges of an area's diseases that is taken away too
    #[arg(long, value_name = "X", default_value_t = 0.0)]
    pub remove_share: f64,
    /// time: edge attribute with the time
    #[arg(long, value_name = "NAME", default_value = "year")]
    pub time_attribute: String,
    /// time: the last time of training
    #[arg(long, value_name = "T", required_if_eq("protocol", "time"))]
    pub until: Option<f64>,
    /// external: table of a source and a target in each line, by name or id, tab- or comma-separated with a header; with a third column
    /// of 1 and 0, the pairs with 0 are the negatives
    #[arg(long, value_name = "FILE", required_if_eq("protocol", "external"))]
    pub external: Option<PathBuf>,
}

/// How the target edges are divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Protocol {
    /// P1: a random share is held out; sampled negatives, all pairs, ranks
    Random,
    /// P4: the same division; filtered ranks in both directions, micro and macro
    Ranking,
    /// P2: known and unknown pairs divided into folds alike
    Kfold,
    /// P3: known pairs divided into folds, every unknown pair in each
    KfoldAll,
    /// P6: drugs without a known link in training
    ColdDrug,
    /// P6: diseases without a known link in training
    ColdDisease,
    /// P6: whole groups of similar diseases without a known link in training
    DiseaseArea,
    /// P7: trained on earlier links, judged on later ones
    Time,
    /// Links from another source, which are not in the graph
    External,
}

fn scorers_help() -> String {
    let lines = scorer_names().map(|name| format!("- {name}"));
    let title = "Scorers to fit, separated by commas, or all-baselines [default: random, degree, l3 and, without --model, \
                 blend]";
    listed(title, lines)
}
