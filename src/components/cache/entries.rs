//! The entries of a cache: real keys, real bytes, byte-accurate eviction.
//!
//! An object larger than the capacity is never inserted; otherwise entries are evicted until it fits. All operations are
//! O(1), with LFU O(log n). A hit does not change an entry's size or its expiry.

use std::collections::BTreeSet;

use crate::base::paged::Paged;
use crate::base::{Bytes, SimTime};
use crate::kernel::Version;
use crate::model::kinds::EvictionPolicy;

/// Not a slot.
const NIL: u32 = u32::MAX;

/// Keyed entries within a capacity in bytes.
#[derive(Clone, Debug, Hash)]
pub struct Entries {
    policy: EvictionPolicy,
    capacity: Bytes,
    used: u64,
    slots: Vec<Entry>,
    free: Vec<u32>,
    /// Slot + 1 of each key that is held.
    index: Paged<u32>,
    /// Order of insertion (FIFO) or of use (LRU); the newest is the head.
    head: u32,
    tail: u32,
    /// For LFU: (uses, when that count was reached, slot); the first goes first.
    ranks: BTreeSet<(u32, u64, u32)>,
    ticks: u64,
}

#[derive(Clone, Debug, Hash)]
struct Entry {
    key: u32,
    bytes: u32,
    version: Version,
    expires: SimTime,
    newer: u32,
    older: u32,
    uses: u32,
    reached: u64,
}

impl Entries {
    pub fn new(policy: EvictionPolicy, capacity: Bytes) -> Self {
        Self {
            policy,
            capacity,
            used: 0,
            slots: Vec::new(),
            free: Vec::new(),
            index: Paged::default(),
            head: NIL,
            tail: NIL,
            ranks: BTreeSet::new(),
            ticks: 0,
        }
    }

    /// Bytes held.
    pub fn used(&self) -> u64 {
        self.used
    }

    /// Entries held, expired ones that nobody has asked for since included.
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Looks `key` up and counts the use. An expired entry is dropped and is a miss.
    pub fn get(&mut self, key: u32, now: SimTime) -> Option<Version> {
        let slot = self.slot(key)?;
        if self.slots[slot as usize].expires <= now {
            self.drop_slot(slot);
            return None;
        }
        match self.policy {
            EvictionPolicy::Lru => {
                self.unlink(slot);
                self.link(slot);
            }
            EvictionPolicy::Lfu => {
                self.ranks.remove(&self.rank(slot));
                self.ticks += 1;
                let ticks = self.ticks;
                let entry = &mut self.slots[slot as usize];
                entry.uses = entry.uses.saturating_add(1);
                entry.reached = ticks;
                self.ranks.insert(self.rank(slot));
            }
            EvictionPolicy::Fifo => {}
        }
        Some(self.slots[slot as usize].version)
    }

