//! What a matrix as text is, by its labels and its name.

use super::labelled::{LabelledMatrix, Layout, layout};
use crate::drug_disease::{LabelKind, Role, Side, label_kind, role};
use crate::matrix::parse_binary;

/// What stands in the rows of a labelled association, and whether that is certain of both sides.
pub(super) fn rows_by_labels(parsed: &LabelledMatrix, told: Option<Role>) -> (Option<Side>, bool) {
    let named = by_name(parsed, told);
    match (label_kind(&parsed.row_labels), label_kind(&parsed.column_labels)) {
        // Drugs by drugs are no association, whatever the name says.
        (LabelKind::Of(rows), LabelKind::Of(columns)) if rows == columns => return (None, false),
        (LabelKind::Of(rows), LabelKind::Other) => return (Some(rows), named),
        (LabelKind::Other, LabelKind::Of(columns)) => return (Some(columns.other()), named),
        (LabelKind::Of(rows), _) => return (Some(rows), true),
        (_, LabelKind::Of(columns)) => return (Some(columns.other()), true),
        (LabelKind::Either | LabelKind::Other, LabelKind::Either | LabelKind::Other) => {}
    }
    let corner = match role(&parsed.corner) {
        Some(Role::Nodes(side) | Role::Association { rows: Some(side) }) => Some(side),
        _ => None,
    };
    let first = match told {
        Some(Role::Association { rows }) => rows,
        _ => None,
    };
    (corner.or(first), named)
}

/// Whether a file's name says that it is the association, and its columns do not say that it is a table of pairs.
fn by_name(parsed: &LabelledMatrix, told: Option<Role>) -> bool {
    let columns = &parsed.column_labels;
    matches!(told, Some(Role::Association { .. })) && columns.iter().all(|label| role(label).is_none())
}

/// Whether a content that begins so is a matrix of drugs by diseases.
pub(super) fn is_association(head: &[u8], told: Option<Role>) -> bool {
    // The last line of a head may be cut.
    let lines = head.iter().rposition(|&byte| byte == b'\n').map_or(head, |end| &head[..=end]);
    match layout(lines) {
        Some(Layout::Plain) => {
            let named = matches!(told, Some(Role::Association { .. }));
            named && parse_binary(lines, "").is_ok_and(|matrix| matrix.columns > 2)
        }
        Some(Layout::Labelled) => LabelledMatrix::parse(lines, "").is_ok_and(|parsed| {
            let binary = parsed.matrix.values.iter().all(|&value| value == 0.0 || value == 1.0);
            let (rows, certain) = rows_by_labels(&parsed, told);
            let known = certain && (rows.is_some() || told.is_some());
            binary && known && !parsed.is_square() && parsed.matrix.columns > 1
        }),
        None => false,
    }
}

/// Whether a member's name is that of a text, compressed or not.
pub(super) fn is_text_file(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or_default();
    let plain = [".gz", ".zst", ".bz2"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    match plain.rsplit_once('.') {
        Some((stem, ending)) => {
            !stem.is_empty()
                && ["txt", "csv", "tsv", "tab", "dat"].iter().any(|text| ending.eq_ignore_ascii_case(text))
        }
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, name: &str) -> (Option<Side>, bool) {
        rows_by_labels(&LabelledMatrix::parse(text.as_bytes(), "m").unwrap(), role(name))
    }

    #[test]
    fn the_rows_are_told_by_labels_then_corner_then_name() {
        let (drug, disease) = (Some(Side::Drug), Some(Side::Disease));
        for (text, name, expected) in [
            ("\tDB00001\nD102100\t1\n", "drug_disease.txt", (disease, true)),
            ("\tD000001\nDB00001\t1\n", "m.txt", (drug, true)),
            ("\tgout\nDB00001\t1\n", "m.txt", (drug, false)),
            ("\tgout\nDB00001\t1\n", "predict_admat.txt", (drug, true)),
            ("\tDB00001\naspirin\t1\n", "m.txt", (disease, false)),
            ("\tDB00001\nDB00002\t1\n", "drug_disease.txt", (None, false)),
            ("drug\tgout\naspirin\t1\n", "disease_drug.txt", (drug, true)),
            ("\tgout\naspirin\t1\n", "drug_disease.txt", (drug, true)),
            ("\tgout\naspirin\t1\n", "m.txt", (None, false)),
            ("drug\tdisease\n1\t1\n", "drug_disease.txt", (drug, false)),
        ] {
            assert_eq!(rows(text, name), expected, "{text:?} {name}");
        }
    }

    #[test]
    fn texts_are_told_by_their_endings() {
        for (name, expected) in [
            ("a.txt", true),
            ("set/A.CSV", true),
            ("a.tsv.gz", true),
            ("a.csv.zst", true),
            ("DiDrAMat", true),
            ("F.mat", false),
            ("README.md", false),
            (".txt", false),
            ("a.zip.gz", false),
        ] {
            assert_eq!(is_text_file(name), expected, "{name}");
        }
    }
}
