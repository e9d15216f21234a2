//! Links: delay, bandwidth, loss, partitions; and who may be reached from where.

use scalescope::engine::Engine;
use scalescope::model::{Command, Document, Fault, Link};
use scalescope::observe::{Figures, LinkFigures, Reason};
use serde_json::{Value, json};

use crate::support::{at_s, count, crash, engine, inflict, measure, node, scenario, with};

/// Bytes of a request or an answer beside its content.
const HEADER: f64 = 500.0;

/// Users who load assets of 1 to 3 KB from one server that answers at once, over one link.
fn line(rate_per_s: f64, link: &Value, seed: u64) -> Document {
    let mut wire = json!({ "from": "users", "to": "web", "latency": "0s" });
    wire.as_object_mut().unwrap().extend(link.as_object().unwrap().clone());
    let document = json!({
        "version": 1, "name": "line", "seed": seed,
        "nodes": [
            { "id": "users", "kind": "users", "params": {
                "users": 1_000, "rate_per_user_per_s": rate_per_s / 1_000.0, "timeout": "1h", "assets": 1, "asset_size": "9500B",
                "static_weight": 1, "read_weight": 0, "write_weight": 0 } },
            { "id": "web", "kind": "web_server", "params": {
                "cores": 1_000, "workers": 100_000, "static_service": "0s" } },
        ],
        "links": [wire],
    });
    Document::read(&document.to_string()).unwrap()
}

fn link<'a>(figures: &'a Figures, from: &str, to: &str) -> &'a LinkFigures {
    figures.links.iter().find(|link| link.from == from && link.to == to).expect("the link has traffic")
}

/// Pollaczek–Khinchine for constant service: mean wait of M/D/1 is ρ s / (2 (1 − ρ)).
#[test]
fn answers_queue_on_a_narrow_link_as_m_d_1() {
    for utilisation in [0.5, 0.8] {
        let (mut total, mut count) = (0.0, 0.0);
        for seed in 1..=4 {
            // What an asset is large is its key's own: ask the run.
            let mut probe = engine(line(10.0, &json!({}), seed));
            probe.run_until(at_s(100.0));
            let report = probe.report();
            let bytes = link(&report, "users", "web").backward.bytes_per_s / report.throughput_per_s;
            let rate_bps = 8_000_000.0;
            let service_s = 8.0 * bytes / rate_bps;
            let rate_per_s = utilisation / service_s;
            let wire = json!({ "bandwidth": "8Mbps", "queue_limit": "1h" });
            let mut engine = engine(line(rate_per_s, &wire, seed));
            engine.run_until(at_s(10.0));
            let figures = measure(&mut engine, 400.0);
            let back = link(&figures, "users", "web").backward;
            assert!((back.utilisation.unwrap() - utilisation).abs() < 0.02, "{back:?}");
            // Requests are sent over the same link the other way, and almost never meet.
            let request_s = 8.0 * HEADER / rate_bps;
            let waited = figures.latency.mean_s - service_s - request_s * (1.0 + 0.5 * rate_per_s * request_s);
            total += waited / service_s;
            count += 1.0;
        }
        let (measured, expected) = (total / count, utilisation / (2.0 * (1.0 - utilisation)));
        assert!((measured / expected - 1.0).abs() < 0.04, "ρ = {utilisation}: waits {measured}, expected {expected}");
    }
}

#[test]
fn delays_of_any_shape_add_up_to_two_means() {
    for shape in ["constant", "exponential", "lognormal(0.5)", "empirical(0.9:1, 0.1:11)"] {
        let mut engine = engine(line(500.0, &json!({ "latency": "20ms", "latency_shape": shape }), 3));
        engine.run_until(at_s(60.0));
        let mean_s = engine.report().latency.mean_s;
        assert!((mean_s - 0.04).abs() < 0.000_8, "{shape}: {mean_s} s there and back");
    }
}

