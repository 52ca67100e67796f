//! Why a candidate stands where it does.

use serde::Serialize;

use super::Node;
use crate::number::{self, fixed, percent, signed};
use crate::page::Finding;

/// Why the model ranks a candidate as it does, and how far that account can be trusted.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Explanation {
    /// What the reader has to be careful about: low support, a frequent flyer, a disease without known links.
    pub notes: Vec<Finding>,
    /// Where the query stands when the candidate is the one that is asked for.
    pub reverse_rank: Option<Place>,
    /// What the score would be without any contribution, in the units of the score.
    pub base: Option<f64>,
    /// What each part of the model adds to the score; with the base they add up to it.
    pub contributions: Vec<Contribution>,
    /// The paths from the source of the relation to its target, the strongest first. All of them begin at one node and
    /// end at one; those that fit are drawn, and all are listed.
    pub paths: Vec<EvidencePath>,
    /// Number of paths that were found, those that are not given here among them.
    pub paths_found: Option<u64>,
    /// What taking single edges away does, the greatest change first.
    pub counterfactuals: Vec<Counterfactual>,
    /// The kinds of paths that carry the score, the greatest share first.
    pub metapaths: Vec<Metapath>,
    /// Known links that speak for this one, in whole sentences: "Zafirlukast, which shares the targets A and B, treats it".
    pub precedents: Vec<String>,
    /// How well the paths and edges above account for the score.
    pub fidelity: Option<Fidelity>,
    /// Whether the score, and all that is told of its changes, has a unit of its own in place of logits: that of a new node.
    pub own_unit: bool,
}

impl Explanation {
    /// The unit of effects with a space before it; nothing where the score has its own.
    pub(crate) fn unit(&self) -> &'static str {
        if self.own_unit { "" } else { " in logits" }
    }

    /// Decimal places of effects: three of logits, and of others as many as the greatest needs for three digits.
    pub(crate) fn decimals(&self) -> usize {
        let effects = self.counterfactuals.iter().map(|edge| edge.change.abs());
        let greatest = effects.chain(self.paths.iter().filter_map(|path| path.effect)).fold(0.0, f64::max);
        if !self.own_unit || greatest == 0.0 {
            return 3;
        }
        (2.0 - greatest.log10().floor()).clamp(3.0, 7.0) as usize
    }

    /// How to read the changes by single edges.
    pub(crate) fn counterfactual_reading(&self) -> String {
        let unit = if self.own_unit { "" } else { ", in logits," };
        format!("How the score changes{unit} when this one edge is taken away, and the rank then.")
    }

    /// How to read the paths, in sentences.
    pub(crate) fn path_reading(&self) -> Vec<String> {
        let given = self.paths.len() as u64;
        let mut sentences = Vec::new();
        if let Some(found) = self.paths_found.filter(|&found| found > given) {
            sentences.push(format!("The first {} of {} paths.", number::count(given), number::count(found)));
        }
        sentences.push(if self.paths.iter().any(|path| path.effect.is_some()) {
            let unit = if self.own_unit { "" } else { ", in logits" };
            format!("Effect: by how much the score falls without each of the path's edges, summed{unit}.")
        } else {
            "The strongest first.".into()
        });
        sentences
    }

    /// How to read the kinds of paths, in sentences.
    pub(crate) fn metapath_reading(&self) -> Vec<String> {
        let mut sentences = vec![String::from(
            "Share: of what single edges do for the score, each edge's shared among the kinds of paths that it carries.",
        )];
        if self.metapaths.iter().any(|kind| kind.matched.is_some()) {
            sentences.push(
                "Matched: of pairs of nodes with about as many known links, the share with at least as much of this kind. Where it \
                 is large, the paths come from how connected the nodes are, not from what they are connected to."
                    .into(),
            );
        }
        sentences
    }
}

/// A place in a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The place, from 1.
    pub rank: u64,
    /// Length of the list.
    pub of: u64,
}

/// What a part of the model adds to the score.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Contribution {
    /// Name of the part: "l3", "popularity".
    pub name: String,
    /// What it adds, in the units of the score.
    pub value: f64,
}

/// A path of evidence.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct EvidencePath {
    /// The nodes from the source of the relation to its target, `[n_hops + 1]`.
    pub nodes: Vec<Node>,
    /// The edges between them, `[n_hops]`.
    pub hops: Vec<Hop>,
    /// By how much the score falls without each of the path's edges, summed: positive where they speak for the pair.
    pub effect: Option<f64>,
}

impl EvidencePath {
    /// Names and relations in turn, the first and the last being names: "A", "–binds→", "B".
    pub(crate) fn words(&self) -> Vec<String> {
        let mut words = Vec::with_capacity(self.nodes.len() + self.hops.len());
        for (place, node) in self.nodes.iter().enumerate() {
            if place > 0 {
                words.push(self.hops.get(place - 1).map_or_else(|| "–".into(), Hop::word));
            }
            words.push(node.label().into());
        }
        words
    }

    /// Who says so, by relation: "binds: DrugBank, PMID 123".
    pub(crate) fn provenance(&self) -> Vec<String> {
        let told = self.hops.iter().filter(|hop| !hop.provenance.is_empty());
        told.map(|hop| format!("{}: {}", hop.relation, hop.provenance.join(", "))).collect()
    }
}

