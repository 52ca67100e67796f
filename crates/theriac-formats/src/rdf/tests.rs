//! The reader of RDF as a whole: statements about things, ontologies, and what is said of what is left out.

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Graph {
    let input = Input::from_bytes("x.ttl", text.into());
    assert!(Rdf.detect(&input), "{text}");
    Rdf.read(&input).unwrap()
}

fn edges(graph: &Graph) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for relation in graph.relations() {
        let ids = |place: usize, node: u32| graph.node_tables()[place].ids[node as usize].clone();
        for (source, target) in relation.forward.pairs() {
            let ends = (ids(relation.source_type, source), ids(relation.target_type, target));
            found.push((relation.key.to_string(), ends.0, ends.1));
        }
    }
    found
}

fn triples<'a>(list: &[(&'a str, &'a str, &'a str)]) -> Vec<(String, String, String)> {
    list.iter().map(|&(key, source, target)| (key.into(), source.into(), target.into())).collect()
}

const PREFIXES: &str = "@prefix ex: <http://example.org/> .\n\
     @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n\
     @prefix owl: <http://www.w3.org/2002/07/owl#> .\n\
     @prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n\
     @prefix oio: <http://www.geneontology.org/formats/oboInOwl#> .\n\
     @prefix obo: <http://purl.obolibrary.org/obo/> .\n";

#[test]
fn instances_have_the_types_of_their_classes() {
    let graph = read(&format!(
        "{PREFIXES}\
         ex:aspirin a owl:NamedIndividual, ex:C1 ; rdfs:label \"Aspirin\"@de, \"aspirin\"@en, \"acetylsalicylic acid\" ;\n\
           ex:treatsDisease obo:MONDO_0000001 ; ex:mass 180.2 ; skos:altLabel \"ASA\", \"Azetylsalizylsäure\"@de ;\n\
           owl:sameAs <http://identifiers.org/drugbank/DB00945> ; oio:hasDbXref \"CHEBI:15365\" .\n\
         ex:C1 rdfs:label \"Small molecule\" .\n\
         ex:treatsDisease rdfs:label \"treats disease\"@en .\n\
         ex:gene1 a ex:Gene ; ex:partOf ex:pathway .\n"
    ));
    let types: Vec<_> =
        graph.node_tables().iter().map(|table| (table.node_type.as_str(), table.ids.clone())).collect();
    assert_eq!(
        types,
        [
            ("small_molecule", vec!["ex:aspirin".into()]),
            ("disease", vec!["mondo:0000001".into()]),
            ("gene", vec!["ex:gene1".to_owned()]),
            ("thing", vec!["ex:pathway".into()]),
        ]
    );
    let drugs = &graph.node_tables()[0];
    assert_eq!(drugs.names, ["aspirin"]);
    assert_eq!(drugs.synonyms[0], ["acetylsalicylic acid", "ASA"]);
    assert_eq!(drugs.xrefs[0], ["drugbank:DB00945", "CHEBI:15365"]);
    assert_eq!(
        edges(&graph),
        triples(&[
            ("small_molecule:treats_disease:disease", "ex:aspirin", "mondo:0000001"),
            ("gene:part_of:thing", "ex:gene1", "ex:pathway"),
        ])
    );
    assert_eq!(
        graph.provenance().decisions,
        [
            "1 node has neither a class nor a prefix that tells what it is",
            "2 statements with a literal not read: mass 1, altLabel 1",
        ]
    );
}

#[test]
fn terms_of_an_ontology_have_the_types_of_their_prefixes() {
    let graph = read(&format!(
        "{PREFIXES}\
         obo:mondo.owl a owl:Ontology ; owl:versionInfo \"1\" .\n\
         obo:MONDO_0000001 a owl:Class ; rdfs:label \"disease\" .\n\
         obo:MONDO_0000002 a owl:Class ; rdfs:label \"fever\" ; rdfs:subClassOf obo:MONDO_0000001 ,\n\
           [ a owl:Restriction ; owl:onProperty obo:RO_0002200 ; owl:someValuesFrom obo:HP_0001945 ] ,\n\
           [ a owl:Restriction ; owl:onProperty obo:RO_0004003 ; owl:someValuesFrom <http://identifiers.org/hgnc/5> ] ,\n\
           [ a owl:Restriction ; owl:onProperty obo:RO_0002200 ; owl:allValuesFrom obo:HP_0000001 ] ;\n\
           skos:exactMatch <http://purl.obolibrary.org/obo/DOID_1> ; oio:inSubset obo:mondo_rare ;\n\
           ex:editor ex:someone .\n\
         obo:MONDO_0000003 a owl:Class ; owl:deprecated true ; obo:IAO_0100001 obo:MONDO_0000002 ;\n\
           rdfs:subClassOf obo:MONDO_0000001 .\n\
         obo:GO_0003674 a owl:Class ; oio:hasOBONamespace \"molecular_function\" .\n\
         obo:GO_0008150 a owl:Class ; rdfs:subClassOf owl:Thing .\n\
         ex:Odd a owl:Class .\n\
         obo:RO_0002200 a owl:ObjectProperty ; rdfs:label \"has phenotype\" ; rdfs:subPropertyOf obo:RO_0000057 .\n\
         ex:editor a owl:AnnotationProperty .\n\
         [] a owl:Axiom ; owl:annotatedSource obo:MONDO_0000002 ; oio:hasDbXref \"x\" .\n"
    ));
    let types: Vec<_> =
        graph.node_tables().iter().map(|table| (table.node_type.as_str(), table.ids.join(" "))).collect();
    assert_eq!(
        types,
        [
            ("disease", "mondo:0000001 mondo:0000002".into()),
            ("phenotype", "hp:0001945".into()),
            ("gene", "hgnc:5".into()),
            ("molecular_function", "go:0003674".into()),
            ("biological_process", "go:0008150".into()),
            ("class", "ex:Odd".to_owned()),
        ]
    );
    assert_eq!(graph.node_tables()[0].xrefs[1], ["doid:1"]);
    assert_eq!(
        edges(&graph),
        triples(&[
            ("disease:is_a:disease", "mondo:0000002", "mondo:0000001"),
            ("disease:has_phenotype:phenotype", "mondo:0000002", "hp:0001945"),
            ("disease:has_material_basis_in_germline_mutation_in:gene", "mondo:0000002", "hgnc:5"),
        ])
    );
    assert_eq!(
        graph.provenance().decisions,
        [
            "1 term is obsolete (owl:deprecated) and left out",
            "1 node has neither a class nor a prefix that tells what it is",
            "1 statement with an annotation property, or between words of the vocabulary, not read",
            "7 statements with blank nodes that are no restriction to some value not read",
            "4 statements about documents and vocabularies not read: inSubset 1, IAO_0100001 1, subClassOf 1, \
         subPropertyOf 1",
            "1 statement with a literal not read: versionInfo 1",
        ]
    );
}

