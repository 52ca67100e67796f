//! Graphs from lists of edges: nodes come into being as edges name them.

use std::collections::HashMap;

use theriac_graph::{
    DuplicatePolicy, EdgeList, Graph, GraphBuilder, Lines, NodeTable, Origin, Provenance, RelationKey,
};

use crate::error::FormatError;

/// Node type of a source that is given without one.
pub const DEFAULT_SOURCE_TYPE: &str = "drug";
/// Node type of a target that is given without one.
pub const DEFAULT_TARGET_TYPE: &str = "disease";

/// Makes a graph of edges that name their ends by type and id. The same id within a type is one node; node types and
/// relations stand in the order of their first edge.
///
/// An edge without types goes from a `drug` to a `disease`; an edge without a relation says `treats` from drug to
/// disease and `associates` otherwise. Names of types and relations are taken in lower case, with `_` for blanks.
#[derive(Debug)]
pub struct Assembler {
    file: String,
    types: Vec<TypeNodes>,
    relations: Vec<RelationEdges>,
    /// Place in `relations` by types and relation as the file spells them.
    spelled: HashMap<[String; 3], usize>,
    /// The last entry of `spelled` that was asked for: most edges stand beside others of their relation.
    last: Option<([String; 3], usize)>,
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

#[derive(Debug, Default)]
struct TypeNodes {
    node_type: String,
    index: HashMap<String, u32>,
    ids: Vec<String>,
    /// Name of each node and the line that gives it; an empty name and 0 where none does yet.
    names: Vec<(String, u32)>,
}

#[derive(Debug)]
struct RelationEdges {
    key: RelationKey,
    source_type: usize,
    target_type: usize,
    sources: Vec<u32>,
    targets: Vec<u32>,
    lines: Vec<u32>,
    weights: Vec<f32>,
    weighted: bool,
}

impl Assembler {
    /// No edges yet; `file` is named in messages.
    pub fn new(file: impl Into<String>) -> Self {
        let (types, relations) = (Vec::new(), Vec::new());
        Self { file: file.into(), types, relations, spelled: HashMap::new(), last: None }
    }

    /// Adds the edge that stands on `line`.
    ///
    /// # Errors
    ///
    /// [`FormatError::Line`] when an id is empty, a type or relation has a name that cannot stand in a relation key, or
    /// a node has another name than on an earlier line.
    pub fn push(&mut self, line: u64, row: &EdgeRow<'_>) -> Result<(), FormatError> {
        let place = self.relation(line, row)?;
        let (source_type, target_type) =
            (self.relations[place].source_type, self.relations[place].target_type);
        let source = self.node(line, source_type, "source", &row.source)?;
        let target = self.node(line, target_type, "target", &row.target)?;
        let relation = &mut self.relations[place];
        relation.sources.push(source);
        relation.targets.push(target);
        relation.lines.push(u32::try_from(line).unwrap_or(u32::MAX));
        relation.weights.push(row.weight.unwrap_or(1.0));
        relation.weighted |= row.weight.is_some();
        Ok(())
    }

    /// The graph of all edges.
    ///
    /// # Errors
    ///
    /// [`FormatError::Empty`] when there is no edge; what [`GraphBuilder`] finds wrong.
    pub fn finish(self, provenance: Provenance, duplicates: DuplicatePolicy) -> Result<Graph, FormatError> {
        if self.relations.is_empty() {
            return Err(FormatError::Empty { file: self.file, what: "edges" });
        }
        let mut builder = GraphBuilder::new(provenance);
        for TypeNodes { node_type, ids, names, .. } in self.types {
            let names = names
                .into_iter()
                .zip(&ids)
                .map(|((name, _), id)| if name.is_empty() { id.clone() } else { name });
            let names = names.collect();
            builder.add_nodes(NodeTable::new(node_type, ids, names))?;
        }
        for RelationEdges { key, sources, targets, lines, weights, weighted, .. } in self.relations {
            let origin = Origin { file: self.file.clone(), lines: Lines::Each(lines) };
            let weights = weighted.then_some(weights);
            builder.add_relation(key, EdgeList { sources, targets, weights, origin }, duplicates)?;
        }
        Ok(builder.build()?)
    }

