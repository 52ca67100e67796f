//! Weights between items in closed form: ridge regression of every item on all others at once.

use std::sync::Arc;

use faer::Mat;
use rayon::prelude::*;
use theriac_graph::{Csr, NamedTensor, NamedTensors};

use crate::dense::{MAX_DIMENSION, inverse, shared_columns};
use crate::stacked_rows::StackedRows;

/// The equations of EASE, of which weight and lambda are left open.
///
/// With the rows `X`, those of other relations scaled by the root of their weight, and `P = (Xᵀ X + λ I)⁻¹`, the weight
/// from item i to item j is `-P_ij / P_jj`, and 0 from an item to itself. `P` is `[items, items]`. Where there are fewer
/// rows than items it comes from `K = X Xᵀ + λ I`, `[rows, rows]`, by the identity of Woodbury: `P = (I - Xᵀ K⁻¹ X) / λ`,
/// and with it, for the train rows `A` among those of X, `A P` is the rows of users in `K⁻¹`, times `X`.
pub(crate) struct Equations {
    /// The train edges, users by items.
    train: Arc<Csr>,
    items_are_sources: bool,
    /// Mean number of entries of an item that has any: in train rows, and in those of other relations.
    mean_entries: [f64; 2],
    form: Form,
}

enum Form {
    /// By items: how many train rows each two items share, how many rows of other relations, and how alike they are said to be.
    Items { items: Vec<u32>, train: Mat<f64>, side: Mat<f64>, similarity: Option<Mat<f64>> },
    /// By rows: how many items each two rows share.
    Rows { users: Vec<u32>, columns: Csr, shared: Mat<f64> },
}

/// What the equations leave open.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// Weight of the rows of other relations.
    pub(crate) side: f64,
    /// Weight of given similarities.
    pub(crate) similarity: f64,
    /// Regularisation, above 0.
    pub(crate) lambda: f64,
}

/// Fitted weights, in the form in which they are small.
pub(crate) struct ItemWeights {
    train: Arc<Csr>,
    /// The train edges, items by users.
    turned: Csr,
    items_are_sources: bool,
    settings: Settings,
    fitted: Fitted,
}

enum Fitted {
    Items {
        /// Items that have weights.
        items: Vec<u32>,
        /// Place of each item in `items`; that of an item without weights is past the end. `[n_items]`.
        places: Vec<u32>,
        /// `[items, items]`, row-major. A row holds the weights from an item where users are targets, and those to an item
        /// where users are sources.
        weights: Vec<f32>,
    },
    Rows {
        /// Users that have a row: the first rows are theirs.
        users: Vec<u32>,
        /// Inverse of `K`, rows and columns scaled; symmetric. `[rows, rows]`
        inverse: Vec<f32>,
        /// Rows of each item.
        columns: Csr,
        /// `1 / P_jj`: `[n_items]`.
        norms: Vec<f32>,
    },
}

impl Equations {
    /// How many unknowns the equations of these rows have: items or rows, whichever are fewer.
    pub(crate) fn dimension(rows: &StackedRows) -> usize {
        let side = rows.side.rows() as usize;
        rows.items().len().min(rows.users().len() + side)
    }

    /// The equations of these rows and similarities of all items, `[n_items, n_items]`, or why they are too many.
    pub(crate) fn new(
        rows: &StackedRows,
        similarity: Option<Mat<f64>>,
        items_are_sources: bool,
    ) -> Result<Self, String> {
        let all = || (0..rows.train.columns()).collect();
        let items: Vec<u32> = if similarity.is_some() { all() } else { rows.items() };
        let dimension = if similarity.is_some() { items.len() } else { Self::dimension(rows) };
        if dimension > MAX_DIMENSION {
            return Err(format!("its equations have {dimension} unknowns; at most {MAX_DIMENSION} fit"));
        }
        let mean = |edges: &Csr| edges.len() as f64 / items.len() as f64;
        let mean_entries = [mean(&rows.train), mean(&rows.side)];
        let form = if items.len() == dimension {
            let shared = |edges: &Csr| {
                let columns = edges.transpose();
                let (mut offsets, mut indices) = (vec![0], Vec::with_capacity(edges.len()));
                for &item in &items {
                    indices.extend(columns.neighbors(item));
                    offsets.push(indices.len() as u32);
                }
                let compact = Csr::from_sorted(edges.rows(), offsets, indices, None);
                shared_columns(&compact, &compact.transpose())
            };
            let (train, side) = (shared(&rows.train), shared(&rows.side));
            Form::Items { items, train, side, similarity }
        } else {
            let all = rows.all();
            let columns = all.transpose();
            Form::Rows { users: rows.users(), shared: shared_columns(&all, &columns), columns }
        };
        Ok(Self { train: rows.train.clone(), items_are_sources, mean_entries, form })
    }

