//! What a crash does, and what it does not.

use scalescope::engine::Engine;
use scalescope::model::{Command, Document, Edit, Fault};
use scalescope::observe::{Reason, Role};
use serde_json::json;

use crate::support::{at_s, count, crash, edit, engine, inflict, measure, node, restart, scenario, with};

#[test]
fn killing_the_only_server_fails_everything_until_it_is_back() {
    let mut engine = engine(scenario("single-server"));
    engine.run_until(at_s(10.0));
    crash(&mut engine, "web-1");
    let dead = measure(&mut engine, 20.0);
    assert!(dead.offered_per_s > 80.0, "users do not know");
    assert!(count(&dead, Reason::ConnectionRefused) > 800, "{:?}", dead.errors);
    let strangers =
        dead.errors.iter().filter(|(reason, _)| !matches!(reason, Reason::ConnectionRefused | Reason::NodeCrashed));
    assert_eq!(strangers.count(), 0, "{:?}", dead.errors);
    assert_eq!(node(&dead, "web-1").completions_per_s, 0.0);
    restart(&mut engine, "web-1");
    // What was under way when it came back may still be refused at the users' end of the line.
    engine.run_until(at_s(20.2));
    let alive = measure(&mut engine, 30.0);
    assert_eq!(alive.errors, []);
    assert!(alive.goodput_per_s > 80.0);
}

#[test]
fn behind_a_balancer_only_what_was_in_flight_or_sent_before_detection_is_lost() {
    let document = with(scenario("load-balanced"), "lb-1", &[("check_interval", json!("1s")), ("fall", json!(3))]);
    let mut engine = engine(document);
    engine.run_until(at_s(10.0));
    let before = engine.figures();
    let in_flight = node(&before, "web-2").in_flight;
    crash(&mut engine, "web-2");
    // Three checks, a second apart, the first within a second; a check takes a millisecond.
    engine.mark();
    let mut detected_s = None;
    for step in 1..=100 {
        engine.run_until(at_s(10.0 + f64::from(step) * 0.05));
        if !node(&engine.figures(), "web-2").is_in_rotation {
            detected_s = Some(f64::from(step) * 0.05);
            break;
        }
    }
    let detected_s = detected_s.expect("the balancer finds out");
    assert!((2.0..=3.1).contains(&detected_s), "detected after {detected_s} s");
    // Half of what came in the meantime went to the dead server.
    engine.run_until(at_s(20.0));
    let lost = engine.report();
    let refused = count(&lost, Reason::ConnectionRefused) as f64;
    let expected = 0.5 * lost.offered_per_s * detected_s;
    assert!((refused - expected).abs() < 0.25 * expected, "{refused} refused, about {expected} expected");
    assert!(count(&lost, Reason::NodeCrashed) <= in_flight);
    assert!(lost.errors.iter().all(|(reason, _)| matches!(reason, Reason::ConnectionRefused | Reason::NodeCrashed)));
    let healed = measure(&mut engine, 30.0);
    assert_eq!(healed.errors, [], "after detection nothing is lost");
    restart(&mut engine, "web-2");
    let back = measure(&mut engine, 40.0);
    assert_eq!(back.errors, []);
    assert!(node(&back, "web-2").arrivals_per_s > 20.0, "it gets its share again");
}

#[test]
fn a_dead_balancer_is_a_single_point_of_failure() {
    let mut engine = engine(scenario("load-balanced"));
    engine.run_until(at_s(5.0));
    crash(&mut engine, "lb-1");
    engine.run_until(at_s(5.5));
    let dead = measure(&mut engine, 10.0);
    assert_eq!(dead.goodput_per_s, 0.0);
    restart(&mut engine, "lb-1");
    engine.run_until(at_s(10.5));
    assert_eq!(measure(&mut engine, 15.0).errors, []);
}

#[test]
fn without_healthy_servers_the_balancer_says_so() {
    let mut engine = engine(scenario("load-balanced"));
    engine.run_until(at_s(5.0));
    crash(&mut engine, "web-1");
    crash(&mut engine, "web-2");
    engine.run_until(at_s(20.0));
    let dead = measure(&mut engine, 25.0);
    assert_eq!(dead.errors.len(), 1);
    assert!(count(&dead, Reason::NoHealthyServer) > 300);
}

