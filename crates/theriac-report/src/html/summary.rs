//! The head of the page, the protocol and the provenance.

use maud::{Markup, html};

use super::{Section, paragraph, table};
use crate::number;
use crate::page::{EvaluationPage, Provenance, SplitSummary};

/// Title, what was predicted, and the verdict.
pub fn header(page: &EvaluationPage) -> Markup {
    let prevalence = page.split.as_ref().and_then(|split| split.prevalence);
    let test = page.split.as_ref().and_then(|split| split.parts.last());
    html! {
        header {
            @if let Some(notice) = &page.notice { p.notice role="note" { (notice) } }
            p.kicker { "Evaluation" }
            h1 { (page.title) }
            dl.facts {
                @if !page.data_set.is_empty() { div { dt { "Data set" } dd { (page.data_set) } } }
                @if !page.target.is_empty() { div { dt { "Predicted relation" } dd { (page.target) } } }
                @if !page.scorers.is_empty() {
                    div { dt { "Scorers" } dd {
                        (page.scorers.len())
                        @let baselines = page.scorers.iter().filter(|scorer| scorer.baseline).count();
                        @if baselines == page.scorers.len() { ", all baselines" }
                        @else if baselines > 0 { ", " (baselines) " of them baselines" }
                    } }
                }
                @if let Some(test) = test {
                    @let several = page.split.as_ref().is_some_and(SplitSummary::is_of_several);
                    div {
                        dt { (test.name) " positives" @if several { ", a round" } }
                        dd { (number::count(test.positives)) }
                    }
                }
                @if let Some(prevalence) = prevalence {
                    div { dt { "Prevalence" } dd { (number::percent(prevalence)) } }
                }
            }
            @if !page.verdict.is_empty() { div.verdict { (paragraph(&page.verdict)) } }
        }
    }
}

/// How the evaluation was done, and the split.
pub fn protocol(page: &EvaluationPage) -> Option<Section> {
    if page.protocol.is_empty() && page.split.is_none() {
        return None;
    }
    let body = html! {
        (paragraph(&page.protocol))
        @if let Some(split) = &page.split { (split_table(split)) }
    };
    Some(Section::new("protocol", "Protocol", body))
}

fn split_table(split: &SplitSummary) -> Markup {
    let negatives = split.parts.iter().any(|part| part.negatives.is_some());
    html! {
        @if !split.parts.is_empty() {
            (table(if split.is_of_several() { "Pairs in each part, the mean of all rounds." } else { "Pairs in each part of the split." }, html! {
                thead { tr {
                    th scope="col" { "Part" }
                    th.number scope="col" { "Positives" }
                    @if negatives { th.number scope="col" { "Negatives" } }
                } }
                tbody { @for part in &split.parts { tr {
                    th scope="row" { (part.name) }
                    td.number { (number::count(part.positives)) }
                    @if negatives { td.number {
                        (part.negatives.map_or_else(|| number::MISSING.into(), number::count))
                    } }
                } } }
            }))
        }
        dl.record {
            @if split.is_of_several() {
                dt { "Folds" } dd {
                    (split.folds)
                    @if split.repeats > 1 { ", repeated " (split.repeats) " times" }
                }
            }
            @if let Some(prevalence) = split.prevalence {
                dt { "Prevalence" } dd { (number::percent(prevalence)) " of the scored test pairs are positive" }
            }
            @if let Some(negatives) = &split.negatives { dt { "Negatives" } dd { (negatives) } }
            @if !split.hashes.is_empty() {
                dt { @if split.is_of_several() { "Hash of all splits" } @else { "Hash of the split" } }
                dd { @for hash in &split.hashes { code { (hash) } " " } }
            }
        }
    }
}

/// What it takes to get the same figures, or whatever the page shows, again.
pub fn provenance(provenance: &Provenance, shown: &str) -> Option<Section> {
    if *provenance == Provenance::default() {
        return None;
    }
    let body = html! {
        @if let Some(command) = &provenance.command {
            p { "This command gives the same " (shown) ":" }
            pre tabindex="0" { code { (command) } }
        }
        dl.record {
            @for (name, value, verbatim) in provenance.facts() {
                dt { (name) }
                dd { @if verbatim { code { (value) } } @else { (value) } }
            }
        }
    };
    Some(Section::new("reproduce", format!("How to get these {shown} again"), body))
}
