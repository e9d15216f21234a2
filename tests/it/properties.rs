//! Properties over random designs, loads, faults and edits.

use proptest::prelude::*;
use scalescope::base::{BitRate, Bytes, Kind, SimDuration};
use scalescope::engine::Engine;
use scalescope::model::spec::ParamType;
use scalescope::model::{Command, Document, Edit, Fault, NodeKind, Way};
use serde_json::{Value, json};

use crate::support::at_s;

/// The shape of a random design.
#[allow(clippy::struct_excessive_bools)]
#[derive(Clone, Debug)]
struct Design {
    seed: u64,
    servers: usize,
    replicas: usize,
    caches: usize,
    /// Shards behind a router; without any there is one database, and none.
    shards: usize,
    strategy: usize,
    has_balancer: bool,
    has_cdn: bool,
    has_dns: bool,
    is_aside: bool,
    policy: usize,
    load_per_s: u32,
    loss: f64,
    timeout_ms: u64,
    workers: u32,
    queue_limit: u32,
    ship_delay_ms: u64,
    apply_time_ms: u64,
    cache_bytes: u64,
    ttl_ms: u64,
    /// Whether users do everything that users can do.
    is_rich: bool,
    /// Picks the kind of database and what goes with it; zero is the usual one.
    variety: u32,
}

/// What is done to it, and after how long.
#[derive(Clone, Debug)]
enum Act {
    Crash(usize),
    Restart(usize),
    Add(usize),
    Remove(usize),
    Users(u32),
    Loss(usize, f64),
    Cores(usize, u32),
    /// Some parameter of some node to one end of its range.
    Extreme(usize, usize, bool),
    /// Some fault of a node, with a number between 0 and 1 for how bad it is.
    NodeFault(usize, usize, f64),
    /// The same of a link.
    LinkFault(usize, usize, f64, Way),
    /// The packet of one of the latest requests.
    Drop(u32),
    /// A link becomes narrow, or wide again.
    Bandwidth(usize, Option<u64>),
    /// A link is taken away.
    Cut(usize),
    /// Everything becomes as it was drawn in the beginning.
    Back,
}

fn designs() -> impl Strategy<Value = Design> {
    let shape = (any::<u64>(), 1_usize..4, 0_usize..3, 0_usize..3, any::<[bool; 5]>(), 0_usize..3);
    let sharding = (prop_oneof![1 => Just(0_usize), 1 => 1_usize..4], 0_usize..4);
    let load = (1_u32..600, prop_oneof![3 => Just(0.0), 1 => 0.0..0.5_f64, 1 => Just(1.0)], 50_u64..3_000);
    let sizes = (1_u32..40, 0_u32..50, 0_u64..300, 0_u64..20, 1_u64..200_000, 0_u64..3_000, 0_u32..360);
    (shape, sharding, load, sizes).prop_map(|(shape, (shards, strategy), load, sizes)| {
        let (seed, servers, replicas, caches, [has_balancer, has_cdn, has_dns, is_aside, is_rich], policy) = shape;
        let (load_per_s, loss, timeout_ms) = load;
        let (workers, queue_limit, ship_delay_ms, apply_time_ms, cache_bytes, ttl_ms, variety) = sizes;
        Design {
            seed,
            servers,
            replicas,
            caches,
            shards,
            strategy,
            has_balancer,
            has_cdn,
            has_dns,
            is_aside,
            policy,
            load_per_s,
            loss,
            timeout_ms,
            workers,
            queue_limit,
            ship_delay_ms,
            apply_time_ms,
            cache_bytes,
            ttl_ms,
            is_rich,
            variety: if is_rich { variety } else { 0 },
        }
    })
}

