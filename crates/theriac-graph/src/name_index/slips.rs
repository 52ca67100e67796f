//! Beginnings of texts that differ from a query by a few slips of the keyboard.

use std::ops::Range;

use super::word_starts::WordStarts;

/// Word starts from which the query is read with at most so many slips.
pub(super) struct Near {
    /// Where in the sorted word starts.
    pub(super) range: Range<usize>,
    /// How many bytes of the texts the query was read as.
    pub(super) bytes: usize,
}

/// Finds every word start of which some beginning is at most `slips` edits from a query: insertions, deletions,
/// substitutions and swaps of neighbours, no letter in two of them (the optimal string alignment distance of
/// `NodeTable::find`). Digits stand fast: another number is another thing.
///
/// This is a walk down the tree that sorted texts are, along the query and, while slips are left, off it (the
/// neighbourhood generation of Boytsov 2011, "Indexing methods for approximate dictionary searching", section 4.2, on a
/// sorted array in place of a trie). It only goes where there are texts, and goes through the last slip's rest of the
/// query by one binary search.
pub(super) struct SlipSearch<'a> {
    pub(super) folded: &'a str,
    pub(super) starts: &'a WordStarts,
    /// The query, folded.
    pub(super) query: &'a str,
    /// As many letters of the query at its beginning are free of slips.
    pub(super) firm: usize,
}

impl SlipSearch<'_> {
    /// Everything found; a word start may be in several of the ranges.
    pub(super) fn run(&self, slips: usize) -> Vec<Near> {
        let mut found = Vec::new();
        self.walk(self.starts.all(), 0, self.query, slips, &mut found);
        found
    }

    /// Goes on from a range of texts that share `depth` bytes with what is left of the query.
    fn walk(&self, range: Range<usize>, depth: usize, query: &str, slips: usize, found: &mut Vec<Near>) {
        if range.is_empty() {
            return;
        }
        let narrow = |letters: &str| {
            self.starts.narrow(self.folded.as_bytes(), range.clone(), depth, letters.as_bytes())
        };
        let mut letters = query.chars();
        let next = letters.next().filter(|_| slips > 0);
        let Some(letter) = next else {
            let range = narrow(query);
            if !range.is_empty() {
                found.push(Near { range, bytes: depth + query.len() });
            }
            return;
        };
        let rest = letters.as_str();
        self.walk(narrow(&query[..letter.len_utf8()]), depth + letter.len_utf8(), rest, slips, found);
        if self.query.len() - query.len() < self.firm {
            return;
        }
        let is_digit = letter.is_numeric();
        if let Some(second) = letters.next().filter(|&second| second != letter)
            && !is_digit
            && !second.is_numeric()
        {
            let depth = depth + letter.len_utf8() + second.len_utf8();
            self.walk(
                narrow(&String::from_iter([second, letter])),
                depth,
                letters.as_str(),
                slips - 1,
                found,
            );
        }
        for (other, texts) in self.starts.by_letter(self.folded, range.clone(), depth) {
            if other.is_numeric() {
                continue;
            }
            let depth = depth + other.len_utf8();
            self.walk(texts.clone(), depth, query, slips - 1, found);
            if other != letter && !is_digit {
                self.walk(texts, depth, rest, slips - 1, found);
            }
        }
        // Last, so that a text is shown with as many letters as can be told to fit.
        if !is_digit {
            self.walk(range, depth, rest, slips - 1, found);
        }
    }
}
