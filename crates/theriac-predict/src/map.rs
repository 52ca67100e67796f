//! Nodes of both ends on a plane, by what the model says of them.

use theriac_baselines::low_rank_factors;
use theriac_link::{FittedScorer, Pair};

use crate::ranked::End;
use crate::{PredictError, Predictor};

/// Directions by which clusters are told.
const RANK: usize = 8;
/// Clusters.
pub const CLUSTERS: usize = 7;
/// The largest score of which a map is drawn: sums of a million squares stay far within a float's range.
const LARGEST: f32 = 1e12;
/// Rounds in which clusters settle.
const ROUNDS: usize = 50;

/// A node on the map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    /// Which end of the relation it is.
    pub end: End,
    /// The node.
    pub node: u32,
    /// Where it stands.
    pub at: [f32; 2],
    /// Which cluster it is in, below [`CLUSTERS`].
    pub cluster: usize,
}

/// Nodes of both ends on a plane.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    /// The nodes.
    pub spots: Vec<Spot>,
    /// The share of the scores' variance that either axis tells, 0 to 1.
    pub told: [f64; 2],
}

impl Predictor {
    /// A map of at most `most` nodes of each end, those with the most known links.
    ///
    /// It is a biplot (Gabriel 1971, Biometrika 58:453-467): the scores, from which the means of both ends are taken away, so that
    /// popularity has no place, and of what is left the two leading singular vectors, both ends stretched to the same mean length. Nodes that the model scores alike stand
    /// close, and a source stands in the direction of the targets that it is scored high for. Clusters are k-means over
    /// the eight leading directions, the first centres as far apart as can be.
    ///
    /// # Errors
    ///
    /// When a score is too large to reckon with, as those of a network whose training diverged may be.
    pub fn map(&self, most: usize) -> Result<Map, PredictError> {
        let [sources, targets] = [End::Source, End::Target].map(|end| self.most_linked(end, most));
        let mut scores = Vec::with_capacity(sources.len() * targets.len());
        for &source in &sources {
            let pairs: Vec<Pair> = targets.iter().map(|&target| Pair::new(source, target)).collect();
            scores.extend(self.model.fitted.score(&pairs));
        }
        if let Some(score) = beyond(&scores) {
            let problem = format!(
                "the model scores a pair with {score}; a map is drawn of scores within {LARGEST:e} of 0 alone"
            );
            return Err(PredictError::Asked(problem));
        }
        centre(&mut scores, targets.len());
        let ([left, right], values) = low_rank_factors(&scores, targets.len(), RANK, self.model.card.seed);
        let rank = values.len();
        // The products of both sides stay as they are when one is stretched as the other shrinks; drawn, both fill the plane.
        let length =
            |of: &[f32]| (of.iter().map(|value| value * value).sum::<f32>() / of.len().max(1) as f32).sqrt();
        let stretch = (length(&right) / length(&left).max(f32::MIN_POSITIVE)).sqrt();
        let stretch = if stretch > 0.0 { stretch } else { 1.0 };
        let stretched = left.iter().map(|value| value * stretch);
        let all: Vec<f32> = stretched.chain(right.iter().map(|value| value / stretch)).collect();
        let variance: f64 = scores.iter().map(|&score| f64::from(score).powi(2)).sum();
        let told = [0, 1].map(|axis| {
            let value = values.get(axis).copied().unwrap_or_default();
            if variance > 0.0 { f64::from(value).powi(2) / variance } else { 0.0 }
        });
        let clusters = clusters(&all, rank);
        let nodes = sources
            .iter()
            .map(|&node| (End::Source, node))
            .chain(targets.iter().map(|&node| (End::Target, node)));
        let spot = |(place, (end, node)): (usize, (End, u32))| {
            let at = [0, 1].map(|axis| if axis < rank { all[place * rank + axis] } else { 0.0 });
            Spot { end, node, at, cluster: clusters[place] }
        };
        Ok(Map { spots: nodes.enumerate().map(spot).collect(), told })
    }

    /// The nodes of an end with the most known links, in the order of the graph.
    fn most_linked(&self, end: End, most: usize) -> Vec<u32> {
        let relation = self.relation();
        let rows = if end == End::Source { &relation.forward } else { &relation.backward };
        let mut nodes: Vec<u32> = (0..rows.rows()).collect();
        nodes.sort_by_key(|&node| (std::cmp::Reverse(rows.degree(node)), node));
        nodes.truncate(most);
        nodes.sort_unstable();
        nodes
    }
}

