//! Who is elected and who is not: writes that were never part of the common history, and nobody being left.

use scalescope::engine::Engine;
use scalescope::model::Edit;
use scalescope::observe::StepKind;
use serde_json::json;

use crate::replication_rules::{cluster, link, only, sound, step_s, writers};
use crate::support::{at_s, crash, edit, engine, inflict, node, restart};

fn executed(engine: &mut Engine, id: &str) -> String {
    node(&engine.figures(), id).replication.as_ref().unwrap().executed.clone()
}

/// `b` alone has the last writes of a dead primary when another is elected and goes on; then that one dies as well.
#[test]
fn errant_transactions_do_not_stand_in_the_way_of_an_election() {
    let own = json!({ "fence_time": "5s" });
    let users = writers("users", 100.0, json!({ "timeout": "1s" }));
    let replicas = [("a", "1ms", json!({})), ("b", "1ms", json!({})), ("c", "1ms", json!({}))];
    let mut document = cluster(users, own, &replicas);
    for (from, to) in [("a", "b"), ("a", "c"), ("b", "c")] {
        document.links.push(serde_json::from_value(link(from, to, "1ms")).unwrap());
    }
    let mut engine = engine(document);
    engine.run_until(at_s(10.005));
    for id in ["a", "c"] {
        inflict(&mut engine, json!({ "partition": { "from": "primary", "to": id } }));
    }
    engine.run_until(at_s(10.505));
    crash(&mut engine, "b");
    crash(&mut engine, "primary");
    engine.run_until(at_s(30.0));
    assert_eq!(only(&engine.figures()).primary.as_deref(), Some("a"));
    assert_eq!(only(&engine.figures()).lost_count, 50, "which only the dead have");
    crash(&mut engine, "a");
    // The monitor has given it up, and has not elected anybody yet.
    engine.run_until(at_s(34.5));
    restart(&mut engine, "b");
    engine.run_until(at_s(36.0));
    assert_eq!(executed(&mut engine, "b"), "primary:1-1050");
    assert!(executed(&mut engine, "c").starts_with("primary:1-1000,a:1-"), "{}", executed(&mut engine, "c"));
    engine.run_until(at_s(60.0));
    let figures = engine.figures();
    let cluster = only(&figures);
    // Neither has all that the other has; but what only `b` has, has been given up.
    assert_eq!((cluster.primary.as_deref(), cluster.promotions, cluster.lost_count), (Some("c"), 2, 50));
    assert_eq!(step_s(cluster, StepKind::NoSuperset), None);
    let rebuilt = cluster.steps.iter().any(|step| step.kind == StepKind::RebuildDiverged && step.node == "b");
    assert!(rebuilt, "{:?}", cluster.steps);
    assert!(executed(&mut engine, "b").starts_with("primary:1-1000,a:1-"));
    sound(&engine);
}

/// The only replica dies while the primary is being fenced: the promotion halts and says so, and goes on when there is somebody.
#[test]
fn without_anybody_to_elect_a_promotion_halts_and_says_so() {
    let users = writers("users", 100.0, json!({ "timeout": "1s" }));
    let mut engine = engine(cluster(users, json!({ "fence_time": "5s" }), &[("a", "1ms", json!({}))]));
    engine.run_until(at_s(10.005));
    crash(&mut engine, "primary");
    engine.run_until(at_s(14.0));
    crash(&mut engine, "a");
    engine.run_until(at_s(30.0));
    let figures = engine.figures();
    let halted: Vec<_> = only(&figures).steps.iter().filter(|step| step.kind == StepKind::NoSuperset).collect();
    assert_eq!((halted.len(), halted[0].node.as_str(), only(&figures).promotions), (1, "primary", 0));
    assert_eq!(only(&figures).primary, None);
    sound(&engine);
    restart(&mut engine, "a");
    engine.run_until(at_s(40.0));
    let figures = engine.figures();
    assert_eq!((only(&figures).primary.as_deref(), only(&figures).promotions), (Some("a"), 1));
    assert!(step_s(only(&figures), StepKind::Elected) > step_s(only(&figures), StepKind::NoSuperset));
    sound(&engine);
}

/// With the last database of a cluster all is lost that was ever acknowledged there and not superseded, by key, version, client and time.
#[test]
fn what_goes_with_the_last_database_is_listed() {
    let users = writers("users", 100.0, json!({ "keys": 50 }));
    let mut engine = engine(cluster(users, json!({}), &[]));
    engine.run_until(at_s(10.005));
    edit(&mut engine, Edit::RemoveNode { node: "primary".into() });
    let figures = engine.report();
    assert_eq!(figures.totals.lost_writes, 50, "the last write of each key");
    let cluster = only(&figures);
    assert_eq!((cluster.nodes.as_slice(), cluster.primary.as_deref()), (["primary".to_owned()].as_slice(), None));
    assert_eq!((cluster.lost_count, cluster.lost.len()), (50, 50));
    // A version is the number of the write, of which there is one every ten milliseconds.
    for lost in &cluster.lost {
        assert_eq!(lost.position, lost.version);
        assert_eq!(lost.at_ns, lost.version.map(|version| version * 10_000_000));
        assert!(lost.user.is_some());
    }
    assert!((0..50).all(|key| engine.key_versions(key).current == 0), "nobody has any of them");
    sound(&engine);
}

/// A primary hangs with writes that wait for a second replica; nobody fences it. When it goes on it acknowledges them, which the new
/// primary has had from the start: they have not diverged.
#[test]
fn what_an_old_primary_acknowledges_late_has_not_diverged_if_the_new_one_has_it() {
    let own =
        json!({ "fencing": "off", "mode": "semi_sync_after_sync", "wait_for_replicas": 2, "semi_sync_timeout": "6s" });
    let users = writers("users", 100.0, json!({ "timeout": "1d" }));
    let mut engine = engine(cluster(users, own, &[("a", "1ms", json!({})), ("b", "1ms", json!({}))]));
    engine.run_until(at_s(5.005));
    inflict(&mut engine, json!({ "partition": { "from": "primary", "to": "b" } }));
    engine.run_until(at_s(10.005));
    inflict(&mut engine, json!({ "hang": { "node": "primary" } }));
    engine.run_until(at_s(15.0));
    let figures = engine.figures();
    assert_eq!((only(&figures).primary.as_deref(), only(&figures).lost_count), (Some("a"), 0));
    let of_a = |engine: &mut Engine| node(&engine.figures(), "a").replication.as_ref().unwrap().received - 1_000;
    assert_eq!(only(&figures).acknowledged, 500 + of_a(&mut engine));
    sound(&engine);
    inflict(&mut engine, json!({ "resume": { "node": "primary" } }));
    engine.run_until(at_s(15.005));
    let figures = engine.figures();
    let cluster = only(&figures);
    assert_eq!(cluster.acknowledged, 1_000 + of_a(&mut engine), "five hundred who have waited are told");
    assert_eq!((cluster.in_doubt_count, cluster.lost_count), (0, 0));
    // What came to it while it hung, until callers knew whom to ask, it commits now: that is nowhere else.
    let known_s = step_s(cluster, StepKind::Repointed).unwrap();
    assert_eq!((cluster.diverged_count, cluster.split_brains), ((known_s * 100.0) as u64 - 1_000 - 1, 1), "{known_s}");
    assert!(cluster.diverged.iter().all(|write| write.at_ns >= Some(15_000_000_000) && write.position > Some(1_000)));
    sound(&engine);
    engine.run_until(at_s(30.0));
    sound(&engine);
}
