//! Caches in front of a database: time to live, writes, leases, several nodes. Expected numbers are computed here, from theory.

use std::sync::Arc;

use proptest::prelude::*;
use scalescope::base::random::Stream;
use scalescope::base::zipf::Zipf;
use scalescope::base::{Bytes, Kind, SimDuration, SimTime};
use scalescope::components::cache::Entries;
use scalescope::engine::Engine;
use scalescope::kernel::Version;
use scalescope::model::kinds::EvictionPolicy;
use scalescope::model::spec::ParamType;
use scalescope::model::{Command, Document, Edit, Fault, Trace, TracedRead};
use scalescope::observe::Figures;
use serde_json::{Value, json};

use crate::support::{at_s, crash, edit, engine, measure, node, restart, run, set};

/// Users → web server → cache → database, everything in no time and of size one, as far as `parts` say nothing else.
fn design(parts: &[(&str, Value)]) -> Document {
    let part = |name: &str, mut defaults: Value| {
        for (_, changes) in parts.iter().filter(|(other, _)| *other == name) {
            for (param, value) in changes.as_object().expect("parameters are an object") {
                defaults[param] = value.clone();
            }
        }
        defaults
    };
    let users = part(
        "users",
        json!({ "users": 1_000, "rate_per_user_per_s": 0.1, "static_weight": 0, "read_weight": 1,
        "write_weight": 0, "keys": 1, "zipf_exponent": 0, "value_size": "1B", "timeout": "1h" }),
    );
    let web =
        part("web", json!({ "read_service": "0s", "write_service": "0s", "workers": 100_000, "queue_limit": 100_000 }));
    let cache = part("cache", json!({ "ttl": "0s", "lookup_time": "0s" }));
    let db = part(
        "db",
        json!({ "read_service": "0s", "write_service": "0s", "service_shape": "constant", "cores": 1_000,
        "queue_limit": 100_000 }),
    );
    let document = json!({
        "version": 1, "name": "caches", "seed": 5,
        "nodes": [
            { "id": "users", "kind": "users", "params": users },
            { "id": "web", "kind": "web_server", "params": web },
            { "id": "cache", "kind": "cache", "params": cache },
            { "id": "db", "kind": "database", "params": db },
        ],
        "links": [
            { "from": "users", "to": "web", "latency": "0s" }, { "from": "web", "to": "cache", "latency": "0s" },
            { "from": "web", "to": "db", "latency": "0s" }, { "from": "cache", "to": "db", "latency": "0s" },
        ],
    });
    Document::read(&document.to_string()).unwrap_or_else(|problems| panic!("{problems}"))
}

fn hit_ratio(figures: &Figures) -> f64 {
    node(figures, "cache").hit_ratio.expect("there were lookups")
}

#[test]
fn a_time_to_live_gives_the_hit_ratio_of_renewal_theory() {
    // One key, asked for λ = 2 times a second, T = 1.5 s.
    let hits = |cache: Value| {
        let users = json!({ "users": 10, "rate_per_user_per_s": 0.2 });
        hit_ratio(&run(design(&[("users", users), ("cache", cache)]), 100.0, 20_000.0))
    };
    let fixed = 3.0 / 4.0;
    let renewing = 1.0 - libm::exp(-3.0);
    // Lives between a half and the whole of T: three quarters of it on average.
    let jittered = 2.25 / 3.25;
    for (cache, expected) in [
        (json!({ "ttl": "1.5s" }), fixed),
        (json!({ "ttl": "1.5s", "ttl_renews": "on" }), renewing),
        (json!({ "ttl": "1.5s", "ttl_jitter": 0.5 }), jittered),
    ] {
        let got = hits(cache.clone());
        assert!((got - expected).abs() < 0.01, "{cache}: {got} for {expected}");
    }
}

