//! A small sample of every format, with what is in it.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::mat_writer::{MatWriter, doubles};

/// A sample of a format, not compressed.
pub struct Sample {
    /// Name of the format.
    pub format: &'static str,
    pub bytes: Vec<u8>,
    /// Node types, each with its number of nodes.
    pub nodes: Vec<(&'static str, usize)>,
    /// Relations, each with its number of edges.
    pub edges: Vec<(&'static str, usize)>,
}

/// At least one sample of every format.
#[allow(clippy::too_many_lines, reason = "a list of samples")]
pub fn samples() -> Vec<Sample> {
    let nodes = vec![("drug", 2), ("disease", 3)];
    let edges = vec![("drug:treats:disease", 4)];
    let list = |format, text: &str| Sample {
        format,
        bytes: text.as_bytes().to_vec(),
        nodes: nodes.clone(),
        edges: edges.clone(),
    };
    let mut samples = vec![
        list("csv", "drug,disease\nd1,x1\nd1,x2\nd2,x1\nd2,x3\n"),
        list("csv", "weight\ttarget\tsource\n1\tx1\td1\n2\tx2\td1\n3\tx1\td2\n4\tx3\td2\n"),
        list("json", r#"[["d1","x1"],["d1","x2"],["d2","x1"],["d2","x3"]]"#),
        list(
            "json",
            r#"{"edges":[{"source":"d1","target":"x1"},{"source":"d1","target":"x2"},["d2","x1"],["d2","x3"]]}"#,
        ),
        list(
            "json",
            "[\"d1\",\"x1\"]\n[\"d1\",\"x2\"]\n[\"d2\",\"x1\"]\n{\"source\":\"d2\",\"target\":\"x3\"}\n",
        ),
        Sample {
            format: "tables",
            bytes: tar(&tables_files()),
            nodes: vec![("drug", 2), ("disease", 3)],
            edges: vec![("drug:treats:disease", 4)],
        },
        list("matrix", LABELLED),
        Sample {
            format: "matrix",
            bytes: tar(&[("set/a.txt".into(), LABELLED.into()), ("set/sim.txt".into(), LABELLED_SIMILARITY.into())]),
            nodes: nodes.clone(),
            edges: edges.clone(),
        },
        Sample {
            format: "matrix",
            bytes: tar(&[
                ("drug_dis.csv".into(), "1.0e+00,1.0e+00,0.0e+00\n1,0,1\n".into()),
                ("drug_sim.csv".into(), "1,.5\n.5,1\n".into()),
                ("diseases.txt".into(), "gout\nfever\nheadache, acute\n".into()),
            ]),
            nodes: nodes.clone(),
            edges: edges.clone(),
        },
        Sample { format: "matlab", bytes: mat_file(false, true), nodes: nodes.clone(), edges: edges.clone() },
        Sample { format: "matlab", bytes: mat_file(true, false), nodes: nodes.clone(), edges: edges.clone() },
        Sample {
            format: "hetionet",
            bytes: tar(&[
                (
                    "h/edges.sif".into(),
                    "source\tmetaedge\ttarget\nCompound::DB00001\tCtD\tDisease::DOID:1\n\
                     Compound::DB00001\tCrC\tCompound::DB00002\nGene::1\tGr>G\tGene::2\nGene::2\tGr>G\tGene::1\n"
                        .into(),
                ),
                (
                    "h/nodes.tsv".into(),
                    "id\tname\tkind\nCompound::DB00001\tone\tCompound\nCompound::DB00002\ttwo\tCompound\n\
                     Disease::DOID:1\tfever\tDisease\nGene::1\tA1BG\tGene\nGene::2\tA2M\tGene\nGene::3\tA3\tGene\n"
                        .into(),
                ),
            ]),
            nodes: vec![("compound", 2), ("disease", 1), ("gene", 3)],
            edges: vec![
                ("compound:treats:disease", 1),
                ("compound:resembles:compound", 1),
                ("gene:regulates:gene", 2),
            ],
        },
        Sample {
            format: "primekg",
            bytes: b"relation,display_relation,x_index,x_id,x_type,x_name,x_source,y_index,y_id,y_type,y_name,y_source\n\
                     indication,indication,0,DB1,drug,one,DrugBank,2,5,disease,fever,MONDO\n\
                     drug_drug,synergy,0,DB1,drug,one,DrugBank,1,DB2,drug,two,DrugBank\n\
                     indication,indication,2,5,disease,fever,MONDO,0,DB1,drug,one,DrugBank\n\
                     drug_drug,synergy,1,DB2,drug,two,DrugBank,0,DB1,drug,one,DrugBank\n"
                .to_vec(),
            nodes: vec![("drug", 2), ("disease", 1)],
            edges: vec![("drug:indication:disease", 1), ("drug:drug_drug:drug", 1)],
        },
        Sample {
            format: "drkg",
            bytes: b"Compound::DB00001\tGNBR::T::Compound:Disease\tDisease::MESH:D1\n\
                     Gene::1\tbioarx::HumGenHumGen:Gene:Gene\tGene::2\n\
                     Gene::1\tGNBR::V+::Gene:Gene\tGene::2\n"
                .to_vec(),
            nodes: vec![("compound", 1), ("disease", 1), ("gene", 2)],
            edges: vec![
                ("compound:gnbr_t:disease", 1),
                ("gene:bioarx_humgenhumgen:gene", 1),
                ("gene:gnbr_v+:gene", 1),
            ],
        },
        Sample {
            format: "hetionet",
            bytes: HETIONET_JSON.as_bytes().to_vec(),
            nodes: vec![("compound", 1), ("gene", 3)],
            edges: vec![("compound:binds:gene", 1), ("gene:regulates:gene", 1)],
        },
        Sample {
            format: "msi",
            bytes: MSI_PROTEINS.as_bytes().to_vec(),
            nodes: vec![("drug", 2), ("protein", 2)],
            edges: vec![("drug:targets:protein", 2), ("protein:interacts:protein", 1)],
        },
        Sample {
            format: "msi",
            bytes: tar(&[
                ("m/README.md".into(), "Tables".into()),
                ("m/b.tsv".into(), MSI_PROTEINS.into()),
                ("m/6_drug_indication_df.tsv".into(), MSI_INDICATIONS.into()),
            ]),
            nodes: vec![("drug", 2), ("indication", 2), ("protein", 2)],
            edges: vec![
                ("drug:treats:indication", 2),
                ("drug:targets:protein", 2),
                ("protein:interacts:protein", 1),
            ],
        },
        Sample {
            format: "triples",
            bytes: b"d1\ttreats\tx1\nd1\ttreats\tx2\nd2\tresembles\td1\n".to_vec(),
            nodes: vec![("entity", 4)],
            edges: vec![("entity:treats:entity", 2), ("entity:resembles:entity", 1)],
        },
        Sample {
            format: "triples",
            bytes: tar(&triples_files()),
            nodes: vec![("drug", 3), ("disease", 2)],
            edges: vec![
                ("drug:treats:disease", 2),
                ("drug:resembles:drug", 1),
                ("disease:presents:disease", 0),
            ],
        },
        Sample {
            format: "triples",
            bytes: tar(&ogb_files()),
            nodes: vec![("disease", 2), ("drug", 3)],
            edges: vec![("drug:drug-disease:disease", 2), ("drug:drug-drug_x:drug", 1)],
        },
        Sample {
            format: "dtinet",
            bytes: tar(&dtinet_files()),
            nodes: vec![("drug", 2), ("protein", 3), ("disease", 4), ("side_effect", 1)],
            edges: vec![
                ("drug:treats:disease", 3),
                ("drug:targets:protein", 2),
                ("drug:interacts:drug", 2),
                ("protein:interacts:protein", 3),
                ("protein:associates:disease", 6),
                ("drug:causes:side_effect", 1),
            ],
        },
    ];
    let [tables, lines, document] = kgx_files();
    let kgx = [tar(&tables), tar(&lines), document[0].1.clone().into_bytes()];
    let rdf = rdf_documents().map(String::into_bytes);
    for (format, bytes) in kgx.map(|bytes| ("kgx", bytes)).into_iter().chain(rdf.map(|bytes| ("rdf", bytes)))
    {
        samples.push(Sample { format, bytes, nodes: nodes.clone(), edges: edges.clone() });
    }
    samples
}

const HETIONET_JSON: &str = r#"{
  "metanode_kinds": ["Compound", "Gene"],
  "metaedge_tuples": [["Compound", "Gene", "binds", "both"], ["Gene", "Gene", "regulates", "forward"]],
  "kind_to_abbrev": {"Compound": "C", "Gene": "G", "binds": "b", "regulates": "r"},
  "nodes": [
    {"kind": "Compound", "identifier": "DB00001", "name": "one", "data": {"source": "DrugBank"}},
    {"kind": "Gene", "identifier": 1, "name": "A1BG", "data": {}},
    {"kind": "Gene", "identifier": 2, "name": "A2M", "data": {}},
    {"kind": "Gene", "identifier": 9, "name": "NAT1", "data": {}}
  ],
  "edges": [
    {"source_id": ["Compound", "DB00001"], "target_id": ["Gene", 2], "kind": "binds", "direction": "both",
     "data": {"sources": ["DrugBank", "BindingDB"], "unbiased": false}},
    {"source_id": ["Gene", 1], "target_id": ["Gene", 2], "kind": "regulates", "direction": "forward", "data": {}}
  ]
}"#;

const MSI_PROTEINS: &str = "node_1\tnode_2\tnode_1_type\tnode_2_type\tnode_1_name\tnode_2_name\n\
                            DB00001\t90\tdrug\tprotein\tone\tACVR1\n\
                            DB00002\t91\tdrug\tprotein\ttwo\tACVR1B\n\
                            90\t91\tprotein\tprotein\tACVR1\tACVR1B\n";
const MSI_INDICATIONS: &str = "drug\tdrug_name\tindication\tindication_name\n\
                               DB00001\tone\tC0000001\tfever\n\
                               DB00002\ttwo\tC0000002\tpain\n";

/// Triples with all that can stand beside them, as they are exported; one drug has no edges, and one relation none.
pub fn triples_files() -> Vec<(String, String)> {
    [
        ("entity_names.tsv", "drug::1\tone\ndrug::2\ttwo\ndisease::1\tfever\n"),
        ("entity_types.tsv", "drug::1\tdrug\ndrug::2\tdrug\ndrug::3\tdrug\ndisease::1\tdisease\ndisease::2\tdisease\n"),
        (
            "relations.tsv",
            "relation\tkey\tundirected\ntreats\tdrug:treats:disease\tfalse\nresembles\tdrug:resembles:drug\ttrue\n\
             presents\tdisease:presents:disease\tfalse\n",
        ),
        (
            "triples.tsv",
            "drug::1\ttreats\tdisease::2\t0.5\ndrug::2\ttreats\tdisease::1\t-1\ndrug::1\tresembles\tdrug::2\t\n",
        ),
    ]
    .map(|(name, text)| (format!("kg/{name}"), text.to_owned()))
    .to_vec()
}

/// The files of a small OGB graph; diseases have no mapping.
pub fn ogb_files() -> Vec<(String, String)> {
    [
        ("mapping/drug_entidx2name.csv", "ent idx,ent name\n0,CID1\n1,CID2\n2,\"CID,3\"\n"),
        ("raw/num-node-dict.csv", "disease,drug\n2,3\n"),
        ("raw/relations/drug___drug-disease___disease/edge.csv", "0,1\n2,0\n"),
        ("raw/relations/drug___drug-disease___disease/num-edge-list.csv", "2\n"),
        ("raw/relations/drug___drug-drug_x___drug/edge.csv", "2,1\n"),
        ("raw/triplet-type-list.csv", "drug,drug-disease,disease\ndrug,drug-drug_x,drug\n"),
        ("split/random/train.pt", "PK"),
    ]
    .map(|(name, text)| (format!("biokg/{name}"), text.to_owned()))
    .to_vec()
}

/// Diseases by drugs, and their pairs.
const LABELLED: &str = "\tDB00001\tDB00002\nD102100\t1\t1\nD102300\t1\t0\nD102400\t0\t1\n";
const LABELLED_SIMILARITY: &str = "\tDB00001\tDB00002\nDB00001\t1\t0.5\nDB00002\t0.5\t1\n";

/// The same as a MAT-file.
fn mat_file(big: bool, compressed: bool) -> Vec<u8> {
    let mut writer = MatWriter::new(big, compressed);
    writer.sparse("didr", 3, 2, &[(0, 0, 1.0), (1, 0, 1.0), (0, 1, 1.0), (2, 1, 1.0)]);
    writer.matrix("drug", 6, 2, 2, 9, &doubles(&[1.0, 0.5, 0.5, 1.0], big));
    writer.matrix("flags", 9 | 0x0200, 1, 3, 2, &[1, 0, 1]);
    writer.cells("Wrname", &["DB00001", "DB00002"]);
    writer.text_rows("Wdname", &["D102100", "D102300", "D102400"]);
    writer.structure("options");
    writer.finish()
}

/// KGX in its forms, in files by name.
fn kgx_files() -> [Vec<(String, String)>; 3] {
    let nodes = [
        ("d1", "biolink:SmallMolecule|biolink:Drug"),
        ("d2", "biolink:Drug"),
        ("x1", "biolink:NamedThing|biolink:Disease"),
        ("x2", "biolink:Disease"),
        ("x3", "biolink:Disease"),
    ];
    let edges = [("d1", "x1"), ("d1", "x2"), ("d2", "x1"), ("d2", "x3")];
    let joined = |lines: &[String], between: &str| lines.join(between);
    let node_rows = nodes.map(|(id, categories)| format!("{id}\t{categories}"));
    let edge_rows = edges.map(|(subject, object)| format!("{subject}\tbiolink:treats\t{object}\tinfores:a"));
    let node_objects = nodes.map(|(id, categories)| {
        format!(r#"{{"id":"{id}","category":["{}"]}}"#, categories.replace('|', r#"",""#))
    });
    let edge_objects = edges.map(|(subject, object)| {
        format!(r#"{{"subject":"{subject}","predicate":"biolink:treats","object":"{object}","publications":["PMID:1"]}}"#)
    });
    let file = |name: &str, text: String| (name.to_owned(), text);
    [
        vec![
            file(
                "kg/kg_edges.tsv",
                format!("subject\tpredicate\tobject\tprimary_knowledge_source\n{}", joined(&edge_rows, "\n")),
            ),
            file("kg/kg_nodes.tsv", format!("id\tcategory\n{}\n", joined(&node_rows, "\n"))),
        ],
        vec![
            file("kg_nodes.jsonl", joined(&node_objects, "\n")),
            file("kg_edges.jsonl", joined(&edge_objects, "\n")),
        ],
        vec![file(
            "kg.json",
            format!(
                "{{\"nodes\": [{}], \"edges\": [{}]}}\n",
                joined(&node_objects, ", "),
                joined(&edge_objects, ",\n")
            ),
        )],
    ]
}

/// RDF as N-Triples, Turtle and RDF/XML.
fn rdf_documents() -> [String; 3] {
    let edges = [("DB00001", "1"), ("DB00001", "2"), ("DB00002", "1"), ("DB00002", "3")];
    let (drug, disease) = ("http://identifiers.org/drugbank/", "http://purl.obolibrary.org/obo/MONDO_000000");
    let line = |(a, b): (&str, &str)| format!("<{drug}{a}> <http://example.org/treats> <{disease}{b}> .\n");
    let turtle = |(a, b): (&str, &str)| format!("drug:{a} ex:treats <{disease}{b}> .\n");
    let xml = |(a, b): (&str, &str)| {
        format!("<ex:Drug rdf:about=\"{drug}{a}\"><ex:treats rdf:resource=\"{disease}{b}\"/></ex:Drug>\n")
    };
    [
        edges.map(line).concat(),
        format!(
            "@prefix ex: <http://example.org/> .\n@prefix drug: <{drug}> .\n{}",
            edges.map(turtle).concat()
        ),
        format!(
            "<?xml version=\"1.0\"?>\n<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" \
             xmlns:ex=\"http://example.org/\">\n{}</rdf:RDF>\n",
            edges.map(xml).concat()
        ),
    ]
}

/// A mapping file and its tables, by name.
pub fn tables_files() -> Vec<(String, String)> {
    [
        (
            "own/map.toml",
            "name = \"Two drugs\"\n\n[[nodes]]\nfile = \"tables/drugs.csv\"\ntype = \"drug\"\nid = 1\nname = 2\n\n\
             [[edges]]\nfile = \"tables/treats.jsonl\"\nrelation = \"treats\"\n\
             source = { type = \"drug\", id = \"d\" }\ntarget = { type = \"disease\", id = \"x\" }\n",
        ),
        ("own/tables/drugs.csv", "id;name\nd1;aspirin\nd2;paracetamol\n"),
        (
            "own/tables/treats.jsonl",
            "{\"d\":\"d1\",\"x\":\"x1\"}\n{\"d\":\"d1\",\"x\":\"x2\"}\n{\"d\":\"d2\",\"x\":\"x1\"}\n\
             {\"d\":\"d2\",\"x\":\"x3\"}\n",
        ),
    ]
    .map(|(name, text)| (name.to_owned(), text.to_owned()))
    .to_vec()
}

/// The files of a small DTINet, by name; two lines of its protein list have the same id.
pub fn dtinet_files() -> Vec<(String, String)> {
    [
        ("Similarity_Matrix_Drugs.txt", "1.0    0.25\n0.25    1.0\n"),
        ("disease.txt", "fever\npain\ngout\nheadache, acute\n"),
        ("drug.txt", "DB01\nDB02\n"),
        ("drug_dict_map.txt", "DB01:Aspirin\nDB03:Elsewhere\n"),
        ("mat_drug_disease.txt", "1 1 0 0\n0 0 1 0\n"),
        ("mat_drug_drug.txt", "0 1\n1 0\n"),
        ("mat_drug_protein.txt", "0 0 1\n1 0 0\n"),
        ("mat_drug_protein_remove_homo.txt", "not read"),
        ("mat_drug_se.txt", "0\n1\n"),
        ("mat_protein_disease.txt", "1 1 1 1\n0 1 0 1\n0 0 0 0\n"),
        ("mat_protein_drug.txt", "not read"),
        ("mat_protein_protein.txt", "1 1 0\n1 0 0\n0 0 0\n"),
        ("protein.txt", "P1\nP2\nP1\n"),
        ("protein_dict_map.txt", "P1:GENE1\nP2:GENE2\n"),
        ("se.txt", "rash\n"),
    ]
    .map(|(name, text)| (format!("data/{name}"), text.to_owned()))
    .to_vec()
}

/// A tar archive of these files.
pub fn tar(files: &[(String, String)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        builder.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
