//! Edges: freshness, staleness, collapsing, shields, and what they do when the origin or they themselves are down.
//!
//! Expected numbers are from renewal theory: with requests of rate λ for an object that stays fresh for T, a cycle is one
//! request that fetches and λT that hit.

use proptest::prelude::*;
use scalescope::engine::Engine;
use scalescope::model::Document;
use scalescope::observe::{Figures, Reason};
use serde_json::{Value, json};

use crate::support::{at_s, count, crash, engine, measure, node, restart, set};

/// What one of these systems is made of. The origin answers at once, unless `fetch_s` says otherwise.
struct Design {
    rate_per_s: f64,
    objects: u32,
    edges: usize,
    has_shield: bool,
    fetch_s: f64,
    cdn: Value,
}

impl Default for Design {
    fn default() -> Self {
        Self { rate_per_s: 1.0, objects: 1, edges: 1, has_shield: false, fetch_s: 0.0, cdn: json!({}) }
    }
}

impl Design {
    fn document(&self) -> Document {
        let mut cdn = json!({ "lookup_time": "0s", "capacity": "1TB" });
        for (name, value) in self.cdn.as_object().expect("parameters") {
            cdn[name] = value.clone();
        }
        let mut nodes = vec![
            json!({ "id": "users", "kind": "users", "params": {
                "users": 10_000, "rate_per_user_per_s": self.rate_per_s / 10_000.0, "timeout": "1h",
                "static_weight": 1, "read_weight": 0, "write_weight": 0, "assets": self.objects, "assets_zipf_exponent": 0 } }),
            json!({ "id": "origin", "kind": "web_server", "params": {
                "static_service": format!("{}s", self.fetch_s), "service_shape": "constant",
                "cores": 1_000, "workers": 100_000 } }),
        ];
        let link = |from: &str, to: &str| json!({ "from": from, "to": to, "latency": "0s" });
        let mut links = vec![link("users", "origin")];
        if self.has_shield {
            nodes.push(json!({ "id": "shield", "kind": "cdn", "params": cdn }));
            links.push(link("shield", "origin"));
        }
        for edge in 1..=self.edges {
            let id = format!("edge-{edge}");
            nodes.push(json!({ "id": id, "kind": "cdn", "params": cdn }));
            links.push(link("users", &id));
            if self.has_shield {
                links.push(link(&id, "shield"));
            }
            links.push(link(&id, "origin"));
        }
        let document = json!({ "version": 1, "name": "edges", "seed": 11, "nodes": nodes, "links": links });
        Document::read(&document.to_string()).unwrap_or_else(|problems| panic!("{problems}"))
    }

    fn engine(&self) -> Engine {
        engine(self.document())
    }
}

fn arrivals(figures: &Figures, id: &str) -> f64 {
    node(figures, id).arrivals_per_s
}

fn assert_near(measured: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((measured - expected).abs() <= tolerance, "{what}: {measured} measured, {expected} ± {tolerance} expected");
}

#[test]
fn stale_while_revalidate_hides_the_fetch_for_a_while() {
    // λT = 3, λS = 1.5: of four requests in a cycle three are fresh; the fourth waits only if it comes after T + S.
    let cdn = json!({ "ttl": "60s", "stale_while_revalidate": "30s" });
    let mut engine = Design { rate_per_s: 0.05, cdn, ..Design::default() }.engine();
    engine.run_until(at_s(1_000.0));
    let figures = measure(&mut engine, 2_000_000.0);
    let edge = node(&figures, "edge-1");
    let (hits, stale) = (edge.hit_ratio.unwrap(), edge.stale_hit_ratio.unwrap());
    let expected = 0.25 * (1.0 - libm::exp(-1.5));
    // About 25,000 cycles; the ratios' standard errors are below 0.2 %.
    assert_near(hits - stale, 0.75, 0.006, "fresh");
    assert_near(stale, expected, 0.006, "stale");
    assert_near(1.0 - hits, 0.25 - expected, 0.006, "blocking");
    assert_near(arrivals(&figures, "origin"), 0.05 * 0.25, 0.05 * 0.006, "each stale or blocked request is one fetch");
    assert_eq!(figures.errors, []);
    assert!(engine.violations().is_empty(), "{:?}", engine.violations());
}

