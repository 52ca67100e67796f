//! The audit of a target: how far the rest of the graph all but contains what is to be predicted.
//!
//! Figures of a link predictor are only worth something where the graph does not state the held-out edges some other way:
//! in a relation between the same types, or in one that the target was inferred from. [`audit`] measures both and says
//! what can be decided.

mod finding;
mod overlap;
mod predictors;

use serde::Serialize;
use theriac_graph::{Graph, RelationKey};
use theriac_link::LinkError;

pub use finding::{Finding, LEAST_AUROC, LEAST_OVERLAP, Severity};
pub use overlap::TargetOverlap;
pub use predictors::{Evidence, Predictor};

/// What an audit found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Audit {
    /// The relation that is to be predicted.
    pub target: RelationKey,
    /// Seed of the samples.
    pub seed: u64,
    /// Relations between the same types, and the pairs that they share with the target.
    pub overlaps: Vec<TargetOverlap>,
    /// Evidence of one kind each, and how well it alone tells the target's edges.
    pub predictors: Vec<Predictor>,
    /// What crosses a threshold: overlaps first, then predictors, then notes, the strongest first.
    pub findings: Vec<Finding>,
}

/// Audits a target relation of the whole graph, before any split.
///
/// Overlaps compare the target with every other relation between its node types, in either direction. Predictors score at
/// most 5,000 edges of the target by one kind of evidence alone and hold them against unknown pairs, both random ones and
/// ones whose ends have about the same degrees in the target (within the same powers of two): degree-weighted paths of up
/// to three steps that use neither the target nor, beyond the first step, a relation between its two types; and, for a
/// fifth of the edges that is held out, the votes of the others, passed on along one relation or given features.
///
/// Findings are overlaps of a fifth of either relation and predictors with an AUROC of 0.75 or more against unknown pairs
/// of like degree. Paths that reach half of the edges, and tell them from random unknown pairs with an AUROC of 0.7 or more
/// but from those of like degree with less, are noted and ask for no decision.
///
/// # Errors
///
/// When the graph lacks the target, or it has no edge.
pub fn audit(graph: &Graph, target: &RelationKey, seed: u64) -> Result<Audit, LinkError> {
    let relation = graph.relation(target)?;
    if relation.is_empty() {
        return Err(LinkError::EmptyPart { part: "train", target: target.clone() });
    }
    let overlaps = overlap::overlaps(graph.relations(), relation);
    let predictors = predictors::predictors(graph, relation, seed)?;
    let findings = finding::findings(target, &overlaps, &predictors);
    Ok(Audit { target: target.clone(), seed, overlaps, predictors, findings })
}

#[cfg(test)]
mod tests {
    use theriac_link::conformance::example_graph;

    use super::*;

    #[test]
    fn the_mirror_image_is_found_out() {
        let graph = example_graph();
        let target: RelationKey = "drug:treats:disease".parse().unwrap();
        let found = audit(&graph, &target, 1).unwrap();
        let first = &found.findings[0];
        assert_eq!(first.severity, Severity::Contains);
        assert_eq!(first.relations, ["disease:treated_by:drug".parse::<RelationKey>().unwrap()]);
        // It is told once, as an overlap.
        let again = found.findings.iter().filter(|finding| finding.relations == first.relations);
        assert_eq!(again.count(), 1);
        let missing = audit(&graph, &"drug:cures:disease".parse().unwrap(), 1);
        assert!(missing.unwrap_err().to_string().starts_with("the graph has no relation"));
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let graph = example_graph();
        let target = "drug:treats:disease".parse().unwrap();
        let found = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| audit(&graph, &target, 4).unwrap())
        };
        assert_eq!(found(1), found(3));
    }
}
