//! `theriac demo --planted`

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;

use serde_json::{Value, json};
use theriac_explain::{Node, Planted, PlantedConfig};
use theriac_graph::Graph;
use theriac_link::Pair;
use theriac_predict::numbers::grouped;
use theriac_predict::output::OutputFile;

use crate::commands::import::edges_table;
use crate::commands::inspect::nodes_table;
use crate::console::Console;
use crate::error::CliError;

/// Writes a graph with planted mechanisms, and the mechanisms beside it.
///
/// # Errors
///
/// When either cannot be written.
pub fn planted(output: &Path, seed: u64, console: Console) -> Result<(), CliError> {
    let Planted { graph, mechanisms } = Planted::new(PlantedConfig::default(), seed)?;
    let documents: Vec<Value> =
        mechanisms.iter().map(|(pair, paths)| document(&graph, *pair, paths)).collect();
    let mut name = output.file_name().unwrap_or_default().to_owned();
    name.push(".json");
    let path = output.with_file_name(name);
    graph.save(output).map_err(CliError::saving_graph)?;
    let file = OutputFile::new(&path, "file of mechanisms")?;
    let mut writer = file.open()?;
    serde_json::to_writer_pretty(&mut writer, &documents)
        .map_err(Into::into)
        .and_then(|()| writer.flush())
        .map_err(|error| file.failed(error))?;
    drop(writer);
    file.publish()?;

    let statistics = graph.statistics();
    console.print(format_args!("{}\n\n{}\n", nodes_table(&statistics), edges_table(&statistics)))?;
    let (graph, mechanisms) = (output.display(), path.display());
    console.print(format_args!(
        "Saved to {graph}, with {} mechanisms in {mechanisms}: drugs that treat a disease since they target proteins that cause it.",
        grouped(documents.len())
    ))?;
    console.note(format_args!(
        "next: theriac train {graph} -o model, then theriac explain model --evaluate --mechanisms {mechanisms}"
    ));
    Ok(())
}

/// A mechanism as a node-link graph, in the form of `DrugMechDB`.
fn document(graph: &Graph, pair: Pair, paths: &[Vec<Node>]) -> Value {
    let tables = graph.node_tables();
    let id = |node: Node| tables[node.node_type].ids[node.index as usize].as_str();
    let name = |node: Node| tables[node.node_type].names[node.index as usize].as_str();
    let nodes: BTreeSet<Node> = paths.iter().flatten().copied().collect();
    let nodes: Vec<Value> = nodes
        .into_iter()
        .map(|node| json!({"id": id(node), "label": tables[node.node_type].node_type, "name": name(node)}))
        .collect();
    let links: Vec<Value> = paths
        .iter()
        .flat_map(|path| path.windows(2))
        .map(|ends| json!({"key": "acts on", "source": id(ends[0]), "target": id(ends[1])}))
        .collect();
    let ends = paths.first().and_then(|path| Some((*path.first()?, *path.last()?)));
    let (drug, disease) = ends.map_or(("", ""), |(drug, disease)| (name(drug), name(disease)));
    json!({
        "directed": true,
        "multigraph": true,
        "graph": {
            "_id": format!("planted_{}_{}", pair.source, pair.target),
            "drug": drug,
            "disease": disease,
            "drugbank": ends.map(|(drug, _)| id(drug)),
            "disease_mesh": ends.map(|(_, disease)| id(disease)),
        },
        "links": links,
        "nodes": nodes,
    })
}

#[cfg(test)]
mod tests {
    use theriac_formats::{Input, read_mechanisms};

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let planted = Planted::new(
            PlantedConfig { drugs: 20, diseases: 10, proteins: 15, ..PlantedConfig::default() },
            1,
        )
        .unwrap();
        let documents: Vec<Value> =
            planted.mechanisms.iter().map(|(pair, paths)| document(&planted.graph, *pair, paths)).collect();
        let text = serde_json::to_vec(&documents).unwrap();
        let read = read_mechanisms(&Input::from_bytes("m.json", text)).unwrap();
        assert_eq!(read.len(), planted.mechanisms.len());
        for (mechanism, (pair, paths)) in read.iter().zip(&planted.mechanisms) {
            assert_eq!(mechanism.drug.ids[0], format!("drug:{}", pair.source));
            assert_eq!(mechanism.disease.ids[0], format!("disease:{}", pair.target));
            let inner: Vec<String> = mechanism.inner.iter().map(|node| node.ids[0].clone()).collect();
            let expected: Vec<String> =
                paths.iter().map(|path| format!("protein:{}", path[1].index)).collect();
            assert_eq!(inner, expected);
        }
    }
}
