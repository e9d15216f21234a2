//! What is due later: buckets by the digits of time in base 64.
//!
//! An event lies at the level of the highest digit in which its time differs from the wheel's position, in the bucket of that
//! digit. So the next bucket is the lowest occupied one of the lowest occupied level, found by two bit operations; when the
//! wheel moves to it, all below is empty. A bucket of level 0 is one instant. Buckets are lists of chunks from one pool: what
//! is appended and moved lies side by side in memory, and chunks that were emptied are used again while they are hot.

use super::soon::Soon;
use super::{Coming, Entry};

const BITS: u32 = 6;
const SLOTS: usize = 1 << BITS;
const LEVELS: usize = 64_usize.div_ceil(BITS as usize);
/// Events in a chunk: with the link, a kilobyte. So many are sorted one by one faster than by another digit.
const CHUNK: usize = 51;
/// So many are handed over at a time, if they are not due at one instant.
const ENOUGH: u32 = super::soon::CROWD as u32;
/// Events of a bucket of at most so many chunks are foreseen when it is sorted by the next digit: their data stay near until they are due.
const NEAR: u32 = 8;
const NONE: u32 = u32::MAX;

#[derive(Clone, Debug)]
pub struct Wheel {
    /// Its position: nothing in it is due before.
    base: u64,
    /// Which levels, and which buckets of each, are occupied.
    levels: u32,
    slots: [u64; LEVELS],
    buckets: Vec<Bucket>,
    chunks: Vec<Chunk>,
    /// First of the free chunks.
    free: u32,
    /// What is due before this has been foreseen, but for what has come since.
    foreseen: u64,
}

/// A list of chunks, all full but the last.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    head: u32,
    tail: u32,
    /// Events in the last chunk.
    filled: u32,
    /// How many chunks these are.
    chunks: u32,
}

#[derive(Clone, Copy, Debug)]
struct Chunk {
    entries: [Entry; CHUNK],
    next: u32,
}

const _: () = assert!(size_of::<Chunk>() <= 1024 && CHUNK <= super::soon::ROOM);

impl Bucket {
    /// Full, in a way: the next event needs a new chunk.
    const EMPTY: Self = Self { head: NONE, tail: NONE, filled: CHUNK as u32, chunks: 0 };
}

impl Default for Wheel {
    fn default() -> Self {
        Self::starting_at(0)
    }
}

impl Wheel {
    pub fn starting_at(base: u64) -> Self {
        Self {
            base,
            levels: 0,
            slots: [0; LEVELS],
            buckets: vec![Bucket::EMPTY; LEVELS * SLOTS],
            chunks: Vec::new(),
            free: NONE,
            foreseen: 0,
        }
    }

    /// Puts `entry`, which is not due before the wheel's position, behind all that are due at its time.
    #[inline]
    pub fn append(&mut self, entry: Entry) {
        let at = entry.at();
        debug_assert!(at >= self.base, "the wheel does not turn back");
        let number = Self::number_of(level_of(at ^ self.base), at);
        let bucket = &mut self.buckets[number];
        if (bucket.filled as usize) < CHUNK {
            self.chunks[bucket.tail as usize].entries[bucket.filled as usize] = entry;
            bucket.filled += 1;
        } else {
            self.extend(number, entry);
        }
    }

    /// Moves on until the next events are few enough for `soon`, which is empty, and puts them there. The time from which on
    /// everything else is due. Most events are shown to `foresee` some time before they are due, many at a time.
    pub fn advance(&mut self, soon: &mut Soon, foresee: &mut impl FnMut(Coming)) -> u64 {
        while self.levels != 0 {
            let level = self.levels.trailing_zeros();
            self.base = self.next_of(level);
            if level == 0 {
                // However many are due at one instant, they come by the chunk, and those that are added go behind them.
                self.take_chunk(soon, foresee);
                return self.base;
            }
            let bucket = self.take_bucket(level);
            if bucket.head != bucket.tail || level * BITS > Soon::SPAN_BITS {
                self.scatter(level, bucket, foresee);
                continue;
            }
            let mut filled = self.hand_over(level, bucket, soon, foresee);
            // Where few are due in each bucket, several at once.
            while self.levels.trailing_zeros() == level {
                let start = self.next_of(level);
                let next = self.buckets[Self::number_of(level, start)];
                filled += next.filled;
                if next.head != next.tail || filled > ENOUGH {
                    break;
                }
                self.base = start;
                let bucket = self.take_bucket(level);
                self.hand_over(level, bucket, soon, foresee);
            }
            return if self.levels == 0 { u64::MAX } else { self.base.saturating_add(1) };
        }
        u64::MAX
    }

    /// When the next occupied bucket of `level` begins.
    fn next_of(&self, level: u32) -> u64 {
        let slot = self.slots[level as usize].trailing_zeros();
        let above = self.base.checked_shr((level + 1) * BITS).unwrap_or(0);
        (above << BITS | u64::from(slot)) << (level * BITS)
    }

    /// Number of the bucket of `level` for a time.
    fn number_of(level: u32, at: u64) -> usize {
        level as usize * SLOTS + (at >> (level * BITS)) as usize % SLOTS
    }

