//! Splits by time.

use rand::seq::SliceRandom;
use theriac_graph::{AttributeValues, Relation};

use crate::error::LinkError;
use crate::pair::Pair;
use crate::split::{Split, check_fractions, count, links};
use crate::stream::stream;
use crate::task::Task;

/// The split that trains on edges up to `until` and tests on later ones. Of the former, the latest share `valid_fraction`
/// is for validation, edges of one time in random order. Edges without a time are trained on.
pub(super) fn split(
    relation: &Relation,
    task: &Task,
    attribute: &str,
    until: f64,
    valid_fraction: f64,
    seed: u64,
) -> Result<Split, LinkError> {
    check_fractions(valid_fraction, 0.0)?;
    let refused = |problem: String| LinkError::Protocol { protocol: "time", problem };
    let Some(found) = relation.attributes.iter().find(|known| known.name == attribute) else {
        let names: Vec<&str> = relation.attributes.iter().map(|known| known.name.as_str()).collect();
        let known = if names.is_empty() { "none".into() } else { names.join(", ") };
        return Err(refused(format!(
            "edges of {} have no attribute '{attribute}'; they have {known}",
            relation.key
        )));
    };
    let times = times(&found.values);
    let time = |pair: Pair| {
        let place = relation.forward.neighbors(pair.source).binary_search(&pair.target).ok()?;
        times[relation.forward.range(pair.source).start + place]
    };
    let (mut early, mut test, mut undated) = (Vec::new(), Vec::new(), Vec::new());
    for pair in links(relation, task) {
        match time(pair) {
            Some(when) if when > until => test.push(pair),
            Some(when) => early.push((when, pair)),
            None => undated.push(pair),
        }
    }
    if test.is_empty() || early.is_empty() {
        return Err(refused(format!(
            "{} edges have a {attribute} up to {until} and {} a later one; expected some of either",
            early.len(),
            test.len()
        )));
    }
    early.shuffle(&mut stream(seed, "edges of one time", &[]));
    early.sort_by(|one, other| one.0.total_cmp(&other.0));
    let valid = count(valid_fraction, early.len());
    let valid = early.split_off(early.len() - valid).into_iter().map(|(_, pair)| pair).collect();
    let mut train: Vec<Pair> = early.into_iter().map(|(_, pair)| pair).collect();
    let without = undated.len();
    train.extend(undated);
    let description = format!(
        "edges of {} by {attribute}, training up to {until}, {without} undated, seed {seed}",
        task.target()
    );
    Split::of_links(relation, task, [train, valid, test], seed, description)
}

/// The time of each edge: a number, or a text that begins with one, as a year or a date does.
fn times(values: &AttributeValues) -> Vec<Option<f64>> {
    match values {
        AttributeValues::Numbers(numbers) => {
            numbers.iter().map(|&number| Some(number).filter(|number| !number.is_nan())).collect()
        }
        AttributeValues::Texts(texts) => texts.iter().map(|text| leading_number(text?)).collect(),
    }
}

/// The number that a text begins with: 2012 of `2012-05-31`.
fn leading_number(text: &str) -> Option<f64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    text[..end].trim_end_matches('.').parse().ok()
}

#[cfg(test)]
mod tests {
    use theriac_graph::{
        DuplicatePolicy, EdgeAttribute, EdgeList, GraphBuilder, NodeTable, Provenance, RelationKey,
    };

    use super::*;

    fn split_at(until: f64) -> Result<Split, LinkError> {
        let ids: Vec<String> = (0..4).map(|i| i.to_string()).collect();
        let mut builder = GraphBuilder::new(Provenance::default());
        builder.add_nodes(NodeTable::new("drug", ids.clone(), ids.clone())).unwrap();
        builder.add_nodes(NodeTable::new("disease", ids.clone(), ids)).unwrap();
        let years = vec![2001.0, 2003.0, 2005.0, 2007.0, 2009.0, f64::NAN];
        let year = EdgeAttribute { name: "year".into(), values: AttributeValues::Numbers(years) };
        let edges = EdgeList {
            sources: vec![0, 0, 1, 1, 2, 3],
            targets: vec![0, 1, 1, 2, 2, 3],
            attributes: vec![year],
            ..EdgeList::default()
        };
        let key = RelationKey::new("drug", "treats", "disease");
        builder.add_relation(key.clone(), edges, DuplicatePolicy::Reject).unwrap();
        let graph = builder.build().unwrap();
        let task = Task::new(&graph, key.clone(), Vec::new()).unwrap();
        split(graph.relation(&key).unwrap(), &task, "year", until, 0.34, 1)
    }

    #[test]
    fn later_edges_are_tested_and_the_latest_of_the_others_validate() {
        let split = split_at(2005.0).unwrap();
        assert_eq!(split.test, [Pair::new(1, 2), Pair::new(2, 2)]);
        assert_eq!(split.valid, [Pair::new(1, 1)]);
        assert_eq!(split.train, [Pair::new(0, 0), Pair::new(0, 1), Pair::new(3, 3)]);
    }

    #[test]
    fn a_time_that_divides_nothing_is_refused() {
        assert_eq!(
            split_at(2010.0).unwrap_err().to_string(),
            "protocol time cannot be followed: 5 edges have a year up to 2010 and 0 a later one; expected some of \
             either"
        );
        assert!(split_at(1999.0).is_err());
    }

    #[test]
    fn dates_begin_with_their_year() {
        assert_eq!(leading_number(" 2012-05-31"), Some(2012.0));
        assert_eq!(leading_number("2012.5"), Some(2012.5));
        assert_eq!(leading_number("May 2012"), None);
    }
}
