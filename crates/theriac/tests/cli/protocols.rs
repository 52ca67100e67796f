//! Every protocol through the program, evaluations in parts, the audit, and what is refused.

use serde_json::Value;

use crate::workplace::{Workplace, shared_data};

fn auroc(document: &Value, scorer: usize) -> f64 {
    document["scorers"][scorer]["all_pairs"]["auroc"].as_f64().unwrap()
}

#[test]
fn every_protocol_names_itself_and_judges_every_scorer() {
    let workplace = Workplace::with_graph();
    workplace.write("area.txt", "disease 0\nX5\n\ndisease 10\n");
    workplace.write("pairs.csv", "drug,disease\nD0,X1\nD1,X3\nD2,X4\n");
    workplace.write(
        "labelled.tsv",
        "drug\tdisease\ttrue\nD0\tX1\t1\nD1\tX3\t1\nD2\tX4\t0\nD4\tX2\t0\nD5\tX3\t0\n",
    );
    for (protocol, name, rounds) in [
        ("random", "random", 1),
        ("ranking --repeats 2", "ranking", 2),
        ("kfold --folds 3", "kfold", 3),
        ("kfold-all --folds 3", "kfold-all", 3),
        ("cold-drug --folds 3", "cold-source", 3),
        ("cold-disease --folds 3", "cold-target", 3),
        ("disease-area --areas 2 --similar-by drug:targets:gene", "", 0),
        ("disease-area --area area.txt --remove-share 0.5", "disease-area", 1),
        ("external --external pairs.csv", "external", 1),
        ("external --external labelled.tsv --ratio 1", "external", 1),
    ] {
        let run = workplace.run(&format!("evaluate g --json --scorers degree,l3 --protocol {protocol}"));
        if rounds == 0 {
            assert_eq!(run.code, 2, "{protocol}");
            assert!(run.stderr.contains("joins other nodes than disease"), "{}", run.stderr);
            continue;
        }
        let document = run.json();
        assert_eq!(document["protocol_name"], name, "{protocol}");
        assert_eq!(document["rounds"].as_array().unwrap().len(), rounds, "{protocol}");
        assert!(!document["protocol"].as_str().unwrap().is_empty());
        for scorer in document["scorers"].as_array().unwrap() {
            for (section, figure) in [
                ("all_pairs", "prevalence"),
                ("ranking", "macro_mrr"),
                ("target_ranking", "mrr"),
                ("sampled", "ap"),
            ] {
                assert!(scorer[section][figure].is_number(), "{protocol}: {section}.{figure} of {scorer}");
            }
        }
    }
}

/// Four drugs and three diseases. Until 2000, D0 has X0 and X1, and D1 has X0; later D2 has X0 and D3 has X1.
///
/// By the degree product, both later pairs score 0, as D2 and D3 have no early edge. D2-X0 ties with D3 and has rank 1.5, as D0
/// and D1 are known for X0; D3-X1 has D1 ahead and D2 beside it: rank 2.5. Negatives are D3-X0 (0), D1-X1 (1), D2-X1 (0) and
/// the four pairs of X2 (0).
#[test]
fn a_split_by_time_by_hand() {
    let workplace = Workplace::new();
    workplace.write(
        "links.toml",
        "name = 'links'\n[[edges]]\nfile = 'links.csv'\nrelation = 'treats'\nsource = { type = 'drug', id = 'drug' }\n\
         target = { type = 'disease', id = 'disease' }\nattributes = ['year']\n[[nodes]]\nfile = 'diseases.csv'\ntype = \
         'disease'\nid = 'id'\n",
    );
    workplace.write("diseases.csv", "id\nX0\nX1\nX2\n");
    workplace.write(
        "links.csv",
        "drug,disease,year\nD0,X0,1990\nD0,X1,1995\nD1,X0,2000\nD2,X0,2001\nD3,X1,2010\n",
    );
    workplace.run("import links.toml -o g").printed();
    let call = "evaluate g --json --scorers degree --protocol time --until 2000 --ratio 1 --resamples 0";
    let document = workplace.run(call).json();
    assert_eq!(document["protocol_name"], "time");
    let round = &document["rounds"][0];
    assert_eq!((&round["train"], &round["valid"], &round["test"]), (&3.into(), &0.into(), &2.into()));
    let figures = &document["scorers"][0];
    let figure = |section: &str, name: &str| figures[section][name].as_f64().unwrap();
    assert_eq!(figure("all_pairs", "prevalence"), 2.0 / 9.0);
    assert!((figure("ranking", "mrr") - f64::midpoint(1.0 / 1.5, 1.0 / 2.5)).abs() < 1e-12);
    // Of seven negatives one, D1-X1, is above the positives, and six tie with them.
    assert!((auroc(&document, 0) - 3.0 / 7.0).abs() < 1e-12);
    // At the higher of two scores a negative is found alone, at the lower everything.
    assert!((figure("all_pairs", "ap") - 2.0 / 9.0).abs() < 1e-12);
    assert!(
        document["protocol"].as_str().unwrap().contains("up to year 2000 are trained on"),
        "{}",
        document["protocol"]
    );
}

