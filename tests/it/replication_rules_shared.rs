//! The published rules of replication with several primaries, each from an ordinary document, with its exact outcome.

use scalescope::engine::Engine;
use scalescope::observe::{Figures, ReplicationFigures, StepKind};
use serde_json::{Value, json};

use crate::replication_rules::{database, document, link, web, writers};
use crate::support::{at_s, crash, engine, inflict, node, set};

fn replication(figures: &Figures, id: &str) -> ReplicationFigures {
    node(figures, id).replication.clone().expect("a database")
}

/// Versions, or contents, of a record on each database, in the order of the document.
fn versions(engine: &Engine, key: u32) -> Vec<u64> {
    engine.holdings(key).iter().map(|holding| holding.version).collect()
}

fn values(engine: &Engine, key: u32) -> Vec<u32> {
    engine.holdings(key).iter().map(|holding| holding.value).collect()
}

/// Primaries `db-1` to `db-n`, each with writers and a web server of its own; the links between them take a second.
fn primaries(count: usize, links: &[(usize, usize)], rates: &[f64], params: &Value) -> Engine {
    let (mut nodes, mut all) = (Vec::new(), Vec::new());
    for i in 1..=count {
        let (users, web_id, id) = (format!("users-{i}"), format!("web-{i}"), format!("db-{i}"));
        let rate = rates.get(i - 1).copied().unwrap_or(0.0);
        // Whoever shall not write reads, far away.
        let weights = if rate > 0.0 { json!({ "keys": 1 }) } else { json!({ "read_weight": 1, "write_weight": 0 }) };
        nodes.push(writers(&users, rate.max(0.01), weights));
        nodes.push(web(&web_id));
        nodes.push(database(&id, "primary", params.clone()));
        all.extend([link(&users, &web_id, "0s"), link(&web_id, &id, "0s")]);
    }
    all.extend(links.iter().map(|(from, to)| link(&format!("db-{from}"), &format!("db-{to}"), "1s")));
    engine(document(nodes, all))
}

const PAIR: [(usize, usize); 2] = [(1, 2), (2, 1)];
const RING: [(usize, usize); 4] = [(1, 2), (2, 3), (3, 4), (4, 1)];

/// Runs past the first write of each, which comes ten seconds after the start, and a little further.
fn write_once(engine: &mut Engine) {
    engine.run_until(at_s(15.0));
    assert_eq!(engine.violations(), Vec::<String>::new());
}

#[test]
fn r_ring_1_every_event_is_applied_once_and_discarded_by_its_originator() {
    for count in [2, 3, 4, 6] {
        let ids: Vec<String> = (1..=count).map(|i| format!("db-{i}")).collect();
        let links: Vec<(usize, usize)> = (1..=count).map(|i| (i, i % count + 1)).collect();
        let mut engine = primaries(count, &links, &[0.1], &json!({}));
        let applied = |engine: &mut Engine| {
            let figures = engine.figures();
            ids.iter().map(|id| replication(&figures, id).records_applied).collect::<Vec<_>>()
        };
        // A second from each to the next: so all have it after (N - 1) seconds.
        for hop in 1..count {
            let reached = |last: usize| (0..count).map(|i| u64::from((1..=last).contains(&i))).collect::<Vec<_>>();
            engine.run_until(at_s(10.0 + hop as f64 - 1e-6));
            assert_eq!(applied(&mut engine), reached(hop - 1));
            engine.run_until(at_s(10.0 + hop as f64));
            assert_eq!(applied(&mut engine), reached(hop));
        }
        let back_s = 10.0 + count as f64;
        engine.run_until(at_s(back_s - 1e-6));
        assert_eq!(replication(&engine.figures(), "db-1").discarded, 0);
        engine.run_until(at_s(back_s));
        assert_eq!(replication(&engine.figures(), "db-1").discarded, 1, "by its originator, a second later");
        engine.run_until(at_s(19.9));
        let figures = engine.figures();
        let all: Vec<_> = ids.iter().map(|id| replication(&figures, id)).collect();
        assert_eq!(all.iter().map(|own| own.records_received).sum::<u64>(), count as u64, "transfers");
        assert_eq!(all.iter().map(|own| own.records_applied).sum::<u64>(), count as u64 - 1, "once on each other node");
        assert_eq!(all.iter().map(|own| own.discarded + own.repeated).sum::<u64>(), 1);
        assert_eq!(versions(&engine, 0), vec![1; count]);
        assert_eq!(engine.violations(), Vec::<String>::new());
    }
}

