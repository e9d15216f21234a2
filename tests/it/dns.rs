//! Names: who remembers what, which addresses are answered, and what happens when they change or die.

use scalescope::engine::Engine;
use scalescope::model::{Document, Edit};
use scalescope::observe::{Figures, Reason};
use serde_json::{Value, json};

use crate::support::{at_s, count, crash, edit, engine, measure, node, restart};

/// Users of a site with two addresses, which answer at once. `latency_ms` is that from the users to each of them.
fn document(users: u32, rate_per_s: f64, dns: &Value, latency_ms: [f64; 2], is_checked: bool) -> Document {
    let mut params = json!({ "records": ["web-1", "web-2"], "lookup_time": "0s" });
    for (name, value) in dns.as_object().expect("parameters") {
        params[name] = value.clone();
    }
    let web = |id: &str| {
        json!({ "id": id, "kind": "web_server", "params": {
        "read_service": "0s", "cores": 1_000, "workers": 100_000 } })
    };
    let link =
        |from: &str, to: &str, latency_ms: f64| json!({ "from": from, "to": to, "latency": format!("{latency_ms}ms") });
    let mut links =
        vec![link("users", "dns", 0.0), link("users", "web-1", latency_ms[0]), link("users", "web-2", latency_ms[1])];
    if is_checked {
        links.extend(["web-1", "web-2"].map(|web| link("dns", web, 1.0)));
    }
    let document = json!({
        "version": 1, "name": "names", "seed": 3,
        "nodes": [
            { "id": "users", "kind": "users", "params": {
                "users": users, "rate_per_user_per_s": rate_per_s, "timeout": "1h",
                "static_weight": 0, "read_weight": 1, "write_weight": 0 } },
            { "id": "dns", "kind": "dns", "params": params }, web("web-1"), web("web-2"),
        ],
        "links": links,
    });
    Document::read(&document.to_string()).unwrap_or_else(|problems| panic!("{problems}"))
}

fn set_records(engine: &mut Engine, records: &[&str]) {
    edit(engine, Edit::Set { node: "dns".into(), param: "records".into(), value: json!(records) });
}

/// Share of the requests that the first address gets.
fn share(figures: &Figures) -> f64 {
    let [first, second] = ["web-1", "web-2"].map(|id| node(figures, id).arrivals_per_s);
    first / (first + second)
}

fn assert_near(measured: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((measured - expected).abs() <= tolerance, "{what}: {measured} measured, {expected} ± {tolerance} expected");
}

#[test]
fn clients_stay_with_an_old_address_until_their_time_is_over() {
    // Renewal theory: at a random moment a client holds an answer with probability λT/(1+λT), and its rest is even.
    for (rate, resolvers) in [(1.0, 0), (0.01, 0), (0.01, 20)] {
        let ttl = 60.0;
        let dns = json!({ "records": ["web-1"], "ttl": "60s", "warm_clients": "on", "resolvers": resolvers });
        let mut engine = engine(document(20_000, rate, &dns, [0.0, 0.0], false));
        set_records(&mut engine, &["web-2"]);
        // Behind a resolver it is the resolver that holds an answer, for all its clients.
        let load = if resolvers == 0 { rate * ttl } else { 20_000.0 / f64::from(resolvers) * rate * ttl };
        for at in [0.025, 0.275, 0.525, 0.775, 0.975] {
            engine.run_until(at_s(ttl * (at - 0.02)));
            let figures = measure(&mut engine, ttl * (at + 0.02));
            let stale = figures.stale_names as f64 / (figures.offered_per_s * figures.window_s);
            let expected = load / (1.0 + load) * (1.0 - at);
            // Of twenty resolvers, the spread is that of twenty numbers.
            let tolerance = if resolvers == 0 { 0.02 } else { 0.25 };
            assert_near(stale, expected, tolerance, &format!("{rate}/s, {resolvers} resolvers, at {at} T"));
            let first = node(&figures, "web-1").arrivals_per_s * figures.window_s;
            assert!((first - figures.stale_names as f64).abs() < 1.5, "stale names are what the old address gets");
        }
        engine.run_until(at_s(ttl));
        assert_eq!(measure(&mut engine, 2.0 * ttl).stale_names, 0, "after T nobody holds the old address");
        assert!(engine.violations().is_empty());
    }
}

