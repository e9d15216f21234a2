//! Short ways to documents and runs.

use std::path::PathBuf;

use scalescope::base::{SimDuration, SimTime};
use scalescope::engine::Engine;
use scalescope::model::{Command, Document, Edit, Fault};
use scalescope::observe::{Figures, NodeFigures, Reason};
use serde_json::Value;

/// The scenarios that come with the product.
pub const SCENARIOS: [&str; 6] = ["single-server", "separate-database", "load-balanced", "replicated", "cached", "cdn"];

pub fn scenario(name: &str) -> Document {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("static/scenarios").join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Document::read(&text).unwrap_or_else(|problems| panic!("{name}: {problems}"))
}

pub fn engine(document: Document) -> Engine {
    Engine::new(document).unwrap_or_else(|problems| panic!("{problems}"))
}

pub fn at_s(seconds: f64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs_f64(seconds)
}

pub fn crash(engine: &mut Engine, node: &str) {
    engine.command(Command::Fault(Fault::Crash { node: node.to_owned() })).unwrap();
}

pub fn restart(engine: &mut Engine, node: &str) {
    engine.command(Command::Fault(Fault::Restart { node: node.to_owned() })).unwrap();
}

/// Inflicts a fault as a schedule would write it.
pub fn inflict(engine: &mut Engine, fault: Value) {
    let fault: Fault = serde_json::from_value(fault).unwrap();
    engine.command(Command::Fault(fault)).unwrap();
}

pub fn edit(engine: &mut Engine, edit: Edit) {
    engine.command(Command::Edit(edit)).unwrap();
}

/// Sets parameters of a node: `with(document, "web-1", &[("cores", json!(2))])`.
pub fn with(mut document: Document, node: &str, params: &[(&str, Value)]) -> Document {
    let entry = document.nodes.iter_mut().find(|entry| entry.id == node).expect("the node is there");
    for (name, value) in params {
        entry.kind.set(name, value.clone()).unwrap();
    }
    document
}

pub fn node<'a>(figures: &'a Figures, id: &str) -> &'a NodeFigures {
    figures.nodes.iter().find(|node| node.id == id).expect("the node is there")
}

/// Failures with `reason` since the start of the measurement.
pub fn count(figures: &Figures, reason: Reason) -> u64 {
    figures.errors.iter().find(|(other, _)| *other == reason).map_or(0, |(_, count)| *count)
}

/// Reports of consecutive spans: what happened between the last mark and now.
pub fn measure(engine: &mut Engine, until_s: f64) -> Figures {
    engine.mark();
    engine.run_until(at_s(until_s));
    engine.report()
}

/// Runs `document` and measures between two times.
pub fn run(document: Document, warmup_s: f64, until_s: f64) -> Figures {
    let mut engine = engine(document);
    engine.run_until(at_s(warmup_s));
    let figures = measure(&mut engine, until_s);
    assert_eq!(engine.violations(), Vec::<String>::new());
    figures
}

/// Sets a parameter of a node while it runs.
pub fn set(engine: &mut Engine, node: &str, param: &str, value: Value) {
    edit(engine, Edit::Set { node: node.into(), param: param.into(), value });
}

/// `measured` is within a share `tolerance` of `expected`.
pub fn assert_near(what: &str, measured: f64, expected: f64, tolerance: f64) {
    assert!((measured / expected - 1.0).abs() < tolerance, "{what}: {measured} for {expected}");
}
