//! Where entries lie, and the doubly linked lists that run through them.

use crate::base::SimTime;
use crate::kernel::Version;

/// Not a slot.
pub const NIL: u32 = u32::MAX;

/// One entry. A policy owns `newer`, `older` and `mark`.
#[derive(Clone, Copy, Debug, Hash)]
pub struct Entry {
    pub key: u32,
    pub bytes: u32,
    pub version: Version,
    pub expires: SimTime,
    pub newer: u32,
    pub older: u32,
    pub mark: u32,
}

/// Entries by slot; a freed slot is used again.
#[derive(Clone, Debug, Default, Hash)]
pub struct Arena {
    slots: Vec<Entry>,
    free: Vec<u32>,
}

impl Arena {
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    pub fn insert(&mut self, key: u32, bytes: u32, version: Version, expires: SimTime) -> u32 {
        let entry = Entry { key, bytes, version, expires, newer: NIL, older: NIL, mark: 0 };
        if let Some(slot) = self.free.pop() {
            self.slots[slot as usize] = entry;
            return slot;
        }
        self.slots.push(entry);
        self.slots.len() as u32 - 1
    }

    pub fn remove(&mut self, slot: u32) {
        self.free.push(slot);
    }

    #[inline]
    pub fn get(&self, slot: u32) -> &Entry {
        &self.slots[slot as usize]
    }

    #[inline]
    pub fn get_mut(&mut self, slot: u32) -> &mut Entry {
        &mut self.slots[slot as usize]
    }
}

/// A list through an arena. An entry is in one list at most.
#[derive(Clone, Copy, Debug, Hash)]
pub struct List {
    newest: u32,
    oldest: u32,
    /// Bytes of its entries.
    bytes: u64,
}

impl Default for List {
    fn default() -> Self {
        Self { newest: NIL, oldest: NIL, bytes: 0 }
    }
}

impl List {
    /// The entry that was pushed first, or [`NIL`].
    pub fn oldest(&self) -> u32 {
        self.oldest
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    pub fn is_empty(&self) -> bool {
        self.oldest == NIL
    }

    /// Puts `slot`, which is in no list, at the newest end.
    pub fn push(&mut self, arena: &mut Arena, slot: u32) {
        let old = std::mem::replace(&mut self.newest, slot);
        let entry = arena.get_mut(slot);
        (entry.newer, entry.older) = (NIL, old);
        self.bytes += u64::from(entry.bytes);
        match old {
            NIL => self.oldest = slot,
            old => arena.get_mut(old).newer = slot,
        }
    }

    pub fn remove(&mut self, arena: &mut Arena, slot: u32) {
        let Entry { newer, older, bytes, .. } = *arena.get(slot);
        self.bytes -= u64::from(bytes);
        match newer {
            NIL => self.newest = older,
            newer => arena.get_mut(newer).older = older,
        }
        match older {
            NIL => self.oldest = newer,
            older => arena.get_mut(older).newer = newer,
        }
    }

    /// Makes `slot` the newest.
    pub fn renew(&mut self, arena: &mut Arena, slot: u32) {
        if self.newest != slot {
            self.remove(arena, slot);
            self.push(arena, slot);
        }
    }

    /// Adds its slots to `slots`, oldest first.
    pub fn collect(&self, arena: &Arena, slots: &mut Vec<u32>) {
        let mut slot = self.oldest;
        while slot != NIL {
            slots.push(slot);
            slot = arena.get(slot).newer;
        }
    }
}
