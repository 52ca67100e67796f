//! `theriac rank --new-disease` and `--new-drug`

use std::io::{self, Write};
use std::path::Path;

use csv::WriterBuilder;
use theriac_baselines::inductive::Opinion;
use theriac_formats::Input;
use theriac_predict::new_node::{self, Evidence, Newcomer, Row};
use theriac_predict::numbers::{counted, figure, grouped};
use theriac_predict::output::OutputFile;
use theriac_predict::predictions::PredictionFormat;
use theriac_predict::ranked::{End, all_or};
use theriac_predict::{PredictError, Trained};

use crate::cli::RankArguments;
use crate::console::Console;
use crate::error::CliError;
use crate::table::PlainTable;

/// Columns of a TSV file, in order.
const COLUMNS: [&str; 8] =
    ["rank", "id", "name", "score", "percentile", "model_probability", "in_common", "support"];

/// Ranks the candidates for a node that a file tells of.
///
/// # Errors
///
/// When the model, its graph or the file cannot be read or do not belong together; [`PredictError::Abstained`] where there is no
/// evidence to rank by.
pub fn rank_new_node(
    arguments: &RankArguments,
    trained: Trained,
    end: End,
    file: &Path,
    console: Console,
) -> Result<(), CliError> {
    let output = match arguments.output.as_deref() {
        Some(path) => Some((path, form(path, arguments.to.map(Into::into))?)),
        None => None,
    };
    let node = new_node::read(&Input::open(file)?, &trained.model, &trained.graph, end, &console.notes())?;
    let (model, experiment) = trained.under_split()?;
    let name = file.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let newcomer = Newcomer::new(name, (&arguments.model, &model, &experiment), end, &node)?;
    let Some(opinion) = newcomer.opinion() else {
        let reason = newcomer.reason();
        if arguments.json {
            console.print_json(&newcomer.document(&[], &newcomer.evidence(None), Some(&reason)))?;
        }
        return Err(PredictError::Abstained { name: newcomer.name, reason }.into());
    };
    let rows = newcomer.rows(&opinion, all_or(arguments.top));
    let evidence = newcomer.evidence(Some(&opinion));
    if let Some((path, form)) = output {
        let saved = OutputFile::new(path, "file of predictions")?;
        let mut out = saved.open()?;
        write(&rows, form, &mut out).and_then(|()| out.flush()).map_err(|error| saved.failed(error))?;
        drop(out);
        saved.publish()?;
        let (written, all) = (grouped(rows.len()), grouped(opinion.scores.len()));
        let name = &newcomer.name;
        return console
            .print(format_args!("{written} of {all} candidates for {name} saved to {}.", path.display()));
    }
    if arguments.json {
        return console.print_json(&newcomer.document(&rows, &evidence, None));
    }
    if arguments.tsv {
        let mut bytes = Vec::new();
        write(&rows, PredictionFormat::Tsv, &mut bytes).map_err(CliError::Output)?;
        return console.print(String::from_utf8_lossy(&bytes).trim_end_matches('\n'));
    }
    print(&newcomer, &rows, &evidence, &opinion, console)
}

/// The form of a file of candidates for a new node.
fn form(path: &Path, asked: Option<PredictionFormat>) -> Result<PredictionFormat, CliError> {
    match PredictionFormat::of(path, asked)? {
        form @ (PredictionFormat::Tsv | PredictionFormat::JsonLines) => Ok(form),
        PredictionFormat::Parquet | PredictionFormat::Kgx => Err(CliError::Options(
            "candidates for a new node are not written as Parquet or KGX; expected tsv or jsonl".into(),
        )),
    }
}

/// Writes rows as TSV with a header, or as one JSON object a line.
fn write(rows: &[Row], form: PredictionFormat, mut out: impl Write) -> io::Result<()> {
    if form == PredictionFormat::JsonLines {
        for row in rows {
            serde_json::to_writer(&mut out, row)?;
            out.write_all(b"\n")?;
        }
        return Ok(());
    }
    let mut writer = WriterBuilder::new().delimiter(b'\t').has_headers(false).from_writer(out);
    writer.write_record(COLUMNS)?;
    for Row { rank, id, name, score, percentile, model_probability, in_common, support } in rows {
        let support: Vec<String> = support.iter().map(|of| format!("{} {:.4}", of.id, of.adds)).collect();
        let support = support.join("; ");
        writer.serialize((rank, id, name, score, percentile, model_probability, in_common, support))?;
    }
    writer.flush()
}

/// Prints candidates with the evidence for them.
fn print(
    newcomer: &Newcomer<'_>,
    rows: &[Row],
    evidence: &[Evidence<'_>],
    opinion: &Opinion,
    console: Console,
) -> Result<(), CliError> {
    let tables = newcomer.experiment.graph.node_tables();
    let own = &tables[newcomer.node.node_type].node_type;
    let candidates = &tables[newcomer.end.other().node_type(newcomer.experiment.view.target())].node_type;
    console.print(format_args!(
        "{} of {} {candidates} candidates for {}, a new {own}, by {}\n",
        grouped(rows.len()),
        grouped(opinion.scores.len()),
        newcomer.name,
        newcomer.folder.display()
    ))?;
    let mut table = PlainTable::new(["rank", "<id", "<name", "score", "percentile", "model", "<support"]);
    for row in rows {
        let support: Vec<String> =
            row.support.iter().map(|of| format!("{} {:.3}", of.name, of.adds)).collect();
        let common = (row.in_common > 0.0).then(|| format!("in common {:.3}", row.in_common));
        let said: Vec<String> = common.into_iter().chain(support).collect();
        table.push([
            row.rank.to_string(),
            row.id.clone(),
            row.name.clone(),
            format!("{:.4}", row.score),
            format!("{:.2}", row.percentile),
            row.model_probability.map_or_else(String::new, |p| format!("{p:.3}")),
            if said.is_empty() { "popularity alone".into() } else { said.join("; ") },
        ]);
    }
    console.print(table)?;
    let told = counted(newcomer.node.edges.len(), "edge");
    let features = if newcomer.node.features.is_some() { " and features" } else { "" };
    let voters = counted(opinion.voters.len(), "known node");
    console.print(format_args!("\nEvidence: {told}{features}; {voters} of type {own} vote.\n"))?;
    let mut table = PlainTable::new(["<evidence", "alike", "weight", "AUROC", "AP", "AP of popularity"]);
    for of in evidence {
        let precision = [of.average_precision, of.popularity_average_precision].map(figure);
        let [own, popular] = precision;
        table.push([
            of.kind.to_owned(),
            grouped(of.alike),
            format!("{:.2}", of.weight),
            figure(of.auroc),
            own,
            popular,
        ]);
    }
    console.print(table)?;
    console.print(format_args!(
        "\nAUROC and AP are those of each kind alone, on nodes of type {own} with known links that were taken for new. The \
         score is no probability; model is the mean of the model's probabilities for the nodes that vote."
    ))
}
