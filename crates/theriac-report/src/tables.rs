//! The table of scorers as Markdown, for papers and pull requests, and as TSV, for scripts.

use std::fmt::Write as _;

use crate::markdown::escaped;
use crate::number;
use crate::page::{EvaluationPage, Figure, Scorer};

/// Columns of [`to_tsv`], in order.
pub const TSV_COLUMNS: [&str; 13] = [
    "scorer",
    "baseline",
    "figure",
    "group",
    "value",
    "low",
    "high",
    "sd",
    "difference",
    "difference_low",
    "difference_high",
    "p",
    "best_baseline",
];

/// The table of scorers as a Markdown table, rows as in [`EvaluationPage::scorers`] and columns as in
/// [`EvaluationPage::figures`].
///
/// A cell is the value with its 95 % interval in brackets and, where there is one, the standard deviation over folds after
/// "sd". The best value of a column is bold; baselines are in italics. Names are escaped so that none can be taken for markup.
pub fn to_markdown(page: &EvaluationPage) -> String {
    let figures: Vec<&Figure> = page
        .figures
        .iter()
        .filter(|figure| page.scorers.iter().any(|scorer| scorer.estimate(&figure.id).is_some()))
        .collect();
    let mut table = String::from("| Scorer |");
    for figure in &figures {
        let _ = write!(table, " {} |", escaped(&figure.full_label()));
    }
    table.push_str("\n|:--|");
    table.push_str(&"--:|".repeat(figures.len()));
    table.push('\n');
    for scorer in &page.scorers {
        let name = escaped(&scorer.name);
        let _ = if scorer.baseline { write!(table, "| *{name}* |") } else { write!(table, "| {name} |") };
        for figure in &figures {
            let _ = write!(table, " {} |", markdown_cell(page, scorer, figure));
        }
        table.push('\n');
    }
    table
}

fn markdown_cell(page: &EvaluationPage, scorer: &Scorer, figure: &Figure) -> String {
    let Some(estimate) = scorer.estimate(&figure.id).filter(|estimate| estimate.value.is_finite()) else {
        return number::MISSING.into();
    };
    let decimals = figure.decimals;
    let mut cell = number::fixed(estimate.value, decimals);
    if page.best(figure).is_some_and(|best| number::fixed(best, decimals) == cell) {
        cell = format!("**{cell}**");
    }
    if let Some(interval) = estimate.interval {
        let _ = write!(cell, " ({})", number::interval(interval.low, interval.high, decimals));
    }
    if let Some(sd) = estimate.sd {
        let _ = write!(cell, " sd {}", number::fixed(sd, decimals));
    }
    cell
}

/// The figures of all scorers as TSV, one row a scorer and figure, with the head [`TSV_COLUMNS`].
///
/// The long form is what scripts filter and pivot without knowing which figures there are. `figure` is the figure's id and `baseline`
/// is 0 or 1. Numbers are written with as many digits as it takes to read the same number back; what is missing or not finite is an
/// empty field. In names a tab, a line feed, a carriage return and a backslash are written `\t`, `\n`, `\r` and `\\`.
pub fn to_tsv(page: &EvaluationPage) -> String {
    let mut table = TSV_COLUMNS.join("\t");
    table.push('\n');
    for scorer in &page.scorers {
        for figure in &page.figures {
            let Some(estimate) = scorer.estimate(&figure.id) else { continue };
            let difference = estimate.difference.as_ref();
            let difference_interval = difference.and_then(|difference| difference.interval);
            let fields = [
                tsv(&scorer.name),
                u8::from(scorer.baseline).to_string(),
                tsv(&figure.id),
                tsv(figure.group.as_deref().unwrap_or("")),
                exact(Some(estimate.value)),
                exact(estimate.interval.map(|interval| interval.low)),
                exact(estimate.interval.map(|interval| interval.high)),
                exact(estimate.sd),
                exact(difference.map(|difference| difference.value)),
                exact(difference_interval.map(|interval| interval.low)),
                exact(difference_interval.map(|interval| interval.high)),
                exact(difference.and_then(|difference| difference.p)),
                tsv(difference.map_or("", |difference| difference.baseline.as_str())),
            ];
            table.push_str(&fields.join("\t"));
            table.push('\n');
        }
    }
    table
}

fn exact(value: Option<f64>) -> String {
    value.filter(|value| value.is_finite()).map_or_else(String::new, |value| value.to_string())
}

fn tsv(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{Difference, Estimate, Interval};

    fn page() -> EvaluationPage {
        let estimate = |value| Estimate {
            figure: "ap".into(),
            value,
            interval: Some(Interval { low: value - 0.1, high: value + 0.1 }),
            ..Estimate::default()
        };
        let mut model = estimate(0.5);
        model.sd = Some(0.02);
        model.difference =
            Some(Difference { baseline: "deg\tree".into(), value: 0.25, interval: None, p: Some(0.01) });
        EvaluationPage {
            figures: vec![
                Figure { id: "ap".into(), label: "AP".into(), ..Figure::default() },
                Figure { id: "unused".into(), label: "Unused".into(), ..Figure::default() },
            ],
            scorers: vec![
                Scorer { name: "mo|del".into(), estimates: vec![model], ..Scorer::default() },
                Scorer {
                    name: "deg\tree".into(),
                    baseline: true,
                    estimates: vec![estimate(0.25)],
                    ..Scorer::default()
                },
            ],
            ..EvaluationPage::default()
        }
    }

    #[test]
    fn markdown_marks_the_best_and_the_baselines() {
        insta::assert_snapshot!(to_markdown(&page()), @r"
        | Scorer | AP |
        |:--|--:|
        | mo\|del | **0.500** (0.400 to 0.600) sd 0.020 |
        | *deg ree* | 0.250 (0.150 to 0.350) |
        ");
    }

    #[test]
    fn tsv_has_a_field_for_every_column_in_every_row() {
        let table = to_tsv(&page());
        let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split('\t').collect()).collect();
        assert_eq!(rows.len(), 3);
        assert!(rows.iter().all(|row| row.len() == TSV_COLUMNS.len()), "{rows:?}");
        assert_eq!(
            rows[1],
            ["mo|del", "0", "ap", "", "0.5", "0.4", "0.6", "0.02", "0.25", "", "", "0.01", r"deg\tree"]
        );
        assert_eq!(rows[2][0], r"deg\tree");
        assert_eq!(rows[2][1], "1");
    }

    #[test]
    fn tsv_numbers_are_read_back_the_same_and_nan_is_empty() {
        assert_eq!(exact(Some(0.1 + 0.2)).parse::<f64>().unwrap(), 0.1 + 0.2);
        assert_eq!(exact(Some(f64::NAN)), "");
        assert_eq!(tsv("a\\b\r\nc"), r"a\\b\r\nc");
    }
}
