//! A small sample of every format, with what is in it.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

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
pub fn samples() -> Vec<Sample> {
    let nodes = vec![("drug", 2), ("disease", 3)];
    let edges = vec![("drug:treats:disease", 4)];
    let list = |format, text: &str| Sample {
        format,
        bytes: text.as_bytes().to_vec(),
        nodes: nodes.clone(),
        edges: edges.clone(),
    };
    vec![
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
    ]
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
