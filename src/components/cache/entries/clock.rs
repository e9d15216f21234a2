//! CLOCK, as FIFO with reinsertion (second chance; Corbató 1968): one bit an entry, set by a hit and clear on insertion.
//! The oldest entry goes if its bit is clear; if it is set, the bit is cleared and the entry becomes the newest.

use super::Policy;
use super::arena::{Arena, List};
use crate::base::random::Stream;

/// A queue with a bit for each entry: `mark` is 1 if it was used since it last came to the front.
#[derive(Clone, Debug, Default, Hash)]
pub struct Clock {
    queue: List,
}

impl Policy for Clock {
    fn on_insert(&mut self, arena: &mut Arena, slot: u32) {
        self.queue.push(arena, slot);
    }

    fn on_hit(&mut self, arena: &mut Arena, slot: u32) {
        arena.get_mut(slot).mark = 1;
    }

    fn on_remove(&mut self, arena: &mut Arena, slot: u32) {
        self.queue.remove(arena, slot);
    }

    fn victim(&mut self, arena: &mut Arena, _: &mut Stream) -> u32 {
        loop {
            let oldest = self.queue.oldest();
            if std::mem::take(&mut arena.get_mut(oldest).mark) == 0 {
                return oldest;
            }
            self.queue.renew(arena, oldest);
        }
    }

    fn order(&self, arena: &Arena, slots: &mut Vec<u32>) {
        self.queue.collect(arena, slots);
    }
}
