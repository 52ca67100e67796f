//! Reading ahead: a decoder on a thread of its own, beside the parser.

use std::io::{self, Read};
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

/// Bytes that change hands at a time: so large that the hand-over costs nothing.
const BLOCK_BYTES: usize = 1 << 20;
/// Blocks that may wait for the parser.
const BLOCKS: usize = 4;

struct Block {
    bytes: Box<[u8]>,
    filled: usize,
}

/// Runs `produce` on a thread of its own; what it puts into its [`Blocks`] comes out of the reader that `consume` gets.
/// An error of `produce` comes out after that, in place of the end. When `consume` returns early, `produce` is told to
/// stop.
///
/// # Errors
///
/// When there can be no further thread; otherwise what `consume` returns.
pub(super) fn read_ahead<T>(
    produce: impl FnOnce(&mut Blocks) -> io::Result<()> + Send,
    consume: impl FnOnce(&mut (dyn Read + Send)) -> T,
) -> io::Result<T> {
    let (full, blocks) = sync_channel(BLOCKS);
    let (spent, free) = channel();
    thread::scope(|scope| {
        thread::Builder::new().name("decoder".into()).spawn_scoped(scope, move || {
            let mut blocks = Blocks { full, free };
            if let Err(error) = produce(&mut blocks) {
                // Nobody waits for it when the parser is done.
                let _ = blocks.full.send(Err(error));
            }
        })?;
        Ok(consume(&mut AheadReader { blocks, spent, block: None, read: 0 }))
    })
}

/// The decoder's end.
pub(super) struct Blocks {
    full: SyncSender<io::Result<Block>>,
    free: Receiver<Block>,
}

impl Blocks {
    /// Hands over all that `reader` gives; breaks off when nobody reads it any more.
    pub(super) fn fill_from(&mut self, reader: &mut dyn Read) -> io::Result<ControlFlow<()>> {
        loop {
            let fresh = || Block { bytes: vec![0; BLOCK_BYTES].into(), filled: 0 };
            let mut block = self.free.try_recv().unwrap_or_else(|_| fresh());
            block.filled = 0;
            let mut ended = None;
            while block.filled < block.bytes.len() && ended.is_none() {
                match reader.read(&mut block.bytes[block.filled..]) {
                    Ok(0) => ended = Some(Ok(())),
                    Ok(read) => block.filled += read,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => ended = Some(Err(error)),
                }
            }
            if self.full.send(Ok(block)).is_err() {
                return Ok(ControlFlow::Break(()));
            }
            if let Some(end) = ended {
                return end.map(ControlFlow::Continue);
            }
        }
    }
}

/// The parser's end.
struct AheadReader {
    blocks: Receiver<io::Result<Block>>,
    spent: Sender<Block>,
    block: Option<Block>,
    read: usize,
}

impl Read for AheadReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if let Some(block) = &self.block {
                let rest = &block.bytes[self.read..block.filled];
                if !rest.is_empty() {
                    let copied = rest.len().min(buffer.len());
                    buffer[..copied].copy_from_slice(&rest[..copied]);
                    self.read += copied;
                    return Ok(copied);
                }
            }
            // The decoder may be gone already: then it needs no block.
            let _ = self.block.take().map(|block| self.spent.send(block));
            match self.blocks.recv() {
                Ok(block) => self.block = Some(block?),
                Err(_) => return Ok(0),
            }
            self.read = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(count: usize) -> Vec<u8> {
        (0..count).map(|i| (i % 251) as u8).collect()
    }

    #[test]
    fn what_goes_in_comes_out() {
        for count in [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, 7 * BLOCK_BYTES + 3] {
            let whole = bytes(count);
            let read = read_ahead(
                |blocks| blocks.fill_from(&mut whole.as_slice()).map(drop),
                |reader| {
                    let mut read = Vec::new();
                    reader.read_to_end(&mut read).map(|_| read)
                },
            );
            assert!(read.unwrap().unwrap() == whole, "{count} bytes");
        }
    }

    #[test]
    fn an_error_comes_after_what_was_decoded_before_it() {
        let (read, error) = read_ahead(
            |blocks| {
                assert!(blocks.fill_from(&mut &b"abc"[..])?.is_continue());
                Err(io::ErrorKind::UnexpectedEof.into())
            },
            |reader| {
                let mut read = Vec::new();
                let error = reader.read_to_end(&mut read).unwrap_err();
                (read, error.kind())
            },
        )
        .unwrap();
        assert_eq!((read.as_slice(), error), (&b"abc"[..], io::ErrorKind::UnexpectedEof));
    }

    #[test]
    fn a_parser_that_stops_early_stops_the_decoder() {
        let mut stopped = None;
        let first = read_ahead(
            |blocks| {
                stopped = Some(blocks.fill_from(&mut io::repeat(7))?);
                Ok(())
            },
            |reader| {
                let mut first = [0];
                reader.read_exact(&mut first).map(|()| first[0])
            },
        );
        assert_eq!(first.unwrap().unwrap(), 7);
        assert_eq!(stopped, Some(ControlFlow::Break(())));
    }
}
