//! The parameters of a network: stacked tensors whose parts have names.

use burn::tensor::{Device, Tensor, TensorData};
use rand::{Rng, RngExt};
use theriac_graph::NamedTensor;

/// How the values of a part begin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Initial {
    /// Standard normal times this.
    Normal(f32),
    /// Uniform between this and its negative.
    Uniform(f32),
    /// All the same.
    Constant(f32),
}

impl Initial {
    /// Uniform within `1 / sqrt(inputs)`, as PyTorch's `Linear` begins.
    pub fn linear(inputs: usize) -> Self {
        Self::Uniform(1.0 / (inputs.max(1) as f32).sqrt())
    }

    fn draw(self, rng: &mut dyn Rng) -> f32 {
        match self {
            Self::Normal(scale) => scale * standard_normal(rng),
            Self::Uniform(bound) => rng.random_range(-bound..bound),
            Self::Constant(value) => value,
        }
    }
}

/// A parameter as it is declared: parts of one width, stacked.
#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    /// Number of columns of every part.
    pub columns: usize,
    /// Name, number of rows and beginning of each part, top to bottom.
    pub parts: Vec<(String, usize, Initial)>,
}

impl Stack {
    /// A parameter of one part.
    pub fn single(name: String, rows: usize, columns: usize, initial: Initial) -> Self {
        Self { columns, parts: vec![(name, rows, initial)] }
    }

    fn rows(&self) -> usize {
        self.parts.iter().map(|(_, rows, _)| rows).sum()
    }

    fn tensor(&self, values: Vec<f32>, device: &Device) -> Tensor<2> {
        Tensor::from_data(TensorData::new(values, [self.rows(), self.columns]), device)
    }

    /// A tensor of this shape as plain numbers, cut into its parts.
    pub fn named(&self, tensor: &Tensor<2>) -> Vec<NamedTensor> {
        let values = floats(tensor.clone());
        let mut rest = values.as_slice();
        let mut named = Vec::with_capacity(self.parts.len());
        for (name, rows, _) in &self.parts {
            let (own, after) = rest.split_at(rows * self.columns);
            rest = after;
            let (name, rows) = (name.clone(), *rows);
            named.push(NamedTensor { name, rows, columns: self.columns, values: own.to_vec() });
        }
        named
    }

    /// The tensor that [`Stack::named`] cut.
    ///
    /// # Errors
    ///
    /// One sentence that names the first part that is missing or has another shape than was declared.
    pub fn from_named(&self, named: &[NamedTensor], device: &Device) -> Result<Tensor<2>, String> {
        let mut values = Vec::with_capacity(self.rows() * self.columns);
        for (name, rows, _) in &self.parts {
            let tensor = named
                .iter()
                .find(|tensor| tensor.name == *name)
                .ok_or_else(|| format!("tensor '{name}' is missing"))?;
            if (tensor.rows, tensor.columns) != (*rows, self.columns) {
                return Err(format!(
                    "tensor '{name}' is [{}, {}]; expected [{rows}, {}]",
                    tensor.rows, tensor.columns, self.columns
                ));
            }
            values.extend_from_slice(&tensor.values);
        }
        Ok(self.tensor(values, device))
    }
}

/// Stacked tensors, in the order in which they were declared.
#[derive(Clone, Debug)]
pub struct Parameters {
    /// As they were declared.
    pub stacks: Vec<Stack>,
    /// One for each declared parameter: `[rows of all parts, columns]`.
    pub tensors: Vec<Tensor<2>>,
}

impl Parameters {
    /// Fresh parameters on a device; they are drawn in the order of their declaration.
    pub fn new(stacks: Vec<Stack>, rng: &mut dyn Rng, device: &Device) -> Self {
        let tensors = stacks.iter().map(|stack| {
            let draws = stack
                .parts
                .iter()
                .flat_map(|(_, rows, initial)| std::iter::repeat_n(*initial, rows * stack.columns));
            stack.tensor(draws.map(|initial| initial.draw(rng)).collect(), device)
        });
        let tensors = tensors.collect();
        Self { stacks, tensors }
    }

    /// Parameters from the tensors that [`Parameters::named`] gave.
    ///
    /// # Errors
    ///
    /// One sentence that names the first tensor that is missing or has another shape than was declared.
    pub fn from_named(stacks: Vec<Stack>, named: &[NamedTensor], device: &Device) -> Result<Self, String> {
        let tensors = stacks.iter().map(|stack| stack.from_named(named, device));
        let tensors = tensors.collect::<Result<_, String>>()?;
        Ok(Self { stacks, tensors })
    }

    /// The parameters as plain numbers, cut into their parts.
    pub fn named(&self) -> Vec<NamedTensor> {
        self.stacks.iter().zip(&self.tensors).flat_map(|(stack, tensor)| stack.named(tensor)).collect()
    }
}

/// The numbers of a tensor, row by row.
pub fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("every tensor here is f32")
}

/// A draw from the standard normal distribution (Box and Muller, 1958).
fn standard_normal(rng: &mut dyn Rng) -> f32 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    (radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()) as f32
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    fn stacks() -> Vec<Stack> {
        let parts = vec![
            ("drug".to_owned(), 3, Initial::Normal(1.0)),
            ("disease".to_owned(), 2, Initial::Constant(0.5)),
        ];
        vec![Stack { columns: 4, parts }, Stack::single("bias".into(), 1, 2, Initial::linear(4))]
    }

    #[test]
    fn what_is_named_is_read_back_and_what_does_not_fit_is_said() {
        let device = Device::flex();
        let parameters = Parameters::new(stacks(), &mut StdRng::seed_from_u64(1), &device);
        let mut named = parameters.named();
        assert_eq!(
            named.iter().map(|part| part.name.as_str()).collect::<Vec<_>>(),
            ["drug", "disease", "bias"]
        );
        assert_eq!(named[1].values, [0.5; 8]);
        assert!(named[2].values.iter().all(|value| value.abs() <= 0.5));
        assert_eq!(Parameters::from_named(stacks(), &named, &device).unwrap().named(), named);
        named[1].rows = 1;
        let error = Parameters::from_named(stacks(), &named, &device).unwrap_err();
        assert_eq!(error, "tensor 'disease' is [1, 4]; expected [2, 4]");
        named.remove(0);
        let error = Parameters::from_named(stacks(), &named, &device).unwrap_err();
        assert_eq!(error, "tensor 'drug' is missing");
    }
}
