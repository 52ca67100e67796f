//! Drug-disease data sets in MATLAB's form: those of Gottlieb et al., PREDICT, and who came after them.

mod element;
mod mat_file;
#[cfg(test)]
mod sample_writer;

use theriac_graph::Graph;

use crate::Format;
use crate::drug_disease::{
    Association, DrugDisease, LabelKind, Labels, Role, Side, Similarity, label_kind, role, rows_by_size,
};
use crate::error::FormatError;
use crate::input::{Container, Input};
use crate::matrix::{BinaryMatrix, FloatMatrix};
use mat_file::{Value, Variable, Version, variables, version};

/// The reader of MAT-files of MATLAB 5 to 7 (Level 5) that hold a drug-disease data set.
///
/// The variables of Gottlieb et al.'s Fdataset, and of Cdataset beside it, are `didr` (disease x drug), `drug` and
/// `disease` (similarities), `Wrname` and `Wdname` (ids, character arrays or cells of text). Others are told by the words
/// in their names, such as `drug_dis`, `interaction`, `drug_sim`, and then by what they hold: lists by the kind of their
/// ids, similarities by the length of the lists, the association by both. Lists and similarities may be missing.
///
/// Matrices are dense or sparse, logical or of any type of number. Structures, objects and the like are passed over.
pub struct Matlab;

impl Format for Matlab {
    fn name(&self) -> &'static str {
        "matlab"
    }

    fn description(&self) -> &'static str {
        "a MATLAB MAT-file (up to -v7) with a drug-disease matrix such as didr, and similarities and names beside it"
    }

    fn detect(&self, input: &Input) -> bool {
        input.container() == Container::File && version(input.head()).is_some()
    }

    fn read(&self, input: &Input) -> Result<Graph, FormatError> {
        if input.container() != Container::File {
            return Err(input.wrong_container(self.name(), "a MAT-file"));
        }
        let bytes = input.content()?;
        let file = input.path().display().to_string();
        match version(&bytes) {
            Some(Version::Level5(endian)) => {
                Variables::sort(variables(&bytes, endian, &file)?, &file)?.into_graph(input)
            }
            Some(Version::Hdf5) => Err(FormatError::Refused {
                file,
                reason: "it is a MATLAB 7.3 file (HDF5)".into(),
                expected: "a file of an earlier version: save it with -v7",
            }),
            None => Err(input.wrong_container(self.name(), "a MAT-file of MATLAB 5 to 7")),
        }
    }
}

/// The variables of a file, by what they are.
struct Variables {
    file: String,
    labels: [Option<Labels>; 2],
    similarities: [Vec<Similarity>; 2],
    /// Square matrices of no telling name, with their names.
    squares: Vec<(String, Value)>,
    /// Matrices that may be the association, with their names and roles.
    matrices: Vec<(String, Option<Role>, Value)>,
    /// The names of the others, each with what it is.
    unread: Vec<String>,
    /// All that were found, each with what it is.
    found: Vec<String>,
}

impl Variables {
    fn sort(variables: Vec<Variable>, file: &str) -> Result<Self, FormatError> {
        let mut sorted = Self {
            file: file.into(),
            labels: [None, None],
            similarities: [Vec::new(), Vec::new()],
            squares: Vec::new(),
            matrices: Vec::new(),
            unread: Vec::new(),
            found: variables.iter().map(describe).collect(),
        };
        for variable in variables {
            sorted.push(variable)?;
        }
        // A square of no telling name is a similarity of the side that is of its length.
        for (name, value) in std::mem::take(&mut sorted.squares) {
            let counts = sorted.counts();
            let fits = |side: Side| size(&value).map(|(rows, _)| rows) == counts[side as usize];
            match (fits(Side::Drug), fits(Side::Disease)) {
                (true, false) => sorted.push_similarity(Side::Drug, &name, value)?,
                (false, true) => sorted.push_similarity(Side::Disease, &name, value)?,
                _ => sorted.matrices.push((name, None, value)),
            }
        }
        Ok(sorted)
    }

    fn push(&mut self, variable: Variable) -> Result<(), FormatError> {
        let told = role(&variable.name);
        let described = describe(&variable);
        let Variable { name, value } = variable;
        match value {
            Value::Texts(labels) => {
                let side = match (told, label_kind(&labels)) {
                    (Some(Role::Nodes(side)), _) | (_, LabelKind::Of(side)) => Some(side),
                    _ => None,
                };
                let file = self.place(&name);
                match side {
                    Some(side) if self.labels[side as usize].is_none() => {
                        self.labels[side as usize] = Some(Labels { file, labels });
                    }
                    _ => self.unread.push(described),
                }
            }
            Value::Other(_) => self.unread.push(described),
            value => {
                let square = size(&value).is_some_and(|(rows, columns)| rows == columns);
                match told {
                    Some(Role::Association { .. }) => self.matrices.push((name, told, value)),
                    Some(Role::Similarity(Some(side)) | Role::Nodes(side)) if square => {
                        self.push_similarity(side, &name, value)?;
                    }
                    _ if square => self.squares.push((name, value)),
                    _ => self.matrices.push((name, None, value)),
                }
            }
        }
        Ok(())
    }

