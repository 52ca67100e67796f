//! Induction: what is known of nodes like it says what to expect of a node that has no known link.
//!
//! A node is told by its edges beside those of the target relation, and by its features; each kind of these is evidence of
//! which nodes it is like. How far a kind is to be trusted is learned from nodes with known links, each taken for new in its
//! turn: what the others say of it is held against its own links. Kinds that do no better than chance, or no better than
//! naming the most popular candidates, are not listened to.

mod anew;
mod evidence;
mod kind;
mod learned;
mod learning;

use std::sync::Arc;

use rayon::prelude::*;
use theriac_graph::{Csr, EditedGraph, NewNode};
use theriac_link::{Budget, FitRecord, FittedScorer, LinkError, Pair, Rescorer, Scorer, TrainView};

pub(crate) use self::anew::restore;
use self::anew::{InductiveAnew, NewcomerAnew};
use self::evidence::Asked;
use self::learned::Learned;
use crate::neighbours::weighted;
use crate::score_matrix::{ScoreMatrix, transposed};
use crate::selection::Selection;

const NAME: &str = "induction";

/// Shares of what is said by the nodes like the source to choose from, the default first.
const SOURCE_SHARES: [f32; 5] = [0.5, 0.0, 0.25, 0.75, 1.0];

/// Scores a pair as if neither end had a known link: by the links of the nodes that either end is like, told by features and
/// by the edges of all relations but those that the task covers; see [`Induction`]. The score is `w a + (1 - w) b`, where `a`
/// is what is said of the target as a candidate of the source, `b` the other way round, and `w` is chosen on the validation
/// part.
#[derive(Clone, Copy, Debug, Default)]
pub struct Inductive;

/// What is learned of one end of the target relation, to score any node of its type, known or new, against all nodes of the
/// other end, its *candidates*.
///
/// The score of candidate c for node x is `p_c + Σ_y s_xy (A_yc + g Σ_d l_cd A_yd)`, where `A` are the train edges. `s_xy` is
/// the share of node y in the vote on x: for each kind of evidence the similarities of the nodes most like x, to a power,
/// over their sum, and over kinds their mean by weights that sum to 1. `l_cd` is the same for candidates, learned at the other
/// end. `p_c` is the share of nodes that c is linked with, by a weight. Where both ends have edges to a third type, what a
/// candidate has in common with x counts as well, by a weight of its own. No known link of x itself takes part.
///
/// Everything left open (how many nodes vote, power, weights, g) is chosen by the average precision over known nodes
/// that are taken for new: a sample of 400,000 pairs at most. This part is the train part; validation and test are not
/// looked at.
pub struct Induction<'a> {
    graph: EditedGraph<'a>,
    learned: Arc<Learned>,
    /// Of the other end.
    of_candidates: Arc<Learned>,
    /// How alike candidates are: `[candidates, candidates]`.
    likeness: Csr,
}

/// How well a kind of evidence tells the links of nodes that are taken for new.
#[derive(Clone, Debug, PartialEq)]
pub struct Examined {
    /// The kind, in words.
    pub evidence: String,
    /// Nodes that have this evidence, of those taken for new. The figures are over these and all candidates.
    pub nodes: usize,
    /// AUROC of the votes by this evidence alone: 0.5 is chance.
    pub auroc: f64,
    /// Their average precision.
    pub average_precision: f64,
    /// Average precision of naming the candidates with the most links.
    pub popularity: f64,
    /// What it counts beside the other kinds, of 1 in all; 0 where it is not listened to.
    pub weight: f32,
}

/// What is said of a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Opinion {
    /// The score of each candidate.
    pub scores: Vec<f32>,
    /// The nodes that vote, the greatest share first.
    pub voters: Vec<(u32, f32)>,
    /// Of each kind of [`Induction::examined`] that is listened to and tells something of the node, its place and how many
    /// nodes it finds alike.
    pub told: Vec<(usize, usize)>,
    /// What candidates have in common with the node, those with nothing left out, by index.
    pub direct: Vec<(u32, f32)>,
}

