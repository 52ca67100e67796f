//! The collections of identifiers of the field: their prefixes, as people spell them, and their addresses.

use std::sync::LazyLock;

/// A collection of identifiers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Namespace {
    /// Its prefix in the Bioregistry (<https://bioregistry.io>), in lower case.
    pub(super) prefix: &'static str,
    /// Prefix of the collection that numbers its things: `mesh` for `ctd.chemical`, whose ids are its ids.
    numbering: &'static str,
    /// Other spellings of the prefix, in lower case.
    spellings: &'static [&'static str],
    /// What stands before the local id in its addresses, without `http://`, `https://` and `www.`.
    addresses: &'static [&'static str],
    /// Whether `_` stands for `:` too, as in `MONDO_0005148`.
    pub(super) underscore: bool,
}

/// A row of [`NAMESPACES`], to which the methods add what there is more.
const fn namespace(prefix: &'static str, spellings: &'static [&'static str]) -> Namespace {
    Namespace { prefix, numbering: prefix, spellings, addresses: &[], underscore: false }
}

/// The same for an ontology: its ids are written with `_` in addresses and in many tables.
const fn ontology(prefix: &'static str, spellings: &'static [&'static str]) -> Namespace {
    Namespace { underscore: true, ..namespace(prefix, spellings) }
}

impl Namespace {
    const fn at(self, addresses: &'static [&'static str]) -> Self {
        Self { addresses, ..self }
    }

    const fn numbered_by(self, numbering: &'static str) -> Self {
        Self { numbering, ..self }
    }
}

/// In order of prefix. Spellings are those of the Bioregistry, UMLS, Biolink, `PrimeKG`, Hetionet, DRKG and the databases'
/// own tables.
const NAMESPACES: &[Namespace] = &[
    namespace("atc", &["atccode", "kegg.atc", "atc_code", "who.atc"])
        .at(&["whocc.no/atc_ddd_index/?code=", "purl.bioontology.org/ontology/atc/"]),
    namespace("cas", &["casrn", "cas-rn", "cas_rn"]).at(&["commonchemistry.org/chemicaldetail.aspx?ref="]),
    ontology("chebi", &["chebiid", "chebi_id"])
        .at(&["ebi.ac.uk/chebi/searchid.do?chebiid=", "ebi.ac.uk/chebi/chebi:"]),
    namespace("chembl", &["chembl_id", "chemblid"]).at(&["ebi.ac.uk/chembldb/index.php/"]),
    namespace("chembl.compound", &["chembl.molecule", "chembl_compound", "chembldrug"])
        .numbered_by("chembl")
        .at(&[
            "ebi.ac.uk/chembl/compound_report_card/",
            "ebi.ac.uk/chembl/explore/compound/",
            "rdf.ebi.ac.uk/resource/chembl/molecule/",
        ]),
    namespace("chembl.target", &["chembl_target"]).numbered_by("chembl").at(&[
        "ebi.ac.uk/chembl/explore/target/",
        "ebi.ac.uk/chembl/target_report_card/",
        "rdf.ebi.ac.uk/resource/chembl/target/",
    ]),
    ontology("cl", &["cell ontology"]),
    namespace("ctd.chemical", &["ctd_chemical"])
        .numbered_by("mesh")
        .at(&["ctdbase.org/detail.go?type=chem&acc="]),
    namespace("ctd.disease", &["ctd_disease"])
        .numbered_by("mesh")
        .at(&["ctdbase.org/detail.go?type=disease&acc="]),
    namespace("ctd.gene", &["ctd_gene"])
        .numbered_by("ncbigene")
        .at(&["ctdbase.org/detail.go?type=gene&acc="]),
    ontology("doid", &["disease_ontology", "diseaseontology"])
        .at(&["disease-ontology.org/term/", "disease-ontology.org/?id="]),
    namespace("drugbank", &["drug_bank", "drugbank_id", "drugbankid"]).at(&[
        "bio2rdf.org/drugbank:",
        "drugbank.ca/drugs/",
        "go.drugbank.com/drugs/",
        "wifo5-04.informatik.uni-mannheim.de/drugbank/resource/drugs/",
    ]),
    ontology("efo", &["experimental factor ontology"]).at(&["ebi.ac.uk/efo/efo_"]),
    namespace("ensembl", &["ensembl.gene", "ensembl_gene", "ensg", "ensembl_id"]).at(&[
        "ensembl.org/homo_sapiens/gene/summary?g=",
        "ensembl.org/id/",
        "rdf.ebi.ac.uk/resource/ensembl/",
    ]),
    ontology("go", &["gene_ontology", "geneontology", "quickgo"])
        .at(&["amigo.geneontology.org/amigo/term/go:", "ebi.ac.uk/quickgo/term/go:"]),
    namespace("hgnc", &["hgnc_id", "hgncid"]).at(&[
        "genenames.org/cgi-bin/gene_symbol_report?hgnc_id=",
        "genenames.org/data/gene-symbol-report/#!/hgnc_id/",
    ]),
    ontology("hp", &["hpo", "human_phenotype_ontology"]).at(&["hpo.jax.org/app/browse/term/hp:"]),
    namespace("icd10", &["icd-10", "icd_10", "icd10who"])
        .at(&["apps.who.int/classifications/icd10/browse/2010/en#/", "icd.who.int/browse10/2019/en#/"]),
    namespace("icd10cm", &["icd-10-cm", "icd10-cm", "icd_10_cm"])
        .at(&["icd10data.com/icd10cm/codes/", "purl.bioontology.org/ontology/icd10cm/"]),
    namespace("icd11", &["icd-11", "icd_11"]).at(&["id.who.int/icd/entity/"]),
    namespace("icd9cm", &["icd-9-cm", "icd9-cm", "icd9", "icd-9"])
        .at(&["purl.bioontology.org/ontology/icd9cm/"]),
    namespace("inchikey", &["inchi_key"]),
    namespace("kegg", &["kegg_id"]).at(&[
        "genome.jp/dbget-bin/www_bget?",
        "genome.jp/entry/",
        "kegg.jp/entry/",
    ]),
    namespace("kegg.compound", &["kegg_compound", "cpd", "kegg.cpd"])
        .numbered_by("kegg")
        .at(&["genome.jp/dbget-bin/www_bget?cpd:", "kegg.jp/entry/cpd:"]),
    namespace("kegg.disease", &["kegg_disease"]).numbered_by("kegg"),
    namespace("kegg.drug", &["kegg_drug", "kegg.dr"])
        .numbered_by("kegg")
        .at(&["genome.jp/dbget-bin/www_bget?dr:", "kegg.jp/entry/dr:"]),
    namespace("kegg.pathway", &["kegg_pathway"])
        .numbered_by("kegg")
        .at(&["kegg.jp/kegg-bin/show_pathway?", "kegg.jp/pathway/"]),
    namespace("meddra", &["mdr", "meddra_id"]).at(&["purl.bioontology.org/ontology/meddra/"]),
    namespace("mesh", &["msh", "mesh_id", "meshid", "mesh_descriptor", "mesh_ui"]).at(&[
        "bio2rdf.org/mesh:",
        "id.nlm.nih.gov/mesh/",
        "meshb.nlm.nih.gov/record/ui?ui=",
        "ncbi.nlm.nih.gov/mesh/",
        "purl.bioontology.org/ontology/mesh/",
    ]),
    ontology("mondo", &["mondo_id"]).at(&["monarchinitiative.org/disease/mondo:"]),
    namespace(
        "ncbigene",
        &[
            "ncbi_gene",
            "ncbi.gene",
            "ncbi gene",
            "entrez",
            "entrezgene",
            "entrez.gene",
            "entrez gene",
            "entrez_gene",
            "entrezgene/locuslink",
            "egid",
            "gene_id",
            "geneid",
            "ncbi-geneid",
            "ncbigeneid",
        ],
    )
    .at(&[
        "bio2rdf.org/ncbigene:",
        "bio2rdf.org/geneid:",
        "ncbi.nlm.nih.gov/gene/",
        "ncbi.nlm.nih.gov/gene/?term=",
    ]),
    ontology("ncit", &["nci", "ncithesaurus", "nci_thesaurus", "nci thesaurus", "nci_code"]).at(&[
        "ncicb.nci.nih.gov/xml/owl/evs/thesaurus.owl#",
        "ncit.nci.nih.gov/ncitbrowser/conceptreport.jsp?dictionary=nci_thesaurus&code=",
    ]),
    namespace("ndfrt", &["ndf-rt", "nui", "ndf_rt"]).at(&["purl.bioontology.org/ontology/ndfrt/"]),
    namespace("omim", &["mim", "mimid", "omim_id", "omimid"]).at(&[
        "bio2rdf.org/omim:",
        "omim.org/entry/",
        "purl.bioontology.org/ontology/omim/",
    ]),
    namespace("omim.ps", &["omimps", "mimps"]).at(&["omim.org/phenotypicseries/"]),
    ontology("orphanet", &["orpha", "ordo", "orphanet.ordo", "orphacode", "orphanet_id"])
        .at(&["orpha.net/consor/cgi-bin/oc_exp.php?expert=", "orpha.net/ordo/orphanet_"]),
    namespace(
        "pubchem.compound",
        &["pubchem", "pubchem_compound", "pubchem.cid", "pubchemcid", "pubchem_cid", "cid"],
    )
    .at(&[
        "pubchem.ncbi.nlm.nih.gov/compound/",
        "rdf.ncbi.nlm.nih.gov/pubchem/compound/cid",
        "bio2rdf.org/pubchem.compound:",
    ]),
    namespace("pubchem.substance", &["pubchem_substance", "pubchem.sid", "pubchemsid", "pubchem_sid", "sid"])
        .at(&["pubchem.ncbi.nlm.nih.gov/substance/", "rdf.ncbi.nlm.nih.gov/pubchem/substance/sid"]),
    namespace("reactome", &["react", "reactome_id", "reactome.pathway", "reactome_pathway"])
        .at(&["reactome.org/content/detail/", "reactome.org/pathwaybrowser/#/"]),
    namespace("rxnorm", &["rxcui", "rxnorm_cui", "rxnormcui", "rxnorm_id", "rxnav"])
        .at(&["purl.bioontology.org/ontology/rxnorm/", "rxnav.nlm.nih.gov/rest/rxcui/"]),
    namespace("sider.drug", &["sider", "sider_drug"]).at(&["sideeffects.embl.de/drugs/"]),
    namespace("sider.effect", &["sider_effect"]).numbered_by("umls").at(&["sideeffects.embl.de/se/"]),
    namespace(
        "snomedct",
        &[
            "snomed",
            "sctid",
            "sct",
            "snomed ct",
            "snomed_ct",
            "snomed-ct",
            "snomedct_us",
            "snomedctus",
            "snomedct_id",
        ],
    )
    .at(&["snomed.info/id/", "snomed.info/sct/", "purl.bioontology.org/ontology/snomedct/"]),
    ontology("uberon", &["uberon_id"]),
    namespace(
        "umls",
        &["umls_cui", "umls.cui", "umlscui", "cui", "umls_id", "umls cui", "linkedlifedata", "medgen"],
    )
    .at(&["linkedlifedata.com/resource/umls/id/", "ncbi.nlm.nih.gov/medgen/"]),
    namespace("unii", &["fdasrs", "unii_id"])
        .at(&["fdasis.nlm.nih.gov/srs/unii/", "precision.fda.gov/uniisearch/srs/unii/"]),
    namespace(
        "uniprot",
        &[
            "uniprotkb",
            "uniprot_id",
            "uniprotid",
            "uniprot_ac",
            "uniprotkb/swiss-prot",
            "uniprotkb-ac",
            "swissprot",
        ],
    )
    .at(&["purl.uniprot.org/uniprot/", "uniprot.org/uniprot/", "uniprot.org/uniprotkb/"]),
    namespace("wikipathways", &["wikipathway", "wp", "wikipathways_id"]).at(&[
        "wikipathways.org/index.php/pathway:",
        "wikipathways.org/instance/",
        "wikipathways.org/pathways/",
    ]),
];

/// Services whose addresses hold a prefix and a local id: `identifiers.org/drugbank/DB00945` or, nowadays,
/// `identifiers.org/drugbank:DB00945`.
pub(super) const RESOLVERS: &[&str] = &["bioregistry.io/", "identifiers.org/", "n2t.net/"];

/// The same for ontologies: `purl.obolibrary.org/obo/MONDO_0005148`.
pub(super) const OBO_LIBRARY: &str = "purl.obolibrary.org/obo/";

/// The longest spelling of a prefix, or beginning of an address, that is looked up.
pub(super) const LONGEST: usize = 96;

/// Spellings and addresses in order, each with the place of its namespace.
struct Index {
    spellings: Vec<(&'static str, u8)>,
    addresses: Vec<(&'static str, u8)>,
    numberings: Vec<u8>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let places = || (0u8..).zip(NAMESPACES);
    let listed = |texts: fn(&Namespace) -> Vec<&'static str>| {
        let mut list: Vec<(&str, u8)> = places()
            .flat_map(|(place, known)| texts(known).into_iter().map(move |text| (text, place)))
            .collect();
        list.sort_unstable();
        list
    };
    let numbered = |known: &Namespace| places().find(|(_, other)| other.prefix == known.numbering);
    Index {
        spellings: listed(|known| [&[known.prefix], known.spellings].concat()),
        addresses: listed(|known| known.addresses.to_vec()),
        numberings: places()
            .map(|(place, known)| numbered(known).map_or(place, |(first, _)| first))
            .collect(),
    }
});

/// The namespace at a place.
pub(super) fn at(place: u8) -> &'static Namespace {
    &NAMESPACES[usize::from(place)]
}

