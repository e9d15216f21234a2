//! Sharding: who has which key, how keys move while they are served, and what a celebrity does to its shard.

use scalescope::base::SimDuration;
use scalescope::engine::Engine;
use scalescope::model::{Command, Document, Edit, Link, Node, NodeKind};
use scalescope::observe::{Figures, LostWrite, Reason, ShardingFigures};
use serde_json::{Value, json};

use crate::support::{assert_near, at_s, count, crash, edit, engine, inflict, measure, node, restart, set, with};

/// Users, a web server, a router, and so many shards with so many replicas each.
pub fn design(shards: usize, replicas: usize, router: &Value, users: &Value) -> Document {
    let mut own = json!({ "users": 1_000, "rate_per_user_per_s": 0.3, "keys": 2_000, "zipf_exponent": 0.6,
        "static_weight": 0, "read_weight": 2, "write_weight": 1 });
    own.as_object_mut().unwrap().extend(users.as_object().unwrap().clone());
    let mut nodes = vec![
        json!({ "id": "users", "kind": "users", "params": own }),
        json!({ "id": "web", "kind": "web_server", "params": { "cores": 16, "workers": 500 } }),
        json!({ "id": "router", "kind": "shard_router", "params": router }),
    ];
    let mut links = vec![
        json!({ "from": "users", "to": "web", "latency": "5ms" }),
        json!({ "from": "web", "to": "router", "latency": "300us" }),
    ];
    for shard in 1..=shards {
        let primary = format!("db-{shard}");
        nodes.push(json!({ "id": primary, "kind": "database", "params": { "check_interval": "300ms" } }));
        links.push(json!({ "from": "router", "to": primary, "latency": "400us" }));
        for replica in 1..=replicas {
            let id = format!("{primary}-{replica}");
            nodes.push(json!({ "id": id, "kind": "database", "params": { "role": "replica" } }));
            links.push(json!({ "from": "router", "to": id, "latency": "400us" }));
            links.push(json!({ "from": primary, "to": id, "latency": "400us" }));
        }
    }
    let document = json!({ "version": 1, "name": "sharded", "seed": 3, "nodes": nodes, "links": links });
    Document::read(&document.to_string()).unwrap_or_else(|problems| panic!("{problems}"))
}

fn by(strategy: &str) -> Value {
    json!({ "strategy": strategy, "move_rate_per_s": 400 })
}

/// A further shard, linked to the router.
pub fn add_shard(engine: &mut Engine, id: &str) {
    let node = Node {
        id: id.to_owned(),
        label: None,
        position: None,
        region: None,
        kind: NodeKind::by_name("database").unwrap(),
    };
    let links = vec![Link { from: "router".into(), to: id.into(), ..Link::default() }];
    edit(engine, Edit::AddNode { node: Box::new(node), links, records: Vec::new() });
}

pub fn sharding(figures: &Figures) -> ShardingFigures {
    node(figures, "router").sharding.clone().expect("it is a router")
}

/// Runs on, and looks at what must hold ten times a second.
pub fn watch(engine: &mut Engine, until_s: f64) -> Figures {
    engine.mark();
    while engine.now() < at_s(until_s) {
        engine.run_until(engine.now() + SimDuration::from_millis(100));
        assert_eq!(engine.violations(), Vec::<String>::new());
    }
    engine.report()
}

#[test]
fn every_strategy_spreads_the_keys_and_serves_them() {
    for (strategy, evenness) in [("hash", 0.25), ("range", 1.5), ("consistent_hash", 0.4), ("directory", 0.25)] {
        let mut engine = engine(design(4, 1, &by(strategy), &json!({})));
        let figures = watch(&mut engine, 20.0);
        assert_eq!(figures.errors, [], "{strategy}");
        assert_near(strategy, figures.goodput_per_s, 300.0, 0.05);
        let own = sharding(&figures);
        assert_eq!((own.shards.len(), own.keys_to_move, own.is_moving), (4, 0, false));
        assert_near("shares", own.shards.iter().map(|shard| shard.share).sum(), 1.0, 1e-9);
        assert!(own.shards.iter().all(|shard| (shard.share / 0.25 - 1.0).abs() < evenness), "{strategy}: {own:?}");
        // Reads go to the replicas, writes to the primaries: a third of the load.
        let writes: f64 = (1..=4).map(|shard| node(&figures, &format!("db-{shard}")).arrivals_per_s).sum();
        assert_near("writes", writes, 100.0, 0.1);
    }
}

