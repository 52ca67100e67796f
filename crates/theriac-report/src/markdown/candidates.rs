//! The report on candidates.

use super::{Column, Document};
use crate::candidates::{
    Accuracy, Candidate, CandidatePage, Contribution, Counterfactual, EvidencePath, Explanation, Flag,
    Metapath, RankingColumn,
};
use crate::number;
use crate::page::Finding;

/// The report, its sections as those of the page. Sections without data are left out.
pub fn document(page: &CandidatePage) -> String {
    let mut document = Document::default();
    document.heading(1, &page.title);
    if let Some(notice) = &page.notice {
        document.paragraph(std::slice::from_ref(notice));
    }
    document.list(&facts(page));
    document.paragraph(&page.summary);
    ranking(&mut document, page);
    for candidate in &page.candidates {
        if let Some(explanation) = candidate.told() {
            explained(&mut document, page, candidate, explanation);
        }
    }
    if let Some(accuracy) = &page.accuracy {
        self::accuracy(&mut document, accuracy);
    }
    if !page.limits.is_empty() {
        document.heading(2, "What this report does not say");
        document.list(&unnamed(&page.limits));
    }
    provenance(&mut document, page);
    document.text
}

fn unnamed(sentences: &[String]) -> Vec<(&'static str, String)> {
    sentences.iter().map(|sentence| ("", sentence.clone())).collect()
}

fn facts(page: &CandidatePage) -> Vec<(&str, String)> {
    let query = &page.query.node;
    let asked = if query.id == query.label() || query.id.is_empty() {
        query.label().to_owned()
    } else {
        format!("{} ({})", query.label(), query.id)
    };
    let facts = [
        ("Asked for", page.direction().map_or_else(|| asked.clone(), |way| format!("{way}: {asked}"))),
        ("Known links", page.query.known_links.map(number::count).unwrap_or_default()),
        ("Predicted relation", page.target.clone()),
        ("Graph", page.graph.clone()),
        ("Model", page.model.clone()),
    ];
    facts.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| number::MISSING.into(), number::percent)
}

fn count(count: Option<u64>) -> String {
    count.map_or_else(|| number::MISSING.into(), number::count)
}

/// A column of a table and what stands in it for an item; one that no item has anything in is left out.
struct Field<'a, T> {
    column: Column<'a>,
    shown: bool,
    cell: fn(&T) -> String,
}

fn words<T>(name: &str, shown: bool, cell: fn(&T) -> String) -> Field<'_, T> {
    Field { column: Column { name, figures: false }, shown, cell }
}

fn figures<T>(name: &str, shown: bool, cell: fn(&T) -> String) -> Field<'_, T> {
    Field { column: Column { name, figures: true }, shown, cell }
}

