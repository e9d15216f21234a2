//! Designs that change while they run: from nothing to a system and back, and everything undone.

use scalescope::engine::Engine;
use scalescope::model::{Command, Document, Edit, Link, Node, NodeKind, Position, Tier};
use scalescope::observe::{Reason, Role};
use serde_json::json;

use crate::support::{SCENARIOS, at_s, count, crash, edit, engine, measure, node, scenario};

fn new(id: &str, kind: &str) -> Edit {
    let kind = NodeKind::by_name(kind).unwrap();
    let node = Node { id: id.to_owned(), label: None, position: None, region: None, kind };
    Edit::AddNode { node: Box::new(node), links: Vec::new(), records: Vec::new() }
}

fn link(from: &str, to: &str) -> Edit {
    Edit::AddLink { link: Link { from: from.to_owned(), to: to.to_owned(), ..Link::default() } }
}

fn replica(id: &str, role: &str) -> Edit {
    Edit::Set { node: id.to_owned(), param: "role".to_owned(), value: json!(role) }
}

fn many(edits: Vec<Edit>) -> Edit {
    Edit::Many { edits }
}

/// Goes back to `document`, as undoing does.
fn undo(engine: &mut Engine, document: &Document) {
    let edits = engine.document().edits_to(document);
    edit(engine, many(edits));
    assert_eq!(engine.document(), document);
}

#[test]
fn every_design_can_become_every_other_and_nothing_at_all() {
    let designs = || SCENARIOS.into_iter().map(scenario).chain([Document::empty()]);
    for from in designs() {
        for to in designs() {
            let reached = from.edited(&many(from.edits_to(&to))).unwrap_or_else(|found| panic!("{found}"));
            let expected = Document { seed: from.seed, description: from.description.clone(), ..to };
            assert_eq!(reached, expected);
            assert!(reached.edits_to(&expected).is_empty());
        }
    }
}

#[test]
fn what_is_only_drawn_is_kept_and_leaves_the_run_alone() {
    let mut engine = engine(scenario("cached"));
    engine.run_until(at_s(3.0));
    let (before, hash) = (engine.document().clone(), engine.state_hash());
    let place = Edit::Place { node: "web-1".to_owned(), position: Some(Position { x: -40.0, y: 8.0 }) };
    let label = Edit::Label { node: "web-1".to_owned(), label: Some("Front".to_owned()) };
    let tiers = vec![Tier { label: "Web".to_owned(), nodes: vec!["web-1".to_owned(), "web-2".to_owned()] }];
    edit(&mut engine, many(vec![place, label, Edit::SetTiers { tiers }, Edit::Name { name: "Mine".to_owned() }]));
    assert_eq!(engine.state_hash(), hash);
    let text = engine.document().to_json();
    assert_eq!(&Document::read(&text).unwrap(), engine.document());
    edit(&mut engine, Edit::RemoveNode { node: "web-1".to_owned() });
    assert_eq!(engine.document().tiers[0].nodes, ["web-2"]);
    undo(&mut engine, &before);
}

#[test]
fn a_system_is_built_from_nothing_while_it_runs() {
    let mut engine = engine(Document::empty());
    engine.run_until(at_s(1.0));
    edit(&mut engine, new("users", "users"));
    assert!(engine.document().check_use().is_err(), "users without a site are no system yet");
    let figures = measure(&mut engine, 3.0);
    assert!(count(&figures, Reason::NoRoute) > 50, "{:?}", figures.errors);
    edit(&mut engine, new("web-1", "web_server"));
    edit(&mut engine, link("users", "web-1"));
    let figures = measure(&mut engine, 6.0);
    assert!(figures.throughput_per_s > 50.0 && count(&figures, Reason::NoRoute) <= 1);
    for (id, kind) in [("cache-1", "cache"), ("db-1", "database"), ("db-2", "database")] {
        edit(&mut engine, new(id, kind));
        engine.run_until(engine.now() + scalescope::base::SimDuration::from_millis(50));
    }
    edit(&mut engine, link("web-1", "cache-1"));
    let figures = measure(&mut engine, 8.0);
    assert!(count(&figures, Reason::NoPrimary) > 10, "a cache with nothing behind it: {:?}", figures.errors);
    for to in ["cache-1", "web-1"] {
        edit(&mut engine, link(to, "db-1"));
    }
    edit(&mut engine, many(vec![replica("db-2", "replica"), link("db-1", "db-2")]));
    engine.run_until(at_s(12.0));
    let figures = measure(&mut engine, 15.0);
    assert_eq!(figures.errors, []);
    assert!(node(&figures, "db-1").log_position > Some(0));
    assert_eq!(node(&figures, "db-2").role, Some(Role::Replica));
    assert_eq!(engine.document().check_use(), Ok(()));
    assert_eq!(engine.violations(), Vec::<String>::new());
    let whole = engine.document().clone();
    for id in ["users", "db-1", "db-2", "web-1", "cache-1"] {
        edit(&mut engine, Edit::RemoveNode { node: id.to_owned() });
        engine.run_until(engine.now() + scalescope::base::SimDuration::from_secs(1));
    }
    assert!(engine.document().nodes.is_empty());
    assert_eq!(engine.figures().totals.in_flight, 0);
    undo(&mut engine, &whole);
    engine.run_until(at_s(24.0));
    let figures = measure(&mut engine, 26.0);
    assert_eq!(figures.errors, []);
    let (stale, answered) = (figures.totals.stale_reads as f64, figures.throughput_per_s * 2.0);
    assert!(stale < answered / 10.0, "what went with the stores is not asked for: {stale} of {answered}");
    assert_eq!(engine.violations(), Vec::<String>::new());
    let again = Engine::replay(Document::empty(), engine.journal(), engine.now()).unwrap();
    assert_eq!(again.state_hash(), engine.state_hash());
}

