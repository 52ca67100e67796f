use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::lookup::{edit_distance, fold, folded_chars, local_part, words};
use crate::stats::degrees;
use crate::{DuplicatePolicy, EdgeList, GraphBuilder, Provenance};

/// A graph of these tables, in which the nodes of the first have as many edges as told; the first has one where none has.
fn graph_of(tables: Vec<NodeTable>, degrees: &[u32]) -> Graph {
    let mut builder = GraphBuilder::new(Provenance::default());
    let first = tables[0].node_type.clone();
    for table in tables {
        builder.add_nodes(table).unwrap();
    }
    let degrees = if degrees.iter().all(|&degree| degree == 0) { &[1] } else { degrees };
    let most = degrees.iter().copied().max().unwrap_or(0);
    let ids: Vec<String> = (0..most).map(|i| format!("¤{i}")).collect();
    builder.add_nodes(NodeTable::new("end", ids.clone(), ids)).unwrap();
    let edges =
        degrees.iter().enumerate().flat_map(|(node, &degree)| (0..degree).map(move |i| (node as u32, i)));
    let (sources, targets) = edges.unzip();
    let edges = EdgeList { sources, targets, ..EdgeList::default() };
    builder
        .add_relation(format!("{first}:has:end").parse().unwrap(), edges, DuplicatePolicy::Reject)
        .unwrap();
    builder.build().unwrap()
}

/// Nodes `t:¤0`, `t:¤1`, … of these names, all of one type.
fn named(names: &[&str]) -> Graph {
    let ids = (0..names.len()).map(|i| format!("¤:{i}")).collect();
    graph_of(vec![NodeTable::new("thing", ids, names.iter().map(|&name| name.into()).collect())], &[])
}

/// What is found, as text and fit.
fn found<'g>(graph: &'g Graph, query: &str) -> Vec<(&'g str, NameFit)> {
    let hits = NameIndex::new(graph).search(graph, query, None, 100);
    hits.into_iter().map(|hit| (hit.text, hit.fit)).collect()
}

/// The parts shown of the first hit.
fn shown<'g>(graph: &'g Graph, query: &str) -> Vec<&'g str> {
    let hits = NameIndex::new(graph).search(graph, query, None, 1);
    hits.first().map_or(Vec::new(), |hit| hit.ranges.iter().map(|range| &hit.text[range.clone()]).collect())
}

#[test]
fn each_fit_in_its_order() {
    let graph = named(&[
        "acute chronic pain",
        "chranic",
        "pain, chronic",
        "Chronic pain syndrome",
        "anachronicpainful",
        "severe chronic pain",
        "CHRONIC PAIN",
    ]);
    let expected = [
        ("CHRONIC PAIN", NameFit::Exact),
        ("Chronic pain syndrome", NameFit::Prefix),
        ("acute chronic pain", NameFit::WordPrefix),
        ("severe chronic pain", NameFit::WordPrefix),
        ("pain, chronic", NameFit::Words),
        ("anachronicpainful", NameFit::Inside),
    ];
    assert_eq!(found(&graph, "chronic pain"), expected);
    assert_eq!(found(&graph, "chronic").last(), Some(&("chranic", NameFit::Near)));
}

#[test]
fn a_slip_in_the_word_being_typed_is_forgiven() {
    let graph = named(&["schizophrenia", "haloperidol", "type 2 diabetes mellitus"]);
    for query in ["shizophr", "schizohp", "schizpphr", "scchizophr", "dchizoph"] {
        assert_eq!(found(&graph, query), [("schizophrenia", NameFit::Near)], "{query}");
    }
    assert_eq!(found(&graph, "haloperdol"), [("haloperidol", NameFit::Near)]);
    assert_eq!(found(&graph, "hlaoprid"), [("haloperidol", NameFit::Near)]);
    assert_eq!(found(&graph, "diabtes melitus"), [("type 2 diabetes mellitus", NameFit::Near)]);
    assert_eq!(found(&graph, "mellitus diabtes"), [("type 2 diabetes mellitus", NameFit::Near)]);
    assert_eq!(shown(&graph, "mellitus diabtes"), ["diabetes", "mellitus"]);
    assert_eq!(shown(&graph, "haloperd"), ["haloperid"]);
}

