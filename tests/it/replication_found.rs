//! What random clusters with random faults have shown (`scalescope bench failover`), each as a small design of its own.

use scalescope::base::SimDuration;
use scalescope::engine::Engine;
use scalescope::model::{Command, Document, Edit, Fault};
use scalescope::observe::{ClusterFigures, StepKind};
use serde_json::{Value, json};

use crate::replication_rules::{database, document, link, web, writers};
use crate::support::{at_s, crash, edit, engine, inflict, node, restart, set, with};

/// Users of few records, who come by chance.
fn users(rate: f64) -> Value {
    writers("users", rate, json!({ "arrivals": "poisson", "keys": 5, "read_weight": 1, "timeout": "2s" }))
}

/// A web server with a primary, `db-1`, and replicas; `params` are all databases'.
fn cluster(users: Value, params: &Value, replicas: usize) -> Document {
    let (mut nodes, mut links) = (vec![users, web("web")], vec![link("users", "web", "1ms")]);
    for number in 1..=replicas + 1 {
        let id = format!("db-{number}");
        nodes.push(database(&id, if number == 1 { "primary" } else { "replica" }, params.clone()));
        links.push(link("web", &id, "1ms"));
        if number > 1 {
            links.push(link("db-1", &id, "1ms"));
        }
    }
    document(nodes, links)
}

/// Puts a write-back cache between the web server and all databases; the web server keeps its own links.
fn with_cache(document: &Document, capacity: &str) -> Document {
    let mut value = serde_json::to_value(document).unwrap();
    let params = json!({ "on_write": "write_back", "write_back_delay": "20ms", "capacity": capacity });
    value["nodes"].as_array_mut().unwrap().push(json!({ "id": "cache", "kind": "cache", "params": params }));
    let links = value["links"].as_array_mut().unwrap();
    let databases: Vec<Value> =
        links.iter().filter(|link| link["from"] == "web").map(|link| link["to"].clone()).collect();
    links.extend(databases.iter().map(|to| json!({ "from": "cache", "to": to, "latency": "1ms" })));
    links.push(link("web", "cache", "1ms"));
    Document::read(&value.to_string()).unwrap_or_else(|problems| panic!("{problems}"))
}

/// Runs on, and looks at what must hold twenty times a second.
fn watch(engine: &mut Engine, until_s: f64) -> ClusterFigures {
    while engine.now() < at_s(until_s) {
        engine.run_until((engine.now() + SimDuration::from_millis(50)).min(at_s(until_s)));
        assert_eq!(engine.violations(), Vec::<String>::new(), "at {:?}", engine.now());
    }
    engine.figures().clusters.remove(0)
}

/// Nobody writes any more: after a while all have the same.
fn come_to_rest(engine: &mut Engine) -> ClusterFigures {
    set(engine, "users", "read_weight", json!(1));
    set(engine, "users", "write_weight", json!(0));
    let until_s = engine.now().as_secs_f64() + 40.0;
    let cluster = watch(engine, until_s);
    assert_eq!(engine.divergences(), Vec::<String>::new());
    cluster
}

fn cut(engine: &mut Engine, from: &str, to: &str) {
    inflict(engine, json!({ "partition": { "from": from, "to": to } }));
}

fn mend(engine: &mut Engine, from: &str, to: &str) {
    inflict(engine, json!({ "heal_link": { "from": from, "to": to } }));
}

fn promote(engine: &mut Engine, node: &str) {
    engine.command(Command::Fault(Fault::Promote { node: node.to_owned() })).unwrap();
}

fn count(cluster: &ClusterFigures, kind: StepKind) -> usize {
    cluster.steps.iter().filter(|step| step.kind == kind).count()
}

#[test]
fn what_a_cache_writes_back_late_waits_for_a_newer_write_that_nobody_sees_yet() {
    let params = json!({ "mode": "semi_sync_after_sync", "ship_delay": "60ms" });
    // There is room for the unwritten values of a few records only: other writes overtake them.
    let users = writers("users", 120.0, json!({ "arrivals": "poisson", "keys": 4, "value_size": "2KB" }));
    let mut engine = engine(with_cache(&cluster(users, &params, 1), "4KB"));
    watch(&mut engine, 8.0);
    come_to_rest(&mut engine);
}

#[test]
fn writes_are_shown_in_the_order_of_the_log_whatever_the_mode_becomes() {
    let params = json!({ "mode": "semi_sync_after_sync", "ship_delay": "100ms", "semi_sync_timeout": "1s" });
    let mut engine = engine(cluster(users(100.0), &params, 1));
    for (until_s, mode) in [(1.0, "synchronous"), (1.5, "semi_sync_after_sync"), (2.0, "semi_sync_after_commit")] {
        watch(&mut engine, until_s);
        set(&mut engine, "db-1", "mode", json!(mode));
    }
    watch(&mut engine, 3.0);
    come_to_rest(&mut engine);
}

