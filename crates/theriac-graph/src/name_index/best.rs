//! The best few hits, no node twice.

/// A text that fits, before it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    /// How well it fits: the smaller the better. First the rank of its fit, then its place in the folded texts, which
    /// stand in the order of preference.
    pub(super) key: (u8, u32),
    /// Place of its text among the texts.
    pub(super) text: usize,
    /// Node type and node.
    pub(super) node: (u32, u32),
    /// What fits: first byte and one past the last in the folded text.
    pub(super) spans: Vec<(usize, usize)>,
}

/// The best candidates of as many nodes as are wanted, the best first.
pub(super) struct Best {
    limit: usize,
    candidates: Vec<Candidate>,
}

impl Best {
    /// None yet.
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, candidates: Vec::new() }
    }

    /// Whether there are as many as wanted.
    pub(super) fn is_full(&self) -> bool {
        self.candidates.len() >= self.limit
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.candidates.is_empty()
    }

    /// Whether a candidate of this key may be among the best.
    pub(super) fn wants(&self, key: (u8, u32)) -> bool {
        !self.is_full() || self.candidates.last().is_some_and(|last| key < last.key)
    }

    /// Takes a candidate, unless there are enough better ones or a better one of its node.
    ///
    /// A node only ever moves up and the last only goes when there are enough better nodes: what is dropped is never
    /// missed later.
    pub(super) fn offer(&mut self, candidate: Candidate) {
        if let Some(place) = self.candidates.iter().position(|other| other.node == candidate.node) {
            if self.candidates[place].key <= candidate.key {
                return;
            }
            self.candidates.remove(place);
        }
        let place = self.candidates.partition_point(|other| other.key <= candidate.key);
        self.candidates.insert(place, candidate);
        self.candidates.truncate(self.limit);
    }

    /// All, the best first.
    pub(super) fn into_candidates(self) -> Vec<Candidate> {
        self.candidates
    }
}
