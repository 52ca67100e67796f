//! Graphs from rows: nodes come into being as rows name them.

mod interner;
mod nodes;
mod relations;

use std::hash::{Hash, Hasher};

use foldhash::fast::FixedState;
use indexmap::{Equivalent, IndexMap};
use theriac_graph::{DuplicatePolicy, Graph, GraphBuilder, NodeTable, Provenance, RelationKey};

use crate::error::FormatError;
use nodes::TypeNodes;
use relations::RelationEdges;

/// Node type of a source that is given without one.
pub const DEFAULT_SOURCE_TYPE: &str = "drug";
/// Node type of a target that is given without one.
pub const DEFAULT_TARGET_TYPE: &str = "disease";
/// So many conflicts are told one by one; the others are counted.
const EXAMPLES: usize = 5;

/// Makes a graph of rows that name nodes by type and id. The same id within a type is one node; node types and relations
/// stand in the order of their first row.
///
/// An edge without types goes from a `drug` to a `disease`; an edge without a relation says `treats` from drug to
/// disease and `associates` otherwise. Names of types and relations are taken as [`canonical_term`] spells them.
///
/// A long file is read in blocks: each goes into an assembler of its own ([`Assembler::block`]), and
/// [`Assembler::append`] takes these in, in the order of the file.
#[derive(Debug)]
pub struct Assembler {
    /// The files that were begun, in order; the last is the one that is being read.
    files: Vec<String>,
    names: NamePolicy,
    attributes: Vec<Attribute>,
    types: Vec<TypeNodes>,
    /// Place in `types` by type as the file spells it.
    spelled_types: IndexMap<String, usize, FixedState>,
    relations: Vec<RelationEdges>,
    /// Place in `relations` by types and relation as the file spells them.
    spelled: IndexMap<[String; 3], usize, FixedState>,
    /// The last entry of `spelled` that was asked for: most edges stand beside others of their relation.
    last: usize,
}

/// What to do when a node gets another name than before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NamePolicy {
    /// Refuse the input: one of the rows is wrong.
    #[default]
    Reject,
    /// Keep the first, and count and list the others among the graph's decisions.
    KeepFirst,
}

/// An attribute that edges may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name in the graph.
    pub name: String,
    /// Whether it is a number in every relation where all of its texts are numbers.
    pub numeric: bool,
    /// Whether a relation has it only where it tells its edges apart.
    pub varying: bool,
}

/// One edge as a file gives it; text without blanks around it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EdgeRow<'a> {
    /// Where the edge comes from.
    pub source: EdgeEnd<'a>,
    /// Where the edge goes to.
    pub target: EdgeEnd<'a>,
    /// What the edge says; empty where the file does not tell.
    pub relation: &'a str,
    /// Its weight; `None` where the file does not tell, which counts as 1 beside edges that have one.
    pub weight: Option<f32>,
    /// Whether the edge and its mirror image are one. A relation is undirected when all its edges are and stay within
    /// one type.
    pub undirected: bool,
    /// The texts of the assembler's attributes, in their order; empty where the edge has none.
    pub attributes: &'a [&'a str],
}

/// One end of an edge.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EdgeEnd<'a> {
    /// Node type; empty where the file does not tell.
    pub node_type: &'a str,
    /// Id of the node.
    pub id: &'a str,
    /// Name of the node; empty where the file does not tell.
    pub name: &'a str,
}

/// One node as a file gives it; text without blanks around it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeRow<'a> {
    /// Node type.
    pub node_type: &'a str,
    /// Id of the node.
    pub id: &'a str,
    /// Name of the node; empty where the file does not tell.
    pub name: &'a str,
    /// Other names.
    pub synonyms: &'a [&'a str],
    /// Identifiers of the node elsewhere.
    pub xrefs: &'a [&'a str],
}

impl Assembler {
    /// Nothing yet; `file` is named in messages.
    pub fn new(file: impl Into<String>) -> Self {
        Self {
            files: vec![file.into()],
            names: NamePolicy::default(),
            attributes: Vec::new(),
            types: Vec::new(),
            spelled_types: IndexMap::default(),
            relations: Vec::new(),
            spelled: IndexMap::default(),
            last: 0,
        }
    }

    /// The same with another policy for names.
    #[must_use]
    pub fn with_names(self, names: NamePolicy) -> Self {
        Self { names, ..self }
    }

    /// The same with attributes of edges, which [`EdgeRow::attributes`] gives in this order.
    #[must_use]
    pub fn with_attributes(self, attributes: Vec<Attribute>) -> Self {
        Self { attributes, ..self }
    }

