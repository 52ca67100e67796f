//! `theriac audit`

use theriac_baselines::audit::{self, Audit, Finding};
use theriac_predict::experiment::{load_graph, resolve_target};
use theriac_predict::numbers::{figure, grouped};

use crate::cli::AuditArguments;
use crate::console::Console;
use crate::error::CliError;
use crate::table::PlainTable;

/// Shows how far other relations all but contain the target.
///
/// # Errors
///
/// When the graph or the target is wrong.
pub fn audit(arguments: &AuditArguments, console: Console) -> Result<(), CliError> {
    let graph = load_graph(&arguments.graph)?;
    let target = resolve_target(&graph, arguments.target.as_deref())?;
    let found = audit::audit(&graph, &target, arguments.seed)?;
    if arguments.json {
        return console.print_json(&found);
    }
    console.print(format_args!("{target}, seed {}\n", found.seed))?;
    if !found.overlaps.is_empty() {
        console.print(format_args!("{}\n", overlaps(&found)))?;
    }
    console.print(predictors(&found, arguments.top))?;
    console.print(
        "\nMatched: against unknown pairs whose ends have about as many edges; 0.5 tells nothing beyond that. Random: \
         against any unknown pair. Covered: share of the target edges that are told of at all.",
    )?;
    let (to_decide, noted): (Vec<&Finding>, Vec<&Finding>) =
        found.findings.iter().partition(|finding| finding.decision.is_some());
    if to_decide.is_empty() {
        console.print("\nNothing crosses the thresholds for a decision.")?;
    }
    for (heading, findings) in [("To decide", to_decide), ("To know", noted)] {
        if !findings.is_empty() {
            console.print(format_args!("\n{heading}:"))?;
        }
        for Finding { sentence, decision, .. } in findings {
            let decision = decision.as_ref().map_or_else(String::new, |decision| format!(" {decision}"));
            console.print(format_args!("- {sentence}{decision}"))?;
        }
    }
    Ok(())
}

fn overlaps(found: &Audit) -> PlainTable {
    let mut table = PlainTable::new(["<same node types", "shared", "of the target", "of the relation"]);
    for overlap in &found.overlaps {
        let backwards = if overlap.reversed { " (read backwards)" } else { "" };
        table.push([
            format!("{}{backwards}", overlap.relation),
            grouped(overlap.shared),
            figure(overlap.share_of_target),
            figure(overlap.share_of_relation),
        ]);
    }
    table
}

fn predictors(found: &Audit, top: usize) -> PlainTable {
    let mut table =
        PlainTable::new(["<told by", "<as", "matched\nAUROC", "random\nAUROC", "\ncovered", "\nedges"]);
    let mut best: Vec<_> = found.predictors.iter().collect();
    let matched = |auroc: Option<f64>| auroc.unwrap_or(f64::NEG_INFINITY);
    best.sort_by(|one, other| matched(other.matched_auroc).total_cmp(&matched(one.matched_auroc)));
    best.truncate(if top == 0 { usize::MAX } else { top });
    for predictor in best {
        let shown = |auroc: Option<f64>| auroc.map_or_else(|| "-".into(), figure);
        table.push([
            predictor.metapath.clone(),
            predictor.evidence.to_string(),
            shown(predictor.matched_auroc),
            shown(predictor.uniform_auroc),
            figure(predictor.coverage),
            grouped(predictor.positives),
        ]);
    }
    table
}
