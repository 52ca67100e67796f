//! What is learned of one end of the target relation, apart from the graph that it is asked about.

use std::collections::BTreeMap;

use rayon::prelude::*;
use theriac_graph::{Csr, EditedGraph, NamedTensor, NamedTensors};
use theriac_link::TrainView;

use super::evidence::{Asked, Evidence};
use super::kind::{Kind, Links, similar, vote};
use super::{Examined, Opinion};
use crate::neighbours::weighted;

/// Which kinds of evidence are listened to, and how; see [`super::Induction`].
pub(super) struct Learned {
    /// Place of the target relation.
    pub(super) target: usize,
    /// Whether the nodes of this end are its targets.
    pub(super) reversed: bool,
    pub(super) kinds: Vec<Kind>,
    pub(super) examined: Vec<Examined>,
    /// Weight of the share of nodes that a candidate is linked with.
    pub(super) prior: f32,
    /// Number of nodes with a link.
    pub(super) nodes: f32,
    /// Weight of what is said of candidates that are alike.
    pub(super) spread: f32,
}

/// What is said of a node.
pub(super) struct Told {
    /// Those who vote, by index, with their shares.
    pub(super) voters: Vec<(u32, f32)>,
    /// What they, and what is in common, say of each candidate.
    pub(super) said: Vec<f32>,
}

impl Learned {
    pub(super) fn links<'a>(&self, graph: &'a EditedGraph<'a>) -> Links<'a> {
        Links { graph, target: self.target, reversed: self.reversed }
    }

    /// Who votes on a node, without scores.
    pub(super) fn asked(&self, graph: &EditedGraph<'_>, asked: Asked<'_>, buffer: &mut Vec<f32>) -> Opinion {
        // By index, so that sums are taken in one order.
        let (mut voters, mut direct) = (BTreeMap::new(), BTreeMap::new());
        let mut told = Vec::new();
        for kind in &self.kinds {
            let found = similar(&kind.evidence, asked, self.links(graph), kind.settings.neighbours, buffer);
            if found.is_empty() {
                continue;
            }
            let place = self.examined.iter().position(|examined| examined.evidence == kind.evidence.label);
            told.push((place.unwrap_or_default(), found.len()));
            let all = if kind.evidence.direct { &mut direct } else { &mut voters };
            for (node, share) in kind.shares(&found) {
                *all.entry(node).or_insert(0.0) += kind.weight * share;
            }
        }
        let mut voters: Vec<(u32, f32)> = voters.into_iter().collect();
        voters.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        Opinion { scores: Vec::new(), voters, told, direct: direct.into_iter().collect() }
    }

    /// What voters, and what is in common, say of each candidate.
    pub(super) fn said(&self, graph: &EditedGraph<'_>, opinion: &Opinion) -> Vec<f32> {
        let links = self.links(graph);
        let mut said = vec![0.0; links.candidates() as usize];
        vote(links, false, &opinion.voters, 1.0, &mut said);
        vote(links, true, &opinion.direct, 1.0, &mut said);
        said
    }

    /// What is said of a candidate because of the number of its links.
    pub(super) fn popularity(&self, graph: &EditedGraph<'_>, candidate: u32) -> f32 {
        self.prior * (self.links(graph).popularity(candidate) as f32 / self.nodes)
    }

    /// The score of each candidate; `likeness`, `[candidates, candidates]`, tells how alike these are.
    pub(super) fn scores(&self, graph: &EditedGraph<'_>, likeness: &Csr, opinion: &Opinion) -> Vec<f32> {
        let said = self.said(graph, opinion);
        let mut scores: Vec<f32> =
            (0..said.len() as u32).map(|candidate| self.popularity(graph, candidate)).collect();
        if self.spread > 0.0 {
            let mut passed = vec![0.0; said.len()];
            pass_on(likeness, &said, &mut passed);
            scores.iter_mut().zip(passed).for_each(|(score, passed)| *score += self.spread * passed);
        }
        scores.iter_mut().zip(said).for_each(|(score, said)| *score += said);
        scores
    }