#[test]
fn what_a_one_way_partition_kept_back_comes_after_its_end() {
    let mut engine = engine(line(100.0, &json!({ "latency": "10ms" }), 3));
    engine.run_until(at_s(10.0));
    inflict(&mut engine, json!({ "partition": { "from": "users", "to": "web", "way": "backward" } }));
    let cut = measure(&mut engine, 14.0);
    // What had been answered before is still on its way for a moment.
    assert!(cut.totals.answered < 1_010 && cut.goodput_per_s < 2.0, "{} a second", cut.goodput_per_s);
    assert!(node(&cut, "web").completions_per_s > 90.0, "requests come in, and the server does not know");
    let seen = link(&cut, "users", "web");
    assert!(seen.backward.is_cut && !seen.forward.is_cut);
    assert!(seen.backward.lost_per_s > 100.0, "each try counts");
    inflict(&mut engine, json!({ "heal_link": { "from": "users", "to": "web" } }));
    // Answers of the beginning have tries after 0.22, 0.66, 1.54, 3.3 and 6.82 s.
    let healed = measure(&mut engine, 22.0);
    assert_eq!(healed.errors, []);
    assert!(
        (healed.goodput_per_s * 8.0 - healed.offered_per_s * 8.0 - 400.0).abs() < 60.0,
        "the 400 of the cut as well"
    );
    assert!((6.0..7.0).contains(&healed.latency.p999_s), "{} s", healed.latency.p999_s);
}

#[test]
fn a_long_partition_is_given_up() {
    let mut engine = engine(line(100.0, &json!({ "latency": "10ms" }), 3));
    engine.run_until(at_s(10.0));
    inflict(&mut engine, json!({ "partition": { "from": "users", "to": "web" } }));
    // 220 ms × 63: the sixth try was in vain as well.
    engine.run_until(at_s(23.8));
    assert_eq!(engine.report().errors, []);
    let given_up = measure(&mut engine, 33.8);
    assert_eq!(given_up.errors.len(), 1);
    assert!(count(&given_up, Reason::NetworkLoss) > 900, "{:?}", given_up.errors);
    assert_eq!(node(&given_up, "web").arrivals_per_s, 0.0);
}

#[test]
fn a_server_cut_off_fails_its_checks_by_silence() {
    let document = with(scenario("load-balanced"), "lb-1", &[("check_interval", json!("1s")), ("fall", json!(3))]);
    let mut engine = engine(document);
    engine.run_until(at_s(10.0));
    inflict(&mut engine, json!({ "partition": { "from": "lb-1", "to": "web-2" } }));
    engine.run_until(at_s(11.5));
    assert!(node(&engine.figures(), "web-2").is_in_rotation, "silence takes its time");
    engine.run_until(at_s(15.0));
    let figures = engine.report();
    assert!(!node(&figures, "web-2").is_in_rotation && node(&figures, "web-2").is_up);
    assert_eq!(count(&figures, Reason::ConnectionRefused), 0);
    inflict(&mut engine, json!({ "heal_link": { "from": "lb-1", "to": "web-2" } }));
    engine.run_until(at_s(45.0));
    let healed = measure(&mut engine, 50.0);
    assert!(node(&healed, "web-2").is_in_rotation);
    assert_eq!(healed.errors, []);
}

