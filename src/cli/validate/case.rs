//! Cases as they stand in a file, and their inputs, of which none may be overlooked.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use scalescope::base::Shape;
use serde_json::{Map, Value};

use crate::input::{self, Failure};

/// Most nodes of a kind in a case: a document holds five hundred in all.
const MOST_NODES: u32 = 490;
/// Most requests that a case may ask for: more would take hours.
const MOST_COMPLETIONS: f64 = 1e9;

/// What must come out of which inputs.
#[derive(Clone, Debug)]
pub struct Case {
    pub id: String,
    pub family: String,
    pub inputs: Map<String, Value>,
    pub expected: Map<String, Value>,
    pub tolerance: Map<String, Value>,
    /// How many requests to simulate, where the case tells it.
    pub completions: Option<u64>,
    /// Where the traces are.
    pub traces: PathBuf,
    /// Whether less is wanted than all its completions.
    pub is_short: bool,
    /// Why it is none, where it is not well formed.
    pub problem: Option<String>,
}

/// Reads a file of cases. `effort` is the share of their completions that is wanted.
pub fn read(path: &Path, traces: &Path, effort: f64) -> Result<Vec<Case>, Failure> {
    let name = path.display();
    let text = String::from_utf8(input::contents(path)?)
        .map_err(|_| Failure::input(format!("{name}: it is not text: a JSON list of cases is expected")))?;
    let values: Vec<Value> = serde_json::from_str(&text)
        .map_err(|error| Failure::input(format!("{name}: not a JSON list of cases: {error}")))?;
    Ok(values.into_iter().enumerate().map(|(i, value)| Case::of(i, value, traces, effort)).collect())
}

impl Case {
    /// The case at place `i` of its file. One that is malformed fails by itself, and keeps no other from being run.
    fn of(i: usize, value: Value, traces: &Path, effort: f64) -> Self {
        let mut case = Self {
            id: format!("[{i}]"),
            family: "?".to_owned(),
            inputs: Map::new(),
            expected: Map::new(),
            tolerance: Map::new(),
            completions: None,
            traces: traces.to_owned(),
            is_short: effort < 1.0,
            problem: None,
        };
        case.problem = case.fill(value, effort).err();
        case
    }

    fn fill(&mut self, value: Value, effort: f64) -> Result<(), String> {
        let Value::Object(mut fields) = value else { return Err("a case is an object".to_owned()) };
        let mut text = |name: &str| match fields.shift_remove(name) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(format!("`{name}` has to be text")),
        };
        self.id = text("id")?;
        self.family = text("family")?;
        let mut object = |name: &str| match fields.shift_remove(name) {
            Some(Value::Object(object)) => Ok(object),
            _ => Err(format!("`{name}` has to be an object")),
        };
        self.inputs = object("inputs")?;
        self.expected = object("expected")?;
        self.tolerance = object("tolerance")?;
        self.completions = match fields.shift_remove("completions") {
            None | Some(Value::Null) => None,
            Some(value) => {
                let count =
                    value.as_f64().filter(|count| count.fract() == 0.0 && (1.0..=MOST_COMPLETIONS).contains(count));
                let count = count
                    .ok_or_else(|| format!("completions: {value}: valid: a count from 1 to {MOST_COMPLETIONS}"))?;
                Some(((count * effort) as u64).max(1_000))
            }
        };
        // A source and remarks are text; whatever else stands here is meant to matter.
        match fields.iter().find(|(_, value)| !value.is_string() && !value.is_null()) {
            Some((name, _)) => Err(format!(
                "`{name}` is not understood: a case has id, family, inputs, expected, tolerance, completions, and text"
            )),
            None => Ok(()),
        }
    }
}

/// An object of inputs that knows which of them have been read.
pub struct Inputs<'a> {
    fields: &'a Map<String, Value>,
    at: String,
    read: RefCell<BTreeSet<String>>,
}

impl<'a> Inputs<'a> {
    pub fn new(fields: &'a Map<String, Value>) -> Self {
        Self { fields, at: "inputs".to_owned(), read: RefCell::default() }
    }

