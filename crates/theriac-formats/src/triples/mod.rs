//! Triples: head, relation and tail, with the types and names of the entities beside them.

mod entities;
mod ogb;
mod relations;
mod shape;

use theriac_graph::{DuplicatePolicy, Graph};

use crate::Format;
use crate::assembler::{Assembler, EdgeRow};
use crate::delimited::{Dialect, Record};
use crate::edge_list::edge_list_provenance;
use crate::error::{FormatError, excerpt};
use crate::input::{Container, Input};
use crate::rows::Rows;
use entities::Entities;
use relations::Relations;
use shape::Shape;

/// The reader of triples: lines of head, relation and tail with tabs between, and the weight in a fourth cell where there
/// is one.
///
/// Alone, such a file has entities of the one type `entity`, or they carry their types as in `drug::DB00945`. In a folder,
/// an archive or among several files, `entity_types.tsv` gives the types, `entity_names.tsv` the names, and
/// `relations.tsv` the relations with their directions, as `theriac export --to triples` writes them; `.txt` files are the
/// same. The parts of a split, `train.txt`, `valid.txt` and `test.txt`, are read as one graph. So are `PyKEEN`'s data sets,
/// `BioPathNet`'s and those of KG-BERT.
///
/// An archive with OGB's files (`num-node-dict.csv`, `relations/*/edge.csv`, `mapping/*_entidx2name.csv`) is read too.
///
/// The same triple twice is one edge.
pub struct Triples;

/// What files of triples are called, in the order in which they are read.
const TRIPLES: [&str; 9] =
    ["triples", "train", "train1", "train2", "valid", "validation", "dev", "test_graph", "test"];
/// What files that give each entity a type are called.
const TYPES: [&str; 1] = ["entity_types"];
/// What files that give entities names are called.
const NAMES: [&str; 2] = ["entity_names", "entity2text"];
/// What the file is called that says what the relations are.
const RELATIONS: [&str; 1] = ["relations"];

impl Format for Triples {
    fn name(&self) -> &'static str {
        "triples"
    }

    fn description(&self) -> &'static str {
        "triples as TSV (head, relation, tail), alone or with entity_types and entity_names beside them (PyKEEN, \
         BioPathNet, OGB)"
    }

    fn detect(&self, input: &Input) -> bool {
        match input.container() {
            Container::File => Shape::detect(input.head()),
            _ => ogb::detect(input) || Files::of(input).is_ok_and(|files| !files.triples.is_empty()),
        }
    }

    fn read(&self, input: &Input) -> Result<Graph, FormatError> {
        let mut reading = Reading::new(input);
        if input.container() == Container::File {
            reading.read_triples(input)?;
        } else if ogb::detect(input) {
            return ogb::read(input);
        } else {
            reading.read_files(input)?;
        }
        reading.finish(input)
    }
}

/// The files of a data set, by their names within it.
#[derive(Debug, Default, PartialEq)]
struct Files {
    /// In the order in which they are read.
    triples: Vec<String>,
    types: Option<String>,
    names: Option<String>,
    relations: Option<String>,
    /// Files of triples that are not part of the data set.
    unread: Vec<String>,
}

impl Files {
    /// Tells the files of a folder or archive apart. Where none of [`TRIPLES`] is there, whatever begins like triples
    /// beside types or names belongs to them.
    ///
    /// # Errors
    ///
    /// [`FormatError::RepeatedMember`] when there are two of a name.
    fn of(input: &Input) -> Result<Self, FormatError> {
        let mut files = Self::default();
        let mut known: [Option<String>; TRIPLES.len()] = Default::default();
        let mut others = Vec::new();
        for (name, head) in input.member_heads() {
            let Some(stem) = stem(name) else { continue };
            let place = |names: &[&'static str]| names.iter().position(|known| *known == stem);
            let (member, slot) = if let Some(place) = place(&TYPES) {
                (TYPES[place], &mut files.types)
            } else if let Some(place) = place(&NAMES) {
                (NAMES[place], &mut files.names)
            } else if place(&RELATIONS).is_some() && Relations::detect(head) {
                (RELATIONS[0], &mut files.relations)
            } else if !Shape::detect(head) {
                continue;
            } else if let Some(place) = place(&TRIPLES) {
                (TRIPLES[place], &mut known[place])
            } else {
                others.push(name.clone());
                continue;
            };
            if let Some(first) = slot.replace(name.clone()) {
                let (path, second) = (input.path().into(), name.clone());
                return Err(FormatError::RepeatedMember { path, member, first, second });
            }
        }
        files.triples.extend(known.into_iter().flatten());
        if files.triples.is_empty() && (files.types.is_some() || files.names.is_some()) {
            others.sort_unstable();
            files.triples = others;
        } else {
            files.unread = others;
        }
        Ok(files)
    }
}

/// The name of a text file without its folders and extensions; `None` of another.
fn stem(name: &str) -> Option<&str> {
    let file_name = without_compression(name.rsplit('/').next().unwrap_or_default());
    [".tsv", ".txt"].iter().find_map(|extension| file_name.strip_suffix(extension))
}

fn without_compression(name: &str) -> &str {
    [".gz", ".zst", ".bz2"].iter().find_map(|extension| name.strip_suffix(extension)).unwrap_or(name)
}

/// A data set on the way into a graph.
struct Reading {
    assembler: Assembler,
    entities: Entities,
    relations: Relations,
    decisions: Vec<String>,
}

impl Reading {
    fn new(input: &Input) -> Self {
        Self {
            assembler: Assembler::new(input.path().display().to_string()),
            entities: Entities::default(),
            relations: Relations::default(),
            decisions: Vec::new(),
        }
    }

