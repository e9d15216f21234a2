//! The published rules of replication with one primary, each from an ordinary document, with its exact outcome.
//!
//! A rule's test goes by its name. Those about several primaries are in `replication_rules_shared`.

use scalescope::base::SimDuration;
use scalescope::engine::Engine;
use scalescope::model::{Document, Edit};
use scalescope::observe::{ClusterFigures, Figures, StepKind};
use serde_json::{Value, json};

use crate::support::{at_s, crash, edit, engine, inflict, measure, node, restart, set};

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
fn cluster(users: Value, own: Value, replicas: &[(&str, &str, Value)]) -> Document {
    let mut nodes = vec![users, web("web"), primary(own)];
    let mut links = vec![link("users", "web", "0s"), link("web", "primary", "0s")];
    for (id, latency, params) in replicas {
        nodes.push(database(id, "replica", params.clone()));
        links.extend([link("web", id, "0s"), link("primary", id, latency)]);
    }
    document(nodes, links)
}

fn only(figures: &Figures) -> &ClusterFigures {
    assert_eq!(figures.clusters.len(), 1);
    &figures.clusters[0]
}

/// When a step was first taken, in seconds.
fn step_s(cluster: &ClusterFigures, kind: StepKind) -> Option<f64> {
    cluster.steps.iter().find(|step| step.kind == kind).map(|step| step.at_ns as f64 / 1e9)
}

fn sound(engine: &Engine) {
    assert_eq!(engine.violations(), Vec::<String>::new());
}

/// Commits every 10 ms, a kill 5 ms after one of them, 35 ms on the way: spent before the bytes leave the host, or after.
fn asynchronous(ship_delay: &str, latency: &str) -> (u64, u64, u64) {
    let users = writers("users", 100.0, json!({}));
    let mut engine = engine(cluster(users, json!({ "ship_delay": ship_delay }), &[("a", latency, json!({}))]));
    // The first arrival is at 10 ms, not at zero.
    engine.run_until(at_s(10.015));
    crash(&mut engine, "primary");
    let figures = engine.figures();
    let acknowledged = only(&figures).acknowledged;
    engine.run_until(at_s(10.5));
    let received = node(&engine.figures(), "a").log_position.unwrap();
    engine.run_until(at_s(20.0));
    let figures = engine.figures();
    let cluster = only(&figures);
    assert_eq!(cluster.lost_count, cluster.lost.len() as u64);
    assert!(cluster.lost.iter().all(|lost| lost.version.is_some() && lost.user.is_some() && lost.at_ns.is_some()));
    assert_eq!((cluster.in_doubt_count, cluster.diverged_count), (0, 0));
    sound(&engine);
    (acknowledged, received, cluster.lost_count)
}

#[test]
fn r_async_1_what_is_spent_on_the_host_dies_with_it() {
    assert_eq!(asynchronous("35ms", "0s"), (1_001, 998, 3));
}

#[test]
fn r_async_2_what_has_left_the_host_arrives() {
    assert_eq!(asynchronous("0s", "35ms"), (1_001, 1_001, 0));
}

#[test]
fn r_semi_1_what_is_acknowledged_is_in_a_relay_log() {
    let users = writers(
        "users",
        1.0,
        json!({ "users": 8, "loop_kind": "closed", "think_time": "0s", "think_shape": "constant" }),
    );
    let own = json!({ "mode": "semi_sync_after_sync", "wait_for_replicas": 1, "commit_fsync": "1ms" });
    let mut engine = engine(cluster(users, own, &[("a", "35ms", json!({ "relay_fsync": "1ms" }))]));
    engine.run_until(at_s(2.0));
    let figures = measure(&mut engine, 9.2);
    // A thought takes a microsecond.
    assert_eq!(figures.latency.count, 8 * 100);
    assert!((figures.latency.mean_s - 0.072).abs() < 1e-9, "{}", figures.latency.mean_s);
    assert!((figures.goodput_per_s - 111.111).abs() < 0.01, "{}", figures.goodput_per_s);
    engine.run_until(at_s(10.0));
    crash(&mut engine, "primary");
    // The new primary waits for nobody: without a pause its clients would never let time pass.
    set(&mut engine, "users", "think_time", json!("1s"));
    engine.run_until(at_s(20.0));
    let figures = engine.figures();
    let cluster = only(&figures);
    assert_eq!((cluster.promotions, cluster.lost_count, cluster.visible_lost), (1, 0, 0));
    assert_eq!(cluster.in_doubt_count, 8, "each client waits for one");
    assert!(cluster.acknowledged > 1_000);
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
    // A write comes at 10 s, and would leave at 10.035 s.
    engine.run_until(at_s(10.020));
    crash(&mut engine, "primary");
    engine.run_until(at_s(20.0));
    let figures = engine.figures();
    let cluster = only(&figures);
    assert_eq!((cluster.promotions, cluster.survived), (1, 0));
    sound(&engine);
    (cluster.lost_count, cluster.in_doubt_count, cluster.visible_lost)
}

