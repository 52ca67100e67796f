//! The nodes of the merged graph: types, ids, names, synonyms and cross-references.

use std::collections::HashSet;

use foldhash::fast::FixedState;
use rayon::prelude::*;
use theriac_graph::NodeTable;

use super::conflicts::{OtherName, OtherType, SourceConflicts};
use super::identity::Identity;
use super::sources::Sources;
use crate::curie::{Curie, CurieKey};

/// Where a node stands in the merged graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Place of its table.
    pub(super) node_type: u32,
    /// Its row there.
    pub(super) row: u32,
}

/// The node tables of the merged graph, without features.
pub(super) struct MergedNodes {
    pub(super) tables: Vec<NodeTable>,
    /// Where each node of the sources stands.
    pub(super) places: Vec<Place>,
}

/// A node of the merged graph, with the names that differ from its own: the source of each and the name.
struct MergedNode {
    id: String,
    name: String,
    synonyms: Vec<String>,
    xrefs: Vec<String>,
    other_names: Vec<(usize, String)>,
}

impl MergedNodes {
    /// Makes one node of each group. It has the id and the type of its first member; types and nodes stand in the order
    /// of these. A type all of whose nodes have another type is gone.
    pub(super) fn of(sources: &Sources<'_>, identity: &Identity, conflicts: &mut [SourceConflicts]) -> Self {
        let members = Members::of(identity);
        let mut kept: Vec<bool> = vec![false; sources.types.len()];
        let types: Vec<usize> = members.heads().map(|head| sources.node(head).0.node_type).collect();
        let empty = sources.tables.iter().filter(|table| table.table.is_empty()).map(|table| table.node_type);
        for node_type in types.iter().copied().chain(empty) {
            kept[node_type] = true;
        }
        let mut place_of = vec![0; kept.len()];
        let mut of_type: Vec<Vec<u32>> = Vec::new();
        for (node_type, _) in kept.iter().enumerate().filter(|(_, kept)| **kept) {
            place_of[node_type] = of_type.len();
            of_type.push(Vec::new());
        }
        let mut groups = Vec::with_capacity(types.len());
        for (group, &node_type) in (0u32..).zip(&types) {
            let list = &mut of_type[place_of[node_type]];
            groups.push(Place { node_type: place_of[node_type] as u32, row: list.len() as u32 });
            list.push(group);
        }
        let names = sources.types.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(name, _)| *name);
        let mut tables = Vec::with_capacity(of_type.len());
        for (name, groups) in names.zip(of_type) {
            let merged = groups.par_iter().map(|&group| merged_node(sources, members.of_group(group)));
            let merged: Vec<MergedNode> = merged.collect();
            tables.push(table(name, merged, conflicts));
        }
        for table in &sources.tables {
            for node in table.nodes() {
                let group = identity.group[node] as usize;
                let kept = &tables[groups[group].node_type as usize].node_type;
                if *kept != table.table.node_type {
                    conflicts[table.source].types.add(|| OtherType {
                        id: sources.id(members.of_group(group as u32)[0] as usize).into(),
                        kept: kept.clone(),
                        other: table.table.node_type.clone(),
                    });
                }
            }
        }
        Self { tables, places: identity.group.iter().map(|&group| groups[group as usize]).collect() }
    }
}

/// The table of one type, and what was counted of its nodes.
fn table(node_type: &str, nodes: Vec<MergedNode>, conflicts: &mut [SourceConflicts]) -> NodeTable {
    let mut table = NodeTable { node_type: node_type.into(), ..NodeTable::default() };
    for MergedNode { id, name, synonyms, xrefs, other_names } in nodes {
        for (source, other) in other_names {
            conflicts[source].names.add(|| OtherName { id: id.clone(), kept: name.clone(), other });
        }
        table.ids.push(id);
        table.names.push(name);
        table.synonyms.push(synonyms);
        table.xrefs.push(xrefs);
    }
    table
}

fn merged_node(sources: &Sources<'_>, members: &[u32]) -> MergedNode {
    let (first, row) = sources.node(members[0] as usize);
    let first = first.table;
    let id = &first.ids[row];
    if members.len() == 1 {
        return MergedNode {
            id: id.clone(),
            name: first.names[row].clone(),
            synonyms: first.synonyms[row].clone(),
            xrefs: first.xrefs[row].clone(),
            other_names: Vec::new(),
        };
    }
    let mut merged = MergedNode {
        id: id.clone(),
        name: String::new(),
        synonyms: Vec::new(),
        xrefs: Vec::new(),
        other_names: Vec::new(),
    };
    // Names that differ in case alone are the same name.
    let mut names: HashSet<String, FixedState> = HashSet::from_iter([String::new()]);
    let mut references: HashSet<Reference<'_>, FixedState> =
        HashSet::from_iter([Reference::of(id), Reference::Other("")]);
    for &member in members {
        let (table, row) = sources.node(member as usize);
        let (source, table) = (table.source, table.table);
        let (own_id, name) = (&table.ids[row], &table.names[row]);
        let real = name != own_id && name != id;
        if real && names.insert(name.to_lowercase()) {
            if merged.name.is_empty() {
                merged.name.clone_from(name);
            } else {
                merged.other_names.push((source, name.clone()));
                merged.synonyms.push(name.clone());
            }
        }
        let new_names = table.synonyms[row].iter().filter(|text| names.insert(text.to_lowercase()));
        merged.synonyms.extend(new_names.cloned());
        let texts = std::iter::once(own_id).chain(&table.xrefs[row]);
        merged.xrefs.extend(texts.filter(|text| references.insert(Reference::of(text))).cloned());
    }
    if merged.name.is_empty() {
        merged.name.clone_from(id);
    }
    merged
}

/// A cross-reference, the same in all spellings.
#[derive(PartialEq, Eq, Hash)]
enum Reference<'a> {
    Known(CurieKey<'a>),
    Other(&'a str),
}

impl<'a> Reference<'a> {
    fn of(text: &'a str) -> Self {
        Curie::parse(text).map_or(Self::Other(text), |curie| Self::Known(curie.key()))
    }
}

/// The nodes of each group, in order.
struct Members {
    starts: Vec<u32>,
    nodes: Vec<u32>,
}

impl Members {
    fn of(identity: &Identity) -> Self {
        let mut starts = vec![0u32; identity.groups + 1];
        identity.group.iter().for_each(|&group| starts[group as usize + 1] += 1);
        (0..identity.groups).for_each(|group| starts[group + 1] += starts[group]);
        let mut next = starts.clone();
        let mut nodes = vec![0; identity.group.len()];
        for (node, &group) in (0u32..).zip(&identity.group) {
            let slot = &mut next[group as usize];
            nodes[*slot as usize] = node;
            *slot += 1;
        }
        Self { starts, nodes }
    }

    fn of_group(&self, group: u32) -> &[u32] {
        let group = group as usize;
        &self.nodes[self.starts[group] as usize..self.starts[group + 1] as usize]
    }

    /// The first node of each group.
    fn heads(&self) -> impl Iterator<Item = usize> {
        self.starts[..self.starts.len() - 1].iter().map(|&start| self.nodes[start as usize] as usize)
    }
}