#[test]
fn one_more_shard_moves_what_changes_its_home_and_nobody_notices() {
    for (strategy, share) in [("hash", 0.8), ("consistent_hash", 0.2), ("range", 0.5)] {
        let mut engine = engine(design(4, 0, &by(strategy), &json!({})));
        engine.run_until(at_s(5.0));
        add_shard(&mut engine, "db-5");
        engine.run_until(at_s(5.0));
        let begun = watch(&mut engine, 5.5);
        let to_move = sharding(&begun).keys_to_move;
        assert!((to_move as f64 / 2_000.0 - share).abs() < 0.1, "{strategy} moves {to_move}");
        assert!(sharding(&begun).is_moving, "{strategy}");
        // At 400 keys a second.
        let done = watch(&mut engine, 6.0 + to_move as f64 / 380.0);
        let own = sharding(&done);
        assert!(!own.is_moving, "{strategy}: {own:?}");
        assert_eq!((own.keys_moved, own.failed_moves, own.held_writes), (to_move, 0, 0), "{strategy}");
        assert_near("bytes", own.bytes_moved as f64, to_move as f64 * 2_048.0, 0.1);
        let after = watch(&mut engine, 30.0);
        for figures in [&begun, &done, &after] {
            assert_eq!(
                (figures.stale_reads, figures.totals.lost_writes, figures.errors.len()),
                (0, 0, 0),
                "{strategy}"
            );
        }
        assert!(node(&after, "db-5").arrivals_per_s > 20.0, "{strategy}");
    }
}

#[test]
fn nobody_sees_that_the_replicas_of_a_new_home_lag() {
    let mut document = design(3, 1, &by("hash"), &json!({}));
    for shard in 1..=3 {
        document = with(document, &format!("db-{shard}"), &[("ship_delay", json!("2s"))]);
    }
    let document = with(document, "router", &[("shards", json!(["db-1", "db-2"]))]);
    let mut engine = engine(document);
    engine.run_until(at_s(8.0));
    set(&mut engine, "users", "write_weight", json!(0));
    engine.run_until(at_s(12.0));
    set(&mut engine, "router", "shards", json!([]));
    let moved = watch(&mut engine, 30.0);
    assert_eq!((sharding(&moved).is_moving, moved.stale_reads, moved.errors.len()), (false, 0, 0));
    assert!(node(&measure(&mut engine, 40.0), "db-3-1").arrivals_per_s > 50.0);
}

#[test]
fn a_shard_is_emptied_before_it_is_removed() {
    let mut engine = engine(design(3, 0, &by("consistent_hash"), &json!({})));
    engine.run_until(at_s(5.0));
    set(&mut engine, "router", "shards", json!(["db-1", "db-3"]));
    let moving = watch(&mut engine, 12.0);
    let own = sharding(&moving);
    assert!(!own.is_moving && own.keys_moved == own.keys_to_move && own.keys_moved > 400, "{own:?}");
    assert_eq!(measure(&mut engine, 15.0).errors, []);
    assert_eq!(node(&engine.report(), "db-2").arrivals_per_s, 0.0, "nobody needs it any more");
    edit(&mut engine, Edit::RemoveNode { node: "db-2".into() });
    let after = watch(&mut engine, 20.0);
    assert_eq!((after.errors, after.totals.lost_writes, after.stale_reads), (vec![], 0, 0));
}

#[test]
fn what_goes_with_a_shard_that_was_not_emptied_is_listed() {
    let mut engine = engine(design(3, 0, &by("hash"), &json!({})));
    engine.run_until(at_s(5.0));
    edit(&mut engine, Edit::RemoveNode { node: "db-2".into() });
    let after = watch(&mut engine, 15.0);
    let own = sharding(&after);
    assert!(own.lost_count > 100, "a third of five hundred writes, but for those superseded: {}", own.lost_count);
    assert_eq!((own.lost.len() as u64, after.totals.lost_writes), (own.lost_count, own.lost_count));
    let is_told = |lost: &LostWrite| {
        lost.position.is_some() && lost.version.is_some() && lost.user.is_some() && lost.at_ns.is_some()
    };
    assert!(own.lost.iter().all(is_told), "by key, version, client and time: {:?}", own.lost[0]);
    assert!(!own.is_moving && measure(&mut engine, 20.0).errors.is_empty());
}

