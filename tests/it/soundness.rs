//! What must be true of every kind of node and of any run: determinism, bounded stores, counted lookups, calls that are given up.

use proptest::prelude::*;
use scalescope::base::{Kind, SimDuration};
use scalescope::engine::Engine;
use scalescope::model::{Command, Document, Edit, Fault, Way, may_call};
use serde_json::{Value, json};

use crate::support::{at_s, engine, inflict, measure, node, scenario, set};

/// A site with a node of `kind` in every place where there may be one: called by whoever may call it, calling whom it may.
fn with_one_of(kind: Kind, seed: u64) -> Document {
    let design = |has_database: bool| {
        let mut nodes = vec![
            json!({ "id": "users", "kind": "users", "params": { "users": 2_000, "browser_cache": "1MB", "read_back_share": 0.5 } }),
            json!({ "id": "web", "kind": "web_server", "params": { "address": "public" } }),
        ];
        let mut links = vec![("users", "web")];
        if has_database {
            nodes.push(json!({ "id": "db", "kind": "database" }));
            // Nobody goes past a router.
            if kind != Kind::ShardRouter {
                links.push(("web", "db"));
            }
        }
        let standing = nodes.clone();
        if !standing.iter().any(|node| node["kind"] == kind.name()) {
            let params = if kind == Kind::Dns { json!({ "records": ["web"], "ttl": "1s" }) } else { json!({}) };
            nodes.push(json!({ "id": "x", "kind": kind.name(), "params": params }));
            for node in &standing {
                let (id, other) = (node["id"].as_str().unwrap(), Kind::named(node["kind"].as_str().unwrap()).unwrap());
                let id = ["users", "web", "db"].into_iter().find(|own| *own == id).unwrap();
                if may_call(other, kind) {
                    links.push((id, "x"));
                } else if may_call(kind, other) {
                    links.push(("x", id));
                }
            }
        }
        let links: Vec<Value> = links.into_iter().map(|(from, to)| json!({ "from": from, "to": to })).collect();
        let document = json!({ "version": 1, "name": kind.name(), "seed": seed, "nodes": nodes, "links": links });
        Document::read(&document.to_string())
    };
    // A store may not suffer another beside it.
    design(true).or_else(|_| design(false)).unwrap_or_else(|problems| panic!("{kind}: {problems}"))
}

#[test]
fn every_kind_of_node_does_the_same_under_the_same_seed() {
    for kind in Kind::ALL {
        let run = |seed: u64, steps: u32| {
            let mut engine = engine(with_one_of(kind, seed));
            for step in 1..=steps {
                engine.run_until(at_s(6.0 * f64::from(step) / f64::from(steps)));
            }
            engine
        };
        let (first, second, other) = (run(1, 1), run(1, 17), run(2, 1));
        assert_eq!(first.state_hash(), second.state_hash(), "{kind}");
        assert_ne!(first.events(), other.events(), "{kind}: another seed is another run");
        // A checkpoint in the middle goes on as the original does.
        let mut checkpoint = run(1, 1).clone();
        let mut original = first.clone();
        for engine in [&mut checkpoint, &mut original] {
            engine.run_until(at_s(9.0));
        }
        assert_eq!(checkpoint.state_hash(), original.state_hash(), "{kind}");
        let report = first.report();
        let id = if report.nodes.iter().any(|node| node.id == "x") { "x" } else { "web" };
        assert!(node(&report, id).arrivals_per_s > 1.0, "{kind} has been used");
        assert_eq!(first.violations(), Vec::<String>::new(), "{kind}");
    }
}

#[test]
fn every_kind_of_node_survives_its_death_and_its_removal() {
    for kind in Kind::ALL {
        let mut engine = engine(with_one_of(kind, 3));
        for id in engine.document().nodes.clone().into_iter().map(|node| node.id).filter(|id| id != "users") {
            for fault in ["crash", "restart", "hang", "resume", "hang", "crash", "restart"] {
                let until = engine.now() + SimDuration::from_millis(700);
                engine.run_until(until);
                inflict(&mut engine, json!({ fault: { "node": id } }));
                assert_eq!(engine.violations(), Vec::<String>::new(), "{kind}: {fault} {id}");
            }
        }
        if engine.command(Command::Edit(Edit::RemoveNode { node: "x".into() })).is_ok() {
            engine.run_until(at_s(30.0));
            assert_eq!(engine.violations(), Vec::<String>::new(), "{kind} is gone");
        }
    }
}

