//! Properties over random clusters, ways of committing and reading, and faults: nothing is lost in silence, positions only grow,
//! and what is healed and quiet comes together.

use std::collections::BTreeMap;

use proptest::prelude::*;
use scalescope::base::SimDuration;
use scalescope::engine::Engine;
use scalescope::model::{Command, Document, Fault};
use serde_json::{Value, json};

use crate::replication_rules::{database, document, link, web, writers};
use crate::support::set;

/// The shape of a random cluster.
#[derive(Clone, Debug)]
struct Cluster {
    seed: u64,
    /// One primary with so many replicas, or so many primaries in a ring.
    replicas: usize,
    ring: usize,
    mode: &'static str,
    wait_for: u32,
    reads: &'static str,
    fencing: bool,
    times_ms: [u64; 6],
    retention: u32,
    rate_per_s: u32,
    writes: &'static str,
    conflicts: &'static str,
}

/// What is done to it, and after how long.
#[derive(Clone, Debug)]
enum Act {
    Node(usize, usize),
    Link(usize, bool, usize),
}

const MODES: [&str; 4] = ["asynchronous", "semi_sync_after_sync", "semi_sync_after_commit", "synchronous"];
const READS: [&str; 7] = ["replicas", "primary", "any_node", "least_lag", "sticky", "wait_for_position", "monotonic"];

fn clusters(ring: impl Strategy<Value = usize>) -> impl Strategy<Value = Cluster> {
    let shape =
        (any::<u64>(), 0_usize..4, ring, prop::sample::select(&MODES[..]), 1_u32..3, prop::sample::select(&READS[..]));
    let others = (any::<bool>(), prop::array::uniform6(0_u64..400), 3_u32..400, 1_u32..200);
    let kinds = (prop::sample::select(&["overwrite", "increment"][..]), Just("last_writer_wins"));
    (shape, others, kinds).prop_map(|(shape, others, kinds)| {
        let (seed, replicas, ring, mode, wait_for, reads) = shape;
        let (fencing, times_ms, retention, rate_per_s) = others;
        let (writes, conflicts) = kinds;
        let conflicts = if ring > 1 { conflicts } else { "ignore" };
        Cluster {
            seed,
            replicas,
            ring,
            mode,
            wait_for,
            reads,
            fencing,
            times_ms,
            retention,
            rate_per_s,
            writes,
            conflicts,
        }
    })
}

fn acts() -> impl Strategy<Value = Vec<(u64, Act)>> {
    let act = prop_oneof![
        3 => (0_usize..6, 0_usize..NODE_ACTS).prop_map(|(node, act)| Act::Node(node, act)),
        2 => (0_usize..20, any::<bool>(), 0_usize..3).prop_map(|(link, is_cut, way)| Act::Link(link, is_cut, way)),
    ];
    prop::collection::vec((0_u64..2_500, act), 0..16)
}

impl Cluster {
    fn ids(&self) -> Vec<String> {
        let count = if self.ring > 1 { self.ring } else { self.replicas + 1 };
        (1..=count).map(|i| format!("db-{i}")).collect()
    }

    fn document(&self) -> Document {
        let [ship, latency, fsync, relay, apply, fence] = self.times_ms.map(|ms| format!("{ms}ms"));
        let small = |text: &str| format!("{}us", text.trim_end_matches("ms"));
        let params = json!({
            "mode": self.mode, "wait_for_replicas": self.wait_for, "semi_sync_timeout": "3s", "reads": self.reads,
            "fencing": if self.fencing { "on" } else { "off" }, "ship_delay": ship, "commit_fsync": small(&fsync),
            "relay_fsync": small(&relay), "apply_time": small(&apply), "fence_time": fence, "repoint_delay": latency,
            "check_timeout": "900ms", "log_retention": self.retention, "snapshot_time": "700ms",
            "write_service": "1ms", "read_service": "1ms", "writes": self.writes, "conflicts": self.conflicts,
        });
        let users =
            json!({ "keys": 40, "read_weight": 2, "timeout": "4s", "read_back_share": 0.5, "arrivals": "poisson" });
        let (mut nodes, mut links) = (vec![writers("users", self.rate_per_s.into(), users), web("web")], Vec::new());
        links.push(link("users", "web", "1ms"));
        let ids = self.ids();
        for (i, id) in ids.iter().enumerate() {
            let role = if self.ring > 1 || i == 0 { "primary" } else { "replica" };
            nodes.push(database(id, role, params.clone()));
            links.push(link("web", id, "500us"));
            if self.ring > 1 {
                links.push(link(id, &ids[(i + 1) % ids.len()], &small(&latency)));
            } else {
                // Replicas are linked to each other as well, so that one can follow the other after a promotion.
                links.extend((0..i).map(|other| link(&ids[other], id, &small(&latency))));
            }
        }
        let mut document = document(nodes, links);
        document.seed = self.seed;
        document
    }
}

