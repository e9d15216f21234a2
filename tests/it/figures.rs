//! Figures and hops mean what they say, whoever looks, how often, and at what speed.

use scalescope::base::{Kind, SimDuration};
use scalescope::observe::NodeFigures;
use serde_json::json;

use crate::support::{at_s, crash, engine, scenario, with};

#[test]
fn looking_often_does_not_shorten_the_window() {
    let mut engine = engine(scenario("cdn"));
    engine.set_window(SimDuration::from_secs(2));
    engine.run_until(at_s(10.0));
    let mut figures = engine.figures();
    for step in 1..=2_000 {
        engine.run_until(at_s(10.0 + f64::from(step) * 0.002));
        figures = engine.figures();
    }
    assert!((figures.window_s - 2.0).abs() < 0.1, "{} s", figures.window_s);
    assert!((figures.offered_per_s - 100.0).abs() < 30.0);
    // Looking while nothing moves changes nothing.
    for _ in 0..500 {
        engine.figures();
    }
    assert_eq!(engine.figures(), figures);
}

#[test]
fn old_latencies_leave_the_window() {
    let mut engine = engine(scenario("load-balanced"));
    engine.run_until(at_s(10.0));
    assert!(engine.figures().latency.count > 50);
    crash(&mut engine, "lb-1");
    for second in 11..20 {
        engine.run_until(at_s(f64::from(second)));
        engine.figures();
    }
    assert_eq!(engine.figures().latency.count, 0);
}

#[test]
fn hops_keep_near_their_budget_and_come_back() {
    let mut engine = engine(with(scenario("cdn"), "users", &[("users", json!(100_000))]));
    engine.set_hop_budget(200);
    let mut strides = Vec::new();
    for frame in 1..=40 {
        engine.run_until(at_s(f64::from(frame) * 0.05));
        let mut hops = Vec::new();
        let stride = engine.take_hops(&mut hops);
        strides.push(stride);
        assert!(hops.len() < 2_000, "{} hops", hops.len());
        assert!(frame < 5 || hops.len() > 10, "the picture never goes blank: {} hops at 1/{stride}", hops.len());
        assert!(hops.iter().all(|hop| hop.arrive >= hop.depart));
    }
    assert!(strides[39] >= 4, "about 500 requests a frame, some nine hops each: {strides:?}");
    let quiet = scalescope::model::Edit::Set { node: "users".into(), param: "users".into(), value: json!(1_000) };
    crate::support::edit(&mut engine, quiet);
    for frame in 41..=80 {
        engine.run_until(at_s(f64::from(frame) * 0.05));
        strides.push(engine.take_hops(&mut Vec::new()));
    }
    assert_eq!(strides.last(), Some(&1));
}

#[test]
fn one_short_frame_does_not_double_the_dots() {
    let mut engine = engine(with(scenario("cdn"), "users", &[("users", json!(100_000))]));
    engine.set_hop_budget(400);
    let mut take = |millis: f64, strides: &mut Vec<u32>| {
        engine.run_until(engine.now() + SimDuration::from_secs_f64(millis / 1e3));
        strides.push(engine.take_hops(&mut Vec::new()));
    };
    let mut strides = Vec::new();
    (0..30).for_each(|_| take(50.0, &mut strides));
    let full = strides[29];
    assert!(full >= 4, "{strides:?}");
    for _ in 0..10 {
        take(2.0, &mut strides);
        take(50.0, &mut strides);
    }
    assert!(strides[30..].iter().all(|stride| *stride >= full), "{strides:?}");
    (0..7).for_each(|_| take(2.0, &mut strides));
    assert_eq!(strides.last(), Some(&(full / 2)), "{strides:?}");
}

/// Of several populations each has its own figures, and together they are those of the whole.
#[test]
fn every_population_is_told_of_by_itself() {
    let mut engine = engine(scenario("regions"));
    engine.run_until(at_s(5.0));
    engine.mark();
    engine.run_until(at_s(25.0));
    let figures = engine.figures();
    let document = engine.document();
    let own: Vec<_> = figures.nodes.iter().filter(|node| document.is_a(&node.id, Kind::Users)).collect();
    let sum = |figure: fn(&NodeFigures) -> f64| own.iter().map(|node| figure(node)).sum::<f64>();
    assert_eq!(own.len(), 2);
    assert!((sum(|node| node.arrivals_per_s) - figures.offered_per_s).abs() < 1e-6);
    assert!((sum(|node| node.completions_per_s) - figures.goodput_per_s).abs() < 1e-6);
    assert_eq!(own.iter().map(|node| node.in_flight).sum::<u64>(), figures.totals.in_flight);
    // 3,000 users and 2,000, all of the same habits.
    let ratio = own[0].arrivals_per_s / own[1].arrivals_per_s;
    assert!((ratio - 1.5).abs() < 0.1, "{ratio}");
}
