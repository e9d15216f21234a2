//! The caches of the users' browsers: a private HTTP cache for each user, for static assets.
//!
//! What comes from an edge may be used for as long as that edge may use it (`max-age`, with the Age that came with it), what comes
//! from the site itself for the time that the population's parameters say; after that the browser asks whether it is still
//! good, and gets no bytes if it is (RFC 9111, sections 4.2 and 4.3). When its bytes do not suffice, a browser gives up what
//! it has not used for longest, as soon as it keeps something. Records are not kept: their answers are for one user at one time (`no-store`).
//! A million browsers must fit into memory: a user costs four bytes and an entry 24, entries of all users lie in one arena, and
//! each user's are a list with the last used first, so that what is popular is found soon. Beyond [`MOST_ENTRIES`] the oldest
//! entries of the population are given up. Left out: heuristic freshness, stale-while-revalidate, caches in memory before those
//! on disk, expiry by disk quota.

use crate::base::paged::Paged;
use crate::base::{Bytes, SimTime};

/// Most entries of one population.
pub const MOST_ENTRIES: u32 = 1 << 21;

/// The caches of all users of a population.
#[derive(Clone, Debug, Default, Hash)]
pub struct Browsers {
    /// Each user's entry that was used last.
    first: Paged<Slot>,
    entries: Paged<Entry>,
    /// Entries that were ever laid out.
    laid: u32,
    /// Entries that hold nothing, in a list.
    free: Slot,
    /// How many hold something, and how many bytes.
    count: u32,
    bytes: u64,
    /// Where the next entry is taken from when there are no more.
    hand: u32,
}

/// The place of an entry, counted from one; zero: none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Slot(u32);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Entry {
    key: u32,
    /// Zero: it holds nothing.
    bytes: u32,
    user: u32,
    /// The one of the same user that was used before it; of an empty entry, the next empty one.
    next: Slot,
    /// When it stops being fresh.
    expires: SimTime,
}

/// What a browser finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    Fresh,
    /// The server has to be asked whether it is still good.
    Stale,
    Nothing,
}

impl Browsers {
    /// Entries and bytes held by all users together.
    pub fn stored(&self) -> (u64, u64) {
        (u64::from(self.count), self.bytes)
    }

    /// Looks `key` up for `user`, and counts the use.
    pub fn look_up(&mut self, user: u32, key: u32, now: SimTime) -> Found {
        let Some((before, slot)) = self.find(user, key) else { return Found::Nothing };
        self.unlink(user, before, slot);
        self.link(user, slot);
        if self.entry(slot).expires > now { Found::Fresh } else { Found::Stale }
    }

    /// Whether `user` has `key`, fresh or not.
    pub fn holds(&self, user: u32, key: u32) -> bool {
        self.find(user, key).is_some()
    }

    /// `user` keeps `key` until `expires` and longer, within `capacity`.
    pub fn keep(&mut self, user: u32, key: u32, bytes: u32, expires: SimTime, capacity: Bytes) {
        if let Some((before, slot)) = self.find(user, key) {
            self.unlink(user, before, slot);
            self.empty(slot);
        }
        let bytes = bytes.max(1);
        if u64::from(bytes) <= capacity.0 {
            let slot = self.take();
            self.entries.set(slot.index(), Entry { key, bytes, user, next: Slot::default(), expires });
            self.count += 1;
            self.bytes += u64::from(bytes);
            self.link(user, slot);
        }
        self.trim(user, capacity);
    }

    /// Gives up what is beyond `capacity`, of what `user` has used longest ago.
    fn trim(&mut self, user: u32, capacity: Bytes) {
        let (mut before, mut slot, mut sum) = (Slot::default(), self.first.get(user as usize), 0);
        while slot != Slot::default() {
            let Entry { bytes, next, .. } = self.entry(slot);
            sum += u64::from(bytes);
            if sum > capacity.0 {
                self.unlink(user, before, slot);
                self.empty(slot);
            } else {
                before = slot;
            }
            slot = next;
        }
    }

    /// The entry of `key`, and the one before it in its user's list.
    fn find(&self, user: u32, key: u32) -> Option<(Slot, Slot)> {
        let (mut before, mut slot) = (Slot::default(), self.first.get(user as usize));
        while slot != Slot::default() {
            let entry = self.entry(slot);
            if entry.key == key {
                return Some((before, slot));
            }
            (before, slot) = (slot, entry.next);
        }
        None
    }

    fn entry(&self, slot: Slot) -> Entry {
        self.entries.get(slot.index())
    }

    fn set_next(&mut self, slot: Slot, next: Slot) {
        self.entries.set(slot.index(), Entry { next, ..self.entry(slot) });
    }

