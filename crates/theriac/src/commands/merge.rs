//! `theriac merge`

use theriac_link::EvaluationReport;
use theriac_predict::experiment::{as_seen, load_graph};

use crate::cli::MergeArguments;
use crate::console::Console;
use crate::error::CliError;
use crate::evaluated::{Evaluated, Part};

/// Puts the parts of a divided evaluation together and reports on the whole.
///
/// # Errors
///
/// When a part cannot be read, is of another evaluation or graph, is there twice, or one is missing.
pub fn merge(arguments: &MergeArguments, console: Console) -> Result<(), CliError> {
    let part = Part::merged(&arguments.parts)?;
    let graph = load_graph(&arguments.graph)?;
    let seen = as_seen(graph.clone(), part.task.target(), false, &console.notes())?;
    let graph = if seen.fingerprint() == part.graph {
        seen
    } else {
        as_seen(graph, part.task.target(), true, &console.notes())?
    };
    if graph.fingerprint() != part.graph {
        let problem = "the parts were evaluated on another graph".into();
        return Err(CliError::Read { path: arguments.graph.clone(), problem });
    }
    let relation = graph.relation(part.task.target())?;
    let nodes = (relation.forward.rows(), relation.forward.columns());
    part.results.check(&part.plan, part.options.resamples as usize, nodes).map_err(|problem| {
        CliError::Options(format!("the parts do not hold what an evaluation gives: {problem}"))
    })?;
    let is_baseline = theriac_baselines::is_baseline;
    let report = EvaluationReport::new(&part.plan, &part.task, &part.results, &part.options, is_baseline);
    let evaluated = Evaluated {
        graph: &graph,
        task: &part.task,
        plan: &part.plan,
        options: part.options,
        preset: &part.preset,
    };
    evaluated.show(&report, &arguments.form, console)
}
