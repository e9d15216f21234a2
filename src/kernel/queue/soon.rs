//! What is due soon: a few events, sorted, in a row.
//!
//! A new event goes in from the far end, for most are due after most others; those of one time stay in the order they came. The row
//! moves on in its room as events are taken from its beginning, and goes back to the start of the room at the end of it.

use super::Entry;

/// Places in the room.
pub const ROOM: usize = 64;
/// Into more than so many no event is inserted: too many would have to make room.
pub const CROWD: usize = 16;

/// So many are put into the row one by one, not sorted before.
const FEW: usize = 4;

/// Times within so many bits and a place in the room make a word of 31 bits.
const NARROW_BITS: u32 = 31 - ROOM.ilog2();
/// Words that are compared with another at once.
const LANES: usize = 8;

#[derive(Clone, Debug)]
pub struct Soon {
    room: [Entry; ROOM],
    /// Place of the first, and the place behind the last.
    head: usize,
    end: usize,
}

impl Default for Soon {
    fn default() -> Self {
        Self { room: [Entry::BLANK; ROOM], head: 0, end: 0 }
    }
}

impl Soon {
    /// What it is filled with lies within a span of at most so many bits.
    pub const SPAN_BITS: u32 = u64::BITS - ROOM.ilog2();

    pub fn is_empty(&self) -> bool {
        self.head == self.end
    }

    pub fn first(&self) -> Option<&Entry> {
        if self.is_empty() { None } else { self.room.get(self.head) }
    }

    pub fn last(&self) -> Option<&Entry> {
        self.row().last()
    }

    /// Takes the first, of which there must be one.
    #[inline]
    pub fn take(&mut self) -> Entry {
        let first = self.room[self.head];
        self.head += 1;
        first
    }

    /// Whether an event may be inserted: the row is not too long, and not at the end of its room.
    #[inline]
    pub fn has_place(&self) -> bool {
        self.end < ROOM && self.end - self.head < CROWD
    }

    /// Puts `entry` behind all that are due at its time or before. There must be a place for it.
    #[inline]
    pub fn insert(&mut self, entry: Entry) {
        let at = entry.at();
        insert(&mut self.room[self.head..=self.end], entry, |other| other.at() > at);
        self.end += 1;
    }

    /// Puts `entries` behind all that are in the row, which has room for them; all are due within [`Self::SPAN_BITS`] from `start`,
    /// and nothing in the row after that.
    pub fn fill(&mut self, entries: &[Entry], start: u64) {
        if self.is_empty() || self.end + entries.len() > ROOM {
            self.move_back();
        }
        if entries.len() <= FEW {
            for entry in entries {
                self.insert(*entry);
            }
            return;
        }
        let places = &mut self.room[self.end..][..entries.len()];
        self.end += entries.len();
        let span = entries.iter().fold(0, |span, entry| span | (entry.at() - start));
        if span >> NARROW_BITS == 0 { rank(entries, start, places) } else { sort(entries, start, places) }
    }

    /// Of a row that is too crowded: a time in the middle of what it should be, and how many are due before that.
    pub fn middle(&self) -> (usize, u64) {
        let row = self.row();
        let boundary = row[CROWD / 2].at();
        (row.partition_point(|entry| entry.at() < boundary), boundary)
    }

    /// Keeps the first `len`.
    pub fn truncate(&mut self, len: usize) {
        self.end = self.end.min(self.head + len);
    }

    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.row().iter()
    }

    #[inline]
    fn row(&self) -> &[Entry] {
        &self.room[self.head..self.end]
    }

    /// Moves the row back to the start of its room.
    pub fn move_back(&mut self) {
        if !self.is_empty() {
            self.room.copy_within(self.head..self.end, 0);
        }
        self.end -= self.head;
        self.head = 0;
    }
}

/// Puts `item` into a row whose last place is free, before all that `is_later`.
#[inline]
fn insert<T: Copy>(row: &mut [T], item: T, is_later: impl Fn(&T) -> bool) {
    let Some((mut hole, row)) = row.split_last_mut() else { return };
    for place in row.iter_mut().rev() {
        if !is_later(place) {
            break;
        }
        *hole = *place;
        hole = place;
    }
    *hole = item;
}

/// Puts `entries` into `places` by their time, which is a little after `start`.
///
/// Counted, not sorted: there is nothing to be guessed, and processors compare several at once.
#[inline]
fn rank(entries: &[Entry], start: u64, places: &mut [Entry]) {
    let mut words = [i32::MAX; ROOM];
    for (place, entry) in entries.iter().enumerate() {
        words[place] = (word(entry, start, place) as u32).cast_signed();
    }
    for (rank, entry) in ranks(&words, entries.len()).into_iter().zip(entries) {
        places[rank as usize % ROOM] = *entry;
    }
}

/// As [`rank`], whatever the times are. Words are sorted faster than entries.
fn sort(entries: &[Entry], start: u64, places: &mut [Entry]) {
    let mut words = [0; ROOM];
    for (place, entry) in entries.iter().enumerate() {
        let word = word(entry, start, place);
        insert(&mut words[..=place], word, |other| *other > word);
    }
    for (place, word) in places.iter_mut().zip(&words) {
        *place = entries[*word as usize % ROOM];
    }
}

/// When an entry is due, and its place: so no two are equal, and those of one time keep their order.
#[inline]
fn word(entry: &Entry, start: u64, place: usize) -> u64 {
    (entry.at() - start) << ROOM.ilog2() | place as u64
}

/// How many of the first `count` words, no two of which are equal, are less than each of them.
#[inline]
fn ranks(words: &[i32; ROOM], count: usize) -> [i32; ROOM] {
    let mut ranks = [0; ROOM];
    for (ranks, lanes) in ranks.chunks_exact_mut(LANES).zip(words.chunks_exact(LANES)).take(count.div_ceil(LANES)) {
        let mut sums = [0; LANES];
        for word in &words[..count] {
            for (sum, lane) in sums.iter_mut().zip(lanes) {
                *sum += i32::from(word < lane);
            }
        }
        ranks.copy_from_slice(&sums);
    }
    ranks
}