/// An edge of a path.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Hop {
    /// Name of the relation: "binds".
    pub relation: String,
    /// Which way the relation points along the path.
    pub arrow: Arrow,
    /// How much the score falls without the edge: positive where the edge speaks for the pair. The same edge has
    /// the same effect in every path.
    pub effect: Option<f64>,
    /// Sources and publications that say so: "`DrugBank`", "PMID 123".
    pub provenance: Vec<String>,
}

impl Hop {
    /// The relation between two names: "–binds→".
    pub(crate) fn word(&self) -> String {
        match self.arrow {
            Arrow::Forward => format!("–{}→", self.relation),
            Arrow::Backward => format!("←{}–", self.relation),
            Arrow::None => format!("–{}–", self.relation),
        }
    }
}

/// Which way a relation points along a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Arrow {
    /// As the path goes.
    Forward,
    /// Against it.
    Backward,
    /// The relation has no direction.
    #[default]
    None,
}

/// What taking one edge away does.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Counterfactual {
    /// Name of the relation: "binds".
    pub relation: String,
    /// Name of the edge's source.
    pub source: String,
    /// Name of the edge's target.
    pub target: String,
    /// Change of the score: negative where the edge speaks for the pair.
    pub change: f64,
    /// Rank of the candidate without the edge, from 1.
    pub rank_after: Option<u64>,
}

/// A kind of path.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Metapath {
    /// The types and relations along it: "drug –binds→ gene –associates– disease".
    pub name: String,
    /// Share of what single edges do for the score that goes to paths of this kind, 0 to 1.
    pub share: f64,
    /// Share of pairs of nodes with about as many known links that have at least as much of this kind, 0 to 1.
    pub matched: Option<f64>,
    /// Number of paths of this kind.
    pub paths: Option<u64>,
}

/// How well an explanation accounts for the score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Fidelity {
    /// Fid+: fall of the score when the edges of the explanation are taken away.
    pub plus: Option<f64>,
    /// Fid−: fall of the score when nothing but these edges is kept.
    pub minus: Option<f64>,
    /// Share of the edges within reach that the explanation does without, 0 to 1.
    pub sparsity: Option<f64>,
    /// How alike the members of an ensemble, which differ in their draws, order the edges by effect: the mean of Spearman's
    /// correlations, -1 to 1.
    pub agreement: Option<f64>,
    /// Number of members that were compared.
    pub seeds: Option<u64>,
}

/// A figure of fidelity as it is shown.
pub(crate) struct FidelityFigure {
    /// Its name.
    pub name: &'static str,
    /// Its value, as it is printed.
    pub value: String,
    /// How to read it, in a sentence.
    pub reading: String,
}

impl Fidelity {
    /// The figures that there are, each with how to read it.
    pub(crate) fn figures(&self) -> Vec<FidelityFigure> {
        let figure = |name, value: Option<f64>, print: fn(f64) -> String, reading: &str| {
            value.map(|value| FidelityFigure { name, value: print(value), reading: reading.into() })
        };
        let mut agreement =
            String::from("So alike do members of the ensemble order the edges by effect (Spearman)");
        if let Some(seeds) = self.seeds {
            agreement = format!("{agreement}, over {seeds} members");
        }
        agreement.push_str(": 1 is the same order each time, 0 any order.");
        [
            figure(
                "Fid+",
                self.plus,
                |value| signed(value, 2),
                "By how much the score falls without the edges of the explanation: the more, the more it rests on them.",
            ),
            figure(
                "Fid−",
                self.minus,
                |value| signed(value, 2),
                "By how much the score falls with these edges alone: near zero, they are enough.",
            ),
            figure(
                "Sparsity",
                self.sparsity,
                percent,
                "The explanation leaves out this share of the edges within reach: the more, the shorter it is.",
            ),
            figure("Agreement", self.agreement, |value| fixed(value, 2), &agreement),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_as_its_arrows_point() {
        let node = |name: &str| Node { name: name.into(), ..Node::default() };
        let hop = |relation: &str, arrow| Hop { relation: relation.into(), arrow, ..Hop::default() };
        let mut path = EvidencePath {
            nodes: vec![node("a"), node("b"), node("c"), Node { id: "D:4".into(), ..Node::default() }],
            hops: vec![
                hop("binds", Arrow::Forward),
                hop("causes", Arrow::Backward),
                hop("resembles", Arrow::None),
            ],
            effect: None,
        };
        assert_eq!(path.words().join(" "), "a –binds→ b ←causes– c –resembles– D:4");
        assert!(path.provenance().is_empty());
        path.hops[1].provenance = vec!["one".into(), "two".into()];
        assert_eq!(path.provenance(), ["causes: one, two"]);
        path.hops.pop();
        assert!(path.words().join(" ").ends_with("c – D:4"), "a missing hop is a plain dash");
    }

    #[test]
    fn figures_that_are_missing_are_not_explained() {
        let fidelity =
            Fidelity { minus: Some(-0.004), agreement: Some(0.8), seeds: Some(5), ..Fidelity::default() };
        let figures = fidelity.figures();
        assert_eq!(figures.iter().map(|figure| figure.name).collect::<Vec<_>>(), ["Fid−", "Agreement"]);
        assert_eq!(figures[0].value, "0.00");
        assert!(figures[1].reading.contains("over 5 members"));
    }
}