#[test]
fn behind_a_shield_the_origin_is_asked_once_for_all_edges() {
    for (has_shield, rule, expected) in [
        // Without a shield each edge fetches for itself, at a tenth of the rate: n / (T + n/λ).
        (false, "request", 10.0 / (10.0 + 10.0 / 100.0)),
        // Edges inherit the age: all expire in the same instant, and the first request anywhere fetches for all.
        (true, "request", 1.0 / (10.0 + 1.0 / 100.0)),
    ] {
        let cdn = json!({ "ttl": "10s", "age": rule });
        let mut engine = Design { rate_per_s: 100.0, edges: 10, has_shield, cdn, ..Design::default() }.engine();
        engine.run_until(at_s(30.0));
        let figures = measure(&mut engine, 4_030.0);
        assert_near(arrivals(&figures, "origin"), expected, 0.01 * expected, "fetches");
        assert!(engine.violations().is_empty(), "{:?}", engine.violations());
    }
}

#[test]
fn edges_that_ignore_age_serve_up_to_twice_the_lifetime() {
    // The edge counts anew what the shield has had for up to T: the shield is asked once in T, and by then it is stale.
    let shield_rate = |rule: &str| {
        let cdn = json!({ "ttl": "10s", "age": rule });
        let mut engine = Design { rate_per_s: 100.0, edges: 10, has_shield: true, cdn, ..Design::default() }.engine();
        engine.run_until(at_s(50.0));
        arrivals(&measure(&mut engine, 2_050.0), "shield")
    };
    let (honoured, ignored) = (shield_rate("request"), shield_rate("ignored"));
    assert_near(ignored, 10.0 / (10.0 + 0.1), 0.02, "each edge once in T + 1/λ");
    // When all expire together, each edge asks once in the shield's cycle too, but in step with it.
    assert!(honoured >= ignored * 0.98, "{honoured} with age, {ignored} without");
}

#[test]
fn collapsing_sends_one_request_where_there_would_be_many() {
    let (rate, ttl, fetch) = (100.0, 10.0, 0.2);
    let cycle = ttl + fetch + 1.0 / rate;
    for (collapse, fetches) in [("off", 1.0 + rate * fetch), ("on", 1.0)] {
        let cdn = json!({ "ttl": "10s", "collapse": collapse, "age": "response" });
        let mut engine = Design { rate_per_s: rate, fetch_s: fetch, cdn, ..Design::default() }.engine();
        engine.run_until(at_s(20.0));
        let figures = measure(&mut engine, 6_020.0);
        let expected = fetches / cycle;
        assert_near(arrivals(&figures, "origin"), expected, 0.02 * expected, collapse);
        assert_eq!(figures.errors, []);
        // Those who wait, wait for what is left of the fetch: half of it on average, the leader all of it.
        let expected = if collapse == "on" { fetch + rate * fetch * fetch / 2.0 } else { fetches * fetch };
        let expected = expected / (rate * cycle);
        assert_near(figures.latency.mean_s, expected, 0.05 * expected, "mean latency");
    }
}

#[test]
fn by_the_rfc_the_way_counts_as_age() {
    let rate = |rule: &str| {
        let cdn = json!({ "ttl": "1s", "collapse": "on", "age": rule });
        let mut engine = Design { rate_per_s: 100.0, fetch_s: 0.5, cdn, ..Design::default() }.engine();
        engine.run_until(at_s(10.0));
        arrivals(&measure(&mut engine, 3_010.0), "origin")
    };
    assert_near(rate("request"), 1.0 / (1.0 + 0.01), 0.01, "T + 1/λ from fetch to fetch");
    assert_near(rate("response"), 1.0 / (1.0 + 0.5 + 0.01), 0.01, "T + D + 1/λ from fetch to fetch");
}