    /// The attributes so far, in the order of [`EdgeRow::attributes`].
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// The place of the attribute of this name among [`Assembler::attributes`], known or new.
    pub fn attribute(&mut self, name: &str, numeric: bool) -> usize {
        self.attributes.iter().position(|known| known.name == name).unwrap_or_else(|| {
            self.attributes.push(Attribute { name: name.into(), numeric, varying: false });
            self.attributes.len() - 1
        })
    }

    /// Goes on with another file.
    pub fn begin_file(&mut self, file: impl Into<String>) {
        self.files.push(file.into());
    }

    /// An assembler for a block of the file that is being read.
    #[must_use]
    pub fn block(&self) -> Self {
        Self { files: self.files.clone(), ..Self::new("") }
            .with_names(self.names)
            .with_attributes(self.attributes.clone())
    }

    /// Adds a node, or what a row says of a known one.
    ///
    /// # Errors
    ///
    /// [`FormatError::Line`] when the id is empty, the type has no name that can stand in a relation key, or the node has
    /// another name on an earlier line and [`NamePolicy::Reject`] holds.
    pub fn push_node(&mut self, line: u64, row: &NodeRow<'_>) -> Result<(), FormatError> {
        let place = self.node_type(line, row.node_type)?;
        let end = EdgeEnd { node_type: "", id: row.id, name: row.name };
        let index = self.node(line, place, "id", &end)?;
        self.types[place].describe(index, row);
        Ok(())
    }

    /// Makes a relation known that may stay without edges.
    ///
    /// # Errors
    ///
    /// [`FormatError::Line`] when a part of the key has no name that can stand in it.
    pub fn push_relation(
        &mut self,
        line: u64,
        key: &RelationKey,
        undirected: bool,
    ) -> Result<(), FormatError> {
        let place = self.new_spelling(line, &[&key.source, &key.name, &key.target])?;
        self.relations[place].declare(undirected);
        Ok(())
    }

    /// Adds the edge that stands on `line`.
    ///
    /// # Errors
    ///
    /// [`FormatError::Line`] when an id is empty, a type or relation has no name that can stand in a relation key, or a
    /// node has another name on an earlier line and [`NamePolicy::Reject`] holds.
    pub fn push(&mut self, line: u64, row: &EdgeRow<'_>) -> Result<(), FormatError> {
        let place = self.relation(line, row)?;
        let (source_type, target_type) =
            (self.relations[place].source_type, self.relations[place].target_type);
        let source = self.node(line, source_type, "source", &row.source)?;
        let target = self.node(line, target_type, "target", &row.target)?;
        let file = self.files.last().map_or("", String::as_str);
        self.relations[place].push(line, file, [source, target], row);
        Ok(())
    }

    /// Takes in a [`Assembler::block`] that comes next in the file.
    ///
    /// # Errors
    ///
    /// [`FormatError::Line`] when a node has another name there and [`NamePolicy::Reject`] holds.
    pub fn append(&mut self, block: Self) -> Result<(), FormatError> {
        let mut types = Vec::with_capacity(block.types.len());
        let mut nodes = Vec::with_capacity(block.types.len());
        for later in &block.types {
            let place = self.type_place(&later.node_type);
            nodes.push(self.types[place].append(later, self.names, &self.files)?);
            types.push(place);
        }
        let attributes: Vec<usize> =
            block.attributes.iter().map(|known| self.attribute(&known.name, known.numeric)).collect();
        for later in block.relations {
            let ends = [types[later.source_type], types[later.target_type]];
            let place = self.relation_place(&later.key, ends);
            self.relations[place].append(later, &nodes, &attributes);
        }
        Ok(())
    }

    /// Whether there is a node of this type so far.
    pub fn has_type(&self, node_type: &str) -> bool {
        self.types.iter().any(|known| known.node_type == node_type)
    }

    /// The graph of all rows.
    ///
    /// # Errors
    ///
    /// [`FormatError::Empty`] when there is no edge; what [`GraphBuilder`] finds wrong.
    pub fn finish(self, provenance: Provenance, duplicates: DuplicatePolicy) -> Result<Graph, FormatError> {
        self.finish_with(provenance, duplicates, |_| Ok(None))
    }