#[test]
fn a_name_lives_in_clients_until_its_time_is_over() {
    // With requests every other second, nearly all clients know the name when the name service dies.
    let users = [("users", json!(100)), ("rate_per_user_per_s", json!(0.5))];
    let mut engine = engine(with(with(scenario("single-server"), "users", &users), "dns", &[("ttl", json!("60s"))]));
    engine.run_until(at_s(30.0));
    crash(&mut engine, "dns");
    let early = measure(&mut engine, 40.0);
    assert!(early.errors_per_s < 0.2 * early.offered_per_s, "{} of {}", early.errors_per_s, early.offered_per_s);
    engine.run_until(at_s(92.0));
    let late = measure(&mut engine, 100.0);
    assert_eq!(late.goodput_per_s, 0.0, "every remembered name is over");
    assert_eq!(late.errors[0].0, Reason::DnsFailure);
    restart(&mut engine, "dns");
    engine.run_until(at_s(101.0));
    assert_eq!(measure(&mut engine, 105.0).errors, []);
}

#[test]
fn a_restarted_cache_is_cold() {
    let mut engine = engine(with(scenario("cached"), "users", &[("users", json!(20_000))]));
    engine.run_until(at_s(30.0));
    let warm = measure(&mut engine, 35.0);
    crash(&mut engine, "cache-1");
    let without = measure(&mut engine, 40.0);
    restart(&mut engine, "cache-1");
    let cold = measure(&mut engine, 40.5);
    let hits = |figures| node(figures, "cache-1").hit_ratio.expect("there were lookups");
    assert!(hits(&warm) > hits(&cold) + 0.1, "{} warm, {} cold", hits(&warm), hits(&cold));
    // While it is down, reads still reach the database, through the web servers' own links.
    assert!(node(&without, "db-2").arrivals_per_s > 1.2 * node(&warm, "db-2").arrivals_per_s);
    assert_eq!(without.errors_per_s, 0.0);
}

#[test]
fn without_the_cdn_there_are_no_assets() {
    let mut engine = engine(scenario("cdn"));
    engine.run_until(at_s(10.0));
    crash(&mut engine, "cdn-1");
    let dead = measure(&mut engine, 20.0);
    let [assets, reads, _] = dead.operations.as_slice() else { panic!("three operations") };
    assert!(assets.errors_per_s > 40.0 && reads.errors_per_s == 0.0);
}

#[test]
fn a_slow_database_exhausts_the_workers_while_the_cores_idle() {
    let document = with(scenario("separate-database"), "db-1", &[("read_service", json!("2s")), ("cores", json!(64))]);
    let mut engine = engine(with(document, "web-1", &[("workers", json!(20)), ("queue_limit", json!(10))]));
    engine.run_until(at_s(10.0));
    let figures = measure(&mut engine, 30.0);
    assert!(count(&figures, Reason::QueueFull) > 500, "{:?}", figures.errors);
    assert!(node(&figures, "web-1").utilisation < 0.1, "its cores have nothing to do");
    assert!(node(&figures, "db-1").utilisation < 0.5, "nor are the database's all busy");
    let [assets, _, _] = figures.operations.as_slice() else { panic!("three operations") };
    assert!(assets.errors_per_s > 10.0, "even assets, which need no database, find no worker");
}

#[test]
fn users_give_up_and_late_answers_are_counted() {
    let slow = [("read_service", json!("3s")), ("service_shape", json!("constant")), ("cores", json!(1_000))];
    let mut engine =
        engine(with(with(scenario("separate-database"), "db-1", &slow), "users", &[("timeout", json!("1s"))]));
    engine.run_until(at_s(20.0));
    let figures = engine.report();
    assert!(count(&figures, Reason::Timeout) > 300);
    assert!(figures.totals.late > 300);
    assert!(figures.throughput_per_s > figures.goodput_per_s);
}

