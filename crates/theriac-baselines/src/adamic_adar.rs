//! The Adamic-Adar index of drugs: a rare disease in common says more than a common one.

use theriac_link::{Budget, FittedScorer, LinkError, Scorer, TrainView};

use crate::shared_targets::{PathWeights, SharedTargets};

const NAME: &str = "Adamic-Adar";

/// Scores a pair (s, t) by how alike s is to the known sources of t: `Σ_s' Σ_t' 1 / ln k_t'`, over the train edges (s', t)
/// with s' ≠ s and the targets t' ≠ t that s and s' share, where `k_t'` is the number of train edges of t'.
///
/// The index of Adamic and Adar 2003 for two nodes of one type, carried to a bipartite graph as Huang, Li and Chen 2005
/// do, by a sum over the neighbours that share links. A train edge scores as if it were held out.
#[derive(Clone, Copy, Debug, Default)]
pub struct AdamicAdar;

impl Scorer for AdamicAdar {
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
        // A target that two sources share has two train edges at least; the one edge of another is shared by none.
        target: |degree| 1.0 / degree.max(2.0).ln(),
        other: |_, _, _| 1.0,
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
        check_scorer(&AdamicAdar);
    }

    #[test]
    fn the_same_bits_on_any_number_of_threads() {
        check_thread_counts(&AdamicAdar);
    }

    #[test]
    fn an_edge_scores_as_if_it_were_held_out() {
        check_edges_score_as_if_held_out(&AdamicAdar);
    }

    #[test]
    fn by_the_definition() {
        let found = by_hand(&AdamicAdar);
        // Disease 1 has three drugs, diseases 0, 2 and 3 have two each.
        let (of_3, of_2) = (1.0 / 3f64.ln(), 1.0 / 2f64.ln());
        check_close(&[found[8]], &[of_3 + of_3 + of_2]);
        check_close(&[found[3], found[7], found[11]], &[0.0, of_2, of_2]);
    }
}
