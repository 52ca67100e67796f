//! `theriac report`

use std::fs;
use std::io::Write;
use std::path::Path;

use theriac_graph::wording::plural;
use theriac_graph::{NodeTable, Role};
use theriac_predict::candidate_page::Extent;
use theriac_predict::numbers::{counted, grouped};
use theriac_predict::output::{OutputFile, format_of};
use theriac_predict::query::{end_by_role, find};
use theriac_predict::ranked::{End, Query};
use theriac_predict::{PredictError, Predictor, timestamp};
use theriac_report::CandidatePage;

use crate::cli::{PageForm, ReportArguments, ReportQuery};
use crate::command_line::command;
use crate::console::Console;
use crate::error::CliError;
use crate::interrupt;
use crate::progress::CountProgress;

/// Writes the page of a disease's or a drug's candidates, or one for each of a list.
///
/// # Errors
///
/// When the model or its graph cannot be read or do not belong together, a name fits no node or several, or a page cannot be
/// written.
pub fn report(arguments: &ReportArguments, console: Console) -> Result<(), CliError> {
    let (form, names, end_asked) = asked(arguments)?;
    let predictor = Predictor::open(&arguments.model, arguments.graph.as_deref())?;
    let key = &predictor.model.card.target;
    let end = match end_asked {
        AskedEnd::Role(role, wanted) => end_by_role(role, wanted, key)?,
        AskedEnd::End(end) => end,
    };
    let table = predictor.table(end);
    let mut nodes: Vec<u32> = Vec::new();
    for name in &names {
        let node = find(table, name, &console.notes())?;
        if !nodes.contains(&node) {
            nodes.push(node);
        }
    }
    let is_list = arguments.query.is_list();
    if !is_list {
        let page = page(&predictor, Query { end, node: nodes[0] }, arguments)?;
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
    fs::create_dir_all(folder).map_err(|source| PredictError::Write { path: folder.clone(), source })?;
    interrupt::listen(console, "stopping after this page; Ctrl-C again ends at once");
    let mut progress = CountProgress::new(console, nodes.len(), plural(&table.node_type));
    let mut written = 0;
    let files = file_names(table, &nodes, form);
    for (&node, file) in nodes.iter().zip(&files) {
        if interrupt::stop_requested() {
            break;
        }
        let page = page(&predictor, Query { end, node }, arguments)?;
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
    Ok(file.publish()?)
}

/// The page of a node's candidates, with when and how it was made.
fn page(predictor: &Predictor, query: Query, arguments: &ReportArguments) -> Result<CandidatePage, CliError> {
    let extent =
        Extent { only_novel: arguments.novel, top: arguments.top.get(), explained: arguments.explained };
    let mut page = predictor.candidate_page(query, extent)?;
    page.provenance.command = Some(command());
    page.provenance.date = Some(timestamp::now());
    Ok(page)
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
