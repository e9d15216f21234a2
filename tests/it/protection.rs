//! Servers that protect themselves and what is behind them: connection pools, load shedding, rate limits; and sessions.

use proptest::prelude::*;
use scalescope::model::{Command, Document};
use scalescope::observe::{Figures, NodeFigures, Reason};
use serde_json::{Value, json};

use crate::support::{assert_near, at_s, count, crash, edit, engine, inflict, measure, node, restart, run, set, with};

/// A design without any delay on its links.
fn design(seed: u64, nodes: &[(&str, &str, Value)], links: &[(&str, &str)]) -> Document {
    let node = |(id, kind, params): &(&str, &str, Value)| json!({ "id": id, "kind": kind, "params": params });
    let link = |(from, to): &(&str, &str)| json!({ "from": from, "to": to, "latency": "0s" });
    let nodes: Vec<Value> = nodes.iter().map(node).collect();
    let links: Vec<Value> = links.iter().map(link).collect();
    let document = json!({ "version": 1, "name": "protection", "seed": seed, "nodes": nodes, "links": links });
    Document::read(&document.to_string()).unwrap_or_else(|problems| panic!("{problems}"))
}

/// `base` with the members of `more`.
fn and(mut base: Value, more: &Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        base[name] = value.clone();
    }
    base
}

fn readers(rate_per_s: f64, more: &Value) -> Value {
    let base = json!({ "users": 1_000, "rate_per_user_per_s": rate_per_s / 1_000.0, "timeout": "1h",
        "static_weight": 0, "read_weight": 1, "write_weight": 0 });
    and(base, more)
}

/// Users, a server that takes no time itself, and a database whose reads take a second and never wait.
fn pooled(seed: u64, rate_per_s: f64, web: &Value) -> Document {
    let base = json!({ "read_service": "0s", "cores": 1_024, "workers": 100_000, "queue_limit": 1_000_000 });
    let database = json!({ "read_service": "1s", "cores": 1_024 });
    let nodes = [
        ("users", "users", readers(rate_per_s, &json!({}))),
        ("web", "web_server", and(base, web)),
        ("db", "database", database),
    ];
    design(seed, &nodes, &[("users", "web"), ("web", "db")])
}

fn errors(node: &NodeFigures, reason: Reason) -> u64 {
    node.errors.iter().find(|(other, _)| *other == reason).map_or(0, |(_, count)| *count)
}

#[test]
fn a_pool_is_a_queue_with_as_many_servers_as_connections() {
    // Erlang C for two servers at 1.6: the response is 1 / (1 − 0.64) = 2.777… services, of which 1.777… are spent waiting.
    let (mut response, mut waiting) = (0.0, 0.0);
    for seed in 1..=4 {
        let figures = run(pooled(seed, 1.6, &json!({ "database_connections": 2 })), 1_000.0, 31_000.0);
        response += figures.latency.mean_s / 4.0;
        waiting += node(&figures, "web").queue_mean / 4.0;
        assert_eq!(figures.totals.failed, 0);
    }
    assert_near("response", response, 1.0 / 0.36, 0.04);
    assert_near("waiting for a connection", waiting, 1.6 * (1.0 / 0.36 - 1.0), 0.06);
}

#[test]
fn whoever_waits_too_long_for_a_connection_fails() {
    // M/M/1 with patience for two services (Barrer 1957): (1 − ρ) ρ e^(−(1 − ρ)τ) / (1 − ρ² e^(−(1 − ρ)τ)) are lost.
    let figures = run(pooled(5, 0.9, &json!({ "database_connections": 1, "pool_timeout": "2s" })), 100.0, 60_100.0);
    let decay = libm::exp(-0.1 * 2.0);
    let lost = count(&figures, Reason::PoolExhausted) as f64 / 60_000.0 / 0.9;
    assert_near("lost", lost, 0.1 * 0.9 * decay / (1.0 - 0.81 * decay), 0.04);
    assert_eq!(errors(node(&figures, "web"), Reason::PoolExhausted), count(&figures, Reason::PoolExhausted));
    // Waiting in a pool holds the worker: two workers for one connection leave room for one who waits, M/M/1/2.
    let few = json!({ "database_connections": 1, "workers": 2, "queue_limit": 0 });
    let figures = run(pooled(6, 1.0, &few), 100.0, 60_100.0);
    assert_near("refused", count(&figures, Reason::QueueFull) as f64 / 60_000.0, 1.0 / 3.0, 0.03);
}

