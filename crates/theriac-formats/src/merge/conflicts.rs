//! Where sources do not agree: counted, with the first examples, and said in sentences.

use std::fmt;

use serde::Serialize;
use theriac_graph::RelationKey;

/// Where the merged sources do not agree, and what was done about it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Conflicts {
    /// Each source but the first beside those before it.
    pub sources: Vec<SourceConflicts>,
    /// Cross-references that would have made one node of two of the same source.
    pub refused: Tally<RefusedReference>,
}

/// Where a source does not agree with those before it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SourceConflicts {
    /// Label of the source.
    pub source: String,
    /// Nodes that it calls otherwise; the first name is kept and the other is a synonym.
    pub names: Tally<OtherName>,
    /// Nodes that it gives another type; the first is kept.
    pub types: Tally<OtherType>,
    /// Edges that an earlier source has too; each is one edge.
    pub edges: Tally<RepeatedEdge>,
}

/// How many there are, and the first of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tally<T> {
    /// How many there are.
    pub count: usize,
    /// The first of them.
    pub examples: Vec<T>,
}

/// Examples that a [`Tally`] keeps.
const EXAMPLES: usize = 5;

/// A node that has another name in a later source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OtherName {
    /// Id of the node.
    pub id: String,
    /// Its name.
    pub kept: String,
    /// Its name in the later source.
    pub other: String,
}

/// A node that has another type in a later source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OtherType {
    /// Id of the node.
    pub id: String,
    /// Its type.
    pub kept: String,
    /// Its type in the later source.
    pub other: String,
}

/// An edge that an earlier source has too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RepeatedEdge {
    /// Its relation.
    pub relation: RelationKey,
    /// Id of its source node.
    pub source: String,
    /// Id of its target node.
    pub target: String,
}

/// A cross-reference that would have made one node of two of the same source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedReference {
    /// Who gives it: the label of a source, or the file of a table of equivalences.
    pub by: String,
    /// The identifier that is shared.
    pub identifier: String,
    /// Id of the node that has it.
    pub first: String,
    /// Id of the node that stays another.
    pub second: String,
}

impl<T> Default for Tally<T> {
    fn default() -> Self {
        Self { count: 0, examples: Vec::new() }
    }
}

impl<T> Tally<T> {
    /// Counts one more.
    pub(super) fn add(&mut self, example: impl FnOnce() -> T) {
        self.count += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(example());
        }
    }

    /// Counts what a later part counted.
    pub(super) fn append(&mut self, later: Self) {
        self.count += later.count;
        let room = EXAMPLES.saturating_sub(self.examples.len());
        self.examples.extend(later.examples.into_iter().take(room));
    }
}

impl Conflicts {
    /// Whether there is none: repeated edges are no contradiction, but are told all the same.
    pub fn is_empty(&self) -> bool {
        self.sentences().is_empty()
    }

    /// Each kind of conflict in one sentence, with its number and its first example.
    pub fn sentences(&self) -> Vec<String> {
        self.headed()
            .into_iter()
            .map(|(count, examples, outcome)| format!("{count}: {}; {outcome}", examples[0]))
            .collect()
    }

    /// Each kind of conflict with its number and several examples, a line each.
    pub fn listing(&self) -> Vec<String> {
        let lines = |(count, examples, outcome): (String, Vec<String>, &str)| {
            std::iter::once(format!("{count}; {outcome}"))
                .chain(examples.into_iter().map(|line| format!("  {line}")))
        };
        self.headed().into_iter().flat_map(lines).collect()
    }

    /// What there is, its examples, and what was done about it.
    fn headed(&self) -> Vec<(String, Vec<String>, &'static str)> {
        let mut kinds = Vec::new();
        for SourceConflicts { source, names, types, edges } in &self.sources {
            kinds.push((
                names.headed("node has", "nodes have", &format!("another name in {source}")),
                "the first name is kept and the other is a synonym",
            ));
            kinds.push((
                types.headed("node has", "nodes have", &format!("another type in {source}")),
                "the first type is kept",
            ));
            kinds.push((
                edges.headed("edge is", "edges are", &format!("in {source} and in a source before it")),
                "each is one edge",
            ));
        }
        kinds.push((
            self.refused.headed(
                "cross-reference is",
                "cross-references are",
                "refused, since two nodes of one source would become one",
            ),
            "the first node keeps it",
        ));
        let told = kinds.into_iter().filter(|((_, examples), _)| !examples.is_empty());
        told.map(|((count, examples), outcome)| (count, examples, outcome)).collect()
    }
}

/// A number with what is counted: `1 node`, `2 nodes`.
pub(super) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

impl<T: fmt::Display> Tally<T> {
    fn headed(&self, one: &str, several: &str, what: &str) -> (String, Vec<String>) {
        let count = format!("{} {} {what}", self.count, if self.count == 1 { one } else { several });
        (count, self.examples.iter().map(T::to_string).collect())
    }
}

impl fmt::Display for OtherName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is '{}', there '{}'", self.id, self.kept, self.other)
    }
}

impl fmt::Display for OtherType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is of type {}, there {}", self.id, self.kept, self.other)
    }
}

impl fmt::Display for RepeatedEdge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {} of {}", self.source, self.target, self.relation)
    }
}

impl fmt::Display for RefusedReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { by, identifier, first, second } = self;
        write!(f, "'{identifier}' of {by} joins {second} with {first}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renamed(id: &str) -> OtherName {
        OtherName { id: id.into(), kept: "aspirin".into(), other: "ASA".into() }
    }

    #[test]
    fn all_are_counted_and_the_first_five_kept() {
        let mut tally = Tally::default();
        (0..7).for_each(|i| tally.add(|| i));
        assert_eq!((tally.count, &tally.examples[..]), (7, &[0, 1, 2, 3, 4][..]));
        let mut earlier = Tally { count: 3, examples: vec![7, 8, 9] };
        earlier.append(tally);
        assert_eq!((earlier.count, &earlier.examples[..]), (10, &[7, 8, 9, 0, 1][..]));
    }

    #[test]
    fn conflicts_read_as_sentences() {
        let mut conflicts = Conflicts::default();
        assert!(conflicts.is_empty());
        let names = Tally { count: 12, examples: vec![renamed("drugbank:DB00945"), renamed("b")] };
        let relation = RelationKey::new("drug", "treats", "disease");
        let edge = RepeatedEdge { relation, source: "b".into(), target: "c".into() };
        let edges = Tally { count: 1, examples: vec![edge] };
        conflicts.sources.push(SourceConflicts {
            source: "repodb".into(),
            names,
            edges,
            ..Default::default()
        });
        conflicts.refused.add(|| RefusedReference {
            by: "xrefs.tsv".into(),
            identifier: "omim:5".into(),
            first: "mondo:1".into(),
            second: "mondo:2".into(),
        });
        assert_eq!(
            conflicts.sentences(),
            [
                "12 nodes have another name in repodb: drugbank:DB00945 is 'aspirin', there 'ASA'; the first name is kept \
                 and the other is a synonym",
                "1 edge is in repodb and in a source before it: b -> c of drug:treats:disease; each is one edge",
                "1 cross-reference is refused, since two nodes of one source would become one: 'omim:5' of xrefs.tsv \
                 joins mondo:2 with mondo:1; the first node keeps it",
            ]
        );
        assert_eq!(
            conflicts.listing()[..3],
            [
                "12 nodes have another name in repodb; the first name is kept and the other is a synonym",
                "  drugbank:DB00945 is 'aspirin', there 'ASA'",
                "  b is 'aspirin', there 'ASA'",
            ]
        );
    }
}
