//! `theriac rank --new-disease` and `--new-drug`

use std::io::{self, Write};
use std::path::Path;

use csv::WriterBuilder;
use serde::Serialize;
use theriac_baselines::inductive::{Examined, Induction, Opinion};
use theriac_formats::{Input, read_new_node};
use theriac_graph::NewNode;
use theriac_link::{Budget, FittedScorer, Pair, Silent, Task};
use theriac_models::TrainedModel;

use crate::cli::RankArguments;
use crate::console::Console;
use crate::error::CliError;
use crate::experiment::Experiment;
use crate::numbers::{counted, figure, grouped};
use crate::output::OutputFile;
use crate::predictions::PredictionFormat;
use crate::ranked::{End, Query, all_or, best_of};
use crate::table::PlainTable;
use crate::trained::Trained;

/// Supporters that a candidate is shown with, at most.
const SUPPORTERS: usize = 3;

/// Columns of a TSV file, in order.
const COLUMNS: [&str; 8] =
    ["rank", "id", "name", "score", "percentile", "model_probability", "in_common", "support"];

/// A candidate for a new node.
#[derive(Serialize)]
struct Row {
    rank: usize,
    id: String,
    name: String,
    score: f32,
    percentile: f64,
    /// Mean of the model's probabilities of the candidate for the nodes that vote, by their shares.
    model_probability: Option<f64>,
    /// What it has in common with the new node, as part of the score.
    in_common: f32,
    /// The known nodes that say most for it.
    support: Vec<Supporter>,
}

/// A known node with what it adds to a score.
#[derive(Serialize)]
struct Supporter {
    id: String,
    name: String,
    adds: f32,
}

/// A kind of evidence, and what of it there is for the new node.
#[derive(Serialize)]
struct Evidence<'a> {
    kind: &'a str,
    weight: f32,
    /// Nodes, or candidates, that it finds to be like the new node.
    alike: usize,
    /// Over known nodes that were taken for new.
    nodes: usize,
    auroc: f64,
    average_precision: f64,
    popularity_average_precision: f64,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    query: &'a str,
    #[serde(rename = "type")]
    node_type: &'a str,
    edges: usize,
    abstained: Option<&'a str>,
    candidates: usize,
    results: &'a [Row],
    evidence: &'a [Evidence<'a>],
    model: String,
    target: String,
}

/// Ranks the candidates for a node that a file tells of.
///
/// # Errors
///
/// When the model, its graph or the file cannot be read or do not belong together; [`CliError::Abstained`] where there is no
/// evidence to rank by.
pub fn rank_new_node(
    arguments: &RankArguments,
    trained: Trained,
    end: End,
    file: &Path,
    console: Console,
) -> Result<(), CliError> {
    let output = match arguments.output.as_deref() {
        Some(path) => Some((path, form(path, arguments.to)?)),
        None => None,
    };
    let Trained { model, graph } = trained;
    let node_type = end.node_type(graph.relation(&model.card.target)?);
    let task = Task::with_every_sibling(&graph, model.card.target.clone())?;
    let predicted = [&[task.target().clone()][..], task.siblings()].concat();
    let (node, notes) = read_new_node(&Input::open(file)?, &graph, node_type, &predicted)?;
    for note in &notes {
        console.note(note);
    }

    let (model, experiment) = Trained { model, graph }.under_split()?;
    let [of_sources, of_targets] =
        Induction::learn(&experiment.view, &Budget::new(model.card.seed, &Silent))?;
    let answer = Answer {
        name: file.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        path: &arguments.model,
        model: &model,
        experiment: &experiment,
        induction: if end == End::Source { of_sources } else { of_targets },
        end,
        node: &node,
    };
    let Some(opinion) = answer.induction.opinion(&node) else {
        let reason = answer.reason();
        if arguments.json {
            console.print_json(&answer.document(&[], &answer.evidence(None), Some(&reason)))?;
        }
        return Err(CliError::Abstained { name: answer.name, reason });
    };
    let rows = answer.rows(&opinion, all_or(arguments.top));
    let evidence = answer.evidence(Some(&opinion));
    if let Some((path, form)) = output {
        let saved = OutputFile::new(path, "file of predictions")?;
        let mut out = saved.open()?;
        write(&rows, form, &mut out).and_then(|()| out.flush()).map_err(|error| saved.failed(error))?;
        drop(out);
        saved.publish()?;
        let (written, all) = (grouped(rows.len()), grouped(opinion.scores.len()));
        let name = &answer.name;
        return console
            .print(format_args!("{written} of {all} candidates for {name} saved to {}.", path.display()));
    }
    if arguments.json {
        return console.print_json(&answer.document(&rows, &evidence, None));
    }
    if arguments.tsv {
        let mut bytes = Vec::new();
        write(&rows, PredictionFormat::Tsv, &mut bytes).map_err(CliError::Output)?;
        return console.print(String::from_utf8_lossy(&bytes).trim_end_matches('\n'));
    }
    answer.print(&rows, &evidence, &opinion, console)
}

