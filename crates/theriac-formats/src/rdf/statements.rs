//! Statements as they come: what each says of its subject.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use indexmap::{IndexMap, IndexSet};
use oxrdf::{GraphName, Literal, NamedOrBlankNode, Quad, Term};
use theriac_graph::wording::grouped;

use super::vocabulary::{Role, is_vocabulary, role};

/// So many properties are named; the others are counted.
const EXAMPLES: usize = 5;

/// What the statements of all files say, by the places of IRIs.
#[derive(Debug, Default)]
pub(super) struct Statements {
    /// Every IRI that is a subject, a property, a class or an object, in the order in which they come.
    pub(super) iris: IndexSet<Box<str>, FixedState>,
    /// What is said of each, where anything is: by place in `iris`.
    pub(super) about: Vec<Option<Box<About>>>,
    /// Subject, property and object.
    pub(super) edges: Vec<[u32; 3]>,
    /// What each IRI says as a property, where it is one: by place in `iris`.
    roles: Vec<Option<Role>>,
    /// Blank nodes of the file that is being read.
    blanks: HashMap<String, Restriction, FixedState>,
    /// Subjects of the file that are below a blank node.
    below: Vec<(u32, String)>,
    pub(super) literals: Unread,
    pub(super) annotations: Unread,
    /// Statements about or with blank nodes that became no edge.
    pub(super) with_blanks: usize,
    pub(super) named_graphs: bool,
}

/// What is said of an IRI beside its edges.
#[derive(Debug, Default)]
pub(super) struct About {
    /// Places of its classes.
    pub(super) types: Vec<u32>,
    pub(super) name: String,
    /// Whether the name is English, or of no language.
    pub(super) english: bool,
    pub(super) synonyms: Vec<String>,
    /// Texts or IRIs.
    pub(super) xrefs: Vec<String>,
    pub(super) namespace: String,
    pub(super) deprecated: bool,
}

/// What a blank node says as an OWL restriction: that there is a `property` to some `filler`.
#[derive(Debug, Default)]
struct Restriction {
    property: Option<u32>,
    filler: Option<u32>,
    statements: usize,
}

/// Statements that are not read, by the places of their properties.
#[derive(Debug, Default)]
pub(super) struct Unread(IndexMap<u32, usize, FixedState>);

impl Unread {
    fn count(&mut self, property: u32) {
        *self.0.entry(property).or_default() += 1;
    }

    /// How many there are, and the most frequent properties; `None` where there are none.
    pub(super) fn sentence(&self, what: &str, iris: &IndexSet<Box<str>, FixedState>) -> Option<String> {
        let mut properties: Vec<(u32, usize)> =
            self.0.iter().map(|(&property, &count)| (property, count)).collect();
        properties.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        let named: Vec<String> = properties
            .iter()
            .take(EXAMPLES)
            .map(|&(property, count)| {
                format!("{} {}", super::vocabulary::local_name(&iris[property as usize]), grouped(count))
            })
            .collect();
        let more = if properties.len() > named.len() { ", ..." } else { "" };
        let count = properties.iter().map(|(_, count)| count).sum();
        let statements = if count == 1 { "statement" } else { "statements" };
        (count > 0)
            .then(|| format!("{} {statements} {what} not read: {}{more}", grouped(count), named.join(", ")))
    }
}

impl Statements {
    /// Takes in a statement of the file that is being read.
    pub(super) fn take(&mut self, quad: Quad) {
        self.named_graphs |= quad.graph_name != GraphName::DefaultGraph;
        let property = self.place(quad.predicate.as_str());
        let role = self.role(property);
        let subject = match quad.subject {
            NamedOrBlankNode::NamedNode(subject) => self.place(subject.as_str()),
            NamedOrBlankNode::BlankNode(blank) => {
                return self.take_of_blank(blank.into_string(), role, &quad.object);
            }
        };
        match quad.object {
            Term::Literal(literal) => self.take_literal(subject, property, role, &literal),
            Term::BlankNode(blank) => {
                if role == Role::SubClassOf {
                    self.below.push((subject, blank.into_string()));
                } else {
                    self.with_blanks += 1;
                }
            }
            Term::NamedNode(object) => self.take_iri(subject, property, role, object.as_str()),
        }
    }

