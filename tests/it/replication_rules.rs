//! The published rules of replication with one primary, each from an ordinary document, with its exact outcome.
//!
//! A rule's test goes by its name. Those about promotions are in `replication_rules_failover`, those about several primaries in
//! `replication_rules_shared`, the one about leaderless stores in `quorum`.

use scalescope::engine::Engine;
use scalescope::model::Document;
use scalescope::observe::{ClusterFigures, Figures, StepKind};
use serde_json::{Value, json};

use crate::support::{at_s, crash, engine, inflict, measure, node, set};

/// Users who only write, `rate` times a second, at equal gaps unless `more` says otherwise.
pub fn writers(id: &str, rate: f64, more: Value) -> Value {
    let mut params = json!({
        "users": 1_000, "rate_per_user_per_s": rate / 1_000.0, "arrivals": "regular", "timeout": "1d", "keys": 100_000,
        "static_weight": 0, "read_weight": 0, "write_weight": 1, "value_size": "100B",
    });
    merge(&mut params, more);
    json!({ "id": id, "kind": "users", "params": params })
}

pub fn merge(params: &mut Value, more: Value) {
    for (name, value) in more.as_object().unwrap() {
        params[name] = value.clone();
    }
}

/// A web server that takes no time.
pub fn web(id: &str) -> Value {
    json!({ "id": id, "kind": "web_server", "params": {
        "cores": 1_024, "workers": 100_000, "queue_limit": 1_000_000, "read_service": "0s", "write_service": "0s" } })
}

/// A database that takes no time, unless `more` says otherwise.
pub fn database(id: &str, role: &str, more: Value) -> Value {
    let mut params = json!({
        "role": role, "cores": 1_024, "read_service": "0s", "write_service": "0s", "service_shape": "constant",
        "ship_delay": "0s", "apply_time": "0s",
    });
    merge(&mut params, more);
    json!({ "id": id, "kind": "database", "params": params })
}

pub fn primary(more: Value) -> Value {
    database("primary", "primary", more)
}

pub fn link(from: &str, to: &str, latency: &str) -> Value {
    json!({ "from": from, "to": to, "latency": latency })
}

pub fn document(nodes: Vec<Value>, links: Vec<Value>) -> Document {
    let document = json!({ "version": 1, "name": "a rule", "seed": 1, "nodes": nodes, "links": links });
    Document::read(&document.to_string()).unwrap_or_else(|problems| panic!("{problems}"))
}

/// Writers, a web server, a primary, and replicas, the first of which is called `a`; all links but the latter are immediate.
pub fn cluster(users: Value, own: Value, replicas: &[(&str, &str, Value)]) -> Document {
    let mut nodes = vec![users, web("web"), primary(own)];
    let mut links = vec![link("users", "web", "0s"), link("web", "primary", "0s")];
    for (id, latency, params) in replicas {
        nodes.push(database(id, "replica", params.clone()));
        links.extend([link("web", id, "0s"), link("primary", id, latency)]);
    }
    document(nodes, links)
}

pub fn only(figures: &Figures) -> &ClusterFigures {
    assert_eq!(figures.clusters.len(), 1);
    &figures.clusters[0]
}

/// When a step was first taken, in seconds.
pub fn step_s(cluster: &ClusterFigures, kind: StepKind) -> Option<f64> {
    cluster.steps.iter().find(|step| step.kind == kind).map(|step| step.at_ns as f64 / 1e9)
}

pub fn sound(engine: &Engine) {
    assert_eq!(engine.violations(), Vec::<String>::new());
}