    fn link(&mut self, user: u32, slot: Slot) {
        let first = self.first.get(user as usize);
        self.set_next(slot, first);
        self.first.set(user as usize, slot);
    }

    fn unlink(&mut self, user: u32, before: Slot, slot: Slot) {
        let next = self.entry(slot).next;
        match before {
            Slot(0) => self.first.set(user as usize, next),
            before => self.set_next(before, next),
        }
    }

    /// Empties an entry that is in no list.
    fn empty(&mut self, slot: Slot) {
        self.count -= 1;
        self.bytes -= u64::from(self.entry(slot).bytes);
        self.entries.set(slot.index(), Entry { next: self.free, ..Entry::default() });
        self.free = slot;
    }

    /// An empty entry: a new one, or that of somebody else.
    fn take(&mut self) -> Slot {
        if self.free == Slot::default() && self.laid < MOST_ENTRIES {
            self.laid += 1;
            return Slot(self.laid);
        }
        if self.free == Slot::default() {
            self.hand = self.hand % MOST_ENTRIES + 1;
            let Entry { user, key, .. } = self.entry(Slot(self.hand));
            if let Some((before, slot)) = self.find(user, key) {
                self.unlink(user, before, slot);
                self.empty(slot);
            }
        }
        let slot = self.free;
        self.free = self.entry(slot).next;
        slot
    }
}

impl Slot {
    fn index(self) -> usize {
        self.0 as usize - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SimDuration;
    use crate::base::random::Stream;

    fn at(s: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(s)
    }

    #[test]
    fn an_asset_is_fresh_then_stale_and_fresh_again_when_it_has_come_anew() {
        let mut browsers = Browsers::default();
        assert_eq!(browsers.look_up(1, 7, at(0)), Found::Nothing);
        browsers.keep(1, 7, 100, at(60), Bytes(1_000));
        assert_eq!((browsers.look_up(1, 7, at(59)), browsers.look_up(1, 7, at(60))), (Found::Fresh, Found::Stale));
        assert_eq!(browsers.look_up(2, 7, at(0)), Found::Nothing, "it is another's");
        browsers.keep(1, 7, 100, at(120), Bytes(1_000));
        assert_eq!((browsers.look_up(1, 7, at(60)), browsers.stored()), (Found::Fresh, (1, 100)));
    }

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let mut browsers = Browsers::default();
        for key in 0..3 {
            browsers.keep(1, key, 100, at(60), Bytes(300));
        }
        browsers.look_up(1, 0, at(1));
        browsers.keep(1, 3, 150, at(60), Bytes(300));
        let held = |browsers: &Browsers| (0..4).map(|key| browsers.holds(1, key)).collect::<Vec<_>>();
        assert_eq!(held(&browsers), [true, false, false, true]);
        browsers.keep(1, 2, 301, at(60), Bytes(300));
        assert_eq!((held(&browsers), browsers.stored()), (vec![true, false, false, true], (2, 250)), "too large");
        browsers.keep(1, 2, 10, at(60), Bytes(100));
        assert_eq!((held(&browsers), browsers.stored()), (vec![false, false, true, false], (1, 10)), "it has shrunk");
    }

    /// Against a plain list for each user.
    #[test]
    fn it_does_what_a_plain_list_does() {
        let (mut browsers, mut lists) = (Browsers::default(), vec![Vec::<(u32, u32)>::new(); 5]);
        let mut stream = Stream::seeded(9);
        for _ in 0..20_000 {
            let (user, key) = (stream.below(5) as u32, stream.below(30) as u32);
            let list = &mut lists[user as usize];
            let place = list.iter().position(|(own, _)| *own == key);
            assert_eq!(browsers.look_up(user, key, at(0)) == Found::Fresh, place.is_some());
            if let Some(place) = place {
                let entry = list.remove(place);
                list.insert(0, entry);
            } else {
                let bytes = 1 + stream.below(40) as u32;
                browsers.keep(user, key, bytes, at(1), Bytes(200));
                list.insert(0, (key, bytes));
                while list.iter().map(|(_, bytes)| bytes).sum::<u32>() > 200 {
                    list.pop();
                }
            }
            let bytes: u32 = lists.iter().flatten().map(|(_, bytes)| bytes).sum();
            assert_eq!(browsers.stored(), (lists.iter().flatten().count() as u64, u64::from(bytes)));
        }
    }

    #[test]
    fn there_is_an_end_to_it() {
        let mut browsers = Browsers::default();
        for user in 0..MOST_ENTRIES + 10 {
            browsers.keep(user, 1, 1, at(1), Bytes(1_000));
        }
        assert_eq!(browsers.stored().0, u64::from(MOST_ENTRIES));
        assert!(!browsers.holds(9, 1) && browsers.holds(10, 1) && browsers.holds(MOST_ENTRIES + 9, 1));
    }
}
