//! Compression: told by its first bytes and seen through, layer by layer.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;

use super::limits::Limits;
use super::stored::{BUFFER_BYTES, Meter};
use crate::error::FormatError;

/// Bytes that tell a compression.
const MAGIC_BYTES: u64 = 10;

/// Bytes to be read, with a buffer below.
pub(super) type Bytes<'a> = Box<dyn BufRead + 'a>;

/// A compression of one stream of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    Gzip,
    Zstd,
    Bzip2,
}

impl Codec {
    /// Its name, for messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Bzip2 => "bzip2",
        }
    }

    /// The compression of a stream that starts so. Of a short stream as much has to fit as is there, so that one that
    /// was cut is not taken for text.
    fn of(start: &[u8]) -> Option<Self> {
        match *start {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            // A frame, or one that decoders skip and parallel compressors write first.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            // The level, then the mark of a block or of the end: the digits of pi or of its root.
            [b'B', b'Z', b'h', b'1'..=b'9', ref mark @ ..] => {
                let marks = [[0x31, 0x41, 0x59, 0x26, 0x53, 0x59], [0x17, 0x72, 0x45, 0x38, 0x50, 0x90]];
                marks.iter().any(|whole| whole.starts_with(mark)).then_some(Self::Bzip2)
            }
            _ => None,
        }
    }

    fn decoder<'a>(self, bytes: Bytes<'a>) -> io::Result<Box<dyn Read + 'a>> {
        Ok(match self {
            Self::Gzip => Box::new(MultiGzDecoder::new(bytes)),
            Self::Zstd => Box::new(zstd::Decoder::with_buffer(bytes)?),
            Self::Bzip2 => Box::new(MultiBzDecoder::new(bytes)),
        })
    }
}

/// Decodes as long as the first bytes ask for it, and notes in `layers` what was met, outermost first: also where it
/// then fails.
///
/// # Errors
///
/// When the first bytes do not decode; [`FormatError::Refused`] within it when there are too many layers. Reading on may
/// refuse too: when more comes out than `limits` allow for the bytes that `meter` has counted.
pub(super) fn decode<'a>(
    mut bytes: Bytes<'a>,
    file: &str,
    meter: &Meter,
    limits: Limits,
    layers: &mut Vec<Codec>,
) -> io::Result<Bytes<'a>> {
    loop {
        let mut start = Vec::with_capacity(MAGIC_BYTES as usize);
        bytes.by_ref().take(MAGIC_BYTES).read_to_end(&mut start)?;
        let codec = Codec::of(&start);
        bytes = Box::new(Cursor::new(start).chain(bytes));
        let Some(codec) = codec else { return Ok(bytes) };
        if layers.len() == limits.layers {
            let reason = format!("it is compressed more than {} times over", limits.layers);
            return Err(refusal(file, reason, "one compression"));
        }
        layers.push(codec);
        let guard = Guard::new(codec.decoder(bytes)?, file, meter, limits);
        bytes = Box::new(BufReader::with_capacity(BUFFER_BYTES, guard));
    }
}

/// A decoder that may not give endlessly.
pub(super) struct Guard<R> {
    decoder: R,
    file: String,
    given: u64,
    meter: Meter,
    limits: Limits,
}

impl<R> Guard<R> {
    pub(super) fn new(decoder: R, file: &str, meter: &Meter, limits: Limits) -> Self {
        Self { decoder, file: file.into(), given: 0, meter: meter.clone(), limits }
    }
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.decoder.read(buffer)?;
        self.given += read as u64;
        if self.limits.is_bomb(self.given, self.meter.bytes()) {
            return Err(io::Error::other(bomb(&self.file, self.given, self.limits)));
        }
        Ok(read)
    }
}

/// The refusal of a file out of which too much comes.
pub(crate) fn bomb(file: &str, expanded: u64, limits: Limits) -> FormatError {
    let ratio = limits.ratio;
    FormatError::Refused {
        file: file.into(),
        reason: format!("it expands to {expanded} bytes or more, over {ratio} times what it holds"),
        expected: "a file that was not made to fill memory",
    }
}