fn acts() -> impl Strategy<Value = Vec<(u64, Act)>> {
    let act = prop_oneof![
        4 => (0_usize..20).prop_map(Act::Crash),
        4 => (0_usize..20).prop_map(Act::Restart),
        2 => (0_usize..20).prop_map(Act::Add),
        2 => (0_usize..20).prop_map(Act::Remove),
        1 => (1_u32..2_000).prop_map(Act::Users),
        1 => (0_usize..40, 0.0..1.0_f64).prop_map(|(link, loss)| Act::Loss(link, loss)),
        1 => (0_usize..20, 1_u32..8).prop_map(|(node, cores)| Act::Cores(node, cores)),
        4 => (0_usize..20, 0_usize..NODE_FAULTS, 0.0..1.0_f64).prop_map(|(node, fault, size)| Act::NodeFault(node, fault, size)),
        3 => (0_usize..40, 0_usize..LINK_FAULTS, 0.0..1.0_f64, prop::sample::select(&[Way::Both, Way::Forward, Way::Backward]))
            .prop_map(|(link, fault, size, way)| Act::LinkFault(link, fault, size, way)),
        1 => (1_u32..20).prop_map(Act::Drop),
        1 => (0_usize..40, prop::option::of(100_000_u64..100_000_000)).prop_map(|(link, rate)| Act::Bandwidth(link, rate)),
        1 => (0_usize..40).prop_map(Act::Cut),
        1 => Just(Act::Back),
        1 => (2_usize..20, 0_usize..20, any::<bool>()).prop_map(|(node, param, is_max)| Act::Extreme(node, param, is_max)),
    ];
    prop::collection::vec((0_u64..2_000, act), 0..25)
}

impl Design {
    fn document(&self) -> Document {
        let mut nodes = vec![json!({ "id": "users", "kind": "users", "params": {
            "users": 100, "rate_per_user_per_s": f64::from(self.load_per_s) / 100.0, "keys": 500, "assets": 50,
            "timeout": format!("{}ms", self.timeout_ms) } })];
        if self.is_rich {
            for operation in ["query", "login", "range", "aggregate", "traversal", "transaction"] {
                nodes[0]["params"][format!("{operation}_weight")] = json!(1);
            }
        }
        let mut links = Vec::new();
        let mut link = |from: &str, to: &str, latency: &str| {
            links.push(json!({ "from": from, "to": to, "latency": latency, "loss": self.loss * 0.2 }));
        };
        let names = |stem: &str, count: usize| (1..=count).map(|n| format!("{stem}-{n}")).collect::<Vec<_>>();
        let (servers, replicas, caches) =
            (names("web", self.servers), names("replica", self.replicas), names("cache", self.caches));
        let entrance = if self.has_balancer { vec!["lb".to_owned()] } else { servers.clone() };
        let policies = ["round_robin", "least_connections", "random"];
        if self.has_balancer {
            let params = json!({ "policy": policies[self.policy], "check_interval": "200ms" });
            nodes.push(json!({ "id": "lb", "kind": "load_balancer", "params": params }));
            for server in &servers {
                link("lb", server, "300us");
            }
        }
        for to in &entrance {
            link("users", to, "20ms");
        }
        if self.has_dns {
            nodes.push(json!({ "id": "dns", "kind": "dns", "params": { "records": entrance, "ttl": "2s" } }));
            link("users", "dns", "10ms");
        }
        let evictions = ["lru", "lfu", "fifo"];
        let eviction = evictions[self.policy];
        if self.has_cdn {
            let params = json!({ "capacity": format!("{}B", self.cache_bytes * 20), "policy": eviction, "ttl": "5s" });
            nodes.push(json!({ "id": "cdn", "kind": "cdn", "params": params }));
            link("users", "cdn", "5ms");
            for to in &entrance {
                link("cdn", to, "15ms");
            }
        }
        let db = json!({ "ship_delay": format!("{}ms", self.ship_delay_ms), "check_interval": "300ms", "log_retention": 200,
            "apply_time": format!("{}ms", self.apply_time_ms), "snapshot_time": "700ms", "queue_limit": self.queue_limit });
        let pick = |by: u32, count: u32| (self.variety / by % count) as usize;
        let mut db = db;
        db["data_model"] = json!(["relational", "key_value", "document", "wide_column", "graph"][pick(1, 5)]);
        db["layout"] = json!(["normalised", "denormalised"][pick(5, 2)]);
        db["buffer_pool"] = json!(["0B", "200KB", "100B"][pick(10, 3)]);
        db["connections"] = json!([0, 3][pick(30, 2)]);
        nodes.push(json!({ "id": "db", "kind": "database", "params": db }));
        for replica in &replicas {
            let mut params = db.clone();
            params["role"] = json!("replica");
            nodes.push(json!({ "id": replica, "kind": "database", "params": params }));
            link("db", replica, "1ms");
        }
        let mut databases: Vec<String> = std::iter::once("db".to_owned()).chain(replicas).collect();
        if self.shards > 0 {
            for shard in names("shard", self.shards) {
                nodes.push(json!({ "id": shard, "kind": "database", "params": db }));
                databases.push(shard);
            }
            let strategies = ["hash", "range", "directory", "consistent_hash"];
            let params = json!({ "strategy": strategies[self.strategy], "hot_keys": "0-3", "move_rate_per_s": 200,
                "directory": "0: shard-1, 10-90: db", "hot_key_copies": self.shards });
            nodes.push(json!({ "id": "router", "kind": "shard_router", "params": params }));
            for database in &databases {
                link("router", database, "200us");
            }
            databases = vec!["router".to_owned()];
        }
        for cache in &caches {
            let pattern = if self.is_aside { "cache_aside" } else { "read_through" };
            let params = json!({ "capacity": format!("{}B", self.cache_bytes), "policy": eviction, "pattern": pattern,
                "ttl": format!("{}ms", self.ttl_ms) });
            nodes.push(json!({ "id": cache, "kind": "cache", "params": params }));
            for database in &databases {
                link(cache, database, "300us");
            }
        }
        for server in &servers {
            let mut params = json!({ "workers": self.workers, "queue_limit": self.queue_limit });
            params["sessions"] = json!(["none", "memory", "external"][pick(60, 3)]);
            params["gathering"] = json!(["one_by_one", "batch"][pick(180, 2)]);
            nodes.push(json!({ "id": server, "kind": "web_server", "params": params }));
            for to in caches.iter().chain(&databases) {
                link(server, to, "400us");
            }
        }
        let document = json!({ "version": 1, "name": "random", "seed": self.seed, "nodes": nodes, "links": links });
        Document::read(&document.to_string()).unwrap_or_else(|problems| panic!("{problems}"))
    }
}

