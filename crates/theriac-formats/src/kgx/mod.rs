//! KGX, the exchange form of the Biolink model: nodes and edges as tables, as JSON lines or as one JSON document.

mod category;
mod edges;
mod json;
mod nodes;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use theriac_graph::{DuplicatePolicy, Graph, Provenance};

use crate::Format;
use crate::assembler::{Assembler, NamePolicy};
use crate::blocks::{Latin1Lines, in_blocks};
use crate::delimited::{Dialect, Records};
use crate::edge_list::edge_list_provenance;
use crate::error::FormatError;
use crate::input::{Container, Input};
use crate::rows::{Rows, first_row};
use edges::{EdgeReader, Tally, columns};
use json::{Record, each_element, first_keys};
use nodes::{Node, NodeField, Nodes};

/// The reader of KGX: tables (TSV or CSV) of nodes (`id`, `category`) and of edges (`subject`, `predicate`, `object`),
/// JSON lines of the same, or a document `{"nodes": [...], "edges": [...]}`; any number of them, alone or in a folder or
/// archive.
///
/// The type of a node is its most specific category: `biolink:SmallMolecule` is `small_molecule`. Relations are named by
/// their predicates. Every property of an edge that is a scalar or a list of scalars is an attribute, so that provenance
/// is kept. An edge that several sources state is one, with the attributes of all.
///
/// What Theriac writes as KGX comes back as it was: see [`crate::export`].
pub struct Kgx;

/// What a file holds, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    NodeTable(Dialect),
    EdgeTable(Dialect),
    NodeLines,
    EdgeLines,
    Document,
}

impl Part {
    /// What a file that begins so holds; `None` where it is no KGX.
    fn of(head: &[u8]) -> Option<Self> {
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
        let (names, table) = match text.first() {
            Some(b'{') => (first_keys(text), None),
            _ => [Dialect::TSV, Dialect::CSV].into_iter().find_map(|dialect| {
                let names = first_row(head, dialect)?;
                (names.len() > 1).then_some((names, Some(dialect)))
            })?,
        };
        let has = |wanted: &[&str]| wanted.iter().all(|&wanted| names.iter().any(|name| name == wanted));
        let (is_edge, is_node) = (has(&["subject", "predicate", "object"]), has(&["id", "category"]));
        match table {
            Some(dialect) if is_edge => Some(Self::EdgeTable(dialect)),
            Some(dialect) if is_node => Some(Self::NodeTable(dialect)),
            None if is_edge => Some(Self::EdgeLines),
            None if is_node => Some(Self::NodeLines),
            None if has(&["nodes"]) || has(&["edges"]) => {
                let first = ["\"subject\"", "\"category\""];
                first
                    .iter()
                    .any(|key| memchr::memmem::find(head, key.as_bytes()).is_some())
                    .then_some(Self::Document)
            }
            _ => None,
        }
    }

    fn has_edges(self) -> bool {
        !matches!(self, Self::NodeTable(_) | Self::NodeLines)
    }
}

impl Format for Kgx {
    fn name(&self) -> &'static str {
        "kgx"
    }

    fn description(&self) -> &'static str {
        "KGX (Biolink model): nodes with id and category, edges with subject, predicate and object, as TSV, JSON or JSON \
         lines"
    }

    fn detect(&self, input: &Input) -> bool {
        let has_edges = |head: &[u8]| Part::of(head).is_some_and(Part::has_edges);
        match input.container() {
            Container::File => has_edges(input.head()),
            _ => input.member_heads().iter().any(|(_, head)| has_edges(head)),
        }
    }

    fn read(&self, input: &Input) -> Result<Graph, FormatError> {
        let mut reading = Reading { decisions: Vec::new(), unread: BTreeSet::new() };
        let parts = reading.parts(input)?;
        let mut assembler =
            Assembler::new(input.path().display().to_string()).with_names(NamePolicy::KeepFirst);
        let mut nodes = Nodes::default();
        for (member, part) in &parts {
            let file = member.as_ref().unwrap_or(input);
            assembler.begin_file(file.path().display().to_string());
            reading.nodes(file, *part, &mut assembler, &mut nodes)?;
        }
        reading.decisions.extend(nodes.decision());
        let tally = Tally::default();
        for (member, part) in parts.iter().filter(|(_, part)| part.has_edges()) {
            let file = member.as_ref().unwrap_or(input);
            assembler.begin_file(file.path().display().to_string());
            reading.edges(file, *part, &mut assembler, &nodes, &tally)?;
        }
        drop(nodes);
        let Reading { mut decisions, unread } = reading;
        if !unread.is_empty() {
            let names = unread.into_iter().collect::<Vec<_>>().join(", ");
            decisions.push(format!("properties of nodes not read: {names}"));
        }
        decisions.extend(tally.decisions());
        let provenance = Provenance { decisions, ..edge_list_provenance(input) };
        assembler.finish(provenance, DuplicatePolicy::Merge)
    }
}

/// What is noted on the way through the files.
struct Reading {
    decisions: Vec<String>,
    /// Properties of nodes that were not read.
    unread: BTreeSet<String>,
}