#[test]
fn a_link_can_be_slow_lossy_and_narrow_until_it_is_healed() {
    let mut engine = engine(line(50.0, &json!({ "latency": "10ms" }), 3));
    let mean_s = |engine: &mut Engine, until: f64| {
        // What was sent before must not count.
        engine.run_until(at_s(until - 19.0));
        measure(engine, until).latency.mean_s
    };
    assert!((mean_s(&mut engine, 20.0) - 0.02).abs() < 1e-4);
    let ends = |extra: Value| {
        let mut ends = json!({ "from": "users", "to": "web" });
        ends.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        ends
    };
    inflict(&mut engine, json!({ "slow_link": ends(json!({ "added_latency": "50ms" })) }));
    assert!((mean_s(&mut engine, 40.0) - 0.12).abs() < 1e-3);
    inflict(&mut engine, json!({ "heal_link": ends(json!({})) }));
    inflict(&mut engine, json!({ "lossy_link": ends(json!({ "loss": 0.2, "way": "forward" })) }));
    // One in five waits 220 ms, one in 25 another 440 ms, …: 0.2 × 0.22 / (1 − 0.4) on average.
    let lossy = mean_s(&mut engine, 60.0);
    assert!((lossy - 0.02 - 0.073).abs() < 0.02, "{lossy}");
    inflict(&mut engine, json!({ "heal_link": ends(json!({})) }));
    inflict(&mut engine, json!({ "narrow_link": ends(json!({ "bandwidth": "8Mbps" })) }));
    let narrow = mean_s(&mut engine, 80.0);
    assert!((0.025..0.06).contains(&narrow), "{narrow}");
    assert!(engine.report().links[0].backward.is_impaired);
    inflict(&mut engine, json!({ "heal_link": ends(json!({})) }));
    assert!((mean_s(&mut engine, 100.0) - 0.02).abs() < 1e-4);
    assert!(!engine.report().links[0].backward.is_impaired);
}

#[test]
fn one_packet_can_be_dropped() {
    let mut engine = engine(line(0.05, &json!({ "latency": "100ms" }), 4));
    while engine.figures().totals.in_flight == 0 {
        engine.advance(at_s(60.0), 1);
    }
    inflict(&mut engine, json!({ "drop": { "request": 0 } }));
    let again = Command::Fault(Fault::Drop { request: 1_000_000 });
    assert!(engine.command(again).unwrap_err().to_string().contains("no packet of request 1000000"));
    let made = engine.now();
    while engine.figures().totals.answered == 0 {
        engine.advance(at_s(60.0), 1);
    }
    // There, lost at the end; a timeout of 200 ms and a round trip; there and back.
    let took_s = engine.now().since(made).as_secs_f64();
    assert!((took_s - (0.1 + 0.4 + 0.2)).abs() < 1e-3, "{took_s}");
    assert_eq!(engine.violations(), Vec::<String>::new());
}

/// The scenario with a balancer, to one of whose servers the users have a link as well.
fn with_a_direct_way(address: &str) -> Document {
    let mut document = with(scenario("load-balanced"), "web-1", &[("address", json!(address))]);
    let latency = scalescope::base::SimDuration::from_millis(40);
    document.links.push(Link { from: "users".into(), to: "web-1".into(), latency: Some(latency), ..Link::default() });
    document.links.retain(|link| link.to != "dns");
    document.nodes.retain(|node| node.id != "dns");
    document
}

#[test]
fn a_private_address_is_refused_from_outside() {
    let run = |address: &str, is_crashed: bool| {
        let mut engine = engine(with_a_direct_way(address));
        engine.run_until(at_s(1.0));
        if is_crashed {
            crash(&mut engine, "web-1");
            engine.run_until(at_s(20.0));
        }
        let until = engine.now().as_secs_f64() + 20.0;
        measure(&mut engine, until)
    };
    for is_crashed in [false, true] {
        // Without a name service each user has an address of its own by heart: every other one the direct way.
        let refused = run("auto", is_crashed);
        let share = count(&refused, Reason::Unreachable) as f64 / 20.0 / refused.offered_per_s;
        assert!((share - 0.5).abs() < 0.05, "{share} refused");
        assert_eq!(refused.errors.len(), 1, "{:?}", refused.errors);
    }
    assert_eq!(run("public", false).errors, []);
}

#[test]
fn a_cdn_that_cannot_reach_its_origin_is_told_so() {
    let mut document = scenario("cdn");
    document.links.push(Link { from: "cdn-1".into(), to: "web-1".into(), ..Link::default() });
    let message = Document::read(&document.to_json()).unwrap_err().to_string();
    assert!(message.contains("nodes[2]") && message.contains("address of `web-1` to public"), "{message}");
    let open = with(document, "web-1", &[("address", json!("public"))]);
    assert!(Document::read(&open.to_json()).is_ok());
}