#[test]
fn a_link_that_is_cut_carries_no_more_and_one_that_is_drawn_again_does() {
    let mut engine = engine(scenario("load-balanced"));
    engine.run_until(at_s(4.0));
    edit(&mut engine, Edit::RemoveLink { from: "lb-1".to_owned(), to: "web-1".to_owned() });
    engine.run_until(at_s(5.0));
    let figures = measure(&mut engine, 8.0);
    assert!(node(&figures, "web-1").completions_per_s < 1e-9 && node(&figures, "web-2").completions_per_s > 50.0);
    edit(&mut engine, link("lb-1", "web-1"));
    let figures = measure(&mut engine, 12.0);
    assert!(node(&figures, "web-1").completions_per_s > 20.0);
    assert_eq!(engine.violations(), Vec::<String>::new());
}

#[test]
fn a_removed_primary_that_is_put_back_copies_the_one_that_took_its_place() {
    let mut engine = engine(scenario("replicated"));
    engine.run_until(at_s(5.0));
    let before = engine.document().clone();
    edit(&mut engine, Edit::RemoveNode { node: "db-1".to_owned() });
    engine.run_until(at_s(12.0));
    undo(&mut engine, &before);
    engine.run_until(at_s(30.0));
    let figures = measure(&mut engine, 32.0);
    assert_eq!(figures.errors, []);
    assert_eq!(node(&figures, "db-2").role, Some(Role::Primary), "it has the data");
    assert_eq!(node(&figures, "db-1").role, Some(Role::Replica));
    let ends = ["db-1", "db-2"].map(|id| node(&figures, id).log_position.unwrap());
    assert!(ends[0] > 100 && ends[0].abs_diff(ends[1]) <= 2, "{ends:?}");
    assert_eq!(engine.violations(), Vec::<String>::new());
}

#[test]
fn a_replica_that_is_parted_from_its_primary_begins_anew_on_its_own() {
    let mut engine = engine(scenario("replicated"));
    engine.run_until(at_s(5.0));
    let part = Edit::RemoveLink { from: "db-1".to_owned(), to: "db-2".to_owned() };
    let refused = engine.command(Command::Edit(part.clone())).unwrap_err().to_string();
    assert!(refused.contains("exactly one primary"), "{refused}");
    let mut edits = vec![part, replica("db-2", "primary")];
    for web in ["web-1", "web-2"] {
        edits.push(Edit::RemoveLink { from: web.to_owned(), to: "db-2".to_owned() });
    }
    edit(&mut engine, many(edits));
    engine.run_until(at_s(7.0));
    let figures = measure(&mut engine, 9.0);
    assert_eq!(figures.errors, []);
    assert_eq!(node(&figures, "db-2").log_position, Some(0), "it was a copy, and is nothing now");
    crash(&mut engine, "db-1");
    engine.run_until(at_s(15.0));
    assert_eq!(node(&engine.figures(), "db-2").log_position, Some(0), "nobody promotes it to what it is no part of");
    assert_eq!(engine.violations(), Vec::<String>::new());
}

#[test]
fn a_schedule_that_is_replaced_while_it_runs_does_only_what_is_still_to_come() {
    let schedule: Vec<scalescope::model::Scheduled> = serde_json::from_value(json!([
        { "at": "1s", "command": { "fault": { "crash": { "node": "web-2" } } } },
        { "at": "6s", "command": { "fault": { "crash": { "node": "web-1" } } } },
    ]))
    .unwrap();
    let mut engine = engine(scenario("load-balanced"));
    engine.run_until(at_s(3.0));
    edit(&mut engine, Edit::SetSchedule { schedule });
    engine.run_until(at_s(5.0));
    assert!(engine.figures().nodes.iter().all(|node| node.is_up), "what is past is past");
    engine.run_until(at_s(7.0));
    let figures = engine.figures();
    assert!(!node(&figures, "web-1").is_up && node(&figures, "web-2").is_up);
    let again = Engine::replay(scenario("load-balanced"), engine.journal(), engine.now()).unwrap();
    assert_eq!(again.state_hash(), engine.state_hash());
}
