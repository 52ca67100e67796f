//! The multiscale interactome (Ruiz, Zitnik and Leskovec, Nature Communications 2021;12:1796): tables of pairs of drugs,
//! indications, proteins and biological functions.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use theriac_graph::{DuplicatePolicy, Graph, Provenance};

use crate::Format;
use crate::assembler::{Assembler, EdgeEnd, EdgeRow, NamePolicy};
use crate::delimited::{Dialect, Record};
use crate::error::{FormatError, excerpt};
use crate::input::{Container, Input};
use crate::rows::{Rows, first_row};

/// The reader of the multiscale interactome: any of its tables alone, or several in a folder, an archive or together.
///
/// | between | relation |
/// |---|---|
/// | drug, indication | `drug:treats:indication` |
/// | drug, protein | `drug:targets:protein` |
/// | indication, protein | `indication:associates:protein` |
/// | protein, protein | `protein:interacts:protein`, undirected |
/// | protein, biological function | `protein:participates:biological_function` |
/// | biological function, biological function | `biological_function:child_of:biological_function` |
///
/// The last is the hierarchy of the Gene Ontology, from the narrower function to the wider: kinds, parts and regulation of
/// it alike. Ids become CURIEs: `drugbank:DB00001`, `umls:C0031117`, `ncbigene:90`; `GO:0000002` is one. The same pair
/// twice is one edge.
pub struct Msi;

/// Columns of a table of nodes with their types.
const PAIRS: [&str; 6] = ["node_1", "node_2", "node_1_type", "node_2_type", "node_1_name", "node_2_name"];
/// Columns of the table of indications.
const INDICATIONS: [&str; 4] = ["drug", "drug_name", "indication", "indication_name"];
/// What the edges between two types say, and whether they have no direction.
const RELATIONS: [([&str; 2], &str, bool); 6] = [
    (["drug", "indication"], "treats", false),
    (["drug", "protein"], "targets", false),
    (["indication", "protein"], "associates", false),
    (["protein", "protein"], "interacts", true),
    (["protein", "biological_function"], "participates", false),
    (["biological_function", "biological_function"], "child_of", false),
];
/// So many ids of no known vocabulary are told one by one; the others are counted.
const EXAMPLES: usize = 5;

/// A table of the format.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Table {
    Pairs,
    Indications,
}

impl Table {
    /// The table that begins so.
    fn of(head: &[u8]) -> Option<Self> {
        let header = first_row(head, Dialect::TSV)?;
        match () {
            () if header == PAIRS => Some(Self::Pairs),
            () if header == INDICATIONS => Some(Self::Indications),
            () => None,
        }
    }

    fn width(self) -> usize {
        match self {
            Self::Pairs => PAIRS.len(),
            Self::Indications => INDICATIONS.len(),
        }
    }

    /// Types, ids and names of the ends of a row.
    fn ends<'r>(self, record: &Record<'r>) -> [EdgeEnd<'r>; 2] {
        let end = |node_type, id, name| EdgeEnd { node_type, id: record.cell(id), name: record.cell(name) };
        match self {
            Self::Pairs => [end(record.cell(2), 0, 4), end(record.cell(3), 1, 5)],
            Self::Indications => [end("drug", 0, 1), end("indication", 2, 3)],
        }
    }
}

impl Format for Msi {
    fn name(&self) -> &'static str {
        "msi"
    }

    fn description(&self) -> &'static str {
        "the multiscale interactome's tables (node_1, node_2, their types and names; drug, indication and their names)"
    }

    fn detect(&self, input: &Input) -> bool {
        match input.container() {
            Container::File => Table::of(input.head()).is_some(),
            _ => input.member_heads().iter().any(|(_, head)| Table::of(head).is_some()),
        }
    }

    fn read(&self, input: &Input) -> Result<Graph, FormatError> {
        let mut assembler =
            Assembler::new(input.path().display().to_string()).with_names(NamePolicy::KeepFirst);
        let mut decisions = Vec::new();
        let unknown = Mutex::new(BTreeSet::new());
        if input.container() == Container::File {
            let Some(table) = Table::of(input.head()) else {
                return Err(no_table(input));
            };
            read_table(table, input, &mut assembler, &unknown, &mut decisions)?;
        } else {
            for (name, table) in tables(input)? {
                let member = input.member(&name)?;
                assembler.begin_file(member.path().display().to_string());
                read_table(table, &member, &mut assembler, &unknown, &mut decisions)?;
            }
        }
        let unknown = unknown.into_inner().unwrap_or_else(PoisonError::into_inner);
        decisions.extend(kept_ids(&unknown));
        let provenance = Provenance {
            name: "multiscale interactome".into(),
            sources: vec![input.path().display().to_string()],
            licence: Some("MIT".into()),
            citation: Some(
                "Ruiz, C., Zitnik, M. & Leskovec, J. Identification of disease treatment mechanisms through the multiscale \
                 interactome. Nature Communications 12, 1796 (2021). https://doi.org/10.1038/s41467-021-21770-8"
                    .into(),
            ),
            decisions,
        };
        assembler.finish(provenance, DuplicatePolicy::Merge)
    }
}