impl<'a> Induction<'a> {
    /// Learns from a view: of its sources, and of its targets.
    ///
    /// # Errors
    ///
    /// When the similarities of the graph are not numbers.
    pub fn learn(view: &'a TrainView, budget: &Budget<'_>) -> Result<[Self; 2], LinkError> {
        let graph = EditedGraph::new(view.graph());
        let ([of_sources, of_targets], [sources, targets]) = learning::learn(view, &graph, budget)?;
        let (of_sources, of_targets) = (Arc::new(of_sources), Arc::new(of_targets));
        let end = |learned: &Arc<Learned>, of_candidates: &Arc<Learned>, likeness| Self {
            graph: graph.clone(),
            learned: learned.clone(),
            of_candidates: of_candidates.clone(),
            likeness,
        };
        Ok([end(&of_sources, &of_targets, targets), end(&of_targets, &of_sources, sources)])
    }

    /// Every kind of evidence that nodes with known links have, the best first.
    pub fn examined(&self) -> &[Examined] {
        &self.learned.examined
    }

    /// What the nodes like this one say; `None` where nothing that is listened to tells of any.
    pub fn opinion(&self, node: &NewNode) -> Option<Opinion> {
        let mut opinion = self.learned.asked(&self.graph, Asked::New(node), &mut Vec::new());
        if opinion.told.is_empty() {
            return None;
        }
        opinion.scores = self.learned.scores(&self.graph, &self.likeness, &opinion);
        Some(opinion)
    }

    /// What is said of a new node, to be asked about graphs that it has joined ([`NewNode::joined_to`]) and that have other edges. Of the
    /// graph as it is, the scores are those of [`Induction::opinion`], up to rounding.
    ///
    /// The target has to join two types.
    pub fn rescorer(&self, node: &NewNode) -> impl Rescorer + use<> {
        let (own, other) = (self.learned.clone(), self.of_candidates.clone());
        let end = usize::from(own.reversed);
        let ends = if end == 0 { [own, other] } else { [other, own] };
        NewcomerAnew { ends, end, node_type: node.node_type, features: node.features.clone() }
    }

    /// What each voter adds to the score of a candidate, the greatest first; those that add nothing are left out.
    pub fn supporters(&self, opinion: &Opinion, candidate: u32) -> Vec<(u32, f32)> {
        let links = self.learned.links(&self.graph);
        let knows = |voter: u32, candidate: u32| links.of(voter).binary_search(&candidate).is_ok();
        let says = |voter: u32| {
            let own = f32::from(u8::from(knows(voter, candidate)));
            let like = weighted(&self.likeness, candidate).filter(|(other, _)| knows(voter, *other));
            own + self.learned.spread * like.map(|(_, weight)| weight).sum::<f32>()
        };
        let mut found: Vec<(u32, f32)> =
            opinion.voters.iter().map(|&(voter, share)| (voter, share * says(voter))).collect();
        found.retain(|(_, says)| *says > 0.0);
        found.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        found
    }

    /// The scores of all nodes of this end: `[nodes, candidates]`.
    fn of_all(&self) -> Vec<f32> {
        self.learned.of_all(&self.graph, &self.likeness)
    }
}

impl Scorer for Inductive {
    fn name(&self) -> &str {
        NAME
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn fit(&self, view: &TrainView, budget: &Budget<'_>) -> Result<Box<dyn FittedScorer>, LinkError> {
        ScoreMatrix::check(NAME, view)?;
        let [of_sources, of_targets] = Induction::learn(view, budget)?;
        let sources = view.sources() as usize;
        let by_sources = transposed(&of_sources.of_all(), view.targets() as usize);
        let by_targets = of_targets.of_all();
        let score = |share: f32, place: usize| share * by_sources[place] + (1.0 - share) * by_targets[place];
        let (share, trials) = Selection::new(view, budget)?.choose(
            SOURCE_SHARES.map(|share| (format!("{share} of the score from the side of the source"), share)),
            Ok,
            |&share, pairs: &[Pair]| {
                let place = |pair: &Pair| pair.target as usize * sources + pair.source as usize;
                pairs.iter().map(|pair| score(share, place(pair))).collect()
            },
        )?;
        let scores = (0..by_targets.len()).into_par_iter().map(|place| score(share, place)).collect();
        let rescorer = InductiveAnew::new([of_sources.learned, of_targets.learned], share);
        let record = FitRecord::new(NAME, view).with_trials(trials);
        Ok(Box::new(ScoreMatrix::new(scores, record).with_rescorer(Arc::new(rescorer))))
    }
}

#[cfg(test)]
mod tests {
    use theriac_graph::{
        DuplicatePolicy, Edge, EdgeList, FeatureMatrix, Graph, GraphBuilder, NewEdge, NodeTable, Provenance,
        RelationKey,
    };
    use theriac_link::conformance::check_scorer;
    use theriac_link::{Plan, Protocol, Silent, Split, Task};