const NODE_FAULTS: usize = 8;
const LINK_FAULTS: usize = 5;

/// The `n`-th sort of fault of a node; the engine refuses those that do not suit it.
fn node_fault(n: usize, node: String, size: f64) -> Fault {
    match n {
        0 => Fault::Hang { node },
        1 => Fault::Resume { node },
        2 => Fault::Slow { node, factor: 0.1 + 20.0 * size },
        3 => Fault::Errors { node, ratio: size },
        4 => Fault::ReadOnly { node },
        5 => Fault::Heal { node },
        6 => Fault::Flush { node },
        _ => Fault::Purge { node, key: (size < 0.5).then_some((size * 100.0) as u32) },
    }
}

fn link_fault(n: usize, (from, to): (String, String), size: f64, way: Way) -> Fault {
    match n {
        0 => Fault::Partition { from, to, way },
        1 => Fault::SlowLink { from, to, added_latency: SimDuration::from_secs_f64(size), way },
        2 => Fault::LossyLink { from, to, loss: size, way },
        3 => Fault::NarrowLink { from, to, bandwidth: BitRate(1_000_000 + (size * 1e7) as u64), way },
        _ => Fault::HealLink { from, to, way },
    }
}

/// The command that `act` means for the design as it is now; it may be one that the engine must refuse.
const TABLES: [&str; 4] = ["", "0-40", "0: db, 7-90: shard-1", "3, 100"];
const SHAPES: [&str; 4] = ["constant", "lognormal(4)", "bounded_pareto(1.1, 1000)", "erlang(3)"];

