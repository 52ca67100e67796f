//! An explanation as one JSON document.

use serde::Serialize;
use theriac_explain::{
    Control, EdgeEffect, EdgeSet, EvidencePath, Explanation, MetapathEvidence, Node, Precedent,
};
use theriac_graph::{Edge, NodeLabel};
use theriac_link::FittedScorer;
use utoipa::ToSchema;

use super::{Answer, Moment, Standing};
use crate::contributions::Contributed;

/// What `--json` prints.
#[derive(Serialize, ToSchema)]
pub struct Document<'a> {
    pair: PairNames,
    #[serde(flatten)]
    standing: &'a Standing,
    rank: f64,
    base_rate: f64,
    contributions: Option<Contributed<'a>>,
    what_if: Option<WhatIfNames>,
    edges: Vec<EdgeNames>,
    edges_on_paths: usize,
    paths_between: u64,
    metapaths: Vec<MetapathNames>,
    paths: Vec<PathNames>,
    precedents: Vec<PrecedentNames>,
    necessary: Option<SetNames>,
    sufficient: Option<SetNames>,
    fidelity: FidelityNames,
    model: ModelNames<'a>,
}

#[derive(Serialize, ToSchema)]
struct PairNames {
    source: NodeNames,
    target: NodeNames,
}

#[derive(Clone, Serialize, ToSchema)]
struct NodeNames {
    #[serde(rename = "type")]
    node_type: String,
    id: String,
    name: String,
}

#[derive(Serialize, ToSchema)]
struct EdgeNames {
    relation: String,
    source: NodeNames,
    target: NodeNames,
    #[serde(skip_serializing_if = "Option::is_none")]
    delta: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rank_after: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sources: Vec<AttributeNames>,
}

#[derive(Serialize, ToSchema)]
struct AttributeNames {
    attribute: String,
    value: String,
}

#[derive(Serialize, ToSchema)]
struct MetapathNames {
    metapath: String,
    effect: f64,
    share: f64,
    enrichment: f64,
    paths: u64,
    weight: f64,
    matched_pairs: usize,
    matched_mean: f64,
    matched_at_least: f64,
}

#[derive(Serialize, ToSchema)]
struct PathNames {
    metapath: String,
    nodes: Vec<NodeNames>,
    edges: Vec<EdgeNames>,
    effect: f32,
    weight: f64,
}

#[derive(Serialize, ToSchema)]
struct PrecedentNames {
    source: NodeNames,
    target: NodeNames,
    effect: f32,
    shared: Vec<SharedNames>,
}

#[derive(Serialize, ToSchema)]
struct SharedNames {
    relation: String,
    #[serde(flatten)]
    node: NodeNames,
}

#[derive(Serialize, ToSchema)]
struct SetNames {
    edges: Vec<EdgeNames>,
    top: usize,
    score: f32,
    rank: f64,
}

#[derive(Serialize, ToSchema)]
struct WhatIfNames {
    edits: Vec<EdgeNames>,
    before: Moment,
    after: Moment,
}

#[derive(Serialize, ToSchema)]
struct FidelityNames {
    edges: usize,
    plus: f32,
    minus: f32,
    sparsity: f64,
    agreement: Option<f64>,
}

#[derive(Serialize, ToSchema)]
struct ModelNames<'a> {
    path: String,
    scorer: &'a str,
    target: String,
}

impl Answer<'_> {
    /// As `--json` prints it.
    pub fn document(&self) -> Document<'_> {
        let Explanation { edges, metapaths, precedents, necessary, sufficient, fidelity, .. } =
            &self.explanation;
        let ends = self.ends();
        let set = |set: &EdgeSet| SetNames {
            edges: set.edges.iter().map(|&edge| self.edge(edge, None)).collect(),
            top: self.top,
            score: set.score,
            rank: set.rank,
        };
        let paths = metapaths.iter().flat_map(|of| of.paths.iter().map(move |path| (of, path)));
        Document {
            pair: PairNames { source: self.node(ends[0]), target: self.node(ends[1]) },
            standing: &self.standing,
            rank: self.standing.rank(),
            base_rate: self.base_rate(),
            contributions: self.contributed(),
            what_if: self.what_if.as_ref().map(|what_if| WhatIfNames {
                edits: what_if.edits.iter().map(|&edge| self.edge(edge, None)).collect(),
                before: what_if.before,
                after: what_if.after,
            }),
            edges: edges.iter().map(|effect| self.edge(effect.edge, Some(effect))).collect(),
            edges_on_paths: self.explanation.carrying,
            paths_between: self.explanation.paths,
            metapaths: metapaths.iter().map(|of| self.metapath(of)).collect(),
            paths: paths.map(|(of, path)| self.path(of, path)).collect(),
            precedents: precedents.iter().map(|precedent| self.precedent(precedent)).collect(),
            necessary: necessary.as_ref().map(set),
            sufficient: sufficient.as_ref().map(set),
            fidelity: FidelityNames {
                edges: fidelity.edges,
                plus: fidelity.plus,
                minus: fidelity.minus,
                sparsity: fidelity.sparsity,
                agreement: fidelity.agreement,
            },
            model: ModelNames {
                path: self.folder.display().to_string(),
                scorer: self.model.fitted.name(),
                target: self.relation.key.to_string(),
            },
        }
    }

    fn node(&self, node: Node) -> NodeNames {
        let NodeLabel { id, name, .. } = self.label(node);
        NodeNames { node_type: self.graph.node_tables()[node.node_type].node_type.clone(), id, name }
    }

    fn edge(&self, edge: Edge, effect: Option<&EdgeEffect>) -> EdgeNames {
        let relation = &self.graph.relations()[edge.relation];
        let [source, target] = self.edge_ends(edge).map(|node| self.node(node));
        let said = self
            .said_of(edge)
            .map(|(attribute, value)| AttributeNames { attribute: attribute.into(), value });
        EdgeNames {
            relation: relation.key.to_string(),
            source,
            target,
            delta: effect.map(|effect| -effect.effect),
            rank_after: effect.map(|effect| effect.rank_after),
            sources: said.collect(),
        }
    }

    fn metapath(&self, of: &MetapathEvidence) -> MetapathNames {
        let Control { weight, mean, at_least, pairs } = of.control;
        MetapathNames {
            metapath: self.metapath_name(&of.steps),
            effect: of.effect,
            share: of.share,
            enrichment: of.enrichment,
            paths: of.count,
            weight,
            matched_pairs: pairs,
            matched_mean: mean,
            matched_at_least: at_least,
        }
    }

    fn path(&self, of: &MetapathEvidence, path: &EvidencePath) -> PathNames {
        PathNames {
            metapath: self.metapath_name(&of.steps),
            nodes: path.nodes.iter().map(|&node| self.node(node)).collect(),
            edges: path.edges.iter().map(|&edge| self.edge(edge, None)).collect(),
            effect: path.effect,
            weight: path.weight,
        }
    }

    fn precedent(&self, precedent: &Precedent) -> PrecedentNames {
        let [source, target] = self.link_ends(precedent.link).map(|node| self.node(node));
        let shared = precedent.shared.iter().map(|&(direction, node)| SharedNames {
            relation: self.graph.relations()[direction.relation].key.to_string(),
            node: self.node(node),
        });
        PrecedentNames { source, target, effect: precedent.effect, shared: shared.collect() }
    }
}
