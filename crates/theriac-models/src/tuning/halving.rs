//! Successive halving: many trials with little training, ever fewer with ever more.

use std::cmp::Ordering;

/// How many trials there are, and how they are thinned out (Jamieson and Talwalkar 2016).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Halving {
    /// Trials of the first rung.
    pub trials: u32,
    /// One in as many goes on to the next rung, rounded up.
    pub reduction: u32,
    /// Epochs of a trial in each rung; `None` in the only rung of a model that is not trained in epochs.
    pub rungs: Vec<Option<usize>>,
}

impl Halving {
    /// One rung, for models that are not trained in epochs.
    pub fn of_one_rung(trials: u32) -> Self {
        Self { trials, reduction: 1, rungs: vec![None] }
    }

    /// Rungs that end with `most` epochs. Each before has one `reduction`-th of the epochs of the next, rounded down, as long
    /// as these are `least` or more. `reduction` is 2 or more, and `least` from 1 to `most`.
    pub fn of_epochs(trials: u32, reduction: u32, least: usize, most: usize) -> Self {
        let fewer = |epochs: &usize| Some(epochs / reduction.max(2) as usize);
        let mut rungs: Vec<Option<usize>> = std::iter::successors(Some(most), fewer)
            .take_while(|&epochs| epochs >= least.max(1))
            .map(Some)
            .collect();
        rungs.reverse();
        Self { trials, reduction, rungs }
    }

    /// How many of so many trials reach each rung.
    pub fn sizes(&self, trials: usize) -> Vec<usize> {
        let fewer = |trials: &usize| Some(trials.div_ceil(self.reduction as usize));
        std::iter::successors(Some(trials), fewer).take(self.rungs.len()).collect()
    }

    /// The trials that go on, in the order of their numbers: of those with a figure the best, as many as one `reduction`-th of
    /// all. Of equals, those with the lower numbers.
    pub fn best(&self, scored: &[(u32, Option<f64>)]) -> Vec<u32> {
        let mut ranked: Vec<(u32, f64)> =
            scored.iter().filter_map(|&(number, mrr)| Some((number, mrr?))).collect();
        ranked.sort_by(|a, b| better(*a, *b));
        ranked.truncate(scored.len().div_ceil(self.reduction as usize));
        let mut best: Vec<u32> = ranked.into_iter().map(|(number, _)| number).collect();
        best.sort_unstable();
        best
    }
}

/// The order of trials by their figures, the best first.
pub(super) fn better((one, of_one): (u32, f64), (other, of_other): (u32, f64)) -> Ordering {
    of_other.total_cmp(&of_one).then(one.cmp(&other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_rung_has_most_epochs_and_the_first_at_least_the_least() {
        let epochs = |reduction, least, most| -> Vec<usize> {
            Halving::of_epochs(9, reduction, least, most).rungs.into_iter().flatten().collect()
        };
        assert_eq!(epochs(3, 5, 45), [5, 15, 45]);
        assert_eq!(epochs(3, 6, 45), [15, 45]);
        assert_eq!(epochs(3, 4, 40), [4, 13, 40]);
        assert_eq!(epochs(2, 1, 10), [1, 2, 5, 10]);
        assert_eq!(epochs(4, 10, 10), [10]);
        assert_eq!(Halving::of_one_rung(7).rungs, [None]);
    }

    #[test]
    fn one_in_so_many_goes_on_rounded_up() {
        let halving = Halving::of_epochs(10, 3, 1, 27);
        assert_eq!(halving.sizes(10), [10, 4, 2, 1]);
        assert_eq!(halving.sizes(27), [27, 9, 3, 1]);
        assert_eq!(halving.sizes(1), [1, 1, 1, 1]);
        assert_eq!(halving.sizes(0), [0, 0, 0, 0]);
    }

    #[test]
    fn the_best_go_on() {
        let halving = Halving::of_epochs(7, 3, 1, 9);
        let figures = [0.3, 0.1, 0.5, 0.5, 0.2, 0.4, 0.5];
        let scored: Vec<(u32, Option<f64>)> = (1..).zip(figures.map(Some)).collect();
        assert_eq!(halving.best(&scored), [3, 4, 7]);
        let tied: Vec<(u32, Option<f64>)> = (1..=4).map(|number| (number, Some(0.25))).collect();
        assert_eq!(halving.best(&tied), [1, 2]);
    }

    #[test]
    fn a_trial_without_a_figure_does_not_go_on() {
        let halving = Halving::of_epochs(4, 2, 1, 4);
        assert_eq!(halving.best(&[(1, None), (2, Some(0.1)), (3, None), (4, None)]), [2]);
        assert_eq!(halving.best(&[(1, None), (2, None)]), [] as [u32; 0]);
    }
}