#[test]
fn jitter_spreads_a_mass_expiry() {
    // 2,000 keys are loaded within a second, and live 20 s: without jitter they are all fetched again within the 21st.
    let worst = |jitter: f64| {
        let users = json!({ "users": 40_000, "rate_per_user_per_s": 1, "keys": 2_000 });
        let mut engine = engine(design(&[("users", users), ("cache", json!({ "ttl": "20s", "ttl_jitter": jitter }))]));
        engine.run_until(at_s(2.0));
        let misses = (3..=22).map(|second| node(&measure(&mut engine, f64::from(second)), "cache").misses.unwrap_or(0));
        misses.max().unwrap()
    };
    let (together, spread) = (worst(0.0), worst(0.5));
    assert!(together > 1_700 && spread < 400, "{together} misses in the worst second, {spread} with jitter");
}

/// Hit ratio of a cache with two places under independent references with these weights: King (1971) for LRU, Gelenbe (1973)
/// for FIFO and random.
fn two_places(weights: &[f64], is_lru: bool) -> f64 {
    let (mut hits, mut total) = (0.0, 0.0);
    for (i, p) in weights.iter().enumerate() {
        for (j, q) in weights.iter().enumerate().filter(|(j, _)| *j != i) {
            let state = if is_lru { p * q / (1.0 - p) } else { p * q };
            hits += state * (weights[i] + weights[j]);
            total += state;
        }
    }
    hits / total
}

/// The same for CLOCK, from its Markov chain: states are the oldest and the newest entry, each with its bit.
fn two_places_clock(weights: &[f64]) -> f64 {
    let n = weights.len();
    let index =
        |oldest: (usize, usize), newest: (usize, usize)| ((oldest.0 * n + newest.0) * 2 + oldest.1) * 2 + newest.1;
    let mut now = vec![0.0; n * n * 4];
    now[index((0, 0), (1, 0))] = 1.0;
    let mut hits = 0.0;
    for _ in 0..500 {
        let mut next = vec![0.0; now.len()];
        hits = 0.0;
        for a in 0..n {
            for b in (0..n).filter(|b| *b != a) {
                for (x, y) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                    let share = now[index((a, x), (b, y))];
                    for (asked, weight) in weights.iter().enumerate() {
                        let to = if asked == a {
                            index((a, 1), (b, y))
                        } else if asked == b {
                            index((a, x), (b, 1))
                        } else if x == 0 {
                            index((b, y), (asked, 0))
                        } else if y == 0 {
                            // The oldest has another turn; the other one goes.
                            index((a, 0), (asked, 0))
                        } else {
                            // Both have another turn, and the oldest goes.
                            index((b, 0), (asked, 0))
                        };
                        next[to] += share * weight;
                        if asked == a || asked == b {
                            hits += share * weight;
                        }
                    }
                }
            }
        }
        now = next;
    }
    hits
}

#[test]
fn policies_have_the_hit_ratios_of_independent_references() {
    // Zipf with exponent 1 over four keys: 12, 6, 4, 3 of 25.
    let weights = [12.0, 6.0, 4.0, 3.0].map(|weight| weight / 25.0);
    let fifo = two_places(&weights, false);
    for (policy, expected) in
        [("lru", two_places(&weights, true)), ("fifo", fifo), ("random", fifo), ("clock", two_places_clock(&weights))]
    {
        let users = json!({ "keys": 4, "zipf_exponent": 1.0 });
        let figures =
            run(design(&[("users", users), ("cache", json!({ "capacity": "2B", "policy": policy }))]), 10.0, 1_510.0);
        let got = hit_ratio(&figures);
        assert!((got - expected).abs() < 0.005, "{policy}: {got} for {expected}");
        assert_eq!(node(&figures, "cache").stored_bytes, Some(2));
    }
}

/// Database reads per second for one key that is read `reads` and written `writes` times a second.
fn fetches_per_s(reads: f64, writes: f64, cache: Value) -> f64 {
    let users =
        json!({ "rate_per_user_per_s": (reads + writes) / 1_000.0, "read_weight": reads, "write_weight": writes });
    let parts = [("users", users), ("cache", cache), ("db", json!({ "read_service": "20ms" }))];
    let figures = run(design(&parts), 1.0, 201.0);
    node(&figures, "db").completions_per_s - figures.operations[2].goodput_per_s
}

