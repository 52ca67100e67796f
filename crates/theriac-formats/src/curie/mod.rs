//! Identifiers: compact ones (`drugbank:DB00945`), addresses that stand for them, and which of them are the same.

mod registry;

use std::fmt;
use std::hash::{Hash, Hasher};

use registry::{OBO_LIBRARY, RESOLVERS};

/// A compact identifier of a known collection: a prefix and the local id behind it.
///
/// The prefixes are those of the [Bioregistry](https://bioregistry.io), in lower case, for the collections that graphs
/// of drugs, diseases and genes use; other spellings (`UniProtKB`, `UMLS_CUI`, `EntrezGene`, `ORPHA`) and cases are taken
/// for them.
///
/// ```
/// use theriac_formats::Curie;
///
/// let diabetes = Curie::parse("MONDO:0005148").expect("a known prefix");
/// assert_eq!((diabetes.prefix(), diabetes.local()), ("mondo", "0005148"));
/// let address = Curie::parse("http://purl.obolibrary.org/obo/MONDO_0005148").expect("a known address");
/// assert_eq!(address.to_string(), "mondo:0005148");
/// assert_eq!(address.key(), diabetes.key());
/// assert_eq!(Curie::parse("aspirin"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Curie<'a> {
    /// Place of the namespace in the registry.
    namespace: u8,
    local: &'a str,
}

/// What two identifiers have in common when they stand for the same thing: see [`Curie::key`].
#[derive(Clone, Copy, Debug)]
pub struct CurieKey<'a> {
    numbering: u8,
    local: &'a str,
}

impl<'a> Curie<'a> {
    /// The identifier that a text is: `prefix:local` with a known prefix in any spelling, `PREFIX_local` of an ontology,
    /// an address as of [`Curie::of_iri`], or a local id that cannot be mistaken (`DB00945`, `CHEMBL25`, `C0011849`,
    /// `D003924`, `ENSG00000139618`, `R-HSA-109582`, `A10BA02`, an `InChI` key). `None` for any other text, and where a
    /// blank stands in the local id.
    pub fn parse(text: &'a str) -> Option<Self> {
        if text.starts_with("http") {
            return Self::of_iri(text);
        }
        Self::compact(text).or_else(|| Self::new(registry::by_spelling(registry::bare(text)?)?, text))
    }

    /// The identifier that stands behind a known address: `http://purl.obolibrary.org/obo/MONDO_0005148`,
    /// `https://identifiers.org/drugbank:DB00945`, `http://www.ncbi.nlm.nih.gov/gene/1017`.
    pub fn of_iri(iri: &'a str) -> Option<Self> {
        let address = without_scheme(iri)?;
        if let Some((prefix, local)) = resolved(address) {
            return Self::new(registry::by_spelling(prefix)?, local);
        }
        // The longest beginning that is known: `…/mesh/` of `…/mesh/D003924`, `…/EFO_` of `…/EFO_0000400`.
        let ends = address.char_indices().rev().filter(|(_, c)| "/#_:=?".contains(*c)).map(|(at, _)| at + 1);
        let known = ends
            .take(4)
            .find_map(|end| Self::new(registry::by_address(address.get(..end)?)?, &address[end..]));
        known.or_else(|| {
            // `…/CID2244` of PubChem: letters of the address lead into the local id.
            let digits = address.len() - address.bytes().rev().take_while(u8::is_ascii_digit).count();
            Self::new(registry::by_address(&address[..digits])?, &address[digits..])
        })
    }

    fn compact(text: &'a str) -> Option<Self> {
        if let Some((prefix, local)) = text.split_once(':') {
            return Self::new(registry::by_spelling(prefix)?, local);
        }
        let (prefix, local) = text.split_once('_')?;
        let namespace = registry::by_spelling(prefix)?;
        let numbered = local.bytes().next_back().is_some_and(|byte| byte.is_ascii_digit());
        Self::new(namespace, local).filter(|_| numbered && registry::at(namespace).underscore)
    }

    fn new(namespace: u8, local: &'a str) -> Option<Self> {
        let local = without_prefix(namespace, local);
        let whole = !local.is_empty() && !local.bytes().any(|byte| byte.is_ascii_whitespace());
        whole.then_some(Self { namespace, local })
    }

    /// The canonical prefix that a text names in any spelling: `uniprot` of `UniProtKB`.
    pub fn prefix_named(text: &str) -> Option<&'static str> {
        registry::by_spelling(text).map(|place| registry::at(place).prefix)
    }

    /// The canonical prefix, in lower case.
    pub fn prefix(&self) -> &'static str {
        registry::at(self.namespace).prefix
    }

    /// The id within its collection, as it was written, without a prefix that is repeated in it.
    pub fn local(&self) -> &'a str {
        self.local
    }

    /// What is the same for all spellings of the identifier: the case of prefix and local id, leading zeros of a number
    /// and the version of an Ensembl id do not count, and collections that share a numbering (`chembl.compound` and
    /// `chembl.target`, `ctd.chemical` and `mesh`, `sider.effect` and `umls`) are one.
    pub fn key(&self) -> CurieKey<'a> {
        let mut local = self.local;
        if self.prefix() == "ensembl" {
            local = local.split_once('.').map_or(local, |(stable, _)| stable);
        }
        if local.bytes().all(|byte| byte.is_ascii_digit()) {
            let zeros = local.bytes().take_while(|&byte| byte == b'0').count();
            local = &local[zeros.min(local.len().saturating_sub(1))..];
        }
        CurieKey { numbering: registry::numbering(self.namespace), local }
    }
}

