//! Plain tables: a line under the header and nothing else.

use std::fmt;

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('-').junction('-'));
/// Blanks between columns.
const GAP: u16 = 2;

/// A table that is filled row by row and shown as plain text, whose lines have no blanks at their ends.
pub struct PlainTable {
    table: Table,
}

impl PlainTable {
    /// A table with these columns. Columns whose heading begins with `<` hold text and are aligned to the left; the others
    /// hold numbers and are aligned to the right.
    pub fn new<const N: usize>(headings: [&str; N]) -> Self {
        let mut table = Table::new();
        table.load_style(STYLE).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(headings.map(|heading| heading.strip_prefix('<').unwrap_or(heading)));
        for (column, heading) in table.column_iter_mut().zip(headings) {
            let text = heading.starts_with('<');
            column.set_padding((0, GAP));
            column.set_cell_alignment(if text { CellAlignment::Left } else { CellAlignment::Right });
        }
        Self { table }
    }

    /// Adds a row.
    pub fn push<const N: usize>(&mut self, cells: [String; N]) {
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
            ["scorer    sampled", "            AUROC    AP", "-------------------------", "L3 paths      0.5  0.25"]
        );
    }
}
