//! The places at which words begin, sorted by what follows: all texts with a prefix stand side by side.

use std::cmp::Ordering;
use std::ops::Range;

use rayon::prelude::*;

/// What ends every folded text: no letter, and before all of them in order.
pub(super) const END: u8 = 0;

/// As many bytes can be read from any place.
pub(super) const AHEAD: usize = size_of::<u128>();

/// Places in the folded texts, sorted by the letters from there to the end of the text.
pub(super) struct WordStarts {
    pub(super) places: Vec<u32>,
    /// The lowest byte of the node type of each place, so that most nodes of other types are passed by without a look
    /// at the text.
    pub(super) types: Vec<u8>,
}

impl WordStarts {
    /// Sorts places with their node types; `folded` has [`AHEAD`] bytes after the last place.
    pub(super) fn new(folded: &[u8], places: Vec<(u32, u8)>) -> Self {
        // The first letters beside each place decide most comparisons without a jump into the texts.
        let mut keyed: Vec<(u128, u32, u8)> = places
            .into_par_iter()
            .map(|(place, node_type)| {
                let mut first = [0; AHEAD];
                first.copy_from_slice(&folded[place as usize..place as usize + AHEAD]);
                (u128::from_be_bytes(first), place, node_type)
            })
            .collect();
        keyed.par_sort_unstable_by(|a, b| {
            let ended = || a.0.to_be_bytes().contains(&END);
            let by_rest = || rest(folded, a.1).cmp(rest(folded, b.1));
            a.0.cmp(&b.0).then_with(|| if ended() { Ordering::Equal } else { by_rest() }).then(a.1.cmp(&b.1))
        });
        Self {
            places: keyed.iter().map(|key| key.1).collect(),
            types: keyed.iter().map(|key| key.2).collect(),
        }
    }

    /// All of them.
    pub(super) fn all(&self) -> Range<usize> {
        0..self.places.len()
    }

    /// Those of a range that go on with `letters` after `depth` bytes that they share.
    pub(super) fn narrow(
        &self,
        folded: &[u8],
        range: Range<usize>,
        depth: usize,
        letters: &[u8],
    ) -> Range<usize> {
        let tail = |place: u32| &folded[place as usize + depth..];
        let places = &self.places[range.clone()];
        let first = places.partition_point(|&place| tail(place) < letters);
        let count = places[first..].partition_point(|&place| tail(place).starts_with(letters));
        range.start + first..range.start + first + count
    }

    /// Those of a range by their next letter after `depth` bytes that they share; texts that end there are left out.
    pub(super) fn by_letter<'a>(
        &'a self,
        folded: &'a str,
        range: Range<usize>,
        depth: usize,
    ) -> impl Iterator<Item = (char, Range<usize>)> + 'a {
        let tail = move |place: u32| &folded.as_bytes()[place as usize + depth..];
        let ended = self.places[range.clone()].partition_point(|&place| tail(place)[0] == END);
        let mut left = range.start + ended..range.end;
        std::iter::from_fn(move || {
            let &place = self.places[left.clone()].first()?;
            let letter = folded[place as usize + depth..].chars().next()?;
            let count = self.places[left.clone()].partition_point(|&place| {
                tail(place).starts_with(letter.encode_utf8(&mut [0; 4]).as_bytes())
            });
            let these = left.start..left.start + count;
            left.start = these.end;
            Some((letter, these))
        })
    }
}

/// The letters from a place to the end of its text.
pub(super) fn rest(folded: &[u8], place: u32) -> &[u8] {
    let tail = &folded[place as usize..];
    &tail[..memchr::memchr(END, tail).unwrap_or(tail.len())]
}
