//! What the tests of several scorers share.

use theriac_link::conformance::{example_graph, example_task};
use theriac_link::{Budget, Scorer, Silent, Split, TrainView};

/// All scores on the example graph, target by target, where `valid` of the edges are for validation.
pub(crate) fn all_scores(scorer: &dyn Scorer, valid: f64) -> Vec<f32> {
    let graph = example_graph();
    let split = Split::random(&graph, &example_task(&graph).unwrap(), valid, 0.2, 1).unwrap();
    let view = TrainView::new(&graph, &split).unwrap();
    let fitted = scorer.fit(&view, &Budget::new(3, &Silent)).unwrap();
    let mut scores = vec![f32::NAN; 24 * 18];
    fitted.score_targets(0..18, &mut scores);
    scores
}

/// Checks that a scorer gives the same bits on one thread and on three.
pub(crate) fn check_thread_counts(scorer: &dyn Scorer) {
    let bits = |threads: usize| -> Vec<u32> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| all_scores(scorer, 0.2)).into_iter().map(f32::to_bits).collect()
    };
    assert_eq!(bits(1), bits(3), "{}", scorer.name());
}
