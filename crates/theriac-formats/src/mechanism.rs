//! Mechanisms of action: by which nodes a drug comes to act on a disease.

use std::collections::BTreeSet;

use memchr::memchr_iter;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_saphyr::Spanned;

use crate::edge_json::{LineCounter, reason};
use crate::error::{FormatError, excerpt};
use crate::input::{Container, Input};
use crate::text::decode_text;

/// A path, or several, from a drug to a disease, as a curator wrote them down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mechanism {
    /// Its own id.
    pub id: String,
    /// The drug.
    pub drug: MechanismNode,
    /// The disease.
    pub disease: MechanismNode,
    /// The nodes in between, in the order of the file.
    pub inner: Vec<MechanismNode>,
}

/// A node of a mechanism.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MechanismNode {
    /// Its identifiers, the one of the node itself first; at least one.
    pub ids: Vec<String>,
    /// Its name; empty where none is given.
    pub name: String,
    /// What kind of thing it is (`Protein`, `BiologicalProcess`); empty where that is not said.
    pub label: String,
}

#[derive(Deserialize)]
struct Document {
    graph: Heading,
    nodes: Vec<NodeObject>,
    links: Vec<Link>,
}

#[derive(Deserialize)]
struct Heading {
    #[serde(rename = "_id")]
    id: String,
    #[serde(default)]
    drug: Option<String>,
    #[serde(default)]
    disease: Option<String>,
    #[serde(default)]
    drug_mesh: Option<String>,
    #[serde(default)]
    disease_mesh: Option<String>,
    #[serde(default)]
    drugbank: Option<String>,
}

#[derive(Deserialize)]
struct NodeObject {
    id: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    label: Option<String>,
}

#[derive(Deserialize)]
struct Link {
    source: String,
    target: String,
}

/// Reads mechanisms in the form of `DrugMechDB` (Gonzalez-Cavazos et al. 2023): node-link graphs, each with `graph` (`_id`, `drug`,
/// `disease`, `drug_mesh`, `disease_mesh`, `drugbank`), `nodes` (`id`, `label`, `name`) and `links` (`source`, `target`, `key`), as
/// YAML, in a list or as documents of their own, or as JSON, in an array or one after the other (JSON Lines). Other keys are not read.
///
/// The drug is the node whose id or name is the graph's `drugbank`, `drug_mesh` or `drug`, the disease likewise.
///
/// # Errors
///
/// [`FormatError::Line`] where a text is neither YAML nor JSON, a key is missing, an id stands twice, a link names no node, or neither the
/// drug nor the disease is among the nodes; [`FormatError::Empty`] where there is no mechanism; what reading meets.
pub fn read_mechanisms(input: &Input) -> Result<Vec<Mechanism>, FormatError> {
    if input.container() != Container::File {
        return Err(input.wrong_container("mechanisms", "a file"));
    }
    let file = input.path().display().to_string();
    let bytes = input.content()?;
    let (text, _) = decode_text(&bytes);
    let text = text.trim_start_matches('\u{feff}');
    let documents =
        if text.trim_start().starts_with(['{', '[']) { of_json(text, &file)? } else { of_yaml(text, &file)? };
    if documents.is_empty() {
        return Err(FormatError::Empty { file, what: "mechanism" });
    }
    let read = |(line, document)| {
        mechanism(document).map_err(|(found, expected)| FormatError::Line {
            file: file.clone(),
            line,
            found,
            expected: expected.into(),
        })
    };
    documents.into_iter().map(read).collect()
}

const EXPECTED: &str = "a node-link graph: an object with graph (and _id in it), nodes and links";

/// The documents of a YAML text, each with the line that it starts on.
fn of_yaml(text: &str, file: &str) -> Result<Vec<(u64, Document)>, FormatError> {
    // A node takes a character at least. Anchors, which could make more of fewer, stay bounded by default.
    let most = text.len() + 16;
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: 3 * most,
            max_nodes: most,
            max_documents: most,
            max_total_scalar_bytes: most,
        },
        with_snippet: false,
    };
    let mut content = text
        .lines()
        .map(str::trim_start)
        .filter(|line| !line.is_empty() && !["#", "%", "---"].iter().any(|mark| line.starts_with(mark)));
    let wrong = |error: serde_saphyr::Error| {
        let line = error.location().map_or(1, |at| at.line());
        let found = error.to_string();
        let found = found.split_once(" at line ").map_or(found.as_str(), |(reason, _)| reason);
        FormatError::Line { file: file.into(), line, found: found.into(), expected: EXPECTED.into() }
    };
    let read: Result<Vec<Spanned<Document>>, _> = match content.next() {
        None => return Ok(Vec::new()),
        Some(line) if line.starts_with('-') => serde_saphyr::from_str_with_options(text, options),
        Some(_) => serde_saphyr::from_multiple_with_options(text, options),
    };
    Ok(read.map_err(wrong)?.into_iter().map(|of| (of.referenced.line(), of.value)).collect())
}

