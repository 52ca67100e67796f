//! From letters of a folded text back to the text as it is shown.

use std::ops::Range;

use crate::lookup::folded_chars;

/// The parts of `text` that the spans of its folded form stand for, in order, none touching another. A span takes the
/// spaces and punctuation within it along, and the whole of a character that folds into several.
pub(super) fn highlights(text: &str, spans: &[(usize, usize)]) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = spans.iter().filter_map(|&span| highlight(text, span)).collect();
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    ranges.dedup_by(|next, range| {
        let touching = next.start <= range.end;
        if touching {
            range.end = range.end.max(next.end);
        }
        touching
    });
    ranges
}

fn highlight(text: &str, (first, end): (usize, usize)) -> Option<Range<usize>> {
    let mut folded = 0;
    let mut range: Option<Range<usize>> = None;
    for (place, letter) in text.char_indices() {
        let after = place + letter.len_utf8();
        let before = folded;
        folded += folded_len(&text[place..after]);
        if before < end && folded > first && folded > before {
            range = Some(range.map_or(place, |range| range.start)..after);
        }
    }
    range
}

/// Bytes that a text has when it is folded.
pub(super) fn folded_len(text: &str) -> usize {
    folded_chars(text).map(char::len_utf8).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown<'a>(text: &'a str, spans: &[(usize, usize)]) -> Vec<&'a str> {
        highlights(text, spans).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn punctuation_is_taken_along_only_within_a_span() {
        assert_eq!(shown("(Beta)-Alanine.", &[(0, 11)]), ["Beta)-Alanine"]);
        assert_eq!(shown("(Beta)-Alanine.", &[(0, 4)]), ["Beta"]);
        assert_eq!(shown("heart failure", &[(5, 9), (0, 5)]), ["heart", "fail"]);
        assert_eq!(shown("heart", &[(0, 2), (1, 3), (3, 4)]), ["hear"]);
        assert_eq!(shown("heart", &[]), [""; 0]);
    }

    #[test]
    fn a_character_is_never_cut() {
        // İ folds into the one letter i, and its dot is dropped.
        assert_eq!(shown("İβ-blocker", &[(0, 1)]), ["İ"]);
        assert_eq!(shown("İβ-blocker", &[(1, 3)]), ["β"]);
        assert_eq!(shown("İβ-blocker", &[(1, 2)]), ["β"]);
    }
}