#[test]
fn memory_holds_as_many_entries_as_take_it_with_all_that_belongs_to_them() {
    // Values of one byte; of 1,000 keys, all equally popular, each entry in memory makes for 0.1 % of hits.
    for (params, entries) in [
        (json!({ "capacity": "500B" }), 500),
        (json!({ "capacity": "10KB", "entry_overhead": "95B" }), 106),
        (json!({ "capacity": "10KB", "entry_overhead": "95B", "headroom": 100 }), 213),
        // 101 bytes are in a chunk of 120.
        (json!({ "capacity": "10KB", "entry_overhead": "100B", "chunk_growth": 1.25 }), 85),
        (json!({ "capacity": "10KB", "entry_overhead": "20KB" }), 0),
    ] {
        let figures = run(design(&[("users", json!({ "keys": 1_000 })), ("cache", params.clone())]), 60.0, 260.0);
        assert_eq!(node(&figures, "cache").stored_entries, Some(entries), "{params}");
        assert!((hit_ratio(&figures) - entries as f64 / 1_000.0).abs() < 0.015, "{params}: {}", hit_ratio(&figures));
    }
    // More room while it runs is used, and less is given back at once.
    let mut engine = engine(design(&[("users", json!({ "keys": 1_000 })), ("cache", json!({ "capacity": "100B" }))]));
    for (headroom, entries) in [(0, 100), (300, 400), (50, 150)] {
        set(&mut engine, "cache", "headroom", json!(headroom));
        assert!(node(&engine.report(), "cache").stored_bytes.unwrap() <= entries, "{headroom} %");
        engine.run_until(engine.now() + SimDuration::from_secs(60));
        assert_eq!(node(&engine.report(), "cache").stored_bytes, Some(entries), "{headroom} %");
    }
}

#[test]
fn leases_turn_a_stampede_into_one_fetch() {
    let (reads, writes) = (500.0, 1.0);
    for pattern in ["read_through", "cache_aside"] {
        // Each invalidation is followed by one miss, and by those of the fetch's 20 ms.
        let herd = fetches_per_s(reads, writes, json!({ "pattern": pattern }));
        let expected = writes * (1.0 + reads * 0.02);
        assert!((herd / expected - 1.0).abs() < 0.15, "{pattern} without leases: {herd} for {expected}");
        let leased = fetches_per_s(reads, writes, json!({ "pattern": pattern, "leases": "on" }));
        assert!((leased / writes - 1.0).abs() < 0.2, "{pattern} with leases: {leased} for {writes}");
    }
}

/// Stale reads where sets arrive long after what they set was read, and invalidations at once.
fn stale_reads(pattern: &str, leases: &str) -> u64 {
    let users = json!({ "users": 10, "rate_per_user_per_s": 0.4, "read_weight": 3, "write_weight": 1 });
    let cache = json!({ "pattern": pattern, "leases": leases });
    let mut document = design(&[("users", users), ("cache", cache)]);
    // The reader that fills the cache is far from it or from the database; the writer is near to both.
    let far = if pattern == "cache_aside" { ("far-web", "cache") } else { ("cache", "db") };
    let part = json!({
        "version": 1, "name": "far", "nodes": [
            { "id": "readers", "kind": "users", "params": { "users": 10, "rate_per_user_per_s": 0.2, "static_weight": 0,
                "read_weight": 1, "write_weight": 0, "keys": 1, "value_size": "1B", "timeout": "1h" } },
            { "id": "far-web", "kind": "web_server" },
        ],
        "links": [ { "from": "readers", "to": "far-web" } ],
    });
    let part = Document::read(&part.to_string()).unwrap();
    document.nodes.extend(part.nodes);
    document.links.extend(part.links);
    for (from, to) in [("far-web", "cache"), ("far-web", "db")] {
        document.links.push(scalescope::model::Link { from: from.into(), to: to.into(), ..Default::default() });
    }
    let link = document.links.iter_mut().find(|link| (link.from.as_str(), link.to.as_str()) == far).unwrap();
    link.latency = Some("300ms".parse().unwrap());
    let mut engine = engine(document);
    engine.run_until(at_s(500.0));
    assert_eq!(engine.violations(), Vec::<String>::new());
    node(&engine.report(), "cache").stale_reads.unwrap()
}