#[test]
fn too_many_slips_or_another_number_are_not() {
    let graph = named(&["hypotension", "interleukin-2", "gout", "CHEMBL192"]);
    assert_eq!(found(&graph, "hyperthension"), []);
    assert_eq!(found(&graph, "interleukin-3"), []);
    assert_eq!(found(&graph, "interleukn-2"), [("interleukin-2", NameFit::Near)]);
    assert_eq!(found(&graph, "CHEMBL193"), []);
    assert_eq!(found(&graph, "guo"), []);
    assert_eq!(found(&graph, "guot"), [("gout", NameFit::Near)]);
}

#[test]
fn ids_and_other_names_are_found_with_or_without_prefix() {
    let mut drugs = NodeTable::new("drug", vec!["drugbank:DB00203".into()], vec!["Sildenafil".into()]);
    drugs.synonyms[0] = vec!["Viagra".into()];
    drugs.xrefs[0] = vec!["chembl:CHEMBL192".into()];
    let graph = graph_of(vec![drugs], &[]);
    let index = NameIndex::new(&graph);
    for (query, source, fit) in [
        ("DRUGBANK:DB00203", NameSource::Id, NameFit::Exact),
        ("db00203", NameSource::Id, NameFit::Exact),
        ("db002", NameSource::Id, NameFit::Prefix),
        ("viagra", NameSource::Synonym, NameFit::Exact),
        ("chembl192", NameSource::Xref, NameFit::Exact),
        ("BL192", NameSource::Xref, NameFit::Inside),
        ("sil", NameSource::Name, NameFit::Prefix),
    ] {
        let hits = index.search(&graph, query, None, 5);
        assert_eq!(
            hits.iter().map(|hit| (hit.source, hit.fit)).collect::<Vec<_>>(),
            [(source, fit)],
            "{query}"
        );
    }
    assert_eq!(shown(&graph, "db002"), ["DB002"]);
}

#[test]
fn a_node_named_by_its_id_is_found_by_the_part_after_the_prefix() {
    let graph = graph_of(vec![NodeTable::new("drug", vec!["db:DB1".into()], vec!["db:DB1".into()])], &[]);
    assert_eq!(found(&graph, "db1"), [("db:DB1", NameFit::Exact)]);
}

#[test]
fn among_equals_the_shorter_then_the_busier_then_the_first() {
    let names = ["asthma, other", "asthma two", "asthma one", "asthma six"].map(String::from);
    let ids = ["¤a", "¤b", "¤c", "¤d"].map(String::from);
    let graph = graph_of(vec![NodeTable::new("thing", ids.to_vec(), names.to_vec())], &[9, 1, 2, 1]);
    let texts: Vec<&str> = found(&graph, "asth").into_iter().map(|(text, _)| text).collect();
    assert_eq!(texts, ["asthma one", "asthma two", "asthma six", "asthma, other"]);
}

#[test]
fn a_name_comes_before_a_synonym_that_is_the_same() {
    let mut table =
        NodeTable::new("thing", vec!["¤a".into(), "¤b".into()], vec!["iron ore".into(), "Iron".into()]);
    table.synonyms[0] = vec!["iron".into()];
    let graph = graph_of(vec![table], &[5, 1]);
    let hits = NameIndex::new(&graph).search(&graph, "iron", None, 5);
    assert_eq!(hits.iter().map(|hit| (hit.node, hit.text)).collect::<Vec<_>>(), [(1, "Iron"), (0, "iron")]);
}