#[test]
fn r_ring_2_a_dead_node_cuts_the_ring() {
    for (origin, reached) in [(1, [1, 1, 0, 0]), (2, [0, 1, 0, 0]), (4, [1, 1, 0, 1])] {
        let mut rates = [0.0; 4];
        rates[origin - 1] = 0.1;
        let mut engine = primaries(4, &RING, &rates, &json!({}));
        engine.run_until(at_s(5.0));
        crash(&mut engine, "db-3");
        engine.run_until(at_s(19.9));
        assert_eq!(versions(&engine, 0), reached, "a write on node {origin}");
    }
}

/// Node 3 writes and dies; its write is on the way to node 1 when node 4 is made to copy from node 2.
fn bridged(ignored: bool) -> Engine {
    let mut links = RING.to_vec();
    links.push((2, 4));
    let mut engine = primaries(4, &links, &[0.0, 0.0, 0.1], &json!({ "log_matching": "position" }));
    set(&mut engine, "db-4", "copies_from", json!(["db-3"]));
    engine.run_until(at_s(11.5));
    crash(&mut engine, "db-3");
    if ignored {
        for id in ["db-1", "db-2", "db-4"] {
            set(&mut engine, id, "ignored_origins", json!(["db-3"]));
        }
    }
    set(&mut engine, "db-4", "copies_from", json!(["db-2"]));
    engine
}

#[test]
fn bridging_a_dead_node_lets_its_orphans_circle_unless_they_are_ignored() {
    let rounds = |engine: &mut Engine, until_s: f64| {
        engine.run_until(at_s(until_s));
        let figures = engine.figures();
        ["db-1", "db-2", "db-4"].map(|id| replication(&figures, id).repeated)
    };
    let mut forever = bridged(false);
    let (early, late) = (rounds(&mut forever, 30.0), rounds(&mut forever, 60.0));
    assert!(early.iter().zip(&late).all(|(early, late)| *early >= 5 && late - early == 10), "{early:?} {late:?}");
    let mut ended = bridged(true);
    assert_eq!(rounds(&mut ended, 60.0), [0, 0, 0]);
    assert!(replication(&ended.figures(), "db-1").ignored >= 1);
    // By global transaction ids nothing is applied twice in the first place.
    let mut engine = bridged(false);
    for id in ["db-1", "db-2", "db-4"] {
        set(&mut engine, id, "log_matching", json!("gtid"));
    }
    assert_eq!(rounds(&mut engine, 60.0), [0, 0, 0]);
}

#[test]
fn r_mm_1_without_conflict_handling_two_primaries_part_for_good() {
    let mut ignoring = primaries(2, &PAIR, &[0.1, 0.1], &json!({}));
    write_once(&mut ignoring);
    let [first, second] = versions(&ignoring, 0)[..] else { panic!("two") };
    assert!(first != second && first > 0 && second > 0, "each has the other's: {first} {second}");
    // Version 1 was committed by node 1, which has ended with that of node 2.
    assert_eq!((first, second), (2, 1));
    for id in ["users-1", "users-2"] {
        set(&mut ignoring, id, "read_weight", json!(1));
        set(&mut ignoring, id, "write_weight", json!(0));
    }
    ignoring.run_until(at_s(1_000.0));
    assert_eq!(versions(&ignoring, 0), [2, 1], "for good");
    let mut winning = primaries(2, &PAIR, &[0.1, 0.1], &json!({ "conflicts": "last_writer_wins" }));
    write_once(&mut winning);
    assert_eq!(versions(&winning, 0), [2, 2], "of equal times the higher node wins");
    assert_eq!(replication(&winning.figures(), "db-2").conflicts, 1);
    // Of different times the later one does, be it the lower node's: half a second after the other.
    let mut later = primaries(2, &PAIR, &[1.0 / 10.5, 0.1], &json!({ "conflicts": "last_writer_wins" }));
    later.run_until(at_s(10.75));
    assert_eq!(versions(&later, 0), [2, 1]);
    write_once(&mut later);
    assert_eq!(versions(&later, 0), [2, 2]);
}

#[test]
fn r_mm_2_statements_commute_and_row_images_lose_an_update() {
    for (writes, expected) in [("increment", [2, 2]), ("increment_row", [1, 1])] {
        let mut engine = primaries(2, &PAIR, &[0.1, 0.1], &json!({ "writes": writes }));
        write_once(&mut engine);
        assert_eq!(values(&engine, 0), expected, "{writes}");
    }
}

