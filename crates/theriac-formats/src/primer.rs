//! The primer: a small, hand-curated graph that is compiled into the program.
//!
//! Its files stand under `data/primer`: node tables `nodes/<type>.tsv` with the columns id, name and synonyms (separated
//! by `|`), and edges `edges/<source>-<relation>-<target>.tsv` between names. Each interaction between genes stands once
//! and is taken in both directions.

use std::collections::HashMap;

use theriac_graph::{
    DuplicatePolicy, EdgeList, Graph, GraphBuilder, GraphError, Lines, NodeTable, Origin, Provenance,
    RelationKey,
};

use crate::error::FormatError;

/// A file of the primer: its path below `data/primer` and its text.
type TextFile = (&'static str, &'static str);

macro_rules! primer_files {
    ($($path:literal),* $(,)?) => {
        [$(($path, include_str!(concat!("../../../data/primer/", $path)))),*]
    };
}

const NODES: [TextFile; 6] = primer_files![
    "nodes/drug.tsv",
    "nodes/disease.tsv",
    "nodes/gene.tsv",
    "nodes/side_effect.tsv",
    "nodes/process.tsv",
    "nodes/symptom.tsv",
];

const EDGES: [TextFile; 7] = primer_files![
    "edges/drug-treats-disease.tsv",
    "edges/drug-targets-gene.tsv",
    "edges/gene-associates-disease.tsv",
    "edges/gene-interacts-gene.tsv",
    "edges/drug-causes-side_effect.tsv",
    "edges/disease-presents-symptom.tsv",
    "edges/gene-participates-process.tsv",
];

const REPURPOSINGS: [TextFile; 1] = primer_files!["repurposings.tsv"];

/// A use that was found for a drug after its first: a pair of the primer's `drug:treats:disease`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repurposing {
    /// Index of the drug in the graph.
    pub drug_node: u32,
    /// Index of the disease in the graph.
    pub disease_node: u32,
    /// Name of the drug.
    pub drug: String,
    /// Name of the disease that it came to treat.
    pub disease: String,
    /// What the drug was for at first.
    pub first_use: String,
    /// How the new use came about.
    pub note: String,
}

/// The primer as a graph.
///
/// # Errors
///
/// [`FormatError::Line`] or [`FormatError::Graph`] with file and line when its files contradict each other; a test holds
/// that they do not.
pub fn primer() -> Result<Graph, FormatError> {
    read_files(&NODES, &EDGES)
}

/// The historical repurposings that stand beside the primer, resolved against `graph`, which is the primer or a
/// graph with the same names.
///
/// # Errors
///
/// [`FormatError::Line`] when the graph lacks a drug or a disease, [`FormatError::Graph`] when it lacks these types.
pub fn repurposings(graph: &Graph) -> Result<Vec<Repurposing>, FormatError> {
    read_repurposings(REPURPOSINGS[0], graph)
}

fn read_files(nodes: &[TextFile], edges: &[TextFile]) -> Result<Graph, FormatError> {
    let mut builder = GraphBuilder::new(Provenance {
        name: "Theriac primer".into(),
        sources: vec!["embedded".into()],
        licence: Some("CC0-1.0".into()),
        citation: None,
        decisions: vec!["gene:interacts:gene taken in both directions; its file has each pair once".into()],
    });
    let tables = nodes.iter().map(|&file| node_table(file)).collect::<Result<Vec<_>, _>>()?;
    let mut relations = Vec::new();
    for &file in edges {
        relations.push(edge_list(file, &tables)?);
    }
    for table in tables {
        builder.add_nodes(table)?;
    }
    for (key, edges) in relations {
        builder.add_relation(key, edges, DuplicatePolicy::Reject)?;
    }
    Ok(builder.build()?)
}

fn node_table((file, text): TextFile) -> Result<NodeTable, FormatError> {
    let mut table = NodeTable::new(stem(file), Vec::new(), Vec::new());
    let mut first_lines = HashMap::new();
    for row in rows(file, text, ["id", "name", "synonyms"]) {
        let (line, [id, name, synonyms]) = row?;
        for (what, cell) in [("id", id), ("name", name)] {
            if cell.is_empty() {
                return Err(bad_line(file, line, format!("an empty {what}"), "one for each node"));
            }
            // Ids and names must not be mistaken for each other either: edges and queries go by both.
            if let Some(first) = first_lines.insert(cell, line).filter(|&first| first != line) {
                return Err(bad_line(
                    file,
                    line,
                    format!("{what} '{cell}' of line {first} again"),
                    "each once",
                ));
            }
        }
        table.ids.push(id.into());
        table.names.push(name.into());
        table.synonyms.push(synonyms.split('|').filter(|s| !s.is_empty()).map(str::to_owned).collect());
        table.xrefs.push(Vec::new());
    }
    Ok(table)
}

