//! A hash table of words: from a number to the slot in which something lies.
//!
//! Open addressing with linear probing and without tombstones (Knuth, *The Art of Computer Programming* 3, section 6.4,
//! algorithms L and R). It holds words only, so it is there once in the program, whatever lies in the slots; numbers are spread by
//! a fixed hash, and whoever wants them all gets them in their order: nothing depends on chance or on the platform.

use super::hash::mix;
use super::order::sort_by_key;

/// A number and its slot, in the room that they take.
#[derive(Clone, Copy, Debug)]
struct Cell {
    number: [u32; 2],
    /// [`FREE`] if nothing is here.
    slot: u32,
}

const FREE: u32 = u32::MAX;
/// Cells that a table begins with.
const FEW: usize = 8;

const _: () = assert!(size_of::<Cell>() == 12, "tables of a whole data set pass through the caches");

impl Cell {
    const EMPTY: Self = Self { number: [0; 2], slot: FREE };

    fn new(number: u64, slot: u32) -> Self {
        Self { number: halves(number), slot }
    }

    fn number(&self) -> u64 {
        u64::from(self.number[1]) << 32 | u64::from(self.number[0])
    }
}

fn halves(number: u64) -> [u32; 2] {
    [number as u32, (number >> 32) as u32]
}

/// Slots by number. At most three quarters of the cells, of which there are a power of two, are taken.
#[derive(Clone, Debug, Default)]
pub struct Table {
    cells: Vec<Cell>,
    len: usize,
}

impl Table {
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The slot of `number`.
    #[inline]
    pub fn find(&self, number: u64) -> Option<usize> {
        if self.len == 0 {
            return None;
        }
        let slot = self.cells[self.probe(number)].slot;
        (slot != FREE).then_some(slot as usize)
    }

    /// Adds a number that is not there; no slot has the number 2³² − 1.
    #[inline(never)]
    pub fn insert(&mut self, number: u64, slot: u32) {
        if (self.len + 1) * 4 > self.cells.len() * 3 {
            self.grow();
        }
        let at = self.probe(number);
        self.cells[at] = Cell::new(number, slot);
        self.len += 1;
    }

    /// Takes `number` out; the slot that it had.
    pub fn remove(&mut self, number: u64) -> Option<usize> {
        if self.len == 0 { None } else { self.take(number) }
    }

    #[inline(never)]
    fn take(&mut self, number: u64) -> Option<usize> {
        let mut hole = self.probe(number);
        let slot = self.cells[hole].slot;
        if slot == FREE {
            return None;
        }
        // What lies behind for want of room moves up: nobody probes past a hole.
        let mask = self.cells.len() - 1;
        let mut at = hole;
        loop {
            at = (at + 1) & mask;
            let cell = self.cells[at];
            if cell.slot == FREE {
                break;
            }
            let way = at.wrapping_sub(self.home(cell.number())) & mask;
            if way >= at.wrapping_sub(hole) & mask {
                self.cells[hole] = cell;
                hole = at;
            }
        }
        self.cells[hole].slot = FREE;
        self.len -= 1;
        Some(slot as usize)
    }

    /// All numbers with their slots, in the order of numbers.
    pub fn sorted(&self) -> Vec<(u64, u32)> {
        let taken = self.cells.iter().filter(|cell| cell.slot != FREE);
        let mut all: Vec<(u64, u32)> = taken.map(|cell| (cell.number(), cell.slot)).collect();
        sort_by_key(&mut all, |(number, _)| *number);
        all
    }

    /// Where `number` is, or belongs. There is always a free cell.
    #[inline]
    fn probe(&self, number: u64) -> usize {
        let (mask, halves) = (self.cells.len() - 1, halves(number));
        let mut at = self.home(number);
        while self.cells[at].slot != FREE && self.cells[at].number != halves {
            at = (at + 1) & mask;
        }
        at
    }

    #[inline]
    fn home(&self, number: u64) -> usize {
        mix(number) as usize & (self.cells.len() - 1)
    }

    #[cold]
    fn grow(&mut self) {
        let count = (self.cells.len() * 2).max(FEW);
        let old = std::mem::replace(&mut self.cells, vec![Cell::EMPTY; count]);
        for cell in old.into_iter().filter(|cell| cell.slot != FREE) {
            let at = self.probe(cell.number());
            self.cells[at] = cell;
        }
    }
}