#[test]
fn r_semi_2_after_commit_loses_what_was_seen_and_after_sync_does_not() {
    assert_eq!(seen_and_lost("semi_sync_after_commit"), (0, 1, 1));
    assert_eq!(seen_and_lost("semi_sync_after_sync"), (0, 1, 0));
}

/// One replica must have a write; that one dies with the primary.
fn both_die(wait_for: u32) -> u64 {
    let own = json!({ "mode": "semi_sync_after_sync", "wait_for_replicas": wait_for, "semi_sync_timeout": "1h" });
    let users = writers("users", 10.0, json!({}));
    let mut engine = engine(cluster(users, own, &[("a", "1ms", json!({})), ("b", "1ms", json!({}))]));
    engine.run_until(at_s(5.05));
    inflict(&mut engine, json!({ "partition": { "from": "primary", "to": "b" } }));
    engine.run_until(at_s(6.05));
    crash(&mut engine, "primary");
    crash(&mut engine, "a");
    engine.run_until(at_s(15.0));
    let figures = engine.figures();
    assert_eq!(only(&figures).primary.as_deref(), Some("b"));
    sound(&engine);
    only(&figures).lost_count
}

#[test]
fn r_semi_4_one_acknowledgement_survives_one_failure_only() {
    // Of a second in which only `a` heard the primary.
    assert_eq!(both_die(1), 10);
    assert_eq!(both_die(2), 0, "two survive two");
}

#[test]
fn r_promo_2_the_relay_log_is_applied_before_writes_are_taken() {
    let own = json!({ "check_interval": "1s", "fall": 5, "fence_time": "0s", "repoint_delay": "1s" });
    let users = writers("users", 1_000.0, json!({ "timeout": "1d" }));
    let mut document = cluster(users, own, &[("a", "0s", json!({ "apply_time": "100ms" }))]);
    // 98 writes, of which the first is committed at 1 s; what follows is read.
    document.links[0].latency = Some(SimDuration::from_millis(999));
    let mut engine = engine(document);
    engine.run_until(at_s(0.0985));
    set(&mut engine, "users", "read_weight", json!(1));
    set(&mut engine, "users", "write_weight", json!(0));
    let positions = |engine: &mut Engine| {
        let replication = node(&engine.figures(), "a").replication.clone().unwrap();
        (replication.received, replication.applied)
    };
    engine.run_until(at_s(2.0));
    crash(&mut engine, "primary");
    set(&mut engine, "users", "write_weight", json!(1));
    engine.run_until(at_s(7.0));
    assert_eq!(positions(&mut engine), (98, 60), "as it is when the death is noticed");
    engine.run_until(at_s(15.0));
    let figures = engine.figures();
    let cluster = only(&figures);
    let after = |kind| step_s(cluster, kind).unwrap() - 2.0;
    let steps = [StepKind::Detected, StepKind::RelayApplied, StepKind::Repointed];
    let times = steps.map(|kind| (after(kind) * 1e6).round() / 1e6);
    assert_eq!(times, [5.0, 8.8, 9.8]);
    // So it is what callers find: the first write that is taken came then.
    let first = cluster.acknowledged - 98;
    assert!(first > 1_000 && positions(&mut engine).1 == cluster.acknowledged);
    sound(&engine);
}