    fn push_similarity(&mut self, side: Side, name: &str, value: Value) -> Result<(), FormatError> {
        let file = self.place(name);
        let matrix = dense(value, &file)?;
        self.similarities[side as usize].push(Similarity { file, labels: None, matrix });
        Ok(())
    }

    /// How many drugs and diseases there are, as far as lists or similarities tell.
    fn counts(&self) -> [Option<usize>; 2] {
        Side::BOTH.map(|side| {
            let labels = self.labels[side as usize].as_ref().map(|labels| labels.labels.len());
            labels.or_else(|| self.similarities[side as usize].first().map(|first| first.matrix.rows))
        })
    }

    fn into_graph(mut self, input: &Input) -> Result<Graph, FormatError> {
        let counts = self.counts();
        let told = |role: &Option<Role>| match role {
            Some(Role::Association { rows }) => *rows,
            _ => None,
        };
        let named = self.matrices.iter().position(|(_, role, _)| role.is_some());
        // Otherwise the only matrix whose rows and columns are as many as drugs and diseases, or the only matrix.
        let fitting = || {
            let fits = |value: &Value| {
                let size = size(value).unwrap_or_default();
                counts[0].is_some() && counts[1].is_some() && {
                    let way = |a: usize, b: usize| counts[0] == Some(a) && counts[1] == Some(b);
                    way(size.0, size.1) || way(size.1, size.0)
                }
            };
            let mut all = (0..self.matrices.len()).filter(|&i| fits(&self.matrices[i].2));
            match (all.next(), all.next()) {
                (Some(only), None) => Some(only),
                (None, _) if self.matrices.len() == 1 => Some(0),
                _ => None,
            }
        };
        let Some(place) = named.or_else(fitting) else {
            return Err(self.unclear("none of them is known to be the drug-disease matrix"));
        };
        let (name, role, value) = self.matrices.remove(place);
        let size = size(&value).unwrap_or_default();
        let told = told(&role);
        let Some(rows) = rows_by_size(size, counts, told) else {
            return Err(
                self.unclear(&format!("whether drugs or diseases are the rows of '{name}' does not show"))
            );
        };
        let mut decisions = Vec::new();
        match told {
            Some(told) if told == rows => {}
            _ => decisions.push(format!(
                "'{name}' taken for the drug-disease matrix, with {} nodes in its rows: so it fits the other variables",
                rows.node_type()
            )),
        }
        let passed_over = self.matrices.iter().map(|(name, _, value)| describe_value(name, value));
        self.unread.extend(passed_over);
        if !self.unread.is_empty() {
            decisions.push(format!("variables not read: {}", self.unread.join(", ")));
        }
        let file = self.place(&name);
        let matrix = binary(value, &file)?;
        let lines = (1..=matrix.rows as u32).collect();
        let association = Association { file, rows, matrix, lines };
        let (labels, similarities) = (self.labels, self.similarities);
        DrugDisease { association, labels, similarities, decisions }.into_graph(input)
    }

    fn unclear(&self, what: &str) -> FormatError {
        let found = if self.found.is_empty() { "nothing".into() } else { self.found.join(", ") };
        FormatError::Refused {
            file: self.file.clone(),
            reason: format!("it holds {found}, and {what}"),
            expected: "variables such as didr (disease x drug), drug and disease (similarities), Wrname and Wdname \
                       (ids), or drug_disease, drug_sim, disease_sim, drug_names and disease_names",
        }
    }

    /// A variable, for messages: as though the file were a folder.
    fn place(&self, name: &str) -> String {
        format!("{}/{name}", self.file)
    }
}

fn size(value: &Value) -> Option<(usize, usize)> {
    match value {
        Value::Dense { rows, columns, .. } | Value::Sparse { rows, columns, .. } => Some((*rows, *columns)),
        Value::Texts(_) | Value::Other(_) => None,
    }
}

fn describe(variable: &Variable) -> String {
    describe_value(&variable.name, &variable.value)
}

