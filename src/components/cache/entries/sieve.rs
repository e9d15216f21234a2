//! SIEVE (Zhang et al., NSDI 2024): a queue that is never reordered, a bit an entry, and a hand that moves from the oldest
//! entry to the newest. It clears bits that are set and evicts the first entry whose bit is clear; then it stays there,
//! so that new entries are sifted quickly while those that proved useful stay.

use super::Policy;
use super::arena::{Arena, List, NIL};
use crate::base::random::Stream;

/// The queue and its hand; `mark` is 1 if an entry was used since the hand last passed.
#[derive(Clone, Debug, Hash)]
pub struct Sieve {
    queue: List,
    /// The entry to be looked at next; [`NIL`] for the oldest.
    hand: u32,
}

impl Default for Sieve {
    fn default() -> Self {
        Self { queue: List::default(), hand: NIL }
    }
}

impl Policy for Sieve {
    fn on_insert(&mut self, arena: &mut Arena, slot: u32) {
        self.queue.push(arena, slot);
    }

    fn on_hit(&mut self, arena: &mut Arena, slot: u32) {
        arena.get_mut(slot).mark = 1;
    }

    fn on_remove(&mut self, arena: &mut Arena, slot: u32) {
        if self.hand == slot {
            self.hand = arena.get(slot).newer;
        }
        self.queue.remove(arena, slot);
    }

    fn victim(&mut self, arena: &mut Arena, _: &mut Stream) -> u32 {
        loop {
            if self.hand == NIL {
                self.hand = self.queue.oldest();
            }
            let entry = arena.get_mut(self.hand);
            if std::mem::take(&mut entry.mark) == 0 {
                // Its removal moves the hand on.
                return self.hand;
            }
            self.hand = entry.newer;
        }
    }

    fn order(&self, arena: &Arena, slots: &mut Vec<u32>) {
        self.queue.collect(arena, slots);
    }
}
