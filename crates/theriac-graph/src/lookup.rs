//! Finding a node by what a person types: an id, a name, or nearly one.

use std::fmt;

use serde::Serialize;

use crate::nodes::NodeTable;

/// At most this many nodes are listed when several fit equally.
const MAX_CANDIDATES: usize = 10;
/// At most this many nodes are suggested when none fits.
const MAX_SUGGESTIONS: usize = 5;
/// A near miss is only taken for a query of at least this many letters and digits.
const MIN_TAKEN: usize = 5;
/// A text farther away than this is no suggestion: 1 shares nothing with the query.
const MAX_DISTANCE: f32 = 0.4;

/// What a query found among the nodes of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// The query is the id or the name of this node, case and prefix of the id aside.
    Found {
        /// The node.
        node: u32,
    },
    /// The query is another name of this node, or nearly one of its names: to be said before it is used.
    FoundLoosely {
        /// The node.
        node: u32,
        /// The name, synonym, cross-reference or id that the query was taken for.
        matched: String,
    },
    /// Several nodes fit equally well.
    Ambiguous {
        /// The first ten of them.
        candidates: Vec<NodeLabel>,
        /// How many there are.
        fitting: usize,
    },
    /// No node fits.
    NotFound {
        /// Up to five nodes with names like the query, the closest first.
        suggestions: Vec<NodeLabel>,
    },
}

/// A node as it is shown: `sildenafil (drugbank:DB00203)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NodeLabel {
    /// Index of the node.
    pub node: u32,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

impl fmt::Display for NodeLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name == self.id { f.write_str(&self.id) } else { write!(f, "{} ({})", self.name, self.id) }
    }
}

/// How a text of a node fits a query, the best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Id,
    Name,
    /// Id, part of the id after the prefix, or name; case aside.
    OwnAnyCase,
    /// Synonym, cross-reference or its part after the prefix; case aside.
    OtherAnyCase,
    /// Id or name; case, spaces and punctuation aside.
    OwnFolded,
    /// Synonym or cross-reference; case, spaces and punctuation aside.
    OtherFolded,
}

/// A text of a node that resembles the query.
struct Near<'a> {
    node: u32,
    text: &'a str,
    /// Insertions, deletions, substitutions and swaps of neighbours between the two, where there are few.
    edits: Option<usize>,
    /// 0 for the same text, 1 for nothing in common.
    distance: f32,
}

impl NodeTable {
    /// The node as it is shown.
    ///
    /// # Panics
    ///
    /// When there is no such node.
    pub fn label(&self, node: u32) -> NodeLabel {
        let place = node as usize;
        NodeLabel { node, id: self.ids[place].clone(), name: self.names[place].clone() }
    }

    /// Finds the node that `query` means.
    ///
    /// The first of these that any node fits decides: its id; its name; id, part of the id after the prefix
    /// (`DB00203` of `drugbank:DB00203`) or name in any case; a synonym or cross-reference likewise; any of these
    /// with other spaces or punctuation (`beta blocker` for `Beta-blocker`). After that a name or synonym that is one
    /// slip away is taken, where no other node has one within two slips and the slip is not in a number or in a word
    /// of three letters or fewer, which tell `hepatitis B` from `hepatitis C`. Two slips are never taken: they turn
    /// hypertension into hypotension.
    ///
    /// ```
    /// use theriac_graph::{Lookup, NodeTable};
    ///
    /// let ids = vec!["drugbank:DB00203".into(), "drugbank:DB00945".into()];
    /// let drugs = NodeTable::new("drug", ids, vec!["sildenafil".into(), "aspirin".into()]);
    /// assert_eq!(drugs.find("db00203"), Lookup::Found { node: 0 });
    /// assert_eq!(drugs.find("sildenafl"), Lookup::FoundLoosely { node: 0, matched: "sildenafil".into() });
    /// let Lookup::NotFound { suggestions } = drugs.find("asprins") else { panic!("two slips are too many") };
    /// assert_eq!(suggestions[0].to_string(), "aspirin (drugbank:DB00945)");
    /// ```
    pub fn find(&self, query: &str) -> Lookup {
        let query = query.trim();
        if query.is_empty() {
            return Lookup::NotFound { suggestions: Vec::new() };
        }
        let folded = fold(query);
        let mut best = None;
        let mut fitting: Vec<(u32, &str)> = Vec::new();
        for node in 0..self.len() as u32 {
            let Some((fit, text)) = self.fit(node, query, &folded) else { continue };
            if best.is_none_or(|best| fit < best) {
                best = Some(fit);
                fitting.clear();
            }
            if best == Some(fit) {
                fitting.push((node, text));
            }
        }
        let own = matches!(best, Some(Fit::Id | Fit::Name | Fit::OwnAnyCase));
        match fitting[..] {
            [] => self.nearest(query, &folded),
            [(node, _)] if own => Lookup::Found { node },
            [(node, text)] => Lookup::FoundLoosely { node, matched: text.into() },
            ref several => Lookup::Ambiguous {
                candidates: several.iter().take(MAX_CANDIDATES).map(|&(node, _)| self.label(node)).collect(),
                fitting: several.len(),
            },
        }
    }