/// The ids of all rows that a database has.
fn rows(engine: &Engine, database: usize) -> Vec<u32> {
    (0..200).filter(|key| engine.holdings(*key)[database].version > 0).collect()
}

#[test]
fn r_mm_3_automatic_ids_collide_unless_they_are_offset() {
    let mut colliding = primaries(2, &PAIR, &[0.1, 0.1], &json!({ "writes": "insert" }));
    colliding.run_until(at_s(10.5));
    assert_eq!([rows(&colliding, 0), rows(&colliding, 1)], [[1], [1]], "both create it");
    colliding.run_until(at_s(35.0));
    let figures = colliding.figures();
    let stopped = figures.clusters[0].steps.iter().filter(|step| step.kind == StepKind::ApplierStopped);
    let mut stopped: Vec<_> = stopped.map(|step| (step.node.as_str(), step.at_ns)).collect();
    stopped.sort_unstable();
    assert_eq!(stopped, [("db-1", 11_000_000_000), ("db-2", 11_000_000_000)]);
    for id in ["db-1", "db-2"] {
        let own = replication(&figures, id);
        assert_eq!(
            (own.stopped_by, own.records_applied),
            (Some(1), 0),
            "{id}: duplicate key 1, the applier stands still"
        );
        assert!(own.received > own.applied, "what comes is still received");
    }
    let mut apart = primaries(2, &PAIR, &[0.1, 0.1], &json!({ "writes": "insert", "auto_increment_increment": 2 }));
    set(&mut apart, "db-2", "auto_increment_offset", json!(2));
    // Just after each has inserted, before it has the other's.
    let (odd, even) = ([1, 3, 5], [2, 4, 6]);
    for n in 0..3 {
        apart.run_until(at_s(10.5 + 10.0 * n as f64));
        let with = |own: &[u32; 3], others: &[u32; 3]| {
            let mut all: Vec<u32> = own[..=n].iter().chain(&others[..n]).copied().collect();
            all.sort_unstable();
            all
        };
        assert_eq!([rows(&apart, 0), rows(&apart, 1)], [with(&odd, &even), with(&even, &odd)]);
    }
    apart.run_until(at_s(35.0));
    let figures = apart.figures();
    assert_eq!(["db-1", "db-2"].map(|id| replication(&figures, id).stopped_by), [None, None]);
    assert_eq!(["db-1", "db-2"].map(|id| replication(&figures, id).conflicts), [0, 0]);
    assert_eq!(rows(&apart, 0), [1, 2, 3, 4, 5, 6]);
    assert_eq!(rows(&apart, 1), [1, 2, 3, 4, 5, 6]);
    assert_eq!(replication(&figures, "db-1").executed, "db-1:1-3,db-2:1-3");
}

#[test]
fn r_autoinc_1_the_manuals_example() {
    let params = json!({ "writes": "insert", "auto_increment_increment": 10, "auto_increment_offset": 1 });
    let mut engine = primaries(1, &[], &[0.1], &params);
    engine.run_until(at_s(45.0));
    set(&mut engine, "db-1", "auto_increment_offset", json!(5));
    engine.run_until(at_s(85.0));
    assert_eq!(rows(&engine, 0), [1, 11, 21, 31, 35, 45, 55, 65]);
    // An offset that is larger than the increment is ignored.
    let params = json!({ "writes": "insert", "auto_increment_increment": 4, "auto_increment_offset": 7 });
    let mut engine = primaries(1, &[], &[0.1], &params);
    engine.run_until(at_s(45.0));
    assert_eq!(rows(&engine, 0), [1, 5, 9, 13]);
}

#[test]
fn r_mm_4_every_primary_executes_every_write() {
    for count in [1, 2, 4] {
        // The total is the same, shared among them.
        let rates = vec![40.0 / count as f64; count];
        let links: Vec<(usize, usize)> = (1..=count).filter(|_| count > 1).map(|i| (i, i % count + 1)).collect();
        let mut engine = primaries(count, &links, &rates, &json!({}));
        engine.run_until(at_s(20.0));
        let executed = |engine: &mut Engine| {
            let figures = engine.figures();
            (1..=count).map(|i| replication(&figures, &format!("db-{i}")).applied).collect::<Vec<_>>()
        };
        let before = executed(&mut engine);
        engine.run_until(at_s(30.0));
        let done: Vec<u64> = executed(&mut engine).iter().zip(&before).map(|(after, before)| after - before).collect();
        assert_eq!(done, vec![400; count], "each executes 40 a second, its own and the others'");
        let (figures, own) = (engine.figures(), 400 / count as u64);
        let acknowledged = figures.clusters[0].acknowledged;
        assert_eq!(acknowledged, 3 * 400, "all in all they take as many as one takes");
        for i in 1..=count {
            let all = replication(&figures, &format!("db-{i}"));
            assert_eq!(all.applied - all.records_applied, 3 * own, "the rest it has from others");
        }
    }
}