    /// The value of `name`, if it is there and not null.
    pub fn get(&self, name: &str) -> Option<&'a Value> {
        self.read.borrow_mut().insert(name.to_owned());
        self.fields.get(name).filter(|value| !value.is_null())
    }

    pub fn number(&self, name: &str) -> Result<f64, String> {
        self.number_or(name, None)?.ok_or_else(|| format!("{}.{name} is missing", self.at))
    }

    pub fn number_or(&self, name: &str, default: impl Into<Option<f64>>) -> Result<Option<f64>, String> {
        match self.get(name) {
            None => Ok(default.into()),
            Some(value) => {
                let number = value.as_f64().filter(|number| number.is_finite());
                number.map(Some).ok_or_else(|| format!("{}.{name}: {value} is not a number", self.at))
            }
        }
    }

    pub fn count(&self, name: &str) -> Result<u32, String> {
        let number = self.number(name)?;
        if number >= 0.0 && number.fract() == 0.0 && number <= f64::from(u32::MAX) {
            Ok(number as u32)
        } else {
            Err(format!("{}.{name}: {number} is not a count", self.at))
        }
    }

    /// A count of nodes, of which a document does not hold too many.
    pub fn nodes(&self, name: &str) -> Result<u32, String> {
        let count = self.count(name)?;
        if (1..=MOST_NODES).contains(&count) {
            Ok(count)
        } else {
            Err(format!("{}.{name}: {count} nodes: valid: 1 to {MOST_NODES}", self.at))
        }
    }

    pub fn count_or(&self, name: &str, default: u32) -> Result<u32, String> {
        if self.get(name).is_some() { self.count(name) } else { Ok(default) }
    }

    pub fn flag(&self, name: &str) -> Result<bool, String> {
        self.get(name).and_then(Value::as_bool).ok_or_else(|| format!("{}.{name} has to be true or false", self.at))
    }

    pub fn word(&self, name: &str) -> Result<&'a str, String> {
        self.get(name).and_then(Value::as_str).ok_or_else(|| format!("{}.{name} has to be text", self.at))
    }

    pub fn word_or(&self, name: &str, default: &'a str) -> Result<&'a str, String> {
        if self.get(name).is_some() { self.word(name) } else { Ok(default) }
    }

    pub fn list(&self, name: &str) -> Result<&'a [Value], String> {
        let list = self.get(name).and_then(Value::as_array);
        list.map(Vec::as_slice).ok_or_else(|| format!("{}.{name} has to be a list", self.at))
    }

    /// An object within.
    pub fn within(&self, name: &str) -> Result<Inputs<'a>, String> {
        let fields = self.get(name).and_then(Value::as_object);
        let fields = fields.ok_or_else(|| format!("{}.{name} has to be an object", self.at))?;
        Ok(Inputs { fields, at: format!("{}.{name}", self.at), read: RefCell::default() })
    }

    /// The objects of a list.
    pub fn objects(&self, name: &str) -> Result<Vec<Inputs<'a>>, String> {
        let values = self.list(name)?.iter().enumerate();
        values
            .map(|(i, value)| {
                let at = format!("{}.{name}[{i}]", self.at);
                let fields = value.as_object().ok_or_else(|| format!("{at} has to be an object"))?;
                Ok(Inputs { fields, at, read: RefCell::default() })
            })
            .collect()
    }

    /// A distribution of service times: its mean in seconds, and its shape.
    pub fn distribution(&self, name: &str) -> Result<(f64, Shape), String> {
        let own = self.within(name)?;
        let result = own.own_distribution()?;
        own.done()?;
        Ok(result)
    }

    /// The distribution that stands in this object itself.
    pub fn own_distribution(&self) -> Result<(f64, Shape), String> {
        let own = self;
        let mean = || own.number("mean_s");
        let result = match own.word("distribution")? {
            "exponential" => (mean()?, Shape::Exponential),
            "deterministic" => (mean()?, Shape::Constant),
            "erlang" => (mean()?, Shape::Erlang(own.count("shape")?)),
            "hyperexponential" => {
                let (p, mean1, mean2) = (own.number("p")?, own.number("mean1_s")?, own.number("mean2_s")?);
                (p * mean1 + (1.0 - p) * mean2, Shape::Hyperexponential { p, mean1, mean2 })
            }
            "lognormal" if own.get("median_s").is_some() => {
                let (median, sigma) = (own.number("median_s")?, own.number("sigma")?);
                let scv = libm::exp(sigma * sigma) - 1.0;
                (median * libm::exp(sigma * sigma / 2.0), Shape::Lognormal { scv })
            }
            "lognormal" => (mean()?, Shape::Lognormal { scv: own.number("scv")? }),
            "bounded_pareto" => {
                let (alpha, low, high) = (own.number("alpha")?, own.number("low_s")?, own.number("high_s")?);
                let shape = Shape::BoundedPareto { alpha, ratio: high / low };
                (low * shape.raw_mean(), shape)
            }
            other => return Err(format!("{}.distribution: `{other}` is not known", own.at)),
        };
        Ok(result)
    }

    /// Fails if there is an input that nobody has looked at.
    pub fn done(&self) -> Result<(), String> {
        let read = self.read.borrow();
        match self.fields.keys().find(|name| !read.contains(*name)) {
            Some(name) => Err(format!("{}.{name} is not understood", self.at)),
            None => Ok(()),
        }
    }
}
