//! How well nodes can be found and joined: names, identifiers and their prefixes, names that several nodes share.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;
use rayon::prelude::*;
use serde::Serialize;

use crate::nodes::NodeTable;

/// As many prefixes are listed.
const PREFIXES: usize = 20;
/// As many shared names are given as examples, with as many ids each.
const EXAMPLES: usize = 3;

/// Names and identifiers of the nodes of a type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Naming {
    /// Nodes with a name other than their id.
    pub named: usize,
    /// Nodes whose only name is an id that says nothing to a reader: one with a prefix, or more digits than letters.
    pub unnamed: usize,
    /// Nodes with a synonym.
    pub with_synonyms: usize,
    /// Nodes with a cross-reference.
    pub with_xrefs: usize,
    /// Prefixes of the ids.
    pub id_prefixes: Prefixes,
    /// Prefixes of the cross-references.
    pub xref_prefixes: Prefixes,
    /// Names that several nodes share.
    pub shared_names: SharedNames,
}

/// The prefixes of identifiers: `drugbank` of `drugbank:DB00203`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Prefixes {
    /// Number of different ones.
    pub distinct: usize,
    /// Nodes with an identifier that has none.
    pub without: usize,
    /// The twenty that most nodes have, the most frequent first.
    pub most_frequent: Vec<PrefixCount>,
}

/// A prefix with the nodes that have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PrefixCount {
    /// The part before the colon.
    pub prefix: String,
    /// Number of nodes.
    pub nodes: usize,
}

/// Names that several nodes of a type share, case aside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SharedNames {
    /// Number of such names.
    pub names: usize,
    /// Number of nodes with one.
    pub nodes: usize,
    /// The three that most nodes share.
    pub examples: Vec<SharedName>,
}

/// A name that several nodes share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SharedName {
    /// The name, as the first of them writes it.
    pub name: String,
    /// Number of nodes.
    pub nodes: usize,
    /// The ids of the first three.
    pub ids: Vec<String>,
}

impl Naming {
    pub(super) fn of(table: &NodeTable) -> Self {
        let count = |holds: &(dyn Fn(usize) -> bool + Sync)| {
            (0..table.len()).into_par_iter().filter(|&place| holds(place)).count()
        };
        let own = |place: usize| table.names[place] != table.ids[place];
        Self {
            named: count(&own),
            unnamed: count(&|place| !own(place) && is_code(&table.ids[place])),
            with_synonyms: count(&|place| !table.synonyms[place].is_empty()),
            with_xrefs: count(&|place| !table.xrefs[place].is_empty()),
            id_prefixes: Prefixes::of(table.len(), |place| std::slice::from_ref(&table.ids[place])),
            xref_prefixes: Prefixes::of(table.len(), |place| &table.xrefs[place]),
            shared_names: SharedNames::of(table),
        }
    }
}

/// Whether an id says nothing to a reader.
fn is_code(id: &str) -> bool {
    let digits = id.chars().filter(char::is_ascii_digit).count();
    let letters = id.chars().filter(|c| c.is_alphabetic()).count();
    prefix(id).is_some() || digits > letters
}

/// The part of a CURIE before the colon; `None` where the text is no CURIE.
fn prefix(id: &str) -> Option<&str> {
    let (prefix, local) = id.split_once(':')?;
    let sound = prefix.starts_with(|c: char| c.is_ascii_alphabetic())
        && prefix.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
    (sound && !local.is_empty() && !local.contains(char::is_whitespace)).then_some(prefix)
}

impl Prefixes {
    /// The prefixes of the identifiers that each node has.
    fn of<'a>(nodes: usize, ids: impl Fn(usize) -> &'a [String] + Sync) -> Self {
        type Counts<'a> = HashMap<Option<&'a str>, usize, FixedState>;
        let count = |mut counts: Counts<'a>, place: usize| {
            let ids = ids(place);
            for (at, id) in ids.iter().enumerate() {
                let this = prefix(id);
                if !ids[..at].iter().any(|earlier| prefix(earlier) == this) {
                    *counts.entry(this).or_default() += 1;
                }
            }
            counts
        };
        let add = |mut counts: Counts<'a>, more: Counts<'a>| {
            for (prefix, nodes) in more {
                *counts.entry(prefix).or_default() += nodes;
            }
            counts
        };
        let mut counts: Counts<'a> =
            (0..nodes).into_par_iter().fold(Counts::default, count).reduce(Counts::default, add);
        let without = counts.remove(&None).unwrap_or(0);
        let mut found: Vec<(&str, usize)> =
            counts.into_iter().filter_map(|(prefix, nodes)| Some((prefix?, nodes))).collect();
        found.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        let most_frequent =
            found.iter().take(PREFIXES).map(|&(prefix, nodes)| PrefixCount { prefix: prefix.into(), nodes });
        Self { distinct: found.len(), without, most_frequent: most_frequent.collect() }
    }
}

/// The characters of a name as they are compared.
fn lowercase(name: &str) -> impl Iterator<Item = char> {
    name.trim().chars().flat_map(char::to_lowercase)
}

