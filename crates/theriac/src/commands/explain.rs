//! `theriac explain`

use std::time::Instant;

use theriac_explain::{Explainer, Node, PathFilter, Question};
use theriac_graph::{EditedGraph, Graph, Role};
use theriac_link::{FittedScorer, Pair};
use theriac_models::Probabilities;

use crate::cli::ExplainArguments;
use crate::console::Console;
use crate::edge_text::{find_edges, find_named, new_edge, relations_named};
use crate::error::CliError;
use crate::experiment::Experiment;
use crate::explained::{Answer, Standing, WhatIf, others};
use crate::query::{end_by_role, find};
use crate::ranked::End;
use crate::trained::Trained;

/// Explains the score of a pair by a trained model.
///
/// # Errors
///
/// When the model or its graph cannot be read or do not belong together, a name fits no node or several, or the model does
/// not keep what it has learned.
pub fn explain(arguments: &ExplainArguments, console: Console) -> Result<(), CliError> {
    let started = Instant::now();
    let mut trained = Trained::open(&arguments.model, arguments.graph.as_deref())?;
    trained.load_contributions(&arguments.model)?;
    let pair = pair_of(arguments, &trained, console)?;
    let (model, experiment) = trained.under_split()?;
    let rescorer = model.rescorer(&arguments.model, &experiment.view)?;
    let loaded = Instant::now();
    let graph = edited(arguments, &experiment, console)?;
    let filter = filter_of(arguments, &experiment.graph, console)?;
    let relation = experiment.graph.relation(&model.card.target)?;
    let of_target = others(&model, relation, pair, End::Target);
    let what_if = (!graph.edits().is_empty()).then(|| {
        let whole = EditedGraph::new(experiment.view.graph());
        let scores = [&whole, &graph].map(|graph| rescorer.rescore(graph, pair));
        let against = model.against.as_ref().map(|against| against.score(&[pair])[0]);
        let probability = |score| Probabilities::of(&model.card).probability(score, against).0;
        WhatIf::new(scores, &of_target, graph.edits(), probability)
    });
    let question = Question {
        filter,
        most_steps: arguments.steps.into(),
        edges: arguments.edges.get(),
        top: arguments.top.get(),
        seed: model.card.seed,
        ..Question::new(pair, of_target.clone())
    };
    let explanation = Explainer::new(&experiment.view, rescorer.as_ref(), graph).explain(&question);
    let answer = Answer {
        path: &arguments.model,
        model: &model,
        graph: &experiment.graph,
        relation,
        explanation: &explanation,
        standing: Standing::new(&model, relation, pair, &of_target),
        what_if,
        top: arguments.top.get(),
    };
    if arguments.json {
        console.print_json(&answer.document())?;
    } else {
        answer.print(console)?;
    }
    let (loading, explaining) = ((loaded - started).as_secs_f64(), loaded.elapsed().as_secs_f64());
    console.note(format_args!(
        "explained in {explaining:.2} s, after {loading:.2} s of reading graph and model"
    ));
    Ok(())
}

/// The pair that was asked for.
fn pair_of(arguments: &ExplainArguments, trained: &Trained, console: Console) -> Result<Pair, CliError> {
    let key = &trained.model.card.target;
    let mut ends: [Option<&str>; 2] = [arguments.source.as_deref(), arguments.target.as_deref()];
    let asked = [(Role::Drug, "drug", &arguments.drug), (Role::Disease, "disease", &arguments.disease)];
    for (role, wanted, text) in asked {
        if let Some(text) = text {
            let end = end_by_role(role, wanted, key)?;
            ends[usize::from(end == End::Target)] = Some(text);
        }
    }
    let [Some(source), Some(target)] = ends else {
        let expected =
            "expected both ends of its relation, by --drug and --disease, or --source and --target";
        return Err(CliError::Options(format!("the model predicts {key}; {expected}")));
    };
    let (relation, tables) = (trained.relation()?, trained.graph.node_tables());
    Ok(Pair::new(
        find(&tables[relation.source_type], source, console)?,
        find(&tables[relation.target_type], target, console)?,
    ))
}

/// The graph of the view with the edges that were asked for, and without.
fn edited<'a>(
    arguments: &ExplainArguments,
    experiment: &'a Experiment,
    console: Console,
) -> Result<EditedGraph<'a>, CliError> {
    let mut graph = EditedGraph::new(experiment.view.graph());
    for text in &arguments.without {
        for edge in find_edges(text, &experiment.graph, &graph, console)? {
            graph = graph.without(edge);
        }
    }
    for text in &arguments.with {
        let edge = new_edge(text, &experiment.graph, &graph, console)?;
        graph = graph.with(edge, 1.0);
    }
    Ok(graph)
}

fn filter_of<'a>(
    arguments: &ExplainArguments,
    graph: &'a Graph,
    console: Console,
) -> Result<PathFilter<'a>, CliError> {
    let nodes = |texts: &[String]| -> Result<Vec<Node>, CliError> {
        texts.iter().map(|text| find_named(graph, text, console)).collect()
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
