//! A vector over a large dense index space few places of which are ever written, as where many share the keys by their hashes.
//!
//! Of each thousand places only those that were written take memory, side by side in the order of their indices; a bitmap tells which
//! these are, and counting its bits where each lies (as the nodes of Bagwell's *Ideal Hash Trees*, 2001, are packed). A first write
//! moves what lies behind it, a later one does not. Where most places are written, [`Paged`](super::paged::Paged) is faster.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

const WORDS: usize = 16;
/// Places of a leaf.
const WIDTH: usize = WORDS * u64::BITS as usize;

/// Values by index; an index never written holds the default. A clone copies a leaf only when one side writes to it.
#[derive(Clone, Debug, Default)]
pub struct Sparse<T> {
    leaves: Vec<Option<Arc<Leaf<T>>>>,
}

/// The values of neighbouring indices.
#[derive(Clone, Debug, Default)]
struct Leaf<T> {
    /// Which places were written, and how many of them lie before each word.
    written: [u64; WORDS],
    before: [u16; WORDS],
    values: Vec<T>,
}

impl<T: Copy> Leaf<T> {
    /// Where the value of a place lies, or belongs, and whether it is there.
    fn find(&self, place: usize) -> (usize, bool) {
        let (word, bit) = (place / u64::BITS as usize, place as u32 % u64::BITS);
        let written = self.written[word];
        let rank = u32::from(self.before[word]) + (written & ((1 << bit) - 1)).count_ones();
        (rank as usize, written >> bit & 1 == 1)
    }

    fn set(&mut self, place: usize, value: T) {
        let (rank, is_there) = self.find(place);
        if is_there {
            self.values[rank] = value;
            return;
        }
        self.values.insert(rank, value);
        let word = place / u64::BITS as usize;
        self.written[word] |= 1 << (place % u64::BITS as usize);
        self.before[word + 1..].iter_mut().for_each(|before| *before += 1);
    }

    /// The places that were written, in order.
    fn places(&self) -> impl Iterator<Item = usize> {
        let bits = |word: u64| (0..u64::BITS as usize).filter(move |bit| word >> bit & 1 == 1);
        self.written.iter().enumerate().flat_map(move |(n, word)| bits(*word).map(move |bit| n * 64 + bit))
    }
}

impl<T: Copy + Default + PartialEq> Sparse<T> {
    pub fn get(&self, index: usize) -> T {
        let Some(Some(leaf)) = self.leaves.get(index / WIDTH) else { return T::default() };
        let (rank, is_there) = leaf.find(index % WIDTH);
        if is_there { leaf.values[rank] } else { T::default() }
    }

    pub fn set(&mut self, index: usize, value: T) {
        let number = index / WIDTH;
        if number >= self.leaves.len() {
            self.leaves.resize(number + 1, None);
        }
        let leaf = self.leaves[number].get_or_insert_with(Arc::default);
        Arc::make_mut(leaf).set(index % WIDTH, value);
    }

    /// Every index that holds something else than the default, in order.
    pub fn iter(&self) -> impl Iterator<Item = (usize, T)> {
        let leaves = self.leaves.iter().enumerate().filter_map(|(n, leaf)| leaf.as_ref().map(|leaf| (n, leaf)));
        let all = leaves.flat_map(|(n, leaf)| {
            leaf.places().zip(&leaf.values).map(move |(place, value)| (n * WIDTH + place, *value))
        });
        all.filter(|(_, value)| *value != T::default())
    }
}

/// As of a [`Paged`](super::paged::Paged) with the same values.
impl<T: Copy + Default + PartialEq + Hash> Hash for Sparse<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for entry in self.iter() {
            entry.hash(state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::paged::Paged;
    use crate::base::random::Stream;

    #[test]
    fn it_holds_what_a_paged_vector_holds() {
        let mut stream = Stream::seeded(2);
        let (mut ours, mut theirs) = (Sparse::default(), Paged::default());
        for step in 0..5_000_u64 {
            // Crowded in front, thin behind.
            let bound = [200, 5_000, 3_000_000][step as usize % 3];
            let (index, value) = (stream.below(bound) as usize, stream.below(4));
            ours.set(index, value);
            theirs.set(index, value);
            assert_eq!((ours.get(index), ours.get(index + 1)), (theirs.get(index), theirs.get(index + 1)));
        }
        assert!(ours.iter().eq(theirs.iter()));
        assert_eq!(ours.get(usize::MAX), 0);
    }

    #[test]
    fn clones_share_until_written() {
        let mut first = Sparse::default();
        first.set(5_000_000, 7_u32);
        let mut second = first.clone();
        second.set(5_000_001, 8);
        assert_eq!((first.get(5_000_000), first.get(5_000_001)), (7, 0));
        assert_eq!(second.iter().collect::<Vec<_>>(), [(5_000_000, 7), (5_000_001, 8)]);
    }
}
