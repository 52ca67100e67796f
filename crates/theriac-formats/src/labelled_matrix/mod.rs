//! Drug-disease data sets as matrices in text files: with labels (DRIMC, LRSSL) or bare (LAGCN).

mod labelled;
mod recognition;

use std::collections::HashSet;

use theriac_graph::Graph;

use crate::Format;
use crate::drug_disease::{
    Association, DrugDisease, LabelKind, Labels, Role, Side, Similarity, label_kind, role, rows_by_size,
};
use crate::dtinet::DtiNet;
use crate::error::FormatError;
use crate::input::{Container, Input};
use crate::matrix::{BinaryMatrix, parse_binary, parse_floats};
use crate::text::{Encoding, decode_text};
use labelled::{LabelledMatrix, Layout, layout};
use recognition::{is_association, is_text_file, rows_by_labels};

/// The reader of drug-disease matrices as text: one file, or a folder, an archive or several files of a data set.
///
/// A matrix with a header row and a header column is known by its labels: with the same ones down as across it is a
/// similarity, otherwise, where one side are drugs and the other diseases, the association. DrugBank, `ChEMBL`, `PubChem`
/// and other ids of chemicals are drugs, OMIM, MONDO, DOID, UMLS and other ids of disorders are diseases, and one side
/// tells the other. Where the labels do not tell, the cell above the row labels or the file's name does
/// (`drug_disease.tsv`: rows first), or a similarity of the same labels whose name does.
///
/// A bare matrix is known by its name: `drug_dis.csv`, `drug_sim.csv`, `dis_sim.csv` and the like; what stands in the
/// rows is checked against the similarities. Its nodes are named by lists with a name a line, `drug_names.txt`,
/// `drugs.csv`, `diseases.txt` and the like, or else by their place.
pub struct LabelledMatrices;

/// Members that detection looks into; what could be the association comes first.
const PROBED_MEMBERS: usize = 16;

impl Format for LabelledMatrices {
    fn name(&self) -> &'static str {
        "matrix"
    }

    fn description(&self) -> &'static str {
        "a drug-disease matrix as text with similarities beside it, labelled (DRIMC's predict_*.txt) or bare (LAGCN's \
         drug_dis.csv)"
    }

    fn detect(&self, input: &Input) -> bool {
        if input.container() == Container::File {
            return is_association(input.head(), role(&file_name(input)));
        }
        // DTINet has a drug-disease matrix too, among others that would not be read here.
        if DtiNet.detect(input) {
            return false;
        }
        let mut names: Vec<&String> = input.names().iter().filter(|name| is_text_file(name)).collect();
        names.sort_by_key(|name| !matches!(role(name), Some(Role::Association { .. })));
        names
            .into_iter()
            .take(PROBED_MEMBERS)
            .any(|name| input.member(name).is_ok_and(|member| is_association(member.head(), role(name))))
    }

    fn read(&self, input: &Input) -> Result<Graph, FormatError> {
        let mut parts = Parts::default();
        let alone = input.container() == Container::File;
        input.for_each_member(|member| {
            let (name, file) = (member.file_name().to_owned(), member.file().to_owned());
            if alone || is_text_file(&name) {
                parts.push(&name, file, &member.content()?, alone)
            } else {
                parts.unread.push(name);
                Ok(())
            }
        })?;
        parts.into_graph(input)
    }
}

/// What was read, sorted by what it is.
#[derive(Default)]
struct Parts {
    candidates: Vec<Candidate>,
    /// With the side where labels or name tell it.
    similarities: Vec<(Option<Side>, Similarity)>,
    lists: [Option<Labels>; 2],
    /// Names of files that are something else.
    unread: Vec<String>,
    decisions: Vec<String>,
}

/// A matrix that may be the association.
struct Candidate {
    file: String,
    /// What the labels or the name tell of the rows.
    rows: Option<Side>,
    /// Whether rows and columns are known to be drugs and diseases, not only one of them.
    certain: bool,
    content: Content,
}

enum Content {
    Labelled(LabelledMatrix),
    Plain(BinaryMatrix),
}

