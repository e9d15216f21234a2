//! What a parameter is: its type, unit, range, default and help, stated once and used everywhere.
//!
//! [`params!`] writes a parameter struct from a table. The engine reads the struct; the inspector, the JSON Schema and
//! the checks read the [`ParamSpec`]s that come from the same table. Reading, writing and checking are done by functions
//! that know a struct only as its `dyn` [`Params`], so that a parameter costs the page little more than its words.

use serde_json::{Map, Value};

use crate::base::json::{Json, join, object};
use crate::base::{Bytes, KeyTable, Shape, SimDuration};
use crate::base::{Problem, Problems};

/// One parameter of a component.
#[derive(Clone, Debug, PartialEq)]
pub struct ParamSpec {
    /// Its name in the document.
    pub name: &'static str,
    /// The group of parameters that it belongs to, if any.
    pub group: Option<Group>,
    /// What it is, in a sentence or two.
    pub help: &'static str,
    pub ty: ParamType,
    /// Unit of the bare number; for durations `s`, for sizes `B`.
    pub unit: &'static str,
    /// Smallest valid value, in `unit`.
    pub min: f64,
    /// Largest valid value, in `unit`.
    pub max: f64,
    /// The default, as it would stand in a document.
    pub default: Value,
}

/// Parameters that several kinds of node have, in an object of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// The object's name in the document.
    pub name: &'static str,
    /// The name of its type, as in the schema.
    pub ty: &'static str,
    /// What it is about.
    pub help: &'static str,
}

impl ParamSpec {
    /// The parameter's value among `params`, as they stand in a document.
    pub fn value_in<'a>(&self, params: &'a Value) -> Option<&'a Value> {
        self.group.map_or(Some(params), |group| params.get(group.name))?.get(self.name)
    }

    /// The name by which an edit calls the parameter: `group.name`, or the name alone.
    pub fn path(&self) -> String {
        self.group.map_or_else(|| self.name.to_owned(), |group| format!("{}.{}", group.name, self.name))
    }
}

/// How a parameter is written and edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamType {
    /// A whole number.
    Count,
    /// Any number.
    Number,
    /// Text with a time unit.
    Duration,
    /// Text with a size unit.
    Bytes,
    /// One of some words.
    Choice(&'static [&'static str]),
    /// Text that names a distribution around its mean.
    Shape,
    /// Ids of other nodes.
    Nodes,
    /// Text with a form of its own, which its help tells.
    Text,
}

/// A value that a parameter can have.
pub trait Param: Json {
    fn ty(&self) -> ParamType;

    /// The value in the parameter's unit, where it is a number.
    fn number(&self) -> Option<f64> {
        None
    }
}

impl Param for u32 {
    fn ty(&self) -> ParamType {
        ParamType::Count
    }

    fn number(&self) -> Option<f64> {
        Some(f64::from(*self))
    }
}

impl Param for f64 {
    fn ty(&self) -> ParamType {
        ParamType::Number
    }

    fn number(&self) -> Option<f64> {
        Some(*self)
    }
}

impl Param for SimDuration {
    fn ty(&self) -> ParamType {
        ParamType::Duration
    }

    fn number(&self) -> Option<f64> {
        Some(self.as_secs_f64())
    }
}

impl Param for Bytes {
    fn ty(&self) -> ParamType {
        ParamType::Bytes
    }

    fn number(&self) -> Option<f64> {
        Some(self.0 as f64)
    }
}

impl Param for Shape {
    fn ty(&self) -> ParamType {
        ParamType::Shape
    }
}

impl Param for KeyTable {
    fn ty(&self) -> ParamType {
        ParamType::Text
    }
}

impl Param for Vec<String> {
    fn ty(&self) -> ParamType {
        ParamType::Nodes
    }
}

/// A set of parameters with its table.
pub trait Params: Json {
    fn table(&self) -> &'static Table;
    /// In the order of the table, as are the others.
    fn params(&self) -> Vec<&dyn Param>;
    fn params_mut(&mut self) -> Vec<&mut dyn Param>;
    fn groups(&self) -> Vec<&dyn Params>;
    fn groups_mut(&mut self) -> Vec<&mut dyn Params>;
}

