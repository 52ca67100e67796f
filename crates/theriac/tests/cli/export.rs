//! Graphs for other tools.

use serde_json::{Value, json};

use crate::workplace::{Workplace, skip};

#[test]
fn every_form_is_written_and_listed() {
    let workplace = Workplace::with_graph();
    let help = workplace.run("export --help").printed();
    for form in ["graphml", "cytoscape", "kgx", "kgx-jsonl", "hetionet", "triples", "neo4j", "pyg"] {
        assert!(help.contains(&format!("- {form}: ")), "{help}");
        let document = workplace.run(&format!("export g --to {form} -o {form} --json")).json();
        assert_eq!((&document["nodes"], &document["edges"]), (&json!(62), &json!(171)));
        for file in document["files"].as_array().unwrap() {
            assert!(!workplace.read(file.as_str().unwrap()).is_empty(), "{file}");
        }
    }
}

#[test]
fn what_was_written_is_said_and_what_was_not() {
    let workplace = Workplace::with_graph();
    let run = workplace.run("export g --to neo4j -o bulk");
    insta::assert_snapshot!(run.stdout, @"
    62 nodes and 171 edges written as neo4j:
    - bulk/import.args
    - bulk/nodes/disease.csv
    - bulk/nodes/drug.csv
    - bulk/nodes/gene.csv
    - bulk/relationships/drug.targets.gene.csv
    - bulk/relationships/drug.treats.disease.csv
    ");
    assert_eq!(
        run.stderr,
        "note: to import: (cd bulk && neo4j-admin database import full @import.args neo4j)\n"
    );
    let quiet = workplace.run("export g --to neo4j -o bulk --quiet");
    assert_eq!((quiet.code, quiet.stderr.as_str()), (0, ""));
}

#[test]
fn a_part_around_a_node_has_all_edges_between() {
    let workplace = Workplace::new();
    let edges = "source,relation,target,source_type,target_type\n\
                 a,treats,x,drug,disease\na,treats,y,drug,disease\nb,treats,y,drug,disease\nc,treats,z,drug,disease\n\
                 a,targets,g,drug,gene\nb,targets,g,drug,gene\n";
    workplace.write("edges.csv", edges);
    workplace.run("import edges.csv -o g").printed();
    let around = |arguments: &str| -> (Vec<Value>, usize) {
        workplace.run(&format!("export g --to cytoscape -o part.cyjs {arguments}")).printed();
        let part: Value = serde_json::from_slice(&workplace.read("part.cyjs")).unwrap();
        let elements = |what: &str| part["elements"][what].as_array().unwrap().clone();
        (elements("nodes").iter().map(|node| node["data"]["id"].clone()).collect(), elements("edges").len())
    };
    assert_eq!(around("--around y"), (vec!["a".into(), "b".into(), "y".into()], 2));
    assert_eq!(around("--around y --hops 2"), (["a", "b", "x", "y", "g"].map(Value::from).to_vec(), 5));
    assert_eq!(around("--around a --max-neighbors 1"), (["a", "x", "g"].map(Value::from).to_vec(), 2));
    assert_eq!(around("--relations targets"), (["a", "b", "c", "g"].map(Value::from).to_vec(), 2));
    assert_eq!(around("--relations drug:disease --around z"), (["c", "z"].map(Value::from).to_vec(), 1));
}

#[test]
fn what_cannot_be_exported_leaves_what_was_there() {
    let workplace = Workplace::with_graph();
    for (arguments, code, message) in [
        ("--to xlsx -o x", 2, "'xlsx' is not a known format; expected one of graphml"),
        ("--to kgx -o g", 2, "holds no nodes.tsv; expected a new place or an earlier KGX folder to replace"),
        ("--to graphml -o g", 2, "is a folder; expected a new place or an earlier graphml to replace"),
        ("--to graphml -o x --relations cures", 2, "the graph has no relation 'cures'"),
        ("--to graphml -o x --around nobody", 2, "no node is called 'nobody'"),
        ("--to graphml -o x --hops 2", 2, "--around"),
        ("--to graphml -o edges.csv/x", 1, "edges.csv"),
    ] {
        let run = workplace.run(&format!("export g {arguments}"));
        assert_eq!(run.code, code, "{arguments}: {}", run.stderr);
        assert!(run.stderr.contains(message), "{arguments}: {}", run.stderr);
        assert_eq!(workplace.listing(), ["edges.csv", "g"]);
    }
}

/// What can be checked without PyTorch Geometric.
const BY_NUMPY: &str = r#"
import json, numpy
schema, arrays = json.load(open("out/schema.json")), numpy.load("out/arrays.npz")
nodes = {t["type"]: t["nodes"] for t in schema["node_types"]}
for r in schema["relations"]:
    index = arrays[r["edge_index"]]
    assert index.dtype == numpy.int64 and index.shape == (2, r["edges"]), index.shape
    assert index[0].max() < nodes[r["edge_type"][0]] and index[1].max() < nodes[r["edge_type"][2]]
print(sum(r["edges"] for r in schema["relations"]))
"#;

/// The lines of `docs/export.md`.
const BY_PYG: &str = r#"
import json, numpy, torch
from torch_geometric.data import HeteroData
schema, arrays, data = json.load(open("out/schema.json")), numpy.load("out/arrays.npz"), HeteroData()
for t in schema["node_types"]:
    data[t["type"]].num_nodes = t["nodes"]
    if t["x"]:
        data[t["type"]].x = torch.from_numpy(arrays[t["x"]])
for r in schema["relations"]:
    data[tuple(r["edge_type"])].edge_index = torch.from_numpy(arrays[r["edge_index"]])
    if r["edge_weight"]:
        data[tuple(r["edge_type"])].edge_weight = torch.from_numpy(arrays[r["edge_weight"]])
data.validate()
print(data.num_edges)
"#;

#[test]
fn python_loads_the_arrays() {
    let workplace = Workplace::with_graph();
    workplace.run("export g --to pyg -o out").printed();
    for (modules, script) in [("numpy", BY_NUMPY), ("numpy, torch_geometric", BY_PYG)] {
        let python = |script: &str| {
            let mut command = std::process::Command::new("python3");
            command.args(["-c", script]).current_dir(workplace.path("")).output()
        };
        if !python(&format!("import {modules}")).is_ok_and(|run| run.status.success()) {
            skip(&format!("there is no python3 with {modules}"));
            continue;
        }
        let run = python(script).unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        assert_eq!(String::from_utf8_lossy(&run.stdout).trim(), "171");
    }
}

#[test]
fn the_documented_lines_are_those_that_are_tested() {
    let page = include_str!("../../../../docs/export.md");
    let lines = BY_PYG.lines().filter(|line| !line.is_empty() && !line.starts_with("print"));
    for line in lines.filter(|line| !line.contains("validate")) {
        assert!(page.contains(&line.replace("out/", "arrays/")), "{line}");
    }
}
