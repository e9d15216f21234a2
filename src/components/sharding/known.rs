//! The keys that a router knows of: those of the populations of the design, now or earlier, and what else was written.

use crate::base::Bytes;
use crate::components::data_set::size_of_object;
use crate::model::{Document, NodeKind};

/// Ranges of keys in ascending order that share no key.
#[derive(Clone, Debug, Default, Hash)]
pub struct KnownKeys {
    ranges: Vec<Range>,
}

/// Keys from `first` up to but not including `end`.
#[derive(Clone, Copy, Debug, Hash)]
struct Range {
    first: u32,
    end: u32,
    size: Size,
}

#[derive(Clone, Copy, Debug, Hash)]
enum Size {
    /// Each key has its own, with this mean.
    Mean(Bytes),
    Exactly(u32),
}

impl KnownKeys {
    /// Takes in the key ranges of all populations; the keys that are new.
    pub fn learn(&mut self, document: &Document) -> Vec<u32> {
        let mut new = Vec::new();
        for node in &document.nodes {
            if let NodeKind::Users(users) = &node.kind {
                let end = users.first_key.saturating_add(users.keys);
                new.extend(self.add(users.first_key, end, Size::Mean(users.value_size)));
            }
        }
        new
    }

    /// A record of this size was written, or found in a shard. Whether its key is new.
    pub fn note(&mut self, key: u32, bytes: u32) -> bool {
        self.find(key).is_none() && !self.add(key, key.saturating_add(1), Size::Exactly(bytes)).is_empty()
    }

    /// Size of a record, in bytes.
    pub fn size(&self, key: u32) -> u32 {
        match self.find(key) {
            Some(Range { size: Size::Exactly(bytes), .. }) => *bytes,
            Some(Range { size: Size::Mean(mean), .. }) => size_of_object(key, *mean),
            None => 1,
        }
    }

    /// The first key that is known, not before `from`.
    pub fn next(&self, from: u32) -> Option<u32> {
        let at = self.ranges.partition_point(|range| range.end <= from);
        self.ranges.get(at).map(|range| range.first.max(from))
    }

    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.ranges.iter().flat_map(|range| range.first..range.end)
    }

    /// How many keys are known. It only grows.
    pub fn count(&self) -> u64 {
        self.ranges.iter().map(|range| u64::from(range.end - range.first)).sum()
    }

    /// Split points that give each of `shards` the same number of keys.
    pub fn split(&self, shards: usize) -> Vec<u32> {
        let count = self.count();
        let nth = |mut n: u64| {
            for range in &self.ranges {
                let own = u64::from(range.end - range.first);
                if n < own {
                    return range.first + n as u32;
                }
                n -= own;
            }
            u32::MAX
        };
        (1..shards as u64).map(|shard| nth(count * shard / shards as u64)).collect()
    }

    fn find(&self, key: u32) -> Option<&Range> {
        let at = self.ranges.partition_point(|range| range.end <= key);
        self.ranges.get(at).filter(|range| range.first <= key)
    }

    /// Adds what is new of a range.
    fn add(&mut self, first: u32, end: u32, size: Size) -> Vec<u32> {
        let mut new = Vec::new();
        let mut from = first;
        while from < end {
            let at = self.ranges.partition_point(|range| range.end <= from);
            match self.ranges.get(at).copied() {
                Some(known) if known.first <= from => from = known.end,
                next => {
                    let until = next.map_or(end, |next| next.first.min(end));
                    self.ranges.insert(at, Range { first: from, end: until, size });
                    new.extend(from..until);
                    from = until;
                }
            }
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_added_where_they_are_new() {
        let mut known = KnownKeys::default();
        known.add(10, 20, Size::Exactly(1));
        known.add(5, 25, Size::Exactly(2));
        known.add(0, 3, Size::Exactly(3));
        known.note(15, 9);
        known.note(30, 9);
        assert_eq!(known.iter().collect::<Vec<_>>(), (0..3).chain(5..25).chain(30..31).collect::<Vec<_>>());
        assert_eq!([0, 7, 15, 24, 30].map(|key| known.size(key)), [3, 2, 1, 2, 9]);
        assert_eq!([0, 3, 24, 25, 31].map(|key| known.next(key)), [Some(0), Some(5), Some(24), Some(30), None]);
        assert_eq!((known.count(), known.split(4)), (24, vec![8, 14, 20]));
        assert!(KnownKeys::default().split(3).iter().all(|point| *point == u32::MAX));
    }
}
