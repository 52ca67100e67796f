//! What a mapping says of the rows of a table, with places for columns.

use super::columns::Columns;
use super::mapping::Layout;
use super::table::Cells;
use super::value::{Column, Term, Where};
use crate::error::FormatError;

/// Which rows are taken.
pub(super) struct RowRules {
    file: String,
    /// Texts of which a column has to have one.
    accepted: Vec<(usize, Vec<String>)>,
    /// Whether rows without an id, type or relation are left out, rather than refused.
    pub(super) skip_incomplete: bool,
}

/// A node type or relation: of all rows, or in a column.
pub(super) enum BoundTerm {
    Fixed(String),
    At(usize),
}

impl RowRules {
    pub(super) fn bind(
        columns: &mut Columns,
        layout: &Layout<'_>,
        accepted: &Where,
        skip_incomplete: bool,
    ) -> Result<Self, FormatError> {
        let mut bound = Vec::new();
        for (key, texts) in &accepted.0 {
            let column = match key.parse() {
                Ok(number) if !layout.header && number > 0 => Column::Number(number),
                _ => Column::Name(key.clone()),
            };
            let place = columns.place(&column, "which 'where' names")?;
            bound.push((place, texts.0.iter().map(|text| text.0.clone()).collect()));
        }
        Ok(Self { file: columns.file.clone(), accepted: bound, skip_incomplete })
    }

    /// Whether `where` takes the row.
    pub(super) fn take(&self, cells: &Cells<'_>) -> bool {
        self.accepted.iter().all(|(place, texts)| {
            let cell = cells.cell(*place);
            texts.iter().any(|text| text == cell)
        })
    }

    /// The error of a row without `what`.
    pub(super) fn incomplete(&self, line: u64, what: &str) -> FormatError {
        self.wrong(
            line,
            format!("an empty {what}"),
            "one in every row, or skip_incomplete = true in the mapping",
        )
    }

    pub(super) fn wrong(&self, line: u64, found: String, expected: &str) -> FormatError {
        FormatError::Line { file: self.file.clone(), line, found, expected: expected.into() }
    }
}

impl BoundTerm {
    pub(super) fn bind(columns: &mut Columns, term: &Term, what: &'static str) -> Result<Self, FormatError> {
        Ok(match term {
            Term::Fixed(term) => Self::Fixed(term.clone()),
            Term::Column(column) => Self::At(columns.needed(column, what)?),
        })
    }

    pub(super) fn of<'r>(&'r self, cells: &Cells<'r>) -> &'r str {
        match self {
            Self::Fixed(term) => term,
            Self::At(place) => cells.cell(*place),
        }
    }
}

/// A prefix as it stands before a colon; `None` where there is none.
pub(super) fn bound_prefix(prefix: Option<&str>) -> Option<String> {
    let prefix = prefix?.trim().trim_end_matches(':');
    (!prefix.is_empty()).then(|| prefix.to_owned())
}

/// The id with its prefix, which is not put before it a second time; `memory` holds what is put together.
pub(super) fn prefixed<'s>(prefix: Option<&str>, id: &'s str, memory: &'s mut String) -> &'s str {
    let Some(prefix) = prefix.filter(|_| !id.is_empty()) else { return id };
    let repeats = id.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    let local = match id.get(prefix.len()..).and_then(|rest| rest.strip_prefix(':')) {
        Some(local) if repeats => local,
        _ => id,
    };
    memory.clear();
    memory.extend([prefix, ":", local]);
    memory
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_stands_once() {
        let with = |prefix: &str, id: &str| prefixed(Some(prefix), id, &mut String::new()).to_owned();
        assert_eq!(with("drugbank", "DB00945"), "drugbank:DB00945");
        assert_eq!(with("drugbank", "DrugBank:DB00945"), "drugbank:DB00945");
        assert_eq!(with("mesh", "meshed"), "mesh:meshed");
        assert_eq!(with("mesh", "é:x"), "mesh:é:x");
        assert_eq!(with("mesh", ""), "");
        assert_eq!(prefixed(None, "x", &mut String::new()), "x");
        assert_eq!(bound_prefix(Some(" MESH: ")).as_deref(), Some("MESH"));
        assert_eq!(bound_prefix(Some(":")), None);
    }
}
