//! `theriac demo`

use std::collections::HashMap;
use std::iter;
use std::time::Instant;

use theriac_formats::{Repurposing, primer, repurposings};
use theriac_link::{Budget, EvaluationReport, Fits, FittedScorer, Pair, Part, Split, Task};
use theriac_models::gnn::Gnn;
use theriac_models::{Calibration, Preset, Probabilities};
use theriac_predict::experiment::Experiment;
use theriac_predict::numbers::figure;
use theriac_predict::query::find;
use theriac_predict::ranked::{Candidacy, Candidate, End, Query};

use crate::cli::DemoArguments;
use crate::commands::import::edges_table;
use crate::commands::inspect::nodes_table;
use crate::commands::planted::planted;
use crate::console::Console;
use crate::error::CliError;
use crate::figures::{figures, verdict};
use crate::progress::Progress;
use crate::ranked::table;
use crate::table::PlainTable;

/// The primer is small.
const PRESET: &str = "graphsage-small";
/// Seed of every draw of the demonstration.
const SEED: u64 = 0;
/// Share of the other indications that thresholds and progress are measured on.
const VALIDATION_SHARE: f64 = 0.1;
/// Candidates to show.
const TOP: usize = 15;

const ABOUT: &str = "\
Theriac learns from a graph of drugs, diseases and genes which drugs may treat which diseases.
This is its primer: a small graph of textbook facts, embedded in the program. Twenty uses that
were found long after the drug's first one are taken out of it; a model is trained on the rest
and asked where it ranks them among all drugs. It is an illustration of the method, not medical
advice.";

const NEXT: &str = "\
What to run next:
  theriac demo --disease \"heart failure\"       another disease of the primer
  theriac import data.tar.gz -o dtinet         your own graph: DTINet as published, or an edge list in CSV or JSON
  theriac train dtinet -o model                train, and measure beside the baselines
  theriac rank model --disease hypertension    ranked candidates, with known links marked
  theriac --help                               everything else";

/// Trains and ranks on the primer.
///
/// # Errors
///
/// When the primer has no disease of the name that was asked for, or the planted graph cannot be written.
pub fn demo(arguments: &DemoArguments, console: Console) -> Result<(), CliError> {
    if let (true, Some(output)) = (arguments.planted, &arguments.output) {
        return planted(output, arguments.seed, console);
    }
    let graph = primer()?;
    let held_out = repurposings(&graph)?;
    let target = graph.resolve_relation("drug:treats:disease")?.key.clone();
    let relation = graph.relation(&target)?;
    // Looked up before anything is printed: a wrong name should not cost a training.
    let disease = find(&graph.node_tables()[relation.target_type], &arguments.disease, &console.notes())?;
    console.print(format_args!("{ABOUT}\n"))?;
    let statistics = graph.statistics();
    console.print(format_args!("{}\n\n{}\n", nodes_table(&statistics), edges_table(&statistics)))?;

    let pairs: Vec<Pair> = held_out
        .iter()
        .map(|repurposing| Pair::new(repurposing.drug_node, repurposing.disease_node))
        .collect();
    let task = Task::with_every_sibling(&graph, target.clone())?;
    let split = Split::holding_out(&graph, &task, &pairs, VALIDATION_SHARE, SEED)?;
    let experiment = Experiment::new(graph, split)?;
    let preset = Preset::named(PRESET)?;
    let config = preset.network(None).unwrap_or_else(|| unreachable!("the demo's preset is a network"));
    let negative_ratio = config.training.negative_ratio;
    let started = Instant::now();
    let progress = Progress::new(console);
    let model = Gnn { config }.train(&experiment.view, &Budget::new(SEED, &progress))?;
    drop(progress);
    let calibration = experiment
        .calibration(&model, negative_ratio, SEED)?
        .unwrap_or_else(|| Calibration::of_training(negative_ratio));
    console.note(format_args!("trained in {:.1} s\n", started.elapsed().as_secs_f64()));
    let others = experiment.fit(&theriac_baselines::always(), SEED)?;
    let mut scorers: Vec<&dyn FittedScorer> = others.iter().map(|of| of.last.as_ref()).collect();
    scorers.push(&model);

    let fits: Vec<Fits<'_>> = scorers.iter().copied().map(Fits::once).collect();
    let report = experiment.report(&fits, Part::Test, negative_ratio, SEED)?;
    console.print(rediscovered(&experiment, &held_out, &scorers, &report)?)?;
    console.print(format_args!("\n{}", figures(&report, &target)))?;
    console.print(format_args!("\n{}", verdict(&report, model.name())))?;
    console.print(format_args!("{}\n", caution(&report)))?;

    let relation = experiment.graph.relation(&target)?;
    let query = Query { end: End::Target, node: disease };
    let tables = experiment.graph.node_tables();
    let ranked = Candidacy {
        scorer: &model,
        relation,
        only_novel: false,
        top: usize::MAX,
        against: None,
        without_popularity: None,
    }
    .rank(query);
    let ranked = ranked.candidates(
        &tables[relation.source_type],
        Probabilities { calibration: &calibration, three_way: None },
    );
    let label = tables[relation.target_type].label(disease);
    // A held-out use is shown wherever it ranks.
    let held_out_use = |candidate: &Candidate| pairs.contains(&Pair::new(candidate.node, disease));
    let shown: Vec<Candidate> = ranked
        .iter()
        .filter(|candidate| candidate.rank as usize <= TOP || held_out_use(candidate))
        .cloned()
        .collect();
    let mark = |candidate: &Candidate| match (held_out_use(candidate), candidate.known) {
        (true, _) => "held out: a true use, not shown to the model",
        (false, true) => "known",
        (false, false) => "",
    };
    let (counted, scorer) = (ranked.len(), model.name());
    let held_out_too = if shown.len() > TOP { ", and the held-out uses" } else { "" };
    console
        .print(format_args!("{TOP} of {counted} drug candidates for {label}, by {scorer}{held_out_too}\n"))?;
    console.print(table(&shown, mark))?;
    console.print(format_args!("\n{NEXT}"))
}