    /// As [`Assembler::finish`], where `complete` gives each node table what rows do not hold, and says what is to be
    /// said of that.
    ///
    /// # Errors
    ///
    /// As [`Assembler::finish`], and the first of `complete`.
    pub(crate) fn finish_with(
        self,
        mut provenance: Provenance,
        duplicates: DuplicatePolicy,
        complete: impl Fn(&mut NodeTable) -> Result<Option<String>, FormatError>,
    ) -> Result<Graph, FormatError> {
        if self.relations.iter().all(RelationEdges::is_empty) {
            let file = self.files.into_iter().next_back().unwrap_or_default();
            return Err(FormatError::Empty { file, what: "edges" });
        }
        let renamed = renamed(&self.types, &self.files);
        let mut tables = Vec::with_capacity(self.types.len());
        for nodes in self.types {
            let mut table = nodes.into_table();
            provenance.decisions.extend(complete(&mut table)?);
            tables.push(table);
        }
        provenance.decisions.extend(renamed);
        let mut relations = Vec::new();
        for edges in self.relations {
            let (key, list, decisions) = edges.into_list(&self.attributes);
            relations.push((key, list));
            provenance.decisions.extend(decisions);
        }
        let mut builder = GraphBuilder::new(provenance);
        for table in tables {
            builder.add_nodes(table)?;
        }
        builder.add_relations(relations, duplicates)?;
        Ok(builder.build()?)
    }

    /// The place of the edge's relation, new or known.
    fn relation(&mut self, line: u64, row: &EdgeRow<'_>) -> Result<usize, FormatError> {
        let spelled = Spelled([row.source.node_type, row.relation, row.target.node_type]);
        if let Some((last, &place)) = self.spelled.get_index(self.last)
            && spelled.equivalent(last)
        {
            return Ok(place);
        }
        if let Some((index, _, &place)) = self.spelled.get_full(&spelled) {
            self.last = index;
            return Ok(place);
        }
        let place = self.new_spelling(line, &spelled.0)?;
        self.last = self.spelled.insert_full(spelled.0.map(str::to_owned), place).0;
        Ok(place)
    }

    /// The place of a relation that is spelled so for the first time; it may be known in another spelling.
    fn new_spelling(&mut self, line: u64, spelled: &[&str; 3]) -> Result<usize, FormatError> {
        let [source, relation, target] = *spelled;
        let or_default =
            |text: &str, default: &str| if text.is_empty() { default.to_owned() } else { text.to_owned() };
        let source = self.term(line, "a node type", &or_default(source, DEFAULT_SOURCE_TYPE))?;
        let target = self.term(line, "a node type", &or_default(target, DEFAULT_TARGET_TYPE))?;
        let relation = match relation {
            "" => default_relation(&source, &target).into(),
            named => self.term(line, "a relation", named)?,
        };
        let key = RelationKey::new(source, relation, target);
        let ends = [self.type_place(&key.source), self.type_place(&key.target)];
        Ok(self.relation_place(&key, ends))
    }

    fn relation_place(&mut self, key: &RelationKey, ends: [usize; 2]) -> usize {
        self.relations.iter().position(|known| known.key == *key).unwrap_or_else(|| {
            self.relations.push(RelationEdges::new(key.clone(), ends, self.attributes.len()));
            self.relations.len() - 1
        })
    }

    /// The place of a node type as a file spells it, new or known.
    fn node_type(&mut self, line: u64, spelled: &str) -> Result<usize, FormatError> {
        if let Some(&place) = self.spelled_types.get(spelled) {
            return Ok(place);
        }
        let node_type = self.term(line, "a node type", spelled)?;
        let place = self.type_place(&node_type);
        self.spelled_types.insert(spelled.into(), place);
        Ok(place)
    }

    fn type_place(&mut self, node_type: &str) -> usize {
        self.types.iter().position(|known| known.node_type == node_type).unwrap_or_else(|| {
            self.types.push(TypeNodes::new(node_type));
            self.types.len() - 1
        })
    }

    /// The index of a node, new or known.
    fn node(&mut self, line: u64, place: usize, what: &str, row: &EdgeEnd<'_>) -> Result<u32, FormatError> {
        if row.id.is_empty() {
            let file = self.files.last().cloned().unwrap_or_default();
            let (found, expected) = (format!("an empty {what}"), "the id of a node".into());
            return Err(FormatError::Line { file, line, found, expected });
        }
        let nodes = &mut self.types[place];
        let index = nodes.index(row.id);
        if !row.name.is_empty() {
            let at = (self.files.len() as u32 - 1, u32::try_from(line).unwrap_or(u32::MAX));
            take_name(self.names, nodes, index, row.name, at, &self.files)?;
        }
        Ok(index)
    }