/// A write every 10 ms and a kill 5 ms after one of them, the 1,001st; what is on the way then was delayed on the host, or by the
/// wire. How many were acknowledged, how many the replica has, and when each was committed that is lost, in milliseconds.
fn asynchronous(ship_delay: &str, latency: &str) -> (u64, u64, Vec<f64>) {
    let users = writers("users", 100.0, json!({}));
    let mut engine = engine(cluster(users, json!({ "ship_delay": ship_delay }), &[("a", latency, json!({}))]));
    // The first arrival is at 10 ms, not at zero.
    engine.run_until(at_s(10.015));
    crash(&mut engine, "primary");
    let figures = engine.report();
    let acknowledged = only(&figures).acknowledged;
    assert_eq!(
        (figures.latency.count, figures.latency.p999_s),
        (1_001, 0.0),
        "the local commit is all that a write waits for"
    );
    engine.run_until(at_s(10.5));
    let received = node(&engine.figures(), "a").log_position.unwrap();
    engine.run_until(at_s(20.0));
    let figures = engine.figures();
    let cluster = only(&figures);
    assert_eq!(cluster.lost_count, cluster.lost.len() as u64);
    // What is lost is the end of the log, listed by position, version, client and time.
    for (lost, position) in cluster.lost.iter().zip(received + 1..) {
        assert_eq!((lost.position, lost.version), (Some(position), Some(position)));
        assert!(lost.user.is_some() && lost.key < 100_000);
    }
    assert_eq!((cluster.in_doubt_count, cluster.diverged_count, cluster.promotions), (0, 0, 1));
    assert_eq!(figures.totals.lost_writes, cluster.lost_count);
    sound(&engine);
    (acknowledged, received, cluster.lost.iter().map(|lost| lost.at_ns.unwrap() as f64 / 1e6).collect())
}

#[test]
fn r_async_1_what_is_spent_on_the_host_dies_with_it() {
    assert_eq!(asynchronous("35ms", "0s"), (1_001, 998, vec![9_990.0, 10_000.0, 10_010.0]));
    // All commits after the kill less the delay, up to the kill: what is to leave at that very instant leaves.
    for (delay_ms, lost) in [(0, 0), (5, 0), (6, 1), (15, 1), (16, 2), (25, 2), (105, 10), (905, 90)] {
        let (acknowledged, received, when) = asynchronous(&format!("{delay_ms}ms"), "0s");
        assert_eq!((acknowledged, received, when.len()), (1_001, 1_001 - lost, lost as usize), "{delay_ms} ms");
        assert!(when.iter().all(|at| *at > 10_015.0 - f64::from(delay_ms)));
    }
}

#[test]
fn r_async_1_of_poisson_arrivals_rate_times_delay_are_lost_on_average() {
    const RUNS: u64 = 400;
    let lost = |seed: u64| {
        let users = writers("users", 100.0, json!({ "arrivals": "poisson" }));
        let mut document = cluster(users, json!({ "ship_delay": "35ms" }), &[("a", "0s", json!({}))]);
        document.seed = seed;
        let mut engine = engine(document);
        engine.run_until(at_s(1.0));
        crash(&mut engine, "primary");
        engine.run_until(at_s(5.0));
        only(&engine.figures()).lost_count
    };
    let mean = (0..RUNS).map(lost).sum::<u64>() as f64 / RUNS as f64;
    // Four standard deviations of the mean.
    assert!((mean - 3.5).abs() < 4.0 * (3.5 / RUNS as f64).sqrt(), "{mean}");
}

#[test]
fn r_async_2_what_has_left_the_host_arrives() {
    assert_eq!(asynchronous("0s", "35ms"), (1_001, 1_001, vec![]));
    // It says which of the two a delay is.
    let schema = scalescope::model::json_schema();
    let help = schema["$defs"]["Database"]["properties"]["ship_delay"]["description"].as_str().unwrap();
    assert!(help.contains("it dies with the host") && help.contains("the link's latency"), "{help}");
}

