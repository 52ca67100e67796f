//! `theriac explain --new-disease` and `--new-drug`

use std::path::Path;

use theriac_explain::Question;
use theriac_formats::Input;
use theriac_graph::Role;
use theriac_predict::new_node::{self, Newcomer};
use theriac_predict::query::{end_by_role, find, option_of};
use theriac_predict::ranked::End;
use theriac_predict::{PredictError, Trained};

use crate::cli::ExplainArguments;
use crate::commands::explain::{ends_of, filter_of, show};
use crate::console::Console;
use crate::error::CliError;

/// Explains the score of a candidate for a node that a file tells of.
///
/// # Errors
///
/// When the model, its graph or the file cannot be read or do not belong together, or a name fits no node or several;
/// [`PredictError::Abstained`] where there is no evidence to rank by.
pub fn explain_new_node(
    arguments: &ExplainArguments,
    (role, wanted): (Role, &'static str),
    file: &Path,
    console: Console,
) -> Result<(), CliError> {
    let trained = Trained::open(&arguments.model, arguments.graph.as_deref())?;
    let key = trained.model.card.target.clone();
    let end = end_by_role(role, wanted, &key)?;
    let [own, candidate] = match (end, ends_of(arguments, &key)?) {
        (End::Source, [source, target]) => [source, target],
        (End::Target, [source, target]) => [target, source],
    };
    let (None, Some(candidate)) = (own, candidate) else {
        return Err(CliError::Options(format!(
            "the model predicts {key}; expected the candidate for the new {wanted}, by the option of the other end alone: --{}",
            option_of(&key, end.other())
        )));
    };
    let node = new_node::read(&Input::open(file)?, &trained.model, &trained.graph, end, &console.notes())?;
    let (model, experiment) = trained.under_split()?;
    let table = &experiment.graph.node_tables()[end.other().node_type(experiment.view.target())];
    let candidate = find(table, candidate, &console.notes())?;
    let name = file.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let newcomer = Newcomer::new(name, (&arguments.model, &model, &experiment), end, &node)?;
    let Some(opinion) = newcomer.opinion() else {
        let reason = newcomer.reason();
        return Err(PredictError::Abstained { name: newcomer.name, reason }.into());
    };
    let joined = newcomer.joined()?;
    let question = Question {
        filter: filter_of(arguments, &joined.whole, console)?,
        most_steps: arguments.steps.into(),
        edges: arguments.edges.get(),
        top: arguments.top.get(),
        ..newcomer.question(&opinion, candidate)
    };
    show(&newcomer.answer(&joined, &opinion, &question)?, arguments.json, console)
}
