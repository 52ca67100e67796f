//! Counts, shares and types as they stand in sentences and tables.

/// A count with commas between thousands.
///
/// ```
/// assert_eq!(theriac_graph::wording::grouped(1_596_745), "1,596,745");
/// ```
pub fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share in percent that says 0 or 100 only where it means it.
///
/// ```
/// use theriac_graph::wording::percent;
///
/// assert_eq!([percent(28, 708), percent(9999, 10_000), percent(1, 300)], ["4 %", "99.9 %", "0.3 %"]);
/// ```
pub fn percent(part: usize, whole: usize) -> String {
    if part == 0 || whole == 0 {
        return "0 %".into();
    }
    let share = 100.0 * part as f64 / whole as f64;
    match share {
        _ if part == whole => "100 %".into(),
        _ if share >= 99.5 => format!("{:.1} %", share.min(99.9)),
        _ if share >= 0.95 => format!("{share:.0} %"),
        _ if share >= 0.05 => format!("{share:.1} %"),
        _ => "under 0.1 %".into(),
    }
}

/// A name as it reads in a sentence: `side_effect` is `side effect`.
pub fn spoken(name: &str) -> String {
    name.replace('_', " ")
}

/// The plural of a node type as it reads in a sentence.
///
/// ```
/// use theriac_graph::wording::plural;
///
/// assert_eq!(["side_effect", "anatomy", "biological_process"].map(plural), [
///     "side effects",
///     "anatomies",
///     "biological processes",
/// ]);
/// ```
pub fn plural(node_type: &str) -> String {
    let name = spoken(node_type);
    let vowel_before_y = ["ay", "ey", "oy", "uy"].iter().any(|end| name.ends_with(end));
    match name.strip_suffix('y') {
        Some(stem) if !vowel_before_y => format!("{stem}ies"),
        _ if ["s", "x", "z", "ch", "sh"].iter().any(|end| name.ends_with(end)) => format!("{name}es"),
        _ => format!("{name}s"),
    }
}

/// `1 drug`, `2 drugs`.
pub fn counted_nodes(count: usize, node_type: &str) -> String {
    let what = if count == 1 { spoken(node_type) } else { plural(node_type) };
    format!("{} {what}", grouped(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        assert_eq!([0, 999, 1000, 1_596_745].map(grouped), ["0", "999", "1,000", "1,596,745"]);
    }

    #[test]
    fn nothing_and_all_are_said_only_where_meant() {
        let shares = [(0, 7), (7, 7), (0, 0), (1, 100_000), (1, 1000), (94, 10_000), (1, 100), (995, 1000)];
        assert_eq!(
            shares.map(|(part, whole)| percent(part, whole)),
            ["0 %", "100 %", "0 %", "under 0.1 %", "0.1 %", "0.9 %", "1 %", "99.5 %"]
        );
        assert_eq!(percent(999_999, 1_000_000), "99.9 %");
    }

    #[test]
    fn types_have_plurals() {
        let types = ["drug", "pathway", "virus", "side_effect"].map(plural);
        assert_eq!(types, ["drugs", "pathways", "viruses", "side effects"]);
        assert_eq!([1, 1000].map(|count| counted_nodes(count, "disease")), ["1 disease", "1,000 diseases"]);
    }
}
