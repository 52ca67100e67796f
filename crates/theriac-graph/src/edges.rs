//! Edge lists on their way into a graph: where each edge came from, and what to do with repeats.

/// Edges as a reader found them: parallel lists of node indices, with the place each was read from.
#[derive(Clone, Debug, Default)]
pub struct EdgeList {
    /// Source node of each edge.
    pub sources: Vec<u32>,
    /// Target node of each edge.
    pub targets: Vec<u32>,
    /// Weight of each edge; `None` where every edge weighs 1.
    pub weights: Option<Vec<f32>>,
    /// Where the edges stand in their file.
    pub origin: Origin,
}

impl EdgeList {
    /// Number of edges.
    pub fn len(&self) -> usize {
        self.sources.len()
    }

    /// Whether there is no edge.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }
}

/// The file that edges were read from, and the line of each.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// Path or archive member, as a user would name it.
    pub file: String,
    /// How an edge finds its line.
    pub lines: Lines,
}

impl Origin {
    /// The 1-based line of edge `edge`, whose source node is `source`; 0 where there are no lines.
    pub fn line(&self, edge: usize, source: u32) -> u64 {
        match &self.lines {
            Lines::None => 0,
            Lines::Each(lines) => u64::from(lines[edge]),
            Lines::MatrixRow => u64::from(source) + 1,
            Lines::Rows => edge as u64 + 1,
        }
    }
}

/// How an edge finds its line.
#[derive(Clone, Debug, Default)]
pub enum Lines {
    /// The edges did not come from a text file.
    #[default]
    None,
    /// The 1-based line of each edge.
    Each(Vec<u32>),
    /// The file is a matrix: an edge stands on the line of its source node.
    MatrixRow,
    /// The file is a table without lines: an edge stands in the row of its place in the list.
    Rows,
}

/// What to do with an edge that occurs twice in one relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuplicatePolicy {
    /// Refuse the input: the format says each edge once.
    Reject,
    /// Keep the first and count the rest: the format's convention is to repeat. The count is
    /// kept beside the relation and printed.
    KeepFirst,
}
