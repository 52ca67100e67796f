//! The page as a reader's browser gets it: well-formed, self-contained, escaped, and without empty sections.

mod markup;

use markup::{NASTY, check_links, check_nesting};
use theriac_report::{
    Audit, Breakdown, BreakdownGroup, BreakdownSeries, BreakdownValue, Calibration, Curve, Curves,
    Difference, Epoch, Estimate, EvaluationPage, Figure, Finding, Interval, PermutationControl,
    PermutationRow, Provenance, Reliability, ReliabilityBin, Scorer, SplitPart, SplitSummary, Training,
};

fn audit(name: &str) -> Audit {
    let finding = Finding {
        sentence: name.into(),
        done: Some(name.into()),
        decision: Some(name.into()),
        ..Finding::default()
    };
    Audit { sentences: vec![name.into()], findings: vec![finding] }
}

/// A page with a scorer of that name beside a baseline, `bad` among the values.
fn page(name: &str, bad: f64) -> EvaluationPage {
    let estimate = |value| Estimate {
        figure: "ap".into(),
        value,
        interval: Some(Interval { low: value - 0.1, high: value + 0.1 }),
        sd: Some(0.01),
        difference: None,
    };
    let mut model = estimate(0.6);
    model.difference =
        Some(Difference { baseline: "degree".into(), value: 0.2, interval: None, p: Some(0.0004) });
    let curve = |name: &str, rise: f64| Curve {
        scorer: name.into(),
        points: vec![(0.0, 0.0), (0.3, rise), (0.5, bad), (1.0, 1.0)],
    };
    let hits =
        |name: &str| Curve { scorer: name.into(), points: vec![(1.0, 0.1), (10.0, bad), (100.0, 0.7)] };
    let bin = |predicted, observed| ReliabilityBin { predicted, observed, interval: None, pairs: 20 };
    let value = |value| Some(BreakdownValue { value, interval: None });
    EvaluationPage {
        title: name.into(),
        data_set: name.into(),
        verdict: vec![name.into()],
        protocol: vec![name.into()],
        split: Some(SplitSummary {
            parts: vec![SplitPart { name: name.into(), positives: 12_345, negatives: None }],
            ..SplitSummary::default()
        }),
        provenance: Provenance { command: Some(name.into()), ..Provenance::default() },
        figures: vec![Figure {
            id: "ap".into(),
            label: name.into(),
            meaning: name.into(),
            ..Figure::default()
        }],
        scorers: vec![
            Scorer { name: name.into(), estimates: vec![model], ..Scorer::default() },
            Scorer {
                name: "degree".into(),
                baseline: true,
                estimates: vec![estimate(0.4)],
                ..Scorer::default()
            },
            Scorer { name: "broken".into(), estimates: vec![estimate(bad)], ..Scorer::default() },
        ],
        highlighted: vec![name.into()],
        interval_plots: vec!["ap".into(), "no such figure".into()],
        curves: Curves {
            roc: vec![curve(name, 0.8), curve("degree", 0.5)],
            precision_recall: vec![curve(name, 0.8)],
            prevalence: Some(0.1),
            hits: vec![hits(name), hits("degree")],
        },
        calibration: Some(Calibration {
            base_rate: Some(0.1),
            scorers: vec![Reliability {
                scorer: name.into(),
                bins: vec![bin(0.1, 0.2), bin(0.5, bad), bin(0.9, 0.8)],
                brier: Some(bad),
                ece: None,
            }],
        }),
        training: vec![Training {
            scorer: name.into(),
            validation_label: name.into(),
            epochs: (1..5).map(|epoch| Epoch { epoch, loss: 0.5, validation: Some(bad) }).collect(),
            kept: Some(3),
            note: Some(name.into()),
        }],
        breakdowns: [true, false]
            .map(|ordered| Breakdown {
                title: name.into(),
                figure: name.into(),
                ordered,
                groups: vec![
                    BreakdownGroup { label: "1".into(), positives: 4 },
                    BreakdownGroup { label: name.into(), positives: 5 },
                ],
                scorers: vec![BreakdownSeries { scorer: name.into(), values: vec![value(0.3), value(bad)] }],
                ..Breakdown::default()
            })
            .to_vec(),
        permutation: Some(PermutationControl {
            figure: name.into(),
            rows: vec![PermutationRow {
                scorer: name.into(),
                real: 0.6,
                permuted: 0.3,
                ..PermutationRow::default()
            }],
            ..PermutationControl::default()
        }),
        audit: Some(audit(name)),
        limits: vec![name.into()],
        ..EvaluationPage::default()
    }
}