/// Where each held-out use stands among all drugs, by each scorer.
fn rediscovered(
    experiment: &Experiment,
    held_out: &[Repurposing],
    scorers: &[&dyn FittedScorer],
    report: &EvaluationReport,
) -> Result<String, CliError> {
    // The model stands first, and what it has to beat after it.
    let in_order: Vec<&dyn FittedScorer> = scorers.iter().rev().copied().collect();
    let ranks = in_order.iter().map(|scorer| Ok(experiment.ranks(*scorer)?.into_iter().collect()));
    let ranks: Vec<HashMap<Pair, f64>> = ranks.collect::<Result<_, CliError>>()?;
    let headings = ["<drug", "<came to treat"].into_iter().chain(in_order.iter().map(|s| s.name()));
    let mut table = PlainTable::new(headings);
    for Repurposing { drug, disease, drug_node, disease_node, .. } in held_out {
        let pair = Pair::new(*drug_node, *disease_node);
        let of_scorers = ranks.iter().map(|ranks| rank_text(ranks[&pair]));
        table.push([drug.clone(), disease.clone()].into_iter().chain(of_scorers));
    }
    table.push(iter::repeat_n(String::new(), 2 + in_order.len()));
    let mut push = |title: &str, key: &str, text: fn(f64) -> String| {
        let of = |scorer: &&dyn FittedScorer| report.scorer(scorer.name())?.figures.at(key);
        let figures = in_order.iter().map(|scorer| of(scorer).map_or_else(String::new, text));
        table.push([title.to_owned(), String::new()].into_iter().chain(figures));
    };
    push("median rank", "ranking.median_rank", rank_text);
    push("MRR", "ranking.mrr", figure);
    push("hits@10", "ranking.hits@10", figure);
    Ok(format!(
        "Rank of each held-out use among the {} drugs (1 is best; other known drugs for the disease left out)\n\n{table}",
        experiment.view.sources()
    ))
}

/// A rank; halves come from ties.
fn rank_text(rank: f64) -> String {
    if rank.fract() == 0.0 { format!("{rank:.0}") } else { format!("{rank:.1}") }
}

/// How much the figures can bear.
fn caution(report: &EvaluationReport) -> String {
    let pairs =
        report.scorers.first().map_or(0, |scorer| scorer.figures.at("ranking.pairs").unwrap_or(0.0) as usize);
    format!(
        "With {pairs} held-out pairs these figures are coarse: one pair more among the first ten adds {} to hits@10.",
        figure(1.0 / pairs.max(1) as f64)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_ranks_are_shown() {
        assert_eq!([rank_text(3.0), rank_text(3.5)], ["3", "3.5"]);
    }
}
