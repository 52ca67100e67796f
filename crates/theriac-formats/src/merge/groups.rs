//! Groups of elements that no two elements of one source share.

/// Elements in disjoint groups (union-find, by size and with path halving: Tarjan and van Leeuwen 1984), each with the
/// set of sources that its elements come from. Groups that have a source in common are never joined.
pub(super) struct Groups {
    parents: Vec<u32>,
    sizes: Vec<u32>,
    /// A bit a source, `words` words an element.
    sets: Vec<u64>,
    words: usize,
}

impl Groups {
    /// So many elements, each a group of no source.
    pub(super) fn new(elements: usize, sources: usize) -> Self {
        let words = sources.div_ceil(64);
        let parents = (0..elements as u32).collect();
        Self { parents, sizes: vec![1; elements], sets: vec![0; elements * words], words }
    }

    /// Says that the group of an element has a node of this source.
    pub(super) fn add_source(&mut self, element: usize, source: usize) {
        let root = self.root(element);
        self.sets[root * self.words + source / 64] |= 1 << (source % 64);
    }

    /// The element that stands for the group.
    pub(super) fn root(&mut self, element: usize) -> usize {
        let mut at = element;
        while self.parents[at] as usize != at {
            self.parents[at] = self.parents[self.parents[at] as usize];
            at = self.parents[at] as usize;
        }
        at
    }

    /// Whether two elements are of one group.
    pub(super) fn is_joined(&mut self, a: usize, b: usize) -> bool {
        self.root(a) == self.root(b)
    }

    /// Whether the group of an element has a source at all.
    pub(super) fn has_source(&mut self, element: usize) -> bool {
        let root = self.root(element);
        self.set(root).iter().any(|&word| word != 0)
    }

    /// Makes one group of those of `a` and `b`; `false` where they are two and have a source in common, and stay two.
    pub(super) fn join(&mut self, a: usize, b: usize) -> bool {
        let (a, b) = (self.root(a), self.root(b));
        if a == b {
            return true;
        }
        if self.set(a).iter().zip(self.set(b)).any(|(a, b)| a & b != 0) {
            return false;
        }
        let (child, parent) = if self.sizes[a] < self.sizes[b] { (a, b) } else { (b, a) };
        self.parents[child] = parent as u32;
        self.sizes[parent] += self.sizes[child];
        for word in 0..self.words {
            self.sets[parent * self.words + word] |= self.sets[child * self.words + word];
        }
        true
    }

    fn set(&self, root: usize) -> &[u64] {
        &self.sets[root * self.words..(root + 1) * self.words]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_group_has_two_elements_of_one_source(
            sources in prop::collection::vec(0usize..70, 1..40),
            links in prop::collection::vec((0usize..40, 0usize..40), 0..120),
        ) {
            let mut groups = Groups::new(sources.len(), 70);
            sources.iter().enumerate().for_each(|(element, &source)| groups.add_source(element, source));
            for (a, b) in links {
                let (a, b) = (a % sources.len(), b % sources.len());
                prop_assert_eq!(groups.join(a, b), groups.is_joined(a, b));
            }
            for a in 0..sources.len() {
                prop_assert!(groups.has_source(a));
                for b in 0..a {
                    prop_assert!(!groups.is_joined(a, b) || sources[a] != sources[b]);
                }
            }
        }
    }

    #[test]
    fn elements_without_a_source_join_any_group() {
        let mut groups = Groups::new(4, 1);
        groups.add_source(0, 0);
        groups.add_source(1, 0);
        assert!(!groups.has_source(2) && groups.join(2, 3) && groups.join(3, 1));
        assert!(groups.has_source(2) && !groups.join(0, 2) && groups.join(1, 2));
    }
}