#[test]
fn the_stale_set_race_happens_and_leases_prevent_it() {
    for pattern in ["cache_aside", "read_through"] {
        let (racing, leased) = (stale_reads(pattern, "off"), stale_reads(pattern, "on"));
        assert!(racing > 20, "{pattern}: {racing} stale reads without leases");
        assert_eq!(leased, 0, "{pattern}: stale reads with leases");
    }
}

#[test]
fn those_who_wait_for_a_lease_are_answered_or_failed() {
    for pattern in ["read_through", "cache_aside"] {
        let parts = [
            ("cache", json!({ "pattern": pattern, "leases": "on", "lease_timeout": "2s" })),
            ("db", json!({ "read_service": "1s" })),
        ];
        let mut engine = engine(design(&parts));
        engine.run_until(at_s(0.9));
        assert_eq!(engine.report().totals.answered, 0);
        assert!(node(&engine.report(), "cache").in_flight > 50 || pattern == "cache_aside");
        // The cache dies: nobody waits for it any longer; all ask the database.
        crash(&mut engine, "cache");
        engine.run_until(at_s(3.0));
        assert_eq!(engine.violations(), Vec::<String>::new());
        assert!(engine.report().totals.answered > 150);
        restart(&mut engine, "cache");
        engine.run_until(at_s(5.0));
        // Turned off in the middle of a fetch, leases hold nobody back either.
        set(&mut engine, "cache", "on_write", json!("nothing"));
        crash(&mut engine, "cache");
        restart(&mut engine, "cache");
        engine.run_until(at_s(5.5));
        set(&mut engine, "cache", "leases", json!("off"));
        set(&mut engine, "users", "users", json!(1));
        engine.run_until(at_s(30.0));
        assert_eq!(engine.violations(), Vec::<String>::new());
        assert_eq!(engine.report().totals.in_flight, 0, "{pattern}");
    }
}

#[test]
fn a_lease_whose_holder_dies_is_given_to_another_after_its_time() {
    let parts = [
        ("users", json!({ "users": 100 })),
        ("cache", json!({ "pattern": "cache_aside", "leases": "on", "lease_timeout": "3s" })),
        ("db", json!({ "read_service": "500ms" })),
    ];
    let mut engine = engine(design(&parts));
    engine.run_until(at_s(0.4));
    // The web server dies with the token, and forgets it.
    crash(&mut engine, "web");
    restart(&mut engine, "web");
    engine.run_until(at_s(2.9));
    assert_eq!(node(&engine.report(), "cache").stored_entries, Some(0));
    engine.run_until(at_s(4.2));
    assert_eq!(node(&engine.report(), "cache").stored_entries, Some(1));
    engine.run_until(at_s(5.0));
    assert!(engine.report().totals.in_flight <= 1);
    assert_eq!(engine.violations(), Vec::<String>::new());
}

#[test]
fn written_through_values_are_found_and_never_stale() {
    let users = json!({ "read_weight": 3, "write_weight": 1, "keys": 50 });
    let figures =
        run(design(&[("users", users.clone()), ("cache", json!({ "on_write": "write_through" }))]), 20.0, 120.0);
    assert_eq!(node(&figures, "cache").hit_ratio, Some(1.0), "after the first of each key there is nothing to fetch");
    assert_eq!(figures.totals.stale_reads, 0);
    assert!((node(&figures, "db").completions_per_s / 25.0 - 1.0).abs() < 0.1, "each write is written at once");
    // A cache that does not take writes leaves them to the web server.
    let mut engine = engine(design(&[("users", users), ("cache", json!({ "on_write": "write_through" }))]));
    crash(&mut engine, "cache");
    engine.run_until(at_s(10.0));
    assert_eq!(engine.report().totals.failed, 0);
    assert_eq!(engine.violations(), Vec::<String>::new());
}

