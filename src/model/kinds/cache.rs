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
        /// Memory for values, as large as the data that are in use should need.
        capacity: Bytes = Bytes::mb(64), "B", 1.0, 1_099_511_627_776.0;
        /// Memory beyond that, in percent of it: room for what was forgotten, and for growth.
        headroom: f64 = 0.0, "%", 0.0, 10_000.0;
        /// Memory that an entry takes beside its value: key, links and expiry (in memcached and Redis 50 to 100 B).
        entry_overhead: Bytes = Bytes(0), "B", 0.0, 1_048_576.0;
        /// Sizes of the chunks that memory is handed out in, each so many times the one before, from 96 B on (in memcached 1.25); 1: to the byte.
        chunk_growth: f64 = 1.0, "×", 1.0, 16.0;
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

impl Cache {
    /// The smallest chunk of memory.
    const SMALLEST_CHUNK: f64 = 96.0;

    /// All memory for entries.
    pub fn memory(&self) -> Bytes {
        if self.headroom <= 0.0 {
            return self.capacity;
        }
        Bytes((self.capacity.0 as f64 * (1.0 + self.headroom / 100.0)) as u64)
    }

    /// Memory that a value of so many bytes takes.
    pub fn footprint(&self, bytes: u32) -> u32 {
        let wanted = u64::from(bytes) + self.entry_overhead.0;
        let mut taken = wanted;
        if self.chunk_growth > 1.0 {
            let steps = libm::ceil(libm::log(wanted as f64 / Self::SMALLEST_CHUNK) / libm::log(self.chunk_growth));
            let chunk = Self::SMALLEST_CHUNK * libm::pow(self.chunk_growth, steps.max(0.0));
            // Aligned; and rounding must not make it too small.
            taken = (chunk as u64).next_multiple_of(8).max(wanted);
        }
        u32::try_from(taken).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_handed_out_in_chunks() {
        let plain = Cache::default();
        assert_eq!((plain.footprint(1_000), plain.memory()), (1_000, plain.capacity));
        let honest = Cache { entry_overhead: Bytes(50), chunk_growth: 1.25, headroom: 50.0, ..Cache::default() };
        // 96 × 1.25¹¹ = 1117.6.
        assert_eq!(honest.footprint(1_000), 1_120);
        assert_eq!((honest.footprint(1), honest.footprint(46)), (96, 96));
        assert_eq!(honest.memory(), Bytes::mb(96));
        for growth in [1.000_000_1, 1.25, 16.0] {
            let cache = Cache { chunk_growth: growth, ..honest.clone() };
            for bytes in [0, 1, 95, 96, 97, 12_345, u32::MAX] {
                assert!(u64::from(cache.footprint(bytes)) >= (u64::from(bytes) + 50).min(u64::from(u32::MAX)));
            }
        }
    }
}
