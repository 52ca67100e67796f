//! The values in a mapping file: columns, terms and lists, most of them with a short and a long form.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{
    Deserialize, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor,
};

use crate::assembler::canonical_term;

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Column {
    /// By the name in the header, or by the key in JSON.
    Name(String),
    /// By place, from 1.
    Number(usize),
}

/// A node type or relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Term {
    /// One for the whole table, as graphs spell it.
    Fixed(String),
    /// Each row has its own.
    Column(Column),
}

/// Identifiers elsewhere that stand in a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Xref {
    pub(super) column: Column,
    pub(super) prefix: Option<String>,
}

/// An attribute of edges that stands in a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AttributeColumn {
    pub(super) column: Column,
    /// Its name in the graph.
    pub(super) name: String,
    /// Whether every value of it has to be a number.
    pub(super) number: bool,
}

/// What becomes of an edge whose row has no weight where other rows have one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum MissingWeight {
    /// The table is refused.
    #[default]
    Error,
    /// The row is left out, and counted.
    Skip,
    /// It gets this one, and is counted.
    Weight(f32),
}

/// The text of a cell that a row has to have, from text, a number or a truth value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CellText(pub(super) String);

/// A list, which may be written as its only element.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Many<T>(pub(super) Vec<T>);

/// The texts that are taken, for each of some columns.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(transparent)]
pub(super) struct Where(pub(super) BTreeMap<String, Many<CellText>>);

impl<T> Default for Many<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "'{name}'"),
            Self::Number(number) => number.fmt(f),
        }
    }
}

/// A value that is not a list or table.
#[derive(Clone, Copy)]
enum Scalar<'a> {
    Text(&'a str),
    Integer(i64),
    Float(f64),
    Bool(bool),
}

/// A type whose values are written as a scalar, and perhaps as a table.
trait Written: Sized {
    /// What is expected, for messages.
    const EXPECTED: &'static str;

    fn from_scalar(scalar: Scalar<'_>) -> Option<Self>;

    fn from_table<'de, A: MapAccess<'de>>(_table: A) -> Result<Self, A::Error> {
        Err(A::Error::invalid_type(Unexpected::Map, &Self::EXPECTED))
    }
}

impl Written for Column {
    const EXPECTED: &'static str = "the name of a column, or its number from 1";

    fn from_scalar(scalar: Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Text(text) if !text.trim().is_empty() => Some(Self::Name(text.trim().into())),
            Scalar::Integer(number) if number > 0 => Some(Self::Number(number as usize)),
            _ => None,
        }
    }
}

impl Written for Term {
    const EXPECTED: &'static str = "a name without ':', or { column = ... }";

    fn from_scalar(scalar: Scalar<'_>) -> Option<Self> {
        let Scalar::Text(text) = scalar else { return None };
        canonical_term(text).map(Self::Fixed)
    }

    fn from_table<'de, A: MapAccess<'de>>(table: A) -> Result<Self, A::Error> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Long {
            column: Column,
        }
        Ok(Self::Column(Long::deserialize(MapAccessDeserializer::new(table))?.column))
    }
}

impl Written for Xref {
    const EXPECTED: &'static str = "a column, or { column = ..., prefix = ... }";

    fn from_scalar(scalar: Scalar<'_>) -> Option<Self> {
        Some(Self { column: Column::from_scalar(scalar)?, prefix: None })
    }

    fn from_table<'de, A: MapAccess<'de>>(table: A) -> Result<Self, A::Error> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Long {
            column: Column,
            prefix: Option<String>,
        }
        let Long { column, prefix } = Long::deserialize(MapAccessDeserializer::new(table))?;
        Ok(Self { column, prefix })
    }
}

impl Written for AttributeColumn {
    const EXPECTED: &'static str = "the name of a column, or { column = ..., name = ..., number = ... }";

    fn from_scalar(scalar: Scalar<'_>) -> Option<Self> {
        // A column that goes by its number has no name to go by in the graph.
        let Scalar::Text(_) = scalar else { return None };
        let column = Column::from_scalar(scalar)?;
        let Column::Name(name) = &column else { return None };
        Some(Self { name: name.clone(), column, number: false })
    }

    fn from_table<'de, A: MapAccess<'de>>(table: A) -> Result<Self, A::Error> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Long {
            column: Column,
            name: Option<String>,
            #[serde(default)]
            number: bool,
        }
        let Long { column, name, number } = Long::deserialize(MapAccessDeserializer::new(table))?;
        let name = match (name, &column) {
            (Some(name), _) => name,
            (None, Column::Name(name)) => name.clone(),
            (None, Column::Number(_)) => return Err(A::Error::missing_field("name")),
        };
        Ok(Self { column, name, number })
    }
}

impl Written for MissingWeight {
    const EXPECTED: &'static str = "\"error\", \"skip\" or a finite number";

    fn from_scalar(scalar: Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Text("error") => Some(Self::Error),
            Scalar::Text("skip") => Some(Self::Skip),
            Scalar::Integer(weight) => Some(Self::Weight(weight as f32)),
            Scalar::Float(weight) => {
                Some(weight as f32).filter(|weight| weight.is_finite()).map(Self::Weight)
            }
            _ => None,
        }
    }
}