/// What a [`params!`] table says.
pub struct Table {
    /// What the component or group is, in a sentence or two.
    pub help: &'static str,
    pub rows: &'static [Row],
    pub groups: &'static [Group],
}

/// One line of a [`Table`]; its members are those of a [`ParamSpec`].
pub struct Row {
    pub name: &'static str,
    pub help: &'static str,
    pub unit: &'static str,
    pub min: f64,
    pub max: f64,
}

/// The specs of the parameters in `defaults`, which holds the default of each.
pub fn specs(defaults: &dyn Params, group: Option<Group>) -> Vec<ParamSpec> {
    let table = defaults.table();
    let rows = table.rows.iter().zip(defaults.params());
    let own = rows.map(|(row, param)| ParamSpec {
        name: row.name,
        group,
        help: row.help,
        ty: param.ty(),
        unit: row.unit,
        min: row.min,
        max: row.max,
        default: param.to_value(),
    });
    let mut all: Vec<ParamSpec> = own.collect();
    for (group, inner) in table.groups.iter().zip(defaults.groups()) {
        all.extend(specs(inner, Some(*group)));
    }
    all
}

/// Adds a problem for each value outside its range. `at` is the path of `params`.
pub fn check(params: &dyn Params, at: &str, problems: &mut Problems) {
    let table = params.table();
    for (row, param) in table.rows.iter().zip(params.params()) {
        // Written so that not-a-number fails.
        if let Some(value) = param.number()
            && !(value >= row.min && value <= row.max)
        {
            let what = format!("{value} {} is out of range", row.unit);
            problems.push(format!("{at}.{}", row.name), what, words_for_range(param.ty(), row.min, row.max));
        }
    }
    for (group, inner) in table.groups.iter().zip(params.groups()) {
        check(inner, &format!("{at}.{}", group.name), problems);
    }
}

/// Sets the parameter called `path`, as [`ParamSpec::path`] calls it.
pub fn set(params: &mut dyn Params, path: &str, value: &Value, at: &str) -> Result<(), Problems> {
    let table = params.table();
    if let Some((group, inner)) = path.split_once('.') {
        if let Some(i) = table.groups.iter().position(|own| own.name == group) {
            return set(params.groups_mut().swap_remove(i), inner, value, at);
        }
    } else if let Some(i) = table.rows.iter().position(|row| row.name == path) {
        return params.params_mut().swap_remove(i).set_from(value, at);
    }
    Err(Problem::new(at, format!("there is no parameter `{path}`"), names_of(table)).into())
}

/// Reads an object into `params`; what it leaves out stays as it is.
pub fn read(params: &mut dyn Params, value: &Value, at: &str) -> Result<(), Problems> {
    let table = params.table();
    let fields = object(value, at)?;
    let mut problems = Problems::default();
    for (name, value) in fields {
        let here = join(at, name);
        if let Some(i) = table.rows.iter().position(|row| row.name == name) {
            problems.note(params.params_mut().swap_remove(i).set_from(value, &here));
        } else if let Some(i) = table.groups.iter().position(|group| group.name == name) {
            problems.note(params.groups_mut().swap_remove(i).set_from(value, &here));
        } else {
            problems.push(here, "there is no such parameter", names_of(table));
        }
    }
    problems.or(())
}

/// The names that are valid in an object described by `table`.
fn names_of(table: &Table) -> String {
    let names = table.rows.iter().map(|row| row.name).chain(table.groups.iter().map(|group| group.name));
    format!("valid: {}", names.collect::<Vec<_>>().join(", "))
}

/// Writes `params` as an object.
pub fn write(params: &dyn Params) -> Value {
    let table = params.table();
    let own = table.rows.iter().zip(params.params()).map(|(row, param)| (row.name.to_owned(), param.to_value()));
    let mut object: Map<String, Value> = own.collect();
    for (group, inner) in table.groups.iter().zip(params.groups()) {
        object.insert(group.name.to_owned(), inner.to_value());
    }
    Value::Object(object)
}

/// The range of `spec` in words.
pub fn range_in_words(spec: &ParamSpec) -> String {
    words_for_range(spec.ty, spec.min, spec.max)
}

