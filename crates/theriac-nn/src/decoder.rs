//! Decoders: from the embeddings of a pair to its logit.

use std::sync::Arc;

use burn::tensor::{Int, Tensor, TensorData, activation};
use serde::{Deserialize, Serialize};

use crate::kernels::PairRows;
use crate::ops::pair_dot;
use crate::parameters::{Initial, Stack};

/// What a decoder is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DecoderConfig {
    /// How the two embeddings of a pair become one number.
    pub kind: DecoderKind,
    /// Whether each node has a bias of its own: popularity, modelled apart from all else.
    pub popularity: bool,
    /// What the counts of paths between the two nodes add.
    pub structure: DecoderStructure,
}

impl Default for DecoderConfig {
    fn default() -> Self {
        Self { kind: DecoderKind::Dot, popularity: false, structure: DecoderStructure::None }
    }
}

impl DecoderConfig {
    /// Number of columns, at the end of both rows of [`DecodedEnds`], that stand for popularity.
    pub fn popularity_columns(&self) -> usize {
        if self.popularity { 2 } else { 0 }
    }
}

/// What counts of paths between the nodes of a pair add to its logit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DecoderStructure {
    /// Nothing.
    None,
    /// A weighted sum of them.
    Linear,
    /// A layer over them, rectified, and a linear one.
    Mlp,
}

/// Hidden columns of [`DecoderStructure::Mlp`].
const STRUCTURE_HIDDEN: usize = 32;

/// How the two embeddings of a pair become one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DecoderKind {
    /// Their dot product.
    Dot,
    /// `s M t` with a full matrix.
    Bilinear,
    /// `s M t` with a diagonal matrix (Yang et al. 2015).
    DistMult,
    /// The same over complex numbers, so that the order of the two matters (Trouillon et al. 2016).
    ComplEx,
    /// A layer over both, rectified, and a linear one.
    Mlp,
}

/// A decoder for one relation. Like the encoder it declares its parameters and is given them.
#[derive(Clone, Debug)]
pub struct Decoder {
    config: DecoderConfig,
    width: usize,
    nodes: (usize, usize),
    /// Counts of paths to a pair.
    counts: usize,
}

/// What a decoder makes of the embeddings at both ends, before it looks at pairs. A pair's logit is the dot product of its two
/// rows, or what the last layer of a perceptron makes of their rectified sum.
#[derive(Clone, Debug)]
pub struct DecodedEnds {
    /// `[source rows, columns]`.
    pub sources: Tensor<2>,
    /// `[target rows, columns]`.
    pub targets: Tensor<2>,
    /// The last layer of a perceptron: `[columns, 1]`.
    pub output: Option<Tensor<2>>,
}

impl Decoder {
    /// A decoder of embeddings of `width` columns for a relation between as many sources and targets; each pair comes with so
    /// many `counts` of paths, 0 where structure adds nothing.
    pub fn new(config: &DecoderConfig, width: usize, nodes: (usize, usize), counts: usize) -> Self {
        Self { config: config.clone(), width, nodes, counts }
    }

    /// Whether what two embeddings add to a pair's logit is their dot product as they are.
    pub fn is_plain(&self) -> bool {
        self.config.kind == DecoderKind::Dot && !self.config.popularity
    }

    /// Whether a pair's logit is the dot product of two rows and nothing else.
    pub fn is_factored(&self) -> bool {
        self.config.kind != DecoderKind::Mlp
    }

    /// Number of columns, at the end of both rows, that stand for popularity.
    pub fn popularity_columns(&self) -> usize {
        self.config.popularity_columns()
    }

    /// The parameters, in the order in which they are to be given.
    pub fn stacks(&self) -> Vec<Stack> {
        let single = |name: &str, rows, columns, initial| {
            Stack::single(format!("decoder.{name}"), rows, columns, initial)
        };
        let (width, linear) = (self.width, Initial::linear(self.width));
        let mut stacks = match self.config.kind {
            DecoderKind::Dot => Vec::new(),
            DecoderKind::Bilinear => vec![single("weight", width, width, linear)],
            DecoderKind::DistMult => vec![single("diagonal", 1, width, Initial::Constant(1.0))],
            DecoderKind::ComplEx => vec![
                single("real", 1, width / 2, Initial::Constant(1.0)),
                single("imaginary", 1, width / 2, Initial::Normal(0.1)),
            ],
            DecoderKind::Mlp => vec![
                single("source.weight", width, width, linear),
                single("target.weight", width, width, linear),
                single("bias", 1, width, linear),
                single("output", width, 1, linear),
            ],
        };
        if self.config.popularity {
            stacks.push(single("popularity.sources", self.nodes.0, 1, Initial::Constant(0.0)));
            stacks.push(single("popularity.targets", self.nodes.1, 1, Initial::Constant(0.0)));
        }
        let inputs = Initial::linear(self.counts);
        match self.structure() {
            DecoderStructure::None => {}
            DecoderStructure::Linear => {
                stacks.push(single("structure.weight", self.counts, 1, inputs));
                stacks.push(single("structure.bias", 1, 1, inputs));
            }
            DecoderStructure::Mlp => {
                stacks.push(single("structure.weight", self.counts, STRUCTURE_HIDDEN, inputs));
                stacks.push(single("structure.bias", 1, STRUCTURE_HIDDEN, inputs));
                stacks.push(single(
                    "structure.output",
                    STRUCTURE_HIDDEN,
                    1,
                    Initial::linear(STRUCTURE_HIDDEN),
                ));
            }
        }
        stacks
    }