#[test]
fn a_dead_shard_stops_the_move_and_its_return_lets_it_go_on() {
    let mut engine = engine(design(4, 0, &by("hash"), &json!({})));
    engine.run_until(at_s(3.0));
    add_shard(&mut engine, "db-5");
    engine.run_until(at_s(4.0));
    crash(&mut engine, "db-5");
    let dead = watch(&mut engine, 8.0);
    let own = sharding(&dead);
    assert!(own.is_moving && own.failed_moves > 2, "{own:?}");
    assert!(matches!(own.move_failure, Some(Reason::ConnectionRefused | Reason::NodeCrashed | Reason::NoPrimary)));
    restart(&mut engine, "db-5");
    let back = watch(&mut engine, 20.0);
    let own = sharding(&back);
    assert!(!own.is_moving && own.keys_moved >= own.keys_to_move, "{own:?}");
    assert_eq!((measure(&mut engine, 25.0).errors, back.stale_reads, back.totals.lost_writes), (vec![], 0, 0));
}

#[test]
fn a_router_that_dies_in_the_middle_goes_on_where_it_was() {
    let mut engine = engine(design(4, 1, &by("hash"), &json!({})));
    engine.run_until(at_s(3.0));
    add_shard(&mut engine, "db-5");
    engine.run_until(at_s(4.0));
    let before = sharding(&engine.report()).keys_moved;
    crash(&mut engine, "router");
    let dead = watch(&mut engine, 5.0);
    assert!(count(&dead, Reason::ConnectionRefused) + count(&dead, Reason::NodeCrashed) > 100);
    assert_eq!(sharding(&engine.report()).keys_moved, before);
    restart(&mut engine, "router");
    let back = watch(&mut engine, 12.0);
    let own = sharding(&back);
    assert!(!own.is_moving && own.keys_moved >= own.keys_to_move, "{own:?}");
    assert_eq!((measure(&mut engine, 15.0).errors, back.stale_reads, back.totals.lost_writes), (vec![], 0, 0));
}

#[test]
fn a_failover_in_the_middle_loses_only_what_it_lists() {
    for (victim, ship_delay) in [("db-1", "0s"), ("db-2", "150ms"), ("db-5", "0s")] {
        let mut document = design(5, 1, &by("hash"), &json!({ "write_weight": 4 }));
        for shard in 1..=5 {
            document = with(document, &format!("db-{shard}"), &[("ship_delay", json!(ship_delay)), ("fall", json!(2))]);
        }
        let document = with(document, "router", &[("shards", json!(["db-1", "db-2", "db-3", "db-4"]))]);
        let mut engine = engine(document);
        engine.run_until(at_s(3.0));
        set(&mut engine, "router", "shards", json!([]));
        engine.run_until(at_s(4.0));
        crash(&mut engine, victim);
        watch(&mut engine, 9.0);
        restart(&mut engine, victim);
        let back = watch(&mut engine, 25.0);
        assert!(!sharding(&back).is_moving, "{victim}: {:?}", sharding(&back));
        assert_eq!(back.clusters.iter().map(|cluster| cluster.promotions).sum::<u64>(), 1);
        assert!(ship_delay == "0s" || back.totals.lost_writes > 0);
        assert_eq!(measure(&mut engine, 30.0).errors, [], "{victim}");
    }
}

#[test]
fn writes_of_a_key_wait_while_it_moves_and_none_is_lost() {
    // One key only, written all the time, over a slow link: the move takes a while.
    let users = json!({ "keys": 1, "read_weight": 1, "write_weight": 1 });
    let mut document = design(2, 0, &json!({ "strategy": "range", "split_points": "1" }), &users);
    for link in document.links.iter_mut().filter(|link| link.from == "router") {
        link.latency = Some(SimDuration::from_millis(100));
    }
    let mut engine = engine(document);
    engine.run_until(at_s(5.0));
    assert_eq!(sharding(&engine.report()).hottest_key, Some(0));
    set(&mut engine, "router", "split_points", json!("0"));
    engine.run_until(at_s(5.3));
    assert!(sharding(&engine.report()).held_writes > 10, "{:?}", sharding(&engine.report()));
    let moved = watch(&mut engine, 6.5);
    assert_eq!((sharding(&moved).keys_moved, sharding(&moved).held_writes), (1, 0));
    // Reads that were on their way to the old home, and writes too, were sent again.
    assert!(count(&moved, Reason::WrongShard) == 0);
    let after = measure(&mut engine, 10.0);
    assert_eq!((after.errors.len(), after.stale_reads), (0, 0));
    assert!(node(&after, "db-2").arrivals_per_s > 250.0 && node(&after, "db-1").arrivals_per_s == 0.0);
}

