//! Recorded workloads drive the system like users do.

use std::path::PathBuf;
use std::sync::Arc;

use scalescope::model::{Trace, TracedRead};
use serde_json::json;

use crate::support::{at_s, engine, node, scenario, with};

/// A cyclic scan: the enemy of LRU.
fn scan(objects: u32, rounds: u32) -> Trace {
    let reads = (0..objects * rounds).map(|n| TracedRead { key: n % objects, bytes: 100 }).collect();
    Trace { reads, objects }
}

#[test]
fn a_trace_is_replayed_to_its_end_and_no_further() {
    let mut engine = engine(with(scenario("cached"), "cache-1", &[("ttl", json!("0s"))]));
    engine.replay_trace(&Arc::new(scan(500, 4)));
    assert_eq!(engine.trace_remaining(), Some(2_000));
    engine.run_until(at_s(60.0));
    assert_eq!(engine.trace_remaining(), Some(0));
    let figures = engine.report();
    assert_eq!((figures.totals.offered, figures.totals.answered), (2_000, 2_000));
    // All 50 kB fit: each object misses once.
    assert_eq!(node(&figures, "cache-1").hit_ratio, Some(0.75));
    assert_eq!(node(&figures, "cache-1").stored_bytes, Some(50_000));
}

#[test]
fn a_scan_larger_than_an_lru_cache_never_hits() {
    let cache = [("ttl", json!("0s")), ("capacity", json!("40000B"))];
    let mut engine = engine(with(scenario("cached"), "cache-1", &cache));
    engine.replay_trace(&Arc::new(scan(500, 4)));
    engine.run_until(at_s(60.0));
    assert_eq!(node(&engine.report(), "cache-1").hit_ratio, Some(0.0));
}

/// LRU replayed sequentially, in the plainest way.
fn lru_misses(trace: &Trace, capacity: u64) -> u64 {
    let mut held: std::collections::VecDeque<TracedRead> = std::collections::VecDeque::new();
    let (mut used, mut misses) = (0, 0);
    for read in &trace.reads {
        if let Some(at) = held.iter().position(|other| other.key == read.key) {
            let found = held.remove(at).expect("it is there");
            held.push_back(found);
            continue;
        }
        misses += 1;
        if u64::from(read.bytes) <= capacity {
            while used + u64::from(read.bytes) > capacity {
                used -= u64::from(held.pop_front().expect("something is held").bytes);
            }
            used += u64::from(read.bytes);
            held.push_back(*read);
        }
    }
    misses
}

#[test]
fn a_real_trace_has_the_hit_ratio_of_a_plain_replay() {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/truth/traces/cloudPhysicsIO.oracleGeneral.bin");
    let Ok(bytes) = std::fs::read(&path) else {
        eprintln!("skipped: the trace cloudPhysicsIO.oracleGeneral.bin is not part of the project and not there");
        return;
    };
    let mut trace = Trace::from_oracle_general(&bytes).unwrap();
    assert_eq!(trace.reads.len(), 113_872);
    trace.reads.truncate(20_000);
    // So slow that requests do not overlap: then the order in the cache is the order of the trace.
    let users = [("users", json!(1)), ("rate_per_user_per_s", json!(0.2)), ("timeout", json!("1h"))];
    let cache = [("ttl", json!("0s")), ("capacity", json!("128MB"))];
    let mut engine = engine(with(with(scenario("cached"), "users", &users), "cache-1", &cache));
    let expected = lru_misses(&trace, 128 << 20);
    let total = trace.reads.len() as u64;
    engine.replay_trace(&Arc::new(trace));
    engine.run_until(at_s(200_000.0));
    let figures = engine.report();
    assert_eq!(figures.totals.answered, total);
    let hit_ratio = node(&figures, "cache-1").hit_ratio.unwrap();
    let misses = ((1.0 - hit_ratio) * total as f64).round() as u64;
    // Requests that come within a tenth of a second may still overtake each other.
    assert!(misses.abs_diff(expected) <= expected / 200, "{misses} misses, {expected} in a plain replay");
}