#[test]
fn one_type_alone_is_searched() {
    let table = |node_type: &str| NodeTable::new(node_type, vec!["¤x".into()], vec!["fever".into()]);
    let graph = graph_of(vec![table("disease"), table("symptom")], &[3]);
    let index = NameIndex::new(&graph);
    let types = |node_type| -> Vec<usize> {
        index.search(&graph, "fev", node_type, 5).iter().map(|hit| hit.node_type).collect()
    };
    assert_eq!(types(None), [0, 1]);
    assert_eq!(types(Some(1)), [1]);
    // A place that agrees with one only in its lowest byte.
    assert_eq!(types(Some(257)), [0; 0]);
}

#[test]
fn nothing_is_found_by_nothing() {
    let graph = named(&["fever", "", "---"]);
    for query in ["", "  ", "-", "…", "\u{301}"] {
        assert_eq!(found(&graph, query), [], "{query:?}");
    }
    assert!(NameIndex::new(&graph).search(&graph, "fever", None, 0).is_empty());
}

#[test]
fn letters_of_other_scripts_are_folded() {
    let graph = named(&["Sjögren syndrome", "TNF-Α", "İmipramine"]);
    assert_eq!(found(&graph, "SJÖGREN"), [("Sjögren syndrome", NameFit::Prefix)]);
    assert_eq!(found(&graph, "sjogren"), [("Sjögren syndrome", NameFit::Near)]);
    assert_eq!(found(&graph, "tnfα"), [("TNF-Α", NameFit::Exact)]);
    assert_eq!(shown(&graph, "imip"), ["İmip"]);
}

#[test]
fn a_very_long_name_is_found_and_not_walked_slip_by_slip() {
    let name = "poly-".repeat(4000);
    let graph = named(&[&name]);
    assert_eq!(found(&graph, &name)[0].1, NameFit::Exact);
    assert_eq!(found(&graph, &name.replacen('o', "", 1)), []);
}

#[test]
fn characters_that_are_no_letters_fold_into_none() {
    for letter in '\0'..=char::MAX {
        let folded = folded_chars(letter.encode_utf8(&mut [0; 4])).count();
        assert_eq!(folded > 0, letter.is_alphanumeric(), "{letter:?}");
    }
}

/// How a text fits by the definition, and whether as an own text that is the same.
fn fit_of(text: &str, source: NameSource, query: &str) -> Option<(NameFit, bool)> {
    let folded = |text: &str| -> Vec<String> { words(text).map(fold).collect() };
    let (of_query, of_text) = (folded(query), folded(text));
    let letters = of_query.concat();
    let from_word = |word: usize| of_text[word..].concat();
    let is_own = matches!(source, NameSource::Name | NameSource::Id);
    let mut heads = vec![from_word(0)];
    if matches!(source, NameSource::Id | NameSource::Xref) {
        heads.push(fold(local_part(text)));
    }
    if heads.contains(&letters) {
        Some((NameFit::Exact, !is_own))
    } else if heads.iter().any(|head| head.starts_with(&letters)) {
        Some((NameFit::Prefix, false))
    } else if (0..of_text.len()).any(|word| from_word(word).starts_with(&letters)) {
        Some((NameFit::WordPrefix, false))
    } else if of_query.iter().all(|part| (0..of_text.len()).any(|word| from_word(word).starts_with(part))) {
        Some((NameFit::Words, false))
    } else if letters.chars().count() >= 3 && from_word(0).contains(&letters) {
        Some((NameFit::Inside, false))
    } else {
        None
    }
}