#[test]
fn who_waits_for_replicas_that_are_cut_off_waits_no_longer_than_the_new_mode_says() {
    let params = json!({ "mode": "synchronous", "semi_sync_timeout": "500ms", "fall": 100 });
    let mut engine = engine(cluster(users(20.0), &params, 1));
    watch(&mut engine, 1.0);
    cut(&mut engine, "db-1", "db-2");
    watch(&mut engine, 2.0);
    assert!(node(&engine.figures(), "db-1").replication.as_ref().unwrap().waiting > 0);
    set(&mut engine, "db-1", "mode", json!("semi_sync_after_commit"));
    let cluster = watch(&mut engine, 3.0);
    assert_eq!(count(&cluster, StepKind::SemiSyncDegraded), 1);
    assert_eq!(node(&engine.figures(), "db-1").replication.as_ref().unwrap().waiting, 0);
}

#[test]
fn what_a_second_primary_takes_of_a_cache_is_listed_as_diverged() {
    let params = json!({ "fencing": "off", "fall": 1, "check_interval": "200ms", "check_timeout": "100ms" });
    let mut engine = engine(with_cache(&cluster(users(60.0), &params, 1), "1MB"));
    watch(&mut engine, 1.0);
    cut(&mut engine, "db-1", "db-2");
    cut(&mut engine, "cache", "db-2");
    let cluster = watch(&mut engine, 3.0);
    assert_eq!((cluster.promotions, cluster.primary.as_deref()), (1, Some("db-2")));
    assert!(cluster.diverged_count > 10 && cluster.split_brains == 1, "{cluster:?}");
    mend(&mut engine, "db-1", "db-2");
    mend(&mut engine, "cache", "db-2");
    watch(&mut engine, 5.0);
    come_to_rest(&mut engine);
}

#[test]
fn after_two_promotions_without_fencing_nobody_stays_primary_beside_the_last() {
    let params = json!({ "fencing": "off", "fall": 1, "check_interval": "200ms", "check_timeout": "100ms" });
    let mut value = serde_json::to_value(cluster(users(60.0), &params, 2)).unwrap();
    value["links"].as_array_mut().unwrap().push(link("db-2", "db-3", "1ms"));
    let mut engine = engine(Document::read(&value.to_string()).unwrap());
    watch(&mut engine, 1.0);
    // The web server reaches the first primary only; the second dies.
    for (from, to) in [("db-1", "db-2"), ("db-1", "db-3"), ("web", "db-2"), ("web", "db-3")] {
        cut(&mut engine, from, to);
    }
    let first = watch(&mut engine, 2.0);
    assert_eq!((first.promotions, first.primary.as_deref()), (1, Some("db-2")));
    crash(&mut engine, "db-2");
    let second = watch(&mut engine, 4.0);
    assert_eq!((second.promotions, second.primary.as_deref()), (2, Some("db-3")));
    // Who knows only the first goes on writing to it, though two came after it; and so it does after a restart.
    assert!(second.diverged_count > first.diverged_count + 20, "{second:?}");
    crash(&mut engine, "db-1");
    restart(&mut engine, "db-1");
    let third = watch(&mut engine, 6.0);
    assert!(third.diverged_count > second.diverged_count + 20, "{third:?}");
    for (from, to) in [("db-1", "db-2"), ("db-1", "db-3"), ("web", "db-2"), ("web", "db-3")] {
        mend(&mut engine, from, to);
    }
    restart(&mut engine, "db-2");
    watch(&mut engine, 9.0);
    let last = come_to_rest(&mut engine);
    let figures = engine.figures();
    let role = |id: &str| node(&figures, id).role.unwrap().name();
    assert_eq!([role("db-1"), role("db-2"), role("db-3")], ["replica", "replica", "primary"]);
    assert_eq!(last.diverged_count, third.diverged_count, "nobody writes to it any more");
}

/// A primary and two replicas, of which `db-2` is slow to sync what it receives.
fn slow_to_sync() -> Engine {
    let mut design = cluster(users(200.0), &json!({ "apply_time": "1ms" }), 2);
    design = with(design, "db-2", &[("relay_fsync", json!("400ms"))]);
    let mut value = serde_json::to_value(design).unwrap();
    value["links"].as_array_mut().unwrap().push(link("db-2", "db-3", "1ms"));
    engine(Document::read(&value.to_string()).unwrap())
}