/// The place of the namespace whose numbering this one shares.
pub(super) fn numbering(place: u8) -> u8 {
    INDEX.numberings[usize::from(place)]
}

/// The place of the namespace with this prefix or spelling, in any case.
pub(super) fn by_spelling(text: &str) -> Option<u8> {
    found(&INDEX.spellings, text)
}

/// The place of the namespace whose addresses begin so, in any case.
pub(super) fn by_address(text: &str) -> Option<u8> {
    found(&INDEX.addresses, text)
}

fn found(list: &[(&'static str, u8)], text: &str) -> Option<u8> {
    let mut lower = [0u8; LONGEST];
    let lower = lower.get_mut(..text.len())?;
    lower.copy_from_slice(text.as_bytes());
    lower.make_ascii_lowercase();
    let place = list.binary_search_by(|(known, _)| known.as_bytes().cmp(&*lower)).ok()?;
    Some(list[place].1)
}

/// The prefix of an identifier that can be told by its form alone: `DB00945`, `CHEMBL25`, `C0011849` (UMLS), `D003924`
/// (`MeSH`), `ENSG00000139618`, `R-HSA-109582`, `A10BA02` (ATC), and `InChI` keys. What several collections may hold is left
/// alone: `C535932` may be of `MeSH` or of the NCI Thesaurus, `P23219` of `UniProt` or of ICD-10.
pub(super) fn bare(text: &str) -> Option<&'static str> {
    let digits = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    let numbered = |start: &str, lengths: &[usize]| {
        text.strip_prefix(start).is_some_and(|rest| lengths.contains(&rest.len()) && digits(rest))
    };
    match *text.as_bytes() {
        [b'D', b'B', ..] if numbered("DB", &[5]) => Some("drugbank"),
        [b'D', ..] if numbered("D", &[6, 9]) => Some("mesh"),
        [b'C', b'H', ..] if text.strip_prefix("CHEMBL").is_some_and(digits) => Some("chembl"),
        [b'C', ..] if numbered("C", &[7]) => Some("umls"),
        [b'C', ..] if numbered("C", &[9]) => Some("mesh"),
        [b'E', b'N', b'S', kind @ (b'G' | b'P' | b'T'), ..] => {
            let (stable, version) = text.split_once('.').unwrap_or((text, "1"));
            let number = stable[3..].strip_prefix(char::from(kind)).unwrap_or_default();
            (number.len() == 11 && digits(number) && digits(version)).then_some("ensembl")
        }
        [b'R', b'-', a, b, c, b'-', ref number @ ..] => {
            let species = [a, b, c].iter().all(u8::is_ascii_uppercase);
            (species && !number.is_empty() && number.iter().all(u8::is_ascii_digit)).then_some("reactome")
        }
        [b'A'..=b'V', d1, d2, l1, l2, d3, d4] => {
            let numbers = [d1, d2, d3, d4].iter().all(u8::is_ascii_digit);
            (numbers && l1.is_ascii_uppercase() && l2.is_ascii_uppercase()).then_some("atc")
        }
        ref key if key.len() == 27 && key[14] == b'-' && key[25] == b'-' => {
            let letters =
                key.iter().enumerate().all(|(at, byte)| matches!(at, 14 | 25) || byte.is_ascii_uppercase());
            letters.then_some("inchikey")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prefix_and_address_stands_for_one_namespace() {
        assert!(NAMESPACES.is_sorted_by(|a, b| a.prefix < b.prefix), "in order of prefix");
        for list in [&INDEX.spellings, &INDEX.addresses] {
            for pair in list.windows(2) {
                assert!(pair[0].0 < pair[1].0, "'{}' occurs twice", pair[1].0);
            }
            for (text, _) in list {
                assert!(
                    text.len() <= LONGEST && !text.bytes().any(|byte| byte.is_ascii_uppercase()),
                    "'{text}'"
                );
            }
        }
        for known in NAMESPACES {
            assert!(
                by_spelling(known.numbering).is_some(),
                "{} is numbered by a prefix that is not known",
                known.prefix
            );
        }
    }

    #[test]
    fn addresses_end_where_a_local_id_can_begin() {
        for known in NAMESPACES {
            for address in known.addresses {
                let cut = address.trim_end_matches(|c: char| c.is_ascii_alphanumeric());
                // `cid` and `sid` are part of the local ids of PubChem's RDF.
                assert!(cut.len() == address.len() || address.contains("rdf.ncbi"), "{address}");
                assert!(!address.starts_with("http") && !address.starts_with("www."), "{address}");
            }
        }
    }

    #[test]
    fn only_forms_that_cannot_be_mistaken_are_recognised() {
        for (text, prefix) in [
            ("DB00945", "drugbank"),
            ("CHEMBL25", "chembl"),
            ("C0011849", "umls"),
            ("D003924", "mesh"),
            ("D000077185", "mesh"),
            ("C000598219", "mesh"),
            ("ENSG00000139618", "ensembl"),
            ("ENSP00000369497.3", "ensembl"),
            ("R-HSA-109582", "reactome"),
            ("A10BA02", "atc"),
            ("BSYNRYMUTXBXSQ-UHFFFAOYSA-N", "inchikey"),
        ] {
            assert_eq!(bare(text), Some(prefix), "{text}");
            assert_eq!(by_spelling(prefix).map(|place| at(place).prefix), Some(prefix));
        }
        for text in [
            "",
            "D1",
            "D00001",
            "DB1",
            "DB0094",
            "DB009455",
            "C535932",
            "P23219",
            "2157",
            "CHEMBL",
            "ENSG",
            "ENSG1",
            "ENSG0000013961é",
            "R-HSA-",
            "R-hsa-1",
            "aspirin",
            "DISEASE",
            "A10BA0é",
            "D00392é",
            "TP53",
            "A1BG",
        ] {
            assert_eq!(bare(text), None, "{text}");
        }
    }
}
