//! Shards behind a router, each a primary with or without replicas.

use scalescope::base::random::Stream;
use serde_json::json;

use super::{Draft, Store, between, databases, one_of};

pub const ROUTER: &str = "router";
pub const STRATEGIES: [&str; 3] = ["hash", "range", "consistent_hash"];

pub fn store(draft: &mut Draft, stream: &mut Stream) -> Store {
    let router = json!({
        "strategy": one_of(&STRATEGIES, stream), "virtual_nodes": one_of(&[1, 50], stream),
        "move_rate_per_s": one_of(&[20.0, 500.0], stream), "move_parallel": one_of(&[1, 8], stream),
        "hot_keys": one_of(&["", "0, 3-5"], stream), "hot_key_copies": between(1, 3, stream),
        "prepare_timeout": one_of(&["200ms", "2s"], stream),
    });
    draft.node(ROUTER, "shard_router", &router);
    let replicas = between(0, 2, stream);
    let params = databases::params(replicas, stream);
    for shard in 1..=between(2, 4, stream) {
        let mut names = vec![format!("db-{shard}")];
        names.extend((1..=replicas).map(|replica| format!("db-{shard}-{replica}")));
        databases::cluster(draft, &names, &params, stream);
        for id in &names {
            draft.link(ROUTER, id, "500us");
        }
    }
    Store { entries: vec![ROUTER.to_owned()], is_plain: true, has_operations: true }
}