/// Half of all reads are of one key.
fn celebrity(router: &Value) -> Document {
    let users = json!({ "zipf_exponent": 1.6, "read_weight": 20, "write_weight": 1, "users": 1_500 });
    let router = router.as_object().unwrap().clone();
    let params: Value = json!({ "strategy": "consistent_hash", "move_rate_per_s": 2_000 });
    let params: serde_json::Map<_, _> = params.as_object().unwrap().clone().into_iter().chain(router).collect();
    let mut document = design(4, 0, &Value::Object(params), &users);
    for shard in 1..=4 {
        document = with(document, &format!("db-{shard}"), &[("cores", json!(2))]);
    }
    document
}

fn busiest(figures: &Figures) -> f64 {
    (1..=4).map(|shard| node(figures, &format!("db-{shard}")).utilisation).fold(0.0, f64::max)
}

#[test]
fn a_celebrity_makes_its_shard_hot_and_copies_cool_it() {
    let mut engine = engine(celebrity(&json!({ "hot_keys": "0" })));
    engine.run_until(at_s(5.0));
    let hot = measure(&mut engine, 20.0);
    let own = sharding(&hot);
    assert_eq!(own.hottest_key, Some(0));
    assert!((0.35..0.5).contains(&own.hottest_share.unwrap()), "{own:?}");
    assert!(busiest(&hot) > 0.45, "{}", busiest(&hot));
    set(&mut engine, "router", "hot_key_copies", json!(4));
    engine.run_until(at_s(22.0));
    let cool = watch(&mut engine, 40.0);
    assert_eq!(cool.errors, []);
    assert!(busiest(&cool) < 0.35, "{} after {}", busiest(&cool), busiest(&hot));
    // A write of it is four writes now, and is stale on a copy while it is on its way there.
    let arrivals = |figures: &Figures| (1..=4).map(|n| node(figures, &format!("db-{n}")).arrivals_per_s).sum::<f64>();
    let writes = figures_of_writes(&cool);
    assert_near("arrivals", arrivals(&cool), cool.goodput_per_s + 3.0 * own.hottest_share.unwrap() * writes, 0.05);
    assert!(cool.stale_reads > 0 && (cool.stale_reads as f64) < 0.05 * cool.goodput_per_s * 18.0);
    // Back again: nobody is told any more.
    set(&mut engine, "router", "hot_key_copies", json!(1));
    engine.run_until(at_s(41.0));
    let back = watch(&mut engine, 50.0);
    assert_eq!((back.errors.len(), back.stale_reads), (0, 0));
    assert!(busiest(&back) > 0.45);
}

fn figures_of_writes(figures: &Figures) -> f64 {
    let of = |operation: &&scalescope::observe::OperationFigures| operation.operation.name() == "write";
    figures.operations.iter().find(of).map_or(0.0, |operation| operation.goodput_per_s)
}

#[test]
fn a_celebrity_can_have_a_shard_of_its_own() {
    let mut engine = engine(celebrity(&json!({ "strategy": "hash", "shards": ["db-1", "db-2", "db-3", "db-4"] })));
    engine.run_until(at_s(10.0));
    assert!(busiest(&engine.report()) > 0.45);
    add_shard(&mut engine, "db-5");
    set(&mut engine, "router", "directory", json!("0: db-5"));
    set(&mut engine, "router", "strategy", json!("directory"));
    let moved = watch(&mut engine, 12.0);
    let own = sharding(&moved);
    assert_eq!((own.keys_to_move, own.keys_moved, own.is_moving), (1, 1, false), "this key alone");
    let after = watch(&mut engine, 30.0);
    assert_eq!((after.errors.len(), after.stale_reads), (0, 0));
    assert!(busiest(&after) < 0.25 && node(&after, "db-5").utilisation > 0.05, "{}", busiest(&after));
}

