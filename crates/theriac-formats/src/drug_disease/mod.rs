//! Drug-disease data sets: one matrix of associations, similarities of drugs and of diseases, and their names, in
//! whatever files they stand.

mod role;
mod side;

use std::collections::HashMap;

use theriac_graph::{
    DuplicatePolicy, EdgeList, FeatureMatrix, Graph, GraphBuilder, Lines, NodeTable, Origin, Provenance,
    RelationKey,
};

use crate::edge_list::edge_list_provenance;
use crate::error::{FormatError, excerpt};
use crate::input::Input;
use crate::matrix::{BinaryMatrix, FloatMatrix};
pub(crate) use role::{Role, role};
use side::omim_number;
pub(crate) use side::{LabelKind, Side, identifier, label_kind};

/// The parts of a data set, not yet held against each other. What there is for each side stands at its place: drugs
/// first.
pub(crate) struct DrugDisease {
    pub(crate) association: Association,
    pub(crate) labels: [Option<Labels>; 2],
    /// The first of them becomes the features.
    pub(crate) similarities: [Vec<Similarity>; 2],
    pub(crate) decisions: Vec<String>,
}

/// The known pairs.
pub(crate) struct Association {
    /// Name for messages.
    pub(crate) file: String,
    /// What stands in the rows; the other side stands in the columns.
    pub(crate) rows: Side,
    pub(crate) matrix: BinaryMatrix,
    /// Line of each row: `[rows]`.
    pub(crate) lines: Vec<u32>,
}

/// The names or identifiers of all nodes of a side, in the order of the association's rows or columns.
#[derive(Clone)]
pub(crate) struct Labels {
    /// Name for messages.
    pub(crate) file: String,
    pub(crate) labels: Vec<String>,
}

/// Each node of a side by each.
pub(crate) struct Similarity {
    /// Name for messages.
    pub(crate) file: String,
    /// The labels of its rows, which are those of its columns, where it has labels of its own.
    pub(crate) labels: Option<Vec<String>>,
    pub(crate) matrix: FloatMatrix,
}

/// The side in the rows of an association of this size, where `counts` tell how many drugs and diseases there are and
/// `named` what its name says: as named, unless both counts are known and fit only the other way round. `None` where
/// nothing tells.
pub(crate) fn rows_by_size(
    (rows, columns): (usize, usize),
    counts: [Option<usize>; 2],
    named: Option<Side>,
) -> Option<Side> {
    let fits = |side: Side| {
        counts[side as usize].is_none_or(|count| count == rows)
            && counts[side.other() as usize].is_none_or(|count| count == columns)
    };
    match (named, fits(Side::Drug), fits(Side::Disease)) {
        (Some(named), ..) => {
            let against = counts.iter().all(Option::is_some) && !fits(named) && fits(named.other());
            Some(if against { named.other() } else { named })
        }
        (None, true, false) => Some(Side::Drug),
        (None, false, true) => Some(Side::Disease),
        (None, ..) => None,
    }
}

impl DrugDisease {
    /// Holds the parts against each other and makes a graph of drugs, diseases and `drug:treats:disease`.
    ///
    /// # Errors
    ///
    /// [`FormatError::Length`] where labels or similarities are not as many as the rows or columns of the association,
    /// [`FormatError::Refused`] where a labelled similarity lacks a node; what [`GraphBuilder`] finds wrong.
    pub(crate) fn into_graph(mut self, input: &Input) -> Result<Graph, FormatError> {
        let mut tables = Vec::new();
        for side in Side::BOTH {
            tables.push(self.node_table(side)?);
        }
        let Association { file, rows, matrix, lines } = self.association;
        let origin = Lines::Each(matrix.ones_row.iter().map(|&row| lines[row as usize]).collect());
        let (sources, targets) = match rows {
            Side::Drug => (matrix.ones_row, matrix.ones_column),
            Side::Disease => (matrix.ones_column, matrix.ones_row),
        };
        let origin = Origin::of(file, origin);
        let edges = EdgeList { sources, targets, origin, ..EdgeList::default() };
        let mut builder =
            GraphBuilder::new(Provenance { decisions: self.decisions, ..edge_list_provenance(input) });
        for table in tables {
            builder.add_nodes(table)?;
        }
        let treats = RelationKey::new(Side::Drug.node_type(), "treats", Side::Disease.node_type());
        builder.add_relation(treats, edges, DuplicatePolicy::Reject)?;
        Ok(builder.build()?)
    }

