//! DTINet (Luo et al. 2017): drugs, proteins, diseases and side effects as 0/1 matrices with lists of names.
//!
//! Read from the published tarball (`data.tar.gz`, members `data/*.txt`) as it stands, or from a folder that holds these
//! files or a folder with them.

use std::collections::HashMap;
use std::sync::OnceLock;

use theriac_graph::{
    DuplicatePolicy, EdgeList, FeatureMatrix, Graph, GraphBuilder, Lines, NodeTable, Origin, Provenance,
    RelationKey,
};

use crate::Format;
use crate::error::{FormatError, excerpt};
use crate::input::{Container, Input};
use crate::matrix::{BinaryMatrix, FloatMatrix, parse_binary, parse_floats};
use crate::text::{Encoding, decode_text};

/// The reader.
pub struct DtiNet;

/// A node type: its list of ids and, where there is one, the map from ids to names.
struct NodeFiles {
    node_type: &'static str,
    /// One id a line; its order is that of the matrices' rows and columns.
    list: &'static str,
    /// Lines `id:name`.
    map: Option<&'static str>,
    /// Prefix that makes a CURIE of an id.
    prefix: Option<&'static str>,
}

const NODES: [NodeFiles; 4] = [
    NodeFiles {
        node_type: "drug",
        list: "drug.txt",
        map: Some("drug_dict_map.txt"),
        prefix: Some("drugbank"),
    },
    NodeFiles {
        node_type: "protein",
        list: "protein.txt",
        map: Some("protein_dict_map.txt"),
        prefix: Some("uniprot"),
    },
    NodeFiles { node_type: "disease", list: "disease.txt", map: None, prefix: None },
    NodeFiles { node_type: "side_effect", list: "se.txt", map: None, prefix: None },
];

/// The matrices, each with its relation.
const RELATIONS: [(&str, [&str; 3]); 6] = [
    ("mat_drug_disease.txt", ["drug", "treats", "disease"]),
    ("mat_drug_protein.txt", ["drug", "targets", "protein"]),
    ("mat_drug_drug.txt", ["drug", "interacts", "drug"]),
    ("mat_protein_protein.txt", ["protein", "interacts", "protein"]),
    ("mat_protein_disease.txt", ["protein", "associates", "disease"]),
    ("mat_drug_se.txt", ["drug", "causes", "side_effect"]),
];

/// Similarity of each drug to each drug.
const SIMILARITY: &str = "Similarity_Matrix_Drugs.txt";

impl Format for DtiNet {
    fn name(&self) -> &'static str {
        "dtinet"
    }

    fn description(&self) -> &'static str {
        "DTINet's data.tar.gz, or a folder with its *.txt files"
    }

    fn detect(&self, input: &Input) -> bool {
        // Lists such as drug.txt are anybody's; these names are DTINet's own.
        let own = |name: &str| {
            name == SIMILARITY
                || name == "drug_dict_map.txt"
                || RELATIONS.iter().any(|(member, _)| *member == name)
        };
        input.names().iter().any(|name| own(file_name(name)))
    }

    fn read(&self, input: &Input) -> Result<Graph, FormatError> {
        if input.container() == Container::File {
            return Err(input.wrong_container(self.name(), "an archive or a folder"));
        }
        Members::read(input)?.into_graph(input)
    }
}

/// The files of the format: the small ones as bytes, the matrices parsed.
struct Members {
    /// Where each file was found, by file name: its name for messages.
    found: HashMap<&'static str, String>,
    lists: HashMap<&'static str, String>,
    /// Lists that are not UTF-8.
    latin1: Vec<&'static str>,
    matrices: HashMap<&'static str, BinaryMatrix>,
    similarity: FloatMatrix,
}

