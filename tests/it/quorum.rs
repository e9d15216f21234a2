//! The leaderless store: quorums, what is stale and what is in doubt, repairs, members that come and go.

use scalescope::base::SimDuration;
use scalescope::engine::Engine;
use scalescope::model::{Document, Edit};
use scalescope::observe::{Figures, Operation, QuorumFigures, Reason};
use serde_json::{Value, json};

use crate::support::{at_s, count, crash, edit, engine, inflict, measure, node, restart, set, with};

/// Users, a web server and `stores` nodes of one store, each linked to every other, over links of varying delay.
pub fn design(stores: usize, params: &Value, users: &Value) -> Document {
    let mut people = json!({
        "users": 1_000, "rate_per_user_per_s": 0.5, "static_weight": 0, "read_weight": 1, "write_weight": 1, "keys": 200,
        "zipf_exponent": 0.6, "timeout": "30s",
    });
    for (name, value) in users.as_object().unwrap() {
        people[name] = value.clone();
    }
    let front = json!({ "cores": 64, "workers": 10_000, "read_service": "1ms", "write_service": "1ms" });
    let mut nodes = vec![
        json!({ "id": "users", "kind": "users", "params": people }),
        json!({ "id": "web", "kind": "web_server", "params": front }),
    ];
    let mut links = vec![json!({ "from": "users", "to": "web", "latency": "5ms" })];
    for i in 1..=stores {
        let mut own = json!({ "cores": 16, "anti_entropy_interval": "0s" });
        for (name, value) in params.as_object().unwrap() {
            own[name] = value.clone();
        }
        nodes.push(json!({ "id": format!("store-{i}"), "kind": "quorum_store", "params": own }));
        let from = |from: &str| json!({ "from": from, "to": format!("store-{i}"), "latency": "3ms", "latency_shape": "exponential" });
        links.push(from("web"));
        links.extend((1..i).map(|other| from(&format!("store-{other}"))));
    }
    let document = json!({ "version": 1, "name": "quorum", "seed": 11, "nodes": nodes, "links": links });
    Document::read(&document.to_string()).unwrap_or_else(|problems| panic!("{problems}"))
}

fn quorum(figures: &Figures) -> &QuorumFigures {
    &figures.quorums[0]
}

fn sound(engine: &Engine) {
    assert_eq!(engine.violations(), Vec::<String>::new());
}

/// Nobody writes any more, and everything under way ends.
pub fn quiet(engine: &mut Engine, until_s: f64) {
    set(engine, "users", "write_weight", json!(0));
    engine.run_until(at_s(until_s));
    sound(engine);
}

/// With R + W > N no read is stale, whatever is written at the same time; with less, some are.
#[test]
fn r_quorum_1_strict_quorums_intersect() {
    let mut tried = 0;
    for (n, r, w) in (1..=5_u32).flat_map(|n| (1..=n).flat_map(move |r| (1..=n).map(move |w| (n, r, w)))) {
        for contacts in ["all", "quorum"] {
            // A lax quorum by the first answers of all misses little, and rarely anything when it is nearly strict.
            if r + w <= n && (contacts == "all" && r + w > 2) {
                continue;
            }
            tried += 1;
            let params = json!({
                "copies": n, "read_quorum": r, "write_quorum": w, "read_contacts": contacts, "write_contacts": contacts,
            });
            let mut engine = engine(design(5, &params, &json!({ "keys": 20 })));
            engine.run_until(at_s(5.0));
            let figures = engine.report();
            let stale = figures.totals.stale_reads;
            assert!(figures.totals.answered > 2_000 && figures.errors.is_empty(), "{:?}", figures.errors);
            assert_eq!(stale == 0, r + w > n, "{:?}: {stale} stale", (n, r, w, contacts));
            assert_eq!(quorum(&figures).stale.is_empty(), stale == 0);
            assert!(quorum(&figures).stale.iter().all(|read| read.version < read.current && read.at_ns > read.lag_ns));
            sound(&engine);
        }
    }
    assert_eq!(tried, 2 * 35 + 20 + 4);
}