    /// Mean number of train rows of an item.
    pub(crate) fn mean_train_entries(&self) -> f64 {
        self.mean_entries[0]
    }

    /// Mean of the diagonal of `Xᵀ X`, over items that stand in a row; `side` is the weight of other relations' rows.
    pub(crate) fn mean_diagonal(&self, side: f64) -> f64 {
        self.mean_entries[0] + side * self.mean_entries[1]
    }

    /// Solves them; `None` where they are not definite: because of rounding, or of similarities that are no products.
    pub(crate) fn solve(&self, settings: Settings) -> Option<ItemWeights> {
        let fitted = match &self.form {
            Form::Items { items, train, side, similarity } => {
                self.solve_items(items, [train, side], similarity.as_ref(), settings)?
            }
            Form::Rows { users, columns, shared } => {
                Self::solve_rows(users, columns, shared, settings.side, settings.lambda)?
            }
        };
        let (train, turned) = (self.train.clone(), self.train.transpose());
        Some(ItemWeights { train, turned, items_are_sources: self.items_are_sources, settings, fitted })
    }

    fn solve_items(
        &self,
        items: &[u32],
        [train, side]: [&Mat<f64>; 2],
        similarity: Option<&Mat<f64>>,
        settings: Settings,
    ) -> Option<Fitted> {
        let n = items.len();
        let ridge = |row, column| if row == column { settings.lambda } else { 0.0 };
        let alike = |row, column| similarity.map_or(0.0, |of| settings.similarity * of[(row, column)]);
        let inverse = inverse(Mat::from_fn(n, n, |row, column| {
            let shared = train[(row, column)] + settings.side * side[(row, column)];
            shared + alike(row, column) + ridge(row, column)
        }))?;
        let mut weights = Vec::with_capacity(n * n);
        for row in 0..n {
            for column in 0..n {
                let to = if self.items_are_sources { column } else { row };
                let weight = -inverse[(row, column)] / inverse[(to, to)];
                weights.push(if row == column { 0.0 } else { weight as f32 });
            }
        }
        let places = places(items, self.train.columns());
        Some(Fitted::Items { items: items.to_vec(), places, weights })
    }

    fn solve_rows(
        users: &[u32],
        columns: &Csr,
        shared: &Mat<f64>,
        weight: f64,
        lambda: f64,
    ) -> Option<Fitted> {
        let n = shared.nrows();
        let scale = |row: usize| if row < users.len() { 1.0 } else { weight.sqrt() };
        let ridge = |row, column| if row == column { lambda } else { 0.0 };
        let mut inverse = inverse(Mat::from_fn(n, n, |row, column| {
            scale(row) * scale(column) * shared[(row, column)] + ridge(row, column)
        }))?;
        for column in 0..n {
            for row in 0..n {
                inverse[(row, column)] *= scale(row) * scale(column);
            }
        }
        let norm = |item: u32| {
            let rows = columns.neighbors(item);
            let mut off_diagonal = 0.0;
            let mut diagonal = 0.0;
            for (place, &row) in rows.iter().enumerate() {
                let values = inverse.col_as_slice(row as usize);
                off_diagonal += rows[..place].iter().map(|&other| values[other as usize]).sum::<f64>();
                diagonal += values[row as usize];
            }
            (lambda / (1.0 - diagonal - 2.0 * off_diagonal)) as f32
        };
        let norms = (0..columns.rows()).into_par_iter().map(norm).collect();
        let mut values = Vec::with_capacity(n * n);
        for column in 0..n {
            values.extend(inverse.col_as_slice(column).iter().map(|&value| value as f32));
        }
        Some(Fitted::Rows { users: users.to_vec(), inverse: values, columns: columns.clone(), norms })
    }
}

impl ItemWeights {
    /// Number of sources.
    pub(crate) fn sources(&self) -> u32 {
        if self.items_are_sources { self.train.columns() } else { self.train.rows() }
    }