    fn term(&self, line: u64, what: &str, text: &str) -> Result<String, FormatError> {
        canonical_term(text).ok_or_else(|| FormatError::Line {
            file: self.files.last().cloned().unwrap_or_default(),
            line,
            found: format!("'{text}' for {what}"),
            expected: "a name without ':'".into(),
        })
    }
}

/// Types and relation as a file spells them, as a key that need not be owned.
struct Spelled<'a>([&'a str; 3]);

impl Hash for Spelled<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl Equivalent<[String; 3]> for Spelled<'_> {
    fn equivalent(&self, key: &[String; 3]) -> bool {
        self.0 == *key
    }
}

/// Gives a node a name; one beside its first is refused, or kept in mind.
fn take_name(
    policy: NamePolicy,
    nodes: &mut TypeNodes,
    index: u32,
    name: &str,
    at: (u32, u32),
    files: &[String],
) -> Result<(), FormatError> {
    if nodes.name(index, name, at) {
        return Ok(());
    }
    if policy == NamePolicy::KeepFirst {
        nodes.other_name(index, name, at);
        return Ok(());
    }
    let (known, first) = nodes.named(index);
    let place = if first.0 == at.0 {
        format!("on line {}", first.1)
    } else {
        format!("in {}:{}", files[first.0 as usize], first.1)
    };
    Err(FormatError::Line {
        file: files[at.0 as usize].clone(),
        line: u64::from(at.1),
        found: format!("the name '{name}' for {} '{}'", nodes.node_type, nodes.id(index)),
        expected: format!("'{known}', as {place}"),
    })
}

/// What is to be said of nodes that were given another name than their first.
fn renamed(types: &[TypeNodes], files: &[String]) -> Option<String> {
    let (mut count, mut examples) = (0, Vec::new());
    for nodes in types {
        for (index, other, (file, line)) in nodes.renamed() {
            count += 1;
            if examples.len() < EXAMPLES {
                let (node_type, id, name) = (&nodes.node_type, nodes.id(index), nodes.named(index).0);
                let file = &files[file as usize];
                examples.push(format!("{node_type} '{id}' is '{name}' and in {file}:{line} '{other}'"));
            }
        }
    }
    let nodes = if count == 1 { "node" } else { "nodes" };
    let told = || {
        format!(
            "another name than its first, which is kept, is given to {count} {nodes}: {}",
            examples.join("; ")
        )
    };
    (count > 0).then(told)
}

/// What an edge between these types says when the file does not tell.
fn default_relation(source_type: &str, target_type: &str) -> &'static str {
    if (source_type, target_type) == ("drug", "disease") { "treats" } else { "associates" }
}

