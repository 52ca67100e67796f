//! Hetionet's tables of nodes and edges.

use theriac_graph::{DuplicatePolicy, Graph};

use super::identifiers::{curie, identifier};
use super::metaedges::Metaedge;
use super::provenance;
use crate::assembler::{Assembler, EdgeEnd, EdgeRow, NamePolicy, NodeRow};
use crate::delimited::{Dialect, Record};
use crate::error::{FormatError, excerpt};
use crate::input::{Container, Input};
use crate::rows::{Rows, first_row};

const NODES: [&str; 3] = ["id", "name", "kind"];
const EDGES: [&str; 3] = ["source", "metaedge", "target"];
/// A fourth column of edges that is read where it is there.
const WEIGHT: &str = "weight";

/// What a table of the format holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Table {
    Nodes,
    Edges { weighted: bool },
}

impl Table {
    /// The table that begins so.
    fn of(head: &[u8]) -> Option<Self> {
        let header = first_row(head, Dialect::TSV)?;
        let header: Vec<&str> = header.iter().map(String::as_str).collect();
        match header[..] {
            _ if header == NODES => Some(Self::Nodes),
            _ if header == EDGES => Some(Self::Edges { weighted: false }),
            [ref edges @ .., WEIGHT] if *edges == EDGES => Some(Self::Edges { weighted: true }),
            _ => None,
        }
    }
}

/// Whether a folder or archive has tables of both kinds.
pub(super) fn detect(input: &Input) -> bool {
    let tables: Vec<Table> = input.member_heads().iter().filter_map(|(_, head)| Table::of(head)).collect();
    tables.contains(&Table::Nodes) && tables.iter().any(|table| matches!(table, Table::Edges { .. }))
}

/// Reads all tables of nodes, and then all tables of edges.
pub(super) fn read(input: &Input) -> Result<Graph, FormatError> {
    let heads = input.member_heads();
    let mut tables: Vec<(&str, Table)> =
        heads.iter().filter_map(|(name, head)| Some((name.as_str(), Table::of(head)?))).collect();
    for (wanted, is_there) in [
        ("nodes.tsv", tables.iter().any(|(_, table)| *table == Table::Nodes)),
        ("edges.sif", tables.iter().any(|(_, table)| *table != Table::Nodes)),
    ] {
        if !is_there {
            let needed = format!("a table of {} and one of {}", NODES.join(", "), EDGES.join(", "));
            let (path, format) = (input.path().into(), "hetionet");
            return Err(FormatError::MissingMember { path, member: wanted, format, needed });
        }
    }
    tables.sort_by_key(|(_, table)| *table != Table::Nodes);

    let mut assembler = Assembler::new(input.path().display().to_string()).with_names(NamePolicy::KeepFirst);
    let unread: Vec<&str> =
        heads.iter().filter(|(_, head)| Table::of(head).is_none()).map(|(name, _)| name.as_str()).collect();
    let mut decisions = Vec::new();
    if !unread.is_empty() {
        decisions.push(format!("files not read: {}", unread.join(", ")));
    }
    for (name, table) in tables {
        let member = input.member(name)?;
        let file = member.path().display().to_string();
        assembler.begin_file(&file);
        let rows = |width| Rows { dialect: Dialect::TSV, header: true, width };
        let latin1 = match table {
            Table::Nodes => {
                rows(3).read(&member, &mut assembler, |part, record| push_node(part, record, &file))
            }
            Table::Edges { weighted } => {
                rows(3 + usize::from(weighted))
                    .read(&member, &mut assembler, |part, record| push_edge(part, record, &file, weighted))
            }
        }?;
        decisions.extend(latin1.decision(&file));
    }
    let is_hetionet = input.container() != Container::File && assembler.has_type("pharmacologic_class");
    let mut provenance = provenance(input, is_hetionet);
    provenance.decisions = decisions;
    assembler.finish(provenance, DuplicatePolicy::Merge)
}

fn push_node(part: &mut Assembler, record: &Record<'_>, file: &str) -> Result<(), FormatError> {
    let (id, name, kind) = (record.cell(0), record.cell(1), record.cell(2));
    let Some(local) = id.strip_prefix(kind).and_then(|rest| rest.strip_prefix("::")) else {
        let (file, found) = (file.into(), format!("the id '{}'", excerpt(id.as_bytes())));
        return Err(FormatError::Line { file, line: record.line(), found, expected: format!("{kind}::id") });
    };
    part.push_node(
        record.line(),
        &NodeRow { node_type: kind, id: &curie(kind, local), name, ..NodeRow::default() },
    )
}

fn push_edge(
    part: &mut Assembler,
    record: &Record<'_>,
    file: &str,
    weighted: bool,
) -> Result<(), FormatError> {
    let line = record.line();
    let bad = |cell: usize, expected: &str| FormatError::Line {
        file: file.into(),
        line,
        found: format!("'{}'", excerpt(record.cell(cell).as_bytes())),
        expected: expected.into(),
    };
    let node = |cell| identifier(record.cell(cell)).ok_or_else(|| bad(cell, "the id of a node, kind::id"));
    let ((source_kind, source), (target_kind, target)) = (node(0)?, node(2)?);
    let metaedge = Metaedge::parse(record.cell(1))
        .ok_or_else(|| bad(1, "a metaedge: one of Hetionet's, or as in Compound - treats - Disease"))?;
    let weight = match if weighted { record.cell(3) } else { "" } {
        "" => None,
        text => Some(text.parse().map_err(|_| bad(3, "a number, the weight"))?),
    };
    part.push(
        line,
        &EdgeRow {
            source: EdgeEnd { node_type: source_kind, id: &source, name: "" },
            target: EdgeEnd { node_type: target_kind, id: &target, name: "" },
            relation: metaedge.name,
            weight,
            undirected: !metaedge.directed && source_kind == target_kind,
            ..EdgeRow::default()
        },
    )
}