/// Readers of a cache and an edge; browsers have caches as well.
fn lookups(params: &Value) -> Document {
    let of = |name: &str| params[name].clone();
    let text = json!({ "version": 1, "name": "lookups", "seed": params["seed"], "nodes": [
        { "id": "users", "kind": "users", "params": { "users": 100, "rate_per_user_per_s": 3, "write_weight": 0, "keys": 500,
            "assets": 100, "browser_cache": of("browser"), "asset_max_age": of("ttl") } },
        { "id": "cdn", "kind": "cdn", "params": { "capacity": of("edge"), "policy": of("policy"), "ttl": of("ttl"), "collapse": of("collapse") } },
        { "id": "web", "kind": "web_server" },
        { "id": "cache", "kind": "cache", "params": { "capacity": of("memory"), "policy": of("policy"), "ttl": of("ttl"),
            "headroom": of("headroom"), "entry_overhead": of("overhead"), "chunk_growth": of("growth"), "pattern": of("pattern") } },
        { "id": "db", "kind": "database" },
    ], "links": [
        { "from": "users", "to": "cdn" }, { "from": "users", "to": "web" }, { "from": "cdn", "to": "web" },
        { "from": "web", "to": "cache" }, { "from": "web", "to": "db" }, { "from": "cache", "to": "db" },
    ] });
    Document::read(&text.to_string()).unwrap_or_else(|problems| panic!("{problems}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn every_lookup_is_a_hit_or_a_miss_and_no_store_holds_more_than_it_can(
        seed in 0_u64..1_000,
        policy in prop::sample::select(vec!["lru", "lfu", "fifo", "random", "clock", "sieve", "s3_fifo", "w_tinylfu"]),
        pattern in prop::sample::select(vec!["read_through", "cache_aside"]),
        collapse in prop::sample::select(vec!["off", "on"]),
        ttl_ms in 0_u64..20_000,
        bytes in (1_u64..3_000_000, 1_u64..1_000_000, 1_u64..1_000_000),
        extra in (0.0..300.0_f64, 0_u64..300, prop::sample::select(vec![1.0, 1.1, 1.25, 2.0])),
    ) {
        let size = |bytes: u64| json!(format!("{bytes}B"));
        let mut engine = engine(lookups(&json!({
            "seed": seed, "policy": policy, "pattern": pattern, "collapse": collapse, "ttl": format!("{ttl_ms}ms"),
            "edge": size(bytes.0), "memory": size(bytes.1), "browser": size(bytes.2),
            "headroom": extra.0, "overhead": size(extra.1), "growth": extra.2,
        })));
        engine.run_until(at_s(5.0));
        let figures = measure(&mut engine, 25.0);
        prop_assert_eq!(engine.violations(), Vec::<String>::new());
        let per_s = |id: &str| {
            let own = node(&figures, id);
            let misses = own.misses.unwrap_or(0) as f64;
            // hits / (hits + misses) and the misses give the lookups.
            let lookups = if misses > 0.0 { misses / (1.0 - own.hit_ratio.unwrap()) } else { f64::NAN };
            lookups / figures.window_s
        };
        let reads = figures.operations.iter().find(|own| own.operation.name() == "read").unwrap().goodput_per_s;
        let assets = figures.operations.iter().find(|own| own.operation.name() == "static").unwrap().goodput_per_s;
        // What is under way at both ends is a few in thousands.
        for (id, expected) in [("cache", reads), ("users", assets), ("cdn", node(&figures, "cdn").arrivals_per_s)] {
            let lookups = per_s(id);
            prop_assert!(lookups.is_nan() || (lookups - expected).abs() < 0.5, "{id}: {lookups} lookups for {expected}");
        }
        for (id, limit) in [("cdn", bytes.0), ("cache", (bytes.1 as f64 * (1.0 + extra.0 / 100.0)) as u64), ("users", 100 * bytes.2)] {
            let stored = node(&figures, id).stored_bytes.unwrap();
            prop_assert!(stored <= limit, "{id} holds {stored} of {limit}");
        }
    }

    /// Services take an hour. With nobody waiting any more, everything that was held for it is free as soon as the word is there.
    #[test]
    fn what_is_given_up_is_free_again(
        seed in 0_u64..1_000,
        cores in 1_u32..4,
        workers in 1_u32..30,
        queue_limit in 0_u32..30,
        discipline in prop::sample::select(vec!["fifo", "lifo", "processor_sharing", "priority"]),
        is_behind in any::<bool>(),
        (retries, hedge_ms) in (0_u32..3, prop_oneof![Just(0_u64), 100_u64..900]),
        policy in prop::sample::select(vec!["round_robin", "least_connections", "power_of_d"]),
    ) {
        let calls = json!({ "on_give_up": "cancel", "retries": retries, "attempt_timeout": if retries > 0 { "400ms" } else { "0s" },
            "hedge_after": format!("{hedge_ms}ms") });
        let slow = |is_slow: bool| if is_slow { "1h" } else { "1ms" };
        let web = json!({ "cores": cores, "workers": workers, "queue_limit": queue_limit, "discipline": discipline,
            "read_service": slow(!is_behind), "service_shape": "constant", "calls": { "on_give_up": "cancel" } });
        let text = json!({ "version": 1, "name": "given up", "seed": seed, "nodes": [
            { "id": "users", "kind": "users", "params": { "users": 100, "rate_per_user_per_s": 0.5, "timeout": "1s",
                "static_weight": 0, "write_weight": 0, "calls": calls } },
            { "id": "lb", "kind": "load_balancer", "params": { "policy": policy, "calls": { "on_give_up": "cancel" } } },
            { "id": "web-1", "kind": "web_server", "params": web }, { "id": "web-2", "kind": "web_server", "params": web },
            { "id": "db", "kind": "database", "params": { "read_service": slow(is_behind), "service_shape": "constant", "queue_limit": queue_limit } },
        ], "links": [
            { "from": "users", "to": "lb", "latency": "10ms" }, { "from": "lb", "to": "web-1" }, { "from": "lb", "to": "web-2" },
            { "from": "web-1", "to": "db" }, { "from": "web-2", "to": "db" },
        ] });
        let mut engine = engine(Document::read(&text.to_string()).unwrap_or_else(|problems| panic!("{problems}")));
        engine.run_until(at_s(10.0));
        prop_assert!(engine.report().totals.failed > 300, "nobody is served");
        set(&mut engine, "users", "rate_per_user_per_s", json!(0.000_001));
        engine.run_until(at_s(13.0));
        let figures = measure(&mut engine, 14.0);
        prop_assert_eq!(engine.violations(), Vec::<String>::new());
        for own in figures.nodes.iter().filter(|node| node.id != "users") {
            prop_assert!(own.in_flight == 0 && own.queue == 0 && own.utilisation == 0.0, "{} is not free: {own:?}", own.id);
        }
    }

    /// Two regions, one or both of which are lost and come back at any time, among other faults.
    #[test]
    fn whatever_happens_to_regions_nothing_is_lost_unseen(acts in regional()) {
        let document = Document { schedule: Vec::new(), ..scenario("regions") };
        let mut document = document;
        document.share_users(500);
        let mut engine = Engine::new(document.clone()).unwrap();
        for (after_ms, act) in &acts {
            engine.run_until(engine.now() + SimDuration::from_millis(*after_ms));
            // Refused commands are fine; they must only change nothing.
            let _ = engine.command(act.command(engine.document()));
            prop_assert_eq!(engine.violations(), Vec::<String>::new(), "after {:?}", act);
        }
        engine.run_until(engine.now() + SimDuration::from_secs(5));
        prop_assert_eq!(engine.violations(), Vec::<String>::new());
        let replayed = Engine::replay(document, engine.journal(), engine.now()).unwrap();
        prop_assert_eq!(engine.state_hash(), replayed.state_hash());
    }
}

/// What is done to regions.
#[derive(Clone, Debug)]
enum Regional {
    Outage(usize),
    Heal(usize),
    Crash(usize),
    Restart(usize),
    Hang(usize),
    Cut(usize),
    Mend(usize),
    Move(usize, usize),
    Add(usize),
    Remove(usize),
}

fn regional() -> impl Strategy<Value = Vec<(u64, Regional)>> {
    let act = prop_oneof![
        3 => (0_usize..2).prop_map(Regional::Outage),
        3 => (0_usize..2).prop_map(Regional::Heal),
        1 => (0_usize..20).prop_map(Regional::Crash),
        1 => (0_usize..20).prop_map(Regional::Restart),
        1 => (0_usize..20).prop_map(Regional::Hang),
        1 => (0_usize..40).prop_map(Regional::Cut),
        1 => (0_usize..40).prop_map(Regional::Mend),
        1 => (0_usize..20, 0_usize..3).prop_map(|(node, region)| Regional::Move(node, region)),
        1 => (0_usize..20).prop_map(Regional::Add),
        1 => (0_usize..20).prop_map(Regional::Remove),
    ];
    prop::collection::vec((0_u64..4_000, act), 1..14)
}

impl Regional {
    fn command(&self, document: &Document) -> Command {
        let id = |n: usize| document.nodes[n % document.nodes.len()].id.clone();
        let link = |n: usize| {
            let link = &document.links[n % document.links.len()];
            (link.from.clone(), link.to.clone())
        };
        let region = |n: usize| ["us-east-1", "eu-west-1", "ap-south-1"][n].to_owned();
        Command::Fault(match *self {
            Self::Outage(n) => Fault::RegionOutage { region: region(n) },
            Self::Heal(n) => Fault::RegionHeal { region: region(n) },
            Self::Crash(n) => Fault::Crash { node: id(n) },
            Self::Restart(n) => Fault::Restart { node: id(n) },
            Self::Hang(n) => Fault::Hang { node: id(n) },
            Self::Cut(n) => {
                let (from, to) = link(n);
                Fault::Partition { from, to, way: Way::Both }
            }
            Self::Mend(n) => {
                let (from, to) = link(n);
                Fault::HealLink { from, to, way: Way::Both }
            }
            Self::Move(n, place) => {
                return Command::Edit(Edit::Region { node: id(n), region: Some(region(place)) });
            }
            Self::Add(n) => match Edit::one_more_like(document, &id(n)) {
                Some(edit) => return Command::Edit(edit),
                None => Fault::Heal { node: id(n) },
            },
            Self::Remove(n) => return Command::Edit(Edit::RemoveNode { node: id(n) }),
        })
    }
}

/// The kinds that [`with_one_of`] puts into designs are all that there are, and each can stand somewhere.
#[test]
fn every_kind_has_its_place() {
    for kind in Kind::ALL {
        assert!(with_one_of(kind, 1).nodes.iter().any(|node| node.kind() == kind));
    }
}
