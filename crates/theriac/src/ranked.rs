//! Candidates as a table.

use theriac_predict::ranked::Candidate;

use crate::table::PlainTable;

/// The candidates as a table, with what `mark` says of each in its last column.
pub fn table(candidates: &[Candidate], mark: impl Fn(&Candidate) -> &'static str) -> PlainTable {
    let with_interval = candidates.iter().any(|candidate| candidate.probability_low.is_some());
    let signed = candidates.iter().any(|candidate| candidate.probability_against.is_some());
    let optional = with_interval.then_some("interval").into_iter().chain(signed.then_some("against"));
    let headings = ["rank", "<id", "<name", "score", "probability"].into_iter().chain(optional);
    let mut table = PlainTable::new(headings.chain(["percentile", "<known"]));
    for candidate in candidates {
        let interval = with_interval.then(|| {
            let (low, high) = (candidate.probability_low, candidate.probability_high);
            low.zip(high).map_or_else(String::new, |(low, high)| format!("{low:.3} to {high:.3}"))
        });
        let texts = [
            candidate.rank.to_string(),
            candidate.id.clone(),
            candidate.name.clone(),
            format!("{:.3}", candidate.score),
            format!("{:.3}", candidate.probability),
        ];
        let against = candidate.probability_against.map(|probability| format!("{probability:.3}"));
        let last = [format!("{:.2}", candidate.percentile), mark(candidate).to_owned()];
        table.push(texts.into_iter().chain(interval).chain(against).chain(last));
    }
    table
}
