//! W-TinyLFU (Einziger, Friedman, Manes 2017): a small LRU window, a hundredth of the capacity, before a segmented LRU. An
//! entry that leaves the window contends with the next victim of the main part, and stays only if it was asked for more
//! often of late, by a sketch of frequencies that ages.
//!
//! The main part is probation (a fifth) and protected (four fifths): a hit in probation protects, and what falls out of
//! protected returns to probation. As in libCacheSim, insertions and hits in the main part count, not the bursts within the
//! window; and what comes when probation is full, but protected is not, is protected at once.

use super::Policy;
use super::arena::{Arena, List, NIL};
use super::sketch::Sketch;
use crate::base::Bytes;
use crate::base::random::Stream;

const WINDOW: u32 = 0;
const PROBATION: u32 = 1;
const PROTECTED: u32 = 2;

/// Window, main part and sketch; `mark` tells which list an entry is in.
#[derive(Clone, Debug, Hash)]
pub struct WTinyLfu {
    lists: [List; 3],
    main_size: u64,
    protected_size: u64,
    sketch: Sketch,
}

impl WTinyLfu {
    pub fn new(capacity: Bytes) -> Self {
        let mut policy =
            Self { lists: [List::default(); 3], main_size: 0, protected_size: 0, sketch: Sketch::default() };
        policy.resize(capacity);
        policy
    }

    fn list(&mut self, list: u32) -> &mut List {
        &mut self.lists[list as usize]
    }

    fn move_to(&mut self, arena: &mut Arena, slot: u32, list: u32) {
        let from = std::mem::replace(&mut arena.get_mut(slot).mark, list);
        self.list(from).remove(arena, slot);
        self.list(list).push(arena, slot);
    }

    /// Takes what leaves the window into the main part, from which `leaving` is about to go.
    fn admit(&mut self, arena: &mut Arena, slot: u32, leaving: u32) {
        let bytes = u64::from(arena.get(slot).bytes);
        let probation_size = self.main_size - self.protected_size;
        let has_room = |list: u32, size| {
            let is_there = leaving != NIL && arena.get(leaving).mark == list;
            let left = if is_there { u64::from(arena.get(leaving).bytes) } else { 0 };
            self.lists[list as usize].bytes() - left + bytes <= size
        };
        let is_protected = !has_room(PROBATION, probation_size) && has_room(PROTECTED, self.protected_size);
        self.move_to(arena, slot, if is_protected { PROTECTED } else { PROBATION });
    }

    fn main_victim(&self) -> u32 {
        match self.lists[PROBATION as usize].oldest() {
            NIL => self.lists[PROTECTED as usize].oldest(),
            oldest => oldest,
        }
    }
}

impl Policy for WTinyLfu {
    fn resize(&mut self, capacity: Bytes) {
        self.main_size = capacity.0 - capacity.0 / 100;
        self.protected_size = self.main_size / 5 * 4;
    }

    fn on_insert(&mut self, arena: &mut Arena, slot: u32) {
        self.sketch.fit(arena.len());
        self.sketch.count(arena.get(slot).key);
        arena.get_mut(slot).mark = WINDOW;
        self.list(WINDOW).push(arena, slot);
    }

    fn on_hit(&mut self, arena: &mut Arena, slot: u32) {
        if arena.get(slot).mark != WINDOW {
            self.sketch.count(arena.get(slot).key);
        }
        match arena.get(slot).mark {
            PROBATION => {
                self.move_to(arena, slot, PROTECTED);
                while self.list(PROTECTED).bytes() > self.protected_size {
                    let fallen = self.list(PROTECTED).oldest();
                    self.move_to(arena, fallen, PROBATION);
                }
            }
            list => self.list(list).renew(arena, slot),
        }
    }

    fn on_remove(&mut self, arena: &mut Arena, slot: u32) {
        let list = arena.get(slot).mark;
        self.list(list).remove(arena, slot);
    }

    fn victim(&mut self, arena: &mut Arena, _: &mut Stream) -> u32 {
        loop {
            let candidate = self.list(WINDOW).oldest();
            let main = self.lists[PROBATION as usize].bytes() + self.lists[PROTECTED as usize].bytes();
            if candidate == NIL || main > self.main_size {
                return self.main_victim();
            }
            if main + u64::from(arena.get(candidate).bytes) <= self.main_size {
                self.admit(arena, candidate, NIL);
                continue;
            }
            let victim = self.main_victim();
            let frequency = |slot| self.sketch.estimate(arena.get(slot).key);
            let loses = victim == NIL || frequency(candidate) <= frequency(victim);
            if loses {
                return candidate;
            }
            self.admit(arena, candidate, victim);
            return victim;
        }
    }

    fn order(&self, arena: &Arena, slots: &mut Vec<u32>) {
        for list in [PROBATION, WINDOW, PROTECTED] {
            self.lists[list as usize].collect(arena, slots);
        }
    }
}
