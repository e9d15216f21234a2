//! The entries of a cache: real keys, real bytes, byte-accurate eviction.
//!
//! An object larger than the capacity is never inserted; otherwise entries are evicted until it fits. A hit does not change
//! an entry's size. An expired entry lies there until it is asked for or evicted. Which entry goes is up to a policy, each
//! in a file of its own; all work in O(1) for each operation, amortised where they sift (CLOCK, SIEVE, S3-FIFO, W-TinyLFU).
//! Left out: what the bookkeeping of a policy takes of the memory, and the time that eviction takes.

mod arena;
mod clock;
mod fifo;
mod lfu;
mod lru;
mod random;
mod s3_fifo;
mod sieve;
mod sketch;
mod w_tiny_lfu;

use std::hash::{Hash, Hasher};

use crate::base::random::Stream;
use crate::base::{Bytes, SimTime, Table};
use crate::kernel::Version;
use crate::model::kinds::EvictionPolicy;
use arena::Arena;

/// Keyed entries within a capacity in bytes.
#[derive(Clone, Debug, Hash)]
pub struct Entries {
    capacity: Bytes,
    used: u64,
    arena: Arena,
    index: Index,
    order: Order,
    /// What the policy draws from, if it draws.
    stream: Stream,
}

/// The slot of each key that is held. A cache of many has few of all keys, and those few should be near.
#[derive(Clone, Debug, Default)]
struct Index(Table);

impl Hash for Index {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for (key, slot) in self.0.sorted() {
            (key, slot + 1).hash(state);
        }
    }
}

/// A policy: it knows which entries there are, and which shall go next.
trait Policy {
    /// The capacity is this, from here on.
    fn resize(&mut self, _capacity: Bytes) {}

    /// `key` is about to be inserted; room for it has not been made yet.
    fn on_miss(&mut self, _key: u32) {}

    /// `slot` is new, with a `mark` of zero.
    fn on_insert(&mut self, arena: &mut Arena, slot: u32);

    fn on_hit(&mut self, arena: &mut Arena, slot: u32);

    /// `slot` goes, for whatever reason.
    fn on_remove(&mut self, arena: &mut Arena, slot: u32);

    /// The entry to be evicted now, of one or more. The caller removes it.
    fn victim(&mut self, arena: &mut Arena, stream: &mut Stream) -> u32;

    /// All entries, roughly in the order in which they would go.
    fn order(&self, arena: &Arena, slots: &mut Vec<u32>);
}

/// The policy in use.
#[derive(Clone, Debug, Hash)]
enum Order {
    Lru(lru::Lru),
    Lfu(lfu::Lfu),
    Fifo(fifo::Fifo),
    Random(random::Random),
    Clock(clock::Clock),
    Sieve(sieve::Sieve),
    S3Fifo(Box<s3_fifo::S3Fifo>),
    WTinyLfu(Box<w_tiny_lfu::WTinyLfu>),
}

/// Runs `$body` with the policy inside.
macro_rules! each {
    ($order:expr, $policy:ident => $body:expr) => {
        match $order {
            Order::Lru($policy) => $body,
            Order::Lfu($policy) => $body,
            Order::Fifo($policy) => $body,
            Order::Random($policy) => $body,
            Order::Clock($policy) => $body,
            Order::Sieve($policy) => $body,
            Order::S3Fifo($policy) => $body,
            Order::WTinyLfu($policy) => $body,
        }
    };
}

impl Order {
    fn new(policy: EvictionPolicy, capacity: Bytes) -> Self {
        match policy {
            EvictionPolicy::Lru => Self::Lru(lru::Lru::default()),
            EvictionPolicy::Lfu => Self::Lfu(lfu::Lfu::default()),
            EvictionPolicy::Fifo => Self::Fifo(fifo::Fifo::default()),
            EvictionPolicy::Random => Self::Random(random::Random::default()),
            EvictionPolicy::Clock => Self::Clock(clock::Clock::default()),
            EvictionPolicy::Sieve => Self::Sieve(sieve::Sieve::default()),
            EvictionPolicy::S3Fifo => Self::S3Fifo(Box::new(s3_fifo::S3Fifo::new(capacity))),
            EvictionPolicy::WTinyLfu => Self::WTinyLfu(Box::new(w_tiny_lfu::WTinyLfu::new(capacity))),
        }
    }

    fn policy(&self) -> EvictionPolicy {
        match self {
            Self::Lru(_) => EvictionPolicy::Lru,
            Self::Lfu(_) => EvictionPolicy::Lfu,
            Self::Fifo(_) => EvictionPolicy::Fifo,
            Self::Random(_) => EvictionPolicy::Random,
            Self::Clock(_) => EvictionPolicy::Clock,
            Self::Sieve(_) => EvictionPolicy::Sieve,
            Self::S3Fifo(_) => EvictionPolicy::S3Fifo,
            Self::WTinyLfu(_) => EvictionPolicy::WTinyLfu,
        }
    }
}

