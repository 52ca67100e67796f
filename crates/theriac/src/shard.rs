//! One of the equal parts that a long work is divided into.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// The part `index` of `count`, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: u32,
    count: u32,
}

impl Shard {
    /// All of the work.
    pub const WHOLE: Self = Self { index: 1, count: 1 };

    /// Its place, from 1, and the number of parts.
    pub fn place(self) -> (u32, u32) {
        (self.index, self.count)
    }

    /// Whether the part has the thing of this number, from 1, where things are dealt out in turn.
    pub fn is_dealt(self, number: u32) -> bool {
        number % self.count == self.index % self.count
    }

    /// The part's share of `items`: contiguous, in the order of the shards, and none larger than another by more than one.
    pub fn range(self, items: u32) -> Range<u32> {
        let end = |index: u32| (u64::from(items) * u64::from(index) / u64::from(self.count)) as u32;
        end(self.index - 1)..end(self.index)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        match parts {
            Some((index, count)) if (1..=count).contains(&index) => Ok(Self { index, count }),
            _ => Err("expected i/n with i from 1 to n, as in 2/5".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_cover_everything_once() {
        for (items, count) in [(10, 3), (2, 5), (0, 4), (5603, 7), (u32::MAX, 6)] {
            let ranges: Vec<_> = (1..=count).map(|index| Shard { index, count }.range(items)).collect();
            assert_eq!((ranges[0].start, ranges[ranges.len() - 1].end), (0, items));
            assert!(ranges.windows(2).all(|two| two[0].end == two[1].start));
            let sizes = || ranges.iter().map(|range| range.end - range.start);
            assert!(sizes().max().unwrap() - sizes().min().unwrap() <= 1);
        }
    }

    #[test]
    fn things_are_dealt_out_in_turn() {
        let dealt = |index| -> Vec<u32> {
            let shard = Shard { index, count: 3 };
            (1..=8).filter(|&number| shard.is_dealt(number)).collect()
        };
        assert_eq!([1, 2, 3].map(dealt), [vec![1, 4, 7], vec![2, 5, 8], vec![3, 6]]);
        assert!((1..=5).all(|number| Shard::WHOLE.is_dealt(number)));
    }

    #[test]
    fn what_is_no_shard_is_refused() {
        assert_eq!("2/5".parse(), Ok(Shard { index: 2, count: 5 }));
        assert_eq!("2/5".parse::<Shard>().unwrap().to_string(), "2/5");
        for text in ["0/5", "6/5", "1/0", "2", "a/b", "-1/2", "1/2/3", ""] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
