//! All candidates of many queries, block by block.

use std::ops::{ControlFlow, Range};

use rayon::prelude::*;
use theriac_predict::ranked::{Candidacy, End, Ranked};

use crate::error::CliError;

/// Candidates that are held at a time, about; twice, since a block is written while the next is scored.
const HELD: usize = 1 << 16;
/// Queries of a block, at most: progress is told and Ctrl-C heard after each.
const BLOCK: usize = 512;
/// Queries that a thread scores side by side.
const SIDE_BY_SIDE: usize = 32;

/// Ranks the candidates of every node of `queries`, at this end of the relation, and passes them to `write` block by block
/// in the order of the nodes: what is held does not grow with their number. `done` hears after each block how many queries
/// are ranked, and may ask to stop.
///
/// # Errors
///
/// [`CliError::ScreenStopped`] where `done` asked to stop; what `write` gives.
pub fn screen(
    candidacy: &Candidacy<'_>,
    end: End,
    queries: Range<u32>,
    mut write: impl FnMut(&[Ranked]) -> Result<(), CliError> + Send,
    mut done: impl FnMut(usize) -> ControlFlow<()>,
) -> Result<(), CliError> {
    let block = block_size(candidacy, end) as u32;
    let mut next = queries.start;
    let mut ranked = Vec::new();
    loop {
        let nodes = next..queries.end.min(next.saturating_add(block));
        next = nodes.end;
        let share = nodes.len().div_ceil(rayon::current_num_threads()).clamp(1, SIDE_BY_SIDE);
        let few: Vec<Range<u32>> = (nodes.start..nodes.end)
            .step_by(share)
            .map(|first| first..nodes.end.min(first + share as u32))
            .collect();
        let rank = || -> Vec<Ranked> {
            few.into_par_iter().flat_map_iter(|few| candidacy.rank_each(end, few)).collect()
        };
        let (written, following) = rayon::join(|| write(&ranked), rank);
        written?;
        ranked = following;
        if ranked.is_empty() {
            return Ok(());
        }
        if done((next - queries.start) as usize).is_break() {
            return Err(CliError::ScreenStopped);
        }
    }
}

/// How many queries make a block: enough for all threads, and not more than can be held.
fn block_size(candidacy: &Candidacy<'_>, end: End) -> usize {
    let others = match end {
        End::Source => candidacy.relation.forward.columns(),
        End::Target => candidacy.relation.forward.rows(),
    };
    let each = candidacy.top.clamp(1, others.max(1) as usize);
    let least = (4 * rayon::current_num_threads()).min(BLOCK);
    (HELD / each).clamp(least, BLOCK)
}

#[cfg(test)]
mod tests {
    use theriac_graph::{DuplicatePolicy, EdgeList, Graph, GraphBuilder, NodeTable, Provenance, RelationKey};
    use theriac_link::{FitRecord, FittedScorer, Pair};

    use super::*;

    const DRUGS: u32 = 3;
    const DISEASES: u32 = 1700;

    /// Scores a pair by its indices.
    struct Indices(FitRecord);

    impl FittedScorer for Indices {
        fn record(&self) -> &FitRecord {
            &self.0
        }

        fn score(&self, pairs: &[Pair]) -> Vec<f32> {
            pairs.iter().map(|pair| ((pair.source + 1) * (pair.target + 7) % 11) as f32).collect()
        }
    }

    fn graph() -> Graph {
        let ids = |count: u32| -> Vec<String> { (0..count).map(|i| i.to_string()).collect() };
        let mut builder = GraphBuilder::new(Provenance::default());
        for (node_type, count) in [("drug", DRUGS), ("disease", DISEASES)] {
            builder.add_nodes(NodeTable::new(node_type, ids(count), ids(count))).unwrap();
        }
        let edges = EdgeList { sources: vec![0], targets: vec![0], ..EdgeList::default() };
        let treats = RelationKey::new("drug", "treats", "disease");
        builder.add_relation(treats, edges, DuplicatePolicy::Reject).unwrap();
        builder.build().unwrap()
    }

    fn screened(end: End, queries: Range<u32>, stop_at: usize) -> (Vec<Ranked>, Result<(), CliError>) {
        let graph = graph();
        let relation = &graph.relations()[0];
        let scorer = Indices(FitRecord {
            scorer: "indices".into(),
            split_hash: String::new(),
            learned_validation: false,
            sources: DRUGS,
            targets: DISEASES,
            trials: Vec::new(),
            epochs: Vec::new(),
        });
        let candidacy = Candidacy {
            scorer: &scorer,
            relation,
            only_novel: false,
            top: 2,
            against: None,
            without_popularity: None,
        };
        let mut all = Vec::new();
        let write = |block: &[Ranked]| {
            assert!(block.len() <= BLOCK);
            all.extend_from_slice(block);
            Ok(())
        };
        let done =
            |ranked| if ranked >= stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        let result = screen(&candidacy, end, queries, write, done);
        (all, result)
    }

    #[test]
    fn every_query_is_ranked_once_and_in_order() {
        let whole = screened(End::Target, 0..DISEASES, usize::MAX).0;
        let nodes: Vec<u32> = whole.iter().map(|ranked| ranked.query.node).collect();
        assert_eq!(nodes, (0..DISEASES).collect::<Vec<u32>>());
        assert!(whole.iter().all(|ranked| ranked.best.len() == 2 && ranked.counted == 3));
        let parts = [0..600, 600..600, 600..DISEASES];
        let parts: Vec<Ranked> =
            parts.into_iter().flat_map(|part| screened(End::Target, part, usize::MAX).0).collect();
        assert_eq!(parts, whole);
        let by_source = screened(End::Source, 0..DRUGS, usize::MAX).0;
        assert!(by_source.iter().all(|ranked| ranked.counted == DISEASES as usize));
    }

    #[test]
    fn a_stop_ends_it_after_the_block_at_hand() {
        let (ranked, result) = screened(End::Target, 0..DISEASES, BLOCK);
        assert!(matches!(result, Err(CliError::ScreenStopped)));
        assert!(ranked.len() < DISEASES as usize);
    }
}
