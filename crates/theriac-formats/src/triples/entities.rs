//! What is known of entities: their types and names.

use foldhash::fast::FixedState;
use indexmap::IndexMap;

use super::shape::Shape;
use crate::assembler::{Assembler, EdgeEnd, NodeRow};
use crate::delimited::{Dialect, Records};
use crate::error::{FormatError, excerpt};
use crate::input::Input;
use crate::text::{Encoding, decode_text};

/// The type of nodes of which nothing tells the type.
const UNTYPED: &str = "entity";

/// What is known of entities.
#[derive(Default)]
pub(super) struct Entities {
    types: Option<Types>,
    names: IndexMap<String, String, FixedState>,
    /// Whether entities of which no file tells the type carry it; known from the first file of triples.
    carried: Option<bool>,
}

/// A file of types.
struct Types {
    file: String,
    /// The types as they are written.
    terms: Vec<String>,
    /// The entities, in order.
    entities: IndexMap<String, Given, FixedState>,
    /// Whether all entities are written `type::id`.
    prefixed: bool,
}

/// What a file of types says of an entity.
struct Given {
    /// Place in [`Types::terms`].
    term: usize,
    line: u64,
}

impl Types {
    /// The id of an entity of this type.
    fn id<'a>(&self, entity: &'a str, term: &str) -> &'a str {
        if self.prefixed { without_type(entity, term).unwrap_or(entity) } else { entity }
    }
}

impl Entities {
    /// Reads a table of entities and their types.
    ///
    /// # Errors
    ///
    /// [`FormatError::Ragged`] for a line without two cells, [`FormatError::Line`] for an empty cell and for an entity
    /// with two types, [`FormatError::Empty`] when there is no line; what reading meets.
    pub(super) fn read_types(
        &mut self,
        input: &Input,
        decisions: &mut Vec<String>,
    ) -> Result<(), FormatError> {
        let file = input.path().display().to_string();
        let mut terms: Vec<String> = Vec::new();
        let mut entities: IndexMap<String, Given, FixedState> = IndexMap::default();
        each_pair(input, "type", decisions, |line, entity, term| {
            let bad = |found: String, expected: String| {
                Err(FormatError::Line { file: file.clone(), line, found, expected })
            };
            if entity.is_empty() || term.is_empty() {
                return bad(format!("the type '{term}' for '{entity}'"), "an entity and its type".into());
            }
            let place = terms.iter().position(|known| known == term).unwrap_or_else(|| {
                terms.push(term.into());
                terms.len() - 1
            });
            match entities.get(entity) {
                Some(known) if known.term != place => bad(
                    format!("the type '{term}' for '{}'", excerpt(entity.as_bytes())),
                    format!("'{}', as on line {}", terms[known.term], known.line),
                ),
                Some(_) => Ok(()),
                None => {
                    entities.insert(entity.into(), Given { term: place, line });
                    Ok(())
                }
            }
        })?;
        if entities.is_empty() {
            return Err(FormatError::Empty { file, what: "entities" });
        }
        let mut all = entities.iter();
        let prefixed = all.all(|(entity, given)| without_type(entity, &terms[given.term]).is_some());
        self.types = Some(Types { file, terms, entities, prefixed });
        Ok(())
    }

    /// Reads a table of entities and their names; of two names of an entity the first is kept.
    ///
    /// # Errors
    ///
    /// [`FormatError::Ragged`] for a line without two cells; what reading meets.
    pub(super) fn read_names(
        &mut self,
        input: &Input,
        decisions: &mut Vec<String>,
    ) -> Result<(), FormatError> {
        let mut others = 0;
        let mut example = None;
        each_pair(input, "name", decisions, |_, entity, name| {
            match self.names.get(entity) {
                Some(known) if known != name => {
                    others += 1;
                    example.get_or_insert_with(|| format!("'{name}' beside '{known}' for '{entity}'"));
                }
                Some(_) => {}
                None => drop(self.names.insert(entity.into(), name.into())),
            }
            Ok(())
        })?;
        let lines = if others == 1 { "line gives" } else { "lines give" };
        let file = input.path().display();
        decisions.extend(example.map(|example| {
            format!(
                "{file}: {others} {lines} an entity another name than its first, which is kept: {example}"
            )
        }));
        Ok(())
    }

    /// Adds all entities that have a type, in the order of the file of types, which is the one that is being read.
    pub(super) fn push_nodes(
        &self,
        assembler: &mut Assembler,
        decisions: &mut Vec<String>,
    ) -> Result<(), FormatError> {
        let Some(types) = &self.types else { return Ok(()) };
        let mut named = 0;
        for (entity, given) in &types.entities {
            let node_type = &types.terms[given.term];
            let name = self.names.get(entity).map(String::as_str);
            named += usize::from(name.is_some());
            let row = NodeRow {
                node_type,
                id: types.id(entity, node_type),
                name: name.unwrap_or_default(),
                ..NodeRow::default()
            };
            assembler.push_node(given.line, &row)?;
        }
        let nameless = self.names.len() - named;
        if nameless > 0 {
            let entities = if nameless == 1 { "entity" } else { "entities" };
            decisions
                .push(format!("names of {nameless} {entities} not read: {} does not have them", types.file));
        }
        Ok(())
    }

    /// Takes in what a file of triples tells by its shape.
    pub(super) fn expect(&mut self, shape: Shape) {
        self.carried.get_or_insert(shape.typed);
    }

