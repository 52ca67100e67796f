//! Kronecker regularised least squares: kernel ridge regression over pairs.

mod kernels;

use std::rc::Rc;

use theriac_link::{Budget, FitRecord, FittedScorer, LinkError, Scorer, TrainView, stream};

use crate::factors::{Factorised, Factors};
use crate::kronecker_ridge::{KroneckerRidge, Spectrum};
use crate::selection::StagedSearch;
use kernels::Kernels;

const NAME: &str = "Kron-RLS";

/// Penalties to choose from, the default first. Kernels have ones on their diagonals.
const LAMBDAS: [f32; 5] = [1.0, 0.1, 0.3, 3.0, 10.0];
/// The share of train links in a kernel that is tried first, and those that are held against it.
const SHARE: f32 = 0.5;
const SHARES: [f32; 2] = [0.25, 0.75];

/// Scores a pair by regularised least squares with the Kronecker product of a kernel of sources and one of targets (van
/// Laarhoven, Nabuurs and Marchiori 2011; Pahikkala et al. 2013): pairs are alike where both their ends are.
///
/// Each kernel is a mean of two: the Gaussian kernel of interaction profiles, where the profile of a node without train links is
/// that of its nearest neighbours with some (van Laarhoven and Marchiori 2013), and the mean of all similarities that the graph has of the
/// type: those that come with it, or cosines of its features, and the cosines of neighbour sets in every relation that the
/// task does not cover. Lambda is chosen on the validation part, and after it the share of each.
///
/// Solved in closed form by the two eigendecompositions. That of a side with more than 768 nodes is cut to its 256 leading
/// directions, by randomised range finding; of more than 8,192 nodes those with the most train links take part, and the others
/// score 0.
#[derive(Clone, Copy, Debug, Default)]
pub struct KronRls;

#[derive(Clone, Copy)]
struct Settings {
    lambda: f32,
    /// Share of the interaction profiles in the kernel of each side.
    shares: [f32; 2],
}

/// A solved regression, and what it was made of.
struct Solution {
    factors: Factors,
    settings: Settings,
    spectra: [Rc<Spectrum>; 2],
}

impl Scorer for KronRls {
    fn name(&self) -> &str {
        NAME
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn fit(&self, view: &TrainView, budget: &Budget<'_>) -> Result<Box<dyn FittedScorer>, LinkError> {
        let kernels = [false, true].map(|of_targets| Kernels::new(view, of_targets));
        let spectrum = |side: usize, share: f32| {
            let mut draws = stream(budget.seed, "directions of a kernel", &[side as u64]);
            Rc::new(kernels[side].spectrum(share, &mut draws))
        };
        let shares = [0, 1].map(|side| if kernels[side].has_similarities() { SHARE } else { 1.0 });
        let spectra = [0, 1].map(|side| spectrum(side, shares[side]));
        let mut search = StagedSearch::new(view, budget)?;
        let words = |settings: Settings| {
            let Settings { lambda, shares: [sources, targets] } = settings;
            let text =
                format!("lambda {lambda}, links weigh {sources} among sources, {targets} among targets");
            (text, settings)
        };
        let score = |solution: &Solution, pairs: &_| solution.factors.score(pairs);
        let ridge = KroneckerRidge::new(view, &spectra[0], &spectra[1]);
        let solve = |settings: Settings| {
            Some(Solution { factors: ridge.factors(settings.lambda), settings, spectra: spectra.clone() })
        };
        search.over(0, LAMBDAS.map(|lambda| words(Settings { lambda, shares })), solve, score)?;
        for side in 0..2 {
            let Some(Solution { settings, spectra, .. }) =
                search.to_improve().filter(|_| kernels[side].has_similarities())
            else {
                continue;
            };
            let (settings, spectra) = (*settings, spectra.clone());
            let with = |share: f32| {
                let mut shares = settings.shares;
                shares[side] = share;
                words(Settings { shares, ..settings })
            };
            let solve = |settings: Settings| {
                let mut spectra = spectra.clone();
                spectra[side] = spectrum(side, settings.shares[side]);
                let factors = KroneckerRidge::new(view, &spectra[0], &spectra[1]).factors(settings.lambda);
                Some(Solution { factors, settings, spectra })
            };
            search.over(1 + side as u32, SHARES.map(with), solve, score)?;
        }
        let (best, trials) = search.finish();
        let Solution { factors, .. } = best.expect("every setting has a solution");
        let record = FitRecord::new(NAME, view).with_trials(trials);
        Ok(Box::new(Factorised::learned(factors, record)))
    }
}

#[cfg(test)]
mod tests {
    use faer::Mat;
    use theriac_link::conformance::{check_scorer, example_graph, example_task};
    use theriac_link::{Pair, Silent, Split};