/// The compact form, with the canonical prefix: `mondo:0005148`.
impl fmt::Display for Curie<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.prefix(), self.local)
    }
}

impl PartialEq for CurieKey<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.numbering == other.numbering && self.local.eq_ignore_ascii_case(other.local)
    }
}

impl Eq for CurieKey<'_> {}

impl Hash for CurieKey<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut upper = [self.numbering; 32];
        // The first part of a block is the number that tells it from others of the same letters.
        for block in self.local.as_bytes().chunks(upper.len() - 1) {
            let filled = &mut upper[1..=block.len()];
            filled.copy_from_slice(block);
            filled.make_ascii_uppercase();
            state.write(&upper[..=block.len()]);
        }
    }
}

/// The compact form of an address: of a known collection as [`Curie::of_iri`] gives it, and of any other that
/// identifiers.org, the Bioregistry or the OBO library resolve with its own prefix in lower case
/// (`http://purl.obolibrary.org/obo/RO_0002434` is `ro:0002434`). `None` for other addresses.
///
/// ```
/// use theriac_formats::contract_iri;
///
/// assert_eq!(contract_iri("http://id.nlm.nih.gov/mesh/D003924").as_deref(), Some("mesh:D003924"));
/// assert_eq!(contract_iri("http://purl.obolibrary.org/obo/RO_0002434").as_deref(), Some("ro:0002434"));
/// assert_eq!(contract_iri("http://example.org/D003924"), None);
/// ```
pub fn contract_iri(iri: &str) -> Option<String> {
    if let Some(curie) = Curie::of_iri(iri) {
        return Some(curie.to_string());
    }
    let address = without_scheme(iri)?;
    let (prefix, local) = resolved(address)?;
    let named = !prefix.is_empty() && prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b".-".contains(&b));
    (named && !local.is_empty()).then(|| format!("{}:{local}", prefix.to_ascii_lowercase()))
}

fn without_scheme(iri: &str) -> Option<&str> {
    let address = iri.strip_prefix("http://").or_else(|| iri.strip_prefix("https://"))?;
    Some(address.strip_prefix("www.").unwrap_or(address))
}

/// Prefix and local id in an address of a service that resolves many collections.
fn resolved(address: &str) -> Option<(&str, &str)> {
    let (prefix, local) = match address.strip_prefix(OBO_LIBRARY) {
        Some(rest) => rest.split_once('_')?,
        None => {
            RESOLVERS.iter().find_map(|resolver| address.strip_prefix(resolver))?.split_once(['/', ':'])?
        }
    };
    (!local.contains(['/', '#'])).then_some((prefix, local))
}