    fn read_files(&mut self, input: &Input) -> Result<(), FormatError> {
        // A damaged archive is that before it lacks anything.
        input.member_names()?;
        let files = Files::of(input)?;
        if files.triples.is_empty() {
            let needed = "lines of head, relation and tail with tabs between".into();
            let path = input.path().into();
            return Err(FormatError::MissingMember {
                path,
                member: "triples.tsv",
                format: "triples",
                needed,
            });
        }
        if let Some(name) = &files.names {
            self.entities.read_names(&input.member(name)?, &mut self.decisions)?;
        }
        if let Some(name) = &files.types {
            let member = input.member(name)?;
            self.entities.read_types(&member, &mut self.decisions)?;
            self.assembler.begin_file(member.path().display().to_string());
            self.entities.push_nodes(&mut self.assembler, &mut self.decisions)?;
        }
        if let Some(name) = &files.relations {
            let member = input.member(name)?;
            self.assembler.begin_file(member.path().display().to_string());
            self.relations.read(&member, &mut self.assembler)?;
        }
        for name in &files.triples {
            let member = input.member(name)?;
            self.assembler.begin_file(member.path().display().to_string());
            self.read_triples(&member)?;
        }
        if let [first @ .., last] = &files.triples[..]
            && !first.is_empty()
        {
            self.decisions.push(format!(
                "{} and {last} read as one graph: how they split its triples is not kept",
                first.join(", ")
            ));
        }
        self.decisions.extend(files.unread.iter().map(|name| format!("{name} not read")));
        Ok(())
    }

    /// Reads the triples of a file.
    fn read_triples(&mut self, member: &Input) -> Result<(), FormatError> {
        let file = member.path().display().to_string();
        let Some(shape) = Shape::of(member.head()) else {
            return Err(no_triples(member, file));
        };
        self.entities.expect(shape);
        let (entities, relations) = (&self.entities, &self.relations);
        let rows = Rows { dialect: Dialect::TSV, header: shape.header, width: shape.width };
        let latin1 = rows.read(member, &mut self.assembler, |part, record| {
            push(part, record, &file, entities, relations)
        })?;
        self.decisions.extend(latin1.decision(&file));
        Ok(())
    }

    fn finish(mut self, input: &Input) -> Result<Graph, FormatError> {
        self.decisions.extend(self.entities.decision());
        self.decisions.extend(self.relations.decision());
        let mut provenance = edge_list_provenance(input);
        provenance.decisions = self.decisions;
        self.assembler.finish(provenance, DuplicatePolicy::Merge)
    }
}

fn push(
    part: &mut Assembler,
    record: &Record<'_>,
    file: &str,
    entities: &Entities,
    relations: &Relations,
) -> Result<(), FormatError> {
    let line = record.line();
    let source = entities.end(file, line, record.cell(0))?;
    let target = entities.end(file, line, record.cell(2))?;
    let types = [source.node_type, target.node_type];
    let relation = relations.called(file, line, record.cell(1), types)?;
    let weight = match if record.len() > 3 { record.cell(3) } else { "" } {
        "" => None,
        text => Some(text.parse().map_err(|_| FormatError::Cell {
            file: file.into(),
            line,
            column: 4,
            found: excerpt(text.as_bytes()),
            expected: "a number, the weight",
        })?),
    };
    let (relation, undirected) = (&relation.name, relation.undirected);
    part.push(line, &EdgeRow { source, target, relation, weight, undirected, ..EdgeRow::default() })
}

/// The error of a file that does not begin with a triple.
fn no_triples(input: &Input, file: String) -> FormatError {
    // A file that cannot be decoded has no triples either, but that is not its trouble.
    if let Err(error) = input.content() {
        return error;
    }
    let line = input.head().split(|&byte| byte == b'\n').next().unwrap_or_default().trim_ascii_end();
    if line.is_empty() {
        return FormatError::Empty { file, what: "triples" };
    }
    let (found, expected) =
        (format!("'{}'", excerpt(line)), "head, relation and tail with tabs between".into());
    FormatError::Line { file, line: 1, found, expected }
}

#[cfg(test)]
mod tests {
    use theriac_graph::RelationKey;

