//! Our types as JSON values.
//!
//! Documents, commands, parameters and figures are read from and written to [`Value`]s by the functions here, which know a type
//! only as a `dyn` [`Json`]: there is one copy of them in the program, however many types and fields there are. What
//! does not fit is told with the path of the very value. Unknown fields are refused: a misspelt parameter must not be
//! ignored in silence.

use serde_json::{Map, Value};

use super::problem::{Problem, Problems};
use super::{BitRate, Bytes, Shape, SimDuration};

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
    name: &'a str,
    /// What is valid, of a field that may not be missing.
    needed: Option<&'a str>,
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

impl Json for Value {
    fn blank() -> Self {
        Self::Null
    }

    fn to_value(&self) -> Value {
        self.clone()
    }

    fn set_from(&mut self, value: &Value, _: &str) -> Result<(), Problems> {
        *self = value.clone();
        Ok(())
    }
}

impl Json for String {
    fn blank() -> Self {
        Self::new()
    }

    fn to_value(&self) -> Value {
        Value::String(self.clone())
    }

    fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
        value.as_str().ok_or_else(|| misfit(value, at, "text", "\"…\""))?.clone_into(self);
        Ok(())
    }
}

impl Json for u64 {
    fn blank() -> Self {
        0
    }

    fn to_value(&self) -> Value {
        Value::from(*self)
    }

    fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
        *self = value.as_u64().ok_or_else(|| misfit(value, at, "a whole number", "a number without a fraction"))?;
        Ok(())
    }
}

impl Json for f64 {
    fn blank() -> Self {
        0.0
    }

    fn to_value(&self) -> Value {
        Value::from(*self)
    }

    fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
        *self = value.as_f64().ok_or_else(|| misfit(value, at, "a number", "a number, as in 0.5"))?;
        Ok(())
    }
}

/// Whole numbers that are written as any other.
macro_rules! wholes {
    ($($ty:ty),+) => { $(
        impl Json for $ty {
            fn blank() -> Self {
                0
            }

            fn to_value(&self) -> Value {
                Value::from(*self)
            }

            fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
                let whole: u64 = read(value, at)?;
                let valid = || misfit(value, at, "a number of this size", &format!("up to {}", Self::MAX));
                *self = Self::try_from(whole).map_err(|_| valid())?;
                Ok(())
            }
        }
    )+ };
}

wholes!(u16, u32, usize);

impl Json for bool {
    fn blank() -> Self {
        false
    }

    fn to_value(&self) -> Value {
        Value::Bool(*self)
    }

    fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
        *self = value.as_bool().ok_or_else(|| misfit(value, at, "a truth value", "true, false"))?;
        Ok(())
    }
}

impl Json for f32 {
    fn blank() -> Self {
        0.0
    }

    /// With as many digits as it takes to read the same number again, not with those of its double.
    fn to_value(&self) -> Value {
        self.to_string().parse::<f64>().map_or(Value::Null, Value::from)
    }

    fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
        *self = read::<f64>(value, at)? as Self;
        Ok(())
    }
}

/// Types that stand in a document as text.
macro_rules! texts {
    ($( $ty:ty = $blank:expr, $what:literal, $example:literal; )+) => { $(
        impl Json for $ty {
            fn blank() -> Self {
                $blank
            }

            fn to_value(&self) -> Value {
                Value::String(self.to_string())
            }

            fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
                let text = value.as_str().ok_or_else(|| misfit(value, at, $what, $example))?;
                *self = text.parse().map_err(|what: String| Problem::new(at, what, ""))?;
                Ok(())
            }
        }
    )+ };
}

texts! {
    SimDuration = Self::ZERO, "a duration", "text with a unit, as in \"250ms\"";
    Bytes = Self(0), "a size", "text with a unit, as in \"64MB\"";
    BitRate = Self(0), "a bit rate", "text with a unit, as in \"100Mbps\"";
    Shape = Self::Constant, "a shape", "text, as in \"exponential\"";
}

impl<T: Json> Json for Option<T> {
    fn blank() -> Self {
        None
    }

    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, Json::to_value)
    }

    fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
        *self = if value.is_null() { None } else { Some(read(value, at)?) };
        Ok(())
    }
}

impl<T: Json> Json for Box<T> {
    fn blank() -> Self {
        Self::new(T::blank())
    }

    fn to_value(&self) -> Value {
        (**self).to_value()
    }

    fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
        (**self).set_from(value, at)
    }
}

/// Each element's problems are collected, so that one message names them all.
impl<T: Json> Json for Vec<T> {
    fn blank() -> Self {
        Self::new()
    }

    fn to_value(&self) -> Value {
        Value::Array(self.iter().map(Json::to_value).collect())
    }

    fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
        let values = value.as_array().ok_or_else(|| misfit(value, at, "a list", "[ … ]"))?;
        let mut problems = Problems::default();
        self.clear();
        for (i, value) in values.iter().enumerate() {
            let mut item = T::blank();
            problems.note(item.set_from(value, &format!("{at}[{i}]")));
            self.push(item);
        }
        problems.or(())
    }
}

/// As a list of two.
impl<A: Json, B: Json> Json for (A, B) {
    fn blank() -> Self {
        (A::blank(), B::blank())
    }

    fn to_value(&self) -> Value {
        Value::Array(vec![self.0.to_value(), self.1.to_value()])
    }

    fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
        let Some([first, second]) = value.as_array().map(Vec::as_slice) else {
            return Err(misfit(value, at, "a list of two", "[ …, … ]"));
        };
        self.0.set_from(first, at)?;
        self.1.set_from(second, at)
    }
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
