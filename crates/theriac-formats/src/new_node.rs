//! The file that tells of a node which is not in a graph: its edges to nodes that are, one a line.

use std::collections::BTreeMap;

use theriac_graph::{Graph, Lookup, NewEdge, NewNode, NodeTable, Relation, RelationKey};

use crate::delimited::{Dialect, Record, Records};
use crate::error::{FormatError, excerpt};
use crate::input::{Container, Input};
use crate::text::decode_text;

/// Before the name of a relation: the new node is its target.
const REVERSED: char = '^';

/// What a line may tell of: an end of a relation, or the features of the type.
enum Told<'a> {
    Edge { place: usize, relation: &'a Relation, reversed: bool },
    Feature,
}

/// How the lines of a file are read.
struct Reader<'a> {
    graph: &'a Graph,
    node_type: usize,
    predicted: &'a [RelationKey],
    file: String,
}

/// Reads what a file tells of a node of the type at place `node_type` that is not in the graph, with what had to be taken for
/// something else, each in one sentence.
///
/// The file is tab-separated with a header: `relation`, `neighbor` and perhaps `weight`. A relation is named as
/// `associates`, `protein:associates:disease` or `protein:disease`; in a relation within the node's own type that has
/// directions, `^` before it says that the edge leads to the new node. A neighbour is named by id or name. Where the type has
/// features, their name stands in place of a relation, the number of a column from 1 (or the neighbour, where they are similarities
/// to all nodes of the type) in place of a neighbour, and the value in place of the weight; values that are not given are 0.
/// Empty lines and lines that begin with `#` tell nothing.
///
/// Edges of the `predicted` relations are refused: they are what is asked for.
///
/// # Errors
///
/// [`FormatError::Line`] with what was found and what was expected, [`FormatError::Empty`] where no edge is told, and what
/// reading meets.
pub fn read_new_node(
    input: &Input,
    graph: &Graph,
    node_type: usize,
    predicted: &[RelationKey],
) -> Result<(NewNode, Vec<String>), FormatError> {
    let file = input.path().display().to_string();
    if input.container() != Container::File {
        return Err(input.wrong_container("a new node", "a file"));
    }
    let bytes = input.content()?;
    let (text, _) = decode_text(&bytes);
    let reader = Reader { graph, node_type, predicted, file };
    reader.read(&text)
}

impl<'a> Reader<'a> {
    fn read(&self, text: &str) -> Result<(NewNode, Vec<String>), FormatError> {
        let mut node = NewNode { node_type: self.node_type, ..NewNode::default() };
        let mut notes = Vec::new();
        // The line of each edge and of each feature.
        let (mut edges, mut columns) = (BTreeMap::new(), BTreeMap::new());
        let mut records = Records::new(text, 1, Dialect::TSV, true);
        let mut width = None;
        while let Some(record) = records.next() {
            let line = record.line();
            if record.cell(0).trim_start().starts_with('#')
                || record.len() == 1 && record.cell(0).trim().is_empty()
            {
                continue;
            }
            let Some(width) = width else {
                width = Some(self.header(&record)?);
                continue;
            };
            if record.len() < 2 || record.len() > width {
                let found = format!("{} cells", record.len());
                return Err(self.wrong(line, found, format!("{width}, as in the header, or one less")));
            }
            let weight = self.weight(&record)?;
            match self.told(line, record.cell(0).trim())? {
                Told::Feature => {
                    let table = self.table();
                    let dim = table.features.as_ref().map_or(0, |features| features.dim);
                    let column = self.column(&record, dim, &mut notes)?;
                    if let Some(before) = columns.insert(column, line) {
                        return Err(self.twice(line, before));
                    }
                    node.features.get_or_insert_with(|| vec![0.0; dim])[column] = weight.unwrap_or(1.0);
                }
                Told::Edge { place, relation, reversed } => {
                    let weight = self.edge_weight(line, relation, weight)?;
                    let other = if reversed { relation.source_type } else { relation.target_type };
                    let neighbor =
                        self.neighbor(line, record.cell(1), &self.graph.node_tables()[other], &mut notes)?;
                    let edge = NewEdge { relation: place, reversed, neighbor, weight };
                    if let Some(before) = edges.insert((place, reversed, neighbor), line) {
                        return Err(self.twice(line, before));
                    }
                    node.edges.push(edge);
                }
            }
        }
        if node.edges.is_empty() && node.features.is_none() {
            return Err(FormatError::Empty { file: self.file.clone(), what: "edge or feature" });
        }
        node.edges.sort_by_key(|edge| (edge.relation, edge.reversed, edge.neighbor));
        Ok((node, notes))
    }