impl Written for CellText {
    const EXPECTED: &'static str = "text, a number, true or false";

    fn from_scalar(scalar: Scalar<'_>) -> Option<Self> {
        Some(Self(match scalar {
            Scalar::Text(text) => text.trim().into(),
            Scalar::Integer(number) => number.to_string(),
            Scalar::Float(number) => number.to_string(),
            Scalar::Bool(truth) => truth.to_string(),
        }))
    }
}

macro_rules! deserialize_written {
    ($($type:ty),*) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(WrittenVisitor(PhantomData))
            }
        }
    )*};
}

deserialize_written!(Column, Term, Xref, AttributeColumn, MissingWeight, CellText);

struct WrittenVisitor<T>(PhantomData<T>);

impl<'de, T: Written> Visitor<'de> for WrittenVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        T::from_scalar(Scalar::Text(text)).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        T::from_scalar(Scalar::Integer(number))
            .ok_or_else(|| E::invalid_value(Unexpected::Signed(number), &self))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
        T::from_scalar(Scalar::Float(number))
            .ok_or_else(|| E::invalid_value(Unexpected::Float(number), &self))
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<T, E> {
        T::from_scalar(Scalar::Bool(truth)).ok_or_else(|| E::invalid_value(Unexpected::Bool(truth), &self))
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<T, A::Error> {
        T::from_table(table)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Many<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ManyVisitor(PhantomData))
    }
}

struct ManyVisitor<T>(PhantomData<T>);

impl<T> ManyVisitor<T> {
    fn one<'de, E: Error>(value: impl IntoDeserializer<'de, E>) -> Result<Many<T>, E>
    where
        T: Deserialize<'de>,
    {
        Ok(Many(vec![T::deserialize(value.into_deserializer())?]))
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for ManyVisitor<T> {
    type Value = Many<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one value or a list")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Many<T>, E> {
        Self::one(text)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Many<T>, E> {
        Self::one(number)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Many<T>, E> {
        Self::one(number)
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Many<T>, E> {
        Self::one(truth)
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Many<T>, A::Error> {
        Ok(Many(vec![T::deserialize(MapAccessDeserializer::new(table))?]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Many<T>, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Many(values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Holder<T> {
        v: T,
    }

    fn parse<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, String> {
        toml::from_str::<Holder<T>>(&format!("v = {text}"))
            .map(|holder| holder.v)
            .map_err(|error| error.message().to_owned())
    }

    #[test]
    fn short_and_long_forms_are_the_same() {
        assert_eq!(parse::<Column>("\" drug id \""), Ok(Column::Name("drug id".into())));
        assert_eq!(parse::<Column>("3"), Ok(Column::Number(3)));
        assert_eq!(parse::<Term>("\"Side Effect\""), Ok(Term::Fixed("side_effect".into())));
        assert_eq!(parse::<Term>("{ column = 2 }"), Ok(Term::Column(Column::Number(2))));
        assert_eq!(parse::<Xref>("\"chembl\""), parse("{ column = \"chembl\" }"));
        assert_eq!(parse::<AttributeColumn>("\"phase\""), parse("{ column = \"phase\", name = \"phase\" }"));
        assert_eq!(parse::<Many<Column>>("\"a\""), parse("[\"a\"]"));
        assert_eq!(parse::<Many<Xref>>("{ column = 1 }"), parse("[1]"));
        assert_eq!(parse::<Many<CellText>>("[3, 0.5, true, \" x\"]").map(|many| many.0), {
            Ok(["3", "0.5", "true", "x"].map(|text| CellText(text.into())).to_vec())
        });
        assert_eq!(parse::<MissingWeight>("\"skip\""), Ok(MissingWeight::Skip));
        assert_eq!(parse::<MissingWeight>("1"), Ok(MissingWeight::Weight(1.0)));
    }

    #[test]
    fn bad_values_say_what_is_expected() {
        for (found, expected) in [
            (
                parse::<Column>("0").map(drop),
                "integer `0`, expected the name of a column, or its number from 1",
            ),
            (
                parse::<Column>("\" \"").map(drop),
                "string \" \", expected the name of a column, or its number from 1",
            ),
            (
                parse::<Term>("\"a:b\"").map(drop),
                "string \"a:b\", expected a name without ':', or { column = ... }",
            ),
            (
                parse::<MissingWeight>("inf").map(drop),
                "floating point `inf`, expected \"error\", \"skip\" or a finite number",
            ),
        ] {
            assert_eq!(found.unwrap_err(), format!("invalid value: {expected}"));
        }
        let unknown = parse::<Xref>("{ column = \"a\", prefx = \"b\" }").unwrap_err();
        assert_eq!(unknown, "unknown field `prefx`, expected `column` or `prefix`");
        assert_eq!(parse::<AttributeColumn>("{ column = 3 }").unwrap_err(), "missing field `name`");
    }
}
