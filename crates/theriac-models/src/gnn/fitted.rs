//! A trained network: what the decoder makes of every node at both ends.

use std::ops::Range;

use rayon::prelude::*;
use theriac_graph::NamedTensor;
use theriac_link::{FitRecord, FittedScorer, Pair};
use theriac_nn::kernels::{Matrix, matmul};
use theriac_nn::{DecoderConfig, DecoderStructure};

use crate::contributions::PairContributions;
use crate::gnn::training::EpochLog;

/// Names of the tensors that score pairs.
const SOURCES: &str = "output.sources";
const TARGETS: &str = "output.targets";
const PERCEPTRON: &str = "output.perceptron";
const STRUCTURE: &str = "output.structure";

/// Targets whose products with all sources are made together: few, since whoever asks for one waits for all, and enough that the
/// rows of the sources are not read for each anew.
const BLOCK: usize = 16;

/// What scores a pair: a row for each node at both ends.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FittedEnds {
    /// `[n_sources, columns]`.
    pub sources: Vec<f32>,
    /// `[n_targets, columns]`.
    pub targets: Vec<f32>,
    pub columns: usize,
    /// Of the columns how many, at the end, stand for popularity.
    pub popularity: usize,
    /// The last layer of a perceptron over the rectified sum of two rows, which takes the place of their dot product
    /// but for popularity: `[columns - popularity]`.
    pub perceptron: Option<Vec<f32>>,
    /// What the structure around each pair adds: `[n_targets, n_sources]`.
    pub structure: Option<Vec<f32>>,
}

/// A trained network, or several whose scores average.
#[derive(Clone, Debug)]
pub struct FittedGnn {
    pub(crate) members: Vec<FittedEnds>,
    pub(crate) record: FitRecord,
    /// The parameters of each member.
    pub parameters: Vec<Vec<NamedTensor>>,
    /// What each epoch of the first member came to.
    pub epochs: Vec<EpochLog>,
    /// Whether training ended before its last epoch because it was asked to.
    pub interrupted: bool,
}