#[test]
fn a_copy_that_dies_is_not_missed_and_is_filled_anew() {
    let mut engine = engine(celebrity(&json!({ "hot_keys": "0-2", "hot_key_copies": 3 })));
    engine.run_until(at_s(3.0));
    let home = |engine: &mut Engine| {
        let figures = engine.report();
        let hottest = (1..=4).max_by(|a, b| {
            let share = |n: &i32| sharding(&figures).shards[(*n - 1) as usize].share;
            share(a).total_cmp(&share(b))
        });
        format!("db-{}", hottest.unwrap())
    };
    let home = home(&mut engine);
    let other = (1..=4).map(|n| format!("db-{n}")).find(|id| *id != home).unwrap();
    crash(&mut engine, &other);
    let dead = watch(&mut engine, 8.0);
    assert!(dead.errors_per_s < 60.0, "the celebrity is still read: {:?}", dead.errors);
    restart(&mut engine, &other);
    engine.run_until(at_s(12.0));
    let back = watch(&mut engine, 25.0);
    assert_eq!(back.errors, []);
    assert!(!sharding(&back).is_moving, "{:?}", sharding(&back));
    assert!((back.stale_reads as f64) < 0.05 * back.goodput_per_s * 13.0, "{}", back.stale_reads);
    crash(&mut engine, "router");
    engine.run_until(at_s(26.0));
    restart(&mut engine, "router");
    watch(&mut engine, 35.0);
    assert!(!sharding(&engine.report()).is_moving);
    assert_eq!(measure(&mut engine, 40.0).errors, []);
}

#[test]
fn a_full_router_refuses_and_a_dead_one_too() {
    let router = json!({ "cores": 1, "service": "10ms", "queue_limit": 5 });
    let mut engine = engine(design(2, 0, &router, &json!({})));
    engine.run_until(at_s(2.0));
    let full = measure(&mut engine, 10.0);
    assert!(count(&full, Reason::QueueFull) > 1_000, "{:?}", full.errors);
    assert_near("all it can do", full.goodput_per_s, 100.0, 0.05);
    assert!(node(&full, "router").utilisation > 0.98);
    crash(&mut engine, "router");
    engine.run_until(at_s(11.0));
    let dead = measure(&mut engine, 15.0);
    assert_eq!((dead.goodput_per_s, dead.errors[0].0), (0.0, Reason::ConnectionRefused));
    assert_eq!(engine.violations(), Vec::<String>::new());
}

#[test]
fn a_partition_and_a_hung_shard_only_delay_the_move() {
    let mut engine = engine(design(3, 0, &by("hash"), &json!({})));
    engine.run_until(at_s(2.0));
    add_shard(&mut engine, "db-4");
    engine.run_until(at_s(2.5));
    inflict(&mut engine, json!({ "partition": { "from": "router", "to": "db-4" } }));
    watch(&mut engine, 5.0);
    inflict(&mut engine, json!({ "heal_link": { "from": "router", "to": "db-4" } }));
    inflict(&mut engine, json!({ "hang": { "node": "db-2" } }));
    watch(&mut engine, 14.0);
    assert!(sharding(&engine.report()).failed_moves > 0);
    inflict(&mut engine, json!({ "resume": { "node": "db-2" } }));
    let back = watch(&mut engine, 60.0);
    assert!(!sharding(&back).is_moving, "{:?}", sharding(&back));
    let quiet = measure(&mut engine, 70.0);
    assert_eq!((quiet.errors.len(), quiet.stale_reads, quiet.totals.lost_writes), (0, 0, 0));
}

#[test]
fn the_layout_may_change_again_while_keys_are_moving() {
    let document = design(4, 0, &by("hash"), &json!({}));
    let mut engine = engine(document.clone());
    for (at, strategy) in [(2.0, "range"), (3.0, "consistent_hash"), (3.1, "hash"), (4.5, "range"), (6.0, "directory")]
    {
        watch(&mut engine, at);
        set(&mut engine, "router", "strategy", json!(strategy));
    }
    set(&mut engine, "router", "directory", json!("0-99: db-1, 500: db-2"));
    add_shard(&mut engine, "db-5");
    let done = watch(&mut engine, 20.0);
    assert!(!sharding(&done).is_moving, "{:?}", sharding(&done));
    let after = measure(&mut engine, 25.0);
    assert_eq!((after.errors.len(), after.stale_reads), (0, 0));
    let replayed = Engine::replay(document, engine.journal(), engine.now()).unwrap();
    assert_eq!(replayed.state_hash(), engine.state_hash());
}

