//! Calls that are looked at when their service would be over: nothing but the number of events may tell it.

use proptest::prelude::*;
use scalescope::engine::Engine;
use scalescope::model::Document;
use scalescope::observe::{Figures, Reason};
use serde_json::{Value, json};

use crate::support::{at_s, count, engine, inflict, node, set, with};

/// What passes all kinds of node that take calls in, each of them busy enough that many have to wait.
fn site(cores: u32, queue_limit: u32, micros: u32, rate: f64, seed: u64) -> Document {
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
    engine.run_until(at_s(0.5));
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn tells_nothing_that_waits_apart(cores in 1_u32..4, micros in 50_u32..1_000, busy in 0.1_f64..1.3, seed in 0_u64..1_000_000) {
        let rate = f64::from(cores) / (f64::from(micros) * 1e-6) * busy;
        let [taken_in, as_they_come] =
            [true, false].map(|is_taking_in| run(site(cores, 100_000, micros, rate, seed), is_taking_in));
        prop_assert!(taken_in.events() < as_they_come.events());
        prop_assert_eq!(told(&taken_in), told(&as_they_come));
    }

    /// Who is refused hears of it a service later, for which nobody waits here.
    #[test]
    fn refuses_the_same(cores in 1_u32..4, limit in 0_u32..6, micros in 50_u32..1_000, busy in 0.8_f64..2.0, seed in 0_u64..1_000_000) {
        let rate = f64::from(cores) / (f64::from(micros) * 1e-6) * busy;
        let [taken_in, as_they_come] = [true, false].map(|is_taking_in| {
            let records_only = [("static_weight", json!(0)), ("read_weight", json!(1)), ("write_weight", json!(0))];
            run(with(site(cores, limit, micros, rate, seed), "users", &records_only), is_taking_in)
        });
        prop_assert!(count(&taken_in.report(), Reason::QueueFull) > 0);
        prop_assert_eq!(told(&taken_in), told(&as_they_come));
    }
}
