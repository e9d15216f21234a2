//! What the page and the engine's worker say to each other.
//!
//! Control messages are JSON text, a few hundred bytes a frame. Beside a [`FromEngine::Frame`] travel, as transferred buffers, its
//! hops as [`Hop::encode`](scalescope::observe::Hop::encode)d words, and several times a second the figures on a
//! [`tape`](scalescope::base::tape). Documents travel as their own text, because that is the form which is checked when it is read.

use scalescope::base::SimDuration;
use scalescope::base::json::{Field, Json, may, must, read_fields, tag, tagged, write_fields};
use scalescope::model::{Command, Problem, Problems};
use scalescope::observe::LinkEnds;
use scalescope::observe::trace::{Ended, Trace};
use scalescope::observe::{Figures, KeyFigures, Operation, Reason};
use serde_json::Value;

/// From the page to the engine.
#[derive(Debug)]
pub enum ToEngine {
    /// Begins a new run, at time zero.
    Load { document: String, seed: u64 },
    /// Simulates up to `until_ns`, or as far as `cpu_budget_ms` lasts. Answered by one [`FromEngine::Frame`].
    Advance { until_ns: u64, cpu_budget_ms: f64, want_figures: bool },
    /// Simulates one event. Answered by one [`FromEngine::Frame`] with figures.
    Step,
    /// Carries out a command at the engine's present time.
    Command { command: Command },
    /// How many hops to keep for drawing between two frames, and the window of the figures; and how many hops to make up in
    /// place of the run's own, if any.
    SetView { hop_budget: usize, window: SimDuration, parade: usize },
    /// What to tell beside the figures from now on; answered at once by one [`FromEngine::Watched`].
    Watch(Watch),
    /// Which request's packet left over this link at about this time? Answered by [`FromEngine::Picked`].
    Pick { link: u16, depart_ns: u64, is_backward: bool },
    /// Runs `document`, or if that is empty the present run from where it is, apart from the present run; tells the hash of the
    /// state that it ends in.
    Hash { document: String, r#for: SimDuration },
    /// Tries the workload of `document` on each kind of database. Answered by a [`FromEngine::Tried`] for each, and a
    /// [`FromEngine::Chosen`].
    Choose { document: String, warmup: SimDuration, r#for: SimDuration },
}

/// From the engine to the page.
#[derive(Debug)]
pub enum FromEngine {
    /// The worker runs and listens.
    Ready,
    /// A new run has begun.
    Loaded(Design),
    /// Time went on. Hops come along, their times in seconds after `base_ns`, and figures, if they were wanted.
    Frame(Frame),
    /// A command was carried out at `now_ns`.
    Done { command: Command, now_ns: u64 },
    /// The design is another now, by a command or by the document's own schedule.
    Redesigned(Design),
    /// A document or a command was refused.
    Refused { problems: Problems },
    /// Something that was scheduled did not fit the design when its time came.
    Complained { problems: Problems },
    /// What is watched, as it is now.
    Watched(Watched),
    /// The request that was picked, if it is known.
    Picked { serial: Option<u32> },
    /// The hash asked for.
    Hash { state_hash: String },
    /// So many kinds of database have been tried.
    Tried { done: u32 },
    /// What the trials say, as the command line reports it.
    Chosen { choice: Value },
    /// The engine cannot go on.
    Fatal { message: String },
}

/// The engine's side of one frame.
#[derive(Debug, Default)]
pub struct Frame {
    /// The simulated time reached.
    pub now_ns: u64,
    /// What the hops' times count from.
    pub base_ns: u64,
    /// One dot stands for this many requests.
    pub stride: u32,
    /// What the frame cost the worker, in milliseconds.
    pub cpu_ms: f64,
    /// Not part of the text.
    pub figures: Option<Box<Figures>>,
}

/// A design as the engine has it: the document's text and the numbers of its links.
#[derive(Debug, Default)]
pub struct Design {
    pub document: String,
    pub links: Vec<LinkEnds>,
}

/// What a person looks at beside the figures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Watch {
    /// The requests that have ended of late, of this kind.
    pub requests: Option<Filter>,
    /// The trace of the request of this number.
    pub serial: Option<u32>,
    /// The record of which to tell the version on every store.
    pub key: Option<u32>,
}

/// Which requests to list; what is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    pub is_failed: Option<bool>,
    pub operation: Option<Operation>,
    pub reason: Option<Reason>,
    /// Id of the node where it failed.
    pub place: String,
    /// Id of a node that the request has been at.
    pub through: String,
    /// The slowest first, instead of the latest.
    pub is_by_latency: bool,
}