    fn structure(&self) -> DecoderStructure {
        if self.counts == 0 { DecoderStructure::None } else { self.config.structure }
    }

    fn kind_parameters(&self) -> usize {
        match self.config.kind {
            DecoderKind::Dot => 0,
            DecoderKind::Bilinear | DecoderKind::DistMult => 1,
            DecoderKind::ComplEx => 2,
            DecoderKind::Mlp => 4,
        }
    }

    /// What the decoder makes of both ends' embeddings. `nodes` are the nodes of the rows, where they are not all in order.
    pub fn ends(
        &self,
        parameters: &[Tensor<2>],
        sources: Tensor<2>,
        targets: Tensor<2>,
        nodes: Option<(&[u32], &[u32])>,
    ) -> DecodedEnds {
        let mut output = None;
        let (mut sources, mut targets) = match self.config.kind {
            DecoderKind::Dot => (sources, targets),
            DecoderKind::Bilinear => (sources.matmul(parameters[0].clone()), targets),
            DecoderKind::DistMult => (sources * parameters[0].clone(), targets),
            DecoderKind::ComplEx => {
                let half = self.width / 2;
                let (real, imaginary) = (sources.clone().narrow(1, 0, half), sources.narrow(1, half, half));
                let [r, i] = [parameters[0].clone(), parameters[1].clone()];
                // Re(s r conj(t)) = Re(s r) Re(t) + Im(s r) Im(t).
                let turned_real = real.clone() * r.clone() - imaginary.clone() * i.clone();
                let turned_imaginary = real * i + imaginary * r;
                (Tensor::cat(vec![turned_real, turned_imaginary], 1), targets)
            }
            DecoderKind::Mlp => {
                output = Some(parameters[3].clone());
                (
                    sources.matmul(parameters[0].clone()) + parameters[2].clone(),
                    targets.matmul(parameters[1].clone()),
                )
            }
        };
        if self.config.popularity {
            let first = self.kind_parameters();
            let own = |table: &Tensor<2>, nodes: Option<&[u32]>| match nodes {
                None => table.clone(),
                Some(nodes) => table.clone().select(0, indices(nodes, table)),
            };
            let by_source = own(&parameters[first], nodes.map(|nodes| nodes.0));
            let by_target = own(&parameters[first + 1], nodes.map(|nodes| nodes.1));
            let (ones_source, ones_target) = (by_source.ones_like(), by_target.ones_like());
            sources = Tensor::cat(vec![sources, by_source, ones_source], 1);
            targets = Tensor::cat(vec![targets, ones_target, by_target], 1);
        }
        DecodedEnds { sources, targets, output }
    }

    /// What the counts of paths of some pairs, `[pairs, counts]`, add to their logits: `[pairs]`; `None` where it is nothing.
    pub fn of_structure(&self, parameters: &[Tensor<2>], counts: Tensor<2>) -> Option<Tensor<1>> {
        let structure = self.structure();
        if structure == DecoderStructure::None {
            return None;
        }
        let own = &parameters[self.kind_parameters() + self.popularity_columns()..];
        let layer = counts.matmul(own[0].clone()) + own[1].clone();
        let logits = match structure {
            DecoderStructure::Mlp => activation::relu(layer).matmul(own[2].clone()),
            _ => layer,
        };
        Some(logits.squeeze_dim(1))
    }

