//! Categories of the Biolink model as node types.

use crate::spelling::snake_case;

/// The type of a node whose categories say nothing, and of one that no file describes.
pub(super) const UNTYPED: &str = "named_thing";

/// Categories that stand above others, with their depth: mixins and abstract ones first. Any other category is deeper
/// than these.
///
/// Source: Biolink model 4.2 (<https://biolink.github.io/biolink-model/>). `SmallMolecule` is here so that a drug that is
/// one as well is a drug.
const ANCESTORS: [(&str, u8); 39] = [
    ("Entity", 0),
    ("NamedThing", 0),
    ("ActivityAndBehavior", 1),
    ("BiologicalProcessOrActivity", 1),
    ("ChemicalEntityOrGeneOrGeneProduct", 1),
    ("ChemicalEntityOrProteinOrPolypeptide", 1),
    ("ChemicalOrDrugOrTreatment", 1),
    ("DiseaseOrPhenotypicFeature", 1),
    ("EpigenomicEntity", 1),
    ("GeneOrGeneProduct", 1),
    ("GeneProductIsoformMixin", 1),
    ("GeneProductMixin", 1),
    ("GenomicEntity", 1),
    ("MacromolecularMachineMixin", 1),
    ("Occurrent", 1),
    ("OntologyClass", 1),
    ("Outcome", 1),
    ("PathologicalEntityMixin", 1),
    ("PhysicalEssence", 1),
    ("PhysicalEssenceOrOccurrent", 1),
    ("RegulatoryEntityMixin", 1),
    ("SubjectOfInvestigation", 1),
    ("ThingWithTaxon", 1),
    ("AdministrativeEntity", 2),
    ("Attribute", 2),
    ("BiologicalEntity", 2),
    ("InformationContentEntity", 2),
    ("OrganismalEntity", 2),
    ("PhysicalEntity", 2),
    ("AnatomicalEntity", 3),
    ("BiologicalProcess", 3),
    ("ChemicalEntity", 3),
    ("PhenotypicFeature", 3),
    ("Polypeptide", 3),
    ("ChemicalMixture", 4),
    ("MolecularEntity", 4),
    ("MolecularMixture", 5),
    ("NucleicAcidEntity", 5),
    ("SmallMolecule", 6),
];

/// The node type of a node with these categories: the deepest, of several as deep the first.
pub(super) fn node_type<'a>(categories: impl IntoIterator<Item = &'a str>) -> String {
    let mut deepest: Option<(u8, &str)> = None;
    for category in categories {
        let name = local_name(category.trim());
        let depth =
            ANCESTORS.iter().find(|(ancestor, _)| *ancestor == name).map_or(u8::MAX, |&(_, depth)| depth);
        if !name.is_empty() && deepest.is_none_or(|(known, _)| depth > known) {
            deepest = Some((depth, name));
        }
    }
    let name = deepest.map_or_else(String::new, |(_, name)| snake_case(name));
    if name.is_empty() { UNTYPED.into() } else { name }
}

/// `Disease` of `biolink:Disease` and of `https://w3id.org/biolink/vocab/Disease`.
pub(super) fn local_name(term: &str) -> &str {
    term.strip_prefix("biolink:")
        .or_else(|| term.strip_prefix("https://w3id.org/biolink/vocab/"))
        .unwrap_or(term)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_category_is_the_type() {
        let of = |list: &str| node_type(list.split('|'));
        assert_eq!(of("biolink:SmallMolecule"), "small_molecule");
        assert_eq!(of("biolink:NamedThing|biolink:BiologicalEntity|biolink:Disease"), "disease");
        assert_eq!(of("biolink:Disease|biolink:DiseaseOrPhenotypicFeature|biolink:NamedThing"), "disease");
        assert_eq!(
            of("biolink:SmallMolecule|biolink:MolecularEntity|biolink:Drug|biolink:ChemicalEntity"),
            "drug"
        );
        assert_eq!(
            of("biolink:ChemicalEntity|biolink:PhysicalEssence|biolink:NamedThing"),
            "chemical_entity"
        );
        assert_eq!(of("biolink:PhenotypicFeature|biolink:Disease"), "disease");
        assert_eq!(of("biolink:ThingWithTaxon|biolink:AnatomicalEntity|biolink:Cell"), "cell");
        assert_eq!(of("https://w3id.org/biolink/vocab/Gene|biolink:Protein"), "gene");
        assert_eq!(of("biolink:NamedThing"), UNTYPED);
        assert_eq!(of(""), UNTYPED);
        assert_eq!(of("wd:Q12136"), "wd_q12136");
    }

    #[test]
    fn ancestors_stand_in_order_of_depth_and_name() {
        assert!(ANCESTORS.is_sorted_by_key(|&(name, depth)| (depth, name)));
    }
}