#[test]
fn a_cold_disease_has_no_degree() {
    let workplace = Workplace::with_graph();
    let document =
        workplace.run("evaluate g --json --scorers degree,l3 --protocol cold-disease --folds 4").json();
    assert_eq!((auroc(&document, 0), auroc(&document, 1)), (0.5, 0.5));
}

#[test]
fn parts_make_the_whole_to_the_bit() {
    let workplace = Workplace::with_graph();
    let call =
        "evaluate g --protocol kfold --folds 4 --repeats 2 --seeds 2 --permuted --scorers degree,l3,bpr";
    for shard in 1..=3 {
        workplace.run(&format!("{call} --shard {shard}/3 -o part-{shard}.json")).printed();
    }
    let whole = workplace.run(&format!("{call} --json")).printed();
    assert_eq!(workplace.run("merge g part-3.json part-1.json part-2.json --json").printed(), whole);
    let one_thread = workplace.run(&format!("{call} --json --threads 1")).printed();
    assert_eq!(one_thread, whole);

    let refused = |arguments: &str| {
        let run = workplace.run(arguments);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments}");
        run.stderr.trim_end().to_owned()
    };
    assert_eq!(refused("merge g part-1.json part-2.json"), "error: part 3 of 3 is missing");
    assert_eq!(
        refused("merge g part-1.json part-1.json"),
        "error: part-1.json: part 1 of 3 was given already"
    );
    workplace.run(&format!("{call} --seed 9 --shard 2/3 -o other.json")).printed();
    assert_eq!(
        refused("merge g part-1.json other.json part-3.json"),
        "error: other.json: it is a part of another evaluation than part-1.json"
    );
    assert!(refused("merge g edges.csv").starts_with("error: edges.csv: it is not a part of an evaluation"));
}

#[test]
fn the_validation_part_is_learned_unless_that_is_declined() {
    let workplace = Workplace::with_graph();
    let call =
        "evaluate g --json --protocol kfold --folds 4 --scorers degree,ease-source,blend --resamples 10";
    let once = workplace.run(&format!("{call} --no-refit")).json();
    let twice = workplace.run(call).json();
    let protocol = twice["protocol"].as_str().unwrap();
    assert!(
        protocol.contains("; scorers learn the validation part too, once settings are chosen on it"),
        "{protocol}"
    );
    assert!(!once["protocol"].as_str().unwrap().contains("learn the validation part"));
    assert_eq!(once["rounds"], twice["rounds"], "the same parts are held out");
    for (once, twice) in
        once["scorers"].as_array().unwrap().iter().zip(twice["scorers"].as_array().unwrap()).skip(1)
    {
        assert_eq!(once["trials"], twice["trials"], "settings are chosen without the validation part");
        assert_ne!(once["all_pairs"], twice["all_pairs"], "{}", once["scorer"]);
    }
    let shard = call.replace(" --json", "");
    for part in 1..=2 {
        workplace.run(&format!("{shard} --shard {part}/2 -o part-{part}.json")).printed();
    }
    assert_eq!(workplace.run("merge g part-1.json part-2.json --json").json(), twice);
    let refused = workplace.run("evaluate g --no-refit --model m");
    assert_eq!(refused.code, 2);
}

