//! Parameters and designs that change while requests are under way.

use scalescope::engine::Engine;
use scalescope::model::{Document, Edit};
use scalescope::observe::Reason;
use serde_json::{Value, json};

use crate::support::{assert_near, at_s, count, crash, edit, engine, measure, node, set};

/// Nodes by id, kind and parameters, with links that take no time.
fn design(nodes: &[(&str, &str, Value)], links: &[(&str, &str)]) -> Document {
    let nodes: Vec<Value> =
        nodes.iter().map(|(id, kind, params)| json!({ "id": id, "kind": kind, "params": params })).collect();
    let links: Vec<Value> = links.iter().map(|(from, to)| json!({ "from": from, "to": to, "latency": "0s" })).collect();
    let document = json!({ "version": 1, "name": "retuned", "seed": 3, "nodes": nodes, "links": links });
    Document::read(&document.to_string()).unwrap_or_else(|problems| panic!("{problems}"))
}

fn users(rate_per_s: f64, more: &Value) -> Value {
    let mut params = json!({ "users": 100, "rate_per_user_per_s": rate_per_s / 100.0, "timeout": "1h",
        "static_weight": 1, "read_weight": 1, "write_weight": 1 });
    for (name, value) in more.as_object().expect("parameters") {
        params[name] = value.clone();
    }
    params
}

/// A server whose every service takes as long as that.
fn server(service: &str, more: &Value) -> Value {
    let mut params = json!({ "cores": 1_000, "workers": 10_000, "queue_limit": 1_000_000, "service_shape": "constant",
        "static_service": service, "read_service": service, "write_service": service });
    for (name, value) in more.as_object().expect("parameters") {
        params[name] = value.clone();
    }
    params
}

fn sound(engine: &Engine) {
    assert_eq!(engine.violations(), Vec::<String>::new(), "at {} s", engine.now().as_secs_f64());
}

#[test]
fn the_number_of_services_may_change_while_requests_wait_for_them() {
    // Attempts time out and are made again, elsewhere; meanwhile one service becomes two, and two become one.
    let calls = json!({ "attempt_timeout": "300ms", "retries": 2, "backoff": "none" });
    for stores in [false, true] {
        let mut nodes = vec![
            ("users", "users", users(50.0, &json!({}))),
            ("web", "web_server", server("1ms", &json!({ "fan_out": 1, "calls": calls }))),
            ("slow", "web_server", server("400ms", &json!({}))),
            ("fast", "web_server", server("250ms", &json!({}))),
        ];
        let mut links = vec![("users", "web"), ("web", "slow"), ("web", "fast")];
        if stores {
            nodes.push(("cache", "cache", json!({ "pattern": "cache_aside" })));
            nodes.push(("db", "database", json!({})));
            links.extend([("web", "cache"), ("web", "db")]);
        }
        let mut engine = engine(design(&nodes, &links));
        for step in 0..60_u32 {
            engine.run_until(at_s(1.0 + f64::from(step) * 0.17));
            set(&mut engine, "web", "fan_out", json!([1, 2, 0, 1, 3][step as usize % 5]));
            sound(&engine);
        }
        edit(&mut engine, Edit::RemoveNode { node: "slow".into() });
        set(&mut engine, "users", "rate_per_user_per_s", json!(0.000_001));
        engine.run_until(at_s(60.0));
        sound(&engine);
        let figures = engine.report();
        assert!(figures.totals.in_flight <= 1 && node(&figures, "web").in_flight <= 1, "{:?}", figures.totals);
        assert!(figures.totals.answered > 300, "{:?}", figures.totals);
    }
}

#[test]
fn a_loop_that_opens_and_closes_keeps_its_users() {
    let people = users(1.0, &json!({ "users": 50, "rate_per_user_per_s": 4, "think_time": "1s", "static_weight": 0 }));
    let nodes = [("users", "users", people), ("web", "web_server", server("1s", &json!({})))];
    let mut engine = engine(design(&nodes, &[("users", "web")]));
    for round in 0..3_u32 {
        // While it is open, 200 requests are under way; while it is closed, each of 50 asks every two seconds.
        let start = f64::from(round) * 120.0;
        engine.run_until(at_s(start + 10.0));
        set(&mut engine, "users", "loop_kind", json!("closed"));
        engine.run_until(at_s(start + 20.0));
        assert_near("closed", measure(&mut engine, start + 110.0).offered_per_s, 25.0, 0.06);
        set(&mut engine, "users", "loop_kind", json!("open"));
        engine.run_until(at_s(start + 112.0));
        assert_near("open", measure(&mut engine, start + 120.0).offered_per_s, 200.0, 0.1);
        sound(&engine);
    }
}

#[test]
fn a_rate_limit_that_is_raised_is_raised_at_once() {
    for (id, via_balancer) in [("web", false), ("lb", true)] {
        let mut nodes =
            vec![("users", "users", users(50.0, &json!({}))), ("web", "web_server", server("1ms", &json!({})))];
        let mut links = vec![if via_balancer { ("lb", "web") } else { ("users", "web") }];
        if via_balancer {
            nodes.push(("lb", "load_balancer", json!({})));
            links.push(("users", "lb"));
        }
        let mut engine = engine(design(&nodes, &links));
        set(&mut engine, id, "rate_limit_per_s", json!(1));
        set(&mut engine, id, "rate_burst", json!(100));
        engine.run_until(at_s(30.0));
        set(&mut engine, id, "rate_limit_per_s", json!(1_000));
        engine.run_until(at_s(31.0));
        let figures = measure(&mut engine, 41.0);
        assert_eq!(count(&figures, Reason::RateLimited), 0, "{id}");
        // And a smaller burst does not make up for the larger one before.
        set(&mut engine, id, "rate_limit_per_s", json!(10));
        set(&mut engine, id, "rate_burst", json!(1));
        engine.run_until(at_s(42.0));
        assert!(measure(&mut engine, 52.0).goodput_per_s > 7.0, "{id}");
    }
}

