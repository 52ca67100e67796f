//! Figures of explanations as text.

use theriac_predict::explanation_quality::{
    CurveFigures, Figure, MechanismFigures, QualityDocument, Recovered,
};
use theriac_predict::numbers::{counted, figure, grouped};

use crate::table::PlainTable;

/// All figures, in sections.
pub fn text(document: &QualityDocument) -> String {
    let sections = [
        Some(heading(document)),
        curves(document),
        Some(fidelity(document)),
        document.mechanisms.as_ref().map(mechanisms),
    ];
    sections.into_iter().flatten().collect::<Vec<_>>().join("\n\n")
}

fn heading(document: &QualityDocument) -> String {
    let QualityDocument { asked, explained, test_pairs, without_edges, without_curves, .. } = document;
    let of = if explained < asked { format!("{} of ", grouped(*explained)) } else { String::new() };
    let mut lines = vec![format!(
        "{}: explanations of {of}{} of the {} of {}, drawn with seed {}; {} and {} at most",
        document.scorer,
        grouped(*asked),
        counted(*test_pairs, "test pair"),
        document.target,
        document.seed,
        counted(document.edges, "edge"),
        counted(document.steps, "step"),
    )];
    if *without_edges > 0 {
        lines.push(format!("{} of them have no edge whose loss lowers the score.", grouped(*without_edges)));
    }
    if *without_curves > 0 {
        lines.push(format!(
            "{} of them have no curves: their edges together make no difference to the score.",
            grouped(*without_curves)
        ));
    }
    lines.join("\n")
}

fn curves(document: &QualityDocument) -> Option<String> {
    let pairs = document.deletion.explanation?.pairs;
    let headings = [
        "<area under",
        "explanation",
        "95 %",
        "random order",
        "less random",
        "95 %",
        "matched order",
        "less matched",
        "95 %",
    ];
    let mut table = PlainTable::new(headings);
    let rows = [
        ("deletion curve (low is good)", &document.deletion),
        ("insertion curve (high is good)", &document.insertion),
    ];
    for (name, CurveFigures { explanation, random, matched, less_random, less_matched }) in rows {
        table.push([
            name.into(),
            mean(explanation.as_ref()),
            interval(explanation.as_ref()),
            mean(random.as_ref()),
            mean(less_random.as_ref()),
            interval(less_random.as_ref()),
            mean(matched.as_ref()),
            mean(less_matched.as_ref()),
            interval(less_matched.as_ref()),
        ]);
    }
    Some(format!(
        "Edges taken out, or put back, in the order of their effects, in random order, and in the order of their effects with edges \
         of about the same degrees exchanged; means over {}:\n\n{table}",
        counted(pairs, "pair")
    ))
}

fn fidelity(document: &QualityDocument) -> String {
    let mut table = PlainTable::new(["<figure", "mean", "95 %", "pairs"]);
    let rows = [
        ("fid+, loss of score without the ten first edges", document.fid_plus),
        ("fid-, loss of score with them alone", document.fid_minus),
        ("sparsity, share of edges left out", document.sparsity),
        ("agreement of the members (Spearman)", document.agreement),
    ];
    for (name, value) in rows {
        let pairs = value.map_or(0, |value| value.pairs);
        table.push([name.into(), mean(value.as_ref()), interval(value.as_ref()), grouped(pairs)]);
    }
    table.to_string()
}

fn mechanisms(of: &MechanismFigures) -> String {
    let mut lines = vec![format!(
        "Mechanisms: {} read, {} in the graph, {} explained.",
        grouped(of.read),
        grouped(of.in_graph),
        grouped(of.explained)
    )];
    for skipped in &of.skipped {
        lines.push(format!("Left out: {}, {}.", grouped(skipped.mechanisms), skipped.reason));
    }
    if of.missing_nodes > 0 {
        let nodes = counted(of.missing_nodes, "inner node");
        lines.push(format!("The graph lacks {nodes} of those that are in it, which were not looked for."));
    }
    if of.parts.is_empty() {
        return lines.join("\n");
    }
    let headings = [
        "<pairs in",
        "mechanisms",
        "nodes found",
        "hits@1",
        "95 %",
        "random",
        "hits@10",
        "95 %",
        "random",
        "MRR",
        "95 %",
        "random",
    ];
    let mut table = PlainTable::new(headings);
    for part in &of.parts {
        let ranks = [&part.hits_at_1, &part.hits_at_10, &part.mrr];
        let cells = ranks.into_iter().flat_map(|Recovered { explanation, random }| {
            [mean(explanation.as_ref()), interval(explanation.as_ref()), mean(random.as_ref())]
        });
        let first = [part.part.into(), grouped(part.mechanisms), mean(part.nodes_on_paths.as_ref())];
        table.push(first.into_iter().chain(cells));
    }
    let about = "Nodes found: share of a mechanism's inner nodes that are on paths of the explanation. Hits and MRR are of the first path \
                 through nodes of the mechanism alone; random: the same paths in random order.";
    format!("{}\n{about}\n\n{table}", lines.join("\n"))
}

fn mean(value: Option<&Figure>) -> String {
    value.map_or_else(|| "-".into(), |value| figure(value.mean))
}

fn interval(value: Option<&Figure>) -> String {
    value.map_or_else(|| "-".into(), |value| format!("{} to {}", figure(value.low), figure(value.high)))
}