/// A strict quorum stays one while members die, return, hang, and are cut off.
#[test]
fn strict_quorums_intersect_through_faults() {
    let mut engine = engine(design(5, &json!({ "timeout": "300ms", "dead_after": "1s" }), &json!({ "keys": 50 })));
    engine.run_until(at_s(3.0));
    crash(&mut engine, "store-2");
    engine.run_until(at_s(6.0));
    inflict(&mut engine, json!({ "hang": { "node": "store-3" } }));
    engine.run_until(at_s(9.0));
    restart(&mut engine, "store-2");
    engine.run_until(at_s(12.0));
    inflict(&mut engine, json!({ "resume": { "node": "store-3" } }));
    inflict(&mut engine, json!({ "partition": { "from": "store-1", "to": "store-4" } }));
    inflict(&mut engine, json!({ "partition": { "from": "store-1", "to": "store-5", "way": "forward" } }));
    engine.run_until(at_s(16.0));
    inflict(&mut engine, json!({ "heal_link": { "from": "store-1", "to": "store-4" } }));
    inflict(&mut engine, json!({ "heal_link": { "from": "store-1", "to": "store-5" } }));
    engine.run_until(at_s(20.0));
    let figures = engine.report();
    assert!(count(&figures, Reason::ConnectionRefused) > 0, "callers notice a death late");
    assert!(count(&figures, Reason::NoQuorum) > 0, "a coordinator that is cut off finds no quorum for some keys");
    assert!(quorum(&figures).in_doubt_count > 0);
    assert_eq!((figures.totals.stale_reads, quorum(&figures).lost_count), (0, 0));
    sound(&engine);
    // All have heard everything at last: what was missed was kept by those who coordinated it.
    quiet(&mut engine, 60.0);
    let figures = engine.figures();
    assert!(figures.nodes.iter().all(|node| node.handoffs.unwrap_or(0) == 0));
    assert_eq!(engine.diverged_copies(), 0);
}

#[test]
fn a_read_needs_the_slowest_of_its_quorum() {
    // Ten copies that take 1 s of which one takes none at all: R = 1 is quick, R = 3 is not.
    let p50 = |read_quorum: u32| {
        let params = json!({ "read_quorum": read_quorum, "write_quorum": 1, "read_service": "0s" });
        let mut document = design(3, &params, &json!({ "write_weight": 0 }));
        for link in &mut document.links {
            let slow = link.from == "store-1" && link.to == "store-2" || link.from == "store-2" && link.to == "store-3";
            link.latency_shape = "constant".parse().unwrap();
            link.latency = Some(if slow { "50ms" } else { "1ms" }.parse().unwrap());
        }
        let mut engine = engine(document);
        engine.run_until(at_s(10.0));
        engine.report().latency.p50_s
    };
    let (one, two, three) = (p50(1), p50(2), p50(3));
    assert!(one < 0.012 && two < 0.015 && three > 0.1, "{one} {two} {three}");
}

#[test]
fn too_few_copies_are_no_quorum() {
    let mut engine = engine(design(3, &json!({ "timeout": "500ms" }), &json!({})));
    engine.run_until(at_s(5.0));
    crash(&mut engine, "store-1");
    engine.run_until(at_s(9.0));
    let one_down = measure(&mut engine, 12.0);
    assert_eq!(one_down.errors, [], "two of three are a quorum");
    crash(&mut engine, "store-2");
    engine.run_until(at_s(16.0));
    let two_down = measure(&mut engine, 20.0);
    assert_eq!(two_down.goodput_per_s, 0.0);
    assert!(count(&two_down, Reason::NoQuorum) > 1_000, "{:?}", two_down.errors);
    // What failed may have reached the copy that is left.
    let doubtful = quorum(&two_down);
    assert!(doubtful.in_doubt_count > 500 && doubtful.lost_count == 0);
    let write = doubtful.in_doubt[0];
    assert!(write.at_ns.unwrap() >= 4_900_000_000 && write.user.is_some());
    restart(&mut engine, "store-1");
    restart(&mut engine, "store-2");
    engine.run_until(at_s(24.0));
    let back = measure(&mut engine, 30.0);
    assert_eq!((back.errors.len(), back.stale_reads), (0, 0));
    sound(&engine);
}