#[test]
fn when_a_collapsed_fetch_fails_everybody_is_told() {
    let cdn = json!({ "ttl": "1s", "collapse": "on" });
    let mut engine = Design { rate_per_s: 1_000.0, fetch_s: 0.5, cdn, ..Design::default() }.engine();
    engine.run_until(at_s(0.3));
    let waiting = node(&engine.figures(), "edge-1").in_flight;
    assert!(waiting > 200, "{waiting} wait");
    crash(&mut engine, "origin");
    engine.run_until(at_s(0.301));
    let figures = engine.report();
    assert!(count(&figures, Reason::NodeCrashed) >= waiting, "{:?}", figures.errors);
    assert!(node(&figures, "edge-1").in_flight < 10);
    let tries = arrivals(&figures, "origin") * figures.window_s;
    assert!(
        (1.0..8.0).contains(&tries),
        "one fetch for all, and in the last millisecond a few that are refused: {tries}"
    );
    restart(&mut engine, "origin");
    engine.run_until(at_s(2.0));
    assert_eq!(measure(&mut engine, 5.0).errors, []);
    assert!(engine.violations().is_empty(), "{:?}", engine.violations());
}

#[test]
fn an_edge_that_dies_while_others_wait_forgets_them() {
    let cdn = json!({ "ttl": "1s", "collapse": "on", "stale_while_revalidate": "1s", "origin_timeout": "400ms" });
    let mut engine = Design { rate_per_s: 1_000.0, fetch_s: 0.3, objects: 50, cdn, ..Design::default() }.engine();
    for round in 0..20 {
        let now = f64::from(round) * 1.1;
        engine.run_until(at_s(now + 0.25));
        crash(&mut engine, "edge-1");
        assert_eq!(node(&engine.figures(), "edge-1").in_flight, 0);
        engine.run_until(at_s(now + 0.3));
        // Replies to what it asked in its earlier life reach it in its next.
        restart(&mut engine, "edge-1");
        engine.run_until(at_s(now + 1.0));
        assert!(engine.violations().is_empty(), "{:?}", engine.violations());
    }
    engine.run_until(at_s(25.0));
    assert_eq!(measure(&mut engine, 30.0).errors, []);
}

/// Share of requests that fail in the five seconds around `at_s`, when the origin has been dead since `dead_s`.
#[test]
fn stale_if_error_carries_through_an_outage_of_its_length() {
    // 2,000 objects, each asked for every 10 s: by the outage their phases have mixed.
    let (ttl, window, rate) = (60.0, 300.0, 0.1);
    let cdn = json!({ "ttl": "60s", "stale_if_error": "300s" });
    let mut engine = Design { rate_per_s: 2_000.0 * rate, objects: 2_000, cdn, ..Design::default() }.engine();
    let dead_s = 3_000.0;
    engine.run_until(at_s(dead_s));
    crash(&mut engine, "origin");
    for after_s in [2.5, 60.0, 250.0, 315.0, 330.0, 345.0, 370.0, 600.0] {
        engine.run_until(at_s(dead_s + after_s - 2.5));
        let figures = measure(&mut engine, dead_s + after_s + 2.5);
        // It fails if its last fetch is longer ago than T + S: the age at the outage has density λ/(1 + λT), and an
        // exponential tail beyond T.
        let age: f64 = ttl + window - after_s;
        let expected = match age {
            age if age < 0.0 => 1.0,
            age if age <= ttl => 1.0 - rate * age / (1.0 + rate * ttl),
            age => libm::exp(-rate * (age - ttl)) / (1.0 + rate * ttl),
        };
        // A thousand requests to objects whose phases are not quite independent.
        assert_near(figures.errors_per_s / figures.offered_per_s, expected, 0.05, &format!("{after_s} s after"));
        let is_over = after_s > ttl + window + 5.0;
        assert!(!is_over || figures.goodput_per_s == 0.0, "{after_s}: the window is over for everybody");
    }
    assert!(node(&engine.report(), "edge-1").stale_on_error == Some(0));
}

