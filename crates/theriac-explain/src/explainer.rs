//! From a pair to its explanation.

use std::collections::{BTreeSet, HashMap};

use theriac_graph::{Edge, EditedGraph};
use theriac_link::{Pair, Rescorer, TrainView};

use crate::control::{Control, matched};
use crate::effect::{EdgeEffect, Subject};
use crate::evidence::{Evidence, MOST_STEPS};
use crate::fidelity::Fidelity;
use crate::filter::PathFilter;
use crate::precedents::{Precedent, precedents};
use crate::schema::{Direction, Node, Schema};
use crate::sets::{EdgeSet, helpful, necessary, sufficient, without};

/// Metapaths that are held against matched pairs and told.
const METAPATHS: usize = 12;
/// Precedents that are told.
const PRECEDENTS: usize = 8;
/// Edges of the explanation that fidelity is told of.
const EXPLAINING: usize = 10;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// The pair.
    pub pair: Pair,
    /// Scores of the candidates that it is ranked among, without its own.
    pub others: Vec<f32>,
    /// Which paths count as evidence.
    pub filter: PathFilter<'a>,
    /// Steps of paths, at most: no more than [`MOST_STEPS`].
    pub most_steps: usize,
    /// Edges whose effects are computed, at most.
    pub edges: usize,
    /// The first ranks, for necessary and sufficient sets.
    pub top: usize,
    /// Matched pairs that metapaths are held against.
    pub matched: usize,
    /// Seed of the matched pairs.
    pub seed: u64,
}

impl Question<'_> {
    /// Why this pair, with what is sensible for all else.
    pub fn new(pair: Pair, others: Vec<f32>) -> Self {
        let filter = PathFilter::default();
        Self { pair, others, filter, most_steps: MOST_STEPS, edges: 48, top: 10, matched: 50, seed: 0 }
    }
}

/// Why a pair scores as it does.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The pair.
    pub pair: Pair,
    /// Its score.
    pub score: f32,
    /// Its rank among the candidates, ties at the mean of the best and the worst.
    pub rank: f64,
    /// Number of paths between the two nodes.
    pub paths: u64,
    /// Number of edges on them.
    pub carrying: usize,
    /// Edges whose effects were computed exactly, those with the greatest effects first. Where there are more that carry paths,
    /// they are those that carry the most.
    pub edges: Vec<EdgeEffect>,
    /// Kinds of paths, those with the greatest effects first.
    pub metapaths: Vec<MetapathEvidence>,
    /// Known links that carry the prediction.
    pub precedents: Vec<Precedent>,
    /// A small set of edges without which the pair is no more among the first.
    pub necessary: Option<EdgeSet>,
    /// A small set of edges that alone keep it there.
    pub sufficient: Option<EdgeSet>,
    /// How far to trust the edges.
    pub fidelity: Fidelity,
}

/// Paths of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct MetapathEvidence {
    /// Its steps, from the source.
    pub steps: Vec<Direction>,
    /// The sum of the effects of edges, of each the share that the edge carries of this kind, by weight.
    pub effect: f64,
    /// The share of that in the effects above 0 of all kinds.
    pub share: f64,
    /// How much more its paths weigh than if the nodes that both ends reach were independent.
    pub enrichment: f64,
    /// Number of its paths.
    pub count: u64,
    /// Its weight held against matched pairs.
    pub control: Control,
    /// Its weightiest paths, those with the greatest effects first.
    pub paths: Vec<EvidencePath>,
}

/// A path from the source of the pair to its target.
#[derive(Clone, Debug, PartialEq)]
pub struct EvidencePath {
    /// Its nodes, both ends included.
    pub nodes: Vec<Node>,
    /// Its edges, in order.
    pub edges: Vec<Edge>,
    /// The sum of its edges' effects, of those that were computed.
    pub effect: f32,
    /// Its weight by degrees alone.
    pub weight: f64,
}

