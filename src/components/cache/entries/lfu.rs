//! LFU: evicts the entry used least often while in the cache; among equals the first to have reached that count. A count is
//! forgotten with its entry.
//!
//! One list for each count that occurs, in the order of counts, makes every operation O(1) (Shah, Mitra, Matani 2010).

use super::Policy;
use super::arena::{Arena, List, NIL};
use crate::base::random::Stream;

/// Lists of entries by their count of uses; `mark` is an entry's list.
#[derive(Clone, Debug, Hash)]
pub struct Lfu {
    buckets: Vec<Bucket>,
    free: Vec<u32>,
    lowest: u32,
}

/// All entries with one count, in the order in which they reached it.
#[derive(Clone, Debug, Hash)]
struct Bucket {
    count: u32,
    entries: List,
    lower: u32,
    higher: u32,
}

impl Default for Lfu {
    fn default() -> Self {
        Self { buckets: Vec::new(), free: Vec::new(), lowest: NIL }
    }
}

impl Lfu {
    fn bucket(&mut self, index: u32) -> &mut Bucket {
        &mut self.buckets[index as usize]
    }

    /// The bucket of `count`, which belongs between two neighbours: the higher of them, or a new one.
    fn between(&mut self, lower: u32, count: u32, higher: u32) -> u32 {
        if higher != NIL && self.bucket(higher).count == count {
            return higher;
        }
        let bucket = Bucket { count, entries: List::default(), lower, higher };
        let index = if let Some(index) = self.free.pop() {
            *self.bucket(index) = bucket;
            index
        } else {
            self.buckets.push(bucket);
            self.buckets.len() as u32 - 1
        };
        match lower {
            NIL => self.lowest = index,
            lower => self.bucket(lower).higher = index,
        }
        if higher != NIL {
            self.bucket(higher).lower = index;
        }
        index
    }

    fn put(&mut self, arena: &mut Arena, slot: u32, bucket: u32) {
        arena.get_mut(slot).mark = bucket;
        self.bucket(bucket).entries.push(arena, slot);
    }

    /// Takes `slot` out of its bucket, and the bucket away if it was the last there.
    fn take(&mut self, arena: &mut Arena, slot: u32) {
        let index = arena.get(slot).mark;
        let bucket = self.bucket(index);
        bucket.entries.remove(arena, slot);
        if bucket.entries.is_empty() {
            let (lower, higher) = (bucket.lower, bucket.higher);
            match lower {
                NIL => self.lowest = higher,
                lower => self.bucket(lower).higher = higher,
            }
            if higher != NIL {
                self.bucket(higher).lower = lower;
            }
            self.free.push(index);
        }
    }
}

impl Policy for Lfu {
    fn on_insert(&mut self, arena: &mut Arena, slot: u32) {
        let bucket = self.between(NIL, 1, self.lowest);
        self.put(arena, slot, bucket);
    }

    fn on_hit(&mut self, arena: &mut Arena, slot: u32) {
        let index = arena.get(slot).mark;
        let Bucket { count, higher, .. } = *self.bucket(index);
        if count == u32::MAX {
            return;
        }
        let next = self.between(index, count + 1, higher);
        self.take(arena, slot);
        self.put(arena, slot, next);
    }

    fn on_remove(&mut self, arena: &mut Arena, slot: u32) {
        self.take(arena, slot);
    }

    fn victim(&mut self, _: &mut Arena, _: &mut Stream) -> u32 {
        self.buckets[self.lowest as usize].entries.oldest()
    }

    fn order(&self, arena: &Arena, slots: &mut Vec<u32>) {
        let mut index = self.lowest;
        while index != NIL {
            let bucket = &self.buckets[index as usize];
            bucket.entries.collect(arena, slots);
            index = bucket.higher;
        }
    }
}