#[test]
fn shorter_patience_counts_for_those_who_wait_already() {
    let hedging = json!({ "calls": { "hedge_after": "60s" } });
    let nodes = [("users", "users", users(20.0, &hedging)), ("web", "web_server", server("2s", &json!({})))];
    let mut engine = engine(design(&nodes, &[("users", "web")]));
    engine.run_until(at_s(5.0));
    set(&mut engine, "users", "calls.hedge_after", json!("100ms"));
    engine.run_until(at_s(8.0));
    let figures = measure(&mut engine, 18.0);
    assert_near("each is hedged", node(&figures, "web").arrivals_per_s / figures.offered_per_s, 2.0, 0.05);

    let nodes = [
        ("users", "users", users(5.0, &json!({}))),
        ("web", "web_server", server("1s", &json!({ "cores": 1, "workers": 1, "queue_timeout": "1h" }))),
    ];
    let mut engine = crate::support::engine(design(&nodes, &[("users", "web")]));
    engine.run_until(at_s(20.0));
    assert!(node(&engine.report(), "web").queue > 50);
    set(&mut engine, "web", "queue_timeout", json!("2s"));
    engine.run_until(at_s(22.5));
    assert!(node(&engine.report(), "web").queue < 20, "{}", node(&engine.report(), "web").queue);
    set(&mut engine, "web", "queue_timeout", json!("0s"));
    engine.run_until(at_s(23.0));
    let figures = measure(&mut engine, 33.0);
    assert_eq!(count(&figures, Reason::QueueTimeout), 0, "for ever is for ever");
    sound(&engine);
}

#[test]
fn what_stands_in_for_a_dead_edge_is_retried_and_hedged() {
    let calls = json!({ "attempt_timeout": "500ms", "retries": 2, "backoff": "none" });
    let assets = json!({ "read_weight": 0, "write_weight": 0, "calls": calls });
    let nodes = [
        ("users", "users", users(20.0, &assets)),
        ("cdn", "cdn", json!({ "fallback": "site" })),
        // Every answer comes too late, so every attempt is made three times.
        ("web", "web_server", server("10s", &json!({}))),
    ];
    let mut engine = engine(design(&nodes, &[("users", "cdn"), ("users", "web"), ("cdn", "web")]));
    crash(&mut engine, "cdn");
    engine.run_until(at_s(5.0));
    let figures = measure(&mut engine, 25.0);
    assert_near("attempts at the site", node(&figures, "web").arrivals_per_s / figures.offered_per_s, 3.0, 0.06);
    assert!(count(&figures, Reason::Timeout) > 300, "{:?}", figures.errors);
    sound(&engine);
}

#[test]
fn a_retry_that_finds_nobody_leaves_nothing_behind() {
    let calls = json!({ "retries": 5, "backoff": "fixed", "backoff_base": "2s" });
    let nodes = [
        ("users", "users", users(20.0, &json!({}))),
        ("web", "web_server", server("1ms", &json!({ "calls": calls }))),
        ("cache", "cache", json!({ "pattern": "cache_aside" })),
        ("db", "database", json!({ "check_interval": "100ms", "fall": 1 })),
    ];
    let mut engine = engine(design(&nodes, &[("users", "web"), ("web", "cache"), ("web", "db")]));
    engine.run_until(at_s(5.0));
    crash(&mut engine, "cache");
    crash(&mut engine, "db");
    engine.run_until(at_s(6.0));
    // Whoever pauses now finds neither cache nor primary.
    edit(&mut engine, Edit::RemoveNode { node: "cache".into() });
    edit(&mut engine, Edit::RemoveNode { node: "db".into() });
    set(&mut engine, "users", "rate_per_user_per_s", json!(0.000_001));
    engine.run_until(at_s(60.0));
    sound(&engine);
    assert!(engine.report().totals.in_flight <= 1, "{:?}", engine.report().totals);
}

#[test]
fn more_requests_than_can_be_simulated_are_refused_with_a_remedy() {
    let absurd = json!({ "users": 10_000_000, "rate_per_user_per_s": 1_000 });
    let document = json!({ "version": 1, "name": "absurd",
        "nodes": [ { "id": "users", "kind": "users", "params": absurd }, { "id": "web", "kind": "web_server" } ],
        "links": [ { "from": "users", "to": "web" } ] });
    let problems = Document::read(&document.to_string()).unwrap_err().to_string();
    assert!(problems.contains("nodes[0].params") && problems.contains("requests/s"), "{problems}");
    // At the limit the clock still moves.
    let limit = json!({ "users": 10_000_000, "rate_per_user_per_s": 10, "arrivals": "regular" });
    let mut engine =
        engine(design(&[("users", "users", limit), ("web", "web_server", json!({}))], &[("users", "web")]));
    engine.advance(at_s(1.0), 50_000);
    assert!(engine.now() > at_s(0.000_1), "{}", engine.now().as_secs_f64());
}