#[test]
fn beside_a_network_no_scorer_learns_the_validation_part() {
    let workplace = Workplace::with_graph();
    let run = workplace.run("evaluate g --json --scorers l3,graphsage --resamples 10");
    assert!(
        run.stderr.contains("graphsage is followed on the validation part and does not learn it: nor does any other scorer here\n"),
        "{}",
        run.stderr
    );
    let (beside, once) =
        (run.json(), workplace.run("evaluate g --json --scorers l3 --no-refit --resamples 10").json());
    let l3 = |document: &Value| {
        let scorers = document["scorers"].as_array().unwrap();
        scorers.iter().find(|scorer| scorer["scorer"] == "L3 paths").unwrap()["all_pairs"].clone()
    };
    assert_eq!(l3(&beside), l3(&once));
    workplace.run("train g -o m").printed();
    let run = workplace.run("evaluate g --model m --scorers graphsage");
    insta::assert_snapshot!(run.stderr, @"error: the model has learned the validation part, which graphsage is followed on and does not learn; expected other scorers beside it, or a model that was trained with --no-refit");
    assert_eq!(run.code, 2);
}

#[test]
fn the_same_table_in_every_form() {
    let workplace = Workplace::with_graph();
    let call = "evaluate g --scorers degree,l3 --permuted";
    let table = workplace.run(call).printed();
    assert!(table.contains("\npermuted graph") && table.contains("95 % intervals"), "{table}");
    let tsv = workplace.run(&format!("{call} --tsv --report page.html")).printed();
    let cells: Vec<&str> = tsv.lines().next().unwrap().split('\t').collect();
    assert!(cells.contains(&"scorer") && cells.contains(&"low"), "{tsv}");
    assert!(tsv.lines().skip(1).all(|line| line.contains("\trandom split of drug:treats:disease")), "{tsv}");
    assert!(tsv.lines().all(|line| line.split('\t').count() == cells.len()), "{tsv}");
    let markdown = workplace.run(&format!("{call} --markdown")).printed();
    assert!(
        markdown.contains("| *degree product* |") && markdown.contains("andom split of drug:treats:disease"),
        "{markdown}"
    );
    let page = String::from_utf8(workplace.read("page.html")).unwrap();
    assert!(page.contains("theriac evaluate g --scorers degree,l3 --permuted --tsv"), "the command is told");
    assert!(page.contains("drug:treats:disease") && !page.contains("<script"), "{page}");
}

#[test]
fn the_page_tells_the_audit_the_epochs_and_the_degrees() {
    let workplace = Workplace::with_graph();
    let section = |page: &str, id: &str| {
        let (_, section) = page.split_once(&format!("<section id=\"{id}\"")).expect(id);
        section.split_once("</section>").unwrap().0.to_owned()
    };
    workplace.run("evaluate g --scorers graphsage --epochs 4 --report page.html").printed();
    let page = String::from_utf8(workplace.read("page.html")).unwrap();
    let audit = section(&page, "audit");
    assert!(
        audit.contains("Before any split, the whole graph") && audit.contains("The strongest: "),
        "{audit}"
    );
    let training = section(&page, "training");
    assert_eq!(training.matches("<svg").count(), 2, "loss and validation: {training}");
    let degrees = section(&page, "breakdowns");
    for by in ["By known links of the disease", "By known links of the drug"] {
        assert!(degrees.contains(by), "{degrees}");
    }
    let epochs = |call: &str| {
        let document = workplace.run(call).json();
        document["scorers"].as_array().unwrap().last().unwrap()["epochs"].clone()
    };
    let fitted = epochs("evaluate g --scorers graphsage --epochs 4 --json");
    assert_eq!(fitted.as_array().unwrap().len(), 4);
    assert!(fitted[3]["loss"].is_number() && fitted[3]["validation"]["ap"].is_number(), "{fitted}");
    // A trained model brings the epochs that its card holds.
    workplace.run("train g --preset graphsage --epochs 4 -o m").printed();
    assert_eq!(epochs("evaluate g --model m --json"), fitted);

    workplace.write("one.txt", "disease 0\ndisease 5\n");
    workplace.write("two.txt", "disease 1\ndisease 2\n");
    workplace
        .run("evaluate g --scorers degree,l3 --protocol disease-area --area one.txt --area two.txt --report page.html")
        .printed();
    let page = String::from_utf8(workplace.read("page.html")).unwrap();
    let areas = section(&page, "breakdowns");
    assert!(areas.contains("By area of the disease") && areas.contains(">two"), "{areas}");
    assert!(!page.contains("id=\"training\""), "no scorer here has epochs");
}

