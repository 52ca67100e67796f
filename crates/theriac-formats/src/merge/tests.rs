//! Merging as a whole: what becomes of types, names, features and edges, and what holds for any graphs.

use proptest::prelude::*;
use theriac_graph::{
    AttributeValues, DuplicatePolicy, EdgeAttribute, EdgeList, FeatureMatrix, Graph, GraphBuilder, NodeTable,
    Provenance, Relation,
};

use super::{Equivalences, Merged, merge};

/// A source under way.
struct Source(GraphBuilder);

impl Source {
    fn named(name: &str) -> Self {
        Self(GraphBuilder::new(Provenance { name: name.into(), ..Provenance::default() }))
    }

    /// Nodes as `id` or `id=name`.
    fn nodes(self, node_type: &str, nodes: &[&str]) -> Self {
        self.table(table(node_type, nodes))
    }

    fn table(mut self, table: NodeTable) -> Self {
        self.0.add_nodes(table).unwrap();
        self
    }

    fn edges(self, key: &str, edges: &[(u32, u32)]) -> Self {
        self.list(key, edges, |_| {})
    }

    fn list(mut self, key: &str, edges: &[(u32, u32)], change: impl FnOnce(&mut EdgeList)) -> Self {
        let (sources, targets) = edges.iter().copied().unzip();
        let mut list = EdgeList { sources, targets, ..EdgeList::default() };
        change(&mut list);
        self.0.add_relation(key.parse().unwrap(), list, DuplicatePolicy::Merge).unwrap();
        self
    }

    fn build(self) -> Graph {
        self.0.build().unwrap()
    }
}

fn table(node_type: &str, nodes: &[&str]) -> NodeTable {
    let split = |node: &&str| {
        node.split_once('=')
            .map_or((node.to_string(), node.to_string()), |(id, name)| (id.into(), name.into()))
    };
    let (ids, names) = nodes.iter().map(split).unzip();
    NodeTable::new(node_type, ids, names)
}

fn merged(graphs: &[&Graph]) -> Merged {
    merge(graphs.iter().map(|&graph| graph.clone()).collect(), &Equivalences::default()).unwrap()
}

fn relations(graph: &Graph) -> Vec<(String, usize)> {
    graph.relations().iter().map(|relation| (relation.key.to_string(), relation.edge_count())).collect()
}

fn counts(list: &[(&str, usize)]) -> Vec<(String, usize)> {
    list.iter().map(|&(text, count)| (text.into(), count)).collect()
}

#[test]
fn names_become_synonyms_and_ids_cross_references() {
    let mut first = table("drug", &["drugbank:DB00945=aspirin", "drugbank:DB00316"]);
    first.synonyms[0] = vec!["ASA".into()];
    first.xrefs[0] = vec!["chembl:CHEMBL25".into()];
    let mut second = table("drug", &["CHEMBL25=Acetylsalicylic acid", "DB00316=Paracetamol"]);
    second.synonyms[0] = vec!["asa".into(), "Aspro".into(), "Aspirin".into()];
    second.xrefs[0] = vec!["DRUGBANK:DB00945".into(), "pubchem.compound:2244".into()];
    let first = Source::named("a").table(first).edges("drug:is:drug", &[(0, 0)]).build();
    let second = Source::named("b").table(second).edges("drug:is:drug", &[(0, 1)]).build();
    let Merged { graph, conflicts } = merged(&[&first, &second]);
    let drugs = &graph.node_tables()[0];
    assert_eq!(drugs.ids, ["drugbank:DB00945", "drugbank:DB00316"]);
    assert_eq!(drugs.names, ["aspirin", "Paracetamol"]);
    assert_eq!(drugs.synonyms, [vec!["ASA", "Acetylsalicylic acid", "Aspro"], vec![]]);
    assert_eq!(drugs.xrefs, [vec!["chembl:CHEMBL25", "pubchem.compound:2244"], vec![]]);
    assert_eq!(conflicts.sources[0].names.count, 1);
    assert_eq!(
        graph.provenance().decisions,
        [
            "1 node has another name in b: drugbank:DB00945 is 'aspirin', there 'Acetylsalicylic acid'; the first name is \
          kept and the other is a synonym"
        ]
    );
    // A name that the first source knows as a synonym is no other name.
    let third = Source::named("c").nodes("drug", &["DB00945=Asa"]).edges("drug:is:drug", &[(0, 0)]).build();
    assert_eq!(merged(&[&first, &third]).conflicts.sources[0].names.count, 0);
}