fn command(act: &Act, document: &Document, first: &Document, offered: u64) -> Option<Command> {
    if (document.nodes.is_empty() || document.links.is_empty()) && !matches!(act, Act::Back) {
        return None;
    }
    let id = |n: usize| document.nodes[n % document.nodes.len()].id.clone();
    let set = |node, param: &str, value: Value| Command::Edit(Edit::Set { node, param: param.into(), value });
    Some(match act {
        Act::Crash(n) => Command::Fault(Fault::Crash { node: id(*n) }),
        Act::Restart(n) => Command::Fault(Fault::Restart { node: id(*n) }),
        Act::Add(n) => Command::Edit(Edit::one_more_like(document, &id(*n))?),
        Act::Remove(n) => Command::Edit(Edit::RemoveNode { node: id(*n) }),
        Act::Users(users) => set("users".into(), "users", json!(users)),
        Act::Cores(n, cores) => set(id(*n), "cores", json!(cores)),
        Act::Extreme(n, param, is_max) => {
            let node = &document.nodes[n % document.nodes.len()];
            let specs = node.kind.specs();
            let spec = &specs[param % specs.len()];
            let end = if *is_max { spec.max } else { spec.min };
            let value = match spec.ty {
                // More users than this machine can bear are another test.
                _ if node.kind() == Kind::Users => spec.default.clone(),
                ParamType::Count => json!(end as u64),
                ParamType::Number => json!(end),
                ParamType::Duration => json!(SimDuration::from_secs_f64(end)),
                ParamType::Bytes => json!(Bytes(end as u64)),
                ParamType::Choice(words) => json!(words[n % words.len()]),
                ParamType::Shape => json!(SHAPES[n % SHAPES.len()]),
                ParamType::Nodes => json!([]),
                ParamType::Text => json!(TABLES[n % TABLES.len()]),
            };
            set(node.id.clone(), &spec.path(), value)
        }
        Act::NodeFault(n, fault, size) => Command::Fault(node_fault(*fault, id(*n), *size)),
        Act::LinkFault(n, fault, size, way) => {
            let link = document.links.get(n % document.links.len().max(1))?;
            Command::Fault(link_fault(*fault, (link.from.clone(), link.to.clone()), *size, *way))
        }
        Act::Drop(back) => Command::Fault(Fault::Drop { request: (offered as u32).saturating_sub(*back) }),
        Act::Bandwidth(n, rate) => {
            let mut link = document.links[n % document.links.len()].clone();
            link.bandwidth = rate.map(BitRate);
            link.queue_limit = SimDuration::from_millis(200);
            Command::Edit(Edit::SetLink { link })
        }
        Act::Cut(n) => {
            let link = &document.links[n % document.links.len()];
            Command::Edit(Edit::RemoveLink { from: link.from.clone(), to: link.to.clone() })
        }
        Act::Back => Command::Edit(Edit::Many { edits: document.edits_to(first) }),
        Act::Loss(n, loss) => {
            let mut link = document.links[n % document.links.len()].clone();
            link.loss = *loss;
            Command::Edit(Edit::SetLink { link })
        }
    })
}

fn play(design: &Design, acts: &[(u64, Act)]) -> Engine {
    let first = design.document();
    let mut engine = Engine::new(first.clone()).unwrap();
    for (after_ms, act) in acts {
        let until = engine.now() + SimDuration::from_millis(*after_ms);
        engine.run_until(until);
        if let Some(command) = command(act, engine.document(), &first, engine.report().totals.offered) {
            // Refused commands are fine; they must only change nothing, which the replay below would show.
            let _ = engine.command(command);
        }
        assert_eq!(engine.violations(), Vec::<String>::new());
    }
    // Whatever was still due at this instant happens as well, as it does in a replay.
    engine.run_until(engine.now());
    engine
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, max_shrink_iters: 500, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_invariants_hold_and_the_run_replays(design in designs(), acts in acts()) {
        let engine = play(&design, &acts);
        let replayed = Engine::replay(design.document(), engine.journal(), engine.now()).unwrap();
        prop_assert_eq!(engine.state_hash(), replayed.state_hash());
    }

    #[test]
    fn a_healed_and_quiet_system_comes_to_rest(design in designs(), acts in acts()) {
        let tame: Vec<_> = acts.into_iter().filter(|(_, act)| !matches!(act, Act::Extreme(..))).collect();
        let mut engine = play(&design, &tame);
        let document = engine.document().clone();
        for node in document.nodes.iter().filter(|node| !matches!(node.kind, NodeKind::Users(_))) {
            engine.command(Command::Fault(Fault::Heal { node: node.id.clone() })).unwrap();
            engine.command(Command::Fault(Fault::Restart { node: node.id.clone() })).unwrap();
        }
        for link in &document.links {
            let mut link = link.clone();
            link.loss = 0.0;
            link.bandwidth = None;
            let (from, to) = (link.from.clone(), link.to.clone());
            engine.command(Command::Fault(Fault::HealLink { from, to, way: Way::Both })).unwrap();
            engine.command(Command::Edit(Edit::SetLink { link })).unwrap();
        }
        for node in document.nodes.iter().filter(|node| matches!(node.kind, NodeKind::Users(_))) {
            for (param, value) in [("rate_per_user_per_s", json!(1e-6)), ("users", json!(1))] {
                let quiet = Edit::Set { node: node.id.clone(), param: param.into(), value };
                engine.command(Command::Edit(quiet)).unwrap();
            }
        }
        // Long enough for every retransmission, time-out, copy and backlog.
        engine.run_until(engine.now() + SimDuration::from_secs(300));
        prop_assert_eq!(engine.violations(), Vec::<String>::new());
        let figures = engine.figures();
        prop_assert!(figures.totals.in_flight <= 1, "{} still in flight", figures.totals.in_flight);
        for node in &figures.nodes {
            let (queue, backlog) = (node.queue, node.backlog.unwrap_or(0));
            prop_assert!(backlog <= 1 && queue == 0, "{}: {queue} in its queue, {backlog} to apply", node.id);
        }
        // With the last whole copy of the data taken out of the design, nobody can be promoted any more.
        let was_removed = |id: &str| engine.journal().iter().any(|entry| {
            matches!(&entry.command, Command::Edit(Edit::RemoveNode { node }) if node.starts_with(id))
        });
        // One of which nothing is left is told of for what went with it.
        let is_left = |id: &String| engine.document().node(id).is_some();
        let left = figures.clusters.iter().filter(|cluster| cluster.nodes.iter().any(is_left));
        let headless = left.clone().any(|cluster| cluster.primary.is_none());
        if headless {
            prop_assert!(was_removed("db") || was_removed("replica"), "{:?}", figures.clusters);
            return Ok(());
        }
        if design.shards > 0 {
            return Ok(());
        }
        let ends: Vec<_> = figures.nodes.iter().filter_map(|node| node.log_position).collect();
        prop_assert!(ends.iter().all(|end| end.abs_diff(ends[0]) <= 1), "replicas converge: {ends:?}");
    }
}