#[test]
fn what_a_copy_has_missed_comes_later() {
    // Each way by itself is enough; without any, what was missed stays missing.
    for (way, read_repair, hints, interval, keeps_up) in [
        ("read repair", "on", "off", "0s", true),
        ("hints", "off", "on", "0s", true),
        ("anti-entropy", "off", "off", "2s", true),
        ("nothing", "off", "off", "0s", false),
    ] {
        let params = json!({
            "read_repair": read_repair, "hinted_handoff": hints, "anti_entropy_interval": interval, "read_quorum": 1, "write_quorum": 1,
        });
        let mut engine = engine(design(4, &params, &json!({ "keys": 100 })));
        engine.run_until(at_s(5.0));
        crash(&mut engine, "store-2");
        engine.run_until(at_s(15.0));
        restart(&mut engine, "store-2");
        quiet(&mut engine, 40.0);
        assert_eq!(engine.diverged_copies() == 0, keeps_up, "{way}: {} differ", engine.diverged_copies());
        let stale = measure(&mut engine, 45.0).stale_reads;
        assert_eq!(stale == 0, keeps_up, "{way}: {stale}");
    }
}

#[test]
fn a_new_member_takes_its_share_and_nothing_is_missed_meanwhile() {
    let mut engine = engine(design(4, &json!({}), &json!({ "keys": 2_000, "zipf_exponent": 0 })));
    engine.run_until(at_s(20.0));
    let one_more = Edit::one_more_like(engine.document(), "store-4").unwrap();
    edit(&mut engine, one_more);
    assert!(quorum(&engine.figures()).is_changing);
    engine.run_until(at_s(30.0));
    let figures = measure(&mut engine, 40.0);
    assert!(!quorum(&figures).is_changing);
    assert_eq!((figures.errors.len(), figures.totals.stale_reads), (0, 0));
    let stored = |id: &str| node(&figures, id).stored_entries.unwrap() as f64;
    let all: f64 = (1..=5).map(|i| stored(&format!("store-{i}"))).sum();
    assert!((all - 6_000.0).abs() < 60.0, "three copies of each key: {all}");
    assert!((stored("store-5") - 1_200.0).abs() < 250.0, "a fifth of them: {}", stored("store-5"));
    assert!(node(&figures, "store-5").arrivals_per_s > 100.0);
    sound(&engine);
}

#[test]
fn a_member_that_hands_on_its_copies_can_be_taken_away() {
    for (hands_on, is_lost) in [(true, false), (false, true)] {
        let params = json!({ "copies": 1, "read_quorum": 1, "write_quorum": 1 });
        let mut engine = engine(design(3, &params, &json!({ "keys": 500 })));
        engine.run_until(at_s(10.0));
        if hands_on {
            set(&mut engine, "store-2", "keeps_copies", json!("off"));
            engine.run_until(at_s(20.0));
            let figures = engine.figures();
            assert!(!quorum(&figures).is_changing);
            assert_eq!(node(&figures, "store-2").stored_entries, Some(0), "what it handed on it has forgotten");
        }
        edit(&mut engine, Edit::RemoveNode { node: "store-2".into() });
        let figures = engine.figures();
        let store = quorum(&figures);
        assert_eq!(store.lost_count > 50, is_lost, "{} lost", store.lost_count);
        assert_eq!(figures.totals.lost_writes, store.lost_count);
        let named = store.lost.iter().filter(|write| write.user.is_some() && write.at_ns.is_some()).count();
        assert!(named * 10 >= store.lost.len() * 9, "some were just being overwritten: {named}");
        sound(&engine);
        engine.run_until(at_s(30.0));
        sound(&engine);
        let after = measure(&mut engine, 40.0);
        assert_eq!((after.errors.len(), after.stale_reads), (0, 0));
    }
}

/// Runs on, and looks at what must hold twenty times a second.
pub fn watch(engine: &mut Engine, until_s: f64) {
    while engine.now() < at_s(until_s) {
        engine.run_until((engine.now() + SimDuration::from_millis(50)).min(at_s(until_s)));
        sound(engine);
    }
}