#[test]
fn a_hedge_without_a_connection_does_not_end_a_request_that_will_be_retried() {
    let calls = json!({ "attempt_timeout": "120ms", "hedge_after": "100ms", "retries": 5, "backoff": "fixed",
        "backoff_base": "5s" });
    let web = json!({ "read_service": "0s", "database_connections": 1, "pool_timeout": "60ms", "calls": calls });
    // One asks at 1 s, the other at 1.09 s, while the database hangs. The first times out at 1.12 s and pauses; the second has the
    // connection then, and the hedge of the first would wait in vain until 1.16 s.
    let asks_at = |s: f64| readers(1.0, &json!({ "users": 1, "rate_per_user_per_s": 1.0 / s, "arrivals": "regular" }));
    let nodes = [
        ("first", "users", asks_at(1.0)),
        ("second", "users", asks_at(1.09)),
        ("web", "web_server", web),
        ("db", "database", json!({ "read_service": "1ms" })),
    ];
    let mut engine = engine(design(1, &nodes, &[("first", "web"), ("second", "web"), ("web", "db")]));
    inflict(&mut engine, json!({ "hang": { "node": "db" } }));
    engine.run_until(at_s(1.5));
    for id in ["first", "second"] {
        set(&mut engine, id, "rate_per_user_per_s", json!(0.000_001));
    }
    engine.run_until(at_s(2.0));
    inflict(&mut engine, json!({ "resume": { "node": "db" } }));
    engine.run_until(at_s(20.0));
    let totals = engine.report().totals;
    assert_eq!((totals.answered, totals.failed, totals.in_flight), (2, 0, 0));
    assert_eq!(engine.violations(), Vec::<String>::new());
}

#[test]
fn what_is_given_up_leaves_its_connection_at_once() {
    // Reads take a second. Who has the only connection gives up after a tenth: were it kept to the end, one a second would come.
    let given_up = |users: &Value, calls: &Value| {
        let mut document = pooled(7, 5.0, &json!({ "database_connections": 1, "calls": calls }));
        for (name, value) in users.as_object().unwrap() {
            document = with(document, "users", &[(name.as_str(), value.clone())]);
        }
        let document = with(document, "db", &[("service_shape", json!("constant"))]);
        let figures = run(document, 10.0, 210.0);
        assert_eq!(figures.throughput_per_s, 0.0);
        assert_near("failed", count(&figures, Reason::Timeout) as f64 / 200.0, 5.0, 0.1);
        node(&figures, "db").arrivals_per_s
    };
    for way in ["ignore", "cancel"] {
        let calls = json!({ "attempt_timeout": "100ms", "on_give_up": way });
        assert_near(way, given_up(&json!({}), &calls), 5.0, 0.1);
    }
    // Here those who still wait give up as well: of five, those that come in a tenth of a second are not sent on.
    let impatient = json!({ "timeout": "100ms", "calls.on_give_up": "cancel" });
    let sent = given_up(&impatient, &json!({ "on_give_up": "cancel" }));
    assert!(sent > 3.0, "{sent}");
}

#[test]
fn a_pool_that_grows_serves_those_who_wait() {
    let mut engine = engine(pooled(1, 3.0, &json!({ "database_connections": 1 })));
    engine.run_until(at_s(60.0));
    let before = node(&engine.figures(), "web").queue;
    assert!(before > 60, "{before}");
    set(&mut engine, "web", "database_connections", json!(21));
    assert_eq!(node(&engine.figures(), "web").queue, before - 20);
    set(&mut engine, "web", "pool_timeout", json!("500ms"));
    engine.run_until(at_s(60.51));
    let after = engine.figures();
    assert!(node(&after, "web").queue < 5, "{}", node(&after, "web").queue);
    set(&mut engine, "web", "database_connections", json!(0));
    assert_eq!(node(&engine.figures(), "web").queue, 0);
}

