//! How far an explanation can be trusted.

use theriac_graph::{Edge, EditedGraph};

use crate::effect::{EdgeEffect, Subject};
use crate::sets::{with, without};

/// Figures of how well a few edges stand for all that a score rests on (Pope et al. 2019; Yuan et al. 2022).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fidelity {
    /// Number of edges that the figures are of.
    pub edges: usize,
    /// By how much the score falls without them: high where they matter.
    pub plus: f32,
    /// By how much the score falls when, of all edges in the field, only they stay: near 0 where they suffice.
    pub minus: f32,
    /// Share of the field's edges that the explanation leaves out.
    pub sparsity: f64,
    /// How alike the members of an ensemble order the edges by effect: the mean of Spearman's correlations between each two; `None`
    /// where there is one member, or fewer than three edges.
    pub agreement: Option<f64>,
}

impl Fidelity {
    /// The figures of the `count` edges with the greatest effects above 0, of which there are `field` in all, which `bare` lacks.
    /// `on_bare` is the subject as it is asked about on graphs like that.
    pub(crate) fn new(
        [subject, on_bare]: [&Subject<'_>; 2],
        graph: &EditedGraph<'_>,
        (bare, field): (&EditedGraph<'_>, usize),
        effects: &[EdgeEffect],
        count: usize,
    ) -> Self {
        let helpful = effects.iter().filter(|effect| effect.effect > 0.0);
        let edges: Vec<Edge> = helpful.take(count).map(|effect| effect.edge).collect();
        let scores = subject.scores(&[graph.clone(), without(graph, &edges)]);
        let (plus, minus) = (scores[0] - scores[1], scores[0] - on_bare.score(&with(bare, graph, &edges)));
        let sparsity = 1.0 - edges.len() as f64 / field.max(1) as f64;
        Self { edges: edges.len(), plus, minus, sparsity, agreement: agreement(effects) }
    }
}

/// The mean of Spearman's correlations between members.
fn agreement(effects: &[EdgeEffect]) -> Option<f64> {
    let members = effects.first()?.members.len();
    if members < 2 || effects.len() < 3 {
        return None;
    }
    let ranks: Vec<Vec<f64>> = (0..members)
        .map(|member| ranks(&effects.iter().map(|effect| effect.members[member]).collect::<Vec<_>>()))
        .collect();
    let pairs = (0..members).flat_map(|one| (0..one).map(move |other| (one, other)));
    let correlations: Vec<f64> =
        pairs.filter_map(|(one, other)| correlation(&ranks[one], &ranks[other])).collect();
    (!correlations.is_empty()).then(|| correlations.iter().sum::<f64>() / correlations.len() as f64)
}

/// The rank of each value, ties at their mean.
fn ranks(values: &[f32]) -> Vec<f64> {
    let rank = |value: &f32| {
        let below = values.iter().filter(|other| *other < value).count();
        let same = values.iter().filter(|other| *other == value).count();
        below as f64 + f64::midpoint(same as f64, 1.0)
    };
    values.iter().map(rank).collect()
}

/// Pearson's correlation; `None` where either does not vary.
fn correlation(one: &[f64], other: &[f64]) -> Option<f64> {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (a, b) = (mean(one), mean(other));
    let product: f64 = one.iter().zip(other).map(|(x, y)| (x - a) * (y - b)).sum();
    let squares = |values: &[f64], mean: f64| values.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
    let norm = (squares(one, a) * squares(other, b)).sqrt();
    (norm > 0.0).then(|| product / norm)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effect(members: [f32; 2]) -> EdgeEffect {
        let edge = Edge { relation: 0, source: 0, target: 0 };
        EdgeEffect { edge, effect: 0.0, members: members.to_vec(), rank_after: 1.0 }
    }

    #[test]
    fn members_agree_by_the_order_of_effects() {
        let of = |effects: &[[f32; 2]]| {
            agreement(&effects.iter().map(|&members| effect(members)).collect::<Vec<_>>())
        };
        assert_eq!(of(&[[1.0, 10.0], [2.0, 11.0], [3.0, 30.0]]), Some(1.0));
        assert_eq!(of(&[[1.0, 3.0], [2.0, 2.0], [3.0, 1.0]]), Some(-1.0));
        // Ranks 1, 2.5, 2.5 and 1, 2, 3: by hand, 0.75 * 2 / sqrt(1.5 * 2).
        let found = of(&[[1.0, 1.0], [2.0, 2.0], [2.0, 3.0]]).unwrap();
        assert!((found - 1.5 / 3.0f64.sqrt()).abs() < 1e-12);
        assert_eq!(of(&[[1.0, 3.0], [1.0, 2.0], [1.0, 1.0]]), None);
        assert_eq!(of(&[[1.0, 3.0], [2.0, 2.0]]), None);
    }
}