impl Parts {
    /// Takes in a file. One whose name says nothing is passed over where it is no matrix, unless it is `alone`.
    fn push(&mut self, name: &str, file: String, bytes: &[u8], alone: bool) -> Result<(), FormatError> {
        let told = role(name);
        match (told, layout(bytes)) {
            (Some(Role::Nodes(side)), found) => self.push_nodes(side, file, bytes, found),
            (Some(Role::Association { rows }), Some(Layout::Plain)) => {
                let content = Content::Plain(parse_binary(bytes, &file)?);
                self.candidates.push(Candidate { file, rows, certain: true, content });
                Ok(())
            }
            (Some(Role::Similarity(side)), Some(Layout::Plain)) => {
                let matrix = parse_floats(bytes, &file)?;
                self.similarities.push((side, Similarity { file, labels: None, matrix }));
                Ok(())
            }
            (told, Some(Layout::Labelled)) => match LabelledMatrix::parse(bytes, &file) {
                Ok(parsed) => {
                    self.push_labelled(told, file, parsed);
                    Ok(())
                }
                Err(error) if alone || told.is_some() => Err(error),
                Err(_) => {
                    self.unread.push(name.into());
                    Ok(())
                }
            },
            // A name that promises a matrix makes the file's faults worth telling.
            (Some(_), None) => parse_floats(bytes, &file).map(|_| self.unread.push(name.into())),
            (None, _) => {
                self.unread.push(name.into());
                Ok(())
            }
        }
    }

    fn push_labelled(&mut self, told: Option<Role>, file: String, parsed: LabelledMatrix) {
        if parsed.encoding == Encoding::Latin1 {
            self.decisions.push(format!("{file} is not UTF-8: read as Latin-1"));
        }
        if parsed.is_square() {
            let named = match told {
                Some(Role::Similarity(side)) => side,
                Some(Role::Nodes(side)) => Some(side),
                _ => None,
            };
            let side = match label_kind(&parsed.row_labels) {
                LabelKind::Of(side) => Some(side),
                LabelKind::Either | LabelKind::Other => named,
            };
            let similarity = Similarity { file, labels: Some(parsed.row_labels), matrix: parsed.matrix };
            self.similarities.push((side, similarity));
            return;
        }
        let (rows, certain) = rows_by_labels(&parsed, told);
        self.candidates.push(Candidate { file, rows, certain, content: Content::Labelled(parsed) });
    }

    /// A file of one side: similarities, or names.
    fn push_nodes(
        &mut self,
        side: Side,
        file: String,
        bytes: &[u8],
        found: Option<Layout>,
    ) -> Result<(), FormatError> {
        if found == Some(Layout::Plain) {
            let matrix = parse_floats(bytes, &file)?;
            self.similarities.push((Some(side), Similarity { file, labels: None, matrix }));
            return Ok(());
        }
        if let Ok(parsed) = LabelledMatrix::parse(bytes, &file)
            && parsed.is_square()
        {
            self.push_labelled(Some(Role::Nodes(side)), file, parsed);
            return Ok(());
        }
        let (text, encoding) = decode_text(bytes);
        if text.trim().is_empty() {
            return Err(FormatError::Empty { file, what: "names" });
        }
        let mut labels = Vec::new();
        for (row, line) in text.trim_end().lines().enumerate() {
            let line = line.trim();
            let label = line.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(line);
            if label.is_empty() {
                let (line, found) = (row as u64 + 1, "a blank line".into());
                return Err(FormatError::Line { file, line, found, expected: "a name".into() });
            }
            labels.push(label.to_owned());
        }
        if encoding == Encoding::Latin1 {
            self.decisions.push(format!("{file} is not UTF-8: read as Latin-1"));
        }
        match &mut self.lists[side as usize] {
            place @ None => *place = Some(Labels { file, labels }),
            Some(_) => self.unread.push(file),
        }
        Ok(())
    }

