//! The plan of an evaluation, from what was typed.

use std::fs;
use std::path::Path;

use theriac_graph::{Graph, NodeTable, Role};
use theriac_link::{Area, Pair, Plan, Protocol, Task, similar_areas};
use theriac_predict::query::{end_of, find};
use theriac_predict::ranked::End;

use crate::cli::{self, ProtocolArguments};
use crate::console::Console;
use crate::error::CliError;

/// Areas that are made where no number is given.
const AREAS: u32 = 5;

/// The plan that was asked for. `fractions` are those of validation and test.
///
/// # Errors
///
/// When a file or a name is wrong, or the protocol does not fit the graph.
pub fn plan(
    arguments: &ProtocolArguments,
    graph: &Graph,
    task: &Task,
    (valid_fraction, test_fraction): (f64, f64),
    seed: u64,
    console: Console,
) -> Result<Plan, CliError> {
    let folds = arguments.folds.get();
    let protocol = match arguments.protocol {
        cli::Protocol::Random => Protocol::Random { test_fraction },
        cli::Protocol::Ranking => Protocol::Ranking { test_fraction },
        cli::Protocol::Kfold => Protocol::KFold { folds },
        cli::Protocol::KfoldAll => Protocol::KFoldAll { folds },
        cli::Protocol::ColdDrug => cold(end_of(Role::Drug, task.target()).unwrap_or(End::Source), folds),
        cli::Protocol::ColdDisease => {
            cold(end_of(Role::Disease, task.target()).unwrap_or(End::Target), folds)
        }
        cli::Protocol::DiseaseArea => {
            let areas = areas(arguments, graph, task, console)?;
            for area in &areas {
                let (name, count) = (&area.name, area.targets.len());
                console.note(format_args!("area {name}: {count} {} nodes", task.target().target));
            }
            Protocol::Area { areas, removed_share: arguments.remove_share }
        }
        cli::Protocol::Time => Protocol::Time {
            attribute: arguments.time_attribute.clone(),
            until: arguments.until.unwrap_or(f64::INFINITY),
        },
        cli::Protocol::External => match &arguments.external {
            Some(path) => external(path, graph, task, console)?,
            None => {
                return Err(CliError::Options("protocol external needs a file of pairs: --external".into()));
            }
        },
    };
    let plan = Plan { protocol, valid_fraction, repeats: arguments.repeats.get(), seed };
    // What is wrong with a protocol is wrong with its first round: nothing is fitted before that is known.
    plan.round(graph, task, 0)?;
    Ok(plan)
}

fn cold(end: End, folds: u32) -> Protocol {
    match end {
        End::Source => Protocol::ColdSource { folds },
        End::Target => Protocol::ColdTarget { folds },
    }
}

/// The areas of the files that were given, or those of similar diseases.
fn areas(
    arguments: &ProtocolArguments,
    graph: &Graph,
    task: &Task,
    console: Console,
) -> Result<Vec<Area>, CliError> {
    if arguments.area.is_empty() {
        let by = arguments.similar_by.as_deref().map(|name| graph.resolve_relation(name)).transpose()?;
        let count = arguments.areas.unwrap_or(AREAS);
        return Ok(similar_areas(graph, task, count, by.map(|relation| &relation.key))?);
    }
    let table = &graph.node_tables()[graph.relation(task.target())?.target_type];
    let area = |path: &std::path::PathBuf| {
        let text = read(path)?;
        let mut targets = Vec::new();
        for (line, name) in text.lines().enumerate().filter(|(_, name)| !name.trim().is_empty()) {
            targets.push(found(path, line + 1, table, name, console)?);
        }
        if targets.is_empty() {
            let problem = "it names no node; expected a name or id in each line".into();
            return Err(CliError::Read { path: path.clone(), problem });
        }
        targets.sort_unstable();
        targets.dedup();
        let name = path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Ok(Area { name, targets })
    };
    arguments.area.iter().map(area).collect()
}

fn read(path: &Path) -> Result<String, CliError> {
    fs::read_to_string(path).map_err(|error| CliError::Read { path: path.into(), problem: error.to_string() })
}

/// The node of this name, or where in which file a wrong one stands.
fn found(path: &Path, line: usize, table: &NodeTable, name: &str, console: Console) -> Result<u32, CliError> {
    find(table, name.trim(), &console.notes()).map_err(|error| CliError::Line {
        path: path.into(),
        line,
        problem: error.to_string(),
    })
}

/// Pairs from a table: those that are in the graph already are left out, and that is told.
fn external(path: &Path, graph: &Graph, task: &Task, console: Console) -> Result<Protocol, CliError> {
    let text = read(path)?;
    let relation = graph.relation(task.target())?;
    let tables = [relation.source_type, relation.target_type].map(|place| &graph.node_tables()[place]);
    let header = text.lines().next().unwrap_or_default();
    let delimiter = if header.contains('\t') { b'\t' } else { b',' };
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let (mut positives, mut negatives, mut known) = (Vec::new(), Vec::new(), 0);
    let mut labelled = false;
    for record in reader.records() {
        let record =
            record.map_err(|error| CliError::Read { path: path.into(), problem: error.to_string() })?;
        let line = record.position().map_or(0, |position| position.line() as usize);
        let problem = |problem: String| CliError::Line { path: path.into(), line, problem };
        if record.len() < 2 {
            return Err(problem(format!("{} column; expected a source and a target", record.len())));
        }
        let source = found(path, line, tables[0], &record[0], console)?;
        let target = found(path, line, tables[1], &record[1], console)?;
        let pair = Pair { source, target };
        let positive = match record.get(2).map(str::trim) {
            None | Some("") => true,
            Some("1") => {
                labelled = true;
                true
            }
            Some("0") => {
                labelled = true;
                false
            }
            Some(other) => return Err(problem(format!("label '{other}'; expected 1 or 0"))),
        };
        if relation.forward.contains(source, target) {
            known += 1;
        } else if positive {
            positives.push(pair);
        } else {
            negatives.push(pair);
        }
    }
    for pairs in [&mut positives, &mut negatives] {
        pairs.sort_unstable();
        pairs.dedup();
    }
    negatives.retain(|pair| positives.binary_search(pair).is_err());
    if known > 0 {
        console.note(format_args!("{known} pairs of {} are in the graph already: left out", path.display()));
    }
    if positives.is_empty() || labelled && negatives.is_empty() {
        let problem =
            "no pair to judge is left; expected true pairs that are not in the graph, and others if labelled";
        return Err(CliError::Read { path: path.into(), problem: problem.into() });
    }
    let origin = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Ok(Protocol::External { origin, pairs: positives, universe: labelled.then_some(negatives) })
}