    /// The best way in which a text of the node fits the query, with that text.
    fn fit(&self, node: u32, query: &str, folded: &str) -> Option<(Fit, &str)> {
        let place = node as usize;
        let (id, name) = (self.ids[place].as_str(), self.names[place].as_str());
        if id == query {
            return Some((Fit::Id, id));
        }
        if name == query {
            return Some((Fit::Name, name));
        }
        let any_case = |text: &str| lowercase(text).eq(lowercase(query));
        let same_id = |text: &str| any_case(text) || any_case(local_part(text));
        if same_id(id) {
            return Some((Fit::OwnAnyCase, id));
        }
        if any_case(name) {
            return Some((Fit::OwnAnyCase, name));
        }
        let synonyms = self.synonyms[place].iter().map(String::as_str);
        let xrefs = self.xrefs[place].iter().map(String::as_str);
        let other =
            synonyms.clone().find(|text| any_case(text)).or_else(|| xrefs.clone().find(|text| same_id(text)));
        if let Some(text) = other {
            return Some((Fit::OtherAnyCase, text));
        }
        let same_folded = |text: &&str| !folded.is_empty() && folded_chars(text).eq(folded.chars());
        let own = [name, id].into_iter().find(same_folded).map(|text| (Fit::OwnFolded, text));
        own.or_else(|| synonyms.chain(xrefs).find(same_folded).map(|text| (Fit::OtherFolded, text)))
    }

    /// What to make of a query that is no node's name: the one name that it nearly is, or suggestions.
    fn nearest(&self, query: &str, folded: &str) -> Lookup {
        let letters: Vec<char> = folded.chars().collect();
        let mut near: Vec<Near<'_>> =
            (0..self.len() as u32).filter_map(|node| self.near(node, folded, &letters)).collect();
        near.sort_by(|a, b| a.distance.total_cmp(&b.distance).then(a.node.cmp(&b.node)));
        let mut slips = near.iter().filter(|near| near.edits.is_some_and(|edits| edits <= 2));
        if let (Some(first), None) = (slips.next(), slips.next())
            && first.edits == Some(1)
            && letters.len() >= MIN_TAKEN
            && telling_words(query) == telling_words(first.text)
        {
            return Lookup::FoundLoosely { node: first.node, matched: first.text.into() };
        }
        near.retain(|near| near.distance <= MAX_DISTANCE);
        let suggestions = near.iter().take(MAX_SUGGESTIONS).map(|near| self.label(near.node)).collect();
        Lookup::NotFound { suggestions }
    }

    /// The name or synonym of the node that is closest to the query.
    fn near(&self, node: u32, folded: &str, letters: &[char]) -> Option<Near<'_>> {
        let texts = std::iter::once(&self.names[node as usize]).chain(&self.synonyms[node as usize]);
        let near = texts.filter_map(|text| {
            let other = fold(text);
            let others: Vec<char> = other.chars().collect();
            let (short, long) = (letters.len().min(others.len()), letters.len().max(others.len()));
            let edits = edit_distance(letters, &others, (letters.len() / 3).clamp(2, 4));
            let edited = edits.map(|edits| edits as f32 / long as f32);
            // A part is closer than its share of the whole says: `diabetes` means `type 2 diabetes mellitus`.
            let part = short >= 3 && (other.contains(folded) || folded.contains(&other));
            let contained = part.then(|| 0.3 * (1.0 - short as f32 / long as f32));
            let distance = edited.into_iter().chain(contained).min_by(f32::total_cmp)?;
            Some(Near { node, text, edits, distance })
        });
        near.min_by(|a, b| a.distance.total_cmp(&b.distance))
    }
}

