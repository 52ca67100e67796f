//! What the words of RDF vocabularies mean for a graph.

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const RDFS: &str = "http://www.w3.org/2000/01/rdf-schema#";
const OWL: &str = "http://www.w3.org/2002/07/owl#";
const XSD: &str = "http://www.w3.org/2001/XMLSchema#";
const SKOS: &str = "http://www.w3.org/2004/02/skos/core#";
const OBO_IN_OWL: &str = "http://www.geneontology.org/formats/oboInOwl#";
const OBO: &str = "http://purl.obolibrary.org/obo/";

/// What a property says of its subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Type,
    Name,
    Synonym,
    Xref,
    /// Which of its parts an OBO ontology counts a term to: `molecular_function`.
    Namespace,
    Deprecated,
    SubClassOf,
    /// The property of an OWL restriction, and what some of its values come from.
    OnProperty,
    SomeValuesFrom,
    /// It is about a document, a vocabulary or a statement.
    Annotation,
    /// Anything else: where its object is a thing, it is an edge.
    Edge,
}

/// Vocabularies whose properties are no edges between things, where [`role`] knows no better.
const ANNOTATIONS: [&str; 14] = [
    RDF,
    RDFS,
    OWL,
    SKOS,
    OBO_IN_OWL,
    "http://purl.obolibrary.org/obo/IAO_",
    "http://purl.obolibrary.org/obo/OMO_",
    "http://purl.org/dc/elements/1.1/",
    "http://purl.org/dc/terms/",
    "http://purl.org/pav/",
    "http://purl.org/vocab/vann/",
    "http://rdfs.org/ns/void#",
    "http://www.w3.org/ns/prov#",
    "http://xmlns.com/foaf/0.1/",
];

/// What the property of this IRI says.
pub(super) fn role(iri: &str) -> Role {
    let of = |vocabulary: &str| iri.strip_prefix(vocabulary);
    let known = of(RDF)
        .and_then(|name| (name == "type").then_some(Role::Type))
        .or_else(|| match of(RDFS)? {
            "label" => Some(Role::Name),
            "subClassOf" => Some(Role::SubClassOf),
            _ => None,
        })
        .or_else(|| match of(OWL)? {
            "sameAs" | "equivalentClass" => Some(Role::Xref),
            "deprecated" => Some(Role::Deprecated),
            "onProperty" => Some(Role::OnProperty),
            "someValuesFrom" => Some(Role::SomeValuesFrom),
            _ => None,
        })
        .or_else(|| match of(SKOS)? {
            "prefLabel" => Some(Role::Name),
            "altLabel" => Some(Role::Synonym),
            "exactMatch" => Some(Role::Xref),
            "broader" | "narrower" | "related" => Some(Role::Edge),
            _ => None,
        })
        .or_else(|| match of(OBO_IN_OWL)? {
            "hasExactSynonym" => Some(Role::Synonym),
            "hasDbXref" => Some(Role::Xref),
            "hasOBONamespace" => Some(Role::Namespace),
            _ => None,
        })
        .or_else(|| match of("https://schema.org/").or_else(|| of("http://schema.org/"))? {
            "name" => Some(Role::Name),
            "alternateName" => Some(Role::Synonym),
            "sameAs" => Some(Role::Xref),
            _ => None,
        });
    let annotates = || ANNOTATIONS.iter().any(|vocabulary| iri.starts_with(vocabulary));
    known.unwrap_or_else(|| if annotates() { Role::Annotation } else { Role::Edge })
}

/// What the instances of a class are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Classes themselves.
    Classes,
    /// Concepts of a thesaurus.
    Concepts,
    /// Anything whatever.
    Anything,
    /// Properties that only annotate.
    Annotations,
    /// Properties, ontologies, statements: parts of the vocabulary and no things.
    Vocabulary,
    /// Things of a kind.
    Things,
}

/// What the instances of the class of this IRI are.
pub(super) fn class(iri: &str) -> Class {
    let of = |vocabulary: &str| iri.strip_prefix(vocabulary);
    match (of(OWL), of(RDFS), of(RDF), of(SKOS)) {
        (Some("Class" | "DeprecatedClass"), ..) | (_, Some("Class"), ..) => Class::Classes,
        (Some("NamedIndividual" | "Thing"), ..) | (_, Some("Resource"), ..) => Class::Anything,
        (Some("AnnotationProperty"), ..) => Class::Annotations,
        (.., Some("Concept")) => Class::Concepts,
        (None, None, None, None) => Class::Things,
        _ => Class::Vocabulary,
    }
}

/// Whether an IRI is one of the languages themselves: `owl:Thing`, `rdf:nil`, `xsd:string`.
pub(super) fn is_vocabulary(iri: &str) -> bool {
    [RDF, RDFS, OWL, XSD].iter().any(|vocabulary| iri.starts_with(vocabulary))
}

