//! The named workloads, natively and in wasm.

use scalescope::base::{SimDuration, SimTime};
use scalescope::engine::Engine;
use scalescope::model::Document;

use super::{designs, hold};

/// Seconds since some moment.
pub type Clock<'a> = &'a dyn Fn() -> f64;

/// A workload by name.
pub struct Bench {
    pub name: &'static str,
    pub about: &'static str,
    pub run: fn(Clock) -> Report,
}

/// What was measured.
pub struct Report {
    pub figures: Vec<(&'static str, f64)>,
    /// Equal digests: equal work.
    pub digest: u64,
}

pub const BENCHES: [Bench; 12] = [
    Bench {
        name: "hold-1e3",
        about: "event queue with 10^3 pending events, and std's heap",
        run: |c| hold::run(1e3, c),
    },
    Bench { name: "hold-1e5", about: "the same with 10^5", run: |c| hold::run(1e5, c) },
    Bench { name: "hold-1e6", about: "the same with 10^6", run: |c| hold::run(1e6, c) },
    Bench { name: "mm1", about: "one server, open loop, 80 % busy", run: |c| measure(designs::station(1), c) },
    Bench { name: "mm10", about: "one server of ten cores, 80 % busy", run: |c| measure(designs::station(10), c) },
    Bench { name: "tandem5", about: "five servers in a row, 80 % busy", run: |c| measure(designs::tandem(5), c) },
    Bench { name: "closed-1e4", about: "10^4 users in a closed loop", run: |c| measure(designs::closed(10_000), c) },
    Bench { name: "users-1e3", about: "all of a site with 10^3 users", run: |c| measure(designs::users(1_000), c) },
    Bench { name: "users-1e4", about: "the same with 10^4", run: |c| measure(designs::users(10_000), c) },
    Bench { name: "users-1e5", about: "the same with 10^5", run: |c| measure(designs::users(100_000), c) },
    Bench { name: "users-1e6", about: "the same with 10^6", run: |c| measure(designs::users(1_000_000), c) },
    Bench { name: "users-1e7", about: "the same with 10^7", run: |c| measure(designs::users(10_000_000), c) },
];

/// Events that are measured.
const EVENTS: u64 = 3_000_000;
/// Simulated time before: by then as many requests are under way as ever.
const WARM_UP: SimDuration = SimDuration::from_secs(1);
/// Events before, at most.
const WARM_UP_EVENTS: u64 = 30_000_000;

/// Simulates `document` for so many events.
fn measure(document: Document, clock: Clock) -> Report {
    let mut engine = Engine::new(document).unwrap_or_else(|problems| panic!("{problems}"));
    engine.advance(SimTime::ZERO + WARM_UP, WARM_UP_EVENTS);
    engine.mark();
    let (began, from, before) = (clock(), engine.now(), engine.report().totals);
    engine.advance(SimTime::NEVER, EVENTS);
    let (seconds, simulated, totals) =
        (clock() - began, engine.now().since(from).as_secs_f64(), engine.report().totals);
    let events = EVENTS as f64;
    Report {
        figures: vec![
            ("events", events),
            ("events_per_s", events / seconds),
            ("ns_per_event", seconds / events * 1e9),
            ("events_per_request", events / (totals.offered - before.offered) as f64),
            ("failed_requests", (totals.failed - before.failed) as f64),
            ("simulated_s_per_s", simulated / seconds),
        ],
        digest: engine.state_hash(),
    }
}
