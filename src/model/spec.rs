//! What a parameter is: its type, unit, range, default and help, stated once and used everywhere.
//!
//! [`params!`] writes a parameter struct from a table. The engine reads the struct; the inspector, the JSON Schema and
//! the checks read the [`ParamSpec`]s that come from the same table.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::problem::Problems;
use crate::base::{Bytes, Shape, SimDuration};

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
}

/// A type that a parameter can have.
pub trait Param: Serialize + for<'de> Deserialize<'de> + JsonSchema {
    const TYPE: ParamType;

    /// The value in the parameter's unit, where it is a number.
    fn number(&self) -> Option<f64> {
        None
    }
}

impl Param for u32 {
    const TYPE: ParamType = ParamType::Count;

    fn number(&self) -> Option<f64> {
        Some(f64::from(*self))
    }
}

impl Param for f64 {
    const TYPE: ParamType = ParamType::Number;

    fn number(&self) -> Option<f64> {
        Some(*self)
    }
}

impl Param for SimDuration {
    const TYPE: ParamType = ParamType::Duration;

    fn number(&self) -> Option<f64> {
        Some(self.as_secs_f64())
    }
}

impl Param for Bytes {
    const TYPE: ParamType = ParamType::Bytes;

    fn number(&self) -> Option<f64> {
        Some(self.0 as f64)
    }
}

impl Param for Shape {
    const TYPE: ParamType = ParamType::Shape;
}

impl Param for Vec<String> {
    const TYPE: ParamType = ParamType::Nodes;
}

/// A set of parameters described by specs.
pub trait Params: Default {
    /// The component's one-line description.
    const HELP: &'static str;

    fn specs() -> Vec<ParamSpec>;

    /// Adds a problem for each value outside its range. `at` is the path of the struct.
    fn check(&self, at: &str, problems: &mut Problems);
}

/// The range of `spec` in words.
pub fn range_in_words(spec: &ParamSpec) -> String {
    let write = |value: f64| match spec.ty {
        ParamType::Duration => SimDuration::from_secs_f64(value).to_string(),
        ParamType::Bytes => Bytes(value as u64).to_string(),
        _ => format!("{value}"),
    };
    format!("valid: {} to {}", write(spec.min), write(spec.max))
}

/// Checks one number against its spec.
pub fn check_number(value: f64, spec: &ParamSpec, at: &str, problems: &mut Problems) {
    // Written so that not-a-number fails.
    if !(value >= spec.min && value <= spec.max) {
        problems.push(
            format!("{at}.{}", spec.name),
            format!("{value} {} is out of range", spec.unit),
            range_in_words(spec),
        );
    }
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
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
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
            const HELP: &'static str = $help.trim_ascii();

            fn specs() -> Vec<$crate::model::spec::ParamSpec> {
                #[allow(unused_mut)]
                let mut specs = vec![$( $crate::model::spec::ParamSpec {
                    name: stringify!($field),
                    group: None,
                    help: concat!($($field_help),+).trim_ascii(),
                    ty: <$ty as $crate::model::spec::Param>::TYPE,
                    unit: $unit,
                    min: $min,
                    max: $max,
                    default: serde_json::to_value(Self::default().$field).expect("a default can be written"),
                }, )*];
                $( $(
                    let group = $crate::model::spec::Group {
                        name: stringify!($group),
                        ty: stringify!($group_ty),
                        help: $group_help.trim_ascii(),
                    };
                    let inner = <$group_ty as $crate::model::spec::Params>::specs();
                    specs.extend(inner.into_iter().map(|spec| $crate::model::spec::ParamSpec { group: Some(group), ..spec }));
                )+ )?
                specs
            }

            fn check(&self, at: &str, problems: &mut $crate::model::Problems) {
                let specs = Self::specs();
                let mut specs = specs.iter();
                $(
                    let spec = specs.next().expect("one spec a field");
                    if let Some(number) = $crate::model::spec::Param::number(&self.$field) {
                        $crate::model::spec::check_number(number, spec, at, problems);
                    }
                )*
                $( $(
                    $crate::model::spec::Params::check(&self.$group, &format!("{at}.{}", stringify!($group)), problems);
                )+ )?
            }
        }
    };
}

/// Writes an enum of words that a parameter can be.
macro_rules! choices {
    (
        $(#[doc = $help:literal])+
        pub enum $name:ident { $( $(#[doc = $word_help:literal])+ $variant:ident = $word:literal, )+ }
    ) => {
        $(#[doc = $help])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        pub enum $name { $( $(#[doc = $word_help])+ #[serde(rename = $word)] $variant, )+ }

        impl $crate::model::spec::Param for $name {
            const TYPE: $crate::model::spec::ParamType = $crate::model::spec::ParamType::Choice(&[$($word),+]);
        }
    };
}

pub(crate) use {choices, params};
