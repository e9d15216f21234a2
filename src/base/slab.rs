//! A table with stable, generational keys: a key kept too long finds nothing, never somebody else.

use std::hash::{Hash, Hasher};

/// Where an entry is, and which of the entries that were ever there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    index: u32,
    generation: u32,
}

impl Key {
    /// A key that no slab ever gives out.
    pub const NONE: Self = Self { index: u32::MAX, generation: u32::MAX };

    /// Another key that no slab ever gives out: for an owner who stands apart on purpose, not by absence.
    pub const DETACHED: Self = Self { index: u32::MAX - 1, generation: u32::MAX };

    pub const fn is_none(self) -> bool {
        self.index == u32::MAX
    }

    /// The whole key in a word.
    pub const fn bits(self) -> u64 {
        (self.generation as u64) << 32 | self.index as u64
    }

    /// The slot, for tables that run beside the slab.
    pub const fn index(self) -> usize {
        self.index as usize
    }
}

/// Entries by [`Key`]. Freed slots are reused, last freed first.
///
/// Generations lie apart: an entry of a cache line's size then takes one line, and they stay in the nearer caches.
#[derive(Clone, Debug)]
pub struct Slab<T> {
    generations: Vec<u32>,
    entries: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { generations: Vec::new(), entries: Vec::new(), free: Vec::new() }
    }
}

impl<T: Hash> Hash for Slab<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_usize(self.entries.len());
        for slot in self.generations.iter().zip(&self.entries) {
            slot.hash(state);
        }
        self.free.hash(state);
    }
}

impl<T> Slab<T> {
    pub fn len(&self) -> usize {
        self.entries.len() - self.free.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Written out where it is called, so that the entry is made where it shall lie: copying one costs as much as the rest of an
    /// event in wasm, where a copy of more than a few words is a call.
    #[inline(always)]
    #[allow(clippy::inline_always)]
    pub fn insert(&mut self, entry: T) -> Key {
        let index = self.free_slot();
        self.entries[index as usize] = Some(entry);
        Key { index, generation: self.generations[index as usize] }
    }

    /// The slot that is filled next.
    fn free_slot(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            let index = u32::try_from(self.entries.len()).expect("a slab holds fewer than 2^32 entries");
            self.generations.push(0);
            self.entries.push(None);
            index
        })
    }

    #[inline]
    pub fn get(&self, key: Key) -> Option<&T> {
        if self.holds(key) { self.entries.get(key.index as usize)?.as_ref() } else { None }
    }

    #[inline]
    pub fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        if self.holds(key) { self.entries.get_mut(key.index as usize)?.as_mut() } else { None }
    }

    /// Whether the entry of `key` is there. Its generation ends when it is removed: nothing else has to be looked at.
    pub fn contains(&self, key: Key) -> bool {
        self.holds(key)
    }

    #[inline]
    pub fn remove(&mut self, key: Key) -> Option<T> {
        if !self.holds(key) {
            return None;
        }
        let generation = &mut self.generations[key.index as usize];
        *generation = generation.wrapping_add(1);
        self.free.push(key.index);
        self.entries[key.index as usize].take()
    }

    /// Whether the slot of `key` is of its generation.
    #[inline]
    fn holds(&self, key: Key) -> bool {
        self.generations.get(key.index as usize) == Some(&key.generation)
    }

    /// All entries, by slot.
    pub fn iter(&self) -> impl Iterator<Item = (Key, &T)> {
        self.generations.iter().zip(&self.entries).enumerate().filter_map(|(index, (generation, entry))| {
            let key = Key { index: index as u32, generation: *generation };
            entry.as_ref().map(|entry| (key, entry))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_key_finds_nothing() {
        let mut slab = Slab::default();
        let old = slab.insert("old");
        assert_eq!(slab.remove(old), Some("old"));
        let new = slab.insert("new");
        assert_eq!(new.index(), old.index());
        assert_eq!((slab.get(old), slab.get(new)), (None, Some(&"new")));
        assert_eq!(slab.remove(old), None);
        assert_eq!(slab.len(), 1);
        assert_eq!(slab.get(Key::NONE), None);
        assert_eq!(slab.get(Key::DETACHED), None);
        assert!(Key::NONE.is_none() && !Key::DETACHED.is_none());
    }
}