#[test]
fn the_first_type_is_kept_and_relations_follow_it() {
    let first = Source::named("a")
        .nodes("compound", &["drugbank:DB00001", "drugbank:DB00002"])
        .nodes("disease", &["mondo:1"])
        .edges("compound:treats:disease", &[(0, 0)])
        .build();
    let second = Source::named("b")
        .nodes("drug", &["DB00002", "DB00003"])
        .nodes("disease", &["mondo:1", "mondo:2"])
        .edges("drug:treats:disease", &[(0, 0), (0, 1), (1, 1)])
        .build();
    let Merged { graph, conflicts } = merged(&[&first, &second]);
    let types: Vec<(&str, usize)> =
        graph.node_tables().iter().map(|t| (t.node_type.as_str(), t.len())).collect();
    assert_eq!(types, [("compound", 2), ("disease", 2), ("drug", 1)]);
    assert_eq!(relations(&graph), counts(&[("compound:treats:disease", 3), ("drug:treats:disease", 1)]));
    assert_eq!((conflicts.sources[0].types.count, conflicts.sources[0].names.count), (1, 0));
    assert_eq!(
        graph.provenance().decisions,
        [
            "b: drug:treats:disease is compound:treats:disease (2 edges) and drug:treats:disease (1 edge), by the types \
             that its nodes have elsewhere",
            "1 node has another type in b: drugbank:DB00002 is of type compound, there drug; the first type is kept",
        ]
    );
    // A type that all of its nodes leave is gone.
    let all = Source::named("c").nodes("drug", &["DB00001"]).edges("drug:is:drug", &[(0, 0)]).build();
    assert_eq!(relations(&merged(&[&first, &all]).graph)[1], ("compound:is:compound".into(), 1));
    assert!(merged(&[&first, &all]).graph.node_type("drug").is_none());
}

#[test]
fn an_edge_of_both_is_one_with_the_first_weight_and_all_attributes() {
    let attribute = |name: &str, values: AttributeValues| EdgeAttribute { name: name.into(), values };
    let texts = |texts: &[&str]| AttributeValues::Texts(texts.iter().copied().collect());
    let first = Source::named("a")
        .nodes("drug", &["x"])
        .nodes("disease", &["p", "q"])
        .list("drug:treats:disease", &[(0, 0), (0, 1)], |list| {
            list.weights = Some(vec![0.5, 0.25]);
            list.attributes = vec![attribute("status", texts(&["approved", ""]))];
        })
        .build();
    let second = Source::named("b")
        .nodes("disease", &["r", "q"])
        .nodes("drug", &["x"])
        .list("drug:treats:disease", &[(0, 1), (0, 0)], |list| {
            let years = AttributeValues::Numbers(vec![1998.0, 2001.0]);
            list.attributes =
                vec![attribute("year", years), attribute("status", texts(&["phase 3", "phase 2"]))];
        })
        .build();
    let Merged { graph, conflicts } = merged(&[&first, &second]);
    let relation = &graph.relations()[0];
    assert_eq!(relation.forward.neighbors(0), [0, 1, 2]);
    assert_eq!(relation.forward.weights(), Some(&[0.5, 0.25, 1.0][..]));
    assert_eq!(relation.attribute("status"), Some(&texts(&["approved", "phase 3", "phase 2"])));
    assert_eq!(relation.attribute("year"), Some(&AttributeValues::Numbers(vec![f64::NAN, 1998.0, 2001.0])));
    assert_eq!((relation.merged_duplicates, conflicts.sources[0].edges.count), (1, 1));
    assert_eq!(conflicts.sources[0].edges.examples[0].to_string(), "x -> q of drug:treats:disease");
}

