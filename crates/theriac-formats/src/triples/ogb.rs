//! The plain files of the Open Graph Benchmark's knowledge graphs (Hu et al., `NeurIPS` 2020): `ogbl-biokg` and others of
//! its layout.
//!
//! | file | holds |
//! |---|---|
//! | `raw/num-node-dict.csv` | the node types as a header, and their numbers of nodes |
//! | `raw/relations/HEAD___RELATION___TAIL/edge.csv` | indices of head and tail, without a header |
//! | `mapping/TYPE_entidx2name.csv` | index and id of each node of a type |

use theriac_graph::{DuplicatePolicy, Graph};

use super::without_compression;
use crate::assembler::{Assembler, EdgeEnd, EdgeRow, NodeRow};
use crate::delimited::{Dialect, Record, Records};
use crate::edge_list::edge_list_provenance;
use crate::error::{FormatError, excerpt};
use crate::input::Input;
use crate::rows::Rows;
use crate::text::decode_text;

const COUNTS: &str = "num-node-dict.csv";
const EDGES: &str = "edge.csv";
const MAPPING: &str = "_entidx2name.csv";
/// How the names of files end that only Python reads.
const PICKLE: &str = ".pt";
const SEPARATOR: &str = "___";

/// A node type and the ids of its nodes.
struct Nodes {
    node_type: String,
    ids: Vec<String>,
}

/// The node types and relations of an input, by the names of members.
#[derive(Default)]
struct Files {
    counts: Option<String>,
    /// Node types with the files of their ids.
    mappings: Vec<(String, String)>,
    /// Parts of the relation with the file of its edges.
    relations: Vec<([String; 3], String)>,
    /// Splits as Python objects.
    pickles: Vec<String>,
}

impl Files {
    fn of(names: &[String]) -> Self {
        let mut files = Self::default();
        for name in names {
            let mut parts = name.rsplit('/');
            let file_name = without_compression(parts.next().unwrap_or_default());
            let folder = parts.next().unwrap_or_default();
            let relation: Vec<&str> = folder.split(SEPARATOR).collect();
            match relation[..] {
                [head, relation, tail] if file_name == EDGES => {
                    files.relations.push(([head, relation, tail].map(str::to_owned), name.clone()));
                }
                _ if file_name == COUNTS => files.counts = Some(name.clone()),
                _ => {}
            }
            if let Some(node_type) = file_name.strip_suffix(MAPPING) {
                files.mappings.push((node_type.into(), name.clone()));
            }
            if file_name.strip_suffix(PICKLE).is_some() {
                files.pickles.push(name.clone());
            }
        }
        files.relations.sort_unstable();
        files
    }
}

/// Whether a folder or archive has these files.
pub(super) fn detect(input: &Input) -> bool {
    let files = Files::of(input.names());
    files.counts.is_some() && !files.relations.is_empty()
}

/// Reads all relations. Nodes without a mapping have their indices for ids.
pub(super) fn read(input: &Input) -> Result<Graph, FormatError> {
    let files = Files::of(&input.member_names()?);
    let Some(counts) = &files.counts else {
        let (path, needed) = (input.path().into(), format!("{COUNTS} and relations/*/{EDGES}"));
        return Err(FormatError::MissingMember { path, member: COUNTS, format: "triples", needed });
    };
    let mut assembler = Assembler::new(input.path().display().to_string());
    let mut nodes = Vec::new();
    let mut decisions = Vec::new();
    for (node_type, count) in node_counts(&input.member(counts)?)? {
        let mapping = files.mappings.iter().find(|(of, _)| *of == node_type);
        let ids = if let Some((_, name)) = mapping {
            node_ids(&input.member(name)?, count)?
        } else {
            decisions.push(format!("no {node_type}{MAPPING}: {node_type} nodes go by their indices"));
            (0..count).map(|index| index.to_string()).collect()
        };
        for id in &ids {
            assembler.push_node(0, &NodeRow { node_type: &node_type, id, ..NodeRow::default() })?;
        }
        nodes.push(Nodes { node_type, ids });
    }
    for ([head, relation, tail], name) in &files.relations {
        let member = input.member(name)?;
        let file = member.path().display().to_string();
        assembler.begin_file(&file);
        let ends = [end(&nodes, head, &file)?, end(&nodes, tail, &file)?];
        let rows = Rows { dialect: Dialect::CSV, header: false, width: 2 };
        rows.read(&member, &mut assembler, |part, record| push(part, record, &file, relation, ends))?;
    }
    if !files.pickles.is_empty() {
        decisions.push(format!(
            "{} not read, since they are Python objects: the graph holds the triples of relations/, which are those for \
             training",
            files.pickles.join(", ")
        ));
    }
    let mut provenance = edge_list_provenance(input);
    provenance.decisions = decisions;
    assembler.finish(provenance, DuplicatePolicy::Merge)
}

