//! `theriac demo`

use std::collections::HashMap;
use std::time::Instant;

use theriac_formats::{Repurposing, primer, repurposings};
use theriac_link::{
    Budget, EvaluationReport, FittedScorer, Pair, Part, Ranking, Split, Task, filtered_ranks,
};
use theriac_models::Calibration;
use theriac_models::Preset;
use theriac_models::graphsage::{self, GraphSage};

use crate::cli::DemoArguments;
use crate::commands::import::edges_table;
use crate::commands::inspect::nodes_table;
use crate::console::Console;
use crate::error::CliError;
use crate::experiment::Experiment;
use crate::figures::{figures, verdict};
use crate::numbers::figure;
use crate::progress::Progress;
use crate::query::find;
use crate::ranked::{Candidacy, Candidate, End, Query, table};
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
/// When the primer has no disease of the name that was asked for.
pub fn demo(arguments: &DemoArguments, console: Console) -> Result<(), CliError> {
    let graph = primer()?;
    let held_out = repurposings(&graph)?;
    let target = graph.resolve_relation("drug:treats:disease")?.key.clone();
    let relation = graph.relation(&target)?;
    // Looked up before anything is printed: a wrong name should not cost a training.
    let disease = find(&graph.node_tables()[relation.target_type], &arguments.disease, console)?;
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
    let config = preset.graphsage(None).unwrap_or_else(|| unreachable!("the demo's preset is a network"));
    let negative_ratio = config.negative_ratio;
    let started = Instant::now();
    let progress = Progress::new(console);
    let model = GraphSage { config }.train(&experiment.view, &Budget::new(SEED, &progress))?;
    drop(progress);
    let calibration = experiment
        .calibration(&model, negative_ratio, SEED)?
        .unwrap_or_else(|| Calibration::of_training(negative_ratio));
    console.note(format_args!("trained in {:.1} s\n", started.elapsed().as_secs_f64()));
    let others = experiment.fit(&theriac_baselines::always(), SEED)?;
    let mut scorers: Vec<&dyn FittedScorer> = others.iter().map(AsRef::as_ref).collect();
    scorers.push(&model);

    console.print(rediscovered(&experiment, &held_out, &pairs, &scorers)?)?;
    let report = experiment.report(&scorers, Part::Test, negative_ratio, SEED)?;
    console.print(format_args!("\n{}", figures(&report, &target)))?;
    console.print(format_args!("\n{}", verdict(&report, graphsage::NAME)))?;
    console.print(format_args!("{}\n", caution(&report)))?;

    let relation = experiment.graph.relation(&target)?;
    let query = Query { end: End::Target, node: disease };
    let tables = experiment.graph.node_tables();
    let ranked = Candidacy { scorer: &model, relation, only_novel: false, top: usize::MAX }.rank(query);
    let ranked = ranked.candidates(&tables[relation.source_type], &calibration);
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
    pairs: &[Pair],
    scorers: &[&dyn FittedScorer],
) -> Result<String, CliError> {
    let relation = experiment.graph.relation(experiment.split.task.target())?;
    // The model stands first, and what it has to beat after it.
    let in_order: Vec<&dyn FittedScorer> = scorers.iter().rev().copied().collect();
    let mut ranks = Vec::new();
    for scorer in &in_order {
        let by_pair: HashMap<Pair, f64> = filtered_ranks(*scorer, relation, pairs)?
            .into_iter()
            .map(|ranked| (ranked.pair, ranked.rank))
            .collect();
        ranks.push(pairs.iter().map(|pair| by_pair[pair]).collect::<Vec<f64>>());
    }
    let headings = ["<drug", "<came to treat"].into_iter().chain(in_order.iter().map(|s| s.name()));
    let mut table = PlainTable::new(headings);
    let mut push = |texts: [&str; 2], figures: &dyn Fn(&[f64]) -> String| {
        table.push(texts.map(str::to_owned).into_iter().chain(ranks.iter().map(|ranks| figures(ranks))));
    };
    for (place, repurposing) in held_out.iter().enumerate() {
        push([&repurposing.drug, &repurposing.disease], &|ranks| rank_text(ranks[place]));
    }
    let ranking = |ranks: &[f64], of: fn(Ranking) -> f64| {
        Ranking::from_ranks(ranks).map_or_else(String::new, |ranking| figure(of(ranking)))
    };
    push(["", ""], &|_| String::new());
    push(["median rank", ""], &|ranks| rank_text(median(ranks)));
    push(["MRR", ""], &|ranks| ranking(ranks, |ranking| ranking.mrr));
    push(["hits@10", ""], &|ranks| ranking(ranks, |ranking| ranking.hits_at_10));
    Ok(format!(
        "Rank of each held-out use among the {} drugs (1 is best; other known drugs for the disease left out)\n\n{table}",
        relation.forward.rows()
    ))
}

/// A rank; halves come from ties.
fn rank_text(rank: f64) -> String {
    if rank.fract() == 0.0 { format!("{rank:.0}") } else { format!("{rank:.1}") }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        length => f64::midpoint(sorted[(length - 1) / 2], sorted[length / 2]),
    }
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
    fn the_median_of_an_even_number_is_between_the_middle_two() {
        assert_eq!(median(&[4.0, 1.0, 3.0, 10.0]), 3.5);
        assert_eq!(median(&[4.0, 1.0, 10.0]), 4.0);
        assert_eq!([rank_text(3.0), rank_text(3.5)], ["3", "3.5"]);
    }
}
