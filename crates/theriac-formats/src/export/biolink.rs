//! The names that the Biolink model has for node types and relations.
//!
//! Source: Biolink model 4.2 (<https://biolink.github.io/biolink-model/>), classes under `named thing` and slots under
//! `related to`.

/// Categories of node types whose name in lower case is not that of the category.
const CATEGORIES: [(&str, &str); 17] = [
    ("anatomy", "AnatomicalEntity"),
    ("chemical", "ChemicalEntity"),
    ("clinical_parameter", "ClinicalAttribute"),
    ("compound", "ChemicalEntity"),
    ("effect_phenotype", "PhenotypicFeature"),
    ("exposure", "EnvironmentalExposure"),
    ("gene_protein", "Gene"),
    ("molecular_function", "MolecularActivity"),
    ("mutation", "SequenceVariant"),
    ("organism", "OrganismTaxon"),
    ("pharmacologic_class", "ChemicalRole"),
    ("phenotype", "PhenotypicFeature"),
    ("side_effect", "PhenotypicFeature"),
    ("species", "OrganismTaxon"),
    ("symptom", "PhenotypicFeature"),
    ("taxon", "OrganismTaxon"),
    ("tissue", "GrossAnatomicalStructure"),
];

/// Predicates of relations whose name is not that of the predicate.
const PREDICATES: [(&str, &str); 17] = [
    ("associated", "associated_with"),
    ("associates", "associated_with"),
    ("binds", "directly_physically_interacts_with"),
    ("contraindicates", "contraindicated_in"),
    ("contraindication", "contraindicated_in"),
    ("covaries", "correlated_with"),
    ("indication", "treats"),
    ("interaction", "interacts_with"),
    ("interacts", "interacts_with"),
    ("localizes", "located_in"),
    ("palliates", "ameliorates_condition"),
    ("participates", "participates_in"),
    ("phenotype_present", "has_phenotype"),
    ("presents", "has_phenotype"),
    ("resembles", "similar_to"),
    ("side_effect", "has_side_effect"),
    ("targets", "affects"),
];

/// The category of a node type: `biolink:Drug` of `drug`.
pub(super) fn category(node_type: &str) -> String {
    let known = CATEGORIES.iter().find(|(name, _)| *name == node_type);
    format!("biolink:{}", known.map_or_else(|| camel_case(node_type), |(_, category)| (*category).to_owned()))
}

/// The predicate of a relation, by its name: `biolink:interacts_with` of `interacts`.
pub fn predicate(name: &str) -> String {
    let known = PREDICATES.iter().find(|(own, _)| *own == name);
    format!("biolink:{}", known.map_or_else(|| snake_case(name), |(_, predicate)| (*predicate).to_owned()))
}

/// `SideEffect` of `side_effect`.
pub(super) fn camel_case(name: &str) -> String {
    words(name).map(capitalised).collect()
}

/// `binds_to` of `Binds-to`.
pub(super) fn snake_case(name: &str) -> String {
    words(name).map(str::to_lowercase).collect::<Vec<_>>().join("_")
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_are_those_of_the_model_and_others_are_like_them() {
        let categories =
            ["drug", "side_effect", "biological_process", "clinical-parameter", "GO term"].map(category);
        assert_eq!(
            categories,
            [
                "biolink:Drug",
                "biolink:PhenotypicFeature",
                "biolink:BiologicalProcess",
                "biolink:ClinicalParameter",
                "biolink:GOTerm",
            ]
        );
        assert_eq!(
            ["treats", "interacts", "Up-regulates"].map(predicate),
            ["biolink:treats", "biolink:interacts_with", "biolink:up_regulates",]
        );
    }
}
