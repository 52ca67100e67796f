//! The reader of KGX as a whole: what becomes of every form, and what is said of what is wrong.

use std::fs;

use proptest::prelude::*;
use theriac_graph::{
    AttributeValues, DuplicatePolicy, EdgeAttribute, EdgeList, Graph, GraphBuilder, NodeTable, Provenance,
    RelationKey,
};

use super::*;
use crate::export;

const NODES: &str = "id\tcategory\tname\txref\tsynonym\tdescription\n\
                     DRUGBANK:DB1\tbiolink:SmallMolecule|biolink:Drug\taspirin\tCHEBI:1|MESH:2\tASA\tlong\n\
                     MONDO:1\tbiolink:Disease|biolink:NamedThing\tfever\t\t\t\n\
                     MONDO:2\tbiolink:Disease\tgout\t\t\t\n";
const EDGES: &str = "id\tsubject\tpredicate\tobject\tprimary_knowledge_source\tpublications\tknowledge_level\tagent_type\tyear\tnegated\n\
     u1\tDRUGBANK:DB1\tbiolink:treats\tMONDO:1\tinfores:a\tPMID:1\tprediction\tnot_provided\t1998\tfalse\n\
     u2\tDRUGBANK:DB1\tbiolink:treats\tMONDO:1\tinfores:b\tPMID:1|PMID:2\tnot_provided\tmanual_agent\t\t\n\
     u3\tDRUGBANK:DB1\tbiolink:treats\tMONDO:2\tinfores:a\t\t\t\t\tTrue\n\
     u4\tDRUGBANK:DB1\tbiolink:affects\tHGNC:5\tinfores:a\t\t\t\t2001\t\n";

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn read(files: &[(&str, &str)]) -> Result<Graph, FormatError> {
    let folder = folder(files);
    let input = Input::open(folder.path())?;
    assert!(Kgx.detect(&input));
    Kgx.read(&input)
}

/// The message for these files, without the place of their folder.
fn message(files: &[(&str, &str)]) -> String {
    let folder = folder(files);
    let error = Kgx.read(&Input::open(folder.path()).unwrap()).unwrap_err().to_string();
    error.replace(&folder.path().display().to_string(), "F")
}

fn keys(graph: &Graph) -> Vec<(String, usize)> {
    graph.relations().iter().map(|relation| (relation.key.to_string(), relation.len())).collect()
}

/// The same nodes and edges as JSON objects.
fn as_json(table: &str, lists: &[&str]) -> Vec<String> {
    let mut lines = table.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let headings = lines.next().unwrap();
    let object = |cells: Vec<&str>| {
        let mut object = serde_json::Map::new();
        for (heading, cell) in headings.iter().zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            let value = match cell.parse::<i64>() {
                _ if lists.contains(heading) => cell.split('|').collect(),
                Ok(number) => number.into(),
                Err(_) if *heading == "negated" => (cell == "True").into(),
                Err(_) => cell.into(),
            };
            object.insert((*heading).into(), value);
        }
        serde_json::Value::Object(object).to_string()
    };
    lines.map(object).collect()
}

