//! Routers in front of the shards of a database.

use super::{MS, SECS, US};
use crate::base::{KeyTable, SimDuration};
use crate::model::spec::{choices, params};

choices! {
    /// How a key's shard follows from the key.
    pub enum ShardStrategy {
        /// Its hash modulo the number of shards: even, but with another number of shards nearly every key has another home.
        Hash = "hash",
        /// Split points: neighbouring keys are neighbours, and so are the popular ones.
        Range = "range",
        /// A table; keys that it does not list go by hash to the shards that it does not name.
        Directory = "directory",
        /// A ring of hashes on which each shard has many points: with one more shard few keys move.
        ConsistentHash = "consistent_hash",
    }
}

params! {
    /// Shard router: spreads the keys over several databases, and moves them while it serves. Servers and caches call it as they
    /// would call a database; every database cluster that it has a link to is a shard.
    pub struct ShardRouter {
        /// How a key's shard follows from the key. A change moves the keys whose shard changes.
        strategy: ShardStrategy = ShardStrategy::Hash, "", 0.0, 0.0;
        /// The shards that keys belong to, in this order: one database of each. Without any, all that are linked, in the order of
        /// the links. A shard that is taken off the list is emptied first, and can be removed then.
        shards: Vec<String> = Vec::new(), "nodes", 0.0, 0.0;
        /// For ranges: the first key of every shard but the first, as in "25000, 50000"; without any, equal shares of the users'
        /// keys.
        split_points: KeyTable = KeyTable::default(), "", 0.0, 0.0;
        /// For a directory: which keys belong to which shard, as in "0: db-5, 100-199: db-2".
        directory: KeyTable = KeyTable::default(), "", 0.0, 0.0;
        /// For consistent hashing: points of each shard on the ring: the more, the more even the shares.
        virtual_nodes: u32 = 100, "points", 1.0, 10_000.0;
        /// Keys that are known to be popular, as in "0, 7, 100-110": each is kept on several shards.
        hot_keys: KeyTable = KeyTable::default(), "", 0.0, 0.0;
        /// On how many shards a hot key is kept: reads go to any of them, writes to all.
        hot_key_copies: u32 = 1, "shards", 1.0, 100.0;
        /// Keys that it begins to move per second, while shards take keys from each other; 0 stops it.
        move_rate_per_s: f64 = 1_000.0, "keys/s", 0.0, 1_000_000.0;
        /// Keys that it moves at a time.
        move_parallel: u32 = 8, "keys", 1.0, 1_000.0;
        /// How long a record that was moved stays where it was, for those who are on their way there, before it is deleted. Real ones wait
        /// for minutes.
        clean_delay: SimDuration = SECS(10), "s", 0.0, 86_400.0;
        /// Transactions over several shards: how long all of them may take to promise it, before it is given up.
        prepare_timeout: SimDuration = SECS(5), "s", 0.001, 3_600.0;
        /// Transactions over several shards: time to sync the decision to the router's log.
        decision_sync: SimDuration = MS(2), "s", 0.0, 60.0;
        /// Processor time to route one request.
        service: SimDuration = US(50), "s", 0.0, 60.0;
        /// Processor cores.
        cores: u32 = 4, "cores", 1.0, 1_024.0;
        /// Requests that may wait for a core, and writes that may wait for their key to be moved; more are refused.
        queue_limit: u32 = 10_000, "requests", 0.0, 10_000_000.0;
    }
}
