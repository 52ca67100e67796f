//! Named matrices in a safetensors file.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use theriac_graph::NamedTensor;

use crate::error::ModelError;

/// Writes matrices to a file, with texts about them.
///
/// # Errors
///
/// When it cannot be written.
pub(crate) fn write(
    path: &Path,
    tensors: &[NamedTensor],
    texts: Option<HashMap<String, String>>,
) -> Result<(), ModelError> {
    let tensors: Vec<(&str, Vec<usize>, Vec<u8>)> = tensors
        .iter()
        .map(|tensor| {
            let bytes = tensor.values.iter().flat_map(|value| value.to_le_bytes()).collect();
            (tensor.name.as_str(), vec![tensor.rows, tensor.columns], bytes)
        })
        .collect();
    let problem = |error: safetensors::SafeTensorError| ModelError::Checkpoint {
        path: path.into(),
        problem: error.to_string(),
    };
    let views = tensors
        .iter()
        .map(|(name, shape, bytes)| Ok((*name, TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
        .map_err(problem)?;
    let bytes = serialize(views, texts).map_err(problem)?;
    fs::write(path, bytes).map_err(|source| ModelError::Io { path: path.into(), source })
}

/// Reads the matrices of a file, and the texts about them.
///
/// # Errors
///
/// When it is missing or damaged, or holds something other than matrices of finite numbers.
pub(crate) fn read(path: &Path) -> Result<(Vec<NamedTensor>, HashMap<String, String>), ModelError> {
    let bytes = fs::read(path).map_err(|source| ModelError::Io { path: path.into(), source })?;
    let problem = |problem: String| ModelError::Checkpoint { path: path.into(), problem };
    let no_file = |error| problem(format!("it is not a safetensors file ({error})"));
    let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(no_file)?;
    let texts = metadata.metadata().clone().unwrap_or_default();
    let file = SafeTensors::deserialize(&bytes).map_err(no_file)?;
    let mut tensors = Vec::with_capacity(file.len());
    for (name, view) in file.tensors() {
        let [rows, columns] = view.shape()[..] else {
            return Err(problem(format!("tensor '{name}' has shape {:?}; expected a matrix", view.shape())));
        };
        if view.dtype() != Dtype::F32 {
            return Err(problem(format!("tensor '{name}' is {:?}; expected F32", view.dtype())));
        }
        let values: Vec<f32> =
            view.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        if let Some(value) = values.iter().find(|value| !value.is_finite()) {
            return Err(problem(format!("tensor '{name}' holds {value}; expected finite numbers")));
        }
        tensors.push(NamedTensor { name, rows, columns, values });
    }
    tensors.sort_by(|a, b| a.name.cmp(&b.name));
    Ok((tensors, texts))
}