#[test]
fn write_around_leaves_stale_entries_and_invalidation_does_not() {
    let stale = |on_write: &str| {
        let users = json!({ "read_weight": 3, "write_weight": 1, "keys": 50 });
        run(design(&[("users", users), ("cache", json!({ "on_write": on_write }))]), 20.0, 120.0).stale_reads
    };
    assert_eq!(stale("invalidate"), 0);
    assert!(stale("nothing") > 5_000);
}

#[test]
fn write_back_writes_later_less_often_and_loses_in_a_crash_what_it_had_not_written() {
    let users = json!({ "read_weight": 1, "write_weight": 1, "keys": 20 });
    let cache = json!({ "on_write": "write_back", "write_back_delay": "2s" });
    let mut engine = engine(design(&[("users", users), ("cache", cache)]));
    engine.run_until(at_s(20.0));
    let figures = measure(&mut engine, 120.0);
    // 50 writes a second; each of 20 keys is written once in 2 s and the 0.4 s until it is written to again.
    let expected = 20.0 / 2.4;
    let got = node(&figures, "db").completions_per_s;
    assert!((got / expected - 1.0).abs() < 0.1, "{got} writes a second reach the database, for {expected}");
    assert_eq!((figures.totals.stale_reads, figures.totals.lost_writes), (0, 0));
    assert_eq!(engine.violations(), Vec::<String>::new());
    crash(&mut engine, "cache");
    assert_eq!(engine.violations(), Vec::<String>::new());
    let cluster = engine.report().clusters[0].clone();
    // 2 of 2.4 s a key has something unwritten.
    assert!((10..=20).contains(&cluster.lost_count), "{} keys lost", cluster.lost_count);
    assert_eq!(cluster.lost.len() as u64, cluster.lost_count);
    assert_eq!(engine.report().totals.lost_writes, cluster.lost_count);
    assert!(
        cluster.lost.iter().all(|lost| lost.key < 20 && lost.user.is_some() && lost.at_ns.unwrap() > 117_000_000_000)
    );
    // What is read from here on is what the database has, and that is the truth again.
    restart(&mut engine, "cache");
    set(&mut engine, "users", "write_weight", json!(0));
    let after = measure(&mut engine, 130.0);
    assert_eq!(after.stale_reads, 0);
    assert_eq!(engine.violations(), Vec::<String>::new());
}

#[test]
fn write_back_waits_for_a_dead_database_and_writes_what_it_evicts() {
    let users = json!({ "read_weight": 1, "write_weight": 1, "keys": 200 });
    let cache = json!({ "on_write": "write_back", "write_back_delay": "1h", "capacity": "100B" });
    let mut engine = engine(design(&[("users", users), ("cache", cache)]));
    engine.run_until(at_s(60.0));
    let figures = engine.report();
    // An hour is not over: what the database has is what was evicted, or came when all memory was unwritten.
    assert!(node(&figures, "db").completions_per_s > 5.0);
    assert_eq!(figures.totals.stale_reads, 0);
    assert!(node(&figures, "cache").stored_bytes.unwrap() <= 100);
    crash(&mut engine, "db");
    engine.run_until(at_s(70.0));
    restart(&mut engine, "db");
    set(&mut engine, "cache", "write_back_delay", json!("100ms"));
    set(&mut engine, "users", "write_weight", json!(0));
    engine.run_until(at_s(4_000.0));
    assert_eq!(engine.violations(), Vec::<String>::new());
    crash(&mut engine, "cache");
    assert_eq!(engine.report().totals.lost_writes, 0, "everything was written by then");
    assert_eq!(engine.violations(), Vec::<String>::new());
}