/// The tables of a folder or archive, in order of name, so that all ways to put them together give the same graph.
fn tables(input: &Input) -> Result<Vec<(String, Table)>, FormatError> {
    // A damaged archive is that before it lacks anything.
    input.member_names()?;
    let heads = input.member_heads().iter();
    let mut tables: Vec<(String, Table)> =
        heads.filter_map(|(name, head)| Some((name.clone(), Table::of(head)?))).collect();
    tables.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    if tables.is_empty() {
        let needed = format!("a table of {} or of {}", PAIRS.join(", "), INDICATIONS.join(", "));
        let (path, member) = (input.path().into(), "drug_to_protein.tsv");
        return Err(FormatError::MissingMember { path, member, format: "msi", needed });
    }
    Ok(tables)
}

fn read_table(
    table: Table,
    input: &Input,
    assembler: &mut Assembler,
    unknown: &Mutex<BTreeSet<String>>,
    decisions: &mut Vec<String>,
) -> Result<(), FormatError> {
    let file = input.path().display().to_string();
    let rows = Rows { dialect: Dialect::TSV, header: true, width: table.width() };
    let latin1 = rows.read(input, assembler, |part, record| {
        let (line, [source, target]) = (record.line(), table.ends(record));
        let types = [source.node_type, target.node_type];
        let Some((_, relation, undirected)) = RELATIONS.iter().find(|(between, ..)| *between == types) else {
            let pairs: Vec<String> =
                RELATIONS.iter().map(|([from, to], ..)| format!("{from} and {to}")).collect();
            let found = format!("'{}' and '{}'", excerpt(types[0].as_bytes()), excerpt(types[1].as_bytes()));
            let (file, expected) = (file.clone(), format!("types out of {}", pairs.join(", ")));
            return Err(FormatError::Line { file, line, found, expected });
        };
        let ids = [&source, &target].map(|end| curie(end, unknown));
        let [source, target] = [(source, &ids[0]), (target, &ids[1])].map(|(end, id)| EdgeEnd { id, ..end });
        part.push(line, &EdgeRow { source, target, relation, undirected: *undirected, ..EdgeRow::default() })
    })?;
    decisions.extend(latin1.decision(&file));
    Ok(())
}

