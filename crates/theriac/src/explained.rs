//! An explanation as text.

use theriac_explain::{EdgeSet, Explanation, Node, Precedent};
use theriac_predict::explained::{Answer, Place, Standing};
use theriac_predict::numbers::{counted, grouped, small_share};

use crate::console::Console;
use crate::error::CliError;
use crate::table::PlainTable;

/// Rows of each kind that are printed; `--json` gives all.
const ROWS: usize = 10;
/// Paths of a kind that are printed.
const PATHS: usize = 2;

/// Prints an explanation.
///
/// # Errors
///
/// When standard output takes no more.
pub fn print(answer: &Answer<'_>, console: Console) -> Result<(), CliError> {
    let sections = [
        Some(heading(answer)),
        what_if(answer),
        Some(edges(answer)),
        paths(answer),
        precedents(answer),
        sets(answer),
        fidelity(answer),
    ];
    let sections: Vec<String> = sections.into_iter().flatten().collect();
    console.print(sections.join("\n\n"))
}

fn heading(answer: &Answer<'_>) -> String {
    let [source, target] = answer.ends();
    let Standing { score, probability, probability_against, known, among_sources, among_targets } =
        &answer.standing;
    let tables = answer.graph.node_tables();
    let type_of = |node: Node| &tables[node.node_type].node_type;
    let base_rate = small_share(answer.base_rate());
    let places = decimals(answer) - 1;
    let mut lines = vec![format!(
        "{} for {}: score {score:.places$}{}{}",
        answer.label(source),
        answer.label(target),
        probability.map_or_else(String::new, |of| format!(", probability {of:.3} (base rate {base_rate})")),
        if *known { ", a known link" } else { "" },
    )];
    if let Some(against) = probability_against {
        let card = &answer.model.card;
        let other = card.signed.as_ref().map(|signed| signed.against.to_string()).unwrap_or_default();
        lines.push(format!("The score is of {}; probability of {other}: {against:.3}.", card.target));
    }
    let place = |place: &Place, of: Node| {
        format!(
            "{} of {} {} nodes (above {:.2} % of them)",
            rank_text(place.rank),
            grouped(place.of),
            type_of(of),
            place.percentile
        )
    };
    match (among_sources, among_targets) {
        (Some(sources), Some(targets)) => lines.push(format!(
            "Rank {}, known links left out; the other way round {}.",
            place(sources, source),
            place(targets, target)
        )),
        (Some(only), None) => lines.push(format!("Rank {}.", place(only, source))),
        (None, Some(only)) => lines.push(format!("Rank {}.", place(only, target))),
        (None, None) => {}
    }
    if let Some(contributed) = answer.contributed() {
        lines.push(contributed.sentence());
    }
    lines.join("\n")
}

fn what_if(answer: &Answer<'_>) -> Option<String> {
    let what_if = answer.what_if.as_ref()?;
    let edits: Vec<String> = what_if.edits.iter().map(|&edge| answer.edge_text(edge)).collect();
    let (before, after) = (what_if.before, what_if.after);
    Some(format!(
        "What if {} changed ({}): score {:.3} becomes {:.3}, probability {:.3} becomes {:.3}, rank {} becomes {}.\n\
         What follows is about the changed graph.",
        counted(edits.len(), "edge"),
        edits.join(", "),
        before.score,
        after.score,
        before.probability,
        after.probability,
        rank_text(before.rank),
        rank_text(after.rank),
    ))
}

fn edges(answer: &Answer<'_>) -> String {
    let Explanation { edges, carrying, .. } = &answer.explanation;
    if edges.is_empty() {
        return "No path of the steps that were asked for joins the two.".into();
    }
    let taken = if edges.len() == *carrying {
        format!(
            "Each of the {} on paths between the two was taken out by itself",
            counted(edges.len(), "edge")
        )
    } else {
        format!(
            "{} of the {} edges on paths between the two, those that carry the most, were taken out one by one",
            edges.len(),
            grouped(*carrying)
        )
    };
    let places = decimals(answer);
    let mut table = PlainTable::new(["score", "rank", "<without"]);
    for effect in edges.iter().filter(|effect| effect.effect != 0.0).take(ROWS) {
        table.push([
            format!("{:+.places$}", -effect.effect),
            rank_text(effect.rank_after),
            answer.edge_text(effect.edge),
        ]);
    }
    let changes = edges.iter().filter(|effect| effect.effect != 0.0).count();
    if changes == 0 {
        return format!("{taken}; none changes the score.");
    }
    format!("{taken}; by how much the score changes, and what the rank becomes:\n\n{table}")
}

