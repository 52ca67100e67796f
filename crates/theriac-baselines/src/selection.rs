//! Choosing settings on the validation part, inside the fit.

use theriac_link::metrics::average_precision;
use theriac_link::{Budget, LabelledPairs, LinkError, Observer, Pair, TrainView, Trial};

/// Unknown pairs to a validation pair, at most: enough that a rare positive is told from many negatives.
const NEGATIVES: f64 = 20.0;

/// The validation pairs among unknown ones, which configurations are compared on.
pub(crate) struct Selection<'a> {
    /// `None` where the split has no validation pair: then nothing can be compared.
    sample: Option<LabelledPairs>,
    observer: &'a dyn Observer,
}

impl<'a> Selection<'a> {
    /// The sample of this view, the same for every scorer with this seed.
    pub(crate) fn new(view: &TrainView, budget: &Budget<'a>) -> Result<Self, LinkError> {
        let observer = budget.observer;
        let valid = view.valid_pairs().len();
        if valid == 0 {
            return Ok(Self { sample: None, observer });
        }
        let unknown = view.validation_candidate_count();
        let ratio = NEGATIVES.min(unknown as f64 / valid as f64);
        if ratio <= 0.0 {
            return Ok(Self { sample: None, observer });
        }
        Ok(Self { sample: Some(view.validation_sample(ratio, budget.seed)?), observer })
    }

    /// Fits every configuration and keeps the one with the best average precision, the first of equals, with what each
    /// came to. Without a validation pair, or where a stop is asked for, only the first is fitted, so that it has to be the
    /// default.
    pub(crate) fn choose<C, F>(
        &self,
        configurations: impl IntoIterator<Item = (String, C)>,
        mut fit: impl FnMut(C) -> Result<F, LinkError>,
        score: impl Fn(&F, &[Pair]) -> Vec<f32>,
    ) -> Result<(F, Vec<Trial>), LinkError> {
        let mut configurations = configurations.into_iter();
        let Some(sample) = &self.sample else {
            let (_, default) = configurations.next().expect("a scorer has a default configuration");
            return Ok((fit(default)?, Vec::new()));
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
            trials.push(Trial { configuration, validation_ap, chosen: false });
        }
        let (fitted, place) = best.expect("a scorer has a default configuration");
        trials[place].chosen = true;
        Ok((fitted, trials))
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
    fn without_validation_pairs_the_default_is_taken() {
        let (kept, trials) =
            selection(&view(0.0)).choose(configurations(), Ok, |_, pairs| vec![0.0; pairs.len()]).unwrap();
        assert_eq!((kept, trials), (-1.0, Vec::new()));
    }
}
