//! Choosing settings on the validation part, inside the fit.

use theriac_link::metrics::average_precision;
use theriac_link::{Budget, LabelledPairs, LinkError, Observer, Pair, TrainView, Trial};

/// Unknown pairs to a validation pair, at most: enough that a rare positive is told from many negatives.
const NEGATIVES: f64 = 20.0;

/// What configurations are compared on.
pub(crate) struct Selection<'a> {
    by: Comparison<'a>,
    observer: &'a dyn Observer,
}

enum Comparison<'a> {
    /// The validation pairs among unknown ones.
    Sample(LabelledPairs),
    /// What they came to in an earlier fit, whose choice is made again.
    Earlier(&'a [Trial]),
    /// The split has no validation pair.
    Nothing,
}

impl<'a> Selection<'a> {
    /// The sample of this view, the same for every scorer with this seed.
    pub(crate) fn new(view: &TrainView, budget: &Budget<'a>) -> Result<Self, LinkError> {
        let observer = budget.observer;
        if !budget.trials.is_empty() {
            return Ok(Self { by: Comparison::Earlier(budget.trials), observer });
        }
        let valid = view.valid_pairs().len();
        if valid == 0 {
            return Ok(Self { by: Comparison::Nothing, observer });
        }
        let unknown = view.validation_candidate_count();
        let ratio = NEGATIVES.min(unknown as f64 / valid as f64);
        if ratio <= 0.0 {
            return Ok(Self { by: Comparison::Nothing, observer });
        }
        Ok(Self { by: Comparison::Sample(view.validation_sample(ratio, budget.seed)?), observer })
    }

    /// Fits every configuration and keeps the one with the best average precision, the first of equals, with what each
    /// came to. Without a validation pair, or where a stop is asked for, only the first is fitted, so that it has to be the
    /// default.
    pub(crate) fn choose<C, F>(
        &self,
        configurations: impl IntoIterator<Item = (String, C)>,
        fit: impl FnMut(C) -> Result<F, LinkError>,
        score: impl Fn(&F, &[Pair]) -> Vec<f32>,
    ) -> Result<(F, Vec<Trial>), LinkError> {
        self.choose_in(0, configurations, fit, score)
    }

    /// The same in this stage of a search.
    fn choose_in<C, F>(
        &self,
        stage: u32,
        configurations: impl IntoIterator<Item = (String, C)>,
        mut fit: impl FnMut(C) -> Result<F, LinkError>,
        score: impl Fn(&F, &[Pair]) -> Vec<f32>,
    ) -> Result<(F, Vec<Trial>), LinkError> {
        let mut configurations = configurations.into_iter();
        let sample = match &self.by {
            Comparison::Sample(sample) => sample,
            Comparison::Earlier(earlier) => return again(earlier, stage, configurations, fit),
            Comparison::Nothing => {
                let (_, default) = configurations.next().expect("a scorer has a default configuration");
                return Ok((fit(default)?, Vec::new()));
            }
        };
        let mut best: Option<(F, usize)> = None;
        let mut trials: Vec<Trial> = Vec::new();
        for (configuration, settings) in configurations {
            if !trials.is_empty() && self.observer.stop_requested() {
                break;
            }
            let fitted = fit(settings)?;
            let scores = score(&fitted, &sample.pairs);
            let validation_ap = average_precision(&scores, &sample.labels)?.unwrap_or(0.0);
            if best.as_ref().is_none_or(|(_, place)| validation_ap > trials[*place].validation_ap) {
                best = Some((fitted, trials.len()));
            }
            trials.push(Trial { configuration, stage, validation_ap, chosen: false });
        }
        let (fitted, place) = best.expect("a scorer has a default configuration");
        trials[place].chosen = true;
        Ok((fitted, trials))
    }
}

