//! The edges of the merged graph: relations by the types that their ends have now, each edge once.

use std::collections::HashSet;

use foldhash::fast::FixedState;
use indexmap::IndexMap;
use rayon::prelude::*;
use theriac_graph::{EdgeAttribute, EdgeList, NodeTable, Relation, RelationKey};

use super::conflicts::{RepeatedEdge, SourceConflicts, Tally, counted};
use super::nodes::MergedNodes;
use super::sources::Sources;

/// The edges of a relation of one source whose ends have the same types now.
struct Part<'a> {
    source: usize,
    relation: &'a Relation,
    /// Places of the types of both ends.
    types: [u32; 2],
    /// Rows of the ends.
    sources: Vec<u32>,
    targets: Vec<u32>,
    /// Where each edge stands in the relation's own order.
    at: Vec<u32>,
}

/// Relations of the merged graph, ready to be built.
pub(super) type KeyedEdges = Vec<(RelationKey, EdgeList)>;

/// Brings together the edges of all sources, relations in the order of their first appearance. Edges that several sources
/// have stand in the lists as often, and are counted; what becomes of relations whose nodes have other types now, and of
/// those that one source directs and another does not, is told.
pub(super) fn merge_edges(
    sources: &Sources<'_>,
    nodes: &MergedNodes,
    conflicts: &mut [SourceConflicts],
    decisions: &mut Vec<String>,
) -> KeyedEdges {
    let tables = &nodes.tables;
    let graphs = sources.graphs.iter().enumerate();
    let relations =
        graphs.flat_map(|(source, graph)| graph.relations().iter().map(move |edges| (source, edges)));
    let relations: Vec<(usize, &Relation)> = relations.collect();
    let parts: Vec<Vec<Part<'_>>> =
        relations.into_par_iter().map(|(source, relation)| split(sources, nodes, source, relation)).collect();
    let mut by_key: IndexMap<RelationKey, Vec<Part<'_>>> = IndexMap::new();
    for parts in parts {
        decisions.extend(moved(sources, tables, &parts));
        for part in parts {
            by_key.entry(part.key(tables)).or_default().push(part);
        }
    }
    let by_key: Vec<(RelationKey, Vec<Part<'_>>)> = by_key.into_iter().collect();
    let merged: Vec<_> = by_key
        .into_par_iter()
        .map(|(key, parts)| {
            let mixed = mixed_directions(sources, &key, &parts);
            let (edges, repeated) = rayon::join(|| united(&parts), || repeated(&key, tables, &parts));
            (key, edges, repeated, mixed)
        })
        .collect();
    let mut keyed = Vec::with_capacity(merged.len());
    for (key, edges, repeated, mixed) in merged {
        for (source, tally) in repeated {
            conflicts[source].edges.append(tally);
        }
        decisions.extend(mixed);
        keyed.push((key, edges));
    }
    keyed
}

impl<'a> Part<'a> {
    fn new(source: usize, relation: &'a Relation, types: [u32; 2], edges: usize) -> Self {
        let room = || Vec::with_capacity(edges);
        Self { source, relation, types, sources: room(), targets: room(), at: room() }
    }

    fn key(&self, tables: &[NodeTable]) -> RelationKey {
        let [source, target] = self.types.map(|place| tables[place as usize].node_type.as_str());
        RelationKey::new(source, self.relation.key.name.as_str(), target)
    }

    /// Whether an edge and its mirror image are one: as in the source, unless its ends have two types now.
    fn is_undirected(&self) -> bool {
        self.relation.undirected && self.types[0] == self.types[1]
    }
}

/// The edges of a relation, in parts by the types that their ends have now.
fn split<'a>(
    sources: &Sources<'_>,
    nodes: &MergedNodes,
    source: usize,
    relation: &'a Relation,
) -> Vec<Part<'a>> {
    let tables = sources.tables_of(source);
    let [from, to] =
        [relation.source_type, relation.target_type].map(|place| &nodes.places[tables[place].nodes()]);
    let mut parts: Vec<Part<'a>> = Vec::new();
    let mut last = 0;
    for (at, (row, column)) in (0u32..).zip(relation.forward.pairs()) {
        // Of both directions of an undirected edge, one is enough.
        if relation.undirected && row > column {
            continue;
        }
        let [mut a, mut b] = [from[row as usize], to[column as usize]];
        if relation.undirected && a.node_type > b.node_type {
            (a, b) = (b, a);
        }
        let types = [a.node_type, b.node_type];
        if parts.get(last).is_none_or(|part| part.types != types) {
            last = parts.iter().position(|part| part.types == types).unwrap_or_else(|| {
                parts.push(Part::new(
                    source,
                    relation,
                    types,
                    if parts.is_empty() { relation.len() } else { 0 },
                ));
                parts.len() - 1
            });
        }
        let part = &mut parts[last];
        part.sources.push(a.row);
        part.targets.push(b.row);
        part.at.push(at);
    }
    if relation.is_empty() {
        // It stays, where its types do.
        let place = |name: &str| nodes.tables.iter().position(|table| table.node_type == name);
        if let (Some(a), Some(b)) = (place(&relation.key.source), place(&relation.key.target)) {
            parts.push(Part::new(source, relation, [a as u32, b as u32], 0));
        }
    }
    parts.sort_by_key(|part| part.types);
    parts
}

