//! What moved records leave behind at their old homes is deleted there, and only that.

use scalescope::engine::Engine;
use scalescope::observe::Figures;
use serde_json::{Value, json};

use crate::sharding::{add_shard, design, sharding, watch};
use crate::support::{at_s, crash, engine, inflict, measure, node, restart, set, with};

const KEYS: u32 = 2_000;

/// The databases that have a record, of `key`, and whether it belongs there.
fn holders(engine: &Engine, key: u32) -> Vec<(String, bool)> {
    let versions = engine.key_versions(key);
    let held = versions.stores.into_iter().filter(|store| store.version.is_some());
    held.map(|store| (store.node, store.is_owner)).collect()
}

/// Databases other than a key's home that have a record of it.
fn strays(engine: &Engine) -> usize {
    (0..KEYS).map(|key| holders(engine, key).iter().filter(|(_, is_owner)| !is_owner).count()).sum()
}

fn counts(figures: &Figures) -> (u64, u64) {
    let own = sharding(figures);
    (own.left_behind, own.deleted)
}

fn router(more: &Value) -> Value {
    let mut params = json!({ "move_rate_per_s": 2_000, "clean_delay": "3s" });
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    params
}

#[test]
fn a_moved_record_is_deleted_where_it_was_and_on_the_replicas_there() {
    for (strategy, replicas, mode) in
        [("hash", 0, "asynchronous"), ("consistent_hash", 1, "semi_sync_after_sync"), ("range", 1, "synchronous")]
    {
        let mut document = design(3, replicas, &router(&json!({ "strategy": strategy })), &json!({}));
        for shard in 1..=3 {
            document = with(document, &format!("db-{shard}"), &[("mode", json!(mode))]);
        }
        let mut engine = engine(document);
        engine.run_until(at_s(10.0));
        assert_eq!((strays(&engine), counts(&engine.report())), (0, (0, 0)), "{strategy}");
        add_shard(&mut engine, "db-4");
        let moved = watch(&mut engine, 12.5);
        let own = sharding(&moved);
        assert!(!own.is_moving && own.keys_moved > 300, "{strategy}: {own:?}");
        assert_eq!((own.left_behind, own.deleted), (own.keys_moved, 0), "{strategy}: they are left for three seconds");
        assert!(strays(&engine) > 100, "{strategy}");
        let clean = watch(&mut engine, 17.0);
        assert_eq!((strays(&engine), counts(&clean)), (0, (0, own.keys_moved)), "{strategy}");
        assert_eq!((clean.stale_reads, clean.totals.lost_writes, clean.errors.len()), (0, 0, 0), "{strategy}");
    }
}

#[test]
fn what_comes_back_before_it_is_deleted_stays() {
    let by = |shards: &[&str]| json!(shards);
    let mut document = design(3, 0, &router(&json!({ "shards": ["db-1", "db-2"] })), &json!({}));
    // Deletes take long: some are under way when the record comes back.
    for link in document.links.iter_mut().filter(|link| link.from == "router") {
        link.latency = Some("150ms".parse().unwrap());
    }
    let mut engine = engine(document);
    engine.run_until(at_s(10.0));
    set(&mut engine, "router", "shards", by(&["db-1", "db-2", "db-3"]));
    watch(&mut engine, 12.9);
    set(&mut engine, "router", "move_parallel", json!(1_000));
    for (until_s, shards) in [(13.4, ["db-1", "db-2"]), (16.0, ["db-1", "db-3"]), (20.0, ["db-3", "db-2"])] {
        set(&mut engine, "router", "shards", by(&shards));
        watch(&mut engine, until_s);
    }
    let rest = watch(&mut engine, 60.0);
    let own = sharding(&rest);
    assert!(!own.is_moving && own.left_behind == 0 && own.deleted > 500, "{own:?}");
    assert_eq!((strays(&engine), rest.stale_reads, rest.totals.lost_writes), (0, 0, 0));
    assert!((0..KEYS).all(|key| engine.key_versions(key).current == 0 || holders(&engine, key).len() == 1));
}

#[test]
fn copies_that_are_not_wanted_any_more_are_deleted() {
    let hot = json!({ "strategy": "consistent_hash", "hot_keys": "0-9", "hot_key_copies": 3 });
    let mut engine = engine(design(4, 0, &router(&hot), &json!({})));
    engine.run_until(at_s(15.0));
    let holding = |engine: &Engine| (0..10).map(|key| holders(engine, key).len()).collect::<Vec<_>>();
    assert_eq!(holding(&engine), [3; 10]);
    assert_eq!(counts(&engine.report()), (0, 0));
    set(&mut engine, "router", "hot_key_copies", json!(1));
    watch(&mut engine, 16.0);
    assert_eq!(counts(&engine.report()), (20, 0));
    let clean = watch(&mut engine, 20.0);
    assert_eq!((holding(&engine), counts(&clean)), (vec![1; 10], (0, 20)));
    assert_eq!((strays(&engine), clean.errors.len()), (0, 0));
}