#[test]
fn what_is_fetched_for_a_promotion_is_applied_after_what_had_come_before() {
    let mut engine = slow_to_sync();
    watch(&mut engine, 2.0);
    // What comes from now on it lacks; what has come is not on its disk yet.
    cut(&mut engine, "db-1", "db-2");
    watch(&mut engine, 2.1);
    crash(&mut engine, "db-1");
    promote(&mut engine, "db-2");
    let cluster = watch(&mut engine, 4.0);
    assert_eq!(count(&cluster, StepKind::FetchingMissing), 1);
    restart(&mut engine, "db-1");
    mend(&mut engine, "db-1", "db-2");
    come_to_rest(&mut engine);
}

#[test]
fn an_heir_that_dies_before_it_has_synced_what_it_received_has_not_counted() {
    let mut engine = slow_to_sync();
    watch(&mut engine, 2.0);
    cut(&mut engine, "db-1", "db-3");
    watch(&mut engine, 2.2);
    crash(&mut engine, "db-1");
    promote(&mut engine, "db-2");
    watch(&mut engine, 2.3);
    crash(&mut engine, "db-2");
    let cluster = watch(&mut engine, 8.0);
    assert_eq!((cluster.promotions, cluster.primary.as_deref()), (2, Some("db-3")));
    // It has what the first primary had sent before it was cut off, whatever came of the heir that died.
    let [all, kept] = [cluster.acknowledged, node(&engine.figures(), "db-3").log_position.unwrap()];
    assert_eq!((cluster.lost_count, kept), (all - kept, kept));
    assert!(cluster.lost_count > 5);
    restart(&mut engine, "db-1");
    restart(&mut engine, "db-2");
    mend(&mut engine, "db-1", "db-3");
    come_to_rest(&mut engine);
}

#[test]
fn an_heir_that_was_passed_over_applies_no_late_answer() {
    let params = json!({ "fencing": "off", "fall": 1, "check_interval": "200ms", "check_timeout": "100ms", "ship_delay": "20ms" });
    let mut engine = engine(cluster(users(100.0), &params, 3));
    watch(&mut engine, 1.0);
    cut(&mut engine, "db-1", "db-4");
    watch(&mut engine, 1.4);
    // It cannot fetch what it lacks, and so another one is made primary.
    promote(&mut engine, "db-4");
    let cluster = watch(&mut engine, 3.0);
    assert_eq!(cluster.promotions, 2);
    assert_ne!(cluster.primary.as_deref(), Some("db-4"));
    mend(&mut engine, "db-1", "db-4");
    watch(&mut engine, 6.0);
    come_to_rest(&mut engine);
}

/// Primaries each of which copies from the one before it.
fn ring(count: usize, params: &Value) -> Document {
    let (mut nodes, mut links) = (vec![users(80.0), web("web")], vec![link("users", "web", "1ms")]);
    for number in 1..=count {
        let id = format!("db-{number}");
        let mut own = json!({ "conflicts": "last_writer_wins" });
        crate::replication_rules::merge(&mut own, params.clone());
        nodes.push(database(&id, "primary", own));
        links.push(link("web", &id, "1ms"));
        links.push(link(&id, &format!("db-{}", number % count + 1), "5ms"));
    }
    document(nodes, links)
}

#[test]
fn copies_do_not_chase_each_other_around_a_ring() {
    let mut engine = engine(ring(4, &json!({ "log_retention": 30, "snapshot_time": "300ms" })));
    watch(&mut engine, 1.0);
    crash(&mut engine, "db-2");
    watch(&mut engine, 3.0);
    crash(&mut engine, "db-1");
    watch(&mut engine, 6.0);
    restart(&mut engine, "db-1");
    restart(&mut engine, "db-2");
    let cluster = come_to_rest(&mut engine);
    let rebuilt = count(&cluster, StepKind::Rebuilt);
    assert!((1..=6).contains(&rebuilt), "{rebuilt} copies were put in place");
    assert!(cluster.lost_count < cluster.acknowledged, "{cluster:?}");
}

#[test]
fn what_one_of_several_primaries_alone_had_is_listed_when_it_is_taken_away() {
    let mut engine = engine(ring(3, &json!({})));
    watch(&mut engine, 2.0);
    cut(&mut engine, "db-2", "db-3");
    let before = watch(&mut engine, 3.0);
    edit(&mut engine, Edit::RemoveNode { node: "db-2".into() });
    let after = watch(&mut engine, 4.0);
    assert_eq!(before.lost_count, 0);
    // A third of eighty a second, less what they read.
    assert!((5..30).contains(&after.lost_count), "{}", after.lost_count);
    assert!(after.lost.iter().all(|lost| lost.version.is_some() && lost.user.is_some()));
}