fn describe_value(name: &str, value: &Value) -> String {
    match value {
        Value::Dense { rows, columns, .. } => format!("'{name}' ({rows} x {columns})"),
        Value::Sparse { rows, columns, .. } => format!("'{name}' ({rows} x {columns}, sparse)"),
        Value::Texts(texts) => format!("'{name}' (a list of {})", texts.len()),
        Value::Other(what) => format!("'{name}' ({what})"),
    }
}

/// The pairs of a matrix of zeros and ones.
fn binary(value: Value, file: &str) -> Result<BinaryMatrix, FormatError> {
    let Value::Sparse { rows, columns, entries } = value else {
        return dense(value, file)?.to_binary(file, |row, column| (row as u64 + 1, column + 1));
    };
    let mut matrix = BinaryMatrix { rows, columns, ..BinaryMatrix::default() };
    for (row, column, value) in entries {
        if value != 1.0 {
            return Err(bad_cell(file, row as usize, column as usize, value, "0 or 1"));
        }
        matrix.ones_row.push(row);
        matrix.ones_column.push(column);
    }
    Ok(matrix)
}

/// A matrix of finite numbers, row by row.
fn dense(value: Value, file: &str) -> Result<FloatMatrix, FormatError> {
    let (rows, columns, mut values) = match value {
        Value::Dense { rows, columns, values: by_column } => {
            let mut values = Vec::with_capacity(by_column.len());
            for row in 0..rows {
                values.extend(by_column[row..].iter().step_by(rows));
            }
            (rows, columns, values)
        }
        Value::Sparse { rows, columns, entries } => {
            if rows.saturating_mul(columns) > DENSE_CELLS {
                return Err(FormatError::Refused {
                    file: file.into(),
                    reason: format!(
                        "it is a sparse matrix of {rows} x {columns} that should become features"
                    ),
                    expected: "at most 268435456 cells",
                });
            }
            let mut values = vec![0.0; rows * columns];
            for (row, column, value) in entries {
                values[row as usize * columns + column as usize] = value;
            }
            (rows, columns, values)
        }
        Value::Texts(_) | Value::Other(_) => (0, 0, Vec::new()),
    };
    if let Some(cell) = values.iter().position(|value| !value.is_finite()) {
        let (row, column) = (cell / columns, cell % columns);
        return Err(bad_cell(file, row, column, values[cell], "a finite number"));
    }
    values.shrink_to_fit();
    Ok(FloatMatrix { rows, columns, values })
}

/// The most cells that a sparse matrix is filled up to: 1 GiB of them.
const DENSE_CELLS: usize = 1 << 28;

fn bad_cell(file: &str, row: usize, column: usize, found: f32, expected: &'static str) -> FormatError {
    let (line, column) = (row as u64 + 1, column + 1);
    FormatError::Cell { file: file.into(), line, column, found: found.to_string(), expected }
}

#[cfg(test)]
mod tests {
    use super::sample_writer::{MatWriter, doubles};
    use super::*;

    /// Two diseases by three drugs: (D102100, DB00002), (D102300, DB00001), (D102300, DB00003).
    const DIDR: [u8; 6] = [0, 1, 1, 0, 0, 1];
    const DRUGS: [&str; 3] = ["DB00001", "DB00002", "DB00003"];
    const DISEASES: [&str; 2] = ["D102100", "D102300"];

    fn similarity(writer: &mut MatWriter, name: &str, n: i32) {
        let values: Vec<f64> = (0..n * n).map(|i| f64::from(i) / 16.0).collect();
        writer.matrix(name, 6, n, n, 9, &doubles(&values, false));
    }

    fn read(write: impl Fn(&mut MatWriter)) -> Result<Graph, FormatError> {
        let mut writer = MatWriter::new(false, true);
        write(&mut writer);
        Matlab.read(&Input::from_bytes("F.mat", writer.finish()))
    }

    fn message(write: impl Fn(&mut MatWriter)) -> String {
        read(write).unwrap_err().to_string()
    }

    fn pairs(graph: &Graph) -> Vec<(u32, u32)> {
        graph.relations()[0].forward.pairs().collect()
    }

    const EXPECTED: [(u32, u32); 3] = [(0, 1), (1, 0), (2, 1)];

