//! Reading a document, and writing one.
//!
//! The text is parsed to JSON first; then each node is read by its kind, so that the path in a message leads to the
//! very value.

use serde_json::{Map, Value};

use super::document::{Document, Link, Node, Position, Tier, VERSION};
use super::kinds::NodeKind;
use crate::base::json::{Field, Json, join, may, must, read, read_fields, serde_by_json, write_fields};
use crate::base::{Kind, Problem, Problems};

/// Longest text that is read, in bytes.
const LARGEST: usize = 16 << 20;

impl Document {
    /// Reads and checks a document that shall be of use as it is.
    pub fn read(text: &str) -> Result<Self, Problems> {
        let document = Self::read_draft(text)?;
        document.check_use()?;
        Ok(document)
    }

    /// Reads and checks a document that may still be unfinished: nobody uses it yet, or a cache has nothing behind it. It can be
    /// run; what it lacks is told by [`Self::check_use`].
    pub fn read_draft(text: &str) -> Result<Self, Problems> {
        let document = Self::parse(text)?;
        document.check()?;
        Ok(document)
    }

    /// Reads what may be only a part of a document: nothing is checked but that it is one.
    pub fn parse(text: &str) -> Result<Self, Problems> {
        if text.len() > LARGEST {
            return Err(Problem::new("", "the file is too large for a document", "at most 16 MB").into());
        }
        let value: Value = serde_json::from_str(text).map_err(|error| {
            Problem::new("", format!("not valid JSON: {error}"), "a JSON object, as in static/scenarios")
        })?;
        read(&value, "")
    }

    /// A design with nothing in it.
    pub fn empty() -> Self {
        Self::blank()
    }
}

impl Json for Document {
    fn blank() -> Self {
        Self {
            version: VERSION,
            name: "Untitled".to_owned(),
            description: String::new(),
            seed: 0,
            nodes: Vec::new(),
            links: Vec::new(),
            schedule: Vec::new(),
            tiers: Vec::new(),
        }
    }

    fn to_value(&self) -> Value {
        let Self { version, name, description, seed, nodes, links, schedule, tiers } = &mut self.clone();
        let mut fields = vec![must("version", "", version), may("name", name)];
        if !description.is_empty() {
            fields.push(may("description", description));
        }
        fields.extend([may("seed", seed), may("nodes", nodes), may("links", links)]);
        if !schedule.is_empty() {
            fields.push(may("schedule", schedule));
        }
        if !tiers.is_empty() {
            fields.push(may("tiers", tiers));
        }
        write_fields(fields)
    }

    fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
        let Self { version, nodes, links, schedule, tiers, .. } = self;
        // Of another version nothing else can be said.
        if let Some(other) = value.get("version").and_then(Value::as_u64).filter(|other| *other != u64::from(VERSION)) {
            let what = format!("version {other} is not known to this program");
            return Err(Problem::new("version", what, format!("valid: {VERSION}")).into());
        }
        let (mut name, mut description, mut seed) = (None, None, None);
        // Editors find the schema by its address.
        let mut schema = Value::Null;
        let fields = vec![
            must("version", "the version of the format, 1", version),
            may("name", &mut name),
            may("description", &mut description),
            may("seed", &mut seed),
            may("nodes", nodes),
            may("links", links),
            may("schedule", schedule),
            may("tiers", tiers),
            may("$schema", &mut schema),
        ];
        read_fields(fields, value, at)?;
        self.name = name.unwrap_or_else(|| "Untitled".to_owned());
        self.description = description.unwrap_or_default();
        self.seed = seed.unwrap_or_default();
        Ok(())
    }
}

impl Json for Node {
    fn blank() -> Self {
        Self { id: String::new(), label: None, position: None, region: None, kind: NodeKind::blank() }
    }

    fn to_value(&self) -> Value {
        let Self { id, label, position, region, kind } = &mut self.clone();
        let mut params = kind.params();
        write_fields(vec![
            may("id", id),
            may("label", label),
            may("position", position),
            may("region", region),
            may("kind", kind),
            may("params", &mut params),
        ])
    }

    fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
        let Self { id, label, position, region, kind } = self;
        let kinds = kind_names();
        let mut params = Value::Object(Map::new());
        let fields = vec![
            must("id", "a unique name", id),
            must("kind", &kinds, kind),
            may("label", label),
            may("position", position),
            may("region", region),
            may("params", &mut params),
        ];
        read_fields(fields, value, at)?;
        kind.read_params(&params, &join(at, "params"))
    }
}

/// The kinds that there are, as documents write them.
fn kind_names() -> String {
    Kind::ALL.map(Kind::name).join(", ")
}

/// A kind by its name alone, with the defaults of its parameters.
impl Json for NodeKind {
    fn blank() -> Self {
        Self::of(Kind::Users)
    }

    fn to_value(&self) -> Value {
        self.name().into()
    }

    fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
        let name: String = read(value, at)?;
        *self = Self::by_name(&name).ok_or_else(|| {
            let valid = format!("valid: {}", kind_names());
            Problem::new(at, format!("there is no kind `{name}`"), valid)
        })?;
        Ok(())
    }
}

impl Json for Position {
    fn blank() -> Self {
        Self { x: 0.0, y: 0.0 }
    }

    fn to_value(&self) -> Value {
        let Self { mut x, mut y } = *self;
        write_fields(vec![may("x", &mut x), may("y", &mut y)])
    }

    fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
        let Self { x, y } = self;
        read_fields(vec![must("x", "a number", x), must("y", "a number", y)], value, at)
    }
}

impl Json for Tier {
    fn blank() -> Self {
        Self { label: String::new(), nodes: Vec::new() }
    }

    fn to_value(&self) -> Value {
        let Self { label, nodes } = &mut self.clone();
        write_fields(vec![may("label", label), may("nodes", nodes)])
    }

    fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
        let Self { label, nodes } = self;
        read_fields(
            vec![must("label", "what the frame is called", label), must("nodes", "ids of nodes", nodes)],
            value,
            at,
        )
    }
}

impl Link {
    fn fields(&mut self) -> Vec<Field<'_>> {
        let Self { from, to, latency, latency_shape, reply_latency, reply_shape, loss, bandwidth, queue_limit } = self;
        vec![
            must("from", "id of the node that calls", from),
            must("to", "id of the node that is called", to),
            may("latency", latency),
            may("latency_shape", latency_shape),
            may("reply_latency", reply_latency),
            may("reply_shape", reply_shape),
            may("loss", loss),
            may("bandwidth", bandwidth),
            may("queue_limit", queue_limit),
        ]
    }
}

impl Json for Link {
    fn blank() -> Self {
        Self::default()
    }

    fn to_value(&self) -> Value {
        let default = Self::default();
        let mut value = write_fields(self.clone().fields());
        if let Some(fields) = value.as_object_mut() {
            // What most links leave as it is, is not written.
            fields.retain(|name, _| match name.as_str() {
                "latency_shape" => self.latency_shape != default.latency_shape,
                "queue_limit" => self.queue_limit != default.queue_limit,
                _ => true,
            });
        }
        value
    }

    fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
        read_fields(self.fields(), value, at)
    }
}

serde_by_json!(Document, Node, Link);