#[test]
fn a_warm_start_is_a_stationary_one() {
    // The rate of questions to the name service is λ/(1+λT) for each cache, from the first moment on.
    for (resolvers, caches) in [(0, 10_000.0), (100, 100.0)] {
        let rate_per_cache = 10_000.0 * 0.02 / caches;
        let expected = caches * rate_per_cache / (1.0 + rate_per_cache * 60.0);
        let dns = json!({ "ttl": "60s", "warm_clients": "on", "resolvers": resolvers });
        let mut engine = engine(document(10_000, 0.02, &dns, [0.0, 0.0], false));
        for span in 1..=3 {
            let figures = measure(&mut engine, f64::from(span) * 60.0);
            // A hundred resolvers ask about a hundred times in a span.
            let tolerance = if resolvers == 0 { 0.04 } else { 0.2 };
            let asked = node(&figures, "dns").arrivals_per_s;
            assert_near(asked, expected, tolerance * expected, &format!("{resolvers} resolvers, minute {span}"));
        }
    }
    // Without it everybody asks at first.
    let mut engine = engine(document(10_000, 0.02, &json!({ "ttl": "60s" }), [0.0, 0.0], false));
    assert_near(node(&measure(&mut engine, 5.0), "dns").arrivals_per_s, 200.0, 15.0, "cold");
}

#[test]
fn answers_are_shared_out_as_the_policy_says() {
    let records = json!(["web-1", "web-1", "web-1", "web-2"]);
    for (answers, latency_ms, expected) in [
        ("round_robin", [0.0, 0.0], 0.75),
        ("weighted", [0.0, 0.0], 0.75),
        ("nearest", [5.0, 4.0], 0.0),
        ("nearest", [4.0, 5.0], 1.0),
        // Equally near: each user has its own.
        ("nearest", [4.0, 4.0], 0.5),
    ] {
        let dns = json!({ "records": records, "answers": answers, "ttl": "1s" });
        let mut engine = engine(document(10_000, 0.1, &dns, latency_ms, false));
        engine.run_until(at_s(5.0));
        let figures = measure(&mut engine, 35.0);
        assert_near(share(&figures), expected, 0.02, answers);
    }
}

#[test]
fn a_dead_address_is_left_out_once_its_checks_have_failed() {
    let dns = json!({ "ttl": "2s", "check_interval": "1s", "fall": 3, "rise": 2 });
    let mut engine = engine(document(5_000, 0.2, &dns, [1.0, 1.0], true));
    engine.run_until(at_s(10.0));
    crash(&mut engine, "web-1");
    let undetected = measure(&mut engine, 11.5);
    assert!(count(&undetected, Reason::ConnectionRefused) > 300, "half of all, for a while");
    assert!(node(&undetected, "web-1").is_in_rotation);
    // Detected after two to three intervals; then clients still hold the old address for up to the time to live.
    engine.run_until(at_s(13.2));
    let held = measure(&mut engine, 14.0);
    assert!(!node(&held, "web-1").is_in_rotation);
    assert!(
        held.stale_names > 0 && count(&held, Reason::ConnectionRefused) >= held.stale_names - 5,
        "{:?}",
        held.errors
    );
    engine.run_until(at_s(15.2));
    let healed = measure(&mut engine, 20.0);
    assert_eq!((healed.errors.as_slice(), healed.stale_names), ([].as_slice(), 0));
    restart(&mut engine, "web-1");
    engine.run_until(at_s(24.0));
    assert_near(share(&measure(&mut engine, 40.0)), 0.5, 0.05, "it is back after its good checks");
    // When all are dead, a wrong answer is no worse than none.
    crash(&mut engine, "web-1");
    crash(&mut engine, "web-2");
    engine.run_until(at_s(50.0));
    let dead = measure(&mut engine, 60.0);
    assert_eq!(dead.errors.len(), 1, "{:?}", dead.errors);
    assert_near(share(&dead), 0.5, 0.05, "both are asked");
    assert!(engine.violations().is_empty());
}

#[test]
fn a_name_service_forgets_its_beliefs_when_it_dies() {
    let dns = json!({ "ttl": "1s", "check_interval": "500ms", "fall": 2 });
    let mut engine = engine(document(1_000, 0.2, &dns, [1.0, 1.0], true));
    engine.run_until(at_s(5.0));
    crash(&mut engine, "web-2");
    engine.run_until(at_s(10.0));
    assert!(!node(&engine.figures(), "web-2").is_in_rotation);
    crash(&mut engine, "dns");
    engine.run_until(at_s(12.0));
    assert!(count(&measure(&mut engine, 15.0), Reason::DnsFailure) > 300, "what clients knew is over");
    restart(&mut engine, "dns");
    assert!(node(&engine.figures(), "web-2").is_in_rotation);
    engine.run_until(at_s(20.0));
    assert!(!node(&engine.figures(), "web-2").is_in_rotation, "it checks again");
    assert_eq!(measure(&mut engine, 25.0).errors, []);
}