fn gtid_rejoin() -> Engine {
    let users = writers("users", 10.0, json!({ "timeout": "50ms" }));
    let mut engine = engine(cluster(users, json!({}), &[("a", "0s", json!({}))]));
    engine.run_until(at_s(9.85));
    crash(&mut engine, "primary");
    // Detection takes three checks: from then on there are ten writes a second again.
    engine.run_until(at_s(12.0));
    while engine.report().clusters[0].acknowledged < 98 + 500 {
        let next = engine.now() + SimDuration::from_millis(50);
        engine.run_until(next);
        assert!(next < at_s(100.0), "ten writes a second");
    }
    set(&mut engine, "users", "read_weight", json!(1));
    set(&mut engine, "users", "write_weight", json!(0));
    engine
}

#[test]
fn r_rejoin_2_the_old_primary_fetches_what_it_lacks_without_a_copy() {
    let mut engine = gtid_rejoin();
    restart(&mut engine, "primary");
    engine.run_until(engine.now() + SimDuration::from_secs(5));
    let figures = engine.figures();
    for id in ["primary", "a"] {
        let own = node(&figures, id).replication.as_ref().unwrap();
        assert_eq!((own.executed.as_str(), own.rebuilds), ("primary:1-98,a:1-500", 0), "{id}");
    }
    assert_eq!(node(&figures, "primary").replication.as_ref().unwrap().records_received, 500);
    let cluster = only(&figures);
    assert!(step_s(cluster, StepKind::FollowsNew).is_some() && step_s(cluster, StepKind::RebuildDiverged).is_none());
    assert_eq!(cluster.lost_count, 0);
    sound(&engine);
}

/// A replica is down for a time; the primary keeps its log for an hour.
fn down_for(hours: f64) -> (Option<f64>, u64, Option<u64>) {
    let own = json!({ "log_retention_time": "1h", "check_interval": "60s", "check_timeout": "1s" });
    let users = writers("users", 0.1, json!({}));
    let mut engine = engine(cluster(users, own, &[("a", "1ms", json!({ "snapshot_time": "60s" }))]));
    engine.run_until(at_s(600.0));
    crash(&mut engine, "a");
    let back = 600.0 + hours * 3_600.0;
    engine.run_until(at_s(back));
    restart(&mut engine, "a");
    engine.run_until(at_s(back + 125.0));
    let figures = engine.figures();
    let replica = node(&figures, "a");
    assert_eq!(replica.log_position, node(&figures, "primary").log_position, "it has caught up either way");
    sound(&engine);
    let rebuilt = step_s(only(&figures), StepKind::LogPurged).map(|at| at - back);
    (rebuilt, replica.replication.as_ref().unwrap().rebuilds, replica.backlog)
}

#[test]
fn r_purge_1_whoever_was_away_longer_than_the_log_is_kept_must_be_rebuilt() {
    let (purged_s, rebuilds, backlog) = down_for(2.0);
    assert!(purged_s.is_some_and(|after| after < 1.0), "its reason is told: {purged_s:?}");
    assert_eq!((rebuilds, backlog), (1, Some(0)));
    assert_eq!(down_for(0.5), (None, 0, Some(0)), "half an hour is in the log");
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
    let stale = only(&figures).stale.last();
    assert!(figures.stale_reads == 0 || stale.is_some_and(|read| read.key == 0 && read.node != "primary"));
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
    assert_eq!(stale_share("sticky", 0.0), 0.0, "whoever has just written reads from the primary");
    assert_eq!(stale_share("wait_for_position", 0.0), 0.0, "the replica waits until it has what was written");
}