#[test]
fn undirected_edges_are_both_ways_round_beside_directed_ones() {
    let base = |name: &str| Source::named(name).nodes("gene", &["a", "b", "c"]);
    let undirected = |name: &str, edges: &[(u32, u32)]| {
        base(name).list("gene:binds:gene", edges, |l| l.undirected = true).build()
    };
    let directed = base("d").edges("gene:binds:gene", &[(0, 1), (2, 0)]).build();
    let both = merged(&[&undirected("u", &[(0, 1), (1, 2)]), &undirected("v", &[(1, 0), (2, 2)])]);
    let relation = &both.graph.relations()[0];
    assert!(relation.undirected);
    assert_eq!((relation.edge_count(), relation.merged_duplicates), (3, 1));
    let mixed = merged(&[&undirected("u", &[(0, 1), (2, 2)]), &directed]);
    let relation = &mixed.graph.relations()[0];
    assert!(!relation.undirected);
    assert_eq!(relation.forward.pairs().collect::<Vec<_>>(), [(0, 1), (1, 0), (2, 0), (2, 2)]);
    assert_eq!(mixed.conflicts.sources[0].edges.count, 1);
    assert_eq!(
        mixed.graph.provenance().decisions[0],
        "gene:binds:gene is undirected in u and directed in d: it is directed, with the undirected edges both ways round"
    );
}

#[test]
fn an_undirected_edge_between_what_are_two_types_now_is_directed() {
    let first =
        Source::named("a").nodes("protein", &["uniprot:P1"]).edges("protein:is:protein", &[(0, 0)]).build();
    let second = Source::named("b")
        .nodes("gene", &["ncbigene:1", "uniprot:P1"])
        .list("gene:binds:gene", &[(0, 1), (1, 1)], |list| list.undirected = true)
        .build();
    let Merged { graph, .. } = merged(&[&first, &second]);
    let expected =
        counts(&[("protein:is:protein", 1), ("protein:binds:protein", 1), ("protein:binds:gene", 1)]);
    assert_eq!(relations(&graph), expected);
    assert!(graph.relations()[1].undirected && !graph.relations()[2].undirected);
    let decision = &graph.provenance().decisions[0];
    assert!(decision.contains("protein:binds:gene (1 edge, no longer undirected)"), "{decision}");
}

#[test]
fn features_are_extended_or_left_out_and_said() {
    let with = |name: &str, nodes: &[&str], feature: &str, dim: usize, first: f32| {
        let mut table = table("drug", nodes);
        let values = (0..nodes.len() * dim).map(|at| first + at as f32).collect();
        table.features = Some(FeatureMatrix { name: feature.into(), dim, values });
        Source::named(name).table(table).edges("drug:is:drug", &[(0, 0)]).build()
    };
    let first = with("a", &["x", "y"], "mass", 2, 1.0);
    let same = with("b", &["y", "z"], "mass", 2, 3.0);
    let Merged { graph, .. } = merged(&[&first, &same]);
    let features = graph.node_tables()[0].features.as_ref().unwrap();
    assert_eq!(
        (features.name.as_str(), features.values.as_slice()),
        ("mass", &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0][..])
    );
    let other = with("c", &["y", "z"], "print", 1, 7.0);
    let Merged { graph, .. } = merged(&[&first, &other]);
    assert_eq!(graph.node_tables()[0].features.as_ref().unwrap().values, [1.0, 2.0, 3.0, 4.0, 0.0, 0.0]);
    assert_eq!(
        graph.provenance().decisions[..2],
        [
            "c: features 'print' (1 column) of drug left out for 2 nodes, since features 'mass' (2 columns) of a stand",
            "features 'mass' (2 columns) of drug are those of a; 1 node without any has zeros",
        ]
    );
    let differing = with("d", &["y"], "mass", 2, 0.0);
    let of_both = merged(&[&first, &differing]).graph;
    let decision = &of_both.provenance().decisions[0];
    assert_eq!(decision, "d: features 'mass' (2 columns) of drug are others for 1 node; those of a are kept");
    // The second source may be the first that has any.
    let bare = Source::named("e").nodes("drug", &["x", "w"]).edges("drug:is:drug", &[(0, 0)]).build();
    let Merged { graph, .. } = merged(&[&bare, &first]);
    assert_eq!(graph.node_tables()[0].features.as_ref().unwrap().values, [1.0, 2.0, 0.0, 0.0, 3.0, 4.0]);
}