/// The id of a node as a CURIE; one that is not of the vocabulary of its type stays as it is, and is noted.
fn curie(end: &EdgeEnd<'_>, unknown: &Mutex<BTreeSet<String>>) -> String {
    let numbered = |letters: &str| {
        let number = end.id.strip_prefix(letters);
        number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let (prefix, known) = match end.node_type {
        "drug" => ("drugbank:", numbered("DB")),
        "protein" => ("ncbigene:", numbered("")),
        "indication" => ("umls:", numbered("C")),
        _ => ("", numbered("GO:")),
    };
    if known {
        return format!("{prefix}{}", end.id);
    }
    if !end.id.is_empty() {
        let noted = format!("{} '{}'", end.node_type, end.id);
        unknown.lock().unwrap_or_else(PoisonError::into_inner).insert(noted);
    }
    end.id.to_owned()
}

/// What is to be said of ids that are of no known vocabulary.
fn kept_ids(unknown: &BTreeSet<String>) -> Option<String> {
    let shown: Vec<&str> = unknown.iter().take(EXAMPLES).map(String::as_str).collect();
    let more = if unknown.len() > shown.len() { ", ..." } else { "" };
    let ids = if unknown.len() == 1 { "id is" } else { "ids are" };
    (!unknown.is_empty()).then(|| {
        format!("{} {ids} of no known vocabulary and kept: {}{more}", unknown.len(), shown.join(", "))
    })
}

/// The error of a file that does not begin with one of the headers.
fn no_table(input: &Input) -> FormatError {
    // A file that cannot be decoded has no header either, but that is not its trouble.
    if let Err(error) = input.content() {
        return error;
    }
    let line = input.head().split(|&byte| byte == b'\n').next().unwrap_or_default().trim_ascii_end();
    FormatError::Line {
        file: input.path().display().to_string(),
        line: 1,
        found: format!("'{}'", excerpt(line)),
        expected: format!("a header {}, or {}", PAIRS.join(", "), INDICATIONS.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "node_1\tnode_2\tnode_1_type\tnode_2_type\tnode_1_name\tnode_2_name\n";

    fn read(rows: &str) -> Result<Graph, FormatError> {
        Msi.read(&Input::from_bytes("drug_to_protein.tsv", format!("{HEADER}{rows}").into_bytes()))
    }

    fn message(rows: &str) -> String {
        read(rows).unwrap_err().to_string()
    }

    #[test]
    fn types_tell_the_relation_and_the_vocabulary() {
        let graph = read(
            "DB00001\t90\tdrug\tprotein\tLepirudin\tACVR1\n\
             clorprenaline\t90\tdrug\tprotein\t\tACVR1\n\
             C0031117\t90\tindication\tprotein\tneuropathy\tACVR1\n\
             90\t91\tprotein\tprotein\tACVR1\tACVR1B\n\
             91\t90\tprotein\tprotein\tACVR1B\tALK2\n\
             90\tGO:0000002\tprotein\tbiological_function\tACVR1\tmaintenance\n\
             GO:0000002\tGO:0000001\tbiological_function\tbiological_function\tmaintenance\torganization\n",
        )
        .unwrap();
        let relations: Vec<_> =
            graph.relations().iter().map(|r| (r.key.to_string(), r.edge_count(), r.undirected)).collect();
        let expected = [
            ("drug:targets:protein", 2, false),
            ("indication:associates:protein", 1, false),
            ("protein:interacts:protein", 1, true),
            ("protein:participates:biological_function", 1, false),
            ("biological_function:child_of:biological_function", 1, false),
        ];
        assert_eq!(relations, expected.map(|(key, edges, undirected)| (key.to_owned(), edges, undirected)));
        let ids: Vec<&[String]> = graph.node_tables().iter().map(|table| &table.ids[..]).collect();
        assert_eq!(ids[0], ["drugbank:DB00001", "clorprenaline"]);
        assert_eq!(ids[1], ["ncbigene:90", "ncbigene:91"]);
        assert_eq!(ids[2], ["umls:C0031117"]);
        assert_eq!(ids[3], ["GO:0000002", "GO:0000001"]);
        assert_eq!(graph.node_tables()[0].names, ["Lepirudin", "clorprenaline"]);
        assert_eq!(
            graph.provenance().decisions,
            [
                "1 id is of no known vocabulary and kept: drug 'clorprenaline'",
                "another name than its first, which is kept, is given to 1 node: protein 'ncbigene:90' is 'ACVR1' and \
                 in drug_to_protein.tsv:6 'ALK2'",
            ]
        );
    }

    #[test]
    fn bad_tables_are_one_clear_sentence() {
        assert_eq!(
            message("DB00001\t90\tdrug\tprotein\tLepirudin\n"),
            "drug_to_protein.tsv:2: found 5 cells; expected 6, as on line 1"
        );
        assert_eq!(
            message("DB00001\t90\tprotein\tdrug\ta\tb\n"),
            "drug_to_protein.tsv:2: found 'protein' and 'drug'; expected types out of drug and indication, drug and \
             protein, indication and protein, protein and protein, protein and biological_function, biological_function \
             and biological_function"
        );
        assert_eq!(
            message("DB00001\t\tdrug\tprotein\ta\tb\n"),
            "drug_to_protein.tsv:2: found an empty target; expected the id of a node"
        );
        assert_eq!(message(""), "drug_to_protein.tsv holds no edges; expected at least one");
        let error = Msi.read(&Input::from_bytes("e.tsv", b"node_1\tnode_2\n1\t2\n".to_vec())).unwrap_err();
        assert_eq!(
            error.to_string(),
            "e.tsv:1: found 'node_1\tnode_2'; expected a header node_1, node_2, node_1_type, node_2_type, node_1_name, \
             node_2_name, or drug, drug_name, indication, indication_name"
        );
    }
}
