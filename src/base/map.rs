//! A map whose entries are found by a hash and iterated in the order of their keys.
//!
//! Most maps here are asked for single keys many times for each request, and are iterated when a fingerprint is taken or something
//! fails. So finding is what must be fast: one look into a [`Table`], and one at the entry. Whoever iterates pays for sorting.

use std::hash::{Hash, Hasher};

use super::slab::Key;
use super::table::Table;

/// What can be a key: a word in the same order.
pub trait Ordinal: Copy + Ord {
    fn ordinal(self) -> u64;
}

impl Ordinal for u32 {
    fn ordinal(self) -> u64 {
        u64::from(self)
    }
}

impl Ordinal for u64 {
    fn ordinal(self) -> u64 {
        self
    }
}

impl Ordinal for Key {
    fn ordinal(self) -> u64 {
        self.bits().rotate_left(32)
    }
}

/// Entries by key, iterated in the order of keys; fingerprinted as a `BTreeMap` is.
#[derive(Clone, Debug)]
pub struct Map<K, V> {
    table: Table,
    slots: Vec<Option<(K, V)>>,
    free: Vec<u32>,
}

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self { table: Table::default(), slots: Vec::new(), free: Vec::new() }
    }
}

impl<K: Ordinal, V> Map<K, V> {
    pub fn len(&self) -> usize {
        self.table.len()
    }

    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    pub fn contains_key(&self, key: &K) -> bool {
        self.table.find(key.ordinal()).is_some()
    }

    pub fn get(&self, key: &K) -> Option<&V> {
        let slot = self.table.find(key.ordinal())?;
        self.slots[slot].as_ref().map(|(_, value)| value)
    }

    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let slot = self.table.find(key.ordinal())?;
        self.slots[slot].as_mut().map(|(_, value)| value)
    }

    /// Puts `value` in the place of what was there.
    pub fn insert(&mut self, key: K, value: V) {
        let slot = self.slot_of(key);
        self.slots[slot] = Some((key, value));
    }

    /// The value of `key`, which `new` makes if there is none.
    pub fn or_insert_with(&mut self, key: K, new: impl FnOnce() -> V) -> &mut V {
        let slot = self.slot_of(key);
        &mut self.slots[slot].get_or_insert_with(|| (key, new())).1
    }

    pub fn remove(&mut self, key: &K) -> Option<V> {
        let slot = self.table.remove(key.ordinal())?;
        self.free.push(slot as u32);
        self.slots[slot].take().map(|(_, value)| value)
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// All entries in no particular order, without sorting them.
    pub fn scan(&self) -> impl Iterator<Item = (K, &V)> {
        self.slots.iter().flatten().map(|(key, value)| (*key, value))
    }

    pub fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        let sorted = self.table.sorted().into_iter();
        sorted.filter_map(|(_, slot)| self.slots[slot as usize].as_ref()).map(|(key, value)| (*key, value))
    }

    pub fn first_key(&self) -> Option<K> {
        self.scan().map(|(key, _)| key).min()
    }

    /// Does `change` to every value, in no particular order.
    pub fn for_each(&mut self, mut change: impl FnMut(&mut V)) {
        self.slots.iter_mut().flatten().for_each(|(_, value)| change(value));
    }

    /// The slot of `key`, which gets one if it has none.
    fn slot_of(&mut self, key: K) -> usize {
        let ordinal = key.ordinal();
        if let Some(slot) = self.table.find(ordinal) {
            return slot;
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() as u32 - 1
        });
        self.table.insert(ordinal, slot);
        slot as usize
    }
}

impl<K: Ordinal, V> IntoIterator for Map<K, V> {
    type Item = (K, V);
    type IntoIter = std::vec::IntoIter<(K, V)>;

    fn into_iter(mut self) -> Self::IntoIter {
        let sorted = self.table.sorted().into_iter();
        let entries: Vec<(K, V)> = sorted.filter_map(|(_, slot)| self.slots[slot as usize].take()).collect();
        entries.into_iter()
    }
}

impl<K: Ordinal + Hash, V: Hash> Hash for Map<K, V> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_usize(self.len());
        for entry in self.iter() {
            entry.hash(state);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::base::hash::Fingerprint;
    use crate::base::random::Stream;
    use crate::base::slab::Slab;

    #[test]
    fn it_is_the_standard_librarys_map() {
        let print = |state: &dyn Fn(&mut Fingerprint)| {
            let mut hasher = Fingerprint::default();
            state(&mut hasher);
            hasher.finish()
        };
        let mut stream = Stream::seeded(5);
        let (mut ours, mut theirs) = (Map::default(), BTreeMap::new());
        for step in 0..3_000_u64 {
            let key = stream.below(60) as u32;
            match stream.below(4) {
                0 => assert_eq!(ours.remove(&key), theirs.remove(&key)),
                1 => {
                    ours.insert(key, step);
                    theirs.insert(key, step);
                }
                2 => assert_eq!(ours.or_insert_with(key, || step), theirs.entry(key).or_insert(step)),
                _ => assert_eq!(ours.get_mut(&key), theirs.get_mut(&key)),
            }
            assert_eq!((ours.len(), ours.get(&key)), (theirs.len(), theirs.get(&key)));
            assert_eq!(print(&|hasher| ours.hash(hasher)), print(&|hasher| theirs.hash(hasher)));
        }
        assert!(ours.iter().map(|(key, value)| (key, *value)).eq(theirs.clone()));
        assert!(ours.into_iter().eq(theirs));
    }

    #[test]
    fn keys_of_a_slab_keep_their_order() {
        let mut slab = Slab::default();
        let mut keys: Vec<Key> = (0..9).map(|i| slab.insert(i)).collect();
        for key in keys.clone().into_iter().step_by(2) {
            slab.remove(key);
            keys.push(slab.insert(0));
        }
        for (a, b) in keys.iter().flat_map(|a| keys.iter().map(move |b| (a, b))) {
            assert_eq!(a.cmp(b), a.ordinal().cmp(&b.ordinal()));
        }
    }
}