    /// Number of nodes of a side, and whether they are `row`s or `column`s.
    fn size(&self, side: Side) -> (usize, &'static str) {
        let Association { rows, matrix, .. } = &self.association;
        if side == *rows { (matrix.rows, "row") } else { (matrix.columns, "column") }
    }

    fn node_table(&mut self, side: Side) -> Result<NodeTable, FormatError> {
        let node_type = side.node_type();
        let (nodes, what) = self.size(side);
        let labels = self.labels(side)?;
        let mut table = if let Some(labels) = &labels {
            let omim = labels.iter().filter(|label| omim_number(label).is_some());
            let plain: Vec<&String> = omim.filter(|label| label.starts_with('D')).collect();
            if let Some(first) = plain.first() {
                self.decisions.push(format!(
                    "{} of {nodes} {node_type} ids such as {first} taken for OMIM numbers, since those of MeSH that look \
                     like this begin with D0",
                    plain.len()
                ));
            }
            let ids = labels.iter().map(|label| identifier(label).unwrap_or_else(|| label.clone()));
            NodeTable::new(node_type, ids.collect(), labels.clone())
        } else {
            self.decisions.push(format!(
                "{node_type} nodes have neither ids nor names: called '{node_type} 1' to '{node_type} {nodes}', in the \
                 order of the {what}s of {}",
                self.association.file
            ));
            let ids: Vec<String> = (1..=nodes).map(|place| format!("{node_type} {place}")).collect();
            NodeTable::new(node_type, ids.clone(), ids)
        };
        let mut similarities = std::mem::take(&mut self.similarities[side as usize]).into_iter();
        match similarities.next() {
            Some(similarity) => table.features = Some(self.features(side, labels.as_deref(), similarity)?),
            None => self.decisions.push(format!("{node_type} nodes have no similarities, so no features")),
        }
        for Similarity { file, .. } in similarities {
            self.decisions.push(format!(
                "{file} not read: one similarity becomes the features of {node_type} nodes, the first in order of name"
            ));
        }
        Ok(table)
    }

    /// The labels of a side, checked to be as many as its nodes: its own, or those of a similarity without which there
    /// would be none.
    fn labels(&self, side: Side) -> Result<Option<Vec<String>>, FormatError> {
        let (nodes, what) = self.size(side);
        if let Some(Labels { file, labels }) = &self.labels[side as usize] {
            if labels.len() != nodes {
                let (file, other) = (self.association.file.clone(), file.clone());
                return Err(FormatError::Length { file, what, found: nodes, expected: labels.len(), other });
            }
            return Ok(Some(labels.clone()));
        }
        let labelled = self.similarities[side as usize].iter().filter_map(|s| s.labels.as_ref());
        Ok(labelled.into_iter().find(|labels| labels.len() == nodes).cloned())
    }

