//! What an input may cost to look into: the one place for all bounds.

/// Bounds that keep a small file from standing for an endless one. They lie far beyond what graphs need.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Bytes that may always come out of a file, however small it is.
    pub(crate) expanded: u64,
    /// Beyond [`Limits::expanded`]: bytes that may come out for each one read from the file. Deflate reaches 1032 on
    /// zeros, sparse 0/1 matrices about 100, text 5 to 30.
    pub(crate) ratio: u64,
    /// Members of an archive or files of a folder.
    pub(crate) members: usize,
    /// Bytes that may be read to list a zip archive, which is held in memory: about a hundred for each member.
    pub(crate) listing: u64,
    /// Compressions one inside the other.
    pub(crate) layers: usize,
}

impl Limits {
    /// Whether so many bytes are too many to have come from so few.
    pub(crate) fn is_bomb(&self, expanded: u64, read: u64) -> bool {
        expanded > self.expanded && expanded > self.ratio.saturating_mul(read)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { expanded: 1 << 30, ratio: 250, members: 1_000_000, listing: 1 << 27, layers: 3 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bomb_is_both_large_and_dense() {
        let limits = Limits { expanded: 1000, ratio: 10, ..Limits::default() };
        assert!(!limits.is_bomb(1000, 1), "dense, but small");
        assert!(!limits.is_bomb(5000, 500), "large, but not dense");
        assert!(limits.is_bomb(5001, 500));
        assert!(!limits.is_bomb(u64::MAX, u64::MAX / 2), "no overflow");
    }
}