#[test]
fn the_replica_of_one_of_two_primaries_takes_its_place() {
    let params = json!({ "conflicts": "last_writer_wins" });
    let mut nodes = vec![users(80.0), web("web"), database("db-3", "replica", params.clone())];
    let mut links = vec![link("users", "web", "1ms"), link("db-1", "db-3", "1ms"), link("web", "db-3", "1ms")];
    for (id, other) in [("db-1", "db-2"), ("db-2", "db-1")] {
        nodes.push(database(id, "primary", params.clone()));
        links.extend([link("web", id, "1ms"), link(id, other, "5ms")]);
    }
    let mut engine = engine(document(nodes, links));
    watch(&mut engine, 2.0);
    edit(&mut engine, Edit::RemoveNode { node: "db-1".into() });
    watch(&mut engine, 4.0);
    let figures = engine.figures();
    assert!(node(&figures, "db-3").replication.as_ref().unwrap().executed.contains("db-3:"), "it takes writes");
    come_to_rest(&mut engine);
}

#[test]
fn what_nobody_sees_yet_counts_for_those_who_write_next() {
    for (writes, keys) in [("insert", 100_000), ("increment_row", 3)] {
        let users = writers("users", 100.0, json!({ "keys": keys, "arrivals": "poisson" }));
        let params = json!({ "mode": "semi_sync_after_sync", "ship_delay": "80ms", "writes": writes });
        let mut engine = engine(cluster(users, &params, 1));
        watch(&mut engine, 3.0);
        let cluster = come_to_rest(&mut engine);
        let figures = engine.figures();
        assert_eq!(
            node(&figures, "db-2").replication.as_ref().unwrap().stopped_by,
            None,
            "{writes}: a number came twice"
        );
        if writes == "increment_row" {
            let total: u64 = (0..keys).map(|key| u64::from(engine.holdings(key)[0].value)).sum();
            assert_eq!(total, cluster.acknowledged, "a count was overwritten");
        }
    }
}

#[test]
fn who_comes_back_as_primary_brings_what_it_has_not_acknowledged_yet() {
    let params =
        json!({ "mode": "synchronous", "check_interval": "200ms", "check_timeout": "100ms", "ship_delay": "20ms" });
    let mut engine = engine(cluster(users(300.0), &params, 1));
    watch(&mut engine, 3.0);
    inflict(&mut engine, json!({ "hang": { "node": "db-1" } }));
    let cluster = watch(&mut engine, 4.5);
    assert_eq!(cluster.primary.as_deref(), Some("db-2"));
    edit(&mut engine, Edit::RemoveNode { node: "db-2".to_owned() });
    watch(&mut engine, 6.0);
    inflict(&mut engine, json!({ "heal": { "node": "db-1" } }));
    let cluster = watch(&mut engine, 10.0);
    assert_eq!(cluster.primary.as_deref(), Some("db-1"));
}

#[test]
fn an_heir_that_hung_and_takes_over_late_is_compared_with_what_it_replaces_before_it_takes_writes() {
    let params = json!({
        "mode": "synchronous", "relay_fsync": "300ms", "fencing": "off", "fall": 1, "check_interval": "200ms", "check_timeout": "100ms"
    });
    let mut engine = engine(cluster(users(150.0), &params, 1));
    watch(&mut engine, 2.95);
    edit(&mut engine, Edit::RemoveNode { node: "db-1".to_owned() });
    watch(&mut engine, 3.06);
    // It is elected, and what it has received is not on its disk yet.
    inflict(&mut engine, json!({ "hang": { "node": "db-2" } }));
    watch(&mut engine, 6.0);
    inflict(&mut engine, json!({ "heal": { "node": "db-2" } }));
    for tenth in 61..80 {
        watch(&mut engine, f64::from(tenth) / 10.0);
    }
    come_to_rest(&mut engine);
}

/// One of those that a synchronous commit waits for dies while the primary hangs: who lives is noticed by others, and the
/// primary tells nobody that a write is safe.
#[test]
fn a_primary_that_hangs_acknowledges_nothing_when_those_it_waits_for_are_found_dead() {
    let params = json!({
        "mode": "synchronous", "failover": "manual", "check_interval": "200ms", "check_timeout": "100ms", "fall": 2
    });
    let mut engine = engine(cluster(users(300.0), &params, 2));
    watch(&mut engine, 3.0);
    crash(&mut engine, "db-3");
    watch(&mut engine, 3.05);
    inflict(&mut engine, json!({ "hang": { "node": "db-1" } }));
    let before = engine.figures().clusters.remove(0).acknowledged;
    assert!(before > 100, "{before}");
    let hung = watch(&mut engine, 6.0);
    assert_eq!((hung.primary.as_deref(), hung.acknowledged), (Some("db-1"), before));
    inflict(&mut engine, json!({ "heal": { "node": "db-1" } }));
    assert!(watch(&mut engine, 8.0).acknowledged > before + 100, "whoever waited, waits no longer for the dead");
    restart(&mut engine, "db-3");
    come_to_rest(&mut engine);
}