fn paths(answer: &Answer<'_>) -> Option<String> {
    let metapaths = &answer.explanation.metapaths;
    if metapaths.is_empty() {
        return None;
    }
    let places = decimals(answer);
    let mut kinds = PlainTable::new(["kind", "effect", "share", "matched", "<along"]);
    let mut paths = PlainTable::new(["kind", "effect", "<path"]);
    for (place, of) in metapaths.iter().take(ROWS).enumerate() {
        let kind = (place + 1).to_string();
        kinds.push([
            kind.clone(),
            format!("{:+.places$}", of.effect),
            format!("{:.0} %", 100.0 * of.share),
            format!("{:.0} %", 100.0 * of.control.at_least),
            answer.metapath_name(&of.steps),
        ]);
        for path in of.paths.iter().take(PATHS) {
            paths.push([kind.clone(), format!("{:+.places$}", path.effect), answer.path_text(of, path)]);
        }
    }
    Some(format!(
        "Kinds of paths, by what their edges do to the score, each edge's effect shared among the kinds that it carries. \
         Matched: of {} of nodes with as many links, the share that has at least as much of this kind.\n\n{kinds}\n\n\
         Paths of each kind, with the summed effects of their edges:\n\n{paths}",
        counted(metapaths[0].control.pairs, "pair"),
    ))
}

fn precedents(answer: &Answer<'_>) -> Option<String> {
    let precedents = &answer.explanation.precedents;
    if precedents.is_empty() {
        return None;
    }
    let places = decimals(answer);
    let line = |of: &Precedent| format!("  {:+.places$}  {}", of.effect, answer.precedent_text(of));
    let lines: Vec<String> = precedents.iter().map(line).collect();
    Some(format!("Known links that carry it:\n\n{}", lines.join("\n")))
}

fn sets(answer: &Answer<'_>) -> Option<String> {
    let Explanation { necessary, sufficient, .. } = &answer.explanation;
    let edges = |set: &EdgeSet| {
        let edges: Vec<String> = set.edges.iter().map(|&edge| answer.edge_text(edge)).collect();
        edges.join("; ")
    };
    let mut lines = Vec::new();
    if let Some(set) = necessary {
        lines.push(format!(
            "Without {} it falls out of the first {}, to rank {}: {}.",
            counted(set.edges.len(), "edge"),
            answer.top,
            rank_text(set.rank),
            edges(set)
        ));
    }
    if let Some(set) = sufficient {
        let rank = rank_text(set.rank);
        lines.push(if set.edges.is_empty() {
            format!("It stays among the first {} without any of its edges, at rank {rank}: what was learned puts it there.", answer.top)
        } else {
            format!(
                "{} alone, of all edges of the two nodes and on paths between them, {} it among the first {}, at rank {rank}: {}.",
                counted(set.edges.len(), "edge"),
                if set.edges.len() == 1 { "keeps" } else { "keep" },
                answer.top,
                edges(set)
            )
        });
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn fidelity(answer: &Answer<'_>) -> Option<String> {
    let fidelity = &answer.explanation.fidelity;
    if fidelity.edges == 0 {
        return None;
    }
    let places = decimals(answer);
    let agreement = fidelity.agreement.map_or_else(String::new, |agreement| {
        format!("; members of the ensemble order the edges alike by {agreement:.2} (Spearman)")
    });
    Some(format!(
        "How far to trust the {} with the greatest effects: without them the score falls by {:.places$} (fid+); with them alone it \
         falls by {:.places$} (fid-); they are {:.1} % of the edges of the two nodes and on paths between them{agreement}.",
        counted(fidelity.edges, "edge"),
        fidelity.plus,
        fidelity.minus,
        100.0 * (1.0 - fidelity.sparsity),
    ))
}

/// Decimal places of an effect: three of a log-odds, more where the score is no log-odds and small.
fn decimals(answer: &Answer<'_>) -> usize {
    let Standing { score, probability, .. } = &answer.standing;
    if probability.is_some() || *score == 0.0 {
        return 3;
    }
    (2.0 - score.abs().log10().floor()).clamp(3.0, 7.0) as usize
}

/// A rank, which may lie halfway between two.
fn rank_text(rank: f64) -> String {
    if rank.fract() == 0.0 { grouped(rank as usize) } else { format!("{rank:.1}") }
}
