//! A vector over a large dense index space that takes memory only where it was written, and shares it between clones.
//!
//! What lies in one page is up to its kind: [`Paged`] has a place for every index, [`Sparse`](super::sparse::Sparse) one for each
//! that was written.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// The values of neighbouring indices. One never written holds the default.
pub trait Page: Clone + Default {
    type Value: Copy + Default + PartialEq;
    /// How many indices a page is for.
    const WIDTH: usize;

    fn get(&self, place: usize) -> Self::Value;

    fn set(&mut self, place: usize, value: Self::Value);

    /// The places that may hold something else than the default, with what they hold, in order.
    fn entries(&self) -> impl Iterator<Item = (usize, Self::Value)>;
}

/// Values by index; an index never written holds the default. A clone copies a page only when one side writes to it.
#[derive(Clone, Debug)]
pub struct Pages<P> {
    pages: Vec<Option<Arc<P>>>,
}

/// One where most places are written, or time matters more than memory.
pub type Paged<T> = Pages<Full<T>>;

impl<P> Default for Pages<P> {
    fn default() -> Self {
        Self { pages: Vec::new() }
    }
}

impl<P: Page> Pages<P> {
    #[inline]
    pub fn get(&self, index: usize) -> P::Value {
        match self.pages.get(index / P::WIDTH) {
            Some(Some(page)) => page.get(index % P::WIDTH),
            _ => P::Value::default(),
        }
    }

    pub fn set(&mut self, index: usize, value: P::Value) {
        let number = index / P::WIDTH;
        if number >= self.pages.len() {
            self.pages.resize(number + 1, None);
        }
        let page = self.pages[number].get_or_insert_with(Arc::default);
        Arc::make_mut(page).set(index % P::WIDTH, value);
    }

    pub fn clear(&mut self) {
        self.pages.clear();
    }

    /// Every index that holds something else than the default, in order.
    pub fn iter(&self) -> impl Iterator<Item = (usize, P::Value)> {
        let pages = self.pages.iter().enumerate().filter_map(|(n, page)| page.as_ref().map(|page| (n, page)));
        let all = pages.flat_map(|(n, page)| page.entries().map(move |(place, value)| (n * P::WIDTH + place, value)));
        all.filter(|(_, value)| *value != P::Value::default())
    }
}

/// The same for the same values, whatever the kind of page.
impl<P: Page<Value: Hash>> Hash for Pages<P> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for entry in self.iter() {
            entry.hash(state);
        }
    }
}

/// A page with room for every place.
#[derive(Clone, Debug)]
pub struct Full<T>([T; 1024]);

impl<T: Copy + Default> Default for Full<T> {
    fn default() -> Self {
        Self([T::default(); 1024])
    }
}

impl<T: Copy + Default + PartialEq> Page for Full<T> {
    type Value = T;
    const WIDTH: usize = 1024;

    #[inline]
    fn get(&self, place: usize) -> T {
        self.0[place]
    }

    #[inline]
    fn set(&mut self, place: usize, value: T) {
        self.0[place] = value;
    }

    fn entries(&self) -> impl Iterator<Item = (usize, T)> {
        self.0.iter().copied().enumerate()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_until_written() {
        let mut first = Paged::default();
        first.set(5_000_000, 7_u32);
        let mut second = first.clone();
        second.set(5_000_001, 8);
        assert_eq!((first.get(5_000_000), first.get(5_000_001)), (7, 0));
        assert_eq!(second.iter().collect::<Vec<_>>(), [(5_000_000, 7), (5_000_001, 8)]);
        assert_eq!(first.get(usize::MAX), 0);
    }
}
