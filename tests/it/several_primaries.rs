//! Clusters of several primaries, how they come about, and what becomes of who follows one of them.

use scalescope::engine::Engine;
use scalescope::model::{Document, Edit, Link, Node};
use scalescope::observe::StepKind;
use serde_json::{Value, json};

use crate::replication_rules::{database, document, link, only, sound, step_s, web, writers};
use crate::support::{at_s, crash, edit, engine, inflict, node, restart, set, with};

fn writer() -> Value {
    writers("users", 100.0, json!({ "keys": 50, "timeout": "1s" }))
}

fn executed(engine: &mut Engine, id: &str) -> String {
    node(&engine.figures(), id).replication.as_ref().unwrap().executed.clone()
}

/// Nobody writes any more: all come together.
fn come_together(engine: &mut Engine, until_s: f64, ids: &[&str]) {
    set(engine, "users", "read_weight", json!(1));
    set(engine, "users", "write_weight", json!(0));
    engine.run_until(at_s(until_s));
    let sets: Vec<String> = ids.iter().map(|id| executed(engine, id)).collect();
    assert!(sets.iter().all(|set| *set == sets[0]), "{sets:?}");
    assert_eq!(engine.divergences(), Vec::<String>::new());
    sound(engine);
}

fn lww(role: &str, id: &str) -> Value {
    database(id, role, json!({ "conflicts": "last_writer_wins", "snapshot_time": "500ms" }))
}

fn both_ways(one: &str, other: &str) -> [Value; 2] {
    [link(one, other, "5ms"), link(other, one, "5ms")]
}

fn add(engine: &mut Engine, node: Value, links: &[Value]) {
    let node: Node = serde_json::from_value(node).unwrap();
    let links: Vec<Link> = links.iter().map(|link| serde_json::from_value(link.clone()).unwrap()).collect();
    edit(engine, Edit::AddNode { node: Box::new(node), links, records: Vec::new() });
}

/// A primary and its replica `a`.
fn pair_of(primary: &str) -> Document {
    let nodes = vec![writer(), web("web"), lww("primary", primary), lww("replica", "a")];
    let links = [("users", "web"), ("web", primary), ("web", "a"), (primary, "a")];
    document(nodes, links.map(|(from, to)| link(from, to, "1ms")).into())
}

#[test]
fn a_second_primary_can_join_after_a_promotion() {
    let mut engine = engine(pair_of("primary"));
    engine.run_until(at_s(5.0));
    crash(&mut engine, "primary");
    engine.run_until(at_s(10.0));
    assert_eq!(only(&engine.figures()).promotions, 1);
    edit(&mut engine, Edit::RemoveNode { node: "primary".into() });
    let [there, back] = both_ways("a", "b");
    add(&mut engine, lww("primary", "b"), &[there, back, link("web", "b", "1ms")]);
    engine.run_until(at_s(20.0));
    sound(&engine);
    let (a, b) = (executed(&mut engine, "a"), executed(&mut engine, "b"));
    assert!(a.contains("b:1-") && b.contains("a:1-"), "each has the other's: {a}, {b}");
    come_together(&mut engine, 40.0, &["a", "b"]);
}

/// A primary has two replicas and an equal; when it is taken away one replica takes its place and the other follows that one.
#[test]
fn who_followed_a_primary_that_is_taken_away_follows_its_heir() {
    for is_cut in [false, true] {
        let nodes = vec![
            writer(),
            web("web"),
            lww("primary", "db-1"),
            lww("primary", "db-2"),
            lww("replica", "db-3"),
            lww("replica", "db-4"),
        ];
        let mut links: Vec<Value> = both_ways("db-1", "db-2").into();
        links.extend([("users", "web"), ("db-1", "db-3"), ("db-1", "db-4")].map(|(from, to)| link(from, to, "1ms")));
        links.extend((1..=4).map(|i| link("web", &format!("db-{i}"), "1ms")));
        let mut engine = engine(document(nodes, links));
        engine.run_until(at_s(10.0));
        if is_cut {
            // What only the second replica has of the last second goes with its copy.
            for id in ["db-2", "db-3"] {
                inflict(&mut engine, json!({ "partition": { "from": "db-1", "to": id } }));
            }
            inflict(&mut engine, json!({ "partition": { "from": "db-2", "to": "db-1" } }));
            engine.run_until(at_s(11.0));
        }
        edit(&mut engine, Edit::RemoveNode { node: "db-1".into() });
        engine.run_until(at_s(15.0));
        sound(&engine);
        let figures = engine.figures();
        let cluster = only(&figures);
        let (follows, rebuilt) = (step_s(cluster, StepKind::FollowsNew), step_s(cluster, StepKind::RebuildDiverged));
        assert_eq!((follows.is_some(), rebuilt.is_some()), (!is_cut, is_cut), "{:?}", cluster.steps);
        // It was one of two that took writes.
        assert_eq!(cluster.lost_count > 30, is_cut, "{}", cluster.lost_count);
        assert_eq!(cluster.lost_count, cluster.lost.len() as u64);
        assert!(executed(&mut engine, "db-4").contains("db-3:1-"), "{}", executed(&mut engine, "db-4"));
        come_together(&mut engine, 40.0, &["db-2", "db-3", "db-4"]);
    }
}

