//! What relations of triples are called.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::{PoisonError, RwLock};

use theriac_graph::RelationKey;

use crate::assembler::Assembler;
use crate::delimited::{Dialect, Records};
use crate::error::{FormatError, excerpt};
use crate::input::Input;
use crate::rows::first_row;
use crate::text::decode_text;

const HEADER: [&str; 3] = ["relation", "key", "undirected"];
/// So many names with colons are told one by one; the others are counted.
const EXAMPLES: usize = 5;

/// What relations are called.
#[derive(Default)]
pub(super) struct Relations {
    table: Option<Table>,
    /// Names that hold colons.
    with_colons: RwLock<BTreeSet<String>>,
}

/// A file that says what each relation is.
struct Table {
    file: String,
    relations: HashMap<String, (RelationKey, bool)>,
}

/// A relation as an edge has it.
#[derive(Debug, PartialEq)]
pub(super) struct Called<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) undirected: bool,
}

impl Relations {
    /// Whether a content begins as a table of relations.
    pub(super) fn detect(head: &[u8]) -> bool {
        first_row(head, Dialect::TSV).is_some_and(|header| header == HEADER)
    }

    /// Reads a table of relations: what each is called in triples, its key, and whether it is undirected. Each comes into
    /// being, whether it has edges or not.
    ///
    /// # Errors
    ///
    /// [`FormatError::Line`] for a line that is not that, or repeats a name; what reading meets.
    pub(super) fn read(&mut self, input: &Input, assembler: &mut Assembler) -> Result<(), FormatError> {
        let file = input.path().display().to_string();
        let content = input.content()?;
        let (text, _) = decode_text(&content);
        let mut records = Records::new(&text, 1, Dialect::TSV, true);
        records.next();
        let mut relations = HashMap::new();
        while let Some(record) = records.next() {
            let cells: Vec<&str> = record.cells().collect();
            let row = match cells[..] {
                [name, key, undirected] if !name.is_empty() => key
                    .parse::<RelationKey>()
                    .ok()
                    .zip(undirected.parse::<bool>().ok())
                    .map(|row| (name, row)),
                _ => None,
            };
            let line = record.line();
            let bad = |expected: &str| FormatError::Line {
                file: file.clone(),
                line,
                found: format!("'{}'", excerpt(cells.join("\t").as_bytes())),
                expected: expected.into(),
            };
            let (name, row) =
                row.ok_or_else(|| bad("the name of a relation, source:name:target, and true or false"))?;
            if row.1 && row.0.source != row.0.target {
                return Err(bad("false, since the ends are of different types"));
            }
            assembler.push_relation(line, &row.0, row.1)?;
            if relations.insert(name.to_owned(), row).is_some() {
                return Err(bad("each name once"));
            }
        }
        self.table = Some(Table { file, relations });
        Ok(())
    }

