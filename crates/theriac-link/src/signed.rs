//! Signed tasks: one relation speaks for a pair, another one against it.
//!
//! Each relation has a split and a scorer of its own. Neither scorer sees what is held out of either relation, so that both say
//! of a held-out pair what they would say of a new one, and their scores together can be turned into probabilities of three
//! classes ([`ThreeWay`]).

use serde::{Deserialize, Serialize};
use theriac_graph::{Graph, Relation};

use crate::calibration::{Sign, ThreeWay};
use crate::candidates::{CandidateRule, Candidates};
use crate::error::LinkError;
use crate::metrics::auroc;
use crate::negatives;
use crate::pair::Pair;
use crate::split::{Part, RemovedEdges, Split, csr};
use crate::stream::stream;

/// The splits of two relations between the same node types, neither of which leaves held-out pairs of the other to its view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedSplit {
    /// The split of the target.
    pub target: Split,
    /// The split of the relation against it.
    pub against: Split,
}

/// Held-out pairs of both relations with unknown ones.
#[derive(Clone, Debug, PartialEq)]
pub struct SignedSample {
    /// The pairs.
    pub pairs: Vec<Pair>,
    /// What is known of each.
    pub signs: Vec<Sign>,
    /// Shares of the target and of the other relation among the held-out pairs and every unknown one.
    pub base_rates: [f64; 2],
}

/// How good signed probabilities are on a sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignedFigures {
    /// Name of the scorer.
    pub scorer: String,
    /// Pairs of the target, of the other relation, and of neither.
    pub pairs: [usize; 3],
    /// Mean negative logarithm of the probability of what is the case, classes weighted to their base rates.
    pub log_loss: f64,
    /// The log loss of the base rates themselves, which know nothing of a pair.
    pub log_loss_of_base_rates: f64,
    /// Area under the ROC curve of telling pairs of the target from those of the other relation, by the odds of the one
    /// against the other.
    pub sign_auroc: Option<f64>,
}

impl SignedSplit {
    /// Joins two splits of one graph: what is held out of one relation is taken out of the view of the other, too, there and in
    /// every relation that would give it away.
    ///
    /// # Errors
    ///
    /// When the relations do not join the same node types the same way round, or are one.
    pub fn new(graph: &Graph, mut target: Split, mut against: Split) -> Result<Self, LinkError> {
        let relations = [graph.relation(target.task.target())?, graph.relation(against.task.target())?];
        let ends = relations.map(|relation| (relation.source_type, relation.target_type));
        let problem = if relations[0].key == relations[1].key {
            Some("it is the target itself")
        } else if ends[0] == (ends[1].1, ends[1].0) && ends[0] != ends[1] {
            Some("it runs the other way")
        } else if ends[0] != ends[1] {
            Some("it joins other node types")
        } else {
            None
        };
        if let Some(problem) = problem {
            let [target, against] = relations.map(|relation| relation.key.to_string());
            return Err(LinkError::Against { against, target, problem });
        }
        let beside_target = held_out_elsewhere(graph, &against, relations[0]);
        let beside_against = held_out_elsewhere(graph, &target, relations[1]);
        target.removed.extend(beside_target);
        against.removed.extend(beside_against);
        Ok(Self { target, against })
    }

    /// The held-out pairs of a part, of both relations, with `negative_ratio` times as many that are in neither. Pairs that
    /// are in both are left out, since what they are depends on whom one asks.
    ///
    /// # Errors
    ///
    /// When the graph is another one, or there are too few pairs.
    pub fn sample(
        &self,
        graph: &Graph,
        part: Part,
        negative_ratio: f64,
        seed: u64,
    ) -> Result<SignedSample, LinkError> {
        let target = graph.relation(self.target.task.target())?;
        let against = graph.relation(self.against.task.target())?;
        let one_type = self.target.task.joins_one_type();
        let held_out = |split: &Split, other: &Relation| -> Vec<Pair> {
            let pairs = split.positives(part).into_iter();
            pairs.filter(|&pair| !holds(other, pair, one_type)).collect()
        };
        let (of_target, of_against) = (held_out(&self.target, against), held_out(&self.against, target));
        let positives = of_target.len() + of_against.len();
        let count = negatives::count(negative_ratio, positives)?;
        let edges = |relation: &Relation| -> Vec<Pair> {
            relation.forward.pairs().map(|(source, target)| Pair { source, target }).collect()
        };
        let mut either = [edges(target), edges(against)].concat();
        either.sort_unstable();
        either.dedup();
        let either = target.with_edges(csr(target, &either));
        let unknown = Candidates::new(&either, &[], &CandidateRule::Unknown);
        let drawn = unknown.sample(count, &mut stream(seed, "signed sample", &[part as u64]))?;
        let all = (positives + unknown.count()) as f64;
        let base_rates = [of_target.len() as f64 / all, of_against.len() as f64 / all];
        let signed = [(Sign::For, of_target), (Sign::Against, of_against), (Sign::Unknown, drawn)];
        let (pairs, signs) = signed
            .into_iter()
            .flat_map(|(sign, pairs)| pairs.into_iter().map(move |pair| (pair, sign)))
            .unzip();
        Ok(SignedSample { pairs, signs, base_rates })
    }
}