/// The documents of a JSON text, each with the line that it starts on.
fn of_json(text: &str, file: &str) -> Result<Vec<(u64, Document)>, FormatError> {
    let mut lines = LineCounter::new(text);
    let read = |value: &RawValue| {
        let line = lines.line_of(value);
        let document = serde_json::from_str(value.get()).map_err(|error| FormatError::Line {
            file: file.into(),
            line: line + (error.line() as u64).saturating_sub(1),
            found: format!("{} ({})", excerpt(value.get().as_bytes()), reason(&error)),
            expected: EXPECTED.into(),
        });
        Ok((line, document?))
    };
    values(text, file)?.into_iter().map(read).collect()
}

/// The texts of all documents of a JSON text, in order.
fn values<'a>(text: &'a str, file: &str) -> Result<Vec<&'a RawValue>, FormatError> {
    let bad_json = |first_line: u64, error: &serde_json::Error| {
        let line = first_line + (error.line() as u64).saturating_sub(1);
        let expected = "whole, valid JSON".into();
        FormatError::Line { file: file.into(), line, found: reason(error), expected }
    };
    let values: Vec<&RawValue> = serde_json::Deserializer::from_str(text)
        .into_iter()
        .collect::<Result<_, _>>()
        .map_err(|error| bad_json(1, &error))?;
    match values[..] {
        [only] if only.get().starts_with('[') => {
            let before = only.get().as_ptr().addr() - text.as_ptr().addr();
            let first_line = 1 + memchr_iter(b'\n', &text.as_bytes()[..before]).count() as u64;
            serde_json::from_str(only.get()).map_err(|error| bad_json(first_line, &error))
        }
        _ => Ok(values),
    }
}

