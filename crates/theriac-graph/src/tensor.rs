//! Matrices with names: what is learned, as plain numbers.

/// A matrix that means something by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedTensor {
    /// `embedding.drug`, `layers.0.drug:treats:disease.weight`, `layers.0.disease.bias`.
    pub name: String,
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub columns: usize,
    /// Row by row: `[rows * columns]`.
    pub values: Vec<f32>,
}

impl NamedTensor {
    /// A matrix of these values, as many to a row as `columns` says.
    ///
    /// # Panics
    ///
    /// When the values do not fill their last row.
    pub fn new(name: impl Into<String>, columns: usize, values: Vec<f32>) -> Self {
        let rows = values.len() / columns.max(1);
        assert_eq!(rows * columns, values.len(), "values fill their rows");
        Self { name: name.into(), rows, columns, values }
    }

    /// A single row.
    pub fn row(name: impl Into<String>, values: Vec<f32>) -> Self {
        Self { name: name.into(), rows: 1, columns: values.len(), values }
    }

    /// The same matrix under its name with `prefix` before it.
    #[must_use]
    pub fn prefixed(self, prefix: &str) -> Self {
        Self { name: format!("{prefix}{}", self.name), ..self }
    }
}

/// Matrices to take out by name.
#[derive(Clone, Debug, Default)]
pub struct NamedTensors(Vec<NamedTensor>);

impl NamedTensors {
    /// Those to take from.
    pub fn new(tensors: Vec<NamedTensor>) -> Self {
        Self(tensors)
    }

    /// Takes out those whose names begin so, under what is left of their names.
    #[must_use]
    pub fn under(&mut self, prefix: &str) -> Self {
        let (own, others) =
            std::mem::take(&mut self.0).into_iter().partition(|tensor| tensor.name.starts_with(prefix));
        self.0 = others;
        let renamed =
            |tensor: NamedTensor| NamedTensor { name: tensor.name[prefix.len()..].into(), ..tensor };
        Self(<Vec<NamedTensor>>::into_iter(own).map(renamed).collect())
    }

    /// Takes one out.
    ///
    /// # Errors
    ///
    /// One sentence when there is none of this name.
    pub fn take(&mut self, name: &str) -> Result<NamedTensor, String> {
        let place = self.0.iter().position(|tensor| tensor.name == name);
        place.map(|place| self.0.swap_remove(place)).ok_or_else(|| format!("tensor '{name}' is missing"))
    }

    /// Takes one of this shape out, and gives its values.
    ///
    /// # Errors
    ///
    /// One sentence when there is none of this name, or it has another shape.
    pub fn take_shaped(&mut self, name: &str, rows: usize, columns: usize) -> Result<Vec<f32>, String> {
        let tensor = self.take(name)?;
        if (tensor.rows, tensor.columns) == (rows, columns) {
            return Ok(tensor.values);
        }
        Err(format!("tensor '{name}' is [{}, {}]; expected [{rows}, {columns}]", tensor.rows, tensor.columns))
    }

    /// Takes out a single row of these many values.
    ///
    /// # Errors
    ///
    /// Those of [`NamedTensors::take_shaped`].
    pub fn take_row<const N: usize>(&mut self, name: &str) -> Result<[f32; N], String> {
        let values = self.take_shaped(name, 1, N)?;
        values.try_into().map_err(|_| format!("tensor '{name}' is not {N} values"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_gone_and_shapes_are_checked() {
        let tensors = vec![
            NamedTensor::new("a/x", 2, vec![1.0; 6]),
            NamedTensor::row("a/y", vec![1.0, 2.0]),
            NamedTensor::row("b", vec![3.0]),
        ];
        let mut all = NamedTensors::new(tensors);
        let mut own = all.under("a/");
        assert_eq!(own.take_row::<2>("y"), Ok([1.0, 2.0]));
        assert_eq!(own.take("y"), Err("tensor 'y' is missing".into()));
        assert_eq!(own.take_shaped("x", 2, 3), Err("tensor 'x' is [3, 2]; expected [2, 3]".into()));
        assert_eq!(all.take_row::<1>("b"), Ok([3.0]));
    }
}