/// Explains a model's scores on the view that it was fitted on.
pub struct Explainer<'a> {
    view: &'a TrainView,
    rescorer: &'a dyn Rescorer,
    /// The graph that is asked about: that of the view, or one with other edges.
    graph: EditedGraph<'a>,
    schema: Schema,
}

impl<'a> Explainer<'a> {
    /// An explainer of what `rescorer` says on this graph, whose original is that of the view.
    pub fn new(view: &'a TrainView, rescorer: &'a dyn Rescorer, graph: EditedGraph<'a>) -> Self {
        let schema = Schema::new(&graph);
        Self { view, rescorer, graph, schema }
    }

    /// Why a pair scores as it does.
    pub fn explain(&self, question: &Question<'_>) -> Explanation {
        let Question { pair, filter, .. } = question;
        let most_steps = question.most_steps.clamp(1, MOST_STEPS);
        let evidence = Evidence::find(self.view, &self.schema, &self.graph, *pair, filter, most_steps);
        let asked: Vec<Edge> = evidence.flows.iter().take(question.edges).map(|(edge, _)| *edge).collect();
        let subject = Subject::new(self.rescorer, &self.graph, &asked, *pair, question.others.clone());
        let mut effects = subject.effects(&self.graph, &asked);
        effects.sort_by(|a, b| b.effect.abs().total_cmp(&a.effect.abs()).then(a.edge.cmp(&b.edge)));
        let score = subject.score(&self.graph);
        let field = self.field(*pair, &evidence.flows);
        let bare = without(&self.graph, &field);
        // Sets that suffice are looked for among the first alone.
        let is_first = subject.rank(score) <= question.top as f64;
        let around = is_first.then(|| subject.around(&bare, &helpful(&effects)));
        let on_bare = around.as_ref().unwrap_or(&subject);
        let sets = || {
            let necessary = necessary(&subject, &self.graph, &effects, question.top);
            let sufficient =
                is_first.then(|| sufficient(on_bare, &self.graph, &bare, &effects, question.top)).flatten();
            let bare = (&bare, field.len());
            let fidelity = Fidelity::new([&subject, on_bare], &self.graph, bare, &effects, EXPLAINING);
            (necessary, sufficient, fidelity)
        };
        let kinds = || {
            let matched = matched(self.view, *pair, question.matched, question.seed);
            self.metapaths(*pair, &evidence, &effects, &matched)
        };
        let ((necessary, sufficient, fidelity), metapaths) = rayon::join(sets, kinds);
        Explanation {
            pair: *pair,
            score,
            rank: subject.rank(score),
            paths: evidence.metapaths.iter().map(|metapath| metapath.count).sum(),
            carrying: evidence.flows.len(),
            metapaths,
            precedents: precedents(self.view, &self.graph, *pair, &effects, PRECEDENTS),
            necessary,
            sufficient,
            fidelity,
            edges: effects,
        }
    }

    /// Number of paths of at most `most_steps` steps between the two nodes of a pair that have nodes in between, all of them
    /// among `nodes`.
    pub fn paths_within(&self, pair: Pair, nodes: &BTreeSet<Node>, most_steps: usize) -> u64 {
        let target = self.view.target();
        let source = Node { node_type: target.source_type, index: pair.source };
        let end = Node { node_type: target.target_type, index: pair.target };
        let mut inner = nodes.clone();
        inner.remove(&source);
        inner.remove(&end);
        self.paths_on(source, end, &inner, most_steps.min(MOST_STEPS))
    }

    /// The same from one node to another, neither of them among `nodes`.
    fn paths_on(&self, from: Node, end: Node, nodes: &BTreeSet<Node>, most_steps: usize) -> u64 {
        if most_steps < 2 {
            return 0;
        }
        let through = |&next: &Node| {
            let edges = self.edges_between(from, next);
            if edges == 0 {
                return 0;
            }
            let mut others = nodes.clone();
            others.remove(&next);
            edges * (self.edges_between(next, end) + self.paths_on(next, end, &others, most_steps - 1))
        };
        nodes.iter().map(through).sum()
    }