#[test]
fn a_database_with_data_can_become_the_first_shard() {
    let document = json!({ "version": 1, "name": "grown", "nodes": [
        { "id": "users", "kind": "users", "params": { "keys": 500, "write_weight": 5, "static_weight": 0 } },
        { "id": "lb", "kind": "load_balancer" }, { "id": "web", "kind": "web_server" },
        { "id": "db-1", "kind": "database" }, { "id": "db-2", "kind": "database" }
    ], "links": [ { "from": "users", "to": "lb" }, { "from": "lb", "to": "web" }, { "from": "web", "to": "db-1" } ] });
    let mut engine = engine(Document::read(&document.to_string()).unwrap());
    engine.run_until(at_s(10.0));
    edit(&mut engine, Edit::RemoveNode { node: "web".into() });
    let add = |engine: &mut Engine, id: &str, kind: &str, links: &[(&str, &str)]| {
        let node =
            Node { id: id.into(), label: None, position: None, region: None, kind: NodeKind::by_name(kind).unwrap() };
        let link = |(from, to): &(&str, &str)| Link { from: (*from).into(), to: (*to).into(), ..Link::default() };
        let links = links.iter().map(link).collect();
        engine.command(Command::Edit(Edit::AddNode { node: Box::new(node), links, records: Vec::new() }))
    };
    let refused = add(&mut engine, "web", "web_server", &[("lb", "web"), ("web", "db-1"), ("web", "db-2")]);
    assert!(refused.is_err(), "no record may have two homes");
    add(&mut engine, "router", "shard_router", &[("router", "db-1"), ("router", "db-2")]).unwrap();
    let past = add(&mut engine, "web", "web_server", &[("lb", "web"), ("web", "db-1")]).unwrap_err();
    assert!(past.to_string().contains("goes past `router`"), "{past}");
    add(&mut engine, "web", "web_server", &[("lb", "web"), ("web", "router")]).unwrap();
    let grown = watch(&mut engine, 20.0);
    let own = sharding(&grown);
    // Half of those that were written are at home elsewhere now.
    assert!(own.keys_moved > 80 && own.keys_moved == own.keys_to_move && !own.is_moving, "{own:?}");
    assert_eq!((grown.stale_reads, grown.totals.lost_writes), (0, 0));
    // Without its router each shard is a database like others.
    edit(&mut engine, Edit::RemoveNode { node: "router".into() });
    assert_eq!(engine.violations(), Vec::<String>::new());
}

#[test]
fn what_does_not_fit_is_refused_with_a_remedy() {
    let read = |router: Value| {
        let mut document = design(2, 1, &json!({}), &json!({}));
        let entry = document.nodes.iter_mut().find(|node| node.id == "router").unwrap();
        for (name, value) in router.as_object().unwrap() {
            entry.kind.set(name, value.clone()).map_err(|problems| problems.to_string())?;
        }
        document.check().map_err(|problems| problems.to_string())
    };
    assert_eq!(read(json!({ "shards": ["db-2-1", "db-1"], "directory": "0: db-1-1" })), Ok(()));
    for (router, what) in [
        (json!({ "shards": ["web"] }), "`web` is not behind `router`"),
        (json!({ "directory": "0: nobody" }), "`nobody` is not behind"),
        (json!({ "directory": "0" }), "`` is not behind"),
        (json!({ "hot_keys": "0: db-1" }), "keys alone"),
        (json!({ "split_points": "0-5" }), "single keys"),
        (json!({ "split_points": "5, 3" }), "does not come after"),
        (json!({ "hot_keys": "many" }), "is not a range of keys"),
        (json!({ "virtual_nodes": 0 }), "out of range"),
    ] {
        let problem = read(router).unwrap_err();
        assert!(problem.contains(what), "{problem}");
    }
}

/// Nothing but one operation, of six records each.
pub fn only(operation: &str, more: &Value) -> Value {
    let mut users = json!({ "read_weight": 0, "write_weight": 0, "users": 500, "rate_per_user_per_s": 0.2,
        "query_records": 5, "range_records": 6, "aggregate_records": 6, "transaction_writes": 4 });
    users[operation] = json!(1);
    users.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    users
}

#[test]
fn what_touches_several_shards_takes_as_long_as_the_slowest() {
    for operation in ["query_weight", "range_weight", "aggregate_weight", "traversal_weight"] {
        let p50 = [1, 5].map(|shards| {
            let mut engine = engine(design(shards, 0, &by("hash"), &only(operation, &json!({}))));
            engine.run_until(at_s(2.0));
            let figures = watch(&mut engine, 12.0);
            assert_eq!(figures.errors, [], "{operation}");
            let asked: f64 = (1..=shards).map(|n| node(&figures, &format!("db-{n}")).arrivals_per_s).sum();
            let parts = asked / figures.goodput_per_s;
            assert!(if shards == 1 { (parts - 1.0).abs() < 0.02 } else { parts > 2.5 }, "{operation}: {parts}");
            figures.latency.p50_s
        });
        assert!(p50[1] > p50[0] + 0.001, "{operation}: the slowest of several is slower than one: {p50:?}");
    }
    // Neighbours are together where keys are split by ranges.
    let mut engine = engine(design(4, 0, &by("range"), &only("range_weight", &json!({}))));
    let figures = watch(&mut engine, 10.0);
    let asked: f64 = (1..=4).map(|n| node(&figures, &format!("db-{n}")).arrivals_per_s).sum();
    assert!(asked < figures.goodput_per_s * 1.05);
}

