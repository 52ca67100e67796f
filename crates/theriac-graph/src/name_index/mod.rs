//! Finding nodes of all types while a name is being typed.
//!
//! All names, ids, synonyms and cross-references are folded to letters and digits, as [`NodeTable::find`] folds them, and
//! laid one after the other in the order in which equally good hits are shown: the shortest first, then those of the
//! busiest nodes. A place in this text is therefore also a rank. Every place where a word begins is sorted by the letters
//! that follow, so that the texts, and words within texts, that go on with what was typed stand side by side: two binary
//! searches find them, and one pass over their places keeps the best few. Words within words are looked for in the text
//! itself, in order, until enough are found.

mod best;
mod build;
mod highlight;
mod query;
mod slips;
mod word_starts;

#[cfg(test)]
mod tests;

use std::ops::Range;

use serde::Serialize;

use crate::graph::Graph;
use crate::nodes::NodeTable;
use best::Candidate;
use query::Search;
use word_starts::{END, WordStarts};

/// Which text of a node it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NameSource {
    /// Its name.
    Name,
    /// Its id.
    Id,
    /// One of its synonyms.
    Synonym,
    /// One of its cross-references.
    Xref,
}

/// How a text fits a query, the best first. Case, spaces and punctuation are aside throughout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NameFit {
    /// They are the same. The part after the prefix of an id stands for the whole of it, here and in
    /// [`NameFit::Prefix`].
    Exact,
    /// The text begins with the query.
    Prefix,
    /// From one of its words on, the text goes on with the query.
    WordPrefix,
    /// The text goes on with each word of the query from one of its own words on, in any order.
    Words,
    /// The query, of at least three letters, stands somewhere in the text.
    Inside,
    /// As [`NameFit::WordPrefix`], but for one slip of the keyboard in a query of at least four letters. Where nothing
    /// at all fits better: as [`NameFit::Words`], but for one slip in one word of at least four letters; and where even
    /// this finds nothing, with two slips in a query of at least eight letters whose first is right. A digit is never
    /// part of a slip: another number is another thing.
    Near,
}

/// A node that a query may mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NameHit<'g> {
    /// Place of its type in [`Graph::node_tables`].
    pub node_type: usize,
    /// Index of the node in its table.
    pub node: u32,
    /// Which of its texts fits best.
    pub source: NameSource,
    /// This text.
    pub text: &'g str,
    /// How it fits.
    pub fit: NameFit,
    /// The parts of the text that fit, in bytes; in order, between characters.
    pub ranges: Vec<Range<usize>>,
}

/// An index over the names, synonyms, cross-references and ids of all nodes of a graph, for search as you type.
///
/// It keeps folded copies of the texts and no reference to the graph, which is given again with each query.
///
/// ```
/// use theriac_graph::{
///     DuplicatePolicy, EdgeList, GraphBuilder, NameFit, NameIndex, NodeTable, Provenance,
/// };
///
/// let mut builder = GraphBuilder::new(Provenance::default());
/// let ids = vec!["drugbank:DB00502".into(), "drugbank:DB00945".into()];
/// let mut drugs = NodeTable::new("drug", ids, vec!["Haloperidol".into(), "Aspirin".into()]);
/// drugs.synonyms[1] = vec!["acetylsalicylic acid".into()];
/// builder.add_nodes(drugs)?;
/// builder.add_nodes(NodeTable::new("disease", vec!["mesh:D005334".into()], vec!["fever".into()]))?;
/// let edges = EdgeList { sources: vec![1], targets: vec![0], ..EdgeList::default() };
/// builder.add_relation("drug:treats:disease".parse()?, edges, DuplicatePolicy::Reject)?;
/// let graph = builder.build()?;
///
/// let index = NameIndex::new(&graph);
/// let hits = index.search(&graph, "acid acetyl", None, 10);
/// assert_eq!((hits[0].node, hits[0].text, hits[0].fit), (1, "acetylsalicylic acid", NameFit::Words));
/// assert_eq!(hits[0].ranges, [0..6, 16..20]);
/// assert_eq!(index.search(&graph, "haloperdol", None, 10)[0].fit, NameFit::Near);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct NameIndex {
    /// The folded texts in the order of preference, each with [`END`] after it.
    folded: String,
    /// Whose texts they are.
    texts: Vec<Text>,
    /// Their first bytes.
    text_starts: Vec<u32>,
    /// One bit a byte: whether a word begins there.
    word_bits: Vec<u64>,
    /// First words of texts, and of ids the first after the prefix.
    heads: WordStarts,
    /// All other words.
    inner: WordStarts,
}

