//! Which nodes of several sources are one.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;
use rayon::prelude::*;

use super::conflicts::{RefusedReference, Tally};
use super::equivalences::Equivalences;
use super::groups::Groups;
use super::sources::Sources;
use crate::curie::{Curie, CurieKey};

/// What a node is known by.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Identifier<'a> {
    /// An identifier of a known collection: the same for nodes of all types.
    Known(CurieKey<'a>),
    /// Any other text, within a node type; a text of a table of equivalences has no type.
    Text(Option<usize>, &'a str),
}

impl<'a> Identifier<'a> {
    fn of(text: &'a str, node_type: Option<usize>) -> Self {
        Curie::parse(text).map_or(Self::Text(node_type, text), |curie| Self::Known(curie.key()))
    }
}

/// The identifiers that occur, numbered in the order of their first occurrence.
#[derive(Default)]
struct Identifiers<'a> {
    numbers: HashMap<Identifier<'a>, u32, FixedState>,
    /// How each is written at its first occurrence.
    texts: Vec<&'a str>,
    /// Whether each may join two nodes neither of which has it as its id.
    may_be_shared: Vec<bool>,
}

impl<'a> Identifiers<'a> {
    /// Adds the numbers of all of these texts to `numbers`.
    fn number_all(&mut self, texts: &[&'a str], node_type: Option<usize>, numbers: &mut Vec<u32>) {
        let parsed: Vec<Identifier<'a>> =
            texts.par_iter().map(|text| Identifier::of(text, node_type)).collect();
        numbers.extend(parsed.into_iter().zip(texts).map(|(known, text)| self.number(known, text)));
    }

    fn number(&mut self, identifier: Identifier<'a>, text: &'a str) -> u32 {
        *self.numbers.entry(identifier).or_insert_with(|| {
            self.texts.push(text);
            // Words such as `NA` or `unknown` would join what has nothing in common.
            self.may_be_shared.push(matches!(identifier, Identifier::Known(_)) || text.contains(':'));
            self.texts.len() as u32 - 1
        })
    }
}

/// A link between two groups that share a source.
struct Refusal {
    by: By,
    identifier: u32,
    /// A node or an identifier that the link would have joined with the identifier.
    element: usize,
}

#[derive(Clone, Copy)]
enum By {
    Source(usize),
    /// A pair of the equivalences.
    Pair(usize),
}

/// Which nodes are one.
pub(super) struct Identity {
    /// The group of each node; groups are numbered in the order of their first nodes.
    pub(super) group: Vec<u32>,
    /// Number of groups.
    pub(super) groups: usize,
    /// Links that would have joined two nodes of one source.
    pub(super) refused: Tally<RefusedReference>,
}

impl Identity {
    /// Joins nodes of different sources by what they are known by. The stronger evidence comes first, since a group that
    /// has a node of a source takes no second one: the same id and type, the same id in another spelling, the same id in
    /// another type, the tables of equivalences, cross-references that name the id of a node, and cross-references that
    /// are shared. Within each, the order is that of the sources.
    pub(super) fn of(sources: &Sources<'_>, equivalences: &Equivalences) -> Self {
        let mut linker = Linker::new(sources, equivalences);
        linker.join_written_ids();
        let first = linker.join_spellings();
        linker.join_types(&first);
        linker.join_pairs();
        linker.join_references(true);
        linker.join_references(false);
        linker.finish()
    }
}

/// Groups of nodes and of identifiers: the elements are all nodes, and then all identifiers.
struct Linker<'s> {
    sources: &'s Sources<'s>,
    equivalences: &'s Equivalences,
    identifiers: Identifiers<'s>,
    groups: Groups,
    /// The number of each node's id.
    ids: Vec<u32>,
    /// The numbers of the cross-references of all nodes, one list after the other.
    references: Vec<u32>,
    /// The numbers of both sides of the pairs.
    pairs: Vec<[u32; 2]>,
    /// Whether an identifier is the id of a node.
    is_id: Vec<bool>,
    /// Whether an identifier joined nodes that nothing had joined before.
    joined: Vec<bool>,
    refusals: Vec<Refusal>,
}

