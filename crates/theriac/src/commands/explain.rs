//! `theriac explain`

use std::time::Instant;

use theriac_explain::{Node, PathFilter, Question};
use theriac_graph::{EditedGraph, Graph, RelationKey, Role};
use theriac_link::Pair;
use theriac_predict::Predictor;
use theriac_predict::edge_text::{find_edges, find_named, new_edge, relations_named};
use theriac_predict::explained::Answer;
use theriac_predict::query::{end_by_role, find};
use theriac_predict::ranked::End;

use crate::cli::ExplainArguments;
use crate::commands::explain_evaluate::explain_evaluate;
use crate::commands::explain_new_node::explain_new_node;
use crate::console::Console;
use crate::error::CliError;
use crate::explained;

/// Explains the score of a pair by a trained model, or measures how good its explanations are.
///
/// # Errors
///
/// When the model or its graph cannot be read or do not belong together, a name fits no node or several, or the model does
/// not keep what it has learned.
pub fn explain(arguments: &ExplainArguments, console: Console) -> Result<(), CliError> {
    if arguments.evaluate {
        return explain_evaluate(arguments, console);
    }
    let new = arguments.new_disease.as_ref().map(|file| (Role::Disease, "disease", file));
    let new = new.or(arguments.new_drug.as_ref().map(|file| (Role::Drug, "drug", file)));
    if let Some((role, wanted, file)) = new {
        return explain_new_node(arguments, (role, wanted), file, console);
    }
    let started = Instant::now();
    let open = if arguments.against { Predictor::open_against } else { Predictor::open };
    let predictor = open(&arguments.model, arguments.graph.as_deref())?;
    let pair = pair_of(arguments, &predictor, console)?;
    let loaded = Instant::now();
    let graph = edited(arguments, &predictor, console)?;
    let question = Question {
        filter: filter_of(arguments, predictor.graph(), console)?,
        most_steps: arguments.steps.into(),
        edges: arguments.edges.get(),
        top: arguments.top.get(),
        ..predictor.question(pair)
    };
    let answer = predictor.answer(graph, &question);
    show(&answer, arguments.json, console)?;
    let (loading, explaining) = ((loaded - started).as_secs_f64(), loaded.elapsed().as_secs_f64());
    console.note(format_args!(
        "explained in {explaining:.2} s, after {loading:.2} s of reading graph and model"
    ));
    Ok(())
}

/// Prints an explanation, as text or as one JSON document.
pub fn show(answer: &Answer<'_>, json: bool, console: Console) -> Result<(), CliError> {
    if json { console.print_json(&answer.document()) } else { explained::print(answer, console) }
}

/// The pair that was asked for.
fn pair_of(arguments: &ExplainArguments, predictor: &Predictor, console: Console) -> Result<Pair, CliError> {
    let key = &predictor.model.card.target;
    let [Some(source), Some(target)] = ends_of(arguments, key)? else {
        let expected =
            "expected both ends of its relation, by --drug and --disease, or --source and --target";
        return Err(CliError::Options(format!("the model predicts {key}; {expected}")));
    };
    let find =
        |end, text| -> Result<u32, CliError> { Ok(find(predictor.table(end), text, &console.notes())?) };
    Ok(Pair::new(find(End::Source, source)?, find(End::Target, target)?))
}

/// What was asked for at each end of a relation, its source first.
pub fn ends_of<'a>(
    arguments: &'a ExplainArguments,
    key: &RelationKey,
) -> Result<[Option<&'a str>; 2], CliError> {
    let mut ends = [arguments.source.as_deref(), arguments.target.as_deref()];
    let asked = [(Role::Drug, "drug", &arguments.drug), (Role::Disease, "disease", &arguments.disease)];
    for (role, wanted, text) in asked {
        if let Some(text) = text {
            let end = end_by_role(role, wanted, key)?;
            ends[usize::from(end == End::Target)] = Some(text);
        }
    }
    Ok(ends)
}

/// The graph of the view with the edges that were asked for, and without.
fn edited<'a>(
    arguments: &ExplainArguments,
    predictor: &'a Predictor,
    console: Console,
) -> Result<EditedGraph<'a>, CliError> {
    let note = console.notes();
    let mut graph = predictor.edited();
    for text in &arguments.without {
        for edge in find_edges(text, predictor.graph(), &graph, &note)? {
            graph = graph.without(edge);
        }
    }
    for text in &arguments.with {
        let edge = new_edge(text, predictor.graph(), &graph, &note)?;
        graph = graph.with(edge, 1.0);
    }
    Ok(graph)
}

/// Which paths count.
pub fn filter_of<'a>(
    arguments: &ExplainArguments,
    graph: &'a Graph,
    console: Console,
) -> Result<PathFilter<'a>, CliError> {
    let nodes = |texts: &[String]| -> Result<Vec<Node>, CliError> {
        texts.iter().map(|text| Ok(find_named(graph, text, &console.notes())?)).collect()
    };
    let mut filter =
        PathFilter::default().only_through(nodes(&arguments.through)?).avoiding(nodes(&arguments.avoid)?);
    if let Some(names) = &arguments.relations {
        let mut places = Vec::new();
        for name in names {
            places.extend(relations_named(graph, name)?);
        }
        filter = filter.only_along(places);
    }
    if let Some(text) = &arguments.only {
        let (name, value) = text.split_once('=').ok_or_else(|| {
            CliError::Options(format!(
                "--only is '{text}'; expected an attribute and a text, as status=approved"
            ))
        })?;
        if graph.relations().iter().all(|relation| relation.attribute(name).is_none()) {
            let mut known: Vec<&str> = graph
                .relations()
                .iter()
                .flat_map(|relation| relation.attributes.iter().map(|attribute| attribute.name.as_str()))
                .collect();
            known.sort_unstable();
            known.dedup();
            let known = if known.is_empty() { "none is there".into() } else { known.join(", ") };
            return Err(CliError::Options(format!(
                "no relation of the graph has the attribute '{name}'; expected one of these: {known}"
            )));
        }
        filter = filter.only_with(graph, name.to_owned(), value.to_owned());
    }
    Ok(filter)
}
