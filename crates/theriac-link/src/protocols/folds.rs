//! Folds of edges.

use rand::seq::SliceRandom;
use theriac_graph::Relation;

use crate::error::LinkError;
use crate::split::{Split, check_fractions, count, links, take_last};
use crate::stream::stream;
use crate::task::Task;

/// The split whose test part is one fold of the shuffled links; of the others, the share `valid_fraction` is for
/// validation. Folds differ by at most one link.
pub(super) fn split(
    relation: &Relation,
    task: &Task,
    valid_fraction: f64,
    fold: u32,
    folds: u32,
    seed: u64,
) -> Result<Split, LinkError> {
    check_fractions(valid_fraction, 0.0)?;
    let mut links = links(relation, task);
    check_folds("kfold", folds, links.len(), "edges")?;
    links.shuffle(&mut stream(seed, "folds of edges", &[]));
    let ends = fold_range(links.len(), fold, folds);
    let test: Vec<_> = links.drain(ends).collect();
    links.shuffle(&mut stream(seed, "validation part of a fold", &[u64::from(fold)]));
    let valid = count(valid_fraction, links.len());
    let valid = take_last(&mut links, valid);
    let description = format!(
        "fold {} of {folds} of {}, {valid_fraction} of the other edges for validation, seed {seed}",
        fold + 1,
        task.target()
    );
    Split::of_links(relation, task, [links, valid, test], seed, description)
}

/// The places of a fold among `items`: contiguous, and no fold larger than another by more than one.
pub(super) fn fold_range(items: usize, fold: u32, folds: u32) -> std::ops::Range<usize> {
    let end = |fold: u32| items * fold as usize / folds as usize;
    end(fold)..end(fold + 1)
}

/// Checks that there are at least two folds, and something in each.
pub(super) fn check_folds(
    protocol: &'static str,
    folds: u32,
    items: usize,
    what: &str,
) -> Result<(), LinkError> {
    if folds >= 2 && folds as usize <= items {
        return Ok(());
    }
    let problem =
        format!("{folds} folds of {items} {what} were asked for; expected from 2 folds to one for each");
    Err(LinkError::Protocol { protocol, problem })
}