    use super::*;
    use crate::testing::check_thread_counts;

    #[test]
    fn conforms() {
        check_scorer(&Inductive);
    }

    #[test]
    fn the_same_bits_on_any_number_of_threads() {
        check_thread_counts(&Inductive);
    }

    /// Drugs and diseases in five groups: drugs treat the diseases of their group, and diseases have the genes of theirs. What
    /// diseases have of tissues follows no group.
    fn grouped() -> (Graph, Task) {
        let mut builder = GraphBuilder::new(Provenance::default());
        for (node_type, count) in [("drug", 30), ("disease", 25), ("gene", 10), ("tissue", 7)] {
            let ids: Vec<String> = (0..count).map(|node| format!("{node_type}{node}")).collect();
            builder.add_nodes(NodeTable::new(node_type, ids.clone(), ids)).unwrap();
        }
        let mut add = |key: &RelationKey, joined: &dyn Fn(u32, u32) -> bool, [sources, targets]: [u32; 2]| {
            let pairs = (0..sources).flat_map(|source| (0..targets).map(move |target| (source, target)));
            let (sources, targets) = pairs.filter(|&(source, target)| joined(source, target)).unzip();
            let edges = EdgeList { sources, targets, ..EdgeList::default() };
            builder.add_relation(key.clone(), edges, DuplicatePolicy::Reject).unwrap();
        };
        let treats = RelationKey::new("drug", "treats", "disease");
        add(&treats, &|drug, disease| drug % 5 == disease % 5 && (drug + disease) % 4 != 0, [30, 25]);
        add(
            &RelationKey::new("gene", "causes", "disease"),
            &|gene, disease| gene % 5 == disease % 5,
            [10, 25],
        );
        let in_tissue = |disease: u32, tissue: u32| (disease / 5 + tissue).is_multiple_of(3);
        add(&RelationKey::new("disease", "in", "tissue"), &in_tissue, [25, 7]);
        let graph = builder.build().unwrap();
        let task = Task::with_every_sibling(&graph, treats).unwrap();
        (graph, task)
    }

    fn whole() -> TrainView {
        let (graph, task) = grouped();
        TrainView::new(&graph, &Split::random(&graph, &task, 0.0, 0.0, 1).unwrap()).unwrap()
    }

    fn of_diseases(view: &TrainView) -> Induction<'_> {
        let [_, of_diseases] = Induction::learn(view, &Budget::new(0, &Silent)).unwrap();
        of_diseases
    }

    /// A disease with these genes.
    fn with_genes(genes: &[u32]) -> NewNode {
        let edge = |&neighbor: &u32| NewEdge { relation: 1, reversed: true, neighbor, weight: 1.0 };
        NewNode { node_type: 1, edges: genes.iter().map(edge).collect(), features: None }
    }

    #[test]
    fn what_tells_nothing_is_not_listened_to() {
        let view = whole();
        let induction = of_diseases(&view);
        let [genes, tissues] = induction.examined() else { panic!("two kinds of evidence") };
        assert_eq!(genes.evidence, "neighbours in common by ^gene:causes:disease");
        assert_eq!((genes.nodes, genes.weight), (25, 1.0));
        assert!(genes.auroc > 0.95 && genes.average_precision > 2.0 * genes.popularity, "{genes:?}");
        assert_eq!(
            (tissues.evidence.as_str(), tissues.weight),
            ("neighbours in common by disease:in:tissue", 0.0)
        );
    }