#[test]
fn servers_come_and_go_while_it_runs() {
    let mut engine = engine(with(scenario("load-balanced"), "users", &[("users", json!(10_000))]));
    engine.run_until(at_s(5.0));
    let one_more = Edit::one_more_like(engine.document(), "web-2").unwrap();
    edit(&mut engine, one_more);
    let three = measure(&mut engine, 10.0);
    assert!((node(&three, "web-3").arrivals_per_s - three.offered_per_s / 3.0).abs() < 30.0);
    assert_eq!(three.errors, []);
    edit(&mut engine, Edit::RemoveNode { node: "web-1".into() });
    let two = measure(&mut engine, 15.0);
    assert!(two.nodes.iter().all(|node| node.id != "web-1"));
    let removed = count(&two, Reason::NodeRemoved) + count(&two, Reason::ConnectionRefused);
    assert!(removed < 20, "only what was there fails: {:?}", two.errors);
    assert_eq!(measure(&mut engine, 20.0).errors, []);
}

#[test]
fn without_its_only_database_a_server_does_not_invent_one() {
    let mut engine = engine(scenario("separate-database"));
    engine.run_until(at_s(5.0));
    edit(&mut engine, Edit::RemoveNode { node: "db-1".into() });
    engine.run_until(at_s(5.5));
    let orphaned = measure(&mut engine, 10.0);
    let [_, reads, writes] = orphaned.operations.as_slice() else { panic!("three operations") };
    assert_eq!((reads.goodput_per_s, writes.goodput_per_s), (0.0, 0.0), "{:?}", orphaned.errors);
}

#[test]
fn a_failure_behind_the_cache_is_not_asked_again() {
    let slow = [("read_service", json!("100ms")), ("cores", json!(1)), ("queue_limit", json!(5))];
    let document = with(with(scenario("cached"), "db-2", &slow), "users", &[("users", json!(3_000))]);
    let mut engine = engine(document);
    engine.run_until(at_s(10.0));
    let figures = measure(&mut engine, 20.0);
    let cache = node(&figures, "cache-1");
    let misses = cache.arrivals_per_s * (1.0 - cache.hit_ratio.unwrap());
    assert!(count(&figures, Reason::QueueFull) > 100);
    let reads = node(&figures, "db-2").arrivals_per_s;
    assert!(reads < 1.05 * misses, "{reads} reads for {misses} misses a second");
}

#[test]
fn shorter_times_do_not_wait_for_the_end_of_longer_ones() {
    let document = with(scenario("load-balanced"), "lb-1", &[("check_interval", json!("1h"))]);
    let mut engine = engine(with(document, "db-1", &[("read_service", json!("1h")), ("cores", json!(1_000))]));
    engine.run_until(at_s(5.0));
    crash(&mut engine, "web-2");
    for (node, param) in [("lb-1", "check_interval"), ("users", "timeout")] {
        edit(&mut engine, Edit::Set { node: node.into(), param: param.into(), value: json!("500ms") });
    }
    engine.run_until(at_s(8.0));
    let figures = engine.figures();
    assert!(!node(&figures, "web-2").is_in_rotation);
    assert!(count(&figures, Reason::Timeout) > 50, "{:?}", figures.errors);
    assert!(figures.totals.in_flight < 60, "{} still wait", figures.totals.in_flight);
}

#[test]
fn commands_that_make_no_sense_are_refused_and_change_nothing() {
    let mut engine = engine(scenario("replicated"));
    engine.run_until(at_s(1.0));
    let before = (engine.state_hash(), engine.document().clone());
    let set =
        |node: &str, param: &str, value| Command::Edit(Edit::Set { node: node.into(), param: param.into(), value });
    for (command, hint) in [
        (Command::Fault(Fault::Crash { node: "nobody".into() }), "nobody"),
        (Command::Fault(Fault::Crash { node: "users".into() }), "users do not crash"),
        (Command::Edit(Edit::RemoveNode { node: "nobody".into() }), "nobody"),
        (Command::Edit(Edit::RemoveLink { from: "db-1".into(), to: "db-2".into() }), "exactly one primary"),
        (set("web-1", "cores", json!(0)), "out of range"),
        (set("web-1", "cores", json!("many")), "not a whole number"),
        (set("web-1", "colour", json!(1)), "no parameter"),
    ] {
        let problems = engine.command(command).unwrap_err().to_string();
        assert!(problems.contains(hint), "{problems}");
    }
    assert_eq!(before, (engine.state_hash(), engine.document().clone()));
    assert_eq!(engine.journal(), []);
}

