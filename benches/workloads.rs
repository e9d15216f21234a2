//! The workloads of `scalescope bench` under Divan: `cargo bench`, `cargo bench -- users-1e4`, `cargo bench -- --sample-count 20`.
//!
//! What is timed is the same, without the warm-up. `scalescope bench` tells more: memory, events for each request, and a digest.

#[path = "../src/cli/bench/designs.rs"]
mod designs;
#[path = "../src/cli/bench/hold.rs"]
#[allow(dead_code, reason = "only the engine's own queue is run here, by the engine")]
mod hold;
#[path = "../src/cli/bench/workloads.rs"]
#[allow(dead_code, reason = "figures are Divan's here")]
mod workloads;

use divan::Bencher;
use divan::counter::ItemsCount;
use scalescope::base::SimTime;
use workloads::{BENCHES, EVENTS, Work, prepare};

fn main() {
    divan::main();
}

/// Names of all workloads that simulate a design; the largest takes a gigabyte, and `scalescope bench` has it.
fn sites() -> impl Iterator<Item = &'static str> {
    let is_site = |name: &&str| *name != "users-1e7" && !name.starts_with("hold");
    BENCHES.iter().map(|bench| bench.name).filter(is_site)
}

/// So many events of a design that has warmed up.
#[divan::bench(args = sites(), sample_count = 5, sample_size = 1)]
fn advance(bencher: Bencher, name: &str) {
    let bench = BENCHES.iter().find(|bench| bench.name == name).expect("it is one of them");
    let Work::Site(design) = bench.work else { return };
    bencher
        .with_inputs(|| prepare(design()))
        .counter(ItemsCount::new(EVENTS))
        .bench_local_values(|mut engine| engine.advance(SimTime::NEVER, EVENTS));
}