/// What is to be said of a relation whose ends have other types now.
fn moved(sources: &Sources<'_>, tables: &[NodeTable], parts: &[Part<'_>]) -> Option<String> {
    let Part { source, relation, .. } = parts.first()?;
    let keys: Vec<RelationKey> = parts.iter().map(|part| part.key(tables)).collect();
    if keys.iter().all(|key| *key == relation.key) {
        return None;
    }
    let shown = keys.iter().zip(parts).map(|(key, part)| {
        let turned = relation.undirected && !part.is_undirected();
        let way = if turned { ", no longer undirected" } else { "" };
        format!("{key} ({}{way})", counted(part.sources.len(), "edge"))
    });
    let shown: Vec<String> = shown.collect();
    let label = &sources.labels[*source];
    Some(format!(
        "{label}: {} is {}, by the types that its nodes have elsewhere",
        relation.key,
        shown.join(" and ")
    ))
}

/// What is to be said of a relation that some sources direct and others do not.
fn mixed_directions(sources: &Sources<'_>, key: &RelationKey, parts: &[Part<'_>]) -> Option<String> {
    let labels = |undirected: bool| {
        let mut labels: Vec<&str> = parts
            .iter()
            .filter(|part| !part.sources.is_empty() && part.is_undirected() == undirected)
            .map(|part| sources.labels[part.source].as_str())
            .collect();
        labels.dedup();
        labels.join(", ")
    };
    let (undirected, directed) = (labels(true), labels(false));
    (!undirected.is_empty() && !directed.is_empty()).then(|| {
        format!(
            "{key} is undirected in {undirected} and directed in {directed}: it is directed, with the undirected edges \
             both ways round"
        )
    })
}

/// The edges of all parts, one part after the other.
fn united(parts: &[Part<'_>]) -> EdgeList {
    let filled = || parts.iter().filter(|part| !part.sources.is_empty());
    let undirected = if filled().next().is_some() {
        filled().all(Part::is_undirected)
    } else {
        parts.iter().all(Part::is_undirected)
    };
    let mut list = EdgeList { undirected, ..EdgeList::default() };
    let weighted = parts.iter().any(|part| part.relation.forward.weights().is_some());
    let mut weights = weighted.then(Vec::new);
    for part in parts {
        let before = list.len();
        list.sources.extend(&part.sources);
        list.targets.extend(&part.targets);
        let mut at = part.at.clone();
        if part.is_undirected() && !undirected {
            for ((&source, &target), &place) in part.sources.iter().zip(&part.targets).zip(&part.at) {
                if source != target {
                    list.sources.push(target);
                    list.targets.push(source);
                    at.push(place);
                }
            }
        }
        if let Some(weights) = &mut weights {
            match part.relation.forward.weights() {
                Some(own) => weights.extend(at.iter().map(|&place| own[place as usize])),
                None => weights.resize(list.len(), 1.0),
            }
        }
        for EdgeAttribute { name, values } in &part.relation.attributes {
            let known = list.attributes.iter().position(|attribute| attribute.name == *name);
            let place = known.unwrap_or_else(|| {
                list.attributes.push(EdgeAttribute { name: name.clone(), values: values.empty_like() });
                list.attributes.len() - 1
            });
            let united = &mut list.attributes[place].values;
            united.pad(before);
            united.append(&values.select(&at));
        }
    }
    let edges = list.len();
    list.attributes.iter_mut().for_each(|attribute| attribute.values.pad(edges));
    list.weights = weights;
    list
}

/// The edges that an earlier source has too, by source.
fn repeated(
    key: &RelationKey,
    tables: &[NodeTable],
    parts: &[Part<'_>],
) -> Vec<(usize, Tally<RepeatedEdge>)> {
    let sources = parts.chunk_by(|a, b| a.source == b.source);
    if sources.clone().count() < 2 {
        return Vec::new();
    }
    let last = parts.last().map(|part| part.source);
    let earlier = || parts.iter().filter(|part| Some(part.source) != last);
    let edges: usize = earlier().map(|part| part.sources.len()).sum();
    let mut seen: HashSet<u64, FixedState> = HashSet::with_capacity_and_hasher(edges, FixedState::default());
    let undirected = parts.iter().all(Part::is_undirected);
    let ends = |part: &Part<'_>, edge: usize| {
        let (a, b) = (part.sources[edge], part.targets[edge]);
        if undirected { (a.min(b), a.max(b)) } else { (a, b) }
    };
    let image = |(a, b): (u32, u32)| u64::from(a) << 32 | u64::from(b);
    let mut tallies = Vec::new();
    for of_source in sources {
        let mut tally = Tally::default();
        let all = || of_source.iter().flat_map(|part| (0..part.sources.len()).map(move |edge| (part, edge)));
        for (part, edge) in all() {
            if seen.contains(&image(ends(part, edge))) {
                let [source, target] = part.types.map(|place| &tables[place as usize]);
                tally.add(|| RepeatedEdge {
                    relation: key.clone(),
                    source: source.ids[part.sources[edge] as usize].clone(),
                    target: target.ids[part.targets[edge] as usize].clone(),
                });
            }
        }
        if Some(of_source[0].source) != last {
            seen.extend(all().map(|(part, edge)| image(ends(part, edge))));
        }
        tallies.push((of_source[0].source, tally));
    }
    tallies
}
