//! What a source says of single edges beside their weight: publications, trial status, year, knowledge level.

use foldhash::fast::FixedState;
use indexmap::IndexSet;

/// A column of values, one for each edge of a list or a relation.
#[derive(Clone, Debug, PartialEq)]
pub struct EdgeAttribute {
    /// What the values are: `publications`, `status`, `year`.
    pub name: String,
    /// The values, in the order of the edges.
    pub values: AttributeValues,
}

/// The values of an [`EdgeAttribute`].
#[derive(Clone, Debug)]
pub enum AttributeValues {
    /// A number for each edge; NaN where the source gives none.
    Numbers(Vec<f64>),
    /// A text for each edge, possibly none. Several texts of one edge stand in one, with `|` between, as in KGX.
    Texts(TextColumn),
}

/// Texts of which each is kept once, since they repeat from edge to edge; empty ones stand for none.
#[derive(Clone, Debug, Default)]
pub struct TextColumn {
    codes: Vec<u32>,
    texts: IndexSet<String, FixedState>,
}

/// Separates the texts of an edge that has several.
pub const LIST_SEPARATOR: char = '|';

impl AttributeValues {
    /// Number of values.
    pub fn len(&self) -> usize {
        match self {
            Self::Numbers(numbers) => numbers.len(),
            Self::Texts(texts) => texts.len(),
        }
    }

    /// Whether there is no value at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of an edge as text; `None` where it has none.
    pub fn text(&self, edge: usize) -> Option<String> {
        match self {
            Self::Numbers(numbers) => {
                Some(numbers[edge]).filter(|number| !number.is_nan()).map(|n| n.to_string())
            }
            Self::Texts(texts) => texts.get(edge).map(str::to_owned),
        }
    }

    /// The values of the given edges, in the given order.
    #[must_use]
    pub fn select(&self, edges: &[u32]) -> Self {
        match self {
            Self::Numbers(numbers) => {
                Self::Numbers(edges.iter().map(|&edge| numbers[edge as usize]).collect())
            }
            Self::Texts(texts) => Self::Texts(texts.select(edges)),
        }
    }

    /// No values yet, of the same kind.
    #[must_use]
    pub fn empty_like(&self) -> Self {
        match self {
            Self::Numbers(_) => Self::Numbers(Vec::new()),
            Self::Texts(_) => Self::Texts(TextColumn::default()),
        }
    }

    /// Adds edges without a value until there are `len` values.
    pub fn pad(&mut self, len: usize) {
        match self {
            Self::Numbers(numbers) => numbers.resize(len, f64::NAN),
            Self::Texts(texts) => texts.pad(len),
        }
    }

    /// Adds the values of a later list. Where one holds numbers and the other texts, all become texts.
    pub fn append(&mut self, later: &Self) {
        match (&mut *self, later) {
            (Self::Numbers(numbers), Self::Numbers(more)) => numbers.extend_from_slice(more),
            (Self::Texts(texts), Self::Texts(more)) => texts.append(more),
            (Self::Numbers(_), Self::Texts(more)) => {
                let mut texts = self.to_texts();
                texts.append(more);
                *self = Self::Texts(texts);
            }
            (Self::Texts(texts), Self::Numbers(_)) => texts.append(&later.to_texts()),
        }
    }

    /// Takes into the value of the first of these edges those of the others, which are the same edge read again: the texts
    /// of all, each once; the first number.
    pub fn merge(&mut self, edges: &[u32]) {
        let Some(&first) = edges.first() else { return };
        match self {
            Self::Numbers(numbers) => {
                let known = edges.iter().map(|&edge| numbers[edge as usize]).find(|number| !number.is_nan());
                numbers[first as usize] = known.unwrap_or(f64::NAN);
            }
            Self::Texts(texts) => texts.merge(first, edges),
        }
    }

    fn to_texts(&self) -> TextColumn {
        let mut texts = TextColumn::default();
        (0..self.len()).for_each(|edge| texts.push(&self.text(edge).unwrap_or_default()));
        texts
    }
}

/// Values are the same when their bits are: a missing number equals a missing number.
impl PartialEq for AttributeValues {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Numbers(a), Self::Numbers(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
            }
            (Self::Texts(a), Self::Texts(b)) => a.iter().eq(b.iter()),
            _ => false,
        }
    }
}

impl TextColumn {
    /// Adds the text of one more edge; an empty one stands for none.
    pub fn push(&mut self, text: &str) {
        let code = self.code(text);
        self.codes.push(code);
    }

    /// Adds edges without a text until there are `len` edges.
    pub fn pad(&mut self, len: usize) {
        self.codes.resize(len, 0);
    }

