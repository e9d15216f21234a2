//! Calls that are looked at when their service would be over: nothing but the number of events may tell it.

use std::ops::RangeInclusive;

use scalescope::base::random::Stream;
use scalescope::engine::Engine;
use scalescope::model::Document;
use scalescope::observe::{Figures, Reason};
use serde_json::{Value, json};

use crate::support::{at_s, count, engine, inflict, node, set, with};

/// What is drawn for a site.
#[derive(Clone, Copy, Debug)]
struct Draw {
    cores: u32,
    /// Service time, in microseconds.
    micros: u32,
    /// Requests a second of all users.
    rate: f64,
    seed: u64,
}

/// What passes all kinds of node that take calls in, each of them busy enough that many have to wait.
fn site(draw: Draw, queue_limit: u32) -> Document {
    let Draw { cores, micros, rate, seed } = draw;
    let service = format!("{micros}us");
    let link = |from: &str, to: &str, latency: &str| json!({ "from": from, "to": to, "latency": latency });
    let document = json!({ "version": 1, "name": "Intake", "seed": seed, "nodes": [
        { "id": "users", "kind": "users", "params": {
            "users": 1000, "rate_per_user_per_s": rate / 1000.0, "timeout": "50ms",
            "static_weight": 1, "read_weight": 2, "write_weight": 1, "keys": 50, "assets": 50 } },
        { "id": "dns", "kind": "dns", "params": { "records": ["lb"], "lookup_time": service, "ttl": "10ms" } },
        { "id": "cdn", "kind": "cdn", "params": { "cores": cores, "lookup_time": service, "ttl": "50ms" } },
        { "id": "lb", "kind": "load_balancer", "params": {
            "cores": cores, "queue_limit": queue_limit, "forward_time": service, "check_interval": "1s" } },
        { "id": "web", "kind": "web_server", "params": {
            "cores": 1000, "workers": 10000, "read_service": "100us", "write_service": "100us", "static_service": "100us" } },
        { "id": "cache", "kind": "cache", "params": { "cores": 1, "lookup_time": service, "ttl": "30ms" } },
        { "id": "router", "kind": "shard_router", "params": { "cores": cores, "service": service } },
        { "id": "db", "kind": "database", "params": { "cores": 1000, "read_service": "200us", "write_service": "300us" } },
    ], "links": [
        link("users", "dns", "1ms"), link("users", "cdn", "300us"), link("users", "lb", "700us"), link("cdn", "lb", "100us"),
        link("lb", "web", "10us"), link("web", "cache", "10us"), link("web", "router", "10us"), link("cache", "router", "10us"),
        link("router", "db", "10us"),
    ] });
    Document::read(&document.to_string()).unwrap_or_else(|problems| panic!("{problems}"))
}

const TAKING_IN: [&str; 5] = ["dns", "cdn", "lb", "cache", "router"];

/// Runs until all is over. A node that is slower by nothing looks at its calls as they come.
fn run(document: Document, is_taking_in: bool) -> Engine {
    let mut engine = engine(document);
    if !is_taking_in {
        for node in TAKING_IN {
            inflict(&mut engine, json!({ "slow": { "node": node, "factor": 1.000_000_000_000_1 } }));
        }
    }
    engine.run_until(at_s(0.15));
    set(&mut engine, "users", "rate_per_user_per_s", json!(0.000_001));
    set(&mut engine, "users", "users", json!(1));
    engine.run_until(at_s(3.0));
    assert_eq!(engine.violations(), Vec::<String>::new());
    engine
}

/// What there is to tell apart: how long requests took, what became of them, and how each node had to work for it.
fn told(engine: &Engine) -> (String, Vec<Value>) {
    let mut figures: Figures = engine.report();
    figures.totals.events = 0;
    let nodes = TAKING_IN.map(|id| {
        let node = node(&figures, id);
        json!([
            id,
            node.arrivals_per_s,
            node.completions_per_s,
            node.errors_per_s,
            node.hit_ratio,
            node.utilisation,
            node.queue_mean,
            node.wait_mean_s,
            node.wait_ratio,
            node.in_flight_mean,
        ])
    });
    (format!("{:?} {:?} {:?}", figures.latency, figures.totals, figures.errors), nodes.into())
}

/// Random sites with stations that are so busy. Where two events come in the very same nanosecond, either may come first: at rates as low
/// as these that happened in none of two thousand runs.
fn both_ways(busy: RangeInclusive<f64>, mut check: impl FnMut(&str, Engine, Engine), site: impl Fn(Draw) -> Document) {
    for seed in 0..24 {
        let mut stream = Stream::named(seed, "intake", "sites");
        let (cores, micros) = (1 + stream.below(3) as u32, 400 + stream.below(600) as u32);
        let busy = busy.start() + (busy.end() - busy.start()) * stream.unit();
        let draw = Draw { cores, micros, rate: f64::from(cores) / (f64::from(micros) * 1e-6) * busy, seed };
        let what = format!("{draw:?}");
        check(&what, run(site(draw), true), run(site(draw), false));
    }
}

#[test]
fn tells_nothing_that_waits_apart() {
    let check = |what: &str, taken_in: Engine, as_they_come: Engine| {
        assert!(taken_in.events() < as_they_come.events(), "{what}");
        assert_eq!(told(&taken_in), told(&as_they_come), "{what}");
    };
    both_ways(0.1..=1.3, check, |draw| site(draw, 100_000));
}

/// Who is refused hears of it a service later, for which nobody waits here.
#[test]
fn refuses_the_same() {
    let check = |what: &str, taken_in: Engine, as_they_come: Engine| {
        assert!(count(&taken_in.report(), Reason::QueueFull) > 0, "{what}");
        assert_eq!(told(&taken_in), told(&as_they_come), "{what}");
    };
    let records_only = [("static_weight", json!(0)), ("read_weight", json!(1)), ("write_weight", json!(0))];
    both_ways(0.9..=2.0, check, |draw| with(site(draw, draw.seed as u32 % 6), "users", &records_only));
}