/// Fits the configuration that came to most in this stage of an earlier fit, the first of equals; the first of all where
/// none was tried. Names may hold numbers that follow from the view, so that it is their order that tells which is which.
fn again<C, F>(
    earlier: &[Trial],
    stage: u32,
    configurations: impl Iterator<Item = (String, C)>,
    mut fit: impl FnMut(C) -> Result<F, LinkError>,
) -> Result<(F, Vec<Trial>), LinkError> {
    let mut earlier = earlier.iter().filter(|trial| trial.stage == stage);
    let mut best: Option<(C, Option<usize>)> = None;
    let mut trials: Vec<Trial> = Vec::new();
    for (configuration, settings) in configurations {
        let Some(trial) = earlier.next() else {
            best = best.or(Some((settings, None)));
            break;
        };
        let ahead = |place: usize| trial.validation_ap > trials[place].validation_ap;
        if best.as_ref().is_none_or(|(_, place)| place.is_none_or(ahead)) {
            best = Some((settings, Some(trials.len())));
        }
        trials.push(Trial { configuration, chosen: false, ..trial.clone() });
    }
    let (settings, place) = best.expect("a scorer has a default configuration");
    if let Some(place) = place {
        trials[place].chosen = true;
    }
    Ok((fit(settings)?, trials))
}

/// A search in stages: each keeps what was best in those before, unless it finds better.
pub(crate) struct StagedSearch<'a, F> {
    selection: Selection<'a>,
    best: Option<F>,
    trials: Vec<Trial>,
}

impl<'a, F> StagedSearch<'a, F> {
    /// A search that has tried nothing yet, on the sample of this view.
    pub(crate) fn new(view: &TrainView, budget: &Budget<'a>) -> Result<Self, LinkError> {
        Ok(Self { selection: Selection::new(view, budget)?, best: None, trials: Vec::new() })
    }

    /// The best that a further stage can be held against; `None` where nothing tells whether anything else helps, or a stop
    /// is asked for.
    pub(crate) fn to_improve(&self) -> Option<&F> {
        let goes_on = !self.trials.is_empty() && !self.selection.observer.stop_requested();
        self.best.as_ref().filter(|_| goes_on)
    }

    /// Tries the configurations of a stage, and keeps the best where it is better than those so far. Configurations that
    /// `fit` gives nothing for are passed over.
    pub(crate) fn over<C>(
        &mut self,
        stage: u32,
        configurations: impl IntoIterator<Item = (String, C)>,
        mut fit: impl FnMut(C) -> Option<F>,
        score: impl Fn(&F, &[Pair]) -> Vec<f32>,
    ) -> Result<(), LinkError> {
        let score = |fitted: &Option<F>, pairs: &[Pair]| {
            fitted.as_ref().map_or_else(|| vec![0.0; pairs.len()], |fitted| score(fitted, pairs))
        };
        let (found, mut trials) =
            self.selection.choose_in(stage, configurations, |settings| Ok(fit(settings)), score)?;
        let chosen = |trials: &[Trial]| trials.iter().position(|trial| trial.chosen);
        let ahead = match (chosen(&self.trials), chosen(&trials)) {
            (Some(before), Some(now)) => trials[now].validation_ap > self.trials[before].validation_ap,
            _ => self.best.is_none(),
        };
        let is_kept = ahead && found.is_some();
        for trial in if is_kept { &mut self.trials } else { &mut trials } {
            trial.chosen = false;
        }
        if is_kept {
            self.best = found;
        }
        self.trials.append(&mut trials);
        Ok(())
    }

    /// The best, and everything that was tried.
    pub(crate) fn finish(self) -> (Option<F>, Vec<Trial>) {
        (self.best, self.trials)
    }
}

#[cfg(test)]
mod tests {
    use theriac_link::conformance::{example_graph, example_task};
    use theriac_link::{Silent, Split};

    use super::*;

    fn view(valid: f64) -> TrainView {
        let graph = example_graph();
        let split = Split::random(&graph, &example_task(&graph).unwrap(), valid, 0.2, 1).unwrap();
        TrainView::new(&graph, &split).unwrap()
    }

