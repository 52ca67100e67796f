//! What the statements say, as a graph.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use theriac_graph::wording::grouped;
use theriac_graph::{DuplicatePolicy, Graph, Provenance};

use super::statements::Statements;
use super::syntax::Prefixes;
use super::vocabulary::{
    Class, GO_NAMESPACES, Role, class, is_vocabulary, local_name, relation_of_property, type_of_prefix,
};
use crate::assembler::{Assembler, EdgeEnd, EdgeRow, NodeRow};
use crate::curie::contract_iri;
use crate::error::FormatError;
use crate::spelling::snake_case;

/// Type of a class of which nothing tells what its members are.
const CLASS: &str = "class";
/// Type of a concept of a thesaurus of which nothing tells what it is.
const CONCEPT: &str = "concept";
/// Type of anything else of which nothing tells what it is.
const THING: &str = "thing";

/// Makes the graph.
///
/// # Errors
///
/// [`FormatError::Empty`] when there is no edge; what the builder finds wrong.
pub(super) fn graph(
    mut statements: Statements,
    prefixes: &Prefixes,
    mut assembler: Assembler,
    mut provenance: Provenance,
) -> Result<Graph, FormatError> {
    let kinds = Kinds::of(&statements);
    let mut edges = std::mem::take(&mut statements.edges);
    let (before, mut obsolete_edges) = (edges.len(), 0);
    edges.retain(|&[subject, property, object]| {
        let ends = [subject, object].map(|end| kinds.0[end as usize]);
        obsolete_edges += usize::from(ends.contains(&Kind::Obsolete));
        kinds.0[property as usize] != Kind::Annotation && ends.iter().all(|end| matches!(end, Kind::Thing))
    });
    let about_vocabulary = before - edges.len() - obsolete_edges;

    let mut is_node = vec![false; statements.iris.len()];
    for &[subject, _, object] in &edges {
        is_node[subject as usize] = true;
        is_node[object as usize] = true;
    }
    for (place, about) in statements.about.iter().enumerate() {
        let names_other = kinds.1[place] || statements.is_property(place as u32);
        is_node[place] |= about.is_some() && kinds.0[place] == Kind::Thing && !names_other;
    }
    let naming = Naming { statements: &statements, prefixes };
    let mut nodes: Vec<Option<(String, String)>> = Vec::with_capacity(is_node.len());
    let mut untyped = 0;
    for (place, is_node) in is_node.into_iter().enumerate() {
        let node = is_node.then(|| naming.node(place));
        if let Some((node_type, id)) = &node {
            untyped += usize::from([CLASS, CONCEPT, THING].contains(&node_type.as_str()));
            let about = statements.about[place].as_deref();
            let xrefs: Vec<String> = about.map_or_else(Vec::new, |about| {
                about.xrefs.iter().map(|xref| naming.identifier(xref)).collect()
            });
            let synonyms = about.map_or(&[][..], |about| &about.synonyms);
            let [synonyms, xrefs] =
                [synonyms, &xrefs].map(|texts| texts.iter().map(String::as_str).collect::<Vec<_>>());
            let name = about.map_or("", |about| &about.name);
            assembler.push_node(0, &NodeRow { node_type, id, name, synonyms: &synonyms, xrefs: &xrefs })?;
        }
        nodes.push(node);
    }
    let mut relations: HashMap<u32, String, FixedState> = HashMap::default();
    for [subject, property, object] in edges {
        let relation = relations.entry(property).or_insert_with(|| naming.relation(property));
        let end = |place: u32| {
            let node = nodes[place as usize].as_ref();
            node.map_or_else(EdgeEnd::default, |(node_type, id)| EdgeEnd { node_type, id, name: "" })
        };
        let row = EdgeRow { source: end(subject), target: end(object), relation, ..EdgeRow::default() };
        assembler.push(0, &row)?;
    }

    let said = &mut provenance.decisions;
    let mut count = |count: usize, one: &str, many: &str| {
        if count > 0 {
            said.push(format!("{} {}", grouped(count), if count == 1 { one } else { many }));
        }
    };
    count(
        kinds.0.iter().filter(|kind| **kind == Kind::Obsolete).count(),
        "term is obsolete (owl:deprecated) and left out",
        "terms are obsolete (owl:deprecated) and left out",
    );
    count(
        untyped,
        "node has neither a class nor a prefix that tells what it is",
        "nodes have neither a class nor a prefix that tells what they are",
    );
    count(
        about_vocabulary,
        "statement with an annotation property, or between words of the vocabulary, not read",
        "statements with annotation properties, or between words of the vocabulary, not read",
    );
    count(
        statements.with_blanks,
        "statement with blank nodes that are no restriction to some value not read",
        "statements with blank nodes that are no restriction to some value not read",
    );
    said.extend(statements.annotations.sentence("about documents and vocabularies", &statements.iris));
    said.extend(statements.literals.sentence("with a literal", &statements.iris));
    if statements.named_graphs {
        said.push("named graphs are read as one".into());
    }
    assembler.finish(provenance, DuplicatePolicy::Merge)
}