fn row(table: &[f32], node: u32, columns: usize) -> &[f32] {
    &table[node as usize * columns..][..columns]
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

impl FittedEnds {
    pub(crate) fn score(&self, pair: Pair) -> f32 {
        let source = row(&self.sources, pair.source, self.columns);
        let target = row(&self.targets, pair.target, self.columns);
        self.score_rows(source, target) + self.structure(pair)
    }

    /// What structure adds to a score.
    fn structure(&self, pair: Pair) -> f32 {
        let place = pair.target as usize * self.n_sources() + pair.source as usize;
        self.structure.as_ref().map_or(0.0, |scores| scores[place])
    }

    fn score_rows(&self, source: &[f32], target: &[f32]) -> f32 {
        let Some(perceptron) = &self.perceptron else { return dot(source, target) };
        let width = perceptron.len();
        let sums = source[..width].iter().zip(&target[..width]);
        let hidden: f32 = sums.zip(perceptron).map(|((s, t), weight)| (s + t).max(0.0) * weight).sum();
        hidden + dot(&source[width..], &target[width..])
    }

    /// What the biases of both ends add to a score.
    fn popularity(&self, pair: Pair) -> f32 {
        let first = self.columns - self.popularity;
        let source = row(&self.sources, pair.source, self.columns);
        let target = row(&self.targets, pair.target, self.columns);
        dot(&source[first..], &target[first..])
    }

    fn n_sources(&self) -> usize {
        self.sources.len() / self.columns
    }

    /// The products of some targets and all sources: `[targets, n_sources]`. They are made for whole blocks of targets, so that they are
    /// the same to the bit whatever else is asked for.
    fn products(&self, targets: Range<u32>, out: &mut [f32]) {
        let (sources, count) = (self.n_sources(), self.targets.len() / self.columns);
        let right = Matrix::new(&self.sources, sources, self.columns).transposed();
        let asked = targets.start as usize..targets.end as usize;
        let mut block = Vec::new();
        for first in (asked.start - asked.start % BLOCK..asked.end).step_by(BLOCK) {
            let whole = first..count.min(first + BLOCK);
            let left = &self.targets[whole.start * self.columns..whole.end * self.columns];
            let left = Matrix::new(left, whole.len(), self.columns);
            let wanted = whole.start.max(asked.start)..whole.end.min(asked.end);
            let own = &mut out[(wanted.start - asked.start) * sources..(wanted.end - asked.start) * sources];
            if wanted == whole {
                matmul(own, left, right, false);
            } else {
                block.resize(whole.len() * sources, 0.0);
                matmul(&mut block, left, right, false);
                let wanted = (wanted.start - first) * sources..(wanted.end - first) * sources;
                own.copy_from_slice(&block[wanted]);
            }
        }
    }

    /// The scores of all sources for some targets: `[targets, n_sources]`.
    pub(crate) fn score_targets(&self, targets: Range<u32>, out: &mut [f32]) {
        let rows = &self.targets[targets.start as usize * self.columns..targets.end as usize * self.columns];
        let sources = self.n_sources();
        if self.perceptron.is_none() {
            self.products(targets.clone(), out);
        } else {
            let rows = rows.par_chunks_exact(self.columns);
            out.par_chunks_exact_mut(sources).zip(rows).for_each(|(out, target)| {
                for (out, source) in out.iter_mut().zip(self.sources.chunks_exact(self.columns)) {
                    *out = self.score_rows(source, target);
                }
            });
        }
        if let Some(structure) = &self.structure {
            let own = &structure[targets.start as usize * sources..targets.end as usize * sources];
            out.iter_mut().zip(own).for_each(|(score, structure)| *score += structure);
        }
    }

    fn tensors(&self) -> Vec<NamedTensor> {
        let tensor = |name: &str, values: &[f32], columns: usize| NamedTensor {
            name: name.into(),
            rows: values.len() / columns,
            columns,
            values: values.to_vec(),
        };
        let mut tensors =
            vec![tensor(SOURCES, &self.sources, self.columns), tensor(TARGETS, &self.targets, self.columns)];
        tensors.extend(self.perceptron.as_ref().map(|layer| tensor(PERCEPTRON, layer, layer.len())));
        tensors.extend(self.structure.as_ref().map(|scores| tensor(STRUCTURE, scores, self.n_sources())));
        tensors
    }
}

/// What stands before the names of a member's tensors; nothing where there is one member.
fn prefix(member: usize, members: usize) -> String {
    if members == 1 { String::new() } else { format!("members.{member}.") }
}

impl FittedGnn {
    /// What popularity, the embeddings and, where the decoder has it, structure add to the score of a pair; `None` where the decoder has no biases.
    pub fn contributions(&self, pair: Pair) -> Option<PairContributions<'_>> {
        if self.members.iter().any(|member| member.popularity == 0) {
            return None;
        }
        let share = 1.0 / self.members.len() as f32;
        let mean = |of: &dyn Fn(&FittedEnds) -> f32| self.members.iter().map(of).sum::<f32>() * share;
        let popularity = mean(&|member| member.popularity(pair));
        let score = mean(&|member| member.score(pair));
        let structure = self.members[0].structure.is_some().then(|| mean(&|member| member.structure(pair)));
        let mut parts = vec![("embeddings", score - popularity - structure.unwrap_or(0.0))];
        parts.extend(structure.map(|structure| ("structure", structure)));
        Some(PairContributions { base: 0.0, popularity, parts })
    }

    /// Parameters, and the rows that score pairs, of all members.
    pub(crate) fn tensors(&self) -> Vec<NamedTensor> {
        let members = self.members.iter().zip(&self.parameters).enumerate();
        let all = members.flat_map(|(member, (ends, parameters))| {
            let prefix = prefix(member, self.members.len());
            let renamed =
                |tensor: NamedTensor| NamedTensor { name: format!("{prefix}{}", tensor.name), ..tensor };
            parameters.iter().cloned().chain(ends.tensors()).map(renamed).collect::<Vec<_>>()
        });
        all.collect()
    }

    /// The network of such tensors, whose decoder is of these settings.
    ///
    /// # Errors
    ///
    /// One sentence on the first tensor that is missing or does not fit the others.
    pub(crate) fn from_tensors(
        mut tensors: Vec<NamedTensor>,
        decoder: &DecoderConfig,
        record: FitRecord,
    ) -> Result<Self, String> {
        let popularity = decoder.popularity_columns();
        let has_structure = decoder.structure != DecoderStructure::None;
        tensors.sort_by(|a, b| a.name.cmp(&b.name));
        // As many as there are: a fit that was stopped may have fewer than it was to have.
        let has = |member: &usize| {
            let prefix = prefix(*member, 2);
            tensors.iter().any(|tensor| tensor.name.starts_with(&prefix))
        };
        let members = (0..tensors.len()).take_while(has).count().max(1);
        let (mut fitted, mut parameters) = (Vec::new(), Vec::new());
        for member in 0..members {
            let prefix = prefix(member, members);
            let (own, others): (Vec<_>, Vec<_>) =
                tensors.into_iter().partition(|tensor| tensor.name.starts_with(&prefix));
            tensors = others;
            let mut own: Vec<NamedTensor> = own
                .into_iter()
                .map(|tensor| NamedTensor { name: tensor.name[prefix.len()..].into(), ..tensor })
                .collect();
            let mut take = |name: &str| {
                let place = own.iter().position(|tensor| tensor.name == name);
                place
                    .map(|place| own.remove(place))
                    .ok_or_else(|| format!("tensor '{prefix}{name}' is missing"))
            };
            let (sources, targets, perceptron) = (take(SOURCES)?, take(TARGETS)?, take(PERCEPTRON).ok());
            let structure = if has_structure { Some(take(STRUCTURE)?) } else { None };
            let columns = sources.columns;
            let perceptron_width = perceptron.as_ref().map_or(columns, |layer| layer.columns + popularity);
            if columns == 0 || targets.columns != columns || perceptron_width != columns {
                return Err(format!(
                    "tensor '{prefix}{TARGETS}' is [{}, {}]; expected {columns} columns",
                    targets.rows, targets.columns
                ));
            }
            if let Some(scores) = &structure
                && (scores.rows, scores.columns) != (targets.rows, sources.rows)
            {
                return Err(format!(
                    "tensor '{prefix}{STRUCTURE}' is [{}, {}]; expected [{}, {}]",
                    scores.rows, scores.columns, targets.rows, sources.rows
                ));
            }
            fitted.push(FittedEnds {
                sources: sources.values,
                targets: targets.values,
                columns,
                popularity,
                perceptron: perceptron.map(|layer| layer.values),
                structure: structure.map(|scores| scores.values),
            });
            parameters.push(own);
        }
        let first = &fitted[0];
        let counts =
            |ends: &FittedEnds| (ends.n_sources() as u32, (ends.targets.len() / ends.columns) as u32);
        let (sources, targets) = counts(first);
        if let Some(member) = fitted.iter().position(|ends| counts(ends) != (sources, targets)) {
            return Err(format!(
                "member {member} has other numbers of nodes than the first; expected the same"
            ));
        }
        let record = FitRecord { sources, targets, ..record };
        Ok(Self { members: fitted, record, parameters, epochs: Vec::new(), interrupted: false })
    }
}