#[test]
fn without_a_window_an_outage_is_seen_when_assets_expire() {
    let mut engine = Design { rate_per_s: 100.0, cdn: json!({ "ttl": "10s" }), ..Design::default() }.engine();
    engine.run_until(at_s(1.0));
    crash(&mut engine, "origin");
    let fresh = measure(&mut engine, 10.0);
    assert_eq!(fresh.errors, []);
    engine.run_until(at_s(10.5));
    let stale = measure(&mut engine, 15.0);
    assert_eq!((stale.goodput_per_s, stale.errors[0].0), (0.0, Reason::ConnectionRefused));
}

#[test]
fn a_slow_origin_is_a_failed_one_when_the_edge_has_had_enough() {
    for (collapse, objects) in [("off", 1), ("on", 1), ("off", 20), ("on", 20)] {
        let cdn = json!({ "ttl": "2s", "stale_if_error": "1h", "origin_timeout": "500ms", "collapse": collapse });
        let mut engine = Design { rate_per_s: 50.0, fetch_s: 0.1, objects, cdn, ..Design::default() }.engine();
        engine.run_until(at_s(5.0));
        set(&mut engine, "origin", "static_service", json!("10s"));
        engine.run_until(at_s(8.0));
        let slow = measure(&mut engine, 60.0);
        assert_eq!(slow.errors, [], "{collapse}: everybody gets the stale asset");
        assert!(node(&slow, "edge-1").stale_on_error.unwrap() > 100);
        assert!((0.2..0.51).contains(&slow.latency.p99_s), "{collapse}: after {} s", slow.latency.p99_s);
        // Collapsed, one request in every half second goes to the origin for each object.
        let fetches = arrivals(&slow, "origin");
        let most = if collapse == "on" { 2.0 * f64::from(objects) + 1.0 } else { 51.0 };
        assert!(fetches < most, "{collapse}: {fetches} fetches a second");
        set(&mut engine, "edge-1", "stale_if_error", json!("0s"));
        let hard = measure(&mut engine, 70.0);
        assert!(count(&hard, Reason::Timeout) > 100, "{:?}", hard.errors);
        // What waits now would wait for ever without the time-out; then it does.
        set(&mut engine, "edge-1", "origin_timeout", json!("0s"));
        set(&mut engine, "origin", "static_service", json!("100ms"));
        engine.run_until(at_s(85.0));
        assert_eq!(measure(&mut engine, 90.0).errors, []);
        assert!(engine.violations().is_empty(), "{:?}", engine.violations());
    }
}

#[test]
fn without_its_shield_an_edge_asks_the_origin() {
    let cdn = json!({ "ttl": "1s" });
    let mut engine =
        Design { rate_per_s: 200.0, edges: 2, has_shield: true, objects: 20, cdn, ..Design::default() }.engine();
    engine.run_until(at_s(10.0));
    let before = measure(&mut engine, 20.0);
    crash(&mut engine, "shield");
    let without = measure(&mut engine, 30.0);
    assert!(before.errors.is_empty() && without.errors.is_empty(), "{:?}", without.errors);
    assert!(arrivals(&without, "shield") > 10.0, "it is still tried first");
    assert!(arrivals(&without, "origin") > 1.5 * node(&before, "origin").arrivals_per_s);
    crash(&mut engine, "origin");
    engine.run_until(at_s(31.0));
    assert!(count(&engine.figures(), Reason::ConnectionRefused) > 0);
    assert!(engine.violations().is_empty(), "{:?}", engine.violations());
}