#[test]
fn every_target_has_its_figures() {
    let workplace = Workplace::with_graph();
    let call = "evaluate g --scorers degree,l3 --protocol kfold --folds 3";
    workplace.run(&format!("{call} --per-target whole.tsv")).printed();
    let text = String::from_utf8(workplace.read("whole.tsv")).unwrap();
    let (head, body): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with("# "));
    assert!(head[0].starts_with("# 3-fold cross-validation of drug:treats:disease (P2)"), "{text}");
    assert!(head.iter().any(|line| line.starts_with("# seed 0")), "{text}");
    let rows: Vec<Vec<&str>> = body.iter().map(|line| line.split('\t').collect()).collect();
    let place = |column: &str| rows[0].iter().position(|name| *name == column).expect(column);
    assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{text}");
    // Over three folds every edge is tested once, and every disease has some.
    let of = |scorer: &str| rows.iter().filter(|row| row[0] == scorer).cloned().collect::<Vec<_>>();
    let degree = of("degree product");
    assert_eq!((degree.len(), of("L3 paths").len()), (20, 20));
    let document = workplace.run(&format!("{call} --json")).json();
    let edges: u64 =
        document["rounds"].as_array().unwrap().iter().map(|round| round["test"].as_u64().unwrap()).sum();
    let positives = degree.iter().map(|row| row[place("positives")].parse::<u64>().unwrap());
    assert_eq!(positives.sum::<u64>(), edges);
    for row in &rows[1..] {
        assert!(
            row[place("target_id")].starts_with('X') && row[place("target_name")].starts_with("disease "),
            "{row:?}"
        );
        for figure in ["auroc", "ap", "mrr", "hits@10"] {
            let value: f64 = row[place(figure)].parse().unwrap();
            assert!((0.0..=1.0).contains(&value), "{figure}: {row:?}");
        }
    }
    // Each edge counts once in both, so that the mean over targets, weighted by positives, is the micro average.
    let weighted = degree.iter().map(|row| {
        row[place("positives")].parse::<f64>().unwrap() * row[place("mrr")].parse::<f64>().unwrap()
    });
    let folds = document["rounds"].as_array().unwrap();
    assert_eq!(folds.len(), 3);
    let mean = weighted.sum::<f64>() / edges as f64;
    let told = document["scorers"][0]["ranking"]["mrr"].as_f64().unwrap();
    assert!((mean - told).abs() < 0.01, "{mean} over targets, {told} over folds of about one size");

    for shard in 1..=2 {
        workplace.run(&format!("{call} --shard {shard}/2 -o part-{shard}.json")).printed();
    }
    workplace.run("merge g part-1.json part-2.json --per-target merged.tsv").printed();
    assert_eq!(workplace.read("merged.tsv"), text.as_bytes());
    let refused = workplace.run(&format!("{call} --shard 1/2 -o part.json --per-target no.tsv"));
    assert_eq!(refused.code, 2);
    assert!(
        refused.stderr.contains("'--shard <I/N>' cannot be used with '--per-target <FILE.tsv>'"),
        "{}",
        refused.stderr
    );
    assert!(!workplace.listing().contains(&"no.tsv".to_owned()));
}

