//! The fingerprint: one short text that says whether two graphs are the same to a model.

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::graph::{Graph, Relation};
use crate::nodes::NodeTable;

impl Graph {
    /// SHA-256, as 64 hexadecimal digits, of everything in the graph that a model can see.
    ///
    /// That is, in order: each node type with its name, its ids and its features (name, width, bits of every value);
    /// and each relation with its key, its edges and the bits of their weights. The order of the node types, of their
    /// nodes and of the relations counts, since a seeded model depends on it; the order in which edges were read does
    /// not. Names, synonyms, cross-references, provenance and the count of merged duplicates are left out: correcting
    /// the spelling of a drug does not make another graph.
    ///
    /// The text is the same on every machine and however the graph was stored.
    pub fn fingerprint(&self) -> String {
        let (tables, relations): (Vec<_>, Vec<_>) = rayon::join(
            || self.node_tables.par_iter().map(|table| node_type(table).finish()).collect(),
            || self.relations.par_iter().map(|edges| relation(edges).finish()).collect(),
        );
        let mut whole = Canonical::default();
        whole.text("theriac graph 1");
        for part in [tables, relations] {
            whole.count(part.len());
            for digest in part {
                whole.0.update(digest);
            }
        }
        format!("{:x}", whole.0.finalize())
    }
}

fn node_type(table: &NodeTable) -> Canonical {
    let mut part = Canonical::default();
    part.text(&table.node_type);
    part.count(table.len());
    for id in &table.ids {
        part.text(id);
    }
    part.count(usize::from(table.features.is_some()));
    if let Some(features) = &table.features {
        part.text(&features.name);
        part.count(features.dim);
        part.numbers(&features.values, f32::to_le_bytes);
    }
    part
}

fn relation(relation: &Relation) -> Canonical {
    let mut part = Canonical::default();
    part.text(&relation.key.to_string());
    part.numbers(relation.forward.offsets(), u32::to_le_bytes);
    part.numbers(relation.forward.indices(), u32::to_le_bytes);
    part.count(usize::from(relation.forward.weights().is_some()));
    if let Some(weights) = relation.forward.weights() {
        part.numbers(weights, f32::to_le_bytes);
    }
    part
}

/// A hash of values written one way only: lengths first, little-endian.
#[derive(Default)]
struct Canonical(Sha256);

impl Canonical {
    fn count(&mut self, count: usize) {
        self.0.update((count as u64).to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.update(text);
    }

    fn numbers<T: Copy>(&mut self, values: &[T], bytes: fn(T) -> [u8; 4]) {
        self.count(values.len());
        let mut block = [0u8; 4 * 1024];
        for chunk in values.chunks(block.len() / 4) {
            for (slot, &value) in block.chunks_exact_mut(4).zip(chunk) {
                slot.copy_from_slice(&bytes(value));
            }
            self.0.update(&block[..4 * chunk.len()]);
        }
    }

    fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        DuplicatePolicy, EdgeList, FeatureMatrix, Graph, GraphBuilder, NodeTable, Provenance, RelationKey,
    };

    fn graph(change: impl FnOnce(&mut NodeTable, &mut EdgeList)) -> Graph {
        let mut drugs =
            NodeTable::new("drug", vec!["d1".into(), "d2".into()], vec!["one".into(), "two".into()]);
        drugs.features = Some(FeatureMatrix { name: "mass".into(), dim: 1, values: vec![1.0, 2.0] });
        let mut edges = EdgeList {
            sources: vec![0, 1],
            targets: vec![1, 0],
            weights: Some(vec![0.5, 0.25]),
            ..EdgeList::default()
        };
        change(&mut drugs, &mut edges);
        let mut builder = GraphBuilder::new(Provenance::default());
        builder.add_nodes(drugs).unwrap();
        builder
            .add_relation(RelationKey::new("drug", "interacts", "drug"), edges, DuplicatePolicy::Reject)
            .unwrap();
        builder.build().unwrap()
    }

    #[test]
    fn what_a_model_sees_counts() {
        let original = graph(|_, _| ()).fingerprint();
        assert_eq!(original.len(), 64);
        let changed = [
            graph(|drugs, _| drugs.ids[1] = "d3".into()),
            graph(|drugs, _| drugs.ids.swap(0, 1)),
            graph(|drugs, _| drugs.features = None),
            graph(|drugs, _| drugs.features.as_mut().unwrap().values[1] = 2.000_000_2),
            graph(|drugs, _| drugs.features.as_mut().unwrap().name = "charge".into()),
            graph(|_, edges| edges.targets[0] = 0),
            graph(|_, edges| edges.weights.as_mut().unwrap()[1] = 0.5),
            graph(|_, edges| edges.weights = None),
        ];
        let mut seen = vec![original];
        for graph in changed {
            let fingerprint = graph.fingerprint();
            assert!(!seen.contains(&fingerprint), "{graph:?} has the fingerprint of another graph");
            seen.push(fingerprint);
        }
    }

    #[test]
    fn what_a_model_does_not_see_does_not_count() {
        let original = graph(|_, _| ()).fingerprint();
        let same = graph(|drugs, edges| {
            drugs.names[0] = "Uno".into();
            drugs.synonyms[0] = vec!["I".into()];
            drugs.xrefs[1] = vec!["x:2".into()];
            edges.sources.reverse();
            edges.targets.reverse();
            edges.weights.as_mut().unwrap().reverse();
        });
        assert_eq!(same.fingerprint(), original);
    }

    #[test]
    fn the_fingerprint_is_the_same_on_every_machine_and_in_every_version() {
        assert_eq!(
            graph(|_, _| ()).fingerprint(),
            "2749ced34c6bf79e732603cbf18d83dfad1b8022af37d589e07358b264a6ac93"
        );
    }
}