#[test]
fn a_member_that_keeps_no_copies_any_more_takes_no_write_with_it() {
    // No newcomer takes its place, and one copy of a write is enough: it may be that member's.
    let params = json!({ "copies": 3, "read_quorum": 2, "write_quorum": 1, "write_contacts": "quorum", "hinted_handoff": "off" });
    let mut engine = engine(design(3, &params, &json!({})));
    watch(&mut engine, 2.0);
    set(&mut engine, "store-2", "keeps_copies", json!("off"));
    watch(&mut engine, 4.0);
    assert!(!quorum(&engine.figures()).is_changing);
}

#[test]
fn what_only_a_hint_had_is_listed_when_it_goes_with_its_member() {
    // Store 3 is dead: some of what it has missed only one of the others has, and a hint for it that a coordinator keeps.
    let params = json!({ "copies": 2, "read_quorum": 1, "write_quorum": 1, "timeout": "100ms" });
    let mut engine = engine(design(4, &params, &json!({})));
    watch(&mut engine, 2.0);
    crash(&mut engine, "store-3");
    watch(&mut engine, 5.0);
    for id in ["store-2", "store-4", "store-3"] {
        edit(&mut engine, Edit::RemoveNode { node: id.into() });
        sound(&engine);
    }
    watch(&mut engine, 8.0);
    let figures = engine.figures();
    assert!(quorum(&figures).lost_count > 0);
    assert_eq!(figures.totals.lost_writes, quorum(&figures).lost_count);
}

#[test]
fn a_member_that_is_gone_for_good_is_replaced_from_the_others() {
    let mut engine = engine(design(5, &json!({}), &json!({ "keys": 500 })));
    engine.run_until(at_s(10.0));
    crash(&mut engine, "store-3");
    engine.run_until(at_s(15.0));
    edit(&mut engine, Edit::RemoveNode { node: "store-3".into() });
    quiet(&mut engine, 40.0);
    let figures = engine.figures();
    assert_eq!((quorum(&figures).lost_count, quorum(&figures).is_changing), (0, false));
    assert_eq!(engine.diverged_copies(), 0);
    let all: u64 = figures.nodes.iter().filter_map(|node| node.stored_entries).sum();
    assert!(all >= 3 * 490, "every key has three copies again: {all}");
}

#[test]
fn numbers_of_copies_and_quorums_change_while_it_runs() {
    let mut engine = engine(design(5, &json!({}), &json!({ "keys": 300 })));
    engine.run_until(at_s(5.0));
    // More copies, of which more have to answer.
    set(&mut engine, "store-1", "copies", json!(5));
    engine.run_until(at_s(15.0));
    assert!(!quorum(&engine.figures()).is_changing);
    for i in 1..=5 {
        set(&mut engine, &format!("store-{i}"), "read_quorum", json!(3));
        set(&mut engine, &format!("store-{i}"), "write_quorum", json!(3));
    }
    let five = measure(&mut engine, 20.0);
    assert_eq!((five.errors.len(), five.totals.stale_reads), (0, 0));
    // Three are still needed, so there cannot be fewer.
    let edit = Edit::Set { node: "store-1".into(), param: "copies".into(), value: json!(2) };
    assert!(engine.document().edited(&edit).is_ok_and(|edited| edited.check().is_ok()), "others still state three");
    for i in 1..=5 {
        set(&mut engine, &format!("store-{i}"), "read_quorum", json!(2));
        set(&mut engine, &format!("store-{i}"), "write_quorum", json!(2));
    }
    // A write that two acknowledged under five copies is not on two of any three: what has to be met is met at the end.
    engine.run_until(at_s(25.0));
    set(&mut engine, "store-1", "copies", json!(3));
    engine.run_until(at_s(35.0));
    assert!(!quorum(&engine.figures()).is_changing);
    let three = measure(&mut engine, 45.0);
    assert_eq!((three.errors.len(), three.stale_reads), (0, 0));
    sound(&engine);
}