/// What an IRI is for the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Thing,
    Obsolete,
    /// A property that only annotates.
    Annotation,
    /// Part of a vocabulary.
    Vocabulary,
}

/// The kind of every IRI, and whether it is a class of some thing.
struct Kinds(Vec<Kind>, Vec<bool>);

impl Kinds {
    fn of(statements: &Statements) -> Self {
        let mut has_instances = vec![false; statements.iris.len()];
        let mut kinds = Vec::with_capacity(statements.iris.len());
        for (iri, about) in statements.iris.iter().zip(&statements.about) {
            let mut kind = if is_vocabulary(iri) { Kind::Vocabulary } else { Kind::Thing };
            if let Some(about) = about {
                for &place in &about.types {
                    has_instances[place as usize] = true;
                    match class(&statements.iris[place as usize]) {
                        Class::Vocabulary => kind = Kind::Vocabulary,
                        Class::Annotations if kind == Kind::Thing => kind = Kind::Annotation,
                        _ => {}
                    }
                }
                if about.deprecated && kind == Kind::Thing {
                    kind = Kind::Obsolete;
                }
            }
            kinds.push(kind);
        }
        Self(kinds, has_instances)
    }
}

/// How things are called.
struct Naming<'a> {
    statements: &'a Statements,
    prefixes: &'a Prefixes,
}

impl Naming<'_> {
    /// Type and id of a node.
    fn node(&self, place: usize) -> (String, String) {
        let iri = &self.statements.iris[place];
        let about = self.statements.about[place].as_deref();
        let types = about.map_or(&[][..], |about| &about.types);
        let classes = || types.iter().map(|&place| (place, class(&self.statements.iris[place as usize])));
        let contracted = contract_iri(iri);
        let told = classes().find(|(_, class)| *class == Class::Things).map(|(place, _)| self.name_of(place));
        let node_type = told.filter(|name| !name.is_empty()).unwrap_or_else(|| {
            let prefix =
                contracted.as_deref().and_then(|curie| curie.split_once(':')).map(|(prefix, _)| prefix);
            let namespace = about.map_or("", |about| &about.namespace);
            let is = |wanted: Class| classes().any(|(_, class)| class == wanted);
            let by_prefix = match (prefix, GO_NAMESPACES.iter().find(|known| **known == namespace)) {
                (Some("go"), Some(part)) => Some(*part),
                (Some(prefix), _) => type_of_prefix(prefix),
                (None, _) => None,
            };
            let by_class = || match (is(Class::Classes), is(Class::Concepts)) {
                (true, _) => CLASS,
                (false, true) => CONCEPT,
                (false, false) => THING,
            };
            by_prefix.unwrap_or_else(by_class).into()
        });
        (node_type, contracted.unwrap_or_else(|| self.own_prefix(iri)))
    }

    /// The name of a relation, by its property.
    fn relation(&self, property: u32) -> String {
        let iri = &self.statements.iris[property as usize];
        if super::vocabulary::role(iri) == Role::SubClassOf {
            return "is_a".into();
        }
        let labelled =
            self.statements.about[property as usize].as_ref().is_some_and(|about| !about.name.is_empty());
        let name = match relation_of_property(iri) {
            Some(known) if !labelled => known.into(),
            _ => self.name_of(property),
        };
        if name.is_empty() { "related_to".into() } else { name }
    }

    /// The label of a class or property, or else what its IRI ends in, as graphs spell names.
    fn name_of(&self, place: u32) -> String {
        let label = self.statements.about[place as usize].as_ref().map_or("", |about| &about.name);
        let name = snake_case(label);
        if name.is_empty() { snake_case(local_name(&self.statements.iris[place as usize])) } else { name }
    }

    /// An identifier elsewhere: compact where it is an IRI with a known beginning, otherwise as it is.
    fn identifier(&self, text: &str) -> String {
        if !text.starts_with("http") {
            return text.into();
        }
        contract_iri(text).unwrap_or_else(|| self.own_prefix(text))
    }

    /// An IRI with the longest of the document's own prefixes, where one fits; otherwise as it is.
    fn own_prefix(&self, iri: &str) -> String {
        let fitting = self.prefixes.iter().filter_map(|(prefix, start)| {
            let local = iri.strip_prefix(start.as_str())?;
            let whole = !prefix.is_empty() && !local.is_empty() && !local.contains(['/', '#']);
            whole.then_some((start.len(), prefix, local))
        });
        match fitting.max_by_key(|(length, ..)| *length) {
            Some((_, prefix, local)) => format!("{prefix}:{local}"),
            None => iri.into(),
        }
    }
}
