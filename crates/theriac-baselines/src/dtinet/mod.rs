//! DTINet: diffusion over similarity networks, then inductive matrix completion.

mod diffusion;

use theriac_link::{Budget, FitRecord, FittedScorer, LinkError, Scorer, TrainView};

use crate::factors::{Factorised, Factors};
use crate::kronecker_ridge::KroneckerRidge;
use crate::selection::Selection;

const NAME: &str = "DTINet";

/// Dimensions of the embeddings of sources and of targets: the paper's of drugs and of proteins.
const SOURCE_RANK: usize = 100;
const TARGET_RANK: usize = 400;
/// Penalties that are tried, times the mean product of singular values; the first is the default.
const PENALTIES: [f32; 5] = [0.1, 0.01, 1.0, 10.0, 100.0];

/// Scores a pair by DTINet (Luo et al. 2017, Nat. Commun. 8:573).
///
/// Each relation at the source type or the target type, the train part of the target among them, makes a network of
/// nodes with like neighbours (Jaccard's index); given features make another. Random walks with restart (probability 0.5)
/// over each give diffusion states, whose logarithms over all networks are reduced to the leading singular vectors by
/// diffusion component analysis: `X`, `[n_sources, 100]`, and `Y`, `[n_targets, 400]`. Inductive matrix completion then
/// finds `Z` such that `X Z Yᵀ` comes near the train matrix.
///
/// What differs from the paper: networks keep the 30 nearest neighbours of each node, not all; diffusion states of more
/// than 768 nodes are those of a random sample of 768 to walk to, and singular vectors are found by randomised range
/// finding; dimensions are no more than a third of the nodes; `Z` has full rank and a Frobenius penalty, chosen on
/// validation, instead of two factors of low rank, and is found in closed form over all pairs; siblings of the target make
/// no network.
#[derive(Clone, Copy, Debug, Default)]
pub struct DtiNet;

impl Scorer for DtiNet {
    fn name(&self) -> &str {
        NAME
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn fit(&self, view: &TrainView, budget: &Budget<'_>) -> Result<Box<dyn FittedScorer>, LinkError> {
        let sources = diffusion::embedding(view, false, SOURCE_RANK, budget);
        let targets = diffusion::embedding(view, true, TARGET_RANK, budget);
        let completion = KroneckerRidge::new(view, &sources, &targets);
        let unit = mean(&sources.values) * mean(&targets.values);
        let (factors, trials) = Selection::new(view, budget)?.choose(
            PENALTIES.iter().map(|penalty| (format!("penalty {penalty}"), *penalty)),
            |penalty: f32| Ok(completion.factors(penalty * unit)),
            Factors::score,
        )?;
        let record = FitRecord::new(NAME, view).with_trials(trials);
        Ok(Box::new(Factorised::learned(factors, record)))
    }
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len() as f32
}

#[cfg(test)]
mod tests {
    use faer::Mat;
    use theriac_link::conformance::{check_scorer, example_graph, example_task};
    use theriac_link::{Pair, Silent, Split};

    use super::*;
    use crate::kronecker_ridge::Spectrum;
    use crate::low_rank::multiply;

    fn view(valid: f64) -> TrainView {
        let graph = example_graph();
        let split = Split::random(&graph, &example_task(&graph).unwrap(), valid, 0.2, 7).unwrap();
        TrainView::new(&graph, &split).unwrap()
    }

    #[test]
    fn conforms() {
        check_scorer(&DtiNet);
    }

    /// The gradient of the penalised squared error by `Z`, from its definition, is 0.
    #[test]
    fn the_completion_is_the_least_of_its_loss() {
        let (view, budget) = (view(0.0), Budget::new(3, &Silent));
        let sources = diffusion::embedding(&view, false, 100, &budget);
        let targets = diffusion::embedding(&view, true, 400, &budget);
        let penalty = 0.1 * mean(&sources.values) * mean(&targets.values);
        let factors = KroneckerRidge::new(&view, &sources, &targets).factors(penalty);
        let scaled = |embedding: &Spectrum| {
            let vectors = &embedding.vectors;
            Mat::from_fn(vectors.nrows(), vectors.ncols(), |i, j| {
                vectors[(i, j)] * embedding.values[j].sqrt()
            })
        };
        let (x, y) = (scaled(&sources), scaled(&targets));
        assert_eq!((x.shape(), y.shape()), ((24, 8), (18, 6)));
        let edges = &view.target().forward;
        let scores = Mat::from_fn(24, 18, |s, t| factors.score(&[Pair::new(s as u32, t as u32)])[0]);
        let error = Mat::from_fn(24, 18, |s, t| {
            scores[(s, t)] - f32::from(u8::from(edges.contains(s as u32, t as u32)))
        });
        // Z from X Z Yᵀ = U G Vᵀ, by the orthonormal columns.
        let core = multiply(
            sources.vectors.transpose(),
            multiply(scores.as_ref(), targets.vectors.as_ref()).as_ref(),
        );
        let z = Mat::from_fn(8, 6, |i, j| core[(i, j)] / (sources.values[i] * targets.values[j]).sqrt());
        let gradient = multiply(multiply(x.transpose(), error.as_ref()).as_ref(), y.as_ref());
        for i in 0..8 {
            for j in 0..6 {
                let slope = gradient[(i, j)] + penalty * z[(i, j)];
                assert!(slope.abs() < 1e-3, "gradient {slope} at {i}, {j}");
            }
        }
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let view = view(0.1);
        let scores = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let fitted = pool.install(|| DtiNet.fit(&view, &Budget::new(3, &Silent)).unwrap());
            assert_eq!(fitted.record().trials.len(), PENALTIES.len());
            let mut scores = vec![0.0; 24 * 18];
            fitted.score_targets(0..18, &mut scores);
            scores.iter().map(|score| score.to_bits()).collect::<Vec<u32>>()
        };
        assert_eq!(scores(1), scores(3));
    }
}
