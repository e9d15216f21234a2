//! The published rules of promotion, of the return of those who were away, and of split brains: each from an ordinary document, with
//! its exact outcome.

use scalescope::base::SimDuration;
use scalescope::engine::Engine;
use scalescope::model::Edit;
use scalescope::observe::{ClusterFigures, Figures, Role, StepKind};
use serde_json::{Value, json};

use crate::replication_rules::{cluster, database, document, link, merge, only, primary, sound, step_s, web, writers};
use crate::support::{at_s, crash, edit, engine, inflict, node, restart, set};

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
    let role = |engine: &mut Engine| node(&engine.figures(), "a").role;
    engine.run_until(at_s(10.8 - 1e-6));
    assert_eq!((role(&mut engine), positions(&mut engine).1), (Some(Role::Replica), 97), "it still applies");
    engine.run_until(at_s(10.8));
    assert_eq!((role(&mut engine), positions(&mut engine).1), (Some(Role::Primary), 98), "it takes writes");
    // Somebody writes every two milliseconds: nobody's is taken until callers know whom to ask.
    engine.run_until(at_s(11.8 - 1e-6));
    assert_eq!(only(&engine.figures()).acknowledged, 98);
    engine.run_until(at_s(11.82));
    assert!(only(&engine.figures()).acknowledged > 98);
    engine.run_until(at_s(15.0));
    let figures = engine.figures();
    let cluster = only(&figures);
    let after = |kind| step_s(cluster, kind).unwrap() - 2.0;
    let steps = [StepKind::Detected, StepKind::RelayApplied, StepKind::Repointed];
    let times = steps.map(|kind| (after(kind) * 1e6).round() / 1e6);
    assert_eq!(times, [5.0, 8.8, 9.8]);
    assert!(cluster.lost_count == 0 && positions(&mut engine).1 == cluster.acknowledged);
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
    let figures = engine.figures();
    let executed = ["primary", "a"].map(|id| node(&figures, id).replication.as_ref().unwrap().executed.clone());
    assert_eq!(executed, ["primary:1-98", "primary:1-98,a:1-500"], "as it returns");
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

/// A replica is down for a time, from ten minutes on; the primary keeps its log, of a write every ten seconds, for an hour.
fn down_for(seconds: f64) -> (Option<f64>, u64, Option<u64>) {
    let own = json!({ "log_retention_time": "1h", "check_interval": "60s", "check_timeout": "1s" });
    let users = writers("users", 0.1, json!({}));
    let mut engine = engine(cluster(users, own, &[("a", "1ms", json!({ "snapshot_time": "60s" }))]));
    engine.run_until(at_s(600.5));
    crash(&mut engine, "a");
    let back = 600.0 + seconds;
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
    // The first write that it lacks is that of 610 s, which the log drops an hour later.
    for seconds in [7_200.0, 3_610.01] {
        let (purged_s, rebuilds, backlog) = down_for(seconds);
        assert!(purged_s.is_some_and(|after| after < 1.0), "its reason is told: {purged_s:?}");
        assert_eq!((rebuilds, backlog), (1, Some(0)));
    }
    for seconds in [1_800.0, 3_609.99] {
        assert_eq!(down_for(seconds), (None, 0, Some(0)), "all that it lacks is in the log");
    }
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

/// How many of the writes that come thirty times a second, at equal gaps, come after one time and until another.
fn writes_between(after_s: f64, until_s: f64) -> u64 {
    let until = |s: f64| (s * 1e9) as u64 / (1_000_000_000 / 30);
    until(until_s) - until(after_s)
}

#[test]
fn r_split_1_without_a_fence_two_primaries_acknowledge() {
    let (apart, healed) = split(json!({ "fencing": "off" }));
    assert_eq!((apart.promotions, apart.split_brains), (1, 1));
    let promoted_s = step_s(&apart, StepKind::Elected).unwrap();
    // What the old one acknowledges after the promotion: it is all that the clients who reach it write.
    assert_eq!(apart.diverged_count, writes_between(promoted_s, 30.0));
    assert!(apart.diverged_count > 400);
    assert!(
        apart.diverged.iter().all(|write| write.key >= 1_000_000 && write.at_ns.unwrap() as f64 >= promoted_s * 1e9)
    );
    // What it acknowledged alone before the promotion is lost, not diverged.
    assert_eq!(apart.lost_count, writes_between(10.0, promoted_s));
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