    fn selection(view: &TrainView) -> Selection<'static> {
        Selection::new(view, &Budget::new(3, &Silent)).unwrap()
    }

    fn configurations() -> Vec<(String, f32)> {
        [0.0, 1.0, 2.0].map(|sign: f32| (format!("sign {sign}"), sign - 1.0)).to_vec()
    }

    #[test]
    fn the_best_on_validation_is_kept_and_all_are_told() {
        let view = view(0.2);
        let valid = view.valid_pairs().to_vec();
        let knows = |sign: &f32, pairs: &[Pair]| -> Vec<f32> {
            pairs.iter().map(|pair| if valid.contains(pair) { *sign } else { 0.0 }).collect()
        };
        let (kept, trials) = selection(&view).choose(configurations(), Ok, knows).unwrap();
        assert_eq!(kept, 1.0);
        assert_eq!(trials.iter().map(|trial| trial.chosen).collect::<Vec<_>>(), [false, false, true]);
        assert_eq!(trials[2].validation_ap, 1.0);
    }

    #[test]
    fn what_an_earlier_fit_chose_is_chosen_again_by_one_fit() {
        let trial = |configuration: &str, stage, validation_ap| Trial {
            configuration: configuration.into(),
            stage,
            validation_ap,
            chosen: false,
        };
        // Other names: they may hold numbers that follow from the view.
        let earlier =
            [trial("a", 0, 0.25), trial("b", 0, 0.5), trial("of a later stage", 2, 0.75), trial("c", 0, 0.5)];
        let view = view(0.0);
        let selection = Selection::new(&view, &Budget::new(3, &Silent).with_trials(&earlier)).unwrap();
        let choose = |stage: u32| {
            let mut fits = 0;
            let fit = |sign| {
                fits += 1;
                Ok(sign)
            };
            let (kept, trials) =
                selection.choose_in(stage, configurations(), fit, |_, _| unreachable!()).unwrap();
            (kept, fits, trials)
        };
        let (kept, fits, trials) = choose(0);
        // The first of the two that came to as much.
        assert_eq!((kept, fits), (0.0, 1));
        assert_eq!(trials.iter().map(|trial| trial.chosen).collect::<Vec<_>>(), [false, true, false]);
        assert_eq!((trials[0].configuration.as_str(), trials[0].validation_ap), ("sign 0", 0.25));
        // Where the earlier fit had tried no more, or nothing at all, no more is chosen from than it tried, and the default.
        let (kept, fits, trials) = choose(2);
        assert_eq!((kept, fits, trials.len()), (-1.0, 1, 1));
        assert_eq!(trials[0].validation_ap, 0.75);
        let (kept, fits, trials) = choose(1);
        assert_eq!((kept, fits, trials.len()), (-1.0, 1, 0));
    }

    #[test]
    fn a_search_in_stages_goes_the_same_way_again() {
        let view = view(0.2);
        let valid = view.valid_pairs().to_vec();
        let search = |budget: &Budget<'_>| {
            let mut search = StagedSearch::new(&view, budget).unwrap();
            let score = |sign: &f32, pairs: &[Pair]| -> Vec<f32> {
                pairs.iter().map(|pair| if valid.contains(pair) { *sign } else { 0.0 }).collect()
            };
            search.over(0, configurations().into_iter().take(2), Some, score).unwrap();
            let before = *search.to_improve().unwrap();
            let more = [1.0, 5.0].map(|more| (format!("{before} and {more}"), before + more));
            search.over(1, more, Some, score).unwrap();
            search.finish()
        };
        let (best, trials) = search(&Budget::new(3, &Silent));
        // Links below all else are worth as much as links that are like all else, so that the first stays until the last.
        assert_eq!((best, trials.len()), (Some(4.0), 4));
        assert_eq!(search(&Budget::new(3, &Silent).with_trials(&trials)), (best, trials));
    }

    #[test]
    fn without_validation_pairs_the_default_is_taken() {
        let (kept, trials) =
            selection(&view(0.0)).choose(configurations(), Ok, |_, pairs| vec![0.0; pairs.len()]).unwrap();
        assert_eq!((kept, trials), (-1.0, Vec::new()));
    }

    #[test]
    fn a_stage_that_finds_nothing_better_changes_nothing() {
        let view = view(0.2);
        let valid = view.valid_pairs().to_vec();
        let knows = |sign: &f32, pairs: &[Pair]| -> Vec<f32> {
            pairs.iter().map(|pair| if valid.contains(pair) { *sign } else { 0.0 }).collect()
        };
        let mut search = StagedSearch::new(&view, &Budget::new(3, &Silent)).unwrap();
        assert!(search.to_improve().is_none());
        search.over(0, configurations(), |sign| (sign < 1.0).then_some(sign), knows).unwrap();
        assert_eq!(search.to_improve(), Some(&-1.0));
        search.over(1, configurations(), Some, knows).unwrap();
        search.over(2, configurations(), |sign| (sign < 0.0).then_some(sign), knows).unwrap();
        let (best, trials) = search.finish();
        assert_eq!((best, trials.len()), (Some(1.0), 9));
        assert_eq!(trials.iter().position(|trial| trial.chosen), Some(5));
        assert_eq!(trials.iter().filter(|trial| trial.chosen).count(), 1);
    }
}