fn words_for_range(ty: ParamType, min: f64, max: f64) -> String {
    let write = |value: f64| match ty {
        ParamType::Duration => SimDuration::from_secs_f64(value).to_string(),
        ParamType::Bytes => Bytes(value as u64).to_string(),
        _ => format!("{value}"),
    };
    format!("valid: {} to {}", write(min), write(max))
}

/// Writes a parameter struct with its specs.
///
/// Each line reads: help, name, type, default, unit, range (in the unit). After `with` come groups: help, name, type.
macro_rules! params {
    (
        #[doc = $help:literal]
        $(#[doc = $more:literal])*
        pub struct $name:ident {
            $( $(#[doc = $field_help:literal])+ $field:ident: $ty:ty = $default:expr, $unit:literal, $min:expr, $max:expr; )*
        }
        $( with { $( #[doc = $group_help:literal] $group:ident: $group_ty:ident; )+ } )?
    ) => {
        #[doc = $help]
        $(#[doc = $more])*
        #[derive(Clone, Debug, PartialEq, schemars::JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            $( $(#[doc = $field_help])+ pub $field: $ty, )*
            $( $( #[doc = $group_help] pub $group: $group_ty, )+ )?
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $( $field: $default, )* $( $( $group: $group_ty::default(), )+ )? }
            }
        }

        impl $crate::model::spec::Params for $name {
            fn table(&self) -> &'static $crate::model::spec::Table {
                const TABLE: &$crate::model::spec::Table = &$crate::model::spec::Table {
                    help: $help.trim_ascii(),
                    rows: &[$( $crate::model::spec::Row {
                        name: stringify!($field),
                        help: concat!($($field_help),+).trim_ascii(),
                        unit: $unit,
                        min: $min,
                        max: $max,
                    }, )*],
                    groups: &[$( $( $crate::model::spec::Group {
                        name: stringify!($group),
                        ty: stringify!($group_ty),
                        help: $group_help.trim_ascii(),
                    }, )+ )?],
                };
                TABLE
            }

            fn params(&self) -> Vec<&dyn $crate::model::spec::Param> {
                vec![$( &self.$field, )*]
            }

            fn params_mut(&mut self) -> Vec<&mut dyn $crate::model::spec::Param> {
                vec![$( &mut self.$field, )*]
            }

            fn groups(&self) -> Vec<&dyn $crate::model::spec::Params> {
                vec![$( $( &self.$group, )+ )?]
            }

            fn groups_mut(&mut self) -> Vec<&mut dyn $crate::model::spec::Params> {
                vec![$( $( &mut self.$group, )+ )?]
            }
        }

        impl $crate::base::json::Json for $name {
            fn blank() -> Self {
                Self::default()
            }

            fn to_value(&self) -> serde_json::Value {
                $crate::model::spec::write(self)
            }

            fn set_from(&mut self, value: &serde_json::Value, at: &str) -> Result<(), $crate::model::Problems> {
                $crate::model::spec::read(self, value, at)
            }
        }

        $crate::base::json::serde_by_json!($name);
    };
}

/// Writes an enum of words that a parameter can be.
macro_rules! choices {
    (
        $(#[doc = $help:literal])+
        pub enum $name:ident { $( $(#[doc = $word_help:literal])* $variant:ident = $word:literal, )+ }
    ) => {
        $(#[doc = $help])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, schemars::JsonSchema)]
        pub enum $name { $( $(#[doc = $word_help])* #[serde(rename = $word)] $variant, )+ }

        impl $name {
            const ALL: &[Self] = &[$( Self::$variant, )+];
            const WORDS: &[&str] = &[$( $word, )+];
        }

        impl $crate::model::spec::Param for $name {
            fn ty(&self) -> $crate::model::spec::ParamType {
                $crate::model::spec::ParamType::Choice(Self::WORDS)
            }
        }

        impl $crate::base::json::Json for $name {
            fn blank() -> Self {
                Self::ALL[0]
            }

            fn to_value(&self) -> serde_json::Value {
                Self::WORDS[*self as usize].into()
            }

            fn set_from(&mut self, value: &serde_json::Value, at: &str) -> Result<(), $crate::model::Problems> {
                *self = Self::ALL[$crate::base::json::word(value, Self::WORDS, at)?];
                Ok(())
            }
        }

        $crate::base::json::serde_by_json!($name);
    };
}

pub(crate) use {choices, params};