/// Users who write to one server with one core, which takes 5 ms for each request, exactly.
fn steady(rate_per_user_per_s: f64) -> Document {
    let service = [("static_service", json!("5ms")), ("service_shape", json!("constant")), ("cores", json!(1))];
    let users = [
        ("users", json!(100)),
        ("rate_per_user_per_s", json!(rate_per_user_per_s)),
        ("read_weight", json!(0)),
        ("write_weight", json!(0)),
        ("timeout", json!("1h")),
    ];
    let capacity = [("workers", json!(100_000)), ("queue_limit", json!(100_000))];
    with(with(with(scenario("single-server"), "web-1", &service), "web-1", &capacity), "users", &users)
}

#[test]
fn a_hung_server_holds_everything_and_then_serves_it_in_order() {
    let mut engine = engine(steady(1.0));
    engine.run_until(at_s(10.0));
    inflict(&mut engine, json!({ "hang": { "node": "web-1" } }));
    let hung = measure(&mut engine, 12.0);
    let state = node(&hung, "web-1");
    assert!(state.is_up && state.condition.is_hung);
    assert_eq!((state.completions_per_s, hung.errors.len()), (0.0, 0));
    let waiting = hung.totals.in_flight;
    assert!(waiting > 150, "{waiting}");
    inflict(&mut engine, json!({ "resume": { "node": "web-1" } }));
    let after = measure(&mut engine, 20.0);
    assert_eq!(after.errors, []);
    assert!(after.totals.in_flight < 20);
    // Each waits out the hang, and then for those before it: in order nobody waits longer than the first. The last of all
    // to be served first would make the first wait a second more.
    assert!((2.0..2.25).contains(&after.latency.p999_s), "{}", after.latency.p999_s);
}

#[test]
fn killing_a_hung_server_refuses_what_it_held() {
    let mut engine = engine(steady(1.0));
    engine.run_until(at_s(10.0));
    inflict(&mut engine, json!({ "hang": { "node": "web-1" } }));
    engine.run_until(at_s(12.0));
    engine.mark();
    inflict(&mut engine, json!({ "restart": { "node": "web-1" } }));
    engine.run_until(at_s(14.0));
    let figures = engine.report();
    assert!(!node(&figures, "web-1").condition.is_hung);
    assert!(count(&figures, Reason::ConnectionRefused) > 150, "{:?}", figures.errors);
    assert!(count(&figures, Reason::NodeCrashed) <= 10, "only what it was working on: {:?}", figures.errors);
    assert_eq!(engine.violations(), Vec::<String>::new());
    assert_eq!(measure(&mut engine, 16.0).errors, []);
}

#[test]
fn a_balancer_notices_a_hung_server_by_its_silence() {
    let document = with(scenario("load-balanced"), "lb-1", &[("check_interval", json!("1s")), ("fall", json!(3))]);
    let mut engine = engine(document);
    engine.run_until(at_s(10.0));
    inflict(&mut engine, json!({ "hang": { "node": "web-2" } }));
    engine.run_until(at_s(15.0));
    let hung = engine.report();
    assert!(!node(&hung, "web-2").is_in_rotation);
    assert_eq!(count(&hung, Reason::ConnectionRefused), 0);
    inflict(&mut engine, json!({ "heal": { "node": "web-2" } }));
    engine.run_until(at_s(20.0));
    let healed = measure(&mut engine, 25.0);
    assert!(node(&healed, "web-2").is_in_rotation && node(&healed, "web-2").arrivals_per_s > 20.0);
    assert_eq!(healed.errors, []);
}

