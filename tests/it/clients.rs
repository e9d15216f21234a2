//! Clients and servers that protect themselves: time-outs, retries, hedges, copies, fan-out, disciplines, closed loops.

use scalescope::model::Document;
use scalescope::observe::Reason;
use serde_json::{Value, json};

use crate::support::{assert_near, at_s, count, crash, engine, measure, node, restart, run, set};

/// Users who read from a chain of servers without any delay between them.
fn chain(users: &Value, servers: &[Value]) -> Document {
    let mut nodes = vec![json!({ "id": "users", "kind": "users", "params": users })];
    let mut links = Vec::new();
    for (i, params) in servers.iter().enumerate() {
        let from = if i == 0 { "users".to_owned() } else { format!("web-{i}") };
        let id = format!("web-{}", i + 1);
        nodes.push(json!({ "id": id, "kind": "web_server", "params": params }));
        links.push(json!({ "from": from, "to": id, "latency": "0s" }));
    }
    let document = json!({ "version": 1, "name": "chain", "seed": 7, "nodes": nodes, "links": links });
    Document::read(&document.to_string()).unwrap_or_else(|problems| panic!("{problems}"))
}

fn readers(rate_per_s: f64, more: &Value) -> Value {
    let mut users = json!({
        "users": 1_000, "rate_per_user_per_s": rate_per_s / 1_000.0, "timeout": "1h",
        "static_weight": 0, "read_weight": 1, "write_weight": 0,
    });
    for (name, value) in more.as_object().unwrap() {
        users[name] = value.clone();
    }
    users
}

/// A server with `cores` and as many workers, and no limit to its queue.
fn server(cores: u32, service: &str, more: &Value) -> Value {
    let mut params = json!({ "cores": cores, "workers": cores, "queue_limit": 10_000_000, "read_service": service });
    for (name, value) in more.as_object().unwrap() {
        params[name] = value.clone();
    }
    params
}

#[test]
fn retries_feed_back_into_the_load() {
    // Jackson: each attempt fails with probability p, so the server sees λ / (1 − p).
    let policy = json!({ "calls": { "retries": 1_000_000, "backoff": "none" } });
    let failing = server(1, "100ms", &json!({ "error_ratio": 0.2 }));
    let figures = run(chain(&readers(4.0, &policy), &[failing]), 100.0, 20_000.0);
    assert_near("attempts", node(&figures, "web-1").arrivals_per_s, 5.0, 0.02);
    assert_near("response", figures.latency.mean_s, 1.25 * 1.0 / (10.0 - 5.0), 0.05);
    assert_eq!(figures.totals.failed, 0);
}

#[test]
fn layers_multiply_attempts() {
    let calls = json!({ "retries": 3, "backoff": "none" });
    let fine = server(1_000, "0s", &json!({ "workers": 1_000, "calls": calls }));
    let broken = server(1_000, "0s", &json!({ "error_ratio": 1 }));
    let document = chain(&readers(1.0, &json!({ "calls": calls })), &[fine.clone(), fine, broken]);
    let figures = run(document, 0.0, 1_000.0);
    let attempts = node(&figures, "web-3").arrivals_per_s / figures.offered_per_s;
    assert_near("attempts for one request", attempts, 64.0, 0.01);
    assert_eq!(count(&figures, Reason::ServerError), figures.totals.failed);
}

#[test]
fn a_budget_bounds_the_retries() {
    let policy = json!({ "calls": { "retries": 3, "backoff": "none", "retry_budget": 0.1 } });
    let broken = server(1_000, "0s", &json!({ "error_ratio": 1 }));
    let figures = run(chain(&readers(100.0, &policy), &[broken]), 0.0, 1_000.0);
    assert_near("attempts", node(&figures, "web-1").arrivals_per_s / figures.offered_per_s, 1.1, 0.01);
}

#[test]
fn a_hedge_cuts_the_tail_for_a_few_more_calls() {
    // S(t) S(t − h) for exponential service with mean 10 ms and h at its 95th percentile.
    let policy = json!({ "calls": { "hedge_after": "29957322ns", "on_give_up": "cancel" } });
    let fast = server(1_024, "10ms", &json!({ "workers": 100_000 }));
    let figures = run(chain(&readers(1_000.0, &policy), &[fast]), 1.0, 200.0);
    assert_near("extra calls", node(&figures, "web-1").arrivals_per_s / figures.offered_per_s - 1.0, 0.05, 0.05);
    assert_near("p50", figures.latency.p50_s, 0.006_931, 0.03);
    assert_near("p99", figures.latency.p99_s, 0.038_005, 0.05);
}

