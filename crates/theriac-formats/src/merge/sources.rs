//! The graphs that are merged, as one row of nodes.

use indexmap::IndexSet;
use theriac_graph::{Graph, NodeTable};

/// The graphs that are merged. Their nodes are numbered through: source by source, table by table, row by row.
pub(super) struct Sources<'a> {
    pub(super) graphs: &'a [Graph],
    /// What each source is called in messages; no two alike.
    pub(super) labels: Vec<String>,
    /// All node tables, in order.
    pub(super) tables: Vec<SourceTable<'a>>,
    /// The names of all node types, in the order of their first tables.
    pub(super) types: IndexSet<&'a str>,
    /// Number of nodes.
    pub(super) nodes: usize,
}

/// A node table of a source.
pub(super) struct SourceTable<'a> {
    pub(super) table: &'a NodeTable,
    /// The source that it belongs to.
    pub(super) source: usize,
    /// Place of its type among [`Sources::types`].
    pub(super) node_type: usize,
    /// Number of its first node.
    pub(super) first: usize,
}

impl SourceTable<'_> {
    /// The numbers of its nodes.
    pub(super) fn nodes(&self) -> std::ops::Range<usize> {
        self.first..self.first + self.table.len()
    }
}

impl<'a> Sources<'a> {
    pub(super) fn new(graphs: &'a [Graph]) -> Self {
        let mut sources =
            Self { graphs, labels: labels(graphs), tables: Vec::new(), types: IndexSet::new(), nodes: 0 };
        for (source, graph) in graphs.iter().enumerate() {
            for table in graph.node_tables() {
                let (node_type, _) = sources.types.insert_full(&table.node_type);
                sources.tables.push(SourceTable { table, source, node_type, first: sources.nodes });
                sources.nodes += table.len();
            }
        }
        sources
    }

    /// The table of a node, and its row there.
    pub(super) fn node(&self, node: usize) -> (&SourceTable<'a>, usize) {
        // Empty tables begin where the next does: the last that begins here or before holds the node.
        let table = &self.tables[self.tables.partition_point(|table| table.first <= node) - 1];
        (table, node - table.first)
    }

    /// The id of a node.
    pub(super) fn id(&self, node: usize) -> &'a str {
        let (table, row) = self.node(node);
        &table.table.ids[row]
    }

    /// The tables of one source, in the order of its graph.
    pub(super) fn tables_of(&self, source: usize) -> &[SourceTable<'a>] {
        let first = self.tables.partition_point(|table| table.source < source);
        &self.tables[first..first + self.graphs[source].node_tables().len()]
    }
}

/// The names of the graphs; where several have one name, or none, also the first file or the number of the source.
fn labels(graphs: &[Graph]) -> Vec<String> {
    let occurrences = |texts: &[String], text: &String| texts.iter().filter(|other| *other == text).count();
    let names: Vec<String> = graphs.iter().map(|graph| graph.provenance().name.clone()).collect();
    let file = |graph: &Graph| graph.provenance().sources.first().cloned().unwrap_or_default();
    let files: Vec<String> = graphs.iter().map(file).collect();
    let label = |place: usize| match (&names[place], &files[place]) {
        (name, _) if !name.is_empty() && occurrences(&names, name) == 1 => name.clone(),
        (_, file) if !file.is_empty() && occurrences(&files, file) == 1 && !names.contains(file) => {
            file.clone()
        }
        (name, _) if name.is_empty() => format!("source {}", place + 1),
        (name, _) => format!("{name} (source {})", place + 1),
    };
    (0..graphs.len()).map(label).collect()
}
