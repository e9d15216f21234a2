//! Random designs: replicated databases in every mode, pairs and rings of primaries, shards, leaderless stores; with and without
//! caches.

mod databases;
mod quorum;
mod sharded;

use scalescope::base::SimDuration;
use scalescope::base::random::Stream;
use scalescope::model::{Document, NodeKind};
use serde_json::{Value, json};

pub use sharded::STRATEGIES;

/// One of some things.
pub fn one_of<T: Clone>(choices: &[T], stream: &mut Stream) -> T {
    choices[stream.below(choices.len() as u64) as usize].clone()
}

/// A number from `low` to `high`.
pub fn between(low: u64, high: u64, stream: &mut Stream) -> u64 {
    low + stream.below(high - low + 1)
}

pub fn switch(chance: f64, stream: &mut Stream) -> &'static str {
    if stream.chance(chance) { "on" } else { "off" }
}

/// What has been drawn so far.
#[derive(Default)]
struct Draft {
    nodes: Vec<Value>,
    links: Vec<Value>,
}

/// What the callers of a store have to know of it.
struct Store {
    /// Whom they call.
    entries: Vec<String>,
    /// Whether a write is what its user says: not if the database counts, or numbers its rows itself.
    is_plain: bool,
    /// Whether it does more than reading and writing single records.
    has_operations: bool,
}

impl Draft {
    fn node(&mut self, id: &str, kind: &str, params: &Value) {
        self.nodes.push(json!({ "id": id, "kind": kind, "params": params }));
    }

    fn link(&mut self, from: &str, to: &str, latency: &str) {
        self.links.push(json!({ "from": from, "to": to, "latency": latency }));
    }
}

/// The design of a seed.
pub fn draw(seed: u64, stream: &mut Stream) -> Document {
    let mut draft = Draft::default();
    let store = match stream.below(100) {
        0..30 => databases::replicated(&mut draft, stream),
        30..50 => quorum::store(&mut draft, stream),
        50..62 => databases::pair(&mut draft, stream),
        62..76 => databases::ring(&mut draft, stream),
        _ => sharded::store(&mut draft, stream),
    };
    let with_caches = store.is_plain && stream.chance(0.5);
    let caches = if with_caches { caches(&mut draft, &store.entries, stream) } else { Vec::new() };
    for i in 1..=between(1, 2, stream) {
        let id = format!("web-{i}");
        draft.node(
            &id,
            "web_server",
            &json!({ "workers": 200, "read_service": "200us", "write_service": "200us", "cores": 8, "queue_limit": 500,
                "calls": { "retries": between(0, 1, stream), "attempt_timeout": one_of(&["0s", "400ms"], stream) } }),
        );
        draft.link("users", &id, "2ms");
        for to in store.entries.iter().chain(&caches) {
            draft.link(&id, to, "500us");
        }
    }
    draft.node("users", "users", &users(&store, stream));
    let Draft { nodes, links } = draft;
    let name = format!("Failover search, seed {seed}");
    let document = json!({ "version": 1, "name": name, "seed": seed, "nodes": nodes, "links": links });
    Document::read(&document.to_string()).unwrap_or_else(|problems| panic!("seed {seed}: {problems}"))
}

/// Sets what came to the designs later, from a stream of its own: what a seed has made before, it still makes.
pub fn vary(document: &mut Document, stream: &mut Stream) {
    for node in &mut document.nodes {
        if let NodeKind::ShardRouter(router) = &mut node.kind {
            router.clean_delay = SimDuration::from_millis(one_of(&[0, 300, 2_000, 10_000], stream));
        }
    }
}

fn users(store: &Store, stream: &mut Stream) -> Value {
    let mut more = || if store.has_operations { between(0, 1, stream) } else { 0 };
    let (queries, transactions) = (more(), more());
    json!({
        "users": 200, "rate_per_user_per_s": 0.25 * between(1, 4, stream) as f64, "static_weight": 0,
        "read_weight": between(1, 3, stream), "write_weight": between(1, 3, stream), "query_weight": queries,
        "transaction_weight": transactions, "keys": between(5, 200, stream), "zipf_exponent": 0.7, "timeout": "2s",
        "read_back_share": 0.1 * between(0, 3, stream) as f64, "read_back_after": "1ms", "value_size": "500B",
    })
}

fn caches(draft: &mut Draft, stores: &[String], stream: &mut Stream) -> Vec<String> {
    let params = json!({
        "pattern": one_of(&["cache_aside", "read_through"], stream),
        "on_write": one_of(&["invalidate", "write_through", "write_back"], stream),
        "leases": switch(0.3, stream), "capacity": one_of(&["4KB", "1MB"], stream), "ttl": one_of(&["500ms", "60s"], stream),
        "write_back_delay": one_of(&["20ms", "500ms"], stream),
    });
    let names: Vec<String> = (1..=between(1, 2, stream)).map(|i| format!("cache-{i}")).collect();
    for id in &names {
        draft.node(id, "cache", &params);
        for to in stores {
            draft.link(id, to, "500us");
        }
    }
    names
}