impl FittedScorer for FittedGnn {
    fn record(&self) -> &FitRecord {
        &self.record
    }

    fn score(&self, pairs: &[Pair]) -> Vec<f32> {
        let share = 1.0 / self.members.len() as f32;
        let mean = |pair: &Pair| self.members.iter().map(|member| member.score(*pair)).sum::<f32>() * share;
        pairs.par_iter().with_min_len(1024).map(mean).collect()
    }

    fn score_targets(&self, targets: Range<u32>, out: &mut [f32]) {
        self.members[0].score_targets(targets.clone(), out);
        if self.members.len() == 1 {
            return;
        }
        let mut other = vec![0.0; out.len()];
        for member in &self.members[1..] {
            member.score_targets(targets.clone(), &mut other);
            out.iter_mut().zip(&other).for_each(|(sum, score)| *sum += score);
        }
        let share = 1.0 / self.members.len() as f32;
        for sum in out.iter_mut() {
            *sum *= share;
        }
    }

    /// The standard deviation among members, where there are several.
    fn spread(&self, pairs: &[Pair]) -> Option<Vec<f32>> {
        let count = self.members.len() as f32;
        let deviation = |pair: &Pair| {
            let scores = || self.members.iter().map(|member| member.score(*pair));
            let mean = scores().sum::<f32>() / count;
            (scores().map(|score| (score - mean).powi(2)).sum::<f32>() / (count - 1.0)).sqrt()
        };
        (self.members.len() > 1).then(|| pairs.par_iter().with_min_len(1024).map(deviation).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_the_same_to_the_bit_whatever_else_is_asked_for() {
        let value = |place: usize| ((place * 37 + 11) % 101) as f32 / 17.0 - 3.0;
        let columns = 12;
        let ends = FittedEnds {
            sources: (0..45 * columns).map(value).collect(),
            targets: (0..70 * columns).map(|place| value(place + 5)).collect(),
            columns,
            popularity: 0,
            perceptron: None,
            structure: None,
        };
        let mut all = vec![0.0; 70 * 45];
        ends.score_targets(0..70, &mut all);
        for asked in [0..1, 5..40, 7..8, 8..16, 33..33, 64..70, 69..70] {
            let mut some = vec![f32::NAN; asked.len() * 45];
            ends.score_targets(asked.clone(), &mut some);
            let expected = &all[asked.start as usize * 45..asked.end as usize * 45];
            assert!(some.iter().zip(expected).all(|(a, b)| a.to_bits() == b.to_bits()), "{asked:?}");
        }
        for (target, row) in all.chunks(45).enumerate() {
            for (source, &score) in row.iter().enumerate() {
                let expected = ends.score(Pair::new(source as u32, target as u32));
                assert!((score - expected).abs() < 1e-3, "{score} {expected}");
            }
        }
    }
}
