//! Users who read again what they have written, in open and in closed loop, and what they see.

use scalescope::engine::Engine;
use scalescope::model::{Document, Edit};
use scalescope::observe::Operation;
use serde_json::{Value, json};

use crate::support::{assert_near, at_s, edit, engine, inflict, measure, node, run, set};

/// Writers on one server, which reads from a replica: it lags by 500 ms.
fn document(users: &Value) -> Document {
    let mut params = json!({
        "users": 200, "rate_per_user_per_s": 0.5, "static_weight": 0, "read_weight": 0, "write_weight": 1,
        "keys": 1_000_000, "zipf_exponent": 0, "read_back_share": 1,
    });
    for (name, value) in users.as_object().expect("parameters") {
        params[name] = value.clone();
    }
    let database = |id: &str, role: &str| json!({ "id": id, "kind": "database", "params": { "role": role, "ship_delay": "500ms", "cores": 64, "service_shape": "constant" } });
    let link = |from: &str, to: &str, latency: &str| json!({ "from": from, "to": to, "latency": latency });
    let document = json!({
        "version": 1, "name": "read back", "seed": 11,
        "nodes": [
            { "id": "users", "kind": "users", "params": params },
            { "id": "web", "kind": "web_server", "params": { "cores": 64, "workers": 10_000, "service_shape": "constant" } },
            database("db-1", "primary"), database("db-2", "replica"),
        ],
        "links": [link("users", "web", "20ms"), link("web", "db-1", "1ms"), link("web", "db-2", "1ms"), link("db-1", "db-2", "1ms")],
    });
    Document::read(&document.to_string()).unwrap_or_else(|problems| panic!("{problems}"))
}

/// Goodput of one operation.
fn goodput(figures: &scalescope::observe::Figures, operation: Operation) -> f64 {
    figures.operations.iter().find(|own| own.operation == operation).map_or(0.0, |own| own.goodput_per_s)
}

#[test]
fn the_share_that_is_asked_for_reads_back() {
    for share in [0.0, 0.25, 1.0] {
        for after in ["0s", "2s"] {
            let figures = run(document(&json!({ "read_back_share": share, "read_back_after": after })), 20.0, 220.0);
            let (writes, reads) = (goodput(&figures, Operation::Write), goodput(&figures, Operation::Read));
            assert_near("writes", writes, 100.0, 0.05);
            assert!((reads / writes - share).abs() < 0.02, "{reads} reads for {writes} writes, {share} after {after}");
            assert_eq!(figures.totals.failed, 0);
        }
    }
}

#[test]
fn who_looks_at_once_sees_the_old_value_and_who_waits_the_new_one() {
    let stale = |after: &str| {
        let figures = run(document(&json!({ "read_back_after": after })), 10.0, 60.0);
        figures.stale_reads as f64 / figures.window_s / goodput(&figures, Operation::Read)
    };
    assert!(stale("0s") > 0.99, "the write is still on its way to the replica");
    assert!(stale("400ms") > 0.99);
    assert!(stale("2s") < 0.01, "it has been there for long");
}

#[test]
fn reading_back_shifts_nothing_of_what_users_do_otherwise() {
    let writes = |share: f64| {
        let mut engine = engine(document(&json!({ "read_back_share": share })));
        engine.run_until(at_s(30.0));
        let figures = engine.report();
        let writes = figures.operations.iter().find(|own| own.operation == Operation::Write).unwrap().latency.count;
        (writes, node(&figures, "db-1").log_position)
    };
    assert_eq!(writes(0.0), writes(0.5));
    assert_eq!(writes(0.0), writes(1.0));
}

#[test]
fn in_a_closed_loop_it_comes_before_the_next_thought() {
    let users = |after: &str| json!({ "users": 50, "loop_kind": "closed", "think_time": "1s", "think_shape": "constant", "read_back_after": after });
    let figures = run(document(&users("0s")), 10.0, 110.0);
    let (writes, reads) = (goodput(&figures, Operation::Write), goodput(&figures, Operation::Read));
    assert_near("reads", reads, writes, 0.01);
    // A turn is a thought, a write and a read.
    let turn_s = 1.0 + 2.0 * figures.latency.mean_s;
    assert_near("turns", writes, 50.0 / turn_s, 0.02);
    let figures = run(document(&users("3s")), 10.0, 110.0);
    assert_near("turns with a pause", goodput(&figures, Operation::Write), 50.0 / (turn_s + 3.0), 0.03);
}

#[test]
fn changes_and_crashes_in_the_middle_lose_nobody() {
    let users = json!({ "users": 100, "loop_kind": "closed", "think_time": "500ms", "read_back_after": "1h" });
    let mut engine = engine(document(&users));
    engine.run_until(at_s(20.0));
    assert!(measure(&mut engine, 30.0).offered_per_s < 0.5, "all wait for an hour");
    set(&mut engine, "users", "read_back_after", json!("1s"));
    engine.run_until(at_s(40.0));
    let healthy = measure(&mut engine, 60.0);
    assert!(healthy.goodput_per_s > 100.0, "{}", healthy.goodput_per_s);
    for (fault, until) in
        [(json!({ "crash": { "node": "web" } }), 65.0), (json!({ "restart": { "node": "web" } }), 70.0)]
    {
        inflict(&mut engine, fault);
        engine.run_until(at_s(until));
        assert_eq!(engine.violations(), Vec::<String>::new());
    }
    set(&mut engine, "users", "loop_kind", json!("open"));
    set(&mut engine, "users", "read_back_after", json!("0s"));
    engine.run_until(at_s(90.0));
    set(&mut engine, "users", "loop_kind", json!("closed"));
    engine.run_until(at_s(100.0));
    assert_near("as before", measure(&mut engine, 120.0).goodput_per_s, 2.0 * 100.0 / 0.6, 0.1);
    assert_replays(&engine, &document(&users));
}

#[test]
fn a_population_that_goes_takes_its_plans_with_it() {
    let mut design = document(&json!({ "read_back_after": "10s" }));
    let second: Document = document(&json!({}));
    let mut others = second.nodes[0].clone();
    others.id = "others".to_owned();
    design.nodes.push(others);
    let link = json!({ "from": "others", "to": "web", "latency": "20ms" });
    design.links.push(serde_json::from_value(link).unwrap());
    let mut engine = engine(design.clone());
    engine.run_until(at_s(15.0));
    edit(&mut engine, Edit::RemoveNode { node: "users".into() });
    engine.run_until(at_s(40.0));
    assert_eq!(engine.violations(), Vec::<String>::new());
    assert_replays(&engine, &design);
}

fn assert_replays(played: &Engine, document: &Document) {
    let replayed = Engine::replay(document.clone(), played.journal(), played.now()).unwrap();
    assert_eq!(played.state_hash(), replayed.state_hash());
}
