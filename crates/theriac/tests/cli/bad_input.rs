//! What is wrong with a call or its input is said in one clear sentence; the exit code is 2, and nothing is written.

use crate::workplace::{Workplace, small_dtinet, small_graph, tarball};

/// The message of a call that is refused: nothing but the message is printed, and no file comes or goes.
fn refused(workplace: &Workplace, arguments: &[&str]) -> String {
    let before = workplace.listing();
    let run = workplace.run_list(arguments);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments:?}: {}", run.stderr);
    assert_eq!(workplace.listing(), before, "{arguments:?} left something behind");
    let message = run.stderr.strip_prefix("error: ").unwrap().strip_suffix('\n').unwrap();
    assert!(!message.contains('\n'), "{message}");
    message.to_owned()
}

fn refused_words(workplace: &Workplace, arguments: &str) -> String {
    refused(workplace, &arguments.split_whitespace().collect::<Vec<_>>())
}

/// The message for a small DTINet with one file changed, or left out where `text` is `None`.
fn dtinet_with(name: &str, text: Option<&str>) -> String {
    let mut files = small_dtinet();
    let place = files.iter().position(|(file, _)| *file == name).unwrap();
    match text {
        Some(text) => text.clone_into(&mut files[place].1),
        None => drop(files.remove(place)),
    }
    let workplace = Workplace::new();
    workplace.write("data.tar.gz", tarball(&files));
    refused_words(&workplace, "import data.tar.gz --format dtinet -o g")
}

#[test]
fn the_small_dtinet_itself_is_sound() {
    let workplace = Workplace::new();
    workplace.write("data.tar.gz", tarball(&small_dtinet()));
    assert_eq!(workplace.run("import data.tar.gz -o g").code, 0);
}

#[test]
fn a_missing_member() {
    insta::assert_snapshot!(dtinet_with("mat_drug_se.txt", None), @"data.tar.gz has no member 'mat_drug_se.txt'; dtinet needs drug.txt, drug_dict_map.txt, protein.txt, protein_dict_map.txt, disease.txt, se.txt, mat_drug_disease.txt, mat_drug_protein.txt, mat_drug_drug.txt, mat_protein_protein.txt, mat_protein_disease.txt, mat_drug_se.txt, Similarity_Matrix_Drugs.txt");
}

#[test]
fn a_ragged_matrix() {
    insta::assert_snapshot!(dtinet_with("mat_drug_disease.txt", Some("1 1 0\n0 1\n")), @"data.tar.gz/data/mat_drug_disease.txt:2: found 2 cells; expected 3, as on line 1");
}

#[test]
fn a_cell_that_is_no_number() {
    insta::assert_snapshot!(dtinet_with("Similarity_Matrix_Drugs.txt", Some("1.0 high\n0.25 1.0\n")), @"data.tar.gz/data/Similarity_Matrix_Drugs.txt:1: cell 2 holds 'high'; expected a finite number");
}

#[test]
fn a_names_list_of_the_wrong_length() {
    insta::assert_snapshot!(dtinet_with("disease.txt", Some("fever\npain\n")), @"data.tar.gz/data/mat_drug_disease.txt has 3 columns; expected 2, one for each line of data.tar.gz/data/disease.txt");
}

#[test]
fn a_gzip_cut_short() {
    let workplace = Workplace::new();
    let whole = tarball(&small_dtinet());
    workplace.write("data.tar.gz", &whole[..whole.len() / 2]);
    insta::assert_snapshot!(refused_words(&workplace, "import data.tar.gz --format dtinet -o g"), @"data.tar.gz is damaged or incomplete (it ends early); expected a whole file");
    workplace.write("data.tar.gz", &whole[..whole.len() - 4]);
    insta::assert_snapshot!(refused_words(&workplace, "import data.tar.gz -o g"), @"data.tar.gz is damaged or incomplete (it ends early); expected a whole file");
}

#[test]
fn an_empty_graph() {
    let workplace = Workplace::new();
    workplace.write("edges.csv", "drug,disease\n");
    insta::assert_snapshot!(refused_words(&workplace, "import edges.csv -o g"), @"edges.csv holds no edges; expected at least one");
    workplace.write("edges.csv", "");
    insta::assert_snapshot!(refused_words(&workplace, "import edges.csv --format csv -o g"), @"edges.csv:1: found ''; expected a header with source and target, or of two node types out of drug, compound, chemical, disease, indication, phenotype, gene, protein, target, pathway, process, function, side_effect, symptom, anatomy, tissue, cell, variant");
}