#[test]
fn a_bulkhead_keeps_a_hung_database_from_taking_every_worker() {
    let served = |pool: &Value| {
        let users = readers(100.0, &json!({ "static_weight": 1, "timeout": "1s" }));
        let web = and(json!({ "workers": 20, "queue_limit": 20 }), pool);
        let nodes = [("users", "users", users), ("web", "web_server", web), ("db", "database", json!({}))];
        let mut engine = engine(design(3, &nodes, &[("users", "web"), ("web", "db")]));
        engine.run_until(at_s(5.0));
        inflict(&mut engine, json!({ "hang": { "node": "db" } }));
        engine.run_until(at_s(20.0));
        let figures = measure(&mut engine, 40.0);
        assert_eq!(engine.violations(), Vec::<String>::new());
        figures
    };
    let all_taken = served(&json!({}));
    assert!(all_taken.goodput_per_s < 0.1, "{}", all_taken.goodput_per_s);
    let kept = served(&json!({ "database_connections": 5, "pool_timeout": "20ms" }));
    assert_near("assets", kept.goodput_per_s, 50.0, 0.1);
    assert_near("reads", count(&kept, Reason::PoolExhausted) as f64 / 20.0, 50.0, 0.1);
}

/// Cores that serve a thousand a second, one at a time, and whom it is given.
fn overloaded(rate_per_s: f64, web: &Value) -> Figures {
    let base =
        json!({ "read_service": "1ms", "service_shape": "constant", "cores": 1, "workers": 1, "queue_limit": 10_000 });
    let nodes = [("users", "users", readers(rate_per_s, &json!({}))), ("web", "web_server", and(base, web))];
    run(design(9, &nodes, &[("users", "web")]), 60.0, 160.0)
}

#[test]
fn shedding_keeps_the_wait_of_those_served_near_the_target() {
    let plain = overloaded(1_200.0, &json!({}));
    assert_near("a full queue", node(&plain, "web").wait_mean_s, 10.0, 0.01);
    let shed = overloaded(1_200.0, &json!({ "shedding": "codel" }));
    let web = node(&shed, "web");
    assert!(web.wait_mean_s < 0.15, "{} s", web.wait_mean_s);
    assert!(web.utilisation > 0.97, "it is still busy: {}", web.utilisation);
    assert_near("shed", errors(web, Reason::Shed) as f64 / 100.0, 200.0, 0.15);
    assert_eq!(count(&shed, Reason::QueueFull), 0);
    // The rate of shedding has to grow until it is the overload; with shorter intervals it grows faster.
    let quick = overloaded(1_200.0, &json!({ "shedding": "codel", "codel_interval": "20ms" }));
    assert!(node(&quick, "web").wait_mean_s < 0.02, "{} s", node(&quick, "web").wait_mean_s);
}

#[test]
fn under_light_load_nothing_is_shed() {
    let light = overloaded(500.0, &json!({ "shedding": "codel" }));
    assert_eq!(light.errors, []);
    assert_eq!(light.latency, overloaded(500.0, &json!({})).latency, "it is as if there were no shedding");
}

#[test]
fn a_rate_limit_takes_as_many_as_it_says() {
    let of = |rate_per_s: f64, limit: &Value| {
        let nodes = [
            ("users", "users", readers(rate_per_s, &json!({}))),
            ("lb", "load_balancer", limit.clone()),
            ("web", "web_server", and(json!({ "cores": 64 }), limit)),
        ];
        let at_server = run(design(4, &[nodes[0].clone(), nodes[2].clone()], &[("users", "web")]), 50.0, 1_050.0);
        let open = ("web", "web_server", json!({ "cores": 64 }));
        let nodes = [nodes[0].clone(), nodes[1].clone(), open];
        let at_balancer = run(design(4, &nodes, &[("users", "lb"), ("lb", "web")]), 50.0, 1_050.0);
        assert_eq!(
            count(&at_server, Reason::RateLimited),
            count(&at_balancer, Reason::RateLimited),
            "one block, one rule"
        );
        at_server
    };
    // A bucket of one token is a server that is deaf for 20 ms after each: Erlang's loss formula, λ / (1 + λ / r) are taken.
    let strict = of(100.0, &json!({ "rate_limit_per_s": 50, "rate_burst": 1 }));
    assert_near("taken", strict.goodput_per_s, 100.0 / 3.0, 0.02);
    let over = of(100.0, &json!({ "rate_limit_per_s": 50 }));
    assert_near("taken", over.goodput_per_s, 50.0, 0.005);
    assert_near("refused", count(&over, Reason::RateLimited) as f64 / 1_000.0, 50.0, 0.03);
    let within = of(30.0, &json!({ "rate_limit_per_s": 50 }));
    assert_eq!(within.errors, []);
}

