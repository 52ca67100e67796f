//! Which way round an edge of PrimeKG goes, and whether each stands both ways round.

use std::cmp::Ordering;
use std::hash::BuildHasher;

use foldhash::fast::FixedState;

/// The types that the words of relation names stand for.
const WORDS: [(&str, &str); 10] = [
    ("anatomy", "anatomy"),
    ("bioprocess", "biological_process"),
    ("cellcomp", "cellular_component"),
    ("disease", "disease"),
    ("drug", "drug"),
    ("exposure", "exposure"),
    ("molfunc", "molecular_function"),
    ("pathway", "pathway"),
    ("phenotype", "effect/phenotype"),
    ("protein", "gene/protein"),
];

/// Which way round a row states its edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// From its source to its target.
    Along,
    /// From its target to its source.
    Against,
    /// From a node to itself: its own mirror image.
    Loop,
}

/// Tells which way round rows go, and remembers what the last one said: most rows stand beside others of their relation.
#[derive(Debug, Default)]
pub(super) struct Directions {
    relation: String,
    types: [String; 2],
    /// Whether a row of these types goes along its edge; `None` where the types are the same.
    along: Option<bool>,
    /// Stands for the relation in sums of hashes.
    hash: u64,
}

impl Directions {
    /// Which way round the row of these types and indices states its edge. Within one type the lower index comes first.
    /// Between two types, that which the relation names first: `disease_protein`; or the drug; or the first in the
    /// alphabet.
    pub(super) fn way(&mut self, relation: &str, [x_type, y_type]: [&str; 2], [x, y]: [u32; 2]) -> Way {
        if self.relation != relation || self.types != [x_type, y_type] {
            self.relation = relation.into();
            self.types = [x_type.into(), y_type.into()];
            self.along = (x_type != y_type).then(|| is_along(relation, x_type, y_type));
            self.hash = FixedState::default().hash_one(relation);
        }
        match (self.along, x.cmp(&y)) {
            (Some(true), _) | (None, Ordering::Less) => Way::Along,
            (Some(false), _) | (None, Ordering::Greater) => Way::Against,
            (None, Ordering::Equal) => Way::Loop,
        }
    }

    /// Whether both ends of the last row are of one type.
    pub(super) fn is_within_one_type(&self) -> bool {
        self.along.is_none()
    }
}

fn is_along(relation: &str, x_type: &str, y_type: &str) -> bool {
    let first = relation.split('_').next().unwrap_or_default();
    let named = WORDS.iter().find(|(word, _)| *word == first).map_or("drug", |(_, node_type)| node_type);
    if x_type == named || y_type == named { x_type == named } else { x_type < y_type }
}

/// What the rows say of the edges that stand both ways round: sums of hashes, which are the same for the same edges in
/// any order, and differ for others but for one chance in 2^64.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mirror {
    pub(super) rows: u64,
    /// Rows that state their edge against its direction.
    pub(super) turned: u64,
    along: u64,
    against: u64,
}

impl Mirror {
    /// Takes in a row, of which `directions` has just said that it goes this way.
    pub(super) fn count(&mut self, directions: &Directions, [x, y]: [u32; 2], way: Way) {
        self.rows += 1;
        let hash = |a: u32, b: u32| {
            FixedState::with_seed(directions.hash).hash_one(u64::from(a) << 32 | u64::from(b))
        };
        match way {
            Way::Along => self.along = self.along.wrapping_add(hash(x, y)),
            Way::Against => {
                self.turned += 1;
                self.against = self.against.wrapping_add(hash(y, x));
            }
            Way::Loop => {}
        }
    }

    /// Takes in what other rows say.
    pub(super) fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.turned += other.turned;
        self.along = self.along.wrapping_add(other.along);
        self.against = self.against.wrapping_add(other.against);
    }

    /// Whether each edge stands both ways round.
    pub(super) fn is_whole(&self) -> bool {
        self.along == self.against
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_that_the_relation_names_comes_first() {
        let mut directions = Directions::default();
        let mut along = |relation, types| directions.way(relation, types, [0, 1]) == Way::Along;
        assert!(along("disease_protein", ["disease", "gene/protein"]));
        assert!(!along("disease_protein", ["gene/protein", "disease"]));
        assert!(along("phenotype_protein", ["effect/phenotype", "gene/protein"]));
        assert!(along("off-label use", ["drug", "disease"]));
        assert!(!along("contraindication", ["disease", "drug"]));
        assert!(along("elsewhere", ["a", "b"]) && !along("elsewhere", ["b", "a"]));
        assert_eq!(Directions::default().way("protein_protein", ["a", "a"], [3, 2]), Way::Against);
        assert_eq!(Directions::default().way("protein_protein", ["a", "a"], [2, 2]), Way::Loop);
    }
}