#[test]
fn a_dead_shard_fails_what_needs_it() {
    let mut engine = engine(design(4, 0, &by("hash"), &only("query_weight", &json!({}))));
    engine.run_until(at_s(2.0));
    crash(&mut engine, "db-2");
    let dead = watch(&mut engine, 8.0);
    let refused = count(&dead, Reason::ConnectionRefused) as f64 / 6.0;
    // Five of six records elsewhere: 1 − (3/4)^6 of all queries.
    assert_near("failed", refused / dead.offered_per_s, 0.82, 0.15);
}

#[test]
fn a_transaction_over_shards_is_promised_and_then_committed() {
    let mut engine = engine(design(4, 1, &by("hash"), &only("transaction_weight", &json!({ "keys": 100_000 }))));
    engine.run_until(at_s(2.0));
    let figures = watch(&mut engine, 12.0);
    assert_eq!(figures.errors, []);
    let own = sharding(&figures);
    assert!(own.committed as f64 > 0.9 * figures.goodput_per_s * 12.0, "most touch several: {own:?}");
    assert!(own.aborted == 0 && own.open_transactions < 20);
    let written: u64 = (1..=4).map(|n| node(&figures, &format!("db-{n}")).log_position.unwrap()).sum();
    assert_near("four writes each", written as f64, figures.totals.answered as f64 * 4.0, 0.03);
    let mut alone = crate::support::engine(design(1, 1, &by("hash"), &only("transaction_weight", &json!({}))));
    alone.run_until(at_s(2.0));
    let single = measure(&mut alone, 12.0);
    assert_eq!(sharding(&single).committed, 0, "one shard needs no coordination");
    assert!(figures.latency.p50_s > single.latency.p50_s + 0.003, "the second phase and two syncs more");
    set(&mut engine, "users", "read_weight", json!(1));
    set(&mut engine, "users", "transaction_weight", json!(0));
    watch(&mut engine, 15.0);
    let quiet = engine.report();
    assert_eq!(sharding(&quiet).open_transactions, 0);
    assert!((1..=4).all(|n| node(&quiet, &format!("db-{n}")).promised == Some(0)));
}

#[test]
fn locks_make_others_wait_and_deadlocks_end_by_time() {
    let users =
        only("transaction_weight", &json!({ "keys": 12, "zipf_exponent": 0, "write_weight": 1, "timeout": "20s" }));
    let router = json!({ "strategy": "hash", "decision_sync": "100ms", "prepare_timeout": "700ms" });
    let document = with(design(3, 0, &router, &users), "users", &[("rate_per_user_per_s", json!(0.03))]);
    let mut engine = engine(document);
    engine.run_until(at_s(5.0));
    let figures = watch(&mut engine, 25.0);
    let write = figures.operations.iter().find(|operation| operation.operation.name() == "write").unwrap();
    assert!(write.latency.p90_s > 0.1, "writers wait for locks: {:?}", write.latency);
    let own = sharding(&figures);
    assert!(own.aborted > 5 && own.committed > own.aborted, "{own:?}");
    assert!(figures.errors.iter().any(|(reason, _)| *reason == Reason::TransactionAborted), "{:?}", figures.errors);
    set(&mut engine, "users", "rate_per_user_per_s", json!(0.000_001));
    let quiet = watch(&mut engine, 60.0);
    assert_eq!((quiet.totals.in_flight, sharding(&quiet).open_transactions), (0, 0));
    assert!((1..=3).all(|n| node(&quiet, &format!("db-{n}")).promised == Some(0)));
}

#[test]
fn a_participant_that_does_not_answer_lets_the_others_abort() {
    let mut engine = engine(design(
        3,
        0,
        &json!({ "prepare_timeout": "1s" }),
        &only("transaction_weight", &json!({ "keys": 100_000 })),
    ));
    engine.run_until(at_s(2.0));
    inflict(&mut engine, json!({ "hang": { "node": "db-1" } }));
    let hung = watch(&mut engine, 8.0);
    assert!(count(&hung, Reason::TransactionAborted) > 100, "{:?}", hung.errors);
    inflict(&mut engine, json!({ "resume": { "node": "db-1" } }));
    watch(&mut engine, 14.0);
    let back = measure(&mut engine, 20.0);
    assert_eq!(back.errors, []);
    crash(&mut engine, "db-1");
    let dead = watch(&mut engine, 24.0);
    assert!(count(&dead, Reason::ConnectionRefused) > 100, "{:?}", dead.errors);
    restart(&mut engine, "db-1");
    watch(&mut engine, 30.0);
    assert_eq!(measure(&mut engine, 35.0).errors, []);
}