#[test]
fn types_relations_and_provenance_are_read() {
    let graph = read(&[("a_edges.tsv", EDGES), ("b_nodes.tsv", NODES), ("README", "Data\n")]).unwrap();
    let types: Vec<_> =
        graph.node_tables().iter().map(|table| (table.node_type.as_str(), table.len())).collect();
    assert_eq!(types, [("drug", 1), ("disease", 2), ("named_thing", 1)]);
    let drugs = &graph.node_tables()[0];
    assert_eq!((drugs.ids[0].as_str(), drugs.names[0].as_str()), ("DRUGBANK:DB1", "aspirin"));
    assert_eq!(
        (&drugs.xrefs[0][..], &drugs.synonyms[0][..]),
        (&["CHEBI:1".into(), "MESH:2".into()][..], &["ASA".into()][..])
    );
    let expected =
        [("drug:treats:disease", 1), ("drug:not_treats:disease", 1), ("drug:affects:named_thing", 1)];
    assert_eq!(keys(&graph), expected.map(|(key, edges)| (key.to_owned(), edges)));
    let treats = &graph.relations()[0];
    let text = |name: &str| treats.attribute(name).unwrap().text(0).unwrap();
    assert_eq!(treats.merged_duplicates, 1);
    assert_eq!(text("primary_knowledge_source"), "infores:a|infores:b");
    assert_eq!(text("publications"), "PMID:1|PMID:2");
    assert_eq!((text("knowledge_level"), text("agent_type")), ("prediction".into(), "manual_agent".into()));
    assert_eq!(treats.attribute("year"), Some(&AttributeValues::Numbers(vec![1998.0])));
    assert_eq!(treats.attribute("id"), None);
    assert_eq!(
        graph.provenance().decisions,
        [
            "README not read: it holds neither nodes nor edges of KGX",
            "properties of nodes not read: description",
            "1 edge with negated=true say that something does not hold: each is in a relation of its own, whose name begins \
         with not_",
            "1 edge with knowledge_level=prediction are predictions of some model, read like any other",
            "1 edge with an end that no node file describes: such nodes are of type named_thing",
            "4 edges have an id of their own, which is not kept",
        ]
    );
}

#[test]
fn every_form_gives_the_same() {
    let lists = ["category", "xref", "synonym", "publications"];
    let (nodes, edges) = (as_json(NODES, &lists), as_json(EDGES, &lists));
    let document = |first: (&str, &[String]), second: (&str, &[String])| {
        format!(
            "{{\"{}\": [{}],\n\"{}\": [\n{}]}}",
            first.0,
            first.1.join(",\n"),
            second.0,
            second.1.join(", ")
        )
    };
    let csv = |text: &str| text.replace('\t', ",");
    let tables = read(&[("e.tsv", EDGES), ("n.tsv", NODES)]).unwrap();
    for files in [
        vec![("e.csv", csv(EDGES)), ("n.csv", csv(NODES))],
        vec![("e.jsonl", edges.join("\n")), ("n.jsonl", format!("\u{feff}{}\r\n\r\n", nodes.join("\r\n")))],
        vec![("e.tsv", EDGES.into()), ("n.jsonl", nodes.join("\n"))],
        vec![("a.json", document(("nodes", &nodes), ("edges", &edges)))],
        vec![("a.json", document(("edges", &edges), ("nodes", &nodes)))],
        vec![
            ("1.json", document(("edges", &edges), ("meta", &[]))),
            ("2.json", document(("nodes", &nodes), ("edges", &[]))),
        ],
    ] {
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let graph = read(&files).unwrap();
        assert_eq!(graph.node_tables(), tables.node_tables(), "{files:?}");
        assert_eq!(graph.relations().len(), tables.relations().len());
        for (found, expected) in graph.relations().iter().zip(tables.relations()) {
            assert_eq!((&found.key, &found.forward), (&expected.key, &expected.forward), "{files:?}");
            for attribute in &expected.attributes {
                assert_eq!(
                    found.attribute(&attribute.name),
                    Some(&attribute.values),
                    "{} of {files:?}",
                    attribute.name
                );
            }
        }
        assert_eq!(graph.provenance().decisions, tables.provenance().decisions);
    }
}

#[test]
fn attributes_are_found_wherever_they_begin() {
    let line = |object: &str, more: &str| {
        format!("{{\"subject\":\"a\",\"predicate\":\"biolink:p\",\"object\":\"{object}\"{more}}}\n")
    };
    let text = [
        line("x", ""),
        line("y", ",\"score\":0.5,\"source\":\"s\""),
        line("z", ",\"deep\":{\"a\":1},\"tags\":[\"t\",\"u\"],\"weight\":2"),
    ];
    let input = Input::from_bytes("e.jsonl", text.concat().into_bytes());
    let graph = Kgx.read(&input).unwrap();
    let relation = &graph.relations()[0];
    assert_eq!(relation.attribute("score").map(|values| values.text(1)), Some(Some("0.5".into())));
    let texts = |texts: [&str; 3]| AttributeValues::Texts(texts.into_iter().collect());
    assert_eq!(relation.attribute("source_"), Some(&texts(["", "s", ""])));
    assert_eq!(relation.attribute("tags"), Some(&texts(["", "", "t|u"])));
    assert_eq!(relation.forward.weights(), Some(&[1.0, 1.0, 2.0][..]));
    let decisions = &graph.provenance().decisions;
    assert!(
        decisions.contains(&"property 'deep' of edges not read where it is an object".into()),
        "{decisions:?}"
    );
}

