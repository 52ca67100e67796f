//! What an audit has to say, in sentences.

use serde::Serialize;
use theriac_graph::RelationKey;

use super::overlap::TargetOverlap;
use super::predictors::{Evidence, Predictor};

/// An overlap is told from this share of either relation.
pub const LEAST_OVERLAP: f64 = 0.2;
/// A predictor asks for a decision from this AUROC against unknown pairs of like degree.
pub const LEAST_AUROC: f64 = 0.75;
/// Paths that tell less than that beyond degree are noted from this AUROC against random unknown pairs, where they reach
/// [`LEAST_NOTED_COVERAGE`] of the edges.
const LEAST_NOTED_AUROC: f64 = 0.7;
const LEAST_NOTED_COVERAGE: f64 = 0.5;
/// Below this AUROC against unknown pairs of like degree, hardly anything is left beyond degree.
const HARDLY_ANYTHING: f64 = 0.55;
/// A predictor that fewer edges than this were matched for is not told.
const LEAST_MATCHED: usize = 30;

/// How the target follows from other relations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A relation states edges of the target.
    Contains,
    /// Evidence without the edge itself tells it from pairs of like degree.
    Predicts,
    /// Paths without the edge itself tell it from random pairs, but less so from pairs of like degree.
    Notes,
}

/// Something that figures on this target depend on, and what can be decided about it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The relations that it is about; none for given features.
    pub relations: Vec<RelationKey>,
    /// How the target follows from them.
    pub severity: Severity,
    /// What was found, in one sentence.
    pub sentence: String,
    /// What the owner of the graph can decide, in one sentence; nothing where it is only noted.
    pub decision: Option<String>,
}

/// The findings: overlaps, then predictors, then notes, the strongest first. A predictor is left out where one made of some of
/// its relations alone tells as well, and where its relation is told as an overlap.
pub(super) fn findings(
    target: &RelationKey,
    overlaps: &[TargetOverlap],
    predictors: &[Predictor],
) -> Vec<Finding> {
    let mut told: Vec<&TargetOverlap> = overlaps
        .iter()
        .filter(|overlap| overlap.share_of_target.max(overlap.share_of_relation) >= LEAST_OVERLAP)
        .collect();
    told.sort_by(|a, b| b.share_of_target.total_cmp(&a.share_of_target));
    let mut found: Vec<Finding> = told.iter().map(|overlap| contains(target, overlap)).collect();
    let overlapping = |relations: &[RelationKey]| matches!(relations, [relation] if told.iter().any(|overlap| overlap.relation == *relation));
    let usable: Vec<&Predictor> = predictors
        .iter()
        .filter(|predictor| predictor.matched >= LEAST_MATCHED && !overlapping(&predictor.relations))
        .collect();
    let of = |auroc: fn(&Predictor) -> Option<f64>, keep: fn(&Predictor) -> bool| {
        let kept = usable.iter().filter(|predictor| keep(predictor));
        kept.filter_map(|&predictor| Some((auroc(predictor)?, predictor))).collect()
    };
    let strong = uncovered(of(|predictor| predictor.matched_auroc, is_strong));
    found.extend(strong.iter().map(|&(auroc, predictor)| predicts(target, predictor, auroc)));
    let noted = uncovered(of(|predictor| predictor.uniform_auroc, is_noted));
    found.extend(noted.iter().map(|&(auroc, predictor)| notes(target, predictor, auroc)));
    found
}

fn is_strong(predictor: &Predictor) -> bool {
    predictor.matched_auroc.is_some_and(|auroc| auroc >= LEAST_AUROC)
}

fn is_noted(predictor: &Predictor) -> bool {
    predictor.evidence == Evidence::Paths
        && !is_strong(predictor)
        && predictor.coverage >= LEAST_NOTED_COVERAGE
        && predictor.uniform_auroc.is_some_and(|auroc| auroc >= LEAST_NOTED_AUROC)
}

/// Those for which no other that is made of some of the same relations alone tells as well, the strongest first.
fn uncovered(mut predictors: Vec<(f64, &Predictor)>) -> Vec<(f64, &Predictor)> {
    predictors.sort_by(|a, b| b.0.total_cmp(&a.0));
    let covered = |place: usize, (auroc, predictor): (f64, &Predictor)| {
        predictors.iter().enumerate().any(|(other_place, &(other_auroc, other))| {
            let part = other.relations.len() < predictor.relations.len()
                || other.relations == predictor.relations && other_place < place;
            let within = other.relations.iter().all(|relation| predictor.relations.contains(relation));
            part && within && !other.relations.is_empty() && other_auroc >= auroc
        })
    };
    let places = predictors.iter().enumerate();
    places.filter(|&(place, &entry)| !covered(place, entry)).map(|(_, &entry)| entry).collect()
}

fn contains(target: &RelationKey, overlap: &TargetOverlap) -> Finding {
    let TargetOverlap { relation, reversed, share_of_target, share_of_relation, .. } = overlap;
    let backwards = if *reversed { ", read backwards," } else { "" };
    Finding {
        relations: vec![relation.clone()],
        severity: Severity::Contains,
        sentence: format!(
            "{relation}{backwards} states {:.0} % of the edges of {target}, and {:.0} % of its own edges are edges of \
             {target}.",
            100.0 * share_of_target,
            100.0 * share_of_relation
        ),
        decision: Some(format!(
            "Declare {relation} a sibling of {target}, so that held-out pairs are taken from it too; or drop it; or keep \
             it and say beside every figure that it was there."
        )),
    }
}

