//! Looking at a graph, and at a node of it.

use serde_json::{Value, json};

use crate::workplace::{Workplace, shared_data};

/// Two drugs with the same name, a gene with the name of a disease, and a relation that is written twice.
const ODD_GRAPH: &str = "\
source,source_type,source_name,relation,target,target_type,target_name,weight
drugbank:DB01,drug,Aspirin,treats,mesh:1,disease,fever,0.5
drugbank:DB01,drug,Aspirin,treats,mesh:2,disease,pain,2
drugbank:DB01,drug,Aspirin,treats,mesh:3,disease,gout,1
drugbank:DB02,drug,aspirin,treats,mesh:1,disease,fever,1
mesh:1,disease,fever,treated_by,drugbank:DB01,drug,Aspirin,
mesh:2,disease,pain,treated_by,drugbank:DB01,drug,Aspirin,
mesh:3,disease,gout,treated_by,drugbank:DB01,drug,Aspirin,
mesh:1,disease,fever,treated_by,drugbank:DB02,drug,aspirin,
drugbank:DB01,drug,Aspirin,targets,9606,gene,,
drugbank:DB02,drug,aspirin,targets,gout,gene,gout,
9606,gene,,binds,9606,gene,,
";

fn odd() -> Workplace {
    let workplace = Workplace::new();
    workplace.write("edges.csv", ODD_GRAPH);
    workplace.run("import edges.csv -o g").printed();
    workplace
}