#[test]
fn where_it_comes_from_is_kept_of_each() {
    let graph = |name: &str, licence: Option<&str>, decision: &str| {
        let provenance = Provenance {
            name: name.into(),
            sources: vec![format!("{name}.csv")],
            licence: licence.map(Into::into),
            citation: None,
            decisions: vec![decision.into()],
        };
        Source(GraphBuilder::new(provenance))
            .nodes("drug", &["x", "y"])
            .edges("drug:is:drug", &[(0, 0), (0, 0)])
            .build()
    };
    let (first, second) = (graph("a", Some("CC0"), "one"), graph("b", Some("MIT"), "two"));
    let provenance = merged(&[&first, &second, &first]).graph.provenance().clone();
    assert_eq!((provenance.name.as_str(), provenance.licence.as_deref()), ("a + b", Some("CC0; MIT")));
    assert_eq!((provenance.sources, provenance.citation), (vec!["a.csv".into(), "b.csv".into()], None));
    assert_eq!(
        provenance.decisions[..4],
        [
            "a (source 1): one",
            "a (source 1): repeated edges of drug:is:drug merged: 1",
            "b: two",
            "b: repeated edges of drug:is:drug merged: 1",
        ]
    );
}

#[test]
fn nothing_makes_no_graph_and_one_source_is_itself() {
    assert!(merge(Vec::new(), &Equivalences::default()).is_err());
    let graph = Source::named("a").nodes("drug", &["x"]).edges("drug:is:drug", &[(0, 0)]).build();
    assert_eq!(merged(&[&graph]).graph, graph);
}

/// Nodes of two types under ids of several kinds, and two relations; without cross-references that contradict each other.
fn any_graph() -> impl Strategy<Value = Graph> {
    let ids = prop::sample::subsequence((0u32..12).collect::<Vec<_>>(), 1..8);
    let edges = || prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..12);
    (ids.clone(), ids, edges(), edges(), any::<bool>(), any::<bool>()).prop_map(
        |(drugs, diseases, treats, binds, weighted, undirected)| {
            let spelled = |prefix: [&str; 3], numbers: &[u32]| -> Vec<String> {
                numbers.iter().map(|number| format!("{}{number}", prefix[*number as usize % 3])).collect()
            };
            let drug_ids = spelled(["drugbank:DB0000", "DrugBank:db0000", "my drug "], &drugs);
            let disease_ids = spelled(["mondo:", "MONDO:000", "pain "], &diseases);
            let mut drugs = NodeTable::new("drug", drug_ids.clone(), drug_ids.clone());
            for (row, id) in drug_ids.iter().enumerate() {
                drugs.names[row] = format!("drug {id}");
                drugs.synonyms[row] = vec![format!("also {id}")];
            }
            let values =
                drugs.ids.iter().map(|id| id.len() as f32 + f32::from(id.as_bytes()[id.len() - 1])).collect();
            drugs.features = Some(FeatureMatrix { name: "length".into(), dim: 1, values });
            let diseases = NodeTable::new("disease", disease_ids.clone(), disease_ids);
            let (rows, columns) = (drugs.len(), diseases.len());
            let pairs =
                |list: &[(prop::sample::Index, prop::sample::Index)], columns: usize| -> Vec<(u32, u32)> {
                    list.iter().map(|(a, b)| (a.index(rows) as u32, b.index(columns) as u32)).collect()
                };
            let count = treats.len();
            Source::named("any")
                .table(drugs)
                .table(diseases)
                .list("drug:treats:disease", &pairs(&treats, columns), |list| {
                    list.weights = weighted.then(|| (0..count).map(|at| at as f32).collect());
                })
                .list("drug:binds:drug", &pairs(&binds, rows), |list| list.undirected = undirected)
                .build()
        },
    )
}

