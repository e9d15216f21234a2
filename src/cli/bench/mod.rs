//! `scalescope bench`: how fast the engine is, on named workloads.
//!
//! Each is the same work every time, so runs on one machine compare; its digest tells that they did the same. Times are of the
//! processor where the system tells them (Linux), else of the wall: neighbours then cost less of them.

mod clock;
mod designs;
mod hold;
mod memory;
mod workloads;

use clap::Args;
use serde_json::{Value, json};

use crate::input::{self, Failure};
use workloads::{BENCHES, Bench, Report};

/// What `bench` is asked.
#[derive(Args)]
#[command(after_help = list())]
pub struct Options {
    /// The workloads; all of them, if none is named.
    names: Vec<String>,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

pub fn run(options: &Options) -> Result<(), Failure> {
    let named: Vec<&Bench> = options.names.iter().map(|name| find(name)).collect::<Result<_, _>>()?;
    let all: Vec<&Bench> = if named.is_empty() { BENCHES.iter().collect() } else { named };
    for bench in all {
        memory::forget_peak();
        let mut report = (bench.run)(&clock::seconds);
        if let Some(bytes) = memory::peak() {
            report.figures.push(("peak_mb", bytes as f64 / 1e6));
        }
        input::print(&if options.json { to_json(bench, &report) } else { to_text(bench, &report) })?;
    }
    Ok(())
}

fn find(name: &str) -> Result<&'static Bench, Failure> {
    let found = BENCHES.iter().find(|bench| bench.name == name);
    found.ok_or_else(|| Failure::input(format!("there is no bench `{name}`; valid:\n{}", list())))
}

/// Names and what they stand for.
fn list() -> String {
    let lines = BENCHES.iter().map(|bench| format!("  {:<12} {}", bench.name, bench.about));
    lines.collect::<Vec<_>>().join("\n")
}

fn to_text(bench: &Bench, report: &Report) -> String {
    let figures = report.figures.iter().map(|(name, value)| format!("{name} {}", short(*value)));
    format!("{:<12} {} · digest {:016x}\n", bench.name, figures.collect::<Vec<_>>().join(" · "), report.digest)
}

fn to_json(bench: &Bench, report: &Report) -> String {
    let mut object = json!({ "name": bench.name });
    for (name, value) in &report.figures {
        object[*name] = Value::from(*value);
    }
    object["digest"] = Value::from(format!("{:016x}", report.digest));
    format!("{object}\n")
}

/// As many digits as tell something.
fn short(value: f64) -> String {
    if value >= 1_000.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}