/// The mechanism of a document, or what was found in it and what was expected.
fn mechanism(document: Document) -> Result<Mechanism, (String, &'static str)> {
    let Document { graph, nodes, links } = document;
    let id = graph.id;
    let mut known = BTreeSet::new();
    for node in &nodes {
        if node.id.trim().is_empty() {
            return Err((format!("{id}, a node of which has an empty id"), "the id of each node"));
        }
        if !known.insert(node.id.as_str()) {
            return Err((format!("{id}, where node '{}' stands twice", node.id), "each node once"));
        }
    }
    for end in links.iter().flat_map(|link| [&link.source, &link.target]) {
        if !known.contains(end.as_str()) {
            return Err((format!("{id}, a link of which names '{end}'"), "links between ids of its nodes"));
        }
    }
    let end = |ids: [Option<String>; 2], name: Option<String>| {
        let ids: Vec<String> = ids.into_iter().flatten().filter(|id| !id.trim().is_empty()).collect();
        let name = name.unwrap_or_default();
        let by_id = nodes.iter().position(|node| ids.contains(&node.id));
        let same_name = |node: &NodeObject| {
            !name.is_empty() && node.name.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(&name))
        };
        by_id.or_else(|| nodes.iter().position(same_name)).map(|place| (place, ids, name))
    };
    let Some((drug_place, drug_ids, drug_name)) = end([graph.drugbank, graph.drug_mesh], graph.drug) else {
        return Err((format!("{id}, whose drug is not among its nodes"), "a node that is the graph's drug"));
    };
    let Some((disease_place, disease_ids, disease_name)) = end([graph.disease_mesh, None], graph.disease)
    else {
        return Err((
            format!("{id}, whose disease is not among its nodes"),
            "a node that is the graph's disease",
        ));
    };
    if drug_place == disease_place {
        return Err((format!("{id}, whose drug and disease are one node"), "two nodes"));
    }
    let mut ends = [MechanismNode::default(), MechanismNode::default()];
    let mut inner = Vec::new();
    for (place, node) in nodes.into_iter().enumerate() {
        let mut read = MechanismNode {
            ids: vec![node.id],
            name: node.name.unwrap_or_default(),
            label: node.label.unwrap_or_default(),
        };
        let (slot, more, name) = if place == drug_place {
            (0, &drug_ids, &drug_name)
        } else if place == disease_place {
            (1, &disease_ids, &disease_name)
        } else {
            inner.push(read);
            continue;
        };
        for id in more {
            if !read.ids.contains(id) {
                read.ids.push(id.clone());
            }
        }
        if read.name.is_empty() {
            read.name.clone_from(name);
        }
        ends[slot] = read;
    }
    let [drug, disease] = ends;
    Ok(Mechanism { id, drug, disease, inner })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn read(text: &str) -> Result<Vec<Mechanism>, String> {
        let input = Input::from_bytes("m.json", text.as_bytes().to_vec());
        read_mechanisms(&input).map_err(|error| error.to_string())
    }

    fn imatinib() -> Value {
        json!({
            "directed": true,
            "graph": {"_id": "DB00619_MESH_D015464_1", "disease": "CML (ph+)", "disease_mesh": "MESH:D015464",
                      "drug": "imatinib", "drug_mesh": "MESH:D000068877", "drugbank": "DB:DB00619"},
            "links": [{"key": "decreases activity of", "source": "MESH:D000068877", "target": "UniProt:P00519"},
                      {"key": "causes", "source": "UniProt:P00519", "target": "MESH:D015464"}],
            "multigraph": true,
            "nodes": [{"id": "MESH:D000068877", "label": "Drug", "name": "imatinib"},
                      {"id": "UniProt:P00519", "label": "Protein", "name": "BCR/ABL"},
                      {"id": "MESH:D015464", "label": "Disease", "name": "CML (ph+)"}]
        })
    }

    #[test]
    fn a_list_and_lines_say_the_same() {
        let one = imatinib();
        let expected = Mechanism {
            id: "DB00619_MESH_D015464_1".into(),
            drug: MechanismNode {
                ids: vec!["MESH:D000068877".into(), "DB:DB00619".into()],
                name: "imatinib".into(),
                label: "Drug".into(),
            },
            disease: MechanismNode {
                ids: vec!["MESH:D015464".into()],
                name: "CML (ph+)".into(),
                label: "Disease".into(),
            },
            inner: vec![MechanismNode {
                ids: vec!["UniProt:P00519".into()],
                name: "BCR/ABL".into(),
                label: "Protein".into(),
            }],
        };
        let both = vec![expected.clone(), expected.clone()];
        assert_eq!(read(&json!([one, one]).to_string()).unwrap(), both);
        assert_eq!(read(&format!("\u{feff}{one}\n{one}\n")).unwrap(), both);
        assert_eq!(read(&one.to_string()).unwrap(), [expected]);
    }

    #[test]
    fn an_end_may_be_told_by_its_name_alone() {
        let mut one = imatinib();
        one["graph"] = json!({"_id": "x", "drug": "Imatinib", "disease": "cml (PH+)"});
        let found = read(&one.to_string()).unwrap();
        assert_eq!(
            (found[0].drug.ids.as_slice(), found[0].inner.len()),
            (&["MESH:D000068877".to_owned()][..], 1)
        );
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let with = |change: fn(&mut Value)| {
            let mut one = imatinib();
            change(&mut one);
            read(&format!("{}\n{one}\n", imatinib())).unwrap_err()
        };
        assert_eq!(
            with(|one| one["links"][0]["target"] = "P1".into()),
            "m.json:2: found DB00619_MESH_D015464_1, a link of which names 'P1'; expected links between ids of its nodes"
        );
        assert_eq!(
            with(|one| one["nodes"][1]["id"] = "MESH:D015464".into()),
            "m.json:2: found DB00619_MESH_D015464_1, where node 'MESH:D015464' stands twice; expected each node once"
        );
        assert_eq!(
            with(|one| one["graph"] = json!({"_id": "x", "drug": "imatinib"})),
            "m.json:2: found x, whose disease is not among its nodes; expected a node that is the graph's disease"
        );
        let message = with(|one| one["nodes"] = Value::Null);
        assert!(message.starts_with("m.json:2: found {") && message.ends_with(EXPECTED), "{message}");
        assert_eq!(read("[]").unwrap_err(), "m.json holds no mechanism; expected at least one");
        assert_eq!(read("").unwrap_err(), "m.json holds no mechanism; expected at least one");
        assert_eq!(
            read("[\n{}").unwrap_err(),
            "m.json:2: found EOF while parsing a list; expected whole, valid JSON"
        );
    }

    const YAML: &str = "\
# Paths of drugs
-   directed: true
    graph:
        _id: DB00619_MESH_D015464_1
        disease: CML (ph+)
        disease_mesh: MESH:D015464
        drug: imatinib
        drug_mesh: MESH:D000068877
        drugbank: DB:DB00619
    links:
    -   key: decreases activity of
        source: MESH:D000068877
        target: UniProt:P00519
    -   key: causes
        source: UniProt:P00519
        target: MESH:D015464
    multigraph: true
    nodes:
    -   id: MESH:D000068877
        label: Drug
        name: imatinib
    -   id: UniProt:P00519
        label: Protein
        name: BCR/ABL
    -   id: MESH:D015464
        label: Disease
        name: 'CML (ph+)'
    references:
    - https://go.drugbank.com/drugs/DB00619
