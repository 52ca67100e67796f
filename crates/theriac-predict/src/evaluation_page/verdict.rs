//! What the figures come to, in sentences.

use theriac_link::{EvaluationReport, ScorerReport, figure_of};

use crate::numbers::figure;

/// The figures that matter most, whose intervals and differences are shown.
pub const TESTED: [&str; 2] = ["all_pairs.ap", "ranking.mrr"];

/// A figure of a scorer, NaN where it has none.
pub fn at(scorer: &ScorerReport, key: &str) -> f64 {
    scorer.figures.at(key).unwrap_or(f64::NAN)
}

/// What a figure is called.
pub fn title(key: &str) -> &str {
    figure_of(key).map_or(key, |figure| figure.title)
}

/// The place of the scorer named `model` in the figures that matter most, in one sentence.
pub fn standing(report: &EvaluationReport, model: &str) -> Option<String> {
    let own = report.scorer(model)?;
    let place = |key: &str| {
        let known = report.scorers.iter().filter(|scorer| scorer.figures.at(key).is_some());
        let ahead = known.clone().filter(|rival| at(rival, key) > at(own, key)).count();
        own.figures.at(key).map(|_| format!("{} of {} by {}", ahead + 1, known.count(), title(key)))
    };
    let places: Vec<String> = TESTED.into_iter().filter_map(place).collect();
    (!places.is_empty()).then(|| format!("{model} takes place {}.", places.join(" and ")))
}

/// Which scorer has the best of the figures that matter most, and whether that is more than luck of the targets.
pub fn ahead_of_baselines(report: &EvaluationReport) -> Vec<String> {
    let best = |key: &str| {
        let known = report.scorers.iter().filter(|scorer| scorer.figures.at(key).is_some());
        let best = known.max_by(|one, other| at(one, key).total_cmp(&at(other, key)))?;
        let sure = best.versus.get(key).map_or_else(String::new, |versus| {
            let (baseline, p) = (&versus.baseline, versus.p_value);
            format!(
                ", {:.3} more than {baseline} (paired bootstrap over targets, p\u{a0}=\u{a0}{p:.3})",
                versus.difference
            )
        });
        Some(format!("{} has the best {}: {}{sure}.", best.scorer, title(key), figure(at(best, key))))
    };
    TESTED.into_iter().filter_map(best).collect()
}
