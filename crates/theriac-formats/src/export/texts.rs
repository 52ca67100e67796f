//! Texts in tables without quotes: one line a row, so no tab or line end may stand in a cell.

use std::borrow::Cow;

use theriac_graph::{Graph, LIST_SEPARATOR};

use crate::error::{FormatError, excerpt};

/// Stands for [`LIST_SEPARATOR`] within an entry of a list.
const BROKEN_BAR: &str = "\u{a6}";

/// Makes texts fit into cells and counts what had to be changed.
#[derive(Default)]
pub(super) struct Cells {
    blanks: usize,
    bars: usize,
}

impl Cells {
    /// A text without tabs and line ends: blanks stand for them.
    pub(super) fn text<'a>(&mut self, text: &'a str) -> Cow<'a, str> {
        if !text.contains(breaks_cell) {
            return Cow::Borrowed(text);
        }
        self.blanks += 1;
        Cow::Owned(text.replace(breaks_cell, " "))
    }

    /// The entries of a list in one text, with `|` between them.
    pub(super) fn list(&mut self, entries: &[String]) -> String {
        let mut list = String::new();
        for (place, entry) in entries.iter().enumerate() {
            if place > 0 {
                list.push(LIST_SEPARATOR);
            }
            if entry.contains(LIST_SEPARATOR) {
                self.bars += 1;
                list.push_str(&entry.replace(LIST_SEPARATOR, BROKEN_BAR));
            } else {
                list.push_str(entry);
            }
        }
        self.text(&list).into_owned()
    }

    /// What was changed, one sentence each.
    pub(super) fn changed(&self) -> Vec<String> {
        let mut changed = Vec::new();
        if self.blanks > 0 {
            changed.push(format!("blanks stand for tabs and line ends in {} texts", self.blanks));
        }
        if self.bars > 0 {
            changed.push(format!("{BROKEN_BAR} stands for | in {} synonyms or cross-references", self.bars));
        }
        changed
    }
}

/// Checks that all ids, types and relations can stand in cells, where nothing may stand for them.
pub(super) fn check_cells(graph: &Graph, form: &'static str) -> Result<(), FormatError> {
    check_keys(graph, form, "tabs and line ends", breaks_cell)
}

/// Checks that no id, type or relation has a forbidden character.
pub(super) fn check_keys(
    graph: &Graph,
    form: &'static str,
    what: &'static str,
    forbidden: fn(char) -> bool,
) -> Result<(), FormatError> {
    let check = |kind: &str, text: &str| {
        if !text.contains(forbidden) {
            return Ok(());
        }
        let found = format!("{kind} '{}'", excerpt(text.escape_debug().to_string().as_bytes()));
        Err(FormatError::Unwritable { format: form, found, expected: format!("none with {what}") })
    };
    for table in graph.node_tables() {
        check("node type", &table.node_type)?;
        table.ids.iter().try_for_each(|id| check(&format!("{} id", table.node_type), id))?;
    }
    graph.relations().iter().try_for_each(|relation| check("relation", &relation.key.to_string()))
}

/// Checks that types can stand before their nodes' ids with `::` between.
pub(super) fn check_kinds(graph: &Graph, form: &'static str) -> Result<(), FormatError> {
    match graph.node_tables().iter().find(|table| table.node_type.contains(':')) {
        None => Ok(()),
        Some(table) => Err(FormatError::Unwritable {
            format: form,
            found: format!("node type '{}'", table.node_type),
            expected: "none with a colon".into(),
        }),
    }
}

fn breaks_cell(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r')
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;
    use super::*;

    #[test]
    fn what_breaks_a_cell_is_replaced_and_counted() {
        let mut cells = Cells::default();
        assert_eq!(cells.text("plain \"text\""), "plain \"text\"");
        assert_eq!(cells.changed(), [""; 0]);
        assert_eq!(cells.text("a\tb\r\nc"), "a b  c");
        assert_eq!(cells.list(&["a".into(), "b|c".into(), "d\n".into()]), "a|b\u{a6}c|d ");
        assert_eq!(
            cells.changed(),
            [
                "blanks stand for tabs and line ends in 2 texts",
                "\u{a6} stands for | in 1 synonyms or cross-references",
            ]
        );
    }

    #[test]
    fn a_forbidden_character_in_an_id_is_named() {
        check_cells(&sample(), "kgx").unwrap();
        let error = check_keys(&sample(), "kgx", "nines", |c| c == '9').unwrap_err().to_string();
        assert_eq!(error, "kgx cannot write gene_product id '9'; expected none with nines");
        check_kinds(&sample(), "kgx").unwrap();
    }
}
