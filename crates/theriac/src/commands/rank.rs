//! `theriac rank`

use std::path::Path;

use serde::Serialize;
use theriac_graph::{Graph, NodeLabel, Relation};
use theriac_link::{EvaluationReport, FittedScorer};
use theriac_models::{Calibration, Card, ModelError, TrainedModel, recipe_view};

use crate::cli::{QueryArguments, RankArguments};
use crate::console::Console;
use crate::error::CliError;
use crate::experiment::{check_fingerprint, load_graph};
use crate::numbers::{counted, figure, grouped, small_share};
use crate::query::find;
use crate::ranked::{Candidate, End, Query, candidates, table};

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    query: QueryNode<'a>,
    results: &'a [Candidate],
    base_rate: f64,
    probability: &'a str,
    model: ModelSummary<'a>,
}

#[derive(Serialize)]
struct QueryNode<'a> {
    id: &'a str,
    name: &'a str,
    #[serde(rename = "type")]
    node_type: &'a str,
}

#[derive(Serialize)]
struct ModelSummary<'a> {
    path: String,
    scorer: &'a str,
    target: String,
    preset: Option<&'a str>,
    seed: u64,
    split_hash: &'a str,
    test: &'a EvaluationReport,
}

/// What was asked and found.
struct Answer<'a> {
    path: &'a Path,
    model: &'a TrainedModel,
    query_type: &'a str,
    query: NodeLabel,
    candidate_type: &'a str,
    /// Candidates in all.
    counted: usize,
    /// Known links of the query.
    known: usize,
    shown: &'a [Candidate],
}

/// Ranks the candidates for a node by a trained model.
///
/// # Errors
///
/// When the model or its graph cannot be read or do not belong together, or the name fits no node or several.
pub fn rank(arguments: &RankArguments, console: Console) -> Result<(), CliError> {
    let model = TrainedModel::load(&arguments.model)?;
    let card = &model.card;
    let graph = match &arguments.graph {
        Some(path) => load_graph(path)?,
        None => Graph::load(Path::new(&card.graph.path)).map_err(|source| CliError::GraphMoved { source })?,
    };
    check_fingerprint(&arguments.model, card, &graph)?;
    let graph = if card.graph.recipe_view { recipe_view(&graph, &card.target)? } else { graph };
    let relation = graph.relation(&card.target)?;
    check_nodes(&arguments.model, &model, relation)?;
    let (end, text) = queried(&arguments.query, card)?;
    let tables = graph.node_tables();
    let queried_table = &tables[end.node_type(relation)];
    let query = Query { end, node: find(queried_table, text, console)? };
    let known = match end {
        End::Source => relation.forward.degree(query.node),
        End::Target => relation.backward.degree(query.node),
    };
    let ranked = candidates(&model.fitted, &graph, relation, query, &card.calibration, arguments.novel);
    let answer = Answer {
        path: &arguments.model,
        model: &model,
        query_type: &queried_table.node_type,
        query: queried_table.label(query.node),
        candidate_type: &tables[end.other().node_type(relation)].node_type,
        counted: ranked.len(),
        known: known as usize,
        shown: &ranked[..ranked.len().min(arguments.top)],
    };
    if arguments.json {
        console.print_json(&answer.document())
    } else if arguments.tsv {
        answer.print_tsv(console)
    } else {
        answer.print_table(arguments.novel, console)
    }
}

/// Which end of the model's relation is asked for, and what was typed.
fn queried<'a>(arguments: &'a QueryArguments, card: &Card) -> Result<(End, &'a str), CliError> {
    let (source, target) = (card.target.source.as_str(), card.target.target.as_str());
    let by_type = |wanted: &'static str| match wanted {
        wanted if wanted == source => Ok(End::Source),
        wanted if wanted == target => Ok(End::Target),
        wanted => Err(CliError::NoSuchEnd { relation: card.target.to_string(), wanted }),
    };
    match arguments {
        QueryArguments { disease: Some(text), .. } => Ok((by_type("disease")?, text)),
        QueryArguments { drug: Some(text), .. } => Ok((by_type("drug")?, text)),
        QueryArguments { target: Some(text), .. } => Ok((End::Target, text)),
        QueryArguments { source, .. } => Ok((End::Source, source.as_deref().unwrap_or_default())),
    }
}

/// Checks that the model scores as many nodes as its graph has.
fn check_nodes(path: &Path, model: &TrainedModel, relation: &Relation) -> Result<(), CliError> {
    let found = (model.fitted.sources(), model.fitted.targets());
    let expected = (relation.forward.rows(), relation.forward.columns());
    if found == expected {
        return Ok(());
    }
    let problem = format!(
        "the model scores {} by {} nodes, but {} of its graph joins {} by {}",
        found.0, found.1, relation.key, expected.0, expected.1
    );
    Err(ModelError::Checkpoint { path: path.into(), problem }.into())
}

impl Answer<'_> {
    fn document(&self) -> Document<'_> {
        let TrainedModel { card, fitted } = self.model;
        Document {
            query: QueryNode { id: &self.query.id, name: &self.query.name, node_type: self.query_type },
            results: self.shown,
            base_rate: card.calibration.base_rate,
            probability: &card.calibration.method,
            model: ModelSummary {
                path: self.path.display().to_string(),
                scorer: fitted.name(),
                target: card.target.to_string(),
                preset: card.preset.as_deref(),
                seed: card.seed,
                split_hash: &card.split.hash,
                test: &card.test,
            },
        }
    }

    fn print_tsv(&self, console: Console) -> Result<(), CliError> {
        let mut writer = csv::WriterBuilder::new().delimiter(b'\t').from_writer(Vec::new());
        for candidate in self.shown {
            writer.serialize(candidate).map_err(|error| CliError::Output(error.into()))?;
        }
        let bytes = writer.into_inner().map_err(|error| CliError::Output(error.into_error()))?;
        console.print(String::from_utf8_lossy(&bytes).trim_end_matches('\n'))
    }

    fn print_table(&self, novel: bool, console: Console) -> Result<(), CliError> {
        let card = &self.model.card;
        let novelty = if novel { "novel " } else { "" };
        console.print(format_args!(
            "{} of {} {novelty}{} candidates for {}, by {}\n",
            grouped(self.shown.len()),
            grouped(self.counted),
            self.candidate_type,
            self.query,
            self.path.display()
        ))?;
        console.print(table(self.shown, |candidate| if candidate.known { "known" } else { "" }))?;
        let known = counted(self.known, "known link");
        let place = if novel { "left out" } else { "among the candidates" };
        let Calibration { method, base_rate } = &card.calibration;
        console.print(format_args!("\n{known} {place}."))?;
        console.print(format_args!("Probability: {method}; base rate {}.", small_share(*base_rate)))?;
        console.print(record(card))
    }
}

/// How good the model was on the test part, beside the others.
fn record(card: &Card) -> String {
    let figures = card.test.scorers.iter().rev().map(|scorer| {
        let (mrr, hits) = (figure(scorer.ranking.mrr), figure(scorer.ranking.hits_at_10));
        format!("{} {mrr} {hits}", scorer.scorer)
    });
    let figures: Vec<String> = figures.collect();
    format!("Test part, filtered MRR and hits@10: {}; {}.", figures.join(", "), card.split.description)
}
