//! What an evaluation came to: shown in the form that was asked for, or kept as a part of a divided one.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use theriac_baselines::audit::{Audit, audit};
use theriac_graph::Graph;
use theriac_link::{EvaluationOptions, EvaluationReport, Plan, Results, Task};
use theriac_predict::evaluation_page::{Evaluation, page};
use theriac_predict::output::OutputFile;
use theriac_predict::{PredictError, timestamp};
use theriac_report::{EvaluationPage, tables};

use crate::cli::ReportForm;
use crate::command_line::command;
use crate::console::Console;
use crate::error::CliError;
use crate::figures::{figures, verdict};
use crate::shard::Shard;
use crate::{machine, per_target};

/// What says that a file is a part of an evaluation.
const FORMAT: &str = "theriac-evaluation-part";
const VERSION: u32 = 1;

/// What was evaluated, and how.
pub struct Evaluated<'a> {
    /// The graph, as the scorers' views are cut from it.
    pub graph: &'a Graph,
    /// What is predicted.
    pub task: &'a Task,
    /// The protocol with its repeats and seed.
    pub plan: &'a Plan,
    /// How it was judged.
    pub options: EvaluationOptions,
    /// The preset of the model.
    pub preset: &'a str,
}

/// What `--json` prints: the report, and what it is about.
#[derive(Serialize)]
struct Document<'a> {
    target: String,
    preset: &'a str,
    theriac: &'a str,
    graph: String,
    #[serde(flatten)]
    report: &'a EvaluationReport,
}

impl Evaluated<'_> {
    /// Prints the report in the form that was asked for, and writes the page and the table of targets.
    ///
    /// # Errors
    ///
    /// When standard output or a file cannot be written, or the page's audit fails.
    pub fn show(
        &self,
        report: &EvaluationReport,
        form: &ReportForm,
        console: Console,
    ) -> Result<(), CliError> {
        let target = self.task.target();
        if let Some(path) = &form.report {
            let audited = audit(self.graph, target, report.seed)?;
            let html = self.page(report, Some(&audited)).to_html();
            save(path, "evaluation page", html.as_bytes())?;
            console.note(format_args!("page saved to {}", path.display()));
        }
        if let Some(path) = &form.per_target {
            let targets = &self.graph.node_tables()[self.graph.relation(target)?.target_type];
            write(path, "table of targets", |out| per_target::write(report, targets, out))?;
            console.note(format_args!("figures of every {} saved to {}", target.target, path.display()));
        }
        if form.json {
            return console.print_json(&Document {
                target: target.to_string(),
                preset: self.preset,
                theriac: env!("CARGO_PKG_VERSION"),
                graph: self.graph.fingerprint(),
                report,
            });
        }
        if form.tsv {
            return console.print(with_protocol(&tables::to_tsv(&self.page(report, None)), report));
        }
        if form.markdown {
            let table = tables::to_markdown(&self.page(report, None));
            let protocol = report.protocol.replace("; ", "\n- ");
            let (split, table) = (&report.split_hash, table.trim_end_matches('\n'));
            return console.print(format_args!("- {protocol}\n- split {split}\n\n{table}"));
        }
        console.print(figures(report, target))?;
        for model in report.scorers.iter().filter(|scorer| !scorer.baseline) {
            console.print(format_args!("\n{}", verdict(report, &model.scorer)))?;
        }
        Ok(())
    }

    /// The page of the report, with when, how and on what machine it was made.
    fn page(&self, report: &EvaluationReport, audited: Option<&Audit>) -> EvaluationPage {
        let evaluation = Evaluation { graph: self.graph, task: self.task, plan: self.plan };
        let mut page = page(&evaluation, report, audited);
        let theriac_models::Hardware { kernels, threads } = machine::hardware();
        page.provenance.command = Some(command());
        page.provenance.hardware = Some(format!("{kernels} kernels, {threads} threads"));
        page.provenance.date = Some(timestamp::now());
        page
    }
}