    fn table(&self) -> &'a NodeTable {
        &self.graph.node_tables()[self.node_type]
    }

    fn wrong(&self, line: u64, found: String, expected: impl Into<String>) -> FormatError {
        FormatError::Line { file: self.file.clone(), line, found, expected: expected.into() }
    }

    fn twice(&self, line: u64, before: u64) -> FormatError {
        self.wrong(line, format!("what line {before} says already"), "each edge and each feature once")
    }

    /// The number of columns.
    fn header(&self, record: &Record<'_>) -> Result<usize, FormatError> {
        let cells: Vec<String> = (0..record.len()).map(|i| record.cell(i).trim().to_lowercase()).collect();
        let names: Vec<&str> = cells.iter().map(String::as_str).collect();
        match names[..] {
            ["relation", "neighbor" | "neighbour"] => Ok(2),
            ["relation", "neighbor" | "neighbour", "weight"] => Ok(3),
            _ => {
                let found = format!("'{}'", excerpt(cells.join(" ").as_bytes()));
                Err(self.wrong(
                    record.line(),
                    found,
                    "a header: relation, neighbor and perhaps weight, with tabs between",
                ))
            }
        }
    }

    fn weight(&self, record: &Record<'_>) -> Result<Option<f32>, FormatError> {
        let text = if record.len() > 2 { record.cell(2).trim() } else { "" };
        if text.is_empty() {
            return Ok(None);
        }
        match text.parse::<f32>() {
            Ok(weight) if weight.is_finite() => Ok(Some(weight)),
            _ => {
                let found = format!("weight '{}'", excerpt(text.as_bytes()));
                Err(self.wrong(record.line(), found, "a finite number"))
            }
        }
    }

    fn edge_weight(&self, line: u64, relation: &Relation, weight: Option<f32>) -> Result<f32, FormatError> {
        match weight {
            None => Ok(1.0),
            Some(weight) if relation.forward.weights().is_none() && weight != 1.0 => {
                let expected = format!("none, since {} has no weights", relation.key);
                Err(self.wrong(line, format!("weight {weight}"), expected))
            }
            Some(weight) if weight > 0.0 => Ok(weight),
            Some(weight) => Err(self.wrong(line, format!("weight {weight}"), "a number above 0")),
        }
    }

    /// What a line tells of, by the text in place of its relation.
    fn told(&self, line: u64, text: &str) -> Result<Told<'a>, FormatError> {
        if self.table().features.as_ref().is_some_and(|features| features.name == text && features.dim > 0) {
            return Ok(Told::Feature);
        }
        let (name, backwards) = text.strip_prefix(REVERSED).map_or((text, false), |name| (name.trim(), true));
        let mut fitting = Vec::new();
        for (place, relation) in self.graph.relations().iter().enumerate() {
            let RelationKey { source, name: own, target } = &relation.key;
            let named =
                name == own || name == format!("{source}:{target}") || name == relation.key.to_string();
            if !named || self.predicted.contains(&relation.key) {
                continue;
            }
            let within = relation.source_type == relation.target_type;
            let reversed = if within {
                backwards && !relation.is_symmetric()
            } else {
                relation.target_type == self.node_type
            };
            let at_end = self.node_type == if reversed { relation.target_type } else { relation.source_type };
            if at_end && (within || !backwards || reversed) {
                fitting.push(Told::Edge { place, relation, reversed });
            }
        }
        match fitting.len() {
            1 => Ok(fitting.remove(0)),
            0 => {
                Err(self.wrong(line, format!("relation '{}'", excerpt(text.as_bytes())), self.expected(name)))
            }
            _ => {
                let keys: Vec<String> = fitting
                    .iter()
                    .filter_map(|told| match told {
                        Told::Edge { relation, .. } => Some(relation.key.to_string()),
                        Told::Feature => None,
                    })
                    .collect();
                let found = format!("relation '{name}', which may be {}", keys.join(" or "));
                Err(self.wrong(line, found, "one of them in full"))
            }
        }
    }

    /// What may stand in place of a relation.
    fn expected(&self, found: &str) -> String {
        let table = self.table();
        let mut known: Vec<String> = Vec::new();
        for relation in self.graph.relations() {
            let ends = [relation.source_type, relation.target_type];
            if ends.contains(&self.node_type) && !self.predicted.contains(&relation.key) {
                known.push(relation.key.to_string());
            }
        }
        known.extend(table.features.as_ref().map(|features| features.name.clone()));
        let all = match known.len() {
            0 => format!(
                "nothing: the graph tells of {} nodes by nothing but what is predicted",
                table.node_type
            ),
            _ => format!("one of {}", known.join(", ")),
        };
        let is_predicted = |key: &&RelationKey| {
            key.name == found || key.to_string() == found || format!("{}:{}", key.source, key.target) == found
        };
        match self.predicted.iter().find(is_predicted) {
            Some(key) => format!("{all}; {key} joins what is to be scored"),
            None => all,
        }
    }

    /// The column of a feature.
    fn column(&self, record: &Record<'_>, dim: usize, notes: &mut Vec<String>) -> Result<usize, FormatError> {
        let table = self.table();
        if dim == table.len() {
            return Ok(self.neighbor(record.line(), record.cell(1), table, notes)? as usize);
        }
        match record.cell(1).trim().parse::<usize>() {
            Ok(column) if (1..=dim).contains(&column) => Ok(column - 1),
            _ => {
                let found = format!("column '{}'", excerpt(record.cell(1).as_bytes()));
                Err(self.wrong(record.line(), found, format!("a number from 1 to {dim}")))
            }
        }
    }

    /// The node of a table that a text names.
    fn neighbor(
        &self,
        line: u64,
        text: &str,
        table: &NodeTable,
        notes: &mut Vec<String>,
    ) -> Result<u32, FormatError> {
        let text = text.trim();
        let listed = |labels: &[theriac_graph::NodeLabel]| {
            labels.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        };
        let (found, expected) = match table.find(text) {
            Lookup::Found { node } => return Ok(node),
            Lookup::FoundLoosely { node, .. } => {
                notes.push(format!("{}:{line}: '{text}' was taken for {}", self.file, table.label(node)));
                return Ok(node);
            }
            Lookup::Ambiguous { candidates, fitting } => {
                let found =
                    format!("'{}', which fits {fitting} {} nodes", excerpt(text.as_bytes()), table.node_type);
                (found, format!("the id of one, such as {}", listed(&candidates)))
            }
            Lookup::NotFound { suggestions } => {
                let close = if suggestions.is_empty() {
                    String::new()
                } else {
                    format!("; close to it: {}", listed(&suggestions))
                };
                let found = format!("'{}'", excerpt(text.as_bytes()));
                (found, format!("the id or name of a {} in the graph{close}", table.node_type))
            }
        };
        Err(self.wrong(line, found, expected))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read_input;

    fn graph() -> Graph {
        let edges = "source,target,source_type,target_type,relation,weight,source_name\n\
                     D1,X1,drug,disease,treats,,aspirin\n\
                     D1,X1,drug,disease,palliates,,aspirin\n\
                     G1,X1,gene,disease,causes,0.5,TNF\n\
                     G2,X1,gene,disease,causes,0.25,ACE2\n\
                     X1,X2,disease,disease,part_of,,fever\n\
                     X1,G1,disease,gene,causes,,fever\n";
        read_input(&Input::from_bytes("edges.csv", edges.as_bytes().to_vec()), Some("csv")).unwrap()
    }

    fn read(text: &str) -> Result<(NewNode, Vec<String>), String> {
        let graph = graph();
        let predicted: Vec<RelationKey> =
            ["drug:treats:disease", "drug:palliates:disease"].map(|key| key.parse().unwrap()).to_vec();
        let input = Input::from_bytes("new.tsv", text.as_bytes().to_vec());
        let place = graph.node_type("disease").unwrap().0;
        read_new_node(&input, &graph, place, &predicted).map_err(|error| error.to_string())
    }

    #[test]
    fn edges_are_read_from_either_end() {
        let text = "# a disease\nrelation\tneighbor\tweight\n\ngene:causes:disease\ttnf\t2\n^part_of\tX2\npart_of\tfever\t1\n";
        let (node, notes) = read(text).unwrap();
        let graph = graph();
        let place = |key: &str| graph.relations().iter().position(|of| of.key.to_string() == key).unwrap();
        let (causes, part_of) = (place("gene:causes:disease"), place("disease:part_of:disease"));
        let mut expected = [
            NewEdge { relation: causes, reversed: true, neighbor: 0, weight: 2.0 },
            NewEdge { relation: part_of, reversed: false, neighbor: 0, weight: 1.0 },
            NewEdge { relation: part_of, reversed: true, neighbor: 1, weight: 1.0 },
        ];
        expected.sort_by_key(|edge| (edge.relation, edge.reversed));
        assert_eq!(node.edges, expected);
        assert_eq!((node.features, notes.len()), (None, 0));
        assert_eq!(node.node_type, graph.node_type("disease").unwrap().0);
    }

    #[test]
    fn what_is_taken_for_something_else_is_told() {
        let (_, notes) = read("relation\tneighbour\ngene:disease\tace-2\n").unwrap();
        assert_eq!(notes, ["new.tsv:2: 'ace-2' was taken for ACE2 (G2)"]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let said = |line: &str| read(&format!("relation\tneighbor\tweight\n{line}\n")).unwrap_err();
        for (line, expected) in [
            (
                "causes\tTNF",
                "relation 'causes', which may be gene:causes:disease or disease:causes:gene; expected one of them in full",
            ),
            (
                "likes\tTNF",
                "relation 'likes'; expected one of gene:causes:disease, disease:part_of:disease, disease:causes:gene",
            ),
            (
                "treats\taspirin",
                "relation 'treats'; expected one of gene:causes:disease, disease:part_of:disease, disease:causes:gene; \
              drug:treats:disease joins what is to be scored",
            ),
            (
                "gene:disease\tTNG",
                "'TNG'; expected the id or name of a gene in the graph; close to it: TNF (G1)",
            ),
            ("gene:disease\tTNF\tmuch", "weight 'much'; expected a finite number"),
            ("gene:disease\tTNF\t-1", "weight -1; expected a number above 0"),
            ("part_of\tX2\t3", "weight 3; expected none, since disease:part_of:disease has no weights"),
            ("gene:disease", "1 cells; expected 3, as in the header, or one less"),
        ] {
            assert_eq!(said(line), format!("new.tsv:2: found {expected}"));
        }
        assert_eq!(
            read("relation\tneighbor\npart_of\tX2\npart_of\tX2\n").unwrap_err(),
            "new.tsv:3: found what line 2 says already; expected each edge and each feature once"
        );
        assert_eq!(
            read("gene\tweight\n").unwrap_err(),
            "new.tsv:1: found 'gene weight'; expected a header: relation, neighbor and perhaps weight, with tabs between"
        );
        assert_eq!(read("").unwrap_err(), "new.tsv holds no edge or feature; expected at least one");
    }

    #[test]
    fn features_are_told_by_column_or_by_the_node_that_they_are_similarities_to() {
        let mut tables = graph().node_tables().to_vec();
        let place = graph().node_type("disease").unwrap().0;
        for (dim, column, found) in [(2, "X2", [0.0, 0.5]), (2, "fever", [0.5, 0.0])] {
            tables[place].features =
                Some(theriac_graph::FeatureMatrix { name: "similarity".into(), dim, values: vec![0.0; 4] });
            let (node, _) =
                with_tables(&tables, &format!("relation\tneighbor\tweight\nsimilarity\t{column}\t0.5\n"))
                    .unwrap();
            assert_eq!(node.features.as_deref(), Some(&found[..]));
        }
        tables[place].features =
            Some(theriac_graph::FeatureMatrix { name: "marks".into(), dim: 3, values: vec![0.0; 6] });
        let (node, _) = with_tables(&tables, "relation\tneighbor\tweight\nmarks\t2\t-0.5\n").unwrap();
        assert_eq!(node.features, Some(vec![0.0, -0.5, 0.0]));
        assert_eq!(
            with_tables(&tables, "relation\tneighbor\tweight\nmarks\t4\t1\n").unwrap_err(),
            "new.tsv:2: found column '4'; expected a number from 1 to 3"
        );
    }

    /// Reads with these node tables in place of the graph's.
    fn with_tables(tables: &[NodeTable], text: &str) -> Result<(NewNode, Vec<String>), String> {
        let mut builder = theriac_graph::GraphBuilder::new(theriac_graph::Provenance::default());
        for table in tables {
            builder.add_nodes(table.clone()).unwrap();
        }
        let edges = theriac_graph::EdgeList {
            sources: vec![0],
            targets: vec![0],
            ..theriac_graph::EdgeList::default()
        };
        let key = RelationKey::new("drug", "treats", "disease");
        builder.add_relation(key, edges, theriac_graph::DuplicatePolicy::Reject).unwrap();
        let graph = builder.build().unwrap();
        let place = graph.node_type("disease").unwrap().0;
        let input = Input::from_bytes("new.tsv", text.as_bytes().to_vec());
        read_new_node(&input, &graph, place, &[]).map_err(|error| error.to_string())
    }
}