/// Node type of what has an identifier with this prefix, where its document does not say what it is.
///
/// Collections that hold things of many kinds (`MeSH`, UMLS, the NCI Thesaurus, SNOMED CT, EFO) are not here.
pub(super) fn type_of_prefix(prefix: &str) -> Option<&'static str> {
    Some(match prefix {
        "mondo" | "doid" | "orphanet" | "omim" | "omim.ps" | "icd10" | "icd10cm" | "icd11" | "icd9cm" => {
            "disease"
        }
        "hp" | "mp" => "phenotype",
        "go" => "biological_process",
        "drugbank" | "rxnorm" => "drug",
        "chebi" | "chembl.compound" | "pubchem.compound" | "kegg.compound" | "inchikey" | "unii" => {
            "chemical"
        }
        "ncbigene" | "hgnc" | "ensembl" | "ctd.gene" => "gene",
        "uniprot" | "pr" => "protein",
        "reactome" | "wikipathways" | "kegg.pathway" => "pathway",
        "uberon" => "anatomy",
        "cl" => "cell",
        "ncbitaxon" => "organism",
        "so" => "sequence_feature",
        _ => return None,
    })
}

/// The parts of the Gene Ontology, which are node types of their own.
pub(super) const GO_NAMESPACES: [&str; 3] =
    ["biological_process", "molecular_function", "cellular_component"];

/// Name of the relation of a property that goes by a number and that its document may not label.
///
/// Source: Relation Ontology (<https://oborel.github.io>), labels.
pub(super) fn relation_of_property(iri: &str) -> Option<&'static str> {
    Some(match iri.strip_prefix(OBO)? {
        "BFO_0000050" => "part_of",
        "BFO_0000051" => "has_part",
        "BFO_0000066" => "occurs_in",
        "RO_0000053" => "has_characteristic",
        "RO_0000057" => "has_participant",
        "RO_0000087" => "has_role",
        "RO_0001025" => "located_in",
        "RO_0002200" => "has_phenotype",
        "RO_0002202" => "develops_from",
        "RO_0002211" => "regulates",
        "RO_0002212" => "negatively_regulates",
        "RO_0002213" => "positively_regulates",
        "RO_0002331" => "involved_in",
        "RO_0002434" => "interacts_with",
        "RO_0002451" => "transmitted_by",
        "RO_0002573" => "has_modifier",
        "RO_0004020" => "has_basis_in_dysfunction_of",
        "RO_0004021" => "disease_has_basis_in_disruption_of",
        "RO_0004026" => "disease_has_location",
        "RO_0004027" => "disease_has_inflammation_site",
        "RO_0004029" => "disease_has_feature",
        "RO_0004003" => "has_material_basis_in_germline_mutation_in",
        "RO_0004004" => "has_material_basis_in_somatic_mutation_in",
        "RO_0009501" => "realized_in_response_to",
        _ => return None,
    })
}

/// What stands behind the last `#`, `/` or `:` of an IRI.
pub(super) fn local_name(iri: &str) -> &str {
    iri.trim_end_matches(['/', '#']).rsplit(['#', '/', ':']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_have_roles() {
        for (iri, expected) in [
            ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", Role::Type),
            ("http://www.w3.org/1999/02/22-rdf-syntax-ns#subject", Role::Annotation),
            ("http://www.w3.org/2000/01/rdf-schema#subClassOf", Role::SubClassOf),
            ("http://www.w3.org/2000/01/rdf-schema#seeAlso", Role::Annotation),
            ("http://www.w3.org/2004/02/skos/core#exactMatch", Role::Xref),
            ("http://www.w3.org/2004/02/skos/core#closeMatch", Role::Annotation),
            ("http://www.w3.org/2004/02/skos/core#broader", Role::Edge),
            ("http://www.geneontology.org/formats/oboInOwl#inSubset", Role::Annotation),
            ("http://schema.org/name", Role::Name),
            ("http://purl.obolibrary.org/obo/IAO_0000115", Role::Annotation),
            ("http://purl.obolibrary.org/obo/RO_0002200", Role::Edge),
            ("https://example.org/treats", Role::Edge),
        ] {
            assert_eq!(role(iri), expected, "{iri}");
        }
    }

    #[test]
    fn classes_of_the_languages_are_no_types() {
        for (iri, expected) in [
            ("http://www.w3.org/2002/07/owl#Class", Class::Classes),
            ("http://www.w3.org/2002/07/owl#NamedIndividual", Class::Anything),
            ("http://www.w3.org/2002/07/owl#AnnotationProperty", Class::Annotations),
            ("http://www.w3.org/2002/07/owl#Ontology", Class::Vocabulary),
            ("http://www.w3.org/1999/02/22-rdf-syntax-ns#Property", Class::Vocabulary),
            ("http://www.w3.org/2004/02/skos/core#Concept", Class::Concepts),
            ("https://w3id.org/biolink/vocab/Disease", Class::Things),
        ] {
            assert_eq!(class(iri), expected, "{iri}");
        }
        assert!(is_vocabulary("http://www.w3.org/2002/07/owl#Thing"));
    }

    #[test]
    fn local_names_are_what_comes_last() {
        let iris = ["http://e.org/a#B", "http://e.org/a/b", "urn:x:c", "http://e.org/d/", "x"];
        assert_eq!(iris.map(local_name), ["B", "b", "c", "d", "x"]);
    }
}
