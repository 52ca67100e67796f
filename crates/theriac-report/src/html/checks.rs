//! Controls, the audit, configurations, limits and the glossary.

use maud::{Markup, html};

use super::{Section, figure, paragraph, scorer_head, table, wordy_table};
use crate::number;
use crate::page::{EvaluationPage, Finding, Severity, SplitSummary};
use crate::plots;

/// Figures on the permuted graph.
pub fn permutation(page: &EvaluationPage) -> Option<Section> {
    let control = page.permutation.as_ref()?;
    let plot = plots::permutation(control, &page.highlighted)?;
    let priors: Vec<f64> = control.rows.iter().filter_map(|row| row.degree_prior).collect();
    let (prior, same) = (!priors.is_empty(), priors.windows(2).all(|two| two[0] == two[1]));
    let body = html! {
        (paragraph(&control.sentences))
        div.panels {
            (figure(plot, html! {
                b { (control.figure) "." } " Dots: the graph as it is. Rings: its edges permuted, all degrees kept"
                @if control.rows.iter().any(|row| row.permuted_interval.is_some()) { ", with their spread below" } "."
                @if prior { " Upright strokes: what degrees alone give there" @if same { ", " (number::fixed(priors[0], 3)) } "." }
            }))
            (table(html! { (control.figure) ": on the graph as it is and on the permuted one." }, html! {
                thead { tr {
                    th scope="col" { "Scorer" }
                    th.number scope="col" { "Real" }
                    th.number scope="col" { "Permuted" }
                    th.number scope="col" { "Difference" }
                    @if prior && !same { th.number scope="col" { "Degrees alone" } }
                } }
                tbody { @for row in &control.rows { tr {
                    (scorer_head(page, &row.scorer))
                    td.number { (number::fixed(row.real, 3)) }
                    td.number {
                        (number::fixed(row.permuted, 3))
                        @if let Some(interval) = row.permuted_interval {
                            span.detail { (number::interval(interval.low, interval.high, 3)) }
                        }
                    }
                    td.number { (number::signed(row.real - row.permuted, 3)) }
                    @if prior && !same { td.number { (number::optional(row.degree_prior, 3)) } }
                } } }
            }))
        }
    };
    Some(Section::new("permutation", "What is left when edges are permuted", body))
}

/// How much the lists of all targets are alike.
pub fn popularity(page: &EvaluationPage) -> Option<Section> {
    let popularity = page.popularity.as_ref().filter(|popularity| !popularity.scorers.is_empty())?;
    let source = if popularity.source_label.is_empty() { "source" } else { &popularity.source_label };
    let body = html! {
        p {
            "A scorer can look good by offering the same few " (source) "s to every target. These are the first "
            (popularity.list_length) " of each target's list; the effective number is how many " (source)
            "s would fill them if each stood in as many lists."
        }
        (wordy_table(html! { "How many " (source) "s the lists are made of." }, html! {
            thead { tr {
                th scope="col" { "Scorer" }
                th.number scope="col" { "Effective number of " (source) "s" }
                th.prose scope="col" { "Most frequent, with their shares of all places" }
            } }
            tbody { @for scorer in &popularity.scorers { tr {
                (scorer_head(page, &scorer.scorer))
                td.number { (number::fixed(scorer.effective_sources, 1)) }
                td.prose {
                    @for (place, frequent) in scorer.most_frequent.iter().enumerate() {
                        @if place > 0 { ", " }
                        (frequent.name) " " span.aside { (number::percent(frequent.share)) }
                    }
                }
            } } }
        }))
    };
    Some(Section::new("popularity", "Are all lists the same?", body))
}

/// How much the lists change from run to run.
pub fn stability(page: &EvaluationPage) -> Option<Section> {
    let stability = page.stability.as_ref().filter(|stability| !stability.rows.is_empty())?;
    let body = html! {
        @if !stability.explanation.is_empty() { p { (stability.explanation) } }
        (table("Agreement of runs; 1 is the same list.", html! {
            thead { tr {
                th scope="col" { "Scorer" }
                @for column in &stability.columns { th.number scope="col" { (column) } }
            } }
            tbody { @for row in &stability.rows { tr {
                (scorer_head(page, &row.scorer))
                @for place in 0..stability.columns.len() {
                    td.number { (number::optional(row.values.get(place).copied().flatten(), 3)) }
                }
            } } }
        }))
    };
    Some(Section::new("stability", "Do the lists stay the same?", body))
}

/// What the audit of the data found.
pub fn audit(page: &EvaluationPage) -> Option<Section> {
    let audit = page.audit.as_ref()?;
    if audit.sentences.is_empty() && audit.findings.is_empty() {
        return None;
    }
    let body = html! {
        (paragraph(&audit.sentences))
        (findings(&audit.findings))
    };
    Some(Section::new("audit", "What else in the data tells of the links", body))
}

/// A list of findings, each with how much it matters.
pub fn findings(findings: &[Finding]) -> Markup {
    html! { @if !findings.is_empty() { ul.findings { @for finding in findings {
        @let class = match finding.severity {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        li class=(class) {
            span.severity { (finding.severity.label()) }
            p {
                (finding.sentence)
                @if let Some(done) = &finding.done { span.decision { b { "Done here: " } (done) } }
                @if let Some(decision) = &finding.decision { span.decision { b { "To decide: " } (decision) } }
            }
        }
    } } } }
}

/// How many configurations were tried.
pub fn configurations(page: &EvaluationPage) -> Option<Section> {
    if page.configurations.is_empty() {
        return None;
    }
    let several = page.split.as_ref().is_some_and(SplitSummary::is_of_several);
    let body = wordy_table(
        html! {
            "Chosen on validation pairs; test pairs were not looked at."
            @if several { " Counted over all rounds; the chosen are those of the first." }
        },
        html! {
            thead { tr {
                th scope="col" { "Scorer" }
                th.number scope="col" { "Configurations" }
                th.prose scope="col" { "Chosen" }
            } }
            tbody { @for tried in &page.configurations { tr {
                (scorer_head(page, &tried.scorer))
                td.number { (number::count(tried.tried)) }
                td.prose { (tried.chosen) }
            } } }
        },
    );
    Some(Section::new("configurations", "Configurations tried", body))
}

/// What a page does not say.
pub fn limits(title: &'static str, limits: &[String]) -> Option<Section> {
    if limits.is_empty() {
        return None;
    }
    let body = html! { ul.limits { @for sentence in limits { li { (sentence) } } } };
    Some(Section::new("limits", title, body))
}

/// The meaning of each figure and term.
pub fn glossary(page: &EvaluationPage) -> Option<Section> {
    let mut terms: Vec<(String, &str)> = Vec::new();
    let figures = page.figures.iter().map(|figure| (figure.full_label(), figure.meaning.as_str()));
    let others = page.glossary.iter().map(|term| (term.name.clone(), term.meaning.as_str()));
    terms.extend(figures.chain(others).filter(|(_, meaning)| !meaning.is_empty()));
    if terms.is_empty() {
        return None;
    }
    let body = html! { dl.glossary { @for (name, meaning) in terms {
        div { dt { (name) } dd { (meaning) } }
    } } };
    Some(Section::new("glossary", "What the figures mean", body))
}