    /// Puts what was in a bucket of one chunk, which begins at the wheel's position, behind what is in `soon`, and moves on to its
    /// end; how many that were.
    fn hand_over(&mut self, level: u32, bucket: Bucket, soon: &mut Soon, foresee: &mut impl FnMut(Coming)) -> u32 {
        self.pour(bucket.head, bucket.filled as usize, soon, foresee);
        self.base |= (1 << (level * BITS)) - 1;
        self.release(bucket.head);
        bucket.filled
    }

    /// Moves back to `base`, if everything that is there keeps its place by that; whether it does.
    pub fn rewind(&mut self, base: u64) -> bool {
        let keeps = self.levels == 0 || level_of(base ^ self.base) < self.levels.trailing_zeros();
        if keeps {
            self.base = base;
        }
        keeps
    }

    /// Shows everything; events of one time in their order.
    pub fn for_each(&self, mut show: impl FnMut(&Entry)) {
        for bucket in self.buckets.iter().filter(|bucket| bucket.head != NONE) {
            let mut number = bucket.head;
            while number != bucket.tail {
                let chunk = &self.chunks[number as usize];
                chunk.entries.iter().for_each(&mut show);
                number = chunk.next;
            }
            self.chunks[number as usize].entries[..bucket.filled as usize].iter().for_each(&mut show);
        }
    }

    /// Chunks that it has ever needed at a time.
    #[cfg(test)]
    pub fn chunks(&self) -> usize {
        self.chunks.len()
    }

    /// Sorts what was in `bucket` by the next digit.
    fn scatter(&mut self, level: u32, bucket: Bucket, foresee: &mut impl FnMut(Coming)) {
        let mut number = bucket.head;
        let is_near = bucket.chunks <= NEAR && self.base >= self.foreseen;
        if is_near {
            self.foreseen = self.base.saturating_add(1 << (level * BITS));
        }
        loop {
            let is_last = number == bucket.tail;
            let filled = if is_last { bucket.filled as usize } else { CHUNK };
            let chunk = self.chunks[number as usize];
            // Given back first: the next bucket that needs one gets it while it is hot.
            self.release(number);
            let entries = &chunk.entries[..filled];
            if is_near {
                foresee(Coming(entries));
            }
            for entry in entries {
                self.append(*entry);
            }
            if is_last {
                return;
            }
            number = chunk.next;
        }
    }

    /// Takes the bucket of `level` out that begins at the wheel's position.
    fn take_bucket(&mut self, level: u32) -> Bucket {
        let number = Self::number_of(level, self.base);
        let slots = &mut self.slots[level as usize];
        *slots &= !(1 << (number % SLOTS));
        if *slots == 0 {
            self.levels &= !(1 << level);
        }
        std::mem::replace(&mut self.buckets[number], Bucket::EMPTY)
    }

    /// Moves the first chunk of those that are due at the wheel's very position to `soon`.
    fn take_chunk(&mut self, soon: &mut Soon, foresee: &mut impl FnMut(Coming)) {
        let number = Self::number_of(0, self.base);
        let Bucket { head, tail, filled, .. } = self.buckets[number];
        let filled = if head == tail { filled as usize } else { CHUNK };
        self.pour(head, filled, soon, foresee);
        if head == tail {
            self.take_bucket(0);
        } else {
            self.buckets[number].head = self.chunks[head as usize].next;
            self.buckets[number].chunks -= 1;
        }
        self.release(head);
    }

    /// Puts the first `filled` events of a chunk, due from the wheel's position on, behind what is in `soon`; shows them first if that has
    /// not been done when they were sorted.
    #[inline]
    fn pour(&self, chunk: u32, filled: usize, soon: &mut Soon, foresee: &mut impl FnMut(Coming)) {
        let entries = &self.chunks[chunk as usize].entries[..filled];
        if self.base >= self.foreseen {
            foresee(Coming(entries));
        }
        soon.fill(entries, self.base);
    }

    /// Gives a bucket one more chunk, with `entry` in it.
    #[inline(never)]
    fn extend(&mut self, bucket: usize, entry: Entry) {
        let number = if self.free == NONE {
            self.chunks.push(Chunk { entries: [Entry::BLANK; CHUNK], next: NONE });
            self.chunks.len() as u32 - 1
        } else {
            let number = self.free;
            self.free = self.chunks[number as usize].next;
            number
        };
        let (level, slot) = (bucket / SLOTS, bucket % SLOTS);
        let bucket = &mut self.buckets[bucket];
        if bucket.tail == NONE {
            bucket.head = number;
            self.levels |= 1 << level;
            self.slots[level] |= 1 << slot;
        } else {
            self.chunks[bucket.tail as usize].next = number;
        }
        bucket.tail = number;
        bucket.filled = 1;
        bucket.chunks += 1;
        self.chunks[number as usize].entries[0] = entry;
    }

    fn release(&mut self, number: u32) {
        self.chunks[number as usize].next = self.free;
        self.free = number;
    }
}

/// Number of the highest digit in which two times differ, from what they differ in.
fn level_of(difference: u64) -> u32 {
    (u64::BITS - 1 - (difference | 1).leading_zeros()) / BITS
}
