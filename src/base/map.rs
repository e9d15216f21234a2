//! A map in the order of its keys, whose tree is there once in the program.
//!
//! The standard library's tree is written out anew for every type that it holds, and is large in wasm. Here the tree
//! holds words only: from a key's place in the order to the entry's slot.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use super::slab::Key;

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
    places: BTreeMap<u64, u32>,
    slots: Vec<Option<(K, V)>>,
    free: Vec<u32>,
}

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self { places: BTreeMap::new(), slots: Vec::new(), free: Vec::new() }
    }
}

impl<K: Ordinal, V> Map<K, V> {
    pub fn len(&self) -> usize {
        self.places.len()
    }

    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub fn contains_key(&self, key: &K) -> bool {
        self.places.contains_key(&key.ordinal())
    }

    pub fn get(&self, key: &K) -> Option<&V> {
        let place = *self.places.get(&key.ordinal())?;
        self.slots[place as usize].as_ref().map(|(_, value)| value)
    }

    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let place = *self.places.get(&key.ordinal())?;
        self.slots[place as usize].as_mut().map(|(_, value)| value)
    }

    /// Puts `value` in the place of what was there.
    pub fn insert(&mut self, key: K, value: V) {
        let place = self.place_of(key);
        self.slots[place] = Some((key, value));
    }

    /// The value of `key`, which `new` makes if there is none.
    pub fn or_insert_with(&mut self, key: K, new: impl FnOnce() -> V) -> &mut V {
        let place = self.place_of(key);
        &mut self.slots[place].get_or_insert_with(|| (key, new())).1
    }

    pub fn remove(&mut self, key: &K) -> Option<V> {
        let place = self.places.remove(&key.ordinal())?;
        self.free.push(place);
        self.slots[place as usize].take().map(|(_, value)| value)
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }

    pub fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        self.places.values().filter_map(|place| self.slots[*place as usize].as_ref()).map(|(key, value)| (*key, value))
    }

    pub fn first_key(&self) -> Option<K> {
        self.iter().next().map(|(key, _)| key)
    }

    /// Does `change` to every value, in no particular order.
    pub fn for_each(&mut self, mut change: impl FnMut(&mut V)) {
        self.slots.iter_mut().flatten().for_each(|(_, value)| change(value));
    }

    /// The slot of `key`, which gets one if it has none.
    fn place_of(&mut self, key: K) -> usize {
        let ordinal = key.ordinal();
        if let Some(place) = self.places.get(&ordinal) {
            return *place as usize;
        }
        let place = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() as u32 - 1
        });
        self.places.insert(ordinal, place);
        place as usize
    }
}

impl<K: Ordinal, V> IntoIterator for Map<K, V> {
    type Item = (K, V);
    type IntoIter = std::vec::IntoIter<(K, V)>;

    fn into_iter(mut self) -> Self::IntoIter {
        let places = self.places.values();
        let entries: Vec<(K, V)> = places.filter_map(|place| self.slots[*place as usize].take()).collect();
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