    #[test]
    fn a_new_disease_is_given_the_drugs_of_those_with_its_genes() {
        let view = whole();
        let induction = of_diseases(&view);
        let opinion = induction.opinion(&with_genes(&[2, 7])).unwrap();
        assert!(opinion.voters.iter().all(|(voter, _)| voter % 5 == 2), "{:?}", opinion.voters);
        let least =
            (0..30).filter(|drug| drug % 5 == 2).map(|drug| opinion.scores[drug]).fold(f32::MAX, f32::min);
        let most = (0..30).filter(|drug| drug % 5 != 2).map(|drug| opinion.scores[drug]).fold(0.0, f32::max);
        assert!(least > most);
        for drug in 0..30 {
            let supporters = induction.supporters(&opinion, drug);
            let sum: f32 = supporters.iter().map(|(_, adds)| adds).sum();
            let links = induction.learned.links(&induction.graph);
            let prior = induction.learned.prior * links.popularity(drug) as f32 / induction.learned.nodes;
            assert!((sum + prior - opinion.scores[drug as usize]).abs() < 1e-5);
            assert!(supporters.is_sorted_by(|one, other| one.1 >= other.1));
        }
    }

    #[test]
    fn a_new_disease_is_scored_on_other_graphs_as_it_would_be_with_other_edges() {
        let view = whole();
        let induction = of_diseases(&view);
        let node = with_genes(&[1, 2, 7]);
        let rescorer = induction.rescorer(&node);
        let joined = node.joined_to(view.graph(), "mine");
        let graph = EditedGraph::new(&joined);
        let has = |gene: u32| Edge { relation: 1, source: gene, target: 25 };
        let told = [
            (graph.clone(), node.clone()),
            (graph.clone().without(has(1)), with_genes(&[2, 7])),
            (graph.clone().without(has(2)).without(has(7)), with_genes(&[1])),
            (graph.clone().with(has(4), 1.0), with_genes(&[1, 2, 4, 7])),
        ];
        for (graph, node) in told {
            let expected = induction.opinion(&node).unwrap().scores;
            for drug in 0..30 {
                let found = rescorer.rescore(&graph, Pair::new(drug, 25));
                assert!(
                    (found - expected[drug as usize]).abs() < 1e-6,
                    "{found} {}",
                    expected[drug as usize]
                );
            }
        }
        // Nothing tells of it any more: the popularity of the drug is left.
        let alone = [1, 2, 7].into_iter().fold(graph.clone(), |graph, gene| graph.without(has(gene)));
        let popularity = induction.learned.popularity(&graph, 3);
        assert_eq!(rescorer.rescore(&alone, Pair::new(3, 25)), popularity);
        // A known link of a disease like it speaks for its drug.
        let link = Edge { relation: 0, source: 2, target: 7 };
        assert!(graph.contains(link));
        let pair = Pair::new(2, 25);
        assert!(rescorer.rescore(&graph.clone().without(link), pair) < rescorer.rescore(&graph, pair));
    }