#[test]
fn who_is_dead_is_told_again_and_a_router_remembers() {
    let mut engine = engine(design(3, 0, &router(&json!({ "strategy": "hash" })), &json!({})));
    engine.run_until(at_s(10.0));
    add_shard(&mut engine, "db-4");
    let moved = watch(&mut engine, 12.5);
    let all = sharding(&moved).keys_moved;
    crash(&mut engine, "db-1");
    crash(&mut engine, "router");
    engine.run_until(at_s(14.0));
    restart(&mut engine, "router");
    let without = watch(&mut engine, 30.0);
    let (left, deleted) = counts(&without);
    assert!(left > 100 && deleted > 100 && left + deleted == all, "{left} {deleted} {all}");
    restart(&mut engine, "db-1");
    // What hangs does it later.
    inflict(&mut engine, json!({ "hang": { "node": "db-1" } }));
    engine.run_until(at_s(36.0));
    inflict(&mut engine, json!({ "resume": { "node": "db-1" } }));
    let clean = watch(&mut engine, 50.0);
    assert_eq!((strays(&engine), counts(&clean)), (0, (0, all)));
    assert_eq!(measure(&mut engine, 55.0).errors, []);
}

/// A delete that a failover loses is nobody's write; a record that it brings back is deleted again.
#[test]
fn a_delete_that_is_lost_with_its_primary_is_no_lost_write() {
    let mut document = design(3, 1, &router(&json!({ "strategy": "hash", "shards": ["db-1", "db-2"] })), &json!({}));
    document = with(document, "db-1", &[("ship_delay", json!("5s"))]);
    let mut engine = engine(document);
    engine.run_until(at_s(10.0));
    set(&mut engine, "users", "write_weight", json!(0));
    engine.run_until(at_s(16.0));
    set(&mut engine, "router", "shards", json!(["db-1", "db-2", "db-3"]));
    let moved = watch(&mut engine, 21.5);
    assert_eq!(sharding(&moved).left_behind, 0);
    let lagging = strays(&engine);
    assert!(lagging > 50, "no delete has come to the replica: {lagging}");
    crash(&mut engine, "db-1");
    let after = watch(&mut engine, 30.0);
    let cluster = &after.clusters[0];
    assert_eq!((cluster.promotions, cluster.primary.as_deref()), (1, Some("db-1-1")));
    restart(&mut engine, "db-1");
    watch(&mut engine, 38.0);
    assert_eq!((strays(&engine), engine.divergences()), (0, Vec::new()));
    // Nobody's, but for what was just moved here and had not left its host either.
    let moved_here = |write: &scalescope::observe::LostWrite| write.version.is_some_and(|version| version > 0);
    assert!(cluster.lost.iter().all(moved_here));
    set(&mut engine, "router", "shards", json!(["db-1", "db-2"]));
    let back = watch(&mut engine, 50.0);
    assert!(!sharding(&back).is_moving && node(&back, "db-1-1").arrivals_per_s > 0.0);
}

/// Puts whose answers are lost have come all the same; then the router dies, and when it is back nothing is to be moved any more.
#[test]
fn what_a_move_has_left_that_was_given_up_is_deleted() {
    let two = json!(["db-1", "db-2"]);
    let mut engine = engine(design(3, 0, &router(&json!({ "strategy": "hash", "shards": two })), &json!({})));
    engine.run_until(at_s(10.0));
    set(&mut engine, "router", "shards", json!(["db-1", "db-2", "db-3"]));
    engine.run_until(at_s(10.1));
    inflict(&mut engine, json!({ "partition": { "from": "router", "to": "db-3", "way": "backward" } }));
    watch(&mut engine, 11.0);
    assert!(sharding(&engine.report()).is_moving);
    crash(&mut engine, "router");
    set(&mut engine, "router", "shards", two);
    inflict(&mut engine, json!({ "heal_link": { "from": "router", "to": "db-3", "way": "both" } }));
    watch(&mut engine, 12.0);
    restart(&mut engine, "router");
    let back = watch(&mut engine, 30.0);
    assert!(!sharding(&back).is_moving, "{:?}", sharding(&back));
    assert_eq!((strays(&engine), counts(&back).0, engine.divergences()), (0, 0, Vec::new()));
}