impl SharedNames {
    fn of(table: &NodeTable) -> Self {
        // Hashes instead of names: sixteen bytes a node, sorted in parallel.
        let hash = |name: &str| {
            let mut hasher = FixedState::default().build_hasher();
            lowercase(name).for_each(|c| hasher.write_u32(c.into()));
            hasher.finish()
        };
        let mut hashes: Vec<(u64, u32)> = (0..table.len() as u32)
            .into_par_iter()
            .filter(|&node| !table.names[node as usize].trim().is_empty())
            .map(|node| (hash(&table.names[node as usize]), node))
            .collect();
        hashes.par_sort_unstable();
        let mut shared: Vec<Vec<u32>> = Vec::new();
        for same_hash in hashes.chunk_by(|a, b| a.0 == b.0).filter(|nodes| nodes.len() > 1) {
            let mut by_name: BTreeMap<String, Vec<u32>> = BTreeMap::new();
            for &(_, node) in same_hash {
                by_name.entry(lowercase(&table.names[node as usize]).collect()).or_default().push(node);
            }
            shared.extend(by_name.into_values().filter(|nodes| nodes.len() > 1));
        }
        shared.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then(a[0].cmp(&b[0])));
        let example = |nodes: &Vec<u32>| SharedName {
            name: table.names[nodes[0] as usize].clone(),
            nodes: nodes.len(),
            ids: nodes.iter().take(EXAMPLES).map(|&node| table.ids[node as usize].clone()).collect(),
        };
        Self {
            names: shared.len(),
            nodes: shared.iter().map(Vec::len).sum(),
            examples: shared.iter().take(EXAMPLES).map(example).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(nodes: &[(&str, &str)]) -> NodeTable {
        let (ids, names) = nodes.iter().map(|&(id, name)| (id.to_owned(), name.to_owned())).unzip();
        NodeTable::new("thing", ids, names)
    }

    #[test]
    fn an_id_that_reads_as_a_name_is_one() {
        for code in ["drugbank:DB00203", "DB00203", "P08172", "9606", "ENSG00000157764", "C0011847"] {
            assert!(is_code(code), "{code}");
        }
        for name in ["heart failure", "TP53", "type 2 diabetes", "asthma", "hepatitis: chronic", "IL6"] {
            assert!(!is_code(name), "{name}");
        }
        let table =
            named(&[("mesh:1", "gout"), ("mesh:2", "mesh:2"), ("asthma", "asthma"), ("D003920", "D003920")]);
        let naming = Naming::of(&table);
        assert_eq!((naming.named, naming.unnamed), (1, 2));
    }

    #[test]
    fn prefixes_are_counted_once_a_node() {
        let mut table =
            named(&[("mesh:1", "a"), ("mesh:2", "b"), ("doid:3", "c"), ("note: x", "d"), (":5", "e")]);
        table.xrefs[0] = ["umls:1", "umls:2", "omim:3", "plain"].map(String::from).to_vec();
        table.xrefs[1] = vec!["umls:4".into()];
        table.synonyms[4] = vec!["ee".into()];
        let naming = Naming::of(&table);
        let found = |prefixes: &Prefixes| -> Vec<(String, usize)> {
            prefixes.most_frequent.iter().map(|of| (of.prefix.clone(), of.nodes)).collect()
        };
        assert_eq!(found(&naming.id_prefixes), [("mesh".into(), 2), ("doid".into(), 1)]);
        assert_eq!((naming.id_prefixes.distinct, naming.id_prefixes.without), (2, 2));
        assert_eq!(found(&naming.xref_prefixes), [("umls".into(), 2), ("omim".into(), 1)]);
        assert_eq!(naming.xref_prefixes.without, 1);
        assert_eq!((naming.with_xrefs, naming.with_synonyms), (2, 1));
    }

    #[test]
    fn only_the_most_frequent_prefixes_are_listed() {
        let ids: Vec<String> = (0..30).map(|i| format!("p{i}:1")).collect();
        let prefixes = Naming::of(&NodeTable::new("t", ids.clone(), ids)).id_prefixes;
        assert_eq!((prefixes.distinct, prefixes.most_frequent.len()), (30, 20));
    }

    #[test]
    fn names_are_shared_in_any_case() {
        let table = named(&[
            ("1", "Gout"),
            ("2", "fever"),
            ("3", "gout "),
            ("4", "FEVER"),
            ("5", "Fever"),
            ("6", "fever"),
            ("7", ""),
            ("8", " "),
            ("9", "pain"),
        ]);
        let example = |name: &str, nodes, ids: &[&str]| SharedName {
            name: name.into(),
            nodes,
            ids: ids.iter().map(|&id| id.into()).collect(),
        };
        let expected = SharedNames {
            names: 2,
            nodes: 6,
            examples: vec![example("fever", 4, &["2", "4", "5"]), example("Gout", 2, &["1", "3"])],
        };
        assert_eq!(Naming::of(&table).shared_names, expected);
    }
}