#[test]
fn a_time_out_with_cancel_frees_what_was_held() {
    let policy = json!({ "timeout": "1s", "calls": { "on_give_up": "cancel" } });
    let slow = server(1, "3s", &json!({ "service_shape": "constant" }));
    let mut engine = engine(chain(&readers(2.0, &policy), &[server(10, "0s", &json!({})), slow]));
    engine.run_until(at_s(50.0));
    let figures = engine.report();
    assert_eq!(engine.violations(), Vec::<String>::new());
    // Nobody waits for more than a second, so hardly anybody is there.
    assert!(node(&figures, "web-2").in_flight <= 8, "{}", node(&figures, "web-2").in_flight);
    assert!(
        count(&figures, Reason::Timeout) > 70 && figures.totals.late == 0,
        "{:?} {:?}",
        figures.errors,
        figures.totals
    );
}

#[test]
fn the_slowest_of_several_decides() {
    // Fork and join over two M/M/1 queues: (12 − ρ) / 8 / (μ − λ), exact (Flatto, Hahn 1984).
    let mut document = chain(&readers(0.5, &json!({})), &[server(1_024, "0s", &json!({ "workers": 100_000 }))]);
    for id in ["leaf-1", "leaf-2"] {
        let leaf = json!({ "id": id, "kind": "web_server", "params": server(1, "1s", &json!({})) });
        document.nodes.push(serde_json::from_value(leaf).unwrap());
        let link = json!({ "from": "web-1", "to": id, "latency": "0s" });
        document.links.push(serde_json::from_value(link).unwrap());
    }
    let figures = run(document, 1_000.0, 100_000.0);
    assert_near("response", figures.latency.mean_s, 2.875, 0.04);
}

#[test]
fn a_closed_loop_is_slowed_by_what_it_asks() {
    // One station, ten users who think for 2 s: mean value analysis by hand.
    let (mut length, mut throughput, mut response) = (0.0, 0.0, 0.0);
    for n in 1..=10 {
        response = 0.2 * (1.0 + length);
        throughput = f64::from(n) / (2.0 + response);
        length = throughput * response;
    }
    let users = readers(1.0, &json!({ "users": 10, "loop_kind": "closed", "think_time": "2s" }));
    let figures = run(chain(&users, &[server(1, "200ms", &json!({}))]), 100.0, 20_000.0);
    assert_near("throughput", figures.throughput_per_s, throughput, 0.02);
    assert_near("response", figures.latency.mean_s, response, 0.04);
}

#[test]
fn shared_cores_make_the_mean_insensitive() {
    for shape in ["constant", "hyperexponential(0.908248290463863, 0.5505102572168219, 5.449489742783178)"] {
        let shared = json!({ "discipline": "processor_sharing", "workers": 100_000, "service_shape": shape });
        let figures = run(chain(&readers(0.7, &json!({})), &[server(1, "1s", &shared)]), 1_000.0, 60_000.0);
        assert_near(shape, figures.latency.mean_s, 1.0 / 0.3, 0.06);
        assert_near("utilisation", node(&figures, "web-1").utilisation, 0.7, 0.02);
    }
}

#[test]
fn the_last_come_may_be_served_first() {
    let users = readers(2.0, &json!({ "timeout": "5s" }));
    let goodput = |discipline| {
        let figures = run(chain(&users, &[server(1, "1s", &json!({ "discipline": discipline }))]), 1_000.0, 11_000.0);
        figures.goodput_per_s
    };
    // Twice overloaded: in order of arrival everybody comes too late, in the other order nearly every service is of use.
    assert!(goodput("fifo") < 0.05 && goodput("lifo") > 0.9);
}

#[test]
fn the_urgent_do_not_wait_for_the_others() {
    let low = readers(0.5, &json!({}));
    let mut document = chain(&low, &[server(1, "1s", &json!({ "discipline": "priority" }))]);
    let high = json!({ "id": "urgent", "kind": "users", "params": readers(0.3, &json!({ "priority": 7 })) });
    document.nodes.push(serde_json::from_value(high).unwrap());
    let link = json!({ "from": "urgent", "to": "web-1", "latency": "0s" });
    document.links.push(serde_json::from_value(link).unwrap());
    // Both classes together wait as without priorities: the server never idles while somebody waits.
    let figures = run(document, 1_000.0, 100_000.0);
    assert_near("mean wait", node(&figures, "web-1").wait_mean_s, 4.0, 0.08);
    // Cobham: W_high = R / (1 − ρ_high), with R = λ E[S²] / 2 = 0.8.
    let (high, low) = (0.8 / 0.7, 0.8 / 0.7 / 0.2);
    assert_near("mean response", figures.latency.mean_s, 1.0 + (0.3 * high + 0.5 * low) / 0.8, 0.08);
}