    /// Writes the scores of all sources for a target: `[n_sources]`.
    pub(crate) fn fill(&self, target: u32, scores: &mut [f32]) {
        scores.fill(0.0);
        match (&self.fitted, self.items_are_sources) {
            (Fitted::Items { items, places, weights }, true) => {
                let mut sums = vec![0.0; items.len()];
                for &item in self.train.neighbors(target) {
                    add(&mut sums, &weights[places[item as usize] as usize * items.len()..]);
                }
                for (&item, sum) in items.iter().zip(sums) {
                    scores[item as usize] = sum;
                }
            }
            (Fitted::Items { items, places, weights }, false) => {
                let place = places[target as usize] as usize;
                if place < items.len() {
                    for (&item, weight) in items.iter().zip(&weights[place * items.len()..]) {
                        for &user in self.turned.neighbors(item) {
                            scores[user as usize] += weight;
                        }
                    }
                }
            }
            (Fitted::Rows { users, inverse, columns, norms }, true) => {
                let Ok(place) = users.binary_search(&target) else { return };
                let n = columns.columns() as usize;
                let of_user = &inverse[place * n..][..n];
                for (item, score) in (0..).zip(scores.iter_mut()) {
                    let sum: f32 = columns.neighbors(item).iter().map(|&row| of_user[row as usize]).sum();
                    *score = -sum * norms[item as usize];
                }
                for &item in self.train.neighbors(target) {
                    scores[item as usize] += 1.0;
                }
            }
            (Fitted::Rows { users, inverse, columns, norms }, false) => {
                let n = columns.columns() as usize;
                let mut sums = vec![0.0; users.len()];
                for &row in columns.neighbors(target) {
                    add(&mut sums, &inverse[row as usize * n..]);
                }
                for (&user, sum) in users.iter().zip(sums) {
                    scores[user as usize] = sum * -norms[target as usize];
                }
                for &user in self.turned.neighbors(target) {
                    scores[user as usize] += 1.0;
                }
            }
        }
    }

    /// The scores of an item for users with these known items, whatever they knew when the weights were learned: `[users]`.
    pub(crate) fn scores(&self, known: &[&[u32]], item: u32) -> Vec<f32> {
        match &self.fitted {
            Fitted::Items { items, places, weights } => {
                let place = |item: u32| places[item as usize] as usize;
                let weight = |other: usize| {
                    let (from, to) = (other, place(item));
                    let (row, column) = if self.items_are_sources { (from, to) } else { (to, from) };
                    if row.max(column) < items.len() { weights[row * items.len() + column] } else { 0.0 }
                };
                known.iter().map(|known| known.iter().map(|&other| weight(place(other))).sum()).collect()
            }
            Fitted::Rows { inverse, columns, norms, .. } => {
                // The rows of the item, in the inverse, are summed once for all users.
                let n = columns.columns() as usize;
                let mut of_item = vec![0.0f64; n];
                for &row in columns.neighbors(item) {
                    let values = &inverse[row as usize * n..][..n];
                    of_item.iter_mut().zip(values).for_each(|(sum, &value)| *sum += f64::from(value));
                }
                let of_other = |other: &u32| -> f64 {
                    columns.neighbors(*other).iter().map(|&row| of_item[row as usize]).sum()
                };
                let score = |known: &&[u32]| {
                    let sum: f64 = known.iter().filter(|&&other| other != item).map(of_other).sum();
                    (sum * f64::from(norms[item as usize]) / self.settings.lambda) as f32
                };
                known.iter().map(score).collect()
            }
        }
    }

    /// The scores of items for a user with these known items: `[items]`.
    pub(crate) fn scores_of_items(&self, known: &[u32], items: &[u32]) -> Vec<f32> {
        let Fitted::Rows { inverse, columns, norms, .. } = &self.fitted else {
            return items.iter().flat_map(|&item| self.scores(&[known], item)).collect();
        };
        // The rows of known items, in the inverse, are summed once for all items.
        let n = columns.columns() as usize;
        let mut counts = vec![0u32; n];
        known.iter().flat_map(|&other| columns.neighbors(other)).for_each(|&row| counts[row as usize] += 1);
        let mut of_known = vec![0.0f64; n];
        for (row, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let values = inverse[row * n..][..n].iter();
            of_known
                .iter_mut()
                .zip(values)
                .for_each(|(sum, &value)| *sum += f64::from(count) * f64::from(value));
        }
        let score = |&item: &u32| {
            if known.binary_search(&item).is_ok() {
                // What it knows of the item itself does not count.
                return self.scores(&[known], item)[0];
            }
            let sum: f64 = columns.neighbors(item).iter().map(|&row| of_known[row as usize]).sum();
            (sum * f64::from(norms[item as usize]) / self.settings.lambda) as f32
        };
        items.iter().map(score).collect()
    }