impl Reading {
    /// The files that hold nodes or edges, in order; `None` stands for the whole input.
    fn parts(&mut self, input: &Input) -> Result<Vec<(Option<Input>, Part)>, FormatError> {
        if input.container() == Container::File {
            let Some(part) = Part::of(input.head()) else {
                // A file that cannot be decoded does not begin rightly either, but that is not its trouble.
                input.content()?;
                return Err(input.wrong_container("kgx", "edges with subject, predicate and object"));
            };
            return Ok(vec![(None, part)]);
        }
        let mut parts = Vec::new();
        for (name, head) in input.member_heads() {
            match Part::of(head) {
                Some(part) => parts.push((Some(input.member(name)?), part)),
                None => {
                    self.decisions.push(format!("{name} not read: it holds neither nodes nor edges of KGX"));
                }
            }
        }
        if parts.is_empty() {
            // An archive that cannot be listed has a fault that says more.
            input.member_names()?;
            return Err(input.wrong_container("kgx", "files of nodes and edges"));
        }
        Ok(parts)
    }

    /// Reads the nodes of a file, if it has any.
    fn nodes(
        &mut self,
        file: &Input,
        part: Part,
        assembler: &mut Assembler,
        nodes: &mut Nodes,
    ) -> Result<(), FormatError> {
        let name = file.path().display().to_string();
        match part {
            Part::EdgeTable(_) | Part::EdgeLines => Ok(()),
            Part::NodeTable(dialect) => {
                let headings = headings(file, dialect)?;
                let columns: Vec<NodeField> =
                    headings.iter().map(|heading| NodeField::named(heading)).collect();
                let unread = headings.iter().zip(&columns).filter(|(_, field)| **field == NodeField::Unread);
                self.unread.extend(unread.map(|(heading, _)| heading.clone()));
                let latin1 = in_blocks(
                    file,
                    |block| {
                        let mut found = Vec::new();
                        let mut records = Records::new(block.text, block.first_line, dialect, block.last);
                        if block.first_line == 1 {
                            records.next();
                        }
                        while let Some(record) = records.next() {
                            if record.len() != columns.len() {
                                let (file, line) = (name.clone(), record.line());
                                let (found, expected) = (record.len(), columns.len());
                                return Err(FormatError::Ragged { file, line, found, expected });
                            }
                            found.push(Node::of_row(&columns, &record));
                        }
                        Ok((found, records.finish(&name)?))
                    },
                    |found| found.iter().try_for_each(|node| nodes.push(assembler, node)),
                )?;
                self.decisions.extend(latin1.decision(&name));
                Ok(())
            }
            Part::NodeLines => {
                let latin1 = in_blocks(
                    file,
                    |block| {
                        let (mut found, mut unread) = (Vec::new(), BTreeSet::new());
                        for (line, text) in lines(block.text, block.first_line) {
                            let record = Record::parse(text, &name, line)?;
                            found.push(Node::of_record(&record, line, &mut unread));
                        }
                        Ok(((found, unread), block.text.len()))
                    },
                    |(found, unread)| {
                        self.unread.extend(unread);
                        found.iter().try_for_each(|node| nodes.push(assembler, node))
                    },
                )?;
                self.decisions.extend(latin1.decision(&name));
                Ok(())
            }
            Part::Document => each_element(file, "nodes", &mut |line, text| {
                let record = Record::parse(text, &name, line)?;
                nodes.push(assembler, &Node::of_record(&record, line, &mut self.unread))
            }),
        }
    }

    /// Reads the edges of a file that has some.
    fn edges(
        &mut self,
        file: &Input,
        part: Part,
        assembler: &mut Assembler,
        nodes: &Nodes,
        tally: &Tally,
    ) -> Result<(), FormatError> {
        let name = file.path().display().to_string();
        let reader = EdgeReader { file: name.clone(), nodes, tally };
        let latin1 = match part {
            Part::NodeTable(_) | Part::NodeLines => Latin1Lines::default(),
            Part::EdgeTable(dialect) => {
                let headings = headings(file, dialect)?;
                let columns = columns(&headings, assembler);
                let rows = Rows { dialect, header: true, width: headings.len() };
                rows.read(file, assembler, |part, record| reader.push_row(part, &columns, record))?
            }
            Part::EdgeLines => {
                let empty = assembler.block();
                in_blocks(
                    file,
                    |block| {
                        let mut part = empty.block();
                        for (line, text) in lines(block.text, block.first_line) {
                            reader.push_record(&mut part, line, &Record::parse(text, &name, line)?)?;
                        }
                        Ok((part, block.text.len()))
                    },
                    |part| assembler.append(part),
                )?
            }
            Part::Document => {
                each_element(file, "edges", &mut |line, text| {
                    reader.push_record(assembler, line, &Record::parse(text, &name, line)?)
                })?;
                Latin1Lines::default()
            }
        };
        self.decisions.extend(latin1.decision(&name));
        Ok(())
    }
}

/// The headings of a table, each of which stands once.
fn headings(file: &Input, dialect: Dialect) -> Result<Vec<String>, FormatError> {
    let headings = first_row(file.head(), dialect).unwrap_or_default();
    let repeated = (1..headings.len()).find(|&place| headings[..place].contains(&headings[place]));
    match repeated.filter(|&place| !headings[place].is_empty()) {
        None => Ok(headings),
        Some(place) => Err(FormatError::Line {
            file: file.path().display().to_string(),
            line: 1,
            found: format!("a second column '{}'", headings[place]),
            expected: "each column once".into(),
        }),
    }
}

/// The lines of a block that are not blank, with their numbers.
fn lines(text: &str, first_line: u64) -> impl Iterator<Item = (u64, &str)> {
    (first_line..)
        .zip(text.lines())
        .map(|(line, text)| (line, text.trim()))
        .filter(|(_, text)| !text.is_empty())
}