/// The design with this many caches, called cache, cache-2, …; `roles` gives some another role.
fn with_caches(count: usize, parts: &[(&str, Value)], gutters: usize) -> Document {
    let mut document = design(parts);
    let first = document.node("cache").unwrap().clone();
    for number in 2..=count + gutters {
        let mut cache = first.clone();
        cache.id = format!("cache-{number}");
        if number > count {
            cache.kind.set("role", json!("gutter")).unwrap();
            cache.kind.set("ttl", json!("10s")).unwrap();
        }
        for (from, to) in [("web", cache.id.as_str()), (cache.id.as_str(), "db")] {
            let mut link = document.links[1].clone();
            (link.from, link.to) = (from.to_owned(), to.to_owned());
            document.links.push(link);
        }
        document.nodes.push(cache);
    }
    document
}

#[test]
fn one_more_cache_takes_its_share_and_leaves_the_rest_warm() {
    let users = json!({ "keys": 4_000, "rate_per_user_per_s": 1.0 });
    let mut engine = engine(with_caches(4, &[("users", users)], 0));
    engine.run_until(at_s(60.0));
    let more = Edit::one_more_like(engine.document(), "cache-4").unwrap();
    edit(&mut engine, more);
    let figures = measure(&mut engine, 120.0);
    let misses: u64 = figures.nodes.iter().filter_map(|node| node.misses).sum();
    // Only the keys of the newcomer are fetched again: a fifth, with the unevenness of 100 points a node.
    assert!((600..1_050).contains(&misses), "{misses} of 4000 keys moved");
    assert_eq!(node(&figures, "cache-5").misses, Some(misses));
}

#[test]
fn a_gutter_takes_over_the_keys_of_a_dead_cache() {
    for pattern in ["read_through", "cache_aside"] {
        let fetches = |gutters| {
            let parts = [("users", json!({ "keys": 30 })), ("cache", json!({ "pattern": pattern }))];
            let mut engine = engine(with_caches(2, &parts, gutters));
            engine.run_until(at_s(20.0));
            crash(&mut engine, "cache");
            let figures = measure(&mut engine, 220.0);
            assert_eq!(figures.totals.failed, 0);
            assert_eq!(engine.violations(), Vec::<String>::new());
            node(&figures, "db").completions_per_s
        };
        let (bare, guarded) = (fetches(0), fetches(1));
        // Without one, all reads of the dead one's keys go to the database; with one, each key once in its 10 s.
        assert!(bare > 25.0, "{pattern}: {bare} fetches a second");
        assert!((0.5..2.6).contains(&guarded), "{pattern}: {guarded} fetches a second with a gutter");
    }
}

#[test]
fn copies_share_the_reads_of_a_hot_key_and_hear_of_writes() {
    for pattern in ["read_through", "cache_aside"] {
        let parts = [
            ("users", json!({ "read_weight": 99, "write_weight": 1 })),
            ("cache", json!({ "pattern": pattern, "copies": 3 })),
        ];
        let mut engine = engine(with_caches(4, &parts, 0));
        engine.run_until(at_s(10.0));
        let figures = measure(&mut engine, 110.0);
        let arrivals: Vec<f64> =
            figures.nodes.iter().filter(|node| node.id.starts_with("cache")).map(|node| node.arrivals_per_s).collect();
        let busy = arrivals.iter().filter(|arrivals| (28.0..40.0).contains(*arrivals)).count();
        assert_eq!(busy, 3, "three of four share the key: {arrivals:?}");
        // Deletes reach the copies one after the other, but here all at the same instant.
        assert_eq!(figures.totals.stale_reads, 0, "{pattern}");
        assert_eq!(engine.violations(), Vec::<String>::new());
    }
}

#[test]
fn what_cannot_be_is_told_with_a_remedy() {
    let mut document = design(&[("cache", json!({ "pattern": "cache_aside", "on_write": "write_back" }))]);
    document.links.retain(|link| link.from != "cache");
    let problems = Document::read(&document.to_json()).unwrap_err().to_string();
    assert!(problems.contains("on_write") && problems.contains("add a link from `cache`"), "{problems}");
}

/// What may happen to the caches of the random designs.
#[derive(Clone, Copy, Debug)]
enum Act {
    Crash(usize),
    Restart(usize),
    /// Sets a choice of a cache: which cache, which parameter, which word.
    Choose(usize, usize, usize),
    Ttl(usize, u32),
    Capacity(usize, u32),
    Writes(u32),
    Loss(usize, bool),
    Add(usize),
    Remove(usize),
}