#[test]
fn an_answer_that_nothing_has_changed_carries_no_bytes() {
    let cdn = json!({ "ttl": "1s" });
    let design = Design { rate_per_s: 50.0, edges: 2, has_shield: true, objects: 5, cdn, ..Design::default() };
    let mut engine = design.engine();
    engine.run_until(at_s(100.0));
    let report = engine.report();
    let (edge, shield) = (node(&report, "edge-1"), node(&report, "shield"));
    assert!(edge.egress_bytes.unwrap() > 1_000 * 64_000, "what users get, they get whole");
    // Each edge got each object from the shield once; after that it only asked whether it was still good.
    let bodies = shield.egress_bytes.unwrap();
    assert!((1..=10 * 100_000).contains(&bodies), "{bodies} bytes");
    assert!(shield.arrivals_per_s > 5.0);
    let cost = edge.cost.unwrap();
    assert!((cost - edge.egress_bytes.unwrap() as f64 / 1e9 * 0.085).abs() < 1e-9, "{cost}");
}

#[test]
fn shields_in_a_circle_are_refused() {
    let mut document = Design { edges: 3, ..Design::default() }.document();
    let link =
        |from: &str, to: &str| scalescope::model::Link { from: from.into(), to: to.into(), ..Default::default() };
    document.links.push(link("edge-1", "edge-2"));
    document.links.push(link("edge-2", "edge-3"));
    assert!(document.check().is_ok(), "a shield may have a shield");
    document.links.push(link("edge-3", "edge-2"));
    let problems = document.check().unwrap_err().to_string();
    assert!(problems.contains("shields of `edge-") && !problems.contains("shields of `edge-1`"), "{problems}");
}

/// Requests that each of three edges and the origin get, per second.
fn loads(figures: &Figures) -> [f64; 4] {
    ["edge-1", "edge-2", "edge-3", "origin"].map(|id| arrivals(figures, id))
}