/// The form of a file of candidates for a new node.
fn form(path: &Path, asked: Option<PredictionFormat>) -> Result<PredictionFormat, CliError> {
    match PredictionFormat::of(path, asked)? {
        form @ (PredictionFormat::Tsv | PredictionFormat::JsonLines) => Ok(form),
        PredictionFormat::Parquet | PredictionFormat::Kgx => Err(CliError::Options(
            "candidates for a new node are not written as Parquet or KGX; expected tsv or jsonl".into(),
        )),
    }
}

/// Writes rows as TSV with a header, or as one JSON object a line.
fn write(rows: &[Row], form: PredictionFormat, mut out: impl Write) -> io::Result<()> {
    if form == PredictionFormat::JsonLines {
        for row in rows {
            serde_json::to_writer(&mut out, row)?;
            out.write_all(b"\n")?;
        }
        return Ok(());
    }
    let mut writer = WriterBuilder::new().delimiter(b'\t').has_headers(false).from_writer(out);
    writer.write_record(COLUMNS)?;
    for Row { rank, id, name, score, percentile, model_probability, in_common, support } in rows {
        let support: Vec<String> = support.iter().map(|of| format!("{} {:.4}", of.id, of.adds)).collect();
        let support = support.join("; ");
        writer.serialize((rank, id, name, score, percentile, model_probability, in_common, support))?;
    }
    writer.flush()
}

/// Who is asked, and for whom.
struct Answer<'a> {
    name: String,
    path: &'a Path,
    model: &'a TrainedModel,
    experiment: &'a Experiment,
    induction: Induction<'a>,
    end: End,
    node: &'a NewNode,
}