    fn into_graph(mut self, input: &Input) -> Result<Graph, FormatError> {
        let similarities = &self.similarities;
        for candidate in &mut self.candidates {
            candidate.look_at(similarities);
        }
        let Candidate { file, rows, content, .. } = self.take_association(input)?;
        let (matrix, lines, mut labels) = match content {
            Content::Labelled(LabelledMatrix { row_labels, column_labels, lines, matrix, .. }) => {
                let binary = matrix.to_binary(&file, |row, column| (lines[row].into(), column + 2))?;
                (binary, lines, Some((row_labels, column_labels)))
            }
            Content::Plain(matrix) => {
                let lines = (1..=matrix.rows as u32).collect();
                (matrix, lines, None)
            }
        };
        let rows = if labels.is_some() {
            rows
        } else {
            let found = rows_by_size((matrix.rows, matrix.columns), self.counts(), rows);
            if found != rows
                && let Some(found) = found
            {
                self.decisions.push(format!(
                    "{file} has {} nodes in its rows: so it fits the lists or similarities",
                    found.node_type()
                ));
            }
            found
        };
        let Some(rows) = rows else { return Err(unclear_rows(file)) };
        let mut sorted = [Vec::new(), Vec::new()];
        for (side, similarity) in std::mem::take(&mut self.similarities) {
            let same =
                |labels: &[String]| similarity.labels.as_deref().is_some_and(|own| covers(own, labels));
            let side = side.or_else(|| {
                let (row_labels, column_labels) = labels.as_ref()?;
                if same(row_labels) {
                    return Some(rows);
                }
                same(column_labels).then_some(rows.other())
            });
            match side {
                Some(side) => sorted[side as usize].push(similarity),
                None => self.unread.push(similarity.file),
            }
        }
        let mut lists = std::mem::take(&mut self.lists);
        if let Some((row_labels, column_labels)) = labels.take() {
            self.unread.extend(lists.iter_mut().filter_map(Option::take).map(|list| list.file));
            lists[rows as usize] = Some(Labels { file: file.clone(), labels: row_labels });
            lists[rows.other() as usize] = Some(Labels { file: file.clone(), labels: column_labels });
        }
        let mut decisions = self.decisions;
        if !self.unread.is_empty() {
            decisions.push(format!("files not read: {}", self.unread.join(", ")));
        }
        let association = Association { file, rows, matrix, lines };
        DrugDisease { association, labels: lists, similarities: sorted, decisions }.into_graph(input)
    }

    /// How many drugs and diseases there are, as far as lists or similarities tell.
    fn counts(&self) -> [Option<usize>; 2] {
        Side::BOTH.map(|side| {
            let listed = self.lists[side as usize].as_ref().map(|list| list.labels.len());
            let of_side = |(told, _): &&(Option<Side>, Similarity)| *told == Some(side);
            listed.or_else(|| self.similarities.iter().find(of_side).map(|(_, first)| first.matrix.rows))
        })
    }

    /// The only candidate that is certain, or else the only one of which a side is known, or else the only one.
    fn take_association(&mut self, input: &Input) -> Result<Candidate, FormatError> {
        let ranks: [fn(&Candidate) -> bool; 3] =
            [|candidate| candidate.certain, |candidate| candidate.rows.is_some(), |_| true];
        for fits in ranks {
            let found: Vec<usize> =
                (0..self.candidates.len()).filter(|&place| fits(&self.candidates[place])).collect();
            match found[..] {
                [] => {}
                [place] => {
                    let association = self.candidates.swap_remove(place);
                    self.unread.extend(self.candidates.drain(..).map(|other| other.file));
                    return Ok(association);
                }
                [first, second, ..] => {
                    let (first, second) = (&self.candidates[first].file, &self.candidates[second].file);
                    return Err(FormatError::Refused {
                        file: input.path().display().to_string(),
                        reason: format!("both {first} and {second} may be its drug-disease matrix"),
                        expected: "one",
                    });
                }
            }
        }
        Err(input.wrong_container(
            "matrix",
            "a text file with drugs by diseases, labelled (predict_admat_dgc.txt) or bare (drug_dis.csv)",
        ))
    }
}

impl Candidate {
    /// Learns what stands in the rows from a similarity of the same labels.
    fn look_at(&mut self, similarities: &[(Option<Side>, Similarity)]) {
        let (Content::Labelled(parsed), None) = (&self.content, self.rows) else { return };
        self.rows = similarities.iter().find_map(|(side, similarity)| {
            let own = similarity.labels.as_ref()?;
            if covers(own, &parsed.row_labels) {
                return *side;
            }
            if covers(own, &parsed.column_labels) { side.map(Side::other) } else { None }
        });
    }
}

/// Whether `own` holds all of `labels`.
fn covers(own: &[String], labels: &[String]) -> bool {
    if own == labels {
        return true;
    }
    let own: HashSet<&String> = own.iter().collect();
    labels.iter().all(|label| own.contains(label))
}

fn unclear_rows(file: String) -> FormatError {
    FormatError::Refused {
        file,
        reason: "neither its labels nor its name tell which are the drugs and which the diseases".into(),
        expected: "labels such as DB00014 and D102100, or a name such as drug_disease.tsv with what stands in the rows \
                   first",
    }
}