#[test]
fn a_ring_heals_when_its_dead_node_returns() {
    let mut engine = primaries(4, &RING, &[1.0, 1.0, 1.0, 1.0], &json!({ "conflicts": "last_writer_wins" }));
    engine.run_until(at_s(10.5));
    crash(&mut engine, "db-3");
    engine.run_until(at_s(40.5));
    let apart = versions(&engine, 0);
    assert!(apart.iter().any(|version| *version != apart[0]));
    inflict(&mut engine, json!({ "restart": { "node": "db-3" } }));
    engine.run_until(at_s(60.5));
    for i in 1..=4 {
        set(&mut engine, &format!("users-{i}"), "read_weight", json!(1));
        set(&mut engine, &format!("users-{i}"), "write_weight", json!(0));
    }
    engine.run_until(at_s(80.0));
    let healed = versions(&engine, 0);
    assert!(healed.iter().all(|version| *version == healed[0]), "{healed:?}");
    let figures = engine.figures();
    let sets: Vec<String> = (1..=4).map(|i| replication(&figures, &format!("db-{i}")).executed).collect();
    assert!(sets.iter().all(|set| *set == sets[0]), "{sets:?}");
    assert_eq!(engine.violations(), Vec::<String>::new());
}

/// A primary whose peers have dropped what it lacks copies everything; what it alone had acknowledged is lost, and listed.
#[test]
fn a_primary_that_was_away_too_long_is_rebuilt_and_gives_up_its_own() {
    let mut engine = primaries(2, &PAIR, &[1.0, 1.0], &json!({ "log_retention": 10, "snapshot_time": "2s" }));
    engine.run_until(at_s(20.5));
    inflict(&mut engine, json!({ "partition": { "from": "db-1", "to": "db-2", "way": "both" } }));
    inflict(&mut engine, json!({ "partition": { "from": "db-2", "to": "db-1", "way": "both" } }));
    engine.run_until(at_s(320.5));
    inflict(&mut engine, json!({ "heal_link": { "from": "db-1", "to": "db-2" } }));
    engine.run_until(at_s(420.0));
    let figures = engine.figures();
    let second = replication(&figures, "db-2");
    assert!(second.rebuilds >= 1 && figures.clusters[0].lost_count > 250, "{} lost", figures.clusters[0].lost_count);
    assert_eq!(figures.totals.lost_writes, figures.clusters[0].lost_count);
    assert_eq!(engine.violations(), Vec::<String>::new());
}

/// A new primary that is linked with both of two clusters makes them one.
#[test]
fn clusters_that_are_linked_while_they_run_become_one() {
    let mut engine = primaries(2, &[], &[1.0, 1.0], &json!({ "conflicts": "last_writer_wins", "snapshot_time": "1s" }));
    engine.run_until(at_s(10.5));
    assert_eq!(engine.figures().clusters.len(), 2);
    let between =
        serde_json::from_value(database("db-3", "primary", json!({ "conflicts": "last_writer_wins" }))).unwrap();
    let ways = [("db-1", "db-3"), ("db-3", "db-1"), ("db-2", "db-3"), ("db-3", "db-2")];
    let links = ways.map(|(from, to)| serde_json::from_value(link(from, to, "10ms")).unwrap());
    crate::support::edit(
        &mut engine,
        scalescope::model::Edit::AddNode { node: Box::new(between), links: links.into(), records: Vec::new() },
    );
    engine.run_until(at_s(30.5));
    let figures = engine.figures();
    assert_eq!(figures.clusters.len(), 1);
    let held = versions(&engine, 0);
    assert!(held.len() == 3 && held.iter().all(|version| *version == held[0]), "{held:?}");
    // While one of them was being rebuilt it took no writes.
    let sets = ["db-1", "db-2", "db-3"].map(|id| replication(&figures, id).executed);
    assert!(sets[0].starts_with("db-1:1-30,db-2:1-") && sets.iter().all(|set| *set == sets[0]), "{sets:?}");
    assert_eq!(engine.violations(), Vec::<String>::new());
}
