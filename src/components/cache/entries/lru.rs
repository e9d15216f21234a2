//! LRU: evicts the entry whose last use is longest ago.

use super::Policy;
use super::arena::{Arena, List};
use crate::base::random::Stream;

/// Entries in the order of their last use.
#[derive(Clone, Debug, Default, Hash)]
pub struct Lru {
    uses: List,
}

impl Policy for Lru {
    fn on_insert(&mut self, arena: &mut Arena, slot: u32) {
        self.uses.push(arena, slot);
    }

    fn on_hit(&mut self, arena: &mut Arena, slot: u32) {
        self.uses.renew(arena, slot);
    }

    fn on_remove(&mut self, arena: &mut Arena, slot: u32) {
        self.uses.remove(arena, slot);
    }

    fn victim(&mut self, _: &mut Arena, _: &mut Stream) -> u32 {
        self.uses.oldest()
    }

    fn order(&self, arena: &Arena, slots: &mut Vec<u32>) {
        self.uses.collect(arena, slots);
    }
}