    /// Keeps `key`. An entry that was there gets the new version and expiry, and its new size.
    pub fn insert(&mut self, key: u32, bytes: u32, version: Version, expires: SimTime) {
        if let Some(slot) = self.slot(key) {
            let entry = &mut self.slots[slot as usize];
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
        self.shrink_to(self.capacity.0 - u64::from(bytes));
        self.ticks += 1;
        let entry = Entry { key, bytes, version, expires, newer: NIL, older: NIL, uses: 1, reached: self.ticks };
        let slot = if let Some(slot) = self.free.pop() {
            self.slots[slot as usize] = entry;
            slot
        } else {
            self.slots.push(entry);
            self.slots.len() as u32 - 1
        };
        self.used += u64::from(bytes);
        self.index.set(key as usize, slot + 1);
        self.link(slot);
        if self.policy == EvictionPolicy::Lfu {
            self.ranks.insert(self.rank(slot));
        }
    }

    /// Forgets `key`; whether it was there.
    pub fn remove(&mut self, key: u32) -> bool {
        let slot = self.slot(key);
        if let Some(slot) = slot {
            self.drop_slot(slot);
        }
        slot.is_some()
    }

    pub fn clear(&mut self) {
        *self = Self::new(self.policy, self.capacity);
    }

    /// Changes policy and capacity while in use. A new policy starts from the order that there is.
    pub fn reconfigure(&mut self, policy: EvictionPolicy, capacity: Bytes) {
        self.capacity = capacity;
        if policy != self.policy {
            self.policy = policy;
            self.ranks.clear();
            let mut slot = self.tail;
            while policy == EvictionPolicy::Lfu && slot != NIL {
                self.ranks.insert(self.rank(slot));
                slot = self.slots[slot as usize].newer;
            }
        }
        self.shrink_to(capacity.0);
    }

    fn slot(&self, key: u32) -> Option<u32> {
        self.index.get(key as usize).checked_sub(1)
    }

    fn shrink_to(&mut self, bytes: u64) {
        while self.used > bytes {
            let victim = match self.policy {
                EvictionPolicy::Lru | EvictionPolicy::Fifo => self.tail,
                EvictionPolicy::Lfu => self.ranks.first().expect("what is used is ranked").2,
            };
            self.drop_slot(victim);
        }
    }

    fn rank(&self, slot: u32) -> (u32, u64, u32) {
        let entry = &self.slots[slot as usize];
        (entry.uses, entry.reached, slot)
    }

    fn drop_slot(&mut self, slot: u32) {
        if self.policy == EvictionPolicy::Lfu {
            self.ranks.remove(&self.rank(slot));
        }
        self.unlink(slot);
        let entry = &self.slots[slot as usize];
        self.used -= u64::from(entry.bytes);
        self.index.set(entry.key as usize, 0);
        self.free.push(slot);
    }

    /// Puts `slot` at the head.
    fn link(&mut self, slot: u32) {
        let old = std::mem::replace(&mut self.head, slot);
        let entry = &mut self.slots[slot as usize];
        (entry.newer, entry.older) = (NIL, old);
        match old {
            NIL => self.tail = slot,
            old => self.slots[old as usize].newer = slot,
        }
    }

    fn unlink(&mut self, slot: u32) {
        let Entry { newer, older, .. } = self.slots[slot as usize];
        match newer {
            NIL => self.head = older,
            newer => self.slots[newer as usize].older = older,
        }
        match older {
            NIL => self.tail = newer,
            older => self.slots[older as usize].newer = newer,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: SimTime = SimTime::ZERO;

    /// Replays unit-size requests, inserting on a miss; the keys that hit.
    fn hits(policy: EvictionPolicy, capacity: u64, keys: &[u32]) -> Vec<u32> {
        let mut entries = Entries::new(policy, Bytes(capacity));
        let mut hits = Vec::new();
        for key in keys {
            if entries.get(*key, NOW).is_some() {
                hits.push(*key);
            } else {
                entries.insert(*key, 1, Version(0), SimTime::NEVER);
            }
        }
        hits
    }

    #[test]
    fn each_policy_evicts_its_own() {
        // 1 is used again before the third key comes: LRU then gives up 2, FIFO gives up 1.
        let keys = [1, 2, 1, 3, 1, 2];
        assert_eq!(hits(EvictionPolicy::Lru, 2, &keys), [1, 1]);
        assert_eq!(hits(EvictionPolicy::Fifo, 2, &keys), [1]);
        // LFU keeps 1, which was used more often, although 2 is newer.
        assert_eq!(hits(EvictionPolicy::Lfu, 2, &[1, 1, 2, 3, 1, 2]), [1, 1]);
        // Among equal counts, the first to reach it goes: 1 reached two uses before 2 did.
        assert_eq!(hits(EvictionPolicy::Lfu, 2, &[1, 2, 1, 2, 3, 2, 1]), [1, 2, 2]);
    }

    #[test]
    fn expiry_is_a_miss_and_frees_the_bytes() {
        let mut entries = Entries::new(EvictionPolicy::Lru, Bytes(100));
        entries.insert(1, 60, Version(7), SimTime::from_nanos(10));
        assert_eq!(entries.get(1, SimTime::from_nanos(9)), Some(Version(7)));
        assert_eq!(entries.get(1, SimTime::from_nanos(10)), None);
        assert_eq!((entries.used(), entries.len()), (0, 0));
    }

    #[test]
    fn what_is_too_large_is_not_kept_and_evicts_nothing() {
        let mut entries = Entries::new(EvictionPolicy::Fifo, Bytes(100));
        entries.insert(1, 60, Version(1), SimTime::NEVER);
        entries.insert(2, 101, Version(1), SimTime::NEVER);
        assert!(entries.get(1, NOW).is_some() && entries.get(2, NOW).is_none());
    }

    proptest! {
        #[test]
        fn bytes_are_accounted_exactly(
            steps in prop::collection::vec((0_u32..20, 1_u32..50, 0_u8..10), 0..300),
            policy in prop::sample::select(vec![EvictionPolicy::Lru, EvictionPolicy::Lfu, EvictionPolicy::Fifo]),
        ) {
            let mut entries = Entries::new(policy, Bytes(200));
            for (key, bytes, step) in steps {
                match step {
                    0 => { entries.remove(key); }
                    1 => entries.reconfigure(EvictionPolicy::Lfu, Bytes(150)),
                    2 => entries.reconfigure(EvictionPolicy::Lru, Bytes(200)),
                    3..6 => { entries.get(key, NOW); }
                    _ => {
                        entries.insert(key, bytes, Version(u64::from(bytes)), SimTime::NEVER);
                        prop_assert_eq!(entries.get(key, NOW), Some(Version(u64::from(bytes))));
                    }
                }
                let held: Vec<u32> = (0..20).filter_map(|key| entries.slot(key)).collect();
                let used: u64 = held.iter().map(|slot| u64::from(entries.slots[*slot as usize].bytes)).sum();
                prop_assert_eq!((used, held.len()), (entries.used(), entries.len()));
                prop_assert!(entries.used() <= entries.capacity.0);
            }
        }
    }
}