/// The edges of a relation by the ids of their ends.
fn by_ids<'g>(graph: &'g Graph, relation: &'g Relation) -> impl Iterator<Item = (&'g str, &'g str)> {
    let [source, target] =
        [relation.source_type, relation.target_type].map(|place| &graph.node_tables()[place].ids);
    relation
        .forward
        .pairs()
        .map(|(row, column)| (source[row as usize].as_str(), target[column as usize].as_str()))
}

proptest! {
    #[test]
    fn a_graph_merged_with_itself_is_the_same_to_a_model(graph in any_graph()) {
        let Merged { graph: twice, conflicts } = merged(&[&graph, &graph]);
        prop_assert_eq!(twice.fingerprint(), graph.fingerprint());
        prop_assert_eq!(twice.node_tables(), graph.node_tables());
        let edges: usize = graph.relations().iter().map(Relation::edge_count).sum();
        prop_assert_eq!(conflicts.sources[0].edges.count, edges);
        let others = (conflicts.sources[0].names.count, conflicts.sources[0].types.count, conflicts.refused.count);
        prop_assert_eq!(others, (0, 0, 0));
    }

    #[test]
    fn merging_in_steps_is_merging_at_once(a in any_graph(), b in any_graph(), c in any_graph()) {
        let at_once = merged(&[&a, &b, &c]).graph;
        let left = merged(&[&merged(&[&a, &b]).graph, &c]).graph;
        let right = merged(&[&a, &merged(&[&b, &c]).graph]).graph;
        prop_assert_eq!(at_once.fingerprint(), left.fingerprint());
        prop_assert_eq!(at_once.node_tables(), left.node_tables());
        prop_assert_eq!(at_once.fingerprint(), right.fingerprint());
    }

    #[test]
    fn every_edge_of_a_source_is_there_and_no_other(a in any_graph(), b in any_graph()) {
        let graph = merged(&[&a, &b]).graph;
        let find = |id: &str| super::super::Curie::parse(id).map_or(id.to_owned(), |curie| {
            format!("{}:{}", curie.prefix(), curie.local().trim_start_matches('0').to_ascii_lowercase())
        });
        for relation in graph.relations() {
            let mut expected: Vec<(String, String)> = [&a, &b]
                .into_iter()
                .flat_map(|source| by_ids(source, source.relation(&relation.key).unwrap()))
                .map(|(from, to)| (find(from), find(to)))
                .collect();
            expected.sort();
            expected.dedup();
            let mut found: Vec<(String, String)> =
                by_ids(&graph, relation).map(|(from, to)| (find(from), find(to))).collect();
            found.sort();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn graphs_that_share_nothing_add_up(a in any_graph(), b in any_graph()) {
        let mut apart = Source::named("other");
        for table in b.node_tables() {
            let ids: Vec<String> = table.ids.iter().map(|id| format!("other {}", id.replace(':', " "))).collect();
            apart = apart.nodes(&table.node_type, &ids.iter().map(String::as_str).collect::<Vec<_>>());
        }
        for relation in b.relations() {
            let pairs: Vec<(u32, u32)> = relation.forward.pairs().filter(|(row, column)| !relation.undirected || row <= column).collect();
            apart = apart.list(&relation.key.to_string(), &pairs, |list| list.undirected = relation.undirected);
        }
        let Merged { graph, conflicts } = merged(&[&a, &apart.build()]);
        for (place, table) in graph.node_tables().iter().enumerate() {
            prop_assert_eq!(table.len(), a.node_tables()[place].len() + b.node_tables()[place].len());
        }
        for (place, relation) in graph.relations().iter().enumerate() {
            let (a, b) = (&a.relations()[place], &b.relations()[place]);
            if a.undirected == b.undirected {
                prop_assert_eq!(relation.edge_count(), a.edge_count() + b.edge_count());
            } else {
                prop_assert_eq!(relation.edge_count(), a.len() + b.len());
            }
        }
        prop_assert_eq!(conflicts.sources[0].edges.count, 0);
    }
}
