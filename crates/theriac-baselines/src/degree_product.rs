//! The degree product, also called preferential attachment: popular drugs treat popular diseases.

use std::ops::Range;
use std::sync::Arc;

use theriac_graph::{Csr, EditedGraph, NamedTensor};
use theriac_link::{Budget, FitRecord, FittedScorer, LinkError, Pair, Rescorer, Scorer, TrainView};

const NAME: &str = "degree product";

/// Scores a pair by the number of train edges of its source times that of its target. It says nothing about the pair
/// itself: whatever a model adds to it is what the model has learned.
#[derive(Clone, Copy, Debug, Default)]
pub struct DegreeProduct;

struct Fitted {
    /// Train edges of each source: `[n_sources]`.
    sources: Vec<f32>,
    /// Train edges of each target: `[n_targets]`.
    targets: Vec<f32>,
    anew: Anew,
    record: FitRecord,
}

/// The degree product on other graphs.
#[derive(Clone, Copy)]
struct Anew {
    /// Place of the target relation.
    target: usize,
}

impl Rescorer for Anew {
    fn rescore(&self, graph: &EditedGraph<'_>, pair: Pair) -> f32 {
        let of_source = graph.row(self.target, false, pair.source).degree();
        let of_target = graph.row(self.target, true, pair.target).degree();
        of_source as f32 * of_target as f32
    }

    fn learned(&self) -> Vec<NamedTensor> {
        Vec::new()
    }
}

/// Nothing was learned: the view tells all.
pub(crate) fn restore(view: &TrainView) -> Arc<dyn Rescorer> {
    Arc::new(Anew { target: view.target_place() })
}

impl Scorer for DegreeProduct {
    fn name(&self) -> &str {
        NAME
    }

    fn fit(&self, view: &TrainView, _: &Budget<'_>) -> Result<Box<dyn FittedScorer>, LinkError> {
        let degrees = |edges: &Csr| (0..edges.rows()).map(|node| edges.degree(node) as f32).collect();
        Ok(Box::new(Fitted {
            sources: degrees(&view.target().forward),
            targets: degrees(&view.target().backward),
            anew: Anew { target: view.target_place() },
            record: FitRecord::new(NAME, view),
        }))
    }
}

impl FittedScorer for Fitted {
    fn record(&self) -> &FitRecord {
        &self.record
    }

    fn rescorer(&self) -> Option<Arc<dyn Rescorer>> {
        Some(Arc::new(self.anew))
    }

    fn score(&self, pairs: &[Pair]) -> Vec<f32> {
        pairs
            .iter()
            .map(|pair| self.sources[pair.source as usize] * self.targets[pair.target as usize])
            .collect()
    }

    fn score_targets(&self, targets: Range<u32>, out: &mut [f32]) {
        for (target, row) in targets.zip(out.chunks_exact_mut(self.sources.len())) {
            let degree = self.targets[target as usize];
            for (score, source) in row.iter_mut().zip(&self.sources) {
                *score = source * degree;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use theriac_link::conformance::{check_scorer, example_graph, example_task};
    use theriac_link::{Silent, Split};

    use super::*;

    #[test]
    fn conforms() {
        check_scorer(&DegreeProduct);
    }

    #[test]
    fn only_train_edges_count() {
        let graph = example_graph();
        let split = Split::random(&graph, &example_task(&graph).unwrap(), 0.2, 0.3, 1).unwrap();
        let view = TrainView::new(&graph, &split).unwrap();
        let fitted = DegreeProduct.fit(&view, &Budget::new(0, &Silent)).unwrap();
        for &pair in split.test.iter().chain(&split.train) {
            let of_source = split.train.iter().filter(|edge| edge.source == pair.source).count();
            let of_target = split.train.iter().filter(|edge| edge.target == pair.target).count();
            assert_eq!(fitted.score(&[pair]), [(of_source * of_target) as f32]);
        }
    }
}