/// The first score of which squares are too large to be summed, or which is no number.
fn beyond(scores: &[f32]) -> Option<f32> {
    scores.iter().copied().find(|score| score.is_nan() || score.abs() > LARGEST)
}

/// Takes the means of rows and columns from a matrix, `[rows, columns]`.
fn centre(matrix: &mut [f32], columns: usize) {
    if columns == 0 {
        return;
    }
    let mean = |values: &mut dyn Iterator<Item = f32>| {
        let (mut sum, mut count) = (0.0, 0usize);
        for value in values {
            sum += f64::from(value);
            count += 1;
        }
        (sum / count.max(1) as f64) as f32
    };
    for row in matrix.chunks_exact_mut(columns) {
        let of_row = mean(&mut row.iter().copied());
        for value in row {
            *value -= of_row;
        }
    }
    for column in 0..columns {
        let of_column = mean(&mut matrix.iter().skip(column).step_by(columns).copied());
        for value in matrix.iter_mut().skip(column).step_by(columns) {
            *value -= of_column;
        }
    }
}

/// The cluster of each point, `[points, rank]`: k-means, the first centres as far apart as can be.
fn clusters(points: &[f32], rank: usize) -> Vec<usize> {
    if rank == 0 {
        return Vec::new();
    }
    let points: Vec<&[f32]> = points.chunks_exact(rank).collect();
    let distance =
        |one: &[f32], other: &[f32]| -> f32 { one.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum() };
    let nearest = |point: &[f32], centres: &[Vec<f32>]| {
        let distances = centres.iter().map(|centre| distance(point, centre)).enumerate();
        distances.min_by(|one, other| one.1.total_cmp(&other.1)).unwrap_or((0, 0.0))
    };
    let mut centres: Vec<Vec<f32>> = vec![vec![0.0; rank]];
    while centres.len() < CLUSTERS.min(points.len()) {
        let farthest = points
            .iter()
            .max_by(|one, other| nearest(one, &centres).1.total_cmp(&nearest(other, &centres).1));
        centres.extend(farthest.map(|point| point.to_vec()));
    }
    let mut of: Vec<usize> = points.iter().map(|point| nearest(point, &centres).0).collect();
    for _ in 0..ROUNDS {
        for (cluster, centre) in centres.iter_mut().enumerate() {
            let members: Vec<&[f32]> =
                points.iter().zip(&of).filter(|(_, of)| **of == cluster).map(|(point, _)| *point).collect();
            if members.is_empty() {
                continue;
            }
            for (axis, value) in centre.iter_mut().enumerate() {
                *value = members.iter().map(|point| point[axis]).sum::<f32>() / members.len() as f32;
            }
        }
        let next: Vec<usize> = points.iter().map(|point| nearest(point, &centres).0).collect();
        if next == of {
            break;
        }
        of = next;
    }
    of
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_taken_from_both_sides() {
        let mut matrix = [1.0, 2.0, 3.0, 5.0, 6.0, 10.0];
        centre(&mut matrix, 3);
        for row in matrix.chunks(3) {
            assert!(row.iter().sum::<f32>().abs() < 1e-6);
        }
        for column in 0..3 {
            assert!((matrix[column] + matrix[column + 3]).abs() < 1e-6);
        }
        assert!((matrix[0] - 0.5).abs() < 1e-6, "{matrix:?}");
    }

    #[test]
    fn scores_that_cannot_be_drawn_are_found() {
        assert_eq!(beyond(&[0.0, -1e12, 3.0]), None);
        assert_eq!(beyond(&[0.0, -2e12, 3.0]), Some(-2e12));
        assert_eq!(beyond(&[1.0, f32::INFINITY]), Some(f32::INFINITY));
        assert!(beyond(&[1.0, f32::NAN]).is_some_and(f32::is_nan));
    }

    #[test]
    fn groups_that_are_apart_are_clusters() {
        let places = [[0.0, 0.0], [9.0, 0.0], [0.0, 9.0], [9.0, 9.0], [20.0, 4.0], [-9.0, 3.0], [3.0, -9.0]];
        let points: Vec<f32> = (0..70)
            .flat_map(|point| places[point % 7].map(|place| place + (point / 7) as f32 * 0.01))
            .collect();
        let found = clusters(&points, 2);
        for point in 7..70 {
            assert_eq!(found[point], found[point % 7], "{found:?}");
        }
        let mut different = found[..7].to_vec();
        different.sort_unstable();
        assert_eq!(different, [0, 1, 2, 3, 4, 5, 6]);
        assert!(clusters(&[], 0).is_empty());
    }
}
