//! The state of the page as text: the design with its seed and speed, and what can be undone.
//!
//! The text has a version. What an older page has written is brought up to date step by step; what a newer one has written is
//! refused with words.

use scalescope::model::Document;
use serde_json::{Value, json};

use crate::clock::SPEEDS;
use crate::settings::DEFAULT_SPEED;

/// The version that is written.
const VERSION: usize = 2;
/// Steps of undoing that are kept.
const STEPS: usize = 60;

/// From each version to the next. The first page kept nothing but the document.
const MIGRATIONS: [fn(Value) -> Value; VERSION] = [
    // 0 was never written.
    |value| value,
    |document| json!({ "seed": document.get("seed").cloned().unwrap_or_default(), "design": document }),
];

/// What is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    pub document: Document,
    pub seed: u64,
    pub speed: f64,
    /// As [`crate::editor::Past::to_value`] writes it.
    pub past: Value,
}

impl State {
    pub fn write(&self) -> String {
        let design: Value = serde_json::to_value(&self.document).unwrap_or_default();
        let state =
            json!({ "version": VERSION, "seed": self.seed, "speed": self.speed, "design": design, "past": self.past });
        state.to_string()
    }

    /// The state, or in words what is wrong with it.
    pub fn read(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| format!("it is no JSON ({error})"))?;
        let value = migrated(value)?;
        let body = value.get("design").ok_or("it has no design")?;
        let document = Document::read_draft(&body.to_string()).map_err(|problems| problems.to_string())?;
        let number = |name: &str| value.get(name).and_then(Value::as_f64);
        Ok(Self {
            seed: value.get("seed").and_then(Value::as_u64).unwrap_or(document.seed),
            speed: number("speed").filter(|speed| SPEEDS.contains(speed)).unwrap_or(DEFAULT_SPEED),
            past: value.get("past").cloned().unwrap_or_default(),
            document,
        })
    }

    /// The steps that are kept of what can be undone.
    pub fn past(past: &crate::editor::Past) -> Value {
        past.to_value(STEPS)
    }
}

/// `value` as the newest version has it.
fn migrated(mut value: Value) -> Result<Value, String> {
    // A bare document has a version of its own.
    let is_document = value.get("nodes").is_some();
    let version = value.get("version").and_then(Value::as_u64).filter(|_| !is_document);
    let version = version.unwrap_or(1) as usize;
    if version > VERSION {
        return Err(format!("a newer Scalescope has written it (version {version}, this one knows {VERSION})"));
    }
    for step in &MIGRATIONS[version..] {
        value = step(value);
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        let document = crate::scenarios::ALL[4].document();
        State { document, seed: 42, speed: 0.5, past: json!([[], []]) }
    }

    #[test]
    fn what_is_written_is_read() {
        let written = state().write();
        assert_eq!(State::read(&written), Ok(state()));
    }

    #[test]
    fn what_the_first_page_kept_is_read_still() {
        let document = crate::scenarios::ALL[2].document();
        let read = State::read(&document.to_json()).unwrap();
        assert_eq!((read.seed, &read.document, read.speed), (document.seed, &document, DEFAULT_SPEED));
    }

    #[test]
    fn what_cannot_be_read_is_explained() {
        assert!(State::read("{ torn").unwrap_err().contains("no JSON"));
        assert!(State::read(r#"{"version":99}"#).unwrap_err().contains("newer"));
        assert!(State::read(r#"{"version":2}"#).unwrap_err().contains("no design"));
        let cut = state().write().replace("\"web_server\"", "\"toaster\"");
        assert!(State::read(&cut).unwrap_err().contains("toaster"));
    }

    #[test]
    fn an_unfinished_design_is_kept_like_any_other() {
        let empty = State { document: Document::empty(), ..state() };
        assert_eq!(State::read(&empty.write()), Ok(empty));
    }
}