#[test]
fn a_graph_in_sections() {
    let workplace = Workplace::with_graph();
    insta::assert_snapshot!(workplace.run("inspect g").printed(), @"
    name         edges
    read from    edges.csv
    fingerprint  eed613ddb0ced799c4bf28a9fedb466dd5c119ae289cdb4f1c2b77506625a0cb

    62 nodes of 3 types

    node type  nodes  without  name beside  synonyms      cross-  name shared  features
                        edges       the id            references  with others
    -----------------------------------------------------------------------------------
    drug          30        0        100 %       0 %         0 %            0
    disease       20        0        100 %       0 %         0 %            0
    gene          12        0        100 %       0 %         0 %            0

    171 edges in 2 relations

    relation             edges  sources  targets  density
    --------------------------------------------------------
    drug:treats:disease    141       30       20    0.235
    drug:targets:gene       30       30       12   0.0833

    Degrees over all nodes of a type, and how many have none

    relation             source                          target
                           none  min  median  99 %  max    none  min  median  99 %  max
    -----------------------------------------------------------------------------------
    drug:treats:disease       0    4       5     5    5       0    6       7     8    8
    drug:targets:gene         0    1       1     1    1       0    2     2.5     3    3

    Connected: there is a path between any two nodes

    Hubs: the 5 nodes of most edges in each type

    node type  node              edges  most  in
    -------------------------------------------------------------
    drug       drug 1 (D1)           6     5  drug:treats:disease
               drug 2 (D2)           6     5  drug:treats:disease
               drug 3 (D3)           6     5  drug:treats:disease
               drug 4 (D4)           6     5  drug:treats:disease
               drug 5 (D5)           6     5  drug:treats:disease
    disease    disease 6 (X6)        8     8  drug:treats:disease
               disease 13 (X13)      8     8  drug:treats:disease
               disease 3 (X3)        8     8  drug:treats:disease
               disease 19 (X19)      8     8  drug:treats:disease
               disease 0 (X0)        7     7  drug:treats:disease
    gene       gene 0 (G0)           3     3  drug:targets:gene
               gene 1 (G1)           3     3  drug:targets:gene
               gene 2 (G2)           3     3  drug:targets:gene
               gene 3 (G3)           3     3  drug:targets:gene
               gene 4 (G4)           3     3  drug:targets:gene

    Warnings

    - drugs, diseases and genes have neither cross-references nor prefixes to their ids: other sources
      know them by name alone
    ");
    let document = workplace.run("inspect g --json").json();
    let types: Vec<_> =
        document["node_types"].as_array().unwrap().iter().map(|of| (&of["type"], &of["nodes"])).collect();
    assert_eq!(
        types,
        [(&"drug".into(), &30.into()), (&"disease".into(), &20.into()), (&"gene".into(), &12.into())]
    );
    assert_eq!(document["relations"][1]["relation"], "drug:targets:gene");
    assert_eq!(document["relations"][1]["edges"], 30);
}

#[test]
fn an_odd_graph_is_warned_of() {
    let workplace = odd();
    let printed = workplace.run("inspect g").printed();
    insta::assert_snapshot!(&printed[printed.find("Warnings").unwrap()..], @"
    Warnings

    - disease:treated_by:drug is the reverse of drug:treats:disease (4 of 4 edges): declare them
      siblings before training, or what is held out of one leaks from the other
    - 50 % of drugs have one disease or fewer (1 of 2, 0 none) and 67 % of diseases have one drug or
      fewer (2 of 3, 0 none), in drug:treats:disease: what is predicted for them rests on other
      relations
    - 1 of 1 edges of gene:binds:gene join a node with itself (100 %)
    - 0 % of drug names resolve; 2 drugs share 1 name, as 'Aspirin' (drugbank:DB01, drugbank:DB02):
      where they are one drug, its edges are split among them
    - 1 of 2 genes has no name, only an id
    - genes have neither cross-references nor prefixes to their ids: other sources know them by name
      alone
    ");
    let warnings = &workplace.run("inspect g --json").json()["warnings"];
    let kinds: Vec<&str> =
        warnings.as_array().unwrap().iter().map(|warning| warning["kind"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        ["same_relation", "few_edges", "self_loops", "shared_names", "unnamed", "no_identifiers"]
    );
}

#[test]
fn a_node_among_its_neighbours() {
    let workplace = odd();
    insta::assert_snapshot!(workplace.run("inspect g --node DB01 --top 2").printed(), @"
    Aspirin (drugbank:DB01), drug with 7 edges

    treats -> 3 diseases  (drug:treats:disease)

    disease  id      weight  its edges
    ----------------------------------
    pain     mesh:2       2          1
    gout     mesh:3       1          1
    and 1 more; --top shows more or fewer

    treated by <- 3 diseases  (disease:treated_by:drug)

    disease  id      its edges
    --------------------------
    pain     mesh:2          1
    gout     mesh:3          1
    and 1 more; --top shows more or fewer

    targets -> 1 gene  (drug:targets:gene)

    gene  its edges
    ---------------
    9606          1
    ");
    let document = workplace.run("inspect g --node fever --json").json();
    assert_eq!(
        [&document["id"], &document["name"], &document["type"], &document["degree"]],
        [&json!("mesh:1"), &json!("fever"), &json!("disease"), &json!(4)]
    );
    let neighbors = |place: usize| -> Vec<&Value> {
        let list = &document["relations"][place];
        list["neighbors"].as_array().unwrap().iter().map(|neighbor| &neighbor["id"]).collect()
    };
    assert_eq!(document["relations"][0]["direction"], "incoming");
    assert_eq!(neighbors(0), ["drugbank:DB02", "drugbank:DB01"], "the heavier edge first");
    assert_eq!(neighbors(1), ["drugbank:DB02", "drugbank:DB01"], "the node of fewer edges first");
}

#[test]
fn a_name_is_searched_in_all_types() {
    let workplace = odd();
    let told = |arguments: &[&str]| {
        let run = workplace.run_list(&[&["inspect", "g", "--node"], arguments].concat());
        (run.code, run.stderr)
    };
    let refused = |message: &str| (2, format!("error: {message}\n"));
    assert_eq!(told(&["pain"]), (0, String::new()));
    assert_eq!(told(&["feverr"]), (0, "'feverr' was taken for fever (mesh:1)\n".into()));
    // The id of one node goes before the name of another.
    assert_eq!(workplace.run("inspect g --node gout --json").json()["type"], "gene");
    assert_eq!(workplace.run("inspect g --node gout --type disease --json").json()["id"], "mesh:3");
    assert_eq!(
        told(&["GOUT"]),
        refused("'GOUT' fits nodes of 2 types: disease gout (mesh:3); gene gout; say which with --type")
    );
    assert_eq!(
        told(&["ASPIRIN"]),
        refused(
            "'ASPIRIN' fits 2 drug nodes: Aspirin (drugbank:DB01); aspirin (drugbank:DB02); give the id of one"
        )
    );
    assert_eq!(told(&["fevers x"]), refused("no node is called 'fevers x'; did you mean fever (mesh:1)?"));
    assert_eq!(told(&["xyzzy"]), refused("no node is called 'xyzzy'"));
    assert_eq!(
        told(&["pain", "--type", "pathway"]),
        refused("the graph has no node type 'pathway'; expected one of drug, disease, gene")
    );
    let alone = workplace.run("inspect g --top 3");
    assert_eq!(alone.code, 2, "{}", alone.stderr);
    assert!(alone.stderr.contains("--node"), "{}", alone.stderr);
}

#[test]
fn dtinet_shows_its_known_hubs() {
    let Some(tarball) = shared_data("dtinet/data.tar.gz") else { return };
    let workplace = Workplace::new();
    workplace.run_list(&["import", tarball.to_str().unwrap(), "-o", "g"]).printed();
    let document = workplace.run("inspect g --json").json();
    let treats = &document["relations"][0];
    assert_eq!(
        treats["top_source"],
        json!({"id": "drugbank:DB00316", "name": "Acetaminophen", "degree": 2918})
    );
    assert_eq!(treats["top_target"]["degree"], 512);
    assert_eq!(document["relations"][3]["self_loops"], 591);

    let printed = workplace.run("inspect g").printed();
    let wide: Vec<&str> = printed.lines().filter(|line| line.chars().count() > 100).collect();
    assert_eq!(wide, [""; 0], "lines are no wider than a terminal");
    insta::assert_snapshot!(&printed[printed.find("12,015 nodes").unwrap()..printed.find("Decisions").unwrap()], @"
    12,015 nodes of 4 types

    node type    nodes  without  name beside  synonyms      cross-  name shared  features
                          edges       the id            references  with others
    -------------------------------------------------------------------------------------------
    drug           708        0        100 %       0 %         0 %            0  708 similarity
    protein      1,512        0        100 %       0 %         1 %           35
    disease      5,603      161          0 %       0 %         0 %            0
    side_effect  4,192      364          0 %       0 %         0 %            0

    Identifiers, with the number of nodes that have one of the kind

    node type    prefixes of ids  prefixes of cross-references
    ----------------------------------------------------------
    drug         drugbank 708
    protein      uniprot 1,512    uniprot 19
    disease      none 5,603
    side_effect  none 4,192

    1,895,445 edges in 6 relations

    relation                        edges  sources  targets  density
    -------------------------------------------------------------------------------------------
    drug:treats:disease           199,214      708    5,182   0.0502
    drug:targets:protein            1,923      549      424  0.00180
    drug:interacts:drug            10,036      572      572   0.0200  symmetric
    protein:interacts:protein       7,363    1,261    1,261  0.00322  symmetric, 591 self-loops
    protein:associates:disease  1,596,745    1,512    3,651    0.188
    drug:causes:side_effect        80,164      708    3,828   0.0270

    Degrees over all nodes of a type, and how many have none

    relation                    source                             target
                                  none  min  median   99 %    max    none  min  median   99 %    max
    ------------------------------------------------------------------------------------------------
    drug:treats:disease              0    1   154.5  1,603  2,918     421    0       6    361    512
    drug:targets:protein           159    0       2     18     24   1,088    0       0     24     42
    drug:interacts:drug            136    0       7     96    186     136    0       7     96    186
    protein:interacts:protein      251    0       2     41     80     251    0       2     41     80
    protein:associates:disease       0    1  1023.5  2,301  2,685   1,952    0      11  1,479  1,506
    drug:causes:side_effect          0    2    82.5    501    724     364    0       3    287    605

    526 connected components: the largest has 11,490 nodes (96 %), and 525 stand alone

    Hubs: the 5 nodes of most edges in each type

    node type    node                              edges   most  in
    ---------------------------------------------------------------------------------------
    drug         Acetaminophen (drugbank:DB00316)  2,972  2,918  drug:treats:disease
                 Valproic Acid (drugbank:DB00313)  2,694  2,414  drug:treats:disease
                 Estradiol (drugbank:DB00783)      2,694  2,366  drug:treats:disease
                 Phenobarbital (drugbank:DB01174)  2,125  2,026  drug:treats:disease
                 Tamoxifen (drugbank:DB00675)      2,082  1,833  drug:treats:disease
    protein      TNF (uniprot:P01375)              2,695  2,685  protein:associates:disease
                 CASP3 (uniprot:P42574)            2,641  2,607  protein:associates:disease
                 IL6 (uniprot:P05231)              2,585  2,584  protein:associates:disease
                 BCL2 (uniprot:P10415)             2,530  2,501  protein:associates:disease
                 IL1B (uniprot:P01584)             2,512  2,505  protein:associates:disease
    disease      hypertension                      2,012  1,500  protein:associates:disease
                 seizures                          1,993  1,503  protein:associates:disease
                 drug-induced liver injury         1,979  1,506  protein:associates:disease
                 breast neoplasms                  1,976  1,493  protein:associates:disease
                 prostatic neoplasms               1,964  1,473  protein:associates:disease
    side_effect  nausea                              605    605  drug:causes:side_effect
                 vomiting                            571    571  drug:causes:side_effect
                 headache                            567    567  drug:causes:side_effect
                 rash                                558    558  drug:causes:side_effect
                 dizziness                           521    521  drug:causes:side_effect
    ");
    insta::assert_snapshot!(&printed[printed.find("Warnings").unwrap()..], @"
    Warnings

    - 1 % of drugs have one disease or fewer (10 of 708, 0 none) and 20 % of diseases have one drug or
      fewer (1,118 of 5,603, 421 none), in drug:treats:disease: what is predicted for them rests on
      other relations
    - 364 of 4,192 side effects (9 %) have no edge in any relation
    - 591 of 7,363 edges of protein:interacts:protein join a node with itself (8 %)
    - 98 % of protein names resolve; 35 proteins share 16 names, as 'RPIA' (uniprot:P49247,
      uniprot:P49247#2, uniprot:P49247#3, ...): ask for these by id
    - diseases and side effects have neither cross-references nor prefixes to their ids: other sources
      know them by name alone
    ");

    let node = workplace.run("inspect g --node haloperidol").printed();
    assert!(node.contains("\ntreats -> 716 diseases  (drug:treats:disease)\n"), "{node}");
    assert!(node.contains("\nand 706 more; --top shows more or fewer\n"), "{node}");
}
