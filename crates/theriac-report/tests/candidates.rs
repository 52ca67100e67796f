//! The report on candidates as a reader gets it: well-formed, self-contained, escaped, and without empty sections.

#[path = "../examples/candidates.rs"]
#[expect(dead_code, reason = "the example writes files, the tests do not")]
mod made_up;
mod markup;

use markup::{NASTY, check_links, check_nesting};
use theriac_report::{
    Accuracy, AccuracyRow, Arrow, Candidate, CandidatePage, Contribution, Counterfactual, EvidencePath,
    Explanation, Fidelity, Finding, Flag, Hop, Interval, Metapath, Node, Place, Provenance, Query,
};

fn node(kind: &str, name: &str) -> Node {
    Node { id: format!("{kind}:1"), name: name.into(), kind: kind.into() }
}

/// Paths from a drug through genes of these names to a disease.
fn paths(name: &str, genes: &[&str], bad: f64) -> Vec<EvidencePath> {
    let hop = |relation: &str, arrow, effect| Hop {
        relation: relation.into(),
        arrow,
        effect: Some(effect),
        provenance: vec![name.into()],
    };
    genes
        .iter()
        .enumerate()
        .map(|(place, gene)| EvidencePath {
            nodes: vec![
                node("drug", name),
                Node { id: gene.to_string(), ..node("gene", gene) },
                node("disease", "asthma"),
            ],
            hops: vec![
                hop("binds", Arrow::Forward, 0.5 / (1.0 + place as f64)),
                hop(name, Arrow::Backward, bad),
            ],
            effect: Some(bad),
        })
        .collect()
}

fn explanation(name: &str, bad: f64) -> Explanation {
    Explanation {
        notes: vec![Finding { sentence: name.into(), ..Finding::default() }],
        reverse_rank: Some(Place { rank: 3, of: 137 }),
        base: Some(bad),
        contributions: vec![
            Contribution { name: name.into(), value: -0.25 },
            Contribution { name: "l3".into(), value: 0.75 },
            Contribution { name: "broken".into(), value: bad },
        ],
        paths: paths(name, &["EXR1", name], bad),
        paths_found: Some(1_204),
        counterfactuals: vec![Counterfactual {
            relation: "binds".into(),
            source: name.into(),
            target: "EXR1".into(),
            change: bad,
            rank_after: Some(7),
        }],
        metapaths: vec![Metapath { name: name.into(), share: bad, matched: Some(0.2), paths: Some(14) }],
        precedents: vec![name.into()],
        own_unit: false,
        fidelity: Some(Fidelity {
            plus: Some(bad),
            minus: Some(0.1),
            sparsity: Some(0.99),
            agreement: Some(0.8),
            seeds: Some(5),
        }),
    }
}

/// A report with a candidate of that name, `bad` among the values, and one that is not explained.
fn page(name: &str, bad: f64) -> CandidatePage {
    let explained = Candidate {
        rank: 1,
        node: node("drug", name),
        score: 1.25,
        probability: Some(0.31),
        interval: Some(Interval { low: 0.2, high: 0.4 }),
        percentile: Some(99.9),
        popularity: Some(bad),
        flags: vec![Flag::Other(name.into()), Flag::Known],
        evidence: Some(name.into()),
        explanation: Some(explanation(name, bad)),
    };
    let plain = Candidate { rank: 2, node: node("drug", "plain"), score: bad, ..Candidate::default() };
    let row = |scorer: &str, baseline, ap| AccuracyRow {
        scorer: scorer.into(),
        baseline,
        ap: Some(ap),
        prevalence: Some(0.09),
        ..AccuracyRow::default()
    };
    CandidatePage {
        title: name.into(),
        notice: Some(name.into()),
        summary: vec![name.into()],
        query: Query { node: node("disease", "asthma"), known_links: Some(12) },
        candidate_kind: "drug".into(),
        target: "drug – treats – disease".into(),
        graph: name.into(),
        model: name.into(),
        provenance: Provenance {
            command: Some(name.into()),
            version: Some("0.1.0".into()),
            ..Provenance::default()
        },
        ranked: Some(1_204),
        base_rate: Some(0.0089),
        candidates: vec![explained, plain],
        accuracy: Some(Accuracy {
            protocol: vec![name.into()],
            rows: vec![row(name, false, 0.7), row("degree", true, bad)],
        }),
        limits: vec![name.into()],
    }
}

#[test]
fn every_tag_is_closed() {
    assert!(check_nesting(&page("sample", 0.5).to_html()) > 200);
    check_nesting(&page(NASTY, f64::NAN).to_html());
    check_nesting(&made_up::page().to_html());
    check_nesting(&CandidatePage::default().to_html());
}

