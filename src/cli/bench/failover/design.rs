//! Random clusters: replicated databases in every mode, leaderless stores, with and without caches.

use scalescope::base::random::Stream;
use scalescope::model::Document;
use serde_json::{Value, json};

/// One of some things.
pub fn one_of<'a, T>(choices: &'a [T], stream: &mut Stream) -> &'a T {
    &choices[stream.below(choices.len() as u64) as usize]
}

/// A number from `low` to `high`.
pub fn between(low: u64, high: u64, stream: &mut Stream) -> u64 {
    low + stream.below(high - low + 1)
}

fn switch(chance: f64, stream: &mut Stream) -> &'static str {
    if stream.chance(chance) { "on" } else { "off" }
}

/// The design of a seed.
pub fn draw(seed: u64, stream: &mut Stream) -> Document {
    let mut nodes = vec![users(stream)];
    let mut links = Vec::new();
    let stores = if stream.chance(0.4) {
        quorum(&mut nodes, &mut links, stream)
    } else {
        replicated(&mut nodes, &mut links, stream)
    };
    let caches = if stream.chance(0.5) { caches(&mut nodes, &mut links, &stores, stream) } else { Vec::new() };
    for i in 1..=between(1, 2, stream) {
        let id = format!("web-{i}");
        nodes.push(json!({ "id": id, "kind": "web_server", "params": {
            "workers": 200, "read_service": "200us", "write_service": "200us", "cores": 8, "queue_limit": 500,
            "calls": { "retries": between(0, 1, stream), "attempt_timeout": one_of(&["0s", "400ms"], stream) },
        } }));
        links.push(json!({ "from": "users", "to": id, "latency": "2ms" }));
        for to in stores.iter().chain(&caches) {
            links.push(json!({ "from": id, "to": to, "latency": "500us" }));
        }
    }
    let document = json!({ "version": 1, "name": format!("Failover search, seed {seed}"), "seed": seed, "nodes": nodes, "links": links });
    Document::read(&document.to_string()).unwrap_or_else(|problems| panic!("seed {seed}: {problems}"))
}

fn users(stream: &mut Stream) -> Value {
    json!({ "id": "users", "kind": "users", "params": {
        "users": 200, "rate_per_user_per_s": 0.25 * between(1, 4, stream) as f64, "static_weight": 0, "read_weight": between(1, 3, stream),
        "write_weight": between(1, 3, stream), "keys": between(5, 200, stream), "zipf_exponent": 0.7, "timeout": "2s",
        "read_back_share": 0.1 * between(0, 3, stream) as f64, "read_back_after": "1ms", "value_size": "500B",
    } })
}

/// A primary and some replicas.
fn replicated(nodes: &mut Vec<Value>, links: &mut Vec<Value>, stream: &mut Stream) -> Vec<String> {
    let modes = ["asynchronous", "semi_sync_after_sync", "semi_sync_after_commit", "synchronous"];
    let reads = ["replicas", "primary", "any_node", "least_lag", "sticky", "wait_for_position", "monotonic"];
    let count = between(2, 4, stream);
    let params = json!({
        "mode": one_of(&modes, stream), "reads": one_of(&reads, stream), "fencing": switch(0.7, stream),
        "wait_for_replicas": between(1, (count - 1).min(2), stream), "semi_sync_timeout": one_of(&["200ms", "2s"], stream),
        "check_interval": "200ms", "check_timeout": "100ms", "fall": between(1, 3, stream), "ship_delay": one_of(&["0s", "5ms", "40ms"], stream),
        "apply_time": one_of(&["100us", "2ms"], stream), "commit_fsync": one_of(&["0s", "1ms"], stream),
        "relay_fsync": one_of(&["0s", "1ms"], stream), "log_retention": one_of(&[1_000_000, 100], stream),
        "snapshot_time": "300ms", "repoint_delay": one_of(&["0s", "100ms"], stream), "fence_time": one_of(&["0s", "100ms"], stream),
        "read_service": "1ms", "write_service": "1ms",
    });
    let names: Vec<String> = (1..=count).map(|i| format!("db-{i}")).collect();
    for (i, id) in names.iter().enumerate() {
        let mut own = params.clone();
        if i > 0 {
            own["role"] = json!("replica");
            links.push(json!({ "from": names[0], "to": id, "latency": one_of(&["500us", "10ms"], stream) }));
        }
        nodes.push(json!({ "id": id, "kind": "database", "params": own }));
    }
    // Replicas that can reach each other.
    if stream.chance(0.5) {
        for (i, to) in names.iter().enumerate().skip(1) {
            links.extend(names[1..i].iter().map(|from| json!({ "from": from, "to": to, "latency": "1ms" })));
        }
    }
    names
}

/// A leaderless store that mends itself.
fn quorum(nodes: &mut Vec<Value>, links: &mut Vec<Value>, stream: &mut Stream) -> Vec<String> {
    let count = between(2, 6, stream);
    let copies = between(1, count.min(5), stream);
    let params = json!({
        "copies": copies, "read_quorum": between(1, copies, stream), "write_quorum": between(1, copies, stream),
        "read_contacts": one_of(&["all", "quorum"], stream), "write_contacts": one_of(&["all", "quorum"], stream),
        "read_repair": switch(0.5, stream), "hinted_handoff": switch(0.5, stream), "anti_entropy_interval": one_of(&["300ms", "2s"], stream),
        "timeout": one_of(&["100ms", "1s"], stream), "dead_after": one_of(&["300ms", "2s"], stream),
        "virtual_nodes": one_of(&[1, 16], stream), "queue_limit": one_of(&[5, 500], stream), "cores": between(1, 4, stream),
        "read_service": "500us", "write_service": "500us",
    });
    let names: Vec<String> = (1..=count).map(|i| format!("store-{i}")).collect();
    for (i, id) in names.iter().enumerate() {
        let mut own = params.clone();
        own["keeps_copies"] = json!(if i == 0 { switch(0.8, stream) } else { "on" });
        nodes.push(json!({ "id": id, "kind": "quorum_store", "params": own }));
        for from in &names[..i] {
            links.push(json!({ "from": from, "to": id, "latency": one_of(&["500us", "5ms"], stream), "latency_shape": "exponential" }));
        }
    }
    names
}

fn caches(nodes: &mut Vec<Value>, links: &mut Vec<Value>, stores: &[String], stream: &mut Stream) -> Vec<String> {
    let params = json!({
        "pattern": one_of(&["cache_aside", "read_through"], stream),
        "on_write": one_of(&["invalidate", "write_through", "write_back"], stream),
        "leases": switch(0.3, stream), "capacity": one_of(&["4KB", "1MB"], stream), "ttl": one_of(&["500ms", "60s"], stream),
        "write_back_delay": one_of(&["20ms", "500ms"], stream),
    });
    let names: Vec<String> = (1..=between(1, 2, stream)).map(|i| format!("cache-{i}")).collect();
    for id in &names {
        nodes.push(json!({ "id": id, "kind": "cache", "params": params }));
        links.extend(stores.iter().map(|to| json!({ "from": id, "to": to, "latency": "500us" })));
    }
    names
}