fn acts() -> impl Strategy<Value = Vec<(u64, Act)>> {
    let act = prop_oneof![
        (0_usize..6).prop_map(Act::Crash),
        (0_usize..6).prop_map(Act::Restart),
        (0_usize..4, 0_usize..8, 0_usize..8).prop_map(|(node, param, word)| Act::Choose(node, param, word)),
        (0_usize..4, 0_usize..8, 0_usize..8).prop_map(|(node, param, word)| Act::Choose(node, param, word)),
        (0_usize..4, 0_u32..2_000).prop_map(|(node, ttl)| Act::Ttl(node, ttl)),
        (0_usize..4, 1_u32..60).prop_map(|(node, capacity)| Act::Capacity(node, capacity)),
        (0_u32..9).prop_map(Act::Writes),
        (0_usize..20, any::<bool>()).prop_map(|(link, is_lossy)| Act::Loss(link, is_lossy)),
        (0_usize..4).prop_map(Act::Add),
        (0_usize..4).prop_map(Act::Remove),
    ];
    prop::collection::vec((0_u64..2_000, act), 0..14)
}

fn act_as_command(act: Act, document: &Document) -> Option<Command> {
    let caches: Vec<&str> =
        document.nodes.iter().filter(|node| node.kind() == Kind::Cache).map(|node| node.id.as_str()).collect();
    let cache = |number: usize| caches.get(number % caches.len().max(1)).map(|id| (*id).to_owned());
    let node = |number: usize| document.nodes[1 + number % (document.nodes.len() - 1)].id.clone();
    let set = |node, param: &str, value| Command::Edit(Edit::Set { node, param: param.to_owned(), value });
    Some(match act {
        Act::Crash(number) => Command::Fault(Fault::Crash { node: node(number) }),
        Act::Restart(number) => Command::Fault(Fault::Restart { node: node(number) }),
        Act::Choose(number, param, word) => {
            let specs = document.node(&cache(number)?)?.kind.specs();
            let words = specs.iter().filter_map(|spec| match spec.ty {
                ParamType::Choice(words) => Some((spec.name, words)),
                _ => None,
            });
            let words: Vec<_> = words.collect();
            let (name, words) = words[param % words.len()];
            set(cache(number)?, name, json!(words[word % words.len()]))
        }
        Act::Ttl(number, ttl) => set(cache(number)?, "ttl", json!(format!("{ttl}ms"))),
        Act::Capacity(number, capacity) => set(cache(number)?, "capacity", json!(format!("{capacity}B"))),
        Act::Writes(weight) => set("users".into(), "write_weight", json!(weight)),
        Act::Loss(link, is_lossy) => {
            let mut link = document.links[link % document.links.len()].clone();
            link.loss = if is_lossy { 0.2 } else { 0.0 };
            Command::Edit(Edit::SetLink { link })
        }
        Act::Add(number) => Command::Edit(Edit::one_more_like(document, &cache(number)?)?),
        Act::Remove(number) => Command::Edit(Edit::RemoveNode { node: cache(number)? }),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_to_caches_nothing_is_lost_unseen(
        caches in 1_usize..4,
        latency_ms in 0_u32..30,
        is_aside in any::<bool>(),
        leases in prop::sample::select(vec!["on", "off"]),
        on_write in prop::sample::select(vec!["invalidate", "nothing", "write_through", "write_back"]),
        acts in acts(),
    ) {
        let pattern = if is_aside { "cache_aside" } else { "read_through" };
        let parts = [
            ("users", json!({ "keys": 40, "zipf_exponent": 0.8, "write_weight": 1, "timeout": "3s", "value_size": "4B" })),
            ("cache", json!({ "capacity": "60B", "pattern": pattern, "on_write": on_write, "leases": leases,
                "write_back_delay": "500ms", "lease_timeout": "700ms", "copies": 2 })),
            ("db", json!({ "read_service": "5ms", "write_service": "5ms", "cores": 2, "queue_limit": 3 })),
        ];
        let mut document = with_caches(caches, &parts, 1);
        for link in &mut document.links {
            link.latency = Some(format!("{latency_ms}ms").parse().unwrap());
        }
        let mut run = engine(document.clone());
        for (after_ms, act) in acts {
            run.run_until(run.now() + SimDuration::from_millis(after_ms));
            if let Some(command) = act_as_command(act, run.document()) {
                // Some commands are refused, and then change nothing.
                let _ = run.command(command);
            }
            prop_assert_eq!(run.violations(), Vec::<String>::new());
            for figures in &run.report().nodes {
                if let (Some(stored), Some(Value::String(capacity))) =
                    (figures.stored_bytes, run.document().node(&figures.id).map(|node| node.kind.params()["capacity"].clone()))
                {
                    let capacity: Bytes = capacity.parse().unwrap();
                    prop_assert!(stored <= capacity.0, "{} holds {stored} of {capacity}", figures.id);
                }
            }
        }
        run.run_until(run.now());
        let replayed = Engine::replay(document, run.journal(), run.now()).unwrap();
        prop_assert_eq!(run.state_hash(), replayed.state_hash());
        // Healed and left alone, everything ends, and what was acknowledged is written or listed as lost.
        for id in run.document().nodes.iter().skip(1).map(|node| node.id.clone()).collect::<Vec<_>>() {
            restart(&mut run, &id);
        }
        for link in run.document().links.clone() {
            edit(&mut run, Edit::SetLink { link: scalescope::model::Link { loss: 0.0, ..link } });
        }
        set(&mut run, "users", "rate_per_user_per_s", json!(1e-6));
        set(&mut run, "users", "users", json!(1));
        run.run_until(run.now() + SimDuration::from_secs(200));
        prop_assert_eq!(run.violations(), Vec::<String>::new());
        let totals = run.report().totals;
        prop_assert!(totals.in_flight <= 1, "{} still in flight", totals.in_flight);
        prop_assert!(run.report().nodes.iter().all(|node| node.in_flight == 0 && node.queue == 0));
    }
}

#[test]
fn a_trace_misses_in_a_design_what_it_misses_in_a_plain_replay() {
    // Zipf-like keys whose sizes differ, and sometimes change: a hit keeps the old size.
    let mut stream = Stream::seeded(9);
    let zipf = Zipf::new(400, 0.9);
    let reads: Vec<TracedRead> = (0..12_000)
        .map(|_| {
            let key = zipf.draw(&mut stream);
            TracedRead { key, bytes: 50 + key % 90 + stream.below(2) as u32 * 7 }
        })
        .collect();
    for policy in ["lru", "lfu", "fifo", "clock", "sieve", "s3_fifo", "w_tinylfu"] {
        let chosen: EvictionPolicy = serde_json::from_value(json!(policy)).unwrap();
        let mut entries = Entries::new(chosen, Bytes(6_000));
        let mut expected = (0_u64, 0_u64);
        for read in &reads {
            if entries.get(read.key, SimTime::ZERO).is_none() {
                expected = (expected.0 + 1, expected.1 + u64::from(read.bytes));
                entries.insert(read.key, read.bytes, Version(0), SimTime::NEVER);
            }
        }
        let mut engine = engine(design(&[("cache", json!({ "capacity": "6000B", "policy": policy }))]));
        engine.replay_trace(&Arc::new(Trace { reads: reads.clone(), objects: 400 }));
        engine.run_until(at_s(1_000.0));
        let figures = engine.report();
        assert_eq!(figures.totals.answered, 12_000);
        let cache = node(&figures, "cache");
        assert_eq!((cache.misses, cache.miss_bytes), (Some(expected.0), Some(expected.1)), "{policy}");
        assert_eq!(node(&figures, "db").arrivals_per_s, expected.0 as f64 / 1_000.0, "{policy}");
        assert_eq!(cache.hit_ratio, Some((12_000 - expected.0) as f64 / 12_000.0), "hits and misses are all lookups");
    }
}