#[test]
fn names_are_never_markup() {
    let page = page(NASTY, 0.5);
    let html = page.to_html();
    assert!(!html.contains("<script"));
    assert!(html.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; 'x'"));
    let markdown = page.to_markdown();
    let (before, code) = markdown.split_once("```\n").expect("the command");
    assert!(!before.contains('<') && !before.contains(" | {{"), "{before}");
    assert!(code.starts_with(NASTY), "a command is read as it is typed");
}

#[test]
fn the_page_loads_nothing() {
    assert!(check_links(&page("sample", 0.5).to_html()) >= 6);
}

#[test]
fn numbers_that_are_not_finite_are_dashes() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let page = page("sample", bad);
        for text in [page.to_html(), page.to_markdown()] {
            for word in ["NaN", "inf,", "inf\"", ">inf", "-inf", "inf "] {
                assert!(!text.contains(word), "{word} in the report for {bad}");
            }
            assert!(text.contains('–'));
        }
    }
}

#[test]
fn pictures_tables_and_headings_can_be_read_aloud() {
    let html = page("sample", 0.5).to_html();
    let (_, body) = html.split_once("<body>").unwrap();
    assert_eq!(body.matches("role=\"img\"").count(), 2, "contributions and evidence");
    assert_eq!(body.matches("<figcaption>").count(), 2);
    assert_eq!(
        body.matches("aria-labelledby=\"candidate-1-evidence-title candidate-1-evidence-description\"")
            .count(),
        1
    );
    assert_eq!(body.matches("id=\"").count(), {
        let mut ids: Vec<&str> =
            body.split("id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.len()
    });
    assert_eq!(body.matches("<table").count(), body.matches("<caption>").count());
    assert_eq!(
        body.matches("<th").count() - body.matches("<thead").count(),
        body.matches("scope=\"").count()
    );
    let levels: Vec<u32> =
        body.match_indices("<h").filter_map(|(at, _)| body[at + 2..].chars().next()?.to_digit(10)).collect();
    assert_eq!(levels[0], 1);
    assert!(levels.windows(2).all(|two| two[1] <= two[0] + 1), "a level is left out: {levels:?}");
    for landmark in ["<main", "<header", "<nav", "<footer", "<h1"] {
        assert_eq!(html.matches(landmark).count(), 1, "{landmark}");
    }
}

#[test]
fn parts_without_data_are_left_out() {
    let empty = CandidatePage { title: "Nothing".into(), ..CandidatePage::default() };
    let html = empty.to_html();
    for missing in ["<section", "<svg", "<nav", "<table"] {
        assert!(!html.contains(missing), "{missing}");
    }
    assert_eq!(empty.to_markdown(), "# Nothing\n");

    let full = page("sample", 0.5);
    let headings = |page: &CandidatePage| page.to_html().matches("<h3>").count();
    assert_eq!(headings(&full), 7);
    let empties: [fn(&mut Explanation); 7] = [
        |of| of.contributions.clear(),
        |of| of.counterfactuals.clear(),
        |of| of.metapaths.clear(),
        |of| of.precedents.clear(),
        |of| of.fidelity = Some(Fidelity::default()),
        |of| of.paths.iter_mut().for_each(|path| path.hops.clear()),
        |of| of.paths.clear(),
    ];
    let mut partly = full;
    for (place, empty) in empties.into_iter().enumerate() {
        empty(partly.candidates[0].explanation.as_mut().unwrap());
        assert_eq!(headings(&partly), 6 - place, "after the removal {place}");
    }
    partly.candidates[0].explanation = None;
    partly.candidates[0].probability = None;
    partly.accuracy = Some(Accuracy::default());
    let html = partly.to_html();
    for missing in ["candidate-1", "id=\"accuracy\"", "Probability", "base rate"] {
        assert!(!html.contains(missing), "{missing}");
    }
}

#[test]
fn what_is_not_drawn_is_said() {
    let mut page = page("sample", 0.25);
    let genes: Vec<String> = (0..15).map(|place| format!("EXR{place}")).collect();
    let genes: Vec<&str> = genes.iter().map(String::as_str).collect();
    page.candidates[0].explanation.as_mut().unwrap().paths = paths("sample", &genes, 0.25);
    let html = page.to_html();
    assert!(html.contains("and 7 more</text>"));
    assert!(html.contains("8 of the 15 paths below are drawn."));
    assert!(html.contains("The first 15 of 1,204 paths."));
    assert!(html.contains("<summary>5 more</summary>"));
    for gene in genes {
        assert!(html.contains(gene), "{gene} is in the table");
    }
}

#[test]
fn the_same_report_is_the_same_bytes_and_json() {
    let one = page("sample", 0.5);
    assert_eq!(one.to_html(), one.clone().to_html());
    assert_eq!(one.to_markdown(), one.clone().to_markdown());
    let json = serde_json::to_value(&one).unwrap();
    assert_eq!(json["candidates"][0]["flags"][1], "known");
    assert_eq!(json["candidates"][0]["flags"][0]["other"], "sample");
    assert_eq!(json["candidates"][0]["explanation"]["paths"][0]["hops"][1]["arrow"], "backward");
}

#[test]
fn markdown_says_the_same() {
    insta::assert_snapshot!(made_up::page().to_markdown());
}
