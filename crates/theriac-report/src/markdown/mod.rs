//! Markdown, in which no name can be taken for markup.

mod candidates;

use std::fmt::Write as _;

pub use candidates::document as candidates;

/// `text` as it reads within a line or in a cell of a table.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '~' | '$' | '#' | '!' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            letter if letter.is_control() => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// `text` as it reads at the beginning of a line, where a dash or a number could begin a list.
fn line(text: &str) -> String {
    let escaped = escaped(text.trim_start());
    let rest = escaped.trim_start_matches(|letter: char| letter.is_ascii_digit());
    if escaped.starts_with(['-', '+', '=']) {
        format!("\\{escaped}")
    } else if rest.len() < escaped.len() && rest.starts_with(['.', ')']) {
        let digits = escaped.len() - rest.len();
        format!("{}\\{rest}", &escaped[..digits])
    } else {
        escaped
    }
}

/// A document that grows from the top; what it gets is plain text.
#[derive(Default)]
struct Document {
    text: String,
}

impl Document {
    /// Leaves an empty line before what comes next.
    fn apart(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    fn heading(&mut self, level: usize, text: &str) {
        self.apart();
        let _ = writeln!(self.text, "{} {}", "#".repeat(level), escaped(text));
    }

    /// Sentences as one paragraph; nothing where there is none.
    fn paragraph(&mut self, sentences: &[String]) {
        if !sentences.is_empty() {
            self.apart();
            let _ = writeln!(self.text, "{}", line(&sentences.join(" ")));
        }
    }

    /// A list of items, each with a name in bold where there is one.
    fn list<N: AsRef<str>>(&mut self, items: &[(N, String)]) {
        if items.is_empty() {
            return;
        }
        self.apart();
        for (name, text) in items {
            let name = name.as_ref();
            if name.is_empty() {
                let _ = writeln!(self.text, "- {}", line(text));
            } else {
                let _ = writeln!(self.text, "- **{}:** {}", escaped(name), escaped(text));
            }
        }
    }

    /// A table; columns of figures stand at the right.
    fn table(&mut self, columns: &[Column<'_>], rows: &[Vec<String>]) {
        self.apart();
        let heads: Vec<String> = columns.iter().map(|column| column.name.into()).collect();
        self.row(&heads);
        let sides = columns.iter().map(|column| if column.figures { "--:|" } else { ":--|" });
        let _ = writeln!(self.text, "|{}", sides.collect::<String>());
        for cells in rows {
            self.row(cells);
        }
    }

    fn row(&mut self, cells: &[String]) {
        self.text.push('|');
        for cell in cells {
            let _ = write!(self.text, " {} |", escaped(cell));
        }
        self.text.push('\n');
    }

    /// A command, as it is typed.
    fn code(&mut self, code: &str) {
        self.apart();
        // A fence longer than any in the code ends where it should.
        let longest = code.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(longest.max(2) + 1);
        let _ = writeln!(self.text, "{fence}\n{code}\n{fence}");
    }
}

/// A column of a table.
#[derive(Clone, Copy)]
struct Column<'a> {
    name: &'a str,
    figures: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_break_a_table() {
        assert_eq!(escaped("a|b\nc<script>`*_&"), r"a\|b c&lt;script&gt;\`\*\_&amp;");
    }

    #[test]
    fn a_paragraph_cannot_become_a_list() {
        assert_eq!(line("- a"), r"\- a");
        assert_eq!(line("12. a"), r"12\. a");
        assert_eq!(line(" 3) a"), r"3\) a");
        assert_eq!(line("12 of 30"), "12 of 30");
        assert_eq!(line("a - b"), "a - b");
    }

    #[test]
    fn code_cannot_end_its_fence() {
        let mut document = Document::default();
        document.code("a ```` b");
        assert_eq!(document.text, "`````\na ```` b\n`````\n");
    }

    #[test]
    fn tables_stand_apart() {
        let mut document = Document::default();
        document.paragraph(&["A.".into(), "B.".into()]);
        document.paragraph(&[]);
        let columns = [Column { name: "Name", figures: false }, Column { name: "AP", figures: true }];
        document.table(&columns, &[vec!["x|y".into(), "0.5".into()]]);
        assert_eq!(document.text, "A. B.\n\n| Name | AP |\n|:--|--:|\n| x\\|y | 0.5 |\n");
    }
}
