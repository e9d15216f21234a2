//! Reading a document, with the path of whatever is wrong.
//!
//! The text is parsed to JSON first; then each node is read by its kind, so that the path in a message leads to the
//! very value. Unknown fields are refused: a misspelt parameter must not be ignored in silence.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value};

use super::command::Scheduled;
use super::document::{Document, Link, Node, VERSION};
use super::kinds::NodeKind;
use super::problem::{Problem, Problems};

/// Longest text that is read, in bytes.
const LARGEST: usize = 16 << 20;

impl Document {
    /// Reads and checks a document.
    pub fn read(text: &str) -> Result<Self, Problems> {
        if text.len() > LARGEST {
            return Err(Problem::new("", "the file is too large for a document", "at most 16 MB").into());
        }
        let value: Value = serde_json::from_str(text).map_err(|error| {
            Problem::new("", format!("not valid JSON: {error}"), "a JSON object, as in static/scenarios")
        })?;
        let document = Self::from_value(value)?;
        document.check()?;
        document.check_use()?;
        Ok(document)
    }

    fn from_value(value: Value) -> Result<Self, Problems> {
        let mut fields = object(value, "")?;
        let version: u64 = required(&mut fields, "", "version", "the version of the format, 1")?;
        if version != u64::from(VERSION) {
            let what = format!("version {version} is not known to this program");
            return Err(Problem::new("version", what, format!("valid: {VERSION}")).into());
        }
        let mut problems = Problems::default();
        let nodes = list(&mut fields, "nodes", &mut problems, node);
        let links = list(&mut fields, "links", &mut problems, record::<Link>);
        let schedule = list(&mut fields, "schedule", &mut problems, record::<Scheduled>);
        let document = Self {
            version: VERSION,
            name: optional(&mut fields, "", "name")?.unwrap_or_else(|| "Untitled".to_owned()),
            description: optional(&mut fields, "", "description")?.unwrap_or_default(),
            seed: optional(&mut fields, "", "seed")?.unwrap_or_default(),
            nodes,
            links,
            schedule,
        };
        // Editors find the schema by it.
        fields.remove("$schema");
        no_more(&fields, "", "version, name, description, seed, nodes, links, schedule", &mut problems);
        problems.or(document)
    }
}

/// Also inside commands: reads the same way, without the path.
impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        node(Value::deserialize(deserializer)?, "node").map_err(de::Error::custom)
    }
}

fn node(value: Value, at: &str) -> Result<Node, Problems> {
    let mut fields = object(value, at)?;
    let id: String = required(&mut fields, at, "id", "a unique name")?;
    let kinds = NodeKind::NAMES.join(", ");
    let kind: String = required(&mut fields, at, "kind", &kinds)?;
    let label = optional(&mut fields, at, "label")?;
    let position = optional(&mut fields, at, "position")?;
    let here = format!("{at}.params");
    let params = fields.remove("params").unwrap_or_else(|| Value::Object(Map::new()));
    let params = Value::Object(object(params, &here)?);
    let kind = match kind.as_str() {
        "users" => NodeKind::Users(typed(params, &here)?),
        "dns" => NodeKind::Dns(typed(params, &here)?),
        "cdn" => NodeKind::Cdn(typed(params, &here)?),
        "load_balancer" => NodeKind::LoadBalancer(typed(params, &here)?),
        "web_server" => NodeKind::WebServer(typed(params, &here)?),
        "cache" => NodeKind::Cache(typed(params, &here)?),
        "database" => NodeKind::Database(typed(params, &here)?),
        other => {
            let what = format!("there is no kind `{other}`");
            return Err(Problem::new(format!("{at}.kind"), what, format!("valid: {kinds}")).into());
        }
    };
    let mut problems = Problems::default();
    no_more(&fields, at, "id, kind, label, position, params", &mut problems);
    problems.or(Node { id, label, position, kind })
}

/// Reads an object as a `T`. Serde would take a list of the fields as well: nobody means that.
fn record<T: DeserializeOwned>(value: Value, at: &str) -> Result<T, Problems> {
    Ok(typed(Value::Object(object(value, at)?), at)?)
}

fn object(value: Value, at: &str) -> Result<Map<String, Value>, Problem> {
    match value {
        Value::Object(fields) => Ok(fields),
        other => Err(Problem::new(at, format!("{} is not an object", shown(&other)), "valid: { … }")),
    }
}

/// Reads a list field; each element's problems are collected, so that one message names them all.
fn list<T>(
    fields: &mut Map<String, Value>,
    name: &str,
    problems: &mut Problems,
    read: impl Fn(Value, &str) -> Result<T, Problems>,
) -> Vec<T> {
    let values = match fields.remove(name) {
        None => return Vec::new(),
        Some(Value::Array(values)) => values,
        Some(other) => {
            problems.push(name, format!("{} is not a list", shown(&other)), "valid: [ … ]");
            return Vec::new();
        }
    };
    let mut items = Vec::with_capacity(values.len());
    for (i, value) in values.into_iter().enumerate() {
        match read(value, &format!("{name}[{i}]")) {
            Ok(item) => items.push(item),
            Err(Problems(found)) => problems.0.extend(found),
        }
    }
    items
}

fn required<T: DeserializeOwned>(
    fields: &mut Map<String, Value>,
    at: &str,
    name: &str,
    valid: &str,
) -> Result<T, Problem> {
    optional(fields, at, name)?.ok_or_else(|| Problem::new(join(at, name), "is missing", format!("valid: {valid}")))
}

fn optional<T: DeserializeOwned>(fields: &mut Map<String, Value>, at: &str, name: &str) -> Result<Option<T>, Problem> {
    fields.remove(name).filter(|value| !value.is_null()).map(|value| typed(value, &join(at, name))).transpose()
}

/// Reads `value` as a `T`, with the path of what does not fit.
fn typed<T: DeserializeOwned>(value: Value, at: &str) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let inner = error.path().to_string();
        let path = match inner.as_str() {
            "." => at.to_owned(),
            inner if inner.starts_with('[') => format!("{at}{inner}"),
            inner => format!("{at}.{inner}"),
        };
        let message = error.inner().to_string();
        // Serde's own messages say what was expected after the first comma or colon.
        match message.split_once(", expected ") {
            Some((what, expected)) => Problem::new(path, what, format!("valid: {expected}")),
            None => Problem::new(path, message, ""),
        }
    })
}

fn no_more(fields: &Map<String, Value>, at: &str, valid: &str, problems: &mut Problems) {
    for name in fields.keys() {
        problems.push(join(at, name), "there is no such field", format!("valid: {valid}"));
    }
}

fn join(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

/// `value`, cut short for a message.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() > 40 { format!("{}…", text.chars().take(40).collect::<String>()) } else { text }
}
