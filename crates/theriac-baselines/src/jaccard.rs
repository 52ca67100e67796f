//! The Jaccard index of drugs: what is known of a disease's drugs is said of the drugs most like them.

use theriac_link::{Budget, FittedScorer, LinkError, Scorer, TrainView};

use crate::shared_targets::{PathWeights, SharedTargets};

const NAME: &str = "Jaccard";

/// Scores a pair (s, t) by how alike s is to the known sources of t: `Σ_s' |N(s) ∩ N(s')| / |N(s) ∪ N(s')|`, over the train
/// edges (s', t) with s' ≠ s, where `N` are the targets of train edges.
///
/// The Jaccard index of two nodes of one type, carried to a bipartite graph as Huang, Li and Chen 2005 do, by a sum over
/// the neighbours that share links. A train edge scores as if it were held out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Jaccard;

impl Scorer for Jaccard {
    fn name(&self) -> &str {
        NAME
    }

    fn fit(&self, view: &TrainView, _: &Budget<'_>) -> Result<Box<dyn FittedScorer>, LinkError> {
        Ok(Box::new(SharedTargets::fit(NAME, view, weights())?))
    }
}

/// How paths are weighed.
pub(crate) fn weights() -> PathWeights {
    PathWeights {
        target: |_| 1.0,
        // Without the edge (s, t) the two share one target less, and the union stays: t is a target of s'.
        other: |source, other, shared| 1.0 / (source + other - shared),
        ends: |_, _| 1.0,
    }
}

#[cfg(test)]
mod tests {
    use theriac_link::conformance::check_scorer;

    use super::*;
    use crate::shared_targets::tests::{by_hand, check_close, check_edges_score_as_if_held_out};
    use crate::testing::check_thread_counts;

    #[test]
    fn conforms() {
        check_scorer(&Jaccard);
    }

    #[test]
    fn the_same_bits_on_any_number_of_threads() {
        check_thread_counts(&Jaccard);
    }

    #[test]
    fn an_edge_scores_as_if_it_were_held_out() {
        check_edges_score_as_if_held_out(&Jaccard);
    }

    #[test]
    fn by_the_definition() {
        let found = by_hand(&Jaccard);
        // Drugs 0 and 1 share one of four diseases, 0 and 2 two of three, 1 and 2 two of four, 1 and 3 one of three.
        check_close(&[found[8]], &[1.0 / 4.0 + 2.0 / 3.0]);
        check_close(&[found[3], found[7], found[11]], &[0.0, 1.0 / 3.0, 1.0 / 3.0]);
        check_close(&[found[1], found[12]], &[1.0 / 4.0 + 2.0 / 4.0, 1.0 / 4.0]);
    }
}