    /// The relation that stands between nodes of these types in the triple on `line`.
    ///
    /// # Errors
    ///
    /// [`FormatError::Line`] when it is empty, or the table of relations does not have it between these types.
    pub(super) fn called<'a>(
        &'a self,
        file: &str,
        line: u64,
        text: &'a str,
        [source, target]: [&str; 2],
    ) -> Result<Called<'a>, FormatError> {
        let bad =
            |found: String, expected: String| FormatError::Line { file: file.into(), line, found, expected };
        if text.is_empty() {
            return Err(bad("an empty relation".into(), "its name".into()));
        }
        if let Some(table) = &self.table {
            let Some((key, undirected)) = table.relations.get(text) else {
                let found = format!("the relation '{}'", excerpt(text.as_bytes()));
                return Err(bad(found, format!("one of {}", table.file)));
            };
            if key.source != source || key.target != target {
                let found = format!("'{}' from {source} to {target}", excerpt(text.as_bytes()));
                return Err(bad(found, format!("{key}, as {} has it", table.file)));
            }
            return Ok(Called { name: Cow::Borrowed(&key.name), undirected: *undirected });
        }
        if !text.contains(':') {
            return Ok(Called { name: Cow::Borrowed(text), undirected: false });
        }
        let of_key = text.strip_prefix(source).and_then(|rest| rest.strip_prefix(':'));
        let of_key = of_key.and_then(|rest| rest.strip_suffix(target)?.strip_suffix(':'));
        if let Some(name) = of_key.filter(|name| !name.is_empty() && !name.contains(':')) {
            return Ok(Called { name: Cow::Borrowed(name), undirected: false });
        }
        let known = self.with_colons.read().unwrap_or_else(PoisonError::into_inner).contains(text);
        if !known {
            self.with_colons.write().unwrap_or_else(PoisonError::into_inner).insert(text.into());
        }
        Ok(Called { name: Cow::Owned(text.replace(':', "_")), undirected: false })
    }

    /// What is to be said of the names.
    pub(super) fn decision(&self) -> Option<String> {
        let names = self.with_colons.read().unwrap_or_else(PoisonError::into_inner);
        let shown: Vec<&str> = names.iter().take(EXAMPLES).map(String::as_str).collect();
        let more = names.len() - shown.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        (!names.is_empty()).then(|| {
            format!(
                "colons in the names of relations read as _, since they separate the parts of a key: {}{more}",
                shown.join(", ")
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Result<Relations, FormatError> {
        let mut relations = Relations::default();
        let input = Input::from_bytes("relations.tsv", text.as_bytes().to_vec());
        assert!(Relations::detect(input.head()));
        relations.read(&input, &mut Assembler::new("relations.tsv"))?;
        Ok(relations)
    }

    #[test]
    fn a_table_says_what_relations_are() {
        let relations = table(
            "relation\tkey\tundirected\nbinds\tdrug:binds:gene\tfalse\ndrug:is:drug\tdrug:is:drug\ttrue\n",
        );
        let relations = relations.unwrap();
        let called = |text, types| relations.called("t.tsv", 3, text, types);
        assert_eq!(
            called("drug:is:drug", ["drug", "drug"]).unwrap(),
            Called { name: "is".into(), undirected: true }
        );
        assert_eq!(
            called("binds", ["drug", "gene"]).unwrap(),
            Called { name: "binds".into(), undirected: false }
        );
        assert_eq!(
            called("binds", ["gene", "gene"]).unwrap_err().to_string(),
            "t.tsv:3: found 'binds' from gene to gene; expected drug:binds:gene, as relations.tsv has it"
        );
        assert_eq!(
            called("treats", ["drug", "gene"]).unwrap_err().to_string(),
            "t.tsv:3: found the relation 'treats'; expected one of relations.tsv"
        );
    }

    #[test]
    fn bad_tables_are_one_clear_sentence() {
        let message =
            |rows: &str| table(&format!("relation\tkey\tundirected\n{rows}")).err().unwrap().to_string();
        let expected = "expected the name of a relation, source:name:target, and true or false";
        assert_eq!(
            message("binds\tbinds\tfalse\n"),
            format!("relations.tsv:2: found 'binds\tbinds\tfalse'; {expected}")
        );
        assert_eq!(message("a\ta:b:c\n"), format!("relations.tsv:2: found 'a\ta:b:c'; {expected}"));
        assert_eq!(message("a\ta:b:c\t1\n"), format!("relations.tsv:2: found 'a\ta:b:c\t1'; {expected}"));
        assert_eq!(
            message("a\ta:b:c\tfalse\na\td:e:f\tfalse\n"),
            "relations.tsv:3: found 'a\td:e:f\tfalse'; expected each name once"
        );
        assert_eq!(
            message("a\ta:b:c\ttrue\n"),
            "relations.tsv:2: found 'a\ta:b:c\ttrue'; expected false, since the ends are of different types"
        );
    }

    #[test]
    fn colons_are_replaced_and_told() {
        let relations = Relations::default();
        for (text, name) in
            [("a:r:b", "r"), ("GO:annotation", "GO_annotation"), ("a:r:c", "a_r_c"), ("a::b", "a__b")]
        {
            assert_eq!(relations.called("t", 1, text, ["a", "b"]).unwrap().name, name);
        }
        assert_eq!(
            relations.decision().unwrap(),
            "colons in the names of relations read as _, since they separate the parts of a key: GO:annotation, a::b, a:r:c"
        );
    }
}
