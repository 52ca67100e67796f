//! What the scores of candidates are made of, as a table.

use theriac_predict::contributions::Contributed;
use theriac_predict::ranked::Candidate;

use crate::table::PlainTable;

/// What the scores of these candidates are made of, as a table.
pub fn table<'a>(rows: impl IntoIterator<Item = (&'a Candidate, &'a Contributed<'a>)>) -> PlainTable {
    let mut table = PlainTable::new(["rank", "<name", "score", "base", "popularity", "<parts"]);
    for (candidate, contributed) in rows {
        table.push([
            candidate.rank.to_string(),
            candidate.name.clone(),
            format!("{:.2}", candidate.score),
            format!("{:.2}", contributed.base),
            format!("{:+.2}", contributed.popularity),
            contributed.by_size(),
        ]);
    }
    table
}
