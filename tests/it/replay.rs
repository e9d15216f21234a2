//! The same seed, document and journal are the same run.

use scalescope::base::SimTime;
use scalescope::engine::Engine;
use scalescope::model::{Edit, NodeKind};
use serde_json::json;

use crate::support::{SCENARIOS, at_s, crash, edit, engine, restart, scenario, with};

fn hash_after(document: scalescope::model::Document, seconds: f64) -> u64 {
    let mut engine = engine(document);
    engine.run_until(at_s(seconds));
    engine.state_hash()
}

#[test]
fn a_seed_gives_one_run() {
    for name in SCENARIOS {
        let first = hash_after(scenario(name), 10.0);
        assert_eq!(first, hash_after(scenario(name), 10.0), "{name}");
        let mut other = scenario(name);
        other.seed += 1;
        assert_ne!(first, hash_after(other, 10.0), "{name}: another seed must be another run");
    }
}

#[test]
fn how_the_clock_is_advanced_does_not_matter() {
    let mut whole = engine(scenario("cdn"));
    whole.run_until(at_s(5.0));
    let mut pieces = engine(scenario("cdn"));
    while pieces.now() < at_s(5.0) {
        let target = (pieces.now() + scalescope::base::SimDuration::from_millis(3)).min(at_s(5.0));
        pieces.advance(target, 7);
        // Looking does not touch.
        pieces.figures();
        pieces.set_hop_budget(100);
        pieces.take_hops(&mut Vec::new());
    }
    pieces.run_until(at_s(5.0));
    assert_eq!(whole.state_hash(), pieces.state_hash());
}

/// A session with interventions of every sort.
fn session() -> Engine {
    let mut engine = engine(with(scenario("cdn"), "users", &[("users", json!(5_000))]));
    engine.run_until(at_s(2.0));
    crash(&mut engine, "web-1");
    engine.run_until(at_s(4.0));
    let one_more = Edit::one_more_like(engine.document(), "web-2").unwrap();
    edit(&mut engine, one_more);
    engine.advance(at_s(6.0), 1_234);
    crash(&mut engine, "db-1");
    engine.run_until(at_s(11.0));
    restart(&mut engine, "db-1");
    restart(&mut engine, "web-1");
    edit(&mut engine, Edit::Set { node: "users".into(), param: "users".into(), value: json!(9_000) });
    engine.run_until(at_s(13.0));
    edit(&mut engine, Edit::RemoveNode { node: "web-2".into() });
    engine.run_until(at_s(15.0));
    engine
}

#[test]
fn the_journal_replays_the_session() {
    let played = session();
    assert_eq!(played.journal().len(), 7);
    let original = with(scenario("cdn"), "users", &[("users", json!(5_000))]);
    let text = serde_json::to_string(played.journal()).unwrap();
    let journal: Vec<_> = serde_json::from_str(&text).unwrap();
    let replayed = Engine::replay(original, &journal, played.now()).unwrap();
    assert_eq!(played.state_hash(), replayed.state_hash());
    assert_eq!(played.document(), replayed.document());
}

#[test]
fn a_clone_is_a_checkpoint() {
    let mut engine = session();
    let mut checkpoint = engine.clone();
    engine.run_until(at_s(20.0));
    checkpoint.run_until(at_s(20.0));
    assert_eq!(engine.state_hash(), checkpoint.state_hash());
}

/// Two designs under one seed see the same arrivals.
#[test]
fn the_design_does_not_change_what_users_do() {
    let offered = |name: &str| {
        let mut engine = engine(scenario(name));
        engine.run_until(at_s(20.0));
        engine.report().totals.offered
    };
    let single = offered("single-server");
    assert!(single > 1_000);
    for name in SCENARIOS {
        assert_eq!(offered(name), single, "{name}");
    }
}

#[test]
fn nothing_happens_after_never() {
    let mut document = scenario("single-server");
    for node in &mut document.nodes {
        if let NodeKind::Users(users) = &mut node.kind {
            users.rate_per_user_per_s = 1e-6;
            users.users = 1;
        }
    }
    let mut engine = engine(document);
    engine.run_until(SimTime::from_nanos(1_000_000_000_000));
    assert_eq!(engine.now(), SimTime::from_nanos(1_000_000_000_000));
}