#[test]
fn every_tag_is_closed() {
    assert!(check_nesting(&page("sage", 0.5).to_html()) > 300);
    check_nesting(&page(NASTY, f64::NAN).to_html());
    check_nesting(&EvaluationPage::default().to_html());
}

#[test]
fn names_are_never_markup() {
    let html = page(NASTY, 0.5).to_html();
    assert!(!html.contains("<script"));
    assert!(html.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; 'x'"));
}

#[test]
fn the_page_loads_nothing() {
    let html = page("sage", 0.5).to_html();
    assert!(check_links(&html) > 5);
}

#[test]
fn numbers_that_are_not_finite_are_dashes() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let html = page("sage", bad).to_html();
        for word in ["NaN", "inf,", "inf\"", ">inf", "-inf"] {
            assert!(!html.contains(word), "{word} in the page for {bad}");
        }
        assert!(html.contains('–'));
    }
}

#[test]
fn every_plot_has_a_title_and_every_table_a_caption() {
    let html = page("sage", 0.5).to_html();
    let plots = html.matches("role=\"img\"").count();
    assert_eq!(plots, 10);
    assert_eq!(html.matches("<figcaption>").count(), plots);
    // One title is that of the page.
    assert_eq!(html.matches("<title>").count(), plots + 1);
    assert_eq!(html.matches("<table>").count(), html.matches("<caption>").count());
    assert_eq!(
        html.matches("<th").count() - html.matches("<thead").count(),
        html.matches("scope=\"").count()
    );
    for landmark in ["<main", "<header", "<nav", "<footer"] {
        assert_eq!(html.matches(landmark).count(), 1, "{landmark}");
    }
}

#[test]
fn sections_without_data_are_left_out() {
    let html = EvaluationPage { title: "Nothing".into(), ..EvaluationPage::default() }.to_html();
    assert_eq!(html.matches("<section").count(), 0);
    assert_eq!(html.matches("<svg").count(), 0);
    assert!(!html.contains("<nav"));

    let mut partly = page("sage", 0.5);
    assert!(partly.to_html().contains("id=\"curves\""));
    for curve in partly.curves.roc.iter_mut().chain(&mut partly.curves.precision_recall) {
        curve.points = vec![(f64::NAN, f64::NAN)];
    }
    partly.training.clear();
    partly.audit = None;
    let html = partly.to_html();
    for id in ["curves", "training", "audit", "popularity", "stability", "extremes"] {
        assert!(!html.contains(&format!("id=\"{id}\"")), "{id}");
        assert!(!html.contains(&format!("href=\"#{id}\"")), "{id}");
    }
    assert!(html.contains("id=\"ranking\""));
}

#[test]
fn the_same_page_is_the_same_bytes_and_json() {
    let one = page("sage", 0.5);
    assert_eq!(one.to_html(), one.clone().to_html());
    let json = serde_json::to_value(&one).unwrap();
    assert_eq!(json["scorers"][0]["estimates"][0]["interval"]["low"], 0.5);
    assert_eq!(json["curves"]["roc"][0]["points"][1][1], 0.8);
    assert_eq!(json["audit"]["findings"][0]["severity"], "note");
}

#[test]
fn the_best_of_a_column_is_marked_once() {
    let html = page("sage", 0.1).to_html();
    let (_, table) = html.split_once("id=\"scorers\"").unwrap();
    let (table, _) = table.split_once("</table>").unwrap();
    assert_eq!(table.matches("class=\"mark\"").count(), 1);
    let (_, best) = table.split_once("class=\"mark\"").unwrap();
    assert!(best.starts_with(">best</span> 0.600"), "{best}");
    assert_eq!(table.matches(">model<").count(), 2, "all but the baseline");
}
