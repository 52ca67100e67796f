//! What is known of items: the rows of their users, and those of other relations stacked below.

use std::sync::Arc;

use theriac_graph::{Csr, Relation};
use theriac_link::TrainView;

/// Rows over the items of one type, all binary.
pub(crate) struct StackedRows {
    /// Users by items: the train edges. `[n_users, n_items]`.
    pub(crate) train: Arc<Csr>,
    /// Nodes of other types, or of the same, by items: the edges of other relations, without empty rows.
    pub(crate) side: Csr,
}

impl StackedRows {
    /// The rows over the sources of a view, or over its targets. Users are the nodes of the other side.
    ///
    /// Stacked are all relations that the item type has part in but those that the task covers. A relation within the
    /// type gives a row for each of its nodes, from either end where the ends differ.
    pub(crate) fn new(view: &TrainView, items_are_sources: bool) -> Self {
        let target = view.target();
        let (train, item_type) = if items_are_sources {
            (target.backward.clone(), target.source_type)
        } else {
            (target.forward.clone(), target.target_type)
        };
        let covered = |relation: &&Relation| view.task().covers(&relation.key);
        let mut parts: Vec<&Csr> = Vec::new();
        for relation in view.graph().relations().iter().filter(|relation| !covered(relation)) {
            if relation.target_type == item_type {
                parts.push(&relation.forward);
            }
            if relation.source_type == item_type && !relation.is_symmetric() {
                parts.push(&relation.backward);
            }
        }
        let side = stack(train.columns(), parts.into_iter());
        Self { train, side }
    }

    /// The rows without those of other relations.
    pub(crate) fn without_side(&self) -> Self {
        Self { train: self.train.clone(), side: stack(self.train.columns(), std::iter::empty()) }
    }

    /// Users that have a row, and with them the first rows of [`StackedRows::all`].
    pub(crate) fn users(&self) -> Vec<u32> {
        (0..self.train.rows()).filter(|&user| self.train.degree(user) > 0).collect()
    }

    /// Items that stand in a row.
    pub(crate) fn items(&self) -> Vec<u32> {
        let mut seen = vec![false; self.train.columns() as usize];
        for &item in self.train.indices().iter().chain(self.side.indices()) {
            seen[item as usize] = true;
        }
        (0..self.train.columns()).filter(|&item| seen[item as usize]).collect()
    }

    /// All rows that are not empty, those of users first.
    pub(crate) fn all(&self) -> Csr {
        stack(self.train.columns(), [&self.train, &self.side].into_iter())
    }
}

/// The rows of all parts that are not empty, in order.
fn stack<'a>(columns: u32, parts: impl Iterator<Item = &'a Csr>) -> Csr {
    let (mut offsets, mut indices) = (vec![0], Vec::new());
    for part in parts {
        for row in (0..part.rows()).filter(|&row| part.degree(row) > 0) {
            indices.extend(part.neighbors(row));
            offsets.push(indices.len() as u32);
        }
    }
    Csr::from_sorted(columns, offsets, indices, None)
}

#[cfg(test)]
mod tests {
    use theriac_link::Split;
    use theriac_link::conformance::{example_graph, example_task};

    use super::*;

    #[test]
    fn no_relation_that_the_task_covers_is_stacked() {
        let graph = example_graph();
        let split = Split::random(&graph, &example_task(&graph).unwrap(), 0.1, 0.2, 1).unwrap();
        let view = TrainView::new(&graph, &split).unwrap();
        let relation = |key: &str| graph.resolve_relation(key).unwrap();
        let full = |edges: &Csr| stack(edges.columns(), std::iter::once(edges));
        let drugs = StackedRows::new(&view, true);
        assert_eq!(drugs.train, view.target().backward);
        assert_eq!(drugs.side, full(&relation("drug:targets:protein").backward));
        let diseases = StackedRows::new(&view, false);
        assert_eq!(diseases.train, view.target().forward);
        assert_eq!(diseases.side, full(&relation("protein:associates:disease").forward));
        let all = diseases.all();
        assert_eq!(all.len(), diseases.train.len() + diseases.side.len());
        assert_eq!(all.neighbors(0), diseases.train.neighbors(diseases.users()[0]));
        assert!(diseases.without_side().side.is_empty());
    }
}