#[test]
fn every_syntax_gives_the_same() {
    let lines = "<http://purl.obolibrary.org/obo/MONDO_1> <http://www.w3.org/2000/01/rdf-schema#label> \"fever\" .\n\
                 <http://example.org/a> <http://example.org/causes> <http://purl.obolibrary.org/obo/MONDO_1> .\n";
    let turtle = "PREFIX e: <http://example.org/>\n<http://purl.obolibrary.org/obo/MONDO_1> \
                  <http://www.w3.org/2000/01/rdf-schema#label> \"fever\" .\n<http://example.org/a> e:causes \
                  <http://purl.obolibrary.org/obo/MONDO_1> .";
    let xml = "<?xml version=\"1.0\"?>\n<!DOCTYPE rdf:RDF [ <!ENTITY obo \"http://purl.obolibrary.org/obo/\"> ]>\n\
               <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" \
               xmlns:rdfs=\"http://www.w3.org/2000/01/rdf-schema#\" xmlns:e=\"http://example.org/\">\n\
               <rdf:Description rdf:about=\"&obo;MONDO_1\"><rdfs:label>fever</rdfs:label></rdf:Description>\n\
               <rdf:Description rdf:about=\"http://example.org/a\"><e:causes rdf:resource=\"&obo;MONDO_1\"/>\
               </rdf:Description>\n</rdf:RDF>\n";
    let quads = lines.replace(" .\n", " <http://example.org/g> .\n");
    let trig = format!("PREFIX e: <http://example.org/>\ne:g {{ {lines} }}");
    for (text, id) in [
        (lines, "http://example.org/a"),
        (turtle, "e:a"),
        (xml, "e:a"),
        (&quads, "http://example.org/a"),
        (&trig, "e:a"),
    ] {
        let graph = read(text);
        assert_eq!(edges(&graph), triples(&[("thing:causes:disease", id, "mondo:1")]), "{text}");
        assert_eq!(graph.node_type("disease").unwrap().1.names, ["fever"]);
        let in_graphs = text == quads || text == trig;
        let said = graph.provenance().decisions.contains(&"named graphs are read as one".into());
        assert_eq!(said, in_graphs, "{text}");
    }
}

#[test]
fn blank_nodes_of_two_files_are_two() {
    let folder = tempfile::tempdir().unwrap();
    let owl = "http://www.w3.org/2002/07/owl#";
    for (name, property) in [("a.nt", "p"), ("b.nt", "q")] {
        let text = format!(
            "<http://e.org/{name}> <http://www.w3.org/2000/01/rdf-schema#subClassOf> _:r .\n\
             _:r <{owl}onProperty> <http://e.org/{property}> .\n_:r <{owl}someValuesFrom> <http://e.org/x> .\n"
        );
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    std::fs::write(folder.path().join("notes"), "none\n").unwrap();
    let graph = Rdf.read(&Input::open(folder.path()).unwrap()).unwrap();
    assert_eq!(
        edges(&graph),
        triples(&[
            ("thing:p:thing", "http://e.org/a.nt", "http://e.org/x"),
            ("thing:q:thing", "http://e.org/b.nt", "http://e.org/x"),
        ])
    );
    let decisions = &graph.provenance().decisions;
    assert_eq!(decisions[0], "notes not read: it is no RDF", "{decisions:?}");
}

#[test]
fn a_document_without_edges_or_none_at_all_is_an_error() {
    let message = |text: &str| Rdf.read(&Input::from_bytes("x.nt", text.into())).unwrap_err().to_string();
    let label = "<http://e/a> <http://www.w3.org/2000/01/rdf-schema#label> \"a\" .\n";
    assert_eq!(message(label), "x.nt holds no edges; expected at least one");
    assert_eq!(
        message("Roses are red\n"),
        "x.nt is a file that begins with \"Roses are red\"; rdf expects N-Triples, N-Quads, Turtle, TriG or RDF/XML"
    );
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(
        turtle in "(ex:a|ex:b|a| |;|,|\\.|\\[|\\]|\"x\"|@en|_:b|rdfs:subClassOf|owl:onProperty|\n){0,30}",
        start in prop::sample::select(vec!["@prefix ex: <http://e/> .\n", "<http://e/a> <http://e/b> <http://e/c> .\n", PREFIXES]),
    ) {
        let input = Input::from_bytes("any", format!("{start}{turtle}").into_bytes());
        let _ = Rdf.read(&input);
    }
}
