//! Mechanisms that are known, in a graph.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use theriac_explain::Node;
use theriac_formats::{Curie, CurieKey, Mechanism, MechanismNode};
use theriac_graph::{Graph, Role};
use theriac_link::Pair;

use crate::query::end_by_role;
use crate::ranked::End;
use crate::{PredictError, Predictor};

/// A mechanism by the nodes of a graph.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownMechanism {
    /// Its own id.
    pub id: String,
    /// Its ends.
    pub pair: Pair,
    /// Its inner nodes that the graph has, each with all nodes that it may stand for.
    pub inner: Vec<BTreeSet<Node>>,
    /// Number of its inner nodes that the graph lacks.
    pub missing: usize,
}

/// Mechanisms that a graph has, and how many it does not have for which reason.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KnownMechanisms {
    /// Those that it has.
    pub mechanisms: Vec<KnownMechanism>,
    /// How many were left out, by reason.
    pub skipped: BTreeMap<String, usize>,
}

impl KnownMechanisms {
    /// Finds the nodes of mechanisms in the graph of a model: by identifier, in whatever spelling of its prefix, else by name, else by
    /// synonym or cross-reference, case aside. Near misses are not taken. Inner nodes may be of any type.
    ///
    /// # Errors
    ///
    /// [`PredictError::NoSuchEnd`] where the model does not predict drugs for diseases.
    pub fn find(mechanisms: &[Mechanism], predictor: &Predictor) -> Result<Self, PredictError> {
        let key = &predictor.relation().key;
        let drugs = end_by_role(Role::Drug, "drug", key)?;
        let diseases = end_by_role(Role::Disease, "disease", key)?;
        let node_type = |end: End| end.node_type(predictor.relation());
        let ends = [node_type(drugs), node_type(diseases)];
        let index = NodeIndex::new(predictor.graph());
        let mut found = Self::default();
        for mechanism in mechanisms {
            match in_graph(mechanism, &index, ends) {
                Ok((drug, disease, inner, missing)) => {
                    let (source, target) =
                        if drugs == End::Source { (drug, disease) } else { (disease, drug) };
                    let (id, pair) = (mechanism.id.clone(), Pair::new(source, target));
                    found.mechanisms.push(KnownMechanism { id, pair, inner, missing });
                }
                Err(reason) => *found.skipped.entry(reason).or_insert(0) += 1,
            }
        }
        Ok(found)
    }
}

/// The ends of a mechanism, its inner nodes that are there, and the number of those that are not; otherwise why it is left out.
type InGraph = (u32, u32, Vec<BTreeSet<Node>>, usize);

fn in_graph(
    mechanism: &Mechanism,
    index: &NodeIndex<'_>,
    [drugs, diseases]: [usize; 2],
) -> Result<InGraph, String> {
    let end = |of: &MechanismNode, node_type: usize, what: &str| {
        let found = index.find(of, Some(node_type));
        match found.len() {
            0 => Err(format!("the graph lacks the {what}")),
            1 => Ok(found.into_iter().map(|node| node.index).next().unwrap_or_default()),
            _ => Err(format!("the {what} fits several nodes of the graph")),
        }
    };
    let drug = end(&mechanism.drug, drugs, "drug")?;
    let disease = end(&mechanism.disease, diseases, "disease")?;
    if mechanism.inner.is_empty() {
        return Err("it has no inner node".into());
    }
    let ends = [Node { node_type: drugs, index: drug }, Node { node_type: diseases, index: disease }];
    let mut inner = Vec::new();
    for node in &mechanism.inner {
        let mut found = index.find(node, None);
        found.retain(|node| !ends.contains(node));
        if !found.is_empty() {
            inner.push(found);
        }
    }
    if inner.is_empty() {
        return Err("the graph lacks all inner nodes".into());
    }
    let missing = mechanism.inner.len() - inner.len();
    Ok((drug, disease, inner, missing))
}

/// The nodes of a graph by what they are called.
struct NodeIndex<'g> {
    /// By their own identifiers.
    keys: HashMap<CurieKey<'g>, Vec<Node>>,
    /// By their own ids and names, in lower case.
    own: HashMap<String, Vec<Node>>,
    /// By cross-references.
    other_keys: HashMap<CurieKey<'g>, Vec<Node>>,
    /// By synonyms and cross-references, in lower case.
    other: HashMap<String, Vec<Node>>,
}

impl<'g> NodeIndex<'g> {
    fn new(graph: &'g Graph) -> Self {
        let mut index = Self {
            keys: HashMap::new(),
            own: HashMap::new(),
            other_keys: HashMap::new(),
            other: HashMap::new(),
        };
        for (node_type, table) in graph.node_tables().iter().enumerate() {
            for place in 0..table.len() {
                let node = Node { node_type, index: place as u32 };
                if let Some(curie) = Curie::parse(&table.ids[place]) {
                    index.keys.entry(curie.key()).or_default().push(node);
                }
                for text in [&table.ids[place], &table.names[place]] {
                    index.own.entry(text.trim().to_lowercase()).or_default().push(node);
                }
                for text in &table.xrefs[place] {
                    if let Some(curie) = Curie::parse(text) {
                        index.other_keys.entry(curie.key()).or_default().push(node);
                    }
                }
                for text in table.synonyms[place].iter().chain(&table.xrefs[place]) {
                    index.other.entry(text.trim().to_lowercase()).or_default().push(node);
                }
            }
        }
        index
    }