/// Type, node and fit of all hits without slips, by looking at every text.
fn by_hand(graph: &Graph, query: &str) -> Vec<(usize, u32, NameFit)> {
    let degrees = degrees(graph);
    let mut hits = Vec::new();
    for (node_type, table) in graph.node_tables().iter().enumerate() {
        for (node, &degree) in degrees[node_type].iter().enumerate() {
            let fits = texts_of(table, node).filter_map(|(source, text)| {
                let (fit, other) = fit_of(text, source, query)?;
                Some((fit, other, fold(text).chars().count()))
            });
            if let Some((fit, other, length)) = fits.min() {
                hits.push((fit, other, length, std::cmp::Reverse(degree), node_type, node as u32));
            }
        }
    }
    hits.sort_unstable();
    hits.into_iter().map(|(fit, _, _, _, node_type, node)| (node_type, node, fit)).collect()
}

/// Two types of nodes whose texts are drawn from `text`, with degrees.
fn small_graph(text: &'static str) -> impl Strategy<Value = Graph> {
    let texts = || prop::collection::vec(text, 0..3);
    let nodes = || prop::collection::vec((text, text, texts(), texts(), 0u32..4), 1..8);
    (nodes(), nodes()).prop_map(|(drugs, diseases)| {
        let degrees: Vec<u32> = drugs.iter().map(|node| node.4).collect();
        let tables = [("drug", drugs), ("disease", diseases)].map(|(node_type, nodes)| {
            let mut table = NodeTable { node_type: node_type.into(), ..NodeTable::default() };
            for (place, (id, name, synonyms, xrefs, _)) in nodes.into_iter().enumerate() {
                table.ids.push(format!("{id}:{place}{id}"));
                table.names.push(name);
                table.synonyms.push(synonyms);
                table.xrefs.push(xrefs);
            }
            table
        });
        graph_of(tables.into(), &degrees)
    })
}

