//! Load balancers: how they choose, whom they trust, and who takes their place.

use proptest::prelude::*;
use scalescope::base::{Kind, SimDuration};
use scalescope::engine::Engine;
use scalescope::model::kinds::LoadBalancer;
use scalescope::model::{Command, Document, Edit, Fault, NodeKind};
use scalescope::observe::{Figures, Reason};
use serde_json::{Value, json};

use crate::support::{at_s, count, crash, edit, engine, measure, node, restart, set};

/// Users, one load balancer and servers of one core with a mean service of a second; no time is spent between them.
fn balanced(servers: u32, rate_per_s: f64, params: &Value, seed: u64) -> Document {
    let users = json!({ "users": 500, "rate_per_user_per_s": rate_per_s / 500.0, "timeout": "1h", "keys": 10_000,
        "zipf_exponent": 0, "static_weight": 0, "read_weight": 1, "write_weight": 0 });
    let mut balancer = json!({ "forward_time": "0s" });
    for (name, value) in params.as_object().expect("parameters") {
        balancer[name] = value.clone();
    }
    let mut nodes = vec![
        json!({ "id": "users", "kind": "users", "params": users }),
        json!({ "id": "lb", "kind": "load_balancer", "params": balancer }),
    ];
    let mut links = vec![json!({ "from": "users", "to": "lb", "latency": "0s" })];
    for n in 1..=servers {
        let id = format!("web-{n}");
        let params = json!({ "cores": 1, "workers": 1, "queue_limit": 1_000_000, "read_service": "1s" });
        nodes.push(json!({ "id": id, "kind": "web_server", "params": params }));
        links.push(json!({ "from": "lb", "to": id, "latency": "0s" }));
    }
    read(&json!({ "version": 1, "name": "balanced", "seed": seed, "nodes": nodes, "links": links }))
}