#[test]
fn a_disk_that_takes_no_writes_is_one_copy_less() {
    let mut engine = engine(design(3, &json!({ "read_quorum": 1, "write_quorum": 2 }), &json!({})));
    engine.run_until(at_s(5.0));
    inflict(&mut engine, json!({ "read_only": { "node": "store-1" } }));
    let figures = measure(&mut engine, 15.0);
    assert_eq!(figures.errors, []);
    assert!(figures.stale_reads > 50, "one copy of three grows old: {}", figures.stale_reads);
    inflict(&mut engine, json!({ "heal": { "node": "store-1" } }));
    quiet(&mut engine, 40.0);
    assert_eq!(engine.diverged_copies(), 0);
}

#[test]
fn a_cache_before_it_is_a_cache_like_any_other() {
    let mut document = design(3, &json!({}), &json!({ "read_weight": 4 }));
    let cache =
        json!({ "id": "cache", "kind": "cache", "params": { "pattern": "read_through", "on_write": "write_back" } });
    document.nodes.push(serde_json::from_value(cache).unwrap());
    let mut links = vec![json!({ "from": "web", "to": "cache" })];
    links.extend((1..=3).map(|i| json!({ "from": "cache", "to": format!("store-{i}") })));
    document
        .links
        .extend(links.into_iter().map(|link| serde_json::from_value::<scalescope::model::Link>(link).unwrap()));
    let mut engine = engine(document);
    engine.run_until(at_s(10.0));
    let figures = engine.report();
    assert!(node(&figures, "cache").hit_ratio.unwrap() > 0.5 && figures.errors.is_empty(), "{:?}", figures.errors);
    assert_eq!(figures.totals.stale_reads, 0, "what is written through the only cache is never old");
    sound(&engine);
    quiet(&mut engine, 30.0);
    crash(&mut engine, "cache");
    assert_eq!(engine.figures().totals.lost_writes, 0);
    sound(&engine);
}

#[test]
fn everything_that_can_be_done_to_it_is_replayed_to_the_bit() {
    let document = design(4, &json!({ "anti_entropy_interval": "1s", "timeout": "200ms" }), &json!({ "keys": 100 }));
    let mut engine = engine(document.clone());
    engine.run_until(at_s(2.0));
    crash(&mut engine, "store-1");
    engine.run_until(at_s(4.0));
    let one_more = Edit::one_more_like(engine.document(), "store-4").unwrap();
    edit(&mut engine, one_more);
    engine.run_until(at_s(4.5));
    edit(&mut engine, Edit::RemoveNode { node: "store-2".into() });
    inflict(&mut engine, json!({ "hang": { "node": "store-3" } }));
    engine.run_until(at_s(6.0));
    restart(&mut engine, "store-1");
    inflict(&mut engine, json!({ "resume": { "node": "store-3" } }));
    engine.run_until(at_s(9.0));
    sound(&engine);
    let replayed = Engine::replay(document.clone(), engine.journal(), engine.now()).unwrap();
    assert_eq!(engine.state_hash(), replayed.state_hash());
    let other = Document { seed: 12, ..document };
    let other = Engine::replay(other, engine.journal(), engine.now()).unwrap();
    assert_ne!(engine.state_hash(), other.state_hash());
}

#[test]
fn stores_that_cannot_work_are_refused() {
    let wrong = |change: &dyn Fn(&mut Value)| {
        let mut document: Value = serde_json::from_str(&design(3, &json!({}), &json!({})).to_json()).unwrap();
        change(&mut document);
        Document::read(&document.to_string()).unwrap_err().to_string()
    };
    let too_many = wrong(&|document| document["nodes"][3]["params"]["read_quorum"] = json!(4));
    assert!(too_many.contains("nodes[3].params.read_quorum") && too_many.contains("1 to copies"), "{too_many}");
    let two_homes = wrong(&|document| {
        let links = document["links"].as_array_mut().unwrap();
        links.retain(|link| !(link["from"].as_str().unwrap().starts_with("store") && link["to"] == "store-3"));
    });
    assert!(two_homes.contains("two places"), "{two_homes}");
    let called = wrong(&|document| {
        document["links"].as_array_mut().unwrap().push(json!({ "from": "users", "to": "store-1" }));
    });
    assert!(called.contains("cannot call"), "{called}");
    // A chain is one store as well: who has no link of their own goes by another's.
    let mut chain = design(3, &json!({}), &json!({}));
    chain.links.retain(|link| !(link.from == "store-1" && link.to == "store-3"));
    let mut engine = engine(with(chain, "users", &[("keys", json!(20))]));
    let figures = measure(&mut engine, 10.0);
    assert_eq!((figures.errors.len(), figures.stale_reads), (0, 0));
}

