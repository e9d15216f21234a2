//! Leaderless stores that mend themselves.

use scalescope::base::random::Stream;
use serde_json::json;

use super::{Draft, Store, between, one_of, switch};

pub fn store(draft: &mut Draft, stream: &mut Stream) -> Store {
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
        draft.node(id, "quorum_store", &own);
        for from in &names[..i] {
            let latency = one_of(&["500us", "5ms"], stream);
            draft.links.push(json!({ "from": from, "to": id, "latency": latency, "latency_shape": "exponential" }));
        }
    }
    Store { entries: names, is_plain: true, has_operations: false }
}
