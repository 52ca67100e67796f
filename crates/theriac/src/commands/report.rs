//! `theriac report`

use std::fs;
use std::io::Write;
use std::path::Path;

use theriac_explain::{Explainer, Question};
use theriac_graph::wording::plural;
use theriac_graph::{EditedGraph, NodeTable, Role};
use theriac_link::{EvaluationReport, FittedScorer};
use theriac_models::{Probabilities, TrainedModel};
use theriac_report::{
    Accuracy, AccuracyRow, Candidate, CandidatePage, Finding, Interval, Node, Place, Provenance,
    Query as Asked, Severity,
};

use crate::candidate_flags::flags;
use crate::cli::{PageForm, ReportArguments, ReportQuery};
use crate::console::Console;
use crate::error::CliError;
use crate::experiment::Experiment;
use crate::explained::{Answer, Standing, others};
use crate::numbers::{counted, grouped};
use crate::output::{OutputFile, format_of};
use crate::page::{command, sentence};
use crate::progress::CountProgress;
use crate::query::{end_by_role, find};
use crate::ranked::{self, End, Query};
use crate::trained::{Trained, candidacy};
use crate::{interrupt, timestamp};

/// Known links of a node below which its ranking is said to rest on little.
const FEW_LINKS: u32 = 3;
/// Share of all targets among whose ten best a candidate is, from which it is said to be named for many.
const FREQUENT: f64 = 0.05;
/// First ranks that sets of edges are looked for.
const TOP: usize = 10;

/// What pages are made from.
struct Maker<'a> {
    arguments: &'a ReportArguments,
    model: &'a TrainedModel,
    experiment: &'a Experiment,
    explainer: Explainer<'a>,
}

/// Writes the page of a disease's or a drug's candidates, or one for each of a list.
///
/// # Errors
///
/// When the model or its graph cannot be read or do not belong together, a name fits no node or several, or a page cannot be
/// written.
pub fn report(arguments: &ReportArguments, console: Console) -> Result<(), CliError> {
    let (form, names, end_asked) = asked(arguments)?;
    let mut trained = Trained::open(&arguments.model, arguments.graph.as_deref())?;
    trained.load_contributions(&arguments.model)?;
    let key = &trained.model.card.target;
    let end = match end_asked {
        AskedEnd::Role(role, wanted) => end_by_role(role, wanted, key)?,
        AskedEnd::End(end) => end,
    };
    let (relation, tables) = (trained.relation()?, trained.graph.node_tables());
    let table = &tables[end.node_type(relation)];
    let mut nodes: Vec<u32> = Vec::new();
    for name in &names {
        let node = find(table, name, console)?;
        if !nodes.contains(&node) {
            nodes.push(node);
        }
    }
    let (model, experiment) = trained.under_split()?;
    let rescorer = model.rescorer(&arguments.model, &experiment.view)?;
    let graph = EditedGraph::new(experiment.view.graph());
    let explainer = Explainer::new(&experiment.view, rescorer.as_ref(), graph);
    let maker = Maker { arguments, model: &model, experiment: &experiment, explainer };
    let is_list = arguments.query.is_list();
    if !is_list {
        let page = maker.page(Query { end, node: nodes[0] })?;
        write(&page, &arguments.output, form)?;
        return console.print(format_args!(
            "{} of {} for {} written to {}.",
            counted(page.candidates.len(), "candidate"),
            grouped(page.ranked.unwrap_or_default() as usize),
            page.query.node.name,
            arguments.output.display()
        ));
    }
    let folder = &arguments.output;
    fs::create_dir_all(folder).map_err(|source| CliError::Write { path: folder.clone(), source })?;
    interrupt::listen(console, "stopping after this page; Ctrl-C again ends at once");
    let table = &experiment.graph.node_tables()[end.node_type(experiment.view.target())];
    let mut progress = CountProgress::new(console, nodes.len(), plural(&table.node_type));
    let mut written = 0;
    let files = file_names(table, &nodes, form);
    for (&node, file) in nodes.iter().zip(&files) {
        if interrupt::stop_requested() {
            break;
        }
        let page = maker.page(Query { end, node })?;
        write(&page, &folder.join(file), form)?;
        written += 1;
        progress.reached(written);
    }
    drop(progress);
    let all = if written < nodes.len() { format!(" of {}", grouped(nodes.len())) } else { String::new() };
    console.print(format_args!("{}{all} written to {}.", counted(written, "page"), folder.display()))
}