/// The lines of a table with what gives its figures their meaning behind each: protocol, seed and split.
fn with_protocol(table: &str, report: &EvaluationReport) -> String {
    let EvaluationReport { protocol, seed, split_hash, .. } = report;
    let lines = table.lines().enumerate().map(|(place, line)| match place {
        0 => format!("{line}\tprotocol\tseed\tsplit"),
        _ => format!("{line}\t{protocol}\t{seed}\t{split_hash}"),
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn save(path: &Path, what: &'static str, bytes: &[u8]) -> Result<(), CliError> {
    write(path, what, |out| out.write_all(bytes))
}

/// Writes a file whole or not at all.
fn write(
    path: &Path,
    what: &'static str,
    content: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), CliError> {
    let file = OutputFile::new(path, what)?;
    let mut writer = file.open()?;
    content(&mut writer).and_then(|()| writer.flush()).map_err(|error| file.failed(error))?;
    drop(writer);
    Ok(file.publish()?)
}

/// Some rounds of an evaluation, as they stand in a file.
#[derive(Debug, Serialize, Deserialize)]
pub struct Part {
    format: String,
    version: u32,
    /// Which part of how many.
    place: (u32, u32),
    /// Hash of everything that decides the evaluation, the same in all its parts.
    evaluation: String,
    /// Fingerprint of the graph.
    pub graph: String,
    /// What is predicted.
    pub task: Task,
    /// The protocol with its repeats and seed.
    pub plan: Plan,
    /// How it was judged.
    pub options: EvaluationOptions,
    /// The preset of the model.
    pub preset: String,
    /// The scorers, in their order.
    scorers: Vec<String>,
    /// What the rounds came to.
    pub results: Results,
}

impl Part {
    /// The part of an evaluation that a shard is.
    pub fn new(of: &Evaluated<'_>, shard: Shard, results: Results) -> Self {
        let graph = of.graph.fingerprint();
        let names =
            results.rounds.first().map(|round| round.scorers.iter().map(|s| s.scorer.clone()).collect());
        Self {
            format: FORMAT.into(),
            version: VERSION,
            place: shard.place(),
            evaluation: of.plan.hash(&graph, of.task),
            graph,
            task: of.task.clone(),
            plan: of.plan.clone(),
            options: of.options,
            preset: of.preset.into(),
            scorers: names.unwrap_or_default(),
            results,
        }
    }

    /// Writes the part.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn save(&self, path: &Path, console: Console) -> Result<(), CliError> {
        let failed =
            |error: serde_json::Error| PredictError::Write { path: path.into(), source: error.into() };
        save(path, "part of an evaluation", &serde_json::to_vec(self).map_err(failed)?)?;
        let rounds = self.results.rounds.len();
        let (index, count) = self.place;
        console.print(format_args!("part {index} of {count}, {rounds} rounds, saved to {}.", path.display()))
    }

    fn load(path: &Path) -> Result<Self, CliError> {
        let refused = |problem: String| CliError::Read { path: path.into(), problem };
        let bytes = fs::read(path).map_err(|error| refused(error.to_string()))?;
        let part: Self = serde_json::from_slice(&bytes)
            .map_err(|error| refused(format!("it is not a part of an evaluation ({error})")))?;
        if part.format != FORMAT || part.version != VERSION {
            let found = format!("{} version {}", part.format, part.version);
            return Err(refused(format!("found {found}; expected {FORMAT} version {VERSION}")));
        }
        if part.evaluation != part.plan.hash(&part.graph, &part.task) {
            return Err(refused("its plan is not the one that it was made by; the file was changed".into()));
        }
        Ok(part)
    }

    /// The parts as one, whole: each of the same evaluation, none twice, none missing.
    ///
    /// # Errors
    ///
    /// When that is not so, naming the file or the part.
    pub fn merged(paths: &[PathBuf]) -> Result<Self, CliError> {
        let mut whole: Option<Self> = None;
        let mut seen: Vec<u32> = Vec::new();
        for path in paths {
            let refused = |problem: String| CliError::Read { path: path.clone(), problem };
            let part = Self::load(path)?;
            let (index, count) = part.place;
            let known = whole.as_ref().unwrap_or(&part);
            let alike = |one: &Self, other: &Self| {
                (&one.evaluation, one.options, one.place.1)
                    == (&other.evaluation, other.options, other.place.1)
                    && (one.scorers == other.scorers || one.scorers.is_empty() || other.scorers.is_empty())
            };
            if !alike(known, &part) {
                let first = paths[0].display();
                return Err(refused(format!("it is a part of another evaluation than {first}")));
            }
            if seen.contains(&index) {
                return Err(refused(format!("part {index} of {count} was given already")));
            }
            seen.push(index);
            match &mut whole {
                None => whole = Some(part),
                Some(whole) => {
                    if whole.scorers.is_empty() {
                        whole.scorers = part.scorers;
                    }
                    whole.results.merge(part.results);
                }
            }
        }
        let whole = whole.ok_or_else(|| CliError::Options("no part was given".into()))?;
        let missing: Vec<String> = (1..=whole.place.1)
            .filter(|index| !seen.contains(index))
            .map(|index| index.to_string())
            .collect();
        if !missing.is_empty() {
            let count = whole.place.1;
            return Err(CliError::Options(format!("part {} of {count} is missing", missing.join(", "))));
        }
        let (found, expected) = (whole.results.rounds.len(), whole.plan.rounds() as usize);
        if found != expected {
            return Err(CliError::Options(format!("the parts hold {found} rounds; expected {expected}")));
        }
        Ok(whole)
    }
}
