//! Holding out once more, within what a scorer may see.

use crate::candidates::CandidateRule;
use crate::error::LinkError;
use crate::split::{Split, links};
use crate::view::TrainView;

use super::{cold, folds};

impl TrainView {
    /// The most folds that [`TrainView::inner_fold`] can divide what it holds out into: one for each train link, or for each node
    /// with one.
    pub fn most_inner_folds(&self) -> usize {
        let target = self.target();
        match self.validation_rule() {
            CandidateRule::Nodes { sources, .. } => {
                cold::with_edges(target, self.task(), sources.is_some()).len()
            }
            CandidateRule::Unknown | CandidateRule::Fold { .. } | CandidateRule::Pairs(_) => {
                links(target, self.task()).len()
            }
        }
    }

    /// The view of one fold of cross-validation inside this one: some of its train pairs become the validation part, and its
    /// own validation pairs stay as unknown as the test pairs are. What is held out are edges, or whole nodes where the
    /// view's own validation part is made of cold nodes, so that what is learned there holds for what the view is judged by.
    ///
    /// # Errors
    ///
    /// When there are not at least as many train pairs, or nodes with one, as folds, or nothing would be left to learn from.
    pub fn inner_fold(&self, fold: u32, folds: u32, seed: u64) -> Result<Self, LinkError> {
        let (target, task) = (self.target(), self.task());
        let (split, rule) = match self.validation_rule() {
            CandidateRule::Nodes { sources, .. } => {
                let cold = cold::Cold::of_fold(target, task, sources.is_some(), fold, folds, seed)?;
                let (split, held_out, _) = cold.split(target, task, 0.0, seed)?;
                (split, held_out)
            }
            CandidateRule::Unknown | CandidateRule::Fold { .. } | CandidateRule::Pairs(_) => {
                (folds::split(target, task, 0.0, fold, folds, seed)?, CandidateRule::Unknown)
            }
        };
        let split = Split { valid: split.test, test: Vec::new(), ..split };
        self.within(&split, rule)
    }
}

#[cfg(test)]
mod tests {
    use crate::conformance::{example_graph, example_task};
    use crate::pair::Pair;
    use crate::protocols::{Plan, Protocol};

    use super::*;

    fn view(protocol: Protocol) -> TrainView {
        let graph = example_graph();
        let plan = Plan { protocol, valid_fraction: 0.2, repeats: 1, seed: 3 };
        let round = plan.round(&graph, &example_task(&graph).unwrap(), 0).unwrap();
        TrainView::with_candidates(&graph, &round.split, round.validation).unwrap()
    }

    #[test]
    fn folds_share_the_train_pairs_out_and_hide_them_everywhere() {
        let view = view(Protocol::Random { test_fraction: 0.2 });
        let mut held_out: Vec<Pair> = Vec::new();
        for fold in 0..4 {
            let inner = view.inner_fold(fold, 4, 5).unwrap();
            held_out.extend(inner.valid_pairs());
            assert_eq!(inner.train_pairs().len() + inner.valid_pairs().len(), view.train_pairs().len());
            for relation in inner.graph().relations().iter().filter(|of| inner.task().covers(&of.key)) {
                let reversed = relation.source_type != inner.target().source_type;
                for &pair in inner.valid_pairs().iter().chain(view.valid_pairs()) {
                    let pair = if reversed { pair.reversed() } else { pair };
                    assert!(
                        !relation.forward.contains(pair.source, pair.target),
                        "{} shows a pair",
                        relation.key
                    );
                }
            }
        }
        held_out.sort_unstable();
        let mut train = view.train_pairs().to_vec();
        train.sort_unstable();
        assert_eq!(held_out, train);
    }

    #[test]
    fn there_are_no_more_folds_than_can_be_made() {
        for protocol in [Protocol::Random { test_fraction: 0.2 }, Protocol::ColdTarget { folds: 3 }] {
            let view = view(protocol);
            let most = view.most_inner_folds() as u32;
            assert!(view.inner_fold(0, most, 5).is_ok());
            assert!(view.inner_fold(0, most + 1, 5).is_err());
        }
    }

    #[test]
    fn where_targets_are_cold_whole_targets_are_held_out() {
        let view = view(Protocol::ColdTarget { folds: 3 });
        let inner = view.inner_fold(1, 3, 5).unwrap();
        assert!(!inner.valid_pairs().is_empty());
        for pair in inner.valid_pairs() {
            assert_eq!(inner.target().backward.degree(pair.target), 0);
        }
        let sample = inner.validation_sample(1.0, 0).unwrap();
        assert!(sample.pairs.iter().all(|pair| inner.target().backward.degree(pair.target) == 0));
    }
}
