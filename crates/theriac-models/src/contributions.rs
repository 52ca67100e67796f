//! What each part of an ensemble adds to the score of every pair.

use half::f16;
use safetensors::SafeTensorError;
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use theriac_link::TrainView;

/// What the parts add to the score of each pair: `[pairs, parts]`, as f16.
const PARTS: &str = "parts";
/// The score that they are added to: `[1]`.
const BASE: &str = "base";
/// The most values that are kept: 256 MiB of them.
const MOST: usize = 1 << 27;

/// What each part of an ensemble adds to the score of every pair, in half precision: a value is within 1/2048 of itself. What
/// popularity adds is not kept: it is the rest of the score.
#[derive(Clone, Debug, PartialEq)]
pub struct Contributions {
    parts: Vec<String>,
    base: f32,
    /// `[pairs, parts]`, little-endian f16.
    values: Vec<u8>,
}

/// What the score of a pair is made of. Base, popularity and parts add up to it.
#[derive(Clone, Debug, PartialEq)]
pub struct PairContributions<'a> {
    /// The mean score of the pairs that the trees have learned from.
    pub base: f32,
    /// What the numbers of known links of the pair's two nodes add.
    pub popularity: f32,
    /// What each part adds, with its name, in the order of the ensemble.
    pub parts: Vec<(&'a str, f32)>,
}

impl Contributions {
    /// Whether those of all pairs of a view are kept.
    pub fn fit(view: &TrainView, parts: usize) -> bool {
        view.sources() as usize * view.targets() as usize * parts <= MOST
    }

    /// Takes the parts' names, the base and [rounded](Self::rounded) values, `[pairs, parts]`.
    pub(crate) fn new(parts: Vec<String>, base: f32, values: Vec<u8>) -> Self {
        Self { parts, base, values }
    }

    /// Values as they are kept.
    pub(crate) fn rounded<'a>(values: impl Iterator<Item = &'a f32>) -> Vec<u8> {
        values.flat_map(|&value| f16::from_f32(value).to_le_bytes()).collect()
    }

    /// Those of the pair at this place, which has this score.
    pub(crate) fn of(&self, place: usize, score: f32) -> PairContributions<'_> {
        let count = self.parts.len();
        let row = &self.values.as_chunks().0[place * count..][..count];
        let values = row.iter().map(|&bytes| f16::from_le_bytes(bytes).to_f32());
        let parts: Vec<(&str, f32)> = self.parts.iter().map(String::as_str).zip(values).collect();
        let of_parts: f32 = parts.iter().map(|(_, value)| value).sum();
        PairContributions { base: self.base, popularity: score - self.base - of_parts, parts }
    }

    /// The file of a model folder.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, SafeTensorError> {
        let base = self.base.to_le_bytes();
        let shape = vec![self.values.len() / 2 / self.parts.len().max(1), self.parts.len()];
        let tensors = [
            (BASE, TensorView::new(Dtype::F32, vec![1], &base)?),
            (PARTS, TensorView::new(Dtype::F16, shape, &self.values)?),
        ];
        serialize(tensors, None)
    }

    /// Reads the file of a model folder.
    ///
    /// # Errors
    ///
    /// One sentence that says what was found and what was expected.
    pub(crate) fn from_bytes(bytes: &[u8], parts: &[String], pairs: usize) -> Result<Self, String> {
        let file = SafeTensors::deserialize(bytes)
            .map_err(|error| format!("it is not a safetensors file ({error})"))?;
        let take = |name: &str, dtype: Dtype, shape: &[usize]| {
            let view = file.tensor(name).map_err(|_| format!("tensor '{name}' is missing"))?;
            if (view.dtype(), view.shape()) == (dtype, shape) {
                return Ok(view.data());
            }
            let (found, of) = (view.dtype(), view.shape());
            Err(format!("tensor '{name}' is {found:?} {of:?}; expected {dtype:?} {shape:?}"))
        };
        let base = take(BASE, Dtype::F32, &[1])?;
        let base = base.first_chunk().map_or(f32::NAN, |bytes| f32::from_le_bytes(*bytes));
        let values = take(PARTS, Dtype::F16, &[pairs, parts.len()])?;
        let is_finite = |bytes: &[u8; 2]| f16::from_le_bytes(*bytes).is_finite();
        if !base.is_finite() || !values.as_chunks().0.iter().all(is_finite) {
            return Err("a contribution is no number; expected finite numbers".into());
        }
        Ok(Self { parts: parts.to_vec(), base, values: values.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        ["l3", "knn"].map(str::to_owned).into()
    }

    fn example() -> Contributions {
        Contributions::new(names(), -3.0, Contributions::rounded([0.5, -0.25, 1.0, 0.3].iter()))
    }

    #[test]
    fn base_popularity_and_parts_add_up_to_the_score() {
        let contributions = example();
        let first = contributions.of(0, -2.0);
        assert_eq!((first.base, first.popularity), (-3.0, 0.75));
        assert_eq!(first.parts, [("l3", 0.5), ("knn", -0.25)]);
        let second = contributions.of(1, 0.7);
        assert!((second.parts[1].1 - 0.3).abs() < 0.3 / 2048.0);
        let sum = second.base + second.popularity + second.parts.iter().map(|(_, value)| value).sum::<f32>();
        assert!((sum - 0.7).abs() < 1e-6);
    }

    #[test]
    fn a_file_gives_back_what_it_was_made_of_and_others_are_refused() {
        let bytes = example().to_bytes().unwrap();
        assert_eq!(Contributions::from_bytes(&bytes, &names(), 2).unwrap(), example());
        let refused = |bytes: &[u8], pairs| Contributions::from_bytes(bytes, &names(), pairs).unwrap_err();
        assert_eq!(refused(&bytes, 3), "tensor 'parts' is F16 [2, 2]; expected F16 [3, 2]");
        assert!(refused(&bytes[..bytes.len() - 1], 2).starts_with("it is not a safetensors file"));
        let infinite = Contributions { base: f32::INFINITY, ..example() }.to_bytes().unwrap();
        assert_eq!(refused(&infinite, 2), "a contribution is no number; expected finite numbers");
    }
}
