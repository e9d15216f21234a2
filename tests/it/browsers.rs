//! What browsers keep, for how long, and what they ask about it.

use scalescope::model::Document;
use scalescope::observe::{Figures, Operation};
use serde_json::{Value, json};

use crate::support::{assert_near, at_s, crash, engine, measure, node, run, set};

/// Users of a server, or of a CDN in front of it, who want assets, all equally often.
fn document(users: &Value, cdn: Option<&Value>) -> Document {
    let mut params = json!({
        "users": 100, "rate_per_user_per_s": 1, "static_weight": 1, "read_weight": 0, "write_weight": 0,
        "assets": 20, "assets_zipf_exponent": 0, "browser_cache": "100MB", "asset_max_age": "60s",
    });
    for (name, value) in users.as_object().expect("parameters") {
        params[name] = value.clone();
    }
    let web = json!({ "id": "web", "kind": "web_server", "params": { "static_service": "0s", "cores": 100, "workers": 10_000 } });
    let mut nodes = vec![json!({ "id": "users", "kind": "users", "params": params }), web];
    let mut links = vec![json!({ "from": "users", "to": "web", "latency": "10ms" })];
    if let Some(cdn) = cdn {
        nodes.push(json!({ "id": "cdn", "kind": "cdn", "params": cdn }));
        links.push(json!({ "from": "users", "to": "cdn", "latency": "1ms" }));
        links.push(json!({ "from": "cdn", "to": "web", "latency": "10ms" }));
    }
    let document = json!({ "version": 1, "name": "browsers", "seed": 5, "nodes": nodes, "links": links });
    Document::read(&document.to_string()).unwrap_or_else(|problems| panic!("{problems}"))
}

fn hit_ratio(figures: &Figures) -> f64 {
    node(figures, "users").hit_ratio.expect("there were lookups")
}

fn bytes_back(figures: &Figures) -> f64 {
    figures.links.iter().map(|link| link.backward.bytes_per_s).sum()
}

#[test]
fn an_asset_is_asked_for_again_when_its_time_is_over() {
    // Each user wants each asset every 20 s: of a time to live of 60 s, λT / (1 + λT) are hits (renewal theory).
    let figures = run(document(&json!({}), None), 200.0, 1_200.0);
    assert_near("hits", hit_ratio(&figures), 0.75, 0.02);
    assert_near("the server gets the rest", node(&figures, "web").arrivals_per_s, 25.0, 0.05);
    assert_eq!((figures.latency.p50_s, figures.totals.failed), (0.0, 0), "hits take no time");
    // Everybody has had everything: what is asked is only whether it is still good.
    let users = node(&figures, "users");
    assert_eq!((users.revalidations, users.stored_entries), (users.misses, Some(100 * 20)));
    assert_near("headers only", bytes_back(&figures), 25.0 * 500.0, 0.05);
}

#[test]
fn without_a_cache_everything_is_asked_for() {
    let figures = run(document(&json!({ "browser_cache": "0B" }), None), 20.0, 120.0);
    let users = node(&figures, "users");
    assert_eq!((users.hit_ratio, users.revalidations, users.stored_bytes), (None, None, None));
    assert_near("all of it", node(&figures, "web").arrivals_per_s, 100.0, 0.05);
    assert!(bytes_back(&figures) > 100.0 * 60_000.0);
}

#[test]
fn the_age_that_an_edge_tells_counts() {
    // One asset: the edge's copy grows old for all at once, and with it those in all browsers. In each minute each user asks for
    // it once, if at all in that minute; counted from each delivery it would be λ / (1 + λT) = 12.5 a second.
    let users = json!({ "users": 1_000, "rate_per_user_per_s": 0.05, "assets": 1 });
    let figures = run(document(&users, Some(&json!({ "ttl": "60s" }))), 60.0, 1_260.0);
    let expected = 1_000.0 * (1.0 - libm::exp(-3.0)) / 60.0;
    assert_near("asked of the edge", node(&figures, "cdn").arrivals_per_s, expected, 0.04);
    assert!(node(&figures, "cdn").egress_bytes.unwrap() < 1_001 * 100_000, "each user gets the bytes once");
}

#[test]
fn a_small_cache_keeps_what_was_used_last() {
    // Assets of 64 kB, a quarter of which fit: a quarter of the uniform requests can be hits.
    let users = json!({ "browser_cache": "320KB", "asset_max_age": "1d" });
    let figures = run(document(&users, None), 200.0, 700.0);
    let users = node(&figures, "users");
    assert!(users.stored_bytes.unwrap() <= 100 * 320 * 1024, "{:?}", users.stored_bytes);
    assert!((0.18..0.26).contains(&hit_ratio(&figures)), "{}", hit_ratio(&figures));
}

#[test]
fn what_is_at_hand_outlives_the_site() {
    let mut engine = engine(document(&json!({ "asset_max_age": "1h" }), None));
    engine.run_until(at_s(200.0));
    crash(&mut engine, "web");
    let figures = measure(&mut engine, 260.0);
    assert!(figures.goodput_per_s > 0.99 * figures.offered_per_s, "{}", figures.errors_per_s);
    assert!(figures.operations.iter().all(|own| own.operation == Operation::Static || own.goodput_per_s == 0.0));
    // Given up while it runs, nothing is at hand any more.
    set(&mut engine, "users", "browser_cache", json!("0B"));
    let figures = measure(&mut engine, 270.0);
    assert_eq!((figures.goodput_per_s, node(&figures, "users").hit_ratio), (0.0, None));
    set(&mut engine, "users", "browser_cache", json!("1B"));
    engine.run_until(at_s(280.0));
    assert_eq!(engine.violations(), Vec::<String>::new());
}

#[test]
fn a_closed_loop_of_hits_goes_on() {
    let users =
        json!({ "users": 10, "loop_kind": "closed", "think_time": "100ms", "asset_max_age": "1d", "assets": 3 });
    let figures = run(document(&users, None), 30.0, 130.0);
    assert_near("turns", figures.goodput_per_s, 100.0, 0.05);
    assert!(hit_ratio(&figures) > 0.99);
}