impl Entries {
    pub fn new(policy: EvictionPolicy, capacity: Bytes) -> Self {
        Self {
            capacity,
            used: 0,
            arena: Arena::default(),
            index: Index::default(),
            order: Order::new(policy, capacity),
            stream: Stream::seeded(0),
        }
    }

    /// The same with a stream of its own for random eviction.
    #[must_use]
    pub fn with_stream(self, stream: Stream) -> Self {
        Self { stream, ..self }
    }

    /// Bytes held.
    pub fn used(&self) -> u64 {
        self.used
    }

    /// Bytes that it can hold.
    pub fn capacity(&self) -> Bytes {
        self.capacity
    }

    /// Entries held, expired ones that nobody has asked for since included.
    pub fn len(&self) -> usize {
        self.arena.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Looks `key` up and counts the use. An expired entry is dropped and is a miss.
    pub fn get(&mut self, key: u32, now: SimTime) -> Option<Version> {
        let slot = self.slot(key)?;
        if self.arena.get(slot).expires <= now {
            self.drop_slot(slot);
            return None;
        }
        each!(&mut self.order, policy => policy.on_hit(&mut self.arena, slot));
        Some(self.arena.get(slot).version)
    }

    /// Version and expiry of `key`, expired or not, without counting a use.
    pub fn peek(&self, key: u32) -> Option<(Version, SimTime)> {
        let entry = self.arena.get(self.slot(key)?);
        Some((entry.version, entry.expires))
    }

    /// Lets `key`, if it is held, live until `expires`.
    pub fn renew(&mut self, key: u32, expires: SimTime) {
        if let Some(slot) = self.slot(key) {
            self.arena.get_mut(slot).expires = expires;
        }
    }

    /// Keeps `key`. An entry that was there gets the new version and expiry in its place; one of another size is replaced,
    /// as if it were new.
    pub fn insert(&mut self, key: u32, bytes: u32, version: Version, expires: SimTime) {
        self.insert_and(key, bytes, version, expires, |_| {});
    }

    /// [`Self::insert`], and tells which keys have been evicted for it.
    pub fn insert_and(&mut self, key: u32, bytes: u32, version: Version, expires: SimTime, on_evict: impl FnMut(u32)) {
        if let Some(slot) = self.slot(key) {
            let entry = self.arena.get_mut(slot);
            if entry.bytes == bytes {
                entry.version = version;
                entry.expires = expires;
                return;
            }
            self.drop_slot(slot);
        }
        if u64::from(bytes) > self.capacity.0 {
            return;
        }
        each!(&mut self.order, policy => policy.on_miss(key));
        self.shrink_to(self.capacity.0 - u64::from(bytes), on_evict);
        let slot = self.arena.insert(key, bytes, version, expires);
        self.used += u64::from(bytes);
        self.index.0.insert(u64::from(key), slot);
        each!(&mut self.order, policy => policy.on_insert(&mut self.arena, slot));
    }

    /// Forgets `key`; whether it was there.
    pub fn remove(&mut self, key: u32) -> bool {
        let slot = self.slot(key);
        if let Some(slot) = slot {
            self.drop_slot(slot);
        }
        slot.is_some()
    }

    /// Forgets everything, what the policy has learned included.
    pub fn clear(&mut self) {
        *self = Self::new(self.order.policy(), self.capacity).with_stream(self.stream.clone());
    }

    /// Changes policy and capacity while in use. A new policy takes the entries over in the order in which the old one would
    /// have evicted them.
    pub fn reconfigure(&mut self, policy: EvictionPolicy, capacity: Bytes) {
        if policy != self.order.policy() {
            let mut slots = Vec::with_capacity(self.len());
            each!(&self.order, policy => policy.order(&self.arena, &mut slots));
            self.order = Order::new(policy, capacity);
            for slot in slots {
                self.arena.get_mut(slot).mark = 0;
                each!(&mut self.order, policy => policy.on_insert(&mut self.arena, slot));
            }
        }
        if capacity != self.capacity {
            self.capacity = capacity;
            each!(&mut self.order, policy => policy.resize(capacity));
            self.shrink_to(capacity.0, |_| {});
        }
    }

    #[inline]
    fn slot(&self, key: u32) -> Option<u32> {
        self.index.0.find(u64::from(key)).map(|slot| slot as u32)
    }

    fn shrink_to(&mut self, bytes: u64, mut on_evict: impl FnMut(u32)) {
        while self.used > bytes {
            let victim = each!(&mut self.order, policy => policy.victim(&mut self.arena, &mut self.stream));
            on_evict(self.arena.get(victim).key);
            self.drop_slot(victim);
        }
    }

    fn drop_slot(&mut self, slot: u32) {
        each!(&mut self.order, policy => policy.on_remove(&mut self.arena, slot));
        let entry = self.arena.get(slot);
        self.used -= u64::from(entry.bytes);
        self.index.0.remove(u64::from(entry.key));
        self.arena.remove(slot);
    }
}

// Last, so that it sees the macro.
#[cfg(test)]
mod tests;
