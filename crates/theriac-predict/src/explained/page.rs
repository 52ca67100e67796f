//! An explanation as a page shows it.

use theriac_explain::{EvidencePath, Explanation, MetapathEvidence};
use theriac_graph::Edge;
use theriac_report as page;

use super::Answer;

/// Paths that a picture is made of, at most: those of the kinds with the greatest effects.
const PATHS: usize = 12;
/// Paths of a kind among them.
const OF_A_KIND: usize = 2;
/// Edges that are listed.
const EDGES: usize = 10;

impl Answer<'_> {
    /// As a page shows it, with what a reader has to be careful about.
    pub fn page(&self, notes: Vec<page::Finding>, reverse_rank: Option<page::Place>) -> page::Explanation {
        let Explanation { edges, metapaths, precedents, fidelity, .. } = &self.explanation;
        let contributed = &self.made_of;
        let contributions = contributed.iter().flat_map(|of| {
            let parts = of.parts.iter().map(|&(name, value)| (name, value));
            parts
                .chain([("popularity", of.popularity)])
                .map(|(name, value)| page::Contribution { name: name.into(), value: value.into() })
        });
        let mut paths: Vec<(&MetapathEvidence, &EvidencePath)> = metapaths
            .iter()
            .flat_map(|of| of.paths.iter().take(OF_A_KIND).map(move |path| (of, path)))
            .collect();
        paths.retain(|(_, path)| path.effect > 0.0);
        paths.truncate(PATHS);
        paths.sort_by(|a, b| b.1.effect.total_cmp(&a.1.effect));
        let members = edges.first().map_or(0, |effect| effect.members.len()) as u64;
        page::Explanation {
            notes,
            reverse_rank,
            base: contributed.as_ref().map(|of| of.base.into()),
            contributions: contributions.collect(),
            paths: paths.into_iter().map(|(of, path)| self.page_path(of, path)).collect(),
            paths_found: Some(self.explanation.paths),
            counterfactuals: edges
                .iter()
                .filter(|effect| effect.effect != 0.0)
                .take(EDGES)
                .map(|effect| {
                    let [source, target] = self.edge_ends(effect.edge).map(|node| self.label(node).name);
                    page::Counterfactual {
                        relation: self.graph.relations()[effect.edge.relation].key.name.clone(),
                        source,
                        target,
                        change: (-effect.effect).into(),
                        rank_after: Some(effect.rank_after.round() as u64),
                    }
                })
                .collect(),
            metapaths: metapaths
                .iter()
                .filter(|of| of.effect > 0.0)
                .map(|of| page::Metapath {
                    name: self.metapath_name(&of.steps),
                    share: of.share,
                    matched: (of.control.pairs > 0).then_some(of.control.at_least),
                    paths: Some(of.count),
                })
                .collect(),
            precedents: precedents.iter().map(|of| format!("{}.", self.precedent_text(of))).collect(),
            fidelity: (fidelity.edges > 0).then_some(page::Fidelity {
                plus: Some(fidelity.plus.into()),
                minus: Some(fidelity.minus.into()),
                sparsity: Some(fidelity.sparsity),
                agreement: fidelity.agreement,
                seeds: fidelity.agreement.map(|_| members),
            }),
            own_unit: self.standing.probability.is_none(),
        }
    }

    /// The evidence in one line: the path with the greatest effect of the kind with the greatest.
    pub fn line(&self) -> Option<String> {
        let of = self.explanation.metapaths.first().filter(|of| of.effect > 0.0)?;
        Some(self.path_text(of, of.paths.first()?))
    }

    fn page_path(&self, of: &MetapathEvidence, path: &EvidencePath) -> page::EvidencePath {
        let effect = |edge: &Edge| {
            let found = self.explanation.edges.iter().find(|effect| effect.edge == *edge);
            found.map(|effect| f64::from(effect.effect))
        };
        let node = |&node: &theriac_explain::Node| {
            let label = self.label(node);
            let kind = self.graph.node_tables()[node.node_type].node_type.clone();
            page::Node { id: label.id, name: label.name, kind }
        };
        let hop = |(step, edge): (&theriac_explain::Direction, &Edge)| {
            let relation = &self.graph.relations()[step.relation];
            let arrow = match (relation.undirected, step.reversed) {
                (true, _) => page::Arrow::None,
                (false, false) => page::Arrow::Forward,
                (false, true) => page::Arrow::Backward,
            };
            let provenance = self.said_of(*edge).map(|(name, value)| format!("{name}: {value}")).collect();
            page::Hop { relation: relation.key.name.clone(), arrow, effect: effect(edge), provenance }
        };
        page::EvidencePath {
            nodes: path.nodes.iter().map(node).collect(),
            hops: of.steps.iter().zip(&path.edges).map(hop).collect(),
            effect: Some(path.effect.into()),
        }
    }
}
