//! Texts by number: each is kept once, all in one piece of memory.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

/// Gives texts numbers in the order in which they first come.
#[derive(Debug, Default)]
pub(super) struct Interner {
    numbers: HashTable<u32>,
    texts: String,
    /// Where each text ends.
    ends: Vec<usize>,
}

impl Interner {
    /// The number of a text, and whether it is new.
    pub(super) fn number(&mut self, text: &str) -> (u32, bool) {
        let hash = FixedState::default().hash_one(text);
        let Self { numbers, texts, ends } = self;
        let known = numbers.find(hash, |&number| get(texts, ends, number) == text);
        if let Some(&number) = known {
            return (number, false);
        }
        // A table that outgrows u32 is refused by the graph builder; until then any number will do.
        let number = u32::try_from(ends.len()).unwrap_or(u32::MAX);
        texts.push_str(text);
        ends.push(texts.len());
        let rehash = |&number: &u32| FixedState::default().hash_one(get(texts, ends, number));
        numbers.insert_unique(hash, number, rehash);
        (number, true)
    }

    /// The text of a number.
    pub(super) fn text(&self, number: u32) -> &str {
        get(&self.texts, &self.ends, number)
    }

    /// All texts in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len() as u32).map(|number| self.text(number))
    }
}

fn get<'a>(texts: &'a str, ends: &[usize], number: u32) -> &'a str {
    let place = number as usize;
    let start = place.checked_sub(1).map_or(0, |before| ends[before]);
    &texts[start..ends[place]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_has_one_number() {
        let mut interner = Interner::default();
        let texts: Vec<String> = (0..1000).map(|i| format!("text {}", i % 700)).collect();
        for (i, text) in texts.iter().enumerate() {
            assert_eq!(interner.number(text), (i as u32 % 700, i < 700));
        }
        assert!(interner.iter().eq(texts[..700].iter().map(String::as_str)));
        assert_eq!(interner.number(""), (700, true));
        assert_eq!(interner.text(700), "");
        assert_eq!(interner.number(""), (700, false));
    }
}