fn edge_list((file, text): TextFile, tables: &[NodeTable]) -> Result<(RelationKey, EdgeList), FormatError> {
    let key: RelationKey = stem(file).replace('-', ":").parse().map_err(GraphError::from)?;
    let (sources, targets) = (names(&key.source, tables, &key)?, names(&key.target, tables, &key)?);
    let symmetric = key.source == key.target;
    let (mut edges, mut lines) = (EdgeList::default(), Vec::new());
    for row in rows(file, text, ["source", "target"]) {
        let (line, [source, target]) = row?;
        let from = resolve(file, line, &sources, &key.source, source)?;
        let to = resolve(file, line, &targets, &key.target, target)?;
        if symmetric && from == to {
            return Err(bad_line(file, line, format!("'{source}' on both sides"), "two different nodes"));
        }
        edges.sources.push(from);
        edges.targets.push(to);
        lines.push(line as u32);
        if symmetric {
            edges.sources.push(to);
            edges.targets.push(from);
            lines.push(line as u32);
        }
    }
    edges.origin = Origin::of(file, Lines::Each(lines));
    Ok((key, edges))
}

fn read_repurposings((file, text): TextFile, graph: &Graph) -> Result<Vec<Repurposing>, FormatError> {
    let key = RelationKey::new("drug", "treats", "disease");
    let (drugs, diseases) =
        (names("drug", graph.node_tables(), &key)?, names("disease", graph.node_tables(), &key)?);
    rows(file, text, ["drug", "disease", "first_use", "note"])
        .map(|row| {
            let (line, [drug, disease, first_use, note]) = row?;
            Ok(Repurposing {
                drug_node: resolve(file, line, &drugs, "drug", drug)?,
                disease_node: resolve(file, line, &diseases, "disease", disease)?,
                drug: drug.into(),
                disease: disease.into(),
                first_use: first_use.into(),
                note: note.into(),
            })
        })
        .collect()
}

/// The rows of a table below its header, each with its line.
fn rows<const N: usize>(
    file: &'static str,
    text: &'static str,
    header: [&'static str; N],
) -> impl Iterator<Item = Result<(u64, [&'static str; N]), FormatError>> {
    text.lines().enumerate().filter_map(move |(i, line)| {
        let cells: Vec<&str> = line.split('\t').collect();
        match (i, <[&str; N]>::try_from(cells)) {
            (0, Ok(cells)) if cells == header => None,
            (0, _) => Some(Err(bad_line(file, 1, format!("'{line}'"), &format!("'{}'", header.join("\t"))))),
            (_, Ok(cells)) => Some(Ok((i as u64 + 1, cells))),
            (_, Err(cells)) => {
                let (line, found, expected) = (i as u64 + 1, cells.len(), N);
                Some(Err(FormatError::Ragged { file: file.into(), line, found, expected }))
            }
        }
    })
}

/// Node index by name.
fn names<'a>(
    node_type: &str,
    tables: &'a [NodeTable],
    relation: &RelationKey,
) -> Result<HashMap<&'a str, u32>, FormatError> {
    let Some(table) = tables.iter().find(|table| table.node_type == node_type) else {
        let known: Vec<&str> = tables.iter().map(|table| table.node_type.as_str()).collect();
        let (relation, node_type, known) = (relation.clone(), node_type.into(), known.join(", "));
        return Err(GraphError::UnknownNodeType { relation, node_type, known }.into());
    };
    Ok(table.names.iter().enumerate().map(|(i, name)| (name.as_str(), i as u32)).collect())
}

fn resolve(
    file: &str,
    line: u64,
    names: &HashMap<&str, u32>,
    node_type: &str,
    name: &str,
) -> Result<u32, FormatError> {
    names.get(name).copied().ok_or_else(|| {
        bad_line(file, line, format!("'{name}'"), &format!("the name of a node of type {node_type}"))
    })
}

fn bad_line(file: &str, line: u64, found: String, expected: &str) -> FormatError {
    FormatError::Line { file: file.into(), line, found, expected: expected.into() }
}