/// Which end of the model's relation is asked for.
#[derive(Clone, Copy)]
enum AskedEnd {
    Role(Role, &'static str),
    End(End),
}

/// The form of the page, the names that were asked for, and which end they are of.
fn asked(arguments: &ReportArguments) -> Result<(PageForm, Vec<String>, AskedEnd), CliError> {
    let endings = [("html", PageForm::Html), ("htm", PageForm::Html), ("md", PageForm::Md)];
    let disease = AskedEnd::Role(Role::Disease, "disease");
    let drug = AskedEnd::Role(Role::Drug, "drug");
    let ReportQuery { disease: of_disease, drug: of_drug, target, source, diseases, drugs } =
        &arguments.query;
    let one = [
        (of_disease, disease),
        (of_drug, drug),
        (target, AskedEnd::End(End::Target)),
        (source, AskedEnd::End(End::Source)),
    ];
    for (text, end) in one {
        if let Some(text) = text {
            return Ok((format_of(&arguments.output, None, &endings)?, vec![text.clone()], end));
        }
    }
    let (path, end) = match (diseases, drugs) {
        (Some(path), _) => (path, disease),
        (None, Some(path)) => (path, drug),
        (None, None) => return Err(CliError::Options("no disease and no drug is asked for".into())),
    };
    let text = fs::read_to_string(path)
        .map_err(|source| CliError::Read { path: path.clone(), problem: source.to_string() })?;
    let names: Vec<String> =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    if names.is_empty() {
        return Err(CliError::Options(format!(
            "{} names no node; expected a name or id in each line",
            path.display()
        )));
    }
    Ok((arguments.to, names, end))
}

impl ReportQuery {
    fn is_list(&self) -> bool {
        self.diseases.is_some() || self.drugs.is_some()
    }
}

/// The files of nodes' pages: their ids, of which only letters, digits, dashes and dots are kept, and the place in the list
/// where that is not enough to tell two apart.
fn file_names(table: &NodeTable, nodes: &[u32], form: PageForm) -> Vec<String> {
    let keep =
        |letter: char| if letter.is_ascii_alphanumeric() || "-.".contains(letter) { letter } else { '_' };
    let ending = if form == PageForm::Html { "html" } else { "md" };
    let mut names: Vec<String> = Vec::new();
    for (place, &node) in nodes.iter().enumerate() {
        let id: String = table.label(node).id.chars().map(keep).collect();
        // Some file systems do not tell letters of either case apart.
        let taken = |name: &String| names.iter().any(|other| other.eq_ignore_ascii_case(name));
        let name = format!("{id}.{ending}");
        names.push(if taken(&name) { format!("{id}-{}.{ending}", place + 1) } else { name });
    }
    names
}

fn write(page: &CandidatePage, path: &Path, form: PageForm) -> Result<(), CliError> {
    let text = if form == PageForm::Html { page.to_html() } else { page.to_markdown() };
    let file = OutputFile::new(path, "page")?;
    let mut out = file.open()?;
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| file.failed(error))?;
    drop(out);
    file.publish()
}