impl Members {
    /// Reads members one after the other on this thread, and parses each on another as soon as it is there: so the
    /// time is that of decompression alone, on two cores.
    fn read(input: &Input) -> Result<Self, FormatError> {
        let mut found = HashMap::new();
        let mut lists = HashMap::new();
        let mut latin1 = Vec::new();
        let matrices = RELATIONS.map(|(name, _)| (name, OnceLock::new()));
        let similarity = OnceLock::new();
        rayon::in_place_scope(|scope| {
            input.for_each_member(|member| {
                let Some(name) = known(member.file_name()) else { return Ok(()) };
                let file = member.file().to_owned();
                if let Some(first) = found.insert(name, file.clone()) {
                    let (path, second) = (input.path().into(), file);
                    return Err(FormatError::RepeatedMember { path, member: name, first, second });
                }
                let bytes = member.content()?;
                if name == SIMILARITY {
                    let similarity = &similarity;
                    scope.spawn(move |_| drop(similarity.set(parse_floats(&bytes, &file))));
                } else if let Some((_, matrix)) = matrices.iter().find(|(matrix, _)| *matrix == name) {
                    scope.spawn(move |_| drop(matrix.set(parse_binary(&bytes, &file))));
                } else {
                    let (text, encoding) = decode_text(&bytes);
                    lists.insert(name, text.into_owned());
                    if encoding == Encoding::Latin1 {
                        latin1.push(name);
                    }
                }
                Ok(())
            })
        })?;
        let needed = || {
            let names: Vec<&str> = all_files().collect();
            names.join(", ")
        };
        if let Some(member) = all_files().find(|name| !found.contains_key(name)) {
            let path = input.path().into();
            return Err(FormatError::MissingMember { path, member, format: "dtinet", needed: needed() });
        }
        // Every file was found, so every slot is filled.
        let matrices = matrices
            .into_iter()
            .filter_map(|(name, slot)| Some(slot.into_inner()?.map(|matrix| (name, matrix))))
            .collect::<Result<_, _>>()?;
        let similarity = similarity.into_inner().unwrap_or_else(|| Ok(FloatMatrix::default()))?;
        latin1.sort_unstable();
        Ok(Self { found, lists, latin1, matrices, similarity })
    }

    fn into_graph(mut self, input: &Input) -> Result<Graph, FormatError> {
        let mut decisions = vec![
            "drug:treats:disease holds DTINet's drug-disease matrix: associations of CTD (therapeutic, marker and \
             inferred together), not indications"
                .into(),
            "mat_drug_protein_remove_homo.txt and mat_protein_drug.txt not read: they repeat mat_drug_protein.txt \
             without homologous proteins and transposed"
                .into(),
        ];
        decisions.extend(self.latin1.iter().map(|list| format!("{list} is not UTF-8: read as Latin-1")));
        let mut tables = Vec::new();
        for files in &NODES {
            tables.push(self.node_table(files, &mut decisions)?);
        }
        let nodes: HashMap<&str, (usize, &str)> = NODES
            .iter()
            .zip(&tables)
            .map(|(files, table)| (files.node_type, (table.len(), files.list)))
            .collect();
        self.check_size(
            SIMILARITY,
            (self.similarity.rows, self.similarity.columns),
            nodes["drug"],
            nodes["drug"],
        )?;
        for (name, [source, _, target]) in RELATIONS {
            let size = (self.matrices[name].rows, self.matrices[name].columns);
            self.check_size(name, size, nodes[source], nodes[target])?;
        }
        let FloatMatrix { columns: dim, values, .. } = std::mem::take(&mut self.similarity);
        tables[0].features = Some(FeatureMatrix { name: "similarity".into(), dim, values });

        let edge_lists: Vec<(RelationKey, EdgeList)> = RELATIONS
            .iter()
            .map(|(name, [source, relation, target])| {
                let key = RelationKey::new(*source, *relation, *target);
                let BinaryMatrix { ones_row, ones_column, .. } =
                    self.matrices.remove(name).unwrap_or_default();
                let loops = ones_row.iter().zip(&ones_column).filter(|(row, column)| row == column).count();
                if source == target && loops > 0 {
                    decisions.push(format!("self-loops of {key} kept, as DTINet has them: {loops}"));
                }
                let origin = Origin::of(&self.found[name], Lines::MatrixRow);
                (key, EdgeList { sources: ones_row, targets: ones_column, origin, ..EdgeList::default() })
            })
            .collect();

        let mut builder = GraphBuilder::new(Provenance {
            name: "DTINet".into(),
            sources: vec![input.path().display().to_string()],
            licence: Some("GPL-3.0".into()),
            citation: Some(
                "Luo, Y. et al. A network integration approach for drug-target interaction prediction and \
                 computational drug repositioning from heterogeneous information. Nature Communications 8, 573 (2017). \
                 https://doi.org/10.1038/s41467-017-00680-8"
                    .into(),
            ),
            decisions,
        });
        for table in tables {
            builder.add_nodes(table)?;
        }
        for (key, edges) in edge_lists {
            builder.add_relation(key, edges, DuplicatePolicy::Reject)?;
        }
        Ok(builder.build()?)
    }