#[test]
fn the_first_type_of_a_node_is_kept() {
    let other = "id\tcategory\nMONDO:1\tbiolink:PhenotypicFeature\n";
    let graph = read(&[("e.tsv", EDGES), ("n1.tsv", NODES), ("n2.tsv", other)]).unwrap();
    assert!(graph.node_type("phenotypic_feature").is_none());
    let expected = "1 row gives a node another type than its first, which is kept: MONDO:1 is disease, on line 2 \
                    phenotypic_feature";
    assert!(graph.provenance().decisions.contains(&expected.into()), "{:?}", graph.provenance().decisions);
}

#[test]
fn bad_files_are_one_clear_sentence() {
    let nodes = ("n.tsv", NODES);
    let edge =
        |row: &str| message(&[nodes, ("e.tsv", &format!("subject\tpredicate\tobject\tweight\n{row}\n"))]);
    assert_eq!(edge("a\tb"), "F/e.tsv:2: found 2 cells; expected 4, as on line 1");
    assert_eq!(
        edge("a\t\tb\t"),
        "F/e.tsv:2: found an edge without predicate; expected subject, predicate and object"
    );
    assert_eq!(
        edge("\tp\tb\t"),
        "F/e.tsv:2: found an edge without subject; expected subject, predicate and object"
    );
    assert_eq!(edge("a\tp\tb\theavy"), "F/e.tsv:2: found the weight 'heavy'; expected a number");
    assert_eq!(
        edge("a\tp\tb\tinf"),
        "F/e.tsv:2: an edge of named_thing:p:named_thing weighs inf; expected a finite number"
    );
    assert_eq!(edge(""), "F/n.tsv + F/e.tsv holds no edges; expected at least one".replace("F/n.tsv + ", ""));
    assert_eq!(
        message(&[nodes, ("e.tsv", "subject\tpredicate\tobject\tyear\tyear\n")]),
        "F/e.tsv:1: found a second column 'year'; expected each column once"
    );
    assert_eq!(
        message(&[nodes, ("e.tsv", "subject\tpredicate\tobject\ttheriac_relation\na\tp\tb\tp\n")]),
        "F/e.tsv:2: found the theriac_relation 'p'; expected source:name:target"
    );
    assert_eq!(
        message(&[("n.tsv", "id\tcategory\n\tbiolink:Drug\n"), ("e.tsv", EDGES)]),
        "F/n.tsv:2: found an empty id; expected the id of a node"
    );
    assert_eq!(
        message(&[("n.tsv", "id\tcategory\nx\n"), ("e.tsv", EDGES)]),
        "F/n.tsv:2: found 1 cell; expected 2, as on line 1"
    );
    let start = "{\"subject\":\"a\",\"predicate\":\"p\",\"object\":\"b\"}\n";
    assert_eq!(
        message(&[("e.jsonl", &format!("{start}\n{{\"subject\":\n"))]),
        "F/e.jsonl:3: found {\"subject\": (EOF while parsing a value); expected a JSON object"
    );
    assert_eq!(
        message(&[("e.jsonl", &format!("{start}{{\"subject\":\"a\"}}"))]),
        "F/e.jsonl:2: found an edge without predicate; expected subject, predicate and object"
    );
    assert_eq!(
        message(&[(
            "a.json",
            "{\"edges\":[\n{\"subject\":\"a\",\"predicate\":\"p\",\"object\":\"b\"},\n7]}"
        )]),
        "F/a.json:3: found 7 (invalid type: integer `7`, expected an object); expected a JSON object"
    );
    assert_eq!(
        message(&[("poem.txt", "Roses are red\n")]),
        "F is a folder with poem.txt; kgx expects files of nodes and edges"
    );
}

