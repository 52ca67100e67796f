//! One query, from the best way to fit to the worst.

use std::ops::Range;

use memchr::memmem;

use super::best::{Best, Candidate};
use super::slips::SlipSearch;
use super::word_starts::{END, WordStarts};
use super::{NameFit, NameIndex};
use crate::lookup::{fold, words};

/// A query of fewer letters is not looked for within words.
const MIN_INSIDE: usize = 3;
/// A query or word of fewer letters is taken to be written without a slip.
const MIN_ONE_SLIP: usize = 4;
/// A query of fewer letters is taken to have at most one slip.
const MIN_TWO_SLIPS: usize = 8;
/// A longer query is taken literally: it was pasted.
const MAX_WITH_SLIPS: usize = 256;

/// The ways to fit, in the order in which hits are shown.
#[derive(Clone, Copy)]
enum Rank {
    ExactOwn,
    ExactOther,
    Prefix,
    WordPrefix,
    Words,
    Inside,
    OneSlip,
    WordsOneSlip,
    TwoSlips,
}

impl Rank {
    const ALL: [Self; 9] = [
        Self::ExactOwn,
        Self::ExactOther,
        Self::Prefix,
        Self::WordPrefix,
        Self::Words,
        Self::Inside,
        Self::OneSlip,
        Self::WordsOneSlip,
        Self::TwoSlips,
    ];

    fn fit(self) -> NameFit {
        match self {
            Self::ExactOwn | Self::ExactOther => NameFit::Exact,
            Self::Prefix => NameFit::Prefix,
            Self::WordPrefix => NameFit::WordPrefix,
            Self::Words => NameFit::Words,
            Self::Inside => NameFit::Inside,
            Self::OneSlip | Self::WordsOneSlip | Self::TwoSlips => NameFit::Near,
        }
    }
}

/// A query being answered.
pub(super) struct Search<'a> {
    index: &'a NameIndex,
    /// All its letters and digits, folded.
    letters: String,
    /// Number of these.
    count: usize,
    /// Its words, folded.
    words: Vec<String>,
    node_type: Option<usize>,
    best: Best,
}

impl<'a> Search<'a> {
    pub(super) fn new(index: &'a NameIndex, query: &str, node_type: Option<usize>, limit: usize) -> Self {
        let words: Vec<String> = words(query).map(fold).collect();
        let letters = words.concat();
        Self { index, count: letters.chars().count(), letters, words, node_type, best: Best::new(limit) }
    }

    /// The hits, the best first.
    pub(super) fn run(mut self) -> Vec<(NameFit, Candidate)> {
        if self.letters.is_empty() {
            return Vec::new();
        }
        let steps = [Self::at_start, Self::at_word, Self::words_in_any_order, Self::inside, Self::near];
        for step in steps {
            // What a later step finds comes after all that an earlier one has found.
            if self.best.is_full() {
                break;
            }
            step(&mut self);
        }
        let candidates = self.best.into_candidates();
        candidates.into_iter().map(|found| (Rank::ALL[found.key.0 as usize].fit(), found)).collect()
    }

    /// The same, and what begins with the query.
    fn at_start(&mut self) {
        let (index, letters) = (self.index, self.letters.as_bytes());
        let (folded, heads) = (index.folded.as_bytes(), &index.heads);
        let range = heads.narrow(folded, heads.all(), 0, letters);
        let same = heads.narrow(folded, range.clone(), letters.len(), &[END]).len();
        let bytes = letters.len();
        for rank in [Rank::ExactOwn, Rank::ExactOther] {
            self.take(heads, range.start..range.start + same, rank, bytes);
        }
        self.take(heads, range.start + same..range.end, Rank::Prefix, bytes);
    }

    /// What goes on with the query from a word on.
    fn at_word(&mut self) {
        let inner = &self.index.inner;
        let range = inner.narrow(self.index.folded.as_bytes(), inner.all(), 0, self.letters.as_bytes());
        self.take(inner, range, Rank::WordPrefix, self.letters.len());
    }

    /// What has all words of the query, in any order.
    fn words_in_any_order(&mut self) {
        if self.words.len() < 2 {
            return;
        }
        let index = self.index;
        let ranges = |word: &String| {
            [&index.heads, &index.inner].map(|starts| {
                (starts, starts.narrow(index.folded.as_bytes(), starts.all(), 0, word.as_bytes()))
            })
        };
        let rarest = self.words.iter().map(ranges).min_by_key(|ranges| {
            let [heads, inner] = ranges;
            heads.1.len() + inner.1.len()
        });
        for (starts, range) in rarest.into_iter().flatten() {
            self.take_with_words(starts, range, Rank::Words, None);
        }
    }