    use super::*;

    fn read(text: &str) -> Result<Graph, FormatError> {
        Triples.read(&Input::from_bytes("kg.tsv", text.as_bytes().to_vec()))
    }

    fn message(text: &str) -> String {
        read(text).unwrap_err().to_string()
    }

    fn keys(graph: &Graph) -> Vec<(String, usize)> {
        graph.relations().iter().map(|relation| (relation.key.to_string(), relation.len())).collect()
    }

    #[test]
    fn a_file_alone_has_one_type_of_entities() {
        let graph =
            read("aspirin\ttreats\tfever\naspirin\ttargets\tPTGS2\naspirin\ttreats\tfever\n").unwrap();
        let expected = [("entity:treats:entity".into(), 1), ("entity:targets:entity".into(), 1)];
        assert_eq!(keys(&graph), expected);
        assert_eq!(graph.relations()[0].merged_duplicates, 1);
        assert_eq!(graph.node_tables()[0].ids, ["aspirin", "fever", "PTGS2"]);
        assert_eq!(graph.provenance().decisions, ["entities have no types: all nodes are of type entity"]);
        assert_eq!(graph.provenance().name, "kg");
    }

    #[test]
    fn entities_may_carry_their_types() {
        let graph =
            read("drug::a\tdrug:treats:disease\tdisease::x\ndrug::a\tGO:binds\tSide Effect::y::z\n").unwrap();
        let expected = [("drug:treats:disease".into(), 1), ("drug:go_binds:side_effect".into(), 1)];
        assert_eq!(keys(&graph), expected);
        assert_eq!(graph.node_type("side_effect").unwrap().1.ids, ["y::z"]);
        assert_eq!(
            graph.provenance().decisions,
            ["colons in the names of relations read as _, since they separate the parts of a key: GO:binds"]
        );
    }

    #[test]
    fn a_header_and_weights_are_read() {
        let graph = read("Head\tRelation\tTail\tWeight\na\tlikes\tb\t0.25\nb\tlikes\ta\t\n").unwrap();
        let relation = graph.relation(&RelationKey::new("entity", "likes", "entity")).unwrap();
        assert_eq!(relation.forward.weights(), Some(&[0.25, 1.0][..]));
        assert!(!relation.undirected);
    }

    #[test]
    fn bad_triples_are_one_clear_sentence() {
        assert_eq!(message("a\tr\tb\na\tr\n"), "kg.tsv:2: found 2 cells; expected 3, as on line 1");
        assert_eq!(
            message("a\tr\n"),
            "kg.tsv:1: found 'a\tr'; expected head, relation and tail with tabs between"
        );
        assert_eq!(
            message("a,r,b\n"),
            "kg.tsv:1: found 'a,r,b'; expected head, relation and tail with tabs between"
        );
        assert_eq!(
            message("a\tr\tb\n\tr\tb\n"),
            "kg.tsv:2: found an empty source; expected the id of a node"
        );
        assert_eq!(
            message("a\tr\tb\na\tr\t \n"),
            "kg.tsv:2: found an empty target; expected the id of a node"
        );
        assert_eq!(message("a\tr\tb\na\t\tb\n"), "kg.tsv:2: found an empty relation; expected its name");
        assert_eq!(
            message("a\tr\tb\t1\na\tr\tc\theavy\n"),
            "kg.tsv:2: cell 4 holds 'heavy'; expected a number, the weight"
        );
        assert_eq!(
            message("a\tr\tb\t1\na\tr\tc\tinf\n"),
            "kg.tsv:2: an edge of entity:r:entity weighs inf; expected a finite number"
        );
        let many = "drug::a\tr\tdrug::b\n".repeat(60);
        assert_eq!(
            message(&format!("{many}drug::a\tr\tc\n")),
            "kg.tsv:61: found the entity 'c'; expected type::id, as on the first lines"
        );
        assert_eq!(message("head\trelation\ttail\n"), "kg.tsv holds no edges; expected at least one");
        assert_eq!(message(""), "kg.tsv holds no triples; expected at least one");
    }

    #[test]
    fn names_are_told_without_folders_and_extensions() {
        assert_eq!(stem("data/train.txt.gz"), Some("train"));
        assert_eq!(stem("entity_types.tsv"), Some("entity_types"));
        assert_eq!(stem("train.pt"), None);
    }
}
