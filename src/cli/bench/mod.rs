//! `scalescope bench`: how fast the engine is, on named workloads.
//!
//! Each is the same work every time, so runs on one machine compare; its digest tells that they did the same. Times are of the
//! processor where the system tells them (Linux), else of the wall: neighbours then cost less of them.
//!
//! **Before and after.** Neighbours still take room in the caches, so times only compare if the two programs take turns in one run. What
//! hardly depends on them is the number of instructions, and that says where they are:
//!
//! ```text
//! export CARGO_PROFILE_BENCH_DEBUG=line-tables-only CARGO_PROFILE_BENCH_STRIP=none
//! cargo build --profile bench --bin scalescope
//! valgrind --tool=callgrind target/release/scalescope bench users-1e4
//! callgrind_annotate --auto=yes callgrind.out.*
//! ```
//!
//! `--cache-sim=yes` adds the misses of the caches, `perf record` and `perf report` the time that these cost. In wasm it is
//! `node --cpu-prof` on the script that `cargo xtask bench-wasm` leaves in `target/bench-wasm/`. An optimisation leaves
//! all digests as they are; if one cannot, the changelog says why. `cargo bench` has the same workloads and remembers nothing.

mod clock;
mod designs;
mod failover;
mod hold;
mod memory;
mod workloads;

use clap::Args;
use serde_json::{Value, json};

use crate::input::{self, Failure};
use workloads::{BENCHES, Bench, Report};

/// The search among the names.
const SEARCH: &str = "failover";

/// What `bench` is asked.
#[derive(Args)]
#[command(after_help = list())]
pub struct Options {
    /// The workloads; all of them, if none is named, but for `failover`, which searches for broken promises of the data tier.
    names: Vec<String>,
    /// For `failover`: how many random clusters with random faults to try.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    seeds: u64,
    /// For `failover`: the first seed.
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    from: u64,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

pub fn run(options: &Options) -> Result<(), Failure> {
    if options.names.iter().any(|name| name == SEARCH) {
        return search(options);
    }
    let named: Vec<&Bench> = options.names.iter().map(|name| find(name)).collect::<Result<_, _>>()?;
    let all: Vec<&Bench> = if named.is_empty() { BENCHES.iter().collect() } else { named };
    for bench in all {
        memory::forget_peak();
        let mut report = bench.run(&clock::seconds);
        if let Some(bytes) = memory::peak() {
            report.figures.push(("peak_mb", bytes as f64 / 1e6));
        }
        input::print(&if options.json { to_json(bench, &report) } else { to_text(bench, &report) })?;
    }
    Ok(())
}

/// Hunts for seeds that break a promise of the data tier; finding one is a failure.
fn search(options: &Options) -> Result<(), Failure> {
    if options.names.len() > 1 {
        return Err(Failure::input(format!("`{SEARCH}` is no workload to be compared with others: name it alone")));
    }
    // A panic of a trial is a finding and told as one: a line for it is enough here.
    std::panic::set_hook(Box::new(|panic| eprintln!("scalescope: {panic}")));
    let found = failover::search(options.from, options.seeds);
    let write = if options.json { failover::to_json } else { failover::to_text };
    input::print(&write(options.from, options.seeds, &found))?;
    if found.is_empty() {
        return Ok(());
    }
    Err(Failure { message: format!("{} seeds broke a promise", found.len()), code: 1 })
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
