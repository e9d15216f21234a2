//! Caches.

use super::{SECS, US};
use crate::base::{Bytes, Shape, SimDuration};
use crate::model::spec::{choices, params};

choices! {
    /// Which entry a full cache gives up.
    pub enum EvictionPolicy {
        /// The least recently used.
        Lru = "lru",
        /// The least frequently used while in the cache; among equals the first to reach its count.
        Lfu = "lfu",
        /// The oldest.
        Fifo = "fifo",
        /// Any, by chance.
        Random = "random",
        /// The oldest that was not used since it last came up; one that was gets another turn.
        Clock = "clock",
        /// The first unused one that a hand finds, which moves from old to new entries (SIEVE).
        Sieve = "sieve",
        /// New entries first prove themselves in a small queue; keys that return soon are kept (S3-FIFO).
        S3Fifo = "s3_fifo",
        /// New entries must be asked for more often than those they would replace (W-TinyLFU).
        WTinyLfu = "w_tinylfu",
    }
}

choices! {
    /// Who fetches what the cache does not have.
    pub enum CachePattern {
        /// The cache asks the database itself.
        ReadThrough = "read_through",
        /// The web server asks the database, then stores the answer in the cache.
        CacheAside = "cache_aside",
    }
}

choices! {
    /// What a web server does with the cache when it writes.
    pub enum OnWrite {
        /// It deletes the key, in a second operation after the database's.
        Invalidate = "invalidate",
        /// Nothing (write-around): the old entry lives until it expires.
        Nothing = "nothing",
        /// It writes to the cache, which writes to the database and keeps the value.
        WriteThrough = "write_through",
        /// It writes to the cache, which acknowledges at once and writes to the database later; a crash loses what is not written.
        WriteBack = "write_back",
    }
}

choices! {
    /// Whether something is done.
    pub enum Switch {
        /// It is not.
        Off = "off",
        /// It is.
        On = "on",
    }
}

choices! {
    /// What a cache is for among the caches of a web server.
    pub enum CacheRole {
        /// It has its share of the keys.
        Shard = "shard",
        /// It takes over the keys of dead ones; give it a short ttl, for nobody invalidates there.
        Gutter = "gutter",
    }
}

params! {
    /// Cache: keeps values in memory, in front of the database. Volatile: a restart empties it.
    pub struct Cache {
        /// Memory for values.
        capacity: Bytes = Bytes::mb(64), "B", 1.0, 1_099_511_627_776.0;
        /// Which entry it gives up when full.
        policy: EvictionPolicy = EvictionPolicy::Lru, "", 0.0, 0.0;
        /// How long an entry lives; 0s means for ever.
        ttl: SimDuration = SECS(60), "s", 0.0, 31_536_000.0;
        /// Whether a hit begins the entry's life anew.
        ttl_renews: Switch = Switch::Off, "", 0.0, 0.0;
        /// Share of its life by which each entry's is shortened by chance, so that not all expire together.
        ttl_jitter: f64 = 0.0, "", 0.0, 1.0;
        /// Who fetches what is missing.
        pattern: CachePattern = CachePattern::ReadThrough, "", 0.0, 0.0;
        /// What happens to an entry when its key is written.
        on_write: OnWrite = OnWrite::Invalidate, "", 0.0, 0.0;
        /// When the cache writes back: how long a written value stays in its memory alone.
        write_back_delay: SimDuration = SECS(1), "s", 0.0, 86_400.0;
        /// One fetch for a key at a time: others who miss it wait, and what was read before a delete cannot be set after it.
        leases: Switch = Switch::Off, "", 0.0, 0.0;
        /// How long a lease is waited for, before another may fetch.
        lease_timeout: SimDuration = SECS(10), "s", 0.001, 3_600.0;
        /// What it is for among several caches.
        role: CacheRole = CacheRole::Shard, "", 0.0, 0.0;
        /// Its points on the consistent-hash ring of the caches: the more, the larger and the more even its share of the keys.
        virtual_nodes: u32 = 100, "points", 1.0, 10_000.0;
        /// On how many of the caches each of its keys is kept: reads go to any of them, sets and deletes to all.
        copies: u32 = 1, "nodes", 1.0, 100.0;
        /// Processor time of one operation.
        lookup_time: SimDuration = US(20), "s", 0.0, 60.0;
        /// Shape of that time.
        lookup_shape: Shape = Shape::Constant, "", 0.0, 0.0;
        /// Processor cores.
        cores: u32 = 2, "cores", 1.0, 1_024.0;
    }
}
