//! What can be typed.

mod evaluation;
mod explanation;
mod prediction;
mod serving;

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use theriac_fetch::catalogue;
use theriac_formats::Output;
use theriac_models::gnn::GnnConfig;
use theriac_models::{ModelConfig, Preset, ScorerConfigs};

use crate::error::CliError;
use crate::shard::Shard;

use crate::commands::LIST;

pub use evaluation::{
    AuditArguments, EvaluateArguments, MergeArguments, Protocol, ProtocolArguments, ReportForm,
};
pub use explanation::{ExplainArguments, PageForm, ReportArguments, ReportQuery};
pub use prediction::{EmbedArguments, QueryArguments, RankArguments, ScreenArguments};
pub use serving::ServeArguments;

/// The preset where none is asked for.
pub const DEFAULT_PRESET: &str = "best";

/// Ranked and honestly evaluated drug-repurposing candidates from a biomedical graph.
#[derive(Debug, Parser)]
#[command(
    name = "theriac",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    max_term_width = 100,
    styles = Styles::styled(),
    after_help = "Start here: theriac demo\n\
                  Results go to standard output, notes and progress to standard error.\n\
                  Exit codes: 0 done, 1 the work failed, 2 the call or the input was wrong, 3 there is no evidence to rank by."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Show neither notes nor progress
    #[arg(long, short, global = true, help_heading = "Global options")]
    pub quiet: bool,
    /// Number of threads [default: one per core]
    #[arg(long, global = true, value_name = "N", help_heading = "Global options")]
    pub threads: Option<NonZeroUsize>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// See what this is for: train and rank on a small embedded graph, offline
    Demo(DemoArguments),
    /// Download a public data set and verify it
    Fetch(FetchArguments),
    /// Read a graph in any known format and save it as a graph folder
    Import(ImportArguments),
    /// Show what a graph folder holds and what to beware of, or a node among its neighbours
    Inspect(InspectArguments),
    /// Train a model on a graph and measure it beside the baselines
    Train(TrainArguments),
    /// Choose settings of a model on validation links: trials drawn from a declared space, thinned out by successive halving
    Tune(TuneArguments),
    /// Measure scorers side by side on the same split
    Evaluate(Box<EvaluateArguments>),
    /// Put the parts of a divided evaluation together
    Merge(MergeArguments),
    /// Show how far other relations of a graph all but contain the target
    Audit(AuditArguments),
    /// Rank the candidates for a disease or a drug by a trained model
    Rank(RankArguments),
    /// Tell why a trained model scores a pair as it does: edges, paths, precedents, and how far to trust them
    Explain(Box<ExplainArguments>),
    /// Write a page with the candidates for a disease or a drug, explained: HTML or Markdown
    Report(Box<ReportArguments>),
    /// Open the workbench on trained models: web pages and an HTTP API on this machine
    Serve(ServeArguments),
    /// Score all pairs by a trained model and write the best candidates of each disease to a file
    Screen(ScreenArguments),
    /// Write what a trained model knows of each node: its embeddings
    Embed(EmbedArguments),
    /// Write a graph, or the part around a node, in a form that other tools read
    Export(ExportArguments),
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
#[command(after_help = "Example: theriac demo --disease \"multiple myeloma\"\n\
                  Example: theriac demo --planted -o planted")]
pub struct DemoArguments {
    /// Disease to rank all drugs for, by name or id
    #[arg(long, value_name = "NAME", default_value = "migraine")]
    pub disease: String,
    /// Write a made-up graph whose mechanisms are known, to try explanations on, and train nothing
    #[arg(long, requires = "output", conflicts_with = "disease")]
    pub planted: bool,
    /// Graph folder to write; the mechanisms go beside it, into a file of its name with .json
    #[arg(long, short, value_name = "G", requires = "planted", conflicts_with = "disease")]
    pub output: Option<PathBuf>,
    /// Seed of the made-up graph
    #[arg(long, value_name = "N", default_value_t = 0, requires = "planted", conflicts_with = "disease")]
    pub seed: u64,
}

/// Arguments of `fetch`.
#[derive(Debug, Args)]
#[command(after_help = "Example: theriac fetch list\n\
                  Example: theriac fetch hetionet\n\n\
                  Files are checked against the published lengths and checksums, and kept, so that a data set is \
                  downloaded once. Ctrl-C stops; the same command then goes on where it stopped. Without a network it \
                  tells what to download by hand and where to put it.")]
