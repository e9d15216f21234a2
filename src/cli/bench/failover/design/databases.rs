//! Replicated databases: one primary with its replicas, two primaries that copy from each other, a ring of them.

use scalescope::base::random::Stream;
use serde_json::{Value, json};

use super::{Draft, Store, between, one_of, switch};

/// What all databases of a cluster have in common.
pub fn params(most_waited_for: u64, stream: &mut Stream) -> Value {
    let modes = ["asynchronous", "semi_sync_after_sync", "semi_sync_after_commit", "synchronous"];
    let reads = ["replicas", "primary", "any_node", "least_lag", "sticky", "wait_for_position", "monotonic"];
    json!({
        "mode": one_of(&modes, stream), "reads": one_of(&reads, stream), "fencing": switch(0.7, stream),
        "wait_for_replicas": between(1, most_waited_for.clamp(1, 2), stream), "semi_sync_timeout": one_of(&["200ms", "2s"], stream),
        "check_interval": "200ms", "check_timeout": "100ms", "fall": between(1, 3, stream), "ship_delay": one_of(&["0s", "5ms", "40ms"], stream),
        "apply_time": one_of(&["100us", "2ms"], stream), "commit_fsync": one_of(&["0s", "1ms"], stream),
        "relay_fsync": one_of(&["0s", "1ms", "300ms"], stream), "log_retention": one_of(&[1_000_000, 100], stream),
        "snapshot_time": "300ms", "repoint_delay": one_of(&["0s", "100ms"], stream), "fence_time": one_of(&["0s", "100ms"], stream),
        "read_service": "1ms", "write_service": "1ms",
    })
}

/// What users' writes do; rarely anything but what they say.
fn writes(stream: &mut Stream) -> &'static str {
    one_of(&["overwrite", "overwrite", "overwrite", "overwrite", "increment", "increment_row", "insert"], stream)
}

/// A primary and some replicas.
pub fn replicated(draft: &mut Draft, stream: &mut Stream) -> Store {
    let count = between(2, 4, stream);
    let names: Vec<String> = (1..=count).map(|i| format!("db-{i}")).collect();
    let mut own = params(count - 1, stream);
    let writes = writes(stream);
    own["writes"] = json!(writes);
    cluster(draft, &names, &own, stream);
    Store { entries: names, is_plain: writes == "overwrite", has_operations: writes == "overwrite" }
}

/// A primary, the first of `names`, and its replicas.
pub fn cluster(draft: &mut Draft, names: &[String], params: &Value, stream: &mut Stream) {
    for (i, id) in names.iter().enumerate() {
        let mut own = params.clone();
        if i > 0 {
            own["role"] = json!("replica");
            draft.link(&names[0], id, one_of(&["500us", "10ms"], stream));
        }
        draft.node(id, "database", &own);
    }
    // Replicas that can reach each other.
    if stream.chance(0.5) {
        for (i, to) in names.iter().enumerate().skip(1) {
            for from in &names[1..i] {
                draft.link(from, to, "1ms");
            }
        }
    }
}

/// Two primaries that copy from each other; each may have a replica.
pub fn pair(draft: &mut Draft, stream: &mut Stream) -> Store {
    let names = ["db-1".to_owned(), "db-2".to_owned()];
    let mut store = primaries(draft, &names, stream);
    draft.link("db-2", "db-1", "5ms");
    draft.link("db-1", "db-2", "5ms");
    if stream.chance(0.3) {
        let mut own = draft.nodes[0]["params"].clone();
        own["role"] = json!("replica");
        draft.node("db-3", "database", &own);
        draft.link("db-1", "db-3", "1ms");
        store.entries.push("db-3".to_owned());
    }
    store
}

/// Primaries each of which copies from the one before it.
pub fn ring(draft: &mut Draft, stream: &mut Stream) -> Store {
    let names: Vec<String> = (1..=between(3, 5, stream)).map(|i| format!("db-{i}")).collect();
    let store = primaries(draft, &names, stream);
    for (i, from) in names.iter().enumerate() {
        draft.link(from, &names[(i + 1) % names.len()], "5ms");
    }
    store
}

fn primaries(draft: &mut Draft, names: &[String], stream: &mut Stream) -> Store {
    let mut own = params(1, stream);
    let writes = writes(stream);
    own["writes"] = json!(writes);
    own["conflicts"] = json!(if stream.chance(0.8) { "last_writer_wins" } else { "ignore" });
    own["auto_increment_increment"] = json!(names.len());
    for (i, id) in names.iter().enumerate() {
        own["auto_increment_offset"] = json!(i + 1);
        draft.node(id, "database", &own);
    }
    Store { entries: names.to_vec(), is_plain: writes == "overwrite", has_operations: writes == "overwrite" }
}