    /// As matrices.
    pub(crate) fn tensors(&self) -> Vec<NamedTensor> {
        let Settings { side, similarity, lambda } = self.settings;
        let settings = [side, similarity, lambda].map(|value| value as f32).to_vec();
        let mut tensors = vec![NamedTensor::row("settings", settings)];
        match &self.fitted {
            Fitted::Items { items, weights, .. } => {
                tensors.push(NamedTensor::new("weights", items.len(), weights.clone()));
            }
            Fitted::Rows { inverse, columns, norms, .. } => {
                tensors.push(NamedTensor::new("inverse", columns.columns() as usize, inverse.clone()));
                tensors.push(NamedTensor::row("norms", norms.clone()));
            }
        }
        tensors
    }

    /// The weights that were learned from these rows: those of users alone, or with those of other relations.
    ///
    /// # Errors
    ///
    /// One sentence when a matrix is missing or has another shape.
    pub(crate) fn restore(
        stacked: StackedRows,
        items_are_sources: bool,
        tensors: &mut NamedTensors,
    ) -> Result<Self, String> {
        let [side, similarity, lambda] = tensors.take_row("settings")?.map(f64::from);
        let rows = if side > 0.0 { stacked } else { stacked.without_side() };
        let all: Vec<u32> = (0..rows.train.columns()).collect();
        let fitted = if let Ok(weights) = tensors.take("weights") {
            let items = if similarity > 0.0 { all } else { rows.items() };
            let n = items.len();
            if (weights.rows, weights.columns) != (n, n) {
                let (rows, columns) = (weights.rows, weights.columns);
                return Err(format!("tensor 'weights' is [{rows}, {columns}]; expected [{n}, {n}]"));
            }
            let places = places(&items, rows.train.columns());
            Fitted::Items { items, places, weights: weights.values }
        } else {
            let columns = rows.all().transpose();
            let n = columns.columns() as usize;
            let inverse = tensors.take_shaped("inverse", n, n)?;
            let norms = tensors.take_shaped("norms", 1, all.len())?;
            Fitted::Rows { users: rows.users(), inverse, columns, norms }
        };
        let (train, turned) = (rows.train.clone(), rows.train.transpose());
        let settings = Settings { side, similarity, lambda };
        Ok(Self { train, turned, items_are_sources, settings, fitted })
    }
}

/// Place of each item in `items`; that of another is past the end. `[n_items]`
fn places(items: &[u32], n_items: u32) -> Vec<u32> {
    let mut places = vec![items.len() as u32; n_items as usize];
    for (place, &item) in (0..).zip(items) {
        places[item as usize] = place;
    }
    places
}

/// Adds the first values, one to each sum.
fn add(sums: &mut [f32], values: &[f32]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += value;
    }
}

#[cfg(test)]
mod tests {
    use theriac_link::conformance::{example_graph, example_task};
    use theriac_link::{Split, TrainView};

    use super::*;

    /// Scores by the definition: a ridge regression of each item on all others, `[n_users, n_items]`.
    fn by_regression(rows: &StackedRows, weight: f64, lambda: f64) -> Mat<f64> {
        let all = rows.all();
        let (n, items) = (all.rows() as usize, all.columns() as usize);
        let users = rows.users().len();
        let x = Mat::from_fn(n, items, |row, item| {
            let scale = if row < users { 1.0 } else { weight.sqrt() };
            scale * f64::from(u8::from(all.contains(row as u32, item as u32)))
        });
        let mut scores = Mat::zeros(rows.train.rows() as usize, items);
        for item in 0..items {
            let others: Vec<usize> = (0..items).filter(|&other| other != item).collect();
            let on = Mat::from_fn(n, others.len(), |row, place| x[(row, others[place])]);
            let mut gram = on.transpose() * &on;
            for place in 0..others.len() {
                gram[(place, place)] += lambda;
            }
            let solution = inverse(gram).unwrap() * (on.transpose() * x.col(item));
            for user in 0..rows.train.rows() {
                let known = (0..others.len()).filter(|&p| rows.train.contains(user, others[p] as u32));
                scores[(user as usize, item)] = known.map(|place| solution[place]).sum();
            }
        }
        scores
    }