impl Filter {
    /// Whether it takes a request, as far as its end tells.
    pub fn takes(&self, ended: &Ended) -> bool {
        self.is_failed.is_none_or(|is_failed| is_failed == ended.failure.is_some())
            && self.operation.is_none_or(|operation| operation == ended.operation)
            && self.reason.is_none_or(|reason| ended.failure == Some(reason))
            && (self.place.is_empty() || self.place == ended.place)
    }

    /// Whether it takes the way of a request.
    pub fn takes_way(&self, trace: &Trace) -> bool {
        trace.spans.iter().any(|span| span.to == self.through || span.from == self.through)
    }
}

/// The engine's answer to a [`Watch`].
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// None if the list that was told last is to stay.
    pub ended: Option<Vec<Ended>>,
    pub trace: Option<Trace>,
    pub key: Option<KeyFigures>,
}

impl Watch {
    fn fields(&mut self) -> Vec<Field<'_>> {
        vec![may("requests", &mut self.requests), may("serial", &mut self.serial), may("key", &mut self.key)]
    }
}

impl Filter {
    fn fields(&mut self) -> Vec<Field<'_>> {
        let Self { is_failed, operation, reason, place, through, is_by_latency } = self;
        vec![
            may("is_failed", is_failed),
            may("operation", operation),
            may("reason", reason),
            may("place", place),
            may("through", through),
            may("is_by_latency", is_by_latency),
        ]
    }
}

impl Json for Filter {
    fn blank() -> Self {
        Self::default()
    }

    fn to_value(&self) -> Value {
        write_fields(self.clone().fields())
    }

    fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
        read_fields(self.fields(), value, at)
    }
}

/// One side's messages. A message travels as an object whose only field is its name, with the message's own fields in it.
pub trait Message: Sized {
    const NAMES: &[&str];

    /// The message called by one of the names, to be read into.
    fn blank(name: &str) -> Self;

    /// Its name, and what it says.
    fn parts(&mut self) -> (&'static str, Vec<Field<'_>>);
}

/// `message` as it travels.
pub fn write(mut message: impl Message) -> String {
    let (name, fields) = message.parts();
    tag(name, write_fields(fields)).to_string()
}

/// What came.
pub fn read<M: Message>(text: &str) -> Result<M, Problems> {
    let value: Value = serde_json::from_str(text).map_err(|error| Problem::new("", error.to_string(), "JSON"))?;
    let (name, inner) = tagged(&value, "", M::NAMES)?;
    let mut message = M::blank(name);
    read_fields(message.parts().1, inner, name)?;
    Ok(message)
}

impl Message for ToEngine {
    const NAMES: &[&str] = &["load", "advance", "command", "set_view", "hash", "watch", "pick", "choose", "step"];

