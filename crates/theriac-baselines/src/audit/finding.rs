//! What an audit has to say, in sentences.

use serde::Serialize;
use theriac_graph::RelationKey;

use super::overlap::TargetOverlap;
use super::predictors::Predictor;

/// An overlap is told from this share of either relation.
pub const LEAST_OVERLAP: f64 = 0.2;
/// A predictor is told from this AUROC against unknown pairs of like degree.
pub const LEAST_AUROC: f64 = 0.75;
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
    /// What the owner of the graph can decide, in one sentence.
    pub decision: String,
}

/// The findings: overlaps, then predictors, the strongest first. A predictor is left out where one made of some of its
/// relations alone tells as well, and where its relation is told as an overlap.
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
    let mut strong: Vec<(f64, &Predictor)> = predictors
        .iter()
        .filter(|predictor| predictor.matched >= LEAST_MATCHED && !overlapping(&predictor.relations))
        .filter_map(|predictor| Some((predictor.matched_auroc?, predictor)))
        .filter(|(auroc, _)| *auroc >= LEAST_AUROC)
        .collect();
    strong.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (place, &(auroc, predictor)) in strong.iter().enumerate() {
        let covered = strong.iter().enumerate().any(|(other_place, &(other_auroc, other))| {
            let part = other.relations.len() < predictor.relations.len()
                || other.relations == predictor.relations && other_place < place;
            let within = other.relations.iter().all(|relation| predictor.relations.contains(relation));
            part && within && !other.relations.is_empty() && other_auroc >= auroc
        });
        if !covered {
            found.push(predicts(target, predictor, auroc));
        }
    }
    found
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
        decision: format!(
            "Declare {relation} a sibling of {target}, so that held-out pairs are taken from it too; or drop it; or keep \
             it and say beside every figure that it was there."
        ),
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
        decision: format!(
            "Drop {subject} if {target} was inferred from it or it from {target}; or keep it and say beside every figure \
             how much of the task it settles."
        ),
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
            found[0].decision.starts_with("Drop drug:targets:protein if drug:treats:disease was inferred")
        );
    }
}