impl<'s> Linker<'s> {
    fn new(sources: &'s Sources<'s>, equivalences: &'s Equivalences) -> Self {
        let mut identifiers = Identifiers::default();
        let mut ids = Vec::with_capacity(sources.nodes);
        for table in &sources.tables {
            let all: Vec<&str> = table.table.ids.iter().map(String::as_str).collect();
            identifiers.number_all(&all, Some(table.node_type), &mut ids);
        }
        let mut is_id = vec![true; identifiers.texts.len()];
        let mut references = Vec::new();
        for table in &sources.tables {
            let all: Vec<&str> = table.table.xrefs.iter().flatten().map(String::as_str).collect();
            identifiers.number_all(&all, Some(table.node_type), &mut references);
        }
        let pairs = equivalences.pairs().iter();
        let pairs: Vec<[u32; 2]> = pairs
            .map(|pair| pair.each_ref().map(|text| identifiers.number(Identifier::of(text, None), text)))
            .collect();
        let count = identifiers.texts.len();
        is_id.resize(count, false);
        let mut groups = Groups::new(sources.nodes + count, sources.graphs.len());
        for table in &sources.tables {
            table.nodes().for_each(|node| groups.add_source(node, table.source));
        }
        Self {
            sources,
            equivalences,
            groups,
            ids,
            references,
            pairs,
            is_id,
            joined: vec![false; count],
            refusals: Vec::new(),
            identifiers,
        }
    }

    fn element(&self, identifier: u32) -> usize {
        self.sources.nodes + identifier as usize
    }

    /// Joins nodes of one type that have the same id, as it is written: before other spellings, of which a source may have
    /// two, each a node of its own.
    fn join_written_ids(&mut self) {
        let mut first: HashMap<(usize, &str), usize, FixedState> = HashMap::default();
        let mut last_table = vec![usize::MAX; self.identifiers.texts.len()];
        let mut is_spelled_twice = vec![false; last_table.len()];
        for (place, table) in self.sources.tables.iter().enumerate() {
            for node in table.nodes() {
                let id = self.ids[node] as usize;
                is_spelled_twice[id] |= std::mem::replace(&mut last_table[id], place) == place;
            }
        }
        for table in &self.sources.tables {
            for (node, id) in table.nodes().zip(&table.table.ids) {
                if is_spelled_twice[self.ids[node] as usize] {
                    // No source has an id twice within a type, so this is never refused.
                    self.groups.join(*first.entry((table.node_type, id)).or_insert(node), node);
                }
            }
        }
    }

    /// Joins nodes of one type that have the same id in any spelling, and gives the first node of each type and id.
    fn join_spellings(&mut self) -> Vec<usize> {
        // Nearly every id has nodes of one type only.
        let mut holders: Vec<Option<(usize, usize)>> = vec![None; self.identifiers.texts.len()];
        let mut further: HashMap<(usize, u32), usize, FixedState> = HashMap::default();
        let mut first = Vec::new();
        for table in &self.sources.tables {
            for node in table.nodes() {
                let id = self.ids[node];
                let holder = match *holders[id as usize].get_or_insert((table.node_type, node)) {
                    (node_type, holder) if node_type == table.node_type => holder,
                    _ => *further.entry((table.node_type, id)).or_insert(node),
                };
                if holder == node {
                    first.push(node);
                } else {
                    // Where a source has two spellings, they stay two.
                    self.groups.join(holder, node);
                }
            }
        }
        first
    }

    /// Joins nodes of one known id that have different types; `first` holds a node of each type and id. The identifier
    /// goes with the first of its nodes.
    fn join_types(&mut self, first: &[usize]) {
        // By identifier: the nodes that are not joined, one a type at most.
        let mut holders: HashMap<u32, Vec<usize>, FixedState> = HashMap::default();
        for &node in first {
            let id = self.ids[node];
            let element = self.element(id);
            if !self.groups.has_source(element) {
                self.groups.join(element, node);
                continue;
            }
            let others = holders.entry(id).or_default();
            if std::iter::once(element)
                .chain(others.iter().copied())
                .any(|other| self.groups.join(other, node))
            {
                self.joined[id as usize] = true;
            } else {
                others.push(node);
                let by = By::Source(self.sources.node(node).0.source);
                self.refusals.push(Refusal { by, identifier: id, element: node });
            }
        }
    }

    /// Joins what the tables of equivalences say is the same.
    fn join_pairs(&mut self) {
        let mut seen = HashSet::new();
        for place in 0..self.pairs.len() {
            let pair = self.pairs[place];
            for (side, identifier) in pair.into_iter().enumerate() {
                if seen.insert(identifier) {
                    let text = &self.equivalences.pairs()[place][side];
                    self.join_texts(identifier, text, place);
                }
            }
            self.join_pair(pair, place);
        }
    }

