//! The event queue: pending events, in the order of (time, order of scheduling).
//!
//! What is due soon lies sorted in a short row ([`soon`]); the rest lies in a wheel whose buckets are the digits of time in base
//! 64 ([`wheel`]). When the row has run dry, the wheel hands it its next bucket if few events are in it, and else first sorts that
//! bucket by the next digit. So an event is moved as often as its bucket is too full, and no more: nothing has to be guessed,
//! neither a width nor a rate. Every part keeps events of one time in the order in which they came, so no order has to be stored.
//!
//! This is a ladder queue (Tang, Goh, Thng 2005) whose rungs are fixed, as those of a hierarchical timing wheel are (Varghese,
//! Lauck 1987), and one more radix sort than heap. `docs/decisions/001-event-queue.md` compares it with others.
//! Left out: taking events out; what an event is about may have gone, and generations tell.

mod soon;
mod wheel;

use std::hash::{Hash, Hasher};

use super::event::Event;
use crate::base::SimTime;
use crate::base::order::sort_by_key;
use soon::Soon;
use wheel::Wheel;

/// Pending events. Equal times come out in the order they went in.
#[derive(Clone, Debug)]
pub struct EventQueue {
    soon: Soon,
    later: Wheel,
    /// What is due before this lies in `soon`. At this very time `soon` may have what came first.
    horizon: u64,
    len: usize,
}

/// A pending event. Two halves of a word, so that it takes no more room than its parts; at its beginning, where processors read a
/// word without delay that they have just written as part of a longer one.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct Entry {
    at: [u32; 2],
    event: Event,
}

const _: () = assert!(size_of::<Entry>() <= 20, "a million of them pass through the caches");

/// Events that will be due before long, in no particular order.
#[derive(Clone, Copy, Debug)]
pub struct Coming<'a>(&'a [Entry]);

impl<'a> Coming<'a> {
    pub fn events(self) -> impl Iterator<Item = Event> + use<'a> {
        self.0.iter().map(|entry| entry.event)
    }
}

impl Entry {
    /// What stands in places that hold nothing.
    const BLANK: Self = Self { at: [0; 2], event: Event::Monitor { cluster: 0 } };

    fn new(at: SimTime, event: Event) -> Self {
        let at = at.as_nanos();
        Self { at: [at as u32, (at >> 32) as u32], event }
    }

    fn at(&self) -> u64 {
        u64::from(self.at[1]) << 32 | u64::from(self.at[0])
    }

    fn parts(&self) -> (SimTime, Event) {
        (SimTime::from_nanos(self.at()), self.event)
    }
}

impl Default for EventQueue {
    fn default() -> Self {
        // As long as the wheel is empty, everything is soon.
        Self { soon: Soon::default(), later: Wheel::default(), horizon: u64::MAX, len: 0 }
    }
}

/// By what is in it, wherever it lies: two queues that give out the same are the same.
impl Hash for EventQueue {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_usize(self.len);
        for (at, event) in self.sorted() {
            state.write_u64(at.as_nanos());
            state.write_u64(event.digest());
        }
    }
}

impl EventQueue {
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[inline(never)]
    pub fn push(&mut self, at: SimTime, event: Event) {
        self.len += 1;
        let entry = Entry::new(at, event);
        if entry.at() >= self.horizon {
            self.later.append(entry);
        } else if self.soon.has_place() {
            self.soon.insert(entry);
        } else {
            self.make_place(entry);
        }
    }

    /// Puts `entry` among what is due soon, after having made room there, or else among what is later.
    #[cold]
    fn make_place(&mut self, entry: Entry) {
        self.soon.move_back();
        while entry.at() < self.horizon {
            if self.soon.has_place() {
                self.soon.insert(entry);
                return;
            }
            self.spill();
        }
        self.later.append(entry);
    }

    #[inline]
    pub fn pop(&mut self) -> Option<(SimTime, Event)> {
        self.fill(|_| {});
        self.is_due(SimTime::NEVER).then(|| self.take())
    }

    /// Takes the next event, which is due and so among those that are sorted.
    #[inline]
    pub fn take(&mut self) -> (SimTime, Event) {
        let entry = self.soon.take();
        self.len -= 1;
        entry.parts()
    }

    /// Whether the next event is due by `until`. To be asked after [`Self::fill`].
    #[inline]
    pub fn is_due(&self, until: SimTime) -> bool {
        self.soon.first().is_some_and(|first| first.at() <= until.as_nanos())
    }

    /// Sees to it that the next events are sorted.
    ///
    /// Only now, not when the last of those was taken: what that one causes belongs before most of what is later. Most events are
    /// shown to `foresee` some time before they are due, many at a time.
    #[inline]
    pub fn fill(&mut self, mut foresee: impl FnMut(Coming)) {
        if self.soon.is_empty() && self.len > 0 {
            self.horizon = self.later.advance(&mut self.soon, &mut foresee);
        }
    }

    /// All that is pending, in its order.
    fn sorted(&self) -> Vec<(SimTime, Event)> {
        let mut all = self.soon.iter().map(Entry::parts).collect::<Vec<_>>();
        all.reserve(self.len - all.len());
        self.later.for_each(|entry| all.push(entry.parts()));
        sort_by_key(&mut all, |(at, _)| *at);
        all
    }

    /// Makes room in `soon`: most of it becomes later.
    #[cold]
    fn spill(&mut self) {
        let (kept, boundary) = self.soon.middle();
        // What is at the horizon came before what the wheel has for the same time: it cannot be put behind that.
        let is_before_wheel = self.soon.last().is_none_or(|last| last.at() < self.horizon);
        if is_before_wheel && self.later.rewind(boundary) {
            self.horizon = boundary;
            self.soon.iter().skip(kept).for_each(|entry| self.later.append(*entry));
            self.soon.truncate(kept);
        } else {
            self.rebuild();
        }
    }

    /// Sorts everything anew. Needed when many events come from outside, before the next and long after the last.
    fn rebuild(&mut self) {
        let all = self.sorted();
        self.horizon = all.first().map_or(u64::MAX, |(at, _)| at.as_nanos());
        self.soon = Soon::default();
        self.later = Wheel::starting_at(self.horizon);
        for (at, event) in all {
            self.later.append(Entry::new(at, event));
        }
    }
}

#[cfg(test)]
mod tests;