/// Hits as [`by_hand`] tells them.
fn told(hits: &[NameHit<'_>]) -> Vec<(usize, u32, NameFit)> {
    hits.iter().map(|hit| (hit.node_type, hit.node, hit.fit)).collect()
}

#[test]
fn the_same_letters_in_other_words_are_another_text() {
    let mut drugs = NodeTable::new("drug", vec!["1".into()], vec![String::new()]);
    drugs.synonyms[0] = vec!["aB a".into(), "a-ba".into()];
    let graph = graph_of(vec![drugs], &[0]);
    let index = NameIndex::new(&graph);
    for query in ["ab a", "a ba", "ba a"] {
        assert_eq!(index.search(&graph, query, None, 5).len(), 1, "{query}");
    }
}

proptest! {
    #[test]
    fn the_index_agrees_with_a_look_at_every_text(
        graph in small_graph("[abB]{0,3}[ :-]?[ab1]{0,3}( [abé]{1,2})?"),
        query in "[abé1]{1,3}[ -]?[ab]{0,3}( [ab]{1,2})?",
        limit in 1usize..20,
    ) {
        let hits = NameIndex::new(&graph).search(&graph, &query, None, limit);
        let expected = by_hand(&graph, &query);
        let sure: Vec<_> = told(&hits).into_iter().filter(|&(.., fit)| fit < NameFit::Near).collect();
        prop_assert_eq!(sure, expected.into_iter().take(limit).collect::<Vec<_>>());
        for hit in &hits {
            if hit.fit == NameFit::Inside || hit.fit <= NameFit::WordPrefix {
                prop_assert_eq!(hit.ranges.len(), 1);
                prop_assert_eq!(fold(&hit.text[hit.ranges[0].clone()]), fold(&query));
            }
        }
    }

    #[test]
    fn hits_of_a_type_are_those_of_all_types_among_it(
        graph in small_graph("[ab]{1,4}( [ab]{1,4})?"),
        query in "[ab]{1,5}( [ab]{1,2})?",
    ) {
        let index = NameIndex::new(&graph);
        let of_first = index.search(&graph, &query, Some(0), 100);
        prop_assert!(of_first.iter().all(|hit| hit.node_type == 0));
        // Whether slips are looked for depends on whether there is anything else.
        let sure = |hits: Vec<NameHit<'_>>| -> Vec<_> {
            told(&hits).into_iter().filter(|&(place, _, fit)| place == 0 && fit < NameFit::Near).collect()
        };
        prop_assert_eq!(sure(of_first), sure(index.search(&graph, &query, None, 100)));
    }

    #[test]
    fn fewer_hits_are_the_first_of_more(
        graph in small_graph("[ab]{1,4}( [ab]{1,4})?"),
        query in "[ab]{1,9}( [ab]{1,5})?",
        limit in 1usize..8,
    ) {
        let index = NameIndex::new(&graph);
        let mut all = index.search(&graph, &query, None, 100);
        all.truncate(limit);
        prop_assert_eq!(index.search(&graph, &query, None, limit), all);
    }

    #[test]
    fn one_slip_is_one_edit_of_a_beginning(names in prop::collection::vec("[ab]{1,7}", 1..8), query in "[ab]{4,7}") {
        let graph = named(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let hits = NameIndex::new(&graph).search(&graph, &query, None, 100);
        let letters: Vec<char> = query.chars().collect();
        for (node, name) in (0..).zip(&names) {
            let name: Vec<char> = name.chars().collect();
            let near = (0..=name.len()).any(|end| edit_distance(&letters, &name[..end], 1).is_some());
            let inside = names[node as usize].contains(&query);
            prop_assert_eq!(hits.iter().any(|hit| hit.node == node), near || inside, "{} {:?}", query, name);
        }
    }

    #[test]
    fn every_name_is_found_with_one_edit(
        names in prop::collection::vec("[a-e]{3,6} ?[a-z]{3,9}", 1..12),
        node in any::<Index>(), place in any::<Index>(), kind in 0..4, letter in "[a-z -]",
    ) {
        let name = &names[node.index(names.len())];
        let mut letters: Vec<char> = name.chars().collect();
        let at = place.index(letters.len());
        let letter = letter.chars().next().unwrap();
        match kind {
            0 => letters[at] = letter,
            1 => letters.insert(at, letter),
            2 => { letters.remove(at); }
            _ if at > 0 => letters.swap(at - 1, at),
            _ => {}
        }
        let typed: String = letters.iter().collect();
        let graph = named(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let hits = NameIndex::new(&graph).search(&graph, &typed, None, names.len());
        prop_assert!(hits.iter().any(|hit| hit.text == name), "{} for {}", typed, name);
    }

    #[test]
    fn every_node_is_found_by_its_id_and_its_name(graph in small_graph("\\PC{0,8}")) {
        let index = NameIndex::new(&graph);
        for (node_type, table) in graph.node_tables().iter().enumerate() {
            for node in 0..table.len() {
                for text in [&table.ids[node], &table.names[node]] {
                    let hits = index.search(&graph, text, None, 100);
                    let place = hits.iter().position(|hit| (hit.node_type, hit.node as usize) == (node_type, node));
                    let before = place.map(|place| hits[..=place].iter().all(|hit| hit.fit == NameFit::Exact));
                    prop_assert_eq!(before, Some(true).filter(|_| !fold(text).is_empty()), "{:?}", text);
                }
            }
        }
    }

    #[test]
    fn any_query_gives_each_node_once_with_parts_between_characters(
        graph in small_graph("(\\PC|[aβé ]){0,8}"),
        query in "(\\PC|[aβé ]){0,12}",
    ) {
        let hits = NameIndex::new(&graph).search(&graph, &query, None, 100);
        for (place, hit) in hits.iter().enumerate() {
            prop_assert!(!hits[..place].iter().any(|other| (other.node_type, other.node) == (hit.node_type, hit.node)));
            prop_assert!(!hit.ranges.is_empty());
            prop_assert!(hit.ranges.iter().all(|range| hit.text.get(range.clone()).is_some_and(|part| !part.is_empty())));
            prop_assert!(hit.ranges.is_sorted_by(|one, next| one.end < next.start));
        }
    }
}
