//! How good a model's explanations are: whether its scores rest on the edges that they name, and whether their paths are those of
//! mechanisms that are known.

mod document;
mod known;

use std::collections::HashMap;
use std::ops::ControlFlow;

use theriac_explain::{Curves, Explainer, Fidelity, Question, Recovery, draw_pairs};
use theriac_link::Pair;

pub use document::{
    CurveFigures, Figure, MechanismFigures, PartFigures, QualityDocument, Recovered, Skipped,
};
pub use known::{KnownMechanism, KnownMechanisms};

use crate::Predictor;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QualityOptions {
    /// Test pairs that fidelity is measured on, at most.
    pub pairs: usize,
    /// Edges of an explanation, at most.
    pub edges: usize,
    /// Steps of its paths, at most.
    pub most_steps: usize,
    /// Seed of the pairs, of the orders of edges and of the intervals.
    pub seed: u64,
}

/// How far a pair's explanation can be trusted.
#[derive(Clone, Debug, PartialEq)]
pub struct PairFidelity {
    /// What becomes of the score with and without a few edges.
    pub fidelity: Fidelity,
    /// Its curves; `None` where its edges make no difference to the score.
    pub curves: Option<Curves>,
}

/// What the pairs came to that were explained.
pub struct Quality<'a> {
    predictor: &'a Predictor,
    options: QualityOptions,
    known: Option<&'a KnownMechanisms>,
    /// The test pairs that fidelity is to be measured on, in order.
    sample: Vec<Pair>,
    /// All pairs to explain: the sample, then those of mechanisms.
    asked: Vec<Pair>,
    fidelities: Vec<PairFidelity>,
    /// Each mechanism of which the pair is explained, by its place, with what is shown of it.
    recoveries: Vec<(usize, Recovery)>,
    /// Number of pairs explained.
    done: usize,
}

impl<'a> Quality<'a> {
    /// Draws the pairs: of the test part for fidelity, and all those of mechanisms, held-out ones first.
    pub fn new(
        predictor: &'a Predictor,
        options: QualityOptions,
        known: Option<&'a KnownMechanisms>,
    ) -> Self {
        let test = &predictor.experiment.split.test;
        let sample = draw_pairs(test, options.pairs, options.seed);
        let mut asked = sample.clone();
        let mut of_mechanisms: Vec<Pair> =
            known.iter().flat_map(|known| &known.mechanisms).map(|mechanism| mechanism.pair).collect();
        of_mechanisms.sort_unstable();
        of_mechanisms.dedup();
        let mut of_mechanisms = draw_pairs(&of_mechanisms, usize::MAX, options.seed);
        of_mechanisms.sort_by_key(|pair| !test.contains(pair));
        asked.extend(of_mechanisms.into_iter().filter(|pair| !sample.contains(pair)));
        let (fidelities, recoveries) = (Vec::new(), Vec::new());
        Self { predictor, options, known, sample, asked, fidelities, recoveries, done: 0 }
    }

    /// Number of pairs to explain.
    pub fn pairs(&self) -> usize {
        self.asked.len()
    }

    /// Explains pair after pair; `done` is told the number of those explained, and may end the work.
    pub fn explain(&mut self, mut done: impl FnMut(usize) -> ControlFlow<()>) {
        let Self { predictor, options, .. } = *self;
        let (explainer, rescorer) = (predictor.explainer(predictor.edited()), predictor.rescorer());
        let mut of_pairs: HashMap<Pair, Vec<usize>> = HashMap::new();
        for (place, mechanism) in self.known.iter().flat_map(|known| &known.mechanisms).enumerate() {
            of_pairs.entry(mechanism.pair).or_default().push(place);
        }
        for place in 0..self.asked.len() {
            let pair = self.asked[place];
            let explanation = explain(&explainer, pair, options);
            if place < self.sample.len() {
                let curves = Curves::new(rescorer, &predictor.edited(), &explanation, options.seed);
                self.fidelities.push(PairFidelity { fidelity: explanation.fidelity, curves });
            }
            let mechanisms = self.known.map_or(&[][..], |known| &known.mechanisms);
            for &place in of_pairs.get(&pair).into_iter().flatten() {
                let inner = &mechanisms[place].inner;
                let recovery = Recovery::new(&explainer, &explanation, inner, options.most_steps);
                self.recoveries.push((place, recovery));
            }
            self.done = place + 1;
            if done(self.done).is_break() {
                break;
            }
        }
    }
}

/// Neither ranks nor matched pairs are asked for.
fn explain(explainer: &Explainer<'_>, pair: Pair, options: QualityOptions) -> theriac_explain::Explanation {
    let QualityOptions { edges, most_steps, seed, .. } = options;
    explainer.explain(&Question {
        edges,
        most_steps,
        seed,
        top: 0,
        matched: 0,
        ..Question::new(pair, Vec::new())
    })
}