    /// Ends a file: blank nodes of the next one are others.
    pub(super) fn end_file(&mut self) {
        for (subject, blank) in std::mem::take(&mut self.below) {
            match self.blanks.get_mut(&blank) {
                Some(Restriction { property: Some(property), filler: Some(filler), statements }) => {
                    *statements = 0;
                    self.edges.push([subject, *property, *filler]);
                }
                _ => self.with_blanks += 1,
            }
        }
        let blanks = std::mem::take(&mut self.blanks);
        self.with_blanks += blanks.into_values().map(|blank| blank.statements).sum::<usize>();
    }

    /// What the property at a place of `iris` says.
    pub(super) fn role(&mut self, property: u32) -> Role {
        *self.roles[property as usize].get_or_insert_with(|| role(&self.iris[property as usize]))
    }

    /// Whether the IRI at this place is a property of some statement.
    pub(super) fn is_property(&self, place: u32) -> bool {
        self.roles[place as usize].is_some()
    }

    fn take_of_blank(&mut self, blank: String, role: Role, object: &Term) {
        let place = match (role, object) {
            (Role::OnProperty | Role::SomeValuesFrom, Term::NamedNode(object)) => {
                Some(self.place(object.as_str()))
            }
            _ => None,
        };
        let restriction = self.blanks.entry(blank).or_default();
        restriction.statements += 1;
        match role {
            Role::OnProperty => restriction.property = place,
            Role::SomeValuesFrom => restriction.filler = place,
            _ => {}
        }
    }

    fn take_literal(&mut self, subject: u32, property: u32, role: Role, literal: &Literal) {
        let text = literal.value().trim();
        let english =
            literal.language().is_none_or(|language| language == "en" || language.starts_with("en-"));
        let about = &mut self.about[subject as usize];
        match role {
            _ if text.is_empty() => self.literals.count(property),
            Role::Name => {
                let about = about.get_or_insert_default();
                if about.name.is_empty() {
                    about.name = text.into();
                    about.english = english;
                } else if english && !about.english {
                    about.name = text.into();
                    about.english = true;
                } else if english && about.name != text {
                    about.synonyms.push(text.into());
                } else if about.name != text {
                    self.literals.count(property);
                }
            }
            Role::Synonym if english => about.get_or_insert_default().synonyms.push(text.into()),
            Role::Xref => about.get_or_insert_default().xrefs.push(text.into()),
            Role::Namespace => about.get_or_insert_default().namespace = text.into(),
            Role::Deprecated => about.get_or_insert_default().deprecated |= matches!(text, "true" | "1"),
            _ => self.literals.count(property),
        }
    }

    fn take_iri(&mut self, subject: u32, property: u32, role: Role, object: &str) {
        match role {
            Role::Type => {
                let class = self.place(object);
                let about = self.about[subject as usize].get_or_insert_default();
                if !about.types.contains(&class) {
                    about.types.push(class);
                }
            }
            _ if is_vocabulary(object) => self.annotations.count(property),
            Role::Xref => self.about[subject as usize].get_or_insert_default().xrefs.push(object.into()),
            Role::Edge | Role::SubClassOf => {
                let object = self.place(object);
                self.edges.push([subject, property, object]);
            }
            _ => self.annotations.count(property),
        }
    }

    /// The place of an IRI, new or known.
    fn place(&mut self, iri: &str) -> u32 {
        let place = self.iris.get_index_of(iri).unwrap_or_else(|| {
            self.about.push(None);
            self.roles.push(None);
            self.iris.insert_full(iri.into()).0
        });
        // A graph of more nodes than u32 holds is refused; until then any place will do.
        u32::try_from(place).unwrap_or(u32::MAX)
    }
}