    #[test]
    fn both_forms_on_both_sides_are_regressions_of_each_item_on_the_others() {
        let graph = example_graph();
        let split = Split::random(&graph, &example_task(&graph).unwrap(), 0.1, 0.2, 1).unwrap();
        let view = TrainView::new(&graph, &split).unwrap();
        let mut forms = [0, 0];
        for items_are_sources in [true, false] {
            let stacked = StackedRows::new(&view, items_are_sources);
            let plain = stacked.without_side();
            // 24 drugs, 18 diseases and 12 proteins: with and without proteins, rows are fewer or items are.
            for (rows, weight) in [(stacked, 0.3), (plain, 0.0)] {
                let equations = Equations::new(&rows, None, items_are_sources).unwrap();
                forms[usize::from(matches!(equations.form, Form::Rows { .. }))] += 1;
                let weights =
                    equations.solve(Settings { side: weight, similarity: 0.0, lambda: 2.0 }).unwrap();
                let expected = by_regression(&rows, weight, 2.0);
                let mut scores = vec![f32::NAN; 24];
                for target in 0..18 {
                    weights.fill(target as u32, &mut scores);
                    for (source, &found) in scores.iter().enumerate() {
                        let (user, item) =
                            if items_are_sources { (target, source) } else { (source, target) };
                        let expected = expected[(user, item)];
                        assert!((f64::from(found) - expected).abs() < 1e-5, "{found}, expected {expected}");
                    }
                }
            }
        }
        assert!(forms[0] > 0 && forms[1] > 0);
        let turned = turned_rows(&view);
        assert!(matches!(Equations::new(&turned, None, false).unwrap().form, Form::Rows { .. }));
    }

    /// Similarities that are products of rows give what these rows give where they are stacked.
    #[test]
    fn given_similarities_are_as_good_as_the_rows_whose_products_they_are() {
        let graph = example_graph();
        let split = Split::random(&graph, &example_task(&graph).unwrap(), 0.1, 0.2, 1).unwrap();
        let view = TrainView::new(&graph, &split).unwrap();
        for items_are_sources in [true, false] {
            let stacked = StackedRows::new(&view, items_are_sources);
            let n = stacked.train.columns() as usize;
            let x = Mat::from_fn(stacked.side.rows() as usize, n, |row, item| {
                f64::from(u8::from(stacked.side.contains(row as u32, item as u32)))
            });
            let similarity = x.transpose() * &x;
            let scores = |rows: &StackedRows, similarity, settings| {
                let weights =
                    Equations::new(rows, similarity, items_are_sources).unwrap().solve(settings).unwrap();
                let mut scores = vec![0.0; 18 * 24];
                for (target, row) in (0..).zip(scores.chunks_exact_mut(24)) {
                    weights.fill(target, row);
                }
                scores
            };
            let as_rows = scores(&stacked, None, Settings { side: 0.3, similarity: 0.0, lambda: 2.0 });
            let as_similarity = scores(
                &stacked.without_side(),
                Some(similarity),
                Settings { side: 0.0, similarity: 0.3, lambda: 2.0 },
            );
            for (one, other) in as_rows.iter().zip(as_similarity) {
                assert!((one - other).abs() < 1e-5, "{one} and {other}");
            }
        }
    }

    /// Few users of many items: the first five drugs as users of diseases.
    fn turned_rows(view: &TrainView) -> StackedRows {
        let train = Arc::new(view.target().forward.filter(|drug, _| drug < 5));
        let side = StackedRows::new(view, false).without_side().side;
        StackedRows { train, side }
    }

    #[test]
    fn few_users_of_many_items_are_solved_by_rows_on_the_targets_side_too() {
        let graph = example_graph();
        let split = Split::random(&graph, &example_task(&graph).unwrap(), 0.1, 0.2, 1).unwrap();
        let rows = turned_rows(&TrainView::new(&graph, &split).unwrap());
        let settings = Settings { side: 0.0, similarity: 0.0, lambda: 2.0 };
        let weights = Equations::new(&rows, None, false).unwrap().solve(settings).unwrap();
        let expected = by_regression(&rows, 0.0, 2.0);
        let mut scores = vec![f32::NAN; 24];
        for target in 0..18 {
            weights.fill(target as u32, &mut scores);
            for (user, &found) in scores.iter().enumerate() {
                assert!((f64::from(found) - expected[(user, target)]).abs() < 1e-5);
            }
        }
    }
}
