//! `scalescope run`: a document, for a time, under a seed.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use scalescope::base::{SimDuration, SimTime};
use scalescope::engine::Engine;
use scalescope::model::Trace;

use crate::input::{self, Failure};
use crate::report;
use crate::trace_out;

/// What `run` is asked.
#[derive(Args)]
pub struct Options {
    /// The document to simulate.
    scenario: PathBuf,
    /// Number of users (1 to 10000000), instead of the document's; several populations share it as they do there.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    users: Option<u32>,
    /// Where the randomness comes from, instead of the document's.
    #[arg(long)]
    seed: Option<u64>,
    /// How long to measure, after the warm-up: a number with a unit, as in 250ms, 60s, 2m. With a trace: at most so long.
    #[arg(long = "for", value_name = "DURATION")]
    duration: Option<SimDuration>,
    /// How long to simulate before measuring begins; 10s, or 0s with a trace.
    #[arg(long, value_name = "DURATION")]
    warmup: Option<SimDuration>,
    /// A recorded workload to replay as reads: libCacheSim's oracleGeneral, or text with one key per line; also .gz.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Where to write traces of requests, hop by hop, as Chrome trace JSON: the latest that fit into a million steps.
    #[arg(long, value_name = "FILE")]
    trace_out: Option<PathBuf>,
    /// Trace every N-th request only.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    trace_every: u32,
    /// Tell also which version of this record every store has at the end; may be given several times.
    #[arg(long, value_name = "KEY")]
    watch: Vec<u32>,
    /// Report as JSON.
    #[arg(long)]
    json: bool,
    /// Print only the fingerprint of the final state.
    #[arg(long)]
    state_hash: bool,
}

const DEFAULT_DURATION: SimDuration = SimDuration::from_secs(60);
const DEFAULT_WARMUP: SimDuration = SimDuration::from_secs(10);
/// Longest simulated time of a run.
const LONGEST: SimDuration = SimDuration::from_secs(10 * 365 * 86_400);
/// How finely the end of a trace is found.
const SLICE: SimDuration = SimDuration::from_secs(1);

pub fn run(options: &Options) -> Result<(), Failure> {
    let mut document = input::document(&options.scenario)?;
    let trace = options.trace.as_deref().map(input::trace).transpose()?;
    document.seed = options.seed.unwrap_or(document.seed);
    if let Some(users) = options.users {
        document.share_users(users);
    }
    let name = options.scenario.display();
    let (warmup, duration) = times(options, trace.as_ref())?;
    let mut engine = Engine::new(document).map_err(|problems| Failure::input(format!("{name}: {problems}")))?;
    if let Some(trace) = trace {
        engine.replay_trace(&Arc::new(trace));
    }
    if options.trace_out.is_some() {
        engine.set_tracing(options.trace_every, trace_out::STEPS);
    }
    // The clock on the wall is only for telling how fast the simulation was.
    #[allow(clippy::disallowed_methods)]
    let started = std::time::Instant::now();
    simulate(&mut engine, warmup, duration);
    let wall = started.elapsed();
    for problem in engine.complaints() {
        eprintln!("scalescope: {name}: schedule: {problem}");
    }
    if let Some(path) = &options.trace_out {
        let count = trace_out::write(&engine, path)?;
        eprintln!("scalescope: {count} requests traced in {}", path.display());
    }
    let mut report = report::Report::of(&engine, warmup, wall.as_secs_f64());
    report.watched = options.watch.iter().map(|key| engine.key_versions(*key)).collect();
    if options.state_hash && !options.json {
        return input::print(&format!("{}\n", report.state_hash));
    }
    input::print(&if options.json { report.to_json() } else { report.to_text() })
}

fn times(options: &Options, trace: Option<&Trace>) -> Result<(SimDuration, SimDuration), Failure> {
    let warmup = options.warmup.unwrap_or(if trace.is_some() { SimDuration::ZERO } else { DEFAULT_WARMUP });
    let duration = options.duration.unwrap_or(if trace.is_some() { LONGEST } else { DEFAULT_DURATION });
    if duration.is_zero() {
        return Err(Failure::input("--for: there is nothing to measure in 0s (valid: a positive duration, as in 60s)"));
    }
    if warmup > LONGEST || duration > LONGEST {
        return Err(Failure::input("--for, --warmup: too long (valid: up to 3650d)"));
    }
    Ok((warmup, duration))
}

/// Runs warm-up and measurement; with a trace, until all its requests have ended.
fn simulate(engine: &mut Engine, warmup: SimDuration, duration: SimDuration) {
    let start = SimTime::ZERO + warmup;
    engine.run_until(start);
    engine.mark();
    let end = start + duration;
    if engine.trace_remaining().is_none() {
        engine.run_until(end);
        return;
    }
    while engine.now() < end && !(engine.trace_remaining() == Some(0) && engine.report().totals.in_flight == 0) {
        engine.run_until((engine.now() + SLICE).min(end));
    }
}