";

    #[test]
    fn yaml_says_the_same_as_json() {
        let expected = read(&imatinib().to_string()).unwrap();
        assert_eq!(read(YAML).unwrap(), expected);
        assert_eq!(
            read(&format!("---\n{YAML}{YAML}")).unwrap(),
            [expected.clone(), expected.clone()].concat()
        );
        let document = YAML.replace("-   directed", "    directed");
        assert_eq!(
            read(&format!("{document}---\n{document}")).unwrap(),
            [expected.clone(), expected].concat()
        );
        assert_eq!(read("# nothing\n---\n").unwrap_err(), "m.json holds no mechanism; expected at least one");
    }

    #[test]
    fn what_is_wrong_in_yaml_is_told_with_its_line() {
        let with = |from: &str, to: &str| read(&format!("{YAML}{}", YAML.replace(from, to))).unwrap_err();
        assert_eq!(
            with("source: UniProt:P00519", "source: P1"),
            "m.json:31: found DB00619_MESH_D015464_1, a link of which names 'P1'; expected links between ids of its nodes"
        );
        let message = with("    links:\n", "    edges:\n");
        assert!(
            message.starts_with("m.json:57: found missing field `links`") && message.ends_with(EXPECTED),
            "{message}"
        );
        let message = with("multigraph: true", "multigraph: [true");
        assert!(message.starts_with("m.json:") && message.ends_with(EXPECTED), "{message}");
        let message = read("just a text").unwrap_err();
        assert!(message.starts_with("m.json:1: found ") && message.ends_with(EXPECTED), "{message}");
        // Anchors that unfold without end are refused.
        let level = |level: usize| format!("- &a{level} [*a{0}, *a{0}, *a{0}]\n", level - 1);
        let bomb: Vec<String> = (1..40).map(level).collect();
        assert!(read(&format!("- &a0 x\n{}", bomb.concat())).is_err());
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read(chains in proptest::collection::vec(0..6usize, 1..5), as_list: bool) {
            let documents: Vec<Value> = chains.iter().enumerate().map(|(place, &inner)| {
                let ids: Vec<String> = (0..inner + 2).map(|node| format!("N:{place}.{node}")).collect();
                let links: Vec<Value> =
                    ids.windows(2).map(|ends| json!({"key": "to", "source": ends[0], "target": ends[1]})).collect();
                let nodes: Vec<Value> = ids.iter().map(|id| json!({"id": id, "name": format!("of {id}")})).collect();
                json!({"graph": {"_id": place.to_string(), "drugbank": ids[0], "disease_mesh": ids[inner + 1]},
                       "nodes": nodes, "links": links})
            }).collect();
            let lines = documents.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
            let text = if as_list { serde_json::to_string_pretty(&documents).unwrap() } else { lines };
            let read = read(&text).unwrap();
            prop_assert_eq!(read.len(), chains.len());
            for (place, (mechanism, inner)) in read.iter().zip(chains).enumerate() {
                let ids: Vec<&str> = mechanism.inner.iter().map(|node| node.ids[0].as_str()).collect();
                let expected: Vec<String> = (1..=inner).map(|node| format!("N:{place}.{node}")).collect();
                prop_assert_eq!(ids, expected);
                prop_assert_eq!(&mechanism.drug.ids[0], &format!("N:{place}.0"));
                prop_assert_eq!(&mechanism.disease.name, &format!("of N:{place}.{}", inner + 1));
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_mechanisms(&Input::from_bytes("m.json", bytes));
        }
    }
}
