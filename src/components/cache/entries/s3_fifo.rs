//! S3-FIFO (Yang et al., SOSP 2023): three queues. What is new passes through a small one, a tenth of the capacity; what was
//! used twice there moves to the main one, the rest leaves, and its key is remembered in a ghost queue. A key that comes
//! back while it is remembered goes to the main queue at once. The main queue is a clock with counts up to 3.
//!
//! As in the authors' libCacheSim: the ghost remembers nine tenths of the capacity in bytes; the main queue gives when it is
//! over its nine tenths, else the small one; until the first eviction a full small queue overflows into the main one.
//! Unlike there, an object larger than the small queue is kept all the same.

use super::Policy;
use super::arena::{Arena, List, NIL};
use crate::base::paged::Paged;
use crate::base::random::Stream;
use crate::base::{Bytes, SimTime};
use crate::kernel::Version;

/// Uses in the small queue that move an entry to the main one.
const PROMOTE: u32 = 2;
/// Uses that count.
const MOST_USES: u32 = 3;
/// Bit of `mark` that tells the main queue; the others count uses.
const MAIN: u32 = 1 << 31;

/// The three queues.
#[derive(Clone, Debug, Hash)]
pub struct S3Fifo {
    small: List,
    main: List,
    ghost: Ghost,
    small_size: u64,
    main_size: u64,
    /// Whether the key about to be inserted was in the ghost.
    is_known: bool,
    has_evicted: bool,
}

/// Keys that have left, oldest first, with the sizes of what they stood for.
#[derive(Clone, Debug, Default, Hash)]
struct Ghost {
    arena: Arena,
    queue: List,
    /// Slot + 1 of each key.
    index: Paged<u32>,
    size: u64,
}

impl Ghost {
    fn remember(&mut self, key: u32, bytes: u32) {
        if u64::from(bytes) > self.size {
            return;
        }
        self.forget(key);
        self.shrink_to(self.size - u64::from(bytes));
        let slot = self.arena.insert(key, bytes, Version::default(), SimTime::NEVER);
        self.queue.push(&mut self.arena, slot);
        self.index.set(key as usize, slot + 1);
    }

    fn shrink_to(&mut self, bytes: u64) {
        while self.queue.bytes() > bytes {
            let key = self.arena.get(self.queue.oldest()).key;
            self.forget(key);
        }
    }

    /// Whether it was there.
    fn forget(&mut self, key: u32) -> bool {
        let Some(slot) = self.index.get(key as usize).checked_sub(1) else { return false };
        self.index.set(key as usize, 0);
        self.queue.remove(&mut self.arena, slot);
        self.arena.remove(slot);
        true
    }
}

impl S3Fifo {
    pub fn new(capacity: Bytes) -> Self {
        let mut policy = Self {
            small: List::default(),
            main: List::default(),
            ghost: Ghost::default(),
            small_size: 0,
            main_size: 0,
            is_known: false,
            has_evicted: false,
        };
        policy.resize(capacity);
        policy
    }

    fn main_victim(&mut self, arena: &mut Arena) -> u32 {
        loop {
            let oldest = self.main.oldest();
            let entry = arena.get_mut(oldest);
            let uses = entry.mark & !MAIN;
            if uses == 0 {
                return oldest;
            }
            entry.mark = MAIN | (uses - 1);
            self.main.renew(arena, oldest);
        }
    }

    /// The entry that leaves the small queue; [`NIL`] if all have moved to the main one.
    fn small_victim(&mut self, arena: &mut Arena) -> u32 {
        while !self.small.is_empty() {
            let oldest = self.small.oldest();
            let entry = arena.get_mut(oldest);
            if entry.mark < PROMOTE {
                self.ghost.remember(entry.key, entry.bytes);
                return oldest;
            }
            entry.mark = MAIN;
            self.small.remove(arena, oldest);
            self.main.push(arena, oldest);
        }
        NIL
    }
}

impl Policy for S3Fifo {
    fn resize(&mut self, capacity: Bytes) {
        self.small_size = capacity.0 / 10;
        self.main_size = capacity.0 - self.small_size;
        self.ghost.size = self.main_size;
        self.ghost.shrink_to(self.main_size);
    }

    fn on_miss(&mut self, key: u32) {
        self.is_known = self.ghost.forget(key);
    }

    fn on_insert(&mut self, arena: &mut Arena, slot: u32) {
        let is_full = !self.has_evicted && self.small.bytes() >= self.small_size;
        if std::mem::take(&mut self.is_known) || is_full {
            arena.get_mut(slot).mark = MAIN;
            self.main.push(arena, slot);
        } else {
            self.small.push(arena, slot);
        }
    }

    fn on_hit(&mut self, arena: &mut Arena, slot: u32) {
        let entry = arena.get_mut(slot);
        if entry.mark & !MAIN < MOST_USES {
            entry.mark += 1;
        }
    }

    fn on_remove(&mut self, arena: &mut Arena, slot: u32) {
        let queue = if arena.get(slot).mark & MAIN == 0 { &mut self.small } else { &mut self.main };
        queue.remove(arena, slot);
    }

    fn victim(&mut self, arena: &mut Arena, _: &mut Stream) -> u32 {
        self.has_evicted = true;
        if self.main.bytes() <= self.main_size {
            let victim = self.small_victim(arena);
            if victim != NIL {
                return victim;
            }
        }
        self.main_victim(arena)
    }

    fn order(&self, arena: &Arena, slots: &mut Vec<u32>) {
        self.small.collect(arena, slots);
        self.main.collect(arena, slots);
    }
}