/// The local id without a prefix that is repeated in it: `15365` of `CHEBI:CHEBI:15365`.
fn without_prefix(namespace: u8, mut local: &str) -> &str {
    while let Some((repeated, rest)) = local.split_once([':', '_'])
        && registry::by_spelling(repeated) == Some(namespace)
    {
        local = rest;
    }
    local
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canonical(text: &str) -> Option<String> {
        Curie::parse(text).map(|curie| curie.to_string())
    }

    #[test]
    fn spellings_of_one_identifier_have_one_key() {
        for same in [
            &["MONDO:0005148", "mondo:0005148", "MONDO_0005148", "mondo:5148", "MONDO:MONDO:0005148"][..],
            &[
                "CHEBI:15365",
                "chebi:15365",
                "CHEBI:CHEBI:15365",
                "https://www.ebi.ac.uk/chebi/searchId.do?chebiId=CHEBI:15365",
            ],
            &["HGNC:HGNC:1100", "hgnc:1100", "HGNC:1100"],
            &["DrugBank:DB00945", "drugbank:db00945", "DB00945", "https://go.drugbank.com/drugs/DB00945"],
            &["CHEMBL.COMPOUND:CHEMBL25", "chembl:CHEMBL25", "CHEMBL25", "chembl.target:CHEMBL25"],
            &[
                "MESH:D003924",
                "msh:D003924",
                "D003924",
                "ctd.chemical:D003924",
                "http://id.nlm.nih.gov/mesh/D003924",
            ],
            &["UMLS_CUI:C0011849", "UMLS:C0011849", "C0011849", "sider.effect:C0011849"],
            &[
                "EntrezGene:1017",
                "NCBIGene:1017",
                "http://www.ncbi.nlm.nih.gov/gene/1017",
                "Entrez Gene:1017",
            ],
            &["UniProtKB:P23219", "uniprot:P23219", "http://purl.uniprot.org/uniprot/P23219"],
            &[
                "ORPHA:558",
                "Orphanet_558",
                "http://www.orpha.net/ORDO/Orphanet_558",
                "orphanet.ordo:Orphanet_558",
            ],
            &["ENSG00000139618.17", "ensembl:ENSG00000139618", "ensg:ensg00000139618"],
            &["SCTID:73211009", "SNOMEDCT_US:73211009", "http://snomed.info/id/73211009"],
            &[
                "http://rdf.ncbi.nlm.nih.gov/pubchem/compound/CID2244",
                "PubChem:2244",
                "pubchem.compound:2244",
            ],
            &["EFO_0000400", "http://www.ebi.ac.uk/efo/EFO_0000400", "efo:EFO:0000400"],
        ] {
            let first = Curie::parse(same[0]).unwrap();
            for text in same {
                let curie = Curie::parse(text).unwrap_or_else(|| panic!("{text} is not known"));
                assert_eq!(curie.key(), first.key(), "{text}");
            }
        }
    }

    #[test]
    fn other_identifiers_have_other_keys() {
        for (one, other) in [
            ("mondo:1", "doid:1"),
            ("pubchem.compound:2244", "pubchem.substance:2244"),
            ("icd10:E11", "icd10cm:E11"),
            ("omim:125853", "omim.ps:125853"),
            ("go:0", "go:1"),
            ("uniprot:P23219", "uniprot:P23219-2"),
        ] {
            assert_ne!(
                Curie::parse(one).unwrap().key(),
                Curie::parse(other).unwrap().key(),
                "{one} and {other}"
            );
        }
        assert_eq!(Curie::parse("go:000").unwrap().key(), Curie::parse("go:0").unwrap().key());
    }

    #[test]
    fn texts_that_only_look_alike_are_no_identifiers() {
        for text in [
            "",
            ":",
            "mondo:",
            "mondo",
            ":0005148",
            "CL: a disease",
            "go: to",
            "beta:blocker",
            "cl_like",
            "DRUGBANK_DB1",
            "sn_1",
            "http://",
            "http://example.org/mesh/D003924",
            "https://identifiers.org/",
            "é:1",
            "drug:treats:disease",
        ] {
            assert_eq!(canonical(text), None, "{text}");
        }
    }

    #[test]
    fn addresses_are_contracted() {
        for (iri, expected) in [
            ("http://purl.obolibrary.org/obo/MONDO_0005148", Some("mondo:0005148")),
            ("http://purl.obolibrary.org/obo/NCIT_C3224", Some("ncit:C3224")),
            ("http://identifiers.org/drugbank/DB00945", Some("drugbank:DB00945")),
            ("https://identifiers.org/drugbank:DB00945", Some("drugbank:DB00945")),
            ("http://identifiers.org/chebi/CHEBI:15365", Some("chebi:15365")),
            ("https://identifiers.org/CHEBI:15365", Some("chebi:15365")),
            ("https://bioregistry.io/ncbigene:1017", Some("ncbigene:1017")),
            ("https://identifiers.org/rhea:10000", Some("rhea:10000")),
            ("http://purl.obolibrary.org/obo/BFO_0000050", Some("bfo:0000050")),
            ("http://rdf.ebi.ac.uk/resource/chembl/molecule/CHEMBL25", Some("chembl.compound:CHEMBL25")),
            ("http://bio2rdf.org/drugbank:DB00945", Some("drugbank:DB00945")),
            ("https://reactome.org/content/detail/R-HSA-109582", Some("reactome:R-HSA-109582")),
            ("http://purl.obolibrary.org/obo/mondo.owl", None),
            ("http://purl.obolibrary.org/obo/mondo/sources/x_y", None),
            ("http://www.w3.org/2000/01/rdf-schema#label", None),
            ("mailto:a@b", None),
        ] {
            assert_eq!(contract_iri(iri).as_deref(), expected, "{iri}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken_or_left_and_what_is_taken_stays(text in "\\PC{0,24}", local in "[A-Za-z0-9]{1,40}") {
            let _ = (Curie::parse(&text), contract_iri(&format!("http://{text}")));
            for prefix in ["mondo", "uniprot", "ENSEMBL", "kegg.drug"] {
                let text = format!("{prefix}:{local}{text}");
                if let Some(curie) = Curie::parse(&text) {
                    let written = curie.to_string();
                    let again = Curie::parse(&written);
                    prop_assert_eq!(again.map(|again| again.key()), Some(curie.key()), "{}", written);
                }
            }
        }

        #[test]
        fn equal_keys_have_equal_hashes(local in "[a-z0-9]{1,70}") {
            use std::hash::BuildHasher;
            let hash = |text: &str| {
                foldhash::fast::FixedState::default().hash_one(Curie::parse(text).unwrap().key())
            };
            prop_assert_eq!(hash(&format!("mesh:{local}")), hash(&format!("MESH:{}", local.to_uppercase())));
        }
    }
}
