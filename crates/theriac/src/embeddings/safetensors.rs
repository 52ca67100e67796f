//! safetensors: one tensor `[n_nodes, dim]` of 32-bit floats for each node type, by the name of the type.

use std::io::{self, Write};

use safetensors::tensor::{Dtype, TensorView, serialize};

use super::Embedded;

pub(super) fn write(mut out: impl Write, types: &[Embedded<'_>]) -> io::Result<()> {
    let bytes: Vec<Vec<u8>> = types
        .iter()
        .map(|(embeddings, _)| embeddings.values.iter().flat_map(|value| value.to_le_bytes()).collect())
        .collect();
    let tensors = types.iter().zip(&bytes).map(|((embeddings, _), bytes)| {
        let shape = vec![embeddings.nodes(), embeddings.dim];
        Ok((embeddings.node_type.as_str(), TensorView::new(Dtype::F32, shape, bytes)?))
    });
    let tensors: Vec<(&str, TensorView<'_>)> =
        tensors.collect::<Result<_, safetensors::SafeTensorError>>().map_err(io::Error::other)?;
    out.write_all(&serialize(tensors, None).map_err(io::Error::other)?)?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use safetensors::SafeTensors;

    use super::super::tests::sample;
    use super::*;

    #[test]
    fn every_type_is_a_tensor() {
        let sample = sample();
        let types = sample.each_ref().map(|(embeddings, table)| (embeddings, table));
        let mut bytes = Vec::new();
        write(&mut bytes, &types).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        for (embeddings, table) in types {
            let tensor = file.tensor(&table.node_type).unwrap();
            assert_eq!(tensor.shape(), [table.len(), 2]);
            let values: Vec<f32> =
                tensor.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            assert_eq!(values, embeddings.values);
        }
    }
}