#[test]
fn those_who_wait_too_long_are_turned_away() {
    // M/M/1 with patience τ: P(abandon) by Barrer (1957) at λ = 0.8, μ = 1, τ = 2.
    let figures =
        run(chain(&readers(0.8, &json!({})), &[server(1, "1s", &json!({ "queue_timeout": "2s" }))]), 100.0, 60_000.0);
    let abandoned = count(&figures, Reason::QueueTimeout) as f64 / figures.window_s / figures.offered_per_s;
    let (rho, e): (f64, f64) = (0.8, libm::exp(-0.4));
    let expected = (1.0 - rho) * rho * e / (1.0 - rho * rho * e);
    assert!((abandoned - expected).abs() < 0.01, "{abandoned} for {expected}");
}

#[test]
fn more_cores_help_less_and_less() {
    let throughput = |cores: u32| {
        let law = json!({ "service_shape": "constant", "contention": 0.05, "coherency": 0.002 });
        let document = chain(&readers(f64::from(cores) * 12.0, &json!({})), &[server(cores, "100ms", &law)]);
        run(document, 20.0, 120.0).throughput_per_s
    };
    for cores in [1, 4, 16, 32, 64] {
        let n = f64::from(cores);
        let expected = 10.0 * n / (1.0 + 0.05 * (n - 1.0) + 0.002 * n * (n - 1.0));
        assert_near(&format!("{cores} cores"), throughput(cores), expected, 0.02);
    }
}

#[test]
fn an_open_circuit_spares_a_server_in_trouble() {
    let policy = json!({ "calls": { "breaker_failures": 5, "breaker_open": "10s" } });
    let mut engine = engine(chain(&readers(50.0, &policy), &[server(1_000, "10ms", &json!({}))]));
    engine.run_until(at_s(10.0));
    crash(&mut engine, "web-1");
    let figures = measure(&mut engine, 40.0);
    // Five failures open it; then one call every ten seconds tries.
    assert!(count(&figures, Reason::ConnectionRefused) <= 9, "{:?}", figures.errors);
    assert!(count(&figures, Reason::CircuitOpen) > 1_300, "{:?}", figures.errors);
    restart(&mut engine, "web-1");
    engine.run_until(at_s(52.0));
    assert!(measure(&mut engine, 60.0).errors.is_empty(), "the next try closes it");
}

#[test]
fn users_who_come_back_go_on() {
    let users = readers(1.0, &json!({ "users": 100, "loop_kind": "closed", "think_time": "1s" }));
    let mut engine = engine(chain(&users, &[server(1_000, "1ms", &json!({}))]));
    engine.run_until(at_s(10.0));
    assert_near("100 users", measure(&mut engine, 60.0).offered_per_s, 100.0, 0.05);
    set(&mut engine, "users", "users", json!(10));
    engine.run_until(at_s(70.0));
    assert_near("10 users", measure(&mut engine, 170.0).offered_per_s, 10.0, 0.1);
    set(&mut engine, "users", "users", json!(200));
    engine.run_until(at_s(180.0));
    assert_near("200 users", measure(&mut engine, 230.0).offered_per_s, 200.0, 0.05);
}

#[test]
fn time_outs_of_attempts_go_on_after_users_have_given_up() {
    // The users are less patient than their browsers: each attempt's time-out comes when its request has ended already.
    let users = readers(
        20.0,
        &json!({ "timeout": "1s", "calls": { "attempt_timeout": "1500ms", "retries": 1, "backoff": "none" } }),
    );
    let mut engine = engine(chain(&users, &[server(1_000, "10s", &json!({ "service_shape": "constant" }))]));
    engine.run_until(at_s(20.0));
    set(&mut engine, "users", "timeout", json!("1h"));
    engine.run_until(at_s(30.0));
    let figures = measure(&mut engine, 90.0);
    assert_near("attempts", node(&figures, "web-1").arrivals_per_s / figures.offered_per_s, 2.0, 0.05);
}

#[test]
fn copies_with_nobody_to_ask_fail_once() {
    let mut engine = engine(crate::support::scenario("load-balanced"));
    for node in ["users", "lb-1", "web-1", "web-2"] {
        set(&mut engine, node, "calls.copies", json!(3));
        set(&mut engine, node, "calls.hedge_after", json!("5ms"));
    }
    engine.run_until(at_s(5.0));
    for victim in ["web-1", "web-2", "lb-1"] {
        crash(&mut engine, victim);
        engine.run_until(engine.now() + scalescope::base::SimDuration::from_secs(20));
        assert_eq!(engine.violations(), Vec::<String>::new(), "without {victim}");
    }
    assert!(engine.report().totals.failed > 100);
}