fn predicts(target: &RelationKey, predictor: &Predictor, auroc: f64) -> Finding {
    let Predictor { relations, coverage, .. } = predictor;
    let (evidence, coverage) = (predictor.in_words(), 100.0 * coverage);
    let subject = predictor.subject();
    Finding {
        relations: relations.clone(),
        severity: Severity::Predicts,
        sentence: format!(
            "{evidence} alone tell edges of {target} from unknown pairs of like degree with an AUROC of {auroc:.2}; they say \
             something of {coverage:.0} % of the edges."
        ),
        decision: Some(format!(
            "Drop {subject} if {target} was inferred from it or it from {target}; or keep it and say beside every figure \
             how much of the task it settles."
        )),
    }
}

fn notes(target: &RelationKey, predictor: &Predictor, auroc: f64) -> Finding {
    let Predictor { metapath, relations, coverage, .. } = predictor;
    let matched = predictor.matched_auroc.unwrap_or(f64::NAN);
    let left = if matched < HARDLY_ANYTHING {
        "nearly all that they tell follows from degrees"
    } else {
        "a part of what they tell follows from degrees"
    };
    Finding {
        relations: relations.clone(),
        severity: Severity::Notes,
        sentence: format!(
            "Paths {metapath} reach {:.0} % of the edges of {target}; against random unknown pairs they alone have an AUROC \
             of {auroc:.2}, against unknown pairs of like degree {matched:.2}: {left}.",
            100.0 * coverage
        ),
        decision: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Evidence;

    fn predictor(relations: &[&str], auroc: f64) -> Predictor {
        Predictor {
            evidence: Evidence::Paths,
            metapath: "drug-targets-protein-associates-disease".into(),
            relations: relations.iter().map(|key| key.parse().unwrap()).collect(),
            positives: 100,
            matched: 90,
            matched_auroc: Some(auroc),
            uniform_auroc: Some(0.9),
            coverage: 0.4,
        }
    }

    fn told(overlaps: &[TargetOverlap], predictors: &[Predictor]) -> Vec<Finding> {
        findings(&"drug:treats:disease".parse().unwrap(), overlaps, predictors)
    }

    #[test]
    fn thresholds_decide_and_the_strongest_stands_first() {
        let overlap = |share: f64| TargetOverlap {
            relation: "drug:palliates:disease".parse().unwrap(),
            reversed: false,
            shared: 10,
            share_of_target: share / 2.0,
            share_of_relation: share,
        };
        assert_eq!(told(&[overlap(0.19)], &[predictor(&["a:b:c"], 0.74)]), []);
        let found = told(&[overlap(0.2)], &[predictor(&["a:b:c"], 0.75), predictor(&["a:d:c"], 0.8)]);
        let severities: Vec<Severity> = found.iter().map(|finding| finding.severity).collect();
        assert_eq!(severities, [Severity::Contains, Severity::Predicts, Severity::Predicts]);
        assert_eq!(found[1].relations[0].name, "d");
        let mut few = predictor(&["a:b:c"], 0.9);
        few.matched = LEAST_MATCHED - 1;
        assert_eq!(told(&[], &[few]), []);
    }

    #[test]
    fn what_follows_from_degrees_is_noted_and_asks_for_nothing() {
        let noted = |auroc: f64, uniform: f64, coverage: f64| {
            let weak = Predictor { uniform_auroc: Some(uniform), coverage, ..predictor(&["a:b:c"], auroc) };
            told(&[], &[weak])
        };
        let found = noted(0.52, 0.72, 0.64);
        assert_eq!((found.len(), found[0].severity, &found[0].decision), (1, Severity::Notes, &None));
        assert_eq!(
            found[0].sentence,
            "Paths drug-targets-protein-associates-disease reach 64 % of the edges of drug:treats:disease; against random \
             unknown pairs they alone have an AUROC of 0.72, against unknown pairs of like degree 0.52: nearly all that \
             they tell follows from degrees."
        );
        assert!(
            noted(0.6, 0.72, 0.64)[0].sentence.ends_with("a part of what they tell follows from degrees.")
        );
        assert_eq!((noted(0.52, 0.69, 0.64), noted(0.52, 0.72, 0.49)), (Vec::new(), Vec::new()));
        assert_eq!(noted(0.8, 0.9, 0.9)[0].severity, Severity::Predicts);
    }

    #[test]
    fn a_longer_chain_has_to_tell_more() {
        let (short, long) = (predictor(&["a:b:c"], 0.8), |auroc| predictor(&["a:b:c", "c:d:e"], auroc));
        assert_eq!(told(&[], &[short.clone(), long(0.79)]).len(), 1);
        assert_eq!(told(&[], &[short.clone(), long(0.81)]).len(), 2);
        assert_eq!(told(&[], &[short.clone(), short]).len(), 1);
    }

    #[test]
    fn sentences_name_figures_and_decisions() {
        let found = told(&[], &[predictor(&["drug:targets:protein"], 0.8)]);
        assert_eq!(
            found[0].sentence,
            "Paths drug-targets-protein-associates-disease alone tell edges of drug:treats:disease from unknown pairs of \
             like degree with an AUROC of 0.80; they say something of 40 % of the edges."
        );
        assert!(
            found[0]
                .decision
                .as_ref()
                .unwrap()
                .starts_with("Drop drug:targets:protein if drug:treats:disease was inferred")
        );
    }
}
