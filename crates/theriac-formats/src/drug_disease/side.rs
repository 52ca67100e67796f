//! Drugs and diseases, told apart by their identifiers.

use crate::curie::Curie;

/// One of the two node types of a drug-disease data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Drug,
    Disease,
}

impl Side {
    pub(crate) const BOTH: [Self; 2] = [Self::Drug, Self::Disease];

    pub(crate) fn other(self) -> Self {
        match self {
            Self::Drug => Self::Disease,
            Self::Disease => Self::Drug,
        }
    }

    /// The node type, which is also the word for one of its nodes.
    pub(crate) fn node_type(self) -> &'static str {
        match self {
            Self::Drug => "drug",
            Self::Disease => "disease",
        }
    }
}

/// What the labels of a matrix's rows or columns are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LabelKind {
    /// Identifiers of drugs alone, or of diseases alone.
    Of(Side),
    /// Identifiers of a collection that holds both: `MeSH`.
    Either,
    /// Anything else.
    Other,
}

/// Collections of drugs and other chemicals.
const DRUGS: [&str; 12] = [
    "atc",
    "cas",
    "chebi",
    "chembl",
    "chembl.compound",
    "ctd.chemical",
    "drugbank",
    "inchikey",
    "kegg.drug",
    "pubchem.compound",
    "rxnorm",
    "unii",
];
/// Collections of diseases and phenotypes, and those that hold drugs too but in which tables write diseases.
const DISEASES: [&str; 13] = [
    "ctd.disease",
    "doid",
    "efo",
    "hp",
    "icd10",
    "icd10cm",
    "icd11",
    "icd9cm",
    "mondo",
    "omim",
    "omim.ps",
    "orphanet",
    "umls",
];

/// What labels are, by the kind of at least half of them.
pub(crate) fn label_kind(labels: &[String]) -> LabelKind {
    let mut counts = [0; 3];
    for curie in labels.iter().filter_map(|label| identifier(label)) {
        let prefix = curie.split_once(':').map_or("", |(prefix, _)| prefix);
        match prefix {
            "mesh" => counts[2] += 1,
            drug if DRUGS.contains(&drug) => counts[0] += 1,
            disease if DISEASES.contains(&disease) => counts[1] += 1,
            _ => {}
        }
    }
    let kinds = [LabelKind::Of(Side::Drug), LabelKind::Of(Side::Disease), LabelKind::Either];
    let most = (0..3).max_by_key(|&kind| (counts[kind], 3 - kind)).unwrap_or_default();
    if counts[most] > 0 && 2 * counts[most] >= labels.len() { kinds[most] } else { LabelKind::Other }
}

/// The compact identifier that a label is: `drugbank:DB00014` of `DB00014`, and `omim:102100` of `D102100`, as Gottlieb
/// et al. and those who took their data write OMIM's numbers. `None` for names.
pub(crate) fn identifier(label: &str) -> Option<String> {
    if let Some(number) = omim_number(label) {
        return Some(format!("omim:{number}"));
    }
    Curie::parse(label).map(|curie| curie.to_string())
}

/// The OMIM number of `D102100`. OMIM's numbers have six digits and begin with 1 to 6; the descriptors of `MeSH`
/// that look like this (`D003924`) all begin with 0.
pub(crate) fn omim_number(label: &str) -> Option<&str> {
    let number = ["D", "OMIM", "MIM"].iter().find_map(|start| label.strip_prefix(start))?;
    let digits = number.len() == 6 && number.bytes().all(|byte| byte.is_ascii_digit());
    (digits && matches!(number.as_bytes()[0], b'1'..=b'6')).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(labels: &[&str]) -> LabelKind {
        label_kind(&labels.iter().map(|&label| label.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn labels_become_identifiers_where_they_are_some() {
        for (label, expected) in [
            ("DB00014", Some("drugbank:DB00014")),
            ("D102100", Some("omim:102100")),
            ("OMIM102100", Some("omim:102100")),
            ("OMIM:102100", Some("omim:102100")),
            ("D003924", Some("mesh:D003924")),
            ("MESH:D003924", Some("mesh:D003924")),
            ("D702100", Some("mesh:D702100")),
            ("C0011849", Some("umls:C0011849")),
            ("aspirin", None),
            ("D10210", None),
            ("", None),
        ] {
            assert_eq!(identifier(label).as_deref(), expected, "{label}");
        }
    }

    #[test]
    fn sides_are_told_by_most_of_the_labels() {
        assert_eq!(kind(&["DB00014", "DB00015", "aspirin"]), LabelKind::Of(Side::Drug));
        assert_eq!(kind(&["D102100", "gout"]), LabelKind::Of(Side::Disease));
        assert_eq!(kind(&["C0011849", "MONDO:0005148"]), LabelKind::Of(Side::Disease));
        assert_eq!(kind(&["D003924", "D001241"]), LabelKind::Either);
        assert_eq!(kind(&["D102100", "gout", "fever"]), LabelKind::Other);
        assert_eq!(kind(&["ENSG00000139618"]), LabelKind::Other);
        assert_eq!(kind(&[]), LabelKind::Other);
    }
}
