//! `features/<type>.safetensors`: the feature matrix of one node type.

use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::manifest::NodeTypeEntry;
use super::{in_file, unreadable, write_new};
use crate::error::GraphError;
use crate::nodes::{FeatureMatrix, NodeTable};

/// Writes the features of a table, where it has any.
pub(super) fn write(path: &Path, table: &NodeTable) -> Result<(), GraphError> {
    let Some(features) = &table.features else { return Ok(()) };
    let bytes: Vec<u8> = features.values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let encoded = TensorView::new(Dtype::F32, vec![table.len(), features.dim], &bytes)
        .and_then(|tensor| safetensors::serialize([(&features.name, tensor)], None));
    write_new(path, &encoded.map_err(|error| in_file(path.into(), &error))?)
}

/// The features that `graph.json` says the node type has.
pub(super) fn read(path: &Path, entry: &NodeTypeEntry) -> Result<Option<FeatureMatrix>, GraphError> {
    let Some(shape) = &entry.features else { return Ok(None) };
    let bytes = std::fs::read(path).map_err(|source| unreadable(path, source))?;
    let wrong = |problem: String| GraphError::Bundle { path: path.into(), problem };
    let file = SafeTensors::deserialize(&bytes).map_err(|error| wrong(error.to_string()))?;
    let Ok(tensor) = file.tensor(&shape.name) else {
        let mut found = file.names();
        found.sort_unstable();
        return Err(wrong(format!(
            "there is no tensor '{}'; the tensors are {}",
            shape.name,
            found.join(", ")
        )));
    };
    if tensor.dtype() != Dtype::F32 || tensor.shape() != [entry.nodes, shape.dim] {
        return Err(wrong(format!(
            "tensor '{}' is {:?} {:?}; graph.json says F32 [{}, {}]",
            shape.name,
            tensor.dtype(),
            tensor.shape(),
            entry.nodes,
            shape.dim
        )));
    }
    let values = tensor.data().as_chunks().0.iter().map(|&value| f32::from_le_bytes(value)).collect();
    Ok(Some(FeatureMatrix { name: shape.name.clone(), dim: shape.dim, values }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::FeatureShape;

    fn written() -> (tempfile::TempDir, std::path::PathBuf, NodeTable) {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("drug.safetensors");
        let mut table = NodeTable::new("drug", vec!["a".into(), "b".into()], vec!["A".into(), "B".into()]);
        let values = vec![0.5, -0.0, f32::MIN_POSITIVE, 3.0, 1e30, -7.25];
        table.features = Some(FeatureMatrix { name: "similarity".into(), dim: 3, values });
        write(&path, &table).unwrap();
        (place, path, table)
    }

    fn entry(nodes: usize, name: &str, dim: usize) -> NodeTypeEntry {
        let features = Some(FeatureShape { name: name.into(), dim });
        NodeTypeEntry { node_type: "drug".into(), nodes, features }
    }

    #[test]
    fn values_come_back_bit_for_bit() {
        let (_place, path, table) = written();
        let read = read(&path, &entry(2, "similarity", 3)).unwrap().unwrap();
        let bits = |features: &FeatureMatrix| features.values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&read), bits(&table.features.unwrap()));
    }

    #[test]
    fn a_tensor_that_is_not_as_described_is_refused() {
        let (_place, path, _) = written();
        let refusal = |entry| {
            let error = read(&path, &entry).unwrap_err().to_string();
            error.split_once("drug.safetensors: ").unwrap().1.to_owned()
        };
        assert_eq!(
            refusal(entry(2, "fingerprint", 3)),
            "there is no tensor 'fingerprint'; the tensors are similarity"
        );
        assert_eq!(
            refusal(entry(3, "similarity", 2)),
            "tensor 'similarity' is F32 [2, 3]; graph.json says F32 [3, 2]"
        );
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert!(read(&path, &entry(2, "similarity", 3)).is_err());
        std::fs::remove_file(&path).unwrap();
        assert!(refusal(entry(2, "similarity", 3)).starts_with("the file is missing"));
    }
}