const NODE_ACTS: usize = 7;

fn command(act: &Act, document: &Document, ids: &[String]) -> Command {
    Command::Fault(match act {
        Act::Node(node, act) => {
            let node = ids[node % ids.len()].clone();
            match act {
                0 | 1 => Fault::Crash { node },
                2 | 3 => Fault::Restart { node },
                4 => Fault::Hang { node },
                5 => Fault::Resume { node },
                _ => Fault::Promote { node },
            }
        }
        Act::Link(link, is_cut, way) => {
            let link = &document.links[1 + link % (document.links.len() - 1)];
            let (from, to, way) = (&link.from, &link.to, ["both", "forward", "backward"][*way]);
            let name = if *is_cut { "partition" } else { "heal_link" };
            return serde_json::from_value::<Fault>(json!({ name: { "from": from, "to": to, "way": way } }))
                .map(Command::Fault)
                .unwrap();
        }
    })
}

/// Positions only grow, but with a new life of the log.
#[derive(Default)]
struct Positions(BTreeMap<String, (u32, u64)>);

impl Positions {
    fn watch(&mut self, engine: &mut Engine) {
        for node in engine.figures().nodes {
            let Some(own) = node.replication else { continue };
            let before = self.0.insert(node.id.clone(), (own.life, own.applied)).unwrap_or_default();
            assert!(own.life > before.0 || own.applied >= before.1, "{}: {before:?}, then {own:?}", node.id);
            assert!(own.received >= own.applied);
        }
    }
}

fn sound(engine: &Engine) {
    assert_eq!(engine.violations(), Vec::<String>::new());
}

fn play(cluster: &Cluster, acts: &[(u64, Act)]) -> Engine {
    let mut engine = Engine::new(cluster.document()).unwrap();
    let (ids, mut positions) = (cluster.ids(), Positions::default());
    for (after_ms, act) in acts {
        let until = engine.now() + SimDuration::from_millis(*after_ms);
        while engine.now() < until {
            engine.run_until((engine.now() + SimDuration::from_millis(400)).min(until));
            sound(&engine);
            positions.watch(&mut engine);
        }
        let command = command(act, engine.document(), &ids);
        // Refused commands are fine: a primary is not promoted again.
        let _ = engine.command(command);
        sound(&engine);
    }
    engine.run_until(engine.now());
    engine
}

/// Heals everything, lets nobody write any more, and waits.
fn heal(engine: &mut Engine, cluster: &Cluster) {
    for id in cluster.ids() {
        engine.command(Command::Fault(Fault::Heal { node: id.clone() })).unwrap();
        engine.command(Command::Fault(Fault::Restart { node: id })).unwrap();
    }
    for link in engine.document().links.clone() {
        let healed: Value = json!({ "heal_link": { "from": link.from, "to": link.to } });
        engine.command(Command::Fault(serde_json::from_value(healed).unwrap())).unwrap();
    }
    // What was written meanwhile shows that the cluster works.
    engine.run_until(engine.now() + SimDuration::from_secs(120));
    set(engine, "users", "write_weight", json!(0));
    engine.run_until(engine.now() + SimDuration::from_secs(120));
    sound(engine);
}

fn together(engine: &mut Engine, cluster: &Cluster) {
    let figures = engine.figures();
    let sets: Vec<&str> =
        figures.nodes.iter().filter_map(|node| Some(node.replication.as_ref()?.executed.as_str())).collect();
    assert!(sets.iter().all(|set| *set == sets[0]), "{sets:?}, {:?}", figures.clusters[0].steps);
    for key in 0..40 {
        let held = engine.holdings(key);
        assert!(held.iter().all(|own| (own.version, own.value) == (held[0].version, held[0].value)), "{key}: {held:?}");
    }
    if cluster.ring <= 1 {
        assert!(figures.clusters[0].primary.is_some(), "{:?}", figures.clusters[0].steps);
        assert!(figures.nodes.iter().all(|node| node.replication.as_ref().is_none_or(|own| own.waiting == 0)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn one_primary_and_replicas_lose_nothing_in_silence(cluster in clusters(Just(1)), acts in acts()) {
        let mut engine = play(&cluster, &acts);
        let replayed = Engine::replay(cluster.document(), engine.journal(), engine.now()).unwrap();
        prop_assert_eq!(engine.state_hash(), replayed.state_hash());
        heal(&mut engine, &cluster);
        together(&mut engine, &cluster);
    }

    #[test]
    fn primaries_in_a_ring_come_together(cluster in clusters(2_usize..5), acts in acts()) {
        // A primary that is rebuilt gives up what it alone had: with counters nothing tells by how much they are wrong.
        let cluster = Cluster { writes: "overwrite", retention: 1_000_000, ..cluster };
        let mut engine = play(&cluster, &acts);
        heal(&mut engine, &cluster);
        together(&mut engine, &cluster);
    }
}
