//! The state of the page as text: the design with its seed and speed, the run so far, what was promised, and what can be undone.
//!
//! A run is kept as what it follows from: the design that it began with, and what was done to it and when. Whoever opens it lets
//! that happen again, and is where the other one was.
//!
//! The text has a version. What an older page has written is brought up to date step by step; what a newer one has written is
//! refused with words.

use scalescope::base::json::Json;
use scalescope::engine::Entry;
use scalescope::insight::Objectives;
use scalescope::model::Document;
use serde_json::{Value, json};

use crate::clock::SPEEDS;
use crate::settings::DEFAULT_SPEED;

/// The version that is written.
const VERSION: usize = 3;
/// Steps of undoing that are kept.
const STEPS: usize = 60;
/// Latest simulated time to which a run is taken up again: a day.
const LATEST_NS: u64 = 86_400_000_000_000;

/// From each version to the next. The first page kept nothing but the document.
const MIGRATIONS: [fn(Value) -> Value; VERSION] = [
    // 0 was never written.
    |value| value,
    |document| json!({ "seed": document.get("seed").cloned().unwrap_or_default(), "design": document }),
    // 2 knew nothing of runs and objectives.
    |value| value,
];

/// What is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    pub document: Document,
    pub seed: u64,
    pub speed: f64,
    /// As [`crate::editor::Past::to_value`] writes it.
    pub past: Value,
    /// None: it begins at time zero.
    pub run: Option<Run>,
    pub objectives: Objectives,
    /// Parameters that have a slider on the page, each as its node and its name.
    pub knobs: Vec<(String, String)>,
    /// Figures whose charts are pinned, each as its node and its name.
    pub pins: Vec<(String, String)>,
}

/// A run as far as it has come.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The design that it began with, at time zero.
    pub begun: Document,
    /// What was done, and when.
    pub journal: Vec<Entry>,
    /// Simulated time that it has reached.
    pub now_ns: u64,
}

impl Run {
    fn to_value(&self) -> Value {
        json!({ "begun": self.begun.to_value(), "journal": self.journal.to_value(), "now_ns": self.now_ns })
    }

    fn of_value(value: &Value) -> Result<Self, String> {
        let begun = value.get("begun").map(Value::to_string).unwrap_or_default();
        let begun = Document::read_draft(&begun).map_err(|problems| problems.to_string())?;
        let mut journal = Vec::<Entry>::new();
        journal
            .set_from(value.get("journal").unwrap_or(&Value::Array(Vec::new())), "run.journal")
            .map_err(|problems| problems.to_string())?;
        let now_ns = value.get("now_ns").and_then(Value::as_u64).unwrap_or_default().min(LATEST_NS);
        Ok(Self { begun, journal, now_ns })
    }
}

impl State {
    /// A design that nothing was done with yet.
    pub fn fresh(document: Document, speed: f64) -> Self {
        let (objectives, knobs, pins) = (Objectives::default(), Vec::new(), Vec::new());
        Self { seed: document.seed, document, speed, past: Value::Null, run: None, objectives, knobs, pins }
    }

    pub fn write(&self) -> String {
        let Objectives { p99_s, availability } = self.objectives;
        let mut state = json!({
            "version": VERSION,
            "seed": self.seed,
            "speed": self.speed,
            "design": self.document.to_value(),
            "past": self.past,
            "objectives": { "p99_s": p99_s, "availability": availability },
            "knobs": self.knobs,
            "pins": self.pins,
        });
        if let Some(run) = &self.run {
            state["run"] = run.to_value();
        }
        state.to_string()
    }

    /// The state, or in words what is wrong with it.
    pub fn read(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| format!("it is no JSON ({error})"))?;
        let value = migrated(value)?;
        let body = value.get("design").ok_or("it has no design")?;
        let document = Document::read_draft(&body.to_string()).map_err(|problems| problems.to_string())?;
        let number = |name: &str| value.get(name).and_then(Value::as_f64);
        let pairs =
            |name: &str| value.get(name).and_then(|own| serde_json::from_value(own.clone()).ok()).unwrap_or_default();
        Ok(Self {
            seed: value.get("seed").and_then(Value::as_u64).unwrap_or(document.seed),
            speed: number("speed").filter(|speed| SPEEDS.contains(speed)).unwrap_or(DEFAULT_SPEED),
            past: value.get("past").cloned().unwrap_or_default(),
            run: value.get("run").map(Run::of_value).transpose()?,
            objectives: objectives(&value),
            knobs: pairs("knobs"),
            pins: pairs("pins"),
            document,
        })
    }

    /// The steps that are kept of what can be undone.
    pub fn past(past: &crate::editor::Past) -> Value {
        past.to_value(STEPS)
    }
}

/// What was promised, as far as it can be kept; else what is promised where nobody has said anything.
fn objectives(value: &Value) -> Objectives {
    let usual = Objectives::default();
    let number = |name: &str| value.get("objectives").and_then(|own| own.get(name)).and_then(Value::as_f64);
    Objectives {
        p99_s: number("p99_s").filter(|length| *length > 0.0).unwrap_or(usual.p99_s),
        availability: number("availability").filter(|share| (0.0..1.0).contains(share)).unwrap_or(usual.availability),
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
    use scalescope::model::{Command, Fault};

    fn state() -> State {
        let document = crate::scenarios::ALL[4].document();
        let objectives = Objectives { p99_s: 0.2, availability: 0.99 };
        let crash = Command::Fault(Fault::Crash { node: "web-1".to_owned() });
        let journal = vec![Entry { at_ns: 1_500_000_000, command: crash }];
        let run = Some(Run { begun: document.clone(), journal, now_ns: 2_000_000_001 });
        let knobs = vec![("web-1".to_owned(), "cores".to_owned())];
        let pins = vec![("web-1".to_owned(), "queue".to_owned())];
        State { document, seed: 42, speed: 0.5, past: json!([[], []]), run, objectives, knobs, pins }
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
        let second = json!({ "version": 2, "seed": 7, "design": document.to_value(), "past": [[], []] });
        let read = State::read(&second.to_string()).unwrap();
        assert_eq!((read.seed, read.run, read.objectives), (7, None, Objectives::default()));
    }

    #[test]
    fn nonsense_of_a_run_is_refused_and_nonsense_of_a_promise_is_left_out() {
        let torn = state().write().replace("\"crash\"", "\"tickle\"");
        assert!(State::read(&torn).unwrap_err().contains("tickle"));
        let endless = State::read(&state().write().replace("2000000001", "18446744073709551615")).unwrap();
        assert_eq!(endless.run.unwrap().now_ns, LATEST_NS);
        let bold = state().write().replace("0.99", "1.0");
        assert_eq!(State::read(&bold).unwrap().objectives.availability, Objectives::default().availability);
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