#[test]
fn resolvers_carry_through_an_outage_what_one_client_has_asked() {
    // A client asks every 1,000 s, its resolver's clients together every second.
    let known = |resolvers: u32| {
        let dns = json!({ "ttl": "10m", "resolvers": resolvers });
        let mut engine = engine(document(10_000, 0.001, &dns, [0.0, 0.0], false));
        engine.run_until(at_s(60.0));
        crash(&mut engine, "dns");
        let figures = measure(&mut engine, 120.0);
        figures.goodput_per_s / figures.offered_per_s
    };
    assert!(known(10) > 0.999);
    assert!(known(0) < 0.15, "alone, few have asked before");
}

#[test]
fn that_there_is_no_address_is_remembered_as_well() {
    let dns = json!({ "ttl": "1s", "negative_ttl": "30s" });
    let mut engine = engine(document(1_000, 1.0, &dns, [0.0, 0.0], false));
    engine.run_until(at_s(5.0));
    set_records(&mut engine, &[]);
    engine.run_until(at_s(10.0));
    let gone = measure(&mut engine, 20.0);
    assert_eq!((gone.goodput_per_s, gone.errors[0].0), (0.0, Reason::DnsFailure));
    let asked = node(&gone, "dns").arrivals_per_s;
    assert!(asked < 0.05 * gone.offered_per_s, "{asked} questions a second: everybody knows");
    set_records(&mut engine, &["web-1"]);
    let back = measure(&mut engine, 25.0);
    assert!(back.goodput_per_s < 0.5 * back.offered_per_s, "but not yet that it is back");
    engine.run_until(at_s(50.0));
    assert_eq!(measure(&mut engine, 60.0).errors, []);
}

#[test]
fn a_check_is_answered_by_whoever_has_taken_the_address_over() {
    let text = json!({ "version": 1, "name": "pair", "seed": 2, "nodes": [
        { "id": "users", "kind": "users", "params": { "static_weight": 0, "write_weight": 0, "timeout": "1s" } },
        { "id": "dns", "kind": "dns", "params": { "records": ["lb-1", "web-2"], "ttl": "1s", "check_interval": "500ms", "fall": 4 } },
        { "id": "lb-1", "kind": "load_balancer", "params": { "advert_interval": "100ms" } },
        { "id": "lb-2", "kind": "load_balancer", "params": { "advert_interval": "100ms" } },
        { "id": "web-1", "kind": "web_server" }, { "id": "web-2", "kind": "web_server" },
    ], "links": [
        { "from": "users", "to": "dns" }, { "from": "users", "to": "lb-1" }, { "from": "users", "to": "lb-2" },
        { "from": "users", "to": "web-2" }, { "from": "dns", "to": "lb-1" }, { "from": "dns", "to": "lb-2" },
        { "from": "dns", "to": "web-2" }, { "from": "lb-1", "to": "lb-2" },
        { "from": "lb-1", "to": "web-1" }, { "from": "lb-2", "to": "web-1" },
    ] });
    let mut engine = engine(Document::read(&text.to_string()).unwrap_or_else(|problems| panic!("{problems}")));
    engine.run_until(at_s(10.0));
    crash(&mut engine, "lb-1");
    engine.run_until(at_s(15.0));
    let figures = measure(&mut engine, 45.0);
    assert!(node(&figures, "lb-1").is_in_rotation, "the standby answers for the address");
    let [taken, other] = ["lb-2", "web-2"].map(|id| node(&figures, id).arrivals_per_s);
    assert_near(taken / (taken + other), 0.5, 0.05, "it goes on getting its share");
    crash(&mut engine, "lb-2");
    engine.run_until(at_s(55.0));
    assert_eq!(measure(&mut engine, 85.0).errors, [], "with both dead the address is left out");
    restart(&mut engine, "lb-1");
    engine.run_until(at_s(95.0));
    let figures = measure(&mut engine, 115.0);
    assert!(node(&figures, "lb-1").arrivals_per_s > 10.0 && figures.errors.is_empty());
}
