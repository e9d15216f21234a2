//! What the page and the engine's worker say to each other.
//!
//! Control messages are JSON text: a few hundred bytes a frame, figures ten times a second. Hops travel beside a
//! [`FromEngine::Frame`] as a transferred buffer of [`Hop::encode`](scalescope::observe::Hop::encode)d words. Documents
//! travel as their own text, because that is the form which is checked when it is read.

use serde::{Deserialize, Serialize};

use scalescope::base::SimDuration;
use scalescope::engine::LinkEnds;
use scalescope::model::{Command, Problems};
use scalescope::observe::Figures;

/// From the page to the engine.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToEngine {
    /// Begins a new run, at time zero.
    Load { document: String, seed: u64 },
    /// Simulates up to `until_ns`, or as far as `cpu_budget_ms` lasts. Answered by one [`FromEngine::Frame`].
    Advance { until_ns: u64, cpu_budget_ms: f64, want_figures: bool },
    /// Carries out a command at the engine's present time.
    Command(Command),
    /// How many hops to keep for drawing between two frames, and the window of the figures.
    SetView { hop_budget: usize, window: SimDuration },
    /// Runs `document` apart from the present run, and tells the hash of the state it ends in.
    Hash { document: String, r#for: SimDuration },
}

/// From the engine to the page.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromEngine {
    /// The worker runs and listens.
    Ready,
    /// A new run has begun.
    Loaded(Design),
    /// Time went on. Hops come along, their times in seconds after `base_ns`.
    Frame(Frame),
    /// A command was carried out at `now_ns`.
    Done { command: Command, now_ns: u64 },
    /// The design is another now, by a command or by the document's own schedule.
    Redesigned(Design),
    /// A command, if one is named, or a document was refused.
    Refused { command: Option<Command>, problems: Problems },
    /// The hash asked for.
    Hash { state_hash: String },
    /// The engine cannot go on.
    Fatal { message: String },
}

/// The engine's side of one frame.
#[derive(Debug, Serialize, Deserialize)]
pub struct Frame {
    /// The simulated time reached.
    pub now_ns: u64,
    /// What the hops' times count from.
    pub base_ns: u64,
    /// One dot stands for this many requests.
    pub stride: u32,
    /// What the frame cost the worker, in milliseconds.
    pub cpu_ms: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figures: Option<Box<Figures>>,
}

/// A design as the engine has it: the document's text and the numbers of its links.
#[derive(Debug, Serialize, Deserialize)]
pub struct Design {
    pub document: String,
    pub links: Vec<LinkEnds>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use scalescope::model::Fault;

    #[test]
    fn messages_survive_the_way() {
        let command = Command::Fault(Fault::Crash { node: "web-1".to_owned() });
        let text = serde_json::to_string(&ToEngine::Command(command.clone())).unwrap();
        assert_eq!(text, r#"{"command":{"fault":{"crash":{"node":"web-1"}}}}"#);
        assert!(matches!(serde_json::from_str(&text), Ok(ToEngine::Command(read)) if read == command));
        let text = r#"{"hash":{"document":"{}","for":"20s"}}"#;
        assert!(matches!(serde_json::from_str(text), Ok(ToEngine::Hash { .. })));
    }
}