#[test]
fn users_ask_the_near_edge_and_when_it_is_down_the_next() {
    let design = |fallback: &str, near: &[&str]| {
        let cdn = json!({ "fallback": fallback });
        let mut document = Design { rate_per_s: 300.0, edges: 3, objects: 10, cdn, ..Design::default() }.document();
        for link in document.links.iter_mut().filter(|link| link.from == "users" && near.contains(&link.to.as_str())) {
            link.latency = Some(scalescope::base::SimDuration::ZERO);
        }
        for link in document.links.iter_mut().filter(|link| link.from == "users" && !near.contains(&link.to.as_str())) {
            link.latency = Some(scalescope::base::SimDuration::from_millis(5));
        }
        engine(document)
    };
    let shares = |engine: &mut Engine| {
        let until_s = engine.now().as_secs_f64() + 20.0;
        engine.run_until(at_s(until_s - 19.0));
        let figures = measure(engine, until_s);
        (loads(&figures), figures)
    };
    // The nearest alone, or the nearest two, each for half of the users.
    let (load, _) = shares(&mut design("nowhere", &["edge-2"]));
    assert!(load[1] > 280.0 && load[0] + load[2] < 1.0, "{load:?}");
    let (load, _) = shares(&mut design("nowhere", &["edge-2", "edge-3"]));
    assert!(load[0] < 1.0, "{load:?}");
    assert_near(load[1], 150.0, 15.0, "half each");

    let mut engine = design("nowhere", &["edge-1"]);
    crash(&mut engine, "edge-1");
    let (load, figures) = shares(&mut engine);
    assert!(load[1] + load[2] < 1.0 && figures.goodput_per_s < 1.0, "nowhere to go");

    let mut engine = design("next_edge", &["edge-1"]);
    crash(&mut engine, "edge-1");
    let (load, figures) = shares(&mut engine);
    assert_eq!(figures.errors, []);
    assert_near(load[0], 300.0, 20.0, "the dead one is still tried first");
    assert_near(load[1], 150.0, 15.0, "the others share its users");
    crash(&mut engine, "edge-2");
    crash(&mut engine, "edge-3");
    assert!(count(&shares(&mut engine).1, Reason::ConnectionRefused) > 5_000, "no edge is left");

    let mut engine = design("site", &["edge-1"]);
    for edge in ["edge-1", "edge-2", "edge-3"] {
        crash(&mut engine, edge);
    }
    let (load, figures) = shares(&mut engine);
    assert_eq!(figures.errors, []);
    assert_near(load[3], 300.0, 20.0, "the origin serves everything");
    for edge in ["edge-1", "edge-2", "edge-3"] {
        restart(&mut engine, edge);
    }
    let (load, _) = shares(&mut engine);
    assert!(load[3] < 5.0 && load[0] > 280.0, "{load:?}");
    assert!(engine.violations().is_empty(), "{:?}", engine.violations());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Whatever edges and name services are told to do, and whoever dies: every request ends once, and the same run is the same.
    #[test]
    fn any_edges_under_any_faults_are_sound(
        seed in any::<u64>(),
        shape in (1_usize..4, any::<bool>(), 0.0..0.3_f64, 1_u32..30),
        times_ms in [0_u64..800, 0_u64..800, 0_u64..800, 0_u64..300, 0_u64..500],
        words in (0_usize..3, 0_usize..2, 0_usize..3, 0_usize..3, any::<bool>()),
        resolvers in 0_u32..4,
        faults in prop::collection::vec((0_usize..6, any::<bool>(), 1_u64..400), 0..30),
    ) {
        let (edges, has_shield, fetch_s, objects) = shape;
        let [ttl, swr, sie, timeout, dns_ttl] = times_ms.map(|ms| format!("{ms}ms"));
        let cdn = json!({
            "ttl": ttl, "stale_while_revalidate": swr, "stale_if_error": sie, "origin_timeout": timeout, "capacity": "300KB",
            "age": (["request", "response", "ignored"][words.0]), "collapse": (["off", "on"][words.1]),
            "fallback": (["nowhere", "next_edge", "site"][words.2]),
        });
        let mut document = Design { rate_per_s: 300.0, objects, edges, has_shield, fetch_s, cdn }.document();
        document.seed = seed;
        let dns = json!({
            "id": "dns", "kind": "dns", "params": {
                "records": ["origin"], "ttl": dns_ttl, "resolvers": resolvers, "check_interval": "100ms",
                "answers": (["round_robin", "weighted", "nearest"][words.3]),
                "warm_clients": (if words.4 { "on" } else { "off" }) } });
        let link = json!({ "from": "users", "to": "dns", "latency": "1ms" });
        let check = json!({ "from": "dns", "to": "origin", "latency": "1ms" });
        let mut value = serde_json::to_value(&document).unwrap();
        value["nodes"].as_array_mut().unwrap().push(dns);
        value["links"].as_array_mut().unwrap().extend([link, check]);
        let document = Document::read(&value.to_string()).unwrap();
        let ids = ["origin", "dns", "shield", "edge-1", "edge-2", "edge-3"];
        let run = || {
            let mut engine = engine(document.clone());
            let mut now_ms = 0;
            for (node, is_crash, after_ms) in &faults {
                now_ms += after_ms;
                engine.run_until(at_s(now_ms as f64 / 1e3));
                if document.node(ids[*node]).is_some() {
                    if *is_crash { crash(&mut engine, ids[*node]) } else { restart(&mut engine, ids[*node]) }
                }
                prop_assert_eq!(engine.violations(), Vec::<String>::new());
            }
            engine.run_until(at_s(now_ms as f64 / 1e3 + 1.0));
            prop_assert_eq!(engine.violations(), Vec::<String>::new());
            Ok(engine)
        };
        let (first, second) = (run()?, run()?);
        prop_assert_eq!(first.state_hash(), second.state_hash());
        // When all is well again and nobody comes any more, nobody is left waiting.
        let mut engine = first;
        for id in ids.iter().filter(|id| document.node(id).is_some()) {
            restart(&mut engine, id);
        }
        set(&mut engine, "users", "rate_per_user_per_s", json!(0.000_001));
        engine.run_until(at_s(engine.now().as_secs_f64() + 5.0));
        for figures in engine.figures().nodes.iter().filter(|figures| figures.id != "users") {
            prop_assert!(figures.in_flight <= 1, "{} still has {}", figures.id, figures.in_flight);
        }
    }
}
