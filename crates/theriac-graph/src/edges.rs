//! Edge lists on their way into a graph: where each edge came from, and what to do with repeats.

use crate::attributes::EdgeAttribute;

/// Edges as a reader found them: parallel lists of node indices, with the place each was read from.
#[derive(Clone, Debug, Default)]
pub struct EdgeList {
    /// Source node of each edge.
    pub sources: Vec<u32>,
    /// Target node of each edge.
    pub targets: Vec<u32>,
    /// Weight of each edge; `None` where every edge weighs 1.
    pub weights: Option<Vec<f32>>,
    /// What else the source says of each edge.
    pub attributes: Vec<EdgeAttribute>,
    /// Whether an edge and its mirror image are one. Each stands here once, either way round, and in the graph both ways
    /// round; only within one type.
    pub undirected: bool,
    /// Where the edges stand in their files.
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

/// The files that edges were read from, and the line of each.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// Files or archive members, as a user would name them, each with the number of edges that were read before it; in
    /// order of these numbers. The edges of one file stand together.
    files: Vec<(usize, String)>,
    /// How an edge finds its line.
    pub lines: Lines,
}

impl Origin {
    /// Edges of one file.
    pub fn of(file: impl Into<String>, lines: Lines) -> Self {
        Self { files: vec![(0, file.into())], lines }
    }

    /// Says that the edges from `first_edge` on stand in this file.
    pub fn begin_file(&mut self, first_edge: usize, file: &str) {
        if self.files.last().is_none_or(|(_, last)| last != file) {
            self.files.push((first_edge, file.into()));
        }
    }

    /// The file of edge `edge`; empty where no file is known.
    pub fn file(&self, edge: usize) -> &str {
        let file = self.files.partition_point(|&(first, _)| first <= edge).checked_sub(1);
        file.map_or("", |file| &self.files[file].1)
    }

    /// The 1-based line of edge `edge`, whose source node is `source`; 0 where there are no lines.
    pub fn line(&self, edge: usize, source: u32) -> u64 {
        match &self.lines {
            Lines::None => 0,
            Lines::Each(lines) => u64::from(lines[edge]),
            Lines::MatrixRow => u64::from(source) + 1,
            Lines::Rows => edge as u64 + 1,
        }
    }

    /// Takes in the files of a later list, whose edges follow on `edges` edges of this one; lines are left as they are.
    pub fn append_files(&mut self, later: Self, edges: usize) {
        for (first, file) in later.files {
            self.begin_file(first + edges, &file);
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DuplicatePolicy {
    /// Refuse the input: the format says each edge once.
    #[default]
    Reject,
    /// Keep one edge, with the weight of the first and the attributes of all, and count the others: the format's
    /// convention is to repeat. The count is kept beside the relation and printed.
    Merge,
}
