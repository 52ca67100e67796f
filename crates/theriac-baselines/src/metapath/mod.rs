//! Metapaths: kinds of paths, each a sequence of relations from the source type to the target type.

mod between;
mod count;
mod table;

use std::fmt;

use serde::Serialize;
use theriac_graph::{Relation, RelationKey};

pub use between::PathsBetween;
pub use count::PathCounts;
pub use table::PathTable;
pub(crate) use table::{Evidence, asinh, blocks};

/// One relation on a metapath, in the direction that the path takes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Step {
    /// The relation.
    pub relation: RelationKey,
    /// Whether the path goes from the relation's target to its source.
    pub reversed: bool,
}

impl Step {
    /// Type of the node that the step starts from.
    pub fn start(&self) -> &str {
        if self.reversed { &self.relation.target } else { &self.relation.source }
    }

    /// Type of the node that the step ends at.
    pub fn end(&self) -> &str {
        if self.reversed { &self.relation.source } else { &self.relation.target }
    }

    /// The step taken backwards.
    #[must_use]
    pub fn back(&self) -> Self {
        Self { relation: self.relation.clone(), reversed: !self.reversed }
    }
}

/// A kind of path: a sequence of relations, each with the direction in which it is taken, such that every step starts from
/// the type that the one before ends at (a *metapath* in Sun et al. 2011 and in Himmelstein et al. 2017).
///
/// Shown as types and relations in turn, a relation that is taken against its direction with `^` before it:
/// `drug-targets-protein-associates-disease`, `drug-treats-disease-^treats-drug-treats-disease`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Metapath {
    steps: Vec<Step>,
}

impl Metapath {
    /// The metapath of these steps, or `None` where there is no step or one does not start from the type that the one
    /// before ends at.
    pub fn new(steps: Vec<Step>) -> Option<Self> {
        let joined = steps.windows(2).all(|steps| steps[0].end() == steps[1].start());
        (joined && !steps.is_empty()).then_some(Self { steps })
    }

    /// The steps, from the source to the target: at least one.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The same paths read from their end.
    #[must_use]
    pub fn back(&self) -> Self {
        Self { steps: self.steps.iter().rev().map(Step::back).collect() }
    }
}

impl fmt::Display for Metapath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.steps[0].start())?;
        for step in &self.steps {
            write!(f, "-{}{}-{}", if step.reversed { "^" } else { "" }, step.relation.name, step.end())?;
        }
        Ok(())
    }
}

/// All metapaths from one type to another with 1 to `most` steps, sorted, over `relations` but those for which `exclude`
/// holds. Relations without an edge are left out, and one whose edges all have mirror images is taken in one direction
/// alone, since both are the same.
pub fn enumerate(
    relations: &[&Relation],
    source_type: &str,
    target_type: &str,
    most: usize,
    exclude: impl Fn(&RelationKey) -> bool,
) -> Vec<Metapath> {
    let used = relations.iter().filter(|relation| !relation.is_empty() && !exclude(&relation.key));
    let steps: Vec<Step> = used
        .flat_map(|relation| {
            let directions: &[bool] = if relation.is_symmetric() { &[false] } else { &[false, true] };
            directions.iter().map(|&reversed| Step { relation: relation.key.clone(), reversed })
        })
        .collect();
    let mut found = Vec::new();
    let mut open: Vec<Vec<Step>> = vec![Vec::new()];
    for _ in 0..most {
        let mut longer = Vec::new();
        for path in &open {
            let at = path.last().map_or(source_type, Step::end);
            for step in steps.iter().filter(|step| step.start() == at) {
                longer.push([path.as_slice(), std::slice::from_ref(step)].concat());
            }
        }
        found.extend(
            longer.iter().filter(|path| path.last().is_some_and(|step| step.end() == target_type)).cloned(),
        );
        open = longer;
    }
    let mut found: Vec<Metapath> = found.into_iter().filter_map(Metapath::new).collect();
    found.sort_unstable();
    found
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use theriac_graph::{Csr, Graph};
    use theriac_link::conformance::example_graph;

    use super::*;

    fn named(graph: &Graph, most: usize, exclude: &str) -> Vec<String> {
        let relations: Vec<&Relation> = graph.relations().iter().collect();
        let found = enumerate(&relations, "drug", "disease", most, |key| key.name == exclude);
        found.iter().map(Metapath::to_string).collect()
    }

    #[test]
    fn all_kinds_of_paths_are_found() {
        let graph = example_graph();
        assert_eq!(
            named(&graph, 2, "palliates"),
            ["drug-^treated_by-disease", "drug-targets-protein-associates-disease", "drug-treats-disease"]
        );
        let longest = named(&graph, 3, "treated_by");
        assert!(
            longest.contains(&"drug-treats-disease-^treats-drug-palliates-disease".into()),
            "{longest:?}"
        );
        // Each of treats and palliates for each of the three steps; by shared proteins to a drug that treats or palliates;
        // to a disease that shares proteins; one step; two steps.
        assert_eq!(longest.len(), 8 + 2 + 2 + 2 + 1);
    }

    #[test]
    fn a_symmetric_relation_is_taken_once() {
        let graph = example_graph();
        let proteins = graph.relation(&"drug:targets:protein".parse().unwrap()).unwrap().target_type;
        let edges = Csr::from_pairs(12, 12, &[0, 1], &[1, 0], None);
        let interacts = Relation {
            key: RelationKey::new("protein", "interacts", "protein"),
            source_type: proteins,
            target_type: proteins,
            backward: Arc::new(edges.transpose()),
            forward: Arc::new(edges),
            undirected: true,
            attributes: Vec::new(),
            merged_duplicates: 0,
        };
        let found = enumerate(&[&interacts], "protein", "protein", 2, |_| false);
        let found: Vec<String> = found.iter().map(Metapath::to_string).collect();
        assert_eq!(found, ["protein-interacts-protein", "protein-interacts-protein-interacts-protein"]);
    }

    #[test]
    fn steps_that_do_not_meet_are_no_metapath() {
        let step = |key: &str, reversed| Step { relation: key.parse().unwrap(), reversed };
        let (targets, treats) = (step("drug:targets:protein", false), step("drug:treats:disease", false));
        assert_eq!(Metapath::new(vec![targets.clone(), treats.clone()]), None);
        assert_eq!(Metapath::new(Vec::new()), None);
        let path = Metapath::new(vec![targets.back(), treats]).unwrap();
        assert_eq!(path.to_string(), "protein-^targets-drug-treats-disease");
        assert_eq!(path.back().to_string(), "disease-^treats-drug-targets-protein");
    }
}