fn refusal(file: &str, reason: String, expected: &'static str) -> io::Error {
    io::Error::other(FormatError::Refused { file: file.into(), reason, expected })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::samples::{CODECS, bzip2, gzip, zstd};

    fn decoded(bytes: &[u8], limits: Limits) -> (io::Result<Vec<u8>>, Vec<Codec>) {
        let mut layers = Vec::new();
        let mut content = Vec::new();
        // All bytes count as read: the decoders read ahead by more than they are.
        let meter = Meter::default();
        let raw = super::super::stored::Stored::Memory(std::sync::Arc::new(bytes.to_vec()));
        let read = decode(Box::new(raw.open_metered(&meter).unwrap()), "f", &meter, limits, &mut layers)
            .and_then(|mut bytes| bytes.read_to_end(&mut content));
        (read.map(|_| content), layers)
    }

    #[test]
    fn every_codec_is_seen_through_also_in_several_parts_and_one_in_the_other() {
        let limits = Limits::default();
        for (name, compress) in CODECS {
            let (content, layers) = decoded(&compress(b"one\n"), limits);
            assert_eq!((content.unwrap().as_slice(), layers[0].name()), (&b"one\n"[..], name));
            let parts = [compress(b"one\n"), compress(b""), compress(b"two\n")].concat();
            assert_eq!(decoded(&parts, limits).0.unwrap(), b"one\ntwo\n", "{name} in parts");
            assert_eq!(decoded(&compress(b""), limits).0.unwrap(), b"", "{name} of nothing");
        }
        let (content, layers) = decoded(&gzip(&zstd(&bzip2(b"deep"))), limits);
        assert_eq!(
            (content.unwrap(), layers),
            (b"deep".to_vec(), vec![Codec::Gzip, Codec::Zstd, Codec::Bzip2])
        );
        let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 7, 7][..], &zstd(b"after")].concat();
        assert_eq!(decoded(&skippable, limits).0.unwrap(), b"after");
    }

    #[test]
    fn a_layer_too_many_is_refused() {
        let four = gzip(&gzip(&gzip(&gzip(b"x"))));
        let error = decoded(&four, Limits::default()).0.unwrap_err().to_string();
        assert_eq!(error, "f is refused: it is compressed more than 3 times over; expected one compression");
    }

    #[test]
    fn what_is_cut_short_anywhere_fails() {
        let text: Vec<u8> =
            (0..500u32).flat_map(|i| (i.wrapping_mul(2_654_435_761) >> 16).to_le_bytes()).collect();
        for (name, compress) in CODECS {
            let whole = compress(&text);
            // Shorter starts could be those of anything.
            for length in 4..whole.len() {
                let (content, layers) = decoded(&whole[..length], Limits::default());
                assert!(content.is_err(), "{name} cut to {length} of {} bytes", whole.len());
                assert_eq!(layers.len(), 1, "{name} cut to {length}");
            }
        }
    }

    #[test]
    fn more_than_the_file_can_honestly_hold_is_refused() {
        let limits = Limits { expanded: 1 << 16, ..Limits::default() };
        let zeros = vec![0; 1 << 20];
        for (name, compress) in CODECS {
            let bomb = compress(&zeros);
            assert!(bomb.len() * 250 < zeros.len(), "{name} is no bomb");
            let error = decoded(&bomb, limits).0.unwrap_err().to_string();
            assert!(error.starts_with("f is refused: it expands to "), "{name}: {error}");
            // Each layer alone stays below the ratio here.
            let nested = decoded(&compress(&bomb), limits).0.unwrap_err().to_string();
            assert!(nested.starts_with("f is refused: it expands to "), "{name}: {nested}");
            assert!(decoded(&compress(&zeros[..1 << 16]), limits).0.is_ok(), "{name}: small, however dense");
        }
    }

    #[test]
    fn text_is_not_taken_for_compressed() {
        for text in [&b"BZh9 is a gene\n"[..], b"PK\n", b"(\xb5", b"", b"BZ"] {
            assert_eq!(decoded(text, Limits::default()).1, [], "{text:?}");
        }
    }
}