    /// Diseases that are told by features: how alike they are to all, or a few numbers.
    #[test]
    fn features_of_a_new_disease_count_on_other_graphs_as_well() {
        let alike = |one: u32, other: u32| if one % 5 == other % 5 { 1.0 } else { 0.1 };
        let similarities: Vec<f32> =
            (0..25).flat_map(|one| (0..25).map(move |other| alike(one, other))).collect();
        let groups: Vec<f32> = (0..25).flat_map(|one| (0..5).map(move |group| alike(one, group))).collect();
        for (dim, values) in [(25, similarities), (5, groups)] {
            let (mut builder, graph) = (GraphBuilder::new(Provenance::default()), grouped().0);
            for table in graph.node_tables() {
                let mut table = table.clone();
                if table.node_type == "disease" {
                    table.features =
                        Some(FeatureMatrix { name: "likeness".into(), dim, values: values.clone() });
                }
                builder.add_nodes(table).unwrap();
            }
            let treats = &graph.relations()[0];
            let (sources, targets) = treats.forward.pairs().unzip();
            let edges = EdgeList { sources, targets, ..EdgeList::default() };
            builder.add_relation(treats.key.clone(), edges, DuplicatePolicy::Reject).unwrap();
            let graph = builder.build().unwrap();
            let task = Task::with_every_sibling(&graph, treats.key.clone()).unwrap();
            let view = TrainView::new(&graph, &Split::random(&graph, &task, 0.0, 0.0, 1).unwrap()).unwrap();
            let induction = of_diseases(&view);
            let features = (0..dim as u32).map(|other| alike(2, other)).collect();
            let node = NewNode { features: Some(features), ..with_genes(&[]) };
            let expected = induction.opinion(&node).unwrap().scores;
            let joined = node.joined_to(view.graph(), "mine");
            for drug in 0..30 {
                let found =
                    induction.rescorer(&node).rescore(&EditedGraph::new(&joined), Pair::new(drug, 25));
                assert!(
                    (found - expected[drug as usize]).abs() < 1e-6,
                    "{dim}: {found} {}",
                    expected[drug as usize]
                );
            }
        }
    }

    #[test]
    fn without_evidence_nothing_is_said() {
        let view = whole();
        let induction = of_diseases(&view);
        assert_eq!(induction.opinion(&with_genes(&[])), None);
        let tissue = NewEdge { relation: 2, reversed: false, neighbor: 3, weight: 1.0 };
        assert_eq!(induction.opinion(&NewNode { edges: vec![tissue], ..with_genes(&[]) }), None);
        // Of drugs, this graph tells nothing at all.
        let [of_drugs, _] = Induction::learn(&view, &Budget::new(0, &Silent)).unwrap();
        assert!(of_drugs.examined().is_empty());
        assert_eq!(of_drugs.opinion(&NewNode::default()), None);
    }

    #[test]
    fn a_new_disease_is_scored_as_one_of_the_graph_without_links() {
        let (graph, task) = grouped();
        let plan = Plan { protocol: Protocol::ColdTarget { folds: 5 }, ..Plan::random(0.0, 0.0, 1) };
        let round = plan.round(&graph, &task, 0).unwrap();
        let view = TrainView::with_candidates(&graph, &round.split, round.validation).unwrap();
        let induction = of_diseases(&view);
        let all = induction.of_all();
        for pair in &round.split.test {
            let disease = pair.target;
            let genes = graph.relation(&RelationKey::new("gene", "causes", "disease")).unwrap();
            let opinion = induction.opinion(&with_genes(genes.backward.neighbors(disease))).unwrap();
            assert_eq!(opinion.scores, all[disease as usize * 30..][..30]);
        }
    }

    #[test]
    fn links_of_a_disease_do_not_speak_for_it() {
        let (graph, task) = grouped();
        let view = whole();
        let induction = of_diseases(&view);
        let own: Vec<f32> = induction.of_all()[..30].to_vec();
        // Disease 0 without its links, under what was learned with them.
        let links: Vec<Pair> = (0..30).map(|drug| Pair::new(drug, 0)).collect();
        let known: Vec<Pair> = links
            .into_iter()
            .filter(|pair| graph.relation(task.target()).unwrap().forward.contains(pair.source, 0))
            .collect();
        let without =
            TrainView::new(&graph, &Split::holding_out(&graph, &task, &known, 0.0, 1).unwrap()).unwrap();
        let bare = Induction { graph: EditedGraph::new(without.graph()), ..of_diseases(&view) };
        // What a candidate's own number of links says is read anew, too.
        let popularity =
            |induction: &Induction<'_>, drug: u32| induction.learned.popularity(&induction.graph, drug);
        for (drug, (one, other)) in (0..).zip(own.iter().zip(&bare.of_all()[..30])) {
            let (one, other) = (one - popularity(&induction, drug), other - popularity(&bare, drug));
            assert!((one - other).abs() < 1e-6);
        }
    }
}
