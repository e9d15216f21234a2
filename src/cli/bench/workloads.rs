//! The named workloads, natively and in wasm, and what is measured of them.

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
    pub work: Work,
}

/// What there is to do.
pub enum Work {
    /// Nothing but the event queue, with so many pending events.
    Hold(f64),
    /// All that happens in a design.
    Site(fn() -> Document),
}

/// What was measured.
pub struct Report {
    pub figures: Vec<(&'static str, f64)>,
    /// Equal digests: equal work.
    pub digest: u64,
}

pub const BENCHES: [Bench; 12] = [
    hold("hold-1e3", "event queue with 10^3 pending events, and std's heap", 1e3),
    hold("hold-1e5", "the same with 10^5", 1e5),
    hold("hold-1e6", "the same with 10^6", 1e6),
    site("mm1", "one server, open loop, 80 % busy", || designs::station(1)),
    site("mm10", "one server of ten cores, 80 % busy", || designs::station(10)),
    site("tandem5", "five servers in a row, 80 % busy", || designs::tandem(5)),
    site("closed-1e4", "10^4 users in a closed loop", || designs::closed(10_000)),
    site("users-1e3", "all of a site with 10^3 users", || designs::users(1_000)),
    site("users-1e4", "the same with 10^4", || designs::users(10_000)),
    site("users-1e5", "the same with 10^5", || designs::users(100_000)),
    site("users-1e6", "the same with 10^6", || designs::users(1_000_000)),
    site("users-1e7", "the same with 10^7", || designs::users(10_000_000)),
];

const fn hold(name: &'static str, about: &'static str, pending: f64) -> Bench {
    Bench { name, about, work: Work::Hold(pending) }
}

const fn site(name: &'static str, about: &'static str, design: fn() -> Document) -> Bench {
    Bench { name, about, work: Work::Site(design) }
}

impl Bench {
    pub fn run(&self, clock: Clock) -> Report {
        match self.work {
            Work::Hold(pending) => hold::run(pending, clock),
            Work::Site(design) => measure(design(), clock),
        }
    }
}

/// Events that are measured.
pub const EVENTS: u64 = 3_000_000;
/// Simulated time before: by then as many requests are under way as ever.
const WARM_UP: SimDuration = SimDuration::from_secs(1);
/// Events before, at most.
const WARM_UP_EVENTS: u64 = 30_000_000;

/// The world of `document` after its warm-up.
pub fn prepare(document: Document) -> Engine {
    let mut engine = Engine::new(document).unwrap_or_else(|problems| panic!("{problems}"));
    engine.advance(SimTime::ZERO + WARM_UP, WARM_UP_EVENTS);
    engine.mark();
    engine
}

/// Simulates `document` for so many events.
fn measure(document: Document, clock: Clock) -> Report {
    let mut engine = prepare(document);
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