#[test]
fn an_input_that_is_not_there_or_not_known() {
    let workplace = Workplace::new();
    insta::assert_snapshot!(refused_words(&workplace, "import nowhere.csv -o g"), @"nowhere.csv: No such file or directory (os error 2)");
    workplace.write("edges.csv", "drug,disease\na,b\n");
    insta::assert_snapshot!(refused_words(&workplace, "import edges.csv --format xlsx -o g"), @"'xlsx' is not a known format; expected one of tables, dtinet, hetionet, msi, primekg, drkg, matlab, matrix, kgx, rdf, triples, json, csv");
}

#[test]
fn an_output_that_would_replace_something_else() {
    let workplace = Workplace::with_graph();
    workplace.write("notes.txt", "keep me");
    let message = refused_words(&workplace, "import edges.csv -o notes.txt");
    let expected = "/notes.txt is a file; expected a new place or an earlier graph to replace";
    assert!(message.ends_with(expected), "{message}");
    assert_eq!(workplace.read("notes.txt"), b"keep me");
}

#[test]
fn a_folder_that_is_no_graph() {
    let workplace = Workplace::new();
    insta::assert_snapshot!(refused_words(&workplace, "inspect nowhere"), @"nowhere/graph.json: the file is missing; expected every file of the graph folder");
    workplace.write("edges.csv", "drug,disease\na,b\n");
    insta::assert_snapshot!(refused_words(&workplace, "inspect edges.csv"), @"edges.csv is a file; expected a graph folder, as theriac import makes of it");
}

#[test]
fn an_unknown_preset_or_scorer() {
    let workplace = Workplace::with_graph();
    insta::assert_snapshot!(refused_words(&workplace, "train g --preset graphsaga -o m"), @"there is no preset 'graphsaga'; expected one of best, graphsage, graphsage-small, graphsage-dtinet, gcn, lightgcn, gat, rgcn, hgt, lightgcn-structure");
    insta::assert_snapshot!(refused_words(&workplace, "evaluate g --scorers degree,l4"), @"there is no scorer 'l4'; expected one of random, degree, l3, jaccard, adamic-adar, knn, inductive, svd, als, bpr, ease-source, ease-target, kron-rls, rwr, dtinet, rephetio, graphsage, gcn, lightgcn, gat, rgcn, hgt, blend");
}

#[test]
fn a_setting_out_of_range() {
    let workplace = Workplace::with_graph();
    insta::assert_snapshot!(refused_words(&workplace, "train g --preset graphsage --lr 0 -o m"), @"learning_rate is 0; expected a number above 0");
}

#[test]
fn a_target_that_is_not_there() {
    let workplace = Workplace::with_graph();
    insta::assert_snapshot!(refused_words(&workplace, "train g --target drug:cures:disease -o m"), @"the graph has no relation 'drug:cures:disease'; it has drug:treats:disease, drug:targets:gene");
    insta::assert_snapshot!(refused_words(&workplace, "evaluate g --target gene:disease"), @"the graph has no relation 'gene:disease'; it has drug:treats:disease, drug:targets:gene");
}

#[test]
fn no_target_where_the_graph_suggests_none_or_several() {
    let workplace = Workplace::new();
    workplace.write("edges.csv", "gene,protein\na,b\nc,d\n");
    workplace.run("import edges.csv -o g").printed();
    insta::assert_snapshot!(refused_words(&workplace, "train g -o m"), @"no --target was given, and the graph has no relation 'drug:disease'; it has gene:associates:protein");
    let two = "source,target,relation\na,b,treats\nc,d,palliates\n";
    workplace.write("edges.csv", two);
    workplace.run("import edges.csv -o g").printed();
    insta::assert_snapshot!(refused_words(&workplace, "train g -o m"), @"no --target was given, and 'drug:disease' fits several relations: drug:treats:disease, drug:palliates:disease; name one in full");
}