    /// The node that an entity is, at the end of a triple on `line`.
    ///
    /// # Errors
    ///
    /// [`FormatError::Line`] when nothing tells its type, but those of others.
    pub(super) fn end<'a>(
        &'a self,
        file: &str,
        line: u64,
        entity: &'a str,
    ) -> Result<EdgeEnd<'a>, FormatError> {
        if entity.is_empty() {
            return Ok(EdgeEnd { node_type: UNTYPED, ..EdgeEnd::default() });
        }
        let unknown = |expected: String| FormatError::Line {
            file: file.into(),
            line,
            found: format!("the entity '{}'", excerpt(entity.as_bytes())),
            expected,
        };
        if let Some(types) = &self.types {
            let given = types.entities.get(entity);
            let given = given.ok_or_else(|| unknown(format!("one that {} gives a type", types.file)))?;
            let node_type = &types.terms[given.term];
            return Ok(EdgeEnd { node_type, id: types.id(entity, node_type), name: "" });
        }
        let name = self.names.get(entity).map_or("", String::as_str);
        if self.carried != Some(true) {
            return Ok(EdgeEnd { node_type: UNTYPED, id: entity, name });
        }
        let (node_type, id) =
            entity.split_once("::").ok_or_else(|| unknown("type::id, as on the first lines".into()))?;
        Ok(EdgeEnd { node_type, id, name })
    }

    /// What is to be said of the types.
    pub(super) fn decision(&self) -> Option<String> {
        let told = self.types.is_some() || self.carried == Some(true);
        (!told).then(|| format!("entities have no types: all nodes are of type {UNTYPED}"))
    }
}

/// The rest of `type::id`, where the text before it is this type.
fn without_type<'a>(entity: &'a str, term: &str) -> Option<&'a str> {
    entity.strip_prefix(term)?.strip_prefix("::").filter(|id| !id.is_empty())
}

/// Hands the cells of a table of two columns to `each`, line by line; a header `entity` and `what` is passed over.
fn each_pair(
    input: &Input,
    what: &str,
    decisions: &mut Vec<String>,
    mut each: impl FnMut(u64, &str, &str) -> Result<(), FormatError>,
) -> Result<(), FormatError> {
    let file = input.path().display().to_string();
    let content = input.content()?;
    let (text, encoding) = decode_text(&content);
    if encoding == Encoding::Latin1 {
        decisions.push(format!("{file} is not UTF-8: read as Latin-1"));
    }
    let mut records = Records::new(&text, 1, Dialect::TSV, true);
    while let Some(record) = records.next() {
        let line = record.line();
        if record.len() != 2 {
            let cells = if record.len() == 1 { "cell" } else { "cells" };
            let (found, expected) =
                (format!("{} {cells}", record.len()), format!("two, an entity and its {what}"));
            return Err(FormatError::Line { file, line, found, expected });
        }
        let (entity, said) = (record.cell(0), record.cell(1));
        if line == 1 && entity.eq_ignore_ascii_case("entity") && said.eq_ignore_ascii_case(what) {
            continue;
        }
        each(line, entity, said)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Result<Entities, FormatError> {
        let mut entities = Entities::default();
        let input = Input::from_bytes("entity_types.txt", text.as_bytes().to_vec());
        entities.read_types(&input, &mut Vec::new())?;
        Ok(entities)
    }

    #[test]
    fn types_are_stripped_from_ids_where_all_carry_them() {
        let entities = typed("drug::a\tdrug\ndisease::x\tdisease\n").unwrap();
        assert_eq!(
            entities.end("t", 1, "drug::a").unwrap(),
            EdgeEnd { node_type: "drug", id: "a", name: "" }
        );
        let entities = typed("entity\ttype\ndrug::a\tdrug\nx\tdisease\n").unwrap();
        assert_eq!(entities.end("t", 1, "drug::a").unwrap().id, "drug::a");
        assert_eq!(entities.end("t", 1, "x").unwrap().node_type, "disease");
        assert_eq!(
            entities.end("t.txt", 7, "y").unwrap_err().to_string(),
            "t.txt:7: found the entity 'y'; expected one that entity_types.txt gives a type"
        );
    }

    #[test]
    fn bad_types_are_one_clear_sentence() {
        let message = |text: &str| typed(text).err().unwrap().to_string();
        assert_eq!(
            message("a\tdrug\nx\tdisease\na\tgene\n"),
            "entity_types.txt:3: found the type 'gene' for 'a'; expected 'drug', as on line 1"
        );
        assert_eq!(
            message("a\tdrug\nb\n"),
            "entity_types.txt:2: found 1 cell; expected two, an entity and its type"
        );
        assert_eq!(
            message("a\t\n"),
            "entity_types.txt:1: found the type '' for 'a'; expected an entity and its type"
        );
        assert_eq!(message("\n"), "entity_types.txt holds no entities; expected at least one");
        assert!(typed("a\tdrug\na\tdrug\n").is_ok());
    }

    #[test]
    fn of_two_names_the_first_is_kept() {
        let mut entities = Entities::default();
        let mut decisions = Vec::new();
        let input =
            Input::from_bytes("names.tsv", b"a\tAspirin\na\tASA\na\tAspirin\nb\tM\xe9ni\xe8re\n".to_vec());
        entities.read_names(&input, &mut decisions).unwrap();
        assert_eq!(entities.end("t", 1, "a").unwrap().name, "Aspirin");
        assert_eq!(entities.end("t", 1, "b").unwrap().name, "Ménière");
        assert_eq!(
            decisions,
            [
                "names.tsv is not UTF-8: read as Latin-1",
                "names.tsv: 1 line gives an entity another name than its first, which is kept: 'ASA' beside 'Aspirin' \
                 for 'a'",
            ]
        );
    }
}
