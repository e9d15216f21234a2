//! The event queue: a 4-ary heap ordered by (time, order of scheduling).
//!
//! Four children to a node halve the depth of a binary heap and keep siblings in one cache line or two. See
//! `docs/decisions/001-event-queue.md`.

use super::event::Event;
use crate::base::SimTime;

const ARITY: usize = 4;

/// Pending events. Equal times come out in the order they went in.
#[derive(Clone, Debug, Default, Hash)]
pub struct EventQueue {
    heap: Vec<Entry>,
    scheduled: u64,
}

#[derive(Clone, Copy, Debug, Hash)]
struct Entry {
    at: SimTime,
    order: u64,
    event: Event,
}

impl Entry {
    fn is_before(&self, other: &Self) -> bool {
        (self.at, self.order) < (other.at, other.order)
    }
}

impl EventQueue {
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// Time of the next event.
    pub fn next_time(&self) -> Option<SimTime> {
        self.heap.first().map(|entry| entry.at)
    }

    pub fn push(&mut self, at: SimTime, event: Event) {
        let entry = Entry { at, order: self.scheduled, event };
        self.scheduled += 1;
        self.heap.push(entry);
        let mut hole = self.heap.len() - 1;
        while hole > 0 {
            let parent = (hole - 1) / ARITY;
            if !entry.is_before(&self.heap[parent]) {
                break;
            }
            self.heap[hole] = self.heap[parent];
            hole = parent;
        }
        self.heap[hole] = entry;
    }

    pub fn pop(&mut self) -> Option<(SimTime, Event)> {
        let last = self.heap.pop()?;
        let Some(&first) = self.heap.first() else { return Some((last.at, last.event)) };
        let len = self.heap.len();
        let mut hole = 0;
        loop {
            let start = hole * ARITY + 1;
            if start >= len {
                break;
            }
            let mut soonest = start;
            for child in start + 1..(start + ARITY).min(len) {
                if self.heap[child].is_before(&self.heap[soonest]) {
                    soonest = child;
                }
            }
            if !self.heap[soonest].is_before(&last) {
                break;
            }
            self.heap[hole] = self.heap[soonest];
            hole = soonest;
        }
        self.heap[hole] = last;
        Some((first.at, first.event))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::NodeIx;
    use crate::kernel::Tag;

    fn numbered(epoch: u32) -> Event {
        Event::Timer { node: NodeIx(0), tag: Tag::Arrival, epoch }
    }

    proptest! {
        #[test]
        fn it_sorts_by_time_and_then_by_order_of_scheduling(times in prop::collection::vec(0_u64..50, 0..300), pops in 0_usize..100) {
            let mut queue = EventQueue::default();
            let mut model: Vec<(u64, u32)> = Vec::new();
            for (i, time) in times.iter().enumerate() {
                queue.push(SimTime::from_nanos(*time), numbered(i as u32));
                model.push((*time, i as u32));
                // Pops mixed in between must not disturb the order of the rest.
                if i % 7 == pops % 7 {
                    model.sort_unstable();
                    let (time, i) = model.remove(0);
                    prop_assert_eq!(queue.pop(), Some((SimTime::from_nanos(time), numbered(i))));
                }
            }
            model.sort_unstable();
            for (time, i) in model {
                prop_assert_eq!(queue.next_time(), Some(SimTime::from_nanos(time)));
                prop_assert_eq!(queue.pop(), Some((SimTime::from_nanos(time), numbered(i))));
            }
            prop_assert_eq!(queue.pop(), None);
        }
    }
}