/// The name of a node type or relation as graphs spell it: lower case, `_` for blanks and slashes (`gene/protein` is
/// `gene_protein`). `None` when it is empty or holds a colon, which separates the parts of a relation key, or a control
/// character.
pub fn canonical_term(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() || text.chars().any(|c| c == ':' || c.is_control()) {
        return None;
    }
    let spelled = |c: char| if c.is_whitespace() || c == '/' { '_' } else { c };
    Some(text.to_lowercase().chars().map(spelled).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end<'a>(node_type: &'a str, id: &'a str, name: &'a str) -> EdgeEnd<'a> {
        EdgeEnd { node_type, id, name }
    }

    fn row<'a>(source: EdgeEnd<'a>, relation: &'a str, target: EdgeEnd<'a>) -> EdgeRow<'a> {
        EdgeRow { source, target, relation, ..EdgeRow::default() }
    }

    fn assemble(rows: &[EdgeRow<'_>]) -> Result<Graph, FormatError> {
        let mut assembler = Assembler::new("e.csv");
        for (i, row) in rows.iter().enumerate() {
            assembler.push(i as u64 + 2, row)?;
        }
        assembler.finish(Provenance::default(), DuplicatePolicy::Reject)
    }

    #[test]
    fn an_id_is_one_node_within_its_type() {
        let graph = assemble(&[
            row(end("", "a", ""), "", end("", "x", "")),
            row(end("", "a", "aspirin"), "", end("", "y", "")),
            row(end("Drug", "b", ""), "Treats", end("disease", "x", "")),
            row(end("gene", "a", ""), "", end("Side Effect", "a", "")),
        ])
        .unwrap();
        let sizes: Vec<_> = graph.node_tables().iter().map(|t| (t.node_type.as_str(), t.len())).collect();
        assert_eq!(sizes, [("drug", 2), ("disease", 2), ("gene", 1), ("side_effect", 1)]);
        assert_eq!(graph.node_tables()[0].names, ["aspirin", "b"]);
        let relations: Vec<_> = graph.relations().iter().map(|r| (r.key.to_string(), r.len())).collect();
        let expected = [("drug:treats:disease".into(), 3), ("gene:associates:side_effect".into(), 1)];
        assert_eq!(relations, expected);
    }

    #[test]
    fn a_weight_on_one_edge_makes_the_relation_weighted() {
        let plain = row(end("", "a", ""), "", end("", "x", ""));
        let heavy = EdgeRow { weight: Some(0.5), ..row(end("", "a", ""), "", end("", "y", "")) };
        let graph = assemble(&[plain.clone(), heavy]).unwrap();
        assert_eq!(graph.relations()[0].forward.weights(), Some(&[1.0, 0.5][..]));
        assert_eq!(assemble(&[plain]).unwrap().relations()[0].forward.weights(), None);
    }

    #[test]
    fn edges_with_and_without_direction_in_one_relation_are_all_kept() {
        let interacts = |source: &'static str, target: &'static str, undirected| EdgeRow {
            undirected,
            ..row(end("gene", source, ""), "interacts", end("gene", target, ""))
        };
        let graph = assemble(&[interacts("a", "b", true), interacts("b", "c", false)]).unwrap();
        let relation = &graph.relations()[0];
        assert!(!relation.undirected);
        assert_eq!(relation.forward.pairs().collect::<Vec<_>>(), [(0, 1), (1, 0), (1, 2)]);
        assert_eq!(
            graph.provenance().decisions,
            [
                "1 of 2 edges of gene:interacts:gene have no direction: kept both ways round beside those that have one"
            ]
        );
    }

    #[test]
    fn a_missing_weight_is_counted() {
        let heavy = EdgeRow { weight: Some(0.5), ..row(end("", "a", ""), "", end("", "x", "")) };
        let graph = assemble(&[heavy, row(end("", "a", ""), "", end("", "y", ""))]).unwrap();
        assert_eq!(
            graph.provenance().decisions,
            ["1 edge of drug:treats:disease without a weight: taken for 1"]
        );
    }

    /// Whichever rows a block begins with, a name is another one only beside the first in the file.
    #[test]
    fn names_are_held_against_the_first_in_the_file() {
        let names = ["A", "A", "B", "A", "C", "B"];
        for cut in 0..=names.len() {
            let mut whole = Assembler::new("e.csv").with_names(NamePolicy::KeepFirst);
            for (part, first) in [(&names[..cut], 0), (&names[cut..], cut)] {
                let mut block = whole.block();
                for (place, name) in part.iter().enumerate() {
                    let target = format!("x{}", first + place);
                    let edge = row(end("", "a", name), "", end("", &target, ""));
                    block.push((first + place) as u64 + 1, &edge).unwrap();
                }
                whole.append(block).unwrap();
            }
            let graph = whole.finish(Provenance::default(), DuplicatePolicy::Reject).unwrap();
            assert_eq!(graph.node_tables()[0].names, ["A"]);
            assert_eq!(
                graph.provenance().decisions,
                [
                    "another name than its first, which is kept, is given to 1 node: drug 'a' is 'A' and in e.csv:3 'B'"
                ]
            );
        }
    }

    #[test]
    fn bad_edges_are_one_clear_sentence() {
        let good = row(end("", "a", "aspirin"), "", end("", "x", ""));
        let message = |bad: EdgeRow<'_>| assemble(&[good.clone(), bad]).unwrap_err().to_string();
        assert_eq!(
            message(good.clone()),
            "e.csv:3: edge a -> x of drug:treats:disease occurs a second time (first on line 2); expected each edge once"
        );
        assert_eq!(
            message(row(end("", "a", "alteplase"), "", end("", "y", ""))),
            "e.csv:3: found the name 'alteplase' for drug 'a'; expected 'aspirin', as on line 2"
        );
        assert_eq!(
            message(row(end("", "", ""), "", end("", "y", ""))),
            "e.csv:3: found an empty source; expected the id of a node"
        );
        assert_eq!(
            message(row(end("a:b", "a", ""), "", end("../x", "y", ""))),
            "e.csv:3: found 'a:b' for a node type; expected a name without ':'"
        );
        let nothing = Assembler::new("e.csv").finish(Provenance::default(), DuplicatePolicy::Reject);
        assert_eq!(nothing.unwrap_err().to_string(), "e.csv holds no edges; expected at least one");
    }
}