/// Every store tells which version of a record it has.
#[test]
fn a_watched_key_is_seen_on_every_store() {
    // A single copy of the write: the others, which nothing mends, have the one before, or none.
    let params = json!({
        "copies": 3, "read_quorum": 1, "write_quorum": 1, "write_contacts": "quorum", "read_repair": "off", "hinted_handoff": "off",
    });
    let mut engine = engine(design(4, &params, &json!({ "keys": 1 })));
    assert_eq!(engine.key_versions(0).current, 0);
    engine.run_until(at_s(5.0));
    let seen = engine.key_versions(0);
    assert!(seen.current > 100);
    assert_eq!(seen.stores.iter().filter(|store| store.is_owner).count(), 3, "the fourth keeps no copy: {seen:?}");
    assert!(seen.stores.iter().any(|store| !store.is_stale && store.version >= Some(seen.current)));
    assert!(seen.stores.iter().any(|store| store.is_stale && store.version < Some(seen.current)));
    let mut engine = crate::support::engine(with(crate::support::scenario("cached"), "users", &[("keys", json!(5))]));
    engine.run_until(at_s(20.0));
    let seen = engine.key_versions(2);
    let of = |node: &str| seen.stores.iter().find(|store| store.node == node).and_then(|store| store.version);
    assert_eq!(of("db-1"), Some(seen.current));
    let is_cached =
        |key| engine.key_versions(key).stores.iter().any(|store| !store.is_owner && store.version.is_some());
    assert!((0..5).any(is_cached), "a cache has some of them");
    assert!(engine.key_versions(u32::MAX).stores.iter().all(|store| store.version.is_none()));
}

#[test]
fn what_knows_single_records_only_is_asked_for_them_one_by_one() {
    let everything = json!({
        "users": 100, "query_weight": 1, "range_weight": 1, "aggregate_weight": 1, "traversal_weight": 1,
        "transaction_weight": 1, "login_weight": 1, "aggregate_records": 20, "relations": 3,
    });
    let mut engine = engine(design(3, &json!({}), &everything));
    let figures = measure(&mut engine, 20.0);
    assert_eq!(figures.totals.failed, 0, "{:?}", figures.errors);
    for operation in &figures.operations {
        let is_asked = operation.operation != Operation::Static;
        assert_eq!(operation.goodput_per_s > 0.0, is_asked, "{}", operation.operation.name());
    }
    assert!(node(&figures, "web").extra_calls.is_some_and(|calls| calls > 1_000));
    sound(&engine);
}

/// When no member shall keep copies any more, those that the last one has stay where they are.
#[test]
fn the_last_member_keeps_what_it_has() {
    let mut engine = engine(design(2, &json!({ "copies": 1, "read_quorum": 1, "write_quorum": 1 }), &json!({})));
    engine.run_until(at_s(5.0));
    for (until_s, id) in [(15.0, "store-1"), (25.0, "store-2")] {
        set(&mut engine, id, "keeps_copies", json!("off"));
        watch(&mut engine, until_s);
    }
    let held = |engine: &Engine| (0..200).filter(|key| engine.key_versions(*key).current > 0).count();
    assert!(held(&engine) > 150);
    set(&mut engine, "store-1", "keeps_copies", json!("on"));
    watch(&mut engine, 40.0);
    assert_eq!((quorum(&engine.figures()).is_changing, engine.figures().totals.lost_writes), (false, 0));
    assert_eq!(engine.report().errors, []);
    assert!(node(&engine.figures(), "store-1").stored_entries > Some(150), "it has been given everything");
}