    use super::*;
    use crate::dense::inverse;
    use crate::testing::check_thread_counts;

    #[test]
    fn conforms() {
        check_scorer(&KronRls);
    }

    #[test]
    fn the_same_bits_on_any_number_of_threads() {
        check_thread_counts(&KronRls);
    }

    /// Against `Q (Q + λ I)⁻¹ p` with the kernel of all pairs `Q`, `[24 * 18, 24 * 18]`.
    #[test]
    fn the_closed_form_is_the_solution_over_all_pairs() {
        let graph = example_graph();
        let split = Split::random(&graph, &example_task(&graph).unwrap(), 0.0, 0.2, 1).unwrap();
        let view = TrainView::new(&graph, &split).unwrap();
        let kernels = [false, true].map(|of_targets| Kernels::new(&view, of_targets));
        let spectra = [0, 1].map(|side| kernels[side].spectrum(0.5, &mut stream(0, "test", &[])));
        let whole = |spectrum: &Spectrum| {
            let vectors = &spectrum.vectors;
            Mat::from_fn(vectors.nrows(), vectors.nrows(), |i, j| {
                let terms = spectrum.values.iter().enumerate();
                let product = |(k, &value): (usize, &f32)| value * vectors[(i, k)] * vectors[(j, k)];
                terms.map(|term| f64::from(product(term))).sum::<f64>()
            })
        };
        let (of_drugs, of_diseases) = (whole(&spectra[0]), whole(&spectra[1]));
        let pair = |place: usize| (place / 18, place % 18);
        let alike = |one: usize, other: usize| {
            let ((drug, disease), (drug2, disease2)) = (pair(one), pair(other));
            of_drugs[(drug, drug2)] * of_diseases[(disease, disease2)]
        };
        let lambda = 0.3;
        let n = 24 * 18;
        let ridge = |one, other| if one == other { f64::from(lambda) } else { 0.0 };
        let solved = inverse(Mat::from_fn(n, n, |one, other| alike(one, other) + ridge(one, other))).unwrap();
        let edges = &view.target().forward;
        let known = Mat::from_fn(n, 1, |place, _| {
            let (drug, disease) = pair(place);
            f64::from(u8::from(edges.contains(drug as u32, disease as u32)))
        });
        let expected = Mat::from_fn(n, n, alike) * solved * known;
        let factors = KroneckerRidge::new(&view, &spectra[0], &spectra[1]).factors(lambda);
        for place in 0..n {
            let (drug, disease) = pair(place);
            let found = factors.score(&[Pair::new(drug as u32, disease as u32)])[0];
            assert!((f64::from(found) - expected[(place, 0)]).abs() < 1e-4, "{found} at {place}");
        }
    }

    #[test]
    fn every_stage_is_told_and_one_setting_kept() {
        let graph = example_graph();
        let split = Split::random(&graph, &example_task(&graph).unwrap(), 0.2, 0.2, 1).unwrap();
        let view = TrainView::new(&graph, &split).unwrap();
        let fitted = KronRls.fit(&view, &Budget::new(3, &Silent)).unwrap();
        let trials = &fitted.record().trials;
        assert_eq!(trials.len(), LAMBDAS.len() + 2 * SHARES.len());
        assert_eq!(trials.iter().filter(|trial| trial.chosen).count(), 1);
    }
}