#[test]
fn a_scheduled_fault_names_what_is_wrong_with_it() {
    for (fault, hint) in [
        (json!({ "partition": { "from": "users", "to": "nobody" } }), "no node `nobody`"),
        (json!({ "partition": { "from": "web-1", "to": "users" } }), "no link from `web-1` to `users`"),
        (json!({ "partition": { "from": "users", "to": "web-1", "way": "up" } }), "way"),
        (json!({ "lossy_link": { "from": "users", "to": "web-1", "loss": 2 } }), "schedule[0].command.fault.loss"),
        (json!({ "slow": { "node": "web-1", "factor": -1 } }), "schedule[0].command.fault.factor"),
        (json!({ "flush": { "node": "web-1" } }), "only a cache"),
        (json!({ "purge": { "node": "web-1" } }), "only a CDN"),
        (json!({ "read_only": { "node": "web-1" } }), "a database"),
        (json!({ "hang": { "node": "users" } }), "users do not crash"),
    ] {
        let mut document = serde_json::to_value(scenario("single-server")).unwrap();
        document["schedule"] = json!([{ "at": "1s", "command": { "fault": fault } }]);
        let message = Document::read(&document.to_string()).unwrap_err().to_string();
        assert!(message.contains("schedule[0]") && message.contains(hint), "{message}");
    }
}

/// Every fault at once, by schedule and by hand: written to JSON and back, the run is the same.
#[test]
fn troubled_links_and_nodes_replay() {
    let mut document = serde_json::to_value(scenario("cdn")).unwrap();
    for link in document["links"].as_array_mut().unwrap() {
        link["latency_shape"] = json!("lognormal(1)");
        link["bandwidth"] = json!("50Mbps");
        link["queue_limit"] = json!("100ms");
        link["loss"] = json!(0.01);
    }
    document["schedule"] = json!([
        { "at": "1s", "command": { "fault": { "partition": { "from": "web-1", "to": "db-1", "way": "forward" } } } },
        { "at": "2s", "command": { "fault": { "narrow_link": { "from": "users", "to": "lb-1", "bandwidth": "500kbps" } } } },
        { "at": "4s", "command": { "fault": { "heal_link": { "from": "web-1", "to": "db-1" } } } },
        { "at": "4s", "command": { "fault": { "hang": { "node": "db-1" } } } },
        { "at": "5s", "command": { "fault": { "purge": { "node": "cdn-1", "key": 3 } } } },
    ]);
    let document = Document::read(&document.to_string()).unwrap();
    assert_eq!(Document::read(&document.to_json()).unwrap(), document);
    let mut engine = engine(document.clone());
    for (second, fault) in [
        (1.5, json!({ "errors": { "node": "web-2", "ratio": 0.2 } })),
        (2.5, json!({ "slow": { "node": "cache-1", "factor": 50 } })),
        (3.0, json!({ "flush": { "node": "cache-1" } })),
        (9.0, json!({ "resume": { "node": "db-1" } })),
        (9.5, json!({ "read_only": { "node": "db-2" } })),
        (11.0, json!({ "heal": { "node": "db-2" } })),
    ] {
        engine.run_until(at_s(second));
        inflict(&mut engine, fault);
        assert_eq!(engine.violations(), Vec::<String>::new());
    }
    engine.run_until(at_s(15.0));
    assert_eq!(engine.complaints(), []);
    let text = serde_json::to_string(engine.journal()).unwrap();
    let journal: Vec<_> = serde_json::from_str(&text).unwrap();
    let replayed = Engine::replay(document, &journal, engine.now()).unwrap();
    assert_eq!(engine.state_hash(), replayed.state_hash());
}