/// What was lost and acknowledged in two clusters is known when a new primary between them has made them one.
#[test]
fn the_books_of_clusters_that_become_one_are_put_together() {
    let mut document = pair_of("db-1");
    let second =
        [lww("primary", "db-2"), writers("others", 50.0, json!({ "first_key": 1_000, "keys": 50 })), web("web-2")];
    for node in second {
        document.nodes.push(serde_json::from_value(node).unwrap());
    }
    for (from, to) in [("others", "web-2"), ("web-2", "db-2")] {
        document.links.push(serde_json::from_value(link(from, to, "1ms")).unwrap());
    }
    let mut engine = engine(with(document, "db-1", &[("ship_delay", json!("200ms"))]));
    engine.run_until(at_s(5.0));
    crash(&mut engine, "db-1");
    engine.run_until(at_s(10.0));
    edit(&mut engine, Edit::RemoveNode { node: "db-1".into() });
    engine.run_until(at_s(12.0));
    let figures = engine.figures();
    let [first, second] = &figures.clusters[..] else { panic!("two clusters") };
    assert_eq!((first.lost_count, second.lost_count), (20, 0));
    let acknowledged = first.acknowledged + second.acknowledged;
    let between: Vec<Value> = both_ways("a", "b").into_iter().chain(both_ways("db-2", "b")).collect();
    add(&mut engine, lww("primary", "b"), &between);
    let figures = engine.figures();
    let cluster = only(&figures);
    assert_eq!((cluster.acknowledged, cluster.lost_count, cluster.lost.len()), (acknowledged, 20, 20));
    assert!(cluster.steps.windows(2).all(|pair| pair[0].at_ns <= pair[1].at_ns) && !cluster.steps.is_empty());
    engine.run_until(at_s(30.0));
    sound(&engine);
    set(&mut engine, "others", "read_weight", json!(1));
    set(&mut engine, "others", "write_weight", json!(0));
    come_together(&mut engine, 60.0, &["a", "b", "db-2"]);
}

/// Two primaries that keep few records of their logs; the first has a replica.
fn forgetful() -> Engine {
    let mut nodes = vec![writer(), web("web"), lww("primary", "db-1"), lww("primary", "db-2"), lww("replica", "db-3")];
    for node in &mut nodes[2..] {
        node["params"]["log_retention"] = json!(20);
    }
    let mut links: Vec<Value> = both_ways("db-1", "db-2").into();
    links.extend([("users", "web"), ("db-1", "db-3")].map(|(from, to)| link(from, to, "1ms")));
    links.extend((1..=3).map(|i| link("web", &format!("db-{i}"), "1ms")));
    let mut engine = engine(document(nodes, links));
    engine.run_until(at_s(2.0));
    engine
}

#[test]
fn what_only_who_begins_anew_had_received_is_lost_with_its_log() {
    let mut engine = forgetful();
    crash(&mut engine, "db-3");
    engine.run_until(at_s(4.0));
    crash(&mut engine, "db-2");
    edit(&mut engine, Edit::RemoveNode { node: "db-1".into() });
    engine.run_until(at_s(5.0));
    assert_eq!(only(&engine.figures()).lost_count, 0, "the dead one has all that the first had written");
    // Another takes its place. It lacks that, and has written more by the time that the dead one returns.
    restart(&mut engine, "db-3");
    engine.run_until(at_s(12.0));
    restart(&mut engine, "db-2");
    engine.run_until(at_s(14.0));
    sound(&engine);
    let figures = engine.figures();
    let rebuilds = ["db-2", "db-3"].map(|id| node(&figures, id).replication.as_ref().unwrap().rebuilds);
    assert_eq!(rebuilds, [1, 0]);
    assert!(only(&figures).lost_count > 150, "what both had written for two seconds: {}", only(&figures).lost_count);
    assert_eq!(figures.totals.lost_writes, only(&figures).lost_count);
    come_together(&mut engine, 40.0, &["db-2", "db-3"]);
}

#[test]
fn half_a_copy_is_none() {
    let mut engine = forgetful();
    edit(&mut engine, Edit::RemoveNode { node: "db-3".into() });
    crash(&mut engine, "db-2");
    engine.run_until(at_s(6.0));
    restart(&mut engine, "db-2");
    engine.run_until(at_s(6.3));
    crash(&mut engine, "db-2");
    sound(&engine);
    assert_eq!(only(&engine.figures()).lost_count, 0, "the other has all of it");
    edit(&mut engine, Edit::RemoveNode { node: "db-1".into() });
    restart(&mut engine, "db-2");
    engine.run_until(at_s(10.0));
    sound(&engine);
    let figures = engine.figures();
    assert_eq!(only(&figures).lost_count, only(&figures).acknowledged, "nobody has anything");
    assert_eq!((executed(&mut engine, "db-2"), engine.divergences()), (String::new(), Vec::new()));
}