    /// Number of edges.
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Whether there is no edge.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// The text of an edge; `None` where it has none.
    pub fn get(&self, edge: usize) -> Option<&str> {
        let place = (self.codes[edge] as usize).checked_sub(1)?;
        self.texts.get_index(place).map(String::as_str)
    }

    /// The texts of all edges, in order.
    pub fn iter(&self) -> impl Iterator<Item = Option<&str>> {
        (0..self.len()).map(|edge| self.get(edge))
    }

    /// Every text that an edge has or had, once, in the order of first use.
    pub fn distinct(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(String::as_str)
    }

    fn code(&mut self, text: &str) -> u32 {
        if text.is_empty() {
            return 0;
        }
        if let Some(&last) = self.codes.last()
            && let Some(place) = (last as usize).checked_sub(1)
            && self.texts[place] == text
        {
            return last;
        }
        let place =
            self.texts.get_index_of(text).unwrap_or_else(|| self.texts.insert_full(text.to_owned()).0);
        place as u32 + 1
    }

    /// Adds the texts of a later list.
    pub fn append(&mut self, later: &Self) {
        let codes: Vec<u32> =
            std::iter::once(0).chain(later.texts.iter().map(|text| self.code(text))).collect();
        self.codes.extend(later.codes.iter().map(|&code| codes[code as usize]));
    }

    fn merge(&mut self, first: u32, edges: &[u32]) {
        let parts = edges.iter().filter_map(|&edge| self.get(edge as usize));
        let parts: IndexSet<&str, FixedState> = parts.flat_map(|text| text.split(LIST_SEPARATOR)).collect();
        let mut all = String::new();
        for (place, part) in parts.into_iter().enumerate() {
            if place > 0 {
                all.push(LIST_SEPARATOR);
            }
            all.push_str(part);
        }
        self.codes[first as usize] = self.code(&all);
    }

    /// The texts of the given edges, in the given order, and no others.
    fn select(&self, edges: &[u32]) -> Self {
        let mut picked = Self::default();
        let mut places = vec![0; self.texts.len() + 1];
        for &edge in edges {
            let code = self.codes[edge as usize] as usize;
            if code > 0 && places[code] == 0 {
                places[code] = picked.code(&self.texts[code - 1]);
            }
            picked.codes.push(places[code]);
        }
        picked
    }
}

impl<'a> FromIterator<&'a str> for TextColumn {
    fn from_iter<I: IntoIterator<Item = &'a str>>(texts: I) -> Self {
        let mut column = Self::default();
        texts.into_iter().for_each(|text| column.push(text));
        column
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> AttributeValues {
        AttributeValues::Texts(texts.iter().copied().collect())
    }

    #[test]
    fn texts_of_a_repeated_edge_are_joined_and_its_first_number_kept() {
        let mut statuses = texts(&["approved|phase 3", "withdrawn|approved", "", "approved"]);
        statuses.merge(&[0, 1]);
        statuses.merge(&[2, 3]);
        statuses.merge(&[3, 2]);
        assert_eq!(statuses.text(0).unwrap(), "approved|phase 3|withdrawn");
        assert_eq!(
            (statuses.text(2).unwrap(), statuses.text(3).unwrap()),
            ("approved".into(), "approved".into())
        );
        let mut years = AttributeValues::Numbers(vec![f64::NAN, 1998.0, 2001.0]);
        years.merge(&[0, 1]);
        years.merge(&[2, 1]);
        assert_eq!(years, AttributeValues::Numbers(vec![1998.0, 1998.0, 2001.0]));
    }

    #[test]
    fn later_values_follow_and_numbers_become_texts_beside_texts() {
        let mut values = texts(&["a", "b"]);
        values.append(&texts(&["b", "", "c"]));
        assert_eq!(values, texts(&["a", "b", "b", "", "c"]));
        let mut years = AttributeValues::Numbers(vec![1998.0, f64::NAN]);
        years.append(&texts(&["unknown"]));
        assert_eq!(years, texts(&["1998", "", "unknown"]));
        let mut values = texts(&["a"]);
        values.append(&AttributeValues::Numbers(vec![2.5]));
        values.pad(3);
        assert_eq!(values, texts(&["a", "2.5", ""]));
        assert_eq!(values.select(&[2, 0]), texts(&["", "a"]));
    }

    #[test]
    fn a_missing_number_equals_a_missing_number() {
        let missing = || AttributeValues::Numbers(vec![f64::NAN]);
        assert_eq!(missing(), missing());
        assert_ne!(missing(), AttributeValues::Numbers(vec![0.0]));
        assert_eq!((missing().text(0), missing().len()), (None, 1));
    }
}