/// A text of a node, as [`texts_of`] counts them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Text {
    node_type: u32,
    node: u32,
    column: u32,
}

/// The texts of a node, each with what it is.
fn texts_of(table: &NodeTable, node: usize) -> impl Iterator<Item = (NameSource, &str)> {
    let own = [(NameSource::Name, table.names[node].as_str()), (NameSource::Id, table.ids[node].as_str())];
    let synonyms = table.synonyms[node].iter().map(|text| (NameSource::Synonym, text.as_str()));
    let xrefs = table.xrefs[node].iter().map(|text| (NameSource::Xref, text.as_str()));
    own.into_iter().chain(synonyms).chain(xrefs)
}

impl Text {
    /// Whether it is the name or the id of its node.
    fn is_own(self) -> bool {
        self.column < 2
    }
}

impl NameIndex {
    /// Indexes all texts of a graph.
    ///
    /// # Panics
    ///
    /// When the folded texts have more than 4 GiB.
    pub fn new(graph: &Graph) -> Self {
        build::build(graph)
    }

    /// The nodes that `query` may mean, the best first: at most `limit`, of one type (its place in
    /// [`Graph::node_tables`]) or of all, each by the best of its texts.
    ///
    /// They are in the order of [`NameFit`]; names and ids that are the same as the query come before synonyms and
    /// cross-references. Among equals the shorter text is first, then the node of more edges, then
    /// the order of the graph. A query without a letter or digit finds nothing.
    ///
    /// # Panics
    ///
    /// May, when `graph` is not the one that was indexed.
    pub fn search<'g>(
        &self,
        graph: &'g Graph,
        query: &str,
        node_type: Option<usize>,
        limit: usize,
    ) -> Vec<NameHit<'g>> {
        let found = Search::new(self, query, node_type, limit).run();
        found.into_iter().map(|(fit, candidate)| self.hit(graph, fit, &candidate)).collect()
    }

    /// Number of texts that it finds nodes by; those of a node that fold into the same are one.
    pub fn texts(&self) -> usize {
        self.texts.len()
    }

    /// Bytes of memory that it takes.
    pub fn bytes(&self) -> usize {
        let starts = |starts: &WordStarts| size_of_val(&starts.places[..]) + size_of_val(&starts.types[..]);
        self.folded.len()
            + size_of_val(&self.texts[..])
            + size_of_val(&self.text_starts[..])
            + size_of_val(&self.word_bits[..])
            + starts(&self.heads)
            + starts(&self.inner)
    }

    /// The text in which a place of the folded texts lies.
    fn text_at(&self, place: u32) -> usize {
        self.text_starts.partition_point(|&start| start <= place) - 1
    }

    /// The places from `first` to before `end` where words begin.
    fn word_starts(&self, first: usize, end: usize) -> impl Iterator<Item = usize> {
        let mut block = first / 64;
        let mut bits = self.word_bits[block] & (u64::MAX << (first % 64));
        std::iter::from_fn(move || {
            while bits == 0 {
                block += 1;
                bits = *self.word_bits.get(block).filter(|_| block * 64 < end)?;
            }
            let place = block * 64 + bits.trailing_zeros() as usize;
            bits &= bits - 1;
            (place < end).then_some(place)
        })
    }

    /// First byte of the text around a place, and one past its last.
    fn bounds(&self, place: u32) -> Range<usize> {
        let (before, after) = self.folded.as_bytes().split_at(place as usize);
        let start = memchr::memrchr(END, before).map_or(0, |end| end + 1);
        start..place as usize + memchr::memchr(END, after).unwrap_or(after.len())
    }

    fn hit<'g>(&self, graph: &'g Graph, fit: NameFit, candidate: &Candidate) -> NameHit<'g> {
        let text = self.texts[candidate.text];
        let table = &graph.node_tables()[text.node_type as usize];
        let (source, shown) = texts_of(table, text.node as usize)
            .nth(text.column as usize)
            .expect("the graph is the one that was indexed");
        NameHit {
            node_type: text.node_type as usize,
            node: text.node,
            source,
            text: shown,
            fit,
            ranges: highlight::highlights(shown, &candidate.spans),
        }
    }
}