    /// What has the query anywhere, in the order of preference until there is enough.
    fn inside(&mut self) {
        if self.count < MIN_INSIDE {
            return;
        }
        let (index, bytes) = (self.index, self.letters.len());
        let letters = std::mem::take(&mut self.letters);
        for place in memmem::find_iter(index.folded.as_bytes(), &letters) {
            let place = place as u32;
            if !self.best.wants((Rank::Inside as u8, place)) {
                break;
            }
            self.offer(place, Rank::Inside, |from| vec![(from, from + bytes)]);
        }
        self.letters = letters;
    }

    /// What fits but for slips.
    fn near(&mut self) {
        if !(MIN_ONE_SLIP..=MAX_WITH_SLIPS).contains(&self.count) {
            return;
        }
        self.near_at_word(1, Rank::OneSlip);
        // Below hits that are right, guesses as bold as these are noise.
        if self.words.len() > 1 && self.best.is_empty() {
            self.near_words();
        }
        if self.count >= MIN_TWO_SLIPS && self.best.is_empty() {
            self.near_at_word(2, Rank::TwoSlips);
        }
    }

    /// What goes on with the query from a word on, but for so many slips.
    fn near_at_word(&mut self, slips: usize, rank: Rank) {
        let index = self.index;
        for starts in [&index.heads, &index.inner] {
            let search = SlipSearch { folded: &index.folded, starts, query: &self.letters, firm: slips - 1 };
            for near in search.run(slips) {
                self.take(starts, near.range, rank, near.bytes);
            }
        }
    }

    /// What has all words of the query in any order, but for a slip in one of them.
    fn near_words(&mut self) {
        let index = self.index;
        for word in 0..self.words.len() {
            if self.words[word].chars().count() < MIN_ONE_SLIP {
                continue;
            }
            for starts in [&index.heads, &index.inner] {
                let search = SlipSearch { folded: &index.folded, starts, query: &self.words[word], firm: 0 };
                for near in search.run(1) {
                    self.take_with_words(starts, near.range, Rank::WordsOneSlip, Some((word, near.bytes)));
                }
            }
        }
    }

    /// Offers the texts of a range of word starts, of which so many bytes fit.
    fn take(&mut self, starts: &WordStarts, range: Range<usize>, rank: Rank, bytes: usize) {
        for at in range {
            if let Some(place) = self.wanted(starts, at, rank) {
                self.offer(place, rank, |from| vec![(from, from + bytes)]);
            }
        }
    }

    /// Offers those texts of a range of word starts that have all words of the query; one of them, with so many bytes of
    /// the text, may be given as found there.
    fn take_with_words(
        &mut self,
        starts: &WordStarts,
        range: Range<usize>,
        rank: Rank,
        found: Option<(usize, usize)>,
    ) {
        let (index, words) = (self.index, std::mem::take(&mut self.words));
        let span_of = |word: &String, text: &Range<usize>| {
            let mut places = index.word_starts(text.start, text.end);
            let place =
                places.find(|&place| index.folded.as_bytes()[place..].starts_with(word.as_bytes()))?;
            Some((place - text.start, place - text.start + word.len()))
        };
        let is_open = |word: usize| found.is_none_or(|(near, _)| near != word);
        for at in range {
            let Some(place) = self.wanted(starts, at, rank) else { continue };
            let text = index.bounds(place);
            let open = || words.iter().enumerate().filter(|&(word, _)| is_open(word)).map(|(_, word)| word);
            if open().all(|word| span_of(word, &text).is_some()) {
                self.offer(place, rank, |from| {
                    let near = found.map(|(_, bytes)| (from, from + bytes));
                    open().filter_map(|word| span_of(word, &text)).chain(near).collect()
                });
            }
        }
        self.words = words;
    }

    /// The place of a word start, unless its text is of another type or there are enough better ones.
    fn wanted(&self, starts: &WordStarts, at: usize, rank: Rank) -> Option<u32> {
        let place = starts.places[at];
        let fits = self.node_type.is_none_or(|node_type| node_type as u8 == starts.types[at]);
        (fits && self.best.wants((rank as u8, place))).then_some(place)
    }

    /// Offers the text at a place; `spans` gives the parts that fit, from the place's distance to the start of the text.
    fn offer(&mut self, place: u32, rank: Rank, spans: impl FnOnce(usize) -> Vec<(usize, usize)>) {
        let number = self.index.text_at(place);
        let text = self.index.texts[number];
        let of_type = self.node_type.is_none_or(|node_type| node_type == text.node_type as usize);
        let rank_fits = match rank {
            Rank::ExactOwn => text.is_own(),
            Rank::ExactOther => !text.is_own(),
            _ => true,
        };
        if of_type && rank_fits {
            let from = (place - self.index.text_starts[number]) as usize;
            let spans = spans(from);
            let node = (text.node_type, text.node);
            self.best.offer(Candidate { key: (rank as u8, place), text: number, node, spans });
        }
    }
}
