//! A vector over a large dense index space that takes memory only where it was written, and shares it between clones.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

const PAGE: usize = 1024;

/// Values by index; an index never written holds the default. A clone copies a page only when one side writes to it.
#[derive(Clone, Debug, Default)]
pub struct Paged<T> {
    pages: Vec<Option<Arc<[T; PAGE]>>>,
}

impl<T: Copy + Default + PartialEq> Paged<T> {
    #[inline]
    pub fn get(&self, index: usize) -> T {
        match self.pages.get(index / PAGE) {
            Some(Some(page)) => page[index % PAGE],
            _ => T::default(),
        }
    }

    pub fn set(&mut self, index: usize, value: T) {
        let number = index / PAGE;
        if number >= self.pages.len() {
            self.pages.resize(number + 1, None);
        }
        let page = self.pages[number].get_or_insert_with(|| Arc::new([T::default(); PAGE]));
        Arc::make_mut(page)[index % PAGE] = value;
    }

    pub fn clear(&mut self) {
        self.pages.clear();
    }

    /// Every index that holds something else than the default, in order.
    pub fn iter(&self) -> impl Iterator<Item = (usize, T)> {
        self.pages.iter().enumerate().filter_map(|(n, page)| page.as_ref().map(|page| (n, page))).flat_map(
            |(n, page)| {
                page.iter()
                    .enumerate()
                    .map(move |(i, value)| (n * PAGE + i, *value))
                    .filter(|(_, value)| *value != T::default())
            },
        )
    }
}

impl<T: Copy + Default + PartialEq + Hash> Hash for Paged<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for entry in self.iter() {
            entry.hash(state);
        }
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