/// Four servers with sessions of 20 s behind a balancer, for users who come every 10 s; the share of requests without a session.
fn sessions_missed(sticky_for: &str) -> f64 {
    let servers = ["web-1", "web-2", "web-3", "web-4"];
    let users = readers(40.0, &json!({ "users": 400, "rate_per_user_per_s": 0.1 }));
    let balancer = json!({ "policy": "random", "sticky_for": sticky_for });
    let mut nodes = vec![("users", "users", users), ("lb", "load_balancer", balancer)];
    let mut links = vec![("users", "lb")];
    let server = json!({ "sessions": "memory", "session_ttl": "20s", "session_setup": "7ms", "read_service": "1ms" });
    for id in servers {
        nodes.push((id, "web_server", server.clone()));
        links.push(("lb", id));
    }
    let figures = run(design(8, &nodes, &links), 100.0, 2_100.0);
    let nodes: Vec<_> = servers.iter().map(|id| node(&figures, id)).collect();
    let missed = nodes.iter().map(|node| node.misses.unwrap()).sum::<u64>() as f64 / 2_000.0 / figures.goodput_per_s;
    let work_s = nodes.iter().map(|node| node.utilisation * 4.0).sum::<f64>() / figures.goodput_per_s;
    assert_near("processor time of a request", work_s, 0.001 + missed * 0.007, 0.03);
    missed
}

#[test]
fn sessions_in_memory_want_users_to_stay() {
    // A session is gone if its user has not come to the server for 20 s; a server sees all of a user's requests, or a quarter.
    assert_near("sticky", sessions_missed("1h"), libm::exp(-2.0), 0.03);
    assert_near("scattered", sessions_missed("0s"), libm::exp(-0.5), 0.02);
}

#[test]
fn sessions_die_with_their_server() {
    let users = readers(50.0, &json!({ "users": 50, "rate_per_user_per_s": 1 }));
    let nodes = [("users", "users", users), ("web", "web_server", json!({ "sessions": "memory" }))];
    let mut engine = engine(design(2, &nodes, &[("users", "web")]));
    engine.run_until(at_s(30.0));
    assert_eq!(node(&measure(&mut engine, 40.0), "web").misses, Some(0), "it knows everybody");
    crash(&mut engine, "web");
    restart(&mut engine, "web");
    assert_eq!(node(&measure(&mut engine, 70.0), "web").misses, Some(50), "it knows nobody any more");
}

/// A server with a cache and a database behind pools, and callers with every sort of impatience.
#[derive(Clone, Debug)]
struct Pressure {
    seed: u64,
    connections: u32,
    rate_per_s: u32,
    timeout_ms: u64,
    attempt_ms: u64,
    hedge_ms: u64,
    pool_ms: u64,
    retries: u32,
    copies: u32,
    is_cancelling: [bool; 2],
}

fn pressures() -> impl Strategy<Value = Pressure> {
    let load = (any::<u64>(), 1_u32..5, 20_u32..500, 10_u64..400);
    let ms = || prop_oneof![Just(0), 1_u64..60];
    let policy = (ms(), ms(), ms(), 0_u32..4, 1_u32..3, any::<[bool; 2]>());
    (load, policy).prop_map(|((seed, connections, rate_per_s, timeout_ms), policy)| {
        let (attempt_ms, hedge_ms, pool_ms, retries, copies, is_cancelling) = policy;
        Pressure {
            seed,
            connections,
            rate_per_s,
            timeout_ms,
            attempt_ms,
            hedge_ms,
            pool_ms,
            retries,
            copies,
            is_cancelling,
        }
    })
}

