//! `NumPy`: one matrix `[n_nodes, dim]` of 32-bit floats for each type given, one after another; `numpy.load` reads the first.

use std::io::{self, Write};

use npyz::{WriteOptions, WriterBuilder};

use super::Embedded;

pub(super) fn write(mut out: impl Write, types: &[Embedded<'_>]) -> io::Result<()> {
    for (embeddings, _) in types {
        let shape = [embeddings.nodes() as u64, embeddings.dim as u64];
        let mut writer =
            WriteOptions::<f32>::new().default_dtype().shape(&shape).writer(&mut out).begin_nd()?;
        writer.extend(embeddings.values.iter().copied())?;
        writer.finish()?;
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;
    use super::*;

    #[test]
    fn values_come_back_bit_for_bit() {
        let [(embeddings, table), _] = sample();
        let mut bytes = Vec::new();
        write(&mut bytes, &[(&embeddings, &table)]).unwrap();
        let file = npyz::NpyFile::new(&bytes[..]).unwrap();
        assert_eq!(file.shape(), [2, 2]);
        assert_eq!(file.into_vec::<f32>().unwrap(), embeddings.values);
    }
}