    /// A similarity as features, its rows and columns in the order of the nodes.
    fn features(
        &mut self,
        side: Side,
        labels: Option<&[String]>,
        Similarity { file, labels: own, matrix }: Similarity,
    ) -> Result<FeatureMatrix, FormatError> {
        let (nodes, _) = self.size(side);
        let name = "similarity".to_owned();
        if let (Some(labels), Some(own)) = (labels, own) {
            if labels == own {
                return Ok(FeatureMatrix { name, dim: nodes, values: matrix.values });
            }
            let places: HashMap<&str, usize> =
                own.iter().enumerate().map(|(place, label)| (label.as_str(), place)).collect();
            let missing = labels.iter().find(|label| !places.contains_key(label.as_str()));
            if let Some(label) = missing {
                let node_type = side.node_type();
                let reason = format!("it has no row of {node_type} '{}'", excerpt(label.as_bytes()));
                return Err(FormatError::Refused {
                    file,
                    reason,
                    expected: "one for each of the association's",
                });
            }
            let order: Vec<usize> = labels.iter().map(|label| places[label.as_str()]).collect();
            if own.len() > nodes {
                let (node_type, more) = (side.node_type(), own.len() - nodes);
                self.decisions.push(format!(
                    "{more} rows and columns of {file} not read: {} does not have these {node_type} nodes",
                    self.association.file
                ));
            }
            let rows =
                order.iter().map(|&row| &matrix.values[row * matrix.columns..(row + 1) * matrix.columns]);
            let values = rows.flat_map(|row| order.iter().map(|&column| row[column])).collect();
            return Ok(FeatureMatrix { name, dim: nodes, values });
        }
        for (what, found) in [("row", matrix.rows), ("column", matrix.columns)] {
            if found != nodes {
                let node_type = side.node_type();
                let other = format!("the {} {node_type} nodes of {}", nodes, self.association.file);
                return Err(FormatError::Refused {
                    file,
                    reason: format!(
                        "it has {found} {what}{}, for {other}",
                        if found == 1 { "" } else { "s" }
                    ),
                    expected: "one for each node",
                });
            }
        }
        Ok(FeatureMatrix { name, dim: nodes, values: matrix.values })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(labels: &[&str]) -> Vec<String> {
        labels.iter().map(|&label| label.to_owned()).collect()
    }

    /// Two diseases in rows by three drugs in columns, with the pairs (x1, b), (x2, a), (x2, c).
    fn set() -> DrugDisease {
        let labels = |file: &str, labels: &[&str]| Some(Labels { file: file.into(), labels: texts(labels) });
        DrugDisease {
            association: Association {
                file: "a.tsv".into(),
                rows: Side::Disease,
                matrix: BinaryMatrix {
                    rows: 2,
                    columns: 3,
                    ones_row: vec![0, 1, 1],
                    ones_column: vec![1, 0, 2],
                },
                lines: vec![2, 3],
            },
            labels: [labels("drugs.txt", &["DB00001", "b", "c"]), labels("diseases.txt", &["D102100", "x2"])],
            similarities: [Vec::new(), Vec::new()],
            decisions: Vec::new(),
        }
    }

    fn similarity(file: &str, labels: Option<&[&str]>, n: usize) -> Similarity {
        let values = (0..n * n).map(|i| i as f32).collect();
        Similarity {
            file: file.into(),
            labels: labels.map(texts),
            matrix: FloatMatrix { rows: n, columns: n, values },
        }
    }

    fn graph(set: DrugDisease) -> Result<Graph, FormatError> {
        set.into_graph(&Input::from_bytes("in/set.tar", Vec::new()))
    }

    #[test]
    fn drugs_come_first_whatever_stands_in_the_rows() {
        let graph = graph(set()).unwrap();
        assert_eq!(graph.node_tables()[0].ids, ["drugbank:DB00001", "b", "c"]);
        assert_eq!(graph.node_tables()[0].names, ["DB00001", "b", "c"]);
        assert_eq!(graph.node_tables()[1].ids, ["omim:102100", "x2"]);
        let treats = &graph.relations()[0];
        assert_eq!(treats.key.to_string(), "drug:treats:disease");
        assert_eq!(treats.forward.pairs().collect::<Vec<_>>(), [(0, 1), (1, 0), (2, 1)]);
        assert_eq!(graph.provenance().name, "set");
        let decisions = &graph.provenance().decisions;
        assert!(
            decisions[1].starts_with("1 of 2 disease ids such as D102100 taken for OMIM"),
            "{decisions:?}"
        );
        assert_eq!(decisions[0], "drug nodes have no similarities, so no features");
    }

    #[test]
    fn nodes_without_labels_are_counted() {
        let graph = graph(DrugDisease { labels: [None, None], ..set() }).unwrap();
        assert_eq!(graph.node_tables()[0].ids, ["drug 1", "drug 2", "drug 3"]);
        assert_eq!(graph.node_tables()[1].names, ["disease 1", "disease 2"]);
        assert_eq!(
            graph.provenance().decisions[0],
            "drug nodes have neither ids nor names: called 'drug 1' to 'drug 3', in the order of the columns of a.tsv"
        );
    }

    #[test]
    fn similarities_are_brought_into_the_order_of_the_nodes() {
        let own = &["c", "DB00001", "z", "b"][..];
        let mut mixed = set();
        mixed.similarities = [
            vec![similarity("s.tsv", Some(own), 4), similarity("t.tsv", None, 3)],
            vec![similarity("u.tsv", None, 2)],
        ];
        let graph = graph(mixed).unwrap();
        let features = graph.node_tables()[0].features.as_ref().unwrap();
        assert_eq!((features.name.as_str(), features.dim), ("similarity", 3));
        assert_eq!(features.values, [5.0, 7.0, 4.0, 13.0, 15.0, 12.0, 1.0, 3.0, 0.0]);
        assert_eq!(graph.node_tables()[1].features.as_ref().unwrap().values, [0.0, 1.0, 2.0, 3.0]);
        let decisions = &graph.provenance().decisions;
        assert!(decisions[0].starts_with("1 rows and columns of s.tsv not read"), "{decisions:?}");
        assert!(decisions[1].starts_with("t.tsv not read: one similarity"), "{decisions:?}");
    }

    #[test]
    fn a_similarity_names_what_nothing_else_does() {
        let mut unlabelled = DrugDisease { labels: [None, None], ..set() };
        unlabelled.similarities[0].push(similarity("s.tsv", Some(&["c", "b", "a"]), 3));
        assert_eq!(graph(unlabelled).unwrap().node_tables()[0].ids, ["c", "b", "a"]);
    }

    #[test]
    fn parts_that_do_not_fit_are_one_clear_sentence() {
        let mut short = set();
        short.labels[0].as_mut().unwrap().labels.pop();
        assert_eq!(
            graph(short).unwrap_err().to_string(),
            "a.tsv has 3 columns; expected 2, one for each line of drugs.txt"
        );
        let mut wide = set();
        wide.similarities[1].push(similarity("s.tsv", None, 3));
        assert_eq!(
            graph(wide).unwrap_err().to_string(),
            "s.tsv is refused: it has 3 rows, for the 2 disease nodes of a.tsv; expected one for each node"
        );
        let mut other = set();
        other.similarities[0].push(similarity("s.tsv", Some(&["DB00001", "b", "q"]), 3));
        assert_eq!(
            graph(other).unwrap_err().to_string(),
            "s.tsv is refused: it has no row of drug 'c'; expected one for each of the association's"
        );
    }

    #[test]
    fn sizes_correct_a_name_that_they_contradict() {
        let (drug, disease) = (Side::Drug, Side::Disease);
        for (counts, named, expected) in [
            ([Some(3), Some(2)], None, Some(disease)),
            ([Some(3), Some(2)], Some(drug), Some(disease)),
            ([Some(2), None], None, Some(drug)),
            ([Some(2), None], Some(disease), Some(disease)),
            ([None, None], Some(disease), Some(disease)),
            ([None, None], None, None),
            ([Some(9), Some(9)], Some(drug), Some(drug)),
            ([Some(9), Some(9)], None, None),
        ] {
            assert_eq!(rows_by_size((2, 3), counts, named), expected, "{counts:?} {named:?}");
        }
    }
}