pub struct FetchArguments {
    /// Data set to download, or list
    #[arg(value_parser = dataset_names())]
    pub dataset: String,
    /// Folder to put the files in, instead of the cache
    #[arg(long, short, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Folder of the cache, with a folder for each data set [default: theriac in the user's cache]
    #[arg(long, value_name = "DIR", env = "THERIAC_CACHE", hide_env_values = true)]
    pub cache: Option<PathBuf>,
    /// Address to use in place of the publishers': a file is then at URL/DATASET/FILE
    #[arg(long, value_name = "URL")]
    pub mirror: Option<String>,
    /// Use what is there, and tell what is missing
    #[arg(long)]
    pub offline: bool,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `import`.
#[derive(Debug, Args)]
#[command(after_help = "Example: theriac import data.tar.gz -o dtinet\n\
                  Example: theriac import hetionet repodb.csv my-table.tsv --xref mondo.sssom.tsv -o merged\n\n\
                  The graph folder holds graph.json, nodes/*.parquet, edges/*.parquet and features/*.safetensors, which \
                  pandas, polars, DuckDB and Spark read as they are. Nothing is written unless all of the input is sound.")]
pub struct ImportArguments {
    /// Files, archives or folders to read; compression is seen through. Several sources become one graph
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Format of the input [default: told by its content]
    #[arg(long, value_name = "F", long_help = format_help())]
    pub format: Option<String>,
    /// Graph folder to write; an earlier graph folder there is replaced
    #[arg(long, short, value_name = "G")]
    pub output: PathBuf,
    /// Table of two columns (TSV or CSV) with identifiers that stand for the same thing; may be given again
    #[arg(long, value_name = "FILE")]
    pub xref: Vec<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `inspect`.
#[derive(Debug, Args)]
#[command(after_help = "Example: theriac inspect dtinet --json | jq '.relations[].edges'\n\
                  Example: theriac inspect dtinet --node haloperidol --top 20\n\n\
                  Of a node's neighbours, those with the largest weights stand first; without weights, those with the \
                  fewest edges of their own.")]
pub struct InspectArguments {
    /// Graph folder
    pub graph: PathBuf,
    /// Show the neighbourhood of this node, by name or id
    #[arg(long, value_name = "NAME")]
    pub node: Option<String>,
    /// Node type of --node, where its name fits nodes of several
    #[arg(long = "type", value_name = "T", requires = "node")]
    pub node_type: Option<String>,
    /// Number of neighbours to show in each relation
    #[arg(long, value_name = "N", default_value_t = 10, requires = "node")]
    pub top: usize,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `train`.
#[derive(Debug, Args)]
#[command(after_help = "Example: theriac train dtinet -o model\n\
                  Example: theriac train dtinet --preset graphsage-dtinet --sampler full --seed 7 -o model --json\n\n\
                  Ctrl-C ends training after the step at hand; what was learned by then is evaluated and saved, of a blend its first fit. \
                  A second Ctrl-C ends the program. A network keeps the state of its training in M.training while it \
                  trains: with --resume, one that was stopped or killed goes on from its last whole epoch, and ends as \
                  if it had never been stopped.")]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag that can be typed by itself")]
pub struct TrainArguments {
    /// Graph folder
    #[arg(required_unless_present = "print_config")]
    pub graph: Option<PathBuf>,
    /// Relation to predict: source:name:target, or source:target where only one fits
    ///
    /// Without it, the graph's only relation from drugs to diseases.
    #[arg(long, value_name = "T")]
    pub target: Option<String>,
    /// Relation that speaks against a pair, as contraindications do: the model is then a signed one
    ///
    /// A second scorer is trained for it, and probabilities are of three classes: the target, this relation, and neither.
    #[arg(long, value_name = "T")]
    pub against: Option<String>,
    /// How the model is built and trained.
    #[command(flatten)]
    pub model: ModelArguments,
    /// Seed of the split, the negatives, the sampler and the parameters
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub seed: u64,
    /// Model folder to write; an earlier model folder there is replaced
    #[arg(long, short, value_name = "M", required_unless_present = "print_config")]
    pub output: Option<PathBuf>,
    /// Leave the validation part out of what a blend learns, which it does learn once its settings are chosen on it; no network does
    #[arg(long)]
    pub no_refit: bool,
    /// Go on with the training of a network that was stopped, from M.training
    #[arg(long, conflicts_with = "print_config")]
    pub resume: bool,
    /// Print the settings of the model in TOML, and do nothing else
    #[arg(long)]
    pub print_config: bool,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `tune`.
#[derive(Debug, Args)]
#[command(after_help = "Example: theriac tune --print-space > space.toml\n\
                  Example: theriac tune dtinet space.toml -o tuning\n\
                  Example: theriac tune dtinet space.toml -o tuning --shard 2/4\n\n\
                  Ctrl-C ends after the trial at hand. Every trial is kept as soon as it is done: the same command goes on \
                  where it was stopped or killed. Shards halve separately, and may share a folder. No test link has a part \
                  in the choice; train what was chosen with: theriac train G --config F/best.toml --seed S -o M")]
pub struct TuneArguments {
    /// Graph folder
    #[arg(required_unless_present = "print_space")]
    pub graph: Option<PathBuf>,
    /// File in TOML that declares what trials share, what each draws and how they are thinned out
    #[arg(required_unless_present = "print_space")]
    pub space: Option<PathBuf>,
    /// Folder for what trials come to; a new one, or that of the same tuning
    #[arg(long, short, value_name = "F", required_unless_present = "print_space")]
    pub output: Option<PathBuf>,
    /// Relation to predict: source:name:target, or source:target where only one fits
    ///
    /// Without it, the graph's only relation from drugs to diseases.
    #[arg(long, value_name = "T")]
    pub target: Option<String>,
    /// Seed of the split, the trials and their fits
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub seed: u64,
    /// Every n-th trial, from the i-th, to divide the work
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
    /// Print an example of a space, and do nothing else
    #[arg(long)]
    pub print_space: bool,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// How a model is built and trained.
#[derive(Debug, Args)]
pub struct ModelArguments {
    /// How the graph is prepared and split and the model trained [default: best]
    #[arg(long, value_name = "P", long_help = preset_help())]
    pub preset: Option<String>,
    /// File of settings in TOML instead of the preset's, as `theriac train --print-config` prints them
    #[arg(long, value_name = "F", conflicts_with_all = ["preset", "sampler"])]
    pub config: Option<PathBuf>,
    /// How much of the graph a training step sees [default: the preset's]
    #[arg(long, value_enum)]
    pub sampler: Option<SamplerChoice>,
    /// Passes over the supervision edges [default: the preset's]
    #[arg(long, value_name = "N")]
    pub epochs: Option<NonZeroU32>,
    /// Learning rate of Adam [default: the preset's]
    #[arg(long, value_name = "X")]
    pub lr: Option<f64>,
}

/// Arguments of `export`.
#[derive(Debug, Args)]
#[command(after_help = "Example: theriac export dtinet --to graphml -o dtinet.graphml\n\
                  Example: theriac export dtinet --to cytoscape --around haloperidol --max-neighbors 20 -o haloperidol.cyjs\n\n\
                  What a format cannot carry is said on standard error. A file in the place of the output is replaced, and \
                  so is an earlier folder of the same format.")]
pub struct ExportArguments {
    /// Graph folder
    pub graph: PathBuf,
    /// Format to write
    #[arg(long, value_name = "F", long_help = export_help())]
    pub to: String,
    /// File or folder to write, as the format has it
    #[arg(long, short, value_name = "OUT")]
    pub output: PathBuf,
    /// Relations to write, separated by commas, by name or as source:name:target [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub relations: Option<Vec<String>>,
    /// Which part of the graph.
    #[command(flatten)]
    pub around: AroundArguments,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// The part of a graph around a node.
#[derive(Debug, Args)]
pub struct AroundArguments {
    /// Write only what is around this node, by name or id, and all edges between
    #[arg(long, value_name = "NAME")]
    pub around: Option<String>,
    /// Node type of --around, where its name fits nodes of several
    #[arg(long = "type", value_name = "T", requires = "around")]
    pub node_type: Option<String>,
    /// Number of edges to follow from the node
    #[arg(long, value_name = "N", default_value = "1", requires = "around")]
    pub hops: NonZeroUsize,
    /// Number of neighbours to follow from each node along each relation, those with the largest weights first [default:
    /// all]
    #[arg(long, value_name = "K", requires = "around")]
    pub max_neighbors: Option<NonZeroUsize>,
}

/// The preset whose network stands beside a model that is none.
const NETWORK: &str = "graphsage";

/// How much of the graph a training step sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SamplerChoice {
    /// A sampled neighbourhood around a small batch
    Neighbor,
    /// All nodes and all message edges, with a large batch
    Full,
}

impl ModelArguments {
    /// The model: the file's, or the preset's, with what was asked for instead.
    ///
    /// # Errors
    ///
    /// When the file is wrong, or something was asked for that the model does not have.
    pub fn model(&self, preset: &Preset) -> Result<ModelConfig, CliError> {
        let model = match (&self.config, preset.network(self.whole_graph())) {
            (Some(path), _) => ModelConfig::read(path)?,
            (None, Some(config)) => ModelConfig::Gnn(config),
            (None, None) => preset.model(),
        };
        let changes = self.sampler.is_some() || self.epochs.is_some() || self.lr.is_some();
        match model {
            ModelConfig::Gnn(config) => Ok(ModelConfig::Gnn(self.changed(config))),
            model @ ModelConfig::Blend(_) if changes => Err(CliError::Options(format!(
                "--sampler, --epochs and --lr are for networks, and the model is a {}; expected the preset of a network beside them",
                model.name()
            ))),
            model @ ModelConfig::Blend(_) => Ok(model),
        }
    }

    /// The name of the model, and how models among the scorers of an evaluation are made: that of the preset or the file as it says, others as they are by
    /// default, and networks with what was asked for instead.
    ///
    /// # Errors
    ///
    /// When the file is wrong, or a setting is out of range.
    pub fn scorers(&self, preset: &Preset) -> Result<(&'static str, ScorerConfigs), CliError> {
        let mut configs = ScorerConfigs::default();
        let model = self.config.as_deref().map(ModelConfig::read).transpose()?;
        let name = model.as_ref().map_or_else(|| preset.model().name(), ModelConfig::name);
        match model {
            Some(ModelConfig::Blend(config)) => configs.blend = config,
            Some(ModelConfig::Gnn(config)) => configs.network = config,
            None => {
                let whole = self.whole_graph();
                let network = preset.network(whole).or_else(|| Preset::named(NETWORK).ok()?.network(whole));
                configs.network = network.unwrap_or_default();
            }
        }
        configs.network = self.changed(configs.network);
        configs.network.check()?;
        Ok((name, configs))
    }

    fn whole_graph(&self) -> Option<bool> {
        self.sampler.map(|sampler| sampler == SamplerChoice::Full)
    }

    fn changed(&self, mut config: GnnConfig) -> GnnConfig {
        if let Some(epochs) = self.epochs {
            config.training.epochs = epochs.get() as usize;
        }
        if let Some(rate) = self.lr {
            config.training.learning_rate = rate;
        }
        config
    }
}

fn dataset_names() -> PossibleValuesParser {
    let named = catalogue().iter().map(|dataset| PossibleValue::new(dataset.name).help(dataset.title));
    let list =
        PossibleValue::new(LIST).help("All of these: size, licence, citation, and whether they are here");
    PossibleValuesParser::new(named.chain([list]))
}

fn preset_help() -> String {
    let presets = Preset::all();
    let lines = presets.iter().map(|preset| format!("- {}: {}", preset.name, preset.description));
    listed("How the graph is prepared and split and the model trained [default: best]", lines)
}

fn format_help() -> String {
    let lines = theriac_formats::formats()
        .iter()
        .map(|format| format!("- {}: {}", format.name(), format.description()));
    listed("Format of the input [default: told by its content]", lines)
}

fn export_help() -> String {
    let lines = theriac_formats::exports().iter().map(|writer| {
        let output = match writer.output() {
            Output::File { extension } => format!("a file, .{extension}"),
            Output::Folder(_) => "a folder".into(),
        };
        format!("- {}: {} ({output})", writer.name(), writer.description())
    });
    listed("Format to write", lines)
}

fn listed(title: &str, lines: impl Iterator<Item = String>) -> String {
    let lines: Vec<String> = lines.collect();
    format!("{title}\n\n{}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_commands_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_is_asked_for_goes_before_the_preset() {
        let preset = Preset::named("graphsage-dtinet").unwrap();
        let mut asked = ModelArguments {
            preset: None,
            config: None,
            sampler: None,
            epochs: NonZeroU32::new(3),
            lr: Some(0.5),
        };
        let config = asked.scorers(&preset).unwrap().1.network;
        let training = config.training;
        assert_eq!((training.epochs, training.learning_rate), (3, 0.5));
        let sampled = preset.network(Some(false)).map(|config| config.training.sampler);
        assert_eq!(Some(training.sampler), sampled);
        asked.sampler = Some(SamplerChoice::Full);
        let full = preset.network(Some(true)).map(|config| config.training.sampler);
        assert_eq!(Some(asked.scorers(&preset).unwrap().1.network.training.sampler), full);
        assert!(
            asked
                .model(&Preset::named("best").unwrap())
                .unwrap_err()
                .to_string()
                .contains("the model is a blend")
        );
    }
}