fn read(document: &Value) -> Document {
    Document::read(&document.to_string()).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The servers that one request after the other arrives at, as letters.
fn sequence(document: Document, length: usize) -> String {
    let count = document.nodes.iter().filter(|node| node.id.starts_with("web-")).count();
    let mut engine = engine(document);
    let mut seen = vec![0; count];
    let mut letters = String::new();
    engine.mark();
    while letters.len() < length {
        let until = engine.now() + SimDuration::from_millis(1);
        engine.run_until(until);
        let figures = engine.report();
        for (at, seen) in seen.iter_mut().enumerate() {
            let arrivals =
                (node(&figures, &format!("web-{}", at + 1)).arrivals_per_s * engine.now().as_secs_f64()).round();
            for _ in *seen..arrivals as u64 {
                letters.push(char::from(b'a' + at as u8));
            }
            *seen = arrivals as u64;
        }
    }
    letters.truncate(length);
    letters
}

/// Mean response over some seeds.
fn response(servers: u32, load: f64, params: &Value, span_s: f64) -> f64 {
    let mut total = (0.0, 0.0);
    for seed in 1..=3 {
        let mut engine = engine(balanced(servers, load * f64::from(servers), params, seed));
        engine.run_until(at_s(0.1 * span_s));
        let figures = measure(&mut engine, 1.1 * span_s);
        let count = figures.latency.count as f64;
        total = (total.0 + figures.latency.mean_s * count, total.1 + count);
    }
    total.0 / total.1
}

#[test]
fn weights_give_nginx_its_sequences() {
    for (weights, expected) in [
        (vec![5, 1, 1], "aabacaaaabacaa"),
        (vec![4, 3, 2], "abcabacba"),
        (vec![3, 1, 1], "abaca"),
        (vec![1, 1, 1], "abcabc"),
    ] {
        let mut document = balanced(3, 2.0, &json!({ "policy": "weighted_round_robin" }), 1);
        for (n, weight) in weights.into_iter().enumerate() {
            let web = document.nodes.iter_mut().find(|node| node.id == format!("web-{}", n + 1)).unwrap();
            web.kind.set("weight", json!(weight)).unwrap();
        }
        assert_eq!(sequence(document, expected.len()), expected);
    }
}

#[test]
fn a_dead_server_leaves_the_others_their_proportions() {
    let params = json!({ "policy": "weighted_round_robin", "check_interval": "100ms" });
    let mut engine = engine(balanced(3, 40.0, &params, 1));
    set(&mut engine, "web-1", "weight", json!(3));
    crash(&mut engine, "web-3");
    engine.run_until(at_s(5.0));
    let figures = measure(&mut engine, 45.0);
    let rate = |id| node(&figures, id).arrivals_per_s;
    assert!((rate("web-1") / rate("web-2") - 3.0).abs() < 0.01, "{} to {}", rate("web-1"), rate("web-2"));
    assert_eq!(rate("web-3"), 0.0);
}

#[test]
fn the_shortest_queue_is_as_short_as_theory_says() {
    // Two queues, join the shorter: the Markov chain's stationary mean at load 0.7 is 2.1082 s, at 0.5 1.4263 s.
    let policy = json!({ "policy": "least_connections" });
    for (load, expected) in [(0.5, 1.4263), (0.7, 2.1082)] {
        let mean = response(2, load, &policy, 40_000.0);
        assert!((mean / expected - 1.0).abs() < 0.03, "at {load}: {mean} s for {expected} s");
    }
}

#[test]
fn two_choices_are_much_better_than_one() {
    // Mitzenmacher's supermarket at load 0.8, with many servers: the sum of 0.8^((d^i − d) / (d − 1)).
    let supermarket = |d: f64| -> f64 {
        (1..30)
            .map(|i| {
                libm::pow(0.8, if d > 1.0 { (libm::pow(d, f64::from(i)) - d) / (d - 1.0) } else { f64::from(i) - 1.0 })
            })
            .sum()
    };
    for (d, sampling) in [(1, "with_replacement"), (2, "without_replacement"), (5, "with_replacement")] {
        let params = json!({ "policy": "power_of_d", "choices": d, "sampling": sampling });
        let (mean, expected) = (response(100, 0.8, &params, 1_000.0), supermarket(f64::from(d)));
        assert!((mean / expected - 1.0).abs() < 0.04, "{d} choices: {mean} s for {expected} s");
    }
}

/// Arrivals at each server in the last span, as shares.
fn shares(figures: &Figures) -> Vec<(String, f64)> {
    let servers: Vec<_> = figures.nodes.iter().filter(|node| node.id.starts_with("web-")).collect();
    let total: f64 = servers.iter().map(|node| node.arrivals_per_s).sum();
    servers.iter().map(|node| (node.id.clone(), node.arrivals_per_s / total)).collect()
}

#[test]
fn on_a_ring_only_the_newcomers_share_moves() {
    let params = json!({ "policy": "ring_hash", "virtual_nodes": 100 });
    let mut engine = engine(balanced(4, 2_000.0, &params, 3));
    let before = shares(&measure(&mut engine, 20.0));
    assert!(before.iter().all(|(id, share)| (share - 0.25).abs() < 0.08 || panic!("{id}: {share}")));
    let newcomer = Edit::one_more_like(engine.document(), "web-4").unwrap();
    edit(&mut engine, newcomer);
    let after = shares(&measure(&mut engine, 40.0));
    let gained = after[4].1;
    assert!((gained - 0.2).abs() < 0.06, "the newcomer has {gained}");
    for ((id, before), (_, after)) in before.iter().zip(&after) {
        assert!(*after < before + 0.005, "{id} had {before} and has {after}: nothing moves between the old ones");
    }
}

#[test]
fn hashing_by_user_keeps_a_user_where_it_is() {
    // One user only: every request of the run has to come to the same server.
    for params in [json!({ "policy": "source_hash" }), json!({ "policy": "ring_hash", "hash_on": "user" })] {
        let mut engine = engine(balanced(5, 10.0, &params, 2));
        set(&mut engine, "users", "users", json!(1));
        engine.run_until(at_s(1.0));
        set(&mut engine, "users", "rate_per_user_per_s", json!(20.0));
        engine.run_until(at_s(2.0));
        let used = shares(&measure(&mut engine, 12.0)).into_iter().filter(|(_, share)| *share > 0.0).count();
        assert_eq!(used, 1, "{params}");
    }
}

#[test]
fn sessions_stick_and_move_only_from_the_dead() {
    let params = json!({ "policy": "random", "sticky_for": "10m", "check_interval": "100ms", "fall": 1, "rise": 1 });
    let mut engine = engine(balanced(4, 200.0, &params, 4));
    // One user only: every request has to come to the same server.
    set(&mut engine, "users", "users", json!(1));
    set(&mut engine, "users", "rate_per_user_per_s", json!(20.0));
    engine.run_until(at_s(5.0));
    let home = |figures: &Figures| {
        let used: Vec<String> =
            shares(figures).into_iter().filter(|(_, share)| *share > 0.0).map(|(id, _)| id).collect();
        assert_eq!(used.len(), 1, "{used:?}");
        used[0].clone()
    };
    let first = home(&measure(&mut engine, 15.0));
    assert_eq!(home(&measure(&mut engine, 25.0)), first);
    crash(&mut engine, &first);
    engine.run_until(at_s(26.0));
    let second = home(&measure(&mut engine, 35.0));
    assert_ne!(second, first);
    restart(&mut engine, &first);
    assert_eq!(home(&measure(&mut engine, 45.0)), second, "the session has moved for good");
}

#[test]
fn a_draining_server_finishes_its_requests_and_gets_no_others() {
    let mut engine = engine(balanced(3, 2.0, &json!({}), 5));
    engine.run_until(at_s(50.0));
    set(&mut engine, "lb", "draining", json!(["web-2"]));
    engine.run_until(at_s(50.001));
    let draining = measure(&mut engine, 100.0);
    assert_eq!(node(&draining, "web-2").arrivals_per_s, 0.0);
    assert!(!node(&draining, "web-2").is_in_rotation);
    assert_eq!(node(&draining, "web-2").in_flight, 0, "what it had it has finished");
    // Now it can go, and nothing is lost.
    edit(&mut engine, Edit::RemoveNode { node: "web-2".into() });
    let after = measure(&mut engine, 150.0);
    assert_eq!((draining.errors, after.errors), (vec![], vec![]));
}

#[test]
fn sessions_stay_on_a_draining_server_until_they_end() {
    // 500 users ask every two seconds each: some sessions end by chance, none begins on the draining server.
    let mut engine = engine(balanced(2, 250.0, &json!({ "sticky_for": "5s" }), 6));
    for server in ["web-1", "web-2"] {
        set(&mut engine, server, "read_service", json!("1ms"));
    }
    engine.run_until(at_s(20.0));
    set(&mut engine, "lb", "draining", json!(["web-1"]));
    let share = |figures: &Figures| shares(figures)[0].1;
    // A session outlives the gap between two requests with probability 1 − exp(−2.5).
    let early = share(&measure(&mut engine, 21.0));
    assert!((early - 0.45).abs() < 0.08, "{early}");
    engine.run_until(at_s(180.0));
    let late = share(&measure(&mut engine, 200.0));
    assert!(late < 0.01, "{late}");
}

#[test]
fn a_check_that_takes_too_long_has_failed() {
    // The way there and back takes 300 ms.
    let mut document = balanced(2, 2.0, &json!({ "check_interval": "1s", "check_timeout": "250ms", "fall": 2 }), 1);
    document.links.iter_mut().find(|link| link.to == "web-1").unwrap().latency = Some(SimDuration::from_millis(150));
    let mut engine = engine(document);
    engine.run_until(at_s(5.0));
    let figures = engine.figures();
    assert_eq!((node(&figures, "web-1").is_in_rotation, node(&figures, "web-2").is_in_rotation), (false, true));
    set(&mut engine, "lb", "check_timeout", json!("350ms"));
    engine.run_until(at_s(10.0));
    assert!(node(&engine.figures(), "web-1").is_in_rotation);
    // An answer to an earlier round does not count for a later one.
    set(&mut engine, "lb", "check_interval", json!("200ms"));
    engine.run_until(at_s(15.0));
    assert!(!node(&engine.figures(), "web-1").is_in_rotation);
}

#[test]
fn failures_in_a_row_eject_a_server_for_longer_each_time() {
    let params = json!({ "check_interval": "1h", "ejection": { "failures": 5, "time": "1s", "max_time": "4s" } });
    let mut engine = engine(balanced(4, 400.0, &params, 7));
    for n in 1..=4 {
        set(&mut engine, &format!("web-{n}"), "read_service", json!("1ms"));
    }
    engine.run_until(at_s(1.0));
    crash(&mut engine, "web-3");
    // Each time it comes back five requests find out again: 1, 2, 4, 4, 4, 4 s.
    let dead = measure(&mut engine, 17.0);
    let refused = count(&dead, Reason::ConnectionRefused);
    assert_eq!(refused, 6 * 5, "{:?}", dead.errors);
    restart(&mut engine, "web-3");
    engine.run_until(at_s(21.0));
    let back = measure(&mut engine, 25.0);
    assert_eq!(back.errors, []);
    assert!((shares(&back)[2].1 - 0.25).abs() < 0.01);
}

#[test]
fn never_more_than_a_share_is_ejected() {
    let ejection = json!({ "failures": 3, "time": "1h", "max_time": "1h", "max_share": 0.5 });
    let mut engine = engine(balanced(4, 400.0, &json!({ "check_interval": "1h", "ejection": ejection }), 8));
    for n in 1..=4 {
        crash(&mut engine, &format!("web-{n}"));
    }
    engine.run_until(at_s(2.0));
    let figures = measure(&mut engine, 4.0);
    assert_eq!(figures.nodes.iter().filter(|node| !node.is_in_rotation).count(), 2);
    assert_eq!(count(&figures, Reason::NoHealthyServer), 0);
    // Switched off, nobody is ejected any more.
    set(&mut engine, "lb", "ejection.failures", json!(0));
    assert!(engine.figures().nodes.iter().all(|node| node.is_in_rotation));
}

#[test]
fn a_full_balancer_refuses() {
    let params = json!({ "forward_time": "100ms", "cores": 1, "queue_limit": 5 });
    let mut engine = engine(balanced(2, 50.0, &params, 9));
    engine.run_until(at_s(5.0));
    let figures = measure(&mut engine, 25.0);
    assert!((count(&figures, Reason::QueueFull) as f64 - 800.0).abs() < 80.0, "{:?}", figures.errors);
    assert!(node(&figures, "lb").queue_mean < 5.01);
}

#[test]
fn a_call_that_is_given_up_is_given_up_behind_the_balancer_too() {
    let held = |params: &Value, on_give_up: &str| {
        let mut engine = engine(balanced(2, 20.0, params, 10));
        set(&mut engine, "users", "timeout", json!("1s"));
        set(&mut engine, "users", "calls.on_give_up", json!(on_give_up));
        let figures = measure(&mut engine, 30.0);
        (node(&figures, "lb").in_flight, node(&figures, "web-1").in_flight + node(&figures, "web-2").in_flight)
    };
    // Two requests a second are served, and twenty come; or one is forwarded each second.
    let (at_balancer, at_servers) = held(&json!({}), "ignore");
    assert!(at_balancer > 400 && at_servers > 400, "{at_balancer} and {at_servers} pile up");
    let (at_balancer, at_servers) = held(&json!({}), "cancel");
    assert!(at_balancer < 40 && at_servers < 40, "{at_balancer} and {at_servers} pile up");
    let slow = json!({ "forward_time": "1s", "cores": 1 });
    assert!(held(&slow, "ignore").0 > 400);
    assert!(held(&slow, "cancel").0 < 40);
}

/// A pair in front of two servers, with or without a name service.
fn pair(has_dns: bool) -> Value {
    let mut nodes = vec![
        json!({ "id": "users", "kind": "users", "params": { "users": 200, "rate_per_user_per_s": 1, "timeout": "2s",
            "static_weight": 0, "write_weight": 0 } }),
        json!({ "id": "lb-1", "kind": "load_balancer", "params": { "advert_interval": "500ms" } }),
        json!({ "id": "lb-2", "kind": "load_balancer" }),
        json!({ "id": "web-1", "kind": "web_server" }),
        json!({ "id": "web-2", "kind": "web_server" }),
    ];
    let mut links = vec![json!({ "from": "lb-1", "to": "lb-2", "latency": "1ms" })];
    for balancer in ["lb-1", "lb-2"] {
        links.push(json!({ "from": "users", "to": balancer, "latency": "20ms" }));
        for server in ["web-1", "web-2"] {
            links.push(json!({ "from": balancer, "to": server, "latency": "1ms" }));
        }
    }
    if has_dns {
        nodes.push(json!({ "id": "dns", "kind": "dns", "params": { "records": ["lb-1"], "ttl": "1h" } }));
        links.push(json!({ "from": "users", "to": "dns", "latency": "5ms" }));
    }
    json!({ "version": 1, "name": "pair", "seed": 1, "nodes": nodes, "links": links })
}

#[test]
fn a_standby_takes_over_the_address_and_gives_it_back() {
    for has_dns in [false, true] {
        let mut engine = engine(read(&pair(has_dns)));
        let calm = measure(&mut engine, 10.2);
        assert_eq!((calm.errors.len(), node(&calm, "lb-2").arrivals_per_s), (0, 0.0), "the standby has no address");
        crash(&mut engine, "lb-1");
        engine.run_until(at_s(15.0));
        let lost = engine.report();
        // The last sign of life came at 10.001 s; 3.609 intervals later the standby takes over, 1.606 s after the crash.
        // Who called in that time, or was on the way by then, was refused.
        let refused = count(&lost, Reason::ConnectionRefused) as f64;
        assert!((refused / 200.0 - 1.606).abs() < 0.2, "{refused} refused");
        assert!(count(&lost, Reason::NodeCrashed) < 10);
        let taken = measure(&mut engine, 20.0);
        assert_eq!(taken.errors, []);
        assert!(node(&taken, "lb-2").arrivals_per_s > 180.0);
        restart(&mut engine, "lb-1");
        engine.run_until(at_s(20.1));
        let back = measure(&mut engine, 30.0);
        assert_eq!(
            (back.errors.len(), node(&back, "lb-2").arrivals_per_s),
            (0, 0.0),
            "the master takes its address back"
        );
    }
}

#[test]
fn a_standby_that_hears_nothing_takes_over_from_a_living_master() {
    let mut engine = engine(read(&pair(true)));
    let cut = |engine: &mut Engine, loss| {
        let mut link = engine.document().links[0].clone();
        link.loss = loss;
        edit(engine, Edit::SetLink { link });
    };
    engine.run_until(at_s(5.0));
    cut(&mut engine, 1.0);
    engine.run_until(at_s(8.0));
    let split = measure(&mut engine, 12.0);
    assert_eq!((split.errors.len(), node(&split, "lb-1").arrivals_per_s), (0, 0.0));
    cut(&mut engine, 0.0);
    engine.run_until(at_s(13.0));
    let healed = measure(&mut engine, 16.0);
    assert_eq!((healed.errors.len(), node(&healed, "lb-2").arrivals_per_s), (0, 0.0));
}

#[test]
fn both_dead_is_dead_and_a_removed_standby_gives_the_address_back() {
    let mut engine = engine(read(&pair(true)));
    engine.run_until(at_s(5.0));
    crash(&mut engine, "lb-1");
    engine.run_until(at_s(10.0));
    crash(&mut engine, "lb-2");
    engine.run_until(at_s(11.0));
    assert_eq!(measure(&mut engine, 13.0).goodput_per_s, 0.0);
    // The standby comes back: it knows nothing, waits, and takes over again.
    restart(&mut engine, "lb-2");
    engine.run_until(at_s(14.5));
    assert_eq!(node(&engine.figures(), "lb-2").in_flight, 0, "until then it does not answer for the address");
    engine.run_until(at_s(16.0));
    assert!(measure(&mut engine, 20.0).goodput_per_s > 180.0);
    let both = engine.clone();
    edit(&mut engine, Edit::RemoveNode { node: "lb-2".into() });
    restart(&mut engine, "lb-1");
    engine.run_until(at_s(21.0));
    assert!(measure(&mut engine, 25.0).goodput_per_s > 180.0);
    // Without its master, the standby is an ordinary balancer with an address of its own.
    let mut engine = both;
    edit(&mut engine, Edit::RemoveNode { node: "lb-1".into() });
    let NodeKind::Dns(dns) = &engine.document().node("dns").unwrap().kind else { panic!("it is a name service") };
    assert_eq!(dns.records, ["lb-2"]);
}

#[test]
fn designs_that_make_no_sense_are_refused_with_a_remedy() {
    let refused = |change: &dyn Fn(&mut Value), hint: &str| {
        let mut document = pair(true);
        change(&mut document);
        let problems = Document::read(&document.to_string()).unwrap_err().to_string();
        assert!(problems.contains(hint), "{problems}");
    };
    let link = |from: &str, to: &str| json!({ "from": from, "to": to });
    refused(&|d| d["nodes"][1]["params"]["draining"] = json!(["lb-2"]), "a web_server that `lb-1` has a link to");
    refused(&|d| d["nodes"][1]["params"]["draining"] = json!(["nobody"]), "`nobody` is not behind `lb-1`");
    refused(&|d| d["nodes"][5]["params"]["records"] = json!(["lb-2"]), "it has no address of its own");
    refused(&|d| d["links"].as_array_mut().unwrap().push(link("lb-2", "lb-1")), "a standby has no standby");
    refused(&|d| drop(d["links"].as_array_mut().unwrap().remove(4)), "add a link from `users` to `lb-2`");
    let third = |d: &mut Value| {
        let params = json!({ "id": "lb-3", "kind": "load_balancer" });
        d["nodes"].as_array_mut().unwrap().push(params);
        for (from, to) in [("lb-1", "lb-3"), ("users", "lb-3"), ("lb-3", "web-1")] {
            d["links"].as_array_mut().unwrap().push(link(from, to));
        }
    };
    refused(&third, "a second standby");
}

/// What may happen to a pair and its servers.
#[derive(Clone, Debug)]
enum Act {
    Crash(usize),
    Restart(usize),
    Remove(usize),
    Add(usize),
    Drain(Vec<usize>),
    Set(&'static str, usize),
    Loss(usize, f64),
}

fn acts() -> impl Strategy<Value = Vec<(u64, Act)>> {
    let params = prop_oneof![
        Just("policy"),
        Just("sticky_for"),
        Just("ejection.failures"),
        Just("check_timeout"),
        Just("virtual_nodes"),
        Just("choices"),
        Just("queue_limit"),
        Just("advert_interval"),
        Just("sampling"),
        Just("hash_on"),
    ];
    let act = prop_oneof![
        4 => (1_usize..8).prop_map(Act::Crash),
        4 => (1_usize..8).prop_map(Act::Restart),
        1 => (1_usize..8).prop_map(Act::Remove),
        2 => (1_usize..8).prop_map(Act::Add),
        2 => prop::collection::vec(0_usize..6, 0..3).prop_map(Act::Drain),
        6 => (params, 0_usize..8).prop_map(|(param, n)| Act::Set(param, n)),
        2 => (0_usize..12, 0.0..1.0_f64).prop_map(|(link, loss)| Act::Loss(link, loss)),
    ];
    prop::collection::vec((0_u64..1_500, act), 0..30)
}

fn command(act: &Act, document: &Document) -> Option<Command> {
    document.nodes.first()?;
    let id = |n: usize| document.nodes[n % document.nodes.len()].id.clone();
    let set = |param: &str, value| Command::Edit(Edit::Set { node: "lb-1".into(), param: param.into(), value });
    Some(match act {
        Act::Crash(n) => Command::Fault(Fault::Crash { node: id(*n) }),
        Act::Restart(n) => Command::Fault(Fault::Restart { node: id(*n) }),
        Act::Remove(n) => Command::Edit(Edit::RemoveNode { node: id(*n) }),
        Act::Add(n) => Command::Edit(Edit::one_more_like(document, &id(*n))?),
        Act::Drain(servers) => set("draining", json!(servers.iter().map(|n| id(*n)).collect::<Vec<_>>())),
        Act::Set(param, n) => {
            let policies = [
                "round_robin",
                "weighted_round_robin",
                "least_connections",
                "random",
                "power_of_d",
                "source_hash",
                "ring_hash",
                "ring_hash",
            ];
            let value = match *param {
                "policy" => json!(policies[*n]),
                "sticky_for" | "check_timeout" => json!(format!("{}ms", n * 300)),
                "advert_interval" => json!(format!("{}ms", 50 + n * 100)),
                "sampling" => json!(["without_replacement", "with_replacement"][n % 2]),
                "hash_on" => json!(["key", "user"][n % 2]),
                _ => json!(n),
            };
            set(param, value)
        }
        Act::Loss(n, loss) => {
            let mut link = document.links.get(n % document.links.len().max(1))?.clone();
            link.loss = *loss;
            Command::Edit(Edit::SetLink { link })
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_to_a_pair_every_request_ends_once(seed in any::<u64>(), has_dns in any::<bool>(), acts in acts()) {
        let mut document = read(&pair(has_dns));
        document.seed = seed;
        if has_dns {
            // A removed balancer is called as long as its name is remembered.
            document.nodes[5].kind.set("ttl", json!("2s")).unwrap();
        }
        let mut engine = engine(document.clone());
        for (after_ms, act) in &acts {
            let until = engine.now() + SimDuration::from_millis(*after_ms);
            engine.run_until(until);
            if let Some(command) = command(act, engine.document()) {
                let _ = engine.command(command);
            }
            prop_assert_eq!(engine.violations(), Vec::<String>::new());
        }
        engine.run_until(engine.now());
        let replayed = Engine::replay(document, engine.journal(), engine.now()).unwrap();
        prop_assert_eq!(engine.state_hash(), replayed.state_hash());
        // Healed, it works again, as long as there is a server in rotation.
        for node in engine.document().nodes.clone() {
            let _ = engine.command(Command::Fault(Fault::Restart { node: node.id }));
        }
        for mut link in engine.document().links.clone() {
            link.loss = 0.0;
            engine.command(Command::Edit(Edit::SetLink { link })).unwrap();
        }
        let design = engine.document().clone();
        let has = |kind: Kind| design.nodes.iter().any(|node| node.kind() == kind);
        // A balancer that was added drains what the one drained that it is like.
        let balancers = design.nodes.iter().filter_map(|node| match &node.kind {
            NodeKind::LoadBalancer(params) => Some((node.id.as_str(), params)),
            _ => None,
        });
        let balancers: Vec<_> = balancers.collect();
        let is_open_to = |params: &LoadBalancer| {
            let is_open = |id: &String| !params.draining.contains(id);
            design.nodes.iter().any(|node| node.kind() == Kind::WebServer && is_open(&node.id))
        };
        let serves = |params: &LoadBalancer| is_open_to(params) && params.check_timeout.is_zero() && params.queue_limit > 0;
        let has_first = balancers.iter().any(|(id, _)| *id == "lb-1");
        if has(Kind::Users) && has_first && balancers.iter().all(|(_, params)| serves(params)) {
            for (id, _) in &balancers {
                set(&mut engine, id, "ejection.failures", json!(0));
            }
            // Long enough for every retransmission, and for checks to pass.
            engine.run_until(engine.now() + SimDuration::from_secs(40));
            let until_s = engine.now().as_secs_f64() + 10.0;
            let healed = measure(&mut engine, until_s);
            prop_assert!(healed.goodput_per_s > 150.0, "{:?}", healed.errors);
            prop_assert!(healed.errors.iter().all(|(reason, _)| *reason == Reason::QueueFull), "{:?}", healed.errors);
        }
    }
}

#[test]
fn a_failed_request_is_tried_on_another_server() {
    let params = json!({ "check_interval": "1h", "calls": { "retries": 1, "backoff": "none" } });
    let mut engine = engine(balanced(3, 1.0, &params, 5));
    engine.run_until(at_s(10.0));
    crash(&mut engine, "web-1");
    engine.run_until(at_s(10.1));
    // Nobody has noticed, and a third of all go to the dead one first: none of them fails.
    let figures = measure(&mut engine, 500.0);
    assert!(node(&figures, "web-1").errors_per_s > 0.25, "{:?}", node(&figures, "web-1"));
    assert_eq!(figures.errors, []);
    assert_eq!(engine.violations(), Vec::<String>::new());
}

#[test]
fn the_first_of_two_copies_counts() {
    // Gardner et al. 2015: with d copies on n servers at load ρ the mean is 1/μ × Σ_{i=d}^{n} 1 / (n C(n−1, d−1)/C(i−1, d−1) − nρ).
    let params = json!({ "policy": "random", "calls": { "copies": 2, "on_give_up": "cancel" } });
    let mut engine = engine(balanced(2, 1.0, &params, 3));
    engine.run_until(at_s(500.0));
    let figures = measure(&mut engine, 40_500.0);
    // n = d = 2 at ρ = 0.5: all servers work on the same request, M/M/1 with rate 2.
    assert!((figures.latency.mean_s - 1.0).abs() < 0.04, "{}", figures.latency.mean_s);
    assert_eq!(engine.violations(), Vec::<String>::new());
}
