//! Folding all texts of a graph, and sorting them.

use std::ops::Range;

use rayon::prelude::*;

use super::highlight::folded_len;
use super::word_starts::{AHEAD, END, WordStarts};
use super::{NameIndex, NameSource, Text, texts_of};
use crate::graph::Graph;
use crate::lookup::{folded_chars, local_part, words};
use crate::stats::degrees;

/// Nodes that one thread folds at a time.
const BLOCK: usize = 1024;

/// The texts of a block of nodes.
#[derive(Default)]
struct Block {
    folded: String,
    /// First bytes of the words, from the start of their text.
    words: Vec<u32>,
    drafts: Vec<Draft>,
}

/// A text of a block, before all are sorted.
struct Draft {
    text: Text,
    /// The shorter the text and the more edges its node has, the smaller.
    preference: u64,
    /// Its part of the folded block.
    bytes: Range<usize>,
    /// Its part of the words of the block.
    words: Range<usize>,
    /// First byte of the part after the prefix of an id, from the start of the text.
    local: Option<u32>,
}

/// The index of a graph.
pub(super) fn build(graph: &Graph) -> NameIndex {
    let degrees = degrees(graph);
    let parts: Vec<(usize, usize, &[usize])> = degrees
        .iter()
        .enumerate()
        .flat_map(|(node_type, degrees)| {
            let blocks = degrees.chunks(BLOCK).enumerate();
            blocks.map(move |(block, degrees)| (node_type, block * BLOCK, degrees))
        })
        .collect();
    let blocks: Vec<Block> = parts
        .into_par_iter()
        .map(|(node_type, first, degrees)| fold_block(graph, node_type, first, degrees))
        .collect();
    let drafts: Vec<(&Block, &Draft)> =
        blocks.iter().flat_map(|block| block.drafts.iter().map(move |draft| (block, draft))).collect();
    // Among equals the place in the list decides: they come in the order of the graph.
    let mut order: Vec<(u64, u32)> =
        drafts.iter().zip(0..).map(|((_, draft), place)| (draft.preference, place)).collect();
    order.par_sort_unstable();
    let order: Vec<(&Block, &Draft)> = order.into_iter().map(|(_, place)| drafts[place as usize]).collect();
    lay_out(&order)
}

/// Folds the texts of the nodes from `first` on, as many as there are degrees.
fn fold_block(graph: &Graph, node_type: usize, first: usize, degrees: &[usize]) -> Block {
    let table = &graph.node_tables()[node_type];
    let mut block = Block::default();
    for (node, &degree) in (first..).zip(degrees) {
        let drafted = block.drafts.len();
        for (column, (source, shown)) in (0..).zip(texts_of(table, node)) {
            let (start, first_word) = (block.folded.len(), block.words.len());
            for word in words(shown) {
                block.words.push((block.folded.len() - start) as u32);
                let from = block.folded.len();
                if word.is_ascii() {
                    // As below, several letters at a time.
                    block.folded.push_str(word);
                    block.folded[from..].make_ascii_lowercase();
                } else {
                    block.folded.extend(folded_chars(word));
                }
            }
            let bytes = start..block.folded.len();
            if bytes.is_empty() {
                continue;
            }
            let is_id = matches!(source, NameSource::Id | NameSource::Xref);
            let local = if is_id { bytes.len() - folded_len(local_part(shown)) } else { 0 };
            let letters = block.folded[bytes.clone()].chars().count() as u64;
            block.drafts.push(Draft {
                text: Text { node_type: node_type as u32, node: node as u32, column },
                preference: letters << 32 | u64::from(u32::MAX - degree.min(u32::MAX as usize) as u32),
                words: first_word..block.words.len(),
                local: (0 < local && local < bytes.len()).then_some(local as u32),
                bytes,
            });
        }
        drop_repeats(&mut block, drafted);
    }
    block
}

/// Of the drafts of a node, from `first` on, keeps the first of each text: of the same letters with words that begin at the same
/// places. A name that repeats the id is its local part as well.
fn drop_repeats(block: &mut Block, first: usize) {
    let mut of_node = block.drafts.split_off(first);
    let Block { folded, words, drafts } = block;
    let text = |draft: &Draft| (&folded[draft.bytes.clone()], &words[draft.words.clone()]);
    of_node.sort_by(|a, b| text(a).cmp(&text(b)));
    of_node.dedup_by(|next, kept| {
        let repeated = text(next) == text(kept);
        if repeated {
            kept.local = kept.local.or(next.local);
        }
        repeated
    });
    of_node.sort_by_key(|draft| draft.text.column);
    drafts.append(&mut of_node);
}

/// Copies the texts in the order of preference, and sorts their words.
fn lay_out(order: &[(&Block, &Draft)]) -> NameIndex {
    let bytes = order.iter().map(|(_, draft)| draft.bytes.len() + 1).sum::<usize>() + AHEAD;
    assert!(u32::try_from(bytes).is_ok(), "names of more than 4 GiB");
    let mut folded = String::with_capacity(bytes);
    let mut texts = Vec::with_capacity(order.len());
    let mut text_starts = Vec::with_capacity(order.len());
    let mut word_bits = vec![0u64; bytes.div_ceil(64)];
    let (mut heads, mut inner) = (Vec::new(), Vec::new());
    for (block, draft) in order {
        let start = folded.len() as u32;
        texts.push(draft.text);
        text_starts.push(start);
        for &word in &block.words[draft.words.clone()] {
            let place = start + word;
            word_bits[place as usize / 64] |= 1 << (place % 64);
            let is_head = word == 0 || Some(word) == draft.local;
            let starts = if is_head { &mut heads } else { &mut inner };
            starts.push((place, draft.text.node_type as u8));
        }
        folded.push_str(&block.folded[draft.bytes.clone()]);
        folded.push(END.into());
    }
    folded.extend(std::iter::repeat_n(char::from(END), AHEAD));
    let (heads, inner) = rayon::join(
        || WordStarts::new(folded.as_bytes(), heads),
        || WordStarts::new(folded.as_bytes(), inner),
    );
    NameIndex { folded, texts, text_starts, word_bits, heads, inner }
}
