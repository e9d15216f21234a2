//! Random: evicts any entry, each with the same probability. Its hit ratio is FIFO's under independent references
//! (Gelenbe 1973), without any order to keep.

use super::Policy;
use super::arena::Arena;
use crate::base::random::Stream;

/// All entries, densely; `mark` is an entry's place.
#[derive(Clone, Debug, Default, Hash)]
pub struct Random {
    held: Vec<u32>,
}

impl Policy for Random {
    fn on_insert(&mut self, arena: &mut Arena, slot: u32) {
        arena.get_mut(slot).mark = self.held.len() as u32;
        self.held.push(slot);
    }

    fn on_hit(&mut self, _: &mut Arena, _: u32) {}

    fn on_remove(&mut self, arena: &mut Arena, slot: u32) {
        let place = arena.get(slot).mark;
        self.held.swap_remove(place as usize);
        if let Some(moved) = self.held.get(place as usize) {
            arena.get_mut(*moved).mark = place;
        }
    }

    fn victim(&mut self, _: &mut Arena, stream: &mut Stream) -> u32 {
        self.held[stream.below(self.held.len() as u64) as usize]
    }

    fn order(&self, _: &Arena, slots: &mut Vec<u32>) {
        slots.extend(&self.held);
    }
}