#[test]
fn r_semi_1_what_is_acknowledged_is_in_a_relay_log() {
    let users = writers(
        "users",
        1.0,
        json!({ "users": 8, "loop_kind": "closed", "think_time": "0s", "think_shape": "constant" }),
    );
    let own = json!({ "mode": "semi_sync_after_sync", "wait_for_replicas": 1, "commit_fsync": "1ms" });
    let fsync = json!({ "relay_fsync": "1ms" });
    // The more advanced of two replicas comes second.
    let mut engine = engine(cluster(users, own, &[("far", "70ms", fsync.clone()), ("a", "35ms", fsync)]));
    engine.run_until(at_s(2.0));
    let figures = measure(&mut engine, 9.2);
    // A thought takes a microsecond.
    assert_eq!(figures.latency.count, 8 * 100);
    assert!((figures.latency.mean_s - 0.072).abs() < 1e-9, "{}", figures.latency.mean_s);
    assert!((figures.goodput_per_s - 8.0 / 0.072).abs() < 1e-9, "{}", figures.goodput_per_s);
    inflict(&mut engine, json!({ "partition": { "from": "primary", "to": "far" } }));
    for step in 0..=400 {
        engine.run_until(at_s(9.2 + 0.002 * f64::from(step)));
        let (acknowledged, position) =
            (only(&engine.figures()).acknowledged, node(&engine.figures(), "a").log_position);
        assert!(acknowledged <= position.unwrap(), "what is acknowledged is in a relay log");
    }
    crash(&mut engine, "primary");
    let acknowledged = only(&engine.figures()).acknowledged;
    // The new primary waits for nobody: without a pause its clients would never let time pass.
    set(&mut engine, "users", "think_time", json!("1s"));
    engine.run_until(at_s(20.0));
    let figures = engine.figures();
    let cluster = only(&figures);
    assert_eq!((cluster.primary.as_deref(), cluster.promotions), (Some("a"), 1), "the most advanced replica");
    assert_eq!((cluster.lost_count, cluster.visible_lost), (0, 0));
    assert_eq!(cluster.in_doubt_count, 8, "each client waits for one");
    let executed = &node(&figures, "a").replication.as_ref().unwrap().executed;
    let kept = acknowledged + cluster.survived;
    assert!(
        executed.starts_with(&format!("primary:1-{kept},a:1-")),
        "{executed}: some in doubt survive, and some do not"
    );
    sound(&engine);
}

/// Somebody reads, all the time, the record that somebody else writes; then the primary dies with a write that has not left.
fn seen_and_lost(mode: &str) -> (u64, u64, u64) {
    let writers = writers("users", 10.0, json!({ "keys": 1 }));
    let readers = self::writers("readers", 1_000.0, json!({ "keys": 1, "read_weight": 1, "write_weight": 0 }));
    let own = json!({ "mode": mode, "ship_delay": "35ms", "reads": "primary" });
    let nodes = vec![writers, readers, web("web"), primary(own), database("a", "replica", json!({}))];
    let links = [("users", "web"), ("readers", "web"), ("web", "primary"), ("web", "a"), ("primary", "a")];
    let links = links.map(|(from, to)| link(from, to, "0s"));
    let mut engine = engine(document(nodes, links.into()));
    let held = |engine: &Engine| engine.holdings(0).iter().map(|holding| holding.version).collect::<Vec<_>>();
    // A write comes at 10 s, and would leave at 10.035 s.
    engine.run_until(at_s(10.020));
    let is_shown = mode == "semi_sync_after_commit";
    assert_eq!(held(&engine), [if is_shown { 100 } else { 99 }, 99], "what another session reads");
    crash(&mut engine, "primary");
    engine.run_until(at_s(10.5));
    assert_eq!(held(&engine)[1], 99, "it has never left");
    engine.run_until(at_s(20.0));
    let figures = engine.figures();
    let cluster = only(&figures);
    assert_eq!((cluster.promotions, cluster.survived), (1, 0));
    assert_eq!((cluster.in_doubt[0].key, cluster.in_doubt[0].version), (0, Some(100)), "the row that is gone");
    sound(&engine);
    (cluster.lost_count, cluster.in_doubt_count, cluster.visible_lost)
}

#[test]
fn r_semi_2_after_commit_loses_what_was_seen_and_after_sync_does_not() {
    assert_eq!(seen_and_lost("semi_sync_after_commit"), (0, 1, 1));
    assert_eq!(seen_and_lost("semi_sync_after_sync"), (0, 1, 0));
}

