//! What results that come from a file must be before they are counted with.

use super::experiment::{Results, RoundResult};
use super::judge::{Curves, Judgement};
use crate::metrics::HITS_AT;
use crate::protocols::Plan;

/// Points of a curve at every hundredth.
const HUNDREDTHS: usize = 101;

impl Results {
    /// Checks that the results are of rounds of this plan, each once and of the same scorers, and of nodes that there are:
    /// what [`run`](super::run) gives is so, and what was read from a file may not be.
    ///
    /// # Errors
    ///
    /// One sentence that names the first round that is not so.
    pub fn check(&self, plan: &Plan, resamples: usize, (sources, targets): (u32, u32)) -> Result<(), String> {
        let planned = plan.rounds();
        let mut previous = None;
        for round in &self.rounds {
            let number = u64::from(round.index) + 1;
            if round.index >= planned {
                return Err(format!("round {number} is not one of {planned}"));
            }
            if previous.replace(round.index).is_some_and(|previous| previous >= round.index) {
                return Err(format!("round {number} is there twice, or out of order"));
            }
            let names = |round: &RoundResult| -> Vec<String> {
                round.scorers.iter().map(|judgement| judgement.scorer.clone()).collect()
            };
            if names(round) != names(&self.rounds[0]) {
                return Err(format!("round {number} has other scorers than the first"));
            }
            for judgement in &round.scorers {
                judgement
                    .check(round.test, (sources, targets))
                    .map_err(|problem| format!("round {number}, {}: {problem}", judgement.scorer))?;
            }
        }
        for (scorer, replicates) in &self.replicates {
            if !replicates.are_of(resamples, planned) {
                return Err(format!(
                    "the resampled figures of {scorer} are not those of {resamples} resamples"
                ));
            }
        }
        Ok(())
    }
}

impl Judgement {
    fn check(&self, positives: usize, (sources, targets): (u32, u32)) -> Result<(), String> {
        let Curves { roc, precision_recall, hits } = &self.curves;
        for (curve, points) in [(roc, HUNDREDTHS), (precision_recall, HUNDREDTHS), (hits, HITS_AT.len())] {
            if !curve.is_empty() && curve.len() != points {
                return Err(format!("a curve has {} points; expected {points}", curve.len()));
            }
        }
        let bins = self.degree_bins.iter().chain(&self.source_degree_bins);
        if let Some(bin) = bins.into_iter().find(|bin| bin.positives > positives as u64) {
            return Err(format!(
                "{} positives have a degree from {}; expected {positives} at most",
                bin.positives, bin.from
            ));
        }
        if let Some((source, _)) = self.frequent.iter().find(|(source, _)| *source >= sources) {
            return Err(format!("source {source} is not one of {sources}"));
        }
        match self.targets.iter().find(|of| of.target >= targets || of.positives > positives as u64) {
            Some(of) => Err(format!(
                "target {} with {} positives is not one of {targets} with {positives}",
                of.target, of.positives
            )),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Silent;
    use crate::conformance::{example_graph, example_task};
    use crate::evaluation::{EvaluationOptions, Experiment, run};
    use crate::pair::Pair;
    use crate::scorer::{FitRecord, FittedScorer, Scorer};
    use crate::{Budget, LinkError, TrainView};

    struct Degree;

    struct Fitted(Vec<f32>, FitRecord);

    impl Scorer for Degree {
        fn name(&self) -> &'static str {
            "degree"
        }

        fn fit(&self, view: &TrainView, _: &Budget<'_>) -> Result<Box<dyn FittedScorer>, LinkError> {
            let edges = &view.target().forward;
            let degrees = (0..edges.rows()).map(|node| edges.degree(node) as f32).collect();
            Ok(Box::new(Fitted(degrees, FitRecord::new("degree", view))))
        }
    }

    impl FittedScorer for Fitted {
        fn record(&self) -> &FitRecord {
            &self.1
        }

        fn score(&self, pairs: &[Pair]) -> Vec<f32> {
            pairs.iter().map(|pair| self.0[pair.source as usize]).collect()
        }
    }

    /// What the check says, and a change to sound results that makes it say so.
    type Change = (&'static str, fn(&mut Results));

    #[test]
    fn what_an_evaluation_gives_is_sound_and_what_was_changed_is_named() {
        let graph = example_graph();
        let task = example_task(&graph).unwrap();
        let plan = Plan { protocol: crate::Protocol::KFold { folds: 2 }, ..Plan::random(0.1, 0.2, 7) };
        let options = EvaluationOptions { resamples: 5, ..EvaluationOptions::default() };
        let scorers: [Box<dyn Scorer>; 1] = [Box::new(Degree)];
        let (graph, task, plan) = (&graph, &task, &plan);
        let experiment = Experiment {
            graph,
            task,
            plan,
            scorers: &scorers,
            fitted: &[],
            options,
            seeds: 1,
            permuted: false,
        };
        let sound = run(&experiment, 0..2, &Silent, &|| {}).unwrap();
        let check = |results: &Results| results.check(plan, 5, (24, 18));
        assert_eq!(check(&sound), Ok(()));
        let changes: [Change; 8] = [
            ("round 8 is not one of 2", |of| of.rounds[1].index = 7),
            ("round 1 is there twice", |of| of.rounds[1].index = 0),
            ("round 2 has other scorers", |of| of.rounds[1].scorers.clear()),
            ("a curve has 100 points; expected 101", |of| of.rounds[1].scorers[0].curves.roc.truncate(100)),
            ("source 24 is not one of 24", |of| of.rounds[0].scorers[0].frequent[0].0 = 24),
            ("target 18 with", |of| of.rounds[0].scorers[0].targets[0].target = 18),
            ("positives have a degree", |of| of.rounds[0].scorers[0].degree_bins[0].positives = u64::MAX),
            ("the resampled figures of degree", |of| {
                let more = of.replicates["degree"].clone();
                (0..3).for_each(|_| of.replicates.get_mut("degree").unwrap().merge(&more));
            }),
        ];
        for (said, change) in changes {
            let mut changed = sound.clone();
            change(&mut changed);
            let problem = check(&changed).unwrap_err();
            assert!(problem.contains(said), "{problem}");
        }
    }
}