    /// Joins a text of the tables that is no known identifier with the nodes of any type that it is the id of.
    fn join_texts(&mut self, identifier: u32, text: &'s str, place: usize) {
        for node_type in 0..self.sources.types.len() {
            let typed = Identifier::of(text, Some(node_type));
            if let Some(&typed) = self.identifiers.numbers.get(&typed).filter(|&&typed| typed != identifier) {
                self.join_pair([typed, identifier], place);
            }
        }
    }

    fn join_pair(&mut self, [left, right]: [u32; 2], place: usize) {
        let element = self.element(right);
        if !self.groups.join(self.element(left), element) {
            self.refusals.push(Refusal { by: By::Pair(place), identifier: left, element });
        }
    }

    /// Joins nodes by their cross-references: those that name the id of a node, or the others.
    fn join_references(&mut self, naming_ids: bool) {
        let mut place = 0;
        for table in &self.sources.tables {
            for (node, xrefs) in table.nodes().zip(&table.table.xrefs) {
                for at in place..place + xrefs.len() {
                    let identifier = self.references[at];
                    let known = identifier as usize;
                    if self.is_id[known] != naming_ids
                        || !(naming_ids || self.identifiers.may_be_shared[known])
                    {
                        continue;
                    }
                    let element = self.element(identifier);
                    if self.groups.is_joined(element, node) {
                        continue;
                    }
                    let joins_nodes = self.groups.has_source(element);
                    if self.groups.join(element, node) {
                        self.joined[known] |= joins_nodes;
                    } else {
                        let by = By::Source(table.source);
                        self.refusals.push(Refusal { by, identifier, element: node });
                    }
                }
                place += xrefs.len();
            }
        }
    }

    fn finish(mut self) -> Identity {
        let mut numbers: HashMap<usize, u32, FixedState> = HashMap::default();
        let mut heads = Vec::new();
        let mut group = Vec::with_capacity(self.sources.nodes);
        for node in 0..self.sources.nodes {
            let root = self.groups.root(node);
            group.push(*numbers.entry(root).or_insert_with(|| {
                heads.push(node);
                heads.len() as u32 - 1
            }));
        }
        let refused = self.told(|root| numbers.get(&root).map(|&number| heads[number as usize]));
        Identity { group, groups: heads.len(), refused }
    }

    /// The refusals that matter, each two groups once; `head` gives the first node of a group by its root.
    fn told(&mut self, head: impl Fn(usize) -> Option<usize>) -> Tally<RefusedReference> {
        let mut tally = Tally::default();
        let refusals = std::mem::take(&mut self.refusals);
        let mentions = Mentions::of(self, &refusals.iter().map(|refusal| refusal.identifier).collect());
        let mut seen: HashSet<[usize; 2]> = HashSet::new();
        for Refusal { by, identifier, element } in refusals {
            let roots = [self.groups.root(self.element(identifier)), self.groups.root(element)];
            let matters = match by {
                By::Pair(_) => true,
                By::Source(source) => {
                    self.joined[identifier as usize] || mentions.leads_away(identifier, source, roots[1])
                }
            };
            let [first, second] = roots;
            if !matters || !seen.insert([first.min(second), first.max(second)]) {
                continue;
            }
            tally.add(|| {
                let id = |root| head(root).map_or_else(String::new, |node| self.sources.id(node).to_owned());
                let (by, identifier) = match by {
                    By::Source(source) => (
                        self.sources.labels[source].clone(),
                        self.identifiers.texts[identifier as usize].to_owned(),
                    ),
                    By::Pair(place) => {
                        let [left, right] = &self.equivalences.pairs()[place];
                        (self.equivalences.table(place).to_owned(), format!("{left} = {right}"))
                    }
                };
                RefusedReference { by, identifier, first: id(first), second: id(second) }
            });
        }
        tally
    }
}

/// Which sources mention an identifier, and in which groups.
struct Mentions {
    groups: HashSet<(u32, usize, usize), FixedState>,
    sources: HashMap<u32, Vec<usize>, FixedState>,
}

