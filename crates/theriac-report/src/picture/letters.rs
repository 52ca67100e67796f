//! How wide text is, without the font at hand.

use std::borrow::Cow;

/// Widths of the printable ASCII letters from the space on, in hundredths of the size of the font: for each the larger of
/// its widths in `DejaVu` Sans, which is wide, and Liberation Sans, which is as wide as Arial and Helvetica.
const WIDTHS: [u8; 95] = [
    32, 41, 46, 84, 64, 96, 78, 28, 40, 40, 50, 84, 32, 37, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    34, 34, 84, 84, 84, 56, 102, 69, 69, 73, 78, 67, 62, 78, 76, 30, 50, 67, 56, 87, 75, 79, 67, 79, 73, 67,
    62, 74, 69, 99, 69, 67, 69, 40, 34, 40, 84, 56, 50, 62, 64, 55, 64, 62, 36, 64, 64, 28, 28, 58, 28, 98,
    64, 62, 64, 64, 42, 53, 40, 64, 60, 82, 60, 60, 53, 64, 34, 64, 84,
];
/// Width of any other letter: those of Latin, Greek and Cyrillic are narrower but for a few, ideographs are 1 wide.
const OTHER: f64 = 1.1;

fn letter_width(letter: char) -> f64 {
    let place = (letter as usize).wrapping_sub(' ' as usize);
    WIDTHS.get(place).map_or(OTHER, |&width| f64::from(width) / 100.0)
}

/// Width of `text` in a sans-serif font of that size, in the units of the size, on the safe side.
pub fn width(text: &str, size: f64) -> f64 {
    text.chars().map(letter_width).sum::<f64>() * size
}

/// `text`, cut with an ellipsis where it is wider than `room`.
pub fn fitted(text: &str, size: f64, room: f64) -> Cow<'_, str> {
    if width(text, size) <= room {
        return Cow::Borrowed(text);
    }
    let mut left = room - width("…", size);
    let kept = text.char_indices().find(|(_, letter)| {
        left -= letter_width(*letter) * size;
        left < 0.0
    });
    let end = kept.map_or(text.len(), |(end, _)| end);
    Cow::Owned(format!("{}…", text[..end].trim_end()))
}

/// `text` in at most so many lines of that width, broken between words, the last cut with an ellipsis where there is more.
pub fn lines(text: &str, size: f64, room: f64, most: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut words = text.split_whitespace().peekable();
    while words.peek().is_some() {
        let mut line = String::new();
        while let Some(word) = words.peek() {
            let longer = if line.is_empty() { (*word).to_owned() } else { format!("{line} {word}") };
            // A word that is wider than a line stands alone in one, and is cut.
            let breaks = !line.is_empty() && width(&longer, size) > room;
            if breaks && lines.len() + 1 < most {
                break;
            }
            line = longer;
            words.next();
        }
        lines.push(fitted(&line, size, room).into_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn narrow_letters_are_narrower_than_wide_ones() {
        assert!(width("iii", 10.0) < width("mmm", 10.0));
        assert_eq!(width("", 10.0), 0.0);
        assert!((width("W", 20.0) - 19.8).abs() < 1e-9);
        assert!(
            (width("漢\n", 10.0) - 22.0).abs() < 1e-9,
            "letters outside the table are as wide as the widest"
        );
    }

    #[test]
    fn what_fits_is_left_alone() {
        assert_eq!(fitted("asthma", 12.0, 80.0), "asthma");
        assert_eq!(fitted("chronic obstructive disease", 12.0, 100.0), "chronic obstr…");
        assert_eq!(
            fitted("chronic obstructive disease", 12.0, 68.0),
            "chronic…",
            "no space before the ellipsis"
        );
    }

    #[test]
    fn long_names_break_between_words() {
        let name = "chronic obstructive disease of the lung";
        assert_eq!(lines(name, 12.0, 150.0, 3), ["chronic obstructive", "disease of the lung"]);
        assert_eq!(lines(name, 12.0, 150.0, 1), ["chronic obstructive di…"]);
        assert_eq!(lines("asthma", 12.0, 150.0, 2), ["asthma"]);
        assert!(lines(" ", 12.0, 150.0, 2).is_empty());
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_none_too_many(text in "[a-z ]{0,80}", room in 20.0..200.0_f64, most in 1..4_usize) {
            let lines = lines(&text, 12.0, room, most);
            prop_assert!(lines.len() <= most);
            prop_assert!(lines.iter().all(|line| width(line, 12.0) <= room + 1e-9));
            let whole = text.split_whitespace().collect::<Vec<_>>().join(" ");
            prop_assert!(lines.join(" ") == whole || lines.iter().any(|line| line.ends_with('…')));
        }

        #[test]
        fn text_never_runs_out_of_its_room(text in ".{0,60}", room in 20.0..300.0_f64) {
            let cut = fitted(&text, 12.0, room);
            prop_assert!(width(&cut, 12.0) <= room + 1e-9);
            prop_assert!(cut == text || cut.ends_with('…'));
        }
    }
}
