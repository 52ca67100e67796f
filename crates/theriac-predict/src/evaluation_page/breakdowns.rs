//! Figures by part of the test pairs: by degree, by area.

use theriac_graph::RelationKey;
use theriac_link::{DegreeBin, EvaluationReport, Protocol, ScorerReport};
use theriac_report::{Breakdown, BreakdownGroup, BreakdownSeries, BreakdownValue};

/// The figure that is broken down, and its label.
const FIGURE: (&str, &str) = ("ranking.mrr", "MRR");

/// The breakdowns that a report has the figures for.
pub fn breakdowns(report: &EvaluationReport, protocol: &Protocol, target: &RelationKey) -> Vec<Breakdown> {
    let (source, end) = (&target.source, &target.target);
    [
        by_degree(report, end, source, |scorer| &scorer.degree_bins),
        by_degree(report, source, source, |scorer| &scorer.source_degree_bins),
        matches!(protocol, Protocol::Area { .. }).then(|| by_area(report, end)).flatten(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Ranks of the true sources by how many training edges the nodes of `by` have; nothing where all have as many.
fn by_degree(
    report: &EvaluationReport,
    by: &str,
    source: &str,
    bins_of: impl Fn(&ScorerReport) -> &Vec<DegreeBin>,
) -> Option<Breakdown> {
    let bins = quarters(bins_of(report.scorers.first()?));
    if bins.len() < 2 {
        return None;
    }
    let last = bins.last().map_or(0, |bin| bin.from);
    let label = |bin: &DegreeBin| match bin {
        DegreeBin { from, to, .. } if from == to => from.to_string(),
        DegreeBin { from, .. } if *from == last => format!("{from}+"),
        DegreeBin { from, to, .. } => format!("{from}–{to}"),
    };
    let groups =
        bins.iter().map(|bin| BreakdownGroup { label: label(bin), positives: bin.positives }).collect();
    let series = |scorer: &ScorerReport| BreakdownSeries {
        scorer: scorer.scorer.clone(),
        values: quarters(bins_of(scorer))
            .iter()
            .map(|bin| Some(BreakdownValue { value: bin.mrr, interval: None }))
            .collect(),
    };
    Some(Breakdown {
        title: format!("By known links of the {by}"),
        explanation: Some(format!(
            "Test pairs by the number of training links of their {by}. The figure is of the rank of the true {source} among \
             the candidates of its list."
        )),
        figure: FIGURE.1.into(),
        ordered: true,
        groups,
        scorers: report.scorers.iter().map(series).collect(),
    })
}

/// Every two bins of 1 edge and more as one: 0, 1 to 3, 4 to 15, 16 to 63 and so on.
fn quarters(bins: &[DegreeBin]) -> Vec<DegreeBin> {
    let quarter = |bin: &DegreeBin| bin.from.checked_ilog2().map(|power| power / 2);
    let merged = |bins: &[DegreeBin]| {
        let positives: u64 = bins.iter().map(|bin| bin.positives).sum();
        let mean = |of: fn(&DegreeBin) -> f64| {
            bins.iter().map(|bin| bin.positives as f64 * of(bin)).sum::<f64>() / positives as f64
        };
        let (from, to) = quarter(&bins[0]).map_or((0, 0), |power| {
            let from = 1u64 << (2 * power);
            (from as u32, (4 * from - 1).min(u64::from(u32::MAX)) as u32)
        });
        DegreeBin { from, to, positives, mrr: mean(|bin| bin.mrr), hits_at_10: mean(|bin| bin.hits_at_10) }
    };
    bins.chunk_by(|one, other| quarter(one) == quarter(other)).map(merged).collect()
}

/// Figures of the rounds of each area; those of several repeats weighted by their positives.
fn by_area(report: &EvaluationReport, end: &str) -> Option<Breakdown> {
    let mut areas: Vec<&str> = report.rounds.iter().map(|round| round.name.as_str()).collect();
    areas.sort_unstable();
    areas.dedup();
    let positives = |area: &str| {
        let rounds = report.rounds.iter().filter(|round| round.name == area);
        rounds.map(|round| round.test as u64).sum()
    };
    let value = |scorer: &ScorerReport, area: &str| {
        let rounds = report.rounds.iter().zip(&scorer.rounds).filter(|(round, _)| round.name == area);
        let known = rounds.filter_map(|(round, figures)| Some((round.test as f64, figures.at(FIGURE.0)?)));
        let (weight, sum) = known.fold((0.0, 0.0), |sum, (w, figure)| (sum.0 + w, sum.1 + w * figure));
        (weight > 0.0).then(|| BreakdownValue { value: sum / weight, interval: None })
    };
    let series = |scorer: &ScorerReport| BreakdownSeries {
        scorer: scorer.scorer.clone(),
        values: areas.iter().map(|area| value(scorer, area)).collect(),
    };
    (areas.len() > 1).then(|| Breakdown {
        title: format!("By area of the {end}"),
        explanation: Some(format!("Each area was held out whole: none of its {end} nodes had a known link.")),
        figure: FIGURE.1.into(),
        ordered: false,
        groups: areas
            .iter()
            .map(|area| BreakdownGroup { label: (*area).into(), positives: positives(area) })
            .collect(),
        scorers: report.scorers.iter().map(series).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_two_bins_are_one() {
        let bin = |from: u32, to: u32, positives: u64, mrr: f64| DegreeBin {
            from,
            to,
            positives,
            mrr,
            hits_at_10: mrr / 2.0,
        };
        let bins = [bin(0, 0, 3, 0.25), bin(1, 1, 1, 0.5), bin(2, 3, 3, 0.25), bin(8, 15, 2, 1.0)];
        let merged = quarters(&bins);
        assert_eq!(merged, [bin(0, 0, 3, 0.25), bin(1, 3, 4, 0.3125), bin(4, 15, 2, 1.0)]);
    }
}