impl Mentions {
    fn of(linker: &mut Linker<'_>, wanted: &HashSet<u32, FixedState>) -> Self {
        let mut mentions = Self { groups: HashSet::default(), sources: HashMap::default() };
        if wanted.is_empty() {
            return mentions;
        }
        let mut references = linker.references.iter();
        for table in &linker.sources.tables {
            for (node, xrefs) in table.nodes().zip(&table.table.xrefs) {
                let all = std::iter::once(&linker.ids[node]).chain(references.by_ref().take(xrefs.len()));
                for &identifier in all.filter(|identifier| wanted.contains(identifier)) {
                    let root = linker.groups.root(node);
                    if mentions.groups.insert((identifier, table.source, root)) {
                        let sources = mentions.sources.entry(identifier).or_default();
                        if sources.last() != Some(&table.source) {
                            sources.push(table.source);
                        }
                    }
                }
            }
        }
        mentions
    }

    /// Whether the identifier leads from a group, which has it from `source`, to a node of another source in another
    /// group, where none of that source's nodes that have it is in this one.
    fn leads_away(&self, identifier: u32, source: usize, group: usize) -> bool {
        let others = self.sources.get(&identifier).into_iter().flatten();
        others.into_iter().any(|&other| other != source && !self.groups.contains(&(identifier, other, group)))
    }
}

#[cfg(test)]
mod tests {
    use theriac_graph::{DuplicatePolicy, EdgeList, Graph, GraphBuilder, NodeTable, Provenance, RelationKey};

    use super::*;

    /// A source of nodes `(type, id, xrefs)`, with an edge from the first to itself.
    fn source(nodes: &[(&str, &str, &[&str])]) -> Graph {
        let mut builder = GraphBuilder::new(Provenance::default());
        let mut types: Vec<&str> = nodes.iter().map(|(node_type, ..)| *node_type).collect();
        types.dedup();
        for node_type in &types {
            let of_type = || nodes.iter().filter(|(other, ..)| other == node_type);
            let ids: Vec<String> = of_type().map(|(_, id, _)| (*id).into()).collect();
            let mut table = NodeTable::new(*node_type, ids.clone(), ids);
            table.xrefs =
                of_type().map(|(.., xrefs)| xrefs.iter().map(|&text| text.into()).collect()).collect();
            builder.add_nodes(table).unwrap();
        }
        let edges = EdgeList { sources: vec![0], targets: vec![0], ..EdgeList::default() };
        let key = RelationKey::new(types[0], "is", types[0]);
        builder.add_relation(key, edges, DuplicatePolicy::Reject).unwrap();
        builder.build().unwrap()
    }

    fn table(pairs: &[[&str; 2]]) -> Equivalences {
        let text = pairs.iter().map(|pair| pair.join("\t")).collect::<Vec<_>>().join("\n");
        if text.is_empty() {
            return Equivalences::default();
        }
        Equivalences::read(&crate::Input::from_bytes("x.tsv", text.into_bytes())).unwrap()
    }

    /// The group of each node, and the refusals with their number.
    fn joined(graphs: &[Graph], pairs: &[[&str; 2]]) -> (Vec<u32>, Vec<String>) {
        let identity = Identity::of(&Sources::new(graphs), &table(pairs));
        assert_eq!(identity.groups, identity.group.iter().max().map_or(0, |&last| last as usize + 1));
        assert_eq!(identity.refused.count.min(5), identity.refused.examples.len());
        (identity.group, identity.refused.examples.iter().map(ToString::to_string).collect())
    }

    fn groups(graphs: &[Graph], pairs: &[[&str; 2]]) -> Vec<u32> {
        let (groups, refused) = joined(graphs, pairs);
        assert_eq!(refused, [""; 0]);
        groups
    }

    const NONE: &[&str] = &[];

    #[test]
    fn known_ids_are_one_across_types_and_other_ids_within_their_type() {
        let first = source(&[
            ("drug", "drugbank:DB00945", NONE),
            ("disease", "pain", NONE),
            ("disease", "a b c", NONE),
        ]);
        let second = source(&[
            ("compound", "DrugBank:db00945", NONE),
            ("side_effect", "pain", NONE),
            ("disease", "pain", NONE),
            ("disease", "a b c", NONE),
        ]);
        assert_eq!(groups(&[first, second], &[]), [0, 1, 2, 0, 3, 1, 2]);
    }

