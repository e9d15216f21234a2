//! FIFO: evicts the oldest entry; uses do not count.

use super::Policy;
use super::arena::{Arena, List};
use crate::base::random::Stream;

/// Entries in the order of their insertion.
#[derive(Clone, Debug, Default, Hash)]
pub struct Fifo {
    queue: List,
}

impl Policy for Fifo {
    fn on_insert(&mut self, arena: &mut Arena, slot: u32) {
        self.queue.push(arena, slot);
    }

    fn on_hit(&mut self, _: &mut Arena, _: u32) {}

    fn on_remove(&mut self, arena: &mut Arena, slot: u32) {
        self.queue.remove(arena, slot);
    }

    fn victim(&mut self, _: &mut Arena, _: &mut Stream) -> u32 {
        self.queue.oldest()
    }

    fn order(&self, arena: &Arena, slots: &mut Vec<u32>) {
        self.queue.collect(arena, slots);
    }
}