fn table<T, const N: usize>(document: &mut Document, items: &[T], fields: [Field<'_, T>; N]) {
    let shown: Vec<Field<'_, T>> = fields.into_iter().filter(|field| field.shown).collect();
    let columns: Vec<Column<'_>> = shown.iter().map(|field| field.column).collect();
    let rows: Vec<Vec<String>> =
        items.iter().map(|item| shown.iter().map(|field| (field.cell)(item)).collect()).collect();
    document.table(&columns, &rows);
}

fn ranking(document: &mut Document, page: &CandidatePage) {
    let candidates = &page.candidates;
    if candidates.is_empty() {
        return;
    }
    document.heading(2, "Ranking");
    document.paragraph(&page.reading());
    let fields = [
        figures("rank", true, |candidate: &Candidate| number::count(candidate.rank)),
        words(page.candidate_label(), true, |candidate| candidate.node.label().into()),
        words("id", true, |candidate| candidate.node.id.clone()),
        figures("score", true, |candidate| number::fixed(candidate.score, 3)),
        figures("probability", page.shows(RankingColumn::Probability), |candidate| {
            probability(candidate).unwrap_or_else(|| number::MISSING.into())
        }),
        figures("percentile", page.shows(RankingColumn::Percentile), |candidate| {
            number::optional(candidate.percentile, 2)
        }),
        figures("popularity", page.shows(RankingColumn::Popularity), |candidate| {
            percent(candidate.popularity)
        }),
        words("flags", page.shows(RankingColumn::Flags), flags),
        words("evidence", page.shows(RankingColumn::Evidence), |candidate| {
            candidate.evidence.clone().unwrap_or_else(|| number::MISSING.into())
        }),
    ];
    table(document, candidates, fields);
}

/// A finding with what was done about it and what is left to decide.
fn whole(note: &Finding) -> String {
    let done = note.done.as_ref().map(|done| format!(" Done here: {done}"));
    let decision = note.decision.as_ref().map(|decision| format!(" To decide: {decision}"));
    format!("{}{}{}", note.sentence, done.unwrap_or_default(), decision.unwrap_or_default())
}

/// The probability with its range in brackets.
fn probability(candidate: &Candidate) -> Option<String> {
    Some(match candidate.probability_told()? {
        (value, Some(range)) => format!("{value} ({range})"),
        (value, None) => value,
    })
}

fn flags(candidate: &Candidate) -> String {
    candidate.sorted_flags().into_iter().map(Flag::label).collect::<Vec<_>>().join(", ")
}

fn explained(
    document: &mut Document,
    page: &CandidatePage,
    candidate: &Candidate,
    explanation: &Explanation,
) {
    document.heading(2, &format!("{}. {}", number::count(candidate.rank), candidate.node.label()));
    if let Some(evidence) = &candidate.evidence {
        document.paragraph(std::slice::from_ref(evidence));
    }
    let of = page.ranked.map(|ranked| format!(" of {}", number::count(ranked))).unwrap_or_default();
    let (query, name) = (page.query.node.label(), candidate.node.label());
    let mut facts: Vec<(String, String)> = vec![("Score".into(), number::fixed(candidate.score, 3))];
    facts.extend(probability(candidate).map(|value| ("Probability".into(), value)));
    facts.push((format!("Rank for {query}"), format!("{}{of}", number::count(candidate.rank))));
    facts.extend(explanation.reverse_rank.map(|place| {
        let rank = format!("{} of {}", number::count(place.rank), number::count(place.of));
        (format!("Rank of {query} for {name}"), rank)
    }));
    facts.extend(candidate.popularity.map(|share| ("Owed to popularity".into(), number::percent(share))));
    facts.extend(Some(("Flags".into(), flags(candidate))).filter(|(_, flags)| !flags.is_empty()));
    document.list(&facts);
    let notes: Vec<(&str, String)> =
        explanation.notes.iter().map(|note| (note.severity.label(), whole(note))).collect();
    document.list(&notes);
    contributions(document, explanation);
    edges(document, explanation);
    paths(document, explanation);
    if !explanation.precedents.is_empty() {
        document.heading(3, "Precedents");
        document.list(&unnamed(&explanation.precedents));
    }
    let figures = explanation.fidelity.map(|fidelity| fidelity.figures()).unwrap_or_default();
    if !figures.is_empty() {
        document.heading(3, "How far to trust this explanation");
        let items: Vec<(&str, String)> = figures
            .into_iter()
            .map(|figure| (figure.name, format!("{}. {}", figure.value, figure.reading)))
            .collect();
        document.list(&items);
    }
}

fn contributions(document: &mut Document, explanation: &Explanation) {
    if explanation.contributions.is_empty() {
        return;
    }
    document.heading(3, "What the score is made of");
    if let Some(base) = explanation.base {
        document.paragraph(&[format!("From a base of {}:", number::fixed(base, 3))]);
    }
    let fields = [
        words("part", true, |part: &Contribution| part.name.clone()),
        figures("adds", true, |part| number::signed(part.value, 3)),
    ];
    table(document, &explanation.contributions, fields);
}

fn edges(document: &mut Document, explanation: &Explanation) {
    let edges = &explanation.counterfactuals;
    if edges.is_empty() {
        return;
    }
    document.heading(3, "Single edges taken away");
    document.paragraph(&[explanation.counterfactual_reading()]);
    let fields = [
        words("relation", true, |edge: &Counterfactual| edge.relation.clone()),
        words("from", true, |edge| edge.source.clone()),
        words("to", true, |edge| edge.target.clone()),
        figures("change", true, |edge| number::signed(edge.change, 3)),
        figures("rank after", edges.iter().any(|edge| edge.rank_after.is_some()), |edge| {
            count(edge.rank_after)
        }),
    ];
    table(document, edges, fields);
}

fn paths(document: &mut Document, explanation: &Explanation) {
    let paths = &explanation.paths;
    if !paths.is_empty() {
        document.heading(3, "Paths");
        document.paragraph(&explanation.path_reading());
        let fields = [
            words("path", true, |path: &EvidencePath| path.words().join(" ")),
            figures("effect", paths.iter().any(|path| path.effect.is_some()), |path| {
                path.effect.map_or_else(|| number::MISSING.into(), |effect| number::signed(effect, 3))
            }),
            words("sources", paths.iter().any(|path| !path.provenance().is_empty()), |path| {
                path.provenance().join("; ")
            }),
        ];
        table(document, paths, fields);
    }
    let kinds = &explanation.metapaths;
    if !kinds.is_empty() {
        document.heading(3, "Kinds of paths");
        document.paragraph(&explanation.metapath_reading());
        let fields = [
            words("kind of path", true, |kind: &Metapath| kind.name.clone()),
            figures("paths", kinds.iter().any(|kind| kind.paths.is_some()), |kind| count(kind.paths)),
            figures("share", true, |kind| number::percent(kind.share)),
            figures("matched", kinds.iter().any(|kind| kind.matched.is_some()), |kind| percent(kind.matched)),
        ];
        table(document, kinds, fields);
    }
}

fn accuracy(document: &mut Document, accuracy: &Accuracy) {
    let columns = accuracy.columns();
    if accuracy.protocol.is_empty() && columns.is_empty() {
        return;
    }
    document.heading(2, "How good the model is");
    document.paragraph(&accuracy.protocol);
    if columns.is_empty() {
        return;
    }
    let mut heads = vec![Column { name: "scorer", figures: false }];
    heads.extend(columns.iter().map(|(name, _)| Column { name, figures: true }));
    let rows: Vec<Vec<String>> = accuracy
        .rows
        .iter()
        .map(|row| {
            let name = if row.baseline { format!("{} (baseline)", row.scorer) } else { row.scorer.clone() };
            let values = columns.iter().map(|(name, value)| {
                if *name == "Prevalence" { percent(value(row)) } else { number::optional(value(row), 3) }
            });
            std::iter::once(name).chain(values).collect()
        })
        .collect();
    document.table(&heads, &rows);
}

fn provenance(document: &mut Document, page: &CandidatePage) {
    let provenance = &page.provenance;
    if *provenance == crate::page::Provenance::default() {
        return;
    }
    document.heading(2, "How to get these candidates again");
    if let Some(command) = &provenance.command {
        document.code(command);
    }
    let facts = provenance.facts();
    document.list(&facts.into_iter().map(|(name, value, _)| (name, value)).collect::<Vec<_>>());
}