/// So many of three replicas must have a write, and no more have it: these die one by one after the primary, until so many nodes
/// have failed. For a second nobody else has heard the primary.
fn die(wait_for: usize, failed: usize) -> u64 {
    let own = json!({ "mode": "semi_sync_after_sync", "wait_for_replicas": wait_for, "semi_sync_timeout": "1h" });
    let ids = ["a", "b", "c"];
    let users = writers("users", 10.0, json!({}));
    let mut engine = engine(cluster(users, own, &ids.map(|id| (id, "1ms", json!({})))));
    engine.run_until(at_s(5.05));
    for id in &ids[wait_for..] {
        inflict(&mut engine, json!({ "partition": { "from": "primary", "to": id } }));
    }
    engine.run_until(at_s(6.05));
    assert_eq!(only(&engine.figures()).acknowledged, 60);
    crash(&mut engine, "primary");
    for id in &ids[..failed - 1] {
        crash(&mut engine, id);
    }
    engine.run_until(at_s(15.0));
    let figures = engine.figures();
    // Of those who are left, one that has most.
    let heir = if failed > wait_for { ids[failed - 1] } else { ids[failed - 1..wait_for][0] };
    assert_eq!(only(&figures).primary.as_deref(), Some(heir));
    sound(&engine);
    only(&figures).lost_count
}

#[test]
fn r_semi_4_nothing_is_lost_unless_more_fail_than_were_waited_for() {
    assert_eq!(die(1, 2), 10, "acknowledged by the one that died as well");
    for wait_for in 1..=2 {
        for failed in 1..=3 {
            let lost = if failed <= wait_for { 0 } else { 10 };
            assert_eq!(die(wait_for, failed), lost, "{failed} failed of which {wait_for} could");
        }
    }
}

const READS: f64 = 5_000.0;

/// Each write is read back, after `after_s`, from any of a primary and two replicas that apply with an exponential lag.
fn stale_share(reads: &str, after_s: f64) -> f64 {
    let own = json!({ "reads": reads, "sticky_window": "60s", "check_interval": "1h", "check_timeout": "10m" });
    let back = json!({ "keys": 1, "read_back_share": 1, "read_back_after": format!("{after_s}s") });
    let mut nodes = vec![writers("users", 0.05, back), web("web"), primary(own)];
    let mut links = vec![link("users", "web", "0s"), link("web", "primary", "0s")];
    for id in ["a", "b"] {
        nodes.push(database(id, "replica", json!({})));
        let mut way = link("primary", id, "1s");
        way["latency_shape"] = json!("exponential");
        links.extend([link("web", id, "0s"), way]);
    }
    let mut engine = engine(document(nodes, links));
    engine.run_until(at_s(100.0));
    engine.mark();
    engine.run_until(at_s(100.0 + 20.0 * READS));
    let figures = engine.report();
    assert!((figures.operations[1].latency.count as f64 - READS).abs() <= 1.0);
    sound(&engine);
    let stale = &only(&figures).stale;
    assert_eq!(stale.is_empty(), figures.stale_reads == 0);
    for read in stale {
        assert!(
            read.key == 0 && ["a", "b"].contains(&read.node.as_str()) && read.version + 1 == read.current,
            "{read:?}"
        );
        assert!(
            (read.lag_ns as f64 / 1e9 - after_s).abs() < 1e-9,
            "what it missed had been there since the write: {read:?}"
        );
    }
    figures.stale_reads as f64 / READS
}

#[test]
fn r_ryw_1_reads_from_any_node_are_stale_as_often_as_theory_says() {
    for (after_s, expected) in [(0.0, 0.666_667), (0.5, 0.404_354), (2.0, 0.090_222)] {
        let measured = stale_share("any_node", after_s);
        // Four standard deviations.
        let tolerance = 4.0 * (expected * (1.0_f64 - expected) / READS).sqrt();
        assert!((measured - expected).abs() < tolerance, "{measured} after {after_s} s, not {expected}");
    }
    for after_s in [0.0, 0.5, 2.0] {
        assert_eq!(stale_share("sticky", after_s), 0.0, "whoever has just written reads from the primary");
        assert_eq!(stale_share("wait_for_position", after_s), 0.0, "the replica waits until it has what was written");
    }
}
