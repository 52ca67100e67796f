//! Delimited files row by row, into an [`Assembler`], on all cores.

use crate::assembler::Assembler;
use crate::blocks::{Latin1Lines, in_blocks};
use crate::delimited::{Dialect, Record, Records};
use crate::error::FormatError;
use crate::input::Input;

/// How a delimited file is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) dialect: Dialect,
    /// Whether the first row names the columns.
    pub(crate) header: bool,
    /// Number of cells in every row.
    pub(crate) width: usize,
}

impl Rows {
    /// Passes every row below the header to `push`, with the assembler of its block, and puts all together in
    /// `assembler`, in the order of the file.
    ///
    /// # Errors
    ///
    /// [`FormatError::Ragged`] for a row of another width; the first error of `push` in the order of the file; what
    /// reading meets.
    pub(crate) fn read(
        self,
        input: &Input,
        assembler: &mut Assembler,
        push: impl Fn(&mut Assembler, &Record<'_>) -> Result<(), FormatError> + Sync,
    ) -> Result<Latin1Lines, FormatError> {
        let empty = assembler.block();
        self.read_parts(input, || empty.block(), push, |part| assembler.append(part))
    }

    /// As [`Rows::read`], where `begin` gives what the rows of a block go into, and `take` gets that in the order of the
    /// file.
    ///
    /// # Errors
    ///
    /// As [`Rows::read`], and the first of `take`.
    pub(crate) fn read_parts<P: Send>(
        self,
        input: &Input,
        begin: impl Fn() -> P + Sync,
        push: impl Fn(&mut P, &Record<'_>) -> Result<(), FormatError> + Sync,
        take: impl FnMut(P) -> Result<(), FormatError> + Send,
    ) -> Result<Latin1Lines, FormatError> {
        in_blocks(
            input,
            |block| {
                let mut part = begin();
                let mut records = Records::new(block.text, block.first_line, self.dialect, block.last);
                if self.header && block.first_line == 1 {
                    records.next();
                }
                while let Some(record) = records.next() {
                    if record.len() != self.width {
                        let (file, line) = (input.path().display().to_string(), record.line());
                        let (found, expected) = (record.len(), self.width);
                        return Err(FormatError::Ragged { file, line, found, expected });
                    }
                    push(&mut part, &record)?;
                }
                Ok((part, records.finish(&input.path().display().to_string())?))
            },
            take,
        )
    }
}

/// The cells of the first row, where the content begins with one.
pub(crate) fn first_row(head: &[u8], dialect: Dialect) -> Option<Vec<String>> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // What follows the first row may be in any encoding.
        Err(error) => std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default(),
    };
    let mut records = Records::new(text, 1, dialect, true);
    Some(records.next()?.cells().map(str::to_owned).collect())
}