/// The part of a CURIE after its prefix; the whole text where there is none.
pub(crate) fn local_part(id: &str) -> &str {
    id.rsplit_once(':').map_or(id, |(_, local)| local)
}

fn lowercase(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}

/// Letters and digits alone, in lower case.
pub(crate) fn folded_chars(text: &str) -> impl Iterator<Item = char> {
    lowercase(text).filter(|c| c.is_alphanumeric())
}

pub(crate) fn fold(text: &str) -> String {
    folded_chars(text).collect()
}

/// The runs of letters and digits.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// The words in which one other letter makes another thing: numbers and short words.
fn telling_words(text: &str) -> Vec<String> {
    let telling = words(text).filter(|word| word.chars().count() <= 3 || word.chars().any(char::is_numeric));
    telling.map(|word| lowercase(word).collect()).collect()
}

/// Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`, where at most `limit`.
///
/// The optimal string alignment distance: no letter takes part in two edits (Boytsov 2011, "Indexing methods for
/// approximate dictionary searching", section 2.1).
pub(crate) fn edit_distance(a: &[char], b: &[char], limit: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > limit {
        return None;
    }
    let mut before = vec![0; b.len() + 1];
    let mut previous: Vec<usize> = (0..=b.len()).collect();
    let mut current = vec![0; b.len() + 1];
    for i in 1..=a.len() {
        current[0] = i;
        for j in 1..=b.len() {
            let changed = previous[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            current[j] = changed.min(previous[j] + 1).min(current[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                current[j] = current[j].min(before[j - 2] + 1);
            }
        }
        if current.iter().all(|&edits| edits > limit) {
            return None;
        }
        std::mem::swap(&mut before, &mut previous);
        std::mem::swap(&mut previous, &mut current);
    }
    Some(previous[b.len()]).filter(|&edits| edits <= limit)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Nodes `t:0`, `t:1`, … of these names.
    fn named(names: &[&str]) -> NodeTable {
        let ids = (0..names.len()).map(|i| format!("t:{i}")).collect();
        NodeTable::new("thing", ids, names.iter().map(|&name| name.into()).collect())
    }

    fn drugs() -> NodeTable {
        let mut table = named(&["Sildenafil", "Aspirin", "Prednisolone", "Beta-Alanine"]);
        table.ids[0] = "drugbank:DB00203".into();
        table.synonyms[0] = vec!["Viagra".into(), "Revatio".into()];
        table.xrefs[0] = vec!["chembl:CHEMBL192".into()];
        table.synonyms[1] = vec!["acetylsalicylic acid".into()];
        table
    }

    fn loosely(node: u32, matched: &str) -> Lookup {
        Lookup::FoundLoosely { node, matched: matched.into() }
    }

    fn suggested(lookup: Lookup) -> Vec<String> {
        match lookup {
            Lookup::NotFound { suggestions } => suggestions.into_iter().map(|label| label.name).collect(),
            other => panic!("{other:?} should not have been found"),
        }
    }

    #[test]
    fn an_id_or_a_name_is_found_in_any_case() {
        for query in
            ["drugbank:DB00203", "DRUGBANK:db00203", "DB00203", "db00203", "Sildenafil", " SILDENAFIL "]
        {
            assert_eq!(drugs().find(query), Lookup::Found { node: 0 }, "{query}");
        }
        assert_eq!(named(&["ÉRYTHÈME"]).find("érythème"), Lookup::Found { node: 0 });
    }

    #[test]
    fn another_name_or_other_punctuation_is_found_and_said() {
        assert_eq!(drugs().find("viagra"), loosely(0, "Viagra"));
        assert_eq!(drugs().find("CHEMBL192"), loosely(0, "chembl:CHEMBL192"));
        assert_eq!(drugs().find("beta alanine"), loosely(3, "Beta-Alanine"));
        assert_eq!(drugs().find("acetyl-salicylic acid"), loosely(1, "acetylsalicylic acid"));
    }

    #[test]
    fn one_slip_is_taken_and_said() {
        for query in ["sildenafl", "sildenafill", "sildanafil", "sidlenafil"] {
            assert_eq!(drugs().find(query), loosely(0, "Sildenafil"), "{query}");
        }
        assert_eq!(drugs().find("viagre"), loosely(0, "Viagra"));
    }

    #[test]
    fn a_slip_that_may_mean_something_else_is_only_suggested() {
        assert_eq!(suggested(drugs().find("prednisone")), ["Prednisolone"]);
        assert_eq!(suggested(named(&["hypotension"]).find("hypertension")), ["hypotension"]);
        assert_eq!(suggested(named(&["hepatitis B"]).find("hepatitis C")), ["hepatitis B"]);
        assert_eq!(suggested(named(&["interleukin-2"]).find("interleukin-3")), ["interleukin-2"]);
        assert_eq!(suggested(named(&["cystitis", "cystinis"]).find("cystisis")), ["cystitis", "cystinis"]);
        assert_eq!(suggested(named(&["gout"]).find("goat")), ["gout"]);
    }

    #[test]
    fn a_part_of_a_name_is_suggested_the_shortest_first() {
        let diseases = named(&["type 1 diabetes mellitus", "diabetes insipidus", "asthma"]);
        assert_eq!(suggested(diseases.find("Diabetes")), ["diabetes insipidus", "type 1 diabetes mellitus"]);
        assert_eq!(suggested(drugs().find("sildenafil citrate")), ["Sildenafil"]);
    }

    #[test]
    fn nothing_is_suggested_for_nothing_like_it() {
        for query in ["", "  ", "-", "q", "xyzzy plugh"] {
            assert_eq!(suggested(drugs().find(query)), [""; 0], "{query:?}");
        }
    }

    #[test]
    fn a_node_without_a_name_is_not_found_by_nothing() {
        assert_eq!(suggested(named(&["", "---"]).find(" ")), [""; 0]);
    }

    #[test]
    fn a_name_of_several_nodes_is_ambiguous() {
        let names = ["Gout"; 12];
        let Lookup::Ambiguous { candidates, fitting } = named(&names).find("gout") else {
            panic!("the name is that of every node")
        };
        assert_eq!((candidates.len(), fitting), (10, 12));
        assert_eq!(candidates[1].to_string(), "Gout (t:1)");
    }

    #[test]
    fn a_better_fit_decides() {
        let mut table = named(&["iron", "Iron", "Fe", "x"]);
        table.synonyms[2] = vec!["iron".into()];
        assert_eq!(table.find("iron"), Lookup::Found { node: 0 });
        assert_eq!(table.find("Iron"), Lookup::Found { node: 1 });
        assert!(matches!(table.find("IRON"), Lookup::Ambiguous { fitting: 2, .. }));
        table.ids[3] = "Fe".into();
        assert_eq!(table.find("Fe"), Lookup::Found { node: 3 });
    }

    #[test]
    fn a_node_named_by_its_id_is_shown_once() {
        let table = NodeTable::new("drug", vec!["d".into()], vec!["d".into()]);
        assert_eq!(table.label(0).to_string(), "d");
    }

    #[test]
    fn edits_are_counted_up_to_the_limit() {
        let distance = |a: &str, b: &str, limit| {
            edit_distance(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>(), limit)
        };
        assert_eq!(distance("ca", "abc", 3), Some(3));
        assert_eq!(distance("ab", "ba", 3), Some(1));
        assert_eq!(distance("kitten", "sitting", 3), Some(3));
        assert_eq!(distance("kitten", "sitting", 2), None);
        assert_eq!(distance("", "abc", 3), Some(3));
    }

    proptest! {
        #[test]
        fn distance_is_symmetric_and_the_limit_only_cuts(a in "[abc]{0,7}", b in "[abc]{0,7}", limit in 0usize..8) {
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            let full = edit_distance(&a, &b, 8).unwrap();
            prop_assert_eq!(edit_distance(&b, &a, 8), Some(full));
            prop_assert_eq!(edit_distance(&a, &b, limit), Some(full).filter(|&edits| edits <= limit));
            prop_assert_eq!(full == 0, a == b);
            prop_assert!(full <= a.len().max(b.len()));
        }

        #[test]
        fn every_node_is_found_by_its_id(names in prop::collection::vec("\\PC{0,8}", 1..8), pick in any::<prop::sample::Index>()) {
            let table = named(&names.iter().map(String::as_str).collect::<Vec<_>>());
            let node = pick.index(names.len());
            // Unless the id is the name of another node, which the id still precedes.
            prop_assert_eq!(table.find(&table.ids[node]), Lookup::Found { node: node as u32 });
        }
    }
}