impl Pressure {
    fn document(&self) -> Document {
        let way = |is_cancelling| if is_cancelling { "cancel" } else { "ignore" };
        let ms = |ms: u64| format!("{ms}ms");
        // So many keys that hardly any is asked for twice.
        let base = json!({ "timeout": ms(self.timeout_ms), "keys": 100_000_000, "zipf_exponent": 0, "write_weight": 0.2,
            "calls": { "on_give_up": way(self.is_cancelling[0]) } });
        let web = json!({ "read_service": "1ms", "workers": 30, "queue_limit": 50, "pool_timeout": ms(self.pool_ms),
            "database_connections": self.connections, "cache_connections": self.connections, "calls": {
                "attempt_timeout": ms(self.attempt_ms), "hedge_after": ms(self.hedge_ms), "retries": self.retries,
                "copies": self.copies, "on_give_up": way(self.is_cancelling[1]), "backoff_base": "10ms" } });
        let constant =
            json!({ "service_shape": "constant", "cores": 1_000, "read_service": "10ms", "failover": "manual" });
        let nodes = [
            ("users", "users", readers(f64::from(self.rate_per_s), &base)),
            ("web", "web_server", web),
            ("cache", "cache", json!({ "pattern": "cache_aside", "cores": 1_000 })),
            ("db", "database", constant),
        ];
        design(self.seed, &nodes, &[("users", "web"), ("web", "cache"), ("web", "db"), ("cache", "db")])
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 200, ..ProptestConfig::default() })]

    /// Whatever has happened to it: when nothing is under way, every connection is free.
    #[test]
    fn no_connection_is_ever_lost(
        pressure in pressures(),
        acts in prop::collection::vec((1_u64..400, 0_usize..3, 0_usize..5), 0..12),
    ) {
        let mut engine = engine(pressure.document());
        for (after_ms, at, act) in acts {
            engine.run_until(engine.now() + scalescope::base::SimDuration::from_millis(after_ms));
            let id = ["web", "cache", "db"][at];
            let fault = match act {
                0 => json!({ "crash": { "node": id } }),
                1 => json!({ "restart": { "node": id } }),
                2 => json!({ "hang": { "node": id } }),
                3 => json!({ "resume": { "node": id } }),
                _ => json!({ "slow": { "node": id, "factor": 4.0 } }),
            };
            // One that does not fit, such as a restart of what is not dead, is refused.
            let _ = engine.command(Command::Fault(serde_json::from_value(fault).unwrap()));
            prop_assert_eq!(engine.violations(), Vec::<String>::new());
        }
        for id in ["web", "cache", "db"] {
            inflict(&mut engine, json!({ "heal": { "node": id } }));
            let _ = engine.command(Command::Fault(serde_json::from_value(json!({ "restart": { "node": id } })).unwrap()));
        }
        set(&mut engine, "users", "rate_per_user_per_s", json!(1e-6));
        set(&mut engine, "users", "users", json!(1));
        engine.run_until(engine.now() + scalescope::base::SimDuration::from_secs(100));
        let calm = engine.figures();
        prop_assert_eq!((calm.totals.in_flight, node(&calm, "web").queue), (0, 0));
        // As many users as connections, one after the other without a pause: nobody ever finds none free.
        for (param, value) in [("attempt_timeout", "0s"), ("hedge_after", "0s"), ("backoff", "none")] {
            set(&mut engine, "web", &format!("calls.{param}"), json!(value));
        }
        set(&mut engine, "web", "calls.retries", json!(0));
        set(&mut engine, "web", "calls.copies", json!(1));
        set(&mut engine, "web", "pool_timeout", json!("1ns"));
        let probes = json!({ "id": "probes", "kind": "users", "params": readers(1.0, &json!({ "users": pressure.connections,
            "loop_kind": "closed", "think_time": "0s", "keys": 100_000_000, "zipf_exponent": 0, "first_key": 100_000_000 })) });
        let add = json!({ "add_node": { "node": probes, "links": [{ "from": "probes", "to": "web", "latency": "0s" }] } });
        edit(&mut engine, serde_json::from_value(add).unwrap());
        let until = (engine.now() + scalescope::base::SimDuration::from_secs(10)).as_nanos() as f64 / 1e9;
        let probed = measure(&mut engine, until);
        prop_assert_eq!(&probed.errors, &[]);
        prop_assert!(probed.goodput_per_s > 50.0 * f64::from(pressure.connections), "{} a second", probed.goodput_per_s);
    }
}