/// Found by the properties: a replica that hung on a primary taken out of the design must not believe itself up to date.
#[test]
fn a_replica_of_a_removed_primary_starts_anew() {
    let design = Design {
        seed: 0,
        servers: 1,
        replicas: 2,
        caches: 1,
        shards: 0,
        strategy: 0,
        has_balancer: false,
        has_cdn: false,
        has_dns: true,
        is_aside: false,
        policy: 0,
        load_per_s: 44,
        loss: 0.0,
        timeout_ms: 50,
        workers: 1,
        queue_limit: 0,
        ship_delay_ms: 14,
        apply_time_ms: 0,
        cache_bytes: 1,
        ttl_ms: 0,
        is_rich: false,
        variety: 0,
    };
    let acts = [
        (26, Act::Cores(0, 1)),
        (133, Act::Add(2)),
        (1_176, Act::Add(1)),
        (1_783, Act::Crash(2)),
        (447, Act::Remove(1)),
        (518, Act::Remove(18)),
    ];
    let mut engine = play(&design, &acts);
    for node in engine.document().nodes.clone().iter().filter(|node| !matches!(node.kind, NodeKind::Users(_))) {
        engine.command(Command::Fault(Fault::Restart { node: node.id.clone() })).unwrap();
    }
    for _ in 0..300 {
        engine.run_until(engine.now() + SimDuration::from_millis(100));
        assert_eq!(engine.violations(), Vec::<String>::new());
    }
}

/// Absurd parameters are either refused or survived.
#[test]
fn extremes_do_not_break_it() {
    for users in [1, 10_000_000] {
        for (service, cores) in [("0s", 1), ("1h", 1_024)] {
            let mut document = crate::support::scenario("cdn");
            for node in &mut document.nodes {
                match &mut node.kind {
                    NodeKind::Users(params) => params.users = users,
                    NodeKind::WebServer(params) => {
                        params.cores = cores;
                        params.read_service = service.parse().unwrap();
                    }
                    NodeKind::Cache(params) => params.capacity = scalescope::base::Bytes(1),
                    _ => {}
                }
            }
            let mut engine = Engine::new(document).unwrap();
            engine.advance(at_s(3.0), 300_000);
            assert_eq!(engine.violations(), Vec::<String>::new(), "{users} users, {service}");
            assert!(engine.figures().latency.mean_s.is_finite());
        }
    }
}
