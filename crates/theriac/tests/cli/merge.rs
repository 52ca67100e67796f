//! Several sources in, one graph out, and what they do not agree on.

use crate::workplace::{Workplace, without_times};

/// Two edge lists that call the same things by other ids, and a table that tells.
fn two_sources() -> Workplace {
    let workplace = Workplace::new();
    let header = "source,target,source_type,target_type,relation,source_name,target_name\n";
    workplace.write(
        "a.csv",
        format!(
            "{header}drugbank:DB00945,mondo:0005148,compound,disease,treats,aspirin,diabetes\n\
             drugbank:DB00316,mondo:0000001,compound,disease,treats,paracetamol,fever\n"
        ),
    );
    workplace.write(
        "b.csv",
        format!(
            "{header}DrugBank:DB00945,MESH:D003924,drug,disease,treats,Acetylsalicylic acid,Diabetes\n\
             DrugBank:DB00203,MESH:D003924,drug,disease,treats,sildenafil,Diabetes\n"
        ),
    );
    workplace.write("same.tsv", "# by hand\nMONDO:0005148\tMESH:D003924\nMONDO:0000001\tMESH:D003924\n");
    workplace
}

#[test]
fn several_sources_become_one_graph_and_their_conflicts_are_listed() {
    let workplace = two_sources();
    let run = workplace.run("import a.csv b.csv --xref same.tsv -o g");
    insta::assert_snapshot!(without_times(&run.stdout), @"
    node type  nodes  without edges  features
    -----------------------------------------
    compound       2              0
    disease        2              0
    drug           1              0

    relation                 edges
    ------------------------------
    compound:treats:disease      2
    drug:treats:disease          1

    Decisions:
    - b: drug:treats:disease is compound:treats:disease (1 edge) and drug:treats:disease (1 edge), by the types that its nodes have elsewhere

    Between the sources:
    1 node has another name in b; the first name is kept and the other is a synonym
      drugbank:DB00945 is 'aspirin', there 'Acetylsalicylic acid'
    1 node has another type in b; the first type is kept
      drugbank:DB00945 is of type compound, there drug
    1 edge is in b and in a source before it; each is one edge
      drugbank:DB00945 -> mondo:0005148 of compound:treats:disease
    1 cross-reference is refused, since two nodes of one source would become one; the first node keeps it
      'MONDO:0000001 = MESH:D003924' of same.tsv joins mondo:0005148 with mondo:0000001

    Saved to g in [time] s.
    ");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let told = workplace.run("inspect g --json").json()["provenance"].clone();
    assert_eq!((&told["name"], told["decisions"].as_array().unwrap().len()), (&"a + b".into(), 5));
}

#[test]
fn the_report_is_one_json_document() {
    let workplace = two_sources();
    let report = workplace.run("import a.csv b.csv --xref same.tsv -o g --json").json();
    let compounds = &report["node_types"][0];
    assert_eq!((&compounds["type"], &compounds["nodes"]), (&"compound".into(), &2.into()));
    assert_eq!(report["conflicts"]["sources"][0]["names"]["count"], 1);
    assert_eq!(report["conflicts"]["refused"]["examples"][0]["by"], "same.tsv");
    assert!(report["seconds"].as_f64().is_some_and(|seconds| seconds > 0.0));
    assert_eq!(report["fingerprint"], workplace.run("inspect g --json").json()["fingerprint"]);
    // A source merged with itself is itself.
    workplace.write("copy.csv", workplace.read("a.csv"));
    workplace.run("import a.csv -o once").printed();
    workplace.run("import a.csv copy.csv -o twice").printed();
    let fingerprint =
        |graph: &str| workplace.run(&format!("inspect {graph} --json")).json()["fingerprint"].clone();
    assert_eq!(fingerprint("once"), fingerprint("twice"));
}

#[test]
fn what_cannot_be_read_is_named_and_nothing_is_written() {
    let workplace = two_sources();
    workplace.write("poem.txt", "Roses are red\n");
    workplace.write("three.tsv", "a\tb\tc\n");
    for (arguments, message) in [
        (
            "a.csv poem.txt",
            "error: poem.txt is a file that begins with \"Roses are red\", which fits no known format",
        ),
        ("a.csv a.csv", "error: a.csv is refused: it is given twice"),
        ("a.csv nowhere.csv", "error: nowhere.csv: No such file"),
        ("a.csv b.csv --xref three.tsv", "error: three.tsv:1: found 'a b c'; expected two identifiers"),
    ] {
        let run = workplace.run(&format!("import {arguments} -o g"));
        assert_eq!(run.code, 2, "{}", run.stderr);
        assert!(run.stderr.starts_with(message), "{}", run.stderr);
        assert!(!workplace.path("g").exists());
    }
}
