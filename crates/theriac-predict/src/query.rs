//! From what was typed to a node.

use theriac_graph::{Graph, Lookup, NodeTable, RelationKey, Role};

use crate::numbers::counted;
use crate::ranked::End;
use crate::{Note, PredictError};

/// At most this many nodes are suggested when none fits.
const MAX_SUGGESTIONS: usize = 5;

/// The end of a relation that drugs are, or diseases; `None` where neither is.
pub fn end_of(role: Role, relation: &RelationKey) -> Option<End> {
    role.is_source(relation).map(|is_source| if is_source { End::Source } else { End::Target })
}

/// The end of a relation that drugs are, or diseases, which `wanted` calls them.
///
/// # Errors
///
/// [`PredictError::NoSuchEnd`] where neither is.
pub fn end_by_role(role: Role, wanted: &'static str, relation: &RelationKey) -> Result<End, PredictError> {
    end_of(role, relation).ok_or_else(|| PredictError::NoSuchEnd { relation: relation.to_string(), wanted })
}

/// The option of `rank` that asks by this end of a relation.
pub fn option_of(relation: &RelationKey, end: End) -> &'static str {
    let is = |role| end_of(role, relation) == Some(end);
    match end {
        _ if is(Role::Disease) => "disease",
        _ if is(Role::Drug) => "drug",
        End::Source => "source",
        End::Target => "target",
    }
}

/// The node that `query` names; where it had to be taken for something else, says so.
///
/// # Errors
///
/// [`PredictError::Ambiguous`] with the candidates, [`PredictError::NotFound`] with suggestions.
pub fn find(table: &NodeTable, query: &str, note: Note<'_>) -> Result<u32, PredictError> {
    let node_type = || table.node_type.clone();
    match table.find(query) {
        Lookup::Found { node } => Ok(node),
        Lookup::FoundLoosely { node, matched } => {
            let label = table.label(node);
            let by = if matched == label.name { String::new() } else { format!(", also called '{matched}'") };
            note(format!("'{query}' was taken for {label}{by}"));
            Ok(node)
        }
        Lookup::Ambiguous { candidates, fitting } => {
            Err(PredictError::Ambiguous { query: query.into(), node_type: node_type(), candidates, fitting })
        }
        Lookup::NotFound { suggestions } => {
            Err(PredictError::NotFound { query: query.into(), node_type: node_type(), suggestions })
        }
    }
}

/// The node that `query` names, of the type of that name or of any.
///
/// # Errors
///
/// [`PredictError::UnknownType`]; without a type [`PredictError::AmbiguousType`] where nodes of several fit; otherwise as
/// [`find`].
pub fn find_node(
    graph: &Graph,
    query: &str,
    node_type: Option<&str>,
    note: Note<'_>,
) -> Result<(usize, u32), PredictError> {
    let Some(wanted) = node_type else {
        return find_anywhere(graph, query, note);
    };
    let Some((place, table)) = graph.node_type(wanted) else {
        let known: Vec<&str> = graph.node_tables().iter().map(|table| table.node_type.as_str()).collect();
        return Err(PredictError::UnknownType { wanted: wanted.into(), known: known.join(", ") });
    };
    Ok((place, find(table, query, note)?))
}

/// The node of any type that `query` names, as place of its type and index; where it had to be taken for something else,
/// says so. The id of one node goes before the names of others.
///
/// # Errors
///
/// [`PredictError::AmbiguousType`] where nodes of several types fit, otherwise as [`find`].
fn find_anywhere(graph: &Graph, query: &str, note: Note<'_>) -> Result<(usize, u32), PredictError> {
    let tables = graph.node_tables();
    let lookups: Vec<Lookup> = tables.iter().map(|table| table.find(query)).collect();
    let places = |fits: &dyn Fn(usize, &Lookup) -> bool| -> Vec<usize> {
        lookups
            .iter()
            .enumerate()
            .filter(|&(place, lookup)| fits(place, lookup))
            .map(|(place, _)| place)
            .collect()
    };
    let is_id = |place: usize, lookup: &Lookup| matches!(lookup, Lookup::Found { node } if tables[place].ids[*node as usize] == query.trim());
    let preferences = [
        places(&is_id),
        places(&|_, lookup| matches!(lookup, Lookup::Found { .. } | Lookup::Ambiguous { .. })),
        places(&|_, lookup| matches!(lookup, Lookup::FoundLoosely { .. })),
    ];
    let fitting = preferences.into_iter().find(|places| !places.is_empty()).unwrap_or_default();
    match fitting[..] {
        [place] => Ok((place, find(&tables[place], query, note)?)),
        [] => {
            let suggestions = lookups.into_iter().flat_map(|lookup| match lookup {
                Lookup::NotFound { suggestions } => suggestions,
                _ => Vec::new(),
            });
            let suggestions = suggestions.take(MAX_SUGGESTIONS).collect();
            Err(PredictError::NotFound { query: query.into(), node_type: "node".into(), suggestions })
        }
        _ => {
            let fitting = fitting.into_iter().map(|place| {
                let table = &tables[place];
                let found = match &lookups[place] {
                    Lookup::Found { node } | Lookup::FoundLoosely { node, .. } => {
                        table.label(*node).to_string()
                    }
                    Lookup::Ambiguous { fitting, .. } => counted(*fitting, "node"),
                    Lookup::NotFound { .. } => String::new(),
                };
                format!("{} {found}", table.node_type)
            });
            Err(PredictError::AmbiguousType { query: query.into(), fitting: fitting.collect() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_asked_for_by_what_they_are() {
        for (relation, expected) in [
            ("drug:treats:disease", ["drug", "disease"]),
            ("compound:treats:indication", ["drug", "disease"]),
            ("disease:treated_by:small_molecule", ["disease", "drug"]),
            ("drug:targets:gene", ["drug", "target"]),
            ("gene:interacts:gene", ["source", "target"]),
            ("drug:interacts:drug", ["drug", "target"]),
        ] {
            let relation = relation.parse().unwrap();
            assert_eq!([End::Source, End::Target].map(|end| option_of(&relation, end)), expected);
        }
    }
}
