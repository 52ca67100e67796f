//! DTINet as published, through the program.

use serde_json::{Value, json};

use crate::workplace::{Workplace, shared_data};

#[test]
fn the_published_tarball() {
    let Some(tarball) = shared_data("dtinet/data.tar.gz") else { return };
    let workplace = Workplace::new();
    let imported = workplace.run_list(&["import", tarball.to_str().unwrap(), "-o", "g"]).printed();
    let row = imported.lines().find(|line| line.starts_with("drug:treats:disease ")).unwrap();
    assert!(row.ends_with(" 199,214"), "{imported}");
    let document = workplace.run("inspect g --json").json();
    let column = |list: &str, name: &str, count: &str| -> Vec<Value> {
        document[list].as_array().unwrap().iter().map(|of| json!([of[name], of[count]])).collect()
    };
    assert_eq!(
        column("node_types", "type", "nodes"),
        [
            json!(["drug", 708]),
            json!(["protein", 1512]),
            json!(["disease", 5603]),
            json!(["side_effect", 4192])
        ]
    );
    assert_eq!(
        column("relations", "relation", "edges"),
        [
            json!(["drug:treats:disease", 199_214]),
            json!(["drug:targets:protein", 1923]),
            json!(["drug:interacts:drug", 10_036]),
            json!(["protein:interacts:protein", 7363]),
            json!(["protein:associates:disease", 1_596_745]),
            json!(["drug:causes:side_effect", 80_164]),
        ]
    );

    let report = workplace.run("evaluate g --scorers degree --json").json();
    let degree = &report["scorers"][0];
    // Reference values of another implementation on another split of the same fractions; splits differ by about 0.005.
    for (protocol, figure, expected) in [
        ("sampled", "auroc", 0.957),
        ("sampled", "ap", 0.928),
        ("all_pairs", "ap", 0.383),
        ("ranking", "mrr", 0.289),
        ("ranking", "hits@10", 0.445),
    ] {
        let found = degree[protocol][figure].as_f64().unwrap();
        assert!(
            (found - expected).abs() < 0.015,
            "{protocol} {figure} is {found}; expected about {expected}"
        );
    }
}