    /// The place of the edge's relation, new or known.
    fn relation(&mut self, line: u64, row: &EdgeRow<'_>) -> Result<usize, FormatError> {
        let spelled = [row.source.node_type, row.relation, row.target.node_type];
        if let Some((last, place)) = &self.last
            && *last == spelled
        {
            return Ok(*place);
        }
        let owned = spelled.map(str::to_owned);
        let place = match self.spelled.get(&owned) {
            Some(&place) => place,
            None => self.new_spelling(line, &spelled)?,
        };
        self.spelled.insert(owned.clone(), place);
        self.last = Some((owned, place));
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
        if let Some(place) = self.relations.iter().position(|known| known.key == key) {
            return Ok(place);
        }
        let [source_type, target_type] = [&key.source, &key.target].map(|node_type| {
            self.types.iter().position(|known| known.node_type == *node_type).unwrap_or_else(|| {
                self.types.push(TypeNodes { node_type: node_type.clone(), ..TypeNodes::default() });
                self.types.len() - 1
            })
        });
        let (sources, targets, lines, weights) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let weighted = false;
        self.relations.push(RelationEdges {
            key,
            source_type,
            target_type,
            sources,
            targets,
            lines,
            weights,
            weighted,
        });
        Ok(self.relations.len() - 1)
    }

    /// The index of a node, new or known.
    fn node(&mut self, line: u64, place: usize, end: &str, row: &EdgeEnd<'_>) -> Result<u32, FormatError> {
        let bad = |found: String, expected: &str| {
            Err(FormatError::Line { file: self.file.clone(), line, found, expected: expected.into() })
        };
        if row.id.is_empty() {
            return bad(format!("an empty {end}"), "the id of a node");
        }
        let nodes = &mut self.types[place];
        let index = if let Some(&index) = nodes.index.get(row.id) {
            index
        } else {
            // A table that outgrows u32 is refused by the builder; until then any index will do.
            let index = u32::try_from(nodes.ids.len()).unwrap_or(u32::MAX);
            nodes.index.insert(row.id.into(), index);
            nodes.ids.push(row.id.into());
            nodes.names.push((String::new(), 0));
            index
        };
        if !row.name.is_empty() {
            let (name, first) = &mut nodes.names[index as usize];
            if name.is_empty() {
                row.name.clone_into(name);
                *first = u32::try_from(line).unwrap_or(u32::MAX);
            } else if name != row.name {
                let found = format!("the name '{}' for {} '{}'", row.name, nodes.node_type, row.id);
                return bad(found, &format!("'{name}', as on line {first}"));
            }
        }
        Ok(index)
    }

    fn term(&self, line: u64, what: &str, text: &str) -> Result<String, FormatError> {
        canonical_term(text).ok_or_else(|| FormatError::Line {
            file: self.file.clone(),
            line,
            found: format!("'{text}' for {what}"),
            expected: "letters, digits, '_', '-' and blanks".into(),
        })
    }
}

/// What an edge between these types says when the file does not tell.
fn default_relation(source_type: &str, target_type: &str) -> &'static str {
    if (source_type, target_type) == ("drug", "disease") { "treats" } else { "associates" }
}

/// The name of a node type or relation as graphs spell it: lower case, `_` for blanks. `None` when it is empty or holds
/// anything but letters, digits, `_`, `-` and blanks, since it becomes part of relation keys and file names.
pub fn canonical_term(text: &str) -> Option<String> {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ');
    let text = text.trim();
    (!text.is_empty() && text.chars().all(allowed)).then(|| text.to_lowercase().replace(' ', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end<'a>(node_type: &'a str, id: &'a str, name: &'a str) -> EdgeEnd<'a> {
        EdgeEnd { node_type, id, name }
    }

    fn row<'a>(source: EdgeEnd<'a>, relation: &'a str, target: EdgeEnd<'a>) -> EdgeRow<'a> {
        EdgeRow { source, target, relation, weight: None }
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
            "e.csv:3: found 'a:b' for a node type; expected letters, digits, '_', '-' and blanks"
        );
        let nothing = Assembler::new("e.csv").finish(Provenance::default(), DuplicatePolicy::Reject);
        assert_eq!(nothing.unwrap_err().to_string(), "e.csv holds no edges; expected at least one");
    }
}
