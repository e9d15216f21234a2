//! A vector over a large dense index space few places of which are ever written, as where many share the keys by their hashes.
//!
//! Of each thousand places only those that were written take memory, side by side in the order of their indices; a bitmap tells which
//! these are, and counting its bits where each lies (as the nodes of Bagwell's *Ideal Hash Trees*, 2001, are packed). A first write
//! moves what lies behind it, a later one does not. Where most places are written, [`Paged`](super::paged::Paged) is faster.

use super::paged::{Page, Pages};

const WORDS: usize = 16;

/// Values by index; an index never written holds the default.
pub type Sparse<T> = Pages<Packed<T>>;

/// A page with room for what was written.
#[derive(Clone, Debug, Default)]
pub struct Packed<T> {
    /// Which places were written, and how many of them lie before each word.
    written: [u64; WORDS],
    before: [u16; WORDS],
    values: Vec<T>,
}

impl<T> Packed<T> {
    /// Where the value of a place lies, or belongs, and whether it is there.
    fn find(&self, place: usize) -> (usize, bool) {
        let (word, bit) = (place / u64::BITS as usize, place as u32 % u64::BITS);
        let written = self.written[word];
        let rank = u32::from(self.before[word]) + (written & ((1 << bit) - 1)).count_ones();
        (rank as usize, written >> bit & 1 == 1)
    }

    /// The places that were written, in order.
    fn places(&self) -> impl Iterator<Item = usize> {
        let bits = |word: u64| (0..u64::BITS as usize).filter(move |bit| word >> bit & 1 == 1);
        self.written.iter().enumerate().flat_map(move |(n, word)| bits(*word).map(move |bit| n * 64 + bit))
    }
}

impl<T: Copy + Default + PartialEq> Page for Packed<T> {
    type Value = T;
    const WIDTH: usize = WORDS * u64::BITS as usize;

    fn get(&self, place: usize) -> T {
        let (rank, is_there) = self.find(place);
        if is_there { self.values[rank] } else { T::default() }
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

    fn entries(&self) -> impl Iterator<Item = (usize, T)> {
        self.places().zip(self.values.iter().copied())
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