    /// The nodes of one type: ids from the list, names from the map where there is one.
    fn node_table(&self, files: &NodeFiles, decisions: &mut Vec<String>) -> Result<NodeTable, FormatError> {
        let entries = self.lines(files.list)?;
        let nodes = entries.len();
        let mut names: Vec<String> = entries.iter().map(|&entry| entry.to_owned()).collect();
        if let Some(map) = files.map {
            let map = self.name_map(map)?;
            let mut unnamed = 0;
            for name in &mut names {
                match map.get(name.as_str()) {
                    Some(&known) => known.clone_into(name),
                    None => unnamed += 1,
                }
            }
            if unnamed > 0 {
                let node_type = files.node_type;
                decisions.push(format!(
                    "{unnamed} of {nodes} {node_type} nodes have no name and keep their id as name"
                ));
            }
        }
        let mut occurrences = HashMap::new();
        let mut repeated = 0;
        let mut table = NodeTable::new(files.node_type, Vec::new(), Vec::new());
        for (entry, name) in entries.into_iter().zip(names) {
            let id = files.prefix.map_or_else(|| entry.to_owned(), |prefix| format!("{prefix}:{entry}"));
            let occurrence = occurrences.entry(entry).and_modify(|count| *count += 1).or_insert(1u32);
            // Each line of the list is a row of the matrices, so a repeated id is a node of its own.
            let (id, xrefs) = match *occurrence {
                1 => (id, Vec::new()),
                count => (format!("{id}#{count}"), vec![id]),
            };
            repeated += u32::from(*occurrence > 1);
            table.ids.push(id);
            table.names.push(name);
            table.synonyms.push(Vec::new());
            table.xrefs.push(xrefs);
        }
        if repeated > 0 {
            decisions.push(format!(
                "{repeated} of {nodes} lines of {} repeat an earlier id: kept as nodes of their own, as the matrices have \
                 them, with #2, #3, ... behind the id",
                files.list
            ));
        }
        Ok(table)
    }

    /// Lines `id:name` as a map; the first line of an id counts.
    fn name_map(&self, name: &'static str) -> Result<HashMap<&str, &str>, FormatError> {
        let mut map = HashMap::new();
        for (row, line) in self.lines(name)?.into_iter().enumerate() {
            let Some((id, name)) = line.split_once(':').filter(|(_, name)| !name.is_empty()) else {
                return Err(self.bad_line(name, row, format!("'{}'", excerpt(line.as_bytes())), "id:name"));
            };
            map.entry(id).or_insert(name);
        }
        Ok(map)
    }

    /// The lines of a list, without blanks around them; blank lines at its end do not count.
    fn lines(&self, name: &'static str) -> Result<Vec<&str>, FormatError> {
        let text = self.lists[name].trim_end();
        if text.is_empty() {
            return Err(FormatError::Empty { file: self.found[name].clone(), what: "names" });
        }
        let mut lines = Vec::new();
        for (row, line) in text.split('\n').enumerate() {
            match line.trim() {
                "" => return Err(self.bad_line(name, row, "a blank line".into(), "a name")),
                line => lines.push(line),
            }
        }
        Ok(lines)
    }

    /// Compares a matrix with the lists of its rows and columns, each given as number of nodes and file.
    fn check_size(
        &self,
        name: &'static str,
        (rows, columns): (usize, usize),
        source: (usize, &'static str),
        target: (usize, &'static str),
    ) -> Result<(), FormatError> {
        for (what, found, (expected, list)) in [("row", rows, source), ("column", columns, target)] {
            if found != expected {
                let (file, other) = (self.found[name].clone(), self.found[list].clone());
                return Err(FormatError::Length { file, what, found, expected, other });
            }
        }
        Ok(())
    }

    fn bad_line(&self, name: &'static str, row: usize, found: String, expected: &str) -> FormatError {
        let (file, line) = (self.found[name].clone(), row as u64 + 1);
        FormatError::Line { file, line, found, expected: expected.into() }
    }
}

/// All files that are read, by name.
fn all_files() -> impl Iterator<Item = &'static str> {
    let lists = NODES.iter().flat_map(|files| [Some(files.list), files.map]).flatten();
    lists.chain(RELATIONS.iter().map(|(matrix, _)| *matrix)).chain([SIMILARITY])
}

fn known(file_name: &str) -> Option<&'static str> {
    all_files().find(|name| *name == file_name)
}

fn file_name(member: &str) -> &str {
    member.rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_file_has_one_meaning() {
        assert_eq!(all_files().collect::<HashSet<_>>().len(), all_files().count());
        assert_eq!(known("mat_protein_drug.txt"), None);
        assert_eq!(known(file_name("data/se.txt")), Some("se.txt"));
    }

    #[test]
    fn relations_join_known_types() {
        let types: Vec<&str> = NODES.iter().map(|files| files.node_type).collect();
        for (name, [source, _, target]) in RELATIONS {
            assert!(types.contains(&source) && types.contains(&target), "{name}");
        }
    }
}
