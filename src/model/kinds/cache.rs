//! Caches.

use super::{SECS, US};
use crate::base::{Bytes, SimDuration};
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
    /// What a web server does with the cache after a write.
    pub enum OnWrite {
        /// It deletes the key, in a second operation after the database's.
        Invalidate = "invalidate",
        /// Nothing: the old entry lives until it expires.
        Nothing = "nothing",
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
        /// Who fetches what is missing.
        pattern: CachePattern = CachePattern::ReadThrough, "", 0.0, 0.0;
        /// What happens to an entry when its key is written.
        on_write: OnWrite = OnWrite::Invalidate, "", 0.0, 0.0;
        /// Processor time of one operation.
        lookup_time: SimDuration = US(20), "s", 0.0, 60.0;
        /// Processor cores.
        cores: u32 = 2, "cores", 1.0, 1_024.0;
    }
}