fn push(
    part: &mut Assembler,
    record: &Record<'_>,
    file: &str,
    relation: &str,
    ends: [&Nodes; 2],
) -> Result<(), FormatError> {
    let end = |place: usize| -> Result<EdgeEnd<'_>, FormatError> {
        let (nodes, cell): (&Nodes, &str) = (ends[place], record.cell(place));
        let id = cell.parse().ok().and_then(|index: usize| nodes.ids.get(index)).ok_or_else(|| {
            FormatError::Line {
                file: file.into(),
                line: record.line(),
                found: format!("{} '{}'", nodes.node_type, excerpt(cell.as_bytes())),
                expected: format!("an index below {}", nodes.ids.len()),
            }
        })?;
        Ok(EdgeEnd { node_type: &nodes.node_type, id, name: "" })
    };
    let (source, target) = (end(0)?, end(1)?);
    part.push(record.line(), &EdgeRow { source, target, relation, ..EdgeRow::default() })
}

fn end<'a>(nodes: &'a [Nodes], node_type: &str, file: &str) -> Result<&'a Nodes, FormatError> {
    nodes.iter().find(|nodes| nodes.node_type == node_type).ok_or_else(|| FormatError::Refused {
        file: file.into(),
        reason: format!("{COUNTS} has no node type {node_type}"),
        expected: "a relation between types that it has",
    })
}

/// The node types and their numbers of nodes.
fn node_counts(input: &Input) -> Result<Vec<(String, usize)>, FormatError> {
    let file = input.path().display().to_string();
    let rows = rows(input)?;
    let [(_, types), (line, counts)] = &rows[..] else {
        let expected = "a line of node types and one of their numbers".into();
        let lines = if rows.len() == 1 { "line" } else { "lines" };
        return Err(FormatError::Line { file, line: 1, found: format!("{} {lines}", rows.len()), expected });
    };
    if types.len() != counts.len() {
        return Err(FormatError::Ragged { file, line: *line, found: counts.len(), expected: types.len() });
    }
    let counted = types.iter().zip(counts).enumerate().map(|(column, (node_type, count))| {
        let bad = || FormatError::Cell {
            file: file.clone(),
            line: *line,
            column: column + 1,
            found: excerpt(count.as_bytes()),
            expected: "a number of nodes",
        };
        Ok((node_type.clone(), count.parse::<u32>().map_err(|_| bad())? as usize))
    });
    counted.collect()
}

/// The ids of a type, in the order of their indices.
fn node_ids(input: &Input, count: usize) -> Result<Vec<String>, FormatError> {
    let file = input.path().display().to_string();
    let mut ids = Vec::new();
    for (line, cells) in rows(input)?.into_iter().skip(1) {
        match &cells[..] {
            [index, id] if *index == ids.len().to_string() && !id.is_empty() => ids.push(id.clone()),
            _ => {
                let found = format!("'{}'", excerpt(cells.join(",").as_bytes()));
                let expected = format!("the index {} and an id", ids.len());
                return Err(FormatError::Line { file, line, found, expected });
            }
        }
    }
    if ids.len() == count {
        return Ok(ids);
    }
    Err(FormatError::Length { file, what: "row", found: ids.len(), expected: count, other: COUNTS.into() })
}

/// All rows of a small table, with their lines.
fn rows(input: &Input) -> Result<Vec<(u64, Vec<String>)>, FormatError> {
    let content = input.content()?;
    let (text, _) = decode_text(&content);
    let mut records = Records::new(&text, 1, Dialect::CSV, true);
    let mut rows = Vec::new();
    while let Some(record) = records.next() {
        rows.push((record.line(), record.cells().map(str::to_owned).collect()));
    }
    Ok(rows)
}