    #[test]
    fn cross_references_join_by_id_or_by_each_other() {
        let first = source(&[
            ("disease", "mondo:1", &["omim:5", "foo:7"]),
            ("disease", "mondo:2", &["umls:C0000002"]),
        ]);
        let second = source(&[
            ("disease", "OMIM:5", NONE),
            ("disease", "doid:9", &["C0000002"]),
            ("disease", "mesh:D000001", &["foo:8"]),
        ]);
        assert_eq!(groups(&[first.clone(), second], &[]), [0, 1, 0, 1, 2]);
        // A third source joins what two others could not know to be one.
        let apart = source(&[("disease", "mesh:D000009", NONE)]);
        let both = source(&[("disease", "efo:1", &["mesh:D000009", "foo:7"])]);
        assert_eq!(groups(&[first, apart, both], &[]), [0, 1, 0, 0]);
    }

    #[test]
    fn words_that_stand_for_nothing_join_nothing() {
        let first = source(&[("drug", "a", &["NA", "-", ""])]);
        let second = source(&[("drug", "b", &["NA", "-", ""])]);
        assert_eq!(groups(&[first, second.clone()], &[]), [0, 1]);
        // The id of a node is no such word.
        assert_eq!(groups(&[source(&[("drug", "c", &["b"])]), second], &[]), [0, 0]);
    }

    #[test]
    fn tables_join_through_identifiers_that_no_node_has_and_cycles_do_no_harm() {
        let graphs = [source(&[("drug", "my drug", NONE)]), source(&[("compound", "chembl:CHEMBL25", NONE)])];
        let chain =
            [["my drug", "drugbank:DB00945"], ["DB00945", "cas:50-78-2"], ["cas:50-78-2", "CHEMBL25"]];
        assert_eq!(groups(&graphs, &chain), [0, 0]);
        let cycle =
            [&chain[..], &[["CHEMBL25", "my drug"], ["my drug", "my drug"], ["CHEMBL25", "cas:50-78-2"]]]
                .concat();
        assert_eq!(groups(&graphs, &cycle), [0, 0]);
        let first = source(&[("drug", "drugbank:DB00001", &["chembl:CHEMBL1"])]);
        let second = source(&[("drug", "chembl:CHEMBL1", &["drugbank:DB00001", "chembl:CHEMBL1"])]);
        assert_eq!(groups(&[first, second], &[]), [0, 0]);
    }

    #[test]
    fn two_nodes_of_one_source_stay_two() {
        let first = source(&[("disease", "mondo:1", &["omim:5"]), ("disease", "mondo:2", &["omim:5"])]);
        let second = source(&[("disease", "omim:5", NONE)]);
        let (groups, refused) = joined(&[first, second.clone()], &[]);
        assert_eq!((groups, refused.len()), (vec![0, 1, 0], 1));
        assert_eq!(refused, ["'omim:5' of source 1 joins mondo:2 with mondo:1"]);
        let plain = source(&[("disease", "mondo:1", NONE), ("disease", "mondo:2", NONE)]);
        let (groups, refused) = joined(&[plain, second], &[["mondo:1", "omim:5"], ["mondo:2", "omim:5"]]);
        assert_eq!(groups, [0, 1, 0]);
        assert_eq!(refused, ["'mondo:2 = omim:5' of x.tsv joins mondo:1 with mondo:2"]);
    }

    #[test]
    fn the_same_id_goes_before_a_cross_reference() {
        let first =
            source(&[("disease", "mondo:1", &["umls:C0000001"]), ("disease", "mondo:2", &["umls:C0000001"])]);
        let part = source(&[("disease", "mondo:2", &["umls:C0000001"])]);
        assert_eq!(groups(&[first.clone(), part], &[]), [0, 1, 1]);
        assert_eq!(groups(&[first.clone(), first], &[]), [0, 1, 0, 1]);
    }

    #[test]
    fn a_source_with_an_id_in_two_types_or_spellings_keeps_both() {
        let twins = source(&[("gene", "ncbigene:1", NONE), ("protein", "ncbigene:1", NONE)]);
        assert_eq!(groups(&[twins.clone(), twins.clone()], &[]), [0, 1, 0, 1]);
        let (ambiguous, refused) = joined(&[twins, source(&[("target", "NCBIGene:1", NONE)])], &[]);
        assert_eq!(ambiguous, [0, 1, 0]);
        assert_eq!(refused, ["'ncbigene:1' of source 1 joins ncbigene:1 with ncbigene:1"]);
        let spelled = source(&[("disease", "MONDO:1", NONE), ("disease", "mondo:1", NONE)]);
        assert_eq!(groups(&[spelled.clone(), spelled], &[]), [0, 1, 0, 1]);
    }
}