/// A primary that is cut off from its replica and from most clients.
fn split(more: Value) -> (ClusterFigures, Figures) {
    let mut own = json!({ "semi_sync_timeout": "1h" });
    merge(&mut own, more);
    let nodes = vec![
        writers("users", 70.0, json!({})),
        writers("others", 30.0, json!({ "first_key": 1_000_000, "timeout": "1s" })),
        web("web"),
        web("web-beside"),
        primary(own),
        database("a", "replica", json!({})),
    ];
    let links =
        [("users", "web"), ("others", "web-beside"), ("web", "primary"), ("web", "a"), ("web-beside", "primary")];
    let links = links.into_iter().chain([("web-beside", "a"), ("primary", "a")]).map(|(from, to)| link(from, to, "0s"));
    let mut engine = engine(document(nodes, links.collect()));
    engine.run_until(at_s(10.0));
    for (from, to) in [("primary", "a"), ("web", "primary"), ("web-beside", "a")] {
        inflict(&mut engine, json!({ "partition": { "from": from, "to": to } }));
    }
    engine.run_until(at_s(30.0));
    let apart = engine.figures();
    sound(&engine);
    for (from, to) in [("primary", "a"), ("web", "primary"), ("web-beside", "a")] {
        inflict(&mut engine, json!({ "heal_link": { "from": from, "to": to } }));
    }
    engine.run_until(at_s(60.0));
    let healed = engine.figures();
    assert_eq!(only(&healed).primary.as_deref(), Some("a"));
    assert_eq!(only(&healed).diverged_count, only(&apart).diverged_count, "there is one primary again");
    for id in ["users", "others"] {
        set(&mut engine, id, "read_weight", json!(1));
        set(&mut engine, id, "write_weight", json!(0));
    }
    engine.run_until(at_s(70.0));
    let healed = engine.figures();
    let executed = |id| node(&healed, id).replication.as_ref().unwrap().executed.clone();
    assert_eq!(executed("primary"), executed("a"), "they have come together");
    sound(&engine);
    (only(&apart).clone(), healed)
}

#[test]
fn r_split_1_without_a_fence_two_primaries_acknowledge() {
    let (apart, healed) = split(json!({ "fencing": "off" }));
    assert_eq!((apart.promotions, apart.split_brains), (1, 1));
    let promoted_s = step_s(&apart, StepKind::Elected).unwrap();
    let expected = (30.0 - promoted_s) * 30.0;
    assert!((apart.diverged_count as f64 - expected).abs() <= 1.0, "{} of {expected}", apart.diverged_count);
    assert!(
        apart.diverged.iter().all(|write| write.key >= 1_000_000 && write.at_ns.unwrap() as f64 >= promoted_s * 1e9)
    );
    // What it acknowledged alone before the promotion is lost, not diverged.
    let alone = apart.lost_count as f64;
    assert!((alone - (promoted_s - 10.0) * 30.0).abs() < 3.0, "{alone}");
    assert!(step_s(&healed.clusters[0], StepKind::RebuildDiverged).is_some());
    for safe in [json!({}), json!({ "fencing": "off", "mode": "semi_sync_after_sync" })] {
        let (apart, _) = split(safe.clone());
        assert_eq!((apart.promotions, apart.split_brains, apart.diverged_count), (1, 0, 0), "{safe}");
    }
}

#[test]
fn a_chosen_replica_fetches_what_its_peer_has() {
    let users = writers("users", 100.0, json!({ "timeout": "50ms" }));
    let replicas = [("a", "1ms", json!({})), ("b", "300ms", json!({}))];
    let mut document = cluster(users, json!({ "failover": "manual" }), &replicas);
    document.links.push(serde_json::from_value(link("a", "b", "1ms")).unwrap());
    let mut engine = engine(document);
    engine.run_until(at_s(10.005));
    // The old primary lives: it is fenced, and hands over what the new one has not.
    inflict(&mut engine, json!({ "promote": { "node": "b" } }));
    engine.run_until(at_s(15.0));
    let figures = engine.figures();
    let cluster = only(&figures);
    assert_eq!((cluster.primary.as_deref(), cluster.promotions, cluster.lost_count), (Some("b"), 1, 0));
    let steps: Vec<_> = cluster.steps.iter().map(|step| step.kind).collect();
    let expected = [StepKind::PromotedByHand, StepKind::Fenced, StepKind::Elected, StepKind::FetchingMissing];
    assert_eq!(steps[..4], expected);
    assert!(step_s(cluster, StepKind::RebuildDiverged).is_none(), "nobody has gone another way");
    sound(&engine);
    // A refused promotion changes nothing.
    let problem = engine.command(scalescope::model::Command::Fault(
        serde_json::from_value(json!({ "promote": { "node": "b" } })).unwrap(),
    ));
    assert!(problem.unwrap_err().to_string().contains("it is a primary"));
    edit(&mut engine, Edit::RemoveNode { node: "primary".into() });
    engine.run_until(at_s(30.0));
    sound(&engine);
}