impl Maker<'_> {
    fn page(&self, query: Query) -> Result<CandidatePage, CliError> {
        let Self { model, experiment, arguments, .. } = self;
        let (card, graph) = (&model.card, &experiment.graph);
        let relation = graph.relation(&card.target)?;
        let tables = graph.node_tables();
        let candidacy = candidacy(model, graph, arguments.novel, arguments.top.get())?;
        let ranked = candidacy.rank(query);
        let own = &tables[query.end.node_type(relation)];
        let table = &tables[query.end.other().node_type(relation)];
        let shown = ranked.candidates(table, Probabilities::of(card));
        let candidates = shown.iter().enumerate().map(|(place, candidate)| {
            let explained = place < arguments.explained;
            self.candidate(query, candidate, table, explained)
        });
        let label = own.label(query.node);
        let known = match query.end {
            End::Source => relation.forward.degree(query.node),
            End::Target => relation.backward.degree(query.node),
        };
        let provenance = graph.provenance();
        Ok(CandidatePage {
            title: format!("{}: {}", label.name, plural(&table.node_type)),
            notice: None,
            summary: summary(known, &own.node_type),
            query: Asked { node: node(own, query.node), known_links: Some(known.into()) },
            candidate_kind: table.node_type.clone(),
            target: card.target.to_string(),
            graph: if provenance.name.is_empty() { "a graph".into() } else { provenance.name.clone() },
            model: format!("{}, {}", model.fitted.name(), arguments.model.display()),
            provenance: Provenance {
                command: Some(command()),
                version: Some(format!("theriac {}", env!("CARGO_PKG_VERSION"))),
                hardware: None,
                seed: Some(card.seed),
                date: Some(timestamp::now()),
                graph: Some(card.graph.fingerprint.clone()),
                licence: provenance.licence.clone(),
                citation: provenance.citation.clone(),
            },
            ranked: Some(ranked.counted as u64),
            base_rate: Some(card.calibration.base_rate),
            candidates: candidates.collect(),
            accuracy: Some(accuracy(&card.test)),
            limits: limits(),
        })
    }

    fn candidate(
        &self,
        query: Query,
        candidate: &ranked::Candidate,
        table: &NodeTable,
        explained: bool,
    ) -> Candidate {
        let Self { model, experiment, .. } = self;
        let relation = experiment.view.target();
        let whole = experiment.graph.relation(&model.card.target).unwrap_or(relation);
        let pair = query.pair(candidate.node);
        let popularity = model.fitted.contributions(pair).map(|of| {
            let all: f32 = of.parts.iter().map(|(_, value)| value.abs()).sum::<f32>() + of.popularity.abs();
            if all > 0.0 { f64::from(of.popularity.abs() / all) } else { 0.0 }
        });
        let mut shown = Candidate {
            rank: candidate.rank.into(),
            node: node(table, candidate.node),
            score: candidate.score.into(),
            probability: Some(candidate.probability),
            interval: candidate
                .probability_low
                .zip(candidate.probability_high)
                .map(|(low, high)| Interval { low, high }),
            percentile: Some(candidate.percentile),
            popularity,
            flags: flags(&experiment.graph, whole, pair),
            evidence: None,
            explanation: None,
        };
        if explained {
            let of_target = others(model, whole, pair, End::Target);
            let standing = Standing::new(model, whole, pair, &of_target);
            let question = Question { top: TOP, seed: model.card.seed, ..Question::new(pair, of_target) };
            let explanation = self.explainer.explain(&question);
            let reverse = match query.end {
                End::Target => standing.among_targets,
                End::Source => standing.among_sources,
            };
            let answer = Answer {
                path: &self.arguments.model,
                model,
                graph: &experiment.graph,
                relation: whole,
                explanation: &explanation,
                standing,
                what_if: None,
                top: TOP,
            };
            shown.evidence = answer.line();
            let reverse = Place { rank: reverse.rank.round() as u64, of: reverse.of as u64 };
            shown.explanation = Some(answer.page(self.notes(query, candidate), Some(reverse)));
        }
        shown
    }

    /// What a reader has to be careful about.
    fn notes(&self, query: Query, candidate: &ranked::Candidate) -> Vec<Finding> {
        let relation = self.experiment.view.target();
        let mut notes = Vec::new();
        let mut note = |sentence: String| {
            notes.push(Finding { severity: Severity::Warning, sentence, ..Finding::default() });
        };
        let seen = match query.end {
            End::Source => relation.backward.degree(candidate.node),
            End::Target => relation.forward.degree(candidate.node),
        };
        if seen < FEW_LINKS {
            note(format!(
                "Low support: the model has seen {} of {}.",
                counted(seen as usize, "known link"),
                candidate.name
            ));
        }
        let model = self.model.card.test.scorers.iter().find(|scorer| !scorer.baseline);
        let times = model.and_then(|of| of.frequent.iter().find(|(source, _)| *source == candidate.node));
        if let (End::Target, Some(&(_, times))) = (query.end, times) {
            let share = times as f64 / f64::from(relation.backward.rows().max(1));
            if share >= FREQUENT {
                note(format!(
                    "Frequent flyer: {} is among the ten best of {} {}, {:.0} % of all.",
                    candidate.name,
                    grouped(times as usize),
                    plural(&self.experiment.graph.node_tables()[relation.target_type].node_type),
                    100.0 * share
                ));
            }
        }
        notes
    }
}

/// What a reader has to know before the table.
fn summary(known: u32, kind: &str) -> Vec<String> {
    let mut sentences = Vec::new();
    if known == 0 {
        sentences.push(format!(
            "No link of this {kind} is known: what is said of it comes from its other edges and its features alone."
        ));
    } else if known < FEW_LINKS {
        sentences.push(format!(
            "Only {} of this {kind} {} known: the ranking rests on little.",
            counted(known as usize, "link"),
            if known == 1 { "is" } else { "are" }
        ));
    }
    sentences.push(
        "Scores rank candidates for a closer look by people who know the field; they are no advice on treatment.".into(),
    );
    sentences
}

fn node(table: &NodeTable, node: u32) -> Node {
    let label = table.label(node);
    Node { id: label.id, name: label.name, kind: table.node_type.clone() }
}

/// The figures of the model and the baselines on its test part.
fn accuracy(test: &EvaluationReport) -> Accuracy {
    let row = |scorer: &theriac_link::ScorerReport| AccuracyRow {
        scorer: scorer.scorer.clone(),
        baseline: scorer.baseline,
        auroc: scorer.figures.at("all_pairs.auroc"),
        ap: scorer.figures.at("all_pairs.ap"),
        mrr: scorer.figures.at("ranking.mrr"),
        hits_at_10: scorer.figures.at("ranking.hits@10"),
        prevalence: scorer.figures.at("all_pairs.prevalence"),
    };
    Accuracy {
        protocol: test.protocol.split("; ").map(sentence).collect(),
        rows: test.scorers.iter().map(row).collect(),
    }
}

fn limits() -> Vec<String> {
    [
        "An effect is what the score of this model loses without an edge. It is no measure of biology.",
        "Paths and edges are as good as their sources, and the graph knows only what was put into it.",
        "An unknown pair may be a treatment that nobody has tried, or one that was tried and failed.",
    ]
    .map(str::to_owned)
    .to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_differ_in_what_no_file_name_holds_have_files_of_their_own() {
        let ids = ["A:1", "A_1", "a:1", "B.2"].map(str::to_owned).to_vec();
        let table = NodeTable::new("disease", ids.clone(), ids);
        let files = file_names(&table, &[0, 1, 2, 3], PageForm::Md);
        assert_eq!(files, ["A_1.md", "A_1-2.md", "a_1-3.md", "B.2.md"]);
    }
}