#[test]
fn a_hung_balancer_checks_again_when_it_goes_on() {
    let document = with(scenario("load-balanced"), "lb-1", &[("check_interval", json!("1s")), ("fall", json!(2))]);
    let mut engine = engine(document);
    engine.run_until(at_s(10.0));
    inflict(&mut engine, json!({ "hang": { "node": "lb-1" } }));
    engine.run_until(at_s(15.0));
    inflict(&mut engine, json!({ "resume": { "node": "lb-1" } }));
    crash(&mut engine, "web-1");
    engine.run_until(at_s(20.0));
    assert!(!node(&engine.figures(), "web-1").is_in_rotation);
}

#[test]
fn a_hung_primary_is_replaced_and_returns_as_a_replica() {
    let mut engine = engine(scenario("replicated"));
    engine.run_until(at_s(10.0));
    inflict(&mut engine, json!({ "hang": { "node": "db-1" } }));
    engine.run_until(at_s(25.0));
    let replaced = engine.figures();
    assert_eq!(replaced.clusters[0].primary.as_deref(), Some("db-2"));
    assert_eq!(engine.violations(), Vec::<String>::new());
    inflict(&mut engine, json!({ "resume": { "node": "db-1" } }));
    engine.run_until(at_s(60.0));
    assert_eq!(engine.violations(), Vec::<String>::new());
    let back = measure(&mut engine, 70.0);
    assert_eq!(node(&back, "db-1").role, Some(Role::Replica));
    assert!(node(&back, "db-1").lag_s.unwrap() < 1.0);
    assert_eq!(back.errors, []);
}

#[test]
fn what_hangs_keeps_back_no_more_than_its_host_has_room_for() {
    let people = [("users", json!(4_000_000)), ("rate_per_user_per_s", json!(1.0)), ("timeout", json!("60s"))];
    let mut engine = engine(with(scenario("single-server"), "users", &people));
    inflict(&mut engine, json!({ "hang": { "node": "web-1" } }));
    let figures = measure(&mut engine, 0.4);
    let full = count(&figures, Reason::QueueFull);
    assert!(full > 100_000, "{:?}", figures.errors);
    assert_eq!(engine.violations(), Vec::<String>::new());
    inflict(&mut engine, json!({ "heal": { "node": "web-1" } }));
    engine.run_until(at_s(0.5));
    assert_eq!(engine.violations(), Vec::<String>::new());
}

#[test]
fn a_slow_server_takes_so_many_times_as_long() {
    let mut engine = engine(steady(0.2));
    engine.run_until(at_s(10.0));
    let well = measure(&mut engine, 60.0);
    inflict(&mut engine, json!({ "slow": { "node": "web-1", "factor": 4 } }));
    engine.run_until(at_s(61.0));
    let slow = measure(&mut engine, 120.0);
    let used = |figures| node(figures, "web-1").utilisation;
    assert!((used(&well) - 0.1).abs() < 0.02 && (used(&slow) - 0.4).abs() < 0.04, "{} {}", used(&well), used(&slow));
    assert_eq!(node(&slow, "web-1").condition.slowdown, 4.0);
    inflict(&mut engine, json!({ "heal": { "node": "web-1" } }));
    engine.run_until(at_s(121.0));
    assert!((used(&measure(&mut engine, 180.0)) - 0.1).abs() < 0.02);
}

#[test]
fn a_share_of_answers_are_errors() {
    let mut engine = engine(steady(1.0));
    engine.run_until(at_s(10.0));
    inflict(&mut engine, json!({ "errors": { "node": "web-1", "ratio": 0.3 } }));
    engine.run_until(at_s(11.0));
    let figures = measure(&mut engine, 111.0);
    let share = figures.errors_per_s / figures.offered_per_s;
    assert!((share - 0.3).abs() < 0.02, "{share}");
    assert_eq!(figures.errors.len(), 1);
    let server = node(&figures, "web-1");
    assert_eq!((server.errors[0].0, server.condition.error_ratio), (Reason::ServerError, 0.3));
    assert!((server.utilisation - 0.5).abs() < 0.04, "the work for them is done all the same");
    inflict(&mut engine, json!({ "heal": { "node": "web-1" } }));
    engine.run_until(at_s(112.0));
    assert_eq!(measure(&mut engine, 120.0).errors, []);
}