/// A small graph: types, edges with weights, directed or not, and one attribute of each kind.
fn any_graph() -> impl Strategy<Value = Graph> {
    let edges = prop::collection::btree_map((0u32..4, 0u32..4), (any::<i8>(), "[a-z|]{0,6}"), 1..8);
    let relation = (0usize..2, 0usize..2, "[a-z]{1,4}", any::<bool>(), any::<bool>(), edges);
    let ids = "[A-Za-z:0-9]{1,5}";
    (
        prop::collection::btree_set(ids, 4),
        prop::collection::btree_set(ids, 4),
        prop::collection::vec(relation, 1..4),
    )
        .prop_map(|(first, second, relations)| {
            let mut builder = GraphBuilder::new(Provenance::default());
            for (node_type, ids) in [("drug", first), ("side_effect", second)] {
                let ids: Vec<String> = ids.into_iter().collect();
                let names = ids.iter().map(|id| format!("name of {id}")).collect();
                let mut table = NodeTable::new(node_type, ids, names);
                table.synonyms[0] = vec!["Ünï".into(), "two words".into()];
                table.xrefs[1] = vec!["MESH:D1".into()];
                builder.add_nodes(table).unwrap();
            }
            let types = ["drug", "side_effect"];
            let mut known = Vec::new();
            for (source, target, name, weighted, undirected, edges) in relations {
                let key = RelationKey::new(types[source], name, types[target]);
                if known.contains(&key) {
                    continue;
                }
                known.push(key.clone());
                let undirected = undirected && source == target;
                let edges: Vec<_> = edges.into_iter().filter(|((a, b), _)| !undirected || a <= b).collect();
                if edges.is_empty() {
                    continue;
                }
                let texts =
                    AttributeValues::Texts(edges.iter().map(|(_, (_, text))| text.as_str()).collect());
                let list = EdgeList {
                    sources: edges.iter().map(|((source, _), _)| *source).collect(),
                    targets: edges.iter().map(|((_, target), _)| *target).collect(),
                    weights: weighted
                        .then(|| edges.iter().map(|(_, (weight, _))| f32::from(*weight) / 3.0).collect()),
                    attributes: vec![EdgeAttribute { name: "publications".into(), values: texts }],
                    undirected,
                    ..EdgeList::default()
                };
                builder.add_relation(key, list, DuplicatePolicy::Reject).unwrap();
            }
            builder.build()
        })
        .prop_filter_map("a graph with an edge", Result::ok)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_reads_back(graph in any_graph()) {
        for form in ["kgx", "kgx-jsonl"] {
            let place = tempfile::tempdir().unwrap();
            export(&graph, form, &place.path().join("out")).unwrap();
            let input = Input::open(&place.path().join("out")).unwrap();
            prop_assert!(Kgx.detect(&input));
            let back = Kgx.read(&input).unwrap();
            prop_assert_eq!(back.fingerprint(), graph.fingerprint(), "{}", form);
            prop_assert_eq!(back.node_tables(), graph.node_tables());
            for (found, expected) in back.relations().iter().zip(graph.relations()) {
                prop_assert_eq!(found.undirected, expected.undirected);
                let texts = |values: Option<&AttributeValues>| -> Vec<Option<String>> {
                    (0..expected.edge_count().min(found.edge_count()))
                        .map(|edge| values.and_then(|values| values.text(edge)))
                        .collect()
                };
                // Entries of a list that are empty are none in JSON.
                if form == "kgx" {
                    prop_assert_eq!(texts(found.attribute("publications")), texts(expected.attribute("publications")));
                }
            }
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(
        table in "(id|subject|category|predicate|object|\t|\n|a|\\||:){0,30}",
        json in "(\\{|\\}|\\[|\\]|,|:|\n|\"nodes\"|\"edges\"|\"subject\"|\"id\"|\"category\"|1){0,30}",
    ) {
        for text in [format!("subject\tpredicate\tobject\n{table}"), format!("id\tcategory\n{table}"), json] {
            let input = Input::from_bytes("any", text.into_bytes());
            let _ = (Kgx.detect(&input), Kgx.read(&input));
        }
    }
}
