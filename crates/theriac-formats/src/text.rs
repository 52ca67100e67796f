//! Text of old files: what its bytes mean where they are not UTF-8.

use std::borrow::Cow;

/// How the characters of a file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with ASCII as a part of it.
    Utf8,
    /// UTF-16 with a byte order mark.
    Utf16,
    /// One byte a character: Latin-1, with Windows-1252 in its unused range, as the WHATWG Encoding Standard reads it.
    Latin1,
}

/// Windows-1252 from 0x80 to 0x9f; the five bytes that it does not use are control characters.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text of a whole small file, without byte order mark, and how it was written: UTF-16 where a mark says so, UTF-8
/// where it is valid, and Latin-1 otherwise, which any bytes are. A broken pair in UTF-16 becomes U+FFFD.
pub fn decode_text(bytes: &[u8]) -> (Cow<'_, str>, Encoding) {
    match bytes {
        [0xff, 0xfe, rest @ ..] => return (utf16(rest, u16::from_le_bytes), Encoding::Utf16),
        [0xfe, 0xff, rest @ ..] => return (utf16(rest, u16::from_be_bytes), Encoding::Utf16),
        _ => {}
    }
    match std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)) {
        Ok(text) => (text.into(), Encoding::Utf8),
        Err(_) => (bytes.iter().map(|&byte| latin1(byte)).collect(), Encoding::Latin1),
    }
}

pub(crate) fn latin1(byte: u8) -> char {
    match byte {
        0x80..=0x9f => WINDOWS_1252[usize::from(byte) - 0x80],
        other => other.into(),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Cow<'_, str> {
    let units = bytes.chunks(2).map(|pair| match *pair {
        [first, second] => unit([first, second]),
        // Half a unit at the end: an unpaired surrogate, as which it decodes to U+FFFD.
        _ => 0xd800,
    });
    char::decode_utf16(units).map(|decoded| decoded.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_encoding_is_told_and_decoded() {
        let (text, encoding) = decode_text("Sjögren, Ménière".as_bytes());
        assert!(matches!(text, Cow::Borrowed("Sjögren, Ménière")));
        assert_eq!(encoding, Encoding::Utf8);
        assert_eq!(decode_text(b"\xef\xbb\xbfa"), ("a".into(), Encoding::Utf8));
        assert_eq!(decode_text(b""), ("".into(), Encoding::Utf8));
        assert_eq!(decode_text(b"Sj\xf6gren\n\x80 \x99"), ("Sjögren\n€ ™".into(), Encoding::Latin1));
        assert_eq!(decode_text(b"\xff\xfea\0\xf6\0"), ("aö".into(), Encoding::Utf16));
        assert_eq!(decode_text(b"\xfe\xff\0a\xd8\x3d\xde\0"), ("a😀".into(), Encoding::Utf16));
        assert_eq!(decode_text(b"\xff\xfea\0b"), ("a\u{fffd}".into(), Encoding::Utf16));
    }

    proptest! {
        #[test]
        fn any_bytes_are_text_and_latin1_keeps_every_byte(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let (text, encoding) = decode_text(&bytes);
            if encoding == Encoding::Latin1 {
                prop_assert_eq!(text.chars().count(), bytes.len());
            }
        }

        #[test]
        fn utf16_of_any_text_reads_back(text in any::<String>()) {
            let units = [0xfeff].into_iter().chain(text.encode_utf16());
            let little: Vec<u8> = units.clone().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = units.flat_map(u16::to_be_bytes).collect();
            for bytes in [little, big] {
                prop_assert_eq!(decode_text(&bytes), (text.as_str().into(), Encoding::Utf16));
            }
        }
    }
}