#[test]
fn a_coordinator_that_dies_between_the_phases_leaves_the_shards_in_doubt() {
    let router = json!({ "decision_sync": "500ms", "prepare_timeout": "3s" });
    let mut engine = engine(design(3, 0, &router, &only("transaction_weight", &json!({ "keys": 100_000 }))));
    engine.run_until(at_s(3.0));
    crash(&mut engine, "router");
    engine.run_until(at_s(4.0));
    let promised = |engine: &Engine| -> Vec<u64> {
        let figures = engine.report();
        (1..=3).map(|n| node(&figures, &format!("db-{n}")).promised.unwrap()).collect()
    };
    let in_doubt = promised(&engine);
    assert!(in_doubt.iter().all(|count| *count > 10), "{in_doubt:?}");
    watch(&mut engine, 10.0);
    assert_eq!(promised(&engine), in_doubt, "nobody but the coordinator can tell how they end");
    // Not even a crash of their own frees them.
    crash(&mut engine, "db-2");
    restart(&mut engine, "db-2");
    assert_eq!(promised(&engine), in_doubt);
    let before = sharding(&engine.report()).committed;
    set(&mut engine, "users", "read_weight", json!(1));
    set(&mut engine, "users", "transaction_weight", json!(0));
    restart(&mut engine, "router");
    let back = watch(&mut engine, 14.0);
    assert_eq!((promised(&engine), sharding(&back).open_transactions), (vec![0; 3], 0));
    let (own, in_doubt) = (sharding(&back), in_doubt[0]);
    assert!(own.aborted + 5 >= in_doubt && own.committed <= before + 5, "{own:?} {before} {in_doubt}");
}

#[test]
fn keys_move_between_transactions() {
    let users = only("transaction_weight", &json!({ "keys": 300, "read_weight": 2 }));
    let mut engine = engine(design(3, 0, &by("hash"), &users));
    engine.run_until(at_s(3.0));
    add_shard(&mut engine, "db-4");
    let moved = watch(&mut engine, 12.0);
    let own = sharding(&moved);
    assert!(!own.is_moving && own.keys_moved > 150, "{own:?}");
    assert_eq!((moved.errors.len(), moved.totals.lost_writes), (0, 0), "{:?}", moved.errors);
    set(&mut engine, "router", "strategy", json!("consistent_hash"));
    engine.run_until(at_s(12.3));
    crash(&mut engine, "router");
    watch(&mut engine, 13.0);
    restart(&mut engine, "router");
    watch(&mut engine, 25.0);
    assert!(!sharding(&engine.report()).is_moving);
    assert_eq!(measure(&mut engine, 28.0).errors, []);
    // Without its coordinator, nobody keeps a lock.
    edit(&mut engine, Edit::RemoveNode { node: "router".into() });
    assert_eq!(engine.violations(), Vec::<String>::new());
}

#[test]
fn the_scenario_shows_a_hot_shard_and_its_cure() {
    let mut engine = engine(crate::support::scenario("sharded"));
    engine.run_until(at_s(10.0));
    let busiest =
        |figures: &Figures| (1..=5).map(|n| node(figures, &format!("db-{n}")).utilisation).fold(0.0, f64::max);
    let hot = measure(&mut engine, 60.0);
    assert!(busiest(&hot) > 0.6 && node(&hot, "db-1").utilisation < 0.4, "{}", busiest(&hot));
    engine.run_until(at_s(65.0));
    let cool = measure(&mut engine, 120.0);
    assert!(busiest(&cool) < 0.6 * busiest(&hot), "{} after {}", busiest(&cool), busiest(&hot));
    engine.run_until(at_s(155.0));
    let joined = measure(&mut engine, 165.0);
    assert!(
        node(&joined, "db-5").arrivals_per_s > 20.0 && !sharding(&joined).is_moving,
        "{:?} {:?}",
        node(&joined, "db-5"),
        sharding(&joined)
    );
    assert_eq!((engine.complaints(), joined.totals.failed, joined.totals.lost_writes), (&[][..], 0, 0));
}
