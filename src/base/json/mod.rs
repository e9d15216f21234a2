//! Our types as JSON values.
//!
//! Documents, commands, parameters and figures are read from and written to [`Value`]s by the functions here, which know a type
//! only as a `dyn` [`Json`]: there is one copy of them in the program, however many types and fields there are. What
//! does not fit is told with the path of the very value. Unknown fields are refused: a misspelt parameter must not be
//! ignored in silence.

mod values;

use serde_json::{Map, Value};

use super::problem::{Problem, Problems};

/// What can be written as a JSON value and read from one.
pub trait Json {
    /// One to be read into.
    fn blank() -> Self
    where
        Self: Sized;

    fn to_value(&self) -> Value;

    /// Becomes what `value` says; `at` is the path of `value`. After an error it may be changed in part.
    fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems>;
}

/// Reads `value`, which stands at the path `at`.
pub fn read<T: Json>(value: &Value, at: &str) -> Result<T, Problems> {
    let mut new = T::blank();
    new.set_from(value, at)?;
    Ok(new)
}

/// One field of an object.
pub struct Field<'a> {
    pub name: &'a str,
    /// What is valid, of a field that may not be missing.
    pub needed: Option<&'a str>,
    slot: &'a mut dyn Json,
}

/// A field that may not be missing; `valid` says what belongs there.
pub fn must<'a>(name: &'a str, valid: &'a str, slot: &'a mut dyn Json) -> Field<'a> {
    Field { name, needed: Some(valid), slot }
}

/// A field that stays as it is if it is missing.
pub fn may<'a>(name: &'a str, slot: &'a mut dyn Json) -> Field<'a> {
    Field { name, needed: None, slot }
}

/// Fields that stay as they are if they are missing.
pub fn all_may<'a>(names: &'static [&'static str], slots: Vec<&'a mut dyn Json>) -> Vec<Field<'a>> {
    names.iter().zip(slots).map(|(name, slot)| may(name, slot)).collect()
}

/// Reads an object into `fields`; all its problems are told at once.
pub fn read_fields(mut fields: Vec<Field>, value: &Value, at: &str) -> Result<(), Problems> {
    let object = object(value, at)?;
    let mut problems = Problems::default();
    for field in &mut fields {
        let here = join(at, field.name);
        let value = object.get(field.name).filter(|value| field.needed.is_none() || !value.is_null());
        match (value, field.needed) {
            (Some(value), _) => problems.note(field.slot.set_from(value, &here)),
            (None, Some(valid)) => problems.push(here, "is missing", format!("valid: {valid}")),
            (None, None) => {}
        }
    }
    for name in object.keys().filter(|name| fields.iter().all(|field| field.name != name.as_str())) {
        let valid: Vec<&str> = fields.iter().map(|field| field.name).collect();
        problems.push(join(at, name), "there is no such field", format!("valid: {}", valid.join(", ")));
    }
    problems.or(())
}

/// Writes `fields` as an object, without those that are null.
pub fn write_fields(fields: Vec<Field>) -> Value {
    let mut object = Map::new();
    for field in fields {
        let value = field.slot.to_value();
        if !value.is_null() {
            object.insert(field.name.to_owned(), value);
        }
    }
    Value::Object(object)
}

/// Reads an object with a single field, whose name says what its value is.
pub fn tagged<'a>(value: &'a Value, at: &str, valid: &[&str]) -> Result<(&'a str, &'a Value), Problems> {
    let mut fields = object(value, at)?.iter();
    match (fields.next(), fields.next()) {
        (Some((name, inner)), None) if valid.contains(&name.as_str()) => Ok((name, inner)),
        (Some((name, _)), None) => {
            Err(Problem::new(join(at, name), format!("there is no `{name}`"), one_of(valid)).into())
        }
        _ => Err(Problem::new(at, format!("{} does not have exactly one field", shown(value)), one_of(valid)).into()),
    }
}

/// Writes an object with a single field.
pub fn tag(name: &str, value: Value) -> Value {
    Value::Object(Map::from_iter([(name.to_owned(), value)]))
}

pub fn object<'a>(value: &'a Value, at: &str) -> Result<&'a Map<String, Value>, Problems> {
    value.as_object().ok_or_else(|| misfit(value, at, "an object", "{ … }"))
}

/// The number of the word that stands in `value`.
pub fn word(value: &Value, words: &[&str], at: &str) -> Result<usize, Problems> {
    let found = value.as_str().and_then(|text| words.iter().position(|word| *word == text));
    found.ok_or_else(|| misfit(value, at, "one of the words for it", &words.join(", ")))
}

/// The path of the field `name` of what stands at `at`.
pub fn join(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

fn one_of(words: &[&str]) -> String {
    format!("valid: {}", words.join(", "))
}

fn misfit(value: &Value, at: &str, what: &str, valid: &str) -> Problems {
    Problem::new(at, format!("{} is not {what}", shown(value)), format!("valid: {valid}")).into()
}

/// `value`, cut short for a message.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    let text = if text.chars().count() > 40 { text.chars().take(40).chain(['…']).collect() } else { text };
    if value.is_string() { format!("string {text}") } else { text }
}

/// Reads and writes a struct as an object of its fields, none of which must be there.
macro_rules! json_object {
    ($ty:ty = $blank:expr, { $($field:ident),+ $(,)? }) => {
        impl $ty {
            fn json_fields(&mut self) -> Vec<$crate::base::json::Field<'_>> {
                const NAMES: &[&str] = &[$( stringify!($field), )+];
                // So that none can be forgotten.
                let Self { $( $field, )+ } = self;
                $crate::base::json::all_may(NAMES, vec![$( $field, )+])
            }
        }

        impl $crate::base::json::Json for $ty {
            fn blank() -> Self {
                $blank
            }

            fn to_value(&self) -> serde_json::Value {
                $crate::base::json::write_fields(self.clone().json_fields())
            }

            fn set_from(&mut self, value: &serde_json::Value, at: &str) -> Result<(), $crate::base::Problems> {
                $crate::base::json::read_fields(self.json_fields(), value, at)
            }
        }
    };
}

/// Reads and writes an enum as the word that `$name` gives each of `$all`.
macro_rules! json_words {
    ($ty:ty, $all:expr, $name:path) => {
        impl $crate::base::json::Json for $ty {
            fn blank() -> Self {
                $all[0]
            }

            fn to_value(&self) -> serde_json::Value {
                $name(*self).into()
            }

            fn set_from(&mut self, value: &serde_json::Value, at: &str) -> Result<(), $crate::base::Problems> {
                *self = $all[$crate::base::json::word(value, &$all.map($name), at)?];
                Ok(())
            }
        }
    };
}

/// Lets serde write and read a type by way of its [`Json`].
macro_rules! serde_by_json {
    ($($ty:ty),+) => { $(
        impl serde::Serialize for $ty {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::base::json::Json::to_value(self).serialize(serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $ty {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = serde_json::Value::deserialize(deserializer)?;
                $crate::base::json::read(&value, "").map_err(serde::de::Error::custom)
            }
        }
    )+ };
}

pub(crate) use {json_object, json_words, serde_by_json};