#[test]
fn what_is_wrong_with_a_protocol_is_said() {
    let workplace = Workplace::with_graph();
    workplace.write("unknown.csv", "drug,disease\nD0,X1\nnobody,X1\n");
    workplace.write("label.csv", "drug,disease,true\nD0,X1,yes\n");
    workplace.write("short.csv", "drug\nD0\n");
    workplace.write("empty.txt", "\n");
    for (arguments, expected) in [
        ("kfold --folds 1", "expected from 2 folds to one for each"),
        ("time --until 2010", "have no attribute 'year'; they have none"),
        ("external --external unknown.csv", "unknown.csv:3: no drug is called 'nobody'"),
        ("external --external label.csv", "label.csv:2: label 'yes'; expected 1 or 0"),
        ("external --external short.csv", "short.csv:2: 1 column; expected a source and a target"),
        ("external --external nowhere.csv", "nowhere.csv: No such file"),
        ("disease-area --area empty.txt", "empty.txt: it names no node"),
        ("disease-area", "disease nodes have no features to compare them by"),
        ("random --keep drug:targets:gene", "only relations between the target's types can be kept"),
    ] {
        let run = workplace.run(&format!("evaluate g --scorers degree --protocol {arguments}"));
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments}: {}", run.stderr);
        assert!(run.stderr.contains(expected), "{arguments}: {}", run.stderr);
    }
}

/// Tables of pairs and of areas, cut off or with one byte wrong, are read or refused in one sentence.
#[test]
fn damaged_tables_are_read_or_refused() {
    let workplace = Workplace::with_graph();
    let pairs = b"drug,disease,true\nD0,X1,1\n\"D1\",X3,1\nD2,X4,0\nD4,X2,0\n";
    let area = b"disease 0\nX5\n\ndisease 10\n";
    for (file, sound, protocol) in [
        ("pairs.csv", pairs.as_slice(), "external --external pairs.csv"),
        ("area.txt", area.as_slice(), "disease-area --area area.txt"),
    ] {
        let mut refused = 0;
        for at in (0..sound.len()).step_by(3) {
            let mut damaged = vec![sound[..at].to_vec()];
            for byte in [b'"', b',', b'\t', b'\n', 0, 0xff] {
                damaged.push([&sound[..at], &[byte], &sound[at + 1..]].concat());
            }
            for bytes in damaged {
                workplace.write(file, &bytes);
                let call = format!(
                    "evaluate g --json --scorers degree --resamples 0 --ratio 0.5 --protocol {protocol}"
                );
                let run = workplace.run(&call);
                let errors = run.stderr.lines().filter(|line| line.starts_with("error: ")).count();
                assert!(
                    run.code == 0 || run.code == 2 && errors == 1,
                    "{bytes:?}: {} {}",
                    run.code,
                    run.stderr
                );
                refused += usize::from(run.code == 2);
            }
        }
        assert!(refused > 20, "{file}: {refused}");
    }
}

#[test]
fn the_audit_of_dtinet_tells_how_far_its_chains_reach() {
    let Some(tarball) = shared_data("dtinet/data.tar.gz") else { return };
    let workplace = Workplace::new();
    workplace.run_list(&["import", tarball.to_str().unwrap(), "-o", "g"]).printed();
    let document = workplace.run("audit g --json").json();
    let predictors = document["predictors"].as_array().unwrap();
    let chain = predictors
        .iter()
        .find(|predictor| predictor["metapath"] == "drug-targets-protein-associates-disease")
        .unwrap();
    let figure = |name: &str| chain[name].as_f64().unwrap();
    // Two thirds of the pairs have such a path, which against random pairs looks like much and beyond degree is little.
    assert!((figure("coverage") - 0.64).abs() < 0.05, "{chain}");
    assert!(figure("uniform_auroc") > 0.68 && figure("matched_auroc") < 0.56, "{chain}");
    let notes: Vec<&Value> = document["findings"].as_array().unwrap().iter().collect();
    let note = notes.iter().find(|note| note["sentence"].as_str().unwrap().contains("drug-targets-protein-"));
    let note = note.expect("what follows from degrees is noted");
    assert_eq!((note["severity"].as_str(), note["decision"].is_null()), (Some("notes"), true));
    let printed = workplace.run("audit g").printed();
    assert!(printed.contains("To know:\n- Paths drug-"), "{printed}");
}
