//! What the scores of a blend are made of.

use std::cmp::Ordering;

use serde::Serialize;
use theriac_models::PairContributions;
use utoipa::ToSchema;

/// What a score is made of: base, popularity and parts add up to it.
#[derive(Serialize, ToSchema)]
pub struct Contributed<'a> {
    /// The mean of all pairs.
    pub base: f32,
    /// What the numbers of known links of the two nodes add.
    pub popularity: f32,
    parts: Vec<Part<'a>>,
}

/// What a part of the blend adds.
#[derive(Serialize, ToSchema)]
struct Part<'a> {
    part: &'a str,
    contribution: f32,
}

impl<'a> From<PairContributions<'a>> for Contributed<'a> {
    fn from(PairContributions { base, popularity, parts }: PairContributions<'a>) -> Self {
        let part = |(part, contribution)| Part { part, contribution };
        Self { base, popularity, parts: parts.into_iter().map(part).collect() }
    }
}

impl Contributed<'_> {
    /// What the score is made of, as a sentence.
    pub fn sentence(&self) -> String {
        format!(
            "Of the score {:.2} is the mean of all pairs, {:+.2} popularity (how many known links the two have); parts: {}.",
            self.base,
            self.popularity,
            self.by_size()
        )
    }

    /// The parts with what they add, the largest first; those that add less than is shown are left out.
    pub fn by_size(&self) -> String {
        let mut parts: Vec<&Part<'_>> =
            self.parts.iter().filter(|part| part.contribution.abs() >= 0.005).collect();
        let size = |part: &Part<'_>| part.contribution.abs();
        parts.sort_by(|one, other| size(other).partial_cmp(&size(one)).unwrap_or(Ordering::Equal));
        let texts: Vec<String> =
            parts.iter().map(|part| format!("{} {:+.2}", part.part, part.contribution)).collect();
        texts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stand_by_size_whatever_their_sign() {
        let parts = vec![("l3", 0.004), ("knn", -1.5), ("rwr", 0.25)];
        let contributed = Contributed::from(PairContributions { base: -3.0, popularity: 0.1, parts });
        assert_eq!(contributed.by_size(), "knn -1.50, rwr +0.25");
    }
}