    /// The logits of pairs, which are rows of both ends, without what structure adds: `[pairs]`.
    pub fn logits(&self, ends: &DecodedEnds, pairs: &EndPairs) -> Tensor<1> {
        let table = |sources: Tensor<2>, targets: Tensor<2>| {
            pair_dot(Tensor::cat(vec![sources, targets], 0), Arc::clone(&pairs.stacked))
        };
        let (sources, targets) = (ends.sources.clone(), ends.targets.clone());
        match &ends.output {
            None => table(sources, targets),
            Some(output) => {
                let width = self.width;
                let side = |side: &Tensor<2>, rows: &[u32]| {
                    side.clone().narrow(1, 0, width).select(0, indices(rows, side))
                };
                let hidden = side(&sources, &pairs.sources) + side(&targets, &pairs.targets);
                let logits = activation::relu(hidden).matmul(output.clone()).squeeze_dim::<1>(1);
                if self.config.popularity {
                    logits + table(sources.narrow(1, width, 2), targets.narrow(1, width, 2))
                } else {
                    logits
                }
            }
        }
    }
}

/// Pairs as rows of both ends.
#[derive(Clone, Debug)]
pub struct EndPairs {
    sources: Vec<u32>,
    targets: Vec<u32>,
    /// The same in the table of sources over targets.
    stacked: Arc<PairRows>,
}

impl EndPairs {
    /// Pairs of rows counted within their types; `starts` are the first rows of both ends in the one table that holds them:
    /// that of [`DecodedEnds`] has the sources first, then the targets.
    pub fn new(pairs: impl Iterator<Item = (u32, u32)>, starts: (usize, usize)) -> Self {
        let (sources, targets): (Vec<u32>, Vec<u32>) = pairs.unzip();
        let moved = |rows: &[u32], start: usize| rows.iter().map(|row| row + start as u32).collect();
        let stacked = PairRows::new(moved(&sources, starts.0), starts.0, moved(&targets, starts.1), starts.1);
        Self { sources, targets, stacked: Arc::new(stacked) }
    }

    /// The pairs as rows of the one table.
    pub fn stacked(&self) -> Arc<PairRows> {
        Arc::clone(&self.stacked)
    }

    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.sources.len()
    }

    /// Whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }
}

