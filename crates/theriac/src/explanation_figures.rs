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
    let mut table =
        PlainTable::new(["<area under", "<order of edges", "area", "95 %", "explanation less it", "95 %"]);
    let rows = [
        ("deletion curve (low is good)", &document.deletion),
        ("insertion curve (high is good)", &document.insertion),
    ];
    for (name, CurveFigures { explanation, random, matched, less_random, less_matched }) in rows {
        let orders = [
            ("effects", explanation, None),
            ("random", random, Some(less_random)),
            ("matched", matched, Some(less_matched)),
        ];
        for (place, (order, area, less)) in orders.into_iter().enumerate() {
            let less = less.map(Option::as_ref);
            table.push([
                if place == 0 { name.into() } else { String::new() },
                order.into(),
                mean(area.as_ref()),
                interval(area.as_ref()),
                less.map_or_else(String::new, mean),
                less.map_or_else(String::new, interval),
            ]);
        }
    }
    Some(format!(
        "Edges taken out, or put back: in the order of their effects, in random order, and, matched, in the order of their effects with \
         those of about the same degrees exchanged. Means over {}:\n\n{table}",
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
        "<figure",
        "explanation",
        "95 %",
        "random order",
        "any ten",
    ];
    let mut table = PlainTable::new(headings);
    for part in &of.parts {
        let rows = [
            ("hits@1", &part.hits_at_1, String::new()),
            ("hits@10", &part.hits_at_10, mean(part.any_ten.as_ref())),
            ("MRR", &part.mrr, String::new()),
        ];
        for (place, (name, Recovered { explanation, random }, any)) in rows.into_iter().enumerate() {
            let first = [part.part.into(), grouped(part.mechanisms), mean(part.nodes_on_paths.as_ref())];
            let first = if place == 0 { first } else { Default::default() };
            let cells = [
                name.into(),
                mean(explanation.as_ref()),
                interval(explanation.as_ref()),
                mean(random.as_ref()),
                any,
            ];
            table.push(first.into_iter().chain(cells));
        }
    }
    let about = "Nodes found: share of a mechanism's inner nodes that are on paths of the explanation. Hits and MRR are of the first path \
                 through nodes of the mechanism alone. Random order: of the same paths. Any ten: paths drawn among all between the two.";
    format!("{}\n{about}\n\n{table}", lines.join("\n"))
}

fn mean(value: Option<&Figure>) -> String {
    value.map_or_else(|| "-".into(), |value| figure(value.mean))
}

fn interval(value: Option<&Figure>) -> String {
    value.map_or_else(|| "-".into(), |value| format!("{} to {}", figure(value.low), figure(value.high)))
}