    /// What is said of a node.
    pub(super) fn told(&self, graph: &EditedGraph<'_>, asked: Asked<'_>, buffer: &mut Vec<f32>) -> Told {
        let opinion = self.asked(graph, asked, buffer);
        let said = self.said(graph, &opinion);
        let mut voters = opinion.voters;
        // In the order of a row of likeness.
        voters.sort_unstable_by_key(|&(voter, _)| voter);
        Told { voters, said }
    }

    /// The score of one candidate of a node; `alike` are the candidates that it is like, with the shares that they have in that.
    pub(super) fn score(
        &self,
        graph: &EditedGraph<'_>,
        of: &Told,
        candidate: u32,
        alike: &[(u32, f32)],
    ) -> f32 {
        let passed: f32 = alike.iter().map(|&(other, weight)| weight * of.said[other as usize]).sum();
        self.popularity(graph, candidate) + self.spread * passed + of.said[candidate as usize]
    }

    /// The shares of the voters on each node of this end: `[nodes, nodes]`.
    pub(super) fn likeness_of_all(&self, graph: &EditedGraph<'_>) -> Csr {
        let nodes = self.links(graph).nodes();
        let rows: Vec<Vec<(u32, f32)>> = (0..nodes)
            .into_par_iter()
            .map_init(Vec::new, |buffer, node| {
                let mut voters = self.asked(graph, Asked::Known(node), buffer).voters;
                voters.sort_unstable_by_key(|&(voter, _)| voter);
                voters
            })
            .collect();
        let mut offsets = vec![0];
        offsets.extend(rows.iter().scan(0, |end, row| {
            *end += row.len() as u32;
            Some(*end)
        }));
        let (indices, weights) = rows.into_iter().flatten().unzip();
        Csr::from_sorted(nodes, offsets, indices, Some(weights))
    }

    /// The scores of all nodes of this end: `[nodes, candidates]`.
    pub(super) fn of_all(&self, graph: &EditedGraph<'_>, likeness: &Csr) -> Vec<f32> {
        let rows: Vec<Vec<f32>> = (0..self.links(graph).nodes())
            .into_par_iter()
            .map_init(Vec::new, |buffer, node| {
                self.scores(graph, likeness, &self.asked(graph, Asked::Known(node), buffer))
            })
            .collect();
        rows.concat()
    }

    /// As matrices: one of weights, and one row to each kind, by its words.
    pub(super) fn tensors(&self) -> Vec<NamedTensor> {
        let kinds = self
            .kinds
            .iter()
            .map(|kind| NamedTensor::row(format!("kinds/{}", kind.evidence.label), kind.learned().to_vec()));
        let weights = [self.prior, self.nodes, self.spread, self.kinds.len() as f32];
        kinds.chain([NamedTensor::row("weights", weights.to_vec())]).collect()
    }

    /// What was learned of one end of this view.
    ///
    /// # Errors
    ///
    /// One sentence when a matrix is missing or has another shape.
    pub(super) fn restore(
        view: &TrainView,
        reversed: bool,
        tensors: &mut NamedTensors,
    ) -> Result<Self, String> {
        let [prior, nodes, spread, count] = tensors.take_row("weights")?;
        let mut kinds = Vec::new();
        for evidence in Evidence::all(view, !reversed) {
            if let Ok(learned) = tensors.take_row(&format!("kinds/{}", evidence.label)) {
                kinds.push(Kind::restore(evidence, learned));
            }
        }
        if kinds.len() as f32 == count {
            let target = view.target_place();
            return Ok(Self { target, reversed, kinds, examined: Vec::new(), prior, nodes, spread });
        }
        Err(format!("{} of {count} kinds of evidence are there; expected all", kinds.len()))
    }
}

/// What is said of each candidate by way of those that are like it.
pub(super) fn pass_on(likeness: &Csr, said: &[f32], passed: &mut [f32]) {
    for (candidate, passed) in (0..).zip(passed) {
        *passed = weighted(likeness, candidate).map(|(other, weight)| weight * said[other as usize]).sum();
    }
}