    /// Number of steps that lead from one node to another.
    fn edges_between(&self, from: Node, to: Node) -> u64 {
        let leads = |step: &usize| {
            let of = &self.schema.steps[*step];
            (of.from, of.to) == (from.node_type, to.node_type)
                && self.schema.row(&self.graph, *step, from.index).contains(to.index)
        };
        (0..self.schema.steps.len()).filter(leads).count() as u64
    }

    /// All edges of either node of the pair but its own, and all that carry paths.
    fn field(&self, pair: Pair, flows: &[(Edge, f64)]) -> Vec<Edge> {
        let target = self.view.target();
        let mut field: BTreeSet<Edge> = flows.iter().map(|(edge, _)| *edge).collect();
        for (node_type, node) in [(target.source_type, pair.source), (target.target_type, pair.target)] {
            for (step, of) in self.schema.steps.iter().enumerate().filter(|(_, of)| of.from == node_type) {
                let own = |other: u32| {
                    let other_end = if node_type == target.source_type { pair.target } else { pair.source };
                    other == other_end && of.to != node_type && self.is_covered(of.direction.relation)
                };
                let row = self.schema.row(&self.graph, step, node).neighbors.iter();
                field.extend(
                    row.filter(|&&other| !own(other)).map(|&other| self.schema.edge(step, node, other)),
                );
            }
        }
        field.into_iter().collect()
    }

    fn is_covered(&self, relation: usize) -> bool {
        let key = &self.view.graph().relations()[relation].key;
        self.view.task().covers(key)
    }

    /// What each edge does is shared among the metapaths that it carries, and of a metapath among its paths, by their weights.
    fn metapaths(
        &self,
        pair: Pair,
        evidence: &Evidence,
        effects: &[EdgeEffect],
        matched: &[Pair],
    ) -> Vec<MetapathEvidence> {
        let edges: Vec<Edge> = effects.iter().map(|effect| effect.edge).collect();
        let shares = evidence.shares(&self.schema, &edges);
        let mut of_metapaths = vec![0.0; evidence.metapaths.len()];
        for (shares, effect) in shares.iter().zip(effects) {
            for (&metapath, share) in shares {
                of_metapaths[metapath] += share * f64::from(effect.effect);
            }
        }
        let known: HashMap<Edge, usize> = edges.iter().copied().zip(0..).collect();
        let mut order: Vec<usize> = (0..of_metapaths.len()).collect();
        // Of those without an effect, the one with the most enrichment first, as they were found.
        order.sort_by(|&a, &b| of_metapaths[b].total_cmp(&of_metapaths[a]));
        let total: f64 = of_metapaths.iter().map(|effect| effect.max(0.0)).sum();
        let told = |&place: &usize| {
            let metapath = &evidence.metapaths[place];
            let path = |(nodes, weight): &(Vec<Node>, f64)| {
                let edges = metapath.steps.iter().zip(nodes.windows(2));
                let edges: Vec<Edge> =
                    edges.map(|(&step, ends)| self.schema.edge(step, ends[0].index, ends[1].index)).collect();
                let computed = edges.iter().filter_map(|edge| known.get(edge));
                let effect = computed.map(|&edge| effects[edge].effect).sum();
                EvidencePath { nodes: nodes.clone(), edges, effect, weight: *weight }
            };
            let mut paths: Vec<EvidencePath> = metapath.paths.iter().map(path).collect();
            paths.sort_by(|a, b| b.effect.total_cmp(&a.effect).then(b.weight.total_cmp(&a.weight)));
            MetapathEvidence {
                steps: metapath.steps.iter().map(|&step| self.schema.steps[step].direction).collect(),
                effect: of_metapaths[place],
                share: if total > 0.0 { of_metapaths[place].max(0.0) / total } else { 0.0 },
                enrichment: metapath.enrichment,
                count: metapath.count,
                control: Control::new(&self.schema, &self.graph, &metapath.steps, pair, matched),
                paths,
            }
        };
        order.iter().take(METAPATHS).map(told).collect()
    }
}