fn indices(rows: &[u32], like: &Tensor<2>) -> Tensor<1, Int> {
    let rows: Vec<i32> = rows.iter().map(|&row| row as i32).collect();
    let count = rows.len();
    Tensor::from_data(TensorData::new(rows, [count]), &like.device())
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::parameters::floats;
    use crate::testing::{check_gradients, random};

    const WIDTH: usize = 4;
    const PAIRS: [(u32, u32); 4] = [(0, 1), (2, 0), (1, 1), (2, 1)];

    fn decoders() -> Vec<Decoder> {
        use DecoderKind::{Bilinear, ComplEx, DistMult, Dot, Mlp};
        let kinds = [Dot, Bilinear, DistMult, ComplEx, Mlp];
        let both = kinds.into_iter().flat_map(|kind| [(kind, false), (kind, true)]);
        let configs =
            both.map(|(kind, popularity)| DecoderConfig { kind, popularity, ..DecoderConfig::default() });
        configs.map(|config| Decoder::new(&config, WIDTH, (3, 2), 0)).collect()
    }

    /// Sources `[3, 4]`, targets `[2, 4]`, then the decoder's parameters.
    fn inputs(decoder: &Decoder) -> Vec<Tensor<2>> {
        let mut rng = StdRng::seed_from_u64(6);
        let mut inputs = vec![random(&mut rng, 3, WIDTH), random(&mut rng, 2, WIDTH)];
        for stack in decoder.stacks() {
            inputs.push(random(&mut rng, stack.parts[0].1, stack.columns));
        }
        inputs
    }

    fn logits(decoder: &Decoder, inputs: &[Tensor<2>], nodes: Option<(&[u32], &[u32])>) -> Tensor<1> {
        let ends = decoder.ends(&inputs[2..], inputs[0].clone(), inputs[1].clone(), nodes);
        decoder.logits(&ends, &EndPairs::new(PAIRS.into_iter(), (0, 3)))
    }

    /// The logit of a pair, written out.
    fn by_hand(decoder: &Decoder, inputs: &[Tensor<2>], (source, target): (u32, u32)) -> f32 {
        let row = |table: usize, row: u32| {
            let columns = inputs[table].dims()[1];
            floats(inputs[table].clone())[row as usize * columns..][..columns].to_vec()
        };
        let (s, t) = (row(0, source), row(1, target));
        let dot = |a: &[f32], b: &[f32]| -> f32 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
        let times = |vector: &[f32], table: usize| -> Vec<f32> {
            let [rows, columns] = inputs[table].dims();
            let column = |c: usize| (0..rows).map(|r| vector[r] * row(table, r as u32)[c]).sum();
            (0..columns).map(column).collect()
        };
        let kind = match decoder.config.kind {
            DecoderKind::Dot => dot(&s, &t),
            DecoderKind::Bilinear => dot(&times(&s, 2), &t),
            DecoderKind::DistMult => (0..WIDTH).map(|c| s[c] * row(2, 0)[c] * t[c]).sum(),
            DecoderKind::ComplEx => {
                let (real, imaginary) = (row(2, 0), row(3, 0));
                let part = |c: usize| {
                    let (re, im) = (real[c], imaginary[c]);
                    // The real part of a product of three complex numbers, the last conjugated.
                    (s[c] * re - s[c + 2] * im) * t[c] + (s[c] * im + s[c + 2] * re) * t[c + 2]
                };
                part(0) + part(1)
            }
            DecoderKind::Mlp => {
                let (left, right, bias, out) = (times(&s, 2), times(&t, 3), row(4, 0), inputs[5].clone());
                let out = floats(out);
                (0..WIDTH).map(|c| (left[c] + right[c] + bias[c]).max(0.0) * out[c]).sum()
            }
        };
        let first = 2 + decoder.kind_parameters();
        let popularity =
            if decoder.config.popularity { row(first, source)[0] + row(first + 1, target)[0] } else { 0.0 };
        kind + popularity
    }

    #[test]
    fn every_decoder_is_as_by_hand_and_its_gradients_are_right() {
        for decoder in decoders() {
            let inputs = inputs(&decoder);
            for (found, pair) in floats(logits(&decoder, &inputs, None)).into_iter().zip(PAIRS) {
                let expected = by_hand(&decoder, &inputs, pair);
                assert!((found - expected).abs() < 1e-5, "{:?}: {found} for {expected}", decoder.config);
            }
            check_gradients(&inputs, |inputs| logits(&decoder, inputs, None).unsqueeze_dim(1));
        }
    }

    #[test]
    fn rows_in_another_order_take_the_popularity_of_their_nodes() {
        let config = DecoderConfig { popularity: true, ..DecoderConfig::default() };
        let decoder = Decoder::new(&config, WIDTH, (3, 2), 0);
        let inputs = inputs(&decoder);
        let moved = logits(&decoder, &inputs, Some((&[2, 1, 0], &[1, 0])));
        let zero = Decoder { config: DecoderConfig { popularity: false, ..config }, ..decoder.clone() };
        let plain = floats(logits(&zero, &inputs, None));
        let of = |table: usize, node: usize| floats(inputs[table].clone())[node];
        for ((found, plain), (source, target)) in floats(moved).into_iter().zip(plain).zip(PAIRS) {
            let expected = plain + of(2, 2 - source as usize) + of(3, 1 - target as usize);
            assert!((found - expected).abs() < 1e-5, "{found} for {expected}");
        }
    }

    #[test]
    fn structure_is_as_by_hand_and_its_gradients_are_right() {
        for structure in [DecoderStructure::Linear, DecoderStructure::Mlp] {
            let config = DecoderConfig { kind: DecoderKind::ComplEx, popularity: true, structure };
            let decoder = Decoder::new(&config, WIDTH, (3, 2), 3);
            let mut inputs = inputs(&decoder);
            let mut rng = StdRng::seed_from_u64(8);
            let counts = random(&mut rng, 4, 3);
            let of = |inputs: &[Tensor<2>]| decoder.of_structure(&inputs[2..], counts.clone()).unwrap();
            let first = 2 + decoder.kind_parameters() + 2;
            if structure == DecoderStructure::Mlp {
                // Half of the hidden columns are rectified, and none is near the kink.
                let far = (0..STRUCTURE_HIDDEN).map(|h| if h % 2 == 0 { 5.0f32 } else { -5.0 });
                let data = TensorData::new(far.collect::<Vec<_>>(), [1, STRUCTURE_HIDDEN]);
                inputs[first + 1] = Tensor::from_data(data, &counts.device());
            }
            let own: Vec<Vec<f32>> = inputs[first..].iter().map(|tensor| floats(tensor.clone())).collect();
            let hidden = own[1].len();
            for (found, row) in floats(of(&inputs)).into_iter().zip(floats(counts.clone()).chunks_exact(3)) {
                let column =
                    |h: usize| (0..3).map(|k| row[k] * own[0][k * hidden + h]).sum::<f32>() + own[1][h];
                let expected = match own.get(2) {
                    None => column(0),
                    Some(output) => (0..hidden).map(|h| column(h).max(0.0) * output[h]).sum(),
                };
                assert!((found - expected).abs() < 1e-5, "{structure:?}: {found} for {expected}");
            }
            check_gradients(&inputs[first..], |own| of(&[&inputs[..first], own].concat()).unsqueeze_dim(1));
        }
        let none = Decoder::new(&DecoderConfig::default(), WIDTH, (3, 2), 3);
        assert!(none.of_structure(&[], random(&mut StdRng::seed_from_u64(8), 4, 3)).is_none());
    }
}