    fn blank(name: &str) -> Self {
        match name {
            "load" => Self::Load { document: String::new(), seed: 0 },
            "command" => Self::Command { command: Command::blank() },
            "set_view" => Self::SetView { hop_budget: 0, window: SimDuration::ZERO, parade: 0 },
            "watch" => Self::Watch(Watch::default()),
            "step" => Self::Step,
            "pick" => Self::Pick { link: 0, depart_ns: 0, is_backward: false },
            "hash" => Self::Hash { document: String::new(), r#for: SimDuration::ZERO },
            "choose" => Self::Choose { document: String::new(), warmup: SimDuration::ZERO, r#for: SimDuration::ZERO },
            _ => Self::Advance { until_ns: 0, cpu_budget_ms: 0.0, want_figures: false },
        }
    }

    fn parts(&mut self) -> (&'static str, Vec<Field<'_>>) {
        match self {
            Self::Load { document, seed } => ("load", vec![may("document", document), may("seed", seed)]),
            Self::Advance { until_ns, cpu_budget_ms, want_figures } => (
                "advance",
                vec![may("until_ns", until_ns), may("cpu_budget_ms", cpu_budget_ms), may("want_figures", want_figures)],
            ),
            Self::Step => ("step", Vec::new()),
            Self::Command { command } => ("command", vec![must("command", "a command", command)]),
            Self::SetView { hop_budget, window, parade } => {
                ("set_view", vec![may("hop_budget", hop_budget), may("window", window), may("parade", parade)])
            }
            Self::Watch(watch) => ("watch", watch.fields()),
            Self::Pick { link, depart_ns, is_backward } => {
                ("pick", vec![may("link", link), may("depart_ns", depart_ns), may("is_backward", is_backward)])
            }
            Self::Choose { document, warmup, r#for } => {
                ("choose", vec![may("document", document), may("warmup", warmup), may("for", r#for)])
            }
            Self::Hash { document, r#for } => {
                ("hash", vec![may("document", document), must("for", "a duration", r#for)])
            }
        }
    }
}

impl Message for FromEngine {
    const NAMES: &[&str] = &[
        "ready",
        "loaded",
        "frame",
        "done",
        "redesigned",
        "refused",
        "hash",
        "fatal",
        "watched",
        "picked",
        "tried",
        "chosen",
        "complained",
    ];

    fn blank(name: &str) -> Self {
        match name {
            "ready" => Self::Ready,
            "loaded" => Self::Loaded(Design::default()),
            "done" => Self::Done { command: Command::blank(), now_ns: 0 },
            "redesigned" => Self::Redesigned(Design::default()),
            "refused" => Self::Refused { problems: Problems::default() },
            "complained" => Self::Complained { problems: Problems::default() },
            "watched" => Self::Watched(Watched::default()),
            "picked" => Self::Picked { serial: None },
            "hash" => Self::Hash { state_hash: String::new() },
            "fatal" => Self::Fatal { message: String::new() },
            "tried" => Self::Tried { done: 0 },
            "chosen" => Self::Chosen { choice: Value::Null },
            _ => Self::Frame(Frame::default()),
        }
    }

    fn parts(&mut self) -> (&'static str, Vec<Field<'_>>) {
        match self {
            Self::Ready => ("ready", Vec::new()),
            Self::Loaded(design) => ("loaded", design.fields()),
            Self::Frame(frame) => ("frame", frame.fields()),
            Self::Done { command, now_ns } => {
                ("done", vec![must("command", "a command", command), may("now_ns", now_ns)])
            }
            Self::Redesigned(design) => ("redesigned", design.fields()),
            Self::Refused { problems } => ("refused", vec![may("problems", &mut problems.0)]),
            Self::Complained { problems } => ("complained", vec![may("problems", &mut problems.0)]),
            Self::Watched(Watched { ended, trace, key }) => {
                ("watched", vec![may("ended", ended), may("trace", trace), may("key", key)])
            }
            Self::Picked { serial } => ("picked", vec![may("serial", serial)]),
            Self::Hash { state_hash } => ("hash", vec![may("state_hash", state_hash)]),
            Self::Tried { done } => ("tried", vec![may("done", done)]),
            Self::Chosen { choice } => ("chosen", vec![may("choice", choice)]),
            Self::Fatal { message } => ("fatal", vec![may("message", message)]),
        }
    }
}

impl Frame {
    fn fields(&mut self) -> Vec<Field<'_>> {
        vec![
            may("now_ns", &mut self.now_ns),
            may("base_ns", &mut self.base_ns),
            may("stride", &mut self.stride),
            may("cpu_ms", &mut self.cpu_ms),
        ]
    }
}

impl Design {
    fn fields(&mut self) -> Vec<Field<'_>> {
        vec![may("document", &mut self.document), may("links", &mut self.links)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scalescope::model::Fault;

    #[test]
    fn messages_survive_the_way() {
        let command = Command::Fault(Fault::Crash { node: "web-1".to_owned() });
        let text = write(ToEngine::Command { command: command.clone() });
        assert_eq!(text, r#"{"command":{"command":{"fault":{"crash":{"node":"web-1"}}}}}"#);
        assert!(matches!(read(&text), Ok(ToEngine::Command { command: heard }) if heard == command));
        let text = r#"{"hash":{"document":"{}","for":"20s"}}"#;
        assert!(matches!(read(text), Ok(ToEngine::Hash { .. })));
        assert!(read::<ToEngine>(r#"{"explode":{}}"#).is_err_and(|problems| problems.to_string().contains("advance")));
    }

    #[test]
    fn every_name_is_that_of_its_message() {
        for name in ToEngine::NAMES {
            assert_eq!(ToEngine::blank(name).parts().0, *name);
        }
        for name in FromEngine::NAMES {
            assert_eq!(FromEngine::blank(name).parts().0, *name);
        }
    }
}