#[test]
fn a_disk_that_takes_no_writes_still_reads() {
    let mut engine = engine(scenario("replicated"));
    engine.run_until(at_s(10.0));
    inflict(&mut engine, json!({ "read_only": { "node": "db-1" } }));
    engine.run_until(at_s(10.5));
    let broken = measure(&mut engine, 15.0);
    let [assets, reads, writes] = broken.operations.as_slice() else { panic!("three operations") };
    assert_eq!((assets.errors_per_s, reads.errors_per_s, writes.goodput_per_s), (0.0, 0.0, 0.0));
    assert_eq!(broken.errors[0].0, Reason::ServerError);
    inflict(&mut engine, json!({ "heal": { "node": "db-1" } }));
    // The same of a replica: it falls behind, and catches up.
    engine.run_until(at_s(15.5));
    inflict(&mut engine, json!({ "read_only": { "node": "db-2" } }));
    let behind = measure(&mut engine, 25.0);
    assert!(node(&behind, "db-2").lag_s.unwrap() > 8.0, "{:?}", node(&behind, "db-2").lag_s);
    assert!(behind.stale_reads > 0);
    inflict(&mut engine, json!({ "heal": { "node": "db-2" } }));
    engine.run_until(at_s(28.0));
    let well = measure(&mut engine, 35.0);
    assert!(node(&well, "db-2").lag_s.unwrap() < 0.5);
    assert_eq!(well.errors, []);
}

#[test]
fn flushed_and_purged_stores_begin_cold() {
    let mut engine = engine(with(scenario("cdn"), "users", &[("users", json!(20_000))]));
    engine.run_until(at_s(20.0));
    let stored = |engine: &mut Engine, id: &str| node(&engine.figures(), id).stored_entries.unwrap();
    let (cached, at_edge) = (stored(&mut engine, "cache-1"), stored(&mut engine, "cdn-1"));
    assert!(cached > 100 && at_edge > 100);
    inflict(&mut engine, json!({ "purge": { "node": "cdn-1", "key": 0 } }));
    assert_eq!(stored(&mut engine, "cdn-1"), at_edge - 1, "the most popular asset is there");
    inflict(&mut engine, json!({ "purge": { "node": "cdn-1" } }));
    inflict(&mut engine, json!({ "flush": { "node": "cache-1" } }));
    assert_eq!((stored(&mut engine, "cache-1"), stored(&mut engine, "cdn-1")), (0, 0));
    let after = measure(&mut engine, 22.0);
    assert_eq!(after.errors, [], "both go on");
}

#[test]
fn whatever_a_hung_server_was_in_the_middle_of_it_goes_on_with() {
    for discipline in ["fifo", "lifo", "processor_sharing", "priority"] {
        let shape = [("discipline", json!(discipline)), ("queue_timeout", json!("30s"))];
        let mut engine = engine(with(steady(1.8), "web-1", &shape));
        engine.run_until(at_s(10.0));
        for _ in 0..3 {
            let until = engine.now() + scalescope::base::SimDuration::from_millis(700);
            inflict(&mut engine, json!({ "hang": { "node": "web-1" } }));
            engine.run_until(until);
            inflict(&mut engine, json!({ "resume": { "node": "web-1" } }));
        }
        inflict(&mut engine, json!({ "slow": { "node": "web-1", "factor": 0.5 } }));
        engine.run_until(at_s(30.0));
        let after = measure(&mut engine, 40.0);
        assert_eq!(after.errors, [], "{discipline}");
        assert!(after.totals.in_flight < 60, "{discipline}: {} are stuck", after.totals.in_flight);
        let utilisation = node(&after, "web-1").utilisation;
        assert!((utilisation - 0.45).abs() < 0.04, "{discipline}: {utilisation}");
        assert_eq!(engine.violations(), Vec::<String>::new());
    }
}
