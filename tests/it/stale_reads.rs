//! Every stale read can be traced: to its record, to the store that answered, to what was missed and how long that had been there.

use scalescope::engine::Engine;
use scalescope::observe::{Figures, StaleRead};
use serde_json::{Value, json};

use crate::replication_rules::{database, document, link, merge, primary, web, writers};
use crate::support::{at_s, engine, set};

/// Users who only read one record, once a second unless `more` says otherwise; the first time after a second.
fn reader(id: &str, more: Value) -> Value {
    let mut params = json!({ "keys": 1, "read_weight": 1, "write_weight": 0 });
    merge(&mut params, more);
    writers(id, 1.0, params)
}

/// Who writes the same record, every ten seconds.
fn writer() -> Value {
    writers("users", 0.1, json!({ "keys": 1 }))
}

/// When it was answered, by whom, with what, what would have been right, and for how long that had been so, in seconds.
fn told(read: &StaleRead) -> (f64, &str, u64, u64, f64) {
    (read.at_ns as f64 / 1e9, read.node.as_str(), read.version, read.current, read.lag_ns as f64 / 1e9)
}

fn run(mut engine: Engine, until_s: f64) -> Figures {
    engine.run_until(at_s(until_s));
    assert_eq!(engine.violations(), Vec::<String>::new());
    engine.figures()
}

#[test]
fn of_a_cache() {
    let cache = json!({ "id": "cache", "kind": "cache", "params": {
        "on_write": "nothing", "pattern": "cache_aside", "ttl": "0s", "lookup_time": "0s" } });
    let nodes = vec![writer(), reader("readers", json!({})), web("web"), cache, primary(json!({}))];
    let links = [("users", "web"), ("readers", "web"), ("web", "cache"), ("web", "primary")];
    let figures = run(engine(document(nodes, links.map(|(from, to)| link(from, to, "0s")).into())), 23.5);
    // What was there before the first write stays in the cache; each second write makes that older.
    let lags = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 0.0, 1.0, 2.0, 3.0];
    let expected = lags.iter().enumerate().map(|(n, lag)| (10.0 + n as f64, "cache", 0, 1 + n as u64 / 10, *lag));
    // Whether the read or the write of the same instant comes first is nobody's promise.
    let is_clear = |read: &(f64, &str, u64, u64, f64)| read.0 % 10.0 > 0.0;
    let reads: Vec<_> = figures.stale.iter().map(told).filter(is_clear).collect();
    assert_eq!(reads, expected.filter(is_clear).collect::<Vec<_>>());
    assert!(reads.len() == 12 && figures.totals.stale_reads == figures.stale.len() as u64);
    assert!(figures.stale.iter().all(|read| read.key == 0) && figures.clusters[0].stale.is_empty());
}

/// Copies that hear of nothing afterwards, one of which is told of a write and one of which is asked.
#[test]
fn of_a_leaderless_store() {
    let params = json!({
        "copies": 3, "read_quorum": 1, "write_quorum": 1, "read_contacts": "quorum", "write_contacts": "quorum",
        "read_repair": "off", "hinted_handoff": "off", "anti_entropy_interval": "0s", "read_service": "0s", "write_service": "0s",
        "coordinate_service": "0s",
    });
    let mut nodes = vec![writer(), reader("readers", json!({ "rate_per_user_per_s": 0.01 })), web("web")];
    let mut links = vec![link("users", "web", "0s"), link("readers", "web", "0s")];
    for i in 1..=3 {
        let id = format!("store-{i}");
        nodes.push(json!({ "id": id, "kind": "quorum_store", "params": params }));
        links.push(link("web", &id, "0s"));
        links.extend((1..i).map(|other| link(&format!("store-{other}"), &id, "2ms")));
    }
    let figures = run(engine(document(nodes, links)), 19.95);
    let reads: Vec<_> = figures.quorums[0].stale.iter().map(told).collect();
    // Two of three copies are old, for a hundred reads.
    assert!((50..85).contains(&reads.len()) && figures.totals.stale_reads == reads.len() as u64, "{}", reads.len());
    let acknowledged: Vec<f64> = reads.iter().map(|(at, .., lag)| ((at - lag) * 1e6).round() / 1e6).collect();
    // The copy that was told is the coordinator's own, or two milliseconds away.
    assert!([10.0, 10.004].contains(&acknowledged[0]) && acknowledged.iter().all(|at| *at == acknowledged[0]));
    assert!(
        reads.iter().all(|(_, node, version, current, _)| (*version, *current) == (0, 1) && node.starts_with("store-"))
    );
    assert!(figures.quorums[0].stale.iter().all(|read| read.key == 0) && figures.stale.is_empty());
}

/// What one server writes on its own disk another one does not know.
#[test]
fn of_servers_that_keep_records_themselves() {
    let nodes = vec![writer(), reader("readers", json!({})), web("web-1"), web("web-2")];
    let links = [("users", "web-1"), ("readers", "web-2")].map(|(from, to)| link(from, to, "0s"));
    let figures = run(engine(document(nodes, links.into())), 14.5);
    let reads: Vec<_> = figures.stale.iter().map(told).filter(|(at, ..)| *at > 10.0).collect();
    let expected = [11.0, 12.0, 13.0, 14.0].map(|at| (at, "web-2", 0, 1, at - 10.0));
    assert_eq!(reads, expected);
}

/// Of a join that is stale the record that is outdated is told, be it the one that was asked for or a related one.
#[test]
fn of_a_join_it_is_the_outdated_record_that_is_told() {
    for layout in ["normalised", "denormalised"] {
        let own = json!({ "layout": layout });
        let users = writers("users", 2.0, json!({ "keys": 10_000 }));
        let joins = json!({ "keys": 10_000, "read_weight": 0, "query_weight": 1, "query_records": 50 });
        let nodes =
            vec![users, reader("readers", joins), web("web"), primary(own.clone()), database("a", "replica", own)];
        let links = [("users", "web"), ("readers", "web"), ("web", "primary"), ("web", "a")];
        let mut links: Vec<Value> = links.map(|(from, to)| link(from, to, "0s")).into();
        links.push(link("primary", "a", "5s"));
        let mut engine = engine(document(nodes, links));
        set(&mut engine, "readers", "rate_per_user_per_s", json!(0.1));
        let mut traced = 0;
        for second in 6..30 {
            engine.run_until(at_s(f64::from(second)));
            for read in &engine.figures().clusters[0].stale {
                traced += 1;
                assert!(read.version < read.current, "{layout}: {read:?}");
                // What it missed was written no earlier than it can have been under way, or lies in a copy that nobody mends.
                assert!(layout == "denormalised" || read.lag_ns <= 5_000_000_000, "{read:?}");
            }
        }
        assert!(traced > 100, "{layout}: {traced}");
    }
}