impl SignedSample {
    /// How good the probabilities are that `three_way` makes of a scorer's scores, for and against each pair.
    ///
    /// # Errors
    ///
    /// When a score is NaN.
    pub fn judge(
        &self,
        scorer: &str,
        three_way: &ThreeWay,
        scores: &[[f32; 2]],
    ) -> Result<SignedFigures, LinkError> {
        let pairs = Sign::ALL.map(|class| self.signs.iter().filter(|&&sign| sign == class).count());
        let [target, against] = self.base_rates;
        let rates = [target, against, 1.0 - target - against];
        let mut log_losses = [0.0; 3];
        let mut odds = Vec::new();
        let mut labels = Vec::new();
        for (&scores, &sign) in scores.iter().zip(&self.signs) {
            let probability = three_way.probability(scores);
            log_losses[sign as usize] -= probability.of(sign).max(f64::MIN_POSITIVE).ln();
            if sign != Sign::Unknown {
                odds.push(three_way.log_odds(scores) as f32);
                labels.push(sign == Sign::For);
            }
        }
        let means = (0..3).filter(|&class| pairs[class] > 0);
        let log_loss = means.map(|class| rates[class] * log_losses[class] / pairs[class] as f64).sum();
        let of_rates = rates.into_iter().filter(|&rate| rate > 0.0).map(|rate| -rate * rate.ln()).sum();
        Ok(SignedFigures {
            scorer: scorer.into(),
            pairs,
            log_loss,
            log_loss_of_base_rates: of_rates,
            sign_auroc: auroc(&odds, &labels)?,
        })
    }
}

fn holds(relation: &Relation, Pair { source, target }: Pair, one_type: bool) -> bool {
    relation.forward.contains(source, target) || one_type && relation.forward.contains(target, source)
}