    #[test]
    fn the_variables_of_gottlieb_et_al_are_read() {
        let graph = read(|writer| {
            writer.matrix("didr", 6, 2, 3, 2, &DIDR);
            similarity(writer, "disease", 2);
            similarity(writer, "drug", 3);
            writer.cells("Wrname", &DRUGS);
            writer.text_rows("Wdname", &DISEASES);
            writer.structure("options");
        })
        .unwrap();
        assert_eq!(pairs(&graph), EXPECTED);
        assert_eq!(graph.node_tables()[0].ids, ["drugbank:DB00001", "drugbank:DB00002", "drugbank:DB00003"]);
        assert_eq!(graph.node_tables()[1].ids, ["omim:102100", "omim:102300"]);
        let drugs = graph.node_tables()[0].features.as_ref().unwrap();
        // Written column by column.
        assert_eq!(drugs.row(0), [0.0, 3.0 / 16.0, 6.0 / 16.0]);
        assert_eq!(graph.provenance().decisions[0], "variables not read: 'options' (a structure)");
    }

    #[test]
    fn other_names_are_told_by_size_and_ids() {
        // By similarities of telling names, and the other way round.
        let graph = read(|writer| {
            writer.matrix("Y", 6, 2, 3, 2, &DIDR);
            similarity(writer, "drug_sim", 3);
            similarity(writer, "dis_sim", 2);
        })
        .unwrap();
        assert_eq!(pairs(&graph), EXPECTED);
        assert_eq!(graph.node_tables()[0].ids[2], "drug 3");
        let decisions = &graph.provenance().decisions;
        assert!(
            decisions[0].starts_with("'Y' taken for the drug-disease matrix, with disease nodes"),
            "{decisions:?}"
        );
        // By lists of ids alone, beside squares of no telling name.
        let graph = read(|writer| {
            similarity(writer, "A", 3);
            similarity(writer, "B", 2);
            writer.sparse("Y", 2, 3, &[(1, 0, 1.0), (0, 1, 1.0), (1, 2, 1.0)]);
            writer.cells("r", &DRUGS);
            writer.cells("c", &DISEASES);
        })
        .unwrap();
        assert_eq!(pairs(&graph), EXPECTED);
        assert!(graph.node_tables().iter().all(|table| table.features.is_some()));
        // A name that says which are the rows needs nothing else.
        let graph = read(|writer| writer.matrix("drug_dis", 9, 3, 2, 2, &[0, 1, 0, 1, 0, 1])).unwrap();
        assert_eq!(pairs(&graph), [(0, 1), (1, 0), (2, 1)]);
    }

    #[test]
    fn what_does_not_fit_is_one_clear_sentence() {
        assert_eq!(
            message(|writer| writer.matrix("Y", 6, 2, 3, 2, &DIDR)),
            "F.mat is refused: it holds 'Y' (2 x 3), and whether drugs or diseases are the rows of 'Y' does not show; \
             expected variables such as didr (disease x drug), drug and disease (similarities), Wrname and Wdname (ids), \
             or drug_disease, drug_sim, disease_sim, drug_names and disease_names"
        );
        assert!(
            message(|_| {})
                .starts_with("F.mat is refused: it holds nothing, and none of them is known to be")
        );
        assert_eq!(
            message(|writer| writer.matrix("didr", 6, 2, 3, 2, &[0, 1, 2, 0, 0, 1])),
            "F.mat/didr:1: cell 2 holds '2'; expected 0 or 1"
        );
        assert_eq!(
            message(|writer| writer.sparse("didr", 2, 3, &[(1, 0, 0.5)])),
            "F.mat/didr:2: cell 1 holds '0.5'; expected 0 or 1"
        );
        assert_eq!(
            message(|writer| {
                writer.matrix("didr", 6, 2, 3, 2, &DIDR);
                writer.matrix("disease", 6, 2, 2, 9, &doubles(&[1.0, f64::NAN, 0.0, 1.0], false));
            }),
            "F.mat/disease:2: cell 1 holds 'NaN'; expected a finite number"
        );
        assert_eq!(
            message(|writer| {
                writer.matrix("didr", 6, 2, 3, 2, &DIDR);
                writer.cells("Wrname", &DRUGS[..2]);
            }),
            "F.mat/didr has 3 columns; expected 2, one for each line of F.mat/Wrname"
        );
        let hdf5 = Input::from_bytes("F.mat", b"MATLAB 7.3 MAT-file, Platform: GLNXA64".to_vec());
        assert!(Matlab.detect(&hdf5));
        assert_eq!(
            Matlab.read(&hdf5).unwrap_err().to_string(),
            "F.mat is refused: it is a MATLAB 7.3 file (HDF5); expected a file of an earlier version: save it with -v7"
        );
        let poem = Matlab.read(&Input::from_bytes("F.mat", b"Roses".to_vec())).unwrap_err().to_string();
        assert_eq!(
            poem,
            "F.mat is a file that begins with \"Roses\"; matlab expects a MAT-file of MATLAB 5 to 7"
        );
    }
}
