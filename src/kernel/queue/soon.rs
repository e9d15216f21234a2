//! What is due soon: a few events, sorted, in a ring.
//!
//! A new event goes in from the far end, for most are due after most others; those of one time stay in the order they came.

use super::Entry;

/// Places in the ring; a power of two.
pub const ROOM: usize = 64;
/// Into more than so many no event is inserted: too many would have to make room.
pub const CROWD: usize = 16;

#[derive(Clone, Debug)]
pub struct Soon {
    ring: [Entry; ROOM],
    /// Place of the first, not yet wrapped.
    head: usize,
    len: usize,
}

impl Default for Soon {
    fn default() -> Self {
        Self { ring: [Entry::BLANK; ROOM], head: 0, len: 0 }
    }
}

impl Soon {
    /// What it is filled with lies within a span of at most so many bits.
    pub const SPAN_BITS: u32 = u64::BITS - ROOM.ilog2();

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn first(&self) -> Option<&Entry> {
        (self.len > 0).then(|| &self.ring[self.head % ROOM])
    }

    pub fn last(&self) -> Option<&Entry> {
        (self.len > 0).then(|| &self.ring[(self.head + self.len - 1) % ROOM])
    }

    #[inline]
    pub fn pop(&mut self) -> Option<Entry> {
        let first = *self.first()?;
        self.head = (self.head + 1) % ROOM;
        self.len -= 1;
        Some(first)
    }

    /// Puts `entry` behind all that are due at its time or before; false: there are too many.
    #[must_use]
    #[inline(never)]
    pub fn insert(&mut self, entry: Entry) -> bool {
        if self.len >= CROWD {
            return false;
        }
        let at = entry.at();
        let mut hole = self.head + self.len;
        while hole > self.head {
            let before = self.ring[(hole - 1) % ROOM];
            if before.at() <= at {
                break;
            }
            self.ring[hole % ROOM] = before;
            hole -= 1;
        }
        self.ring[hole % ROOM] = entry;
        self.len += 1;
        true
    }

    /// Puts `entries` behind all that are in the ring, which has room for them; all are due within [`Self::SPAN_BITS`] from `start`,
    /// and nothing in the ring after that.
    pub fn fill(&mut self, entries: &[Entry], start: u64) {
        if self.len == 0 {
            self.head = 0;
        }
        let end = self.head + self.len;
        self.len += entries.len();
        if let [only] = entries {
            self.ring[end % ROOM] = *only;
            return;
        }
        // Words are sorted faster than entries. With its place in it no two are equal, and those of one time keep their order.
        let mut words = [0; ROOM];
        for (place, entry) in entries.iter().enumerate() {
            let word = (entry.at() - start) << ROOM.ilog2() | place as u64;
            let mut hole = place;
            while hole > 0 && words[hole - 1] > word {
                words[hole] = words[hole - 1];
                hole -= 1;
            }
            words[hole] = word;
        }
        for (rank, word) in words[..entries.len()].iter().enumerate() {
            self.ring[(end + rank) % ROOM] = entries[*word as usize % ROOM];
        }
    }

    /// Of a ring that is too crowded: a time in the middle of what it should be, and how many are due before that.
    pub fn middle(&self) -> (usize, u64) {
        let at = |rank: usize| self.ring[(self.head + rank) % ROOM].at();
        let mut rank = CROWD / 2;
        let boundary = at(rank);
        while rank > 0 && at(rank - 1) == boundary {
            rank -= 1;
        }
        (rank, boundary)
    }

    /// Keeps the first `len`.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        (0..self.len).map(|rank| &self.ring[(self.head + rank) % ROOM])
    }
}