    /// All nodes, of this type where one is given, that what fits best fits.
    fn find(&self, node: &MechanismNode, node_type: Option<usize>) -> BTreeSet<Node> {
        let of_type = |found: Option<&Vec<Node>>| -> BTreeSet<Node> {
            let found = found.into_iter().flatten().copied();
            found.filter(|node| node_type.is_none_or(|wanted| node.node_type == wanted)).collect()
        };
        let keys = |by: &HashMap<CurieKey<'g>, Vec<Node>>| {
            node.ids.iter().map(|id| of_type(by_id(by, id))).find(|found| !found.is_empty())
        };
        let texts = |by: &HashMap<String, Vec<Node>>, text: &String| {
            let found = of_type(by.get(&text.trim().to_lowercase()));
            (!text.trim().is_empty() && !found.is_empty()).then_some(found)
        };
        let tries = [
            keys(&self.keys),
            node.ids.iter().find_map(|id| texts(&self.own, id)),
            texts(&self.own, &node.name),
            keys(&self.other_keys),
            node.ids.iter().find_map(|id| texts(&self.other, id)),
            texts(&self.other, &node.name),
        ];
        tries.into_iter().flatten().next().unwrap_or_default()
    }
}

/// The nodes of an identifier, which may have a prefix of the file's own before an id that cannot be mistaken: `DB:DB00619`.
fn by_id<'a>(by: &'a HashMap<CurieKey<'a>, Vec<Node>>, id: &'a str) -> Option<&'a Vec<Node>> {
    let bare = id.split_once(':').map_or(id, |(_, local)| local);
    let curie = Curie::parse(id).or_else(|| Curie::parse(bare))?;
    by.get(&curie.key())
}

#[cfg(test)]
mod tests {
    use theriac_formats::{Input, read_input};

    use super::*;

    fn graph() -> Graph {
        let edges = "source,target,source_type,target_type,relation,source_name,target_name\n\
                     DB00619,MESH:D015464,drug,disease,treats,imatinib,leukemia\n\
                     DB00619,uniprot:P00519,drug,protein,targets,imatinib,ABL1\n\
                     DB00945,MESH:D005334,drug,disease,treats,aspirin,fever\n\
                     DB00001,MESH:D000001,drug,disease,treats,twin,twin\n\
                     DB00002,MESH:D000001,drug,disease,treats,twin,twin\n";
        read_input(&Input::from_bytes("edges.csv", edges.as_bytes().to_vec()), Some("csv")).unwrap()
    }

    fn node(ids: &[&str], name: &str) -> MechanismNode {
        let ids = ids.iter().map(|id| (*id).to_owned()).collect();
        MechanismNode { ids, name: name.into(), label: String::new() }
    }

    #[test]
    fn nodes_are_found_by_identifier_then_by_name() {
        let graph = graph();
        let index = NodeIndex::new(&graph);
        let place = |name: &str| graph.node_type(name).unwrap().0;
        let at = |node_type, index| BTreeSet::from([Node { node_type: place(node_type), index }]);
        assert_eq!(index.find(&node(&["MESH:D000068877", "DB:DB00619"], ""), None), at("drug", 0));
        assert_eq!(index.find(&node(&["UniProt:P00519"], "another"), None), at("protein", 0));
        assert_eq!(index.find(&node(&["x:1"], "Imatinib"), None), at("drug", 0));
        assert_eq!(index.find(&node(&["mesh:d005334"], ""), None), at("disease", 1));
        assert_eq!(index.find(&node(&["x:1"], "twin"), None).len(), 3);
        assert_eq!(index.find(&node(&["x:1"], "twin"), Some(place("disease"))), at("disease", 2));
        assert_eq!(index.find(&node(&["x:1"], "imatinob"), None), BTreeSet::new());
    }

    #[test]
    fn what_is_left_out_has_a_reason() {
        let graph = graph();
        let index = NodeIndex::new(&graph);
        let ends = ["drug", "disease"].map(|name| graph.node_type(name).unwrap().0);
        let of = |drug: &str, disease: &str, inner: &[&str]| {
            let inner = inner.iter().map(|name| node(&["x:1"], name)).collect();
            let mechanism = Mechanism {
                id: "m".into(),
                drug: node(&["x:1"], drug),
                disease: node(&["x:1"], disease),
                inner,
            };
            in_graph(&mechanism, &index, ends)
        };
        let found = of("imatinib", "leukemia", &["ABL1", "nowhere", "leukemia"]).unwrap();
        assert_eq!((found.0, found.1, found.2.len(), found.3), (0, 0, 1, 2));
        let why = |drug, disease, inner: &[&str]| of(drug, disease, inner).unwrap_err();
        assert_eq!(why("nowhere", "fever", &["ABL1"]), "the graph lacks the drug");
        assert_eq!(why("aspirin", "imatinib", &["ABL1"]), "the graph lacks the disease");
        assert_eq!(why("twin", "fever", &["ABL1"]), "the drug fits several nodes of the graph");
        assert_eq!(why("aspirin", "fever", &[]), "it has no inner node");
        assert_eq!(why("aspirin", "fever", &["nowhere"]), "the graph lacks all inner nodes");
    }
}
