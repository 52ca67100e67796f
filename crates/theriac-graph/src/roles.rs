//! Which end of a relation are drugs and which diseases: told by the names of node types, of which the field's graphs
//! have many.

use crate::error::GraphError;
use crate::graph::{Graph, Relation};
use crate::schema::RelationKey;

/// What a node type is in a treatment.
///
/// | role | node types, without case and punctuation |
/// |---|---|
/// | [`Role::Drug`] | `drug`, `medication`, `compound` (Hetionet, DRKG), `small_molecule`, `molecular_mixture`, `chemical_mixture`, `molecular_entity`, `chemical_entity` (Biolink), `chemical_substance`, `chemical` |
/// | [`Role::Disease`] | `disease`, `indication` (multiscale interactome), `disorder`, `condition`, `disease_or_phenotypic_feature` (Biolink), `phenotype`, `phenotypic_feature`, `effect_phenotype` (`PrimeKG`) |
///
/// The nearer a name is to the role, the earlier it stands; where a choice must be made, the earlier one is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// What treats.
    Drug,
    /// What is treated.
    Disease,
}

const DRUGS: [&str; 10] = [
    "drug",
    "medication",
    "compound",
    "smallmolecule",
    "molecularmixture",
    "chemicalmixture",
    "molecularentity",
    "chemicalentity",
    "chemicalsubstance",
    "chemical",
];
const DISEASES: [&str; 8] = [
    "disease",
    "indication",
    "disorder",
    "condition",
    "diseaseorphenotypicfeature",
    "phenotype",
    "phenotypicfeature",
    "effectphenotype",
];

impl Role {
    /// Whether nodes of this type have the role.
    ///
    /// ```
    /// use theriac_graph::Role;
    ///
    /// assert!(Role::Drug.fits("SmallMolecule") && Role::Disease.fits("effect/phenotype"));
    /// assert!(!Role::Disease.fits("side_effect"));
    /// ```
    pub fn fits(self, node_type: &str) -> bool {
        self.distance(node_type).is_some()
    }

    /// How far a node type's name is from the role: its place in the table.
    fn distance(self, node_type: &str) -> Option<usize> {
        let letters: String = node_type.chars().filter(|c| c.is_alphanumeric()).collect();
        let letters = letters.to_lowercase();
        let names: &[&str] = match self {
            Self::Drug => &DRUGS,
            Self::Disease => &DISEASES,
        };
        names.iter().position(|name| *name == letters)
    }

    /// Whether the role is that of the relation's sources, or else of its targets; the nearer where it is both's, and the
    /// sources' where these are as near. `None` where it is neither's.
    pub fn is_source(self, relation: &RelationKey) -> Option<bool> {
        match (self.distance(&relation.source), self.distance(&relation.target)) {
            (None, None) => None,
            (source, target) => Some(target.is_none() || source.is_some() && source <= target),
        }
    }
}

impl Graph {
    /// The only relation from drugs to diseases. Where several types are diseases or nearly so, the nearest are looked at:
    /// `drug:disease` goes before `drug:phenotype`. Drugs of several types, as `drug` and `compound`, are several relations.
    ///
    /// # Errors
    ///
    /// [`GraphError::UnknownRelation`] where there is none, [`GraphError::AmbiguousRelation`] where there are several.
    pub fn treatment_relation(&self) -> Result<&Relation, GraphError> {
        let of_drugs = self.relations.iter().filter(|relation| Role::Drug.fits(&relation.key.source));
        let distance = |relation: &&Relation| Role::Disease.distance(&relation.key.target);
        let Some(nearest) = of_drugs.clone().filter_map(|relation| distance(&relation)).min() else {
            return self.resolve_relation("drug:disease");
        };
        let found: Vec<&Relation> = of_drugs.filter(|relation| distance(relation) == Some(nearest)).collect();
        if let [relation] = found[..] {
            return Ok(relation);
        }
        let keys: Vec<String> = found.iter().map(|relation| relation.key.to_string()).collect();
        Err(GraphError::AmbiguousRelation { wanted: "drug:disease".into(), matches: keys.join(", ") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::GraphBuilder;
    use crate::edges::{DuplicatePolicy, EdgeList};
    use crate::graph::Provenance;
    use crate::nodes::NodeTable;

    fn graph(keys: &[&str]) -> Graph {
        let keys: Vec<RelationKey> = keys.iter().map(|key| key.parse().unwrap()).collect();
        let mut builder = GraphBuilder::new(Provenance::default());
        let mut types: Vec<&String> = keys.iter().flat_map(|key| [&key.source, &key.target]).collect();
        types.sort();
        types.dedup();
        for node_type in types {
            builder.add_nodes(NodeTable::new(node_type, vec!["1".into()], vec!["one".into()])).unwrap();
        }
        for key in keys {
            let edges = EdgeList { sources: vec![0], targets: vec![0], ..EdgeList::default() };
            builder.add_relation(key, edges, DuplicatePolicy::Reject).unwrap();
        }
        builder.build().unwrap()
    }

    fn treatment(keys: &[&str]) -> Result<String, String> {
        let graph = graph(keys);
        graph.treatment_relation().map(|relation| relation.key.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn every_graph_of_the_field_has_its_drugs_and_diseases() {
        for (keys, expected) in [
            (["gene:binds:drug", "drug:treats:disease"], "drug:treats:disease"),
            (["Compound:treats:Disease", "Compound:causes:SideEffect"], "Compound:treats:Disease"),
            (["drug:treats:indication", "drug:targets:protein"], "drug:treats:indication"),
            (["small_molecule:treats:disease", "disease:has:gene"], "small_molecule:treats:disease"),
            (["drug:side_effect:effect_phenotype", "drug:indication:disease"], "drug:indication:disease"),
            (
                ["chemical_entity:treats:phenotypic_feature", "gene:is:gene"],
                "chemical_entity:treats:phenotypic_feature",
            ),
        ] {
            assert_eq!(treatment(&keys).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn none_or_several_are_refused() {
        assert_eq!(
            treatment(&["disease:treated_by:drug"]).unwrap_err(),
            "the graph has no relation 'drug:disease'; it has disease:treated_by:drug"
        );
        assert_eq!(
            treatment(&["compound:treats:disease", "compound:palliates:disease"]).unwrap_err(),
            "'drug:disease' fits several relations: compound:treats:disease, compound:palliates:disease; name one in \
             full"
        );
    }

    #[test]
    fn a_role_is_that_of_one_end() {
        let is_source = |role: Role, key: &str| role.is_source(&key.parse().unwrap());
        assert_eq!(is_source(Role::Drug, "compound:treats:indication"), Some(true));
        assert_eq!(is_source(Role::Disease, "compound:treats:indication"), Some(false));
        assert_eq!(is_source(Role::Disease, "phenotype:of:disease"), Some(false));
        assert_eq!(is_source(Role::Disease, "disease:has:phenotype"), Some(true));
        assert_eq!(is_source(Role::Drug, "drug:interacts:drug"), Some(true));
        assert_eq!(is_source(Role::Drug, "gene:interacts:gene"), None);
    }
}