impl Answer<'_> {
    /// Why nothing can be said.
    fn reason(&self) -> String {
        let table = &self.experiment.graph.node_tables()[self.node.node_type];
        let of_type = &table.node_type;
        if self.induction.examined().iter().all(|examined| examined.weight == 0.0) {
            return format!(
                "no kind of evidence in the graph tells the links of a {of_type} without known links better than naming the \
                 candidates with the most links; expected another graph, with edges or features that do"
            );
        }
        let kinds = self.induction.examined().iter().filter(|examined| examined.weight > 0.0);
        let kinds: Vec<&str> = kinds.map(|examined| examined.evidence.as_str()).collect();
        format!(
            "what the file tells of it is shared with no {of_type} that has known links; what tells something in this graph is {}",
            kinds.join(", ")
        )
    }

    fn rows(&self, opinion: &Opinion, top: usize) -> Vec<Row> {
        let tables = self.experiment.graph.node_tables();
        let candidates = &tables[self.end.other().node_type(self.experiment.view.target())];
        let own = &tables[self.node.node_type];
        let scored = (0..).zip(opinion.scores.iter().copied()).collect();
        let row = |(place, (node, score, percentile)): (usize, (u32, f32, f64))| {
            let supporters = self.induction.supporters(opinion, node).into_iter().take(SUPPORTERS);
            let support = supporters.map(|(voter, adds)| {
                let label = own.label(voter);
                Supporter { id: label.id, name: label.name, adds }
            });
            let common = opinion.direct.binary_search_by_key(&node, |&(candidate, _)| candidate);
            let label = candidates.label(node);
            Row {
                rank: place + 1,
                id: label.id,
                name: label.name,
                score,
                percentile,
                model_probability: self.model_probability(opinion, node),
                in_common: common.map_or(0.0, |place| opinion.direct[place].1),
                support: support.collect(),
            }
        };
        best_of(scored, top).into_iter().enumerate().map(row).collect()
    }

    fn model_probability(&self, opinion: &Opinion, candidate: u32) -> Option<f64> {
        let TrainedModel { fitted, card, .. } = self.model;
        let pair = |&(voter, _): &(u32, f32)| Query { end: self.end, node: voter }.pair(candidate);
        let pairs: Vec<Pair> = opinion.voters.iter().map(pair).collect();
        let shares = opinion.voters.iter().map(|&(_, share)| f64::from(share));
        let all: f64 = shares.clone().sum();
        let scores = fitted.score(&pairs);
        let sum: f64 =
            scores.into_iter().zip(shares).map(|(s, share)| share * card.calibration.probability(s)).sum();
        (all > 0.0).then(|| sum / all)
    }

    /// The kinds of evidence that are listened to.
    fn evidence(&self, opinion: Option<&Opinion>) -> Vec<Evidence<'_>> {
        let listened = |(_, examined): &(usize, &Examined)| examined.weight > 0.0;
        let told = |place: usize| {
            let found = opinion.and_then(|opinion| opinion.told.iter().find(|(of, _)| *of == place));
            found.map_or(0, |(_, alike)| *alike)
        };
        self.induction
            .examined()
            .iter()
            .enumerate()
            .filter(listened)
            .map(|(place, examined)| Evidence {
                kind: &examined.evidence,
                weight: examined.weight,
                alike: told(place),
                nodes: examined.nodes,
                auroc: examined.auroc,
                average_precision: examined.average_precision,
                popularity_average_precision: examined.popularity,
            })
            .collect()
    }

    fn document<'d>(
        &'d self,
        results: &'d [Row],
        evidence: &'d [Evidence<'d>],
        abstained: Option<&'d str>,
    ) -> Document<'d> {
        let relation = self.experiment.view.target();
        let tables = self.experiment.graph.node_tables();
        Document {
            query: &self.name,
            node_type: &tables[self.node.node_type].node_type,
            edges: self.node.edges.len(),
            abstained,
            candidates: tables[self.end.other().node_type(relation)].len(),
            results,
            evidence,
            model: self.path.display().to_string(),
            target: relation.key.to_string(),
        }
    }

    fn print(
        &self,
        rows: &[Row],
        evidence: &[Evidence<'_>],
        opinion: &Opinion,
        console: Console,
    ) -> Result<(), CliError> {
        let tables = self.experiment.graph.node_tables();
        let own = &tables[self.node.node_type].node_type;
        let candidates = &tables[self.end.other().node_type(self.experiment.view.target())].node_type;
        console.print(format_args!(
            "{} of {} {candidates} candidates for {}, a new {own}, by {}\n",
            grouped(rows.len()),
            grouped(opinion.scores.len()),
            self.name,
            self.path.display()
        ))?;
        let mut table = PlainTable::new(["rank", "<id", "<name", "score", "percentile", "model", "<support"]);
        for row in rows {
            let support: Vec<String> =
                row.support.iter().map(|of| format!("{} {:.3}", of.name, of.adds)).collect();
            let common = (row.in_common > 0.0).then(|| format!("in common {:.3}", row.in_common));
            let said: Vec<String> = common.into_iter().chain(support).collect();
            table.push([
                row.rank.to_string(),
                row.id.clone(),
                row.name.clone(),
                format!("{:.4}", row.score),
                format!("{:.2}", row.percentile),
                row.model_probability.map_or_else(String::new, |p| format!("{p:.3}")),
                if said.is_empty() { "popularity alone".into() } else { said.join("; ") },
            ]);
        }
        console.print(table)?;
        let told = counted(self.node.edges.len(), "edge");
        let features = if self.node.features.is_some() { " and features" } else { "" };
        let voters = counted(opinion.voters.len(), "known node");
        console.print(format_args!("\nEvidence: {told}{features}; {voters} of type {own} vote.\n"))?;
        let mut table = PlainTable::new(["<evidence", "alike", "weight", "AUROC", "AP", "AP of popularity"]);
        for of in evidence {
            let precision = [of.average_precision, of.popularity_average_precision].map(figure);
            let [own, popular] = precision;
            table.push([
                of.kind.to_owned(),
                grouped(of.alike),
                format!("{:.2}", of.weight),
                figure(of.auroc),
                own,
                popular,
            ]);
        }
        console.print(table)?;
        console.print(format_args!(
            "\nAUROC and AP are those of each kind alone, on nodes of type {own} with known links that were taken for new. The \
             score is no probability; model is the mean of the model's probabilities for the nodes that vote."
        ))
    }
}