fn file_name(input: &Input) -> String {
    input.path().file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADMAT: &str = "\tDB00001\tDB00002\tDB00003\nD102100\t0\t1\t0\nD102300\t1\t0\t1\n";
    const EXPECTED: [(u32, u32); 3] = [(0, 1), (1, 0), (2, 1)];

    /// The files of a data set as an archive.
    fn archive(files: &[(&str, &str)]) -> Input {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, text) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            builder.append_data(&mut header, name, text.as_bytes()).unwrap();
        }
        Input::from_bytes("set.tar", builder.into_inner().unwrap())
    }

    fn single(name: &str, text: &str) -> Input {
        Input::from_bytes(name, text.as_bytes().to_vec())
    }

    fn pairs(graph: &Graph) -> Vec<(u32, u32)> {
        graph.relations()[0].forward.pairs().collect()
    }

    fn message(input: &Input) -> String {
        LabelledMatrices.read(input).unwrap_err().to_string()
    }

    /// Reads what has to be recognised first.
    fn read(input: &Input) -> Graph {
        assert!(LabelledMatrices.detect(input), "{}", input.describe());
        LabelledMatrices.read(input).unwrap()
    }

    #[test]
    fn labels_tell_what_a_single_matrix_is() {
        let graph = read(&single("x", ADMAT));
        assert_eq!(pairs(&graph), EXPECTED);
        assert_eq!(graph.node_tables()[0].ids[0], "drugbank:DB00001");
        assert_eq!(graph.node_tables()[1].ids, ["omim:102100", "omim:102300"]);
        let turned = "MESH:D000001,MESH:D000002\nDB00001,0,1\nDB00002,1,0\nDB00003,0,1\n";
        assert_eq!(pairs(&read(&single("x", turned))), EXPECTED);
    }

    #[test]
    fn names_of_nodes_need_the_name_of_the_file_or_the_corner() {
        let named = "\tgout\tfever\naspirin\t0\t1\nheparin sodium\t1\t0\n";
        assert_eq!(pairs(&read(&single("drug_disease.tsv", named))), [(0, 1), (1, 0)]);
        let graph = read(&single("disease-drug.tsv", named));
        assert_eq!(graph.node_tables()[0].ids, ["gout", "fever"]);
        let corner = LabelledMatrices.read(&single("m.tsv", &format!("drug{named}"))).unwrap();
        assert_eq!(corner.node_tables()[0].ids, ["aspirin", "heparin sodium"]);
        assert!(!LabelledMatrices.detect(&single("m.tsv", named)));
        assert!(
            message(&single("m.tsv", named))
                .starts_with("m.tsv is refused: neither its labels nor its name tell")
        );
    }

    #[test]
    fn a_labelled_data_set_is_read_by_content() {
        let files = [
            ("set/a.txt", ADMAT),
            (
                "set/b.txt",
                "\tDB00003\tDB00001\tDB00002\nDB00003\t1\t.1\t.2\nDB00001\t.1\t1\t.3\nDB00002\t.2\t.3\t1\n",
            ),
            ("set/c.txt", "\tD102100\tD102300\nD102100\t1\t.5\nD102300\t.5\t1\n"),
            ("set/domains.txt", "\tp1\tp2\nDB00001\t0\t1\nDB00002\t1\t0\n"),
            ("set/README.txt", "Roses are red\nViolets are blue\n"),
            ("set/F.mat", "MATLAB"),
        ];
        let graph = read(&archive(&files));
        assert_eq!(pairs(&graph), EXPECTED);
        let drugs = graph.node_tables()[0].features.as_ref().unwrap();
        assert_eq!(drugs.values, [1.0, 0.3, 0.1, 0.3, 1.0, 0.2, 0.1, 0.2, 1.0]);
        assert_eq!(graph.node_tables()[1].features.as_ref().unwrap().values, [1.0, 0.5, 0.5, 1.0]);
        let decisions = &graph.provenance().decisions;
        assert_eq!(decisions[0], "files not read: README.txt, F.mat, set.tar/set/domains.txt");
    }

    #[test]
    fn further_similarities_are_listed() {
        let similarity =
            "\tDB00001\tDB00002\tDB00003\nDB00001\t1\t0\t0\nDB00002\t0\t1\t0\nDB00003\t0\t0\t1\n";
        let graph = read(&archive(&[
            ("predict_admat_dgc.txt", ADMAT),
            ("predict_simmat_dc_chemical.txt", similarity),
            ("predict_simmat_dc_go.txt", similarity),
        ]));
        let decisions = &graph.provenance().decisions;
        let expected = "set.tar/predict_simmat_dc_go.txt not read: one similarity becomes the features of drug nodes, the \
                        first in order of name";
        assert!(decisions.iter().any(|decision| decision == expected), "{decisions:?}");
    }

    #[test]
    fn a_bare_data_set_is_read_by_name() {
        let (association, drugs, diseases) =
            ("0.0e+00,1.0e+00,0\n1,0,1\n", "1,.5,.5\n.5,1,.5\n.5,.5,1\n", "1,.5\n.5,1\n");
        // Diseases stand in the rows here, against what the name says.
        let graph = read(&archive(&[
            ("drug_dis.csv", association),
            ("drug_sim.csv", drugs),
            ("dis_sim.csv", diseases),
        ]));
        assert_eq!(pairs(&graph), EXPECTED);
        assert_eq!(graph.node_tables()[0].ids, ["drug 1", "drug 2", "drug 3"]);
        assert!(graph.node_tables().iter().all(|table| table.features.is_some()));
        let decisions = &graph.provenance().decisions;
        assert!(
            decisions[0].starts_with("set.tar/drug_dis.csv has disease nodes in its rows"),
            "{decisions:?}"
        );
        let graph = read(&archive(&[
            ("dis_drug.csv", association),
            ("diseases.txt", "D102100\n\"gout, acute\"\n"),
            ("drug_names.csv", "aspirin\nheparin sodium\nDB00003\n"),
        ]));
        assert_eq!(graph.node_tables()[0].ids, ["aspirin", "heparin sodium", "drugbank:DB00003"]);
        assert_eq!(graph.node_tables()[1].names, ["D102100", "gout, acute"]);
        assert_eq!(pairs(&graph), EXPECTED);
        assert_eq!(pairs(&read(&single("drug_dis.csv", association))), [(0, 1), (1, 0), (1, 2)]);
    }

    #[test]
    fn other_tables_are_left_alone() {
        for (name, text) in [
            ("drug_disease.csv", "drug,disease,weight\n1,1,1\n0,1,1\n"),
            ("drug_disease.csv", "source,target\nDB00001,D102100\n"),
            ("drug_disease.txt", "0 1\n1 0\n"),
            ("drug_disease.txt", "0 1 2\n1 0 3\n"),
            ("x.tsv", "\tbit1\tbit2\nDB00001\t0\t1\n"),
            ("x.tsv", "\tDB00001\tDB00002\nDB00001\t1\t0\nDB00002\t0\t1\n"),
            ("x.tsv", "\tDB00004\tDB00005\nDB00001\t1\t0\nDB00002\t0\t1\n"),
            ("x.tsv", "\tDB00001\tDB00002\nD102100\t.5\t0\n"),
        ] {
            assert!(!LabelledMatrices.detect(&single(name, text)), "{name} {text:?}");
        }
    }

    #[test]
    fn bad_data_sets_are_one_clear_sentence() {
        assert_eq!(
            message(&single("m.tsv", &ADMAT.replace("1\t0\t1", "1\t0\t2"))),
            "m.tsv:3: cell 4 holds '2'; expected 0 or 1"
        );
        let two = message(&archive(&[("a.txt", ADMAT), ("b.txt", ADMAT)]));
        assert_eq!(
            two,
            "set.tar is refused: both set.tar/a.txt and set.tar/b.txt may be its drug-disease matrix; expected one"
        );
        let none = message(&archive(&[("a.txt", "Roses are red\n"), ("b.md", "")]));
        assert!(
            none.starts_with("set.tar is a tar archive with a.txt, b.md; matrix expects a text file with"),
            "{none}"
        );
        let files = |name, text| message(&archive(&[("drug_dis.csv", "0,1,0\n1,0,1\n"), (name, text)]));
        assert_eq!(
            files("drugs.txt", "aspirin\n"),
            "set.tar/drug_dis.csv has 2 rows; expected 1, one for each line of set.tar/drugs.txt"
        );
        assert_eq!(
            files("drugs.txt", "a\n\nb\n"),
            "set.tar/drugs.txt:2: found a blank line; expected a name"
        );
        assert_eq!(files("drugs.txt", "\n"), "set.tar/drugs.txt holds no names; expected at least one");
        assert_eq!(
            files("drug_sim.csv", "1,0\n0,x\n"),
            "set.tar/drug_sim.csv:2: cell 2 holds 'x'; expected a finite number"
        );
        assert_eq!(
            files("dis_sim.csv", "1,0\n0,1\n0,1\n"),
            "set.tar/dis_sim.csv is refused: it has 2 columns, for the 3 disease nodes of set.tar/drug_dis.csv; \
             expected one for each node"
        );
    }
}