/// A file's name without folder and extension.
fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or_default();
    name.strip_suffix(".tsv").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const DRUG: TextFile = ("nodes/drug.tsv", "id\tname\tsynonyms\nd:1\taspirin\tASA|acetylsalicylic acid\n");
    const GENE: TextFile = ("nodes/gene.tsv", "id\tname\tsynonyms\ng:1\tPTGS1\t\ng:2\tPTGS2\tCOX2\n");
    const TARGETS: TextFile = ("edges/drug-targets-gene.tsv", "source\ttarget\naspirin\tPTGS1\n");

    fn message(nodes: &[TextFile], edges: &[TextFile]) -> String {
        read_files(nodes, edges).unwrap_err().to_string()
    }

    #[test]
    fn names_synonyms_and_both_directions_are_there() {
        let interacts = ("edges/gene-interacts-gene.tsv", "source\ttarget\nPTGS2\tPTGS1\n");
        let graph = read_files(&[DRUG, GENE], &[TARGETS, interacts]).unwrap();
        assert_eq!(graph.node_tables()[0].synonyms[0], ["ASA", "acetylsalicylic acid"]);
        assert!(graph.node_tables()[1].synonyms[0].is_empty());
        let relation = graph.resolve_relation("gene:interacts:gene").unwrap();
        assert_eq!(relation.forward.pairs().collect::<Vec<_>>(), [(0, 1), (1, 0)]);
    }

    #[test]
    fn bad_files_are_one_clear_sentence() {
        let edges = |text| [("edges/drug-targets-gene.tsv", text)];
        let nodes = [DRUG, GENE];
        assert_eq!(
            message(&nodes, &edges("source\ttarget\naspirin\tPTGS3\n")),
            "edges/drug-targets-gene.tsv:2: found 'PTGS3'; expected the name of a node of type gene"
        );
        assert_eq!(
            message(&nodes, &edges("source\ttarget\naspirin\n")),
            "edges/drug-targets-gene.tsv:2: found 1 cell; expected 2, as on line 1"
        );
        assert_eq!(
            message(&nodes, &edges("from\tto\n")),
            "edges/drug-targets-gene.tsv:1: found 'from\tto'; expected 'source\ttarget'"
        );
        assert_eq!(
            message(&nodes, &edges("source\ttarget\naspirin\tPTGS1\naspirin\tPTGS1\n")),
            "edges/drug-targets-gene.tsv:3: edge d:1 -> g:1 of drug:targets:gene occurs a second time (first on line 2); \
             expected each edge once"
        );
        let interacts = |text| message(&nodes, &[("edges/gene-interacts-gene.tsv", text)]);
        assert_eq!(
            interacts("source\ttarget\nPTGS1\tPTGS1\n"),
            "edges/gene-interacts-gene.tsv:2: found 'PTGS1' on both sides; expected two different nodes"
        );
        let mirrored = interacts("source\ttarget\nPTGS1\tPTGS2\nPTGS2\tPTGS1\n");
        assert!(mirrored.starts_with("edges/gene-interacts-gene.tsv:3: edge g:2 -> g:1"), "{mirrored}");
        let twice = ("nodes/drug.tsv", "id\tname\tsynonyms\nd:1\taspirin\t\nd:2\taspirin\t\n");
        assert_eq!(
            message(&[twice, GENE], &[TARGETS]),
            "nodes/drug.tsv:3: found name 'aspirin' of line 2 again; expected each once"
        );
        assert!(message(&[DRUG], &[TARGETS]).contains("node type 'gene'"));
    }

    #[test]
    fn the_embedded_primer_is_whole() {
        let graph = primer().unwrap();
        assert_eq!(graph.node_tables().len(), NODES.len());
        assert_eq!(graph.relations().len(), EDGES.len());
        assert!(graph.resolve_relation("gene:interacts:gene").unwrap().is_symmetric());
        let treats = graph.resolve_relation("drug:treats:disease").unwrap();
        assert!(treats.len() >= 450, "{} treatments", treats.len());
    }

    #[test]
    fn every_repurposing_is_a_treatment_of_the_primer() {
        let graph = primer().unwrap();
        let treats = &graph.resolve_relation("drug:treats:disease").unwrap().forward;
        let found = repurposings(&graph).unwrap();
        assert!(found.len() >= 20, "{} repurposings", found.len());
        for Repurposing { drug_node, disease_node, drug, disease, first_use, note } in &found {
            assert!(treats.contains(*drug_node, *disease_node), "{drug} is not said to treat {disease}");
            assert!(!first_use.is_empty() && !note.is_empty(), "{drug} for {disease} is not explained");
        }
        let pairs: HashSet<_> = found.iter().map(|r| (r.drug_node, r.disease_node)).collect();
        assert_eq!(pairs.len(), found.len());
    }

    #[test]
    fn repurposings_need_their_drugs_in_the_graph() {
        let graph = read_files(&[DRUG, GENE], &[TARGETS]).unwrap();
        assert!(repurposings(&graph).is_err());
    }
}