#[test]
fn too_few_edges_to_learn_from() {
    let workplace = Workplace::new();
    workplace.write("edges.csv", "drug,disease\na,b\nc,d\n");
    workplace.run("import edges.csv -o g").printed();
    insta::assert_snapshot!(refused_words(&workplace, "train g -o m"), @"the test part of the split of drug:treats:disease has no pair; expected at least one");
}

#[test]
fn a_disease_name_that_fits_several_or_none() {
    let workplace = Workplace::new();
    let text = small_graph().replace(",disease 3\n", ",Diabetes\n").replace(",disease 4\n", ",Diabetes\n");
    workplace.write("edges.csv", text);
    workplace.run("import edges.csv -o g").printed();
    workplace.run("train g --preset graphsage --epochs 1 -o m").printed();
    insta::assert_snapshot!(refused_words(&workplace, "rank m --disease diabetes"), @"'diabetes' fits 2 disease nodes: Diabetes (X3); Diabetes (X4); give the id of one");
    insta::assert_snapshot!(refused_words(&workplace, "rank m --disease diabetologia"), @"no disease is called 'diabetologia'");
    insta::assert_snapshot!(refused_words(&workplace, "rank m --drug unobtainium"), @"no drug is called 'unobtainium'");
}

#[test]
fn a_query_by_a_type_that_the_model_does_not_join() {
    let workplace = Workplace::with_graph();
    workplace.run("train g --preset graphsage --target drug:targets:gene --epochs 1 -o m").printed();
    insta::assert_snapshot!(refused_words(&workplace, "rank m --disease X3"), @"the model predicts drug:targets:gene, which has no disease; ask with --source or --target");
    assert_eq!(workplace.run("rank m --target G3").code, 0);
}

#[test]
fn a_model_of_another_graph_or_split() {
    let workplace = Workplace::with_model();
    let short = |message: String| -> String {
        // Fingerprints and split hashes are long, and of no interest here.
        let words = message.split(' ').map(|word| {
            let digits = word.trim_end_matches([',', ';']);
            if digits.len() == 64 { word.replace(digits, "[hash]") } else { word.to_owned() }
        });
        words.collect::<Vec<_>>().join(" ")
    };
    insta::assert_snapshot!(short(refused_words(&workplace, "evaluate g --model m --seed 6")), @"scorer 'graphsage' was fitted on split [hash], but split [hash] is evaluated; expected the same");
    insta::assert_snapshot!(refused_words(&workplace, "evaluate g --model m --target drug:gene"), @"m: the model predicts drug:treats:disease, but drug:targets:gene is evaluated; expected the same");
    workplace.write("edges.csv", small_graph() + "D0,X3,drug,disease,treats,drug 0,disease 3\n");
    workplace.run("import edges.csv -o other").printed();
    insta::assert_snapshot!(short(refused_words(&workplace, "rank m --drug D7 --graph other")), @"m: the model was trained on a graph with fingerprint [hash]; this graph has [hash]");
    insta::assert_snapshot!(short(refused_words(&workplace, "evaluate other --model m")), @"m: the model was trained on a graph with fingerprint [hash]; this graph has [hash]");
}

#[test]
fn a_damaged_model() {
    let workplace = Workplace::with_model();
    let whole = workplace.read("m/model.safetensors");
    workplace.write("m/model.safetensors", &whole[..whole.len() / 2]);
    let message = refused_words(&workplace, "rank m --drug D7");
    assert!(message.starts_with("m/model.safetensors: it is not a safetensors file ("), "{message}");
    workplace.write("m/card.json", "{}");
    let message = refused_words(&workplace, "rank m --drug D7");
    assert!(message.starts_with("m/card.json: it is not a model card ("), "{message}");
}

#[test]
fn a_call_that_makes_no_sense() {
    let workplace = Workplace::with_model();
    for arguments in [
        "rank m",
        "rank m --drug D7 --disease X3",
        "rank m --drug D7 --json --tsv",
        "train g --preset graphsage --epochs 0 -o m2",
        "evaluate g --protocol nonsense",
        "train g --preset graphsage --sampler none -o m2",
        "inspect",
        "",
    ] {
        let run = workplace.run(arguments);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments}: {}", run.stderr);
    }
    let message = workplace.run("evaluate g --protocol nonsense").stderr;
    assert!(message.contains("possible values: random"), "{message}");
}
