//! Traces of requests: whole, true to the clock, and without any influence on the run.

use scalescope::base::SimTime;
use scalescope::engine::Engine;
use scalescope::model::{Command, Document, Fault};
use scalescope::observe::trace::{Doing, Trace};
use scalescope::observe::{Hop, HopKind, Operation, Reason};

const STEPS: usize = 100_000;

fn engine(scenario: &str) -> Engine {
    let path = format!("{}/static/scenarios/{scenario}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("a scenario of the page");
    Engine::new(Document::read(&text).expect("a good document")).expect("it runs")
}

fn at_s(seconds: f64) -> SimTime {
    SimTime::from_nanos((seconds * 1e9) as u64)
}

fn traces(engine: &Engine) -> Vec<Trace> {
    engine.traced().into_iter().filter_map(|serial| engine.trace(serial)).collect()
}

#[test]
fn tracing_changes_nothing_of_the_run() {
    let (mut plain, mut traced) = (engine("cdn"), engine("cdn"));
    traced.set_tracing(3, 500);
    for engine in [&mut plain, &mut traced] {
        engine.run_until(at_s(3.0));
    }
    assert_eq!(plain.state_hash(), traced.state_hash());
    assert!(!traces(&traced).is_empty() && plain.traced().is_empty());
}

#[test]
fn what_is_traced_is_sampled_by_its_number_and_bounded() {
    let mut engine = engine("cached");
    engine.set_tracing(4, 2_000);
    engine.run_until(at_s(5.0));
    let known = engine.traced();
    assert!(known.len() > 20 && known.len() < 1_000, "{}", known.len());
    assert!(known.iter().all(|serial| serial % 4 == 0));
    assert!(engine.ended().len() <= 512);
}

#[test]
fn the_parts_of_a_hop_fill_its_time_and_hops_lie_within_their_request() {
    let mut engine = engine("cdn");
    engine.set_tracing(1, STEPS);
    engine.run_until(at_s(4.0));
    let mut checked = 0;
    for trace in traces(&engine) {
        let Some(ended) = trace.ended_ns else { continue };
        assert!(!trace.spans.is_empty() || trace.failure.is_some(), "{trace:?}");
        for span in trace.spans.iter().filter(|span| !span.is_aside) {
            let (answered, back) = (span.answered_ns.unwrap(), span.back_ns.unwrap());
            assert!(trace.began_ns <= span.made_ns && span.made_ns <= span.depart_ns);
            assert!(
                span.depart_ns <= span.arrive_ns && span.arrive_ns <= answered && answered <= back && back <= ended
            );
            let mut at = span.arrive_ns;
            for part in &span.parts {
                assert_eq!(part.from_ns, at, "{span:?}");
                at = part.to_ns;
            }
            assert_eq!(at, answered, "{span:?}");
            if let Some(parent) = span.parent {
                let parent = &trace.spans[parent as usize];
                assert_eq!(parent.to, span.from);
                assert!(parent.arrive_ns <= span.made_ns && back <= parent.answered_ns.unwrap());
            }
            checked += 1;
        }
    }
    assert!(checked > 500, "{checked}");
}

#[test]
fn a_read_through_the_whole_system_is_told_hop_by_hop() {
    let mut engine = engine("replicated");
    engine.set_tracing(1, STEPS);
    engine.run_until(at_s(2.0));
    let is_whole = |trace: &Trace| trace.operation == Operation::Read && trace.ended_ns.is_some();
    let trace = traces(&engine).into_iter().find(is_whole).expect("somebody reads");
    let way: Vec<_> = trace.spans.iter().map(|span| (span.depth, span.verb.as_str(), span.to.as_str())).collect();
    assert_eq!(way[0], (0, "resolve", "dns"));
    assert_eq!(way[1], (0, "read", "lb-1"));
    assert!(way[2].0 == 1 && way[2].2.starts_with("web-"), "{way:?}");
    assert!(way[3].0 == 2 && way[3].2.starts_with("db-"), "{way:?}");
    let web = &trace.spans[2];
    assert!(web.parts.iter().any(|part| part.doing == Doing::Served));
    assert!(web.parts.iter().any(|part| part.doing == Doing::Calling));
}

#[test]
fn a_failure_is_listed_with_its_place_though_many_succeed() {
    let mut engine = engine("load-balanced");
    engine.set_tracing(1, STEPS);
    engine.run_until(at_s(1.0));
    engine.command(Command::Fault(Fault::Crash { node: "web-1".to_owned() })).unwrap();
    engine.run_until(at_s(12.0));
    let failed: Vec<_> = engine.ended().into_iter().filter(|ended| ended.failure.is_some()).collect();
    assert!(!failed.is_empty());
    let refused = failed.iter().find(|ended| ended.failure == Some(Reason::ConnectionRefused)).expect("nobody listens");
    assert_eq!(refused.place, "web-1");
    let list = engine.ended();
    assert!(list.is_sorted_by(|one, next| one.ended_ns >= next.ended_ns), "the latest come first");
}

#[test]
fn a_dot_leads_to_its_request() {
    let mut engine = engine("cached");
    engine.set_tracing(1, STEPS);
    engine.set_hop_budget(100_000);
    engine.run_until(at_s(1.0));
    let mut hops = Vec::new();
    engine.take_hops(&mut hops);
    for is_backward in [false, true] {
        let is_of_request = |hop: &&Hop| matches!(hop.kind, HopKind::Request | HopKind::Answer);
        let mut dots = hops.iter().rev().filter(is_of_request);
        let hop = dots.find(|hop| hop.is_backward == is_backward).expect("there are dots both ways");
        let serial = engine.find_traced(hop.link, hop.depart, hop.is_backward).expect("it is traced");
        let trace = engine.trace(serial).unwrap();
        let has_left = |at: Option<u64>| at == Some(hop.depart.as_nanos());
        let is_its = trace.spans.iter().any(|span| {
            span.link == hop.link && has_left(if is_backward { span.left_ns } else { Some(span.depart_ns) })
        });
        assert!(is_its, "{trace:?}");
    }
    assert_eq!(engine.find_traced(9_999, at_s(0.5), false), None);
}
