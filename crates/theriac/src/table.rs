//! Plain tables: a line under the header and nothing else.

use std::fmt;

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('-').junction('-'));
/// Blanks on the right of a column; comfy-table puts one more between two.
const GAP: u16 = 1;

/// A table that is filled row by row and shown as plain text, whose lines have no blanks at their ends.
pub struct PlainTable {
    table: Table,
}

impl PlainTable {
    /// A table with these columns. Columns whose heading begins with `<` hold text and are aligned to the left; the others
    /// hold numbers and are aligned to the right.
    pub fn new<'a>(headings: impl IntoIterator<Item = &'a str>) -> Self {
        let headings: Vec<&str> = headings.into_iter().collect();
        let mut table = Table::new();
        table.load_style(STYLE).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(headings.iter().map(|heading| heading.strip_prefix('<').unwrap_or(heading)));
        let last = headings.len().saturating_sub(1);
        for (place, (column, heading)) in table.column_iter_mut().zip(headings).enumerate() {
            let text = heading.starts_with('<');
            column.set_padding((0, if place == last { 0 } else { GAP }));
            column.set_cell_alignment(if text { CellAlignment::Left } else { CellAlignment::Right });
        }
        Self { table }
    }

    /// Adds a row.
    pub fn push(&mut self, cells: impl IntoIterator<Item = String>) {
        self.table.add_row(cells);
    }
}

impl fmt::Display for PlainTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.table.trim_fmt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stands_left_and_numbers_right() {
        let mut table = PlainTable::new(["<scorer", "sampled\nAUROC", "\nAP"]);
        table.push(["L3 paths".into(), "0.5".into(), "0.25".into()]);
        let lines: Vec<String> = table.to_string().lines().map(str::to_owned).collect();
        assert_eq!(
            lines,
            [
                "scorer    sampled",
                "            AUROC    AP",
                "-----------------------",
                "L3 paths      0.5  0.25"
            ]
        );
    }
}