/// The edges of other relations than `own` that state a held-out pair of a split.
fn held_out_elsewhere(graph: &Graph, split: &Split, own: &Relation) -> Vec<RemovedEdges> {
    let one_type = split.task.joins_one_type();
    let held_out = csr(own, &[split.valid.as_slice(), &split.test].concat());
    let gone = own.with_edges(held_out);
    let others = graph
        .relations()
        .iter()
        .filter(|relation| relation.key != own.key && split.task.covers(&relation.key));
    let removed = others.map(|relation| {
        let reversed = relation.source_type != own.source_type;
        let edges = relation.forward.pairs().map(|(source, target)| Pair { source, target });
        let states = |pair: &Pair| {
            let pair = if reversed { pair.reversed() } else { *pair };
            holds(&gone, pair, one_type)
        };
        RemovedEdges { relation: relation.key.clone(), edges: edges.filter(states).collect() }
    });
    removed.filter(|removed| !removed.edges.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use theriac_graph::{DuplicatePolicy, EdgeList, GraphBuilder, NodeTable, Provenance, RelationKey};

    use super::*;
    use crate::task::Task;
    use crate::view::TrainView;

    const NODES: u32 = 12;

    /// Drugs that treat and drugs that harm, with two pairs that do both, and a relation that states both backwards.
    fn graph() -> Graph {
        let mut builder = GraphBuilder::new(Provenance::default());
        for node_type in ["drug", "disease"] {
            let ids: Vec<String> = (0..NODES).map(|node| format!("{node_type}{node}")).collect();
            builder.add_nodes(NodeTable::new(node_type, ids.clone(), ids)).unwrap();
        }
        let treats: Vec<Pair> =
            (0..NODES).flat_map(|d| [Pair::new(d, d), Pair::new(d, (d + 1) % NODES)]).collect();
        let mut harms: Vec<Pair> =
            (0..NODES).flat_map(|d| [3, 4].map(|k| Pair::new(d, (d + k) % NODES))).collect();
        harms.extend([Pair::new(0, 0), Pair::new(5, 6)]);
        let mut any: Vec<Pair> = [treats.as_slice(), &harms].concat();
        any.sort_unstable();
        any.dedup();
        let any = any.iter().map(|pair| pair.reversed()).collect();
        for ((source, name, target), pairs) in [
            (("drug", "treats", "disease"), treats),
            (("drug", "harms", "disease"), harms),
            (("disease", "met", "drug"), any),
        ] {
            let (sources, targets) = pairs.iter().map(|pair| (pair.source, pair.target)).unzip();
            let edges = EdgeList { sources, targets, ..EdgeList::default() };
            builder
                .add_relation(RelationKey::new(source, name, target), edges, DuplicatePolicy::Reject)
                .unwrap();
        }
        builder.build().unwrap()
    }

    fn split(graph: &Graph, name: &str) -> Split {
        let key = graph.resolve_relation(name).unwrap().key.clone();
        let task = Task::with_every_sibling(graph, key).unwrap();
        Split::random(graph, &task, 0.2, 0.2, 3).unwrap()
    }

    fn signed(graph: &Graph) -> SignedSplit {
        SignedSplit::new(graph, split(graph, "drug:treats:disease"), split(graph, "drug:harms:disease"))
            .unwrap()
    }

    #[test]
    fn neither_view_holds_what_is_held_out_of_either() {
        let graph = graph();
        let signed = signed(&graph);
        let held_out = |split: &Split| [split.valid.clone(), split.test.clone()].concat();
        for (own, other) in [(&signed.target, &signed.against), (&signed.against, &signed.target)] {
            let view = TrainView::new(&graph, own).unwrap();
            assert_eq!(view.train_pairs(), own.train);
            for relation in view.graph().relations() {
                for (source, target) in relation.forward.pairs() {
                    let pair = Pair::new(source, target);
                    let backwards = relation.key.name == "met";
                    let pair = if backwards { pair.reversed() } else { pair };
                    assert!(!held_out(own).contains(&pair), "{pair:?} in {}", relation.key);
                    // A pair of both relations may be held out of one and trained on in the other.
                    let trained = own.train.contains(&pair) && relation.key == *own.task.target();
                    assert!(trained || !held_out(other).contains(&pair), "{pair:?} in {}", relation.key);
                }
            }
        }
    }

    #[test]
    fn a_sample_has_each_class_and_no_pair_of_both() {
        let graph = graph();
        let signed = signed(&graph);
        let [treats, harms] =
            ["drug:treats:disease", "drug:harms:disease"].map(|name| graph.resolve_relation(name).unwrap());
        let mut seen = 0;
        for part in [Part::Valid, Part::Test] {
            let sample = signed.sample(&graph, part, 2.0, 7).unwrap();
            for (&pair, &sign) in sample.pairs.iter().zip(&sample.signs) {
                let expected = [sign == Sign::For, sign == Sign::Against];
                assert_eq!([treats, harms].map(|relation| holds(relation, pair, false)), expected);
                let split = if sign == Sign::For { &signed.target } else { &signed.against };
                assert!(sign == Sign::Unknown || split.part(part).contains(&pair));
            }
            let count = |class| sample.signs.iter().filter(|&&sign| sign == class).count();
            let known = count(Sign::For) + count(Sign::Against);
            assert_eq!(count(Sign::Unknown), 2 * known);
            // 24 of the 144 pairs are in the one relation and 26 in the other, 2 of them in both.
            let all = (known + 144 - 48) as f64;
            assert_eq!(sample.base_rates, [Sign::For, Sign::Against].map(|class| count(class) as f64 / all));
            seen += known;
        }
        assert!(seen > 12, "{seen}");
    }

    #[test]
    fn scores_that_know_are_better_than_base_rates_and_scores_that_do_not_are_no_better() {
        let graph = graph();
        let sample = signed(&graph).sample(&graph, Part::Test, 2.0, 7).unwrap();
        let scores = |sharp: f32| -> Vec<[f32; 2]> {
            let of = |sign: &Sign| match sign {
                Sign::For => [sharp, 0.0],
                Sign::Against => [0.0, sharp],
                Sign::Unknown => [0.0, 0.0],
            };
            sample.signs.iter().map(of).collect()
        };
        let judged = |sharp: f32| {
            let three_way = ThreeWay::fit(&scores(sharp), &sample.signs, sample.base_rates).unwrap();
            sample.judge("x", &three_way, &scores(sharp)).unwrap()
        };
        let (known, blind) = (judged(1.0), judged(0.0));
        assert!(known.log_loss < 0.5 * known.log_loss_of_base_rates, "{known:?}");
        assert_eq!((known.sign_auroc, blind.sign_auroc), (Some(1.0), Some(0.5)));
        assert!((blind.log_loss / blind.log_loss_of_base_rates - 1.0).abs() < 1e-6, "{blind:?}");
    }

    #[test]
    fn what_cannot_speak_against_is_refused() {
        let graph = graph();
        let target = split(&graph, "drug:treats:disease");
        let said = |name: &str| {
            SignedSplit::new(&graph, target.clone(), split(&graph, name)).unwrap_err().to_string()
        };
        assert_eq!(
            said("disease:met:drug"),
            "disease:met:drug cannot speak against drug:treats:disease: it runs the other way"
        );
        assert!(said("drug:treats:disease").ends_with("it is the target itself"));
    }
}
